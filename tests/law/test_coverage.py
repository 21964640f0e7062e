"""`zwxm coverage`: every clause has its function, its cases or tests, or the reason why it has none."""

from __future__ import annotations

import importlib
import inspect
import json

import pytest

from zwxm_core.cli import main
from zwxm_core.reporting.coverage import coverage, coverage_text, functions, touched
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()
MATRIX = coverage(RULESET)


def test_the_matrix_has_the_118_clauses_in_the_order_of_the_law():
    assert [row["clause"] for row in MATRIX["clauses"]] == list(RULESET.clauses)
    assert MATRIX["total"] == len(MATRIX["clauses"]) == 118
    assert MATRIX["covered"] == 118


def test_no_clause_is_a_hole():
    assert MATRIX["holes"] == []


@pytest.mark.parametrize("row", MATRIX["clauses"], ids=lambda row: row["clause"])
def test_a_clause_is_computed_or_says_in_one_sentence_why_not(row):
    if row["how"] == "reference":
        assert len(row["reason"]) >= 10
        assert row["functions"] == []
    else:
        assert row["reason"] is None


@pytest.mark.parametrize("clause", functions())
def test_the_functions_are_there_and_begin_their_docstring_with_the_clause(clause):
    for name in functions()[clause]:
        module, _, function = name.rpartition(".")
        bound = getattr(importlib.import_module(f"zwxm_core.{module}"), function)
        assert inspect.getdoc(bound).split()[0] == clause


def test_a_test_is_found_by_the_clause_it_writes():
    found = touched("57.1")
    me = "tests/law/test_coverage.py::test_a_test_is_found_by_the_clause_it_writes"
    assert me in found["tests"]
    assert all(me not in row["tests"] for row in MATRIX["clauses"] if row["clause"] != "57.1")
    assert "obligations.life_of_regulation" in found["functions"]


def test_a_clause_without_a_function_or_without_a_test_is_a_hole(monkeypatch):
    monkeypatch.setattr("zwxm_core.reporting.coverage.RULES", {})
    assert "14.2" in coverage(RULESET)["holes"]
    monkeypatch.undo()
    monkeypatch.setattr("zwxm_core.reporting.coverage.cases", dict)
    monkeypatch.setattr("zwxm_core.reporting.coverage.naming_tests", dict)
    assert "14.2" in coverage(RULESET)["holes"]
    assert "55.1" not in coverage(RULESET)["holes"]


def test_the_command_prints_citations_and_no_ids(capsys):
    assert main(["coverage"]) == 0
    shown = capsys.readouterr().out
    assert shown == coverage_text(MATRIX) + "\n"
    assert "第二十九条第（一）项" in shown
    assert "rules.chapter4.self_adjustment" in shown
    assert f"不计算：{RULESET.clauses['55.1'].reason}" in shown
    assert "29.1" not in shown
    assert main(["coverage", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == MATRIX
