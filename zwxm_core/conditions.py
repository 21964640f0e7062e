"""Conditions in three-valued logic (三值逻辑): true, false, or not known (待核).

A condition over many rows is two masks, ``yes`` and ``no``; where neither is set the
condition is unknown. Kleene's logic is then plain NumPy: *all* is true where every part
is, false where one part is; *any* the other way round; *not* swaps the masks. Beside the
masks a condition keeps its wording, its parts and the columns it read, so that the tree
that decided a million rows explains any single one of them.

Texts and explanations are made on demand for one row (`Condition.at`, `explain`,
`open_cells`) and never stored.

Examples
--------
>>> import numpy as np
>>> a = given("a", "甲", yes=np.array([1, 0, 0], bool), no=np.array([0, 1, 0], bool))
>>> b = given("b", "乙", yes=np.array([1, 1, 1], bool), no=np.array([0, 0, 0], bool))
>>> all_of("both", "两者都满足", a, b).states().tolist()
[1, 0, -1]
>>> any_of("either", "满足其一", a, b).states().tolist()
[1, 1, 1]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from zwxm_core.facts import Bounds, Column, Table, is_any, one_each, reach
from zwxm_core.money import percent_beside, percent_text, ratio_json, yuan_text

INT64 = 2**63 - 1

Cell = tuple[str, int | str | None, str]
"""Where a fact stands: sheet, row, field. The row is None for the project itself, the id of
another project, the row of a child table, or the name of a list's entry."""


