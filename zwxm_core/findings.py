"""From facts and rules to findings (结论): the one evaluation path, for one project or a million.

`evaluate` runs the rules over chunks of a portfolio and yields what each clause comes to;
`assess` writes that out as the public contract has it. Texts, trees and readings of a row
are made when that row is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from zwxm_core import lifecycle
from zwxm_core.conditions import Cell, Condition, all_of
from zwxm_core.facts import Facts, Table
from zwxm_core.rules import RULES, Answer, Notice, Rule
from zwxm_core.rules.chapter3 import with_split_totals
from zwxm_core.rules.chapter9 import in_force, ordinary
from zwxm_core.rulesets import IN_FORCE, STATUSES, TWO_READINGS, Clause, Convention, RuleSet, Terms

CHUNK = 32_768

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
    status: np.ndarray
    items: tuple[Condition, ...] = ()
    per: Table | None = None
    notices: tuple[Notice, ...] = ()
    readings: list[Reading] = field(default_factory=list)
    used: frozenset[str] = frozenset()

    def outcome(self, row: int) -> str:
        """The conclusion in words."""
        return outcome(self.kind, self.applies.state(row), self.state(row))

    def state(self, row: int) -> bool | None:
        """The conclusion as a Kleene value; None also where the clause does not apply."""
        return self.body.state(row) if self.applies.yes[row] else None

    def is_problem(self, row: int) -> bool:
        """A duty not met or a ban hit."""
        state = self.state(row)
        return state is not None and PROBLEM.get(self.kind) is state

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
        """The cells that would settle an open finding."""
        if self.applies.no[row] or self.state(row) is not None:
            return []
        cells = [*self.applies.open_cells(row), *self.body.open_cells(row)]
        return list(dict.fromkeys(cells))


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
    facts = with_split_totals(facts)
    wanted = list(RULES) if clauses is None else [c for c in RULES if c in set(clauses)]
    for start in range(0, max(facts.n, 1), chunk):
        part = facts.take(slice(start, min(start + chunk, facts.n))) if facts.n > chunk else facts
        for clause in wanted:
            yield from _clause(part, start, clause, ruleset, as_of, readings)


def _clause(part: Facts, start: int, clause: str, ruleset: RuleSet, as_of: date, readings: bool):
    rule = RULES[clause]
    days, known = _event_days(part, rule, as_of)
    changes = ruleset.changes_on()
    if not changes:
        yield from _same_terms(part, np.arange(part.n), start, clause, ruleset, days, known, as_of, readings)
        return
    effective = np.where(np.isnat(days), np.datetime64(as_of), days).astype("datetime64[D]")
    segment = np.searchsorted(np.array(changes, "datetime64[D]"), effective, side="right")
    for number in np.unique(segment):
        rows = np.flatnonzero(segment == number)
        yield from _same_terms(
            part.take(rows), rows, start, clause, ruleset, days[rows], known[rows], as_of, readings,
            changes[number - 1] if number else None,
        )  # fmt: skip


def _event_days(f: Facts, rule: Rule, as_of: date) -> tuple[np.ndarray, np.ndarray]:
    """The date that chooses the rules, and whether it is known: a date that has not come is `as_of`."""
    today = np.datetime64(as_of)
    if rule.event is None:
        return np.full(f.n, today), np.ones(f.n, bool)
    event = rule.event(f)
    days = np.where(event.known & np.isnat(event.values), today, event.values).astype("datetime64[D]")
    days[~event.known] = np.datetime64("NaT")
    return days, event.known


def _same_terms(
    part, rows, start, clause, ruleset, days, known, as_of, readings, since=None
) -> Iterator[Evaluation]:
    terms = ruleset.terms(since)
    base, used = _answers(part, clause, terms, days, known, ruleset, as_of)
    evaluations = []
    for answer in base:
        if by_row := _listed_by_row(answer, ruleset):
            answer = by_row
        evaluations.append(_evaluation(answer, part, rows + start, clause, ruleset, days, known, as_of, used))
    if readings:
        for name in sorted(used):
            if (convention := ruleset.conventions.get(name)) and convention.others:
                able = _computable(part, convention)
                for value in convention.others:
                    other, _ = _answers(
                        part, clause, terms.with_(**{name: value}), days, known, ruleset, as_of
                    )
                    _compare(evaluations, base, other, convention, value, able, ruleset)
        if TWO_READINGS in {STATUSES[s] for s in np.unique(ruleset.status_on(days))}:
            question = ruleset.conventions["last_day_in_force"]
            longer, _ = _answers(part, clause, terms, days, known, ruleset, as_of, (IN_FORCE, TWO_READINGS))
            _compare(evaluations, base, longer, question, question.value, known, ruleset)
    yield from evaluations


def _answers(
    part, clause, terms: Terms, days, known, ruleset, as_of, alive_when=(IN_FORCE,)
) -> tuple[list[Answer], frozenset[str]]:
    """The rule's answers within the bounds of the ordinary rules, and the terms they used."""
    rule = RULES[clause]
    answers = rule.answer(part, terms)
    status = ruleset.status_on(np.where(known, days, np.datetime64(as_of)).astype("datetime64[D]"))
    alive = in_force(status, tuple(STATUSES.index(s) for s in alive_when))
    bounds = ordinary(part, terms, alive) if rule.bounded else alive
    for answer in answers:
        answer.applies = all_of("applies", "本条适用", bounds, answer.applies)
        if answer.by_row:
            per = answer.by_row.per
            row_bounds = _spread(bounds, per.parent)
            answer.by_row.applies = all_of("applies", "本条适用", row_bounds, answer.by_row.applies)
            answer.by_row.item = answer.item
    return answers, frozenset(terms.reads)


