"""The workbook to fill in, and the same form with data in it.

Both come from the data dictionary; the bytes depend on nothing else (fixed dates), and
no text in them can become a formula or a link.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from zwxm_core.money import FEN
from zwxm_core.portfolio import schema
from zwxm_core.portfolio.cells import NONE, date_of, number_of, parse_all, parser
from zwxm_core.portfolio.files import write_atomically
from zwxm_core.portfolio.planned import typical_items
from zwxm_core.portfolio.records import from_records, raw_tables

_MADE = datetime(2022, 6, 25)  # a fixed date: the same data gives the same bytes
_ROWS_WITH_LISTS = 2000
_GUIDE = "说明"
_ITEMS = "费用项参考"
_OWNER = {"projects": "id", "units": "unit"}  # the column that says whose row it is; elsewhere 项目编号

_GUIDANCE = [
    "怎样填写",
    "一张工作表一类事实，第 1 行是列名，从第 2 行起填写；用不到的表和列可以留空或删去，列名不要改。",
    "空白表示“不知道”；确知没有的写“无”，确知尚未发生的日期写“未”。不知道的事实不会被当成“否”。",
    "金额列的单位写在列名里，如“批复总投资（万元）”；改成“（元）”就按元读取。格内只写数字。",
    "日期写到日，如 2022-06-25 或 2022年6月25日。",
    "项目编号全表唯一，各表都用它与“项目”表相连。编号、条款等列已设为文本格式，不会丢掉前面的 0。",
    "列名为蓝色的是须人工认定的事项：除在格内填写外，还要在“认定”表写明认定人、依据、日期，缺一项仍按待核。",
    "先填层级、涉密、产生方式、项目类型、批复日等各条都要用的列；这些空着，多数条款只能待核。尚未发生的日期填“未”。",
    "填有备案登记台账、系统目录的，以台账、目录为准；项目表与它们矛盾，检查时会指出。",
    "费用可逐年写在“费用”表，也可一项一行写在“费用测算”；“费用项参考”列出两种方式常见的费用项、默认数及其依据，可抄入后改。",
    "报告里的手写段落写在“文字”表，编制单位、负责人、专家组、文号、日期写在“签署”表；模板里没有这两张表的，从完整的模板抄来即可，各种报告都采用。",
    "填好后先检查：zwxm check 文件名.xlsx",
]


def write_template(out, fields: Iterable[tuple[str, str]] | None = None) -> Path:
    """Write the empty workbook.

    Parameters
    ----------
    out : str or Path
        Where to write.
    fields : iterable of (sheet, field), optional
        Columns to keep; the columns that tell rows apart are always added, and the sheet
        认定 where a judgement is among them. Without it: every column of every sheet.

    Returns
    -------
    Path
        ``out``.
    """
    return write_atomically(out, _workbook(_chosen(fields), {}, "万元", guide=True))


def write_workbook(out, records: dict[str, list[dict]], unit: str = "万元", fields=None) -> Path:
    """Write rows in the form of the template; reading it gives the same facts, to the 分.

    Parameters
    ----------
    out : str or Path
        Where to write.
    records : dict of str to list of dict
        As for `zwxm_core.portfolio.from_records` (money as int 分). Evidence beside a judgement
        becomes a row of the sheet 认定.
    unit : {"万元", "元", "百万元"}
        Unit of the money columns.
    fields : iterable of (sheet, field), optional
        Columns to write even where no row fills them.

    Raises
    ------
    InputError
        The rows themselves would be refused.
    """
    from_records(records)  # refuses what a reader would refuse
    inline: list[tuple] = []
    cells = {}
    for sheet, raw in raw_tables(records, "分", inline).items():
        cells[sheet] = {n: parse_all(c.cells, parser(c.field, c.unit))[0] for n, c in raw.columns.items()}
    _add_judgements(cells, inline)
    used = {
        (s, name) for s, columns in cells.items() for name, column in columns.items() if set(column) != {None}
    }
    return write_atomically(out, _workbook(_chosen(used | set(fields or ())), cells, unit, guide=False))


def _add_judgements(cells: dict[str, dict[str, list]], inline: list[tuple]) -> None:
    """A row of 认定 for each cell that came with its evidence."""
    if not inline:
        return
    book = cells.setdefault("judgements", {})
    before = max(map(len, book.values()), default=0)
    for name in schema.fields("judgements"):
        book.setdefault(name, [None] * before)
    for sheet, at, name, evidence in inline:
        row = {n: column[at] for n, column in cells[sheet].items()}
        keys = [row.get(key) for key in schema.sheets()[sheet].row]
        line = {
            "sheet": schema.sheet_label(sheet),
            "unit" if sheet == "units" else "project": row[_OWNER.get(sheet, "project")],
            "row": "/".join("" if key is None else str(key) for key in keys) if any(keys) else None,
            "field": schema.label(sheet, name),
            "value": _text(row[name]),
            "by": evidence.by,
            "basis": evidence.basis,
            "on": date_of(evidence.on),
        }
        for key, column in book.items():
            column.append(line.get(key))


def _text(value) -> str:
    """A typed value as a cell of text."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, frozenset):
        return "、".join(sorted(value)) or NONE
    return str(value)


