"""A project under other assumptions: exact to the 分, unknown where a fact is missing, safe to open again."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction

import pytest

from zwxm_core.comparing import comparisons
from zwxm_core.economics import outcomes
from zwxm_core.interactive import scenario_files, scenarios
from zwxm_core.interactive.opening import opened
from zwxm_core.interactive.scenario_files import NotAScenario
from zwxm_core.interactive.scenarios import Draws, WrongValue, number_text, start
from zwxm_core.portfolio import from_records
from zwxm_core.rulesets import load_ruleset

DAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def samples():
    portfolio, ruleset, day = opened()
    return portfolio.facts, ruleset, day


def of(samples, id_):
    facts, ruleset, day = samples
    return start(facts.take([facts.ids.tolist().index(id_)]), ruleset, day)


def test_a_project_as_planned_compares_as_the_command_compares_it(samples):
    facts, ruleset, day = samples
    told = comparisons(facts, ruleset, day)["comparisons"]
    priced = [(row, one) for row, one in enumerate(told) if one["saving"] is not None]
    assert len(priced) > 10
    for row, one in priced:
        planned = start(facts.take([row]), ruleset, day).compared
        for name in (
            "build_total",
            "service_total",
            "saving",
            "saving_ratio",
            "flip_threshold",
            "crossover_year",
        ):
            assert planned[name] == one[name], (one["project"], name)


@pytest.mark.parametrize(("fee", "outcome"), [("72.185852", "不符合"), ("72.185851", "符合")])
def test_one_fen_over_the_line_a_typed_fee_turns_the_verdict(samples, fee, outcome):
    moved = of(samples, "LS2026-22").moved({"annual_service_fee": fee})
    assert moved.compared["finding"]["outcome"] == outcome


def test_multiples_of_a_plan_round_each_line_once_half_up():
    costs = [{"project": "A", "mode": mode, "item": "甲", "year": year, "claimed": 101}
             for mode in ("自行建设", "购买服务") for year in (1, 2)]  # fmt: skip
    facts = from_records({"projects": [{"id": "A", "service_life": 2}], "costs": costs})
    moved = start(facts, load_ruleset(), DAY).moved({"自行建设·其他费用": "1.5"})
    assert moved.facts.costs.assessed.values.tolist() == [152, 152, 101, 101]  # 151.5 goes up


def test_a_price_that_grows_is_laid_out_year_by_year(samples):
    moved = of(samples, "LS2026-25").moved({"annual_service_fee": "100", "购买服务·服务费年增长": "10"})
    assert moved.compared["service_total"] == 61_051_000_0  # 100 × (1 + 1.1 + 1.21 + 1.331 + 1.4641) 万元
    assert moved.compared["build_total"] == of(samples, "LS2026-25").compared["build_total"]


def test_what_is_left_blank_stays_unknown_and_is_named(samples):
    moved = of(samples, "LS2026-25").moved({"annual_service_fee": "", "purchase_clearly_less": ""})
    finding = moved.compared["finding"]
    assert finding["outcome"] == "待核"
    assert {"年服务费"} <= {fact["label"] for fact in finding["open_facts"]}
    assert moved.model is None


def test_an_empty_template_is_open_and_never_a_purchase_for_nothing():
    blank = start(scenario_files.template("空白（金额自己填）"), load_ruleset(), DAY)
    assert blank.compared["finding"]["outcome"] == "待核"
    assert blank.compared["saving"] is None


def test_the_threshold_moves_the_verdict_and_never_the_flip_threshold(samples):
    start_ = of(samples, "LS2026-25")
    flips = set()
    for floor, outcome in (("21", "符合"), ("22", "不符合"), ("", "待核")):
        moved = start_.moved({"purchase_clearly_less": floor})
        assert moved.compared["finding"]["outcome"] == outcome
        flips.add(moved.compared["flip_threshold"]["text"])
    assert len(flips) == 1


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("annual_service_fee", "abc", "读到“abc”"),
        ("annual_service_fee", "-1", "应为 0 到"),
        ("annual_service_fee", "1e3000", "应为 0 到"),
        ("annual_service_fee", "nan", "读到“nan”"),
        ("annual_service_fee", "1.2345678", "不是整数分"),
        ("service_life", "2.5", "之间的整数"),
        ("service_life", "1000", "1 到 100"),
        ("discount_rate", "", "“折现率"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_name_and_range(samples, name, text, told):
    with pytest.raises(WrongValue, match=told):
        of(samples, "LS2026-25").moved({name: text})


def test_drawn_multiples_are_those_of_the_simulation(samples):
    one = of(samples, "LS2026-21")
    from zwxm_core.assumptions import load_assumptions
    from zwxm_core.economics.simulation import simulate

    assumed = load_assumptions()
    uncertain, tied = assumed.uncertain(one.model.drivers)
    ratios = Draws(assumed, 5_000).ratios(one.model)
    assert (ratios == simulate(one.model, uncertain, 5_000, scenarios.SEED, tied).saving_ratio).all()


def test_the_model_of_a_scenario_gives_its_exact_totals(samples):
    moved = of(samples, "LS2026-25").moved({"annual_om_cost": "21", "自行建设·运维费年增长": "3"})
    assert outcomes(moved.model, {}).build_total[0] * 100 == pytest.approx(moved.compared["build_total"])


def test_numbers_are_written_without_exponents_and_needless_zeros():
    assert [number_text(v) for v in (None, Fraction(1, 10), 100, Fraction(168_350_000, 10**6))] == [
        "", "0.1", "100", "168.35",
    ]  # fmt: skip


# Files ----------------------------------------------------------------------------------


@pytest.mark.parametrize("id_", ["LS2026-25", "LS2026-21", "LS2026-01"])
def test_a_saved_scenario_opens_as_it_was(samples, id_):
    moved = of(samples, id_).moved({"service_life": "7", "purchase_clearly_less": "12.5"})
    again, notes = scenario_files.loaded(scenario_files.dumped(moved), samples[1])
    assert (dict(again.values), again.compared, notes) == (dict(moved.values), moved.compared, [])


def test_a_scenario_of_another_rule_set_says_so(samples):
    _, notes = scenario_files.loaded(scenario_files.dumped(of(samples, "LS2026-25")), load_ruleset())
    assert "规则集" in notes[0]


HOSTILE = [
    b"", b"\xff\xfe", b"[]", b"{}", b"null", b"[" * 100_000, b"PK\x03\x04", b'{"format": "zwxm-\xe6\x83\x85\xe5\xbd\xa2", "version": 2}',
]  # fmt: skip


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_a_file_that_is_no_scenario_is_refused_in_one_sentence(samples, data):
    with pytest.raises(NotAScenario, match="情形"):
        scenario_files.loaded(data, samples[1])


@pytest.mark.parametrize(
    "spoiled",
    [
        {"values": {"service_life": "-4"}}, {"values": []}, {"as_of": "昨天"}, {"project": {}},
        {"project": {"projects": []}}, {"project": {"projects": [{"id": "A"}, {"id": "B"}]}},
        {"project": {"projects": [{"id": "A", "x=1\nimport os": 1}]}}, {"project": {"projects": [{"id": {"a": 1}}]}},
        {"project": {"no_such_sheet": []}}, {"project": {"projects": [{"id": "A", "build_cost": "=1+1"}]}},
    ],
    ids=range(10),
)  # fmt: skip
def test_a_spoiled_scenario_is_refused(samples, spoiled):
    told = json.loads(scenario_files.dumped(of(samples, "LS2026-25"))) | spoiled
    with pytest.raises(NotAScenario):
        scenario_files.loaded(json.dumps(told).encode(), samples[1])


def test_a_file_name_holds_nothing_of_a_hostile_id(samples):
    named = from_records({"projects": [{"id": "../../<b>|CON"}]})
    assert scenario_files.file_name(start(named, samples[1], DAY), "json") == "bCON-情形.json"


def test_the_workbook_of_a_scenario_reads_back_the_moved_totals(samples):
    import io

    from openpyxl import load_workbook

    moved = of(samples, "LS2026-25").moved({"annual_service_fee": "40"})
    book = load_workbook(io.BytesIO(scenario_files.workbook(moved)), data_only=True)
    assert book.worksheets[-1]["C10"].value == 2_000_000


@pytest.mark.slow
def test_the_evaluation_report_of_a_scenario_tells_its_figures_and_its_threshold(samples):
    moved = of(samples, "LS2026-25").moved({"annual_service_fee": "40", "purchase_clearly_less": "17.5"})
    page = scenario_files.evaluation_report(moved).decode("utf-8")
    assert "200.00 万元" in page
    assert "17.5%" in page
    assert "情形试算" in page
    assert moved.compared["finding"]["outcome"] == "符合"
