"""The comparison: saving, flip threshold, break-even fee, and the table of cuts."""

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from zwxm_core.economics import (
    BUILD,
    PURCHASE,
    compare,
    compare_all,
    reduction_totals,
    reductions,
)
from zwxm_core.economics import service_total as service
from zwxm_core.rules.chapter3 import clearly_cheaper
from zwxm_core.rulesets import load_ruleset

from .records import facts
from .test_costs import RULES, SHORT, fees, line, money, portfolios, short_form

# Build 1,000,000.01 元; buying at 99,999.99 元 a year for nine years costs 899,999.91.
UGLY = {
    "service_life": 9,
    "annual_service_fee": 99_999_99,
    "build_cost": 1_000_000_01,
    "annual_om_cost": 0,
    "warranty_years": 0,
}


def answer(*projects, costs=(), rate=0.03, row=0, **more):
    return compare(facts(*projects, costs=costs), row, rate=rate, **{**RULES, **more})


def clearly_less(*projects, costs=(), threshold=None, row=0) -> bool | None:
    """The condition of 19.1.2 over the same totals."""
    terms = load_ruleset().adopting(purchase_clearly_less=threshold).terms()
    [made] = clearly_cheaper(facts(*projects, costs=costs), terms)
    return made.body.state(row)


def test_a_saving_of_ten_percent_less_one_fen_is_not_ten_percent():
    build = 1_000_000_00
    for fee, state in ((900_000_00, True), (900_000_01, False), (899_999_99, True)):
        one = {**UGLY, "service_life": 1, "build_cost": build, "annual_service_fee": fee}
        assert clearly_less(one, threshold="0.10") is state


def test_no_threshold_says_only_that_buying_is_not_less():
    assert clearly_less(UGLY) is None
    assert clearly_less({**UGLY, "annual_service_fee": 111_111_12}) is False


def test_the_flip_threshold_is_met_and_a_hair_more_is_not():
    a = answer(UGLY)
    flip = Fraction(a["flip_threshold"]["num"], a["flip_threshold"]["den"])
    assert flip == Fraction(1_000_000_01 - 9 * 99_999_99, 1_000_000_01)
    assert clearly_less(UGLY, threshold=flip) is True
    assert clearly_less(UGLY, threshold=flip + Fraction(1, 10**15)) is False


def test_buying_at_the_price_of_building_has_no_threshold_to_flip():
    even = {**UGLY, "build_cost": 9 * 99_999_99}
    assert (answer(even)["saving"], answer(even)["flip_threshold"]) == (0, None)
    assert clearly_less(even, threshold=Fraction(0)) is False


def test_a_bound_that_settles_the_question_settles_it():
    """Fees of three years of eight already exceed the build: the other five cannot help."""
    eight = {**SHORT, "service_life": 8}
    assert answer(eight, costs=fees([1, 2, 3], 10**12))["service_total"] is None
    assert clearly_less(eight, costs=fees([1, 2, 3], 10**12), threshold="0.1") is False
    assert clearly_less(eight, costs=fees([1, 2, 3], 1), threshold="0.1") is None


@pytest.mark.parametrize(
    ("missing", "decided"),
    [
        ("annual_service_fee", None),
        ("service_life", None),
        ("annual_om_cost", True),  # the build cost alone, a lower bound, is dear enough
        ("build_cost", True),  # so is the O&M alone
        ("warranty_years", True),
    ],
)
def test_a_missing_figure_is_named_and_decides_nothing_that_the_others_do_not(missing, decided):
    cheap = {**SHORT, "annual_service_fee": 1, missing: None}
    a = answer(cheap)
    assert clearly_less(cheap, threshold="0.1") is decided
    assert a["saving"] is None
    assert a["npv_purchase" if missing == "annual_service_fee" else "npv_build"] is None
    assert missing in {cell["field"] for cell in a["open_facts"]}
    dear = {**SHORT, "annual_service_fee": 10**13, missing: None}
    assert clearly_less(dear, threshold="0.1") is (False if missing == "warranty_years" else None)


def test_the_break_even_fee_is_found_although_the_fee_is_unknown():
    a = answer({**UGLY, "annual_service_fee": None})
    assert a["break_even_fee"] == 1_000_000_01 // 9


