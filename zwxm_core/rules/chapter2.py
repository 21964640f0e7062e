"""第二章 系统整合和信息共享: intensive building (6), priorities (7), what to end or not to approve
(8), registers (9), sharing (10–12). The negative list of article 8 stands in `negative_list`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zwxm_core.conditions import (
    Condition,
    all_of,
    any_of,
    every,
    given,
    is_false,
    is_one_of,
    is_true,
    not_,
    on_row,
    some,
)  # fmt: skip
from zwxm_core.facts import Rows
from zwxm_core.rules import negative_list
from zwxm_core.rules.answer import (
    ALWAYS,
    BEFORE_CONSTRUCTION,
    Answer,
    Exemption,
    Notice,
    Rule,
    Step,
    required,
)  # fmt: skip
from zwxm_core.rules.chapter1 import every_project
from zwxm_core.rules.chapter3 import approval_date
from zwxm_core.rules.due import approved_as_project, come, due_by, happened, not_a_line_lease
from zwxm_core.rules.exceptions import STATUTES, exemption_authority, granted
from zwxm_core.rules.negative_list import telling_network
from zwxm_core.rules.sheet_rows import (
    INTEGRATION,
    NONE,
    exemption_on_file,
    on_file,
    row_index,
    spread,
    told_with,
    with_row,
)  # fmt: skip

# 第六条 ----------------------------------------------------------------------------------


def intensive_building(f, p) -> list[Answer]:
    """6.1 Build on the city's cloud, network, exchange and common platforms (集约化建设), and no
    isolated system (孤立系统), in principle. By convention a platform is owed as the project
    needs it, which no fact says: one that is not used stays open.
    """
    s, index = f.integration, row_index(f.integration, f.n)
    used = [
        is_true("on_gov_cloud", "依托市级政务云", s.on_gov_cloud),
        telling_network(p, is_true("on_gov_network", "依托电子政务网络", s.on_gov_network)),
        is_true("on_exchange", "依托数据共享交换平台", s.on_exchange),
        is_true("on_common_platform", "依托公共应用支撑平台", s.on_common_platform),
    ]
    unused = np.logical_or.reduce([leaf.no for leaf in used])
    as_needed = p.intensive_platforms == "as_needed"
    if as_needed:
        for leaf in used:
            _owed_if_needed(leaf)
    connected = is_false("not_isolated", "不是孤立系统", s.isolated)
    done = all_of("intensive", "集约化建设，不是孤立系统", *used, connected)
    exempt = granted("intensive_exemption", "认定“原则上”的例外", s.intensive_exemption, p)
    exemption = Exemption("discretion", exemption_on_file(exempt, s, index))
    done = with_row(on_row(done, index), s, index, INTEGRATION)
    pointed = np.zeros(f.n, bool)
    pointed[s.parent[unused]] = True
    notice = Notice(
        "platforms_as_needed", pointed & as_needed,
        "有列举的平台未依托；按项目需要逐个核对，确不需要的不属问题，须另行认定",
    )  # fmt: skip
    answer = Answer(approved_as_project(f, p), **required(done, exemption))
    on_record = spread(s.intensive_exemption, index)
    answer.notices = (notice, exemption_authority(p, on_record, answer.adverse))
    return [answer]


def _owed_if_needed(leaf: Condition) -> None:
    """A platform that is not used: whether the project needs it is open."""
    unused, told = leaf.no, leaf.says
    leaf.no = np.zeros(len(unused), bool)
    leaf.missing = (("ruleset", None, "intensive_platforms"),)
    leaf.says = lambda row: told(row) + ("，项目是否需要待核" if unused[row] else "")


# 第七条 ----------------------------------------------------------------------------------


def priority_kinds(f, p) -> list[Answer]:
    """7.1 A priority (重点建设): of any of the five kinds. Being none is no breach, and being one
    does not exempt from article 8.
    """
    kinds = [rule(f, p)[0].body for rule in PRIORITIES]
    return [Answer(approved_as_project(f, p), any_of("priority", "属重点建设的类型", *kinds))]


def deployed_from_above(f, p) -> list[Answer]:
    """7.1.1 A major project that the centre or the province ordered (部署); with the document's number."""
    table = f.priorities
    number = table.directive
    stated = number.known & (number.values != NONE)
    numbered = Condition(
        "directive", "leaf", "有部署文号", stated, np.zeros(table.n, bool), facts=(number,),
        missing=(("priorities", None, "directive"),), says=lambda row: f"{number.label}：{number.told(row)}",
    )  # fmt: skip
    return _priority(f, p, "7.1.1", "第（一）项", numbered)


