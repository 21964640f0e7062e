"""Shares of city and counties over the years and funds of the cost lines (第三十五条)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwxm_core.assessment import assess
from zwxm_core.cost_sharing import shared_costs
from zwxm_core.portfolio import from_records
from zwxm_core.rulesets import load_ruleset

RULES = load_ruleset()
WEIGHTS = (("市财政", 1043), ("犍为县", 422), ("井研县", 97))


def records(amounts=(70_000_01, 70_000_03, 35_000_00), pool="服务费", funds=("市级财政资金",), **share):
    total = sum(amounts)
    return {
        "projects": [{"id": "A", "level": "市级", "classified": False, "mode": "购买服务", "service_life": len(amounts), "annual_om_cost": 0}],
        "costs": [
            {"project": "A", "mode": "购买服务", "item": "服务费", "year": year, "assessed": fen,
             "fund_source": funds[year % len(funds)]}
            for year, fen in enumerate(amounts, 1)
        ],
        "shares": [
            {"project": "A", "pool": pool, "pool_amount": total, "party": party, "order": order, "weight": weight,
             "basis": "受益人口", **share}
            for order, (party, weight) in enumerate(WEIGHTS, 1)
        ],
    }  # fmt: skip


def shared(**given_):
    return shared_costs(from_records(records(**given_)), 0, RULES.terms())


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=12))
def test_every_year_adds_up_to_its_cost_and_all_years_to_the_share_of_the_whole(amounts):
    [pool] = shared(amounts=amounts)["pools"]
    assert [sum(row["parts"]) for row in pool["rows"]] == [row["amount"] for row in pool["rows"]]
    assert [sum(column) for column in zip(*(row["parts"] for row in pool["rows"]), strict=True)] == pool[
        "parts"
    ]
    weight = sum(w for _, w in WEIGHTS)
    for part, (_, own) in zip(pool["parts"], WEIGHTS, strict=True):
        assert abs(part * weight - pool["total"] * own) < weight


def test_the_share_of_the_whole_is_the_one_of_article_35():
    facts = from_records(records())
    told = assess(facts, RULES, date(2026, 11, 24), ["35.2"])
    amounts = [one["amount"] for one in told["amounts"] if one["code"] == "share"]
    assert shared()["pools"][0]["parts"] == amounts


def test_each_fund_of_a_year_is_shared_for_itself():
    [pool] = shared(funds=("市级财政资金", "县级财政资金"))["pools"]
    assert [(row["year"], row["fund"]) for row in pool["rows"]] == [
        (1, "县级财政资金"), (2, "市级财政资金"), (3, "县级财政资金"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given_", "why"),
    [
        ({"pool": "2029 运维费"}, "按年度单列"),
        ({"pool": "数据费"}, "没有同名的费用项"),
        ({"weight": None}, "总额或权重没有填齐"),
    ],
)
def test_a_pool_whose_lines_cannot_be_shared_is_named_with_the_reason(given_, why):
    told = shared(**given_)
    assert told["pools"] == []
    assert why in told["left_out"][0]["why"]


def test_without_weights_nothing_is_said():
    assert shared_costs(from_records({**records(), "shares": []}), 0, RULES.terms()) is None


def test_a_stated_total_that_is_not_that_of_the_lines_is_told_apart():
    [pool] = shared(pool_amount=1_000_00)["pools"]
    assert (pool["stated"], pool["total"]) == (1_000_00, 175_000_04)
