"""What is stated of costs, and the years of it that count (费用 cut to what counts).

One path for everything: the facts become *spans* (an amount that falls due in each year
``first..last``); a line of sheet 费用 is a span of one year, the short form on the
project gives one for the fee, one for the build cost and one for O&M. The treatment cuts
the spans to the years that count; totals, present values and cash flows all read the
result. Where a fact is missing, a span counts for at least ``least`` and at most ``most``
years.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

from zwxm_core.facts import Column, Facts

BUILD, PURCHASE = "自行建设", "购买服务"

OTHER, SERVICE, OM, END, UNCLEAR = range(5)
HEADS = ("其他费用", "服务费", "运维费", "期末费用", "费用项未填")

LONGEST = 100  # years; a longer service life or a later year is taken for a slip: unknown
OPEN = LONGEST + 1  # the last year of a span whose end is not known


class Treatment(NamedTuple):
    """How cost lines count (口径 of 19.1.2). The items come from the rule set.

    Attributes
    ----------
    service_items : collection of str or None
        Items that are the yearly fee of the service; None: every purchase line that is
        no end cost.
    om_items, end_cost_items : collection of str
        Items that are O&M (运维), and costs of the end (迁移、退出、数据返还、残值); only
        the latter are expected to be negative.
    om_in_warranty : bool
        Whether O&M of warranty years counts.
    count_end_costs : bool
        Whether end costs count.
    """

    service_items: Collection[str] | None = None
    om_items: Collection[str] = ()
    end_cost_items: Collection[str] = ()
    om_in_warranty: bool = False
    count_end_costs: bool = False


class Years(NamedTuple):
    """Service life and warranty of all projects, years, shape (n,): at least and at most.

    An unknown life is from 0 to `OPEN`, an unknown warranty from 0 to longer than any life.
    """

    life: np.ndarray
    life_known: np.ndarray
    life_at_most: np.ndarray
    warranty: np.ndarray
    warranty_known: np.ndarray
    warranty_at_most: np.ndarray


class Span(NamedTuple):
    """One amount that falls due in each of its years, as stated and as it counts."""

    child: int | None
    field: str
    head: int
    amount: int
    known: bool
    timed: bool
    given_first: int
    given_last: int
    first: int
    last: int
    least: int
    most: int
    most_known: bool


@dataclass(frozen=True, slots=True)
class Spans:
    """Amounts of one mode that fall due yearly: cost lines, or one field of the short form.

    Arrays of shape (m,), or one value for all of them (``head``, ``given_first`` … of the short
    form). ``row`` is the project, ascending; ``child`` the row in sheet 费用, None for the short
    form (``field`` then names the field of the project, once a project). ``timed``: the year is
    known. ``given_last`` is `OPEN` where the amount runs to the end of the service life.
    ``first..last`` are the years that count at most, ``least`` to ``most`` their number.
    """

    row: Any
    starts: np.ndarray | None
    child: np.ndarray | None
    field: str
    head: np.ndarray
    amount: np.ndarray
    known: np.ndarray
    timed: np.ndarray
    given_first: np.ndarray
    given_last: np.ndarray
    first: np.ndarray
    last: np.ndarray
    least: np.ndarray
    most: np.ndarray
    most_known: np.ndarray

    def each(self) -> Iterator[Span]:
        """The amounts one by one (of a project taken alone)."""
        children = [None] * len(self.amount) if self.child is None else self.child.tolist()
        columns = [
            np.broadcast_to(getattr(self, name), self.amount.shape).tolist() for name in Span._fields[2:]
        ]
        for child, *rest in zip(children, *columns, strict=True):
            yield Span(child, self.field, *rest)

    def add_up(self, n: int, values: np.ndarray) -> np.ndarray:
        """Sums of values by project, shape (n,), in the values' own kind."""
        if isinstance(self.row, slice):
            return values
        total = np.zeros(n, values.dtype)
        if self.child is None:
            total[self.row] = values
        elif len(self.starts):
            total[self.row[self.starts]] = np.add.reduceat(values, self.starts)
        return total

    def reach(self, n: int, mask: np.ndarray) -> np.ndarray:
        """Which of n projects have an amount where the mask is true."""
        return self.add_up(n, np.broadcast_to(mask, self.amount.shape)) > 0


def years_of(f: Facts) -> Years:
    """Service life and warranty; values that cannot be (0 年, over `LONGEST`) are unknown."""

    def usable(column: Column, smallest: int, beyond: int):
        known = column.known & (column.values >= smallest) & (column.values <= LONGEST)
        least = (column.values * known).astype(np.int16)
        return least, known, np.where(known, least, np.int16(beyond))

    return Years(*usable(f.service_life, 1, OPEN), *usable(f.warranty_years, 0, OPEN))


