"""The calendar of obligations (义务期限): what is due of each project, from when to when, and where it stands.

`obligations` runs the calendar clauses over a portfolio and writes the rows of the public
contract, the most urgent first. Readings, terms of the day and the bounds of the ordinary
rules work as they do for findings.

Examples
--------
>>> from zwxm_core.portfolio import from_records
>>> from zwxm_core.rulesets import load_ruleset
>>> project = {"id": "A", "level": "市级", "classified": False, "go_live": "2024-02-28", "self_evaluation": "未开展"}
>>> facts = from_records({"projects": [project]})
>>> [row], notices = obligations(facts, load_ruleset(), date(2026, 3, 1), ["46.1"])
>>> row["opens"], row["due"], row["status"]  # 28 February 2026, a Saturday, was made a working day
('2025-03-01', '2026-02-28', '逾期')
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np

from zwxm_core import lifecycle
from zwxm_core.conditions import Cell, Condition
from zwxm_core.facts import Column, Facts
from zwxm_core.findings import computable
from zwxm_core.obligations.clauses import acceptance, acceptance_in_time, demand_filing, first_operation
from zwxm_core.obligations.duties import (
    AHEAD,
    DONE,
    EARLY,
    EXTENDED,
    NOT_ASKED,
    OPEN,
    OVERDUE,
    RUNNING,
    STATUSES,
    UNDONE,
    Duty,
    of_cases,
)  # fmt: skip
from zwxm_core.obligations.performance import monitoring, self_evaluation
from zwxm_core.rules.answer import FROM_CONSTRUCTION
from zwxm_core.rules.chapter9 import in_force, ordinary
from zwxm_core.rulesets import IN_FORCE, LAPSED, NOT_YET, TWO_READINGS, RuleSet, Terms
from zwxm_core.rulesets import STATUSES as LIVES

__all__ = ["CALENDAR", "STATUSES", "STATUS_TEXT", "life_of_regulation", "obligations"]


class Calendar(NamedTuple):
    """A clause with dates: its function of facts, terms and day, and the stages from..to it is asked at."""

    duties: Callable
    live: tuple[str, str]


CALENDAR = {
    "15.1": Calendar(demand_filing, ("申报", "入清单")),
    "31.1": Calendar(acceptance, ("建设", "自评价")),
    "31.2": Calendar(acceptance_in_time, ("建设", "自评价")),
    "37.1.1": Calendar(first_operation, ("建设", "自评价")),
    "45.1": Calendar(monitoring, FROM_CONSTRUCTION),
    "46.1": Calendar(self_evaluation, ("试运行", "自评价")),
}
"""Clause id → duties, in the law's order. 57.1 is `life_of_regulation`."""

DONE_LATE = len(STATUSES)
URGENCY = (OVERDUE, UNDONE, RUNNING, EXTENDED, EARLY, OPEN, AHEAD, DONE_LATE, DONE, NOT_ASKED)
"""The order in which rows are listed."""

STATUS_TEXT = {
    NOT_YET: "事件日在本办法施行之前，没有可用的规则集，须按当时的规定判断",
    LAPSED: "事件日在本办法有效期届满之后，没有可用的规则集，须按当时的规定判断",
    TWO_READINGS: "事件日是否在有效期内，末日有两种读法（首日是否计入），本产品不作判断",
}
"""What is said where the day of the event lies outside the life of the regulation."""


def obligations(
    facts: Facts,
    ruleset: RuleSet,
    as_of: date,
    clauses: Iterable[str] | None = None,
    all_clauses: bool = False,
) -> tuple[list[dict], list[dict]]:
    """What is due of every project on a day.

    Parameters
    ----------
    facts : Facts
    ruleset : RuleSet
    as_of : date
        Any day; what happened after it has not happened yet.
    clauses : iterable of str or None
        Only these clauses, whatever the stage of a project.
    all_clauses : bool
        Every clause with dates; otherwise only those live at a project's stage.

    Returns
    -------
    rows, notices : list of dict
        As the public contract writes ``obligations`` (most urgent first) and ``notices``.
    """
    wanted = list(CALENDAR) if clauses is None else [c for c in CALENDAR if c in set(clauses)]
    rows: list[tuple] = []
    notices: dict[tuple, dict] = {}
    for place, clause in enumerate(wanted):
        calendar = CALENDAR[clause]
        alive = np.ones(facts.n, bool)
        if clauses is None and not all_clauses:
            alive = lifecycle.live(facts, as_of, *calendar.live)
        for stand in _stands(facts, ruleset, as_of, clause):
            for row in np.flatnonzero(stand.judged & alive[stand.duty.cases.parent]).tolist():
                rows.append((_urgency(stand, row), int(stand.duty.cases.parent[row]), place, stand.row(row)))
                for told in stand.notices(row):
                    notices.setdefault(tuple(told.values()), told)
    rows.sort(key=lambda r: r[:3])
    return [row for *_, row in rows], list(notices.values())


