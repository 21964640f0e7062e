"""What the rules come to for one project, as parts of a report: findings by chapter, checklists,
consequences, obligations, the approval path. Each takes a `Report` and the kind of report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import groupby

from zwxm_core import tables
from zwxm_core.consequences import effect_text
from zwxm_core.obligations import pointed_out, titled
from zwxm_core.reporting.kinds import article
from zwxm_core.reporting.law import quoted
from zwxm_core.reporting.report import (
    LATE,
    WHOLE,
    Report,
    late,
    lists,
    open_findings,
    problems,
    scope,
    triggered,
)  # fmt: skip
from zwxm_core.rulesets import RuleSet
from zwxm_core.tables import Html, bullets, paragraph, small, table, text

CHAPTERS = (
    (1, "第一章 总则"), (6, "第二章 系统整合和信息共享"), (14, "第三章 规划和审批管理"),
    (26, "第四章 建设和运维管理"), (35, "第五章 资金保障和管理"), (40, "第六章 招标投标和政府采购管理"),
    (44, "第七章 绩效和监督管理"), (49, "第八章 安全管理"), (53, "第九章 附则"),
)  # fmt: skip
"""First article of each chapter and its title."""

SHOWN = ("触发", "提示", "待核")
"""Outcomes of consequences that a report lists; the others are counted."""


def chapter(clause: str) -> str:
    """The chapter a clause stands in.

    >>> chapter("13.1"), chapter("14.2")
    ('第二章 系统整合和信息共享', '第三章 规划和审批管理')
    """
    return [title for first, title in CHAPTERS if first <= article(clause)][-1]


def problem_list(report: Report, kind: str) -> Html:
    """The problems, with their reasons, and the consequences that are triggered."""
    assessment = scope(report, kind)
    found = problems(assessment)
    shown = tables.findings(
        found, report.ruleset, caption="条款结论中的问题", empty="未发现。", quoted=quoted
    )
    gaps = [(c["cite"], "、".join(c["missing"])) for c in lists(assessment, "缺项")]
    if gaps:
        shown += table(("条款", "缺少的内容"), gaps, caption="有缺项的清单")
    overdue = [
        (one["cite"], titled(one["what"], one["period"]), tables.window_text(one) or "条文未定期限", tables.badge(one["status"], "problem"))
        for one in late(assessment)
    ]  # fmt: skip
    if overdue:
        shown += table(("条款", "义务", "期限", "状态"), overdue, caption="逾期、未履行或不在窗口内的义务")
    followed = triggered(assessment)
    if followed:
        rows = [(c["cite"], tables.badge(effect_text(c), "problem"), c["reason"]) for c in followed]
        shown += table(("条款", "后果", "理由"), rows, caption="触发的后果")
    return shown


def settling(report: Report, kind: str) -> Html:
    """The facts that would settle most."""
    assessment = scope(report, kind)
    return tables.settling(assessment["settling"], len(open_findings(assessment)))


def findings(report: Report, kind: str) -> Html:
    """What each clause comes to, chapter by chapter in the law's order: what is settled with its
    arithmetic, what is open with the missing facts; those that do not apply in one line.
    """
    assessment = scope(report, kind)
    asked = [one for one in assessment["findings"] if one["outcome"] != "不适用"]
    place = {clause: i for i, clause in enumerate(report.ruleset.clauses)}
    asked.sort(key=lambda f: place[f["clause"]])
    shown = Html("") if asked else paragraph("现阶段没有适用的条款。", "none")
    chapters = [(title, list(found)) for title, found in groupby(asked, lambda f: chapter(f["clause"]))]
    if kind in WHOLE and len(chapters) > 1:
        shown += _overview(chapters)
    for title, found in chapters:
        shown += _chapter(title, found, report.ruleset)
    out = [
        one["cite"] + tables.item_text(one["item"], one["clause"])
        for one in assessment["findings"]
        if one["outcome"] == "不适用"
    ]
    if out:
        shown += small("现阶段核对过、不适用的条款：" + "、".join(dict.fromkeys(out)) + "。")
    told = [_noticed(n) for n in assessment["notices"]]
    if told:
        shown += paragraph("须留意：") + bullets(dict.fromkeys(told))
    return shown


def _overview(chapters: list[tuple[str, list[dict]]]) -> Html:
    rows = []
    for title, found in chapters:
        bad, pending = sum(f["problem"] for f in found), sum(f["outcome"] == "待核" for f in found)
        rows.append(
            (
                title,
                len(found),
                _counted(bad, "problem"),
                _counted(pending, "open"),
                len(found) - bad - pending,
            )
        )
    return table(
        ("章", "适用条款的结论", "问题", "待核", "已有结论"), rows, (1, 2, 3, 4), caption="各章结论（条）"
    )


def _counted(number: int, tone: str) -> object:
    return tables.badge(str(number), tone) if number else 0


def _chapter(title: str, found: list[dict], ruleset: RuleSet) -> Html:
    settled = [one for one in found if one["outcome"] != "待核"]
    pending = [one for one in found if one["outcome"] == "待核"]
    shown = tables.findings(settled, ruleset, caption=title, quoted=quoted) if settled else Html("")
    if pending:
        told = {one["clause"] for one in settled}
        shown += tables.pending(pending, ruleset, f"{title}：待核 {len(pending)} 条", quoted, told)
    return shown


def checklist(report: Report, kind: str) -> Html:
    """Contents of the documents: what is missing and what nobody has said."""
    rows = []
    for one in scope(report, kind)["checklists"]:
        if one["applies"]:
            missing, unknown = ("、".join(one[k]) or "无" for k in ("missing", "unknown"))
            rows.append((one["cite"] + tables.item_text(one["item"], one["clause"]), missing, unknown))
    if not rows:
        return Html("")
    return table(("条款", "缺少的内容", "未提供情况的内容"), rows, caption="材料内容核对")


def _noticed(notice: dict) -> str:
    """A notice with the clause it stands by; one of several clauses by its text alone."""
    alone = len(notice.get("clauses", ())) > 1
    return f"{'' if alone else notice['cite'] + '：'}{notice['text']}。"


# What follows, and by when ------------------------------------------------------------------


def consequences(report: Report, kind: str) -> Html:
    """What follows for the project and for its unit: triggered, pointed out or open."""
    found = scope(report, kind)["consequences"]
    rest = sum(one["outcome"] not in SHOWN for one in found)
    shown = consequence_table((c for c in found if c["outcome"] in SHOWN), report.ruleset, report.project)
    return shown + (small(f"核对过、没有触发或不适用的后果 {rest} 项。") if rest else Html(""))


def consequence_table(
    found: Iterable[dict],
    ruleset: RuleSet,
    project: str | None = None,
    names: Callable[[str], object] = str,
) -> Html:
    """Consequences with their causes, one row an effect.

    ``project`` is the one a report speaks of; ``names`` tells any other.
    """
    tone = {"触发": "problem", "提示": "open", "待核": "open"}
    rows = []
    for one in found:
        unit = f"{one['unit'] or '单位未提供'}（全单位）"
        whom = (
            unit
            if one["project"] is None
            else "本项目"
            if one["project"] == project
            else names(one["project"])
        )
        since = small(f"自 {one['from']} 起") if one["from"] else Html("")
        why = text(one["reason"], 600) + tables.missing_and_readings(one, ruleset)
        mark = tables.badge(one["outcome"], tone[one["outcome"]])
        rows.append((one["cite"], text(effect_text(one)) + since, whom, mark, why))
    return table(
        ("条款", "后果", "对象", "结论", "原因"), rows, caption="触发、提示和待核的后果", empty="没有。"
    )


def obligations(report: Report, kind: str) -> Html:
    """What is due, the most urgent first."""
    told = scope(report, kind)
    due = [one for one in told["obligations"] if one["project"] is not None]
    return obligation_table(due, report.ruleset, notices=told["notices"])


def obligation_table(
    due: Iterable[dict],
    ruleset: RuleSet,
    names: Callable[[str], object] | None = None,
    notices: Iterable[dict] = (),
) -> Html:
    """Obligations in the order given; ``names`` adds a column that tells the project, ``notices`` what
    is to be pointed out beside one.
    """
    pointed: dict[tuple, list[dict]] = {}
    for notice in notices:
        for clause in notice.get("clauses", (notice["clause"],)):
            pointed.setdefault((notice["project"], clause), []).append(notice)
    rows = []
    for one in due:
        if one["status"] == "不适用":
            continue
        what = text(titled(one["what"], one["period"])) + small(one["cite"])
        tone = (
            "problem" if one["status"] in LATE else {"待核": "open", "已完成": "yes"}.get(one["status"], "no")
        )
        note = tables.missing_and_readings(one, ruleset, tables.standing_text)
        for told in pointed_out(one, pointed.get((one["project"], one["clause"]), ())):
            note += small(told)
        whom = (names(one["project"]),) if names else ()
        mark = tables.badge(one["status"], tone)
        rows.append(
            (*whom, what, tables.window_text(one) or "条文未定期限", mark, "、".join(one["to"]) or "—", note)
        )
    heads = (*(("项目",) if names else ()), "事项", "期限", "状态", "报送", "说明")
    return table(heads, rows, caption="到期和将到期的事项", empty="现阶段没有。")


WAITING = ("未到", "已完成", "不适用")
"""Standings of duties that nobody has to look at now."""


def now_due(assessment: dict, ruleset: RuleSet, names: Callable[[str], object], most: int) -> Html:
    """What is due over many projects, the most urgent first; what has time or is done is counted."""
    due = [one for one in assessment["obligations"] if one["project"] and one["status"] != "不适用"]
    if not due:
        return obligation_table((), ruleset)
    counts = Counter(one["status"] for one in due)
    lead = paragraph("、".join(f"{status} {times} 项" for status, times in counts.items()) + "。")
    shown = [one for one in due if one["status"] not in WAITING][:most]
    left = len(due) - len(shown)
    rest = (
        small(f"未到的、已完成的等 {left} 项未列，全部见汇总表；将到的日子见日历文件。") if left else Html("")
    )
    return lead + obligation_table(shown, ruleset, names, assessment["notices"]) + rest
