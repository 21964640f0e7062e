"""What an auditor would ask (疑点) when looking over a portfolio: questions, never findings.

Each function looks for one pattern and returns `Question` rows. A pattern breaks no clause by
itself; what would have to be shown is the question. The lines come from the rule set, the widths
of the bands below them are ours and say only how far we look.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

from zwxm_core.facts import Facts
from zwxm_core.money import percent_beside, percent_text, wan_text
from zwxm_core.rules.adjustments import adjusted_amount, latest
from zwxm_core.rulesets import RuleSet, Terms
from zwxm_core.tables import clean

NEAR = Fraction(1, 10)
"""Just under a line: within a tenth of it."""

REPEATED = 2
"""Single-source lots of one unit from which they are repeated."""

ALIKE, SAME_TEXT = 80, 85
"""Similarity (0 to 100) from which two names, or two passages, are put side by side."""

NAMED = 8
"""Names and amounts of one question that are written out; all projects of it are listed."""

LONG_ENOUGH = 20
"""Characters of a passage that is compared."""

SINGLE_SOURCE = "单一来源"
GENERIC = ("建设项目", "项目", "系统", "平台", "服务", "建设", "管理", "信息化", "智慧", "市级", "乐山市")
"""Words of names that tell projects of one kind apart from nothing."""


class Question(NamedTuple):
    """One pattern: what it is, whose, the projects in it, what was seen with its figures, what to ask."""

    topic: str
    unit: str | None
    projects: tuple[str, ...]
    seen: str
    ask: str


def questions(facts: Facts, ruleset: RuleSet, as_of: date) -> list[Question]:
    """Every pattern found in a portfolio, topic by topic.

    Parameters
    ----------
    facts : Facts
        The whole portfolio.
    ruleset : RuleSet
        Its lines: 合并编报上限, 自行调整上限, 采购限额标准.
    as_of : date
    """
    terms = ruleset.terms(as_of)
    found: list[Question] = []
    for look in (just_under_merging, dropped_under_merging, adjustments_just_under, lots_just_under):
        found += look(facts, terms)
    return [*found, *single_source(facts), *same_name(facts), *same_text(facts)]


def _just_under(amount: int | None, line: int) -> bool:
    """Within a tenth below the line, the line included; exact.

    >>> WAN = 1_000_000
    >>> [_just_under(a * WAN, 500 * WAN) for a in (449, 450, 500, 501)], _just_under(None, 1)
    ([False, True, True, False], False)
    """
    if amount is None or line <= 0:
        return False
    return amount <= line and amount * NEAR.denominator >= line * (NEAR.denominator - NEAR.numerator)


# Investment under the line of 18.2.3 ------------------------------------------------------


def just_under_merging(f: Facts, p: Terms) -> Iterator[Question]:
    """Several projects of one unit whose total stops just under the line up to which reports may be
    merged (合并编报上限).
    """
    line = p.merge_limit
    by_unit: dict[str, list[int]] = defaultdict(list)
    for row in range(f.n):
        if _just_under(f.total_investment.at(row), line) and (unit := f.unit.at(row)):
            by_unit[unit].append(row)
    for unit, rows in by_unit.items():
        if len(rows) > 1:
            amounts = "、".join(wan_text(f.total_investment.at(row)) for row in rows[:NAMED])
            total = sum(f.total_investment.at(row) for row in rows)
            yield Question(
                "同一单位多个项目总投资接近合并编报上限", unit, _ids(f, rows),
                f"总投资 {amounts} 万元{_more(rows)}，各在上限 {wan_text(line)} 万元以下一成之内，合计 {wan_text(total)} 万元",
                "是否本为一个项目而分开申报？各自的建设内容、申报和批复时间、承建方是否相互独立？",
            )  # fmt: skip


def dropped_under_merging(f: Facts, p: Terms) -> Iterator[Question]:
    """A total that was above the line in the lines of cost claimed, and is under it as filed."""
    line = p.merge_limit
    for row in range(f.n):
        total, claimed = f.total_investment.at(row), _claimed_to_build(f, row)
        if total is not None and claimed is not None and total <= line < claimed:
            yield Question(
                "总投资降到合并编报上限以下", f.unit.at(row), _ids(f, [row]),
                f"费用明细申报的投入使用前合计 {wan_text(claimed)} 万元，报批总投资 {wan_text(total)} 万元，"
                f"上限 {wan_text(line)} 万元",
                "减少的内容是核减、取消，还是移到了别的项目或以后年度？总投资取的是哪个阶段的数？",
            )  # fmt: skip


def _claimed_to_build(f: Facts, row: int) -> int | None:
    """Costs claimed before use (年次 0) for the project's own mode, 分; None where one is not known."""
    c, mode = f.costs, f.mode.at(row)
    amounts = [
        c.claimed.at(i) for i in (c.parent == row).nonzero()[0].tolist()
        if c.year.at(i) == 0 and mode is not None and c.mode.at(i) == mode
    ]  # fmt: skip
    return sum(amounts) if amounts and None not in amounts else None


