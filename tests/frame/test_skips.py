"""In CI nothing is skipped silently."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
CASES = """
import pytest
def test_runs(): pass
@pytest.mark.skip(reason="no browser")
def test_skips(): pass
def test_needs_shared(shared): pass
@pytest.mark.xfail(reason="known")
def test_known(): assert False
"""


@pytest.fixture
def outcome(tmp_path):
    """Runs the cases under our conftest, in a folder without ../shared; the exit code and the text."""
    tests = tmp_path / "project" / "tests"
    tests.mkdir(parents=True)
    shutil.copy(CONFTEST, tests)
    (tests / "test_cases.py").write_text(CASES, "utf-8")

    def run(**env):
        environment = {
            k: v for k, v in os.environ.items() if k != "ZWXM_CI" and not k.startswith("PYTEST_")
        } | env
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "tests"]
        done = subprocess.run(command, cwd=tests.parent, env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout

    return run


def test_elsewhere_a_skip_is_a_skip(outcome):
    code, text = outcome()
    assert code == 0
    assert "1 passed, 2 skipped, 1 xfailed" in text


def test_in_ci_only_the_absence_of_shared_excuses_a_skip_and_is_counted(outcome):
    code, text = outcome(ZWXM_CI="1")
    assert code == 1
    assert "1 passed, 1 skipped, 1 xfailed, 1 error" in text
    assert "skipped in CI: Skipped: no browser" in text
    assert "skipped because ../shared is absent: 1" in text
