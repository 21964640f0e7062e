"""第四章 建设和运维管理: trouble and termination (30), acceptance (31), the data that come of the
project (33), who runs the system (34).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zwxm_core.conditions import Condition, all_of, any_of, every, given, is_false, is_one_of, is_true
from zwxm_core.facts import Column, Rows, Table, reach
from zwxm_core.rules.answer import FROM_TRIAL, IN_OPERATION, Answer, Notice, Rule, Step
from zwxm_core.rules.chapter1 import every_project
from zwxm_core.rules.due import come, construction_start, happened, now, trial_start
from zwxm_core.rules.materials import materials
from zwxm_core.rules.sheet_rows import NONE

BUREAU, UNIT = "市数字经济局", "项目单位"
IN_CONSTRUCTION = ("建设", "试运行")


def goes_on(f, p) -> Condition:
    """The project was not ended (终止, 第三十条第二款) before it was accepted.

    Where it was, what the text asks of building on, acceptance and operation falls away.
    """
    day, accepted = f.terminated_on, f.acceptance_on
    ended = day.known & (day.values <= now(p)) & ~(accepted.known & (accepted.values <= day.values))
    return given(
        "goes_on", "项目没有终止", ~ended, ended,
        says=lambda row: f"项目已于 {day.at(row)} 批准终止，此项不再要求" if ended[row] else "",
    )  # fmt: skip


def only_once(due: np.ndarray, leaf: Condition, waits: str = "") -> Condition:
    """What is not done is a breach only where it is due; elsewhere it is open (told with `waits`)."""
    told, open_ = leaf.says or str, leaf.no & ~due
    return replace(leaf, no=leaf.no & due, says=lambda row: told(row) + (waits if open_[row] else ""))


def because(leaf: Condition, premise: Condition, sep: str = "；") -> Condition:
    """What is not met, or open, is told with the case that asks for it (`premise`)."""
    told = leaf.says or str

    def says(row: int) -> str:
        asked = premise.sentences(row) if premise.yes[row] and not leaf.yes[row] else []
        return sep.join([*asked, told(row)])

    return replace(leaf, says=says)


def never_no(leaf: Condition, who: str = "") -> Condition:
    """What another body (`who`) is to do, or what no recorded day makes due: never a breach of the unit."""
    return only_once(np.zeros_like(leaf.no), leaf, f"，由{who}办理" if who else "")


def rows_listed(id: str, text: str, table: Table, n: int, field: str) -> Condition:
    """The project has a row in the child table; none proves nothing, and `field` is asked for."""
    has = np.zeros(n, bool)
    has[table.parent] = True
    return given(
        id, text, has, np.zeros(n, bool), ((table.name, None, field),),
        lambda row: "" if has[row] else f"{text}：未提供",
    )  # fmt: skip


# 第三十条 --------------------------------------------------------------------------------


def trouble_reported(f, p) -> list[Answer]:
    """30.1 Severe delay or major loss (严重逾期、重大损失) is reported to the bureau.

    Neither word has a number: both are judgements. How soon is soon enough is not said
    either, so a report counts and its date is pointed out.
    """
    trouble = any_of(
        "trouble", "出现工程严重逾期或投资重大损失",
        _severe_delay(f, p), is_true("major_loss", "投资重大损失", f.major_loss),
    )  # fmt: skip
    reported = happened(p, "reported", "已向市数字经济局报告", f.trouble_reported_on)
    notice = Notice(
        "report_in_time", reported.yes,
        "条文要求及时报告而没有期限；报告是否及时、应整改还是暂停建设，须由市数字经济局认定",
    )  # fmt: skip
    return [Answer(trouble, because(reported, trouble), notices=(notice,))]


def _severe_delay(f, p) -> Condition:
    """The judgement that the delay is severe; while it is missing, the days of delay are told."""
    leaf = is_true("severe_delay", "工程严重逾期", f.severe_delay)
    ended, due = f.construction_end, f.acceptance_due
    both = ended.known & due.known & ~np.isnat(ended.values) & ~np.isnat(due.values)
    days = np.where(both, (ended.values - due.values).astype(np.int64), 0)
    late = (days > 0) & (days >= (p.severe_delay_days or 0)) & ~f.severe_delay.known
    told = leaf.says
    leaf.says = lambda row: told(row) + (f"（建设结束晚于应验收日 {days[row]} 天）" if late[row] else "")
    return leaf


def termination(f, p) -> list[Answer]:
    """30.2 May apply to end the project (终止建设): under way with substantive progress, then
    made impossible by outside changes or causes beyond control.
    """
    external = is_true("external_change", "外部环境变化", f.external_change)
    uncontrollable = is_true("force_majeure", "不可抗因素", f.force_majeure)
    either = p.termination_causes == "either"
    combine, word = (any_of, "或") if either else (all_of, "和")
    body = all_of(
        "termination", "可以申请终止建设",
        happened(p, "begun", "项目已实施", construction_start(f)),
        is_true("substantive_progress", "有实质性进展", f.substantive_progress),
        combine("causes", f"有外部环境变化{word}不可抗因素", external, uncontrollable),
        is_true("goals_unreachable", "难以继续实施，无法完成总体目标", f.goals_unreachable),
    )  # fmt: skip
    ended = come(p, f.terminated_on)
    notices = (
        Notice("uncontrollable_wider", uncontrollable.yes, _UNCONTROLLABLE[p.uncontrollable_wider]),
        Notice(
            "termination_approval", body.yes & ~ended,
            "终止须由项目单位提出申请，市数字经济局核报领导小组同意；同意之前项目仍在建设",
        ),
        Notice(
            "terminated", ended & ~body.no,
            "项目已终止；终止须经项目单位申请、市数字经济局核报领导小组同意，请核对申请和同意的文件",
        ),
        Notice(
            "terminated_without_ground", ended & body.no,
            "项目已终止，而所填事实不具备终止建设的条件，请核对",
        ),
    )  # fmt: skip
    return [Answer(every_project(f), body, notices=notices)]


_UNCONTROLLABLE = {
    "wider_than_force_majeure": "“不可抗因素”按宽于法律上的不可抗力理解；依据一栏应写明是什么因素",
    "force_majeure_only": "“不可抗因素”按法律上的不可抗力理解；依据一栏应写明为何不能预见、不能避免、不能克服",
}


# 第三十一条 ------------------------------------------------------------------------------


def acceptance_day(f) -> Column:
    """The event of article 31: the acceptance (验收日); while there is none, its due day."""
    on, due = f.acceptance_on, f.acceptance_due
    planned = on.known & np.isnat(on.values) & due.known & ~np.isnat(due.values)
    return replace(on, values=np.where(planned, due.values, on.values))


def completion_acceptance(f, p) -> list[Answer]:
    """31.2 Self-built: the bureau organises the acceptance (竣工验收) on the named materials; a
    unit that cannot apply for it in time (按期申请) asks for an extension in writing (书面申请延期).

    The list of materials ends in 等: complete means complete in what it names. What is not
    ready before the unit applies is to come.
    """
    in_time = _applied_in_time(f, p)
    to_come, items = _once_called(f, p, materials(f, p, "31.2", p.acceptance_items), in_time)
    body = all_of(
        "completion_acceptance", "按规定竣工验收",
        all_of("acceptance_materials", "验收资料齐备", to_come, *items),
        _organised(f, "bureau_organised", f"由{BUREAU}组织验收", "数字经济局"),
        in_time,
    )  # fmt: skip
    passed = is_one_of("passed", "验收合格", f.acceptance_result, "合格")
    steps = (
        Step("提交验收资料", UNIT, "验收资料", body.parts[0]),
        Step("组织竣工验收", BUREAU, "竣工验收", body.parts[1]),
        Step("验收合格的，出具验收意见", BUREAU, "项目验收意见", case=passed),
    )
    self_built = is_one_of("self_built", "自行建设项目", f.mode, "自行建设")
    applies = all_of("self_built_goes_on", "自行建设而没有终止的项目", self_built, goes_on(f, p))
    return [Answer(applies, body, items=items, steps=steps, notices=(_extension_notice(f, p),))]


def purchase_acceptance(f, p) -> list[Answer]:
    """31.3 Purchase: the unit accepts and reports the result; the bureau reviews it and gives its
    opinion. An opinion that is not out is the bureau's to give and no breach of the unit.
    """
    by_unit = _organised(f, "unit_organised", f"由{UNIT}组织验收", "项目单位")
    opinion = _bureau_opinion(f)
    steps = (
        Step("组织验收", UNIT, "验收结果", by_unit),
        Step("报送验收结果", UNIT, "验收结果"),
        Step("组织部门、专家或第三方评估，出具审核意见", BUREAU, "审核意见", opinion),
    )
    body = all_of("purchase_acceptance", "单位验收并经审核", by_unit, opinion)
    purchased = is_one_of("purchase_mode", "购买服务项目", f.mode, "购买服务")
    applies = all_of("purchase_goes_on", "购买服务而没有终止的项目", purchased, goes_on(f, p))
    return [Answer(applies, body, steps=steps)]


def _once_called(f, p, items: tuple[Condition, ...], in_time: Condition):
    """The materials from the day the unit applied for acceptance, or had it, or is late with it; before,
    they are to come (待备), which is told once, and the application is what is asked for.
    """
    result, applied, on = f.acceptance_result, f.acceptance_applied_on, f.acceptance_on
    held = result.known & (result.values != result.categories.index("未进行"))
    called = held | come(p, applied, on) | in_time.no
    ahead = ~called & applied.known

    def waiting(item: Condition) -> Condition:
        leaf, open_ = only_once(called, item, "（是否已申请验收未提供）"), ahead & ~item.yes
        return Condition(
            item.id,
            "all",
            item.text,
            leaf.yes,
            leaf.no,
            (leaf,),
            rows=lambda row: [] if open_[row] else [row],
        )

    waits = ahead & np.logical_or.reduce([~item.yes for item in items])
    to_come = given(
        "called", "已申请验收", ~waits, np.zeros(f.n, bool), (("projects", None, "acceptance_applied_on"),),
        lambda row: "尚未申请验收，验收资料待备" if waits[row] else "",
    )  # fmt: skip
    return to_come, tuple(waiting(item) for item in items)


def _organised(f, id: str, text: str, body: str) -> Condition:
    """Who organised the acceptance. Until there has been one, nobody has: that is open, not a breach."""
    by = f.acceptance_by
    nobody = by.is_known("无")
    right = by.is_known(body)
    leaf = given(id, text, right, by.known & ~right & ~nobody, (("projects", None, "acceptance_on"),))
    leaf.facts = (by,)
    leaf.says = lambda row: f"{by.label}：{'尚未组织' if nobody[row] else by.told(row)}"
    return leaf


def _applied_in_time(f, p) -> Condition:
    """Acceptance applied for, or held, by the due day (含当日), or an extension asked for in writing.

    The due day is the approval's or, by the other reading, the contract's where it differs;
    where none is set (未) nothing is late. An acceptance after it says nothing of the application.
    """
    own, contract, on, applied = (
        f.acceptance_due,
        f.acceptance_due_contract,
        f.acceptance_on,
        f.acceptance_applied_on,
    )
    due, asked = own, f.extension_applied
    if p.acceptance_due_source == "contract":
        values = np.where(contract.known, contract.values, own.values)
        due = replace(own, label=contract.label, values=values, known=own.known | contract.known)
    unset = due.known & np.isnat(due.values)
    held = on.known & (on.values <= due.values)  # counts where nobody says when it was applied for
    by_due = due.known & np.where(applied.known, applied.values <= due.values, held)
    past = due.known & (due.values < now(p))
    late = past & ~by_due & applied.known
    extended = asked.known & asked.values
    told = (applied, on, due)

    def says(row: int) -> str:
        dates = "，".join(f"{c.label}：{c.told(row)}" for c in told)
        if unset[row] or by_due[row]:
            return dates
        return dates + (
            f"，{asked.label}：{asked.told(row)}"
            if past[row] or extended[row]
            else "，尚未到期"
            if due.known[row]
            else ""
        )

    return Condition(
        "in_time_or_extension", "leaf", "按期申请验收，或已书面申请延期", unset | by_due | extended,
        late & asked.known & ~asked.values, facts=(*told, asked), says=says,
        missing=(("projects", None, "acceptance_applied_on"),),
    )  # fmt: skip


def _extension_notice(f, p) -> Notice:
    applied, granted = f.extension_applied, f.extension_granted
    asked = applied.known & applied.values
    open_ = asked & ~(granted.known & granted.values)
    return Notice("extension_grantor", open_, _GRANTOR[p.extension_grantor])


_GRANTOR = {
    "undecided": "已书面申请延期；由谁批准、批准之前是否视为按期，条文未定，须由主管部门认定",
    "digital_economy_bureau": f"已书面申请延期；本规则集采用“由{BUREAU}批准”，尚未见批准",
}


def reviewed(f) -> tuple[np.ndarray, np.ndarray]:
    """Where the bureau's review of a purchase says that it passed, and that it failed."""
    own, o = f.bureau_opinion, f.opinions
    passed, failed = own.is_known("合格"), own.is_known("不合格")
    given_ = o.given_on.known & ~np.isnat(o.given_on.values)
    review = given_ & o.body.is_known("数字经济局") & o.kind.is_known("验收审核")
    for value, reached in (("同意", passed), ("不同意", failed)):
        at = o.parent[review & o.result.is_known(value)]
        reached[at[~own.known[at]]] = True
    return passed & ~failed, failed


