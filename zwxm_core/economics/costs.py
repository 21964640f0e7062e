"""What building costs and what buying costs: exact totals of each way (费用、总额).

One path for everything: the facts become *spans* (an amount that falls due in each year
``first..last``); a line of sheet 费用 is a span of one year, the short form on the
project gives one for the fee, one for the build cost and one for O&M. The treatment cuts
the spans to the years that count; totals, present values and cash flows all read the
result. Where a fact is missing, a span counts for at least ``least`` and at most ``most``
years, and the total has bounds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import NamedTuple

import numpy as np

from zwxm_core.conditions import Cell
from zwxm_core.facts import Bounds, Column, Facts, reach

from .discounting import factor_sum

BUILD, PURCHASE = "自行建设", "购买服务"

OTHER, SERVICE, OM, END, UNCLEAR = range(5)
HEADS = ("其他费用", "服务费", "运维费", "期末费用", "费用项未填")

LONGEST = 100  # years; a longer service life or a later year is taken for a slip: unknown
LIMIT = 2.0**62  # 分; sums beyond it are unknown rather than wrapped
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

    row: np.ndarray | slice
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
    for mode, names, head in (
        (BUILD, treatment.om_items, OM),
        (PURCHASE, treatment.service_items or (), SERVICE),
        (BUILD, treatment.end_cost_items, END),
        (PURCHASE, treatment.end_cost_items, END),
    ):
        heads[mode][[codes[name] for name in names]] = head
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
    if given_last.ndim == 0 and given_last == 0:  # before service: counts whatever the life
        last, most_known = given_last, np.True_
        least = most = one
    else:
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


# Totals ---------------------------------------------------------------------------------


def sum_by_row(n: int, row: np.ndarray, amounts: np.ndarray):
    """Sum int64 amounts by ascending row; the sums and where they are safe from overflow."""
    safe = np.bincount(row, weights=np.abs(amounts.astype(np.float64)), minlength=n) < LIMIT
    total = np.zeros(n, np.int64)
    np.add.at(total, row, np.where(safe[row], amounts, 0))
    return total, safe


def _safe(n: int, parts: Sequence[Spans]) -> np.ndarray | None:
    """Where the sum of the parts cannot pass `LIMIT`, shape (n,); None: everywhere."""
    crude = 0
    for part in parts:
        most = int(np.max(part.most, initial=0))
        lines = 1 if part.child is None else int(np.diff(part.starts, append=len(part.amount)).max(initial=0))
        crude += max(int(part.amount.max(initial=0)), -int(part.amount.min(initial=0))) * most * lines
    if crude < LIMIT:
        return None
    return (
        sum(
            part.add_up(
                n, np.abs(part.amount.astype(np.float64)) * np.where(part.most_known, part.most, part.least)
            )
            for part in parts
        )
        < LIMIT
    )


def _sum(n: int, parts: Sequence[Spans]) -> tuple:
    """Low, low_known, high, high_known of the parts; none is a known zero."""
    safe = _safe(n, parts)
    low, differs = np.zeros(n, np.int64), np.zeros(n, np.int64)
    low_known = np.ones(n, bool) if safe is None else safe
    high_known = low_known.copy()
    for part in parts:
        amount = part.amount if safe is None else np.where(safe[part.row], part.amount, 0)
        least, wide = amount * part.least, (part.most - part.least) * part.most_known
        if wide.any():
            more = amount * wide
            least += np.minimum(more, 0)
            differs += part.add_up(n, np.abs(more))
        low += part.add_up(n, least)
        unsure = ~(part.known & part.most_known)
        if unsure.any():
            opened_low, opened_high = _open_ends(part, unsure)
            low_known &= ~part.reach(n, opened_low)
            high_known &= ~part.reach(n, opened_high)
    return low, low_known, low + differs if differs.any() else low, high_known


def _open_ends(part: Spans, unsure: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the ``unsure`` amounts: whether the lower, and whether the upper end of what they add is open."""
    ever = unsure & ~(part.most_known & (part.most == 0))
    signed = (part.head == END) | (part.head == UNCLEAR)
    low = ever & np.where(part.known, (part.amount < 0) & ~part.most_known, signed)
    high = ever & ~(part.known & ((part.amount == 0) | part.most_known | (part.amount < 0)))
    return low, high


