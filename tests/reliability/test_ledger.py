"""The ledger, the lock, and what is made again (faults 16–22, 29, 31, 32, 34)."""

from __future__ import annotations

import json
import os
import re
import resource
import time

import openpyxl
import pytest

from zwxm_core.portfolio import write_workbook
from zwxm_core.reporting import batch, execute, ledger, made_of, render
from zwxm_core.reporting.batch import ReportError, run
from zwxm_core.reporting.ledger import FolderInUse, open_ledger

from .conftest import (
    DAY,
    KIND,
    LEDGER,
    contents,
    finish,
    ledger_rows,
    records,
    report,
    reports,
    running,
    until,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def made(few, tmp_path, monkeypatch):
    """A function that runs into one folder, with reports that cost nothing but say what they are of."""

    def pretend(jobs, *_):
        for job in jobs:
            told = f"{job.kind} {job.project} {job.parameters['as_of']}".encode()
            yield execute.Made(job, dict.fromkeys(job.formats, told))

    monkeypatch.setattr(batch, "on_this_machine", pretend)
    out = tmp_path / "out"

    def again(book=few, kind=KIND, **options):
        return run(kind, book, out, **{"as_of": DAY, "progress": False, **options})

    again.out = out
    return again


def test_fault_16_a_torn_last_line_is_dropped_and_its_report_made_again(made):
    made()
    path = made.out / LEDGER
    whole, before = path.read_bytes(), contents(made.out)
    at = whole.rindex(b"P0005")
    for cut in (at, whole.rindex(b"\n", 0, at) + 1, whole.rindex(b"\n", 0, at) + 7):
        path.write_bytes(whole[:cut])
        for name in (reports(made.out)[5], "index.html", "summary.xlsx", "calendar.ics"):  # not written yet
            (made.out / name).unlink()
        result = made()
        assert [name.split("_")[2] for name in result.made] == ["P0005"]
        assert (result.kept, contents(made.out)) == ([], before)


def test_fault_17_a_corrupt_line_is_named_and_costs_neither_a_report_nor_an_edit(made, capsys):
    made()
    before, path = contents(made.out), made.out / LEDGER
    lines = path.read_bytes().split(b"\n")
    number = next(n for n, line in enumerate(lines, 1) if b"P0002" in line)
    lines[number - 1] = lines[number - 1].replace(b"P0002", b"P0003")  # still JSON: the check tells
    path.write_bytes(b"\n".join(lines))
    mine = made.out / reports(made.out)[4]
    mine.write_text("改过")
    result = made()
    assert f"ledger.jsonl：第 {number} 行已损坏" in capsys.readouterr().err
    assert [name.split("_")[2] for name in result.made] == ["P0002"]
    assert result.kept == [mine.name]
    assert mine.read_text() == "改过"
    assert {**contents(made.out), mine.name: before[mine.name]}.keys() == before.keys()


def test_fault_18_an_edited_report_is_kept_and_told_a_deleted_one_is_made_again(made, capsys):
    made()
    edited, deleted = (made.out / name for name in reports(made.out)[:2])
    edited.write_text("改过")
    deleted.unlink()
    result = made()
    assert (result.kept, result.made) == ([edited.name], [deleted.name])
    assert edited.read_text() == "改过"
    assert f"人工修改过，原样保留：{edited.name}" in capsys.readouterr().err
    beside = made(overwrite_edited=True)
    assert beside.made == [edited.name.replace(".html", ".new.html")]
    assert made(overwrite_edited=True).made == []
    assert edited.read_text() == "改过"


def test_fault_19_the_same_command_twice_does_nothing_the_second_time(few, tmp_path):
    command = report(few, tmp_path, "--format", "html,ipynb")
    assert finish(command).code == 0
    before = {p.name: (p.stat().st_mtime_ns, p.stat().st_ino) for p in tmp_path.iterdir() if p.name != LEDGER}
    started = time.monotonic()
    second = finish(command)
    assert (second.code, "份/s" in second.err or "s/份" in second.err) == (0, False)
    after = {p.name: (p.stat().st_mtime_ns, p.stat().st_ino) for p in tmp_path.iterdir() if p.name != LEDGER}
    assert after == before
    assert time.monotonic() - started < 60


def test_fault_20_another_input_has_the_affected_reports_made_again_and_says_why(made, tmp_path, capsys):
    book = write_workbook(tmp_path / "书.xlsx", records(3))
    made(book)
    changed = records(3)
    changed["projects"][0]["name"] = "改了名"
    write_workbook(book, changed)
    result = made(book)
    assert len(result.made) == 3
    assert "数据文件有变化：重做 3 份" in capsys.readouterr().err


def test_fault_20_an_input_that_changes_while_the_run_lasts_stops_it(tmp_path, few, monkeypatch):
    book = tmp_path / "书.xlsx"
    book.write_bytes(few.read_bytes())

    def pretend(jobs, *_):
        for number, job in enumerate(jobs):
            if number == 2:
                write_workbook(book, records(3))
            yield execute.Made(job, {"html": b"x"})

    monkeypatch.setattr(batch, "on_this_machine", pretend)
    with pytest.raises(ReportError, match=r"书\.xlsx 在运行中被改动，已停止") as error:
        run(KIND, book, tmp_path / "out", as_of=DAY, progress=False)
    assert error.value.code == 1
    assert len(reports(tmp_path / "out")) == 2


def test_fault_21_other_rules_template_day_or_program_have_reports_made_again_and_say_why(
    made, tmp_path, template, monkeypatch, capsys
):
    made()

    def redone(told: str, **options):
        assert len(made(**options).made) == 6
        assert f"{told}：重做 6 份" in capsys.readouterr().err
        assert made(**options).made == []

    rules = tmp_path / "rules.yaml"
    rules.write_text("id: mine\nname: 本地\nversion: '1'\nbase: leshan-2022\n", encoding="utf-8")
    redone("规则集有变化", ruleset=rules)
    rules.write_text(rules.read_text(encoding="utf-8").replace("本地", "本县"), encoding="utf-8")
    redone("规则集有变化", ruleset=rules)
    made()
    redone("评估日不同", as_of=DAY.replace(day=2))
    made()
    monkeypatch.setattr(made_of, "package_hash", lambda: "another")
    redone("程序有变化")
    other = template("1")
    monkeypatch.setattr(batch, "collection", lambda _: other)
    redone("报告模板有变化")


def test_fault_21_a_template_that_does_not_fit_is_refused_before_anything_starts(
    few, tmp_path, template, monkeypatch
):
    other = template("1")
    text = other.read_text(encoding="utf-8").replace("as_of = None", "as_off = None")
    other.write_text(text, encoding="utf-8")
    monkeypatch.setattr(batch, "collection", lambda _: other)
    with pytest.raises(ReportError, match="参数格没有 as_of") as error:
        run(KIND, few, tmp_path / "out", as_of=DAY, progress=False)
    assert error.value.code == 1
    assert not (tmp_path / "out").exists()


def test_fault_22_a_second_run_into_the_same_folder_ends_at_once_and_names_the_first(few, tmp_path):
    with running(report(few, tmp_path)) as first:
        until(lambda: (tmp_path / LEDGER).exists() and (tmp_path / LEDGER).read_bytes())
        second = finish(report(few, tmp_path))
        assert second.code == 75
        assert re.search(rf"进程 {first.pid}，开始于 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d", second.err)
        assert first.wait(300) == 0
    assert len(reports(tmp_path)) == 6
    assert len([r for r in ledger_rows(tmp_path) if r["event"] == "run"]) == 1


def test_fault_22_the_lock_is_not_kept_by_what_the_run_started(tmp_path):
    with (
        open_ledger(tmp_path),
        pytest.raises(FolderInUse, match=f"进程 {os.getpid()}"),
        open_ledger(tmp_path),
    ):
        pass
    with open_ledger(tmp_path):
        pid = os.fork()
        if pid == 0:
            time.sleep(30)
            os._exit(0)

    def free() -> bool:
        try:
            with open_ledger(tmp_path):
                return True
        except FolderInUse:
            return False

    try:
        until(free, 5)
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)


