"""Build or buy for a portfolio: the figures of `zwxm_core.economics` with the verdict of 19.1.2."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from zwxm_core.assessment import finding, ruleset_json
from zwxm_core.assumptions import Assumptions
from zwxm_core.cost_sharing import shared_costs
from zwxm_core.economics import TIMING, Model, compare, model_of, without_vat
from zwxm_core.economics.answers import answers, risk
from zwxm_core.economics.model import SCALE, benefits_of
from zwxm_core.economics.reductions import added
from zwxm_core.economics.simulation import Simulation, simulate
from zwxm_core.facts import Facts
from zwxm_core.findings import evaluate
from zwxm_core.money import percent_text, yuan_text
from zwxm_core.rules.chapter3 import treatment
from zwxm_core.rulesets import RuleSet

CLAUSE = "19.1.2"


def comparisons(
    facts: Facts,
    ruleset: RuleSet,
    as_of: date,
    timing: str = "year_end",
    assumptions: Assumptions | None = None,
    draws: int = 0,
    seed: int = 1,
    readings: bool = True,
) -> dict:
    """Compare building with buying for every project, whatever its mode.

    Parameters
    ----------
    facts : Facts
    ruleset : RuleSet
        Its conventions say how cost lines count, its ``discount_rate`` discounts, its
        ``purchase_clearly_less`` is the threshold (`RuleSet.adopting` changes them).
    as_of : date
    timing : {"year_end", "mid_year", "start", "continuous"}
    assumptions : Assumptions or None
        None: only the totals and present values; else also what flips them and, with ``draws``, how
        sure they are.
    draws, seed : int
        Of the simulation; 0 draws: none.
    readings : bool
        Whether the finding tells what other readings of the conventions would come to.

    Returns
    -------
    dict
        ``ruleset``, ``as_of``, ``threshold``, ``comparisons``: per project the derived names
        of the contract, the cash flows, what is missing, and the finding of 19.1.2; with
        assumptions ``answers`` and ``risk``, null where a total is not known or nothing was drawn.
    """
    terms = ruleset.terms()
    floor = terms.purchase_clearly_less
    verdicts = {
        evaluation.project(row): finding(evaluation, row, ruleset)
        for evaluation in evaluate(facts, ruleset, as_of, [CLAUSE], readings=readings)
        for row in range(len(evaluation.rows))
    }
    rows = []
    for row in range(facts.n):
        chosen = {"rate": float(terms.discount_rate), "timing": timing, **treatment(terms)}
        one = compare(facts, row, **chosen)
        one["finding"] = verdicts[one["project"]]
        one["sharing"] = shared_costs(facts, row, terms)
        if assumptions is not None:
            model = None if one["saving"] is None else model_of(facts, row, **chosen)
            one.update(
                _beside(facts, row, model, assumptions, None if floor is None else float(floor), draws, seed)
            )
            one["vat"] = vat_apart(one["cash_flows"], assumptions)
        rows.append(one)
    return {
        "ruleset": ruleset_json(ruleset, as_of),
        "as_of": as_of.isoformat(),
        "threshold": None if floor is None else percent_text(floor),
        "comparisons": rows,
    }


def _beside(
    facts: Facts,
    row: int,
    model: Model | None,
    assumed: Assumptions,
    floor: float | None,
    draws: int,
    seed: int,
) -> dict:
    """The answers beside the totals, and the simulation where draws are asked for."""
    if model is None:
        return {"answers": None, "risk": None}
    benefits, why = None, None
    try:
        benefits = benefits_of(facts, row)
    except ValueError as error:
        why = str(error)
    begins = facts.go_live.at(row)
    told = answers(
        model,
        rates=assumed.rates,
        ranges={driver.name: assumed.range_of(driver) for driver in model.drivers},
        floor=floor,
        named=assumed.scenarios,
        schedule=assumed.schedule,
        inflation=assumed.inflation,
        benefits=benefits,
        start=None if begins in (None, "未") else date.fromisoformat(begins),
    )
    if why:
        told["benefits"] = {"open": why}
    return {"answers": told, "risk": risk(drawn(model, assumed, draws, seed), floor) if draws else None}


def vat_apart(flows: list[dict], assumed: Assumptions) -> list[dict]:
    """The counted amounts of each item with the value-added tax within them shown apart (价税分离), 分.

    Exact to the 分: price and tax add up to the amount. ``rate`` None: the assumptions name none.
    """
    sums: dict[tuple[str, str], int | None] = {}
    for flow in flows:
        if flow["counted"]:
            key = flow["mode"], flow["item"]
            sums[key] = added([sums.get(key, 0), flow["amount"]])
    told = []
    for (mode, item), gross in sums.items():
        rate = assumed.vat_of(item)
        price = tax = None
        if gross is not None and rate is not None:
            price, tax = without_vat(gross, rate.numerator, rate.denominator)
        told.append({"mode": mode, "item": item, "rate": None if rate is None else float(rate),
                     "gross": gross, "price": price, "tax": tax})  # fmt: skip
    return told


def drawn(model: Model, assumed: Assumptions, draws: int, seed: int) -> Simulation:
    """The draws of one project's model under the assumptions."""
    uncertain, tied = assumed.uncertain(model.drivers)
    return simulate(model, uncertain, draws, seed, tied, keep_inputs=True)