def _spread(condition: Condition, parent: np.ndarray) -> Condition:
    return Condition(
        condition.id, "row", condition.text, condition.yes[parent], condition.no[parent], (condition,),
        rows=lambda k: [int(parent[k])],
    )  # fmt: skip


def _listed_by_row(answer: Answer, ruleset: RuleSet) -> Answer | None:
    adopted = ruleset.conventions["adjustment_accumulation"].value
    return answer.by_row if answer.by_row is not None and adopted == "each" else None


def _evaluation(answer, part, rows, clause, ruleset, days, known, as_of, used) -> Evaluation:
    entry = ruleset.clauses[clause]
    if answer.per is not None:
        days, known = days[answer.per.parent], known[answer.per.parent]
        if answer.days is not None:
            known = answer.days.known & ~np.isnat(answer.days.values)
            days = np.where(known, answer.days.values, np.datetime64("NaT")).astype("datetime64[D]")
        rows = rows[answer.per.parent]
    return Evaluation(
        clause=entry,
        item=answer.item,
        kind=answer.kind or entry.kind or entry.how,
        facts=part,
        rows=rows,
        applies=answer.applies,
        body=answer.body,
        days=days,
        status=ruleset.status_on(days),
        items=answer.items,
        per=answer.per,
        notices=answer.notices,
        used=used,
    )


def _compare(evaluations, base, other, convention, value, able, ruleset) -> None:
    for evaluation, was, now in zip(evaluations, base, other, strict=True):
        if by_row := _listed_by_row(was, ruleset):
            now = now.by_row or now
            was = by_row
        before = _combined(was)
        after = _combined(now)
        can = able if evaluation.per is None else able[evaluation.per.parent]
        differs = can & (before != after)
        if differs.any():
            evaluation.readings.append(Reading(convention.name, value, now.applies, now.body, differs))


def _combined(answer: Answer) -> np.ndarray:
    """Applicability and state in one code, so that a changed outcome shows."""
    applies = answer.applies.states()
    return np.where(applies == 1, answer.body.states(), np.where(applies == 0, 5, -1))


def _computable(f: Facts, convention: Convention) -> np.ndarray:
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
