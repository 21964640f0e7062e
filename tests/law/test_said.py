"""What is said beside an outcome: nothing that the text does not say, nothing asked for that settles nothing."""

from __future__ import annotations

from datetime import date

import pytest

from zwxm_core.assessment import assess
from zwxm_core.assessment_text import assessment_text
from zwxm_core.consequences import effect_text
from zwxm_core.explaining import case_records, cases
from zwxm_core.facts import ROW_KEYS
from zwxm_core.findings import evaluate
from zwxm_core.portfolio import from_records
from zwxm_core.rules import RULES
from zwxm_core.rulesets import load_ruleset
from zwxm_core.tables import ROWS, fact_text, item_text

RULESET = load_ruleset()
DAY = date(2026, 11, 24)
CITY = {"level": "市级", "classified": False, "mode": "自行建设", "action": "新建"}
RUNNING = {**CITY, "unit": "甲", "approved_on": "2023-02-01", "construction_start": "2023-03-01", "construction_end": "2023-11-30",
           "trial_start": "2023-12-01", "acceptance_on": "2024-04-01", "go_live": "2024-05-06"}  # fmt: skip


def assessed(clauses, facts: dict, **sheets) -> dict:
    children = {name: [{"project": "A", **row} for row in rows] for name, rows in sheets.items()}
    whole = {"projects": [{"id": "A", **CITY, **facts}], **children}
    return assess(from_records(whole, judged=True, unit="元"), RULESET, DAY, clauses, clauses is None)


def notices(clause: str, facts: dict) -> set[str]:
    return {n["code"] for n in assessed([clause], facts)["notices"]}


# 第三十条第二款 --------------------------------------------------------------------------

STUCK = {"construction_start": "2025-03-18", "substantive_progress": True, "external_change": True,
         "force_majeure": True, "goals_unreachable": True, "acceptance_on": "未"}  # fmt: skip


def test_a_project_that_may_be_ended_is_still_built_until_the_leading_group_agrees():
    assert "termination_approval" in notices("30.2", STUCK)


@pytest.mark.parametrize(
    ("day", "code"), [("2026-11-24", "terminated"), ("2026-11-25", "termination_approval")]
)
def test_of_a_project_that_was_ended_only_the_papers_are_asked_for(day, code):
    told = notices("30.2", {**STUCK, "terminated_on": day})
    assert {"terminated", "termination_approval"} & told == {code}


def test_a_project_that_was_ended_without_what_30_asks_is_pointed_out():
    told = notices("30.2", {**STUCK, "goals_unreachable": False, "terminated_on": "2026-03-11"})
    assert "terminated_without_ground" in told
    assert "terminated" not in told


# What is missing -------------------------------------------------------------------------


def test_while_a_hit_is_open_nobody_is_asked_for_the_statute_that_would_excuse_it():
    [row] = assessed(["8.1.4"], {}, integration=[{"on_exchange": True}])["findings"]
    assert [f["field"] for f in row["open_facts"]] == ["common_system"]
    [row] = assessed(["8.1.4"], {}, integration=[{"common_system": "共性系统"}])["findings"]
    assert [(f["sheet"], f["row"], f["field"]) for f in row["open_facts"]] == [
        ("negative_list", "8.1.4", "legal_basis")
    ]


def test_an_undecided_convention_is_named_where_it_is_open_whether_the_clause_applies():
    facts = {
        "classified": None,
        "approval_path": "实施方案",
        "depth_adequate": True,
        "directive_required": True,
    }
    adopted = RULESET.adopting(directive_object="to_merge")
    records = {"projects": [{"id": "A", **CITY, **facts}]}
    [row] = assess(from_records(records, judged=True), adopted, DAY, ["18.2.1"])["findings"]
    assert [f["field"] for f in row["open_facts"]] == ["classified", "directive_object"]


def test_the_facts_to_fill_in_are_told_with_their_sheet():
    facts = from_records({"projects": [{"id": f"P{n}", **CITY, "approved_on": "未"} for n in range(13)]})
    text = assessment_text(assess(facts, RULESET, DAY), facts, RULESET)
    assert "\n  重点类型·属于　涉及 13 个项目" in text
    assert "条款　" not in text


# 第二十八条、第四十七条、第四十八条 ------------------------------------------------------


def adjusted(**row) -> dict:
    facts = {**RUNNING, "approved_total": "1000000", "adjustments_complete": True}
    rows = [{"seq": 1, "on": "2023-06-01", "amount": "150000.01", "prior_approval": False, **row}]
    return assessed(None, facts, adjustments=rows)


def follows(result: dict, clause: str, effect: str) -> dict:
    return next(c for c in result["consequences"] if (c["clause"], c["effect"]) == (clause, effect))


