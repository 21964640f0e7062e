"""The sheet 材料 beside the checklists of the rule set: a row that no checklist asks for is said."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from zwxm_core.portfolio import schema
from zwxm_core.portfolio.cells import NONE
from zwxm_core.portfolio.problems import Problem
from zwxm_core.portfolio.registers import contradiction, naming

if TYPE_CHECKING:
    from zwxm_core.portfolio.build import Typed

LISTS = {
    "16.1.1": "basics_items",
    "16.1.2": "technical_items",
    "16.1.3": "funding_items",
    "19.1": "plan_items",
    "21.1": "joint_items",
    "27.1": "joint_settled_items",
    "31.2": "acceptance_items",
    "46.2": "evaluated_matters",
}
"""Clause that asks for materials -> the rule set's list of them."""
CATALOGUE = "16.1.2"
"""Clause under which the catalogue of information resources (第二十条) is filed."""


def checklist_problems(tables: dict[str, Typed]) -> list[Problem]:
    """Warnings about rows of 材料 that no clause reads, with what was probably meant."""
    table = tables.get("materials")
    if table is None or not table.n:
        return []
    from zwxm_core.rulesets import load_ruleset

    ruleset = load_ruleset()
    lists: dict = {clause: ruleset.parameters[name].values[-1][1] for clause, name in LISTS.items()}
    problems = []
    for row, (clause, item) in enumerate(zip(table.get("clause"), table.get("item"), strict=True)):
        if clause is not None and clause not in lists:
            text = _unknown_clause(clause, lists, ruleset)
            problems.append(
                table.raw.problem("unknown_clause", text, at=row, name="clause", severity="warning")
            )
        elif clause is not None and item is not None and item not in lists[clause]:
            text = _unknown_item(item, clause, lists, ruleset)
            problems.append(table.raw.problem("unknown_item", text, at=row, name="item", severity="warning"))
    catalogue = ruleset.parameters["catalogue_items"].values[-1][1]
    return problems + _against_catalogue(tables, catalogue)


def _against_catalogue(tables: dict[str, Typed], names) -> list[Problem]:
    """The catalogue of resources (信息资源目录) said to be missing and listed, or provided and 无."""
    table, resources = tables["materials"], tables.get("resources")
    if resources is None:
        return []
    rows = naming(resources)
    cells = (table.get(name) for name in ("project", "clause", "item", "provided"))
    problems = []
    for at, (project, clause, item, provided) in enumerate(zip(*cells, strict=True)):
        if clause != CATALOGUE or item not in names or provided is None:
            continue
        listed = [row for row in rows.get(project, ()) if resources.get("resource")[row] is not None]
        if listed and provided == (resources.get("resource")[listed[0]] == NONE):
            problems.append(contradiction(table, "provided", at, resources, "resource", listed[0]))
    return problems


def _unknown_clause(clause: str, lists: dict, ruleset) -> str:
    by_cite = {schema.normal(ruleset.clauses[c].cite): c for c in lists}
    meant = by_cite.get(schema.normal(clause))
    meant = meant or next(iter(difflib.get_close_matches(clause, lists, 1, 0.6)), None)
    hint = f"，是否指“{meant}”（{ruleset.clauses[meant].cite}）" if meant else ""
    return f"不是要求材料的条款，这一行没有条款会用到{hint}：可填 {'、'.join(lists)}"


def _unknown_item(item: str, clause: str, lists: dict, ruleset) -> str:
    close = difflib.get_close_matches(item, lists[clause], 1, 0.5)
    close = close or [i for i in lists[clause] if i in item or item in i][:1]
    elsewhere = [c for c in lists if item in lists[c]]
    if elsewhere:
        hint = f"它列在条款 {elsewhere[0]}（{ruleset.clauses[elsewhere[0]].cite}），请核对条款"
    elif close:
        hint = f"是否指“{close[0]}”"
    else:
        hint = f"该条所列为 {'、'.join(lists[clause])}"
    return f"不在{ruleset.clauses[clause].cite}所列的材料之内，不参与该条的判断；{hint}"
