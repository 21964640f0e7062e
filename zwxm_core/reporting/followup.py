"""What an evaluation leads to: its timeliness (第四十六条), the score in tables, problems with causes and
measures, what to weigh in next year's budget, and the sources of the data. Pointed out, never decided.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import groupby

from zwxm_core import charts, tables
from zwxm_core.consequences import effect_text
from zwxm_core.money import percent_text, wan_text
from zwxm_core.obligations import titled
from zwxm_core.portfolio import schema
from zwxm_core.reporting.performance import missed, om_gaps, spaced
from zwxm_core.reporting.report import LATE, Report, late, problems, scope, stated
from zwxm_core.reporting.scorecard import FULL, Grade, Scorecard, score_text
from zwxm_core.reporting.scoring import Score, Scored, in_operation, latest_usage
from zwxm_core.tables import Html, bullets, paragraph, small, table, text

WINDOW, WEIGHS = "46.1", "46.4"


# Timeliness -----------------------------------------------------------------------------------


def window(report: Report, kind: str) -> dict | None:
    """The duty of self-evaluation; None where it does not bind the project."""
    duties = [one for one in scope(report, kind)["obligations"] if one["clause"] == WINDOW]
    return next((one for one in duties if one["status"] != "不适用"), None)


def timeliness(report: Report, kind: str) -> Html:
    """The window of self-evaluation and whether it was kept, in sentences."""
    duty, cite = window(report, kind), report.ruleset.cite(WINDOW)
    if duty is None:
        return paragraph(f"{cite}的自评价期限不适用于本项目。", "none")
    live, lines = report.fact("go_live"), []
    terms = report.ruleset.terms(report.as_of)
    months = f"投入运行后 {terms.self_evaluation_from} 至 {terms.self_evaluation_until} 个月内"
    if live in (None, "未"):
        lines.append(
            f"自评价应在{months}开展（{cite}）；投入运行日{'未提供' if live is None else '：尚未投入运行'}。"
        )
    else:
        span = f"，即 {duty['opens']} 至 {duty['due']}" if duty["opens"] and duty["due"] else ""
        lines.append(f"投入运行日 {live}，自评价应在{months}{span}（{cite}）。")
    lines.append(f"到评估日：{_standing(report, duty)}。")
    shown = bullets(lines)
    return shown + tables.missing_and_readings(duty, report.ruleset, tables.standing_text)


def _standing(report: Report, duty: dict) -> str:
    """How the duty stands on the day of assessment, with the day of the self-evaluation where it is known."""
    done = _self_evaluated(report)
    if duty["status"] == "已完成":
        return f"已完成，完成日 {done}，在窗口内" if done else "已完成"
    if duty["status"] in LATE and done:
        return f"{duty['status']}，登记的完成日 {done} 不在窗口内"
    if duty["status"] == "进行中" and duty["due"]:
        left = (date.fromisoformat(duty["due"]) - report.as_of).days
        return f"窗口内，尚未完成，还有 {left} 天"
    return duty["status"]


def _self_evaluated(report: Report) -> str | None:
    """The day of the latest self-evaluation on file."""
    sheet = report.facts.evaluations
    days = [sheet.completed_on.at(i) for i in range(sheet.n) if sheet.kind.at(i) == "自评价"]
    days = [day for day in (*days, report.fact("self_evaluation_on")) if day not in (None, "未")]
    return max(days, default=None)


def evaluations(report: Report) -> Html:
    """The evaluations on file."""
    sheet = report.facts.evaluations
    names = ("kind", "started_on", "completed_on", "result", "submitted_on", "submitted_to")
    rows = [
        tuple("尚未" if sheet.columns[n].at(i) == "未" else sheet.columns[n].at(i) for n in names)
        for i in range(sheet.n)
    ]
    heads = tuple(schema.label("evaluations", name) for name in names)
    return table(heads, rows, caption="已登记的评价", empty="没有登记评价。")


# Score ------------------------------------------------------------------------------------------


def told(report: Report) -> list[str]:
    """What the conclusion says of the score."""
    if not in_operation(report.facts, report.as_of):
        return ["系统尚未投入运行或投入运行日未提供，不评等级。"]
    return [report.score.sentence()]


def score_summary(report: Report) -> Html:
    """The score by first-level indicators, the total, and what the set is."""
    found = report.score
    rows: list[tuple[object, ...]] = []
    for name, part in _by(found, lambda one: one.indicator.first):
        low, high, whole = _sums(part)
        span = _span(low, high, found.card.grades, whole) if whole else "—"
        rows.append((name, whole or "不适用", span, _open(part)))
    if found.low is not None and found.high is not None:
        rows.append(
            (
                Html("<strong>合计（折算为百分制）</strong>"),
                100,
                _span(found.low, found.high, found.card.grades),
                _open(found.scored),
            )
        )
    shown = paragraph(told(report)[0]) + _beside_registered(report)
    shown += table(("一级指标", "分值", "得分", "待核的指标"), rows, (1, 2), caption="评分汇总")
    card = found.card
    lines = "、".join(_grade_line(card.grades, i) for i in range(len(card.grades)))
    return shown + small(
        f"指标、权重和等级出自{card.name}第 {card.version} 版：{_whose(card)}。等级：{lines}。"
        "不适用的指标不计入，其余折算为百分制；证据不全的指标记为待核，得分按最低和最高两头给出，不作推断。"
    )


def _whose(card: Scorecard) -> str:
    if card.own:
        return f"条文没有规定，由使用单位在 {card.path.name} 中给定"
    return "条文没有规定，由本工具拟定，供参考"


def _beside_registered(report: Report) -> Html:
    """The results of evaluations on file beside the grade of the score; they need not agree."""
    sheet, grade = report.facts.evaluations, report.score.grade
    listed = [
        f"{sheet.kind.at(i)}“{sheet.result.at(i)}”"
        for i in range(sheet.n) if sheet.result.at(i) not in (None, "未定")
    ]  # fmt: skip
    if not listed or grade is None:
        return Html("")
    same = all(one.endswith(f"“{grade}”") for one in listed)
    return paragraph(
        f"已登记的评价结果：{'、'.join(listed)}；与本评分的等级{'一致' if same else '不尽一致，请核对各自的依据'}。"
    )


def _grade_line(grades: tuple, i: int) -> str:
    if i == len(grades) - 1:
        return f"{grades[i].name}（不到 {grades[i - 1].start} 分）"
    upper = "" if i == 0 else f"，不到 {grades[i - 1].start} 分"
    return f"{grades[i].name}（{grades[i].start} 分及以上{upper}）"


def _by(found: Score, key) -> list[tuple[str, list[Scored]]]:
    return [(name, list(part)) for name, part in groupby(found.scored, key)]


def _sums(part: list[Scored]) -> tuple[Fraction, Fraction, int]:
    counted = [one for one in part if one.low is not None]
    low = sum((one.low or Fraction(0) for one in counted), Fraction(0))
    high = sum((one.high or Fraction(0) for one in counted), Fraction(0))
    return low, high, sum(one.indicator.points for one in counted)


def _span(low: Fraction, high: Fraction, grades: tuple[Grade, ...], full: int = FULL) -> str:
    least, most = (score_text(one, grades, full) for one in (low, high))
    if low == high:
        return least
    return f"{least} 至{most if most.startswith('约') else ' ' + most}"


def _open(part) -> str:
    names = [one.indicator.name for one in part if one.low is not None and not one.settled]
    return ("、".join(names) or "无") if len(names) <= MOST_NAMED else f"{len(names)} 项"


MOST_NAMED = 4
"""Names of open indicators that one cell lists."""


def score_chart(report: Report):
    """The points of the first-level indicators as a chart."""
    found = report.score
    sums = [(name, *_sums(part)) for name, part in _by(found, lambda one: one.indicator.first)]
    rows = [(name, float(low), float(high), float(whole)) for name, low, high, whole in sums if whole]
    if not rows:
        return paragraph("评分图：没有适用的指标，未画。", "none")
    return charts.show(charts.score_bars(rows))


def score_details(report: Report) -> Html:
    """Every third-level indicator with its points, how it is scored, and its evidence."""
    shown = Html("")
    for first, part in _by(report.score, lambda one: one.indicator.first):
        rows = []
        for one in part:
            name = text(one.indicator.name) + small(one.indicator.second)
            if one.low is None or one.high is None:
                rows.append((name, one.indicator.points, tables.badge("不适用", "na"), one.indicator.says, one.share.evidence))  # fmt: skip
                continue
            earned = text(_span(one.low, one.high, report.score.card.grades, one.indicator.points))
            if not one.settled:
                earned += Html(f"<div>{tables.badge('待核', 'open').markup}</div>")
            rows.append((name, one.indicator.points, earned, one.indicator.says, one.share.evidence))
        heads = ("三级指标（二级）", "分值", "得分", "评分规则", "证据")
        shown += table(heads, rows, (1,), caption=f"{first}：逐项得分和证据", kind="scores")
    return shown


# Problems ---------------------------------------------------------------------------------------


def issues(report: Report, kind: str) -> Html:
    """Problems with cause and measure: those of the findings and duties not kept in time, those the
    unit found itself, those that bodies recorded. What nobody has written down is 未提供.
    """
    told, rows, used = scope(report, kind), [], set()
    sheet = report.facts.issues
    listed = [
        (
            one["cite"],
            tables.item_text(one["item"], one["clause"]),
            f"{one['conditions']['text']}：{one['outcome']}",
            "条款结论",
        )
        for one in problems(told)
    ]
    listed += [
        (one["cite"], "", f"{titled(one['what'], one['period'])}：{one['status']}", "到期事项")
        for one in late(told)
    ]
    for cite, item, words, origin in listed:
        mine = [i for i in range(sheet.n) if _about(sheet.clause.at(i), cite)]
        used |= set(mine)
        what = text(words) + small(f"{cite}{item} · {origin}")
        rows += [_issue(sheet, i, what) for i in mine] or [(what, None, None, None, None)]
    for i in range(sheet.n):
        if i not in used:
            clause = sheet.clause.at(i)
            where = "" if clause in (None, "无") else f"{tables.row_text(clause)} · "
            rows.append(_issue(sheet, i, text(sheet.problem.at(i)) + small(f"{where}单位自查")))
    rows += _recorded(report)
    heads = ("问题", "原因", "措施", "责任部门或责任人", "期限和完成")
    return table(heads, rows, caption="问题、原因和措施", empty="没有条款结论的问题，也没有登记的问题。")


def _about(clause: str | None, cite: str) -> bool:
    """Whether an entry of 问题清单 speaks of a clause: by its citation, or by that of its article."""
    if clause is None:
        return False
    told = tables.row_text(clause.strip())
    return cite == told or cite.startswith(told + "第")


def _issue(sheet, i: int, what: Html) -> tuple:
    if sheet.problem.at(i) and not what.markup.startswith(text(sheet.problem.at(i)).markup):
        what = what + small(sheet.problem.at(i))
    return (
        what, sheet.cause.at(i), sheet.measure.at(i), sheet.responsible.at(i),
        _by_when(sheet.due.at(i), sheet.done_on.at(i)),
    )  # fmt: skip


def _by_when(due: str | None, done: str | None, failing: str | None = None) -> Html | None:
    """By when something was to be done and when it was, a line each."""
    until = None if due in (None, "未") else f"限 {due}"
    state = None if done is None else "尚未完成" if done == "未" else f"{done} 完成"
    lines = [one for one in (until, state, failing) if one]
    return Html("".join(f"<div>{text(one).markup}</div>" for one in lines)) if lines else None


def _recorded(report: Report) -> list[tuple]:
    """What bodies have recorded as breaches (整改); its causes are not in their record."""
    sheet, rows = report.facts.rectifications, []
    for i in range(sheet.n):
        if not sheet.breach.at(i):
            continue
        what = text(f"{sheet.matter.at(i) or '事项未提供'}：违反规定或批复")
        what += small(f"{sheet.found_by.at(i) or '发现机关未提供'} · 机关已记录")
        measures = sheet.measure.at(i)
        rows.append((
            what, None, f"机关已采取：{measures}" if measures else None, None,
            _after(sheet, i),
        ))  # fmt: skip
    return rows


def _after(sheet, i: int) -> Html | None:
    """By when a recorded matter was to be put right, when it was, and whether that was enough."""
    failing = "整改后仍不符合" if sheet.still_failing.at(i) else None
    return _by_when(sheet.due.at(i), sheet.done_on.at(i), failing)


# Next year --------------------------------------------------------------------------------------


def next_year(report: Report) -> Html:
    """What to weigh in next year's budget, derived from the findings (46.4)."""
    cite = report.ruleset.cite(WEIGHS)
    rows = [
        *_limits(report),
        *_findings_say(report),
        *_weighing(report),
        *_score_says(report),
        *_money_says(report),
        *_use_says(report),
    ]
    lead = f"评价结果是下一年度安排自行建设、购买服务和运行维护经费的重要依据（{cite}）。下列各项由已填的事实和上文结论得出，只作提示；是否安排、安排多少由有权机关决定。"
    heads = ("看到的", "来自", "安排下一年度经费时可核对")
    return paragraph(lead) + table(
        heads, rows, caption="供下一年度预算考虑", empty="已填的事实中没有需要提示的事项。"
    )


