"""The annual joint review (年度集中审查, 第十七条) of a whole portfolio, part by part.

What stands here is a draft made from the facts as filled in: which projects go on the list is
decided by the bodies the clause names, never by this program.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from zwxm_core.assessment import assess
from zwxm_core.facts import Facts
from zwxm_core.lifecycle import stage_names
from zwxm_core.portfolio import Portfolio
from zwxm_core.reporting.kinds import article
from zwxm_core.reporting.questions import Question, questions
from zwxm_core.reporting.report import inputs, portfolio_of
from zwxm_core.rulesets import RuleSet, load_ruleset
from zwxm_core.tables import Html, small, table, text

TO_REVIEW = (None, "申报", "入清单")
"""Stages of the projects that are up for review: not yet approved."""


MOST = 120
"""Rows that one table of the report shows; the workbook beside it has them all."""


UNKNOWN = "未提供"


@dataclass
class Annual:
    """A portfolio judged on one day by one rule set."""

    portfolio: Portfolio
    as_of: date
    ruleset: RuleSet
    mapping: Path | None = None

    @property
    def facts(self) -> Facts:
        """The facts of all projects."""
        return self.portfolio.facts

    @cached_property
    def assessment(self) -> dict:
        """What the rules say of every project (the contract's JSON)."""
        return assess(self.facts, self.ruleset, self.as_of)

    @cached_property
    def stages(self) -> list[str | None]:
        """The stage of each project."""
        return stage_names(self.facts, self.as_of)

    @cached_property
    def under_review(self) -> list[int]:
        """Rows of the projects that are up for review."""
        return [row for row, stage in enumerate(self.stages) if stage in TO_REVIEW]

    @cached_property
    def rows(self) -> dict[str, int]:
        """Row by project id."""
        return {str(id_): row for row, id_ in enumerate(self.facts.ids)}

    @cached_property
    def questions(self) -> list[Question]:
        """What an auditor would ask."""
        return questions(self.facts, self.ruleset, self.as_of)

    def named(self, project: str | None) -> object:
        """A project as the tables show it: name and id."""
        if project not in self.rows:
            return project
        name = self.facts.name.at(self.rows[project])
        return project if name is None else text(name, 60) + small(project)

    def findings(self, number: int) -> list[dict]:
        """The findings of one article."""
        return [one for one in self.assessment["findings"] if article(one["clause"]) == number]


def open_annual(data=None, as_of=None, ruleset=None, mapping=None) -> Annual:
    """Open a portfolio for the annual review.

    Parameters
    ----------
    data : str, Path or None
        The workbook or CSV; None: the samples, with their rule set and day.
    as_of : str, date or None
        The day of assessment; None: today.
    ruleset, mapping : str, Path or None

    Raises
    ------
    zwxm_core.portfolio.InputError
        The file cannot be read as the contract says.
    """
    data, day, rules = inputs(data, as_of, ruleset)
    portfolio = portfolio_of(data, mapping)
    return Annual(portfolio, day, load_ruleset(rules), None if mapping is None else Path(mapping))


def total(amounts: Iterable[int | None]) -> tuple[int, int]:
    """The sum of the known amounts (分), and how many are not known."""
    listed = list(amounts)
    known = [amount for amount in listed if amount is not None]
    return sum(known), len(listed) - len(known)


def capped(
    heads,
    rows: list,
    numbers: Iterable[int] = (),
    empty: str = UNKNOWN,
    kind: str = "",
    rest: str = "，全部见汇总表",
    caption: str | None = None,
) -> Html:
    """A table of at most `MOST` rows; what is left out is said, and where it stands."""
    shown = table(heads, rows[:MOST], numbers, caption=caption, empty=empty, kind=kind)
    left = len(rows) - MOST
    return shown + (small(f"另有 {left} 行未列{rest}。") if left > 0 else Html(""))
