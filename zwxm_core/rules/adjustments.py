"""The adjustments of a project (调整) in their order, and the amount 29.1 measures.

An adjustment approved under article 28 is a new approval: what follows starts anew.
An approval counts only where it is known (事先审批：是); where that is blank for an earlier
adjustment, the amount has a lower bound (as if approved) and an upper one (as if not),
and only what both agree on is decided.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from zwxm_core.conditions import Cell, Condition, given
from zwxm_core.facts import Bounds, Column, counting, one_each, reach
from zwxm_core.money import yuan_text


def in_order(f) -> np.ndarray:
    """Row indices of the adjustments, project by project, from the earliest to the latest.

    By date where all dates of a project are known, else by 序号, else as listed.
    """
    return f.once(_sorted)


def _sorted(f) -> np.ndarray:
    a = f.adjustments
    if _in_turn(f):
        return counting(a.n)
    position = np.arange(a.n)
    dated = a.on.known & ~np.isnat(a.on.values)
    by_date, by_seq = (~reach(~ok, a.parent, f.n)[a.parent] for ok in (dated, a.seq.known))
    day = a.on.values.astype("datetime64[D]").astype(np.int64)
    seq = np.where(by_seq, a.seq.values, position)
    key, order = np.where(by_date, day, seq), np.arange(a.n)
    turned = (key[1:] < key[:-1]) | ((key[1:] == key[:-1]) & (seq[1:] < seq[:-1]))
    turned &= a.parent[1:] == a.parent[:-1]
    rows = np.flatnonzero(reach(turned, a.parent[1:], f.n)[a.parent])  # of projects not listed in their order
    order[rows] = rows[np.lexsort((seq[rows], key[rows], a.parent[rows]))]  # stable: else as listed
    return order


def latest(f) -> np.ndarray:
    """Row of the latest adjustment of each project; -1 where none is listed. Shape (n,)."""
    return f.once(_last)


def _last(f) -> np.ndarray:
    index = np.full(f.n, -1, np.int64)
    order = in_order(f)
    index[f.adjustments.parent[order]] = order
    return index


def latest_date(f) -> Column:
    """The event of articles 28–29: the latest adjustment (调整日期); 未 where there is none."""
    on, index = f.adjustments.on, latest(f)
    if one_each(index, len(on)):
        return replace(on, known=on.known & ~np.isnat(on.values))
    has = index >= 0
    values = np.full(f.n, "NaT", "datetime64[D]")
    known = ~has
    if on.values.size:
        values[has] = on.values[index[has]]
        known = known | (has & on.known[index] & ~np.isnat(values))
    return Column("on", on.label, "adjustments", "date", values, known)


def listed(f) -> Condition:
    """There is an adjustment: rows are proof; none is proven only where the list is complete, or where
    there is no approval yet that could be departed from.
    """
    has = np.zeros(f.n, bool)
    has[f.adjustments.parent] = True
    complete, approved = f.adjustments_complete, f.approved_on
    ahead = ~has & approved.known & np.isnat(approved.values)
    no = ahead | (~has & complete.known & complete.values)
    parent = f.adjustments.parent

    def says(row: int) -> str:
        first, last = np.searchsorted(parent, [row, row + 1])
        return (
            f"调整 {last - first} 次"
            if has[row]
            else "尚未批复，没有可以调整的批复"
            if ahead[row]
            else "没有调整（调整清单完整）"
            if no[row]
            else "有无调整未提供（调整清单是否完整未说明）"
        )

    return given("adjusted", "项目有调整", has, no, (("projects", None, "adjustments_complete"),), says)


def more_unlisted(f) -> Condition:
    """Adjustments beyond the listed ones: never known to be, known not to be in a complete list."""
    complete, some_listed = f.adjustments_complete, np.zeros(f.n, bool)
    some_listed[f.adjustments.parent] = True
    no = complete.known & complete.values

    def says(row: int) -> str:
        if no[row]:
            return "调整清单完整" if some_listed[row] else ""  # `listed` says it of an empty list
        return "调整清单不完整" if complete.known[row] else "调整清单是否完整未说明"

    return given(
        "unlisted", "清单之外还有调整", np.zeros(f.n, bool), no, (("projects", None, "adjustments_complete"),), says
    )  # fmt: skip


def adjusted_amount(f, p) -> Bounds:
    """The amount each adjustment brings the project to (累计调整额), 分, one entry a row.

    By the conventions on accumulation, sign and transfers. Where an amount is blank, the
    list may be incomplete or an earlier approval is not known, only bounds are known.
    """
    a = f.adjustments
    order = slice(None) if _in_turn(f) else in_order(f)
    parent, amount = a.parent[order], np.where(a.amount.known, a.amount.values, 0)[order]
    known = a.amount.known[order]
    least, most = _sizes(a, order, amount, p)
    if p.adjustment_accumulation == "each":
        return _bounds(order, least, known, most, known, lambda row: _own_cells(a, row, p))

    complete = (f.adjustments_complete.known & f.adjustments_complete.values)[parent]
    if _in_turn(f) and p.adjustment_sign == "absolute":  # each stands alone
        cells = _open_cells(f, counting(a.n), counting(a.n), p)
        return _bounds(order, least, np.ones(a.n, bool), most, complete & known, cells)
    approval = a.prior_approval
    certain = (approval.known & approval.values)[order]
    possible = (~approval.known | approval.values)[order]
    coarse, fine = _starts(parent, certain), _starts(parent, possible)
    high, high_known = _since(most, coarse), complete & (_since(~known, coarse) == 0)
    if p.adjustment_sign == "net":
        exact = (coarse == fine) & high_known & (_since(most - least, coarse) == 0)
        net = np.abs(_since(amount, coarse))
        low, high = np.where(exact, net, 0), np.where(exact, net, high)
    else:
        low = _since(least, fine)
    cells = _open_cells(f, np.arange(a.n)[order], coarse, p)
    return _bounds(order, low, np.ones(a.n, bool), high, high_known, cells)


def addends(f, p) -> Callable[[int], str]:
    """What an adjustment's amount adds up (累计), as text for its row: each 序号 with its amount, and
    which of them were not approved beforehand; nothing where it stands alone.
    """
    a = f.adjustments
    if p.adjustment_accumulation == "each" or _in_turn(f):
        return lambda row: ""

    @cache
    def stretches() -> tuple[np.ndarray, np.ndarray]:
        order, approval = in_order(f), a.prior_approval
        return order, _starts(a.parent[order], (approval.known & approval.values)[order])

    def told(row: int) -> str:
        order, start = stretches()
        at = int(np.flatnonzero(order == row)[0])
        rows = order[start[at] : at + 1].tolist()
        if len(rows) == 1:
            return ""
        net, approval = p.adjustment_sign == "net", a.prior_approval
        parts = "、".join(f"{a.said(k)}：{_addend(a, k, net)}" for k in rows)
        notes = [("未经事先审批", [k for k in rows if approval.known[k] and not approval.values[k]]),
                 ("事先审批未说明", [k for k in rows if not approval.known[k]])]  # fmt: skip
        listed = "".join(f"；{word}：序号 {'、'.join(map(a.key, ks))}" for word, ks in notes if ks)
        twice = "，模块间划转按两次计" if p.transfer_counting != "once" else ""
        return f"（{parts}，{'增减相抵' if net else '按绝对额'}累计{twice}{listed}）"

    return told


def _addend(a, row: int, net: bool) -> str:
    if not a.amount.known[row]:
        return "金额未提供"
    value = int(a.amount.values[row])
    return f"{yuan_text(value if net else abs(value))} 元"


def _in_turn(f) -> bool:
    """No project has more than one adjustment: nothing to order, nothing to add up."""
    return f.once(_one_at_most)


def _one_at_most(f) -> bool:
    a = f.adjustments
    return a.n < 2 or bool((a.parent[1:] > a.parent[:-1]).all())


def _sizes(a, order, amount, p) -> tuple[np.ndarray, np.ndarray]:
    size = np.abs(amount)
    if p.transfer_counting == "once":
        return size, size
    transfer = a.transfer
    twice = (transfer.known & transfer.values)[order]
    maybe = (~transfer.known | transfer.values)[order]
    return np.where(twice, 2 * size, size), np.where(maybe, 2 * size, size)


def _starts(parent: np.ndarray, approved: np.ndarray) -> np.ndarray:
    """First row of the stretch each row belongs to: after the last approval before it."""
    n = len(parent)
    first = np.ones(n, bool)
    first[1:] = (parent[1:] != parent[:-1]) | approved[:-1]
    if first.all():
        return np.arange(n)
    return np.maximum.accumulate(np.where(first, np.arange(n), 0))


def _since(values: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Sum of the values from each row's start to the row itself."""
    if one_each(start, len(values)):
        return values
    sums = np.concatenate(([0], np.cumsum(values, dtype=np.int64)))
    return sums[1:] - sums[start]


def _bounds(order, low, low_known, high, high_known, cells) -> Bounds:
    """Bounds in the order of the sheet again."""
    back = order
    if not isinstance(order, slice):
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
    return Bounds(
        "adjusted_amount", "累计调整额", low[back], low_known[back], high[back], high_known[back], cells
    )


def _own_cells(a, row: int, p) -> list[Cell]:
    cells: list[Cell] = [] if a.amount.known[row] else [("adjustments", row, "amount")]
    if p.transfer_counting == "twice" and not a.transfer.known[row]:
        cells.append(("adjustments", row, "transfer"))
    return cells


def _open_cells(f, order, coarse, p):
    a = f.adjustments

    def cells(row: int) -> list[Cell]:
        at = int(np.flatnonzero(order == row)[0])
        stretch = order[coarse[at] : at + 1].tolist()
        found = [cell for k in stretch for cell in _own_cells(a, k, p)]
        found += [("adjustments", k, "prior_approval") for k in stretch[:-1] if not a.prior_approval.known[k]]
        complete = f.adjustments_complete
        project = a.parent[row]
        if not (complete.known[project] and complete.values[project]):
            found.append(("projects", None, "adjustments_complete"))
        return found

    return cells
