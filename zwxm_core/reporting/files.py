"""The files of an output folder: safe names, complete or not at all, a person's edits kept.

The folder's manifest holds the hash of every file as it was written. A file whose hash
differs was edited (or is somebody else's); it is never overwritten.
"""

from __future__ import annotations

import hashlib
import json
import re
from itertools import count
from pathlib import Path

from zwxm_core.portfolio.files import write_atomically
from zwxm_core.tables import clean

MANIFEST = "manifest.json"
LONGEST = 40


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


def read_manifest(folder: Path) -> dict[str, str]:
    """Hash by file name; empty where there is none. A damaged one means that nothing here is ours."""
    try:
        files = json.loads(folder.joinpath(MANIFEST).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {str(name): str(digest) for name, digest in files.items()}


def edited(folder: Path, name: str, manifest: dict[str, str]) -> bool:
    """Whether the file is there and is not as we wrote it."""
    path = folder / name
    return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() != manifest.get(name)


def free_name(folder: Path, name: str, manifest: dict[str, str]) -> str:
    """The name itself, or, where that file was edited, the first one beside it that was not."""
    path = Path(name)
    beside = (f"{path.stem}.new{number if number > 1 else ''}{path.suffix}" for number in count(1))
    candidate = name
    while edited(folder, candidate, manifest):
        candidate = next(beside)
    return candidate


def place(folder: Path, name: str, data: bytes, manifest: dict[str, str]) -> None:
    """Write one file atomically and note it in the manifest."""
    write_atomically(folder / name, data)
    manifest[name] = hashlib.sha256(data).hexdigest()
    text = json.dumps({"files": dict(sorted(manifest.items()))}, ensure_ascii=False, indent=1)
    write_atomically(folder / MANIFEST, text.encode("utf-8"))
