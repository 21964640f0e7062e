"""The comparison of building and buying as a workbook that can be followed (比较底稿).

Every figure is a live formula over the cost lines of the same sheet; the value computed here
is stored beside it, so that a viewer that does not calculate shows it too. Amounts are 元.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path

from zwxm_core.economics import BUILD, PURCHASE, TIMING, discount_factors
from zwxm_core.economics.costs import HEADS, SERVICE
from zwxm_core.economics.discounting import LEAD
from zwxm_core.facts import Facts
from zwxm_core.portfolio.files import write_atomically
from zwxm_core.reporting.apart_sheets import SHARES, TAX, write_shares, write_tax
from zwxm_core.reporting.cuts_sheet import TITLE, text_cell, write_cuts
from zwxm_core.reporting.summary import CELL, FOOTER, MADE
from zwxm_core.rulesets import RuleSet
from zwxm_core.tables import clean

LINES_BELOW = 4  # rows between the yearly table and the cost lines
FIRST_YEAR = 24  # row of year 0, counted from 1

INPUTS = {"life": 3, "rate": 4, "timing": 5, "lead": 6, "floor": 7}
TOTALS = {
    "total": 10, "present": 11, "equal": 12, "saving": 13, "ratio": 14, "flip": 15, "verdict": 16, "others": 17,
    "fee": 18, "crossover": 19,
}  # fmt: skip


def write_comparisons(out: Path, result: dict, facts: Facts, ruleset: RuleSet) -> Path:
    """Write comparisons as a workbook with live formulas (``zwxm compare --out``).

    Parameters
    ----------
    out : Path
    result : dict
        Of `zwxm_core.comparing.comparisons`.
    facts : Facts
        The same projects.
    ruleset : RuleSet
        Whose threshold was applied.
    """
    return write_atomically(out, comparison_book(result, facts, ruleset))


def comparison_book(result: dict, facts: Facts, ruleset: RuleSet) -> bytes:
    """The bytes of the workbook: a first sheet with one row a project, then a sheet each."""
    import xlsxwriter

    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    floor = ruleset.terms().purchase_clearly_less
    with xlsxwriter.Workbook(target, options) as book:
        book.set_properties({"title": "自建与购买经济性比较底稿", "created": MADE})
        style = _styles(book)
        first = book.add_worksheet("汇总")
        if facts.costs.n:
            write_cuts(book.add_worksheet(TITLE), style, facts)
        names = [_sheet_name(i, one["project"]) for i, one in enumerate(result["comparisons"], 1)]
        for row, (name, one) in enumerate(zip(names, result["comparisons"], strict=True)):
            if not _priced(one):
                continue
            life = facts.service_life.at(row)
            _Project(book.add_worksheet(name), style, one, life, floor).write(facts.name.at(row))
        _apart(book, style, names, result["comparisons"], facts)
        _overview(first, style, names, result, facts, ruleset)
    return target.getvalue()


def _apart(book, style: dict, names: Sequence[str], comparisons: Sequence[dict], facts: Facts) -> None:
    """The sheets of value-added tax and of shares, where there is anything to tell."""
    taxed, shared = [], []
    for row, (name, one) in enumerate(zip(names, comparisons, strict=True)):
        if _priced(one):
            of = _Project(None, style, one, facts.service_life.at(row), None)
            gross = partial(_gross, of, name)
            taxed += [(one, tax, gross) for tax in one.get("vat", ())]
        shared += [(one["project"], pool) for pool in (one["sharing"] or {}).get("pools", ())]
    if taxed:
        write_tax(book.add_worksheet(TAX), style, taxed)
    if shared:
        write_shares(book.add_worksheet(SHARES), style, shared)


def _gross(of: _Project, name: str, mode: str, item: str) -> str:
    """The counted lines of a mode and of the item that a cell names, from the project's sheet."""
    spans = [f"'{name}'!{of.span(column, True)}" for column in "EFAC"]
    return f'=ROUND(SUMIFS({spans[0]},{spans[1]},1,{spans[2]},"{mode}",{spans[3]},{item}),2)'


