"""Facts from whole columns, for portfolios of hundreds of thousands of projects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zwxm_core.facts import Column, Facts, Table
from zwxm_core.portfolio import schema
from zwxm_core.portfolio.build import _absent


def from_columns(n: int, projects: dict, children: dict[str, tuple[np.ndarray, dict]] | None = None) -> Facts:
    """Facts from NumPy arrays, all judgements in them taken as evidenced.

    Parameters
    ----------
    n : int
        Number of projects; their ids are the numbers 0 to n - 1 unless given.
    projects : dict of field name to array, or to (array, known)
        Arrays as `zwxm_core.facts.Column` keeps them: int64 分, bool, datetime64[D], int8 codes
        of the choices. A scalar stands for every row. Without ``known`` all are known.
    children : dict of sheet to (parent, fields)
        Rows of child tables: ``parent`` is the ascending index of the project of each row.

    Raises
    ------
    KeyError
        A field that the data dictionary does not have.

    Examples
    --------
    >>> facts = from_columns(3, {"approved_total": np.array([100, 200, 300])})
    >>> facts.approved_total.at(2), facts.revised_total.at(2)
    (300, None)
    """
    tables = {}
    for name, sheet in schema.sheets().items():
        if name == "projects":
            continue
        parent, fields = (children or {}).get(name, (np.zeros(0, np.int64), {}))
        tables[name] = _table(name, len(parent), fields, parent if sheet.is_child else None)
    ids = np.arange(n).astype(object) if "id" not in projects else projects["id"]
    table = _table("projects", n, {**projects, "id": ids}, None)
    hanging = {name: t for name, t in tables.items() if t.parent is not None}
    return Facts(table, hanging, {name: t for name, t in tables.items() if t.parent is None})


def _table(sheet: str, n: int, fields: dict, parent: np.ndarray | None) -> Table:
    specs = schema.fields(sheet)
    if unknown := fields.keys() - specs.keys():
        raise KeyError(f"{sheet} has no field {', '.join(sorted(unknown))}")
    columns = {name: _filled(_absent(spec, n), fields.get(name), n) for name, spec in specs.items()}
    return Table(sheet, n, columns, np.arange(2, n + 2), parent)


def _filled(column: Column, given, n: int) -> Column:
    if given is None:
        return column
    values, known = given if isinstance(given, tuple) else (given, True)
    known = np.broadcast_to(known, n)
    claimed = None if column.claimed is None else known
    return replace(column, values=np.broadcast_to(values, n), known=known, claimed=claimed)
