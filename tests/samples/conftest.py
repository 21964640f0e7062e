"""The samples, read and assessed once."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from zwxm_core.assessment import assess
from zwxm_core.portfolio import read
from zwxm_core.rulesets import load_ruleset

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
_spec = importlib.util.spec_from_file_location("samples_make", SAMPLES / "make.py")
make = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make)


@pytest.fixture(scope="session")
def portfolio():
    return read(SAMPLES / "portfolio.xlsx")


@pytest.fixture(scope="session")
def rules():
    return load_ruleset(SAMPLES / "rulesets" / "samples.yaml")


@pytest.fixture(scope="session")
def found(portfolio, rules) -> dict[tuple, dict]:
    """(project, clause, item) -> finding or consequence, of every clause."""
    result = assess(portfolio.facts, rules, make.AS_OF, all_clauses=True)
    rows = result["findings"] + result["consequences"]
    return {(row["project"], row["clause"], row.get("item")): row for row in rows}
