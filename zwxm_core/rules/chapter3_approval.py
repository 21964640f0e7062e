"""第三章 规划和审批管理: what approval rests on (20–22), what it spares (23), how it is given (24, 25)."""

from __future__ import annotations

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
)  # fmt: skip
from zwxm_core.facts import Column, Rows
from zwxm_core.rules.answer import BEFORE_CONSTRUCTION, Answer, Notice, Rule, Step
from zwxm_core.rules.chapter3 import approval_date
from zwxm_core.rules.due import approved_as_project, come, due_by, happened
from zwxm_core.rules.materials import material, materials
from zwxm_core.rules.sheet_rows import in_short, told_with

APPROVERS = "市发展改革委会同市数字经济局"
CITY_GOVERNMENT, APPROVAL = "核报市政府审定", "批复"

# 第二十条 --------------------------------------------------------------------------------


def resource_catalogue(f, p) -> list[Answer]:
    """20.1 The unit compiles a catalogue of information resources (信息资源目录), of any mode.

    What is listed in the sheet proves it; that none exists is known only where the sheet says
    无 or the filing is known to lack it. The extent of sharing is a ground for money and
    acceptance, so a listed resource without it is pointed out.
    """
    r = f.resources
    silent = np.zeros(f.n, bool)
    silent[r.parent[_resource(r) & ~r.share_kind.known]] = True
    notice = Notice(
        "sharing_extent", silent,
        "目录中有信息资源未写共享属性；共享范围和程度是确定建设投资、运维经费和验收的依据",
    )  # fmt: skip
    told = "，批复前应编制（审批的必备条件）", "，项目已批复；信息资源目录是审批的必备条件"
    catalogue = due_by(p, _catalogue(f, p), *told, f.approved_on)
    return [Answer(approved_as_project(f, p), catalogue, notices=(notice,))]


def _resource(r) -> np.ndarray:
    return r.resource.known & (r.resource.values != "无")


def _catalogue(f, p) -> Condition:
    r = f.resources
    listed, none = np.zeros(f.n, bool), np.zeros(f.n, bool)
    listed[r.parent[_resource(r)]] = True
    none[r.parent[r.resource.known & (r.resource.values == "无")]] = True
    filed = [material(f, "16.1.2", 0, item) for item in p.catalogue_items]
    yes = listed | np.logical_or.reduce([m.yes for m in filed])
    no = ~yes & (none | np.logical_or.reduce([m.no for m in filed]))
    count = np.bincount(r.parent[_resource(r)], minlength=f.n)

    def says(row: int) -> str:
        if listed[row]:
            return f"信息资源目录列有 {count[row]} 项"
        return "信息资源目录：" + ("已编制" if yes[row] else "没有" if no[row] else "有无未说明")

    return given("catalogue", "编制信息资源目录", yes, no, (("resources", None, "resource"),), says)


# 第二十一条 ------------------------------------------------------------------------------


def joint_documents(f, p) -> list[Answer]:
    """21.1 Joint projects (跨部门共建): the leading department compiles the documents with the
    others; they name departments, goals, flows and interfaces, and nothing overlaps.

    Whether such a project may use one merged plan is a convention; a purchase has its own document.
    """
    joint = is_true("joint", "跨部门共建共享项目", f.joint)
    items = (
        *materials(f, p, "21.1", p.joint_items, f.appraised_on, f.approved_on),
        _documents_of_joint(f, p),
        _no_overlap(f),
    )
    merged = f.approval_path
    one_plan = merged.is_known("实施方案")
    notice = Notice("joint_one_plan", joint.yes & one_plan, _ONE_PLAN[p.joint_project_documents])
    return [
        Answer(
            all_of("joint", joint.text, joint, approved_as_project(f, p)),
            all_of("joint_documents", "共建项目的编报内容齐备", *items),
            items=items,
            notices=(notice,),
        )
    ]


