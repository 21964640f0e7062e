"""Opening a workbook on a page: from the samples, a path or an upload, every problem told at once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from zwxm_core.facts import Facts
from zwxm_core.portfolio import InputError, Portfolio, Problem, read
from zwxm_core.reporting.report import inputs
from zwxm_core.rulesets import RuleSet, load_ruleset
from zwxm_core.tables import clean

LARGEST_NAME = 60
REFUSED = "文件不能用，原来的没有变"


def opened(data=None, as_of=None, ruleset=None) -> tuple[Portfolio, RuleSet, date]:
    """A workbook with its rule set and day; None are the samples with theirs (see `open_report`)."""
    data, day, rules = inputs(data, as_of, ruleset)
    return read(data), load_ruleset(rules), day


def from_upload(name: str, data: bytes) -> Portfolio:
    """A workbook that the browser handed over; it is read from a private folder that is gone afterwards.

    Raises
    ------
    InputError
        With all problems of the file, named as the user named it.
    """
    suffix = Path(name).suffix.lower()
    shown = clean(Path(name).name.replace("/", "").replace("\\", ""), LARGEST_NAME) or "上传的文件"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "upload" + (suffix if suffix in (".xlsx", ".xls", ".csv", ".et") else ".xlsx"))
        place.write_bytes(data)
        try:
            portfolio = read(place)
        except InputError as error:
            raise InputError([_named(problem, shown) for problem in error.problems]) from None
    portfolio.path = Path(shown)
    portfolio.problems = [_named(problem, shown) for problem in portfolio.problems]
    portfolio.notices = [notice.replace(place.name, shown) for notice in portfolio.notices]
    return portfolio


def project_choices(facts: Facts, rows: Iterable[int] | None = None) -> list[tuple[str, int]]:
    """Projects as a drop-down lists them: id and name, with their rows."""
    chosen = range(facts.n) if rows is None else rows
    return [(clean(f"{facts.ids[row]}　{facts.name.at(row) or ''}", LARGEST_NAME), row) for row in chosen]


def _named(problem: Problem, shown: str) -> Problem:
    values = {name: getattr(problem, name) for name in problem.__slots__}
    return Problem(**{**values, "file": shown})


def problem_lines(error: InputError, most: int = 8) -> list[str]:
    """The errors of a file in sentences, the first ones in full."""
    told = [str(problem) for problem in error.problems if problem.severity == "error"]
    left = len(told) - most
    return told[:most] + ([f"另有 {left} 处，可用 zwxm check 查看全部"] if left > 0 else [])
