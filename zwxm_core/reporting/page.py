"""What a report says, as blocks that Word and PDF are made of: headings, paragraphs, tables, figures.

The blocks hold plain text only. Whatever a user typed is a string in them and can become
markup nowhere: Word and Typst get their own notation around it, never inside it.

A block is a dict (it goes to Typst as JSON) with ``kind``:

``heading``  ``level`` 1–3, ``number`` (一、（一） 1.), ``runs``
``text``     ``style`` (see `STYLES`), ``runs``
``table``    ``caption``, ``head``, ``rows`` (lists of cells), ``numbers`` (columns set to the right),
             ``widths`` (parts of 1), ``size`` (points), ``landscape``, ``short`` (stays on one page)
``figure``   ``svg`` (text) or ``png`` (bytes), ``alt``, ``caption``

Runs are pairs (text, mark); a cell is a list of (style, runs).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes
from xml.etree.ElementTree import Element, SubElement

from zwxm_core.reporting.columns import LANDSCAPE, PADDING, PORTRAIT, UNIT, ems, fit

STYLES = ("", "kind", "title", "meta", "lead", "small", "none", "note", "notice", "code")
"""Styles of paragraphs: classes of the page's style sheet, plain text without one."""

MARKS = ("strong", "problem", "open", "yes", "no", "na", "day", "code")
"""Marks of runs: bold, the tones of a conclusion, a date or an id that is not broken, code."""

