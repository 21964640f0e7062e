"""The filled registration form (备案登记表) of each project, ready to be entered into the city's platform.

It holds what 第十六条第（一）至（三）项 ask of a filing: what the workbook says of each field, 未提供
where it says nothing, and the article that asks for it. Nothing is judged here.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from zwxm_core.facts import Facts, Table
from zwxm_core.money import wan_text
from zwxm_core.portfolio import Portfolio, schema
from zwxm_core.portfolio.files import write_atomically
from zwxm_core.reporting.summary import FOOTER, MADE, wan_number
from zwxm_core.rulesets import RuleSet
from zwxm_core.tables import clean

TITLE = "政务信息化项目备案登记表"
MISSING, SEE_MATERIAL = "未提供", "见材料"
PARTS = {"16.1.1": "basics_items", "16.1.2": "technical_items", "16.1.3": "funding_items"}
"""Clause -> the rule set's list of what it asks for."""
HEADERS = ("依据", "栏目", "内容", "金额（万元）", "材料")
WIDTHS = (20, 22, 38, 12, 27)
"""Widths that print on A4 portrait."""
POINTS, ROW_TEXT = 15, 400
"""Height of a line of text; characters of one row, which fit the greatest height of a row (409 points)."""


class Line(NamedTuple):
    """One line of the form: the clause that asks for it, the field, what is said (None: nothing), 分,
    and what the sheet 材料 says of it.
    """

    clause: str
    item: str
    text: str | None = None
    amount: int | None = None
    material: str | None = None

    @property
    def told(self) -> str:
        """What stands under 内容."""
        if self.text is not None or self.amount is not None:
            return self.text or ""
        return SEE_MATERIAL if self.material not in (None, "缺") else MISSING


class Source(NamedTuple):
    """One project of a portfolio and the texts written about it."""

    facts: Facts
    row: int
    texts: dict[str, str]

    def said(self, name: str) -> str | None:
        """A field of 项目 as text."""
        value = self.facts.projects.columns[name].at(self.row)
        return None if value is None else str(value)

    def amount(self, name: str) -> int | None:
        return self.facts.projects.columns[name].at(self.row)

    def rows(self, sheet: str) -> tuple[Table, list[int]]:
        """A sheet and its rows of this project."""
        table = self.facts.tables[sheet]
        if table.parent is not None:
            return table, np.flatnonzero(table.parent == self.row).tolist()
        owner, id_ = table.columns["project"], str(self.facts.ids[self.row])
        return table, [i for i in range(table.n) if owner.known[i] and str(owner.values[i]) == id_]

    def cells(self, sheet: str, name: str) -> str | None:
        """The different values of one column of a sheet."""
        table, rows = self.rows(sheet)
        values = (table.columns[name].at(row) for row in rows)
        return "、".join(dict.fromkeys(str(v) for v in values if v is not None)) or None


# What the workbook says of each field ----------------------------------------------------


def _joined(*parts: str | None) -> str | None:
    return "\n".join(p for p in parts if p) or None


def _field(name: str) -> Callable[[Source], list[tuple[str | None, int | None]]]:
    return lambda source: [(source.said(name), None)]


def _grounds(source: Source) -> list:
    texts = (source.texts.get(k) for k in ("建设依据", "必要性"))
    return [(_joined(*texts), None)]


def _goals(source: Source) -> list:
    table, rows = source.rows("indicators")
    told = []
    for row in rows:
        name, goal, unit = (table.columns[c].at(row) for c in ("indicator", "target", "unit"))
        told.append(f"{name or MISSING}：目标值 {MISSING if goal is None else goal}{unit or ''}")
    return [(_joined(*told), None)]


def _mode(source: Source) -> list:
    reasons = _joined(*(source.texts.get(k) for k in ("实施方式", "主要原因")))
    mode = source.said("mode")
    return [(f"{mode or MISSING}；主要原因：{reasons or MISSING}" if mode or reasons else None, None)]


def _resources(source: Source) -> list:
    table, rows = source.rows("resources")
    names = [(table.columns["resource"].at(r), table.columns["share_kind"].at(r)) for r in rows]
    told = [f"{name}（{kind or '共享属性' + MISSING}）" for name, kind in names if name not in (None, "无")]
    if told:
        return [(f"共 {len(told)} 项：{'、'.join(told)}", None)]
    return [("没有" if any(name == "无" for name, _ in names) else None, None)]


