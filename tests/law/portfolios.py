"""Random portfolios made from the data dictionary: plain rows, with facts left out at random.

A portfolio is made of *dossiers*: the rows of one unit and its projects, hung on a tag, so that the
same dossier may stand in a portfolio twice, once with all its facts and once with fewer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from itertools import pairwise
from random import Random

from zwxm_core.portfolio import from_records, schema
from zwxm_core.portfolio.registers import ANSWERS
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()
AS_OF = date(2026, 11, 24)
Dossier = dict[str, list[dict]]
Cell = tuple[str, int, str]
"""Where a fact of a dossier stands: sheet, row, field."""

WAN = 1_000_000
AMOUNTS = (0, 1, 75 * WAN, 75 * WAN + 1, 100 * WAN, 500 * WAN - 1, 500 * WAN, 500 * WAN + 1, 600 * WAN)
MATERIALS = [
    (parameter.clause, item)
    for parameter in RULESET.parameters.values()
    if parameter.unit == "名称"
    for _, items in parameter.values
    for item in items
]
SPANS = ("service_life", "contract_years", "warranty_years")
REFS = ("id", "project", "parent")


def _value(rnd: Random, field: schema.Field):
    match field.kind:
        case "bool":
            return rnd.random() < 0.6
        case "date":
            return "未" if rnd.random() < 0.15 else date(2023, 1, 1) + timedelta(rnd.randrange(1400))
        case "enum":
            return rnd.choice(field.values)
        case "enums":
            return rnd.sample(field.values, rnd.randint(0, len(field.values)))
        case "money":
            amount = max(rnd.choice(AMOUNTS), 1 if field.nonzero else 0)
            return -amount if field.signed and rnd.random() < 0.5 else amount
        case "int" if "year" in field.name and field.name not in SPANS:
            return rnd.randint(2023, 2027)
        case "int":
            return rnd.randint(1, 5)
        case "pct":
            return rnd.choice(("10%", "50%", "100%"))
        case "decimal":
            return rnd.choice(("0", "1", "2.5", "100"))
        case _:
            return rnd.choice(("甲", "乙") if field.name == "unit" else ("无", "甲", "乙"))


def _row(rnd: Random, sheet: str, density: float, **fixed) -> dict:
    spec = schema.sheets()[sheet]
    for field in spec.fields.values():
        asked = field.name not in fixed and field.kind not in ("id", "ref")
        if asked and (field.name in spec.row or rnd.random() < density):
            fixed[field.name] = _value(rnd, field)
    return fixed


def dossier(rnd: Random, tag: str, projects: int = 1, density: float | None = None) -> Dossier:
    """One unit with its projects, each fact there with a probability of `density`."""
    density = density or rnd.choice((0.5, 0.8, 0.95, 1))
    ids, unit = [f"{tag}-{i}" for i in range(projects)], f"单位{tag}"
    rows: Dossier = {"projects": []}
    for id_ in ids:
        project = _row(rnd, "projects", density, id=id_, unit=unit, level="市级", classified=False)
        project["parent"] = rnd.choice(["无", *(other for other in ids if other != id_)])
        if rnd.random() < 0.1:
            project |= {"level": rnd.choice(("市级", "县级")), "classified": rnd.random() < 0.5}
        if project.get("terminated_on", "未") != "未":  # what ended so was not accepted
            project.pop("acceptance_on", None)
        rows["projects"].append(project)
        for name, sheet in schema.sheets().items():
            if sheet.is_child:
                rows.setdefault(name, []).extend(_children(rnd, sheet, id_, density))
    rows["units"] = [_row(rnd, "units", density, unit=unit, successor_of="无")]
    if (
        rnd.random() < 0.5
    ):  # the registers answer, not the tick boxes: beside them a contradiction is an error
        rows["systems"] = [_row(rnd, "systems", density, unit=unit, project=id_, system=id_) for id_ in ids]
        rows["registrations"] = [_row(rnd, "registrations", density, unit=unit, project=id_) for id_ in ids]
        for project in rows["projects"]:
            for name in ANSWERS:
                project.pop(name, None)
    return {sheet: found for sheet, found in rows.items() if found}


def _children(rnd: Random, sheet: schema.Sheet, project: str, density: float) -> list[dict]:
    found: dict[tuple, dict] = {}
    for number in range(1, 1 + (rnd.randint(0, 1) if sheet.one_row else rnd.choice((0, 1, 1, 2, 3)))):
        fixed: dict = {"project": project}
        if "seq" in sheet.fields:
            fixed["seq"] = number
        if "order" in sheet.fields:
            fixed["order"] = number
        if sheet.name == "materials":
            fixed["clause"], fixed["item"] = rnd.choice(MATERIALS)
        row = _row(rnd, sheet.name, density, **fixed)
        found.setdefault(tuple(str(row[key]) for key in sheet.row), row)
    return list(found.values())


PATH = ("approved_on", "construction_start", "trial_start", "go_live")
"""Days that come one after the other."""


def agreeing(records: Dossier) -> Dossier:
    """The same dossier without the places where two sources of one fact contradict each other.

    A contradiction decides nothing, and goes when either side is taken away; where each fact has one
    source, less is known only ever means that less is decided.
    """
    for row in records["projects"]:
        for earlier, later in pairwise(PATH):  # what has not begun got no further
            if row.get(earlier) == "未" and later in row:
                row[later] = "未"
        if row.get("trial_start") == "未" and row.get("acceptance_on", "未") != "未":
            row["acceptance_on"] = "未"
        figures = "feasibility_total" in row and "design_budget" in row
        if figures or row.get("design_approved_on", "未") != "未":  # signs of a design stage
            row["approval_path"] = "可研和初设"
        if row.get("approval_path") == "可研和初设" and row.get("mode") == "购买服务":
            row["mode"] = "自行建设"
        signs = (
            "feasibility_total",
            "design_exceeds_feasibility",
            "design_major_change",
            "design_approved_on",
        )
        if row.get("approved_on") == "未" and any(name in row for name in signs):
            del row["approved_on"]
        overran = any(a.get("caused_overrun") for a in _of(records, "adjustments", row))
        if overran and "revised_budget" in row and "approved_budget" in row:
            row["revised_budget"] = row["approved_budget"] + 1
        for number, adjustment in enumerate(_of(records, "adjustments", row)):  # by date as by 序号
            if adjustment.get("on", "未") != "未":
                adjustment["on"] = date(2023, 1, 1) + timedelta(300 * number)
        _one_source(row, records)
    for row in records.get("procurement", ()):  # said, or reckoned from catalogue and threshold
        if "is_government_procurement" in row:
            row.pop("in_central_catalogue", None), row.pop("threshold", None)
    for row in records.get("negative_list", ()):  # judged, or told by the facts
        row.pop("hit", None)
    return records


LONG_FORMS = {
    "security": ("security_compliant", "crypto_compliant", "major_hazard"),
    "sharing": ("shared_as_required", "duplicate_collection", "sharing_finding_year"),
    "evaluations": ("self_evaluation", "self_evaluation_on"),
}
"""Sheets that say at length what the project's own fields say in short."""