def _limits(report: Report) -> list[tuple]:
    """Consequences set off that bear on money of the project."""
    found = [
        one for one in report.assessment["consequences"]
        if one["outcome"] == "触发" and one["project"] == report.project and one["effect"].endswith("_funding")
    ]  # fmt: skip
    return [
        (one["reason"], one["cite"], f"{effect_text(one)}：按该条处理，有无改正、例外须核对") for one in found
    ]


def _findings_say(report: Report) -> list[tuple]:
    """The problems found of what the evaluation of a running system looks at."""
    looked = {one["clause"] for one in report.part(EVALUATION)["findings"]}
    return [
        (stated(one), "条款结论", "整改了没有，整改需要的经费是否另有来源")
        for one in problems(report.assessment) if one["clause"] in looked
    ]  # fmt: skip


EVALUATION = "self_evaluation"
"""The kind whose articles an evaluation of a running system looks at."""


def _weighing(report: Report) -> list[tuple]:
    return [
        (one["reason"], one["cite"], effect_text(one))
        for one in report.assessment["consequences"]
        if one["clause"] == WEIGHS and one["outcome"] == "提示"
    ]


def _score_says(report: Report) -> list[tuple]:
    if not in_operation(report.facts, report.as_of):
        return []
    found = report.score
    if found.grade is None:
        return [(found.sentence(), "评分", "等级待核，先补齐证据再作依据")]
    return [(found.sentence(), "评分", "与已登记的评价结果对照；评分是参考，不是条文规定的评价结果")]


