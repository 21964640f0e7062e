"""Sensitivity and simulation: what a driver does, and how sure an answer is."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwxm_core.economics import BUILD, PURCHASE, Model, compare, model_of, outcomes, present_value
from zwxm_core.economics.model import drivers_of
from zwxm_core.economics.sensitivity import grid, one_way, scenarios, switching_values, tornado
from zwxm_core.economics.simulation import (
    BLOCK,
    Uncertain,
    convergence,
    percentiles,
    probability_curve,
    rank_influence,
    simulate,
)
from zwxm_core.portfolio import from_records

FEE = "购买服务·服务费"
COST = "自行建设·其他费用"
OM = "自行建设·运维费"
HEADS = (BUILD, "其他费用"), (BUILD, "运维费"), (PURCHASE, "服务费")
FLOWS = np.array(
    [[317.13, 0, 0, 0, 0, 0], [0, 0, 41.7, 41.7, 41.7, 41.7], [0, 91.01, 91.01, 91.01, 91.01, 91.01]]
)


def plan(rate=0.06, timing="year_end", flows=FLOWS):
    return Model(HEADS, flows, rate, timing, drivers_of(HEADS, flows, rate))


def facts(**more):
    project = {"id": "A", "service_life": 5, "warranty_years": 1, "build_cost": 317_13, "annual_om_cost": 41_70,
               "annual_service_fee": 91_01, **more}  # fmt: skip
    return from_records({"projects": [project]})


ITEMS = {"om_items": ("年运维费",), "service_items": ("年服务费",)}


@pytest.mark.parametrize("timing", ["year_end", "mid_year", "start", "continuous"])
def test_the_model_as_planned_says_what_the_comparison_says(timing):
    model = model_of(facts(), 0, rate=0.06, timing=timing, **ITEMS)
    answer = outcomes(model, {})
    exact = compare(facts(), 0, rate=0.06, timing=timing, **ITEMS)
    assert answer.build_total[0] * 100 == pytest.approx(exact["build_total"])
    assert answer.service_total[0] * 100 == pytest.approx(exact["service_total"])
    assert answer.npv_build[0] == pytest.approx(exact["npv_build"], rel=1e-12)
    assert answer.npv_purchase[0] == pytest.approx(exact["npv_purchase"], rel=1e-12)


def test_a_model_is_not_made_of_what_is_not_known():
    with pytest.raises(ValueError, match="补齐以后才能做敏感性分析"):
        model_of(facts(service_life=None), 0, rate=0.06, **ITEMS)
    with pytest.raises(ValueError, match="补齐以后才能做敏感性分析"):
        model_of(facts(annual_service_fee=None), 0, rate=0.06, **ITEMS)


@given(st.floats(-0.4, 0.9), st.floats(-0.2, 0.4), st.floats(0, 3))
def test_one_setting_is_what_its_flows_written_out_are_worth(rate, growth, scale):
    fee = FLOWS[2] * scale * np.concatenate([[1], (1 + growth) ** np.arange(5)])
    answer = outcomes(plan(), {"折现率": rate, "购买服务·服务费年增长": growth, FEE: scale})
    assert answer.service_total[0] == pytest.approx(fee.sum(), rel=1e-12)
    assert answer.npv_purchase[0] == pytest.approx(float(present_value(fee, rate)), rel=1e-9)
    assert answer.npv_build[0] == pytest.approx(float(present_value(FLOWS[0] + FLOWS[1], rate)), rel=1e-9)


@given(st.floats(0.01, 100))
def test_scaling_all_costs_leaves_the_ratio_alone(scale):
    whole = outcomes(plan(), {FEE: scale, COST: scale, OM: scale})
    assert whole.saving_ratio[0] == pytest.approx(outcomes(plan(), {}).saving_ratio[0], rel=1e-12, abs=1e-12)


def test_at_no_rate_a_present_value_is_the_sum():
    answer = outcomes(plan(), {"折现率": 0.0})
    assert answer.npv_saving[0] == pytest.approx(answer.saving[0])


def test_real_flows_at_the_real_rate_are_worth_the_nominal_ones_at_the_nominal_rate():
    inflation = 0.023
    nominal = FLOWS * (1 + inflation) ** np.arange(6)
    real = outcomes(plan(0.04), {})
    inflated = outcomes(plan(1.04 * (1 + inflation) - 1, flows=nominal), {})
    assert inflated.npv_saving[0] == pytest.approx(real.npv_saving[0])


@given(st.lists(st.floats(0, 5), min_size=2, max_size=9))
def test_a_dearer_fee_never_helps_the_purchase(scales):
    saving = outcomes(plan(), {FEE: np.sort(scales)}).saving
    assert (np.diff(saving) <= 1e-9).all()


def test_the_break_even_fee_put_back_leaves_less_than_a_fen_a_year_between_the_two():
    exact = compare(facts(), 0, rate=0.06, **ITEMS)
    again = compare(facts(annual_service_fee=exact["break_even_fee"]), 0, rate=0.06, **ITEMS)
    assert 0 <= again["saving"] < 5
    even = facts(build_cost=317_15)
    fee = compare(even, 0, rate=0.06, **ITEMS)["break_even_fee"]
    assert compare(facts(build_cost=317_15, annual_service_fee=fee), 0, rate=0.06, **ITEMS)["saving"] == 0


@pytest.mark.parametrize(
    ("measure", "target"), [("saving", 0.0), ("saving_ratio", 0.10), ("npv_saving", 0.0)]
)
def test_a_switching_value_put_back_gives_just_the_target(measure, target):
    found = switching_values(plan(), target, measure)
    assert found[FEE]
    assert found[COST]
    for name, values in found.items():
        for value in values:
            assert getattr(outcomes(plan(), {name: value}), measure)[0] == pytest.approx(target, abs=1e-9)


def test_a_driver_that_moves_nothing_has_no_switching_value():
    assert switching_values(plan(), 0.0, "saving")["折现率"] == []
    same = plan(flows=np.array([[100.0, 0, 0], [0, 0, 0], [0, 50, 50]]))
    assert switching_values(same, 0.0, "saving")["折现率"] == []


def test_a_tornado_puts_the_widest_first_and_each_end_where_the_model_has_it():
    swings = tornado(plan(), {OM: (0.9, 1.1), FEE: (0.8, 1.3), "折现率": (0.03, 0.08)}, "npv_saving")
    assert swings[0].driver == FEE
    assert all(a.width >= b.width for a, b in itertools.pairwise(swings))
    for swing in swings:
        assert swing.at_low == outcomes(plan(), {swing.driver: swing.low}).npv_saving[0]
        assert swing.at_high == outcomes(plan(), {swing.driver: swing.high}).npv_saving[0]


def test_a_grid_goes_across_then_down():
    table = grid(plan(), (FEE, [0.9, 1.0, 1.1]), (COST, [1.0, 2.0])).saving
    assert table.shape == (6,)
    assert table[4] == pytest.approx(outcomes(plan(), {FEE: 1.0, COST: 2.0}).saving[0])


def test_a_scenario_is_a_setting_with_a_name():
    planned, dearer = scenarios(plan(), {"涨价": {FEE: 1.2, "没有的因素": 2.0}})
    assert (planned["name"], dearer["name"], dearer["left_out"]) == ("计划", "涨价", ["没有的因素"])
    assert planned["saving"] - dearer["saving"] == pytest.approx(0.2 * FLOWS[2].sum())


def test_a_one_way_grid_is_the_model_at_each_value():
    [row] = one_way(plan(), {FEE: (0.5, 1.5)}, steps=3)
    assert row["values"] == [0.5, 1.0, 1.5]
    assert row["saving"] == pytest.approx(
        [float(outcomes(plan(), {FEE: v}).saving[0]) for v in (0.5, 1.0, 1.5)]
    )


def test_a_driver_that_is_none_of_the_models_is_named_with_those_that_are():
    with pytest.raises(ValueError, match="模型里没有“人工费”：可选 自行建设·其他费用"):
        outcomes(plan(), {"人工费": 1.0})


# Simulation ------------------------------------------------------------------------------

UNCERTAIN = (
    Uncertain(FEE, "triangular", (0.9, 1.0, 1.4)),
    Uncertain(COST, "pert", (0.95, 1.1, 1.8)),
    Uncertain(OM, "lognormal", (1.0, 0.25)),
    Uncertain("购买服务·服务费年增长", "normal", (0.02, 0.01)),
    Uncertain("折现率", "uniform", (0.03, 0.08)),
    Uncertain("自行建设·运维费年增长", "discrete", ((0.0, 0.05), (0.7, 0.3))),
)


def test_the_same_seed_gives_the_same_digits_whatever_the_workers_and_the_length():
    one = simulate(plan(), UNCERTAIN, 3 * BLOCK + 17, 42)
    four = simulate(plan(), UNCERTAIN, 3 * BLOCK + 17, 42, workers=4)
    short = simulate(plan(), UNCERTAIN, BLOCK + 5, 42)
    assert (one.saving == four.saving).all()
    assert (one.npv_saving == four.npv_saving).all()
    assert (one.saving[: BLOCK + 5] == short.saving).all()
    assert (one.saving[:100] != simulate(plan(), UNCERTAIN, 100, 43).saving).any()


@pytest.mark.parametrize(
    ("shape", "given_", "mean", "low", "high"),
    [
        ("triangular", (1, 2, 6), 3.0, 1, 6),
        ("pert", (1, 2, 6), 2.5, 1, 6),
        ("normal", (3, 0.5), 3.0, 0, 6),
        ("lognormal", (2, 0.5), 2 * np.exp(0.125), 0, 40),
        ("uniform", (1, 6), 3.5, 1, 6),
        ("discrete", ((1, 5), (0.25, 0.75)), 4.0, 1, 5),
    ],
)  # fmt: skip
def test_each_shape_has_its_mean_and_stays_within_its_ends(shape, given_, mean, low, high):
    drawn = simulate(plan(), [Uncertain(FEE, shape, given_)], 200_000, 7, keep_inputs=True).inputs[FEE]
    assert drawn.mean() == pytest.approx(mean, abs=5 * drawn.std() / np.sqrt(len(drawn)))
    assert low <= drawn.min()
    assert drawn.max() <= high


def test_a_shape_without_width_is_a_fixed_value():
    for shape in ("triangular", "pert"):
        drawn = simulate(plan(), [Uncertain(FEE, shape, (1.1, 1.1, 1.1))], 10, 7, keep_inputs=True).inputs[
            FEE
        ]
        assert (drawn == 1.1).all()


def test_rank_correlation_comes_out_as_asked_and_leaves_each_driver_its_values():
    wanted = np.array([[1, 0.7, -0.4], [0.7, 1, 0], [-0.4, 0, 1]])
    loose = simulate(plan(), UNCERTAIN[:3], 4 * BLOCK, 5, keep_inputs=True).inputs
    tied = simulate(plan(), UNCERTAIN[:3], 4 * BLOCK, 5, correlation=wanted, keep_inputs=True).inputs
    ranks = np.array([np.argsort(np.argsort(values)) for values in tied.values()])
    assert np.corrcoef(ranks) == pytest.approx(wanted, abs=0.02)
    for name, values in tied.items():
        assert (np.sort(values) == np.sort(loose[name])).all()


def test_drivers_that_move_as_one_are_allowed():
    both = simulate(plan(), UNCERTAIN[:2], BLOCK, 5, correlation=[[1, 1], [1, 1]], keep_inputs=True).inputs
    ranks = [np.argsort(np.argsort(values)) for values in both.values()]
    assert np.corrcoef(ranks)[0, 1] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]], "不是半正定"),
        ([[1, 0.5, 0], [0.4, 1, 0], [0, 0, 1]], "应对称、对角线为 1"),
        ([[1, 2, 0], [2, 1, 0], [0, 0, 1]], "在 -1 到 1 之间"),
        ([[1, 0], [0, 1]], "应为 3×3"),
    ],
)
def test_a_correlation_that_cannot_be_is_refused(matrix, message):
    with pytest.raises(ValueError, match=message):
        simulate(plan(), UNCERTAIN[:3], 10, 1, correlation=matrix)


@pytest.mark.parametrize(
    ("one", "message"),
    [
        (Uncertain(FEE, "beta", (1, 2)), "分布“beta”不认识"),
        (Uncertain(FEE, "triangular", (1, 2)), "应给出最小、最可能、最大，读到 2 项"),
        (Uncertain(FEE, "triangular", (1, 3, 2)), "应按最小≤最可能≤最大给出"),
        (Uncertain(FEE, "normal", (1, -0.1)), "标准差不能为负"),
        (Uncertain(FEE, "lognormal", (0, 0.1)), "中位数应大于 0"),
        (Uncertain(FEE, "discrete", ((1, 2), (0.5, 0.4))), "合计为 1"),
        (Uncertain(FEE, "uniform", (1, float("inf"))), "不是有限数"),
    ],
)
def test_a_shape_that_cannot_be_is_refused(one, message):
    with pytest.raises(ValueError, match=message):
        simulate(plan(), [one], 10, 1)


def test_a_driver_is_given_one_shape_only():
    with pytest.raises(ValueError, match="写了两次分布"):
        simulate(plan(), [UNCERTAIN[0], UNCERTAIN[0]], 10, 1)


def test_the_probability_falls_with_the_threshold_and_steps_at_a_draw():
    drawn = simulate(plan(), UNCERTAIN, 20_000, 3)
    curve = probability_curve(drawn.saving_ratio, np.linspace(-1, 1, 201))
    assert (np.diff(curve) <= 0).all()
    assert curve[0] == 1
    assert curve[-1] == 0
    assert probability_curve(np.array([0.1]), [0.1, np.nextafter(0.1, 1)]).tolist() == [1, 0]


def test_percentiles_convergence_and_influence_read_the_draws():
    drawn = simulate(plan(), UNCERTAIN, 20_000, 3, keep_inputs=True)
    points = percentiles(drawn.saving)
    assert list(points) == ["P10", "P50", "P80", "P90"]
    assert (drawn.saving <= points["P80"]).mean() == pytest.approx(0.8, abs=1e-3)
    steps = convergence(drawn.saving)
    assert [step.draws for step in steps] == [1000, 2000, 4000, 8000, 16000, 20000]
    assert steps[-1].error < steps[0].error / 3
    assert steps[-1].mean == pytest.approx(drawn.saving.mean())
    influence = rank_influence(drawn)
    assert next(iter(influence)) == FEE
    assert influence[FEE] < 0 < influence[COST]


def test_sobol_meets_the_closed_form_of_ishigami_within_its_own_interval():
    pytest.importorskip("SALib", reason="the extra economics is not installed")
    from zwxm_core.economics.sobol import analysed

    def ishigami(x):
        return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])

    found = analysed(ishigami, ["x1", "x2", "x3"], [(-np.pi, np.pi)] * 3, 4096, 1, second=True)
    for key, exact in (("S1", [0.3139, 0.4424, 0]), ("ST", [0.5576, 0.4424, 0.2437])):
        assert (np.abs(found[key] - exact) <= found[f"{key}_conf"] + 5e-5).all()
    assert abs(found["S2"][0, 2] - 0.2437) <= found["S2_conf"][0, 2]


def test_sobol_shares_add_up_where_the_model_is_a_sum():
    pytest.importorskip("SALib", reason="the extra economics is not installed")
    from zwxm_core.economics.sobol import sobol_indices

    rows = sobol_indices(plan(), UNCERTAIN[:3], base=1024, seed=3)
    assert sum(row.first for row in rows) == pytest.approx(1, abs=0.05)
    spread = {row.driver: row.total for row in rows}
    drawn = simulate(plan(), UNCERTAIN[:3], 100_000, 3, keep_inputs=True)
    own = {
        name: np.var(drawn.inputs[name]) * FLOWS[at].sum() ** 2 for name, at in ((FEE, 2), (COST, 0), (OM, 1))
    }
    for name, variance in own.items():
        assert spread[name] == pytest.approx(variance / sum(own.values()), abs=0.03)


@pytest.mark.parametrize("one", UNCERTAIN)
def test_quantiles_for_sobol_are_those_of_the_draws(one):
    pytest.importorskip("SALib", reason="the extra economics is not installed")
    from zwxm_core.economics.sobol import quantile

    drawn = simulate(plan(), [one], 200_000, 11, keep_inputs=True).inputs[one.driver]
    for point in (0.1, 0.5, 0.9):
        assert quantile(one, np.array([point]))[0] == pytest.approx(
            np.quantile(drawn, point), rel=0.02, abs=0.001
        )