def comparison_text(result: dict) -> str:
    """The comparisons as lines for a terminal."""
    floor = result["threshold"] or "未设定"
    lines = [f"规则集 {result['ruleset']['id']}，“明显小于”的节约率下限：{floor}"]
    for one in result["comparisons"]:
        lines.append(f"\n{one['project']}　{one['finding']['cite']}：{one['finding']['outcome']}")
        notices = [f"  提示：{notice['text']}" for notice in one["notices"]]
        if one["saving"] is None:
            missing = "、".join(dict.fromkeys(o["label"] for o in one["finding"]["open_facts"]))
            lines += [f"  两项总额未全部提供{'：缺 ' + missing if missing else ''}", *notices]
            continue
        lines.append(
            f"  自建建设运维总额 {yuan_text(one['build_total'])} 元，服务费预算总额 {yuan_text(one['service_total'])} 元"
        )
        if one["flip_threshold"]:
            ratio = Fraction(one["saving_ratio"]["num"], one["saving_ratio"]["den"])
            saving = f"{yuan_text(one['saving'])} 元，节约率 {percent_text(ratio)}"
            lines.append(f"  购买节约 {saving}；下限高于此数时结论翻转")
        elif one["saving"] == 0:
            lines.append("  两种方式总额相等，购买没有节约")
        else:
            lines.append(f"  购买比自建多支出 {yuan_text(-one['saving'])} 元，没有节约")
        if one["npv_build"] is not None:
            assumed = one["assumptions"]
            lines.append(
                f"  现值（折现率 {assumed['rate']:.2%}，{TIMING[assumed['timing']]}）自建 {one['npv_build']:,.2f} 元，"
                f"购买 {one['npv_purchase']:,.2f} 元"
            )
        if one["break_even_fee"] is not None:
            lines.append(f"  盈亏平衡年服务费 {yuan_text(one['break_even_fee'])} 元")
        year = one["crossover_year"]
        lines.append("  累计费用不交叉" if year is None else f"  自第 {year} 年起购买的累计费用超过自建")
        lines += [*_answer_lines(one), *notices]
    return "\n".join(lines)


def _answer_lines(one: dict) -> list[str]:
    """The answers beside the totals and the simulation, as lines for a terminal."""
    if not one.get("answers"):
        return []
    told, lives = one["answers"], one["lives"]
    rates = "；".join(f"{r['rate']:.2%} 时 {r['npv_saving']:,.2f} 元" for r in told["rates"][1:])
    renewed = f"，服务第 {'、'.join(map(str, lives['renewals']))} 年续约" if lives["renewals"] else ""
    lines = [
        f"  两种方式同按 {lives['service_life']} 年比较{renewed}；年均等额成本 自建 {one['eac_build']:,.2f} 元/年，购买 {one['eac_purchase']:,.2f} 元/年",
        f"  购买的节约现值：折现率 {rates}",
    ]
    if told["schedule"]:
        lines.append(f"  购买的节约现值：分段折现率 {told['schedule']['npv_saving']:,.2f} 元")
    if real := told["real"]:
        lines.append(
            f"  实际折现率 {real['real_rate']:.2%}（通胀率 {real['inflation']:.2%}），"
            f"不变价格总额 自建 {real['build_total']:,.2f} 元，购买 {real['service_total']:,.2f} 元"
        )
    if dated := told["dated"]:
        lines.append(
            f"  {dated['open']}"
            if "open" in dated
            else f"  按日折现（自 {dated['start']} 起）购买的节约现值 {dated['npv_saving']:,.2f} 元"
        )
    extra = told["extra_investment"]
    if extra["internal_rates"]:
        found = "、".join(f"{r:.2%}" for r in extra["internal_rates"])
        several = "（有多个，不能据以排序，请看现值）" if extra["several_rates"] else ""
        lines.append(f"  自建多投入部分的内部收益率 {found}{several}")
    years = [("静态", extra["payback_year"]), ("动态", extra["discounted_payback_year"])]
    lines.append(
        "  自建多投入部分的回收："
        + "，".join(f"{w}{'期内收不回' if y is None else f'第 {y} 年'}" for w, y in years)
    )
    if extra["savings_to_investment"] is not None:
        yearly = "" if extra["adjusted_rate"] is None else f"，调整内部收益率 {extra['adjusted_rate']:.2%}"
        lines.append(f"  自建多投入部分的节约投资比 {extra['savings_to_investment']:.4f}{yearly}")
    for gain in (told["benefits"] or {}).get("modes", ()):
        if gain["ratio"] is not None:
            lines.append(f"  {gain['mode']}的效益费用比 {gain['ratio']:.4f}，净现值 {gain['net']:,.2f} 元")
    if told["benefits"] and "open" in told["benefits"]:
        lines.append(f"  {told['benefits']['open']}")
    for scenario in told["scenarios"][1:]:
        if scenario["settings"]:
            lines.append(
                f"  情景“{scenario['name']}”：购买节约 {scenario['saving']:,.2f} 元，节约率 {scenario['saving_ratio']:.2%}"
            )
    for flip in told["switching_values"]:
        scale = flip["kind"] == SCALE
        values = "或".join(f"计划的 {v:.4f} 倍" if scale else f"{v:.2%}" for v in flip["saving"])
        if values:
            lines.append(f"  两种方式总额相等时：{flip['driver']}为{values}")
    if sure := one["risk"]:
        floor = sure["probability_of_floor"]
        chance = "" if floor is None else f"，达到下限的概率 {floor:.1%}"
        points = "，".join(f"{name} {value:,.2f}" for name, value in sure["saving"].items())
        lines.append(
            f"  模拟 {sure['draws']:,} 次（种子 {sure['seed']}）：购买不贵于自建的概率 {sure['probability_not_dearer']:.1%}{chance}"
        )
        last = sure["convergence"][-1]
        lines.append(
            f"  节约额（元）{points}；均值 {last['mean']:,.2f}，抽样误差 ±{1.96 * last['error']:,.2f}（95%）"
        )
    return lines
