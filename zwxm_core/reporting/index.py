"""The first page of a batch (index.html) and its workbook (summary.xlsx)."""

from __future__ import annotations

import base64
import html
from dataclasses import dataclass, field
from urllib.parse import quote

from zwxm_core import charts, tables
from zwxm_core.lifecycle import stage_names
from zwxm_core.portfolio import Portfolio
from zwxm_core.reporting import KINDS
from zwxm_core.reporting.calendar_file import obligation_sheet
from zwxm_core.reporting.files import kind_of
from zwxm_core.reporting.outcomes import CHAPTERS, chapter, now_due
from zwxm_core.reporting.render import index_page
from zwxm_core.reporting.report import of_project, open_findings, problems, triggered, verdict
from zwxm_core.reporting.sections import ruleset_note
from zwxm_core.reporting.summary import Sheet, finding_sheets, wan_number, workbook
from zwxm_core.rulesets import RuleSet
from zwxm_core.tables import Html, paragraph, small, table, text

MOST_DUE = 60
"""Duties that the page lists; the workbook has them all."""

NO_REPORT = "本次没有该项目的报告"


@dataclass(slots=True)
class Entry:
    """One project of a batch (the portfolio as a whole: no row): what was to be made, what was, why not."""

    row: int | None
    project: str
    kind: str | None
    stem: str
    files: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    error: str | None = None


def _link(name: str, label: str) -> Html:
    return Html(f'<a href="{quote(name)}">{html.escape(label)}</a>')


def _links(entry: Entry) -> Html:
    if entry.kind is None:
        return small(NO_REPORT)
    shown = Html("")
    for name in sorted(entry.files):
        title = KINDS[kind_of(name) or entry.kind]
        label = title if name.endswith(".html") else f"{title}（ipynb）"
        shown += Html("<div>") + _link(name, label + ("（新）" if ".new" in name else "")) + Html("</div>")
    for name in entry.kept:
        shown += (
            Html("<div>")
            + _link(name, KINDS[kind_of(name) or entry.kind])
            + small("人工修改过，原样保留")
            + Html("</div>")
        )
    if entry.error:
        shown += tables.badge("未能生成", "problem") + small(entry.error)
    return shown


def _counts(assessment: dict) -> tuple[int, int]:
    pending = len(open_findings(assessment)) + sum(c["outcome"] == "待核" for c in assessment["consequences"])
    return len(problems(assessment)) + len(triggered(assessment)), pending


def index_html(
    entries: list[Entry],
    assessment: dict,
    portfolio: Portfolio,
    ruleset: RuleSet,
    summary: str,
    calendar: str,
) -> str:
    """The index page.

    Parameters
    ----------
    entries : list of Entry
    assessment : dict
        Of `assess`, only the projects of `entries`.
    portfolio : Portfolio
    ruleset : RuleSet
    summary, calendar : str
        File names of the workbook and of the calendar file beside it.
    """
    failed = [(entry.project, entry.error) for entry in entries if entry.error]
    body = _lead(entries, assessment, failed) + _ruleset_line(ruleset, assessment) + ruleset_note(ruleset)
    for notice in portfolio.notices:
        body += paragraph(f"读取说明：{notice}", "note")
    if failed:
        body += Html("<h2>未能生成的报告</h2>") + table(("项目编号", "原因"), failed)
    whole = [entry for entry in entries if entry.row is None]
    if whole:
        body += Html("<h2>整个组合</h2>")
        for entry in whole:
            body += _links(entry)
    body += Html("<h2>项目</h2>") + _projects(entries, assessment, portfolio)
    body += Html("<p>") + text("全部结论和待补事实见汇总表：") + _link(summary, summary) + Html("</p>")
    names = {e.project: _named(e, portfolio) for e in entries if e.row is not None}
    body += Html("<h2>到期事项</h2>") + now_due(
        assessment, ruleset, lambda p: names.get(p, text(p)), MOST_DUE
    )
    body += Html("<p>") + text("导入日程用的日历文件：") + _link(calendar, calendar) + Html("</p>")
    body += Html("<h2>结论分布</h2>") + _picture(assessment)
    waiting = _counts(assessment)[1]
    body += Html("<h2>最该补齐的事实</h2>") + tables.settling(assessment["settling"], waiting, most=10)
    meta = f"评估日 {assessment['as_of']} · 数据文件 {tables.clean(portfolio.path.name, 80)}"
    return index_page("政务信息化项目评估报告", meta, body.markup)


def _named(entry: Entry, portfolio: Portfolio) -> Html:
    return text(portfolio.facts.name.at(entry.row), 60) + small(entry.project)