def _money_says(report: Report) -> list[tuple]:
    rows: list[tuple] = []
    for one in report.assessment["amounts"]:
        if one["code"] == "refund_due" and one["amount"]:
            rows.append((
                f"应退回的结余 {wan_text(one['amount'])} 万元", report.ruleset.cite(one["clause"]), "结余是否已按规定退回",
            ))  # fmt: skip
    for year, words in om_gaps(report):
        if "一致" not in words:
            rows.append((f"{year} 年{words}", "运维", "运维需求和单价按实际核对"))
    return rows


LITTLE_USED = "usage"


def _use_says(report: Report) -> list[tuple]:
    """Resources used less than the set's own line, and indicators that were not reached."""
    rows: list[tuple] = []
    line = next(
        (one.given["full_at"] for one in report.score.card.indicators if one.rule == LITTLE_USED), None
    )
    sheet = report.facts.usage
    for (resource, what), row in sorted(latest_usage(report.facts).items()):
        allocated, used = sheet.allocated.at(row), sheet.used_avg.at(row)
        if line is None or None in (allocated, used) or Fraction(allocated) <= 0:
            continue
        share = Fraction(used) / Fraction(allocated)
        if share < Fraction(line.rstrip("%")) / 100:
            rows.append((
                f"{what or resource} {sheet.period.at(row) or ''} 平均使用率{spaced(percent_text(share))}，低于 {line}（评分指标集的参考线，非法定）",
                "资源使用", "分配量是否与需要相称",
            ))  # fmt: skip
    rows += [(words, "指标", "没有达到的原因，下一年度绩效目标是否合理") for words in missed(report)]
    return rows
