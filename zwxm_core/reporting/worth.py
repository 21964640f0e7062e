"""The economic analysis of a report (经济分析): other rates, what flips the answer, how sure it is.

Everything rests on the model of one project; where a total is not known a sentence says so and
nothing is drawn.
"""

from __future__ import annotations

from fractions import Fraction
from functools import wraps

import numpy as np

from zwxm_core import charts, risk_charts
from zwxm_core.assumptions import PARTS, load_assumptions
from zwxm_core.economics import Model, model_of, outcomes
from zwxm_core.economics.hindsight import hindsight
from zwxm_core.economics.model import SCALE, SERVICE_FEE
from zwxm_core.economics.sensitivity import Swing
from zwxm_core.economics.simulation import simulate
from zwxm_core.money import percent_text, wan_float_text, wan_text
from zwxm_core.reporting.report import DRAWS, SEED, Report
from zwxm_core.rules.chapter3 import treatment
from zwxm_core.tables import Html, bullets, paragraph, table, wan

PART_NAMES = dict(zip(PARTS, ("并列的折现率", "旋风图的低值和高值", "模拟的分布", "秩相关系数"), strict=True))
NOT_KNOWN = "自建与购买的总额没有全部提供，未做。"


def priced(name: str):
    """Say that a part was not done where a total is not known."""

    def wrap(function):
        @wraps(function)
        def told(report: Report):
            if report.compared["answers"] is None:
                return paragraph(f"{name}：{NOT_KNOWN}", "none")
            return function(report)

        return told

    return wrap


def model(report: Report) -> Model:
    """The model of the report's project."""
    terms = report.ruleset.terms()
    return model_of(report.facts, 0, rate=float(terms.discount_rate), **treatment(terms))


def floor(report: Report) -> Fraction | None:
    """The threshold of 19.1.2 in force for the report."""
    return report.ruleset.terms().purchase_clearly_less


@priced("不同折现率下的现值")
def rates(report: Report) -> Html:
    """Present values at the chosen rate and at others."""
    rows = [
        (f"{row['rate']:.2%}" + ("（采用）" if at == 0 else ""), wan_float_text(row["npv_build"]), wan_float_text(row["npv_purchase"]), wan_float_text(row["npv_saving"]))
        for at, row in enumerate(report.compared["answers"]["rates"])
    ]  # fmt: skip
    return table(
        ("折现率", "自建现值（万元）", "购买现值（万元）", "购买的节约现值（万元）"),
        rows,
        caption="不同折现率下的现值",
    )


@priced("增量投资")
def extra_investment(report: Report) -> Html:
    """What building costs more at first, seen as an investment."""
    extra = report.compared["answers"]["extra_investment"]
    found = "、".join(f"{rate:.2%}" for rate in extra["internal_rates"]) or "没有"
    told = [
        f"把自建比购买多投入的部分看作投资，其内部收益率为 {found}。"
        if extra["internal_rates"]
        else "自建比购买多投入的部分没有内部收益率（各年差额不变号）。"
    ]
    if extra["several_rates"]:
        told.append("差额多次变号，内部收益率不止一个，不能据以排序，请以现值为准。")
    for words, key in (("静态", "payback_year"), ("动态", "discounted_payback_year")):
        year = extra[key]
        told.append(f"{words}回收：" + ("使用期限内收不回。" if year is None else f"第 {year} 年收回。"))
    return bullets(told)


@priced("转换值")
def switching(report: Report) -> Html:
    """At what value of each driver the answer turns."""
    chosen = floor(report)
    rows = []
    for flip in report.compared["answers"]["switching_values"]:
        scale = flip["kind"] == SCALE

        def told(values, scale=scale) -> str:
            return "、".join(f"{v:.4f} 倍" if scale else f"{v:.2%}" for v in values or ()) or "范围内没有"

        cells = [
            flip["driver"],
            "1 倍" if scale else f"{flip['planned']:.2%}",
            told(flip["saving"]),
            told(flip["npv_saving"]),
        ]
        rows.append((*cells, told(flip["saving_ratio"])) if chosen is not None else tuple(cells))
    heads = ["因素", "计划", "两者总额相等", "两者现值相等"]
    if chosen is not None:
        heads.append(f"节约率等于下限 {percent_text(chosen)}")
    return table(heads, rows, caption="各因素单独变动时的转换值")


@priced("旋风图")
def tornado(report: Report):
    """The drivers by how far they move the saving."""
    swings = [Swing(**row) for row in report.compared["answers"]["tornado"]]
    base = float(outcomes(model(report), {}).saving[0])
    return charts.show(risk_charts.tornado_chart(swings, base))


@priced("双因素热力图")
def two_way(report: Report):
    """The saving ratio over the two drivers that move it most among the multiples of the plan."""
    scales = [row for row in report.compared["answers"]["tornado"] if row["kind"] == SCALE]
    if len(scales) < 2:
        return paragraph("双因素热力图：费用只有一个类别，未画。", "none")
    across, down = ((row["driver"], np.linspace(0.7, 1.5, 41)) for row in scales[:2])
    return charts.show(risk_charts.two_way_chart(model(report), across, down, float(floor(report) or 0)))


