"""Consequences (后果) across the projects of a unit: one pass over a whole portfolio.

An acceptance that failed in one project bars the unit's new ones. What is a cause, on whom it
bears and how long is each clause's own; never more than the text says. A consequence rests on
facts and findings and never feeds back into them; an unknown cause gives an unknown
consequence, one proven cause suffices, and that there is none may be said only where the
unit's list of projects is complete.

Examples
--------
>>> from zwxm_core.portfolio import from_records
>>> from zwxm_core.rulesets import load_ruleset
>>> city = {"level": "市级", "classified": False, "unit": "甲"}
>>> facts = from_records({
...     "projects": [
...         {**city, "id": "A", "mode": "自行建设", "approved_on": "2023-01-09", "acceptance_on": "2024-05-06",
...          "acceptance_result": "不合格"},
...         {**city, "id": "B", "action": "新建", "approved_on": "未"},
...     ],
...     "units": [{"unit": "甲", "list_complete": True}],
... })
>>> rows, notices = consequences(facts, load_ruleset(), date(2026, 11, 24), ["32.1"])
>>> bar = next(r for r in rows if r["project"] == "B" and r["effect"] == "no_new_projects")
>>> bar["outcome"], bar["from"], bar["because"]
('触发', '2024-05-06', [{'project': 'A', 'clause': '31.2', 'field': 'acceptance_result'}])
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

import numpy as np

from zwxm_core import lifecycle
from zwxm_core.consequences.acceptance import acceptance
from zwxm_core.consequences.causes import Effect, Setting, Units, joined, units_of
from zwxm_core.consequences.effects import EFFECTS, effect_text
from zwxm_core.consequences.pointed import (
    Breaches,
    accountability,
    evaluation_weighs,
    misused_funds,
    rectification,
)
from zwxm_core.consequences.security import SECURITY_SHORT, security
from zwxm_core.consequences.sharing import sharing
from zwxm_core.consequences.singles import catalogue, data_collection
from zwxm_core.facts import Facts
from zwxm_core.findings import Evaluation, computable, evaluate, outcome
from zwxm_core.obligations import standings
from zwxm_core.rules.answer import ALWAYS, FROM_APPROVAL, FROM_CONSTRUCTION, IN_OPERATION
from zwxm_core.rulesets import IN_FORCE, TWO_READINGS, Convention, RuleSet

__all__ = [
    "CONSEQUENCES",
    "EFFECTS",
    "Breaches",
    "consequences",
    "depends",
    "effect_text",
    "of_rule",
    "order",
]


class Consequence(NamedTuple):
    """A clause's function of a `Setting`, and the stages from..to at which its effects on a project
    itself are asked; ``findings``: it also rests on what the assessment finds.
    """

    effects: Callable
    live: tuple[str, str]
    findings: bool = False


CONSEQUENCES = {
    "9.3": Consequence(catalogue, ALWAYS),
    "12.1": Consequence(data_collection, ALWAYS),
    "32.1": Consequence(acceptance, FROM_CONSTRUCTION),
    "33.2": Consequence(sharing, FROM_CONSTRUCTION),
    "46.4": Consequence(evaluation_weighs, IN_OPERATION),
    "47.2": Consequence(rectification, FROM_APPROVAL, findings=True),
    "48.1": Consequence(accountability, ALWAYS, findings=True),
    "48.2": Consequence(misused_funds, ALWAYS),
    "51.1": Consequence(security, FROM_CONSTRUCTION),
}
"""Clause id → its effects, in the law's order. 28.2 is a rule of chapter 4, written by `of_rule`."""


