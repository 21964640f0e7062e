"""Which drivers the spread comes from (Sobol 全局敏感性): first-order and total indices by SALib.

SALib samples and analyses; the drivers' shapes are ours, taken through their inverse
distribution. Sobol's indices suppose independent drivers: a correlation is not used here,
and a report has to say so. Needs the extra ``economics``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from .model import Model, outcomes
from .simulation import Uncertain, check


class Index(NamedTuple):
    """The share of a driver in the variance of a figure; each with its 95 % confidence half-width."""

    driver: str
    first: float
    first_error: float
    total: float
    total_error: float


def sobol_indices(
    model: Model, uncertain: Sequence[Uncertain], base: int = 1024, seed: int = 0, measure: str = "saving"
) -> list[Index]:
    """First-order and total indices of the drivers (一阶与总效应指数), the largest total first.

    Parameters
    ----------
    model : Model
    uncertain : sequence of Uncertain, length k
    base : int
        A power of two; the model is asked ``base * (k + 2)`` times.
    seed : int
    measure : str
        The figure of `Outcomes`.

    Raises
    ------
    ModuleNotFoundError
        Without SALib.
    """
    for one in uncertain:
        check(one)

    def figure(unit: np.ndarray) -> np.ndarray:
        values = {one.driver: quantile(one, column) for one, column in zip(uncertain, unit.T, strict=True)}
        return getattr(outcomes(model, values), measure)

    names = [one.driver for one in uncertain]
    found = analysed(figure, names, [(0.0, 1.0)] * len(names), base, seed)
    rows = [
        Index(name, *(float(found[key][i]) for key in ("S1", "S1_conf", "ST", "ST_conf")))
        for i, name in enumerate(names)
    ]
    return sorted(rows, key=lambda row: -row.total)


def analysed(
    figure: Callable[[np.ndarray], np.ndarray],
    names: list[str],
    bounds: list,
    base: int,
    seed: int,
    second: bool = False,
) -> dict:
    """SALib's analysis of a function of uniform variables; ``second`` adds the pairs."""
    from SALib.analyze import sobol as analyse
    from SALib.sample import sobol as sample

    problem = {"num_vars": len(names), "names": names, "bounds": bounds}
    points = sample.sample(problem, base, calc_second_order=second, seed=seed)
    return analyse.analyze(problem, figure(points), calc_second_order=second, seed=seed)


def quantile(one: Uncertain, unit: np.ndarray) -> np.ndarray:
    """The value of an uncertain driver at each probability of ``unit``."""
    from scipy import special, stats

    match one.shape, one.given:
        case "triangular", (low, mode, high):
            if low == high:
                return np.full(len(unit), float(low))
            return stats.triang.ppf(unit, (mode - low) / (high - low), low, high - low)
        case "pert", (low, mode, high):
            if low == high:
                return np.full(len(unit), float(low))
            a = 1 + 4 * (mode - low) / (high - low)
            return low + (high - low) * special.betaincinv(a, 6 - a, unit)
        case "normal", (mean, spread):
            return mean + spread * special.ndtri(unit)
        case "lognormal", (median, spread):
            return median * np.exp(spread * special.ndtri(unit))
        case "uniform", (low, high):
            return low + (high - low) * unit
        case _:
            values, chances = one.given
            edges = np.cumsum(chances)[:-1]
            return np.asarray(values, np.float64)[np.searchsorted(edges, unit, "right")]
