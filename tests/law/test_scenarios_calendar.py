"""Scenarios in which dates meet: X24, X25, X48, X58; where a reading is arguable, both are asserted."""

from __future__ import annotations

from datetime import date

from zwxm_core.assessment import assess
from zwxm_core.obligations import life_of_regulation, obligations
from zwxm_core.portfolio import from_records
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()
CITY = {"id": "A", "unit": "甲", "level": "市级", "classified": False}


def row_of(facts: dict, as_of: str, clause: str, what: str) -> dict:
    built = from_records({"projects": [{**CITY, **facts}]}, judged=True)
    rows, _ = obligations(built, RULESET, date.fromisoformat(as_of), [clause])
    return next(row for row in rows if row["what"] == what)


def test_x24_two_months_into_the_trial_acceptance_is_not_due_yet():
    trial = {
        "mode": "自行建设",
        "content_complete": True,
        "trial_start": "2026-09-24",
        "acceptance_result": "未进行",
    }
    row = row_of(trial, "2026-11-24", "31.1", "组织项目验收")
    assert (row["opens"], row["status"], row["open_facts"]) == ("2026-12-25", "未到", [])


def test_x25_past_its_due_day_with_a_written_request_an_extension_has_been_asked_for():
    overdue = {
        "mode": "自行建设", "content_complete": True, "trial_start": "2025-06-02", "trial_normal": True,
        "acceptance_applied_on": "未", "acceptance_on": "未", "acceptance_due": "2026-10-31", "extension_applied": True,
    }  # fmt: skip
    row = row_of(overdue, "2026-11-24", "31.2", "按期申请验收（期限出自批复或合同）")
    assert (row["due"], row["status"]) == ("2026-10-31", "已申请延期")
    refused = row_of(
        {**overdue, "extension_applied": False}, "2026-11-24", "31.2", "按期申请验收（期限出自批复或合同）"
    )
    assert refused["status"] == "逾期"


def test_x48_a_purchase_accepted_after_one_month_of_trial_was_not_yet_to_be_accepted():
    purchase = {
        "mode": "购买服务", "content_complete": True, "trial_start": "2026-10-24",
        "acceptance_by": "项目单位", "acceptance_result": "合格",
    }  # fmt: skip
    row = row_of(purchase, "2026-11-24", "31.1", "组织项目验收")
    assert (row["opens"], row["status"]) == ("2027-01-25", "未到")
    assert [(r["convention"], r["value"], r["status"]) for r in row["readings"]] == [
        ("trial_for_purchases", "construction_only", "不适用")
    ]
    dated = row_of({**purchase, "acceptance_on": "2026-11-20"}, "2026-11-24", "31.1", "组织项目验收")
    assert dated["status"] == "早于窗口"


def test_x58_an_acceptance_after_the_regulation_lapsed_is_left_to_the_rules_of_its_day():
    project = {
        "mode": "自行建设", "approved_on": "2026-05-01", "content_complete": True, "trial_start": "2027-11-01",
        "trial_normal": True, "acceptance_on": "2028-03-01", "acceptance_due": "2028-03-31",
    }  # fmt: skip
    life = life_of_regulation(RULESET, date(2028, 3, 1))
    assert (life["clause"], life["due"], life["status"]) == ("57.1", "2027-06-25", "不适用")
    for clause, what in (("31.1", "组织项目验收"), ("31.2", "按期申请验收（期限出自批复或合同）")):
        row = row_of(project, "2028-03-01", clause, what)
        assert (row["opens"], row["due"], row["status"], row["open_facts"]) == (None, None, "待核", [])
    built = from_records({"projects": [{**CITY, **project}]}, judged=True)
    _, notices = obligations(built, RULESET, date(2028, 3, 1), ["31.1"])
    assert {notice["code"] for notice in notices} == {"no_ruleset_in_force"}
    [found] = assess(built, RULESET, date(2028, 3, 1), ["31.2"])["findings"]
    assert (found["outcome"], found["rules_status"], found["open_facts"]) == ("待核", "lapsed", [])
    assert "须按当时有效的规定判断" in found["reason"]