_ONE_PLAN = {
    "undecided": "跨部门共建项目编报的是实施方案；条文只写可研报告和初步设计，可否合并未定，须由审批机关认定",
    "one_plan_allowed": "跨部门共建项目编报的是实施方案；本规则集采用“可以合并编报”",
    "two_documents": "跨部门共建项目编报的是实施方案；本规则集采用“须编报可研报告和初步设计”",
}


def _documents_of_joint(f, p) -> Condition:
    allowed = ["可研和初设", "服务需求方案"]
    if p.joint_project_documents == "one_plan_allowed":
        allowed.append("实施方案")
    leaf = is_one_of("joint_path", "可研报告和初步设计", f.approval_path, *allowed)
    if p.joint_project_documents == "undecided":
        leaf.no = np.zeros(f.n, bool)
        leaf.missing = (("ruleset", None, "joint_project_documents"),)
    return leaf


def _no_overlap(f) -> Condition:
    """No listed department's part overlaps another's; no department listed proves nothing."""
    t = f.participants
    apart = is_false("no_overlap", "与他部门建设内容不重复", t.overlaps)
    listed = np.zeros(f.n, bool)
    listed[t.parent] = True
    missing = (("participants", None, "overlaps"),)
    some_listed = given(
        "participants_listed", "列有参建部门", listed, np.zeros(f.n, bool), missing,
        lambda row: "" if listed[row] else "参建部门未列",
    )  # fmt: skip
    each = every("each_apart", "所列参建部门建设内容互不重复", apart, t, f.n)
    return all_of("departments_apart", "所列参建部门建设内容互不重复", some_listed, each)


# 第二十二条 ------------------------------------------------------------------------------


def opinions_before_approval(f, p) -> list[Answer]:
    """22.1 Before approval four bodies are consulted in writing (书面征求意见) and the opinions
    are given; the bureau gives its own two and is not among those consulted.

    An opinion counts once it is given, whatever it says; one that disagrees is pointed out. Until
    the approval what is not there is still to come; an approval without it breaks the duty of the
    authorities, not of the unit.
    """
    consulted, given_ = _consulted(f, p), _opinions(f, p)
    steps = (
        *(
            Step(f"书面征求{full_name(body)}意见", APPROVERS, "书面征求意见", asked)
            for body, asked in consulted
        ),
        *(Step(f"出具{kind}意见", full_name(body), f"{kind}意见", opinion) for body, kind, opinion in given_),
    )
    return [
        Answer(approved_as_project(f, p), _all_opinions(f, p), steps=steps, notices=(_disagreeing(f, p),))
    ]


def _all_opinions(f, p) -> Condition:
    acts = [one for _, one in _consulted(f, p)] + [one for _, _, one in _opinions(f, p)]
    text = "批复前已书面征求有关单位意见，各项审核意见齐备"
    return all_of("opinions", text, *(_before(f, p, act) for act in acts), _in_time(f, p))


def _before(f, p, act: Condition, waits: str = "，批复前应取得") -> Condition:
    """An act that must precede the approval: to come until then, lacking once it is approved."""
    return due_by(p, act, waits, "，项目已批复；属审批机关和出具单位的职责", f.approved_on)


def full_name(body: str) -> str:
    """The body as the regulation names it: 市委网信办, and the others with 市."""
    return ("市委" if body == "网信办" else "市") + body


def _due(p) -> list[tuple[str, str]]:
    """The opinions the rule set names, as body and kind."""
    return [(body, kind) for body, _, kind in (name.partition(" ") for name in p.opinions_due)]


def _consulted(f, p) -> list[tuple[str, Condition]]:
    due, asked = _due(p), f.opinions.asked_on
    found = []
    for i, body in enumerate(p.consulted_bodies):
        rows = np.zeros(f.opinions.n, bool)
        for own, kind in due:
            if own == body:
                rows |= _rows_of(f, body, kind)
        found.append((body, _dated(f, p, f"asked_{i + 1}", f"书面征求{body}意见", rows, asked, "")))
    return found


def _opinions(f, p) -> list[tuple[str, str, Condition]]:
    day = f.opinions.given_on
    return [
        (
            body,
            kind,
            _dated(f, p, f"opinion_{i + 1}", f"{body}{kind}意见", _rows_of(f, body, kind), day, "出具"),
        )
        for i, (body, kind) in enumerate(_due(p))
    ]


