"""The table of cuts (核减表) as a sheet with live formulas, beside the comparison."""

from __future__ import annotations

from zwxm_core.economics import reductions
from zwxm_core.facts import Facts
from zwxm_core.reporting.summary import CELL, FOOTER
from zwxm_core.tables import clean

HEADS = ("项目编号", "方式", "费用项", "年次", "申报金额", "审定金额", "核减金额", "核减率", "核减理由")
FIRST = 4  # row of the first line, counted from 1
TITLE = "核减表"


def write_cuts(sheet, style: dict, facts: Facts) -> None:
    """One row a cost line, then sums by project, mode and item, and by project and mode; amounts 元.

    A line without an assessed amount stands as claimed, one without a claim is 未填; a sum that
    lacks an amount is 待核.
    """
    for column, width in zip("ABCDEFGHI", (16, 12, 26, 8, 16, 16, 16, 10, 40), strict=True):
        sheet.set_column(f"{column}:{column}", width)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(FIRST - 2)
    sheet.set_footer(FOOTER)
    sheet.write_string("A1", "申报、审定和核减", style["title"])
    sheet.write_string("A2", "没有写审定金额的按申报金额计；核减为负即核增。金额单位：元。", style["note"])
    for place, text in enumerate(HEADS):
        sheet.write_string(FIRST - 2, place, text, style["head"])
    row, sums = FIRST, []
    for at in range(facts.n):
        cuts = reductions(facts, at)
        project = str(facts.ids[at])
        for line in cuts["lines"]:
            _line(sheet, style, row, project, line)
            row += 1
        sums += [(project, one, "ABC") for one in cuts["items"]] + [
            (project, one, "AB") for one in cuts["modes"]
        ]
    last = max(row - 1, FIRST)
    sheet.merge_range(row, 0, row, len(HEADS) - 1, "按项目、方式和费用项合计", style["head"])
    for at, (project, one, by) in enumerate(sums, row + 2):
        _sum(sheet, style, at, project, one, by, last)
    sheet.freeze_panes(FIRST - 1, 1)


def _line(sheet, style: dict, row: int, project: str, line) -> None:
    reason = line.reason or ("未提供" if line.cut else None)
    for column, value in (("A", project), ("B", line.mode), ("C", line.item), ("I", reason)):
        text_cell(sheet, f"{column}{row}", value, style["text"])
    _number(sheet, f"D{row}", line.year, style["whole"], style["text"])
    for column, fen in (("E", line.claimed), ("F", line.assessed)):
        _number(sheet, f"{column}{row}", None if fen is None else fen / 100, style["money"], style["text"])
    _cut(sheet, style, row, line)


def _sum(sheet, style: dict, row: int, project: str, one, by: str, last: int) -> None:
    for column, value in (("A", project), ("B", one.mode), ("C", one.item), ("D", None), ("I", None)):
        text_cell(sheet, f"{column}{row}", value, style["text"])
    for column, fen in (("E", one.claimed), ("F", one.assessed)):
        if fen is None:
            sheet.write_string(f"{column}{row}", "待核", style["text"])
            continue
        wanted = ",".join(f"${c}${FIRST}:${c}${last},{c}{row}" for c in by)
        summed = f"=ROUND(SUMIFS({column}${FIRST}:{column}${last},{wanted}),2)"
        sheet.write_formula(f"{column}{row}", summed, style["money"], fen / 100)
    _cut(sheet, style, row, one)


def _cut(sheet, style: dict, row: int, one) -> None:
    if one.cut is None:
        for column in "GH":
            sheet.write_string(f"{column}{row}", "待核", style["text"])
        return
    sheet.write_formula(f"G{row}", f"=ROUND(E{row}-F{row},2)", style["money"], one.cut / 100)
    ratio = "没有申报金额" if one.ratio is None else float(one.ratio)
    sheet.write_formula(f"H{row}", f'=IF(E{row}=0,"没有申报金额",G{row}/E{row})', style["percent"], ratio)


def text_cell(sheet, cell: str, value: str | None, style) -> None:
    """A text, or an empty cell with its lines."""
    if value:
        sheet.write_string(cell, clean(value, CELL), style)
    else:
        sheet.write_blank(cell, None, style)


def _number(sheet, cell: str, value, style, words) -> None:
    if value is None:
        sheet.write_string(cell, "未填", words)
    else:
        sheet.write_number(cell, value, style)
