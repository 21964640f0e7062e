"""Formats of a report: the page of official documents, text that stays text, the same bytes."""

from __future__ import annotations

import html
import io
import re
import shutil
import subprocess
import zipfile
from xml.etree import ElementTree as ET

import nbformat
import pytest

from zwxm_core import charts, tables
from zwxm_core.reporting import render, word_reference
from zwxm_core.reporting.page import blocks, numeral, said, sanitised
from zwxm_core.tables import Html

from .test_tables import HOSTILE

W = f"{{{word_reference.W}}}"
HYPHEN = W + "noBreakHyphen"
TYPED = [
    *HOSTILE,
    '#read("/etc/passwd")',
    "$x^2$ @x <label> #1",
    "---\nheader-includes: <script>alert(9)</script>",
    "![](/etc/passwd)",
    "<link rel=attachment href=file:///etc/passwd>",
    "<svg onload=alert(1)>",
    "</w:t></w:r><w:r><w:t>入",
    "\\#\\*_~ ``` = 标题",
    '"); #panic("',
]
CHART = charts.portfolio_outcomes([("第二十九条", {"问题": 1, "待核": 2})])


def executed(*shown):
    """A notebook as it is after its run: texts are markdown cells, anything else is an output."""
    notebook = nbformat.v4.new_notebook()
    for one in shown:
        if isinstance(one, str):
            notebook.cells.append(nbformat.v4.new_markdown_cell(one))
            continue
        if isinstance(one, Html):
            data, metadata = {"text/html": one.markup, "text/plain": repr(one)}, {}
        else:
            data, metadata = charts.show(one)._repr_mimebundle_()
        output = nbformat.v4.new_output("execute_result", data, metadata=metadata, execution_count=1)
        notebook.cells.append(nbformat.v4.new_code_cell("f()", outputs=[output], execution_count=1))
    return notebook


TITLE = Html('<p class="kind">立项评估报告</p><p class="title">甲系统</p>') + tables.paragraph(
    "项目编号 A1", "meta"
)
REPORT = executed(
    TITLE,
    "## 结论",
    Html('<div class="box yes">')
    + tables.paragraph("未发现问题。", "lead")
    + tables.bullets(["符合"])
    + Html("</div>"),
    "### 问题",
    tables.paragraph("无。", "none"),
    "### 空的",
    "## 费用",
    tables.table(["序", "理由", "金额（万元）"], [[1, "长" * 400, "1,234.50"], [2, None, "0.00"]], (0, 2), "费用表"),
    tables.pairs([("项目单位", "市甲局")]),
    CHART,
    "#### 细目",
    tables.findings([], None, empty="无"),
)  # fmt: skip


@pytest.fixture(scope="module")
def made():
    """The report in every format."""
    return {
        name: renderer(render.Executed(REPORT, "立项评估报告 · 甲系统"))
        for name, renderer in render.RENDERERS.items()
    }


@pytest.fixture(scope="module")
def word(made):
    """The parts of the Word document, as trees."""
    with zipfile.ZipFile(io.BytesIO(made["docx"])) as archive:
        return {name: ET.fromstring(archive.read(name)) for name in archive.namelist() if "xml" in name}


def w(one: ET.Element, name: str) -> str | None:
    return one.get(W + name)


def paragraphs(document: ET.Element) -> list[tuple[str, str]]:
    """Style and text of every paragraph, in order."""
    told = []
    for paragraph in document.iter(W + "p"):
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        text = "".join(
            "-" if t.tag == HYPHEN else t.text or "" for t in paragraph.iter() if t.tag in (W + "t", HYPHEN)
        )
        told.append((None if style is None else w(style, "val"), text))
    return told


def pdf_text(data: bytes) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on this machine")
    done = subprocess.run(["pdftotext", "-", "-"], input=data, capture_output=True, check=True)
    return done.stdout.decode()


def close(text: str) -> str:
    return re.sub(r"\s|\u200b", "", text)


# The page of an official document -----------------------------------------------------------


def test_the_page_is_a4_with_the_margins_of_official_documents(word):
    section = word["word/document.xml"].findall(f".//{W}sectPr")[-1]
    size, margins = section.find(W + "pgSz"), section.find(W + "pgMar")
    assert (w(size, "w"), w(size, "h")) == ("11906", "16838")
    millimetres = {
        edge: round(int(w(margins, edge)) / 56.6929) for edge in ("top", "bottom", "left", "right")
    }
    assert millimetres == {"top": 37, "bottom": 35, "left": 28, "right": 26}


