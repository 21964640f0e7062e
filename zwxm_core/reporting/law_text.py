"""The text of a regulation split into articles (条), paragraphs (款), items (项) and sentences (句).

A citation finds its place: 第…条第…款第（…）项, and where we split by sentence 第…句 and 括号.

Examples
--------
>>> text = "第一条 甲。乙(丙):\\n（一）丁；\\n（二）戊。\\n第二条 己。"
>>> law = split(text, last=2)
>>> [law.quote(cite) for cite in ("第一条第一句", "第一条第二句括号", "第一条第（二）项", "第二条", "第二条第三句")]
['甲。', '(丙)', '（二）戊。', '己。', None]
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

DIGITS = "零一二三四五六七八九"
Span = tuple[int, int]


@dataclass(slots=True)
class Article:
    """One article (条) and where its parts lie in its text.

    ``paragraphs`` (款) run with their items; ``items`` (项) stand by paragraph; ``sentences``
    (句) are those of the paragraphs without their items.
    """

    text: str
    paragraphs: list[Span]
    items: list[list[Span]]
    sentences: list[Span]


@dataclass(slots=True)
class Law:
    """The articles of a text by number."""

    articles: dict[int, Article]

    def locate(self, cite: str) -> tuple[int, Span] | None:
        """Article and place of a citation; None where the text has no such part."""
        part = CITE.fullmatch(cite)
        number = NUMBER.get(part["article"]) if part else None
        if number not in self.articles:
            return None
        span = _within(self.articles[number], part)
        return None if span is None or span[0] >= span[1] else (number, span)

    def quote(self, cite: str) -> str | None:
        """The words of a citation."""
        if (place := self.locate(cite)) is None:
            return None
        number, (start, end) = place
        return self.articles[number].text[start:end].strip()


def numeral(number: int) -> str:
    """A number below 100 in Chinese, as the law counts.

    >>> numeral(7), numeral(10), numeral(57), numeral(40)
    ('七', '十', '五十七', '四十')
    """
    tens, ones = divmod(number, 10)
    lead = "" if tens == 0 else "十" if tens == 1 else DIGITS[tens] + "十"
    return lead + (DIGITS[ones] if ones or not tens else "")


NUMBER = {numeral(number): number for number in range(1, 100)}
_N = "[一二三四五六七八九十]+"
CITE = re.compile(
    f"第(?P<article>{_N})条(第(?P<paragraph>{_N})款)?(第（(?P<item>{_N})）项)?"
    f"(第(?P<sentences>{_N}(、{_N})*)句)?(?P<bracket>括号)?"
)
_ARTICLE = re.compile(f"第({_N})[条條]\\s*(.*)")
_CHAPTER = re.compile(f"第{_N}章")
_ITEM = re.compile(f"[（(]({_N})[）)]")
_SENTENCE = re.compile(r"[^。]*。[”’」』）)]*|[^。]+")
_BRACKET = re.compile(r"[（(][^（()）]*[）)]")
_ENDED = re.compile(r".*。[”’」』）)]*$")


def _within(article: Article, part: re.Match) -> Span | None:
    """The place of a citation in its article."""
    try:
        span = (0, len(article.text))
        if part["paragraph"]:
            span = article.paragraphs[NUMBER[part["paragraph"]] - 1]
        if part["item"]:
            inside = [items for place, items in zip(article.paragraphs, article.items, strict=True)
                      if span[0] <= place[0] < span[1] and items]  # fmt: skip
            span = inside[0][NUMBER[part["item"]] - 1]
        if part["sentences"]:
            mine = [s for s in article.sentences if span[0] <= s[0] and s[1] <= span[1]]
            chosen = [mine[NUMBER[n] - 1] for n in part["sentences"].split("、")]
            span = (chosen[0][0], chosen[-1][1])
        if part["bracket"]:
            found = _BRACKET.search(article.text, *span)
            span = found.span() if found else None
    except IndexError:
        return None
    return span


def split(text: str, last: int) -> Law:
    """Split a text into articles 1 to `last` with their paragraphs, items and sentences.

    Chapter titles, page numbers, what stands before article 1 and unfinished lines after the
    last article are left out; a line that does not end a sentence goes on in the next.
    """
    found: dict[int, list[str]] = {}
    for raw in text.splitlines():
        line = "".join(c for c in raw if unicodedata.category(c) != "Cf").strip()
        head = _ARTICLE.match(line)
        if head and NUMBER.get(head[1]) == len(found) + 1 <= last:
            found[len(found) + 1] = [head[2]]
        elif line and found and not _CHAPTER.match(line) and not re.fullmatch(r"[-—–\s\d]+", line):
            found[len(found)].append(line)
    return Law({n: _article(_paragraph_lines(lines, n == last)) for n, lines in found.items()})


def _paragraph_lines(lines: list[str], is_last: bool) -> list[str]:
    """The lines of an article with broken lines joined; the last article ends with its last full stop."""
    joined: list[str] = []
    for line in lines:
        goes_on = joined and (line.startswith(("（", "(")) or not _ENDED.match(joined[-1]))
        if goes_on and not _ITEM.match(line):
            joined[-1] += line
        else:
            joined.append(line)
    while is_last and len(joined) > 1 and not joined[-1].endswith("。"):
        joined.pop()
    if is_last:
        joined[-1] = joined[-1][: joined[-1].rfind("。") + 1] or joined[-1]
    return joined


def _article(lines: list[str]) -> Article:
    article = Article("\n".join(lines), [], [], [])
    at = 0
    for line in lines:
        span = (at, at + len(line))
        at += len(line) + 1
        marker = _ITEM.match(line)
        if article.paragraphs and marker and NUMBER.get(marker[1]) == len(article.items[-1]) + 1:
            article.items[-1].append(span)
            article.paragraphs[-1] = (article.paragraphs[-1][0], span[1])
            continue
        article.paragraphs.append(span)
        article.items.append([])
        article.sentences += [(span[0] + m.start(), span[0] + m.end()) for m in _SENTENCE.finditer(line)]
    return article


def normal(text: str) -> str:
    """A text as it is compared: compatibility forms folded, without any white space.

    >>> normal("第（一）项，\\u3000 甲") == normal("第(一)项,甲")
    True
    """
    return "".join(unicodedata.normalize("NFKC", text).split())
