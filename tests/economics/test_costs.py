"""Totals of building and buying: exact, with bounds where facts are missing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zwxm_core.economics import (
    BUILD,
    PURCHASE,
    Treatment,
    build_total,
    cash_flows,
    coverage,
    discounted_totals,
    present_value,
    service_total,
)

from .records import facts, put

RULES = Treatment(("服务费",), ("运维费",), ("迁移费", "残值"))._asdict()
BOTH = {BUILD: build_total, PURCHASE: service_total}


def line(mode, item, year, claimed=None, assessed=None, project=0, **more):
    names = {"建": BUILD, "购": PURCHASE, None: None}
    return {
        "project": project,
        "mode": names[mode],
        "item": item,
        "year": year,
        "claimed": claimed,
        "assessed": assessed,
        **more,
    }


def both(f, row=0, **changes):
    return [BOTH[mode](f, **{**RULES, **changes}).at(row) for mode in (BUILD, PURCHASE)]


SHORT = {
    "service_life": 8,
    "annual_service_fee": 123_456_789_01,
    "build_cost": 333_333_333_33,
    "annual_om_cost": 77_777_777_77,
    "warranty_years": 3,
}


def test_the_short_form_counts_the_fee_every_year_and_om_outside_warranty_only():
    f = facts(SHORT)
    assert both(f) == [333_333_333_33 + 5 * 77_777_777_77, 8 * 123_456_789_01]
    assert both(f, om_in_warranty=True)[0] == 333_333_333_33 + 8 * 77_777_777_77


def test_a_warranty_longer_than_the_life_leaves_no_om():
    assert both(facts({**SHORT, "warranty_years": 9}))[0] == 333_333_333_33


def test_an_unknown_warranty_leaves_bounds_and_is_named():
    f = facts({**SHORT, "warranty_years": None})
    total = build_total(f, **RULES)
    assert total.at(0) is None
    assert (total.low[0], total.high[0]) == (333_333_333_33, 333_333_333_33 + 8 * 77_777_777_77)
    assert total.low_known[0]
    assert total.high_known[0]
    assert total.open_cells(0) == [("projects", None, "warranty_years")]


def test_an_unknown_warranty_does_not_matter_where_om_is_nothing_or_counts_anyway():
    assert both(facts({**SHORT, "warranty_years": None, "annual_om_cost": 0}))[0] == 333_333_333_33
    unknown = facts({**SHORT, "warranty_years": None})
    assert both(unknown, om_in_warranty=True)[0] == 333_333_333_33 + 8 * 77_777_777_77


@pytest.mark.parametrize("field", ["annual_service_fee", "service_life"])
def test_a_purchase_with_an_unknown_fee_or_life_has_no_bound_at_all_and_names_it(field):
    total = service_total(facts({**SHORT, field: None}), **RULES)
    assert not total.known[0]
    assert not total.low_known[0]
    assert not total.high_known[0]
    assert total.open_cells(0) == [("projects", None, field)]


def test_a_build_with_unknown_om_is_at_least_its_build_cost():
    total = build_total(facts({**SHORT, "annual_om_cost": None}), **RULES)
    assert (total.low[0], total.low_known[0], total.high_known[0]) == (333_333_333_33, True, False)
    assert total.open_cells(0) == [("projects", None, "annual_om_cost")]


def test_a_project_without_any_figure_is_unknown_and_every_missing_figure_is_named():
    f = facts({})
    assert both(f) == [None, None]
    assert build_total(f, **RULES).open_cells(0) == [
        ("projects", None, "build_cost"),
        ("projects", None, "annual_om_cost"),
        ("projects", None, "service_life"),
        ("projects", None, "warranty_years"),
    ]


def fees(years, amount=1_000_001, project=0):
    return [line("购", "服务费", year, amount, project=project) for year in years]


def test_lines_win_over_the_short_form_of_their_mode_only():
    f = facts({**SHORT, "service_life": 3}, costs=fees([1, 2, 3]))
    assert both(f) == [333_333_333_33, 3_000_003]


def test_the_assessed_amount_counts_and_an_empty_one_means_as_claimed():
    lines = [line("购", "服务费", 1, 500, 499), line("购", "服务费", 2, 500), line("购", "服务费", 3, 500, 0)]
    assert both(facts({**SHORT, "service_life": 3}, costs=lines))[1] == 999


def test_a_line_with_neither_amount_leaves_a_lower_bound_and_is_named():
    total = service_total(facts({"service_life": 3}, costs=[*fees([1, 2]), line("购", "服务费", 3)]), **RULES)
    assert (total.low[0], total.low_known[0], total.high_known[0]) == (2_000_002, True, False)
    assert total.open_cells(0) == [("costs", 2, "claimed")]


def test_a_purchase_priced_for_three_years_of_eight_is_unknown_and_not_cheap():
    f = facts({"service_life": 8}, costs=fees([1, 2, 3]))
    total = service_total(f, **RULES)
    assert total.at(0) is None
    assert (total.low[0], total.low_known[0], total.high_known[0]) == (3_000_003, True, False)
    assert total.open_cells(0) == [("costs", None, "claimed")]
    missing, known = coverage(f, **RULES)
    assert (missing[0], known[0]) == (5, True)


def test_two_fees_of_one_year_do_not_stand_for_two_years():
    missing, _ = coverage(facts({"service_life": 3}, costs=fees([1, 1, 2])), **RULES)
    assert missing[0] == 1


def test_lines_without_a_service_life_have_neither_coverage_nor_total():
    f = facts({}, costs=fees([1, 2]))
    assert not coverage(f, **RULES)[1][0]
    assert service_total(f, **RULES).open_cells(0) == [("projects", None, "service_life")]


def test_om_lines_must_cover_the_years_after_the_warranty_and_those_within_are_left_out():
    om = [line("建", "运维费", year, 70_007) for year in (2, 3, 4)]
    lines = [line("建", "建设费", 0, 900_009), *om]
    assert both(facts({"service_life": 4, "warranty_years": 2}, costs=lines))[0] == 900_009 + 2 * 70_007
    total = build_total(facts({"service_life": 5, "warranty_years": 2}, costs=lines), **RULES)
    assert (total.low[0], total.high_known[0]) == (900_009 + 2 * 70_007, False)


def test_end_costs_stay_out_unless_counted_and_a_residual_value_may_be_negative():
    costs = [*fees([1]), line("购", "迁移费", 2, 555), line("购", "残值", 1, 44)]
    f = facts({**SHORT, "service_life": 1}, costs=costs)
    put(f.costs.claimed, 2, -44)
    assert both(f)[1] == 1_000_001
    assert both(f, count_end_costs=True)[1] == 1_000_001 + 555 - 44


def test_an_unknown_residual_value_opens_both_ends_only_where_end_costs_count():
    f = facts({**SHORT, "service_life": 1}, costs=[*fees([1]), line("购", "残值", 1)])
    assert both(f)[1] == 1_000_001
    total = service_total(f, **{**RULES, "count_end_costs": True})
    assert not total.low_known[0]
    assert not total.high_known[0]


def test_what_lies_beyond_the_service_life_does_not_count():
    assert both(facts({"service_life": 2}, costs=fees([1, 2, 3])))[1] == 2_000_002


@pytest.mark.parametrize(
    ("gap", "field"), [({"mode": None}, "mode"), ({"item": None}, "item"), ({"year": None}, "year")]
)
def test_a_line_without_mode_item_or_year_keeps_the_total_open_and_is_named(gap, field):
    f = facts({"service_life": 2}, costs=[*fees([1, 2]), {**line("购", "实施费", 0, 77), **gap}])
    total = service_total(f, **RULES)
    assert total.at(0) is None
    assert total.open_cells(0) == [("costs", 2, field)]


def test_a_sum_beyond_int64_is_unknown_and_never_wraps():
    f = facts(SHORT, SHORT)
    put(f.annual_service_fee, 0, 2**61)
    total = service_total(f, **RULES)
    assert not total.low_known[0]
    assert not total.high_known[0]
    assert total.at(1) == 8 * 123_456_789_01


# Properties -----------------------------------------------------------------------------

money = st.integers(0, 10**13)
maybe = lambda strategy: st.none() | strategy
short_form = st.fixed_dictionaries(
    {
        "service_life": st.integers(1, 12),
        "annual_service_fee": money,
        "build_cost": money,
        "annual_om_cost": money,
        "warranty_years": st.integers(0, 14),
    }
)
cost_line = st.builds(
    lambda mode, item, year, claimed, assessed, project: line(mode, item, year, claimed, assessed, project),
    st.sampled_from("建购"),
    st.sampled_from(["服务费", "运维费", "建设费", "迁移费"]),
    st.integers(0, 13),
    money,
    maybe(money),
    st.integers(0, 2),
)
treatments = st.builds(
    lambda a, b: {**RULES, "om_in_warranty": a, "count_end_costs": b}, st.booleans(), st.booleans()
)
portfolios = st.tuples(st.lists(short_form, min_size=3, max_size=3), st.lists(cost_line, max_size=25))


def _by_hand(project, lines, mode, treatment):
    """The total by the words of the convention, line by line; None where a year is unpriced."""
    life, warranty = project["service_life"], project["warranty_years"]
    mine = [c for c in lines if c["mode"] == mode]
    if not mine and mode == PURCHASE:
        return project["annual_service_fee"] * life
    if not mine:
        om_years = life if treatment["om_in_warranty"] else max(life - warranty, 0)
        return project["build_cost"] + project["annual_om_cost"] * om_years
    yearly, first = ("服务费", 1) if mode == PURCHASE else ("运维费", warranty + 1)
    total, priced, counts = 0, set(), 0
    for c in mine:
        if c["item"] == yearly:
            priced.add(c["year"])
        if c["item"] in treatment["end_cost_items"]:
            counted = treatment["count_end_costs"]
        else:
            spared = mode == BUILD and c["item"] == "运维费" and not treatment["om_in_warranty"]
            counted = c["year"] <= life and not (spared and 1 <= c["year"] <= warranty)
        if counted:
            counts += 1
            total += c["claimed"] if c["assessed"] is None else c["assessed"]
    return total if counts and set(range(first, life + 1)) <= priced else None


@given(portfolios, treatments)
def test_totals_are_those_worked_out_line_by_line(portfolio, treatment):
    projects, lines = portfolio
    f = facts(*projects, costs=lines)
    for mode, of in BOTH.items():
        seen = of(f, **treatment)
        for row, project in enumerate(projects):
            mine = [c for c in lines if c["project"] == row]
            assert seen.at(row) == _by_hand(project, mine, mode, treatment)


@given(portfolios, treatments)
def test_the_cash_flows_counted_add_up_to_the_totals(portfolio, treatment):
    projects, lines = portfolio
    f = facts(*projects, costs=lines)
    for mode, of in BOTH.items():
        total = of(f, **treatment)
        for row in range(3):
            flows = [flow for flow in cash_flows(f, row, **treatment) if flow.mode == mode and flow.counted]
            assert sum(flow.amount for flow in flows) == total.low[row]
            if total.known[row]:
                assert total.at(row) == total.low[row]


@given(portfolios, st.floats(0, 0.3), st.sampled_from(["year_end", "mid_year"]), treatments)
def test_present_values_are_those_of_the_cash_flows(portfolio, rate, timing, treatment):
    projects, lines = portfolio
    f = facts(*projects, costs=lines)
    for mode, (value, known) in discounted_totals(f, rate, timing, **treatment).items():
        for row in np.flatnonzero(known):
            yearly = np.zeros(15)
            for flow in cash_flows(f, row, **treatment):
                if flow.mode == mode and flow.counted:
                    yearly[flow.year] += flow.amount / 100
            assert value[row] == pytest.approx(float(present_value(yearly, rate, timing)), rel=1e-9)


@given(portfolios, treatments)
def test_lines_spelling_out_the_short_form_give_the_same_totals(portfolio, treatment):
    projects, _ = portfolio
    spelt = []
    for k, p in enumerate(projects):
        spelt.append(line("建", "建设费", 0, p["build_cost"], project=k))
        for year in range(1, p["service_life"] + 1):
            spelt.append(line("购", "服务费", year, p["annual_service_fee"], project=k))
            spelt.append(line("建", "运维费", year, p["annual_om_cost"], project=k))
    short, long = facts(*projects), facts(*projects, costs=spelt)
    assert [both(short, row, **treatment) for row in range(3)] == [
        both(long, row, **treatment) for row in range(3)
    ]


def _hide(data, record, fields):
    hidden = data.draw(st.sets(st.sampled_from(fields)))
    return {name: None if name in hidden else value for name, value in record.items()}


def _hide_cost(data, record):
    """An empty 审定 is a statement (the claim counts), so the claim goes with it."""
    left = _hide(data, record, ["mode", "item", "year", "claimed", "assessed"])
    if left.get("assessed") is None and record.get("assessed") is not None:
        left["claimed"] = None
    return left


@settings(max_examples=300)
@given(portfolios, treatments, st.data())
def test_bounds_hold_for_whatever_the_missing_facts_turn_out_to_be(portfolio, treatment, data):
    projects, lines = portfolio
    full = facts(*projects, costs=lines)
    open_ = facts(
        *(_hide(data, p, list(p)) for p in projects),
        costs=[_hide_cost(data, c) for c in lines],
    )
    for of in BOTH.values():
        truth, seen = of(full, **treatment), of(open_, **treatment)
        for row in np.flatnonzero(truth.known):
            assert not seen.low_known[row] or seen.low[row] <= truth.at(row)
            assert not seen.high_known[row] or truth.at(row) <= seen.high[row]
        for row in range(3):
            assert seen.known[row] or seen.open_cells(row), "an open total names what is missing"
