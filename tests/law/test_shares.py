"""35.2: what city and counties bear adds up to the 分, whatever the weights, and the leftover 分 go by the rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwxm_core.assessment import assess
from zwxm_core.portfolio import from_records
from zwxm_core.rules.shares import RULES_FOR_LEFTOVER, UNSAID, Pools, share_out
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()
AS_OF = date(2026, 11, 24)
LARGEST, FIRST, CITY = RULES_FOR_LEFTOVER
WEIGHTS = st.lists(st.integers(0, 10**7) | st.integers(0, 10**17), min_size=1, max_size=9).filter(any)
TOTAL = st.integers(0, 10**18)


def allocate(total, weights, orders, city, leftover) -> list[int] | None:
    """One pool shared by itself; None where it is not settled."""
    n = len(weights)
    said = [UNSAID if order is None else order for order in orders]
    whose = [-1 if here is None else int(here) for here in city]
    parts, settled = share_out(
        Pools(np.zeros(n, np.int64), np.full(n, total), np.array(weights), np.array(said), np.array(whose)), (leftover,)
    )[leftover]  # fmt: skip
    assert settled.all() or not settled.any()
    return parts.tolist() if settled.all() else None


def in_turn(n: int) -> list[int]:
    return list(range(1, n + 1))


def city_first(n: int) -> list[bool]:
    return [i == 0 for i in range(n)]


@given(TOTAL, WEIGHTS, st.sampled_from(RULES_FOR_LEFTOVER))
def test_the_parts_add_up_to_the_total_and_only_the_leftover_is_not_proportional(total, weights, leftover):
    n = len(weights)
    parts = allocate(total, weights, in_turn(n), city_first(n), leftover)
    assert sum(parts) == total
    down = [int(Fraction(total * w, sum(weights))) for w in weights]
    extra = [part - floor for part, floor in zip(parts, down, strict=True)]
    assert sum(extra) < n
    if leftover == LARGEST:
        assert set(extra) <= {0, 1}
    else:
        assert not any(extra[1:])


@given(TOTAL, WEIGHTS)
def test_the_largest_remainders_get_one_fen_each_and_a_tie_goes_by_order(total, weights):
    orders = in_turn(len(weights))[::-1]
    parts = allocate(total, weights, orders, city_first(len(weights)), LARGEST)
    exact = [Fraction(total * w, sum(weights)) for w in weights]
    ranked = sorted(range(len(weights)), key=lambda i: (-(exact[i] - int(exact[i])), orders[i]))
    left = total - sum(int(e) for e in exact)
    expected = [int(e) for e in exact]
    for i in ranked[:left]:
        expected[i] += 1
    assert parts == expected


@given(TOTAL, WEIGHTS, st.sampled_from(RULES_FOR_LEFTOVER), st.data())
def test_the_order_of_rows_changes_nothing(total, weights, leftover, data):
    n = len(weights)
    shuffled = data.draw(st.permutations(range(n)))
    orders, city = in_turn(n), city_first(n)
    parts = allocate(total, weights, orders, city, leftover)
    moved = allocate(
        total, [weights[i] for i in shuffled], [orders[i] for i in shuffled], [city[i] for i in shuffled], leftover
    )  # fmt: skip
    assert moved == [parts[i] for i in shuffled]


@given(TOTAL, WEIGHTS, st.sampled_from(RULES_FOR_LEFTOVER), st.data())
def test_an_order_or_city_that_is_not_said_never_decides(total, weights, leftover, data):
    n = len(weights)
    orders: list = data.draw(st.lists(st.integers(1, 4) | st.none(), min_size=n, max_size=n))
    city: list = data.draw(st.lists(st.booleans() | st.none(), min_size=n, max_size=n))
    parts = allocate(total, weights, orders, city, leftover)
    if parts is None:
        return
    filled = [100 + i if o is None else o for i, o in enumerate(orders)]
    other = [o if o is not None else -i for i, o in enumerate(orders)]
    for orders_ in (filled, other):
        for guess in (True, False):
            said = [guess if c is None else c for c in city]
            assert allocate(total, weights, orders_, said, leftover) == parts


@pytest.mark.parametrize(
    ("orders", "city", "leftover"),
    [([1, 1, 2], [True, False, False], LARGEST), ([1, None, 2], [True, False, False], LARGEST),
     ([1, 1, 2], [True, False, False], FIRST), ([None, 1, 2], [True, False, False], FIRST),
     ([1, 2, 3], [True, True, False], CITY), ([1, 2, 3], [False, False, False], CITY),
     ([1, 2, 3], [True, None, False], CITY)],
)  # fmt: skip
def test_a_leftover_fen_that_no_order_or_city_can_place_leaves_the_parts_open(orders, city, leftover):
    assert allocate(100, [1, 1, 1], orders, city, leftover) is None
    assert allocate(99, [1, 1, 1], orders, city, leftover) == [33, 33, 33]


def test_an_order_missing_below_the_line_does_not_matter():
    assert allocate(100, [1, 1, 2], [1, None, None], [False] * 3, LARGEST) == [25, 25, 50]
    assert allocate(11, [5, 3, 3], [None, None, None], [False] * 3, LARGEST) == [5, 3, 3]
    assert allocate(10, [5, 3, 3], [None, 1, 2], [False] * 3, LARGEST) == [4, 3, 3]


@given(
    st.lists(st.tuples(TOTAL, WEIGHTS), min_size=2, max_size=5),
    st.sampled_from(RULES_FOR_LEFTOVER),
    st.data(),
)
def test_many_pools_at_once_are_shared_as_each_alone(pools, leftover, data):
    alone = [allocate(t, w, in_turn(len(w)), city_first(len(w)), leftover) for t, w in pools]
    rows = [
        (g, t, w, i + 1, i == 0, alone[g][i]) for g, (t, ws) in enumerate(pools) for i, w in enumerate(ws)
    ]
    group, total, weight, order, city, expected = map(
        list, zip(*data.draw(st.permutations(rows)), strict=True)
    )
    together = Pools(*(np.array(c, np.int64) for c in (group, total, weight, order, city)))
    parts, settled = share_out(together, (leftover,))[leftover]
    assert settled.all()
    assert parts.tolist() == expected


def shares_of(rows, ruleset=RULESET, **adopting) -> list[tuple]:
    records = {
        "projects": [{"id": "A", "level": "市级", "classified": False, "counties_involved": True}],
        "shares": [{"project": "A", **row} for row in rows],
    }
    found = assess(from_records(records), ruleset.adopting(**adopting), AS_OF, ["35.2"])
    return [
        (a["party"], a["amount"], [(o["row"], o["field"]) for o in a["open_facts"]]) for a in found["amounts"]
    ]


def rows_of(pool: str, total: int, *parties) -> list[dict]:
    return [
        {"pool": pool, "pool_amount": total, "party": party, "order": i + 1, "weight": weight}
        for i, (party, weight) in enumerate(parties)
    ]


def test_each_pool_is_shared_by_itself_and_interleaved_rows_do_not_matter():
    build = rows_of("建设费", 10001, ("市级", 1), ("沙湾区", 1))
    run = rows_of("2027运维费", 7, ("市级", 2), ("犍为县", 1))
    mixed = [build[0], run[0], build[1], run[1]]
    assert shares_of(mixed) == [("市级", 5001, []), ("市级", 5, []), ("沙湾区", 5000, []), ("犍为县", 2, [])]


def test_the_leftover_goes_where_the_rule_set_says():
    rows = rows_of("建设费", 100, ("沙湾区", 1), ("犍为县", 1), ("市级", 1))
    of = {
        rule: [amount for _, amount, _ in shares_of(rows, leftover_fen=rule)] for rule in RULES_FOR_LEFTOVER
    }
    assert of == {LARGEST: [34, 33, 33], FIRST: [34, 33, 33], CITY: [33, 33, 34]}


def test_a_row_without_its_pool_may_belong_to_any_so_that_nothing_is_settled():
    rows = rows_of("建设费", 100, ("市级", 1), ("沙湾区", 1))
    del rows[1]["pool"]
    assert shares_of(rows) == [("市级", None, [("第 3 行", "pool")]), ("沙湾区", None, [("第 3 行", "pool")])]


def test_weights_that_are_all_zero_leave_the_parts_open():
    rows = rows_of("建设费", 100, ("市级", 0), ("沙湾区", 0))
    assert [amount for _, amount, _ in shares_of(rows)] == [None, None]
    assert all(field == "weight" for *_, missing in shares_of(rows) for _, field in missing)


def test_without_a_formula_in_the_rule_set_no_part_is_worked_out():
    rows = rows_of("建设费", 100, ("市级", 1), ("沙湾区", 1))
    formula = replace(
        RULESET.conventions["cost_sharing_formula"], value="协议另定"
    )  # as a derived set may have it
    agreed = replace(RULESET, conventions={**RULESET.conventions, "cost_sharing_formula": formula})
    parts = shares_of(rows, agreed)
    assert parts == [
        ("市级", None, [(None, "cost_sharing_formula")]),
        ("沙湾区", None, [(None, "cost_sharing_formula")]),
    ]