def _rows_of(f, body: str, kind: str) -> np.ndarray:
    """The rows of 意见 of one body and kind; none where the rule set names what no list has."""
    o = f.opinions
    rows = np.ones(o.n, bool)
    for column, value in ((o.body, body), (o.kind, kind)):
        code = column.categories.index(value) if value in column.categories else -1
        rows &= column.known & (column.values == code)
    return rows


def _dated(f, p, id: str, text: str, rows: np.ndarray, day: Column, done: str) -> Condition:
    """An act that the rows record by its day: done, known not to be (未, or planned), or not said."""
    parent = f.opinions.parent
    came = rows & come(p, day)
    not_yet = rows & day.known & ~came
    yes, no, open_ = (np.zeros(f.n, bool) for _ in range(3))
    yes[parent[came]] = True
    open_[parent[rows & ~day.known]] = True
    no[parent[not_yet]] = True
    no &= ~yes & ~open_

    result = f.opinions.result

    def told(k: int) -> str:
        """What is said of one opinion after its day; that it agrees goes without saying."""
        said = result.at(k) if done else None
        return (f" {done}" if done else "") + (f"（{said}）" if said not in (None, "同意") else "")

    def says(row: int) -> str:
        if yes[row]:
            first, last = np.searchsorted(parent, [row, row + 1])
            acts = (f"{day.values[k]}{told(k)}" for k in range(first, last) if came[k])
            return f"{text}：{'、'.join(acts)}"
        return f"{text}：未{done or '征求'}" if no[row] else f"{text}：未提供"

    return given(id, text, yes, no, (("opinions", f"22.1 {text}", day.name),), says)


def _in_time(f, p) -> Condition:
    """None of the recorded letters and opinions is later than the approval (批复之前)."""
    o, approved = f.opinions, f.approved_on
    rows = np.zeros(o.n, bool)
    for body, kind in _due(p):
        rows |= _rows_of(f, body, kind)
    approval = Rows(f, o).approved_on
    late = np.zeros(f.n, bool)
    for day in (o.asked_on, o.given_on):
        late[o.parent[rows & _after(day, approval)]] = True
    return _before_approval(
        "opinions_in_time", "征求和出具意见都在批复之前", approved, late, "有征求或出具意见的日期"
    )


def _after(day: Column, approval: Column) -> np.ndarray:
    """Where a day is later than the approval; a comparison with a day that has not come is false."""
    return day.known & approval.known & (day.values > approval.values)


def _before_approval(id: str, text: str, approved: Column, late: np.ndarray, what: str) -> Condition:
    def says(row: int) -> str:
        if late[row]:
            return f"{what}晚于批复日 {approved.at(row)}"
        return "" if approved.known[row] else "批复日未提供，先后待核"

    return Condition(id, "leaf", text, approved.known & ~late, late, facts=(approved,), says=says)


def _disagreeing(f, p) -> Notice:
    o = f.opinions
    against = np.zeros(f.n, bool)
    code = o.result.categories.index("不同意")
    for body, kind in _due(p):
        against[o.parent[_rows_of(f, body, kind) & o.result.known & (o.result.values == code)]] = True
    text = "有审核意见为不同意；意见已出具，是否批复由审批机关决定"
    return Notice("opinion_against", against, text)


# 第二十三条 ------------------------------------------------------------------------------


def waived_approvals(f, p) -> list[Answer]:
    """23.1 In principle no approval of energy, site, land or environment (不再进行有关审批),
    but for new civil works and high energy use. What higher law asks for remains.
    """
    body = all_of(
        "waived", "原则上不再进行条文所列的审批",
        is_false("no_civil_works", "不涉及新建土建工程", f.civil_works),
        is_false("not_high_energy", "不是高能耗项目", f.high_energy),
    )  # fmt: skip
    named = "、".join(p.waived_items)
    scope = {
        "named_four": f"不再进行的审批只指{named}",
        "open_list": f"不再进行的审批包括{named}和同类的其他审批",
    }
    text = f"{scope[p.waived_approvals]}；上位法要求的审批仍须办理；“原则上”的例外由谁认定，条文未写明"
    return [Answer(approved_as_project(f, p), body, notices=(Notice("waived_approvals", body.yes, text),))]


