"""How wide the columns of a printed table are, how large its print, and whether its page lies on its side.

No word, number or date is broken, no column is a character wide, and the table is as low as it can be.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

PORTRAIT, LANDSCAPE = 442.0, 637.0
"""Width of the text, points: 156 mm, 225 mm."""

SIZES = (10.5, 9.0)
"""Print of tables, points (五号, 小五): the first at which everything fits."""

SMALLEST = 7.5
"""Six: what a table is set in when nothing larger fits even on its side (六号)."""

TALLER, SPARED = 1.2, 6.0
"""How much higher than in smaller print a table may be: as a ratio, and in any case so many lines."""

PADDING = 9.0
"""Points left and right of a cell's text together."""

SHORT, LEAST, STEP = 5.0, 4.0, 0.5
"""Em: a line of a cell that is not broken, what a longer one has at least, by how much columns grow."""

LONGEST_WORD = 16.0
"""Em: a Latin word longer than this (a hash) is broken after all."""

LATIN = 0.64
"""Em: a digit of the widest letters that an office without the fonts of official documents puts in their place."""

REMARK = 0.84
"""How large small print is against the print of the table."""

UNBROKEN = re.compile(r"\S\u00a0\S{1,6}(?!\S)|〔\d{4}〕\d+ ?号?|[!-~\u00b7\u2212]+")
"""What is not broken over two lines: a sign with its word, numbers of documents, Latin words, numbers, dates."""

UNIT = re.compile("(?<=.)(?=（[^（）]+）$)")
"""Where the unit of a head begins, and a head is broken that does not stand on one line."""

WIDE = re.compile("[%\u1100-\u115f\u2190-\u2bff\u2e80-\uffdc\u2014\u2018-\u201d\u2026]")


def ems(text: str) -> float:
    """Width of a text in em: a Chinese character one, a Latin one somewhat over a half.

    >>> ems("合计"), ems("12.50")
    (2.0, 3.2)
    """
    wide = len(WIDE.findall(text))
    return wide + LATIN * (len(text) - wide)


def least(lines: Sequence[str], header: bool, number: bool = False) -> float:
    """The narrowest a column may be for a cell, em.

    >>> least(["自行建设"], False), least(["按审定投资重新计取"], False), least(["约 15.11%"], False, True)
    (4.0, 4.0, 5.84)
    """
    whole = max((ems(line) for line in lines), default=0)
    words = max((ems(word) for line in lines for word in UNBROKEN.findall(line)), default=0)
    words = min(whole if number else words, LONGEST_WORD)
    if header:  # a head of up to four characters stands on one line, a longer one on few; its unit is whole
        units = [line[found.start() :] for line in lines if (found := UNIT.search(line))]
        unit = max((ems(one) + 0.2 for one in units), default=0)
        return max(words, min(unit, 6.0), min(whole, max(LEAST, whole / 3)))
    return max(words, whole if whole <= SHORT else LEAST)


