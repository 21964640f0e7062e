"""Disks that are full, read-only or gone, on file systems made for it; what a long run leaves behind (13–15, 33)."""

from __future__ import annotations

import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from zwxm_core.reporting.execute import Job, make
from zwxm_core.resources import collection

from .conftest import DAY, KIND, LEDGER, REPORTS, contents, finish, report, reports, running, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting needs root"),
]


@contextmanager
def mounted(folder: Path, *options: str):
    """A file system in memory of its own."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=False)


def test_fault_13_a_full_disk_stops_the_run_in_one_line_and_leaves_old_reports_whole(few, tmp_path):
    with mounted(tmp_path / "disk", "size=64k") as out:
        first = finish(report(few, out))
        assert first.code == 1
        assert "磁盘空间不足；已写好的报告没有损坏" in first.err
        whole = contents(out)
        assert 1 <= len(whole) < 6
        assert all(b"</html>" in (out / name).read_bytes() for name in whole)
        changed = finish([*report(few, out), "--as-of", "2026-03-02"])
        assert changed.code == 1
        assert contents(out).keys() == whole.keys()
        assert all(b"</html>" in (out / name).read_bytes() for name in contents(out))
        assert first.err.count("P000") == 0  # the disk is to blame, no project
        subprocess.run(["mount", "-o", "remount,size=64m", out], check=True)
        assert finish(report(few, out)).code == 0
        assert len(reports(out)) == 6


def test_fault_14_a_disk_full_for_the_ledger_alone_stops_the_run_and_it_resumes(few, tmp_path):
    both = ("--format", "html,ipynb")
    with mounted(tmp_path / "disk", "size=8k") as disk:
        out = tmp_path / "out"
        out.mkdir()
        (out / LEDGER).symlink_to(disk / LEDGER)
        (disk / "ballast").write_bytes(bytes(3000))
        first = finish(report(few, out, *both))
        assert first.code == 1
        assert "磁盘空间不足" in first.err
        assert 0 < len(reports(out)) < 12
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        second = finish(report(few, out, *both))
        assert (second.code, "人工修改" in second.err) == (0, False)
        assert len(reports(out)) == 12
        left = contents(out)
    assert finish(report(few, tmp_path / "whole", *both)).code == 0
    assert left == contents(tmp_path / "whole")


def test_fault_15_a_read_only_folder_is_refused_in_one_line(few, tmp_path):
    with mounted(tmp_path / "disk", "size=1m") as out:
        subprocess.run(["mount", "-o", "remount,ro", out], check=True)
        done = finish(report(few, out))
        assert done.code == 1
        assert "磁盘是只读的" in done.err
        assert not list(out.iterdir())


def test_fault_15_a_folder_whose_file_system_goes_away_stops_the_run(few, tmp_path):
    """What would be written from then on would land in the empty folder beneath."""
    with mounted(tmp_path / "disk", "size=16m") as out:
        with running(report(few, out)) as process:
            until(lambda: reports(out))
            subprocess.run(["umount", "-l", out], check=True)
            _, err = process.communicate(timeout=300)
        assert process.returncode == 1
        assert "目录或文件已不在" in err
        assert "Traceback" not in err
    assert not list(out.glob("*.html"))


def test_fault_15_a_folder_that_is_removed_on_the_way_stops_the_run_and_is_not_made_anew(few, tmp_path):
    out = tmp_path / "out"
    with running(report(few, out)) as process:
        until(lambda: reports(out))
        out.rename(tmp_path / "moved")
        _, err = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "目录或文件已不在" in err
    assert not out.exists()
    assert not list((tmp_path / "moved").glob(".*"))


def test_fault_33_many_reports_leave_no_file_handle_no_file_no_process_and_no_memory(
    few, tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    notebook = collection(f"notebooks/reports/{KIND}.ipynb")
    parameters = {"data": str(few), "project": "P0001", "as_of": DAY.isoformat(), "ruleset": "leshan-2022"}
    process, seen = psutil.Process(), []
    before = len(process.children())  # servers of other tests
    for number in range(REPORTS if REPORTS > 60 else 15):
        assert make(Job(KIND, "P0001", notebook, parameters, "题", ("html", "ipynb"))).error is None
        if number >= 5:
            seen.append((process.num_fds(), len(process.children()), process.memory_info().rss))
    assert len({fds for fds, _, _ in seen}) == 1
    assert {children for _, children, _ in seen} == {before}
    assert not list(tmp_path.iterdir())
    sizes = [rss for _, _, rss in seen]
    assert max(sizes[-3:]) < sizes[0] + 40 * 2**20
