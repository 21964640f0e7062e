"""Many reports in one run: checked before anything starts, one bad project never stops the rest."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from datetime import date
from multiprocessing import get_context
from pathlib import Path

from zwxm_core.assessment import assess
from zwxm_core.lifecycle import stage_names
from zwxm_core.portfolio import Portfolio, read
from zwxm_core.portfolio.cells import fold
from zwxm_core.reporting import KINDS, PORTFOLIO_KINDS
from zwxm_core.reporting.calendar_file import calendar_bytes
from zwxm_core.reporting.execute import Job, Made, make
from zwxm_core.reporting.files import edited, file_stem, free_name, place, read_manifest
from zwxm_core.reporting.index import Entry, index_html, summary_xlsx
from zwxm_core.reporting.kinds import adjusted, kind_for
from zwxm_core.reporting.render import RENDERERS
from zwxm_core.reporting.report import SAMPLE_DAY, SAMPLE_RULES, SAMPLES
from zwxm_core.resources import collection
from zwxm_core.rules.chapter3 import with_split_totals
from zwxm_core.rulesets import RuleSet, load_ruleset
from zwxm_core.tables import clean

FORMATS = tuple(RENDERERS)


class ReportError(ValueError):
    """A run that cannot start or go on; the message is one Chinese line, ``code`` the exit code."""

    def __init__(self, message: str, code: int = 2):
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class BatchResult:
    """What a run left: file names made and kept (edited by a person), failures, the index page.

    ``failed`` has (project id, reason); ``exit_code`` is 1 where something failed.
    """

    index: Path
    summary: Path
    made: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        return 1 if self.failed else 0


def run(
    kind: str,
    workbook,
    out,
    *,
    mapping=None,
    projects=None,
    jobs: int = 1,
    formats: tuple[str, ...] = ("html",),
    as_of: date,
    ruleset="leshan-2022",
    overwrite_edited: bool = False,
    progress: bool = True,
    limit: float = 300,
) -> BatchResult:
    """Make the reports of one kind for the projects of a workbook, their index and summary.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    workbook, mapping : str or Path
        As for `zwxm_core.portfolio.read`.
    out : str or Path
        Folder; made where it is missing.
    projects : iterable of str or None
        Ids; None: all.
    jobs : int
        Reports made at a time.
    formats : tuple of {"html", "ipynb"}
    as_of : date
    ruleset : str or Path
    overwrite_edited : bool
        Make a report that a person edited again, beside the edited file.
    progress : bool
        Show a bar on standard error.
    limit : float
        Wall time of one report, seconds.

    Raises
    ------
    ReportError
        Unknown kind, format or project, or a folder that cannot be used; nothing is written.
    zwxm_core.portfolio.InputError, zwxm_core.rulesets.RulesetError
        The workbook or the rule set cannot be used.
    """
    if kind not in KINDS:
        raise ReportError(f"不认识的报告种类：{kind}；现有 {'、'.join(KINDS)}")
    batch = _open(workbook, out, mapping, formats, as_of, ruleset, jobs, limit)
    wanted = _rows(batch.portfolio, projects)
    if kind in PORTFOLIO_KINDS:
        if projects:
            raise ReportError(f"{KINDS[kind]}按整个工作簿出具，不能只选部分项目")
        plan: list[tuple[int | None, str | None]] = [(None, kind), *((row, None) for row in wanted)]
        return _run(batch, plan, jobs, overwrite_edited, progress)
    return _run(batch, [(row, kind) for row in wanted], jobs, overwrite_edited, progress)


def demo(
    out="reports/demo", jobs: int = 2, formats: tuple[str, ...] = ("html",), progress: bool = True
) -> BatchResult:
    """The reports of the samples: 年度集中审查 of them all, and of each the kind its stage asks for
    (`kind_for`).

    Projects whose stage asks for none stand in the index all the same. Rule set and day of
    assessment are the samples' own.
    """
    batch = _open(collection(SAMPLES), out, None, formats, SAMPLE_DAY, collection(SAMPLE_RULES), jobs, 300)
    facts = batch.portfolio.facts
    stages = zip(stage_names(facts, SAMPLE_DAY), adjusted(facts), strict=True)
    plan: list[tuple[int | None, str | None]] = [(None, kind) for kind in PORTFOLIO_KINDS]
    plan += [(row, kind_for(stage, changed)) for row, (stage, changed) in enumerate(stages)]
    return _run(batch, plan, jobs, False, progress)


@dataclass(slots=True)
class _Batch:
    portfolio: Portfolio
    ruleset: RuleSet
    as_of: date
    out: Path
    parameters: dict
    formats: tuple[str, ...]
    limit: float


def _open(workbook, out, mapping, formats, as_of, ruleset, jobs, limit) -> _Batch:
    """Check everything a run depends on, before anything is written."""
    if not formats or (unknown := [f for f in formats if f not in FORMATS]):
        told = "、".join(map(str, unknown)) if formats else "（空）"
        raise ReportError(f"不认识的格式：{told}；现有 {'、'.join(FORMATS)}")
    if jobs < 1:
        raise ReportError(f"同时做几份应为不小于 1 的整数，读到 {jobs}")
    portfolio, rules = read(workbook, mapping), load_ruleset(ruleset)
    parameters = {
        "data": str(Path(workbook).resolve()),
        "as_of": as_of.isoformat(),
        "ruleset": str(rules.paths[-1]),
        "mapping": None if mapping is None else str(Path(mapping).resolve()),
    }
    for notice in portfolio.notices:
        _say(notice)
    out = Path(out).resolve()
    return _Batch(portfolio, rules, as_of, out, parameters, tuple(dict.fromkeys(formats)), limit)


def _rows(portfolio: Portfolio, projects) -> list[int]:
    at = {fold(str(id_)): row for row, id_ in enumerate(portfolio.facts.ids)}
    if not projects:
        return list(range(portfolio.facts.n))
    if unknown := [str(p) for p in projects if fold(str(p)) not in at]:
        raise ReportError(
            f"{portfolio.path.name} 里没有这些项目编号：{'、'.join(clean(u, 40) for u in unknown)}"
        )
    return sorted({at[fold(str(p))] for p in projects})


def _run(
    batch: _Batch, plan: list[tuple[int | None, str | None]], workers: int, again: bool, progress: bool
) -> BatchResult:
    try:
        batch.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(f"输出目录不能使用：{batch.out}（{error.strerror}）") from None
    manifest = read_manifest(batch.out)
    entries = [_entry(batch, row, kind) for row, kind in plan]
    result = BatchResult(batch.out / "index.html", batch.out / "summary.xlsx")
    todo = {}
    for entry in entries:
        if due := _due(batch, entry, manifest, again):
            todo[entry.stem] = (entry, _job(batch, entry, due))
        result.kept += entry.kept
    try:
        for made in _bar(_made([job for _, job in todo.values()], workers), len(todo), progress):
            _place(batch, todo[file_stem(made.job.kind, made.job.project)][0], made, result, manifest)
        for name in result.kept:
            _say(f"人工修改过，原样保留：{name}")
        _finish(batch, entries, result, manifest)
    except OSError as error:
        raise ReportError(f"写不进输出目录 {batch.out}：{error.strerror}；已写好的报告没有损坏", 1) from None
    return result


def _due(batch: _Batch, entry: Entry, manifest: dict[str, str], again: bool) -> tuple[str, ...]:
    """The formats to make; files that a person edited are noted as kept."""
    if entry.kind is None:
        return ()
    names = {ending: f"{entry.stem}.{ending}" for ending in batch.formats}
    entry.kept = [name for name in names.values() if edited(batch.out, name, manifest)]
    return tuple(ending for ending, name in names.items() if again or name not in entry.kept)


def _place(batch: _Batch, entry: Entry, made: Made, result: BatchResult, manifest: dict[str, str]) -> None:
    """Write what was made, or note why it was not."""
    if made.error:
        entry.error = made.error
        result.failed.append((entry.project, made.error))
        _say(f"{entry.project}：{made.error}")
    for ending, data in made.files.items():
        name = free_name(batch.out, f"{entry.stem}.{ending}", manifest)
        place(batch.out, name, data, manifest)
        entry.files.append(name)
        result.made.append(name)


def _entry(batch: _Batch, row: int | None, kind: str | None) -> Entry:
    project = batch.portfolio.path.stem if row is None else str(batch.portfolio.facts.ids[row])
    return Entry(row, project, kind, "" if kind is None else file_stem(kind, project))


def _job(batch: _Batch, entry: Entry, formats: tuple[str, ...]) -> Job:
    notebook = collection(f"notebooks/reports/{entry.kind}.ipynb")
    parameters, name = batch.parameters, entry.project
    if entry.row is not None:
        parameters = {**parameters, "project": entry.project}
        name = batch.portfolio.facts.projects.columns["name"].at(entry.row) or name
    title = f"{KINDS[entry.kind]} · {clean(name, 80)}"
    return Job(entry.kind, entry.project, notebook, parameters, title, formats, batch.limit)


def _finish(batch: _Batch, entries: list[Entry], result: BatchResult, manifest: dict[str, str]) -> None:
    """Index, summary and calendar; where a person edited them, beside."""
    chosen = sorted(entry.row for entry in entries if entry.row is not None)
    facts = with_split_totals(batch.portfolio.facts).take(chosen)
    assessment = assess(facts, batch.ruleset, batch.as_of)
    result.made.sort()
    result.failed.sort()
    name = free_name(batch.out, "summary.xlsx", manifest)
    place(batch.out, name, summary_xlsx(entries, assessment, batch.portfolio, batch.ruleset), manifest)
    result.summary = batch.out / name
    days = free_name(batch.out, "calendar.ics", manifest)
    place(batch.out, days, calendar_bytes(assessment, batch.portfolio, batch.ruleset), manifest)
    page = index_html(entries, assessment, batch.portfolio, batch.ruleset, name, days)
    name = free_name(batch.out, "index.html", manifest)
    place(batch.out, name, page.encode("utf-8", "replace"), manifest)
    result.index = batch.out / name


# Running --------------------------------------------------------------------------------


def _made(jobs: list[Job], workers: int) -> Iterator[Made]:
    """Make the reports, in the order in which they are ready.

    A worker that dies takes the whole pool with it and does not say whose fault it was:
    the jobs it left are made again, each alone.
    """
    left = []
    for job, made in _pooled(jobs, workers):
        if made is None:
            left.append(job)
        else:
            yield made
    for job in left:
        for _, made in _pooled([job], 1):
            yield made or Made(job, error="工作进程异常终止（可能内存不足，或被系统结束）")


def _pooled(jobs: list[Job], workers: int) -> Iterator[tuple[Job, Made | None]]:
    if not jobs:
        return
    pool = ProcessPoolExecutor(min(workers, len(jobs)), mp_context=get_context("spawn"))
    try:
        futures = {pool.submit(make, job): job for job in jobs}
        for future in as_completed(futures):
            try:
                yield futures[future], future.result()
            except BrokenProcessPool:
                yield futures[future], None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _bar(made: Iterator[Made], total: int, progress: bool) -> Iterator[Made]:
    if not progress:
        return made
    from tqdm import tqdm

    return iter(tqdm(made, total=total, desc="报告", unit="份", file=sys.stderr, dynamic_ncols=True))


def _say(line: str) -> None:
    from tqdm import tqdm

    tqdm.write(clean(line, 400), file=sys.stderr)
