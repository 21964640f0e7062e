"""The draft of the annual list (年度项目清单): priorities, the negative list, materials and what has to be solved."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from zwxm_core import charts, tables
from zwxm_core.consequences import effect_text
from zwxm_core.reporting.annual import Annual, capped
from zwxm_core.reporting.report import leaves, lists, open_findings, problems
from zwxm_core.rules.negative_list import RULES as NEGATIVE
from zwxm_core.tables import Html, ids, paragraph, small, table, text, wan

PRIORITY, NEGATIVE_LIST = 7, 8
"""Articles of the priorities and of the negative list."""


def priorities(annual: Annual) -> Html:
    """The priority kinds (第七条): which projects are of each, and how many are open."""
    groups: dict[str, list[dict]] = defaultdict(list)
    for one in annual.findings(PRIORITY):
        groups[one["clause"]].append(one)
    rows = []
    for clause, found in groups.items():
        mine = [one["project"] for one in found if one["state"]]
        entry = annual.ruleset.clauses[clause]
        states = Counter(one["outcome"] for one in found)
        rows.append(
            (
                text(entry.cite) + small(entry.digest),
                ids(mine) if mine else "—",
                len(mine),
                states["不属于"],
                states["待核"],
            )
        )
    heads = ("类型", "属于的项目", "属于", "不属于", "待核")
    return table(heads, rows, (2, 3, 4), caption="重点建设类型和项目", empty="没有处于申报、批复阶段的项目。")


def hits(annual: Annual) -> list[dict]:
    return [
        one for one in annual.findings(NEGATIVE_LIST)
        if one["clause"] in NEGATIVE and one["outcome"] in ("命中", "例外")
    ]  # fmt: skip


def negative_chart(annual: Annual):
    """How the projects stand against each item of the negative list."""
    rows = []
    for clause in NEGATIVE:
        states: Counter = Counter()
        for one in annual.findings(NEGATIVE_LIST):
            if one["clause"] == clause and annual.ruleset.clauses[clause].kind == "ban":
                states[
                    "问题"
                    if one["problem"]
                    else {"待核": "待核", "不适用": "不适用"}.get(one["outcome"], "已有结论")
                ] += 1
        if states:
            rows.append((annual.ruleset.clauses[clause].cite, dict(states)))
    if not rows:
        return paragraph("不予立项情形分布图：没有处于申报、批复阶段的项目，未画。", "none")
    return charts.show(charts.portfolio_outcomes(rows))


def negative_list(annual: Annual) -> Html:
    """Projects that hit an item of the negative list, with the exception where there is one."""
    rows = []
    for one in hits(annual):
        mark = tables.badge(one["outcome"], "problem" if one["problem"] else "no")
        item = text(one["cite"]) + small(annual.ruleset.clauses[one["clause"]].digest)
        why = text(one["reason"]) + tables.missing_and_readings(one, annual.ruleset)
        rows.append((annual.named(one["project"]), item, mark, _exception(one["exception"]), why))
    heads = ("项目", "情形", "结论", "例外", "理由")
    return capped(heads, rows, empty="没有。", kind="named", caption="命中或例外的项目")


def _exception(ground: dict | None) -> str:
    if ground is None:
        return "—"
    if ground["ground"] == "statute":
        return "、".join(filter(None, (ground["basis"], ground["level"])))
    return "审批机关认定的例外（原则上）"


def materials(annual: Annual) -> Html:
    """Checklists of the projects up for review with missing entries; how many are not said."""
    mine = {str(annual.facts.ids[row]) for row in annual.under_review}
    asked = [one for one in annual.assessment["checklists"] if one["project"] in mine and one["applies"]]
    unsaid = len(leaves(one for one in asked if one["unknown"]))
    rows = [
        (
            annual.named(one["project"]),
            one["cite"],
            "、".join(one["missing"]),
            "、".join(one["unknown"]) or "—",
        )
        for one in leaves(one for one in asked if one["missing"])
    ]
    heads = ("项目", "条款", "缺少的材料或内容", "未提供情况的")
    shown = capped(heads, rows, empty="没有。", kind="named", caption="确知缺少的材料或内容")
    return shown + (
        small(f"另有 {unsaid} 份清单的情况没有提供全；没有提供的不当作缺少。") if unsaid else Html("")
    )


CLEAR, PENDING, BLOCKED, OUTSIDE = GROUPS = ("未见障碍", "待核", "有须先解决的事项", "不按一般规定判断")
"""Groups of the draft list; the last: 县级, 涉密, or 有专门规定."""


FILING = "16.1"
"""The clause every project up for review is asked, unless the ordinary rules do not bind it."""


@dataclass(frozen=True, slots=True)
class Hurdle:
    """What stands between one project and the list: group, what has to be solved, how much is open."""

    row: int
    group: str
    solve: tuple[str, ...]
    pending: int
    priority: bool


def hurdles(annual: Annual) -> list[Hurdle]:
    """The projects up for review, those with nothing in the way first, priorities before others."""
    told = annual.assessment
    by_project: dict[str, dict[str, list[dict]]] = defaultdict(
        lambda: {"findings": [], "consequences": [], "checklists": []}
    )
    for name in ("findings", "consequences", "checklists"):
        for one in told[name]:
            if one["project"] is not None:
                by_project[one["project"]][name].append(one)
    found = []
    for row in annual.under_review:
        mine = by_project[str(annual.facts.ids[row])]
        solve = _to_solve(mine)
        pending = len(open_findings(mine)) + sum(one["outcome"] == "待核" for one in mine["consequences"])
        priority = any(one["clause"] == "7.1" and one["state"] for one in mine["findings"])
        outside = any(one["clause"] == FILING and one["applies"] is False for one in mine["checklists"])
        group = OUTSIDE if outside else BLOCKED if solve else PENDING if pending else CLEAR
        found.append(Hurdle(row, group, tuple(solve), pending, priority))
    return sorted(found, key=lambda h: (GROUPS.index(h.group), not h.priority, h.row))


def _to_solve(mine: dict) -> list[str]:
    """What has to be solved, by what it is: problems, missing materials, consequences triggered."""
    told: dict[str, list[str]] = defaultdict(list)
    found = problems(mine)
    wider = {one["clause"].rpartition(".")[0] for one in found}
    for one in found:
        if one["clause"] not in wider:  # its own part says it more closely
            told[one["outcome"]].append(one["cite"])
    for one in lists(mine, "缺项"):
        told["缺材料"].append(one["cite"])
    for one in mine["consequences"]:
        if one["outcome"] == "触发":
            told[effect_text(one)].append(one["cite"])
    return [f"{what}：{'、'.join(dict.fromkeys(cites))}" for what, cites in told.items()]


def draft_list(annual: Annual) -> Html:
    """The draft of the annual list (年度项目清单): every project up for review and what has to be solved."""
    f, rows = annual.facts, []
    tone = {CLEAR: "yes", PENDING: "open", BLOCKED: "problem", OUTSIDE: "na"}
    asked = Counter(project for question in annual.questions for project in question.projects)
    for number, one in enumerate(hurdles(annual), 1):
        project = str(f.ids[one.row])
        told = [project, f.unit.at(one.row) or "单位未提供", f.mode.at(one.row) or "产生方式未提供"]
        name = text(f.name.at(one.row) or project, 60) + small(" · ".join(told + ["重点"] * one.priority))
        rows.append((
            text(number) + Html(". ") + name, wan(f.total_investment.at(one.row)), tables.badge(one.group, tone[one.group]),
            "；".join(one.solve) or "—", one.pending, asked[project],
        ))  # fmt: skip
    heads = ("项目", "总投资（万元）", "审查情况", "须先解决的事项", "待核", "疑点")
    shown = capped(heads, rows, (1, 4, 5), empty="没有待审查的项目。", kind="draft", caption="清单草案")
    return shown + small("草案只按所填事实整理；清单由主管部门集中审查确定，并按程序报审。")