def test_the_grid_has_22_lines_of_28_characters_and_the_text_keeps_to_it(word):
    grid = word["word/document.xml"].findall(f".//{W}docGrid")[-1]
    assert w(grid, "type") == "linesAndChars"
    pitch, space = int(w(grid, "linePitch")), int(w(grid, "charSpace"))
    assert (16838 - 2098 - 1984) // pitch == 22
    assert (11906 - 1587 - 1474) / 20 // (16 + space / 4096) == 28
    body = styles(word)["BodyText"]
    assert w(body.find(f"{W}pPr/{W}spacing"), "line") == str(pitch)
    assert (11906 - 1587 - 1474) // (320 + int(w(body.find(f"{W}rPr/{W}spacing"), "val"))) == 28


def styles(word) -> dict[str, ET.Element]:
    return {w(style, "styleId"): style for style in word["word/styles.xml"].iter(W + "style")}


@pytest.mark.parametrize(
    ("style", "font", "half_points"),
    [
        ("Title", "方正小标宋简体", "44"),
        ("BodyText", "仿宋_GB2312", "32"),
        ("Heading1", "黑体", "32"),
        ("Heading2", "楷体_GB2312", "32"),
        ("Heading3", "仿宋_GB2312", "32"),
    ],
)
def test_fonts_and_sizes_are_those_of_official_documents(word, style, font, half_points):
    runs = styles(word)[style].find(W + "rPr")
    assert w(runs.find(W + "rFonts"), "eastAsia") == font
    assert w(runs.find(W + "sz"), "val") == half_points


def test_page_numbers_stand_outside_between_dashes(word):
    assert word["word/settings.xml"].find(W + "evenAndOddHeaders") is not None
    rels = {one.get("Id"): one.get("Target") for one in word["word/_rels/document.xml.rels"]}
    section = word["word/document.xml"].findall(f".//{W}sectPr")[-1]
    sides = {}
    for foot in section.iter(W + "footerReference"):
        part = word["word/" + rels[foot.get(f"{{{word_reference.R}}}id")]]
        sides[w(foot, "type")] = w(part.find(f".//{W}jc"), "val")
        assert "".join(t.text for t in part.iter(W + "t")) == "— 1 —"
        assert "PAGE" in "".join(t.text for t in part.iter(W + "instrText"))
    assert sides == {"default": "right", "even": "left"}


def test_headings_are_word_headings_with_the_numbers_of_official_documents_and_none_is_empty(word):
    told = [
        (style, text) for style, text in paragraphs(word["word/document.xml"]) if style and "Heading" in style
    ]
    assert told == [
        ("Heading1", "一、结论"), ("Heading2", "（一）问题"), ("Heading1", "二、费用"), ("Heading3", "1.细目"),
    ]  # fmt: skip
    outline = [w(styles(word)[f"Heading{n}"].find(f"{W}pPr/{W}outlineLvl"), "val") for n in (1, 2, 3)]
    assert outline == ["0", "1", "2"]


def test_a_table_has_borders_a_repeated_head_a_caption_and_stays_a_table(word):
    table = word["word/document.xml"].find(f".//{W}tbl")
    edges = {one.tag for one in table.find(f"{W}tblPr/{W}tblBorders")}
    assert edges == {W + name for name in ("top", "left", "bottom", "right", "insideH", "insideV")}
    rows = table.findall(W + "tr")
    assert [row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows] == [True, False, False]
    told = paragraphs(word["word/document.xml"])
    assert ("TableCaption", "表1　费用表") in told
    assert [text for style, text in paragraphs(table) if style.startswith("Number")] == [
        "1",
        "1,234.50",
        "2",
        "0.00",
    ]


def test_the_columns_fill_the_text_and_none_is_a_character_wide(word):
    for table in word["word/document.xml"].iter(W + "tbl"):
        widths = [int(w(column, "w")) for column in table.iter(W + "gridCol")]
        assert abs(sum(widths) - word_reference.TEXT_WIDTH) <= len(widths)
        assert min(widths) >= 2 * 15 * 20  # two characters of 10.5 points and the cell's edges
        for row in table.iter(W + "tr"):
            assert [int(w(cell, "w")) for cell in row.iter(W + "tcW")] == widths


