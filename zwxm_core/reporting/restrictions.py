"""Units and projects that are restricted (受限制的单位和项目), with the chain that leads there."""

from __future__ import annotations

from collections import Counter, defaultdict

from zwxm_core.consequences import effect_text
from zwxm_core.portfolio import schema
from zwxm_core.reporting.annual import MOST, Annual, capped
from zwxm_core.reporting.outcomes import consequence_table
from zwxm_core.rulesets import RuleSet
from zwxm_core.tables import Html, bullets, ids, small, text


def bars(annual: Annual) -> list[dict]:
    return [
        one for one in annual.assessment["consequences"] if one["project"] is None and one["outcome"] == "触发"
    ]  # fmt: skip


def barred_units(annual: Annual) -> Html:
    """Units that are barred: by which effect, from when, through which projects, and whom it hits."""
    hit: dict[tuple, list[str]] = defaultdict(list)
    for one in annual.assessment["consequences"]:
        if one["project"] is not None and one["outcome"] == "触发":
            hit[_effect(one)].append(one["project"])
    rows = []
    for one in bars(annual):
        since = small(f"自 {one['from']} 起") if one["from"] else Html("")
        reached = hit[_effect(one)]
        rows.append((
            one["unit"], text(effect_text(one)) + small(one["cite"]) + since, chain(one, annual.ruleset),
            ids(reached) if reached else "本工作簿中没有受影响的项目", text(one["reason"], 400),
        ))  # fmt: skip
    heads = ("单位", "限制", "由来（项目、条款、事实）", "受影响的项目", "原因")
    pending = Counter(
        one["unit"]
        for one in annual.assessment["consequences"]
        if one["project"] is None and one["outcome"] == "待核"
    )
    shown = capped(heads, rows, empty="没有。", caption="认定受限制的单位")
    if pending:
        shown += small(
            f"是否受限制待核的单位 {len(pending)} 个：{'、'.join(str(u) for u in list(pending)[:40])}。"
        )
    return shown


def chain(one: dict, ruleset: RuleSet) -> Html:
    """The causes of a consequence, link by link: project, clause, fact."""
    links = []
    for cause in one["because"]:
        label = _label(cause["field"])
        links.append(
            f"{cause['project'] or one['unit']} → {ruleset.clauses[cause['clause']].cite}"
            + (f" → {label}" if label else "")
        )
    return bullets(dict.fromkeys(links)) if links else text("—")


def _label(field: str) -> str:
    """The Chinese name of a field, wherever it stands."""
    for sheet in schema.sheets():
        if field in schema.fields(sheet):
            return schema.label(sheet, field)
    return ""


def project_limits(annual: Annual) -> Html:
    """Consequences set off by single projects; those that only a unit's bar brings stand above."""
    reached = {_effect(one) for one in bars(annual)}
    rows = [
        one for one in annual.assessment["consequences"]
        if one["project"] is not None and one["outcome"] == "触发" and _effect(one) not in reached
    ]  # fmt: skip
    shown = consequence_table(rows[:MOST], annual.ruleset, names=annual.named)
    left = len(rows) - MOST
    return shown + (small(f"另有 {left} 行未列，全部见汇总表。") if left > 0 else Html(""))


def _effect(one: dict) -> tuple:
    return one["unit"], one["clause"], one["effect"], one["year"]


def left_to_authorities(annual: Annual) -> Html:
    """What an authority may or has to decide (提示), by clause and effect, with the projects."""
    found: dict[tuple, list[str]] = defaultdict(list)
    for one in annual.assessment["consequences"]:
        if one["outcome"] == "提示":
            found[one["cite"], effect_text(one)].append(one["project"] or one["unit"])
    rows = [
        (text(effect) + small(cite), len(mine), ids(dict.fromkeys(mine)))
        for (cite, effect), mine in found.items()
    ]
    heads = ("事项", "次数", "项目或单位")
    shown = capped(heads, rows, (1,), empty="没有。", caption="提示有权机关决定的事项")
    return shown + small("条文交由有权机关决定，本工具只提示、不代为认定；各项的原因见汇总表。")