TAGS = {
    "a", "b", "blockquote", "br", "caption", "code", "div", "em", "figure", "h1", "h2", "h3", "h4", "hr", "img", "li",
    "ol", "p", "pre", "section", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
"""What a report may contain; anything else is shown as text."""

ATTRIBUTES = {
    ("", "class"): r"[\w -]*$",
    ("a", "href"): r"(?:https?://|#)",
    ("img", "alt"): "",
    ("img", "src"): r"data:image/(?:png|svg\+xml)[;,]",
}
"""Attributes that an element may have (one without an element: that any may have), and what they may say."""

SHORT_ROWS, SHORT_PAIRS, SHORT_CELL = 12, 20, 40
"""Rows, rows of names and values (which have no head to repeat), and characters of a cell of a table that is not
broken over two pages.
"""

NEGATIVE = re.compile(r"(?<![!-~])-(?=\d[\d,]*(?:\.\d+)?(?:%|[^!-~]|$))")
"""The sign of a negative number in running text, which would be broken from it at the end of a line."""

SENTENCE = re.compile("[，；：。（]")
"""What a cell has that says more than a name, a day or a period."""

NO_BREAK = "\u00a0"
VOID = {"br", "hr", "img"}
INLINE = {"a", "b", "br", "code", "em", "span", "strong"}
HEADINGS = {"h1": 1, "h2": 1, "h3": 2, "h4": 3}
DIGITS = "零一二三四五六七八九"
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML cannot hold."""


def numeral(number: int) -> str:
    """A number from 1 to 99 in Chinese.

    >>> [numeral(n) for n in (1, 10, 11, 20, 35)]
    ['一', '十', '十一', '二十', '三十五']
    """
    tens, ones = divmod(number, 10)
    lead = "" if tens == 0 else "十" if tens == 1 else DIGITS[tens] + "十"
    return lead + (DIGITS[ones] if ones or not tens else "")


def blocks(tree: Element) -> list[dict]:
    """The blocks of a page, headings numbered as official documents number them.

    Parameters
    ----------
    tree : Element
        Of `sanitised`.

    Examples
    --------
    >>> blocks(sanitised("<h2>结论</h2><p>未发现问题。</p>"))[0]
    {'kind': 'heading', 'level': 1, 'number': '一、', 'runs': [('结论', '')]}
    """
    return [_written(block) for block in _captioned(_numbered(list(_blocks(tree, ""))))]


class _Builder(HTMLParser):
    """Markup as a tree of what is allowed in it."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.root = Element("div")
        self.open = [self.root]

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS:
            self.handle_data(self.get_starttag_text() or "")
            return
        allowed = {
            name: FORBIDDEN.sub("", value or "") for name, value in attrs if _allowed(tag, name, value or "")
        }
        if tag == "img" and "src" not in allowed:
            self.handle_data(self.get_starttag_text() or "")
            return
        made = SubElement(self.open[-1], tag, allowed)
        if tag not in VOID:
            self.open.append(made)

    def handle_endtag(self, tag):
        tags = [one.tag for one in self.open]
        if tag in tags[1:]:
            del self.open[len(tags) - 1 - tags[::-1].index(tag) :]
        elif tag not in TAGS:
            self.handle_data(f"</{tag}>")

    def handle_data(self, data):
        data = FORBIDDEN.sub("", data)
        last = self.open[-1]
        if len(last):
            last[-1].tail = (last[-1].tail or "") + data
        else:
            last.text = (last.text or "") + data


def _allowed(tag: str, name: str, value: str) -> bool:
    pattern = ATTRIBUTES.get((tag, name), ATTRIBUTES.get(("", name)))
    return pattern is not None and bool(re.match(pattern, value))


def sanitised(markup: str) -> Element:
    """The outputs and texts of a notebook as a tree: tags that are not allowed in it are text.

    Examples
    --------
    >>> tree = sanitised("<p onclick='f()'>甲<script>f()</script></p>")
    >>> tree[0].attrib, tree[0].text
    ({}, '甲<script>f()</script>')
    """
    builder = _Builder()
    builder.feed(markup)
    builder.close()
    return builder.root


# Blocks -----------------------------------------------------------------------------------


def _blocks(parent: Element, style: str) -> Iterator[dict]:
    """The blocks inside an element; text that stands between them is a paragraph of its own."""
    loose: list[tuple[str, str]] = list(_text(parent.text, ""))
    for child in parent:
        if child.tag in INLINE:
            loose += _runs(child, "")
        else:
            yield from _paragraph(loose, style)
            loose = []
            yield from _block(child, style)
        loose += _text(child.tail, "")
    yield from _paragraph(loose, style)


def _block(one: Element, style: str) -> Iterator[dict]:
    if one.tag in HEADINGS:
        if runs := _trimmed(_inner(one)):
            yield {"kind": "heading", "level": HEADINGS[one.tag], "number": "", "runs": runs}
    elif one.tag == "table":
        yield _table(one)
    elif one.tag == "img":
        yield from _figure(one)
    elif one.tag == "pre":
        for line in "".join(one.itertext()).splitlines():
            yield from _paragraph([(line, "")], "code")
    elif one.tag == "ol":
        for number, item in enumerate(one, 1):
            item.text = f"{number}. {(item.text or '').lstrip()}"
            yield from _blocks(item, style)
    elif one.tag != "hr":
        yield from _blocks(one, _style(one) or style)


def _style(one: Element) -> str:
    names = one.get("class", "").split()
    return next((name for name in names if name in STYLES), "")


def _paragraph(runs: list[tuple[str, str]], style: str) -> Iterator[dict]:
    if runs := _trimmed(runs):
        yield {"kind": "text", "style": style, "runs": runs}


# Runs -------------------------------------------------------------------------------------


def _text(value: str | None, mark: str) -> Iterator[tuple[str, str]]:
    if value:
        yield re.sub(r"\s+", " ", value), mark


def _inner(one: Element, mark: str = "") -> list[tuple[str, str]]:
    runs = list(_text(one.text, mark))
    for child in one:
        runs += _runs(child, mark)
        runs += _text(child.tail, mark)
    return runs


def _runs(one: Element, mark: str) -> list[tuple[str, str]]:
    if one.tag == "br":
        return [("\n", mark)]
    if one.tag in ("b", "strong"):
        return _inner(one, "strong")
    if one.tag == "code":
        return _inner(one, "code")
    names = one.get("class", "").split()
    own = next((name for name in names if name in MARKS), mark)
    runs = _inner(one, own)
    if "badge" in names:  # a sign and its word stay together
        return [(text.replace(" ", NO_BREAK), own) for text, own in runs]
    return runs


def _trimmed(runs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Runs joined where their mark is the same, without space at the ends."""
    joined: list[tuple[str, str]] = []
    for text, mark in runs:
        if joined and joined[-1][1] == mark:
            joined[-1] = (joined[-1][0] + text, mark)
        elif text:
            joined.append((text, mark))
    if joined:
        joined[0] = (joined[0][0].lstrip(), joined[0][1])
        joined[-1] = (joined[-1][0].rstrip(), joined[-1][1])
    return [run for run in joined if run[0]]


def _written(block: dict) -> dict:
    """A paragraph with its dates in words, its negative numbers with a sign that stays with them; figures of tables
    stay as a sheet reads them.
    """
    if block["kind"] != "text" or block["style"] == "code":
        return block
    return {**block, "runs": [(NEGATIVE.sub("\u2212", text), mark) for text, mark in dated(block["runs"])]}


def dated(runs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Runs whose dates are written as official documents write them, which may be broken at 年, 月 and 日.

    >>> dated([("于 ", ""), ("2026-08-02", "day"), (" 验收", "")])
    [('于 2026年8月2日验收', '')]
    """
    told, day = [], None
    for text, mark in runs:
        if day and re.match(" [^!-~]", text):  # a space sets off figures, not 日
            text = text[1:]
        day = _day(text) if mark == "day" else None
        told.append((day, "") if day else (text, mark))
    return _trimmed(told)


def _day(text: str) -> str | None:
    """A date in words; None for what is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return f"{day.year}年{day.month}月{day.day}日"


def said(runs: list[tuple[str, str]]) -> str:
    """The text of runs."""
    return "".join(text for text, _ in runs)


# Tables -----------------------------------------------------------------------------------


def _table(one: Element) -> dict:
    caption = one.find("caption")
    rows = [[_cell(cell) for cell in row] for row in one.iter("tr")]
    header = one.find("thead") is not None
    wide = max((len(row) for row in rows), default=0)
    rows = [row + [[]] * (wide - len(row)) for row in rows]
    first = next(iter(one.iter("tr")), Element("tr"))
    numbers = [i for i, cell in enumerate(first) if cell.get("class") == "n"]
    pairs = "pairs" in one.get("class", "").split()
    lines = [[_lines(cell) for cell in row] for row in rows]
    remarks = [[_remarks(cell) for cell in row] for row in rows]
    widths, size, landscape = fit(lines, header, pairs, numbers, remarks)
    whole = LANDSCAPE if landscape else PORTRAIT
    rooms = [(part * whole - PADDING) / size for part in widths]
    return {
        "kind": "table", "caption": [] if caption is None else _trimmed(_inner(caption)),
        "head": [_head(*one) for one in zip(rows[0], rooms, strict=True)] if header else [],
        "rows": rows[header:], "numbers": numbers, "pairs": pairs, "widths": widths, "size": size,
        "landscape": landscape, "short": _short(rows, SHORT_PAIRS if pairs else SHORT_ROWS),
    }  # fmt: skip


def _head(cell: list, room: float) -> list:
    """A cell of a head with its unit on a line of its own where that makes two lines of no more than so many em."""
    apart = [(style, [(UNIT.sub("\n", t), mark) for t, mark in runs]) for style, runs in cell]
    fits = all(ems(line) <= room for line in _lines(cell))
    return cell if fits or any(ems(line) > room for line in _lines(apart)) else apart


def _short(rows: list[list], most: int) -> bool:
    """Whether a table is so low that it is not broken over two pages."""
    return len(rows) <= most and all(
        sum(map(len, _lines(cell))) <= SHORT_CELL for row in rows for cell in row
    )


def _cell(one: Element) -> list[tuple[str, list[tuple[str, str]]]]:
    """The paragraphs of a cell; a date in a sentence is written in words, one that stands alone as a sheet has it."""
    told = [(part["style"], part["runs"]) for part in _blocks(one, "") if part["kind"] == "text"]
    return [(style, dated(runs) if SENTENCE.search(said(runs)) else runs) for style, runs in told]


def _lines(cell: list[tuple[str, list[tuple[str, str]]]]) -> list[str]:
    return [line for _, runs in cell for line in said(runs).split("\n")]


def _remarks(cell: list[tuple[str, list[tuple[str, str]]]]) -> list[bool]:
    """For each of the lines whether it is in small print."""
    return [style == "small" for style, runs in cell for _ in said(runs).split("\n")]


# Figures ----------------------------------------------------------------------------------


def _figure(one: Element) -> Iterator[dict]:
    head, _, data = one.get("src", "").partition(",")
    raw = base64.b64decode(data) if head.endswith(";base64") else unquote_to_bytes(data)
    told = {"kind": "figure", "alt": one.get("alt", ""), "caption": []}
    if head.startswith("data:image/svg+xml"):
        yield {**told, "svg": raw.decode("utf-8", "replace")}
    elif head.startswith("data:image/png"):
        yield {**told, "png": raw}


# Numbers ----------------------------------------------------------------------------------


def _numbered(found: list[dict]) -> list[dict]:
    """Headings with their numbers; one under which nothing stands is left out."""
    counts = [0, 0, 0]
    kept = []
    for place, block in enumerate(found):
        if block["kind"] == "heading":
            after = found[place + 1] if place + 1 < len(found) else None
            level = block["level"]
            if after is None or (after["kind"] == "heading" and after["level"] <= level):
                continue
            counts[level - 1] += 1
            counts[level:] = [0] * (len(counts) - level)
            number = counts[level - 1]
            block["number"] = (f"{numeral(number)}、", f"（{numeral(number)}）", f"{number}.")[level - 1]
        kept.append(block)
    return kept


def _captioned(found: list[dict]) -> list[dict]:
    """Tables that have a caption and figures, numbered; a figure is named by how its alt text begins."""
    tables = figures = 0
    for block in found:
        if block["kind"] == "table" and block["caption"]:
            tables += 1
            block["caption"] = [(f"表{tables}　", ""), *block["caption"]]
        elif block["kind"] == "figure":
            figures += 1
            name = re.split("[：。，（]", block["alt"], maxsplit=1)[0]
            block["caption"] = [(f"图{figures}　{name}".rstrip("　"), "")]
    return found
