"""One project as a report sees it: its facts, what the rules say of it, the comparison."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from zwxm_core import consequences, obligations
from zwxm_core.assessment import assess, settling
from zwxm_core.assumptions import Assumptions, load_assumptions
from zwxm_core.comparing import comparisons, drawn
from zwxm_core.consequences import effect_text
from zwxm_core.economics import Model, model_of
from zwxm_core.economics.simulation import Simulation
from zwxm_core.facts import Facts
from zwxm_core.findings import Evaluation, evaluate, together
from zwxm_core.lifecycle import stage_names
from zwxm_core.money import wan_text
from zwxm_core.obligations import CALENDAR, titled
from zwxm_core.portfolio import Portfolio, read
from zwxm_core.reporting.files import file_hash
from zwxm_core.reporting.kinds import ALSO_TOLD, ARTICLES, article, clauses_of
from zwxm_core.resources import collection
from zwxm_core.rules import RULES
from zwxm_core.rules.chapter3 import treatment
from zwxm_core.rulesets import RuleSet, Terms, load_ruleset
from zwxm_core.tables import item_text, percent, window_text

if TYPE_CHECKING:
    from zwxm_core.reporting.scoring import Score

SAMPLES = "data/samples/portfolio.xlsx"
SAMPLE_RULES = "data/samples/rulesets/samples.yaml"
SAMPLE_DAY = date(2026, 11, 24)
"""The day of assessment of the samples, so that their reports never change."""

DRAWS, SEED = 10_000, 1
"""Of a report's simulation."""


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
    scorecard: Path | None = None

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
        return self.assess()

    def assess(self, clauses: Iterable[str] | None = None) -> dict:
        """What `zwxm_core.assessment.assess` says of this project; a clause is judged once, however often asked."""
        return assess(self.facts, self.ruleset, self.as_of, clauses, evaluated=self.evaluated)

    def evaluated(self, facts: Facts, ruleset: RuleSet, as_of: date, clauses: Iterable[str]):
        """What `zwxm_core.findings.evaluate` gives for this project, remembered by clause."""
        wanted = set(clauses)
        for clause in RULES:
            if clause in wanted:
                if clause not in self._evaluations:
                    self._evaluations[clause] = list(evaluate(facts, ruleset, as_of, [clause]))
                yield from self._evaluations[clause]

    @cached_property
    def _evaluations(self) -> dict[str, list[Evaluation]]:
        return {}

    def used(self, kind: str) -> frozenset[str]:
        """Conventions and parameters that a kind of report rests on."""
        return rests_on(scope(self, kind), self.facts, self.ruleset, self.as_of, self.evaluated)

    def part(self, kind: str) -> dict:
        """The assessment of the articles that a kind of report serves, whatever the stage."""
        if kind not in self._parts:
            self._parts[kind] = self.assess(clauses_of(kind, self.ruleset))
        return self._parts[kind]

    @cached_property
    def _parts(self) -> dict[str, dict]:
        return {}

    @cached_property
    def assumed(self) -> Assumptions:
        """What sensitivity and simulation assume."""
        return load_assumptions()

    @cached_property
    def path(self) -> list[dict]:
        """The road from filing to approval (`zwxm_core.reporting.path`)."""
        from zwxm_core.reporting.path import path_of

        return path_of(self)

    @cached_property
    def score(self) -> Score:
        """The score by three-level indicators (`zwxm_core.reporting.scoring`)."""
        from zwxm_core.reporting.scoring import score

        return score(self)

    @cached_property
    def compared(self) -> dict:
        """Building against buying (`zwxm_core.comparing.comparisons`), with the finding of 19.1.2."""
        return comparisons(self.facts, self.ruleset, self.as_of, assumptions=self.assumed)["comparisons"][0]

    @cached_property
    def model(self) -> Model:
        """The model of yearly flows that the analysis asks; both totals known."""
        terms = self.ruleset.terms()
        return model_of(self.facts, 0, rate=float(terms.discount_rate), **treatment(terms))

    @cached_property
    def drawn(self) -> Simulation:
        """The simulation of the model, drawn once."""
        return drawn(self.model, self.assumed, DRAWS, SEED)


LIFE = "57.1"
"""The clause that says how long the regulation lives: every conclusion rests on it."""


