"""One notebook run: what is not executed to its end is never a report."""

from __future__ import annotations

import os
import time

import psutil
import pytest

from zwxm_core.reporting.execute import Incomplete, Job, Limits, execute, make

pytestmark = pytest.mark.slow


def test_a_notebook_runs_with_its_parameters(notebook):
    hostile = '\'; import os\n"""{x}\\'
    done = execute(notebook("project"), {"project": hostile})
    assert done.cells[-1].outputs[0].data["text/plain"] == repr(hostile)


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("raise ValueError('金额不对')", "金额不对"),
        ("1/0", "报告运行到第 2 格出错：ZeroDivisionError：division by zero"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "内核异常终止"),
        ("import sys; sys.exit(0)", "第 2 格出错|第 3 格没有执行"),
    ],
)
def test_a_notebook_that_fails_says_why(notebook, cell, told):
    with pytest.raises(Incomplete, match=told):
        execute(notebook(cell, "'later'"), {})


def kernels() -> set[int]:
    """The kernels below this process that live."""
    children = psutil.Process().children(recursive=True)
    living = (c for c in children if c.status() != psutil.STATUS_ZOMBIE)
    return {c.pid for c in living if "ipykernel" in " ".join(c.cmdline())}


def test_a_notebook_that_hangs_is_ended_at_its_limit_even_if_it_ignores_interrupts(notebook):
    stuck = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: time.sleep(1)"
    started, before = time.monotonic(), kernels()
    with pytest.raises(Incomplete, match="超过每份 6 秒的时限"):
        execute(notebook(stuck), {}, Limits(whole=6))
    assert time.monotonic() - started < 30
    assert kernels() <= before


def test_a_users_own_start_up_files_stay_out_of_reports(notebook, tmp_path, monkeypatch):
    start = tmp_path / "own" / "profile_default" / "startup"
    start.mkdir(parents=True)
    start.joinpath("00.py").write_text("leaked = 1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "own"))
    done = execute(notebook("'leaked' in dir()"), {})
    assert done.cells[-1].outputs[0].data["text/plain"] == "False"
    assert os.environ["IPYTHONDIR"] == str(tmp_path / "own")


def test_making_never_raises_and_a_notebook_keeps_no_times(notebook):
    job = Job("evaluation", "A", notebook("'好'"), {"project": "A"}, "题", ("html", "ipynb"))
    made = make(job)
    assert made.error is None
    assert make(job).files == made.files  # the same input gives the same bytes
    assert b"start_time" not in made.files["ipynb"]
    gone = make(Job("evaluation", "A", job.notebook.with_name("没有.ipynb"), {}, "题"))
    assert gone.error.startswith("未能生成：")
