"""From facts and rules to findings (结论): the one evaluation path, for one project or a million.

`evaluate` runs the rules over chunks of a portfolio and yields what each clause comes to;
`assess` writes that out as the public contract has it. Texts, trees and readings of a row
are made when that row is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from zwxm_core import lifecycle
from zwxm_core.conditions import Cell, Condition, all_of
from zwxm_core.facts import Facts, Rows, Table
from zwxm_core.rules import RULES, Answer, Rule
from zwxm_core.rules.answer import Exemption
from zwxm_core.rules.chapter3 import with_split_totals
from zwxm_core.rules.chapter9 import in_force, ordinary
from zwxm_core.rules.negative_list import with_original_result
from zwxm_core.rulesets import IN_FORCE, STATUSES, TWO_READINGS, Clause, Convention, RuleSet, Terms

CHUNK = 131_072

WORDS = {
    "duty": ("符合", "不符合"),
    "ban": ("命中", "未命中"),
    "permission": ("具备条件", "不具备条件"),
    "class": ("属于", "不属于"),
    "checklist": ("齐备", "缺项"),
    "consequence": ("触发", "不触发"),
}
"""What a conclusion is called when true and when false, by its nature."""

PROBLEM = {"duty": False, "checklist": False, "ban": True}
"""The state that is a problem; the other natures never are one."""


@dataclass(slots=True)
class Reading:
    """Another reading of a convention, evaluated over the same rows."""

    convention: str
    value: object
    applies: Condition
    body: Condition
    differs: np.ndarray


@dataclass(slots=True)
class Evaluation:
    """One clause (or one item of it) over the rows of one chunk.

    ``rows`` are project indices in the whole portfolio, one for each entry of `applies`.
    """

    clause: Clause
    item: str | None
    kind: str
    facts: Facts
    rows: np.ndarray
    applies: Condition
    body: Condition
    days: np.ndarray
    ruleset: RuleSet
    answer: Answer
    per: Table | None = None
    readings: list[Reading] = field(default_factory=list)
    used: frozenset[str] = frozenset()
    statuses: np.ndarray | None = None  # made when first asked for

    def exemption(self, row: int) -> Exemption | None:
        """The ground on which an adverse conclusion does not bite, if one holds."""
        adverse = self.answer.adverse
        if adverse is None or not self.applies.yes[row] or not adverse.yes[row]:
            return None
        return next((e for e in self.answer.exemptions if e.holds.yes[row]), None)

    def outcome(self, row: int) -> str:
        """The conclusion in words."""
        if self.exemption(row):
            return "例外"
        return outcome(self.kind, self.applies.state(row), self.state(row))

    def state(self, row: int) -> bool | None:
        """The conclusion as a Kleene value; None also where the clause does not apply."""
        return self.body.state(row) if self.applies.yes[row] else None

    def is_problem(self, row: int) -> bool:
        """A duty not met or a ban hit."""
        state = self.state(row)
        return state is not None and PROBLEM.get(self.kind) is state

    def status(self, row: int) -> str:
        """Whether the rules were in force on the day of the event (`STATUSES`)."""
        if self.statuses is None:
            self.statuses = self.ruleset.status_on(self.days)
        return STATUSES[self.statuses[row]]

    def project(self, row: int) -> str:
        """The project's id."""
        return str(self.facts.ids[self.local(row)])

    def local(self, row: int) -> int:
        """The row of the project within the chunk's facts."""
        return int(self.per.parent[row]) if self.per is not None else row

    def item_of(self, row: int) -> str | None:
        """The item of one finding: the rule's own, or the row of the child table."""
        if self.per is None:
            return self.item
        key = self.per.key(row)
        return f"{key} {self.item}" if self.item else key

    def open_cells(self, row: int) -> list[Cell]:
        """The cells that an open finding waits for: whether the clause applies, else what it asks.

        An undecided convention that what it asks waits for is named in either case.
        """
        if self.applies.no[row] or self.state(row) is not None:
            return []
        asked = self.body.open_cells(row)
        if self.applies.yes[row]:
            return asked
        undecided = [cell for cell in asked if cell[0] == "ruleset"]
        return list(dict.fromkeys([*self.applies.open_cells(row), *undecided]))


