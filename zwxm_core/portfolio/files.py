"""Opening an input file that may be damaged, hostile or not what its name says.

Everything is read by content, never by extension, and measured before it is unpacked.
The result is a `Source`: the visible sheets as rows of raw cells.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from zwxm_core.portfolio.cells import Broken
from zwxm_core.portfolio.problems import InputError, Problem

LARGEST_FILE = 200 * 2**20
LARGEST_UNPACKED = 2**30
LARGEST_RATIO = 150  # unpacked to packed, where the unpacked size is beyond _SMALL
_SMALL = 50 * 2**20
_MOST_CELLS = 50_000_000  # the reader holds a rectangle from A1 to the last cell
_CSV_CELL = 1_000_000

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SAVE_AGAIN = "请用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”后再试"
_CELL_COLUMN = re.compile(rb"""<(?:\w+:)?c [^>]*?\br=["']([A-Z]{1,3})\d""")
_ROW_NUMBER = re.compile(rb"""<(?:\w+:)?row [^>]*?\br=["'](\d+)""")
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*>")
_HIDDEN = re.compile(rb"""\bhidden=["'](?:1|true)""")
_CELL_ERROR = re.compile(rb"""\bt=["']e["']""")
_NO_VALUE = re.compile(
    rb"""(?:</(?:\w+:)?f>|<(?:\w+:)?f\b[^>]*/>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</"""
)
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)
_ERRORS = {"#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!"}


@dataclass(slots=True)
class Grid:
    """The cells of one sheet: ``rows[i]`` stands in row ``numbers[i]`` of the file; blank rows are left out.

    ``merged`` lists merged areas as ((row, column), (row, column)), counted from 0.
    """

    title: str | None
    rows: list[list]
    numbers: list[int]
    merged: list = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Source:
    """An opened file: bytes, hash, visible sheets, what was noticed; ``from_1904``: its day 0 is 1904-01-01."""

    path: Path
    data: bytes
    sha256: str
    grids: list[Grid]
    form: str
    notices: list[str]
    from_1904: bool = False

    @property
    def name(self) -> str:
        return self.path.name


def open_source(path) -> Source:
    """Read a workbook (.xlsx, .xls) or CSV.

    Raises
    ------
    InputError
        The file is missing, too large, protected, damaged, or not a workbook or CSV.
    """
    path = Path(path)
    data = _bytes(path)
    form = _form(path, data)
    notices: list[str] = []
    if form == "csv":
        grids = [_csv_grid(path, data)]
    else:
        grids = _workbook_grids(path, data, form, notices)
    from_1904 = form == "xlsx" and _counts_from_1904(data)
    return Source(path, data, hashlib.sha256(data).hexdigest(), grids, form, notices, from_1904)


def refuse(path: Path, code: str, message: str) -> InputError:
    """The error for a file that cannot be read at all."""
    return InputError([Problem(None, None, None, None, None, "error", code, message, Path(path).name)])


def _bytes(path: Path) -> bytes:
    if not path.exists():
        raise refuse(path, "no_such_file", f"找不到文件 {path}：请核对路径")
    if not path.is_file():
        raise refuse(path, "not_a_file", "不是一个文件：请给出工作簿（.xlsx）或 CSV 文件")
    size = path.stat().st_size
    if size == 0:
        raise refuse(path, "damaged", "文件已损坏：大小为 0 字节，请重新取得原文件")
    if size > LARGEST_FILE:
        raise refuse(
            path,
            "too_large",
            f"文件有 {size / 2**20:.0f} MB，最大 {LARGEST_FILE / 2**20:.0f} MB：请拆成几个文件",
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise refuse(
            path, "unreadable", f"文件打不开（{error.strerror}）：请检查权限，或关闭占用它的程序"
        ) from error


def _form(path: Path, data: bytes) -> str:
    """xlsx, xls or csv, by content."""
    start = data[:4096]
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if data.startswith(b"PK\x03\x04"):
        return "xlsx"
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise refuse(path, "encrypted", "文件有打开密码：请在 Excel 或 WPS 中去掉密码后另存")
        return "xls"
    if path.suffix.lower() in (".pkl", ".pickle") or (
        start[:1] == b"\x80" and start[1:2] in b"\x02\x03\x04\x05"
    ):
        raise refuse(path, "pickle", "pickle 文件可能夹带程序，一律不读：请改用工作簿（.xlsx）或 CSV")
    if text.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta", b"mime-version")):
        raise refuse(path, "not_a_workbook", f"内容是网页或 XML，不是 Excel 文件：{_SAVE_AGAIN}")
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if text.startswith((b"%pdf", b"{\\rtf")) or (b"\0" in start and not utf16):
        raise refuse(path, "not_a_workbook", "不是工作簿（.xlsx、.xls）或 CSV 文件：请核对是否选错了文件")
    return "csv"


# --- CSV ---------------------------------------------------------------------------------------


def _csv_grid(path: Path, data: bytes) -> Grid:
    text = _decode(path, data)
    first = text.split("\n", 1)[0]
    delimiter = "\t" if "\t" in first and "," not in first else ","
    rows, numbers = [], []
    csv.field_size_limit(_CSV_CELL)
    try:
        for number, row in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1
        ):
            if any(cell and not cell.isspace() for cell in row):
                rows.append(row)
                numbers.append(number)
    except csv.Error as error:
        raise refuse(
            path, "damaged", f"CSV 从第 {len(rows) + 1} 行起读不下去（{error}）：请检查引号是否成对"
        ) from error
    return Grid(None, rows, numbers)


