"""Building and buying as one model of yearly flows that its drivers move (敏感性分析的模型).

A head of cost is an amount of every year; a driver scales heads, lets their price grow, or
is the discount rate itself. One function, `outcomes`, answers for any number of settings of
the drivers; tornado, grid, switching value and simulation all ask it. Floats, 元: what the
law compares to the 分 is `compare`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from zwxm_core.facts import Facts

from .costs import BUILD, HEADS, PURCHASE, SERVICE, years_of
from .discounting import LEAD, _checked
from .flows import cash_flows

SCALE, GROWTH, RATE = "scale", "growth", "rate"
SERVICE_FEE = f"{PURCHASE}·{HEADS[SERVICE]}"
"""Name of the driver that scales the fee of the service."""


class Driver(NamedTuple):
    """One thing that may come out otherwise (驱动因素).

    Attributes
    ----------
    name : str
        Its key.
    label : str
        Its Chinese name.
    kind : {"scale", "growth", "rate"}
        ``scale`` multiplies the flows of `heads`; ``growth`` is the yearly growth of their
        price after the first service year; ``rate`` is the discount rate.
    heads : tuple of int
        Places in `Model.heads`; several heads may share a driver.
    base : float
        Its value in the plan: 1, 0 or the rate.
    """

    name: str
    label: str
    kind: str
    heads: tuple[int, ...]
    base: float


class Model(NamedTuple):
    """The flows of both alternatives by head.

    Attributes
    ----------
    heads : tuple of (str, str)
        (mode, head of cost) of each row of `flows`.
    flows : ndarray of float64, shape (h, years + 1)
        元, costs positive; column 0 is before service.
    rate : float
    timing : str
    drivers : tuple of Driver
    """

    heads: tuple[tuple[str, str], ...]
    flows: np.ndarray
    rate: float
    timing: str
    drivers: tuple[Driver, ...]


class Outcomes(NamedTuple):
    """What the model comes to at each setting; float64, 元, shape (n,).

    ``saving_ratio`` is NaN where building costs nothing.
    """

    build_total: np.ndarray
    service_total: np.ndarray
    npv_build: np.ndarray
    npv_purchase: np.ndarray

    @property
    def saving(self) -> np.ndarray:
        """What buying saves (节约额)."""
        return self.build_total - self.service_total

    @property
    def saving_ratio(self) -> np.ndarray:
        """The saving over the cost of building (节约率)."""
        return np.divide(
            self.saving, self.build_total, out=np.full(self.saving.shape, np.nan), where=self.build_total > 0
        )

    @property
    def npv_saving(self) -> np.ndarray:
        """The saving in present values (节约现值)."""
        return self.npv_build - self.npv_purchase


def model_of(f: Facts, row: int, *, rate: float, timing: str = "year_end", **treatment) -> Model:
    """The model of one project, from the flows that count.

    Parameters
    ----------
    f : Facts
    row : int
    rate : float
    timing : {"year_end", "mid_year", "start", "continuous"}
    **treatment
        The fields of `Treatment`.

    Raises
    ------
    ValueError
        Where a flow's amount, year or counting is not known: nothing is guessed.
    """
    flows = cash_flows(f, row, **treatment)
    if open_ := [flow for flow in flows if flow.counted is None or (flow.counted and flow.amount is None)]:
        raise ValueError(
            f"{open_[0].mode}的{open_[0].item}{open_[0].note or '金额未填'}，补齐以后才能做敏感性分析"
        )
    counted = [flow for flow in flows if flow.counted]
    heads = tuple(dict.fromkeys((flow.mode, flow.head) for flow in counted))
    if {mode for mode, _ in heads} != {BUILD, PURCHASE}:
        raise ValueError("自建和购买两种方式都要有费用，才能做敏感性分析")
    last = max(int(years_of(f.take(slice(row, row + 1))).life[0]), *(flow.year or 0 for flow in counted))
    amounts = np.zeros((len(heads), 1 + last))
    for flow in counted:
        amounts[heads.index((flow.mode, flow.head)), flow.year or 0] += (flow.amount or 0) / 100
    return Model(heads, amounts, rate, timing, drivers_of(heads, amounts, rate))


def benefits_of(f: Facts, row: int) -> dict[str, np.ndarray] | None:
    """Yearly benefits of each way within the service life, 元, shape (life + 1,); None where none are given.

    Raises
    ------
    ValueError
        A benefit without mode, year or amount, or beyond the service life.
    """
    lines = np.flatnonzero(f.benefits.parent == row)
    if not len(lines):
        return None
    life = int(years_of(f.take(slice(row, row + 1))).life[0])
    found = {mode: np.zeros(life + 1) for mode in (BUILD, PURCHASE)}
    for at in lines.tolist():
        mode, year, amount = (f.benefits.columns[name].at(at) for name in ("mode", "year", "amount"))
        item = f.benefits.item.at(at) or "效益项未填"
        if None in (mode, year, amount):
            raise ValueError(f"效益“{item}”的方式、年次或金额未填，没有计算效益")
        if not 0 <= year <= life:
            raise ValueError(f"效益“{item}”的年次 {year} 不在 0 到使用期限（{life} 年）之间，没有计算效益")
        found[mode][year] += amount / 100
    return found


def drivers_of(heads: tuple[tuple[str, str], ...], flows: np.ndarray, rate: float) -> tuple[Driver, ...]:
    """The drivers of a model: each head's amount, the growth of what recurs, the rate."""
    found = [
        Driver(f"{mode}·{head}", f"{mode}·{head}（为计划的倍数）", SCALE, (at,), 1.0)
        for at, (mode, head) in enumerate(heads)
    ]
    found += [
        Driver(f"{mode}·{head}年增长", f"{mode}·{head}每年价格增长率", GROWTH, (at,), 0.0)
        for at, (mode, head) in enumerate(heads)
        if np.count_nonzero(flows[at, 1:]) > 1
    ]
    return (*found, Driver("折现率", "折现率", RATE, (), rate))


