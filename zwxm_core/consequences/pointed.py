"""Consequences the authority chooses (46.4, 47.2, 48): pointed out (提示), never decided.

47.2 and 48.1 rest on what is on file (整改) and on the duties that this assessment finds not met,
those of the calendar (逾期、未履行) included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from zwxm_core import lifecycle
from zwxm_core.conditions import Condition, all_of, any_of, given, is_one_of, is_true, not_, some
from zwxm_core.consequences.causes import NO_DAY, Cause, Effect, Setting, bounded, happened, joined, places
from zwxm_core.consequences.targets import is_value, not_ended, own
from zwxm_core.facts import Rows
from zwxm_core.findings import Evaluation, Reading, live_rows
from zwxm_core.obligations import CALENDAR, Stand, duties
from zwxm_core.obligations.clauses import accepted_on
from zwxm_core.rules import RULES, Answer

SHOWN = 8
"""Clauses that a reason names."""

APPROVAL = lifecycle.STAGES.index("批复")

# What the assessment finds --------------------------------------------------------------

Key = tuple[str, object]
Wanted = Callable[[Evaluation], bool]
Lead = str | Callable[[int], list[str]]
"""What the authority may do: one sentence, or project → sentences."""


def of_the_unit(one: Evaluation) -> bool:
    """Duties of the unit (项目单位) that are asked in the course of the project, not only up to its approval."""
    last = (CALENDAR[one.clause.id] if isinstance(one, Due) else RULES[one.clause.id]).live[1]
    return one.clause.addressee is None and lifecycle.STAGES.index(last) > APPROVAL


def procedural(one: Evaluation) -> bool:
    """Duties of the unit to file or to have something approved (备案、审批程序), as the rule set marks them."""
    entry = one.clause
    return entry.procedure is not None and entry.procedure_item in (None, one.item)


def _of_an_item(one: Evaluation) -> bool:
    """A procedure for an item of its own (报批 of leased lines), beside the approval of the project."""
    return procedural(one) and one.clause.procedure_item is not None


def _of_the_project(one: Evaluation) -> bool:
    return procedural(one) and one.clause.procedure_item is None


def _cited(one: Evaluation, row: int) -> str:
    """The clause with what of it is meant: an item, a duty with its year, the whole unit's matter (9.2),
    a major adjustment that is only presumed (28.1).
    """
    if isinstance(one, Due):
        year = one.stand.period(row)
        return f"{one.clause.cite}（{f'{year} 年度' if year else ''}{one.stand.duty.what}）"
    presumed = any(n.code == "presumed_major" and n.where[row] for n in one.answer.notices)
    item = "全单位的事项" if one.clause.id == "9.2" else "重大调整属推定" if presumed else one.item
    return one.clause.cite + (f"（{'报备' if item == 'filing' else item}）" if item else "")


FIELDS = {
    "组织项目验收": "acceptance_on", "报备验收情况": "acceptance_reported", "报审首次运维方案": "plan_filed_on",
    "申报首次运维预算": "budget_filed_on", "提交绩效监控报告": "submitted_on", "自评价": "self_evaluation_on",
}  # fmt: skip
"""Duties that no finding speaks of, by what is to be done, and the field that tells of it."""


@dataclass(slots=True)
class Due(Evaluation):
    """A duty of the calendar read as a finding: met, or not by its day (逾期、未履行); done late is done."""

    stand: Stand = field(kw_only=True)

    @classmethod
    def of(cls, stand: Stand) -> Due:
        """The finding over the cases of a duty, with the readings under which it stands otherwise."""
        duty, facts, entry = stand.duty, stand.facts, stand.ruleset.clauses[stand.clause]
        applies, body = cls._met(stand)
        readings = [
            Reading(name, value, *cls._met(other), differs) for name, value, other, differs in stand.readings
        ]
        return cls(
            entry, None, "duty", facts, duty.cases.parent, applies, body, duty.event, stand.ruleset,
            Answer(applies, body), duty.cases, readings, stand=stand,
        )  # fmt: skip

    @staticmethod
    def _met(stand: Stand) -> tuple[Condition, Condition]:
        status, late = stand.status, stand.duty.late
        asked = status != duties.NOT_ASKED
        broken = np.isin(status, (duties.OVERDUE, duties.UNDONE))
        broken = broken if late is None else broken & ~late
        met = asked & ~broken & (status != duties.OPEN)
        return given("asked", "应履行", asked, ~asked), given("met", stand.duty.what, met, broken)


@dataclass(slots=True)
class Breaches:
    """The units' duties not met, or not known to be met, at the stage of each project.

    ``open_facts`` writes the missing facts of one finding; ``reading`` is the reading under
    which the findings are taken (None: as they stand). ``found`` holds evaluations with their
    rows in question and the projects of these in the whole portfolio, ascending.
    """

    open_facts: Callable[[Evaluation, int], list[dict]]
    found: list[tuple[Evaluation, np.ndarray, np.ndarray]] = field(default_factory=list)
    reading: Key | None = None

    def note(self, evaluations: Iterable[Evaluation], as_of: date) -> None:
        """Take in findings; duties alone count."""
        for one in evaluations:
            if one.kind == "duty" and (of_the_unit(one) or procedural(one)):
                self._keep(one, live_rows(one, as_of))

    def note_due(self, stands: Iterable[Stand], as_of: date) -> None:
        """Take in the duties of the calendar that no finding speaks of."""
        for stand in stands:
            if stand.duty.what in FIELDS:
                one = Due.of(stand)
                live = lifecycle.live(stand.facts, as_of, *CALENDAR[stand.clause].live)
                self._keep(one, stand.judged & live[stand.duty.cases.parent])

    def _keep(self, one: Evaluation, asked: np.ndarray) -> None:
        fine = one.applies.no | (one.applies.yes & one.body.yes)
        for other in one.readings:
            fine = fine & ~other.differs
        rows = np.flatnonzero(asked & ~fine)
        at = one.facts.places if one.per is None else one.facts.places[one.per.parent]
        order = np.argsort(at[rows], kind="stable")
        if len(rows):
            self.found.append((one, rows[order], at[rows][order]))

    def readings(self) -> list[Key]:
        """The readings under which some finding comes out otherwise."""
        keys = {
            (other.convention, other.value)
            for one, rows, _ in self.found for other in one.readings if other.differs[rows].any()
        }  # fmt: skip
        return sorted(keys, key=str)

    def under(self, reading: Key) -> Breaches:
        """The same findings under a reading."""
        return Breaches(self.open_facts, self.found, reading)

    def states(self, one: Evaluation, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Whether the duties are broken, and whether that is open."""
        applies, body = one.applies.states()[rows], one.body.states()[rows]
        for other in one.readings:
            if (other.convention, other.value) == self.reading:
                differs = other.differs[rows]
                applies = np.where(differs, other.applies.states()[rows], applies)
                body = np.where(differs, other.body.states()[rows], body)
        broken = (applies == 1) & (body == 0)
        return broken, ~broken & (applies != 0) & ~((applies == 1) & (body == 1))

    def of(self, project: int, wanted: Wanted) -> dict[bool | None, list[tuple[Evaluation, int]]]:
        """The findings of a project by whether the duty is broken (True) or that is open (None)."""
        told: dict[bool | None, list[tuple[Evaluation, int]]] = {True: [], None: []}
        for one, rows, at in self.found:
            first, last = np.searchsorted(at, (project, project + 1))
            if first < last and wanted(one):
                here = rows[first:last]
                for state, mask in zip((True, None), self.states(one, here), strict=True):
                    told[state] += [(one, row) for row in here[mask].tolist()]
        return told

    def condition(self, n: int, text: str, wanted: Wanted) -> Condition:
        """Some duty is broken; unknown while one is open."""
        yes, open_ = np.zeros(n, bool), np.zeros(n, bool)
        for one, rows, at in self.found:
            if wanted(one):
                for mask, hit in zip((yes, open_), self.states(one, rows), strict=True):
                    mask[at[hit]] = True

        def says(row: int) -> str:
            found = self.of(row, wanted)
            cites = list(dict.fromkeys(_cited(one, k) for one, k in found[True] or found[None]))
            more = f"等 {len(cites)} 条" if len(cites) > SHOWN else ""
            told = f"{'、'.join(cites[:SHOWN])}{more}{'不符合' if found[True] else '待核'}"
            return told if cites else "条款结论没有不符合的"

        return given("duty_broken", text, yes, ~yes & ~open_, says=says)

    def raised(self, n: int) -> np.ndarray:
        """Projects with a listed adjustment taken as major and nobody's word that it was approved."""
        raised = np.zeros(n, bool)
        for one, rows, at in self.found:
            if one.clause.id == "28.1":
                raised[at[one.applies.yes[rows] & self.states(one, rows)[1]]] = True
        return raised

    def cells(self, project: int, wanted: Wanted) -> list[dict]:
        """What is missing of the open findings."""
        facts = [
            fact
            for one, row in self.of(project, wanted)[None]
            for fact in (one.stand.open_facts(row) if isinstance(one, Due) else self.open_facts(one, row))
        ]
        return list({tuple(fact.values()): fact for fact in facts}.values())

    def chain(self, project: int, wanted: Wanted) -> list[dict]:
        """The broken duties as links: project, clause, field."""
        links = {}
        for one, row in self.of(project, wanted)[True]:
            tree = one.body if one.body.no[row] else one.applies
            fields = [c.name for leaf, _ in tree.deciding(row) for c in leaf.facts]
            if isinstance(one, Due):
                fields = [FIELDS[one.stand.duty.what]]
            links[one.clause.id] = (one.project(row), next(iter(fields), ""))
        return [{"project": id_, "clause": clause, "field": name} for clause, (id_, name) in links.items()]


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
    ahead = s.units.high[sheet.parent] < APPROVAL
    none = np.where(bare, (ahead | (complete.known & complete.values)) & ~done, t.completed_on.known & ~done)

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
    cause = Cause(sheet.parent, condition, core, cells, because, np.full(t.n, NO_DAY), ~bare, year)
    return [own(s, "weighs_in_budget", cause, hint=True)]


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
    on_file = given("done_on_file", "已整改完成", done.yes, ~done.yes, says=rows.done_on.said)
    right = all_of("put_right", "已整改并符合要求", on_file, not_("not_failing", "整改后符合", failing))
    standing = all_of("standing", "有未改正的违反规定或批复", breach, not_("not_right", "尚未改正", right))
    unmet = breaches.condition(f.n, "项目单位有义务不符合", of_the_unit)
    found = any_of(
        "breach_found", "发现违反规定或批复", unmet, some("recorded", standing.text, standing, t, f.n)
    )
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
    under_way = _under_way(s)
    lead = _mended(s, unmet, standing, breach.yes & right.yes)
    order = _own(s, "rectification_order", found, under_way, lead, breaches, of_the_unit, found.parts[1])
    return [order, _own(s, "public_criticism", again, under_way, _CHOOSE)]


