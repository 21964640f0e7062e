"""The set of indicators (指标集) that evaluations are scored by, and its grades, read from ``scorecard.yaml``.

A proposal of this tool, not of the regulation: an office may write its own file of the same form.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from zwxm_core.reporting.files import file_hash
from zwxm_core.reporting.scorecard_mistakes import mistakes
from zwxm_core.rulesets.checking import RulesetError, read_yaml

SHIPPED = Path(__file__).with_name("scorecard.yaml")

FULL = 100
"""Points of a whole set of indicators."""

WAYS = {
    "clauses": ("of",), "targets": (), "cost": ("zero_at",), "delay": ("zero_at",), "acceptance": (),
    "indicators": ("kinds",), "usage": ("full_at",),
}  # fmt: skip
"""The ways of scoring (``rule``) with what each is given; `zwxm_core.reporting.scoring` has a function for each."""


class ScorecardError(RulesetError):
    """A set of indicators that cannot be used; ``problems`` lists every mistake with file and line."""


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
    """A set of indicators with its grades, the best first; where it was read and the hash of the file."""

    name: str
    version: str
    grades: tuple[Grade, ...]
    indicators: tuple[Indicator, ...]
    path: Path
    sha256: str

    @property
    def own(self) -> bool:
        """Whether an office wrote it, and not this tool."""
        return self.path != SHIPPED

    @property
    def clauses(self) -> list[str]:
        """The clauses whose conclusions are scored."""
        return sorted({clause for one in self.indicators for clause in one.given.get("of", ())})


def load_scorecard(path: Path | str | None = None) -> Scorecard:
    """Read a set of indicators; None: the one that ships.

    Raises
    ------
    ScorecardError
        The file cannot be read, or it is no set of indicators: points that are no whole numbers or do not come
        to 100, an unknown way of scoring or clause, grades that leave a gap. Every mistake is told.

    Examples
    --------
    >>> card = load_scorecard()
    >>> sum(one.points for one in card.indicators), [grade.name for grade in card.grades]
    (100, ['优', '良', '中', '差'])
    """
    path = SHIPPED if path is None else Path(path)
    digest = file_hash(path)
    if digest is None:
        raise ScorecardError([f"{path}：没有这个指标集文件"])
    return _loaded(path, digest)


@lru_cache(maxsize=4)
def _loaded(path: Path, digest: str) -> Scorecard:
    """The set in a file of this hash."""
    try:
        source = read_yaml(path)
    except RulesetError as error:
        raise ScorecardError(error.problems) from None
    if found := list(mistakes(source, WAYS, FULL)):
        raise ScorecardError(found)
    told = source.data
    listed = tuple(
        Indicator(first["name"], second["name"], one["name"], one["points"], one["rule"], one["says"],
                  {key: one[key] for key in WAYS[one["rule"]]})
        for first in told["groups"] for second in first["groups"] for one in second["indicators"]
    )  # fmt: skip
    grades = tuple(Grade(one["name"], one["from"]) for one in told["grades"])
    return Scorecard(told["name"], told["version"], grades, listed, path, digest)


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
