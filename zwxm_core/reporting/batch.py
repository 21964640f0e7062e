"""Many reports in one run: checked before anything starts, one bad project never stops the rest.

What was made of what stands in the folder's ledger: a run makes what is missing, what failed and what was
made of something else, and says which; it may be stopped at any moment and begun again.
"""

from __future__ import annotations

import errno
import hashlib
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from zwxm_core.assessment import assess
from zwxm_core.findings import together
from zwxm_core.lifecycle import stage_names
from zwxm_core.portfolio import Portfolio
from zwxm_core.portfolio.cells import fold
from zwxm_core.portfolio.files import told_reason
from zwxm_core.reporting import KINDS, PORTFOLIO_KINDS
from zwxm_core.reporting.calendar_file import calendar_bytes
from zwxm_core.reporting.execute import USUAL, Job, Limits, Made
from zwxm_core.reporting.files import clear_left_over, edited, file_hash, file_stem, free_name, place
from zwxm_core.reporting.index import Entry, index_html, summary_xlsx
from zwxm_core.reporting.kinds import SCORED, adjusted, kind_for
from zwxm_core.reporting.ledger import NAME, FolderInUse, Ledger, open_ledger
from zwxm_core.reporting.made_of import REASONS, made_of, require_parameters
from zwxm_core.reporting.render import RENDERERS
from zwxm_core.reporting.report import SAMPLE_DAY, SAMPLE_RULES, SAMPLES, portfolio_of
from zwxm_core.reporting.scorecard import Scorecard, load_scorecard
from zwxm_core.reporting.scoring import grades
from zwxm_core.reporting.workers import ClusterLost, Warm, on_cluster, on_this_machine
from zwxm_core.resources import collection
from zwxm_core.rulesets import RuleSet, load_ruleset
from zwxm_core.tables import clean

FORMATS = tuple(RENDERERS)

IN_USE = 75
"""Exit code of a run whose folder another run holds."""

AGAIN = "再次运行同一命令即从断点继续，已做好的不重做"


class ReportError(ValueError):
    """A run that cannot start or go on; the message is one Chinese line, ``code`` the exit code."""

    def __init__(self, message: str, code: int = 2):
        super().__init__(message)
        self.code = code


class Terminated(KeyboardInterrupt):
    """The system asked this process to end (SIGTERM)."""


