"""`pip install` alone, without a checkout, gives a working `zwxm demo`."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
"""An environment in which nothing points Python to this checkout."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The programs of a fresh environment that holds our wheel and, by reference, this one's libraries."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", folder, ROOT], check=True)
    venv.create(folder / "venv", with_pip=False)
    programs = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    [wheel] = folder.glob("zwxm_core-*.whl")
    subprocess.run([*pip, "--python", programs / "python", "install", "--no-deps", wheel], check=True)
    [site] = (folder / "venv").rglob("site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    return programs


@pytest.mark.slow
def test_an_installed_wheel_finds_its_own_notebooks_and_samples(installed):
    code = (
        "from zwxm_core.resources import collection as c; print(c('notebooks'), c('data/samples'), sep='\\n')"
    )
    command = [installed / "python", "-c", code]
    done = subprocess.run(
        command, cwd=installed.parent, env=CLEAN, capture_output=True, text=True, check=True
    )
    notebooks, samples = map(Path, done.stdout.split("\n")[:2])
    assert notebooks.is_relative_to(installed.parent)
    assert (notebooks / "00_start_here.ipynb").exists()
    assert sorted(p.name for p in samples.glob("*.xlsx")) == sorted(
        p.name for p in (ROOT / "data/samples").glob("*.xlsx")
    )


@pytest.mark.slow
def test_an_installed_wheel_runs_the_demo(installed, tmp_path):
    # nbconvert's own templates are data of this environment, not modules: by reference, too.
    env = CLEAN | {"JUPYTER_PATH": str(Path(sys.prefix, "share", "jupyter"))}
    command = [installed / "zwxm", "demo"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    index = tmp_path / done.stdout.strip().splitlines()[-1]
    assert index.name == "index.html"
    assert index.is_relative_to(tmp_path)
    assert index.stat().st_size > 1_000