@dataclass(slots=True)
class Stand:
    """A duty within the bounds of the ordinary rules, by one set of terms.

    ``judged`` are the cases whose day these terms hold on, ``readings`` other values of
    conventions with the stand they give and where it differs.
    """

    clause: str
    duty: Duty
    bounds: Condition
    life: np.ndarray
    status: np.ndarray
    facts: Facts
    ruleset: RuleSet
    judged: np.ndarray
    readings: list[tuple[str, object, Stand, np.ndarray]]

    def window(self, row: int) -> dict:
        """First day, last day and standing of one case; no dates where the regulation asks nothing."""
        silent = self.status[row] == NOT_ASKED or (
            LIVES[self.life[row]] in STATUS_TEXT and self.status[row] == OPEN
        )
        days = (None, None) if silent else (_iso(self.duty.opens[row]), _iso(self.duty.due[row]))
        return {"opens": days[0], "due": days[1], "status": STATUSES[self.status[row]]}

    def row(self, row: int) -> dict:
        """One case as the public contract writes it."""
        duty = self.duty
        return {
            "project": str(self.facts.ids[duty.cases.parent[row]]),
            "clause": self.clause,
            "cite": self.ruleset.clauses[self.clause].cite,
            "what": duty.what,
            "period": duty.period[row] if duty.period else None,
            **self.window(row),
            "to": list(duty.to),
            "open_facts": self.open_facts(row),
            "readings": [
                {"convention": name, "value": value, **other.window(row)}
                for name, value, other, differs in self.readings if differs[row]
            ],
        }  # fmt: skip

    def open_facts(self, row: int) -> list[dict]:
        """What is missing of an open case; nothing settles a day outside the regulation's life."""
        if self.status[row] != OPEN or LIVES[self.life[row]] in STATUS_TEXT:
            return []
        duty = self.duty
        told = [
            self._cell(row, cell) for part in (self.bounds, duty.applies) for cell in part.open_cells(row)
        ]
        lacks = duty.status[row] == OPEN
        asks = [a for a in duty.asks if a.where[row] and (lacks or isinstance(a.column, str))]
        told += [self._asked(row, a.column, a.key) for a in asks]
        told += [self._cell(row, cell) for part in duty.also if lacks for cell in part.open_cells(row)]
        return list({(t["sheet"], t["row"], t["field"]): t for t in told}.values())

    def _asked(self, row: int, column: Column | str, key: Callable | None) -> dict:
        if isinstance(column, str):
            return self._fact(
                row, "ruleset", None, column, f"口径：{self.ruleset.conventions[column].label}", "value"
            )
        return self._fact(row, column.sheet, key(row) if key else None, column.name, column.label, "value")

    def _cell(self, row: int, cell: Cell) -> dict:
        sheet, at, name = cell
        table = self.facts.tables[sheet]
        column = table.columns[name]
        place = int(self.duty.cases.parent[row] if at is None else at)
        claimed = column.claimed is not None and bool(column.claimed[place])
        key = None if at is None else table.key(int(at))
        return self._fact(row, sheet, key, name, column.label, "evidence" if claimed else "value")

    def _fact(self, row: int, sheet: str, key: str | None, field: str, label: str, needs: str) -> dict:
        project = str(self.facts.ids[self.duty.cases.parent[row]])
        return {
            "project": project,
            "sheet": sheet,
            "row": key,
            "field": field,
            "label": label,
            "needs": needs,
        }

    def notices(self, row: int) -> Iterator[dict]:
        """What to point out beside one case."""
        if self.status[row] == NOT_ASKED:
            return
        told = [(n.code, n.text) for n in self.duty.notices if n.where[row]]
        if (life := LIVES[self.life[row]]) in STATUS_TEXT:
            told = [("no_ruleset_in_force", STATUS_TEXT[life])]
        project = str(self.facts.ids[self.duty.cases.parent[row]])
        cite = self.ruleset.clauses[self.clause].cite
        for code, text in told:
            yield {"code": code, "clause": self.clause, "cite": cite, "project": project, "text": text}