def rests_on(told: dict, facts: Facts, ruleset: RuleSet, as_of: date, evaluated) -> frozenset[str]:
    """Conventions and parameters that an assessment rests on: those its findings depend on, those its
    consequences depend on, and those of the clauses whose duties it tells.
    """
    parts = ("findings", "consequences", "obligations")
    live = {
        part: {one["clause"] for one in told[part] if one.get("outcome", one.get("status")) != "不适用"}
        for part in parts
    }
    clauses = set[str]().union(*live.values())
    used = [one.used for one in evaluated(facts, ruleset, as_of, clauses & RULES.keys())]
    used += [consequences.depends(facts, ruleset, as_of, one) for one in live["consequences"] - RULES.keys()]
    used += [
        frozenset(obligations.depends(facts, ruleset, as_of, one))
        for one in live["obligations"] & CALENDAR.keys()
    ]
    life = {one.name for one in ruleset.conventions.values() if one.clause == LIFE}
    return frozenset(life).union(*used)


def open_report(data=None, project=None, as_of=None, ruleset=None, mapping=None, scorecard=None) -> Report:
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
    scorecard : str, Path or None
        The file of the indicators that score the project; None: those that ship.

    Raises
    ------
    ValueError
        No project has this id.
    zwxm_core.portfolio.InputError
        The file cannot be read as the contract says.
    """
    data, day, rules = inputs(data, as_of, ruleset)
    portfolio = portfolio_of(data, mapping)
    ids = portfolio.facts.ids.tolist()
    if project is not None and project not in ids:
        raise ValueError(f"{portfolio.path.name} 里没有项目 {project!r}")
    at = 0 if project is None else ids.index(project)
    facts = together(portfolio.facts).take(slice(at, at + 1))
    files = (None if file is None else Path(file) for file in (mapping, scorecard))
    return Report(portfolio, facts, day, load_ruleset(rules), *files)


def portfolio_of(path, mapping=None) -> Portfolio:
    """What `zwxm_core.portfolio.read` gives, read once a process as long as the files' bytes are the same."""
    return _portfolio(str(path), file_hash(path), mapping and str(mapping), mapping and file_hash(mapping))


@lru_cache(maxsize=1)
def _portfolio(path: str, _digest, mapping: str | None, _mapping_digest) -> Portfolio:
    return read(path, mapping)


def inputs(data=None, as_of=None, ruleset=None) -> tuple:
    """Data file, day of assessment and rule set of a report; None is what `open_report` says of it."""
    if data is None:
        data, ruleset = collection(SAMPLES), ruleset or collection(SAMPLE_RULES)
        as_of = as_of or SAMPLE_DAY
    day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of or date.today()
    return data, day, ruleset or "leshan-2022"


def of_project(assessment: dict, project: str) -> dict:
    """The part of a portfolio's assessment that concerns one project, or its unit as a whole."""
    lists = {key: value for key, value in assessment.items() if isinstance(value, list)}
    units = {one["unit"] for one in assessment["consequences"] if one["project"] == project} | {None}

    def concerns(one: dict) -> bool:
        return one.get("project") == project or (one.get("project") is None and one.get("unit") in units)

    mine = {key: [one for one in value if concerns(one)] for key, value in lists.items()}
    return {**assessment, **mine, "settling": settling(mine["findings"])}


# The conclusion in sentences -------------------------------------------------------------


def problems(assessment: dict) -> list[dict]:
    """The findings that are problems."""
    return [one for one in assessment["findings"] if one["problem"]]


def open_findings(assessment: dict) -> list[dict]:
    """The findings that a missing fact keeps open."""
    return [one for one in assessment["findings"] if one["outcome"] == "待核"]


def triggered(assessment: dict) -> list[dict]:
    """Consequences that are triggered, each effect once: those of the projects, and those of a unit for
    a cause in one of them. What the authority only may do (提示) is none.
    """
    projects = {one["project"] for kind in ("findings", "consequences") for one in assessment[kind]} - {None}
    found = {
        (one["clause"], one["effect"], one["year"]): one
        for one in reversed(assessment["consequences"])
        if one["outcome"] == "触发"
        and (one["project"] or any(cause["project"] in projects for cause in one["because"]))
    }
    return list(found.values())[::-1]


LATE = ("逾期", "未履行", "早于窗口")
"""Standings that somebody has to act on."""


def late(assessment: dict) -> list[dict]:
    """The duties of the calendar that were not kept in time."""
    due = assessment.get("obligations", ())
    return [one for one in due if one["project"] is not None and one["status"] in LATE]


ENDING = "30.2"
"""The clause that permits ending a project: news only where it is, or may be, permitted."""


def headlines(assessment: dict) -> list[dict]:
    """The findings of the first page: problems, and every duty and permission that is not part of another."""
    found = [one for one in assessment["findings"] if one["outcome"] != "不适用" and one["kind"] != "class"]
    clauses = {one["clause"] for one in found}
    return [
        one for one in found
        if one["problem"]
        or not (one["item"] or one["clause"].rpartition(".")[0] in clauses or (one["clause"] == ENDING and one["state"] is False))
    ]  # fmt: skip


