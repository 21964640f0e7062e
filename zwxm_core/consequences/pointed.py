"""Consequences the authority chooses (46.4, 47.2, 48): pointed out (提示), never decided.

47.2 and 48.1 rest on what is on file (整改) and on the duties that this assessment finds not met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from zwxm_core import lifecycle
from zwxm_core.conditions import Condition, all_of, any_of, given, is_one_of, is_true, not_, some
from zwxm_core.consequences.causes import NO_DAY, Cause, Setting, bounded, happened, joined, places
from zwxm_core.consequences.targets import is_value, own, said
from zwxm_core.consequences.units import Effect, units_of
from zwxm_core.facts import Rows
from zwxm_core.findings import Evaluation, live_rows

PROCEDURES = ("9.1", "12.2", "25.2", "28.1")
"""Duties to register or to have something approved (备案、审批程序)."""

SHOWN = 8
"""Clauses that a reason names."""

# What the assessment finds --------------------------------------------------------------

Key = tuple[str, object]


@dataclass(slots=True)
class Breaches:
    """Duties not met, or not known to be met, at the stage of each project.

    ``open_facts`` writes the missing facts of one finding; ``reading`` is the reading under
    which the findings are taken (None: as they stand).
    """

    open_facts: Callable[[Evaluation, int], list[dict]]
    of: dict[str, list[tuple[Evaluation, int]]] = field(default_factory=dict)
    reading: Key | None = None

    def note(self, evaluations: Iterable[Evaluation], as_of: date) -> None:
        """Take in findings; the outcome of duties alone counts."""
        for one in evaluations:
            if one.kind != "duty":
                continue
            fine = one.applies.no | (one.applies.yes & one.body.yes)
            for other in one.readings:
                fine = fine & ~other.differs
            for row in np.flatnonzero(live_rows(one, as_of) & ~fine).tolist():
                self.of.setdefault(one.project(row), []).append((one, row))

    def readings(self) -> list[Key]:
        """The readings under which some finding comes out otherwise."""
        keys = {
            (other.convention, other.value): None
            for found in self.of.values() for one, row in found for other in one.readings if other.differs[row]
        }  # fmt: skip
        return sorted(keys, key=str)

    def under(self, reading: Key) -> Breaches:
        """The same findings under a reading."""
        return Breaches(self.open_facts, self.of, reading)

    def state(self, one: Evaluation, row: int) -> bool | None:
        """Whether a duty is broken: True, False, or None (open)."""
        for other in one.readings:
            if (other.convention, other.value) == self.reading and other.differs[row]:
                applies, state = other.applies.state(row), other.body.state(row)
                break
        else:
            applies, state = one.applies.state(row), one.body.state(row)
        return False if applies is False else not state if applies and state is not None else None

    def found(
        self, project: str, clauses: tuple[str, ...] | None = None
    ) -> dict[bool | None, list[tuple[Evaluation, int]]]:
        """The findings of a project by whether the duty is broken."""
        told: dict[bool | None, list[tuple[Evaluation, int]]] = {True: [], False: [], None: []}
        for one, row in self.of.get(project, ()):
            if clauses is None or one.clause.id in clauses:
                told[self.state(one, row)].append((one, row))
        return told

    def condition(self, ids: np.ndarray, text: str, clauses: tuple[str, ...] | None = None) -> Condition:
        """Some duty is broken; unknown while one is open."""
        yes, open_ = np.zeros(len(ids), bool), np.zeros(len(ids), bool)
        for row, id_ in enumerate(ids.tolist()) if self.of else ():
            if str(id_) in self.of:
                found = self.found(str(id_), clauses)
                yes[row], open_[row] = bool(found[True]), bool(found[None])

        def says(row: int) -> str:
            found = self.found(str(ids[row]), clauses)
            cites = list(dict.fromkeys(one.clause.cite for one, _ in found[True] or found[None]))
            if not cites:
                return "现阶段各项义务没有不符合的"
            more = f"等 {len(cites)} 条" if len(cites) > SHOWN else ""
            return f"{'、'.join(cites[:SHOWN])}{more}{'不符合' if found[True] else '待核'}"

        return given("duty_broken", text, yes, ~yes & ~open_, says=says)

    def cells(self, project: str, clauses: tuple[str, ...] | None = None) -> list[dict]:
        """What is missing of the open findings."""
        facts = [
            fact for one, row in self.found(project, clauses)[None] for fact in self.open_facts(one, row)
        ]
        return list({tuple(fact.values()): fact for fact in facts}.values())

    def chain(self, project: str, clauses: tuple[str, ...] | None = None) -> list[dict]:
        """The broken duties as links: project, clause, field."""
        links = {}
        for one, row in self.found(project, clauses)[True]:
            tree = one.body if one.body.no[row] else one.applies
            fields = [c.name for leaf, _ in tree.deciding(row) for c in leaf.facts]
            links[one.clause.id] = next(iter(fields), "")
        return [{"project": project, "clause": clause, "field": name} for clause, name in links.items()]


# 第四十六条第四句 ------------------------------------------------------------------------


def evaluation_weighs(s: Setting) -> list[Effect]:
    """46.4 The result of an evaluation weighs in next year's budget (经费安排的重要依据)."""
    f = s.f
    sheet = joined(f, "evaluations", ("kind", "completed_on", "result"), {})
    t, bare = sheet.table, sheet.origin < 0
    brief = f.self_evaluation.take(sheet.parent)
    told = f.self_evaluation_on.take(sheet.parent)
    complete = f.evaluations_complete.take(sheet.parent)
    done = np.where(bare, brief.known & is_value(brief, "已完成"), happened(t.completed_on, s.today))
    day = np.where(
        bare & told.known, told.values, np.where(t.completed_on.known, t.completed_on.values, NO_DAY)
    ).astype("M8[D]")
    day[~done] = NO_DAY
    none = np.where(bare, complete.known & complete.values & ~done, t.completed_on.known & ~done)

    def says(row: int) -> str:
        if not done[row]:
            return "没有已完成的评价" if none[row] else "评价是否完成未提供"
        kind, result = ("自评价", None) if bare[row] else (t.kind.at(row) or "评价", t.result.at(row))
        return f"{kind}已完成{'' if np.isnat(day[row]) else f'（{day[row]}）'}，结果：{result or '未提供'}"

    core = given("evaluated", "有已完成的评价", done, none, says=says)
    live = f.go_live.take(sheet.parent)
    event = np.where(live.known, live.values, NO_DAY).astype("M8[D]")
    condition = s.settled(lambda p: bounded(s, Rows(f, t), core, p, event), sheet.parent)

    def cells(row: int) -> list:
        project = str(f.ids[sheet.parent[row]])
        missing = (
            (project, "projects", None, "evaluations_complete")
            if bare[row]
            else sheet.place(row, "completed_on")
        )
        return [*places(condition.open_cells(row), project), *([] if done[row] or none[row] else [missing])]

    def because(row: int) -> list[dict]:
        kinds = {"适时评价": "46.2", "后评价": "46.3"}
        clause = "46.1" if bare[row] else kinds.get(t.kind.at(row) or "", "46.1")
        name = "self_evaluation" if bare[row] else "result"
        return [{"project": str(f.ids[sheet.parent[row]]), "clause": clause, "field": name}]

    year = np.where(np.isnat(day), 0, day.astype("M8[Y]").astype(np.int64) + 1971)
    cause = Cause(sheet.parent, condition, core, cells, because, np.full(t.n, NO_DAY), year)
    return [own(s, units_of(f), "weighs_in_budget", cause, hint=True)]


