"""A procedure as a lane diagram (泳道图): one lane a body, time runs downwards, one box a step.

How a step stands is told by the outline of its box, a mark and a word; colour only adds to it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from zwxm_core.charts import COLOURS, LINE_COLOUR, LONGEST, Chart, house_style, label
from zwxm_core.economics import BUILD, PURCHASE

DONE, MISSING, TO_COME, OPEN, NONE = ("yes", "problem", "no", "open", "na")
"""How a step can stand, in the words of `zwxm_core.tables.TONES`."""


class Look(NamedTuple):
    """How a standing is drawn: outline, its colour, its width, fill, marker."""

    dashes: str
    colour: str
    width: float
    fill: str
    marker: str


LOOKS = {
    DONE: Look("-", COLOURS[BUILD], 1.0, "#E8F1F8", "o"),
    MISSING: Look("-", COLOURS[PURCHASE], 2.2, "#FBEBE0", "X"),
    TO_COME: Look("--", "#555555", 1.0, "#FFFFFF", "s"),
    OPEN: Look(":", "#8A5300", 1.6, "#FFF6E0", "D"),
    NONE: Look("-", "#5A6775", 0.8, "#ECEEF0", "_"),
}
LEGEND = {
    DONE: "已办或可以", MISSING: "缺少或不符", TO_COME: "要办，没有已办的记录", OPEN: "待核", NONE: "不可以",
}  # fmt: skip
SOFT = "#4A5663"
WIDTH, MARGIN, SIZE = 8.4, 0.86, 8
"""Inches of the chart and of the column of citations; points of the letters."""

LINE, GAP = SIZE * 1.28 / 72, 0.17
"""Inches of a line of text, and between two rows of boxes."""


class Box(NamedTuple):
    """One step as drawn: row from the top, lane, citation, what is done and with whom, its standing and
    the word for it.
    """

    row: int
    lane: str  # may hold a line break
    cite: str
    text: str
    beside: str
    standing: str
    word: str


def lane_diagram(boxes: Sequence[Box], title: str) -> Chart:
    """Draw the steps of a procedure.

    Parameters
    ----------
    boxes : sequence of Box
        In order; boxes of one row have no order among them.
    title : str
        What the alt text calls it.
    """
    lanes = list(dict.fromkeys(box.lane for box in boxes))
    with house_style():
        chart = Chart(figsize=(WIDTH, 1), dpi=144)
        column = (WIDTH - MARGIN) / len(lanes)
        letters = max(4, int((column - 0.2) * 72 / SIZE))
        told = {
            box: [
                (line, colour)
                for part, colour in ((box.text, LINE_COLOUR), (box.beside, SOFT))
                for line in _lines(label(chart, part, 3 * LONGEST), letters)
            ]
            for box in boxes
        }
        heads = [
            [line for part in lane.split("\n") for line in _lines(label(chart, part, 2 * LONGEST), letters)]
            for lane in lanes
        ]
        tops, ends = _places(boxes, told, 0.62 + LINE * max(map(len, heads)))
        height = max(ends.values()) + 0.12
        chart.set_size_inches(WIDTH, height)
        axes = chart.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, WIDTH), ylim=(height, 0))
        axes.set_axis_off()
        _legend(axes)
        middles = {lane: MARGIN + column * (n + 0.5) for n, lane in enumerate(lanes)}
        _lanes(axes, middles, heads, column, height)
        _arrows(axes, boxes, tops, ends, middles)
        for box in boxes:
            _box(axes, box, told[box], middles[box.lane], tops[box], column)
        _cites(axes, boxes, tops)
    chart.alt = _alt(boxes, title)
    return chart


def _lines(text: str, letters: int) -> list[str]:
    """A text in lines of at most so many characters, as even as they come; no line starts or ends with
    a mark that belongs to the other.

    >>> _lines("安全可靠与密码合规意见", 8), _lines("", 8)
    (['安全可靠与密', '码合规意见'], [])
    """
    if not text:
        return []
    count = -(-len(text) // letters)
    lines = textwrap.wrap(text, -(-len(text) // count), break_on_hyphens=False)
    for n in range(1, len(lines)):
        while lines[n] and lines[n][0] in "、，）：；。":
            lines[n - 1], lines[n] = lines[n - 1] + lines[n][0], lines[n][1:]
        if lines[n - 1].endswith("（"):
            lines[n - 1], lines[n] = lines[n - 1][:-1], "（" + lines[n]
    return [line for line in lines if line]


def _height(lines: list) -> float:
    return LINE * (len(lines) + 1) + 0.14


def _places(boxes: Sequence[Box], told: dict, top: float) -> tuple[dict[Box, float], dict[Box, float]]:
    """Where each box starts and ends, inches from the top; those of one row and lane stand below each other."""
    tops: dict[Box, float] = {}
    ends: dict[Box, float] = {}
    y = top + 0.06
    for row in dict.fromkeys(box.row for box in boxes):
        free: dict[str, float] = {}
        for box in (box for box in boxes if box.row == row):
            tops[box] = free.get(box.lane, y)
            ends[box] = tops[box] + _height(told[box])
            free[box.lane] = ends[box] + 0.06
        y = max(end for box, end in ends.items() if box.row == row) + GAP
    return tops, ends


def _legend(axes) -> None:
    x = MARGIN
    for standing, word in LEGEND.items():
        look = LOOKS[standing]
        _frame(axes, x, 0.1, 0.28, 0.2, look)
        _mark(axes, x + 0.14, 0.2, look)
        axes.text(x + 0.36, 0.2, word, va="center", fontsize=SIZE)
        x += 0.62 + len(word) * SIZE / 72 + 0.1


def _lanes(axes, middles: dict[str, float], heads: list[list[str]], column: float, height: float) -> None:
    foot = 0.44 + LINE * max(map(len, heads)) + 0.1
    for n, (middle, lines) in enumerate(zip(middles.values(), heads, strict=True)):
        if n % 2 == 0:
            axes.axvspan(
                middle - column / 2, middle + column / 2, 0, 1 - 0.44 / height, color="#F3F5F7", zorder=0
            )
        axes.text(
            middle, (0.44 + foot) / 2, "\n".join(lines), ha="center", va="center", fontsize=SIZE,
            fontweight="bold", linespacing=1.2,
        )  # fmt: skip
    axes.text(0.06, (0.44 + foot) / 2, "条款", va="center", fontsize=SIZE, fontweight="bold")
    for y in (0.44, foot):
        axes.plot([0, WIDTH], [y, y], color=LINE_COLOUR, linewidth=0.8)


def _frame(axes, x: float, y: float, width: float, height: float, look: Look) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (x, y), width, height, boxstyle="round,pad=0,rounding_size=0.05", linestyle=look.dashes,
            linewidth=look.width, edgecolor=look.colour, facecolor=look.fill, zorder=3,
        )
    )  # fmt: skip


def _mark(axes, x: float, y: float, look: Look) -> None:
    filled = look.marker in "oX"
    axes.plot(
        [x], [y], look.marker, markersize=5, markeredgecolor=look.colour, zorder=4,
        markerfacecolor=look.colour if filled else "#FFFFFF",
    )  # fmt: skip


def _box(axes, box: Box, lines: list[tuple[str, str]], middle: float, top: float, column: float) -> None:
    look, width = LOOKS[box.standing], column - 0.12
    _frame(axes, middle - width / 2, top, width, _height(lines), look)
    for n, (line, colour) in enumerate(lines):
        y = top + 0.08 + LINE * (n + 0.5)
        axes.text(middle, y, line, ha="center", va="center", fontsize=SIZE, color=colour, zorder=4)
    y = top + 0.08 + LINE * (len(lines) + 0.5)
    left = middle - len(box.word) * SIZE / 144
    _mark(axes, left - 0.03, y, look)
    axes.text(
        left + 0.05, y, box.word, va="center", fontsize=SIZE, color=look.colour, fontweight="bold", zorder=4
    )


def _arrows(axes, boxes: Sequence[Box], tops: dict, ends: dict, middles: dict[str, float]) -> None:
    """From each row to the next: down out of every lane, along between the rows, down into every lane."""
    rows = list(dict.fromkeys(box.row for box in boxes))
    grey: dict = {"color": "#7A8794", "linewidth": 0.9}
    for above, below in pairwise(rows):
        bar = min(tops[box] for box in boxes if box.row == below) - GAP / 2
        sources = {middles[box.lane]: ends[box] for box in boxes if box.row == above}
        targets = {middles[box.lane] for box in boxes if box.row == below}
        xs = (*sources, *targets)
        axes.plot([min(xs), max(xs)], [bar, bar], zorder=1, **grey)
        for x, end in sources.items():
            axes.plot([x, x], [end, bar], zorder=1, **grey)
        for x in targets:
            axes.add_patch(FancyArrowPatch(
                (x, bar), (x, bar + GAP / 2), arrowstyle="-|>", mutation_scale=7, shrinkA=0, shrinkB=0, zorder=2, **grey,
            ))  # fmt: skip


def _cites(axes, boxes: Sequence[Box], tops: dict[Box, float]) -> None:
    """The clause of each row at the margin, once where rows of one clause follow each other."""
    before = None
    for row in dict.fromkeys(box.row for box in boxes):
        cite = "、".join(dict.fromkeys(box.cite for box in boxes if box.row == row))
        top = min(top for box, top in tops.items() if box.row == row)
        if cite != before:
            lines = cite.replace("条", "条\n", 1).strip()
            axes.text(0.06, top + 0.08, lines, va="top", fontsize=SIZE, color="#3A4550", linespacing=1.2)
        if before not in (None, cite):
            axes.plot([0, WIDTH], [top - GAP / 2] * 2, color="#C5CCD3", linewidth=0.5, zorder=0.5)
        before = cite


def _alt(boxes: Sequence[Box], title: str) -> str:
    told = [
        f"{n}. {box.lane.replace(chr(10), '')}{box.beside}：{box.text}（{box.cite}，{box.word}）"
        for n, box in enumerate(boxes, 1)
    ]
    return f"{title}，从上到下：" + "；".join(told) + "。"