def lists(assessment: dict, outcome: str) -> list[dict]:
    """Checklists of clauses that give no finding of their own (第四十三条 …), by what they come to."""
    judged = {(one["project"], one["clause"]) for one in assessment["findings"]}
    return leaves(
        one for one in assessment.get("checklists", ())
        if one["outcome"] == outcome and (one["project"], one["clause"]) not in judged
    )  # fmt: skip


def leaves(checklists: Iterable[dict]) -> list[dict]:
    """Checklists without those that only sum up others listed of the same project (第十六条 its three parts)."""
    listed = list(checklists)
    sums = {(one["project"], one["clause"].rpartition(".")[0]) for one in listed}
    return [one for one in listed if (one["project"], one["clause"]) not in sums]


def verdict(assessment: dict) -> str:
    """The conclusion of one project in one sentence.

    Examples
    --------
    >>> verdict({"findings": [], "consequences": []})
    '现阶段没有适用的条款。'
    """
    found, pending, gaps = problems(assessment), open_findings(assessment), lists(assessment, "缺项")
    overdue = late(assessment)
    if not gaps and not any(one["applies"] is not False for one in assessment["findings"]):
        return "现阶段没有适用的条款。"
    lead = f"发现 {len(found)} 个问题" if found else "条款结论未发现问题" if overdue else "未发现问题"
    if gaps:
        lead += f"，{len(gaps)} 份清单有缺项"
    for status, times in Counter(one["status"] for one in overdue).items():
        lead += f"，{times} 项义务{status}"
    if pending:
        left = f"{len(pending)} 条结论待核"
        return (
            f"{lead}，另有 {left}。" if found or gaps or overdue else f"{lead}，但有 {left}，尚不能认定合规。"
        )
    if unsaid := lists(assessment, "待核"):
        return f"{lead}，适用的条款都已有结论，但有 {len(unsaid)} 份清单的情况没有提供全。"
    return f"{lead}，适用的条款都已有结论。"


WHOLE = ("evaluation", "post_assessment")
"""Kinds that list every clause live at the project's stage; the others list the articles they serve."""


def scope(report: Report, kind: str) -> dict:
    """The assessment a kind of report speaks of."""
    return report.assessment if kind in WHOLE else report.part(kind)


def conclusion(report: Report, kind: str) -> list[str]:
    """The conclusion of a report: verdict, problems, the main findings of the articles it serves, what
    follows, the economics.
    """
    assessment, served = scope(report, kind), (*ARTICLES[kind], *ALSO_TOLD.get(kind, ()))
    told = [verdict(assessment)]
    told += [
        stated(one) for one in headlines(assessment) if one["problem"] or article(one["clause"]) in served
    ]
    told += [
        f"{one['cite']}{item_text(one['item'], one['clause'])}所列，缺：{'、'.join(one['missing'])}。"
        for one in lists(assessment, "缺项") if kind not in WHOLE or article(one["clause"]) in ARTICLES[kind]
    ]  # fmt: skip
    told += [
        f"{titled(one['what'], one['period'])}：{one['status']}（{one['cite']}，{window_text(one) or '条文未定期限'}）。"
        for one in late(assessment)
    ]
    told += [f"触发的后果：{effect_text(one)}（{one['cite']}）。" for one in triggered(assessment)]
    told.append(economics_sentence(report.compared) if kind in WHOLE else _beyond(report, kind))
    return [one for one in told if one]


def _beyond(report: Report, kind: str) -> str:
    """The problems at the project's stage that a report of some articles alone does not tell."""
    found = [one for one in problems(report.assessment) if article(one["clause"]) not in ARTICLES[kind]]
    cites = "、".join(dict.fromkeys(one["cite"] for one in found))
    return f"本报告所及条款之外，现阶段另有 {len(found)} 个问题：{cites}。" if found else ""


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
            cite = ruleset.cite(convention.clause)
            before = base.conventions[name].reading() if name in base.conventions else "无"
            told.append(
                f"{cite} {convention.label}：本集采用“{convention.reading()}”（基础规则集：{before}）"
            )
    for name, parameter in ruleset.parameters.items():
        earlier = base.parameters.get(name)
        if earlier is None or earlier.values != parameter.values:
            was = "无" if earlier is None else earlier.worded[-1]
            told.append(f"{parameter.label}：本集为 {parameter.worded[-1]}（基础规则集：{was}）")
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
