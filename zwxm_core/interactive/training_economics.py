"""Exercises about building or buying: figures to reckon, a tornado and a simulation to read."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

from zwxm_core.assumptions import load_assumptions
from zwxm_core.comparing import comparisons
from zwxm_core.cost_tables import comparison
from zwxm_core.interactive.quiz import Part
from zwxm_core.interactive.training_cases import Asked, Case, case_of, several
from zwxm_core.money import percent_text, wan_float_text
from zwxm_core.portfolio import from_records
from zwxm_core.rulesets import RuleSet
from zwxm_core.tables import pairs, table

MEASURES = {
    "build_total": ("自行建设的建设加运维总额", "amount"),
    "service_total": ("购买服务的服务费预算总额", "amount"),
    "saving": ("购买比自建节约（多花为负）", "amount"),
    "saving_ratio": ("节约率", "percent"),
    "flip_threshold": ("翻转阈值", "percent"),
    "break_even_fee": ("盈亏平衡的年服务费", "amount"),
    "crossover_year": ("从第几年起购买的累计费用超过自建", "count"),
}
"""Figures of the comparison that are asked for."""


def ask_compare(spec: dict, ruleset: RuleSet, _: random.Random) -> Asked:
    """Figures of building against buying."""
    case = case_of(spec, ruleset)
    facts = from_records(case.records, judged=True, unit="元")
    compared = comparisons(facts, case.ruleset, spec["as_of"])["comparisons"][0]
    parts = []
    for name in spec["measures"]:
        label, kind = MEASURES[name]
        value: Any = compared[name]
        parts.append(Part(label, kind, Fraction(value["num"], value["den"]) if kind == "percent" else value))
    return Asked(tuple(parts), case.shown(), comparison(compared) + case.explained())


def ask_flips(spec: dict, ruleset: RuleSet, _: random.Random) -> Asked:
    """Which uncertain things can make the two ways cost the same within their usual range."""
    case = case_of(spec, ruleset)
    facts = from_records(case.records, judged=True, unit="元")
    compared = comparisons(facts, case.ruleset, spec["as_of"], assumptions=load_assumptions())["comparisons"][
        0
    ]
    swings = compared["answers"]["tornado"]
    ends = [(s["label"], f"{s['low']:g}", f"{s['high']:g}", s["at_low"], s["at_high"]) for s in swings]
    shown = table(
        ("不确定的因素", "低值", "高值", "低值时的节约（万元）", "高值时的节约（万元）"),
        [(*end[:3], *map(wan_float_text, end[3:])) for end in ends],
        numbers=(1, 2, 3, 4),
        caption="其他不变，一次只动一个因素",
    )
    right = {end[0] for end in ends if min(end[3:]) < 0 < max(end[3:])}
    part = several("单凭它在这个范围里变动，谁更便宜就会翻过来的因素", right, [end[0] for end in ends])
    return Asked((part,), case.shown() + shown, comparison(compared))


def ask_sure(spec: dict, ruleset: RuleSet, rng: random.Random) -> Asked:
    """What a simulation says, and what it does not say."""
    case = case_of(spec, ruleset)
    facts = from_records(case.records, judged=True, unit="元")
    seed = rng.randrange(1, 1000)
    drawn = comparisons(
        facts, case.ruleset, spec["as_of"], assumptions=load_assumptions(), draws=DRAWS, seed=seed
    )
    compared = drawn["comparisons"][0]
    sure, floor = compared["risk"], case.ruleset.terms().purchase_clearly_less
    points = [(f"节约额 {name}", f"{wan_float_text(value)} 万元") for name, value in sure["saving"].items()]
    shown = pairs(
        [
            ("购买不贵于自建的概率", f"{sure['probability_not_dearer']:.1%}"),
            (f"节约率达到 {percent_text(floor)} 的概率", f"{sure['probability_of_floor']:.1%}"),
            *points,
        ],
        caption=f"模拟 {DRAWS:,} 次，种子 {seed}",
    )
    undecided = Case(case.clause, {**case.case, "adopting": {}}, case.base)
    claims = {
        "购买不贵于自建的可能超过九成": sure["probability_not_dearer"] > 0.9,
        "节约率达到下限的可能超过一半": sure["probability_of_floor"] > 0.5,
        "达到下限的可能不大于不贵于自建的可能": sure["probability_of_floor"]
        <= sure["probability_not_dearer"],
        "概率够高，就不用再设定“明显小于”的下限": undecided.outcome != "待核",
    }
    part = several("说得对的", {claim for claim, true in claims.items() if true}, list(claims))
    return Asked((part,), case.shown() + shown, comparison(compared) + case.explained())


DRAWS = 2000
"""Draws of a simulation in a lesson: quick, and steady enough to read."""
