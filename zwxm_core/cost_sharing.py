"""Shares of city and counties (第三十五条) over the years and funds of the cost lines, exact to the 分."""

from __future__ import annotations

import re

import numpy as np

from zwxm_core.economics import BUILD, cash_flows
from zwxm_core.economics.flows import Flow
from zwxm_core.facts import Facts
from zwxm_core.rules.chapter3 import treatment
from zwxm_core.rules.shares import RULES_FOR_LEFTOVER, Pools, complete_pools, grouped, share_out

WHOLE = {"建设费": "其他费用", "运维费": "运维费", "服务费": "服务费"}
"""Names of a pool (分摊项) that stand for a head of cost; another name is that of an item."""

DATED = re.compile(r"\d{4}")


def shared_costs(f: Facts, row: int, p) -> dict | None:
    """What each party bears of every year and fund (经费渠道) of one project's own way.

    The parts of a year are the difference of what is shared up to it and up to the year before, so
    that every year adds up to its cost and all years to the share of the whole.

    Parameters
    ----------
    f : Facts
    row : int
    p : Terms
        Conventions in force: the parties of the city, who gets the 分 left over.

    Returns
    -------
    dict or None
        None without weights. ``pools``: per pool its ``parties``, ``total`` of its lines (分),
        ``stated`` (分摊总额), ``rows`` of year, fund, amount and parts, ``parts`` of the whole;
        ``left_out``: pool and why its lines are not shared.
    """
    one = f.take(slice(row, row + 1))
    if not one.shares.n:
        return None
    group = grouped(one)
    rows, pools = complete_pools(one, group, p.city_parties)
    flows = _own_flows(one, p)
    told, left_out = [], []
    for name in dict.fromkeys(one.shares.pool.at(at) or "分摊项未填" for at in range(one.shares.n)):
        mine = np.array([one.shares.pool.at(int(at)) == name for at in rows], bool)
        lines = [flow for flow in flows if _belongs(flow, name)]
        if why := _why_not(name, mine, lines, p):
            left_out.append({"pool": name, "why": why})
            continue
        told.append(_shared(one, rows[mine], _only(pools, mine), name, lines, p.leftover_fen))
    return {"pools": told, "left_out": left_out}


def _own_flows(one: Facts, p) -> list[Flow]:
    mode = one.mode.at(0)
    return [
        flow for flow in cash_flows(one, 0, **treatment(p)) if flow.mode == mode and flow.counted is not False
    ]


def _belongs(flow: Flow, pool: str) -> bool:
    if flow.item == pool:
        return True
    return WHOLE.get(pool) == flow.head and (pool != "建设费" or flow.mode == BUILD)


def _why_not(name: str, mine: np.ndarray, lines: list[Flow], p) -> str | None:
    if p.cost_sharing_formula != "weights":
        return "规则集没有采用按权重分摊"
    if not mine.any():
        return "总额或权重没有填齐"
    if DATED.search(name):
        return "按年度单列，份额见第三十五条的金额，不再摊到各年"
    if not lines:
        return "所选方式没有同名的费用项，份额见第三十五条的金额"
    if any(flow.year is None or flow.amount is None or flow.counted is None for flow in lines):
        return "费用行的年次或金额没有填齐"
    return "有为负的费用行" if any(flow.amount < 0 for flow in lines) else None


def _only(pools: Pools, mine: np.ndarray) -> Pools:
    return Pools(*(getattr(pools, name)[mine] for name in Pools.__slots__))


def _shared(one: Facts, rows: np.ndarray, pool: Pools, name: str, lines: list[Flow], leftover: str) -> dict:
    amounts: dict[tuple[int, str], int] = {}
    for flow in sorted(lines, key=lambda flow: (flow.year, flow.fund or "")):
        key = flow.year, flow.fund or "未填"
        amounts[key] = amounts.get(key, 0) + flow.amount
    upto = np.cumsum(list(amounts.values()), dtype=np.int64)
    steps, parties = len(upto), len(rows)
    many = Pools(
        np.repeat(np.arange(steps), parties), np.repeat(upto, parties),
        *(np.tile(getattr(pool, field), steps) for field in ("weight", "order", "city")),
    )  # fmt: skip
    parts, settled = share_out(many, RULES_FOR_LEFTOVER)[leftover]
    so_far = parts.reshape(steps, parties)
    yearly = np.diff(so_far, axis=0, prepend=0)
    return {
        "pool": name,
        "parties": [one.shares.party.at(int(at)) or "未填" for at in rows],
        "weights": pool.weight.tolist(),
        "stated": int(pool.total[0]),
        "total": int(upto[-1]),
        "settled": bool(settled.all()),
        "rows": [
            {"year": year, "fund": fund, "amount": amount, "parts": of.tolist()}
            for ((year, fund), amount), of in zip(amounts.items(), yearly, strict=True)
        ],
        "parts": so_far[-1].tolist(),
    }