# Adjustments under the line of 29.1 -------------------------------------------------------


def adjustments_just_under(f: Facts, p: Terms) -> Iterator[Question]:
    """A cumulative adjustment that stops just under the limit of self-adjustment."""
    if not f.adjustments.n:
        return
    base = f.approved_total if p.adjustment_base == "construction_approval" else f.feasibility_total
    amounts, share = adjusted_amount(f, p), p.adjustment_limit
    for project, row in enumerate(latest(f).tolist()):
        total = base.at(project)
        amount = None if row < 0 else amounts.at(row)
        if amount is None or not total or f.adjustments.prior_approval.at(row):
            continue
        line = total * share.numerator // share.denominator
        if _just_under(amount, line):
            yield Question(
                "累计调整额接近自行调整限额", f.unit.at(project), _ids(f, [project]),
                f"累计调整 {wan_text(amount)} 万元，占批复总投资 {wan_text(total)} 万元的{_part(amount, total, share)}，"
                f"限额 {percent_text(share)}（{wan_text(line)} 万元）",
                "数额是怎样算出的？有没有未登记的调整、拆开的调整，或移到其他项目的内容？",
            )  # fmt: skip


def _part(amount: int, total: int, line: Fraction) -> str:
    part = percent_beside(Fraction(amount, total), line)
    return part if part.startswith("约") else f" {part}"


# Procurement ------------------------------------------------------------------------------


def single_source(f: Facts) -> Iterator[Question]:
    """Repeated single-source procurement (单一来源) by one unit."""
    t = f.procurement
    lots: dict[str, list[int]] = defaultdict(list)
    for row in range(t.n):
        if (unit := f.unit.at(int(t.parent[row]))) is not None:
            lots[unit].append(row)
    for unit, rows in lots.items():
        single = [row for row in rows if t.method.at(row) == SINGLE_SOURCE]
        if len(single) >= REPEATED:
            amounts = [t.amount.at(row) for row in single]
            told = "，金额没有全部提供" if None in amounts else f"，合计 {wan_text(sum(amounts))} 万元"
            yield Question(
                "多次单一来源采购", unit, _ids(f, sorted({int(t.parent[row]) for row in single})),
                f"{len(rows)} 个采购包中 {len(single)} 个采用单一来源{told}",
                "每次的法定情形、公示和论证是什么？是否因前一次采购而只剩一家可选？",
            )  # fmt: skip


def lots_just_under(f: Facts, p: Terms) -> Iterator[Question]:
    """Lots whose amount stops just under the threshold of government procurement (限额标准以下)."""
    t = f.procurement
    by_unit: dict[str | None, list[tuple[int, int, int]]] = defaultdict(list)
    for row in range(t.n):
        own = t.threshold.at(row)
        line = p.procurement_threshold if own is None else own
        amount = t.amount.at(row)
        if line is not None and amount != line and _just_under(amount, line):
            by_unit[f.unit.at(int(t.parent[row]))].append((row, amount, line))
    for unit, lots in by_unit.items():
        told = "、".join(f"{wan_text(a)} 万元（限额 {wan_text(line)} 万元）" for _, a, line in lots[:NAMED])
        yield Question(
            "采购金额略低于限额标准", unit, _ids(f, sorted({int(t.parent[row]) for row, _, _ in lots})),
            f"{len(lots)} 个采购包，金额 {told}{_more(lots)}",
            "同类需求是否分包或分次采购？合并计算后是否达到限额标准？",
        )  # fmt: skip


# The same content filed twice --------------------------------------------------------------


