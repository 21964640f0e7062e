"""The marked copy shows each mistake where it stands, and cannot run anything."""

from __future__ import annotations

import zipfile

import pytest
from openpyxl import load_workbook

from zwxm_core.portfolio import InputError, check, write_marked


def marked(path, tmp_path):
    out = tmp_path / "标注.xlsx"
    write_marked(path, check(path).problems, out)
    return load_workbook(out)


def test_each_bad_cell_is_coloured_and_says_why(book, tmp_path):
    path = book(
        {"项目": [["台账"], ["项目编号", "批复日", "涉密"], ["A", "2022年", "否"], ["a", "2024-01-01", "对"]]}
    )
    sheet = marked(path, tmp_path)["项目"]
    assert sheet["B3"].fill.fgColor.rgb == "FFF4B6B6"
    assert sheet["B3"].comment.text == "错误：读到“2022年”，只有年份：请写全，如 2022-06-25"
    assert sheet["A4"].comment.text.startswith("错误：读到“a”，项目编号重复")
    assert "应是“是”或“否”" in sheet["C4"].comment.text
    assert sheet["B4"].comment is None
    assert sheet["B4"].value == "2024-01-01"


def test_the_first_sheet_lists_them_all(book, tmp_path):
    path = book({"项目": [["项目编号", "备注"], ["A", "x"]], "附表": [["y"]]})
    sheet = marked(path, tmp_path).worksheets[0]
    assert sheet.title == "问题"
    assert [[c.value for c in row] for row in sheet.iter_rows()] == [
        ["轻重", "工作表", "行", "列名", "读到", "说明"],
        ["提醒", "项目", 1, "备注", None, "不认识这一列，没有读取：请改列名，或不必理会"],
        ["提醒", "附表", None, None, None, "不是本表格的工作表，没有读取：请核对工作表名称，或不必理会"],
    ]


def test_no_formula_and_no_link_survives(book, tmp_path):
    def hostile(made):
        sheet = made.get_worksheet_by_name("项目")
        sheet.write_formula(1, 2, '=HYPERLINK("http://evil","x")', None, "=1+1")
        sheet.write_url(1, 3, "http://evil", None, "点我")

    path = book({"项目": [["项目编号", "涉密"], ["A", "=cmd|'/c calc'!A0"]]}, hostile)
    sheet = marked(path, tmp_path)["项目"]
    assert [c.data_type for c in sheet[2]] == ["s"] * 4
    assert sheet["C2"].value == "=1+1"
    with zipfile.ZipFile(tmp_path / "标注.xlsx") as made:
        xml = b"".join(made.read(n) for n in made.namelist() if n.startswith("xl/worksheets/"))
    assert b"<f>" not in xml
    assert b"hyperlink" not in xml


def test_a_csv_is_marked_too(csv_file, tmp_path):
    path = csv_file("项目编号,涉密,项目名称\nA,对,=1+1\x0b\n")
    sheet = marked(path, tmp_path)["项目"]
    assert "应是“是”或“否”" in sheet["B2"].comment.text
    assert (sheet["C2"].value, sheet["C2"].data_type) == ("=1+1", "s")


def test_the_marked_copy_can_be_checked_again(book, tmp_path):
    path = book({"项目": [["项目编号", "涉密"], ["A", "对"]]})
    marked(path, tmp_path)
    again = check(tmp_path / "标注.xlsx").problems
    assert [(p.sheet, p.row, p.field, p.code) for p in again] == [("projects", 2, "classified", "not_bool")]


def test_a_merged_cell_is_marked_at_its_corner(book, tmp_path):
    def merge(made):
        made.get_worksheet_by_name("调整").merge_range(1, 0, 2, 0, "Z")

    path = book({"项目": [["项目编号"], ["A"]], "调整": [["项目编号", "序号"], ["Z", 1], [None, 2]]}, merge)
    assert "项目表里没有这个编号" in marked(path, tmp_path)["调整"]["A2"].comment.text


def test_what_cannot_be_opened_cannot_be_marked(tmp_path):
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError):
        write_marked(path, [], tmp_path / "y.xlsx")
    assert not (tmp_path / "y.xlsx").exists()
