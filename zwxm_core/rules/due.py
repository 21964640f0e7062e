"""When a clause speaks to a project, and since when what it asks for is due (到期)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zwxm_core.conditions import Condition, given, is_one_of
from zwxm_core.facts import Column

OPERATION, LINE_LEASE = "运维", "线路租赁"


def approved_as_project(f, p) -> Condition:
    """Filed, listed and approved as a project (立项审批). By convention operation and a lease of lines
    are not: articles 37 and 38 send them to the budget by a path of their own. The convention is read
    only where a project may be one of them.
    """
    elsewhere = {OPERATION: "第三十七条", LINE_LEASE: "第三十八条"}
    leaf = _not_among(f, "approved_as_project", "按项目申报审批", elsewhere, "，按口径另依{}办理")
    if leaf.yes.all() or p.operation_and_leases == "own_path":
        return leaf
    return replace(leaf, yes=leaf.yes | leaf.no, no=np.zeros(f.n, bool))


def not_a_line_lease(f) -> Condition:
    """There is a system or a work: not a mere lease of communication lines (线路租赁)."""
    elsewhere = {LINE_LEASE: "第八条第（二）项和第三十八条"}
    return _not_among(f, "not_a_line_lease", "不是线路租赁项目", elsewhere, "，租赁不形成系统，另依{}办理")


def _not_among(f, id: str, text: str, elsewhere: dict[str, str], why: str) -> Condition:
    leaf = is_one_of(id, text, f.action, *(a for a in f.action.categories if a not in elsewhere))
    told = leaf.says or str

    def says(row: int) -> str:
        if leaf.yes[row]:
            return ""
        return told(row) + (why.format(elsewhere[f.action.at(row)]) if leaf.no[row] else "")

    leaf.says = says
    return leaf


def not_so_far(column: Column, *earlier: Column) -> Column:
    """A day that nobody filled in is 未 where one that comes before it is known not to have come."""
    ahead = np.logical_or.reduce([day.known & np.isnat(day.values) for day in earlier]) & ~column.known
    if not ahead.any():
        return column
    return replace(
        column, values=np.where(ahead, np.datetime64("NaT", "D"), column.values), known=column.known | ahead
    )


def construction_start(f) -> Column:
    """建设开始日; 未 before the approval."""
    return not_so_far(f.construction_start, f.approved_on)


def trial_start(f) -> Column:
    """试运行开始日; 未 before the approval and the construction."""
    return not_so_far(f.trial_start, f.approved_on, f.construction_start)


def go_live(f) -> Column:
    """投入运行日; 未 before the approval, the construction and the trial."""
    return not_so_far(f.go_live, f.approved_on, f.construction_start, f.trial_start)


def now(p) -> np.datetime64:
    """The day of assessment; NaT (no day lies before it) where nobody said it."""
    return np.datetime64("NaT" if p.today is None else p.today, "D")


def come(p, *events: Column) -> np.ndarray:
    """Where one of the days is on record and has come; one that is planned (after the day of assessment) has not."""
    today = np.datetime64("9999-12-31" if p.today is None else p.today, "D")
    return np.logical_or.reduce([day.known & (day.values <= today) for day in events])  # NaT compares false


def happened(p, id: str, text: str, column: Column) -> Condition:
    """The day has come; one that has not (未, or planned) is false."""
    has = come(p, column)
    leaf = given(id, text, has, column.known & ~has)
    leaf.facts = (column,)
    leaf.says = column.said
    return leaf


def due_by(p, leaf: Condition, waits: str, late: str, *events: Column) -> Condition:
    """What is not there is a breach only from the first of the events on; until then it is to come (待补)
    and named as open.

    Parameters
    ----------
    waits, late : str
        What is said after the leaf's own sentence before and after the events.
    """
    due = come(p, *events)
    told, lacking = leaf.says or str, leaf.no
    coming = lacking & ~due

    def says(row: int) -> str:
        return told(row) + (waits if coming[row] else late if lacking[row] else "")

    facts = tuple(replace(c, known=c.known & ~coming) if isinstance(c, Column) else c for c in leaf.facts)
    return replace(leaf, no=lacking & due, facts=facts, says=says)
