"""The economic analysis of a report (经济分析): other rates, what flips the answer, how sure it is.

Everything rests on the model of one project; where a total is not known a sentence says so and
nothing is drawn.
"""

from __future__ import annotations

from fractions import Fraction
from functools import wraps

import numpy as np

from zwxm_core import charts, cost_tables, risk_charts
from zwxm_core.assumptions import PARTS
from zwxm_core.economics import BUILD, PURCHASE, outcomes
from zwxm_core.economics.answers import risk as risk_of
from zwxm_core.economics.hindsight import hindsight
from zwxm_core.economics.model import SCALE, SERVICE_FEE
from zwxm_core.economics.sensitivity import Swing
from zwxm_core.money import percent_text, wan_float_text, wan_text
from zwxm_core.reporting.report import Report
from zwxm_core.rules.chapter3 import treatment
from zwxm_core.tables import Html, bullets, paragraph, small, table, text, wan

NOT_KNOWN = "自建与购买的总额没有全部提供，未做。"
SOBOL_BASE, SHOWN_AT_MOST = 512, 6


def priced(section: str = ""):
    """Do a part where both totals are known; where one is not, the first part of a section says so once."""

    def wrap(function):
        @wraps(function)
        def told(report: Report):
            if report.compared["answers"] is None:
                return paragraph(f"{section}：{NOT_KNOWN}", "none") if section else Html("")
            return function(report)

        return told

    return wrap


def floor(report: Report) -> Fraction | None:
    """The threshold of 19.1.2 in force for the report."""
    return report.ruleset.terms().purchase_clearly_less


@priced("敏感性分析")
def rates(report: Report) -> Html:
    """Present values at the chosen rate and at others, by a schedule of rates and by the day."""
    told = report.compared["answers"]
    rows = [
        (f"{row['rate']:.2%}" + ("（采用）" if at == 0 else ""), *_present(row))
        for at, row in enumerate(told["rates"])
        if at == 0 or row["rate"] != told["rates"][0]["rate"]
    ]
    if told["schedule"]:
        bands = "，".join(f"第 {band['from']} 年起 {band['rate']:.2%}" for band in told["schedule"]["bands"])
        rows.append((f"分段：{bands}", *_present(told["schedule"])))
    if told["dated"] and "open" not in told["dated"]:
        rows.append((f"按日（自 {told['dated']['start']} 起，一年 365 日）", *_present(told["dated"])))
    heads = ("折现率", "自建现值（万元）", "购买现值（万元）", "购买的节约现值（万元）")
    shown = table(heads, rows, (1, 2, 3), caption="不同折现率下的现值")
    if real := told["real"]:
        shown += small(
            f"以上金额和折现率都含物价变动。通胀率 {real['inflation']:.2%} 时，采用的折现率相当于实际折现率 "
            f"{real['real_rate']:.2%}（费雪公式）；按第 0 年的不变价格，自建总额 {wan_float_text(real['build_total'])} 万元，"
            f"购买总额 {wan_float_text(real['service_total'])} 万元，现值与上表采用的一行相同。"
        )
    return shown


def _present(row: dict) -> tuple[str, ...]:
    return tuple(wan_float_text(row[key]) for key in ("npv_build", "npv_purchase", "npv_saving"))


@priced()
def extra_investment(report: Report) -> Html:
    """What building costs more at first, seen as an investment; benefits, where they are given."""
    extra, gain = (report.compared["answers"][key] for key in ("extra_investment", "benefits"))
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
    if (ratio := extra["savings_to_investment"]) is not None:
        yearly = extra["adjusted_rate"]
        tail = "" if yearly is None else f"，调整内部收益率（AIRR）{yearly:.2%}"
        told.append(f"节约投资比（SIR，现值之比）{ratio:.4f}{tail}；小于 1 即多投入的部分收不回。")
    return bullets(told) + (Html("") if gain is None else _benefits(gain))


def _benefits(gain: dict) -> Html:
    """Benefits over costs, present values."""
    if "open" in gain:
        return paragraph(f"{gain['open']}。", "none")
    rows = [
        (
            one["mode"],
            *(wan_float_text(one[key]) for key in ("benefits", "costs", "net")),
            _ratio(one["ratio"]),
        )
        for one in gain["modes"]
    ]
    heads = ("方式", "效益现值（万元）", "费用现值（万元）", "净现值（万元）", "效益费用比")
    shown = table(heads, rows, (1, 2, 3, 4), caption="效益与费用（“效益”表所列）")
    if gain["extra_ratio"] is not None:
        shown += small(f"{gain['extra_of']}多花的费用，其增量效益费用比 {gain['extra_ratio']:.4f}。")
    return shown


