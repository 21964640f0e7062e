"""Money of a portfolio by mode and by source of funds (经费渠道)."""

from __future__ import annotations

from collections import defaultdict

from zwxm_core.reporting.annual import UNKNOWN, Annual, total
from zwxm_core.tables import Html, small, table, text, wan


def totals_by_mode(annual: Annual) -> Html:
    """Investment by mode: what is up for review, and what has been approved."""
    f, up = annual.facts, set(annual.under_review)
    groups: dict[str, list[int]] = defaultdict(list)
    for row in range(f.n):
        groups[f.mode.at(row) or UNKNOWN].append(row)
    groups = {mode: groups[mode] for mode in (*f.mode.categories, UNKNOWN) if mode in groups}
    lines = [*groups.items(), ("合计", list(range(f.n)))]
    rows = []
    for mode, mine in lines:
        asked = [row for row in mine if row in up]
        granted = [row for row in mine if row not in up]
        filed, unfiled = total(f.total_investment.at(row) for row in asked)
        approved, unapproved = total(f.approved_total.at(row) for row in granted)
        rows.append((mode, len(asked), _sum(filed, unfiled), len(granted), _sum(approved, unapproved)))
    heads = ("产生方式", "待审查（个）", "申报总投资（万元）", "已批复及以后（个）", "批复总投资（万元）")
    return table(heads, rows, range(1, 5), caption="按产生方式")


def _sum(fen: int, absent: int) -> Html:
    """A sum in 万元, and of how many projects the amount was not given."""
    return text(wan(fen)) + (small(f"{absent} 个未提供，未计入") if absent else Html(""))


def totals_by_fund(annual: Annual) -> Html:
    """Cost by source of funds (经费渠道): assessed, else claimed; only the project's own mode."""
    f, up = annual.facts, set(annual.under_review)
    c = f.costs
    sums: dict[str, list[list[int | None]]] = defaultdict(lambda: [[], []])
    for i in range(c.n):
        project = int(c.parent[i])
        if c.mode.at(i) is None or c.mode.at(i) != f.mode.at(project):
            continue
        assessed = c.assessed.at(i)
        sums[c.fund_source.at(i) or UNKNOWN][project not in up].append(
            c.claimed.at(i) if assessed is None else assessed
        )
    rows = []
    for source in (*c.fund_source.categories, UNKNOWN):
        if source in sums:
            (asked, unasked), (granted, ungranted) = (total(part) for part in sums[source])
            rows.append((source, wan(asked), wan(granted), wan(asked + granted), unasked + ungranted))
    heads = ("经费渠道", "待审查项目（万元）", "其余项目（万元）", "合计（万元）", "金额未提供的笔数")
    shown = table(heads, rows, (1, 2, 3, 4), caption="按经费渠道", empty="没有费用明细。")
    return shown + small(
        "取费用表的审定金额，未审定的取申报金额；各年次合计；只计与项目产生方式相同的费用，比较用的另一方式不计。"
    )
