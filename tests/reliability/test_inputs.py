"""Inputs that are no workbook, and machines without a Chinese font (faults 24, 30)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from zwxm_core.resources import collection

from .conftest import finish, report

pytestmark = pytest.mark.slow


def _bad(few, folder, what: str):
    data = few.read_bytes()
    made = {
        "空文件.xlsx": b"", "截断.xlsx": data[: len(data) // 2], "网页.xls": b"<html><table><tr><td>1</td></tr></table>",
        "加密.xlsx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
    }  # fmt: skip
    path = folder / what
    path.write_bytes(made[what])
    return path


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("空文件.xlsx", "大小为 0"),
        ("截断.xlsx", "损坏"),
        ("网页.xls", "不是 Excel 文件"),
        ("加密.xlsx", "密码"),
    ],
)
def test_fault_24_a_file_that_is_no_workbook_is_told_in_one_line_and_nothing_is_written(
    few, tmp_path, what, told
):
    done = finish(report(_bad(few, tmp_path, what), tmp_path / "out"))
    assert (done.code, done.out) == (65, "")
    assert what in done.err
    assert told in done.err
    assert len(done.err.strip().splitlines()) <= 2
    assert not (tmp_path / "out").exists()


def test_fault_30_without_a_chinese_font_a_chart_fails_loudly_and_never_shows_boxes(tmp_path):
    """The fonts of this machine and of the package are hidden from a process that makes a report."""
    code = (
        "import sys\n"
        "from zwxm_core import fonts\n"
        "fonts._bundled_path = lambda: None\n"
        "from zwxm_core.reporting.execute import Job, make\n"
        "from zwxm_core.resources import collection\n"
        "job = Job('evaluation', 'x', collection('notebooks/reports/evaluation.ipynb'), {'data': None}, '题')\n"
        "print(make(job).error)\n"
    )
    env = {**os.environ, "ZWXM_IGNORE_SYSTEM_FONTS": "1", "PYTHONPATH": str(collection("notebooks").parent)}
    # PROPRIETARY fonts are looked for among the system's, which are hidden too
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, cwd=tmp_path)
    assert "找不到能显示简体中文的字体，图表会变成方框。请安装其一" in done.stdout, done.stderr
