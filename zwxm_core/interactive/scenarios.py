"""A project under other assumptions (情形): its drivers, the facts they make, what follows from them.

A mode that the sheet 费用 prices is moved by multiples of the plan, one priced by the short form by
its amounts; every amount is exact, rounded once to the 分. What is left blank stays unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

import numpy as np

from zwxm_core.assumptions import Assumptions
from zwxm_core.comparing import comparisons
from zwxm_core.economics import BUILD, PURCHASE, Model, cash_flows, model_of, outcomes, price_path
from zwxm_core.economics.costs import HEADS, OM, SERVICE, SHORT_FORM, counted_amounts, lines_of
from zwxm_core.economics.sensitivity import Swing, tornado
from zwxm_core.economics.simulation import simulate
from zwxm_core.facts import Column, Facts, Table
from zwxm_core.money import FEN, LIMIT, half_up, to_fen
from zwxm_core.portfolio.planned import with_lines
from zwxm_core.rules.chapter3 import treatment
from zwxm_core.rulesets import RuleSet

DRAWS, SEED = 100_000, 1
RECURRENT = {BUILD: HEADS[OM], PURCHASE: HEADS[SERVICE]}
PERCENT = Fraction(1, 100)
RATE, FLOOR, LIFE, WARRANTY = "discount_rate", "purchase_clearly_less", "service_life", "warranty_years"


class Knob(NamedTuple):
    """A driver as the panel shows it.

    ``low`` to ``high`` by ``step`` is the slider, ``least`` to ``most`` what may be typed;
    ``planned`` is the text at the start, blank where it is not known; ``optional``: may be blank.
    """

    name: str
    label: str
    unit: str
    group: str
    low: str
    high: str
    step: str
    planned: str
    least: str
    most: str
    whole: bool = False
    optional: bool = False


class WrongValue(ValueError):
    """A value that cannot be taken, said so that it can be mended."""


def knobs_of(project: Facts, ruleset: RuleSet) -> list[Knob]:
    """The drivers of one project, in the order of the panel."""
    terms, found = ruleset.terms(), []
    for mode in (PURCHASE, BUILD):
        if lines_of(project, mode).any():
            flows = cash_flows(project, 0, **treatment(terms))
            heads = dict.fromkeys(f.head for f in flows if f.mode == mode and f.counted is not False)
            found += [
                Knob(
                    f"{mode}·{head}", f"{head}（为计划的倍数）", "倍", mode, "0", "3", "0.01", "1", "0", "10"
                )
                for head in heads
            ]
        else:
            found += [_amount_knob(project.projects.columns[name], mode) for name, *_ in SHORT_FORM[mode]]
        label = f"{RECURRENT[mode]}每年增长"
        found.append(
            Knob(_growth(mode), label, "%/年", mode, "-5", "15", "0.5", "0", "-50", "100"),
        )
    years = project.service_life.at(0)
    told = ("使用期限", "年", "年限和口径")
    found.append(
        Knob(LIFE, *told, "1", str(max(15, years or 0)), "1", number_text(years), "1", "100", True, True)
    )
    warranty = number_text(project.warranty_years.at(0))
    found.append(Knob(WARRANTY, "维保年数", *told[1:], "0", "6", "1", warranty, "0", "100", True, True))
    rate, floor = (None if v is None else v * 100 for v in (terms.discount_rate, terms.purchase_clearly_less))
    found.append(
        Knob(RATE, "折现率（只用于现值）", "%", told[2], "0", "12", "0.1", number_text(rate), "0", "50")
    )
    found.append(
        Knob(FLOOR, "“明显小于”下限", "%", told[2], "0", "50", "0.5", number_text(floor), "0", "100", optional=True)
    )  # fmt: skip
    return found


def _growth(mode: str) -> str:
    return f"{mode}·{RECURRENT[mode]}年增长"


def number_text(value) -> str:
    """A number as an entry shows it; None is blank."""
    if value is None:
        return ""
    exact = Fraction(value)
    return format((Decimal(exact.numerator) / Decimal(exact.denominator)).normalize(), "f")


def _amount_knob(column: Column, mode: str) -> Knob:
    fen = column.at(0)
    planned = number_text(None if fen is None else Fraction(fen, FEN["万元"]))
    size = max(Decimal(planned or 500), Decimal(1))
    unit = Decimal(10) ** (size.adjusted() - 2)
    high = (size * 2 / unit / 10).to_integral_value() * unit * 10
    most = str(LIMIT // FEN["万元"])
    per = "万元" if column.name == "build_cost" else "万元/年"
    return Knob(column.name, column.label, per, mode, "0", number_text(Fraction(high)), number_text(Fraction(unit)), planned, "0", most, optional=True)  # fmt: skip


@dataclass(frozen=True)
class Scenario:
    """One project with values for its drivers.

    Attributes
    ----------
    project : Facts
        One project as it was read, or a template.
    ruleset : RuleSet
    as_of : date
    knobs : tuple of Knob
    values : dict of name -> text
        As typed; the others stay as planned.
    """

    project: Facts
    ruleset: RuleSet
    as_of: date
    knobs: tuple[Knob, ...]
    values: Mapping[str, str]

    def moved(self, values: Mapping[str, str]) -> Scenario:
        """The same project with other values.

        Raises
        ------
        WrongValue
            A value that is no number, or out of its range.
        """
        known = {knob.name: knob for knob in self.knobs}
        kept = {name: str(text) for name, text in values.items() if name in known}
        for name, text in kept.items():
            _number(known[name], text)
        return Scenario(self.project, self.ruleset, self.as_of, self.knobs, {**self.planned, **kept})

    @property
    def planned(self) -> dict[str, str]:
        """Every driver as planned."""
        return {knob.name: knob.planned for knob in self.knobs}

    def number(self, name: str) -> Fraction | None:
        """The exact value of a driver in its unit; None where it is blank or the project has none."""
        knob = next((knob for knob in self.knobs if knob.name == name), None)
        return None if knob is None else _number(knob, self.values[name])

    def knobs_of(self, driver: str) -> list[str]:
        """The drivers of the panel behind a driver of the model: itself, or amounts of the short form."""
        if any(knob.name == driver for knob in self.knobs):
            return [driver]
        mode, _, head = driver.partition("·")
        return [name for name, of, *_ in SHORT_FORM.get(mode, ()) if HEADS[of] == head]

    @cached_property
    def rules(self) -> RuleSet:
        """The rule set with the threshold and the rate of this scenario."""
        floor = self.number(FLOOR)
        changes = {RATE: self.number(RATE) * PERCENT, FLOOR: None if floor is None else floor * PERCENT}
        return self.ruleset.adopting(**changes)

    @cached_property
    def treatment(self) -> dict:
        """How cost lines count."""
        return treatment(self.ruleset.terms())

    @cached_property
    def facts(self) -> Facts:
        """The project as this scenario has it, looked at as a purchase (19.1.2 speaks of none other)."""
        columns = dict(self.project.projects.columns)
        for name in (LIFE, WARRANTY):
            columns[name] = _holding(columns[name], self._whole(name))
        columns["mode"] = _holding(columns["mode"], columns["mode"].categories.index(PURCHASE))
        lines: list[dict] = []
        for mode in (BUILD, PURCHASE):
            if not lines_of(self.project, mode).any():
                amounts = {name: self._fen(name) for name, *_ in SHORT_FORM[mode]}
                columns |= {name: _holding(columns[name], fen) for name, fen in amounts.items()}
                lines += self._grown(mode, amounts)
        table = replace(self.project.projects, columns=columns)
        facts = Facts(table, {**self.project.children, "costs": self._moved()}, self.project.others)
        return with_lines(facts, [(0, line) for line in lines])

    def _whole(self, name: str) -> int | None:
        value = self.number(name)
        return None if value is None else int(value)

    def _fen(self, name: str) -> int | None:
        value = self.number(name)
        return None if value is None else to_fen(self.values[name], "万元")

    def _moved(self) -> Table:
        """The cost lines, each scaled by the driver of its head, the assessed amounts as what counts."""
        costs = self.project.costs
        amount, known = counted_amounts(self.project)
        heads = {(flow.mode, flow.item): flow.head for flow in cash_flows(self.project, 0, **self.treatment)}
        moved = amount.copy()
        for row in np.flatnonzero(known & costs.mode.known).tolist():
            mode = costs.mode.at(row)
            head = heads.get((mode, costs.item.at(row)))
            times = self.number(f"{mode}·{head}")
            if times is not None:
                after = max((costs.year.at(row) or 1) - 1, 0) if head == RECURRENT[mode] else 0
                moved[row] = half_up(int(amount[row]) * times * self._growth_of(mode) ** after)
        columns = dict(costs.columns)
        for name in ("claimed", "assessed"):
            columns[name] = replace(costs.columns[name], values=moved, known=known)
        return replace(costs, columns=columns)

    def _growth_of(self, mode: str) -> Fraction:
        return 1 + (self.number(_growth(mode)) or 0) * PERCENT

    def _grown(self, mode: str, amounts: dict[str, int | None]) -> list[dict]:
        """The short form as yearly lines, where its price grows and all of it is known."""
        life, growth = self._whole(LIFE), self._growth_of(mode)
        if growth == 1 or life is None or None in amounts.values():
            return []
        terms, found = self.ruleset.terms(), []
        for name, head, first, last in SHORT_FORM[mode]:
            items = {OM: terms.om_items, SERVICE: terms.service_items}.get(head) or (self.project.projects.columns[name].label,)  # fmt: skip
            path = price_path(first, life if last else 0, growth=growth - 1) if last else {0: Fraction(1)}
            found += [
                {
                    "mode": mode,
                    "item": next(iter(items)),
                    "year": year,
                    "claimed": half_up(amounts[name] * times),
                }
                for year, times in path.items()
            ]
        return found

    @cached_property
    def compared(self) -> dict:
        """Building against buying, with the finding of 19.1.2, other readings left out."""
        return comparisons(self.facts, self.rules, self.as_of, readings=False)["comparisons"][0]

    @cached_property
    def with_readings(self) -> dict:
        """The same with what other readings of the conventions would come to."""
        return comparisons(self.facts, self.rules, self.as_of)["comparisons"][0]

    @cached_property
    def model(self) -> Model | None:
        """The model of sensitivity and simulation; None where a total is not known."""
        if self.compared["saving"] is None:
            return None
        return model_of(self.facts, 0, rate=float(self.rules.terms().discount_rate), **self.treatment)

    @property
    def floor(self) -> float | None:
        """The threshold of 19.1.2; None: not set."""
        floor = self.rules.terms().purchase_clearly_less
        return None if floor is None else float(floor)

    def swings(self, assumptions: Assumptions) -> list[Swing]:
        """The tornado of the saving."""
        return tornado(self.model, {d.name: assumptions.range_of(d) for d in self.model.drivers})


def start(project: Facts, ruleset: RuleSet, as_of: date) -> Scenario:
    """One project as planned."""
    knobs = tuple(knobs_of(project, ruleset))
    return Scenario(project, ruleset, as_of, knobs, {knob.name: knob.planned for knob in knobs})


def _number(knob: Knob, text: str) -> Fraction | None:
    if text.strip() == "" and knob.optional:
        return None
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        value = Decimal("NaN")
    whole = not knob.whole or (value.is_finite() and value == value.to_integral_value())
    if not value.is_finite() or not Decimal(knob.least) <= value <= Decimal(knob.most) or not whole:
        kind = "整数" if knob.whole else "数"
        raise WrongValue(f"“{knob.label}”读到“{text[:20]}”，应为 {knob.least} 到 {knob.most} 之间的{kind}")
    if knob.unit.startswith("万元"):
        try:
            to_fen(value, "万元")
        except ValueError as error:
            raise WrongValue(f"“{knob.label}”：{error}，万元最多写六位小数") from None
    return Fraction(value)


def _holding(column: Column, value) -> Column:
    """A column of one row with another value; None: unknown."""
    known = np.array([value is not None])
    values = np.array([0 if value is None else value], column.values.dtype)
    return replace(column, values=values, known=known)


class Draws:
    """The drawn multiples of the plan, kept while the distributions stay: moving a driver then asks the
    model only, and what changes is the plan's doing, not the dice's.
    """

    def __init__(self, assumptions: Assumptions, draws: int = DRAWS, seed: int = SEED):
        self.assumptions, self.draws, self.seed = assumptions, draws, seed
        self._kept: dict[tuple[str, ...], dict[str, np.ndarray]] = {}

    def ratios(self, model: Model) -> np.ndarray:
        """Saving ratio of each draw; shape (draws,)."""
        uncertain, tied = self.assumptions.uncertain(model.drivers)
        names = tuple(one.driver for one in uncertain)
        if names not in self._kept:
            made = simulate(model, uncertain, self.draws, self.seed, tied, keep_inputs=True)
            self._kept[names] = made.inputs
        ratios = outcomes(model, self._kept[names]).saving_ratio
        return np.broadcast_to(ratios, self.draws)
