"""What each kind of report needs: enough columns for what it tells, few enough to be filled in."""

from __future__ import annotations

import openpyxl
import pytest

from zwxm_core.lifecycle import STAGES
from zwxm_core.portfolio import schema, write_template
from zwxm_core.reporting import KINDS, PORTFOLIO_KINDS
from zwxm_core.reporting.kinds import ARTICLES, TOLD, fields_of, kind_for
from zwxm_core.reporting.scorecard import load_scorecard

kinds = pytest.mark.parametrize("kind", list(KINDS))


def test_the_kinds_stand_in_the_order_of_a_projects_life():
    assert list(KINDS) == [
        "evaluation", "adjustment_review", "acceptance", "monitoring", "self_evaluation", "post_assessment",
        "annual_review",
    ]  # fmt: skip
    assert set(ARTICLES) == set(TOLD) == set(KINDS)


def test_every_kind_is_asked_for_by_some_stage():
    asked = {kind_for(stage, changed) for stage in (None, *STAGES) for changed in (True, False)}
    assert asked - {None} == set(KINDS) - set(PORTFOLIO_KINDS)
    assert kind_for("终止") is None


@kinds
def test_every_kind_has_a_workbook_to_fill_in_with_the_columns_it_needs(kind, tmp_path):
    fields = fields_of(kind)
    book = openpyxl.load_workbook(write_template(tmp_path / "表.xlsx", fields), read_only=True)
    for sheet, name in fields:
        heads = [str(cell.value or "") for cell in next(book[schema.sheet_label(sheet)].rows)]
        assert any(head.startswith(schema.label(sheet, name)) for head in heads), (sheet, name)


def test_an_evaluation_needs_no_more_than_forty_columns():
    assert len(fields_of("evaluation")) <= 40


def test_what_a_kind_tells_stands_in_the_dictionary():
    for told in TOLD.values():
        for sheet, names in told.items():
            assert set(names) <= schema.fields(sheet).keys(), sheet


@pytest.mark.parametrize("kind", ["self_evaluation", "post_assessment"])
def test_a_report_that_scores_asks_for_what_its_indicators_rest_on(kind):
    fields = set(fields_of(kind))
    assert load_scorecard().clauses
    for needed in (
        ("projects", "registered_on"), ("projects", "appraised_on"), ("projects", "dedicated_account"),
        ("projects", "settled_total"), ("indicators", "weight"), ("usage", "allocated"), ("monitoring", "submitted_on"),
        ("procurement", "method"), ("security", "level_test_on"), ("evaluations", "completed_on"),
    ):  # fmt: skip
        assert needed in fields