def _chosen(fields: Iterable[tuple[str, str]] | None) -> dict[str, list[schema.Field]]:
    """Columns by sheet, in dictionary order."""
    if fields is None:
        return {s.name: list(s.fields.values()) for s in schema.sheets().values()}
    wanted = set(fields)
    specs = [schema.fields(sheet)[name] for sheet, name in wanted]
    judged = any(spec.judged for spec in specs)
    chosen = {}
    for sheet in schema.sheets().values():
        keys = {"id", "project", *sheet.row} if sheet.name != "units" else {"unit"}
        needed = any(s == sheet.name for s, _ in wanted) or sheet.name == "projects"
        if sheet.name == "judgements" and judged:
            chosen[sheet.name] = list(sheet.fields.values())
        elif needed:
            chosen[sheet.name] = [
                f for f in sheet.fields.values() if (sheet.name, f.name) in wanted or f.name in keys
            ]
    return chosen


def _workbook(chosen: dict, cells: dict, unit: str, guide: bool) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": "政务信息化项目事实表", "created": _MADE})
        book.set_size(1600, 1000)
        formats = _formats(book)
        if guide:
            _write_guide(book, formats, chosen)
        for sheet, columns in chosen.items():
            _write_sheet(book, formats, schema.sheets()[sheet], columns, cells.get(sheet, {}), unit)
        if guide and "cost_plans" in chosen:
            _write_items(book, formats)
    return buffer.getvalue()


def _formats(book) -> dict:
    font = {"font_name": "宋体", "font_size": 11, "valign": "vcenter"}
    head = {
        **font,
        "bold": True,
        "text_wrap": True,
        "align": "center",
        "bg_color": "#E8EEF4",
        "border": 1,
        "border_color": "#9AA7B4",
    }
    return {
        "head": book.add_format(head),
        "judged": book.add_format({**head, "font_color": "#1F4E9E"}),
        "text": book.add_format({**font, "num_format": "@"}),
        "money": book.add_format({**font, "num_format": "#,##0.00####_ "}),
        "date": book.add_format({**font, "num_format": "yyyy-mm-dd", "align": "left"}),
        "pct": book.add_format({**font, "num_format": "0.00%"}),
        "int": book.add_format({**font, "num_format": "0_ "}),
        "other": book.add_format(font),
        "wrap": book.add_format({**font, "text_wrap": True, "valign": "top"}),
        "title": book.add_format({**font, "bold": True, "font_size": 14}),
    }


def _write_items(book, formats: dict) -> None:
    """Items that both ways usually have, under the headers of 费用测算 (费用项参考)."""
    sheet = book.add_worksheet(_ITEMS)
    fields = [
        field for field in schema.fields("cost_plans").values() if field.name not in ("project", "amount")
    ]
    sheet.freeze_panes(1, 2)
    sheet.set_row(0, 32)
    for place, field in enumerate(fields):
        wide = {"item": 26, "source": 80}.get(field.name, 13)
        sheet.set_column(place, place, wide)
        sheet.write_string(0, place, field.label, formats["head"])
    for at, row in enumerate(typical_items(), 1):
        for place, field in enumerate(fields):
            if (value := row.get(field.name)) is not None:
                told = "使用期限末年" if value == "end" else str(value)
                sheet.write_string(at, place, told, formats["wrap" if field.name == "source" else "text"])


