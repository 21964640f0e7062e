"""The registration form read back: every field of 第十六条 with its article, nothing invented, text stays text."""

from __future__ import annotations

import zipfile
from datetime import date
from xml.etree import ElementTree as ET

import openpyxl
import pytest

from zwxm_core.cli import main
from zwxm_core.portfolio import read, write_workbook
from zwxm_core.reporting.registration import HEADERS, MISSING, ROW_TEXT, write_forms
from zwxm_core.rulesets import load_ruleset

from .test_tables import HOSTILE

RULESET = load_ruleset()
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
LONG = "任务" * ROW_TEXT
PROJECT = {
    "id": "A/1",
    "name": "甲系统",
    "unit": "市甲局",
    "mode": "自行建设",
    "total_investment": 499_999_999,
}


@pytest.fixture
def form(tmp_path):
    """form(project, **sheets) -> rows of the form's first sheet as read back, and the worksheet."""

    def make(project: dict, **sheets):
        path = write_workbook(tmp_path / "台账.xlsx", {"projects": [project], **sheets})
        out = write_forms(tmp_path / "表.xlsx", read(path), [0], RULESET)
        sheet = openpyxl.load_workbook(out).worksheets[0]
        rows = [tuple(cell.value for cell in row) for row in sheet.iter_rows(min_row=2)]
        return rows, sheet

    return make


def said(rows, item: str) -> list[tuple]:
    return [row[2:4] for row in rows if row[1] == item]


def test_an_empty_project_has_every_field_of_article_16_with_its_article_and_nothing_else(form):
    rows, sheet = form({"id": "A"})
    assert rows[0] == HEADERS
    asked = {c: RULESET.parameters[n].values[-1][1] for c, n in
             {"16.1.1": "basics_items", "16.1.2": "technical_items", "16.1.3": "funding_items"}.items()}  # fmt: skip
    expected = [(RULESET.clauses[c].cite, item, MISSING) for c, items in asked.items() for item in items]
    assert [row[:3] for row in rows if row[0] and row[0].startswith("第十六条")] == expected
    filled = [row for row in rows[1:] if row[2] not in (None, MISSING)]
    assert [row[1:3] for row in filled] == [("项目编号", "A")]
    assert sheet.title == "A"


def test_amounts_are_exact_numbers_and_the_other_mode_is_left_out(form):
    costs = [
        {"project": "A/1", "mode": "自行建设", "item": "开发费", "year": 0, "claimed": 499_999_999, "assessed": 7,
         "fund_source": "市级财政资金"},
        {"project": "A/1", "mode": "自行建设", "item": "运维费", "year": 2, "claimed": 1_000_001},
        {"project": "A/1", "mode": "自行建设", "item": "测评费", "year": 0},
        {"project": "A/1", "mode": "购买服务", "item": "服务费", "year": 1, "claimed": 99},
    ]  # fmt: skip
    rows, sheet = form({**PROJECT, "annual_service_fee": 99, "annual_om_cost": 0}, costs=costs)
    assert said(rows, "投资额度") == [
        ("测评费 申报金额未提供", None),
        ("总投资（报批口径）", 499.999999),
        ("开发费（审定 0.000007 万元）", 499.999999),
    ]
    assert said(rows, "运行维护经费") == [("自建年运维费", 0), ("运维费 第 2 年", 1.000001)]
    assert said(rows, "经费渠道") == [
        ("投资：市级财政资金", 499.999999),
        ("运行维护：经费渠道未提供", 1.000001),
    ]
    assert sheet.title == "A_1"


def test_a_material_is_named_beside_its_field_and_a_missing_one_is_said(form):
    materials = [
        {"project": "A/1", "clause": "16.1.2", "item": "密码应用方案", "provided": True, "reference": "甲〔2026〕1号",
         "on": "2026-03-01"},
        {"project": "A/1", "clause": "16.1.2", "item": "等级保护方案", "provided": False},
        {"project": "A/1", "clause": "16.1.2", "item": "政务云需求方案", "provided": True},
    ]  # fmt: skip
    rows, _ = form(PROJECT, materials=materials)
    told = {row[1]: (row[2], row[4]) for row in rows}
    assert told["密码应用方案"] == ("见材料", "甲〔2026〕1号，2026-03-01")
    assert told["等级保护方案"] == (MISSING, "缺")
    assert told["政务云需求方案"] == ("见材料", "已提供")
    assert told["应用系统实施方案"] == (MISSING, None)