@dataclass(slots=True)
class Condition:
    """One node of a tree of conditions over n rows.

    Attributes
    ----------
    id, op, text : str
        Name, operator (``all``, ``any``, ``not``, ``leaf``; ``row`` reads through to one
        row of a child table) and the wording as a proposition.
    yes, no : ndarray of bool, shape (n,)
        Never both; neither means unknown.
    parts : tuple of Condition
        What it is made of (empty for a leaf).
    facts : tuple of Column or Bounds
        The columns a leaf compares.
    says : callable or None
        Row -> one Chinese sentence with the figures of that row; a node that has one tells itself
        instead of its leaves.
    room : callable or None
        Row -> distance to the line, as the contract writes it (leaves with a threshold).
    rows : callable or None
        For a condition over the rows of a child table: row -> the child rows concerned.
        ``parts[0]`` is then the condition over those rows.
    row_name : callable or None
        For a condition over the rows of a list: child row -> what users call it.
    premise : bool
        For ``all``: the first part is the case the others speak of; where it is false, or is what
        leaves the whole open, it alone is told and asked for.
    missing : tuple of Cell
        What is missing besides facts (an undecided parameter of the rule set).
    """

    id: str
    op: str
    text: str
    yes: np.ndarray
    no: np.ndarray
    parts: tuple[Condition, ...] = ()
    facts: tuple[Column | Bounds, ...] = ()
    says: Callable[[int], str] | None = None
    room: Callable[[int], dict | None] | None = None
    rows: Callable[[int], list[int]] | None = None
    row_name: Callable[[int], str] | None = None
    premise: bool = False
    missing: tuple[Cell, ...] = ()

    def states(self) -> np.ndarray:
        """Kleene values as int8: 1 true, 0 false, -1 unknown; shape (n,)."""
        return self.yes.astype(np.int8) - ~(self.yes | self.no)

    def state(self, row: int) -> bool | None:
        """The Kleene value of one row: True, False or None (unknown)."""
        return True if self.yes[row] else False if self.no[row] else None

    def branches(self, row: int) -> list[tuple[Condition, int]]:
        """The parts with the row at which each is read."""
        if self.rows is None:
            return [(part, row) for part in self.parts]
        return [(self.parts[0], k) for k in self.rows(row)]

    def at(self, row: int, deciding: bool = False) -> dict:
        """The tree read at one row, as the contract writes it; `deciding`: the parts that decide."""
        if self.op == "row" and self.rows(row):
            return self.parts[0].at(self.rows(row)[0], deciding)
        node = {"id": self.id, "op": self.op, "text": self.text, "state": self.state(row)}
        if self.op != "leaf":
            node["op"] = "all" if self.op == "row" else self.op
            parts = self.deciding_branches(row) if deciding and self.parts else self.branches(row)
            node["parts"] = [part.at(k, deciding) for part, k in parts]
            return node
        node["facts"] = {c.name: c.at(row) for c in self.facts}
        evidence = {c.name: c.evidence[row]._asdict() for c in self.facts if _judged(c, row)}  # type: ignore[union-attr]
        if evidence:
            node["evidence"] = evidence
        if self.room is not None:
            node["room"] = self.room(row)
        return node

    def head(self, row: int) -> dict:
        """The node alone, where its parts decide nothing (the clause does not apply, or may not)."""
        if self.op == "leaf":
            return self.at(row)
        op = "all" if self.op == "row" else self.op
        return {"id": self.id, "op": op, "text": self.text, "state": self.state(row), "parts": []}

    def deciding_branches(self, row: int) -> list[tuple[Condition, int]]:
        """The parts that make the state of one row what it is, with their rows."""
        state, branches = self.state(row), self.branches(row)
        if self.premise and (first := branches[0][0].state(row)) is not True and first is state:
            return branches[:1]
        if self.op in ("not", "row"):
            return branches
        return [(part, k) for part, k in branches if part.state(k) is state]

    def deciding(self, row: int) -> Iterator[tuple[Condition, int]]:
        """The leaves that make the state of one row what it is, with their rows."""
        if self.op == "leaf":
            yield self, row
        for part, k in self.deciding_branches(row) if self.parts else ():
            yield from part.deciding(k)

    def sentences(self, row: int) -> list[str]:
        """The deciding leaves of one row as Chinese sentences, in order, none twice."""
        return list(dict.fromkeys(filter(None, self._told(row))))

    def _told(self, row: int) -> Iterator[str]:
        if self.op == "leaf" or self.says is not None:
            yield self.says(row) if self.says else self.text
            return
        branches = self.deciding_branches(row)
        several = self.row_name is not None and len(branches) > 1
        for part, k in branches:
            told = part.sentences(k)
            yield from ([f"{self.row_name(k)}：{'，'.join(told)}"] if several and told else told)

    def open_cells(self, row: int) -> list[Cell]:
        """The cells whose values would settle one undecided row; none if it is decided."""
        return list(dict.fromkeys(self._open(row)))

    def _open(self, row: int) -> Iterator[Cell]:
        if self.yes[row] or self.no[row]:
            return
        if self.op != "leaf":
            branches = self.branches(row)
            for part, k in branches[:1] if self.premise and not branches[0][0].yes[row] else branches:
                yield from part._open(k)
            yield from self.missing
            return
        yield from self.missing
        for column in self.facts:
            if isinstance(column, Bounds):
                yield from column.open_cells(row) if column.open_cells else ()
            elif not column.known[row]:
                yield column.sheet, None if column.sheet == "projects" else row, column.name
        if not self.missing and all(isinstance(c, Column) and c.known[row] for c in self.facts):
            # all is known and still open: what was not done is not due yet
            for c in self.facts:
                yield c.sheet, None if c.sheet == "projects" else row, c.name  # type: ignore[union-attr]


def _judged(column: Column | Bounds, row: int) -> bool:
    return isinstance(column, Column) and bool(column.evidence) and row in column.evidence


# Combining ------------------------------------------------------------------------------


def all_of(id: str, text: str, *parts: Condition, premise: bool = False) -> Condition:
    """True where every part is true, false where any part is false.

    With `premise`, the first part is the case the others speak of (see `Condition`).
    """
    yes, no = parts[0].yes, parts[0].no
    for part in parts[1:]:
        yes, no = yes & part.yes, no | part.no
    return Condition(id, "all", text, yes, no, parts, premise=premise)


def any_of(id: str, text: str, *parts: Condition) -> Condition:
    """True where any part is true, false where every part is false."""
    yes, no = parts[0].yes, parts[0].no
    for part in parts[1:]:
        yes, no = yes | part.yes, no & part.no
    return Condition(id, "any", text, yes, no, parts)


def not_(id: str, text: str, part: Condition) -> Condition:
    """True where the part is false."""
    return Condition(id, "not", text, part.no, part.yes, (part,))


