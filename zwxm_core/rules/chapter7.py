"""第七章 绩效和监督管理: whom the unit answers to (44), what it reports (45, 46), who supervises (47)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zwxm_core.conditions import Condition, all_of, any_of, every, given, is_false
from zwxm_core.facts import Column, Rows, reach
from zwxm_core.rules.answer import ALWAYS, FROM_CONSTRUCTION, IN_OPERATION, Answer, Notice, Rule, Step, always
from zwxm_core.rules.chapter4_acceptance import goes_on
from zwxm_core.rules.due import go_live, happened
from zwxm_core.rules.materials import materials

# 第四十四条 ------------------------------------------------------------------------------


def performance_duty(f, p) -> list[Answer]:
    """44.1 The unit accepts supervision and tells the truth (不得拒绝、隐匿、谎报、瞒报).

    Asked of each matter a body has recorded; what nobody recorded proves nothing.
    """
    rows = Rows(f, f.rectifications)
    honest = is_false("honest", "没有拒绝、隐匿、谎报、瞒报", rows.refused_or_concealed)
    told, by, matter, column = honest.says or str, rows.found_by, rows.matter, rows.refused_or_concealed

    def says(k: int) -> str:
        proof = column.evidence.get(k) if column.evidence and honest.no[k] else None
        who = (
            f"{by.at(k) or '发现机关未填'}记录的事项（{matter.at(k) or '事项未填'}）："
            if honest.no[k]
            else ""
        )
        return who + told(k) + (f"（{proof.by}，{proof.basis}，{proof.on}）" if proof else "")

    return [
        Answer(
            always("recorded", "机关已记录的事项", rows.n), replace(honest, says=says), per=f.rectifications
        )
    ]


# 第四十五条 ------------------------------------------------------------------------------


def monitoring_report(f, p) -> list[Answer]:
    """45.2 What a yearly monitoring report tells (绩效监控报告): progress, how the budget was
    carried out and, once in trial operation, its effect and problems.
    """
    rows = Rows(f, f.monitoring)
    items = (
        _stated("progress", "项目实施进度", rows.progress_pct),
        _stated("spending", "资金计划执行情况", rows.plan_spent, rows.actual_spent),
        any_of(
            "trial", "试运行效果和问题（已投入试运行的）",
            _not_on_trial(rows), _stated("trial_effect", "写明试运行效果和问题", rows.trial_effect),
        ),
    )  # fmt: skip
    body = all_of("report", "监控报告内容齐备", *items)
    applies = always("report_listed", "有此年度的监控报告", rows.n)
    return [Answer(applies, body, items=items, per=f.monitoring, days=_year_end(rows.year))]


def _stated(id: str, text: str, *columns: Column) -> Condition:
    """The report tells it: a blank cell is not known, 无 is known to be missing."""
    known = np.logical_and.reduce([c.known for c in columns])
    none = known & np.logical_or.reduce([np.asarray(c.values == "无", bool) for c in columns])
    told = known & ~none

    def says(row: int) -> str:
        return f"{text}：{'已写明' if told[row] else '无' if none[row] else '未提供'}"

    return Condition(id, "leaf", text, told, none, facts=columns, says=says)


def _not_on_trial(rows: Rows) -> Condition:
    """The trial began after the report was sent, or after the year it speaks of.

    A report known not to be sent yet will speak of the whole year.
    """
    trial, sent, year = rows.trial_start, rows.submitted_on, rows.year
    end = _year_end(year).values
    before_year = year.known & (trial.values < end.astype("M8[Y]"))
    unsent = sent.known & np.isnat(sent.values)
    told_of = unsent | (sent.known & (trial.values <= sent.values))  # no day comes before or after NaT
    no = trial.known & (before_year | (year.known & (trial.values <= end) & told_of))
    later = (year.known & (trial.values > end)) | (sent.known & (trial.values > sent.values))
    yes = trial.known & ~before_year & (np.isnat(trial.values) | later)

    def says(row: int) -> str:
        return f"报告时{'尚未' if yes[row] else '已' if no[row] else '是否已'}投入试运行"

    return Condition(
        "not_on_trial", "leaf", "报告时尚未投入试运行", yes, no, facts=(trial, sent, year), says=says
    )  # fmt: skip


def _year_end(year: Column) -> Column:
    """The last day of each year, the event of article 45."""
    days = np.full(len(year), "NaT", "datetime64[D]")
    last = (year.values[year.known].astype(np.int64) - 1969).astype("datetime64[Y]").astype("datetime64[D]")
    days[year.known] = last - np.timedelta64(1, "D")
    return Column(year.name, year.label, year.sheet, "date", days, year.known)


# 第四十六条 ------------------------------------------------------------------------------

_OCCASIONAL = "适时评价"


def occasional_evaluation(f, p) -> list[Answer]:
    """46.2 An evaluation made when suited (适时评价): what it covers and whom its report goes to.

    It is owed of a running system; the text sets no date, so while there has been none that is
    open and no breach.
    """
    rows = Rows(f, f.evaluations)
    reported = tuple(
        every(f"sent_{number + 1}", f"报送{body}", _sent(rows, body), f.evaluations, f.n)
        for number, body in enumerate(p.evaluation_recipients)
    )
    unapproved = f.approved_on.known & np.isnat(f.approved_on.values)
    evaluated = _evaluated(f, goes_on(f, p).no | unapproved)
    items = (
        replace(evaluated, no=np.zeros(f.n, bool)),
        *materials(f, p, "46.2", p.evaluated_matters),
        *reported,
    )
    running = all_of(
        "running", "系统在运行", goes_on(f, p), happened(p, "in_operation", "已投入运行", go_live(f))
    )
    notice = Notice(
        "no_evaluation_yet", evaluated.no,
        "尚未开展适时评价；条文要求适时开展而没有规定日期，未开展暂不算缺项",
    )  # fmt: skip
    body = all_of("evaluation", "适时评价内容齐备并已报送", *items)
    applies = any_of("evaluation_owed", "已开展适时评价，或系统在运行", evaluated, running)
    return [Answer(applies, body, items=items, notices=(notice,))]


def _is(column: Column, value: str) -> np.ndarray:
    return column.values == column.categories.index(value)


def _evaluated(f, ended: np.ndarray) -> Condition:
    """An evaluation when suited is listed; that there is none takes a complete list, or a project that
    was `ended`, or never approved, before there was anything to evaluate.
    """
    e = f.evaluations
    has = reach(e.kind.known & _is(e.kind, _OCCASIONAL), e.parent, f.n)
    complete = f.evaluations_complete
    none = ~has & (ended | (~reach(~e.kind.known, e.parent, f.n) & complete.known & complete.values))
    return given(
        "evaluated", "已开展适时评价", has, none, (("projects", None, "evaluations_complete"),),
        lambda row: "已开展适时评价" if has[row] else "项目没有投入运行，无可评价" if none[row] and ended[row]
        else "尚未开展适时评价；条文没有规定日期，仍须适时开展" if none[row] else "是否开展过适时评价待核",
    )  # fmt: skip


def _sent(rows: Rows, body: str) -> Condition:
    """The report of one evaluation went to one body; of no concern where it is of another kind."""
    kind, to, on = rows.kind, rows.submitted_to, rows.submitted_on
    ours = kind.known & _is(kind, _OCCASIONAL)
    other = kind.known & ~ours
    named = np.array(
        [known and body in value for known, value in zip(to.known, to.values, strict=True)], bool
    )
    unsent = on.known & np.isnat(on.values)
    yes = other | (to.known & named & ~unsent)
    no = ours & (unsent | (to.known & ~named))
    return Condition(
        "sent", "leaf", f"已报送{body}", yes, no, facts=(kind, to),
        says=lambda row: "" if other[row] else f"评价报告{'已' if yes[row] else '未' if no[row] else '是否'}报送{body}",
    )  # fmt: skip


def post_evaluation(f, p) -> list[Answer]:
    """46.3 The three bodies may have it evaluated afterwards (后评价): they may, they need not."""
    step = Step(
        "可以组织专家或委托第三方后评价（不做不违规）", "市数字经济局、市发展改革委、市财政局", "后评价结果"
    )
    applies = all_of(
        "operated", "已投入运行", goes_on(f, p), happened(p, "in_operation", "已投入运行", go_live(f))
    )
    return [Answer(applies, always("may", "可以开展后评价", f.n), steps=(step,))]


# 第四十七条 ------------------------------------------------------------------------------


def supervision(f, p) -> list[Answer]:
    """47.1 Eight matters that the bodies supervise (监督管理). It is their duty, so it is shown only
    where a body has recorded something, and nothing that is not recorded is a problem of the unit.
    """
    r = f.rectifications
    items = tuple(_looked_into(f, r, number, matter) for number, matter in enumerate(p.supervised_matters))
    recorded = np.zeros(f.n, bool)
    recorded[r.parent] = True
    applies = given(
        "supervision_recorded", "有监督记录", recorded, ~recorded,
        says=lambda row: "" if recorded[row] else "尚无监督记录；监督管理是领导小组及有关部门的职责，条文未定日期，无须项目单位补报",
    )  # fmt: skip
    return [Answer(applies, all_of("supervised", "各事项都有监督记录", *items), items=items)]


def _looked_into(f, r, number: int, matter: str) -> Condition:
    named = [code for code, name in enumerate(r.matter.categories) if name == matter]
    row = r.matter.known & np.isin(r.matter.values, named) & r.breach.known
    yes, breach = reach(row, r.parent, f.n), reach(row & r.breach.values, r.parent, f.n)
    return given(
        f"matter_{number + 1}", matter, yes, np.zeros(f.n, bool), (("rectifications", None, "breach"),),
        lambda i: f"{matter}：{'已发现违反规定或批复' if breach[i] else '未发现违反规定或批复' if yes[i] else '没有监督记录'}",
    )  # fmt: skip


def audit(f, p) -> list[Answer]:
    """47.3 The audit bureau audits by law (审计监督)."""
    step = Step("依法审计监督", "市审计局", "审计结果")
    return [
        Answer(always("project", "政务信息化项目", f.n), always("audit", "依法接受审计", f.n), steps=(step,))
    ]


RULES = {
    "44.1": Rule(performance_duty, None, ALWAYS),
    "45.2": Rule(monitoring_report, None, FROM_CONSTRUCTION),
    "46.2": Rule(occasional_evaluation, go_live, IN_OPERATION),
    "46.3": Rule(post_evaluation, go_live, IN_OPERATION),
    "47.1": Rule(supervision, None, FROM_CONSTRUCTION),
    "47.3": Rule(audit, None, ALWAYS),
}
