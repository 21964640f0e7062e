"""A report as a Word document in the form of official documents (公文格式, GB/T 9704-2012).

pandoc makes the document from the blocks of the page; what it cannot say (widths and
borders of tables, pages on their side, pictures that fit) is set afterwards in its XML.
"""

from __future__ import annotations

import io
import json
import re
import struct
import subprocess
import tempfile
import zipfile
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree as ET

from zwxm_core.reporting import word_reference as form
from zwxm_core.reporting.columns import PORTRAIT
from zwxm_core.reporting.pdf import pictures
from zwxm_core.tables import clean

NAMESPACES = {
    "w": form.W,
    "r": form.R,
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "cp": "http://schemas.openxmlformats.org/package/2006/metadata/core-properties",
    "dc": "http://purl.org/dc/elements/1.1/",
}
for _prefix, _uri in NAMESPACES.items():
    ET.register_namespace(_prefix, _uri)

STYLE_OF = {
    "kind": "Title", "title": "Title", "meta": "Meta", "lead": "Lead", "small": "Remark", 
    "note": "Note", "notice": "Note", "code": "Code",
}  # fmt: skip
"""Style of a block -> style of the document; any other is running text."""

DROPPED = ("docProps/custom.xml", "docProps/app.xml", "word/comments.xml", "word/webSettings.xml")
"""Parts of pandoc's that a report does not have."""

API = [1, 23, 1]
"""Of pandoc's tree."""

WHOLE_HYPHEN = "\u2011"
"""At which a date or an id is not broken; Word has an element for it."""

MAY_BREAK = " "
"""Where a line may end between ids in a row: without it, LibreOffice breaks the figures behind a whole hyphen."""

LEADING = "："
"""What a paragraph ends with that stays with what it leads up to."""

PNG = '<Default Extension="png" ContentType="image/png"/>'
"""Without it Word takes a document with pictures for a damaged one."""

PICTURE_ID = "picture"
EMU = 12700  # a point
TALLEST = 580.0
"""Points: the height of a picture that leaves room for its caption."""

FIRST_ROWS = 1
"""Rows of a long table that do not stand alone at the foot of a page: its head. More would have LibreOffice begin
the whole table on the next page."""

WHOLE_ROW = 160
"""Characters of the longest cell of a row that is kept on one page."""


def to_docx(blocks: list[dict], title: str) -> bytes:
    """A report as a Word document.

    Parameters
    ----------
    blocks : list of dict
        Of `zwxm_core.reporting.page.blocks`.
    title : str
        Plain text, for the document's properties.

    Returns
    -------
    bytes
        The same blocks give the same bytes.
    """
    blocks = _drawn(blocks)
    with zipfile.ZipFile(io.BytesIO(_pandoc(_tree(blocks)))) as source:
        parts = {name: source.read(name) for name in source.namelist() if name not in DROPPED}
    parts["word/document.xml"] = _document(parts["word/document.xml"], blocks)
    parts["docProps/core.xml"] = _properties(title)
    figures = [block["png"] for block in blocks if block["kind"] == "figure"]
    parts |= {f"word/media/{number}.png": png for number, png in enumerate(figures, 1)}
    relations = "".join(
        f'<Relationship Id="{PICTURE_ID}{n}" Type="{form.R}/image" Target="media/{n}.png"/>'
        for n in range(1, len(figures) + 1)
    )
    parts["_rels/.rels"] = _listed(parts["_rels/.rels"])
    parts["word/_rels/document.xml.rels"] = _listed(parts["word/_rels/document.xml.rels"], relations)
    parts["[Content_Types].xml"] = _listed(parts["[Content_Types].xml"], PNG if figures else "")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name, form.EPOCH), data, zipfile.ZIP_DEFLATED)
    return target.getvalue()


# For pandoc -------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _reference() -> tuple[tempfile.TemporaryDirectory, str]:
    """The reference document as a file, kept as long as this process lives."""
    folder = tempfile.TemporaryDirectory(prefix="zwxm-")
    path = Path(folder.name, "reference.docx")
    path.write_bytes(form.reference_docx())
    return folder, str(path)


def _pandoc(tree: list[dict]) -> bytes:
    import pypandoc

    command = [
        pypandoc.get_pandoc_path(), "--sandbox", "--from=json", "--to=docx+empty_paragraphs", "--output=-",
        f"--reference-doc={_reference()[1]}",
    ]  # fmt: skip
    document = {"pandoc-api-version": API, "meta": {}, "blocks": tree}
    data = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"pandoc：{clean(done.stderr.decode('utf-8', 'replace'), 200)}")
    return done.stdout


