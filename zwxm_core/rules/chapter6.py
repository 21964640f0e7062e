"""第六章 招标投标和政府采购管理: how each lot is procured (40–42) and whose the software is (43)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zwxm_core.conditions import (
    Cell,
    Condition,
    all_of,
    any_of,
    at_most,
    below,
    given,
    is_false,
    is_one_of,
    is_true,
    not_,
    some,
)  # fmt: skip
from zwxm_core.facts import Column, Rows
from zwxm_core.rules.answer import FROM_APPROVAL, Answer, Notice, Rule, Step, always
from zwxm_core.rules.chapter4_acceptance import because, goes_on
from zwxm_core.rules.chapter9 import governed
from zwxm_core.rules.due import come

# 第四十条 --------------------------------------------------------------------------------


def procurement_method(f, p) -> list[Answer]:
    """40.1 Government procurement (政府采购) by one of the listed methods.

    What the text leaves out but the statute opens is left open, until the rule set adopts a
    reading; a lot called 其他 stays open under any but the strictest.
    """
    rows = Rows(f, f.procurement)
    method = rows.method
    listed = is_one_of(
        "listed_method", "采购方式为条文所列之一", method, *_among(method, p.procurement_listed)
    )
    government = _government_procurement(rows, p)
    others = () if p.procurement_methods == "four_only" else _other_methods(method, p)
    body = any_of("method", "采购方式符合", because(listed, government, "，"), *others)
    asked = p.procurement_methods == "undecided"
    text = "采用条文未列、政府采购法律法规允许的采购方式；条文是否排除，须由财政部门认定"
    notice = Notice("procurement_methods", listed.no & ~body.no & asked, text)
    return [Answer(government, body, per=f.procurement, notices=(notice,))]


def own_procurement(f, p) -> list[Answer]:
    """40.2 Outside the central catalogue and below the threshold (限额标准以下): the unit may
    procure by itself. Filing and approval stay due.
    """
    rows = Rows(f, f.procurement)
    body = _free_of_procurement_law(rows, p)
    limit, amount = _threshold(rows, p), rows.amount
    same = amount.known & limit.known & (amount.values == limit.values)
    stated = rows.is_government_procurement
    tendered = _must_tender(rows)
    contradicted = stated.known & np.where(stated.values, body.yes, body.no & ~tendered)
    notices = (
        Notice("stated_against_threshold", contradicted, _CONTRADICTED),
        Notice("own_procurement", body.yes, "自行组织采购只免政府采购的方式和程序，备案、审批照常办理"),
        Notice("equal_to_threshold", same, "金额恰等于限额标准；政府采购法以“限额标准以上”为政府采购"),
        Notice(
            "procurement_threshold", rows.amount.known & ~limit.known,
            "采购限额标准由财政部门定期公布，本规则集未设定；请填入该包的限额标准或设定参数",
        ),
    )  # fmt: skip
    return [Answer(always("lot", "有此采购包", rows.n), body, per=f.procurement, notices=notices)]


_CONTRADICTED = "所填“属于政府采购”与集中采购目录、采购金额和限额标准不合，是否属于政府采购待核，请更正其一"


def _among(method: Column, names: tuple[str, ...]) -> list[str]:
    """The named methods that the workbook knows."""
    return [name for name in names if name in method.categories]


def _other_methods(method: Column, p) -> tuple[Condition, ...]:
    """Methods the statute opens beside the listed ones; what is only called 其他 stays open."""
    statutory = is_one_of(
        "statutory_method", "采购方式为政府采购法律法规的其他方式", method, *_among(method, p.procurement_statutory)
    )  # fmt: skip
    unnamed = is_one_of("unnamed_method", "采购方式只写“其他”", method, "其他")
    if p.procurement_methods == "statute_too":
        return statutory, _open(unnamed, ("procurement", None, "method"), "是哪一种待核")
    unlisted = any_of("unlisted_method", "采用条文未列的方式", statutory, unnamed)
    unlisted.facts = unnamed.facts
    return (_open(unlisted, ("ruleset", None, "procurement_methods"), "条文没有列出，可否采用待核"),)


def _open(hit: Condition, cell: Cell, said: str) -> Condition:
    """Unknown where `hit` holds, false elsewhere: the cell would settle it."""
    return given(
        f"{hit.id}_allowed", f"{hit.text}，且属许可", np.zeros_like(hit.yes), ~hit.yes, (cell,),
        lambda row: f"采购方式：{hit.facts[0].at(row)}，{said}" if hit.yes[row] else "",
    )  # fmt: skip


def _government_procurement(rows: Rows, p) -> Condition:
    """The lot is government procurement: as stated; where nobody says, by catalogue and threshold.

    Where the two contradict each other it is open; works that must be tendered (第四十一条) may be
    said to be none whatever they cost.
    """
    stated = rows.is_government_procurement
    told = is_true("stated", "属于政府采购", stated)
    derived = not_("by_threshold", "在集中采购目录以内或达到限额标准", _free_of_procurement_law(rows, p))
    yes = (told.yes & ~derived.no) | (~stated.known & derived.yes)
    tendered = _must_tender(rows)
    no = (told.no & (~derived.yes | tendered)) | (~stated.known & derived.no)
    against = (told.yes & derived.no) | (told.no & derived.yes & ~tendered)
    doubt = given(
        "doubtful", "所填与目录、限额不合", np.zeros_like(yes), ~against,
        (("procurement", None, "is_government_procurement"),),
        lambda row: f"{told.sentences(row)[0]}，而{'，'.join(derived.sentences(row))}，两者不合" if against[row] else "",
    )  # fmt: skip
    return Condition("government_procurement", "any", "属于政府采购", yes, no, (told, derived, doubt))


def _must_tender(rows: Rows) -> np.ndarray:
    """Where the lot is known to have works that must be tendered (依法必须招标的工程)."""
    works = rows.must_tender_works
    return works.known & np.asarray(works.values, bool)


def _free_of_procurement_law(rows: Rows, p) -> Condition:
    outside = is_false("outside_catalogue", "集中采购目录以外", rows.in_central_catalogue)
    limit = _threshold(rows, p)
    within = at_most if p.equal_to_threshold == "below" else below
    small = within("below_threshold", "采购限额标准以下", rows.amount, limit)
    return all_of("own_procurement", "集中采购目录以外且限额标准以下", outside, small)


def _threshold(rows: Rows, p) -> Column:
    """The threshold of each lot (分): its own, else the rule set's of the day."""
    own, common = rows.threshold, p.procurement_threshold
    if common is None:
        return own
    return replace(own, values=np.where(own.known, own.values, common), known=np.ones(len(own), bool))


