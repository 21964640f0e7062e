"""From a plan's parameters to yearly amounts (成本测算): growth, renewals, replacement, residual, uplift, tax.

Money is int 分 and rates are exact fractions; each yearly amount is rounded once.
"""

from __future__ import annotations

import math
from fractions import Fraction

from zwxm_core.money import half_up


def price_path(
    first: int,
    last: int,
    *,
    every: int = 1,
    growth=0,
    contract_years: int | None = None,
    renewal_change=0,
    inflation=0,
) -> dict[int, Fraction]:
    """What an amount of today becomes in each year it falls due (逐年价格倍数), exact.

    Parameters
    ----------
    first, last : int
        Years from..to; 0 is before service.
    every : int
        Years from one time to the next (更新间隔): an asset good for 5 years is bought again every 5.
    growth : Fraction, Decimal or int
        A year, from the year after the first (年增长率).
    contract_years : int or None
        The price is set anew after so many years …
    renewal_change : Fraction, Decimal or int
        … by so much (续约涨幅).
    inflation : Fraction, Decimal or int
        A year, for amounts in constant prices (不变价格): (1 + i)^t.

    Returns
    -------
    dict of year -> Fraction

    Examples
    --------
    >>> {y: float(m) for y, m in price_path(1, 3, growth=Fraction(1, 10)).items()}
    {1: 1.0, 2: 1.1, 3: 1.21}
    >>> [float(m) for m in price_path(1, 5, contract_years=2, renewal_change=Fraction(1, 5)).values()]
    [1.0, 1.0, 1.2, 1.2, 1.44]
    >>> list(price_path(0, 12, every=5))
    [0, 5, 10]
    """
    if every < 1 or (contract_years is not None and contract_years < 1):
        raise ValueError("间隔年数和合同年限应不少于 1 年")
    grows, renews, inflates = (1 + Fraction(rate) for rate in (growth, renewal_change, inflation))
    if min(grows, renews, inflates) <= 0:
        raise ValueError("增长率、续约涨幅和通胀率应大于 -100%")
    return {
        year: grows ** (year - first)
        * renews ** ((year - first) // (contract_years or last + 1))
        * inflates**year
        for year in range(first, last + 1, every)
    }


def planned_amounts(
    amount: int, path: dict[int, Fraction], *, contingency=0, bias=0, mitigated=0
) -> dict[int, int]:
    """Yearly amounts of one planned item, int 分, each rounded half up on its own.

    ``contingency`` is the reserve (预备费率), ``bias`` the allowance for optimism (乐观偏差), of which
    ``mitigated`` has been dealt with.

    >>> planned_amounts(100_01, price_path(1, 2, growth=Fraction(3, 100)), contingency=Fraction(5, 100))
    {1: 10501, 2: 10816}
    """
    uplift = (1 + Fraction(contingency)) * allowance(Fraction(bias), Fraction(mitigated))
    return {year: half_up(amount * multiple * uplift) for year, multiple in path.items()}


def residual_value(cost: float, bought: int, life: int, years: int) -> float:
    """Straight-line worth left at the end of the service years (直线法残值).

    The year of purchase counts as used; year 0, before service, does not.

    >>> round(residual_value(200, 1, 30, 10), 6)
    133.333333
    """
    if life < 1:
        raise ValueError(f"资产使用年限 {life} 应不少于 1 年")
    used = years - max(bought, 1) + 1
    if used < 0:
        raise ValueError(f"购置年次 {bought} 在使用期限（{years} 年）之后")
    return cost * max(life - used, 0) / life


def allowance(bias, mitigated=0):
    """What a cost is multiplied by against optimism (乐观偏差), less the part that has been mitigated.

    >>> allowance(0.51), round(allowance(0.51, mitigated=0.4), 9)
    (1.51, 1.306)
    """
    if bias < 0 or not 0 <= mitigated <= 1:
        raise ValueError(f"乐观偏差 {bias} 应不小于 0，已缓解比例 {mitigated} 应在 0 到 1 之间")
    return 1 + bias * (1 - mitigated)


def without_vat(gross: int, num: int, den: int) -> tuple[int, int]:
    """Price and value-added tax within a gross amount (价税分离), int 分; they add up to it.

    The tax is rounded half up to the 分.

    Parameters
    ----------
    gross : int
        分, tax included.
    num, den : int
        The rate as a fraction: 6 % is 6, 100.

    Examples
    --------
    >>> without_vat(1_060_000_01, 6, 100)
    (100000001, 6000000)
    """
    if num < 0 or den <= 0:
        raise ValueError("税率应是不小于 0 的分数")
    tax = half_up(Fraction(gross * num, den + num))
    return gross - tax, tax


def common_life(a: int, b: int, longest: int = 100) -> int:
    """The shortest number of years in which both alternatives end together (最小公倍寿命).

    >>> common_life(3, 8)
    24
    """
    if a < 1 or b < 1:
        raise ValueError(f"使用期限 {a}、{b} 应都不少于 1 年")
    years = math.lcm(a, b)
    if years > longest:
        raise ValueError(
            f"{a} 年与 {b} 年的公共期限 {years} 年过长（上限 {longest} 年），请改用年均等额成本比较"
        )
    return years
