"""A case of a lesson: its facts as tables, what the law says of it, and why.

A case is written like the worked cases of `zwxm_core.explaining` (facts in 元, judgements with full
evidence); its outcome is never written in a lesson but computed here, by the same functions as reports.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from zwxm_core import tables
from zwxm_core.conditions import Condition
from zwxm_core.consequences.effects import effect_text
from zwxm_core.explaining import case_records, case_result, case_row
from zwxm_core.findings import Evaluation, evaluate
from zwxm_core.interactive.quiz import NONE_OF_THEM, Part
from zwxm_core.money import to_fen, yuan_text
from zwxm_core.obligations import titled
from zwxm_core.portfolio import from_records, schema
from zwxm_core.rulesets import RuleSet
from zwxm_core.tables import Html, small, table, text

SILENT = {"level": "市级", "classified": False}
"""What every case says unless it says otherwise; told once and not in every table."""


@dataclass
class Case:
    """One clause asked of one set of facts.

    Parameters
    ----------
    clause : str
    case : dict
        ``facts``, ``as_of`` and, where needed, ``others``, ``adopting``, ``item``, ``effect``, ``what``,
        ``period``, ``step``, ``code``, ``party``.
    base : RuleSet
    """

    clause: str
    case: dict
    base: RuleSet

    @cached_property
    def ruleset(self) -> RuleSet:
        """The rule set with what the case adopts."""
        return self.base.adopting(**self.case.get("adopting", {}))

    @cached_property
    def records(self) -> dict[str, list[dict]]:
        return case_records(self.case)

    @cached_property
    def row(self) -> dict:
        """The finding, consequence, obligation, checklist, step or amount that the case speaks of."""
        return case_row(self.clause, self.case, case_result(self.clause, self.case, self.base))

    @property
    def outcome(self) -> str:
        return self.row["outcome"]

    @property
    def reason(self) -> str:
        """Why it comes out so: the reason, what a checklist lacks, or who acts."""
        row = self.row
        if row.get("reason"):
            return row["reason"]
        if "step" in row:
            return f"{row['step']}：{row['who']}，{row['gives']}"
        lists = (("缺", row.get("missing")), ("有无未说明", row.get("unknown")))
        return (
            "；".join(f"{word}：{'、'.join(names)}" for word, names in lists if names) or "由上列事实算出。"
        )

    @cached_property
    def evaluation(self) -> tuple[Evaluation, int]:
        """The evaluation behind a finding, and the row of project A in it."""
        facts = from_records(self.records, judged=True, unit="元")
        for one in evaluate(facts, self.ruleset, self.case["as_of"], [self.clause]):
            for row in range(len(one.rows)):
                if one.project(row) == "A" and one.item_of(row) == self.case.get("item"):
                    return one, row
        raise LookupError(f"{self.clause}: no finding of item {self.case.get('item')!r}")

    def leaves(self) -> list[str]:
        """The wordings of all single conditions of the clause, in order."""
        evaluation, row = self.evaluation
        return list(dict.fromkeys(leaf.text for leaf, _ in _leaves(evaluation.body, row) if leaf.text))

    def deciding(self) -> frozenset[str]:
        """The wordings of the single conditions that make the conclusion what it is."""
        evaluation, row = self.evaluation
        return frozenset(leaf.text for leaf, _ in evaluation.body.deciding(row) if leaf.text)

    def question(self) -> str:
        """What is asked, in words: the clause and, where it speaks of several things, which."""
        cite = self.ruleset.clauses[self.clause].cite + tables.item_text(self.case.get("item"), self.clause)
        if effect := self.case.get("effect"):
            cite += f"“{effect_text({'clause': self.clause, 'effect': effect, 'year': None})}”"
        if what := self.case.get("what"):
            cite += f"“{titled(what, self.case.get('period'))}”"
        return cite

    def explained(self) -> Html:
        """Citation with our digest, conclusion, reason, missing facts, other readings."""
        clause, row = self.ruleset.clauses[self.clause], self.row
        reading = tables.standing_text if "status" in row else tables.reading_text
        told = {"open_facts": [], "readings": [], **row}
        why = text(self.reason) + tables.missing_and_readings(told, self.ruleset, reading)
        return table(
            ("条款", "结论", "理由和算式"),
            [(text(self.question()) + small(clause.digest), _mark(row), why)],
            kind="findings",
        )

    def shown(self) -> Html:
        """The facts as tables, the day of assessment and the conventions adopted."""
        adopted = [
            f"{term.label}：{_adopted(term)}"
            for name in self.case.get("adopting", {})
            for term in (self.ruleset.conventions.get(name) or self.ruleset.parameters[name],)
        ]
        day = f"评估日 {self.case['as_of']}；金额单位元；都是市级、不涉密，另写的除外；没有写出的、空着的就是不知道。"
        return facts_tables(self.records) + small(day + "".join(f"本例采用——{one}。" for one in adopted))


def _mark(row: dict) -> Html:
    """The conclusion, with its sign where it has a nature that tells problems."""
    if {"problem", "state"} <= row.keys():
        return tables.badge(row["outcome"], tables.tone(row))
    return text(row["outcome"])


def _adopted(term) -> str:
    if hasattr(term, "reading"):
        return term.reading()
    value = term.values[-1][1]
    return f"{yuan_text(value)} 元" if term.unit in ("万元", "元") else str(value)


def _leaves(condition: Condition, row: int) -> Iterator[tuple[Condition, int]]:
    if condition.op == "leaf":
        yield condition, row
    for part, k in condition.branches(row) if condition.parts else ():
        yield from _leaves(part, k)


CASE_KEYS = (
    "facts",
    "others",
    "adopting",
    "as_of",
    "item",
    "effect",
    "what",
    "period",
    "step",
    "code",
    "party",
)


def case_of(spec: dict, ruleset: RuleSet) -> Case:
    """The case of an exercise."""
    return Case(spec["clause"], {key: spec[key] for key in CASE_KEYS if key in spec}, ruleset)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an exercise comes to before it is a question: parts, what is shown, why."""

    parts: tuple[Part, ...]
    shown: Html
    explained: Html


