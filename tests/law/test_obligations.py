"""The calendar of obligations: each window to the day, its standing before, on and after every line."""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import chinese_calendar
import jsonschema
import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import zwxm_core
from zwxm_core.assessment import assess
from zwxm_core.explaining import cases, explain
from zwxm_core.facts import Column, Table
from zwxm_core.obligations import CALENDAR, STATUSES, duties, life_of_regulation, obligations
from zwxm_core.periods import months_after, months_after_days, workday_from
from zwxm_core.portfolio import from_records
from zwxm_core.rules import RULES
from zwxm_core.rulesets import RulesetError, load_ruleset

RULESET = load_ruleset()
CITY = {"id": "A", "level": "市级", "classified": False}
BODIES = "发展改革委、财政局、数字经济局"
ORGANISE, REPORT = "组织项目验收", "报备验收情况"
PLAN, BUDGET = "报审首次运维方案", "申报首次运维预算"


def built(facts: dict):
    """Facts of project A; lists are rows of other sheets."""
    own = {k: v for k, v in facts.items() if not isinstance(v, list)}
    sheets = {k: [{"project": "A", **row} for row in v] for k, v in facts.items() if isinstance(v, list)}
    return from_records({"projects": [{**CITY, **own}], **sheets}, judged=True)


def calendar_of(
    facts: dict, as_of: str, clause: str | None = None, ruleset=RULESET
) -> tuple[list[dict], list[dict]]:
    """Rows and notices of project A, of one clause or of all."""
    return obligations(built(facts), ruleset, date.fromisoformat(as_of), [clause] if clause else CALENDAR)


def the_row(facts, as_of, clause, what=None, period=None, ruleset=RULESET) -> dict:
    rows, _ = calendar_of(facts, as_of, clause, ruleset)
    [row] = [r for r in rows if what in (None, r["what"]) and period in (None, r["period"])]
    return row


def seen(row: dict) -> tuple:
    return row["opens"], row["due"], row["status"]


# 第十五条 --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "as_of", "period", "expected"),
    [
        ({"demand_filed_on": "未"}, "2026-01-01", "2027", ("2026-01-01", None, "进行中")),
        ({"demand_filed_on": "未"}, "2026-12-31", "2027", ("2026-01-01", None, "进行中")),
        ({"demand_filed_on": "2026-12-31"}, "2026-12-31", "2027", ("2026-01-01", None, "已完成")),
        ({"demand_filed_on": "2026-12-31"}, "2026-12-30", "2027", ("2026-01-01", None, "进行中")),
        ({"demand_filed_on": "未", "annual_list_year": 2027}, "2025-12-31", "2027", ("2026-01-01", None, "未到")),
        ({"demand_filed_on": "2025-12-31", "annual_list_year": 2027}, "2026-05-01", "2027", ("2026-01-01", None, "早于窗口")),
        ({"demand_filed_on": "未", "annual_list_year": 2026}, "2025-12-31", "2026", ("2025-01-01", None, "进行中")),
        ({"annual_list_year": 2027}, "2026-05-01", "2027", ("2026-01-01", None, "待核")),
        ({}, "2026-05-01", None, (None, None, "待核")),
    ],
)  # fmt: skip
def test_next_years_demand_is_filed_this_year(facts, as_of, period, expected):
    row = the_row(facts, as_of, "15.1")
    assert (row["period"], seen(row)) == (period, expected)


@pytest.mark.parametrize("filed", ["未", "2026-01-01", "2026-09-30"])
def test_without_a_deadline_nothing_is_late_only_open(filed):
    row = the_row({"demand_filed_on": filed, "annual_list_year": 2026}, "2026-10-01", "15.1")
    assert (row["due"], row["status"]) == (None, "待核")
    assert [fact["field"] for fact in row["open_facts"]] == ["filing_deadline"]


@pytest.mark.parametrize(
    ("filed", "as_of", "status"),
    [
        ("未", "2026-09-30", "进行中"), ("2026-09-30", "2026-11-24", "已完成"), ("2026-10-01", "2026-11-24", "逾期"),
    ],
)  # fmt: skip
def test_the_deadline_of_the_years_notice_is_the_last_day(filed, as_of, status):
    ruleset = RULESET.adopting(filing_deadline={2026: date(2026, 9, 30)})
    row = the_row({"demand_filed_on": filed}, as_of, "15.1", ruleset=ruleset)
    assert (row["period"], seen(row)) == ("2027", ("2026-01-01", "2026-09-30", status))


def test_after_the_deadline_the_next_demand_is_that_of_the_year_after():
    ruleset = RULESET.adopting(filing_deadline={2026: date(2026, 9, 30)})
    row = the_row({"demand_filed_on": "未"}, "2026-10-01", "15.1", ruleset=ruleset)
    assert (row["period"], seen(row)) == ("2028", ("2027-01-01", None, "未到"))
    listed = the_row(
        {"demand_filed_on": "未", "annual_list_year": 2027}, "2026-10-01", "15.1", ruleset=ruleset
    )
    assert seen(listed) == ("2026-01-01", "2026-09-30", "逾期")


# 第三十一条 ------------------------------------------------------------------------------

READY = {"mode": "自行建设", "content_complete": True, "trial_normal": True}


@pytest.mark.parametrize(
    ("trial", "last", "first"),
    [
        ("2024-11-30", "2025-02-28", "2025-03-01"), ("2023-11-30", "2024-02-29", "2024-03-01"),
        ("2024-02-29", "2024-05-29", "2024-05-30"), ("2023-05-31", "2023-08-31", "2023-09-01"),
        ("2023-12-31", "2024-03-31", "2024-04-01"), ("2024-11-29", "2025-02-28", "2025-03-01"),
    ],
)  # fmt: skip
def test_acceptance_is_organised_from_the_day_after_three_months_of_trial(trial, last, first):
    facts = {**READY, "trial_start": trial, "acceptance_on": "未"}
    assert seen(the_row(facts, last, "31.1", ORGANISE)) == (first, None, "未到")
    assert seen(the_row(facts, first, "31.1", ORGANISE)) == (first, None, "进行中")
    for day, status in ((last, "早于窗口"), (first, "已完成")):
        row = the_row({**facts, "acceptance_on": day}, "2026-11-24", "31.1", ORGANISE)
        assert seen(row) == (first, None, status)


@pytest.mark.parametrize(
    ("change", "status", "asked"),
    [
        ({"content_complete": False}, "未到", []),
        ({"trial_normal": False}, "未到", []),
        ({"content_complete": None}, "待核", ["content_complete"]),
        ({"trial_normal": None}, "待核", ["trial_normal"]),
        ({"trial_start": None}, "待核", ["trial_start"]),
        ({"trial_start": "未"}, "未到", []),
        ({"acceptance_on": None}, "待核", ["acceptance_on"]),
        ({"acceptance_on": None, "acceptance_result": "未进行"}, "进行中", []),
        ({"acceptance_on": None, "acceptance_result": "合格"}, "待核", ["acceptance_on"]),
        ({"trial_start": None, "content_complete": False}, "未到", []),
        ({"acceptance_on": "2024-05-01", "content_complete": False}, "早于窗口", []),
        ({"acceptance_on": "2024-05-01", "trial_normal": False}, "早于窗口", []),
        ({"acceptance_on": "2024-05-01", "trial_normal": None}, "待核", ["trial_normal"]),
        ({"acceptance_on": "2024-05-01", "acceptance_result": "不合格"}, "已完成", []),
        ({"acceptance_on": "2026-12-01"}, "进行中", []),
    ],
)  # fmt: skip
def test_acceptance_wants_all_content_and_a_normal_trial(change, status, asked):
    facts = {**READY, "trial_start": "2024-01-08", "acceptance_on": "未", **change}
    row = the_row(facts, "2026-11-24", "31.1", ORGANISE)
    assert row["status"] == status
    assert [fact["field"] for fact in row["open_facts"]] == asked


def test_a_trial_not_judged_with_evidence_asks_for_the_evidence():
    project = {**CITY, **READY, "trial_start": "2024-01-08", "acceptance_on": "未"}
    rows, _ = obligations(from_records({"projects": [project]}), RULESET, date(2026, 11, 24), ["31.1"])
    [row] = [r for r in rows if r["what"] == ORGANISE]
    assert [(fact["field"], fact["needs"]) for fact in row["open_facts"]] == [("trial_normal", "evidence")]


