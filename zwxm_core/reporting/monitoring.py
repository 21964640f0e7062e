"""The parts of the yearly performance monitoring report (绩效监控报告, 第四十五条): progress, money as
planned and as spent, the trial and its problems, who was asked, whom it went to and by when.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from zwxm_core import charts, tables
from zwxm_core.findings import evaluate
from zwxm_core.money import percent_text, wan_text
from zwxm_core.portfolio import schema
from zwxm_core.reporting.report import LATE, Report
from zwxm_core.tables import Html, paragraph, small, table, wan

KIND = "monitoring"
DUTY, CONTENTS = "45.1", "45.2"
SAID = {True: "是", False: "否", None: None}


class Year(NamedTuple):
    """One year of the implementation period: its duty, and its row of the sheet (None: no row)."""

    year: int | None
    duty: dict | None
    row: int | None


def years(report: Report) -> list[Year]:
    """The years for which a report was due or is on file, in order."""
    sheet = report.facts.monitoring
    rows = {sheet.year.at(i): i for i in range(sheet.n)}
    duties = {
        int(one["period"]) if one["period"] else None: one
        for one in report.part(KIND)["obligations"]
        if one["clause"] == DUTY and one["status"] != "不适用"
    }
    listed = sorted({*rows, *duties} - {None}) or ([None] if {*rows, *duties} else [])
    return [Year(year, duties.get(year), rows.get(year)) for year in listed]


def dated(report: Report) -> list[Year]:
    """The years that are known: a duty whose years are open yet has nothing to tell but itself."""
    return [one for one in years(report) if one.year is not None]


def at(report: Report, one: Year, field: str):
    """A cell of the sheet 监控报告 for a year; None where there is no row."""
    return None if one.row is None else report.facts.monitoring.columns[field].at(one.row)


def submissions(report: Report) -> Html:
    """By when each year's report was due, when it was handed in and to whom."""
    rows = []
    for one in years(report):
        duty = one.duty
        status, note = Html("—"), Html("")
        if duty:
            tone = (
                "problem"
                if duty["status"] in LATE
                else {"待核": "open", "已完成": "yes"}.get(duty["status"], "no")
            )
            status = tables.badge(duty["status"], tone)
            note = tables.missing_and_readings(duty, report.ruleset, tables.standing_text)
        rows.append((
            _year_text(one), duty["due"] if duty else "—", _on(report, one), at(report, one, "submitted_to"),
            status, note,
        ))  # fmt: skip
    heads = ("年度", "最迟提交日", "提交日", "提交对象", "状态", "说明")
    empty = "没有应提交监控报告的年度，也没有登记监控报告。"
    return table(heads, rows, caption="各年度监控报告的提交", empty=empty)


def _year_text(one: Year) -> str | None:
    return None if one.year is None else f"{one.year} 年"


def _on(report: Report, one: Year) -> str | None:
    told = at(report, one, "submitted_on")
    return "尚未提交" if told == "未" else told


# Progress -----------------------------------------------------------------------------------


class Progress(NamedTuple):
    """How far a year brought the project: reported progress, time used of the period, both 0 to 1."""

    year: Year
    done: Fraction | None
    used: Fraction | None

    @property
    def ahead(self) -> Fraction | None:
        """Progress before the time used; negative: behind."""
        return None if self.done is None or self.used is None else self.done - self.used


def time_used(start: str | None, due: str | None, day: date) -> Fraction | None:
    """The part of the time from a start to a due day that is over on a day, in calendar days, 0 to 1.

    >>> time_used("2024-01-01", "2024-12-31", date(2024, 7, 1))
    Fraction(182, 365)
    >>> time_used("2024-01-01", "未", date(2024, 7, 1)) is None
    True
    """
    if None in (start, due) or "未" in (start, due):
        return None
    first, last = date.fromisoformat(start or ""), date.fromisoformat(due or "")
    if last <= first:
        return None
    return Fraction(min(max((day - first).days, 0), (last - first).days), (last - first).days)


def progress(report: Report) -> list[Progress]:
    """Progress of each year on file against the time used by the day of its report, else by its
    last day or the day of assessment, whichever comes first.
    """
    told = []
    for one in dated(report):
        done, sent = at(report, one, "progress_pct"), at(report, one, "submitted_on")
        year_end = min(date(one.year, 12, 31), report.as_of)
        day = year_end if sent in (None, "未") else date.fromisoformat(sent)
        used = time_used(report.fact("construction_start"), report.fact("acceptance_due"), day)
        told.append(Progress(one, None if done is None else Fraction(done), used))
    return told


