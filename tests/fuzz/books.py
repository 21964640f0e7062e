"""Workbooks as XML written by hand, so that a cell can be anything that some program may have left there."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from zwxm_core.portfolio import schema
from zwxm_core.resources import collection

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_ZERO = datetime(1899, 12, 30)


@dataclass(frozen=True)
class Xml:
    """A cell given by its type attribute and inner XML; ``shows`` is whether a person sees anything in it."""

    kind: str
    inner: str
    shows: bool = True


@dataclass
class Sheet:
    """One sheet: rows of cells by row number, merged areas, hidden rows."""

    title: str
    rows: dict[int, list]
    merged: list[str] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    state: str = "visible"


@dataclass(frozen=True)
class Style:
    """How a writing program spells the same XML."""

    places: bool = True  # each cell says where it stands
    prefix: str = ""
    quote: str = '"'
    kind_first: bool = False


@cache
def sample() -> dict[str, tuple[tuple, ...]]:
    """Three projects of the samples with all their rows: title -> header and rows."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(collection("data/samples/portfolio.xlsx")))
    ids = [row[0] for row in book.get_sheet_by_name("项目").to_python()[1:]]
    kept = {ids[0], ids[20], ids[40]}
    sheets = {}
    for title in book.sheet_names:
        header, *rows = book.get_sheet_by_name(title).to_python()
        at = header.index("项目编号") if "项目编号" in header else None
        rows = [row for row in rows if at is None or row[at] in kept][:12]
        if rows:
            sheets[title] = (tuple(header), *map(tuple, rows))
    return sheets


def letters(column: int) -> str:
    """Letters of a column counted from 0."""
    text, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def text_xml(text: str) -> str:
    """Text as a workbook holds it: what XML cannot hold is written _x000B_."""
    kept = "".join(
        c
        if c in "\n\t" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
        else f"_x{ord(c):04X}_"
        for c in text
    )
    return escape(kept)


def _inner(cell) -> tuple[str, str, str]:
    """Type attribute, style attribute, inner XML."""
    if isinstance(cell, Xml):
        return cell.kind, "", cell.inner
    if isinstance(cell, bool):
        return "b", "", f"<v>{int(cell)}</v>"
    if isinstance(cell, (date, datetime)):
        moment = cell if isinstance(cell, datetime) else datetime(cell.year, cell.month, cell.day)
        days = (moment - _ZERO).total_seconds() / 86400
        return "", "1", f"<v>{days!r}</v>"
    if isinstance(cell, (int, float)):
        return "", "", f"<v>{cell!r}</v>"
    return "inlineStr", "", f'<is><t xml:space="preserve">{text_xml(cell)}</t></is>'


def _cell(cell, place: str, style: Style) -> str:
    kind, format_, inner = _inner(cell)
    q = style.quote
    place = f" r={q}{place}{q}" if style.places else ""
    kind = f" t={q}{kind}{q}" if kind else ""
    format_ = f" s={q}{format_}{q}" if format_ else ""
    attributes = f"{kind}{format_}{place}" if style.kind_first else f"{place}{format_}{kind}"
    return f"<c{attributes}>{inner}</c>"


def _sheet(sheet: Sheet, style: Style) -> str:
    lines = []
    for number in sorted(sheet.rows):
        cells = []
        for column, cell in enumerate(sheet.rows[number]):
            if cell is None or cell == "":
                cells += [] if style.places else ["<c/>"]
            else:
                cells.append(_cell(cell, f"{letters(column)}{number}", style))
        hidden = ' hidden="1"' if number in sheet.hidden else ""
        lines.append(f'<row r="{number}"{hidden}>{"".join(cells)}</row>')
    merged = "".join(f'<mergeCell ref="{area}"/>' for area in sheet.merged)
    merged = f"<mergeCells>{merged}</mergeCells>" if merged else ""
    xml = f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData>{merged}</worksheet>'
    if style.prefix:
        xml = xml.replace("</", "\0").replace("<", f"<{style.prefix}:").replace("\0", f"</{style.prefix}:")
        xml = xml.replace(f'xmlns="{MAIN}"', f'xmlns:{style.prefix}="{MAIN}"')
    return _HEAD + xml


def parts(sheets: list[Sheet], style: Style = Style()) -> dict[str, str]:
    """The files inside a workbook."""
    listed = "".join(
        f'<sheet name={quoteattr(s.title)} sheetId="{n}" state="{s.state}" r:id="rId{n}"/>'
        for n, s in enumerate(sheets, 1)
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{REL}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    made = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>'
        f"{types}</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{related}<Relationship Id="rId999" Type="{REL}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill><patternFill/></fill></fills><borders count="1"><border/></borders>'
        '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
    }  # fmt: skip
    made = {name: _HEAD + xml for name, xml in made.items()}
    for n, sheet in enumerate(sheets, 1):
        made[f"xl/worksheets/sheet{n}.xml"] = _sheet(sheet, style)
    return made


def write(path: Path, sheets: list[Sheet], style: Style = Style()) -> Path:
    """Write a workbook."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, xml in parts(sheets, style).items():
            book.writestr(name, xml)
    return path


def field_of(title: str, header: str) -> tuple[str, schema.Field] | None:
    """Our sheet and field under a header of one of our sheets."""
    from zwxm_core.portfolio.raw import split_unit

    sheet = schema.sheet_names().get(schema.normal(title))
    name = sheet and schema.headers(sheet).get(schema.normal(split_unit(header)[0]))
    return (sheet, schema.fields(sheet)[name]) if name else None
