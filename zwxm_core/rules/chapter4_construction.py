"""第四章 建设和运维管理: how construction is managed (26), and shared between departments (27)."""

from __future__ import annotations

import numpy as np

from zwxm_core.conditions import Condition, all_of, any_of, every, given, is_false, is_one_of, is_true, not_
from zwxm_core.facts import Column, Rows
from zwxm_core.rules.answer import FROM_APPROVAL, Answer, Notice, Rule
from zwxm_core.rules.chapter1 import every_project
from zwxm_core.rules.chapter4_acceptance import only_once
from zwxm_core.rules.due import come
from zwxm_core.rules.materials import materials

# 第二十六条 ------------------------------------------------------------------------------


def responsible_and_rules(f, p) -> list[Answer]:
    """26.1 The head of the unit answers for the project (责任人); management rules are set up
    and followed (制度健全并执行).
    """
    body = all_of(
        "managed", "责任人为主要负责人，管理制度健全并执行",
        is_true("responsible_is_head", "项目责任人为单位主要负责人", f.responsible_is_head),
        is_true("management_rules", "管理制度健全并严格执行", f.management_rules),
    )  # fmt: skip
    return [Answer(every_project(f), body)]


def supervision_and_archives(f, p) -> list[Answer]:
    """26.2 Works supervision (工程监理) where rules require it, and archives (档案).

    Electronic archives are only to be explored, so none are asked for. Before construction
    begins nothing is supervised yet.
    """
    engaged = is_true("supervision_engaged", "已委托工程监理", f.supervision_engaged)
    supervision = any_of(
        "supervision", "工程监理（依规定须监理的）",
        is_false("not_required", "不属依规定须监理", f.supervision_required),
        only_once(come(p, f.construction_start), engaged, "（尚未开工，待委托）"),
    )  # fmt: skip
    items = (supervision, is_true("archives", "项目档案", f.archives_kept))
    ahead = f.construction_start.known & ~come(p, f.construction_start) & ~supervision.yes & engaged.no
    notice = Notice("supervision_ahead", ahead, "尚未开工，工程监理待委托；开工之前不算缺项")
    body = all_of("construction_records", "监理、档案齐备", *items)
    return [Answer(every_project(f), body, items=items, notices=(notice,))]


# 第二十七条 ------------------------------------------------------------------------------


def joint_arrangements(f, p) -> list[Answer]:
    """27.1 Joint project (跨部门共建): collaboration and sharing needs are settled, and every
    listed participant (参建单位) has its scope and its duties.
    """
    t = f.participants
    rows = Rows(f, t)
    other = not_("not_participant", "不是参建单位", is_one_of("participant", "参建单位", rows.role, "参建"))
    scope = _stated("scope", "建设范围已确定", rows.scope)
    duties = is_true("duties_set", "责任义务已落实", rows.duties_set)
    items = (
        *materials(f, p, "27.1", p.joint_settled_items),
        _of_participants(f, "scopes", "参建单位建设范围", any_of("scope_of", "建设范围已确定", other, scope)),
        _of_participants(f, "duties", "参建单位责任义务", any_of("duties_of", "责任义务已落实", other, duties)),
    )  # fmt: skip
    joint = is_true("joint", "跨部门共建项目", f.joint)
    return [Answer(joint, all_of("joint_arrangements", "共建安排齐备", *items), items=items)]


def _of_participants(f, id: str, text: str, settled: Condition) -> Condition:
    t = f.participants
    member = t.role.is_known("参建")
    has = np.zeros(f.n, bool)
    has[t.parent[member]] = True
    listed = given(
        f"{id}_listed", "列有参建单位", has, np.zeros(f.n, bool), (("participants", None, "unit"),),
        lambda row: "" if has[row] else f"{text}：参建单位未提供",
    )  # fmt: skip
    return all_of(id, text, listed, every(f"{id}_each", "每个参建单位", settled, t, f.n))


def _stated(id: str, text: str, column: Column) -> Condition:
    """The text is filled in; 无 says there is none."""
    none = column.values == "无"
    leaf = given(id, text, column.known & ~none, column.known & none)
    leaf.facts = (column,)
    leaf.says = lambda row: f"{column.label}：{column.told(row)}"
    return leaf


RULES = {
    "26.1": Rule(responsible_and_rules, None, FROM_APPROVAL),
    "26.2": Rule(supervision_and_archives, None, FROM_APPROVAL),
    "27.1": Rule(joint_arrangements, None, FROM_APPROVAL),
}