def consequences(
    facts: Facts,
    ruleset: RuleSet,
    as_of: date,
    clauses: Iterable[str] | None = None,
    all_clauses: bool = False,
    breaches: Breaches | None = None,
) -> tuple[list[dict], list[dict]]:
    """What follows for each project and each unit.

    Parameters
    ----------
    facts : Facts
        The projects to write. If they are a part of a portfolio, the whole of it is looked at.
    ruleset : RuleSet
    as_of : date
    clauses : iterable of str or None
        Only these clauses, whatever the stage of a project.
    all_clauses : bool
        Everything; otherwise only clauses live at a project's stage, and of what they come to only what is
        set off or pointed out (be it by another reading), excepted, or open where a cause is stated
        (of a whole unit: where open).
    breaches : Breaches or None
        What the assessment finds; None: found here.

    Returns
    -------
    rows, notices : list of dict
        As the public contract writes ``consequences`` and ``notices``.
    """
    wanted = [c for c in CONSEQUENCES if clauses is None or c in set(clauses)]
    everything = all_clauses or clauses is not None
    if any(CONSEQUENCES[c].findings for c in wanted) and (breaches is None or clauses is not None):
        breaches = breaches or Breaches(lambda _one, _row: [])
        breaches.note(evaluate(facts, ruleset, as_of), as_of)
        breaches.note_due(standings(facts, ruleset, as_of), as_of)
    rows: list[dict] = []
    notices: dict[tuple, dict] = {}
    for clause in wanted:
        for stand in _stands_for(facts, ruleset, as_of, clause, breaches):
            for row in stand.chosen(facts, everything):
                written = stand.row(row)
                rows.append(written)
                for told in stand.notices(written):
                    notices.setdefault(tuple(told.values()), told)
    return sorted(rows, key=order(facts.ids, ruleset)), list(notices.values())


def depends(facts: Facts, ruleset: RuleSet, as_of: date, clause: str) -> frozenset[str]:
    """The conventions and parameters that a clause's effects on a portfolio rest on, those of its
    bounds included, and those that arise only in some cases by their clause; what is read of the
    facts is noted in ``facts.reads``. The findings that 47.2 and 48.1 look at are left out.
    """
    setting = Setting(facts.whole, ruleset.terms(), ruleset, as_of, clause, units_of(facts.whole, as_of))
    _effects(setting, Breaches(lambda _one, _row: []))
    arising = {c.name for c in ruleset.conventions.values() if c.clause == clause}
    return frozenset(setting.p.reads | arising)


def order(ids: Iterable[str], ruleset: RuleSet) -> Callable[[dict], tuple]:
    """Key that puts rows in the order of the projects, whole units last, then of the law; of the
    effects of one clause those set off come first.
    """
    project = {str(id_): place for place, id_ in enumerate(ids)}
    clause = {id_: place for place, id_ in enumerate(ruleset.clauses)}
    first = {"触发": 0, "提示": 0, "待核": 1, "不适用": 3}

    def key(row: dict) -> tuple:
        weight = first.get(row["outcome"], 2) if "effect" in row else 0
        return project.get(row["project"], len(project)), clause[row["clause"]], weight

    return key


def of_rule(evaluation: Evaluation, row: int, **told) -> list[dict]:
    """A consequence that is a rule of its own (28.2), written as the contract has it.

    ``told`` are its ``open_facts``, ``readings`` and ``reason``.
    """
    state, day = evaluation.state(row), evaluation.days[row]
    project, clause = evaluation.project(row), evaluation.clause
    unit = evaluation.facts.projects.columns["unit"].at(evaluation.local(row))
    names = (
        dict.fromkeys(c.name for leaf, _ in evaluation.body.deciding(row) for c in leaf.facts)
        if state
        else ()
    )
    return [
        {
            "clause": clause.id,
            "cite": clause.cite,
            "unit": unit,
            "project": project,
            "applies": evaluation.applies.state(row),
            "state": state,
            "outcome": evaluation.outcome(row),
            "effect": effect,
            "year": None,
            "from": str(day) if state and not np.isnat(day) else None,
            **told,
            "because": [{"project": project, "clause": clause.id, "field": name} for name in names],
        }
        for effect in clause.effects
    ]


# One pass -------------------------------------------------------------------------------


