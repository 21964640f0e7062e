"""The workbook of tables: it can be printed, amounts and counts look like what they are."""

from __future__ import annotations

import io

import openpyxl
import pytest

from zwxm_core.reporting.summary import workbook


@pytest.fixture(scope="module")
def sheet():
    data = workbook(
        [("项目", ("项目名称", "总投资（万元）", "问题数"), [("甲", 500.0, 3), ("乙", 500.000001, 0)])]
    )
    return openpyxl.load_workbook(io.BytesIO(data)).active


def test_a_sheet_is_printed_as_wide_as_a_page_with_its_head_on_each(sheet):
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.paperSize == 8
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.print_title_rows == "$1:$1"
    assert "&P" in sheet.oddFooter.center.text


def test_an_amount_has_two_decimals_or_as_many_as_it_needs_and_a_count_has_none(sheet):
    assert [[cell.number_format for cell in row[1:]] for row in sheet["A2:C3"]] == [
        ["#,##0.00####", "#,##0"]
    ] * 2


def test_a_row_is_as_high_as_its_longest_text():
    data = workbook([("甲", ("理由", "数"), [("短", 1), ("长" * 100, 2), ("长" * 9999, 3), (None, None)])])
    rows = openpyxl.load_workbook(io.BytesIO(data)).active.row_dimensions
    assert [rows[n].height for n in (2, 3, 4, 5)] == [None, 60, 405, None]
