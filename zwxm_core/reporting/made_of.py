"""What a report is made of, as hashes: where one of them differs, the report is made again."""

from __future__ import annotations

import ast
import hashlib
import json
from datetime import date
from functools import lru_cache
from pathlib import Path

from zwxm_core import __version__
from zwxm_core.portfolio import Portfolio
from zwxm_core.reporting.files import file_hash
from zwxm_core.rulesets import RuleSet

REASONS = {
    "input": "数据文件有变化",
    "mapping": "列映射文件有变化",
    "ruleset": "规则集有变化",
    "scorecard": "评分指标集有变化",
    "as_of": "评估日不同",
    "template": "报告模板有变化",
    "package": "程序有变化",
}
"""What a report is made of, and what is said where it differs."""


def made_of(
    portfolio: Portfolio,
    ruleset: RuleSet,
    as_of: date,
    mapping: str | None,
    template: Path,
    scorecard: str | None = None,
) -> dict[str, str | None]:
    """The hashes (and the day) that decide a report, by the keys of `REASONS`; ``scorecard`` is the hash of a set
    of indicators that an office wrote, None where it is ours, which is part of the package.
    """
    return {
        "scorecard": scorecard,
        "input": portfolio.sha256,
        "mapping": mapping and file_hash(mapping),
        "ruleset": ruleset.sha256,
        "as_of": as_of.isoformat(),
        "template": file_hash(template),
        "package": package_hash(),
    }


@lru_cache(maxsize=1)
def package_hash() -> str:
    """Of the version and of every file of the package that is its own."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256(__version__.encode())
    for path in sorted(package.rglob("*")):
        inside = path.relative_to(package).parts
        if path.is_file() and "__pycache__" not in inside and inside[0] != "_shipped":
            digest.update(f"{'/'.join(inside)}\0{file_hash(path)}\0".encode())
    return digest.hexdigest()


def require_parameters(template: Path, parameters: dict) -> str | None:
    """What is wrong with handing these to the template's cell tagged ``parameters``; None if nothing."""
    try:
        cells = json.loads(template.read_text(encoding="utf-8"))["cells"]
        sources = ["".join(c["source"]) for c in cells if "parameters" in c["metadata"].get("tags", ())]
        names = {
            target.id
            for statement in ast.parse("\n".join(sources)).body if isinstance(statement, ast.Assign)
            for target in statement.targets if isinstance(target, ast.Name)
        }  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, SyntaxError) as error:
        return f"{template.name} 不是完好的笔记本（{type(error).__name__}）"
    if unknown := sorted(parameters.keys() - names):
        return f"{template.name} 的参数格没有 {'、'.join(unknown)}"
    if wrong := [f"{k}={v!r}" for k, v in parameters.items() if not isinstance(v, str | None)]:
        return f"参数应为文字：{'、'.join(wrong)}"
    return None
