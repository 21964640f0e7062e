"""What a duty with a date is made of: its cases, its window, its act, and where that stands on a day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from zwxm_core.conditions import Cell, Condition, all_of, given
from zwxm_core.facts import Column, Facts, Table
from zwxm_core.rules.answer import Notice
from zwxm_core.rules.chapter4_acceptance import goes_on
from zwxm_core.rulesets import Terms

STATUSES = ("未到", "进行中", "已完成", "逾期", "早于窗口", "未履行", "已申请延期", "待核", "不适用")
AHEAD, RUNNING, DONE, OVERDUE, EARLY, UNDONE, EXTENDED, OPEN, NOT_ASKED = range(len(STATUSES))
"""Where a duty stands: an index into `STATUSES`."""

DONE_LATE = len(STATUSES)
URGENCY = (OVERDUE, UNDONE, RUNNING, EXTENDED, EARLY, OPEN, AHEAD, DONE_LATE, DONE, NOT_ASKED)
"""The order in which rows are listed; what was done late comes after what is open."""

NEVER = np.datetime64("NaT", "D")
DAY = np.timedelta64(1, "D")
Need = tuple[np.ndarray, Callable[[int], Iterable[Cell]]]
"""Where a fact is missing, and case → the cells to name."""
Told = tuple[str, np.ndarray, Callable[[int], str]]
"""A code, where it is to be said, and case → what."""


@dataclass(slots=True)
class Duty:
    """One duty over its cases: a project each, or a project's year each.

    Attributes
    ----------
    cases : Table
        ``parent`` is the project of each case.
    what, to : str, tuple of str
        What is to be done, and to whom it goes.
    applies : Condition
        Whether the clause asks it of the case.
    opens, due : ndarray of datetime64[D], shape (n,)
        First and last day; NaT where there is none or it is not known.
    status : ndarray of int8, shape (n,)
        Where it stands, within the bounds of the ordinary rules (index into `STATUSES`).
    event : ndarray of datetime64[D], shape (n,)
        The day whose rules judge.
    needs : tuple of Need
        What to name as missing where the status is open.
    period : ndarray of int or None
        The year each case speaks of, 0 for none.
    late : ndarray of bool or None
        Where the act was done after the last day.
    notices : tuple of Notice
    told : tuple of Told
        What else to point out, in words of each case: code, where, and case → one Chinese sentence.
    """

    cases: Table
    what: str
    to: tuple[str, ...]
    applies: Condition
    opens: np.ndarray
    due: np.ndarray
    status: np.ndarray
    event: np.ndarray
    needs: tuple[Need, ...] = ()
    period: np.ndarray | None = None
    late: np.ndarray | None = None
    notices: tuple[Notice, ...] = ()
    told: tuple[Told, ...] = ()


def cases_of(parent: np.ndarray) -> Table:
    """One case for each entry of `parent`, the project it belongs to."""
    return Table("cases", len(parent), {}, np.zeros(len(parent), np.int64), parent)


def each_project(f: Facts) -> Table:
    """One case a project."""
    return cases_of(np.arange(f.n))


def lacks(column: Column, where: np.ndarray | None = None) -> Need:
    """Names a field of the project, by default where it is not known."""
    return ~column.known if where is None else where, lambda _: [("projects", None, column.name)]


def undecided(name: str, where: np.ndarray) -> Need:
    """Names a convention of the rule set that is not decided."""
    return where, lambda _: [("ruleset", None, name)]


def open_in(condition: Condition) -> Need:
    """Names what a condition lacks."""
    return ~condition.yes & ~condition.no, condition.open_cells


def while_going_on(f: Facts, p: Terms, duty: Duty, last: np.ndarray | None = None) -> Duty:
    """The duty, not asked where the project was terminated (终止) before it was accepted, unless
    it was done or its last day (`last`, by default that of the duty) had passed.
    """
    acted = np.isin(duty.status, (DONE, EARLY)) | (False if duty.late is None else duty.late)
    passed = (duty.due if last is None else last) < f.terminated_on.values
    moot = goes_on(f, p).no & ~acted & ~passed
    asked = given("goes_on", "项目没有终止", ~moot, moot)
    return replace(duty, applies=all_of("asked_for", duty.applies.text, duty.applies, asked))


def standing(as_of: date, start: Column, opens: np.ndarray, due: np.ndarray, done: Column) -> np.ndarray:
    """Where a duty stands on a day, by its window and the day of the act.

    Parameters
    ----------
    as_of : date
    start : Column
        The event that opens the window; ``未`` means the window is ahead.
    opens, due : ndarray of datetime64[D], shape (n,)
        First and last day, both included; NaT: no such limit.
    done : Column
        The day of the act. A day after `as_of` has not come.

    Returns
    -------
    ndarray of int8, shape (n,)
        Before the window opens an act that nobody recorded is not missed; from then on it is 待核.
        Done after the last day is 逾期 as much as not done.
    """
    today = np.datetime64(as_of)
    acted = happened(done, as_of)
    undone, past = done.known & ~acted, today > due
    status = np.full(len(opens), OPEN, np.int8)
    status[undone] = np.where(past, OVERDUE, RUNNING)[undone]
    status[~acted & (today < opens) & ~past] = AHEAD
    status[acted] = DONE
    status[acted & (done.values > due)] = OVERDUE
    status[acted & (done.values < opens)] = EARLY
    ahead = start.known & np.isnat(start.values)
    status[ahead] = np.where(acted, EARLY, AHEAD)[ahead]
    status[~start.known] = OPEN
    return status


def happened(column: Column, as_of: date) -> np.ndarray:
    """Where the day is known and has come."""
    return column.known & (column.values <= np.datetime64(as_of))  # NaT compares false


def late_where(after: np.ndarray) -> dict:
    """Tells an act done after the last day from one not done (keywords of `Duty`)."""
    return {"late": after, "notices": (Notice("done_late", after, "已经办理，但办理日晚于期限末日"),)}


def late_act(done: Column, due: np.ndarray, as_of: date) -> dict:
    """The same, by the day of the act."""
    return late_where(happened(done, as_of) & (done.values > due))


def act_of_rows(
    days: Column, case: np.ndarray, opens: np.ndarray, due: np.ndarray, complete: np.ndarray, as_of: date
) -> tuple[Column, np.ndarray]:
    """The day of the act of each case, from the rows of a list.

    Of several acts the first within the window counts, else the first after it, else the
    last before it. A row without its day leaves a case without any day unknown; a case
    without rows is known to have no act only where the list is complete.

    Parameters
    ----------
    days : Column
        Over the rows of the list.
    case : ndarray of int
        The case each row belongs to, -1 for none.
    opens, due : ndarray of datetime64[D], shape (n,)
    complete : ndarray of bool, shape (n,)
        Where what is not listed is known not to be there.

    Returns
    -------
    Column, ndarray of int
        The day, and the first row of each case (-1 where it has none).
    """
    values, known = np.full(len(opens), NEVER), complete.copy()
    rows = np.flatnonzero(case >= 0)
    first = np.full(len(opens), -1, np.int64)
    first[case[rows[::-1]]] = rows[::-1]
    known[case[rows[~days.known[rows]]]] = False
    acted = rows[happened(days, as_of)[rows]]
    at, day = case[acted], days.values[acted]
    before, after = day < opens[at], day > due[at]
    when = np.where(before, -day.astype(np.int64), day.astype(np.int64))
    best = acted[np.lexsort((when, np.where(before, 2, np.where(after, 1, 0))))][::-1]  # written last
    values[case[best]], known[at] = days.values[best], True
    return replace(days, values=values, known=known, claimed=None, evidence=None), first


def case_of_year(rows: Table, cases: Table, year: np.ndarray) -> np.ndarray:
    """The case of each row of a list by project and year, -1 where there is none."""
    keys = cases.parent * 10_000 + year
    key = np.where(is_year(rows.year), rows.parent * 10_000 + rows.year.values, -1)
    at = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
    return np.where(keys[at] == key, at, -1) if len(keys) else np.full(rows.n, -1)


def all_told(days: Column, case: np.ndarray, n: int) -> np.ndarray:
    """Where a case has rows and every one of them says whether and when; bool (n,)."""
    told = np.bincount(case[case >= 0], minlength=n) > 0
    told[case[(case >= 0) & ~days.known]] = False
    return told


def with_short_form(listed: Column, short: Column, as_of: date) -> Column:
    """The day of the list; that of the short form where the list does not say, or has no act."""
    use = ~listed.known | (~happened(listed, as_of) & happened(short, as_of))
    values, known = np.where(use, short.values, listed.values), np.where(use, short.known, listed.known)
    return replace(short, values=values, known=known)


def lacks_act(days: Column, short: Column | None, done: Column, row: np.ndarray) -> tuple[Need, ...]:
    """Name the missing day of an act in its list, or in the short form where the list has no row for it."""
    listed = (~done.known & (row >= 0), lambda i: [(days.sheet, int(row[i]), days.name)])
    if short is None:
        return (listed, (~done.known & (row < 0), lambda _: [(days.sheet, None, days.name)]))
    return lacks(short, ~done.known & (row < 0)), listed


def year_of(days: np.ndarray) -> np.ndarray:
    """Calendar year of each day; 0 where there is none."""
    return np.where(np.isnat(days), 0, days.astype("M8[Y]").astype(np.int64) + 1970)


def is_year(column: Column) -> np.ndarray:
    """Where a year is known and can be the year of a day."""
    return column.known & (column.values > 1) & (column.values < 9999)


def first_of(years: np.ndarray) -> np.ndarray:
    """1 January of each year (预算年度 and 年度 are calendar years)."""
    return (np.asarray(years, np.int64) - 1970).astype("M8[Y]").astype("M8[D]")


def last_of(years: np.ndarray) -> np.ndarray:
    """31 December of each year."""
    return first_of(np.asarray(years) + 1) - DAY


def where_days(mask: np.ndarray, days: np.ndarray) -> np.ndarray:
    """The days where the mask is set, NaT elsewhere."""
    return np.where(mask, days, NEVER)


def day_to_judge(column: Column, as_of: date) -> np.ndarray:
    """The day of the event that chooses the rules; `as_of` where it has not come or is not known."""
    return np.where(happened(column, as_of), column.values, np.datetime64(as_of))
