"""Facts of one file that cannot all be right are pointed at, and nothing is decided."""

from __future__ import annotations

import pytest

from tests.portfolio.conftest import messages

HERE = "台账.xlsx · 工作表「项目」第 2 行"
BASE = ["项目编号", "批复总投资（万元）", "调整后总投资（万元）", "调整清单完整"]
LIST = ["项目编号", "序号", "日期", "资金调整数额（万元）", "模块间划转", "事先审批"]


def test_a_complete_list_of_adjustments_must_add_up(book):
    adjustments = [
        ["A", 1, "2024-01-01", 4, None, "否"],
        ["A", 2, "2024-02-01", 5, "否", "否"],
        ["A", 3, "2024-03-01", 9, "是", "否"],
    ]
    (line,) = messages(book({"项目": [BASE, ["A", 100, 110, "是"]], "调整": [LIST, *adjustments]}))
    assert line == (
        f"{HERE}「调整后总投资（万元）」：读到“110”，与批复总投资相差 10.00 万元，"
        "而调整清单写明完整、合计 9.00 万元：请核对调整表"
    )


@pytest.mark.parametrize(
    ("project", "adjustments"),
    [
        (["A", 100, 110, "是"], [["A", 1, None, 10, None, "否"]]),
        (["A", 100, 110, "否"], []),
        (["A", 100, 110, None], [["A", 1, None, 5, None, "否"]]),
        (["A", 100, None, "是"], [["A", 1, None, 5, None, "否"]]),
        (["A", 100, 110, "是"], [["A", 1, None, None, None, "否"]]),
        (["A", 100, 100, "是"], []),
    ],
)
def test_where_it_adds_up_or_cannot_be_told_nothing_is_said(book, project, adjustments):
    assert messages(book({"项目": [BASE, project], "调整": [LIST, *adjustments]})) == []


@pytest.mark.parametrize(("approved", "warned"), [("是", False), (None, False), ("否", True)])
def test_an_adjustment_approved_beforehand_is_within_the_approved_total(book, approved, warned):
    adjustments = [["A", 2, "2024-05-01", 10, None, "否"], ["A", 1, "2024-01-01", 70, None, approved]]
    lines = messages(book({"项目": [BASE, ["A", 100, 110, "是"]], "调整": [LIST, *adjustments]}))
    assert bool(lines) == warned


def test_a_complete_list_without_rows_denies_a_difference(book):
    (line,) = messages(book({"项目": [BASE, ["A", 100, 110, "是"]]}))
    assert "合计 0.00 万元" in line


def test_an_overrun_within_the_budget_is_none(book):
    rows = {
        "项目": [["项目编号", "批复概算（元）", "调整后概算（元）"], ["A", 100, 100]],
        "调整": [["项目编号", "序号", "因此超概算"], ["A", 1, "否"], ["A", 2, "是"]],
    }
    without_evidence, line = messages(book(rows))
    assert "没有对应的一行" in without_evidence
    assert line == (
        "台账.xlsx · 工作表「调整」第 3 行「因此超概算」：读到“是”，但该项目调整后概算（0.01 万元）"
        "没有超过批复概算（0.01 万元）：请核对"
    )


def test_cost_lines_and_short_form_must_agree(book):
    rows = {
        "项目": [
            ["项目编号", "自建建设费（元）", "自建年运维费（元）", "年服务费（元）", "维保年数"],
            ["A", 100, 10, 30, 1],
        ],
        "费用": [
            ["项目编号", "方式", "费用项", "年次", "申报金额（元）", "审定金额（元）"],
            ["A", "自行建设", "开发", 0, 70, 60],
            ["A", "自行建设", "硬件", 0, 40, None],
            ["A", "自行建设", "运维", 1, 0, None],
            ["A", "自行建设", "运维", 2, 12, None],
            ["A", "购买服务", "服务费", 1, 30, None],
            ["A", "购买服务", "服务费", 2, 31, None],
        ],
    }
    assert messages(book(rows)) == [
        f"{HERE}「年服务费（元）」：读到“30”，与工作表「费用」购买服务第 2 年的合计 0.0031 万元不一致，以费用表为准：请改成一致",
        f"{HERE}「自建年运维费（元）」：读到“10”，与工作表「费用」自行建设第 2 年的合计 0.0012 万元不一致，以费用表为准：请改成一致",
    ]


def test_a_short_form_must_agree_with_its_sheet_where_one_row_states_it(book):
    rows = {
        "项目": [["项目编号", "运维方案报送日"], ["A", "2025-01-01"], ["B", "2025-01-01"]],
        "运维": [
            ["项目编号", "用款年度", "运维方案报送日"],
            ["A", 2026, "2025-02-01"],
            ["B", 2025, "2024-02-01"],
            ["B", 2026, "2025-02-01"],
        ],
    }
    assert messages(book(rows)) == [
        f"{HERE}「运维方案报送日」：读到“2025-01-01”，与工作表「运维」第 2 行「运维方案报送日」的“2025-02-01”不一致：请改成一致"
    ]


def test_one_pool_has_one_total(book):
    rows = {
        "项目": [["项目编号"], ["A"]],
        "分摊权重": [
            ["项目编号", "分摊项", "分摊总额（元）", "承担方"],
            ["A", "建设费", 100, "甲县"],
            ["A", "建设费", 101, "乙县"],
        ],
    }
    (line,) = messages(book(rows))
    assert line.endswith("读到“101”，与同一分摊项前面各行的 0.01 万元不同：各行应相同，请核对")


def test_an_end_before_its_start(book):
    rows = {
        "项目": [
            ["项目编号", "建设开始日", "建设结束日"],
            ["A", "2025-03-01", "2025-02-01"],
            ["B", "2025-03-01", "未"],
        ]
    }
    assert messages(book(rows)) == [
        f"{HERE}「建设结束日」：读到“2025-02-01”，早于建设开始日（2025-03-01）：请核对"
    ]


def test_the_same_row_twice_is_pointed_at(book):
    rows = {
        "项目": [["项目编号"], ["A"]],
        "调整": [["项目编号", "序号"], ["A", 1], ["A", 1], ["A", None], ["A", None]],
    }
    assert messages(book(rows)) == [
        "台账.xlsx · 工作表「调整」第 3 行「序号」：读到“1”，第 2、3 行的序号相同，可能重复登记：请核对"
    ]
