"""start.py says in one line what is missing and installs no more often than it must."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import start

SCRIPT = Path(start.__file__)


def ended_with(prelude: str, *argv: str) -> subprocess.CompletedProcess:
    """Run start.py after some lines that make this Python look like another."""
    code = (
        f"import sys, runpy\nsys.argv = ['start.py', *{argv!r}]\n{prelude}\n"
        f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8")


def test_an_old_python_is_told_which_one_is_needed():
    done = ended_with("sys.version_info = (3, 9, 2)", "demo")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "需要 Python 3.11" in done.stderr


def test_without_a_verb_the_usage_is_shown():
    done = ended_with("")
    assert done.returncode == 2
    assert "demo" in done.stdout


def test_a_missing_venv_module_is_said_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit, match="apt install python3-venv") as ended:
        start.make_venv(tmp_path / "venv")
    assert "\n" not in ended.value.code
    assert not (tmp_path / "venv").exists()


@pytest.fixture
def project(monkeypatch, tmp_path):
    """A project whose commands are recorded instead of run."""
    (tmp_path / "pyproject.toml").write_text("one", "utf-8")
    (tmp_path / ".venv").mkdir()
    calls = []
    monkeypatch.setattr(start, "ROOT", tmp_path)
    monkeypatch.setattr(start, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(start, "STAMP", tmp_path / ".venv" / "stamp.json")
    monkeypatch.setattr(start, "CONSTRAINTS", tmp_path / "constraints.txt")
    monkeypatch.setattr(start, "make_venv", lambda venv: calls.append("venv"))
    monkeypatch.setattr(start, "run", lambda *command: calls.append(" ".join(map(str, command[4:]))) or 0)
    return tmp_path, calls


def test_it_installs_once_and_again_only_when_the_lists_change(project):
    folder, calls = project
    start.prepare("report")
    start.prepare("report")
    assert calls == ["venv", "-q -e .[report]"]
    (folder / "constraints.txt").write_text("numpy==2.0", "utf-8")
    start.prepare("report")
    assert calls[2:] == ["venv", f"-q -e .[report] -c {folder / 'constraints.txt'}"]


def test_test_contains_what_demo_needs_and_lint_adds_to_it(project):
    _, calls = project
    start.prepare("test")
    start.prepare("report")
    start.prepare("test", "lint")
    assert calls == ["venv", "-q -e .[test]", "-q -e .[lint,test]"]


def test_a_failed_installation_is_not_taken_for_done(project, monkeypatch):
    monkeypatch.setattr(start, "run", lambda *command: 1)
    with pytest.raises(SystemExit, match="安装依赖失败"):
        start.prepare("report")
    assert not start.STAMP.exists()


def notebook(path: Path, outputs: list) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cell = {"cell_type": "code", "source": "1", "outputs": outputs, "execution_count": None, "metadata": {}}
    path.write_text(json.dumps({"cells": [cell]}), "utf-8")


def test_lint_refuses_a_report_with_outputs_and_any_page_with_an_error(project, capsys):
    folder, _ = project
    notebook(folder / "notebooks/reports/a.ipynb", [])
    notebook(folder / "notebooks/b.ipynb", [{"output_type": "stream"}])
    assert start.dirty_notebooks() == 0
    notebook(folder / "notebooks/reports/a.ipynb", [{"output_type": "stream"}])
    notebook(folder / "notebooks/b.ipynb", [{"output_type": "error"}])
    assert start.dirty_notebooks() == 1
    shown = capsys.readouterr().out
    assert "a.ipynb：报告模板须清空输出" in shown
    assert "b.ipynb：输出里有错误" in shown


# Without a network -------------------------------------------------------------------------


def wheel(path: Path, **files: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def test_a_demo_from_a_folder_installs_from_it_alone(project, tmp_path):
    _, calls = project
    wheel(tmp_path / "收好" / "a-1-py3-none-any.whl")
    assert start.demo(["--from", str(tmp_path / "收好"), "--jobs", "1"]) == 0
    assert calls[1] == f"-q -e .[report] --no-index --find-links {tmp_path / '收好'}"


@pytest.mark.parametrize("given", [["--from"], ["--from", "没有的文件夹"]])
def test_a_folder_without_wheels_is_said_before_anything_is_made(project, given):
    _, calls = project
    with pytest.raises(SystemExit, match=r"start\.py bundle"):
        start.demo(given)
    assert calls == []


def test_the_licences_of_code_and_fonts_are_kept_beside_the_wheels(tmp_path):
    made = wheel(
        tmp_path / "a_b-1-py3-none-any.whl",
        **{
            "a_b-1.dist-info/licenses/LICENSE": "甲",
            "a/fonts/LICENSE_DEJAVU": "乙",
            "a/license.py": "",
            "a/OFL.txt": "丙",
        },
    )
    start.keep_licences(made, tmp_path / "licences")
    kept = {path.name: path.read_text("utf-8") for path in (tmp_path / "licences/a_b").iterdir()}
    assert kept == {"licenses_LICENSE": "甲", "fonts_LICENSE_DEJAVU": "乙", "a_OFL.txt": "丙"}


def test_a_bundle_asks_pip_for_the_reports_and_what_builds_them(project, capsys):
    folder, calls = project
    (folder / "pyproject.toml").write_text('requires = ["hatchling>=1.27"]', "utf-8")
    wheel(folder / "dist/bundle/a-1-py3-none-any.whl")
    assert start.bundle([]) == 0
    assert calls[1] == f"-q -w {folder / 'dist/bundle'} .[report] hatchling>=1.27 editables"
    assert "1 个安装包" in capsys.readouterr().out