def test_texts_registers_and_goals_fill_their_fields(form):
    rows, _ = form(
        PROJECT,
        narrative=[
            {"project": "A/1", "report": "evaluation", "section": "必要性", "text": "三库并一库。"},
            {"project": "A/1", "report": "evaluation", "section": "主要任务", "text": "汇聚水情。"},
            {"project": "A/1", "report": "evaluation", "section": "实施方式", "text": "已有团队。"},
        ],
        indicators=[{"project": "A/1", "indicator": "可用率", "target": "99.9", "unit": "%"}],
        registrations=[{"unit": "市甲局", "project": "A/1", "registration_no": "007", "registered_on": "2026-01-02"}],
        systems=[{"unit": "市甲局", "system": "甲", "project": "A/1", "level_protection": "三级"}],
        resources=[
            {"project": "A/1", "resource": "水情", "share_kind": "无条件共享"},
            {"project": "A/1", "resource": "名册"},
        ],
    )  # fmt: skip
    told = {row[1]: row[2] for row in rows}
    assert (told["建设依据和必要性"], told["主要任务"]) == ("三库并一库。", "汇聚水情。")
    assert told["拟采用的实施方式及主要原因"] == "自行建设；主要原因：已有团队。"
    assert told["绩效目标"] == "可用率：目标值 99.9%"
    assert (told["备案登记号"], told["备案登记日"], told["等级保护方案"]) == ("007", "2026-01-02", "三级")
    assert told["信息资源目录"] == "共 2 项：水情（无条件共享）、名册（共享属性未提供）"


@pytest.mark.parametrize("text", [*HOSTILE, '=HYPERLINK("http://x","y")', "@SUM(1)", "+1", "-1", "\t=1"])
def test_hostile_cells_stay_text(form, text):
    rows, sheet = form({**PROJECT, "name": text, "unit": text}, narrative=[
        {"project": "A/1", "report": "evaluation", "section": "主要任务", "text": text}])  # fmt: skip
    assert all(cell.data_type != "f" and cell.hyperlink is None for row in sheet.iter_rows() for cell in row)
    assert said(rows, "主要任务")


def test_a_long_text_goes_on_in_the_next_row_and_none_of_it_is_lost(form):
    text = [{"project": "A/1", "report": "evaluation", "section": "主要任务", "text": LONG}]
    rows, sheet = form(PROJECT, narrative=text)
    pieces = [row[2] for row in rows if row[1] in ("主要任务", "主要任务（续）")]
    assert "".join(pieces) == LONG
    assert max(d.height or 0 for d in sheet.row_dimensions.values()) <= 409


def test_it_prints_on_a4_portrait_one_page_wide(form):
    _, sheet = form(PROJECT)
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "portrait")
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.page_setup.fitToHeight == 0


def test_ids_that_excel_takes_for_one_sheet_name_get_their_own(tmp_path):
    ids = ["A/1", "A:1", "'", "History", "甲" * 40, "甲" * 39 + "乙"]
    path = write_workbook(tmp_path / "台账.xlsx", {"projects": [{"id": i} for i in ids]})
    out = write_forms(tmp_path / "表.xlsx", read(path), list(range(len(ids))), RULESET)
    names = openpyxl.load_workbook(out).sheetnames
    assert len(names) == len(ids)
    assert names[:2] == ["A_1", "A_1_2"]
    assert max(map(len, names)) <= 31


