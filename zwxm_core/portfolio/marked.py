"""A copy of the input with the offending cells coloured and commented, to send back to whoever filled it in."""

from __future__ import annotations

import io
import warnings
from collections import defaultdict
from pathlib import Path

from zwxm_core.portfolio import schema
from zwxm_core.portfolio.cells import Broken
from zwxm_core.portfolio.files import Source, open_source, write_atomically
from zwxm_core.portfolio.problems import Problem
from zwxm_core.portfolio.raw import header_at

_COLOURS = {"error": "FFF4B6B6", "warning": "FFFFE9A8"}
_SEVERITIES = {"error": "错误", "warning": "提醒"}
_LIST = "问题"


def write_marked(path, problems: list[Problem], out) -> Path:
    """Write the marked copy: values only (no formula survives), and a first sheet that lists every problem.

    Parameters
    ----------
    path : str or Path
        The input, a workbook or CSV.
    problems : list of Problem
        From `zwxm_core.portfolio.check`.
    out : str or Path
        Where to write (.xlsx).

    Raises
    ------
    InputError
        The input cannot be opened at all: there is nothing to mark.
    """
    source = open_source(path)
    book = _copy(source)
    cells = defaultdict(list)
    for problem in problems:
        if problem.row is not None:
            title = problem.title or schema.sheet_label(problem.sheet)
            cells[
                title if title in book.sheetnames else book.sheetnames[0], problem.row, problem.header
            ].append(problem)
    for (title, row, header), found in cells.items():
        _mark(book[title], row, _column(source, title, header), found)
    _list(book, problems)
    buffer = io.BytesIO()
    book.save(buffer)
    return write_atomically(out, buffer.getvalue())


def _copy(source: Source):
    """The input as an openpyxl workbook without formulas."""
    from openpyxl import Workbook
    from openpyxl.workbook.child import INVALID_TITLE_REGEX

    book = _opened(source)
    if book is None:
        book = Workbook()
        book.remove(book.active)
        for grid in source.grids:
            title = INVALID_TITLE_REGEX.sub("_", grid.title or schema.sheet_label("projects"))
            sheet = book.create_sheet(title[:31])
            for number, row in zip(grid.numbers, grid.rows, strict=True):
                for column, value in enumerate(row, 1):
                    if value not in ("", None):
                        _put(sheet, number, column, value)
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str):
                    cell.data_type = "s"
                if cell.hyperlink:
                    cell.hyperlink = None
    return book


def _opened(source: Source):
    """An .xlsx as openpyxl has it; None for other forms, and where its looks are beyond openpyxl."""
    from openpyxl import load_workbook

    if source.form != "xlsx":
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what openpyxl leaves out of the looks is nothing to tell
            book = load_workbook(io.BytesIO(source.data), data_only=True, keep_links=False, keep_vba=False)
    except (
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        OSError,
        SyntaxError,
    ):  # openpyxl lets every kind of error of styles, comments and drawings through
        return None
    for name in book.sheetnames:
        if not hasattr(book[name], "iter_rows"):
            del book[name]
    return book


def _put(sheet, row: int, column: int, value) -> None:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell = sheet.cell(row, column)
    value = str(value) if isinstance(value, Broken) else value
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value
    if isinstance(value, str):
        cell.data_type = "s"


def _column(source: Source, title: str, header: str | None) -> int:
    """Column (from 1) under a header; 1 where the problem names none."""
    wanted = header and schema.normal(header)
    for grid in source.grids:
        if wanted and (grid.title in (None, title) or len(source.grids) == 1):
            top = header_at(grid, lambda cell: schema.normal(cell) == wanted)
            if top is not None:
                texts = [schema.normal(str(cell)) for cell in grid.rows[top]]
                return texts.index(wanted) + 1
    return 1


def _mark(sheet, row: int, column: int, problems: list[Problem]) -> None:
    from openpyxl.cell.cell import MergedCell
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    cell = sheet.cell(row, column)
    if isinstance(cell, MergedCell):
        area = next(a for a in sheet.merged_cells.ranges if cell.coordinate in a)
        cell = sheet.cell(area.min_row, area.min_col)
    worst = "error" if any(p.severity == "error" for p in problems) else "warning"
    cell.fill = PatternFill("solid", fgColor=_COLOURS[worst])
    text = "\n".join(f"{_SEVERITIES[p.severity]}：{p.message}" for p in problems)
    cell.comment = Comment(text[:1000], "zwxm", width=360, height=120)


def _list(book, problems: list[Problem]) -> None:
    from openpyxl.styles import Font

    while _LIST in book.sheetnames:
        del book[_LIST]
    sheet = book.create_sheet(_LIST, 0)
    lines: list[list] = [["轻重", "工作表", "行", "列名", "读到", "说明"]]
    for p in problems:
        title = p.title or (schema.sheet_label(p.sheet) if p.sheet else "")
        lines.append([_SEVERITIES[p.severity], title, p.row, p.header or "", p.value or "", p.message])
    for number, line in enumerate(lines, 1):
        for column, value in enumerate(line, 1):
            if value not in ("", None):
                _put(sheet, number, column, value)
    for letter, width in zip("ABCDEF", (8, 14, 8, 26, 26, 90), strict=True):
        sheet.column_dimensions[letter].width = width
        sheet[f"{letter}1"].font = Font(bold=True)
    sheet.freeze_panes = "A2"
    book.active = 0
