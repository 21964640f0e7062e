"""The accumulated amount of 29.1 against every way the unknown approvals may have gone."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from zwxm_core.portfolio import from_records
from zwxm_core.rules.adjustments import adjusted_amount, in_order, latest
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()
ROW = st.tuples(
    st.integers(-10_000, 10_000) | st.none(),
    st.sampled_from([True, False, None]),
    st.sampled_from([True, False, None]),
)
CHOICES = {
    "adjustment_accumulation": ["cumulative", "each"],
    "adjustment_sign": ["absolute", "net"],
    "transfer_counting": ["once", "twice"],
}


def facts_of(rows, complete=True):
    listed = [
        {"project": "A", "seq": i + 1, "amount": a, "prior_approval": p, "transfer": t}
        for i, (a, p, t) in enumerate(rows)
    ]
    return from_records({"projects": [{"id": "A", "adjustments_complete": complete}], "adjustments": listed})


def amount_in_one_world(rows, row, accumulation, sign, transfers) -> int:
    """The amount at one row when everything is known, counted the slow way."""
    first = row
    if accumulation == "cumulative":
        first = max((i + 1 for i in range(row) if rows[i][1]), default=0)
    sizes = [(2 if t and transfers == "twice" else 1) * abs(a) for a, _, t in rows[first : row + 1]]
    if sign == "net" and accumulation == "cumulative":
        return abs(sum(a for a, _, _ in rows[first : row + 1]))
    return sum(sizes)


def worlds(rows):
    """Every completion of the unknown approvals and transfers (amounts are left alone)."""
    options = [[(a, q, u) for q in ([p] if p is not None else [True, False]) for u in ([t] if t is not None else [True, False])]
               for a, p, t in rows]  # fmt: skip
    return product(*options)


@given(st.lists(ROW, min_size=1, max_size=4), st.sampled_from(list(product(*CHOICES.values()))))
def test_the_bounds_hold_in_every_world_and_are_exact_when_all_is_known(rows, chosen):
    terms = RULESET.terms(**dict(zip(CHOICES, chosen, strict=True)))
    bounds = adjusted_amount(facts_of(rows), terms)
    for row in range(len(rows)):
        blank = any(a is None for a, _, _ in rows[: row + 1])
        filled = [(0 if a is None else a, p, t) for a, p, t in rows]
        amounts = {amount_in_one_world(world, row, *chosen) for world in worlds(filled)}
        if not blank:
            assert bounds.low[row] <= min(amounts)
            assert bounds.high_known[row]
            assert max(amounts) <= bounds.high[row]
            if all(p is not None and t is not None for _, p, t in rows):
                assert bounds.at(row) == amounts.pop()
        elif rows[row][0] is None:
            assert not bounds.high_known[row]


@given(st.lists(ROW, min_size=1, max_size=4))
def test_absolute_bounds_are_reached_in_some_world(rows):
    rows = [(1 if a is None else a, p, t) for a, p, t in rows]
    bounds = adjusted_amount(facts_of(rows), RULESET.terms())
    for row in range(len(rows)):
        amounts = {
            amount_in_one_world(world, row, "cumulative", "absolute", "once") for world in worlds(rows)
        }
        assert (bounds.low[row], bounds.high[row]) == (min(amounts), max(amounts))


def test_an_incomplete_list_has_no_upper_bound():
    bounds = adjusted_amount(facts_of([(500, False, False)], complete=None), RULESET.terms())
    assert bounds.low.tolist() == [500]
    assert not bounds.high_known[0]
    assert bounds.open_cells(0) == [("projects", None, "adjustments_complete")]


def test_adjustments_are_ordered_by_date_where_all_are_dated_else_by_number():
    def order(*rows):
        listed = [{"project": "A", "seq": s, "on": on, "amount": 1} for s, on in rows]
        facts = from_records({"projects": [{"id": "A"}], "adjustments": listed})
        return in_order(facts).tolist(), latest(facts).tolist()

    assert order((1, "2024-05-06"), (2, "2023-05-06")) == ([1, 0], [0])
    assert order((2, "2024-05-06"), (1, None)) == ([1, 0], [0])
    assert order((None, None), (1, "2024-05-06")) == ([0, 1], [1])
    assert order((2, "2024-05-06"), (1, "2024-05-06")) == ([1, 0], [0])
    assert order((1, "2023-01-01"), (2, "2024-01-01"), (3, "2023-06-01")) == ([0, 2, 1], [1])
    assert order((1, "2023-01-01"), (3, "2024-01-01"), (2, "2024-01-01")) == ([0, 2, 1], [1])
    assert order((1, "2023-01-01"), (2, None), (3, "2022-01-01")) == ([0, 1, 2], [2])
    assert order((1, "2023-01-01"), (2, "未"), (3, "2022-01-01")) == ([0, 1, 2], [2])


def test_the_rows_of_one_project_do_not_touch_another():
    rows = [("A", 1, 100), ("B", 1, 30), ("A", 2, 50), ("B", 2, 4)]
    facts = from_records(
        {
            "projects": [
                {"id": "A", "adjustments_complete": True},
                {"id": "B", "adjustments_complete": True},
            ],
            "adjustments": [
                {"project": p, "seq": s, "amount": a, "prior_approval": False} for p, s, a in rows
            ],
        }
    )
    bounds = adjusted_amount(facts, RULESET.terms())
    ids = facts.adjustments.project.values.tolist()
    assert sorted(zip(ids, bounds.high.tolist(), strict=True)) == [
        ("A", 100),
        ("A", 150),
        ("B", 30),
        ("B", 34),
    ]


def test_adjustments_that_are_not_listed_in_their_order_add_up_in_it():
    listed = [
        {"project": "A", "seq": 1, "on": "2024-06-01", "amount": 100, "prior_approval": False},
        {"project": "A", "seq": 2, "on": "2023-01-01", "amount": 30, "prior_approval": False},
    ]
    facts = from_records({"projects": [{"id": "A", "adjustments_complete": True}], "adjustments": listed})
    bounds = adjusted_amount(facts, RULESET.terms())
    assert [bounds.at(row) for row in range(2)] == [130, 30]
    each = adjusted_amount(facts, RULESET.terms(adjustment_accumulation="each"))
    assert [each.at(row) for row in range(2)] == [100, 30]