def _mended(s: Setting, unmet: Condition, standing: Condition, right: np.ndarray) -> Lead:
    """What is still to be ordered (限期整改), and which matters on file have been, or are put right."""
    t = s.f.rectifications
    ordered = happened(t.ordered_on, s.today)

    def lead(project: int) -> list[str]:
        told, open_ = [], bool(unmet.yes[project])
        for at in np.flatnonzero(t.parent == project).tolist():
            matter = f"整改事项“{t.matter.at(at) or '未写明'}”"
            if standing.yes[at] and ordered[at]:
                told.append(f"{matter}已于 {t.ordered_on.at(at)} 要求限期整改")
            elif right[at] and unmet.yes[project]:
                told.append(f"{matter}已于 {t.done_on.at(at)} 整改完成")
            open_ = open_ or bool(standing.yes[at] and not ordered[at])
        same = "条款结论与已要求整改的事项是否同一，须核对" if told and unmet.yes[project] else ""
        return [*([_MEND] if open_ else []), *told, same]

    return lead


_MEND = "发现违反规定或批复的，应先要求限期整改"
_CHOOSE = (
    "由领导小组及有关部门以通报批评、暂缓安排投资计划、暂停项目建设直至终止项目等方式处理，用哪一种由其决定，"
    "本产品不作选择"
)
_CRITICISM = "由有关部门认定并处理，本产品只提示、不定性"
_FUNDS = "由有关部门按财政违法行为处罚处分的规定查处，本产品只提示、不定性"


