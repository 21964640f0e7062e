"""The sample workbook: believable, free of contradictions, and on both sides of every line."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest
from python_calamine import CalamineWorkbook

import zwxm_core
from tests.samples.conftest import SAMPLES, make
from zwxm_core.assessment import assess
from zwxm_core.cli import main
from zwxm_core.consequences import CONSEQUENCES
from zwxm_core.economics import BUILD, PURCHASE
from zwxm_core.economics.costs import counted_amounts
from zwxm_core.findings import together
from zwxm_core.lifecycle import STAGES, stage_names
from zwxm_core.obligations import CALENDAR, STATUSES, obligations
from zwxm_core.portfolio import check
from zwxm_core.reporting.report import open_report
from zwxm_core.rules import RULES
from zwxm_core.rulesets import load_ruleset

WORKBOOK = SAMPLES / "portfolio.xlsx"
IN_ORDER = (
    "demand_filed_on", "registered_on", "filed_on", "appraised_on", "approved_on", "construction_start",
    "construction_end", "trial_start", "acceptance_on", "go_live", "self_evaluation_on",
)  # fmt: skip
"""The dates of a project, in the order in which they come."""


# The files --------------------------------------------------------------------------------


def cells(path) -> dict[str, list]:
    book = CalamineWorkbook.from_path(path)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_the_workbook_and_the_page_are_what_the_script_writes(tmp_path):
    make.main(tmp_path)
    assert cells(WORKBOOK) == cells(tmp_path / "portfolio.xlsx")
    page = (SAMPLES / "README.zh-CN.md").read_text(encoding="utf-8")
    assert page == (tmp_path / "README.zh-CN.md").read_text(encoding="utf-8")


def test_writing_twice_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        make.main(tmp_path / name)
    first, second = ({p.name: p.read_bytes() for p in (tmp_path / n).rglob("*.*")} for n in ("a", "b"))
    assert first == second


def test_the_workbook_has_no_error_and_only_the_gaps_it_shows():
    said = [(p.code, p.header) for p in check(WORKBOOK).problems]
    assert said == [
        ("no_evidence", "前期工作深度达到要求"),
        ("no_evidence", "违反安全保密要求"),
        ("no_evidence", "建设目标不变"),
        ("no_evidence", "仍在已批复规划框架内"),
        ("no_evidence", "因此超概算"),
        ("no_evidence", "密码应用符合"),
    ]


def test_columns_that_no_project_uses_are_left_out():
    for title, rows in cells(WORKBOOK).items():
        empty = [head for head, *column in zip(*rows, strict=True) if not any(column)]
        keys = {"项目单位", "行键（序号、条款或年度）"} if title == "认定" else set()
        assert not set(empty) - keys, title


# Believable ---------------------------------------------------------------------------------


def test_every_stage_and_mode_occurs_among_enough_projects(portfolio):
    facts = portfolio.facts
    assert facts.n >= 24
    assert set(stage_names(facts, make.AS_OF)) >= set(STAGES)
    assert {facts.mode.at(i) for i in range(facts.n)} == {"自行建设", "购买服务", "其他"}


def test_dates_come_in_order_and_inside_the_life_of_the_regulation(portfolio):
    facts = portfolio.facts
    for row in range(facts.n):
        days = [facts.projects.columns[name].at(row) for name in IN_ORDER]
        days = [date.fromisoformat(day) for day in days if day not in (None, "未")]
        assert days == sorted(days), facts.ids[row]
        assert all(date(2022, 7, 1) <= day <= make.AS_OF for day in days)


def test_adjustments_fall_into_the_time_of_construction(portfolio):
    facts = portfolio.facts
    for k, row in enumerate(facts.adjustments.parent):
        end = facts.construction_end.at(row)
        last = make.AS_OF.isoformat() if end == "未" else end
        assert facts.construction_start.at(row) <= facts.adjustments.on.at(k) <= last, facts.ids[row]


def rows_of(table, row: int) -> list[int]:
    return [k for k in range(table.n) if table.parent[k] == row]


def day(column, row: int) -> date | None:
    """The day in a cell; None where it is not known or has not come."""
    value = column.at(row)
    return None if value in (None, "未") else date.fromisoformat(value)


def test_no_day_lies_ahead_but_those_that_are_due(portfolio):
    facts = portfolio.facts
    tables = [facts.projects, *facts.children.values()]
    for table in tables:
        for name, column in table.columns.items():
            if column.kind != "date" or name in ("acceptance_due", "due", "warranty_end"):
                continue
            days = [day(column, row) for row in range(len(column))]
            assert all(date(2022, 7, 1) <= d <= make.AS_OF for d in days if d), (table.name, name)


def test_opinions_are_asked_for_then_given_and_before_the_approval(portfolio):
    facts, o = portfolio.facts, portfolio.facts.opinions
    for k, row in enumerate(o.parent):
        days = [day(o.asked_on, k), day(o.given_on, k), day(facts.approved_on, row)]
        days = [day(facts.filed_on, row), *(d for d in days if d)]
        assert days == sorted(days), facts.ids[row]


def test_monitoring_reports_fall_into_the_years_of_construction_and_trial(portfolio):
    facts, m = portfolio.facts, portfolio.facts.monitoring
    for k, row in enumerate(m.parent):
        last = day(facts.go_live, row) or make.AS_OF
        assert day(facts.construction_start, row).year <= m.year.at(k) <= last.year, facts.ids[row]
        assert m.year.at(k) <= day(m.submitted_on, k).year <= m.year.at(k) + 1


def test_what_is_spent_a_year_adds_up_to_no_more_than_was_spent(portfolio):
    facts, m = portfolio.facts, portfolio.facts.monitoring
    for row in range(facts.n):
        reported = [m.actual_spent.at(k) for k in rows_of(m, row)]
        spent = facts.spent.at(row)
        assert spent is None or all(a <= spent + 100_000 for a in reported), facts.ids[row]


def test_lots_come_to_no_more_than_the_approved_total(portfolio):
    facts, lots = portfolio.facts, portfolio.facts.procurement
    for row in sorted(set(lots.parent.tolist())):
        amounts = [lots.amount.at(k) for k in rows_of(lots, row)]
        total = facts.approved_total.at(row) or facts.total_investment.at(row)
        assert sum(amounts) <= total, facts.ids[row]


def test_units_that_are_listed_are_the_units_of_projects(portfolio):
    facts = portfolio.facts
    units = [facts.units.unit.at(k) for k in range(facts.units.n)]
    assert len(set(units)) == len(units)
    assert set(units) <= {facts.unit.at(row) for row in range(facts.n)}


def test_a_project_that_hangs_on_another_is_filed_after_it(portfolio):
    facts = portfolio.facts
    places = {str(id_): row for row, id_ in enumerate(facts.ids)}
    for row in range(facts.n):
        parent = facts.parent.at(row)
        if parent not in (None, "无"):
            assert day(facts.approved_on, places[parent]) < day(facts.filed_on, row)


def test_judgements_are_made_before_the_day_of_assessment(portfolio):
    tables = [portfolio.facts.projects, *portfolio.facts.children.values()]
    evidence = [e for t in tables for c in t.columns.values() for e in (c.evidence or {}).values()]
    assert len(evidence) > 100
    assert all("2022-06-25" < e.on <= make.AS_OF.isoformat() for e in evidence)


def test_no_more_is_spent_than_was_paid_in_and_approved(portfolio):
    facts = portfolio.facts
    for row in range(facts.n):
        revised, paid, spent = (
            facts.projects.columns[n].at(row) for n in ("revised_total", "paid_in", "spent")
        )
        if spent is not None:
            assert spent <= min(paid, revised), facts.ids[row]


def of_lines(facts, row: int, amounts, known) -> int | None:
    """Sum over the lines that a project's total is made of: year 0, or the contract's years of a purchase."""
    costs, bought = facts.costs, facts.mode.at(row) == PURCHASE
    years = range(1, facts.contract_years.at(row) + 1) if bought else [0]
    mode = PURCHASE if bought else BUILD
    lines = [
        k
        for k in range(costs.n)
        if costs.parent[k] == row and costs.mode.at(k) == mode and costs.year.at(k) in years
    ]
    lines = [k for k in lines if costs.item.at(k) != "迁移费"]
    return sum(int(amounts[k]) for k in lines) if lines and all(known[k] for k in lines) else None


def test_totals_are_the_sums_of_their_cost_lines(portfolio):
    facts = portfolio.facts
    claimed, actual = facts.costs.claimed, facts.costs.actual
    pairs = 0
    for row in sorted(set(facts.costs.parent.tolist())):
        for name, amounts, known in (
            ("total_investment", claimed.values, claimed.known),
            ("approved_total", *counted_amounts(facts)),
            ("spent", actual.values, actual.known),
        ):
            stated, total = facts.projects.columns[name].at(row), of_lines(facts, row, amounts, known)
            if stated is not None and total is not None:
                assert stated == total, (facts.ids[row], name)
                pairs += 1
    assert pairs >= 15


# What the law says of them --------------------------------------------------------------------

KINDS = {
    "duty": {"符合", "不符合", "待核", "不适用"},
    "ban": {"命中", "未命中", "待核", "不适用"},
    "permission": {"具备条件", "不具备条件", "待核", "不适用"},
    "class": {"属于", "不属于", "待核", "不适用"},
    "consequence": {"触发", "不触发", "待核", "不适用"},
}
HINTS = ("46.4", "47.2", "48.1", "48.2")
"""What the authority chooses is pointed out, never set off."""
EXEMPTED = ("8.1.1", "11.1")
"""Clauses of which some sample is an exception (例外)."""
NEVER = {
    "3.1": "不属于",
    "31.3": "不符合",
    "33.1": "待核",
    "38.1": "不适用",
    "39.1": "不符合",
    "40.2": "不适用",
    "44.1": "不适用",
}
"""An open list rules nothing out; every sample that has run lists its data; lines, lots and matters are listed only where they are; what a bureau
has yet to review is open (and no sample purchase was accepted by the bureau instead of its unit)."""


def outcomes_of(clause, kind: str) -> set[str]:
    """Every outcome that a clause can come to among the samples."""
    told = set(KINDS[kind])
    if clause.id in HINTS:
        told = told - {"触发"} | {"提示"}
    if clause.id in EXEMPTED:
        told.add("例外")
    return told - {NEVER.get(clause.id)}


def test_every_outcome_of_every_clause_occurs(assessed, rules):
    occurring: dict[tuple, set] = {}
    for row in assessed["findings"] + assessed["consequences"]:
        kind = row.get("kind", "consequence")
        occurring.setdefault((row["clause"], kind), set()).add(row["outcome"])
    expected = {key: outcomes_of(rules.clauses[key[0]], key[1]) for key in occurring}
    assert occurring == expected
    concluded = {c for c in RULES if rules.clauses[c].kind not in (None, "amount")}
    assert {clause for clause, _ in occurring} == concluded | {"28.2"} | set(CONSEQUENCES)


def test_every_standing_of_an_obligation_occurs(assessed, portfolio, rules):
    """Held before its window 早于窗口 is told only until the window is over: so on the day before."""
    standings = {row["status"] for row in assessed["obligations"]}
    assert standings == set(STATUSES) - {"早于窗口"}
    rows, _ = obligations(portfolio.facts, rules, date(2026, 9, 2), ["46.1"])
    assert {"LS2023-32"} == {row["project"] for row in rows if row["status"] == "早于窗口"}
    for clause in CALENDAR:
        of_clause = {row["status"] for row in assessed["obligations"] if row["clause"] == clause}
        assert "已完成" in of_clause
        assert "待核" in of_clause


def test_every_checklist_is_complete_somewhere_and_lacks_something_elsewhere(assessed):
    for clause in ("16.1", "16.1.1", "16.1.2", "19.1", "21.1", "26.2", "27.1", "31.2", "43.1"):
        states = {
            row["state"] for row in assessed["checklists"] if row["clause"] == clause and row["applies"]
        }
        assert states == {True, False, None}, clause


# Worked out by hand from the amounts and facts in portfolio.yaml.
BY_HAND = [
    ("LS2026-02", "18.2.3", None, "具备条件"),  # 500.000000 万元
    ("LS2026-03", "18.2.3", None, "不具备条件"),  # 500.000001
    ("LS2026-04", "18.2.3", None, "具备条件"),  # 499.999999
    ("LS2026-02", "18.1", None, "符合"),
    ("LS2026-03", "18.1", None, "不符合"),
    ("LS2026-04", "18.2", None, "待核"),  # depth without evidence
    ("LS2026-01", "18.1", None, "符合"),
    ("LS2026-01", "18.2", None, "不具备条件"),
    ("LS2026-05", "18.2.1", None, "具备条件"),
    ("LS2026-06", "18.2.2", None, "具备条件"),
    ("LS2026-07", "18.2.2", None, "不具备条件"),
    ("LS2026-08", "18.2", None, "不具备条件"),
    ("LS2026-09", "18.2.3", None, "待核"),  # 312.4618 + 268.9137 > 500, same original project
    ("LS2026-10", "18.2.3", None, "待核"),
    ("LS2024-04", "18.2.3", None, "具备条件"),  # hangs on no project: stands alone
    ("LS2025-01", "18.1", None, "不符合"),  # no chapter
    ("LS2025-03", "18.1", None, "待核"),
    ("LS2026-21", "19.1.2", None, "符合"),  # 383.814 = 0.9 × 426.46
    ("LS2026-21", "19.1", None, "符合"),
    ("LS2026-22", "19.1.2", None, "不符合"),  # 360.929260 = 0.9 × 401.03251 + 0.000001
    ("LS2026-23", "19.1.2", None, "待核"),  # three of eight years
    ("LS2026-24", "19.1.1", None, "不符合"),
    ("LS2026-24", "19.1.2", None, "不符合"),  # 317.50 > 266.60
    ("LS2026-24", "19.1.3", None, "不符合"),
    ("LS2026-25", "19.1.2", None, "符合"),  # 192.4135 against 243.95
    ("LS2026-25", "19.1.4", None, "不符合"),
    ("LS2026-26", "19.1.4", None, "待核"),  # no evidence
    ("LS2026-27", "19.1", None, "不符合"),  # 经费需求 missing
    ("LS2026-28", "19.1", None, "待核"),
    ("LS2023-01", "29.1", None, "具备条件"),  # 72.955869 = 15% of 486.37246
    ("LS2023-01", "29.1", "filing", "符合"),
    ("LS2023-01", "28.1", None, "不适用"),
    ("LS2023-02", "29.1", None, "不具备条件"),  # 108.587751 would be 15%
    ("LS2023-02", "28.1", None, "不符合"),
    ("LS2023-03", "29.1", None, "具备条件"),  # 52.890738 would be 15%
    ("LS2023-03", "29.1", "filing", "不符合"),
    ("LS2023-03", "28.1", None, "不适用"),  # a missing filing is no breach of 28.1
    ("LS2024-01", "29.1", None, "不具备条件"),  # one 分 over the approved total
    ("LS2024-01", "28.1", None, "待核"),
    ("LS2024-02", "29.1", None, "不具备条件"),  # 58.2966 > 43.722542
    ("LS2024-03", "29.1", None, "不具备条件"),  # 86.8712 > 67.937794
    ("LS2024-04", "29.1", None, "具备条件"),  # 28.46 < 50.432921
    ("LS2024-04", "29.1", "filing", "待核"),
    ("LS2024-05", "29.1", None, "具备条件"),  # 42.1037 alone: the approval before it starts anew
    ("LS2024-05", "28.1", None, "符合"),
    ("LS2025-04", "29.1", None, "待核"),  # incomplete list
    ("LS2024-06", "28.1", None, "不符合"),
    ("LS2024-06", "28.2", None, "触发"),
    ("LS2024-07", "28.2", None, "待核"),
    ("LS2024-07", "29.1", None, "待核"),
    ("LS2023-04", "28.1", None, "符合"),
    ("LS2023-04", "29.1", None, "不适用"),  # approved beforehand
    ("LS2023-05", "29.1", None, "不适用"),  # no adjustment
    ("LS2023-06", "29.1", None, "不具备条件"),  # 140.05 > 135.04773
    ("LS2025-05", "18.2.3", None, "不适用"),  # a county's
    ("LS2025-05", "54.1", None, "不适用"),
    ("LS2025-06", "54.1", None, "属于"),
    ("LS2025-06", "18.1", None, "不适用"),
    ("LS2025-07", "18.1", None, "不适用"),
    ("LS2025-07", "19.1", None, "不适用"),
    ("LS2026-39", "2.1", None, "不属于"),
    ("LS2026-39", "14.2", None, "不适用"),  # no government IT project
    ("LS2025-07", "2.1", None, "待核"),  # a kind beside an open list
    ("LS2025-07", "3.1", None, "待核"),  # a donation
    ("LS2026-24", "6.1", None, "不符合"),  # isolated
    ("LS2026-06", "6.1", None, "待核"),  # isolated, exempted by whom?
    ("LS2026-35", "6.1", None, "待核"),  # off the cloud: needed or not is not said
    ("LS2026-05", "7.1.1", None, "属于"),
    ("LS2026-09", "7.1", None, "不属于"),
    ("LS2023-03", "8.1", None, "不符合"),  # mergeable, still running
    ("LS2023-04", "8.1", None, "符合"),  # replaceable, ended
    ("LS2026-04", "8.1.1", None, "待核"),  # exempted by whom?
    ("LS2026-06", "8.1.1", None, "例外"),  # a statute
    ("LS2026-06", "8.2", None, "具备条件"),
    ("LS2026-31", "8.1.2", None, "未命中"),  # a private line inside the network
    ("LS2026-32", "8.1.2", None, "命中"),
    ("LS2026-35", "8.1.3", None, "命中"),  # another paper is no statute
    ("LS2026-03", "8.1.4", None, "命中"),
    ("LS2025-03", "8.1.5", None, "命中"),
    ("LS2026-08", "8.1.6", None, "命中"),
    ("LS2026-25", "8.1.7", None, "命中"),
    ("LS2026-35", "8.1.8", None, "命中"),  # the original is not accepted
    ("LS2026-10", "8.1.9", None, "命中"),  # a statute that says nothing express
    ("LS2026-04", "8.1.10", None, "命中"),
    ("LS2025-07", "9.1", None, "不符合"),
    ("LS2025-07", "9.3", "no_om_funding", "不适用"),  # neither built, bought nor operated
    ("LS2025-03", "9.3", "no_build_funding", "触发"),
    ("LS2026-25", "11.1", None, "例外"),  # barred by statute
    ("LS2026-05", "11.1", None, "不适用"),  # approved by the leading group
    ("LS2026-05", "12.2", None, "符合"),
    ("LS2026-26", "12.1", None, "触发"),
    ("LS2026-04", "12.1", None, "待核"),  # an exemption on file; who may grant one is not settled
    ("LS2025-03", "22.1", None, "不符合"),  # one of six opinions not given
    ("LS2026-06", "23.1", None, "不具备条件"),  # civil works
    ("LS2025-01", "25.1", None, "符合"),  # 605.38 > 590, with a chapter
    ("LS2025-03", "25.1", None, "不符合"),  # 512.4763 > 480, without
    ("LS2024-06", "30.1", None, "符合"),
    ("LS2023-04", "30.2", None, "具备条件"),
    ("LS2023-01", "31.2", None, "符合"),  # two days late, extension asked for
    ("LS2023-06", "31.2", None, "不符合"),  # fifteen days late
    ("LS2023-21", "31.3", None, "符合"),
    ("LS2024-31", "32.1", "no_om_funding", "触发"),  # due 30 June
    ("LS2026-35", "32.1", "no_new_projects", "触发"),
    ("市供销合作社", "32.1", "no_new_projects", "触发"),
    ("LS2024-06", "32.1", "no_cloud_resources", "待核"),  # an extension asked for
    ("LS2023-32", "33.2", "no_om_funding", "触发"),
    ("LS2026-36", "33.2", "no_new_systems", "触发"),
    ("LS2023-02", "34.1", None, "不符合"),
    ("LS2026-33", "37.1.2", "2026", "符合"),
    ("LS2026-33", "37.1.2", "2027", "不符合"),
    ("LS2026-31", "38.1", "CZ-01", "符合"),  # 4.80 = 4.80
    ("LS2026-32", "38.1", "TY-01", "不符合"),  # 9.600001 > 9.60
    ("LS2026-32", "38.1", "TY-03", "待核"),  # no ceiling
    ("LS2024-04", "40.1", "A", "待核"),  # 询价
    ("LS2025-07", "40.2", "A", "具备条件"),  # 18.60 < 50
    ("LS2023-02", "41.1", "B", "不符合"),
    ("LS2024-32", "44.1", "2", "不符合"),
    ("LS2024-32", "47.2", "public_criticism", "提示"),  # time over, and still failing
    ("LS2024-06", "47.2", "public_criticism", "不触发"),  # put right in time
    ("LS2024-32", "48.2", None, "提示"),
    ("LS2023-01", "49.1", None, "符合"),  # tested within twelve months
    ("LS2023-02", "49.1", None, "不符合"),  # twenty months
    ("LS2023-33", "51.1", "no_om_funding", "触发"),
    ("LS2026-37", "51.1", "no_new_systems", "待核"),  # it repairs what barred it
    ("LS2026-38", "53.1", None, "属于"),
    ("LS2026-38", "22.1", None, "不适用"),  # approval follows the special rules
]


DUE = [
    ("LS2023-02", "46.1", None, "2025-09-03", "2026-09-02", "逾期"),  # in operation 2024-09-02
    ("LS2023-32", "46.1", None, "2025-09-03", "2026-09-02", "逾期"),  # only one done, 2025-06-20, too early
    ("LS2023-06", "46.1", None, "2025-12-03", "2026-12-02", "进行中"),
    ("LS2024-31", "31.2", None, None, "2026-06-30", "逾期"),
    ("LS2024-06", "31.2", None, None, "2026-10-31", "已申请延期"),
    ("LS2024-01", "31.1", None, "2026-09-24", None, "未履行"),  # accepted, not reported
    ("LS2024-04", "45.1", "2025", "2025-01-01", "2025-12-31", "逾期"),  # sent 2026-01-09
    (
        "LS2023-02",
        "45.1",
        "2024",
        "2024-01-01",
        "2024-12-31",
        "待核",
    ),  # the last year, not whole; two of three bodies
    ("LS2024-02", "45.1", "2026", "2026-01-01", "2026-12-31", "进行中"),
    ("LS2023-06", "37.1.1", "2027", "2026-01-01", "2026-12-31", "已完成"),  # in the year before
]


@pytest.mark.parametrize(("project", "clause", "period", "opens", "due", "status"), DUE)
def test_an_obligation_stands_as_worked_out_by_hand(assessed, project, clause, period, opens, due, status):
    rows = [r for r in assessed["obligations"] if (r["project"], r["clause"]) == (project, clause)]
    rows = [r for r in rows if r["period"] in (None, period)]
    assert (opens, due, status) in [(r["opens"], r["due"], r["status"]) for r in rows]


AMOUNTS = [
    # 812.345678 万元 by 7 : 2 : 2; two 分 left over, one each to the largest remainders
    ("LS2026-34", "share", "市财政", 516_947_250),
    ("LS2026-34", "share", "犍为县", 147_699_214),
    ("LS2026-34", "share", "井研县", 147_699_214),
    ("LS2025-01", "share", "市财政", 424_898_052),
    ("LS2025-01", "share", "犍为县", 171_914_648),
    ("LS2023-05", "refund_due", None, 5_416_482),  # 136.824 - 131.407518
    ("LS2023-05", "undisbursed_cut", None, 0),
    ("LS2023-32", "refund_due", None, 1_727_000),  # 198 - 196.273
    ("LS2023-32", "undisbursed_cut", None, 5_460_000),  # 203.46 - 198
]


@pytest.mark.parametrize(("project", "code", "party", "amount"), AMOUNTS)
def test_an_amount_is_as_worked_out_by_hand(assessed, project, code, party, amount):
    rows = [r for r in assessed["amounts"] if (r["project"], r["code"], r["party"]) == (project, code, party)]
    assert amount in [r["amount"] for r in rows]


@pytest.mark.parametrize(("project", "clause", "item", "outcome"), BY_HAND)
def test_a_project_comes_out_as_worked_out_by_hand(found, project, clause, item, outcome):
    row = found[project, clause, item]
    assert row["outcome"] == outcome, row["reason"]


READINGS = [
    ("LS2026-07", "18.2.2", "special_and_urgent", "special_cause_suffices", "具备条件"),
    ("LS2025-01", "18.2.3", "total_investment_share", "city_part", "具备条件"),
    ("LS2025-02", "18.2.3", "total_investment_stage", "budget", "不具备条件"),
    ("LS2026-27", "19.1.3", "many_providers", 3, "不符合"),
    ("LS2026-22", "19.1.2", "om_in_warranty", "included", "符合"),
    ("LS2026-28", "19.1.2", "purchase_end_costs", "counted", "不符合"),
    ("LS2024-02", "29.1", "adjustment_accumulation", "each", "具备条件"),
    ("LS2024-03", "29.1", "adjustment_sign", "net", "具备条件"),
    ("LS2024-04", "29.1", "transfer_counting", "twice", "不具备条件"),
    ("LS2023-06", "29.1", "adjustment_base", "feasibility", "具备条件"),
    ("LS2025-06", "18.1", "classified_projects", "fills_gaps", "待核"),
    ("LS2025-03", "8.1.5", "service_platforms", "missing_both", "未命中"),
    ("LS2026-25", "12.2", "statutory_bar_and_12_2", "lower_bars_only", "不适用"),
    ("LS2026-38", "50.1", "special_rules_scope", "whole_life", "不适用"),
]


@pytest.mark.parametrize(("project", "clause", "convention", "value", "outcome"), READINGS)
def test_another_reading_is_told_where_it_would_change_the_outcome(
    found, project, clause, convention, value, outcome
):
    told = {(r["convention"], r["value"]): r["outcome"] for r in found[project, clause, None]["readings"]}
    assert told[convention, value] == outcome


# Their rule set, and the command -------------------------------------------------------------


def test_the_rule_set_of_the_samples_differs_in_three_numbers(rules):
    base = load_ruleset()
    assert rules.base == base.id
    changed = {n for n, c in rules.conventions.items() if c.value != base.conventions[n].value}
    assert changed == {"purchase_clearly_less"}
    assert rules.conventions["purchase_clearly_less"].value == Fraction(1, 10)
    assert {n for n, v in rules.parameters.items() if v != base.parameters[n]} == {
        "level_test_cycle", "crypto_test_cycle",
    }  # fmt: skip
    assert rules.clauses == base.clauses


def test_without_that_number_a_cheaper_purchase_stays_open(portfolio):
    result = assess(portfolio.facts, load_ruleset(), make.AS_OF, ["19.1.2"])
    outcomes = {f["project"]: f["outcome"] for f in result["findings"]}
    assert outcomes["LS2026-21"] == outcomes["LS2026-25"] == "待核"
    assert outcomes["LS2026-24"] == "不符合"


@pytest.mark.parametrize("arguments", [[], ["--all"]])
def test_assess_prints_what_the_contract_says(capsys, arguments):
    rules = str(SAMPLES / "rulesets" / "samples.yaml")
    day = make.AS_OF.isoformat()
    assert main(["assess", str(WORKBOOK), "--ruleset", rules, "--as-of", day, "--json", *arguments]) == 0
    schema = (Path(zwxm_core.__file__).parent / "assess.schema.json").read_text(encoding="utf-8")
    jsonschema.Draft202012Validator(json.loads(schema)).validate(json.loads(capsys.readouterr().out))


def test_most_projects_have_few_open_findings_and_some_have_many(portfolio, rules):
    result = assess(portfolio.facts, rules, make.AS_OF)
    rows = result["findings"] + result["consequences"]
    count = Counter(row["project"] for row in rows if row["outcome"] == "待核")
    open_ = [count[id_] for id_ in map(str, portfolio.facts.ids)]
    assert sum(n <= 3 for n in open_) >= 40
    assert sum(n >= 10 for n in open_) >= 3


def test_every_sample_is_judged_alone_as_it_is_among_the_others():
    """What a project is to another (同一原项目合计, 原项目验收结果) is looked up before it is taken alone."""
    opened = open_report()
    facts, ruleset = together(opened.portfolio.facts), opened.ruleset
    whole = assess(facts, ruleset, opened.as_of, all_clauses=True)["findings"]
    for row, id_ in enumerate(facts.ids.tolist()):
        alone = assess(facts.take(slice(row, row + 1)), ruleset, opened.as_of, all_clauses=True)["findings"]
        assert alone == [one for one in whole if one["project"] == id_]
