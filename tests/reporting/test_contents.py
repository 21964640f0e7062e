"""All seven kinds of report, run from their notebooks over the samples: their numbers, their form, their words.

The golden texts pin every word; after a change ``start.py refresh`` writes them anew, to be read before
they are committed.
"""

from __future__ import annotations

import difflib
import html
import re
from fractions import Fraction

import pytest

from zwxm_core.reporting import KINDS
from zwxm_core.reporting.report import conclusion, open_report
from zwxm_core.reporting.scorecard import score_text

from .golden import FOLDER, PROJECTS, executed, plain

pytestmark = pytest.mark.slow

kinds = pytest.mark.parametrize("kind", list(KINDS))

NUMBERS = {
    "evaluation": [
        "使用期限内购买比自建节约 42.646 万元，节约率 10%（第十九条第（二）项：符合）。",  # 426.46 − 383.814
        "盈亏平衡年服务费（两种方式总额相等）\t85.292 万元",  # 426.46 / 5
    ],
    "adjustment_review": [
        "限额 452.91863 × 15% = 67.937794；超 18.933406，占约 19.18%",  # 41.268 + 45.6032 = 86.8712
        "第 2 次\t事先申请并经审批\t第二十八条第一、二句\t✕ 未经审批",
    ],
    "acceptance": [
        "试运行开始日\t2026-05-11\t满 3 个月后，最早 2026-08-12 起可组织验收",
        "验收日\t2026-09-24\t比应验收日早 6 天",
        "报备验收情况：未履行（第三十一条第一款，2026-09-24 起）。",
    ],
    "monitoring": [
        "2024 年\t6%\t增加 6 个百分点\t约 8.86%\t落后约 2.86 个百分点",  # 71 of 801 days
        "2024 年\t30.00\t21.40\t-8.60\t约 71.33%\t约 9.37%",  # 21.4 / 30 and 21.4 / 228.5
        "提交绩效监控报告（2025 年度）：逾期（第四十五条第一款，2025-01-01 至 2025-12-31）。",
    ],
    "self_evaluation": [
        "累计调整额\t108.587752\t约 15.0000001%\t✕ 超过限额",
        "自评价：逾期（第四十六条第一句，2025-09-03 至 2026-09-02）。",
        # 决策 9, 过程 24, 验收 8, 187 of 260 cars at 10 points, 效益 15 and one of three matters of O&M at 2
        f"得分在{score_text(9 + 24 + 8 + Fraction(187, 26) + 15 + Fraction(2, 3))} 至",
    ],
    "post_assessment": [
        "合同金额\t359.561245\t约 73.93%\t1 个采购包合计",
        "累计调整额\t72.955869\t15%\t✓ 限额以内",
        "2026 年运维实际支出 34.274 万元，比评估金额少 4.226 万元，执行率约 89.02%。",
        "累计被调用 48,213 次",
        # lost: 2 of 180 days at 5 points, 3/9990 of half of 10, and (1 − 23.9/25.6) of a third of 4
        score_text(100 - Fraction(10, 180) - Fraction(3, 99900) * 50 - Fraction(17, 256) * Fraction(4, 3)),
    ],
    "annual_review": [
        "53 个项目中，待审查（没有批复记录）的 28 个，申报总投资合计 9,494.631406 万元",
        "自行建设\t18\t7,633.0005 2 个未提供，未计入",
    ],
}
"""Of one sample project each, worked out by hand from its amounts and dates."""


def tables(kind: str) -> list[tuple[str, str]]:
    """The tables of a report: the cell that shows one, and its markup."""
    return [
        (cell.source, found)
        for cell in executed(kind).cells
        for output in cell.get("outputs", ())
        for found in re.findall(r"<table.*?</table>", output.get("data", {}).get("text/html", ""), re.DOTALL)
    ]


@kinds
def test_the_numbers_are_those_worked_out_by_hand(kind):
    told = plain(executed(kind))
    told = re.sub(r"\t?\n\t", "\t", told)
    for number in NUMBERS[kind]:
        assert number in told


@kinds
def test_the_text_is_the_one_that_was_read_and_pinned(kind):
    pinned = (FOLDER / f"{kind}.txt").read_text(encoding="utf-8").splitlines()
    now = plain(executed(kind)).splitlines()
    assert now == pinned, "\n".join(difflib.unified_diff(pinned, now, "pinned", "now", lineterm="", n=0))


@kinds
def test_every_heading_stands_over_something_and_levels_are_not_skipped(kind):
    level, bare = 1, None
    for cell in executed(kind).cells:
        if cell.cell_type == "markdown":
            marks = re.match(r"(#+) \S", cell.source)
            assert marks, cell.source
            depth = len(marks[1])
            assert 2 <= depth <= level + 1
            assert bare is None or depth > level, f"nothing under {bare}"
            level, bare = depth, cell.source.splitlines()[0]
            assert "#" not in cell.source[depth:]
        elif any(output.get("data") for output in cell.get("outputs", ())):
            bare = None
    assert bare is None


WIDE = ("sections.reductions", "sections.cash_flows")
"""Cells whose tables have a column a year, or all there is to a cut."""


@kinds
def test_tables_have_a_caption_and_fit_an_upright_page(kind):
    assert tables(kind)
    for source, markup in tables(kind):
        assert "<caption>" in markup, source
        head = markup.partition("<thead>")[2].partition("</thead>")[0]
        if not source.startswith(WIDE):
            assert len(re.findall(r"<th[ >]", head)) <= 6, source


@kinds
def test_pictures_say_in_words_what_they_show(kind):
    for cell in executed(kind).cells:
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                alt = output.metadata["image/png"]["alt"]
                assert alt.endswith("。")
                assert output["data"]["text/plain"] == alt


@kinds
def test_the_last_page_names_rules_data_and_day(kind):
    *_, last = executed(kind).cells
    told = html.unescape(last.outputs[0]["data"]["text/plain"])
    for name in ("规则集", "规则集指纹", "数据文件指纹", "评估日\t2026-11-24", "程序版本"):
        assert name in told
    assert len(re.findall(r"\b[0-9a-f]{64}\b", told)) == 2


@kinds
def test_every_kind_prints_words_signatures_and_sources(kind):
    told = plain(executed(kind))
    for heading in ("## 说明和签署", "## 口径和参数", "## 数据来源", "## 规则集、数据和程序"):
        assert f"\n{heading}\n" in told
    assert "编制单位\t" in told


@kinds
def test_no_inner_name_reaches_the_reader(kind):
    told = plain(executed(kind))
    assert not re.search(r"[a-z]+_[a-z]+", told)
    assert not re.search(r"(?<![\d,.-])(?:[1-9]|[1-5]\d)\.\d{1,2}\.\d(?!\d)", told)
    assert "None" not in told
    assert "nan" not in told


def test_every_kind_has_its_pinned_text():
    assert {path.stem for path in FOLDER.iterdir()} == set(PROJECTS) == set(KINDS)


def test_a_report_of_some_articles_names_the_problems_that_lie_outside_them():
    report = open_report(project="LS2024-32")
    beyond = "本报告所及条款之外，现阶段另有 3 个问题：第三十六条第一款、第四十条第一款、第四十四条。"
    assert beyond in conclusion(report, "monitoring")
    assert not any("之外" in one for one in conclusion(report, "post_assessment"))
    clean = open_report(project="LS2024-05")
    assert not any("之外" in one for one in conclusion(clean, "acceptance"))
