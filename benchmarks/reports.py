"""Time of one report, against the papermill command line on the same notebook and project.

    python benchmarks/reports.py [N]

Ours is a batch of N evaluation reports with one worker, each executed in a kernel of its own and
written as HTML; papermill's is one process a report that executes the notebook and writes no HTML.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from zwxm_core.reporting.batch import run
from zwxm_core.resources import collection

WORKBOOK = collection("data/samples/portfolio.xlsx")
NOTEBOOK = collection("notebooks/reports/evaluation.ipynb")
PROJECTS = ["LS2026-01", "LS2026-21", "LS2026-23", "LS2026-28", "LS2026-02", "LS2026-03"]


def papermill(project: str, folder: Path) -> float:
    start = time.perf_counter()
    command = [sys.executable, "-m", "papermill", NOTEBOOK, folder / f"{project}.ipynb", "--no-progress-bar",
               "-p", "data", WORKBOOK, "-p", "project", project, "-p", "as_of", "2026-11-24"]  # fmt: skip
    subprocess.run([str(part) for part in command], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else len(PROJECTS)
    projects = PROJECTS[:n]
    with tempfile.TemporaryDirectory() as folder:
        alone = [papermill(project, Path(folder)) for project in projects]
        start = time.perf_counter()
        result = run("evaluation", WORKBOOK, Path(folder) / "out", projects=projects, jobs=1,
                     as_of=date(2026, 11, 24), ruleset="leshan-2022", progress=False)  # fmt: skip
        spent = time.perf_counter() - start
    assert len(result.made) == n, result
    ours, theirs = spent / n, statistics.median(alone)
    print(f"{n} evaluation reports, one worker\n")
    print("| | s per report |\n|---|---:|")
    print(f"| zwxm report (HTML, index and summary included) | {ours:.2f} |")
    print(f"| papermill command line (no HTML) | {theirs:.2f} |")
    print(f"| ratio papermill / ours | {theirs / ours:.2f} |")


if __name__ == "__main__":
    main()
