"""Who makes the reports of a batch: processes of this machine, or the workers of a Dask cluster.

An executor takes jobs and yields what came of them, in any order, each exactly once. Local workers are warm
processes without threads that fork for every report. They come from a fork of this process where it has no
thread, and start afresh otherwise. One that dies is replaced and its report tried again, a few times.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import current_process, get_context
from multiprocessing.connection import wait
from pkgutil import iter_modules
from uuid import uuid4

from zwxm_core import reporting
from zwxm_core.reporting.execute import Job, Made, empty_home, make
from zwxm_core.tables import clean

TRIES = 3
"""How often a report is begun whose worker dies."""

RENDERING = 300
"""Seconds that the formats of a report may take together."""

RENEWED = 250
"""Reports after which a worker makes room for a fresh one."""

IMPORTED_LATE = (
    "psutil", "bdb", "numpy.random", "numpy.polynomial", "contourpy", "IPython.core.oinspect", "IPython.core.logger",
    "IPython.core.application", "IPython.core.completerlib", "IPython.utils.wildcard",
)  # fmt: skip
"""What shells and charts import only when they are used: imported once beforehand."""

DIED = "工作进程异常终止（可能内存不足，或被系统结束）"


class ClusterLost(Exception):
    """The Dask scheduler cannot be reached, or no longer; the message is one Chinese line."""


@dataclass(frozen=True, slots=True)
class Warm:
    """What every report of a run needs: workbook, mapping, rule set (paths)."""

    data: str
    mapping: str | None
    ruleset: str
    digest: str
    """Of the workbook, so that a changed one warms anew."""

    def up(self) -> None:
        """Do beforehand what reports would each do: import, read, load, lay out a font."""
        from zwxm_core import charts
        from zwxm_core.reporting import render
        from zwxm_core.reporting.kinds import ARTICLES, fields_of
        from zwxm_core.reporting.report import WHOLE, portfolio_of
        from zwxm_core.rulesets import load_ruleset

        here = [f"zwxm_core.reporting.{module.name}" for module in iter_modules(reporting.__path__)]
        for name in (*here, *IMPORTED_LATE):
            with suppress(ImportError):
                import_module(name)
        portfolio_of(self.data, self.mapping)
        load_ruleset(self.ruleset)
        charts.png(charts.portfolio_outcomes([("样", dict.fromkeys(charts.TONE_STYLE, 1))]))
        render._exporter()
        for kind in ARTICLES.keys() - WHOLE:  # the others need every field
            fields_of(kind)


def on_this_machine(jobs: Iterable[Job], count: int, warm: Warm | None) -> Iterator[Made]:
    """Make reports in ``count`` processes.

    Parameters
    ----------
    jobs : iterable of Job
    count : int
    warm : Warm or None
        None: the first report warms its worker.
    """
    waiting, tried = deque(jobs), Counter[str]()
    team: list[_Worker] = []
    if warm is not None and _forks():
        warm.up()
    try:
        while waiting or any(worker.job for worker in team):
            while waiting and (free := _free(team, min(count, len(waiting) + len(team)), warm)):
                free.give(waiting.popleft())
            for worker in _ready(team):
                job, made = worker.job, worker.take()
                if made is None:
                    team.remove(worker)
                    tried[key := f"{job.kind}/{job.project}"] += 1
                    if tried[key] < TRIES and not worker.overdue:
                        waiting.append(job)
                        continue
                    made = Made(job, error=_too_long(job) if worker.overdue else DIED)
                yield made
    finally:
        for worker in team:
            worker.end()


def _free(team: list[_Worker], count: int, warm: Warm | None) -> _Worker | None:
    """A worker without a job, a new one if there may be more; one that has done its share is replaced."""
    for worker in [w for w in team if w.job is None and w.made >= RENEWED]:
        worker.end()
        team.remove(worker)
    for worker in team:
        if worker.job is None:
            return worker
    if len(team) >= count:
        return None
    team.append(_Worker(warm))
    return team[-1]


def _ready(team: list[_Worker]) -> list[_Worker]:
    """Wait until a worker is done, has died or is overdue."""
    busy = [worker for worker in team if worker.job]
    left = max(0.0, min(worker.deadline for worker in busy) - time.monotonic())
    heard = wait([thing for w in busy for thing in (w.connection, w.process.sentinel)], left)
    return [w for w in busy if w.connection in heard or w.process.sentinel in heard or w.late()]


def _too_long(job: Job) -> str:
    return f"超过每份 {job.limits.whole + RENDERING:g} 秒的时限（含转换格式），已终止"


def _forks() -> bool:
    """Whether workers come from a fork: never of a process that has threads."""
    return hasattr(os, "fork") and sys.platform != "darwin" and threading.active_count() == 1


class _Worker:
    """A process that makes one report at a time."""

    def __init__(self, warm: Warm | None):
        context = get_context("fork" if _forks() else "spawn")
        self.warm = warm
        self.connection, theirs = context.Pipe()
        arguments = (theirs, os.getpid(), warm, context.get_start_method() == "fork")
        self.process = context.Process(target=_serve, args=arguments)  # type: ignore[attr-defined]
        config = current_process()._config  # type: ignore[attr-defined]
        daemon = config.pop("daemon", None)  # a Dask worker is one, and may have no children
        try:
            self.process.start()
        finally:
            if daemon is not None:
                config["daemon"] = daemon
        theirs.close()
        self.job: Job | None = None
        self.made, self.overdue, self.deadline = 0, False, 0.0

    def give(self, job: Job) -> None:
        """Hand over a job."""
        self.job, self.deadline = job, time.monotonic() + job.limits.whole + RENDERING
        with suppress(OSError):  # a worker that is dead already is found out by `take`
            self.connection.send(job)

    def late(self) -> bool:
        """Whether it has had all the time there is."""
        return time.monotonic() >= self.deadline

    def take(self) -> Made | None:
        """What came of the job; None where the worker died or was overdue, and is ended."""
        self.job = None
        try:
            if self.connection.poll():
                self.made += 1
                return self.connection.recv()
        except (EOFError, OSError):
            pass
        self.overdue = self.late()
        self.end()
        return None

    def end(self) -> None:
        """End the process with everything that it started."""
        import psutil

        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.process.pid)
            for one in (*process.children(recursive=True), process):
                with suppress(psutil.NoSuchProcess):
                    one.kill()
        self.process.join()
        self.process.close()
        self.connection.close()


def _serve(connection, parent: int, warm: Warm | None, forked: bool) -> None:
    """The life of a worker."""
    from zwxm_core.reporting import shell

    if os.name == "posix":
        os.setpgid(0, 0)  # the terminal's Ctrl-C is for the run, which ends its workers
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if forked:
            shell.die_with_parent(parent)
        else:
            shell.watch_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if warm is not None and not forked:
        with suppress(Exception):  # what is wrong is said by the reports
            warm.up()
    if hasattr(os, "fork"):
        with empty_home():
            shell.built()
    gc.collect()
    gc.freeze()
    with suppress(EOFError, OSError):
        while True:
            connection.send(make(connection.recv()))


# On a cluster ----------------------------------------------------------------------------

DIED_ON_CLUSTER = f"{DIED}："
SILENCE = 5
"""Seconds without its scheduler after which a run gives up."""


def on_cluster(jobs: Iterable[Job], url: str, warm: Warm) -> Iterator[Made]:
    """Make reports on the workers of a Dask scheduler.

    They need the package, and the workbook under the same path. A report whose workers keep dying is made
    once more, alone at the end, since another one beside it may have killed them; then it is an error of
    its own. Reports may be made twice, and are taken once.

    Raises
    ------
    ClusterLost
        The scheduler cannot be reached, or was lost on the way.
    """
    from distributed import Client

    for name in ("distributed", "distributed.client"):  # what is lost is told in one line, by `_lost`
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = Client(url, timeout=SILENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise ClusterLost(f"连不上 Dask 调度器 {clean(url, 100)}：{clean(str(error), 200)}") from None
    suspects: list[Made] = []
    try:
        for made in _from_cluster(client, jobs, warm, url):
            if made.error and made.error.startswith(DIED_ON_CLUSTER):
                suspects.append(made)
            else:
                yield made
        for suspect in suspects:
            yield from _from_cluster(client, [suspect.job], warm, url)
    finally:
        with suppress(OSError, TimeoutError, CancelledError):  # the scheduler may be gone
            client.close(timeout=SILENCE)


def _from_cluster(client, jobs: Iterable[Job], warm: Warm, url: str) -> Iterator[Made]:
    """Give the jobs to the cluster and take what comes of them, as it comes."""
    futures = {
        client.submit(make_on_cluster, job, warm, key=f"zwxm-{uuid4().hex}", pure=False): job for job in jobs
    }
    while futures:
        for future in [f for f in futures if f.done()]:
            yield _outcome(future, futures.pop(future), url)
        _require_scheduler(client, url)
        time.sleep(0.05)


def _outcome(future, job: Job, url: str) -> Made:
    """What a future that is done holds: a report, or that its workers died."""
    from distributed import KilledWorker

    try:
        return future.result(timeout=RENDERING)
    except KilledWorker as error:
        return Made(job, error=f"{DIED_ON_CLUSTER}先后 {error.allowed_failures + 1} 个 Dask 工作进程")
    except (CancelledError, OSError, TimeoutError) as error:
        raise ClusterLost(_lost(url, error)) from None
    except Exception as error:  # noqa: BLE001  e.g. a worker without the package
        return Made(job, error=f"Dask 工作进程不能做这份报告：{clean(str(error), 200)}")


def _require_scheduler(client, url: str) -> None:
    """Wait a little for a scheduler that is away; give up when it does not come back."""
    ends = time.monotonic() + SILENCE
    while client.status != "running":
        if time.monotonic() > ends:
            raise ClusterLost(_lost(url))
        time.sleep(0.1)


def _lost(url: str, error: object = "") -> str:
    detail = clean(str(error), 100)
    return f"与 Dask 调度器 {clean(url, 100)} 失去联系{f'（{detail}）' if detail else ''}"


_here = threading.local()


def make_on_cluster(job: Job, warm: Warm) -> Made:
    """Make one report in a process of its own beside a Dask worker, whose threads rule out a fork."""
    for _ in range(TRIES):
        worker = getattr(_here, "worker", None)
        if worker is None or worker.warm != warm:
            if worker is not None:
                worker.end()
            worker = _here.worker = _Worker(warm)
        worker.give(job)
        while not _ready([worker]):
            pass
        made = worker.take()
        if made is not None:
            return made
        _here.worker = None
        if worker.overdue:
            return Made(job, error=_too_long(job))
    return Made(job, error=DIED)
