"""The parts of a report: each takes a `Report` and returns what a notebook cell shows.

Nothing is decided here; the figures come from rules and economics, the words from them
and from the data dictionary. What nobody has provided reads 未提供.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from zwxm_core import __version__, charts, tables
from zwxm_core.economics import BUILD, PURCHASE
from zwxm_core.economics import reductions as cuts_of
from zwxm_core.money import percent_text, wan_text
from zwxm_core.portfolio import schema
from zwxm_core.reporting import KINDS
from zwxm_core.reporting.report import (
    SAMPLE_RULES,
    Report,
    conclusion,
    differences,
    open_findings,
    problems,
    schedule_gap,
    triggered,
)  # fmt: skip
from zwxm_core.resources import collection
from zwxm_core.rules.adjustments import adjusted_amount, latest, latest_date
from zwxm_core.rulesets import RuleSet
from zwxm_core.tables import Html, bullets, pairs, paragraph, percent, small, table, text, wan

PROFILE = (
    "name", "id", "unit", "level", "mode", "action", "category", "classified", "approval_path",
    "total_investment", "feasibility_total", "approved_total", "approved_budget", "revised_total",
    "service_life", "contract_years", "warranty_years", "potential_providers", "filed_on", "approved_on",
)  # fmt: skip
MONEY_STEPS = ("approved_total", "revised_total", "paid_in", "spent")
DATES = (
    "approved_on", "construction_start", "construction_end", "trial_start", "acceptance_due",
    "acceptance_on", "go_live", "warranty_end", "self_evaluation_on",
)  # fmt: skip


def fact(report: Report, name: str) -> object:
    """One fact of the project as users read it; None where it is unknown."""
    column = report.facts.projects.columns[name]
    value = column.at(0)
    if value is None:
        return None
    if column.kind == "money":
        return f"{wan_text(value)} 万元"
    return {True: "是", False: "否"}[value] if isinstance(value, bool) else value


# First page -----------------------------------------------------------------------------


def heading(report: Report, kind: str) -> Html:
    """Title block: report, project, unit, mode, stage, day of assessment."""
    name = report.fact("name") or f"项目 {report.project}"
    title = Html(f'<p class="kind">{text(KINDS[kind]).markup}</p><p class="title">{text(name).markup}</p>')
    told = [
        f"项目编号 {report.project}", report.fact("unit") or "单位未提供", report.fact("mode") or "产生方式未提供",
        f"阶段：{report.stage or '未提供'}", f"评估日 {report.as_of.isoformat()}",
    ]  # fmt: skip
    return title + paragraph(" · ".join(told), "meta")


def conclusion_box(report: Report) -> Html:
    """The conclusion in sentences, and which rule set judged where it is not the plain one."""
    first, *rest = conclusion(report)
    tone = "problem" if problems(report.assessment) else "open" if open_findings(report.assessment) else "yes"
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


def problem_list(report: Report) -> Html:
    """The problems, with their reasons, and the consequences that are triggered."""
    found = problems(report.assessment)
    shown = tables.findings(found, report.ruleset, empty="未发现问题。")
    followed = triggered(report.assessment)
    if followed:
        rows = [(c["cite"], tables.badge(c["outcome"], "problem"), c["reason"]) for c in followed]
        shown += table(("条款", "后果", "理由"), rows, caption="由此触发的后果")
    return shown


def settling(report: Report) -> Html:
    """The facts that would settle most."""
    pending = open_findings(report.assessment)
    return tables.settling(report.assessment["settling"], len(pending))


# Facts and findings ---------------------------------------------------------------------


def profile(report: Report) -> Html:
    """The project in figures and dates."""
    given = [(schema.label("projects", name), value) for name in PROFILE if (value := fact(report, name))]
    absent = [schema.label("projects", name) for name in PROFILE if fact(report, name) is None]
    return pairs(given) + (small(f"未提供：{'、'.join(absent)}。") if absent else Html(""))


def judgements(report: Report) -> Html:
    """Judged facts of the project with who judged, on what basis, when."""
    rows = []
    for table_ in (report.facts.projects, *report.facts.children.values()):
        place = "" if table_.name == "projects" else schema.sheet_label(table_.name)
        for column in table_.columns.values():
            if column.claimed is None:
                continue
            for row in range(table_.n):
                if column.claimed[row]:
                    label = f"{place}（{table_.key(row)}）·{column.label}" if place else column.label
                    rows.append((label, *_judged(column, row)))
    return tables.judgements(rows)


def _judged(column, row: int) -> tuple:
    evidence = (column.evidence or {}).get(row)
    value = column.at(row)
    return {True: "是", False: "否", None: "—"}.get(value, value), evidence


def findings(report: Report) -> Html:
    """What each live clause comes to, with its arithmetic; those that do not apply in one line."""
    found = [one for one in report.assessment["findings"] if one["outcome"] != "不适用"]
    shown = tables.findings(found, report.ruleset, empty="现阶段没有适用的条款。")
    out = [one["cite"] for one in report.assessment["findings"] if one["outcome"] == "不适用"]
    if out:
        shown += small("现阶段核对过、不适用的条款：" + "、".join(dict.fromkeys(out)) + "。")
    told = [f"{n['cite']}：{n['text']}。" for n in report.assessment["notices"]]
    if told:
        shown += paragraph("须留意：") + bullets(dict.fromkeys(told))
    return shown


def checklist(report: Report) -> Html:
    """Contents of the documents: what is missing and what nobody has said."""
    rows = []
    for one in report.assessment["checklists"]:
        if one["applies"]:
            missing, unknown = ("、".join(one[k]) or "无" for k in ("missing", "unknown"))
            rows.append((one["cite"], missing, unknown))
    if not rows:
        return Html("")
    return table(("条款", "缺少的内容", "未提供情况的内容"), rows, caption="材料内容核对")


# Costs ----------------------------------------------------------------------------------


def reductions(report: Report) -> Html:
    """The table of cuts (核减表)."""
    return tables.reductions(cuts_of(report.facts, 0))


def comparison(report: Report) -> Html:
    """Building against buying in figures, with what is missing for it."""
    parameter = report.ruleset.parameters["discount_rate"]
    shown = tables.comparison(report.compared, f"{parameter.source}（{parameter.status}）")
    missing = report.compared["open_facts"]
    if missing:
        labels = [f"{schema.sheet_label(o['sheet'])}·{schema.label(o['sheet'], o['field'])}" for o in missing]
        shown += paragraph("算出全部指标还缺：" + "；".join(dict.fromkeys(labels)) + "。", "none")
    told = [notice["text"] + "。" for notice in report.compared["notices"]]
    return shown + (bullets(dict.fromkeys(told)) if told else Html(""))


def cash_flows(report: Report) -> Html:
    """The cash-flow table."""
    if not report.compared["cash_flows"]:
        return paragraph("现金流量表：未提供费用。", "none")
    return tables.cash_flows(report.compared)


def cost_chart(report: Report):
    """Cumulative cost of both ways with their crossing."""
    if report.compared["saving"] is None:
        return paragraph("累计成本图：自建与购买的总额没有全部提供，未画。", "none")
    return charts.show(charts.cumulative_cost(report.compared))


def flow_chart(report: Report):
    """Yearly cost of both ways."""
    if report.compared["saving"] is None:
        return paragraph("逐年费用图：自建与购买的总额没有全部提供，未画。", "none")
    return charts.show(charts.yearly_cash_flow(report.compared))


# After the fact -------------------------------------------------------------------------


class Adjustment(NamedTuple):
    """What the adjustments come to (29.1), 分: exactly, at least, and the limit; None where not known."""

    amount: int | None
    least: int | None
    limit: int | None
    share: Fraction


def adjustment(report: Report) -> Adjustment:
    """Adjusted amount as of the latest adjustment, and the limit of self-adjustment on that day."""
    on = latest_date(report.facts).at(0)
    terms = report.ruleset.terms(report.as_of if on in (None, "未") else date.fromisoformat(on))
    base = "approved_total" if terms.adjustment_base == "construction_approval" else "feasibility_total"
    approved, share = report.fact(base), terms.adjustment_limit
    limit = None if approved is None else approved * share.numerator // share.denominator
    index = int(latest(report.facts)[0])
    if index < 0:
        amount = 0 if report.fact("adjustments_complete") else None
        return Adjustment(amount, amount, limit, share)
    amounts = adjusted_amount(report.facts, terms)
    least = int(amounts.low[index]) if amounts.low_known[index] else None
    return Adjustment(amounts.at(index), least, limit, share)


def money_chain(report: Report) -> Html:
    """From approval to spending, each amount against the approved total."""
    approved, change = report.fact("approved_total"), adjustment(report)

    def share(fen: int | None) -> str | None:
        return percent_text(Fraction(fen, approved)) if fen is not None and approved else None

    rows = [(schema.label("projects", n), wan(report.fact(n)), share(report.fact(n))) for n in MONEY_STEPS]
    amount = wan(change.amount)
    if amount is None and change.least:
        amount = f"至少 {wan(change.least)}"
    rows.append((schema.label("derived", "adjusted_amount"), amount, share(change.amount)))
    rows.append((_limit_label(change), wan(change.limit), share(change.limit)))
    return table(("项目", "金额（万元）", "占批复总投资"), rows, (1, 2), caption="资金链")


def _limit_label(change: Adjustment) -> str:
    return f"自行调整限额（{percent(change.share)}，含本数）"


def money_chart(report: Report):
    """The money chain as a chart, with the limit of self-adjustment."""
    steps = [(schema.label("projects", name), report.fact(name)) for name in MONEY_STEPS]
    if all(amount is None for _, amount in steps):
        return paragraph("资金链图：没有金额，未画。", "none")
    change = adjustment(report)
    return charts.show(charts.money_chain(steps, change.amount, change.limit, _limit_label(change)))


def adjustments(report: Report) -> Html:
    """The adjustments as registered."""
    sheet, mine = report.facts.adjustments, range(report.facts.adjustments.n)
    names = ("seq", "on", "amount", "ground", "filed", "prior_approval")
    said = {True: "是", False: "否"}
    rows = []
    for row in mine:
        cells = [sheet.columns[name].at(row) for name in names]
        cells = [
            wan(c) if n == "amount" else said[c] if isinstance(c, bool) else c
            for n, c in zip(names, cells, strict=True)
        ]
        rows.append(cells)
    heads = [schema.label("adjustments", n) + ("（万元）" if n == "amount" else "") for n in names]
    complete = report.fact("adjustments_complete")
    empty = "没有调整（调整清单完整）。" if complete else "没有登记调整，调整清单是否完整未提供。"
    return table(heads, rows, numbers=(0, 2), caption="历次调整", empty=empty)


def schedule(report: Report) -> Html:
    """Dates from approval to operation, and acceptance against its due day."""
    rows = [(schema.label("projects", name), report.fact(name), "") for name in DATES]
    gap = schedule_gap(report.fact("acceptance_due"), report.fact("acceptance_on"))
    if gap:
        place = DATES.index("acceptance_on")
        rows[place] = (*rows[place][:2], f"比应验收日{gap}" if gap != "按期" else gap)
    return table(("节点", "日期", "说明"), rows)


def hindsight(report: Report) -> Html:
    """Planned against actual cost by line, where actual amounts were registered."""
    costs, mine = report.facts.costs, range(report.facts.costs.n)
    lines = []
    for mode in (BUILD, PURCHASE):
        planned_sum = actual_sum = 0
        found = False
        for row in mine:
            actual = costs.actual.at(row)
            if costs.mode.at(row) != mode or actual is None:
                continue
            planned = costs.assessed.at(row)
            planned = costs.claimed.at(row) if planned is None else planned
            over = None if planned is None else actual - planned
            ratio = percent_text(Fraction(over, planned)) if over is not None and planned else None
            lines.append(
                (mode, costs.item.at(row), costs.year.at(row), wan(planned), wan(actual), wan(over), ratio)
            )
            found = True
            planned_sum = None if None in (planned_sum, planned) else planned_sum + planned
            actual_sum += actual
        if found:
            over = None if planned_sum is None else actual_sum - planned_sum
            ratio = percent_text(Fraction(over, planned_sum)) if over is not None and planned_sum else None
            total = Html("<strong>合计</strong>")
            lines.append((mode, total, "", wan(planned_sum), wan(actual_sum), wan(over), ratio))
    heads = ("方式", "费用项", "年次", "计划（审定）", "实际", "实际 − 计划", "偏差率")
    return table(heads, lines, (2, 3, 4, 5, 6), caption="计划与实际（万元，只列已填实际金额的费用）")


def indicators(report: Report) -> Html:
    """Goals and indicators against what was reached."""
    sheet, mine = report.facts.indicators, range(report.facts.indicators.n)
    rows = []
    for row in mine:
        at = {name: column.at(row) for name, column in sheet.columns.items()}
        unit = f"（{at['unit']}）" if at["unit"] else ""
        reached = met(at["direction"], at["target"], at["actual"])
        word = {True: ("达到", "yes"), False: ("未达到", "no"), None: ("待核", "open")}[reached]
        source = " · ".join(filter(None, (at["measured_on"], at["source"]))) or None
        rows.append(
            (
                at["kind"],
                f"{at['indicator'] or '未提供'}{unit}",
                at["target"],
                at["actual"],
                tables.badge(*word),
                source,
            )
        )
    heads = ("类别", "指标", "目标值", "实际值", "结果", "统计日和数据来源")
    return table(heads, rows, (2, 3), caption="绩效指标")


def met(direction: str | None, target: str | None, actual: str | None) -> bool | None:
    """Whether an indicator reached its target; None where a fact is missing.

    >>> met("越大越好", "95", "95.0"), met("越小越好", "3", "3.1"), met(None, "1", "2")
    (True, False, None)
    """
    if None in (direction, target, actual):
        return None
    goal, got = Decimal(target), Decimal(actual)
    return got >= goal if direction == "越大越好" else got <= goal


GAPS = {
    "资金": MONEY_STEPS,
    "时间": DATES,
    "验收": ("acceptance_result", "acceptance_by", "bureau_opinion", "acceptance_reported"),
    "调整": ("adjustments_complete", "goals_unchanged", "change_necessary"),
}


def not_given(report: Report) -> Html:
    """What this report would need and nobody has provided."""
    rows = []
    for group, names in GAPS.items():
        labels = [schema.label("projects", n) for n in names if report.fact(n) is None]
        if labels:
            rows.append((group, "、".join(labels)))
    for sheet, needed in (
        ("costs", "actual"),
        ("indicators", "actual"),
        ("usage", None),
        ("evaluations", None),
    ):
        lines, label = report.facts.children[sheet], schema.sheet_label(sheet)
        if not lines.n:
            rows.append((label, "整张表没有本项目的行"))
        elif needed and not lines.columns[needed].known.any():
            rows.append((label, schema.label(sheet, needed)))
    return table(("方面", "未提供的事实"), rows, empty="本报告需要的事实都已提供。")


# Last page ------------------------------------------------------------------------------


def _of_report(rows: list[dict], report: Report, kind: str) -> list[dict]:
    """Rows of 文字 or 签署 for this kind of report: of this project, or of every one."""
    return [r for r in rows if r.get("report") == kind and r.get("project", report.project) == report.project]


def narrative(report: Report, kind: str) -> Html:
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


def signoff(report: Report, kind: str) -> Html:
    """Who prepared and signs the report (签署); what the sheet does not say is 未提供."""
    rows = _of_report(report.portfolio.signoff, report, kind)
    signed = rows[-1] if rows else {}
    told = [(schema.label("signoff", name), signed.get(name)) for name in SIGNED]
    return table(("签署", ""), [(label, "未提供" if value is None else str(value)) for label, value in told])


def conventions(report: Report) -> Html:
    """Conventions and parameters the report depends on."""
    economics = {"discount_rate", "service_items", "om_items", "end_cost_items"}
    used = report.used | economics | {"purchase_clearly_less", "om_in_warranty", "purchase_end_costs"}
    return tables.conventions(report.ruleset, used) + tables.parameters(report.ruleset, used)


def sources(report: Report) -> Html:
    """Where everything came from: rule set, data file, day of assessment, program."""
    rules, status = report.ruleset, report.assessment["ruleset"]["status"]
    life = report.assessment["obligations"][0]
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
    shown = pairs(rows)
    read_as = [*report.portfolio.notices, *(str(p) for p in report.portfolio.problems)]
    if read_as:
        shown += paragraph("读取数据时的说明：") + bullets(read_as)
    return shown + small("本报告由程序按所填事实和所列口径生成，供评审参考；认定和审批由有权机关作出。")
