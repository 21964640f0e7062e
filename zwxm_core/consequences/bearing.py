"""On which units a cause bears: its project's, those that lead or take part (参建), those that took over (承继)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from zwxm_core.consequences.causes import Place, Setting
from zwxm_core.consequences.units import Units
from zwxm_core.facts import Facts


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
