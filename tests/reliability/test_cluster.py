"""Reports on a Dask cluster of this machine whose workers and scheduler are killed (faults 25–28)."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager

import psutil
import pytest

from zwxm_core.reporting import batch
from zwxm_core.reporting.batch import run

from .conftest import DAY, KIND, contents, finish, report, reports, running, until

pytestmark = pytest.mark.slow


class Cluster:
    """A scheduler and two workers, each a process of its own under a nanny that replaces it."""

    def __init__(self, folder):
        file = folder / "scheduler.json"
        self.scheduler = _dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
                               "--scheduler-file", file)  # fmt: skip
        until(file.exists, 180)
        self.address = json.loads(file.read_text())["address"]
        worker = ("worker", self.address, "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1")
        self.nannies = [_dask(*worker, "--local-directory", folder) for _ in range(2)]

    def workers(self) -> list[psutil.Process]:
        """The processes that run tasks: the nannies' children, without Python's resource tracker."""
        found = [c for nanny in self.nannies for c in psutil.Process(nanny.pid).children()]
        return [c for c in found if "resource_tracker" not in " ".join(c.cmdline())]

    def end(self) -> None:
        for process in (*self.nannies, self.scheduler):
            for child in (
                psutil.Process(process.pid).children(recursive=True) if process.poll() is None else ()
            ):
                child.kill()
            process.kill()
            process.wait()


def _dask(*arguments) -> subprocess.Popen:
    command = [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *map(str, arguments[1:])]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def cluster(folder):
    made = Cluster(folder)
    try:
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def dask(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("dask")) as made:
        yield made


def test_fault_25_a_dask_worker_that_is_killed_costs_no_report_and_fault_28_the_bytes_are_the_same(
    dask, few, tmp_path
):
    here, there = tmp_path / "here", tmp_path / "there"
    assert finish(report(few, here)).code == 0
    with running(report(few, there, "--dask", dask.address)) as process:
        until(lambda: reports(there), 300)
        dask.workers()[0].kill()
        _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert contents(there) == contents(here)


def test_fault_26_a_project_that_kills_its_dask_workers_fails_alone(
    dask, few, tmp_path, template, monkeypatch
):
    """The notebook's process is a fork of a process beside the Dask worker, which it kills."""
    deed = "import psutil\nif project == 'P0002':\n    psutil.Process().parent().parent().kill()\n    while True: pass"
    bad = template(deed)
    monkeypatch.setattr(batch, "collection", lambda _: bad)
    result = run(KIND, few, tmp_path / "out", as_of=DAY, progress=False, dask=dask.address)
    assert [project for project, _ in result.failed] == ["P0002"]
    assert "先后 4 个 Dask 工作进程" in result.failed[0][1]
    assert len(reports(tmp_path / "out")) == 5


def test_fault_26_a_project_that_kills_only_itself_fails_at_once(dask, few, tmp_path, template, monkeypatch):
    bad = template("import os, signal\nif project == 'P0002': os.kill(os.getpid(), signal.SIGKILL)")
    monkeypatch.setattr(batch, "collection", lambda _: bad)
    result = run(KIND, few, tmp_path / "out", as_of=DAY, progress=False, dask=dask.address)
    assert result.failed == [("P0002", "运行报告的内核异常终止（可能内存不足，或被系统结束）")]


def test_fault_27_without_its_scheduler_a_run_ends_and_resumes_on_this_machine(few, tmp_path):
    folder, out = tmp_path / "dask", tmp_path / "out"
    folder.mkdir()
    with cluster(folder) as made:
        with running(report(few, out, "--dask", made.address)) as process:
            until(lambda: reports(out), 300)
            made.scheduler.kill()
            killed = time.monotonic()
            _, err = process.communicate(timeout=60)
        assert time.monotonic() - killed < 30
    if process.returncode == 0:  # the last reports were on their way already
        assert len(reports(out)) == 6
    else:
        assert (process.returncode, "Traceback" in err) == (1, False), err
        assert "与 Dask 调度器" in err
        assert "再次运行同一命令即从断点继续" in err
    assert finish(report(few, out)).code == 0
    assert len(reports(out)) == 6


def test_a_scheduler_that_is_not_there_is_told_in_one_line(few, tmp_path):
    ended = finish(report(few, tmp_path / "out", "--dask", "tcp://127.0.0.1:9"))
    assert ended.code == 1
    assert ended.err.splitlines()[-1].startswith("连不上 Dask 调度器 tcp://127.0.0.1:9：")
