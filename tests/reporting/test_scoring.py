"""The score: exact at its lines, bounded where evidence is missing, and never invented."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from types import SimpleNamespace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from zwxm_core.facts import Evidence
from zwxm_core.portfolio import from_records, write_workbook
from zwxm_core.reporting import followup, scoring
from zwxm_core.reporting.report import open_report
from zwxm_core.reporting.scorecard import SHIPPED, WAYS, Indicator, grade_of, load_scorecard, score_text
from zwxm_core.reporting.scoring import OPEN, OUT, Score, Scored, Share, completion

from .conftest import DAY

CARD = load_scorecard()
LITTLE = Fraction(1, 10**12)


def of(*shares: tuple[int, Share]) -> Score:
    """A score of indicators with these points and shares."""
    return Score(CARD, tuple(Scored(Indicator("甲", "乙", "丙", n, "", "", {}), s) for n, s in shares))


def share(low, high=None) -> Share:
    return Share(Fraction(low), Fraction(low if high is None else high), "")


# Grades --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("line", "at", "below"), [(90, "优", "良"), (80, "良", "中"), (60, "中", "差")])
def test_a_grade_begins_at_its_line_and_the_one_below_ends_just_under_it(line, at, below):
    assert grade_of(Fraction(line)) == at
    assert grade_of(line - LITTLE) == below
    assert grade_of(line + LITTLE) == at


@given(st.fractions(0, 100))
def test_every_score_has_one_grade_and_its_text_never_shows_another(value):
    told = score_text(value).removeprefix("约 ")
    assert grade_of(Fraction(told)) == grade_of(value)
    assert (Fraction(told) >= 100) == (value >= 100)


def test_ninety_of_a_hundred_is_excellent_and_one_thousandth_less_is_good():
    assert of((100, share("9/10"))).grade == "优"
    assert of((100, share("89999/100000"))).grade == "良"
    assert of((30, share(1)), (70, share("6/7"))).low == 90  # a third of a point is no rounding


# Bounds --------------------------------------------------------------------------------------


def test_missing_evidence_leaves_a_lower_and_an_upper_bound_and_the_grades_between():
    found = of((70, share(1)), (30, Share(*OPEN, "")))
    assert (found.low, found.high, found.grade) == (70, 100, None)
    assert found.grades == ["优", "良", "中"]
    assert "得分在 70 至 100 分之间，等级待核，可能为优、良、中。" in found.sentence()


def test_evidence_that_cannot_change_the_grade_leaves_it_standing():
    found = of((95, share(1)), (5, Share(*OPEN, "")))
    assert found.grade == "优"
    assert "等级“优”，补齐证据不会改变等级。" in found.sentence()


def test_an_indicator_that_does_not_apply_is_left_out_and_the_rest_counts_for_a_hundred():
    found = of((60, share("1/2")), (40, Share(*OUT, "")))
    assert (found.low, found.whole, found.grade) == (50, 60, "差")


def test_where_nothing_applies_there_is_no_score():
    found = of((100, Share(*OUT, "")))
    assert (found.low, found.grades, found.grade) == (None, [], None)
    assert "不评分" in found.sentence()


parts = st.lists(st.tuples(st.integers(1, 20), st.fractions(0, 1), st.booleans(), st.booleans()), min_size=1)


@given(parts)
def test_whatever_an_open_indicator_turns_out_to_be_the_total_lies_within_the_bounds(drawn):
    before, after = [], []
    for points, value, pending, applies in drawn:
        before.append((points, Share(*OPEN, "") if pending else share(value)))
        settled = share(value) if applies or not pending else Share(*OUT, "")
        after.append((points, settled))
    bounds, truth = of(*before), of(*after)
    assert truth.low is None or bounds.low <= truth.low <= bounds.high


# The set -------------------------------------------------------------------------------------


def test_every_way_of_scoring_has_its_function():
    assert set(scoring.RULES) == set(WAYS)


def test_the_set_has_three_levels_a_hundred_points_and_says_it_is_ours():
    assert "非法定" in CARD.name
    assert sum(one.points for one in CARD.indicators) == 100
    assert all(one.first and one.second and one.name and one.says for one in CARD.indicators)
    assert len({one.name for one in CARD.indicators}) == len(CARD.indicators)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda told: told["groups"][0]["groups"][0]["indicators"][0].update(points=6), "合计应为 100，读到 101"),
        (lambda told: told["groups"][0]["groups"][0]["indicators"][0].update(points=4.5), "大于 0 的整数"),
        (lambda told: told["groups"][0]["groups"][0]["indicators"][0].update(rule="gut"), "rule（评分方法）读到 'gut'"),
        (lambda told: told["grades"].pop(), "最低一等从 0 分起"),
    ],
)  # fmt: skip
def test_a_set_that_does_not_add_up_is_refused(tmp_path, change, told):
    data = yaml.safe_load(SHIPPED.read_text("utf-8"))
    change(data)
    path = tmp_path / "set.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    with pytest.raises(ValueError, match=told):
        load_scorecard(path)


# The ways of scoring ---------------------------------------------------------------------------


def earned(rule: str, given_: dict, project: dict | None = None, **children) -> Share:
    records = {"projects": [{"id": "A", **(project or {})}]}
    records |= {name: [{"project": "A", **row} for row in rows] for name, rows in children.items()}
    return scoring.RULES[rule](scoring.Case(from_records(records), {}, None), given_)


TEN = {"zero_at": "10%"}


@pytest.mark.parametrize(
    ("final", "expected"),
    [
        (733_333_340, 1),
        (733_333_341, 1 - Fraction(10, 733_333_340)),
        (806_666_674, 0),
        (900_000_000, 0),
        (1, 1),
    ],
)
def test_a_settlement_over_the_approval_loses_points_to_the_cent(final, expected):
    got = earned("cost", TEN, {"approved_total": 733_333_340, "settled_total": final})
    assert got.low == got.high == expected


def test_spending_that_is_not_final_is_no_evidence_of_the_cost():
    project = {"approved_total": 100, "spent": 90, "accounts_final": False}
    assert earned("cost", TEN, project)[:2] == OPEN
    assert earned("cost", TEN, {**project, "accounts_final": True})[:2] == (1, 1)


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ("2023-06-30", 1),
        ("2024-01-31", 1),
        ("2024-02-01", Fraction(179, 180)),
        ("2024-07-29", 0),
        ("2025-01-01", 0),
    ],
)
def test_each_day_of_a_late_acceptance_costs_the_same(held, expected):
    got = earned("delay", {"zero_at": 180}, {"acceptance_due": "2024-01-31", "acceptance_on": held})
    assert got.low == got.high == expected


def test_an_acceptance_not_yet_held_is_open():
    assert (
        earned("delay", {"zero_at": 180}, {"acceptance_due": "2024-01-31", "acceptance_on": "未"})[:2] == OPEN
    )


def test_indicators_are_weighted_and_one_without_a_figure_stays_open():
    rows = [
        {
            "indicator": "a",
            "kind": "效益",
            "direction": "越大越好",
            "target": "100",
            "actual": "50",
            "weight": "0.6",
        },
        {"indicator": "b", "kind": "效益", "direction": "越小越好", "target": "3", "weight": "0.4"},
        {"indicator": "c", "kind": "产出", "direction": "越大越好", "target": "1", "actual": "1"},
    ]
    got = earned("indicators", {"kinds": ["效益"]}, indicators=rows)
    assert (got.low, got.high) == (Fraction(3, 10), Fraction(7, 10))
    rows[0]["weight"] = None
    assert earned("indicators", {"kinds": ["效益"]}, indicators=rows).low == Fraction(1, 4)  # all alike
    assert earned("indicators", {"kinds": ["满意度"]}, indicators=rows)[:2] == OPEN


def test_the_answers_a_satisfaction_rests_on_stand_beside_it():
    row = {
        "indicator": "满意度",
        "kind": "满意度",
        "direction": "越大越好",
        "target": "90",
        "actual": "91",
        "sample": 186,
    }
    assert "（有效样本 186 份）" in earned("indicators", {"kinds": ["满意度"]}, indicators=[row]).evidence


def test_the_use_of_resources_is_that_of_the_latest_period():
    rows = [
        {"period": "2026-Q2", "resource": "vCPU", "allocated": "10", "used_avg": "2"},
        {"period": "2026-Q1", "resource": "vCPU", "allocated": "10", "used_avg": "9"},
        {"period": "2026-Q2", "resource": "存储", "allocated": "10"},
    ]
    got = earned("usage", {"full_at": "40%"}, usage=rows)
    assert (got.low, got.high) == (Fraction(1, 4), Fraction(3, 4))


def test_what_was_missed_is_told_as_its_part_of_the_target_whichever_way_is_better():
    assert completion("越大越好", "40", "30") == Fraction(3, 4)
    assert completion("越小越好", "30", "40") == Fraction(3, 4)


@given(st.decimals("0.001", 1000, places=3), st.decimals("0.001", 1000, places=3))
def test_completion_is_full_exactly_where_the_target_is_met(target, actual):
    assert (completion("越大越好", str(target), str(actual)) == 1) == (actual >= target)
    assert (completion("越小越好", str(target), str(actual)) == 1) == (actual <= target)
    assert 0 <= completion("越大越好", str(target), str(actual)) <= 1


# A project -----------------------------------------------------------------------------------


def test_a_project_of_which_nothing_is_known_has_no_grade_and_every_score_is_possible(tmp_path):
    book = write_workbook(tmp_path / "书.xlsx", {"projects": [{"id": "A", "name": "甲"}]})
    report = open_report(book, "A", DAY)
    assert (report.score.low, report.score.high) == (0, 100)
    assert scoring.grade(report) is None
    assert followup.told(report) == ["系统尚未投入运行或投入运行日未提供，不评等级。"]


def test_a_conclusion_counts_only_with_its_evidence(tmp_path):
    seen = Evidence("财务科", "自查一号", "2026-01-10")
    base = {"level": "市级", "classified": False, "special_rules": (False, seen), "in_scope": (True, seen)}
    project = {**base, "mode": "自行建设", "category": "重点业务信息系统", "approved_on": "2024-01-01"}
    records = [
        {**project, "id": "A", "dedicated_account": (True, seen)},
        {**project, "id": "B", "dedicated_account": True},
    ]
    book = write_workbook(tmp_path / "书.xlsx", {"projects": records})
    shares = {}
    for one in ("A", "B"):
        score = open_report(book, one, DAY).score
        shares[one] = next(s.share for s in score.scored if s.indicator.name == "专款专账")
    assert shares["A"][:2] == (1, 1)
    assert shares["B"][:2] == OPEN


@pytest.fixture(scope="module")
def samples():
    return SimpleNamespace(report=open_report(None, "LS2023-01"))


def test_the_grades_for_an_index_are_those_of_the_reports(samples):
    report = samples.report
    facts = report.portfolio.facts.take(
        [i for i, p in enumerate(report.portfolio.facts.ids) if p in ("LS2023-01", "LS2023-02", "LS2026-01")]
    )
    got = dict(zip(facts.ids.tolist(), scoring.grades(facts, report.ruleset, report.as_of), strict=True))
    assert got == {"LS2023-01": "优", "LS2023-02": None, "LS2026-01": None}
    assert scoring.grade(report) == "优"


def test_before_a_system_runs_there_is_nothing_to_grade(samples):
    facts = samples.report.facts
    assert scoring.in_operation(facts, date(2024, 2, 5))  # the day it went live
    assert not scoring.in_operation(facts, date(2024, 2, 4))