def test_present_values_and_equal_yearly_costs_of_a_known_case():
    """1,000 元 now against 9 × 100 元 at 3 %, worked out by the annuity formula."""
    one = {**UGLY, "build_cost": 1_000_00, "annual_service_fee": 100_00}
    factor = (1 - 1.03**-9) / 0.03
    a = answer(one)
    assert a["npv_build"] == pytest.approx(1000)
    assert a["npv_purchase"] == pytest.approx(100 * factor)
    assert a["eac_build"] == pytest.approx(1000 / factor)
    assert a["eac_purchase"] == pytest.approx(100)
    mid = answer(one, timing="mid_year")
    assert mid["npv_purchase"] == pytest.approx(100 * factor * 1.03**0.5)
    assert answer(one, rate=None)["npv_build"] is None


def test_the_crossover_is_the_first_year_in_which_buying_has_cost_more():
    one = {**UGLY, "build_cost": 300_00, "annual_om_cost": 10_00, "annual_service_fee": 85_00}
    assert answer(one)["crossover_year"] == 5  # 340 against 340 after year 4, 425 against 350 after year 5
    assert answer(UGLY)["crossover_year"] is None


def test_notices_tell_what_is_unpriced_renewed_or_left_out():
    short = answer({**SHORT, "contract_years": 3})
    assert [n["text"] for n in short["notices"]] == [
        "合同年限 3 年，第 4–8 年的续费按同一年服务费计",
        "自行建设：维保期内运维费不计入，合计 233,333,333.31 元",
    ]
    lines = answer({"service_life": 5}, costs=fees([1, 3]))
    assert lines["notices"][0] == {
        "code": "service_years_unpriced",
        "text": "使用期限 5 年，购买服务的费用表缺第 2、4–5 年的服务费，总额只有下限",
    }


def test_the_answer_is_plain_json_and_names_its_assumptions():
    a = answer(SHORT)
    assert json.loads(json.dumps(a, allow_nan=False)) == a
    assert a["assumptions"]["timing"] == "year_end"
    assert a["assumptions"]["end_cost_items"] == ["迁移费", "残值"]


def test_open_facts_of_a_later_project_point_at_its_own_line():
    costs = [*fees([1, 2]), line("购", "服务费", 1, project=1)]
    a = answer({"service_life": 2}, {"service_life": 1}, costs=costs, row=1)
    assert {"project": "P1", "sheet": "costs", "row": 2, "field": "claimed"} in a["open_facts"]


@pytest.mark.parametrize(
    ("life", "contract", "renewals", "common"),
    [(8, 3, [4, 7], 24), (6, 3, [4], 6), (5, None, [], 5), (3, 5, [], 15), (97, 98, [], None)],
)
def test_both_ways_are_compared_over_one_life_and_its_renewals_are_told(life, contract, renewals, common):
    lives = answer({**SHORT, "service_life": life, "contract_years": contract})["lives"]
    assert (lives["service_life"], lives["renewals"], lives["common_life"]) == (life, renewals, common)


# Properties -----------------------------------------------------------------------------


@given(portfolios)
def test_the_break_even_fee_put_back_is_the_last_that_does_not_exceed_the_build(portfolio):
    projects, lines = portfolio
    all_ = compare_all(facts(*projects, costs=lines), rate=None, **RULES)
    for row in np.flatnonzero(all_.break_even_known):
        life, fee = projects[row]["service_life"], int(all_.break_even_fee[row])
        kept = [c for c in lines if c["mode"] != PURCHASE or c["item"] != "服务费"]
        totals = []
        for price in (fee, fee + 1):
            uniform = [line("购", "服务费", y, price, project=row) for y in range(1, life + 1)]
            f = facts(*projects, costs=[*kept, *uniform])
            totals.append(service(f, **RULES).at(row))
        assert totals[0] <= all_.build.at(row) < totals[1]
        assert all_.build.at(row) - totals[0] < life


@given(short_form, st.integers(2, 99))
def test_scaling_every_amount_leaves_the_saving_ratio_alone(project, k):
    scaled = {
        name: v * k if name in ("annual_service_fee", "build_cost", "annual_om_cost") else v
        for name, v in project.items()
    }
    assert answer(project)["saving_ratio"] == answer(scaled)["saving_ratio"]


