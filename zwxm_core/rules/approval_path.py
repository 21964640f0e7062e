"""The approval path (审批路径) of one project: from filing to approval, step by step.

What each step comes to is taken from the assessment; this module only knows in which order
the clauses of chapter 3 follow each other and which documents a project writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from zwxm_core.assessment import assess
from zwxm_core.facts import Facts
from zwxm_core.rules.chapter3 import with_split_totals
from zwxm_core.rules.chapter3_approval import APPROVERS
from zwxm_core.rulesets import RuleSet

UNIT = "项目单位"
TWO_DOCUMENTS, ONE_PLAN, REQUIREMENTS = ("可研报告", "初步设计方案"), ("实施方案",), ("服务需求方案",)
CHAPTER = "系统整合、集约化、信息共享专篇"
CLAUSES = ("16.1", "17.1", "18.1", "18.2", "19.1", "20.1", "21.1", "22.1", "23.1", "24.1", "25.1", "25.2")


def approval_path(facts: Facts, ruleset: RuleSet, as_of: date, row: int) -> list[dict]:
    """The steps from filing to approval that one project has to take, in order.

    Parameters
    ----------
    facts : Facts
        The whole portfolio: whether a project is split off another shows only there.
    ruleset : RuleSet
    as_of : date
    row : int
        The project's row.

    Returns
    -------
    list of dict
        ``clause`` (our id, never shown), ``cite``, ``step``, ``who`` acts, what it ``gives``,
        the ``document`` it is about (None: the filing), the ``chapter`` that document needs,
        ``applies`` (None: whether the step is needed is open), ``state`` (done), ``outcome``,
        ``missing``, ``unknown`` (entries of a checklist) and ``open_facts``. Empty where chapter 3 does not govern the project (涉密,
        县级, 不在有效期内); the assessment says why.

    Examples
    --------
    >>> from zwxm_core.portfolio import from_records
    >>> from zwxm_core.rulesets import load_ruleset
    >>> project = {"id": "A", "level": "市级", "classified": False, "mode": "购买服务", "approved_on": "未"}
    >>> path = approval_path(from_records({"projects": [project]}), load_ruleset(), date(2026, 11, 24), 0)
    >>> [step["gives"] for step in path if step["document"] == "服务需求方案" and step["who"] == "项目单位"]
    ['服务需求方案']
    """
    project = with_split_totals(facts).take([row])
    told = assess(project, ruleset, as_of, CLAUSES)
    found: dict[str, dict] = {}
    for one in (*told["checklists"], *told["findings"]):
        found[one["clause"]] = {**found.get(one["clause"], {}), **one}
    steps = (*_filing(found, told), *_documents(found, project), *_approval(found, told, project))
    return [step for step in steps if step["applies"] is not False]


def _filing(found: dict, told: dict) -> Iterator[dict]:
    filed = found["16.1"]
    yield _step(filed, "申报", UNIT, "申报材料")
    yield from _procedure(told, "17.1", filed["applies"])  # both speak of every project


def _documents(found: dict, project: Facts) -> Iterator[dict]:
    """What the unit writes, by mode and by 18.2, and what a design beyond the feasibility report asks for."""
    path = project.approval_path.at(0)
    for document in ONE_PLAN if path == "实施方案" else TWO_DOCUMENTS:
        chapter = CHAPTER if document in TWO_DOCUMENTS else None
        yield _step(found["18.1"], f"编报{document}", UNIT, document, document, chapter)
    if path != "可研和初设":
        yield _step(found["18.2"], "合并编报（可以，不是必须）", UNIT, *ONE_PLAN, *ONE_PLAN)
    yield _step(found["19.1"], "编报服务需求方案", UNIT, *REQUIREMENTS, *REQUIREMENTS)
    yield _step(found["20.1"], "编制信息资源目录", UNIT, "信息资源目录", "信息资源目录")
    yield _step(found["21.1"], "共同编制", "牵头部门会同参建部门", "共建内容", _named(found, project))
    feasibility, design = TWO_DOCUMENTS
    yield _step(found["25.1"], "说明超出可研批复的内容", UNIT, "独立章节说明", design, "调整内容和理由")
    yield _step(found["25.2"], "重新报批可研（原则上）", UNIT, f"重新审批的{feasibility}", feasibility)


def _approval(found: dict, told: dict, project: Facts) -> Iterator[dict]:
    document = _named(found, project)
    yield from _procedure(told, "22.1", found["22.1"]["applies"], document)
    yield _step(found["23.1"], "不再进行所列审批（原则上）", APPROVERS, "不另要求", document)
    yield from _procedure(told, "24.1", found["24.1"]["applies"], document)


def _named(found: dict, project: Facts) -> str | None:
    """The documents that are to be approved, as far as the mode tells them."""
    if found["19.1"]["applies"]:
        return "、".join(REQUIREMENTS)
    if found["18.1"]["applies"]:
        return "、".join(ONE_PLAN if project.approval_path.at(0) == "实施方案" else TWO_DOCUMENTS)
    return None


def _step(
    one: dict, step: str, who: str, gives: str, document: str | None = None, chapter: str | None = None
):
    """A step that the clause's own conclusion answers."""
    return {
        "clause": one["clause"], "cite": one["cite"], "step": step, "who": who, "gives": gives,
        "document": document, "chapter": chapter, "applies": one["applies"], "state": one["state"],
        "outcome": one["outcome"], "missing": one.get("missing", []), "unknown": one.get("unknown", []),
        "open_facts": one.get("open_facts", []),
    }  # fmt: skip


def _procedure(told: dict, clause: str, applies: bool | None, document: str | None = None) -> Iterator[dict]:
    """The steps of a procedure as the assessment lists them."""
    for one in told["routing"]:
        if one["clause"] == clause:
            step = {"document": document, "chapter": None, "applies": applies, "unknown": [], **one}
            del step["project"]
            yield step