def _tree(blocks: list[dict]) -> list[dict]:
    """The blocks as pandoc has them; a picture is an empty paragraph until it is put in."""
    made: list[dict] = []
    for block in blocks:
        if block["kind"] == "heading":
            runs = [(block["number"], ""), *block["runs"]]
            made.append(_node("Header", block["level"], _attributes(), _inlines(runs)))
        elif block["kind"] == "text":
            made.append(_styled(STYLE_OF.get(block["style"], form.NAMES["BodyText"]), block["runs"]))
        elif block["kind"] == "table":
            made += [_styled("TableCaption", block["caption"])] if block["caption"] else []
            made.append(_table(block))
        else:
            made += [_styled("Picture", []), _styled("ImageCaption", block["caption"])]
    return made


def _node(kind: str, *contents) -> dict:
    return {"t": kind, "c": contents[0] if len(contents) == 1 else list(contents)}


def _attributes(style: str | None = None) -> list:
    return ["", [], [["custom-style", style]] if style else []]


def _styled(style: str, runs: list[tuple[str, str]]) -> dict:
    return _node("Div", _attributes(style), [_node("Para", _inlines(runs))])


def _inlines(runs: list[tuple[str, str]]) -> list[dict]:
    inlines, before = [], ""
    for text, mark in runs:
        if mark == "day" and before.endswith("、"):
            inlines.append(_node("Str", MAY_BREAK))
        inlines += _run(text, mark)
        before = text
    return inlines


def _run(text: str, mark: str) -> list[dict]:
    text = text.replace("-", WHOLE_HYPHEN) if mark == "day" else text
    lines = [[_node("Str", line)] for line in text.split("\n")]
    inlines = lines[0] + [node for line in lines[1:] for node in ({"t": "LineBreak"}, *line)]
    style = mark.title() if mark in form.COLOURS else "Strong" if mark == "strong" else None
    return [_node("Span", _attributes(style), inlines)] if style else inlines


def _table(block: dict) -> dict:
    def row(cells: list, head: bool = False) -> list:
        return [_attributes(), [_cell(cell, block, i, head) for i, cell in enumerate(cells)]]

    columns = [[{"t": "AlignDefault"}, _node("ColWidth", width)] for width in block["widths"]]
    head = [_attributes(), [row(block["head"], True)] if block["head"] else []]
    body = [_attributes(), 0, [], [row(cells) for cells in block["rows"]]]
    return _node("Table", _attributes(), [None, []], columns, head, [body], [_attributes(), []])


def _cell(cell: list, block: dict, column: int, head: bool) -> list:
    number = column in block["numbers"]
    plain, remark = ("Head", "Head") if head else ("Number", "Remark") if number else ("Cell", "Small")
    size = int(2 * block["size"])
    told = [
        _styled(f"{remark if style == 'small' else plain}{size}", runs) for style, runs in cell or [("", [])]
    ]
    return [_attributes(), {"t": "AlignDefault"}, 1, 1, told]


# What pandoc cannot say -------------------------------------------------------------------


