"""Measures of worth, checked against two independent libraries and against their own meaning."""

import warnings
from datetime import date
from fractions import Fraction

import numpy as np
import numpy_financial
import pytest
import pyxirr
from hypothesis import given
from hypothesis import strategies as st

from zwxm_core.economics import (
    adjusted_rate,
    allowance,
    benefit_cost_ratio,
    common_life,
    dated_rate,
    dated_value,
    internal_rates,
    modified_rate,
    payback_year,
    planned_amounts,
    present_value,
    price_path,
    residual_value,
    without_vat,
)

FLOWS = 10_000


def random_flows():
    """Seeded series of 2 to 30 years: conventional ones, and ones that change sign at will."""
    random = np.random.default_rng(19)
    for number in range(FLOWS):
        flows = random.integers(-900_000, 900_000, random.integers(3, 31)).astype(float)
        if number % 2:
            flows[0], flows[1:] = -abs(flows).sum() * random.uniform(0.1, 0.9), abs(flows[1:])
        yield flows, random.uniform(-0.3, 0.6)


def test_present_values_agree_with_two_libraries_on_ten_thousand_flows():
    for flows, rate in random_flows():
        size = np.abs(flows) @ (1 + rate) ** -np.arange(len(flows), dtype=float)
        ours = present_value(flows, rate)
        assert abs(ours - numpy_financial.npv(rate, flows)) <= 1e-12 * size
        assert abs(ours - pyxirr.npv(rate, flows)) <= 1e-12 * size


def test_internal_rates_hold_what_two_libraries_find_on_ten_thousand_flows():
    found = 0
    for flows, _ in random_flows():
        rates = np.array(internal_rates(flows))
        for rate in rates:
            size = np.abs(flows) @ (1 + rate) ** -np.arange(len(flows), dtype=float)
            assert abs(present_value(flows, rate)) <= 1e-7 * size
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = pyxirr.irr(flows, silent=True), numpy_financial.irr(flows)
        for their in theirs:
            if their is None or not np.isfinite(their) or their <= -0.999:
                continue
            found += 1
            assert np.abs(rates - their).min() <= 1e-6 * max(1, abs(their))
    assert found > FLOWS


def test_an_investment_followed_by_receipts_has_one_rate_of_return():
    for number, (flows, _) in enumerate(random_flows()):
        if number % 2 and flows[1:].any():
            assert len(internal_rates(flows)) == 1


def test_all_rates_are_told_where_the_flows_change_sign_twice():
    assert internal_rates([-1_000, 2_300, -1_320]) == pytest.approx([0.1, 0.2])
    assert internal_rates([-4_000, 25_000, -25_000]) == pytest.approx([0.25, 4.0])


def test_a_double_rate_is_told_once():
    assert internal_rates([-100, 220, -121]) == pytest.approx([0.1], abs=1e-6)


@pytest.mark.parametrize("flows", [[], [5], [0, 0], [3, 4, 5], [-3, -4]])
def test_flows_of_one_sign_have_no_rate_of_return(flows):
    assert internal_rates(flows) == []


def test_flows_of_nothing_before_the_first_and_after_the_last_do_not_matter():
    assert internal_rates([0, 0, -100, 110, 0]) == pytest.approx(internal_rates([-100, 110]))


def test_numbers_that_are_none_are_refused():
    with pytest.raises(ValueError, match="现金流应为一列有限的数"):
        internal_rates([1, float("nan")])
    with pytest.raises(ValueError, match="日期 1 个、金额 2 个"):
        dated_rate([date(2026, 1, 1)], [1, 2])
    with pytest.raises(ValueError, match="不大于 -100%"):
        dated_value([date(2026, 1, 1)], [1], -1)


@given(st.lists(st.integers(-999, 999), min_size=1, max_size=12))
def test_payback_is_the_first_year_after_which_the_balance_never_is_negative_again(flows):
    balance = np.cumsum(flows)
    year = payback_year(flows)
    if year is None:
        assert balance[-1] < 0
    else:
        assert (balance[year:] >= 0).all()
        assert year == 0 or balance[year - 1] < 0


def test_ratios_say_nothing_where_nothing_extra_is_spent():
    assert benefit_cost_ratio(100, 50, 50) is None
    assert adjusted_rate(100, 0, 0.03, 5) is None
    assert adjusted_rate(120, 100, 0.0, 1) == pytest.approx(0.2)
    assert modified_rate([1, 2], 0.1, 0.1) is None


def test_a_fee_renewed_at_the_same_price_is_the_same_fee():
    assert set(price_path(1, 8, contract_years=3).values()) == {1}
    with pytest.raises(ValueError, match="合同年限应不少于 1 年"):
        price_path(1, 8, contract_years=0)


def test_an_asset_is_bought_again_when_it_is_used_up_and_at_the_price_of_then():
    again = price_path(0, 12, every=5, growth=Fraction(1, 10))
    assert again == {0: 1, 5: Fraction(11, 10) ** 5, 10: Fraction(11, 10) ** 10}
    with pytest.raises(ValueError, match="大于 -100%"):
        price_path(0, 3, growth=-1)


@given(st.integers(1, 10**12), st.fractions(0, 1, max_denominator=1000), st.integers(1, 30))
def test_a_planned_amount_is_within_half_a_fen_of_the_exact_one(amount, growth, years):
    path = price_path(1, years, growth=growth)
    for year, planned in planned_amounts(amount, path, bias=growth, mitigated=Fraction(1, 3)).items():
        exact = amount * (1 + growth) ** (year - 1) * (1 + growth * Fraction(2, 3))
        assert abs(planned - exact) <= Fraction(1, 2)


def test_nothing_is_left_of_what_is_used_up():
    assert residual_value(500, 0, 8, 8) == 0
    assert residual_value(500, 0, 8, 12) == 0
    assert residual_value(500, 8, 8, 8) == pytest.approx(437.5)
    with pytest.raises(ValueError, match="在使用期限（5 年）之后"):
        residual_value(500, 7, 8, 5)


def test_a_bias_that_is_wholly_mitigated_changes_nothing():
    assert allowance(Fraction(51, 100), 1) == 1
    with pytest.raises(ValueError, match="乐观偏差"):
        allowance(-0.1)


@given(st.integers(0, 10**15), st.sampled_from([0, 1, 3, 6, 9, 13]))
def test_price_and_tax_add_up_to_the_fen_and_the_tax_is_the_nearest(gross, percent):
    net, tax = without_vat(gross, percent, 100)
    assert net + tax == gross
    assert abs(2 * (tax * (100 + percent) - gross * percent)) <= 100 + percent


def test_two_lives_meet_at_their_least_common_multiple():
    assert common_life(6, 8) == 24
    with pytest.raises(ValueError, match="公共期限"):
        common_life(97, 89)
    with pytest.raises(ValueError, match="应都不少于 1 年"):
        common_life(-3, 8)


def test_repeating_to_a_common_life_leaves_the_equal_annual_amount():
    from zwxm_core.economics import equivalent_annual

    flows = [120, 20, 30, 25]
    once = equivalent_annual(present_value(flows, 0.06), 0.06, 3)
    again = np.zeros(10)
    for start in (0, 3, 6):
        again[start : start + 4] += flows
    thrice = equivalent_annual(present_value(again, 0.06), 0.06, 9)
    assert once == pytest.approx(thrice)
