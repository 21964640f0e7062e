"""Scoring by three-level indicators (评分): points, evidence, bounds where evidence is missing, and the grade.

The indicators, their weights and the grades are data (`scorecard`), a proposal of this tool and not
of the regulation. Scores are exact fractions. What nobody has provided is neither full marks nor
none: the total then has a lower and an upper bound, and the grade stands only where both agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from zwxm_core.assessment import assess
from zwxm_core.facts import Facts
from zwxm_core.money import percent_text, wan_text
from zwxm_core.obligations import titled
from zwxm_core.portfolio import schema
from zwxm_core.reporting.report import Report, of_project
from zwxm_core.reporting.scorecard import FULL, Indicator, Scorecard, grade_of, load_scorecard, score_text
from zwxm_core.rulesets import RuleSet
from zwxm_core.tables import item_text


class Share(NamedTuple):
    """The part of its points that an indicator earns, at least and at most (0 to 1), and what it rests on.

    ``low`` and ``high`` are None where the indicator does not apply to the project.
    """

    low: Fraction | None
    high: Fraction | None
    evidence: str


OUT = (None, None)
OPEN = (Fraction(0), Fraction(1))


# One project ------------------------------------------------------------------------------


class Scored(NamedTuple):
    """An indicator with what it earned."""

    indicator: Indicator
    share: Share

    @property
    def low(self) -> Fraction | None:
        """Points earned at least; None where it does not apply."""
        return None if self.share.low is None else self.share.low * self.indicator.points

    @property
    def high(self) -> Fraction | None:
        """Points earned at most."""
        return None if self.share.high is None else self.share.high * self.indicator.points

    @property
    def settled(self) -> bool:
        """Whether nothing is missing for it."""
        return self.share.low == self.share.high


@dataclass(frozen=True)
class Score:
    """The score of one project: its indicators, the total at least and at most, the grades possible."""

    card: Scorecard
    scored: tuple[Scored, ...]

    @cached_property
    def counted(self) -> list[Scored]:
        """The indicators that apply."""
        return [one for one in self.scored if one.low is not None]

    @property
    def whole(self) -> int:
        """The points of the indicators that apply."""
        return sum(one.indicator.points for one in self.counted)

    @property
    def pending(self) -> list[Scored]:
        """The indicators for which evidence is missing (待核)."""
        return [one for one in self.counted if not one.settled]

    def total(self, which: str) -> Fraction | None:
        """The total of 100, at least (``low``) or at most (``high``); None where nothing applies.

        An indicator that does not apply is left out and the rest counts for 100. The bounds hold also
        where an open indicator turns out not to apply.
        """
        if not self.whole:
            return None
        return sum((getattr(one, which) for one in self.counted), Fraction(0)) * FULL / self.whole

    @property
    def low(self) -> Fraction | None:
        return self.total("low")

    @property
    def high(self) -> Fraction | None:
        return self.total("high")

    @property
    def grades(self) -> list[str]:
        """The grades that are possible, the best first."""
        if self.low is None or self.high is None:
            return []
        best, worst = (grade_of(one, self.card.grades) for one in (self.high, self.low))
        names = [one.name for one in self.card.grades]
        return names[names.index(best) : names.index(worst) + 1]

    @property
    def grade(self) -> str | None:
        """The grade, where the evidence at hand leaves only one."""
        return self.grades[0] if len(self.grades) == 1 else None

    def sentence(self) -> str:
        """Score and grade in one sentence."""
        if self.low is None or self.high is None:
            return f"按{self.card.name}没有适用的指标，不评分。"
        low, high = (score_text(one, self.card.grades) for one in (self.low, self.high))
        if not self.pending:
            return f"按{self.card.name}评分：{_spaced(low)}分，等级“{self.grade}”。"
        open_points = sum(one.indicator.points for one in self.pending)
        told = f"按{self.card.name}评分：{len(self.pending)} 项指标（共 {open_points} 分）证据不全，得分在{_spaced(low)}至{_spaced(high)}分之间"
        if self.grade:
            return f"{told}，等级“{self.grade}”，补齐证据不会改变等级。"
        return f"{told}，等级待核，可能为{'、'.join(self.grades)}。"


def _spaced(figure: str) -> str:
    """A figure with the spaces it needs inside a Chinese sentence."""
    return f"{figure} " if figure.startswith("约") else f" {figure} "


def score(report: Report) -> Score:
    """The score of a report's project by its set of indicators."""
    card = load_scorecard(report.scorecard)
    told = report.assess(card.clauses)
    return scored(report.facts, told, report.ruleset, card)


def scored(facts: Facts, assessment: dict, ruleset: RuleSet, card: Scorecard | None = None) -> Score:
    """The score of one project.

    Parameters
    ----------
    facts : Facts
        Of the project alone.
    assessment : dict
        Of `assess`, for the project alone, with the clauses of the set (`Scorecard.clauses`).
    ruleset : RuleSet
    card : Scorecard or None
        None: the set that ships.
    """
    card, case = card or load_scorecard(), Case(facts, assessment, ruleset)
    return Score(
        card,
        tuple(Scored(one, RULES[one.rule](case, one.given)) for one in card.indicators),
    )


