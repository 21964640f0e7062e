"""The thresholds, at the line and one 分 beside it, against exact rational arithmetic.

ZWXM_CASES sets the number of generated cases (`make soak`: one million each).
"""

from __future__ import annotations

import os
from datetime import date
from fractions import Fraction

import numpy as np
import pytest

from zwxm_core.findings import evaluate
from zwxm_core.portfolio.arrays import from_columns
from zwxm_core.rulesets import load_ruleset

CASES = int(os.environ.get("ZWXM_CASES", "30000"))
RULESET = load_ruleset()
AS_OF = date(2026, 11, 24)
WAN, YI = 1_000_000, 10_000_000_000


def totals_with_an_exact_line(n: int, rng) -> np.ndarray:
    """Ugly totals between 1 万 and 10 亿元 whose 15% is a whole number of 分 (multiples of 20 分)."""
    return rng.integers(WAN // 20, 10 * YI // 20, n) * 20


def one_adjustment_each(total: np.ndarray, amount: np.ndarray):
    n = len(total)
    ground = 1  # 技术优化
    return from_columns(
        n,
        {"level": np.int8(0), "classified": False, "approved_total": total, "revised_total": total,
         "goals_unchanged": True, "change_necessary": True, "adjustments_complete": True},
        {"adjustments": (np.arange(n), {"seq": 1, "on": np.datetime64("2024-05-06"), "amount": amount,
                                        "ground": np.int8(ground), "prior_approval": False})},
    )  # fmt: skip


def states(facts, clause: str) -> np.ndarray:
    found = [e for e in evaluate(facts, RULESET, AS_OF, [clause], readings=False) if e.item is None]
    assert all(e.applies.yes.all() for e in found)
    return np.concatenate([e.body.states() for e in found])


@pytest.mark.parametrize("step", [-1, 0, 1], ids=["one 分 under", "exactly", "one 分 over"])
def test_an_adjustment_of_15_percent_to_the_fen(step):
    """An adjustment of exactly 15% may be self-approved and filed; one 分 more may not."""
    rng = np.random.default_rng(29)
    total = totals_with_an_exact_line(CASES, rng)
    amount = (total // 20 * 3 + step) * rng.choice([-1, 1], CASES)
    decided = states(one_adjustment_each(total, amount), "29.1")
    line = Fraction(3, 20)
    expected = [int(abs(int(a)) <= line * int(t)) for a, t in zip(amount, total, strict=True)]
    assert set(expected) == {0 if step > 0 else 1}
    assert (decided != expected).sum() == 0


def test_an_adjustment_beside_a_line_that_is_no_whole_fen():
    """Where 15% of the total is no whole 分 the largest whole 分 below it may be adjusted, the next may not."""
    rng = np.random.default_rng(30)
    total = rng.integers(WAN, 10 * YI, CASES)
    below = total * 3 // 20
    assert (states(one_adjustment_each(total, below), "29.1") == 1).all()
    assert (states(one_adjustment_each(total, below + 1), "29.1") == 0).all()


def test_float_would_refuse_a_share_of_the_exact_cases():
    """Why money is never a float: in euros and cents the same line is missed in many exact cases."""
    rng = np.random.default_rng(29)
    total = totals_with_an_exact_line(CASES, rng)
    wrong = ~(total // 20 * 3 / 100 <= 0.15 * (total / 100))
    assert wrong.mean() > 0.1


@pytest.mark.parametrize("step", [-1, 0, 1], ids=["one 分 under", "exactly", "one 分 over"])
def test_a_total_of_500_wan_to_the_fen(step):
    """A total of exactly 500 万元 may be merged; one 分 more may not."""
    n = max(CASES // 100, 1000)
    total = np.full(n, 500 * WAN + step, np.int64)
    facts = from_columns(n, {"level": np.int8(0), "classified": False, "action": np.int8(0), "mode": np.int8(0), "total_investment": total,
                             "approved_on": np.datetime64("NaT")})  # fmt: skip
    assert (states(facts, "18.2.3") == (1 if step <= 0 else 0)).all()


def test_generated_totals_around_500_wan():
    """Totals from 1 万 to 10 亿 元, ugly ones and the neighbours of the line."""
    rng = np.random.default_rng(18)
    near = 500 * WAN + rng.integers(-50, 51, CASES)
    far = rng.integers(WAN, 10 * YI, CASES)
    total = np.where(rng.random(CASES) < 0.5, near, far)
    facts = from_columns(CASES, {"level": np.int8(0), "classified": False, "action": np.int8(0), "mode": np.int8(0),
                                 "total_investment": total, "approved_on": np.datetime64("NaT")})  # fmt: skip
    expected = [int(Fraction(int(t), 100) <= 5_000_000) for t in total]
    assert (states(facts, "18.2.3") != expected).sum() == 0


@pytest.mark.parametrize("step", [-1, 0, 1], ids=["one 分 under", "exactly", "one 分 over"])
def test_a_saving_of_exactly_the_floor_is_enough(step):
    """With a floor of 10%, fees of exactly 90% of the cost of building pass; one 分 more fails."""
    rng = np.random.default_rng(19)
    n = max(CASES // 10, 1000)
    build = rng.integers(WAN // 10, YI // 10, n) * 10
    fee = build // 10 * 9 + step
    facts = from_columns(n, {"level": np.int8(0), "classified": False, "action": np.int8(0), "mode": np.int8(1), "service_life": 1,
                             "warranty_years": 0, "annual_om_cost": np.int64(0), "build_cost": build,
                             "annual_service_fee": fee, "approved_on": np.datetime64("NaT")})  # fmt: skip
    ruleset = RULESET.adopting(purchase_clearly_less="10%")
    found = list(evaluate(facts, ruleset, AS_OF, ["19.1.2"], readings=False))
    decided = np.concatenate([e.body.states() for e in found])
    expected = [int(Fraction(int(b - s), int(b)) >= Fraction(1, 10)) for s, b in zip(fee, build, strict=True)]
    assert set(expected) == {0 if step > 0 else 1}
    assert (decided != expected).sum() == 0


def test_amounts_beyond_int64_products_are_still_exact():
    """Where amount × denominator leaves int64 the comparison goes on in whole numbers."""
    ruleset = RULESET.adopting(adjustment_limit=Fraction(333_333, 1_000_000))
    total = np.array([10**15, 10**15, 10**15])
    amount = np.array([333_333 * 10**9, 333_333 * 10**9 + 1, 333_333 * 10**9 - 1])
    found = list(evaluate(one_adjustment_each(total, amount), ruleset, AS_OF, ["29.1"], readings=False))
    assert found[0].body.states().tolist() == [1, 0, 1]
