"""What `start.py fuzz` found once, each as small as it gets, with the message it earns now."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from zwxm_core.assumptions import SHIPPED, AssumptionError, load_assumptions
from zwxm_core.portfolio import check
from zwxm_core.portfolio.mapping import load_mapping
from zwxm_core.portfolio.problems import InputError
from zwxm_core.reporting.ledger import NAME, open_ledger
from zwxm_core.resources import collection
from zwxm_core.rulesets import RulesetError, load_ruleset
from zwxm_core.rulesets.checking import parse_value

from .books import Sheet, Style, Xml, write
from .conftest import told

HERE = "台账.xlsx · 工作表「项目」第 2 行「项目名称」：读到"
AGAIN = "请用 Excel 或 WPS 打开后保存，再试"


@pytest.mark.parametrize(
    ("cell", "style", "message"),
    [
        (Xml("e", "<v>#N/A</v>"), Style(places=False), f"{HERE}“#N/A”，单元格是错误值 #N/A：请改正公式，不知道请留空"),
        (Xml("", "<f>1+1</f>"), Style(places=False), f"{HERE}“=1+1”，公式没有算过：{AGAIN}"),
        (Xml("", "<f>1+1</f>\n<v>\n</v>"), Style(), f"{HERE}“=1+1”，公式没有算过：{AGAIN}"),
        (Xml("", "<v>5</v><f>2+3</f>"), Style(), f"{HERE}“5”，单元格的内容放错了地方：{AGAIN}"),
        (Xml("inlineStr", "<v>5</v>"), Style(), f"{HERE}“5”，单元格的内容放错了地方：{AGAIN}"),
        (Xml("e", "<v>#SPILL!</v>"), Style(), "台账.xlsx：工作表「项目」有不认识的错误值 #SPILL!，请改正公式：请用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”后再试"),
        (Xml("n", "<v>五</v>"), Style(), "台账.xlsx：工作表「项目」有不合格式、读不出来的单元格：请用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”后再试"),
    ],
)  # fmt: skip
def test_a_cell_that_the_quick_reader_takes_for_blank_is_told(tmp_path, cell, style, message):
    path = write(
        tmp_path / "台账.xlsx", [Sheet("项目", {1: ["项目编号", "项目名称"], 2: ["A", cell]})], style
    )
    assert [str(p) for p in check(path).problems] == [message]


def test_a_marked_copy_of_a_file_that_cannot_be_opened_is_declined(tmp_path):
    ended = told("check", collection("data/samples/bad/truncated.xlsx"), "--marked", tmp_path / "标.xlsx")
    assert ended.code == 65
    assert "工作簿打不开，没有可标注的副本" in ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["template", "/proc/x.xlsx"], 1, "文件不能读写：/proc/x.xlsx（目录或文件已不在）"),
        (["demo", "--jobs", "0"], 2, "参数 --jobs：读到 '0'，应为 1 到 1000 之间的整数"),
        (["schema", "--json=1"], 2, "参数 --json：不带值，读到 '1'"),
        (["nope"], 2, "参数 命令：读到 'nope'"),
        (["explain", "29.1", "--ruleset", "长" * 300], 65, "没有这个规则集"),
    ],
)
def test_a_command_that_cannot_be_done_says_so_in_chinese(arguments, code, message):
    ended = told(*arguments)
    assert ended.code == code
    assert message in ended.err


@pytest.mark.parametrize("value", ["1e999999999", "1e-999999999", "0e999999999", "nan", "inf"])
@pytest.mark.parametrize("unit", ["比例", "万元"])
def test_a_number_without_end_is_refused_at_once(value, unit):
    with pytest.raises(ValueError, match="的值读到"):
        parse_value(value, unit)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("value: 3.5%", "value: .inf", "rates 的 1：读到 inf，应为数，如 0.05 或 5%"),
        ("value: 3.5%", "value: 2022-13-01", "写有不存在的日期（如 13 月、32 日）或过长的数，请检查"),
        ("value: 3.5%", "value: &x [*x]", "写有引用自身的锚点"),
    ],
)
def test_assumptions_that_are_none_are_refused_with_their_place(tmp_path, old, new, message):
    text = SHIPPED.read_text("utf-8")
    assert old in text
    path = tmp_path / "假设.yaml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(AssumptionError, match=r"假设\.yaml") as caught:
        load_assumptions(path)
    assert message in str(caught.value)


def test_a_rule_set_names_its_own_file_where_its_base_is_nowhere(tmp_path):
    path = tmp_path / "规则.yaml"
    path.write_text("id: a\nbase: 500\n", "utf-8")
    with pytest.raises(RulesetError, match=r"规则\.yaml：第 2 行：base 读到 500：没有这个规则集"):
        load_ruleset(path)


@pytest.mark.parametrize("value", ["[]", "{a: 1}", "!!timestamp x"])
def test_a_mapping_that_fixes_no_single_value_is_refused(tmp_path, value):
    path = tmp_path / "映射.yaml"
    path.write_text(f"项目:\n  columns: {{a: id}}\n  fixed: {{level: {value}}}\n", "utf-8")
    with pytest.raises(InputError, match=r"映射文件 映射\.yaml："):
        load_mapping(path)


@pytest.mark.parametrize("row", [None, 1, {}, {"event": "file"}, {"event": "failed"}])
def test_a_ledger_line_of_another_form_is_damage(tmp_path, row):
    text = json.dumps(row)
    line = f"{hashlib.sha256(text.encode()).hexdigest()[:12]} {text}\n"
    Path(tmp_path, NAME).write_text(line * 2, "utf-8")
    with open_ledger(tmp_path) as ledger:
        assert ledger.damaged == [1, 2]
