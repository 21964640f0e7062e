"""What building costs and what buying costs: exact totals of each way (费用、总额).

One path for everything: the facts become *spans* (an amount that falls due in each year
``first..last``); a line of sheet 费用 is a span of one year, the short form on the
project gives one for the fee, one for the build cost and one for O&M. The treatment cuts
the spans to the years that count; totals, present values and cash flows all read the
result. Where a fact is missing, a span counts for at least ``least`` and at most ``most``
years, and the total has bounds.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Stated:
    """Amounts that fall due yearly as stated, of one mode, all projects; arrays of shape (m,).

    ``child`` is the row in sheet 费用, -1 for the short form (``field`` then names the field
    of the project). ``timed``: the year is known. ``given_last`` is `OPEN` where the amount
    runs to the end of the service life.
    """

    row: np.ndarray
    child: np.ndarray
    field: np.ndarray
    head: np.ndarray
    amount: np.ndarray
    known: np.ndarray
    timed: np.ndarray
    given_first: np.ndarray
    given_last: np.ndarray


@dataclass(frozen=True, slots=True)
class Spans(Stated):
    """Stated amounts cut to what counts: ``first..last`` at most, ``least`` to ``most`` years."""

    first: np.ndarray
    last: np.ndarray
    least: np.ndarray
    most: np.ndarray
    most_known: np.ndarray


STATED = tuple(Stated.__dataclass_fields__)


class Years(NamedTuple):
    """Service life and warranty of all projects: int64 年 with masks, shape (n,)."""

    life: np.ndarray
    life_known: np.ndarray
    warranty: np.ndarray
    warranty_known: np.ndarray


def years_of(f: Facts) -> Years:
    """Service life and warranty; values that cannot be (0 年, over `LONGEST`) are unknown."""

    def usable(column: Column, smallest: int):
        known = column.known & (column.values >= smallest) & (column.values <= LONGEST)
        return np.where(known, column.values, 0).astype(np.int64), known

    return Years(*usable(f.service_life, 1), *usable(f.warranty_years, 0))


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


def _heads(f: Facts, mode: str, treatment: Treatment) -> np.ndarray:
    item = f.costs.item
    rest = SERVICE if mode == PURCHASE and treatment.service_items is None else OTHER
    heads = {}
    if mode == PURCHASE:
        heads.update(dict.fromkeys(treatment.service_items or (), SERVICE))
    else:
        heads.update(dict.fromkeys(treatment.om_items, OM))
    heads.update(dict.fromkeys(treatment.end_cost_items, END))
    found = np.fromiter((heads.get(text, rest) for text in item.values), np.int8, len(item))
    return np.where(item.known, found, UNCLEAR).astype(np.int8)


def _sheet_spans(f: Facts, mode: str, treatment: Treatment) -> Stated:
    child = np.flatnonzero(lines_of(f, mode))
    year = f.costs.year
    timed = (year.known & (year.values >= 0) & (year.values <= LONGEST))[child]
    at = np.where(timed, year.values[child], 0).astype(np.int64)
    amount, known = counted_amounts(f)
    return Stated(
        row=f.costs.parent[child],
        child=child,
        field=np.full(len(child), "", object),
        head=_heads(f, mode, treatment)[child],
        amount=amount[child],
        known=known[child],
        timed=timed,
        given_first=at,
        given_last=at,
    )


SHORT_FORM = {
    BUILD: (("build_cost", OTHER, 0, 0), ("annual_om_cost", OM, 1, OPEN)),
    PURCHASE: (("annual_service_fee", SERVICE, 1, OPEN),),
}


def _short_spans(f: Facts, mode: str, rows: np.ndarray) -> Stated:
    parts = SHORT_FORM[mode]
    columns = [f.projects.columns[name] for name, *_ in parts]
    for name, *_ in parts:
        f.reads.add(("projects", name))
    k = len(rows)
    known = np.concatenate([column.known[rows] for column in columns])
    amount = np.concatenate([column.values[rows] for column in columns])

    def each(values, dtype):
        return np.repeat(np.array(values, dtype), k)

    return Stated(
        row=np.tile(rows, len(parts)),
        child=np.full(k * len(parts), -1, np.int64),
        field=each([name for name, *_ in parts], object),
        head=each([head for _, head, *_ in parts], np.int8),
        amount=np.where(known, amount, 0).astype(np.int64),
        known=known,
        timed=np.ones(k * len(parts), bool),
        given_first=each([first for *_, first, _ in parts], np.int64),
        given_last=each([last for *_, last in parts], np.int64),
    )


def _counted(spans: Stated, years: Years, treatment: Treatment) -> Spans:
    """Cut the spans to the years that count, at least and at most."""
    life, life_known = years.life[spans.row], years.life_known[spans.row]
    warranty, warranty_known = years.warranty[spans.row], years.warranty_known[spans.row]
    warranted = (spans.head == OM) & (not treatment.om_in_warranty) & (spans.given_first >= 1)
    first = np.where(warranted, np.maximum(spans.given_first, warranty + 1), spans.given_first)
    surely_from = np.where(warranted & ~warranty_known, OPEN + 1, first)
    last = np.where(life_known, np.minimum(spans.given_last, life), spans.given_last)
    surely_to = np.where(life_known, last, np.minimum(spans.given_last, 0))
    least = np.maximum(surely_to - surely_from + 1, 0)
    most = np.maximum(last - first + 1, 0)
    most_known = life_known | (spans.given_last != OPEN)

    unsure = (spans.head == UNCLEAR) | ~spans.timed
    least, most = np.where(unsure, 0, least), np.where(unsure, 1, most)
    ends = spans.head == END
    least, most = (np.where(ends, treatment.count_end_costs, n) for n in (least, most))
    return Spans(
        **{name: getattr(spans, name) for name in STATED},
        first=np.where(ends, spans.given_first, first),
        last=np.where(ends, spans.given_last, last),
        least=least.astype(np.int64),
        most=most.astype(np.int64),
        most_known=most_known,
    )


def spans_of(f: Facts, mode: str, treatment: Treatment) -> Spans:
    """The spans of one mode: cost lines where a project has some, else the short form."""
    sheet = _sheet_spans(f, mode, treatment)
    rows = np.flatnonzero(np.bincount(sheet.row, minlength=f.n) == 0)
    short = _short_spans(f, mode, rows)
    both = {name: np.concatenate([getattr(sheet, name), getattr(short, name)]) for name in STATED}
    return _counted(Stated(**both), years_of(f), treatment)


# Totals ---------------------------------------------------------------------------------


def sum_by_row(n: int, row: np.ndarray, amounts: np.ndarray, size: np.ndarray | None = None):
    """Sum int64 amounts by row; returns the sums and where they are safe from overflow.

    ``size`` are upper limits of the amounts as floats (default: the amounts themselves).
    """
    size = np.abs(amounts.astype(np.float64)) if size is None else size
    safe = np.bincount(row, weights=size, minlength=n) < LIMIT
    total = np.zeros(n, np.int64)
    np.add.at(total, row, np.where(safe[row], amounts, 0))
    return total, safe


def _sum(n: int, spans: Spans, use: np.ndarray | None = None) -> tuple:
    """Low, low_known, high, high_known of the spans in ``use``; no span is a known zero."""
    most = np.where(spans.most_known, spans.most, spans.least)
    size = np.abs(spans.amount.astype(np.float64)) * most
    amount = spans.amount if (size < LIMIT).all() else np.where(size < LIMIT, spans.amount, 0)
    even = np.array_equal(spans.least, most)
    least = amount * spans.least
    ends = (least, least) if even else _sorted(least, amount * most)
    unsure = np.flatnonzero(~(spans.known & spans.most_known))
    opened = _open_ends(spans, unsure)
    if use is not None:
        size, ends = np.where(use, size, 0.0), (np.where(use, ends[0], 0), np.where(use, ends[1], 0))
        kept = use[unsure]
        unsure, opened = unsure[kept], (opened[0][kept], opened[1][kept])
    low = high = sum_by_row(n, spans.row, ends[0], size)
    if not even:
        high = sum_by_row(n, spans.row, ends[1], size)
    opened_low, opened_high = (reach(unsure[one], spans.row, n) for one in opened)
    return low[0], low[1] & ~opened_low, high[0], high[1] & ~opened_high


def _sorted(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.minimum(one, other), np.maximum(one, other)


def _open_ends(spans: Spans, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the spans ``at``: whether the lower, and whether the upper end of what they add is open."""
    amount, known, most_known = spans.amount[at], spans.known[at], spans.most_known[at]
    never = most_known & (spans.most[at] == 0)
    signed = (spans.head[at] == END) | (spans.head[at] == UNCLEAR)
    low = ~never & np.where(known, (amount < 0) & ~most_known, signed)
    high = ~never & ~(known & ((amount == 0) | most_known | (amount < 0)))
    return low, high


