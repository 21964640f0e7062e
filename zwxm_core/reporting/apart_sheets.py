"""Sheets beside a comparison: value-added tax shown apart (价税分离), shares of city and counties (市县分摊)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from zwxm_core.reporting.summary import CELL, FOOTER
from zwxm_core.tables import clean

TAX, SHARES = "价税分离", "市县分摊"
FIRST = 4  # row of the first line, counted from 1


def _begin(sheet, style: dict, title: str, note: str, heads: Sequence[str], widths: Sequence[int]) -> None:
    for place, (text, width) in enumerate(zip(heads, widths, strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(FIRST - 2, place, text, style["head"])
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(FIRST - 2)
    sheet.set_footer(FOOTER)
    sheet.write_string("A1", title, style["title"])
    sheet.write_string("A2", note, style["note"])
    sheet.freeze_panes(FIRST - 1, 1)


def write_tax(sheet, style: dict, rows: Sequence[tuple[dict, dict, Callable[[str, str], str]]]) -> None:
    """One row an item of a project: amount with tax, rate, price and tax, all but the rate as formulas.

    Parameters
    ----------
    rows : sequence of (comparison, row of ``vat``, formula of mode and item -> gross)
    """
    heads = ("项目编号", "方式", "费用项", "含税金额", "税率", "不含税", "其中增值税")
    note = "含税金额取自各项目的费用行；黄底税率为假设，改动即重算。条文比较的是含税总额。金额单位：元。"
    _begin(sheet, style, "价税分离", note, heads, (16, 12, 28, 18, 10, 18, 18))
    for at, (one, row, gross) in enumerate(rows, FIRST):
        cells = ("A", one["project"]), ("B", row["mode"]), ("C", row["item"])
        for column, value in cells:
            sheet.write_string(f"{column}{at}", clean(value, CELL), style["text"])
        if row["price"] is None:
            for column in "DEFG":
                sheet.write_string(f"{column}{at}", "待核", style["text"])
            continue
        sheet.write_formula(f"D{at}", gross(row["mode"], f"C{at}"), style["money"], row["gross"] / 100)
        sheet.write_number(f"E{at}", row["rate"], style["rate"])
        sheet.write_formula(f"F{at}", f"=ROUND(D{at}-G{at},2)", style["money"], row["price"] / 100)
        tax = f"=ROUND(D{at}*E{at}/(1+E{at}),2)"
        sheet.write_formula(f"G{at}", tax, style["money"], row["tax"] / 100)


def write_shares(sheet, style: dict, told: Sequence[tuple[str, dict]]) -> None:
    """One row a party, year and fund; then sums by party as formulas, beside the share of the whole.

    Parameters
    ----------
    told : sequence of (project id, pool of `zwxm_core.cost_sharing.shared_costs`)
    """
    heads = ("项目编号", "分摊项", "承担方", "权重", "年次", "经费渠道", "当年金额", "承担金额")
    note = "承担金额按规则集口径算到分，各年之和即全额的份额；合计为公式。金额单位：元。"
    _begin(sheet, style, "市县分摊", note, heads, (16, 18, 20, 10, 8, 20, 18, 18))
    at, last = FIRST, FIRST - 1 + sum(len(pool["rows"]) * len(pool["parties"]) for _, pool in told)
    for project, pool in told:
        for row in pool["rows"]:
            for party, weight, part in zip(pool["parties"], pool["weights"], row["parts"], strict=True):
                texts = ("A", project), ("B", pool["pool"]), ("C", party), ("F", row["fund"])
                for column, value in texts:
                    sheet.write_string(f"{column}{at}", clean(value, CELL), style["text"])
                for column, number in (("D", weight), ("E", row["year"])):
                    sheet.write_number(f"{column}{at}", number, style["whole"])
                for column, fen in (("G", row["amount"]), ("H", part)):
                    sheet.write_number(f"{column}{at}", fen / 100, style["money"])
                at += 1
    at += 1
    for project, pool in told:
        for party, part in zip(pool["parties"], pool["parts"], strict=True):
            for column, value in (("A", project), ("B", pool["pool"]), ("C", party), ("F", "合计")):
                sheet.write_string(f"{column}{at}", clean(value, CELL), style["text"])
            wanted = ",".join(f"${c}${FIRST}:${c}${last},{c}{at}" for c in "ABC")
            summed = f"=ROUND(SUMIFS($H${FIRST}:$H${last},{wanted}),2)"
            sheet.write_formula(f"H{at}", summed, style["money"], part / 100)
            at += 1
