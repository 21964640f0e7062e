"""The parts of a report: each takes a `Report` and returns what a notebook cell shows.

Nothing is decided here; the figures come from rules and economics, the words from them
and from the data dictionary. What nobody has provided reads 未提供.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from zwxm_core import __version__, charts, cost_tables, tables
from zwxm_core.assessment import ruleset_json
from zwxm_core.economics import reductions as cuts_of
from zwxm_core.money import wan_text
from zwxm_core.obligations import life_of_regulation
from zwxm_core.portfolio import schema
from zwxm_core.reporting import KINDS
from zwxm_core.reporting.kinds import fields_of
from zwxm_core.reporting.report import (
    SAMPLE_RULES,
    WHOLE,
    Report,
    conclusion,
    differences,
    late,
    lists,
    open_findings,
    problems,
    scope,
)  # fmt: skip
from zwxm_core.reporting.scorecard import load_scorecard
from zwxm_core.resources import collection
from zwxm_core.rulesets import RuleSet
from zwxm_core.tables import Html, bullets, pairs, paragraph, small, table, text

if TYPE_CHECKING:
    from zwxm_core.reporting.annual import Annual

PROFILE = (
    "name", "id", "unit", "level", "mode", "action", "category", "classified", "approval_path",
    "total_investment", "feasibility_total", "approved_total", "approved_budget", "revised_total",
    "service_life", "contract_years", "warranty_years", "potential_providers", "filed_on", "approved_on",
)  # fmt: skip


def fact(report: Report, name: str) -> object:
    """One fact of the project as users read it; None where it is unknown."""
    column = report.facts.projects.columns[name]
    value = column.at(0)
    if value is None:
        return None
    if column.kind == "money":
        return f"{wan_text(value)} 万元"
    if column.kind == "date" and value == "未":
        return "尚未发生"
    return {True: "是", False: "否"}[value] if isinstance(value, bool) else value


# First page -----------------------------------------------------------------------------


def heading(report: Report, kind: str) -> Html:
    """Title block: report, project, unit, mode, stage, day of assessment."""
    name = report.fact("name") or f"项目 {report.project}"
    title = Html(f'<p class="kind">{text(KINDS[kind]).markup}</p><p class="title">{text(name).markup}</p>')
    lines = (
        (f"项目编号 {report.project}", report.fact("unit") or "单位未提供"),
        (report.fact("mode") or "产生方式未提供", f"阶段：{report.stage or '未提供'}", f"评估日 {report.as_of.isoformat()}"),
    )  # fmt: skip
    told = "<br>".join(text(" · ".join(line)).markup for line in lines)
    return title + Html(f'<p class="meta">{told}</p>')


def conclusion_box(report: Report, kind: str, more: Iterable[str] = ()) -> Html:
    """The conclusion in sentences, and which rule set judged where it is not the plain one.

    ``more`` are sentences of the kind of report's own matter, told before those of the clauses.
    """
    first, *rest = conclusion(report, kind)
    rest = [*more, *rest]
    assessment = scope(report, kind)
    bad = problems(assessment) or lists(assessment, "缺项") or late(assessment)
    tone = "problem" if bad else "open" if open_findings(assessment) or lists(assessment, "待核") else "yes"
    inner = paragraph(first, "lead") + bullets(rest)
    return Html(f'<div class="box {tone}">{inner.markup}</div>') + ruleset_note(report.ruleset)


def ruleset_note(ruleset: RuleSet) -> Html:
    """A note where a derived rule set judged: which, and what it sets otherwise."""
    if not ruleset.base:
        return Html("")
    own = "（样例自带，只供演示，不是本地规定）" if _is_sample_set(ruleset) else ""
    lead = f"本报告按派生规则集“{ruleset.name}”{own}判断，与基础规则集不同之处："
    inner = paragraph(lead) + bullets(differences(ruleset) or ["无"])
    return Html(f'<div class="note">{inner.markup}</div>')


def _is_sample_set(ruleset: RuleSet) -> bool:
    try:
        return ruleset.paths[-1].samefile(collection(SAMPLE_RULES))
    except FileNotFoundError:
        return False


# Facts -----------------------------------------------------------------------------------


def profile(report: Report) -> Html:
    """The project in figures and dates."""
    given = [(schema.label("projects", name), value) for name in PROFILE if (value := fact(report, name))]
    absent = [schema.label("projects", name) for name in PROFILE if fact(report, name) is None]
    return pairs(given, caption="项目基本情况") + (
        small(f"未提供：{'、'.join(absent)}。") if absent else Html("")
    )


def judgements(report: Report, kind: str) -> Html:
    """Judged facts of the project with who judged, on what basis, when; where a report serves some
    articles only, those it needs.
    """
    needed = None if kind in WHOLE else set(fields_of(kind))
    rows = []
    for table_ in (report.facts.projects, *report.facts.children.values()):
        place = "" if table_.name == "projects" else schema.sheet_label(table_.name)
        for column in table_.columns.values():
            if column.claimed is None or (needed is not None and (table_.name, column.name) not in needed):
                continue
            alike: dict[tuple, list[str]] = {}
            for row in range(table_.n):
                if column.claimed[row]:
                    alike.setdefault(_judged(column, row), []).append(table_.key(row))
            for judged, keys in alike.items():
                which = f"（{tables.row_text('、'.join(keys), table_.name)}）" if table_.n > 1 else ""
                rows.append((f"{place}{which}·{column.label}" if place else column.label, *judged))
    return tables.judgements(rows)


def _judged(column, row: int) -> tuple:
    evidence = (column.evidence or {}).get(row)
    value = column.at(row)
    return {True: "是", False: "否", None: "—"}.get(value, value), evidence


# Costs ----------------------------------------------------------------------------------


def reductions(report: Report) -> Html:
    """The table of cuts (核减表)."""
    return cost_tables.reductions(cuts_of(report.facts, 0))


def comparison(report: Report) -> Html:
    """Building against buying in figures, with what is missing for it."""
    parameter = report.ruleset.parameters["discount_rate"]
    totals = ("build_total", "service_total")
    if any(
        report.compared[name] is not None or any(report.compared["bounds"][name] or ()) for name in totals
    ):
        shown = cost_tables.comparison(report.compared, f"{parameter.source}（{parameter.status}）")
    else:
        shown = paragraph("自建与购买比较：两种方式的总额都未提供，不比较。", "none")
    missing = report.compared["open_facts"]
    if missing:
        labels = [
            ("" if one["sheet"] == "projects" else f"{schema.sheet_label(one['sheet'])}·")
            + schema.label(one["sheet"], one["field"])
            for one in missing
        ]
        shown += paragraph("算出全部指标还缺：" + "；".join(dict.fromkeys(labels)) + "。", "none")
    told = [notice["text"] + "。" for notice in report.compared["notices"]]
    return shown + (bullets(dict.fromkeys(told)) if told else Html(""))


def cash_flows(report: Report) -> Html:
    """The cash-flow table."""
    if not report.compared["cash_flows"]:
        return paragraph("现金流量表：未提供费用。", "none")
    return cost_tables.cash_flows(report.compared)


def cost_chart(report: Report):
    """Cumulative cost of both ways with their crossing."""
    if report.compared["saving"] is None:
        return paragraph("累计成本图和逐年费用图：自建与购买的总额没有全部提供，未画。", "none")
    return charts.show(charts.cumulative_cost(report.compared))


def flow_chart(report: Report):
    """Yearly cost of both ways."""
    if report.compared["saving"] is None:
        return Html("")
    return charts.show(charts.yearly_cash_flow(report.compared))


# Last page ------------------------------------------------------------------------------


def _of_report(rows: list[dict], report: Report | Annual, kind: str) -> list[dict]:
    """Rows of 文字 or 签署 for this kind of report: of this project, or of every one; a report on the
    whole portfolio has those that name no project.
    """
    mine = getattr(report, "project", None)
    return [r for r in rows if r.get("report") == kind and r.get("project", mine) == mine]


def narrative(report: Report | Annual, kind: str) -> Html:
    """Hand-written paragraphs of the sheet 文字, each under its own section name."""
    rows = _of_report(report.portfolio.narrative, report, kind)
    if not rows:
        return paragraph("文字说明：未提供。", "muted")
    body = Html("")
    for row in rows:
        body += Html(f"<h3>{text(row.get('section', '说明')).markup}</h3>")
        for line in str(row.get("text", "未提供")).splitlines():
            body += paragraph(line)
    return body


SIGNED = ("prepared_by_unit", "responsible", "experts", "document_no", "on")


def signoff(report: Report | Annual, kind: str) -> Html:
    """Who prepared and signs the report (签署); what the sheet does not say is 未提供."""
    rows = _of_report(report.portfolio.signoff, report, kind)
    signed = rows[-1] if rows else {}
    told = [(schema.label("signoff", name), signed.get(name)) for name in SIGNED]
    return pairs(
        [(label, None if value is None else str(value)) for label, value in told], caption="编制和签署"
    )


def conventions(report: Report, kind: str) -> Html:
    """Conventions and parameters the report depends on."""
    used = set(report.used(kind))
    if kind in WHOLE:
        used |= {"discount_rate", "service_items", "om_items", "end_cost_items"}
        used |= {"purchase_clearly_less", "om_in_warranty", "purchase_end_costs"}
    return tables.conventions(report.ruleset, used) + tables.parameters(report.ruleset, used)


MOST_PAPERS = 6
"""Papers of one sheet that the list of data sources names."""


def data_sources(report: Report | Annual, kind: str) -> Html:
    """The sheets a report read, how many rows they had, and the papers and statistics they name."""
    read_ = {sheet for sheet, _ in fields_of(kind)} if kind not in WHOLE else set(schema.sheets())
    facts, rows = report.facts, []
    for name, one in facts.tables.items():
        if name not in read_ or not one.n or name in NO_SOURCE:
            continue
        if "project" in one.columns and name not in facts.children:  # 系统目录, 备案登记台账
            mine = [i for i in range(one.n) if one.columns["project"].at(i) in set(facts.ids)]
        elif name == "units":
            mine = [i for i in range(one.n) if one.columns["unit"].at(i) in _units(report)]
        else:
            mine = list(range(one.n))
        if mine:
            papers = list(dict.fromkeys(_papers(one, mine)))
            told = "；".join(papers[:MOST_PAPERS])
            told += f"等 {len(papers)} 件" if len(papers) > MOST_PAPERS else ""
            rows.append((schema.sheet_label(name), len(mine), told or "没有写明"))
    heads = ("工作表", "行数", "写明的文件、文号和统计")
    return table(heads, rows, (1,), caption="数据来源清单", empty="没有可列的数据。")


NO_SOURCE = ("judgements", "narrative", "signoff")
"""Sheets that are told elsewhere in a report: evidence with its facts, words and signatures as they are."""


def _units(report: Report | Annual) -> set:
    return {report.facts.projects.columns["unit"].at(i) for i in range(report.facts.n)} - {None}


NAMES_ITS_SOURCE = ("reference", "source", "registration_no", "decided_by", "cap_reference")


def _papers(one, rows: list[int]) -> Iterator[str]:
    """What the rows of a sheet name as their source: papers, statistics, the basis of judgements."""
    for name in NAMES_ITS_SOURCE:
        if name in one.columns:
            yield from (str(value) for i in rows if (value := one.columns[name].at(i)) not in (None, "无"))
    for column in one.columns.values():
        yield from (proof.basis for i, proof in sorted((column.evidence or {}).items()) if i in set(rows))


MOST_NOTES = 10
"""Notices of the data file that a report lists."""


def sources(report: Report | Annual) -> Html:
    """Where everything came from: rule set, data file, day of assessment, program."""
    rules = report.ruleset
    status = ruleset_json(rules, report.as_of)["status"]
    life = life_of_regulation(rules, report.as_of)
    words = {
        "in_force": "有效期内", "not_yet": "尚未施行", "lapsed": "有效期已届满", "two_readings": "末日有两种读法，待核",
    }  # fmt: skip
    rows = [
        ("规则集", f"{rules.name}（{rules.id}，第 {rules.version} 版）"),
        ("规则集指纹", Html(f"<code>{text(rules.sha256).markup}</code>")),
        (
            "规则集效力",
            f"{life['opens']} 至 {life['due']}；评估日{words[status]}。施行日依据：{rules.start_source}",
        ),
        ("评估日", report.as_of.isoformat()),
        ("数据文件", report.portfolio.path.name),
        ("数据文件指纹", Html(f"<code>{text(report.portfolio.sha256).markup}</code>")),
        ("程序版本", f"zwxm-core {__version__}"),
    ]
    if report.ruleset.base:
        rows.insert(1, ("派生自", report.ruleset.base))
    if report.mapping:
        rows.append(("列映射文件", report.mapping.name))
    if file := getattr(report, "scorecard", None):
        card = load_scorecard(file)
        rows.append(("评分指标集", f"{file.name}：{card.name}（第 {card.version} 版）"))
        rows.append(("指标集指纹", Html(f"<code>{text(card.sha256).markup}</code>")))
    shown = pairs(rows, caption="生成本报告所用的规则集、数据和程序")
    read_as = [*report.portfolio.notices, *(str(p) for p in report.portfolio.problems)]
    if read_as:
        left = len(read_as) - MOST_NOTES
        shown += small("读取数据文件时的说明（整个文件，不只是本报告所及）：")
        for number, told in enumerate(read_as[:MOST_NOTES], 1):
            shown += small(f"{number}. {str(told).rstrip('。')}。")
        shown += small(f"另有 {left} 条，见 zwxm check。") if left > 0 else Html("")
    return shown + small("本报告由程序按所填事实和所列口径生成，供评审参考；认定和审批由有权机关作出。")