def test_a_figure_is_whole_and_as_wide_as_the_text_with_caption_and_alt_text(word, made):
    document = word["word/document.xml"]
    extent = next(one for one in document.iter() if one.tag.endswith("}extent"))
    assert int(extent.get("cx")) <= word_reference.TEXT_WIDTH * 635
    named = next(one for one in document.iter() if one.tag.endswith("}docPr"))
    assert named.get("descr") == CHART.alt
    assert ("ImageCaption", "图1　结论分布堆叠横条图") in paragraphs(document)
    place = styles(word)["Picture"].find(f"{W}pPr/{W}spacing")
    assert w(place, "lineRule") == "auto"  # an exact line would show a strip of it
    with zipfile.ZipFile(io.BytesIO(made["docx"])) as archive:
        assert archive.read("word/media/1.png").startswith(b"\x89PNG")


def test_what_a_report_says_is_in_every_format(made):
    with zipfile.ZipFile(io.BytesIO(made["docx"])) as archive:
        text = "".join(ET.fromstring(archive.read("word/document.xml")).itertext())
    page = re.sub("<style>.*</style>|<[^>]*>", "", made["html"].decode(), flags=re.DOTALL)
    for said_there in (text, html.unescape(page), pdf_text(made["pdf"])):
        for told in ("未发现问题。", "市甲局", "1,234.50", "未提供"):
            assert told in close(said_there)
        assert said_there.count("长") == 400


def test_a_wide_table_lies_on_its_side_and_the_text_goes_on_upright():
    cells = [f"{n},345,678.901234" for n in range(9)]
    table = tables.table(["项", *(f"第 {n} 年" for n in range(9))], [["合计", *cells]], range(1, 10), "表")
    notebook = executed("## 前", tables.paragraph("前"), table, tables.paragraph("后"))
    with zipfile.ZipFile(io.BytesIO(render.RENDERERS["docx"](render.Executed(notebook, "x")))) as archive:
        document = ET.fromstring(archive.read("word/document.xml"))
    sizes = [w(one, "orient") for one in document.iter(W + "pgSz")]
    assert sizes == [None, "landscape", None]
    pdf = render.RENDERERS["pdf"](render.Executed(notebook, "x"))
    assert all(cell in pdf_text(pdf) for cell in cells)


def test_between_two_tables_on_their_side_there_is_no_empty_page():
    cells = ["合计", *["1,345,678.901234"] * 9]
    wide = tables.table(["项", *map(str, range(9))], [cells], range(1, 10), "表")
    document = document_of(tables.paragraph("前"), wide, wide, tables.paragraph("后"))
    assert [w(one, "orient") for one in document.iter(W + "pgSz")] == [None, "landscape", "landscape", None]


def test_a_date_in_a_sentence_is_written_as_in_official_documents_and_the_text_around_it_closes_up():
    shown = executed(
        tables.paragraph("于 2026-11-24 验收（2026-09-03），2026-13-01 不是日子"),
        tables.table(["期限", "理由"], [["2026-01-01 至 2026-12-31", "验收日：2026-05-06。"]]),
    )
    told = [text for _, text in paragraphs(docx_of_notebook(shown))]
    assert told == [
        "于 2026年11月24日验收（2026年9月3日），2026-13-01 不是日子",
        "期限", "理由", "2026-01-01 至 2026-12-31", "验收日：2026年5月6日。", "",
    ]  # fmt: skip
    assert "2026年11月24日验收" in close(pdf_text(render.RENDERERS["pdf"](render.Executed(shown, "x"))))
    assert "2026-11-24" in render.RENDERERS["html"](render.Executed(shown, "x")).decode(), (
        "a page has them as a sheet has"
    )


def test_a_date_that_stands_alone_is_not_broken_over_two_lines():
    assert len(list(document_of(tables.table(["日期"], [["2026-11-24"]])).iter(HYPHEN))) == 2


def docx_of_notebook(notebook) -> ET.Element:
    with zipfile.ZipFile(io.BytesIO(render.RENDERERS["docx"](render.Executed(notebook, "x")))) as archive:
        return ET.fromstring(archive.read("word/document.xml"))


def document_of(*shown) -> ET.Element:
    """The body of the Word document of these."""
    return docx_of_notebook(executed(*shown))


