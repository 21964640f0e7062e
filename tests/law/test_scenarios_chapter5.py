"""How the clauses of chapter 5 meet: the scenarios of the regulation's study, by their numbers."""

from __future__ import annotations

from datetime import date

import pytest

from zwxm_core.assessment import assess
from zwxm_core.portfolio import from_records
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()
AS_OF = date(2026, 11, 24)
FINAL = {
    "goals_unchanged": True,
    "content_unchanged": True,
    "accounts_final": True,
    "adjustments_complete": True,
}


def assessed(clauses, project, **children):
    """One city project, amounts in 元, every judgement evidenced."""
    own = {"id": "A", "level": "市级", "classified": False, **project}
    records = {
        "projects": [own],
        **{sheet: [{"project": "A", **r} for r in rows] for sheet, rows in children.items()},
    }
    return assess(from_records(records, judged=True, unit="元"), RULESET, AS_OF, clauses)


def outcomes(result) -> dict[tuple, str]:
    return {(r["clause"], r["item"]): r["outcome"] for r in result["findings"]}


def amounts(result) -> dict[str, int | None]:
    return {a["code"]: a["amount"] for a in result["amounts"]}


def test_X37_a_reviewed_plan_complies_with_37_whether_or_not_the_system_is_catalogued():
    row = {
        "year": 2027,
        "kind": "续运维",
        "plan_reviewed": True,
        "content_added": False,
        "finance_reviewed": True,
    }
    for catalogued in (False, True):
        result = assessed(["37.1.2"], {"in_system_catalogue": catalogued}, operations=[row])
        assert outcomes(result) == {("37.1.2", "2027"): "符合"}


def test_X39_added_modules_are_assessed_again_and_may_need_an_approval_of_their_own():
    row = {
        "year": 2027,
        "kind": "续运维",
        "plan_reviewed": True,
        "content_added": True,
        "budget_filed_on": "2026-09-11",
    }
    for reassessed, outcome in ((None, "待核"), (False, "不符合"), (True, "符合")):
        result = assessed(["37.1.2"], {}, operations=[{**row, "reassessed": reassessed}])
        assert outcomes(result) == {("37.1.2", "2027"): outcome}
        [notice] = [n for n in result["notices"] if n["code"] == "added_content"]
        assert "第八条、第九条和第十七条至第二十四条" in notice["text"]


def test_X40_a_line_claimed_at_its_ceiling_complies_with_the_ceiling():
    line = {"line": "L1", "use": "互联网出口", "price_cap": "12000", "claimed": "12000"}
    result = assessed(["38.1"], {"action": "线路租赁"}, lines=[line])
    assert outcomes(result) == {("38.1", "L1"): "符合", ("38.1", "L1 报批手续"): "待核"}


def test_X51_savings_with_unchanged_content_are_surplus_and_only_money_received_is_returned():
    project = {**FINAL, "approved_total": "1000000", "paid_in": "900000", "spent": "800000"}
    result = assessed(["29.1", "36.2"], project)
    assert outcomes(result)["29.1", None] == "不适用"
    assert amounts(result) == {"refund_due": 10_000_000, "undisbursed_cut": 10_000_000}


def test_X52_content_that_was_cut_is_an_adjustment_and_no_surplus():
    project = {**FINAL, "content_unchanged": False, "approved_total": "1000000", "revised_total": "800000",
               "paid_in": "900000", "spent": "800000", "change_necessary": True}  # fmt: skip
    cut = {"seq": 1, "on": "2024-05-06", "amount": "-200000", "content_cut": True, "ground": "技术优化",
           "prior_approval": False}  # fmt: skip
    result = assessed(["28.1", "29.1", "36.2"], project, adjustments=[cut])
    assert outcomes(result)["29.1", None] == "不具备条件"
    assert outcomes(result)["28.1", None] == "不符合"
    assert amounts(result) == {}
    [own] = [r for r in result["findings"] if (r["clause"], r["item"]) == ("29.1", None)]
    assert own["readings"] == []  # a single cut is its size under every reading


def test_a_running_project_owes_nothing_back_and_one_of_unknown_accounts_is_asked():
    project = {**FINAL, "approved_total": "1000000", "paid_in": "900000", "spent": "800000"}
    assert amounts(assessed(["36.2"], {**project, "accounts_final": False})) == {}
    result = assessed(["36.2"], {**project, "accounts_final": None})
    assert amounts(result) == {"refund_due": None, "undisbursed_cut": None}
    assert {f["field"] for a in result["amounts"] for f in a["open_facts"]} == {"accounts_final"}


@pytest.mark.parametrize(
    ("paid_in", "spent", "refund", "cut"),
    [("1000000.00", "999999.99", 1, 0), ("999999.99", "999999.99", 0, 1), ("999999.98", "999999.99", 0, 1),
     ("0.00", "0.00", 0, 100_000_000), ("1000000.01", "999999.99", 2, 0)],
)  # fmt: skip
def test_what_is_returned_and_what_is_cut_to_the_fen(paid_in, spent, refund, cut):
    result = assessed(["36.2"], {**FINAL, "approved_total": "1000000.00", "paid_in": paid_in, "spent": spent})
    assert amounts(result) == {"refund_due": refund, "undisbursed_cut": cut}


