"""Whatever is typed into a text stays text in every file that leaves: pages, Word, PDF, workbooks, calendars, names."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from zwxm_core.portfolio import InputError, schema, write_workbook
from zwxm_core.reporting.batch import run

from .conftest import examples, told

HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</td></table><iframe src=//x>", "\"><svg/onload=alert(1)>", "[x](javascript:alert(1))",
    "![](/etc/passwd)", "</w:t></w:r><w:br/>", "<link rel=attachment href=file:///etc/passwd>", "=cmd|'/c calc'!A0", "=HYPERLINK(\"http://x\")", "+1+1",
    "@SUM(A1)", "#eval(\"1\")", "#read(\"/etc/passwd\")", "\\ # $ * _ ` @ < ~", "$\\frac{1}$", "{{7*7}}{% raw %}", "---\nheader-includes: x", "\u202e甲\u2066乙",
    "甲\u200b乙\ufeff", "👩‍👩‍👧🏛️", "𠮷e\u0301", "CON", "../../etc/passwd", "a:b*?<>|", "x" * 2000, "长" * 3000, "\"\"\"\nimport os\n", "'; DROP", "http://evil.example",
    "BEGIN:VEVENT\r\nX:1", ";,\\n", "&amp;&lt;", "]]>", "<!--", "${x}", "%s%n", "\t制表\n换行",
]  # fmt: skip
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.sampled_from(HOSTILE), st.text(min_size=1, max_size=30))
SHEETS = ("projects", "adjustments", "costs", "materials", "opinions", "narrative", "signoff", "indicators")


class Page(HTMLParser):
    """What of a page could act: elements, handlers, addresses."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: set[str] = set()
        self.acts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        for name, value in attrs:
            if name.startswith("on") or (
                name in ("href", "src", "action") and re.match(r"\s*([a-z]+:|//)", value or "", re.IGNORECASE)
            ):
                self.acts.append(f"{tag} {name}={value}")


def filled(texts: list[str]) -> dict[str, list[dict]]:
    """One project with a text of its own in every text field of the sheets that reports show."""
    at = 0
    rows = {}
    for sheet in SHEETS:
        row: dict = {"project": "A1"}
        for name, field in schema.fields(sheet).items():
            if field.kind == "text" and not field.values:
                row[name], at = texts[at % len(texts)], at + 1
        rows[sheet] = [row]
    rows["projects"][0] |= {
        "id": "A1",
        "level": "市级",
        "classified": False,
        "mode": "购买服务",
        "action": "服务",
        "approved_total": 10**8,
    }
    del rows["projects"][0]["project"]
    rows["adjustments"][0] |= {"seq": 1, "on": "2025-06-01", "amount": 10**6}
    rows["costs"][0] |= {"mode": "购买服务", "year": 1, "claimed": 10**7}
    rows["narrative"][0] |= {"report": "adjustment_review"}
    rows["materials"][0] |= {"clause": "16.1.1"}
    return rows


def check_file(name: str, data: bytes) -> None:
    """A file opens, and nothing in it acts."""
    assert re.fullmatch(r"[\w.\u4e00-\u9fff-]+", name), name
    assert len(name.encode()) <= 200
    if name.endswith(".html"):
        page = Page(data.decode())
        harmless = [a for a in page.acts if re.match(r"(img|image) (src|href)=data:image/", a)]
        assert sorted(page.acts) == sorted(harmless)
        assert not page.tags & {"iframe", "object", "embed", "link", "base"}
        assert name == "index.html" or not page.tags & {"script", "form"}  # the index has its own search
    elif name.endswith(".docx"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for part in archive.namelist():
                if part.endswith((".xml", ".rels")):
                    ET.fromstring(archive.read(part))
                    assert b'TargetMode="External"' not in archive.read(part)
            assert not [part for part in archive.namelist() if "embed" in part]
    elif name.endswith(".pdf"):
        assert data.startswith(b"%PDF")
        assert not [mark for mark in (b"/URI", b"/JavaScript", b"/EmbeddedFile", b"/Launch") if mark in data]
    elif name.endswith(".xlsx"):
        for sheet in openpyxl.load_workbook(io.BytesIO(data)):
            for row in sheet.iter_rows():
                assert not [c.coordinate for c in row if c.hyperlink]
                assert not [
                    c.value for c in row if c.data_type == "f" and re.match(r"=(cmd|HYPERLINK)", str(c.value))
                ]
    elif name.endswith(".ics"):
        assert {part.name for part in Calendar.from_ical(data).walk()} <= {
            "VCALENDAR",
            "VEVENT",
            "VTODO",
            "VTIMEZONE",
            "STANDARD",
            "VALARM",
        }


@pytest.mark.slow
@given(st.lists(TEXTS, min_size=6, max_size=20))
@examples(1)
def test_what_is_typed_stays_text_in_every_file_that_leaves(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("t")
    try:
        book = write_workbook(folder / "项目.xlsx", filled([*texts, *HOSTILE]))
    except InputError:
        return
    options = {"as_of": date(2026, 3, 1), "progress": False, "formats": ("html", "docx", "pdf", "ipynb")}
    assert told("assess", book, "--out", folder / "结论.xlsx").code in (0, 65)
    assert told("form", book, "--out", folder / "表.docx").code in (0, 65)
    assert told("form", book, "--out", folder / "表.xlsx").code in (0, 65)
    assert told("check", book, "--marked", folder / "标.xlsx").code in (0, 65)
    try:
        result = run("adjustment_review", book, folder / "out", **options)
    except InputError:
        return
    assert result.failed == []
    assert len(result.made) == 4
    for path in [*folder.glob("*.xlsx"), *folder.glob("*.docx"), *(folder / "out").iterdir()]:
        if path.name != "项目.xlsx":
            check_file(path.name, path.read_bytes())