def test_ids_in_a_row_are_not_broken_and_a_line_may_end_between_them():
    document = document_of(tables.table(["项目"], [[tables.ids(["LS2026-01", "LS2026-02"])]]))
    assert len(list(document.iter(HYPHEN))) == 2
    assert "LS2026-01、 LS2026-02" in [text for _, text in paragraphs(document)]


def test_below_a_table_there_is_room_and_an_empty_line_only_where_word_needs_one():
    plain = tables.table(["甲"], [["乙"]])
    body = document_of(plain, tables.paragraph("完。"), plain, plain)[0]
    assert [one.tag.removeprefix(W) for one in body] == ["tbl", "p", "tbl", "p", "tbl", "p", "sectPr"]
    styled = [text or style for style, text in paragraphs(body) if style in ("BodyText", "TableEnd")]
    assert styled == ["完。", "TableEnd", "TableEnd"]
    assert w(body[1].find(f"{W}pPr/{W}spacing"), "before") == "160"


def test_notes_in_one_frame_stay_together():
    body = document_of(*(tables.paragraph(text, "note") for text in "甲乙丙"), tables.paragraph("完。"))[0]
    assert [one.find(f"{W}pPr/{W}keepNext") is not None for one in body.iter(W + "p")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_sentence_that_leads_up_to_a_table_stays_with_it_and_no_head_stands_alone():
    rows = [["长" * 300, n] for n in range(5)]
    document = document_of(
        tables.paragraph("缺下列事实："), tables.table(["甲", "乙"], rows), tables.paragraph("完。")
    )
    kept = {
        text: paragraph.find(f"{W}pPr/{W}keepNext") is not None
        for paragraph, (_, text) in zip(document.iter(W + "p"), paragraphs(document), strict=True)
    }
    assert [kept[text] for text in ("缺下列事实：", "甲", "0", "1", "4", "完。")] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]


def test_small_print_takes_less_of_a_table_than_the_text_beside_it():
    text, note = "长" * 120, "注" * 120
    (plain,) = blocks(sanitised(tables.table(["甲", "乙"], [[text, note]]).markup))
    (small,) = blocks(sanitised(tables.table(["甲", "乙"], [[text, tables.small(note)]]).markup))
    assert plain["widths"] == [0.5, 0.5]
    assert small["widths"][0] > 0.52


def docx_of(*shown) -> dict[str, ET.Element]:
    with zipfile.ZipFile(
        io.BytesIO(render.RENDERERS["docx"](render.Executed(executed(*shown), "x")))
    ) as archive:
        return {name: ET.fromstring(archive.read(name)) for name in archive.namelist() if "xml" in name}


def test_the_sign_of_a_negative_number_in_a_sentence_stays_with_it_and_a_figure_stays_a_figure():
    shown = (
        tables.paragraph("节约 -1,153.31 万元，收益率（-5.60%），LS2026-01"),
        tables.table(["节约"], [["-3.20"]], (0,)),
    )
    told = [text for _, text in paragraphs(docx_of(*shown)["word/document.xml"])]
    assert "节约 −1,153.31 万元，收益率（−5.60%），LS2026-01" in told
    assert "-3.20" in told, "a sheet into which it is copied must take it as a number"


def test_a_head_that_does_not_stand_on_one_line_is_broken_before_its_unit():
    heads = [
        "项",
        "金额（万元）",
        "甲项目（万元）",
        "乙项目（万元）",
        "丙项目（万元）",
        "丁项目（万元）",
        "戊项目（万元）",
        "己项目（万元）",
    ]
    document = docx_of(tables.table(heads, [["合计", *["1.00"] * 7]], range(1, 8), "表"))["word/document.xml"]
    first = document.find(f".//{W}tr")
    broken = [cell for cell in first.iter(W + "tc") if cell.find(f".//{W}br") is not None]
    assert len(broken) == 7
    for cell in broken:
        texts = [run.findtext(W + "t") for run in cell.iter(W + "r") if run.find(W + "t") is not None]
        assert "".join(texts).endswith("（万元）")


def test_word_opens_it_as_a_document_of_today(word):
    settings = word["word/settings.xml"].findall(f".//{W}compatSetting")
    assert [(w(one, "name"), w(one, "val")) for one in settings] == [("compatibilityMode", "15")]