def test_fault_29_a_format_that_fails_is_noted_and_made_alone_the_next_time(few, tmp_path, monkeypatch):
    def fails(*_):
        raise RuntimeError("转换器坏了")

    options = {"projects": ["P0001"], "formats": ("html", "ipynb"), "as_of": DAY, "progress": False}
    with monkeypatch.context() as broken:
        broken.setitem(render.RENDERERS, "ipynb", fails)
        first = run(KIND, few, tmp_path, **options)
    assert first.exit_code == 1
    assert first.failed == [("P0001", "ipynb 未能生成：转换器坏了")]
    assert [name.rpartition(".")[2] for name in first.made] == ["html"]
    row = next(r for r in ledger_rows(tmp_path) if r["event"] == "failed")
    assert (row["format"], row["project"]) == ("ipynb", "P0001")
    assert "转换器坏了" in first.index.read_text(encoding="utf-8")
    second = run(KIND, few, tmp_path, **options)
    assert (second.exit_code, [name.rpartition(".")[2] for name in second.made]) == (0, ["ipynb"])
    assert [name.rpartition(".")[2] for name in second.unchanged] == ["html"]


def test_fault_31_a_ledger_of_100_000_lines_is_read_in_seconds(tmp_path):
    with open_ledger(tmp_path):
        pass
    row = {
        "event": "file",
        "kind": KIND,
        "format": "html",
        "sha256": "0" * 64,
        "of": dict.fromkeys("abcdef", "0" * 64),
    }
    with (tmp_path / LEDGER).open("a", encoding="utf-8") as stream:
        for i in range(100_000):
            text = json.dumps({**row, "project": f"P{i}", "name": f"{KIND}_P{i}.html"}, sort_keys=True)
            stream.write(f"{ledger._check(text)} {text}\n")
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with open_ledger(tmp_path) as read:
        assert len(read.files) == 100_000
    assert time.process_time() - started < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600 * 1024  # KiB


