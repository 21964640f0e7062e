"""From the causes in a unit to what they bar: counted for all targets at once, told for one.

A cause bears on its project's unit, on those that lead or take part (参建), on those that took over
(承继). One proven cause suffices; that there is none takes a complete list of the unit's projects
(项目清单完整) and no open cause in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zwxm_core.conditions import Condition, given
from zwxm_core.consequences.causes import NO_DAY, Cause, Effect, Place, Setting, places

SHOWN = 20
"""Causes that one row names; the row of a whole unit names all that are stated."""

# On which units -------------------------------------------------------------------------


@dataclass(slots=True)
class Bearing:
    """Pairs of a case and a unit it bears on, ascending by unit.

    ``question`` numbers the open question (in ``asked``: a convention, or a place in the workbook)
    on which a pair hangs, 0: none. ``first`` is where the pairs of a unit begin; ``listed`` says of
    each unit whether its projects are all there, ``before`` which units it took over.
    """

    case: np.ndarray
    unit: np.ndarray
    question: np.ndarray
    asked: list[Place | None]
    first: np.ndarray
    listed: np.ndarray
    before: dict[int, list[int]]

    def wanting(self, unit: int, names: list[str], full: np.ndarray) -> list[Place]:
        """The lists that are not known to be complete, of a unit and those it took over."""
        at = [unit, *self.before.get(unit, ())]
        return [(None, "units", names[one], "list_complete") for one in at if not full[one]]


def bearing(s: Setting, parent: np.ndarray, possible: np.ndarray) -> Bearing:
    """On which units the cases of the projects `parent` bear, of those that are not disproved."""
    units, live = s.units, np.flatnonzero(possible)
    own = units.of_project[parent[live]]
    asked: list[Place | None] = [None]
    pairs = [np.stack([live, own, np.zeros(len(live), np.int64)])[:, own >= 0]]
    pairs += _partners(s, parent[live], live, asked)
    before: dict = {}
    listed, direct = units.complete.copy(), np.concatenate(pairs, axis=1)
    for unit, old, question in _predecessors(s):
        there = direct[:, direct[1] == old]
        number = _number(asked, question)
        copied = np.full(there.shape[1], number) if number else there[2]
        pairs.append(np.stack([there[0], np.full(there.shape[1], unit), copied]))
        before.setdefault(unit, []).append(old)
        listed[unit] &= units.complete[old]
    case, unit, question = np.concatenate(pairs, axis=1)
    order = np.lexsort((question > 0, case, unit))
    case, unit, question = case[order], unit[order], question[order]
    new = np.ones(len(case), bool)
    new[1:] = (case[1:] != case[:-1]) | (unit[1:] != unit[:-1])
    case, unit, question = case[new], unit[new], question[new]
    first = np.searchsorted(unit, np.arange(units.n + 1))
    return Bearing(case, unit, question, asked, first, listed, before)


def _number(asked: list, question: Place | None) -> int:
    if question not in asked:
        asked.append(question)
    return asked.index(question)


def _partners(s: Setting, parent: np.ndarray, live: np.ndarray, asked: list):
    """Units that lead or take part in the project of a case: the lead always, the others as the
    convention joint_unit_bears says. Units of a county are under rules of their own.
    """
    t, order = s.f.participants, np.argsort(parent, kind="stable")
    first = np.searchsorted(parent[order], t.parent) if t.n else []
    last = np.searchsorted(parent[order], t.parent, side="right") if t.n else []
    for row in np.flatnonzero(t.unit.known & (t.unit.values != "无")).tolist():
        role, question = t.role.at(row), None
        if role == "县级协同" or first[row] == last[row]:
            continue
        project = str(s.f.ids[t.parent[row]])
        if role is None:
            question = (project, "participants", row, "role")
        elif role == "参建" and (value := s.p.joint_unit_bears) != "all_participants":
            if value == "lead_only":
                continue
            question = (project, "ruleset", None, "joint_unit_bears")
        cases = live[order[first[row] : last[row]]]
        number = 0 if question is None else len(asked)
        asked += [] if question is None else [question]
        unit = s.units.number[t.unit.values[row]]
        yield np.stack([cases, np.full(len(cases), unit), np.full(len(cases), number)])


def _predecessors(s: Setting):
    """Each unit with every unit it took over, at any remove, as the convention unit_successor says."""
    t, number = s.f.units, s.units.number
    taken = np.flatnonzero(t.unit.known & t.successor_of.known & (t.successor_of.values != "无")).tolist()
    if not taken or (value := s.p.unit_successor) == "lapses":
        return
    question = None if value == "successor_bears" else (None, "ruleset", None, "unit_successor")
    before = {number[t.unit.values[row]]: number[t.successor_of.values[row]] for row in taken}
    for unit in before:
        seen, at = {unit}, before.get(unit)
        while at is not None and at not in seen:
            yield unit, at, question
            seen.add(at)
            at = before.get(at)


# What is barred -------------------------------------------------------------------------


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


def across(s: Setting, name: str, cause: Cause, targets: Targets) -> Effect:
    """The effect of a cause on targets of the units it bears on."""
    b = bearing(s, cause.parent, ~cause.condition.no)
    proven = (b.question == 0) & cause.condition.yes[b.case]
    every = np.ones(len(proven), bool)
    tally = Tally(s, cause, b, targets)
    in_question, gone = tally.repaired(proven)
    sure = tally.count(proven, certain=True) - in_question
    possible = tally.count(every, certain=False) - gone
    stated = tally.count(cause.stated[b.case] | proven, certain=False) - gone
    known = targets.unit >= 0
    listed = known & b.listed[np.where(known, targets.unit, 0)] if s.units.n else known
    yes, no = known & (sure > 0), listed & (possible == 0)
    if targets.caught is not None:
        n = s.f.n
        yes[:n], no[:n] = yes[:n] & targets.caught.yes, no[:n] | targets.caught.no
    body = given(name, "该单位有限制的原因", yes, no)
    chain = Chain(s, cause, b, targets, body, proven)
    years = np.zeros(len(known), np.int64) if targets.year is None else targets.year
    return Effect(
        name, targets.project, targets.unit, targets.applies, body, chain.told, chain.cells, chain.because,
        chain.since, years, known & (stated > 0),
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
    cause: Cause
    b: Bearing
    targets: Targets
    body: Condition
    proven: np.ndarray

    def _pairs(self, row: int) -> np.ndarray:
        """The pairs that bear on a target, or may; what it cannot be reached by left out."""
        t, unit, project = self.targets, int(self.targets.unit[row]), int(self.targets.project[row])
        if unit < 0:
            return np.zeros(0, np.int64)
        pairs = np.arange(self.b.first[unit], self.b.first[unit + 1])
        case = self.b.case[pairs]
        keep = np.ones(len(pairs), bool)
        if t.group is not None and project >= 0:
            keep &= t.group[self.cause.parent[case]] != t.group[project]
        if t.year is not None and self.cause.year is not None:
            year, asked = self.cause.year[case], int(t.year[row])
            keep &= (year == 0) | ((year == asked) if asked else (year >= self.s.as_of.year))
        if (repaired := self._repaired(row)) >= 0 and self._lifted(row):
            keep &= self.cause.parent[case] != repaired
        pairs = pairs[keep]
        return pairs[np.argsort(~self.cause.stated[self.b.case[pairs]], kind="stable")]

    def _repaired(self, row: int) -> int:
        """The project a target repairs, or may, where that puts its cause in question; else -1."""
        t = self.targets
        if t.repairs is None or t.parent is None or t.project[row] < 0 or t.repairs.no[row]:
            return -1
        return -1 if self.s.p.bar_51_remedial == "barred" else int(t.parent[t.project[row]])

    def _lifted(self, row: int) -> bool:
        repairs = self.targets.repairs
        return repairs is not None and bool(repairs.yes[row]) and self.s.p.bar_51_remedial == "not_barred"

    def _proven(self, row: int) -> np.ndarray:
        """The pairs that bar a target for certain."""
        pairs, t = self._pairs(row), self.targets
        case = self.b.case[pairs]
        keep = self.proven[pairs] & (self.cause.parent[case] != self._repaired(row))
        if t.year is not None and self.cause.year is not None:
            keep &= (self.cause.year[case] == t.year[row]) & (t.year[row] > 0)
        return pairs[keep]

    def _shown(self, row: int) -> np.ndarray:
        """The pairs behind the state of an entry."""
        proven = self._proven(row)
        return proven if len(proven) else self._pairs(row)

    def _caught(self, row: int) -> Condition | None:
        return self.targets.caught if self.targets.project[row] >= 0 else None

    def _wants_year(self, row: int) -> bool:
        """A project whose year is not known, where some year may be barred."""
        t = self.targets
        unasked = t.year_cell is not None and t.year is not None and t.project[row] >= 0 and t.year[row] == 0
        return unasked and len(self._pairs(row)) > 0

    def told(self, row: int) -> list[str]:
        """The causes, each with the project it lies in."""
        unit, caught = int(self.targets.unit[row]), self._caught(row)
        if caught is not None and caught.no[row]:
            return caught.sentences(row)
        if unit < 0:
            return ["项目单位：未提供"]
        if self.body.no[row]:
            asked = 0 if self.targets.year is None else int(self.targets.year[row])
            return [f"该单位项目清单完整，{f'{asked} 年度' if asked else ''}未见限制的原因"]
        pairs = self._shown(row)
        lines = [self._line(row, k) for k in pairs[:SHOWN].tolist()]
        if len(pairs) > SHOWN:
            lines.append(f"另有 {len(pairs) - SHOWN} 项")
        if self._wants_year(row):
            lines.insert(0, f"{self.s.f.projects.columns[self.targets.year_cell].label}：未提供")  # type: ignore[index]
        if caught is not None and not caught.yes[row]:
            lines = [*caught.sentences(row), *lines]
        if not self.b.listed[unit] and not len(self._proven(row)):
            lines.insert(0, "单位的项目清单未说明完整，不能说未受限制")
        return lines

    def _line(self, row: int, pair: int) -> str:
        case, question = int(self.b.case[pair]), self.b.asked[self.b.question[pair]]
        told = "，".join(self.cause.told(case))
        if question is not None:
            asked = question[1] == "ruleset"
            told += "（该单位是否承担其后果，条文未写明）" if asked else "（参建角色未提供）"
        if self.cause.parent[case] == self._repaired(row):
            told += "（本项目为其整改，是否也受限制，条文未写明）"
        return f"{self.s.f.ids[self.cause.parent[case]]}：{told}"

    def cells(self, row: int) -> list[Place]:
        """What would settle an open entry; a project's row names the first causes, its unit's all."""
        t, unit, project = self.targets, int(self.targets.unit[row]), int(self.targets.project[row])
        if self.body.state(row) is not None:
            return []
        name, caught = None if project < 0 else str(self.s.f.ids[project]), self._caught(row)
        found = places(caught.open_cells(row), name) if caught is not None else []
        if unit < 0:
            return [*found, (name, "projects", None, "unit")]
        if len(self._proven(row)):
            return found
        found += self.b.wanting(unit, self.s.units.names, self.s.units.complete)
        pairs = self._pairs(row)
        if self._wants_year(row):
            found.append((name, "projects", None, t.year_cell))
        stated = 0 if project >= 0 else int(self.cause.stated[self.b.case[pairs]].sum())
        for pair in pairs[: max(stated, SHOWN)].tolist():
            found += self._cells_of(row, pair, name)
        return list(dict.fromkeys(found))

    def _cells_of(self, row: int, pair: int, name: str | None) -> list[Place]:
        case, question = int(self.b.case[pair]), self.b.asked[self.b.question[pair]]
        found = list(self.cause.cells(case))
        if question is not None:
            found.append((question[0] or name, *question[1:]))
        repairs = self.targets.repairs
        if repairs is not None and self.cause.parent[case] == self._repaired(row):
            open_ = (
                ("ruleset", None, "bar_51_remedial") if repairs.yes[row] else ("projects", None, "remedy_for")
            )
            found.append((name, *open_))
        return found

    def because(self, row: int) -> list[dict]:
        """The proven causes: project, clause, field; of a project's row the first ones."""
        if not self.body.yes[row]:
            return []
        pairs = self._proven(row)
        if self.targets.project[row] >= 0:
            pairs = pairs[:SHOWN]
        chain = [link for k in pairs.tolist() for link in self.cause.because(int(self.b.case[k]))]
        return [dict(pairs) for pairs in dict.fromkeys(tuple(link.items()) for link in chain)]

    def since(self, row: int) -> np.datetime64:
        """The day of the earliest proven cause."""
        days = self.cause.since[self.b.case[self._proven(row)]]
        known = days[~np.isnat(days)]
        return known.min() if self.body.yes[row] and len(known) else NO_DAY
