"""32.1 What follows where a project was not accepted or failed (未进行验收或验收不合格)."""

from __future__ import annotations

import numpy as np

from zwxm_core import lifecycle
from zwxm_core.conditions import Condition, all_of, any_of, given, is_one_of
from zwxm_core.consequences.across import Targets, across
from zwxm_core.consequences.causes import (
    NO_DAY,
    Cause,
    Effect,
    Setting,
    asked,
    bounded,
    happened,
    places,
    stated,
)
from zwxm_core.consequences.targets import is_value, new_project, on_projects, own
from zwxm_core.rules.chapter4_acceptance import reviewed


def acceptance(s: Setting) -> list[Effect]:
    """32.1 Not accepted or failed (未进行验收或验收不合格): that project gets neither O&M money nor
    cloud resources; new projects of the unit are not approved, at once and in whatever year.
    """
    cause = acceptance_cause(s)
    project, unit, applies = on_projects(s, new_project)
    bar = across(s, "no_new_projects", cause, Targets(project, unit, applies))
    return [own(s, "no_om_funding", cause), own(s, "no_cloud_resources", cause), bar]


def acceptance_cause(s: Setting) -> Cause:
    """The acceptance failed, or is overdue (by the other reading: has not been made)."""
    f = s.f
    on, due = f.acceptance_on, f.acceptance_due
    day = np.where(on.known & ~np.isnat(on.values), on.values, NO_DAY)
    event = np.where(np.isnat(day) & due.known & ~np.isnat(due.values), due.values, day).astype("M8[D]")

    def core(p) -> Condition:
        return any_of("acceptance_default", "未进行验收或验收不合格", _failed(s), _unaccepted(s, p))

    condition = s.settled(lambda p: bounded(s, f, core(p), p, event))
    overdue = (due.values + np.timedelta64(1, "D")).astype("M8[D]")
    since = np.where(_failed(s).yes, day, np.where(due.known, overdue, NO_DAY)).astype("M8[D]")

    def because(row: int) -> list[dict]:
        clause = "31.3" if f.mode.at(row) == "购买服务" else "31.2"
        result = f.acceptance_result.at(row)
        name = "bureau_opinion" if result == "合格" else "acceptance_result" if result else "acceptance_on"
        return [{"project": str(f.ids[row]), "clause": clause, "field": name}]

    return Cause(
        np.arange(f.n), condition, core(s.p), lambda row: places(condition.open_cells(row), str(f.ids[row])),
        because, since, stated(f.acceptance_result, "不合格", "未进行") | stated(f.bureau_opinion, "不合格", "未出")
        | (happened(due, s.today - np.timedelta64(1, "D")) & ~_not_made(s).no),
    )  # fmt: skip


def _failed(s: Setting) -> Condition:
    """The acceptance failed; of a purchase also where the bureau's review says so. A purchase that
    the unit accepted and the bureau has not reviewed is neither accepted nor failed yet.
    """
    f = s.f
    result, opinion = f.acceptance_result, f.bureau_opinion
    bad = result.known & is_value(result, "不合格")
    passed = result.known & is_value(result, "合格")
    not_made = _not_made(s).yes
    by_unit = Condition(
        "failed", "leaf", "验收不合格", bad, (result.known & ~bad) | not_made, facts=(result,),
        says=lambda row: "尚未进行验收" if not_made[row] and not result.known[row] else result.said(row),
    )  # fmt: skip
    approved, refused = reviewed(f)
    by_bureau = given(
        "review_failed", "数字经济局审核不合格", refused, ~refused & (approved | ~passed),
        (("projects", None, "bureau_opinion"),), lambda row: opinion.said(row) if passed[row] or refused[row] else "",
    )  # fmt: skip
    bought = is_one_of("purchase_mode", "购买服务项目", f.mode, "购买服务")
    by_review = all_of("purchase_failed", "购买服务经审核不合格", bought, by_bureau, premise=True)
    return any_of("acceptance_failed", "验收不合格", by_unit, by_review)


def _not_made(s: Setting) -> Condition:
    """No acceptance has been made: said so, by the result or by its day (未), or the project is known
    not to have come so far.
    """
    f = s.f
    result, on = f.acceptance_result, f.acceptance_on
    held = happened(on, s.today)
    ahead = (s.units.high < lifecycle.STAGES.index("验收")) | (on.known & ~held)
    made = (result.known & ~is_value(result, "未进行")) | (~result.known & held & ~ahead)
    return Condition(
        "not_made", "leaf", "未进行验收", (result.known & is_value(result, "未进行")) | (~result.known & ahead), made,
        facts=(result,), says=lambda row: result.said(row) if result.known[row] else on.said(row),
    )  # fmt: skip


def _unaccepted(s: Setting, p) -> Condition:
    """Approved, not accepted and (by the default reading) past the day on which it was due."""
    f = s.f
    low, high = s.units.low, s.units.high
    stage = lifecycle.STAGES.index("批复")
    approved = Condition(
        "approved", "leaf", "已经批复", low >= stage, high < stage, facts=(f.approved_on,),
        says=lambda row: "" if low[row] >= stage else f.approved_on.said(row),
    )  # fmt: skip
    parts = [approved, _not_made(s)]
    if p.unaccepted_scope == "overdue_only":
        parts.append(_overdue(s))
    ended = happened(f.terminated_on, s.today)
    if ended.any():
        parts.append(
            asked(
                "unaccepted_if_terminated",
                "终止的项目也算",
                ended,
                p.unaccepted_if_terminated,
                "not_caught",
                "已批准终止",
            )
        )
    extended = (f.extension_applied.known & f.extension_applied.values) | (
        f.extension_granted.known & f.extension_granted.values
    )
    if extended.any():
        parts.append(
            asked(
                "unaccepted_if_extension_asked",
                "申请延期的项目也算",
                extended,
                p.unaccepted_if_extension_asked,
                "suspends",
                "已书面申请延期",
            )
        )
    return all_of("unaccepted", "未进行验收", *parts)


def _overdue(s: Setting) -> Condition:
    """Acceptance was due (应验收日, the day included); a day of 未 says that none has been set."""
    due = s.f.acceptance_due
    passed = happened(due, s.today - np.timedelta64(1, "D"))
    return Condition(
        "overdue", "leaf", "已过应验收日", passed, due.known & ~passed, facts=(due,),
        says=lambda row: due.said(row) + (
            "，已过" if passed[row] else "，是否已过待核" if not due.known[row] else "" if np.isnat(due.values[row]) else "，未到"
        ),
    )  # fmt: skip
