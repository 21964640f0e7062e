"""第九章 附则: special rules (53), classified projects (54), counties (55), who interprets (56), the
life of the regulation (57).

These clauses bound all others: `ordinary` is part of every clause's applicability.
"""

from __future__ import annotations

import numpy as np

from zwxm_core.conditions import Condition, all_of, given, is_false, is_one_of, is_true
from zwxm_core.facts import is_any
from zwxm_core.rules.answer import ALWAYS, Answer, Notice, Rule, Step, always
from zwxm_core.rules.chapter1 import LISTED_CATEGORIES


def ordinary(f, p, in_force: Condition, cite: str, scoped: bool = True) -> Condition:
    """Bounds of the ordinary rules (一般规定的适用范围), by 2.1, 53.1, 54.1, 55.1 and 57.1.

    The project is of the level this rule set governs, is not judged to be no government IT
    project, is not classified (under the convention that secrecy rules exclude the
    regulation), has no special rules known to take the clause's place, and the event fell
    within the regulation's life.

    Parameters
    ----------
    cite : str
        Where the clause stands, as users know it (第…条…).
    scoped : bool
        Whether the clause speaks of government IT projects only; False for 2.1 and 3.1.
    """
    parts = [governed(f, p), in_force, _no_special_rules(f, p, cite)]
    if p.classified_projects == "excluded":
        parts.insert(1, is_false("not_classified", "不是涉密项目", f.classified))
    if scoped:
        parts.append(_not_out_of_scope(f))
    return all_of("ordinary", "属本办法一般规定的适用范围", *parts)


def _not_out_of_scope(f) -> Condition:
    """Not judged to be no government IT project (不属政务信息化项目, 2.1): of a listed kind and, on
    evidence, outside the national standard's definition. A judgement that is not there takes
    nothing out; one whose kind of project is not known leaves it open.
    """
    standard, kind = f.in_scope, f.category
    judged = standard.known & ~np.asarray(standard.values, bool)
    out = judged
    if judged.any():
        out = judged & kind.known & is_any(kind.values, map(kind.categories.index, LISTED_CATEGORIES))
        judged = judged & (out | ~kind.known)
    return Condition(
        "not_out_of_scope", "leaf", "没有认定不属政务信息化项目", ~judged, out, facts=(kind,),
        says=lambda row: f"{standard.label}：否，不是本办法适用的政务信息化项目（第二条）" if out[row] else "",
    )  # fmt: skip


def _no_special_rules(f, p, cite: str) -> Condition:
    """No special rules of the State or province (专门规定) are known to take the clause's place.

    Like an approval they count once they are stated, with their basis: where nobody speaks of
    any, the ordinary rules hold. The terms are read only where they matter.
    """
    special = f.special_rules
    stated = special.known & np.asarray(special.values, bool)
    if stated.any():
        construction = cite.startswith(p.special_rules_articles)
        stated = stated & (construction or p.special_rules_scope == "whole_life")
    return given(
        "no_special_rules", "没有须从其办理的专门规定", ~stated, stated,
        says=lambda row: "国家或省有专门规定，本条事项从其规定" if stated[row] else "",
    )  # fmt: skip


def governed(f, p) -> Condition:
    """The project is of the level the rule set governs (55.1: counties make their own rules)."""
    leaf = is_one_of("level", f"属{p.level}项目", f.level, p.level)
    told = leaf.says or str
    leaf.says = lambda row: told(row) + (_OTHER_LEVEL.get(f.level.at(row), "") if leaf.no[row] else "")
    return leaf


_OTHER_LEVEL = {"县级": "，须用该县的规则集判断（第五十五条）", "市级": "，须用市级规则集判断"}


def in_force(status: np.ndarray, in_force_codes: tuple[int, ...]) -> Condition:
    """The rules were in force on the day of the event (57.1); elsewhere nothing is decided."""
    yes = np.logical_or.reduce([status == code for code in in_force_codes])
    return given(
        "in_force", "事件日在本办法有效期内", yes, np.zeros(len(yes), bool),
        says=lambda row: "事件日" + ("在" if yes[row] else "不在") + "本办法有效期内" + ("" if yes[row] else "，须按当时有效的规定判断"),
    )  # fmt: skip


def special_rules(f, p) -> list[Answer]:
    """53.1 Construction under special rules of the State or province (专门规定) follows those."""
    body = is_true("special_rules", "国家或省有专门规定", f.special_rules)
    first, last = p.special_rules_articles[0], p.special_rules_articles[-1]
    text = {
        "construction_only": f"审批和建设（{first}至{last}）从其专门规定，其余仍适用本办法；是否也及于运维、资金、后果，条文未定",
        "whole_life": "全过程从其专门规定，本办法的一般规定不作判断",
    }
    return [
        Answer(
            governed(f, p), body, notices=(Notice("special_rules", body.yes, text[p.special_rules_scope]),)
        ),
    ]


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


def interpretation(f, p) -> list[Answer]:
    """56.1 Who interprets the regulation (解释)."""
    step = Step("解释条文", "市数字经济局会同市发展改革委、市财政局", "解释意见")
    return [Answer(governed(f, p), always("asked", "对条文有疑问的，请其解释", f.n), steps=(step,))]


RULES = {
    "53.1": Rule(special_rules, None, ALWAYS, bounded=False),
    "54.1": Rule(classified_project, None, ALWAYS, bounded=False),
    "56.1": Rule(interpretation, None, ALWAYS, bounded=False),
}
