"""第五章 资金保障和管理: shares of city and counties (35), surplus (36), funds for operation (37–39)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from zwxm_core.conditions import (
    Cell,
    Condition,
    all_of,
    any_of,
    at_most,
    below,
    every,
    given,
    is_false,
    is_one_of,
    is_true,
    not_,
    on_row,
    some,
)  # fmt: skip
from zwxm_core.facts import Bounds, Column, Rows, Table
from zwxm_core.rules.answer import (
    ALWAYS,
    FROM_APPROVAL,
    FROM_TRIAL,
    Amount,
    Answer,
    Notice,
    Rule,
    Step,
    always,
)
from zwxm_core.rules.chapter1 import every_project
from zwxm_core.rules.chapter4_acceptance import goes_on, never_no, only_once, rows_listed
from zwxm_core.rules.due import OPERATION, come, happened, not_a_line_lease
from zwxm_core.rules.shares import RULES_FOR_LEFTOVER, complete_pools, grouped, missing_of, share_out

BUREAU, FINANCE, UNIT = "市数字经济局", "市财政局", "项目单位"

# 第三十五条 ------------------------------------------------------------------------------


def cost_shares(f, p) -> list[Answer]:
    """35.2 What each party bears (市县分摊), by weights the office sets; the text gives no formula.

    One amount a row of the sheet of weights. A project shared with counties that has no
    weights yet asks for them.
    """
    s = f.shares
    parts, known, differs, cells = _parts(f, p)
    amount = Bounds("share", "分摊额", parts, known, parts, known, cells)
    told = f"各方份额舍到分，余分{_LEFTOVER[p.leftover_fen]}；条文没有规定余分归属，改用别的归属会相差若干分"
    leftover = Notice("leftover_fen", differs, told)
    once = np.zeros(s.n, bool)
    once[np.unique(s.parent, return_index=True)[1]] = True
    formula = Notice("cost_sharing_formula", once, _FORMULA.get(p.cost_sharing_formula, _NO_FORMULA))
    listed = always("share_row", "列有分摊权重", s.n)
    by_row = Answer(
        listed, listed, per=s, amounts=(Amount("share", amount, s.party),), notices=(leftover, formula)
    )  # fmt: skip
    return [by_row, _weights_missing(f)]


_LEFTOVER = {
    "largest_remainder_then_order": "按余数从大到小各给一分，余数相同的按次序",
    "first_party": "全归次序在前的承担方",
    "city": "全归市级",
}
_FORMULA = {"weights": "条文没有分摊公式，按所填权重的比例分摊；权重依据和确定机关须写明"}
_NO_FORMULA = "本规则集没有采用按权重分摊，各方份额须另行计算"


def _parts(f, p) -> tuple[np.ndarray, np.ndarray, np.ndarray, Callable[[int], list[Cell]]]:
    """The part of each row (分), whether it is known, whether another rule for the leftover 分
    gives another, and what is missing.
    """
    s = f.shares
    parts, known, differs = np.zeros(s.n, np.int64), np.zeros(s.n, bool), np.zeros(s.n, bool)
    weighted, group = p.cost_sharing_formula == "weights", grouped(f)
    rows, pools = complete_pools(f, group, p.city_parties)
    if weighted and len(rows):
        shared = share_out(pools, RULES_FOR_LEFTOVER)
        parts[rows], known[rows] = shared[p.leftover_fen]
        for other, settled in shared.values():
            differs[rows] |= settled & known[rows] & (other != parts[rows])

    def cells(row: int) -> list[Cell]:
        if known[row]:
            return []
        if not weighted:
            return [("ruleset", None, "cost_sharing_formula")]
        if group[row] >= 0:
            return missing_of(f, np.flatnonzero(group == group[row]), p.leftover_fen)
        same_project = np.flatnonzero((s.parent == s.parent[row]) & ~s.pool.known)
        return [("shares", other, "pool") for other in same_project.tolist()]

    return parts, known, differs, cells


def _weights_missing(f) -> Answer:
    s, nothing = f.shares, np.zeros(f.n, np.int64)
    unknown = np.zeros(f.n, bool)
    has = unknown.copy()
    has[s.parent] = True
    bare = given("no_weights", "没有分摊权重", ~has, has, says=lambda row: "")
    shared = is_true("counties_involved", "需县级共享协同", f.counties_involved)
    amount = Bounds(
        "share", "分摊额", nothing, unknown, nothing, unknown, lambda row: [("shares", None, "weight")]
    )
    return Answer(all_of("unweighted", "需市县分摊", bare, shared), bare, amounts=(Amount("share", amount),))


# 第三十六条 ------------------------------------------------------------------------------


def dedicated_funds(f, p) -> list[Answer]:
    """36.1 Money for this purpose only, in an account of its own (专款专用、专账管理)."""
    return [Answer(every_project(f), is_true("dedicated_account", "专款专用、专账管理", f.dedicated_account))]


def surplus(f, p) -> list[Answer]:
    """36.2 Goals and content unchanged and money left over (结余): what was received is
    returned (退回), what was never paid out is only cut (核减). Asked of final accounts.
    """
    total, paid, spent = f.approved_total, f.paid_in, f.spent
    applies = all_of(
        "surplus", "目标和内容不变而有结余",
        is_true("accounts_final", "支出为决算数", f.accounts_final),
        is_true("goals_unchanged", "建设目标不变", f.goals_unchanged),
        is_true("content_unchanged", "建设内容不变", f.content_unchanged),
        below("left_over", "实际支出小于批复总投资", spent, total),
    )  # fmt: skip
    refund = np.maximum(paid.values - spent.values, 0)
    cut = np.maximum(total.values - np.maximum(paid.values, spent.values), 0)
    amounts = (
        Amount("refund_due", _amount("refund_due", "应退回", refund, paid, spent)),
        Amount("undisbursed_cut", _amount("undisbursed_cut", "未拨付核减", cut, total, paid, spent)),
    )
    own_sum = Notice(
        "undisbursed_cut", applies.yes & amounts[1].amount.known & (cut > 0),
        "条文只要求退回结余资金；“未拨付资金核减”是本产品的算术（批复总投资减已拨付与实际支出的较大者），条文没有规定",
    )  # fmt: skip
    return [Answer(applies, applies, amounts=amounts, notices=(own_sum,))]


def _amount(name: str, label: str, values: np.ndarray, *from_: Column) -> Bounds:
    """An amount worked out from columns of the project: known where all of them are."""
    known = np.logical_and.reduce([column.known for column in from_])

    def cells(row: int) -> list[Cell]:
        return [("projects", None, column.name) for column in from_ if not column.known[row]]

    return Bounds(name, label, values, known, values, known, cells)


# 第三十七条 ------------------------------------------------------------------------------


def operation_budget(f, p) -> list[Answer]:
    """37.1 Funds for operation (运维) are claimed by the rules of the budget, year by year.

    Leases of lines have an article of their own; before the acceptance no such funds are due.
    """
    o = f.operations
    needed = is_true("om_needed", "需安排运维经费", f.om_needed)
    before = (f.approved_on, f.construction_start, f.trial_start, f.acceptance_on)
    ahead = np.logical_or.reduce([day.known & np.isnat(day.values) for day in before]) & ~come(
        p, f.acceptance_on
    )
    told = needed.says or str
    needed = replace(
        needed, yes=needed.yes & ~ahead, no=needed.no | ahead,
        says=lambda row: "尚未验收，还没有运维经费可申报" if ahead[row] else told(row),
    )  # fmt: skip
    operated = any_of(
        "operation", "运维项目",
        _on_file("years_listed", "列有运维年度", o, f.n),
        is_one_of("action_operation", "项目类型为运维", f.action, OPERATION),
        needed,
    )  # fmt: skip
    rows = Rows(f, o)
    body = all_of(
        "budget", "已申报预算",
        rows_listed("budget_rows", "运维年度", o, f.n, "budget_filed_on"),
        replace(every("budget_each", "每个年度都申报预算", _of_year(o, _budget_filed(rows, p, _year_over(rows, p))), o, f.n), row_name=None),
    )  # fmt: skip
    applies = all_of(
        "operation_goes_on", "运维项目", not_a_line_lease(f), goes_on(f, p), operated, premise=True
    )
    return [Answer(applies, body)]


def continued_operation(f, p) -> list[Answer]:
    """37.1.2 Continued operation (续运维), each budget year: the plan goes to the bureau, which
    assesses the need anew; added content is assessed again; then the budget is claimed.

    The text sets no day: what lacks is a breach once the budget was claimed without it, or the
    year is over.
    """
    rows = Rows(f, f.operations)
    continued = is_one_of("continued", "续运维", rows.kind, "续运维")
    applies = all_of("continued_goes_on", "续运维", continued, goes_on(rows, p))
    over = at_most("claimed_within", "申报金额不超过评估金额", rows.claimed, rows.assessed).no
    added = rows.content_added.known & rows.content_added.values
    notices = (
        Notice(
            "added_content", added,
            "运维内容有新增；新增部分已属升级、扩建的，重新评估不能代替立项，须另按第八条、第九条和第十七条至第二十四条办理",
        ),
        Notice("claimed_above_assessed", over, "申报金额超过评估金额；条文要求根据评估结果申报预算，请说明理由"),
    )  # fmt: skip
    late = _year_over(rows, p) | come(p, rows.budget_filed_on)
    body = all_of(
        "continued_operation", "方案经审核、新增已评估、预算已申报",
        _plan_reviewed(rows, p, late), _added_reassessed(rows, late), _budget_filed(rows, p, _year_over(rows, p)),
    )  # fmt: skip
    return [Answer(applies, body, per=f.operations, notices=notices)]


def _plan_reviewed(rows: Rows, p, due: np.ndarray) -> Condition:
    """The plan went to the bureau and was reviewed; one that was reviewed was filed."""
    reviewed = is_true("plan_reviewed", f"运维方案已经{BUREAU}审核", rows.plan_reviewed)
    reviewed = only_once(due, reviewed, _NOT_DUE)
    filed = only_once(due, happened(p, "filed_on", "运维方案已报送", rows.plan_filed_on), _NOT_DUE)
    return all_of(
        "plan", "运维方案报送并经审核", any_of("plan_filed", "运维方案已报送", filed, reviewed), reviewed
    )


def _added_reassessed(rows: Rows, due: np.ndarray) -> Condition:
    return any_of(
        "added_reassessed", "内容没有新增，或新增已重新评估",
        is_false("nothing_added", "内容没有新增", rows.content_added),
        only_once(due, is_true("reassessed", "新增已重新评估", rows.reassessed), _NOT_DUE),
    )  # fmt: skip


def _of_year(table: Table, condition: Condition) -> Condition:
    """The sentences name the year they speak of, or the row where it is blank."""

    def named(leaf: Condition) -> Condition:
        told = leaf.says or str
        return replace(leaf, says=lambda k: (s := told(k)) and f"{table.said(k)}{s}")

    return replace(condition, parts=tuple(map(named, condition.parts)))


def _budget_filed(rows: Rows, p, due: np.ndarray) -> Condition:
    """The year's budget was claimed; one that the finance bureau reviewed was.

    That it has not been reviewed is no matter of the claim (第三十九条) and is not told.
    """
    reviewed = is_true("finance_reviewed", f"{FINANCE}已审核", rows.finance_reviewed)
    told, unreviewed = reviewed.says or str, reviewed.no
    reviewed.says = lambda k: "" if unreviewed[k] else told(k)
    return any_of(
        "budget_filed", "已按规定申报预算",
        only_once(due, happened(p, "budget_filed_on", "已申报预算", rows.budget_filed_on), _NOT_DUE),
        only_once(due, reviewed),
    )  # fmt: skip


_NOT_DUE = "（条文未定日期，尚可办理）"


def _year_over(rows: Rows, p) -> np.ndarray:
    """The budget year lies before the year of the assessment."""
    this_year = 0 if p.today is None else p.today.year
    return rows.year.known & (rows.year.values < this_year)


# 第三十八条 ------------------------------------------------------------------------------


def line_ceiling(f, p) -> list[Answer]:
    """38.1 Leased lines (线路租赁), line by line: the price claimed within the ceiling that the
    bureau set (限价, the ceiling included), after the unit's application went through.

    A missing application is a breach of its own once a price is claimed; it does not touch
    the ceiling. When lines were leased and assessed is not recorded, so that is open.
    """
    lines = f.lines
    rows = Rows(f, lines)
    each, approved = always("line", "线路租赁", lines.n), _approved(rows)
    quality = is_true("quality", "已考核服务质量", rows.quality_checked)
    steps = (
        Step("确定线路类型的最高预算价", BUREAU, "最高预算价", _price_set(rows)),
        Step("按程序报批后申报预算", UNIT, "报批手续", approved),
        Step("采购、签约，考核服务质量后付费", UNIT, "服务质量考核", never_no(quality)),
    )
    return [
        Answer(each, _within_ceiling(rows), per=lines, steps=steps),
        Answer(each, approved, item="报批手续", per=lines),
    ]


def _within_ceiling(rows: Rows) -> Condition:
    return at_most("within_ceiling", "申报单价不超过最高预算价", rows.claimed, rows.price_cap)


def _approved(rows: Rows) -> Condition:
    approved = is_true("approved_procedure", "已按程序报批", rows.approved_procedure)
    facts = (rows.approved_procedure, rows.claimed)
    return replace(approved, no=approved.no & rows.claimed.known, facts=facts)


def _price_set(rows: Rows) -> Condition:
    cap = rows.price_cap
    leaf = given("price_cap", "已有最高预算价", cap.known, np.zeros(len(cap), bool))
    leaf.facts = (cap,)
    return leaf


# 第三十九条 ------------------------------------------------------------------------------


def funds_in_budget(f, p) -> list[Answer]:
    """39.1 Funds claimed as 37 and 38 ask are reviewed by the finance bureau, then enter the
    unit's budget of the year (纳入年度预算). What the bureau has not reviewed is open: it is no
    breach of the unit.
    """
    o, lines = f.operations, f.lines
    rows, line = Rows(f, o), Rows(f, lines)
    first, now_due = is_one_of("first_year", "首次", rows.kind, "首次"), np.ones(o.n, bool)
    first.says = lambda k: ""
    claimed = all_of(
        "claimed_37", "申报符合第三十七条",
        _plan_reviewed(rows, p, now_due),
        any_of("added", "首次，或新增已评估", first, _added_reassessed(rows, now_due)),
        _budget_filed(rows, p, now_due),
    )  # fmt: skip
    leased = all_of("claimed_38", "申报符合第三十八条", _within_ceiling(line), _approved(line))
    on_file = _on_file("lines_listed", "列有线路", lines, f.n)
    lease = all_of(
        "lease", "线路租赁经费符合第三十八条", on_file, some("lease_some", "有线路符合", leased, lines, f.n)
    )
    years = all_of(
        "years", "运维经费符合第三十七条",
        _on_file("years_listed", "列有运维年度", o, f.n), some("claimed_some", "有年度符合", claimed, o, f.n),
    )  # fmt: skip
    applies = any_of("claimed", "有符合第三十七条、第三十八条的经费申报", years, lease)
    due = any_of("due", "申报符合规定", claimed, on_row(lease, o.parent))
    reviewed = never_no(is_true("finance_reviewed", f"{FINANCE}已审核", rows.finance_reviewed), FINANCE)
    not_due = not_("not_due", "申报不符合规定", due)
    not_due.says = lambda k: f"申报不符合第三十七条（{'，'.join(claimed.sentences(k))}），不属本条的审核"
    settled = any_of("reviewed", "已审核（申报不符合规定的除外）", not_due, reviewed)
    body = all_of(
        "funds", "运维经费经审核",
        rows_listed("review_rows", "财政审核", o, f.n, "finance_reviewed"),
        replace(every("reviewed_each", "每个年度都经审核", _of_year(o, settled), o, f.n), row_name=None),
    )  # fmt: skip
    steps = (Step("审核运维经费", FINANCE, "审核意见", body), Step("纳入年度预算", FINANCE, "年度预算"))
    return [Answer(applies, body, steps=steps)]


def _on_file(id: str, text: str, table: Table, n: int) -> Condition:
    """A claim counts once it is on file: the project has a row in the sheet."""
    has = np.zeros(n, bool)
    has[table.parent] = True
    return given(id, text, has, ~has, says=lambda row: text if has[row] else f"没有列{text[2:]}")


RULES = {
    "35.2": Rule(cost_shares, None, ALWAYS),
    "36.1": Rule(dedicated_funds, None, FROM_APPROVAL),
    "36.2": Rule(surplus, None, FROM_TRIAL),
    "37.1": Rule(operation_budget, None, ALWAYS),
    "37.1.2": Rule(continued_operation, None, ALWAYS),
    "38.1": Rule(line_ceiling, None, ALWAYS),
    "39.1": Rule(funds_in_budget, None, ALWAYS),
}