def city_decisions(f, p) -> list[Answer]:
    """7.1.2 Carries out major decisions of the city (市委、市政府重大决策部署)."""
    return _priority(f, p, "7.1.2", "第（二）项")


def internet_plus(f, p) -> list[Answer]:
    """7.1.3 “Internet plus” services, supervision and trading of public resources (互联网+)."""
    return _priority(f, p, "7.1.3", "第（三）项")


def integrated_or_joint(f, p) -> list[Answer]:
    """7.1.4 Integrates scattered systems, or is built across departments or levels (跨部门、跨层级)."""
    [answer] = _priority(f, p, "7.1.4", "第（四）项")
    told = {"either": "跨部门、跨层级任一即可", "both": "跨部门与跨层级须同时具备"}[
        p.cross_department_or_level
    ]
    answer.notices = (Notice("cross_department_or_level", answer.body.yes, f"共建共享按“{told}”理解"),)
    return [answer]


def critical_security(f, p) -> list[Answer]:
    """7.1.5 Security of critical infrastructure and public data (关键信息基础设施、公共数据安全)."""
    return _priority(f, p, "7.1.5", "第（五）项")


def _priority(f, p, clause: str, item: str, *more: Condition) -> list[Answer]:
    table, index = f.priorities, row_index(f.priorities, f.n, clause)
    belongs = is_true("belongs", f"属重点建设的{item}", table.belongs)
    told = {True: "是", False: "否"}
    belongs.says = lambda row: f"{belongs.text}：{told.get(table.belongs.at(row), '未提供或认定不全')}"
    body = all_of("belongs", belongs.text, belongs, *more, premise=True) if more else belongs
    text, missing = f"是否属重点建设的{item}（重点类型表）", (("priorities", clause, "belongs"),)
    body = with_row(on_row(body, index), table, index, text, missing)
    return [Answer(approved_as_project(f, p), body)]


PRIORITIES = (deployed_from_above, city_decisions, internet_plus, integrated_or_joint, critical_security)


# 第八条第一句 ----------------------------------------------------------------------------


def to_be_ended(f, p) -> list[Answer]:
    """8.1 A system that can be merged within the department, or replaced by a common one, is to
    stop running (终止运行). The exception by statute does not reach this sentence.
    """
    s, index = f.integration, row_index(f.integration, f.n)
    superfluous = any_of(
        "superfluous", "可内部整合归并，或可由统建通用系统替代",
        is_true("mergeable", "可内部整合归并", s.mergeable),
        is_true("replaceable", "可由统建通用系统替代", s.replaceable),
    )  # fmt: skip
    superfluous = with_row(on_row(superfluous, index), s, index, INTEGRATION)
    applies = all_of("superfluous_system", superfluous.text, not_a_line_lease(f), superfluous, premise=True)
    ended = told_with(superfluous, is_false("ended", "已终止运行", f.still_running))
    notice = Notice(
        "kept_by_statute", applies.yes & ended.no,
        "应终止运行；不予立项的法定除外不及于此。法律法规要求保留该系统的，以上位法为准，须另行认定",
    )  # fmt: skip
    return [Answer(applies, ended, notices=(notice,))]


# 第九条 ----------------------------------------------------------------------------------


