"""The files of an output folder: safe names, complete or not at all, a person's edits kept.

Every file is noted in the folder's ledger before it takes its name, so that a file whose hash the ledger
does not know under that name was edited (or is somebody else's); it is never overwritten.
"""

from __future__ import annotations

import hashlib
import os
import re
import signal
from itertools import count
from pathlib import Path

from zwxm_core.portfolio.files import write_atomically
from zwxm_core.reporting import KINDS
from zwxm_core.reporting.ledger import Ledger
from zwxm_core.tables import clean

LONGEST = 40

PAGES = ("index", "summary", "calendar")
"""Files of the folder as a whole."""

LEFT_OVER = re.compile(rf"\.({'|'.join((*KINDS, *PAGES))})[_.].*\.tmp")
"""What a run that was killed may leave: a file that had not got its name yet."""


def file_stem(kind: str, project: str) -> str:
    """Name of a report file without its ending: safe everywhere, different for different ids.

    Examples
    --------
    >>> file_stem("evaluation", "P001")
    'evaluation_P001_df1e4005'
    >>> file_stem("evaluation", "../../CON:é*?")
    'evaluation_CON_é_b8a019e9'
    """
    digest = hashlib.sha256(project.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    safe = re.sub(r"[^\w\u4e00-\u9fff-]+", "_", clean(project)).strip("_")
    while len(safe.encode()) > 3 * LONGEST or len(safe) > LONGEST:
        safe = safe[:-1]
    return "_".join(filter(None, (kind, safe.strip("_"), digest)))


def kind_of(name: str) -> str | None:
    """The kind of report that a file name of `file_stem` speaks of.

    >>> kind_of("post_assessment_P001_df1e4005.html"), kind_of("index.html")
    ('post_assessment', None)
    """
    return next((kind for kind in KINDS if name.startswith(f"{kind}_")), None)


def file_hash(path) -> str | None:
    """SHA-256 of a file's bytes; None where there is no such file."""
    try:
        with Path(path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (FileNotFoundError, IsADirectoryError):
        return None


def edited(folder: Path, name: str, ledger: Ledger) -> bool:
    """Whether the file is there and is not as we wrote it."""
    digest = file_hash(folder / name)
    return digest is not None and digest not in ledger.written[name]


def free_name(folder: Path, name: str, ledger: Ledger) -> str:
    """The name itself, or, where that file was edited, the first one beside it that was not."""
    path = Path(name)
    beside = (f"{path.stem}.new{number if number > 1 else ''}{path.suffix}" for number in count(1))
    candidate = name
    while edited(folder, candidate, ledger):
        candidate = next(beside)
    return candidate


def place(folder: Path, name: str, data: bytes, ledger: Ledger, **about) -> None:
    """Write one file atomically; the ledger knows it before it takes its name.

    Parameters
    ----------
    about
        What the ledger keeps beside name and hash (see `zwxm_core.reporting.ledger`).
    """
    digest = hashlib.sha256(data).hexdigest()

    def note() -> None:
        _crash("written")
        ledger.add({"event": "file", "name": name, "sha256": digest, **about})
        _crash("noted")

    _crash("unwritten")
    write_atomically(folder / name, data, note)
    _crash("placed")


def clear_left_over(folder: Path) -> None:
    """Remove what a killed run left without a name; call it only while the folder is locked."""
    for path in folder.iterdir():
        if LEFT_OVER.fullmatch(path.name):
            path.unlink(missing_ok=True)


CRASH = "ZWXM_CRASH"
"""For tests: ``written:3`` kills this process when it comes to that point for the third time."""

_passed: dict[str, int] = {}


def _crash(point: str) -> None:
    wanted, _, times = os.environ.get(CRASH, "").partition(":")
    if wanted == point:
        _passed[point] = _passed.get(point, 0) + 1
        if _passed[point] == int(times or 1):
            os.kill(os.getpid(), signal.SIGKILL)
