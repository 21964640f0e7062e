"""From typed cells to `Facts`: ids, links between sheets, judgements with their evidence, columns."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from zwxm_core.facts import Column, Facts, Table
from zwxm_core.portfolio import schema
from zwxm_core.portfolio.cells import NONE, NOT_YET, fold, parse_all, parser
from zwxm_core.portfolio.judgements import Rulings, rulings_of
from zwxm_core.portfolio.problems import Problem
from zwxm_core.portfolio.raw import RawTable
from zwxm_core.portfolio.registers import answer_from_registers

_DTYPES = {
    "money": np.dtype(np.int64),
    "int": np.dtype(np.int64),
    "bool": np.dtype(bool),
    "date": np.dtype("M8[D]"),
    "enum": np.dtype(np.int8),
}
LONGEST_ID = 60
"""Characters of a project's id; a longer one is a sentence."""
_SENTENCE = re.compile("[：，。；！？、]")
REGISTERS = ("systems", "registrations")
"""Registers of whole units or of the city: they may name projects that the workbook does not hold."""
_UNKNOWN = {"text": "", "id": "", "ref": "", "enums": frozenset()}


@dataclass(slots=True)
class Typed:
    """A sheet with typed cells: ``values[field]`` is a list, None where unknown."""

    raw: RawTable
    values: dict[str, list] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return len(self.raw.numbers)

    def get(self, name: str) -> list:
        """The cells of a field; all unknown where the sheet lacks the column."""
        return self.values.get(name) or [None] * self.n


def typed(raw: RawTable) -> tuple[Typed, list[Problem], list[str]]:
    """Type every cell of a sheet; problems and notices of the cells."""
    table, problems, notices = Typed(raw), [], []
    for name, column in raw.columns.items():
        if column.field.kind == "money" and column.unit is None:
            continue  # the header has been reported
        values, bad, remarks = parse_all(column.cells, parser(column.field, column.unit))
        problems += [raw.problem(b.code, b.text, at=i, name=name) for i, b in bad]
        residue = [i for i, r in remarks if r.code == "float_residue"]
        problems += [
            raw.problem(r.code, r.text, at=i, name=name, severity="warning")
            for i, r in remarks
            if r.code != "float_residue"
        ]
        if residue:
            title = raw.title or schema.sheet_label(raw.sheet)
            notices.append(
                f"{raw.file} · 工作表「{title}」「{column.header}」有 {len(residue)} 格带公式计算留下的极小误差"
                f"（首见第 {raw.numbers[residue[0]]} 行），已取整到分"
            )
        if column.field.nonzero:
            problems += _zeros(raw, name, values)
        table.values[name] = values
    return table, problems, notices


def _zeros(raw: RawTable, name: str, values: list) -> list[Problem]:
    zeros = [i for i, value in enumerate(values) if value == 0 and value is not None]
    for i in zeros:
        values[i] = None
    text = "不应为 0，按未知处理：请填写实际数，不知道请留空"
    return [raw.problem("zero_total", text, at=i, name=name, severity="warning") for i in zeros]


def assemble(
    tables: dict[str, Typed], judged: bool = False, inline: list | None = None
) -> tuple[Facts, list[Problem]]:
    """Facts from typed sheets.

    Parameters
    ----------
    tables : dict of str to Typed
        By sheet name; ``projects`` must be there.
    judged : bool
        Treat every typed judgement as evidenced (tests and lessons only).
    inline : list of (sheet, row, field, Evidence), optional
        Evidence given beside the value instead of in the sheet 认定.
    """
    projects = tables["projects"]
    problems, index = _project_index(projects)
    parents = {}
    for name, table in tables.items():
        spec = schema.sheets()[name]
        found, parents[name] = _link(table, index, projects.get("id"), required=spec.is_child)
        problems += found + _one_row(table, spec, parents[name])
    found, rulings = rulings_of(tables, index, parents, judged, inline or [])
    problems += found
    built = {name: _table(name, tables.get(name), parents.get(name), rulings) for name in schema.sheets()}
    children = {n: t for n, t in built.items() if schema.sheets()[n].is_child}
    others = {n: t for n, t in built.items() if n != "projects" and n not in children}
    facts = Facts(built["projects"], children, others)
    return facts, problems + answer_from_registers(tables, facts)


