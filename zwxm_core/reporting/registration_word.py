"""The registration form as a Word document in the form of official documents, one page or more a project."""

from __future__ import annotations

from zwxm_core.money import wan_text
from zwxm_core.portfolio import Portfolio
from zwxm_core.reporting.page import blocks, sanitised
from zwxm_core.reporting.registration import HEADERS, MISSING, TITLE, Line, form_lines, notes
from zwxm_core.reporting.word import to_docx
from zwxm_core.rulesets import RuleSet
from zwxm_core.tables import Html, pairs, paragraph, small, table, text

TO_SIGN = (("填报人", ""), ("审核人", ""), ("填报日期", ""), ("项目单位（盖章）", ""))


def forms_docx(portfolio: Portfolio, rows: list[int], ruleset: RuleSet) -> bytes:
    """The forms of some projects, each from a new page; what a user typed stays text.

    Parameters
    ----------
    portfolio : Portfolio
    rows : list of int
        Rows of the projects in ``portfolio.facts``.
    ruleset : RuleSet

    Returns
    -------
    bytes
        The same workbook gives the same bytes.
    """
    shown = Html("")
    for row in rows:
        shown += _form(form_lines(portfolio, row, ruleset), portfolio, row, ruleset)
    return to_docx(blocks(sanitised(shown.markup)), TITLE)


def _form(lines: list[Line], portfolio: Portfolio, row: int, ruleset: RuleSet) -> Html:
    name = portfolio.facts.name.at(row) or MISSING
    told = [
        (
            ruleset.clauses[line.clause].cite, line.item, _said(line),
            "" if line.amount is None else wan_text(line.amount), _material(line),
        )
        for line in lines
    ]  # fmt: skip
    shown = paragraph(TITLE, "title") + paragraph(f"{name} · {portfolio.facts.ids[row]}", "meta")
    shown += table(HEADERS, told, numbers=(3,), kind="form")
    for note in notes(lines, portfolio, ruleset):
        shown += small(note)
    return shown + pairs(TO_SIGN)


def _material(line: Line) -> Html:
    """A material and, below it, its day: beside it, LibreOffice breaks the day where the line ends."""
    name, comma, day = (line.material or "").rpartition("，")
    return paragraph(name) + paragraph(day) if comma else text(line.material or "")


def _said(line: Line) -> Html:
    """What stands under 内容, a paragraph a line."""
    if line.told == MISSING:
        return text(None)
    said = Html("")
    for part in line.told.split("\n"):
        said += paragraph(part)
    return said
