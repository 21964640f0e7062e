"""The visible sheets of an .xlsx, measured before the reader unpacks it.

The reader (python-calamine) is quick but trusting: it allocates the whole rectangle up to the
last cell, and shows errors and formulas never calculated as blanks. So the XML of each sheet is
looked at first.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from zwxm_core.portfolio.cells import Broken
from zwxm_core.portfolio.grid import SAVE_AGAIN, Grid, error_cell, hidden_sheet, refuse
from zwxm_core.portfolio.problems import InputError, shown

LARGEST_UNPACKED = 2**30
LARGEST_RATIO = 150  # unpacked to packed, where the unpacked size is beyond _SMALL
_SMALL = 50 * 2**20
_MOST_CELLS = 50_000_000

_CELL = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br\s*=\s*["']([A-Za-z]+\d+)""")
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*>")
_ROW_NUMBER = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br\s*=\s*["'](\d+)""")
_LETTERS = bytes(range(65, 91)) + bytes(range(97, 123))
_HIDDEN = re.compile(rb"""\bhidden=["'](?:1|true)""")
_1904 = re.compile(rb"""\bdate1904=["'](?:1|true)""")
_CELL_ERROR = re.compile(rb"""\bt=["']e["']""")
_NO_VALUE = re.compile(
    rb"""(?:</(?:\w+:)?f>|<(?:\w+:)?f\b[^>]*/>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</"""
)
_MISPLACED = re.compile(rb"""</(?:\w+:)?v>\s*<(?:\w+:)?f\b|=["']inlineStr["'][^>]*>\s*<(?:\w+:)?v\b""")
"""A value before its formula or where a text should stand, which the reader takes for blank."""
_MOST_COLUMNS = 16_384  # of Excel itself
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    LookupError,
    OSError,
)
_ERRORS = {"#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!"}


def xlsx_grids(path: Path, data: bytes, notices: list[str]) -> tuple[list[Grid], bool]:
    """Visible sheets, and whether days count from 1904; hidden sheets are told in ``notices``.

    Raises
    ------
    InputError
        The file is damaged, too large once unpacked, or carries entities.
    """
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    parts, from_1904 = _measure(path, data)
    grids = []
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
            for meta in workbook.sheets_metadata:
                if meta.typ != SheetTypeEnum.WorkSheet:
                    continue
                if meta.visible != SheetVisibleEnum.Visible:
                    notices.append(hidden_sheet(path, meta.name))
                    continue
                try:
                    sheet = workbook.get_sheet_by_name(meta.name)
                except CalamineError as error:
                    raise _unreadable_cell(path, meta.name, str(error)) from error
                grids.append(_grid(data, sheet, parts.get(meta.name)))
    except InputError:
        raise
    except (CalamineError, SyntaxError, *_DAMAGE) as error:
        raise refuse(path, "damaged", f"文件已损坏或不是 Excel 文件，读不出来：{SAVE_AGAIN}") from error
    return grids, from_1904


def _unreadable_cell(path: Path, title: str, reason: str) -> InputError:
    """The refusal of a sheet with a cell that is none by the format's rules."""
    value = re.search(r"error value '(#[^']{1,20})'", reason)
    what = f"有不认识的错误值 {value[1]}，请改正公式" if value else "有不合格式、读不出来的单元格"
    return refuse(path, "damaged", f"工作表「{shown(title)}」{what}：{SAVE_AGAIN}")


def _grid(data: bytes, sheet, part: _Part | None) -> Grid:
    rows, numbers = [], []
    odd = _odd_cells(data, part.name) if part and part.odd else {}
    beyond: Iterator[list] = (
        [] for _ in range(sheet.total_height, max(odd, default=0))
    )  # rows the reader takes for blank
    for number, row in enumerate(chain(sheet.iter_rows(), beyond), 1):
        for column, broken in odd.get(number, {}).items():
            row.extend([""] * (column + 1 - len(row)))
            shown_there = row[column]
            if isinstance(shown_there, str) and (not shown_there.strip() or shown_there in _ERRORS):
                row[column] = broken
        if row.count("") != len(row):
            rows.append(row)
            numbers.append(number)
    hidden = sorted(set(part.hidden) & set(numbers)) if part else []
    return Grid(sheet.name, rows, numbers, sheet.merged_cell_ranges or [], hidden)


@dataclass(slots=True)
class _Part:
    """What the XML of one sheet shows before the reader sees it.

    ``odd``: it may hold errors or formulas never calculated; ``hidden``: numbers of hidden rows.
    """

    name: str
    odd: bool
    hidden: list[int]


