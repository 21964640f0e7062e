"""The findings of a portfolio as a workbook (汇总表): text stays text, the same findings give the same bytes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from zwxm_core.consequences import effect_text
from zwxm_core.money import FEN
from zwxm_core.portfolio import Portfolio, schema
from zwxm_core.portfolio.files import write_atomically
from zwxm_core.rulesets import RuleSet
from zwxm_core.tables import clean, fact_text, item_text, reading_text

MADE = datetime(2022, 6, 25)  # a fixed date: the same findings give the same bytes
CELL = 32_000
"""Characters a cell takes (Excel's limit is 32,767)."""

WIDEST, LINE, HIGHEST = 60, 15, 405
"""Letters of the widest column; points of a line, and of the highest row that Excel has."""

FOOTER = "&C第 &P 页，共 &N 页"
"""Of a printed sheet."""

Sheet = tuple[str, Sequence[str], Iterable[Sequence[object]]]
"""Title, headers, rows; a cell is text, an int or a float; None is left empty."""


def workbook(sheets: Iterable[Sheet]) -> bytes:
    """A workbook of plain tables: no formula, no link, whatever the texts say."""
    import xlsxwriter

    target = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(target, options) as book:
        book.set_properties({"title": "政务信息化项目评估汇总", "created": MADE})
        font = {"font_name": "宋体", "font_size": 11, "valign": "top", "text_wrap": True}
        head = book.add_format(
            {**font, "bold": True, "bg_color": "#E8EEF4", "border": 1, "border_color": "#9AA7B4"}
        )
        words = book.add_format({**font, "num_format": "@"})
        counts, amounts = (book.add_format({**font, "num_format": f}) for f in ("#,##0", "#,##0.00####"))
        for title, headers, rows in sheets:
            _write(book.add_worksheet(title), headers, list(rows), head, words, counts, amounts)
    return target.getvalue()


def _write(sheet, headers: Sequence[str], rows: list, head, words, counts, amounts) -> None:
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(8)  # A3: on A4 a dozen columns are too small to read
    sheet.fit_to_pages(1, 0)  # as wide as a page, as long as it is
    sheet.repeat_rows(0)
    sheet.set_footer(FOOTER)
    wide = [
        min(max(2 * len(name), *(_width(row[column]) for row in rows[:500]), 6) + 2, WIDEST)
        for column, name in enumerate(headers)
    ]
    for column, name in enumerate(headers):
        sheet.set_column(column, column, wide[column])
        sheet.write_string(0, column, name, head)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(headers) - 1)
    for at, row in enumerate(rows, 1):
        lines = max(-(-_width(value) // (room - 2)) for value, room in zip(row, wide, strict=True))
        if lines > 1:  # LibreOffice does not raise a row to its text by itself
            sheet.set_row(at, min(LINE * lines, HIGHEST))
        for column, value in enumerate(row):
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                sheet.write_number(at, column, value, counts if isinstance(value, int) else amounts)
            elif value is not None:
                sheet.write_string(at, column, clean(value, CELL), words)


def _width(value: object) -> int:
    """Width of a cell in Latin letters, of which a Chinese character takes two."""
    return 0 if value is None else len(str(value).encode("gb18030", "replace"))


def wan_number(fen: int | None) -> float | None:
    """Amount in 万元 as a workbook's number."""
    return None if fen is None else fen / FEN["万元"]


def finding_rows(assessment: dict, portfolio: Portfolio, ruleset: RuleSet | None) -> list[Sequence[object]]:
    """One row a finding or consequence, problems first."""
    facts = portfolio.facts.projects.columns
    at = {str(id_): row for row, id_ in enumerate(portfolio.facts.ids)}
    rows: list[Sequence[object]] = []
    for one in [*assessment["findings"], *assessment["consequences"]]:
        row, project = at.get(one["project"]), one["project"] or "（全单位）"
        name, unit = (None, one["unit"]) if row is None else (facts["name"].at(row), facts["unit"].at(row))
        what = effect_text(one) if "effect" in one else item_text(one.get("item"), one["clause"])
        readings = [reading_text(r, ruleset) for r in one["readings"]] if ruleset else []
        problem = one.get("problem", one["state"] is True)
        rows.append((
            project, name, unit, f"{one['cite']}　{what}" if "effect" in one else one["cite"] + what,
            one["outcome"], "是" if problem else "否", one["reason"],
            "；".join(_whose(fact, one) for fact in one["open_facts"]), "；".join(readings),
        ))  # fmt: skip
    return rows


def _whose(fact: dict, one: dict) -> str:
    """A missing fact, with the project it is missing of where that is another one."""
    other = fact["project"] not in (one["project"], None)
    return f"{fact['project']}：{fact_text(fact)}" if other else fact_text(fact)


FINDINGS = ("项目编号", "项目名称", "项目单位", "条款", "结论", "问题", "理由和算式", "缺的事实", "其他读法")
OPEN = ("工作表", "缺的事实", "要补什么", "牵动的结论数", "牵动的期限和后果数", "涉及项目数")
NEEDS = {"value": "填写", "evidence": "补认定人、依据、日期"}


def finding_sheets(assessment: dict, portfolio: Portfolio, ruleset: RuleSet | None = None) -> list[Sheet]:
    """The sheets 结论, 待补事实 and 说明."""
    missing = [
        (schema.sheet_label(f["sheet"]) if f["sheet"] != "ruleset" else "规则集", f["label"], NEEDS[f["needs"]],
         f["findings"], f["others"], f["projects"])
        for f in assessment["settling"]
    ]  # fmt: skip
    rules = assessment["ruleset"]
    about = [
        ("规则集", f"{rules['name']}（{rules['id']}，第 {rules['version']} 版）"), ("派生自", rules["base"] or "无"),
        ("规则集指纹", rules["sha256"]), ("评估日", assessment["as_of"]), ("数据文件", portfolio.path.name),
        ("数据文件指纹", portfolio.sha256), *(("读取说明", notice) for notice in portfolio.notices),
    ]  # fmt: skip
    return [
        ("结论", FINDINGS, finding_rows(assessment, portfolio, ruleset)),
        ("待补事实", OPEN, missing),
        ("说明", ("事项", "内容"), about),
    ]


def write_findings(out: Path, assessment: dict, portfolio: Portfolio, ruleset: RuleSet | None = None) -> Path:
    """Write the findings of `assess` as a workbook (``zwxm assess --out``).

    Parameters
    ----------
    out : Path
    assessment : dict
        Of `zwxm_core.assessment.assess`.
    portfolio : Portfolio
        What was assessed.
    ruleset : RuleSet or None
        Gives the other readings their wording; without it that column stays empty.
    """
    return write_atomically(out, workbook(finding_sheets(assessment, portfolio, ruleset)))
