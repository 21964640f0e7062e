"""Results as tables of a page: every text is escaped, numbers stand to the right, nothing is markup.

Each function takes results (findings, comparisons, cuts, rule sets) and returns `Html`.
Users read citations and Chinese names; ids of clauses, fields and conventions stay inside.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from zwxm_core.facts import ROW_KEYS, Evidence, row_words
from zwxm_core.money import percent_text, wan_text
from zwxm_core.portfolio import schema
from zwxm_core.rulesets import RuleSet, load_ruleset

NOT_GIVEN = "未提供"

ITEMS = {"filing": "书面报备"}
"""Items of findings in words; other items are keys of rows."""

ROWS = {
    "28": "adjustments",
    "29": "adjustments",
    "37": "operations",
    "44": "rectifications",
    "45": "monitoring",
}
"""Articles that judge each row of a sheet whose rows have numbers or years, and the sheet."""


@dataclass(frozen=True, slots=True)
class Html:
    """Markup that is safe to show; made only here, from escaped text.

    >>> text("<script>")
    <script>
    >>> text("<script>").markup
    '&lt;script&gt;'
    """

    markup: str

    def _repr_html_(self) -> str:
        return self.markup

    def __repr__(self) -> str:
        plain = self.markup.replace('<div class="small">', " ")
        plain = re.sub(r"</(?:tr|p|li|caption|div|h\d)>|<br>", "\n", plain)
        plain = re.sub(r"</t[hd]>(?!\n)", "\t", plain)
        return html.unescape(re.sub(r"<[^>]*>", "", plain)).strip()

    def __add__(self, other: Html) -> Html:
        return Html(self.markup + other.markup)


def clean(value: object, limit: int | None = None) -> str:
    """A user's text as it may be shown: one line, no invisible or direction-changing characters.

    Parameters
    ----------
    value : object
    limit : int or None
        Longest length; what is longer ends in an ellipsis.

    Examples
    --------
    >>> clean("甲\\u202e乙\\x00\\n丙"), clean("一二三四五", 4)
    ('甲乙 丙', '一二三…')
    """
    kept = (" " if c.isspace() else c for c in str(value) if c.isspace() or _visible(c))
    told = " ".join("".join(kept).split())
    return told if limit is None or len(told) <= limit else told[: limit - 1] + "…"


def _visible(char: str) -> bool:
    point = ord(char)
    noncharacter = point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF
    return not noncharacter and unicodedata.category(char) not in ("Cc", "Cf", "Cs")


def text(value: object, limit: int | None = None) -> Html:
    """One escaped text; None reads 未提供."""
    if isinstance(value, Html):
        return value
    if value is None:
        return Html(f'<span class="none">{NOT_GIVEN}</span>')
    return Html(DAY.sub(r'<span class="day">\g<0></span>', html.escape(clean(value, limit))))


DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")
"""A date, which is not broken over two lines."""


def ids(values: Iterable[object]) -> Html:
    """Ids in a row, none of them broken over two lines.

    >>> ids(["P-1", "P-2"]).markup
    '<span class="day">P-1</span>、<span class="day">P-2</span>'
    """
    return Html("、".join(f'<span class="day">{html.escape(clean(value))}</span>' for value in values))


def paragraph(value: object, kind: str = "") -> Html:
    """One paragraph of escaped text; ``kind`` is a class of the style sheet."""
    mark = f' class="{kind}"' if kind else ""
    return Html(f"<p{mark}>{text(value).markup}</p>")


def small(value: object) -> Html:
    """A second line in small grey print."""
    return Html(f'<div class="small">{text(value).markup}</div>')


def bullets(values: Iterable[object], kind: str = "") -> Html:
    """A list of escaped texts."""
    mark = f' class="{kind}"' if kind else ""
    return Html(f"<ul{mark}>" + "".join(f"<li>{text(v).markup}</li>" for v in values) + "</ul>")


def table(
    headers: Sequence[object],
    rows: Iterable[Sequence[object]],
    numbers: Iterable[int] = (),
    caption: str | None = None,
    empty: str = f"{NOT_GIVEN}。",
    kind: str = "",
) -> Html:
    """A table; a cell is text, `Html` or None (未提供).

    Parameters
    ----------
    headers : sequence of str
    rows : iterable of sequences
    numbers : iterable of int
        Columns that are set to the right.
    caption, empty : str
        The caption, and what is said where there is no row.
    kind : str
        A class of the style sheet.
    """
    right = set(numbers)
    listed = list(rows)
    if not listed:
        return paragraph(f"{caption}：{empty}" if caption else empty, "none")

    def row(cells: Sequence[object], tag: str) -> str:
        marks = (' class="n"' if i in right else "" for i in range(len(cells)))
        return "<tr>" + "".join(f"<{tag}{m}>{text(c).markup}</{tag}>" for m, c in zip(marks, cells)) + "</tr>"  # noqa: B905

    head = f"<thead>{row(headers, 'th')}</thead>"
    body = "<tbody>" + "".join(row(cells, "td") for cells in listed) + "</tbody>"
    named = f"<caption>{text(caption).markup}</caption>" if caption else ""
    return Html(f'<div class="wide"><table class="{kind}">{named}{head}{body}</table></div>')


def pairs(rows: Iterable[tuple[object, object]], caption: str | None = None) -> Html:
    """A table of two columns: name and value."""
    body = "".join(f"<tr><th>{text(k).markup}</th><td>{text(v).markup}</td></tr>" for k, v in rows)
    named = f"<caption>{text(caption).markup}</caption>" if caption else ""
    return Html(f'<div class="wide"><table class="pairs">{named}<tbody>{body}</tbody></table></div>')


def wan(fen: int | None) -> str | None:
    """Amount in 万元; None stays None."""
    return None if fen is None else wan_text(fen)


def percent(ratio: dict | Fraction | None) -> str | None:
    """A ratio (exact, or as the contract writes it) as a percentage."""
    if isinstance(ratio, dict):
        ratio = Fraction(ratio["num"], ratio["den"])
    return None if ratio is None else percent_text(ratio)


# Findings -------------------------------------------------------------------------------

TONES = {"problem": "✕", "open": "？", "yes": "✓", "no": "○", "na": "–"}
"""Tone of a conclusion and its sign, so that colour is never the only carrier."""


def tone(finding: dict) -> str:
    """The tone of a finding: a problem, open, settled yes or no, or not applicable."""
    if finding["problem"]:
        return "problem"
    return {"待核": "open", "不适用": "na"}.get(finding["outcome"], "yes" if finding["state"] else "no")


def badge(word: str, kind: str) -> Html:
    """A conclusion word with its sign."""
    return Html(f'<span class="badge {kind}">{TONES[kind]} {html.escape(word)}</span>')


def item_text(item: str | None, clause: str) -> str:
    """The item of a finding of a clause in words, in brackets.

    >>> item_text("filing", "29.1"), item_text("2 filing", "29.1"), item_text(None, "29.1")
    ('（书面报备）', '（序号 2 书面报备）', '')
    >>> item_text("2027", "37.1.2"), item_text("2", "41.1")
    ('（2027 年度）', '（2）')
    """
    if not item:
        return ""
    key, *words = str(item).split(" ")
    rows = ROWS.get(clause.split(".", maxsplit=1)[0])
    told = ITEMS.get(key) or (row_text(key, rows) if rows else key)
    return "（" + " ".join([told, *(ITEMS.get(word, word) for word in words)]) + "）"


def row_text(key: str, sheet: str | None = None) -> str:
    """The key of a row, or of several (、), as users read it: a clause by its citation, a number or a
    year of its sheet by what it is, anything else as it is.

    >>> row_text("8.1.3"), row_text("2", "adjustments"), row_text("2026、2027", "operations")
    ('第八条第（三）项', '序号 2', '2026、2027 年度')
    >>> row_text("第 5 行", "adjustments"), row_text("7.1.1、7.1.2", "priorities")
    ('第 5 行', '第七条第（一）项、第七条第（二）项')
    """
    keys = str(key).split("、")
    field = next((name for name in ROW_KEYS if sheet and name in schema.fields(sheet)), None)
    if sheet and field and all(map(str.isdecimal, keys)):
        return row_words(field, schema.label(sheet, field), key)
    return "、".join(_citations().get(one, one) for one in keys)


@lru_cache(maxsize=1)
def _citations() -> dict[str, str]:
    return {clause.id: clause.cite for clause in load_ruleset().clauses.values()}


def fact_text(fact: dict) -> str:
    """A missing fact as users find it: sheet, row, header, and what to add."""
    if fact["sheet"] == "ruleset":
        return fact["label"]
    if fact["label"].startswith(("材料：", "批前意见：")):
        return fact["label"]
    place = "" if fact["sheet"] == "projects" else schema.sheet_label(fact["sheet"])
    row = fact.get("row")
    if row is not None and fact["sheet"] == "materials":
        row = str(row).partition(" ")[2] or row  # the clause id before the entry stays inside
    if row is not None:
        place += f"（{row_text(row, fact['sheet'])}）"
    label = f"{place}·{fact['label']}" if place else fact["label"]
    return label + ("（补认定人、依据、日期）" if fact.get("needs") == "evidence" else "")


def reading_text(reading: dict, ruleset: RuleSet) -> str:
    """Another reading of a convention and what it would come to."""
    convention = ruleset.conventions[reading["convention"]]
    year = f"（{reading['year']} 年度）" if reading.get("year") else ""
    return f"{convention.label}若按“{convention.reading(reading['value'])}”：{reading['outcome']}{year}"


def findings(
    found: list[dict],
    ruleset: RuleSet,
    caption: str | None = None,
    empty: str = "无",
    quoted: Callable[[str, RuleSet], str | None] | None = None,
) -> Html:
    """Findings: citation with our digest, conclusion, reason, missing facts, other readings.

    ``quoted`` gives the official words of a clause, where the user has imported them.
    """
    rows = []
    told: set[str] = set()
    for one in _alike(found):
        cite = _cited(one, ruleset, quoted, told)
        why = text(one["reason"]) + missing_and_readings(one, ruleset)
        rows.append((cite, badge(one["outcome"], tone(one)), why))
    return table(("条款", "结论", "理由和算式"), rows, caption=caption, empty=empty, kind="findings")


def _alike(found: list[dict]) -> list[dict]:
    """Findings of one clause that say the same of several rows of a sheet as one, with all their items.

    >>> one = {"clause": "44.1", "outcome": "符合", "reason": "否", "open_facts": [], "readings": []}
    >>> [told["item"] for told in _alike([{**one, "item": "1"}, {**one, "item": "2"}, {**one, "item": None}])]
    ['1、2', None]
    """
    told: list[dict] = []
    keys = ("clause", "outcome", "reason", "open_facts", "readings")
    for one in found:
        last = told[-1] if told else None
        open_ = one["open_facts"] or one["readings"]
        plain = last and not open_ and _of_row(one["item"]) and _of_row(last["item"])
        if last and plain and all(last[key] == one[key] for key in keys):
            told[-1] = {**last, "item": f"{last['item']}、{one['item']}"}
        else:
            told.append(one)
    return told


def _of_row(item: str | None) -> bool:
    """Whether an item names rows of a sheet, and no finding of another kind."""
    return bool(item) and not ITEMS.keys() & set(str(item).replace("、", " ").split(" "))


def pending(
    found: list[dict],
    ruleset: RuleSet,
    caption: str,
    quoted: Callable[[str, RuleSet], str | None] | None = None,
    told: Iterable[str] = (),
) -> Html:
    """Open findings in short: citation with our digest, and what would settle them.

    ``told`` are clauses whose digest stands above already.
    """
    seen = set(told)
    rows = []
    for one in found:
        lacks = "；".join(fact_text(fact) for fact in one["open_facts"]) or one["reason"]
        rows.append(
            (_cited(one, ruleset, quoted, seen), text(lacks) + _other_readings(one, ruleset, reading_text))
        )
    return table(("条款", "缺的事实"), rows, caption=caption, kind="findings")


def _cited(one: dict, ruleset: RuleSet, quoted: Callable | None, told: set[str]) -> Html:
    cite = text(one["cite"] + item_text(one["item"], one["clause"]))
    if one["clause"] not in told:
        cite += small(ruleset.clauses[one["clause"]].digest)
        if quoted and (words := quoted(one["clause"], ruleset)):
            cite += small(f"原文：{words}")
        told.add(one["clause"])
    return cite


def missing_and_readings(
    one: dict, ruleset: RuleSet, worded: Callable[[dict, RuleSet], str] = reading_text
) -> Html:
    """The missing facts and the other readings of a conclusion, as second lines."""
    missing = [fact_text(fact) for fact in one["open_facts"]]
    shown = small("缺的事实：" + "；".join(dict.fromkeys(missing))) if missing else Html("")
    return shown + _other_readings(one, ruleset, worded)


def _other_readings(one: dict, ruleset: RuleSet, worded: Callable[[dict, RuleSet], str]) -> Html:
    others = [worded(reading, ruleset) for reading in one["readings"]]
    return small("其他读法会改变结论：" + "；".join(others)) if others else Html("")


def window_text(one: dict) -> str:
    """From when to when something is due.

    >>> window_text({"opens": "2025-03-01", "due": None}), window_text({"opens": None, "due": "2026-12-31"})
    ('2025-03-01 起', '2026-12-31 止')
    """
    if one["opens"] and one["due"]:
        return f"{one['opens']} 至 {one['due']}"
    return f"{one['opens']} 起" if one["opens"] else f"{one['due']} 止" if one["due"] else ""


def standing_text(reading: dict, ruleset: RuleSet) -> str:
    """Another reading of a convention and where an obligation would then stand."""
    convention, window = ruleset.conventions[reading["convention"]], window_text(reading)
    told = f"{reading['status']}（{window}）" if window else reading["status"]
    return f"{convention.label}若按“{convention.reading(reading['value'])}”：{told}"


def settling(facts: list[dict], total_open: int, most: int = 5) -> Html:
    """The missing facts that would settle most, with one sentence before them.

    Parameters
    ----------
    facts : list of dict
        ``settling`` of `assess`.
    total_open : int
        Findings that are open.
    most : int
        How many facts are listed.
    """
    if not total_open:
        return paragraph("适用的条款都已有结论，没有待补的事实。")
    facts = [fact for fact in facts if fact["findings"]]  # others hold only duties and consequences open
    rows = [(fact_text({**fact, "row": None}), fact["findings"]) for fact in facts[:most]]
    more = f"共缺 {len(facts)} 项事实，影响最多的 {most} 项：" if len(facts) > most else "缺下列事实："
    return paragraph(f"{total_open} 条结论待核。{more}") + table(
        ("缺的事实", "牵动的结论数"), rows, numbers=(1,), caption="缺的事实和牵动的结论"
    )


def conventions(ruleset: RuleSet, used: Iterable[str]) -> Html:
    """The conventions (口径) a report depends on: what is open, the reading taken, the others."""
    rows = []
    for name, convention in sorted(ruleset.conventions.items(), key=_of_law):
        if name not in set(used):
            continue
        others = [convention.reading(v) for v in convention.readings if v != convention.value]
        how = {"asked": "须由本地机关确定", "external": "由外部规定确定"}.get(
            convention.how, "其他读法已试算"
        )
        taken = text(convention.reading()) + small(how)
        question = text(convention.label) + small(convention.why)
        rows.append((ruleset.cite(convention.clause), question, taken, "；".join(others) or "—"))
    return table(
        ("条款", "口径（条文未写明之处）", "本报告采用", "其他读法"), rows, caption="采用的口径",
        empty="结论不依赖任何口径。",
    )  # fmt: skip


def _of_law(entry: tuple) -> list[int]:
    """Key that puts conventions and parameters in the order of their clauses."""
    return [int(part) for part in entry[1].clause.split(".")]


def parameters(ruleset: RuleSet, used: Iterable[str]) -> Html:
    """The parameters a report depends on, with value, unit, source and whether verified."""
    rows = []
    for name, parameter in sorted(ruleset.parameters.items(), key=_of_law):
        if name not in set(used):
            continue
        cite = ruleset.cite(parameter.clause)
        rows.append((parameter.label, parameter.worded[-1], cite, parameter.source, parameter.status))
    return table(
        ("参数", "值", "条款", "来源", "状态"), rows, caption="依据的参数", empty="结论不依赖任何参数。"
    )


def judgements(rows: Iterable[tuple[str, object, Evidence | None]]) -> Html:
    """Judged facts: name, value, and `Evidence` or None (typed, but it does not count).

    What one paper of one day says is told in one row.
    """
    papers: dict[Evidence | None, list[str]] = {}
    for label, value, evidence in rows:
        papers.setdefault(evidence, []).append(f"{clean(label)}：{clean(value)}")
    absent = papers.pop(None, [])
    listed: list[tuple[object, ...]] = [
        ("；".join(told), paper.by, paper.basis, paper.on) for paper, told in papers.items() if paper
    ]
    if absent:
        mark = Html('<span class="badge open">？ 认定要素不全，暂不计入</span>')
        listed.append(("；".join(absent), mark, "", ""))
    return table(("认定事项和结论", "认定人", "依据", "日期"), listed, caption="人工认定及其依据")
