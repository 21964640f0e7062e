"""Across the projects of one unit (项目单位): on whom a cause bears, and what that comes to.

A cause bears on the unit of its project; whether also on a unit that took part (参建) or that
took over (承继), the text does not say: two conventions. One proven cause suffices; that there
is none takes a complete list of the unit's projects (项目清单完整) and no open cause in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from zwxm_core.conditions import Condition, given
from zwxm_core.consequences.causes import NO_DAY, Cause, Place, Setting, places
from zwxm_core.facts import Facts

SHOWN = 20
"""Open causes that the row of one project names; the row of its unit names them all."""


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
    hint: bool = False
    exempt: np.ndarray | None = None
    staged: bool = False


@dataclass(slots=True)
class Units:
    """The units of a portfolio: by number, with the projects and what the sheet 单位 says."""

    names: list[str]
    of_project: np.ndarray
    row: np.ndarray
    number: dict[str, int]

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.names)


def units_of(f: Facts) -> Units:
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
        if known:
            row[number[name]] = at
    return Units(list(number), of_project, row, number)


# On whom a cause bears ------------------------------------------------------------------


@dataclass(slots=True)
class Bearing:
    """Pairs of a case and a unit it bears on, ascending by unit.

    ``sure`` is false where ``question`` (a convention, or a place in the workbook) is open.
    ``listed`` says of each unit whether its projects are all there, ``wanting`` which list is not.
    """

    case: np.ndarray
    unit: np.ndarray
    sure: np.ndarray
    question: list[Place | None]
    first: np.ndarray
    listed: np.ndarray
    wanting: dict[int, list[Place]] = field(default_factory=dict)

    def of(self, unit: int) -> slice:
        """The pairs of one unit."""
        return slice(int(self.first[unit]), int(self.first[unit + 1]))


def bearing(s: Setting, units: Units, parent: np.ndarray, possible: np.ndarray) -> Bearing:
    """On which units the cases of the projects `parent` bear, of those that are not disproved."""
    live = np.flatnonzero(possible)
    own = units.of_project[parent[live]]
    pairs: dict[tuple[int, int], tuple[bool, Place | None]] = {}
    for case, unit, sure, question in _partners(s, units, parent, live):
        pairs[unit, case] = (sure, question)
    for case, unit in zip(live.tolist(), own.tolist(), strict=True):
        if unit >= 0:
            pairs[unit, case] = (True, None)
    by_unit: dict[int, list[tuple[int, bool, Place | None]]] = {}
    for (unit, case), (sure, question) in pairs.items():
        by_unit.setdefault(unit, []).append((case, sure, question))
    listed, wanting = _lists(s.f, units)
    for unit, before, sure, question in _predecessors(s, units):
        for case, was_sure, was_asked in by_unit.get(before, ()):
            if (unit, case) not in pairs:
                pairs[unit, case] = (sure and was_sure, question or was_asked)
        if not listed[before]:
            wanting.setdefault(unit, []).extend(wanting[before])
    for unit in wanting:
        listed[unit] = False
    order = sorted(pairs)
    unit = np.array([u for u, _ in order], np.int64)
    return Bearing(
        np.array([c for _, c in order], np.int64), unit, np.array([pairs[k][0] for k in order], bool),
        [pairs[k][1] for k in order], np.searchsorted(unit, np.arange(units.n + 1)), listed, wanting,
    )  # fmt: skip


def _lists(f: Facts, units: Units) -> tuple[np.ndarray, dict[int, list[Place]]]:
    complete = f.units.list_complete
    full = complete.known & complete.values
    listed = np.array([row >= 0 and bool(full[row]) for row in units.row.tolist()], bool)
    wanting: dict[int, list[Place]] = {
        unit: [(None, "units", units.names[unit], "list_complete")]
        for unit in np.flatnonzero(~listed).tolist()
    }
    return listed, wanting


def _partners(s: Setting, units: Units, parent: np.ndarray, live: np.ndarray):
    """Units that lead or take part in the project of a case: the lead always, the others as the
    convention joint_unit_bears says. Units of a county are under rules of their own.
    """
    t = s.f.participants
    if not t.n:
        return
    cases: dict[int, list[int]] = {}
    for case in live.tolist():
        cases.setdefault(int(parent[case]), []).append(case)
    for row in np.flatnonzero(t.unit.known).tolist():
        project, role = int(t.parent[row]), t.role.at(row)
        if project not in cases or role == "县级协同":
            continue
        sure, question = role == "牵头", None
        if role is None:
            question = (str(s.f.ids[project]), "participants", row, "role")
        elif role == "参建":
            value = s.p.joint_unit_bears
            if value == "lead_only":
                continue
            sure = value == "all_participants"
            question = None if sure else (str(s.f.ids[project]), "ruleset", None, "joint_unit_bears")
        for case in cases[project]:
            yield case, units.number[t.unit.values[row]], sure, question


def _predecessors(s: Setting, units: Units):
    """Each unit with every unit it took over, at any remove, as the convention unit_successor says."""
    t = s.f.units
    taken = t.unit.known & t.successor_of.known & (t.successor_of.values != "无")
    if not taken.any():
        return
    value = s.p.unit_successor
    if value == "lapses":
        return
    question = None if value == "successor_bears" else (None, "ruleset", None, "unit_successor")
    before = {
        units.number[t.unit.values[row]]: units.number[t.successor_of.values[row]]
        for row in np.flatnonzero(taken).tolist()
    }
    for unit in before:
        seen, at = {unit}, before.get(unit)
        while at is not None and at not in seen:
            yield unit, at, question is None, question
            seen.add(at)
            at = before.get(at)


# What it comes to -----------------------------------------------------------------------


@dataclass(slots=True)
class Targets:
    """What a bar may fall on: projects, then whole units.

    Attributes
    ----------
    project, unit : ndarray of int, shape (m,)
        As in `Effect`.
    applies : Condition
    year : ndarray of int, shape (m,), or None
        The year asked about, 0 where it is not known; None where the clause has no year.
    year_cell : str or None
        The field of 项目 that would tell the year.
    caught : Condition or None
        Over the projects: whether the bar speaks of such a project.
    group : ndarray of int, shape (n,), or None
        Causes of a project in the same group as the target do not bear on it (其他).
    repairs : Condition or None
        Where the target repairs the project it hangs on: that project's cause is in question.
    parent : ndarray of int, shape (n,), or None
        The project each project hangs on; -1: none.
    """

    project: np.ndarray
    unit: np.ndarray
    applies: Condition
    year: np.ndarray | None = None
    year_cell: str | None = None
    caught: Condition | None = None
    group: np.ndarray | None = None
    repairs: Condition | None = None
    parent: np.ndarray | None = None


def across(s: Setting, units: Units, name: str, cause: Cause, targets: Targets) -> Effect:
    """The effect of a cause on targets of the units it bears on."""
    b = bearing(s, units, cause.parent, ~cause.condition.no)
    proven = b.sure & cause.condition.yes[b.case]
    tally = Tally(s, cause, b, targets)
    in_question, gone = tally.repaired(proven)
    sure = tally.count(proven, certain=True) - in_question
    possible = tally.count(np.ones(len(proven), bool), certain=False) - gone
    known = targets.unit >= 0
    listed = known & b.listed[np.where(known, targets.unit, 0)] if units.n else known
    yes, no = known & (sure > 0), listed & (possible == 0)
    if targets.caught is not None:
        n = s.f.n
        yes[:n], no[:n] = yes[:n] & targets.caught.yes, no[:n] | targets.caught.no
    body = given(name, "该单位有限制的原因", yes, no)
    chain = Chain(s, units, cause, b, targets, body, proven)
    years = np.zeros(len(known), np.int64) if targets.year is None else targets.year
    return Effect(
        name, targets.project, targets.unit, targets.applies, body, chain.told, chain.cells, chain.because,
        chain.since, years,
    )  # fmt: skip


class Tally:
    """Counts pairs of a case and a unit for many targets at once, by unit, year and group."""

    def __init__(self, s: Setting, cause: Cause, b: Bearing, targets: Targets):
        self.s, self.b, self.targets = s, b, targets
        self.of = cause.parent[b.case]
        self.year = None if targets.year is None or cause.year is None else cause.year[b.case]
        self.group = targets.group if targets.group is not None else np.arange(max(s.f.n, 1))
        self.nobody = int(self.group.max(initial=0)) + 1

    def count(self, mask: np.ndarray, certain: bool) -> np.ndarray:
        """How many of the pairs in `mask` bear on each target, those of its own group apart.

        With a year: `certain` counts the pairs of that very year; else those that may be of it too.
        """
        t = self.targets
        total = self._of(mask, None, certain)
        if t.group is None:
            return total
        return total - self._of(mask, np.where(t.project >= 0, self.group[t.project], self.nobody), certain)

    def repaired(self, proven: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of the causes in the project that a target repairs: the proven ones in question, and those
        that fall away, as the convention bar_51_remedial says.
        """
        t = self.targets
        none = np.zeros(len(t.unit), np.int64)
        if t.repairs is None or t.parent is None:
            return none, none
        of = np.where(t.project >= 0, t.parent[t.project], -1)
        within = (of >= 0) & ~t.repairs.no
        if not within.any() or (value := self.s.p.bar_51_remedial) == "barred":
            return none, none
        of = np.where(of >= 0, of, self.nobody)
        lifted = within & t.repairs.yes & (value == "not_barred")
        every = np.ones(len(proven), bool)
        return (
            np.where(within, self._of(proven, of, True), 0),
            np.where(lifted, self._of(every, of, False), 0),
        )

    def _of(self, mask: np.ndarray, group: np.ndarray | None, certain: bool) -> np.ndarray:
        unit = self.targets.unit
        keys = self.b.unit if group is None else self.b.unit * (self.nobody + 1) + self.group[self.of]
        wanted = unit if group is None else unit * (self.nobody + 1) + group
        if self.year is None or self.targets.year is None:
            return _matches(keys[mask], wanted)
        asked, year = self.targets.year, self.year
        every = np.unique(np.concatenate([year, asked]))
        dated, wanted_dated = (
            np.where(k < 0, -1, k * len(every) + np.searchsorted(every, y))
            for k, y in ((keys, year), (wanted, asked))
        )
        of_year = np.where(asked > 0, _matches(dated[mask & (year > 0)], wanted_dated), 0)
        if certain:
            return of_year
        undated = _matches(keys[mask & (year == 0)], wanted)
        ahead = _matches(keys[mask & (year >= self.s.as_of.year)], wanted)
        return undated + np.where(asked > 0, of_year, ahead)


