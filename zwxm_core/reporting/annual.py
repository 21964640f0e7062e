"""The annual joint review (年度集中审查, 第十七条) of a whole portfolio, part by part.

What stands here is a draft made from the facts as filled in: which projects go on the list is
decided by the bodies the clause names, never by this program.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from zwxm_core import charts, tables
from zwxm_core.assessment import assess
from zwxm_core.consequences import effect_text
from zwxm_core.facts import Facts
from zwxm_core.lifecycle import stage_names
from zwxm_core.portfolio import Portfolio, read, schema
from zwxm_core.reporting import KINDS
from zwxm_core.reporting.outcomes import consequence_table, obligation_table
from zwxm_core.reporting.questions import NEAR, Question, questions
from zwxm_core.reporting.report import article, inputs, leaves, lists, open_findings, problems
from zwxm_core.reporting.sections import ruleset_note
from zwxm_core.rules.negative_list import RULES as NEGATIVE
from zwxm_core.rulesets import RuleSet, load_ruleset
from zwxm_core.tables import Html, bullets, paragraph, small, table, text, wan

TO_REVIEW = (None, "申报", "入清单")
"""Stages of the projects that are up for review: not yet approved."""

MOST = 120
"""Rows that one table of the report shows; the workbook beside it has them all."""

PRIORITY, NEGATIVE_LIST = 7, 8
"""Articles of the priorities and of the negative list."""

UNKNOWN = "未提供"


@dataclass
class Annual:
    """A portfolio judged on one day by one rule set."""

    portfolio: Portfolio
    as_of: date
    ruleset: RuleSet
    mapping: Path | None = None

    @property
    def facts(self) -> Facts:
        """The facts of all projects."""
        return self.portfolio.facts

    @cached_property
    def assessment(self) -> dict:
        """What the rules say of every project (the contract's JSON)."""
        return assess(self.facts, self.ruleset, self.as_of)

    @cached_property
    def stages(self) -> list[str | None]:
        """The stage of each project."""
        return stage_names(self.facts, self.as_of)

    @cached_property
    def under_review(self) -> list[int]:
        """Rows of the projects that are up for review."""
        return [row for row, stage in enumerate(self.stages) if stage in TO_REVIEW]

    @cached_property
    def rows(self) -> dict[str, int]:
        """Row by project id."""
        return {str(id_): row for row, id_ in enumerate(self.facts.ids)}

    @cached_property
    def questions(self) -> list[Question]:
        """What an auditor would ask."""
        return questions(self.facts, self.ruleset, self.as_of)

    @cached_property
    def hurdles(self) -> list[Hurdle]:
        """What stands between each project up for review and the list."""
        return hurdles(self)

    def named(self, project: str | None) -> object:
        """A project as the tables show it: name and id."""
        if project not in self.rows:
            return project
        name = self.facts.name.at(self.rows[project])
        return project if name is None else text(name, 60) + small(project)

    def findings(self, number: int) -> list[dict]:
        """The findings of one article."""
        return [one for one in self.assessment["findings"] if article(one["clause"]) == number]


def open_annual(data=None, as_of=None, ruleset=None, mapping=None) -> Annual:
    """Open a portfolio for the annual review.

    Parameters
    ----------
    data : str, Path or None
        The workbook or CSV; None: the samples, with their rule set and day.
    as_of : str, date or None
        The day of assessment; None: today.
    ruleset, mapping : str, Path or None

    Raises
    ------
    zwxm_core.portfolio.InputError
        The file cannot be read as the contract says.
    """
    data, day, rules = inputs(data, as_of, ruleset)
    portfolio = read(data, mapping)
    return Annual(portfolio, day, load_ruleset(rules), None if mapping is None else Path(mapping))


# First page -----------------------------------------------------------------------------


def heading(annual: Annual) -> Html:
    """Title block."""
    name = annual.portfolio.path.name
    title = f'<p class="kind">{KINDS["annual_review"]}</p><p class="title">{text(name, 80).markup}</p>'
    told = f"{annual.facts.n} 个项目 · 评估日 {annual.as_of.isoformat()}"
    return Html(title) + paragraph(told, "meta")


def conclusion_box(annual: Annual) -> Html:
    """The review in sentences: how many projects are up, what stands in their way, what is open."""
    rows, told = annual.under_review, annual.assessment
    amount, absent = _sum(annual.facts.total_investment.at(row) for row in rows)
    lead = (
        f"{annual.facts.n} 个项目中，待审查（尚未批复）的 {len(rows)} 个，申报总投资合计 {wan(amount)} 万元"
    )
    lead += f"（{absent} 个未提供总投资，未计入）。" if absent else "。"
    hits = {one["project"] for one in _hits(annual) if one["outcome"] == "命中"}
    excepted = {one["project"] for one in _hits(annual) if one["outcome"] == "例外"}
    barred = {one["unit"] for one in _bars(annual)}
    groups = Counter(hurdle.group for hurdle in annual.hurdles)
    lines = [
        "、".join(f"{group} {groups[group]} 个" for group in GROUPS if groups[group]) + "（见清单草案）。",
        f"命中不予立项情形的项目 {len(hits)} 个，有例外的 {len(excepted)} 个。",
        f"受限制的单位 {len(barred)} 个。" if barred else "没有认定受限制的单位。",
        f"全部结论中，问题 {len(problems(told))} 条，待核 {len(open_findings(told))} 条。",
        f"疑点 {len(annual.questions)} 条，供提问，不是结论。",
    ]
    tone = "problem" if hits or barred else "open" if groups[PENDING] else "yes"
    inner = paragraph(lead, "lead") + bullets(lines)
    return Html(f'<div class="box {tone}">{inner.markup}</div>') + ruleset_note(annual.ruleset)


def _sum(amounts: Iterable[int | None]) -> tuple[int, int]:
    """The sum of the known amounts (分), and how many are not known."""
    listed = list(amounts)
    known = [amount for amount in listed if amount is not None]
    return sum(known), len(listed) - len(known)


def settling(annual: Annual) -> Html:
    """The facts that would settle most."""
    return tables.settling(annual.assessment["settling"], len(open_findings(annual.assessment)), most=10)


# Priorities and the negative list --------------------------------------------------------


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
                "、".join(mine) or "—",
                len(mine),
                states["不属于"],
                states["待核"],
            )
        )
    heads = ("类型", "属于的项目", "属于", "不属于", "待核")
    return table(heads, rows, (2, 3, 4), empty="没有处于申报、批复阶段的项目。")


