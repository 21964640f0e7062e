"""Facts of a few projects for the tests of economics, from plain records."""

import numpy as np

from zwxm_core.facts import Column, Facts, Table

PROJECTS = {
    "id": "text",
    "service_life": "int",
    "contract_years": "int",
    "annual_service_fee": "money",
    "build_cost": "money",
    "annual_om_cost": "money",
    "warranty_years": "int",
}
LABELS = {"annual_service_fee": "年服务费", "build_cost": "自建建设费", "annual_om_cost": "自建年运维费"}
COSTS = {
    "mode": "enum",
    "item": "text",
    "year": "int",
    "claimed": "money",
    "assessed": "money",
    "cut_reason": "text",
}
MODES = ("自行建设", "购买服务")


def _table(name, kinds, records, parent=None):
    columns = {}
    for field, kind in kinds.items():
        given = [record.get(field) for record in records]
        known = np.array([value is not None for value in given], bool)
        if kind == "enum":
            given = [None if value is None else MODES.index(value) for value in given]
        dtype = {"text": object, "enum": np.int8}.get(kind, np.int64)
        blank = None if kind == "text" else 0
        values = np.array([blank if value is None else value for value in given], dtype)
        categories = MODES if kind == "enum" else ()
        columns[field] = Column(field, LABELS.get(field, field), name, kind, values, known, categories)
    return Table(name, len(records), columns, np.arange(2, len(records) + 2), parent)


def facts(*projects, costs=()):
    """Facts from dicts; a line of ``costs`` is a dict whose ``project`` is a position."""
    projects = [{"id": f"P{i}", **project} for i, project in enumerate(projects)]
    lines = sorted(costs, key=lambda line: line["project"])
    parent = np.array([line["project"] for line in lines], np.int64)
    return Facts(_table("projects", PROJECTS, projects), {"costs": _table("costs", COSTS, lines, parent)})
