"""What a consequence falls on: new projects, new systems, whole units, the project itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zwxm_core import lifecycle
from zwxm_core.conditions import Condition, all_of, given, is_one_of, not_
from zwxm_core.consequences.causes import NO_DAY, Cause, Effect, Setting, asked, happened, taken
from zwxm_core.facts import Column, is_any

BUILDING = ("新建", "扩建", "改建")
REBUILDING = "升级改造"
OPERATING = ("运维", "线路租赁")


def new_project(s: Setting, _p=None) -> Condition:
    """A new project (新增项目) of any mode that is not approved yet; running an old one is none.

    What has been approved is never reached, running or not.
    """
    f = s.f
    low, high = s.units.low, s.units.high
    approved = lifecycle.STAGES.index("批复")
    day = f.approved_on
    waiting = Condition(
        "not_approved", "leaf", "尚未批复", high < approved, low >= approved, facts=(day,),
        says=lambda row: f"{day.label}：{day.told(row) if day.known[row] or low[row] < approved else '已过批复阶段'}",
    )  # fmt: skip
    renewal = is_one_of("operation", "运维项目", f.action, "运维")
    return all_of("new_project", "新增项目", waiting, not_("not_operation", "不是运维项目", renewal))


def new_system(s: Setting, p) -> Condition:
    """Whether a project builds, extends or rebuilds a system (新建、改建、扩建信息系统).

    What a judgement says goes before the kind of the project. Whether an upgrade (升级改造) is a
    rebuilding, and whether any purchase counts, are conventions.
    """
    f = s.f
    action, builds = f.action, f.builds_system
    typed = builds.claimed & ~builds.known if builds.claimed is not None else np.zeros(f.n, bool)
    silent = ~builds.known & ~typed & action.known
    upgrade = silent & is_value(action, REBUILDING)
    yes = (builds.known & builds.values) | (silent & is_value(action, *BUILDING)) | upgrade
    no = (builds.known & ~builds.values) | (silent & is_value(action, *OPERATING, "服务"))
    if p.purchase_builds_system == "any_purchase":
        bought = f.mode.known & is_value(f.mode, "购买服务") & action.known & ~is_value(action, *OPERATING)
        maybe = ~f.mode.known | (
            is_value(f.mode, "购买服务") & ~(action.known & is_value(action, *OPERATING))
        )
        yes, no = yes | bought, no & ~bought & ~maybe
    leaf = Condition(
        "builds_system", "leaf", "新建、改建、扩建信息系统", yes, no, facts=(action, builds),
        says=lambda row: "，".join(c.said(row) for c in (action, builds) if c.known[row] or c is action),
    )  # fmt: skip
    if not upgrade.any():
        return leaf
    told, about = "项目类型：升级改造", "是否属改建，"
    question = asked("upgrade_is_rebuild", "升级改造属改建", upgrade, p.upgrade_is_rebuild, "no", told, about)
    return all_of("new_system", "新建、改建、扩建信息系统", leaf, question)


def begun(s: Setting, stated: Condition, parent: np.ndarray | None = None) -> Condition:
    """A project that is not approved yet has nothing to share or to secure, unless it is stated."""
    ahead = s.units.high < lifecycle.STAGES.index("批复")
    no = (ahead if parent is None else ahead[parent]) & ~stated.yes
    return given("begun", "已批复建设", ~no, no, says=lambda row: "尚未批复建设" if no[row] else "")


def is_value(column: Column, *values: str) -> np.ndarray:
    return is_any(column.values, map(column.categories.index, values))


def parents(f) -> np.ndarray:
    """The project each project hangs on (原项目); -1 where there is none or it is not known."""
    at = {str(id_): row for row, id_ in enumerate(f.ids)}
    pairs = zip(f.parent.known.tolist(), f.parent.values.tolist(), strict=True)
    return np.array([at.get(str(id_), -1) if known else -1 for known, id_ in pairs], np.int64)


def on_projects(s: Setting, condition: Callable) -> tuple[np.ndarray, np.ndarray, Condition]:
    """All projects, then all units: the condition (of setting and terms) asked of the projects, and
    of each unit whether the ordinary rules reach some project of it.
    """
    f, units = s.f, s.units

    def applies(p) -> Condition:
        return all_of("applies", "本条适用", s.bounds(f, p), condition(s, p))

    of_projects = s.settled(applies)
    of_units = _governed(s)
    both = Condition(
        "applies", "leaf", "本条适用", np.concatenate([of_projects.yes, of_units.yes]),
        np.concatenate([of_projects.no, of_units.no]), (of_projects,), rows=lambda row: [row] if row < f.n else [],
    )  # fmt: skip
    both.op = "row"
    project = np.concatenate([np.arange(f.n), np.full(units.n, -1)])
    return project, np.concatenate([units.of_project, np.arange(units.n)]), both


def _governed(s: Setting) -> Condition:
    """Units with a project that the ordinary rules reach on the day of assessment."""
    reached = s.settled(lambda p: s.bounds(s.f, p))
    of, n = s.units.of_project, s.units.n
    yes, possible = np.zeros(n, bool), np.zeros(n, bool)
    yes[of[(of >= 0) & reached.yes]] = True
    possible[of[(of >= 0) & ~reached.no]] = True
    return given("governed", "有适用本办法的项目", yes, ~possible)


def not_ended(s: Setting) -> Condition:
    """The project was not ended (终止): nothing is arranged for one that was."""
    day = s.f.terminated_on
    ended = happened(day, s.today)
    return given("not_ended", "没有终止", ~ended, ended, says=lambda row: day.said(row) if ended[row] else "")


def own(s: Setting, name: str, cause: Cause, ended: bool = False, kind=None, **more) -> Effect:
    """The effect of a cause on the project it lies in: money and resources to come, so none for a
    project that was `ended`, unless said so; ``kind``: which projects it speaks of.
    """
    parts = [c for c in (kind, None if ended else not_ended(s)) if c is not None]
    within = s.settled(lambda p: all_of("applies", "本条适用", s.bounds(s.f, p), *parts))
    project = cause.parent
    applies = (
        within if len(project) == s.f.n and (project == np.arange(s.f.n)).all() else taken(within, project)
    )
    condition = cause.condition

    def since(row: int) -> np.datetime64:
        return cause.since[row] if condition.yes[row] else NO_DAY

    return Effect(
        name, project, s.units.of_project[project], applies, condition, cause.told,
        lambda row: cause.cells(row) if condition.state(row) is None else [],
        lambda row: cause.because(row) if condition.yes[row] else [], since,
        np.zeros(len(project), np.int64) if cause.year is None else cause.year, cause.stated,
        staged=True, **more,
    )  # fmt: skip
