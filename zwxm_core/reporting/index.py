"""The first page of a batch (index.html) and its workbook (summary.xlsx)."""

from __future__ import annotations

import base64
import html
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from zwxm_core import charts, tables
from zwxm_core.lifecycle import STAGES, stage_names
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
    grade: str | None = None


VERDICTS = ("有问题", "有待核", "未发现问题")
"""What a project is filtered by: at least one problem, else at least one open conclusion, else neither."""

FORMATS = {".html": "网页", ".docx": "Word", ".pdf": "PDF", ".ipynb": "笔记本"}
"""Endings of a report's files and how they are called, the one to read first."""


def _link(name: str, label: str) -> Html:
    return Html(f'<a href="{quote(name)}">{html.escape(label)}</a>')


def _links(entry: Entry) -> Html:
    if entry.kind is None:
        return small(NO_REPORT)
    links = [_link(*named) for named in _named_files(entry)]
    shown = (
        Html("<div>") + Html(" · ".join(link.markup for link in links)) + Html("</div>")
        if links
        else Html("")
    )
    if entry.kept:
        shown += small("人工修改过，原样保留")
    if entry.error:
        shown += tables.badge("未能生成", "problem") + small(entry.error)
    return shown


def _named_files(entry: Entry) -> list[tuple[str, str]]:
    """The files of a report and how they are called; the first of each kind by the kind of report."""
    endings, kinds = list(FORMATS), list(KINDS)
    listed = [(kind_of(name) or entry.kind, Path(name).suffix, name) for name in {*entry.files, *entry.kept}]
    named, before = [], None
    for kind, ending, name in sorted(listed, key=lambda f: (kinds.index(f[0]), endings.index(f[1]), f[2])):
        label = FORMATS[ending]
        if kind != before:
            label = KINDS[kind] + ("" if ending == ".html" else f"（{label}）")
        named.append((name, label + ("（新）" if ".new" in name else "")))
        before = kind
    return named


def _counts(assessment: dict) -> tuple[int, int]:
    pending = len(open_findings(assessment)) + sum(c["outcome"] == "待核" for c in assessment["consequences"])
    return len(problems(assessment)) + len(triggered(assessment)), pending


def _parts(entries: list[Entry], assessment: dict) -> dict[str, dict]:
    """The part of the assessment that concerns each project; every list is gone through once."""
    lists = {key: value for key, value in assessment.items() if isinstance(value, list)}
    of: dict[str | None, dict[str, list]] = {e.project: {key: [] for key in lists} for e in entries}
    of[None] = {key: [] for key in lists}
    for key, value in lists.items():
        for one in value:
            if (mine := of.get(one.get("project"))) is not None:
                mine[key].append(one)
    whole = of.pop(None)
    return {
        project: of_project({**assessment, **{key: mine[key] + whole[key] for key in mine}}, project)
        for project, mine in of.items()
    }


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
    parts = _parts(entries, assessment)
    body = _lead(entries, parts, failed) + _ruleset_line(ruleset, assessment) + ruleset_note(ruleset)
    for notice in portfolio.notices:
        body += paragraph(f"读取说明：{notice}", "note")
    if failed:
        body += Html("<h2>未能生成的报告</h2>") + table(("项目编号", "原因"), failed)
    whole = [entry for entry in entries if entry.row is None]
    if whole:
        body += Html("<h2>整个组合</h2>")
        for entry in whole:
            body += _links(entry)
    body += Html("<h2>项目</h2>") + _projects(entries, parts, assessment, portfolio)
    body += Html("<p>") + text("全部结论和待补事实见汇总表：") + _link(summary, summary) + Html("</p>")
    names = {e.project: _named(e, portfolio) for e in entries if e.row is not None}
    body += Html("<h2>到期事项</h2>") + now_due(
        assessment, ruleset, lambda p: names.get(p, text(p)), MOST_DUE
    )
    body += Html("<p>") + text("导入日程用的日历文件：") + _link(calendar, calendar) + Html("</p>")
    body += Html("<h2>结论分布</h2>") + _picture(assessment) + _stages(entries, parts, assessment, portfolio)
    waiting = _counts(assessment)[1]
    body += Html("<h2>最该补齐的事实</h2>") + tables.settling(assessment["settling"], waiting, most=10)
    meta = f"评估日 {assessment['as_of']} · 数据文件 {tables.clean(portfolio.path.name, 80)}"
    return index_page("政务信息化项目评估报告", meta, body.markup)


def _named(entry: Entry, portfolio: Portfolio) -> Html:
    return text(portfolio.facts.name.at(entry.row), 60) + small(entry.project)