def test_lines_and_years_are_judged_row_by_row_and_the_project_as_a_whole_for_the_budget():
    lines = [
        {"line": "L1", "price_cap": "12000.00", "claimed": "12000.01", "approved_procedure": True},
        {"line": "L2", "price_cap": "12000.00", "claimed": "11999.99", "approved_procedure": True},
    ]
    years = [
        {"year": 2024, "budget_filed_on": "2023-09-01"},
        {"year": 2025, "budget_filed_on": "未", "finance_reviewed": False},
    ]
    result = assessed(["37.1", "38.1"], {"action": "运维"}, lines=lines, operations=years)
    found = outcomes(result)
    assert (found["38.1", "L1"], found["38.1", "L2"], found["37.1", None]) == ("不符合", "符合", "不符合")


def test_a_claim_above_the_assessment_is_pointed_out_and_not_judged():
    row = {
        "year": 2027,
        "kind": "续运维",
        "plan_reviewed": True,
        "content_added": False,
        "finance_reviewed": True,
    }
    for claimed, told in (("312345.67", False), ("312345.68", True)):
        result = assessed(["37.1.2"], {}, operations=[{**row, "claimed": claimed, "assessed": "312345.67"}])
        assert outcomes(result) == {("37.1.2", "2027"): "符合"}
        assert ("claimed_above_assessed" in {n["code"] for n in result["notices"]}) is told


def test_of_funds_the_finance_bureau_reviews_only_what_was_claimed_as_the_text_asks():
    good = {"kind": "续运维", "plan_reviewed": True, "content_added": False, "budget_filed_on": "2026-09-11"}
    years = [{**good, "year": 2026, "finance_reviewed": True},
             {**good, "year": 2027, "plan_reviewed": False, "finance_reviewed": False}]  # fmt: skip
    assert outcomes(assessed(["39.1"], {}, operations=years)) == {("39.1", None): "符合"}
    years[1]["plan_reviewed"] = True
    assert outcomes(assessed(["39.1"], {}, operations=years)) == {("39.1", None): "待核"}


def test_every_rule_for_the_leftover_fen_is_told_where_another_would_move_it():
    rows = [
        {"pool": "建设费", "pool_amount": "100.01", "party": party, "order": i, "weight": 1}
        for i, party in enumerate(("沙湾区", "市级"), 1)
    ]
    told = {n["code"] for n in assessed(["35.2"], {}, shares=rows)["notices"]}
    assert told == {"leftover_fen", "cost_sharing_formula"}
    even = [{**row, "pool_amount": "100.00"} for row in rows]
    assert {n["code"] for n in assessed(["35.2"], {}, shares=even)["notices"]} == {"cost_sharing_formula"}


def test_a_claim_that_is_not_approved_yet_asks_for_the_approval_alone():
    result = assessed(["38.1"], {"action": "线路租赁"}, lines=[{"line": "TY-03", "claimed": "48000"}])
    [approval] = [f for f in result["findings"] if f["item"] == "TY-03 报批手续"]
    assert [o["field"] for o in approval["open_facts"]] == ["approved_procedure"]
    result = assessed(
        ["38.1"], {"action": "线路租赁"}, lines=[{"line": "TY-03", "approved_procedure": False}]
    )
    [approval] = [f for f in result["findings"] if f["item"] == "TY-03 报批手续"]
    assert [o["field"] for o in approval["open_facts"]] == ["claimed"]


def test_the_reason_of_37_names_the_years_without_a_claim_and_not_the_review():
    years = [{"year": y, "budget_filed_on": "未", "finance_reviewed": False} for y in (2023, 2024)]
    [found] = assessed(["37.1"], {"action": "新建", "om_needed": True}, operations=years)["findings"]
    assert (found["outcome"], found["reason"]) == (
        "不符合",
        "2023 年度预算申报日：尚无；2024 年度预算申报日：尚无。",
    )


def test_39_is_asked_of_the_funds_of_a_lease_that_has_no_trial():
    line = {"line": "TY-01", "claimed": "900", "price_cap": "900", "approved_procedure": True}
    own = {
        "id": "A",
        "level": "市级",
        "classified": False,
        "action": "线路租赁",
        "approved_on": "未",
        "trial_start": "未",
    }
    facts = from_records({"projects": [own], "lines": [{"project": "A", **line}]}, judged=True, unit="元")
    result = assess(facts, RULESET, AS_OF)
    assert [f["outcome"] for f in result["findings"] if f["clause"] == "39.1"] == ["待核"]


def test_the_cut_of_money_never_paid_out_is_marked_as_our_arithmetic():
    paid = {"approved_total": "1000000.01", "spent": "900000.00"}
    for paid_in, ours in (("950000.00", True), ("1000000.01", False)):
        result = assessed(["36.2"], {**FINAL, **paid, "paid_in": paid_in})
        assert ("undisbursed_cut" in {n["code"] for n in result["notices"]}) is ours
