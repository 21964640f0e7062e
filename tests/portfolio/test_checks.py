"""Facts of one file that cannot all be right are pointed at, and nothing is decided."""

from __future__ import annotations

from datetime import date

import pytest

from tests.portfolio.conftest import messages, refused
from zwxm_core.portfolio import read

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


@pytest.mark.parametrize(
    ("clause", "item", "told"),
    [
        ("16.1.2", "等级保护案", "是否指“等级保护方案”"),
        ("16.1.1", "密码应用方案", "它列在条款 16.1.2（第十六条第（二）项），请核对条款"),
        ("16.1.3", "午餐菜单", "该条所列为 投资额度、运行维护经费、经费渠道"),
        ("第十六条第（二）项", "密码应用方案", "是否指“16.1.2”（第十六条第（二）项）"),
        ("99", "密码应用方案", "不是要求材料的条款，这一行没有条款会用到：可填 16.1.1、16.1.2、"),
    ],
)
def test_a_material_that_no_clause_asks_for_is_told_with_what_was_probably_meant(book, clause, item, told):
    rows = {"项目": [["项目编号"], ["A"]], "材料": [["项目编号", "条款", "材料项"], ["A", clause, item]]}
    (line,) = messages(book(rows))
    assert "工作表「材料」第 2 行" in line
    assert told in line


def test_every_checklist_that_a_rule_reads_can_be_filled_in(book):
    """The lists checked here are those the rules read: all filled in, no rule misses a material."""
    from zwxm_core.assessment import assess
    from zwxm_core.portfolio import from_records
    from zwxm_core.portfolio.checklists import LISTS
    from zwxm_core.rulesets import load_ruleset

    ruleset = load_ruleset()
    listed = [(c, i) for c, name in LISTS.items() for i in ruleset.parameters[name].values[-1][1]]
    rows = [["A", clause, item] for clause, item in listed]
    assert (
        messages(book({"项目": [["项目编号"], ["A"]], "材料": [["项目编号", "条款", "材料项"], *rows]})) == []
    )
    facts = from_records({
        "projects": [{"id": "A", "joint": True, "mode": "购买服务"}],
        "materials": [{"project": "A", "clause": c, "item": i, "provided": True} for c, i in listed],
    })  # fmt: skip
    result = assess(facts, ruleset, date(2026, 11, 24), None, True)
    assert not [f for f in result["findings"] for o in f["open_facts"] if o["sheet"] == "materials"]


PROJECTS = [
    "项目编号",
    "项目单位",
    "批复日",
    "备案登记日",
    "省投资平台已报批",
    "纳入系统目录",
    "纳入资产管理",
]
REGISTER = ["项目单位", "项目编号", "备案登记号", "备案登记日", "省投资平台项目代码", "更新日"]
SYSTEMS = ["项目单位", "系统名称", "项目编号", "纳入日", "更新日", "资产登记号"]


def test_a_tick_box_that_contradicts_a_register_is_an_error_naming_both_cells(book):
    rows = {
        "项目": [PROJECTS, ["A", "甲", None, "2025-01-02", "否", "否", "否"], ["B", "甲", None, "未", "是", "是", "是"]],
        "备案登记台账": [REGISTER, ["甲", "A", "1", "2025-01-03", "2501-1", None], ["甲", "B", "2", "2025-02-01", "无", None]],
        "系统目录": [SYSTEMS, ["甲", "门户", "A", "2025-03-01", None, "软1"], ["甲", "门户", "B", "未", None, "无"]],
    }  # fmt: skip
    assert refused(book(rows)) == [
        f"台账.xlsx · 工作表「项目」第 {row} 行「{header}」：读到“{read}”，与工作表「{sheet}」第 {row} 行「{field}」的“{cell}”"
        "矛盾：以台账、目录为凭据，请核对后改成一致"
        for row, header, read, sheet, field, cell in [
            (2, "备案登记日", "2025-01-02", "备案登记台账", "备案登记日", "2025-01-03"),
            (2, "省投资平台已报批", "否", "备案登记台账", "省投资平台项目代码", "2501-1"),
            (2, "纳入系统目录", "否", "系统目录", "纳入日", "2025-03-01"),
            (2, "纳入资产管理", "否", "系统目录", "资产登记号", "软1"),
            (3, "备案登记日", "未", "备案登记台账", "备案登记日", "2025-02-01"),
            (3, "省投资平台已报批", "是", "备案登记台账", "省投资平台项目代码", "无"),
            (3, "纳入系统目录", "是", "系统目录", "纳入日", "未"),
            (3, "纳入资产管理", "是", "系统目录", "资产登记号", "无"),
        ]
    ]


def test_the_registers_answer_what_the_project_sheet_leaves_empty(book):
    """A silent register denies nothing; an upgrade is answered by its original project's system."""
    rows = {
        "项目": [["项目编号", "项目单位", "原项目编号"], ["A", "甲", None], ["B", "甲", "A"], ["C", "乙", None]],
        "备案登记台账": [REGISTER, ["甲", "A", "1", "2025-01-03", "2501-1", None], ["甲", "B", "2", "未", "无", None]],
        "系统目录": [SYSTEMS, ["甲", "门户", "A", "2025-03-01", None, "软1"]],
    }  # fmt: skip
    facts = read(book(rows)).facts
    answers = [
        [column.at(i) for i in range(3)]
        for column in (facts.registered_on, facts.provincial_platform, facts.in_asset_register)
    ]
    assert answers == [["2025-01-03", "未", None], [True, False, None], [True, True, None]]


