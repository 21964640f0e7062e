"""Deriving a rule set, and two sets side by side: what they set otherwise, and which verdicts that flips."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from zwxm_core.assessment import assess, ruleset_json
from zwxm_core.facts import Facts
from zwxm_core.money import yuan_text
from zwxm_core.rulesets import HERE, Parameter, RuleSet, load_ruleset
from zwxm_core.tables import clean, item_text

RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)
"""Names that no file may have on Windows."""

NEW = """\
# 派生规则集：只写与“{base_name}”不同之处，没有写的一律沿用。
# 写完核对：zwxm ruleset diff {base} {file}
# 使用：    zwxm assess 工作簿.xlsx --ruleset {file}
# 行首的 # 去掉才生效。写错的键、类型、条款会连同行号一起指出。
id: {id}
name: {name}  # 报告里用的名称，请改
version: "1"
base: {base_quoted}
level: {level}  # 管辖哪一级的项目，其他层级的项目不下结论；县（市、区）写 县级

# 施行日期与原集不同时写：
# in_force: {{from: {starts}, status: 待核, source: 公布本地办法的文号和日期}}

# 参数：只写要改的键；不改的（单位、条款等）沿用。已经核对过文件的写 status: 已核。
# parameters:
#   {one.name}: {{value: {one_value}, source: 本地办法第几条, status: 待核}}  # {one.label}
#   # 某日起改变的值逐个写日期：
#   {two.name}:  # {two.label}
#     values: [{{from: {starts}, value: {two_value}}}, {{from: {later}, value: {two_value}}}]

