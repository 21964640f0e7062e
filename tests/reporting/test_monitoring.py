"""The monitoring report: years, dates, deviations and what nobody has said. Figures worked out by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from zwxm_core.portfolio import write_workbook
from zwxm_core.reporting import monitoring
from zwxm_core.reporting.report import open_report

from .conftest import CITY, SEEN
from .test_tables import HOSTILE

DAY = date(2026, 3, 1)

PROJECT = {
    **CITY, "id": "M1", "name": "台账系统", "unit": "市农业局", "mode": "自行建设", "approved_on": "2024-05-01",
    "approved_total": 333_333_340, "construction_start": "2024-07-01", "construction_end": "未",
    "acceptance_due": "2026-07-01", "trial_start": "2025-11-03", "supervision_engaged": True, "monitoring_complete": True,
    "special_rules": (False, SEEN),
}  # fmt: skip
"""730 calendar days from the start of construction to the day acceptance is due."""

YEARS = [
    {
        "year": 2024, "users_consulted": True, "supervisor_consulted": True, "progress_pct": "0.2",
        "plan_spent": 100_000_000, "actual_spent": 83_333_335, "submitted_on": "2024-12-30",
        "submitted_to": "发展改革委、财政局、数字经济局",
    },
    {
        "year": 2025, "users_consulted": False, "progress_pct": "0.75", "plan_spent": 250_000_000,
        "actual_spent": 250_000_001, "trial_effect": HOSTILE[0], "submitted_on": "2026-01-05",
        "submitted_to": "发展改革委、财政局",
    },
]  # fmt: skip


def opened(tmp_path, project=PROJECT, years=YEARS):
    records = {"projects": [project], "monitoring": [{"project": project["id"], **one} for one in years]}
    return open_report(write_workbook(tmp_path / "书.xlsx", records), project["id"], DAY)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return opened(tmp_path_factory.mktemp("monitoring"))


def lines(html) -> list[str]:
    return [" ".join(line.split("\t")) for line in repr(html).splitlines() if line.strip()]


def test_each_year_has_its_last_day_and_how_it_stands(report):
    duties = {one.year: one.duty["status"] for one in monitoring.years(report)}
    assert duties[2024] == "已完成"
    assert duties[2025] == "逾期"  # handed in five days into the new year
    assert duties[2026] == "进行中"
    told = repr(monitoring.submissions(report))
    assert "2024 年\t2024-12-31\t2024-12-30\t发展改革委、数字经济局、财政局\t✓ 已完成" in told
    assert "2025 年\t2025-12-31\t2026-01-05" in told


def test_progress_is_held_against_the_time_used_by_the_day_of_the_report(report):
    first, second, third = monitoring.progress(report)
    assert first.used == Fraction(182, 730)  # 2024-07-01 to 2024-12-30
    assert first.ahead == Fraction(1, 5) - Fraction(182, 730)
    assert second.used == Fraction(553, 730)
    assert (third.done, third.ahead) == (None, None)
    told = repr(monitoring.progress_table(report))
    assert "增加 55 个百分点" in told
    assert "落后约 4.93 个百分点" in told
    assert third.used == Fraction(608, 730)  # the year is not over: to the day of assessment


def test_spending_is_held_against_the_plan_to_the_cent(report):
    told = repr(monitoring.spending(report))
    assert "2024 年\t100.00\t83.333335\t-16.666665\t约 83.33%\t25%" in told
    assert "2025 年\t250.00\t250.000001\t0.000001" in told
    assert "核实" not in told


def test_a_cumulative_amount_that_falls_is_asked_about(tmp_path):
    fallen = [YEARS[0], {**YEARS[1], "actual_spent": 83_333_334}]
    told = repr(monitoring.spending(opened(tmp_path, years=fallen)))
    assert "2025 年累计实际支出少于上一年度，请核实填的是不是当年数。" in told


def test_the_chart_says_the_same_in_words(report):
    alt = monitoring.spending_chart(report).alt
    assert "2025 年计划 250.00 万元，实际 250.000001 万元" in alt


def test_views_trial_and_contents_say_what_is_missing(report):
    assert lines(monitoring.views(report))[2:] == [
        "2024 年 是 是",
        "2025 年 否 未提供",
        "2026 年 未提供 未提供",
    ]
    trial = repr(monitoring.trial(report))
    assert "2024 年\t本年度尚未投入试运行" in trial
    assert HOSTILE[0] in trial
    assert "<script" not in monitoring.trial(report).markup
    contents = repr(monitoring.contents(report))
    assert "2024 年\t试运行效果和问题（已投入试运行的）\t– 报告时尚未投入试运行" in contents


def test_without_a_supervisor_nobody_is_asked(tmp_path):
    report = opened(tmp_path, {**PROJECT, "supervision_engaged": False})
    assert "2025 年\t否\t没有委托监理" in repr(monitoring.views(report))


def test_the_conclusion_tells_years_progress_and_money(report):
    told = monitoring.told(report)
    assert "各年度监控报告（第四十五条第一款）：2024 年已完成，2025 年逾期，2026 年进行中。" in told
    assert "最近登记的实施进度（2025 年）为 75%，比已用工期落后约 0.75 个百分点。" in told
    assert "截至 2025 年末累计支出 250.000001 万元，比计划多 0.000001 万元，执行率约 100.00%。" in told


def test_a_project_without_any_report_or_date_says_so_and_invents_nothing(tmp_path):
    bare = {"id": "M2", "name": "空白"}
    report = opened(tmp_path, bare, [])
    assert "从哪一年起提交尚不能确定" in monitoring.told(report)[0]
    for part in (monitoring.views, monitoring.spending, monitoring.trial, monitoring.progress_table):
        assert "<table" not in part(report).markup  # a sentence, not a row of 未提供
    assert "未画" in repr(monitoring.spending_chart(report))
    assert "没有登记监控报告，无从核对。" in repr(monitoring.contents(report))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Fraction(0), "与已用工期一致"),
        (Fraction(1, 100), "超前 1 个百分点"),
        (Fraction(-1, 3), "落后约 33.33 个百分点"),
    ],
)
def test_a_deviation_is_told_in_percentage_points(value, told):
    assert monitoring.deviation_text(value) == told


def test_time_used_never_exceeds_the_period():
    assert monitoring.time_used("2024-07-01", "2026-07-01", date(2030, 1, 1)) == 1
    assert monitoring.time_used("2024-07-01", "2026-07-01", date(2020, 1, 1)) == 0
    assert monitoring.time_used("2024-07-01", "2024-07-01", date(2024, 7, 1)) is None
