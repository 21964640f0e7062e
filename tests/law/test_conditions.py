"""Three-valued logic: what is not known stays not known until the rest settles it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwxm_core import conditions as c
from zwxm_core.facts import Bounds, Column, Evidence, Table

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


def test_a_choice_is_one_of_several_and_a_blank_one_is_open():
    column = Column(
        "m", "方式", "projects", "enum", np.array([0, 1, 2, 0], np.int8), np.array([True, True, True, False]),
        ("自行建设", "购买服务", "租赁"),
    )  # fmt: skip
    made = c.is_one_of("m", "方式", column, "自行建设", "租赁")
    assert made.states().tolist() == [1, 0, 1, -1]
    assert [made.says(row) for row in range(4)] == [
        "方式：自行建设",
        "方式：购买服务",
        "方式：租赁",
        "方式：未提供",
    ]


def told_facts(*values, claimed=None, evidence=None, name="x", sheet="projects") -> Column:
    """A field that is 是, 否 or not said (None)."""
    filled, known = np.array([v is True for v in values]), np.array([v is not None for v in values])
    return Column(name, "甲", sheet, "bool", filled, known, claimed=claimed, evidence=evidence)


def test_yes_and_no_are_told_and_a_judgement_without_evidence_is_told_as_such():
    column = told_facts(True, False, None, None, claimed=np.array([True, True, False, True]))
    yes, no = c.is_true("y", "是甲", column), c.is_false("n", "不是甲", column)
    assert yes.states().tolist() == [1, 0, -1, -1]
    assert no.states().tolist() == [0, 1, -1, -1]
    words = ["甲：是", "甲：否", "甲：未提供", "甲：已填，认定人、依据、日期不全"]
    assert [yes.says(row) for row in range(4)] == [no.says(row) for row in range(4)] == words
    assert yes.open_cells(2) == [("projects", None, "x")]
    assert yes.open_cells(0) == []


def test_a_count_is_told_with_its_unit_and_the_number_it_has_to_reach():
    column = Column("k", "服务商", "projects", "int", np.array([1, 2, 0]), np.array([True, True, False]))
    made = c.at_least("k", "多家", column, 2, "家")
    assert made.states().tolist() == [0, 1, -1]
    assert [made.says(row) for row in range(3)] == [
        "服务商：1 家，要求不少于 2 家", "服务商：2 家，要求不少于 2 家", "服务商：未提供，要求不少于 2 家",
    ]  # fmt: skip
    with pytest.raises(TypeError, match="at_least counts; an amount is compared by at_most or below"):
        c.at_least("k", "多家", money("amount", 1), 2)


def test_amounts_are_compared_in_words_with_what_is_known_of_them():
    amount, limit = money("实际", 100, 101, None, 100), money("批复", 100, 100, 100, None)
    most, less = c.at_most("a", "不超过", amount, limit), c.below("b", "小于", amount, limit)
    assert [most.says(row) for row in range(4)] == [
        "实际 1.00 元，批复 1.00 元，未超过", "实际 1.01 元，批复 1.00 元，超过",
        "实际未提供，批复 1.00 元，是否超过待核", "实际 1.00 元，批复未提供，是否超过待核",
    ]  # fmt: skip
    assert [less.says(row) for row in range(3)] == [
        "实际 1.00 元，批复 1.00 元，前者不小于后者", "实际 1.01 元，批复 1.00 元，前者不小于后者",
        "实际未提供，批复 1.00 元，孰小待核",
    ]  # fmt: skip
    assert (
        c.below("b", "小于", limit, money("自建（总额）", 101, 99, 1, 1)).says(0)
        == "批复 1.00 元，自建（总额）1.01 元，前者较小"
    )
    assert less.states().tolist() == [0, 0, -1, -1]
    assert less.at(1)["room"] == {
        "amount": -1, "ratio": {"num": 101, "den": 100, "text": "1.010000"}, "limit": {"num": 1, "den": 1, "text": "1.000000"},
    }  # fmt: skip
    assert less.at(3)["room"] is None


def test_a_fixed_line_is_told_as_an_amount():
    made = c.at_most("a", "不超过", money("总投资", 500, 501, None), 500)
    assert made.states().tolist() == [1, 0, -1]
    assert [made.says(row) for row in range(3)] == [
        "总投资 5.00 元，未超过 5.00 元", "总投资 5.01 元，超过 5.00 元", "总投资未提供，是否超过 5.00 元待核",
    ]  # fmt: skip
    assert made.at(1)["room"] == {"amount": -1, "ratio": None, "limit": {"amount": 500}}
    assert list(made.at(0)["facts"]) == ["总投资"]


def test_a_share_is_told_with_the_part_and_the_line_it_makes():
    made = c.at_most(
        "a", "不超过", money("调整", 15, 16, None, 1), money("批复", 100, 100, 100, 0), Fraction(3, 20)
    )
    assert [made.says(row) for row in range(4)] == [
        "调整 0.15 元，占批复 1.00 元的 15%，未超过批复的 15%（0.15 元）",
        "调整 0.16 元，占批复 1.00 元的 16%，超过批复的 15%（0.15 元）",
        "调整未提供，是否超过批复的 15%（0.15 元）待核",
        "调整 0.01 元，超过批复的 15%（0.00 元）",
    ]  # fmt: skip
    assert made.at(3)["room"] == {"amount": -1, "ratio": None, "limit": {"amount": 0}}
    third = c.at_most("a", "不超过", money("调整", 1), money("批复", 3), Fraction(3, 20))
    assert third.says(0) == "调整 0.01 元，占批复 0.03 元的约 33.33%，超过批复的 15%（0.00 元）"


def test_an_amount_with_a_lower_bound_alone_is_told_and_settled_by_it():
    known, no = np.array([True, False]), np.zeros(2, bool)
    amount = Bounds(
        "s", "合计", np.array([150, 0]), known, np.array([0, 0]), no, lambda row: [("sheet", row, "f")]
    )
    made = c.at_most("a", "不超过", amount, money("批复", 100, 100))
    assert made.states().tolist() == [0, -1]
    assert [made.says(row) for row in range(2)] == [
        "合计至少 1.50 元（未完全提供），批复 1.00 元，超过", "合计未提供，批复 1.00 元，是否超过待核",
    ]  # fmt: skip
    assert made.open_cells(1) == [("sheet", 1, "f")]


def test_a_product_beyond_int64_goes_on_in_whole_numbers():
    assert c.times(np.array([-(10**18), 5]), 10).tolist() == [-(10**19), 50]
    assert c.times(np.array([2**62]), 2).tolist() == [2**63]
    assert c.times(np.array([], np.int64), 10**30).tolist() == []
    assert c.times(np.array([3], np.int64), 4).dtype == np.int64


def rows_of(parent: list[int], *numbers: int) -> Table:
    column = Column(
        "seq", "序号", "t", "int", np.array(numbers or range(1, len(parent) + 1)), np.ones(len(parent), bool)
    )
    return Table("t", len(parent), {"seq": column}, np.arange(2, len(parent) + 2), np.array(parent, np.int64))


def test_what_is_said_of_several_rows_names_each_and_of_one_row_does_not():
    part = leaf([True, False, False, False])
    part.says = lambda k: f"第 {k} 项"
    every = c.every("e", "每", part, rows_of([0, 0, 0, 1]), 2)
    assert every.sentences(0) == ["序号 2：第 1 项", "序号 3：第 2 项"]
    assert every.sentences(1) == ["第 3 项"]
    assert [k for _, k in every.branches(1)] == [3]
    part.says = lambda k: ""
    assert every.sentences(0) == []


def test_a_row_is_read_for_each_project_and_where_there_is_none_it_is_open():
    part = leaf([True, False, None])
    made = c.on_row(part, np.array([2, -1, 0, 1]))
    assert made.states().tolist() == [-1, -1, 1, 0]
    assert made.at(2) == part.at(0)
    assert made.at(1) == {"id": "x", "op": "all", "text": "甲", "state": None, "parts": []}
    assert made.head(1) == {"id": "x", "op": "all", "text": "甲", "state": None, "parts": []}
    assert c.on_row(leaf([]), np.array([-1, -1])).states().tolist() == [-1, -1]
    assert c.on_row(part, np.array([0, 1, 2])).states().tolist() == [1, 0, -1]


def test_the_evidence_of_a_judgement_stands_beside_its_fact():
    column = told_facts(True, False, evidence={0: Evidence("张三", "文号", "2024-01-01")})
    made = c.is_true("y", "是甲", column)
    assert made.at(0) == {
        "id": "y", "op": "leaf", "text": "是甲", "state": True, "facts": {"x": True},
        "evidence": {"x": {"by": "张三", "basis": "文号", "on": "2024-01-01"}},
    }  # fmt: skip
    assert "evidence" not in made.at(1)


def test_a_premise_that_fails_or_is_open_is_told_and_asked_for_alone():
    case = c.is_true("p", "有此情形", told_facts(True, False, None, True, name="p"))
    rest = c.is_true("r", "已办", told_facts(None, False, None, False, name="r"))
    made = c.all_of("t", "合", case, rest, premise=True)
    assert made.states().tolist() == [-1, 0, -1, 0]
    assert [[cell[2] for cell in made.open_cells(row)] for row in range(4)] == [["r"], [], ["p"], []]
    assert [[one.id for one, _ in made.deciding(row)] for row in range(4)] == [["r"], ["p"], ["p"], ["r"]]
    plain = c.all_of("t", "合", case, rest)
    assert [[one.id for one, _ in plain.deciding(row)] for row in range(4)] == [
        ["r"],
        ["p", "r"],
        ["p", "r"],
        ["r"],
    ]
    assert [cell[2] for cell in plain.open_cells(2)] == ["p", "r"]
    assert [part["id"] for part in made.at(1, deciding=True)["parts"]] == ["p"]
    assert [part["id"] for part in made.at(1)["parts"]] == ["p", "r"]
    assert made.head(1) == {"id": "t", "op": "all", "text": "合", "state": False, "parts": []}
    assert case.head(0) == case.at(0)


def test_a_not_is_decided_by_its_part_and_tells_it():
    part = c.is_true("p", "有此情形", told_facts(True, False, None))
    made = c.not_("n", "没有", part)
    assert [[one.id for one, _ in made.deciding(row)] for row in range(3)] == [["p"]] * 3
    assert made.sentences(0) == ["甲：是"]
    assert made.at(1)["op"] == "not"


def test_a_parameter_that_is_not_set_is_what_an_open_condition_asks_for():
    gap = (("ruleset", None, "limit"),)
    unset = c.given("u", "线", np.zeros(2, bool), np.array([False, True]), gap)
    assert (unset.open_cells(0), unset.open_cells(1)) == (list(gap), [])
    both = c.all_of("t", "合", unset, unset)
    both.missing = (("ruleset", None, "other"),)
    assert both.open_cells(0) == [*gap, ("ruleset", None, "other")]


def test_what_is_known_and_still_open_is_named_by_its_facts():
    """What was not done is not due yet: the cells are those that say so."""
    mine, row = told_facts(False, None), told_facts(False, False, name="y", sheet="t")
    waiting = c.Condition("w", "leaf", "待", np.zeros(2, bool), np.zeros(2, bool), facts=(mine, row))
    assert waiting.open_cells(0) == [("projects", None, "x"), ("t", 0, "y")]
    assert waiting.open_cells(1) == [("projects", None, "x")]
    child = c.Condition(
        "w",
        "leaf",
        "待",
        np.zeros(1, bool),
        np.zeros(1, bool),
        facts=(told_facts(None, name="y", sheet="t"),),
    )
    assert child.open_cells(0) == [("t", 0, "y")]


def test_no_sentence_is_said_twice_and_a_node_that_tells_itself_speaks_for_its_parts():
    one, two = leaf([True]), leaf([True])
    one.says = two.says = lambda row: "同一句"
    assert c.all_of("t", "合", one, two).sentences(0) == ["同一句"]
    whole = c.all_of("t", "合", one, two)
    whole.says = lambda row: "总"
    assert whole.sentences(0) == ["总"]
    bare = leaf([True])
    assert bare.sentences(0) == ["甲"]
