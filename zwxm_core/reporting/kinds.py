"""What each kind of report serves and needs: its articles, its facts, the stage that asks for it."""

from __future__ import annotations

from functools import cache

from zwxm_core.facts import Facts
from zwxm_core.findings import evaluate
from zwxm_core.lifecycle import STAGES
from zwxm_core.portfolio import from_records, schema
from zwxm_core.reporting.scorecard import load_scorecard
from zwxm_core.rulesets import RuleSet, load_ruleset

ARTICLES = {
    "evaluation": (18, 19, 20, 54),
    "adjustment_review": (28, 29, 54),
    "acceptance": (31, 32, 33, 43, 50, 54),
    "monitoring": (28, 29, 30, 45, 54),
    "self_evaluation": (11, 28, 29, 33, 34, 36, 37, 44, 46, 49, 50, 54),
    "post_assessment": (28, 29, 46, 54),
    "annual_review": (7, 8, 16, 17, 54),
}
"""The articles a kind of report serves: what its template asks for, and what its first page tells."""

ALSO_TOLD = {"evaluation": (22, 24)}
"""Articles whose findings the first page tells too, though the template does not ask for their facts: opinions and
appraisal come after the applicant has filled it in.
"""


OPERATED = {
    "procurement": ("lot", "contract_amount"),
    "operations": ("year", "kind", "claimed", "assessed", "actual"),
    "resources": (
        "resource", "share_kind", "share_basis", "in_city_catalogue", "collected", "interface", "calls", "calls_as_of",
    ),
    "systems": ("level_protection",),
    "security": (
        "as_of", "level_test_on", "level_test_result", "crypto_test_on", "crypto_test_result", "open_findings",
        "major_hazard",
    ),
    "indicators": (
        "indicator", "kind", "unit", "direction", "target", "actual", "measured_on", "weight", "source", "sample",
    ),
    "evaluations": ("kind", "started_on", "completed_on", "result", "submitted_on", "submitted_to"),
    "usage": (
        "period", "resource", "what", "allocated", "used_avg", "used_peak", "users_active", "transactions",
    ),
    "monitoring": ("year", "users_consulted", "supervisor_consulted", "submitted_on", "submitted_to"),
    "issues": ("seq", "clause", "problem", "cause", "measure", "responsible", "due", "done_on"),
    "rectifications": ("seq", "matter", "breach", "found_by", "due", "done_on", "measure"),
}  # fmt: skip
"""What both reports on a running system tell of it, the self-evaluation and the post-assessment."""

COURSE = (
    "name", "unit", "mode", "approved_on", "approved_total", "revised_total", "construction_start",
    "construction_end", "trial_start", "acceptance_due", "acceptance_on", "acceptance_result", "go_live",
    "warranty_end", "om_needed", "self_evaluation_on", "paid_in", "spent", "accounts_final", "settled_total",
)  # fmt: skip
"""The course of a project, from its approval to its operation, in dates and money."""

SIGNED = {
    "narrative": ("project", "report", "section", "text"),
    "signoff": ("project", "report", "prepared_by_unit", "responsible", "experts", "document_no", "on"),
}
"""Hand-written paragraphs and signatures, which every kind prints."""

