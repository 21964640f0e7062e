"""How the clauses of chapters 1 and 2 meet: the negative list, its exceptions, registers, sharing."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from zwxm_core.assessment import assess
from zwxm_core.facts import Evidence
from zwxm_core.findings import evaluate
from zwxm_core.portfolio import from_records
from zwxm_core.rules.negative_list import with_original_result
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()
DAY = date(2026, 11, 24)
CITY = {"id": "A", "level": "市级", "classified": False, "action": "新建", "approved_on": "未"}
ITEMS = [f"8.1.{number}" for number in range(1, 11)]


def assessed(facts: dict, *clauses: str, others: tuple = (), judged: bool = True, **adopting) -> dict:
    """The assessment of project A: fields of the project, and lists of rows of its sheets."""
    own = {k: v for k, v in facts.items() if not isinstance(v, list)}
    sheets = {
        k: v if k == "units" else [{"project": "A", **row} for row in v]
        for k, v in facts.items()
        if isinstance(v, list)
    }
    projects = [{**CITY, **own}, *({**CITY, **row} for row in others)]
    records = from_records({"projects": projects, **sheets}, judged=judged)
    return assess(records, RULESET.adopting(**adopting), DAY, clauses)


def findings(facts: dict, *clauses: str, **how) -> dict[str, dict]:
    """The findings of project A by clause."""
    result = assessed(facts, *clauses, **how)
    return {f["clause"]: f for f in result["findings"] if f["project"] == "A"}


def outcomes(facts: dict, *clauses: str, **how) -> dict[str, str]:
    """The outcomes of project A by clause."""
    return {clause: found["outcome"] for clause, found in findings(facts, *clauses, **how).items()}


def codes(result: dict, clause: str) -> set[str]:
    """The codes of the notices beside one clause."""
    return {n["code"] for n in result["notices"] if n["clause"] == clause}


COMMON = {"action": "新建", "integration": [{"common_system": "共性系统"}]}


def with_grounds(**grounds) -> dict:
    return {**COMMON, "negative_list": [{"clause": "8.1.4", **grounds}]}


@pytest.mark.parametrize("reading", ["excluded", "fills_gaps"])
def test_X01_classified_projects_fall_outside_two_items_under_either_reading(reading):
    facts = {
        "classified": True, "action": "新建", "integration": [{"server_room": True, "on_gov_cloud": False}],
    }  # fmt: skip
    found = outcomes(facts, "8.1.1", "8.1.3", classified_projects=reading)
    assert found == {"8.1.1": "不适用", "8.1.3": "不适用"}


def test_X01_a_small_classified_project_leaves_article_18_unless_the_law_fills_the_gaps():
    facts = {"classified": True, "mode": "自行建设", "total_investment": 300_000_000, "depth_adequate": True,
             "directive_required": False, "special_cause": False, "approval_path": "实施方案",
             "integration": [{"server_room": False, "hardware": False, "on_gov_cloud": True}]}  # fmt: skip
    found = findings(facts, "54.1", "18.1", "18.2", "8.1.1", "8.1.3")
    assert {clause: f["outcome"] for clause, f in found.items()} == {
        "54.1": "属于", "18.1": "不适用", "18.2": "不适用", "8.1.1": "不适用", "8.1.3": "不适用",
    }  # fmt: skip
    told = {clause: [(r["value"], r["outcome"]) for r in f["readings"]] for clause, f in found.items()}
    other = {"18.1": [("fills_gaps", "符合")], "18.2": [("fills_gaps", "具备条件")]}
    assert told == {"54.1": [], "8.1.1": [], "8.1.3": [], **other}


def test_X04_the_exception_by_statute_does_not_reach_a_system_that_is_to_end():
    facts = {
        "still_running": True, "action": "运维", "in_asset_register": True,
        "integration": [{"replaceable": True, "server_room": False, "hardware": False, "service_kind": ["其他"],
                         "shared_use": True, "needs_and_goals_clear": True, "integration_in_place": True,
                         "data_survey_in_place": True, "sharing_in_place": True, "security_in_place": True}],
        "negative_list": [{"clause": "8.1.2", "hit": False, "legal_basis": "某法第八条", "basis_level": "法律", "explicit": True}],
    }  # fmt: skip
    result = assessed(facts, "8.1", "8.2")
    found = {f["clause"]: f["outcome"] for f in result["findings"]}
    assert found == {"8.1": "不符合", "8.2": "不适用"}
    assert codes(result, "8.1") == {"kept_by_statute"}


def test_X06_a_department_rule_is_no_statute_and_supports_discretion_only():
    found = findings(with_grounds(legal_basis="某部规章第三条", basis_level="规章"), "8.1.4", "8.2")
    assert found["8.1.4"]["outcome"] == "命中"
    assert found["8.1.4"]["problem"] is True
    assert "依据层级：规章，不算法律法规" in found["8.1.4"]["reason"]


def test_X06_the_permission_by_statute_is_not_there():
    facts = with_grounds(legal_basis="某部规章第三条", basis_level="规章", explicit=True)
    facts["integration"] = [{
        "common_system": "共性系统", "server_room": False, "hardware": False, "on_gov_cloud": True,
        "service_kind": ["其他"], "shared_use": True, "overlaps_superior": False, "needs_and_goals_clear": True,
        "integration_in_place": True, "data_survey_in_place": True, "sharing_in_place": True, "security_in_place": True,
    }]  # fmt: skip
    facts["negative_list"].append({"clause": "8.1.2", "hit": False})
    assert outcomes(facts, "8.2") == {"8.2": "不具备条件"}
    assert outcomes(facts, "8.2", statutory_exception_levels="rules_too") == {"8.2": "具备条件"}


def test_X06_one_item_hit_without_a_statute_settles_the_permission_whatever_else_is_open():
    assert outcomes(with_grounds(legal_basis="某部规章第三条", basis_level="规章"), "8.2") == {
        "8.2": "不具备条件"
    }


def test_X07_without_statute_and_without_an_exemption_on_record_the_item_is_hit():
    result = assessed(with_grounds(legal_basis="无"), "8.1.4")
    [found] = result["findings"]
    assert (found["outcome"], found["problem"], found["exception"]) == ("命中", True, None)
    assert codes(result, "8.1.4") == {"exemption_in_writing"}


def test_X09_being_no_priority_is_no_problem():
    kinds = [{"clause": f"7.1.{number}", "belongs": False} for number in range(1, 6)]
    found = findings({"priorities": kinds}, "7.1")["7.1"]
    assert (found["outcome"], found["problem"]) == ("不属于", False)


def test_X09_being_a_priority_does_not_exempt_from_the_negative_list():
    facts = {**with_grounds(legal_basis="无"), "priorities": [{"clause": "7.1.3", "belongs": True}]}
    assert outcomes(facts, "7.1", "8.1.4") == {"7.1": "属于", "8.1.4": "命中"}


BARRED = {"integration": [{"on_exchange": False}], "sharing": [{"barred_by_law": True, "truly_needed": True}]}


def test_X10_a_bar_by_statute_excepts_from_sharing_and_still_goes_to_the_leading_group():
    result = assessed(BARRED, "11.1", "12.2")
    found = {f["clause"]: f for f in result["findings"]}
    assert (found["11.1"]["outcome"], found["12.2"]["outcome"]) == ("例外", "待核")
    assert found["11.1"]["exception"]["ground"] == "statute"
    assert [o["field"] for o in found["12.2"]["open_facts"]] == ["group_approved"]
    assert [(r["value"], r["outcome"]) for r in found["12.2"]["readings"]] == [("lower_bars_only", "不适用")]
    assert codes(result, "12.2") == {"leading_group"}


def test_X10_by_the_other_reading_a_bar_by_statute_needs_no_approval():
    found = outcomes(BARRED, "11.1", "12.2", statutory_bar_and_12_2="lower_bars_only")
    assert found == {"11.1": "例外", "12.2": "不适用"}


@pytest.mark.parametrize("basis", [{"bar_basis": "某部文件"}, {"bar_level": "部门文件"}])
def test_X12_non_sharing_that_the_leading_group_approved_leaves_article_11(basis):
    facts = {
        "integration": [{"on_exchange": False}],
        "sharing": [{**basis, "group_approved": True, "duplicate_collection": False}],
    }
    assert outcomes(facts, "11.1", "12.2") == {"11.1": "不适用", "12.2": "符合"}
    other = outcomes(
        {**facts, "sharing": [{**facts["sharing"][0], "barred_by_law": False}]},
        "11.1",
        approved_bar="still_owed",
    )
    assert other == {"11.1": "不符合"}


UPGRADE = {"action": "升级改造", "parent": "B"}


def test_X27_an_upgrade_of_an_unaccepted_project_is_excepted_where_a_statute_provides():
    facts = {
        **UPGRADE,
        "negative_list": [{"clause": "8.1.8", "legal_basis": "某法第八条", "basis_level": "法律", "explicit": True}],
    }  # fmt: skip
    found = findings(facts, "8.1.8", others=({"id": "B", "acceptance_result": "未进行"},))["8.1.8"]
    assert (found["outcome"], found["state"], found["problem"]) == ("例外", False, False)
    assert found["exception"] == {"ground": "statute", "state": True, "basis": "某法第八条", "level": "法律"}


def test_X40_the_price_ceiling_does_not_open_the_negative_list():
    line = {"line": "L1", "use": "互联网出口", "price_cap": 1_200_000, "claimed": 1_200_000}
    facts = {
        "action": "线路租赁",
        "lines": [line],
        "negative_list": [{"clause": "8.1.2", "legal_basis": "无"}],
    }
    assert outcomes(facts, "8.1.2") == {"8.1.2": "命中"}


# Grounds of exception --------------------------------------------------------------------


def test_a_basis_left_blank_is_open_and_a_basis_of_none_is_none():
    blank = findings(COMMON, "8.1.4")["8.1.4"]
    assert blank["outcome"] == "待核"
    assert [(o["sheet"], o["field"]) for o in blank["open_facts"]] == [("negative_list", "legal_basis")]
    assert outcomes(with_grounds(legal_basis="无"), "8.1.4") == {"8.1.4": "命中"}


def test_a_statute_counts_only_where_it_provides_expressly():
    law = {"legal_basis": "某法第八条", "basis_level": "法律"}
    assert outcomes(with_grounds(**law), "8.1.4") == {"8.1.4": "待核"}
    assert outcomes(with_grounds(**law, explicit=False), "8.1.4") == {"8.1.4": "命中"}
    assert outcomes(with_grounds(**law, explicit=True), "8.1.4") == {"8.1.4": "例外"}


def test_the_basis_of_one_item_does_not_except_another():
    facts = {**COMMON, "negative_list": [
        {"clause": "8.1.3", "legal_basis": "某法第八条", "basis_level": "法律", "explicit": True},
        {"clause": "8.1.4", "legal_basis": "无"},
    ]}  # fmt: skip
    assert outcomes(facts, "8.1.4") == {"8.1.4": "命中"}


def exempted(by: str) -> dict:
    return with_grounds(legal_basis="无", exemption=(True, Evidence(by, "会议纪要〔2026〕3号", "2026-10-09")))


@pytest.mark.parametrize(
    ("by", "reading", "outcome"),
    [
        ("市发展改革委", "undecided", "待核"),
        ("市发展改革委", "approving_bodies", "例外"),
        ("市发展改革委", "leading_group", "待核"),
        ("市政府信息化建设领导小组", "leading_group", "例外"),
    ],
)
def test_who_may_exempt_is_for_the_rule_set_to_say(by, reading, outcome):
    facts = {
        **exempted(by),
        "integration": [{"common_system": ("共性系统", Evidence("专家组", "论证意见", "2026-10-08"))}],
    }
    result = assessed(facts, "8.1.4", judged=False, exemption_authority=reading)
    [found] = result["findings"]
    assert found["outcome"] == outcome
    assert "exemption_authority" in codes(result, "8.1.4")
    assert found["exception"] == (
        {"ground": "discretion", "state": True, "basis": None, "level": None} if outcome == "例外" else None
    )


def test_an_exemption_without_evidence_is_open_and_asks_for_the_evidence():
    facts = with_grounds(legal_basis="无", exemption=True)
    facts["integration"] = [{"common_system": ("共性系统", Evidence("专家组", "论证意见", "2026-10-08"))}]
    found = findings(facts, "8.1.4", judged=False, exemption_authority="approving_bodies")["8.1.4"]
    assert found["outcome"] == "待核"
    assert [(o["field"], o["needs"]) for o in found["open_facts"]] == [("exemption", "evidence")]


# Facts and their short form --------------------------------------------------------------


@pytest.mark.parametrize(("fact", "judged"), [("共性系统", False), ("无", True)])
def test_facts_and_a_judgement_that_contradict_each_other_decide_nothing(fact, judged):
    facts = {
        "action": "新建", "integration": [{"common_system": fact}],
        "negative_list": [{"clause": "8.1.4", "hit": judged, "legal_basis": "无"}],
    }  # fmt: skip
    found = findings(facts, "8.1.4")["8.1.4"]
    assert found["outcome"] == "待核"
    assert "不一致" in found["reason"]
    assert ("negative_list", "hit") in {(o["sheet"], o["field"]) for o in found["open_facts"]}


OPEN = {"action": None}
"""Nothing known of the project, its kind of action included."""


@pytest.mark.parametrize("clause", ITEMS)
@pytest.mark.parametrize(("judged", "outcome"), [(True, "命中"), (False, "未命中")])
def test_the_judgement_of_an_item_settles_it_where_the_facts_are_open(clause, judged, outcome):
    row = {"clause": clause, "hit": judged, "legal_basis": "无"}
    assert outcomes({**OPEN, "negative_list": [row]}, clause) == {clause: outcome}


@pytest.mark.parametrize("clause", ITEMS)
def test_a_judgement_of_an_item_without_evidence_is_open_and_asks_for_it(clause):
    row = {"clause": clause, "hit": True, "legal_basis": "无"}
    found = findings({**OPEN, "negative_list": [row]}, clause, judged=False)[clause]
    assert found["outcome"] == "待核"
    assert ("hit", "evidence") in {(o["field"], o["needs"]) for o in found["open_facts"]}


@pytest.mark.parametrize("clause", ITEMS)
def test_nothing_filled_in_hits_nothing_and_clears_nothing(clause):
    assert outcomes(OPEN, clause) == {clause: "待核"}


def test_an_open_original_is_named_with_its_own_number():
    found = findings(UPGRADE, "8.1.8", others=({"id": "B"},))["8.1.8"]
    assert {("B", "acceptance_result")} == {(o["project"], o["field"]) for o in found["open_facts"]}


BOUGHT = {"id": "B", "mode": "购买服务", "acceptance_result": "合格"}


@pytest.mark.parametrize(
    ("original", "asked"),
    [
        (BOUGHT, "bureau_opinion"),
        ({**BOUGHT, "bureau_opinion": "未出"}, "bureau_opinion"),
        ({**BOUGHT, "mode": None}, "mode"),
        ({**BOUGHT, "mode": None, "bureau_opinion": "合格"}, "mode"),
        ({"id": "B", "mode": "购买服务"}, "acceptance_result"),
    ],
    ids=["not told", "not out", "neither mode nor opinion", "no mode", "no result"],
)
def test_8_1_8_a_bought_original_that_its_unit_passed_waits_for_the_bureaus_review(original, asked):
    original = {name: value for name, value in original.items() if value is not None}
    found = findings(UPGRADE, "8.1.8", others=(original,))["8.1.8"]
    assert found["outcome"] == "待核"
    assert [(o["project"], o["field"]) for o in found["open_facts"] if o["project"] == "B"] == [("B", asked)]


@pytest.mark.parametrize(
    ("original", "outcome"),
    [
        ({**BOUGHT, "bureau_opinion": "合格"}, "未命中"),
        ({**BOUGHT, "bureau_opinion": "不合格"}, "命中"),
        ({**BOUGHT, "acceptance_result": "不合格", "bureau_opinion": "合格"}, "命中"),
        ({**BOUGHT, "acceptance_result": "未进行", "bureau_opinion": "合格"}, "命中"),
        ({**BOUGHT, "mode": "自行建设", "bureau_opinion": "不合格"}, "未命中"),
    ],
)
def test_8_1_8_the_review_counts_for_a_purchase_that_its_unit_passed_and_for_nothing_else(original, outcome):
    no_law = {**UPGRADE, "negative_list": [{"clause": "8.1.8", "legal_basis": "无"}]}
    assert findings(no_law, "8.1.8", others=(original,))["8.1.8"]["outcome"] == outcome


@pytest.mark.parametrize(("result", "outcome"), [("同意", "未命中"), ("不同意", "命中")])
def test_8_1_8_the_review_may_stand_in_the_sheet_of_opinions(result, outcome):
    projects = [{**CITY, "id": "A", **UPGRADE}, {**CITY, **BOUGHT}]
    opinion = {
        "project": "B",
        "body": "数字经济局",
        "kind": "验收审核",
        "given_on": "2026-03-20",
        "result": result,
    }
    no_law = {"project": "A", "clause": "8.1.8", "legal_basis": "无"}
    facts = from_records({"projects": projects, "opinions": [opinion], "negative_list": [no_law]})
    [one] = [f for f in assess(facts, RULESET, DAY, ["8.1.8"])["findings"] if f["project"] == "A"]
    assert one["outcome"] == outcome


@pytest.mark.parametrize("opinion", ["合格", "不合格", "未出", None])
def test_8_1_8_where_any_acceptance_counts_the_review_is_not_asked(opinion):
    original = BOUGHT if opinion is None else {**BOUGHT, "bureau_opinion": opinion}
    found = findings(UPGRADE, "8.1.8", others=(original,), failed_is_unaccepted="does_not")["8.1.8"]
    assert (found["outcome"], "审核意见" in found["reason"]) == ("未命中", False)


def test_an_original_outside_the_portfolio_is_open():
    assert outcomes({**UPGRADE, "negative_list": [{"clause": "8.1.8", "legal_basis": "无"}]}, "8.1.8") == {
        "8.1.8": "待核"
    }


def test_an_original_is_found_wherever_it_stands_in_the_portfolio():
    projects = [
        {**CITY, "id": "A", "action": "升级改造", "parent": "B"},
        *({**CITY, "id": f"N{number}"} for number in range(5)),
        {**CITY, "id": "B", "acceptance_result": "未进行"},
    ]
    facts = from_records(
        {"projects": projects, "negative_list": [{"project": "A", "clause": "8.1.8", "legal_basis": "无"}]}
    )
    whole, *parts = (
        list(evaluate(with_original_result(facts), RULESET, DAY, ["8.1.8"], chunk=n)) for n in (99, 1, 3)
    )
    states = [e.body.states() for e in whole]
    assert states[0][0] == 1
    for part in parts:
        assert np.array_equal(np.concatenate([e.body.states() for e in part]), np.concatenate(states))


# Platforms, registers --------------------------------------------------------------------


PLATFORMS = ("on_gov_cloud", "on_gov_network", "on_exchange", "on_common_platform")


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_platform_not_used_is_open_as_needed_and_a_breach_where_all_are_owed(name):
    row = {**dict.fromkeys(PLATFORMS, True), "isolated": False, name: False}
    result = assessed({"integration": [row]}, "6.1")
    assert result["findings"][0]["outcome"] == "待核"
    assert codes(result, "6.1") == {"platforms_as_needed"}
    result = assessed({"integration": [row]}, "6.1", intensive_platforms="all_listed")
    assert result["findings"][0]["outcome"] == "不符合"
    assert codes(result, "6.1") == set()


def test_the_network_is_named_as_the_rule_set_has_it():
    line = {"line": "L1", "use": "专网", "integrated": False}
    facts = {"lines": [line], "negative_list": [{"clause": "8.1.2", "legal_basis": "无"}]}
    assert "电子政务内网或外网" in findings(facts, "8.1.2")["8.1.2"]["reason"]
    assert "电子政务区域网络或外网" in findings(facts, "8.1.2", area_network="as_written")["8.1.2"]["reason"]


@pytest.mark.parametrize(("current", "outcome"), [(True, "符合"), (False, "不符合"), (None, "待核")])
def test_the_catalogue_is_judged_for_the_unit_not_for_the_project(current, outcome):
    facts = {
        "unit": "市水务局",
        "units": [{"unit": "市林草局"}, {"unit": "市水务局", "catalogue_current": current}],
    }
    found = findings(facts, "9.2")["9.2"]
    assert found["outcome"] == outcome
    assert [o["field"] for o in found["open_facts"]] == ([] if current is not None else ["catalogue_current"])


def test_a_unit_that_is_not_listed_is_open():
    found = findings(
        {"unit": "市水务局", "units": [{"unit": "市林草局", "catalogue_current": False}]}, "9.2"
    )["9.2"]
    assert (found["outcome"], found["reason"]) == ("待核", "单位表没有列该单位。")


@pytest.mark.parametrize("field", ["entered_on", "updated_on"])
def test_an_entry_never_entered_or_updated_is_pointed_out_and_decides_nothing(field):
    row = {"unit": "市水务局", "system": "甲系统", "entered_on": "2024-01-05", "updated_on": "2026-01-05"}
    facts = {"unit": "市水务局", "units": [{"unit": "市水务局", "catalogue_current": True}]}
    result = assessed({**facts, "systems": [{**row, field: "未"}]}, "9.2")
    assert (result["findings"][0]["outcome"], codes(result, "9.2")) == ("符合", {"stale_entries"})
    assert codes(assessed({**facts, "systems": [row]}, "9.2"), "9.2") == set()


def test_the_steps_with_counties_name_who_acts():
    routing = assessed({"counties_involved": True}, "10.1")["routing"]
    assert [(r["step"], r["who"]) for r in routing] == [
        ("统筹规划", "市级项目单位"), ("分级审批建设", "县（市、区）项目单位"), ("衔接配合", "县（市、区）项目单位"),
    ]  # fmt: skip


def test_the_bodies_of_article_5_are_named_paragraph_by_paragraph():
    routing = assessed({}, *(f"5.{number}" for number in range(1, 9)))["routing"]
    assert all(r["outcome"] == "办理" and r["who"] and r["gives"] for r in routing)
    assert [r["who"] for r in routing if r["clause"] == "5.7"] == [
        "市委网信办", "市国家保密局", "市密码管理局", "市公安局", "市审计局",
    ]  # fmt: skip
    assert {r["who"] for r in routing if r["clause"] == "5.4"} == {"市发展改革委会同市数字经济局"}


def test_approved_by_the_leading_group_of_one_year_does_not_cover_another():
    rows = [
        {"finding_year": 2025, "bar_basis": "某部文件", "truly_needed": True, "group_approved": True},
        {"finding_year": 2026, "bar_basis": "某部文件", "truly_needed": True, "group_approved": False},
    ]
    for order in (rows, rows[::-1]):
        assert outcomes({"approved_on": "2026-09-01", "sharing": order}, "12.2") == {"12.2": "不符合"}


def test_a_project_without_a_unit_is_asked_for_it():
    found = findings({"units": [{"unit": "市林草局", "catalogue_current": False}]}, "9.2")["9.2"]
    assert ("projects", "unit") in {(o["sheet"], o["field"]) for o in found["open_facts"]}