def test_a_purchase_tries_three_months_too_unless_the_other_reading_is_taken():
    facts = {**READY, "mode": "购买服务", "trial_start": "2026-10-12", "acceptance_on": "未"}
    row = the_row(facts, "2026-11-24", "31.1", ORGANISE)
    assert seen(row) == ("2027-01-13", None, "未到")
    assert row["readings"] == [
        {"convention": "trial_for_purchases", "value": "construction_only", "opens": None, "due": None, "status": "不适用"}
    ]  # fmt: skip
    assert the_row({**facts, "mode": "自行建设"}, "2026-11-24", "31.1", ORGANISE)["readings"] == []


@pytest.mark.parametrize(
    ("as_of", "undecided", "runs_on", "restarts"),
    [
        ("2026-02-28", "未到", "未到", "未到"), ("2026-03-01", "待核", "进行中", "未到"),
        ("2026-04-15", "待核", "进行中", "未到"), ("2026-04-16", "进行中", "进行中", "进行中"),
    ],
)  # fmt: skip
def test_a_trial_that_was_interrupted_waits_for_the_convention_where_it_matters(
    as_of, undecided, runs_on, restarts
):
    facts = {**READY, "trial_start": "2025-11-30", "trial_restarted_on": "2026-01-15", "acceptance_on": "未"}
    row = the_row(facts, as_of, "31.1", ORGANISE)
    assert (row["opens"], row["status"]) == (None, undecided)
    if undecided == "待核":
        assert [(f["sheet"], f["field"]) for f in row["open_facts"]] == [
            ("ruleset", "trial_after_interruption")
        ]
    for value, opens, status in (("runs_on", "2026-03-01", runs_on), ("restarts", "2026-04-16", restarts)):
        adopted = the_row(
            facts, as_of, "31.1", ORGANISE, ruleset=RULESET.adopting(trial_after_interruption=value)
        )
        assert seen(adopted) == (opens, None, status)


@pytest.mark.parametrize(("as_of", "status"), [("2025-08-28", "进行中"), ("2025-08-29", "逾期")])
def test_an_office_may_set_a_latest_acceptance_in_months_after_the_trial(as_of, status):
    facts = {**READY, "trial_start": "2024-11-30", "acceptance_on": "未"}
    row = the_row(facts, as_of, "31.1", ORGANISE, ruleset=RULESET.adopting(latest_acceptance=6))
    assert seen(row) == ("2025-03-01", "2025-08-28", status)


@pytest.mark.parametrize(
    ("change", "status", "asked"),
    [
        ({"acceptance_on": "2026-09-24", "acceptance_reported": True}, "已完成", []),
        ({"acceptance_on": "2026-09-24", "acceptance_reported": False}, "未履行", []),
        ({"acceptance_on": "2026-09-24"}, "待核", ["acceptance_reported"]),
        ({"acceptance_on": "未"}, "不适用", []),
        ({"acceptance_on": "2026-11-25", "acceptance_reported": False}, "不适用", []),
        ({"acceptance_result": "合格", "acceptance_reported": False}, "未履行", []),
        ({"acceptance_result": "未进行"}, "不适用", []),
        ({}, "待核", ["acceptance_on", "acceptance_reported"]),
        ({"acceptance_reported": True}, "已完成", []),
    ],
)  # fmt: skip
def test_how_the_acceptance_went_is_filed_with_the_office(change, status, asked):
    row = the_row({**READY, "trial_start": "2024-01-08", **change}, "2026-11-24", "31.1", REPORT)
    assert (row["due"], row["status"]) == (None, status)
    assert [fact["field"] for fact in row["open_facts"]] == asked
    assert row["to"] == ["领导小组办公室（市数字经济局）"]


@pytest.mark.parametrize(
    ("change", "as_of", "status", "asked"),
    [
        ({"acceptance_applied_on": "未"}, "2026-02-28", "进行中", []),
        ({"acceptance_applied_on": "未", "extension_applied": True}, "2026-02-28", "进行中", []),
        ({"acceptance_applied_on": "2026-02-28"}, "2026-02-27", "进行中", []),
        ({"acceptance_applied_on": "2026-02-28"}, "2026-02-28", "已完成", []),
        ({"acceptance_applied_on": "2026-02-27"}, "2026-11-24", "已完成", []),
        ({"acceptance_applied_on": "2026-02-28", "acceptance_on": "2026-04-01"}, "2026-11-24", "已完成", []),
        ({"acceptance_applied_on": "2026-03-01", "extension_applied": False}, "2026-11-24", "逾期", []),
        ({"acceptance_applied_on": "2026-03-01", "extension_applied": True}, "2026-11-24", "已完成", []),
        ({"acceptance_applied_on": "2026-03-01"}, "2026-11-24", "待核", ["extension_applied"]),
        ({"acceptance_applied_on": "未", "extension_applied": False}, "2026-03-01", "逾期", []),
        ({"acceptance_applied_on": "未", "extension_applied": True}, "2026-03-01", "已申请延期", []),
        ({"acceptance_applied_on": "未"}, "2026-03-01", "待核", ["extension_applied"]),
        ({}, "2026-02-28", "待核", ["acceptance_applied_on"]),
        ({"extension_applied": False}, "2026-03-01", "待核", ["acceptance_applied_on"]),
        ({"extension_applied": True}, "2026-03-01", "已申请延期", []),
        ({}, "2026-03-01", "待核", ["acceptance_applied_on", "extension_applied"]),
        ({"acceptance_on": "2026-02-28"}, "2026-11-24", "已完成", []),
        ({"acceptance_on": "2026-03-01", "extension_applied": False}, "2026-11-24", "待核", ["acceptance_applied_on"]),
        ({"acceptance_on": "2026-03-01", "extension_applied": True}, "2026-11-24", "已完成", []),
        ({"acceptance_on": "2026-03-01"}, "2026-11-24", "待核", ["acceptance_applied_on", "extension_applied"]),
        ({"acceptance_due": None, "acceptance_applied_on": "未"}, "2026-11-24", "待核", ["acceptance_due"]),
        ({"acceptance_due": "未"}, "2026-11-24", "不适用", []),
        ({"mode": "购买服务"}, "2026-11-24", "不适用", []),
        ({"trial_start": "2025-11-30"}, "2026-02-28", "未到", []),
        ({"acceptance_on": None, "acceptance_applied_on": "2026-02-28"}, "2026-03-01", "已完成", []),
        ({"acceptance_on": None, "extension_applied": False}, "2026-03-01", "待核", ["acceptance_applied_on"]),
    ],
)  # fmt: skip
def test_a_construction_project_applies_for_acceptance_in_time_or_asks_for_an_extension(
    change, as_of, status, asked
):
    facts = {
        **READY,
        "trial_start": "2025-09-01",
        "acceptance_on": "未",
        "acceptance_due": "2026-02-28",
        **change,
    }
    row = the_row(facts, as_of, "31.2")
    assert row["status"] == status
    assert [fact["field"] for fact in row["open_facts"]] == asked


def test_the_contracts_day_is_the_other_reading_of_in_time():
    facts = {**READY, "trial_start": "2025-09-01", "acceptance_applied_on": "未", "extension_applied": False,
             "acceptance_due": "2026-02-28", "acceptance_due_contract": "2026-06-30"}  # fmt: skip
    row = the_row(facts, "2026-03-01", "31.2")
    assert seen(row) == (None, "2026-02-28", "逾期")
    assert row["readings"] == [
        {"convention": "acceptance_due_source", "value": "contract", "opens": None, "due": "2026-06-30", "status": "进行中"}
    ]  # fmt: skip


# 第三十七条 ------------------------------------------------------------------------------

BUILT = {"action": "新建", "approved_on": "2023-05-01", "om_needed": True, "warranty_end": "2026-09-01"}


