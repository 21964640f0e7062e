"""The calendar clauses, in the law's order: of facts, terms and the day of assessment, the duties."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import numpy as np

from zwxm_core.conditions import Condition, all_of, any_of, given, is_false, is_one_of, is_true, on_row
from zwxm_core.facts import Column, Rows, Table
from zwxm_core.obligations import duties as now
from zwxm_core.obligations.duties import (
    Duty,
    act_of_rows,
    all_told,
    case_of_year,
    cases_of,
    day_to_judge,
    each_project,
    first_of,
    happened,
    is_year,
    lacks,
    lacks_act,
    last_of,
    late_act,
    late_where,
    open_in,
    standing,
    undecided,
    where_days,
    while_going_on,
    with_short_form,
    year_of,
)
from zwxm_core.periods import months_after_days, workdays_from
from zwxm_core.rules.answer import Notice
from zwxm_core.rules.chapter1 import every_project
from zwxm_core.rules.chapter5 import continued_operation
from zwxm_core.rules.due import construction_start, go_live, trial_start

BUREAU, FINANCE = "市数字经济局", "市财政局"
OFFICE, PLATFORM = "领导小组办公室（市数字经济局）", "政务信息化项目备案登记平台"

# 第十五条 --------------------------------------------------------------------------------


def demand_filing(f, p, as_of: date) -> list[Duty]:
    """15.1 Next year's demand (次年度需求) is filed within the year before it.

    The text sets no last day; without the one of the year's notice nothing is late, and
    what was not filed within its year stays 待核.
    """
    filed, listed = f.demand_filed_on, f.annual_list_year
    deadlines = {year: np.datetime64(day) for year, day in dict(p.filing_deadline or ()).items()}
    coming = as_of.year + int(np.datetime64(as_of) > deadlines.get(as_of.year, now.NEVER))
    acted, on_list = happened(filed, as_of), is_year(listed)
    year = np.where(on_list, listed.values - 1, np.where(acted, year_of(filed.values), coming))
    told = on_list | filed.known
    years, back = np.unique(year, return_inverse=True)
    due = np.array([deadlines.get(y, now.NEVER) for y in years.tolist()], "M8[D]")[back]
    opens, due = where_days(told, first_of(year)), where_days(told, due)
    status = standing(as_of, replace(filed, known=told, values=opens), opens, due, filed)
    outside = np.where(acted, filed.values, np.datetime64(as_of)) > last_of(year)
    undated = told & filed.known & np.isnat(due) & outside
    status[undated] = now.OPEN
    duty = Duty(
        each_project(f), "填报次年度需求并提交申报材料", (PLATFORM,), every_project(f), opens, due, status,
        day_to_judge(f.approved_on, as_of), (lacks(filed), undecided("filing_deadline", undated)),
        np.where(told, year + 1, 0), **late_act(filed, due, as_of),
    )  # fmt: skip
    return [while_going_on(f, p, duty)]


# 第三十一条 ------------------------------------------------------------------------------


def acceptance(f, p, as_of: date) -> list[Duty]:
    """31.1 Acceptance (验收) is organised after all content is complete and the trial has run
    normally for its months; how it went is filed (报备).

    The text sets the earliest day only. The filing has no date: 未履行 where known not done.
    """
    organised = _organised(f, p, as_of)
    return [while_going_on(f, p, organised), _filed(f, as_of, organised.status == now.AHEAD)]


def acceptance_in_time(f, p, as_of: date) -> list[Duty]:
    """31.2 A construction project applies for acceptance by the day its approval or contract
    sets (按期), or asks in writing for an extension (延期).

    An acceptance by that day was applied for in time; a later one says nothing of the application.
    """
    due_on, accepted, applied, asked = (
        _due_on(f, p),
        accepted_on(f),
        f.acceptance_applied_on,
        f.extension_applied,
    )
    due = where_days(due_on.known, due_on.values)
    sent, held = happened(applied, as_of), happened(accepted, as_of)
    past = np.datetime64(as_of) > due
    in_time = np.where(applied.known, sent & (applied.values <= due), held & (accepted.values <= due))
    extended = past & asked.known & asked.values
    status = np.where(applied.known & ~past, now.RUNNING, now.OPEN).astype(np.int8)
    status[~past & ~sent & ~held & (_organised(f, p, as_of).status == now.AHEAD)] = now.AHEAD
    status[past & applied.known & asked.known] = now.OVERDUE
    status[extended] = np.where(sent | held, now.DONE, now.EXTENDED)[extended]
    status[in_time] = now.DONE
    has_due = Condition(
        "has_due", "leaf", "定有应验收日", ~np.isnat(due), due_on.known & np.isnat(due), facts=(due_on,)
    )
    duty = Duty(
        each_project(f), "按期申请验收（期限出自批复或合同）", (BUREAU,),
        all_of("due_set", "定有应验收日的自行建设项目", _construction(f), has_due),
        np.full(f.n, now.NEVER), due, status, _judged_on(f, as_of),
        (lacks(applied), lacks(asked, past & ~asked.known)), **late_where((sent | held) & (status == now.OVERDUE)),
    )  # fmt: skip
    return [while_going_on(f, p, duty, np.full(f.n, now.NEVER))]


def accepted_on(f) -> Column:
    """The day of acceptance; none where the result says that there has been no acceptance."""
    on, result = f.acceptance_on, f.acceptance_result
    held_none = ~on.known & result.is_known("未进行")
    return replace(on, values=np.where(held_none, now.NEVER, on.values), known=on.known | held_none)


def _organised(f, p, as_of: date) -> Duty:
    accepted, again, begun = accepted_on(f), happened(f.trial_restarted_on, as_of), trial_start(f)
    resumed = replace(
        begun, known=begun.known | again, values=np.where(again, f.trial_restarted_on.values, begun.values),
    )  # fmt: skip
    ready = all_of(
        "ready", "具备验收条件", is_true("content_complete", "建设内容全部完成", f.content_complete),
        is_true("trial_normal", "试运行正常", f.trial_normal),
    )  # fmt: skip
    start = resumed if p.trial_after_interruption == "restarts" else begun
    opens, due, status = _window(p, as_of, start, accepted, ready)
    torn = np.zeros(f.n, bool)
    if p.trial_after_interruption == "undecided":
        later, _, other = _window(p, as_of, resumed, accepted, ready)
        torn = again & (other != status)
        opens, due = (where_days(~again | (later == opens), days) for days in (opens, due))
        status[torn] = now.OPEN
    applies = every_project(f) if p.trial_for_purchases == "all_projects" else _construction(f)
    needs = undecided("trial_after_interruption", torn), lacks(start), lacks(accepted), open_in(ready)
    return Duty(
        each_project(f), "组织项目验收", (), applies, opens, due, status, _judged_on(f, as_of), needs,
        **late_act(accepted, due, as_of),
    )  # fmt: skip


def _window(p, as_of: date, start: Column, accepted: Column, ready: Condition):
    """First day, last day (none by the text) and standing of acceptance, for a trial that began on `start`."""
    ends = where_days(start.known, months_after_days(start.values, p.trial_months))
    opens, set_by_office = ends + now.DAY, p.latest_acceptance != "none"
    due = months_after_days(ends, p.latest_acceptance) if set_by_office else np.full(len(ends), now.NEVER)
    status = standing(as_of, start, opens, due, accepted)
    acted, asked = happened(accepted, as_of), np.isin(status, (now.RUNNING, now.DONE, now.OVERDUE))
    status[asked & ~ready.yes & ~ready.no] = now.OPEN
    status[asked & ready.no] = np.where(acted, now.EARLY, now.AHEAD)[asked & ready.no]
    status[~start.known & ready.no & accepted.known & ~acted] = now.AHEAD
    return opens, due, status


def _filed(f, as_of: date, ahead: np.ndarray) -> Duty:
    """What was filed has been held; nothing is to be filed before."""
    accepted, filed = accepted_on(f), f.acceptance_reported
    held = happened(accepted, as_of) | (~accepted.known & f.acceptance_result.known)
    none, done = ~held & (accepted.known | ahead), filed.known & filed.values
    applies = Condition("held", "leaf", "已经验收", held | (done & ~none), none, facts=(accepted,))
    status = np.where(done, now.DONE, np.where(filed.known, now.UNDONE, now.OPEN)).astype(np.int8)
    return Duty(
        each_project(f), "报备验收情况", (OFFICE,), applies, where_days(held & accepted.known, accepted.values),
        np.full(f.n, now.NEVER), status, _judged_on(f, as_of), (lacks(filed),),
    )  # fmt: skip


def _construction(f) -> Condition:
    return is_one_of("construction", "自行建设项目", f.mode, "自行建设")


def _judged_on(f, as_of: date) -> np.ndarray:
    """The acceptance, or the day it was due; `as_of` where neither has come."""
    accepted = accepted_on(f)
    return np.where(happened(accepted, as_of), accepted.values, day_to_judge(f.acceptance_due, as_of))


def _due_on(f, p) -> Column:
    due, contract = f.acceptance_due, f.acceptance_due_contract
    own = contract.known & (p.acceptance_due_source == "contract")
    return replace(due, values=np.where(own, contract.values, due.values), known=due.known | own)


# 第三十七条 ------------------------------------------------------------------------------


def first_operation(f, p, as_of: date) -> list[Duty]:
    """37.1.1 First O&M (首次运维) of an approved new project: plan and budget in the year before.

    The spending year is that of the row 首次 in 运维, else of the day after the warranty ends; a
    year that lies wholly within the warranty is none the warranty's end makes necessary.
    """
    on, warranty, ops = f.approved_on, f.warranty_end, f.operations
    approved = happened(on, as_of)
    applies = all_of(
        "first_operation", "经批准新建、维保结束需运维经费", is_one_of("new", "新建项目", f.action, "新建"),
        Condition("approved", "leaf", "已经批复", approved, on.known & ~approved, facts=(on,)),
        is_true("om_needed", "需安排运维经费", f.om_needed),
    )  # fmt: skip
    first = ops.kind.known & is_year(ops.year) & (ops.kind.values == ops.kind.categories.index("首次"))
    paid_from = np.where(warranty.known, year_of(warranty.values + now.DAY), 0)
    first &= ops.year.values >= paid_from[ops.parent]
    listed = np.full(f.n, np.iinfo(np.int64).max)
    np.minimum.at(listed, ops.parent[first], ops.year.values[first])
    case = np.where(first & (ops.year.values == listed[ops.parent]), ops.parent, -1)
    by_spending = p.previous_year_of == "spending_year"
    stated = by_spending & np.isin(np.arange(f.n), case)
    year = np.where(stated, listed, year_of(warranty.values + now.DAY * by_spending))
    known = stated | warranty.known
    opens = where_days(known & (year > 0), first_of(np.where(known, year - 1, 0)))
    due = where_days(~np.isnat(opens), last_of(year_of(opens)))
    start, period = replace(warranty, known=known, values=opens), np.where(np.isnat(opens), 0, year)

    def duty(what: str, to: str, days: Column, short: Column | None) -> Duty:
        done, row = act_of_rows(days, case, opens, due, all_told(days, case, f.n), as_of)
        if short is not None:
            done = with_short_form(done, short, as_of)
        return while_going_on(f, p, Duty(
            each_project(f), what, (to,), applies, opens, due, standing(as_of, start, opens, due, done),
            np.full(f.n, np.datetime64(as_of)), (lacks(warranty, ~known), *lacks_act(days, short, done, row)),
            period, **late_act(done, due, as_of),
        ))  # fmt: skip

    return [
        duty("报审首次运维方案", BUREAU, ops.plan_filed_on, f.om_plan_filed_on),
        duty("申报首次运维预算", FINANCE, ops.budget_filed_on, None),
    ]


def further_operation(f, p, as_of: date) -> list[Duty]:
    """37.1.2 Continued O&M (续运维), each year listed: plan, new assessment, then budget.

    The text sets no day: what is known undone is under way until the budget was claimed without
    it or the year is over; from then on the rule says whether it is lacking (未履行).
    """
    ops, answer = f.operations, continued_operation(f, p)[0]
    over = happened(ops.budget_filed_on, as_of) | (is_year(ops.year) & (ops.year.values < as_of.year))
    undone = ops.budget_filed_on.known & ~happened(ops.budget_filed_on, as_of)
    undone |= ops.plan_reviewed.known & ~ops.plan_reviewed.values
    rows = np.flatnonzero(~answer.applies.no)
    applies, body = on_row(answer.applies, rows), on_row(answer.body, rows)
    none = np.full(len(rows), now.NEVER)
    lacking = np.where(over[rows], now.UNDONE, now.RUNNING)
    status = np.where(body.no | (undone & ~over)[rows], lacking, now.OPEN)
    status[body.yes] = now.DONE
    return [Duty(
        cases_of(ops.parent[rows]), "续运维方案报审并申报预算（条文未定日期，随预算申报）", (BUREAU, FINANCE), applies,
        none, none, status.astype(np.int8), np.full(len(rows), np.datetime64(as_of)), (open_in(body),),
        np.where(is_year(ops.year), ops.year.values, 0)[rows],
        told=(("lacking", status == now.UNDONE, lambda row: "；".join(body.sentences(row))),),
    )]  # fmt: skip


# 第四十五条 ------------------------------------------------------------------------------


def monitoring(f, p, as_of: date) -> list[Duty]:
    """45.1 A performance monitoring report (绩效监控报告) each year of the implementation period,
    with the views of users and supervisors, to three bodies by the end of the year.

    The period runs from the start of construction to its end or the termination of the project;
    later years are not asked yet.
    """
    end = _construction_ends(f, as_of)
    cases, year = _years(f, end, as_of)
    c, reports = Rows(f, cases), f.monitoring
    start = construction_start(f).take(cases.parent)
    opens = np.maximum(first_of(year), start.values)
    opens, due = where_days(year > 0, opens), where_days(year > 0, _deadline(year, p))
    case, days = case_of_year(reports, cases, year), reports.submitted_on
    complete = c.monitoring_complete.known & c.monitoring_complete.values
    sent, row = act_of_rows(days, case, opens, due, complete | all_told(days, case, cases.n), as_of)
    status = standing(as_of, replace(start, values=opens), opens, due, sent)
    proper = on_row(_proper_report(f, p, reports), row)
    done, lacking = status == now.DONE, (status == now.DONE) & proper.no
    status[done & ~proper.yes] = now.OPEN
    status[lacking] = now.UNDONE
    report = (
        "report_lacks",
        lacking,
        lambda i: f"监控报告已提交，不合要求之处：{'；'.join(proper.sentences(i))}",
    )
    unsent = (year > 0) & ~sent.known, lambda i: [("monitoring", str(year[i]), "submitted_on")]
    return [Duty(
        cases, "提交绩效监控报告", tuple(f"市{body}" for body in p.monitoring_recipients),
        _in_period(c, end.take(cases.parent), p, year, status == now.DONE), opens, due, status, np.where(year > 0, last_of(year), np.datetime64(as_of)),
        (lacks(start), unsent, open_in(proper)), year, told=(report,), **late_act(sent, due, as_of),
    )]  # fmt: skip


def _construction_ends(f, as_of: date) -> Column:
    """The end of construction, or the day on which the project was terminated before it."""
    end, ended, day = f.construction_end, happened(f.terminated_on, as_of), f.terminated_on.values
    cut = ended & end.known & ~(end.values <= day)
    return replace(end, values=np.where(cut | (ended & ~end.known), day, end.values))


def _years(f, end: Column, as_of: date) -> tuple[Table, np.ndarray]:
    """A case for each year of construction so far, and its year; one with year 0 before it starts."""
    start = construction_start(f)
    first = np.where(happened(start, as_of), year_of(start.values), 0)
    ended = (end.known | happened(f.terminated_on, as_of)) & ~np.isnat(end.values)
    last = np.maximum(first, np.where(ended, np.minimum(year_of(end.values), as_of.year), as_of.year))
    count = np.where(first > 0, last - first + 1, 1)
    parent = np.repeat(np.arange(f.n), count)
    offset = np.arange(len(parent)) - np.repeat(np.cumsum(count) - count, count)
    return cases_of(parent), np.where(first[parent] > 0, first[parent] + offset, 0)


def _deadline(year: np.ndarray, p) -> np.ndarray:
    month, day = p.monitoring_due
    due = (first_of(year).astype("M8[M]") + np.timedelta64(month - 1, "M")).astype("M8[D]")
    return due + np.timedelta64(day - 1 - (p.by_year_end == "last_day_excluded"), "D")


def _proper_report(f, p, reports: Table) -> Condition:
    """Over the reports: users and supervisors were asked, and every body it goes to has it."""
    to = reports.submitted_to
    full = np.fromiter(map(set(p.monitoring_recipients).issubset, to.values), bool, len(to))
    sent = Condition(
        "to_all", "leaf", "已提交各部门", to.known & full, to.known & ~full, facts=(to,),
        says=lambda row: "已提交各部门" if full[row] else f"没有提交{_others_of(p.monitoring_recipients, to, row)}",
    )  # fmt: skip
    supervised = any_of(
        "supervisor", "已征求监理意见或没有监理",
        is_true("supervisor_consulted", "已征求监理意见", reports.supervisor_consulted),
        is_false("no_supervisor", "没有委托监理", Rows(f, reports).supervision_engaged),
    )  # fmt: skip
    users = is_true("users_consulted", "已征求使用单位意见", reports.users_consulted)
    return all_of("proper_report", "监控报告合乎要求", users, supervised, sent)


def _others_of(bodies: Iterable[str], to: Column, row: int) -> str:
    """The bodies a report has not gone to."""
    return "、".join(f"市{body}" for body in bodies if body not in to.values[row])


def _in_period(c: Rows, end: Column, p, year: np.ndarray, done: np.ndarray) -> Condition:
    """Whether the year belongs to the implementation period; of a last year that is not whole the
    convention says so, unless a report as it should be was handed in.
    """
    end_year, never = year_of(end.values), np.isnat(end.values)
    part = end.known & ~never & (end_year == year) & (end.values < last_of(year))
    due = p.last_part_year == "due"
    sure = (year == 0) | done | (due & (year == year_of(c.construction_start.values)))
    within = sure | (end.known & (never | (end_year >= year)))
    period = Condition("in_period", "leaf", "属项目实施期", within, np.zeros(len(year), bool), facts=(end,))
    whole = given(
        "whole_year", "不是不足一年的末年", ~part | sure | due, part & ~sure & (p.last_part_year == "not_due"),
        (("ruleset", None, "last_part_year"),),
    )  # fmt: skip
    return all_of("monitored", "属应监控的年度", period, whole)


# 第四十六条 ------------------------------------------------------------------------------


def self_evaluation(f, p, as_of: date) -> list[Duty]:
    """46.1 Self-evaluation (自评价) within 12 to 24 months of operation.

    The window opens the day after the first period is full and closes with the last day of
    the second; that day moves past days off where the year's arrangements are known. One held
    before the window only is none within it: once the window is over, 逾期.
    """
    starts = {"go_live": go_live(f), "trial_start": trial_start(f), "acceptance": accepted_on(f)}
    start = starts[p.operation_begins]
    begins = where_days(start.known, start.values)
    opens = months_after_days(begins, p.self_evaluation_from) + now.DAY
    due, not_rolled = months_after_days(begins, p.self_evaluation_until), np.zeros(f.n, bool)
    if p.holiday_rollover == "rolled":
        due, not_rolled = workdays_from(due)
    completed, rows = p.self_evaluation_done == "completed", f.evaluations
    days = rows.completed_on if completed else rows.started_on
    own = rows.kind.is_known("自评价")
    complete = f.evaluations_complete.known & f.evaluations_complete.values
    listed, row = act_of_rows(days, np.where(own, rows.parent, -1), opens, due, complete, as_of)
    done = with_short_form(listed, _short_form(f, completed), as_of)
    status = standing(as_of, start, opens, due, done)
    missed = (status == now.EARLY) & (due < np.datetime64(as_of))
    status[missed] = now.OVERDUE
    early = ("held_early", missed, lambda i: f"曾于 {done.at(i)} 自评价，早于窗口，窗口内没有自评价记录")
    told = late_act(done, due, as_of)
    told["notices"] += (
        Notice("holidays_not_known", not_rolled, "期限末日所在年度的放假安排尚未收录，末日没有按休假日顺延"),
    )
    duty = Duty(
        each_project(f), "自评价", tuple(f"市{body}" for body in p.evaluation_recipients), every_project(f), opens, due,
        status, day_to_judge(start, as_of),
        (lacks(start), *lacks_act(days, f.self_evaluation_on if completed else None, done, row)), told=(early,), **told,
    )  # fmt: skip
    return [while_going_on(f, p, duty)]


def _short_form(f, completed: bool) -> Column:
    """The day by 项目: none where 未开展; a day beside 未开展 is not believed."""
    on, state = f.self_evaluation_on, f.self_evaluation
    none = state.is_known("未开展")
    known = np.where(none, ~on.known | np.isnat(on.values), on.known & completed)
    return replace(on, values=np.where(none, now.NEVER, on.values), known=known)
