"""The calendar clauses of filing, acceptance and first O&M (第15、31、37条), in the law's order.

One function a clause: of facts, terms and the day of assessment, it gives the duties.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from zwxm_core.conditions import Condition, all_of, is_one_of, is_true
from zwxm_core.facts import Column
from zwxm_core.obligations.duties import (
    AHEAD,
    DAY,
    DONE,
    EARLY,
    EXTENDED,
    NEVER,
    OPEN,
    OVERDUE,
    RUNNING,
    UNDONE,
    Ask,
    Duty,
    act_of_rows,
    all_told,
    always,
    ask_act,
    day_to_judge,
    each_project,
    first_of,
    first_row,
    happened,
    is_year,
    last_of,
    late_act,
    late_where,
    standing,
    where_days,
    with_short_form,
    year_of,
)  # fmt: skip
from zwxm_core.periods import months_after_days

BUREAU, FINANCE = "市数字经济局", "市财政局"
OFFICE = "领导小组办公室（市数字经济局）"

# 第十五条 --------------------------------------------------------------------------------


def demand_filing(f, p, as_of: date) -> list[Duty]:
    """15.1 Next year's demand (次年度需求) is filed within the year before it.

    The text sets no last day; without the one of the year's notice nothing is late, and
    what was not filed within its year stays 待核.
    """
    filed, listed = f.demand_filed_on, f.annual_list_year
    deadlines = dict(p.filing_deadline or ())
    coming = as_of.year + (as_of > deadlines.get(as_of.year, date.max))
    acted, on_list = happened(filed, as_of), is_year(listed)
    year = np.where(on_list, listed.values - 1, np.where(acted, year_of(filed.values), coming))
    told = on_list | filed.known
    opens = where_days(told, first_of(year))
    due = where_days(told, np.array([deadlines.get(y, NEVER) for y in year.tolist()], "M8[D]"))
    status = standing(as_of, replace(filed, known=told, values=opens), opens, due, filed)
    outside = np.where(acted, filed.values, np.datetime64(as_of)) > last_of(year)
    undated = told & filed.known & np.isnat(due) & outside
    status[undated] = OPEN
    return [Duty(
        each_project(f), "填报次年度需求并提交申报材料", (BUREAU,), always(f.n), opens, due, status,
        day_to_judge(f.approved_on, as_of), asks=(Ask(filed, ~filed.known), Ask("filing_deadline", undated)),
        period=[str(y + 1) if t else None for y, t in zip(year.tolist(), told.tolist(), strict=True)],
        **late_act(filed, due, as_of),
    )]  # fmt: skip


# 第三十一条 ------------------------------------------------------------------------------


def acceptance(f, p, as_of: date) -> list[Duty]:
    """31.1 Acceptance (验收) is organised after all content is complete and the trial has run
    normally for its months; how it went is filed (报备).

    The text sets the earliest day only. The filing has no date: 未履行 where known not done.
    """
    organised = _organised(f, p, as_of)
    return [organised, _filed(f, as_of, organised.status == AHEAD)]


def acceptance_in_time(f, p, as_of: date) -> list[Duty]:
    """31.2 A construction project applies for acceptance by the day its approval or contract
    sets (按期), or asks in writing for an extension (延期).
    """
    due_on, accepted = _due_on(f, p), accepted_on(f)
    asked, granted = f.extension_applied, f.extension_granted
    none, due = np.full(f.n, NEVER), where_days(due_on.known, due_on.values)
    status = standing(as_of, due_on, none, due, accepted)
    status[(status == RUNNING) & (_organised(f, p, as_of).status == AHEAD)] = AHEAD
    over, acted = status == OVERDUE, happened(accepted, as_of)
    status[over & ~asked.known] = OPEN
    status[over & asked.known & asked.values] = EXTENDED
    status[over & acted & granted.known & granted.values] = DONE
    has_due = Condition(
        "has_due", "leaf", "定有应验收日", ~np.isnat(due), due_on.known & np.isnat(due), facts=(due_on,)
    )
    applies = all_of("due_set", "定有应验收日的自行建设项目", _construction(f), has_due)
    return [Duty(
        each_project(f), "按期申请验收（期限出自批复或合同）", (BUREAU,), applies, none, due, status, _judged_on(f, as_of),
        asks=(Ask(accepted, ~accepted.known), Ask(asked, over & ~asked.known)),
        **late_where(acted & (status == OVERDUE)),
    )]  # fmt: skip


def trial_ends(f, p) -> Column:
    """The day on which the months of the trial are full (试运行满三个月之日)."""
    ends = months_after_days(f.trial_start.values, p.trial_months)
    return replace(f.trial_start, name="trial_ends", label="试运行满三个月之日", sheet="derived", values=ends)


def accepted_on(f) -> Column:
    """The day of acceptance; none where the result says that there has been no acceptance."""
    on, result = f.acceptance_on, f.acceptance_result
    held_none = ~on.known & result.known & (result.values == result.categories.index("未进行"))
    return replace(on, values=np.where(held_none, NEVER, on.values), known=on.known | held_none)


def _organised(f, p, as_of: date) -> Duty:
    all_projects = p.trial_for_purchases == "all_projects"
    accepted, again = accepted_on(f), happened(f.trial_restarted_on, as_of)
    resumed = replace(
        f.trial_start, known=f.trial_start.known | again,
        values=np.where(again, f.trial_restarted_on.values, f.trial_start.values),
    )  # fmt: skip
    ready = all_of(
        "ready", "具备验收条件", is_true("content_complete", "建设内容全部完成", f.content_complete),
        is_true("trial_normal", "试运行正常", f.trial_normal),
    )  # fmt: skip
    start = resumed if p.trial_after_interruption == "restarts" else f.trial_start
    opens, due, status = _window(p, as_of, start, accepted, ready)
    torn = np.zeros(f.n, bool)
    if p.trial_after_interruption == "undecided":
        later, _, other = _window(p, as_of, resumed, accepted, ready)
        torn = again & (other != status)
        opens, due = (where_days(~again | (later == opens), days) for days in (opens, due))
        status[torn] = OPEN
    return Duty(
        each_project(f), "组织项目验收", (), always(f.n) if all_projects else _construction(f), opens, due, status,
        _judged_on(f, as_of), also=(ready,),
        asks=(Ask("trial_after_interruption", torn), Ask(start, ~start.known), Ask(accepted, ~accepted.known)),
        **late_act(accepted, due, as_of),
    )  # fmt: skip


def _window(p, as_of: date, start: Column, accepted: Column, ready: Condition):
    """First day, last day (none by the text) and standing of acceptance, for a trial that began on `start`."""
    ends = where_days(start.known, months_after_days(start.values, p.trial_months))
    opens = ends + DAY
    set_by_office = p.latest_acceptance != "none"
    due = months_after_days(ends, p.latest_acceptance) if set_by_office else np.full(len(ends), NEVER)
    status = standing(as_of, start, opens, due, accepted)
    acted, asked = happened(accepted, as_of), np.isin(status, (RUNNING, DONE, OVERDUE))
    status[asked & ~ready.yes & ~ready.no] = OPEN
    status[asked & ready.no] = np.where(acted, EARLY, AHEAD)[asked & ready.no]
    status[~start.known & ready.no & accepted.known & ~acted] = AHEAD
    return opens, due, status


def _filed(f, as_of: date, ahead: np.ndarray) -> Duty:
    accepted, filed = accepted_on(f), f.acceptance_reported
    held = happened(accepted, as_of) | (~accepted.known & f.acceptance_result.known)
    status = np.full(f.n, OPEN, np.int8)
    status[(accepted.known | ahead) & ~held] = AHEAD
    status[held & filed.known & ~filed.values] = UNDONE
    status[(held | ~accepted.known & ~ahead) & filed.known & filed.values] = DONE
    opens = where_days(held & accepted.known, accepted.values)
    return Duty(
        each_project(f), "报备验收情况", (OFFICE,), always(f.n), opens, np.full(f.n, NEVER), status,
        _judged_on(f, as_of), asks=(Ask(accepted, ~accepted.known & ~held), Ask(filed, ~filed.known)),
    )  # fmt: skip


def _construction(f) -> Condition:
    return is_one_of("construction", "自行建设项目", f.mode, "自行建设")


def _judged_on(f, as_of: date) -> np.ndarray:
    """The acceptance, or the day it was due; `as_of` where neither has come."""
    accepted = accepted_on(f)
    return np.where(happened(accepted, as_of), accepted.values, day_to_judge(f.acceptance_due, as_of))


def _due_on(f, p) -> Column:
    due, contract = f.acceptance_due, f.acceptance_due_contract
    if p.acceptance_due_source == "approval":
        return due
    return replace(
        due, values=np.where(contract.known, contract.values, due.values), known=due.known | contract.known
    )


# 第三十七条 ------------------------------------------------------------------------------


def first_operation(f, p, as_of: date) -> list[Duty]:
    """37.1.1 First O&M (首次运维) of an approved new project: plan and budget in the year before.

    The spending year is that of the row 首次 in 运维, else of the day after the warranty ends.
    """
    on, warranty, ops = f.approved_on, f.warranty_end, f.operations
    approved = happened(on, as_of)
    applies = all_of(
        "first_operation", "经批准新建、维保结束需运维经费", is_one_of("new", "新建项目", f.action, "新建"),
        Condition("approved", "leaf", "已经批复", approved, on.known & ~approved, facts=(on,)),
        is_true("om_needed", "需安排运维经费", f.om_needed),
    )  # fmt: skip
    first = ops.kind.known & is_year(ops.year) & (ops.kind.values == ops.kind.categories.index("首次"))
    listed = np.full(f.n, np.iinfo(np.int64).max)
    np.minimum.at(listed, ops.parent[first], ops.year.values[first])
    case = np.where(first & (ops.year.values == listed[ops.parent]), ops.parent, -1)
    row = first_row(case, f.n)
    stated = (row >= 0) & (p.previous_year_of == "spending_year")
    ends = warranty.values + DAY if p.previous_year_of == "spending_year" else warranty.values
    year = np.where(stated, listed, year_of(ends))
    known = stated | warranty.known
    opens = where_days(known & (year > 0), first_of(np.where(stated | known, year - 1, 0)))
    due = where_days(~np.isnat(opens), last_of(year_of(opens)))
    start = replace(warranty, known=known, values=opens)

    def duty(what: str, to: str, days: Column, short: Column | None) -> Duty:
        done = act_of_rows(days, case, f.n, opens, due, all_told(days, case, f.n), as_of)
        if short is not None:
            done = with_short_form(done, short, as_of)
        return Duty(
            each_project(f), what, (to,), applies, opens, due, standing(as_of, start, opens, due, done),
            np.full(f.n, np.datetime64(as_of)), asks=(Ask(warranty, ~known), *ask_act(days, short, done, ops, row)),
            period=[str(y + 1) if y else None for y in year_of(opens).tolist()], **late_act(done, due, as_of),
        )  # fmt: skip

    return [
        duty("报审首次运维方案", BUREAU, ops.plan_filed_on, f.om_plan_filed_on),
        duty("申报首次运维预算", FINANCE, ops.budget_filed_on, None),
    ]
