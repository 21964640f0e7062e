"""The visible sheets of an old workbook (.xls, and the .et of WPS that is one).

Read by xlrd, which is slow but survives damage; the quick reader asks for any amount of memory
that a damaged .xls names, and takes the process with it.
"""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path

from zwxm_core.portfolio.grid import SAVE_AGAIN, Grid, encrypted, error_cell, hidden_sheet, refuse


def xls_grids(path: Path, data: bytes, notices: list[str]) -> tuple[list[Grid], bool]:
    """Visible sheets, and whether days count from 1904; hidden sheets are told in ``notices``.

    Raises
    ------
    InputError
        The file is damaged or has a password.
    """
    import xlrd

    try:
        book = xlrd.open_workbook(
            file_contents=data, ragged_rows=True, formatting_info=True, logfile=io.StringIO()
        )
        for sheet in book.sheets():
            if sheet.visibility:
                notices.append(hidden_sheet(path, sheet.name))
        grids = [_grid(sheet, book.datemode) for sheet in book.sheets() if not sheet.visibility]
        return grids, book.datemode == 1
    except Exception as error:  # xlrd lets every kind of error of a damaged file through
        if isinstance(error, xlrd.XLRDError) and "encrypted" in str(error):
            raise encrypted(path) from error
        raise refuse(path, "damaged", f"文件已损坏或不是 Excel 文件，读不出来：{SAVE_AGAIN}") from error


def _grid(sheet, datemode: int) -> Grid:
    rows, numbers = [], []
    for at in range(sheet.nrows):
        row = [_cell(cell, datemode) for cell in sheet.row(at)]
        if row.count("") != len(row):
            rows.append(row)
            numbers.append(at + 1)
    merged = [((top, left), (below - 1, right - 1)) for top, below, left, right in sheet.merged_cells]
    hidden = [at + 1 for at, info in sheet.rowinfo_map.items() if info.hidden]
    return Grid(sheet.name, rows, numbers, merged, sorted(set(hidden) & set(numbers)))


def _cell(cell, datemode: int):
    import xlrd

    if cell.ctype == xlrd.XL_CELL_ERROR:
        return error_cell(xlrd.error_text_from_code.get(cell.value, "#N/A"))
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype == xlrd.XL_CELL_DATE:
        with suppress(xlrd.xldate.XLDateError, OverflowError, ValueError):
            return xlrd.xldate_as_datetime(cell.value, datemode)
    return cell.value