def test_a_breach_that_rests_on_a_presumption_is_pointed_out_as_one():
    for clause, effect in (("47.2", "rectification_order"), ("48.1", "public_criticism")):
        assert "第二十八条第一、二句（重大调整属推定）" in follows(adjusted(), clause, effect)["reason"]


def test_a_change_that_is_judged_major_is_no_presumption():
    result = adjusted(major_design_change=True)
    assert "推定" not in follows(result, "48.1", "public_criticism")["reason"]
    [found] = [f for f in result["findings"] if f["clause"] == "28.1"]
    assert "已认定重大设计变更" in found["reason"]
    assert "presumed_major" not in {n["code"] for n in result["notices"]}


def reasons_of_rectification(facts: dict, **sheets) -> tuple[str, str]:
    row = follows(assessed(None, {**RUNNING, **facts}, **sheets), "47.2", "rectification_order")
    return row["outcome"], row["reason"]


def test_a_self_evaluation_that_is_overdue_is_to_be_put_right():
    """24 months after 2024-05-06 are over on 2026-05-06."""
    outcome, reason = reasons_of_rectification({"self_evaluation": "未开展"})
    assert outcome == "提示"
    assert "第四十六条第一句（自评价）" in reason


def test_one_that_was_held_late_is_not():
    held = {"self_evaluation": "已完成", "self_evaluation_on": "2026-05-07"}
    assert "自评价" not in reasons_of_rectification(held)[1]


def test_a_year_without_its_monitoring_report_is_to_be_put_right():
    facts = {"construction_end": "2024-12-31", "monitoring_complete": True}
    outcome, reason = reasons_of_rectification(facts)
    assert outcome == "提示"
    assert "第四十五条第一款（2023 年度提交绩效监控报告）" in reason
    assert "第四十五条第一款（2024 年度提交绩效监控报告）" in reason


def leases(**line) -> dict | None:
    result = assessed(
        None, {"action": "线路租赁", "mode": "购买服务", "approved_on": "未"}, lines=[{"line": "L1", **line}]
    )
    return next((c for c in result["consequences"] if c["clause"] == "48.1"), None)


def test_leasing_lines_without_the_application_leaves_out_a_procedure():
    row = leases(claimed="12000.00", price_cap="12000.00", approved_procedure=False)
    assert row is not None
    assert (row["outcome"], "第三十八条（报批手续）不符合" in row["reason"]) == ("提示", True)


def test_a_price_above_the_ceiling_is_no_procedure_left_out():
    row = leases(claimed="12000.01", price_cap="12000.00", approved_procedure=True)
    assert row is None or row["outcome"] != "提示"


# 第三十三条第三句 ------------------------------------------------------------------------


def test_the_year_after_the_finding_is_reckoned_in_the_reason():
    row = {"shared_as_required": False, "finding_year": 2026}
    result = assessed(["33.2"], RUNNING, sharing=[row])
    assert "认定年度：2026，次年度 2027" in follows(result, "33.2", "no_om_funding")["reason"]


def test_of_data_listed_before_anybody_tells_the_trial_only_its_day_is_asked_for():
    data = [{"resource": "雨量", "sensitive": False, "in_city_catalogue": False}]
    [row] = assessed(["33.1"], {}, resources=data)["findings"]
    assert (row["outcome"], [f["field"] for f in row["open_facts"]]) == ("待核", ["trial_start"])
    [row] = assessed(["33.1"], {"trial_start": "2025-03-03"})["findings"]
    assert [f["field"] for f in row["open_facts"]] == ["resource"]


# How it is said --------------------------------------------------------------------------


def test_a_day_that_has_not_come_is_told_as_none_yet():
    [row] = assessed(["9.1"], {"registered_on": "未"})["findings"]
    assert row["reason"] == "备案登记日：尚无。"
    unset = {
        **RUNNING,
        "acceptance_on": "未",
        "acceptance_result": "未进行",
        "acceptance_due": "未",
        "go_live": "未",
    }
    told = [r["reason"] for r in assessed(["32.1"], unset)["consequences"] if r["effect"] == "no_om_funding"]
    assert told == ["验收结果：未进行；产生方式：自行建设；应验收日（批复或合同）：尚无。"]


def test_an_empty_list_of_adjustments_is_said_to_be_complete_once():
    [row] = assessed(["28.1"], {**RUNNING, "adjustments_complete": True})["findings"]
    assert (row["outcome"], row["reason"]) == ("不适用", "没有调整（调整清单完整）。")


