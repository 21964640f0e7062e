"""Variants of an exercise: numbers, days and cases drawn from a seed, the limits from the rule set.

An exercise names what is drawn (``given``); its facts and sentences refer to it: ``=name`` is the
value, ``{name}`` in a text is how users read it. The same trainee, exercise and round always give
the same variant, on every machine.

=========================== =========================================================================
``{pick: [a, b]}``          one of them
``{yuan: [lo, hi]}``        an amount between two 元, with 分
``{wan: [lo, hi]}``         a whole number of 万元
``{near: merge_limit}``     the rule set's amount, one 分 less, or one more
``{share: [total, limit]}`` that ratio of another amount, to the 分 below, and one 分 beside it
``{part: [total, 5, 12]}``  between 5 and 12 per cent of another amount
``{sum: [a, b]}``           amounts added (``-b``: taken away)
``{count: [lo, hi]}``       a whole number
``{day: [first, last]}``    a day
``{months: [day, months]}`` the last day of a period of months (a number or a parameter), and one day beside it
``{days: [day, n]}``        n days later
=========================== =========================================================================

``by`` says which distances, 分 or 日, are drawn from (near, share and months: -1, 0, 1; sum: 0).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from zwxm_core.money import FEN, to_fen, yuan_text
from zwxm_core.periods import months_after
from zwxm_core.rulesets import RuleSet
from zwxm_core.rulesets.checking import parse_value


def seeded(*parts: object) -> random.Random:
    """A generator of random numbers that hangs on these words alone.

    >>> seeded("甲", 1).random() == seeded("甲", 1).random() != seeded("乙", 1).random()
    True
    """
    return random.Random("/".join(map(str, parts)))


class Source(NamedTuple):
    """What a draw may use: the values drawn before, the rule set, the random numbers."""

    values: dict[str, Any]
    ruleset: RuleSet
    rng: random.Random


def draw(given: dict, ruleset: RuleSet, rng: random.Random, known: dict | None = None) -> dict[str, Any]:
    """The values of one variant, in the order they are named; ``known`` are those drawn before.

    >>> from zwxm_core.rulesets import load_ruleset
    >>> drawn = draw({"total": {"near": "merge_limit", "by": [1]}}, load_ruleset(), seeded("甲"))
    >>> drawn["total"]
    Decimal('5000000.01')
    """
    source = Source(dict(known or {}), ruleset, rng)
    for name, spec in given.items():
        source.values[name] = _drawn(spec, source)
    return source.values


def _drawn(spec, source: Source):
    if not isinstance(spec, dict):
        return filled(spec, source.values)
    kind = next(iter(spec))
    return DRAWS[kind](filled(spec[kind], source.values), spec.get("by"), source)


def filled(spec, values: dict):
    """A specification with every ``=name`` replaced by its value and every ``{name}`` by its text."""
    if isinstance(spec, dict):
        return {key: filled(value, values) for key, value in spec.items()}
    if isinstance(spec, list):
        return [filled(value, values) for value in spec]
    if isinstance(spec, str) and spec.startswith("="):
        return values[spec[1:]]
    if isinstance(spec, str) and "{" in spec:
        return spec.format_map({name: written(value) for name, value in values.items()})
    return spec


def written(value) -> str:
    """A drawn value as a sentence shows it.

    >>> from datetime import date
    >>> written(Decimal("5000000.01")), written(date(2024, 3, 1)), written(True)
    ('5,000,000.01', '2024-03-01', '是')
    """
    if isinstance(value, bool):
        return "是" if value else "否"
    return yuan_text(_fen(value)) if isinstance(value, Decimal) else str(value)


def _fen(amount) -> int:
    return to_fen(amount if isinstance(amount, Decimal) else str(amount), "元")


def _yuan(fen: int) -> Decimal:
    return Decimal(fen) / FEN["元"]


def _limit(name, source: Source):
    """A parameter by its name, a ratio like 90%, or the number itself."""
    if isinstance(name, str) and name.endswith("%"):
        return parse_value(name, "比例")
    return getattr(source.ruleset.terms(), name) if isinstance(name, str) else name


def _near(limit, by, source: Source):
    return _yuan(_limit(limit, source) + source.rng.choice(by or [-1, 0, 1]))


def _share(spec, by, source: Source):
    of, limit = spec
    ratio = Fraction(_limit(limit, source))
    exact = _fen(source.values[of]) * ratio.numerator // ratio.denominator
    return _yuan(exact + source.rng.choice(by or [-1, 0, 1]))


def _part(spec, _by, source: Source):
    of, low, high = spec
    return _yuan(_fen(source.values[of]) * source.rng.randrange(low * 1000, high * 1000) // 100_000)


def _sum(spec, by, source: Source):
    signed = [(-1, name[1:]) if name.startswith("-") else (1, name) for name in spec]
    return _yuan(
        sum(sign * _fen(source.values[name]) for sign, name in signed) + source.rng.choice(by or [0])
    )


def _day(spec, _by, source: Source):
    first, last = spec
    return first + timedelta(days=source.rng.randrange((last - first).days + 1))


def _months(spec, by, source: Source):
    of, months = spec
    last = months_after(source.values[of], int(_limit(months, source)))
    return last + timedelta(days=source.rng.choice([-1, 0, 1] if by is None else by))


DRAWS: dict[str, Callable] = {
    "pick": lambda spec, _by, source: source.rng.choice(spec),
    "yuan": lambda spec, _by, source: _yuan(source.rng.randrange(spec[0] * 100, spec[1] * 100)),
    "wan": lambda spec, _by, source: Decimal(source.rng.randrange(spec[0], spec[1] + 1) * 10_000),
    "near": _near,
    "share": _share,
    "part": _part,
    "sum": _sum,
    "count": lambda spec, _by, source: source.rng.randrange(spec[0], spec[1] + 1),
    "day": _day,
    "months": _months,
    "days": lambda spec, _by, source: source.values[spec[0]] + timedelta(days=spec[1]),
}
"""How each kind of value is drawn."""
