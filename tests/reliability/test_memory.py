"""Memory of a batch: the worker that makes the reports and the run that places them stay as large as they were."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from tests.reliability.conftest import DAY, KIND
from zwxm_core.reporting.execute import Job
from zwxm_core.reporting.workers import RENEWED, Warm, on_this_machine
from zwxm_core.resources import collection

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not psutil.LINUX, reason="memory of one's own is told by Linux"),
]

SETTLED, COUNT, GROWTH = 20, 60, 4
"""Reports after which memory has settled, reports made, MiB of growth that may be chance."""


def own(process: psutil.Process) -> float:
    return process.memory_full_info().uss / 2**20


def test_memory_does_not_grow_with_the_number_of_reports(few: Path):
    assert COUNT < RENEWED, "a worker that is renewed would hide what it has lost"
    given = {"data": str(few), "as_of": DAY.isoformat(), "ruleset": "leshan-2022"}
    notebook = collection(f"notebooks/reports/{KIND}.ipynb")
    jobs = [
        Job(KIND, f"P{i % 6:04}", notebook, {**given, "project": f"P{i % 6:04}"}, "题") for i in range(COUNT)
    ]
    run, sizes = psutil.Process(), []
    before = set(run.children())
    for made in on_this_machine(jobs, 1, Warm(str(few), None, "leshan-2022", "")):
        assert made.error is None
        [worker] = set(run.children()) - before
        sizes.append((own(run), own(worker)))
    for early, late in zip(sizes[SETTLED], sizes[-1], strict=True):
        assert late - early < GROWTH, (early, late)
