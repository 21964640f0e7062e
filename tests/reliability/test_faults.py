"""The list of faults: every one is injected by a test whose name has its number."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ELSEWHERE = {
    # number: what of it cannot be injected here, and what stands in for it
    9: "no system can be made to refuse a fork without harm to other tests: os.fork is made to refuse",
    23: "no network file system here: the lock is tested on a local one only",
}


def faults() -> dict[int, list[str]]:
    """Tests by the number of the fault in their name."""
    found: dict[int, list[str]] = {}
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (number := re.match(r"test_fault_(\d\d)_", node.name)):
                found.setdefault(int(number[1]), []).append(node.name)
    return found


def test_each_of_the_35_faults_has_a_test():
    assert sorted(faults()) == list(range(1, 36))
    assert ELSEWHERE.keys() <= faults().keys()


def test_the_list_is_the_shared_one(shared):
    text = (shared / "reliability.md").read_text(encoding="utf-8")
    listed = text.partition("## Fault tests to require")[2].partition("\n## ")[0]
    assert [int(n) for n in re.findall(r"^(\d+)\. ", listed, re.MULTILINE)] == sorted(faults())