def every(id: str, text: str, part: Condition, table: Table, n: int) -> Condition:
    """True where the part holds on every listed row of a project's child table.

    Parameters
    ----------
    part : Condition
        Over the rows of `table`.
    n : int
        Number of projects.
    """
    no = reach(part.no, table.parent, n)
    yes = ~no & ~reach(~part.yes, table.parent, n)
    return Condition(id, "all", text, yes, no, (part,), rows=_rows_of(table), row_name=_row_name(table))


def some(id: str, text: str, part: Condition, table: Table, n: int) -> Condition:
    """True where the part holds on some listed row of a project's child table."""
    yes = reach(part.yes, table.parent, n)
    no = ~yes & ~reach(~part.no, table.parent, n)
    return Condition(id, "any", text, yes, no, (part,), rows=_rows_of(table), row_name=_row_name(table))


def on_row(part: Condition, index: np.ndarray) -> Condition:
    """A condition over a child table, read at one of its rows for each project.

    Parameters
    ----------
    index : ndarray of int, shape (n,)
        The child row of each project; -1 where it has none (unknown there).
    """
    has = index >= 0
    same = one_each(index, len(part.yes))

    def pick(mask: np.ndarray) -> np.ndarray:
        if same:
            return mask
        return has & mask[index] if len(mask) else np.zeros(len(index), bool)

    return Condition(
        part.id, "row", part.text, pick(part.yes), pick(part.no), (part,),
        rows=lambda row: [int(index[row])] if has[row] else [],
    )  # fmt: skip


def _row_name(table: Table) -> Callable[[int], str]:
    return table.said


def _rows_of(table: Table) -> Callable[[int], list[int]]:
    def rows(row: int) -> list[int]:
        first, last = np.searchsorted(table.parent, [row, row + 1])
        return list(range(first, last))

    return rows


# Leaves ---------------------------------------------------------------------------------


def given(id: str, text: str, yes: np.ndarray, no: np.ndarray, missing: tuple[Cell, ...] = (), says=None):
    """A leaf whose masks are given."""
    return Condition(id, "leaf", text, yes, no, missing=missing, says=says)


def is_true(id: str, text: str, column: Column) -> Condition:
    """The fact is 是."""
    return _fact(id, text, column, column.known & column.values, column.known & ~column.values)


def is_false(id: str, text: str, column: Column) -> Condition:
    """The fact is 否."""
    return _fact(id, text, column, column.known & ~column.values, column.known & column.values)


def is_one_of(id: str, text: str, column: Column, *values: str) -> Condition:
    """The choice is one of `values`.

    Raises
    ------
    ValueError
        A value that is not in the field's list of choices.
    """
    match = is_any(column.values, map(column.categories.index, values))
    return _fact(id, text, column, column.known & match, column.known & ~match)


def _fact(id: str, text: str, column: Column, yes: np.ndarray, no: np.ndarray) -> Condition:
    return Condition(id, "leaf", text, yes, no, facts=(column,), says=lambda row: _fact_text(column, row))


def _fact_text(column: Column, row: int) -> str:
    typed = column.claimed is not None and column.claimed[row] and not column.known[row]
    return f"{column.label}：已填，认定人、依据、日期不全" if typed else column.said(row)


def at_least(id: str, text: str, column: Column, number: int, unit: str = "") -> Condition:
    """The count reaches `number`, told with its unit (家)."""
    if column.kind == "money":
        raise TypeError("at_least counts; an amount is compared by at_most or below")
    reached = column.values >= number
    return Condition(
        id, "leaf", text, column.known & reached, column.known & ~reached, facts=(column,),
        says=lambda row: f"{_fact_text(column, row)}{' ' + unit if unit and column.known[row] else ''}，要求不少于 {number} {unit}",
    )  # fmt: skip


def at_most(id: str, text: str, amount, limit, share: Fraction = Fraction(1)) -> Condition:
    """The amount does not exceed a share of the limit (both in 分), compared exactly.

    ``amount * den <= limit * num`` in integers: no division, no float. An amount known
    only between bounds is settled where its bounds settle it.

    Parameters
    ----------
    amount : Column or Bounds
    limit : Column, Bounds or int
        A money column, or a fixed amount in 分.
    share : Fraction
        The part of the limit that counts (15% is Fraction(3, 20)).
    """
    if isinstance(limit, int):
        limit = _constant(limit, len(amount.low))
    num, den = share.numerator, share.denominator
    yes, no = _compare(amount, limit, lambda a, b: times(a, den) <= times(b, num))
    facts = (amount,) if limit.name == "" else (amount, limit)
    return Condition(
        id, "leaf", text, yes, no, facts=facts,
        says=lambda row: _comparison_text(amount, limit, share, row, yes[row], no[row]),
        room=lambda row: _room(amount, limit, share, row),
    )  # fmt: skip


