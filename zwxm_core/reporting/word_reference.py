"""The Word document that pandoc takes its styles from: the page of an official document (GB/T 9704-2012).

A4, margins 37, 35, 28 and 26 mm, 22 lines of 28 characters, page numbers at the outer edge.
Fonts are named, not shipped; each has a name that Windows knows beside it.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD = "http://schemas.microsoft.com/office/word"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""Date of every part, so that the same report gives the same bytes."""

PAPER = (11906, 16838)  # A4 in twips
MARGINS = {"top": 2098, "right": 1474, "bottom": 1984, "left": 1587}  # 37, 26, 35, 28 mm
FOOTER = 1400
"""From the lower edge to the page number's foot: its dash stands 7 mm below the text."""

LINES, CHARACTERS = 22, 28
TEXT_WIDTH = PAPER[0] - MARGINS["left"] - MARGINS["right"]
TEXT_HEIGHT = PAPER[1] - MARGINS["top"] - MARGINS["bottom"]
SIDE_WIDTH = PAPER[1] - MARGINS["top"] - MARGINS["bottom"]
"""Width of the text on a page on its side, whose margins turn with it."""

BODY = 32  # half points: 三号
PITCH = TEXT_HEIGHT // LINES
SPACE = math.floor((TEXT_WIDTH / 20 / CHARACTERS - BODY / 2) * 4096)
"""What the grid adds to a character of the body, 1/4096 point."""

CLOSER = TEXT_WIDTH // CHARACTERS - BODY * 10 - 2
"""Nearly the same as the spacing of the text, twips; justified lines take up the rest. Text keeps the grid by
spacing and not by snapping to it: LibreOffice gives a character that is wider than its cell two of them. Without
the rest, LibreOffice leaves out a comma that ends a line exactly at the margin.
"""

FANGSONG, KAI, HEI, TITLE, SONG = "仿宋_GB2312", "楷体_GB2312", "黑体", "方正小标宋简体", "宋体"
LATIN = "Times New Roman"
ALTERNATIVES = {FANGSONG: "仿宋", KAI: "楷体", HEI: "SimHei", TITLE: "华文中宋", SONG: "SimSun"}


class Style(NamedTuple):
    """A paragraph style: font, half points, alignment, first-line indent in characters, whether it
    keeps to the grid, spacing before and after in twips, and more.
    """

    font: str = FANGSONG
    size: int = BODY
    align: str = "both"
    indent: int = 0
    grid: bool = True
    before: int = 0
    after: int = 0
    level: int | None = None
    keep: bool = False
    line: int | None = None
    frame: bool = False


TABLE_SIZES = (10.5, 9.0, 7.5)
STYLES: dict[str, Style] = {
    "Title": Style(TITLE, 44, "center", line=640, grid=False, keep=True),
    "Meta": Style(KAI, 24, "center", before=160, after=280, grid=False),
    "Heading1": Style(HEI, indent=2, level=0, keep=True),
    "Heading2": Style(KAI, indent=2, level=1, keep=True),
    "Heading3": Style(indent=2, level=2, keep=True),
    "BodyText": Style(indent=2),
    "Lead": Style(HEI, indent=2),
    "Remark": Style(size=24, grid=False, indent=2, before=40, after=40),
    "Note": Style(size=24, grid=False, indent=2, before=60, after=60, frame=True),
    "Code": Style(size=21, grid=False, align="left"),
    "TableCaption": Style(HEI, 24, "center", grid=False, before=120, after=60, keep=True),
    "ImageCaption": Style(HEI, 24, "center", grid=False, before=60, after=200),
    "Picture": Style(align="center", grid=False, before=160, keep=True),
    "TableEnd": Style(size=12, grid=False, line=160),
    **{f"Cell{int(2 * s)}": Style(size=int(2 * s), align="left", grid=False) for s in TABLE_SIZES},
    **{f"Number{int(2 * s)}": Style(size=int(2 * s), align="right", grid=False) for s in TABLE_SIZES},
    **{f"Head{int(2 * s)}": Style(HEI, int(2 * s), "center", grid=False) for s in TABLE_SIZES},
    **{f"Small{int(2 * s)}": Style(size=max(int(2 * s) - 3, 13), align="left", grid=False) for s in TABLE_SIZES},
    **{f"Remark{int(2 * s)}": Style(size=max(int(2 * s) - 3, 13), align="right", grid=False) for s in TABLE_SIZES},
}  # fmt: skip
"""Style -> how it looks. A cell's paragraphs come in the sizes of tables."""

