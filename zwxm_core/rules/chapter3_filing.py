"""第三章 规划和审批管理: conformity with plans (14), what is filed (16), the annual list (17)."""

from __future__ import annotations

import numpy as np

from zwxm_core.conditions import Condition, all_of, any_of, given, is_true
from zwxm_core.rules.answer import BEFORE_CONSTRUCTION, Answer, Notice, Rule, Step
from zwxm_core.rules.chapter1 import every_project
from zwxm_core.rules.chapter3 import approval_date
from zwxm_core.rules.due import approved_as_project
from zwxm_core.rules.materials import materials

REVIEWERS = "市数字经济局会同市发展改革委、市财政局等相关部门"


# 第十四条 --------------------------------------------------------------------------------


def plan_conformity(f, p) -> list[Answer]:
    """14.2 The project conforms with the State's plan for government informatisation and the digital
    government plans of province and city (国家政务信息化规划、省市数字政府建设规划).
    """
    leaf = is_true("plan_conforms", "符合国家政务信息化规划和省、市数字政府建设规划", f.plan_conforms)
    told = leaf.says or str
    leaf.says = lambda row: told(row).replace(f.plan_conforms.label, leaf.text)
    return [Answer(every_project(f), leaf)]


# 第十六条 --------------------------------------------------------------------------------


def filing_materials(f, p) -> list[Answer]:
    """16.1 The filing materials (申报材料) in their three parts.

    All three lists end in 等: complete means complete in what they name.
    """
    parts = _basics(f, p), _technical(f, p), _funding(f, p)
    return [
        Answer(approved_as_project(f, p), all_of("filing", "申报材料所列三部分齐备", *parts), items=parts)
    ]


def basics(f, p) -> list[Answer]:
    """16.1.1 What the project is: tasks, grounds, goals, mode (基本情况)."""
    return _part(f, p, _basics(f, p))


def technical_plan(f, p) -> list[Answer]:
    """16.1.2 How it is built: systems, catalogue, cloud, protection, cryptography (技术方案)."""
    return _part(f, p, _technical(f, p))


def funding(f, p) -> list[Answer]:
    """16.1.3 What it costs to build and to run, and who pays (资金来源)."""
    return _part(f, p, _funding(f, p))


def _basics(f, p) -> Condition:
    return all_of("basics", "基本情况", *_handed_in(f, p, "16.1.1", p.basics_items))


def _technical(f, p) -> Condition:
    return all_of("technical_plan", "技术方案", *_handed_in(f, p, "16.1.2", p.technical_items))


def _funding(f, p) -> Condition:
    return all_of("funding", "资金来源", *_handed_in(f, p, "16.1.3", p.funding_items))


def _handed_in(f, p, clause: str, items: tuple[str, ...]) -> tuple[Condition, ...]:
    """Due with the filing of the demand (需求填报、申报) and before the approval."""
    return materials(f, p, clause, items, f.demand_filed_on, f.filed_on, f.approved_on)


def _part(f, p, part: Condition) -> list[Answer]:
    return [Answer(approved_as_project(f, p), part, items=part.parts)]


# 第十七条 --------------------------------------------------------------------------------


def annual_list(f, p) -> list[Answer]:
    """17.1 Joint review, the annual list of projects (年度项目清单), then the unit goes ahead.

    Whether a project that is not on the list may be added within the year is a convention.
    """
    listed = is_true("listed", "列入年度项目清单", f.on_annual_list)
    notice = Notice("unlisted_project", listed.no, f"未列入年度项目清单；{_UNLISTED[p.unlisted_project]}")
    on_list = _listed_or_added(f, p, listed)
    steps = (
        Step("集中审查", REVIEWERS, "集中审查意见"),
        Step("确定年度项目清单并报审", REVIEWERS, "年度项目清单", on_list),
        Step("推进实施", "项目单位", "按实际情况和资金平衡方案推进"),
    )
    return [Answer(approved_as_project(f, p), on_list, steps=steps, notices=(notice,))]


_UNLISTED = {
    "undecided": "能否年中追加，条文未定，须由主管部门认定",
    "impossible": "本规则集采用“不能年中追加”",
    "possible": "本规则集采用“可以年中追加”，追加的程序条文未定",
}


def _listed_or_added(f, p, listed: Condition) -> Condition:
    if p.unlisted_project == "impossible":
        return listed
    nothing = np.zeros(f.n, bool)
    may = np.full(f.n, p.unlisted_project == "possible")
    missing = () if may.any() else (("ruleset", None, "unlisted_project"),)
    told = "可以年中追加" if may.any() else "能否年中追加待核"
    added = given("added", "年中追加", may & listed.no, nothing, missing, lambda row: told)
    return any_of("listed_or_added", "列入年度项目清单，或年中追加", listed, added)


RULES = {
    "14.2": Rule(plan_conformity, approval_date, BEFORE_CONSTRUCTION),
    "16.1": Rule(filing_materials, approval_date, BEFORE_CONSTRUCTION),
    "16.1.1": Rule(basics, approval_date, BEFORE_CONSTRUCTION),
    "16.1.2": Rule(technical_plan, approval_date, BEFORE_CONSTRUCTION),
    "16.1.3": Rule(funding, approval_date, BEFORE_CONSTRUCTION),
    "17.1": Rule(annual_list, approval_date, BEFORE_CONSTRUCTION),
}
