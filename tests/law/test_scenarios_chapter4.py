"""How the clauses of chapter 4 meet: the scenarios of the regulation's study, by their numbers."""

from __future__ import annotations

from datetime import date

from zwxm_core.assessment import assess
from zwxm_core.portfolio import from_records
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()
AS_OF = date(2026, 11, 24)
MATERIALS = [
    {"project": "A", "clause": "31.2", "item": item, "provided": True}
    for item in RULESET.terms().acceptance_items
]


def assessed(clauses, project, adopting=None, **children):
    """One city project, amounts in 元, every judgement evidenced."""
    own = {"id": "A", "level": "市级", "classified": False, **project}
    records = {
        "projects": [own],
        **{sheet: [{"project": "A", **r} for r in rows] for sheet, rows in children.items()},
    }
    ruleset = RULESET.adopting(**(adopting or {}))
    return assess(from_records(records, judged=True, unit="元"), ruleset, AS_OF, clauses)


def outcomes(result) -> dict[str, str]:
    found = [*result["findings"], *result["consequences"]]
    return {r["clause"]: r["outcome"] for r in found if r.get("item") is None}


def readings(result, clause) -> dict[str, str]:
    [found] = [r for r in result["findings"] if r["clause"] == clause and r["item"] is None]
    return {r["convention"]: r["outcome"] for r in found["readings"]}


def test_X16_the_15_percent_are_of_the_approval_under_which_construction_runs():
    project = {"feasibility_total": "10000000", "approved_total": "9000000", "revised_total": "9000000",
               "goals_unchanged": True, "change_necessary": True, "adjustments_complete": True}  # fmt: skip
    adjustment = {
        "seq": 1,
        "on": "2024-05-06",
        "amount": "1400000",
        "ground": "技术优化",
        "prior_approval": False,
    }
    result = assessed(["29.1"], project, adjustments=[adjustment])
    assert outcomes(result) == {"29.1": "不具备条件"}
    assert readings(result, "29.1") == {"adjustment_base": "具备条件"}


def test_X18_an_unauthorised_design_change_without_overrun_breaches_28_but_a_later_application_is_not_shut_out():
    adjustment = {"seq": 1, "on": "2024-05-06", "amount": "900000.01", "prior_approval": False,
                  "major_design_change": True, "caused_overrun": False}  # fmt: skip
    project = {"approved_total": "3456789.12", "adjustments_complete": True}
    result = assessed(["28.1", "28.2"], project, adjustments=[adjustment])
    assert outcomes(result) == {"28.1": "不符合", "28.2": "不触发"}


def test_X19_one_fen_over_the_total_leaves_29_and_without_approval_28_shuts_the_door():
    adjustment = {"seq": 1, "on": "2024-05-06", "amount": "345678.90", "ground": "技术优化", "prior_approval": False,
                  "major_design_change": True, "caused_overrun": True}  # fmt: skip
    project = {"approved_total": "3456789.00", "revised_total": "3456789.01", "goals_unchanged": True,
               "change_necessary": True, "adjustments_complete": True}  # fmt: skip
    result = assessed(["28.1", "28.2", "29.1"], project, adjustments=[adjustment])
    assert outcomes(result) == {"29.1": "不具备条件", "28.1": "不符合", "28.2": "触发"}


def test_X25_an_extension_asked_for_is_all_that_the_text_wants_and_who_grants_it_is_pointed_out():
    project = {"mode": "自行建设", "acceptance_due": "2026-06-30", "acceptance_on": "未", "acceptance_by": "无",
               "acceptance_result": "未进行", "extension_applied": True}  # fmt: skip
    result = assessed(["31.2"], project, materials=MATERIALS)
    [found] = result["findings"]
    in_time = next(part for part in found["conditions"]["parts"] if part["id"] == "in_time_or_extension")
    assert (found["outcome"], in_time["state"]) == ("待核", True)
    assert [fact["field"] for fact in found["open_facts"]] == ["acceptance_on"]
    [notice] = [n for n in result["notices"] if n["code"] == "extension_grantor"]
    assert "条文未定" in notice["text"]
    adopted = assessed(
        ["31.2"], project, {"extension_grantor": "digital_economy_bureau"}, materials=MATERIALS
    )
    assert "由市数字经济局批准" in next(
        n["text"] for n in adopted["notices"] if n["code"] == "extension_grantor"
    )
    granted = assessed(["31.2"], {**project, "extension_granted": True}, materials=MATERIALS)
    assert "extension_grantor" not in {n["code"] for n in granted["notices"]}