NAMES = {f"Heading{n}": f"heading {n}" for n in (1, 2, 3)} | {"BodyText": "Body Text", "Title": "Title"}
"""Names of the styles that Word knows; the others are called by their id."""

COLOURS = {"problem": "9C1F16", "open": "7A4B00"}
"""Marks that colour adds to; the sign before the word says the same."""


def reference_docx() -> bytes:
    """The document: styles, settings, footers and one section; no text.

    Examples
    --------
    >>> LINES * PITCH <= TEXT_HEIGHT < LINES * (PITCH + 1)
    True
    """
    parts = {
        "[Content_Types].xml": _types(),
        "_rels/.rels": _relations({"rId1": ("officeDocument", "word/document.xml")}),
        "word/_rels/document.xml.rels": _relations(
            {
                "rId1": ("styles", "styles.xml"),
                "rId2": ("settings", "settings.xml"),
                "rId3": ("fontTable", "fontTable.xml"),
                "rId4": ("footer", "footer1.xml"),
                "rId5": ("footer", "footer2.xml"),
            }
        ),
        "word/document.xml": _part("document", f"<w:body><w:p/>{section(('rId4', 'rId5'))}</w:body>"),
        "word/styles.xml": _styles(),
        "word/settings.xml": _settings(),
        "word/fontTable.xml": _part("fonts", "".join(map(_font, ALTERNATIVES))),
        "word/footer1.xml": _footer("right"),
        "word/footer2.xml": _footer("left"),
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), text)
    return target.getvalue()


def section(feet: Sequence[str], side: bool = False) -> str:
    """The properties of a section; ``feet`` are the relations of the footers of odd and of even pages."""
    odd, even = feet
    width, height = PAPER[::-1] if side else PAPER
    turned = {"top": "left", "right": "top", "bottom": "right", "left": "bottom"}
    margins = "".join(f' w:{edge}="{MARGINS[turned[edge] if side else edge]}"' for edge in MARGINS)
    return (
        f'<w:sectPr><w:footerReference w:type="default" r:id="{odd}"/><w:footerReference w:type="even" r:id="{even}"/>'
        f'<w:pgSz w:w="{width}" w:h="{height}"{" w:orient=" + quoteattr("landscape") if side else ""}/>'
        f'<w:pgMar{margins} w:header="851" w:footer="{FOOTER}" w:gutter="0"/>'
        f'<w:docGrid w:type="linesAndChars" w:linePitch="{PITCH}" w:charSpace="{SPACE}"/></w:sectPr>'
    )


def _part(root: str, inner: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><w:{root} xmlns:w="{W}" xmlns:r="{R}">{inner}</w:{root}>'


def _types() -> str:
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    parts = {
        "document": "document.main", "styles": "styles", "settings": "settings", "fontTable": "fontTable",
        "footer1": "footer", "footer2": "footer",
    }  # fmt: skip
    listed = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{main}.{kind}+xml"/>'
        for name, kind in parts.items()
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{listed}</Types>'
    )


