"""The rows of a sheet as a file holds them, and the refusal of a file that cannot be opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from zwxm_core.portfolio.cells import Broken
from zwxm_core.portfolio.problems import InputError, Problem

SAVE_AGAIN = "请用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”后再试"


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


def refuse(path: Path, code: str, message: str) -> InputError:
    """The error for a file that cannot be read at all."""
    return InputError([Problem(None, None, None, None, None, "error", code, message, Path(path).name)])


def hidden_sheet(path: Path, title: str) -> str:
    """Notice: a hidden sheet was not read."""
    return f"{path.name} · 工作表「{title}」是隐藏的，没有读取；需要的话请先取消隐藏"


def error_cell(shown: str) -> Broken:
    """A cell that holds an error value such as #N/A."""
    return Broken(shown, "error_value", f"单元格是错误值 {shown}：请改正公式，不知道请留空")


def encrypted(path: Path) -> InputError:
    """The error for a workbook with a password."""
    return refuse(path, "encrypted", "文件有打开密码：请在 Excel 或 WPS 中去掉密码后另存")