def _projects(entries: list[Entry], parts: dict[str, dict], assessment: dict, portfolio: Portfolio) -> Html:
    """The projects with their conclusion, problems, open findings and reports, and what chooses among them."""
    f = portfolio.facts
    stages = stage_names(f, _day(assessment))
    listed = [entry for entry in entries if entry.row is not None]
    graded = any(entry.grade for entry in listed)
    keys, rows = [], []
    for entry in listed:
        mine = parts[entry.project]
        found, pending = _counts(mine)
        facts = f.unit.at(entry.row), f.mode.at(entry.row), stages[entry.row]
        counts = (
            tables.badge(str(found), "problem") if found else "0",
            tables.badge(str(pending), "open") if pending else "0",
        )
        grade = (entry.grade or "—",) if graded else ()
        rows.append((_named(entry, portfolio), *facts, _conclusion(mine), *counts, *grade, _links(entry)))
        keys.append({
            "unit": facts[0], "verdict": VERDICTS[0 if found else 1 if pending else 2], "grade": entry.grade,
            "kind": KINDS.get(entry.kind),
        })  # fmt: skip
    heads = (
        "项目",
        "单位",
        "产生方式",
        "阶段",
        "结论",
        "问题",
        "待核",
        *(("等级",) if graded else ()),
        "报告",
    )
    counted = small("“问题”和“待核”两栏数的是条款结论和后果，清单的缺项和到期事项不计在内。")
    return _filters(keys) + _keyed(table(heads, rows, (5, 6), kind="projects"), keys) + counted


def _conclusion(mine: dict) -> Html:
    told = [
        f"{one['cite']}{tables.item_text(one.get('item'), one['clause'])}"
        for one in [*problems(mine), *triggered(mine)]
    ]
    shown = text(verdict(mine))
    return shown + small(f"问题：{'；'.join(dict.fromkeys(told))}") if told else shown


FILTERS = {"unit": "单位", "verdict": "结论", "grade": "等级", "kind": "报告"}
"""What the projects can be filtered by."""


def _filters(keys: list[dict[str, str | None]]) -> Html:
    """The form that searches and filters the table; the page's script shows it."""
    chosen = ""
    for name, label in FILTERS.items():
        values = dict.fromkeys(tables.clean(key[name]) for key in keys if key[name])
        if len(values) > 1 or (values and name == "grade"):
            options = "".join(f"<option>{html.escape(value)}</option>" for value in values)
            chosen += f'<label>{label}<select name="{name}"><option value="">全部</option>{options}</select></label>'
    return Html(
        '<form class="filters" hidden><label>查找<input type="search" name="search" placeholder="名称、编号、条款">'
        f'</label>{chosen}<button type="reset">清除</button><output aria-live="polite"></output></form>'
    )


def _keyed(shown: Html, keys: list[dict[str, str | None]]) -> Html:
    """The table with what each of its rows is filtered by."""
    head, *rows = shown.markup.split("<tbody>")[-1].split("<tr>")
    marked = [
        "<tr"
        + "".join(f' data-{n}="{html.escape(tables.clean(v))}"' for n, v in key.items() if v)
        + f">{row}"
        for key, row in zip(keys, rows, strict=True)
    ]
    return Html(shown.markup.partition("<tbody>")[0] + "<tbody>" + head + "".join(marked))


def _day(assessment: dict):
    from datetime import date

    return date.fromisoformat(assessment["as_of"])


def _lead(entries: list[Entry], parts: dict[str, dict], failed: list) -> Html:
    """How many projects, reports, problems, open ones, in one sentence."""
    projects = [entry for entry in entries if entry.row is not None]
    counts = [_counts(parts[entry.project]) for entry in projects]
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


def _stages(entries: list[Entry], parts: dict[str, dict], assessment: dict, portfolio: Portfolio) -> Html:
    """How many projects of each stage have problems, open conclusions, neither."""
    stages = stage_names(portfolio.facts, _day(assessment))
    groups: dict[str, dict[str, int]] = {}
    for entry in {entry.row: entry for entry in entries if entry.row is not None}.values():
        found, pending = _counts(parts[entry.project])
        counts = groups.setdefault(stages[entry.row] or tables.NOT_GIVEN, dict.fromkeys(charts.TONE_STYLE, 0))
        counts["问题" if found else "待核" if pending else "已有结论"] += 1
    order = [*STAGES, tables.NOT_GIVEN]
    rows = sorted(groups.items(), key=lambda row: order.index(row[0]))
    return _figure(charts.portfolio_outcomes(rows, "项目数（按阶段）")) if rows else Html("")


def _figure(chart: charts.Chart) -> Html:
    data = base64.b64encode(charts.svg(chart).encode()).decode("ascii")
    shown = Html(
        f'<figure><img src="data:image/svg+xml;base64,{data}" alt="{html.escape(chart.alt)}"></figure>'
    )
    for notice in dict.fromkeys(chart.notices):
        shown += paragraph(notice, "notice")
    return shown


def summary_xlsx(entries: list[Entry], assessment: dict, portfolio: Portfolio, ruleset: RuleSet) -> bytes:
    """The workbook of a batch: projects, findings, missing facts, about."""
    columns = portfolio.facts.projects.columns
    stages = stage_names(portfolio.facts, _day(assessment))
    parts = _parts(entries, assessment)
    rows = []
    for entry in entries:
        if entry.row is None:
            continue
        mine = parts[entry.project]
        found, pending = _counts(mine)
        kind = KINDS.get(entry.kind, NO_REPORT)
        state = entry.error or ("人工修改过，原样保留" if entry.kept else "已生成" if entry.files else "")
        total, approved = (
            wan_number(columns[n].at(entry.row)) for n in ("total_investment", "approved_total")
        )
        facts = (columns[n].at(entry.row) for n in ("name", "unit", "mode"))
        files = "；".join(sorted({*entry.files, *entry.kept}))
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