def test_what_the_authority_may_do_is_said_in_the_words_of_47_and_48():
    matter = {"seq": 1, "matter": "资金使用", "breach": True, "ordered_on": "2026-01-05", "due": "2026-03-31", "done_on": "未",
              "still_failing": False, "serious_result": "损失浪费"}  # fmt: skip
    result = assessed(
        ["47.2", "48.1"], {**RUNNING, "acceptance_on": "未", "go_live": "未"}, rectifications=[matter]
    )
    heavier, persons = (r for r in result["consequences"] if r["effect"] == "public_criticism")
    assert heavier["reason"].startswith(
        "由领导小组及有关部门以通报批评、暂缓安排投资计划、暂停项目建设直至终止项目等方式处理，用哪一种由其决定，"
    )
    assert effect_text(persons) == "通报批评，并对负有直接责任的主管人员和其他责任人员依法处分"


def test_whether_the_city_government_decides_is_said_once():
    facts = {"appraised_on": "2026-01-05", "approved_on": "2026-02-03", "city_government_needed": True,
             "city_government_agreed": False}  # fmt: skip
    [row] = assessed(["24.1"], facts)["findings"]
    assert row["reason"].count("须报市政府审定") == 1


def test_that_a_lease_is_no_operation_is_said_alone():
    [row] = assessed(["37.1"], {"action": "线路租赁", "acceptance_on": "未"})["findings"]
    assert row["reason"] == "项目类型：线路租赁，租赁不形成系统，另依第八条第（二）项和第三十八条办理。"


def test_an_amount_that_is_not_there_is_told_without_a_gap():
    [row] = assessed(["25.1"], {"approval_path": "可研和初设", "feasibility_total": "12345678.90", "design_exceeds_feasibility": False})["findings"]  # fmt: skip
    assert "初设申报概算未提供，可研批复总投资 12,345,678.90 元，是否超过待核" in row["reason"]


# Rows by their number or year --------------------------------------------------------------


def printed(clause: str, facts: dict, **sheets) -> str:
    records = {
        "projects": [{"id": "A", **CITY, **facts}],
        **{name: [{"project": "A", **row} for row in rows] for name, rows in sheets.items()},
    }
    filled = from_records(records, judged=True, unit="元")
    return assessment_text(assess(filled, RULESET, DAY, [clause]), filled, RULESET)


def test_a_year_of_operation_is_named_as_one_with_what_it_lacks():
    rows = [{"year": 2027, "kind": "续运维", "plan_filed_on": "2026-07-06", "plan_reviewed": True}]
    result = assessed(["37.1.2"], {**RUNNING, "action": "运维"}, operations=rows)
    [one] = result["findings"]
    assert one["cite"] + item_text(one["item"], one["clause"]) == "第三十七条第（二）项（2027 年度）"
    told = [fact_text(fact) for fact in one["open_facts"]]
    assert told
    assert all(words.startswith("运维（2027 年度）·") for words in told)
    assert "第三十七条第（二）项（2027 年度）" in printed(
        "37.1.2", {**RUNNING, "action": "运维"}, operations=rows
    )


def test_an_adjustment_is_named_by_its_number_where_each_is_judged_by_itself():
    each = RULESET.adopting(adjustment_accumulation="each")
    rows = [{"project": "A", "seq": 2, "on": "2023-06-01", "amount": "10.00"}]
    filled = from_records({"projects": [{"id": "A", **RUNNING}], "adjustments": rows}, judged=True, unit="元")
    result = assess(filled, each, DAY, ["29.1"])
    items = {item_text(one["item"], one["clause"]) for one in result["findings"]}
    assert items == {"（序号 2）", "（序号 2 书面报备）"}
    assert "filing" not in assessment_text(result, filled, each)


def test_a_lot_is_named_as_the_office_named_it_be_it_a_number():
    assert item_text("2", "41.1") == "（2）"


def test_a_row_without_its_number_or_year_is_named_by_its_row():
    rows = [{"year": 2026, "budget_filed_on": "2025-09-12"}, {"budget_filed_on": "未"}]
    [one] = assessed(["37.1"], {**RUNNING, "action": "运维"}, operations=rows)["findings"]
    assert "第 3 行预算申报日" in one["reason"]
    assert " 年度预算申报日：尚无" not in one["reason"]
    assert not one["reason"].startswith(" ")


@pytest.mark.parametrize("clause", sorted(cases()))
def test_the_article_that_judges_each_row_says_of_which_sheet(clause):
    """A sheet whose rows have numbers or years is named by `ROWS`, no other is."""
    for case in cases()[clause] if clause in RULES else ():
        facts = from_records(case_records(case), judged=True, unit="元")
        ruleset = RULESET.adopting(**case.get("adopting", {}), adjustment_accumulation="each")
        for one in evaluate(facts, ruleset, case["as_of"], [clause], readings=False):
            if one.per is not None:
                key = next((name for name in ROW_KEYS if name in one.per.columns), None)
                named = one.per.name if key in ("seq", "year") else None
                assert ROWS.get(clause.split(".")[0]) == named
