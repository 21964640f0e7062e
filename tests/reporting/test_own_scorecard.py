"""An office's own set of indicators (`--scorecard`): printed, graded by, part of what a report is made of; its mistakes told."""

from __future__ import annotations

import html
import re

import pytest

from zwxm_core import cli
from zwxm_core.reporting.batch import ReportError, run
from zwxm_core.reporting.ledger import NAME
from zwxm_core.reporting.scorecard import SHIPPED, WAYS, ScorecardError, load_scorecard

from .conftest import DAY

OWN = """\
name: 某市<b>财政局</b>指标集
version: "2026"
grades:
  - {name: 甲等, from: 85}
  - {name: 乙等, from: 0}
groups:
  - name: 投入
    groups:
      - name: 管理
        indicators:
          - {name: 控制投资, points: 40, rule: cost, zero_at: 20%, says: 决算不超批复得满分}
  - name: 成效
    groups:
      - name: 应用
        indicators:
          - {name: 产出完成, points: 60, rule: indicators, kinds: [产出], says: 产出指标按权重平均}
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(OWN, "utf-8")
    return path


def made(book, out, card, kind="self_evaluation"):
    return run(kind, book, out, projects=["B2"], formats=("html",), as_of=DAY, progress=False, scorecard=card)


def page(out) -> str:
    (path,) = out.glob("*_B2_*.html")
    return html.unescape(re.sub(r"<[^>]*>", " ", path.read_text("utf-8")))


def test_a_report_is_scored_by_the_set_it_is_given_and_says_whose_it_is(book, own, tmp_path):
    out = tmp_path / "out"
    assert not made(book, out, own).failed
    told = page(out)
    assert "按某市<b>财政局</b>指标集评分" in told  # as text, whatever it looks like
    assert "由使用单位在 own.yaml 中给定" in told
    assert "由本工具拟定" not in told
    assert "甲等（85 分及以上）、乙等（不到 85 分）" in told
    assert "控制投资" in told
    assert "审批程序" not in told
    assert load_scorecard(own).sha256 in told


def test_a_set_that_changed_is_a_reason_to_make_the_report_again(book, own, tmp_path, capsys):
    out = tmp_path / "out"
    made(book, out, own)
    assert not made(book, out, own).made
    own.write_text(OWN.replace("甲等", "上等"), "utf-8")
    capsys.readouterr()
    assert len(made(book, out, own).made) >= 1
    assert "评分指标集有变化：重做 1 份" in capsys.readouterr().err
    assert "上等（85 分及以上）" in page(out)
    made(book, out, None)
    assert "评分指标集有变化：重做 1 份" in capsys.readouterr().err
    assert "按本工具默认指标集（非法定）评分" in page(out)


def test_a_kind_that_scores_nothing_takes_no_set_of_indicators(book, own, tmp_path):
    with pytest.raises(ReportError, match="绩效监控报告不评分，不用指标集") as error:
        made(book, tmp_path / "out", own, "monitoring")
    assert error.value.code == 2
    assert not (tmp_path / "out").exists()


def test_every_mistake_of_a_set_is_told_at_once_and_nothing_is_written(book, own, tmp_path, capsys):
    wrong = OWN.replace("points: 40", "points: 0").replace("zero_at: 20%", "zero_at: 很多")
    wrong = wrong.replace("[产出]", "[产值]").replace("from: 85", "from: 101").replace('"2026"', "2026")
    own.write_text(wrong.replace("says: 产出指标按权重平均", "saying: 产出指标按权重平均"), "utf-8")
    out = tmp_path / "out"
    command = ["report", "post_assessment", str(book), "--scorecard", str(own), "--out", str(out)]
    assert cli.main(command) == 65
    told = capsys.readouterr().err
    for line, words in (
        (2, "version 应为文字"), (3, "等级应从高到低、不超过 100 分"), (11, "points（分值）应为大于 0 的整数，读到 0"),
        (11, "zero_at 读到 '很多'，应为大于 0 的百分数"), (16, "不认识 saying"), (16, "缺 says"),
        (16, "kinds 读到 ['产值']，应是一列指标类别：产出、效益、满意度、成本"),
    ):  # fmt: skip
        assert re.search(rf"own\.yaml：第 {line} 行：{re.escape(words)}", told), words
    assert not (out / NAME).exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "键: 值"), ("a: [", "不是合法的 YAML"), ("groups: []", "缺 name、version、grades"),
        (OWN.replace("    groups:\n      - name: 管理", "    groups:\n      - 管理\n      - name: 管理"), "二级指标应是一列"),
        (OWN.replace("name: 成效", "name: 投入"), "一级指标的名称重复：投入"),
        (OWN.replace("rule: cost", "rule: [cost]"), "rule（评分方法）读到"),
        (OWN.replace("rule: cost, zero_at: 20%", "rule: clauses, of: ['99.1']"), "应是一列条款编号"),
        (OWN.replace("rule: cost, zero_at: 20%", "rule: delay, zero_at: 0"), "应为大于 0 的整数（天）"),
        (OWN.replace("from: 0", "from: 零"), "应为整数"),
    ],
)  # fmt: skip
def test_a_file_of_another_form_is_refused_in_words(tmp_path, text, told):
    path = tmp_path / "own.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ScorecardError, match=re.escape(told)):
        load_scorecard(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ScorecardError, match="没有这个指标集文件"):
        load_scorecard(tmp_path / "none.yaml")


def test_the_set_that_ships_may_be_copied_and_changed(tmp_path):
    path = tmp_path / "copy.yaml"
    path.write_text(SHIPPED.read_text("utf-8").replace("from: 90", "from: 88"), "utf-8")
    card = load_scorecard(path)
    assert card.own
    assert card.grades[0].start == 88
    assert card.indicators == load_scorecard().indicators
    assert {one.rule for one in card.indicators} == set(WAYS)