def _one_source(project: dict, records: Dossier) -> None:
    for sheet, short in LONG_FORMS.items():
        if _of(records, sheet, project):
            for name in short:
                project.pop(name, None)
    if project.get("self_evaluation_on", "未") != "未":
        project["self_evaluation"] = "已完成"
    if any("custom_software" in lot for lot in _of(records, "procurement", project)):
        project.pop("custom_development", None)
    if "acceptance_applied_on" in project and project.get("acceptance_on", "未") != "未":
        project["acceptance_applied_on"] = project["acceptance_on"]


def _of(records: Dossier, sheet: str, project: dict) -> list[dict]:
    return [row for row in records.get(sheet, ()) if row["project"] == project["id"]]


def cells(records: Dossier, keep: Iterable[str] = ()) -> list[Cell]:
    """The facts of a dossier that may be taken away; what names a row, and `keep`, stay."""
    fixed = {"id", "project", "unit", "seq", "order", *keep}
    return [
        (sheet, i, name)
        for sheet, rows in records.items()
        for i, row in enumerate(rows)
        for name in row
        if name not in fixed and name not in schema.sheets()[sheet].row
    ]


def without(records: Dossier, gone: Iterable[Cell]) -> Dossier:
    """The dossier without some facts."""
    less = {sheet: [dict(row) for row in rows] for sheet, rows in records.items()}
    for sheet, i, name in gone:
        del less[sheet][i][name]
    return less


def renamed(records: Dossier, tag: str) -> Dossier:
    """The same dossier of another unit: ids and unit hang on another tag."""

    def other(row: dict) -> dict:
        new = dict(row)
        for name in REFS:
            if "-" in str(row.get(name, "")):
                new[name] = f"{tag}-{row[name].partition('-')[2]}"
        if str(row.get("unit", "")).startswith("单位"):
            new["unit"] = f"单位{tag}"
        return new

    return {sheet: [other(row) for row in rows] for sheet, rows in records.items()}


def whole(dossiers: Iterable[Dossier]) -> Dossier:
    """The rows of several dossiers together."""
    together: Dossier = {"projects": []}
    for records in dossiers:
        for sheet, rows in records.items():
            together.setdefault(sheet, []).extend(rows)
    return together


def portfolio(dossiers: Iterable[Dossier]):
    """The facts of several dossiers; every judgement given counts."""
    return from_records(whole(dossiers), judged=True)


def smallest(gone: list[Cell], fails: Callable[[list[Cell]], bool]) -> list[Cell]:
    """A part of `gone`, none of it to spare, that still fails: the minimal example."""
    size = max(len(gone) // 2, 1)
    while True:
        parts = [gone[:at] + gone[at + size :] for at in range(0, len(gone), size)]
        less = next((part for part in parts if part and fails(part)), None)
        if less is not None:
            gone = less
        elif size == 1:
            return gone
        else:
            size //= 2