def _bureau_opinion(f) -> Condition:
    """The bureau's opinion on the acceptance: the sheet of opinions, or the project's own field."""
    o, own = f.opinions, f.bureau_opinion
    row = (
        o.body.is_known("数字经济局")
        & o.kind.is_known("验收审核")
        & o.given_on.known
    )  # fmt: skip
    never = np.isnat(o.given_on.values)
    issued, withheld = np.zeros(f.n, bool), np.zeros(f.n, bool)
    issued[o.parent[row & ~never]] = True
    withheld[o.parent[row & never]] = True
    out = own.is_known("未出")
    yes = issued | (own.known & ~out)
    waits = ~yes & (withheld | out)

    def says(row: int) -> str:
        return f"{own.label}：{'已出' if issued[row] else f'未出，由{BUREAU}出具' if waits[row] else own.told(row)}"

    return Condition(
        "bureau_opinion", "leaf", f"{BUREAU}已出具审核意见", yes, np.zeros(f.n, bool), facts=(own,), says=says,
        missing=(("projects", None, own.name),),
    )  # fmt: skip


# 第三十三条 ------------------------------------------------------------------------------


def public_data_catalogue(f, p) -> list[Answer]:
    """33.1 Public data (公共数据) that come of the project, sensitive data apart, enter the city's
    catalogue; the bureau collects them by its rules, so what is not collected yet is only pointed
    out. Before the trial the project has produced none; that no catalogue was compiled (无) tells of none.
    """
    r = f.resources
    rows, trial = Rows(f, r), trial_start(f)

    def named(leaf: Condition, whose: str = "") -> Condition:
        told = leaf.says or str
        return replace(
            leaf, says=lambda k: f"“{r.resource.at(k) or r.key(k)}”{told(k)}" + (whose if leaf.no[k] else "")
        )

    open_data = is_false("not_sensitive", "不属敏感数据", rows.sensitive)
    entered = any_of(
        "catalogued", "敏感数据，或已纳入全市公共数据目录",
        named(is_true("sensitive", "敏感数据", rows.sensitive)),
        named(is_true("in_city_catalogue", "纳入全市公共数据目录", rows.in_city_catalogue), _CATALOGUE_BY),
    )  # fmt: skip
    uncollected = np.zeros(f.n, bool)
    uncollected[r.parent[open_data.yes & rows.collected.known & ~rows.collected.values]] = True
    notice = Notice(
        "uncollected", uncollected, f"有公共数据资源尚未归集，由{BUREAU}按有关规定归集、共享、开放"
    )
    listed = rows_listed("data_listed", "项目产生的信息资源", r, f.n, "resource")
    none = reach(r.resource.known & (r.resource.values == NONE), r.parent, f.n)
    begun = come(p, trial, f.acceptance_on, f.go_live)
    ended = ~listed.yes & goes_on(f, p).no
    listed.yes, listed.no = listed.yes & ~none, ended
    told = listed.says
    listed.says = lambda row: (
        "项目已终止，没有列出产生的信息资源" if ended[row]
        else "信息资源目录写“无”，项目产生哪些数据待核" if none[row] else told(row)
    )  # fmt: skip
    produces = given("trial_begun", "已投入试运行", begun, trial.known & ~begun, says=lambda row: (
        "" if begun[row] else "尚未投入试运行，还没有产生数据" if trial.known[row] else f"{trial.label}：未提供，是否已产生数据待核"
    ))  # fmt: skip
    produces.facts = (replace(trial, known=trial.known | begun),)
    body = every("catalogued_each", "每项公共数据资源都纳入目录", entered, r, f.n)
    body.row_name = None  # each sentence names its resource
    applies = all_of("data_produced", "项目产生信息资源", produces, listed)
    return [Answer(applies, body, notices=(notice,))]


_CATALOGUE_BY = "，纳入由领导小组监督指导"


# 第三十四条 ------------------------------------------------------------------------------


def om_by_others(f, p) -> list[Answer]:
    """34.1 A unit that cannot run the system (不具备运维能力) leaves it to the competent bodies
    or buys the service.
    """
    incapable = is_false("not_om_capable", "单位不具备运维能力", f.om_capable)
    bought = is_true("om_service_bought", "运维由职能部门或购买服务承担", f.om_service_bought)
    told = bought.says
    bought.says = lambda row: f"具备运维能力：否，{told(row)}"
    return [Answer(all_of("incapable_goes_on", "不具备运维能力", incapable, goes_on(f, p)), bought)]


RULES = {
    "30.1": Rule(trouble_reported, None, IN_CONSTRUCTION),
    "30.2": Rule(termination, None, IN_CONSTRUCTION),
    "31.2": Rule(completion_acceptance, acceptance_day, FROM_TRIAL),
    "31.3": Rule(purchase_acceptance, acceptance_day, FROM_TRIAL),
    "33.1": Rule(public_data_catalogue, None, FROM_TRIAL),
    "34.1": Rule(om_by_others, None, IN_OPERATION),
}
