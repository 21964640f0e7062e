"""The answers of a portfolio at once are those of its projects one by one."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings

from zwxm_core.economics import compare, model_of
from zwxm_core.economics.answers import answers
from zwxm_core.economics.portfolio import NEVER, answers_all

from .records import facts
from .test_costs import RULES, SHORT, fees, line, portfolios

RATES = (0.035, 0.06)


def one_by_one(f, row):
    figures = compare(f, row, rate=0.08, **RULES)
    model = model_of(f, row, rate=0.08, **RULES)
    return figures, answers(model, rates=RATES, ranges={})


@settings(max_examples=150, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(portfolios)
def test_every_project_gets_the_answers_it_gets_alone(portfolio):
    projects, lines = portfolio
    f = facts(*projects, costs=lines)
    whole = answers_all(f, rate=0.08, rates=RATES, **RULES)
    for row in np.flatnonzero(whole.known):
        try:
            figures, told = one_by_one(f, row)
        except ValueError:  # a mode that costs nothing at all has no model
            continue
        extra = told["extra_investment"]
        year = lambda value: NEVER if value is None else value
        assert whole.crossover_year[row] == year(figures["crossover_year"])
        assert whole.payback_year[row] == year(extra["payback_year"])
        assert whole.internal_rates[row] == len(extra["internal_rates"])
        if len(extra["internal_rates"]) == 1:
            assert 1 + whole.internal_rate[row] == pytest.approx(1 + extra["internal_rates"][0], rel=1e-6)
        for at, rate in enumerate(told["rates"][1:]):
            size = abs(rate["npv_build"]) + abs(rate["npv_purchase"])
            assert whole.npv_saving[at, row] == pytest.approx(rate["npv_saving"], abs=1e-9 * size + 1e-6)
        if (ratio := figures["saving_ratio"]) is not None:
            assert whole.saving_ratio[row] == pytest.approx(ratio["num"] / ratio["den"])


def test_the_multiple_of_the_fee_at_which_both_cost_the_same_does_so_when_put_back():
    whole = answers_all(facts(SHORT), rate=0.08, **RULES)
    put_back = {**SHORT, "annual_service_fee": round(SHORT["annual_service_fee"] * whole.fee_multiple[0])}
    assert abs(compare(facts(put_back), 0, rate=0.08, **RULES)["saving"]) <= SHORT["service_life"]


def test_what_is_not_known_has_no_answers():
    whole = answers_all(facts({**SHORT, "build_cost": None}, SHORT), rate=0.08, rates=RATES, **RULES)
    assert whole.known.tolist() == [False, True]
    assert np.isnan(whole.saving_ratio[0])
    assert np.isnan(whole.npv_saving[:, 0]).all()
    assert (whole.crossover_year[0], whole.payback_year[0]) == (NEVER, NEVER)


def test_a_series_that_changes_sign_twice_tells_how_many_rates_it_has():
    costs = [
        line("建", "建设费", 0, 1_000_00),
        *fees([1], 2_300_00),
        line("建", "运维费", 2, 1_320_00),
        *fees([2], 0),
    ]
    f = facts({"service_life": 2, "warranty_years": 1}, costs=costs)
    whole = answers_all(f, rate=0.08, **RULES)
    assert whole.internal_rates[0] == 2
    assert np.isnan(whole.internal_rate[0])
