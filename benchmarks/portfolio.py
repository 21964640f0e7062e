"""Random portfolios for the benchmarks: every field of the data dictionary, a tenth of the facts unknown."""

from __future__ import annotations

import numpy as np

from zwxm_core.portfolio import schema
from zwxm_core.portfolio.arrays import from_columns

SHEETS = {"integration": 0.9, "negative_list": 0.3, "adjustments": 1.0, "resources": 1.0, "lines": 0.5}
"""Rows a project of the sheets that the ten clauses read."""

TEXTS = np.array(["无", "甲", "乙", "丙"], object)
HUNDRED_MILLION = 10_000_000_000  # 分


def columns(n: int, fields: dict[str, tuple[str, ...]], sheets: dict[str, float] = SHEETS) -> dict:
    """Columns of n projects: ``{"field": (values, known), "sheet.field": …, "sheet.parent": rows}``.

    Parameters
    ----------
    n : int
    fields : dict of sheet to names
        What to fill in; ``projects`` stands without a prefix.
    sheets : dict of str to float
        Rows a project.
    """
    rng = np.random.default_rng(20_221)
    c = {name: _column(rng, schema.fields("projects")[name], n) for name in fields["projects"]}
    for sheet, share in sheets.items():
        rows = int(n * share)
        one = schema.sheets()[sheet].one_row
        parent = np.sort(rng.permutation(n)[:rows] if one else rng.integers(0, n, rows))
        c[f"{sheet}.parent"] = parent
        for name in fields.get(sheet, ()):
            c[f"{sheet}.{name}"] = _column(rng, schema.fields(sheet)[name], rows)
        if "seq" in schema.fields(sheet):
            c[f"{sheet}.seq"] = np.arange(rows), np.ones(rows, bool)
    return _plausible(rng, c)


def _column(rng, field, n: int):
    known = rng.random(n) > 0.1
    if field.kind == "bool":
        values = rng.random(n) < 0.7
    elif field.kind == "date":
        values = np.datetime64("2022-03-01") + rng.integers(0, 1600, n)
        values[rng.random(n) < 0.1] = np.datetime64("NaT")
    elif field.kind == "enum":
        values = rng.integers(0, len(field.values), n).astype(np.int8)
    elif field.kind == "money":
        values = rng.integers(1, HUNDRED_MILLION // 10, n)
    elif field.kind == "int":
        values = rng.integers(2023, 2028, n) if "year" in field.name else rng.integers(0, 6, n)
    else:
        values = rng.choice(TEXTS, n)
    return np.ascontiguousarray(values), known


def _plausible(rng, c: dict) -> dict:
    """Most projects are the city's and open; amounts lie about the lines of the law."""
    n = len(c["level"][0])
    for name, share in (("level", 0.1), ("classified", 0.05), ("special_rules", 0.05)):
        if name in c:
            c[name] = (rng.random(n) < share).astype(c[name][0].dtype), c[name][1]
    if {"approved_total", "revised_total"} <= c.keys():
        total = c["approved_total"][0]
        c["revised_total"] = total + rng.integers(-(10**6), 10**6, n), c["revised_total"][1]
    if "adjustments.amount" in c:
        base = total[c["adjustments.parent"]]
        tenths = rng.integers(-4, 5, len(base))
        c["adjustments.amount"] = base // 20 * tenths, c["adjustments.amount"][1]
    return c


def facts_of(n: int, c: dict):
    """The same columns as `Facts`."""
    children: dict[str, tuple] = {}
    for key, value in c.items():
        sheet, _, name = key.rpartition(".")
        if sheet and name == "parent":
            children[sheet] = (value, {})
    for key, value in c.items():
        sheet, _, name = key.rpartition(".")
        if sheet and name != "parent":
            children[sheet][1][name] = value
    return from_columns(n, {k: v for k, v in c.items() if "." not in k}, children)


def cut(c: dict, start: int, stop: int) -> dict:
    """The columns of the projects start to stop - 1, as slices."""
    rows = {
        key.rpartition(".")[0]: slice(*np.searchsorted(value, [start, stop]))
        for key, value in c.items()
        if key.endswith(".parent")
    }
    part = {}
    for key, value in c.items():
        sheet, _, name = key.rpartition(".")
        at = rows.get(sheet, slice(start, stop))
        part[key] = value[at] - start if name == "parent" else (value[0][at], value[1][at])
    return part
