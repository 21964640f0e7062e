"""The economic analysis of a report: sentences, tables and pictures of one project's model."""

import inspect

import numpy as np
import pytest

from zwxm_core import risk_charts
from zwxm_core.charts import png
from zwxm_core.economics.sensitivity import tornado
from zwxm_core.reporting import worth
from zwxm_core.reporting.report import SAMPLE_DAY, SAMPLE_RULES, SAMPLES, open_report
from zwxm_core.resources import collection

PARTS = [
    worth.rates, worth.extra_investment, worth.switching, worth.tornado, worth.one_way, worth.two_way, worth.scenarios,
    worth.risk, worth.convergence, worth.probability, worth.s_curve, worth.global_sensitivity, worth.conclusion,
]  # fmt: skip


def sample(project):
    return open_report(collection(SAMPLES), project, SAMPLE_DAY, collection(SAMPLE_RULES))


@pytest.fixture(scope="module")
def priced():
    return sample("LS2026-21")


@pytest.fixture(scope="module")
def unpriced():
    return sample("LS2026-03")


def shown(part):
    return part.alt if hasattr(part, "alt") else part.markup


def test_every_part_of_the_analysis_is_one_of_those_tested():
    public = {f for n, f in inspect.getmembers(worth, inspect.isfunction) if f.__module__ == worth.__name__}
    beside = {
        worth.priced,
        worth.floor,
        worth.sure,
        worth.percent_of,
        worth.value_added_tax,
        worth.sharing,
        worth.assumptions,
        worth.afterwards,
    }
    assert {f for f in public if not f.__name__.startswith("_")} - beside == set(PARTS)


def test_without_both_totals_each_section_says_once_that_it_was_not_done(unpriced):
    told = [shown(part(unpriced)) for part in PARTS]
    assert [one for one in told if one] == [
        f'<p class="none">{section}：{worth.NOT_KNOWN}</p>'
        for section in ("敏感性分析", "不确定性分析", "经济性结论")
    ]
    assert all((told[0], told[PARTS.index(worth.risk)], told[-1])), "the first part of each section"


def test_without_both_totals_only_the_rates_of_tax_are_assumed(unpriced):
    told = shown(worth.assumptions(unpriced))
    assert "价税分离的假设" in told
    assert "增值税率" in told
    assert "模拟的分布" not in told
    assert "旋风图" not in told


def test_the_table_of_one_driver_at_a_time_names_each_of_its_columns(priced):
    told = shown(worth.one_way(priced))
    assert "<th></th>" not in told
    assert '<th class="n"></th>' not in told
    assert '<div class="small">1.05 倍</div>' in told


@pytest.mark.parametrize("part", PARTS)
def test_the_same_report_says_the_same_again(priced, part):
    assert shown(part(priced)) == shown(part(sample("LS2026-21")))


def test_the_statement_leads_with_the_clause_and_leaves_the_verdict_to_it(priced):
    told = shown(worth.conclusion(priced))
    assert told.index("第十九条第（二）项") < told.index("概率")
    assert "条文比较的是总额" in told


def test_the_table_of_switching_values_has_a_column_for_the_threshold_in_force(priced):
    assert "节约率等于下限 10%" in shown(worth.switching(priced))


def test_every_assumption_is_printed_with_its_source(priced):
    told = shown(worth.assumptions(priced))
    assert told.count("<tr") == 27
    assert "社会折现率" in told
    assert "triangular" not in told
    assert "[" not in told


def test_pictures_tell_in_words_what_they_show(priced):
    assert "旋风图，计划值" in worth.tornado(priced).alt
    assert "不低于 10.00%" in worth.probability(priced).alt
    assert "P80 为" in worth.s_curve(priced).alt
    assert "计划的节约率" in worth.two_way(priced).alt


def test_the_same_chart_gives_the_same_bytes_and_no_driver_of_no_width_is_drawn(priced):
    model = priced.model
    ranges = {"购买服务·服务费": (0.9, 1.2), "折现率": (0.03, 0.08)}
    chart = risk_charts.tornado_chart(tornado(model, ranges), 0.0)
    assert png(chart) == png(risk_charts.tornado_chart(tornado(model, ranges), 0.0))
    assert "折现率" not in chart.alt


def test_a_curve_of_draws_without_a_ratio_is_drawn_all_the_same():
    chart = risk_charts.probability_chart(np.array([np.nan, 0.2, 0.1]), 0.15)
    assert "节约率不低于 15.00% 的概率 33.3%" in chart.alt
    assert png(chart)[:4] == b"\x89PNG"


def test_the_choice_is_seen_again_with_what_was_paid():
    told = shown(worth.afterwards(sample("LS2023-01")))
    assert "自行建设逐年计划与实际" in told
    assert (
        "其余各年按计划计算，自行建设的全期费用为 603.833245 万元，低于当初测算的购买服务（676.80 万元）"
        in told
    )
    assert "其余各年按目前的偏差率推算，自行建设的全期费用为 581.816393 万元，低于" in told


def test_without_paid_amounts_the_choice_is_not_seen_again(unpriced):
    assert "没有一年的实际金额填齐" in shown(worth.afterwards(unpriced))


def test_a_rate_of_nought_has_no_sign():
    assert [worth.percent_of(v) for v in (-1e-17, -0.00001, -0.0517)] == ["0.00%", "0.00%", "-5.17%"]


def test_no_rate_is_told_twice_and_a_driver_that_moves_nothing_is_left_out(priced):
    assert shown(worth.rates(priced)).count("8.00%") == 1
    assert "折现率" not in shown(worth.one_way(priced))


def test_the_report_draws_once_and_reads_its_assumptions_once(monkeypatch):
    from zwxm_core.reporting import report as module

    counted = {"drawn": 0, "load_assumptions": 0}
    for name in counted:
        real = getattr(module, name)

        def once(*given, name=name, real=real):
            counted[name] += 1
            return real(*given)

        monkeypatch.setattr(module, name, once)
    one = sample("LS2026-21")
    for part in [*PARTS, worth.assumptions, worth.value_added_tax, worth.sharing]:
        part(one)
    assert counted == {"drawn": 1, "load_assumptions": 1}


def test_sobol_is_said_not_to_be_done_where_its_library_is_absent(priced, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "SALib.analyze", None)
    monkeypatch.setitem(sys.modules, "SALib.sample", None)
    assert "没有安装 SALib" in shown(worth.global_sensitivity(priced))


def test_the_tax_of_each_way_adds_up_and_shares_are_told_or_said_to_be_absent(priced):
    told = shown(worth.value_added_tax(priced))
    assert "24.139246" in told
    assert "没有填写分摊权重" in shown(worth.sharing(priced))
    assert "2029 运维费" in shown(worth.sharing(sample("LS2026-34")))
