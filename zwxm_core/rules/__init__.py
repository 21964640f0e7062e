"""The regulation as code: one module per chapter, one function per clause, in its order.

`RULES` binds a clause id to its function, to the event whose date chooses the rules, and
to the stages of a project at which the clause is asked; each chapter binds its own.
"""

from __future__ import annotations

from zwxm_core.rules import (
    chapter1,
    chapter2,
    chapter3,
    chapter3_approval,
    chapter3_filing,
    chapter4,
    chapter4_acceptance,
    chapter4_construction,
    chapter5,
    chapter6,
    chapter7,
    chapter8,
    chapter9,
)
from zwxm_core.rules.answer import Answer, Notice, Rule

__all__ = ["RULES", "Answer", "Notice", "Rule"]

CHAPTERS = (
    chapter1,
    chapter2,
    chapter3_filing,
    chapter3,
    chapter3_approval,
    chapter4_construction,
    chapter4,
    chapter4_acceptance,
    chapter5,
    chapter6,
    chapter7,
    chapter8,
    chapter9,
)
RULES: dict[str, Rule] = {clause: rule for chapter in CHAPTERS for clause, rule in chapter.RULES.items()}
