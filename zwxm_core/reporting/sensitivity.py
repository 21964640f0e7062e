"""Which convention decides how many conclusions of a portfolio, and what the review rests on."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import partial

from zwxm_core import tables
from zwxm_core.findings import evaluate
from zwxm_core.reporting.annual import Annual
from zwxm_core.reporting.report import rests_on
from zwxm_core.tables import Html, small, table, text

PARTS = ("findings", "consequences", "obligations")


def sensitivity(annual: Annual) -> Html:
    """Which convention decides how many conclusions: what would change if it were read otherwise, and
    how many stay open until an authority settles it.
    """
    rows = []
    for (name, value), found in sorted(_changes(annual).items(), key=_weight):
        convention = annual.ruleset.conventions[name]
        counted = Counter(told for _, told in found).most_common()
        rows.append((
            text(convention.label) + small(annual.ruleset.cite(convention.clause)),
            convention.reading(), SETTLED if value is OPEN else convention.reading(value),
            len(found), len({project for project, _ in found} - {None}),
            "；".join(f"{told}（{times}）" for told, times in counted),
        ))  # fmt: skip
    heads = ("口径", "本报告采用", "若改为", "牵动的结论", "涉及项目", "怎样改变")
    shown = table(
        heads, rows, (3, 4), caption="各口径牵动的结论", empty="没有结论随口径改变。", kind="sensitivity"
    )
    return shown + small("结论包括条款结论、后果和到期事项；每一行只改这一个口径，其余不变。")


OPEN = object()
SETTLED = "由有权机关确定后"


def _changes(annual: Annual) -> dict[tuple, list[tuple[str | None, str]]]:
    """The project and what changes, by convention and the value it would take (`OPEN`: any that settles it)."""
    changed: dict[tuple, list[tuple[str | None, str]]] = defaultdict(list)
    for one in (one for part in PARTS for one in annual.assessment[part]):
        now = one.get("outcome", one.get("status"))
        for reading in one["readings"]:
            then = reading.get("outcome", reading.get("status"))
            told = f"{now} → {then}" if then != now else f"{now}，年度或期限不同"
            changed[reading["convention"], reading["value"]].append((one["project"], told))
        asked = {fact["field"] for fact in one["open_facts"] if fact["sheet"] == "ruleset"}
        for name in asked & annual.ruleset.conventions.keys():
            changed[name, OPEN].append((one["project"], f"{now} → 可有结论"))
    return changed


def _weight(change: tuple) -> tuple:
    (name, value), found = change
    return -len(found), name, str(value is OPEN or value)


def conventions(annual: Annual) -> Html:
    """Every convention and parameter that the conclusions of the review rest on."""
    told = annual.assessment
    judged = partial(evaluate, readings=False)
    used = rests_on(told, annual.facts, annual.ruleset, annual.as_of, judged) | QUESTIONED
    return tables.conventions(annual.ruleset, used) + tables.parameters(annual.ruleset, used)


QUESTIONED = {"merge_limit", "adjustment_limit", "procurement_threshold"}
"""Lines that the auditor's questions are held against."""