def test_a_claim_that_the_units_register_does_not_show_is_told_and_stays_unknown(book):
    rows = {
        "项目": [
            ["项目编号", "项目单位", "纳入系统目录"],
            ["A", "甲", "是"],
            ["B", "乙", "是"],
            ["C", "甲", "否"],
        ],
        "系统目录": [SYSTEMS, ["甲", "门户", "D", "2025-03-01", None, None]],
    }
    path = book(rows)
    assert messages(path) == [
        f"{HERE}「纳入系统目录」：读到“是”，但工作表「系统目录」列有该单位的其他项目，没有本项目，按未知处理：请补上这一行，或更正本格",
        "台账.xlsx · 工作表「系统目录」第 2 行「项目编号」：读到“D”，项目表里没有这个编号：请核对；确属本表以外的项目，可不必理会",
    ]
    assert [read(path).facts.in_system_catalogue.at(i) for i in range(3)] == [None, True, False]


def test_what_the_registers_say_that_cannot_be_right(book):
    rows = {
        "项目": [["项目编号", "项目单位", "批复日"], ["A", "甲", "2025-01-02"], ["B", "乙", None]],
        "备案登记台账": [
            REGISTER,
            ["甲", "A", "1", "2025-01-02", None, "2025-01-01"],
            ["甲", "A", "1", "2025-01-03", None, None],
        ],
        "系统目录": [
            SYSTEMS,
            ["甲", "门户", "A", "2025-03-01", "2025-02-28", None],
            ["乙", "门户", "A", "2025-03-01", None, None],
            ["乙", "台账", "B", None, None, None],
            ["乙", "台 账", "B", None, None, None],
        ],
        "信息资源目录": [
            ["项目编号", "信息资源名称", "共享属性", "不予或有条件依据", "敏感数据", "纳入全市公共数据目录"],
            ["A", "无", None, None, None, None],
            ["A", "名册", "不予共享", None, "是", "是"],
        ],
    }
    told = [line.removeprefix("台账.xlsx · 工作表") for line in messages(book(rows)) if "认定" not in line]
    assert told == [
        "「系统目录」第 2 行「更新日」：读到“2025-02-28”，早于纳入日（2025-03-01）：请核对",
        "「系统目录」第 3 行「项目单位」：读到“乙”，第 2、3 行是同一项目的同一系统，项目单位却不同：一个系统只有一个归口单位，请更正",
        "「系统目录」第 3 行「项目单位」：读到“乙”，与工作表「项目」第 2 行「项目单位」的“甲”不同：请核对归口单位",
        "「系统目录」第 5 行「系统名称」：读到“台 账”，第 4、5 行是同一系统，可能重复登记：请核对",
        "「信息资源目录」第 2 行「信息资源名称」：读到“无”，但第 3 行列有 A 的信息资源：请删去“无”这一行，或更正",
        "「信息资源目录」第 3 行「共享属性」：读到“不予共享”，没有写明不予或有条件共享的依据：请补填",
        "「信息资源目录」第 3 行「纳入全市公共数据目录」：读到“是”，但同一行写明是敏感数据，敏感数据不在纳入之列：请核对",
        "「备案登记台账」第 2 行「更新日」：读到“2025-01-01”，早于备案登记日（2025-01-02）：请核对",
        "「备案登记台账」第 3 行「项目编号」：读到“A”，第 2、3 行同一项目登记了多次：请核对后只留一行，或更正",
        "「备案登记台账」第 3 行「备案登记号」：读到“1”，第 2、3 行同一登记号用于多行：请核对后只留一行，或更正",
        "「备案登记台账」第 3 行「备案登记日」：读到“2025-01-03”，晚于该项目的批复日（2025-01-02）：请核对",
    ]


def test_days_on_the_line_are_in_order(book):
    rows = {
        "项目": [["项目编号", "批复日"], ["A", "2025-01-03"]],
        "备案登记台账": [REGISTER, [None, "A", None, "2025-01-03", None, "2025-01-03"]],
    }
    assert messages(book(rows)) == []


@pytest.mark.parametrize(
    ("resource", "provided", "other"),
    [("名册", "否", "名册"), ("无", "是", "无"), ("名册", "是", ""), ("无", "否", "")],
)
def test_the_material_and_the_catalogue_of_resources_must_agree(book, resource, provided, other):
    rows = {
        "项目": [["项目编号"], ["A"], ["B"]],
        "材料": [["项目编号", "条款", "材料项", "已提供"], ["A", "16.1.2", "信息资源目录", provided]],
        "信息资源目录": [["项目编号", "信息资源名称"], ["B", "名册"], ["A", resource]],
    }
    errors = messages(book(rows), severity="error")
    assert errors == [
        (
            f"台账.xlsx · 工作表「材料」第 2 行「已提供」：读到“{provided}”，与工作表「信息资源目录」第 3 行「信息资源名称」的“{other}”"
            "矛盾：以台账、目录为凭据，请核对后改成一致"
        )
    ] * bool(other)