def _stands(facts: Facts, ruleset: RuleSet, as_of: date, clause: str) -> Iterator[Stand]:
    """The duties of one clause by the terms of each stretch of time, with their readings."""
    changes = ruleset.changes_on()
    for number in range(len(changes) + 1):
        terms = ruleset.terms(changes[number - 1] if number else None)
        stands = list(_read(facts, ruleset, as_of, clause, terms))
        for stand in stands:
            days = np.searchsorted(np.array(changes, "M8[D]"), stand.duty.event, side="right")
            stand.judged = days == number
        for name in sorted(terms.reads & ruleset.conventions.keys()):
            convention = ruleset.conventions[name]
            for value in convention.others:
                others = _read(facts, ruleset, as_of, clause, terms.with_(**{name: value}))
                _compare(stands, others, name, value, computable(facts, convention), as_of)
        if any((stand.life == LIVES.index(TWO_READINGS)).any() for stand in stands):
            question = ruleset.conventions["last_day_in_force"]
            longer = _read(facts, ruleset, as_of, clause, terms, (IN_FORCE, TWO_READINGS))
            _compare(stands, longer, question.name, question.value, np.ones(facts.n, bool), as_of)
        yield from stands


def _read(
    facts: Facts,
    ruleset: RuleSet,
    as_of: date,
    clause: str,
    terms: Terms,
    alive: tuple[str, ...] = (IN_FORCE,),
) -> Iterator[Stand]:
    for duty in CALENDAR[clause].duties(facts, terms, as_of):
        life = ruleset.status_on(duty.event)
        in_life = in_force(life, tuple(LIVES.index(name) for name in alive))
        bounds = ordinary(of_cases(facts, duty.cases), terms, in_life, ruleset.clauses[clause].cite)
        status = np.where(bounds.yes & duty.applies.yes, duty.status, OPEN)
        status = np.where(bounds.no | duty.applies.no, NOT_ASKED, status)
        if alive != (IN_FORCE,):
            life = np.where(in_life.yes, LIVES.index(IN_FORCE), life)
        yield Stand(clause, duty, bounds, life, status, facts, ruleset, np.ones(duty.cases.n, bool), [])


def _compare(
    stands: list[Stand], others: Iterable[Stand], name: str, value, able: np.ndarray, as_of: date
) -> None:
    """Note where another reading gives another standing, or other days while the window is not over.

    A reading that lacks facts which the row itself does not need tells nothing.
    """
    today = np.datetime64(as_of)
    for stand, other in zip(stands, others, strict=True):
        mine, theirs = stand.duty, other.duty
        moved = _differ(mine.opens, theirs.opens) | _differ(mine.due, theirs.due)
        over = (mine.due < today) & (theirs.due < today)
        waits = np.isin(stand.status, (AHEAD, RUNNING, EXTENDED, OPEN)) & ~over
        differs = (stand.status != other.status) | (moved & waits)
        differs &= able[mine.cases.parent] & ((other.status != OPEN) | (stand.status == OPEN))
        if differs.any():
            stand.readings.append((name, value, other, differs))


def _differ(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a != b) & ~(np.isnat(a) & np.isnat(b))


def _urgency(stand: Stand, row: int) -> tuple:
    status, late = int(stand.status[row]), stand.duty.late
    if status == OVERDUE and late is not None and late[row]:
        status = DONE_LATE
    window = stand.window(row)
    return URGENCY.index(status), window["due"] or window["opens"] or "9999", window["opens"] or "9999"


def _iso(day: np.datetime64) -> str | None:
    return None if np.isnat(day) else str(day)


# 第五十七条 ------------------------------------------------------------------------------


def life_of_regulation(ruleset: RuleSet, as_of: date) -> dict:
    """57.1 as an obligation row: from when to when the regulation is in force, both readings."""
    question = ruleset.conventions["last_day_in_force"]
    ends = ruleset.last_days()
    here = LIVES[ruleset.status_on(np.array([as_of], "datetime64[D]"))[0]]
    status = {IN_FORCE: "进行中", NOT_YET: "未到", LAPSED: "不适用", TWO_READINGS: "待核"}
    opens = ruleset.starts

    def reading(value: str) -> dict:
        inside = "未到" if as_of < opens else "进行中" if as_of <= ends[value] else "不适用"
        dates = {"opens": opens.isoformat(), "due": ends[value].isoformat()}
        return {"convention": question.name, "value": value, **dates, "status": inside}

    return {
        "project": None,
        "clause": "57.1",
        "cite": ruleset.clauses["57.1"].cite,
        "what": "本办法有效期",
        "period": None,
        "opens": opens.isoformat(),
        "due": ends[question.value].isoformat(),
        "status": status[here],
        "to": [],
        "open_facts": [],
        "readings": [reading(value) for value in question.readings if value != question.value],
    }