def several(label: str, right: set[str], options: list[str]) -> Part:
    """A part of which any number of options, or none, is right."""
    listed = (*dict.fromkeys(options), NONE_OF_THEM)
    return Part(label, "many", frozenset(right) or frozenset([NONE_OF_THEM]), listed)


# Facts as tables ------------------------------------------------------------------------


def facts_tables(records: dict[str, list[dict]]) -> Html:
    """The rows of a case, sheet by sheet, under the headers of the workbook."""
    shown = Html("")
    for sheet, rows in records.items():
        fields = schema.fields(sheet)
        several = len(records["projects"]) > 1
        names = [
            name for name in fields if any(name in row for row in rows) and not _silent(sheet, name, rows)
        ]
        if not several:
            names = [name for name in names if name not in ("id", "project")]
        if not names or not rows:
            continue
        if sheet == "projects" and not several:
            shown += tables.pairs(
                (fields[n].label, fact(fields[n], rows[0].get(n))) for n in names if n in rows[0]
            )
            continue
        cells = [[fact(fields[n], row[n]) if n in row else "" for n in names] for row in rows]
        right = [i for i, n in enumerate(names) if fields[n].kind == "money"]
        caption = None if sheet == "projects" else schema.sheet_label(sheet)
        shown += table([fields[n].label for n in names], cells, right, caption)
    return shown


def _silent(sheet: str, name: str, rows: list[dict]) -> bool:
    return sheet == "projects" and name in SILENT and all(row.get(name) == SILENT[name] for row in rows)


def fact(field: schema.Field, value) -> str:
    """One fact as the workbook would show it, money in 元.

    >>> from decimal import Decimal
    >>> fact(schema.fields("projects")["approved_total"], Decimal("5000000.01"))
    '5,000,000.01'
    """
    if value is None:
        return "未填"
    if isinstance(value, bool):
        return "是" if value else "否"
    if field.kind == "money":
        return yuan_text(to_fen(str(value)))
    if field.name == "clause":
        return tables.row_text(str(value))
    if isinstance(value, (list, tuple, set, frozenset)):
        return "、".join(map(str, value)) or "无"
    return str(value)


def fact_name(sheet: str, name: str, ruleset: RuleSet) -> str:
    """A fact by its header; of another sheet than 项目 with the sheet's name.

    >>> from zwxm_core.rulesets import load_ruleset
    >>> fact_name("adjustments", "amount", load_ruleset())
    '调整·资金调整数额'
    """
    if sheet == "ruleset":
        term = ruleset.conventions.get(name) or ruleset.parameters[name]
        return f"口径：{term.label}" if name in ruleset.conventions else f"参数：{term.label}"
    label = schema.label(sheet, name)
    return label if sheet == "projects" else f"{schema.sheet_label(sheet)}·{label}"
