"""What building costs and what buying costs: exact totals of each way, with bounds where facts are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from zwxm_core.conditions import Cell
from zwxm_core.facts import Bounds, Facts, reach

from .costs import (
    BUILD,
    END,
    OM,
    PURCHASE,
    SERVICE,
    UNCLEAR,
    Spans,
    Treatment,
    Years,
    spans_of,
    years_of,
)  # fmt: skip
from .discounting import factor_sum

LIMIT = 2.0**62  # 分; sums beyond it are unknown rather than wrapped


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
        longest = int(np.max(part.most, initial=0))
        lines = 1 if part.child is None else int(np.diff(part.starts, append=len(part.amount)).max(initial=0))
        crude += max(int(part.amount.max(initial=0)), -int(part.amount.min(initial=0))) * longest * lines
    if crude < LIMIT:
        return None
    size = np.zeros(n)
    for part in parts:
        most = np.where(part.most_known, part.most, part.least)
        size += part.add_up(n, np.abs(part.amount.astype(np.float64)) * most)
    return size < LIMIT


def _sum(n: int, parts: Sequence[Spans]) -> tuple:
    """Low, low_known, high, high_known of the parts; none is a known zero."""
    safe = _safe(n, parts)
    low, differs = np.zeros(n, np.int64), None
    low_known = np.ones(n, bool) if safe is None else safe
    high_known = low_known.copy()
    for part in parts:
        amount = part.amount if safe is None else np.where(safe[part.row], part.amount, 0)
        least, wide = amount * part.least, (part.most - part.least) * part.most_known
        if wide.any():
            more = amount * wide
            least += np.minimum(more, 0)
            more = part.add_up(n, np.abs(more))
            differs = more if differs is None else differs + more
        low += part.add_up(n, least)
        unsure = ~(part.known & part.most_known)
        if unsure.any():
            opened_low, opened_high = _open_ends(part, unsure)
            low_known &= ~part.reach(n, opened_low)
            high_known &= ~part.reach(n, opened_high)
    return low, low_known, low if differs is None else low + differs, high_known


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
        mode: discounted(f.n, parts, total_of(f, mode, parts, chosen, years).known, rate, timing)
        for mode, parts in spans_of(f, chosen, years).items()
    }


def discounted(n: int, parts: Sequence[Spans], known: np.ndarray, rate: float, timing: str) -> tuple:
    """Present value of one mode from its spans, where its total is ``known``: 元 and mask, shape (n,)."""
    present = np.zeros(n)
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