def in_operation(facts: Facts, as_of: date, row: int = 0) -> bool:
    """Whether the system is known to run: before that there is nothing to grade."""
    live = facts.projects.columns["go_live"].at(row)
    return live not in (None, "未") and date.fromisoformat(live) <= as_of


def grade(report: Report) -> str | None:
    """The grade of a report's project; None where it does not run yet, or evidence leaves it open."""
    return score(report).grade if in_operation(report.facts, report.as_of) else None


def grades(facts: Facts, ruleset: RuleSet, as_of: date, card: Scorecard | None = None) -> list[str | None]:
    """The grade of each project of a portfolio, as `grade` has it: for an index. ``card`` None: the set that ships.

    Returns
    -------
    list of str or None
        One a project; None where it does not run yet, or evidence leaves the grade open.
    """
    card = card or load_scorecard()
    rows = [row for row in range(facts.n) if in_operation(facts, as_of, row)]
    found: list[str | None] = [None] * facts.n
    if not rows:
        return found
    told = assess(facts.take(rows), ruleset, as_of, card.clauses)
    for row in rows:
        one = facts.take(slice(row, row + 1))
        found[row] = scored(one, of_project(told, str(facts.ids[row])), ruleset, card).grade
    return found


# The ways of scoring ------------------------------------------------------------------------


class Case(NamedTuple):
    """What a way of scoring looks at: the facts of one project, its assessment, the rule set."""

    facts: Facts
    told: dict
    ruleset: RuleSet


MET = {"符合": True, "例外": True, "齐备": True, "已完成": True}
BROKEN = {"不符合": False, "缺项": False, "逾期": False, "未履行": False, "早于窗口": False}
STATES = {**MET, **BROKEN, "待核": None}
"""Outcome of a conclusion -> whether it earns; others (不适用, 未到, 进行中 …) are not counted."""


def _mean(states: list[bool | None]) -> tuple[Fraction, Fraction]:
    """The part that is met, at least and at most."""
    return (
        Fraction(sum(state is True for state in states), len(states)),
        Fraction(sum(state is not False for state in states), len(states)),
    )


def _clauses(case: Case, given: dict) -> Share:
    """The conclusions of some clauses: the part of them that is met."""
    found: list[tuple[str, str]] = []
    for clause in given["of"]:
        found += _outcomes(case.told, clause)
    if not found:
        cites = "、".join(dict.fromkeys(case.ruleset.clauses[clause].cite for clause in given["of"]))
        return Share(*OPEN, f"{cites}：没有可供核对的登记")
    states = [STATES[outcome] for _, outcome in found if outcome in STATES]
    words = "；".join(f"{what}：{outcome}" for what, outcome in found if outcome in STATES)
    if not states:
        return Share(*OUT, "所列条款现在不适用或尚未到期")
    return Share(*_mean(states), words)


def _outcomes(told: dict, clause: str) -> list[tuple[str, str]]:
    """What one clause comes to: its duties; without any, its checklists; without any, its calendar."""
    duties = [one for one in told["findings"] if one["clause"] == clause and one["kind"] == "duty"]
    lists = [one for one in told["checklists"] if one["clause"] == clause]
    for listed in (duties, lists):
        if listed:
            return [(one["cite"] + item_text(one["item"], one["clause"]), one["outcome"]) for one in listed]
    return [
        (f"{one['cite']}（{titled(one['what'], one['period'])}）", one["status"])
        for one in sorted(told["obligations"], key=lambda one: str(one["period"])) if one["clause"] == clause
    ]  # fmt: skip


def _targets(case: Case, _given: dict) -> Share:
    """The part of the listed indicators that have a direction and a target."""
    sheet = case.facts.indicators
    if not sheet.n:
        return Share(*OPEN, "没有列出绩效指标")
    clear = [None not in (sheet.direction.at(i), sheet.target.at(i)) for i in range(sheet.n)]
    return Share(*_mean(list(clear)), f"列出 {sheet.n} 项指标，方向和目标值写全的 {sum(clear)} 项")


def _percent(text: str) -> Fraction:
    return Fraction(text.rstrip("%")) / 100


def _cost(case: Case, given: dict) -> Share:
    """The final accounts against the approved total."""
    label = schema.label("projects", "settled_total")
    final, approved = case.facts.settled_total.at(0), case.facts.approved_total.at(0)
    if final is None and case.facts.accounts_final.at(0):
        final, label = case.facts.spent.at(0), f"{schema.label('projects', 'spent')}（决算数）"
    if final is None or not approved:
        missing = "结算或决算数" if final is None else schema.label("projects", "approved_total")
        return Share(*OPEN, f"{missing}未提供")
    over = max(Fraction(final - approved, approved), Fraction(0))
    share = max(1 - over / _percent(given["zero_at"]), Fraction(0))
    told_over = f"，超出{_spaced(percent_text(over)).rstrip()}" if over else "，没有超出"
    return Share(
        share, share, f"{label} {wan_text(final)} 万元，批复总投资 {wan_text(approved)} 万元{told_over}"
    )