def drawn(report: Report):
    """The draws behind the report's simulation."""
    of = model(report)
    uncertain, tied = load_assumptions().uncertain(of.drivers)
    return simulate(of, uncertain, DRAWS, SEED, tied)


@priced("不确定性")
def risk(report: Report) -> Html:
    """How sure it is, in sentences."""
    sure = report.compared["risk"]
    told = [
        f"按下列假设模拟 {sure['draws']:,} 次（种子 {sure['seed']}，同样的数据和假设得到同样的数）：购买不贵于自建的概率为 {sure['probability_not_dearer']:.1%}。"
    ]
    if sure["probability_of_floor"] is not None:
        told.append(
            f"节约率达到下限（{percent_text(floor(report))}）的概率为 {sure['probability_of_floor']:.1%}。"
        )
    points = "，".join(f"{name} 为 {wan_float_text(value)} 万元" for name, value in sure["saving"].items())
    told.append(f"节约额：{points}（P80 指有八成可能不超过该数）。")
    last = sure["convergence"][-1]
    told.append(
        f"平均节约额 {wan_float_text(last['mean'])} 万元，抽样误差 ±{wan_float_text(1.96 * last['error'])} 万元（95%）。"
    )
    first = next(iter(sure["influence"]), None)
    if first:
        told.append(f"对节约额影响最大的是{first}（秩相关 {sure['influence'][first]:+.2f}）。")
    return bullets(told)


@priced("达标概率曲线")
def probability(report: Report):
    """The probability over the threshold."""
    chosen = floor(report)
    return charts.show(
        risk_charts.probability_chart(drawn(report).saving_ratio, None if chosen is None else float(chosen))
    )


@priced("累计概率曲线")
def s_curve(report: Report):
    """The cumulative probability of the saving."""
    return charts.show(risk_charts.s_curve(drawn(report).saving))


def assumptions(_report: Report) -> Html:
    """What was assumed, each with its source."""
    rows = [(PART_NAMES[one.part], one.about, one.value, one.source) for one in load_assumptions().listed]
    return table(("用处", "因素", "取值", "来源"), rows, caption="敏感性分析和模拟的假设")


@priced("经济性结论")
def conclusion(report: Report) -> Html:
    """The statement an approver reads: what the law compares, then what it hangs on; no verdict of its own."""
    one, chosen = report.compared, floor(report)
    [fee] = [f for f in one["answers"]["switching_values"] if f["driver"] == SERVICE_FEE] or [None]
    told = [f"{one['finding']['cite']}：{one['finding']['outcome']}。{one['finding']['reason']}"]
    if fee and fee["saving"]:
        told.append(f"其他不变，服务费为计划的 {fee['saving'][0]:.4f} 倍时两种方式总额相等。")
    if chosen is None:
        told.append("“明显小于”的下限没有设定，须由主管部门明确；节约率和翻转阈值见上表。")
    sure = one["risk"]
    told.append(
        f"在所列假设下，购买不贵于自建的概率为 {sure['probability_not_dearer']:.1%}；概率和现值只供参考，条文比较的是总额。"
    )
    return bullets(told)


def afterwards(report: Report) -> Html:
    """Planned against paid by year, the forecast of the rest, and whether the choice stays the cheaper one."""
    seen = hindsight(report.facts, 0, **treatment(report.ruleset.terms()))
    told = Html("")
    if any(year["actual"] is not None for year in seen["years"]):
        rows = [
            (f"第 {year['year']} 年", wan(year["planned"]), wan(year["actual"]), wan(year["deviation"]))
            for year in seen["years"]
        ]  # fmt: skip
        heads = ("年次", "计划（计入的费用）", "实际", "偏差")
        told += table(
            heads, rows, (1, 2, 3), caption=f"{seen['mode']}逐年计划与实际（万元，没有填齐的年份不比较）"
        )
    lines = [] if seen["open"] is None else [f"{seen['open']}，下面没有算出的数不作推断。"]
    if seen.get("forecast_as_planned") is not None:
        lines.append(
            f"已填齐各年计划 {wan_text(seen['planned_to_date'])} 万元，实际 {wan_text(seen['actual_to_date'])} 万元。"
        )
        lines.append(f"余下各年按计划，全期 {wan_text(seen['forecast_as_planned'])} 万元。")
    if seen.get("forecast_at_deviation") is not None:
        lines.append(f"余下各年按目前的偏差率，全期 {wan_text(seen['forecast_at_deviation'])} 万元。")
    for key, words in (
        ("cheaper_as_planned", "余下各年按计划"),
        ("cheaper_at_deviation", "余下各年按目前的偏差率"),
    ):
        if seen.get(key) is not None:
            verdict = "低于" if seen[key] else "不低于"
            lines.append(
                f"{words}，{seen['mode']}的全期费用{verdict}当初测算的另一种方式（{wan_text(seen['other_planned'])} 万元）。"
            )
    return told + bullets(lines)
