"""Letting a foreign ledger in: a YAML file says which of its columns is which of ours.

::

    项目:                              # their sheet; a CSV is 项目
      unit: 百万元                      # what their amounts count (元, 万元, 百万元)
      columns:                         # their header: our field, or [our sheet, field]
        planned_cost: approved_total
      fixed: {level: 市级}              # the same for every row
      id: [project_id]                 # headers that make the project number, joined by "-"
      derive:                          # one adjustment where two amounts differ
        adjustments: {amount: revised_total - approved_total, when: nonzero, on: 2024-06-30}
      keep: [investment_id]            # columns carried along as they stand
      note: 以下按……的假定判断              # told with every result and on every page

A name that does not exist is an error; a column of theirs that nothing asks for is said once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from zwxm_core.portfolio import schema
from zwxm_core.portfolio.cells import Bad, Remarked, parse_all, parser, text_of
from zwxm_core.portfolio.files import Source
from zwxm_core.portfolio.grid import Grid
from zwxm_core.portfolio.problems import InputError, Problem, shown
from zwxm_core.portfolio.raw import RawColumn, RawTable, data_rows, header_at, split_unit

_KEYS = ("unit", "columns", "fixed", "id", "derive", "keep", "note")
_DIFFERENCE = re.compile(r"\s*([a-z_]+)\s*-\s*([a-z_]+)\s*")


@dataclass(slots=True)
class SheetMap:
    """How one of their sheets becomes ours."""

    title: str
    unit: str | None = None
    columns: dict[str, tuple[str, str]] = field(default_factory=dict)
    fixed: dict[str, object] = field(default_factory=dict)
    id: list[str] = field(default_factory=list)
    derive: Derive | None = None
    keep: list[str] = field(default_factory=list)
    note: str | None = None


@dataclass(slots=True)
class Derive:
    """One row of 调整 for each project where ``minuend - subtrahend`` is not zero."""

    minuend: str
    subtrahend: str
    on: date | None


@dataclass(slots=True)
class Mapping:
    """A whole mapping file: `SheetMap` by their sheet title."""

    file: str
    sheets: dict[str, SheetMap]


def load_mapping(source) -> Mapping:
    """Read and check a mapping.

    Parameters
    ----------
    source : str, Path or dict
        YAML file, or what one would hold.

    Raises
    ------
    InputError
        Every unknown key, field or form of value in it.
    """
    if isinstance(source, Mapping):
        return source
    file, raw = ("映射", source) if isinstance(source, dict) else (Path(source).name, _yaml(Path(source)))
    complaints: list[str] = []
    if not isinstance(raw, dict) or not raw:
        complaints.append("应是“工作表: {columns: …}”的形式")
        raw = {}
    sheets = {str(title): _sheet_map(str(title), entry, complaints) for title, entry in raw.items()}
    if complaints:
        raise InputError([_map_problem(file, text) for text in complaints])
    return Mapping(file, sheets)


def _map_problem(file: str, text: str) -> Problem:
    return Problem(None, None, None, None, None, "error", "mapping", text, f"映射文件 {file}")


def _yaml(path: Path):
    import yaml

    from zwxm_core.rulesets.checking import RulesetError, read_yaml

    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        if isinstance(raw, dict):
            read_yaml(path)  # refuses keys written twice and anchors without an end
        return _words(raw)
    except FileNotFoundError:
        raise InputError([_map_problem(path.name, f"找不到文件 {path}：请核对路径")]) from None
    except RulesetError as error:
        told = [problem.removeprefix(f"{path}：") for problem in error.problems]
        raise InputError([_map_problem(path.name, text) for text in told]) from None
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError, OSError) as error:
        place = getattr(error, "problem_mark", None)
        where = f"第 {place.line + 1} 行附近" if place else ""
        raise InputError(
            [_map_problem(path.name, f"{where}不是能读懂的 YAML（UTF-8）：请检查缩进和标点")]
        ) from None


def _words(value):
    """YAML reads an unquoted key ``on`` as true; here it is the field of that name."""
    if isinstance(value, dict):
        return {"on" if key is True else key: _words(v) for key, v in value.items()}
    return value


def _sheet_map(title: str, entry, complaints: list[str]) -> SheetMap:
    result = SheetMap(title)
    if not isinstance(entry, dict):
        complaints.append(f"{title}：应是“键: 值”的形式，可用的键：{'、'.join(_KEYS)}")
        return result
    for key in entry.keys() - set(_KEYS):
        complaints.append(f"{title}：不认识的键“{shown(key)}”，可用的键：{'、'.join(_KEYS)}")
    result.unit = entry.get("unit")
    if result.unit is not None and result.unit not in schema.MONEY_UNITS:
        complaints.append(
            f"{title}.unit：读到“{shown(result.unit)}”，应是 {'、'.join(schema.MONEY_UNITS)} 之一"
        )
    for header, target in _dict(entry, "columns", title, complaints).items():
        pair = tuple(target) if isinstance(target, list) else ("projects", target)
        if place := _checked_place(pair, f"{title}.columns.{header}", complaints):
            result.columns[str(header)] = place
    for name, value in _dict(entry, "fixed", title, complaints).items():
        if place := _checked_place(("projects", name), f"{title}.fixed.{name}", complaints):
            result.fixed[place[1]] = value
            if isinstance(value, (list, dict, set, tuple, bytes)):
                complaints.append(f"{title}.fixed.{name}：读到“{shown(value)}”，应是一个值")
    result.id = _headers(entry, "id", title, complaints)
    result.keep = _headers(entry, "keep", title, complaints)
    result.note = entry.get("note")
    if result.note is not None and not isinstance(result.note, str):
        complaints.append(f"{title}.note：读到“{shown(result.note)}”，应是一段文字")
    result.derive = _derive(_dict(entry, "derive", title, complaints), title, complaints)
    targets = list(result.columns.values())
    for place in {t for t in targets if targets.count(t) > 1}:
        complaints.append(f"{title}.columns：{place[0]}.{place[1]} 指定了两次")
    return result


def _dict(entry: dict, key: str, title: str, complaints: list[str]) -> dict:
    value = entry.get(key) or {}
    if isinstance(value, dict):
        return value
    complaints.append(f"{title}.{key}：应是“名称: 值”的形式")
    return {}


def _headers(entry: dict, key: str, title: str, complaints: list[str]) -> list[str]:
    value = entry.get(key) or []
    if isinstance(value, list):
        return [str(header) for header in value]
    complaints.append(f"{title}.{key}：应是列名的清单，如 [列名]")
    return []


def _checked_place(pair: tuple, where: str, complaints: list[str]) -> tuple[str, str] | None:
    if len(pair) != 2 or not all(isinstance(part, str) for part in pair):
        complaints.append(f"{where}：应是我方字段名，或 [工作表, 字段]")
        return None
    sheet = schema.sheet_names().get(schema.normal(pair[0]))
    if sheet is None:
        complaints.append(f"{where}：没有工作表“{shown(pair[0])}”，见 zwxm schema")
        return None
    name = pair[1] if pair[1] in schema.fields(sheet) else schema.headers(sheet).get(schema.normal(pair[1]))
    if name is None:
        complaints.append(
            f"{where}：工作表「{schema.sheet_label(sheet)}」没有字段“{shown(pair[1])}”，见 zwxm schema"
        )
        return None
    return sheet, name


def _derive(entry: dict, title: str, complaints: list[str]) -> Derive | None:
    if not entry:
        return None
    spec = entry.get("adjustments")
    where = f"{title}.derive.adjustments"
    if set(entry) != {"adjustments"} or not isinstance(spec, dict):
        complaints.append(
            f"{title}.derive：只能是 adjustments: {{amount: 字段 - 字段, when: nonzero, on: 日期}}"
        )
        return None
    for key in spec.keys() - {"amount", "when", "on"}:
        complaints.append(f"{where}：不认识的键“{shown(key)}”，可用的键：amount、when、on")
    match = _DIFFERENCE.fullmatch(str(spec.get("amount")))
    money = {f.name for f in schema.fields("projects").values() if f.kind == "money"}
    if not match or not {match[1], match[2]} <= money:
        complaints.append(
            f"{where}.amount：读到“{shown(spec.get('amount'))}”，应是项目表两个金额字段之差，如 revised_total - approved_total"
        )
        return None
    if spec.get("when", "nonzero") != "nonzero":
        complaints.append(f"{where}.when：只能是 nonzero")
    return Derive(match[1], match[2], _date(spec.get("on"), f"{where}.on", complaints))


def _date(value, where: str, complaints: list[str]) -> date | None:
    if value is None or (isinstance(value, date) and type(value) is date):
        return value
    complaints.append(f"{where}：读到“{shown(value)}”，应是日期，如 2024-06-30")
    return None


# --- applying it -------------------------------------------------------------------------------


def mapped_sheets(source: Source, mapping: Mapping):
    """Raw tables of a foreign file.

    Returns
    -------
    raws : dict of str to RawTable
    problems : list of Problem
    notices : list of str
    kept : dict of str to list
        Kept columns by header, one cell per project.
    """
    raws: dict[str, RawTable] = {}
    problems: list[Problem] = []
    notices: list[str] = []
    kept: dict[str, list] = {}
    grids = _grids_by_map(source, mapping, problems)
    for entry, grid in grids:
        tables, found, remarks, carried = _mapped(entry, grid, source.name, mapping.file)
        problems += found
        notices += [entry.note.strip()] if entry.note else []
        notices += remarks
        kept |= carried
        for sheet, table in tables.items():
            if sheet in raws:
                text = f"「{schema.sheet_label(sheet)}」由两处而来：请只从一张工作表取"
                problems.append(_map_problem(mapping.file, text))
            raws.setdefault(sheet, table)
    return raws, problems, notices, kept


def _grids_by_map(source: Source, mapping: Mapping, problems: list[Problem]) -> list[tuple[SheetMap, Grid]]:
    """Pair each entry of the mapping with the sheet it speaks of."""
    pairs, unused = [], list(source.grids)
    for title, entry in mapping.sheets.items():
        wanted = schema.normal(title)
        for grid in source.grids:
            csv = grid.title is None and schema.sheet_names().get(wanted) == "projects"
            if csv or (grid.title is not None and schema.normal(grid.title) == wanted):
                pairs.append((entry, grid))
                unused = [g for g in unused if g is not grid]
                break
        else:
            there = "、".join(g.title for g in source.grids if g.title) or "项目（CSV）"
            problems.append(
                _map_problem(mapping.file, f"{source.name} 里没有工作表“{shown(title)}”，有：{there}")
            )
    for grid in unused:
        text = "映射文件没有提到这张工作表，没有读取"
        problems.append(
            Problem(
                grid.title, None, None, None, None, "warning", "unknown_sheet", text, source.name, grid.title
            )
        )
    return pairs


def _mapped(entry: SheetMap, grid: Grid, file: str, map_file: str):
    """Tables of one of their sheets, with its problems, notices and kept columns."""
    known = {schema.normal(h): h for h in [*entry.columns, *entry.id, *entry.keep]}
    top = header_at(grid, lambda cell: schema.normal(cell) in known)
    title = grid.title or schema.sheet_label("projects")
    if top is None:
        text = f"{file} 的工作表「{title}」里找不到映射所写的列名：{'、'.join(known.values())}"
        return {}, [_map_problem(map_file, text)], [], {}
    there = {
        schema.normal(str(cell)): at
        for at, cell in reversed(list(enumerate(grid.rows[top])))
        if str(cell).strip()
    }
    missing = [h for key, h in known.items() if key not in there]
    problems = [
        _map_problem(map_file, f"{entry.title}：{file} 里没有列“{shown(h)}”，请核对列名") for h in missing
    ]
    rows, numbers, notices = data_rows(
        grid, top, file, there.get(schema.normal(entry.id[0])) if entry.id else None
    )
    texts = [str(cell).strip() for cell in grid.rows[top]]
    cells = {
        header: [row[there[key]] if there[key] < len(row) else "" for row in rows]
        for key, header in known.items()
        if key in there
    }
    tables = _tables(entry, cells, numbers, file, grid.title, problems, map_file)
    if unread := [t for t in texts if t and schema.normal(t) not in known]:
        notices.append(
            f"{file} · 工作表「{title}」有 {len(unread)} 列映射没有提到，没有读取：{'、'.join(map(shown, unread))}"
        )
    kept = {h: [_plain_cell(c) for c in cells[h]] for h in entry.keep if h in cells}
    return tables, problems, notices, kept


def _plain_cell(cell):
    text = text_of(cell) if isinstance(cell, str) else cell
    return text.value if isinstance(text, Remarked) else text


def _tables(
    entry: SheetMap, cells: dict, numbers: list[int], file, title, problems, map_file
) -> dict[str, RawTable]:
    tables: dict[str, RawTable] = {}

    def table(sheet: str) -> RawTable:
        return tables.setdefault(sheet, RawTable(sheet, numbers, file=file, title=title))

    if entry.id and all(h in cells for h in entry.id):
        joined = cells[entry.id[0]] if len(entry.id) == 1 else _joined([cells[h] for h in entry.id])
        table("projects").columns["id"] = RawColumn(
            "＋".join(entry.id), schema.fields("projects")["id"], None, joined
        )
    for header, (sheet, name) in entry.columns.items():
        if header in cells:
            column = _column(entry, header, schema.fields(sheet)[name], cells[header], problems, map_file)
            table(sheet).columns[name] = column
    for name, value in entry.fixed.items():
        _fix(table("projects"), entry, name, value, problems, map_file)
    ids = tables["projects"].columns.get("id") if "projects" in tables else None
    for sheet, child in tables.items():
        if schema.sheets()[sheet].is_child and "project" not in child.columns and ids:
            child.columns["project"] = RawColumn(ids.header, schema.fields(sheet)["project"], None, ids.cells)
    tables = {sheet: _filled(t) if sheet != "projects" else t for sheet, t in tables.items()}
    if entry.derive and ids:
        tables["adjustments"] = _derived(entry.derive, tables["projects"], ids)
    return tables


def _joined(parts: Iterable[list]) -> list:
    lines = zip(*parts, strict=True)
    return [
        "-".join(_id_part(c) for c in line) if any(c not in ("", None) for c in line) else ""
        for line in lines
    ]


def _id_part(cell) -> str:
    try:
        text = text_of(cell)
    except Bad:
        return str(cell)
    return str(text.value if isinstance(text, Remarked) else text or "")


def _column(
    entry: SheetMap, header: str, spec: schema.Field, cells: list, problems: list, map_file: str
) -> RawColumn:
    unit = None
    if spec.kind == "money":
        own = split_unit(header)[1]
        own = own if own in schema.MONEY_UNITS else None
        unit = own or entry.unit
        if own and entry.unit and own != entry.unit:
            problems.append(
                _map_problem(
                    map_file, f"{entry.title}：列“{header}”写着（{own}），而 unit 是 {entry.unit}：请改成一致"
                )
            )
        if unit is None:
            problems.append(
                _map_problem(
                    map_file, f"{entry.title}：金额列“{header}”没有单位，请写 unit: 元、万元或百万元"
                )
            )
    return RawColumn(header, spec, unit, cells)


def _fix(table: RawTable, entry: SheetMap, name: str, value, problems: list, map_file: str) -> None:
    spec = schema.fields("projects")[name]
    unit = entry.unit or "元" if spec.kind == "money" else None
    _, bad, _ = parse_all([value], parser(spec, unit))
    if bad:
        problems.append(
            _map_problem(map_file, f"{entry.title}.fixed.{name}：读到“{shown(value)}”，{bad[0][1].text}")
        )
    elif name in table.columns:
        problems.append(
            _map_problem(map_file, f"{entry.title}.fixed.{name}：columns 里已有这一列，请只留一处")
        )
    else:
        table.columns[name] = RawColumn(f"{spec.label}（固定值）", spec, unit, [value] * len(table.numbers))


def _filled(table: RawTable) -> RawTable:
    """Only the rows on which something beside the project number stands."""
    columns = [c.cells for n, c in table.columns.items() if n != "project"]
    keep = [i for i in range(len(table.numbers)) if any(c[i] not in ("", None) for c in columns)]
    result = RawTable(table.sheet, [table.numbers[i] for i in keep], file=table.file, title=table.title)
    for name, c in table.columns.items():
        result.columns[name] = RawColumn(c.header, c.field, c.unit, [c.cells[i] for i in keep])
    return result


def _derived(derive: Derive, projects: RawTable, ids: RawColumn) -> RawTable:
    """One adjustment per project whose two amounts differ; an amount that cannot be told is left unknown."""
    sides = []
    for name in (derive.minuend, derive.subtrahend):
        column = projects.columns.get(name)
        amounts: list = [None] * len(projects.numbers)
        if column and column.unit:
            amounts = parse_all(column.cells, parser(column.field, column.unit))[0]
        sides.append([a if a or not schema.fields("projects")[name].nonzero else None for a in amounts])
    rows = [
        (i, a, b) for i, (a, b) in enumerate(zip(*sides, strict=True)) if a is None or b is None or a != b
    ]
    specs = schema.fields("adjustments")
    result = RawTable(
        "adjustments", [projects.numbers[i] for i, _, _ in rows], file=projects.file, title=projects.title
    )
    differences = ["" if a is None or b is None else a - b for _, a, b in rows]
    for name, cells in {
        "project": [ids.cells[i] for i, _, _ in rows],
        "seq": [1] * len(rows),
        "on": [derive.on or ""] * len(rows),
        "amount": differences,
    }.items():
        unit = "分" if name == "amount" else None
        result.columns[name] = RawColumn(f"{specs[name].label}（推得）", specs[name], unit, cells)
    return result
