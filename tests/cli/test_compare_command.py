"""zwxm compare: what flips the answer, how sure it is, and the workbook."""

import json

import openpyxl
import pytest

from zwxm_core.cli import main
from zwxm_core.portfolio import write_workbook

CITY = {"level": "市级", "classified": "否", "mode": "购买服务", "action": "服务"}
PLAN = {"service_life": 6, "warranty_years": 2, "build_cost": 819_160_00, "annual_om_cost": 81_916_00,
        "annual_service_fee": 163_500_13}  # fmt: skip


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "项目.xlsx"
    write_workbook(
        path, {"projects": [{"id": "P1", "name": "甲", **CITY, **PLAN}, {"id": "P2", "name": "乙", **CITY}]}
    )
    return path


def test_the_terminal_tells_what_flips_the_answer_and_how_sure_it_is(book, capsys):
    assert (
        main(
            ["compare", str(book), "--project", "P1", "--threshold", "10%", "--draws", "2000", "--seed", "9"]
        )
        == 0
    )
    told = capsys.readouterr().out
    assert "两种方式总额相等时：购买服务·服务费为计划的" in told
    assert "模拟 2,000 次（种子 9）：购买不贵于自建的概率" in told
    assert "达到下限的概率" in told


def test_json_carries_the_answers_and_null_where_a_total_is_not_known(book, capsys):
    assert main(["compare", str(book), "--json", "--timing", "mid_year"]) == 0
    one, other = json.loads(capsys.readouterr().out)["comparisons"]
    assert one["assumptions"]["timing"] == "mid_year"
    assert one["answers"]["switching_values"]
    assert one["risk"] is None
    assert other["answers"] is None


def test_the_workbook_is_written_beside_the_text_and_never_over_the_input(book, tmp_path, capsys):
    out = tmp_path / "底稿.xlsx"
    assert main(["compare", str(book), "--out", str(out)]) == 0
    assert openpyxl.load_workbook(out).sheetnames == ["汇总", "1_P1", "价税分离"]
    before = book.read_bytes()
    assert main(["compare", str(book), "--out", str(book)]) == 2
    assert "不能就是输入的工作簿" in capsys.readouterr().err
    assert book.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--draws", "x"], 2, "参数 --draws：读到 'x'，应为 0 到 10,000,000 之间的整数"),
        (["--draws", "10000001"], 2, "应为 0 到 10,000,000 之间的整数"),
        (["--seed", "-1"], 2, "参数 --seed：读到 '-1'"),
        (["--timing", "noon"], 2, "参数 --timing：读到 'noon'"),
        (["--assumptions", "none.yaml"], 65, "none.yaml：读不了"),
        (["--rate", "abc"], 2, "读到 'abc'，应为 0 到 1 之间的比例"),
    ],
)
def test_wrong_use_is_told_in_one_line(book, capsys, options, code, message):
    try:
        ended = main(["compare", str(book), *options])
    except SystemExit as stop:
        ended = stop.code
    assert ended == code
    assert message in capsys.readouterr().err
