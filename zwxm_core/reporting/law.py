"""The official text a user has (`zwxm law import`): split, hashed clause by clause, quoted in reports.

The text stays in the user's own data folder (environment variable ``ZWXM_HOME``, else the
system's) and never enters the project.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path

from zwxm_core.portfolio.files import write_atomically
from zwxm_core.reporting.coverage import touched
from zwxm_core.reporting.law_text import CITE, NUMBER, Law, Span, normal, numeral, split
from zwxm_core.rulesets import Clause, RuleSet, load_ruleset

HOME = "ZWXM_HOME"
LARGEST = 2**20
SUBJECT = re.compile("政[务務]信息化")
"""What the regulation is about, in both scripts."""


class NotThisLaw(ValueError):
    """The file is not the text of the regulation; the message is one sentence."""


# From a file to articles --------------------------------------------------------------------


def read_text(path: Path) -> str:
    """The text of a file in UTF-8 or GB18030 (UTF-16 with its mark too).

    Raises
    ------
    NotThisLaw
        The file is missing, empty, too large, or no text.
    """
    if not path.is_file():
        raise NotThisLaw(f"找不到文件 {path}：请核对路径")
    if path.stat().st_size > LARGEST:
        raise NotThisLaw(f"{path.name} 超过 1 MB，不像办法的文本：请给出只含办法正文的 .txt 文件")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NotThisLaw(f"{path.name} 打不开（{error.strerror}）：请检查权限") from None
    if not data.strip():
        raise NotThisLaw(f"{path.name} 是空的：请给出含办法正文的 .txt 文件")
    forms = {
        b"%PDF": "PDF 文件",
        b"PK\x03\x04": "Word、WPS 等办公文件",
        b"\xd0\xcf\x11\xe0": "Word、WPS 等办公文件",
    }
    for mark, form in forms.items():
        if data.lstrip().startswith(mark):
            raise NotThisLaw(f"{path.name} 的内容是{form}，不是纯文本：请打开后另存为纯文本（.txt，UTF-8）")
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotThisLaw(f"{path.name} 的编码认不出：请另存为 UTF-8 的纯文本（.txt）")


def check(law: Law, text: str, ruleset: RuleSet, name: str, complete: bool) -> None:
    """Refuse what is not the regulation.

    Parameters
    ----------
    complete : bool
        Whether every clause must be there (so that a revised text may lack some).

    Raises
    ------
    NotThisLaw
    """
    last = last_article(ruleset)
    again = f"请给出《{ruleset.name}》正文的纯文本"
    if not law.articles or not SUBJECT.search(text):
        raise NotThisLaw(f"{name} 里没有读到本办法的条文：{again}")
    if len(law.articles) < last:
        missing = f"第{numeral(len(law.articles) + 1)}条"
        raise NotThisLaw(
            f"{name} 只读到 {len(law.articles)} 条，找不到{missing}（应有 {last} 条，各条另起一行）：{again}"
        )
    beyond = re.search(f"^\\s*第{numeral(last + 1)}[条條]", text, re.MULTILINE)
    wrong = [f"找不到{c.cite}" for c in ruleset.clauses.values() if law.locate(c.cite) is None]
    for number, known in _paragraphs_known(ruleset).items():
        if (read := len(law.articles[number].paragraphs)) > known:
            wrong.append(f"第{numeral(number)}条读到 {read} 款（应有 {known} 款）")
    if beyond or len(wrong) > (0 if complete else len(ruleset.clauses) // 10):
        told = [f"多出第{numeral(last + 1)}条"] if beyond else wrong
        more = f"等 {len(told)} 处" if len(told) > 3 else ""
        raise NotThisLaw(
            f"{name} 与本办法的条款结构不符，{'、'.join(told[:3])}{more}：{again}，一款、一项各占一行"
        )


def _paragraphs_known(ruleset: RuleSet) -> dict[int, int]:
    """How many paragraphs (款) the articles have whose clauses are cited by paragraph."""
    known: dict[int, int] = {}
    for clause in ruleset.clauses.values():
        part = CITE.fullmatch(clause.cite)
        if part["paragraph"]:
            number = NUMBER[part["article"]]
            known[number] = max(known.get(number, 0), NUMBER[part["paragraph"]])
    return known


def last_article(ruleset: RuleSet) -> int:
    """The number of the last article, by the clauses' citations."""
    return max(NUMBER[CITE.fullmatch(c.cite)["article"]] for c in ruleset.clauses.values())


# Clauses and their hashes -------------------------------------------------------------------


def _hash(text: str) -> str:
    return hashlib.sha256(normal(text).encode("utf-8")).hexdigest()


def clauses_of(law: Law, clauses: Iterable[Clause]) -> dict:
    """What is stored: each clause with its words and the hash of what is its own.

    The words of a clause that another clause stands in (第二十九条 and its items) count for
    the inner one. What no clause speaks for is hashed by article (``rest``).
    """
    places = {c.id: (c.cite, place) for c in clauses if (place := law.locate(c.cite))}
    stored = {}
    for id_, (cite, (number, span)) in places.items():
        inner = [s for n, s in (p for _, p in places.values()) if n == number and s != span
                 and span[0] <= s[0] and s[1] <= span[1]]  # fmt: skip
        own = _without(law.articles[number].text, span, inner)
        stored[id_] = {"cite": cite, "text": law.quote(cite), "sha256": _hash(own)}
    rest = {}
    for number, article in law.articles.items():
        spans = [s for _, (n, s) in places.values() if n == number]
        rest[f"第{numeral(number)}条"] = _hash(_without(article.text, (0, len(article.text)), spans))
    return {"clauses": stored, "rest": rest}