def test_X46_a_purchase_accepted_by_its_unit_still_waits_for_the_bureaus_opinion():
    project = {
        "mode": "购买服务",
        "acceptance_by": "项目单位",
        "acceptance_on": "2026-03-12",
        "acceptance_result": "合格",
    }
    result = assessed(["31.2", "31.3"], project)
    assert outcomes(result) == {"31.3": "待核", "31.2": "不适用"}
    steps = {
        r["who"]: r["outcome"] for r in result["routing"] if r["clause"] == "31.3" and r["outcome"] != "办理"
    }
    assert steps == {"项目单位": "符合", "市数字经济局": "待核"}
    [found] = [r for r in result["findings"] if r["clause"] == "31.3"]
    assert [fact["field"] for fact in found["open_facts"]] == ["bureau_opinion"]


def test_X49_complete_acceptance_materials_do_not_make_up_for_source_code_not_handed_over():
    project = {"mode": "自行建设", "custom_development": True, "acceptance_on": "2026-03-12"}
    lot = {"lot": "1", "ip_clause_in_documents": True, "ip_clause_in_contract": True,
           "documents_handed_over_on": "2026-02-27", "source_handed_over_on": "未"}  # fmt: skip
    result = assessed(["31.2", "43.1"], project, materials=MATERIALS, procurement=[lot])
    lists = {c["clause"]: c for c in result["checklists"]}
    assert (lists["31.2"]["state"], lists["31.2"]["missing"], lists["31.2"]["unknown"]) == (True, [], [])
    assert lists["43.1"]["state"] is False


def test_the_list_of_acceptance_materials_names_what_is_missing_and_what_nobody_said():
    known = [dict(m) for m in MATERIALS[2:]]
    known[0]["provided"] = False
    result = assessed(["31.2"], {"mode": "自行建设", "acceptance_applied_on": "2026-03-02"}, materials=known)
    [listed] = result["checklists"]
    assert (listed["outcome"], listed["missing"], listed["unknown"]) == (
        "不符合", ["第三方审计报告"], ["项目建设总结", "财务报告"],
    )  # fmt: skip


def test_acceptance_by_the_contracts_day_counts_only_under_that_reading():
    project = {"mode": "自行建设", "acceptance_by": "数字经济局", "acceptance_due": "2025-06-30", "acceptance_applied_on": "2025-07-01",
               "acceptance_on": "2025-07-28", "acceptance_due_contract": "2025-07-01", "extension_applied": False}  # fmt: skip
    result = assessed(["31.2"], project, materials=MATERIALS)
    assert (outcomes(result), readings(result, "31.2")) == (
        {"31.2": "不符合"},
        {"acceptance_due_source": "符合"},
    )
    adopted = assessed(["31.2"], project, {"acceptance_due_source": "contract"}, materials=MATERIALS)
    assert outcomes(adopted) == {"31.2": "符合"}
    later = assessed(
        ["31.2"], {**project, "acceptance_applied_on": "2025-07-02"}, {"acceptance_due_source": "contract"}, materials=MATERIALS
    )  # fmt: skip
    assert outcomes(later) == {"31.2": "不符合"}
    only_approval = {k: v for k, v in project.items() if k != "acceptance_due_contract"}
    same = assessed(["31.2"], only_approval, {"acceptance_due_source": "contract"}, materials=MATERIALS)
    assert outcomes(same) == {"31.2": "不符合"}


def test_acceptance_takes_its_rules_from_its_day_and_before_that_from_the_day_it_is_due():
    held = {"mode": "自行建设", "acceptance_on": "2025-06-27", "acceptance_due": "2025-06-30"}
    planned = {**held, "acceptance_on": "未"}
    nothing = {**planned, "acceptance_due": "未"}
    silent = {"mode": "自行建设"}
    days = [assessed(["31.2"], one)["findings"][0]["rules_of"] for one in (held, planned, nothing, silent)]
    assert days == ["2025-06-27", "2025-06-30", "2026-11-24", None]


def test_public_data_not_yet_collected_are_the_bureaus_to_collect_and_no_breach():
    data = [{"resource": "雨量", "sensitive": False, "in_city_catalogue": True, "collected": False}]
    begun = {"trial_start": "2025-03-03"}
    result = assessed(["33.1"], begun, resources=data)
    assert outcomes(result) == {"33.1": "符合"}
    assert [n["code"] for n in result["notices"]] == ["uncollected"]
    secret = [{**data[0], "sensitive": True}]
    assert assessed(["33.1"], begun, resources=secret)["notices"] == []


def test_a_reported_trouble_is_pointed_out_because_the_text_sets_no_period():
    result = assessed(["30.1"], {"severe_delay": True, "trouble_reported_on": "2025-10-09"})
    assert (outcomes(result), [n["code"] for n in result["notices"]]) == (
        {"30.1": "符合"},
        ["report_in_time"],
    )
    quiet = assessed(["30.1"], {"severe_delay": True, "trouble_reported_on": "未"})
    assert (outcomes(quiet), quiet["notices"]) == ({"30.1": "不符合"}, [])