def _decode(path: Path, data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    from charset_normalizer import from_bytes

    guess = from_bytes(data[: 2**20]).best()
    hint = f"（看起来像 {guess.encoding}）" if guess else ""
    raise refuse(path, "encoding", f"认不出文字编码{hint}：请另存为“CSV UTF-8（逗号分隔）”后再试")


# --- workbooks ---------------------------------------------------------------------------------


def _workbook_grids(path: Path, data: bytes, form: str, notices: list[str]) -> list[Grid]:
    from python_calamine import (
        CalamineError,
        CalamineWorkbook,
        PasswordError,
        SheetTypeEnum,
        SheetVisibleEnum,
    )

    parts = _measure(path, data) if form == "xlsx" else {}
    grids = []
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
            for meta in workbook.sheets_metadata:
                if meta.typ != SheetTypeEnum.WorkSheet:
                    continue
                if meta.visible != SheetVisibleEnum.Visible:
                    notices.append(
                        f"{path.name} · 工作表「{meta.name}」是隐藏的，没有读取；需要的话请先取消隐藏"
                    )
                    continue
                sheet = workbook.get_sheet_by_name(meta.name)
                grids.append(_grid(data, sheet, parts.get(meta.name)))
    except PasswordError as error:
        raise refuse(path, "encrypted", "文件有打开密码：请在 Excel 或 WPS 中去掉密码后另存") from error
    except (CalamineError, OSError, ValueError, SyntaxError, zipfile.BadZipFile) as error:
        raise refuse(path, "damaged", f"文件已损坏或不是 Excel 文件，读不出来：{_SAVE_AGAIN}") from error
    if form == "xls":
        notices.append(f"{path.name} 是旧格式（.xls）：公式错误（如 #N/A）会读成空白；建议另存为 .xlsx")
    return grids


def _grid(data: bytes, sheet, part: _Part | None) -> Grid:
    rows, numbers = [], []
    odd = _odd_cells(data, part.name) if part and part.odd else {}
    beyond: Iterator[list] = (
        [] for _ in range(sheet.total_height, max(odd, default=0))
    )  # rows the reader takes for blank
    for number, row in enumerate(chain(sheet.iter_rows(), beyond), 1):
        for column, broken in odd.get(number, {}).items():
            row.extend([""] * (column + 1 - len(row)))
            if row[column] == "" or row[column] in _ERRORS:
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


def _measure(path: Path, data: bytes) -> dict[str, _Part]:
    """Check sizes and content of the parts before anything is unpacked into cells; parts by sheet title."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            _check_sizes(path, book)
            names = set(book.namelist())
            if "xl/workbook.xml" not in names:
                kind = "二进制工作簿（.xlsb）" if "xl/workbook.bin" in names else "别的压缩文件"
                raise refuse(path, "not_a_workbook", f"是{kind}，不是 .xlsx：{_SAVE_AGAIN}")
            parts = {}
            for name in names:
                if name.endswith((".xml", ".rels")):
                    parts[name] = _checked_part(path, name, book.read(name))
            return _by_title(book, parts)
    except _DAMAGE as error:
        if isinstance(error, InputError):
            raise
        raise refuse(
            path, "damaged", f"文件已损坏（可能没有下载完整）：请重新取得原文件，或{_SAVE_AGAIN[1:]}"
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
            path, "xml_entities", f"文件内部（{name}）带有外部实体声明，可能有害，没有读取：{_SAVE_AGAIN}"
        )
    if name.startswith("xl/worksheets/"):
        rows = max((int(n) for n in _ROW_NUMBER.findall(xml)), default=0)
        letters = max(set(_CELL_COLUMN.findall(xml)), key=lambda c: (len(c), c), default=b"A")
        if rows * _column_number(letters) > _MOST_CELLS:
            raise refuse(
                path,
                "too_wide",
                f"有单元格远在数据之外（到 {letters.decode()} 列、第 {rows} 行）：请删去多余的行列后另存",
            )
    return _Part(name, _may_be_odd(xml), _hidden_rows(xml))


def _may_be_odd(xml: bytes) -> bool:
    errors = (b't="e"' in xml or b"t='e'" in xml) and _CELL_ERROR.search(xml)
    return bool(errors or ((b"<f" in xml or b":f" in xml) and _NO_VALUE.search(xml)))


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


def _counts_from_1904(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return bool(re.search(rb"""\bdate1904=["'](?:1|true)""", book.read("xl/workbook.xml")))


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
    with zipfile.ZipFile(io.BytesIO(data)) as book, book.open(part) as stream:
        for _, element in iterparse(stream):
            tag = element.tag.rsplit("}", 1)[-1]
            place = re.fullmatch(r"([A-Z]{1,3})(\d+)", element.get("r", "")) if tag == "c" else None
            if place and (broken := _broken(element)):
                found.setdefault(int(place[2]), {})[_column_number(place[1].encode()) - 1] = broken
            if tag == "row":
                element.clear()
    return found


def _broken(cell) -> Broken | None:
    children = {child.tag.rsplit("}", 1)[-1]: child for child in cell}
    value = children["v"].text if "v" in children else None
    if cell.get("t") == "e":
        shown = value or "#N/A"
        return Broken(shown, "error_value", f"单元格是错误值 {shown}：请改正公式，不知道请留空")
    if "f" in children and not value and cell.get("t") != "str":
        return Broken(
            "=" + (children["f"].text or ""),
            "never_calculated",
            "公式没有算过：请用 Excel 或 WPS 打开后保存，再试",
        )
    return None


def write_atomically(path, data: bytes) -> Path:
    """Write a file so that it is either complete or as it was before."""
    path = Path(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return path