@pytest.mark.parametrize(
    ("change", "as_of", "expected"),
    [
        ({"om_plan_filed_on": "未"}, "2024-12-31", ("2025-01-01", "2025-12-31", "未到")),
        ({"om_plan_filed_on": "未"}, "2025-01-01", ("2025-01-01", "2025-12-31", "进行中")),
        ({"om_plan_filed_on": "未"}, "2025-12-31", ("2025-01-01", "2025-12-31", "进行中")),
        ({"om_plan_filed_on": "未"}, "2026-01-01", ("2025-01-01", "2025-12-31", "逾期")),
        ({"om_plan_filed_on": "2024-12-31"}, "2026-11-24", ("2025-01-01", "2025-12-31", "早于窗口")),
        ({"om_plan_filed_on": "2025-01-01"}, "2026-11-24", ("2025-01-01", "2025-12-31", "已完成")),
        ({"om_plan_filed_on": "2025-12-31"}, "2026-11-24", ("2025-01-01", "2025-12-31", "已完成")),
        ({"om_plan_filed_on": "2026-01-01"}, "2026-11-24", ("2025-01-01", "2025-12-31", "逾期")),
        ({}, "2024-12-31", ("2025-01-01", "2025-12-31", "未到")),
        ({}, "2025-01-01", ("2025-01-01", "2025-12-31", "待核")),
        ({"warranty_end": None}, "2025-01-01", (None, None, "待核")),
        ({"warranty_end": "未"}, "2025-01-01", (None, None, "未到")),
        ({"om_needed": False}, "2025-01-01", (None, None, "不适用")),
        ({"om_needed": None}, "2025-01-01", ("2025-01-01", "2025-12-31", "待核")),
        ({"action": "升级改造"}, "2025-01-01", (None, None, "不适用")),
        ({"approved_on": "未"}, "2025-01-01", (None, None, "不适用")),
        ({"approved_on": "2025-01-02"}, "2025-01-01", (None, None, "不适用")),
        ({"approved_on": None, "om_plan_filed_on": "未"}, "2025-01-01", ("2025-01-01", "2025-12-31", "待核")),
    ],
)  # fmt: skip
def test_the_plan_of_the_first_operation_is_filed_in_the_year_before_the_money_is_spent(
    change, as_of, expected
):
    assert seen(the_row({**BUILT, **change}, as_of, "37.1.1", PLAN)) == expected


@pytest.mark.parametrize(
    ("warranty_end", "year"), [("2026-12-30", 2026), ("2026-12-31", 2027), ("2027-01-01", 2027)]
)
def test_the_money_is_spent_from_the_day_after_the_warranty(warranty_end, year):
    row = the_row({**BUILT, "warranty_end": warranty_end}, "2024-06-01", "37.1.1", PLAN)
    assert (row["period"], row["due"]) == (str(year), f"{year - 1}-12-31")


def test_a_spending_year_other_than_that_of_the_warranty_gives_two_readings():
    facts = {**BUILT, "operations": [
        {"year": 2028, "kind": "续运维", "plan_filed_on": "2026-01-01"},
        {"year": 2027, "kind": "首次", "plan_filed_on": "2026-03-01", "budget_filed_on": "未"},
    ]}  # fmt: skip
    plan, budget = (
        the_row(facts, "2026-11-24", "37.1.1", PLAN),
        the_row(facts, "2026-11-24", "37.1.1", BUDGET),
    )
    assert (plan["period"], seen(plan)) == ("2027", ("2026-01-01", "2026-12-31", "已完成"))
    assert (seen(budget), budget["to"]) == (("2026-01-01", "2026-12-31", "进行中"), ["市财政局"])
    for row in (plan, budget):
        assert [(r["convention"], r["opens"], r["due"], r["status"]) for r in row["readings"]] == [
            ("previous_year_of", "2025-01-01", "2025-12-31", "逾期")
        ]


def test_a_missing_day_of_the_plan_or_budget_is_named_where_it_is_to_be_filled_in():
    short = the_row(BUILT, "2025-06-01", "37.1.1", PLAN)
    assert [(f["sheet"], f["row"], f["field"]) for f in short["open_facts"]] == [
        ("projects", None, "om_plan_filed_on")
    ]
    listed = {**BUILT, "operations": [{"year": 2026, "kind": "首次"}]}
    for what, field in ((PLAN, "plan_filed_on"), (BUDGET, "budget_filed_on")):
        row = the_row(listed, "2025-06-01", "37.1.1", what)
        assert [(f["sheet"], f["row"], f["field"]) for f in row["open_facts"]] == [
            ("operations", "2026", field)
        ]


FURTHER = {
    "year": 2026,
    "kind": "续运维",
    "plan_filed_on": "2025-05-06",
    "plan_reviewed": True,
    "content_added": False,
}


@pytest.mark.parametrize(
    ("change", "as_of", "status", "asked"),
    [
        ({"budget_filed_on": "2025-08-03"}, "2026-11-24", "已完成", []),
        ({"budget_filed_on": "未", "finance_reviewed": False}, "2026-11-24", "进行中", []),
        ({"budget_filed_on": "未", "finance_reviewed": False}, "2026-12-31", "进行中", []),
        ({"budget_filed_on": "未", "finance_reviewed": False}, "2027-01-01", "未履行", []),
        ({"budget_filed_on": "2025-08-03", "plan_reviewed": False}, "2025-08-03", "未履行", []),
        ({"budget_filed_on": "2025-08-03", "plan_reviewed": False}, "2025-08-02", "进行中", []),
        ({"budget_filed_on": "2025-08-03", "content_added": True, "reassessed": False}, "2026-11-24", "未履行", []),
        ({"budget_filed_on": None}, "2026-11-24", "待核", ["budget_filed_on", "finance_reviewed"]),
        ({"budget_filed_on": "2025-08-03", "plan_reviewed": None}, "2026-11-24", "待核", ["plan_reviewed"]),
    ],
)  # fmt: skip
def test_continued_operation_has_no_day_and_is_never_overdue(change, as_of, status, asked):
    row = the_row({"operations": [{**FURTHER, **change}]}, as_of, "37.1.2")
    assert (row["period"], seen(row)) == ("2026", (None, None, status))
    assert "条文未定日期" in row["what"]
    assert [fact["field"] for fact in row["open_facts"]] == asked
    first, _ = calendar_of({"operations": [{**FURTHER, **change, "kind": "首次"}]}, as_of, "37.1.2")
    assert first == []


# 第四十五条 ------------------------------------------------------------------------------

WORK = {"construction_start": "2023-08-21", "construction_end": "未", "supervision_engaged": False}
REPORTED = {"users_consulted": True, "submitted_to": BODIES}


def monitored(year: int, on: str | None, **change) -> list[dict]:
    return [{"year": year, "submitted_on": on, **REPORTED, **change}]


@pytest.mark.parametrize(
    ("reports", "as_of", "status"),
    [
        (monitored(2024, "未"), "2024-12-31", "进行中"),
        (monitored(2024, "未"), "2025-01-01", "逾期"),
        (monitored(2024, "2024-12-31"), "2026-11-24", "已完成"),
        (monitored(2024, "2025-01-01"), "2026-11-24", "逾期"),
        (monitored(2024, "2023-12-31"), "2026-11-24", "早于窗口"),
        (monitored(2024, None), "2024-12-31", "待核"),
        ([], "2024-12-31", "待核"),
        (monitored(2024, "2024-12-20", users_consulted=False), "2026-11-24", "未履行"),
        (monitored(2024, "2024-12-20", users_consulted=None), "2026-11-24", "待核"),
        (monitored(2024, "2024-12-20", submitted_to="财政局"), "2026-11-24", "未履行"),
        (monitored(2024, "2024-12-20", submitted_to=None), "2026-11-24", "待核"),
    ],
)  # fmt: skip
def test_the_monitoring_report_of_a_year_goes_out_by_the_end_of_the_year(reports, as_of, status):
    row = the_row({**WORK, "monitoring": reports}, as_of, "45.1", period="2024")
    assert seen(row) == ("2024-01-01", "2024-12-31", status)
    assert row["to"] == ["市发展改革委", "市财政局", "市数字经济局"]


@pytest.mark.parametrize(
    ("engaged", "consulted", "status"),
    [(False, None, "已完成"), (True, True, "已完成"), (True, False, "未履行"), (True, None, "待核"), (None, None, "待核")],
)  # fmt: skip
def test_supervisors_are_asked_where_there_are_any(engaged, consulted, status):
    facts = {
        **WORK,
        "supervision_engaged": engaged,
        "monitoring": monitored(2024, "2024-12-20", supervisor_consulted=consulted),
    }
    assert the_row(facts, "2026-11-24", "45.1", period="2024")["status"] == status


def test_each_year_of_construction_wants_a_report_and_no_other_year_does():
    rows, _ = calendar_of(WORK, "2026-11-24", "45.1")
    assert [(r["period"], r["opens"]) for r in rows] == [
        ("2023", "2023-08-21"), ("2024", "2024-01-01"), ("2025", "2025-01-01"), ("2026", "2026-01-01")
    ]  # fmt: skip
    rows, _ = calendar_of({**WORK, "construction_end": "2024-12-31"}, "2026-11-24", "45.1")
    assert [r["period"] for r in rows] == ["2023", "2024"]


def test_a_missing_report_is_known_missing_only_where_the_list_is_complete():
    row = the_row(WORK, "2026-11-24", "45.1", period="2024")
    assert [(f["sheet"], f["row"], f["field"]) for f in row["open_facts"]] == [
        ("monitoring", "2024", "submitted_on")
    ]
    complete = {**WORK, "monitoring_complete": True}
    assert [r["status"] for r in calendar_of(complete, "2026-11-24", "45.1")[0]] == [
        "逾期",
        "逾期",
        "逾期",
        "进行中",
    ]


