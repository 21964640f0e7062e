"""How the clauses of chapter 3 meet each other and those that bound them, and the road they make."""

from __future__ import annotations

from datetime import date

import pytest

from zwxm_core.assessment import assess
from zwxm_core.explaining import case_result, cases
from zwxm_core.portfolio import from_records
from zwxm_core.rules import chapter3, chapter3_approval, chapter3_filing
from zwxm_core.rules.approval_path import approval_path
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()
AS_OF = date(2026, 11, 24)
CHAPTER = [*chapter3_filing.RULES, *chapter3.RULES, *chapter3_approval.RULES]
OPINIONS = {
    ("网信办", "信息安全审核"): "2026-08-10",
    ("公安局", "信息安全审核"): "2026-08-11",
    ("密码管理局", "安全可靠与密码合规"): "2026-08-12",
    ("财政局", "资金审核"): "2026-08-13",
    ("数字经济局", "信息安全审核"): "2026-08-14",
    ("数字经济局", "技术审核"): "2026-08-14",
}


def facts_of(project: dict, judged: bool = True, **sheets):
    city = {"id": "A", "level": "市级", "classified": False, "action": "新建", "approved_on": "未"}
    children = {name: [{"project": "A", **row} for row in rows] for name, rows in sheets.items()}
    return from_records({"projects": [{**city, **project}], **children}, judged=judged, unit="元")


def assessed(project: dict, clauses=None, ruleset=RULESET, **sheets) -> dict:
    return assess(facts_of(project, **sheets), ruleset, AS_OF, clauses, all_clauses=True)


def outcomes(result: dict) -> dict[str, str]:
    return {one["clause"]: one["outcome"] for one in result["findings"] if one["item"] is None}


def finding(result: dict, clause: str) -> dict:
    return next(one for one in result["findings"] if one["clause"] == clause)


def opinions(**given_on) -> list[dict]:
    """All six opinions given in time, but for those of the bodies named."""
    return [
        {"body": body, "kind": kind, "given_on": given_on.get(body, day)}
        | ({} if body == "数字经济局" else {"asked_on": "2026-07-30"})
        for (body, kind), day in OPINIONS.items()
    ]


# Scenarios ------------------------------------------------------------------------------


def test_X01_a_classified_project_leaves_the_ordinary_documents_and_stays_under_the_other_reading():
    classified = {
        "mode": "自行建设", "classified": True, "total_investment": "3000000.00", "depth_adequate": True,
        "approval_path": "实施方案",
    }  # fmt: skip
    result = assessed(classified, ["18.1", "18.2", "54.1"])
    assert outcomes(result) == {"18.1": "不适用", "18.2": "不适用", "54.1": "属于"}
    for clause, other in {"18.1": "符合", "18.2": "具备条件"}.items():
        [reading] = finding(result, clause)["readings"]
        assert (reading["convention"], reading["value"]) == ("classified_projects", "fills_gaps")
        assert reading["outcome"] == other


def test_X15_before_the_design_is_approved_article_25_governs_and_not_the_adjustments():
    design = {
        "mode": "自行建设", "approval_path": "可研和初设", "feasibility_total": "10000000.00",
        "design_budget": "10800000.00", "design_approved_on": "未", "adjustments_complete": True,
    }  # fmt: skip
    result = assessed(design, ["25.1", "25.2", "28.1", "29.1"])
    explains, again = finding(result, "25.1"), finding(result, "25.2")
    assert (explains["applies"], explains["outcome"]) == (True, "待核")
    assert [one["field"] for one in explains["open_facts"]] == ["design_change_chapter"]
    assert (again["applies"], again["outcome"]) == (None, "待核")
    assert "design_major_change" in {one["field"] for one in again["open_facts"]}
    assert outcomes(result) | {"28.1": "不适用", "29.1": "不适用"} == outcomes(result)
    without = assessed({**design, "design_change_chapter": False}, ["25.1"])
    assert outcomes(without) == {"25.1": "不符合"}


def test_X15_figures_that_show_a_feasibility_approval_and_a_design_need_no_mode_beside_them():
    result = assessed({"feasibility_total": "10000000.00", "design_budget": "10800000.00"}, ["25.1"])
    assert finding(result, "25.1")["applies"] is True


