"""A dirty but honest workbook is read as its author meant it, and the reader says what it did."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from tests.portfolio.conftest import SHEET1, messages, refused, rewrite
from zwxm_core.facts import Column
from zwxm_core.portfolio import check, read, schema

HEAD = ["项目编号", "项目名称", "批复总投资（万元）"]


def test_unknown_is_kept_apart_from_none(projects):
    path = projects(
        ["项目编号", "投入运行日", "验收日", "原项目编号", "验收组织方", "批复总投资（元）"],
        ["A", "未", None, "无", "无", None],
        ["B", date(2024, 5, 1), "", "A", None, 100],
    )
    facts = read(path).facts
    assert [facts.go_live.at(i) for i in (0, 1)] == ["未", "2024-05-01"]
    assert [facts.acceptance_on.at(i) for i in (0, 1)] == [None, None]
    assert [facts.projects.columns["parent"].at(i) for i in (0, 1)] == ["无", "A"]
    assert [facts.acceptance_by.at(i) for i in (0, 1)] == ["无", None]
    assert [facts.approved_total.at(i) for i in (0, 1)] == [None, 10_000]


def test_titles_above_the_header_blank_rows_and_totals_are_no_projects(projects):
    path = projects(
        ["乐山市 2026 年政务信息化项目台账"],
        ["填报单位：市大数据局"],
        ["项目编号", " 项目 名称", "批复总投资\n（万元）"],
        ["A", "甲", 1.5],
        [None, None, None],
        ["  ", "　", ""],
        ["B", "乙", 2.5],
        ["小计", None, 4],
        [None, "合 计：", 4],
    )
    portfolio = read(path)
    assert portfolio.facts.ids.tolist() == ["A", "B"]
    assert portfolio.facts.approved_total.values.tolist() == [1_500_000, 2_500_000]
    assert portfolio.facts.projects.row_numbers.tolist() == [4, 7]
    assert portfolio.notices == ["台账.xlsx · 工作表「项目」第 8、9 行是合计行，没有读取"]
    assert portfolio.problems == []


def test_a_project_may_be_called_like_a_total(projects):
    facts = read(projects(HEAD, ["A", "合计", 1], ["总计平台", "x", 1])).facts
    assert facts.ids.tolist() == ["A", "总计平台"]


def test_each_money_column_counts_in_its_own_unit(projects):
    heads = [
        "项目编号",
        "批复总投资（万元）",
        "批复概算（元）",
        "总投资（报批口径）（百万元）",
        "实际支出 (万元)",
    ]
    facts = read(projects(heads, ["A", 1.000001, 1.01, 0.00000001, "1,000"])).facts
    amounts = [facts.approved_total, facts.approved_budget, facts.total_investment, facts.spent]
    assert [c.at(0) for c in amounts] == [1_000_001, 101, 1, 1_000_000_000]


def test_a_computed_amount_is_rounded_to_the_fen_and_said(projects):
    path = projects(HEAD, ["A", "甲", 0.3], ["B", "乙", 0.4])
    rewrite(path, SHEET1, b"<v>0.3</v>", b"<v>0.30000000000000004</v>")  # as Excel stores 0.1+0.2
    portfolio = read(path)
    assert portfolio.facts.approved_total.values.tolist() == [300_000, 400_000]
    assert portfolio.notices == [
        "台账.xlsx · 工作表「项目」「批复总投资（万元）」有 1 格带公式计算留下的极小误差（首见第 2 行），已取整到分"
    ]


def test_children_stand_in_the_order_of_their_projects(book):
    path = book(
        {
            "项目": [["项目编号"], ["A"], ["B"]],
            "调整": [
                ["项目编号", "序号", "资金调整数额（元）"],
                ["ｂ", 1, -3],
                ["A", 1, 1],
                ["b ", 2, 5],
                ["a", 2, 2],
            ],
        }
    )
    table = read(path).facts.adjustments
    assert table.parent.tolist() == [0, 0, 1, 1]
    assert table.amount.values.tolist() == [100, 200, -300, 500]
    assert table.row_numbers.tolist() == [3, 5, 2, 4]
    assert table.project.values.tolist() == ["A", "A", "B", "B"]


def test_a_merged_project_number_holds_for_all_its_rows(book):
    def merge(made):
        made.get_worksheet_by_name("调整").merge_range(1, 0, 2, 0, "A")

    rows = {"项目": [["项目编号"], ["A"]], "调整": [["项目编号", "序号"], ["A", 1], [None, 2]]}
    portfolio = read(book(rows, merge))
    assert portfolio.facts.adjustments.seq.values.tolist() == [1, 2]
    assert portfolio.notices == [
        "台账.xlsx · 工作表「调整」第 2–3 行「项目编号」是合并单元格，各行都按“A”读取"
    ]


def test_hidden_sheets_are_left_out_and_hidden_rows_are_not(book):
    def hide(made):
        made.get_worksheet_by_name("调整").hide()
        made.get_worksheet_by_name("采购").very_hidden()
        made.get_worksheet_by_name("项目").set_row(2, None, None, {"hidden": True})

    rows = {
        "项目": [["项目编号"], ["A"], ["B"]],
        "调整": [["项目编号"], ["Z"]],
        "采购": [["项目编号"], ["Z"]],
    }
    path = book(rows, hide)
    portfolio = read(path)
    assert portfolio.facts.ids.tolist() == ["A", "B"]
    assert portfolio.facts.adjustments.n == 0
    assert portfolio.notices == [
        "台账.xlsx · 工作表「调整」是隐藏的，没有读取；需要的话请先取消隐藏",
        "台账.xlsx · 工作表「采购」是隐藏的，没有读取；需要的话请先取消隐藏",
    ]
    assert messages(path) == [
        "台账.xlsx · 工作表「项目」：有 1 行被隐藏或筛选掉（第 3 行），仍按数据读入；不需要请删除"
    ]


def test_columns_and_sheets_that_are_none_of_ours_are_named(book):
    rows = {
        "项目": [["项目编号", "批复总投资额（元）", "阶段", "备注"], ["A", 1, "在建", "x"]],
        "附表": [["x"]],
        "说明": [["y"]],
    }
    assert messages(book(rows), severity="warning") == [
        "台账.xlsx · 工作表「项目」第 1 行「批复总投资额（元）」：不认识这一列，没有读取，是否指“批复总投资”或“可研批复总投资”：请改列名，或不必理会",
        "台账.xlsx · 工作表「项目」第 1 行「阶段」：阶段由日期推出，不需填写，没有读取",
        "台账.xlsx · 工作表「项目」第 1 行「备注」：不认识这一列，没有读取：请改列名，或不必理会",
        "台账.xlsx · 工作表「附表」：不是本表格的工作表，没有读取：请核对工作表名称，或不必理会",
    ]


def test_a_total_of_zero_is_reported_and_unknown(projects):
    path = projects(HEAD, ["A", "甲", 0])
    assert read(path).facts.approved_total.at(0) is None
    assert messages(path) == [
        "台账.xlsx · 工作表「项目」第 2 行「批复总投资（万元）」：读到“0”，不应为 0，按未知处理：请填写实际数，不知道请留空"
    ]


def test_an_original_project_outside_the_file_is_known_but_warned_of(projects):
    path = projects(["项目编号", "原项目编号"], ["A", "2015-03"])
    assert read(path).facts.projects.columns["parent"].at(0) == "2015-03"
    (line,) = messages(path)
    assert line == (
        "台账.xlsx · 工作表「项目」第 2 行「原项目编号」：读到“2015-03”，项目表里没有这个编号，"
        "原项目的事实按未知处理：有条件请在项目表补上该项目"
    )


def test_every_sheet_and_field_is_there_and_costs_nothing_when_absent(projects):
    facts = read(projects(["项目编号"], ["A"], ["B"])).facts
    assert facts.tables.keys() == schema.sheets().keys()
    for name, table in facts.tables.items():
        assert table.columns.keys() == schema.fields(name).keys()
        for column in table.columns.values():
            assert isinstance(column, Column)
            assert len(column.values) == len(column.known) == table.n
            if (name, column.name) != ("projects", "id"):
                assert not column.known.any()
                assert column.values.nbytes == 0 or column.values.strides == (0,)
                assert not column.values.flags.writeable


def test_values_have_the_type_of_their_kind(book):
    path = book(
        {
            "项目": [
                ["项目编号", "涉密", "层级", "批复日", "批复总投资（元）", "使用期限（年）"],
                ["A", "否", "县级", 45000, 1, 5],
            ],
            "监控报告": [
                ["项目编号", "年度", "实施进度", "提交对象"],
                ["A", 2025, 0.355, "财政局、数字经济局"],
            ],
            "指标": [["项目编号", "指标名称", "目标值"], ["A", "满意度", "95.50"]],
        }
    )
    facts = read(path).facts
    kinds = {name: facts.projects.columns[name].values.dtype for name in schema.fields("projects")}
    assert [
        kinds[n] for n in ("classified", "level", "approved_on", "approved_total", "service_life", "name")
    ] == [
        np.bool_,
        np.int8,
        np.dtype("M8[D]"),
        np.int64,
        np.int64,
        np.dtype(object),
    ]
    assert facts.monitoring.progress_pct.values[0] == Decimal("0.355")
    assert facts.monitoring.submitted_to.values[0] == {"财政局", "数字经济局"}
    assert facts.indicators.target.at(0) == "95.50"
    assert facts.level.at(0) == "县级"


def test_narrative_and_signoff_come_as_rows(book):
    path = book(
        {
            "项目": [["项目编号"], ["A"]],
            "文字": [["项目编号", "报告种类", "章节", "正文"], ["a", "evaluation", "结论", "一\n二"]],
            "签署": [["项目编号", "负责人", "日期"], [None, "王工", "2026-01-05"]],
        }
    )
    portfolio = read(path)
    assert portfolio.narrative == [
        {"project": "A", "report": "evaluation", "section": "结论", "text": "一\n二"}
    ]
    assert portfolio.signoff == [{"responsible": "王工", "on": date(2026, 1, 5)}]


def test_hostile_names_are_text(projects):
    hostile = [
        '=HYPERLINK("http://x","y")',
        "=cmd|'/c calc'!A0",
        "{=1+1}",
        "<script>alert(1)</script>",
        "{{7*7}}",
    ]
    facts = read(projects(["项目编号", "项目名称"], *[[f"P{i}", h] for i, h in enumerate(hostile)])).facts
    assert facts.projects.columns["name"].values.tolist() == hostile


def test_data_may_start_anywhere(projects):
    facts = read(projects([], [None, None, "项目编号", "项目名称"], [None, None, "A", "甲"])).facts
    assert facts.ids.tolist() == ["A"]
    assert facts.projects.row_numbers.tolist() == [3]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_a_csv_is_the_sheet_of_projects_in_any_of_our_encodings(csv_file, encoding):
    text = '项目编号,项目名称,批复总投资（万元）\r\n00123,智慧停车,"1,234.50"\r\n,,\r\nNA,None,5\r\n'
    facts = read(csv_file(text, encoding)).facts
    assert facts.ids.tolist() == ["00123", "NA"]
    assert facts.projects.columns["name"].values.tolist() == ["智慧停车", "None"]
    assert facts.approved_total.values.tolist() == [1_234_500_000, 5_000_000]


def test_an_old_workbook_is_read_whatever_its_name_says(files, tmp_path):
    other = tmp_path / "其实是旧格式.xlsx"
    other.write_bytes((files / "old.xls").read_bytes())
    portfolio = read(other)
    facts = portfolio.facts
    assert facts.approved_total.values.tolist() == [995_000_001, 1_234_500_000]
    assert [facts.approved_on.at(i) for i in (0, 1)] == ["2024-03-01", "未"]
    assert [facts.classified.at(i) for i in (0, 1)] == [False, False]
    assert facts.adjustments.parent.tolist() == [1, 1]
    assert facts.adjustments.amount.values.tolist() == [-500, 725]
    assert portfolio.notices == [
        "其实是旧格式.xlsx · 工作表「采购」是隐藏的，没有读取；需要的话请先取消隐藏",
        "其实是旧格式.xlsx · 工作表「调整」第 2–3 行「项目编号」是合并单元格，各行都按“P002”读取",
    ]
    assert "第 3 行），仍按数据读入" in str(portfolio.problems[0])


def test_a_new_workbook_is_read_under_an_old_name(book):
    assert read(book({"项目": [["项目编号"], ["A"]]}, name="台账.xls")).facts.n == 1


def test_check_counts_rows_and_never_raises(book, tmp_path):
    rows = {"项目": [["项目编号"], ["A"], ["a"]], "调整": [["项目编号"], ["A"]]}
    result = check(book(rows)).as_dict()
    assert result["rows"] == {"projects": 2, "adjustments": 1}
    assert [p["code"] for p in result["problems"]] == ["duplicate_id", "duplicate_id"]
    assert set(result["problems"][0]) == {
        "sheet",
        "row",
        "field",
        "header",
        "value",
        "severity",
        "code",
        "message",
    }
    assert check(tmp_path / "没有.xlsx").rows == {}


def test_the_hash_is_that_of_the_file(book):
    import hashlib

    path = book({"项目": [["项目编号"], ["A"]]})
    assert read(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_header_may_have_another_name_that_the_dictionary_lists(projects):
    assert read(projects(["项目编码"], ["A"])).facts.ids.tolist() == ["A"]


def test_the_package_and_its_dictionary_load_nothing_heavy():
    code = (
        "import sys; from zwxm_core.portfolio import schema; schema.describe();"
        "print(sorted({'numpy','pandas','openpyxl','xlsxwriter','python_calamine','xlrd','cn2an'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "line",
    [
        ["填报人：张三"],
        ["填报人", "张三", "联系电话", "0833-2100000"],
        ["注：金额单位为万元"],
        [None, "审核人（签字）：", "李四", "日期：2026-11-24"],
        ["填报日期:2026年11月24日"],
    ],
)
def test_lines_below_the_table_are_no_projects_and_are_told(projects, line):
    read_ = read(
        projects(["项目编号", "项目名称", "项目单位", "层级"], ["A", "负责人履职系统", "甲", "市级"], line)
    )
    assert read_.facts.ids.tolist() == ["A"]
    (notice,) = read_.notices
    assert "第 3 行" in notice
    assert "是表尾说明，没有读取" in notice


def test_a_project_whose_name_begins_like_a_footer_stays(projects):
    facts = read(projects(["项目编号", "项目名称"], ["编制-1", "编制管理系统"], ["说明1", "甲"])).facts
    assert facts.ids.tolist() == ["编制-1", "说明1"]


def test_a_sentence_is_no_project_number(projects):
    (line,) = refused(projects(["项目编号"], ["A"], ["以上数据截至年底，仅供参考。"]))
    assert line.endswith("不像项目编号：请填写编号；若是表下的说明文字，请删去这一行")
