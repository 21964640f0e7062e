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
from zwxm_core.reporting.render import index_page
from zwxm_core.reporting.report import of_project, open_findings, problems, triggered, verdict
from zwxm_core.reporting.sections import ruleset_note
from zwxm_core.reporting.summary import Sheet, finding_sheets, wan_number, workbook
from zwxm_core.rulesets import RuleSet
from zwxm_core.tables import Html, paragraph, small, table, text

NO_REPORT = "在建或已终止，没有这两种报告"


@dataclass(slots=True)
class Entry:
    """One project of a batch: what was to be made, what was, why not."""

    row: int
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
        label = KINDS[entry.kind] if name.endswith(".html") else f"{KINDS[entry.kind]}（ipynb）"
        shown += Html("<div>") + _link(name, label + ("（新）" if ".new" in name else "")) + Html("</div>")
    for name in entry.kept:
        shown += (
            Html("<div>") + _link(name, KINDS[entry.kind]) + small("人工修改过，原样保留") + Html("</div>")
        )
    if entry.error:
        shown += tables.badge("未能生成", "problem") + small(entry.error)
    return shown


def _counts(assessment: dict) -> tuple[int, int]:
    pending = len(open_findings(assessment)) + sum(c["outcome"] == "待核" for c in assessment["consequences"])
    return len(problems(assessment)) + len(triggered(assessment)), pending


def index_html(
    entries: list[Entry], assessment: dict, portfolio: Portfolio, ruleset: RuleSet, summary: str
) -> str:
    """The index page.

    Parameters
    ----------
    entries : list of Entry
    assessment : dict
        Of `assess`, only the projects of `entries`.
    portfolio : Portfolio
    ruleset : RuleSet
    summary : str
        File name of the workbook beside it.
    """
    columns = portfolio.facts.projects.columns
    stages = stage_names(portfolio.facts, _day(assessment))
    rows, failed = [], []
    for entry in entries:
        mine = of_project(assessment, entry.project)
        found, pending = _counts(mine)
        name = text(columns["name"].at(entry.row), 60) + small(entry.project)
        conclusion = text(verdict(mine))
        named = "；".join(
            f"{one['cite']}{tables.item_text(one.get('item'))}" for one in [*problems(mine), *triggered(mine)]
        )
        if named:
            conclusion += small(f"问题：{named}")
        counts = (
            tables.badge(str(found), "problem") if found else "0",
            tables.badge(str(pending), "open") if pending else "0",
        )
        unit, mode = columns["unit"].at(entry.row), columns["mode"].at(entry.row)
        rows.append((name, unit, mode, stages[entry.row], conclusion, *counts, _links(entry)))
        if entry.error:
            failed.append((entry.project, entry.error))
    body = _lead(entries, assessment, failed) + _ruleset_line(ruleset, assessment) + ruleset_note(ruleset)
    for notice in portfolio.notices:
        body += paragraph(f"读取说明：{notice}", "note")
    if failed:
        body += Html("<h2>未能生成的报告</h2>") + table(("项目编号", "原因"), failed)
    body += Html("<h2>项目</h2>")
    body += table(
        ("项目", "单位", "产生方式", "阶段", "结论", "问题", "待核", "报告"), rows, (5, 6), kind="projects"
    )
    body += Html("<p>") + text("全部结论和待补事实见汇总表：") + _link(summary, summary) + Html("</p>")
    body += Html("<h2>结论分布</h2>") + _picture(assessment, ruleset)
    body += Html("<h2>最该补齐的事实</h2>") + tables.settling(
        assessment["settling"], _counts(assessment)[1], most=10
    )
    meta = f"评估日 {assessment['as_of']} · 数据文件 {tables.clean(portfolio.path.name, 80)}"
    return index_page("政务信息化项目评估报告", meta, body.markup)


def _day(assessment: dict):
    from datetime import date

    return date.fromisoformat(assessment["as_of"])


def _lead(entries: list[Entry], assessment: dict, failed: list) -> Html:
    """How many projects, reports, problems, open ones, in one sentence."""
    counts = [_counts(of_project(assessment, entry.project)) for entry in entries]
    troubled = sum(found > 0 for found, _ in counts)
    pending = sum(found == 0 and waiting > 0 for found, waiting in counts)
    made = sum(bool(entry.files or entry.kept) for entry in entries)
    told = f"{len(entries)} 个项目：有问题的 {troubled} 个，未发现问题但有待核的 {pending} 个。报告 {made} 份"
    return paragraph(told + (f"，未能生成 {len(failed)} 份。" if failed else "。"), "lead")


def _ruleset_line(ruleset: RuleSet, assessment: dict) -> Html:
    life = assessment["obligations"][0]
    told = f"规则集：{ruleset.name}（{ruleset.id}，第 {ruleset.version} 版，指纹 {ruleset.sha256[:12]}），"
    return paragraph(f"{told}有效期 {life['opens']} 至 {life['due']}。", "meta")


def _picture(assessment: dict, ruleset: RuleSet) -> Html:
    groups: dict[str, dict[str, int]] = {}
    seen = set()
    order = {clause: place for place, clause in enumerate(ruleset.clauses)}
    for one in sorted(
        [*assessment["findings"], *assessment["consequences"]],
        key=lambda f: (order[f["clause"]], _item(f) or ""),
    ):
        key = (one["project"], one["clause"], one.get("item"), one.get("effect"))
        if key in seen:
            continue
        seen.add(key)
        problem = one.get("problem", one["state"] is True)
        group = "问题" if problem else one["outcome"] if one["outcome"] in ("待核", "不适用") else "已有结论"
        label = one["cite"] + tables.item_text(_item(one))
        counts = groups.setdefault(label, dict.fromkeys(charts.TONE_STYLE, 0))
        counts[group] += 1
    if not groups:
        return paragraph("没有结论。", "none")
    chart = charts.portfolio_outcomes(list(groups.items()))
    data = base64.b64encode(charts.png(chart)).decode("ascii")
    shown = Html(f'<figure><img src="data:image/png;base64,{data}" alt="{html.escape(chart.alt)}"></figure>')
    for notice in dict.fromkeys(chart.notices):
        shown += paragraph(notice, "notice")
    return shown


def _item(finding: dict) -> str | None:
    """The rule's own item; keys of rows are drawn together."""
    item = str(finding.get("item") or "")
    return next((word for word in item.split(" ") if word in tables.ITEMS), None)


def summary_xlsx(entries: list[Entry], assessment: dict, portfolio: Portfolio, ruleset: RuleSet) -> bytes:
    """The workbook of a batch: projects, findings, missing facts, about."""
    columns = portfolio.facts.projects.columns
    stages = stage_names(portfolio.facts, _day(assessment))
    rows = []
    for entry in entries:
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
    return workbook([first, *finding_sheets(assessment, portfolio, ruleset)])