def _project_index(projects: Typed) -> tuple[list[Problem], dict[str, int]]:
    """Folded id -> row, and the problems of empty and duplicate ids."""
    problems: list[Problem] = []
    rows: dict[str, list[int]] = {}
    unreadable = projects.raw.columns["id"].cells
    for i, value in enumerate(projects.get("id")):
        if value is None:
            if str(unreadable[i] or "").strip() == "":
                problems.append(
                    projects.raw.problem("empty_id", "项目编号是空的：请填写，或删去这一行", at=i, name="id")
                )
        elif value == NONE:
            problems.append(projects.raw.problem("empty_id", "不是项目编号：请填写编号", at=i, name="id"))
        elif len(value) > LONGEST_ID or _SENTENCE.search(value):
            text = "不像项目编号：请填写编号；若是表下的说明文字，请删去这一行"
            problems.append(projects.raw.problem("not_an_id", text, at=i, name="id"))
        else:
            rows.setdefault(fold(value), []).append(i)
    for same in rows.values():
        if len(same) > 1:
            numbers = "、".join(str(projects.raw.numbers[i]) for i in same)
            text = f"项目编号重复，出现在第 {numbers} 行（大小写、全角半角不同也算重复）：请改成各不相同"
            problems += [projects.raw.problem("duplicate_id", text, at=i, name="id") for i in same]
    return problems, {key: same[0] for key, same in rows.items()}


def _link(table: Typed, index: dict[str, int], ids: list, required: bool) -> tuple[list[Problem], np.ndarray]:
    """Row of the project each row belongs to (-1: none); ids are put as they stand in 项目."""
    problems = []
    parent = np.full(table.n, -1, np.int64)
    for name, spec in schema.fields(table.raw.sheet).items():
        if spec.kind != "ref" or name not in table.values:
            continue
        cells, values = table.raw.columns[name].cells, table.values[name]
        for i, value in enumerate(values):
            if value is None:
                if name == "project" and required and str(cells[i] or "").strip() == "":
                    problems.append(
                        table.raw.problem("empty_id", "项目编号是空的：请填写，或删去这一行", at=i, name=name)
                    )
                continue
            row = index.get(fold(value))
            if row is not None:
                values[i] = ids[row]
                if name == "project":
                    parent[i] = row
            elif value != NONE:
                problems.append(_no_such_project(table.raw, i, name))
            elif name == "project" and required:
                problems.append(table.raw.problem("empty_id", "不是项目编号：请填写编号", at=i, name=name))
    return problems, parent


def _no_such_project(raw: RawTable, at: int, name: str) -> Problem:
    if raw.sheet in REGISTERS:
        text = "项目表里没有这个编号：请核对；确属本表以外的项目，可不必理会"
        return raw.problem("unknown_project", text, at=at, name=name, severity="warning")
    if name == "project":
        return raw.problem(
            "unknown_project", "项目表里没有这个编号：请核对编号，或在项目表补上该项目", at=at, name=name
        )
    text = "项目表里没有这个编号，原项目的事实按未知处理：有条件请在项目表补上该项目"
    return raw.problem("unknown_project", text, at=at, name=name, severity="warning")


def _one_row(table: Typed, spec: schema.Sheet, parent: np.ndarray) -> list[Problem]:
    """Sheets with one row per project or unit must have no second one; other row keys are worth a warning."""
    if spec.is_child:
        owners, name, keys = parent.tolist(), "project", () if spec.one_row else spec.row
    elif spec.name == "units":
        owners, name, keys = [v and fold(v) for v in table.get("unit")], "unit", ()
    else:
        return []
    if not (spec.one_row or keys):
        return []
    columns = [table.get(key) for key in keys]
    seen: dict = {}
    for i, owner in enumerate(owners):
        parts = tuple(column[i] for column in columns)
        if owner not in (-1, None) and None not in parts:
            seen.setdefault((owner, *parts), []).append(i)
    problems = []
    for same in seen.values():
        if len(same) > 1:
            numbers = "、".join(str(table.raw.numbers[i]) for i in same)
            if spec.one_row:
                text = f"在本表出现多次（第 {numbers} 行），只能有一行：请合并"
                problems.append(table.raw.problem("duplicate_row", text, at=same[-1], name=name))
            else:
                labels = "、".join(schema.label(spec.name, key) for key in keys)
                text = f"第 {numbers} 行的{labels}相同，可能重复登记：请核对"
                problems.append(
                    table.raw.problem("duplicate_row", text, at=same[-1], name=keys[0], severity="warning")
                )
    return problems