def outcome(kind: str, applies: bool | None, state: bool | None) -> str:
    """The conclusion in words, by its nature.

    >>> outcome("permission", True, False), outcome("duty", False, None), outcome("ban", None, None)
    ('不具备条件', '不适用', '待核')
    """
    if applies is False:
        return "不适用"
    if applies is None or state is None:
        return "待核"
    return WORDS[kind][0 if state else 1]


def together(facts: Facts) -> Facts:
    """The facts with what projects are to each other (同一原项目合计, 原项目验收结果): asked for before some of
    them are taken alone, so that one project is judged as it is among the others.
    """
    return with_original_result(with_split_totals(facts))


def evaluate(
    facts: Facts,
    ruleset: RuleSet,
    as_of: date,
    clauses: Iterable[str] | None = None,
    readings: bool = True,
    chunk: int = CHUNK,
) -> Iterator[Evaluation]:
    """Run the rules over a portfolio, chunk by chunk.

    Parameters
    ----------
    facts : Facts
    ruleset : RuleSet
    as_of : date
        The day of assessment; it chooses the rules where an event has not happened.
    clauses : iterable of str or None
        Clause ids; None: all that are computed.
    readings : bool
        Whether to evaluate the other readings of the conventions too.
    chunk : int
        Projects at a time.
    """
    facts = together(facts)
    wanted = list(RULES) if clauses is None else [c for c in RULES if c in set(clauses)]
    for start in range(0, max(facts.n, 1), chunk):
        part = facts.take(slice(start, min(start + chunk, facts.n))) if facts.n > chunk else facts
        for clause in wanted:
            yield from _clause(part, start, clause, ruleset, as_of, readings)


def _clause(part: Facts, start: int, clause: str, ruleset: RuleSet, as_of: date, readings: bool):
    days = _event_days(part, RULES[clause], as_of)
    changes = ruleset.changes_on()
    if not changes:
        yield from Segment(part, np.arange(part.n) + start, days, clause, ruleset, as_of).evaluate(readings)
        return
    effective = np.where(np.isnat(days), np.datetime64(as_of), days).astype("datetime64[D]")
    segment = np.searchsorted(np.array(changes, "datetime64[D]"), effective, side="right")
    for number in np.unique(segment):
        rows = np.flatnonzero(segment == number)
        since = changes[number - 1] if number else None
        same = Segment(part.take(rows), rows + start, days[rows], clause, ruleset, as_of, since)
        yield from same.evaluate(readings)


def _event_days(f: Facts, rule: Rule, as_of: date) -> np.ndarray:
    """The date that chooses the rules: the event's, `as_of` where it has not happened, NaT unknown."""
    today = np.datetime64(as_of)
    if rule.event is None:
        return np.full(f.n, today)
    event = rule.event(f)
    days = np.where(np.isnat(event.values), today, event.values).astype("datetime64[D]")
    return np.where(event.known, days, np.datetime64("NaT"))


