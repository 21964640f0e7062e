"""Workbooks and CSV files built for one test."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time
from pathlib import Path

import pytest
import xlsxwriter

from zwxm_core.portfolio import InputError, check, read

SHEET1 = "xl/worksheets/sheet1.xml"
FILES = Path(__file__).parent / "files"


@pytest.fixture
def files() -> Path:
    """Small real files that no library at hand can make: an old .xls, an encrypted .xlsx."""
    return FILES


@pytest.fixture
def book(tmp_path):
    """book({"项目": [[header, …], [cell, …]]}, touch=None) -> path of a workbook; ``touch(book)`` may change it."""

    def make(sheets: dict[str, list[list]], touch=None, name: str = "台账.xlsx") -> Path:
        path = tmp_path / name
        with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as made:
            day = made.add_format({"num_format": "yyyy-mm-dd"})
            for title, rows in sheets.items():
                sheet = made.add_worksheet(title)
                for r, row in enumerate(rows):
                    for c, cell in enumerate(row):
                        if isinstance(cell, bool):
                            sheet.write_boolean(r, c, cell)
                        elif isinstance(cell, date):
                            moment = cell if isinstance(cell, datetime) else datetime.combine(cell, time())
                            sheet.write_datetime(r, c, moment, day)
                        elif isinstance(cell, str) and cell.startswith("公式:"):
                            sheet.write_formula(r, c, cell[3:], None, "")
                        elif cell is not None:
                            sheet.write(r, c, cell)
            if touch:
                touch(made)
        return path

    return make


@pytest.fixture
def projects(book):
    """projects(headers, *rows) -> path of a workbook with the sheet 项目 alone."""
    return lambda headers, *rows: book({"项目": [headers, *rows]})


@pytest.fixture
def csv_file(tmp_path):
    """csv_file(text_or_bytes, encoding="utf-8") -> path of a CSV."""

    def make(content: str | bytes, encoding: str = "utf-8", name: str = "台账.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return make


def rewrite(path: Path, part: str, old: bytes, new: bytes) -> None:
    """Replace bytes in one part of a workbook; fails if they are not there."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    assert old in parts[part], parts[part]
    parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)


def messages(path, mapping=None, severity: str | None = None) -> list[str]:
    """What `check` says of a file, as users read it."""
    return [str(p) for p in check(path, mapping).problems if severity in (None, p.severity)]


def refused(path, mapping=None) -> list[str]:
    """The errors for which `read` refuses a file; fails if it is read."""
    with pytest.raises(InputError) as caught:
        read(path, mapping)
    return [str(p) for p in caught.value.problems if p.severity == "error"]
