"""Build or buy for a portfolio: the figures of `zwxm_core.economics` with the verdict of 19.1.2."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from zwxm_core.assessment import finding, ruleset_json
from zwxm_core.economics import TIMING, compare
from zwxm_core.facts import Facts
from zwxm_core.findings import evaluate
from zwxm_core.money import percent_text, yuan_text
from zwxm_core.rules.chapter3 import treatment
from zwxm_core.rulesets import RuleSet

CLAUSE = "19.1.2"


def comparisons(facts: Facts, ruleset: RuleSet, as_of: date, timing: str = "year_end") -> dict:
    """Compare building with buying for every project, whatever its mode.

    Parameters
    ----------
    facts : Facts
    ruleset : RuleSet
        Its conventions say how cost lines count, its ``discount_rate`` discounts, its
        ``purchase_clearly_less`` is the threshold (`RuleSet.adopting` changes them).
    as_of : date
    timing : {"year_end", "mid_year", "start", "continuous"}

    Returns
    -------
    dict
        ``ruleset``, ``as_of``, ``threshold``, ``comparisons``: per project the derived names
        of the contract, the cash flows, what is missing, and the finding of 19.1.2.
    """
    terms = ruleset.terms()
    floor = terms.purchase_clearly_less
    verdicts = {
        evaluation.project(row): finding(evaluation, row, ruleset)
        for evaluation in evaluate(facts, ruleset, as_of, [CLAUSE])
        for row in range(len(evaluation.rows))
    }
    rows = []
    for row in range(facts.n):
        figures = compare(facts, row, rate=float(terms.discount_rate), timing=timing, **treatment(terms))
        rows.append({**figures, "finding": verdicts[figures["project"]]})
    return {
        "ruleset": ruleset_json(ruleset, as_of),
        "as_of": as_of.isoformat(),
        "threshold": None if floor is None else percent_text(floor),
        "comparisons": rows,
    }


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
        lines += notices
    return "\n".join(lines)
