"""After the fact (后评价): what was planned and what was paid, and whether the choice was the cheaper one."""

from __future__ import annotations

from fractions import Fraction

from zwxm_core.facts import Facts
from zwxm_core.money import half_up, ratio_json

from .costs import BUILD, PURCHASE
from .flows import Flow, cash_flows
from .reductions import added


def hindsight(f: Facts, row: int, **treatment) -> dict:
    """Planned against actual cost of the chosen way, and the choice seen again.

    Only what is on file counts: a line without 实际金额 has not been paid, as far as is known.
    The rest of the life is forecast twice, as planned and at the deviation so far, never more.

    Parameters
    ----------
    f : Facts
    row : int
        The project; its ``mode`` says which way was chosen.
    **treatment
        The fields of `Treatment`.

    Returns
    -------
    dict
        Amounts in 分. ``years``: per year ``planned``, ``actual`` and ``deviation`` (null where a line
        of the year has no actual amount) ; ``planned_to_date``, ``actual_to_date``, ``deviation_ratio`` over the years
        wholly on file; ``forecast_as_planned``, ``forecast_at_deviation``: the whole life; ``other_planned``: what
        the other way was to cost; ``cheaper_as_planned``, ``cheaper_at_deviation``: whether the way
        chosen stays cheaper, null where a figure is missing; ``open``: why it is.

    Examples
    --------
    >>> from zwxm_core.portfolio import from_records
    >>> line = {"project": "A", "mode": "购买服务", "item": "服务费"}
    >>> other = {"project": "A", "mode": "自行建设", "item": "软件开发费", "year": 0, "assessed": 300_00}
    >>> facts = from_records({
    ...     "projects": [{"id": "A", "mode": "购买服务", "service_life": 2}],
    ...     "costs": [other, {**line, "year": 1, "assessed": 100_00, "actual": 120_00},
    ...               {**line, "year": 2, "assessed": 100_00}],
    ... })
    >>> seen = hindsight(facts, 0, service_items=("服务费",))
    >>> seen["actual_to_date"], seen["forecast_as_planned"], seen["forecast_at_deviation"]
    (12000, 22000, 24000)
    >>> seen["cheaper_at_deviation"]
    True
    """
    mode = f.mode.at(row)
    if mode not in (BUILD, PURCHASE):
        return {"mode": mode, "years": [], "open": "方式未填，不知道该比哪一种"}
    flows = [flow for flow in cash_flows(f, row, **treatment) if flow.counted is not False]
    own = [flow for flow in flows if flow.mode == mode]
    actual = _actual(f, row, mode, treatment)
    years = [
        _year(year, [x for x in own if x.year == year], actual)
        for year in sorted({x.year for x in own if x.year is not None})
    ]
    done = [one for one in years if one["actual"] is not None and one["planned"] is not None]
    planned, paid = (sum(one[key] for one in done) for key in ("planned", "actual"))
    whole, other = _sum(own), _sum([flow for flow in flows if flow.mode != mode])
    rest = None if whole is None else whole - planned
    deviated = Fraction(paid, planned) if planned > 0 else None
    as_planned = None if rest is None or not done else paid + rest
    at_deviation = None if rest is None or deviated is None else paid + half_up(rest * deviated)
    return {
        "mode": mode,
        "years": years,
        "planned_to_date": planned if done else None,
        "actual_to_date": paid if done else None,
        "deviation_ratio": None if deviated is None else ratio_json(deviated - 1),
        "forecast_as_planned": as_planned,
        "forecast_at_deviation": at_deviation,
        "other_planned": other,
        "cheaper_as_planned": None if as_planned is None or other is None else as_planned < other,
        "cheaper_at_deviation": None if at_deviation is None or other is None else at_deviation < other,
        "open": _why(done, whole, other),
    }


def _actual(f: Facts, row: int, mode: str, treatment: dict) -> dict[int, int | None]:
    """Actual amount by year; None where a counted line of the year has none on file."""
    one = f.take(slice(row, row + 1))
    found: dict[int, int | None] = {}
    counted = {(x.item, x.year) for x in cash_flows(one, 0, **treatment) if x.counted and x.mode == mode}
    for child in range(one.costs.n):
        item, year = one.costs.item.at(child), one.costs.year.at(child)
        if one.costs.mode.at(child) != mode or (item, year) not in counted:
            continue
        amount, before = one.costs.actual.at(child), found.get(year, 0)
        found[year] = None if amount is None or before is None else before + amount
    return found


def _year(year: int, flows: list[Flow], actual: dict[int, int | None]) -> dict:
    planned, paid = _sum(flows), actual.get(year)
    both = planned is not None and paid is not None
    return {"year": year, "planned": planned, "actual": paid, "deviation": paid - planned if both else None}


def _sum(flows: list[Flow]) -> int | None:
    """What flows come to; None where one is not known, or there is none."""
    return added(None if flow.counted is None else flow.amount for flow in flows) if flows else None


def _why(done: list, whole: int | None, other: int | None) -> str | None:
    if not done:
        return "费用表没有一年的实际金额填齐"
    if whole is None:
        return "所选方式的费用没有填齐"
    return "另一种方式的费用没有填齐" if other is None else None
