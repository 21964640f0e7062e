"""Reading a sheet that has one row for each project (or one for each project and clause).

The leaves of a rule are made over the rows of the sheet, so that they name their cell; these
functions read them project by project, and say what is missing where there is no row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from zwxm_core.conditions import Cell, Condition, all_of, given, is_true, on_row
from zwxm_core.facts import Bounds, Column, Table

NONE = "无"
INTEGRATION = "本项目的整合情况（整合表）"


def row_index(table: Table, n: int, clause: str | None = None) -> np.ndarray:
    """Row of each project in a sheet that has one (for a clause, if given); -1 where none. Shape (n,)."""
    rows = np.arange(table.n)
    if clause is not None:
        rows = np.flatnonzero(table.clause.is_known(clause))
    index = np.full(n, -1, np.int64)
    index[table.parent[rows]] = rows
    return index


def with_row(
    condition: Condition, table: Table, index: np.ndarray, text: str, cells: tuple[Cell, ...] = ()
) -> Condition:
    """A condition made of leaves of a sheet: where a project has no row there, its fields are missing.

    Parameters
    ----------
    text : str
        What the row tells, told as missing: “本项目的整合情况（整合表）”.
    cells : tuple of Cell
        What to name as missing; default: all fields that the condition reads of the sheet.
    """
    has = index >= 0
    read = dict.fromkeys(c.name for c in _columns(condition) if c.sheet == table.name)
    cells = cells or tuple((table.name, None, name) for name in read)
    filled = given(
        f"{table.name}_row", f"填写了{text}", has, np.zeros(len(has), bool), cells,
        lambda row: "" if has[row] else f"没有填写{text}",
    )  # fmt: skip
    return all_of(condition.id, condition.text, condition, filled)


def _columns(condition: Condition) -> Iterator[Column | Bounds]:
    yield from condition.facts
    for part in condition.parts:
        yield from _columns(part)


def on_file(id: str, text: str, column: Column) -> Condition:
    """A positive act (approval, exemption): there where recorded, not there where nobody recorded it.

    One that was typed without complete evidence is unknown.
    """
    yes = column.known & column.values.astype(bool)
    typed = np.zeros(len(column), bool) if column.claimed is None else column.claimed & ~column.known
    leaf = is_true(id, text, column)
    told = leaf.says
    leaf.no = ~yes & ~typed
    leaf.says = lambda row: told(row) if column.known[row] or typed[row] else f"未见{column.label}"
    return leaf


def exemption_on_file(leaf: Condition, table: Table, index: np.ndarray) -> Condition:
    """An exemption by discretion: recorded in the project's row; without a row there is none."""
    has = index >= 0
    listed = given(
        f"{leaf.id}_row",
        "有例外记录",
        has,
        ~has,
        says=lambda row: "" if has[row] else f"未见{leaf.facts[0].label}",
    )
    return all_of(leaf.id, leaf.text, listed, on_row(leaf, index), premise=True)


def includes(id: str, text: str, column: Column, *values: str) -> Condition:
    """One of `values` is among the several values of the field."""
    wanted = frozenset(values)
    pairs = zip(column.known.tolist(), column.values, strict=True)
    found = np.array([known and not wanted.isdisjoint(v) for known, v in pairs], bool)
    return Condition(
        id, "leaf", text, found, column.known & ~found, facts=(column,),
        says=lambda row: f"{column.label}：{column.told(row)}",
    )  # fmt: skip


def in_short(whole: Condition, label: str, says: Callable[[int], str]) -> Condition:
    """A condition told in one sentence instead of leaf by leaf; what is open in it stays named."""
    state, settled = whole.yes.astype(np.int64), whole.yes | whole.no
    fact = Bounds(whole.id, label, state, settled, state, settled, whole.open_cells, kind="int")
    return Condition(whole.id, "leaf", whole.text, whole.yes, whole.no, facts=(fact,), says=says)


def told_with(premise: Condition, leaf: Condition) -> Condition:
    """The same leaf, its sentence led by what called for it (the figures, the judgement)."""
    told = leaf.says or (lambda row: leaf.text)
    leaf.says = lambda row: "；".join(
        [*premise.sentences(row), told(row)] if premise.yes[row] else [told(row)]
    )
    return leaf


def spread(column: Column, index: np.ndarray) -> Column:
    """A column of a sheet, one entry a project; unknown where the project has no row."""
    has = index >= 0
    values, known = np.zeros(len(index), column.values.dtype), np.zeros(len(index), bool)
    values[has], known[has] = column.values[index[has]], column.known[index[has]]
    return replace(column, values=values, known=known, claimed=None, evidence=None)
