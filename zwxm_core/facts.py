"""Facts of a portfolio as typed columns that know what is unknown.

A cell is in one of three states: it has a value; it is known that there is none
(a date that has not come, ``未``); or nobody has said (unknown). A column keeps
``values`` and a mask ``known`` beside them, so an unknown amount can never pass
for a zero. Sheets with several rows a project (adjustments, costs, materials)
are tables of their own, linked to the project row they belong to.

This module knows neither files nor the law: `zwxm_core.portfolio` builds these
tables, `zwxm_core.rules` reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np

ROW_KEYS = ("seq", "clause", "lot", "line", "year")
"""Fields that tell the rows of one project apart, first match wins."""


def row_words(field: str, label: str, value) -> str:
    """A row of a sheet as a sentence names it, by the field that tells the rows apart.

    >>> row_words("seq", "序号", 2), row_words("year", "用款年度", 2027), row_words("year", "年次", 3)
    ('序号 2', '2027 年度', '年次 3')
    >>> row_words("lot", "包号", "A")
    'A'
    """
    if field not in ("seq", "year"):
        return str(value)
    return f"{value} 年度" if label.endswith("年度") else f"{label} {value}"


class Evidence(NamedTuple):
    """Who judged (认定人), on what basis (依据) and when (日期, ISO)."""

    by: str
    basis: str
    on: str


@dataclass(frozen=True, slots=True)
class Column:
    """One field over all rows of a sheet.

    Parameters
    ----------
    name, label, sheet : str
        Field name, Chinese header and sheet name of the data dictionary.
    kind : str
        text, bool, date, int, money, pct, decimal, enum, enums or ref.
    values : ndarray, shape (n,)
        int64 for money (分) and int; bool for bool; datetime64[D] for date (NaT with
        ``known`` true: known not to have happened); int8 index into ``categories`` for
        enum; object for text, ref, enums (frozenset), pct and decimal (Decimal).
    known : ndarray of bool, shape (n,)
        False where the fact is unknown; the value there means nothing.
    categories : tuple of str
        The permitted values of an enum.
    claimed : ndarray of bool or None
        Judgements only: True where a value was typed. It counts (``known``) only with
        complete evidence.
    evidence : dict[int, Evidence] or None
        Judgements only: the evidence by row.
    """

    name: str
    label: str
    sheet: str
    kind: str
    values: np.ndarray
    known: np.ndarray
    categories: tuple[str, ...] = ()
    claimed: np.ndarray | None = None
    evidence: dict[int, Evidence] | None = None

    def __len__(self) -> int:
        return len(self.values)

    # A plain column is its own lower and upper bound (see `Bounds`).
    @property
    def low(self) -> np.ndarray:
        return self.values

    high = low

    @property
    def low_known(self) -> np.ndarray:
        return self.known

    high_known = low_known

    def take(self, rows) -> Column:
        """The same column for some rows only (an index array or a slice)."""
        evidence = self.evidence
        if evidence:
            index = np.arange(len(self.values))[rows]
            evidence = {i: evidence[j] for i, j in enumerate(index.tolist()) if j in evidence}
        return replace(
            self,
            values=self.values[rows],
            known=self.known[rows],
            claimed=None if self.claimed is None else self.claimed[rows],
            evidence=evidence,
        )

    def at(self, row: int):
        """The value of one row as JSON would have it; None when unknown.

        Money and ints as int, dates as ISO text (``"未"`` when known not to have
        happened), enums as their text.
        """
        if not self.known[row]:
            return None
        value = self.values[row]
        if self.kind == "date":
            return "未" if np.isnat(value) else str(value)
        if self.kind == "enum":
            return self.categories[value]
        if self.kind == "enums":
            return "、".join(sorted(value))
        if self.kind in ("pct", "decimal"):
            return str(value)
        return value.item() if isinstance(value, np.generic) else value

    def is_known(self, value: str) -> np.ndarray:
        """Where a choice is known to be one of its values; bool, one a row."""
        return self.known & (self.values == self.categories.index(value))

    def told(self, row: int) -> str:
        """The value of one row in a sentence: a day that has not come is 尚无, what nobody said 未提供."""
        value = self.at(row)
        if isinstance(value, bool):
            return "是" if value else "否"
        if value in (None, ""):
            return "未提供"
        return "尚无" if self.kind == "date" and value == "未" else str(value)

    def said(self, row: int) -> str:
        """The value of one row with its name: 验收日：尚无."""
        return f"{self.label}：{self.told(row)}"


@dataclass(frozen=True, slots=True)
class Bounds:
    """An amount known only to lie between two bounds, row by row.

    A sum over a list that may be incomplete, or that has an empty cell, still has a
    lower bound; a comparison that the bound settles is settled, another stays open.
    ``open_cells`` names the cells that would close the gap: a function from row to a
    list of (sheet, child row or None, field).
    """

    name: str
    label: str
    low: np.ndarray
    low_known: np.ndarray
    high: np.ndarray
    high_known: np.ndarray
    open_cells: Callable[[int], list] | None = None
    sheet: str = "derived"
    kind: str = "money"
    categories: tuple[str, ...] = ()  # words, where the numbers are codes

    @property
    def known(self) -> np.ndarray:
        """True where both bounds are known and equal: the amount itself is known."""
        return self.low_known & self.high_known & (self.low == self.high)

    def at(self, row: int) -> Any:
        """The exact amount of one row (分) or its word, or None when only bounds are known."""
        if not self.known[row]:
            return None
        value = int(self.low[row])
        return self.categories[value] if self.categories else value


@dataclass(slots=True)
class Table:
    """The rows of one sheet: columns by field name.

    ``row_numbers`` are the rows of the source (2 for the first data row of a sheet),
    ``parent`` the index of the project row each row belongs to (child tables only,
    ascending). Every field of the data dictionary is there; a column that the source
    lacks is unknown throughout.
    """

    name: str
    n: int
    columns: Mapping[str, Column]
    row_numbers: np.ndarray
    parent: np.ndarray | None = None
    reads: set = field(default_factory=set)

    def __getattr__(self, name: str) -> Column:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.column(name)

    def column(self, name: str) -> Column:
        """One column by field name, noted in ``reads``.

        ``table.amount`` is short for it, where no attribute of the table has that name (the
        project sheet's own ``name`` and ``parent`` are ``facts.name`` and ``facts.parent``).
        """
        try:
            column = self.columns[name]
        except KeyError:
            raise AttributeError(f"{self.name} has no field {name!r}") from None
        self.reads.add((self.name, name))
        return column

    def key(self, row: int) -> str:
        """What users call this row: its number, clause or year; else its row in the sheet."""
        for name in ROW_KEYS:
            if name in self.columns and (value := self.columns[name].at(row)) is not None:
                return str(value)
        return f"第 {self.row_numbers[row]} 行"

    def said(self, row: int) -> str:
        """The same as a sentence names it."""
        for name in ROW_KEYS:
            if name in self.columns and (value := self.columns[name].at(row)) is not None:
                return row_words(name, self.columns[name].label, value)
        return self.key(row)

    def take(self, rows, parent=None) -> Table:
        """The same table for some rows only; a column is cut when it is first looked at."""
        numbers = self.row_numbers[rows]
        return Table(self.name, len(numbers), Taken(self.columns, rows), numbers, parent, self.reads)


class Taken(Mapping):
    """Columns of a table for some rows only, each cut on first use."""

    def __init__(self, columns: Mapping[str, Column], rows):
        self._columns, self._rows = columns, rows
        self._cut: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        if name not in self._cut:
            self._cut[name] = self._columns[name].take(self._rows)
        return self._cut[name]

    def __iter__(self):
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


class Facts:
    """All facts of a portfolio: ``facts.approved_total`` is a column of the projects,
    ``facts.adjustments.amount`` one of the adjustments.

    ``reads`` collects (sheet, field) of what was looked at, so that the fields a clause
    needs are derived from the rule and never written twice.

    ``whole`` is the portfolio that the projects were taken from (itself, if they are all there
    is) and ``places`` their rows in it: what follows for a unit is asked of all its projects.
    """

    def __init__(
        self,
        projects: Table,
        children: dict[str, Table],
        others: dict[str, Table] | None = None,
        whole: Facts | None = None,
        places: np.ndarray | None = None,
    ):
        self.projects = projects
        self.children = children  # tables with a project column
        self.others = others or {}  # 单位, 系统目录 …: tables that hang on no project
        self.whole = self if whole is None else whole
        self.places = np.arange(projects.n) if places is None else places
        self.reads: set[tuple[str, str]] = set()
        self._made: dict[tuple, Any] = {}
        for table in self.tables.values():
            table.reads = self.reads

    @property
    def tables(self) -> dict[str, Table]:
        return {"projects": self.projects, **self.children, **self.others}

    @property
    def n(self) -> int:
        """Number of projects."""
        return self.projects.n

    def once(self, make: Callable[..., Any], *given) -> Any:
        """What `make` works out of these facts and of what is `given`, worked out once."""
        if (make, *given) not in self._made:
            self._made[make, *given] = make(self, *given)
        return self._made[make, *given]

    @property
    def ids(self) -> np.ndarray:
        """Project ids, object array of str."""
        return self.projects.columns["id"].values

    def __getattr__(self, name: str):
        if name.startswith("_") or name in ("projects", "children", "others", "whole", "places"):
            raise AttributeError(name)
        if name in self.children:
            return self.children[name]
        if name in self.others:
            return self.others[name]
        return self.projects.column(name)

    def take(self, rows) -> Facts:
        """The facts of some projects only (an ascending index array, or a slice of step 1)."""
        if isinstance(rows, slice):
            return self._between(*rows.indices(self.n)[:2])
        index = np.asarray(rows)
        new = np.full(self.n, -1, np.int64)
        new[index] = np.arange(len(index))
        children = {}
        for name, table in self.children.items():
            keep = np.flatnonzero(new[table.parent] >= 0)
            children[name] = table.take(keep, new[table.parent[keep]])
        return self._with(self.projects.take(index), children, index)

    def _between(self, start: int, stop: int) -> Facts:
        children = {}
        for name, table in self.children.items():
            first, last = np.searchsorted(table.parent, [start, stop])
            children[name] = table.take(slice(first, last), table.parent[first:last] - start)
        return self._with(self.projects.take(slice(start, stop)), children, slice(start, stop))

    def _with(self, projects: Table, children: dict[str, Table], rows) -> Facts:
        return Facts(projects, children, self.others, self.whole, self.places[rows])


class Rows:
    """The rows of a child table seen as cases of their own.

    A field of the child is that column; a field of the project is spread over its rows.
    """

    def __init__(self, facts: Facts, table: Table):
        self._facts, self._table = facts, table
        self._same = one_each(table.parent, facts.n)
        self.n = table.n

    def __getattr__(self, name: str) -> Column:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._table.columns:
            return self._table.column(name)
        column = self._facts.projects.column(name)
        return column if self._same else column.take(self._table.parent)


def is_any(values: np.ndarray, wanted: Iterable) -> np.ndarray:
    """Where a value is one of a few: compared one by one, since looking up in a set costs a single
    project's rules more than all their comparisons.

    >>> is_any(np.array([3, 1, 2]), (1, 2))
    array([False,  True,  True])
    """
    found = np.zeros(len(values), bool)
    for value in wanted:
        found |= values == value
    return found


def one_each(index: np.ndarray, n: int) -> bool:
    """Whether an index names the rows 0 to n - 1 in turn, so that there is nothing to pick.

    >>> one_each(np.array([0, 1, 2]), 3), one_each(np.array([0, 2]), 3)
    (True, False)
    """
    if len(index) != n or (n and (index[0] != 0 or index[-1] != n - 1)):
        return False
    return bool((index == counting(n)).all())


def counting(n: int) -> np.ndarray:
    """0 to n - 1, cut from an array that is kept (read only)."""
    return _numbers(n.bit_length())[:n]


@cache
def _numbers(bits: int) -> np.ndarray:
    numbers = np.arange(1 << bits)
    numbers.flags.writeable = False
    return numbers


def reach(mask: np.ndarray, parent: np.ndarray, n: int) -> np.ndarray:
    """Which of n projects have a row where the mask is true (or whose places it lists); ``parent`` is
    the project of each row.

    >>> reach(np.array([True, False, True]), np.array([0, 1, 3]), 4).tolist()
    [True, False, False, True]
    """
    reached = np.zeros(n, bool)
    reached[parent[mask]] = True
    return reached