# 第二十四条 ------------------------------------------------------------------------------


def appraisal_and_approval(f, p) -> list[Answer]:
    """24.1 Appraised (评估论证), agreed by the city government where that is prescribed, then
    approved, with a copy to the office of government affairs.

    The duty of the authorities is what must precede the approval. Until the approval what is not
    there is still to come, the opinions of 22.1 included, and so is the approval: a step to take.
    An approval without those opinions is a breach of article 22, here only pointed out.
    """
    appraised = happened(p, "appraised", "已评估论证", f.appraised_on)
    not_needed = is_false("not_needed", "不须报市政府审定", f.city_government_needed)
    told = not_needed.says or str
    not_needed.says = lambda row: "" if not_needed.no[row] else told(row)  # `needed` says it
    needed = is_true("needed", "须报市政府审定", f.city_government_needed)
    agreed = is_true("agreed", "市政府已同意", f.city_government_agreed)
    text = "须报市政府审定的，市政府已同意"
    opinions = _all_opinions(f, p)
    lacking = opinions.no
    body = all_of(
        "ready", "批复前的审核意见、评估论证和市政府审定齐备", _opinions_ready(f, p, opinions),
        _before(f, p, appraised, "，批复前应评估论证"), _appraised_in_time(f),
        any_of("city_government", text, not_needed, told_with(needed, _before(f, p, agreed))),
    )  # fmt: skip
    experts = f"{APPROVERS}组织有关部门、专家或有资质的第三方"
    steps = (
        Step("评估论证", experts, "评估论证意见", appraised),
        Step(
            CITY_GOVERNMENT,
            APPROVERS,
            "市政府同意",
            any_of("city_government", text, not_needed, agreed),
            needed,
        ),
        Step(APPROVAL, APPROVERS, "批复", happened(p, "approved", "已批复", f.approved_on)),
        Step("抄送批复", APPROVERS, "抄送市机关事务局"),
    )
    notice = Notice(
        "opinions_lacking", lacking,
        "批前意见（第二十二条）不齐备而项目已批复；由第二十二条判断，本条不重复计",
    )  # fmt: skip
    return [Answer(approved_as_project(f, p), body, steps=steps, notices=(notice,))]


def _opinions_ready(f, p, whole: Condition) -> Condition:
    """What article 22 asks for as one condition until the approval: how many opinions are there,
    which are not. What an approved project lacks article 22 says by itself.
    """
    opinions = [one for _, _, one in _opinions(f, p)]
    given_ = np.sum([one.yes for one in opinions], axis=0)
    approved, settled = come(p, f.approved_on), whole.yes

    def says(row: int) -> str:
        if approved[row] and not settled[row]:
            return ""
        told = f"批前意见（第二十二条）应有 {len(opinions)} 项，已记载 {given_[row]} 项"
        lacking = "、".join(one.text for one in opinions if one.no[row])
        if lacking:
            told += f"，未出具：{lacking}"
        return told if lacking or settled[row] else f"{told}，其余见第二十二条"

    whole.id, whole.text = "opinions_ready", "批前意见（第二十二条）齐备"
    whole.yes, whole.no = settled | approved, np.zeros(f.n, bool)
    return in_short(whole, "第二十二条的批前意见齐备", says)


def _appraised_in_time(f) -> Condition:
    day, approved = f.appraised_on, f.approved_on
    text, late = "评估论证在批复之前", _after(day, approved)
    return _before_approval("appraised_in_time", text, approved, late, "评估论证日")


# 第二十五条 ------------------------------------------------------------------------------


