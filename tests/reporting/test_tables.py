"""Tables: whatever a cell says is text; what is not known is said."""

from __future__ import annotations

import html
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwxm_core import tables
from zwxm_core.rulesets import load_ruleset

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '=cmd|"/c calc"!A0',
    "[点](javascript:alert(1))",
    "{{7*7}}{% raw %}",
    "$\\frac{1}{2}$",
    "</td></table><h1>",
    "&lt;b&gt;",
    "`x`**粗**",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_text_is_shown_as_it_is_written(value):
    shown = tables.table(["列" + value], [[value]], caption=value).markup
    tags = {tag.lower() for tag in re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)", shown)}
    assert tags <= {"div", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    cells = re.findall(r"<(?:th|td|caption)>(.*?)</(?:th|td|caption)>", shown)
    assert [html.unescape(cell) for cell in cells] == [value, "列" + value, value]


@given(st.text())
def test_no_text_can_open_a_tag(value):
    assert "<" not in tables.text(value).markup.replace('<span class="none">', "")


def test_direction_marks_control_characters_and_lone_surrogates_are_dropped():
    assert tables.clean("甲\u202e\u200b\x00\x0b\ud800乙\ufffe") == "甲 乙"


def test_what_is_not_known_reads_not_given_and_an_empty_table_says_so():
    assert "未提供" in tables.table(["列"], [[None]]).markup
    assert repr(tables.table(["列"], [], caption="核减表")) == "核减表：未提供。"


def test_numbers_stand_to_the_right():
    assert '<th>甲</th><th class="n">乙</th>' in tables.table(["甲", "乙"], [["a", "1"]], numbers=(1,)).markup


def test_colour_is_never_the_only_carrier_of_a_conclusion():
    assert [repr(tables.badge("词", tone))[0] for tone in tables.TONES] == ["✕", "？", "✓", "○", "–"]


def test_a_missing_fact_names_its_sheet_row_and_what_to_add_but_no_id():
    fact = {
        "sheet": "materials",
        "row": "19.1 必要性分析",
        "field": "provided",
        "label": "已提供",
        "needs": "value",
    }
    assert tables.fact_text(fact) == "材料（必要性分析）·已提供"
    fact = {"sheet": "adjustments", "row": "2", "field": "ground", "label": "事由", "needs": "evidence"}
    assert tables.fact_text(fact) == "调整（序号 2）·事由（补认定人、依据、日期）"


def test_conventions_are_printed_with_the_reading_taken_the_others_and_why_the_point_is_open():
    rules = load_ruleset().adopting(purchase_clearly_less=Fraction(1, 10))
    shown = repr(tables.conventions(rules, ["adjustment_accumulation", "purchase_clearly_less"]))
    assert "各次调整累计" in shown
    assert "每次调整单独计算" in shown
    assert "条文没有说多次调整是否累计" in shown
    assert "不低于 10%" in shown
    assert "adjustment_accumulation" not in shown


def test_parameters_are_printed_with_value_source_and_whether_they_are_verified():
    shown = repr(tables.parameters(load_ruleset(), ["adjustment_limit", "merge_limit"]))
    assert "15%" in shown
    assert "500 万元" in shown
    assert "已核" in shown