def counted_amounts(f: Facts) -> tuple[np.ndarray, np.ndarray]:
    """What counts of each cost line: assessed, else claimed. Int64 分 and mask, shape (m,)."""
    assessed, claimed = f.costs.assessed, f.costs.claimed
    known = assessed.known | claimed.known
    amount = np.where(assessed.known, assessed.values, claimed.values)
    return np.where(known, amount, 0).astype(np.int64), known


def lines_of(f: Facts, mode: str) -> np.ndarray:
    """True for the cost lines of one mode; shape (m,)."""
    column = f.costs.mode
    code = column.categories.index(mode) if mode in column.categories else -1
    return column.known & (column.values == code)


def _items(f: Facts, treatment: Treatment) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """A code for the item of each line, and by mode the head of cost of each code."""
    names = (*treatment.end_cost_items, *treatment.om_items, *(treatment.service_items or ()))
    codes = {name: code for code, name in enumerate(dict.fromkeys(names), 1)}
    item = f.costs.item
    found = np.fromiter(map(codes.get, item.values, repeat(0)), np.int8, len(item))
    found[~item.known] = -1
    heads = {
        BUILD: np.full(len(codes) + 2, OTHER, np.int8),
        PURCHASE: np.full(len(codes) + 2, OTHER, np.int8),
    }
    if treatment.service_items is None:
        heads[PURCHASE][:] = SERVICE
    for mode, listed, head in (
        (BUILD, treatment.om_items, OM),
        (PURCHASE, treatment.service_items or (), SERVICE),
        (BUILD, treatment.end_cost_items, END),
        (PURCHASE, treatment.end_cost_items, END),
    ):
        heads[mode][[codes[name] for name in listed]] = head
    for of in heads.values():
        of[-1] = UNCLEAR
    return found, heads


SHORT_FORM = {
    BUILD: (("build_cost", OTHER, 0, 0), ("annual_om_cost", OM, 1, OPEN)),
    PURCHASE: (("annual_service_fee", SERVICE, 1, OPEN),),
}


def spans_of(f: Facts, treatment: Treatment, years: Years | None = None) -> dict[str, list[Spans]]:
    """The spans of both modes: cost lines where a project has some, else the short form."""
    years = years_of(f) if years is None else years
    item, heads = _items(f, treatment)
    amount, known = counted_amounts(f)
    year = f.costs.year
    timed = year.known & (year.values >= 0) & (year.values <= LONGEST)
    at = (year.values * timed).astype(np.int16)
    found = {}
    for mode, parts in SHORT_FORM.items():
        child = np.flatnonzero(lines_of(f, mode))
        row = f.costs.parent[child]
        starts = np.flatnonzero(np.diff(row, prepend=-1))
        lines = heads[mode][item[child]], amount[child], known[child], timed[child], at[child], at[child]
        found[mode] = [_counted(row, starts, child, "", *lines, years, treatment)] if len(child) else []
        others: np.ndarray | slice = slice(None)
        if len(child):
            listed = np.zeros(f.n, bool)
            listed[row[starts]] = True
            others = np.flatnonzero(~listed)
        for name, head, first, last in parts:
            column = f.projects.column(name)
            sure = column.known[others]
            stated = (
                np.int8(head),
                column.values[others] * sure,
                sure,
                np.True_,
                np.int16(first),
                np.int16(last),
            )
            found[mode].append(_counted(others, None, None, name, *stated, years, treatment))
    return found


def _counted(
    row, starts, child, field, head, amount, known, timed, given_first, given_last, years, treatment
) -> Spans:
    """Cut amounts as stated to the years that count, at least and at most."""
    first = surely_from = given_first
    if not treatment.om_in_warranty and (warranted := (head == OM) & (given_first >= 1)).any():
        first = np.where(warranted, np.maximum(given_first, years.warranty[row] + 1), given_first)
        surely_from = np.where(
            warranted, np.maximum(given_first, years.warranty_at_most[row] + 1), given_first
        )
    one = np.int16(1)
    last = given_last
    least = most = np.asarray(one)  # before service: counts whatever the life
    most_known = np.asarray(True)
    if given_last.ndim or given_last:
        last = np.minimum(given_last, years.life_at_most[row])
        most_known = years.life_known[row] | (given_last != OPEN)
        most = np.maximum(last - first + one, 0)
        least = np.maximum(np.minimum(given_last, years.life[row]) - surely_from + one, 0)
    if child is not None:
        unsure, ends = (head == UNCLEAR) | ~timed, head == END
        least, most = np.where(unsure, 0, least), np.where(unsure, 1, most)
        least, most = (np.where(ends, np.int16(treatment.count_end_costs), n) for n in (least, most))
        first, last = np.where(ends, given_first, first), np.where(ends, given_last, last)
    return Spans(
        row, starts, child, field, head, amount, known, timed, given_first, given_last,
        first, last, least, most, most_known,
    )  # fmt: skip
