"""The checklists (清单) of the regulation, answered from the sheet 材料."""

from __future__ import annotations

import numpy as np

from zwxm_core.conditions import Condition, given
from zwxm_core.facts import Column
from zwxm_core.rules.due import due_by


def material(f, clause: str, number: int, item: str) -> Condition:
    """One entry of a checklist: provided, known to be missing, or not said.

    Parameters
    ----------
    clause : str
        Id of the clause that asks for it, as the sheet names it.
    number : int
        Its place in the clause's list, from 0.
    item : str
        Its name in the rule set's list.
    """
    m = f.materials
    row = m.provided.known & (m.clause.values == clause) & (m.item.values == item)
    yes, no = np.zeros(f.n, bool), np.zeros(f.n, bool)
    yes[m.parent[row & m.provided.values]] = True
    no[m.parent[row & ~m.provided.values]] = True
    no &= ~yes
    return given(
        f"item_{number + 1}", item, yes, no, (("materials", f"{clause} {item}", "provided"),),
        lambda i: f"{item}：{'有' if yes[i] else '缺' if no[i] else '有无未说明'}",
    )  # fmt: skip


def materials(f, p, clause: str, items: tuple[str, ...], *due: Column) -> tuple[Condition, ...]:
    """All entries of a checklist in the rule set's order. With `due` days, an entry that is not there
    lacks from the first of them on and is to be handed in (待补) before.
    """
    entries = tuple(material(f, clause, number, item) for number, item in enumerate(items))
    return tuple(due_by(p, one, "（尚未到报送时，待补）", "", *due) for one in entries) if due else entries
