"""The registers the law rests on (备案登记台账、系统目录、信息资源目录) beside the projects.

A register that names a project is the evidence for it: it answers the project's own field, and a
field that contradicts it is an error that names both cells. What a register is silent about is
not denied by it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from zwxm_core.facts import Column, Facts
from zwxm_core.portfolio import schema
from zwxm_core.portfolio.cells import NONE, NOT_YET, fold
from zwxm_core.portfolio.problems import Problem, shown

if TYPE_CHECKING:
    from zwxm_core.portfolio.build import Typed

Tables = dict[str, "Typed"]
Rows = dict[str, list[int]]


def _day(value):
    return value


def _stated(value) -> bool:
    return value != NONE


def _happened(value) -> bool:
    return value != NOT_YET


ANSWERS: dict[str, tuple[str, str, Callable]] = {
    "registered_on": ("registrations", "registered_on", _day),
    "provincial_platform": ("registrations", "provincial_code", _stated),
    "in_asset_register": ("systems", "asset_record", _stated),
    "in_system_catalogue": ("systems", "entered_on", _happened),
}
"""Field of 项目 -> the register and its field that answer it, and how that field reads."""
_DATED = "in_system_catalogue"
"""Answered on a day (第九条) from the register's own date: checked here, filled in by the clause."""
_BY_PRESENCE = ("registered_on", "in_system_catalogue")
"""What a row shows: where the unit's part of the register is given, a project that claims it should have one."""


def answer_from_registers(tables: Tables, facts: Facts) -> list[Problem]:
    """Let the registers answer the projects' fields; problems where the two contradict each other.

    Parameters
    ----------
    tables : typed sheets by name
    facts : Facts
        Built from the same sheets; its project columns are replaced where a register answers.
    """
    problems = []
    for name, (sheet, field, reads) in ANSWERS.items():
        table = tables.get(sheet)
        if table is None or not table.n:
            continue
        stated = _statements(tables, table, field, reads, both=name == "in_asset_register")
        own = tables["projects"].get(name)
        filled, unshown = {}, []
        for i, (value, row) in stated.items():
            if own[i] is None and name != _DATED:
                filled[i] = value
            elif own[i] not in (None, value):
                problems.append(contradiction(tables["projects"], name, i, table, field, row))
        if name in _BY_PRESENCE:
            unshown = _unshown(tables, table, own)
            problems += [_not_in_register(tables, name, i, sheet) for i in unshown]
        if filled or unshown:
            columns = facts.projects.columns
            columns[name] = _answered(columns[name], filled, unshown)  # type: ignore[index]
    return problems


def naming(table: Typed) -> Rows:
    """Rows of a sheet by the project they name."""
    rows: Rows = defaultdict(list)
    for row, project in enumerate(table.get("project")):
        if project not in (None, NONE):
            rows[project].append(row)
    return rows


def _statements(
    tables: Tables, table: Typed, field: str, reads: Callable, both: bool
) -> dict[int, tuple[object, int]]:
    """What a register states of each project, and in which of its rows.

    Of several rows, one that says yes settles it. The system of an upgrade or operation may
    stand under the project it was built by (原项目, where ``both``).
    """
    rows, cells = naming(table), table.get(field)
    projects = tables["projects"]
    stated = {}
    for i, (id_, origin) in enumerate(zip(projects.get("id"), projects.get("parent"), strict=True)):
        found = rows.get(id_) or (rows.get(origin) if both else None) or []
        said = [(reads(cells[row]), row) for row in found if cells[row] is not None]
        if said:
            stated[i] = next((one for one in said if one[0] not in (False, NOT_YET)), said[0])
    return stated


def _unshown(tables: Tables, table: Typed, own: list) -> list[int]:
    """Projects that claim what their unit's part of the register shows neither of them nor of the project they go on."""
    rows, projects = naming(table), tables["projects"]
    units = {
        fold(unit) for unit, project in zip(table.get("unit"), table.get("project"), strict=True) if unit and project
    }  # fmt: skip
    return [
        i
        for i, (id_, origin, unit) in enumerate(
            zip(projects.get("id"), projects.get("parent"), projects.get("unit"), strict=True)
        )
        if own[i] not in (None, False, NOT_YET)
        and unit
        and fold(unit) in units
        and not {id_, origin} & rows.keys()
    ]


def _answered(column: Column, filled: dict, unknown: list[int]) -> Column:
    values, known = column.values.copy(), column.known.copy()
    for i, value in filled.items():
        values[i], known[i] = np.datetime64("NaT") if value is NOT_YET else value, True
    known[unknown] = False
    return replace(column, values=values, known=known)


def contradiction(own: Typed, name: str, at: int, register: Typed, field: str, row: int) -> Problem:
    """A cell that says otherwise than a register; the message names both cells."""
    text = f"与{_place(register, row, field)}矛盾：以台账、目录为凭据，请核对后改成一致"
    return own.raw.problem("register_contradicts", text, at=at, name=name)


def _not_in_register(tables: Tables, name: str, at: int, sheet: str) -> Problem:
    text = f"但工作表「{schema.sheet_label(sheet)}」列有该单位的其他项目，没有本项目，按未知处理：请补上这一行，或更正本格"
    return tables["projects"].raw.problem("not_in_register", text, at=at, name=name, severity="warning")


def _place(table: Typed, row: int, field: str) -> str:
    column = table.raw.columns[field]
    title = table.raw.title or schema.sheet_label(table.raw.sheet)
    return f"工作表「{title}」第 {table.raw.numbers[row]} 行「{column.header}」的“{shown(column.cells[row])}”"


