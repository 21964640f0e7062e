"""Hostile and dirty input: how often it is tried, and what every command owes whoever typed it.

``make test`` tries a little, always the same; ``make fuzz`` much and each time otherwise (ZWXM_FUZZ multiplies).
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import unicodedata
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, settings

from zwxm_core.cli import main

TIMES = int(os.environ.get("ZWXM_FUZZ", "1"))
EXIT_CODES = {0, 1, 2, 3, 65, 75}
"""Of contract.md, without those of an interruption."""

CHINESE = re.compile("[\u4e00-\u9fff]")


def examples(count: int) -> settings:
    """``count`` examples in `make test`, TIMES as many in `make fuzz`."""
    return settings(
        max_examples=count * TIMES,
        derandomize=TIMES == 1,
        database=None,
        deadline=None,
        phases=[
            Phase.explicit,
            Phase.generate,
        ],  # examples are short as they are, and shrinking slow ones takes minutes
        suppress_health_check=list(HealthCheck),
    )


@dataclass
class Told:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


def told(*arguments: object) -> Told:
    """Run a command in this process; it keeps the contract, whatever it is given."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main([str(one) for one in arguments])
        except SystemExit as stop:
            code = stop.code or 0
    ended = Told(code, out.getvalue(), err.getvalue())
    assert code in EXIT_CODES, ended
    assert "Traceback" not in ended.err
    typed = "".join(map(str, arguments))
    for text in (ended.out, ended.err):
        assert not {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs")} - {"\n", *typed}, text
    if code in (1, 2, 65, 75):
        said = (ended.err if ended.err.strip() else ended.out).strip().splitlines()
        assert said, "failed without a word"
        asked = said[-1:] if said[0].startswith("用法") or "\n" in typed else said
        assert all(CHINESE.search(line) for line in asked if line.strip()), said
    return ended