# 第四十一条 ------------------------------------------------------------------------------


def works_tendered(f, p) -> list[Answer]:
    """41.1 Works that must be tendered by law (依法必须招标): tendered."""
    rows = Rows(f, f.procurement)
    works = is_true("must_tender", "含依法必须招标的工程", rows.must_tender_works)
    tendered = is_true("tendered", "已依招标投标法招标", rows.tendered)
    return [Answer(works, because(tendered, works), per=f.procurement)]


# 第四十二条 ------------------------------------------------------------------------------


def classified_procurement(f, p) -> list[Answer]:
    """42.1 Classified government procurement (涉密政府采购) follows its own rules.

    It speaks of classified projects, so the bound of 54.1 does not take it away.
    """
    lots = f.procurement
    some_lot = some("some_lot", "有采购包属于政府采购", _government_procurement(Rows(f, lots), p), lots, f.n)
    some_lot.no[:] = False  # lots that are not listed may still be
    some_lot.missing = (("procurement", None, "is_government_procurement"),)
    applies = all_of(
        "classified_procurement", "涉密政府采购",
        governed(f, p), is_true("classified", "涉密项目", f.classified), some_lot,
    )  # fmt: skip
    step = Step("按国家、省、市的涉密政府采购规定采购", "项目单位", "采购结果")
    text = "采购的涉密内容不得录入本产品"
    notices = (Notice("classified_procurement", applies.yes, text),)
    return [
        Answer(applies, always("routing", "按涉密政府采购规定办理", f.n), steps=(step,), notices=notices),
    ]


