"""Reports (报告): notebooks run by papermill from a workbook and a project id, rendered as pages.

`report` opens one project, `sections` writes its parts, `render` makes the page, `batch`
runs many and makes the index and the summary.
"""

KINDS = {"evaluation": "立项评估报告", "post_assessment": "后评价报告"}
"""Kinds of report that can be made, with their titles."""