def _delay(case: Case, given: dict) -> Share:
    """The day of acceptance against the day it was due."""
    due, held = case.facts.acceptance_due.at(0), case.facts.acceptance_on.at(0)
    labels = {"acceptance_due": due, "acceptance_on": held}
    missing = [
        schema.label("projects", name) for name, value in labels.items() if value in (None, "未")
    ]  # fmt: skip
    if missing:
        return Share(*OPEN, "、".join(missing) + "未提供")
    late = max((date.fromisoformat(held) - date.fromisoformat(due)).days, 0)
    share = max(1 - Fraction(late, given["zero_at"]), Fraction(0))
    words = f"晚 {late} 天" if late else "未晚于应验收日"
    return Share(share, share, f"应验收日 {due}，验收日 {held}，{words}")


def _acceptance(case: Case, _given: dict) -> Share:
    """Whether the acceptance was passed."""
    result = case.facts.acceptance_result.at(0)
    if result is None:
        return Share(*OPEN, "验收结果未提供")
    return Share(*_mean([result == "合格"]), f"验收结果：{result}")


def completion(direction: str | None, target: str | None, actual: str | None) -> Fraction | None:
    """How far an indicator was reached, 1 at most; None where a fact is missing.

    Examples
    --------
    >>> completion("越大越好", "40", "36.8"), completion("越小越好", "24", "30"), completion("越小越好", "3", "3")
    (Fraction(23, 25), Fraction(4, 5), Fraction(1, 1))
    >>> completion("越大越好", "0", "-1"), completion(None, "1", "1") is None
    (Fraction(0, 1), True)
    """
    if None in (direction, target, actual):
        return None
    goal, got = Fraction(str(target)), Fraction(str(actual))
    if got >= goal if direction == "越大越好" else got <= goal:
        return Fraction(1)
    part, whole = (got, goal) if direction == "越大越好" else (goal, got)
    return max(part / whole, Fraction(0)) if whole > 0 else Fraction(0)


def _indicators(case: Case, given: dict) -> Share:
    """How far the indicators of some kinds were reached, by their weights; where one has none, alike."""
    sheet, low, high, words = case.facts.indicators, Fraction(0), Fraction(0), []
    mine = [i for i in range(sheet.n) if sheet.kind.at(i) in given["kinds"]]
    if not mine:
        return Share(*OPEN, f"没有列出{'、'.join(given['kinds'])}指标")
    weights = [sheet.weight.at(i) for i in mine]
    even = None in weights or sum(map(Fraction, weights)) <= 0 or min(map(Fraction, weights)) < 0
    parts = [Fraction(1) if even else Fraction(one) for one in weights]
    for i, part in zip(mine, parts, strict=True):
        reached = completion(sheet.direction.at(i), sheet.target.at(i), sheet.actual.at(i))
        low += part * (reached or 0)
        high += part * (1 if reached is None else reached)
        rate = "待核" if reached is None else f"完成率{_spaced(percent_text(reached)).rstrip()}"
        count = sheet.sample.at(i)
        words.append(f"{sheet.indicator.at(i) or '指标名称未提供'}：{rate}{f'（有效样本 {count} 份）' if count else ''}")  # fmt: skip
    return Share(low / sum(parts), high / sum(parts), "；".join(words))


def latest_usage(facts: Facts) -> dict[tuple[str, str], int]:
    """Row of the latest period of each resource (资源使用), by resource and what it is."""
    sheet, found = facts.usage, {}
    for row in sorted(range(sheet.n), key=lambda i: str(sheet.period.at(i) or "")):
        resource = sheet.resource.at(row)
        if resource is not None:
            found[resource, sheet.what.at(row) or ""] = row
    return found


def _usage(case: Case, given: dict) -> Share:
    """The mean use of what was allocated, in the latest period."""
    sheet, words = case.facts.usage, []
    rates: list[Fraction | None] = []
    for (resource, what), row in latest_usage(case.facts).items():
        allocated, used = sheet.allocated.at(row), sheet.used_avg.at(row)
        if None in (allocated, used) or Fraction(allocated) <= 0:
            rates.append(None)
            words.append(f"{what or resource}：分配量或平均使用量未提供")
            continue
        share_used = Fraction(used) / Fraction(allocated)
        rates.append(share_used)
        told = _spaced(percent_text(share_used)).rstrip()
        words.append(f"{what or resource} {sheet.period.at(row) or ''} 平均使用率{told}")
    if not rates:
        return Share(*OPEN, "没有登记资源使用情况")
    full = _percent(given["full_at"])
    shares = [(None if rate is None else min(rate / full, Fraction(1))) for rate in rates]
    low = sum((share or Fraction(0) for share in shares), Fraction(0)) / len(shares)
    high = sum((Fraction(1) if share is None else share for share in shares), Fraction(0)) / len(shares)
    return Share(low, high, "；".join(words))


RULES: dict[str, Callable[[Case, dict], Share]] = {
    "clauses": _clauses,
    "targets": _targets,
    "cost": _cost,
    "delay": _delay,
    "acceptance": _acceptance,
    "indicators": _indicators,
    "usage": _usage,
}
"""Way of scoring (``rule`` of the set) -> its function."""
