"""The stage of a project (阶段) follows from its dates; it is never typed."""

from __future__ import annotations

from datetime import date

import numpy as np

STAGES = ("申报", "入清单", "批复", "建设", "试运行", "验收", "运行", "自评价", "终止")
"""In the order in which a project passes through them."""

EVENTS = {
    "申报": "filed_on",
    "批复": "approved_on",
    "建设": "construction_start",
    "试运行": "trial_start",
    "验收": "acceptance_on",
    "运行": "go_live",
    "自评价": "self_evaluation_on",
    "终止": "terminated_on",
}
"""The date that says a stage has been reached."""


def reached(f, as_of: date) -> tuple[np.ndarray, np.ndarray]:
    """The stages a project may be at on a day: the least and the most that its dates allow.

    Parameters
    ----------
    f : Facts
    as_of : date

    Returns
    -------
    low, high : ndarray of int8, shape (n,)
        Indices into `STAGES`. ``low`` is the last stage known to be reached, -1 if none is;
        ``high`` the last that is not known to be ahead (``未`` or a date after `as_of`).
    """
    low = np.full(f.n, -1, np.int8)
    high = np.full(f.n, len(STAGES) - 1, np.int8)
    listed = f.on_annual_list
    low[listed.known & listed.values] = STAGES.index("入清单")
    for stage, name in EVENTS.items():
        column, index = f.projects.columns[name], STAGES.index(stage)
        happened = column.known & ~np.isnat(column.values) & (column.values <= np.datetime64(as_of))
        low = np.where(happened, np.maximum(low, index), low).astype(np.int8)
    for stage, name in EVENTS.items():
        column, index = f.projects.columns[name], STAGES.index(stage)
        ahead = column.known & (np.isnat(column.values) | (column.values > np.datetime64(as_of)))
        if stage != "终止":  # termination may come at any stage, its absence bounds nothing else
            high = np.where(ahead & (index > low), np.minimum(high, index - 1), high).astype(np.int8)
    return low, np.maximum(low, high).astype(np.int8)


def stage_names(f, as_of: date) -> list[str | None]:
    """The stage each project is known to have reached; None where no date says."""
    return [STAGES[i] if i >= 0 else None for i in reached(f, as_of)[0]]


def live(f, as_of: date, first: str, last: str) -> np.ndarray:
    """Where a clause that is asked from stage `first` to stage `last` may be live; bool (n,).

    Left out only where the project is known to be past `last` or not yet at `first`.
    """
    low, high = f.once(reached, as_of)
    return (low <= STAGES.index(last)) & (high >= STAGES.index(first))
