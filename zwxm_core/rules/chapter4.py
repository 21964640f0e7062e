"""第四章 建设和运维管理: adjustments during construction (28, 29)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zwxm_core.conditions import (
    Condition,
    all_of,
    any_of,
    at_most,
    every,
    given,
    is_false,
    is_one_of,
    is_true,
    not_,
    on_row,
    some,
)  # fmt: skip
from zwxm_core.facts import Bounds, Column, Rows, Table, reach
from zwxm_core.money import yuan_text
from zwxm_core.rules.adjustments import addends, adjusted_amount, latest, latest_date, listed, more_unlisted
from zwxm_core.rules.answer import FROM_APPROVAL, Answer, Notice, Rule
from zwxm_core.rules.chapter4_acceptance import because

# 第二十八条 ------------------------------------------------------------------------------


def major_adjustment(f, p) -> list[Answer]:
    """28.1 A major adjustment needs an application and approval beforehand (事先审批).

    By convention an adjustment that 29.1 does not allow the unit to make itself is
    treated as major. Approval counts adjustment by adjustment.
    """
    a = f.adjustments
    rows = Rows(f, a)
    major = _major(f, rows, adjusted_amount(f, p), p)
    approved = _asked_of_major(is_true("prior_approval", "事先申请并经审批", rows.prior_approval), major)
    compliant = any_of(
        "minor_or_approved", "不属重大调整，或已事先审批", not_("minor", "不属重大调整", major), approved
    )
    applies = all_of(
        "major_listed", "有重大调整", listed(f),
        any_of("major_any", "有一次属重大调整", some("major_some", "清单中有重大调整", major, a, f.n), more_unlisted(f)),
    )  # fmt: skip
    body = every("approved_each", "每次重大调整都事先审批", compliant, a, f.n)
    asked = major.yes & ~approved.yes & ~_judged_major(rows)
    presumed = reach(asked, a.parent, f.n)
    return [
        Answer(
            applies, body, notices=(Notice("presumed_major", presumed, _PRESUMED),),
            by_row=lambda: Answer(
                major, because(approved, major), per=a, days=a.on,
                notices=(Notice("presumed_major", asked, _PRESUMED),),
            ),
        )
    ]  # fmt: skip


_PRESUMED = (
    "条文没有界定“重大调整”；不具备第二十九条条件的调整按口径视为重大调整，属推定，"
    "是否构成重大调整由市发展改革委、市数字经济局认定"
)


def _asked_of_major(approved: Condition, major: Condition) -> Condition:
    """While it is open whether it was approved, the reason tells why that is asked."""
    told, unknown = approved.says or str, ~(approved.yes | approved.no)
    why = because(approved, major, "，").says or str
    return replace(approved, says=lambda k: why(k) if unknown[k] else told(k))


def late_application_refused(f, p) -> list[Answer]:
    """28.2 Unapproved major design change that made the estimate overrun: a later
    application for adjustment is not accepted (不受理事后调整申请); nothing lifts this.
    """
    a = f.adjustments
    rows = Rows(f, a)
    change = all_of(
        "unapproved_overrun", "未经批准的重大设计变更导致超概算",
        is_false("unapproved", "未经事先审批", rows.prior_approval),
        is_true("major_design_change", "重大设计变更", rows.major_design_change),
        _caused_overrun(f, rows, p),
    )  # fmt: skip
    body = any_of(
        "any_unapproved_overrun", "有未经批准的重大设计变更导致超概算",
        some("listed_overrun", "清单中有此情形", change, a, f.n), more_unlisted(f),
    )  # fmt: skip
    return [Answer(listed(f), body)]


def _major(f, rows: Rows, amount: Bounds, p) -> Condition:
    major = not_("notself_adjustable", "不具备自行调整的条件", self_adjustable(f, rows, amount, p))
    major = all_of("presumed_major", "推定为重大调整", major, _presumption(rows))
    if p.adjustment_outside_29 == "treated_as_major":
        return major
    small = all_of(
        "small_non_main", "主要建设内容以外、限额以内的调整",
        is_false("not_main_content", "不涉及主要建设内容", rows.change_necessary),
        *_bounds_of_adjustment(f, rows, amount, p),
    )  # fmt: skip
    return all_of("major", "重大调整", major, not_("not_small", "不是主要内容以外的小额调整", small))


def _judged_major(rows: Rows) -> np.ndarray:
    """Where a major design change (重大设计变更) is judged to be one, so that nothing is presumed."""
    change = rows.major_design_change
    return change.known & np.asarray(change.values, bool)


def _presumption(rows: Rows) -> Condition:
    """That what article 29 does not allow is major (重大调整) is a presumption, and told as one."""
    change, judged = rows.major_design_change, _judged_major(rows)

    def says(k: int) -> str:
        if judged[k]:
            return "不具备第二十九条条件，已认定重大设计变更"
        stated = "；已有认定：重大设计变更 否" if change.known[k] else ""
        return f"不具备第二十九条条件，按口径视为重大调整（推定{stated}）"

    n = len(change)
    return given("presumption", "按口径视为重大调整", np.ones(n, bool), np.zeros(n, bool), says=says)


def _caused_overrun(f, rows: Rows, p) -> Condition:
    """The judgement that the change caused an overrun; figures that deny an overrun settle a
    missing judgement and put a contrary one in doubt.
    """
    denied = _overrun(f, p).no[f.adjustments.parent]
    cause = rows.caused_overrun
    said = cause.known & cause.values
    leaf = is_true("caused_overrun", "因此超概算", cause)
    leaf.yes, leaf.no = said & ~denied, (cause.known & ~cause.values) | (denied & ~said)
    told = leaf.says
    leaf.says = lambda k: told(k) + ("（所填数额并未超出）" if denied[k] else "")
    return leaf


def _overrun(f, p) -> Condition:
    if p.overrun_level == "by_item":
        costs = f.costs
        within = at_most("item_within", "实际不超过审定", costs.actual, costs.assessed)
        over = some("any_item_over", "有费用项超概算", not_("item_over", "实际超过审定", within), costs, f.n)
        over.no &= np.bincount(costs.parent, minlength=f.n) > 0  # no lines prove nothing
        return over
    if p.overrun_base == "approved_total":
        revised, base = f.revised_total, f.approved_total
    else:
        revised, base = f.revised_budget, f.approved_budget
    return not_("overrun", "超概算", at_most("within_budget", "未超概算", revised, base))


# 第二十九条 ------------------------------------------------------------------------------


def self_adjustment(f, p) -> list[Answer]:
    """29.1 The unit may adjust by itself (可自行调整), and files it in writing (报备).

    Asked of the latest adjustment that was not approved beforehand, with the amount
    accumulated since the last approval. A missing filing is a breach of the filing duty
    only; it does not lead to article 28.
    """
    a, index = f.adjustments, latest(f)
    rows = Rows(f, a)
    own = _not_approved(rows.prior_approval)
    body = self_adjustable(f, rows, adjusted_amount(f, p), p)
    filed = _of_adjustment(a, is_true("filed", "已形成书面材料报备", rows.filed))
    applies = all_of("own_adjustment", "有未经事先审批的调整", listed(f), on_row(own, index))
    permitted = on_row(body, index)
    files = all_of("filing_due", "可自行调整的，须报备", applies, permitted)
    filing = Answer(
        files, on_row(filed, index), item="filing", kind="duty",
        by_row=lambda: Answer(all_of("filing_due", "可自行调整的，须报备", own, body), filed, kind="duty", per=a, days=a.on),
    )  # fmt: skip
    return [Answer(applies, permitted, by_row=lambda: Answer(own, body, per=a, days=a.on)), filing]


def _of_adjustment(a: Table, leaf: Condition) -> Condition:
    """What is not done is told with the adjustment (序号, 事由, 金额) that asks for it."""
    told = leaf.says or str

    def says(k: int) -> str:
        if leaf.yes[k]:
            return told(k)
        size = f"，调整 {yuan_text(a.amount.at(k))} 元" if a.amount.known[k] else ""
        ground = f"，事由 {a.ground.at(k)}" if a.ground.known[k] else ""
        return f"{a.said(k)} 的自行调整（第二十九条{ground}{size}）：{told(k)}"

    return replace(leaf, says=says)


def superior_deployment(f, p) -> list[Answer]:
    """29.1.1 Content must change by a deployment from above (上级部署)."""
    return _ground_answer(f, _superior(Rows(f, f.adjustments)))


def technical_improvement(f, p) -> list[Answer]:
    """29.1.2 The technical plan needs improving (技术方案完善优化)."""
    return _ground_answer(f, _technical(Rows(f, f.adjustments)))


def business_need(f, p) -> list[Answer]:
    """29.1.3 Business needs, within the approved construction plan (业务发展需要)."""
    return _ground_answer(f, _business(Rows(f, f.adjustments)))


def self_adjustable(f, rows: Rows, amount: Bounds, p) -> Condition:
    """What 29.1 asks of one adjustment, over the rows of the adjustments, with its amount (分)."""
    return all_of(
        "self_adjustment", "可自行调整并报备",
        *_bounds_of_adjustment(f, rows, amount, p),
        is_true("change_necessary", "主要建设内容确需调整", rows.change_necessary),
        any_of("ground", "符合第二十九条所列情形之一", _superior(rows), _technical(rows), _business(rows)),
    )  # fmt: skip


def _bounds_of_adjustment(f, rows: Rows, amount: Bounds, p) -> tuple[Condition, ...]:
    base = rows.approved_total if p.adjustment_base == "construction_approval" else rows.feasibility_total
    limit = at_most("within_limit", "资金调整数额不超过批复总投资的限额", amount, base, p.adjustment_limit)
    told, summed = limit.says or str, addends(f, p)
    limit.says = lambda k: told(k) + summed(k)
    revised, approved = rows.revised_total, rows.approved_total
    total = at_most("within_total", "投资规模不超批复总投资", revised, approved)
    said, over = total.says or str, total.no
    total.says = lambda k: (
        said(k) + (f" {yuan_text(int(revised.values[k] - approved.values[k]))} 元" if over[k] else "")
    )
    return (
        total,
        is_true("goals_unchanged", "建设目标不变", rows.goals_unchanged),
        limit,
    )


def _superior(rows: Rows) -> Condition:
    return is_one_of("ground_deployment", "根据上级党委政府部署确需改变建设内容", rows.ground, "上级部署")


def _technical(rows: Rows) -> Condition:
    return is_one_of("ground_technical", "确需完善优化原技术方案", rows.ground, "技术优化")


def _business(rows: Rows) -> Condition:
    return all_of(
        "ground_business", "业务发展需要，在已批规划框架内调整",
        is_one_of("business_need", "业务发展需要", rows.ground, "业务需要"),
        is_true("within_approved_plan", "仍在已批复规划框架内", rows.within_approved_plan),
    )  # fmt: skip


def _ground_answer(f, ground: Condition) -> list[Answer]:
    a, index = f.adjustments, latest(f)
    own = _not_approved(Rows(f, a).prior_approval)
    applies = all_of("own_adjustment", "有未经事先审批的调整", listed(f), on_row(own, index))
    return [Answer(applies, on_row(ground, index), by_row=lambda: Answer(own, ground, per=a, days=a.on))]


def _not_approved(approval: Column) -> Condition:
    """Not known to have been approved beforehand: an approval counts once it is on file."""
    approved = approval.known & np.asarray(approval.values, bool)
    return given(
        "not_approved", "未见事先审批", ~approved, approved,
        says=lambda k: "本次调整已事先审批，不属自行调整" if approved[k] else "未见事先审批",
    )  # fmt: skip


RULES = {
    "28.1": Rule(major_adjustment, latest_date, FROM_APPROVAL),
    "28.2": Rule(late_application_refused, latest_date, FROM_APPROVAL),
    "29.1": Rule(self_adjustment, latest_date, FROM_APPROVAL),
    "29.1.1": Rule(superior_deployment, latest_date, FROM_APPROVAL),
    "29.1.2": Rule(technical_improvement, latest_date, FROM_APPROVAL),
    "29.1.3": Rule(business_need, latest_date, FROM_APPROVAL),
}
