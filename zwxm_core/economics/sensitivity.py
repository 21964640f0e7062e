"""What the answer hangs on (敏感性分析): tornado, grids, switching values, named scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from .model import GROWTH, RATE, SCALE, Model, Outcomes, outcomes

SPAN = {SCALE: (0.0, 10.0), GROWTH: (-0.5, 1.0), RATE: (-0.5, 1.0)}
"""Between what limits a switching value is looked for: far beyond what an office would plan."""

STEPS = 256


class Swing(NamedTuple):
    """What one driver does to a figure between its low and its high (旋风图的一条)."""

    driver: str
    label: str
    kind: str
    low: float
    high: float
    at_low: float
    at_high: float

    @property
    def width(self) -> float:
        """How far the figure moves."""
        return abs(self.at_high - self.at_low)


def tornado(model: Model, ranges: Mapping[str, tuple[float, float]], measure: str = "saving") -> list[Swing]:
    """Each driver alone from low to high, the widest first.

    Parameters
    ----------
    model : Model
    ranges : dict of driver name -> (low, high)
    measure : str
        The figure of `Outcomes`.
    """
    by_name = {driver.name: driver for driver in model.drivers}
    swings = []
    for name, ends in ranges.items():
        at = getattr(outcomes(model, {name: np.array(ends)}), measure)
        swings.append(Swing(name, by_name[name].label, by_name[name].kind, *ends, *at.tolist()))
    return sorted(swings, key=lambda swing: -swing.width)


def one_way(model: Model, ranges: Mapping[str, tuple[float, float]], steps: int = 5) -> list[dict]:
    """Each driver alone at evenly spaced values (单因素敏感性): the saving (元) and its ratio at each."""
    told = []
    for name, (low, high) in ranges.items():
        values = np.linspace(low, high, steps)
        at = outcomes(model, {name: values})
        ratio = [None if np.isnan(one) else one for one in np.broadcast_to(at.saving_ratio, steps).tolist()]
        saving = np.broadcast_to(at.saving, steps).tolist()
        told.append({"driver": name, "values": values.tolist(), "saving": saving, "saving_ratio": ratio})
    return told


def grid(model: Model, across: tuple[str, np.ndarray], down: tuple[str, np.ndarray]) -> Outcomes:
    """Two drivers at once (双因素敏感性): outcomes of shape (len(down), len(across)), row by row flat."""
    (x, xs), (y, ys) = across, down
    table = np.meshgrid(np.asarray(xs, float), np.asarray(ys, float))
    return outcomes(model, {x: table[0].ravel(), y: table[1].ravel()})


def switching_values(model: Model, target: float = 0.0, measure: str = "saving") -> dict[str, list[float]]:
    """For each driver alone, the values at which a figure is just `target` (转换值), ascending.

    Parameters
    ----------
    model : Model
    target : float
        0 with ``saving`` or ``npv_saving`` is where buying and building cost the same; a
        threshold with ``saving_ratio`` is where the verdict of 19.1.2 flips.
    measure : str

    Returns
    -------
    dict of driver name -> list of float
        Empty where no value within `SPAN` does it.

    Examples
    --------
    >>> from .costs import BUILD, PURCHASE
    >>> from .model import drivers_of
    >>> heads = (BUILD, "其他费用"), (PURCHASE, "服务费")
    >>> flows = np.array([[100, 0, 0], [0, 40, 40]], float)
    >>> model = Model(heads, flows, 0.0, "year_end", drivers_of(heads, flows, 0.0))
    >>> round(switching_values(model)["购买服务·服务费"][0], 9)
    1.25
    """

    def off(name: str, at: np.ndarray) -> np.ndarray:
        value = np.broadcast_to(getattr(outcomes(model, {name: at}), measure), at.shape)
        return value - target

    return {
        driver.name: _roots(lambda at, name=driver.name: off(name, at), *SPAN[driver.kind])
        for driver in model.drivers
    }


def _roots(off, low: float, high: float) -> list[float]:
    """Where a continuous function changes sign, by bisection of every step that holds a change."""
    points = np.linspace(low, high, STEPS + 1)
    value = off(points)
    exact = points[value == 0]
    if len(exact) > STEPS // 2:  # the driver does not move the figure at all
        return []
    change = np.flatnonzero(value[:-1] * value[1:] < 0)
    left, right, sign = points[change], points[change + 1], np.sign(value[change])
    for _ in range(60):
        middle = (left + right) / 2
        same = np.sign(off(middle)) == sign if len(middle) else np.zeros(0, bool)
        left, right = np.where(same, middle, left), np.where(same, right, middle)
    return np.sort(np.concatenate([exact, (left + right) / 2])).tolist()


def scenarios(model: Model, named: Mapping[str, Mapping[str, float]]) -> list[dict]:
    """Named settings of several drivers side by side (情景分析), the plan first: every figure of each.

    A driver that the model lacks (nothing recurs that could grow …) is left out of its scenario and named.
    """
    figures = (*Outcomes._fields, "saving", "saving_ratio", "npv_saving")
    own = {driver.name for driver in model.drivers}
    told = []
    for name, values in {"计划": {}, **named}.items():
        settings = {driver: value for driver, value in values.items() if driver in own}
        at = outcomes(model, settings)
        found = {figure: float(getattr(at, figure)[0]) for figure in figures}
        left_out = [driver for driver in values if driver not in own]
        told.append({"name": name, "settings": settings, "left_out": left_out, **found})
    return told
