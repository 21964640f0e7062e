"""A foreign ledger comes in by a mapping; a mapping that says something impossible is refused by name."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tests.portfolio.conftest import messages, refused
from zwxm_core.portfolio import InputError, read
from zwxm_core.portfolio.mapping import load_mapping

US = Path(__file__).parents[2] / "data" / "samples" / "mappings" / "us_it_dashboard.yaml"


def test_the_us_projects_are_read_to_the_last_one(shared):
    portfolio = read(shared / "data" / "us_it_dashboard_projects.csv", US)
    facts = portfolio.facts
    assert facts.n == 2450
    assert {p.code for p in portfolio.problems} == {"very_large"}  # some cost more than 10 亿
    assert len(set(facts.ids)) == 2450
    assert len(set(portfolio.kept["investment_id"])) == 599
    assert portfolio.kept["investment"].shape == (2450,)
    as_if, notice = portfolio.notices
    assert "只是假定它们适用来提问" in as_if
    assert notice == (
        "us_it_dashboard_projects.csv · 工作表「项目」有 9 列映射没有提到，没有读取：start、completion_b1、"
        "completion_planned_b2、completion_projected_actual_b2、lifecycle_cost_musd、cost_variance_musd、"
        "cost_variance_pct、schedule_variance_days、updated"
    )


def test_the_us_amounts_differ_as_exact_arithmetic_says(shared):
    facts = read(shared / "data" / "us_it_dashboard_projects.csv", US).facts
    planned, actual = facts.approved_total.values, facts.revised_total.values
    changed = np.zeros(facts.n, bool)
    changed[facts.adjustments.parent] = True
    assert (~changed).sum() == 1247
    assert facts.adjustments.n == changed.sum() == 1203
    assert np.array_equal(facts.adjustments.amount.values, (actual - planned)[changed])
    assert {facts.adjustments.on.at(i) for i in range(1203)} == {"2024-06-30"}
    assert (actual > planned).sum() == 462
    assert ((planned - actual) * 100 > planned * 15).sum() == 258
    assert (changed & (actual <= planned) & ((planned - actual) * 100 <= planned * 15)).sum() == 483
    assert ((actual - planned) * 10 > planned).sum() == 180
    assert ((actual - planned) * 100 > planned * 15).sum() == 151


def test_the_us_row_that_floating_point_gets_wrong(shared):
    facts = read(shared / "data" / "us_it_dashboard_projects.csv", US).facts
    fen = np.stack([facts.approved_total.values, facts.revised_total.values])
    planned, actual = fen / 1e8  # million dollars, as a spreadsheet would hold them
    exact = (fen[1] - fen[0]) * 10 > fen[0]
    assert (actual - planned > 0.1 * planned).sum() == 181
    (row,) = np.flatnonzero((actual - planned > 0.1 * planned) & ~exact)
    assert (fen[1, row] - fen[0, row]) * 10 == fen[0, row]  # exactly 10%


FOREIGN = {
    "立项台账": [
        ["2026 年立项"],
        ["部门代码", "序", "名称", "立项资金(万元)", "变更后", "变更文号", "密级", "负责人"],
        ["01", 1, "甲", 100, 90, "文1", "否", "王"],
        ["01", 2, "乙", 200, 200, None, "是", "李"],
        ["02", 1, "丙", 300, None, None, None, "赵"],
        ["合计", None, None, 600, None, None, None, None],
    ]
}
MAP = {
    "立项台账": {
        "unit": "万元",
        "id": ["部门代码", "序"],
        "columns": {
            "名称": "name",
            "立项资金(万元)": "approved_total",
            "变更后": "调整后总投资",
            "密级": ["项目", "classified"],
            "变更文号": ["priorities", "directive"],
        },
        "fixed": {"level": "市级", "adjustments_complete": "是"},
        "derive": {
            "adjustments": {
                "amount": "revised_total - approved_total",
                "when": "nonzero",
                "on": date(2024, 6, 30),
            }
        },
        "keep": ["负责人"],
    }
}


def test_a_workbook_with_other_names(book):
    portfolio = read(book(FOREIGN), MAP)
    facts = portfolio.facts
    assert facts.ids.tolist() == ["01-1", "01-2", "02-1"]
    assert facts.approved_total.values.tolist() == [100_000_000, 200_000_000, 300_000_000]
    assert [facts.classified.at(i) for i in range(3)] == [False, True, None]
    assert facts.level.at(2) == "市级"
    assert facts.priorities.n == 1
    assert facts.priorities.directive.at(0) == "文1"
    assert portfolio.kept["负责人"].tolist() == ["王", "李", "赵"]


def test_an_adjustment_whose_amount_cannot_be_told_is_open_not_absent(book):
    adjustments = read(book(FOREIGN), MAP).facts.adjustments
    assert adjustments.parent.tolist() == [0, 2]
    assert [adjustments.amount.at(i) for i in (0, 1)] == [-10_000_000, None]


def test_a_mapping_file_is_yaml_and_on_means_on(book, tmp_path):
    path = tmp_path / "m.yaml"
    path.write_text(
        "项目:\n  id: [编号]\n  unit: 元\n  columns: {钱: approved_total, 日: approved_on}\n"
        "  derive:\n    adjustments: {amount: revised_total - approved_total, when: nonzero, on: 2024-06-30}\n",
        encoding="utf-8",
    )
    facts = read(book({"项目": [["编号", "钱", "日"], ["A", 1, "2024.1.1"]]}), path).facts
    assert facts.approved_on.at(0) == "2024-01-01"
    assert facts.adjustments.on.at(0) == "2024-06-30"


def test_a_foreign_cell_is_judged_as_strictly_as_ours(book):
    rows = {"立项台账": [["部门代码", "序", "立项资金(万元)"], ["01", 1, "约100"]]}
    mapping = {
        "立项台账": {
            "unit": "万元",
            "id": ["部门代码", "序"],
            "columns": {"立项资金(万元)": "approved_total"},
        }
    }
    (line,) = refused(book(rows), mapping)
    assert line == (
        "台账.xlsx · 工作表「立项台账」第 2 行「立项资金(万元)」：读到“约100”，不是能读懂的金额："
        "请只写数字，如 1234.56；没有写 0，不知道请留空"
    )


def test_sheets_that_the_mapping_leaves_out_are_named(book):
    path = book({**FOREIGN, "附件": [["x"]]})
    assert (
        messages(path, MAP, "warning")[-1]
        == "台账.xlsx · 工作表「附件」：映射文件没有提到这张工作表，没有读取"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"units": "元"},
            "立项台账：不认识的键“units”，可用的键：unit、columns、fixed、id、derive、keep、note",
        ),
        ({"unit": "亿元"}, "立项台账.unit：读到“亿元”，应是 元、万元、百万元 之一"),
        ({"columns": {"名称": "nam"}}, "立项台账.columns.名称：工作表「项目」没有字段“nam”，见 zwxm schema"),
        ({"columns": {"名称": ["x", "name"]}}, "立项台账.columns.名称：没有工作表“x”，见 zwxm schema"),
        ({"columns": {"名称": ["a", "b", "c"]}}, "立项台账.columns.名称：应是我方字段名，或 [工作表, 字段]"),
        ({"columns": {"名称": "name", "序": "name"}}, "立项台账.columns：projects.name 指定了两次"),
        ({"columns": ["名称"]}, "立项台账.columns：应是“名称: 值”的形式"),
        ({"id": "部门代码"}, "立项台账.id：应是列名的清单，如 [列名]"),
        (
            {"fixed": {"nothing": 1}},
            "立项台账.fixed.nothing：工作表「项目」没有字段“nothing”，见 zwxm schema",
        ),
        (
            {"derive": {"costs": {}}},
            "立项台账.derive：只能是 adjustments: {amount: 字段 - 字段, when: nonzero, on: 日期}",
        ),
        (
            {"derive": {"adjustments": {"amount": "__import__('os')"}}},
            "立项台账.derive.adjustments.amount：读到“__import__('os')”，应是项目表两个金额字段之差，如 revised_total - approved_total",
        ),
        (
            {"derive": {"adjustments": {"amount": "revised_total - approved_total", "when": "always"}}},
            "立项台账.derive.adjustments.when：只能是 nonzero",
        ),
        (
            {"derive": {"adjustments": {"amount": "revised_total - approved_total", "on": "2024年"}}},
            "立项台账.derive.adjustments.on：读到“2024年”，应是日期，如 2024-06-30",
        ),
    ],
)
def test_a_mapping_that_cannot_be_meant(change, message):
    with pytest.raises(InputError) as caught:
        load_mapping({"立项台账": change})
    assert str(caught.value) == f"映射文件 映射：{message}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keep": ["电话"]}, "立项台账：台账.xlsx 里没有列“电话”，请核对列名"),
        ({"unit": "元"}, "立项台账：列“立项资金(万元)”写着（万元），而 unit 是 元：请改成一致"),
        ({"unit": None}, "立项台账：金额列“变更后”没有单位，请写 unit: 元、万元或百万元"),
        (
            {"fixed": {"level": "省级"}},
            "立项台账.fixed.level：读到“省级”，应是 市级、县级 之一，不知道请留空",
        ),
        ({"fixed": {"name": "x"}}, "立项台账.fixed.name：columns 里已有这一列，请只留一处"),
    ],
)
def test_a_mapping_that_does_not_fit_the_file(book, change, message):
    mapping = {"立项台账": {**MAP["立项台账"], **change}}
    assert f"映射文件 映射：{message}" in refused(book(FOREIGN), mapping)


def test_a_mapping_for_another_file(book):
    assert (
        refused(book({"别的": [["x"], ["y"]]}), MAP)[0]
        == "映射文件 映射：台账.xlsx 里没有工作表“立项台账”，有：别的"
    )


@pytest.mark.parametrize("text", ["a: [", "- 1", "!!python/object/apply:os.system ['id']", "", "项目: 1"])
def test_a_mapping_file_that_is_no_mapping(tmp_path, text):
    path = tmp_path / "m.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"映射文件 m\.yaml："):
        load_mapping(path)


def test_a_mapping_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="找不到文件"):
        load_mapping(tmp_path / "m.yaml")
