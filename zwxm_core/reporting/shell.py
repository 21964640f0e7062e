"""The forked side of the engine: an IPython shell that runs the cells it is sent and tells what they show.

What a cell shows leaves as the messages of Jupyter's protocol, so that nbclient reads them as it
reads a kernel's. The process is the reader's parent's copy: imports, fonts and the portfolio are
there already; what a kernel would start with (seeds, signals, warnings, logging) is set anew.
"""

from __future__ import annotations

import builtins
import ctypes
import gc
import logging
import os
import random
import signal
import sys
import tempfile
import threading
import warnings
from functools import cache
from io import TextIOBase
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ipykernel.compiler import XCachingCompiler
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.error import StdinNotImplementedError
from jupyter_client.session import Session
from traitlets.config import Config

INLINE = "module://matplotlib_inline.backend_inline"


def serve(connection, parent: int, memory: int | None) -> None:
    """Run the cells that arrive; never returns.

    Parameters
    ----------
    connection : multiprocessing.connection.Connection
        One list of (index, source, whether the next run also where it fails) comes in, messages go out.
    parent : int
        The process that this one must not outlive.
    memory : int or None
        Bytes that the cells may take on top of what the process has.
    """
    code = 1
    try:
        gc.freeze()  # what the parent had is not looked through again, nor its memory copied for that
        die_with_parent(parent)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            shell = _shell(connection, {1: out, 2: err})
            _like_a_kernel()
            limit_memory(memory)
            _run(shell, connection)
        code = 0
    finally:
        os._exit(code)


def die_with_parent(parent: int) -> None:
    """End this process when the one that made it ends, however it does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    else:
        watch_parent(parent)
    if os.getppid() != parent:
        os._exit(1)


def watch_parent(parent: int) -> None:
    """Look once a second whether the parent is still there: no thread, so that forking stays safe."""

    def look(*_) -> None:
        if os.getppid() != parent:
            os._exit(1)

    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, look)
        signal.setitimer(signal.ITIMER_REAL, 1, 1)


def limit_memory(allowance: int | None) -> None:
    """Let this process take so many bytes more than it has; beyond, Python raises MemoryError."""
    if not allowance:
        return
    import psutil

    if hasattr(psutil, "RLIMIT_AS"):
        process = psutil.Process()
        process.rlimit(psutil.RLIMIT_AS, (process.memory_info().vms + allowance,) * 2)


def _run(shell, connection) -> None:
    for index, source, may_fail in connection.recv():
        shell.set_parent({"header": {"msg_id": f"cell-{index}"}})
        failed = _reply(shell, source)
        if shell.exit_now or (failed and not may_fail):
            return


def _reply(shell, source: str) -> bool:
    """Run one cell; the last message says how it went, as ipykernel's reply does. Whether it failed."""
    result = shell.run_cell(source, store_history=True)
    error = result.error_before_exec or result.error_in_exec
    failed = error is not None or getattr(shell, "_last_traceback_during_displayhook", False)
    content: dict = {"status": "ok", "execution_count": shell.execution_count - 1}
    if failed:
        content |= {
            "status": "error", "ename": type(error).__name__, "evalue": str(error),
            "traceback": shell._last_traceback or [],
        }  # fmt: skip
    sys.stdout.flush()
    sys.stderr.flush()
    shell.display_pub.session.send(None, "execute_reply", content)
    return failed


# The shell -------------------------------------------------------------------------------


class PipeSession(Session):
    """A session whose messages go through a pipe."""

    def __init__(self, connection, shown: dict):
        super().__init__()
        self.connection, self.shown = connection, shown
        self.parent_id = ""
        self.read = dict.fromkeys(shown, 0)

    def send(self, _stream, msg_or_type, content=None, *_, buffers=None, **_keys):  # type: ignore[override]
        """Send a message, or the content of one of this type."""
        if not isinstance(msg_or_type, dict):
            msg_or_type = {"header": {"msg_type": msg_or_type}, "content": content}
        kind = msg_or_type["header"]["msg_type"]
        message = {
            "msg_type": kind, "header": {"msg_type": kind}, "content": msg_or_type["content"],
            "parent_header": {"msg_id": self.parent_id}, "buffers": [bytes(b) for b in buffers or ()],
        }  # fmt: skip
        self.connection.send(message)
        return message

    def say(self, name: str, text: str) -> None:
        """Send text of a stream, after what programs wrote past Python's streams."""
        self.drain()
        if text:
            self.send(None, "stream", {"name": name, "text": text})

    def drain(self) -> None:
        """Send what was written to the file descriptors 1 and 2."""
        for descriptor, file in self.shown.items():
            data = os.pread(file.fileno(), 2**24, self.read[descriptor])
            self.read[descriptor] += len(data)
            if data:
                name = "stdout" if descriptor == 1 else "stderr"
                self.send(None, "stream", {"name": name, "text": data.decode("utf-8", "replace")})