def test_X42_works_bundled_with_services_fail_article_19_however_cheap_the_purchase():
    bundled = {
        "mode": "购买服务", "goods_works_or_bundled": True, "potential_providers": 5, "violates_secrecy": False,
        "service_life": 5, "annual_service_fee": "600000.00", "build_cost": "4000000.00",
        "annual_om_cost": "250000.00", "warranty_years": 1,
    }  # fmt: skip
    ten_percent = RULESET.adopting(purchase_clearly_less="10%")
    found = outcomes(assessed(bundled, ["19.1", "19.1.1", "19.1.2", "19.1.3"], ten_percent))
    assert found == {"19.1": "不符合", "19.1.1": "不符合", "19.1.2": "符合", "19.1.3": "符合"}


def test_X43_one_provider_fails_article_19_whatever_the_method_of_procurement():
    single = {"mode": "购买服务", "potential_providers": 1}
    lots = [{"lot": "1", "method": "单一来源", "is_government_procurement": True}]
    found = outcomes(assessed(single, ["19.1", "19.1.3"], procurement=lots))
    assert found == {"19.1": "不符合", "19.1.3": "不符合"}


def test_X57_no_clause_of_the_chapter_judges_a_county_project_until_its_own_rule_set_does():
    county = {
        "level": "县级", "mode": "自行建设", "approval_path": "可研和初设", "joint": True,
        "plan_conforms": False, "on_annual_list": False,
    }  # fmt: skip
    result = assessed(county, CHAPTER)
    told = [*result["findings"], *result["checklists"], *result["routing"]]
    assert {one["clause"] for one in told} == set(CHAPTER)
    assert {one["outcome"] for one in told} == {"不适用"}
    assert approval_path(facts_of(county), RULESET, AS_OF, 0) == []


def test_X57_a_countys_own_rule_set_judges_it(tmp_path):
    path = tmp_path / "county.yaml"
    path.write_text('base: leshan-2022\nid: county\nname: 甲\nversion: "1"\nlevel: 县级\n', encoding="utf-8")
    result = assessed({"level": "县级", "plan_conforms": False}, ["14.2"], load_ruleset(path))
    assert outcomes(result) == {"14.2": "不符合"}


def test_X60_without_the_finance_bureaus_opinion_the_approval_lacks_what_must_precede_it():
    facts = {"appraised_on": "2026-08-20", "city_government_needed": False}
    for approved_on, outcome, standing in (("未", "待核", "办理"), ("2026-09-01", "不符合", "不符合")):
        lot = opinions(财政局="未")
        result = assessed({**facts, "approved_on": approved_on}, ["22.1", "24.1"], opinions=lot)
        told_once = {"22.1": outcome, "24.1": "待核" if approved_on == "未" else "符合"}
        assert outcomes(result) == told_once  # an approval without it breaks article 22 alone
        lacking = [
            (one["who"], one["missing"], one["outcome"])
            for one in result["routing"]
            if one["clause"] == "22.1" and one["missing"]
        ]
        assert lacking == [("市财政局", ["资金审核意见"], standing)]
        told = "批前意见（第二十二条）应有 6 项，已记载 5 项，未出具：财政局资金审核意见"
        pointed_out = [one["cite"] for one in result["notices"] if one["code"] == "opinions_lacking"]
        assert finding(result, "24.1")["reason"].startswith(told) is (approved_on == "未")
        assert pointed_out == ([] if approved_on == "未" else ["第二十四条"])
        open_ = [one["label"] for one in finding(result, "22.1")["open_facts"]]
        assert open_ == (["批前意见：财政局资金审核意见"] if approved_on == "未" else [])


def test_X60_the_bureau_gives_two_opinions_and_is_not_among_those_consulted():
    steps = assessed({}, ["22.1"])["routing"]
    assert {one["step"] for one in steps if "征求" in one["step"]} == {
        f"书面征求{body}意见" for body in ("市委网信办", "市密码管理局", "市公安局", "市财政局")
    }
    assert [one["gives"] for one in steps if one["who"] == "市数字经济局"] == [
        "信息安全审核意见",
        "技术审核意见",
    ]
    all_given = assessed(
        {"appraised_on": "2026-08-20", "city_government_needed": False}, ["22.1", "24.1"], opinions=opinions()
    )
    assert outcomes(all_given) == {"22.1": "符合", "24.1": "符合"}


