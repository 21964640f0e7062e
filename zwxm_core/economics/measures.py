"""Measures of worth of a series of flows (评价指标): rates of return, payback, ratios.

Flows are received where positive and paid where negative, one a year from year 0, in any
unit. What a library computes is left to it (`pyxirr`, extra ``economics``); the roots of the
rate of return are found here, because there may be several and a reader has to see all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from .discounting import _checked

REAL = 1e-7  # how far, relative to its size, a root may lie from the real line


def _series(flows) -> np.ndarray:
    flows = np.asarray(flows, dtype=np.float64)
    if flows.ndim != 1 or not np.isfinite(flows).all():
        raise ValueError("现金流应为一列有限的数，每年一个")
    return flows


def internal_rates(flows) -> list[float]:
    """All internal rates of return (内部收益率) above -100 %, ascending.

    A series that changes sign more than once may have several, and then none of them ranks
    the alternatives; one without a change of sign has none.

    Parameters
    ----------
    flows : array_like, shape (n,)

    Returns
    -------
    list of float

    Examples
    --------
    >>> [round(r, 5) for r in internal_rates([-100, 39, 59, 55, 20])]
    [0.28095]
    >>> [round(r, 6) for r in internal_rates([-100, 230, -132])]
    [0.1, 0.2]
    >>> internal_rates([100, 20])
    []
    """
    flows = _series(flows)
    used = np.flatnonzero(flows)
    if len(used) < 2 or not (flows.min() < 0 < flows.max()):
        return []
    real = real_roots(flows[None, used[0] : used[-1] + 1])[0]
    rates = np.unique(np.round(1 / real[~np.isnan(real)] - 1, 13))
    apart = np.diff(rates, prepend=-2.0) > REAL
    return rates[apart].tolist()


def real_roots(series: np.ndarray) -> np.ndarray:
    """The positive real roots of many polynomials of one degree; NaN in place of the other roots.

    Parameters
    ----------
    series : ndarray of float64, shape (n, degree + 1)
        Coefficients, lowest first; the first and the last are not 0.

    Returns
    -------
    ndarray of float64, shape (n, degree)

    Examples
    --------
    >>> np.sort(real_roots(np.array([[2.0, -3.0, 1.0], [1.0, 0.0, 1.0]]))).round(9).tolist()
    [[1.0, 2.0], [nan, nan]]
    """
    n, degree = series.shape[0], series.shape[1] - 1
    companion = np.zeros((n, degree, degree))
    companion[:, np.arange(1, degree), np.arange(degree - 1)] = 1
    companion[:, :, -1] -= series[:, :-1] / series[:, -1:]
    roots = np.linalg.eigvals(companion[:, ::-1, ::-1])
    real = np.where((np.abs(roots.imag) <= REAL * np.abs(roots)) & (roots.real > 0), roots.real, np.nan)
    for _ in range(3):  # Newton's steps: the companion matrix gives about ten digits
        value, slope = np.zeros((2, n, degree))
        for coefficient in series.T[::-1]:
            slope = slope * real + value
            value = value * real + coefficient[:, None]
        step = np.where(slope == 0, 0.0, value / np.where(slope == 0, 1.0, slope))
        real = np.where(np.abs(step) < 1e-3 * real, real - step, real)
    return real


def modified_rate(flows, finance: float, reinvest: float) -> float | None:
    """Modified internal rate of return (修正内部收益率); None without both signs.

    >>> round(modified_rate([-100, 50, -60, 70], 0.1, 0.12), 6)
    -0.039094
    """
    import pyxirr

    flows = _series(flows)
    _checked([finance, reinvest])
    return pyxirr.mirr(flows, finance, reinvest, silent=True)


def dated_value(days: Sequence[date], amounts, rate: float) -> float:
    """Present value of dated flows on the first day (按日折现的现值, XNPV), actual days over 365.

    >>> days = [date(2025, 1, 1), date(2026, 1, 1)]
    >>> round(dated_value(days, [-1000, 1090], 0.08), 6)
    9.259259
    """
    import pyxirr

    return float(pyxirr.xnpv(float(_checked(rate)), *_dated(days, amounts)))


def dated_rate(days: Sequence[date], amounts) -> float | None:
    """Internal rate of return of dated flows (XIRR), actual days over 365; None: none found.

    >>> days = [date(2025, 1, 1), date(2026, 1, 1)]
    >>> round(dated_rate(days, [-1000, 1080]), 6)
    0.08
    """
    import pyxirr

    return pyxirr.xirr(*_dated(days, amounts), silent=True)


def _dated(days, amounts) -> tuple[list, np.ndarray]:
    amounts = _series(amounts)
    if len(days) != len(amounts) or not len(amounts):
        raise ValueError(f"日期 {len(days)} 个、金额 {len(amounts)} 个，应一一对应且不少于一个")
    return list(days), amounts


def payback_year(flows) -> int | None:
    """First year from which the accumulated flows stay at or above zero (投资回收年); None: never.

    Give discounted flows for the discounted payback (动态投资回收年).

    >>> payback_year([-1, -1, -1, 3]), payback_year([-5, 2, 2]), payback_year([1, -3, 4])
    (3, None, 2)
    """
    balance = np.cumsum(_series(flows))
    below = np.flatnonzero(balance < 0)
    if not len(below):
        return 0 if len(balance) else None
    after = int(below[-1]) + 1
    return after if after < len(balance) else None


def benefit_cost_ratio(benefits: float, cost: float, base_cost: float = 0.0) -> float | None:
    """Benefits over the extra cost of having them (效益费用比), present values; None where none is extra.

    >>> round(benefit_cost_ratio(4711.42470789861, 431.304392192082, 94.9622352953234), 6)
    14.007833
    """
    extra = cost - base_cost
    return benefits / extra if extra > 0 else None


def adjusted_rate(savings: float, investment: float, reinvest: float, years: int) -> float | None:
    """Adjusted internal rate of return (调整内部收益率, AIRR): (1 + r) SIR^(1/N) - 1.

    ``savings / investment`` is the savings-to-investment ratio (SIR, 节约投资比), present values.

    >>> round(adjusted_rate(150, 100, 0.03, 10), 6)
    0.072621
    """
    _checked(reinvest)
    if years < 1:
        raise ValueError("调整内部收益率要求年数不少于 1")
    if investment <= 0 or savings <= 0:
        return None
    return (1 + reinvest) * (savings / investment) ** (1 / years) - 1