def _gaps(n: int, mode: str, parts: Sequence[Spans], years: Years) -> tuple[np.ndarray, np.ndarray] | None:
    """Service years without a line of the yearly head (服务费, 运维费) and whether that is known.

    None, or zero, where the short form prices the mode. O&M is not asked for in warranty years.
    """
    if not parts or parts[0].child is None:
        return None
    lines = parts[0]
    start = np.zeros(n, np.int16) if mode == PURCHASE else years.warranty
    wanted = SERVICE if mode == PURCHASE else OM
    year, row = lines.given_first, lines.row
    priced = lines.timed & (lines.head == wanted) & (year > start[row]) & (year <= years.life[row])
    seen = np.zeros((n, int(year.max(initial=0)) + 1), bool)
    seen[row[priced], year[priced]] = True
    missing = np.maximum(years.life - start, 0) - np.count_nonzero(seen, axis=1)
    listed = np.zeros(n, bool)
    listed[row[lines.starts]] = True
    return np.where(listed, missing, 0), ~listed | years.life_known


def coverage(f: Facts, **treatment) -> tuple[np.ndarray, np.ndarray]:
    """Service years that the purchase lines leave without a service fee.

    Returns
    -------
    missing : ndarray of int64, shape (n,)
        Number of such years; 0 where the short form prices the service.
    known : ndarray of bool, shape (n,)
        False where lines exist but the service life is unknown.
    """
    parts, years = spans_of(f, Treatment(**treatment))[PURCHASE], years_of(f)
    return _gaps(f.n, PURCHASE, parts, years) or (np.zeros(f.n, np.int64), np.ones(f.n, bool))


TOTALS = {PURCHASE: ("service_total", "服务费预算总额"), BUILD: ("build_total", "自建建设运维总额")}


def total_of(f: Facts, mode: str, parts: Sequence[Spans], treatment: Treatment, years: Years) -> Bounds:
    """The total of one mode from its spans; shape (n,)."""
    low, low_known, high, high_known = _sum(f.n, parts)
    certain = np.zeros(f.n, bool)
    for part in parts:
        sure = part.known & ((part.least > 0) | ((part.amount == 0) & (part.most > 0)))
        if part.child is None:
            certain[part.row] |= sure
        else:
            certain |= part.reach(f.n, sure)
    low_known &= certain
    if gaps := _gaps(f.n, mode, parts, years):
        high_known &= gaps[1] & (gaps[0] == 0)
    strays = _strays(f)
    low_known &= ~strays
    high_known &= ~strays
    if high is low and not np.array_equal(low_known, high_known):
        high = low.copy()  # one array for both ends says that the amount is exact

    def open_cells(row: int) -> list[Cell]:
        return _open_cells(f, mode, treatment, row)

    return Bounds(
        *TOTALS[mode],
        low=low,
        low_known=low_known,
        high=high,
        high_known=high_known,
        open_cells=open_cells,
    )


def _strays(f: Facts) -> np.ndarray:
    """The projects with a cost line whose mode is not known, shape (n,)."""
    return reach(~f.costs.mode.known, f.costs.parent, f.n)