# Checklists, notices ----------------------------------------------------------------------

MISSING = [
    pytest.param(clause, case, id=f"{clause} {case['title']}")
    for clause, group in cases().items()
    for case in group
    if clause in CHAPTER and "missing" in case
]


@pytest.mark.parametrize(("clause", "case"), MISSING)
def test_a_checklist_names_exactly_what_is_known_to_be_missing(clause, case):
    [listed] = case_result(clause, case, RULESET)["checklists"]
    assert listed["missing"] == case["missing"]


def test_the_three_parts_of_the_filing_are_named_by_the_clause_that_lists_them():
    rows = [{"clause": "16.1.2", "item": "密码应用方案", "provided": False}]
    result = assessed({"filed_on": "2026-07-31"}, ["16.1", "16.1.1", "16.1.2", "16.1.3"], materials=rows)
    told = {one["clause"]: (one["outcome"], one["missing"]) for one in result["checklists"]}
    assert told == {
        "16.1": ("缺项", ["技术方案"]), "16.1.1": ("待核", []), "16.1.2": ("缺项", ["密码应用方案"]), "16.1.3": ("待核", []),
    }  # fmt: skip


NOTICES = {
    "unlisted_project": ("17.1", {"on_annual_list": False}, {}),
    "joint_one_plan": ("21.1", {"joint": True, "approval_path": "实施方案"}, {}),
    "waived_approvals": ("23.1", {"civil_works": False, "high_energy": False}, {}),
    "in_principle": ("25.2", {"approval_path": "可研和初设", "design_major_change": True, "feasibility_reapproved": False}, {}),
    "design_judgement": (
        "25.1", {"feasibility_total": "100.00", "design_budget": "100.01", "design_exceeds_feasibility": False}, {},
    ),
    "sharing_extent": ("20.1", {}, {"resources": [{"resource": "水位"}]}),
    "opinion_against": ("22.1", {}, {"opinions": [{"body": "公安局", "kind": "信息安全审核", "result": "不同意"}]}),
}  # fmt: skip


@pytest.mark.parametrize("code", NOTICES)
def test_what_a_finding_cannot_say_is_pointed_out_beside_it(code):
    clause, project, sheets = NOTICES[code]
    assert code in {one["code"] for one in assessed(project, [clause], **sheets)["notices"]}
    assert code not in {one["code"] for one in assessed({}, [clause])["notices"]}


def test_an_opinion_of_acceptance_later_than_the_approval_breaks_no_order():
    later = [*opinions(), {"body": "数字经济局", "kind": "验收审核", "given_on": "2026-11-02"}]
    result = assessed({"approved_on": "2026-09-01"}, ["22.1"], opinions=later)
    assert outcomes(result) == {"22.1": "符合"}


def test_a_resource_named_as_none_is_no_catalogue_and_asks_for_no_extent_of_sharing():
    result = assessed({"approved_on": "2026-09-01"}, ["20.1"], resources=[{"resource": "无"}])
    assert outcomes(result) == {"20.1": "不符合"}
    assert result["notices"] == []


def test_a_pending_approval_is_a_step_to_take_and_no_breach():
    ready = {"appraised_on": "2026-08-20", "city_government_needed": False}
    result = assessed(ready, ["24.1"], opinions=opinions())
    assert outcomes(result) == {"24.1": "符合"}
    step = next(one for one in result["routing"] if one["step"] == "批复")
    assert (step["state"], step["outcome"], step["missing"]) == (False, "办理", ["批复"])


def test_one_lot_of_opinions_says_nothing_of_the_next_project():
    both = [
        {"id": i, "level": "市级", "classified": False, "action": "新建", "approved_on": "未"} for i in "AB"
    ]
    rows = [{"project": "B", **one} for one in opinions()]
    result = assess(from_records({"projects": both, "opinions": rows}), RULESET, AS_OF, ["22.1"])
    assert {one["project"]: one["outcome"] for one in result["findings"]} == {"A": "待核", "B": "符合"}


# The approval path ------------------------------------------------------------------------


def road(project: dict, ruleset=RULESET, **sheets) -> list[dict]:
    return approval_path(facts_of(project, **sheets), ruleset, AS_OF, 0)


def written(path: list[dict]) -> list[str]:
    """What the project's unit writes."""
    return [one["gives"] for one in path if one["step"].startswith("编报")]


