"""Facts that contradict one another inside one file: said as warnings, decided by nobody here."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from zwxm_core.facts import Facts, Table
from zwxm_core.money import wan_text
from zwxm_core.portfolio import schema
from zwxm_core.portfolio.checklists import checklist_problems
from zwxm_core.portfolio.problems import Problem
from zwxm_core.portfolio.registers import register_problems

if TYPE_CHECKING:
    from zwxm_core.portfolio.build import Typed

# Short form in 项目 -> the sheet and field that states the same, compared where a project has one row there.
_SHORT_FORMS = {
    "shared_as_required": ("sharing", "shared_as_required"),
    "duplicate_collection": ("sharing", "duplicate_collection"),
    "sharing_finding_year": ("sharing", "finding_year"),
    "security_compliant": ("security", "security_compliant"),
    "crypto_compliant": ("security", "crypto_compliant"),
    "major_hazard": ("security", "major_hazard"),
    "om_plan_filed_on": ("operations", "plan_filed_on"),
}
_STARTS_AND_ENDS = [("construction_start", "construction_end"), ("go_live", "warranty_end")]


def disagreements(tables: dict[str, Typed], facts: Facts) -> list[Problem]:
    """Warnings about values that cannot all be right.

    Parameters
    ----------
    tables : typed sheets by name
    facts : Facts
        Built from the same sheets.
    """
    return [
        *_short_forms(tables, facts),
        *_adjustment_totals(tables, facts),
        *_overruns(tables, facts),
        *_cost_lines(tables, facts),
        *_cost_sums(facts, tables),
        *_unlikely(tables, facts),
        *_pools(tables),
        *_turned_round(tables, facts),
        *register_problems(tables),
        *checklist_problems(tables),
    ]


def _stated(column) -> np.ndarray:
    """Where a value was typed, whether or not a judgement counts yet."""
    return column.known if column.claimed is None else column.claimed


def _said(column, row: int) -> str:
    value = column.values[row]
    if column.kind == "bool":
        return "是" if value else "否"
    if column.kind == "money":
        return f"{wan_text(value)} 万元"
    return str(value)


def _warning(tables, name: str, row: int, code: str, text: str, sheet: str = "projects") -> Problem:
    return tables[sheet].raw.problem(code, text, at=row, name=name, severity="warning")


def _short_forms(tables, facts: Facts) -> list[Problem]:
    problems = []
    for name, (sheet, other) in _SHORT_FORMS.items():
        child = facts.children[sheet]
        if name not in tables["projects"].values or not child.n:
            continue
        short, full = facts.projects.columns[name], child.columns[other]
        counts = np.bincount(child.parent, minlength=facts.n)
        for i in np.flatnonzero(_stated(full) & (counts[child.parent] == 1)).tolist():
            row = int(child.parent[i])
            if _stated(short)[row] and short.values[row] != full.values[i]:
                text = (
                    f"与工作表「{schema.sheet_label(sheet)}」第 {child.row_numbers[i]} 行「{full.label}」的"
                    f"“{_said(full, i)}”不一致：请改成一致"
                )
                problems.append(_warning(tables, name, row, "short_form_differs", text))
    return problems


def _adjustment_totals(tables, facts: Facts) -> list[Problem]:
    """A complete list of adjustments must add up to the revised total.

    Not asked once an adjustment was approved: the approved total is then the newer approval's.
    """
    flag = facts.projects.columns["adjustments_complete"]
    before, after = facts.projects.columns["approved_total"], facts.projects.columns["revised_total"]
    rows = np.flatnonzero(flag.known & flag.values & before.known & after.known)
    parent = facts.children["adjustments"].parent
    first, last = np.searchsorted(parent, rows), np.searchsorted(parent, rows, "right")
    problems = []
    for row, start, stop in zip(rows.tolist(), first.tolist(), last.tolist(), strict=True):
        sums = _possible_sums(facts.children["adjustments"], range(start, stop))
        difference = int(after.values[row] - before.values[row])
        if sums and difference not in sums:
            text = (
                f"与批复总投资相差 {wan_text(difference)} 万元，"
                f"而调整清单写明完整、合计 {wan_text(sums[0])} 万元：请核对调整表"
            )
            problems.append(_warning(tables, "revised_total", row, "adjustments_do_not_add_up", text))
    return problems


def _possible_sums(adjustments: Table, rows: range) -> list[int]:
    """What the adjustments of one project may add up to since the latest approval; empty if it cannot be told.

    批复总投资 is that of the latest valid approval: an adjustment approved beforehand (第28条) is
    within it, and so is what came earlier. First the sum of all rows.
    """
    amount, transfer, on = (adjustments.columns[n] for n in ("amount", "transfer", "on"))
    approved = adjustments.columns["prior_approval"]
    span = slice(rows.start, rows.stop)
    if not (amount.known[span].all() and (len(rows) < 2 or on.known[span].all())):
        return []
    sums = [0]
    for i in sorted(rows, key=lambda i: on.values[i]):
        counted = 0 if transfer.known[i] and transfer.values[i] else int(amount.values[i])
        sums = [total + counted for total in sums]
        if approved.values[i] or not approved.known[i]:
            sums.append(0)
    return sums


def _overruns(tables, facts: Facts) -> list[Problem]:
    """An adjustment said to have caused an overrun, where the revised budget is within the approved one."""
    child = facts.children["adjustments"]
    caused = child.columns["caused_overrun"]
    before, after = facts.projects.columns["approved_budget"], facts.projects.columns["revised_budget"]
    problems = []
    for i in np.flatnonzero(_stated(caused) & caused.values).tolist():
        row = int(child.parent[i])
        if before.known[row] and after.known[row] and after.values[row] <= before.values[row]:
            text = (
                f"但该项目调整后概算（{_said(after, row)}）没有超过批复概算（{_said(before, row)}）：请核对"
            )
            at = tables["adjustments"].raw.numbers.index(int(child.row_numbers[i]))
            problems.append(_warning(tables, "caused_overrun", at, "no_overrun", text, "adjustments"))
    return problems


def _cost_lines(tables, facts: Facts) -> list[Problem]:
    """The sheet 费用 wins over the short form in 项目 and must agree with it."""
    costs = facts.children["costs"]
    if not costs.n:
        return []
    mode, year = costs.columns["mode"], costs.columns["year"]
    claimed, assessed = costs.columns["claimed"], costs.columns["assessed"]
    sums: dict = defaultdict(int)
    unclear = set()
    for i, row in enumerate(costs.parent.tolist()):
        amount = assessed if assessed.known[i] else claimed
        if mode.known[i] and year.known[i]:
            key = (row, mode.at(i), int(year.values[i]))
            sums[key] += int(amount.values[i]) if amount.known[i] else 0
            if not amount.known[i]:
                unclear.add(key)
    problems, told = [], set()
    for (row, kind, when), total in sorted(sums.items()):
        name = _short_cost(facts, row, kind, when)
        if name is None or (row, name) in told or (row, kind, when) in unclear:
            continue
        short = facts.projects.columns[name]
        if short.known[row] and short.values[row] != total:
            told.add((row, name))
            text = f"与工作表「费用」{kind}第 {when} 年的合计 {wan_text(total)} 万元不一致，以费用表为准：请改成一致"
            problems.append(_warning(tables, name, row, "short_form_differs", text))
    return problems


def _cost_sums(facts: Facts, tables) -> list[Problem]:
    """A subtotal among the cost lines would be counted twice."""
    item = facts.children["costs"].columns["item"]
    text = "是合计行，会重复计算：请删去这一行，或写明实际的费用项"
    return [
        _warning(tables, "item", i, "sum_among_costs", text, "costs")
        for i in np.flatnonzero(item.known).tolist()
        if item.values[i] in ("合计", "小计", "总计")
    ]


LARGE = 10**11  # 分: 10 亿元, where 元 typed into a 万元 column usually lands


def _unlikely(tables, facts: Facts) -> list[Problem]:
    """Values that are possible and hardly meant; told, never changed."""
    columns, problems = facts.projects.columns, []
    for name in tables["projects"].values:
        column = columns.get(name)
        if column is not None and column.kind == "money":
            for row in np.flatnonzero(column.known & (np.abs(column.values) >= LARGE)).tolist():
                text = f"合 {wan_text(int(column.values[row]))} 万元，数额特别大：请核对单位是元还是万元"
                problems.append(_warning(tables, name, row, "very_large", text))
    for less, more, text in (
        ("city_investment", "total_investment", "大于总投资"),
        ("warranty_years", "service_life", "大于使用期限"),
        ("contract_years", "service_life", "大于使用期限"),
    ):
        a, b = columns[less], columns[more]
        for row in np.flatnonzero(a.known & b.known & (a.values > b.values)).tolist():
            problems.append(_warning(tables, less, row, "out_of_proportion", f"{text}：请核对"))
    for before, after in pairwise(("filed_on", "approved_on", "construction_start", "acceptance_on")):
        a, b = columns[before], columns[after]
        early = a.known & b.known & (b.values < a.values)
        for row in np.flatnonzero(early).tolist():
            problems.append(_warning(tables, after, row, "dates_out_of_order", f"早于{a.label}：请核对"))
    return problems


def _short_cost(facts: Facts, row: int, mode: str, year: int) -> str | None:
    """The field of 项目 that states the same amount as the lines of one mode and year."""
    if mode == "购买服务":
        return "annual_service_fee" if year >= 1 else None
    if year == 0:
        return "build_cost"
    warranty = facts.projects.columns["warranty_years"]
    return "annual_om_cost" if warranty.known[row] and year > warranty.values[row] else None


def _pools(tables) -> list[Problem]:
    """Every row of a shared pool states the same total."""
    table = tables.get("shares")
    if table is None:
        return []
    first: dict = {}
    problems = []
    for i, key in enumerate(zip(table.get("project"), table.get("pool"), strict=True)):
        amount = table.get("pool_amount")[i]
        if None in key or amount is None:
            continue
        if amount != first.setdefault(key, amount):
            text = f"与同一分摊项前面各行的 {wan_text(first[key])} 万元不同：各行应相同，请核对"
            problems.append(_warning(tables, "pool_amount", i, "pool_differs", text, "shares"))
    return problems


def _turned_round(tables, facts: Facts) -> list[Problem]:
    problems = []
    for earlier, later in _STARTS_AND_ENDS:
        start, end = facts.projects.columns[earlier], facts.projects.columns[later]
        # A day not yet come (NaT) compares false.
        for row in np.flatnonzero(start.known & end.known & (end.values < start.values)).tolist():
            text = f"早于{start.label}（{start.values[row]}）：请核对"
            problems.append(_warning(tables, later, row, "dates_turned_round", text))
    return problems
