"""The answers of every project at once (项目组合), without a loop over projects."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from zwxm_core.facts import Facts

from .comparison import Comparison, compare_all
from .costs import BUILD, PURCHASE, Spans, Treatment, spans_of, years_of
from .discounting import discount_factors
from .measures import REAL, real_roots
from .totals import without_service_fee

NEVER = -1
STEPS, FARTHEST = 80, 50.0  # halvings of the interval of a rate of return, e^-50 to e^50


class Answers(NamedTuple):
    """Answers of n projects, shape (n,); NaN, or `NEVER` of a year, where there is none.

    Attributes
    ----------
    figures : Comparison
        Totals, saving, break-even fee, present values, equal annual costs.
    known : ndarray of bool
        Both totals known and every counted amount dated: the fields below speak of these only.
    saving_ratio : ndarray of float64
        Also the flip threshold where above 0.
    fee_multiple : ndarray of float64
        Switching value of the fee: the multiple of the planned one at which both cost the same.
    crossover_year : ndarray of int64
        First year in which the purchase, added up, has cost more than the build.
    payback_year, discounted_payback_year : ndarray of int64
        Of what building costs more at first.
    internal_rate : ndarray of float64
        Of the same; NaN where there is none or more than one.
    internal_rates : ndarray of int64
        How many there are.
    npv_saving : ndarray of float64, shape (rates, n)
        At each of the rates asked for beside the chosen one, 元.
    """

    figures: Comparison
    known: np.ndarray
    saving_ratio: np.ndarray
    fee_multiple: np.ndarray
    crossover_year: np.ndarray
    payback_year: np.ndarray
    discounted_payback_year: np.ndarray
    internal_rate: np.ndarray
    internal_rates: np.ndarray
    npv_saving: np.ndarray


def answers_all(
    f: Facts, *, rate: float, rates: tuple[float, ...] = (), timing: str = "year_end", **treatment
) -> Answers:
    """Every project's answers; those of `answers` and `compare` for one project, at once.

    Parameters
    ----------
    f : Facts
    rate : float
        The chosen discount rate.
    rates : tuple of float
        Others beside it.
    timing : {"year_end", "mid_year", "start", "continuous"}
    **treatment
        The fields of `Treatment`.
    """
    chosen, years = Treatment(**treatment), years_of(f)
    figures = compare_all(f, rate=rate, timing=timing, **treatment)
    spans = spans_of(f, chosen, years)
    dated = ~np.isnan(figures.npv[BUILD]) & ~np.isnan(figures.npv[PURCHASE])
    known = figures.saving_known & dated
    width = 1 + max(
        [int(years.life.max(initial=0))]
        + [
            int(part.given_first.max(initial=0))
            for parts in spans.values()
            for part in parts
            if part.child is not None
        ]
    )
    extra = np.where(
        known[:, None], _yearly(f.n, width, spans[PURCHASE]) - _yearly(f.n, width, spans[BUILD]), 0
    )
    years_ = np.arange(width)
    balance = np.cumsum(extra, axis=1)
    moved = extra != 0
    over = moved & (balance > 0)
    present = extra * discount_factors(rate, years_, timing) / 100
    build, service = figures.build.low, figures.service.low
    fees = service - without_service_fee(f, spans[PURCHASE])[0]
    found, counted = _internal_rates(extra)
    return Answers(
        figures,
        known,
        np.divide(figures.saving, build, out=np.full(f.n, np.nan), where=known & (build > 0)),
        1 + np.divide(figures.saving, fees, out=np.full(f.n, np.nan), where=known & (fees > 0)),
        np.where(known & over.any(axis=1), over.argmax(axis=1), NEVER),
        _payback(extra, known),
        _payback(present, known),
        np.where(known & (counted == 1), found, np.nan),
        np.where(known, counted, 0),
        np.array([
            np.where(known, extra @ -discount_factors(one, years_, timing) / 100, np.nan) for one in rates
        ]).reshape(len(rates), f.n),
    )  # fmt: skip


def _yearly(n: int, width: int, parts: list[Spans]) -> np.ndarray:
    """Counted amounts by project and year, int64 分, shape (n, width)."""
    table = np.zeros((n, width), np.int64)
    years = np.arange(width)
    for part in parts:
        if part.child is None:
            first, last = (
                np.broadcast_to(end, part.amount.shape)[:, None] for end in (part.first, part.last)
            )
            table[part.row] += part.amount[:, None] * ((years >= first) & (years <= last))
        else:
            np.add.at(table, (part.row, part.given_first), part.amount * (part.most > 0))
    return table


def _payback(flows: np.ndarray, known: np.ndarray) -> np.ndarray:
    """First year from which the accumulated flows stay at or above zero."""
    below = np.cumsum(flows, axis=1) < 0
    width = flows.shape[1]
    after = np.where(below.any(axis=1), width - below[:, ::-1].argmax(axis=1), 0)
    return np.where(known & (after < width), after, NEVER)


def _internal_rates(flows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rate of return of each series that has just one, and how many each has.

    A series whose sign changes once has one, found by halving; of the others all roots are looked for.
    """
    sign = np.sign(flows).astype(np.int8)
    place = np.where(sign != 0, np.arange(flows.shape[1]), 0)
    held = np.take_along_axis(sign, np.maximum.accumulate(place, axis=1), axis=1)
    changes = np.count_nonzero((held[:, 1:] != held[:, :-1]) & (held[:, :-1] != 0), axis=1)
    counted, found = (changes == 1).astype(np.int64), np.full(len(flows), np.nan)
    once = np.flatnonzero(changes == 1)
    series = flows[once].T.astype(np.float64)
    ends = held[once, -1].astype(np.float64)  # the sign far out, where the last flow weighs most
    low, high = np.full((2, len(once)), FARTHEST) * [[-1], [1]]  # logarithm of 1 / (1 + r)
    for _ in range(STEPS):
        middle = (low + high) / 2
        beyond = _sign(series, middle) * ends > 0
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    found[once] = np.expm1(-(low + high) / 2)
    more = np.flatnonzero(changes > 1)
    found[more], counted[more] = _several(flows[more].astype(np.float64))
    return found, counted


def _several(flows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first rate of each series whose sign changes oftener, and how many: `internal_rates` for all at once."""
    used = flows != 0
    width = flows.shape[1]
    ends = np.stack([used.argmax(axis=1), width - 1 - used[:, ::-1].argmax(axis=1)], axis=1)
    found, counted = np.full(len(flows), np.nan), np.zeros(len(flows), np.int64)
    for first, last in np.unique(ends, axis=0):
        rows = np.flatnonzero((ends == (first, last)).all(axis=1))
        roots = real_roots(flows[rows, first : last + 1])
        rates = np.sort(np.round(1 / roots - 1, 13), axis=1)  # NaN, where a root is none, sorts last
        apart = ~np.isnan(rates) & (np.diff(rates, axis=1, prepend=-2.0) > REAL)
        counted[rows] = np.count_nonzero(apart, axis=1)
        found[rows] = rates[:, 0]
    return found, counted


def _sign(series: np.ndarray, log: np.ndarray) -> np.ndarray:
    """Sum of ``series[t] * exp(log * t)`` up to a positive factor that keeps it finite, shape (n,)."""
    factor = np.exp(-np.abs(log))
    forward, backward = np.zeros((2, len(log)))
    for first, last in zip(series, series[::-1], strict=True):
        forward, backward = forward * factor + last, backward * factor + first
    return np.where(log > 0, backward, forward)
