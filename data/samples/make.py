"""Write the sample workbook and the faulty files beside it: ``python data/samples/make.py``.

The data stand in ``portfolio.yaml`` and ``bad.yaml``; the same data give the same files.
"""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import xlsxwriter
import yaml

from zwxm_core.facts import Evidence
from zwxm_core.lifecycle import stage_names
from zwxm_core.money import to_fen
from zwxm_core.portfolio import from_records, schema, write_workbook
from zwxm_core.rulesets import load_ruleset

HERE = Path(__file__).resolve().parent
AS_OF = date(2026, 11, 24)
"""The day on which the samples are assessed."""
CHILDREN = [s for s in schema.sheets() if "project" in schema.fields(s)]


KEYED = ("materials", "priorities", "negative_list")
"""Sheets that ``portfolio.yaml`` writes by clause."""


def _data() -> dict:
    return yaml.safe_load((HERE / "portfolio.yaml").read_text(encoding="utf-8"))


def sample_projects() -> list[dict]:
    """The projects of ``portfolio.yaml``, each with the facts of the sets it names."""
    data = _data()
    return [_whole(project, data["sets"]) for project in data["projects"]]


def _whole(project: dict, sets: dict) -> dict:
    """A project over its sets: what the project writes wins, an empty value drops the set's."""
    own = {k: v for k, v in project.items() if k not in ("with", "papers")}
    facts: dict = {}
    for name in project.get("with", ()):
        facts = _over(facts, sets[name])
    return _filled(_over(facts, own), own, project.get("papers", {}))


def _over(below, above):
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return {k: _over(below.get(k), above[k]) if k in above else v for k, v in {**above, **below}.items()}


def _filled(value, own: dict, papers: dict):
    """``[conclusion, name]`` rests on a paper of the project, ``=field`` is what the project has there."""
    if isinstance(value, dict):
        return {k: v for k, v in ((k, _filled(v, own, papers)) for k, v in value.items()) if v is not None}
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], str) and value[1] in papers:
        return [value[0], *papers[value[1]]]
    if isinstance(value, list):
        return [_filled(v, own, papers) for v in value]
    return own.get(value[1:]) if isinstance(value, str) and value.startswith("=") else value


def sample_records() -> dict[str, list[dict]]:
    """Rows by sheet, as `zwxm_core.portfolio.from_records` takes them (money in 分)."""
    units = [_row("units", _filled(u, u, u.pop("papers", {}))) for u in _data()["units"]]
    sheets: dict[str, list[dict]] = {"projects": [], "units": units}
    for project in sample_projects():
        own = {k: v for k, v in project.items() if k not in CHILDREN and k != "shows"}
        sheets["projects"].append(_row("projects", own))
        for sheet in CHILDREN:
            for line in _lines(sheet, project.get(sheet, [])):
                sheets.setdefault(sheet, []).append(_row(sheet, {"project": project["id"], **line}))
    return sheets


def _lines(sheet: str, written) -> list[dict]:
    """One dict a row: what is written by clause, by opinion or by years, taken apart."""
    if sheet == "materials":
        return [line for clause, listed in dict(written).items() for line in _materials(clause, listed)]
    if sheet in KEYED:
        return [{"clause": clause, **line} for clause, line in dict(written).items()]
    if sheet == "opinions" and isinstance(written, dict):
        return _opinions(written)
    lines = []
    for line in [written] if isinstance(written, dict) else written:
        first, last = line.get("years", (None, None))
        rest = {k: v for k, v in line.items() if k != "years"}
        lines += [rest] if first is None else [{**rest, "year": y} for y in range(first, last + 1)]
    return lines


def _materials(clause: str, listed: dict) -> list[dict]:
    common = {"clause": clause} | {k: listed[k] for k in ("reference", "on") if k in listed}
    missing = listed.get("missing", [])
    provided = [item for item in listed.get("provided", []) if item not in missing]
    return [{**common, "item": item, "provided": "是"} for item in provided] + [
        {**common, "item": item, "provided": "否"} for item in missing
    ]


def _opinions(written: dict) -> list[dict]:
    """All opinions that the rule set asks for, alike but for those written by name (单位 种类)."""
    due = load_ruleset().terms().opinions_due
    common = {k: v for k, v in written.items() if k not in due}
    return [
        {"body": name.split()[0], "kind": name.split()[1], **common, **written.get(name, {})}
        for name in due
        if written.get(name, {}) is not None
    ]