TOLD = {
    "evaluation": {
        "projects": ("name", "unit", "filed_on"),
        "costs": ("mode", "item", "year", "claimed", "assessed", "cut_reason"),
    },
    "adjustment_review": {
        "projects": ("name", "unit", "mode", "approved_on", "approved_budget", "revised_budget"),
        "adjustments": ("seq", "on", "amount", "transfer", "content_cut"),
        **SIGNED,
    },
    "acceptance": {
        "projects": (
            "name", "unit", "mode", "approved_on", "content_complete", "trial_start", "trial_normal",
            "trial_restarted_on", "acceptance_due", "acceptance_due_contract", "acceptance_on", "acceptance_result",
            "bureau_opinion", "approved_total", "revised_total", "paid_in", "spent", "accounts_final", "settled_total",
            "extension_applied", "extension_granted", "acceptance_reported",
        ),
        "materials": ("clause", "item", "provided", "qualified", "reference", "on"),
        "resources": OPERATED["resources"],
        "security": OPERATED["security"],
        "systems": ("level_protection",),
        "units": ("unit", "list_complete"),
        **SIGNED,
    },
    "monitoring": {
        "projects": (
            "name", "unit", "mode", "approved_on", "approved_total", "revised_total", "construction_start",
            "construction_end", "trial_start", "acceptance_due", "supervision_engaged", "paid_in", "spent",
            "accounts_final", "settled_total",
        ),
        "procurement": OPERATED["procurement"],
        "monitoring": (
            "year", "users_consulted", "supervisor_consulted", "progress_pct", "plan_spent", "actual_spent",
            "trial_effect", "submitted_on", "submitted_to",
        ),
        "indicators": OPERATED["indicators"],
        "issues": OPERATED["issues"],
        "rectifications": OPERATED["rectifications"],
        **SIGNED,
    },
    "self_evaluation": {
        "projects": COURSE,
        "adjustments": ("seq", "on"),
        **OPERATED,
        **SIGNED,
    },
    "post_assessment": {
        "projects": (*COURSE, "service_life", "warranty_years"),
        "adjustments": ("seq", "on"),
        "costs": ("mode", "item", "year", "claimed", "assessed", "actual"),
        **OPERATED,
        **SIGNED,
    },
    "annual_review": {
        "projects": (
            "name", "unit", "mode", "action", "category", "parent", "filed_on", "on_annual_list", "approval_year",
            "approved_on", "total_investment", "feasibility_total", "approved_total", "revised_total",
            "acceptance_due", "acceptance_on", "acceptance_result",
        ),
        "adjustments": ("seq", "on", "amount", "prior_approval"),
        "procurement": ("lot", "method", "amount", "threshold"),
        "costs": ("mode", "item", "year", "claimed", "assessed", "fund_source"),
        "units": ("unit", "list_complete"),
        **SIGNED,
    },
}  # fmt: skip
"""What a kind of report tells beside what its clauses read."""


SCORED = ("self_evaluation", "post_assessment")
"""Kinds that score a project, so that they need what its indicators rest on."""


def clauses_of(kind: str, ruleset: RuleSet) -> list[str]:
    """The clauses a kind of report serves, in the law's order.

    >>> clauses_of("acceptance", load_ruleset())[:4]
    ['31.1', '31.2', '31.3', '32.1']
    """
    return [c for c in ruleset.clauses if article(c) in ARTICLES[kind]]


def article(clause: str) -> int:
    """The number of the article a clause belongs to."""
    return int(clause.partition(".")[0])


@cache
def fields_of(kind: str) -> tuple[tuple[str, str], ...]:
    """The (sheet, field) pairs a kind of report needs: those its clauses read, and those it tells.

    Examples
    --------
    >>> len(fields_of("evaluation")) <= 40, ("costs", "cut_reason") in fields_of("evaluation")
    (True, True)
    """
    facts, ruleset = from_records({"projects": [{"id": "A"}]}), load_ruleset()
    asked = {*clauses_of(kind, ruleset), *(load_scorecard().clauses if kind in SCORED else ())}
    list(evaluate(facts, ruleset, ruleset.starts, sorted(asked), readings=False))
    read_ = {(sheet, name) for sheet, name in facts.reads if name in schema.fields(sheet)}
    told = {(sheet, name) for sheet, names in TOLD[kind].items() for name in names}
    return tuple(sorted(read_ | told))


def kind_for(stage: str | None, adjusted: bool = False) -> str | None:
    """The kind of report a project's stage asks for; None where it is ended.

    Parameters
    ----------
    stage : str or None
    adjusted : bool
        Whether the project has adjustments on file.

    Examples
    --------
    >>> kind_for(None), kind_for("建设"), kind_for("建设", adjusted=True), kind_for("验收")
    ('evaluation', 'monitoring', 'adjustment_review', 'acceptance')
    >>> kind_for("运行"), kind_for("自评价"), kind_for("终止")
    ('self_evaluation', 'post_assessment', None)
    """
    reached = -1 if stage is None else STAGES.index(stage)
    if reached < STAGES.index("建设"):
        return "evaluation"
    if reached < STAGES.index("试运行"):
        return "adjustment_review" if adjusted else "monitoring"
    if reached <= STAGES.index("验收"):
        return "acceptance"
    if reached <= STAGES.index("运行"):
        return "self_evaluation"
    return "post_assessment" if reached < STAGES.index("终止") else None


def adjusted(facts: Facts) -> list[bool]:
    """Which projects have adjustments on file."""
    found = set(facts.adjustments.parent.tolist())
    return [row in found for row in range(facts.n)]