def _hits(annual: Annual) -> list[dict]:
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
    for one in _hits(annual):
        mark = tables.badge(one["outcome"], "problem" if one["problem"] else "no")
        item = text(one["cite"]) + small(annual.ruleset.clauses[one["clause"]].digest)
        why = text(one["reason"]) + tables.missing_and_readings(one, annual.ruleset)
        rows.append((annual.named(one["project"]), item, mark, _exception(one["exception"]), why))
    heads = ("项目", "情形", "结论", "例外", "理由")
    return _capped(heads, rows, empty="没有项目命中不予立项的情形。")


def _exception(ground: dict | None) -> str:
    if ground is None:
        return "—"
    if ground["ground"] == "statute":
        return "、".join(filter(None, (ground["basis"], ground["level"])))
    return "审批机关认定的例外（原则上）"


def _capped(
    heads,
    rows: list,
    numbers: Iterable[int] = (),
    empty: str = UNKNOWN,
    kind: str = "",
    rest: str = "，全部见汇总表",
) -> Html:
    """A table of at most `MOST` rows; what is left out is said, and where it stands."""
    shown = table(heads, rows[:MOST], numbers, empty=empty, kind=kind)
    left = len(rows) - MOST
    return shown + (small(f"另有 {left} 行未列{rest}。") if left > 0 else Html(""))


# Materials and bars -----------------------------------------------------------------------


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
    shown = _capped(heads, rows, empty="没有确知缺少的材料。")
    return shown + (
        small(f"另有 {unsaid} 份清单的情况没有提供全；没有提供的不当作缺少。") if unsaid else Html("")
    )


def _bars(annual: Annual) -> list[dict]:
    return [
        one for one in annual.assessment["consequences"] if one["project"] is None and one["outcome"] == "触发"
    ]  # fmt: skip