# Within and between the registers --------------------------------------------------------


def register_problems(tables: Tables) -> list[Problem]:
    """What the registers say that cannot be right, or should be looked at."""
    return [
        *_registered_twice(tables),
        *_two_owners(tables),
        *_other_unit(tables),
        *_late(tables),
        *_resources(tables),
    ]


def _by(keys) -> dict:
    """Rows by key, those with several rows only; a key with an empty part is none."""
    rows = defaultdict(list)
    for row, key in enumerate(keys):
        if None not in key:
            rows[tuple(schema.normal(str(part)) for part in key)].append(row)
    return {key: same for key, same in rows.items() if len(same) > 1}


def _numbers(table: Typed, rows: list[int]) -> str:
    return "、".join(str(table.raw.numbers[row]) for row in rows)


def _registered_twice(tables: Tables) -> list[Problem]:
    """One project, one registration; one number, one project."""
    table, problems = tables.get("registrations"), []
    if table is None:
        return []
    for name, text in (("project", "同一项目登记了多次"), ("registration_no", "同一登记号用于多行")):
        for same in _by((value,) for value in table.get(name)).values():
            told = f"第 {_numbers(table, same)} 行{text}：请核对后只留一行，或更正"
            problems.append(table.raw.problem("duplicate_registration", told, at=same[-1], name=name))
    return problems


def _two_owners(tables: Tables) -> list[Problem]:
    """One system of one project belongs to one unit; the same system is listed once."""
    table = tables.get("systems")
    if table is None:
        return []
    unit, system, project = (table.get(name) for name in ("unit", "system", "project"))
    problems = []
    for same in _by(zip(system, project, strict=True)).values():
        owners = dict.fromkeys(fold(unit[row]) for row in same if unit[row])
        if len(owners) > 1:
            text = f"第 {_numbers(table, same)} 行是同一项目的同一系统，项目单位却不同：一个系统只有一个归口单位，请更正"
            problems.append(table.raw.problem("two_owners", text, at=same[-1], name="unit"))
        else:
            text = f"第 {_numbers(table, same)} 行是同一系统，可能重复登记：请核对"
            problems.append(
                table.raw.problem("duplicate_row", text, at=same[-1], name="system", severity="warning")
            )
    return problems


def _other_unit(tables: Tables) -> list[Problem]:
    """A register gives a project to another unit than the project sheet."""
    projects = tables["projects"]
    units = dict(zip(projects.get("id"), projects.get("unit"), strict=True))
    place = {id_: row for row, id_ in enumerate(projects.get("id"))}
    problems = []
    for sheet in ("registrations", "systems"):
        if (table := tables.get(sheet)) is None:
            continue
        for row, (unit, project) in enumerate(zip(table.get("unit"), table.get("project"), strict=True)):
            own = units.get(project)
            if unit and own and fold(unit) != fold(own):
                text = f"与{_place(projects, place[project], 'unit')}不同：请核对归口单位"
                problems.append(
                    table.raw.problem("other_unit", text, at=row, name="unit", severity="warning")
                )
    return problems


def _late(tables: Tables) -> list[Problem]:
    """Registered after the approval; updated before it was entered."""
    projects = tables["projects"]
    approved = dict(zip(projects.get("id"), projects.get("approved_on"), strict=True))
    pairs = []
    if (table := tables.get("registrations")) is not None:
        approvals = [approved.get(project) for project in table.get("project")]
        pairs.append(
            (table, "registered_on", approvals, table.get("registered_on"), "晚于该项目的批复日（{}）")
        )
        registered = table.get("registered_on")
        pairs.append((table, "updated_on", table.get("updated_on"), registered, "早于备案登记日（{}）"))
    if (table := tables.get("systems")) is not None:
        pairs.append(
            (table, "updated_on", table.get("updated_on"), table.get("entered_on"), "早于纳入日（{}）")
        )
    return [
        table.raw.problem(
            "dates_out_of_order", f"{text.format(early if name == 'registered_on' else late)}：请核对",
            at=row, name=name, severity="warning",
        )
        for table, name, earlier, later, text in pairs
        for row, (early, late) in enumerate(zip(earlier, later, strict=True))
        if early not in (None, NOT_YET) and late not in (None, NOT_YET) and late > early
    ]  # fmt: skip


def _resources(tables: Tables) -> list[Problem]:
    """The catalogue of information resources: 无 beside entries, limits without their basis, sensitive data."""
    table = tables.get("resources")
    if table is None:
        return []
    problems = []
    names = table.get("resource")
    for project, rows in naming(table).items():
        none = [row for row in rows if names[row] == NONE]
        listed = [row for row in rows if names[row] not in (None, NONE)]
        if none and listed:
            text = f"但第 {_numbers(table, listed)} 行列有 {project} 的信息资源：请删去“无”这一行，或更正"
            problems.append(table.raw.problem("none_and_some", text, at=none[0], name="resource"))
    share, basis = table.get("share_kind"), table.get("share_basis")
    sensitive, city = table.get("sensitive"), table.get("in_city_catalogue")
    for row in range(table.n):
        if share[row] in ("有条件共享", "不予共享") and basis[row] in (None, NONE):
            text = "没有写明不予或有条件共享的依据：请补填"
            problems.append(
                table.raw.problem("no_basis", text, at=row, name="share_kind", severity="warning")
            )
        if sensitive[row] and city[row]:
            text = "但同一行写明是敏感数据，敏感数据不在纳入之列：请核对"
            problems.append(
                table.raw.problem(
                    "sensitive_listed", text, at=row, name="in_city_catalogue", severity="warning"
                )
            )
    return problems
