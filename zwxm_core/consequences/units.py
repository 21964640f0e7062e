"""Across the projects of one unit (项目单位): on whom a cause bears, and what that comes to.

What a clause comes to is an `Effect`: on the project a cause lies in, on the others of its unit,
or on the unit as a whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from zwxm_core.conditions import Condition
from zwxm_core.facts import Facts


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
