"""The engine's side that forks: papermill's own client reading the messages of a fork in place of a kernel's."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import Pipe

from nbclient.exceptions import CellExecutionComplete, CellExecutionError, CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NBClientEngine
from papermill.log import logger

POLL = 0.5  # seconds between two looks whether the fork is alive
TRIES = 3
"""How often a fork is tried where the system refuses one."""


class NotebookTimeoutError(TimeoutError):
    """The notebook as a whole took longer than it may."""


class ManagedFork(Engine):
    """What papermill asks of an engine, done in a fork (see `zwxm_core.reporting.engine`)."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man,
        kernel_name,
        log_output=False,
        stdout_file=None,
        stderr_file=None,
        execution_timeout=None,
        notebook_timeout=None,
        memory=None,
        **kwargs,
    ):
        """Run the cells of ``nb_man.nb``; see papermill's own engine for the common arguments."""
        if not can_fork(kernel_name, nb_man.nb):
            return NBClientEngine.execute_managed_notebook(
                nb_man, kernel_name, log_output=log_output, stdout_file=stdout_file,
                stderr_file=stderr_file, execution_timeout=execution_timeout, **kwargs,
            )  # fmt: skip
        client = ForkClient(
            nb_man, timeout=execution_timeout or kwargs.get("timeout"), kernel_name=kernel_name, log=logger,
            log_output=log_output, stdout_file=stdout_file, stderr_file=stderr_file, record_timing=False,
        )  # fmt: skip
        return client.execute_in_fork(notebook_timeout, memory)


def can_fork(kernel_name: str, notebook) -> bool:
    """Whether this engine runs such a notebook itself."""
    language = notebook.metadata.get("kernelspec", {}).get("language", "python")
    return hasattr(os, "fork") and kernel_name.startswith("python") and language == "python"


class ForkClient(PapermillNotebookClient):
    """papermill's client on a fork in place of a kernel."""

    def execute_in_fork(self, notebook_timeout: float | None, memory: int | None):
        """Run all cells.

        Raises
        ------
        NotebookTimeoutError, nbclient.exceptions.CellTimeoutError
            A limit passed; the fork was ended.
        nbclient.exceptions.DeadKernelError
            The fork ended before its notebook.
        """
        from ipykernel.ipkernel import IPythonKernel

        self.reset_execution_trackers()
        self.limit = notebook_timeout
        self.deadline = time.monotonic() + (notebook_timeout or float("inf"))
        with _fork(memory) as (self.pid, self.connection):
            self._send_cells()
            self.papermill_execute_cells()
            self.nb.metadata["language_info"] = dict(IPythonKernel.language_info)
            self.set_widgets_metadata()
        return self.nb

    def _send_cells(self) -> None:
        """Send every cell at once, so that the fork never waits for what is done with its outputs here."""
        cells = [
            (index, cell.source, self._may_fail(cell))
            for index, cell in enumerate(self.nb.cells) if self._runs(cell)
        ]  # fmt: skip
        with suppress(OSError):  # a fork that is dead already is found out by the first cell
            self.connection.send(cells)

    def _runs(self, cell) -> bool:
        """Whether a cell is run: as nbclient has it, empty and skipped ones are left."""
        tags = cell.metadata.get("tags", [])
        return cell.cell_type == "code" and bool(cell.source.strip()) and self.skip_cells_with_tag not in tags

    def _may_fail(self, cell) -> bool:
        """Whether the cells after it run also where it fails."""
        return self.allow_errors or "raises-exception" in cell.metadata.get("tags", [])

    def execute_cell(self, cell, cell_index, **_):
        """Take in what one cell shows, as nbclient does: an error ends the notebook unless it is allowed."""
        if not self._runs(cell):
            return cell
        self.code_cells_executed += 1
        cell.outputs = []
        self.clear_before_next_output = False
        reply = self._shown(cell, cell_index)
        cell["execution_count"] = self.code_cells_executed
        if reply["status"] == "error" and not self._may_fail(cell):
            raise CellExecutionError.from_cell_and_msg(cell, reply)
        return cell

    def _shown(self, cell, cell_index: int) -> dict:
        """Take in what the cell shows until its reply comes."""
        passes = time.monotonic() + (self._get_timeout(cell) or float("inf"))
        while True:
            message = self._next(cell, passes)
            if message["msg_type"] == "execute_reply":
                return message["content"]
            with suppress(CellExecutionComplete):
                self.process_message(message, cell, cell_index)

    def _next(self, cell, passes: float) -> dict:
        """The next message of the fork, unless it ends or a limit passes before."""
        try:
            while not self.connection.poll(
                min(POLL, max(0.0, min(passes, self.deadline) - time.monotonic()))
            ):
                if time.monotonic() >= self.deadline:
                    raise NotebookTimeoutError(f"the notebook took longer than {self.limit:g} seconds")
                if time.monotonic() >= passes:
                    raise CellTimeoutError.error_from_timeout_and_cell(
                        "Cell execution timed out", self._get_timeout(cell), cell
                    )
                if _ended(self.pid) and not self.connection.poll():
                    raise DeadKernelError("Kernel died")
            return self.connection.recv()
        except (EOFError, ConnectionError):
            raise DeadKernelError("Kernel died") from None


@contextmanager
def _fork(memory: int | None) -> Iterator[tuple]:
    """A fork that serves cells; ended with everything it started when the block is left."""
    from zwxm_core.reporting import shell

    ours, theirs = Pipe()
    parent = os.getpid()
    pid = _forked()
    if pid == 0:
        ours.close()
        os.setsid()
        shell.serve(theirs, parent, memory)
    theirs.close()
    try:
        yield pid, ours
    finally:
        ours.close()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)


def _forked() -> int:
    """Fork; where the system has no process to give, try again a little later."""
    for tried in range(1, TRIES + 1):
        try:
            return os.fork()
        except BlockingIOError:
            if tried == TRIES:
                raise
            time.sleep(0.2 * tried)
    raise AssertionError("unreachable")


def _ended(pid: int) -> bool:
    """Whether the fork has ended, without taking its status away."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True