def test_fault_31_a_run_shows_how_far_it_is_and_how_long_it_takes(few, tmp_path):
    told = finish(report(few, tmp_path)).err
    assert re.search(r"6/6 \[\d\d:\d\d<00:00", told)


def test_fault_32_neither_the_clock_nor_the_time_zone_decides_what_is_made(few, tmp_path):
    command = report(few, tmp_path)
    assert finish(command).code == 0
    for number, path in enumerate(sorted(tmp_path.iterdir())):
        os.utime(path, (0, 0) if number % 2 else (4e9, 4e9))
    os.utime(few, (4e9, 4e9))
    before = contents(tmp_path)
    done = finish(command, TZ="Pacific/Kiritimati")
    assert (done.code, "6/6" in done.err, contents(tmp_path)) == (0, False, before)


@pytest.mark.parametrize(("first", "second"), [("A001", "a001"), ("A001", "A００1")])
def test_fault_34_ids_that_one_file_system_would_mix_up_are_refused_with_their_rows(tmp_path, first, second):
    book = write_workbook(tmp_path / "书.xlsx", {"projects": records(2)["projects"]})
    sheets = openpyxl.load_workbook(book)
    for row in sheets["项目"].iter_rows(min_row=2):
        for cell in row:
            cell.value = {"P0000": first, "P0001": second}.get(cell.value, cell.value)
    sheets.save(book)
    done = finish(report(book, tmp_path / "out"))
    assert done.code == 65
    assert re.search("第 [23] 行", done.err)
    assert not (tmp_path / "out").exists()


def test_another_kind_and_other_projects_keep_their_place_in_the_index(made):
    made(projects=["P0001"])
    made(kind="post_assessment", projects=["P0003"], as_of=DAY)
    page = (made.out / "index.html").read_text(encoding="utf-8")
    for name in (f"{KIND}_P0001", "post_assessment_P0003"):
        assert re.search(rf'href="{name}_\w+\.html"', page), name
    both = made(kind="post_assessment", projects=["P0001"])
    page = both.index.read_text(encoding="utf-8")
    for name in (f"{KIND}_P0001", "post_assessment_P0001", "post_assessment_P0003"):
        assert re.search(rf'href="{name}_\w+\.html"', page), name
    assert "调整审查报告" in page
    assert "后评价报告" in page


def test_a_format_asked_for_later_is_made_alone(made):
    made()
    later = made(formats=("html", "ipynb"))
    assert {name.rpartition(".")[2] for name in later.made} == {"ipynb"}
    assert len(later.unchanged) == 6


def test_reports_of_another_workbook_stay_and_are_told(made, tmp_path, capsys):
    made()
    sheets = records(2)
    for sheet in sheets.values():
        for row in sheet:
            for key in ("id", "project"):
                if key in row:
                    row[key] = f"另{row[key]}"
    made(write_workbook(tmp_path / "另.xlsx", sheets))
    assert "目录里另有 6 个文件是别的工作簿的报告，没有列入索引" in capsys.readouterr().err
    assert len(reports(made.out)) == 8
