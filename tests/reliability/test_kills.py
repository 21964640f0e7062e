"""Killed at any moment and begun again: the same files, none torn, none twice (faults 1–4, 23, 28, 35)."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time

import psutil
import pytest

from zwxm_core.reporting.ledger import Ledger

from .conftest import (
    KILLS,
    LEDGER,
    REPORTS,
    contents,
    finish,
    ledger_rows,
    report,
    reports,
    running,
    until,
)

pytestmark = pytest.mark.slow

FORMATS = ("--format", "html,ipynb")


@pytest.fixture(scope="module")
def whole(many, tmp_path_factory):
    """An uninterrupted run with two workers, and how long it took."""
    out, start = tmp_path_factory.mktemp("whole"), time.monotonic()
    assert finish(report(many, out, "--jobs", 2, *FORMATS)).code == 0
    return out, time.monotonic() - start


def test_fault_01_killed_at_random_moments_and_resumed_a_run_leaves_what_an_uninterrupted_one_does(
    many, whole, tmp_path
):
    reference, seconds = whole
    dice, killed = random.Random(20260301), 0
    command = report(many, tmp_path, "--jobs", 2, *FORMATS)
    while killed < KILLS:
        with running(command) as process:
            try:
                process.wait(dice.uniform(0.1, 1) * max(6.0, 3 * seconds / KILLS))
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
                continue
        for path in dice.sample(sorted(tmp_path.glob("*_P*")), REPORTS // 2):
            path.unlink()  # it was done already: give it something to do
    assert finish(command).code == 0
    assert contents(tmp_path) == contents(reference)
    assert len(reports(tmp_path)) == 2 * REPORTS
    until(lambda: not _workers(tmp_path), 10)


def _workers(out) -> list[psutil.Process]:
    """Processes of runs into this folder (a fork has its parent's command line)."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        if str(out) in (process.info["cmdline"] or ()) and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


@pytest.mark.parametrize("point", ["unwritten", "written", "noted", "placed"])
def test_fault_02_killed_at_each_point_of_writing_a_file_a_run_resumes_to_the_same(few, tmp_path, point):
    assert finish(report(few, tmp_path / "whole")).code == 0
    out = tmp_path / "killed"
    assert finish(report(few, out), ZWXM_CRASH=f"{point}:3").code == -signal.SIGKILL
    before = len(reports(out))
    assert before == (3 if point == "placed" else 2)
    again = finish(report(few, out))
    assert again.code == 0
    assert f"{6 - before}/{6 - before}" in again.err  # no more is made than was missing
    assert contents(out) == contents(tmp_path / "whole")


def test_fault_02_killed_while_replacing_a_report_neither_version_is_taken_for_a_persons(few, tmp_path):
    """The old file is still there, the ledger knows the new one already."""
    project = ("--project", "P0001")
    assert finish(report(few, tmp_path, *project)).code == 0
    changed = [*report(few, tmp_path, *project), "--as-of", "2026-03-02"]
    assert finish(changed, ZWXM_CRASH="noted").code == -signal.SIGKILL
    done = finish(changed)
    assert (done.code, "人工修改" in done.err) == (0, False)
    assert "2026-03-02" in (tmp_path / reports(tmp_path)[0]).read_text(encoding="utf-8")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_fault_03_a_run_that_is_told_to_stop_does_so_at_once_and_says_how_to_go_on(
    many, tmp_path, number, code
):
    with running(report(many, tmp_path)) as process:
        until(lambda: reports(tmp_path))
        process.send_signal(number)
        told = time.monotonic()
        _, err = process.communicate(timeout=60)
        assert time.monotonic() - told < 10
    assert process.returncode == code
    assert "Traceback" not in err
    assert re.search(r"已中断，已完成的都在；接着做：zwxm report \S+ \S*项目\.xlsx\S* --out", err)
    assert len([r for r in ledger_rows(tmp_path) if r["event"] == "file"]) == len(reports(tmp_path))
    assert not list(tmp_path.glob(".*"))
    assert not _workers(tmp_path)


def test_fault_04_a_worker_that_is_killed_costs_no_report(few, tmp_path):
    with running(report(few, tmp_path, "--jobs", 2)) as process:
        until(lambda: reports(tmp_path))
        for worker in psutil.Process(process.pid).children():
            worker.kill()
        assert process.wait(120) == 0
    assert len(reports(tmp_path)) == 6


def test_fault_23_the_lock_of_a_run_that_died_is_free_at_once(few, tmp_path):
    """flock is released by the system; on NFS it is not tested (no NFS here), the ledger's checks still hold."""
    assert finish(report(few, tmp_path), ZWXM_CRASH="placed:1").code == -signal.SIGKILL
    assert finish(report(few, tmp_path)).code == 0


def test_fault_28_one_worker_gives_what_two_do(many, whole, tmp_path):
    projects = [f"P{i:04}" for i in range(min(REPORTS, 8))]
    assert finish(report(many, tmp_path, *FORMATS, "--project", *projects)).code == 0
    reference = contents(whole[0])
    mine = {name: digest for name, digest in contents(tmp_path).items() if name in reports(tmp_path)}
    assert len(mine) == 2 * len(projects)
    assert mine.items() <= reference.items()


def test_fault_28_what_python_makes_of_its_hashes_shows_nowhere(few, tmp_path):
    """The order of sets differs from process to process unless it is fixed."""
    for seed in ("1", "2"):
        assert finish(report(few, tmp_path / seed, kind="evaluation"), PYTHONHASHSEED=seed).code == 0
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


def test_fault_35_the_index_lists_exactly_the_reports_that_are_there(whole):
    out, _ = whole
    ledger = Ledger(out / LEDGER)
    ledger.read()
    listed = set(re.findall(r'href="([\w%.-]+\.(?:html|ipynb))"', (out / "index.html").read_text("utf-8")))
    assert listed == set(reports(out)) == {n for names in ledger.reports().values() for n in names}


def test_fault_35_the_index_is_right_again_after_a_kill_and_a_deleted_report(few, tmp_path):
    assert finish(report(few, tmp_path), ZWXM_CRASH="noted:4").code == -signal.SIGKILL
    (tmp_path / reports(tmp_path)[0]).unlink()
    assert finish(report(few, tmp_path, "--project", "P0001", "P0004")).code == 0
    listed = set(re.findall(r'href="([\w%.-]+\.html)"', (tmp_path / "index.html").read_text("utf-8")))
    assert listed == set(reports(tmp_path))


def test_no_worker_outlives_a_run_that_is_killed(many, tmp_path):
    with running(report(many, tmp_path, "--jobs", 2)) as process:
        until(lambda: reports(tmp_path))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    until(lambda: not _workers(tmp_path), 10)
