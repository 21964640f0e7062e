"""A report that dies, hangs, eats memory or fails (faults 5–12).

Each is worded for a kernel. Under our engine the kernel is a fork of the worker that runs the cells, under
papermill's ordinary engine (no fork, e.g. Windows) a process of ipykernel: both are tested.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

import openpyxl
import psutil
import pytest

from zwxm_core.reporting import batch, forked
from zwxm_core.reporting.batch import run
from zwxm_core.reporting.execute import Incomplete, Limits, execute

from .conftest import DAY, KIND, finish, ledger_rows, report, reports

pytestmark = pytest.mark.slow

START = 15
"""Seconds that leave room for a kernel of the ordinary engine to start on a busy machine."""

both = pytest.mark.parametrize("engine", ["zwxm", "nbclient"])


@pytest.fixture
def noting(tmp_path):
    """A cell that notes the process it runs in, and a function that says whether that is gone."""
    file = tmp_path / "pid"
    cell = f"import os\nwith open({str(file)!r}, 'a') as notes: print(os.getpid(), file=notes)\n"

    def gone() -> bool:
        ends = time.monotonic() + 5
        pids = {int(line) for line in file.read_text().split()}
        while time.monotonic() < ends:
            if not any(map(_alive, pids)):
                return True
            time.sleep(0.05)
        return False

    return cell, gone


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def fails(template, limits: Limits, engine: str, told: str) -> None:
    with pytest.raises(Incomplete, match=told):
        execute(template, {"data": None, "project": None}, limits, engine)


@both
def test_fault_05_a_kernel_that_is_killed_is_never_a_report(template, noting, engine):
    cell, gone = noting
    deed = template(cell + "import signal; os.kill(os.getpid(), signal.SIGKILL)")
    fails(deed, Limits(), engine, "内核异常终止")
    assert gone()


def test_fault_06_a_report_that_wants_too_much_memory_fails_alone_under_our_engine(template, noting):
    cell, gone = noting
    deed = template(cell + "hoard = [bytes(2**20) for _ in range(4000)]")
    fails(deed, Limits(memory=300), "zwxm", "内存超过每份 300 MB 的限额")
    assert gone()


def test_fault_06_a_report_that_wants_too_much_memory_is_ended_under_the_ordinary_engine(template, noting):
    cell, gone = noting
    deed = template(
        cell + "import time\nhoard = []\nwhile True:\n hoard.append(b'x' * 2**23)\n time.sleep(0.01)"
    )
    fails(deed, Limits(memory=400), "nbclient", "内存超过每份 400 MB 的限额")
    assert gone()


def test_fault_06_the_system_that_ends_a_hungry_kernel_costs_one_report(few, tmp_path, template, monkeypatch):
    hungry = template("if project == 'P0001':\n    hoard = bytearray(3 * 2**30)")
    monkeypatch.setattr(batch, "collection", lambda _: hungry)
    result = run(KIND, few, tmp_path / "out", as_of=DAY, progress=False, limits=Limits(memory=1024))
    assert result.failed == [("P0001", "内存超过每份 1024 MB 的限额，已终止")]
    assert len(reports(tmp_path / "out")) == 5


@both
def test_fault_07_a_notebook_whose_cells_together_take_too_long_is_ended(template, noting, engine):
    """Each cell alone is within its limit, which is all that papermill looks at."""
    cell, gone = noting
    limit = 4 if engine == "zwxm" else START
    path, started = template(*[cell + "import time; time.sleep(2)"] * 20), time.monotonic()
    fails(path, Limits(whole=limit, cell=10), engine, f"超过每份 {limit} 秒的时限")
    assert time.monotonic() - started < limit + 10
    assert gone()


@both
def test_fault_07_a_single_cell_that_hangs_is_ended_at_its_own_limit(template, noting, engine):
    cell, gone = noting
    fails(template(cell + "import time; time.sleep(999)"), Limits(cell=3), engine, "有一格超过 3 秒的时限")
    assert gone()


@both
def test_fault_08_a_cell_that_ignores_interrupts_is_ended_with_all_it_started(template, noting, engine):
    cell, gone = noting
    stubborn = (
        "import signal, subprocess, sys, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(999)'])\n"
    )
    noted = cell + stubborn + cell.replace("os.getpid()", "child.pid") + "while True: time.sleep(1)"
    limit = 4 if engine == "zwxm" else START
    fails(template(noted), Limits(whole=limit, cell=100), engine, f"超过每份 {limit} 秒的时限")
    assert gone()


def test_fault_09_a_fork_that_the_system_refuses_is_tried_again_and_then_told(template, monkeypatch):
    """Really exhausting the processes would take the other tests with it, and root has no limit."""
    asked = []

    def refuse():
        asked.append(1)
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(forked.os, "fork", refuse)
    with pytest.raises(BlockingIOError):
        execute(template("1"), {"data": None})
    assert len(asked) == forked.TRIES == 3


def test_fault_09_a_kernel_that_does_not_start_is_tried_again_and_then_told(template, tmp_path, monkeypatch):
    kernel = tmp_path / "kernels" / "python3"
    kernel.mkdir(parents=True)
    starts = tmp_path / "starts"
    program = f"open({str(starts)!r}, 'a').write('x'); raise SystemExit(1)"
    spec = {
        "argv": [sys.executable, "-c", program, "{connection_file}"],
        "display_name": "",
        "language": "python",
    }
    (kernel / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    fails(template("1"), Limits(), "nbclient", "内核异常终止")
    assert starts.read_text() == "xxx"


@both
def test_fault_10_a_notebook_that_ends_itself_is_no_success(template, noting, engine):
    cell, gone = noting
    fails(template(cell + "import sys; sys.exit(0)"), Limits(), engine, r"第 \d+ 格(出错|没有执行)")
    assert gone()


@both
def test_fault_11_one_bad_project_costs_one_report_and_says_which(
    few, tmp_path, template, monkeypatch, engine
):
    bad = template("if project == 'P0003':\n    raise ValueError('金额不对')")
    monkeypatch.setattr(batch, "collection", lambda _: bad)
    out = tmp_path / "out"
    result = run(KIND, few, out, as_of=DAY, progress=False, jobs=2, engine=engine)
    assert (result.exit_code, result.failed) == (1, [("P0003", "金额不对")])
    assert len(reports(out)) == 5
    failed = [r for r in ledger_rows(out) if r["event"] == "failed"]
    assert [(r["project"], r["reason"]) for r in failed] == [("P0003", "金额不对")]
    assert "金额不对" in result.index.read_text(encoding="utf-8")
    rows = openpyxl.load_workbook(result.summary)["项目"].iter_rows(min_row=2, values_only=True)
    assert [r[0] for r in rows if "金额不对" in (r[11] or "")] == ["P0003"]


def test_fault_11_what_failed_is_made_by_the_next_run_and_only_that(few, tmp_path, template, monkeypatch):
    mended, out = tmp_path / "mended", tmp_path / "out"
    bad = template(f"import os\nassert project != 'P0003' or os.path.exists({str(mended)!r})")
    monkeypatch.setattr(batch, "collection", lambda _: bad)
    assert run(KIND, few, out, as_of=DAY, progress=False).exit_code == 1
    mended.touch()
    second = run(KIND, few, out, as_of=DAY, progress=False)
    assert (second.exit_code, len(second.made), len(second.unchanged)) == (0, 1, 5)


def test_fault_12_where_every_project_is_bad_the_list_of_failures_is_written(
    few, tmp_path, template, monkeypatch
):
    bad = template("1/0")
    monkeypatch.setattr(batch, "collection", lambda _: bad)
    result = run(KIND, few, tmp_path / "out", as_of=DAY, progress=False)
    assert (result.exit_code, len(result.failed), result.made) == (1, 6, [])
    page = result.index.read_text(encoding="utf-8")
    assert page.count("ZeroDivisionError") >= 6
    assert openpyxl.load_workbook(result.summary)["项目"].max_row == 7


def test_the_state_of_one_report_never_reaches_the_next(template, tmp_path):
    deed = template(
        "import os, random, numpy\nassert 'LEFT' not in os.environ\nos.environ['LEFT'] = '1'\nos.chdir('/')\n"
        f"with open({str(tmp_path / 'dice')!r}, 'a') as f: print(random.random(), numpy.random.random(), file=f)"
    )
    here = Path.cwd()
    for _ in range(2):
        execute(deed, {"data": None})
    first, second = (tmp_path / "dice").read_text().splitlines()
    assert not set(first.split()) & set(second.split())
    assert (Path.cwd(), os.environ.get("LEFT")) == (here, None)


def test_a_run_in_a_process_with_threads_starts_its_workers_afresh(few, tmp_path):
    """A fork of a process with threads may hang; this one waits in a thread while the run lasts."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        result = run(KIND, few, tmp_path, projects=["P0001"], as_of=DAY, progress=False)
    finally:
        done.set()
        thread.join()
    assert result.exit_code == 0


def test_a_time_limit_also_holds_for_the_formats(few, tmp_path, monkeypatch):
    from zwxm_core.reporting import render, workers

    monkeypatch.setattr(workers, "RENDERING", 2)
    monkeypatch.setitem(render.RENDERERS, "html", lambda *_: time.sleep(999))
    result = run(KIND, few, tmp_path, projects=["P0001"], as_of=DAY, progress=False, limits=Limits(whole=10))
    assert result.failed == [("P0001", "超过每份 12 秒的时限（含转换格式），已终止")]


def test_the_command_tells_failures_with_the_right_exit_code(few, tmp_path):
    assert finish(report(few, tmp_path, "--project", "没有")).code == 2
    assert not tmp_path.joinpath("ledger.jsonl").exists()