# 第四十三条 ------------------------------------------------------------------------------


def software_ownership(f, p) -> list[Answer]:
    """43.1 Custom software of a construction project (定制或二次开发): who owns it is written
    down, and documents and source code are handed over before acceptance.

    Asked of the lots (采购包) with such software, the clauses from the approval on. A hand-over on
    the day of acceptance counts: the text names no hour; before the acceptance none is missing, and one that was ended has none.
    """
    rows = Rows(f, f.procurement)
    applies = all_of(
        "custom_software", "建设项目的采购包含定制或二次开发软件",
        is_one_of("self_built", "自行建设项目", rows.mode, "自行建设"), _custom_lot(f, rows),
    )  # fmt: skip
    ended = goes_on(rows, p).no
    items = (
        is_true("documents_say", "采购文件写明知识产权归属", rows.ip_clause_in_documents),
        is_true("contract_says", "合同写明知识产权和违约条款", rows.ip_clause_in_contract),
        _handed_over(
            p, "documents", "验收前移交技术文档", rows.documents_handed_over_on, rows.acceptance_on, ended
        ),
        _handed_over(p, "source", "验收前移交源代码", rows.source_handed_over_on, rows.acceptance_on, ended),
    )
    text = "技术文档是否合格由项目单位核验；知识产权原则上归项目单位，约定归他方的，由人判断"
    handed = np.logical_and.reduce([item.yes for item in items[2:]])
    unaccepted = rows.acceptance_on.known & ~come(p, rows.acceptance_on)
    notices = (
        Notice(
            "handover_ahead", unaccepted & ~handed, "尚未验收；技术文档和源代码待验收前移交，此时不算缺项"
        ),
        Notice("handover_quality", np.ones(rows.n, bool), text),
    )
    body = all_of("ownership", "知识产权约定和移交齐备", *items)
    return [Answer(applies, body, items=items, per=f.procurement, notices=notices)]


def _custom_lot(f, rows: Rows) -> Condition:
    """The lot has custom software; where it does not say: none in a project without any, and the
    only lot listed has what the project has.
    """
    own, whole, lots = rows.custom_software, rows.custom_development, f.procurement
    alone = np.bincount(lots.parent, minlength=f.n)[lots.parent] == 1
    by_project = ~own.known & whole.known & (alone | ~whole.values)
    stated = np.where(own.known, own.values, whole.values).astype(bool)
    known = own.known | by_project
    leaf = is_true("custom_lot", "本包含定制或二次开发", replace(own, values=stated, known=known))
    leaf.facts, leaf.missing = (own, whole), ()
    return leaf


def _handed_over(p, id: str, text: str, given_on: Column, acceptance: Column, ended: np.ndarray) -> Condition:
    """Handed over by the day of acceptance; it is missing only once there was one."""
    accepted, done = come(p, acceptance), come(p, given_on)
    unaccepted = acceptance.known & ~accepted
    in_time = done & (unaccepted | (accepted & (given_on.values <= acceptance.values)))

    def says(row: int) -> str:
        if ended[row]:
            return "项目已终止，不再验收"
        day, on = given_on.told(row), acceptance.told(row)
        waits = "（尚未验收，验收前移交）" if unaccepted[row] and not done[row] else ""
        return f"{given_on.label}：{day}，{acceptance.label}：{on}{waits}"

    return Condition(
        id, "leaf", text, in_time | ended, given_on.known & accepted & ~in_time & ~ended,
        facts=(given_on, acceptance), says=says,
    )  # fmt: skip


RULES = {
    "40.1": Rule(procurement_method, None, FROM_APPROVAL),
    "40.2": Rule(own_procurement, None, FROM_APPROVAL),
    "41.1": Rule(works_tendered, None, FROM_APPROVAL),
    "42.1": Rule(classified_procurement, None, FROM_APPROVAL, bounded=False),
    "43.1": Rule(software_ownership, None, FROM_APPROVAL),
}