def _gaps(f: Facts, mode: str, spans: Stated) -> tuple[np.ndarray, np.ndarray]:
    """Service years without a line of the yearly head (服务费, 运维费) and whether that is known.

    Zero where the short form prices the mode. O&M is not asked for in warranty years.
    """
    years, sheet = years_of(f), spans.child >= 0
    if not sheet.any():
        return np.zeros(f.n, np.int64), np.ones(f.n, bool)
    start = np.zeros(f.n, np.int64) if mode == PURCHASE else years.warranty
    wanted = SERVICE if mode == PURCHASE else OM
    listed = reach(sheet, spans.row, f.n)
    year = spans.given_first
    priced = sheet & spans.timed & (spans.head == wanted)
    priced &= (year > start[spans.row]) & (year <= years.life[spans.row])
    distinct = np.unique(spans.row[priced] * OPEN + year[priced]) // OPEN
    missing = np.maximum(years.life - start, 0) - np.bincount(distinct, minlength=f.n)
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
    return _gaps(f, PURCHASE, _sheet_spans(f, PURCHASE, Treatment(**treatment)))


TOTALS = {PURCHASE: ("service_total", "服务费预算总额"), BUILD: ("build_total", "自建建设运维总额")}


def total_of(f: Facts, mode: str, spans: Spans, treatment: Treatment) -> Bounds:
    """The total of one mode from its spans; shape (n,)."""
    low, low_known, high, high_known = _sum(f.n, spans)
    certain = reach(
        spans.known & ((spans.least > 0) | ((spans.amount == 0) & (spans.most > 0))),
        spans.row,
        f.n,
    )
    missing, coverage_known = _gaps(f, mode, spans)
    strays = reach(~f.costs.mode.known, f.costs.parent, f.n)
    low_known &= certain & ~strays
    high_known &= coverage_known & (missing == 0) & ~strays
    if high is low and not np.array_equal(low_known, high_known):
        high = low.copy()  # one array for both ends says that the amount is exact

    def open_cells(row: int) -> list[Cell]:
        return _open_cells(f, mode, treatment, spans, row)

    return Bounds(
        *TOTALS[mode],
        low=low,
        low_known=low_known,
        high=high,
        high_known=high_known,
        open_cells=open_cells,
    )