@pytest.mark.parametrize(
    ("change", "period", "status", "asked"),
    [
        ({"construction_start": None}, None, "待核", ["construction_start"]),
        ({"construction_start": "未"}, None, "未到", []),
        ({"construction_start": "2026-11-25"}, None, "未到", []),
        ({"construction_end": None}, "2024", "待核", ["construction_end", "submitted_on"]),
    ],
)  # fmt: skip
def test_the_implementation_period_must_be_known(change, period, status, asked):
    row = the_row({**WORK, **change}, "2026-11-24" if period is None else "2025-03-01", "45.1", period=period)
    assert (row["period"], row["status"]) == (period, status)
    assert [fact["field"] for fact in row["open_facts"]] == asked


@pytest.mark.parametrize(
    ("end", "undecided", "due", "not_due"),
    [("2024-12-30", "待核", "逾期", "不适用"), ("2024-12-31", "逾期", "逾期", "逾期"), ("2025-01-01", "逾期", "逾期", "逾期")],
)  # fmt: skip
def test_a_last_year_that_is_not_whole_waits_for_the_convention(end, undecided, due, not_due):
    facts = {**WORK, "construction_end": end, "monitoring_complete": True}
    row = the_row(facts, "2026-11-24", "45.1", period="2024")
    assert row["status"] == undecided
    if undecided == "待核":
        assert [fact["field"] for fact in row["open_facts"]] == ["last_part_year"]
    for value, status in (("due", due), ("not_due", not_due)):
        ruleset = RULESET.adopting(last_part_year=value)
        assert the_row(facts, "2026-11-24", "45.1", period="2024", ruleset=ruleset)["status"] == status


def test_a_report_handed_in_for_a_last_part_year_is_done_whatever_the_convention():
    facts = {**WORK, "construction_end": "2024-07-28", "monitoring": monitored(2024, "2024-12-20")}
    for value in ("undecided", "due", "not_due"):
        ruleset = RULESET.adopting(last_part_year=value)
        assert the_row(facts, "2026-11-24", "45.1", period="2024", ruleset=ruleset)["status"] == "已完成"


def test_before_the_end_of_the_year_may_leave_out_its_last_day():
    facts = {**WORK, "monitoring": monitored(2024, "2024-12-31")}
    row = the_row(facts, "2025-03-01", "45.1", period="2024")
    assert (row["status"], [(r["convention"], r["due"], r["status"]) for r in row["readings"]]) == (
        "已完成", [("by_year_end", "2024-12-30", "逾期")],
    )  # fmt: skip
    running = the_row({**WORK, "monitoring": monitored(2024, "未")}, "2024-12-30", "45.1", period="2024")
    assert [(r["due"], r["status"]) for r in running["readings"]] == [("2024-12-30", "进行中")]


def test_what_a_report_lacks_is_told_beside_it():
    """Not that it lacks something of a list of things."""
    without = monitored(2024, "2024-12-20", submitted_to="发展改革委、财政局")
    facts = {"construction_start": "2023-08-21", "construction_end": "未", "monitoring": without}
    _, notices = calendar_of(facts, "2026-11-24", "45.1")
    assert [n["text"] for n in notices if n["code"] == "report_lacks"] == [
        "提交绩效监控报告（2024 年度）：监控报告已提交，不合要求之处：没有提交市数字经济局"
    ]


def test_what_a_continued_operation_lacks_is_told_beside_it():
    done = {
        "plan_filed_on": "2024-10-01",
        "plan_reviewed": True,
        "content_added": True,
        "budget_filed_on": "2024-11-01",
    }
    facts = {"operations": [{"year": 2025, "kind": "续运维", **done, "reassessed": False}]}
    rows, notices = calendar_of(facts, "2026-11-24", "37.1.2")
    assert [row["status"] for row in rows] == ["未履行"]
    [told] = [n["text"] for n in notices if n["code"] == "lacking"]
    assert "（2025 年度）：内容有新增：是；新增" in told
    assert told.endswith("：否")


# 第四十六条 ------------------------------------------------------------------------------

RUNS = {
    "go_live": "2024-02-29",
    "self_evaluation": "未开展",
}  # opens 2025-03-01, closes 2026-02-28, a working Saturday


@pytest.mark.parametrize(
    ("as_of", "status"),
    [("2024-02-29", "未到"), ("2025-02-28", "未到"), ("2025-03-01", "进行中"), ("2026-02-28", "进行中"), ("2026-03-01", "逾期")],
)  # fmt: skip
def test_self_evaluation_is_open_from_the_day_after_twelve_months_to_the_last_of_twenty_four(as_of, status):
    assert seen(the_row(RUNS, as_of, "46.1")) == ("2025-03-01", "2026-02-28", status)


@pytest.mark.parametrize(
    ("go_live", "opens", "due"),
    [
        ("2024-02-27", "2025-02-28", "2026-02-27"), ("2024-02-28", "2025-03-01", "2026-02-28"),
        ("2024-02-29", "2025-03-01", "2026-02-28"), ("2023-02-28", "2024-02-29", "2025-02-28"),
        ("2023-02-27", "2024-02-28", "2025-02-27"), ("2023-03-01", "2024-03-02", "2025-03-03"),
        ("2024-03-31", "2025-04-01", "2026-03-31"), ("2023-11-30", "2024-12-01", "2025-12-01"),
        ("2023-12-31", "2025-01-01", "2025-12-31"), ("2024-05-01", "2025-05-02", "2026-05-06"),
        ("2024-08-31", "2025-09-01", "2026-08-31"),
    ],
)  # fmt: skip
def test_the_window_of_self_evaluation_to_the_day_and_one_day_beside(go_live, opens, due):
    facts = {"go_live": go_live, "self_evaluation": "未开展"}
    first, last, day = date.fromisoformat(opens), date.fromisoformat(due), timedelta(days=1)
    at = {first - day: "未到", first: "进行中", last: "进行中", last + day: "逾期"}
    for as_of, status in at.items():
        assert seen(the_row(facts, as_of.isoformat(), "46.1")) == (opens, due, status)
    done = {first - day: "逾期", first: "已完成", last: "已完成", last + day: "逾期"}
    for on, status in done.items():
        facts = {"go_live": go_live, "self_evaluation": "已完成", "self_evaluation_on": on}
        assert the_row(facts, "2026-11-24", "46.1")["status"] == status
    early = {"go_live": go_live, "self_evaluation": "已完成", "self_evaluation_on": first - day}
    for as_of, status in {first: "早于窗口", last: "早于窗口", last + day: "逾期"}.items():
        assert the_row(early, as_of.isoformat(), "46.1")["status"] == status


@pytest.mark.parametrize(
    ("done", "status"),
    [("2025-02-28", "逾期"), ("2025-03-01", "已完成"), ("2026-02-28", "已完成"), ("2026-03-01", "逾期")],
)  # fmt: skip
@pytest.mark.parametrize("form", ["short", "list"])
def test_self_evaluation_counts_on_the_day_it_was_completed(done, status, form):
    facts = {"go_live": "2024-02-29"}
    if form == "short":
        facts |= {"self_evaluation": "已完成", "self_evaluation_on": done}
    else:
        facts |= {
            "evaluations": [
                {"kind": "后评价", "completed_on": "2025-06-01"},
                {"kind": "自评价", "completed_on": done},
            ]
        }
    rows, notices = calendar_of(facts, "2026-11-24", "46.1")
    assert seen(rows[0]) == ("2025-03-01", "2026-02-28", status)
    pointed = {"2025-02-28": ["held_early"], "2026-03-01": ["done_late"]}
    assert [n["code"] for n in notices] == pointed.get(done, [])
    if done == "2025-02-28":
        assert notices[0]["text"] == "自评价：曾于 2025-02-28 自评价，早于窗口，窗口内没有自评价记录"


@pytest.mark.parametrize(
    ("go_live", "due"),
    [
        ("2024-01-31", "2026-02-02"),  # a Saturday: the Monday after
        ("2024-10-01", "2026-10-08"),  # National Day: the first working day after it
        ("2024-10-10", "2026-10-10"),  # a Saturday made a working day
        ("2024-02-14", "2026-02-14"),  # the same before the Spring Festival
        ("2024-02-15", "2026-02-24"),  # its first day off: the day after the last
        ("2024-11-24", "2026-11-24"),
    ],
)  # fmt: skip
def test_a_last_day_on_a_day_off_moves_to_the_first_working_day_after_it(go_live, due):
    assert the_row({"go_live": go_live}, "2025-01-01", "46.1")["due"] == due
    plain = months_after(date.fromisoformat(go_live), 24).isoformat()
    kept = RULESET.adopting(holiday_rollover="not_rolled")
    assert the_row({"go_live": go_live}, "2025-01-01", "46.1", ruleset=kept)["due"] == plain