def _table(sheet: str, table: Typed | None, parent: np.ndarray | None, rulings: Rulings) -> Table:
    spec = schema.sheets()[sheet]
    n = total = table.n if table else 0
    numbers = np.array(table.raw.numbers if table else [], np.int64)
    order = None
    if spec.is_child:
        parent = parent if parent is not None else np.zeros(0, np.int64)
        order = np.argsort(parent, kind="stable")
        order = order[parent[order] >= 0]
        if len(order) == n and (order == np.arange(n)).all():
            order = None
        else:
            numbers, parent, n = numbers[order], parent[order], len(order)
    columns = {
        name: _column(
            column, table.values.get(name) if table else None, total, order, rulings.get((sheet, name))
        )
        for name, column in spec.fields.items()
    }
    return Table(sheet, n, columns, numbers, parent if spec.is_child else None)


def _column(spec: schema.Field, values: list | None, n: int, order, ruling) -> Column:
    if values is None and not ruling:
        return _absent(spec, n if order is None else len(order))
    values = list(values) if values is not None else [None] * n
    evidence = None
    if ruling:
        for i, value in ruling.values.items():
            values[i] = value
    claimed = np.fromiter((v is not None for v in values), bool, len(values))
    known = claimed
    if spec.judged:
        known = np.zeros(len(values), bool)
        evidence = dict(ruling.evidence) if ruling else {}
        known[list(evidence)] = True
    array = _array(spec, values)
    if order is not None:
        array, known, claimed = array[order], known[order], claimed[order]
        if evidence:
            evidence = {i: evidence[j] for i, j in enumerate(order.tolist()) if j in evidence}
    return Column(
        spec.name,
        spec.label,
        spec.sheet,
        "text" if spec.kind == "id" else spec.kind,
        array,
        known,
        spec.values if spec.kind == "enum" else (),
        claimed if spec.judged else None,
        evidence,
    )


def _array(spec: schema.Field, values: list) -> np.ndarray:
    """Values as the array of their kind (see `zwxm_core.facts.Column`)."""
    n = len(values)
    if spec.kind in ("money", "int", "bool"):
        return np.fromiter((0 if v is None else v for v in values), _DTYPES[spec.kind], n)
    if spec.kind == "enum":
        code = {v: i for i, v in enumerate(spec.values)}
        return np.fromiter((0 if v is None else code[v] for v in values), np.int8, n)
    if spec.kind == "date":
        days = {None: 0, NOT_YET: np.datetime64("NaT").astype(np.int64).item()}
        zero = date(1970, 1, 1).toordinal()
        for day in set(values) - days.keys():
            days[day] = day.toordinal() - zero
        return np.fromiter((days[v] for v in values), np.int64, n).view("M8[D]")
    unknown = _UNKNOWN.get(spec.kind)
    array = np.empty(n, object)
    array[:] = [unknown if v is None else v for v in values]
    return array


def _absent(spec: schema.Field, n: int) -> Column:
    """A column nobody filled in: unknown throughout, at no cost in memory."""
    one = np.empty((), _DTYPES.get(spec.kind, np.dtype(object)))
    one[()] = _UNKNOWN.get(spec.kind) if one.dtype == object else 0
    no = np.broadcast_to(np.zeros((), bool), n)
    return Column(
        spec.name,
        spec.label,
        spec.sheet,
        "text" if spec.kind == "id" else spec.kind,
        np.broadcast_to(one, n),
        no,
        spec.values if spec.kind == "enum" else (),
        no if spec.judged else None,
        {} if spec.judged else None,
    )
