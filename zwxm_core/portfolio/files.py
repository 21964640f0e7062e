"""Opening an input file that may be damaged, hostile or not what its name says.

Everything is read by content, never by extension, and measured before it is unpacked.
The result is a `Source`: the visible sheets as rows of raw cells.
"""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from zwxm_core.portfolio.grid import SAVE_AGAIN, Grid, encrypted, refuse

LARGEST_FILE = 200 * 2**20
_CSV_CELL = 1_000_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


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
    from_1904 = False
    if form == "csv":
        grids = [_csv_grid(path, data)]
    elif form == "xlsx":
        from zwxm_core.portfolio.xlsx import xlsx_grids

        grids, from_1904 = xlsx_grids(path, data, notices)
    else:
        from zwxm_core.portfolio.xls import xls_grids

        grids, from_1904 = xls_grids(path, data, notices)
    return Source(path, data, hashlib.sha256(data).hexdigest(), grids, form, notices, from_1904)


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
            path, "unreadable", f"文件打不开（{told_reason(error)}）：请检查权限，或关闭占用它的程序"
        ) from error


def _form(path: Path, data: bytes) -> str:
    """xlsx, xls or csv, by content."""
    start = data[:4096]
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if data.startswith(b"PK\x03\x04"):
        return "xlsx"
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise encrypted(path)
        return "xls"
    if path.suffix.lower() in (".pkl", ".pickle") or (
        start[:1] == b"\x80" and start[1:2] in b"\x02\x03\x04\x05"
    ):
        raise refuse(path, "pickle", "pickle 文件可能夹带程序，一律不读：请改用工作簿（.xlsx）或 CSV")
    if text.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta", b"mime-version")):
        raise refuse(path, "not_a_workbook", f"内容是网页或 XML，不是 Excel 文件：{SAVE_AGAIN}")
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


def write_atomically(path, data: bytes, before_naming: Callable[[], None] | None = None) -> Path:
    """Write a file so that it is either complete or as it was before.

    ``before_naming`` is called when its bytes are on the disk and it is about to take its name.
    """
    path = Path(path)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".tmp")
    except OSError as error:
        error.filename = str(path)  # the name its user gave
        raise
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        if before_naming:
            before_naming()
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return path


def told_reason(error: OSError) -> str:
    """Why a file could not be read or written, in Chinese where the reason is a common one."""
    known = {
        errno.ENOSPC: "磁盘空间不足", errno.EROFS: "磁盘是只读的", errno.EACCES: "没有写的权限",
        errno.ENOENT: "目录或文件已不在", errno.EDQUOT: "超过磁盘配额", errno.EEXIST: "同名的文件不是目录",
        errno.EISDIR: "是一个目录", errno.EPERM: "没有写的权限", errno.ENAMETOOLONG: "名称太长",
    }  # fmt: skip
    return known.get(error.errno, error.strerror or str(error))