SELF_BUILT = {"mode": "自行建设", "joint": False, "approval_path": "可研和初设"}


def test_the_documents_follow_from_the_mode_and_from_article_18():
    assert written(road(SELF_BUILT)) == ["可研报告", "初步设计方案"]
    assert written(road({**SELF_BUILT, "approval_path": "实施方案"})) == ["实施方案"]
    assert written(road({"mode": "购买服务"})) == ["服务需求方案"]
    assert written(road({})) == ["可研报告", "初步设计方案", "服务需求方案"]


def test_both_documents_of_a_self_built_project_need_the_chapter_on_integration():
    chapters = {one["document"]: one["chapter"] for one in road(SELF_BUILT) if one["step"].startswith("编报")}
    assert set(chapters) == {"可研报告", "初步设计方案"}
    assert all("共享专篇" in chapter for chapter in chapters.values())


def test_whether_the_documents_may_be_merged_is_told_while_the_unit_has_not_chosen():
    unchosen = {"mode": "自行建设", "depth_adequate": True, "total_investment": "5000000.00"}
    [merged] = [one for one in road(unchosen) if one["cite"] == "第十八条第二款"]
    assert (merged["gives"], merged["outcome"]) == ("实施方案", "具备条件")
    over = {
        **unchosen,
        "total_investment": "5000000.01",
        "directive_required": False,
        "special_cause": False,
        "urgent": False,
    }
    [barred] = [one for one in road(over) if one["cite"] == "第十八条第二款"]
    assert barred["outcome"] == "不具备条件"
    assert not [one for one in road(SELF_BUILT) if one["cite"] == "第十八条第二款"]


def test_the_steps_come_in_order_and_the_opinions_before_the_appraisal_and_the_approval():
    cites = list(
        dict.fromkeys(one["cite"] for one in road({**SELF_BUILT, "joint": True, "feasibility_total": "1.00"}))
    )
    assert cites == [
        "第十六条", "第十七条", "第十八条第一款", "第二十条", "第二十一条", "第二十五条第一句", "第二十五条第二句",
        "第二十二条", "第二十三条", "第二十四条",
    ]  # fmt: skip
    assert [one["step"] for one in road(SELF_BUILT)][-2:] == ["批复", "抄送批复"]


def test_the_city_government_stands_on_the_road_only_where_it_may_be_needed():
    def asked(project):
        return [one["outcome"] for one in road(project) if one["step"] == "核报市政府审定"]

    assert asked({"city_government_needed": False}) == []
    assert asked({}) == ["待核"]
    assert asked({"city_government_needed": True, "city_government_agreed": True}) == ["符合"]


def test_a_design_beyond_the_feasibility_approval_adds_its_steps_and_one_within_it_does_not():
    figures = {**SELF_BUILT, "feasibility_total": "10000000.00", "design_budget": "10000000.01"}
    beyond = {
        one["cite"]: one
        for one in road({**figures, "design_major_change": True, "feasibility_reapproved": False})
    }
    assert beyond["第二十五条第一句"]["document"] == "初步设计方案"
    again = beyond["第二十五条第二句"]
    assert (again["outcome"], again["document"]) == ("待核", "可研报告")
    within = {
        **figures,
        "design_budget": "10000000.00",
        "design_exceeds_feasibility": False,
        "design_major_change": False,
    }
    assert not [one for one in road(within) if one["cite"].startswith("第二十五条")]
    assert not [one for one in road({"mode": "购买服务"}) if one["cite"].startswith("第二十五条")]


def test_every_step_of_approval_names_the_documents_it_is_about():
    approval = [one for one in road({"mode": "购买服务"}) if one["cite"] in ("第二十二条", "第二十四条")]
    assert len(approval) > 10
    assert {one["document"] for one in approval} == {"服务需求方案"}
    assert {one["document"] for one in road({}) if one["cite"] == "第二十二条"} == {None}


def test_the_state_of_a_step_is_what_the_assessment_found():
    found = {"appraised_on": "2026-08-20", "city_government_needed": False, **SELF_BUILT}
    steps = {(one["who"], one["gives"]): one for one in road(found, opinions=opinions(财政局="未"))}
    assert steps["市财政局", "资金审核意见"]["missing"] == ["资金审核意见"]
    assert steps["市委网信办", "信息安全审核意见"]["state"] is True
    assert steps["市发展改革委会同市数字经济局", "批复"]["outcome"] == "办理"
    approved = road({**found, "approved_on": "2026-09-01"}, opinions=opinions())
    assert {one["step"]: one["outcome"] for one in approved}["批复"] == "符合"


