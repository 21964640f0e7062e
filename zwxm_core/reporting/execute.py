"""One report made: its notebook run by papermill in a kernel of its own, then rendered.

Whether it succeeded is judged by what was executed, never by papermill's own metadata,
which calls a notebook complete whose kernel was killed.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from zwxm_core.tables import clean

PACKAGE_PARENT = Path(__file__).resolve().parents[2]
START_TIMEOUT = 60  # seconds


@dataclass(frozen=True, slots=True)
class Job:
    """What to make: notebook, parameters (a file path, a checked id and options), formats, time limit (秒)."""

    kind: str
    project: str
    notebook: Path
    parameters: dict
    title: str
    formats: tuple[str, ...] = ("html",)
    limit: float = 300


@dataclass(slots=True)
class Made:
    """What came of a job: the files by format, or the reason why there are none."""

    job: Job
    files: dict[str, bytes] = field(default_factory=dict)
    error: str | None = None


class Incomplete(Exception):
    """A notebook that was not executed to its end; the message is for users."""


def make(job: Job) -> Made:
    """Make one report. Never raises: a report that cannot be made says why.

    Runs in a worker process, one job at a time (its standard error is set aside).
    """
    with _errors_aside() as log:
        try:
            notebook = execute(job.notebook, job.parameters, job.limit)
            return Made(job, _files(job, notebook))
        except Incomplete as error:
            return Made(job, error=str(error))
        except Exception as error:  # noqa: BLE001  one bad project never stops the rest
            return Made(job, error=f"未能生成：{_short(error)}{_last_line(log)}")


def _files(job: Job, notebook) -> dict[str, bytes]:
    from zwxm_core.reporting.render import RENDERERS

    return {name: RENDERERS[name](notebook, job.title) for name in job.formats}


def execute(notebook: Path, parameters: dict, limit: float):
    """Run a notebook to its end.

    Parameters
    ----------
    notebook : Path
    parameters : dict
        Values for its cell tagged ``parameters``.
    limit : float
        Wall time for the whole notebook, seconds.

    Returns
    -------
    NotebookNode
        With the outputs of every code cell.

    Raises
    ------
    Incomplete
        A cell failed, the kernel died, the limit passed, or a cell was not executed.
    """
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    for attempt in (1, 2):
        with _limited(limit) as passed, _kernel_home() as home:
            try:
                executed = papermill.execute_notebook(
                    str(notebook), None, parameters, kernel_name="python3", progress_bar=False,
                    start_timeout=START_TIMEOUT, cwd=home,
                )  # fmt: skip
            except PapermillExecutionError as error:
                raise Incomplete(_cell_error(error)) from None
            except DeadKernelError:
                raise Incomplete(_killed(passed, limit)) from None
            except RuntimeError as error:  # the kernel died or did not answer while starting
                if passed.is_set() or attempt == 2:
                    raise Incomplete(_killed(passed, limit, f"：{_short(error)}")) from None
                continue
        if passed.is_set():
            raise Incomplete(_killed(passed, limit))
        _require_complete(executed)
        return executed
    raise AssertionError("unreachable")


def _killed(passed: threading.Event, limit: float, detail: str = "") -> str:
    if passed.is_set():
        return f"超过每份 {limit:g} 秒的时限，已终止"
    return f"运行报告的内核异常终止（可能内存不足，或被系统结束）{detail}"


def _cell_error(error) -> str:
    told = _short(error.evalue)
    if error.ename == "KeyboardInterrupt":
        return "已中断"
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
def _limited(seconds: float) -> Iterator[threading.Event]:
    """Kill this process's children (the kernel) when the time has passed."""
    import psutil

    passed = threading.Event()

    def end() -> None:
        passed.set()
        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                child.kill()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield passed
    finally:
        timer.cancel()


@contextmanager
def _kernel_home() -> Iterator[str]:
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
