"""Write the sample workbook and the faulty files beside it: ``python data/samples/make.py``.

The data stand in ``portfolio.yaml`` and ``bad.yaml``; the same data give the same files.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from zwxm_core.facts import Evidence
from zwxm_core.money import to_fen
from zwxm_core.portfolio import schema, write_workbook

HERE = Path(__file__).resolve().parent
CHILDREN = [s for s in schema.sheets() if "project" in schema.fields(s)]


def sample_projects() -> list[dict]:
    """The projects of ``portfolio.yaml`` as written."""
    return yaml.safe_load((HERE / "portfolio.yaml").read_text(encoding="utf-8"))


def sample_records() -> dict[str, list[dict]]:
    """Rows by sheet, as `zwxm_core.portfolio.from_records` takes them (money in 分)."""
    sheets: dict[str, list[dict]] = {"projects": []}
    for project in sample_projects():
        own = {k: v for k, v in project.items() if k not in CHILDREN and k != "shows"}
        sheets["projects"].append(_row("projects", own))
        for sheet in CHILDREN:
            for line in _lines(sheet, project.get(sheet, [])):
                sheets.setdefault(sheet, []).append(_row(sheet, {"project": project["id"], **line}))
    return sheets


def _lines(sheet: str, written) -> list[dict]:
    """One dict a row; materials by 已提供 and 缺少, costs of several years written once."""
    if sheet == "materials" and written:
        common = {"clause": "19.1", "reference": written["reference"]}
        provided = [{**common, "item": item, "provided": "是"} for item in written["provided"]]
        return provided + [{"clause": "19.1", "item": i, "provided": "否"} for i in written.get("missing", [])]
    lines = []
    for line in written:
        first, last = line.get("years", (None, None))
        rest = {k: v for k, v in line.items() if k != "years"}
        lines += [rest] if first is None else [{**rest, "year": y} for y in range(first, last + 1)]
    return lines


def _row(sheet: str, written: dict) -> dict:
    fields = schema.fields(sheet)
    return {name: _cell(fields[name], value) for name, value in written.items()}


def _cell(field, value):
    if field.judged and isinstance(value, list):
        conclusion, by, basis, on = value
        return conclusion, Evidence(by, basis, on.isoformat())
    return to_fen(value, "万元") if field.kind == "money" else value


def main(folder: Path = HERE) -> None:
    """Write every sample file into ``folder``."""
    write_workbook(folder / "portfolio.xlsx", sample_records())


if __name__ == "__main__":
    main()
