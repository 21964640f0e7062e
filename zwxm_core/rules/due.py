"""When a clause speaks to a project, and since when what it asks for is due (到期)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zwxm_core.conditions import Condition, is_one_of
from zwxm_core.facts import Column

OPERATION, LINE_LEASE = "运维", "线路租赁"


def approved_as_project(f) -> Condition:
    """Filed, listed and approved as a project (立项审批): not operation nor a lease of lines, which
    articles 37 and 38 send to the budget by a path of their own.
    """
    return _not_among(
        f, "approved_as_project", "按项目申报审批", {OPERATION: "第三十七条", LINE_LEASE: "第三十八条"}
    )


def not_a_line_lease(f) -> Condition:
    """There is a system or a work: not a mere lease of communication lines (线路租赁)."""
    return _not_among(f, "not_a_line_lease", "不是线路租赁项目", {LINE_LEASE: "第八条第（二）项和第三十八条"})


def _not_among(f, id: str, text: str, elsewhere: dict[str, str]) -> Condition:
    leaf = is_one_of(id, text, f.action, *(a for a in f.action.categories if a not in elsewhere))
    told = leaf.says or str

    def says(row: int) -> str:
        if leaf.yes[row]:
            return ""
        return told(row) + (
            f"，另按{elsewhere[f.action.at(row)]}办理，属本产品的理解" if leaf.no[row] else ""
        )

    leaf.says = says
    return leaf


def come(*events: Column) -> np.ndarray:
    """Where one of the days is on record."""
    return np.logical_or.reduce([day.known & ~np.isnat(day.values) for day in events])


def due_by(leaf: Condition, waits: str, late: str, *events: Column) -> Condition:
    """What is not there is a breach only from the first of the events on; until then it is to come (待补)
    and named as open.

    Parameters
    ----------
    waits, late : str
        What is said after the leaf's own sentence before and after the events.
    """
    due = come(*events)
    told, lacking = leaf.says or str, leaf.no
    coming = lacking & ~due

    def says(row: int) -> str:
        return told(row) + (waits if coming[row] else late if lacking[row] else "")

    facts = tuple(replace(c, known=c.known & ~coming) if isinstance(c, Column) else c for c in leaf.facts)
    return replace(leaf, no=lacking & due, facts=facts, says=says)
