"""The ledger of an output folder (``ledger.jsonl``): what was made of what, one checked line each.

Lines are only ever added, each flushed to the disk before the file that it speaks of takes its name.
An event is

- ``run``: process id and time of a run that began; the file is locked as long as it lasts,
- ``file``: name, hash, and for a report kind, project, format and ``of``, the hashes of what it was made of,
- ``failed``: kind, project, format (null: the report as a whole) and reason.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from weakref import WeakSet

NAME = "ledger.jsonl"
LOCK_BYTE = 2**40
"""Windows locks bytes, and nobody else can read them: one far behind the end."""


class FolderInUse(Exception):
    """Another run holds the folder; the message, in Chinese, names its process and start."""


class Ledger:
    """What the lines of a folder's ledger say; open one with `open_ledger`.

    ``files`` is the last line of each file name, ``written`` every hash a name was given, ``failed`` the
    failures that no file followed by (kind, project, format), ``damaged`` the numbers of lines that cannot be read.
    """

    def __init__(self, path: Path):
        self.path = path
        self.files: dict[str, dict] = {}
        self.written: defaultdict[str, set[str]] = defaultdict(set)
        self.failed: dict[tuple, dict] = {}
        self.damaged: list[int] = []
        self.holder: dict = {}
        self._stream: Any = None

    def read(self) -> None:
        """Take in all lines. A last line that is torn is cut off; others that cannot be read are noted."""
        data = self.path.read_bytes()
        lines, at = data.split(b"\n"), 0
        for number, line in enumerate(lines, 1):
            row = _row(line)
            if row is not None:
                self._take(row)
            elif line and number == len(lines):
                if self._stream is not None:
                    self._cut(at)
            elif line:
                self.damaged.append(number)
            at += len(line) + 1
        if self._stream is not None and _row(lines[-1]) is not None:  # whole but for its end
            self._append(b"\n")

    def _take(self, row: dict) -> None:
        event = row["event"]
        if event == "file":
            self.files[row["name"]] = row
            self.written[row["name"]].add(row["sha256"])
            for format_ in (row.get("format"), None):
                self.failed.pop((row.get("kind"), row.get("project"), format_), None)
        elif event == "failed":
            self.failed[row["kind"], row["project"], row["format"]] = row
        elif event == "run":
            self.holder = row

    def add(self, row: dict) -> None:
        """Add a line and flush it to the disk; where that fails the ledger is as it was."""
        text = json.dumps(row, ensure_ascii=False, sort_keys=True)
        self._append(f"{_check(text)} {text}\n".encode("utf-8", "surrogatepass"))
        self._take(row)

    def _append(self, data: bytes) -> None:
        if not os.path.samestat(os.fstat(self._stream.fileno()), self.path.stat()):
            raise FileNotFoundError(errno.ENOENT, "the folder is another one now", str(self.path))
        before = self._stream.seek(0, os.SEEK_END)
        try:
            if self._stream.write(data) < len(data):  # a nearly full disk takes a part and says nothing
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._stream.fileno())
        except OSError:
            with suppress(OSError):
                self._cut(before)
            raise

    def _cut(self, size: int) -> None:
        self._stream.truncate(size)
        os.fsync(self._stream.fileno())

    def reports(self) -> dict[tuple[str, str], list[str]]:
        """The names of report files by kind and project."""
        found: dict[tuple[str, str], list[str]] = {}
        for name, row in sorted(self.files.items()):
            if "kind" in row:
                found.setdefault((row["kind"], row["project"]), []).append(name)
        return found


def _check(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


_HOLDS = {"run": ("pid", "at"), "file": ("name", "sha256"), "failed": ("kind", "project", "format")}
"""What a line of an event has at least; one that lacks it was not written here."""


def _row(line: bytes) -> dict | None:
    """What a line says; None where it is not as it was written."""
    try:
        check, _, text = line.decode("utf-8", "surrogatepass").partition(" ")
        row = json.loads(text) if check == _check(text) else None
    except (ValueError, RecursionError):
        return None
    known = isinstance(row, dict) and set(_HOLDS.get(str(row.get("event")), ("event",))) <= row.keys()
    return row if known else None


# Locking ---------------------------------------------------------------------------------

_open: WeakSet = WeakSet()


class _Stream:
    """The ledger's file: unbuffered, and closed in every fork, so that no child keeps the lock."""

    def __init__(self, path: Path):
        self.raw = path.open("a+b", buffering=0)
        _open.add(self)

    def __getattr__(self, name: str):
        return getattr(self.raw, name)


def _close_all() -> None:
    for stream in list(_open):
        stream.raw.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_all)


@contextmanager
def open_ledger(folder: Path) -> Iterator[Ledger]:
    """The ledger of a folder, locked for this run; the system frees the lock however the run ends.

    Raises
    ------
    FolderInUse
        Another run holds it.
    """
    ledger = Ledger(folder / NAME)
    stream = _Stream(ledger.path)
    try:
        if not _locked(stream.raw):
            ledger.read()
            raise FolderInUse(_held(ledger.holder))
        ledger._stream = stream
        ledger.read()
        ledger.add({"event": "run", "pid": os.getpid(), "at": time.strftime("%Y-%m-%d %H:%M:%S")})
        yield ledger
    finally:
        stream.raw.close()


def _held(holder: dict) -> str:
    who = f"（进程 {holder['pid']}，开始于 {holder['at']}）" if holder else ""
    return f"另一次运行正在使用这个目录{who}：请等它做完，或换一个输出目录"


def _locked(stream) -> bool:
    """Lock the file, or say that somebody else has."""
    try:
        if os.name == "nt":
            import msvcrt

            stream.seek(LOCK_BYTE)
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):
            return False
        raise
    return True
