"""51.1 What follows where cryptography or security falls short (不符合密码应用和网络安全要求)."""

from __future__ import annotations

import numpy as np

from zwxm_core.conditions import Condition, all_of, any_of, given, is_false, is_true, some
from zwxm_core.consequences.across import Targets, across
from zwxm_core.consequences.causes import (
    NO_DAY,
    Cause,
    Effect,
    Setting,
    asked,
    bounded,
    happened,
    joined,
    places,
    stated,
)
from zwxm_core.consequences.targets import (
    begun,
    is_value,
    new_project,
    new_system,
    not_ended,
    on_projects,
    own,
    parents,
)
from zwxm_core.facts import reach

SECURITY = ("as_of", "security_compliant", "crypto_compliant", "major_hazard", "corrected_on")
SECURITY_SHORT = {name: name for name in SECURITY[1:4]}


def security(s: Setting) -> list[Effect]:
    """51.1 Cryptography or network security not as required, or a major hazard (重大安全隐患): no O&M
    money, and the unit may not build, extend or rebuild, at once, without a year and not only
    other systems. Whether remedial works are barred, and when the bar ends, the text does not say.
    """
    f, units = s.f, s.units
    cause = security_cause(s)
    project, unit, applies = on_projects(s, new_project)
    targets = Targets(
        project,
        unit,
        applies,
        caught=s.settled(lambda p: new_system(s, p)),
        repairs=_repairs(f, len(project)),
        parent=parents(f),
    )
    bar = across(s, "no_new_systems", cause, targets)
    if s.p.bar_51_om_scope == "unit":
        within = s.settled(lambda p: all_of("applies", "本条适用", s.bounds(f, p), not_ended(s)))
        money = across(s, "no_om_funding", cause, Targets(np.arange(f.n), units.of_project, within))
        if s.able is not None:  # of a project whose unit is not known only its own state is told
            keep = ~s.able
            money.body.yes = np.where(keep, cause.condition.yes, money.body.yes)
            money.body.no = np.where(keep, cause.condition.no, money.body.no)
        money.staged = True
        return [money, bar]
    return [own(s, "no_om_funding", cause), bar]


def _repairs(f, m: int) -> Condition:
    """A project that repairs the security of the one it hangs on (整改对象); over `m` entries, the
    projects first. Of one that hangs on none, or says otherwise, there is no question.
    """
    column, hangs = f.remedy_for, parents(f) >= 0
    yes = hangs & column.known & is_value(column, "安全")
    no = ~hangs | (column.known & ~yes)
    rest = m - f.n
    return given(
        "repairs", "为消除原项目安全问题的项目", np.concatenate([yes, np.zeros(rest, bool)]),
        np.concatenate([no, np.ones(rest, bool)]),
    )  # fmt: skip


def security_cause(s: Setting) -> Cause:
    """Some finding on the project's security stands: not compliant, or a major hazard."""
    f = s.f
    sheet = joined(f, "security", SECURITY, SECURITY_SHORT)
    t = sheet.table

    def core(p) -> Condition:
        defect = any_of(
            "defect", "不符合密码应用和网络安全要求，或存在重大安全隐患", _noncompliant(t, p),
            is_true("hazard", "存在重大安全隐患", t.major_hazard),
        )  # fmt: skip
        parts, ended = [defect], happened(t.corrected_on, s.today) | _cleared_later(t, defect)
        if ended.any():
            parts.append(asked("bar_51_end", "尚未改正", ended, p.bar_51_end, "when_corrected", "已改正"))
        case = all_of("security_case", defect.text, *parts)
        found = some("security_defaults", defect.text, case, t, f.n)
        return all_of("security_default", defect.text, found, begun(s, found))

    condition = s.settled(lambda p: bounded(s, f, core(p), p))
    day = t.as_of
    found = np.where(day.known & ~np.isnat(day.values), day.values, np.datetime64("9999-12-31"))
    since = np.full(f.n, np.datetime64("9999-12-31"))
    standing = core(s.p).parts[0].parts[0].yes
    np.minimum.at(since, sheet.parent[standing], found[standing])
    since[since == np.datetime64("9999-12-31")] = NO_DAY

    faults = stated(t.security_compliant, False) | stated(t.crypto_compliant, False)
    entered = reach(faults | stated(t.major_hazard, True), t.parent, f.n)

    def because(row: int) -> list[dict]:
        fields = {"security_compliant": "49.1", "crypto_compliant": "49.1", "major_hazard": "51.1"}
        read = [c.name for leaf, _ in condition.deciding(row) for c in leaf.facts if c.name in fields]
        return [
            {"project": str(f.ids[row]), "clause": fields[name], "field": name}
            for name in dict.fromkeys(read)
        ]

    return Cause(
        np.arange(f.n), condition, core(s.p),
        lambda row: places(condition.open_cells(row), str(f.ids[row]), sheet), because, since, entered,
    )  # fmt: skip


def _noncompliant(t, p) -> Condition:
    faults = (
        is_false("security_fault", "网络安全不符合要求", t.security_compliant),
        is_false("crypto_fault", "密码应用不符合要求", t.crypto_compliant),
    )
    together = any_of if p.crypto_and_security == "either" else all_of
    return together("noncompliant", "不符合密码应用和网络安全要求", *faults)


def _cleared_later(t, defect: Condition) -> np.ndarray:
    """Rows after which a later row of the same project, by its date, finds no defect."""
    day = t.as_of
    dated = day.known & ~np.isnat(day.values)
    last = np.full(int(t.parent.max(initial=-1)) + 1, np.datetime64("0001-01-01"))
    clear = dated & defect.no
    np.maximum.at(last, t.parent[clear], day.values[clear])
    return dated & ~defect.no & (last[t.parent] > day.values)