def fit(
    rows: list[list[list[str]]],
    header: bool,
    pairs: bool = False,
    numbers: Sequence[int] = (),
    remarks: list[list[list[bool]]] | None = None,
) -> tuple[list[float], float, bool]:
    """Widths of the columns as parts of 1, size in points, whether on a page on its side.

    Parameters
    ----------
    rows : list of rows, a row a list of cells, a cell its lines of text
    header : bool
        Whether the first row is the head.
    pairs : bool
        Whether the first column holds names, which are not broken where they are short.
    numbers : sequence of int
        Columns of figures, which are not broken.
    remarks : list of rows or None
        For each line of ``rows`` whether it is in small print; None: none is.

    Examples
    --------
    >>> widths, size, landscape = fit([[["事项"], ["说明"]], [["甲"], ["一" * 200]]], header=True)
    >>> widths[1] > 0.8, size, landscape
    (True, 10.5, False)
    """
    if not rows or not rows[0]:
        return [], SIZES[0], False
    cells = _cells(rows, remarks or [[[False] * len(cell) for cell in row] for row in rows])
    floors = np.array(
        [
            [least(c, header and at == 0, i in numbers and at >= header) for i, c in enumerate(row)]
            for at, row in enumerate(rows)
        ]
    )
    floor = np.maximum(floors.max(axis=0), 2.0)
    if pairs:
        floor[0] = max(floor[0], min(cells.lengths[:, 0].sum(axis=1).max(), 11.0))
    size, landscape = _print(floor)
    widths = _grown(cells, floor, size, landscape)
    if not landscape and size > SIZES[-1]:  # smaller print where the table then is clearly lower
        tried = _grown(cells, floor, SIZES[-1], False)
        high, lower = _lines(cells, widths), _lines(cells, tried)
        if high > max(TALLER * lower, lower + SPARED):
            size, widths = SIZES[-1], tried
    room = _room(size, landscape, len(floor))
    if pairs:
        widths[-1] += max(room - widths.sum(), 0.0)
    widths = widths * (room / widths.sum()) * size + PADDING
    return (widths / widths.sum()).round(4).tolist(), size, landscape


class _Cells(NamedTuple):
    """The lines of every cell: row, column, line. Their lengths in em of the print of the table, and how high
    each is that is not broken; 0 where a cell has no such line.
    """

    lengths: np.ndarray
    heights: np.ndarray


def _cells(rows: list[list[list[str]]], remarks: list[list[list[bool]]]) -> _Cells:
    most = max((len(cell) for row in rows for cell in row), default=1)
    made = _Cells(*(np.zeros((len(rows), len(rows[0]), max(most, 1))) for _ in range(2)))
    made.heights[:, :, 0] = 1.0
    for place, (row, small) in enumerate(zip(rows, remarks, strict=True)):
        for column, (cell, remark) in enumerate(zip(row, small, strict=True)):
            scale = [REMARK if one else 1.0 for one in remark]
            made.heights[place, column, : len(cell)] = scale or 1.0
            made.lengths[place, column, : len(cell)] = np.multiply(scale, [ems(line) for line in cell])
    return made


def _room(size: float, landscape: bool, columns: int) -> float:
    return ((LANDSCAPE if landscape else PORTRAIT) - PADDING * columns) / size


def _print(floor: np.ndarray) -> tuple[float, bool]:
    for landscape in (False, True):
        for size in SIZES:
            if floor.sum() <= _room(size, landscape, len(floor)):
                return size, landscape
    return SMALLEST, True


def _heights(cells: _Cells, widths: np.ndarray) -> np.ndarray:
    """The height of every cell in lines; a line that is broken counts by its length, so that it is smooth."""
    return (cells.heights * np.maximum(cells.lengths / widths[:, None], 1.0)).sum(axis=2)


def _lines(cells: _Cells, widths: np.ndarray) -> float:
    """The height of the table in lines of its print."""
    lines = np.maximum(np.ceil(cells.lengths / widths[:, None]), 1.0)
    return (cells.heights * lines).sum(axis=2).max(axis=1).sum()


def _grown(cells: _Cells, floor: np.ndarray, size: float, landscape: bool) -> np.ndarray:
    """Widths in em, each step given to the column that lowers the table most, until the room is full."""
    room = _room(size, landscape, len(floor))
    widths = floor * min(1.0, room / floor.sum())
    one = np.eye(len(widths), dtype=bool)
    while room - widths.sum() > STEP:
        heights, wider = _heights(cells, widths), _heights(cells, widths + STEP)
        tried = np.where(one[:, None], wider, heights)  # for each column, with this one wider
        gains = heights.max(axis=1).sum() - tried.max(axis=2).sum(axis=1)
        best = int(np.argmax(gains))
        if gains[best] < 1e-9:  # all on one line
            break
        widths[best] += STEP
    return widths
