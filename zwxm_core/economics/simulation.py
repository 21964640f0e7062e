"""How sure the answer is (不确定性分析): a seeded Monte Carlo over the drivers of a model.

Draws come in blocks of a fixed size, each with a stream of its own, so the same seed gives
the same digits however many workers share them, and the first draws of a long run are those
of a short one. Rank correlation is induced by reordering (Iman and Conover 1982): each
driver keeps exactly the values it drew.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from .model import Model, outcomes

BLOCK = 16_384

SHAPES = {
    "triangular": ("三角", ("最小", "最可能", "最大")),
    "pert": ("PERT", ("最小", "最可能", "最大")),
    "normal": ("正态", ("均值", "标准差")),
    "lognormal": ("对数正态", ("中位数", "对数标准差")),
    "uniform": ("均匀", ("最小", "最大")),
    "discrete": ("离散", ("取值", "概率")),
}
"""Shapes of an uncertain driver, with their Chinese name and what they are given."""


class Uncertain(NamedTuple):
    """One uncertain driver: its name, its shape and what the shape is given.

    ``given`` as `SHAPES` says; of ``discrete`` the values and their probabilities.
    """

    driver: str
    shape: str
    given: tuple


class Simulation(NamedTuple):
    """The draws of a simulation.

    Attributes
    ----------
    saving, saving_ratio, npv_saving : ndarray of float64, shape (draws,)
        元, ratio, 元. The ratio is NaN where building comes to nothing.
    inputs : dict of driver name -> ndarray of float64, shape (draws,)
        Only where asked for.
    seed : int
    """

    saving: np.ndarray
    saving_ratio: np.ndarray
    npv_saving: np.ndarray
    inputs: dict[str, np.ndarray]
    seed: int


def simulate(
    model: Model,
    uncertain: Sequence[Uncertain],
    draws: int,
    seed: int,
    correlation=None,
    workers: int = 1,
    keep_inputs: bool = False,
) -> Simulation:
    """Draw the drivers and ask the model.

    Parameters
    ----------
    model : Model
    uncertain : sequence of Uncertain, length k
    draws : int
    seed : int
    correlation : array_like, shape (k, k), or None
        Rank correlations (Spearman) between the drivers, in their order; None: independent.
    workers : int
        Threads; the digits do not depend on it.
    keep_inputs : bool
        Whether to keep what was drawn, ``k * draws`` floats.

    Raises
    ------
    ValueError
        A shape that cannot be, a correlation matrix that is none, an unknown driver.
    """
    uncertain = tuple(uncertain)
    if draws < 1:
        raise ValueError(f"模拟次数 {draws} 应不少于 1")
    for one in uncertain:
        check(one)
    names = [one.driver for one in uncertain]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"“{twice[0]}”写了两次分布：一个因素只写一次")
    mix = None if correlation is None else mixing(correlation, len(uncertain))
    found = {name: np.empty(draws) for name in ("saving", "saving_ratio", "npv_saving")}
    inputs = {name: np.empty(draws) for name in names} if keep_inputs else {}

    def one_block(number: int) -> None:
        start = number * BLOCK
        size = min(BLOCK, draws - start)
        values = {
            name: drawn[:size] for name, drawn in zip(names, draw(uncertain, mix, seed, number), strict=True)
        }
        result = outcomes(model, values)
        for name, kept in found.items():
            kept[start : start + size] = getattr(result, name)
        for name, kept in inputs.items():
            kept[start : start + size] = values[name]

    blocks = range(-(-draws // BLOCK))
    if workers == 1:
        for number in blocks:
            one_block(number)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(one_block, blocks))
    return Simulation(**found, inputs=inputs, seed=seed)


def draw(uncertain: Sequence[Uncertain], mix: np.ndarray | None, seed: int, block: int) -> np.ndarray:
    """One block of draws, shape (k, BLOCK); ``mix`` as `mixing` gives it."""
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, block))))
    values = np.stack([_sample(one, generator) for one in uncertain]) if uncertain else np.empty((0, BLOCK))
    if mix is None or len(values) < 2:
        return values
    scores = generator.standard_normal(values.shape)
    scores -= scores.mean(axis=1, keepdims=True)
    loose = np.linalg.cholesky(scores @ scores.T / BLOCK)
    scores = mix @ np.linalg.solve(loose, scores)
    values.sort(axis=1)
    ordered = np.empty_like(values)
    for row, score in enumerate(scores):
        ordered[row, np.argsort(score)] = values[row]
    return ordered


def _sample(one: Uncertain, generator: np.random.Generator) -> np.ndarray:
    match one.shape, one.given:
        case "triangular", (low, mode, high):
            return generator.triangular(low, mode, high, BLOCK) if low < high else np.full(BLOCK, float(low))
        case "pert", (low, mode, high):
            if low == high:
                return np.full(BLOCK, float(low))
            a = 1 + 4 * (mode - low) / (high - low)
            return low + (high - low) * generator.beta(a, 6 - a, BLOCK)
        case "normal", (mean, spread):
            return generator.normal(mean, spread, BLOCK)
        case "lognormal", (median, spread):
            return median * np.exp(generator.normal(0, spread, BLOCK))
        case "uniform", (low, high):
            return generator.uniform(low, high, BLOCK)
        case _:
            values, chances = one.given
            edges = np.cumsum(chances)[:-1]
            return np.asarray(values, np.float64)[np.searchsorted(edges, generator.random(BLOCK), "right")]


def check(one: Uncertain) -> None:
    """Refuse a shape that cannot be, with what was read and what was expected."""
    if one.shape not in SHAPES:
        raise ValueError(f"“{one.driver}”的分布“{one.shape}”不认识：应为 {'、'.join(SHAPES)} 之一")
    words, parts = SHAPES[one.shape]
    told = f"“{one.driver}”的{words}分布"
    if len(one.given) != len(parts):
        raise ValueError(f"{told}应给出{'、'.join(parts)}，读到 {len(one.given)} 项")
    if one.shape == "discrete":
        values, chances = (np.asarray(part, np.float64) for part in one.given)
        if values.shape != chances.shape or not len(values):
            raise ValueError(f"{told}的取值和概率应一样多，且不少于一个")
        if (chances < 0).any() or abs(chances.sum() - 1) > 1e-9:
            raise ValueError(f"{told}的概率应不小于 0、合计为 1，读到合计 {chances.sum():g}")
        return
    given = np.asarray(one.given, np.float64)
    if not np.isfinite(given).all():
        raise ValueError(f"{told}有不是有限数的值：{one.given}")
    if one.shape in ("normal", "lognormal"):
        if given[1] < 0 or (one.shape == "lognormal" and given[0] <= 0):
            raise ValueError(
                f"{told}的{parts[1]}不能为负{'、中位数应大于 0' if one.shape == 'lognormal' else ''}：读到 {one.given}"
            )
    elif (np.diff(given) < 0).any():
        raise ValueError(f"{told}应按{'≤'.join(parts)}给出：读到 {one.given}")


def mixing(correlation, k: int) -> np.ndarray:
    """The matrix that gives independent normal scores these rank correlations, shape (k, k).

    Raises
    ------
    ValueError
        Not symmetric, not 1 on the diagonal, or not positive semi-definite.
    """
    ranks = np.asarray(correlation, np.float64)
    if ranks.shape != (k, k):
        raise ValueError(
            f"相关矩阵应为 {k}×{k}（与不确定因素一一对应），读到 {'×'.join(map(str, ranks.shape))}"
        )
    if not np.isfinite(ranks).all() or (np.abs(ranks) > 1).any():
        raise ValueError("相关系数应在 -1 到 1 之间")
    if not np.allclose(ranks, ranks.T, atol=1e-12) or not np.allclose(np.diag(ranks), 1, atol=1e-12):
        raise ValueError("相关矩阵应对称、对角线为 1")
    roots, axes = np.linalg.eigh(2 * np.sin(np.pi * ranks / 6))
    if roots.min() < -1e-9:
        raise ValueError(
            f"相关矩阵不是半正定（最小特征值 {roots.min():.3g}）：几个相关系数互相矛盾，请改小其中一个"
        )
    return axes * np.sqrt(np.maximum(roots, 0)) @ axes.T


# Reading the draws -----------------------------------------------------------------------


def probability_curve(ratios: np.ndarray, thresholds) -> np.ndarray:
    """Probability that buying saves at least each threshold (节约率不低于该值的概率).

    A draw without a ratio (NaN) counts as not reached.

    >>> probability_curve(np.array([0.05, 0.10, 0.20, np.nan]), [0.0, 0.10, 0.3]).tolist()
    [0.75, 0.5, 0.0]
    """
    held = np.sort(ratios[~np.isnan(ratios)])
    reached = len(held) - np.searchsorted(held, np.asarray(thresholds, np.float64), side="left")
    return reached / len(ratios)


def percentiles(values: np.ndarray, points: Sequence[float] = (10, 50, 80, 90)) -> dict[str, float]:
    """The points of the S-curve (累计概率曲线): P10, P50, P80, P90."""
    found = np.percentile(values[~np.isnan(values)], points)
    return {f"P{point:g}": float(value) for point, value in zip(points, found, strict=True)}


class Convergence(NamedTuple):
    """Mean after so many draws, with its standard error."""

    draws: int
    mean: float
    error: float


def convergence(values: np.ndarray, first: int = 1_000) -> list[Convergence]:
    """The mean after 1,000, 2,000, 4,000 … draws and after all, each with its standard error."""
    sizes = [first * 2**k for k in range(40) if first * 2**k < len(values)] + [len(values)]
    told = []
    for size in sizes:
        part = values[:size]
        part = part[~np.isnan(part)]
        error = float(part.std(ddof=1) / np.sqrt(len(part))) if len(part) > 1 else float("nan")
        told.append(Convergence(size, float(part.mean()) if len(part) else float("nan"), error))
    return told


def rank_influence(simulation: Simulation, measure: str = "saving") -> dict[str, float]:
    """Rank correlation of each drawn driver with a figure, the strongest first."""
    target = _ranks(getattr(simulation, measure))
    found = {
        name: float(np.corrcoef(_ranks(value), target)[0, 1]) for name, value in simulation.inputs.items()
    }
    return dict(sorted(found.items(), key=lambda pair: -abs(pair[1])))


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks, ties sharing their mean."""
    _, inverse, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[inverse]