BUILDING, BUYING = "自行建设", "购买服务"
SHORT_FORMS = {"build_cost": BUILDING, "annual_om_cost": BUILDING, "annual_service_fee": BUYING}
"""Field of 项目 that states an amount -> the mode it belongs to; the other mode's is there to compare."""


def _of_mode(source: Source, mode: str | None) -> bool:
    chosen = source.said("mode")
    return chosen not in (BUILDING, BUYING) or mode in (chosen, None)


def _amounts(source: Source, *names: str) -> list:
    return [
        (schema.label("projects", name), source.amount(name))
        for name in names
        if source.amount(name) is not None and _of_mode(source, SHORT_FORMS.get(name))
    ]


def _investment(source: Source) -> list:
    lines = _amounts(source, "total_investment", "city_investment", "build_cost")
    return lines + _costs(source, lambda year: year == 0)


def _running(source: Source) -> list:
    return _amounts(source, "annual_om_cost", "annual_service_fee") + _costs(source, lambda year: year > 0)


def _costs(source: Source, wanted: Callable[[int], bool]) -> list:
    """The claimed amounts of the sheet 费用 by item and year, what was assessed beside them."""
    table, rows = source.rows("costs")
    c = table.columns
    lines = []
    for row in rows:
        year = c["year"].at(row)
        if year is None or not wanted(year) or not _of_mode(source, c["mode"].at(row)):
            continue
        claimed, assessed = c["claimed"].at(row), c["assessed"].at(row)
        told = " ".join(filter(None, (c["item"].at(row), f"第 {year} 年" if year else "")))
        if assessed is not None and assessed != claimed:
            told += f"（审定 {wan_text(assessed)} 万元）"
        lines.append((told if claimed is not None else f"{told} 申报金额{MISSING}", claimed))
    return lines


def _channels(source: Source) -> list:
    """What is claimed of each source of funds, building apart from running."""
    table, rows = source.rows("costs")
    c = table.columns
    sums: dict[str, int] = {}
    for row in rows:
        claimed, year = c["claimed"].at(row), c["year"].at(row)
        if claimed is not None and _of_mode(source, c["mode"].at(row)):
            use = "年次" + MISSING if year is None else "运行维护" if year else "投资"
            channel = f"{use}：{c['fund_source'].at(row) or '经费渠道' + MISSING}"
            sums[channel] = sums.get(channel, 0) + claimed
    return list(sums.items())


FIELDS: dict[str, Callable[[Source], list]] = {
    "项目名称": _field("name"),
    "项目单位": _field("unit"),
    "建设依据和必要性": _grounds,
    "绩效目标": _goals,
    "拟采用的实施方式及主要原因": _mode,
    "信息资源目录": _resources,
    "政务云需求方案": lambda source: [(source.cells("systems", "cloud_resources"), None)],
    "等级保护方案": lambda source: [(source.cells("systems", "level_protection"), None)],
    "投资额度": _investment,
    "运行维护经费": _running,
    "经费渠道": _channels,
}
"""Item of the rule set -> what the workbook says of it, beside the text and the material of that name."""


def _material(source: Source, clause: str, item: str) -> str | None:
    """What the sheet 材料 says of the item: filed under which number, or known to be missing."""
    table, rows = source.rows("materials")
    c = table.columns
    for row in rows:
        if (c["clause"].at(row), c["item"].at(row)) == (clause, item) and c["provided"].known[row]:
            if not c["provided"].values[row]:
                return "缺"
            return "，".join(filter(None, (c["reference"].at(row), c["on"].at(row)))) or "已提供"
    return None


