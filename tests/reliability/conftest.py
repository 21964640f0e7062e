"""A portfolio of any size, the command in a process of its own, and how often to do it.

``make test`` makes 60 reports and kills 10 times; ``make soak`` 1,000 and 50 (ZWXM_REPORTS, ZWXM_KILLS).
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from tests.reporting.conftest import ADJUSTMENT, COSTS, INDICATORS, OPERATING, PURCHASE
from zwxm_core.portfolio import write_workbook
from zwxm_core.resources import collection

REPORTS = int(os.environ.get("ZWXM_REPORTS", "60"))
KILLS = int(os.environ.get("ZWXM_KILLS", "10"))
DAY = date(2026, 3, 1)
KIND = "adjustment_review"
"""The kind that is made in numbers: it has no chart, so that time goes where the faults are."""

LEDGER = "ledger.jsonl"

signal.signal(signal.SIGINT, signal.default_int_handler)
"""A shell lets what runs in its background ignore Ctrl-C, and the commands that the tests send it to inherit that."""


def records(n: int) -> dict[str, list[dict]]:
    """A portfolio of n projects, every other one a purchase to decide on, the rest in operation."""
    sheets: dict[str, list[dict]] = {name: [] for name in ("projects", "adjustments", "costs", "indicators")}
    for i in range(n):
        id_, like = f"P{i:04}", (PURCHASE, OPERATING)[i % 2]
        sheets["projects"].append({**like, "id": id_, "name": f"{like['name']}{i}", "unit": f"单位{i % 40}"})
        mine = (("adjustments", [ADJUSTMENT]), ("costs", COSTS), ("indicators", INDICATORS))
        for sheet, rows in mine:
            sheets[sheet] += [{**row, "project": id_} for row in rows if row["project"] == like["id"]]
    return sheets


@pytest.fixture(scope="session")
def few(tmp_path_factory) -> Path:
    """A workbook of six projects."""
    return write_workbook(tmp_path_factory.mktemp("few") / "项目.xlsx", records(6))


@pytest.fixture(scope="session")
def many(tmp_path_factory) -> Path:
    """A workbook of as many projects as there shall be reports."""
    return write_workbook(tmp_path_factory.mktemp("many") / "项目.xlsx", records(REPORTS))


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "zwxm_core.cli", *map(str, arguments)]


def report(book: Path, out: Path, *options: object, kind: str = KIND) -> list[str]:
    """The command that makes reports of a workbook."""
    return command("report", kind, book, "--out", out, "--as-of", DAY, *options)


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def finish(arguments: list[str], **environment: str) -> Ended:
    """Run a command to its end."""
    env = {**os.environ, **environment}
    done = subprocess.run(arguments, capture_output=True, text=True, env=env, timeout=7200)
    assert "Traceback" not in done.stderr, done.stderr
    return Ended(done.returncode, done.stdout, done.stderr)


@contextmanager
def running(arguments: list[str], **environment: str):
    """A command that runs; killed at the end if it still does."""
    env = {**os.environ, **environment}
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until(true, seconds: float = 120) -> None:
    """Wait until something is true."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.02)


def contents(folder: Path) -> dict[str, str]:
    """Hash by name of everything in a folder but the ledger; nothing there is half-written."""
    files = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}
    return {name: digest for name, digest in files.items() if name != LEDGER}


def reports(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.glob(f"{KIND}_*"))


def ledger_rows(folder: Path) -> list[dict]:
    lines = (folder / LEDGER).read_text(encoding="utf-8").splitlines()
    return [json.loads(line.partition(" ")[2]) for line in lines]


@pytest.fixture
def template(tmp_path):
    """A function that writes a small report template: parameters, the given cells, a last one."""

    def write(*deeds: str) -> Path:
        notebook = json.loads(collection(f"notebooks/reports/{KIND}.ipynb").read_text(encoding="utf-8"))
        like = notebook["cells"][1]
        later = [{**like, "id": f"deed{n}", "source": deed} for n, deed in enumerate((*deeds, "'done'"))]
        notebook["cells"][1:] = later
        written = tmp_path / f"template{len(list(tmp_path.glob('template*')))}.ipynb"
        written.write_text(json.dumps(notebook), encoding="utf-8")
        return written

    return write
