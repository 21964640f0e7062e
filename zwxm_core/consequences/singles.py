"""Consequences that rest on a register: the catalogue of systems (9.3), the unit's data (12.1)."""

from __future__ import annotations

import numpy as np

from zwxm_core import lifecycle
from zwxm_core.conditions import Condition, given
from zwxm_core.consequences.causes import NO_DAY, Cause, Effect, Place, Setting, no_day, places, stated
from zwxm_core.consequences.targets import OPERATING, is_value, new_project, on_projects, own
from zwxm_core.rules.exceptions import granted

# 第九条第三句 ----------------------------------------------------------------------------


def catalogue(s: Setting) -> list[Effect]:
    """9.3 Not in the catalogue of systems (未纳入系统目录): no money for building, purchase or
    operation of that project alone. Entering it lifts this for what comes after.
    """
    f, cause = s.f, _not_catalogued(s)
    low, high = s.units.low, s.units.high
    runs = lifecycle.STAGES.index("试运行")
    built, bought = (f.mode.known & is_value(f.mode, mode) for mode in ("自行建设", "购买服务"))
    operated = f.action.known & is_value(f.action, *OPERATING)
    building = f.action.known & ~operated

    def kind(name: str, yes: np.ndarray, no: np.ndarray) -> Effect:
        says = "，".join
        spoken = Condition(
            "kind_of_money", "leaf", "该项目用到的经费", yes, no & ~yes, facts=(f.mode, f.action),
            says=lambda row: says(column.said(row) for column in (f.mode, f.action)),
        )  # fmt: skip
        return own(s, name, cause, kind=spoken)

    return [
        kind("no_build_funding", built & building, bought | operated),
        kind("no_purchase_funding", bought, f.mode.known),
        kind("no_om_funding", operated | (built & (low >= runs)), building & (bought | (high < runs))),
    ]


def _not_catalogued(s: Setting) -> Cause:
    f, t = s.f, s.f.systems
    at = {str(id_): row for row, id_ in enumerate(f.ids)}
    row = np.array(
        [at.get(str(v), -1) if k else -1 for v, k in zip(t.project.values, t.project.known, strict=True)],
        np.int64,
    )
    day = t.entered_on
    ahead = day.known & (np.isnat(day.values) | (day.values > s.today))
    entered, waiting, undated = (np.zeros(f.n, bool) for _ in range(3))
    entered[row[(row >= 0) & day.known & ~ahead]] = True
    waiting[row[(row >= 0) & ahead]] = True
    undated[row[(row >= 0) & ~day.known]] = True
    dateless = {int(row[k]): k for k in np.flatnonzero((row >= 0) & ~day.known).tolist()}
    brief = f.in_system_catalogue
    inside = entered | (brief.known & brief.values)
    outside = ~inside & ~undated & (waiting | (brief.known & ~brief.values))

    def says(row: int) -> str:
        if inside[row]:
            return "系统目录中列有本项目" if entered[row] else brief.said(row)
        return (
            f"{day.label}：{'未提供' if undated[row] else '未到'}"
            if undated[row] or waiting[row]
            else brief.said(row)
        )

    def cells(row: int) -> list[Place]:
        found = places(condition.open_cells(row), str(f.ids[row]))
        dated = row not in dateless or inside[row] or outside[row]
        return found if dated else [*found, (str(f.ids[row]), "systems", dateless[row], "entered_on")]

    condition = Condition(
        "not_catalogued", "leaf", "未纳入系统目录", outside, inside, facts=(brief,), says=says
    )
    return Cause(
        np.arange(f.n), condition, condition, cells,
        lambda row: [{"project": str(f.ids[row]), "clause": "9.1", "field": brief.name}], np.full(f.n, NO_DAY),
        waiting | undated | stated(brief, False),
    )  # fmt: skip


# 第十二条第一句 --------------------------------------------------------------------------


def data_collection(s: Setting) -> list[Effect]:
    """12.1 A unit that has not collected its data (未完成数据归集) may in principle apply for no new
    project; an exemption (“原则上”的例外) counts where it is on file and, as in article 8, by the
    rule set's word on who may grant it.
    """
    f, units = s.f, s.units
    project, unit, applies = on_projects(s, new_project)
    t = f.units
    done, exempt = t.data_collected, granted("exempt", "认定“原则上”的例外", t.application_exemption, s.p)
    row = np.where(unit >= 0, np.append(units.row, -1)[unit], -1)
    has = row >= 0

    def of(mask: np.ndarray) -> np.ndarray:
        return has & (mask[row] if len(mask) else False)

    short, freed, bound = of(done.known & ~done.values), of(exempt.yes), of(exempt.no)
    body = given("not_collected", "未完成数据归集", short & bound, of(done.known & done.values) | freed)

    def told(at: int) -> list[str]:
        if not has[at]:
            return ["项目单位：未提供" if unit[at] < 0 else "单位表未填该单位"]
        lines = [done.said(row[at])]
        return lines if body.no[at] and not freed[at] else [*lines, exempt.sentences(row[at])[0]]

    def cells(at: int) -> list[Place]:
        name = None if project[at] < 0 else str(f.ids[project[at]])
        if body.state(at) is not None:
            return []
        if unit[at] < 0:
            return [(name, "projects", None, "unit")]
        if short[at] and t.application_exemption.known[row[at]]:
            return [(name, "ruleset", None, "exemption_authority")]
        missing = "data_collected" if not short[at] else "application_exemption"
        return [(None, "units", units.names[unit[at]], missing)]

    def because(at: int) -> list[dict]:
        name = None if project[at] < 0 else str(f.ids[project[at]])
        return [{"project": name, "clause": "12.1", "field": "data_collected"}] if body.yes[at] else []

    nothing = np.zeros(len(unit), np.int64)
    return [
        Effect(
            "no_new_applications", project, unit, applies, body, told, cells, because, no_day, nothing,
            of(stated(done, False)),
            exempt=short & freed,
        )
    ]  # fmt: skip