def outcomes(model: Model, values: Mapping[str, np.ndarray | float]) -> Outcomes:
    """What the model comes to where drivers take other values.

    Parameters
    ----------
    model : Model
    values : dict of driver name -> array_like, shape (n,) or scalar
        The others stay as planned.

    Returns
    -------
    Outcomes, shape (n,)

    Raises
    ------
    ValueError
        An unknown driver, or a rate or growth not above -100 %.

    Examples
    --------
    Building costs 100 and 10 a year for two years, buying 55 a year; what if the fee grows?

    >>> heads = (BUILD, "其他费用"), (BUILD, "运维费"), (PURCHASE, "服务费")
    >>> flows = np.array([[100, 0, 0], [0, 10, 10], [0, 55, 55]], float)
    >>> model = Model(heads, flows, 0.0, "year_end", drivers_of(heads, flows, 0.0))
    >>> outcomes(model, {"购买服务·服务费年增长": [0, 0.1]}).saving.round(9).tolist()
    [10.0, 4.5]
    """
    by_name = {driver.name: driver for driver in model.drivers}
    if unknown := [name for name in values if name not in by_name]:
        raise ValueError(f"模型里没有“{unknown[0]}”：可选 {'、'.join(by_name)}")
    given = {name: np.atleast_1d(np.asarray(value, np.float64)) for name, value in values.items()}
    shape = np.broadcast_shapes((1,), *(value.shape for value in given.values()))
    scale: list = [1.0] * len(model.heads)
    growth: list = [1.0] * len(model.heads)
    rate = np.asarray(model.rate, np.float64)
    for name, value in given.items():
        driver = by_name[name]
        if driver.kind == RATE:
            rate = value
            continue
        for head in driver.heads:
            if driver.kind == SCALE:
                scale[head] = scale[head] * value
            else:
                growth[head] = growth[head] * (1 + _checked(value))
    return _sums(model, shape, scale, growth, _checked(rate, model.timing))


def _sums(model: Model, shape: tuple[int, ...], scale: list, growth: list, rate: np.ndarray) -> Outcomes:
    base = np.exp(rate) if model.timing == "continuous" else 1 + rate
    factor = 1 / base
    first = factor if LEAD[model.timing] == 0 else base ** (LEAD[model.timing] - 1)
    total = {BUILD: np.zeros(shape), PURCHASE: np.zeros(shape)}
    present = {BUILD: np.zeros(shape), PURCHASE: np.zeros(shape)}
    for (mode, _), flows, times, grows in zip(model.heads, model.flows, scale, growth, strict=True):
        total[mode] += times * (flows[0] + series(flows[1:], grows))
        present[mode] += times * (flows[0] + first * series(flows[1:], grows * factor))
    return Outcomes(total[BUILD], total[PURCHASE], present[BUILD], present[PURCHASE])


def series(amounts: np.ndarray, step) -> np.ndarray | float:
    """Sum of ``amounts[t] * step**t`` from t = 0, for any shape of ``step`` (Horner's scheme).

    >>> series(np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0])).tolist()
    [6.0, 321.0]
    """
    if np.ndim(step) == 0:
        return float(np.polynomial.polynomial.polyval(step, amounts)) if len(amounts) else 0.0
    last = np.flatnonzero(amounts)
    value = np.zeros(np.shape(step))
    for amount in amounts[: last[-1] + 1][::-1] if len(last) else ():
        value *= step
        value += amount
    return value
