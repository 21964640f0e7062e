"""Every kind of mistake, with the sentence it earns; all of a file at once; nothing of it is used."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.portfolio.conftest import SHEET1, refused, rewrite
from zwxm_core.portfolio import InputError, check, from_records, read, schema

HERE = "台账.xlsx · 工作表「项目」"
ONE_CELL = [
    ("批复日", "2022年6月", "读到“2022年6月”，只有年月，没有日：请写全，如 2022-06-25"),
    ("批复日", "22.6.25", "读到“22.6.25”，年份不足四位，可有多种读法：请写四位年份，如 2022-06-25"),
    ("批复日", "01/02/2022", "读到“01/02/2022”，分不清日和月：请按年-月-日写，如 2022-06-25"),
    ("批复日", "2023-02-29", "读到“2023-02-29”，日历上没有这一天：请核对"),
    ("批复日", "上半年", "读到“上半年”，应是日期，如 2022-06-25；没有发生写“未”，不知道请留空"),
    ("批复总投资（万元）", "500万", "读到“500万”，自带单位，与表头的（万元）冲突：请只写数字"),
    (
        "批复总投资（万元）",
        "约500",
        "读到“约500”，不是能读懂的金额：请只写数字，如 1234.56；没有写 0，不知道请留空",
    ),
    ("批复总投资（万元）", -5, "读到“-5”，此处金额不能是负数"),
    ("批复总投资（元）", 0.001, "读到“0.001”，折合 0.1 分，不是整数分：请核对，或四舍五入到分"),
    ("批复总投资（元）", 1e300, "读到“1e+300”，数值过大，超出可处理的范围：请核对"),
    ("涉密", "部分", "读到“部分”，应是“是”或“否”，不知道请留空"),
    ("产生方式", "自建", "读到“自建”，应是 自行建设、购买服务、其他 之一，不知道请留空"),
    ("使用期限（年）", 2.5, "读到“2.5”，应是整数"),
    ("潜在服务商数", "3家", "读到“3家”，应是数字，如 1234.56；不知道请留空"),
    (
        "项目编号",
        12345678901234567,
        "读到“1.234567890123457e+16”，是超过 15 位的数字，Excel 已丢失末尾几位：请把单元格设为文本格式后重新填写",
    ),
    (
        "项目编号",
        date(2024, 1, 1),
        "读到“2024-01-01”，编号已被 Excel 变成日期：请把该列设为文本格式后重新填写",
    ),
    ("项目编号", "A\n1", "读到“A 1”，编号含有换行或控制字符：请删除单元格内容后重新键入"),
    ("项目编号", "无", "读到“无”，不是项目编号：请填写编号"),
]


@pytest.mark.parametrize(("header", "cell", "message"), ONE_CELL)
def test_one_bad_cell(projects, header, cell, message):
    heads, row = (["项目编号", header], ["A", cell]) if header != "项目编号" else ([header], [cell])
    assert refused(projects(heads, row)) == [f"{HERE}第 2 行「{header}」：{message}"]


def test_all_mistakes_of_a_file_are_told_at_once_in_reading_order(book):
    path = book(
        {
            "项目": [
                ["项目编号", "批复日", "批复总投资（元）"],
                ["A", "2022年", "x"],
                ["a", None, 1],
                [None, date(2024, 1, 1), None],
            ],
            "调整": [["项目编号", "日期"], ["A", "6.25"], ["Z", None]],
        }
    )
    assert refused(path) == [
        f"{HERE}第 2 行「项目编号」：读到“A”，项目编号重复，出现在第 2、3 行（大小写、全角半角不同也算重复）：请改成各不相同",
        f"{HERE}第 2 行「批复总投资（元）」：读到“x”，不是能读懂的金额：请只写数字，如 1234.56；没有写 0，不知道请留空",
        f"{HERE}第 2 行「批复日」：读到“2022年”，只有年份：请写全，如 2022-06-25",
        f"{HERE}第 3 行「项目编号」：读到“a”，项目编号重复，出现在第 2、3 行（大小写、全角半角不同也算重复）：请改成各不相同",
        f"{HERE}第 4 行「项目编号」：项目编号是空的：请填写，或删去这一行",
        "台账.xlsx · 工作表「调整」第 2 行「日期」：读到“6.25”，应是日期，如 2022-06-25；没有发生写“未”，不知道请留空",
        "台账.xlsx · 工作表「调整」第 3 行「项目编号」：读到“Z”，项目表里没有这个编号：请核对编号，或在项目表补上该项目",
    ]


def test_three_spellings_of_one_number_are_one_duplicate(projects):
    lines = refused(projects(["项目编号"], ["A001"], ["a001"], ["Ａ００１"]))
    assert len(lines) == 3
    assert all("出现在第 2、3、4 行" in line for line in lines)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        (["项目名称", "涉密"], "：缺少“项目编号”列：请补上这一列，每个项目一个编号"),
        (["项目编号", "涉密", "涉 密"], "第 1 行「涉 密」：与“涉密”是同一列，重复了：请只留一列"),
        (
            ["项目编号", "批复总投资"],
            "第 1 行「批复总投资」：金额列没有写单位：请把列名写成“批复总投资（万元）”或“批复总投资（元）”",
        ),
        (
            ["项目编号", "批复总投资（亿元）"],
            "第 1 行「批复总投资（亿元）」：单位“亿元”不支持：请把列名写成“批复总投资（万元）”或“批复总投资（元）”",
        ),
        (["项目编号", None], "第 1 行：第 2 列没有列名：请补上列名，或删去该列"),
        (["编号", "名称"], "：前 10 行里找不到表头：表头应有“项目编号”等列名，可用 zwxm template 生成空表"),
    ],
)
def test_a_header_that_does_not_serve(projects, headers, message):
    lines = refused(projects(headers, ["1", "1", "1"][: len(headers)]))
    assert f"{HERE}{message}" in lines


def test_a_unit_line_above_the_header_is_no_unit(projects):
    lines = refused(projects(["单位：万元"], ["项目编号", "批复概算"], ["A", 1]))
    assert lines == [
        f"{HERE}第 2 行「批复概算」：金额列没有写单位：请把列名写成“批复概算（万元）”或“批复概算（元）”"
    ]


def test_a_book_without_projects(book):
    assert refused(book({"Sheet1": [["x"]]})) == [
        "台账.xlsx：没有读到工作表「项目」：请用 zwxm template 生成空表填写，或用 --map 指明各列"
    ]
    assert refused(book({"项目": [["项目编号"]]})) == [f"{HERE}：表头下面没有数据：请填写至少一个项目"]


def test_a_child_sheet_without_the_project_column(book):
    path = book({"项目": [["项目编号"], ["A"]], "调整": [["序号"], [1]]})
    assert "台账.xlsx · 工作表「调整」：缺少“项目编号”列：请补上这一列，写明每行属于哪个项目" in refused(path)


def test_two_rows_where_one_is_all_there_can_be(book):
    path = book(
        {
            "项目": [["项目编号"], ["A"]],
            "整合": [["项目编号", "孤立系统"], ["A", "否"], ["a", "是"]],
            "单位": [["项目单位", "项目清单完整"], ["甲局", "是"], ["甲局", "否"]],
        }
    )
    assert refused(path) == [
        "台账.xlsx · 工作表「整合」第 3 行「项目编号」：读到“a”，在本表出现多次（第 2、3 行），只能有一行：请合并",
        "台账.xlsx · 工作表「单位」第 3 行「项目单位」：读到“甲局”，在本表出现多次（第 2、3 行），只能有一行：请合并",
    ]


def test_a_formula_that_was_never_calculated_is_not_blank(projects):
    lines = refused(projects(["项目编号", "批复总投资（元）"], ["A", "公式:=1+1"], ["B", 3]))
    assert lines == [
        f"{HERE}第 2 行「批复总投资（元）」：读到“=1+1”，公式没有算过：请用 Excel 或 WPS 打开后保存，再试"
    ]


def test_a_formula_whose_result_is_empty_text_is_blank(projects):
    path = projects(["项目编号", "批复总投资（元）"], ["A", '公式:=IF(1,"")'])
    rewrite(path, SHEET1, b'<c r="B2"><f>IF(1,"")</f>', b'<c r="B2" t="str"><f>IF(1,"")</f>')
    assert read(path).facts.approved_total.at(0) is None


def test_a_bare_number_is_no_day_in_a_workbook_that_counts_from_1904(projects):
    path = projects(["项目编号", "批复日", "申报日"], ["A", 44000, 20220625])
    rewrite(path, "xl/workbook.xml", b"<workbookPr ", b'<workbookPr date1904="1" ')
    assert refused(path) == [
        f"{HERE}第 2 行「批复日」：读到“44000”，是数字而不是日期，本工作簿又从 1904 年起计日，分不清是哪天：请写成 2022-06-25 的样子"
    ]


@pytest.mark.parametrize("error", ["#N/A", "#DIV/0!", "#REF!"])
def test_an_error_value_is_not_blank(book, error):
    def write(made):
        made.get_worksheet_by_name("项目").write_formula(1, 1, "=1/0", None, error)

    lines = refused(book({"项目": [["项目编号", "批复总投资（元）"], ["A", None]]}, write))
    assert lines == [
        f"{HERE}第 2 行「批复总投资（元）」：读到“{error}”，单元格是错误值 {error}：请改正公式，不知道请留空"
    ]


def test_an_error_below_the_last_row_is_seen(book):
    def write(made):
        made.get_worksheet_by_name("项目").write_formula(5, 0, "=1/0", None, "#N/A")

    lines = refused(book({"项目": [["项目编号"], ["A"]]}, write))
    assert len(lines) == 1
    assert "第 6 行" in lines[0]


def test_a_csv_row_longer_than_the_header(csv_file):
    lines = refused(csv_file("项目编号,涉密\nA,否,,多了\n"))
    assert lines == [
        "台账.csv · 工作表「项目」第 2 行：比表头多出 1 格（“多了”等）：请核对是否多了分隔符或漏了列名"
    ]


CELLS = st.one_of(
    st.text(max_size=12),
    st.text("0123456789.,-+eE年月日/亿万千元％%是否未无 　", max_size=12),
    st.floats(),
    st.integers(-(10**20), 10**20),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.sampled_from(
        ["A", "B", "a", "Ａ", "#N/A", "=1+1", "市级", "2024-01-01", "500万", "二百五", "〇〇〇〇年一月一日"]
    ),
)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(list(schema.fields("projects"))), CELLS, max_size=6),
        min_size=1,
        max_size=4,
    ),
    st.lists(
        st.dictionaries(st.sampled_from(list(schema.fields("adjustments"))), CELLS, max_size=6), max_size=4
    ),
    st.lists(
        st.dictionaries(st.sampled_from(list(schema.fields("judgements"))), CELLS, max_size=8), max_size=3
    ),
)
def test_no_cell_whatever_brings_the_reader_down(projects, adjustments, judgements):
    rows = {"projects": projects, "adjustments": adjustments, "judgements": judgements}
    result = outcome(rows)
    if isinstance(result, InputError):
        assert all(p.message and p.severity in ("error", "warning") for p in result.problems)
        assert not any("\n" in str(p) for p in result.problems)
    else:
        assert result.n == len(projects)


def outcome(rows):
    try:
        return from_records(rows, unit="元")
    except InputError as error:
        return error


@given(
    st.lists(
        st.lists(st.text('项目编号批复总投资（万元）,"\t;AB1=\x00\u202e ', max_size=8), max_size=5),
        max_size=6,
    )
)
def test_no_csv_whatever_brings_the_reader_down(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("c") / "a.csv"
    path.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    assert isinstance(check(path).problems, list)
