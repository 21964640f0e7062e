"""Models that cannot be: each gets one clear message that says what was read, where, and how to mend it."""

import openpyxl
import pytest
import yaml

from zwxm_core.assumptions import SHIPPED
from zwxm_core.cli import main

CITY = {
    "项目编号": "P1",
    "项目名称": "甲",
    "层级": "市级",
    "涉密": "否",
    "产生方式": "购买服务",
    "项目类型": "服务",
}
EIGHT = {"使用期限（年）": 8, "维保年数": 2}
SHORT = {**EIGHT, "自建建设费（万元）": 100, "自建年运维费（万元）": 10, "年服务费（万元）": 20}
FEES = [("购买服务", "服务费", year, 1000) for year in range(1, 9)]
BUILD = [("自行建设", "软件开发费", 0, 90000), *(("自行建设", "运维费", year, 9000) for year in range(3, 9))]


@pytest.fixture
def book(tmp_path):
    def write(project, costs=()):
        out = openpyxl.Workbook()
        sheet = out.active
        sheet.title = "项目"
        for row in (list({**CITY, **project}), list({**CITY, **project}.values())):
            sheet.append(row)
        if costs:
            lines = out.create_sheet("费用")
            lines.append(["项目编号", "方式", "费用项", "年次", "申报金额（元）"])
            for line in costs:
                lines.append(["P1", *line])
        path = tmp_path / "项目.xlsx"
        out.save(path)
        return path

    return write


def told(capsys, *arguments):
    try:
        code = main([str(one) for one in arguments])
    except SystemExit as stop:
        code = stop.code
    shown = capsys.readouterr()
    return code, shown.out + shown.err


def test_a_negative_life_is_refused_with_its_cell(book, capsys):
    code, text = told(capsys, "compare", book({**SHORT, "使用期限（年）": -3}))
    assert code == 65
    assert "工作表「项目」第 2 行「使用期限（年）」：读到“-3”，不能是负数" in text


def test_a_life_of_zero_is_unknown_and_said(book, capsys):
    path = book({**SHORT, "使用期限（年）": 0})
    assert "读到“0”，不应为 0，按未知处理" in told(capsys, "check", path)[1]
    code, text = told(capsys, "compare", path)
    assert code == 0
    assert "两项总额未全部提供：缺 使用期限（年）" in text


def test_a_line_without_a_year_is_named_with_its_row(book, capsys):
    code, text = told(capsys, "compare", book(EIGHT, [*FEES, *BUILD, ("自行建设", "监理费", None, 5000)]))
    assert code == 0
    assert "提示：费用表第 17 行（自行建设·监理费）没有填年次，这一笔无法计入；补齐以后才有总额" in text


def test_a_line_without_an_amount_is_named_with_its_row(book, capsys):
    text = told(capsys, "compare", book(EIGHT, [*FEES, *BUILD, ("自行建设", "监理费", 0, None)]))[1]
    assert "提示：费用表第 17 行（自行建设·监理费）没有填申报金额和审定金额，这一笔无法计入" in text


def test_services_priced_for_three_years_against_a_build_of_eight(book, capsys):
    code, text = told(capsys, "compare", book(EIGHT, [*FEES[:3], *BUILD]))
    assert code == 0
    assert "提示：使用期限 8 年，购买服务的费用表缺第 4–8 年的服务费，总额只有下限" in text
    assert "节约率 " not in text.replace("节约率下限", "")


def test_a_life_longer_than_the_flows_of_the_build(book, capsys):
    text = told(capsys, "compare", book(EIGHT, [*FEES, *BUILD[:4]]))[1]
    assert "提示：使用期限 8 年，自行建设的费用表缺第 6–8 年的运维费，总额只有下限" in text


@pytest.mark.parametrize("rate", ["-100%", "-1", "-2", "六", "150%"])
def test_a_rate_that_cannot_be_is_refused_with_what_was_read(book, capsys, rate):
    code, text = told(capsys, "compare", book(SHORT), f"--rate={rate}")
    assert code == 2
    assert f"参数 --rate：读到 {rate!r}，应为 0 到 1 之间的比例" in text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1.5, "相关系数应在 -1 到 1 之间"),
        ("高", "读到 '高'，应为数"),
    ],
)
def test_a_correlation_that_cannot_be_is_refused_with_its_file(book, tmp_path, capsys, value, message):
    read = yaml.safe_load(SHIPPED.read_text("utf-8"))
    read["correlations"][0]["value"] = value
    own = tmp_path / "本地假设.yaml"
    own.write_text(yaml.safe_dump(read, allow_unicode=True), "utf-8")
    code, text = told(capsys, "compare", book(SHORT), "--assumptions", own, "--draws", "100")
    assert code == 65
    assert "本地假设.yaml" in text
    assert message in text


def test_correlations_that_contradict_each_other_are_refused(book, tmp_path, capsys):
    read = yaml.safe_load(SHIPPED.read_text("utf-8"))
    one, two, three = list(read["distributions"])[:3]
    read["correlations"] = [
        {"between": pair, "value": value, "source": "假设"}
        for pair, value in (([one, two], 0.9), ([two, three], 0.9), ([one, three], -0.9))
    ]
    own = tmp_path / "own.yaml"
    own.write_text(yaml.safe_dump(read, allow_unicode=True), "utf-8")
    code, text = told(capsys, "compare", book(SHORT), "--assumptions", own)
    assert code == 65
    assert "相关矩阵不是半正定" in text
    assert "请改小其中一个" in text


def test_a_scenario_below_minus_one_hundred_percent_is_refused(book, tmp_path, capsys):
    read = yaml.safe_load(SHIPPED.read_text("utf-8"))
    read["scenarios"]["续约涨价"]["settings"] = {"购买服务·服务费年增长": -1}
    own = tmp_path / "own.yaml"
    own.write_text(yaml.safe_dump(read, allow_unicode=True), "utf-8")
    code, text = told(capsys, "compare", book(SHORT), "--assumptions", own)
    assert code == 65
    assert "scenarios 的 续约涨价" in text
    assert "应大于 -100%" in text


@pytest.mark.parametrize("name", ["未来情景", "购买服务·服务费年增涨"])
def test_a_scenario_of_a_driver_that_no_model_has_is_refused(book, tmp_path, capsys, name):
    read = yaml.safe_load(SHIPPED.read_text("utf-8"))
    read["scenarios"]["续约涨价"]["settings"] = {name: 1.2}
    own = tmp_path / "own.yaml"
    own.write_text(yaml.safe_dump(read, allow_unicode=True), "utf-8")
    code, text = told(capsys, "compare", book(SHORT), "--assumptions", own)
    assert code == 65
    assert f"“{name}”" in text