def registration(f, p) -> list[Answer]:
    """9.1 Registered on the city's platform (备案登记); new projects file for approval on the
    province's platform as provided (省投资平台). Whether purchases and operation do so is for
    rules outside the text.
    """
    registered = happened(p, "registered", "已备案登记", f.registered_on)
    filed = is_true("provincial_platform", "已在省投资平台报批", f.provincial_platform)
    new = all_of(
        "new_project", "自行建设的新增项目",
        is_one_of("self_built", "自行建设项目", f.mode, "自行建设"),
        is_one_of("building", "新建、扩建、改建或升级改造", f.action, "新建", "扩建", "改建", "升级改造"),
    )  # fmt: skip
    unfiled, told, due = filed.no, filed.says, come(p, f.approved_on)
    filed.no = unfiled & new.yes & due
    filed.missing = (("projects", None, "provincial_platform"),)
    filed.says = lambda row: (
        told(row)
        + (
            ""
            if not unfiled[row] or filed.no[row]
            else "，批复前应报批"
            if new.yes[row]
            else "（购买服务、运维等是否须上省平台报批，由外部规定决定）"
        )
    )
    filed.facts = (*filed.facts, f.mode, f.action, f.approved_on)
    return [Answer(every_project(f), all_of("registration", "已备案登记并按规定报批", registered, filed))]


def catalogue_kept(f, p) -> list[Answer]:
    """9.2 The unit keeps its catalogue of systems complete and current (部门系统目录)."""
    units, index = f.units, _unit_rows(f)
    current = is_true("catalogue_current", "系统目录完善并及时更新", units.catalogue_current)
    has = index >= 0
    listed = given(
        "unit_listed", "单位表填有项目单位", has, np.zeros(f.n, bool), (("units", None, "catalogue_current"),),
        lambda row: "" if has[row] else "单位表没有列该单位",
    )  # fmt: skip
    listed.facts = (f.unit,)
    body = all_of("catalogue_kept", "系统目录完善并及时更新", on_row(current, index), listed)
    told = "系统目录中有该单位的系统尚未纳入或从未更新，可供认定目录是否及时更新时参考"
    return [Answer(every_project(f), body, notices=(Notice("stale_entries", _stale(f), told),))]


def _unit_rows(f) -> np.ndarray:
    """Row of each project's unit in the sheet 单位; -1 where it is not listed. Shape (n,)."""
    name, units = f.unit, f.units
    rows = {unit: row for row, unit in enumerate(units.unit.values.tolist()) if units.unit.known[row]}
    found = [
        rows.get(v, -1) if k else -1 for v, k in zip(name.values.tolist(), name.known.tolist(), strict=True)
    ]
    return np.array(found, np.int64)


def _stale(f) -> np.ndarray:
    """Where the unit's catalogue has a system that is known not to be entered or never updated."""
    systems, name = f.systems, f.unit
    never = [c.known & np.isnat(c.values) for c in (systems.entered_on, systems.updated_on)]
    stale = systems.unit.known & (never[0] | never[1])
    units = set(systems.unit.values[stale].tolist())
    return name.known & np.array([unit in units for unit in name.values.tolist()], bool)


# 第十条 ----------------------------------------------------------------------------------


def with_counties(f, p) -> list[Answer]:
    """10.1 Shared with counties (县级共享协同): planned as one, approved and built level by level."""
    steps = (
        Step("统筹规划", "市级项目单位", "信息共享、业务协同的总体要求和标准规范，并指导县（市、区）"),
        Step("分级审批建设", "县（市、区）项目单位", "按本地规定的审批和建设"),
        Step("衔接配合", "县（市、区）项目单位", "与市级项目单位的衔接"),
    )
    counties = is_true("counties_involved", "需县（市、区）共享协同", f.counties_involved)
    applies = all_of("counties", counties.text, counties, approved_as_project(f, p))
    return [Answer(applies, every_project(f), steps=steps)]


# 第十一条、第十二条 ----------------------------------------------------------------------