def _tag(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def _element(xml: str) -> ET.Element:
    """A piece of Word's own notation; only of ours, never with a user's text."""
    names = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return ET.fromstring(f"<x{names}>{xml}</x>")[0]


def _document(xml: bytes, blocks: list[dict]) -> bytes:
    """The document with its tables printed as they are to be, pictures in their places, sections."""
    root = ET.fromstring(xml)
    body = root.find(_tag("w:body"))
    feet = [one.get(_tag("r:id")) for one in body[-1].iter(_tag("w:footerReference"))]
    tables = iter([block for block in blocks if block["kind"] == "table"])
    figures = enumerate((block for block in blocks if block["kind"] == "figure"), 1)
    made: list[ET.Element] = []
    for child in [one for one in body[:-1] if len(one)]:  # without bookmarks and pandoc's own empty lines
        if made and _stays(made[-1], child):
            made[-1][0].insert(1, _element("<w:keepNext/>"))
        if child.tag == _tag("w:tbl"):
            block = next(tables)
            _printed(child, block)
            caption = [made.pop()] if block["caption"] and block["landscape"] else []
            if block["landscape"]:
                before = [] if _section_ends(made) else [_end(feet)]
                made += [*before, *caption, child, _end(feet, True)]
            else:
                made += [_end(), child] if _table_is_last(made) else [child]
            continue
        if _style(child) == "Picture":
            child.append(_drawing(*next(figures)))
        if _style(child) == "Title" and made and _style(made[-1]) != "Title":
            child[0].append(_element("<w:pageBreakBefore/>"))
        elif _table_is_last(made):
            child[0].append(_below(child))
        made.append(child)
    made += [_end()] if _table_is_last(made) else []
    body[:] = [*made, _element(form.section(feet))]
    text = ET.tostring(root, "unicode").replace(
        WHOLE_HYPHEN, '</w:t><w:noBreakHyphen/><w:t xml:space="preserve">'
    )
    return b'<?xml version="1.0" encoding="UTF-8"?>' + text.encode()


def _style(one: ET.Element) -> str | None:
    """The style of a paragraph."""
    found = one.find(f"{_tag('w:pPr')}/{_tag('w:pStyle')}")
    return None if found is None else found.get(_tag("w:val"))


def _stays(one: ET.Element, following: ET.Element) -> bool:
    """Whether a paragraph stays with the next: it leads up to it, or both are notes in one frame."""
    style = _style(one)
    leads = "".join(one.itertext()).endswith(LEADING)
    return style is not None and (leads or style == _style(following) == "Note")


def _table_is_last(made: list[ET.Element]) -> bool:
    return bool(made) and made[-1].tag == _tag("w:tbl")


def _section_ends(made: list[ET.Element]) -> bool:
    return bool(made) and made[-1].find(f".//{_tag('w:sectPr')}") is not None


def _below(one: ET.Element) -> ET.Element:
    """The room between a table and the paragraph below it. An empty line instead would have LibreOffice leave a
    heading that follows the paragraph alone at the foot of its page.
    """
    style = form.STYLES.get(_style(one) or "")
    before = form.STYLES["TableEnd"].line + (style.before if style else 0)
    return _element(f'<w:spacing w:before="{before}"/>')


def _end(feet: list | None = None, side: bool = False) -> ET.Element:
    """The line between two tables or below the last; with ``feet`` it ends a section, whose pages may lie on their
    side.
    """
    made = _element('<w:p><w:pPr><w:pStyle w:val="TableEnd"/></w:pPr></w:p>')
    if feet:
        made[0].append(_element(form.section(feet, side)))
    return made


def _drawing(number: int, block: dict) -> ET.Element:
    """A picture as wide as the text, or as high as a page can hold."""
    wide, high = struct.unpack(">II", block["png"][16:24])
    scale = min(PORTRAIT / wide, TALLEST / high) * EMU
    size = f'cx="{round(wide * scale)}" cy="{round(high * scale)}"'
    made = _element(
        f'<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent {size}/>'
        f'<wp:docPr id="{number}" name="图{number}"/><a:graphic><a:graphicData uri="{NAMESPACES["pic"]}"><pic:pic>'
        f'<pic:nvPicPr><pic:cNvPr id="{number}" name="图{number}"/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="{PICTURE_ID}{number}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
        "</pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )
    made.find(f".//{_tag('wp:docPr')}").set("descr", block["alt"])
    return made


def _printed(table: ET.Element, block: dict) -> None:
    """Borders, widths, head and rows of a table."""
    whole = form.SIDE_WIDTH if block["landscape"] else form.TEXT_WIDTH
    widths = [round(part * whole) for part in block["widths"]]
    properties = table.find(_tag("w:tblPr"))
    properties[:] = [
        *(one for one in properties if one.tag == _tag("w:tblStyle")),
        _element(f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/>'), _element('<w:jc w:val="center"/>'),
        _element(form.borders()), _element('<w:tblLayout w:type="fixed"/>'), _element(form.cell_margins()),
        *(one for one in properties if one.tag == _tag("w:tblLook")),
    ]  # fmt: skip
    for column, width in zip(table.iter(_tag("w:gridCol")), widths, strict=True):
        column.set(_tag("w:w"), str(width))
    rows = list(table.iter(_tag("w:tr")))[:-1]
    for row in rows if block["short"] else rows[:FIRST_ROWS]:
        for properties in row.iter(_tag("w:pPr")):
            properties.insert(1, _element("<w:keepNext/>"))
    for row in table.iter(_tag("w:tr")):
        if max(len("".join(cell.itertext())) for cell in row.iter(_tag("w:tc"))) <= WHOLE_ROW:
            _row_properties(row).insert(0, _element("<w:cantSplit/>"))
        for cell, width in zip(row.iter(_tag("w:tc")), widths, strict=True):
            cell[0].insert(0, _element(f'<w:tcW w:w="{width}" w:type="dxa"/>'))
            cell[0].append(_element('<w:vAlign w:val="center"/>'))


def _row_properties(row: ET.Element) -> ET.Element:
    found = row.find(_tag("w:trPr"))
    if found is None:
        found = ET.Element(_tag("w:trPr"))
        row.insert(0, found)
    return found


def _properties(title: str) -> bytes:
    root = ET.Element(_tag("cp:coreProperties"))
    ET.SubElement(root, _tag("dc:title")).text = clean(title)
    ET.SubElement(root, _tag("dc:language")).text = "zh-CN"
    return ET.tostring(root, "utf-8", xml_declaration=True)


def _listed(xml: bytes, more: str = "") -> bytes:
    """A list of parts or relations, without the parts that were dropped and with more entries."""
    names = "|".join(re.escape(Path(part).name) for part in DROPPED)
    text = re.sub(rf'<(?:Override|Relationship)\b[^>]*[/"](?:{names})"[^>]*/>', "", xml.decode())
    return re.sub("(?=</(?:Types|Relationships)>)", more, text).encode()


def _drawn(blocks: list[dict]) -> list[dict]:
    """The blocks with every figure as PNG."""
    pngs = iter(pictures([block for block in blocks if block["kind"] == "figure"]))
    return [{**block, "png": next(pngs)} if block["kind"] == "figure" else block for block in blocks]
