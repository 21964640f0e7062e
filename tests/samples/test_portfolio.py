"""The sample workbook: believable, free of contradictions, and on both sides of every line."""

from __future__ import annotations

import json
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
from zwxm_core.economics import BUILD, PURCHASE
from zwxm_core.economics.costs import counted_amounts
from zwxm_core.lifecycle import STAGES, stage_names
from zwxm_core.portfolio import check
from zwxm_core.rules import RULES
from zwxm_core.rulesets import load_ruleset

WORKBOOK = SAMPLES / "portfolio.xlsx"
IN_ORDER = (
    "demand_filed_on", "filed_on", "approved_on", "construction_start", "construction_end", "trial_start",
    "acceptance_on", "go_live", "self_evaluation_on",
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

DUTY = {"符合", "不符合", "待核", "不适用"}
PERMISSION = {"具备条件", "不具备条件", "待核", "不适用"}
OUTCOMES = {
    **dict.fromkeys([("18.1", None), ("28.1", None), ("29.1", "filing")], DUTY),
    **{(f"19.1{n}", None): DUTY for n in ("", ".1", ".2", ".3", ".4")},
    **{(f"18.2{n}", None): PERMISSION for n in ("", ".1", ".2", ".3")},
    **{(f"29.1{n}", None): PERMISSION for n in ("", ".1", ".2", ".3")},
    ("28.2", None): {"触发", "不触发", "待核", "不适用"},
    ("54.1", None): {"属于", "不属于", "待核", "不适用"},
}
"""Every outcome that a clause can come to."""


def test_every_outcome_of_every_clause_occurs(found):
    occurring: dict[tuple, set] = {}
    for (_, clause, item), row in found.items():
        occurring.setdefault((clause, item), set()).add(row["outcome"])
    assert occurring == OUTCOMES
    assert {clause for clause, _ in OUTCOMES} == set(RULES)


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
]


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
]


@pytest.mark.parametrize(("project", "clause", "convention", "value", "outcome"), READINGS)
def test_another_reading_is_told_where_it_would_change_the_outcome(
    found, project, clause, convention, value, outcome
):
    told = {(r["convention"], r["value"]): r["outcome"] for r in found[project, clause, None]["readings"]}
    assert told[convention, value] == outcome


# Their rule set, and the command -------------------------------------------------------------


def test_the_rule_set_of_the_samples_differs_in_one_number(rules):
    base = load_ruleset()
    assert rules.base == base.id
    changed = {n for n, c in rules.conventions.items() if c.value != base.conventions[n].value}
    assert changed == {"purchase_clearly_less"}
    assert rules.conventions["purchase_clearly_less"].value == Fraction(1, 10)
    assert (rules.parameters, rules.clauses) == (base.parameters, base.clauses)


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
    count = dict.fromkeys(map(str, portfolio.facts.ids), 0)
    for row in result["findings"] + result["consequences"]:
        count[row["project"]] += row["outcome"] == "待核"
    assert sum(n <= 1 for n in count.values()) >= 25
    assert sum(n >= 5 for n in count.values()) >= 3