def _priced(one: dict) -> bool:
    """Whether the project has any amount to compare."""
    return any(flow["amount"] is not None for flow in one["cash_flows"])


def _sheet_name(number: int, project: str) -> str:
    return f"{number}_{re.sub(r'[^0-9A-Za-z一-鿿-]', '', project)}"[:31]


def _styles(book) -> dict:
    font = {"font_name": "宋体", "font_size": 11, "valign": "vcenter"}
    line = {"border": 1, "border_color": "#9AA7B4"}
    return {
        "title": book.add_format({**font, "bold": True, "font_size": 14}),
        "head": book.add_format({**font, **line, "bold": True, "bg_color": "#E8EEF4", "text_wrap": True}),
        "text": book.add_format({**font, **line, "text_wrap": True, "num_format": "@"}),
        "plain": book.add_format(font),
        "note": book.add_format({**font, "font_color": "#5A6672", "font_size": 10}),
        "money": book.add_format({**font, **line, "num_format": "#,##0.00"}),
        "input": book.add_format({**font, **line, "bg_color": "#FFF8E1", "num_format": "General"}),
        "rate": book.add_format({**font, **line, "bg_color": "#FFF8E1", "num_format": "0.00%"}),
        "percent": book.add_format({**font, **line, "num_format": "0.00%"}),
        "factor": book.add_format({**font, **line, "num_format": "0.000000"}),
        "whole": book.add_format({**font, **line, "num_format": "0"}),
    }


