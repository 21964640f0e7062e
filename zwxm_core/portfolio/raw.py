"""From the rows of a sheet to named columns of raw cells: headers, units, totals, merged cells."""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass, field

from zwxm_core.portfolio import schema
from zwxm_core.portfolio.grid import Grid
from zwxm_core.portfolio.problems import Problem, shown

HEADER_ROWS = 10  # the header is looked for in the first rows that are not blank
_UNIT = re.compile(r"\s*\((分|元|千元|万元|百万元|千万元|亿元|美元|万美元|%)\)\s*$")
_FOOTER = re.compile(
    r"(填报|填表|制表|编制|审核|复核|审批|经办|联系|负责|单位负责|项目负责|分管领导)(人|单位|部门|日期|时间|电话|方式)?(\(.{1,6}\))?(:|$)"
    r"|(注|备注|说明|填表说明|填报说明|日期|时间|电话|盖章|公章|\(盖章\)|\(公章\)|数据来源)\d{0,2}(:|、)"
)
"""A line below the table (填报人：… , 注：…), in normal form."""
_TOTALS = frozenset(["合计", "总计", "小计", "本页合计", "累计", "总合计"])
_MARKS = frozenset(["", *"合总小本累填制编审复经联负单项分注备说日时电盖公数(（"])
"""First characters of blank cells, totals and lines below the table: a quick test before the exact one."""


@dataclass(slots=True)
class RawColumn:
    """One column: header as written, our field, the unit its money counts in, raw cells."""

    header: str
    field: schema.Field
    unit: str | None
    cells: list


@dataclass(slots=True)
class RawTable:
    """One sheet as read, before its cells are typed."""

    sheet: str
    numbers: list[int]
    columns: dict[str, RawColumn] = field(default_factory=dict)
    file: str | None = None
    title: str | None = None

    def problem(
        self,
        code: str,
        message: str,
        *,
        at: int | None = None,
        name: str | None = None,
        severity: str = "error",
    ) -> Problem:
        """A problem of this sheet, of row position ``at`` and field ``name`` where given."""
        column = self.columns.get(name) if name else None
        cell = column.cells[at] if column and at is not None else None
        value = None if cell is None or cell == "" else shown(cell)
        header = column.header if column else name and schema.label(self.sheet, name)
        if value is not None:
            message = f"读到“{value}”，{message}"
        row = None if at is None else self.numbers[at]
        return Problem(self.sheet, row, name, header, value, severity, code, message, self.file, self.title)


def split_unit(header: str) -> tuple[str, str | None]:
    """Header without its unit, and the unit.

    >>> split_unit("批复总投资\\n（万元）")
    ('批复总投资', '万元')
    >>> split_unit("使用期限（年）")
    ('使用期限(年)', None)
    """
    text = " ".join(unicodedata.normalize("NFKC", header).split())
    match = _UNIT.search(text)
    return (text[: match.start()], match[1]) if match else (text, None)


def header_at(grid: Grid, known) -> int | None:
    """Position of the row, among the first ones, that holds most headers for which ``known(cell)`` is true."""
    scores = [
        sum(1 for cell in row if isinstance(cell, str) and cell and known(cell))
        for row in grid.rows[:HEADER_ROWS]
    ]
    best = max(scores, default=0)
    return scores.index(best) if best else None


def raw_table(grid: Grid, sheet: str, file: str) -> tuple[RawTable | None, list[Problem], list[str]]:
    """The columns of one of our sheets.

    Returns
    -------
    table : RawTable or None
        None for a sheet without data or without a header.
    problems, notices : lists
    """
    title = (
        grid.title
        if grid.title and schema.normal(grid.title) != schema.normal(schema.sheet_label(sheet))
        else None
    )
    empty = RawTable(sheet, [], file=file, title=title)
    names = schema.headers(sheet)
    top = header_at(grid, lambda cell: schema.normal(split_unit(cell)[0]) in names)
    if top is None:
        if not grid.rows:
            return None, [], []
        wanted = next(iter(schema.fields(sheet).values())).label
        message = f"前 {HEADER_ROWS} 行里找不到表头：表头应有“{wanted}”等列名，可用 zwxm template 生成空表"
        return None, [empty.problem("no_header", message)], []
    rows, numbers, notices = data_rows(grid, top, file, _key_position(grid.rows[top], names))
    table = RawTable(sheet, numbers, file=file, title=title)
    problems = _columns(table, grid.rows[top], rows, grid.numbers[top])
    problems += _extra_cells(table, grid.rows[top], rows)
    notices += _fill_merged(table, grid, grid.rows[top])
    if hidden := [n for n in grid.hidden_rows if n in set(numbers)]:
        text = f"有 {len(hidden)} 行被隐藏或筛选掉（第 {_some(hidden)} 行），仍按数据读入；不需要请删除"
        problems.append(table.problem("hidden_rows", text, severity="warning"))
    return table, problems, notices


def data_rows(grid: Grid, top: int, file: str, key: int | None) -> tuple[list, list, list[str]]:
    """Rows below the header with their numbers; totals (合计 …) and lines below the table
    (填报人：…) are left out with a notice.

    ``key`` is the column of the id, where a filled cell tells a row of data at once.
    """
    rows, numbers, totals, footers = [], [], [], []
    for row, number in zip(grid.rows[top + 1 :], grid.numbers[top + 1 :], strict=True):
        first = row[key] if key is not None and key < len(row) else ""
        if first is None or (isinstance(first, str) and first.strip()[:1] in _MARKS):
            if _is_total(row):
                totals.append(number)
                continue
            if (said := _footer(row)) is not None:
                footers.append((number, said))
                continue
            if all(isinstance(cell, str) and not cell.strip() for cell in row):
                continue
        rows.append(row)
        numbers.append(number)
    place = f"{file} · 工作表「{grid.title or schema.sheet_label('projects')}」"
    notices = [f"{place}第 {number} 行“{said}”是表尾说明，没有读取" for number, said in footers]
    if totals:
        notices.insert(0, f"{place}第 {_some(totals)} 行是合计行，没有读取")
    return rows, numbers, notices


