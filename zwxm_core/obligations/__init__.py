"""The calendar of obligations (义务期限): what is due of each project, from when to when, and where it stands.

`standings` decides the calendar clauses over a portfolio as arrays; `obligations` writes the
rows of the public contract from them, the most urgent first. Readings, terms of the day and
the bounds of the ordinary rules work as they do for findings.

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
from zwxm_core.facts import Facts, Rows
from zwxm_core.findings import computable
from zwxm_core.obligations import clauses as law
from zwxm_core.obligations import duties
from zwxm_core.obligations.duties import STATUSES, Duty
from zwxm_core.rules.answer import ALWAYS, FROM_CONSTRUCTION
from zwxm_core.rules.chapter9 import in_force, ordinary
from zwxm_core.rulesets import IN_FORCE, LAPSED, NOT_YET, TWO_READINGS, RuleSet, Terms
from zwxm_core.rulesets import STATUSES as LIVES

__all__ = [
    "CALENDAR",
    "STATUSES",
    "STATUS_TEXT",
    "Stand",
    "depends",
    "life_of_regulation",
    "obligations",
    "pointed_out",
    "standings",
]


class Calendar(NamedTuple):
    """A clause with dates: its function of facts, terms and day, and the stages from..to it is asked at."""

    duties: Callable
    live: tuple[str, str]


CALENDAR = {
    "15.1": Calendar(law.demand_filing, ("申报", "入清单")),
    "31.1": Calendar(law.acceptance, ("建设", "自评价")),
    "31.2": Calendar(law.acceptance_in_time, ("建设", "自评价")),
    "37.1.1": Calendar(law.first_operation, ("建设", "自评价")),
    "37.1.2": Calendar(law.further_operation, ALWAYS),
    "45.1": Calendar(law.monitoring, FROM_CONSTRUCTION),
    "46.1": Calendar(law.self_evaluation, ("试运行", "自评价")),
}
"""Clause id → duties, in the law's order. 57.1 is `life_of_regulation`."""

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
    stands: Iterable[Stand] | None = None,
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
        Every clause with dates; otherwise only those live at a project's stage, without the
        rows that ask nothing and those ahead of which no day is known.
    stands : iterable of Stand or None
        What `standings` gives for the same arguments; None: found here.

    Returns
    -------
    rows, notices : list of dict
        As the public contract writes ``obligations`` (most urgent first) and ``notices``.
    """
    rows: list[tuple] = []
    notices: dict[tuple, dict] = {}
    for stand in standings(facts, ruleset, as_of, clauses) if stands is None else stands:
        shown = stand.judged
        if clauses is None and not all_clauses:
            live = lifecycle.live(facts, as_of, *CALENDAR[stand.clause].live)
            shown = shown & live[stand.duty.cases.parent] & stand.says_something()
        place = list(CALENDAR).index(stand.clause)
        for row in np.flatnonzero(shown).tolist():
            rows.append((stand.urgency(row), int(stand.duty.cases.parent[row]), place, stand.row(row)))
            for told in stand.notices(row):
                notices.setdefault(tuple(told.values()), told)
    rows.sort(key=lambda r: r[:3])
    return [row for *_, row in rows], list(notices.values())


@dataclass(slots=True)
class Stand:
    """A duty within the bounds of the ordinary rules, by one set of terms.

    ``status`` (int8, an index into `STATUSES`) says where each case stands, ``judged`` which
    cases have their day under these terms; ``readings`` are other values of conventions with
    the stand they give and where it differs.
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

    def says_something(self) -> np.ndarray:
        """Where the row asks something, or tells a day to come; bool, shape (n,)."""
        dated = ~(np.isnat(self.duty.opens) & np.isnat(self.duty.due))
        for _, _, _, differs in self.readings:
            dated = dated | differs
        return (self.status != duties.NOT_ASKED) & ((self.status != duties.AHEAD) | dated)

    def window(self, row: int) -> dict:
        """First day, last day and standing of one case; no dates where the regulation asks nothing."""
        silent = self.status[row] == duties.NOT_ASKED or (
            self._outside(row) and self.status[row] == duties.OPEN
        )
        days = [None if silent or np.isnat(d) else str(d) for d in (self.duty.opens[row], self.duty.due[row])]
        return {"opens": days[0], "due": days[1], "status": STATUSES[self.status[row]]}

    def urgency(self, row: int) -> tuple:
        """What the rows are sorted by: the standing, then the last and the first day."""
        status, late = int(self.status[row]), self.duty.late
        if status == duties.OVERDUE and late is not None and late[row]:
            status = duties.DONE_LATE
        window = self.window(row)
        return (
            duties.URGENCY.index(status),
            window["due"] or window["opens"] or "9999",
            window["opens"] or "9999",
        )

    def row(self, row: int) -> dict:
        """One case as the public contract writes it."""
        duty = self.duty
        return {
            **self._place(row, "project", "clause", "cite"),
            "what": duty.what,
            "period": self.period(row),
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
        if self.status[row] != duties.OPEN or self._outside(row):
            return []
        duty = self.duty
        cells = [cell for part in (self.bounds, duty.applies) for cell in part.open_cells(row)]
        if duty.status[row] == duties.OPEN:
            cells += [cell for where, cells_of in duty.needs if where[row] for cell in cells_of(row)]
        return [self._fact(row, cell) for cell in dict.fromkeys(cells)]

    def _fact(self, row: int, cell: Cell) -> dict:
        sheet, at, name = cell
        needs = "value"
        if sheet == "ruleset":
            label, key = f"口径：{self.ruleset.conventions[name].label}", None
        else:
            table = self.facts.tables[sheet]
            column = table.columns[name]
            label, key = column.label, table.key(at) if isinstance(at, int | np.integer) else at
            place = self.duty.cases.parent[row] if sheet == "projects" else at
            if column.claimed is not None and not isinstance(place, str) and column.claimed[place]:
                needs = "evidence"
        told = {"sheet": sheet, "row": key, "field": name, "label": label, "needs": needs}
        return {**self._place(row, "project"), **told}

    def notices(self, row: int) -> Iterator[dict]:
        """What to point out beside one case."""
        if self.status[row] == duties.NOT_ASKED:
            return
        title = titled(self.duty.what, self.period(row))
        told = [(n.code, f"{title}：{n.text}") for n in self.duty.notices if n.where[row]]
        told += [(code, f"{title}：{says(row)}") for code, where, says in self.duty.told if where[row]]
        if self._outside(row):
            told = [("no_ruleset_in_force", STATUS_TEXT[LIVES[self.life[row]]])]
        for code, text in told:
            yield {"code": code, **self._place(row, "clause", "cite", "project"), "text": text}

    def period(self, row: int) -> str | None:
        """The year a case speaks of."""
        years = self.duty.period
        return str(years[row]) if years is not None and years[row] else None

    def _outside(self, row: int) -> bool:
        return LIVES[self.life[row]] in STATUS_TEXT

    def _place(self, row: int, *names: str) -> dict:
        project = str(self.facts.ids[self.duty.cases.parent[row]])
        place = {"project": project, "clause": self.clause, "cite": self.ruleset.clauses[self.clause].cite}
        return {name: place[name] for name in names}


def titled(what: str, period: str | None) -> str:
    """What is to be done, with the year it speaks of.

    >>> titled("提交绩效监控报告", "2026")
    '提交绩效监控报告（2026 年度）'
    """
    return f"{what}（{period} 年度）" if period else what


def pointed_out(row: dict, notices: Iterable[dict]) -> list[str]:
    """The texts of the notices that speak of a row of ``obligations``, without its title.

    ``notices`` are those of the row's project and clause: another duty of the clause, or
    another year of the same, has its own.
    """
    lead = f"{titled(row['what'], row['period'])}："
    told = [n["text"] for n in notices if n["code"] == "no_ruleset_in_force" or n["text"].startswith(lead)]
    return [text.removeprefix(lead) for text in told]


def standings(
    facts: Facts, ruleset: RuleSet, as_of: date, clauses: Iterable[str] | None = None
) -> Iterator[Stand]:
    """Where every duty of the calendar stands, as arrays: by clause, duty and the terms of each
    stretch of time, with the other readings. Nothing is written row by row.
    """
    wanted = CALENDAR.keys() if clauses is None else set(clauses)
    changes = ruleset.changes_on()
    for clause in (c for c in CALENDAR if c in wanted):
        for number in range(len(changes) + 1):
            terms = ruleset.terms(changes[number - 1] if number else None, as_of)
            stands = list(_read(facts, ruleset, as_of, clause, terms))
            for stand in stands:
                days = np.searchsorted(np.array(changes, "M8[D]"), stand.duty.event, side="right")
                stand.judged = days == number
            _add_readings(stands, facts, ruleset, as_of, terms)
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
        bounds = ordinary(Rows(facts, duty.cases), terms, in_life, ruleset.clauses[clause].cite)
        status = np.where(bounds.yes & duty.applies.yes, duty.status, duties.OPEN)
        status = np.where(bounds.no | duty.applies.no, duties.NOT_ASKED, status).astype(np.int8)
        if alive != (IN_FORCE,):
            life = np.where(in_life.yes, LIVES.index(IN_FORCE), life)
        yield Stand(clause, duty, bounds, life, status, facts, ruleset, np.ones(duty.cases.n, bool), [])


def _add_readings(stands: list[Stand], facts: Facts, ruleset: RuleSet, as_of: date, terms: Terms) -> None:
    """The other values of the conventions that the clause reads, one at a time."""
    clause = stands[0].clause
    for name in sorted(terms.reads & ruleset.conventions.keys()):
        convention = ruleset.conventions[name]
        for value in convention.others:
            others = _read(facts, ruleset, as_of, clause, terms.with_(**{name: value}))
            _compare(stands, others, name, value, computable(facts, convention), as_of)
    if any((stand.life == LIVES.index(TWO_READINGS)).any() for stand in stands):
        question = ruleset.conventions["last_day_in_force"]
        longer = _read(facts, ruleset, as_of, clause, terms, (IN_FORCE, TWO_READINGS))
        _compare(stands, longer, question.name, question.value, np.ones(facts.n, bool), as_of)


def _compare(
    stands: list[Stand], others: Iterable[Stand], name: str, value, able: np.ndarray, as_of: date
) -> None:
    """Note where another reading gives another standing, or other days while the window is not over.

    A reading that lacks facts which the row itself does not need tells nothing but its days.
    """
    today = np.datetime64(as_of)
    for stand, other in zip(stands, others, strict=True):
        mine, theirs = stand.duty, other.duty
        moved = _differ(mine.opens, theirs.opens) | _differ(mine.due, theirs.due)
        over = (mine.due < today) & (theirs.due < today)
        waits = np.isin(stand.status, (duties.AHEAD, duties.RUNNING, duties.EXTENDED, duties.OPEN)) & ~over
        differs = (stand.status != other.status) | (moved & waits)
        dated = moved & ~(np.isnat(theirs.opens) & np.isnat(theirs.due)) & ~np.isnat(mine.opens)
        tells = (other.status != duties.OPEN) | (stand.status == duties.OPEN) | (dated & waits)
        differs &= able[mine.cases.parent] & tells
        if differs.any():
            stand.readings.append((name, value, other, differs))


def _differ(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a != b) & ~(np.isnat(a) & np.isnat(b))


def depends(facts: Facts, ruleset: RuleSet, as_of: date, clause: str) -> set[str]:
    """The parameters and conventions that a calendar clause reads; the facts it reads are noted in `facts`."""
    terms = ruleset.terms(None, as_of)
    list(_read(facts, ruleset, as_of, clause, terms))
    return set(terms.reads)


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
