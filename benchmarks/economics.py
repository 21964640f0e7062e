"""The economics against hand-written peers, in one run: ``python benchmarks/economics.py``.

Simulation: a model of two modes, ten years and eight uncertain, rank-correlated drivers,
1,000,000 draws, beside a hand-written NumPy version of the same model that draws everything
at once, and beside a plain Python loop (20,000 draws, scaled). Comparison: 100,000 projects
by `compare_all` beside hand-written NumPy on the bare arrays. Best of several interleaved
runs; memory is the peak that NumPy reports to tracemalloc.
"""

from __future__ import annotations

import random
import time
import tracemalloc

import numpy as np

from zwxm_core.economics import BUILD, PURCHASE, Model, compare_all
from zwxm_core.economics.model import drivers_of
from zwxm_core.economics.simulation import Uncertain, simulate
from zwxm_core.portfolio.arrays import from_columns

YEARS = 10
HEADS = (
    (BUILD, "其他费用"),
    (BUILD, "运维费"),
    (PURCHASE, "服务费"),
    (PURCHASE, "其他费用"),
    (PURCHASE, "期末费用"),
)
FLOWS = np.zeros((5, YEARS + 1))
FLOWS[0, 0], FLOWS[1, 2:], FLOWS[2, 1:], FLOWS[3, 0], FLOWS[4, YEARS] = 386.42, 57.31, 88.17, 23.9, 31.3
RATE = 0.06
NAMES = [
    "自行建设·其他费用", "自行建设·运维费", "购买服务·服务费", "购买服务·其他费用", "购买服务·期末费用",
    "自行建设·运维费年增长", "购买服务·服务费年增长", "折现率",
]  # fmt: skip
SHAPES = [
    ("pert", (0.95, 1.1, 1.8)), ("lognormal", (1.0, 0.2)), ("triangular", (0.9, 1.0, 1.4)), ("uniform", (0.8, 1.5)),
    ("triangular", (0.5, 1.0, 2.0)),
    ("normal", (0.02, 0.01)), ("normal", (0.03, 0.01)), ("uniform", (0.03, 0.08)),
]  # fmt: skip
RANKS = np.eye(8) + np.diag([0.3] * 7, 1) + np.diag([0.3] * 7, -1)


def ours(draws: int, seed: int):
    """The package's simulation."""
    model = Model(HEADS, FLOWS, RATE, "year_end", drivers_of(HEADS, FLOWS, RATE))
    uncertain = [Uncertain(name, *shape) for name, shape in zip(NAMES, SHAPES, strict=True)]
    return simulate(model, uncertain, draws, seed, correlation=RANKS).saving_ratio


def by_hand(draws: int, seed: int):
    """The same by hand: all draws at once, reordered for rank correlation, years in a table."""
    g = np.random.default_rng(seed)
    a = 1 + 4 * (1.1 - 0.95) / (1.8 - 0.95)
    x = np.stack([
        0.95 + 0.85 * g.beta(a, 6 - a, draws), np.exp(g.normal(0, 0.2, draws)), g.triangular(0.9, 1.0, 1.4, draws),
        g.uniform(0.8, 1.5, draws), g.triangular(0.5, 1.0, 2.0, draws), g.normal(0.02, 0.01, draws), g.normal(0.03, 0.01, draws), g.uniform(0.03, 0.08, draws),
    ])  # fmt: skip
    score = np.linalg.cholesky(2 * np.sin(np.pi * RANKS / 6)) @ g.standard_normal((8, draws))
    for row in range(8):
        x[row, np.argsort(score[row])] = np.sort(x[row])
    cost, om, fee, other, end, om_growth, fee_growth, rate = x
    year = np.arange(1, YEARS + 1)[:, None]
    factor = (1 + rate) ** -year
    om_flow = FLOWS[1, 1:, None] * om * (1 + om_growth) ** (year - 1)
    fee_flow = FLOWS[2, 1:, None] * fee * (1 + fee_growth) ** (year - 1)
    build = FLOWS[0, 0] * cost + om_flow.sum(axis=0)
    service = FLOWS[3, 0] * other + fee_flow.sum(axis=0) + FLOWS[4, YEARS] * end
    npv = FLOWS[0, 0] * cost + (om_flow * factor).sum(axis=0)
    npv -= FLOWS[3, 0] * other + (fee_flow * factor).sum(axis=0) + FLOWS[4, YEARS] * end * factor[-1]
    return (build - service) / build, npv