def barred_units(annual: Annual) -> Html:
    """Units that are barred: by which effect, from when, through which projects, and whom it hits."""
    hit: dict[tuple, list[str]] = defaultdict(list)
    for one in annual.assessment["consequences"]:
        if one["project"] is not None and one["outcome"] == "触发":
            hit[one["unit"], one["clause"], one["effect"], one["year"]].append(one["project"])
    rows = []
    for one in _bars(annual):
        since = small(f"自 {one['from']} 起") if one["from"] else Html("")
        reached = hit[one["unit"], one["clause"], one["effect"], one["year"]]
        rows.append((
            one["unit"], text(effect_text(one)) + small(one["cite"]) + since, chain(one, annual.ruleset),
            "、".join(reached) or "本工作簿中没有受影响的项目", text(one["reason"], 400),
        ))  # fmt: skip
    heads = ("单位", "限制", "由来（项目、条款、事实）", "受影响的项目", "原因")
    pending = Counter(
        one["unit"]
        for one in annual.assessment["consequences"]
        if one["project"] is None and one["outcome"] == "待核"
    )
    shown = _capped(heads, rows, empty="没有认定受限制的单位。")
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
    """Consequences that fall on single projects: triggered, or left to an authority."""
    found = [
        one
        for outcome in ("触发", "提示")
        for one in annual.assessment["consequences"]
        if one["project"] is not None and one["outcome"] == outcome
    ]
    shown = consequence_table(found[:MOST], annual.ruleset, names=annual.named)
    left = len(found) - MOST
    return shown + (small(f"另有 {left} 行未列，全部见汇总表。") if left > 0 else Html(""))


# Money ------------------------------------------------------------------------------------


def totals_by_mode(annual: Annual) -> Html:
    """Investment by mode: what is up for review, and what has been approved."""
    f, up = annual.facts, set(annual.under_review)
    groups: dict[str, list[int]] = defaultdict(list)
    for row in range(f.n):
        groups[f.mode.at(row) or UNKNOWN].append(row)
    groups = {mode: groups[mode] for mode in (*f.mode.categories, UNKNOWN) if mode in groups}
    lines = [*groups.items(), ("合计", list(range(f.n)))]
    rows = []
    for mode, mine in lines:
        asked = [row for row in mine if row in up]
        granted = [row for row in mine if row not in up]
        filed, unfiled = _sum(f.total_investment.at(row) for row in asked)
        approved, unapproved = _sum(f.approved_total.at(row) for row in granted)
        rows.append((mode, len(asked), wan(filed), unfiled, len(granted), wan(approved), unapproved))
    heads = (
        "产生方式",
        "待审查",
        "申报总投资（万元）",
        "其中未提供",
        "已批复及以后",
        "批复总投资（万元）",
        "其中未提供",
    )
    return table(heads, rows, range(1, 7), caption="按产生方式")


def totals_by_fund(annual: Annual) -> Html:
    """Cost by source of funds (经费渠道): assessed, else claimed; only the project's own mode."""
    f, up = annual.facts, set(annual.under_review)
    c = f.costs
    sums: dict[str, list[list[int | None]]] = defaultdict(lambda: [[], []])
    for i in range(c.n):
        project = int(c.parent[i])
        if c.mode.at(i) is None or c.mode.at(i) != f.mode.at(project):
            continue
        assessed = c.assessed.at(i)
        sums[c.fund_source.at(i) or UNKNOWN][project not in up].append(
            c.claimed.at(i) if assessed is None else assessed
        )
    rows = []
    for source in (*c.fund_source.categories, UNKNOWN):
        if source in sums:
            (asked, unasked), (granted, ungranted) = (_sum(part) for part in sums[source])
            rows.append((source, wan(asked), wan(granted), wan(asked + granted), unasked + ungranted))
    heads = ("经费渠道", "待审查项目（万元）", "其余项目（万元）", "合计（万元）", "金额未提供的笔数")
    shown = table(heads, rows, (1, 2, 3, 4), caption="按经费渠道", empty="没有费用明细。")
    return shown + small(
        "取费用表的审定金额，未审定的取申报金额；各年次合计；只计与项目产生方式相同的费用，比较用的另一方式不计。"
    )


# The draft list ---------------------------------------------------------------------------