def _open_cells(f: Facts, mode: str, treatment: Treatment, spans: Spans, row: int) -> list[Cell]:
    """The cells that keep the total of one row from being known."""
    years = years_of(f)
    cells: list[Cell] = [
        ("costs", int(k), "mode") for k in np.flatnonzero((f.costs.parent == row) & ~f.costs.mode.known)
    ]
    for i in np.flatnonzero(spans.row == row):
        child = int(spans.child[i])
        if (spans.known[i] and spans.amount[i] == 0) or (spans.most_known[i] and spans.most[i] == 0):
            continue
        if not spans.known[i]:
            cells.append(
                ("costs", child, "claimed") if child >= 0 else ("projects", None, str(spans.field[i]))
            )
        if spans.head[i] == UNCLEAR:
            cells.append(("costs", child, "item"))
        if not spans.timed[i] and spans.head[i] != END:
            cells.append(("costs", child, "year"))
        if spans.least[i] == spans.most[i] and spans.most_known[i]:
            continue
        if not years.life_known[row] and spans.given_last[i] > 0:
            cells.append(("projects", None, "service_life"))
        if spans.head[i] == OM and not treatment.om_in_warranty and not years.warranty_known[row]:
            cells.append(("projects", None, "warranty_years"))
    missing, known = _gaps(f, mode, spans)
    if not known[row]:
        cells.append(("projects", None, "service_life"))
    elif missing[row]:
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
    chosen = Treatment(**treatment)
    return total_of(f, PURCHASE, spans_of(f, PURCHASE, chosen), chosen)


def build_total(f: Facts, **treatment) -> Bounds:
    """Total of building and running it yourself (自建建设运维总额), exact 分, all projects.

    Parameters and result as for `service_total`. Warranty unknown while there is O&M: from
    "all of it warranted" to "none of it warranted".
    """
    chosen = Treatment(**treatment)
    return total_of(f, BUILD, spans_of(f, BUILD, chosen), chosen)


def discounted_totals(f: Facts, rate: float, timing: str = "year_end", **treatment) -> dict:
    """Present values of both modes (现值), 元.

    Returns
    -------
    dict of mode -> (ndarray of float64, ndarray of bool), each of shape (n,)
        Value in 元, and where it is known: the nominal total is, and so is every year.
    """
    chosen = Treatment(**treatment)
    found = {}
    for mode in (BUILD, PURCHASE):
        spans = spans_of(f, mode, chosen)
        found[mode] = discounted(f, spans, total_of(f, mode, spans, chosen), rate, timing)
    return found


def discounted(f: Facts, spans: Spans, total: Bounds, rate: float, timing: str) -> tuple:
    """Present value of one mode from its spans and its total: 元 and mask, shape (n,)."""
    yearly = factor_sum(rate, np.maximum(spans.first, 1), spans.last, timing)
    value = spans.amount / 100 * (yearly + (spans.first == 0))
    value[spans.most == 0] = 0.0
    undated = (spans.most > 0) & ~spans.timed & (spans.amount != 0)
    known = total.known & ~reach(undated, spans.row, f.n)
    return np.where(known, np.bincount(spans.row, weights=value, minlength=f.n), np.nan), known


def without_service_fee(f: Facts, spans: Spans) -> tuple[np.ndarray, np.ndarray]:
    """What buying costs besides the yearly fee, from its spans: int64 分 and mask, shape (n,)."""
    low, low_known, high, high_known = _sum(f.n, spans, spans.head != SERVICE)
    strays = reach(~f.costs.mode.known, f.costs.parent, f.n)
    return low, low_known & high_known & (low == high) & ~strays
