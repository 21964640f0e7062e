"""What a duty with a date is made of: its cases, its window, its act, and where that stands on a day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

import numpy as np

from zwxm_core.conditions import Condition, given
from zwxm_core.facts import Column, Facts, Rows, Table
from zwxm_core.rules.answer import Notice

STATUSES = ("未到", "进行中", "已完成", "逾期", "早于窗口", "未履行", "已申请延期", "待核", "不适用")
AHEAD, RUNNING, DONE, OVERDUE, EARLY, UNDONE, EXTENDED, OPEN, NOT_ASKED = range(len(STATUSES))
"""Where a duty stands: an index into `STATUSES`."""

NEVER = np.datetime64("NaT", "D")
DAY = np.timedelta64(1, "D")


class Ask(NamedTuple):
    """A fact to name as missing where an open row lacks it.

    ``where`` is a mask over the rows, ``key`` gives the row of the sheet (None: the project).
    A name without a column is a convention of the rule set that is not decided.
    """

    column: Column | str
    where: np.ndarray
    key: Callable[[int], str | None] | None = None


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
    asks, also : tuple of Ask, tuple of Condition
        What to name as missing where the row is open.
    period : list of str or None
        The year each case speaks of.
    late : ndarray of bool or None
        Where the act was done after the last day.
    notices : tuple of Notice
    """

    cases: Table
    what: str
    to: tuple[str, ...]
    applies: Condition
    opens: np.ndarray
    due: np.ndarray
    status: np.ndarray
    event: np.ndarray
    asks: tuple[Ask, ...] = ()
    also: tuple[Condition, ...] = ()
    period: list[str | None] | None = None
    late: np.ndarray | None = None
    notices: tuple[Notice, ...] = ()


def each_project(f: Facts) -> Table:
    """One case a project."""
    return cases_of(np.arange(f.n))


def cases_of(parent: np.ndarray) -> Table:
    """One case for each entry of `parent`, the project it belongs to."""
    return Table("cases", len(parent), {}, np.zeros(len(parent), np.int64), parent)


def of_cases(f: Facts, cases: Table) -> Rows:
    """The fields of the project, case by case."""
    return Rows(f, cases)


def always(n: int) -> Condition:
    """Asked of every case."""
    return given("asked", "本条适用", np.ones(n, bool), np.zeros(n, bool))


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
    undone = done.known & ~acted
    status = np.full(len(opens), OPEN, np.int8)
    past = today > due
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


def late_act(done: Column, due: np.ndarray, as_of: date) -> dict:
    """Tells an act done after the last day from one not done (keywords of `Duty`)."""
    return late_where(happened(done, as_of) & (done.values > due))


def late_where(after: np.ndarray) -> dict:
    """The same, where the cases are known."""
    return {"late": after, "notices": (Notice("done_late", after, "已经办理，但办理日晚于期限末日"),)}


def act_of_rows(
    days: Column,
    case: np.ndarray,
    n: int,
    opens: np.ndarray,
    due: np.ndarray,
    none_else: np.ndarray,
    as_of: date,
) -> Column:
    """The day of the act of each case, from the rows of a list.

    Of several acts the first within the window counts, else the first after it, else the
    last before it. A row without its day leaves a case without any day unknown; a case
    without rows is known to have no act only where `none_else` says so.

    Parameters
    ----------
    days : Column
        Over the rows of the list.
    case : ndarray of int
        The case each row belongs to, -1 for none.
    n : int
        Number of cases.
    opens, due : ndarray of datetime64[D], shape (n,)
    none_else : ndarray of bool, shape (n,)
        Where what is not listed is known not to be there.
    """
    values, known = np.full(n, NEVER), none_else.copy()
    rows = np.flatnonzero(case >= 0)
    open_rows = rows[~days.known[rows]]
    known[case[open_rows]] = False
    acted = rows[happened(days, as_of)[rows]]
    at = case[acted]
    day = days.values[acted]
    before, after = day < opens[at], day > due[at]
    rank = np.where(before, 2, np.where(after, 1, 0))
    when = np.where(before, -day.astype(np.int64), day.astype(np.int64))
    first = acted[np.lexsort((when, rank))][::-1]  # the best is written last
    values[case[first]] = days.values[first]
    known[at] = True
    return replace(days, values=values, known=known, claimed=None, evidence=None)


def with_short_form(listed: Column, short: Column, as_of: date) -> Column:
    """The day of the list; that of the short form where the list does not say, or has no act."""
    use = ~listed.known | (~happened(listed, as_of) & happened(short, as_of))
    values, known = np.where(use, short.values, listed.values), np.where(use, short.known, listed.known)
    return replace(short, values=values, known=known)


def all_told(days: Column, case: np.ndarray, n: int) -> np.ndarray:
    """Where a case has rows and every one of them says whether and when; bool (n,)."""
    told = np.bincount(case[case >= 0], minlength=n) > 0
    told[case[(case >= 0) & ~days.known]] = False
    return told


def first_row(case: np.ndarray, n: int) -> np.ndarray:
    """The first row of each case, -1 where it has none; int (n,)."""
    rows = np.flatnonzero(case >= 0)[::-1]
    first = np.full(n, -1, np.int64)
    first[case[rows]] = rows
    return first


def ask_act(
    days: Column, short: Column | None, done: Column, table: Table, row: np.ndarray
) -> tuple[Ask, ...]:
    """Name the missing day of an act in its list, or in the short form where the list has no row for it."""
    named = ~done.known & ((row >= 0) if short is not None else True)
    listed = Ask(days, named, lambda i: table.key(int(row[i])) if row[i] >= 0 else None)
    return (listed,) if short is None else (Ask(short, ~done.known & (row < 0)), listed)


def year_of(days: np.ndarray) -> np.ndarray:
    """Calendar year of each day; 0 where there is none."""
    years = days.astype("M8[Y]").astype(np.int64) + 1970
    return np.where(np.isnat(days), 0, years)


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
