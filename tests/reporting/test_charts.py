"""Charts: described in words, the same bytes each time, every character drawn."""

from __future__ import annotations

import subprocess
import sys

import pytest

from zwxm_core import charts

WAN = 1_000_000


@pytest.fixture
def compared():
    flows = [("自行建设", 0, 300), ("自行建设", 1, 10), ("购买服务", 1, 200), ("购买服务", 2, 200)]
    return {
        "crossover_year": 2,
        "cash_flows": [
            {"mode": m, "year": y, "amount": a * WAN, "counted": True, "item": "费", "note": ""}
            for m, y, a in flows
        ],
    }


def test_the_alt_text_of_a_chart_tells_its_figures(compared):
    told = charts.cumulative_cost(compared).alt
    assert "自行建设从第 0 年 300.00 万元增至第 2 年 310.00 万元" in told
    assert "购买服务从第 0 年 0.00 万元增至第 2 年 400.00 万元" in told
    assert "从第 2 年起购买累计更贵" in told
    assert "第 1 年 200.00、第 2 年 200.00" in charts.yearly_cash_flow(compared).alt


def test_the_line_drawn_is_the_running_sum_in_wan(compared):
    build, purchase = charts.cumulative_cost(compared).axes[0].get_lines()[:2]
    assert list(build.get_ydata()) == [300, 310, 310]
    assert list(purchase.get_ydata()) == [0, 200, 400]


def test_an_amount_that_is_not_counted_is_not_drawn(compared):
    compared["cash_flows"][0]["counted"] = False
    assert "自行建设从第 0 年 0.00 万元" in charts.cumulative_cost(compared).alt


def test_the_money_chain_shows_the_limit_and_says_what_is_missing():
    steps = [("批复总投资", 1_000 * WAN), ("已到位资金", None)]
    chart = charts.money_chain(steps, 150 * WAN + 1, 150 * WAN, "限额（15%）")
    assert chart.alt.startswith("资金链横条图：批复总投资 1,000.00 万元；已到位资金 未提供")
    assert "累计调整额 150.000001 万元；限额（15%） 150.00 万元" in chart.alt
    limit = chart.axes[0].get_lines()[0]
    assert list(limit.get_xdata()) == [150, 150]


def test_the_same_chart_gives_the_same_bytes_and_no_version(compared):
    first, second = (charts.png(charts.cumulative_cost(compared)) for _ in range(2))
    assert first == second
    assert b"atplotlib" not in first
    drawn, again = (charts.svg(charts.cumulative_cost(compared)) for _ in range(2))
    assert drawn == again
    assert "Matplotlib" not in drawn


def test_the_letters_of_a_drawing_are_lines_so_that_it_needs_no_font(compared):
    assert "<text" not in charts.svg(charts.cumulative_cost(compared))


@pytest.mark.parametrize("name", ["$\\frac{1}{0}$", "{{7*7}}", "<b>甲</b>", "^_{}%\\", "长" * 300])
def test_a_label_is_text_and_short(name):
    chart = charts.portfolio_outcomes([(name, {"问题": 1})])
    label = chart.axes[0].get_yticklabels()[0].get_text()
    assert label == (name if len(name) <= charts.LONGEST else name[: charts.LONGEST - 1] + "…")
    assert charts.png(chart).startswith(b"\x89PNG")


def test_a_character_no_font_can_draw_is_replaced_and_said_loudly():
    chart = charts.portfolio_outcomes([("甲\U0003134f乙", {"待核": 1})])
    assert chart.axes[0].get_yticklabels()[0].get_text() == "甲〓乙"
    assert chart.notices == ("图中“〓”代替本机字体没有的字（U+3134F）；表格中仍是原字。",)


def test_a_picture_carries_its_alt_text_into_a_notebook(compared):
    data, metadata = charts.show(charts.yearly_cash_flow(compared))._repr_mimebundle_()
    assert metadata["image/svg+xml"]["alt"] == data["text/plain"]
    assert "<svg" in data["image/svg+xml"]


def test_no_glyph_is_missing_where_the_system_has_no_chinese_font():
    code = (
        "from zwxm_core import charts\n"
        "c = charts.portfolio_outcomes([('第二十九条（书面报备）', {'问题': 1, '待核': 2})])\n"
        "import warnings; warnings.simplefilter('error')\n"
        "assert charts.png(c) and not c.notices\n"
        "from zwxm_core.fonts import missing_glyphs\n"
        "assert not missing_glyphs(c.alt), missing_glyphs(c.alt)\n"
    )
    environment = {**__import__("os").environ, "ZWXM_IGNORE_SYSTEM_FONTS": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
