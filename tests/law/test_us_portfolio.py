"""2,450 real US federal IT projects, asked as if they were projects under this regulation."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from zwxm_core.portfolio import read
from zwxm_core.resources import collection

MAPPING = collection("data/samples/mappings/us_it_dashboard.yaml")
# The one row that those float formulas count as more than 10% over plan; it is exactly 10% over.
FLOAT_ROW = "439"


@pytest.fixture(scope="module")
def source(shared) -> Path:
    return shared / "data" / "us_it_dashboard_projects.csv"


@pytest.fixture(scope="module")
def assessed(source):
    command = [sys.executable, "-m", "zwxm_core.cli", "assess", str(source), "--map", str(MAPPING),
               "--as-of", "2026-11-24", "--clause", "29.1", "28.1", "--json"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def rows(source) -> list[dict]:
    with source.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def within(finding: dict, part: str):
    return next(p for p in finding["conditions"]["parts"] if p["id"] == part)


def test_29_1_over_the_whole_portfolio(assessed):
    found = [f for f in assessed["findings"] if f["clause"] == "29.1" and f["item"] is None]
    assert Counter(f["outcome"] for f in found) == {"不适用": 1247, "不具备条件": 462 + 258, "待核": 483}
    refused = [f for f in found if f["outcome"] == "不具备条件"]
    over = [f for f in refused if within(f, "within_total")["state"] is False]
    cut = [f for f in refused if within(f, "within_total")["state"] is True]
    assert (len(over), len(cut)) == (462, 258)
    assert all(within(f, "within_limit")["state"] is False for f in cut)
    assert not any(f["problem"] for f in found)


def test_the_page_says_that_the_question_is_asked_as_if(source):
    [note] = [n for n in read(source, MAPPING).notices if "假定" in n]
    assert "并不适用本办法" in note
    assert "一美元读作一元" in note


def test_what_foreign_data_cannot_answer_stays_open(assessed):
    open_ = [
        f
        for f in assessed["findings"]
        if f["clause"] == "29.1" and f["item"] is None and f["outcome"] == "待核"
    ]
    needed = {tuple(sorted(o["field"] for o in f["open_facts"])) for f in open_}
    assert all({"goals_unchanged", "change_necessary", "ground"} <= set(fields) for fields in needed)


def test_every_row_is_kept_under_its_own_id(source, rows):
    portfolio = read(source, MAPPING)
    assert portfolio.facts.n == 2450
    assert len(set(portfolio.facts.ids)) == 2450
    assert list(portfolio.facts.ids) == [row["project_id"] for row in rows]
    assert list(portfolio.kept["investment_id"]) == [row["investment_id"] for row in rows]
    assert len(set(portfolio.kept["investment_id"])) == 599


def test_overruns_by_whole_numbers_and_by_float(source, rows):
    """180 are more than 10% over plan; two of the usual float formulas find 181."""
    facts = read(source, MAPPING).facts
    planned, actual = facts.approved_total.values, facts.revised_total.values
    exact = (actual - planned) * 10 > planned
    assert exact.sum() == 180
    assert ((actual - planned) * 100 > planned * 15).sum() == 151
    p, a = (
        np.array([float(row[k]) for row in rows]) for k in ("planned_cost_musd", "projected_actual_cost_musd")
    )
    by_difference, by_ratio = a - p > 0.1 * p, a / p - 1 > 0.1
    assert (by_difference.sum(), by_ratio.sum(), (a > 1.1 * p).sum()) == (181, 181, 180)
    [wrong] = np.flatnonzero(by_difference & ~exact)
    row = rows[wrong]
    assert by_ratio[wrong]
    assert Decimal(row["projected_actual_cost_musd"]) == Decimal("1.1") * Decimal(row["planned_cost_musd"])
    assert row["project_id"] == FLOAT_ROW
