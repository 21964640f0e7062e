"""Building against buying: saving, flip threshold, break-even fee, present values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from zwxm_core.facts import Bounds, Facts
from zwxm_core.money import ratio_json, yuan_text

from .costs import (
    BUILD,
    HEADS,
    OM,
    PURCHASE,
    SERVICE,
    Treatment,
    counted_amounts,
    lines_of,
    spans_of,
    years_of,
)
from .discounting import annuity
from .flows import Flow, cash_flows
from .planning import common_life
from .totals import discounted, total_of, without_service_fee


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of all projects; arrays of shape (n,), each with its mask.

    ``saving`` = build - service, int64 分. ``break_even_fee``, int64 分: the largest whole-分
    fee, the same in every service year, at which buying costs no more than building.
    ``npv`` and ``eac`` by mode: float64 元 and 元/年, NaN where unknown.
    """

    service: Bounds
    build: Bounds
    saving: np.ndarray
    saving_known: np.ndarray
    break_even_fee: np.ndarray
    break_even_known: np.ndarray
    npv: dict[str, np.ndarray]
    eac: dict[str, np.ndarray]


def compare_all(f: Facts, *, rate: float | None, timing: str = "year_end", **treatment) -> Comparison:
    """Compare building with buying for every project.

    Parameters
    ----------
    f : Facts
    rate : float or None
        Yearly discount rate; None: no present values.
    timing : {"year_end", "mid_year", "start", "continuous"}
    **treatment
        The fields of `Treatment`.
    """
    chosen, years = Treatment(**treatment), years_of(f)
    spans = spans_of(f, chosen, years)
    totals = {mode: total_of(f, mode, parts, chosen, years) for mode, parts in spans.items()}
    service, build = totals[PURCHASE], totals[BUILD]
    sure = {mode: total.known for mode, total in totals.items()}
    known = sure[BUILD] & sure[PURCHASE]
    life, life_known = years.life, years.life_known
    others, others_known = without_service_fee(f, spans[PURCHASE])
    room = np.where(sure[BUILD] & others_known, build.low - others, -1)
    npv = eac = dict.fromkeys(spans, np.full(f.n, np.nan))
    if rate is not None:
        npv, eac = {}, {}
        yearly = np.where(life_known, annuity(rate, life, timing), np.nan)
        for mode, parts in spans.items():
            npv[mode] = discounted(f.n, parts, sure[mode], rate, timing)[0]
            eac[mode] = npv[mode] / yearly
    return Comparison(
        service=service,
        build=build,
        saving=np.where(known, build.low - service.low, 0),
        saving_known=known,
        break_even_fee=np.where(room >= 0, room // np.maximum(life, 1), 0),
        break_even_known=life_known & (room >= 0),
        npv=npv,
        eac=eac,
    )


def _end(values: np.ndarray, known: np.ndarray, row: int) -> int | None:
    return int(values[row]) if known[row] else None


def crossover_year(flows: list[Flow]) -> int | None:
    """First year in which the purchase, added up, has cost more than the build; None: never.

    Of the flows that count; meaningful only where both totals are known and every year is.
    """
    change: dict[int, int] = {}
    for flow in flows:
        if flow.counted and flow.amount and flow.year is not None:
            amount = flow.amount if flow.mode == PURCHASE else -flow.amount
            change[flow.year] = change.get(flow.year, 0) + amount
    balance = 0
    for year in sorted(change):
        balance += change[year]
        if balance > 0:
            return year
    return None


def compare(f: Facts, row: int, *, rate: float | None, timing: str = "year_end", **treatment) -> dict:
    """Compare building with buying for one project, ready for JSON.

    Parameters
    ----------
    f : Facts
    row : int
        The project.
    rate : float or None
        Yearly discount rate; None: present values are null.
    timing : {"year_end", "mid_year", "start", "continuous"}
    **treatment
        The fields of `Treatment`.

    Returns
    -------
    dict
        The derived names of the contract (amounts 分, present values 元, ratios exact), null
        where a fact is missing. ``flip_threshold`` is the highest threshold that buying
        still meets: the saving ratio itself where there is a saving, else null (none is
        met). ``break_even_fee`` replaces all service fees by one fee for every service
        year, other purchase costs unchanged; null where no fee ≥ 0 breaks even. Besides:
        ``bounds``, ``open_facts``, ``notices``, ``cash_flows``,
        ``assumptions``.
    """
    chosen = Treatment(**treatment)
    one = f.take(slice(row, row + 1))
    figures = compare_all(one, rate=rate, timing=timing, **treatment)
    flows = cash_flows(one, 0, **treatment)
    return {
        "project": one.projects.columns["id"].at(0),
        **_nominal(figures, flows),
        "npv_build": _float(figures.npv[BUILD]),
        "npv_purchase": _float(figures.npv[PURCHASE]),
        "eac_build": _float(figures.eac[BUILD]),
        "eac_purchase": _float(figures.eac[PURCHASE]),
        "lives": lives(one),
        "open_facts": _open_facts(f, row, figures),
        "notices": notices(one, flows),
        "cash_flows": [flow._asdict() for flow in flows],
        "assumptions": {"rate": rate, "timing": timing, "first_flow_year": 0, **_listed(chosen)},
    }


def _nominal(figures: Comparison, flows: list[Flow]) -> dict:
    """The exact half of one comparison."""
    service, build = figures.service, figures.build
    saving = int(figures.saving[0]) if figures.saving_known[0] else None
    ratio = None if saving is None or build.low[0] <= 0 else Fraction(saving, int(build.low[0]))
    text = None if ratio is None else ratio_json(ratio)
    dated = all(flow.year is not None for flow in flows if flow.counted)
    return {
        "service_total": service.at(0),
        "build_total": build.at(0),
        "bounds": {
            total.name: [_end(total.low, total.low_known, 0), _end(total.high, total.high_known, 0)]
            for total in (service, build)
        },
        "saving": saving,
        "saving_ratio": text,
        "flip_threshold": text if ratio is not None and ratio > 0 else None,
        "break_even_fee": int(figures.break_even_fee[0]) if figures.break_even_known[0] else None,
        "crossover_year": crossover_year(flows) if saving is not None and dated else None,
    }


def _float(values: np.ndarray) -> float | None:
    return None if np.isnan(values[0]) else float(values[0])


def _listed(treatment: Treatment) -> dict:
    """The treatment with its item lists as JSON has them."""
    fields = treatment._asdict().items()
    return {
        name: value if value is None or isinstance(value, bool) else list(value) for name, value in fields
    }


def _open_facts(f: Facts, row: int, one: Comparison) -> list[dict]:
    """What is missing, with child rows numbered as in ``f``."""
    start = int(np.searchsorted(f.costs.parent, row)) if f.costs.n else 0
    cells = []
    for bounds in (one.service, one.build):
        if not bounds.known[0]:
            cells += bounds.open_cells(0)
    project = f.projects.columns["id"].at(row)
    return [
        {"project": project, "sheet": sheet, "row": None if child is None else child + start, "field": field}
        for sheet, child, field in dict.fromkeys(cells)
    ]


def lives(one: Facts) -> dict | None:
    """The years both ways are compared over, and when the contract of the service is renewed in them.

    Both are priced over the same service life; where it is no whole number of contracts, ``common_life``
    is the shortest that would be, and the equal annual costs stand beside. None without a service life.
    """
    years = years_of(one)
    if not years.life_known[0]:
        return None
    life, contract = int(years.life[0]), one.contract_years.at(0)
    told = {"service_life": life, "contract_years": contract, "renewals": [], "common_life": life}
    if contract is not None and contract >= 1:
        told["renewals"] = list(range(contract + 1, life + 1, contract))
        try:
            told["common_life"] = common_life(life, contract)
        except ValueError:  # beyond what anyone would plan
            told["common_life"] = None
    return told


def notices(one: Facts, flows: list[Flow]) -> list[dict]:
    """What a reader of one comparison has to know beside the figures: code and Chinese text."""
    years = years_of(one)
    life = int(years.life[0])
    told = []
    for mode, head, start, code in (
        (PURCHASE, HEADS[SERVICE], 1, "service_years_unpriced"),
        (BUILD, HEADS[OM], int(years.warranty[0]) + 1, "om_years_unpriced"),
    ):
        priced = {flow.year for flow in flows if flow.mode == mode and flow.head == head}
        gap = [year for year in range(start, life + 1) if year not in priced]
        if gap and lines_of(one, mode).any():
            told.append((code, f"使用期限 {life} 年，{mode}的费用表缺{year_text(gap)}的{head}，总额只有下限"))
    told += [("line_incomplete", text) for text in _incomplete(one)]
    contract = one.contract_years.at(0)
    if contract is not None and contract < life and not lines_of(one, PURCHASE).any():
        later = year_text(range(max(contract, 0) + 1, life + 1))
        told.append(("renewal_at_same_fee", f"合同年限 {contract} 年，{later}的续费按同一年服务费计"))
    for (mode, note), amount in _left_out(flows).items():
        told.append(("left_out", f"{mode}：{note}，合计 {yuan_text(amount)} 元"))
    return [{"code": code, "text": text} for code, text in told]


def _incomplete(one: Facts) -> Iterator[str]:
    """The cost lines of one project that say too little to be counted, each with its row and what it lacks."""
    costs, known = one.costs, counted_amounts(one)[1]
    for at in range(costs.n):
        lacks = [label for label, given in (
            ("方式", costs.mode.known[at]), ("费用项", costs.item.known[at]), ("年次", costs.year.known[at]),
            ("申报金额和审定金额", known[at]),
        ) if not given]  # fmt: skip
        if lacks:
            which = "·".join(filter(None, (costs.mode.at(at), costs.item.at(at)))) or "一行费用"
            yield f"费用表第 {costs.row_numbers[at]} 行（{which}）没有填{'、'.join(lacks)}，这一笔无法计入；补齐以后才有总额"


def _left_out(flows: list[Flow]) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = {}
    for flow in flows:
        if flow.counted is False and flow.amount is not None:
            sums[flow.mode, flow.note] = sums.get((flow.mode, flow.note), 0) + flow.amount
    return sums


def year_text(years) -> str:
    """Service years in words, runs drawn together.

    Examples
    --------
    >>> year_text([4, 5, 6, 8])
    '第 4–6、8 年'
    """
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][1] + 1:
            runs[-1][1] = year
        else:
            runs.append([year, year])
    return "第 " + "、".join(str(a) if a == b else f"{a}–{b}" for a, b in runs) + " 年"
