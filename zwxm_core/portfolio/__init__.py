"""A portfolio of projects: read from a workbook or CSV, checked, and handed on as typed facts.

>>> from zwxm_core.portfolio import from_records
>>> facts = from_records({"projects": [{"id": "P001", "approved_total": 100_000_000}]})
>>> facts.approved_total.at(0), facts.revised_total.at(0)
(100000000, None)

The names below are loaded on first use.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from zwxm_core.facts import Facts
    from zwxm_core.portfolio.problems import Problem

_PUBLIC: dict[str, str] = {
    "InputError": "problems",
    "Problem": "problems",
    "read": "reading",
    "check": "reading",
    "from_records": "records",
    "write_template": "template",
    "write_workbook": "template",
    "write_marked": "marked",
}

__all__ = [
    "Checked",
    "InputError",
    "Portfolio",
    "Problem",
    "check",
    "from_records",
    "read",
    "write_marked",
    "write_template",
    "write_workbook",
]


@dataclass(slots=True)
class Portfolio:
    """What a file says about its projects.

    Parameters
    ----------
    facts : Facts
        Every sheet and field of the data dictionary.
    path : Path
        The file.
    sha256 : str
        Hash of its bytes.
    problems : list of Problem
        Warnings; errors never get this far (`InputError`).
    narrative, signoff : list of dict
        Rows of the sheets 文字 and 签署 by field name; dates as ``date``, unknown left out.
    notices : list of str
        What the reader did that its owner should know: hidden sheets skipped, totals left out …
    kept : dict of str to ndarray of object, shape (n_projects,)
        Columns of a foreign ledger that the mapping asks to keep, by their header.
    """

    facts: Facts
    path: Path
    sha256: str
    problems: list[Problem] = field(default_factory=list)
    narrative: list[dict] = field(default_factory=list)
    signoff: list[dict] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    kept: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(slots=True)
class Checked:
    """Result of `check`: all problems of a file, rows read per sheet, notices."""

    problems: list[Problem]
    rows: dict[str, int]
    notices: list[str]

    def as_dict(self) -> dict:
        """As ``check --json`` prints it."""
        return {"problems": [p.as_dict() for p in self.problems], "rows": self.rows, "notices": self.notices}


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    globals()[name] = value
    return value