def _ratio(value: float | None) -> str | None:
    return None if value is None else f"{value:.4f}"


@priced()
def switching(report: Report) -> Html:
    """At what value of each driver the answer turns."""
    chosen = floor(report)
    rows = []
    for flip in report.compared["answers"]["switching_values"]:
        scale = flip["kind"] == SCALE

        def told(values, scale=scale) -> str:
            return "、".join(f"{v:.4f} 倍" if scale else percent_of(v) for v in values or ()) or "范围内没有"

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


def percent_of(value: float) -> str:
    """A rate to two decimals, without a sign before nought."""
    return f"{round(value, 4) + 0.0:.2%}"


@priced()
def tornado(report: Report):
    """The drivers by how far they move the saving."""
    swings = [Swing(**row) for row in report.compared["answers"]["tornado"]]
    base = float(outcomes(report.model, {}).saving[0])
    return charts.show(risk_charts.tornado_chart(swings, base))


@priced()
def one_way(report: Report) -> Html:
    """The saving ratio at five values of each driver, the widest first."""
    told = report.compared["answers"]
    kinds = {row["driver"]: (row["kind"], abs(row["at_high"] - row["at_low"])) for row in told["tornado"]}
    rows = []
    for row in sorted(told["one_way"], key=lambda row: -kinds[row["driver"]][1]):
        if not kinds[row["driver"]][1]:
            continue
        scale = kinds[row["driver"]][0] == SCALE
        cells = [
            text(None if ratio is None else percent_of(ratio))
            + small(f"{value:.3g} 倍" if scale else percent_of(value))
            for value, ratio in zip(row["values"], row["saving_ratio"], strict=True)
        ]
        rows.append((row["driver"], *cells))
    heads = ("因素", "低", "偏低", "中", "偏高", "高")
    return table(heads, rows, (1, 2, 3, 4, 5), caption="各因素单独变动时的节约率（小字为因素的取值）")


@priced()
def two_way(report: Report):
    """The saving ratio over the two drivers that move it most among the multiples of the plan."""
    scales = [row for row in report.compared["answers"]["tornado"] if row["kind"] == SCALE]
    if len(scales) < 2:
        return paragraph("双因素热力图：费用只有一个类别，未画。", "none")
    across, down = ((row["driver"], np.linspace(0.7, 1.5, 41)) for row in scales[:2])
    return charts.show(risk_charts.two_way_chart(report.model, across, down, float(floor(report) or 0)))


@priced()
def scenarios(report: Report) -> Html:
    """Several drivers at once under a name, beside the plan."""
    rows = []
    for one in report.compared["answers"]["scenarios"]:
        ratio = None if np.isnan(one["saving_ratio"]) else f"{one['saving_ratio']:.2%}"
        figures = [
            wan_float_text(one[key]) for key in ("build_total", "service_total", "saving", "npv_saving")
        ]
        without = "、".join(one["left_out"])
        note = f"没有“{without}”，按计划" if without else ""
        rows.append((one["name"], *figures[:3], ratio, figures[3], note))
    heads = ["情景", "自建总额", "购买总额", "节约额", "节约率", "节约现值", "说明"]
    if not any(row[-1] for row in rows):
        heads.pop()
        rows = [row[:-1] for row in rows]
    return table(heads, rows, (1, 2, 3, 4, 5), caption="情景（万元；取值和来源见假设表）")


def sure(report: Report) -> dict:
    """What the simulation says."""
    chosen = floor(report)
    return risk_of(report.drawn, None if chosen is None else float(chosen))


@priced("不确定性分析")
def risk(report: Report) -> Html:
    """How sure it is, in sentences."""
    seen = sure(report)
    told = [
        f"按下列假设模拟 {seen['draws']:,} 次（种子 {seen['seed']}，同样的数据和假设得到同样的数）：购买不贵于自建的概率为 {seen['probability_not_dearer']:.1%}。"
    ]
    if seen["probability_of_floor"] is not None:
        told.append(
            f"节约率达到下限（{percent_text(floor(report))}）的概率为 {seen['probability_of_floor']:.1%}。"
        )
    points = "，".join(f"{name} 为 {wan_float_text(value)} 万元" for name, value in seen["saving"].items())
    told.append(f"节约额：{points}（P80 指有八成可能不超过该数）。")
    last = seen["convergence"][-1]
    told.append(
        f"平均节约额 {wan_float_text(last['mean'])} 万元，抽样误差 ±{wan_float_text(1.96 * last['error'])} 万元（95%）。"
    )
    first = next(iter(seen["influence"]), None)
    if first:
        told.append(f"对节约额影响最大的是{first}（秩相关 {seen['influence'][first]:+.2f}）。")
    return bullets(told)