# 第四十七条第一款第二、三句 --------------------------------------------------------------


def rectification(s: Setting, breaches: Breaches) -> list[Effect]:
    """47.2 Breaches found are to be put right within a time (限期整改); the heavier measures are for
    the bodies to choose from, and only once that time is over or what was done is not enough.
    """
    f = s.f
    t = f.rectifications
    rows = Rows(f, t)
    breach = is_true("recorded_breach", "违反规定或批复", rows.breach)
    failing = is_true("still_failing", "整改后仍不符合", rows.still_failing)
    done = _day("done", "已整改完成", rows.done_on, s)
    on_file = given(
        "done_on_file", "已整改完成", done.yes, ~done.yes, says=lambda row: said(rows.done_on, row)
    )
    right = all_of("put_right", "已整改并符合要求", on_file, not_("not_failing", "整改后符合", failing))
    standing = all_of("standing", "有未改正的违反规定或批复", breach, not_("not_right", "尚未改正", right))
    found = any_of(
        "breach_found", "发现违反规定或批复",
        breaches.condition(f.ids, "有义务不符合"), some("recorded", standing.text, standing, t, f.n),
    )  # fmt: skip
    late = all_of(
        "late",
        "逾期未整改",
        _day("time_over", "整改期限已过", rows.due, s, before=True),
        not_("not_done", "未整改", done),
    )
    heavier = all_of(
        "heavier", "限期整改后仍不符合", breach, _day("ordered", "已要求限期整改", rows.ordered_on, s),
        any_of("late_or_failing", "逾期未整改，或整改后仍不符合", late, failing),
    )  # fmt: skip
    again = some("heavier_some", heavier.text, heavier, t, f.n)
    order = _own(s, "rectification_order", found, _approved(s), _MEND, breaches)
    return [order, _own(s, "public_criticism", again, _approved(s), _CHOOSE)]