def test_the_other_reading_of_a_day_off_shows_where_it_matters():
    row = the_row({"go_live": "2024-10-01", "self_evaluation": "未开展"}, "2026-10-02", "46.1")
    assert row["status"] == "进行中"
    assert ("holiday_rollover", "2026-10-01", "逾期") in [
        (r["convention"], r["due"], r["status"]) for r in row["readings"]
    ]


def test_where_the_days_off_of_a_year_are_not_known_the_last_day_stays_and_the_row_says_so():
    rows, notices = calendar_of({"go_live": "2026-03-04", "self_evaluation": "未开展"}, "2026-11-24", "46.1")
    assert date(2028, 3, 4).weekday() == 5
    assert seen(rows[0]) == ("2027-03-05", "2028-03-04", "未到")
    assert rows[0]["readings"] == []
    assert [n["code"] for n in notices] == ["holidays_not_known"]
    _, none = calendar_of({"go_live": "2024-10-01", "self_evaluation": "未开展"}, "2026-11-24", "46.1")
    assert none == []


def test_operation_begins_with_the_trial_or_the_acceptance_by_other_readings():
    facts = {
        "go_live": "2024-09-02",
        "trial_start": "2024-04-15",
        "acceptance_on": "2024-08-20",
        "self_evaluation": "未开展",
    }
    row = the_row(facts, "2026-08-20", "46.1")
    assert seen(row) == ("2025-09-03", "2026-09-02", "进行中")
    assert [(r["value"], r["opens"], r["due"], r["status"]) for r in row["readings"]] == [
        ("trial_start", "2025-04-16", "2026-04-15", "逾期"), ("acceptance", "2025-08-21", "2026-08-20", "进行中"),
    ]  # fmt: skip
    unknown = {k: v for k, v in facts.items() if k != "trial_start"}
    assert the_row(unknown, "2026-08-20", "46.1")["readings"] == []


def test_to_carry_out_may_mean_to_begin():
    facts = {
        "go_live": "2024-02-29",
        "evaluations": [{"kind": "自评价", "started_on": "2026-02-28", "completed_on": "2026-03-20"}],
    }
    row = the_row(facts, "2026-11-24", "46.1")
    assert (row["status"], [(r["convention"], r["status"]) for r in row["readings"]]) == (
        "逾期", [("self_evaluation_done", "已完成")],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "status", "asked"),
    [
        ({}, "待核", [("projects", "self_evaluation_on")]),
        ({"self_evaluation": "已完成"}, "待核", [("projects", "self_evaluation_on")]),
        ({"self_evaluation": "未开展", "self_evaluation_on": "2025-06-01"}, "待核", [("projects", "self_evaluation_on")]),
        ({"evaluations_complete": True}, "逾期", []),
        ({"evaluations_complete": True, "evaluations": [{"kind": "后评价", "completed_on": "2025-06-01"}]}, "逾期", []),
        ({"evaluations": [{"kind": "后评价", "completed_on": "2025-06-01"}]}, "待核", [("projects", "self_evaluation_on")]),
        ({"evaluations": [{"kind": "自评价"}]}, "待核", [("evaluations", "completed_on")]),
        ({"evaluations": [{"kind": "自评价", "completed_on": "未"}]}, "待核", [("evaluations", "completed_on")]),
        ({"evaluations": [{"kind": "自评价", "completed_on": "未"}], "evaluations_complete": True}, "逾期", []),
        ({"go_live": None}, "待核", [("projects", "go_live"), ("projects", "self_evaluation_on")]),
        ({"go_live": "未"}, "未到", []),
    ],
)  # fmt: skip
def test_a_self_evaluation_is_known_not_done_only_where_somebody_says_so(facts, status, asked):
    row = the_row({"go_live": "2024-02-29", **facts}, "2026-11-24", "46.1")
    assert row["status"] == status
    assert [(fact["sheet"], fact["field"]) for fact in row["open_facts"]] == asked


@pytest.mark.parametrize(
    ("days", "status"),
    [
        (["2025-01-01", "2025-06-01"], "已完成"), (["2025-06-01", "2026-06-01"], "已完成"),
        (["2025-01-01", "2026-06-01"], "逾期"), (["2025-01-01", "未"], "逾期"), (["2025-06-01", None], "已完成"),
    ],
)  # fmt: skip
def test_of_several_self_evaluations_the_one_within_the_window_counts(days, status):
    facts = {
        "go_live": "2024-02-29",
        "evaluations": [{"kind": "自评价", "completed_on": day} for day in days],
    }
    assert the_row(facts, "2026-11-24", "46.1")["status"] == status


# Termination -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        ("2025-12-31", ["逾期", "逾期", "逾期"]), ("2024-12-31", ["逾期", "逾期"]), ("2024-12-30", ["逾期", "待核"]),
        ("2025-01-01", ["逾期", "逾期", "待核"]), ("2026-11-25", ["逾期", "逾期", "逾期", "进行中"]), ("未", ["逾期", "逾期", "逾期", "进行中"]),
    ],
)  # fmt: skip
def test_no_monitoring_report_is_due_for_a_year_after_the_termination(ended, expected):
    facts = {**WORK, "monitoring_complete": True, "terminated_on": ended}
    rows, _ = calendar_of(facts, "2026-11-24", "45.1")
    assert [row["status"] for row in sorted(rows, key=lambda row: row["period"])] == expected


def test_a_project_terminated_after_its_construction_is_monitored_to_the_end_of_construction():
    facts = {
        **WORK,
        "construction_end": "2024-12-31",
        "monitoring_complete": True,
        "terminated_on": "2026-02-28",
    }
    assert [row["period"] for row in calendar_of(facts, "2026-11-24", "45.1")[0]] == ["2023", "2024"]
    unknown = calendar_of({**facts, "construction_end": None}, "2026-11-24", "45.1")[0]
    assert {row["period"]: row["status"] for row in unknown} == dict.fromkeys(
        ["2023", "2024", "2025", "2026"], "待核"
    )


@pytest.mark.parametrize(
    ("clause", "facts"),
    [
        ("31.1", {**READY, "trial_start": "2025-11-30", "acceptance_on": "未"}),
        ("31.2", {**READY, "acceptance_due": "2026-02-28", "acceptance_applied_on": "未", "extension_applied": False}),
        ("31.2", {**READY, "acceptance_due": "2026-12-31"}),
        ("37.1.1", {**BUILT, "warranty_end": "2026-12-31"}),
        ("46.1", {**RUNS, "go_live": "2024-10-08"}),
        ("15.1", {"demand_filed_on": "未"}),
    ],
)  # fmt: skip
def test_what_was_not_done_by_the_termination_is_asked_no_more(clause, facts):
    before = {
        row["status"]
        for row in calendar_of({**facts, "terminated_on": "2026-06-02"}, "2026-06-01", clause)[0]
    }
    after = {
        row["status"]
        for row in calendar_of({**facts, "terminated_on": "2026-06-02"}, "2026-06-02", clause)[0]
    }
    assert after == {"不适用"}
    assert before & {"进行中", "逾期", "待核", "未到"}


@pytest.mark.parametrize(("ended", "status"), [("2026-02-28", "不适用"), ("2026-03-01", "逾期")])
def test_a_window_that_closed_before_the_termination_stays_missed(ended, status):
    assert the_row({**RUNS, "terminated_on": ended}, "2026-11-24", "46.1")["status"] == status
    done = {"self_evaluation": "已完成", "self_evaluation_on": "2025-06-02", "terminated_on": ended}
    assert the_row({**RUNS, **done}, "2026-11-24", "46.1")["status"] == "已完成"
    accepted = {**RUNS, "acceptance_on": "2024-01-31", "terminated_on": ended}
    assert the_row(accepted, "2026-11-24", "46.1")["status"] == "逾期"


# Bounds ----------------------------------------------------------------------------------


@pytest.mark.parametrize("clause", CALENDAR)
@pytest.mark.parametrize(
    ("change", "statuses"),
    [({"level": "县级"}, {"不适用"}), ({"classified": True}, {"不适用"}), ({"level": None}, {"待核"}), ({"classified": None}, {"待核"})],
)  # fmt: skip
def test_calendar_clauses_bind_within_the_ordinary_rules_only(clause, change, statuses):
    rows, _ = calendar_of({**EVERYTHING, **change}, "2026-11-24", clause)
    assert {row["status"] for row in rows} == statuses
    if statuses == {"待核"}:
        assert all(set(change) <= {fact["field"] for fact in row["open_facts"]} for row in rows)


