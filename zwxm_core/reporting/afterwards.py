"""The parts of the post-assessment (后评价): money, dates, costs and indicators, as planned and as they came."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from zwxm_core import charts, tables
from zwxm_core.economics import BUILD, PURCHASE
from zwxm_core.money import percent_text
from zwxm_core.portfolio import schema
from zwxm_core.reporting.report import Report, schedule_gap
from zwxm_core.reporting.reviews import latest_step, limit_label
from zwxm_core.tables import Html, paragraph, table, wan

MONEY_STEPS = ("approved_total", "revised_total", "paid_in", "spent")
DATES = (
    "approved_on", "construction_start", "construction_end", "trial_start", "acceptance_due",
    "acceptance_on", "go_live", "warranty_end", "self_evaluation_on",
)  # fmt: skip


def money_chain(report: Report) -> Html:
    """From approval to spending, each amount against the approved total."""
    approved, change = report.fact("approved_total"), latest_step(report)

    def share(fen: int | None) -> str | None:
        return percent_text(Fraction(fen, approved)) if fen is not None and approved else None

    rows = [(schema.label("projects", n), wan(report.fact(n)), share(report.fact(n))) for n in MONEY_STEPS]
    amount = wan(change.amount)
    if amount is None and change.least:
        amount = f"至少 {wan(change.least)}"
    rows.append((schema.label("derived", "adjusted_amount"), amount, share(change.amount)))
    rows.append((limit_label(change), wan(change.limit), share(change.limit)))
    return table(("项目", "金额（万元）", "占批复总投资"), rows, (1, 2), caption="资金链")


def money_chart(report: Report):
    """The money chain as a chart, with the limit of self-adjustment."""
    steps = [(schema.label("projects", name), report.fact(name)) for name in MONEY_STEPS]
    if all(amount is None for _, amount in steps):
        return paragraph("资金链图：没有金额，未画。", "none")
    change = latest_step(report)
    return charts.show(charts.money_chain(steps, change.amount, change.limit, limit_label(change)))


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