class PipeStream(TextIOBase):
    """Python's standard output or error: whatever is written in a row becomes one output."""

    def __init__(self, name: str, session: PipeSession):
        self.name, self.session = name, session
        self.other: PipeStream | None = None
        self.text: list[str] = []

    encoding = "utf-8"
    errors = "strict"

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1 if self.name == "stdout" else 2

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        if self.other is not None and self.other.text:
            self.other.flush()
        self.text.append(text)
        return len(text)

    def flush(self) -> None:
        told, self.text = "".join(self.text), []
        self.session.say(self.name, told)


@cache
def built() -> Any:
    """A shell for every fork of this process; built before they fork only where the process is no user's."""
    ZMQInteractiveShell.clear_instance()
    shell: Any = ZMQInteractiveShell.instance(
        compiler_class=XCachingCompiler, config=Config(HistoryManager={"enabled": False})
    )
    shell.kernel = SimpleNamespace(eventloop=None)
    return shell


def _shell(connection, shown: dict):
    """A shell whose displays, results, errors and streams go through the pipe."""
    for descriptor, file in shown.items():
        os.dup2(file.fileno(), descriptor)
    with open(os.devnull) as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    session = PipeSession(connection, shown)
    sys.stdout, sys.stderr = PipeStream("stdout", session), PipeStream("stderr", session)
    sys.stdout.other, sys.stderr.other = sys.stderr, sys.stdout  # type: ignore[attr-defined]
    os.environ.setdefault("MPLBACKEND", INLINE)
    shell = built()
    shell.init_ipython_dir(None)  # of this report
    shell.init_profile_dir(None)
    shell.user_ns["_dh"][:] = [Path.cwd()]
    shell.displayhook.session = shell.display_pub.session = session
    _widgets_through(session)
    return shell


def _widgets_through(session: PipeSession) -> None:
    """Let widgets tell their state, which nbclient keeps beside the outputs."""
    import comm
    from comm.base_comm import BaseComm
    from ipykernel.jsonutil import json_clean

    class PipeComm(BaseComm):
        def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):  # noqa: ARG002
            content = json_clean({"data": data or {}, "comm_id": self.comm_id, **keys})
            session.send(None, msg_type, content, buffers=buffers)

    comm.create_comm = PipeComm  # type: ignore[assignment]


def _no_input(*_):
    raise StdinNotImplementedError("raw_input was called, but this frontend does not support input requests.")


def _show_warning(message, category, filename, lineno, file=None, line=None) -> None:
    """Write a warning where the shell's standard error is now; who made the fork may be recording its own."""
    (file or sys.stderr).write(warnings.formatwarning(message, category, filename, lineno, line))


def _like_a_kernel() -> None:
    """Set what the parent's state would otherwise decide."""
    random.seed()
    if numpy_random := sys.modules.get("numpy.random"):
        numpy_random.seed()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    logging.root.handlers.clear()
    logging.root.setLevel(logging.WARNING)
    warnings.resetwarnings()
    for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
        warnings.simplefilter("ignore", category)
    warnings.filterwarnings("default", category=DeprecationWarning, module="__main__")
    if matplotlib := sys.modules.get("matplotlib"):
        matplotlib.rcParams._set("backend", os.environ["MPLBACKEND"])
    warnings.showwarning = _show_warning
    builtins.input = _no_input
    builtins.raw_input = _no_input  # type: ignore[attr-defined]  # as ipykernel has it
    sys.argv = [sys.executable]
    threading.excepthook = threading.__excepthook__
