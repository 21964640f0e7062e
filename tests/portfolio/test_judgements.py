"""A judgement counts with 认定人, 依据 and 日期, and not otherwise."""

from __future__ import annotations

import pytest

from tests.portfolio.conftest import messages, refused
from zwxm_core.facts import Evidence
from zwxm_core.portfolio import read, schema

HEAD = ["表", "项目编号", "项目单位", "行键（序号、条款或年度）", "字段", "结论", "认定人", "依据", "日期"]
FULL = ["市数字经济局", "乐数〔2026〕1号", "2026-01-05"]
HERE = "台账.xlsx · 工作表「认定」第 2 行"


@pytest.fixture
def judged(book):
    """judged(cell, *rows of 认定) -> workbook of project A whose 建设目标不变 is ``cell``."""

    def make(cell, *rows, **sheets):
        return book(
            {
                "项目": [["项目编号", "项目单位", "建设目标不变", "涉密"], ["A", "甲局", cell, "否"]],
                **sheets,
                "认定": [HEAD, *rows],
            }
        )

    return make


def goals(path):
    column = read(path).facts.goals_unchanged
    return column.at(0), bool(column.claimed[0]), column.evidence


def test_a_bare_value_is_claimed_but_unknown(judged):
    path = judged("是")
    assert goals(path) == (None, True, {})
    (line,) = messages(path)
    assert line == (
        "台账.xlsx · 工作表「项目」「建设目标不变」：第 2 行共 1 格已填，但工作表「认定」没有对应的一行，"
        "按待核处理：请在「认定」写明认定人、依据、日期"
    )


@pytest.mark.parametrize("sheet", ["项目", "projects"])
@pytest.mark.parametrize("name", ["建设目标不变", " 建设目标 不变", "goals_unchanged"])
@pytest.mark.parametrize("value", ["是", "否"])
def test_with_evidence_it_counts_whichever_way_it_says(judged, sheet, name, value):
    path = judged(value, [sheet, "a", None, None, name, value, *FULL])
    assert goals(path) == (value == "是", True, {0: Evidence(*FULL)})
    assert messages(path) == []


@pytest.mark.parametrize(("gap", "missing"), [(6, "认定人"), (7, "依据"), (8, "日期"), (5, "结论")])
def test_with_a_gap_in_the_evidence_it_stays_open(judged, gap, missing):
    row = ["项目", "A", None, None, "建设目标不变", "是", *FULL]
    row[gap] = None
    path = judged("是", row)
    assert goals(path) == (None, True, {})
    assert messages(path) == [f"{HERE}：「建设目标不变」的认定缺{missing}，按待核处理：请补全"]


def test_a_judgement_not_yet_made_is_none(judged):
    path = judged("是", ["项目", "A", None, None, "建设目标不变", "是", "局", "文", "未"])
    assert goals(path)[0] is None


def test_where_cell_and_judgement_differ_the_fact_is_unknown(judged):
    path = judged("否", ["项目", "A", None, None, "建设目标不变", "是", *FULL])
    assert goals(path) == (None, True, {})
    assert messages(path) == [
        f"{HERE}「结论」：读到“是”，与工作表「项目」第 2 行「建设目标不变」填的“否”不一致，按待核处理：请改成一致"
    ]


def test_two_judgements_that_differ_settle_nothing(judged):
    row = ["项目", "A", None, None, "建设目标不变"]
    path = judged(None, [*row, "是", *FULL], [*row, "否", *FULL])
    assert goals(path) == (None, False, {})
    assert messages(path) == [
        f"{HERE}「结论」：读到“是”，「建设目标不变」有互相矛盾的认定（第 2、3 行），按待核处理：请只留一个结论"
    ]


def test_an_empty_cell_takes_the_value_of_its_judgement(judged):
    path = judged(None, ["项目", "A", None, None, "建设目标不变", "是", *FULL])
    assert goals(path) == (True, True, {0: Evidence(*FULL)})


def test_even_where_the_sheet_lacks_the_column(book):
    path = book(
        {
            "项目": [["项目编号"], ["A"]],
            "认定": [HEAD, ["项目", "A", None, None, "工程严重逾期", "否", *FULL]],
        }
    )
    assert read(path).facts.severe_delay.at(0) is False


