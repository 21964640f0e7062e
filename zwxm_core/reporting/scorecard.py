"""The set of indicators (指标集) that evaluations are scored by, and its grades, read from ``scorecard.yaml``.

A proposal of this tool, not of the regulation: an office may write its own file of the same form.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import yaml

SHIPPED = Path(__file__).with_name("scorecard.yaml")

FULL = 100
"""Points of a whole set of indicators."""

WAYS = ("clauses", "targets", "cost", "delay", "acceptance", "indicators", "usage")
"""The ways of scoring (``rule``); `zwxm_core.reporting.scoring` has a function for each."""


class Indicator(NamedTuple):
    """One third-level indicator with the two levels above it."""

    first: str
    second: str
    name: str
    points: int
    rule: str
    says: str
    given: dict


class Grade(NamedTuple):
    """A grade and the score from which it begins, which belongs to it."""

    name: str
    start: int


class Scorecard(NamedTuple):
    """A set of indicators with its grades, the best first."""

    name: str
    version: str
    grades: tuple[Grade, ...]
    indicators: tuple[Indicator, ...]

    @property
    def clauses(self) -> list[str]:
        """The clauses whose conclusions are scored."""
        return sorted({clause for one in self.indicators for clause in one.given.get("of", ())})


@lru_cache(maxsize=4)
def load_scorecard(path: Path | str | None = None) -> Scorecard:
    """Read a set of indicators; None: the one that ships.

    Raises
    ------
    ValueError
        Weights that are no whole numbers or do not come to 100, an unknown way of scoring, or grades
        that leave a gap.

    Examples
    --------
    >>> card = load_scorecard()
    >>> sum(one.points for one in card.indicators), [grade.name for grade in card.grades]
    (100, ['优', '良', '中', '差'])
    """
    path = SHIPPED if path is None else Path(path)
    told = yaml.safe_load(path.read_text("utf-8"))
    listed = tuple(
        Indicator(first["name"], second["name"], one["name"], one["points"], one["rule"], one["says"],
                  {k: v for k, v in one.items() if k not in ("name", "points", "rule", "says")})
        for first in told["groups"] for second in first["groups"] for one in second["indicators"]
    )  # fmt: skip
    grades = tuple(Grade(one["name"], one["from"]) for one in told["grades"])
    if any(type(one.points) is not int or one.points <= 0 for one in listed):
        raise ValueError(f"{path.name}：分值应为大于 0 的整数")
    if (whole := sum(one.points for one in listed)) != FULL:
        raise ValueError(f"{path.name}：各指标分值合计应为 {FULL}，读到 {whole}")
    if unknown := {one.rule for one in listed} - set(WAYS):
        raise ValueError(f"{path.name}：不认识的评分方法：{'、'.join(sorted(unknown))}")
    starts = [grade.start for grade in grades]
    if starts[-1] != 0 or starts != sorted(set(starts), reverse=True):
        raise ValueError(f"{path.name}：等级应从高到低，最低一等从 0 分起")
    return Scorecard(told["name"], str(told["version"]), grades, listed)


def grade_of(value: Fraction, grades: tuple[Grade, ...] | None = None) -> str:
    """The grade of a score (0 to 100); a grade begins at its line, the line included.

    >>> [grade_of(Fraction(n)) for n in (90, 80, 60, 0)]
    ['优', '良', '中', '差']
    >>> grade_of(Fraction(90) - Fraction(1, 10**9))
    '良'
    """
    grades = load_scorecard().grades if grades is None else grades
    return next(one.name for one in grades if value >= one.start)


def score_text(value: Fraction, grades: tuple[Grade, ...] | None = None, full: int = FULL) -> str:
    """A score with two decimals, more where it would otherwise seem to reach another grade or full marks.

    >>> score_text(Fraction(85)), score_text(Fraction(175, 2)), score_text(Fraction(200, 3))
    ('85', '87.5', '约 66.67')
    >>> score_text(90 - Fraction(1, 3000)), score_text(8 - Fraction(1, 3000), full=8)
    ('约 89.9997', '约 7.9997')
    """
    for places in range(2, 12):
        scaled = value * 10**places
        rounded = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
        shown = Fraction(rounded, 10**places)
        if grade_of(shown, grades) == grade_of(value, grades) and (shown < full) == (value < full):
            break
    digits = f"{Decimal(rounded).scaleb(-places):f}"
    digits = digits.rstrip("0").rstrip(".") if shown == value and "." in digits else digits
    return digits if shown == value else f"约 {digits}"