@dataclass(slots=True)
class BatchResult:
    """What a run left: file names made, kept (edited by a person), as they were, failures, the index page.

    ``failed`` has (project id, reason); ``exit_code`` is 1 where something failed.
    """

    index: Path
    summary: Path
    made: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
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
    dask: str | None = None,
    limits: Limits = USUAL,
    engine: str = "zwxm",
    scorecard=None,
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
    formats : tuple of str
        Of `FORMATS`.
    as_of : date
    ruleset : str or Path
    overwrite_edited : bool
        Make a report that a person edited again, beside the edited file.
    progress : bool
        Show a bar on standard error.
    dask : str or None
        Address of a Dask scheduler whose workers make the reports.
    limits : Limits
        Of one report: its time, that of a cell, memory.
    engine : str
        papermill's name of the engine: ours, or ``nbclient``, its ordinary one.
    scorecard : str, Path or None
        The set of indicators that scores the projects; None: the one that ships.

    Raises
    ------
    ReportError
        Unknown kind, format or project, a folder that cannot be used or is in use: nothing is written. Or the
        disk is full, the folder went away, the workbook was changed, the cluster was lost: what was made stays.
    zwxm_core.portfolio.InputError, zwxm_core.rulesets.RulesetError
        The workbook, the rule set or the set of indicators cannot be used.
    """
    if kind not in KINDS:
        raise ReportError(f"不认识的报告种类：{kind}；现有 {'、'.join(KINDS)}")
    if scorecard is not None and kind not in SCORED:
        raise ReportError(f"{KINDS[kind]}不评分，不用指标集；评分的有 {'、'.join(SCORED)}")
    means = Means(jobs, dask, limits, engine)
    batch = _open(workbook, out, mapping, formats, as_of, ruleset, jobs, means, scorecard)
    wanted = _rows(batch.portfolio, projects)
    if kind in PORTFOLIO_KINDS:
        if projects:
            raise ReportError(f"{KINDS[kind]}按整个工作簿出具，不能只选部分项目")
        plan: list[tuple[int | None, str | None]] = [(None, kind), *((row, None) for row in wanted)]
        return _run(batch, plan, overwrite_edited, progress)
    return _run(batch, [(row, kind) for row in wanted], overwrite_edited, progress)


def demo(
    out="reports/demo", jobs: int = 2, formats: tuple[str, ...] = FORMATS, progress: bool = True
) -> BatchResult:
    """The reports of the samples: 年度集中审查 of them all, and of each the kind its stage asks for
    (`kind_for`).

    Projects whose stage asks for none stand in the index all the same. Rule set and day of
    assessment are the samples' own.
    """
    batch = _open(
        collection(SAMPLES), out, None, formats, SAMPLE_DAY, collection(SAMPLE_RULES), jobs, Means(jobs)
    )
    facts = batch.portfolio.facts
    stages = zip(stage_names(facts, SAMPLE_DAY), adjusted(facts), strict=True)
    plan: list[tuple[int | None, str | None]] = [(None, kind) for kind in PORTFOLIO_KINDS]
    plan += [(row, kind_for(stage, changed)) for row, (stage, changed) in enumerate(stages)]
    return _run(batch, plan, False, progress)


@dataclass(frozen=True, slots=True)
class Means:
    """How reports are made: how many at a time, on which cluster, within which limits, by which engine."""

    jobs: int
    dask: str | None = None
    limits: Limits = USUAL
    engine: str = "zwxm"


@dataclass(slots=True)
class _Batch:
    portfolio: Portfolio
    ruleset: RuleSet
    as_of: date
    out: Path
    parameters: dict
    formats: tuple[str, ...]
    means: Means
    mapping: str | None
    card: Scorecard


def _open(workbook, out, mapping, formats, as_of, ruleset, jobs, means: Means, scorecard=None) -> _Batch:
    """Check everything a run depends on, before anything is written."""
    if not formats or (unknown := [f for f in formats if f not in FORMATS]):
        told = "、".join(map(str, unknown)) if formats else "（空）"
        raise ReportError(f"不认识的格式：{told}；现有 {'、'.join(FORMATS)}")
    if jobs < 1:
        raise ReportError(f"同时做几份应为不小于 1 的整数，读到 {jobs}")
    book, mapping = _resolved(workbook), _resolved(mapping)
    portfolio, rules = portfolio_of(book, mapping), load_ruleset(ruleset)
    card = load_scorecard(_resolved(scorecard))
    parameters = {
        "data": book, "as_of": as_of.isoformat(), "ruleset": str(rules.paths[-1]), "mapping": mapping,
        **({"scorecard": str(card.path)} if card.own else {}),
    }  # fmt: skip
    for notice in portfolio.notices:
        _say(notice)
    formats = tuple(dict.fromkeys(formats))
    return _Batch(portfolio, rules, as_of, Path(out).resolve(), parameters, formats, means, mapping, card)


def _resolved(path) -> str | None:
    """An absolute path where there is such a file, else the path as it was given, for the message."""
    if path is None:
        return None
    return str(Path(path).resolve() if Path(path).exists() else path)


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
    batch: _Batch, plan: list[tuple[int | None, str | None]], again: bool, progress: bool
) -> BatchResult:
    entries = [_entry(batch, row, kind) for row, kind in plan]
    for kind in {entry.kind for entry in entries} - {None}:
        if told := require_parameters(_template(kind), _parameters(batch, kind not in PORTFOLIO_KINDS)):
            raise ReportError(f"{KINDS[kind]}的模板与程序不配套：{told}", 1)
    result = BatchResult(batch.out / "index.html", batch.out / "summary.xlsx")
    try:
        batch.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(f"输出目录不能使用：{batch.out}（{told_reason(error)}）") from None
    try:
        with _terminable(), open_ledger(batch.out) as ledger:
            _tell_damage(batch, ledger)
            clear_left_over(batch.out)
            _make_all(batch, entries, ledger, result, again, progress)
            for name in sorted(result.kept):
                _say(f"人工修改过，原样保留：{name}")
            _finish(batch, _with_earlier(batch, entries, ledger), result, ledger)
    except FolderInUse as error:
        raise ReportError(f"{batch.out}：{error}", IN_USE) from None
    except ClusterLost as error:
        raise ReportError(f"{error}；{AGAIN}", 1) from None
    except OSError as error:
        told = f"写不进输出目录 {batch.out}：{told_reason(error)}；已写好的报告没有损坏。处理后{AGAIN}"
        raise ReportError(told, 1) from None
    return result


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the run as Ctrl-C does: workers ended, nothing half-written."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(*_):
        raise Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell_damage(batch: _Batch, ledger: Ledger) -> None:
    if ledger.damaged:
        lines = "、".join(f"第 {n} 行" for n in ledger.damaged)
        _say(
            f"{batch.out / NAME}：{lines}已损坏，略过；它们记的报告重新做一遍，与目录里的不同就原样保留目录里的"
        )


# What is to be made ----------------------------------------------------------------------


def _make_all(
    batch: _Batch, entries: list[Entry], ledger: Ledger, result: BatchResult, again: bool, progress: bool
) -> None:
    """Make and place whatever the ledger does not show as done of the same things."""
    jobs, whose, why = [], {}, Counter[str]()
    for entry in entries:
        if due := _due(batch, entry, ledger, result, again, why):
            jobs.append(_job(batch, entry, due))
            whose[entry.stem] = entry
    for reason, told in REASONS.items():
        if why[reason]:
            _say(f"{told}：重做 {why[reason]} 份")
    made = _bar(_executor(batch, jobs), len(jobs), progress) if jobs else iter(())
    for one in made:
        _place(batch, whose[file_stem(one.job.kind, one.job.project)], one, result, ledger, again)


def _executor(batch: _Batch, jobs: list[Job]) -> Iterator[Made]:
    warm = Warm(batch.parameters["data"], batch.mapping, batch.parameters["ruleset"], batch.portfolio.sha256)
    if batch.means.dask is not None:
        return on_cluster(jobs, batch.means.dask, warm)
    return on_this_machine(jobs, batch.means.jobs, warm)


def _due(
    batch: _Batch, entry: Entry, ledger: Ledger, result: BatchResult, again: bool, why: Counter[str]
) -> tuple[str, ...]:
    """The formats to make; those done and those a person edited are noted in the entry."""
    if entry.kind is None:
        return ()
    now, due = _made_of(batch, entry), []
    changed: set[str] = set()
    for ending in batch.formats:
        name = f"{entry.stem}.{ending}"
        if edited(batch.out, name, ledger) and not ledger.damaged:
            entry.kept.append(name)
            result.kept.append(name)
            if not again:
                continue
            name = free_name(batch.out, name, ledger)
        row = ledger.files.get(name)
        if row and row["of"] == now and file_hash(batch.out / name) == row["sha256"]:
            entry.files.append(name)
            result.unchanged.append(name)
            continue
        due.append(ending)
        if row and (batch.out / name).exists():
            changed |= {key for key in now if row["of"].get(key) != now[key]}
    why.update(changed)
    return tuple(due)


def _made_of(batch: _Batch, entry: Entry) -> dict[str, str | None]:
    own = batch.card.sha256 if batch.card.own else None
    return made_of(batch.portfolio, batch.ruleset, batch.as_of, batch.mapping, _template(entry.kind), own)


def _template(kind: str) -> Path:
    return collection(f"notebooks/reports/{kind}.ipynb")


def _place(batch: _Batch, entry: Entry, made: Made, result: BatchResult, ledger: Ledger, again: bool) -> None:
    """Write what was made, or note why it was not."""
    if made.disk_full:
        raise OSError(errno.ENOSPC, "")
    if file_hash(batch.parameters["data"]) != batch.portfolio.sha256:
        told = f"{batch.portfolio.path.name} 在运行中被改动，已停止；{AGAIN.replace('，已做好的不重做', '')}"
        raise ReportError(told, 1)
    about = {"kind": entry.kind, "project": entry.project}
    reasons = {None: made.error} if made.error else made.failed
    for ending, reason in reasons.items():
        ledger.add({"event": "failed", **about, "format": ending, "reason": reason})
        result.failed.append((entry.project, reason))
        _say(f"{entry.project}：{reason}")
    entry.error = "；".join(reasons.values()) or None
    for ending, data in made.files.items():
        name = f"{entry.stem}.{ending}"
        if edited(batch.out, name, ledger) and batch.out.joinpath(name).read_bytes() != data:
            if not again:  # edited while the run lasted, or known no more since the ledger was damaged
                entry.kept.append(name)
                result.kept.append(name)
                continue
            name = free_name(batch.out, name, ledger)
        place(batch.out, name, data, ledger, **about, format=ending, of=_made_of(batch, entry))
        entry.files.append(name)
        result.made.append(name)


def _entry(batch: _Batch, row: int | None, kind: str | None) -> Entry:
    project = batch.portfolio.path.stem if row is None else str(batch.portfolio.facts.ids[row])
    return Entry(row, project, kind, "" if kind is None else file_stem(kind, project))


def _parameters(batch: _Batch, of_project: bool, project: str = "") -> dict:
    return {**batch.parameters, "project": project} if of_project else batch.parameters


def _job(batch: _Batch, entry: Entry, formats: tuple[str, ...]) -> Job:
    name = entry.project
    if entry.row is not None:
        name = batch.portfolio.facts.projects.columns["name"].at(entry.row) or name
    title = f"{KINDS[entry.kind]} · {clean(name, 80)}"
    parameters = _parameters(batch, entry.row is not None, entry.project)
    return Job(
        entry.kind, entry.project, _template(entry.kind), parameters, title, formats, batch.means.limits,
        batch.means.engine,
    )  # fmt: skip


# The pages of the folder -----------------------------------------------------------------


def _with_earlier(batch: _Batch, entries: list[Entry], ledger: Ledger) -> list[Entry]:
    """The entries with what earlier runs left in the folder: reports of other kinds, of other projects."""
    rows = {str(id_): row for row, id_ in enumerate(batch.portfolio.facts.ids)}
    mine = {(entry.kind, entry.project) for entry in entries}
    found = {entry.project: entry for entry in entries if entry.row is not None}
    strangers = 0
    for (kind, project), names in ledger.reports().items():
        there = [name for name in names if (batch.out / name).exists()]
        if (kind, project) in mine or not there:
            continue
        if kind in PORTFOLIO_KINDS and project == batch.portfolio.path.stem:
            entry = _entry(batch, None, kind)
            entries.append(entry)
        elif project in rows:
            entry = found.setdefault(project, _entry(batch, rows[project], kind))
            if entry not in entries:
                entries.append(entry)
            entry.kind = entry.kind or kind
        else:
            strangers += len(there)
            continue
        for name in there:
            (entry.kept if edited(batch.out, name, ledger) else entry.files).append(name)
    if strangers:
        _say(f"目录里另有 {strangers} 个文件是别的工作簿的报告，没有列入索引")
    return sorted(entries, key=lambda entry: (entry.row is not None, entry.row or 0))


def _finish(batch: _Batch, entries: list[Entry], result: BatchResult, ledger: Ledger) -> None:
    """Index, summary and calendar; where a person edited them, beside."""
    chosen = sorted({entry.row for entry in entries if entry.row is not None})
    facts = together(batch.portfolio.facts).take(chosen)
    assessment = assess(facts, batch.ruleset, batch.as_of)
    grade = dict(zip(chosen, grades(facts, batch.ruleset, batch.as_of, batch.card), strict=True))
    for entry in entries:
        entry.files.sort()
        entry.grade = grade.get(entry.row)
    for told in (result.made, result.kept, result.unchanged, result.failed):
        told.sort()

    def page(name: str, data: bytes) -> str:
        name = free_name(batch.out, name, ledger)
        if file_hash(batch.out / name) != hashlib.sha256(data).hexdigest():
            place(batch.out, name, data, ledger)
        return name

    summary = page("summary.xlsx", summary_xlsx(entries, assessment, batch.portfolio, batch.ruleset))
    days = page("calendar.ics", calendar_bytes(assessment, batch.portfolio, batch.ruleset))
    index = index_html(entries, assessment, batch.portfolio, batch.ruleset, summary, days)
    result.summary = batch.out / summary
    result.index = batch.out / page("index.html", index.encode("utf-8", "replace"))


# Telling ---------------------------------------------------------------------------------


def _bar(made: Iterator[Made], total: int, progress: bool) -> Iterator[Made]:
    if not progress:
        return made
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # no thread in a process that forks
    return iter(tqdm(made, total=total, desc="报告", unit="份", file=sys.stderr, dynamic_ncols=True))


def _say(line: str) -> None:
    from tqdm import tqdm

    tqdm.write(clean(line, 400), file=sys.stderr)