def _relations(relations: dict[str, tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="{id_}" Type="{R}/{kind}" Target="{target}"/>'
        for id_, (kind, target) in relations.items()
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="{PACKAGE}/relationships">{listed}</Relationships>'


def _font(name: str) -> str:
    return (
        f'<w:font w:name="{name}"><w:altName w:val="{ALTERNATIVES[name]}"/><w:charset w:val="86"/></w:font>'
    )


def _settings() -> str:
    return _part(
        "settings",
        '<w:zoom w:percent="100"/><w:evenAndOddHeaders/><w:characterSpacingControl w:val="compressPunctuation"/>'
        f'<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="{WORD}" w:val="15"/></w:compat>'
        '<w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/>',
    )


def _fonts(east: str) -> str:
    return f'<w:rFonts w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:cs="{LATIN}" w:eastAsia="{east}"/>'


def _footer(side: str) -> str:
    """A page number between dashes, one character from the outer edge."""
    run = f'<w:r><w:rPr>{_fonts(SONG)}<w:sz w:val="28"/></w:rPr>'
    field = "".join(
        f"{run}{inner}</w:r>"
        for inner in (
            '<w:t xml:space="preserve">— </w:t>',
            '<w:fldChar w:fldCharType="begin"/>',
            '<w:instrText xml:space="preserve"> PAGE </w:instrText>',
            '<w:fldChar w:fldCharType="separate"/>',
            "<w:t>1</w:t>",
            '<w:fldChar w:fldCharType="end"/>',
            '<w:t xml:space="preserve"> —</w:t>',
        )
    )
    where = f'<w:ind w:{side}Chars="100" w:{side}="280" w:firstLine="0"/><w:jc w:val="{side}"/>'
    return _part("ftr", f'<w:p><w:pPr><w:snapToGrid w:val="0"/>{where}</w:pPr>{field}</w:p>')


def _styles() -> str:
    defaults = (
        f'<w:docDefaults><w:rPrDefault><w:rPr>{_fonts(FANGSONG)}<w:sz w:val="{BODY}"/><w:szCs w:val="{BODY}"/>'
        '<w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>'
    )
    normal = (
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/>'
        '<w:pPr><w:widowControl w:val="0"/><w:jc w:val="both"/></w:pPr>'
        f'<w:rPr>{_fonts(FANGSONG)}<w:sz w:val="{BODY}"/><w:szCs w:val="{BODY}"/></w:rPr></w:style>'
    )
    marks = "".join(
        f'<w:style w:type="character" w:styleId="{name}"><w:name w:val="{name}"/><w:rPr><w:b/>{colour}</w:rPr></w:style>'
        for name, colour in (
            ("Strong", ""),
            *((mark.title(), f'<w:color w:val="{c}"/>') for mark, c in COLOURS.items()),
        )
    )
    table = (
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/></w:style>'
        '<w:style w:type="table" w:customStyle="1" w:styleId="Table"><w:name w:val="Table"/><w:basedOn w:val="TableNormal"/>'
        f"<w:tblPr>{borders()}{cell_margins()}</w:tblPr></w:style>"
    )
    return _part("styles", defaults + normal + "".join(map(_style, STYLES)) + marks + table)


def borders() -> str:
    """Thin lines around and inside a table."""
    edges = ("top", "left", "bottom", "right", "insideH", "insideV")
    lines = "".join(f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="000000"/>' for edge in edges)
    return f"<w:tblBorders>{lines}</w:tblBorders>"


def cell_margins() -> str:
    """Space between a cell's lines and its text."""
    sides = {"top": 30, "left": 80, "bottom": 30, "right": 80}
    inner = "".join(f'<w:{side} w:w="{twips}" w:type="dxa"/>' for side, twips in sides.items())
    return f"<w:tblCellMar>{inner}</w:tblCellMar>"


def _style(id_: str) -> str:
    one = STYLES[id_]
    custom = "" if id_ in NAMES else ' w:customStyle="1"'
    keep = "<w:keepNext/><w:keepLines/>" if one.keep else ""
    edges = "".join(
        f'<w:{e} w:val="single" w:sz="4" w:space="4" w:color="7F7F7F"/>'
        for e in ("top", "left", "bottom", "right")
    )
    frame = f"<w:pBdr>{edges}</w:pBdr>" if one.frame else ""
    rule = (PITCH, "atLeast") if one.grid else (one.line, "exact") if one.line else (240, "auto")
    line = f'w:line="{rule[0]}" w:lineRule="{rule[1]}"'
    closer = f'<w:spacing w:val="{CLOSER}"/>' if one.grid else ""
    aside = 'w:left="100" w:right="100" ' if one.frame else ""
    indent = (
        f'<w:ind {aside}w:firstLineChars="{100 * one.indent}" w:firstLine="{10 * one.indent * one.size}"/>'
    )
    outline = "" if one.level is None else f'<w:outlineLvl w:val="{one.level}"/>'
    return (
        f'<w:style w:type="paragraph"{custom} w:styleId="{id_}"><w:name w:val="{NAMES.get(id_, id_)}"/>'
        f'<w:basedOn w:val="Normal"/><w:qFormat/><w:pPr>{keep}<w:widowControl/>{frame}<w:snapToGrid w:val="0"/>'
        f'<w:spacing w:before="{one.before}" w:after="{one.after}" {line}/>{indent if one.indent else ""}'
        f'<w:jc w:val="{one.align}"/>{outline}</w:pPr><w:rPr>{_fonts(one.font)}{closer}'
        f'<w:sz w:val="{one.size}"/><w:szCs w:val="{one.size}"/></w:rPr></w:style>'
    )
