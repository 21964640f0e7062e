"""How one item of the negative list (负面清单) comes to its conclusion: the facts of a hit beside the
judgement of the sheet, the exception by statute, and the exemption by discretion (原则上).
"""

from __future__ import annotations

import numpy as np

from zwxm_core.conditions import (
    Condition,
    all_of,
    any_of,
    given,
    is_one_of,
    is_true,
    on_row,
)  # fmt: skip
from zwxm_core.facts import Column
from zwxm_core.rules.answer import Answer, Exemption, Notice, banned
from zwxm_core.rules.chapter1 import every_project
from zwxm_core.rules.sheet_rows import NONE, exemption_on_file, on_file, row_index, spread, with_row

STATUTES = ("法律", "行政法规", "地方性法规")


def ban(f, p, clause: str, hit: Condition, applies: Condition | None = None) -> list[Answer]:
    """One item of the list: hit, unless a statute provides or the authority has exempted it."""
    statute, discretion = _statute(f, p, clause), _discretion(f, p, clause)
    answer = Answer(
        applies or every_project(f),
        **banned(_with_short_form(f, clause, hit), statute, discretion),
    )
    index = row_index(f.negative_list, f.n, clause)
    answer.notices = (
        Notice(
            "exemption_in_writing",
            answer.body.yes,
            "原则上不予立项；例外须由有权机关书面认定，本产品不作认定",
        ),
        exemption_authority(p, spread(f.negative_list.exemption, index), answer.adverse),
    )
    return [answer]


def exemption_authority(p, exemption: Column, adverse: Condition) -> Notice:
    """Who may grant the exemption on record (例外由谁认定), where what it frees from is not excluded."""
    who = {
        "undecided": "“原则上”的例外由谁认定，条文未写明；本规则集未设定，已记载的例外认定待核",
        "approving_bodies": "“原则上”的例外按由审批机关认定处理",
        "leading_group": "“原则上”的例外按由领导小组认定处理，须以领导小组的认定为据",
    }
    exempted = exemption.known & exemption.values.astype(bool)
    return Notice("exemption_authority", exempted & ~adverse.no, who[p.exemption_authority])


def _statute(f, p, clause: str) -> Exemption:
    table = f.negative_list
    index = row_index(table, f.n, clause)
    basis = table.legal_basis
    none = basis.known & (basis.values == NONE)
    stated = Condition(
        "legal_basis", "leaf", "写明法律法规依据", basis.known & ~none, none, facts=(basis,),
        says=lambda row: f"{basis.label}：{basis.told(row)}",
    )  # fmt: skip
    ranks = STATUTES if p.statutory_exception_levels == "up_to_local_regulations" else (*STATUTES, "规章")
    rank = is_one_of("statutory_rank", f"依据属{'、'.join(ranks)}", table.basis_level, *ranks)
    told = rank.says
    rank.says = lambda row: told(row) + ("，不算法律法规" if rank.no[row] else "")
    explicit = is_true("explicit", "属明确规定", table.explicit)
    law = all_of("statute", "法律法规有明确规定", stated, rank, explicit, premise=True)
    text = "本项的法律法规依据（负面清单表；没有依据的填“无”）"
    holds = with_row(on_row(law, index), table, index, text, (("negative_list", clause, "legal_basis"),))
    return Exemption("statute", holds, spread(basis, index), spread(table.basis_level, index))


def _discretion(f, p, clause: str) -> Exemption:
    """An exemption on record. Who may grant it the text does not say, so that a granted one stays
    open until the rule set says who may.
    """
    table = f.negative_list
    index = row_index(table, f.n, clause)
    leaf = granted("discretion", "有权机关认定“原则上”的例外", table.exemption, p)
    return Exemption("discretion", exemption_on_file(leaf, table, index))


def granted(id: str, text: str, column: Column, p) -> Condition:
    """An exemption (“原则上”的例外) on file and from a body that may grant it, as the rule set says;
    while it does not say, one on file is open.
    """
    leaf, who = on_file(id, text, column), p.exemption_authority
    if who != "approving_bodies":
        theirs = np.zeros(len(column.known), bool)
        if who == "leading_group":
            evidence = column.evidence or {}
            theirs[[row for row, e in evidence.items() if "领导小组" in e.by]] = True
        told, open_ = leaf.says, leaf.yes & ~theirs
        leaf.says = lambda row: told(row) + ("（认定机关是否有权待核）" if open_[row] else "")
        leaf.yes = leaf.yes & theirs
        leaf.missing = (("ruleset", None, "exemption_authority"),)
    return leaf


def _with_short_form(f, clause: str, hit: Condition) -> Condition:
    """The facts of a hit beside the judgement of the sheet 负面清单 (命中), which settles them where
    they are open; where the two contradict each other nothing is decided.
    """
    table = f.negative_list
    column, index = table.hit, row_index(table, f.n, clause)
    typed = column.known if column.claimed is None else column.known | column.claimed
    says_hit, says_not = column.known & column.values, column.known & ~column.values
    unproven = typed & ~column.known & ~(hit.yes | hit.no)[table.parent]
    clash = (says_hit & hit.no[table.parent]) | (says_not & hit.yes[table.parent])
    missing = (("negative_list", None, "hit"),)

    def told(row: int) -> str:
        label = f"{column.label}（负面清单表）：{'是' if column.values[row] else '否'}"
        return label + ("，与整合等表的事实不一致" if clash[row] else "")

    asserted = given(
        "judged_hit", "认定命中", says_hit & ~clash, ~says_hit, missing, lambda k: told(k) if says_hit[k] else ""
    )  # fmt: skip
    unsure = is_true("unproven_hit", "填有命中而认定不全", column)
    unsure.yes, unsure.no = np.zeros(table.n, bool), ~unproven
    unsure.says = lambda k: "命中（负面清单表）：已填，认定人、依据、日期不全" if unproven[k] else ""
    denied = given(
        "judged_not_hit", "没有认定未命中", ~says_not, says_not & ~clash, missing,
        lambda k: told(k) if says_not[k] else "",
    )  # fmt: skip
    judged = any_of("judged_or_unsure", "负面清单表认定命中", on_row(asserted, index), on_row(unsure, index))
    has = index >= 0
    row = given("judged", "负面清单表填有本项", has, ~has, says=lambda k: "")
    no_row = given("not_judged", "负面清单表未填本项", ~has, has, says=lambda k: "")
    return all_of(
        hit.id, hit.text,
        any_of("hit_or_judged", hit.text, hit, all_of("judged_hit", "负面清单表认定命中", row, judged)),
        any_of("none_or_not_denied", "负面清单表没有认定未命中", no_row, on_row(denied, index)),
    )  # fmt: skip


def left_to_judgement(f, clause: str, text: str, why: str) -> Condition:
    """What no sheet of facts can say, only the judgement of the sheet 负面清单: always open here."""
    table, index = f.negative_list, row_index(f.negative_list, f.n, clause)
    leaf = is_true("left_to_judgement", text, table.hit)
    told = leaf.says
    leaf.yes = leaf.no = np.zeros(table.n, bool)
    leaf.says = lambda row: f"{told(row)}（{why}）"
    asked = f"本项是否命中的认定（负面清单表；{why}）"
    return with_row(on_row(leaf, index), table, index, asked, (("negative_list", clause, "hit"),))
