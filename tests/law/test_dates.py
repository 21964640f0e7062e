"""Which rules judge: the life of the regulation, dated parameters, legal periods."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwxm_core.assessment import assess, life_of_regulation
from zwxm_core.periods import months_after, workdays_from, years_after
from zwxm_core.portfolio import from_records
from zwxm_core.rules.due import now
from zwxm_core.rulesets import STATUSES, load_ruleset

RULESET = load_ruleset()


@pytest.mark.parametrize(
    ("day", "status"),
    [
        ("2022-06-24", "not_yet"), ("2022-06-25", "in_force"), ("2024-02-29", "in_force"), ("2027-06-24", "in_force"),
        ("2027-06-25", "two_readings"), ("2027-06-26", "lapsed"), ("NaT", "unknown"),
    ],
)  # fmt: skip
def test_the_regulation_is_in_force_for_five_years(day, status):
    assert STATUSES[RULESET.status_on(np.array([day], "datetime64[D]"))[0]] == status


def test_a_set_that_adopts_the_stricter_last_day_is_lapsed_on_the_day_between():
    stricter = RULESET.adopting(last_day_in_force="first_day_counted")
    days = np.array(["2027-06-24", "2027-06-25"], "datetime64[D]")
    assert [STATUSES[s] for s in stricter.status_on(days)] == ["in_force", "lapsed"]


@pytest.mark.parametrize(
    ("as_of", "status", "other"),
    [
        (date(2022, 6, 24), "未到", "未到"), (date(2022, 6, 25), "进行中", "进行中"),
        (date(2027, 6, 25), "待核", "不适用"), (date(2027, 6, 26), "不适用", "不适用"),
    ],
)  # fmt: skip
def test_both_readings_of_the_last_day_are_shown(as_of, status, other):
    row = life_of_regulation(RULESET, as_of)
    assert (row["opens"], row["due"], row["status"]) == ("2022-06-25", "2027-06-25", status)
    assert row["readings"] == [
        {"convention": "last_day_in_force", "value": "first_day_counted", "opens": "2022-06-25",
         "due": "2027-06-24", "status": other}
    ]  # fmt: skip


def facts_adjusted_on(day):
    project = {
        "id": "A",
        "level": "市级",
        "classified": False,
        "approved_total": 100_000_000,
        "adjustments_complete": True,
    }
    return from_records(
        {"projects": [project], "adjustments": [{"project": "A", "seq": 1, "on": day, "amount": 15_000_001}]}
    )


@pytest.mark.parametrize(
    ("day", "outcome"), [("2022-06-24", "待核"), ("2022-06-25", "不具备条件"), ("2027-06-26", "待核")]
)
def test_an_event_is_judged_by_the_rules_of_its_own_day_not_of_today(day, outcome):
    found = assess(facts_adjusted_on(day), RULESET, date(2028, 1, 1), ["29.1"])
    assert found["findings"][0]["rules_of"] == day
    assert {f["outcome"] for f in found["findings"] if f["item"] is None} == {outcome}
    codes = {n["code"] for n in found["notices"]}
    assert ("no_ruleset_in_force" in codes) == (outcome == "待核")


def test_an_event_without_a_date_is_judged_by_today_and_says_so():
    found = assess(facts_adjusted_on(None), RULESET, date(2026, 11, 24), ["29.1"])
    [row] = [f for f in found["findings"] if f["item"] is None]
    assert (row["rules_of"], row["rules_status"], row["outcome"]) == (None, "unknown", "不具备条件")
    assert "event_date_unknown" in {n["code"] for n in found["notices"]}


def test_a_parameter_that_changes_on_a_day_judges_events_by_their_day(tmp_path):
    """15% until 2025, 10% from 2025 on: the same 12% adjustment is inside, then outside the limit."""
    path = tmp_path / "stricter.yaml"
    path.write_text(
        'base: leshan-2022\nid: stricter\nname: 严\nversion: "1"\nparameters:\n  adjustment_limit:\n    values:\n'
        "      - {from: 2022-06-25, value: 15%}\n      - {from: 2025-01-01, value: 10%}\n",
        encoding="utf-8",
    )
    ruleset = load_ruleset(path)
    base = {"level": "市级", "classified": False, "approved_total": 100_000_000, "revised_total": 99_000_000,
            "goals_unchanged": True, "change_necessary": True, "adjustments_complete": True}  # fmt: skip
    days = {"A": "2024-12-31", "B": "2025-01-01"}
    facts = from_records(
        {
            "projects": [{"id": id_, **base} for id_ in days],
            "adjustments": [
                {"project": id_, "seq": 1, "on": on, "amount": 12_000_000, "ground": "技术优化"}
                for id_, on in days.items()
            ],
        },
        judged=True,
    )
    found = assess(facts, ruleset, date(2026, 11, 24), ["29.1"])
    outcomes = {f["project"]: f["outcome"] for f in found["findings"] if f["item"] is None}
    assert outcomes == {"A": "具备条件", "B": "不具备条件"}


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)), (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)), (date(2024, 3, 31), 3, date(2024, 6, 30)),
        (date(2023, 11, 30), 3, date(2024, 2, 29)), (date(2024, 12, 1), 1, date(2025, 1, 1)),
    ],
)  # fmt: skip
def test_a_period_in_months_ends_on_the_matching_day_or_the_last_of_the_month(start, months, end):
    assert months_after(start, months) == end


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 240))
def test_periods_keep_the_day_whenever_the_month_has_it(start, months):
    end = months_after(start, months)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day == start.day or (end.day < start.day and (end + timedelta(days=1)).day == 1)
    assert years_after(start, 2) == months_after(start, 24)


def test_where_nobody_said_the_day_of_assessment_no_day_lies_before_it():
    unsaid, said = RULESET.terms(), RULESET.terms(today=date(2026, 11, 24))
    assert np.isnat(now(unsaid))
    assert now(said) == np.datetime64("2026-11-24")


def test_of_no_days_none_is_rolled_and_none_is_unknown():
    moved, unknown = workdays_from(np.array([], "M8[D]"))
    assert (len(moved), moved.dtype) == (0, np.dtype("M8[D]"))
    assert (len(unknown), unknown.dtype) == (0, np.dtype(bool))