def same_name(f: Facts) -> Iterator[Question]:
    """Projects whose names are alike, a project and the one it hangs on apart; all that are alike at once."""
    names = [(row, name) for row in range(f.n) if (name := f.name.at(row)) and len(_core(name)) > 1]
    linked = _linked(f, [row for row, _ in names])
    for group, likeness in _alike([_core(name) for _, name in names], ALIKE, linked):
        rows = [names[at][0] for at in group]
        told = "、".join(f"“{clean(names[at][1], 40)}”" for at in group[:NAMED])
        yield Question(
            "名称相近，可能同一内容重复申报", _units(f, rows), _ids(f, rows),
            f"{told}{_more(group)}，去掉通用词后相似度 {likeness}",
            "这些项目的建设内容、数据和用户是否重叠？能否合并或共用？",
        )  # fmt: skip


def same_text(f: Facts) -> Iterator[Question]:
    """Projects whose reports carry nearly the same passages (文字), those that hang together apart."""
    told: dict[int, list[str]] = defaultdict(list)
    place = {id_: row for row, id_ in enumerate(f.ids.tolist())}
    t = f.narrative
    for i in range(t.n):
        row, passage = place.get(t.project.at(i), -1), t.text.at(i)
        if row >= 0 and passage and len(passage) >= LONG_ENOUGH:
            told[row].append(passage)
    rows = list(told)
    texts = [_plain("".join(told[row])) for row in rows]
    for group, likeness in _alike(texts, SAME_TEXT, _linked(f, rows)):
        mine = [rows[at] for at in group]
        yield Question(
            "申报文字相近，可能同一内容重复申报", _units(f, mine), _ids(f, mine),
            f"{len(group)} 个项目填报的文字相似度 {likeness}",
            "是套用了同一份材料，还是同一内容申报了两次？",
        )  # fmt: skip


def _more(listed: Sequence) -> str:
    """How many there are, where not all are named."""
    return f"等 {len(listed)} 个" if len(listed) > NAMED else ""


def _alike(texts: list[str], least: int, linked: set[tuple[int, int]]) -> list[tuple[list[int], str]]:
    """Groups of texts (positions) of which each is like another of its group, and how like: of each the
    nearest, from the least to the most. The most alike group first.

    >>> _alike(["不动产登记档案", "不动产登记档案库", "水情"], 80, set())
    [([0, 1], '93')]
    """
    from rapidfuzz import fuzz, process

    root, nearest = list(range(len(texts))), [0] * len(texts)

    def top(at: int) -> int:
        while root[at] != at:
            root[at] = at = root[root[at]]
        return at

    for start in range(0, len(texts), 512):  # a block of rows at a time, so that memory stays small
        scores = process.cdist(texts[start : start + 512], texts, scorer=fuzz.ratio, score_cutoff=least)
        for a, b in zip(*(found.tolist() for found in scores.nonzero()), strict=True):
            one, score = a + start, int(scores[a, b])
            if one < b and (one, b) not in linked:
                root[top(b)] = top(one)
                nearest[one], nearest[b] = max(nearest[one], score), max(nearest[b], score)
    groups: dict[int, list[int]] = defaultdict(list)
    for at, score in enumerate(nearest):
        if score:
            groups[top(at)].append(at)
    found = []
    for group in groups.values():
        low, high = min(nearest[at] for at in group), max(nearest[at] for at in group)
        found.append((-high, group, f"{high}" if low == high else f"{low}–{high}"))
    return [(group, likeness) for _, group, likeness in sorted(found)]


def _linked(f: Facts, rows: list[int]) -> set[tuple[int, int]]:
    """Positions of pairs in which one hangs on the other, or both on a third: alike by nature."""
    families = defaultdict(list)
    for at, row in enumerate(rows):
        parent = f.parent.at(row)
        for family in {str(f.ids[row]), parent} - {None, "无"}:
            families[family].append(at)
    return {(a, b) for members in families.values() for a, b in combinations(sorted(set(members)), 2)}


def _plain(text: str) -> str:
    """Letters and figures only, width and case set aside."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if c.isalnum())


def _core(name: str) -> str:
    """A name without the words that many have.

    >>> _core("智慧教育资源共享服务平台（二期）")
    '教育资源共享二期'
    """
    plain = _plain(name)
    for word in GENERIC:
        plain = plain.replace(word, "")
    return plain


def _ids(f: Facts, rows: Iterable[int]) -> tuple[str, ...]:
    return tuple(str(f.ids[row]) for row in rows)


def _units(f: Facts, rows: Iterable[int]) -> str | None:
    units = list(dict.fromkeys(filter(None, (f.unit.at(row) for row in rows))))
    return "、".join(units[:NAMED]) + _more(units) if units else None
