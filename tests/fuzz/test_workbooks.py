"""Whatever stands in a cell: it is read as written, or told with its sheet, row and column; never lost in silence."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from zwxm_core.portfolio import reading, schema
from zwxm_core.portfolio.raw import split_unit

from .books import Sheet, Style, Xml, field_of, letters, sample, write
from .conftest import examples, told

FEN = {"元": 100, "万元": 1_000_000, "百万元": 100_000_000}
INVISIBLE = (
    "\u200b\u200c\u200d\u2060\ufeff\xad\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)

WORDS = [
    "486.37", "４８６．３７", "4,863.70", "1,23", "486.37万", "486.37万元", "500元", "约500", "1.5亿", "伍佰万元整", "二百五",
    "1e5", "1E+05", "nan", "inf", "-inf", "NaN", "None", "null", "N/A", "#N/A", "#REF!", "-", "—", "/", "／", "0", "０", "00123",
    "2024-02-29", "2023-02-29", "２０２４年２月２９日", "2024年2月", "2024年", "24.2.29", "01/02/2024", "20240229", "1900-01-01",
    "1900年2月29日", "2024/2/29 12:30", "2024.2.29", "二〇二四年二月二十九日", "2024-13-01", "9999-12-31", "45000", "今天",
    "是", "否", "√", "×", "有", "无", "未", "TRUE", "false", "Y", "部分", "是的", "不", "✓", "１", "True ", "是\u200b",
    "35%", "35％", "0.35", "135%", "-1%", "%", "市级", "县级", "区级", "自行建设、购买服务", "自行建设", "自建", "P001", "p００1",
    "=cmd|'/c calc'!A0", "=1+1", "+1+1", "@SUM(A1)", "-5", "\t=1", "<script>alert(1)</script>", "<b>粗</b>", "&amp;", "&#x41;",
    "_x0041_", "_x000D_", "\x0b", "甲\x00乙", "\u202e甲乙", "\u200b", "\u2060\ufeff", "　", " ", "\n", "甲\n乙", "\ufffe", "🏛️", "𠮷", "e\u0301",
    "合计", "总计：", "小计", "填报人：张三", "注：以上", "备注", "说明：", "../../evil", "CON", "a:b", "长" * 300, "甲" * 32767, "9" * 400,
    "#read(\"/etc/passwd\")", "{{7*7}}", "$x$", "项目编号", "项目名称",
]  # fmt: skip
"""What people and programs leave in cells."""

FORMS = [
    Xml("e", "<v>#N/A</v>"), Xml("e", "<v>#DIV/0!</v>"), Xml("e", "<f>1/0</f><v>#DIV/0!</v>"), Xml("e", "<f>A1</f><v>#REF!</v>"),
    Xml("e", "<v>#GETTING_DATA</v>"), Xml("e", "<v>#SPILL!</v>"), Xml("e", "<v>#BLOCKED!</v>"),
    Xml("", "<f>1+1</f>"), Xml("", "<f>1+1</f><v></v>"), Xml("", "<f>1+1</f><v/>"), Xml("", '<f t="shared" si="0"/>'),
    Xml("", '<f t="shared" si="0" ref="A1:A3">1+1</f>'), Xml("", '<f t="array" ref="A1">1+1</f>'), Xml("", "<f>1+1</f>\n<v>\n</v>"),
    Xml("str", "<f>A1</f><v>486.37</v>"), Xml("str", '<f>""</f><v></v>', shows=False), Xml("str", "<f>A1</f>", shows=False),
    Xml("", "<f>1+1</f><v>486.37</v>"), Xml("b", "<v>1</v>"), Xml("b", "<v>0</v>"), Xml("b", "<f>A1</f>"), Xml("b", "<v>true</v>"),
    Xml("d", "<v>2024-02-29</v>"), Xml("d", "<v>2024-02-29T12:00:00</v>"), Xml("d", "<v>2024-02-29T12:00:00Z</v>"),
    Xml("n", "<v>486.37</v>"), Xml("n", "<v>4.8637E2</v>"), Xml("n", "<v>1E+308</v>"), Xml("n", "<v>1E+999</v>"), Xml("n", "<v>NaN</v>"),
    Xml("n", "<v>INF</v>"), Xml("n", "<v>-0</v>"), Xml("n", "<v> 5 </v>"), Xml("n", "<v>0x10</v>"), Xml("n", "<v>五</v>"), Xml("n", "<v>1,5</v>"),
    Xml("s", "<v>0</v>"), Xml("s", "<v>99999</v>"), Xml("s", "<v>-1</v>"), Xml("s", "<v></v>", shows=False), Xml("zz", "<v>1</v>"),
    Xml("inlineStr", "<is><r><t>486</t></r><r><rPr><b/></rPr><t>.37</t></r></is>"), Xml("inlineStr", "<is><t>是</t><rPh><t>shi</t></rPh></is>"),
    Xml("inlineStr", "<is><t><![CDATA[<是>]]></t></is>"), Xml("inlineStr", "<is><t>&lt;是&gt;</t></is>"), Xml("inlineStr", "<is/>", shows=False),
    Xml("inlineStr", "<is><t>是<!-- 否 --></t></is>"), Xml("inlineStr", "<v>5</v>"),
    Xml("", "<is><t>5</t></is>"), Xml("str", "<v>是</v>"), Xml("str", "<v>_x0041_</v>"), Xml("", "<v>5</v><f>2+3</f>"),
    Xml("", "<extLst><ext/></extLst>", shows=False), Xml("", "", shows=False),
]  # fmt: skip
"""What programs make of cells."""

CELLS = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(FORMS),
    st.text(max_size=12),
    st.text(
        "0123456789０１２３.,，．-+−eE%％年月日号/万亿千百元整是否未无、； \u3000\u200b\u202e", max_size=10
    ),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-1e9, 1e9).map(lambda x: round(x, 2)),
    st.integers(-(10**20), 10**20),
    st.integers(0, 100),
    st.booleans(),
    st.dates(date(1901, 1, 1), date(9000, 1, 1)),
    st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1)),
)
STYLES = st.sampled_from(
    [
        Style(),
        Style(places=False),
        Style(prefix="x"),
        Style(quote="'"),
        Style(kind_first=True),
        Style(quote="'", kind_first=True),
    ]
)


@dataclass(frozen=True)
class Edit:
    """One thing done to a sheet of the samples: row and column wrap around."""

    title: str
    what: str
    row: int
    column: int
    cell: object


DEEDS = ["cell"] * 12 + [
    "title",
    "hidden",
    "twice",
    "extra",
    "header",
    "total",
    "merge",
    "column",
    "far",
    "sheet",
    "unmerged",
]
EDITS = st.builds(
    Edit, st.sampled_from(["项目", *sample()]), st.sampled_from(DEEDS), st.integers(0, 11), st.integers(0, 107), CELLS
)  # fmt: skip


def dirty(edits: list[Edit]) -> list[Sheet]:
    """The samples, spoilt."""
    sheets = {
        title: Sheet(title, {n: list(row) for n, row in enumerate(rows, 1)})
        for title, rows in sample().items()
    }
    for edit in edits:
        _spoil(sheets, sheets[edit.title], edit)
    return list(sheets.values())


def _spoil(sheets: dict[str, Sheet], sheet: Sheet, edit: Edit) -> None:
    """Cells, rows and columns as people leave them."""
    numbers = sorted(sheet.rows)
    last, header = numbers[-1], sheet.rows[numbers[0]]
    number, column = numbers[1 + edit.row % (len(numbers) - 1)], edit.column % len(header)
    row = sheet.rows[number]
    match edit.what:
        case "cell":
            row += [None] * (column + 1 - len(row))
            row[column] = edit.cell
        case "title":  # a line above, a blank row between
            sheet.rows = {n + 1 + 2 * (n > 2): row for n, row in sheet.rows.items()}
            sheet.rows[1] = ["某市项目台账"]
        case "hidden":
            sheet.hidden = {number}
        case "twice":
            sheet.rows[last + 1] = list(row)
        case "extra":
            row.append(edit.cell)
        case "header":
            header[column] = edit.cell
        case "total":
            sheet.rows[last + 1] = ["合计", *[edit.cell] * (1 + column % 4)]
        case "merge" | "unmerged":
            top, bottom = sorted((number, numbers[1 + edit.column % (len(numbers) - 1)]))
            if bottom > top:
                sheet.merged = [f"{letters(column)}{top}:{letters(column)}{bottom}"]
            for n in range(top + 1, bottom + 1) if edit.what == "merge" else ():
                if len(sheet.rows.get(n, [])) > column:
                    sheet.rows[n][column] = None
        case "column":
            header.append(header[column])
        case "far":
            sheet.rows[last + 40] = [None] * (column % 5) + [edit.cell]
        case "sheet":
            title = ["备份", "Sheet1", "说明", "项 目", "项目（2）", "ＸＭ"][edit.row % 6]
            sheets[title] = Sheet(title, {1: ["甲", "项目编号"], 2: [1, edit.cell]})


# --- what was read of it -------------------------------------------------------------------------


def seen(text: str) -> str:
    """Text as a person sees it: width and invisible characters set aside."""
    text = re.sub(r"_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m[1], 16)), text)
    kept = "".join(
        c for c in text if c not in INVISIBLE and unicodedata.category(c) not in ("Cc", "Cs", "Cn")
    )
    return " ".join(unicodedata.normalize("NFKC", kept).split())


def blank(cell) -> bool:
    if isinstance(cell, Xml):
        return not cell.shows
    return cell is None or (isinstance(cell, str) and not seen(cell))


def losses(sheets: list[Sheet], path: Path) -> list[tuple]:
    """Cells under one of our headers that were neither read, nor told."""
    try:
        loaded = reading._load(path, None)
    except reading.InputError as error:
        assert all(p.severity == "error" and p.message for p in error.problems)  # noqa: PT017
        return []
    named = {(p.title or schema.sheet_label(p.sheet or ""), p.row, p.header) for p in loaded.problems}
    lost = []
    for sheet in sheets:
        known = [p for p in loaded.problems if (p.title or schema.sheet_label(p.sheet or "")) == sheet.title]
        if any(p.code in ("no_header", "duplicate_sheet", "unknown_sheet") for p in known):
            continue
        top = next(
            (
                n
                for n in sorted(sheet.rows)
                if sum(bool(h) and field_of(sheet.title, str(h)) is not None for h in sheet.rows[n]) > 1
            ),
            None,
        )
        if top is None:
            continue
        for column, header in enumerate(sheet.rows[top]):
            place = field_of(sheet.title, header) if isinstance(header, str) else None
            if place is None or header in sheet.rows[top][:column] or (sheet.title, top, header) in named:
                continue
            table = loaded.tables.get(place[0])
            lost += _lost(sheet, top, column, table, place[1], named, loaded.notices)
    return lost


def _lost(sheet: Sheet, top: int, column: int, table, field, named, notices) -> list[tuple]:
    lost = []
    header = " ".join(sheet.rows[top][column].split())
    numbers = {number: at for at, number in enumerate(table.raw.numbers)} if table else {}
    values = table.values.get(field.name) if table else None
    left_out = {n for notice in notices if f"「{sheet.title}」" in notice for n in _rows_named(notice)}
    for number in sorted(n for n in sheet.rows if n > top):
        row = sheet.rows[number]
        cell = row[column] if column < len(row) else None
        if blank(cell) or (sheet.title, number, header) in named:
            continue
        if number in left_out:
            continue
        at = numbers.get(number)
        value = None if at is None or values is None else values[at]
        if value is None:
            lost.append((sheet.title, number, header, cell))
        elif (wrong := _differs(cell, value, field, header)) is not None:
            lost.append((sheet.title, number, header, cell, value, wrong))
    return lost


def _rows_named(notice: str) -> list[int]:
    """Rows that a notice speaks of: 第 2、5 行, 第 2–5 行."""
    if not (listed := re.search(r"」第 ([\d、–]+)( 等)? 行", notice)):
        return []
    ends = [list(map(int, part.split("–"))) for part in listed[1].split("、")]
    return [n for end in ends for n in range(end[0], end[-1] + 1)] + (
        [*range(ends[-1][-1], 100)] if listed[2] else []
    )


def _differs(cell, value, field, header):
    """What an independent reading of the cell gives, where it is another value; None where they agree."""
    if isinstance(cell, Xml):
        return None
    expected = value
    if field.kind == "money" and isinstance(cell, (int, float)):
        expected = Fraction(Decimal(repr(cell))) * FEN[split_unit(header)[1]]
        return None if abs(expected - value) < Fraction(1, 10**6) else expected
    if field.kind in ("text", "id", "ref") and isinstance(cell, str):
        expected = seen(cell)
        return None if seen(str(value)).casefold() == expected.casefold() else expected
    if field.kind == "bool" and isinstance(cell, bool):
        expected = cell
    if field.kind == "date" and isinstance(cell, datetime):
        expected = cell.date()
    if field.kind == "date" and type(cell) is date:
        expected = cell
    if (
        field.kind in ("int", "decimal", "pct")
        and isinstance(cell, (int, float))
        and not isinstance(cell, bool)
    ):
        expected = Decimal(repr(cell))
    return None if expected == value else expected


@given(st.lists(EDITS, min_size=1, max_size=8), STYLES)
@examples(15)
def test_no_cell_is_lost_in_silence_whatever_stands_in_it(tmp_path_factory, edits, style):
    sheets = dirty(edits)
    path = write(tmp_path_factory.getbasetemp() / "脏.xlsx", sheets, style)
    assert losses(sheets, path) == []


@given(st.lists(EDITS, min_size=1, max_size=8), STYLES)
@examples(2)
def test_every_command_answers_a_dirty_workbook_or_names_what_is_wrong(tmp_path_factory, edits, style):
    sheets = dirty(edits)
    folder = tmp_path_factory.mktemp("脏")
    path = write(folder / "脏.xlsx", sheets, style)
    checked = told("check", path, "--marked", folder / "标.xlsx")
    assessed = told("assess", path, "--as-of", "2026-03-01", "--json")
    compared = told("compare", path, "--json")
    assert {checked.code, assessed.code, compared.code} in ({0}, {65})
    assert {p.name for p in folder.iterdir()} <= {"脏.xlsx", "标.xlsx"}
