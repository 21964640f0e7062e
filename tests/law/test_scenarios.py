"""Every scenario of the regulation's study is a test by its number, none is left out."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import yaml

HERE = Path(__file__).parent
ASKS_FOR_A_NOTICE = {"X39"}
"""Whether what is added is an upgrade or an extension is a fact for somebody to judge, not a way to read
37.1.2: the scenario itself asks for a notice (提示) beside the outcome.
"""
ONE_READING = {"X52", "X58"}
"""The other way is no convention: a single cut is its size by every sign, and there is no transitional clause."""


def named() -> dict[str, list[str]]:
    """The tests that name a scenario, with their code."""
    found: dict[str, list[str]] = {}
    for path in sorted(HERE.glob("test_scenarios_*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            number = isinstance(node, ast.FunctionDef) and re.match(r"test_(x\d+)_", node.name, re.IGNORECASE)
            if number:
                code = ast.get_source_segment(text, node) or ""
                found.setdefault(number[1].upper(), []).append(code)
    return found


def test_the_40_scenarios_are_tests_that_bear_their_numbers(shared):
    scenarios = yaml.safe_load((shared / "regulation" / "scenarios.yaml").read_text(encoding="utf-8"))
    assert len(scenarios) == 40
    assert {one["id"] for one in scenarios} == named().keys()


def test_a_scenario_with_two_readings_is_tested_by_both(shared):
    scenarios = yaml.safe_load((shared / "regulation" / "scenarios.yaml").read_text(encoding="utf-8"))
    arguable = {one["id"] for one in scenarios if one["strength"] == "reading"}
    both = {
        id_
        for id_, tests in named().items()
        if any("readings" in test or "adopting" in test for test in tests)
    }
    assert arguable - both == ASKS_FOR_A_NOTICE | (ONE_READING - both)


def test_the_outcomes_a_scenario_asks_for_are_named_clause_by_clause(shared):
    scenarios = yaml.safe_load((shared / "regulation" / "scenarios.yaml").read_text(encoding="utf-8"))
    for one in scenarios:
        code = "".join(named()[one["id"]])
        for asked in one["expect"]:
            if clause := re.match(r"\d+\.\d+(\.\d+)?", asked):
                assert f'"{clause[0]}"' in code, (one["id"], asked)
