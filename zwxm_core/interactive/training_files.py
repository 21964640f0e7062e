"""A workbook with one mistake in it: written, read by the package's own reader, its mistake found there."""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from zwxm_core.portfolio import check, schema
from zwxm_core.tables import Html, paragraph, table

FIELDS = ("id", "name", "level", "mode", "filed_on", "total_investment", "service_life")
NAMES = ("河湖巡查管理系统", "智慧图书馆平台", "公交调度系统", "价格监测系统", "养老服务平台", "食品追溯系统",
         "行政复议辅助系统", "学籍联动管理系统", "粮库监管系统", "防汛会商系统")  # fmt: skip
ROWS = 6


@dataclass(frozen=True, slots=True)
class Planted:
    """A sheet as the trainee sees it, where the mistake is, and what the reader says of it."""

    shown: Html
    row: int
    header: str
    rows: tuple[int, ...]
    headers: tuple[str, ...]
    explained: Html


def planted(mistakes: list[list[str]], rng: random.Random) -> Planted:
    """Draw a sheet 项目, put one of the mistakes (field, what stands in the cell) into it, and read it.

    Raises
    ------
    LookupError
        The reader finds nothing, or something else: then it is no mistake.
    """
    headers = tuple(_header(name) for name in FIELDS)
    grid = [_row(number, name, rng) for number, name in enumerate(rng.sample(NAMES, ROWS), 1)]
    field, wrong = rng.choice(mistakes)
    at = rng.randrange(ROWS)
    grid[at][FIELDS.index(field)] = wrong
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "项目.xlsx"
        _write(path, headers, grid)
        found = [p for p in check(path).problems if p.severity == "error"]
    if [(p.row, p.field) for p in found] != [(at + 2, field)]:
        raise LookupError(f"{field} {wrong!r}: the reader finds {[str(p) for p in found]}")
    shown = table(("行", *headers), [(i, *cells) for i, cells in enumerate(grid, 2)], caption="工作表：项目")
    why = paragraph(f"zwxm check 的提示——{found[0]}。")
    return Planted(shown, at + 2, headers[FIELDS.index(field)], tuple(range(2, ROWS + 2)), headers, why)


def _header(name: str) -> str:
    field = schema.fields("projects")[name]
    return f"{field.label}（万元）" if field.kind == "money" else field.label


def _row(number: int, name: str, rng: random.Random) -> list[str]:
    amount = f"{rng.randrange(90, 900)}.{rng.randrange(100):02d}"
    filed = date(2026, rng.randrange(3, 11), rng.randrange(1, 28)).isoformat()
    return [
        f"P{number:02d}",
        name,
        "市级",
        rng.choice(("自行建设", "购买服务")),
        filed,
        amount,
        str(rng.randrange(3, 9)),
    ]


def _write(path: Path, headers: tuple[str, ...], grid: list[list[str]]) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("项目")
        for row, cells in enumerate([headers, *grid]):
            for column, cell in enumerate(cells):
                sheet.write_string(row, column, cell)
