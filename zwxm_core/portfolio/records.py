"""Facts from plain Python rows, through the same parsing and building as a workbook."""

from __future__ import annotations

from datetime import date

from zwxm_core.facts import Evidence, Facts, Table
from zwxm_core.portfolio import schema
from zwxm_core.portfolio.build import Typed, assemble, typed
from zwxm_core.portfolio.planned import with_planned_costs
from zwxm_core.portfolio.problems import InputError, Problem
from zwxm_core.portfolio.raw import RawColumn, RawTable


def from_records(sheets: dict[str, list[dict]], judged: bool = False, unit: str = "分") -> Facts:
    """Facts from rows of English field names.

    Parameters
    ----------
    sheets : dict of str to list of dict
        Rows by sheet name. A missing key or None is unknown. Money counts in ``unit`` (int,
        Decimal or text); dates are ``date``, ISO text or ``"未"``; enums and bools are values
        or their Chinese text; several values (enums) a list, set or text with 、 between.
        A judgement may come with its evidence: ``(True, Evidence(by, basis, on))``.
    judged : bool
        Every judgement given counts, with the evidence 测试 (tests and lessons only).
    unit : {"分", "元", "万元", "百万元"}

    Raises
    ------
    InputError
        A value that the reader of a workbook would refuse, too.
    KeyError, TypeError
        A sheet, field or form of value that does not exist.

    Examples
    --------
    >>> facts = from_records({
    ...     "projects": [{"id": "A", "approved_total": 100_000_000, "goals_unchanged": True}],
    ...     "adjustments": [{"project": "A", "seq": 1, "on": "2024-03-01", "amount": -15_000_000}],
    ... })
    >>> facts.adjustments.amount.at(0), facts.adjustments.on.at(0)
    (-15000000, '2024-03-01')
    >>> facts.goals_unchanged.at(0), bool(facts.goals_unchanged.claimed[0])  # no evidence: unknown
    (None, True)
    """
    tables: dict[str, Typed] = {}
    problems: list[Problem] = []
    inline: list[tuple] = []
    for name, raw in raw_tables(sheets, unit, inline).items():
        tables[name], found, _ = typed(raw)
        problems += found
    facts, found = assemble(tables, judged, inline)
    problems += found
    facts, found = with_planned_costs(facts, tables.get("cost_plans"))
    problems += found
    if any(p.severity == "error" for p in problems):
        raise InputError(problems)
    return facts


def raw_tables(sheets: dict[str, list[dict]], unit: str, inline: list) -> dict[str, RawTable]:
    """Raw tables of plain rows; evidence beside a value is moved to ``inline`` as (sheet, row, field, Evidence)."""
    if "projects" not in sheets:
        raise KeyError("projects")
    if unknown := sheets.keys() - schema.sheets().keys():
        raise KeyError(f"no sheet {', '.join(sorted(unknown))} in the data dictionary")
    raws = {}
    for sheet in (s for s in schema.sheets() if s in sheets):
        rows, specs = sheets[sheet], schema.fields(sheet)
        names = {name: None for row in rows for name in row}
        if unknown := names.keys() - specs.keys():
            raise KeyError(f"{sheet} has no field {', '.join(sorted(unknown))}")
        raw = raws[sheet] = RawTable(sheet, list(range(2, len(rows) + 2)))
        names |= {name: None for name in ("id", "project") if name in specs}
        for name in (n for n in specs if n in names):
            cells = [
                _cell(row.get(name), specs[name], (sheet, i, name), inline) for i, row in enumerate(rows)
            ]
            money_unit = unit if specs[name].kind == "money" else None
            raw.columns[name] = RawColumn(specs[name].label, specs[name], money_unit, cells)
    return raws


def _cell(value, spec: schema.Field, place: tuple, inline: list):
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], Evidence):
        if not spec.judged:
            raise TypeError(f"{spec.sheet}.{spec.name} is no judgement and takes no evidence")
        value, evidence = value
        if value is not None:
            inline.append((*place, evidence))
    if value is None:
        return ""
    if spec.kind == "enums" and isinstance(value, (list, set, frozenset, tuple)):
        return "、".join(value) or "无"
    if isinstance(value, (str, int, float, date)) or hasattr(value, "as_tuple"):
        return value
    if hasattr(value, "item"):  # a NumPy scalar
        return value.item()
    raise TypeError(f"{spec.sheet}.{spec.name}: {type(value).__name__} is no value of a cell")


def to_records(facts: Facts) -> dict[str, list[dict]]:
    """The rows of projects and of the sheets that hang on them, as `from_records` takes them (money in 分).

    A judgement keeps its evidence; plans of costs are left out, their years stand in 费用.

    Examples
    --------
    >>> to_records(from_records({"projects": [{"id": "A", "approved_total": 100}]}))["projects"]
    [{'id': 'A', 'approved_total': 100}]
    """
    tables = {"projects": facts.projects, **facts.children}
    del tables["cost_plans"]
    found = {name: [_row(table, row, facts) for row in range(table.n)] for name, table in tables.items()}
    return {name: rows for name, rows in found.items() if rows}


def _row(table: Table, row: int, facts: Facts) -> dict:
    """What is known of one row; a row of another sheet names its project."""
    told: dict = {} if table.parent is None else {"project": str(facts.ids[table.parent[row]])}
    for name in schema.fields(table.name):
        column = table.columns[name]
        if (value := column.at(row)) is not None:
            evidence = (column.evidence or {}).get(row)
            told[name] = value if evidence is None else (value, evidence)
    return told
