"""What a clause answers: does it apply, and what does it come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from zwxm_core.conditions import Condition
from zwxm_core.facts import Column, Table


@dataclass(slots=True)
class Notice:
    """Something to point out beside a finding: code, where, and one Chinese sentence."""

    code: str
    where: np.ndarray
    text: str


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