def test_a_classified_project_is_bound_where_the_regulation_fills_the_gaps():
    row = the_row({**RUNS, "classified": True}, "2026-03-01", "46.1")
    assert row["readings"] == [
        {"convention": "classified_projects", "value": "fills_gaps", "opens": "2025-03-01", "due": "2026-02-28", "status": "逾期"}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("go_live", "status", "code"),
    [
        ("2022-06-24", "待核", "no_ruleset_in_force"), ("2022-06-25", "逾期", None),
        ("2027-06-24", "未到", "holidays_not_known"), ("2027-06-26", "待核", "no_ruleset_in_force"),
    ],
)  # fmt: skip
def test_an_event_outside_the_life_of_the_regulation_is_not_judged(go_live, status, code):
    as_of = "2026-11-24" if go_live < "2027" else "2027-07-01"
    rows, notices = calendar_of({**RUNS, "go_live": go_live}, as_of, "46.1")
    assert (rows[0]["status"], [n["code"] for n in notices]) == (status, [code] if code else [])
    if code == "no_ruleset_in_force":
        assert (rows[0]["opens"], rows[0]["due"], rows[0]["open_facts"]) == (None, None, [])


def test_between_the_two_readings_of_the_last_day_the_longer_one_is_shown():
    row = the_row({**RUNS, "go_live": "2027-06-25"}, "2027-07-01", "46.1")
    assert row["status"] == "待核"
    assert [(r["convention"], r["value"], r["status"]) for r in row["readings"]] == [
        ("last_day_in_force", "first_day_excluded", "未到")
    ]


def test_a_period_that_changes_on_a_day_judges_projects_by_their_go_live(tmp_path):
    path = tmp_path / "shorter.yaml"
    path.write_text(
        'base: leshan-2022\nid: shorter\nname: 甲\nversion: "1"\nparameters:\n  self_evaluation_until:\n    values:\n'
        "      - {from: 2022-06-25, value: 24}\n      - {from: 2024-01-01, value: 18}\n",
        encoding="utf-8",
    )
    days = {"A": "2023-12-29", "B": "2024-01-02"}
    facts = from_records(
        {"projects": [{**CITY, **RUNS, "id": id_, "go_live": on} for id_, on in days.items()]}
    )
    rows, _ = obligations(facts, load_ruleset(path), date(2025, 6, 1), ["46.1"])
    assert {row["project"]: row["due"] for row in rows} == {"A": "2025-12-29", "B": "2025-07-02"}


# The whole calendar ----------------------------------------------------------------------

EVERYTHING = {
    **READY, **BUILT, **WORK, **RUNS, "trial_start": "2023-12-01", "acceptance_on": "2024-03-05", "acceptance_due": "2024-03-04",
    "acceptance_due_contract": "2024-04-01", "acceptance_result": "合格", "extension_applied": False, "demand_filed_on": "2022-09-01",
    "trial_restarted_on": "2023-12-20", "om_plan_filed_on": "2025-03-01", "construction_end": "2024-06-30", "acceptance_reported": False,
    "operations": [
        {"year": 2026, "kind": "首次", "budget_filed_on": "2025-10-09"},
        {"year": 2027, "kind": "续运维", "plan_filed_on": "未", "plan_reviewed": False, "budget_filed_on": "未"},
    ],
    "evaluations": [{"kind": "自评价", "started_on": "2026-02-27", "completed_on": "2026-03-02"}],
    "monitoring": [*monitored(2023, "2023-12-31"), *monitored(2024, "未")],
}  # fmt: skip

CASES = [
    (EVERYTHING, "2026-11-24"), ({**EVERYTHING, "mode": "购买服务"}, "2026-11-24"),
    ({**EVERYTHING, "warranty_end": "2026-12-31", "operations": []}, "2025-06-01"),
    ({**RUNS, "go_live": "2024-10-01"}, "2026-10-02"), ({"demand_filed_on": "未"}, "2026-11-24"),
    ({**READY, "trial_start": "2024-11-30", "acceptance_on": "未"}, "2025-06-01"),
]  # fmt: skip
"""Facts that every parameter and every convention of the calendar bears upon."""


@cache
def built_cases() -> list:
    return [(built(facts), date.fromisoformat(as_of)) for facts, as_of in CASES]


@cache
def as_shipped() -> list:
    return everything_said(RULESET)


def everything_said(ruleset) -> list:
    said = [obligations(built_, ruleset, day, CALENDAR) for built_, day in built_cases()]
    return [*said, life_of_regulation(ruleset, date(2026, 11, 24))]


CALENDAR_CLAUSES = {id_ for id_, clause in RULESET.clauses.items() if clause.how == "calendar"}
OTHER_VALUE = {"月": 2, "月日": "11-30", "年": 3, "名称": ["财政局"]}
OTHER_READING = {"filing_deadline": [{2026: date(2026, 9, 30)}], "latest_acceptance": [2]}


@pytest.mark.parametrize("name", [n for n, p in RULESET.parameters.items() if p.clause in CALENDAR_CLAUSES])
def test_changing_a_parameter_in_the_file_changes_the_calendar(name, tmp_path):
    path = tmp_path / "changed.yaml"
    value = OTHER_VALUE[RULESET.parameters[name].unit]
    changed = {
        "base": "leshan-2022",
        "id": "changed",
        "name": "改",
        "version": "1",
        "parameters": {name: {"value": value}},
    }
    path.write_text(yaml.safe_dump(changed, allow_unicode=True), encoding="utf-8")
    assert everything_said(load_ruleset(path)) != as_shipped()


@pytest.mark.parametrize("name", [n for n, c in RULESET.conventions.items() if c.clause in CALENDAR_CLAUSES])
def test_changing_a_convention_changes_the_calendar(name):
    convention = RULESET.conventions[name]
    others = OTHER_READING.get(name) or [v for v in convention.readings if v != convention.value]
    assert others
    for value in others:
        assert everything_said(RULESET.adopting(**{name: value})) != as_shipped(), value