def form_lines(portfolio: Portfolio, row: int, ruleset: RuleSet) -> list[Line]:
    """The lines of one project's form, in the order of the law.

    Parameters
    ----------
    portfolio : Portfolio
    row : int
        Row of the project in ``portfolio.facts``.
    ruleset : RuleSet
        Its lists name the fields (第十六条第（一）至（三）项).
    """
    facts = portfolio.facts
    id_ = str(facts.ids[row])
    texts = {
        str(n["section"]): str(n["text"])
        for n in portfolio.narrative
        if n.get("project") == id_ and "section" in n and "text" in n
    }
    source = Source(facts, row, texts)
    lines = list(_head(source))
    terms = ruleset.terms()
    for clause, name in PARTS.items():
        for item in getattr(terms, name):
            lines += _lines(source, clause, item)
    return lines


def _head(source: Source) -> Iterator[Line]:
    yield Line("9.1", "项目编号", str(source.facts.ids[source.row]))
    for name in ("registration_no", "provincial_code"):
        yield Line("9.1", schema.label("registrations", name), source.cells("registrations", name))
    yield Line("9.1", schema.label("projects", "registered_on"), source.said("registered_on"))
    yield Line("2.1", schema.label("projects", "category"), source.said("category"))
    yield Line("18.1", schema.label("projects", "approval_path"), source.said("approval_path"))


def _lines(source: Source, clause: str, item: str) -> Iterator[Line]:
    """What is said of one item: its own text and the workbook's fields, then amounts line by line."""
    said = FIELDS[item](source) if item in FIELDS else []
    text = _joined(source.texts.get(item), *(told for told, fen in said if fen is None))
    lines = [Line(clause, item, told, fen) for told, fen in said if fen is not None]
    if text or not lines:
        lines.insert(0, Line(clause, item, text))
    yield lines[0]._replace(material=_material(source, clause, item))
    yield from lines[1:]


# The workbook ----------------------------------------------------------------------------


def forms(portfolio: Portfolio, rows: list[int], ruleset: RuleSet) -> bytes:
    """The forms of some projects as a workbook, one sheet each; text stays text.

    Parameters
    ----------
    portfolio : Portfolio
    rows : list of int
        Rows of the projects in ``portfolio.facts``.
    ruleset : RuleSet
    """
    import xlsxwriter

    target = io.BytesIO()
    options = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    }  # fmt: skip
    with xlsxwriter.Workbook(target, options) as book:
        book.set_properties({"title": TITLE, "created": MADE})
        styles = _styles(book)
        taken: set[str] = set()
        for row in rows:
            sheet = book.add_worksheet(_sheet_name(str(portfolio.facts.ids[row]), taken))
            _write(sheet, styles, form_lines(portfolio, row, ruleset), portfolio, ruleset)
    return target.getvalue()


def write_forms(out: Path, portfolio: Portfolio, rows: list[int], ruleset: RuleSet) -> Path:
    """Write the forms of some projects (``zwxm form --out``), as Word where the name ends in .docx."""
    if out.suffix.lower() == ".docx":
        from zwxm_core.reporting.registration_word import forms_docx

        return write_atomically(out, forms_docx(portfolio, rows, ruleset))
    return write_atomically(out, forms(portfolio, rows, ruleset))


def _sheet_name(id_: str, taken: set[str]) -> str:
    """A worksheet's name made of the project's number: what Excel forbids is replaced, none twice."""
    name = re.sub(r"[\[\]:*?/\\]", "_", clean(id_)).strip("' ")[:31] or "项目"
    name = name if name.lower() != "history" else "项目 " + name  # Excel keeps this one for itself
    number = 2
    unique = name
    while unique.lower() in taken:
        unique = f"{name[: 31 - len(str(number)) - 1]}_{number}"
        number += 1
    taken.add(unique.lower())
    return unique


def _styles(book) -> dict:
    font = {
        "font_name": "宋体", "font_size": 11, "valign": "vcenter", "text_wrap": True, "border": 1,
        "border_color": "#9AA7B4", "num_format": "@",
    }  # fmt: skip
    return {
        "title": book.add_format({"font_name": "黑体", "font_size": 16, "align": "center", "valign": "vcenter"}),
        "head": book.add_format({**font, "bold": True, "bg_color": "#E8EEF4", "align": "center"}),
        "cell": book.add_format(font),
        "missing": book.add_format({**font, "italic": True, "font_color": "#7A4B00", "bg_color": "#FFF6E0"}),
        "money": book.add_format({**font, "num_format": "#,##0.00####"}),
        "note": book.add_format({"font_name": "宋体", "font_size": 9, "font_color": "#5A6672", "text_wrap": True}),
    }  # fmt: skip