# 口径：条文没有写明之处取哪种读法，写所取的值；可取的值和各自的意思见 zwxm explain 加条款。
# conventions:
#   {open.name}: {{value: 10%, why: 本地确定这一口径的文件}}  # {open.label}（比例是举例）
#   {asked.name}: {{value: {asked_value}}}  # {asked.label}：{asked_reading}
"""
SHOWN = ("adjustment_limit", "merge_limit"), ("purchase_clearly_less", "adjustment_accumulation")
"""Parameters and conventions a new file shows, commented out, as its base has them."""


class CannotWrite(ValueError):
    """The new file may not be written; the message says why."""


def new_ruleset(name: str, base: str, folder: Path) -> Path:
    """Write a file for a set that derives from `base`, to be filled in.

    Parameters
    ----------
    name : str
        Id of the set and stem of the file.
    base : str
        Id or file of the set it derives from.
    folder : Path

    Raises
    ------
    CannotWrite
        The name is no file name or a shipped set's, or the file is there already.
    RulesetError
        The base cannot be used.
    """
    if not re.fullmatch(r"\w[\w-]{0,59}", name) or RESERVED.match(name):
        raise CannotWrite(f"名称 {name!r} 不能作文件名：请用字母、数字、汉字、- 或 _，如 jingyan-2025")
    path = folder / f"{name}.yaml"
    parent = load_ruleset(base)
    if (HERE / f"{name.replace('-', '_')}.yaml").exists():
        raise CannotWrite(f"{name} 是随附规则集的名称：请另取名称")
    one, two = (parent.parameters[name] for name in SHOWN[0])
    open_, asked = (parent.conventions[name] for name in SHOWN[1])
    other = asked.others[0]
    text = NEW.format(
        id=_quoted(name), file=path.name, name=_quoted(f"{name}（派生自{clean(parent.name)}）"),
        base=base, base_quoted=_quoted(Path(base).as_posix()), base_name=clean(parent.name), level=parent.level,
        starts=parent.starts, later=parent.starts.replace(year=parent.starts.year + 2, day=1),
        one=one, one_value=one.written[-1], two=two, two_value=two.written[-1], open=open_,
        asked=asked, asked_value=other, asked_reading=asked.reading(other),
    )  # fmt: skip
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise CannotWrite(f"{path.name} 已存在，没有覆盖：请另取名称，或先移走原文件") from None
    except OSError as error:
        raise CannotWrite(f"{path.name} 写不进当前文件夹（{error.strerror}）：请换一个文件夹再试") from None
    return path


def _quoted(text: str) -> str:
    """A text as YAML takes it whatever it holds; a JSON text is one."""
    return json.dumps(text, ensure_ascii=False)


# What two sets say otherwise ----------------------------------------------------------------

SECTIONS = {"set": "规则集", "parameters": "参数", "conventions": "口径", "clauses": "条款"}
KEYS = {
    "level": "管辖层级", "in_force": "施行日期", "value": "值", "unit": "单位", "clause": "所属条款", "status": "状态",
    "source": "来源", "reading": "采用", "readings": "可取的读法", "how": "方式", "why": "为何存疑", "cite": "引用",
    "kind": "性质", "digest": "概括", "judgement": "须认定", "effects": "后果", "reason": "为何不计算",
}  # fmt: skip


def differences(a: RuleSet, b: RuleSet) -> list[dict]:
    """What two rule sets say otherwise, in their own words.

    Returns
    -------
    list of dict
        ``section`` (`SECTIONS`), ``name``, ``label``, ``cite``, ``key`` (`KEYS`), ``a``, ``b``: both values
        in words, None where the set has none.

    Examples
    --------
    >>> rules = load_ruleset()
    >>> [d] = differences(rules, rules.adopting(adjustment_sign="net"))
    >>> d["cite"], d["key"], d["a"], d["b"]
    ('第二十九条', 'reading', '增减都按绝对额计', '增减相抵后计')
    """
    rows = []
    for section in SECTIONS:
        mine, theirs = (_entries(ruleset, section) for ruleset in (a, b))
        for name in {**mine, **theirs}:
            ours, other = mine.get(name, {}), theirs.get(name, {})
            head = {"section": section, "name": name, **(ours or other).get("head", {})}
            keys = [k for k in {**ours, **other} if k != "head"]
            rows += [
                {**head, "key": k, "a": _said(ours, k), "b": _said(other, k)}
                for k in keys if ours.get(k, (None,))[0] != other.get(k, (None,))[0]
            ]  # fmt: skip
    return rows


def _said(entry: dict, key: str) -> str | None:
    return entry[key][1] if key in entry else None


def _entries(ruleset: RuleSet, section: str) -> dict[str, dict]:
    """Entry → key → (what is compared, how it is worded)."""
    if section == "set":
        head = {"label": ruleset.name, "cite": None}
        words = {"level": ruleset.level, "in_force": f"{ruleset.starts}，{ruleset.start_source}"}
        return {"": {"head": head, **{k: (v, v) for k, v in words.items()}}}
    if section == "parameters":
        return {p.name: _parameter(p, ruleset) for p in ruleset.parameters.values()}
    if section == "conventions":
        found = {}
        for c in ruleset.conventions.values():
            words = {"readings": "；".join(c.readings.values()), "how": c.how, "why": c.why}
            head = {"label": c.label, "cite": ruleset.cite(c.clause)}
            found[c.name] = {"head": head, "reading": (c.value, c.reading()), **_plain(words)}
        return found
    return {
        c.id: {
            "head": {"label": c.digest, "cite": c.cite},
            **_plain({"cite": c.cite, "how": c.how, "kind": c.kind, "digest": c.digest, "judgement": c.judgement,
                      "effects": "、".join(c.effects) or None, "reason": c.reason}),
        }
        for c in ruleset.clauses.values()
    }  # fmt: skip


def _parameter(p: Parameter, ruleset: RuleSet) -> dict:
    """The value counts without the day the set itself begins."""
    first, *later = zip(p.worded, p.values, strict=True)
    worded = "，".join([first[0], *(f"{day} 起 {text}" for text, (day, _) in later)])
    compared = (first[1][1], tuple(dated for _, dated in later))
    cite = ruleset.clauses[p.clause].cite
    words = {"unit": p.unit, "clause": cite, "status": p.status, "source": p.source}
    return {"head": {"label": p.label, "cite": cite}, "value": (compared, worded), **_plain(words)}


def _plain(words: dict[str, str | None]) -> dict[str, tuple]:
    return {key: (text, text) for key, text in words.items()}


# Which verdicts that flips ------------------------------------------------------------------


def flipped(facts: Facts, a: RuleSet, b: RuleSet, as_of: date, all_clauses: bool = False) -> list[dict]:
    """The verdicts on one portfolio that come out otherwise under another rule set.

    Parameters
    ----------
    facts : Facts
    a, b : RuleSet
    as_of : date
        The day of assessment.
    all_clauses : bool
        Every clause; otherwise only those live at a project's stage.

    Returns
    -------
    list of dict
        ``project`` (None: of no project), ``clause``, ``cite``, ``item``, ``a`` and ``b``, the outcomes, and
        ``reason_a``, ``reason_b``; an outcome is None where a set gives no such verdict. In the
        order of projects and clauses.
    """
    mine, theirs = (dict(_verdicts(assess(facts, r, as_of, all_clauses=all_clauses))) for r in (a, b))
    rows = []
    for key in {**mine, **theirs}:
        before, after = mine.get(key, (None, None)), theirs.get(key, (None, None))
        if before[0] != after[0]:
            project, clause, item, _ = key
            cite = (a if clause in a.clauses else b).clauses[clause].cite
            rows.append(
                {"project": project, "clause": clause, "cite": cite, "item": item, "a": before[0], "b": after[0],
                 "reason_a": before[1], "reason_b": after[1]}
            )  # fmt: skip
    order = {str(id_): i for i, id_ in enumerate(facts.ids)}
    place = {clause: i for i, clause in enumerate([*a.clauses, *(b.clauses.keys() - a.clauses.keys())])}
    return sorted(rows, key=lambda r: (order.get(r["project"], -1), place[r["clause"]], r["item"] or ""))


def _verdicts(result: dict) -> Iterator[tuple[tuple, tuple[str | None, str | None]]]:
    """(project, clause, item, list) → outcome and reason, one for everything an assessment concludes.

    A checklist or procedure whose clause gives a finding is told by the finding.
    """
    judged = set()
    for kind in ("findings", "consequences"):
        for r in result[kind]:
            judged.add((r["project"], r["clause"]))
            item = r["item"] if kind == "findings" else None
            yield _key(r, item, kind + (r.get("effect") or "")), (r["outcome"], r["reason"])
    for r in result["checklists"]:
        if (r["project"], r["clause"]) not in judged:
            lists = (("缺", r["missing"]), ("有无未填", r["unknown"]))
            told = "；".join(f"{word}：{'、'.join(names)}" for word, names in lists if names)
            yield _key(r, r["item"], "checklists"), (r["outcome"], told or None)
    for r in result["routing"]:
        if (r["project"], r["clause"]) not in judged:
            yield _key(r, r["step"], "routing"), (r["outcome"], f"{r['who']}，{r['gives']}")
    for r in result["obligations"]:
        window = " 至 ".join(filter(None, (r["opens"], r["due"])))
        yield _key(r, r["period"], "obligations" + r["what"]), (f"{r['status']} {window}".strip(), r["what"])
    for r in result["amounts"]:
        amount = None if r["amount"] is None else f"{yuan_text(r['amount'])} 元"
        yield _key(r, r["party"], "amounts" + r["code"]), (amount or "待核", None)


def _key(row: dict, item: str | None, kind: str) -> tuple:
    return row["project"], row["clause"], item, kind


# In words -----------------------------------------------------------------------------------


def diff_text(a: RuleSet, b: RuleSet, different: list[dict], turned: list[dict] | None, as_of: date) -> str:
    """The differences, and where there is a workbook the flipped verdicts, as lines."""
    lines = [f"甲　{_named(a)}", f"乙　{_named(b)}", f"\n不同之处 {len(different)} 项"]
    for section, title in SECTIONS.items():
        rows = [d for d in different if d["section"] == section]
        lines += [f"  {title}"] if rows else []
        for d in rows:
            place = "" if section == "set" else f"{d['cite']}　{_short(d['label'])}　"
            lines.append(f"    {place}{KEYS[d['key']]}　甲：{d['a'] or '无'}　乙：{d['b'] or '无'}")
    if turned is None:
        return "\n".join(lines)
    lines.append(f"\n结论改变 {len(turned)} 项（评估日 {as_of}）")
    for r in turned[:MOST]:
        lines.append(
            f"  {r['project'] or '不分项目'}　{r['cite']}{item_text(r['item'], r['clause'])}　{r['a'] or '—'} → {r['b'] or '—'}"
        )
        lines += [
            f"      {set_}：{r[key]}" for set_, key in (("甲", "reason_a"), ("乙", "reason_b")) if r[key]
        ]
    if len(turned) > MOST:
        lines.append(f"  ……其余 {len(turned) - MOST} 项见 --json")
    return "\n".join(lines)


MOST = 200
"""Verdicts listed in text."""


def _named(ruleset: RuleSet) -> str:
    return f"{ruleset.name}（{ruleset.id} 第 {ruleset.version} 版，{ruleset.level}，{ruleset.sha256[:12]}）"


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def diff_json(a: RuleSet, b: RuleSet, different: list[dict], turned: list[dict] | None, as_of: date) -> dict:
    """The same as data; ``flipped`` and ``as_of`` are None without a workbook."""
    return {
        "a": ruleset_json(a, as_of),
        "b": ruleset_json(b, as_of),
        "as_of": None if turned is None else as_of.isoformat(),
        "differences": different,
        "flipped": turned,
    }
