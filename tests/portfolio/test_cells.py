"""One cell, one meaning: what can be read two ways is refused."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwxm_core.money import FEN, LIMIT
from zwxm_core.portfolio.cells import (
    Bad,
    Remarked,
    bool_of,
    date_of,
    enum_of,
    enums_of,
    fold,
    id_of,
    int_of,
    money_of,
    name_of,
    parse_all,
    pct_of,
    text_of,
)

DAY = date(2022, 6, 25)


# --- dates -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    [
        "2022年6月25日",
        "2022年06月25号",
        "2022 年 6 月 25 日",
        "２０２２年６月２５日",
        "2022-06-25",
        "2022-6-25",
        "2022/6/25",
        "2022.6.25",
        "２０２２．６．２５",
        "20220625",
        "　2022-06-25\xa0",
        "2022-06-25 00:00:00",
        "2022/6/25 13:05",
        "二〇二二年六月二十五日",
        "二零二二年六月二十五号",
        20220625,
        20220625.0,
        44737.0,
        44737.75,
        DAY,
        datetime(2022, 6, 25, 13, 30),
    ],
)
def test_every_full_way_of_writing_a_day_is_the_same_day(cell):
    assert date_of(cell) == DAY


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("2022年", "date_incomplete"),
        ("2022", "date_incomplete"),
        (2022.0, "date_incomplete"),
        ("2022年6月", "date_incomplete"),
        ("2022.6", "date_incomplete"),
        ("2022-06", "date_incomplete"),
        ("202206", "date_incomplete"),
        ("22.6.25", "date_ambiguous"),
        ("22年6月25日", "date_ambiguous"),
        ("01/02/2022", "date_ambiguous"),
        ("1-2-2022", "date_ambiguous"),
        ("44737", "date_serial_text"),
        ("2022-02-30", "no_such_day"),
        ("20221301", "no_such_day"),
        ("二〇二二年十三月一日", "no_such_day"),
        ("0022-06-25", "date_out_of_range"),
        ("2202-06-25", "date_out_of_range"),
        (12.0, "not_date"),
        (math.nan, "not_date"),
        (True, "not_date"),
        ("六月底", "not_date"),
        ("待定", "not_date"),
        ("-", "not_date"),
        ("2022-06/25", "not_date"),
    ],
)
def test_a_day_that_would_have_to_be_guessed_is_refused(cell, code):
    with pytest.raises(Bad) as caught:
        date_of(cell)
    assert caught.value.code == code


def test_not_yet_is_known_and_blank_is_unknown():
    assert date_of("未") == date_of(" 未 ") == date_of("无") == "未"
    assert date_of("") is date_of("　") is None


@given(st.text("0123456789年月日号./- 二〇一六五十T:", max_size=14))
def test_the_date_parser_never_returns_a_day_whose_parts_were_not_all_written(text):
    try:
        day = date_of(text)
    except Bad:
        return
    if day is not None:
        digits = "".join(c for c in text.split(":")[0] if c.isdigit())
        chinese = "年" in text and not digits
        assert chinese or f"{day.year}" in digits
        assert chinese or str(day.month) in digits.replace(str(day.year), "", 1)


@given(st.dates(date(1980, 1, 1), date(2100, 12, 31)))
def test_a_day_comes_back_from_every_form(day):
    serial = (day - date(1899, 12, 30)).days
    forms = [
        day.isoformat(),
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
        f"{day.year}.{day.month}.{day.day}",
    ]
    assert {date_of(form) for form in forms} == {date_of(float(serial))} == {day}


# --- money -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "unit", "fen"),
    [
        ("1,234.50", "元", 123450),
        ("１，２３４．５０", "元", 123450),
        ("1234.5", "万元", 12_345_000_00),
        ("500 万", "元", 500_000_000),
        ("500万元", "元", 500_000_000),
        ("1.5亿", "元", 15_000_000_000),
        ("3千万", "元", 3_000_000_000),
        ("伍佰万元整", "元", 500_000_000),
        ("1万5千", "元", 1_500_000),
        ("五百万", "元", 500_000_000),
        ("壹仟贰佰元叁角", "元", 120030),
        ("¥1,000", "元", 100_000),
        ("￥1000", "元", 100_000),
        ("2e-06", "百万元", 200),
        (4.35, "元", 435),
        (0, "元", 0),
        (119.099001, "百万元", 11_909_900_100),
        (Decimal("0.01"), "元", 1),
        (7, "分", 7),
    ],
)
def test_an_amount_is_read_to_the_fen(cell, unit, fen):
    assert money_of(cell, unit) == fen


@pytest.mark.parametrize(
    ("cell", "unit", "code"),
    [
        ("500万", "万元", "unit_conflict"),
        ("500万元", "万元", "unit_conflict"),
        ("500元", "万元", "unit_conflict"),
        ("五百万", "万元", "unit_conflict"),
        ("1,23", "元", "not_money"),
        ("1 234.50", "元", "not_money"),
        ("1,234,5", "元", "not_money"),
        ("约500", "万元", "not_money"),
        ("500-600", "万元", "not_money"),
        ("(500)", "元", "not_money"),
        ("无", "元", "not_money"),
        ("-", "元", "not_money"),
        ("/", "元", "not_money"),
        ("N/A", "元", "not_money"),
        ("1万5", "元", "not_money"),
        ("二百五", "元", "not_money"),
        ("1.23E+08", "元", "scientific"),
        ("1e5", "元", "scientific"),
        ("nan", "元", "not_money"),
        ("=1+1", "元", "not_money"),
        (math.nan, "元", "not_finite"),
        (math.inf, "元", "not_finite"),
        (1e308, "万元", "out_of_range"),
        ("12345678901234567890", "元", "out_of_range"),
        ("0.0000000000000000000000000001", "元", "not_whole_fen"),
        ("1.0000000000000000000000000001", "元", "out_of_range"),
        (LIMIT + 1, "分", "out_of_range"),
        (-1.0, "万元", "negative"),
        ("-3万", "元", "negative"),
        ("−5", "元", "negative"),
        (0.001, "元", "not_whole_fen"),
        ("0.0000001", "万元", "not_whole_fen"),
        ("1.23456789万", "元", "not_whole_fen"),
        (True, "元", "not_number"),
        (DAY, "元", "not_number"),
    ],
)
def test_an_amount_that_cannot_be_meant_is_refused(cell, unit, code):
    with pytest.raises(Bad) as caught:
        money_of(cell, unit)
    assert caught.value.code == code


def test_the_residue_of_a_computed_amount_is_taken_with_a_remark():
    assert money_of(0.1 + 0.2, "万元") == Remarked(
        300_000, "float_residue", "带有公式计算留下的极小误差，已取整到分"
    )


def test_a_text_amount_has_no_residue_to_forgive():
    with pytest.raises(Bad):
        money_of("0.30000000000000004", "万元")


def test_only_an_adjustment_may_be_negative():
    assert money_of("-100.01", "元", signed=True) == money_of(-100.01, "元", signed=True) == -10001


@given(st.integers(0, LIMIT), st.sampled_from(["元", "万元", "百万元"]))
def test_every_amount_survives_a_float_cell_and_a_text_cell(fen, unit):
    exact = Decimal(fen) / FEN[unit]
    assert money_of(float(exact), unit) == fen
    assert money_of(f"{exact:f}", unit) == fen
    assert money_of(f"{exact:,f}", unit) == fen


@given(st.floats(0, 1e7, allow_subnormal=False), st.sampled_from(["元", "万元", "百万元"]))
def test_a_float_is_a_whole_fen_exactly_when_its_shortest_form_is(cell, unit):
    fen = Fraction(repr(cell)) * FEN[unit]
    (taken,), bad, remarks = parse_all([cell], lambda c: money_of(c, unit))
    residue = abs(fen - round(fen))
    assert [b.code for _, b in bad] == (["not_whole_fen"] if residue > Fraction(1, 10**6) else [])
    assert bool(remarks) == (0 < residue <= Fraction(1, 10**6))
    assert bad or taken == round(fen)


# --- the rest ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell", ["是", "有", "√", "✓", "TRUE", "true", "Y", "1", 1.0, True, " 是 ", "ＴＲＵＥ"]
)
def test_ways_of_saying_yes(cell):
    assert bool_of(cell) is True


@pytest.mark.parametrize("cell", ["否", "无", "未", "未开展", "×", "FALSE", "n", "0", 0.0, False])
def test_ways_of_saying_no(cell):
    assert bool_of(cell) is False


@pytest.mark.parametrize("cell", ["对", "x", "是的", "部分", "待定", "-", 2.0, 0.5, DAY, "是/否"])
def test_anything_else_is_neither_yes_nor_no(cell):
    with pytest.raises(Bad):
        bool_of(cell)


def test_percent_and_fraction_are_the_same_and_thirty_five_is_neither():
    assert pct_of("35%") == pct_of("３５％") == pct_of(0.35) == pct_of("0.35") == Decimal("0.35")
    assert pct_of("") is None
    for cell in (35.0, "35", "135%", -0.1, "%"):
        with pytest.raises(Bad):
            pct_of(cell)


def test_whole_numbers_only():
    assert int_of(3.0) == int_of("3") == int_of("３") == 3
    for cell in (3.5, "3年", "三", -1.0, "第3年"):
        with pytest.raises(Bad):
            int_of(cell)


def test_a_choice_matches_after_width_but_not_by_likeness():
    parse = enum_of(("vCPU", "内存"))
    assert parse("ｖCPU ") == "vCPU"
    assert parse("") is None
    with pytest.raises(Bad, match="应是 vCPU、内存 之一"):
        parse("CPU")


def test_several_choices_with_any_of_our_separators():
    parse = enums_of(("数字经济局", "财政局"))
    assert (
        parse("数字经济局、财政局")
        == parse("财政局，数字经济局")
        == parse("财政局,数字经济局,")
        == {"数字经济局", "财政局"}
    )
    assert parse("无") == frozenset()
    assert parse("") is None
    with pytest.raises(Bad, match="审计局"):
        parse("财政局、审计局")


def test_text_is_kept_as_written_but_for_what_cannot_be_seen():
    assert text_of(" 一期㎡（甲） ") == "一期㎡（甲）"
    assert text_of("甲\u200b乙\ufeff") == "甲乙"
    assert text_of("甲\xa0乙") == "甲 乙"
    assert text_of("一\r\n二") == "一\n二"
    assert text_of("无") == "无"
    for hostile in ("=HYPERLINK(1)", "<script>", "{{7*7}}", "+1+1", "[x](javascript:1)", "$\\frac{1}$"):
        assert text_of(hostile) == hostile


@pytest.mark.parametrize("bad", ["\u202e", "\x0b", "\x00", "\ufffe", "\ud800", "\x85"])
def test_control_characters_are_taken_out_and_said(bad):
    assert text_of(f"甲{bad}乙") == Remarked(
        "甲乙", "control_characters", "含有不可见的控制字符，已去掉；请核对原文"
    )


@given(st.text(max_size=50))
def test_cleaned_text_can_go_into_any_report(text):
    taken = text_of(text)
    value = taken.value if isinstance(taken, Remarked) else taken
    assert value is None or value.encode("utf-8").decode() == value.strip() == value
    assert value is None or all(c == "\n" or ord(c) >= 32 for c in value)


def test_numbers_and_dates_in_a_text_column():
    assert text_of(26.2) == "26.2"
    assert text_of(2026.0) == "2026"
    assert text_of(date(2024, 3, 1)).value == "2024-03-01"
    with pytest.raises(Bad, match="超过 15 位"):
        text_of(1.2345678901234568e17)


def test_text_too_long_for_a_cell_is_refused():
    with pytest.raises(Bad, match="最多 30000 个字"):
        text_of("长" * 30_001)


@pytest.mark.parametrize("cell", ["A\n1", "A\x001", "A\t1", 1.5, DAY, 1e16])
def test_an_id_must_be_plain(cell):
    with pytest.raises(Bad):
        id_of(cell)


def test_ids_keep_their_zeros_and_compare_by_width_and_case():
    assert id_of("00123") == "00123"
    assert id_of(123.0) == "123"
    assert fold("A００1") == fold("a001")
    assert name_of("市大数据局　 一科") == "市大数据局 一科"


def test_one_and_true_are_not_taken_for_each_other():
    values, bad, _ = parse_all([1.0, True, 1, "1"], text_of)
    assert values == ["1", "TRUE", "1", "1"]
    assert not bad


def test_a_column_without_end_is_parsed_once_per_value():
    calls = []
    parse_all(["是", "否"] * 1000, lambda cell: calls.append(cell))
    assert calls == ["是", "否"]


def test_serials_count_from_the_day_excel_counts_from():
    assert date_of(44737.0) - timedelta(44737) == date(1899, 12, 30)
