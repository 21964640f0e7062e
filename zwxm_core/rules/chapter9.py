"""第九章 附则: classified projects (54), counties (55), the life of the regulation (57).

These clauses bound all others: `ordinary` is part of every clause's applicability.
"""

from __future__ import annotations

import numpy as np

from zwxm_core.conditions import Condition, all_of, given, is_false, is_one_of, is_true
from zwxm_core.rules.answer import ALWAYS, Answer, Notice, Rule


def ordinary(f, p, in_force: Condition) -> Condition:
    """Bounds of the ordinary rules (一般规定的适用范围), by 54.1, 55.1 and 57.1.

    The project is of the level this rule set governs, is not classified (under the
    convention that secrecy rules exclude the regulation), and the event fell within the
    regulation's life.
    """
    parts = [governed(f, p), in_force]
    if p.classified_projects == "excluded":
        parts.insert(1, is_false("not_classified", "不是涉密项目", f.classified))
    return all_of("ordinary", "属本办法一般规定的适用范围", *parts)


def governed(f, p) -> Condition:
    """The project is of the level the rule set governs (55.1: counties make their own rules)."""
    return is_one_of("level", f"属{p.level}项目", f.level, p.level)


def in_force(status: np.ndarray, in_force_codes: tuple[int, ...]) -> Condition:
    """The rules were in force on the day of the event (57.1); elsewhere nothing is decided."""
    yes = np.logical_or.reduce([status == code for code in in_force_codes])
    return given(
        "in_force", "事件日在本办法有效期内", yes, np.zeros(len(yes), bool),
        says=lambda row: "事件日" + ("在" if yes[row] else "不在") + "本办法有效期内" + ("" if yes[row] else "，须按当时有效的规定判断"),
    )  # fmt: skip


def classified_project(f, p) -> list[Answer]:
    """54.1 Classified projects (涉密项目) are managed by the secrecy rules."""
    body = is_true("classified", "涉密项目", f.classified)
    notices = []
    if p.partly_classified_projects == "undecided":
        notices.append(
            Notice(
                "partly_classified",
                body.yes,
                "涉密项目按保密规定管理；只有部分内容涉密的，条文未定，须由保密部门认定",
            )
        )
    elif p.partly_classified_projects == "part_only":
        notices.append(
            Notice(
                "partly_classified", body.yes, "本规则集采用“只有涉密部分按涉密处理”，非涉密部分请另行填报"
            )
        )
    return [Answer(governed(f, p), body, notices=tuple(notices))]


RULES = {
    "54.1": Rule(classified_project, None, ALWAYS, bounded=False),
}