@dataclass(slots=True)
class Stand:
    """One effect of a clause over a portfolio, with the readings under which it comes out otherwise."""

    clause: str
    effect: Effect
    setting: Setting
    units: Units
    readings: list[tuple[str, object, Effect, np.ndarray]] = field(default_factory=list)

    def chosen(self, facts: Facts, everything: bool) -> list[int]:
        """The entries to write: those of the projects in `facts` and of their units."""
        e, f = self.effect, self.setting.f
        mine = np.zeros(f.n, bool)
        mine[facts.places] = True
        unit = np.zeros(self.units.n + 1, bool)
        unit[self.units.of_project[mine]] = True
        unit[-1] = False
        at_unit = unit[e.unit]
        mine_or_unit = (
            np.where(e.project >= 0, mine[e.project], at_unit) if f.n else np.zeros(len(e.project), bool)
        )
        keep = mine_or_unit.copy()
        if not everything:
            asks, holds = ~e.applies.no, e.applies.yes & e.body.yes
            open_ = asks & ~holds & ~(e.applies.yes & e.body.no)
            for *_, other, differs in self.readings:  # set off by another reading
                holds = holds | (differs & other.applies.yes & other.body.yes)
            keep &= holds | (open_ & (e.stated | (e.project < 0)))
            if e.exempt is not None:
                keep |= asks & e.exempt & mine_or_unit
            if e.staged:
                live = lifecycle.live(f, self.setting.as_of, *CONSEQUENCES[self.clause].live)
                keep &= live[e.project]
        return np.flatnonzero(keep).tolist()

    def project(self, row: int) -> str | None:
        """The project of an entry; None for a whole unit."""
        at = int(self.effect.project[row])
        return None if at < 0 else str(self.setting.f.ids[at])

    def state(self, row: int, effect: Effect | None = None) -> dict:
        """Applicability, state and outcome of one entry."""
        e = effect or self.effect
        applies = e.applies.state(row)
        state = e.body.state(row) if applies else None
        word = outcome("consequence", applies, state)
        if state and e.hint:
            word = "提示"
        if state is False and e.exempt is not None and e.exempt[row]:
            word = "例外"
        return {"applies": applies, "state": state, "outcome": word}

    def row(self, row: int) -> dict:
        """One entry as the contract writes it."""
        e, entry = self.effect, self.setting.ruleset.clauses[self.clause]
        unit, state = int(e.unit[row]), self.state(row)
        since = e.since(row) if state["state"] else np.datetime64("NaT")
        return {
            "clause": self.clause,
            "cite": entry.cite,
            "unit": None if unit < 0 else self.units.names[unit],
            "project": self.project(row),
            **state,
            "effect": e.name,
            "year": self._year(e, row),
            "from": None if np.isnat(since) else str(since),
            "open_facts": self.open_facts(row),
            "readings": [self._reading(*r[:3], row) for r in self.readings if r[3][row]],
            "because": e.because(row) if state["state"] else [],
            "reason": self.reason(row),
        }

    def _year(self, e: Effect, row: int) -> int | None:
        """The year an entry speaks of; none of its own where nothing is set off."""
        silent = e.staged and self.state(row, e)["state"] is False
        return int(e.year[row]) if e.year[row] > 0 and not silent else None

    def _reading(self, name: str, value: object, other: Effect, row: int) -> dict:
        told = {"convention": name, "value": value, **self.state(row, other)}
        years = self._year(other, row), self._year(self.effect, row)
        return {**told, "year": years[0]} if any(years) else told

    def reason(self, row: int) -> str:
        """Why, as one line."""
        applies = self.effect.applies.state(row)
        told = self.effect.told(row) if applies else self.effect.applies.sentences(row)
        lead = "是否适用待核：" if applies is None else ""
        return lead + "；".join(dict.fromkeys(filter(None, told))) + "。"

    def open_facts(self, row: int) -> list[dict]:
        """What is missing of an open entry, each with its place and its Chinese name."""
        e = self.effect
        if e.applies.no[row] or self.state(row)["state"] is not None:
            return []
        project = self.project(row)
        found = [*e.applies.open_cells(row), *([] if e.body.state(row) is not None else e.cells(row))]
        facts = [cell if isinstance(cell, dict) else self._fact(project, cell) for cell in found]
        return list({tuple(fact.values()): fact for fact in facts}.values())

    def _fact(self, project: str | None, cell: tuple) -> dict:
        owner, sheet, at, name = cell if len(cell) == 4 else (project, *cell)
        f, ruleset = self.setting.f, self.setting.ruleset
        if sheet == "ruleset":
            label, key, claimed = f"口径：{ruleset.conventions[name].label}", None, False
        else:
            table = f.tables[sheet]
            column, place, key = table.columns[name], at, at if isinstance(at, str) else None
            if sheet == "projects":
                place = self.setting.place(owner)
            elif sheet == "units":
                place = int(self.units.row[self.units.number[str(at)]])
            elif at is not None:
                key = table.key(at)
            claimed = (
                column.claimed is not None
                and place is not None
                and place >= 0
                and bool(column.claimed[place])
            )
            label = column.label
        needs = "evidence" if claimed else "value"
        return {"project": owner, "sheet": sheet, "row": key, "field": name, "label": label, "needs": needs}

    def notices(self, written: dict) -> Iterator[dict]:
        """The questions that hold an entry open, for an office to settle."""
        conventions = self.setting.ruleset.conventions
        for fact in written["open_facts"]:
            question: Convention | None = (
                conventions.get(fact["field"]) if fact["sheet"] == "ruleset" else None
            )
            if question is not None and written["project"] is not None:
                text = f"{question.label}：{question.why}；规则集未定，须由主管部门明确"
                where = {"clause": self.clause, "cite": written["cite"], "project": written["project"]}
                yield {"code": "convention_undecided", **where, "text": text}