def _measure(path: Path, data: bytes) -> tuple[dict[str, _Part], bool]:
    """Check sizes and content of the parts before anything becomes a cell.

    Returns the parts by sheet title, and whether days count from 1904.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            _check_sizes(path, book)
            names = set(book.namelist())
            if "xl/workbook.xml" not in names:
                kind = "二进制工作簿（.xlsb）" if "xl/workbook.bin" in names else "别的压缩文件"
                raise refuse(path, "not_a_workbook", f"是{kind}，不是 .xlsx：{SAVE_AGAIN}")
            parts = {}
            for name in names:
                if name.endswith((".xml", ".rels")):
                    parts[name] = _checked_part(path, name, book.read(name))
            return _by_title(book, parts), bool(_1904.search(book.read("xl/workbook.xml")))
    except _DAMAGE as error:
        if isinstance(error, InputError):
            raise
        raise refuse(
            path, "damaged", f"文件已损坏（可能没有下载完整）：请重新取得原文件，或{SAVE_AGAIN[1:]}"
        ) from error


def _check_sizes(path: Path, book: zipfile.ZipFile) -> None:
    unpacked = sum(info.file_size for info in book.infolist())
    packed = max(1, sum(info.compress_size for info in book.infolist()))
    if unpacked > LARGEST_UNPACKED or (unpacked > _SMALL and unpacked / packed > LARGEST_RATIO):
        raise refuse(
            path,
            "zip_bomb",
            f"解开后有 {unpacked / 2**20:.0f} MB（压缩 {unpacked / packed:.0f} 倍），超出限额 "
            f"{LARGEST_UNPACKED / 2**20:.0f} MB 或 {LARGEST_RATIO} 倍，没有读取：请删去多余的行列后另存",
        )


def _checked_part(path: Path, name: str, xml: bytes) -> _Part:
    head = xml[:4096]
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise refuse(
            path, "xml_entities", f"文件内部（{name}）带有外部实体声明，可能有害，没有读取：{SAVE_AGAIN}"
        )
    if b"sheetData" in xml:
        rows, letters = _far_corner(xml)
        columns = _column_number(letters)
        if columns > _MOST_COLUMNS or rows * columns > _MOST_CELLS:
            raise refuse(
                path,
                "too_wide",
                f"有单元格远在数据之外（到 {letters.decode()[:9]} 列、第 {rows} 行）：请删去多余的行列后另存",
            )
    return _Part(name, _may_be_odd(xml), _hidden_rows(xml))


def _far_corner(xml: bytes) -> tuple[int, bytes]:
    """The last row and the letters of the last column that any row or cell names."""
    cells = b"\n".join(_CELL.findall(xml))
    rows = {*_ROW_NUMBER.findall(xml), *cells.translate(None, _LETTERS).split()}
    columns = set(cells.upper().translate(None, b"0123456789").split())
    return max(map(int, rows), default=0), max(columns, key=lambda c: (len(c), c), default=b"A")


def _may_be_odd(xml: bytes) -> bool:
    errors = (b't="e"' in xml or b"t='e'" in xml) and _CELL_ERROR.search(xml)
    formulas = b"<f" in xml or b":f" in xml
    return bool(
        errors
        or (formulas and _NO_VALUE.search(xml))
        or ((formulas or b"inlineStr" in xml) and _MISPLACED.search(xml))
    )


def _hidden_rows(xml: bytes) -> list[int]:
    if b"hidden=" not in xml:
        return []
    tags = (tag for tag in _ROW.findall(xml) if _HIDDEN.search(tag))
    return [int(number[1]) for tag in tags if (number := _ROW_NUMBER.match(tag))]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _by_title(book: zipfile.ZipFile, parts: dict[str, _Part]) -> dict[str, _Part]:
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        workbook = fromstring(book.read("xl/workbook.xml"))
        relations = fromstring(book.read("xl/_rels/workbook.xml.rels"))
    except (ParseError, KeyError) as error:
        raise zipfile.BadZipFile(str(error)) from error
    targets = {r.get("Id"): r.get("Target", "") for r in relations}
    found = {}
    for element in workbook.iter():
        if element.tag.endswith("}sheet"):
            key = next((v for k, v in element.attrib.items() if k.endswith("}id")), None)
            target = targets.get(key, "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if part in parts:
                found[element.get("name")] = parts[part]
    return found


def _odd_cells(data: bytes, part: str) -> dict[int, dict[int, Broken]]:
    """Cells that look blank to the reader but hold an error or a formula without a stored result.

    Row number -> column (from 0) -> what it holds.
    """
    from defusedxml.ElementTree import iterparse

    found: dict[int, dict[int, Broken]] = {}
    number = 0
    with zipfile.ZipFile(io.BytesIO(data)) as book, book.open(part) as stream:
        for _, element in iterparse(stream):
            if element.tag.rsplit("}", 1)[-1] != "row":
                continue
            said = element.get("r", "")
            number = int(said) if said.isdecimal() else number + 1
            column = 0  # a cell that does not say where it stands follows the one before
            for cell in element:
                place = cell.get("r", "").rstrip("0123456789").upper()
                column = _column_number(place.encode()) if place.isascii() and place.isalpha() else column + 1
                if broken := _broken(cell):
                    found.setdefault(number, {})[column - 1] = broken
            element.clear()
    return found


def _broken(cell) -> Broken | None:
    children = {child.tag.rsplit("}", 1)[-1]: child for child in cell}
    value = (children["v"].text or "").strip() if "v" in children else ""
    if cell.get("t") == "e":
        return error_cell(value or "#N/A")
    if "f" in children and not value and cell.get("t") != "str":
        return Broken(
            "=" + (children["f"].text or ""),
            "never_calculated",
            "公式没有算过：请用 Excel 或 WPS 打开后保存，再试",
        )
    # what follows counts only where the reader saw nothing
    if value and cell.get("t") != "s" and ("f" in children or cell.get("t") == "inlineStr"):
        return Broken(value, "misplaced_value", "单元格的内容放错了地方：请用 Excel 或 WPS 打开后保存，再试")
    return None
