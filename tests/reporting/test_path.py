"""The approval path as a picture: lanes, one box a step, standing told by mark and word, nothing overlapping."""

from __future__ import annotations

from datetime import date

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text

from zwxm_core import charts
from zwxm_core.lanes import LEGEND, Box, lane_diagram
from zwxm_core.reporting import path
from zwxm_core.reporting.report import open_report

DAY = date(2026, 11, 24)
SAMPLES = ("LS2026-01", "LS2026-03", "LS2026-21", "LS2026-34", "LS2025-03")


def step(clause: str, who: str, name: str, outcome: str = "符合", **more) -> dict:
    return {
        "clause": clause, "cite": f"第{clause}条", "who": who, "step": name, "gives": name, "document": None,
        "chapter": None, "applies": True, "state": True, "outcome": outcome, "missing": [], "unknown": [],
        "open_facts": [], **more,
    }  # fmt: skip


def drawn(steps: list[dict]) -> list[Box]:
    return list(path.boxes(path.merged(steps)))


@pytest.fixture(scope="module", params=SAMPLES)
def sample(request):
    return path.path_of(open_report(project=request.param))


def texts(chart) -> list:
    renderer = FigureCanvasAgg(chart).get_renderer()
    return [t.get_window_extent(renderer) for t in chart.findobj(Text) if t.get_text().strip()]


def test_no_two_texts_of_the_picture_overlap(sample):
    chart = lane_diagram(list(path.boxes(sample)), "审批路径")
    charts.png(chart)
    found = [box.padded(-1) for box in texts(chart)]
    assert not [(a, b) for i, a in enumerate(found) for b in found[i + 1 :] if a.overlaps(b)]


def test_every_text_stands_inside_the_picture_and_fits_a_printed_page(sample):
    chart = lane_diagram(list(path.boxes(sample)), "审批路径")
    charts.png(chart)
    assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= chart.bbox.x1 for box in texts(chart))
    width, height = chart.get_size_inches()
    assert height / width < 1.75  # narrowed no further than to four fifths on a sheet of A4


def test_every_step_of_the_road_stands_in_the_words_of_the_picture(sample):
    chart = lane_diagram(list(path.boxes(sample)), "审批路径")
    for one in sample:
        assert f"{one['step']}（{one['cite']}，{one['standing'][0]}）" in chart.alt


def test_opinions_stand_side_by_side_after_the_letters_that_ask_for_them():
    letters = [step("22.1", "甲会同乙", f"书面征求{body}意见") for body in ("丙局", "丁局")]
    opinions = [
        step("22.1", body, f"出具{what}意见")
        for body, what in (("丙局", "资金"), ("丁局", "安全"), ("乙", "技术"))
    ]
    after = step("24.1", "甲会同乙", "批复")
    found = drawn([step("16.1", "单位", "申报"), *letters, *opinions, after])
    assert [(box.row, box.lane) for box in found] == [
        (0, "单位"), (1, "甲\n会同乙"), (2, "丙局"), (2, "丁局"), (2, "乙"), (3, "甲\n会同乙"),
    ]  # fmt: skip
    assert found[1].text == "书面征求丙局、丁局意见"


def test_letters_that_stand_differently_are_not_one_box():
    found = drawn([step("22.1", "甲", "书面征求丙局意见"), step("22.1", "甲", "书面征求丁局意见", "不符合")])
    assert [(box.text, box.word) for box in found] == [
        ("书面征求丙局意见", "符合"),
        ("书面征求丁局意见", "不符合"),
    ]


@pytest.mark.parametrize(
    ("told", "word", "standing"),
    [
        ({"outcome": "齐备"}, "齐备", "yes"),
        ({"outcome": "缺项"}, "缺项", "problem"),
        ({"outcome": "待核"}, "待核", "open"),
        ({"outcome": "符合", "applies": None}, "待核", "open"),
        ({"outcome": "办理", "state": None}, "应办", "no"),
        ({"outcome": "办理", "state": False}, "未办", "no"),
        ({"outcome": "不具备条件"}, "不具备条件", "na"),
    ],
)
def test_each_standing_has_its_own_word_outline_and_mark(told, word, standing):
    (box,) = drawn([step("16.1", "单位", "申报", **told)])
    assert (box.word, box.standing) == (word, standing)
    chart = lane_diagram([box], "审批路径")
    *legend, mine = chart.findobj(FancyBboxPatch)
    assert len(legend) == len(LEGEND)
    assert len({(p.get_linestyle(), p.get_linewidth(), p.get_facecolor()) for p in legend}) == len(LEGEND)
    assert (mine.get_linestyle(), mine.get_edgecolor()) in {
        (p.get_linestyle(), p.get_edgecolor()) for p in legend
    }


def test_a_hostile_name_is_drawn_as_the_letters_it_is():
    (box,) = drawn([step("16.1", "$\\frac{1}{2}$<b>单位", "申报")])
    chart = lane_diagram([box], "审批路径")
    assert charts.png(chart) == charts.png(lane_diagram([box], "审批路径"))
    assert "$\\frac{1}{2}$<b>单位" in chart.alt


def test_a_project_outside_chapter_three_has_no_road_and_is_told_so():
    report = open_report(project="LS2025-05")
    assert path.path_of(report) == []
    assert "第三章的审批程序不适用于本项目" in repr(path.chart(report))
    assert "第三章的审批程序不适用于本项目" in repr(path.path_table(report))