def progress_table(report: Report) -> Html:
    """Progress year by year, and how far it is from the time used."""
    rows, before = [], Fraction(0)
    for one in progress(report):
        gain = None if one.done is None or before is None else one.done - before
        before = one.done
        rows.append((
            _year_text(one.year), _rate(one.done), points_text(gain), _rate(one.used), deviation_text(one.ahead),
        ))  # fmt: skip
    heads = ("年度", "实施进度", "比上一年度", "已用工期", "进度偏差")
    shown = table(heads, rows, (1, 2, 3), caption="各年度实施进度", empty="没有登记各年度的实施进度。")
    if rows:
        shown += small(
            "已用工期是建设开始日至应验收日之间的日历天数中，到提交日（未提交的到年底，当年到评估日）已经过去的占比；"
            "进度偏差是实施进度减已用工期，由本工具算出，条文没有规定偏差多少为合格。"
        )
    return shown


def _rate(value: Fraction | None) -> str | None:
    return None if value is None else percent_text(value)


def points_text(value: Fraction | None) -> str | None:
    """A difference of two percentages in percentage points.

    >>> points_text(Fraction(1, 10)), points_text(Fraction(-1, 3)), points_text(Fraction(0))
    ('增加 10 个百分点', '减少约 33.33 个百分点', '持平')
    """
    if value is None:
        return None
    if value == 0:
        return "持平"
    return f"{'增加' if value > 0 else '减少'}{figure(abs(value))} 个百分点"


def deviation_text(value: Fraction | None) -> str | None:
    """How far ahead or behind, in percentage points.

    >>> deviation_text(Fraction(-3, 25)), deviation_text(Fraction(0))
    ('落后 12 个百分点', '与已用工期一致')
    """
    if value is None:
        return None
    if value == 0:
        return "与已用工期一致"
    return f"{'超前' if value > 0 else '落后'}{figure(abs(value))} 个百分点"


def figure(value: Fraction) -> str:
    """A ratio as a bare number of percent, with the space a sentence needs before it."""
    told = percent_text(value).rstrip("%")
    return told if told.startswith("约") else f" {told}"


# Money --------------------------------------------------------------------------------------


def spending(report: Report) -> Html:
    """What was planned to be spent by the end of each year, and what was."""
    rows, approved = [], report.fact("approved_total")
    for one in dated(report):
        plan, paid = at(report, one, "plan_spent"), at(report, one, "actual_spent")
        gap = None if None in (plan, paid) else paid - plan
        rate = percent_text(Fraction(paid, plan)) if gap is not None and plan else None
        share = percent_text(Fraction(paid, approved)) if paid is not None and approved else None
        rows.append((_year_text(one), wan(plan), wan(paid), wan(gap), rate, share))
    heads = ("年度", "累计计划支出", "累计实际支出", "实际 − 计划", "执行率", "占批复总投资")
    shown = table(
        heads, rows, (1, 2, 3, 4, 5), caption="资金计划执行（万元，累计到各年度末）", empty="没有登记资金计划执行情况。"
    )  # fmt: skip
    return shown + small(_falls(report)) if _falls(report) else shown


def _falls(report: Report) -> str:
    """What is to be checked where a cumulative amount falls from one year to the next."""
    told = []
    for name in ("plan_spent", "actual_spent"):
        known = [(one, at(report, one, name)) for one in years(report)]
        known = [(one, amount) for one, amount in known if amount is not None]
        for (_, before), (one, amount) in pairwise(known):
            if amount < before:
                told.append(f"{one.year} 年累计{schema.label('monitoring', name)}少于上一年度")
    return "；".join(told) + "，请核实填的是不是当年数。" if told else ""


def spending_chart(report: Report):
    """Planned and actual spending by the end of each year."""
    points = [
        (f"{one.year} 年", at(report, one, "plan_spent"), at(report, one, "actual_spent"))
        for one in years(report) if one.row is not None
    ]  # fmt: skip
    points = [(name, plan, paid) for name, plan, paid in points if None not in (plan, paid)]
    if not points:
        return paragraph("资金计划执行图：没有计划数和实际数都已登记的年度，未画。", "none")
    return charts.show(charts.planned_and_spent(points))