def _write_guide(book, formats: dict, chosen) -> None:
    sheet = book.add_worksheet(_GUIDE)
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, _GUIDANCE[0], formats["title"])
    for i, line in enumerate(_GUIDANCE[1:], 1):
        sheet.write_string(i, 0, str(i), formats["text"])
        sheet.write_string(i, 1, line, formats["wrap"])
    start = len(_GUIDANCE) + 1
    sheet.write_string(start, 0, "工作表", formats["head"])
    sheet.write_string(start, 1, "填写什么", formats["head"])
    for i, name in enumerate(chosen, start + 1):
        spec = schema.sheets()[name]
        sheet.write_string(i, 0, spec.label, formats["text"])
        sheet.write_string(i, 1, spec.note, formats["wrap"])


def header(field: schema.Field, unit: str) -> str:
    """Header of a column; a money column says its unit.

    >>> header(schema.fields("projects")["approved_total"], "万元")
    '批复总投资（万元）'
    """
    return f"{field.label}（{unit}）" if field.kind == "money" else field.label


def _write_sheet(book, formats: dict, spec: schema.Sheet, columns: list, cells: dict, unit: str) -> None:
    sheet = book.add_worksheet(spec.label)
    sheet.freeze_panes(1, 1 + (spec.name == "projects"))
    sheet.set_row(0, 36)
    for at, field in enumerate(columns):
        text = header(field, unit)
        sheet.set_column(at, at, _width(field, text), _format(formats, field))
        sheet.write_string(0, at, text, formats["judged" if field.judged else "head"])
        sheet.write_comment(0, at, _comment(field), {"author": "", "x_scale": 1.6, "y_scale": 1.2})
        column = cells.get(field.name, [])
        choice = ["是", "否"] if field.kind == "bool" else list(field.values)
        if choice and field.kind != "enums":
            rule = {
                "validate": "list",
                "source": choice,
                "error_title": "不在可选范围",
                "error_message": "请从下拉列表中选择；不知道请留空。",
            }
            sheet.data_validation(1, at, max(_ROWS_WITH_LISTS, len(column) + 1), at, rule)
        for i, value in enumerate(column, 1):
            _write_cell(sheet, i, at, value, field, unit)


def _format(formats: dict, field: schema.Field):
    kind = "text" if field.kind in ("text", "id", "ref", "enum", "enums") else field.kind
    return formats.get(kind, formats["other"])


def _width(field: schema.Field, text: str) -> float:
    wide = {"name": 36, "text": 60, "basis": 36, "by": 36, "item": 30, "cut_reason": 30}.get(field.name)
    longest = max((len(v) for v in field.values), default=11 if field.kind == "text" else 0)
    return wide or max(12, min(26, 2 * max(len(text), longest) + 2))


def _comment(field: schema.Field) -> str:
    lines = [schema.KINDS[field.kind]]
    if field.values:
        lines = [f"{lines[0]}：{'、'.join(field.values)}"]
    if field.judged:
        lines.append("须认定：在“认定”表写明认定人、依据、日期才算数。")
    if field.kind == "date":
        lines.append("确知尚未发生写“未”。")
    if field.completes:
        lines.append(f"“是”表示「{schema.sheet_label(field.completes)}」表已列全。")
    if field.note:
        lines.append(field.note)
    lines.append("不知道请留空。")
    return "\n".join(lines)


def _write_cell(sheet, row: int, column: int, value, field: schema.Field, unit: str) -> None:
    if value is None:
        return
    if field.kind == "money":
        sheet.write_number(row, column, float(Decimal(value) / FEN[unit]))
    elif isinstance(value, date):
        sheet.write_datetime(row, column, datetime(value.year, value.month, value.day))
    elif field.kind == "int" or (isinstance(value, Decimal) and str(value) == str(number_of(float(value)))):
        sheet.write_number(row, column, float(value))
    else:  # a Decimal that a float would write otherwise (95.50) stays text, too
        sheet.write_string(row, column, _text(value))