def _day(id: str, text: str, day, s: Setting, before: bool = False) -> Condition:
    """A day on file has come (with `before`: is over); a day of 未 has not."""
    come = happened(day, s.today - np.timedelta64(int(before), "D"))
    return Condition(id, "leaf", text, come, day.known & ~come, facts=(day,), says=day.said)


def _approved(s: Setting) -> Condition:
    low, high = s.units.low, s.units.high
    return Condition(
        "approved", "leaf", "已批复的项目", low >= APPROVAL, high < APPROVAL, facts=(s.f.approved_on,),
        says=lambda row: "" if low[row] >= APPROVAL else s.f.approved_on.said(row),
    )  # fmt: skip


def _under_way(s: Setting) -> Condition:
    """Approved and not ended (终止): what ended is not to be mended any more."""
    return all_of("under_way", "实施中的项目", _approved(s), not_ended(s))


def _own(
    s: Setting,
    name: str,
    core: Condition,
    applies: Condition,
    lead: Lead,
    breaches: Breaches | None = None,
    wanted: Wanted = procedural,
    on_file: Condition | None = None,
) -> Effect:
    """A hint on the project itself: what was found, and (`lead`) what the authority may do."""
    f = s.f
    condition = s.settled(lambda p: bounded(s, f, core, p))
    fields = ("breach", "still_failing", "serious_result", "funds_misused", "due", _FILED)

    def cells(row: int) -> list:
        return [
            *places(condition.open_cells(row), str(f.ids[row])),
            *(breaches.cells(row, wanted) if breaches else []),
        ]

    def because(row: int) -> list[dict]:
        read = [c.name for leaf, _ in core.deciding(row) for c in leaf.facts if c.name in fields]
        own_ = [
            {"project": str(f.ids[row]), "clause": "31.1" if name == _FILED else s.clause, "field": name}
            for name in dict.fromkeys(read)
        ]
        return [*(breaches.chain(row, wanted) if breaches else []), *own_]

    noted = _noted(f, on_file) | (breaches.raised(f.n) if breaches else False)
    cause = Cause(np.arange(f.n), condition, core, cells, because, np.full(f.n, NO_DAY), noted)
    effect = own(s, name, cause, ended=True, hint=True)
    effect.applies = all_of("applies", "本条适用", effect.applies, applies)
    told = effect.told

    def said_of(row: int) -> list[str]:
        if not condition.yes[row]:
            return told(row) or ["未见机关记录"]
        return [*([lead] if isinstance(lead, str) else lead(row)), *told(row)]

    effect.told = said_of
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
    left_out = breaches.condition(f.n, "未履行备案、审批程序", _of_the_project)
    left_out = any_of("left_out_any", left_out.text, left_out, _acceptance_unfiled(s))
    left_out = all_of("left_out", left_out.text, _approved(s), left_out)
    left_out = any_of(
        "left_out_all", left_out.text, left_out, breaches.condition(f.n, left_out.text, _of_an_item)
    )
    core = any_of("accountable", "未履行备案、审批程序，或造成严重后果", left_out, recorded)
    applies = any_of("on_file", "有机关记录的事项，或备案、审批程序不符合", left_out, _recorded(f))
    return [_own(s, "public_criticism", core, applies, _CRITICISM, breaches, procedural, recorded)]