# Trial, views, contents ----------------------------------------------------------------------


def trial(report: Report) -> Html:
    """What each year's report says of the trial: its effect and problems."""
    start, rows = report.fact("trial_start"), []
    for one in dated(report):
        told = at(report, one, "trial_effect")
        if told is None and (start == "未" or (start and int(start[:4]) > one.year)):
            told = "本年度尚未投入试运行"
        rows.append((_year_text(one), told))
    lead = {None: "试运行开始日未提供。", "未": "尚未投入试运行。"}.get(start, f"试运行开始日 {start}。")
    shown = table(
        ("年度", "试运行效果和问题"),
        rows,
        caption="各年度报告所写的试运行效果和问题",
        empty="没有登记试运行效果和问题。",
    )
    return paragraph(lead) + shown


def views(report: Report) -> Html:
    """Whether users and supervisors were asked, each year."""
    engaged = report.fact("supervision_engaged")
    rows = [
        (_year_text(one), SAID[at(report, one, "users_consulted")], _supervisor(report, one, engaged))
        for one in dated(report)
    ]  # fmt: skip
    heads = ("年度", "已征求使用单位意见", "已征求监理单位意见")
    return table(heads, rows, caption="各年度征求意见的情况", empty="没有登记征求意见的情况。")


def _supervisor(report: Report, one: Year, engaged: bool | None) -> str | None:
    told = SAID[at(report, one, "supervisor_consulted")]
    return "没有委托监理" if engaged is False and told != "是" else told


def contents(report: Report) -> Html:
    """What each year's report must tell, entry by entry."""
    word = {True: ("已写明", "yes"), False: ("没有写明", "problem"), None: ("待核", "open")}
    rows = []
    for found in evaluate(report.facts, report.ruleset, report.as_of, [CONTENTS], readings=False):
        for row in range(len(found.rows)):
            year = report.facts.monitoring.year.at(row)
            for item in found.answer.items:
                spared = item.parts and item.parts[0].state(row)
                said = ("报告时尚未投入试运行", "na") if spared else word[item.state(row)]
                rows.append((f"{year or '未提供'} 年", item.text, tables.badge(*said)))
    cite = report.ruleset.cite(CONTENTS)
    empty = "没有登记监控报告，无从核对。"
    return table(("年度", "应写明的内容", "情况"), rows, caption=f"报告内容核对（{cite}）", empty=empty)


# In sentences ---------------------------------------------------------------------------------


def told(report: Report) -> list[str]:
    """What the conclusion says of the years: handed in, progress, spending."""
    listed = years(report)
    if not listed:
        return ["没有应提交监控报告的年度，也没有登记监控报告。"]
    lines = []
    standing = [
        f"{f'{one.year} 年' if one.year else '从哪一年起提交尚不能确定，'}{one.duty['status']}"
        for one in listed if one.duty
    ]  # fmt: skip
    if standing:
        lines.append(f"各年度监控报告（{report.ruleset.cite(DUTY)}）：{'，'.join(standing)}。")
    if told_of := [one for one in progress(report) if one.done is not None]:
        last = told_of[-1]
        gap = deviation_text(last.ahead)
        compared = f"，{gap if gap.startswith('与') else f'比已用工期{gap}'}" if gap else "，已用工期算不出"
        lines.append(
            f"最近登记的实施进度（{last.year.year} 年）为{_said(percent_text(last.done))}{compared}。"
        )
    lines += _spent(report, listed)
    return lines


def _said(rate: str) -> str:
    return rate if rate.startswith("约") else f" {rate}"


def _spent(report: Report, listed: list[Year]) -> list[str]:
    known = [(one, at(report, one, "plan_spent"), at(report, one, "actual_spent")) for one in listed]
    known = [(one, plan, paid) for one, plan, paid in known if None not in (plan, paid)]
    if not known:
        return ["资金计划执行情况未提供。"]
    one, plan, paid = known[-1]
    gap = paid - plan
    compared = "与计划一致" if gap == 0 else f"比计划{'多' if gap > 0 else '少'} {wan_text(abs(gap))} 万元"
    rate = f"，执行率{_said(percent_text(Fraction(paid, plan)))}" if plan else ""
    return [f"截至 {one.year} 年末累计支出 {wan_text(paid)} 万元，{compared}{rate}。"]
