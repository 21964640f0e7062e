"""First page, questions and calendar of the annual review."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from zwxm_core import tables
from zwxm_core.reporting import KINDS
from zwxm_core.reporting.annual import MOST, Annual, capped, total
from zwxm_core.reporting.draft import GROUPS, PENDING, hits, hurdles
from zwxm_core.reporting.outcomes import now_due
from zwxm_core.reporting.questions import NAMED, NEAR
from zwxm_core.reporting.report import open_findings, problems
from zwxm_core.reporting.restrictions import bars
from zwxm_core.reporting.sections import ruleset_note
from zwxm_core.tables import Html, bullets, paragraph, small, text, wan


def heading(annual: Annual) -> Html:
    """Title block."""
    title = f'<p class="kind">政务信息化项目</p><p class="title">{KINDS["annual_review"]}</p>'
    name = tables.clean(annual.portfolio.path.name, 80)
    told = f"{name} · {annual.facts.n} 个项目 · 评估日 {annual.as_of.isoformat()}"
    return Html(title) + paragraph(told, "meta")


def conclusion_box(annual: Annual) -> Html:
    """The review in sentences: how many projects are up, what stands in their way, what is open."""
    rows, told = annual.under_review, annual.assessment
    amount, absent = total(annual.facts.total_investment.at(row) for row in rows)
    lead = f"{annual.facts.n} 个项目中，待审查（没有批复记录）的 {len(rows)} 个，申报总投资合计 {wan(amount)} 万元"
    lead += f"（{absent} 个未提供总投资，未计入）。" if absent else "。"
    struck = {one["project"] for one in hits(annual) if one["outcome"] == "命中"}
    excepted = {one["project"] for one in hits(annual) if one["outcome"] == "例外"}
    barred = {one["unit"] for one in bars(annual)}
    groups = Counter(hurdle.group for hurdle in hurdles(annual))
    lines = [
        ("、".join(f"{g} {groups[g]} 个" for g in GROUPS if groups[g]) or "没有待审查的项目")
        + "（见清单草案）。",
        f"命中不予立项情形的项目 {len(struck)} 个，有例外的 {len(excepted)} 个。",
        f"受限制的单位 {len(barred)} 个。" if barred else "没有认定受限制的单位。",
        f"全部结论中，问题 {len(problems(told))} 条，待核 {len(open_findings(told))} 条。",
        f"疑点 {len(annual.questions)} 条，供提问，不是结论。",
    ]
    tone = "problem" if struck or barred else "open" if groups[PENDING] else "yes"
    inner = paragraph(lead, "lead") + bullets(lines)
    return Html(f'<div class="box {tone}">{inner.markup}</div>') + ruleset_note(annual.ruleset)


def settling(annual: Annual) -> Html:
    """The facts that would settle most."""
    return tables.settling(annual.assessment["settling"], len(open_findings(annual.assessment)), most=10)


def audit_questions(annual: Annual) -> Html:
    """Patterns that an auditor would ask about, with what was seen and what to ask."""
    rows = [
        (
            text(one.topic) + small(one.unit or "单位未提供"),
            _listed(annual, one.projects),
            one.seen,
            one.ask,
        )
        for one in annual.questions
    ]
    shown = capped(
        ("疑点", "项目", "看到的", "可以问"),
        rows,
        empty="没有看到这些情形。",
        rest="；最相近的在前",
        caption="疑点",
    )
    near = f"“接近”“略低于”指不超过限额，且相差不大于限额的 {NEAR.numerator}/{NEAR.denominator}；这个宽度和名称相似度都是本产品的筛查口径，不是规定。"
    return shown + small(f"疑点只供提问：这些情形本身不违反任何条款，不作为结论，也不计入问题。{near}")


def _listed(annual: Annual, projects: Sequence[str]) -> Html:
    """The projects of a question: the first by name, the others by id."""
    shown = bullets(annual.named(project) for project in projects[:NAMED])
    rest = projects[NAMED:LISTED]
    more = f"等 {len(projects)} 个" if len(projects) > LISTED else ""
    return shown + small("、".join(rest) + more) if rest else shown


LISTED = 200
"""Projects of one question whose ids are printed."""


def obligations(annual: Annual) -> Html:
    """What is due over the portfolio, the most urgent first."""
    return now_due(annual.assessment, annual.ruleset, annual.named, MOST)
