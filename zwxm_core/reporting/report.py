"""One project as a report sees it: its facts, what the rules say of it, the comparison."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from zwxm_core.assessment import assess, settling
from zwxm_core.comparing import comparisons
from zwxm_core.facts import Facts
from zwxm_core.findings import evaluate
from zwxm_core.lifecycle import STAGES, stage_names
from zwxm_core.money import wan_text
from zwxm_core.portfolio import Portfolio, from_records, read, schema
from zwxm_core.resources import collection
from zwxm_core.rules import RULES
from zwxm_core.rules.chapter3 import with_split_totals
from zwxm_core.rulesets import RuleSet, Terms, load_ruleset
from zwxm_core.tables import percent

SAMPLES = "data/samples/portfolio.xlsx"
SAMPLE_RULES = "data/samples/rulesets/samples.yaml"
SAMPLE_DAY = date(2026, 11, 24)
"""The day of assessment of the samples, so that their reports never change."""


@dataclass
class Report:
    """One project of a portfolio, judged on one day by one rule set.

    ``facts`` are the project's alone; what it is to the others has been looked up before.
    """

    portfolio: Portfolio
    facts: Facts
    as_of: date
    ruleset: RuleSet
    mapping: Path | None = None

    @property
    def project(self) -> str:
        """The project's id."""
        return str(self.facts.ids[0])

    def fact(self, field: str):
        """One fact of the project as JSON has it; None when unknown."""
        return self.facts.projects.columns[field].at(0)

    @cached_property
    def stage(self) -> str | None:
        """The stage the project is known to have reached."""
        return stage_names(self.facts, self.as_of)[0]

    @cached_property
    def terms(self) -> Terms:
        """Parameters and conventions of the day of approval, else of the day of assessment."""
        approved = self.fact("approved_on")
        day = self.as_of if approved in (None, "未") else date.fromisoformat(approved)
        return self.ruleset.terms(day)

    @cached_property
    def assessment(self) -> dict:
        """What the rules say of this project (the contract's JSON)."""
        return assess(self.facts, self.ruleset, self.as_of)

    @cached_property
    def used(self) -> frozenset[str]:
        """Conventions and parameters that the findings of this report depend on."""
        told = [*self.assessment["findings"], *self.assessment["consequences"]]
        clauses = {one["clause"] for one in told if one["outcome"] != "不适用"}
        evaluations = evaluate(self.facts, self.ruleset, self.as_of, clauses, readings=False)
        return frozenset().union(*(evaluation.used for evaluation in evaluations))

    @cached_property
    def compared(self) -> dict:
        """Building against buying (`zwxm_core.comparing.comparisons`), with the finding of 19.1.2."""
        return comparisons(self.facts, self.ruleset, self.as_of)["comparisons"][0]


def open_report(data=None, project=None, as_of=None, ruleset=None, mapping=None) -> Report:
    """Open one project for a report.

    Parameters
    ----------
    data : str, Path or None
        The workbook or CSV; None: the samples, with their rule set and day.
    project : str or None
        The project's id; None: the first.
    as_of : str, date or None
        The day of assessment; None: today.
    ruleset, mapping : str, Path or None

    Raises
    ------
    ValueError
        No project has this id.
    zwxm_core.portfolio.InputError
        The file cannot be read as the contract says.
    """
    if data is None:
        data, ruleset = collection(SAMPLES), ruleset or collection(SAMPLE_RULES)
        as_of = as_of or SAMPLE_DAY
    day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of or date.today()
    portfolio = read(data, mapping)
    ids = portfolio.facts.ids.tolist()
    if project is not None and project not in ids:
        raise ValueError(f"{portfolio.path.name} 里没有项目 {project!r}")
    at = 0 if project is None else ids.index(project)
    facts = with_split_totals(portfolio.facts).take(slice(at, at + 1))
    rules = load_ruleset(ruleset or "leshan-2022")
    return Report(portfolio, facts, day, rules, None if mapping is None else Path(mapping))


def of_project(assessment: dict, project: str) -> dict:
    """The part of a portfolio's assessment that concerns one project."""
    lists = {key: value for key, value in assessment.items() if isinstance(value, list)}
    mine = {
        key: [one for one in value if one.get("project") in (project, None)] for key, value in lists.items()
    }
    return {**assessment, **mine, "settling": settling(mine["findings"])}


STAGE_OF = {"evaluation": "申报", "post_assessment": "运行"}
"""The stage at which a kind of report is written."""

TOLD = {
    "evaluation": {
        "projects": ("name", "unit", "filed_on"),
        "costs": ("mode", "item", "year", "claimed", "assessed", "cut_reason"),
    },
    "post_assessment": {
        "projects": (
            "name", "unit", "mode", "approved_on", "construction_start", "construction_end", "trial_start",
            "acceptance_due", "acceptance_on", "acceptance_result", "go_live", "warranty_end", "paid_in", "spent",
            "service_life", "warranty_years",
        ),
        "adjustments": ("seq", "on"),
        "costs": ("mode", "item", "year", "claimed", "assessed", "actual"),
        "indicators": ("indicator", "kind", "unit", "direction", "target", "actual", "measured_on", "source"),
    },
}  # fmt: skip
"""What a kind of report tells beside what its clauses read."""


