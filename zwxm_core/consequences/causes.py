"""What sets a consequence off: the terms it is read by, sheets with their short forms, causes.

A cause is one case of one project that the text ties something to: an acceptance that failed, a
year in which data were not shared. It is a condition like any other, with the day or year it
counts from and the chain that is shown (because: project, clause, field).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from zwxm_core import lifecycle
from zwxm_core.conditions import Cell, Condition, all_of, given
from zwxm_core.facts import Column, Facts, Rows, Table, is_any
from zwxm_core.rules.chapter9 import in_force, ordinary
from zwxm_core.rulesets import IN_FORCE, STATUSES, TWO_READINGS, RuleSet, Terms

NO_DAY = np.datetime64("NaT", "D")


def no_day(_row: int) -> np.datetime64:
    """No first day is known."""
    return NO_DAY


Place = tuple[str | None, str, int | str | None, str]
"""Where a missing fact stands: project, sheet, row (or the name of a unit), field."""


@dataclass(slots=True)
class Effect:
    """One effect of a clause, one entry a project (or a year of it), or a whole unit.

    Attributes
    ----------
    name : str
        Code of the effect.
    project : ndarray of int, shape (m,)
        The project it falls on; -1: the whole unit.
    unit : ndarray of int, shape (m,)
        Number of the unit in `Units`; -1 where it is not known.
    applies, body : Condition
        Whether the clause asks at all, and whether the effect is set off.
    told, cells, because : callable
        Entry -> reasons, places of the facts that would settle it, the chain.
    since : callable
        Entry -> first day, or NaT.
    year : ndarray of int, shape (m,)
        The only year it holds in; 0: none, or not known.
    hint : bool
        The authority chooses: pointed out (提示), never decided.
    exempt : ndarray of bool or None
        Where an exemption is on file (例外).
    staged : bool
        It falls on the project the cause lies in, and is asked at certain stages only.
    stated : ndarray of bool, shape (m,)
        Some fact on file, or claimed, speaks for it; an open entry without is no news.
    """

    name: str
    project: np.ndarray
    unit: np.ndarray
    applies: Condition
    body: Condition
    told: Callable[[int], list[str]]
    cells: Callable[[int], list]
    because: Callable[[int], list[dict]]
    since: Callable[[int], np.datetime64]
    year: np.ndarray
    stated: np.ndarray
    hint: bool = False
    exempt: np.ndarray | None = None
    staged: bool = False


@dataclass(slots=True)
class Units:
    """The units of a portfolio: by number, with the projects, what the sheet 单位 says, and the least
    and most stage (阶段) that each project may be at.
    """

    names: list[str]
    of_project: np.ndarray
    row: np.ndarray
    number: dict[str, int]
    complete: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.names)


def units_of(f: Facts, as_of: date) -> Units:
    """Number the units named by the projects, by those taking part and in the sheet 单位."""
    number: dict[str, int] = {}
    for column in (f.unit, f.units.unit, f.participants.unit, f.units.successor_of):
        for known, name in zip(column.known.tolist(), column.values.tolist(), strict=True):
            if known and name != "无":
                number.setdefault(name, len(number))
    pairs = zip(f.unit.known.tolist(), f.unit.values.tolist(), strict=True)
    of_project = np.array([number.get(name, -1) if known else -1 for known, name in pairs], np.int64)
    row = np.full(len(number), -1, np.int64)
    for at, (known, name) in enumerate(
        zip(f.units.unit.known.tolist(), f.units.unit.values.tolist(), strict=True)
    ):
        if known and name in number:
            row[number[name]] = at
    complete = f.units.list_complete
    full = np.append(complete.known & complete.values, False).astype(bool)
    return Units(list(number), of_project, row, number, full[row], *f.once(lifecycle.reached, as_of))


@dataclass(slots=True)
class Setting:
    """A whole portfolio on one day, read by one set of terms for one clause.

    ``unsettled`` is noted where a day lies between the two readings of the last day in force.
    ``base`` and ``able`` are set while another reading of a convention is tried: projects whose
    facts cannot tell it (``able`` false) keep what `base` makes of them.
    """

    f: Facts
    p: Terms
    ruleset: RuleSet
    as_of: date
    clause: str
    units: Units
    alive: tuple[str, ...] = (IN_FORCE,)
    base: Terms | None = None
    able: np.ndarray | None = None
    unsettled: bool = False
    at: dict[str, int] = field(default_factory=dict)

    def place(self, project: str) -> int:
        """The row of a project."""
        if not self.at:
            self.at.update((str(id_), row) for row, id_ in enumerate(self.f.ids))
        return self.at[project]

    @property
    def today(self) -> np.datetime64:
        """The day of assessment."""
        return np.datetime64(self.as_of)

    def settled(self, make: Callable[[Terms], Condition], parent: np.ndarray | None = None) -> Condition:
        """A condition by the terms, project by project: where the reading tried cannot be told, by the base."""
        now = make(self.p)
        if self.base is None or self.able is None:
            return now
        before = make(self.base)
        able = self.able if parent is None else self.able[parent]
        now.yes, now.no = np.where(able, now.yes, before.yes), np.where(able, now.no, before.no)
        return now

    def bounds(self, rows: Facts | Rows, p: Terms, *days: np.ndarray) -> Condition:
        """The bounds of the ordinary rules, the event falling on one of `days` (all must be in force).

        A day that is not known (NaT) is judged as the day of assessment.
        """
        alive = tuple(STATUSES.index(name) for name in self.alive)
        status = np.full(rows.n, STATUSES.index(IN_FORCE), np.int8)
        for day in days or (np.full(rows.n, self.today),):
            there = self.ruleset.status_on(np.where(np.isnat(day), self.today, day))
            self.unsettled |= bool((there == STATUSES.index(TWO_READINGS)).any())
            status = np.where(is_any(status, alive), there, status)
        return ordinary(rows, p, in_force(status, alive), self.ruleset.clauses[self.clause].cite)


def taken(condition: Condition, index: np.ndarray) -> Condition:
    """A condition over the projects, read at one project for each entry."""
    return Condition(
        condition.id, "row", condition.text, condition.yes[index], condition.no[index], (condition,),
        rows=lambda row: [int(index[row])],
    )  # fmt: skip


def asked(
    name: str, text: str, where: np.ndarray, value: str, lifts: str, told: str, about: str = "其影响"
) -> Condition:
    """A question the text leaves open, where it arises: while undecided, unknown and named.

    Parameters
    ----------
    name : str
        The convention.
    where : ndarray of bool
        Where the question arises; elsewhere the condition holds.
    value : str
        What the rule set says.
    lifts : str
        The value by which the consequence falls away.
    told, about : str
        What raises the question, for the reason, and what is asked of it.
    """
    no = where & (value == lifts)
    yes = ~where | (~no & (value != "undecided"))
    return given(
        name, text, yes, no, (("ruleset", None, name),),
        lambda row: "" if not where[row] else told if yes[row] or no[row] else f"{told}，{about}条文未写明",
    )  # fmt: skip


@dataclass(slots=True)
class Cause:
    """Cases that may set a consequence off, one entry a case.

    Attributes
    ----------
    parent : ndarray of int, shape (k,)
        The project of each case.
    condition : Condition
        Whether it does, the bounds of the ordinary rules included.
    core : Condition
        The same without the bounds, for the reason.
    cells : callable
        Case -> places of the facts that would settle it.
    because : callable
        Case -> the chain, as the contract writes it.
    since : ndarray of datetime64[D], shape (k,)
        The day from which it counts; NaT where none is known.
    stated : ndarray of bool, shape (k,)
        Some fact on file, or claimed without evidence, speaks for it.
    year : ndarray of int, shape (k,), or None
        The only year in which it counts; 0 where that is not known.
    """

    parent: np.ndarray
    condition: Condition
    core: Condition
    cells: Callable[[int], list]
    because: Callable[[int], list[dict]]
    since: np.ndarray
    stated: np.ndarray
    year: np.ndarray | None = None

    def told(self, case: int) -> list[str]:
        """The facts of one case as sentences; the bounds only where they are what decides."""
        whole, core = self.condition.state(case), self.core.state(case)
        return (self.core if core is whole else self.condition).sentences(case)


def places(cells: list[Cell], project: str | None, sheet: Joined | None = None) -> list[Place]:
    """Cells of conditions as places in the workbook."""
    found: list[Place] = []
    for name, at, column in cells:
        if sheet is not None and name == sheet.table.name and isinstance(at, int):
            found.append(sheet.place(at, column))
        else:
            found.append((project, name, at, column))
    return list(dict.fromkeys(found))


# Sheets with short forms ----------------------------------------------------------------


@dataclass(slots=True)
class Joined:
    """The rows of a sheet, with one more row for each project that has none there.

    ``table`` is ascending by project; ``origin`` the row of the sheet (-1: none), ``short`` the
    field of 项目 that says the same in short.
    """

    table: Table
    origin: np.ndarray
    short: dict[str, str]
    ids: np.ndarray

    def place(self, row: int, field: str) -> Place:
        """Where one cell stands, or would stand."""
        project, origin = str(self.ids[self.parent[row]]), int(self.origin[row])
        if origin < 0 and field in self.short:
            return project, "projects", None, self.short[field]
        return project, self.table.name, None if origin < 0 else origin, field

    @property
    def parent(self) -> np.ndarray:
        """The project of each row."""
        assert self.table.parent is not None
        return self.table.parent


def joined(f: Facts, sheet: str, fields: tuple[str, ...], short: dict[str, str]) -> Joined:
    """A sheet with its short forms: where a project has one row, they fill its empty cells; where
    it has none, they are its row. Where there are several rows, only the sheet counts.
    """
    table = f.children[sheet]
    count = np.bincount(table.parent, minlength=f.n)
    bare = np.flatnonzero(count == 0)
    parent = np.concatenate([table.parent, bare])
    order = np.argsort(parent, kind="stable")
    single = np.concatenate([count[table.parent] == 1, np.ones(len(bare), bool)])
    columns = {}
    for name in fields:
        own = table.column(name)
        blank = np.empty(len(bare), own.values.dtype)
        blank[:] = np.zeros(1, own.values.dtype) if own.kind != "date" else NO_DAY
        values, known = (
            np.concatenate([own.values, blank]),
            np.concatenate([own.known, np.zeros(len(bare), bool)]),
        )
        claimed = None if own.claimed is None else np.concatenate([own.claimed, np.zeros(len(bare), bool)])
        if name in short:
            brief = f.projects.column(short[name])
            fill = single & ~known & (~claimed if claimed is not None else True)
            values = np.where(fill, brief.values[parent], values)
            known = known | (fill & brief.known[parent])
            if claimed is not None and brief.claimed is not None:
                claimed = claimed | (fill & brief.claimed[parent])
        columns[name] = Column(
            name, own.label, sheet, own.kind, values[order], known[order], own.categories,
            None if claimed is None else claimed[order],
        )  # fmt: skip
    origin = np.concatenate([np.arange(table.n), np.full(len(bare), -1)])[order]
    numbers = np.where(origin >= 0, np.append(table.row_numbers, 0)[origin], 0)
    return Joined(Table(sheet, len(origin), columns, numbers, parent[order], f.reads), origin, short, f.ids)


def year_bounds(years: Column, today: np.datetime64) -> tuple[np.ndarray, np.ndarray]:
    """First and last day that a thing found in a year may have been found on; NaT where unknown."""
    first = np.full(len(years), NO_DAY)
    first[years.known] = (years.values[years.known].astype(np.int64) - 1970).astype("M8[Y]").astype("M8[D]")
    end = (first.astype("M8[Y]") + np.timedelta64(1, "Y")).astype("M8[D]") - np.timedelta64(1, "D")
    return first, np.where(end > today, np.maximum(first, today), end)


def stated(column: Column, *values) -> np.ndarray:
    """Where one of the values is entered, be it without the evidence that would make it count."""
    entered = column.known if column.claimed is None else column.known | column.claimed
    if column.categories:
        values = tuple(column.categories.index(value) for value in values)
    return entered & is_any(column.values, values)


def happened(day: Column, today: np.datetime64) -> np.ndarray:
    """Where a day on file has come."""
    return day.known & ~np.isnat(day.values) & (day.values <= today)


def bounded(s: Setting, rows: Facts | Rows, core: Condition, p: Terms, *days: np.ndarray) -> Condition:
    """A cause within the bounds of the ordinary rules."""
    return all_of(core.id, core.text, s.bounds(rows, p, *days), core)