def _open_cells(f: Facts, mode: str, treatment: Treatment, row: int) -> list[Cell]:
    """The cells that keep the total of one row from being known."""
    one = f.take(slice(row, row + 1))
    start = int(np.searchsorted(f.costs.parent, row)) if f.costs.n else 0
    years = years_of(one)
    parts = spans_of(one, treatment, years)[mode]
    cells: list[Cell] = [("costs", start + int(k), "mode") for k in np.flatnonzero(~one.costs.mode.known)]
    for span in (span for part in parts for span in part.each()):
        if (span.known and span.amount == 0) or (span.most_known and span.most == 0):
            continue
        child = None if span.child is None else span.child + start
        if not span.known:
            cells.append(("projects", None, span.field) if child is None else ("costs", child, "claimed"))
        if span.head == UNCLEAR:
            cells.append(("costs", child, "item"))
        if not span.timed and span.head != END:
            cells.append(("costs", child, "year"))
        if span.least == span.most and span.most_known:
            continue
        if not years.life_known[0] and span.given_last > 0:
            cells.append(("projects", None, "service_life"))
        if span.head == OM and not treatment.om_in_warranty and not years.warranty_known[0]:
            cells.append(("projects", None, "warranty_years"))
    if gaps := _gaps(1, mode, parts, years):
        missing, known = gaps
        if not known[0]:
            cells.append(("projects", None, "service_life"))
        elif missing[0]:
            cells.append(("costs", None, "claimed"))
    return list(dict.fromkeys(cells)) or [("costs", None, "claimed")]  # lines, but none that counts


def service_total(f: Facts, **treatment) -> Bounds:
    """Total of the service over its life (服务费预算总额), exact 分, all projects.

    Parameters
    ----------
    f : Facts
    **treatment
        The fields of `Treatment`.

    Returns
    -------
    Bounds, shape (n,)
        Known where every part is; a lower bound where some parts are, e.g. where the lines
        price three years of a life of eight. ``open_cells(row)`` names what is missing.
    """
    return _total(f, PURCHASE, Treatment(**treatment))


def build_total(f: Facts, **treatment) -> Bounds:
    """Total of building and running it yourself (自建建设运维总额), exact 分, all projects.

    Parameters and result as for `service_total`. Warranty unknown while there is O&M: from
    "all of it warranted" to "none of it warranted".
    """
    return _total(f, BUILD, Treatment(**treatment))


def _total(f: Facts, mode: str, treatment: Treatment) -> Bounds:
    years = years_of(f)
    return total_of(f, mode, spans_of(f, treatment, years)[mode], treatment, years)


def discounted_totals(f: Facts, rate: float, timing: str = "year_end", **treatment) -> dict:
    """Present values of both modes (现值), 元.

    Returns
    -------
    dict of mode -> (ndarray of float64, ndarray of bool), each of shape (n,)
        Value in 元, and where it is known: the nominal total is, and so is every year.
    """
    chosen, years = Treatment(**treatment), years_of(f)
    return {
        mode: discounted(f.n, parts, total_of(f, mode, parts, chosen, years), rate, timing)
        for mode, parts in spans_of(f, chosen, years).items()
    }


def discounted(n: int, parts: Sequence[Spans], total: Bounds, rate: float, timing: str) -> tuple:
    """Present value of one mode from its spans and its total: 元 and mask, shape (n,)."""
    present, known = np.zeros(n), total.known
    for part in parts:
        if part.first.ndim == 0 and part.last.ndim == 0 and part.last == 0:
            value = part.amount * 0.01
        else:
            yearly = factor_sum(rate, np.maximum(part.first, 1), part.last, timing)
            value = part.amount * 0.01 * yearly
        if part.child is None:
            present[part.row] += value
            continue
        value = np.where(part.most > 0, value + part.amount * 0.01 * (part.first == 0), 0.0)
        present += part.add_up(n, value)
        undated = (part.most > 0) & ~part.timed & (part.amount != 0)
        if undated.any():
            known = known & ~part.reach(n, undated)
    return np.where(known, present, np.nan), known


def without_service_fee(f: Facts, parts: Sequence[Spans]) -> tuple[np.ndarray, np.ndarray]:
    """What buying costs besides the yearly fee, from its spans: int64 分 and mask, shape (n,)."""
    others = [other for part in parts if (other := _besides(part)) is not None]
    low, low_known, high, high_known = _sum(f.n, others)
    return low, low_known & high_known & (low == high) & ~_strays(f)


def _besides(part: Spans) -> Spans | None:
    """The amounts of a part that are no service fee; None where there are none."""
    fee = part.head == SERVICE
    if part.child is None:
        return None if fee else part
    return replace(part, known=part.known | fee, amount=np.where(fee, 0, part.amount))
