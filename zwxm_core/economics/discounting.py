"""Discount factors, present values and annuities (折现).

A flow belongs to a year: 0 is before service starts, 1..N are the service years. The
timing says when in a service year money moves: ``year_end`` t years from now,
``mid_year`` t - ½, ``start`` t - 1; ``continuous`` is ``year_end`` with a rate that compounds
at every moment, exp(-r t). Year 0 is now under every timing.
"""

from __future__ import annotations

import numpy as np

# How long before the year's end the money of a service year moves.
LEAD = {"year_end": 0.0, "mid_year": 0.5, "start": 1.0, "continuous": 0.0}
TIMING = {"year_end": "年末", "mid_year": "年中", "start": "年初", "continuous": "连续复利"}
"""The timings in words."""


def _checked(rate, timing: str = "year_end") -> np.ndarray:
    """The rate as a float array; refuses what cannot be discounted with."""
    if timing not in LEAD:
        known = "、".join(f"{name}（{words}）" for name, words in TIMING.items())
        raise ValueError(f"折现时点“{timing}”不认识：应为 {known} 之一")
    try:
        value = np.asarray(rate, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"折现率“{rate}”不是数：应写成小数，例如 0.03") from None
    if not np.isfinite(value).all():
        raise ValueError(f"折现率“{rate}”不是有限的数：应写成小数，例如 0.03")
    if (value <= -1).any():
        raise ValueError(f"折现率“{rate}”不大于 -100%，无法折现：应写成小数，例如 0.03")
    return value


def _log(rate, timing: str) -> np.ndarray:
    """Logarithm of what 1 becomes in a year."""
    rate = _checked(rate, timing)
    return rate if timing == "continuous" else np.log1p(rate)


def discount_factors(rate, years, timing: str = "year_end") -> np.ndarray:
    """Single present value factors (现值系数).

    Parameters
    ----------
    rate : float or array_like, shape (...)
        Yearly rate, 0.03 for 3 %.
    years : int or array_like of int, shape (n,)
        The years; an int N means 0..N.
    timing : {"year_end", "mid_year", "start", "continuous"}

    Returns
    -------
    ndarray of float64, shape (..., n)

    Raises
    ------
    ValueError
        Rate not finite or not above -100 %, negative year, unknown timing.

    Examples
    --------
    >>> discount_factors(0.03, [0, 1, 7]).round(6).tolist()
    [1.0, 0.970874, 0.813092]
    >>> discount_factors(0.03, [0, 1, 7], "mid_year").round(6).tolist()
    [1.0, 0.985329, 0.825198]
    """
    log = _log(rate, timing)
    years = np.arange(years + 1) if np.ndim(years) == 0 else np.asarray(years)
    if (years < 0).any():
        raise ValueError("年次不能为负：0 为服务开始前，1 起为服务年")
    exponent = np.where(years == 0, 0.0, years - LEAD[timing])
    return np.exp(-log[..., None] * exponent)


def stepped_factors(bands, years) -> np.ndarray:
    """Year-end factors of a schedule whose rate falls with time.

    Parameters
    ----------
    bands : sequence of (int, float)
        (first year, rate), ascending, beginning with year 0 or 1; each rate holds from
        its year until the next band.
    years : array_like of int, shape (n,)

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> stepped_factors([(0, 0.035), (31, 0.03)], [1, 31]).round(6).tolist()
    [0.966184, 0.345901]
    """
    years = np.asarray(years)
    starts = [first for first, _ in bands]
    if not starts or starts[0] > 1 or starts != sorted(set(starts)):
        raise ValueError("分段折现率的起始年次应从 0 或 1 开始、逐段递增")
    if (years < 0).any():
        raise ValueError("年次不能为负：0 为服务开始前，1 起为服务年")
    every = np.arange(1, max(int(years.max(initial=0)), 0) + 1)
    rates = _checked([rate for _, rate in bands])
    steps = np.log1p(rates[np.searchsorted(starts, every, side="right") - 1])
    return np.exp(-np.concatenate([[0.0], np.cumsum(steps)]))[years]


def factor_sum(rate: float, first, last, timing: str = "year_end") -> np.ndarray:
    """Sum of the factors of the service years ``first..last`` (both ≥ 1; 0 where last < first).

    Two look-ups a span, whatever its length: the factors of ``1..count``, brought forward from
    the year before ``first``.
    """
    first, last = np.asarray(first), np.asarray(last)
    count = np.maximum(last - first + 1, 0)
    ends = max(int(first.max(initial=1)), int(count.max(initial=0)), 1)
    sums = np.concatenate([[0.0], np.cumsum(discount_factors(rate, np.arange(1, ends + 1), timing))])
    forward = np.exp(-_log(rate, timing) * np.arange(ends))
    series = sums.take(count)
    return series if first.ndim == 0 and first == 1 else forward.take(first - 1) * series


def annuity(rate, years, timing: str = "year_end") -> np.ndarray:
    """Uniform present value factor (年金现值系数): the worth now of 1 a year over years 1..N.

    Examples
    --------
    >>> round(float(annuity(0.03, 7)), 5)
    6.23028
    >>> float(annuity(0, 8))
    8.0
    """
    return factor_sum(rate, 1, years, timing)


def equivalent_annual(value, rate, years, timing: str = "year_end") -> np.ndarray:
    """The equal yearly amount over years 1..N that is worth ``value`` now (年均等额成本).

    Examples
    --------
    >>> round(float(equivalent_annual(50, 0.035, 10)), 6)
    6.012068
    """
    if (np.asarray(years) < 1).any():
        raise ValueError("年均等额成本要求年数不少于 1")
    return np.asarray(value, dtype=np.float64) / annuity(rate, years, timing)


def present_value(flows, rate, timing: str = "year_end", first_year: int = 0) -> np.ndarray:
    """Present value of yearly flows (净现值).

    Parameters
    ----------
    flows : array_like, shape (..., n)
        One amount a year along the last axis, any unit.
    rate : float or array_like, shape (r...)
    timing : {"year_end", "mid_year", "start", "continuous"}
    first_year : int
        The year of the first flow: 0, or 1 where nothing comes before the service.

    Returns
    -------
    ndarray of float64, shape (r..., ...)
        Every rate with every series of flows.

    Examples
    --------
    >>> round(float(present_value([-100, 30, 30, 30, 30, 30], 0.035)), 6)
    35.451571
    >>> present_value([[-4000, 500, 800], [-5000, 600, 900]], [0, 0.05]).round(2).tolist()
    [[-2700.0, -3500.0], [-2798.19, -3612.24]]
    """
    flows = np.asarray(flows, dtype=np.float64)
    if not np.isfinite(flows).all():
        raise ValueError("现金流中有不是有限数的金额")
    factors = discount_factors(rate, first_year + np.arange(flows.shape[-1]), timing)
    return np.tensordot(factors, flows, axes=(-1, -1))


def nominal_rate(real, inflation):
    """The nominal rate of a real one: (1 + r)(1 + i) - 1 (Fisher).

    Examples
    --------
    >>> round(float(nominal_rate(0.03, 0.022)), 6)
    0.05266
    """
    return (1 + _checked(real)) * (1 + _checked(inflation)) - 1