class _Project:
    """One project's sheet: inputs, answers, yearly table, cost lines."""

    def __init__(self, sheet, style: dict, one: dict, life: int | None, floor: Fraction | None):
        self.sheet, self.style, self.one, self.life, self.floor = sheet, style, one, life, floor
        self.flows = [flow for flow in one["cash_flows"] if flow["year"] is not None]
        self.undated = [flow for flow in one["cash_flows"] if flow["year"] is None]
        last = max([life or 0, *(flow["year"] for flow in self.flows)])
        self.years = range(last + 1)
        self.last_year = FIRST_YEAR + last
        self.first_line = self.last_year + LINES_BELOW
        self.last_line = self.first_line + max(len(one["cash_flows"]), 1) - 1
        self.known = one["saving"] is not None and life is not None

    def put(self, cell: str, formula: str, value, kind: str = "money") -> None:
        """A formula with its value; 待核 in words where the figure is not known."""
        if value is None:
            self.sheet.write_string(cell, "待核", self.style["text"])
        else:
            self.sheet.write_formula(cell, formula, self.style[kind], value)

    def write(self, name: str | None) -> None:
        """Everything, from the top."""
        sheet, style = self.sheet, self.style
        sheet.set_column("A:A", 30)
        sheet.set_column("B:H", 17)
        sheet.set_column("I:I", 12)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(FOOTER)
        sheet.write_string(
            "A1", clean(f"{self.one['project']}　{name or ''}　自建与购买经济性比较", CELL), style["title"]
        )
        sheet.write_string(
            "A2", "黄底为假设；其余数字都是公式，改动假设或下方费用行即重算。金额单位：元。", style["note"]
        )
        self.inputs()
        self.answers()
        self.yearly()
        self.lines()

    def inputs(self) -> None:
        """What is assumed."""
        assumed, sheet, style = self.one["assumptions"], self.sheet, self.style
        floor = self.floor
        rows = {
            "life": ("使用期限（年）", self.life, "项目表“使用期限”"),
            "rate": ("折现率", assumed["rate"], "规则集参数，只用于现值"),
            "timing": ("折现时点", TIMING[assumed["timing"]], "第 0 年为投入使用以前，不折现"),
            "lead": ("早于年末的年数", LEAD[assumed["timing"]], "年末 0，年中 0.5，年初 1"),
            "floor": ("“明显小于”的节约率下限", None if floor is None else float(floor), "规则集口径，条文没有数字；C、D 列为分子、分母"),
        }  # fmt: skip
        for key, (label, value, note) in rows.items():
            at = INPUTS[key]
            sheet.write_string(f"A{at}", label, style["text"])
            if value is None:
                sheet.write_string(f"B{at}", "未设定" if key == "floor" else "未提供", style["input"])
            else:
                sheet.write(f"B{at}", value, style["rate" if key in ("rate", "floor") else "input"])
            sheet.write_string(f"E{at}", note, style["note"])
        if floor is not None:
            sheet.write_number(f"C{INPUTS['floor']}", floor.numerator, style["input"])
            sheet.write_number(f"D{INPUTS['floor']}", floor.denominator, style["input"])

    def span(self, column: str, lines: bool = False) -> str:
        """A column of the cost lines, or of the yearly table."""
        first, last = (self.first_line, self.last_line) if lines else (FIRST_YEAR, self.last_year)
        return f"${column}${first}:${column}${last}"

    def summed(self, *pairs: str) -> str:
        """Sum of the counted lines that meet the pairs (column, criterion, …)."""
        met = [f"{self.span(c, True)},{v}" for c, v in zip(pairs[::2], pairs[1::2], strict=True)]
        return f"ROUND(SUMIFS({self.span('E', True)},{self.span('F', True)},1,{','.join(met)}),2)"

    def answers(self) -> None:
        """Totals, present values, saving, verdict and break-even."""
        one, at, sheet = self.one, TOTALS, self.sheet
        for column, text in zip("ABCE", ("项目", "自建", "购买", "算法"), strict=True):
            sheet.write_string(f"{column}9", text, self.style["head"])
        labels = {
            "total": ("总额（名义）", "计入的费用行相加"), "present": ("现值", "各年现值相加"),
            "equal": ("年均等额成本", "现值 ÷ 第 1 年至使用期限的折现系数之和"), "saving": ("节约额", "自建总额 − 购买总额"),
            "ratio": ("节约率", "节约额 ÷ 自建总额"), "flip": ("翻转阈值", "下限高于此数时结论翻转"),
            "verdict": ("是否达到下限", "节约额 × 分母 ≥ 自建总额 × 分子（按分比较）"),
            "others": ("购买：年服务费以外的费用", ""), "fee": ("盈亏平衡年服务费", "（自建总额 − 其他购买费用）÷ 年数，舍到分"),
            "crossover": ("累计费用交叉年", "购买累计首次超过自建的年次"),
        }  # fmt: skip
        for key, (label, how) in labels.items():
            sheet.write_string(f"A{at[key]}", label, self.style["text"])
            if how:
                sheet.write_string(f"E{at[key]}", how, self.style["note"])
        yuan = {
            key: None if one[key] is None else one[key] / 100
            for key in ("build_total", "service_total", "saving", "break_even_fee")
        }
        self.put(f"B{at['total']}", "=" + self.summed("A", f'"{BUILD}"'), yuan["build_total"])
        self.put(f"C{at['total']}", "=" + self.summed("A", f'"{PURCHASE}"'), yuan["service_total"])
        factors = f'SUMIFS({self.span("F")},{self.span("A")},">=1",{self.span("A")},"<="&$B${INPUTS["life"]})'
        for column, flow, mode in (("B", "G", "build"), ("C", "H", "purchase")):
            self.put(f"{column}{at['present']}", f"=SUM({self.span(flow)})", one[f"npv_{mode}"])
            self.put(f"{column}{at['equal']}", f"={column}{at['present']}/{factors}", one[f"eac_{mode}"])
        self.verdict(yuan)

    def verdict(self, yuan: dict) -> None:
        """From the two totals to the conclusion."""
        one, at = self.one, TOTALS
        total, saving, others = f"B{at['total']}", f"B{at['saving']}", f"B{at['others']}"
        ratio = one["saving_ratio"]
        held = None if ratio is None else ratio["num"] / ratio["den"]
        self.put(saving, f"={total}-C{at['total']}", yuan["saving"])
        self.put(f"B{at['ratio']}", f'=IF({total}>0,{saving}/{total},"")', held, "percent")
        flip = None if held is None else held if held > 0 else "没有"
        self.put(f"B{at['flip']}", f'=IF(AND({total}>0,{saving}>0),B{at["ratio"]},"没有")', flip, "percent")
        floor = INPUTS["floor"]
        held_at = f"ROUND({saving}*100,0)*D{floor}>=ROUND({total}*100,0)*C{floor}"
        text = f'=IF({saving}<=0,"购买不小于自建",IF(ISNUMBER(B{floor}),IF({held_at},"达到下限","未达到下限"),"下限未设定，待核"))'
        self.put(f"B{at['verdict']}", text, verdict_text(self.one, self.floor), "text")
        rest = self.summed("A", f'"{PURCHASE}"', "B", f'"<>{HEADS[SERVICE]}"')
        other = (
            sum(
                flow["amount"]
                for flow in one["cash_flows"]
                if flow["counted"] and flow["mode"] == PURCHASE and flow["head"] != HEADS[SERVICE]
            )
            if self.known
            else None
        )
        self.put(others, f"={rest}", None if other is None else other / 100)
        fee = f'=IF({total}>={others},INT(ROUND(({total}-{others})*100,0)/$B${INPUTS["life"]})/100,"没有")'
        even = self.either(yuan["break_even_fee"], "没有")
        self.put(f"B{at['fee']}", fee, even)
        crossed = None if self.undated else self.either(one["crossover_year"], "不交叉")
        self.put(
            f"B{at['crossover']}",
            f'=IFERROR(INDEX({self.span("A")},MATCH(1,{self.span("I")},0)),"不交叉")',
            crossed,
            "whole",
        )

    def either(self, value, none: str):
        """A figure that both totals decide: None (待核) until they are known, then it or a word for none."""
        return None if not self.known else none if value is None else value

    def yearly(self) -> None:
        """Flows, running totals, factors and present values by year."""
        heads = (
            "年次",
            "自建当年",
            "购买当年",
            "自建累计",
            "购买累计",
            "折现系数",
            "自建现值",
            "购买现值",
            "购买累计更高",
        )
        for column, text in zip("ABCDEFGHI", heads, strict=True):
            self.sheet.write_string(f"{column}{FIRST_YEAR - 1}", text, self.style["head"])
        assumed = self.one["assumptions"]
        rate = assumed["rate"] if assumed["rate"] is not None else 0.0
        factors = discount_factors(rate, list(self.years), assumed["timing"]).tolist()
        run = {BUILD: 0, PURCHASE: 0}
        for year, factor in zip(self.years, factors, strict=True):
            paid = {mode: self._paid(mode, year) for mode in run}
            run = {mode: run[mode] + paid[mode] for mode in run}
            self._year(FIRST_YEAR + year, year, paid, run, factor)

    def _paid(self, mode: str, year: int) -> int:
        return sum(
            flow["amount"] or 0
            for flow in self.flows
            if flow["mode"] == mode and flow["year"] == year and flow["counted"]
        )

    def _year(self, row: int, year: int, paid: dict, run: dict, factor: float) -> None:
        lead, rate = f"$B${INPUTS['lead']}", f"$B${INPUTS['rate']}"
        grows = (
            f"EXP(-{rate}*A{row})"
            if self.one["assumptions"]["timing"] == "continuous"
            else f"(1+{rate})^-(A{row}-{lead})"
        )
        self.sheet.write_number(f"A{row}", year, self.style["whole"])
        for column, total, present, mode in (("B", "D", "G", BUILD), ("C", "E", "H", PURCHASE)):
            self.put(f"{column}{row}", "=" + self.summed("A", f'"{mode}"', "D", f"A{row}"), paid[mode] / 100)
            self.put(f"{total}{row}", f"=SUM({column}${FIRST_YEAR}:{column}{row})", run[mode] / 100)
            self.put(f"{present}{row}", f"={column}{row}*F{row}", paid[mode] / 100 * factor)
        self.put(f"F{row}", f"=IF(A{row}=0,1,{grows})", factor, "factor")
        self.put(f"I{row}", f"=IF(ROUND(E{row}-D{row},2)>0,1,0)", int(run[PURCHASE] > run[BUILD]), "whole")

    def lines(self) -> None:
        """The cost lines, whether each counts and why not."""
        heads = ("方式", "类别", "费用项", "年次", "金额", "计入", "说明", "经费渠道")
        for column, text in zip("ABCDEFGH", heads, strict=True):
            self.sheet.write_string(f"{column}{self.first_line - 1}", text, self.style["head"])
        for row, flow in enumerate(self.one["cash_flows"], self.first_line):
            for column, value in (("A", flow["mode"]), ("B", flow["head"]), ("C", flow["item"])):
                self.sheet.write_string(f"{column}{row}", clean(value, CELL), self.style["text"])
            for column, value, kind in (("D", flow["year"], "whole"), ("E", flow["amount"], "money")):
                if value is None:
                    self.sheet.write_string(f"{column}{row}", "未填", self.style["text"])
                else:
                    self.sheet.write_number(
                        f"{column}{row}", value / 100 if column == "E" else value, self.style[kind]
                    )
            self.sheet.write_number(f"F{row}", int(flow["counted"] is True), self.style["whole"])
            for column, told in (("G", flow["note"]), ("H", flow["fund"])):
                text_cell(self.sheet, f"{column}{row}", told, self.style["text"])


