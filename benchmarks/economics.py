"""The economics against hand-written peers, in one run: ``python benchmarks/economics.py``.

Simulation: a model of two modes, ten years and eight uncertain, rank-correlated drivers,
1,000,000 draws, beside a hand-written NumPy version of the same model that draws everything
at once, and beside a plain Python loop (20,000 draws, scaled). Comparison: 100,000 projects
by `compare_all` beside hand-written NumPy on the bare columns that knows the same: what is
unknown, bounds, warranty, years left unpriced, assessed before claimed. Both are checked to
say the same first. What ours has beside: any item list, treatment and timing, end costs,
amounts below zero, lines without mode, item or year, sums beyond int64, and the cells that
would settle an open total. Best of several interleaved runs, of the portfolio in processor
time; memory is the peak that NumPy reports to tracemalloc.
"""

from __future__ import annotations

import random
import time
import tracemalloc

import numpy as np

from zwxm_core.economics import BUILD, PURCHASE, Model, compare_all
from zwxm_core.economics.model import drivers_of
from zwxm_core.economics.portfolio import answers_all
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


TERMS = {"om_items": ("运维费",), "service_items": ("服务费",), "end_cost_items": ("迁移费",)}
ITEMS = np.array(["建设费", "运维费", "服务费", "迁移费"], object)


