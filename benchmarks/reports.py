"""Time of one report: ours, papermill's command line, the same cells in a warm process, two workers, formats.

    python benchmarks/reports.py [N] [KIND]
    python benchmarks/reports.py memory [N] [KIND]

Everything in one run on the same notebook and the same projects: those of the samples whose stage asks for this
kind of report, in turn. Medians, by the clock and of the processor (which holds on a busy machine). ``memory``:
the size of a run and of its worker after many reports.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import psutil

from zwxm_core.lifecycle import stage_names
from zwxm_core.portfolio import read
from zwxm_core.reporting import shell, workers
from zwxm_core.reporting.execute import Job, empty_home, execute
from zwxm_core.reporting.kinds import adjusted, kind_for
from zwxm_core.reporting.render import RENDERERS, Executed
from zwxm_core.reporting.workers import Warm, on_this_machine
from zwxm_core.resources import collection

WORKBOOK = collection("data/samples/portfolio.xlsx")
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


def spent() -> float:
    """Processor seconds of this process and of the children that have ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def timed(function, *arguments) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    start, before = time.perf_counter(), spent()
    function(*arguments)
    return time.perf_counter() - start, spent() - before


def batch(kind: str, workers: int, projects: list[str]) -> float:
    """Seconds a report of a batch of HTML, without what a run does once: from the first round of its workers on."""
    notebook = collection(f"notebooks/reports/{kind}.ipynb")
    jobs = [Job(kind, project, notebook, parameters(project), "题") for project in projects]
    ended = []
    for made in on_this_machine(jobs, workers, Warm(str(WORKBOOK), None, "leshan-2022", "")):
        assert made.error is None, made.error
        ended.append(time.perf_counter())
    return (ended[-1] - ended[workers - 1]) / (len(projects) - workers)


def asked(kind: str) -> list[str]:
    """The projects of the samples whose stage asks for a kind of report."""
    facts = read(WORKBOOK).facts
    stages = zip(facts.ids.tolist(), stage_names(facts, DAY), adjusted(facts), strict=True)
    return [id_ for id_, stage, changed in stages if kind_for(stage, changed) == kind]


def as_a_worker() -> None:
    """Make this process as ready to fork as a worker of a batch is."""
    Warm(str(WORKBOOK), None, "leshan-2022", "").up()
    with empty_home():
        shell.built()
    gc.collect()
    gc.freeze()


def memory(count: int, kind: str) -> None:
    """Memory of the run and of its one worker while it makes many reports, never renewed."""
    workers.RENEWED = count
    projects, notebook = asked(kind), collection(f"notebooks/reports/{kind}.ipynb")
    jobs = [Job(kind, p, notebook, parameters(p), "题") for p in (projects * count)[:count]]
    told, start = {1, 20, 100, 300, 500, count}, time.perf_counter()
    print(
        f"{count} × {kind}, HTML, one worker\n\n| reports | run RSS (own) MB | worker RSS (own) MB |\n|---:|---:|---:|"
    )
    process = psutil.Process()
    for number, _ in enumerate(on_this_machine(jobs, 1, Warm(str(WORKBOOK), None, "leshan-2022", "")), 1):
        if number in told:
            sizes = [one.memory_full_info() for one in (process, *process.children())]
            print(
                f"| {number:,} |",
                " | ".join(f"{s.rss / 2**20:.1f} ({s.uss / 2**20:.1f})" for s in sizes),
                "|",
            )
    print(f"\n{(time.perf_counter() - start) / count:.2f} s per report")


def measured(kind: str, n: int) -> dict[str, list[tuple[float, float]]]:
    """Seconds by what was done, of n projects in turn."""
    projects, notebook = (asked(kind) * n)[:n], collection(f"notebooks/reports/{kind}.ipynb")
    as_a_worker()
    for project in asked(kind)[:2]:
        cells(notebook, project)
    found: dict[str, list[tuple[float, float]]] = {"papermill": [], "cells": [], "ours": [], "formats": []}
    for project in projects:
        with tempfile.TemporaryDirectory() as folder:
            found["papermill"].append(timed(papermill, notebook, project, Path(folder)))
        found["cells"].append(timed(cells, notebook, project))
        found["ours"].append(timed(execute, notebook, parameters(project)))
    for number, project in enumerate(
        asked(kind)[: n + 1]
    ):  # each once, since Typst remembers what it has set
        made = Executed(execute(notebook, parameters(project)), "题")
        spent_ = timed(lambda made=made: [renderer(made) for renderer in RENDERERS.values()])
        if number:
            found["formats"].append(spent_)
    return found


def main() -> None:
    if sys.argv[1:2] == ["memory"]:
        count, kind = [*sys.argv[2:], *("1000", "adjustment_review")[len(sys.argv) - 2 :]]
        return memory(int(count), kind)
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    kind = sys.argv[2] if len(sys.argv) > 2 else "acceptance"
    everyone = (asked(kind) * n)[: max(2 * n, 8)]
    one, two = batch(kind, 1, everyone), batch(kind, 2, everyone)
    found = measured(kind, n)
    (theirs, plain, engine, formed), (theirs_cpu, plain_cpu, engine_cpu, formed_cpu) = (
        [statistics.median(pair[which] for pair in pairs) for pairs in found.values()] for which in (0, 1)
    )
    print(f"{n} × {kind}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| | s per report | ratio | processor s | ratio |\n|---|---:|---:|---:|---:|")
    print(f"| engine `zwxm`, execution alone | {engine:.2f} | 1 | {engine_cpu:.2f} | 1 |")
    print(
        f"| papermill command line / ours | {theirs:.2f} | {theirs / engine:.1f} | {theirs_cpu:.2f} | {theirs_cpu / engine_cpu:.1f} |"
    )
    print(
        f"| ours / the same cells by exec, warm process | {plain:.2f} | {engine / plain:.2f} | {plain_cpu:.2f} | {engine_cpu / plain_cpu:.2f} |"
    )
    print(f"| batch of HTML, one worker: papermill / ours | {one:.2f} | {theirs / one:.1f} | | |")
    print(f"| batch of HTML, two workers: one / two | {two:.2f} | {one / two:.2f} | | |")
    both, both_cpu = (engine + formed) / engine, (engine_cpu + formed_cpu) / engine_cpu
    print(
        f"| formats ({', '.join(RENDERERS)}): with execution / execution | {formed:.2f} | {both:.2f} | {formed_cpu:.2f} | {both_cpu:.2f} |"
    )
    return None


if __name__ == "__main__":
    main()
