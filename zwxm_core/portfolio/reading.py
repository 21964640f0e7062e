"""`read` a workbook or CSV into a `Portfolio`, or `check` it and list everything that is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from zwxm_core.facts import Facts
from zwxm_core.portfolio import Checked, Portfolio, schema
from zwxm_core.portfolio.build import Typed, assemble, typed
from zwxm_core.portfolio.cells import Broken
from zwxm_core.portfolio.checks import disagreements
from zwxm_core.portfolio.files import Source, open_source
from zwxm_core.portfolio.grid import Grid
from zwxm_core.portfolio.planned import with_planned_costs
from zwxm_core.portfolio.problems import InputError, Problem, shown
from zwxm_core.portfolio.raw import RawTable, raw_table

IGNORED_SHEETS = frozenset(["说明", "问题", "费用项参考"])
"""Sheets of our own template and marked copy that hold no data."""
_SERIALS_BELOW = 10_000_000  # a larger number is a day written as 20220625


@dataclass(slots=True)
class _Loaded:
    source: Source
    tables: dict[str, Typed]
    facts: Facts | None
    problems: list[Problem]
    notices: list[str]
    kept: dict[str, np.ndarray] = field(default_factory=dict)


def read(path, mapping=None) -> Portfolio:
    """Read a portfolio.

    Parameters
    ----------
    path : str or Path
        Workbook (.xlsx, .xls) or CSV.
    mapping : str, Path or dict, optional
        How a foreign ledger's columns become ours (see `zwxm_core.portfolio.mapping`).

    Raises
    ------
    InputError
        With all problems of the file, when at least one of them is an error.
    """
    loaded = _load(path, mapping)
    if any(p.severity == "error" for p in loaded.problems):
        raise InputError(loaded.problems)
    return Portfolio(
        loaded.facts,
        loaded.source.path,
        loaded.source.sha256,
        loaded.problems,
        _rows(loaded.tables.get("narrative")),
        _rows(loaded.tables.get("signoff")),
        loaded.notices,
        loaded.kept,
    )


def check(path, mapping=None) -> Checked:
    """All problems of a file, errors and warnings, and how many rows each sheet has; never raises for its content."""
    try:
        loaded = _load(path, mapping)
    except InputError as error:
        return Checked(error.problems, {}, [])
    rows = {name: table.n for name, table in loaded.tables.items()}
    return Checked(loaded.problems, rows, loaded.notices)


def _load(path, mapping) -> _Loaded:
    source = open_source(path)
    kept: dict[str, list] = {}
    if mapping is None:
        raws, problems, notices = _own_sheets(source)
    else:
        from zwxm_core.portfolio.mapping import load_mapping, mapped_sheets

        raws, problems, notices, kept = mapped_sheets(source, load_mapping(mapping))
    notices = source.notices + notices
    tables = {}
    for name in schema.sheets():
        if name in raws:
            if source.from_1904:
                _refuse_serials(raws[name])
            tables[name], found, remarks = typed(raws[name])
            problems += found
            notices += remarks
    facts = None
    if missing := _projects_missing(source, tables):
        problems.append(missing)
    else:
        facts, found = assemble(tables)
        problems += found + disagreements(tables, facts)
        facts, found = with_planned_costs(facts, tables.get("cost_plans"))
        problems += found
    return _Loaded(
        source, tables, facts, _in_order(problems), notices, {h: _objects(c) for h, c in kept.items()}
    )


def _refuse_serials(raw: RawTable) -> None:
    """In a workbook that counts days from 1904 a bare number is another day than elsewhere: never taken as one."""
    text = "是数字而不是日期，本工作簿又从 1904 年起计日，分不清是哪天：请写成 2022-06-25 的样子"
    for column in raw.columns.values():
        if column.field.kind == "date":
            column.cells = [
                Broken(shown(c), "serial_1904", text) if type(c) is float and c < _SERIALS_BELOW else c
                for c in column.cells
            ]


def _projects_missing(source: Source, tables: dict[str, Typed]) -> Problem | None:
    projects = tables.get("projects")
    if projects is None:
        text = "没有读到工作表「项目」：请用 zwxm template 生成空表填写，或用 --map 指明各列"
        return Problem(None, None, None, None, None, "error", "no_projects", text, source.name)
    if "id" not in projects.raw.columns:
        return projects.raw.problem("no_id_column", "缺少“项目编号”列：请补上这一列，每个项目一个编号")
    if projects.n == 0:
        return projects.raw.problem("no_projects", "表头下面没有数据：请填写至少一个项目")
    return None


def _own_sheets(source: Source) -> tuple[dict[str, RawTable], list[Problem], list[str]]:
    """Raw tables of the sheets that bear our names; a CSV is the sheet 项目."""
    raws, problems, notices = {}, [], []
    for grid in source.grids:
        sheet = "projects" if grid.title is None else schema.sheet_names().get(schema.normal(grid.title))
        if sheet is None:
            if grid.title not in IGNORED_SHEETS and grid.rows:
                problems.append(unknown_sheet(source, grid))
            continue
        if sheet in raws:
            text = f"与另一张工作表同为「{schema.sheet_label(sheet)}」：请合并成一张"
            problems.append(
                Problem(
                    sheet, None, None, None, None, "error", "duplicate_sheet", text, source.name, grid.title
                )
            )
            continue
        raw, found, remarks = raw_table(grid, sheet, source.name)
        problems += found
        notices += remarks
        if raw is not None:
            raws[sheet] = raw
            if schema.sheets()[sheet].is_child and "project" not in raw.columns:
                problems.append(
                    raw.problem("no_id_column", "缺少“项目编号”列：请补上这一列，写明每行属于哪个项目")
                )
    return raws, problems, notices


def unknown_sheet(source: Source, grid: Grid) -> Problem:
    """Warning: a sheet that is none of ours and was not read."""
    text = "不是本表格的工作表，没有读取：请核对工作表名称，或不必理会"
    return Problem(
        grid.title, None, None, None, None, "warning", "unknown_sheet", text, source.name, grid.title
    )


def _in_order(problems: list[Problem]) -> list[Problem]:
    """By sheet, row and column; problems of the whole file first."""
    names = [None, *schema.sheets()]
    place = {name: i for i, name in enumerate(names)}
    column = {(s.name, name): i for s in schema.sheets().values() for i, name in enumerate(s.fields)}
    return sorted(
        problems,
        key=lambda p: (place.get(p.sheet, len(names)), p.row or 0, column.get((p.sheet, p.field), -1)),
    )


def _rows(table: Typed | None) -> list[dict]:
    if table is None:
        return []
    columns = table.values.items()
    return [{name: cells[i] for name, cells in columns if cells[i] is not None} for i in range(table.n)]


def _objects(cells: list) -> np.ndarray:
    array = np.empty(len(cells), object)
    array[:] = cells
    return array