def _key_position(header: list, names: dict) -> int | None:
    for position, cell in enumerate(header):
        if isinstance(cell, str) and names.get(schema.normal(split_unit(cell)[0])) in (
            "id",
            "project",
            "unit",
        ):
            return position
    return None


def _is_total(row: list) -> bool:
    first = next((cell for cell in row if cell != "" and cell is not None), "")
    return isinstance(first, str) and schema.normal(first).strip(":") in _TOTALS


def _footer(row: list) -> str | None:
    """What a line below the table says; None for a row of data, which has more than a few cells."""
    filled = [cell for cell in row if cell not in ("", None)]
    if not 0 < len(filled) <= 6 or not isinstance(filled[0], str):
        return None
    return shown(filled[0]) if _FOOTER.match(schema.normal(filled[0])) else None


def _columns(table: RawTable, header: list, rows: list[list], header_row: int) -> list[Problem]:
    """Fill ``table.columns``; problems of the header."""
    names = schema.headers(table.sheet)
    problems = []
    for position, cell in enumerate(header):
        cells = [row[position] if position < len(row) else "" for row in rows]
        text = str(cell).strip()
        if not text:
            if any(c != "" for c in cells):
                problems.append(
                    _header_problem(
                        table,
                        header_row,
                        None,
                        "no_header_cell",
                        f"第 {position + 1} 列没有列名：请补上列名，或删去该列",
                    )
                )
            continue
        bare, unit = split_unit(text)
        name = names.get(schema.normal(bare)) or names.get(schema.normal(text))
        if name is None:
            problems.append(_unknown_column(table, header_row, text, bare, names))
            continue
        spec = schema.fields(table.sheet)[name]
        shown_header = " ".join(text.split())
        if name in table.columns:
            message = f"与“{table.columns[name].header}”是同一列，重复了：请只留一列"
            problems.append(
                _header_problem(table, header_row, shown_header, "duplicate_column", message, name)
            )
            continue
        if spec.kind == "money" and unit not in schema.MONEY_UNITS:
            problems.append(
                _header_problem(
                    table, header_row, shown_header, "money_unit", _unit_message(spec, unit), name
                )
            )
            unit = None
        table.columns[name] = RawColumn(shown_header, spec, unit, cells)
    return problems


def _unit_message(spec: schema.Field, unit: str | None) -> str:
    said = f"单位“{unit}”不支持" if unit else "金额列没有写单位"
    return f"{said}：请把列名写成“{spec.label}（万元）”或“{spec.label}（元）”"


def _unknown_column(table: RawTable, row: int, text: str, bare: str, names: dict) -> Problem:
    if schema.normal(bare) == "阶段":
        hint = "阶段由日期推出，不需填写，没有读取"
    else:
        word = schema.normal(bare)
        close = [n for n in names if n.startswith(word)]
        close += [n for n in difflib.get_close_matches(word, names, 3, 0.6) if n not in close]
        labels = dict.fromkeys(schema.label(table.sheet, names[n]) for n in close[:3])
        meant = f"，是否指{'或'.join(f'“{label}”' for label in labels)}" if labels else ""
        hint = f"不认识这一列，没有读取{meant}：请改列名，或不必理会"
    return _header_problem(table, row, " ".join(text.split()), "unknown_column", hint, severity="warning")


def _header_problem(table, row, header, code, message, name=None, severity="error") -> Problem:
    header = header and shown(header)
    return Problem(table.sheet, row, name, header, None, severity, code, message, table.file, table.title)


def _extra_cells(table: RawTable, header: list, rows: list[list]) -> list[Problem]:
    problems = []
    for at, row in enumerate(rows):
        if len(row) > len(header) and (extra := [c for c in row[len(header) :] if c not in ("", None)]):
            text = f"比表头多出 {len(extra)} 格（“{shown(extra[0])}”等）：请核对是否多了分隔符或漏了列名"
            problems.append(table.problem("extra_cells", text, at=at))
    return problems


def _fill_merged(table: RawTable, grid: Grid, header: list) -> list[str]:
    """Give every row of a vertically merged id or unit its value; say so."""
    if not grid.merged:
        return []
    notices = []
    position_of = {number: at for at, number in enumerate(table.numbers)}
    names = schema.headers(table.sheet)
    for column, cell in enumerate(header):
        name = names.get(schema.normal(split_unit(cell)[0])) if isinstance(cell, str) else None
        raw = table.columns.get(name) if name else None
        if raw is None or not (raw.field.kind in ("id", "ref") or raw.field.name_key):
            continue
        for (top, left), (bottom, right) in grid.merged:
            if not (left <= column <= right and bottom > top) or (at := position_of.get(top + 1)) is None:
                continue
            below = [position_of[n] for n in range(top + 2, bottom + 2) if n in position_of]
            for other in below:
                raw.cells[other] = raw.cells[at]
            if below:
                label = grid.title or schema.sheet_label(table.sheet)
                notices.append(
                    f"{table.file} · 工作表「{label}」第 {top + 1}–{bottom + 1} 行「{raw.header}」是合并单元格，"
                    f"各行都按“{shown(raw.cells[at])}”读取"
                )
    return notices


def _some(numbers: list[int]) -> str:
    text = "、".join(map(str, numbers[:5]))
    return text + (" 等" if len(numbers) > 5 else "")
