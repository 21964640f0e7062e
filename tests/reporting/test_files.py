"""Files: safe names, complete or as before, edits kept."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwxm_core.reporting import files
from zwxm_core.reporting.ledger import open_ledger


@given(st.text(min_size=1))
def test_any_id_gives_a_name_that_every_system_takes(project):
    name = files.file_stem("evaluation", project) + ".new.html"
    assert len(name.encode()) <= 255
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', name)
    assert name.startswith("evaluation_")  # so never CON, NUL or a hidden file


def test_ids_that_look_alike_when_cleaned_get_different_names():
    names = {
        files.file_stem("evaluation", p) for p in ("a/b", "a_b", "a:b", "../a_b", "长" * 200, "长" * 201)
    }
    assert len(names) == 6


def test_a_file_as_we_wrote_it_is_ours_and_a_changed_one_is_a_persons(tmp_path):
    with open_ledger(tmp_path) as ledger:
        files.place(tmp_path, "a.html", b"one", ledger)
        files.place(tmp_path, "a.html", b"two", ledger)
    with open_ledger(tmp_path) as ledger:
        assert not files.edited(tmp_path, "a.html", ledger)
        (tmp_path / "a.html").write_bytes(b"one")  # put back: still as we wrote it
        assert not files.edited(tmp_path, "a.html", ledger)
        (tmp_path / "a.html").write_bytes(b"one, edited")
        assert files.edited(tmp_path, "a.html", ledger)
        assert files.free_name(tmp_path, "a.html", ledger) == "a.new.html"


def test_a_file_that_was_there_before_us_is_a_persons(tmp_path):
    (tmp_path / "index.html").write_text("mine")
    (tmp_path / "index.new.html").write_text("mine, too")
    with open_ledger(tmp_path) as ledger:
        assert files.free_name(tmp_path, "index.html", ledger) == "index.new2.html"


def test_what_a_killed_run_left_without_a_name_is_cleared_and_nothing_else(tmp_path):
    left, others = ".evaluation_P001_df1e4005.html.ab12_x.tmp", (".mine.tmp", "index.html.tmp", ".index")
    for name in (left, *others):
        (tmp_path / name).touch()
    files.clear_left_over(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(others)


def test_when_the_disk_is_full_the_old_report_is_whole_and_nothing_else_is_left(tmp_path, monkeypatch):
    with open_ledger(tmp_path) as ledger:
        files.place(tmp_path, "a.html", b"old", ledger)

        def full(_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            files.place(tmp_path, "a.html", b"new", ledger)
    assert (tmp_path / "a.html").read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.html", "ledger.jsonl"]