@pytest.mark.parametrize(
    ("sheet", "rows", "key", "field", "value"),
    [
        ("调整", [["项目编号", "序号", "事由"], ["A", 2, None], ["A", 1, None]], 1, "事由", "技术优化"),
        (
            "调整",
            [["项目编号", "序号", "事由"], ["A", 2, None], ["A", 1, None]],
            "序号 1",
            "事由",
            "技术优化",
        ),
        ("运维", [["项目编号", "用款年度"], ["A", 2026], ["A", 2027]], "2027 年度", "内容有新增", "否"),
        (
            "重点类型",
            [["项目编号", "条款", "属于"], ["A", "7.1.1", None], ["A", "7.1.2", "是"]],
            "7.1.2",
            "属于",
            "是",
        ),
        (
            "安全",
            [["项目编号", "认定日", "重大安全隐患"], ["A", "2025-01-01", None], ["A", "2026.1.1", None]],
            "2026年1月1日",
            "重大安全隐患",
            "是",
        ),
        ("共享", [["项目编号", "认定年度"], ["A", 2025], ["A", 2026]], 2026, "按要求共享", "否"),
        (
            "材料",
            [["项目编号", "条款", "材料项"], ["A", "43.1", "源代码"], ["A", "43.1", "技术文档/说明"]],
            "43.1/技术文档/说明",
            "合格",
            "是",
        ),
    ],
)
def test_the_row_key_picks_one_row_of_several(judged, sheet, rows, key, field, value):
    facts = read(judged(None, [sheet, "A", None, key, field, value, *FULL], **{sheet: rows})).facts
    name = schema.sheet_names()[schema.normal(sheet)]
    column = facts.tables[name].columns[schema.headers(name)[schema.normal(field)]]
    assert column.known.tolist() == [False, True]
    assert list(column.evidence) == [1]


def test_evidence_follows_its_row_when_rows_are_put_in_order(book):
    path = book(
        {
            "项目": [["项目编号"], ["A"], ["B"]],
            "调整": [["项目编号", "序号", "事由"], ["B", 1, "上级部署"], ["A", 1, "技术优化"]],
            "认定": [HEAD, ["调整", "B", None, 1, "事由", "上级部署", *FULL]],
        }
    )
    ground = read(path).facts.adjustments.ground
    assert [ground.at(i) for i in (0, 1)] == [None, "上级部署"]
    assert list(ground.evidence) == [1]


def test_the_unit_sheet_is_judged_by_unit(judged):
    rows = {"单位": [["项目单位", "数据归集完成"], ["甲局", "是"]]}
    path = judged(None, ["单位", None, "甲局", None, "数据归集完成", "是", *FULL], **rows)
    assert read(path).facts.units.data_collected.at(0) is True


ADJUSTMENTS = {"调整": [["项目编号", "序号"], ["A", 1], ["A", 2]]}


@pytest.mark.parametrize(
    ("row", "sheets", "message"),
    [
        ([None, "A", None, None, "建设目标不变"], {}, "「表」：没有写是哪张表：请填写，如 项目"),
        (
            ["台账", "A", None, None, "建设目标不变"],
            {},
            "「表」：读到“台账”，没有这张工作表：请填写工作表的名称，如 项目、调整",
        ),
        (["项目", "A", None, None, None], {}, "「字段」：没有写是哪一列：请填写列名，如 建设目标不变"),
        (
            ["项目", "A", None, None, "目标"],
            {},
            "「字段」：读到“目标”，工作表「项目」没有这一列：请照列名填写",
        ),
        (
            ["项目", "Z", None, None, "建设目标不变"],
            {},
            "「项目编号」：读到“Z”，项目表里没有这个编号：请核对编号，或在项目表补上该项目",
        ),
        (["项目", None, None, None, "建设目标不变"], {}, "「项目编号」：没有写项目编号：请填写"),
        (["单位", None, None, None, "数据归集完成"], {}, "「项目单位」：没有写项目单位：请填写"),
        (
            ["调整", "A", None, None, "事由"],
            {},
            "「项目编号」：读到“A”，在工作表「调整」没有对应的行：请核对，或先补上该行",
        ),
        (
            ["调整", "A", None, None, "事由"],
            ADJUSTMENTS,
            "「行键（序号、条款或年度）」：在工作表「调整」对应 2 行，分不清：行键请照该行的“序号”填写",
        ),
        (
            ["调整", "A", None, 3, "事由"],
            ADJUSTMENTS,
            "「行键（序号、条款或年度）」：读到“3”，在工作表「调整」找不到这一行：行键请照该行的“序号”填写",
        ),
    ],
)
def test_a_judgement_of_nothing_is_an_error(judged, row, sheets, message):
    assert refused(judged(None, [*row, None, *FULL], **sheets)) == [HERE + message]


def test_a_conclusion_that_the_field_does_not_know(judged):
    path = judged(None, ["项目", "A", None, None, "建设目标不变", "大概", *FULL])
    assert refused(path) == [f"{HERE}「结论」：读到“大概”，应是“是”或“否”，不知道请留空"]


def test_a_judgement_of_a_plain_fact_is_not_used(judged):
    path = judged(None, ["项目", "A", None, None, "涉密", "是", *FULL])
    assert read(path).facts.classified.at(0) is False
    assert messages(path) == [f"{HERE}「字段」：读到“涉密”，这一列不需要认定，本行没有使用：以该列所填为准"]