def _matches(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """How many keys equal each wanted one.

    >>> _matches(np.array([3, 1, 3]), np.array([3, 2])).tolist()
    [2, 0]
    """
    if not len(keys):
        return np.zeros(len(wanted), np.int64)
    found, times = np.unique(keys, return_counts=True)
    at = np.minimum(np.searchsorted(found, wanted), len(found) - 1)
    return np.where(found[at] == wanted, times[at], 0)


@dataclass(slots=True)
class Chain:
    """Which causes stand behind one entry of a bar: for its reason, its open facts and its chain."""

    s: Setting
    units: Units
    cause: Cause
    b: Bearing
    targets: Targets
    body: Condition
    proven: np.ndarray

    def _pairs(self, row: int) -> list[int]:
        """The pairs that bear on a target, or may; what it cannot be reached by left out."""
        unit, project = int(self.targets.unit[row]), int(self.targets.project[row])
        if unit < 0:
            return []
        pairs = np.arange(self.b.first[unit], self.b.first[unit + 1])
        case = self.b.case[pairs]
        keep = np.ones(len(pairs), bool)
        if self.targets.group is not None and project >= 0:
            keep &= self.targets.group[self.cause.parent[case]] != self.targets.group[project]
        if self.targets.year is not None and self.cause.year is not None:
            year, asked = self.cause.year[case], int(self.targets.year[row])
            keep &= (year == 0) | ((year == asked) if asked else (year >= self.s.as_of.year))
        if self._repairs(row) and self.targets.repairs.yes[row] and self.s.p.bar_51_remedial == "not_barred":  # type: ignore[union-attr]
            keep &= self.cause.parent[case] != self._repaired(row)
        return pairs[keep].tolist()

    def _repaired(self, row: int) -> int:
        t = self.targets
        return -1 if t.parent is None or t.project[row] < 0 else int(t.parent[t.project[row]])

    def _repairs(self, row: int) -> bool:
        repairs = self.targets.repairs
        return repairs is not None and self._repaired(row) >= 0 and not repairs.no[row]

    def _in_question(self, row: int, pair: int) -> bool:
        """A proven cause in the project that the target repairs, or may."""
        of = int(self.cause.parent[self.b.case[pair]])
        return self._repairs(row) and of == self._repaired(row) and self.s.p.bar_51_remedial != "barred"

    def _deciding(self, row: int) -> list[int]:
        pairs = self._pairs(row)
        if not self.body.yes[row]:
            return pairs
        return [
            k for k in pairs if self.proven[k] and not self._in_question(row, k) and self._of_year(row, k)
        ]

    def _of_year(self, row: int, pair: int) -> bool:
        if self.targets.year is None or self.cause.year is None:
            return True
        return bool(self.cause.year[self.b.case[pair]] == self.targets.year[row])

    def told(self, row: int) -> list[str]:
        """The causes, each with the project it lies in."""
        unit, caught = int(self.targets.unit[row]), self._caught(row)
        if caught is not None and caught.no[row]:
            return caught.sentences(row)
        if unit < 0:
            return ["项目单位：未提供"]
        if self.body.no[row]:
            return ["该单位项目清单完整，未见限制的原因"]
        pairs = self._deciding(row)
        lines = [self._line(row, k) for k in pairs[:SHOWN]]
        if len(pairs) > SHOWN:
            lines.append(f"另有 {len(pairs) - SHOWN} 项，见该单位一行")
        if self.body.yes[row]:
            return lines
        if not self.b.listed[unit]:
            lines.insert(0, "单位的项目清单未说明完整，不能说未受限制")
        return [*(caught.sentences(row) if caught is not None and not caught.yes[row] else []), *lines]

    def _caught(self, row: int) -> Condition | None:
        return self.targets.caught if self.targets.project[row] >= 0 else None

    def _line(self, row: int, pair: int) -> str:
        case = int(self.b.case[pair])
        told = "，".join(self.cause.told(case))
        question = self.b.question[pair]
        if question is not None and not self.b.sure[pair]:
            told += (
                "（该单位是否承担其后果，条文未写明）" if question[1] == "ruleset" else "（参建角色未提供）"
            )
        if self._in_question(row, pair):
            told += "（本项目为其整改，是否也受限制，条文未写明）"
        return f"{self.s.f.ids[self.cause.parent[case]]}：{told}"

    def cells(self, row: int) -> list[Place]:
        """What would settle an open entry."""
        unit, project = int(self.targets.unit[row]), int(self.targets.project[row])
        if self.body.state(row) is not None:
            return []
        name, caught = None if project < 0 else str(self.s.f.ids[project]), self._caught(row)
        found = places(caught.open_cells(row), name) if caught is not None else []
        if unit < 0:
            return [*found, (name, "projects", None, "unit")]
        found += self.b.wanting.get(unit, ())
        pairs = self._pairs(row)
        if pairs and self.targets.year_cell and not self.targets.year[row] and project >= 0:  # type: ignore[index]
            found.append((name, "projects", None, self.targets.year_cell))
        for k in pairs if project < 0 else pairs[:SHOWN]:
            found += self.cause.cells(int(self.b.case[k]))
            question = self.b.question[k]
            if question is not None and not self.b.sure[k]:
                found.append((question[0] or name, *question[1:]))
            if self._in_question(row, k):
                assert self.targets.repairs is not None
                known = self.targets.repairs.yes[row]
                found.append(
                    (name, "ruleset", None, "bar_51_remedial")
                    if known
                    else (name, "projects", None, "remedy_for")
                )
        return list(dict.fromkeys(found))

    def because(self, row: int) -> list[dict]:
        """The proven causes: project, clause, field."""
        if not self.body.yes[row]:
            return []
        chain = [link for k in self._deciding(row) for link in self.cause.because(int(self.b.case[k]))]
        return [dict(pairs) for pairs in dict.fromkeys(tuple(link.items()) for link in chain)]

    def since(self, row: int) -> np.datetime64:
        """The day of the earliest proven cause."""
        if not self.body.yes[row]:
            return NO_DAY
        days = [self.cause.since[self.b.case[k]] for k in self._deciding(row)]
        return min((d for d in days if not np.isnat(d)), default=NO_DAY)