def sharing(f, p) -> list[Answer]:
    """11.1 Information is shared (信息共享) unless a statute expressly says otherwise: on the
    exchange platform, with standing mechanisms, and nothing opened to chosen bodies alone that
    all should share. Non-sharing that 12.2 approved is 12.2's matter.
    """
    s, index = f.integration, row_index(f.integration, f.n)
    table = f.sharing
    exchange = on_row(is_true("on_exchange", "接入共享交换平台", s.on_exchange), index)
    kept = all_of(
        "mechanisms", "建立长效与反馈机制，不向特定主体独家开放",
        is_true("mechanism", "建立共享长效与反馈机制", table.mechanism),
        is_false("not_exclusive", "没有仅向特定主体开放应普遍共享的数据", table.exclusive_opening),
    )  # fmt: skip
    done = all_of(
        "sharing", "接入平台、建立机制并普遍共享",
        with_row(exchange, s, index, INTEGRATION),
        _with_rows(f, every("sharing_rows", kept.text, kept, table, f.n), ("mechanism", "exclusive_opening")),
    )  # fmt: skip
    by_statute = _barred_by_statute(table)
    barred = some("barred_rows", "法律法规明确规定不得共享", by_statute, table, f.n)
    barred = any_of("barred", barred.text, barred, _no_rows(f, "barred_by_law"))
    rows = np.full(f.n, -1, np.int64)
    held = np.flatnonzero(by_statute.yes)
    named = table.bar_basis.values[held].astype(str)
    held = held[np.lexsort((named, named != NONE))]  # of several the same one, whatever their order
    rows[table.parent[held]] = held
    statute = Exemption("statute", barred, spread(table.bar_basis, rows), spread(table.bar_level, rows))
    approved = all_of("approved_bar", "不能共享并经领导小组批准", _cannot_share(table), _approved(table))
    some_approved = some("approved_12_2", "不共享已经领导小组审核批准", approved, table, f.n)
    if not some_approved.no.all() and p.approved_bar == "still_owed":
        some_approved = replace(some_approved, yes=np.zeros(f.n, bool), no=np.ones(f.n, bool))
    apart = not_("not_approved", "没有经领导小组批准不共享", some_approved)
    applies = all_of("sharing_project", "应进行信息共享", not_a_line_lease(f), apart, premise=True)
    return [Answer(applies, **required(done, statute))]


def needed_but_not_shared(f, p) -> list[Answer]:
    """12.2 What cannot be shared and yet is truly needed goes to the leading group for approval
    (领导小组审核批准), new (before its approval) or existing; by convention bars by statute too.
    """
    table = f.sharing
    parts = [_cannot_share(table)]
    if p.statutory_bar_and_12_2 == "lower_bars_only":
        parts.append(not_("below_statute", "不属法律法规的明确规定", _barred_by_statute(table)))
    needed = any_of(
        "needed", "确需建设或保留，或已报领导小组批准",
        is_true("truly_needed", "确需建设或保留", table.truly_needed), _approved(table),
    )  # fmt: skip
    case = all_of("needed_but_not_shared", "不能共享但确需建设或保留", *parts, needed)
    approved = due_by(p, 
        is_true("group_approved", "领导小组审核批准", table.group_approved),
        "，批复前应报领导小组审核批准", "", Rows(f, table).approved_on,
    )  # fmt: skip
    cases = some("some_case", case.text, case, table, f.n)
    listed = any_of(
        "listed_case", case.text, cases, _no_rows(f, "barred_by_law", "bar_basis", "truly_needed")
    )
    applies = all_of("not_sharing", case.text, not_a_line_lease(f), listed, premise=True)
    met = any_of("met", "经领导小组审核批准", not_("other", "没有此情形", case), approved)
    body = every("each_met", "此情形都经领导小组审核批准", met, table, f.n)
    notice = Notice("leading_group", applies.yes & ~body.yes, "须报市政府信息化建设领导小组审核批准")
    return [Answer(applies, body, notices=(notice,))]