def _projects(entries: list[Entry], assessment: dict, portfolio: Portfolio) -> Html:
    """The projects with their conclusion, problems, open findings and reports."""
    f, rows = portfolio.facts, []
    stages = stage_names(f, _day(assessment))
    for entry in entries:
        if entry.row is None:
            continue
        mine = of_project(assessment, entry.project)
        found, pending = _counts(mine)
        conclusion = text(verdict(mine))
        told = [
            f"{one['cite']}{tables.item_text(one.get('item'))}" for one in [*problems(mine), *triggered(mine)]
        ]
        if told:
            conclusion += small(f"问题：{'；'.join(dict.fromkeys(told))}")
        counts = (
            tables.badge(str(found), "problem") if found else "0",
            tables.badge(str(pending), "open") if pending else "0",
        )
        facts = f.unit.at(entry.row), f.mode.at(entry.row), stages[entry.row]
        rows.append((_named(entry, portfolio), *facts, conclusion, *counts, _links(entry)))
    heads = ("项目", "单位", "产生方式", "阶段", "结论", "问题", "待核", "报告")
    return table(heads, rows, (5, 6), kind="projects")


def _day(assessment: dict):
    from datetime import date

    return date.fromisoformat(assessment["as_of"])


def _lead(entries: list[Entry], assessment: dict, failed: list) -> Html:
    """How many projects, reports, problems, open ones, in one sentence."""
    projects = [entry for entry in entries if entry.row is not None]
    counts = [_counts(of_project(assessment, entry.project)) for entry in projects]
    troubled = sum(found > 0 for found, _ in counts)
    pending = sum(found == 0 and waiting > 0 for found, waiting in counts)
    made = sum(bool(entry.files or entry.kept) for entry in entries)
    told = (
        f"{len(projects)} 个项目：有问题的 {troubled} 个，未发现问题但有待核的 {pending} 个。报告 {made} 份"
    )
    return paragraph(told + (f"，未能生成 {len(failed)} 份。" if failed else "。"), "lead")


def _ruleset_line(ruleset: RuleSet, assessment: dict) -> Html:
    life = assessment["obligations"][0]
    told = f"规则集：{ruleset.name}（{ruleset.id}，第 {ruleset.version} 版，指纹 {ruleset.sha256[:12]}），"
    return paragraph(f"{told}有效期 {life['opens']} 至 {life['due']}。", "meta")


def _picture(assessment: dict) -> Html:
    """How many findings and consequences of each chapter are problems, open, settled, or do not apply."""
    groups = {title: dict.fromkeys(charts.TONE_STYLE, 0) for _, title in CHAPTERS}
    for one in [*assessment["findings"], *assessment["consequences"]]:
        problem = one.get("problem", one["outcome"] == "触发")
        group = "问题" if problem else one["outcome"] if one["outcome"] in ("待核", "不适用") else "已有结论"
        groups[chapter(one["clause"])][group] += 1
    rows = [(title, counts) for title, counts in groups.items() if any(counts.values())]
    if not rows:
        return paragraph("没有结论。", "none")
    return _figure(charts.portfolio_outcomes(rows, "结论数"))


def _figure(chart: charts.Chart) -> Html:
    data = base64.b64encode(charts.png(chart)).decode("ascii")
    shown = Html(f'<figure><img src="data:image/png;base64,{data}" alt="{html.escape(chart.alt)}"></figure>')
    for notice in dict.fromkeys(chart.notices):
        shown += paragraph(notice, "notice")
    return shown


def summary_xlsx(entries: list[Entry], assessment: dict, portfolio: Portfolio, ruleset: RuleSet) -> bytes:
    """The workbook of a batch: projects, findings, missing facts, about."""
    columns = portfolio.facts.projects.columns
    stages = stage_names(portfolio.facts, _day(assessment))
    rows = []
    for entry in entries:
        if entry.row is None:
            continue
        mine = of_project(assessment, entry.project)
        found, pending = _counts(mine)
        kind = KINDS.get(entry.kind, NO_REPORT)
        state = entry.error or ("人工修改过，原样保留" if entry.kept else "已生成" if entry.files else "")
        total, approved = (
            wan_number(columns[n].at(entry.row)) for n in ("total_investment", "approved_total")
        )
        facts = (columns[n].at(entry.row) for n in ("name", "unit", "mode"))
        files = "；".join(sorted([*entry.files, *entry.kept]))
        rows.append(
            (
                entry.project,
                *facts,
                stages[entry.row],
                total,
                approved,
                verdict(mine),
                found,
                pending,
                kind,
                state,
                files,
            )
        )
    heads = (
        "项目编号", "项目名称", "项目单位", "产生方式", "阶段", "总投资（万元）", "批复总投资（万元）", "结论", "问题数",
        "待核数", "报告", "状态", "文件",
    )  # fmt: skip
    first: Sheet = ("项目", heads, rows)
    due = obligation_sheet(assessment, portfolio, ruleset)
    return workbook([first, *finding_sheets(assessment, portfolio, ruleset), due])