@given(short_form, st.integers(1, 10**9))
def test_a_dearer_fee_never_helps_buying(project, more):
    dearer = {**project, "annual_service_fee": project["annual_service_fee"] + more}
    assert answer(dearer)["saving"] < answer(project)["saving"]
    assert clearly_less(project, threshold="0.1") or not clearly_less(dearer, threshold="0.1")


@given(short_form, st.fractions(0, 1, max_denominator=1000))
def test_clearly_less_agrees_with_exact_fractions(project, threshold):
    a = answer(project)
    assume(a["build_total"] > 0)
    expected = a["saving"] > 0 and Fraction(a["saving"], a["build_total"]) >= threshold
    assert clearly_less(project, threshold=threshold) is expected


@given(short_form)
def test_at_a_rate_of_zero_present_values_are_the_nominal_totals(project):
    a = answer(project, rate=0)
    assert a["npv_build"] == pytest.approx(a["build_total"] / 100)
    assert a["npv_purchase"] == pytest.approx(a["service_total"] / 100)


@given(portfolios)
def test_one_project_alone_gets_the_answer_it_gets_in_the_portfolio(portfolio):
    projects, lines = portfolio
    f = facts(*projects, costs=lines)
    all_ = compare_all(f, rate=0.05, **RULES)
    for row in range(3):
        a = compare(f, row, rate=0.05, **RULES)
        assert a["service_total"] == all_.service.at(row)
        assert a["build_total"] == all_.build.at(row)
        assert a["break_even_fee"] == (int(all_.break_even_fee[row]) if all_.break_even_known[row] else None)
        assert a["npv_build"] == (
            None if np.isnan(all_.npv[BUILD][row]) else pytest.approx(all_.npv[BUILD][row])
        )


# 核减 -----------------------------------------------------------------------------------

CUTS = [
    line("建", "建设费", 0, 300_00, 251_99, cut_reason="单价高于市场价"),
    line("建", "建设费", 0, 100_00),
    line("建", "运维费", 1, 7, 8),
    line("购", "服务费", 1, None, 5),
    line("购", "服务费", 2, 0, 0),
]


def test_the_table_of_cuts_shows_each_line_each_item_and_each_mode():
    table = reductions(facts({}, costs=CUTS), 0)
    first, as_claimed, raised, unknown, nothing = table["lines"]
    assert (first.cut, first.ratio, first.reason) == (48_01, Fraction(4801, 30000), "单价高于市场价")
    assert (as_claimed.assessed, as_claimed.cut, as_claimed.ratio) == (100_00, 0, 0)
    assert raised.cut == -1
    assert (unknown.cut, unknown.ratio) == (None, None)
    assert (nothing.cut, nothing.ratio) == (0, None)
    assert [(s.mode, s.item, s.cut) for s in table["items"]] == [
        (BUILD, "建设费", 48_01),
        (BUILD, "运维费", -1),
        (PURCHASE, "服务费", None),
    ]
    assert [(s.mode, s.cut, s.ratio) for s in table["modes"]] == [
        (BUILD, 48_00, Fraction(4800, 40007)),
        (PURCHASE, None, None),
    ]


def test_sums_of_cuts_over_a_portfolio_name_the_line_that_keeps_them_open():
    f = facts({}, {}, costs=CUTS)
    built, bought = reduction_totals(f, BUILD), reduction_totals(f, PURCHASE)
    assert [built[name].at(0) for name in ("claimed", "assessed", "cut")] == [400_07, 352_07, 48_00]
    assert bought["cut"].at(0) is None
    assert bought["cut"].open_cells(0) == [("costs", 3, "claimed")]
    assert bought["assessed"].at(0) == 5
    assert built["cut"].at(1) is None, "a project without lines has no sum of zero"


@given(st.lists(st.tuples(money, money), min_size=1, max_size=20))
def test_claimed_less_cut_is_assessed(pairs):
    f = facts({}, costs=[line("建", "建设费", 0, a, b) for a, b in pairs])
    sums = {name: bounds.at(0) for name, bounds in reduction_totals(f, BUILD).items()}
    assert sums["claimed"] - sums["cut"] == sums["assessed"] == sum(b for _, b in pairs)
