"""Time of one report: ours, papermill's command line, the same cells in a warm process, two workers, formats, memory.

    python benchmarks/reports.py [N] [KIND]

Everything in one run on the same notebook and the same projects of the samples. Wall time, medians.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import psutil

from zwxm_core.portfolio import read
from zwxm_core.reporting.batch import FORMATS, run
from zwxm_core.reporting.execute import execute
from zwxm_core.reporting.render import RENDERERS
from zwxm_core.reporting.workers import Warm
from zwxm_core.resources import collection

WORKBOOK = collection("data/samples/portfolio.xlsx")
PROJECTS = [f"LS2026-{number:02}" for number in (1, 21, 23, 28, 2, 3)]
DAY = date(2026, 11, 24)


def parameters(project: str) -> dict:
    return {"data": str(WORKBOOK), "project": project, "as_of": DAY.isoformat(), "ruleset": "leshan-2022"}


def papermill(notebook: Path, project: str, folder: Path) -> None:
    """One report by papermill's command line."""
    given = [part for name, value in parameters(project).items() for part in ("-p", name, value)]
    command = [sys.executable, "-m", "papermill", notebook, folder / "out.ipynb", "--no-progress-bar", *given]
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


def cells(notebook: Path, project: str) -> None:
    """The cells of a report by exec, what each shows as a notebook would show it."""
    names: dict = {}
    code = [c for c in json.loads(notebook.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    exec("".join(code[0]["source"]), names)  # noqa: S102
    names |= parameters(project)
    exec("".join(code[1]["source"]), names)  # noqa: S102
    for cell in code[2:]:
        shown = eval("".join(cell["source"]), names)
        for form in ("_repr_html_", "_repr_mimebundle_"):
            if hasattr(shown, form):
                getattr(shown, form)()


def timed(function, *arguments) -> float:
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def batch(kind: str, jobs: int, projects: list[str]) -> float:
    """Seconds a report of a batch, without what a run does once."""
    with tempfile.TemporaryDirectory() as folder:
        one = {"as_of": DAY, "progress": False, "jobs": jobs}
        few = timed(lambda: run(kind, WORKBOOK, Path(folder, "few"), projects=projects[:jobs], **one))
        all_ = timed(lambda: run(kind, WORKBOOK, Path(folder, "all"), projects=projects, **one))
    return (all_ - few) / (len(projects) - jobs)


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else len(PROJECTS)
    kind = sys.argv[2] if len(sys.argv) > 2 else "evaluation"
    projects, notebook = (PROJECTS * n)[:n], collection(f"notebooks/reports/{kind}.ipynb")
    Warm(str(WORKBOOK), None, "leshan-2022", "").up()
    everyone = [id_ for id_ in read(WORKBOOK).facts.ids.tolist() if id_.startswith("LS2026")]
    one, two = batch(kind, 1, everyone), batch(kind, 2, everyone)
    with tempfile.TemporaryDirectory() as folder:
        theirs = statistics.median(timed(papermill, notebook, p, Path(folder)) for p in projects)
    cells(notebook, projects[0])
    ours, bare, formats = [], [], []
    process, sizes = psutil.Process(), []
    for project in projects:
        bare.append(timed(cells, notebook, project))
        ours.append(timed(execute, notebook, parameters(project)))
        executed = execute(notebook, parameters(project))
        formats.append(timed(lambda made=executed: [render(made, "题") for render in RENDERERS.values()]))
        sizes.append(process.memory_info().rss / 2**20)
    engine, plain, formed = (statistics.median(times) for times in (ours, bare, formats))
    load = os.getloadavg()[0]
    print(f"{n} × {kind}, {os.cpu_count()} cores, load {load:.1f}\n")
    print("| | s per report | ratio |\n|---|---:|---:|")
    print(f"| engine `zwxm`, execution alone | {engine:.2f} | 1 |")
    print(f"| papermill command line | {theirs:.2f} | {theirs / engine:.1f} |")
    print(f"| the same cells by exec, warm process | {plain:.2f} | ours / exec {engine / plain:.2f} |")
    print(f"| batch of HTML, one worker | {one:.2f} | papermill / ours {theirs / one:.1f} |")
    print(f"| batch of HTML, two workers | {two:.2f} | one / two {one / two:.2f} |")
    print(
        f"| formats ({', '.join(FORMATS)}) | {formed:.2f} | with execution {(engine + formed) / engine:.2f} |"
    )
    print(
        f"\nMemory of the worker after the first and the last report: {sizes[0]:.0f} and {sizes[-1]:.0f} MB"
    )


if __name__ == "__main__":
    main()
