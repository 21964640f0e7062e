"""What a clause is bound to, and what it answers: does it apply, what does it come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from zwxm_core.conditions import Condition, all_of, any_of, given, not_
from zwxm_core.facts import Bounds, Column, Table

BEFORE_CONSTRUCTION = ("申报", "批复")
FROM_APPROVAL = ("批复", "终止")
FROM_CONSTRUCTION = ("建设", "终止")
FROM_TRIAL = ("试运行", "终止")
IN_OPERATION = ("运行", "终止")
ALWAYS = ("申报", "终止")
"""Stages from..to at which a clause is asked."""


class Rule(NamedTuple):
    """One clause: its function of facts and terms, its event, the stages from..to it is asked at.

    ``event`` gives the date column that chooses the rules (None: the day of assessment);
    ``bounded`` is False for the clauses that bound the others, ``scoped`` for those that say what a
    government IT project is.
    """

    answer: Callable
    event: Callable | None
    live: tuple[str, str]
    bounded: bool = True
    scoped: bool = True


@dataclass(slots=True)
class Notice:
    """Something to point out beside a finding: code, where, and one Chinese sentence."""

    code: str
    where: np.ndarray
    text: str


@dataclass(slots=True)
class Step:
    """One step of a procedure (routing): who gives what, and whether it has been given.

    ``done`` is None where the text names the body but no fact records the act; a step with a ``case``
    is not listed where that is known not to be the project's.
    """

    step: str
    who: str
    gives: str
    done: Condition | None = None
    case: Condition | None = None


@dataclass(slots=True)
class Amount:
    """An exact amount that follows from a clause, 分: one entry a project, or a row of `Answer.per`."""

    code: str
    amount: Bounds
    party: Column | None = None


@dataclass(slots=True)
class Exemption:
    """A ground on which a ban or duty does not bite: ``statute`` or ``discretion`` (原则上).

    ``basis`` and ``level`` are the text of the legal basis and its rank, one entry a project.
    """

    ground: str
    holds: Condition
    basis: Column | None = None
    level: Column | None = None


@dataclass(slots=True)
class Answer:
    """One clause over n projects (or over the rows of `per`).

    Attributes
    ----------
    applies, body : Condition
        Whether the clause applies, and the condition it states.
    item : str or None
        Names a second finding of the same clause.
    kind : str or None
        Nature of the conclusion, where it differs from the clause's own.
    items : tuple of Condition
        The entries of a checklist, each a proposition named by the entry.
    per : Table or None
        The child table whose rows `applies` and `body` speak of.
    days : Column or None
        The date that chooses the rules, row by row of `per`.
    by_row : callable or None
        Makes the same answer for each row of a child table, used where the convention asks for it.
    notices : tuple of Notice
    steps : tuple of Step
        The steps of a routing clause.
    amounts : tuple of Amount
        The amounts of an amount clause.
    exemptions : tuple of Exemption
        Grounds already counted in `body`; `adverse` is the condition they take the edge off.
    """

    applies: Condition
    body: Condition
    item: str | None = None
    kind: str | None = None
    items: tuple[Condition, ...] = ()
    per: Table | None = None
    days: Column | None = None
    by_row: Callable[[], Answer] | None = None
    notices: tuple[Notice, ...] = ()
    steps: tuple[Step, ...] = ()
    amounts: tuple[Amount, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    adverse: Condition | None = None


def always(id: str, text: str, n: int) -> Condition:
    """True of all n projects or rows: what a clause within its bounds asks of each."""
    return given(id, text, np.ones(n, bool), np.zeros(n, bool), says=lambda row: "")


def banned(hit: Condition, *exemptions: Exemption) -> dict:
    """Body of a ban with its exemptions: hit, and no exemption holds (keywords of `Answer`)."""
    free = any_of("exempt", "有例外", *(e.holds for e in exemptions))
    body = all_of("ban", hit.text, hit, not_("not_exempt", "没有例外", free), premise=True)
    return {"body": body, "exemptions": exemptions, "adverse": hit}


def required(done: Condition, *exemptions: Exemption) -> dict:
    """Body of a duty with its exemptions: done, or an exemption holds (keywords of `Answer`)."""
    body = any_of("duty", done.text, done, *(e.holds for e in exemptions))
    return {"body": body, "exemptions": exemptions, "adverse": not_("not_done", f"没有：{done.text}", done)}
