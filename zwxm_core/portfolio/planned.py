"""The sheet 费用测算 laid out as yearly cost lines (费用), so that everything downstream has one kind of line.

A mode that a project has yearly lines for is taken from those; its plan then only warns.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from zwxm_core.economics.costs import LONGEST
from zwxm_core.economics.planning import planned_amounts, price_path, residual_value
from zwxm_core.facts import Column, Facts, Table
from zwxm_core.portfolio import schema
from zwxm_core.portfolio.problems import Problem

if TYPE_CHECKING:
    from zwxm_core.portfolio.build import Typed

RESIDUAL = "残值"
NEEDED = ("mode", "item", "amount", "first_year")
LIMIT = 2**53  # 分 a year; beyond it a plan is a slip


def typical_items(life: int | None = None) -> list[dict]:
    """Cost items that building and buying usually have (常见费用项), as rows of 费用测算 without amounts.

    Parameters
    ----------
    life : int or None
        Service life that the end (使用期限末年) stands for; None: the word ``end`` stays.

    Examples
    --------
    >>> [row["item"] for row in typical_items() if row["mode"] == "购买服务"][:2]
    ['服务费', '云资源服务费']
    """
    listed = yaml.safe_load(Path(__file__).with_name("cost_items.yaml").read_text("utf-8"))
    rows = []
    for mode, items in listed.items():
        for item in items:
            first = item.pop("first")
            ends = {"first_year": first, "last_year": item.pop("last", first)}
            ends = {name: life if life and year == "end" else year for name, year in ends.items()}
            rows.append({"mode": mode, **ends, **item})
    return rows


def with_planned_costs(facts: Facts, plans: Typed | None = None) -> tuple[Facts, list[Problem]]:
    """Facts whose cost lines hold the plans' years, and what could not be laid out.

    Parameters
    ----------
    facts : Facts
    plans : Typed or None
        The sheet as read, for the places of the problems.
    """
    table = facts.children["cost_plans"]
    if not table.n:
        return facts, []
    lines: list[tuple[int, dict]] = []
    problems: list[Problem] = []
    for row in range(table.n):
        found, wrong = _laid_out(facts, table, row)
        lines += [(int(table.parent[row]), line) for line in found]
        if wrong and plans is not None:
            at = int(np.flatnonzero(np.array(plans.raw.numbers) == table.row_numbers[row])[0])
            problems.append(plans.raw.problem(wrong[0], wrong[1], at=at, name=wrong[2], severity="warning"))
    return with_lines(facts, lines), problems


def _laid_out(facts: Facts, table: Table, row: int) -> tuple[list[dict], tuple | None]:
    """The yearly lines of one plan, or why there are none: code, text, field."""
    said = {name: _value(column, row) for name, column in table.columns.items()}
    if missing := [name for name in NEEDED if said[name] is None]:
        labels = "、".join(schema.label("cost_plans", name) for name in missing)
        return [], ("plan_incomplete", f"缺{labels}，这一行没有展开", missing[0])
    project = int(table.parent[row])
    costs = facts.costs
    mine = (costs.parent == project) & costs.mode.known
    if said["mode"] in {costs.mode.at(int(k)) for k in np.flatnonzero(mine)}:
        return [], (
            "plan_beside_costs",
            f"“费用”表已写了{said['mode']}的逐年金额，以该表为准，这一行没有展开",
            "mode",
        )
    life = _value(facts.service_life, project)
    last = said["last_year"] if said["last_year"] is not None else life
    if last is None or (life is None and said["asset_life"] is not None):
        return [], ("plan_without_life", "没有写终止年次，项目的使用期限也未填，这一行没有展开", "last_year")
    if not 0 <= said["first_year"] <= last <= LONGEST:
        return [], (
            "plan_years",
            f"起始年次 {said['first_year']} 和终止年次 {last} 应由小到大、在 0 到 {LONGEST} 之间",
            "first_year",
        )
    try:
        amounts = _amounts(said, last)
    except ValueError as error:
        return [], ("plan_figures", str(error), "every")
    if max(amounts.values(), default=0) > LIMIT:
        return [], ("plan_too_large", "展开后的金额过大，请核对基准金额和各比率", "amount")
    lines = [{"item": said["item"], "year": year, "claimed": fen} for year, fen in amounts.items()]
    lines += _residual(said, amounts, life)
    return [{**line, "mode": said["mode"], "fund_source": said["fund_source"]} for line in lines], None


def _value(column: Column, row: int) -> Any:
    """A value as it is kept: Decimal for shares, words for choices; None where unknown."""
    if not column.known[row]:
        return None
    value = column.values[row]
    return column.categories[value] if column.categories else value


def _amounts(said: dict, last: int) -> dict[int, int]:
    constant = said["price_basis"] == "不变价格"
    path = price_path(
        int(said["first_year"]),
        int(last),
        every=_whole(said["every"], 1),
        growth=said["growth"] or 0,
        contract_years=_whole(said["contract_years"], None),
        renewal_change=said["renewal_change"] or 0,
        inflation=(said["inflation"] or 0) if constant else 0,
    )
    uplift = {name: said[name] or 0 for name in ("contingency", "bias", "mitigated")}
    return planned_amounts(int(said["amount"]), path, **uplift)


def _whole(value, default):
    return default if value is None else int(value)


def _residual(said: dict, amounts: dict[int, int], life: int | None) -> list[dict]:
    """What the assets are worth at the end of the service years, as a negative cost of the last."""
    if said["asset_life"] is None or life is None:
        return []
    kept = sum(
        residual_value(fen, year, int(said["asset_life"]), int(life))
        for year, fen in amounts.items()
        if year <= life
    )
    return [{"item": RESIDUAL, "year": int(life), "claimed": -round(kept)}] if round(kept) else []


def with_lines(facts: Facts, lines: list[tuple[int, dict]]) -> Facts:
    """Facts with cost lines added behind each project's own.

    Parameters
    ----------
    facts : Facts
    lines : list of (row of the project, dict by field name)
        Amounts in 分, choices in words.
    """
    if not lines:
        return facts
    costs, added = facts.children["costs"], len(lines)
    parent = np.concatenate([costs.parent, np.array([at for at, _ in lines], np.int64)])
    order = np.argsort(parent, kind="stable")
    columns = {
        name: _longer(column, [line.get(name) for _, line in lines], order)
        for name, column in costs.columns.items()
    }
    numbers = np.concatenate([costs.row_numbers, np.zeros(added, np.int64)])[order]
    whole = replace(costs, n=costs.n + added, columns=columns, row_numbers=numbers, parent=parent[order])
    return Facts(facts.projects, {**facts.children, "costs": whole}, facts.others)


def _longer(column: Column, values: list, order: np.ndarray) -> Column:
    known = np.array([value is not None for value in values])
    if column.kind == "enum":
        values = [column.categories.index(value) if value is not None else 0 for value in values]
    tail = np.empty(len(values), column.values.dtype)
    tail[:] = [(None if tail.dtype == object else 0) if value is None else value for value in values]
    both = np.concatenate([column.values, tail])[order]
    return replace(column, values=both, known=np.concatenate([column.known, known])[order])
