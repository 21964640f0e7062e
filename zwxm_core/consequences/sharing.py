"""33.2 What follows where data were not shared as required, or collected twice (未按要求共享、重复采集)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zwxm_core.conditions import Condition, all_of, any_of, is_false, is_true, not_
from zwxm_core.consequences.across import Targets, across, bearing
from zwxm_core.consequences.causes import (
    NO_DAY,
    Cause,
    Effect,
    Joined,
    Setting,
    asked,
    bounded,
    happened,
    joined,
    places,
    stated,
    year_bounds,
)  # fmt: skip
from zwxm_core.consequences.targets import begun, new_project, new_system, on_projects, own, parents
from zwxm_core.facts import Column, Rows
from zwxm_core.rules.sheet_rows import on_file


def sharing(s: Setting) -> list[Effect]:
    """33.2 Not shared as required, or collected twice (未按要求共享、重复采集): in the next year only,
    other systems of the unit are not approved, and that project gets neither O&M money nor more
    cloud resources; what it has, it keeps. The text knows no cure.
    """
    f = s.f
    sheet = joined(f, "sharing", SHARING, SHARING_SHORT)
    cause = sharing_cause(s, sheet)
    project, unit, applies = on_projects(s, new_project)
    n, entries = f.n, _unit_years(s, sheet)
    unit = np.concatenate([unit[:n], entries[:, 0]])
    asked_year = np.where(f.approval_year.known, f.approval_year.values, 0)
    year = np.concatenate([asked_year, entries[:, 1]])
    project = np.concatenate([project[:n], np.full(len(entries), -1)])
    at = np.concatenate([np.arange(n), n + entries[:, 0]])
    applies = replace(applies, yes=applies.yes[at], no=applies.no[at])
    caught = s.settled(lambda p: new_system(s, p))
    targets = Targets(project, unit, applies, year, "approval_year", caught, _others(s))
    bar = across(s, "no_new_systems", cause, targets)
    return [own(s, "no_om_funding", cause), own(s, "no_additional_cloud", cause), bar]


SHARING = ("shared_as_required", "duplicate_collection", "breach_year", "finding_year", "corrected_on", "barred_by_law", "group_approved")  # fmt: skip
SHARING_SHORT = {
    "shared_as_required": "shared_as_required",
    "duplicate_collection": "duplicate_collection",
    "finding_year": "sharing_finding_year",
}
"""Fields of the sheet 共享 that are read, and those of 项目 that say the same in short."""


def sharing_cause(s: Setting, sheet: Joined) -> Cause:
    """A breach found in a year (认定年度), or done in a year (行为年度) by the other reading."""
    f, t = s.f, sheet.table
    rows = Rows(f, t)
    base = _base_year(s, t)
    first, last = year_bounds(t.finding_year, s.today)
    dated = Condition(
        "base_year", "leaf", "年度已知", base.known, np.zeros(t.n, bool), facts=(base,),
        says=lambda row: base.said(row) + (f"，次年度 {base.values[row] + 1}" if base.known[row] else ""),
    )  # fmt: skip
    corrected = happened(t.corrected_on, s.today) & base.known
    corrected &= t.corrected_on.values.astype("M8[Y]").astype(np.int64) + 1970 <= base.values

    def core(p) -> Condition:
        breach = _breach(t, p)
        parts = [breach, begun(s, breach, sheet.parent), dated]
        if corrected.any():
            parts.append(
                asked(
                    "cure_within_year", "未在年内改正", corrected, p.cure_within_year, "lifts", "已在年内改正"
                )
            )
        return all_of("sharing_default", "未按要求共享或重复采集", *parts)

    condition = s.settled(lambda p: bounded(s, rows, core(p), p, first, last), sheet.parent)
    year = np.where(base.known, base.values + 1, 0)
    begins = np.full(t.n, NO_DAY)
    begins[base.known] = (year[base.known] - 1970).astype("M8[Y]").astype("M8[D]")

    def because(row: int) -> list[dict]:
        project = str(f.ids[sheet.parent[row]])
        fields = {"shared_as_required": "11.1", "duplicate_collection": "33.2"}
        read = [c.name for leaf, _ in condition.deciding(row) for c in leaf.facts if c.name in fields]
        return [{"project": project, "clause": fields[name], "field": name} for name in dict.fromkeys(read)]

    return Cause(
        sheet.parent, condition, core(s.p),
        lambda row: places(condition.open_cells(row), str(f.ids[sheet.parent[row]]), sheet),
        because, begins, stated(t.shared_as_required, False) | stated(t.duplicate_collection, True), year,
    )  # fmt: skip


def _breach(t, p) -> Condition:
    """Not shared as required, which a statute or, by convention, approval by the leading group (12.2)
    excuses; or collected twice, which nothing does. Without ``p``: by whichever reading finds more.
    """
    approved = on_file("group_approved", "领导小组审核批准不共享", t.group_approved)
    if not approved.no.all() and (p is None or p.approved_bar == "still_owed"):
        approved.yes, approved.no = np.zeros(t.n, bool), np.ones(t.n, bool)
    excused = any_of(
        "excused", "不共享经批准或有法律法规依据", approved,
        on_file("barred_by_law", "法律法规明确规定不得共享", t.barred_by_law),
    )  # fmt: skip
    unshared = all_of(
        "unshared", "未按要求共享", is_false("not_shared", "未按要求共享", t.shared_as_required),
        not_("not_excused", "没有批准或法律法规依据", excused),
    )  # fmt: skip
    return any_of(
        "breach", "未按要求共享或重复采集", unshared, is_true("duplicate", "重复采集", t.duplicate_collection)
    )


def _base_year(s: Setting, t) -> Column:
    """The year from which the next one is counted: found, or done; the other where that is not told."""
    found, done = t.finding_year, t.breach_year
    if s.p.next_year_from == "finding":
        return found
    if s.base is None:
        return done
    return replace(found, values=np.where(done.known, done.values, found.values))


def _unit_years(s: Setting, sheet: Joined) -> np.ndarray:
    """Units and the years in which one of their projects may bar them, by either reading of the next
    year and of an approval by the leading group, so that readings stand side by side; year 0 for a unit without any. Shape (m, 2).
    """
    t = sheet.table
    b = bearing(s, sheet.parent, ~_breach(t, None).no)
    found = {
        (int(unit), int(column.values[case]) + 1)
        for column in (t.finding_year, t.breach_year)
        for unit, case in zip(b.unit.tolist(), b.case.tolist(), strict=True)
        if column.known[case]
    }
    dated = {unit for unit, _ in found}
    found |= {(unit, 0) for unit in range(s.units.n) if unit not in dated}
    return np.array(sorted(found), np.int64).reshape(-1, 2)


def _others(s: Setting) -> np.ndarray:
    """Which projects are one to the word 其他: each its own or, by the other reading, all of one
    system (with the projects it hangs on); there a project whose 原项目 is not known is its own.
    """
    n = s.f.n
    if s.p.other_systems == "other_projects":
        return np.arange(n)
    above = parents(s.f)
    root = np.arange(n)
    for row in range(n):
        seen, at = {row}, row
        while above[at] >= 0 and above[at] not in seen:
            at = int(above[at])
            seen.add(at)
        root[row] = min(seen) if above[at] >= 0 else at
    if s.able is not None:
        root = np.where(s.able | (above < 0), root, np.arange(n))
    return root