def _stands_for(
    facts: Facts, ruleset: RuleSet, as_of: date, clause: str, breaches: Breaches | None
) -> list[Stand]:
    """The effects of a clause over the whole portfolio. Where they rest on no findings they are the same
    for every project taken alone, and are worked out once for all of them.
    """
    if facts is facts.whole or CONSEQUENCES[clause].findings:
        return _stands(facts.whole, ruleset, as_of, clause, breaches)
    return facts.whole.once(_stands, ruleset, as_of, clause)


def _stands(
    f: Facts, ruleset: RuleSet, as_of: date, clause: str, breaches: Breaches | None = None
) -> list[Stand]:
    """The effects of a clause, with every reading that changes one of their entries."""
    terms, units = ruleset.terms(), f.once(units_of, as_of)
    setting = Setting(f, terms, ruleset, as_of, clause, units)
    effects = _effects(setting, breaches)
    stands = [Stand(clause, effects[name], setting, units) for name in ruleset.clauses[clause].effects]
    tried = {
        (name, value)
        for name in terms.reads & ruleset.conventions.keys()
        for value in ruleset.conventions[name].others
    }
    if breaches is not None and CONSEQUENCES[clause].findings:
        tried |= set(breaches.readings())
    for name, value in sorted(tried, key=str):
        if name == "last_day_in_force":
            continue
        changed, able = terms.with_(**{name: value}), _able(f, ruleset.conventions[name])
        other = Setting(f, changed, ruleset, as_of, clause, units, base=terms, able=able)
        _compare(stands, name, value, _effects(other, breaches and breaches.under((name, value))))
    if setting.unsettled:
        last = ruleset.conventions["last_day_in_force"]
        longer = Setting(f, terms, ruleset, as_of, clause, units, (IN_FORCE, TWO_READINGS))
        _compare(stands, last.name, last.value, _effects(longer, breaches))
    return stands


def _effects(setting: Setting, breaches: Breaches | None) -> dict[str, Effect]:
    bound = CONSEQUENCES[setting.clause]
    made = bound.effects(setting, breaches) if bound.findings else bound.effects(setting)
    return {effect.name: effect for effect in made}


def _compare(stands: list[Stand], name: str, value: object, others: dict[str, Effect]) -> None:
    for stand in stands:
        mine, theirs = stand.effect, others[stand.effect.name]
        differs = (_code(mine) != _code(theirs)) | (
            (mine.year != theirs.year) & mine.body.yes & mine.applies.yes
        )
        if differs.any():
            stand.readings.append((name, value, theirs, differs))


def _code(effect: Effect) -> np.ndarray:
    """Applicability and state in one, so that a changed outcome shows."""
    applies = effect.applies.states()
    return np.where(applies == 1, effect.body.states(), np.where(applies == 0, 5, -1))


def _able(f: Facts, convention: Convention) -> np.ndarray:
    """Where the facts that another reading needs are all known, each in 项目 or, of the sheet that is
    its long form, in every row of the project.
    """
    able, on = np.ones(f.n, bool), f.acceptance_on
    for need in convention.needs:
        if need in SECURITY_SHORT.values():
            sheet = joined(f, "security", (need,), SECURITY_SHORT)
            able[sheet.parent[~sheet.table.columns[need].known]] = False
            continue
        known = computable(f, replace(convention, needs=(need,)))
        if need == "acceptance_result":  # its day of 未 says as much as 未进行
            known |= on.known & np.isnat(on.values)
        able &= known
    return able
