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
        worth.value_added_tax,
        worth.sharing,
        worth.assumptions,
        worth.afterwards,
    }
    assert {f for f in public if not f.__name__.startswith("_")} - beside == set(PARTS)


@pytest.mark.parametrize("part", PARTS)
def test_without_both_totals_a_sentence_says_that_it_was_not_done(unpriced, part):
    assert worth.NOT_KNOWN in shown(part(unpriced))


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
    assert "余下各年按计划，全期" in told
    assert "余下各年按目前的偏差率，自行建设的全期费用低于当初测算的另一种方式" in told


def test_without_paid_amounts_the_choice_is_not_seen_again(unpriced):
    assert "没有一年的实际金额填齐" in shown(worth.afterwards(unpriced))
