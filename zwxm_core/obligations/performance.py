"""The calendar clauses of performance (绩效): yearly monitoring (45) and self-evaluation (46)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from zwxm_core.conditions import Condition, all_of, any_of, is_false, is_true, on_row
from zwxm_core.facts import Column, Rows, Table
from zwxm_core.obligations.clauses import accepted_on
from zwxm_core.obligations.duties import (
    DAY,
    DONE,
    NEVER,
    OPEN,
    UNDONE,
    Ask,
    Duty,
    act_of_rows,
    all_told,
    always,
    ask_act,
    cases_of,
    day_to_judge,
    each_project,
    first_of,
    first_row,
    happened,
    is_year,
    last_of,
    late_act,
    of_cases,
    standing,
    where_days,
    with_short_form,
    year_of,
)  # fmt: skip
from zwxm_core.periods import months_after_days, workday_from
from zwxm_core.rules.answer import Notice

# 第四十五条 ------------------------------------------------------------------------------


def monitoring(f, p, as_of: date) -> list[Duty]:
    """45.1 A performance monitoring report (绩效监控报告) each year of the implementation period,
    with the views of users and supervisors, to three bodies by the end of the year.

    The period runs from the start to the end of construction; later years are not asked yet.
    """
    cases, year = _years(f, as_of)
    c, n, reports = of_cases(f, cases), cases.n, f.monitoring
    opens = np.maximum(first_of(year), c.construction_start.values)
    opens, due = where_days(year > 0, opens), where_days(year > 0, _deadline(year, p))
    case = _case_of(reports, cases, year)
    row = first_row(case, n)
    complete = c.monitoring_complete.known & c.monitoring_complete.values
    sent = act_of_rows(
        reports.submitted_on, case, n, opens, due, complete | all_told(reports.submitted_on, case, n), as_of
    )
    start = replace(c.construction_start, values=opens)
    status = standing(as_of, start, opens, due, sent)
    proper = on_row(_proper_report(f, p, reports), row)
    lacking = (status == DONE) & proper.no
    applies, undecided = _in_period(c, p, year, status == DONE)
    status[(status == DONE) & ~proper.yes & ~proper.no] = OPEN
    status[lacking] = UNDONE
    ask_year = Ask(sent, (year > 0) & ~sent.known, lambda i: str(year[i]))
    told = late_act(sent, due, as_of)
    told["notices"] += (
        Notice("report_lacks", lacking, "监控报告已提交，但没有报齐各部门或没有征求使用单位、监理单位意见"),
    )
    return [Duty(
        cases, "提交绩效监控报告", _city(p.monitoring_recipients), applies, opens, due, status,
        np.where(year > 0, last_of(year), np.datetime64(as_of)), also=(proper,),
        asks=(Ask(start, ~start.known), Ask("last_part_year", undecided), ask_year),
        period=[str(y) if y else None for y in year.tolist()], **told,
    )]  # fmt: skip


def _years(f, as_of: date) -> tuple[Table, np.ndarray]:
    """A case for each year of construction so far, and its year; one with year 0 before it starts."""
    start, end = f.construction_start, f.construction_end
    first = np.where(happened(start, as_of), year_of(start.values), 0)
    ended = end.known & ~np.isnat(end.values)
    last = np.maximum(first, np.where(ended, np.minimum(year_of(end.values), as_of.year), as_of.year))
    count = np.where(first > 0, last - first + 1, 1)
    parent = np.repeat(np.arange(f.n), count)
    offset = np.arange(len(parent)) - np.repeat(np.cumsum(count) - count, count)
    return cases_of(parent), np.where(first[parent] > 0, first[parent] + offset, 0)


def _deadline(year: np.ndarray, p) -> np.ndarray:
    month, day = p.monitoring_due
    due = (first_of(year).astype("M8[M]") + np.timedelta64(month - 1, "M")).astype("M8[D]")
    return due + np.timedelta64(day - 1 - (p.by_year_end == "last_day_excluded"), "D")


def _case_of(rows: Table, cases: Table, year: np.ndarray) -> np.ndarray:
    """The case of each report by project and year, -1 where there is none."""
    keys = cases.parent * 10_000 + year
    key = np.where(is_year(rows.year), rows.parent * 10_000 + rows.year.values, -1)
    at = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
    return np.where(keys[at] == key, at, -1) if len(keys) else np.full(rows.n, -1)


def _city(bodies: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"市{body}" for body in bodies)


def _proper_report(f, p, reports: Table) -> Condition:
    """Over the reports: users and supervisors were asked, and every body it goes to has it."""
    to = reports.submitted_to
    full = np.array([set(p.monitoring_recipients) <= set(v) for v in to.values], bool)
    sent = Condition("to_all", "leaf", "已提交各部门", to.known & full, to.known & ~full, facts=(to,))
    supervised = any_of(
        "supervisor", "已征求监理意见或没有监理",
        is_true("supervisor_consulted", "已征求监理意见", reports.supervisor_consulted),
        is_false("no_supervisor", "没有委托监理", Rows(f, reports).supervision_engaged),
    )  # fmt: skip
    users = is_true("users_consulted", "已征求使用单位意见", reports.users_consulted)
    return all_of("proper_report", "监控报告合乎要求", users, supervised, sent)


def _in_period(c: Rows, p, year: np.ndarray, done: np.ndarray) -> tuple[Condition, np.ndarray]:
    """Whether the year belongs to the implementation period, and where only the convention on a
    last year that is not whole leaves that open. A report that was handed in answers it.
    """
    end = c.construction_end
    ended, end_year = end.known & ~np.isnat(end.values), year_of(end.values)
    part = ended & (end_year == year) & (end.values < last_of(year))
    whole = end.known & ~part & (np.isnat(end.values) | (end_year >= year))
    yes, no = whole | (year == 0) | done, np.zeros(len(year), bool)
    if p.last_part_year == "due":
        yes |= part | (year == year_of(c.construction_start.values))
    elif p.last_part_year == "not_due":
        no = part & ~done
    leaf = Condition("in_period", "leaf", "属项目实施期", yes, no, facts=(end,))
    undecided = part & ~yes & ~no
    return leaf, undecided


# 第四十六条 ------------------------------------------------------------------------------


def self_evaluation(f, p, as_of: date) -> list[Duty]:
    """46.1 Self-evaluation (自评价) within 12 to 24 months of operation.

    The window opens the day after the first period is full and closes with the last day of
    the second; that day moves past days off where the year's arrangements are known.
    """
    start = {"go_live": f.go_live, "trial_start": f.trial_start, "acceptance": accepted_on(f)}[
        p.operation_begins
    ]
    begins = where_days(start.known, start.values)
    opens = months_after_days(begins, p.self_evaluation_from) + DAY
    due = months_after_days(begins, p.self_evaluation_until)
    not_rolled = np.zeros(f.n, bool)
    if p.holiday_rollover == "rolled":
        due, not_rolled = _rolled(due)
    completed = p.self_evaluation_done == "completed"
    rows = f.evaluations
    days = rows.completed_on if completed else rows.started_on
    own = rows.kind.known & (rows.kind.values == rows.kind.categories.index("自评价"))
    case = np.where(own, rows.parent, -1)
    row = first_row(case, f.n)
    complete = f.evaluations_complete.known & f.evaluations_complete.values
    listed = act_of_rows(days, case, f.n, opens, due, complete, as_of)
    done = with_short_form(listed, _short_form(f, completed), as_of)
    told = late_act(done, due, as_of)
    told["notices"] += (
        Notice("holidays_not_known", not_rolled, "期限末日所在年度的放假安排尚未收录，末日没有按休假日顺延"),
    )
    return [Duty(
        each_project(f), "自评价", _city(p.evaluation_recipients), always(f.n), opens, due,
        standing(as_of, start, opens, due, done), day_to_judge(start, as_of),
        asks=(Ask(start, ~start.known), *ask_act(days, f.self_evaluation_on if completed else None, done, rows, row)),
        **told,
    )]  # fmt: skip


def _short_form(f, completed: bool) -> Column:
    """The day by 项目: none where 未开展; a day beside 未开展 is not believed."""
    on, state = f.self_evaluation_on, f.self_evaluation
    none = state.known & (state.values == state.categories.index("未开展"))
    dated = on.known & ~np.isnat(on.values)
    known = np.where(none, ~dated, on.known & completed)
    return replace(on, values=np.where(none, NEVER, on.values), known=known)


def _rolled(due: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Last days moved past days off, and where the year's arrangements are not known."""
    days, back = np.unique(due, return_inverse=True)
    moved = [day if day is None else workday_from(day) for day in days.tolist()]
    unknown = np.array([m is None for m in moved], bool) & ~np.isnat(days)
    rolled = np.array([d if m is None else m for d, m in zip(days.tolist(), moved, strict=True)], "M8[D]")
    return rolled[back], unknown[back]
