"""The notebooks as files: clean, short, one parameters cell, no user text as markup."""

from __future__ import annotations

import ast
import re

import nbformat
import pytest

from zwxm_core.reporting import KINDS, PORTFOLIO_KINDS
from zwxm_core.reporting.kinds import SCORED
from zwxm_core.resources import collection

REPORTS = sorted(collection("notebooks/reports").glob("*.ipynb"))
EXPLORE = sorted(collection("notebooks/explore").glob("*.ipynb"))
ALL = [*REPORTS, *EXPLORE, collection("notebooks/00_start_here.ipynb")]


def cells(path, kind="code"):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


@pytest.mark.parametrize("path", ALL, ids=lambda p: p.name)
def test_ids_and_metadata_say_nothing_of_who_ran_it_where_or_when(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert [cell.id for cell in notebook.cells] == [f"c{i:02d}" for i in range(len(notebook.cells))]
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)


@pytest.mark.parametrize("path", REPORTS, ids=lambda p: p.name)
def test_report_notebooks_are_committed_without_outputs_and_take_the_same_parameters(path):
    code = cells(path)
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    (parameters,) = (cell for cell in code if "parameters" in cell.metadata.get("tags", []))
    names = [node.targets[0].id for node in ast.parse(parameters.source).body]
    whole = path.stem in PORTFOLIO_KINDS
    one, own = ([] if whole else ["project"]), (["scorecard"] if path.stem in SCORED else [])
    assert names == ["data", *one, "as_of", "ruleset", "mapping", *own]


def test_every_kind_of_report_has_its_notebook():
    assert {path.stem for path in REPORTS} == set(KINDS)


@pytest.mark.parametrize("path", ALL, ids=lambda p: p.name)
def test_cells_are_short_and_never_turn_values_into_markup(path):
    for cell in cells(path):
        assert len(cell.source.splitlines()) <= 8
        assert not re.search(r"\b(?:Markdown|HTML|Latex|Javascript|SVG)\b|\bstyle\b", cell.source)
        if path in REPORTS:
            kinds = {type(node) for node in ast.walk(ast.parse(cell.source))}
            assert not kinds & {ast.For, ast.If, ast.FunctionDef, ast.Lambda, ast.BinOp, ast.Compare}


def test_the_start_page_shows_what_it_computed():
    shown = [o["data"]["text/plain"] for c in cells(ALL[-1]) for o in c.outputs]
    assert all(cell.outputs or "\n" in cell.source for cell in cells(ALL[-1]))
    assert "(1459117380, 1459117380, True)" in shown  # adjusted × 20 and approved × 3: exactly on the line
    assert not any("Traceback" in text for text in shown)
