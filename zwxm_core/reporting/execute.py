"""One report made: its notebook run by papermill, then rendered.

It runs in a fork (`zwxm_core.reporting.engine`) or, where there is none, in a kernel of its own. Whether it
succeeded is judged by what was executed, never by papermill's own metadata, which calls a notebook complete
whose kernel was killed.
"""

from __future__ import annotations

import errno
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from zwxm_core.tables import clean

PACKAGE_PARENT = Path(__file__).resolve().parents[2]
START_TIMEOUT = 60  # seconds
STARTS = 3
"""How often a kernel is started that does not come up."""

MIB = 2**20
ORDINARY = "nbclient"
"""papermill's own engine."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one report may take: seconds for the whole and for a cell, MiB of memory beyond the process's own."""

    whole: float = 300
    cell: float = 120
    memory: int = 2048


USUAL = Limits()


@dataclass(frozen=True, slots=True)
class Job:
    """What to make: notebook, parameters (a file path, a checked id and options), formats.

    ``engine`` is papermill's name of one: ours, or its ordinary one.
    """

    kind: str
    project: str
    notebook: Path
    parameters: dict
    title: str
    formats: tuple[str, ...] = ("html",)
    limits: Limits = USUAL
    engine: str = "zwxm"


@dataclass(slots=True)
class Made:
    """What came of a job: the files by format and why others failed, or the reason why there are none.

    ``disk_full``: nothing was wrong with the report, the machine has no room left.
    """

    job: Job
    files: dict[str, bytes] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    error: str | None = None
    disk_full: bool = False


class Incomplete(Exception):
    """A notebook that was not executed to its end; the message is for users."""


def make(job: Job) -> Made:
    """Make one report. Never raises: a report that cannot be made says why.

    Runs in a worker process, one job at a time (its standard error is set aside).
    """
    with _errors_aside() as log:
        try:
            notebook = execute(job.notebook, job.parameters, job.limits, job.engine)
        except Incomplete as error:
            return Made(job, error=str(error))
        except Exception as error:  # noqa: BLE001  one bad project never stops the rest
            full = isinstance(error, OSError) and error.errno == errno.ENOSPC
            return Made(job, error=f"未能生成：{_short(error)}{_last_line(log)}", disk_full=full)
        return _rendered(job, notebook, log)


def _rendered(job: Job, notebook, log) -> Made:
    """The formats; that one fails costs no other."""
    from zwxm_core.reporting.render import Executed

    made, report = Made(job), Executed(notebook, job.title)
    for name in job.formats:
        _render(made, name, report, log)
    return made


def _render(made: Made, name: str, report, log) -> None:
    from zwxm_core.reporting.render import RENDERERS

    try:
        made.files[name] = RENDERERS[name](report)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a panic of a Rust library is no Exception
        made.failed[name] = f"{name} 未能生成：{_short(error)}{_last_line(log)}"


def execute(notebook: Path, parameters: dict, limits: Limits = USUAL, engine: str = "zwxm"):
    """Run a notebook to its end.

    Parameters
    ----------
    notebook : Path
    parameters : dict
        Values for its cell tagged ``parameters``.
    limits : Limits
    engine : str

    Returns
    -------
    NotebookNode
        With the outputs of every code cell.

    Raises
    ------
    Incomplete
        A cell failed, the process that ran it died, a limit passed, or a cell was not executed.
    """
    for attempt in range(1, STARTS + 1):
        with _watched(limits, engine) as passed, empty_home() as home:
            try:
                executed = _papermill(notebook, parameters, limits, engine, home)
            except RuntimeError as error:  # the kernel died or did not answer while starting
                if _starting(error) and not passed and attempt < STARTS:
                    continue
                raise Incomplete(
                    _ended(passed, limits, f"：{_short(error)}" if _starting(error) else "")
                ) from None
        if passed:
            raise Incomplete(_ended(passed, limits))
        _require_complete(executed)
        return executed
    raise AssertionError("unreachable")


def _papermill(notebook: Path, parameters: dict, limits: Limits, engine: str, home: str):
    """The notebook as papermill leaves it; an error of a cell or a limit as `Incomplete`."""
    from nbclient.exceptions import CellTimeoutError
    from papermill.engines import papermill_engines
    from papermill.exceptions import PapermillExecutionError
    from papermill.execute import raise_for_execution_errors
    from papermill.utils import chdir

    from zwxm_core.reporting.engine import NAME, ForkEngine
    from zwxm_core.reporting.forked import NotebookTimeoutError

    papermill_engines.register(NAME, ForkEngine)  # also where the package is not installed
    ours = {"notebook_timeout": limits.whole, "memory": limits.memory * MIB} if engine == NAME else {}
    prepared = _prepared(notebook, parameters, engine)
    try:
        with chdir(home):
            executed = papermill_engines.execute_notebook_with_engine(
                engine, prepared, kernel_name="python3", progress_bar=False, start_timeout=START_TIMEOUT,
                execution_timeout=limits.cell, **ours,
            )  # fmt: skip
        raise_for_execution_errors(executed, None)
        return executed
    except PapermillExecutionError as error:
        raise Incomplete(_cell_error(error, limits)) from None
    except CellTimeoutError:
        raise Incomplete(f"有一格超过 {limits.cell:g} 秒的时限，已终止") from None
    except NotebookTimeoutError:
        raise Incomplete(_ended(["whole"], limits)) from None