def below(id: str, text: str, amount, limit) -> Condition:
    """The amount is less than the limit (both in 分)."""
    yes, no = _compare(amount, limit, lambda a, b: a < b)
    return Condition(
        id, "leaf", text, yes, no, facts=(amount, limit),
        says=lambda row: _below_text(amount, limit, row, yes[row], no[row]),
        room=lambda row: _room(amount, limit, Fraction(1), row),
    )  # fmt: skip


def _compare(amount, limit, holds: Callable) -> tuple[np.ndarray, np.ndarray]:
    """Where the comparison surely holds and where it surely does not; `holds` falls as amounts grow."""
    if amount.low is amount.high and limit.low is limit.high:
        both, within = amount.low_known & limit.low_known, holds(amount.low, limit.low)
        return both & within, both & ~within
    yes = amount.high_known & limit.low_known & holds(amount.high, limit.low)
    no = amount.low_known & limit.high_known & ~holds(amount.low, limit.high)
    return yes, no


def times(values: np.ndarray, factor: int) -> np.ndarray:
    """Exact product of int64 amounts and an integer; Python integers where int64 would overflow.

    >>> times(np.array([3, 5]), 20).tolist()
    [60, 100]
    >>> times(np.array([10**18]), 100).tolist()
    [100000000000000000000]
    """
    if factor == 1 or not len(values):
        return values
    if max(int(values.max()), -int(values.min())) * abs(factor) > INT64:
        return values.astype(object) * factor
    return values * factor


def _constant(fen: int, n: int) -> Bounds:
    values, yes = np.broadcast_to(np.int64(fen), n), np.broadcast_to(True, n)
    return Bounds("", "", values, yes, values, yes)


def _amount_text(amount, row: int) -> str:
    value = amount.at(row)
    if value is not None:
        return f"{yuan_text(value)} 元"
    if isinstance(amount, Bounds) and amount.low_known[row]:
        return f"至少 {yuan_text(amount.low[row])} 元（未完全提供）"
    return "未提供"


def _named(amount, row: int) -> str:
    """An amount with its name before it: 批复总投资 1,000.00 元."""
    text = _amount_text(amount, row)
    space = " " if text[0] in "-0123456789" and not amount.label.endswith("）") else ""
    return f"{amount.label}{space}{text}"


def _comparison_text(amount, limit, share: Fraction, row: int, yes: bool, no: bool) -> str:
    text = _named(amount, row)
    verdict = "未超过" if yes else "超过" if no else "是否超过"
    open_ = "" if yes or no else "待核"
    if limit.name == "":
        return f"{text}，{verdict} {yuan_text(limit.low[row])} 元{open_}"
    total, value = limit.at(row), amount.at(row)
    if share == 1 or total is None:
        return f"{text}，{_named(limit, row)}，{verdict}{open_}"
    if value is not None and total:
        part = percent_beside(Fraction(value, total), share)
        text += f"，占{_named(limit, row)}的{'' if part.startswith('约') else ' '}{part}"
    line = f"{percent_text(share)}（{yuan_text(total * share.numerator // share.denominator)} 元）"
    return f"{text}，{verdict}{limit.label}的 {line}{open_}"


def _below_text(amount, limit, row: int, yes: bool, no: bool) -> str:
    text = f"{_named(amount, row)}，{_named(limit, row)}"
    return text + ("，前者较小" if yes else "，前者不小于后者" if no else "，孰小待核")


def _room(amount, limit, share: Fraction, row: int) -> dict | None:
    value, total = amount.at(row), limit.at(row)
    if value is None or total is None:
        return None
    line = total * share.numerator // share.denominator
    relative = limit.name != "" and total
    return {
        "amount": line - value,
        "ratio": ratio_json(Fraction(value, total)) if relative else None,
        "limit": ratio_json(share) if relative else {"amount": line},
    }