def verdict_text(one: dict, floor: Fraction | None) -> str | None:
    """Whether the saving reaches the threshold, in words, to the 分; None where it is not known."""
    if one["saving"] is None:
        return None
    if one["saving"] <= 0:
        return "购买不小于自建"
    if floor is None:
        return "下限未设定，待核"
    return (
        "达到下限"
        if one["saving"] * floor.denominator >= one["build_total"] * floor.numerator
        else "未达到下限"
    )


OVERVIEW = (
    ("项目编号", None, "text"), ("项目名称", None, "text"), ("自建总额", ("B", "total", "build_total"), "money"),
    ("购买总额", ("C", "total", "service_total"), "money"), ("节约额", ("B", "saving", "saving"), "money"),
    ("节约率", ("B", "ratio", "saving_ratio"), "percent"), ("是否达到下限", ("B", "verdict", None), "text"),
    ("第十九条第（二）项结论", None, "text"),
)  # fmt: skip


def _overview(sheet, style: dict, names: Sequence[str], result: dict, facts: Facts, ruleset: RuleSet) -> None:
    sheet.set_column("A:A", 16)
    sheet.set_column("B:B", 32)
    sheet.set_column("C:H", 18)
    sheet.write_string("A1", "自建与购买经济性比较", style["title"])
    told = f"规则集 {ruleset.name}（{ruleset.id}，第 {ruleset.version} 版，指纹 {ruleset.sha256[:12]}）　评估日 {result['as_of']}　金额单位：元"
    sheet.write_string("A2", told, style["note"])
    for column, (text, *_) in enumerate(OVERVIEW):
        sheet.write_string(3, column, text, style["head"])
    for row, (name, one) in enumerate(zip(names, result["comparisons"], strict=True), 4):
        sheet.write_string(row, 0, clean(one["project"], CELL), style["text"])
        sheet.write_string(row, 1, clean(facts.name.at(row - 4) or "未提供", CELL), style["text"])
        for column, (_, place, kind) in enumerate(OVERVIEW):
            if place is not None and not _priced(one):
                sheet.write_string(row, column, "没有费用", style["text"])
            elif place is not None:
                at, key, field = place
                formula = f"='{name}'!{at}{TOTALS[key]}"
                sheet.write_formula(row, column, formula, style[kind], _held(one, field, ruleset))
        sheet.write_string(row, 7, one["finding"]["outcome"], style["text"])
    sheet.freeze_panes(4, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(3)
    sheet.set_footer(FOOTER)


def _held(one: dict, field: str | None, ruleset: RuleSet):
    """The value stored beside a formula of the first sheet."""
    if field is None:
        return verdict_text(one, ruleset.terms().purchase_clearly_less) or "待核"
    value = one[field]
    if value is None:
        return "待核"
    return value["num"] / value["den"] if field == "saving_ratio" else value / 100