def test_numbers_of_headings_are_chinese():
    assert [numeral(n) for n in (9, 19, 30, 99)] == ["九", "十九", "三十", "九十九"]


# Text stays text ----------------------------------------------------------------------------


def hostile(value: str):
    table = tables.table([value], [[value]], caption=value)
    return executed("## 标题", tables.paragraph(value), tables.bullets([value]), table)


@pytest.mark.parametrize("value", TYPED)
def test_what_a_user_typed_is_text_in_word(value):
    with zipfile.ZipFile(
        io.BytesIO(render.RENDERERS["docx"](render.Executed(hostile(value), value)))
    ) as archive:
        assert not [name for name in archive.namelist() if "media" in name or "embed" in name]
        document = ET.fromstring(archive.read("word/document.xml"))
        rels = archive.read("word/_rels/document.xml.rels").decode()
        properties = "".join(ET.fromstring(archive.read("docProps/core.xml")).itertext())
    shown = [close(text) for _, text in paragraphs(document)]
    assert shown.count(close(value)) == 4
    assert f"表1{close(value)}" in shown
    assert 'TargetMode="External"' not in rels
    assert close(value) in close(properties)


@pytest.mark.parametrize("value", TYPED)
def test_what_a_user_typed_is_text_in_pdf(value):
    made = render.RENDERERS["pdf"](render.Executed(hostile(value), value))
    assert b"/URI" not in made
    assert b"/JavaScript" not in made
    assert b"/EmbeddedFile" not in made
    assert close(pdf_text(made)).count(close(value)) == 5


@pytest.mark.parametrize("value", TYPED)
def test_what_a_user_typed_is_text_on_the_page(value):
    page = render.RENDERERS["html"](render.Executed(hostile(value), value)).decode()
    tags = set(re.findall(r"<\s*([a-zA-Z0-9]+)", page))
    assert tags <= {"html", "head", "meta", "title", "style", "body", "nav", "ol", "li", "a", "main", "section", "h2",
                    "p", "ul", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "span"}  # fmt: skip
    assert close(html.unescape(re.sub("<[^>]*>", "", page))).count(close(value)) >= 4


def test_markup_that_is_no_tag_of_ours_is_shown_and_a_picture_cannot_be_fetched():
    output = Html('<p>a</p><script>alert(1)</script><img src="http://x/y.png"><a href="javascript:1">b</a>')
    notebook = executed(output, "![图](http://x/y.png) [c](javascript:1)")
    page = render.RENDERERS["html"](render.Executed(notebook, "x")).decode()
    assert "<script" not in page
    assert "<img" not in page
    assert "javascript:1" not in re.sub("&lt;.*?&gt;", "", page)
    assert not [one for one in blocks(sanitised(page[page.index("<main>") :])) if one["kind"] == "figure"]


def test_characters_that_xml_cannot_hold_are_left_out():
    markup = "<p>甲\x0b\x00\ufffe\ud800乙</p>"
    assert said(blocks(sanitised(markup))[0]["runs"]) == "甲乙"


# The same bytes -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", render.RENDERERS)
def test_the_same_notebook_gives_the_same_bytes_and_is_not_changed(made, name):
    before = nbformat.writes(REPORT)
    assert render.RENDERERS[name](render.Executed(REPORT, "立项评估报告 · 甲系统")) == made[name]
    assert nbformat.writes(REPORT) == before


def test_formats_made_together_are_those_made_alone_in_any_order(made):
    report = render.Executed(REPORT, "立项评估报告 · 甲系统")
    for name in [*reversed(render.RENDERERS), *render.RENDERERS]:
        assert render.RENDERERS[name](report) == made[name], name


@pytest.mark.parametrize("name", ["docx", "pdf"])
def test_no_time_of_day_is_in_a_file(made, name):
    if name == "pdf":
        assert not re.search(rb"CreationDate|ModDate", made[name])
    else:
        with zipfile.ZipFile(io.BytesIO(made[name])) as archive:
            assert {info.date_time for info in archive.infolist()} == {word_reference.EPOCH}
            assert b"dcterms" not in archive.read("docProps/core.xml")


def test_a_pdf_is_tagged_and_says_its_language_and_what_a_figure_shows(made):
    assert b"/StructTreeRoot" in made["pdf"]
    assert b"/Lang" in made["pdf"]
