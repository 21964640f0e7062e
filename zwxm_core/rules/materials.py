"""The checklists (清单) of the regulation, answered from the sheet 材料."""

from __future__ import annotations

import numpy as np

from zwxm_core.conditions import Condition, given


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
        lambda i: f"{item}：{'有' if yes[i] else '缺' if no[i] else '有无未填'}",
    )  # fmt: skip


def materials(f, clause: str, items: tuple[str, ...]) -> tuple[Condition, ...]:
    """All entries of a checklist in the rule set's order."""
    return tuple(material(f, clause, number, item) for number, item in enumerate(items))
