"""政务信息化项目：自建还是购买、合规检查、评估与后评价。

A portfolio of projects goes in; the law and the economics look at it; reports come out.
The names of `_PUBLIC` are loaded on first use, so that ``import zwxm_core`` is quick.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

# Public name -> module that defines it.
_PUBLIC: dict[str, str] = {
    "assess": "zwxm_core.assessment",
    "check": "zwxm_core.portfolio",
    "comparisons": "zwxm_core.comparing",
    "explain": "zwxm_core.explaining",
    "from_records": "zwxm_core.portfolio",
    "load_ruleset": "zwxm_core.rulesets",
    "read": "zwxm_core.portfolio",
}


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return ["__version__", *sorted(_PUBLIC)]