@dataclass(slots=True)
class Segment:
    """Projects that one clause judges by the same terms.

    ``rows`` are their places in the portfolio, ``days`` the dates of the event, ``since`` the
    day from which the terms hold (None: from the first).
    """

    facts: Facts
    rows: np.ndarray
    days: np.ndarray
    clause: str
    ruleset: RuleSet
    as_of: date
    since: date | None = None

    def evaluate(self, readings: bool) -> list[Evaluation]:
        """What the clause comes to, with the readings that differ."""
        terms = self.ruleset.terms(self.since, self.as_of)
        base = self.answers(terms)
        evaluations = [self._evaluation(answer, frozenset(terms.reads)) for answer in base]
        if readings:
            for name in sorted(terms.reads & self.ruleset.conventions.keys()):
                convention = self.ruleset.conventions[name]
                able = computable(self.facts, convention)
                for value in convention.others:
                    other = self.answers(terms.with_(**{name: value}))
                    _compare(evaluations, other, convention, value, able)
            if STATUSES.index(TWO_READINGS) in self.ruleset.status_on(self.days):
                last = self.ruleset.conventions["last_day_in_force"]
                longer = self.answers(terms, (IN_FORCE, TWO_READINGS))
                _compare(evaluations, longer, last, last.value, ~np.isnat(self.days))
        return evaluations

    def answers(self, terms: Terms, alive: tuple[str, ...] = (IN_FORCE,)) -> list[Answer]:
        """The rule's answers within the bounds of the ordinary rules.

        Where the set counts every adjustment by itself, each row of the list is a case.
        """
        rule = RULES[self.clause]
        answers = rule.answer(self.facts, terms)
        by_row = self.ruleset.conventions["adjustment_accumulation"].value == "each"
        for i, answer in enumerate(answers):
            facts: Facts | Rows = self.facts
            days = self.days
            if by_row and answer.by_row:
                answers[i] = answer = replace(answer.by_row(), item=answer.item)
            if answer.per is not None:
                facts, days = Rows(self.facts, answer.per), self.days_of(answer)
            status = self.ruleset.status_on(np.where(np.isnat(days), np.datetime64(self.as_of), days))
            in_life = in_force(status, tuple(STATUSES.index(s) for s in alive))
            cite = self.ruleset.clauses[self.clause].cite
            bounds = ordinary(facts, terms, in_life, cite, rule.scoped) if rule.bounded else in_life
            answer.applies = all_of("applies", "本条适用", bounds, answer.applies)
        return answers

    def days_of(self, answer: Answer) -> np.ndarray:
        """The date that chooses the rules, entry by entry: the row's own, else its project's."""
        if answer.per is None:
            return self.days
        if answer.days is None:
            return self.days[answer.per.parent]
        days = answer.days
        return np.where(days.known, days.values, np.datetime64("NaT")).astype("datetime64[D]")

    def _evaluation(self, answer: Answer, used: frozenset[str]) -> Evaluation:
        entry = self.ruleset.clauses[self.clause]
        days = self.days_of(answer)
        return Evaluation(
            clause=entry,
            item=answer.item,
            kind=answer.kind or entry.kind or entry.how,
            facts=self.facts,
            rows=self.rows if answer.per is None else self.rows[answer.per.parent],
            applies=answer.applies,
            body=answer.body,
            days=days,
            ruleset=self.ruleset,
            answer=answer,
            per=answer.per,
            used=used,
        )


def _compare(evaluations, other, convention, value, able) -> None:
    """Note where another reading comes to something else.

    A reading that lacks its own facts (not `able`) tells nothing by being undecided; where it
    comes to a decision without them, it is told.
    """
    for evaluation, now in zip(evaluations, other, strict=True):
        can = able if evaluation.per is None else able[evaluation.per.parent]
        before, after = _combined(evaluation), _combined(now)
        differs = (before != after) & ((after != -1) | can)
        if differs.any():
            evaluation.readings.append(Reading(convention.name, value, now.applies, now.body, differs))


def _combined(answer: Answer | Evaluation) -> np.ndarray:
    """Applicability and state in one code, so that a changed outcome shows."""
    applies = answer.applies.states()
    return np.where(applies == 1, answer.body.states(), np.where(applies == 0, 5, -1))


def computable(f: Facts, convention: Convention) -> np.ndarray:
    """Where the facts that another reading needs are all known."""
    able = np.ones(f.n, bool)
    for need in convention.needs:
        sheet, _, name = need.rpartition(".")
        if not sheet:
            able &= f.projects.columns[name].known
            continue
        table = f.children[sheet]
        able[table.parent[~table.columns[name].known]] = False
    return able


def live_rows(evaluation: Evaluation, as_of: date) -> np.ndarray:
    """Where the clause is asked at the project's stage; bool, one entry per row."""
    first, last = RULES[evaluation.clause.id].live
    alive = lifecycle.live(evaluation.facts, as_of, first, last)
    return alive if evaluation.per is None else alive[evaluation.per.parent]