@priced()
def convergence(report: Report) -> Html:
    """The mean saving after more and more draws, with its sampling error."""
    rows = [
        (f"{step['draws']:,}", wan_float_text(step["mean"]), f"±{wan_float_text(1.96 * step['error'])}")
        for step in sure(report)["convergence"]
    ]
    return table(
        ("次数", "平均节约额（万元）", "抽样误差（95%，万元）"), rows, (0, 1, 2), caption="模拟的收敛"
    )


@priced()
def global_sensitivity(report: Report) -> Html:
    """Which drivers the spread of the saving comes from (Sobol), where SALib is installed."""
    from zwxm_core.economics.sobol import sobol_indices

    uncertain, tied = report.assumed.uncertain(report.model.drivers)
    if len(uncertain) < 2:
        return paragraph("全局敏感性：不确定的因素少于两个，未做。", "none")
    try:
        found = sobol_indices(report.model, uncertain, SOBOL_BASE, seed=1)
    except ModuleNotFoundError:
        return paragraph("全局敏感性（Sobol 指数）：没有安装 SALib（安装项 economics），未做。", "none")
    rows = [
        (one.driver, f"{one.first:.2f} ± {one.first_error:.2f}", f"{one.total:.2f} ± {one.total_error:.2f}")
        for one in found
    ]
    heads = ("因素", "一阶指数", "总效应指数")
    shown = table(heads, rows, (1, 2), caption="节约额的波动来自哪里（Sobol 指数，± 为 95% 置信半宽）")
    return shown + (
        small("Sobol 指数以各因素相互独立为前提，这里没有用秩相关系数。") if tied is not None else Html("")
    )


@priced()
def probability(report: Report):
    """The probability over the threshold."""
    chosen = floor(report)
    return charts.show(
        risk_charts.probability_chart(report.drawn.saving_ratio, None if chosen is None else float(chosen))
    )


@priced()
def s_curve(report: Report):
    """The cumulative probability of the saving."""
    return charts.show(risk_charts.s_curve(report.drawn.saving))


def value_added_tax(report: Report) -> Html:
    """The counted amounts with the tax within them shown apart."""
    return cost_tables.value_added_tax(report.compared["vat"])


def sharing(report: Report) -> Html:
    """What city and counties bear of every year and fund."""
    return cost_tables.sharing(report.compared["sharing"])


def assumptions(report: Report) -> Html:
    """What was assumed, each with its source; of an analysis that was not done, the rates of tax alone."""
    done = report.compared["answers"] is not None
    return cost_tables.assumptions(report.assumed, tuple(PARTS) if done else ("vat",))


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
    seen = sure(report)
    told.append(
        f"在所列假设下，购买不贵于自建的概率为 {seen['probability_not_dearer']:.1%}；概率和现值只供参考，条文比较的是总额。"
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
    lines = [] if seen["open"] is None else [f"{seen['open']}；没有算出的数不作推断。"]
    if seen.get("forecast_as_planned") is not None:
        lines.append(
            f"实际金额已填齐的各年，计划合计 {wan_text(seen['planned_to_date'])} 万元，实际合计 {wan_text(seen['actual_to_date'])} 万元。"
        )
    for name, cheaper, words in (
        ("forecast_as_planned", "cheaper_as_planned", "其余各年按计划计算"),
        ("forecast_at_deviation", "cheaper_at_deviation", "其余各年按目前的偏差率推算"),
    ):
        if seen.get(name) is None:
            continue
        line = f"{words}，{seen['mode']}的全期费用为 {wan_text(seen[name])} 万元"
        if seen.get(cheaper) is not None:
            other = PURCHASE if seen["mode"] == BUILD else BUILD
            verdict = "低于" if seen[cheaper] else "不低于"
            line += f"，{verdict}当初测算的{other}（{wan_text(seen['other_planned'])} 万元）"
        lines.append(f"{line}。")
    return told + bullets(lines)