@pytest.mark.parametrize(("text", "message"), [
    ("conventions:\n  filing_deadline: {value: 2026-09-30}\n", "应为 {年度: 当年的日期}"),
    ("conventions:\n  filing_deadline: {value: {2026: 2027-01-01}}\n", "应为 {年度: 当年的日期}"),
    ("parameters:\n  monitoring_due: {value: 02-29}\n", "应为每年都有的月日"),
])  # fmt: skip
def test_a_day_that_is_none_is_refused(text, message, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(f"base: leshan-2022\nid: x\nname: 甲\nversion: '1'\n{text}", encoding="utf-8")
    with pytest.raises(RulesetError, match=message):
        load_ruleset(path)


def test_a_set_may_give_the_filing_deadlines_of_its_years(tmp_path):
    path = tmp_path / "dated.yaml"
    path.write_text(
        "base: leshan-2022\nid: x\nname: 甲\nversion: '1'\nconventions:\n  filing_deadline: {value: {2026: 2026-09-30}}\n",
        encoding="utf-8",
    )
    row = the_row({"demand_filed_on": "2026-10-01"}, "2026-11-24", "15.1", ruleset=load_ruleset(path))
    assert seen(row) == ("2026-01-01", "2026-09-30", "逾期")


@pytest.mark.parametrize(("facts", "as_of"), CASES)
def test_the_calendar_is_written_as_the_contract_says(facts, as_of):
    schema = json.loads((Path(zwxm_core.__file__).parent / "assess.schema.json").read_text(encoding="utf-8"))
    result = assess(built(facts), RULESET, date.fromisoformat(as_of), all_clauses=True)
    jsonschema.Draft202012Validator(schema).validate(json.loads(json.dumps(result)))
    assert result["obligations"][0]["clause"] == "57.1"
    for row in result["obligations"]:
        assert row["cite"] == RULESET.clauses[row["clause"]].cite
        assert bool(row["open_facts"]) == (row["status"] == "待核"), row


def test_only_clauses_live_at_the_stage_are_listed_unless_all_are_asked_for():
    facts = from_records(
        {"projects": [{**CITY, "filed_on": "2026-09-01", "approved_on": "未", "construction_start": "未"}]}
    )
    rows, _ = obligations(facts, RULESET, date(2026, 11, 24))
    assert {row["clause"] for row in rows} == {"15.1"}
    rows, _ = obligations(facts, RULESET, date(2026, 11, 24), all_clauses=True)
    assert {row["clause"] for row in rows} == set(CALENDAR) - {"37.1.2"}
    rows, _ = obligations(facts, RULESET, date(2026, 11, 24), ["46.1", "57.1"])
    assert {row["clause"] for row in rows} == {"46.1"}


def test_a_row_that_asks_nothing_is_listed_only_where_its_clause_is_asked_for():
    facts = built(
        {**RUNS, "construction_start": "2023-01-09", "construction_end": "2023-12-31", "mode": "购买服务"}
    )
    rows, _ = obligations(facts, RULESET, date(2026, 11, 24))
    assert {row["status"] for row in rows} >= {"逾期"}
    assert "不适用" not in {row["status"] for row in rows}
    asked, _ = obligations(facts, RULESET, date(2026, 11, 24), ["31.2"])
    assert [row["status"] for row in asked] == ["不适用"]


def test_the_most_urgent_comes_first_and_what_was_done_late_after_what_is_open():
    lives = {
        "done": {"self_evaluation_on": "2025-06-01"}, "late": {"self_evaluation_on": "2026-06-01"},
        "open": {}, "overdue": {"self_evaluation": "未开展"}, "longer overdue": {"self_evaluation": "未开展", "go_live": "2024-01-02"},
        "early": {"self_evaluation_on": "2024-06-01"}, "running": {"self_evaluation": "未开展", "go_live": "2025-03-03"},
        "ahead": {"go_live": "2026-03-02"}, "closed": {"classified": True},
    }  # fmt: skip
    facts = from_records(
        {"projects": [{**CITY, "go_live": "2024-02-28", **extra, "id": id_} for id_, extra in lives.items()]}
    )
    rows, _ = obligations(facts, RULESET, date(2026, 11, 24), ["46.1"])
    assert [row["project"] for row in rows] == [
        "longer overdue", "overdue", "early", "running", "open", "ahead", "late", "done", "closed",
    ]  # fmt: skip


COUNT_ONCE_STATED = {"trial_restarted_on", "annual_list_year", "acceptance_due_contract", "id"}


@pytest.mark.parametrize(("facts", "as_of"), CASES)
def test_a_missing_fact_never_decides(facts, as_of):
    """Take any one fact away: a row stays or opens.

    Exceptions: an interruption, a list's year, a contract's own day are there once stated;
    before the window opens an act that nobody recorded is not missed.
    """
    before = {(r["clause"], r["what"], r["period"]): r["status"] for r in calendar_of(facts, as_of)[0]}
    for name in facts.keys() - COUNT_ONCE_STATED:
        if isinstance(facts[name], list):
            continue
        for row in calendar_of({k: v for k, v in facts.items() if k != name}, as_of)[0]:
            was = before.get((row["clause"], row["what"], row["period"]), row["status"])
            early = (was, row["status"]) == ("早于窗口", "未到")
            assert early or row["status"] in (was, "待核"), (name, was, row)


# Against a naive reckoning ---------------------------------------------------------------

DAYS = st.dates(date(2022, 6, 25), date(2026, 12, 31))


def naive_end(start: date, months: int) -> date:
    """The last day of the month `months` later whose number does not exceed that of the start, by walking."""
    day, count = start, 0
    while count < months:
        day += timedelta(days=1)
        count += day.day == 1
    end = day
    while (day + timedelta(days=1)).month == end.month and (day + timedelta(days=1)).day <= start.day:
        day += timedelta(days=1)
    return day


def naive_standing(as_of: date, opens: date, due: date, done: date | None) -> str:
    if done is not None and done <= as_of:
        return "早于窗口" if done < opens else "逾期" if done > due else "已完成"
    return "未到" if as_of < opens else "逾期" if as_of > due else "进行中"


@given(DAYS, st.sampled_from([1, 3, 12, 24, 30]))
def test_periods_over_many_days_are_those_of_single_days(start, months):
    days = np.array([start, start + timedelta(days=1)], "M8[D]")
    assert months_after_days(days, months).tolist() == [months_after(day, months) for day in days.tolist()]
    assert months_after(start, months) == naive_end(start, months)


@given(DAYS, DAYS, st.one_of(st.none(), DAYS))
@settings(max_examples=150)
def test_self_evaluation_stands_as_a_naive_reckoning_says(go_live, as_of, done):
    opens, due = naive_end(go_live, 12) + timedelta(days=1), naive_end(go_live, 24)
    while due.year < 2027 and not chinese_calendar.is_workday(due):
        due += timedelta(days=1)
    facts = {
        "go_live": go_live,
        "self_evaluation": "已完成" if done else "未开展",
        "self_evaluation_on": done,
    }
    row = the_row(facts, as_of.isoformat(), "46.1")
    if go_live > as_of:
        go_live = as_of
    status = naive_standing(as_of, opens, due, done)
    missed = status == "早于窗口" and as_of > due
    assert seen(row) == (opens.isoformat(), due.isoformat(), "逾期" if missed else status)


@given(DAYS, DAYS, st.one_of(st.none(), DAYS))
@settings(max_examples=100)
def test_monitoring_stands_as_a_naive_reckoning_says(start, as_of, sent):
    report = monitored(2024, sent.isoformat() if sent else "未")
    rows, _ = calendar_of(
        {**WORK, "construction_start": start, "monitoring": report, "monitoring_complete": True},
        as_of.isoformat(),
        "45.1",
    )
    if start > as_of:
        assert [(r["period"], r["status"]) for r in rows] == [(None, "未到")]
        return
    expected = {}
    for year in range(start.year, as_of.year + 1):
        opens, due = max(start, date(year, 1, 1)), date(year, 12, 31)
        expected[str(year)] = naive_standing(as_of, opens, due, sent if year == 2024 else None)
    assert {r["period"]: r["status"] for r in rows} == expected


@given(
    st.lists(st.tuples(DAYS, st.one_of(st.none(), DAYS), st.booleans()), min_size=1, max_size=6),
    DAYS,
    st.randoms(),
)
@settings(max_examples=20)
def test_a_batch_is_the_sum_of_its_singles_in_any_order(projects, as_of, random):
    records = [
        {**CITY, "id": f"P{i}", "go_live": start, "trial_start": start, "construction_start": start, "self_evaluation_on": done,
         "classified": secret, "construction_end": done}
        for i, (start, done, secret) in enumerate(projects)
    ]  # fmt: skip

    def rows(some: list[dict]) -> list[str]:
        found, _ = obligations(from_records({"projects": some}), RULESET, as_of, all_clauses=True)
        return sorted(json.dumps(row, ensure_ascii=False) for row in found)

    singly = sorted(row for record in records for row in rows([record]))
    assert rows(records) == singly
    random.shuffle(records)
    assert rows(records) == singly


@pytest.mark.parametrize("year", [0, 1, 9999, 20_270])
def test_a_year_that_can_be_none_is_no_year(year):
    facts = {
        **EVERYTHING,
        "annual_list_year": year,
        "operations": [{"year": year, "kind": "首次"}],
        "monitoring": monitored(year, "2024-05-01"),
    }
    without = {**EVERYTHING, "operations": [], "monitoring": []}
    for clause in ("15.1", "37.1.1", "45.1"):
        rows, others = (calendar_of(f, "2026-11-24", clause)[0] for f in (facts, without))
        assert [seen(row) for row in rows] == [seen(row) for row in others]


def test_working_days_are_those_of_the_published_arrangements():
    day = date(2004, 1, 1)
    while day < date(2026, 12, 28):
        moved = workday_from(day)
        assert moved is not None
        assert chinese_calendar.is_workday(moved)
        assert not any(
            chinese_calendar.is_workday(day + timedelta(days=n)) for n in range((moved - day).days)
        )
        day += timedelta(days=13)
    assert workday_from(date(2003, 12, 31)) is None


def test_every_status_of_the_contract_is_reached():
    told = set()
    for facts, as_of in (*CASES, (
        {**READY, "acceptance_due": "2026-10-31", "extension_applied": True}, "2026-11-24"), (RUNS, "2026-01-05"), ({**RUNS, "self_evaluation_on": "2024-06-01", "self_evaluation": "已完成"}, "2026-01-05")):  # fmt: skip
        told |= {row["status"] for row in calendar_of(facts, as_of)[0]}
    assert told == set(STATUSES)


# Worked cases ----------------------------------------------------------------------------


@pytest.mark.parametrize("clause", [clause for clause in CALENDAR if clause not in RULES])
def test_a_clause_with_dates_has_a_case_done_one_not_done_and_one_open(clause):
    outcomes = {case["expect"] for case in cases()[clause]}
    assert outcomes >= {"已完成", "待核"}
    assert outcomes & {"逾期", "未履行"}
    told = explain(clause, RULESET)
    assert all(case["title"] in told for case in cases()[clause])
    assert "不自动判断" not in told


def test_the_life_of_the_regulation_is_explained_by_both_readings():
    told = explain("57.1", RULESET)
    assert "2022-06-25 起，2027-06-25 止" in told
    assert "2022-06-25 起，2027-06-24 止" in told


# The parts of a duty ---------------------------------------------------------------------


def days_of(*written: str | None) -> Column:
    """A column of days: a day, 未, or None where nobody said."""
    values = np.array(["NaT" if day in (None, "未") else day for day in written], "M8[D]")
    return Column("on", "日期", "sheet", "date", values, np.array([day is not None for day in written], bool))


def test_a_case_is_told_by_one_row_that_says_when_or_not_yet_and_by_several_only_if_each_does():
    days = days_of("2026-01-05", "未", None, "2026-01-06", None, None)
    case = np.array([0, 1, 2, 3, 3, -1])
    assert duties.all_told(days, case, 5).tolist() == [True, True, False, False, False]
    assert duties.all_told(days_of("未", None), np.array([0, 0]), 1).tolist() == [False]
    assert duties.all_told(days_of(), np.array([], np.int64), 2).tolist() == [False, False]


def test_of_several_acts_the_first_within_the_window_counts_then_the_first_after_then_the_last_before():
    def act(*days: str | None, complete=False):
        opens, due = (np.array([day], "M8[D]") for day in ("2026-03-01", "2026-06-30"))
        case = np.zeros(len(days), np.int64)
        done, row = duties.act_of_rows(
            days_of(*days), case, opens, due, np.array([complete]), date(2026, 11, 24)
        )
        return done.at(0), row.tolist()

    assert act("2026-02-28", "2026-06-30", "2026-03-01", "2026-07-01") == ("2026-03-01", [0])
    assert act("2026-02-28", "2026-07-02", "2026-07-01") == ("2026-07-01", [0])
    assert act("2026-01-01", "2026-02-28", "2026-02-01") == ("2026-02-28", [0])
    assert act(None, "2026-03-05") == ("2026-03-05", [0])
    assert act("2026-11-24") == ("2026-11-24", [0])
    assert act("2026-11-25") == (None, [0])
    assert act(None, complete=True) == (None, [0])
    assert act("未", complete=True) == ("未", [0])
    assert act(complete=True) == ("未", [-1])
    assert act() == (None, [-1])


def test_the_act_of_a_row_that_belongs_to_no_case_is_nobodys():
    opens = due = np.array(["2026-03-01", "2026-03-01"], "M8[D]")
    days, case = days_of("2026-03-01", "2026-03-01", None), np.array([-1, 1, -1])
    done, row = duties.act_of_rows(days, case, opens, due, np.ones(2, bool), date(2026, 11, 24))
    assert ([done.at(0), done.at(1)], row.tolist()) == (["未", "2026-03-01"], [-1, 1])


@pytest.mark.parametrize(
    ("today", "done", "expected"),
    [
        ("2026-02-28", None, "未到"),
        ("2026-03-01", None, "待核"),
        ("2026-02-28", "未", "未到"),
        ("2026-03-01", "未", "进行中"),
        ("2026-06-30", "未", "进行中"),
        ("2026-07-01", "未", "逾期"),
        ("2026-07-01", "2026-02-28", "早于窗口"),
        ("2026-07-01", "2026-03-01", "已完成"),
        ("2026-07-01", "2026-06-30", "已完成"),
        ("2026-07-01", "2026-07-01", "逾期"),
        ("2026-06-29", "2026-06-30", "进行中"),
        ("2026-06-30", "2026-06-30", "已完成"),
        ("2026-02-28", "2026-03-01", "未到"),
    ],
)
def test_where_a_duty_stands_a_day_either_side_of_its_window_and_its_act(today, done, expected):
    opens, due = (np.array([day], "M8[D]") for day in ("2026-03-01", "2026-06-30"))
    status = duties.standing(date.fromisoformat(today), days_of("2025-03-01"), opens, due, days_of(done))
    assert STATUSES[status[0]] == expected


@pytest.mark.parametrize(
    ("start", "done", "expected"),
    [
        ("未", None, "未到"),
        ("未", "2026-01-05", "早于窗口"),
        (None, "2026-01-05", "待核"),
        (None, None, "待核"),
    ],
)
def test_where_what_opens_a_window_has_not_come_an_act_is_early_and_where_it_is_not_known_nothing_is_told(
    start, done, expected
):
    nothing = np.array(["NaT"], "M8[D]")
    status = duties.standing(date(2026, 11, 24), days_of(start), nothing, nothing, days_of(done))
    assert STATUSES[status[0]] == expected


@pytest.mark.parametrize(
    ("listed", "short", "expected"),
    [
        (None, "2026-01-05", "2026-01-05"),
        (None, None, None),
        ("2026-01-06", "2026-01-05", "2026-01-06"),
        ("2026-01-06", None, "2026-01-06"),
        ("未", "2026-01-05", "2026-01-05"),
        ("未", "2026-11-24", "2026-11-24"),
        ("未", "2026-11-25", "未"),
        ("未", None, "未"),
    ],
)
def test_the_short_form_counts_where_the_list_says_nothing_or_has_no_act(listed, short, expected):
    assert duties.with_short_form(days_of(listed), days_of(short), date(2026, 11, 24)).at(0) == expected


@pytest.mark.parametrize(
    ("year", "is_one"), [(None, False), (1, False), (2, True), (9998, True), (9999, False), (2026, True)]
)
def test_a_year_is_one_that_days_can_lie_in(year, is_one):
    column = Column("year", "年度", "sheet", "int", np.array([year or 0]), np.array([year is not None]))
    assert duties.is_year(column).tolist() == [is_one]


def test_a_year_has_its_first_and_its_last_day():
    assert duties.first_of(np.array([2024])).tolist() == [date(2024, 1, 1)]
    assert duties.last_of(np.array([2024])).tolist() == [date(2024, 12, 31)]
    days = np.array(["2024-01-01", "2024-12-31", "NaT"], "M8[D]")
    assert duties.year_of(days).tolist() == [2024, 2024, 0]
    kept = duties.where_days(np.array([True, False, True]), days)
    assert np.isnat(kept).tolist() == [False, True, True]


def test_the_day_that_chooses_the_rules_is_the_acts_once_it_has_come():
    judged = duties.day_to_judge(
        days_of("2026-11-23", "2026-11-24", "2026-11-25", "未", None), date(2026, 11, 24)
    )
    assert [str(day) for day in judged] == ["2026-11-23", *["2026-11-24"] * 4]


DONE_LATE = {"plan_filed_on": "2026-01-01"}


@pytest.mark.parametrize(
    ("facts", "ended", "status"),
    [
        ({"plan_filed_on": "未"}, "2025-12-31", "不适用"),
        ({"plan_filed_on": "未"}, "2026-01-01", "逾期"),
        ({"plan_filed_on": "未"}, "未", "逾期"),
        ({"plan_filed_on": "2025-12-31"}, "2025-12-30", "已完成"),
        ({"plan_filed_on": "2024-12-31"}, "2025-06-01", "早于窗口"),
        (DONE_LATE, "2025-12-31", "逾期"),
    ],
    ids=["ended in time", "ended after", "not ended", "done", "done early", "done late"],
)
def test_of_a_project_ended_before_its_acceptance_only_what_was_done_or_late_is_told(facts, ended, status):
    project = {"action": "新建", "mode": "自行建设", "approved_on": "2023-02-01", "om_needed": True,
               "warranty_end": "2026-05-31", "terminated_on": ended, "acceptance_on": "未"}  # fmt: skip
    rows = [{"kind": "首次", "year": 2026, **facts}]
    assert the_row({**project, "operations": rows}, "2026-11-24", "37.1.1", PLAN)["status"] == status


def test_a_row_of_a_list_belongs_to_the_case_of_its_project_and_year_and_to_no_other():
    def rows(*at: tuple[int, int | None]) -> Table:
        years = Column("year", "年度", "sheet", "int", np.array([year or 0 for _, year in at], np.int64),
                       np.array([year is not None for _, year in at], bool))  # fmt: skip
        parent = np.array([project for project, _ in at], np.int64)
        return Table("sheet", len(at), {"year": years}, np.zeros(len(at), np.int64), parent)

    cases_, year = duties.cases_of(np.array([0, 0, 1])), np.array([2024, 2025, 2024])
    listed = rows((0, 2025), (0, 2026), (1, 2024), (1, 2025), (1, None), (0, 2024), (2, 2024))
    assert duties.case_of_year(listed, cases_, year).tolist() == [1, -1, 2, -1, -1, 0, -1]
    none = duties.cases_of(np.zeros(0, np.int64))
    assert duties.case_of_year(rows((0, 2025)), none, np.zeros(0, np.int64)).tolist() == [-1]
