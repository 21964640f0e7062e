"""Reports (报告): notebooks run by papermill from a workbook and a project id, rendered as pages.

`report` opens one project, `sections` writes its parts, `render` makes the page, `batch`
runs many and makes the index and the summary.
"""

KINDS = {
    "evaluation": "立项评估报告",
    "adjustment_review": "调整审查报告",
    "acceptance": "验收审查报告",
    "monitoring": "绩效监控报告",
    "self_evaluation": "自评价报告",
    "post_assessment": "后评价报告",
    "annual_review": "年度集中审查报告",
}
"""Kinds of report that can be made, with their titles."""

PORTFOLIO_KINDS = ("annual_review",)
"""Kinds that speak of a whole portfolio; the others speak of one project."""
