"""The approval path (审批路径) of one project as a lane diagram and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, takewhile

from zwxm_core import charts, tables
from zwxm_core.lanes import Box, lane_diagram
from zwxm_core.reporting.report import Report
from zwxm_core.rules.approval_path import approval_path
from zwxm_core.tables import Html, paragraph, small, table, text

OPINION = "意见"
NONE = "第三章的审批程序不适用于本项目，或不在办法有效期内"
TOGETHER = "会同"
UNORDERED = "22.1", "出具"
"""Among the opinions this clause has given the text names no order: they stand side by side."""


def path_of(report: Report) -> list[dict]:
    """The road from filing to approval (`zwxm_core.rules.approval_path`); steps of one kind by one body
    that stand alike are one.
    """
    place = int(report.facts.places[0])
    return merged(approval_path(report.portfolio.facts, report.ruleset, report.as_of, place))


def merged(steps: Iterable[dict]) -> list[dict]:
    """Steps of one clause, body, act and standing that follow each other as one, each with its ``standing``."""

    def kind(step: dict) -> tuple:
        return step["clause"], step["cite"], step["who"], step["chapter"], _standing(step), step["step"][:2]

    found = []
    for key, alike in groupby(steps, kind):
        all_ = list(alike)
        told = {
            name: "、".join(dict.fromkeys(filter(None, (s[name] for s in all_))))
            for name in ("gives", "document")
        }
        lists = {
            name: [one for s in all_ for one in s[name]] for name in ("missing", "unknown", "open_facts")
        }
        step = _together([s["step"] for s in all_])
        found.append({**all_[0], **told, **lists, "step": step, "standing": key[4], "act": key[5]})
    return found


def chart(report: Report):
    """The approval path as a lane diagram: one lane a body, downwards in the order of the procedure."""
    steps = report.path
    if not steps:
        return paragraph(f"审批路径图：{NONE}，未画。", "none")
    return charts.show(lane_diagram(list(boxes(steps)), "审批路径泳道图"))


def boxes(steps: Sequence[dict]) -> Iterator[Box]:
    """The steps as boxes.

    Parameters
    ----------
    steps : sequence of dict
        As `merged` gives them.
    """
    lanes = _lanes(steps)
    row, before = -1, ("", "")
    for step in steps:
        place = step["clause"], step["act"]
        if place != UNORDERED or before != UNORDERED:
            row += 1
        lane, (word, standing) = lanes[step["who"]], step["standing"]
        beside = step["who"].removeprefix(lane)
        yield Box(
            row, lane.replace(TOGETHER, "\n" + TOGETHER), step["cite"], step["step"], beside, standing, word
        )
        before = place


def _lanes(steps: Sequence[dict]) -> dict[str, str]:
    """The lane of everyone who acts: the leading body, with those it always acts with.

    >>> _lanes([{"who": "甲会同乙"}, {"who": "甲会同乙组织专家"}, {"who": "丙会同丁"}, {"who": "丙"}])
    {'甲会同乙': '甲会同乙', '甲会同乙组织专家': '甲会同乙', '丙会同丁': '丙', '丙': '丙'}
    """
    acting = dict.fromkeys(step["who"] for step in steps)
    led: dict[str, list[str]] = {}
    for who in acting:
        led.setdefault(who.partition(TOGETHER)[0], []).append(who)
    return {who: _common(led[who.partition(TOGETHER)[0]]) for who in acting}


def _together(names: list[str]) -> str:
    """Steps of one kind in one phrase.

    >>> _together(["书面征求财政局意见", "书面征求公安局意见"]), _together(["批复"])
    ('书面征求财政局、公安局意见', '批复')
    """
    if len(names) == 1:
        return names[0]
    lead = _common(names)
    tail = OPINION if all(name.endswith(OPINION) for name in names) else ""
    return lead + "、".join(name[len(lead) : len(name) - len(tail)] for name in names) + tail


def _common(names: list[str]) -> str:
    """What the names start with alike."""
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in same)


def path_table(report: Report) -> Html:
    """The approval path step by step: who gives what, for which document, where it stands, what lacks."""
    return steps_table(report.path)


def steps_table(steps: Iterable[dict]) -> Html:
    """The steps as `merged` gives them, one row each."""
    rows = []
    for number, one in enumerate(steps, 1):
        step = text(f"{number}. {one['step']}") + small(one["cite"])
        document: object = one["document"] or "—"
        if one["chapter"]:
            document = text(document) + small(f"须有专篇（章）：{one['chapter']}")
        asked = dict.fromkeys([*one["unknown"], *(tables.fact_text(fact) for fact in one["open_facts"])])
        lacks = (("缺", one["missing"]), ("情况未提供", list(asked)))
        note = "；".join(f"{lead}：{'、'.join(names)}" for lead, names in lacks if names)
        rows.append((step, one["who"], one["gives"], document, tables.badge(*one["standing"]), note))
    heads = ("步骤", "办理单位", "办理结果", "文件", "状态", "尚缺")
    return table(heads, rows, caption="审批步骤", empty=NONE + "。")


def _standing(step: dict) -> tuple[str, str]:
    """How a step stands, in a word and the tone of it."""
    outcome = step["outcome"]
    if step["applies"] is None or outcome == "待核":
        return "待核", "open"
    if outcome in ("符合", "齐备", "具备条件"):
        return outcome, "yes"
    if outcome == "不具备条件":
        return outcome, "na"
    if outcome == "办理":
        return ("未办" if step["state"] is False else "应办"), "no"
    return outcome, "problem" if outcome in ("不符合", "缺项") else "no"
