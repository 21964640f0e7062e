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
def assessed(portfolio, rules) -> dict:
    """The assessment of every clause."""
    return assess(portfolio.facts, rules, make.AS_OF, all_clauses=True)


@pytest.fixture(scope="session")
def found(assessed, rules) -> dict[tuple, dict]:
    """(project or unit, clause, item) -> finding or consequence; of a clause with several effects the
    item is the effect.
    """
    rows = {(row["project"], row["clause"], row["item"]): row for row in assessed["findings"]}
    for row in assessed["consequences"]:
        effect = row["effect"] if len(rules.clauses[row["clause"]].effects) > 1 else None
        rows[row["project"] or row["unit"], row["clause"], effect] = row
    return rows