def _cannot_share(table) -> Condition:
    """Some requirement bars sharing (依据有关要求不能共享): a statute, or a basis that is written."""
    basis, rank = table.bar_basis, table.bar_level
    none = basis.known & (basis.values == NONE)
    stated = Condition(
        "bar_basis", "leaf", "写明不能共享的依据", (basis.known | rank.known) & ~none, none, facts=(basis,),
        says=lambda k: f"{basis.label}：{basis.at(k) or rank.at(k) or '未提供'}",
    )  # fmt: skip
    by_law = is_true("barred_by_law", "法律法规明确规定不得共享", table.barred_by_law)
    return any_of("cannot_share", "依有关要求不能共享", by_law, stated)


def _barred_by_statute(table) -> Condition:
    """A statute bars sharing: judged so, and not resting on a paper of lower rank."""
    rank = table.bar_level
    statutes = [rank.categories.index(level) for level in STATUTES]
    lower = rank.known & ~np.isin(rank.values, statutes)
    leaf = is_true("barred_by_law", "法律法规明确规定不得共享", table.barred_by_law)
    told = leaf.says
    leaf.yes, leaf.no = leaf.yes & ~lower, leaf.no | lower
    basis = table.bar_basis
    leaf.says = lambda k: told(k) + (
        f"，依据层级：{rank.at(k)}，不算法律法规" if lower[k]
        else f"，依据：{basis.at(k)}" if leaf.yes[k] and basis.at(k) not in (None, NONE) else ""
    )  # fmt: skip
    return leaf


def _approved(table) -> Condition:
    return on_file("group_approval", "已经领导小组审核批准", table.group_approved)


def _with_rows(f, condition: Condition, fields: tuple[str, ...]) -> Condition:
    """A condition on every row of the sheet 共享: with no row it is open, and its fields are missing."""
    has = np.bincount(f.sharing.parent, minlength=f.n) > 0
    cells = tuple(("sharing", None, name) for name in fields)
    filled = given(
        "sharing_row", "填写了本项目的信息共享情况", has, np.zeros(f.n, bool), cells, lambda k: "" if has[k] else "没有填写本项目的信息共享情况（共享表）"
    )  # fmt: skip
    return all_of(condition.id, condition.text, filled, condition)


def _no_rows(f, *fields: str) -> Condition:
    """Rows beyond the listed ones: open where none is listed, none where some are."""
    has = np.bincount(f.sharing.parent, minlength=f.n) > 0
    cells = tuple(("sharing", None, name) for name in fields)
    return given(
        "sharing_unfilled", "共享表未填而有此情形", np.zeros(f.n, bool), has, cells,
        lambda k: "" if has[k] else "没有填写本项目的信息共享情况（共享表）",
    )  # fmt: skip


RULES = {
    "6.1": Rule(intensive_building, approval_date, BEFORE_CONSTRUCTION),
    "7.1": Rule(priority_kinds, approval_date, BEFORE_CONSTRUCTION),
    "7.1.1": Rule(deployed_from_above, approval_date, BEFORE_CONSTRUCTION),
    "7.1.2": Rule(city_decisions, approval_date, BEFORE_CONSTRUCTION),
    "7.1.3": Rule(internet_plus, approval_date, BEFORE_CONSTRUCTION),
    "7.1.4": Rule(integrated_or_joint, approval_date, BEFORE_CONSTRUCTION),
    "7.1.5": Rule(critical_security, approval_date, BEFORE_CONSTRUCTION),
    "8.1": Rule(to_be_ended, approval_date, ALWAYS),
    **negative_list.RULES,
    "9.1": Rule(registration, approval_date, ALWAYS),
    "9.2": Rule(catalogue_kept, approval_date, ALWAYS),
    "10.1": Rule(with_counties, approval_date, ALWAYS),
    "11.1": Rule(sharing, approval_date, ALWAYS),
    "12.2": Rule(needed_but_not_shared, approval_date, ALWAYS),
}