def test_the_command_writes_the_chosen_projects_and_never_over_its_input(tmp_path, capsys):
    path = write_workbook(tmp_path / "台账.xlsx", {"projects": [{"id": "A"}, {"id": "B"}, {"id": "C"}]})
    out = tmp_path / "表.xlsx"
    assert main(["form", str(path), "--project", "c", "a", "--out", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert openpyxl.load_workbook(out).sheetnames == ["A", "C"]
    assert main(["form", str(path), "--out", str(path)]) == 2
    assert main(["form", str(path), "--project", "Z", "--out", str(out)]) == 2


def word_of(tmp_path, projects: list[dict], **sheets) -> ET.Element:
    """The document of the forms of some projects."""
    portfolio = read(write_workbook(tmp_path / "台账.xlsx", {"projects": projects, **sheets}))
    out = write_forms(tmp_path / "表.docx", portfolio, list(range(len(projects))), RULESET)
    with zipfile.ZipFile(out) as archive:
        return ET.fromstring(archive.read("word/document.xml"))


def cells_of(row: ET.Element) -> list[str]:
    return ["".join(t.text or "" for t in cell.iter(W + "t")) for cell in row.iter(W + "tc")]


def test_the_form_in_word_says_what_the_sheet_says(tmp_path, form):
    rows, _ = form(PROJECT)
    document = word_of(tmp_path, [PROJECT])
    first = document.find(f".//{W}tbl")
    told = [cells_of(row) for row in first.iter(W + "tr")]
    assert told[0] == list(HEADERS)
    listed = [row for row in rows[1:] if row[0] and row[1]]
    assert [row[:3] for row in told[1:]] == [["" if c is None else str(c) for c in row[:3]] for row in listed]
    assert [row[3] for row in told[1:] if row[3]] == ["499.999999"]


def test_the_day_of_a_material_stands_on_a_line_of_its_own_in_word(tmp_path):
    material = {
        "project": "A", "clause": "16.1.1", "item": "主要任务", "provided": True, "reference": "申报表", "on": date(2026, 8, 12),
    }  # fmt: skip
    document = word_of(tmp_path, [{"id": "A"}], materials=[material])
    [cell] = [one for one in document.iter(W + "tc") if "申报表" in "".join(one.itertext())]
    assert ["".join(line.itertext()) for line in cell.iter(W + "p")] == [
        "申报表",
        "20260812",
    ]  # hyphens are elements


def test_each_form_in_word_starts_a_page_and_can_be_signed(tmp_path):
    document = word_of(tmp_path, [{"id": "A"}, {"id": "B"}, {"id": "C"}])
    assert len(list(document.iter(W + "pageBreakBefore"))) == 2
    signed = [cells_of(table.find(W + "tr"))[0] for table in document.iter(W + "tbl")]
    assert signed.count("填报人") == 3


@pytest.mark.parametrize("value", [*HOSTILE, "</w:t></w:r>", "#read(1)"])
def test_hostile_text_in_the_form_in_word_stays_text(tmp_path, value):
    document = word_of(tmp_path, [{**PROJECT, "name": value, "unit": value}])
    told = [cell for row in document.iter(W + "tr") for cell in cells_of(row)]
    assert told.count(value) == 2


def test_the_command_writes_the_form_in_word_where_the_name_says_so(tmp_path, capsys):
    path = write_workbook(tmp_path / "台账.xlsx", {"projects": [{"id": "A"}]})
    assert main(["form", str(path), "--out", str(tmp_path / "表.docx")]) == 0
    first = (tmp_path / "表.docx").read_bytes()
    assert first.startswith(b"PK")
    assert main(["form", str(path), "--out", str(tmp_path / "表.docx")]) == 0
    assert (tmp_path / "表.docx").read_bytes() == first
    assert main(["form", str(path), "--out", str(tmp_path / "表.pdf")]) == 2
    assert "应以 .xlsx 或 .docx 结尾" in capsys.readouterr().err


def test_the_same_workbook_gives_the_same_bytes(tmp_path):
    path = write_workbook(tmp_path / "台账.xlsx", {"projects": [{**PROJECT, "filed_on": date(2026, 1, 2)}]})
    portfolio = read(path)
    first, second = (
        write_forms(tmp_path / n, portfolio, [0], RULESET).read_bytes() for n in ("1.xlsx", "2.xlsx")
    )
    assert first == second
