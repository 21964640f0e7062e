"""Discounting against independent implementations and against its own definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwxm_core.economics import annuity, discount_factors, present_value, stepped_factors
from zwxm_core.economics.discounting import factor_sum

rates = st.floats(-0.9, 2.0) | st.sampled_from([0.0, 1e-12, -1e-12, 1e-300])
timings = st.sampled_from(["year_end", "mid_year", "start"])


@given(rates, st.integers(1, 60), st.integers(0, 60), timings)
def test_the_closed_sum_of_factors_is_the_sum_of_the_factors(rate, first, count, timing):
    expected = discount_factors(rate, np.arange(first, first + count), timing).sum()
    assert float(factor_sum(rate, first, first + count - 1, timing)) == pytest.approx(expected, rel=1e-9)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=30), st.floats(-0.5, 1.0))
def test_net_present_value_agrees_with_two_independent_libraries(flows, rate):
    npf, pyxirr = pytest.importorskip("numpy_financial"), pytest.importorskip("pyxirr")
    ours, size = float(present_value(flows, rate)), float(present_value(np.abs(flows), rate))
    assert ours == pytest.approx(npf.npv(rate, flows), abs=1e-9 * size + 1e-9)
    assert ours == pytest.approx(pyxirr.npv(rate, flows), abs=1e-9 * size + 1e-9)


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=40), timings)
def test_a_rate_of_zero_gives_the_plain_sum(flows, timing):
    assert float(present_value(flows, 0, timing)) == sum(flows)


def test_mid_year_lies_half_a_year_before_year_end_and_year_0_is_now():
    assert discount_factors(0.21, [0, 1, 2], "mid_year") == pytest.approx([1, 1 / 1.1, 1 / 1.1**3])
    assert discount_factors(0.21, [0, 1, 2], "start") == pytest.approx([1, 1, 1 / 1.21])
    assert discount_factors(0.21, [0, 1, 2], "year_end") == pytest.approx([1, 1 / 1.21, 1 / 1.21**2])


def test_a_schedule_of_one_rate_is_that_rate():
    assert stepped_factors([(0, 0.035)], range(40)) == pytest.approx(discount_factors(0.035, 39))


@pytest.mark.parametrize(
    ("rate", "message"),
    [
        (float("nan"), "折现率“nan”不是有限的数：应写成小数，例如 0.03"),
        (float("inf"), "折现率“inf”不是有限的数：应写成小数，例如 0.03"),
        (-1, "折现率“-1”不大于 -100%，无法折现：应写成小数，例如 0.03"),
        ("三", "折现率“三”不是数：应写成小数，例如 0.03"),
    ],
)
def test_a_rate_that_cannot_be_discounted_with_is_refused(rate, message):
    for call in (
        lambda: annuity(rate, 5),
        lambda: present_value([1], rate),
        lambda: discount_factors(rate, 3),
    ):
        with pytest.raises(ValueError, match="折现率") as caught:
            call()
        assert str(caught.value) == message


def test_an_unknown_timing_and_a_negative_year_are_refused():
    with pytest.raises(ValueError, match="折现时点“月末”不认识"):
        discount_factors(0.03, 3, "月末")
    with pytest.raises(ValueError, match="年次不能为负"):
        discount_factors(0.03, [-1])
    with pytest.raises(ValueError, match="起始年次应从 0 或 1 开始"):
        stepped_factors([(5, 0.03)], [6])
