"""The regulation as code: one module per chapter, one function per clause, in its order.

`RULES` binds a clause id to its function, to the event whose date chooses the rules, and
to the stages of a project at which the clause is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from zwxm_core.rules import adjustments, chapter3, chapter4, chapter9
from zwxm_core.rules.answer import Answer, Notice

__all__ = ["RULES", "Answer", "Notice", "Rule"]


class Rule(NamedTuple):
    """One clause: its function of facts and terms, its event, the stages from..to it is asked at.

    ``event`` gives the date column that chooses the rules (None: the day of assessment);
    ``bounded`` is False for the clauses that bound the others.
    """

    answer: Callable
    event: Callable | None
    live: tuple[str, str]
    bounded: bool = True


BEFORE_CONSTRUCTION = ("申报", "批复")
FROM_APPROVAL = ("批复", "终止")
ALWAYS = ("申报", "终止")

RULES: dict[str, Rule] = {
    "18.1": Rule(chapter3.feasibility_and_design, chapter3.approval_date, BEFORE_CONSTRUCTION),
    "18.2": Rule(chapter3.merged_plan, chapter3.approval_date, BEFORE_CONSTRUCTION),
    "18.2.1": Rule(chapter3.superior_directive, chapter3.approval_date, BEFORE_CONSTRUCTION),
    "18.2.2": Rule(chapter3.special_and_urgent, chapter3.approval_date, BEFORE_CONSTRUCTION),
    "18.2.3": Rule(chapter3.small_total, chapter3.approval_date, BEFORE_CONSTRUCTION),
    "19.1": Rule(chapter3.service_requirements, chapter3.approval_date, BEFORE_CONSTRUCTION),
    "19.1.1": Rule(chapter3.not_goods_or_works, chapter3.approval_date, BEFORE_CONSTRUCTION),
    "19.1.2": Rule(chapter3.clearly_cheaper, chapter3.approval_date, BEFORE_CONSTRUCTION),
    "19.1.3": Rule(chapter3.several_providers, chapter3.approval_date, BEFORE_CONSTRUCTION),
    "19.1.4": Rule(chapter3.keeps_secrecy, chapter3.approval_date, BEFORE_CONSTRUCTION),
    "28.1": Rule(chapter4.major_adjustment, adjustments.latest_date, FROM_APPROVAL),
    "28.2": Rule(chapter4.late_application_refused, adjustments.latest_date, FROM_APPROVAL),
    "29.1": Rule(chapter4.self_adjustment, adjustments.latest_date, FROM_APPROVAL),
    "29.1.1": Rule(chapter4.superior_deployment, adjustments.latest_date, FROM_APPROVAL),
    "29.1.2": Rule(chapter4.technical_improvement, adjustments.latest_date, FROM_APPROVAL),
    "29.1.3": Rule(chapter4.business_need, adjustments.latest_date, FROM_APPROVAL),
    "54.1": Rule(chapter9.classified_project, None, ALWAYS, bounded=False),
}
