"""Coverage (覆盖): for every clause how it works, the function that answers it, its cases, tests and lesson.

The functions come from the tables that bind them (rules, calendar, consequences), the worked cases from
`rules/cases/`, the tests from the checkout's ``tests/``, found by the clause id they write, the lessons from
what the notebooks of the course say they teach.
"""

from __future__ import annotations

import ast
import json
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from zwxm_core.consequences import CONSEQUENCES
from zwxm_core.explaining import HOW, cases
from zwxm_core.obligations import CALENDAR, life_of_regulation
from zwxm_core.resources import collection
from zwxm_core.rules import RULES
from zwxm_core.rulesets import Clause, RuleSet

TESTS = Path(__file__).resolve().parents[2] / "tests"
NONE = "—"
TAUGHT = ("rule", "calculation", "calendar", "consequence")
"""How a clause works that a lesson must teach."""


def functions() -> dict[str, list[str]]:
    """Clause id → the functions that answer it, as ``module.function``.

    Examples
    --------
    >>> functions()["29.1"], functions()["31.2"][-1]
    (['rules.chapter4.self_adjustment'], 'obligations.clauses.acceptance_in_time')
    """
    found: dict[str, list[str]] = {"57.1": [_name(life_of_regulation)]}
    for table in (RULES, CALENDAR, CONSEQUENCES):
        for clause, bound in table.items():
            found.setdefault(clause, []).append(_name(bound[0]))
    return found


def _name(function: Callable) -> str:
    return f"{function.__module__}.{function.__qualname__}".removeprefix("zwxm_core.")


@lru_cache
def naming_tests() -> dict[str, list[str]]:
    """Clause id → the tests that write it, as ``file::test``; empty where there is no checkout.

    A test writes an id by a text of its own (an argument, its parameters, its docstring),
    a file by any other text in it.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        name = path.relative_to(TESTS.parent).as_posix()
        for at, text in _texts(ast.parse(path.read_text(encoding="utf-8"))):
            test = f"{name}::{at}" if at else name
            for word in text.split():
                listed = found.setdefault(word, [])
                if test not in listed:
                    listed.append(test)
    return found


def _texts(tree: ast.Module) -> Iterator[tuple[str | None, str]]:
    """Every text of a test file, with the test it stands in (None: outside of any)."""
    for top in tree.body:
        at = top.name if isinstance(top, ast.FunctionDef) and top.name.startswith("test_") else None
        for node in ast.walk(top):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield at, node.value


@lru_cache
def lessons() -> dict[str, list[str]]:
    """Clause id → the lessons whose notebooks teach it, by their titles.

    >>> lessons()["29.1"][0]
    '第 6 课　15% 调整'
    """
    found: dict[str, list[str]] = {}
    for path in sorted(collection("notebooks/training").glob("*.ipynb")):
        told = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("zwxm", {})
        for clause in told.get("clauses", ()):
            found.setdefault(clause, []).append(told["lesson"])
    return found


def touched(clause: str) -> dict[str, list[str]]:
    """What hangs on a clause: its functions, titles of worked cases, tests, lessons."""
    return {
        "functions": functions().get(clause, []),
        "cases": [case["title"] for case in cases().get(clause, [])],
        "tests": naming_tests().get(clause, []),
        "lessons": lessons().get(clause, []),
    }


def coverage(ruleset: RuleSet) -> dict:
    """The matrix of all clauses, JSON-ready.

    Returns
    -------
    dict
        ``clauses``: a row each with ``clause``, ``cite``, ``how``, ``kind``, what `touched` tells, the
        ``reason`` of those that are not computed and whether they are ``covered``; ``total``,
        ``covered``, and ``holes``, the clause ids that are not; ``untaught``, those that a lesson
        must teach (`TAUGHT`) and none does.
    """
    rows = [_row(clause) for clause in ruleset.clauses.values()]
    holes = [row["clause"] for row in rows if not row["covered"]]
    untaught = [row["clause"] for row in rows if row["how"] in TAUGHT and not row["lessons"]]
    return {
        "clauses": rows,
        "total": len(rows),
        "covered": len(rows) - len(holes),
        "holes": holes,
        "untaught": untaught,
    }


def _row(clause: Clause) -> dict:
    hangs = touched(clause.id)
    shown = bool(hangs["functions"]) and bool(hangs["cases"] or hangs["tests"])
    return {
        "clause": clause.id,
        "cite": clause.cite,
        "how": clause.how,
        "kind": clause.kind,
        **hangs,
        "reason": clause.reason,
        "covered": bool(clause.reason) if clause.how == "reference" else shown,
    }


def coverage_text(covered: dict) -> str:
    """The matrix as lines: citation, way it works, function or reason, cases, tests, lesson."""
    heads = ("条款", "方式", "函数（不计算的写明原因）", "算例", "测试", "课程")
    rows = [heads]
    for row in covered["clauses"]:
        how = "、".join(row["functions"]) or (f"不计算：{row['reason']}" if row["reason"] else "未实现")
        counts = (len(row["cases"]), len(row["tests"]), len(row["lessons"]))
        rows.append((row["cite"], HOW[row["how"]], how, *(str(n) if n else NONE for n in counts)))
    wide = [
        max(_width(row[i]) for row in rows if i != 2 or not row[i].startswith("不计算")) for i in range(6)
    ]
    lines = ["  ".join(_pad(cell, wide[i]) for i, cell in enumerate(row)).rstrip() for row in rows]
    cites = {row["clause"]: row["cite"] for row in covered["clauses"]}
    lines.append(f"\n共 {covered['total']} 条，已覆盖 {covered['covered']} 条")
    if covered["holes"]:
        lines.append(f"未覆盖：{'、'.join(cites[clause] for clause in covered['holes'])}")
    taught = sum(row["how"] in TAUGHT for row in covered["clauses"]) - len(covered["untaught"])
    lines.append(f"课程须讲的（规则、计算、期限、后果）已讲 {taught} 条")
    if covered["untaught"]:
        lines.append(f"没有一课讲到：{'、'.join(cites[clause] for clause in covered['untaught'])}")
    return "\n".join(lines)


def _width(text: str) -> int:
    """Columns of a terminal that a text takes; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
