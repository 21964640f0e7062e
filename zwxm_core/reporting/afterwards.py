"""The parts that look back (自评价、后评价): money, dates and costs, as planned and as they came."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from zwxm_core import charts, tables
from zwxm_core.economics import BUILD, PURCHASE
from zwxm_core.money import percent_beside, percent_text, wan_text
from zwxm_core.portfolio import schema
from zwxm_core.reporting.report import Report, schedule_gap
from zwxm_core.reporting.reviews import Step, latest_step, limit_label, reached
from zwxm_core.reporting.sections import fact
from zwxm_core.tables import Html, bullets, paragraph, percent, small, table, text, wan

MONEY_STEPS = ("approved_total", "revised_total", "paid_in", "spent", "settled_total")
CONTRACT_PLACE = 2
"""Where the contracts stand in the chain: after the adjusted total, before the money paid in."""

DATES = (
    "approved_on", "construction_start", "construction_end", "trial_start", "acceptance_due",
    "acceptance_on", "go_live", "warranty_end", "self_evaluation_on",
)  # fmt: skip


class Link(NamedTuple):
    """One step of the money chain: what it is called, its amount in 分 (None: not known), and a remark."""

    label: str
    amount: int | None
    remark: str


def contracts(report: Report) -> tuple[int | None, str]:
    """The sum of the contracts (分; None where one is not known) and what is to be said of it."""
    lots = report.facts.procurement
    if not lots.n:
        return None, "没有登记采购包"
    amounts = [lots.contract_amount.at(i) for i in range(lots.n)]
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts):
        least = f"，已填的合计 {wan_text(sum(known))} 万元" if known else ""
        return None, f"{lots.n} 个采购包中 {len(amounts) - len(known)} 个没有合同金额{least}"
    return sum(known), f"{lots.n} 个采购包合计"


def links(report: Report) -> list[Link]:
    """The money chain in order: approved, adjusted, contracted, paid in, paid out, settled."""
    contracted, remark = contracts(report)
    final = {True: "决算数", False: "不是决算数", None: "是否决算数未提供"}[report.fact("accounts_final")]
    remarks = {"spent": final if report.fact("spent") is not None else ""}
    told = [Link(schema.label("projects", n), report.fact(n), remarks.get(n, "")) for n in MONEY_STEPS]
    told.insert(CONTRACT_PLACE, Link("合同金额", contracted, remark))
    return told


def money_chain(report: Report) -> Html:
    """From approval to settlement, each amount against the approved total; the adjustment against its line."""
    approved, change = report.fact("approved_total"), latest_step(report)

    def share(fen: int | None) -> str | None:
        return percent_beside(Fraction(fen, approved), Fraction(1)) if fen is not None and approved else None

    rows: list[tuple[object, ...]] = [
        (one.label, wan(one.amount), share(one.amount), one.remark) for one in links(report)
    ]
    rows.append(
        (schema.label("derived", "adjusted_amount"), reached(change), _part(change), standing(change))
    )
    line = None if change.limit is None else percent(change.share)
    rows.append((limit_label(change), wan(change.limit), line, ""))
    heads = ("环节", "金额（万元）", "占批复总投资", "说明")
    return table(heads, rows, (1, 2), caption="资金链") + bullets(money_sentences(report))


def _part(change: Step) -> str | None:
    """The cumulative adjustment as a part of the approved total, or the bounds that are known of it."""
    if not change.base or change.least is None:
        return None
    bounds = dict.fromkeys(fen for fen in (change.least, change.most) if fen is not None)
    told = " 至".join(percent_beside(Fraction(fen, change.base), change.share) for fen in bounds)
    return f"至少 {told}" if change.most is None else told


def standing(change: Step) -> Html:
    """The latest adjustment against its line, as a mark."""
    word = {True: ("限额以内", "yes"), False: ("超过限额", "problem"), None: ("待核", "open")}[change.within]
    return tables.badge(*word)


def money_sentences(report: Report) -> list[str]:
    """The money chain in sentences: what is left of each step, and the adjustment against its line."""
    amounts = {name: report.fact(name) for name in MONEY_STEPS}
    told = []
    for above, below in (
        ("approved_total", "revised_total"),
        ("paid_in", "spent"),
        ("spent", "settled_total"),
    ):
        first, second = amounts[above], amounts[below]
        if first is None or second is None:
            continue
        gap, names = first - second, (schema.label("projects", below), schema.label("projects", above))
        compared = "与{}一致" if gap == 0 else f"比{{}}{'少' if gap > 0 else '多'} {wan_text(abs(gap))} 万元"
        told.append(f"{names[0]} {wan_text(second)} 万元，{compared.format(names[1])}。")
    change = latest_step(report)
    if change.amount is not None and change.limit is not None and change.base:
        gap = change.limit - change.amount
        share = percent_beside(Fraction(change.amount, change.base), change.share)
        room = f"未超过限额，还有 {wan_text(gap)} 万元" if gap > 0 else f"超过限额 {wan_text(-gap)} 万元"
        room = "恰好等于限额" if gap == 0 else room
        told.append(
            f"累计调整额 {wan_text(change.amount)} 万元，占基数的{share if share.startswith('约') else ' ' + share}，{room}（限额 {percent(change.share)}，含本数）。"
        )
    return told


def money_chart(report: Report):
    """The money chain as a chart, with the limit of self-adjustment."""
    steps = [(one.label, one.amount) for one in links(report)]
    if all(amount is None for _, amount in steps):
        return paragraph("资金链图：没有金额，未画。", "none")
    change = latest_step(report)
    return charts.show(charts.money_chain(steps, change.amount, change.limit, limit_label(change)))


def schedule(report: Report) -> Html:
    """Dates from approval to operation, and acceptance against its due day."""
    rows = [(schema.label("projects", name), fact(report, name), "") for name in DATES]
    if report.fact("self_evaluation") == "未开展" and report.fact("self_evaluation_on") is None:
        rows[DATES.index("self_evaluation_on")] = (
            schema.label("projects", "self_evaluation_on"),
            "未开展",
            "",
        )
    gap = schedule_gap(report.fact("acceptance_due"), report.fact("acceptance_on"))
    if gap:
        place = DATES.index("acceptance_on")
        rows[place] = (*rows[place][:2], f"比应验收日{gap}" if gap != "按期" else gap)
    return table(("节点", "日期", "说明"), rows, caption="进度节点")


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
            name = text(costs.item.at(row)) + small(mode)
            lines.append((name, costs.year.at(row), wan(planned), wan(actual), wan(over), ratio))
            found = True
            planned_sum = None if None in (planned_sum, planned) else planned_sum + planned
            actual_sum += actual
        if found:
            over = None if planned_sum is None else actual_sum - planned_sum
            ratio = percent_text(Fraction(over, planned_sum)) if over is not None and planned_sum else None
            total = Html("<strong>合计</strong>") + small(mode)
            lines.append((total, "", wan(planned_sum), wan(actual_sum), wan(over), ratio))
    heads = ("费用项", "年次", "计划（审定）", "实际", "实际 − 计划", "偏差率")
    return table(heads, lines, (1, 2, 3, 4, 5), caption="计划与实际（万元，只列已填实际金额的费用）")


GAPS = {
    "资金": MONEY_STEPS,
    "时间": DATES,
    "验收": ("acceptance_result", "acceptance_by", "bureau_opinion", "acceptance_reported"),
    "调整": ("adjustments_complete", "goals_unchanged", "change_necessary"),
}


def _asked(report: Report, name: str) -> bool:
    """Whether a fact is to be expected of the project at all."""
    if name == "bureau_opinion":  # of a purchase, which its unit accepts
        return report.fact("mode") != BUILD
    if name == "self_evaluation_on":
        return report.fact("self_evaluation") != "未开展"
    return True


def not_given(report: Report) -> Html:
    """What this report would need and nobody has provided."""
    rows = []
    for group, names in GAPS.items():
        labels = [schema.label("projects", n) for n in names if report.fact(n) is None and _asked(report, n)]
        if labels:
            rows.append((group, "、".join(labels)))
    for sheet, needed in (
        ("procurement", "contract_amount"),
        ("costs", "actual"),
        ("operations", "actual"),
        ("indicators", "actual"),
        ("usage", None),
        ("evaluations", None),
        ("resources", None),
        ("security", None),
        ("issues", None),
    ):
        lines, label = report.facts.children[sheet], schema.sheet_label(sheet)
        if not lines.n:
            rows.append((label, "整张表没有本项目的行"))
        elif needed and not lines.columns[needed].known.any():
            rows.append((label, schema.label(sheet, needed)))
    return table(
        ("方面", "未提供的事实"),
        rows,
        caption="未提供的事实",
        empty="资金、时间、验收、调整各项和有关各表都已填写。",
    )