def portfolio(n: int, with_lines: bool, unknown: float = 0.1):
    """Columns of n projects and their lines of sheet 费用, a tenth of the facts unknown; as `Facts` too.

    A project with lines has one of building, one of O&M and one of the fee a year, and one of
    migration: 16.5 on average.
    """
    g = np.random.default_rng(5)
    ends = {
        "service_life": (3, 11), "warranty_years": (0, 4), "build_cost": (10**7, 10**9),
        "annual_om_cost": (10**6, 10**8), "annual_service_fee": (10**6, 10**9),
    }  # fmt: skip
    columns = {name: (g.integers(*two, n), g.random(n) >= unknown) for name, two in ends.items()}
    if not with_lines:
        return from_columns(n, columns), columns, None
    life = columns["service_life"][0]
    count = 2 * life + 2
    parent = np.repeat(np.arange(n), count)
    at = np.arange(len(parent)) - np.repeat(np.cumsum(count) - count, count)
    of = life[parent]
    om = (at >= 1) & (at <= of)
    code = np.where(at == 0, 0, np.where(om, 1, np.where(at <= 2 * of, 2, 3)))
    year = np.where(code == 0, 0, np.where(om, at, np.where(code == 2, at - of, of)))
    amount = g.integers(10**6, 10**8, len(parent))
    given = g.random(len(parent)) >= unknown / 50
    lines = {
        "mode": np.where(code < 2, 0, 1).astype(np.int8), "item": ITEMS[code], "year": year,
        "claimed": (amount, given), "assessed": (amount - amount // 9, g.random(len(parent)) < 0.5),
    }  # fmt: skip
    return from_columns(n, columns, {"costs": (parent, lines)}), columns, {"parent": parent, **lines}


def compared(f):
    """The package's comparison of all projects."""
    return compare_all(f, rate=RATE, **TERMS)


def factors():
    """Year-end factors of years 0..100 and the running sum of those from year 1 on."""
    factor = (1 + RATE) ** -np.arange(101.0)
    return factor, np.cumsum(factor) - 1


def compared_by_hand(c: dict, _lines=None):
    """Bounds of both totals, saving, break-even fee, present values, equal annual amounts: short form."""
    (life, lk), (war, wk), (cost, ck), (om, ok), (fee, fk) = (c[name] for name in (
        "service_life", "warranty_years", "build_cost", "annual_om_cost", "annual_service_fee",
    ))  # fmt: skip
    life, war, cost, om, fee = life * lk, war * wk, cost * ck, om * ok, fee * fk
    left = np.maximum(life - war, 0)
    low = cost + om * (left * wk)
    high = cost + om * left
    low_known = ck | (ok & lk & wk & (left > 0))
    high_known = ck & lk & (ok | (left == 0))
    build_known = low_known & high_known & (low == high)
    service, service_known = fee * life, fk & lk
    saving = np.where(build_known & service_known, low - service, 0)
    even = np.where(build_known, low // np.maximum(life, 1), 0)
    _, annuity = factors()
    to = annuity[life]
    npv_build = np.where(build_known, (cost + om * (to - annuity[np.minimum(war, life)])) / 100, np.nan)
    npv_service = np.where(service_known, fee * to / 100, np.nan)
    yearly = np.where(lk, to, np.nan)
    return low, low_known, high, high_known, service, service_known, saving, even, npv_build, npv_service, npv_build / yearly, npv_service / yearly  # fmt: skip


def lines_by_hand(c: dict, lines: dict):
    """The same from cost lines: assessed before claimed, warranty, end costs, years left unpriced."""
    n = len(c["service_life"][0])
    (life, lk), (war, wk) = c["service_life"], c["warranty_years"]
    life, war = life * lk, war * wk
    parent, year = lines["parent"], lines["year"]
    (claimed, given), (assessed, cut) = lines["claimed"], lines["assessed"]
    known, amount = given | cut, np.where(cut, assessed, claimed * given)
    codes = {name: code for code, name in enumerate(ITEMS)}
    code = np.fromiter(map(codes.get, lines["item"]), np.int8, len(parent))
    within, beyond = (year <= life[parent]) | (year == 0), ~lk[parent] & (year > 0)
    warranted = (code == 1) & (year <= war[parent])
    unsure = ((code == 1) & ~wk[parent]) | beyond
    counts = (within | beyond) & ~warranted & (code != 3)
    factor, annuity = factors()
    to = np.where(lk, annuity[life], np.nan)
    found = []
    for mode, head in ((0, 1), (1, 2)):
        of = np.flatnonzero(lines["mode"] == mode)
        row = parent[of]
        start = np.flatnonzero(np.diff(row, prepend=-1))
        worth = amount[of] * counts[of]
        low, high = np.zeros((2, n), np.int64)
        high[row[start]] = np.add.reduceat(worth, start)
        low[row[start]] = np.add.reduceat(worth * ~unsure[of], start)
        some, blank = np.zeros((2, n), bool)
        some[row[known[of] & counts[of] & ~unsure[of]]] = True
        blank[row[~known[of] & counts[of]]] = True
        from_year = war if mode == 0 else np.zeros(n, np.int64)
        priced = (code[of] == head) & (year[of] > from_year[row]) & (year[of] <= life[row])
        seen = np.zeros((n, 101), bool)
        seen[row[priced], year[of][priced]] = True
        full = seen.sum(axis=1) >= np.maximum(life - from_year, 0)
        total_known = some & ~blank & lk & full & (low == high)
        present = np.zeros(n)
        present[row[start]] = np.add.reduceat(worth * factor[year[of]], start) / 100
        present = np.where(total_known, present, np.nan)
        found.append((low, some, high, ~blank & lk & full, total_known, present, present / to))
    (
        (low, low_known, high, high_known, bk, npv_build, eac_build),
        (service, *_, sk, npv_service, eac_service),
    ) = found
    others = np.zeros(n, np.int64)
    even = np.where(bk & lk, (low - others) // np.maximum(life, 1), 0)
    saving = np.where(bk & sk, low - service, 0)
    return (
        low,
        low_known,
        high,
        high_known,
        service,
        sk,
        saving,
        even,
        npv_build,
        npv_service,
        eac_build,
        eac_service,
    )


def same(ours, hand) -> None:
    """Stop where the two differ: exact amounts wherever known, present values to 1e-9."""
    build, service = ours.build, ours.service
    low, low_known, high, high_known, total, known, saving, even, *present = hand
    assert (build.low_known == low_known).all()
    assert (build.high_known == high_known).all()
    assert (build.low == low)[low_known].all()
    assert (build.high == high)[high_known].all()
    assert (service.known == known).all()
    assert (service.low == total)[known].all()
    assert (ours.saving == saving).all()
    assert (ours.break_even_fee == even)[ours.break_even_known].all()
    theirs = ours.npv[BUILD], ours.npv[PURCHASE], ours.eac[BUILD], ours.eac[PURCHASE]
    for one, other in zip(theirs, present, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


def best(runs: int, clock=time.perf_counter, **calls):
    """Best time of each call, the calls taking turns."""
    times = dict.fromkeys(calls, np.inf)
    for _ in range(runs):
        for name, call in calls.items():
            start = clock()
            call()
            times[name] = min(times[name], clock() - start)
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
    print(f"{projects:,} projects compared                  ours ms   hand ms   ratio")
    for words, with_lines, hand in (
        ("short form", False, compared_by_hand), ("cost lines", True, lines_by_hand),
    ):  # fmt: skip
        f, columns, lines = portfolio(projects, with_lines)
        same(compared(f), hand(columns, lines))
        times = best(
            15,
            time.process_time,
            ours=lambda f=f: compared(f),
            hand=lambda h=hand, c=columns, m=lines: h(c, m),
        )
        told = f"{times['ours'] * 1e3:9.1f} {times['hand'] * 1e3:9.1f} {times['ours'] / times['hand']:7.2f}"
        print(f"  {words} ({f.costs.n:,} lines)".ljust(42) + told)
    times = best(
        3,
        time.process_time,
        figures=lambda: compared(f),
        answers=lambda: answers_all(f, rate=RATE, rates=(0.035, 0.08), **TERMS),
    )
    told = ", ".join(f"{name} {value * 1e3:.0f} ms" for name, value in times.items())
    print(f"  of cost lines, all answers (rates, payback, crossover, rates of return): {told}")


if __name__ == "__main__":
    main()