def test_days_of_delay_are_told_from_the_number_that_an_office_sets():
    late = {"major_loss": False, "acceptance_due": "2024-02-28", "construction_end": "2024-03-31"}
    for days, told in ((None, True), (32, True), (33, False)):
        [found] = assessed(["30.1"], late, {"severe_delay_days": days})["findings"]
        assert ("晚于应验收日 32 天" in found["reason"]) is told
        assert found["outcome"] == "待核"
    [judged] = assessed(["30.1"], {**late, "severe_delay": False})["findings"]
    assert (judged["outcome"], "32 天" in judged["reason"]) == ("不适用", False)


def test_termination_points_out_who_agrees_and_what_counts_as_beyond_control():
    stuck = {"construction_start": "2025-03-18", "substantive_progress": True, "external_change": False,
             "force_majeure": True, "goals_unreachable": True}  # fmt: skip
    result = assessed(["30.2"], stuck)
    assert (outcomes(result), readings(result, "30.2")) == (
        {"30.2": "具备条件"},
        {"termination_causes": "不具备条件"},
    )
    assert {n["code"] for n in result["notices"]} == {"uncontrollable_wider", "termination_approval"}
    narrow = assessed(["30.2"], stuck, {"uncontrollable_wider": "force_majeure_only"})
    assert "不能预见" in next(n["text"] for n in narrow["notices"] if n["code"] == "uncontrollable_wider")


def finding(result, clause) -> dict:
    return next(f for f in result["findings"] if f["clause"] == clause)


def codes(result) -> set[str]:
    return {n["code"] for n in result["notices"]}


def test_what_29_does_not_allow_is_major_by_presumption_and_a_notice_says_who_decides():
    over = {"seq": 1, "on": "2024-05-06", "amount": "700000.01"}
    project = {"approved_total": "3456789.12", "adjustments_complete": True}
    for approved, pointed in ((False, True), (None, True), (True, False)):
        for counting in ("cumulative", "each"):
            row = {**over, "prior_approval": approved}
            result = assessed(["28.1"], project, {"adjustment_accumulation": counting}, adjustments=[row])
            assert ("presumed_major" in codes(result)) is pointed
            assert ("（推定）" in finding(result, "28.1")["reason"]) is pointed


def test_a_missing_filing_is_told_with_the_adjustment_it_is_owed_for():
    project = {
        "approved_total": "3456789.12", "revised_total": "3456789.12", "goals_unchanged": True,
        "change_necessary": True, "adjustments_complete": True,
    }  # fmt: skip
    row = {
        "seq": 3,
        "on": "2024-05-06",
        "amount": "-10000.01",
        "ground": "技术优化",
        "filed": False,
        "prior_approval": False,
    }
    result = assessed(["29.1"], project, adjustments=[row])
    [filing] = [f for f in result["findings"] if f["item"] == "filing"]
    assert (
        filing["reason"]
        == "序号 3 的自行调整（第二十九条，事由 技术优化，调整 -10,000.01 元）：书面报备：否。"
    )


def test_before_the_unit_applies_for_acceptance_its_materials_are_not_asked_for_one_by_one():
    project = {
        "mode": "自行建设", "acceptance_applied_on": "未", "acceptance_on": "未", "acceptance_by": "无",
        "acceptance_result": "未进行", "acceptance_due": "2027-02-28", "extension_applied": False,
    }  # fmt: skip
    lacking = [{"clause": "31.2", "item": "财务报告", "provided": False}]
    ahead = assessed(["31.2"], project, materials=lacking)
    assert not [o for o in finding(ahead, "31.2")["open_facts"] if o["sheet"] == "materials"]
    assert ahead["checklists"][0]["missing"] == []
    late = assessed(["31.2"], {**project, "acceptance_due": "2026-11-23"}, materials=lacking)
    assert late["checklists"][0]["missing"] == ["财务报告"]
    applied = assessed(["31.2"], {**project, "acceptance_applied_on": "2026-11-20"})
    assert [o for o in finding(applied, "31.2")["open_facts"] if o["sheet"] == "materials"]


def test_supervision_not_engaged_before_construction_begins_is_to_come():
    project = {"supervision_required": True, "supervision_engaged": False, "archives_kept": True}
    for start, ahead in (("未", True), ("2026-03-02", False)):
        result = assessed(["26.2"], {**project, "construction_start": start})
        assert ("supervision_ahead" in codes(result)) is ahead
        assert result["checklists"][0]["missing"] == ([] if ahead else ["工程监理（依规定须监理的）"])