def _row(sheet: str, written: dict) -> dict:
    fields = schema.fields(sheet)
    return {name: _cell(fields[name], value) for name, value in written.items() if value is not None}


def _cell(field, value):
    if field.judged and isinstance(value, list):
        conclusion, by, basis, on = value
        return conclusion, Evidence(by, basis, on.isoformat())
    return to_fen(value, "万元") if field.kind == "money" else value


# Files with mistakes ---------------------------------------------------------------------

MADE = datetime(2022, 6, 25)  # a fixed date: the same data give the same bytes


def bad_files() -> dict[str, dict]:
    """What ``bad.yaml`` says of each file, by file name."""
    return yaml.safe_load((HERE / "bad.yaml").read_text(encoding="utf-8"))


def bad_bytes(spec: dict) -> bytes:
    """The content of one faulty file."""
    if "bytes" in spec:
        return spec["bytes"]
    if "text" in spec:
        return spec["text"].encode("utf-8")
    data = _workbook(spec)
    if spec.get("entity"):
        data = _with_entity(data)
    return data[: int(len(data) * spec.get("cut", 1))]


def _workbook(spec: dict) -> bytes:
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": MADE})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for title, rows in spec["sheets"].items():
            sheet = book.add_worksheet(title)
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    _write(sheet, r, c, value, day)
            for number in spec.get("hidden", ()):
                sheet.set_row(number - 1, None, None, {"hidden": True})
            if spec.get("far"):
                sheet.write_string(1_048_575, 16_383, "x")
    return buffer.getvalue()


def _write(sheet, r: int, c: int, value, day) -> None:
    if isinstance(value, dict):  # a formula never calculated, or one whose result is an error
        sheet.write_formula(r, c, value.get("formula", "=NA()"), None, value.get("error", ""))
    elif isinstance(value, date):
        sheet.write_datetime(r, c, datetime.combine(value, time()), day)
    elif value is not None:
        sheet.write(r, c, value)


def _with_entity(data: bytes) -> bytes:
    """The workbook with a harmless external entity declared in its sheet."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename == "xl/worksheets/sheet1.xml":
                declared = b'?>\n<!DOCTYPE worksheet [<!ENTITY x SYSTEM "file:///dev/null">]>'
                content = content.replace(b"?>", declared, 1)
            new.writestr(info, content)
    return buffer.getvalue()


# What there is ---------------------------------------------------------------------------

README = """# 样例

全部虚构：单位名称只为像真，没有一个项目、文号、金额来自实际。由 `python data/samples/make.py` 从
`portfolio.yaml` 和 `bad.yaml` 写出，请改这两个文件，不要直接改工作簿。

- `portfolio.xlsx`：{count} 个项目，用法 `zwxm assess data/samples/portfolio.xlsx --ruleset data/samples/rulesets/samples.yaml --as-of {day}`
- `rulesets/samples.yaml`：样例自用的派生规则集，“明显小于”取 10%，等保测评、密评周期取 12 个月；都不是官方数值
- `bad/`：有错误的文件，一种错误一个，用 `zwxm check` 看提示
- `mappings/`：把别处台账读进来的列对应文件

## 项目（阶段按 {day} 算）

| 编号 | 项目 | 单位 | 方式 | 阶段 | 看点 |
|---|---|---|---|---|---|
{projects}

## 有错误的文件

| 文件 | 错在哪里 |
|---|---|
{bad}
"""


def readme() -> str:
    """``README.zh-CN.md``: every project and faulty file with what it shows."""
    projects = sample_projects()
    stages = stage_names(from_records(sample_records()), AS_OF)
    rows = [
        f"| {p['id']} | {p['name']} | {p['unit']} | {p['mode']} | {stage or '未提供'} | {p['shows']} |"
        for p, stage in zip(projects, stages, strict=True)
    ]
    bad = [f"| {name} | {spec['shows']} |" for name, spec in bad_files().items()]
    return README.format(count=len(projects), day=AS_OF, projects="\n".join(rows), bad="\n".join(bad))


def main(folder: Path = HERE) -> None:
    """Write every sample file into ``folder``."""
    write_workbook(folder / "portfolio.xlsx", sample_records())
    (folder / "bad").mkdir(exist_ok=True)
    for name, spec in bad_files().items():
        (folder / "bad" / name).write_bytes(bad_bytes(spec))
    (folder / "README.zh-CN.md").write_text(readme(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