def test_no_step_shows_our_own_ids():
    for one in road({}):
        told = [
            one[key] for key in ("cite", "step", "who", "gives", "document", "chapter", "outcome") if one[key]
        ]
        assert not [text for text in told if any(char.isdigit() for char in text)]


def test_a_classified_project_has_no_ordinary_road():
    assert road({"classified": True}) == []


def test_the_road_of_a_split_project_sees_the_others_of_the_portfolio():
    part = {
        "level": "市级", "classified": False, "approved_on": "未", "mode": "自行建设", "unit": "市水务局", "parent": "Z",
        "depth_adequate": True, "directive_required": False, "special_cause": False, "urgent": False,
    }  # fmt: skip
    rows = [
        {"id": "A", "total_investment": "3012345.67", **part},
        {"id": "B", "total_investment": "2112345.67", **part},
        {"id": "Z", "level": "市级", "classified": False, "unit": "市水务局"},
    ]
    facts = from_records({"projects": rows}, judged=True, unit="元")
    [merged] = [one for one in approval_path(facts, RULESET, AS_OF, 0) if one["cite"] == "第十八条第二款"]
    assert merged["outcome"] == "待核"


def test_19_1_2_a_contract_shorter_than_the_service_life_is_priced_on_at_the_same_fee_and_told():
    facts = {
        "mode": "购买服务", "action": "服务", "approved_on": "未", "service_life": 6, "annual_service_fee": 100_00,
        "build_cost": 500_00, "annual_om_cost": 50_00, "warranty_years": 2,
    }  # fmt: skip
    for years, told in ((3, ["第十九条第（二）项"]), (6, [])):
        result = assessed({**facts, "contract_years": years}, ["19.1.2"])
        assert [n["cite"] for n in result["notices"] if n["code"] == "renewal_at_same_fee"] == told


def test_22_an_opinion_given_with_conditions_is_told_so():
    lot = opinions()
    lot[0]["result"] = "有条件同意"
    told = finding(assessed({"approved_on": "2026-09-01"}, ["22.1"], opinions=lot), "22.1")
    assert told["outcome"] == "符合"
    assert "出具（有条件同意）" in told["reason"]
    assert told["reason"].count("（有条件同意）") == 1


def test_24_the_city_government_is_a_step_unless_it_is_not_asked_for():
    def steps(needed):
        facts = {} if needed is None else {"city_government_needed": needed}
        return {one["step"] for one in assessed(facts, ["24.1"])["routing"]}

    assert "核报市政府审定" in steps(True) & steps(None)
    assert "核报市政府审定" not in steps(False)


def test_5_2_the_office_builds_basic_projects_only():
    def steps(category):
        return {one["step"] for one in assessed({"category": category}, ["5.2"])["routing"]}

    assert "基础性项目" in steps("基础设施") & steps("共性支撑平台") & steps("其他")
    assert "基础性项目" not in steps("重点业务信息系统")


def test_2_a_project_judged_to_be_none_leaves_the_ordinary_rules_and_only_when_judged():
    facts = {"category": "相关支撑体系", "in_scope": False, "plan_conforms": False, "mode": "其他"}
    out = assessed(facts, ["2.1", "3.1", "14.2", "54.1"])
    assert outcomes(out) == {"2.1": "不属于", "3.1": "待核", "14.2": "不适用", "54.1": "不属于"}
    beside = assessed({**facts, "category": "其他"}, ["2.1", "14.2"])
    assert outcomes(beside) == {"2.1": "待核", "14.2": "不符合"}


def test_3_another_way_of_procuring_stays_open_at_every_stage():
    facts = {
        "mode": "其他",
        "approved_on": "2024-03-01",
        "construction_start": "2024-04-01",
        "go_live": "2025-01-01",
    }
    live = {f["clause"]: f["outcome"] for f in assess(facts_of(facts), RULESET, AS_OF)["findings"]}
    assert live["3.1"] == "待核"
    assert "2.1" in live
