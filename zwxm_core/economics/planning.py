"""From a plan's parameters to yearly amounts (成本测算): growth, renewals, replacement, residual, uplift, tax.

Every function takes and gives amounts of one unit, one a year, year 1 first; money that has
to add up to the 分 is asked for in int64 分.
"""

from __future__ import annotations

import math

import numpy as np

from .discounting import _checked


def escalated(
    amount: float, years: int, price: float = 0.0, quantity: float = 0.0, first: int = 0
) -> np.ndarray:
    """An amount that grows with price and quantity (价格与数量增长), float64, shape (years,).

    ``first`` is the power of the first year: 0 where it is at today's price, 1 where the
    growth has worked once by then.

    >>> escalated(87, 3, price=0.03, quantity=0.05, first=1).round(4).tolist()
    [94.0905, 101.7589, 110.0522]
    """
    step = (1 + _checked(price)) * (1 + _checked(quantity))
    return amount * step ** np.arange(first, first + years)


def renewed(fee: float, contract_years: int, years: int, change: float = 0.0) -> np.ndarray:
    """A yearly fee whose price is set anew at each contract's end (续约重新定价), float64, shape (years,).

    >>> renewed(100, 3, 7, 0.1).round(2).tolist()
    [100.0, 100.0, 100.0, 110.0, 110.0, 110.0, 121.0]
    """
    if contract_years < 1:
        raise ValueError(f"合同年限 {contract_years} 应不少于 1 年")
    return fee * (1 + _checked(change)) ** (np.arange(years) // contract_years)


def replaced(cost: float, life: int, years: int, price: float = 0.0) -> np.ndarray:
    """What replacing an asset costs within the service years (更新重置), float64, shape (years,).

    Bought before service and good for ``life`` years, it is bought again in year life + 1;
    an asset that just reaches the end is not.

    >>> replaced(100, 5, 12).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 100.0, 0.0, 0.0, 0.0, 0.0, 100.0, 0.0]
    """
    if life < 1:
        raise ValueError(f"资产使用年限 {life} 应不少于 1 年")
    at = np.arange(years)
    again = (at > 0) & (at % life == 0)
    return np.where(again, cost * (1 + _checked(price)) ** at, 0.0)


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


def uplifted(costs, bias: float, mitigated: float = 0.0) -> np.ndarray:
    """Costs with an allowance for optimism (乐观偏差), less the part that has been mitigated.

    Examples
    --------
    >>> uplifted([100, 50], 0.51).tolist(), uplifted(100, 0.51, mitigated=0.4).round(9).tolist()
    ([151.0, 75.5], 130.6)
    """
    if bias < 0 or not 0 <= mitigated <= 1:
        raise ValueError(f"乐观偏差 {bias} 应不小于 0，已缓解比例 {mitigated} 应在 0 到 1 之间")
    return np.asarray(costs, np.float64) * (1 + bias * (1 - mitigated))


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
    tax = (2 * gross * num + (den + num)) // (2 * (den + num))
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


def repeated(flows, years: int) -> np.ndarray:
    """Flows of one life bought again until ``years`` (重复投入), shape (years + 1,).

    Column 0 is before service; a new life's first cost falls in the year the old one ends.

    >>> repeated([100, 10, 10], 4).tolist()
    [100.0, 10.0, 110.0, 10.0, 10.0]
    """
    flows = np.asarray(flows, np.float64)
    life = len(flows) - 1
    if life < 1 or years % life:
        raise ValueError(f"{years} 年不是一轮 {life} 年的整数倍")
    total = np.zeros(years + 1)
    for start in range(0, years, life):
        total[start : start + life + 1] += flows
    return total
