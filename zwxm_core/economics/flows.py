"""The cash-flow table of one project (现金流量表): mode × item × year, and why an amount is out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from zwxm_core.facts import Facts

from .costs import BUILD, END, HEADS, OM, OPEN, UNCLEAR, Span, Treatment, spans_of, years_of


class Flow(NamedTuple):
    """One amount of one year in the cash-flow table (现金流量表).

    ``amount`` in 分 (None: unknown); ``year`` None: unknown; ``counted`` None: depends on a
    missing fact; ``note`` says in Chinese why an amount is not counted or not known; ``fund`` is
    the 经费渠道 (None: not said).
    """

    mode: str
    year: int | None
    item: str
    head: str
    amount: int | None
    counted: bool | None
    note: str
    fund: str | None = None


def cash_flows(f: Facts, row: int, **treatment) -> list[Flow]:
    """The cash flows of one project by mode, item and year.

    The amounts counted add up to `build_total` and `service_total` wherever those are
    known. Amounts left out (warranty, end costs, beyond the service life) are listed with
    the reason.
    """
    chosen = Treatment(**treatment)
    one = f.take(slice(row, row + 1))
    years = years_of(one)
    life = int(years.life[0]) if years.life_known[0] else None
    flows = [
        flow
        for mode, parts in spans_of(one, chosen, years).items()
        for part in parts
        for span in part.each()
        for flow in _flows(one, mode, span, life, chosen)
    ]
    return sorted(flows, key=lambda flow: (flow.mode != BUILD, OPEN if flow.year is None else flow.year))


def _flows(f: Facts, mode: str, span: Span, life: int | None, treatment: Treatment) -> list[Flow]:
    if span.child is None:
        item = f.projects.columns[span.field].label
    else:
        item = f.costs.item.at(span.child) or HEADS[UNCLEAR]
    fund = None if span.child is None else f.costs.columns["fund_source"].at(span.child)
    amount = span.amount if span.known else None
    last = (life or 0) if span.given_last == OPEN else span.given_last
    years: Iterable[int | None] = range(span.given_first, last + 1) if span.timed else ()
    return [
        Flow(mode, year, item, HEADS[span.head], amount, *_status(span, year, life, treatment), fund)
        for year in years or (None,)
    ]


def _status(span: Span, year: int | None, life: int | None, treatment: Treatment) -> tuple[bool | None, str]:
    """Whether one amount counts in one year, and why not."""
    if span.head == END:
        return (True, "") if treatment.count_end_costs else (False, "期末费用按口径不计入")
    if span.head == UNCLEAR:
        return None, "费用项未填，无法判断是否计入"
    if year is None:
        return None, "使用期限未填，无法展开" if span.timed else "年次未填，无法判断是否计入"
    if life is None and year > 0:
        return None, "使用期限未填，无法判断是否计入"
    if life is not None and year > life:
        return False, f"超出使用期限（{life} 年）"
    if year < span.first:
        return False, "维保期内运维费不计入"
    if span.least < span.most and span.head == OM:
        return None, "维保年数未填，无法判断是否计入"
    return True, ""