def _prepared(notebook: Path, parameters: dict, engine: str):
    """The notebook with its parameters, as ``papermill.execute_notebook`` prepares it: called as a whole that
    would also serialise what came of it, to write it nowhere.
    """
    from papermill.execute import prepare_notebook_metadata
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    loaded = load_notebook_node(str(notebook))
    if parameters:
        loaded = parameterize_notebook(loaded, parameters, kernel_name="python3", engine_name=engine)
    return prepare_notebook_metadata(loaded, str(notebook), None, False)


def _starting(error: RuntimeError) -> bool:
    from nbclient.exceptions import DeadKernelError

    return not isinstance(error, DeadKernelError)


def _ended(passed: list[str], limits: Limits, detail: str = "") -> str:
    if "whole" in passed:
        return f"超过每份 {limits.whole:g} 秒的时限，已终止"
    if "memory" in passed:
        return _too_much(limits)
    return f"运行报告的内核异常终止（可能内存不足，或被系统结束）{detail}"


def _too_much(limits: Limits) -> str:
    return f"内存超过每份 {limits.memory} MB 的限额，已终止"


def _cell_error(error, limits: Limits) -> str:
    told = _short(error.evalue)
    if error.ename == "KeyboardInterrupt":
        return "已中断"
    if error.ename in ("MemoryError", "_ArrayMemoryError"):
        return _too_much(limits)
    if any("\u4e00" <= c <= "\u9fff" for c in told):
        return told
    return f"报告运行到第 {error.cell_index + 1} 格出错：{error.ename}：{told}"


def _short(error: object) -> str:
    return clean(str(error) or type(error).__name__, 300)


def _require_complete(notebook) -> None:
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        failed = [o for o in cell.outputs if o.output_type == "error"]
        if failed or cell.execution_count is None:
            raise Incomplete(f"报告没有运行完：第 {number} 格{'出错' if failed else '没有执行'}")


@contextmanager
def _watched(limits: Limits, engine: str) -> Iterator[list[str]]:
    """End the kernel of papermill's ordinary engine when a limit has passed; yields which did.

    Our own engine keeps its limits itself: a process that forks should have no other thread.
    """
    passed: list[str] = []
    if engine != ORDINARY and hasattr(os, "fork"):
        yield passed
        return
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(limits, passed, done), daemon=True)
    watcher.start()
    try:
        yield passed
    finally:
        done.set()
        watcher.join()


def _watch(limits: Limits, passed: list[str], done: threading.Event) -> None:
    import psutil

    ends = time.monotonic() + limits.whole
    while not done.wait(0.2):
        kernels = psutil.Process().children(recursive=True)
        if time.monotonic() > ends:
            passed.append("whole")
        elif sum(map(_resident, kernels)) > limits.memory * MIB:
            passed.append("memory")
        else:
            continue
        for kernel in kernels:
            with suppress(psutil.NoSuchProcess):
                kernel.kill()
        return


def _resident(process) -> int:
    import psutil

    with suppress(psutil.Error):
        return process.memory_info().rss
    return 0


@contextmanager
def empty_home() -> Iterator[str]:
    """An empty folder to run in, and the environment a kernel needs.

    A user's own IPython start-up files and history stay out of reports; the package is
    found also where it is not installed.
    """
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="zwxm-", ignore_cleanup_errors=True) as home:
        path = os.pathsep.join(filter(None, (str(PACKAGE_PARENT), before.get("PYTHONPATH"))))
        os.environ.update(
            IPYTHONDIR=str(Path(home, "ipython")), PYTHONPATH=path, PYDEVD_DISABLE_FILE_VALIDATION="1",
            PYTHONHASHSEED="0",
        )  # fmt: skip
        try:
            yield home
        finally:
            os.environ.clear()
            os.environ.update(before)


@contextmanager
def _errors_aside() -> Iterator[object]:
    """Let this process and its kernels write their standard error to a file."""
    with tempfile.TemporaryFile() as log:
        kept = os.dup(2)
        os.dup2(log.fileno(), 2)
        try:
            yield log
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _last_line(log) -> str:
    log.seek(0)
    lines = log.read().decode("utf-8", "replace").strip().splitlines()
    return f"（{clean(lines[-1], 200)}）" if lines else ""