_FILED = "acceptance_reported"


def _acceptance_unfiled(s: Setting) -> Condition:
    """An acceptance that has been held was not filed (报备, 31.1)."""
    f = s.f
    filed, on, result = f.acceptance_reported, accepted_on(f), f.acceptance_result
    held = happened(on, s.today) | (~on.known & result.known)
    none = (~held & on.known) | (s.units.high < lifecycle.STAGES.index("验收"))
    missing = filed.known & ~filed.values
    return Condition(
        "acceptance_unfiled", "leaf", "验收情况没有报备", held & missing, none | (filed.known & filed.values),
        facts=(filed, f.acceptance_on), says=lambda row: "没有可以报备的验收" if none[row] else filed.said(row),
    )  # fmt: skip


def misused_funds(s: Setting) -> list[Effect]:
    """48.2 Funds kept back or diverted, or O&M money arranged against the rules (截留、挪用、违规安排)."""
    f = s.f
    misused = is_true("funds_misused", "截留挪用或违规安排运维费", Rows(f, f.rectifications).funds_misused)
    core = some("misused", misused.text, misused, f.rectifications, f.n)
    return [_own(s, "public_criticism", core, _recorded(f), _FUNDS)]


def _noted(f, on_file: Condition | None) -> np.ndarray:
    """Projects with a matter on file that is not known to be none."""
    noted = np.bincount(f.rectifications.parent, minlength=f.n) > 0
    return noted if on_file is None else noted & ~on_file.no


def _recorded(f) -> Condition:
    has = np.bincount(f.rectifications.parent, minlength=f.n) > 0
    return given(
        "recorded_matter",
        "有机关记录的事项",
        has,
        ~has,
        says=lambda row: "" if has[row] else "没有机关记录的事项",
    )
