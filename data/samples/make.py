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

HERE = Path(__file__).resolve().parent
AS_OF = date(2026, 11, 24)
"""The day on which the samples are assessed."""
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
        return provided + [
            {"clause": "19.1", "item": i, "provided": "否"} for i in written.get("missing", [])
        ]
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
- `rulesets/samples.yaml`：样例自用的派生规则集，“明显小于”取 10%；这不是官方数值
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
