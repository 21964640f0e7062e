"""Three-valued logic: what is not known stays not known until the rest settles it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwxm_core import conditions as c
from zwxm_core.facts import Bounds, Column, Table

STATE = st.sampled_from([True, False, None])


def leaf(states: list) -> c.Condition:
    yes, no = ([s is v for s in states] for v in (True, False))
    return c.given("x", "甲", np.array(yes, bool), np.array(no, bool))


def kleene_all(states):
    return False if False in states else None if None in states else True


def kleene_any(states):
    return True if True in states else None if None in states else False


@given(st.lists(st.lists(STATE, min_size=3, max_size=3), min_size=1, max_size=5))
def test_all_and_any_are_kleene(table):
    parts = [leaf(states) for states in table]
    rows = list(zip(*table, strict=True))
    for build, rule in ((c.all_of, kleene_all), (c.any_of, kleene_any)):
        made = build("t", "合", *parts)
        assert [made.state(i) for i in range(3)] == [rule(row) for row in rows]
        assert not (made.yes & made.no).any()


@given(st.lists(STATE, min_size=1, max_size=6))
def test_not_swaps_true_and_false_and_leaves_unknown(states):
    made = c.not_("n", "非", leaf(states))
    assert [made.state(i) for i in range(len(states))] == [None if s is None else not s for s in states]


@given(st.lists(st.tuples(st.integers(0, 3), STATE), max_size=12))
def test_every_and_some_over_the_rows_of_a_project(rows):
    rows = sorted(rows, key=lambda row: row[0])
    parent = np.array([p for p, _ in rows], np.int64)
    table = Table("t", len(rows), {}, np.arange(len(rows)), parent)
    part = leaf([s for _, s in rows])
    of = [[s for p, s in rows if p == i] for i in range(4)]
    every, some = c.every("e", "每", part, table, 4), c.some("s", "有", part, table, 4)
    assert [every.state(i) for i in range(4)] == [kleene_all(s) for s in of]
    assert [some.state(i) for i in range(4)] == [kleene_any(s) for s in of]
    assert [len(every.at(i)["parts"]) for i in range(4)] == [len(s) for s in of]


def money(name: str, *values) -> Column:
    filled = np.array([0 if v is None else v for v in values], np.int64)
    return Column(name, name, "projects", "money", filled, np.array([v is not None for v in values]))


@given(
    st.integers(-(10**15), 10**15),
    st.integers(-(10**15), 10**15),
    st.fractions(min_value=0, max_value=1, max_denominator=10**6),
)
def test_at_most_compares_as_fractions_do(amount, limit, share):
    made = c.at_most("a", "不超过", money("amount", amount), money("limit", limit), share)
    assert made.state(0) is (Fraction(amount) <= share * limit)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_an_amount_between_bounds_is_settled_only_where_both_bounds_agree(low, more, limit):
    high = low + more
    yes = np.ones(1, bool)
    amount = Bounds("a", "甲", np.array([low]), yes, np.array([high]), yes)
    state = c.at_most("a", "不超过", amount, money("limit", limit)).state(0)
    assert state is (True if high <= limit else False if low > limit else None)


def test_an_unknown_amount_or_limit_is_never_compared_as_zero():
    made = c.at_most(
        "a", "不超过", money("amount", None, 5, None), money("limit", 9, None, None), Fraction(3, 20)
    )
    assert made.states().tolist() == [-1, -1, -1]
    assert made.open_cells(0) == [("projects", None, "amount")]
    assert made.open_cells(2) == [("projects", None, "amount"), ("projects", None, "limit")]
    assert made.at(0)["room"] is None


def test_the_room_to_the_line_is_told_in_fen_and_as_a_fraction():
    made = c.at_most("a", "不超过", money("amount", 16_000_000), money("limit", 100_000_000), Fraction(3, 20))
    assert made.at(0)["room"] == {
        "amount": -1_000_000,
        "ratio": {"num": 4, "den": 25, "text": "0.160000"},
        "limit": {"num": 3, "den": 20, "text": "0.150000"},
    }


def test_the_sentences_of_a_decided_row_are_those_that_decide_it():
    yes, no, unknown = leaf([True]), leaf([False]), leaf([None])
    for node, text in ((yes, "真"), (no, "假"), (unknown, "未知")):
        node.text = text
    assert c.all_of("t", "合", yes, no, unknown).sentences(0) == ["假"]
    assert c.all_of("t", "合", yes, unknown).sentences(0) == ["未知"]
    assert c.any_of("t", "或", yes, no, unknown).sentences(0) == ["真"]


def test_a_choice_that_is_not_in_the_list_is_a_mistake_of_the_rule():
    column = Column(
        "m", "方式", "projects", "enum", np.zeros(1, np.int8), np.ones(1, bool), ("自行建设", "购买服务")
    )
    with pytest.raises(ValueError, match="not in tuple"):
        c.is_one_of("m", "方式", column, "租赁")