CLEAR, PENDING, BLOCKED, OUTSIDE = GROUPS = ("未见障碍", "待核", "有须先解决的事项", "不由一般规定判断")
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
    for one in problems(mine):
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
    for number, one in enumerate(annual.hurdles, 1):
        project = str(f.ids[one.row])
        told = [project, f.unit.at(one.row) or "单位未提供", f.mode.at(one.row) or "产生方式未提供"]
        name = text(f.name.at(one.row) or project, 60) + small(" · ".join(told + ["重点"] * one.priority))
        rows.append((
            number, name, wan(f.total_investment.at(one.row)), tables.badge(one.group, tone[one.group]),
            "；".join(one.solve) or "—", one.pending, asked[project],
        ))  # fmt: skip
    heads = ("序", "项目", "总投资（万元）", "审查情况", "须先解决的事项", "待核", "疑点")
    shown = _capped(heads, rows, (0, 2, 5, 6), empty="没有待审查的项目。", kind="draft")
    return shown + small("草案只按所填事实整理；清单由主管部门集中审查确定，并按程序报审。")


# Questions, sensitivity, calendar ----------------------------------------------------------


def audit_questions(annual: Annual) -> Html:
    """Patterns that an auditor would ask about, with what was seen and what to ask."""
    rows = [
        (
            text(one.topic) + small(one.unit or "单位未提供"),
            bullets(annual.named(p) for p in one.projects),
            one.seen,
            one.ask,
        )
        for one in annual.questions
    ]
    shown = _capped(
        ("疑点", "项目", "看到的", "可以问"), rows, empty="没有看到这些情形。", rest="；最相近的在前"
    )
    near = f"“略低于”指在线下 {NEAR.numerator}/{NEAR.denominator} 以内（含线上）；这个宽度和名称相似度都是本产品的筛查口径，不是规定。"
    return shown + small(f"疑点只供提问：这些情形本身不违反任何条款，不作为结论，也不计入问题。{near}")


def sensitivity(annual: Annual) -> Html:
    """Which convention decides how many conclusions: what would change if it were read otherwise."""
    changed: dict[tuple, list[tuple[str | None, str]]] = defaultdict(list)
    for name in ("findings", "consequences", "obligations"):
        for one in annual.assessment[name]:
            now = one.get("outcome", one.get("status"))
            for reading in one["readings"]:
                then = reading.get("outcome", reading.get("status"))
                told = f"{now} → {then}" if then != now else f"{now}，年度或期限不同"
                changed[reading["convention"], reading["value"]].append((one["project"], told))
    rows = []
    for (name, value), found in sorted(
        changed.items(), key=lambda kv: (-len(kv[1]), kv[0][0], str(kv[0][1]))
    ):
        convention = annual.ruleset.conventions[name]
        how = "；".join(
            f"{told}（{times}）" for told, times in Counter(told for _, told in found).most_common()
        )
        cite = annual.ruleset.clauses[convention.clause].cite
        projects = len({project for project, _ in found} - {None})
        rows.append(
            (
                text(convention.label) + small(cite),
                convention.reading(),
                convention.reading(value),
                len(found),
                projects,
                how,
            )
        )
    heads = ("口径", "本报告采用", "若改为", "改变的结论数", "涉及项目", "怎样改变")
    return table(heads, rows, (3, 4), empty="没有结论随口径改变。")


def obligations(annual: Annual) -> Html:
    """What is due over the portfolio, the most urgent first."""
    due = [
        one
        for one in annual.assessment["obligations"]
        if one["project"] is not None and one["status"] != "不适用"
    ]
    counts = Counter(one["status"] for one in due)
    lead = (
        paragraph("、".join(f"{status} {times} 项" for status, times in counts.items()) + "。")
        if due
        else Html("")
    )
    waiting = [one for one in due if one["status"] not in ("已完成", "未到") or one["due"]]
    waiting = [one for one in waiting if one["status"] != "已完成"]
    shown = lead + obligation_table(
        waiting[:MOST], annual.ruleset, annual.named, annual.assessment["notices"]
    )
    left = len(due) - len(waiting[:MOST])
    return shown + (
        small(f"已完成的、还没有期限的，共 {left} 项未列，全部见汇总表。") if left > 0 else Html("")
    )


def conventions(annual: Annual) -> Html:
    """Conventions that change a conclusion or hold one open, and parameters nobody has verified."""
    told = [one for name in ("findings", "consequences", "obligations") for one in annual.assessment[name]]
    used = {reading["convention"] for one in told for reading in one["readings"]}
    used |= {fact["field"] for one in told for fact in one["open_facts"] if fact["sheet"] == "ruleset"}
    used |= {"merge_limit", "adjustment_limit", "procurement_threshold"}
    return tables.conventions(annual.ruleset, used) + tables.parameters(annual.ruleset, used)
