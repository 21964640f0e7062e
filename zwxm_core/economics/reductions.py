"""The table of cuts (核减表): claimed, assessed, cut, ratio and reason."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from zwxm_core.conditions import Cell
from zwxm_core.facts import Bounds, Facts

from .costs import counted_amounts, lines_of
from .totals import sum_by_row


class Reduction(NamedTuple):
    """One row of the table; amounts in 分, None where unknown.

    A line without an assessed amount stands as claimed. A negative cut is an increase
    (核增). ``ratio`` is cut / claimed, exact; None where claimed is unknown or zero.
    ``row`` is the row in sheet 费用, None for a sum.
    """

    mode: str
    item: str
    year: int | None
    claimed: int | None
    assessed: int | None
    cut: int | None
    ratio: Fraction | None
    reason: str | None
    row: int | None


def _reduction(mode, item, year, claimed, assessed, reason, row) -> Reduction:
    cut = None if claimed is None or assessed is None else claimed - assessed
    ratio = Fraction(cut, claimed) if cut is not None and claimed else None
    return Reduction(mode, item, year, claimed, assessed, cut, ratio, reason, row)


def reductions(f: Facts, row: int) -> dict[str, list[Reduction]]:
    """The cuts of one project.

    Returns
    -------
    dict
        ``lines``: one per cost line, as listed; ``items``: sums by mode and item (费用项);
        ``modes``: sums by mode. Sums with an unknown part are None.
    """
    costs = f.costs
    amount, known = counted_amounts(f)
    lines = []
    for k in np.flatnonzero(costs.parent == row).tolist():
        lines.append(
            _reduction(
                costs.mode.at(k) or "方式未填",
                costs.item.at(k) or "费用项未填",
                costs.year.at(k),
                costs.claimed.at(k),
                int(amount[k]) if known[k] else None,
                costs.cut_reason.at(k),
                k,
            )
        )
    return {
        "lines": lines,
        "items": _sums(lines, lambda line: (line.mode, line.item)),
        "modes": _sums(lines, lambda line: (line.mode, "合计")),
    }


def added(amounts: Iterable[int | None]) -> int | None:
    """The sum of amounts; None where one of them is unknown.

    >>> added([1, 2]), added([1, None]), added([])
    (3, None, 0)
    """
    total = 0
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


def _sums(lines: list[Reduction], key) -> list[Reduction]:
    groups: dict[tuple, list[Reduction]] = {}
    for line in lines:
        groups.setdefault(key(line), []).append(line)

    return [
        _reduction(
            mode, item, None, added(x.claimed for x in group), added(x.assessed for x in group), None, None
        )
        for (mode, item), group in groups.items()
    ]


def reduction_totals(f: Facts, mode: str) -> dict[str, Bounds]:
    """Claimed, assessed and cut of all projects in one mode (申报、审定、核减合计), exact 分.

    Returns
    -------
    dict of str -> Bounds, shape (n,)
        ``claimed``, ``assessed``, ``cut``; known where the project has lines and none of
        them lacks the amount.
    """
    lines = np.flatnonzero(lines_of(f, mode))
    row = f.costs.parent[lines]
    listed = np.bincount(row, minlength=f.n) > 0
    strays = np.bincount(f.costs.parent[~f.costs.mode.known], minlength=f.n) > 0
    counted, counted_known = counted_amounts(f)
    claimed = f.costs.claimed

    def summed(name, label, amounts, known):
        total, safe = sum_by_row(f.n, row, np.where(known, amounts, 0)[lines])
        complete = safe & listed & ~strays & (np.bincount(row[~known[lines]], minlength=f.n) == 0)
        return Bounds(name, label, total, complete, total, complete, _cells(f, mode, known))

    both = claimed.known & counted_known
    cut = np.where(both, claimed.values, 0) - np.where(both, counted, 0)
    return {
        "claimed": summed("claimed", "申报合计", claimed.values, claimed.known),
        "assessed": summed("assessed", "审定合计", counted, counted_known),
        "cut": summed("cut", "核减合计", cut, both),
    }


def _cells(f: Facts, mode: str, known: np.ndarray):
    """Row -> the cells that keep a sum of cuts open."""

    def open_cells(row: int) -> list[Cell]:
        mine = f.costs.parent == row
        cells: list[Cell] = [("costs", int(k), "mode") for k in np.flatnonzero(mine & ~f.costs.mode.known)]
        lines = np.flatnonzero(mine & lines_of(f, mode))
        cells += [("costs", int(k), "claimed") for k in lines if not known[k]]
        return cells if cells or len(lines) else [("costs", None, "claimed")]

    return open_cells