def fields_of(kind: str) -> list[tuple[str, str]]:
    """The (sheet, field) pairs a kind of report needs: those its clauses read, and those it tells.

    Examples
    --------
    >>> len(fields_of("evaluation")) <= 40, ("costs", "cut_reason") in fields_of("evaluation")
    (True, True)
    """
    at = STAGES.index(STAGE_OF[kind])
    clauses = [c for c, r in RULES.items() if STAGES.index(r.live[0]) <= at <= STAGES.index(r.live[1])]
    facts, ruleset = from_records({"projects": [{"id": "A"}]}), load_ruleset()
    list(evaluate(facts, ruleset, ruleset.starts, clauses, readings=False))
    read_ = {(sheet, name) for sheet, name in facts.reads if name in schema.fields(sheet)}
    told = {(sheet, name) for sheet, names in TOLD[kind].items() for name in names}
    return sorted(read_ | told)


def kind_for(stage: str | None) -> str | None:
    """The kind of report a project's stage asks for; None while it is being built or ended.

    >>> kind_for(None), kind_for("批复"), kind_for("建设"), kind_for("运行")
    ('evaluation', 'evaluation', None, 'post_assessment')
    """
    reached = -1 if stage is None else STAGES.index(stage)
    if reached < STAGES.index("建设"):
        return "evaluation"
    return "post_assessment" if STAGES.index("验收") <= reached < STAGES.index("终止") else None


# The conclusion in sentences -------------------------------------------------------------


def problems(assessment: dict) -> list[dict]:
    """The findings that are problems."""
    return [one for one in assessment["findings"] if one["problem"]]


def open_findings(assessment: dict) -> list[dict]:
    """The findings that a missing fact keeps open."""
    return [one for one in assessment["findings"] if one["outcome"] == "待核"]


def triggered(assessment: dict) -> list[dict]:
    """Consequences that are triggered (or left to the authority: 提示), one per clause."""
    found = {one["clause"]: one for one in assessment["consequences"] if one["state"]}
    return list(found.values())


def headlines(assessment: dict) -> list[dict]:
    """The findings of the first page: problems, and every duty and permission that is not part of another."""
    found = [one for one in assessment["findings"] if one["outcome"] != "不适用" and one["kind"] != "class"]
    clauses = {one["clause"] for one in found}
    return [
        one for one in found
        if one["problem"] or not (one["item"] or one["clause"].rpartition(".")[0] in clauses)
    ]  # fmt: skip


def verdict(assessment: dict) -> str:
    """The conclusion of one project in one sentence.

    Examples
    --------
    >>> verdict({"findings": [], "consequences": []})
    '现阶段没有适用的条款。'
    """
    found, pending = problems(assessment), open_findings(assessment)
    if not any(one["applies"] is not False for one in assessment["findings"]):
        return "现阶段没有适用的条款。"
    lead = f"发现 {len(found)} 个问题" if found else "未发现问题"
    if pending:
        return (
            f"{lead}，另有 {len(pending)} 条结论待核。"
            if found
            else f"{lead}，但有 {len(pending)} 条结论待核，尚不能认定合规。"
        )
    return f"{lead}，适用的条款都已有结论。"


def conclusion(report: Report) -> list[str]:
    """The conclusion of a report: verdict, the main findings, what follows, the economics."""
    told = [verdict(report.assessment)]
    told += [stated(one) for one in headlines(report.assessment)]
    told += [f"触发的后果：{one['cite']}。" for one in triggered(report.assessment)]
    told.append(economics_sentence(report.compared))
    return told


def stated(finding: dict) -> str:
    """What was asked and what it came to, in one sentence with its citation."""
    return f"{finding['conditions']['text']}：{finding['outcome']}（{finding['cite']}）。"


def economics_sentence(compared: dict) -> str:
    """Building against buying in one sentence."""
    saving, ratio = compared["saving"], percent(compared["saving_ratio"])
    if saving is None:
        return "自建与购买的总额没有全部提供，不能比较。"
    if saving <= 0:
        more = "两者相等" if saving == 0 else f"购买比自建多 {wan_text(-saving)} 万元"
        return f"使用期限内{more}，购买不节约。"
    gap = "" if ratio and ratio.startswith("约") else " "
    text = f"使用期限内购买比自建节约 {wan_text(saving)} 万元，节约率{gap}{ratio}"
    verdict_of = compared["finding"]
    return (
        f"{text}。"
        if verdict_of["outcome"] == "不适用"
        else f"{text}（{verdict_of['cite']}：{verdict_of['outcome']}）。"
    )


def differences(ruleset: RuleSet) -> list[str]:
    """What a derived rule set (派生规则集) sets otherwise than its base, in sentences."""
    if len(ruleset.paths) < 2:
        return []
    base = load_ruleset(ruleset.paths[-2])
    told = []
    for name, convention in ruleset.conventions.items():
        if name not in base.conventions or base.conventions[name].value != convention.value:
            cite = ruleset.clauses[convention.clause].cite
            before = base.conventions[name].reading() if name in base.conventions else "无"
            told.append(
                f"{cite} {convention.label}：本集采用“{convention.reading()}”（基础规则集：{before}）"
            )
    for name, parameter in ruleset.parameters.items():
        earlier = base.parameters.get(name)
        if earlier is None or earlier.values != parameter.values:
            was = "无" if earlier is None else earlier.written[-1]
            told.append(f"{parameter.label}：本集为 {parameter.written[-1]}（基础规则集：{was}）")
    return told


def schedule_gap(planned: str | None, actual: str | None) -> str | None:
    """How far a date fell from its plan, in words; None where one of them is unknown or to come.

    >>> schedule_gap("2025-01-31", "2025-02-10"), schedule_gap("2025-01-31", "2025-01-31")
    ('晚 10 天', '按期')
    """
    if None in (planned, actual) or "未" in (planned, actual):
        return None
    days = (date.fromisoformat(actual) - date.fromisoformat(planned)).days
    return "按期" if days == 0 else f"{'晚' if days > 0 else '早'} {abs(days)} 天"