def design_beyond_feasibility(f, p) -> list[Answer]:
    """25.1 A design that goes beyond the approved feasibility report explains it in a chapter of
    its own (独立章节说明). Beyond it is what is so judged, or an estimate above the approved total.
    """
    within = at_most(
        "within_feasibility", "初设概算不超过可研批复总投资", f.design_budget, f.feasibility_total
    )
    over = not_("over_feasibility", "初设概算超过可研批复总投资", within)
    judged = is_true("judged_beyond", "初设内容超出可研批复", f.design_exceeds_feasibility)
    beyond = any_of("beyond_feasibility", "初设超出可研批复", judged, over)
    applies = all_of("design_beyond", "初步设计超出可研批复", *_design_stage(f, p), beyond, premise=True)
    chapter = is_true("change_chapter", "以独立章节说明调整内容和理由", f.design_change_chapter)
    contrary = Notice(
        "design_judgement", judged.no & over.yes,
        "初设申报概算超过可研批复总投资，而“初设内容超出可研批复”认定为否，请核对",
    )  # fmt: skip
    return [Answer(applies, told_with(beyond, chapter), notices=(contrary,))]


def feasibility_again(f, p) -> list[Answer]:
    """25.2 A major change: in principle the feasibility report is approved anew (重新审批可研); to
    come until the design or the project is approved.
    """
    major = is_true("major_change", "初步设计有重大变更", f.design_major_change)
    applies = all_of("design_major", "初步设计有重大变更", *_design_stage(f, p), major, premise=True)
    again = due_by(p, 
        is_true("approved_again", "重新审批可研报告", f.feasibility_reapproved),
        "，原则上应在批复初步设计前重新审批",
        "，项目或初步设计已批复；原则上应重新审批",
        f.design_approved_on, f.approved_on,
    )  # fmt: skip
    notice = Notice(
        "in_principle",
        f.feasibility_reapproved.known & ~f.feasibility_reapproved.values,
        "重新审批是“原则上”的要求；例外由谁认定条文未写明，本产品不作认定",
    )
    return [Answer(applies, told_with(major, again), notices=(notice,))]


def _stated(column: Column) -> np.ndarray:
    """Where a judgement is typed, with or without its evidence."""
    return column.known if column.claimed is None else column.known | column.claimed


def _design_stage(f, p) -> tuple[Condition, Condition]:
    """There is a design (not one merged plan, no purchase), and the feasibility report is approved.

    That approval is on file where its total, a judgement of the design or an approval is recorded;
    a project known not to be approved, with none of them, has not come so far.
    """
    mode = f.mode
    design = is_one_of("design", "编报初步设计", f.approval_path, "可研和初设")
    judged = _stated(f.design_exceeds_feasibility) | _stated(f.design_major_change)
    on_file = f.feasibility_total.known | judged | come(p, f.approved_on, f.design_approved_on)
    figures = f.feasibility_total.known & f.design_budget.known
    bought = mode.is_known("购买服务")
    design.yes, design.no = design.yes | figures, (design.no | (bought & ~design.yes)) & ~figures
    told = design.says or str
    design.says = lambda row: (
        "产生方式：购买服务" if bought[row] and design.no[row] else "" if figures[row] else told(row)
    )
    approved = f.approved_on
    feasibility = Condition(
        "feasibility_approved", "leaf", "可研报告已批复", on_file, approved.known & ~on_file,
        facts=(approved,), says=lambda row: "" if on_file[row] else "未见可研报告的批复，初步设计尚未到报批",
    )  # fmt: skip
    return design, feasibility


RULES = {
    "20.1": Rule(resource_catalogue, approval_date, BEFORE_CONSTRUCTION),
    "21.1": Rule(joint_documents, approval_date, BEFORE_CONSTRUCTION),
    "22.1": Rule(opinions_before_approval, approval_date, BEFORE_CONSTRUCTION),
    "23.1": Rule(waived_approvals, approval_date, BEFORE_CONSTRUCTION),
    "24.1": Rule(appraisal_and_approval, approval_date, BEFORE_CONSTRUCTION),
    "25.1": Rule(design_beyond_feasibility, approval_date, BEFORE_CONSTRUCTION),
    "25.2": Rule(feasibility_again, approval_date, BEFORE_CONSTRUCTION),
}
