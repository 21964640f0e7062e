"""A file that is damaged, hostile or not what its name says is refused in one sentence, before it can do harm."""

from __future__ import annotations

import pickle
import random
import time
import zipfile

import pytest

from tests.portfolio.conftest import SHEET1, messages, refused, rewrite
from zwxm_core.portfolio import check, files, read
from zwxm_core.portfolio.files import write_atomically

AGAIN = "请用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”后再试"


@pytest.fixture
def plain(book):
    return book({"项目": [["项目编号"], ["A"]]})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("空.xlsx", b"", "文件已损坏：大小为 0 字节，请重新取得原文件"),
        (
            "网页.xls",
            b"<html><table><tr><td>1</td></tr></table></html>",
            f"内容是网页或 XML，不是 Excel 文件：{AGAIN}",
        ),
        (
            "表.xls",
            b'\xef\xbb\xbf<?xml version="1.0"?><Workbook/>',
            f"内容是网页或 XML，不是 Excel 文件：{AGAIN}",
        ),
        ("数据.pkl", b"anything", "pickle 文件可能夹带程序，一律不读：请改用工作簿（.xlsx）或 CSV"),
        (
            "数据.csv",
            pickle.dumps({"a": 1}),
            "pickle 文件可能夹带程序，一律不读：请改用工作簿（.xlsx）或 CSV",
        ),
        ("文件.xlsx", b"%PDF-1.7", "不是工作簿（.xlsx、.xls）或 CSV 文件：请核对是否选错了文件"),
        (
            "图.xlsx",
            b"\x89PNG\r\n\x1a\n\0\0\0\r",
            "不是工作簿（.xlsx、.xls）或 CSV 文件：请核对是否选错了文件",
        ),
        (
            "坏.csv",
            '项目编号\n"没有关上'.encode(),
            "CSV 从第 2 行起读不下去（unexpected end of data）：请检查引号是否成对",
        ),
    ],
)
def test_what_is_no_workbook_is_told_from_its_content(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    assert refused(path) == [f"{name}：{message}"]


def test_a_missing_file_and_a_folder(tmp_path):
    assert refused(tmp_path / "没有.xlsx") == [f"没有.xlsx：找不到文件 {tmp_path}/没有.xlsx：请核对路径"]
    assert refused(tmp_path) == [f"{tmp_path.name}：不是一个文件：请给出工作簿（.xlsx）或 CSV 文件"]


def test_a_workbook_with_a_password(files):
    assert refused(files / "encrypted.xlsx") == [
        "encrypted.xlsx：文件有打开密码：请在 Excel 或 WPS 中去掉密码后另存"
    ]


@pytest.mark.parametrize("keep", [10, 0.3, 0.7, 0.99])
def test_a_truncated_workbook(plain, keep):
    data = plain.read_bytes()
    plain.write_bytes(data[: keep if keep == 10 else int(len(data) * keep)])
    (line,) = refused(plain)
    assert "文件已损坏" in line


def test_any_single_damaged_byte_is_survived(plain):
    data = plain.read_bytes()
    for at in range(0, len(data), 97):
        plain.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        check(plain)  # reads it or names the damage, and never anything else


def test_an_old_workbook_cut_short(files, tmp_path):
    path = tmp_path / "断.xls"
    path.write_bytes((files / "old.xls").read_bytes()[:2000])
    assert refused(path) == [f"断.xls：文件已损坏或不是 Excel 文件，读不出来：{AGAIN}"]


def test_any_damage_to_an_old_workbook_is_survived(files, tmp_path):
    data, path = (files / "old.xls").read_bytes(), tmp_path / "坏.xls"
    chance = random.Random(1)
    for _ in range(150):
        broken = bytearray(data)
        for _ in range(chance.choice([1, 3, 20])):
            broken[chance.randrange(8, len(data))] = chance.randrange(256)
        path.write_bytes(broken)
        check(path)


def test_an_error_value_in_an_old_workbook(files):
    assert refused(files / "old_error.xls") == [
        "old_error.xls · 工作表「项目」第 2 行「批复总投资（万元）」：读到“#N/A”，"
        + "单元格是错误值 #N/A：请改正公式，不知道请留空"
    ]


def test_other_zip_files(tmp_path):
    for inside, kind in (("a.txt", "别的压缩文件"), ("xl/workbook.bin", "二进制工作簿（.xlsb）")):
        path = tmp_path / "压缩.xlsx"
        with zipfile.ZipFile(path, "w") as book:
            book.writestr(inside, "x")
        assert refused(path) == [f"压缩.xlsx：是{kind}，不是 .xlsx：{AGAIN}"]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(plain):
    with zipfile.ZipFile(plain, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet9.xml", b" " * (300 * 2**20))
    start = time.perf_counter()
    (line,) = refused(plain)
    assert time.perf_counter() - start < 1
    assert "解开后有 300 MB" in line
    assert "超出限额 1024 MB 或 150 倍，没有读取" in line


def test_a_zip_that_lies_about_its_sizes(plain):
    data = bytearray(plain.read_bytes())
    with zipfile.ZipFile(plain) as book:
        info = next(i for i in book.infolist() if i.filename == SHEET1)
    at = data.rindex(SHEET1.encode()) - 46  # its entry in the central directory
    assert int.from_bytes(data[at + 24 : at + 28], "little") == info.file_size
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    plain.write_bytes(data)
    (line,) = refused(plain)
    assert "文件已损坏" in line


@pytest.mark.parametrize("part", [SHEET1, "xl/workbook.xml", "xl/sharedStrings.xml"])
@pytest.mark.parametrize(
    "attack",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_entities_are_refused(plain, part, attack):
    head = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    rewrite(plain, part, head, head + attack)
    assert refused(plain) == [f"台账.xlsx：文件内部（{part}）带有外部实体声明，可能有害，没有读取：{AGAIN}"]


def test_a_cell_at_the_far_corner_costs_no_memory(book):
    def far(made):
        made.get_worksheet_by_name("项目").write(1_048_575, 16_383, "x")

    path = book({"项目": [["项目编号"], ["A"]]}, far)
    assert refused(path) == [
        "台账.xlsx：有单元格远在数据之外（到 XFD 列、第 1048576 行）：请删去多余的行列后另存"
    ]


@pytest.mark.parametrize("cell", [b"E999999999", b"e999999999", b"XFD99999", b"ABCDE2"])
def test_a_cell_whose_name_lies_costs_no_memory(projects_of_three, cell):
    rewrite(projects_of_three, SHEET1, b'r="C2"', b'r="' + cell + b'"')
    (line,) = refused(projects_of_three)
    assert "有单元格远在数据之外" in line


@pytest.fixture
def projects_of_three(projects):
    return projects(["项目编号", "项目名称", "涉密"], ["A", "甲", "否"])


def test_a_hundred_thousand_blank_rows_are_no_rows(book):
    def far(made):
        sheet = made.get_worksheet_by_name("项目")
        for row in range(2, 100_000):
            sheet.write_blank(row, 0, None, made.formats[0])
        sheet.write(100_000, 0, "B")

    facts = read(book({"项目": [["项目编号"], ["A"]]}, far)).facts
    assert facts.ids.tolist() == ["A", "B"]
    assert facts.projects.row_numbers.tolist() == [2, 100_001]


def test_a_file_beyond_the_limit_is_not_opened(plain, monkeypatch):
    monkeypatch.setattr(files, "LARGEST_FILE", 1000)
    (line,) = refused(plain)
    assert line.startswith("台账.xlsx：文件有 0 MB，最大 0 MB")


def test_an_encoding_that_cannot_be_told(csv_file):
    (line,) = refused(csv_file("项目编号\nÄÖÜ\xff\xfe".encode("latin-1", "replace") + b"\xff\xff\x80"))
    assert line.startswith("台账.csv：认不出文字编码")
    assert line.endswith("请另存为“CSV UTF-8（逗号分隔）”后再试")


def test_a_workbook_with_macros_gives_its_values(plain, tmp_path):
    path = tmp_path / "宏.xlsm"
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("xl/vbaProject.bin", b"macro")
    assert messages(path) == []


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"old")
    monkeypatch.setattr(files.os, "fsync", lambda _: (_ for _ in ()).throw(OSError("no space")))
    with pytest.raises(OSError, match="no space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.xlsx"]
