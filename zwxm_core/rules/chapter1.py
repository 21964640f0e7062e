"""第一章 总则: scope (2), ways of procuring (3), who is responsible for what (5)."""

from __future__ import annotations

import numpy as np

from zwxm_core.conditions import Condition, all_of, given, is_one_of, is_true
from zwxm_core.rules.answer import ALWAYS, Answer, Rule, Step
from zwxm_core.rules.chapter3 import approval_date

LISTED_CATEGORIES = (
    "基础设施",
    "信息资源库",
    "共性支撑平台",
    "重点业务信息系统",
    "标准化体系",
    "相关支撑体系",
)
BASIC_CATEGORIES = ("基础设施", "共性支撑平台")
LISTED_MODES = ("自行建设", "购买服务")


def every_project(f) -> Condition:
    """True of every project: what a clause asks of all within the ordinary rules."""
    return given("every_project", "各项目", np.ones(f.n, bool), np.zeros(f.n, bool), says=lambda row: "")


# 第二条、第三条 --------------------------------------------------------------------------


def in_scope(f, p) -> list[Answer]:
    """2.1 Government IT project (政务信息化项目): one of the listed kinds, and within the
    national standard's definition. The list is open, so a kind beside it decides nothing.
    """
    listed = _of_open_list(
        "listed_category",
        "属列明的六类",
        f.category,
        LISTED_CATEGORIES,
        "不在列明的各类，列举未尽，须另行认定",
    )
    standard = is_true("in_standard", "符合政务信息系统定义和范围", f.in_scope)
    standard.no = standard.no & listed.yes
    return [Answer(every_project(f), all_of("in_scope", "属政务信息化项目", listed, standard))]


def way_of_procuring(f, p) -> list[Answer]:
    """3.1 Built by the unit or purchased as a service (自行建设、购买服务). The text says
    “mainly” (主要有): another way is neither allowed nor ruled out.
    """
    body = _of_open_list(
        "listed_mode", "自行建设或购买服务", f.mode, LISTED_MODES, "条文未禁止也未规定，须另行认定"
    )
    return [Answer(every_project(f), body)]


def _of_open_list(id: str, text: str, column, listed: tuple[str, ...], beside: str) -> Condition:
    """The choice is among those the text lists; one beside an open list is unknown, never false."""
    codes = [column.categories.index(value) for value in listed]
    yes = column.known & np.isin(column.values, codes)

    def says(row: int) -> str:
        value = column.at(row)
        return f"{column.label}：{'未提供' if value is None else value}{'' if yes[row] or value is None else f'（{beside}）'}"

    leaf = given(id, text, yes, np.zeros(len(column), bool), ((column.sheet, None, column.name),), says)
    leaf.facts = (column,)
    return leaf


# 第五条 ----------------------------------------------------------------------------------


def leading_group(f, p) -> list[Answer]:
    """5.1 The leading group (领导小组) leads, coordinates and inspects."""
    return _duties(f, ("统一领导", "市政府信息化建设领导小组", "统筹协调和督促检查"))


def leading_group_office(f, p) -> list[Answer]:
    """5.2 Its office at the digital economy bureau (领导小组办公室，市数字经济局)."""
    office = "领导小组办公室（市数字经济局）"
    kind, others = f.category, [k for k in LISTED_CATEGORIES if k not in BASIC_CATEGORIES]
    basic = is_one_of("basic", "属基础设施、共性支撑平台等基础性项目", kind, *BASIC_CATEGORIES)
    basic.no = is_one_of("other_kind", "属列明的其他类别", kind, *others).yes
    gives = "实施信息化基础设施、共性支撑平台等基础性项目"
    [answer] = _duties(
        f,
        ("指导监督", office, "项目管理的指导、协调和监督"),
        ("备案登记", office, "牵头办理项目登记备案"),
        ("技术标准与论证", office, "共建共享技术标准规范，组织项目技术论证"),
        ("信息资源共享", office, "政务信息资源共享事务"),
    )
    answer.steps = (*answer.steps, Step("基础性项目", office, gives, case=basic))
    return [answer]


def linked_departments(f, p) -> list[Answer]:
    """5.3 Departments of the city act across departments (跨部门联动)."""
    return _duties(f, ("跨部门联动", "市级有关部门", "形成工作合力"))


def planning_and_approval(f, p) -> list[Answer]:
    """5.4 Planning and approval (规划编制、项目审批)."""
    bodies = "市发展改革委会同市数字经济局"
    return _duties(f, ("规划编制", bodies, "牵头编制规划"), ("项目审批", bodies, "牵头审批项目"))


def budget_and_procurement(f, p) -> list[Answer]:
    """5.5 Budget and government procurement (预算管理、政府采购管理)."""
    return _duties(f, ("预算和政府采购管理", "市财政局", "负责预算管理和政府采购管理"))


def assets(f, p) -> list[Answer]:
    """5.6 Fixed and software assets (固定资产、软件资产)."""
    return _duties(f, ("资产管理", "市机关事务局", "固定资产和软件资产管理"))


def supervision(f, p) -> list[Answer]:
    """5.7 Security and performance supervision (安全监管、绩效监督), each by its duties."""
    bodies = ("市委网信办", "市国家保密局", "市密码管理局", "市公安局", "市审计局")
    return _duties(
        f, *(("实施、监管和监督", body, "按职责负责实施和运行、安全监管、绩效监督等工作") for body in bodies)
    )


def department_in_charge(f, p) -> list[Answer]:
    """5.8 Each department for its own field (归口管理)."""
    return _duties(
        f,
        ("系统对接", "市级各部门", "与国家、省对口业务系统对接"),
        ("归口管理", "市级各部门", "统筹本行业规划与标准，明确负责信息化的机构"),
    )


def _duties(f, *steps: tuple[str, str, str]) -> list[Answer]:
    return [Answer(every_project(f), every_project(f), steps=tuple(Step(*step) for step in steps))]


RULES = {
    "2.1": Rule(in_scope, approval_date, ALWAYS, scoped=False),
    "3.1": Rule(way_of_procuring, approval_date, ALWAYS, scoped=False),
    "5.1": Rule(leading_group, None, ALWAYS),
    "5.2": Rule(leading_group_office, None, ALWAYS),
    "5.3": Rule(linked_departments, None, ALWAYS),
    "5.4": Rule(planning_and_approval, None, ALWAYS),
    "5.5": Rule(budget_and_procurement, None, ALWAYS),
    "5.6": Rule(assets, None, ALWAYS),
    "5.7": Rule(supervision, None, ALWAYS),
    "5.8": Rule(department_in_charge, None, ALWAYS),
}