_MEND = "发现违反规定或批复的，应先要求限期整改"
_CHOOSE = "可由领导小组及有关部门在通报批评、暂缓安排投资计划、暂停建设直至终止中择用，本产品不作选择"
_CRITICISM = "由有关部门认定并处理，本产品只提示、不定性"
_FUNDS = "由有关部门按财政违法行为处罚处分的规定查处，本产品只提示、不定性"


def _day(id: str, text: str, day, s: Setting, before: bool = False) -> Condition:
    """A day on file has come (with `before`: is over); a day of 未 has not."""
    come = happened(day, s.today - np.timedelta64(int(before), "D"))
    return Condition(id, "leaf", text, come, day.known & ~come, facts=(day,), says=lambda row: said(day, row))


def _approved(s: Setting) -> Condition:
    low, high = lifecycle.reached(s.f, s.as_of)
    stage = lifecycle.STAGES.index("批复")
    return Condition(
        "under_way", "leaf", "已批复的项目", low >= stage, high < stage, facts=(s.f.approved_on,),
        says=lambda row: said(s.f.approved_on, row),
    )  # fmt: skip


def _own(
    s: Setting,
    name: str,
    core: Condition,
    applies: Condition,
    lead: str,
    breaches: Breaches | None = None,
    clauses: tuple[str, ...] | None = None,
) -> Effect:
    """A hint on the project itself: what was found, and (`lead`) what the authority may do."""
    f = s.f
    condition = s.settled(lambda p: bounded(s, f, core, p))
    fields = ("breach", "still_failing", "serious_result", "funds_misused", "due")

    def cells(row: int) -> list:
        return [
            *places(condition.open_cells(row), str(f.ids[row])),
            *(breaches.cells(str(f.ids[row]), clauses) if breaches else []),
        ]

    def because(row: int) -> list[dict]:
        read = [c.name for leaf, _ in core.deciding(row) for c in leaf.facts if c.name in fields]
        own_ = [
            {"project": str(f.ids[row]), "clause": s.clause, "field": name} for name in dict.fromkeys(read)
        ]
        return [*(breaches.chain(str(f.ids[row]), clauses) if breaches else []), *own_]

    cause = Cause(np.arange(f.n), condition, core, cells, because, np.full(f.n, NO_DAY))
    effect = own(s, units_of(f), name, cause, hint=True)
    effect.applies = all_of("applies", "本条适用", effect.applies, applies)
    told = effect.told
    effect.told = lambda row: [lead, *told(row)] if condition.yes[row] else told(row) or ["未见机关记录"]
    return effect


# 第四十八条 ------------------------------------------------------------------------------


def accountability(s: Setting, breaches: Breaches) -> list[Effect]:
    """48.1 Registration or approval left out (未履行备案、审批程序), whatever came of it; or serious
    results of bad management or fraud. Who is to answer is for the authority.
    """
    f = s.f
    t = f.rectifications
    rows = Rows(f, t)
    serious = not_(
        "serious", "造成严重后果", is_one_of("nothing_serious", "没有严重后果", rows.serious_result, "无")
    )
    procedure = all_of(
        "procedure", "未履行备案、审批程序",
        is_one_of("procedure_matter", "备案程序或审批程序", rows.matter, "备案程序", "审批程序"),
        is_true("recorded_breach", "违反规定或批复", rows.breach), premise=True,
    )  # fmt: skip
    recorded = some(
        "recorded",
        "机关记录有此情形",
        any_of("either", "未履行程序或造成严重后果", serious, procedure),
        t,
        f.n,
    )
    duties = breaches.condition(f.ids, "未履行备案、审批程序", PROCEDURES)
    core = any_of("accountable", "未履行备案、审批程序，或造成严重后果", duties, recorded)
    applies = any_of("on_file", "有机关记录的事项，或备案、审批程序不符合", duties, _recorded(f))
    return [_own(s, "public_criticism", core, applies, _CRITICISM, breaches, PROCEDURES)]


def misused_funds(s: Setting) -> list[Effect]:
    """48.2 Funds kept back or diverted, or O&M money arranged against the rules (截留、挪用、违规安排)."""
    f = s.f
    misused = is_true("funds_misused", "截留挪用或违规安排运维费", Rows(f, f.rectifications).funds_misused)
    core = some("misused", misused.text, misused, f.rectifications, f.n)
    return [_own(s, "public_criticism", core, _recorded(f), _FUNDS)]


def _recorded(f) -> Condition:
    has = np.bincount(f.rectifications.parent, minlength=f.n) > 0
    return given(
        "recorded_matter",
        "有机关记录的事项",
        has,
        ~has,
        says=lambda row: "" if has[row] else "没有机关记录的事项",
    )