def _write(sheet, styles: dict, lines: list[Line], portfolio: Portfolio, ruleset: RuleSet) -> None:
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    sheet.set_row(0, 30)
    sheet.merge_range(0, 0, 0, len(HEADERS) - 1, TITLE, styles["title"])
    for column, name in enumerate(HEADERS):
        sheet.write_string(1, column, name, styles["head"])
    rows = [row for line in lines for row in _in_rows(line)]
    for at, line in enumerate(rows, 2):
        _write_line(sheet, styles, at, line, ruleset.clauses[line.clause].cite)
    _feet(sheet, styles, len(rows) + 2, lines, portfolio, ruleset)
    _page(sheet)


def _write_line(sheet, styles: dict, at: int, line: Line, cite: str) -> None:
    """One row of the form, as high as its longest cell needs: not every program finds the height itself."""
    texts = (cite, clean(line.item), line.told, None, line.material or "")
    for column, text in enumerate(texts):
        if text:
            lacks = column == 2 and MISSING in text
            sheet.write_string(at, column, text, styles["missing" if lacks else "cell"])
        else:
            sheet.write_blank(at, column, None, styles["cell"])
    if line.amount is not None:
        sheet.write_number(at, 3, wan_number(line.amount), styles["money"])
    lines = max(_height(text, width) for text, width in zip(texts, WIDTHS, strict=True) if text is not None)
    sheet.set_row(at, POINTS * lines + 4)


def _height(text: str, width: int) -> int:
    """Lines that a text takes in a column, a Chinese character two places wide."""
    return sum(max(1, math.ceil(_places(part) / (width - 2))) for part in text.split("\n"))


def _places(text: str) -> int:
    return sum(2 if ord(c) > 0x2E7F or c in "—…“”‘’·" else 1 for c in text)


def _in_rows(line: Line) -> Iterator[Line]:
    """A line as rows of the sheet, each low enough for a page; a long text goes on in the next row."""
    text = "\n".join(clean(part) for part in (line.text or "").split("\n"))
    material = None if line.material is None else clean(line.material, ROW_TEXT // 2)
    if line.text is None:
        yield line._replace(material=material)
        return
    pieces = [text[i : i + ROW_TEXT] for i in range(0, len(text), ROW_TEXT)] or [""]
    yield line._replace(text=pieces[0], material=material)
    yield from (Line(line.clause, f"{line.item}（续）", piece) for piece in pieces[1:])


def notes(lines: list[Line], portfolio: Portfolio, ruleset: RuleSet) -> list[str]:
    """What stands below a form: what is not provided, what the amounts are, where they come from."""
    missing = list(dict.fromkeys(line.item for line in lines if MISSING in line.told))
    return [
        f"未提供的栏目 {len(missing)} 项" + (f"：{'、'.join(missing)}" if missing else "") + "。",
        "金额为申报金额；所列栏目为办法列明的内容，条文均以“等”收尾，平台另有要求的从其要求。",
        f"数据：{clean(portfolio.path.name)}（{portfolio.sha256[:12]}）；规则集：{ruleset.name} 第 {ruleset.version} 版。",
    ]


def _feet(sheet, styles: dict, at: int, lines: list[Line], portfolio: Portfolio, ruleset: RuleSet) -> None:
    signed = "填报人：　　　　　　　　　审核人：　　　　　　　　　填报日期：　　　　　　　　　（盖章）"
    for offset, note in enumerate([*notes(lines, portfolio, ruleset), signed]):
        sheet.merge_range(at + offset, 0, at + offset, len(HEADERS) - 1, "", styles["note"])
        sheet.write_string(at + offset, 0, note, styles["note"])
        sheet.set_row(at + offset, POINTS * _height(note, sum(WIDTHS)))


def _page(sheet) -> None:
    sheet.set_paper(9)
    sheet.set_portrait()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.6, right=0.6, top=0.7, bottom=0.7)
    sheet.center_horizontally()
    sheet.repeat_rows(1)
    sheet.freeze_panes(2, 0)
    sheet.set_footer(FOOTER)
