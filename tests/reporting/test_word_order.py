"""Children of Word's elements in the order of its schema (ECMA-376, part 1): Word is stricter than LibreOffice."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree as ET

import pytest

from zwxm_core import tables
from zwxm_core.portfolio import read
from zwxm_core.reporting import registration_word, render, word_reference
from zwxm_core.resources import collection
from zwxm_core.rulesets import load_ruleset
from zwxm_core.tables import Html

from .test_render import CHART, REPORT, executed

W = f"{{{word_reference.W}}}"
ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs "
    "suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd "
    "snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection textAlignment "
    "textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange",
    "rPr": "rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof snapToGrid "
    "vanish webHidden color spacing w kern position sz szCs highlight u effect bdr shd fitText vertAlign rtl cs em "
    "lang eastAsianLayout specVanish oMath",
    "tblPr": "tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc tblCellSpacing "
    "tblInd tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription",
    "tbl": "tblPr tblGrid tr",
    "tr": "tblPrEx trPr tc",
    "tc": "tcPr p tbl",
    "tcPr": "cnfStyle tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign hideMark",
    "tblBorders": "top left start bottom right end insideH insideV",
    "tblCellMar": "top left start bottom right end",
    "pBdr": "top left bottom right between bar",
    "sectPr": "headerReference footerReference footnotePr endnotePr type pgSz pgMar paperSrc pgBorders lnNumType "
    "pgNumType cols formProt vAlign noEndnote titlePg textDirection bidi rtlGutter docGrid printerSettings",
    "style": "name aliases basedOn next link autoRedefine hidden uiPriority semiHidden unhideWhenUsed qFormat locked "
    "personal personalCompose personalReply rsid pPr rPr tblPr trPr tcPr tblStylePr",
    "styles": "docDefaults latentStyles style",
    "font": "altName panose1 charset family notTrueType pitch sig embedRegular embedBold embedItalic embedBoldItalic",
    "settings": "writeProtection view zoom removePersonalInformation removeDateAndTime doNotDisplayPageBoundaries "
    "displayBackgroundShape printPostScriptOverText printFractionalCharacterWidth printFormsData embedTrueTypeFonts "
    "embedSystemFonts saveSubsetFonts saveFormsData mirrorMargins alignBordersAndEdges "
    "bordersDoNotSurroundHeader bordersDoNotSurroundFooter gutterAtTop hideSpellingErrors hideGrammaticalErrors "
    "activeWritingStyle proofState formsDesign attachedTemplate linkStyles stylePaneFormatFilter "
    "stylePaneSortMethod documentType mailMerge revisionView trackRevisions doNotTrackMoves doNotTrackFormatting "
    "documentProtection autoFormatOverride styleLockTheme styleLockQFSet defaultTabStop autoHyphenation "
    "consecutiveHyphenLimit hyphenationZone doNotHyphenateCaps showEnvelope summaryLength clickAndTypeStyle "
    "defaultTableStyle evenAndOddHeaders bookFoldRevPrinting bookFoldPrinting bookFoldPrintingSheets "
    "drawingGridHorizontalSpacing drawingGridVerticalSpacing displayHorizontalDrawingGridEvery "
    "displayVerticalDrawingGridEvery doNotUseMarginsForDrawingGridOrigin drawingGridHorizontalOrigin "
    "drawingGridVerticalOrigin doNotShadeFormData noPunctuationKerning characterSpacingControl printTwoOnOne "
    "strictFirstAndLastChars noLineBreaksAfter noLineBreaksBefore savePreviewPicture doNotValidateAgainstSchema "
    "saveInvalidXml ignoreMixedContent alwaysShowPlaceholderText doNotDemarcateInvalidXml saveXmlDataOnly "
    "useXSLTWhenSaving saveThroughXslt showXMLTags alwaysMergeEmptyNamespace updateFields hdrShapeDefaults "
    "footnotePr endnotePr compat docVars rsids mathPr attachedSchema themeFontLang clrSchemeMapping "
    "doNotIncludeSubdocsInStats doNotAutoCompressPictures forceUpgrade captions readModeInkLockDown smartTagType "
    "schemaLibrary shapeDefaults doNotEmbedSmartTags decimalSymbol listSeparator",
    "inline": "extent effectExtent docPr cNvGraphicFramePr graphic",
    "pic": "nvPicPr blipFill spPr",
    "spPr": "xfrm prstGeom",
}  # fmt: skip
REPEATED = {
    "tr", "tc", "p", "tbl", "style", "footerReference", "headerReference", "tblGrid", "tblStylePr",
}  # fmt: skip


def report() -> bytes:
    wide = tables.table(["项", *map(str, range(9))], [["合", *["1,345,678.901234"] * 9]], range(1, 10), "宽")
    shown = [tables.paragraph(t, "note") for t in ("与基础不同之处：", "乙")]
    more = executed(*shown, tables.paragraph("缺："), wide, Html('<p class="title">再</p>'), CHART)
    more.cells = [*REPORT.cells, *more.cells]
    return render.RENDERERS["docx"](render.Executed(more, "x"))


def form() -> bytes:
    found = read(collection("data/samples") / "portfolio.xlsx")
    return registration_word.forms_docx(found, [0, 1], load_ruleset())


@pytest.fixture(params=[report, form], ids=["report", "form"], scope="module")
def data(request) -> bytes:
    return request.param()


def disorder(root: ET.Element) -> list[tuple[str, list[str]]]:
    """Elements whose children are not in the order of the schema, or that have one twice or one it does not know."""
    wrong = []
    for one in root.iter():
        name = one.tag.rpartition("}")[2]
        if name in ORDER:
            children = [child.tag.rpartition("}")[2] for child in one]
            known = ORDER[name].split()
            places = [known.index(child) if child in known else -1 for child in children]
            once = [child for child in children if child not in REPEATED]
            if -1 in places or places != sorted(places) or len(once) != len(set(once)):
                wrong.append((name, children))
    return wrong


def test_every_part_is_in_the_order_of_the_schema(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: ET.fromstring(archive.read(name)) for name in archive.namelist() if name.startswith("word/")
                 and name.endswith(".xml")}  # fmt: skip
    assert {"word/document.xml", "word/styles.xml", "word/settings.xml"} <= set(parts)
    assert {name: found for name, part in parts.items() if (found := disorder(part))} == {}


def test_a_paragraph_out_of_order_is_found():
    wrong = ET.fromstring(f'<w:pPr xmlns:w="{word_reference.W}"><w:jc/><w:spacing/></w:pPr>')
    assert disorder(wrong) == [("pPr", ["jc", "spacing"])]


def test_properties_come_first_and_a_cell_ends_in_a_paragraph(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        document = ET.fromstring(archive.read("word/document.xml"))
    for parent, first in (("p", "pPr"), ("r", "rPr"), ("tbl", "tblPr"), ("tc", "tcPr")):
        for one in document.iter(W + parent):
            assert W + first not in [child.tag for child in one[1:]]
    for cell in document.iter(W + "tc"):
        assert cell[-1].tag == W + "p"
    body = document[0]
    assert body[-1].tag == W + "sectPr"
    assert body[-2].tag == W + "p"


def test_every_part_has_a_type_every_relation_a_part_and_every_style_that_is_used_is_there(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        trees = {
            name: ET.fromstring(archive.read(name)) for name in names if name.endswith((".xml", ".rels"))
        }
    types = trees["[Content_Types].xml"]
    extensions = [one.get("Extension") for one in types if one.get("Extension")]
    assert len(extensions) == len(set(extensions))
    overridden = {one.get("PartName").lstrip("/") for one in types if one.get("PartName")}
    assert overridden <= names
    parts = names - {"[Content_Types].xml"}
    assert not [name for name in parts - overridden if name.rpartition(".")[2] not in extensions]
    for name in [one for one in names if one.endswith(".rels")]:
        folder = name.partition("_rels/")[0]
        assert {folder + one.get("Target") for one in trees[name]} <= names, name
    styles = {one.get(W + "styleId") for one in trees["word/styles.xml"].iter(W + "style")}
    document = list(trees["word/document.xml"].iter())
    used = {one.get(W + "val") for one in document if one.tag in (W + "pStyle", W + "rStyle", W + "tblStyle")}
    assert used <= styles
    pictures = [one.get("id") for one in document if one.tag.endswith("}docPr")]
    assert len(pictures) == len(set(pictures))
