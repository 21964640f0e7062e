"""The cash-flow table of one project (现金流量表): mode × item × year, and why an amount is out."""

from __future__ import annotations

from typing import NamedTuple

from zwxm_core.facts import Facts

from .costs import BUILD, END, HEADS, OM, OPEN, PURCHASE, UNCLEAR, Spans, Treatment, spans_of, years_of


class Flow(NamedTuple):
    """One amount of one year in the cash-flow table (现金流量表).

    ``amount`` in 分 (None: unknown); ``year`` None: unknown; ``counted`` None: depends on a
    missing fact; ``note`` says in Chinese why an amount is not counted or not known.
    """

    mode: str
    year: int | None
    item: str
    head: str
    amount: int | None
    counted: bool | None
    note: str


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
    flows = []
    for mode in (BUILD, PURCHASE):
        spans = spans_of(one, mode, chosen)
        for i in range(len(spans.row)):
            flows += _flows(one, mode, spans, i, life, chosen)
    return sorted(flows, key=lambda flow: (flow.mode != BUILD, OPEN if flow.year is None else flow.year))


def _flows(f: Facts, mode: str, spans: Spans, i: int, life: int | None, treatment: Treatment) -> list[Flow]:
    head, child = int(spans.head[i]), int(spans.child[i])
    if child >= 0:
        item = f.costs.item.at(child) or HEADS[UNCLEAR]
    else:
        item = f.projects.columns[spans.field[i]].label
    amount = int(spans.amount[i]) if spans.known[i] else None
    last = int(spans.given_last[i])
    if last == OPEN:
        last = life or 0
    span = range(int(spans.given_first[i]), last + 1) if spans.timed[i] else ()
    if not span:
        return [Flow(mode, None, item, HEADS[head], amount, *_status(spans, i, None, life, treatment))]
    return [Flow(mode, y, item, HEADS[head], amount, *_status(spans, i, y, life, treatment)) for y in span]


def _status(spans: Spans, i: int, year: int | None, life: int | None, treatment: Treatment) -> tuple:
    """Whether one amount counts in one year, and why not."""
    head = int(spans.head[i])
    if head == END:
        return (True, "") if treatment.count_end_costs else (False, "期末费用按口径不计入")
    if head == UNCLEAR:
        return None, "费用项未填，无法判断是否计入"
    if year is None:
        return None, "年次未填，无法判断是否计入" if not spans.timed[i] else "使用期限未填，无法展开"
    if life is None and year > 0:
        return None, "使用期限未填，无法判断是否计入"
    if life is not None and year > life:
        return False, f"超出使用期限（{life} 年）"
    if year < spans.first[i]:
        return False, "维保期内运维费不计入"
    if spans.least[i] < spans.most[i] and head == OM:
        return None, "维保年数未填，无法判断是否计入"
    return True, ""
