"""Files: safe names, complete or as before, edits kept."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwxm_core.reporting import files


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
    manifest: dict = {}
    files.place(tmp_path, "a.html", b"one", manifest)
    assert files.read_manifest(tmp_path) == manifest
    assert not files.edited(tmp_path, "a.html", manifest)
    (tmp_path / "a.html").write_bytes(b"one, edited")
    assert files.edited(tmp_path, "a.html", manifest)
    assert files.free_name(tmp_path, "a.html", manifest) == "a.new.html"


def test_a_file_that_was_there_before_us_is_a_persons(tmp_path):
    (tmp_path / "index.html").write_text("mine")
    (tmp_path / "index.new.html").write_text("mine, too")
    assert files.free_name(tmp_path, "index.html", {}) == "index.new2.html"


def test_a_damaged_manifest_makes_nothing_ours(tmp_path):
    files.place(tmp_path, "a.html", b"one", {})
    (tmp_path / "manifest.json").write_text('{"files": [tor')
    assert files.edited(tmp_path, "a.html", files.read_manifest(tmp_path))


def test_when_the_disk_is_full_the_old_report_is_whole_and_nothing_else_is_left(tmp_path, monkeypatch):
    files.place(tmp_path, "a.html", b"old", {})

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.place(tmp_path, "a.html", b"new", {})
    assert (tmp_path / "a.html").read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.html", "manifest.json"]
