"""Sharing a cost between city and counties (市县分摊), exact to the 分.

Each party bears its weight's part of the total, rounded down; the few 分 left over go where
the convention says. The parts of a pool always add up to its total.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zwxm_core.conditions import Cell
from zwxm_core.facts import Column

RULES_FOR_LEFTOVER = ("largest_remainder_then_order", "first_party", "city")


@dataclass(slots=True)
class Pool:
    """One pool (分摊项) of a project: the rows that share a total.

    ``total`` is in 分 and None where it is unknown or the rows disagree; an unknown weight or
    order is None.
    """

    rows: list[int]
    total: int | None
    weights: list[int | None]
    orders: list[int | None]
    city: list[bool | None]


def allocate(
    total: int,
    weights: Sequence[int],
    orders: Sequence[int | None],
    city: Sequence[bool | None],
    leftover: str,
) -> list[int] | None:
    """The part of each party, 分.

    Parameters
    ----------
    total : int
        What is to be shared, 分; not negative.
    weights : sequence of int
        Not negative, not all zero.
    orders : sequence of int or None
        The order among parties (次序); None where it is not said.
    city : sequence of bool or None
        Which party is the city; None where the party is not said.
    leftover : str
        Who gets the 分 left over: *largest_remainder_then_order* (one each to the largest
        remainders, a tie by order), *first_party* (the first in order), *city*.

    Returns
    -------
    list of int or None
        None where the convention needs an order, or a city, that the rows do not tell.

    Examples
    --------
    >>> allocate(100, [1, 1, 1], [1, 2, 3], [True, False, False], "largest_remainder_then_order")
    [34, 33, 33]
    >>> allocate(101, [5, 3, 3], [1, 2, 3], [False, False, True], "city")
    [45, 27, 29]
    >>> allocate(100, [1, 1, 1], [None, None, None], [True, False, False], "first_party") is None
    True
    """
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    left = total - sum(parts)
    if not left:
        return parts
    if leftover == "largest_remainder_then_order":
        takers = _largest([total * weight % whole for weight in weights], orders, left)
    else:
        takers = _first(orders) if leftover == "first_party" else _city(city)
        if len(takers) != 1:
            return None
        takers *= left
    for taker in takers or ():
        parts[taker] += 1
    return parts if takers else None


def _first(orders: Sequence[int | None]) -> list[int]:
    """The first in order; nobody where an order is missing, several where the first is shared."""
    if any(order is None for order in orders):
        return []
    return [i for i, order in enumerate(orders) if order == min(orders)]  # type: ignore[type-var]


def _city(city: Sequence[bool | None]) -> list[int]:
    """The city; nobody where a party is not said, several where several are called so."""
    return [] if None in city else [i for i, here in enumerate(city) if here]


def _largest(remainders: list[int], orders: Sequence[int | None], left: int) -> list[int]:
    """The `left` parties with the largest remainders; nobody where only an order could tell and none does."""
    ranked = sorted(remainders, reverse=True)
    line = ranked[left - 1]
    sure = [i for i, remainder in enumerate(remainders) if remainder > line]
    tied = [i for i, remainder in enumerate(remainders) if remainder == line]
    wanted = left - len(sure)
    if wanted == len(tied):
        return sure + tied
    places = [orders[i] for i in tied]
    if None in places:
        return []
    ordered = sorted(tied, key=lambda i: orders[i])  # type: ignore[arg-type,return-value]
    if orders[ordered[wanted - 1]] == orders[ordered[wanted]]:
        return []
    return sure + ordered[:wanted]


def pools(f, city_names: tuple[str, ...]) -> list[Pool]:
    """The pools of all projects. A row without its pool's name may belong to any, so that the
    project has none that is settled.
    """
    s = f.shares
    unnamed = np.isin(s.parent, s.parent[~s.pool.known])
    parent, name, total, weight, order, party = (
        s.parent.tolist(), s.pool.values, *(_or_none(c) for c in (s.pool_amount, s.weight, s.order, s.party)),
    )  # fmt: skip
    groups: dict[tuple[int, str], list[int]] = {}
    for row in np.flatnonzero(~unnamed).tolist():
        groups.setdefault((parent[row], name[row]), []).append(row)
    found = []
    for rows in groups.values():
        same = all(total[row] == total[rows[0]] for row in rows)
        city = [party[row] and party[row] in city_names for row in rows]
        weights, orders = [weight[row] for row in rows], [order[row] for row in rows]
        found.append(Pool(rows, total[rows[0]] if same else None, weights, orders, city))
    return found


def _or_none(column: Column) -> list:
    """The values of a column, None where unknown."""
    return np.where(column.known, column.values.astype(object), None).tolist()


def parts_of(pool: Pool, leftover: str) -> list[int] | None:
    """The parts of one pool, 分; None where a fact is missing or every weight is 0."""
    weights = [weight for weight in pool.weights if weight is not None]
    if pool.total is None or len(weights) < len(pool.weights) or not any(weights):
        return None
    return allocate(pool.total, weights, pool.orders, pool.city, leftover)


def missing_of(f, pool: Pool, leftover: str) -> list[Cell]:
    """The cells that keep the parts of a pool open."""
    s = f.shares
    cells: list[Cell] = [
        ("shares", row, name)
        for name in ("pool_amount", "weight")
        for row in pool.rows
        if not s.columns[name].known[row]
    ]
    if not cells and pool.total is None:
        cells = [("shares", row, "pool_amount") for row in pool.rows]
    if not cells and not sum(pool.weights):  # type: ignore[arg-type]
        cells = [("shares", row, "weight") for row in pool.rows]
    name = "party" if leftover == "city" else "order"
    return cells or [("shares", row, name) for row in pool.rows]
