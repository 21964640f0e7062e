"""Sharing costs between city and counties (市县分摊), exact to the 分.

Each party bears its weight's part of the total, rounded down; the few 分 left over go where
the convention says. The parts of a pool always add up to its total. All pools are shared at
once, in integers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zwxm_core.conditions import INT64, Cell

RULES_FOR_LEFTOVER = ("largest_remainder_then_order", "first_party", "city")
UNSAID = np.iinfo(np.int64).max
"""An order (次序) that is not said."""


@dataclass(slots=True)
class Pools:
    """The rows of the sheet of weights with the pool (分摊项) each belongs to; shape (m,) throughout.

    ``group`` numbers the pools of all projects; ``total`` is in 分, the same in all rows of a
    pool; ``order`` is `UNSAID` where it is not said; ``city`` is 1 for the city, 0 for another
    party, -1 where the party is not said.
    """

    group: np.ndarray
    total: np.ndarray
    weight: np.ndarray
    order: np.ndarray
    city: np.ndarray


def share_out(pools: Pools, rules: tuple[str, ...]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The part of each row (分), and whether it is settled, by each rule for the leftover 分.

    Parameters
    ----------
    pools : Pools
        Totals and weights not negative, no pool without a weight above 0.
    rules : tuple of str
        Who gets the 分 left over: *largest_remainder_then_order* (one each to the largest
        remainders, a tie by order), *first_party* (the first in order), *city*.

    Returns
    -------
    dict of str to (ndarray of int64, ndarray of bool)
        Not settled where the rule needs an order, or a city, that the rows do not tell.

    Examples
    --------
    >>> one = Pools(np.zeros(3, int), np.full(3, 101), np.array([5, 3, 3]), np.array([1, 2, 3]), np.array([0, 0, 1]))
    >>> {rule: parts.tolist() for rule, (parts, _) in share_out(one, RULES_FOR_LEFTOVER).items()}
    {'largest_remainder_then_order': [46, 28, 27], 'first_party': [47, 27, 27], 'city': [45, 27, 29]}
    """
    down, remainder = _rounded_down(pools)
    left = pools.total - _sum(down, pools.group)[pools.group]
    shared = {}
    for rule in rules:
        extra, settled = _leftover(pools, rule, remainder, left)
        shared[rule] = (down + extra, settled | (left == 0))
    return shared


def _leftover(
    pools: Pools, rule: str, remainder: np.ndarray, left: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What each row gets of the 分 left over, and whether that is settled."""
    group = pools.group
    if rule == "largest_remainder_then_order":
        return _to_largest(pools, remainder, left)
    if rule == "city":
        taker, said = pools.city == 1, pools.city >= 0
    else:
        first = np.full(group.max() + 1, UNSAID)
        np.minimum.at(first, group, pools.order)
        said = pools.order != UNSAID
        taker = said & (pools.order == first[group])
    settled = (_sum(taker, group)[group] == 1) & (_sum(~said, group)[group] == 0)
    return np.where(taker, left, 0), settled


def _rounded_down(pools: Pools) -> tuple[np.ndarray, np.ndarray]:
    """``total * weight`` divided by the pool's weights, rounded down; and a number that ranks
    the remainders. Python integers where int64 would overflow.
    """
    weight, whole = pools.weight, _sum(pools.weight, pools.group)[pools.group]
    times, rest = np.divmod(pools.total, whole)
    if int(whole.max()) * int(weight.max()) > INT64:
        rest, whole = rest.astype(object), whole.astype(object)
    more, remainder = rest * weight // whole, rest * weight % whole
    if remainder.dtype == object:
        remainder = np.unique(remainder, return_inverse=True)[1]
    return times * weight + more.astype(np.int64), remainder


def _to_largest(pools: Pools, remainder: np.ndarray, left: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One 分 each to the `left` largest remainders of a pool. A tie that the 分 do not go round is
    settled where all orders in it are said and the last to get one differs from the next.
    """
    group, order = pools.group, pools.order
    ranked = np.lexsort((order, -remainder, group))
    count = _sum(np.ones_like(group), group)
    place = np.empty(len(group), np.int64)
    place[ranked] = np.arange(len(group)) - (np.cumsum(count) - count)[group[ranked]]
    line, behind = np.full(len(count), -1), np.full(len(count), -1)
    last, following = np.zeros_like(line), np.zeros_like(line)
    at, after = place == left - 1, (place == left) & (left > 0)
    line[group[at]], last[group[at]] = remainder[at], order[at]
    behind[group[after]], following[group[after]] = remainder[after], order[after]
    tied = remainder == line[group]
    unsaid = _sum(tied & (order == UNSAID), group) > 0
    settled = (line != behind) | (~unsaid & (last != following))
    return (place < left).astype(np.int64), settled[group]


def _sum(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Exact sum of the rows of each pool."""
    sums = np.zeros(group.max() + 1, np.int64)
    np.add.at(sums, group, values)
    return sums


def grouped(f) -> np.ndarray:
    """The number of the pool of each row; -1 where a row of the project does not name its pool, so
    that it may belong to any. Shape (m,).
    """
    s = f.shares
    codes: dict[str, int] = {}
    named = np.fromiter((codes.setdefault(name, len(codes)) for name in s.pool.values), np.int64, s.n)
    group = np.unique(s.parent * max(len(codes), 1) + named, return_inverse=True)[1]
    blank = np.zeros(f.n, bool)
    blank[s.parent[~s.pool.known]] = True
    return np.where(blank[s.parent], -1, group)


def complete_pools(f, group: np.ndarray, city_names: tuple[str, ...]) -> tuple[np.ndarray, Pools]:
    """The rows whose pool has one total and all its weights, not all 0; and those pools."""
    s = f.shares
    rows = np.flatnonzero(group >= 0)
    group, total, weight = group[rows], s.pool_amount.take(rows), s.weight.take(rows)
    if not len(rows):
        return rows, Pools(*[np.zeros(0, np.int64)] * 5)
    first = np.zeros(group.max() + 1, np.int64)
    first[group[::-1]] = total.values[::-1]
    lacking = ~total.known | ~weight.known | (total.values != first[group])
    weighed = np.where(weight.known, weight.values, 0)
    able = ((_sum(lacking, group) == 0) & (_sum(weighed, group) > 0))[group]
    rows, group = rows[able], np.unique(group[able], return_inverse=True)[1]
    order, party = s.order.take(rows), s.party.take(rows)
    city = np.fromiter((name in city_names for name in party.values), np.int8, len(rows))
    return rows, Pools(
        group, total.values[able], weighed[able],
        np.where(order.known, order.values, UNSAID), np.where(party.known, city, np.int8(-1)),
    )  # fmt: skip


def missing_of(f, rows: np.ndarray, leftover: str) -> list[Cell]:
    """The cells that keep the parts of one pool (its rows) open."""
    s = f.shares
    listed = rows.tolist()
    cells: list[Cell] = [
        ("shares", row, name)
        for name in ("pool_amount", "weight")
        for row in listed
        if not s.columns[name].known[row]
    ]
    if cells:
        return cells
    if len(set(s.pool_amount.values[rows].tolist())) > 1:
        name = "pool_amount"
    elif not s.weight.values[rows].any():
        name = "weight"
    else:
        name = "party" if leftover == "city" else "order"
    return [("shares", row, name) for row in listed]