def _without(text: str, span: Span, inner: list[Span]) -> str:
    return "".join(text[at] for at in range(*span) if not any(start <= at < end for start, end in inner))


# The user's folder --------------------------------------------------------------------------


def store(ruleset: RuleSet | None = None) -> Path:
    """The file that holds the imported text of a rule set (default: the regulation's)."""
    name = f"{(ruleset or load_ruleset()).id}.json"
    if home := os.environ.get(HOME):
        return Path(home) / "law" / name
    from platformdirs import user_data_path

    return user_data_path("zwxm", appauthor=False) / "law" / name


def imported(ruleset: RuleSet | None = None) -> dict | None:
    """What was imported last; None where nothing was, or the file was damaged."""
    path = store(ruleset)
    return _load(path, path.stat().st_mtime_ns) if path.is_file() else None


@lru_cache(maxsize=4)
def _load(path: Path, _stamp: int) -> dict | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return data if isinstance(data["clauses"], dict) and isinstance(data["rest"], dict) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def quoted(clause: str, ruleset: RuleSet | None = None) -> str | None:
    """The official words of a clause, from the text the user imported.

    Parameters
    ----------
    clause : str
        Clause id.
    ruleset : RuleSet or None
        The set that judged. A set of another level is another regulation and is not quoted.

    Returns
    -------
    str or None
        None where no text was imported.
    """
    ours = load_ruleset()
    if ruleset is not None and (
        ruleset.level != ours.level or ruleset.clauses[clause].cite != ours.clauses[clause].cite
    ):
        return None
    entry = (imported() or {"clauses": {}})["clauses"].get(clause)
    return None if entry is None else str(entry["text"])


def import_law(path: Path, today: date) -> dict:
    """Import the official text; nothing is stored where it is refused.

    Parameters
    ----------
    path : Path
        A text file in UTF-8 or GB18030.
    today : date

    Returns
    -------
    dict
        ``articles``, ``clauses`` (how many), ``stored`` (the file), and ``changes`` against what was
        imported before, None the first time: each with ``clause`` (None: words no clause speaks
        for), ``cite``, ``change`` (changed, added or removed) and what `coverage.touched` tells.

    Raises
    ------
    NotThisLaw
    """
    ruleset = load_ruleset()
    before = imported()
    text = read_text(path)
    law = split(text, last_article(ruleset))
    check(law, text, ruleset, path.name, complete=before is None)
    now = clauses_of(law, ruleset.clauses.values())
    head = {"ruleset": ruleset.id, "file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    place = store(ruleset)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(
            place, json.dumps({**head, "on": today.isoformat(), **now}, ensure_ascii=False, indent=1).encode()
        )
    except OSError as error:
        raise NotThisLaw(
            f"写不进 {place.parent}（{error.strerror}）：请用环境变量 {HOME} 指定另一个文件夹"
        ) from None
    changes = None if before is None else changed(before, now, ruleset)
    return {
        "articles": len(law.articles),
        "clauses": len(now["clauses"]),
        "stored": place,
        "changes": changes,
    }


def changed(before: dict, now: dict, ruleset: RuleSet) -> list[dict]:
    """The clauses whose words differ, in the law's order, with what hangs on each."""
    rows = []
    for clause in ruleset.clauses.values():
        old, new = (known["clauses"].get(clause.id, {}).get("sha256") for known in (before, now))
        if old != new:
            change = "added" if old is None else "removed" if new is None else "changed"
            rows.append({"clause": clause.id, "cite": clause.cite, "change": change, **touched(clause.id)})
    for cite, digest in now["rest"].items():
        if before["rest"].get(cite) != digest:
            hangs = [touched(c.id) for c in ruleset.clauses.values() if c.cite.startswith(cite)]
            merged = {key: list(dict.fromkeys(x for h in hangs for x in h[key])) for key in hangs[0]}
            rows.append({"clause": None, "cite": cite, "change": "changed", **merged})
    return rows


CHANGE = {"changed": "文字改变", "added": "新增", "removed": "找不到了"}


def import_text(result: dict) -> str:
    """What an import came to, as lines."""
    lines = [f"已导入 {result['articles']} 条，{result['clauses']} 处条款各存校验值：{result['stored']}"]
    if (changes := result["changes"]) is None:
        return "\n".join([*lines, "报告将在条款下引用原文；原文只存在本机，不随产品分发"])
    lines.append(f"与上次导入相比，{len(changes)} 处不同" if changes else "与上次导入的文字一致")
    for one in changes:
        other = "（未单独编号的文字）" if one["clause"] is None else ""
        lines.append(f"  {one['cite']}{other}　{CHANGE[one['change']]}")
        for label, key in (("规则", "functions"), ("算例", "cases"), ("测试", "tests"), ("课程", "lessons")):
            lines.append(f"      {label}　{'；'.join(one[key]) or '—'}")
    return "\n".join(lines)
