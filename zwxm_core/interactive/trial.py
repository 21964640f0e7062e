"""Facts tried out on a page (试答): controls by the data dictionary, and records that hold the answers.

A judgement tried out carries evidence that says so; nothing of it is a finding of anybody.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import ipywidgets as widgets

from zwxm_core.facts import Evidence
from zwxm_core.money import to_fen
from zwxm_core.portfolio import schema

UNSURE = "不清楚"
TRIED = "探索页试答，未经认定"
SAID = {True: "是", False: "否"}


def evidence(as_of: date) -> Evidence:
    """What stands in for the evidence of a judgement that is tried out."""
    return Evidence(TRIED, TRIED, as_of.isoformat())


def control(field: schema.Field, value: object, changed: Callable[[], None]) -> widgets.Widget:
    """A control for one fact: a choice where the dictionary has choices, else an entry."""
    choices = ["是", "否"] if field.kind == "bool" else list(field.values) if field.kind == "enum" else None
    place = widgets.Layout(width="97%", max_width="460px")
    style = {"description_width": "190px"}
    if choices:
        shown = SAID.get(value, value) if isinstance(value, bool) else value
        made: widgets.Widget = widgets.Dropdown(
            options=[UNSURE, *choices],
            value=shown or UNSURE,
            description=field.label,
            layout=place,
            style=style,
        )
    else:
        hint = {"date": "如 2026-11-24；确知没有发生写“未”", "money": "万元"}.get(field.kind, "不清楚就留空")
        made = widgets.Text(
            value="" if value is None else str(value), placeholder=hint, continuous_update=False,
            description=field.label + ("（万元）" if field.kind == "money" else ""), layout=place, style=style,
        )  # fmt: skip
    made.tooltip = field.note or field.label
    made.observe(lambda _: changed(), "value")
    return made


def answer(field: schema.Field, text: str, as_of: date):
    """What a control says, as `from_records` takes it; None is unknown.

    Raises
    ------
    ValueError
        An amount that is none.
    """
    text = text.strip()
    if text in ("", UNSURE):
        return None
    value: object = text
    if field.kind == "money":
        try:
            value = to_fen(text.replace(",", ""), "万元")
        except (ValueError, ArithmeticError):
            raise ValueError(f"“{field.label}”读到“{text[:20]}”，应为万元数，如 320.5") from None
    return (value, evidence(as_of)) if field.judged else value