def plain_loop(draws: int, seed: int):
    """Plain Python, one draw after another, without correlation."""
    g = random.Random(seed)
    a = 1 + 4 * (1.1 - 0.95) / (1.8 - 0.95)
    ratios = []
    for _ in range(draws):
        cost, om = 0.95 + 0.85 * g.betavariate(a, 6 - a), g.lognormvariate(0, 0.2)
        fee, other, end = g.triangular(0.9, 1.4, 1.0), g.uniform(0.8, 1.5), g.triangular(0.5, 2.0, 1.0)
        om_growth, fee_growth, rate = g.gauss(0.02, 0.01), g.gauss(0.03, 0.01), g.uniform(0.03, 0.08)
        build = now_build = FLOWS[0, 0] * cost
        service = now_service = FLOWS[3, 0] * other
        for year in range(1, YEARS + 1):
            factor = (1 + rate) ** -year
            run = FLOWS[1, year] * om * (1 + om_growth) ** (year - 1)
            paid = FLOWS[2, year] * fee * (1 + fee_growth) ** (year - 1)
            build, service = build + run, service + paid
            now_build, now_service = now_build + run * factor, now_service + paid * factor
        service += FLOWS[4, YEARS] * end
        now_service += FLOWS[4, YEARS] * end * factor
        ratios.append((build - service) / build)
    return ratios


def portfolio(n: int):
    """Projects in the short form, as columns, and the bare arrays."""
    g = np.random.default_rng(5)
    columns = {
        "service_life": g.integers(3, 11, n), "warranty_years": g.integers(0, 4, n),
        "build_cost": g.integers(10**7, 10**9, n), "annual_om_cost": g.integers(10**6, 10**8, n),
        "annual_service_fee": g.integers(10**6, 10**9, n),
    }  # fmt: skip
    return from_columns(n, columns), columns


def compared(f):
    """The package's comparison of all projects."""
    return compare_all(f, rate=RATE, om_items=("年运维费",), service_items=("年服务费",))


def compared_by_hand(c: dict):
    """Totals, saving, break-even fee, present values and equal annual amounts, no unknowns."""
    life, warranty = c["service_life"], np.minimum(c["warranty_years"], c["service_life"])
    years = life - warranty
    build = c["build_cost"] + c["annual_om_cost"] * years
    service = c["annual_service_fee"] * life
    to = (1 - (1 + RATE) ** -life.astype(float)) / RATE
    after = to - (1 - (1 + RATE) ** -warranty.astype(float)) / RATE
    npv = c["build_cost"] / 100 + c["annual_om_cost"] / 100 * after, c["annual_service_fee"] / 100 * to
    return build, service, build - service, build // life, *npv, npv[0] / to, npv[1] / to


def best(runs: int, **calls):
    """Best time of each call, the calls taking turns."""
    times = dict.fromkeys(calls, np.inf)
    for _ in range(runs):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name] = min(times[name], time.perf_counter() - start)
    return times


def peak(call) -> float:
    """Peak memory of a call, MB."""
    tracemalloc.start()
    call()
    size = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return size / 2**20


def main(draws: int = 1_000_000, projects: int = 100_000, loop: int = 20_000) -> None:
    """Print both tables."""
    theirs = by_hand(200_000, 1)[0]
    assert abs(np.mean(ours(200_000, 1)) - np.mean(theirs)) < 0.003
    assert abs(np.mean(plain_loop(loop, 1)) - np.mean(theirs)) < 0.01
    times = best(5, ours=lambda: ours(draws, 1), hand=lambda: by_hand(draws, 1))
    python = best(1, loop=lambda: plain_loop(loop, 1))["loop"] * draws / loop
    print(f"{draws:,} draws, 8 correlated drivers, 10 years   s      ratio   peak MB")
    print(
        f"  zwxm_core                       {times['ours']:6.2f}    1.00   {peak(lambda: ours(draws, 1)):7.0f}"
    )
    print(
        f"  hand-written NumPy              {times['hand']:6.2f}  {times['hand'] / times['ours']:6.2f}   {peak(lambda: by_hand(draws, 1)):7.0f}"
    )
    print(f"  plain Python ({loop:,}, scaled)  {python:6.1f}  {python / times['ours']:6.1f}")
    f, columns = portfolio(projects)
    figures, hand = compared(f), compared_by_hand(columns)
    assert (figures.build.low == hand[0]).all()
    assert (figures.service.low == hand[1]).all()
    assert (figures.break_even_fee == hand[3]).all()
    assert np.allclose(figures.npv[BUILD], hand[4])
    assert np.allclose(figures.eac[PURCHASE], hand[7])
    times = best(7, ours=lambda: compared(f), hand=lambda: compared_by_hand(columns))
    print(f"{projects:,} projects compared: {times['ours'] * 1e3:.1f} ms against {times['hand'] * 1e3:.1f} ms by hand, "
          f"{times['ours'] / times['hand']:.2f} times")  # fmt: skip


if __name__ == "__main__":
    main()
