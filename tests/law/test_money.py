"""Amounts are whole 分; what is written can be read back, and says when it is rounded."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwxm_core.money import FEN, LIMIT, percent_beside, percent_text, ratio_json, to_fen, wan_text, yuan_text

FENS = st.integers(-LIMIT, LIMIT)


@pytest.mark.parametrize(
    ("unit", "fen"), [("分", 1), ("元", 100), ("万元", 10**6), ("百万元", 10**8), ("亿元", 10**10)]
)
def test_one_of_each_unit_is_so_many_fen(unit, fen):
    assert to_fen("1", unit) == fen == FEN[unit]


def test_an_amount_without_a_unit_is_in_yuan():
    assert to_fen("12.34") == 1234


@pytest.mark.parametrize(
    ("amount", "unit", "told"),
    [
        ("0.001", "元", "0.001 元不是整数分"),
        ("0.0000001", "万元", "0.0000001 万元不是整数分"),
        ("1e-40", "元", "1e-40 元不是整数分"),
        ("Infinity", "元", "Infinity 不是一个金额"),
        ("NaN", "元", "NaN 不是一个金额"),
        ("10000000000000.01", "元", "10000000000000.01 元超出可处理的范围（10 万亿元）"),
        ("-10000000000000.01", "元", "-10000000000000.01 元超出可处理的范围（10 万亿元）"),
    ],
)
def test_what_is_no_amount_is_refused_in_words(amount, unit, told):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the whole message is compared)
        to_fen(amount, unit)
    assert str(caught.value) == told


def test_ten_trillion_yuan_is_the_largest_amount():
    assert to_fen("10000000000000") == LIMIT == -to_fen("-10000000000000")


def test_money_is_never_a_float():
    with pytest.raises(TypeError, match=r"^money is never a float; pass Decimal or text$"):
        to_fen(1.5)  # type: ignore[arg-type]


@given(FENS)
def test_an_amount_that_is_written_reads_back_to_the_fen(fen):
    assert to_fen(yuan_text(fen).replace(",", "")) == fen
    assert to_fen(wan_text(fen).replace(",", ""), "万元") == fen


@pytest.mark.parametrize(
    ("fen", "yuan", "wan"),
    [
        (0, "0.00", "0.00"),
        (-5, "-0.05", "-0.000005"),
        (100, "1.00", "0.0001"),
        (1_000_000, "10,000.00", "1.00"),
        (123_456_780_000, "1,234,567,800.00", "123,456.78"),
        (-1_234_567_000_000, "-12,345,670,000.00", "-1,234,567.00"),
        (1_500_000, "15,000.00", "1.50"),
    ],
)
def test_amounts_are_written_with_thousands_and_two_decimals_or_as_many_as_they_need(fen, yuan, wan):
    assert (yuan_text(fen), wan_text(fen)) == (yuan, wan)


@pytest.mark.parametrize(
    ("ratio", "decimals", "text"),
    [
        (Fraction(0), 2, "0%"),
        (Fraction(1, 8), 2, "12.5%"),
        (Fraction(1, 3), 2, "约 33.33%"),
        (Fraction(2, 3), 0, "约 67%"),
        (Fraction(1, 200), 0, "约 1%"),
        (Fraction(-4, 25), 2, "-16%"),
        (Fraction(-1, 3), 2, "约 -33.33%"),
        (Fraction(25), 2, "2,500%"),
        (Fraction(12345, 10**6), 2, "约 1.23%"),
        (Fraction(12350, 10**7), 2, "约 0.12%"),
        (Fraction(1, 10**5), 2, "约 0.00%"),
        (Fraction(125, 10**5), 2, "约 0.13%"),
    ],
)
def test_a_percentage_is_rounded_half_up_and_says_so(ratio, decimals, text):
    assert percent_text(ratio, decimals) == text


def test_a_percentage_has_two_decimals_unless_told():
    assert percent_text(Fraction(1, 7)) == "约 14.29%"


@given(st.fractions(-50, 50, max_denominator=10**6), st.integers(2, 8))
def test_a_percentage_is_within_half_of_its_last_digit(ratio, decimals):
    told = Fraction(percent_text(ratio, decimals).removeprefix("约 ").rstrip("%").replace(",", ""))
    assert abs(told - ratio * 100) <= Fraction(1, 2 * 10**decimals)
    assert percent_text(ratio, decimals).startswith("约 ") is (told != ratio * 100)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (Fraction(3, 20), "15%"),
        (Fraction(3, 20) + Fraction(1, 10**4), "15.01%"),
        (Fraction(3, 20) + Fraction(1, 10**5), "15.001%"),
        (Fraction(3, 20) - Fraction(1, 3 * 10**6), "约 14.99997%"),
        (Fraction(3, 20) + Fraction(1, 10**13), "15.00000000001%"),
        (Fraction(3, 20) + Fraction(1, 10**15), "约 15.00000000000%"),
        (Fraction(1530, 100), "1,530%"),
        (Fraction(1, 3), "约 33.33%"),
    ],
)
def test_a_percentage_beside_a_line_shows_on_which_side_it_lies(ratio, text):
    assert percent_beside(ratio, Fraction(3, 20)) == text


@given(st.fractions(-1000, 1000, max_denominator=10**9))
def test_a_ratio_for_machines_is_exact_with_its_rounded_text_beside_it(ratio):
    told = ratio_json(ratio)
    assert (told["num"], told["den"]) == (ratio.numerator, ratio.denominator)
    assert abs(Fraction(told["text"]) - ratio) <= Fraction(1, 2 * 10**6)
    assert len(told["text"].partition(".")[2]) == 6


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (Fraction(1, 2 * 10**6), "0.000001"),
        (Fraction(-1, 2 * 10**6), "-0.000001"),
        (Fraction(-7, 4), "-1.750000"),
    ],
)
def test_the_text_of_a_ratio_is_rounded_half_up(ratio, text):
    assert ratio_json(ratio)["text"] == text


def test_a_decimal_is_taken_as_it_is():
    assert to_fen(Decimal("0.07"), "元") == 7
