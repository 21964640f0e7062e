"""What the law's code says, written down: the golden files of tests/law/golden (`start.py refresh`).

One file for each file of worked cases, one section a clause, in it each worked case with what is said
of it: the state of every condition (+ true, - false, ? unknown) with its distance to a line, the rows
of the assessment (=), the notices (!). They go by numbers, and a number is explained above the line that
first uses it: of a condition id, operator, wording and the facts it reads. A change of wording or of a distance shows as a changed line, for a reviewer to read.
One more file, readings.txt, has what the other readings of each convention change in the same cases.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from pathlib import Path

import numpy as np
import yaml

from zwxm_core.assessment import assess
from zwxm_core.conditions import Condition
from zwxm_core.consequences import CONSEQUENCES, Breaches, consequences
from zwxm_core.consequences.causes import Setting, units_of
from zwxm_core.explaining import CASES, case_records
from zwxm_core.findings import Evaluation, evaluate
from zwxm_core.obligations import CALENDAR, obligations, standings
from zwxm_core.portfolio import from_records, schema
from zwxm_core.rules import RULES
from zwxm_core.rules.approval_path import approval_path
from zwxm_core.rulesets import load_ruleset

GOLDEN = Path(__file__).parent / "golden"
RULESET = load_ruleset()
SECTIONS = ("findings", "consequences", "checklists", "obligations", "routing", "amounts")
TOLD_ELSEWHERE = {
    "clause",
    "cite",
    "conditions",
    "applicability",
    "applies",
    "state",
    "problem",
    "rules_status",
}
"""By the heading, by the numbered conditions, or by the outcome."""
CHANGING = (
    "outcome",
    "status",
    "opens",
    "due",
    "year",
    "from",
    "amount",
    "reason",
    "open_facts",
    "readings",
    "because",
)
NAMED = {"opens", "due", "year", "from", "amount", "open_facts", "readings", "because"}
"""What is written with its name among what differs from case to case."""
BESIDE = {"text", "label", "needs"}
"""What a ratio and an open fact say twice, or say by the data dictionary."""
MARKS = {True: "+", False: "-", None: "?"}
Numbers = dict[tuple[str, ...], int]
"""What is told once a clause -> the number by which the cases refer to it."""


def files() -> dict[str, list[str]]:
    """Name of a golden file -> the clauses whose cases stand in the file of that name."""
    return {p.stem: list(yaml.safe_load(p.read_text("utf-8"))) for p in sorted(CASES.glob("*.yaml"))}


def section(clause: str, cases: list[dict]) -> Iterator[str]:
    """What is said of a clause and its cases, line by line; what has a number is told before its first use."""
    numbers: Numbers = {}
    told = 0
    yield f"## {clause}"
    for case in cases:
        for line in _case(clause, case, numbers):
            yield from (f"{n} {' '.join(node)}" for node, n in list(numbers.items())[told:])
            told = len(numbers)
            yield line


def _case(clause: str, case: dict, numbers: Numbers) -> Iterator[str]:
    facts = from_records(case_records(case), judged=True, unit="元")
    adopted = RULESET.adopting(**case.get("adopting", {}))
    result = assess(facts, adopted, case["as_of"], [clause])
    reasons = "".join(one["reason"] for one in result["findings"] + result["consequences"])
    yield f"· {case['title']}"
    if clause in RULES:
        for one in evaluate(facts, adopted, case["as_of"], [clause]):
            for row in (k for k in range(len(one.rows)) if one.project(k) == "A"):
                yield " ".join(_states(one, row, numbers, reasons))
    elif clause in CONSEQUENCES or clause in CALENDAR:
        made = _consequence if clause in CONSEQUENCES else _calendar
        for name, conditions, row in made(clause, facts, adopted, case["as_of"]):
            yield " ".join([name, *_trees(conditions, row, numbers, reasons, bounds=False)])
    for name in SECTIONS:
        yield from (_row(row, numbers) for row in result[name] if row["clause"] == clause)
    noted = [("notice", n["code"], n["text"]) for n in result["notices"] if n["clause"] == clause]
    if noted:
        yield " ".join(f"!{_number(each, numbers)}" for each in noted)


def _number(node: tuple[str, ...], numbers: Numbers) -> int:
    return numbers.setdefault(node, len(numbers) + 1)


def _states(one: Evaluation, row: int, numbers: Numbers, reasons: str) -> Iterator[str]:
    """The state of each condition of a rule at one row, with its number and its distance to a line."""
    bounds, *own = one.applies.parts  # whether the ordinary rules hold: the same for all clauses
    own = own if bounds.yes[row] else [bounds, *own]
    steps = [c for step in one.answer.steps for c in (step.case, step.done) if c is not None]
    spared = [exemption.holds for exemption in one.answer.exemptions]
    if one.answer.adverse is not None:
        spared.append(one.answer.adverse)
    other = [c for r in one.readings if r.differs[row] for c in (*r.applies.parts[1:], r.body)]
    yield from _trees([*own, one.body, *one.answer.items, *steps, *spared, *other], row, numbers, reasons)


def _consequence(clause: str, facts, ruleset, as_of: date) -> Iterator[tuple[str, list[Condition], int]]:
    """What an effect rests on, for each entry of project A; what an assessment finds is left out."""
    setting = Setting(facts, ruleset.terms(), ruleset, as_of, clause, units_of(facts, as_of))
    bound = CONSEQUENCES[clause]
    nothing = [Breaches(lambda _one, _row: [])] if bound.findings else []
    for effect in bound.effects(setting, *nothing):
        for row in np.flatnonzero(effect.project == setting.place("A")).tolist():
            yield effect.name, [effect.applies, effect.body], row


def _calendar(clause: str, facts, ruleset, as_of: date) -> Iterator[tuple[str, list[Condition], int]]:
    """Whether a duty is asked, for each case of project A."""
    for stand in standings(facts, ruleset, as_of, [clause]):
        for row in np.flatnonzero(facts.ids[stand.duty.cases.parent] == "A").tolist():
            yield stand.duty.what, [stand.duty.applies], row


def _trees(
    conditions: list[Condition], row: int, numbers: Numbers, reasons: str, bounds: bool = True
) -> Iterator[str]:
    """The conditions with their parts; without `bounds` none of the ordinary rules where these hold."""
    seen: set[tuple[int, int]] = set()
    for condition in conditions:
        yield from _tree(condition, row, numbers, seen, reasons, bounds)


def _tree(
    condition: Condition, row: int, numbers: Numbers, seen: set[tuple[int, int]], reasons: str, bounds: bool
) -> Iterator[str]:
    if (id(condition), row) in seen or (not bounds and condition.id == "ordinary" and condition.yes[row]):
        return
    seen.add((id(condition), row))
    facts = (c.name for c in condition.facts)
    number = _number((condition.id, condition.op, condition.text, *facts), numbers)
    room = condition.room(row) if condition.room else None
    mark = MARKS[condition.state(row)]
    yield f"{number}{mark}" + (f"({_plain(room)})" if room else "")
    sentence = condition.says(row) if condition.says else ""
    first = not any(node[0] == f"{number}{mark}" for node in numbers)
    if sentence and first and sentence not in reasons:  # what it says in this state where it does not decide
        _number((f"{number}{mark}", sentence), numbers)
    for part, k in condition.branches(row):
        yield from _tree(part, k, numbers, seen, reasons, bounds)


def _row(row: dict, numbers: Numbers) -> str:
    """A row of an assessment: what changes with the case as it is, the rest by its number."""
    told = {
        key: value for key, value in row.items() if key not in TOLD_ELSEWHERE and value not in (None, [], "")
    }
    own = {key: told.pop(key) for key in CHANGING if key in told}
    kept = f"={_number(tuple(f'{key}={_plain(value)}' for key, value in told.items()), numbers)}"
    words = (f"{key}={_plain(own[key])}" if key in NAMED else _plain(own[key]) for key in own)
    return " ".join([kept, *words])


def _plain(value) -> str:
    if isinstance(value, dict):
        return "/".join(_plain(v) for k, v in value.items() if v not in (None, "") and k not in BESIDE)
    if isinstance(value, list):
        return ",".join(map(_plain, value))
    return str(value)


PATHS = {
    "自行建设，编报可研和初设，共建，初步设计超出可研": {
        "mode": "自行建设", "approval_path": "可研和初设", "joint": True, "feasibility_total": "1000000.00",
        "design_budget": "1200000.01", "design_major_change": True, "city_government_needed": True,
    },
    "自行建设，编报实施方案，已经批复": {"mode": "自行建设", "approval_path": "实施方案", "approved_on": "2024-03-01"},
    "自行建设，不足五百万元，尚未选定": {"mode": "自行建设", "depth_adequate": True, "total_investment": "4999999.99"},
    "购买服务，申报材料齐备与否未填": {"mode": "购买服务", "city_government_needed": False},
    "产生方式和项目类型未定": {"action": None},
    "涉密": {"classified": True},
}  # fmt: skip
"""Projects whose way from filing to approval is written down."""


WORLDS = {w["title"]: w for w in yaml.safe_load(Path(__file__).with_name("worlds.yaml").read_text("utf-8"))}
"""Portfolios in which consequences and duties meet (see the head of the file), by title."""


def world(title: str) -> Iterator[str]:
    """What is said of a portfolio of `WORLDS`, a line a row; of each variation only what comes out otherwise."""
    told = WORLDS[title]
    yield f"## {title}"
    rows, notices = _assessed(told)
    yield from _lines(rows, notices)
    for change in told.get("also", ()):
        yield f"· {' '.join(f'{key}={value}' for key, value in change.items())}"
        varied, noted = _assessed({k: v for k, v in told.items() if k != "also"} | change)
        less = {"to", "readings"} if "adopting" in change else {"to"}  # by another reading: what it comes to
        same = [_without(row, less) for row in rows]
        new = [row for row in (_without(row, less) for row in varied) if row not in same]
        yield from _lines(new, [notice for notice in noted if notice not in notices])
        yield f"{len(rows)} → {len(varied)}"


def _without(row: dict, names: set[str]) -> dict:
    return {key: value for key, value in row.items() if key not in names}


def _assessed(told: dict) -> tuple[list[dict], list[dict]]:
    """The rows and notices of the clauses that a portfolio of `WORLDS` is about."""
    records = {k: v for k, v in told.items() if k in schema.sheets()}
    projects = [told.get("each", {}) | project for project in records["projects"]]
    records["projects"] = [{k: v for k, v in p.items() if v is not None} for p in projects]
    facts = from_records(records, judged=told.get("judged", True), unit="元")
    if "chosen" in told:
        facts = facts.take(np.flatnonzero(np.isin(facts.ids, told["chosen"])))
    made = obligations if told["clauses"][0] in CALENDAR else consequences
    clauses = None if told.get("default") else told["clauses"]
    found = made(facts, RULESET.adopting(**told.get("adopting", {})), told["as_of"], clauses)
    rows, notices = ([one for one in ones if one["clause"] in told["clauses"]] for ones in found)
    return rows, notices


UNSAID = {"cite", "applies", "state"}
"""By the clause, or by the outcome."""
UNNAMED = {"project", "unit", "clause", "what", "effect", "outcome", "status", "reason"}


def _lines(rows: list[dict], notices: list[dict]) -> Iterator[str]:
    """Rows and notices; rows that differ by their effect alone in one line."""
    kept = [_without(row, UNSAID) for row in rows]
    for _, alike in groupby(kept, key=lambda row: _without(row, {"effect"})):
        first, *more = alike
        if more:
            first["effect"] = "、".join([first["effect"], *(row["effect"] for row in more)])
        told = ((k, _plain(v)) for k, v in first.items() if v not in (None, [], ""))
        yield " ".join(value if key in UNNAMED else f"{key}={value}" for key, value in told)
    for notice in notices:
        yield " ".join(["!", *(str(v) for k, v in notice.items() if k not in UNSAID)])


STEP = (
    "clause",
    "step",
    "who",
    "gives",
    "document",
    "chapter",
    "outcome",
    "missing",
    "unknown",
    "open_facts",
)


def road(title: str) -> Iterator[str]:
    """The approval path of a project of `PATHS`, a line a step."""
    project = {"level": "市级", "classified": False, "action": "新建", "approved_on": "未"} | PATHS[title]
    facts = from_records(
        {"projects": [{"id": "A", **{k: v for k, v in project.items() if v is not None}}]},
        judged=True,
        unit="元",
    )
    yield f"## {title}"
    for step in approval_path(facts, RULESET, date(2026, 11, 24), 0):
        marks = MARKS[step["applies"]] + MARKS[step["state"]]
        yield " ".join([marks, *(_plain(step[key]) for key in STEP if step[key] not in (None, []))])


SAID = ("item", "outcome", "status", "reason", "missing", "unknown", "amount", "open_facts")
"""What is written of a row where another reading is adopted."""
BOUND_ALL = {"classified_projects"}
"""Conventions that bound every clause: written by some of them only."""


def reread(clause: str, case: dict, **adopted) -> list[str]:
    """What is said of a worked case, line by line, where the rule set adopts what it does not."""
    ruleset = RULESET.adopting(**case.get("adopting", {}) | adopted)
    result = assess(
        from_records(case_records(case), judged=True, unit="元"), ruleset, case["as_of"], [clause]
    )
    rows = (row for name in SECTIONS for row in result[name] if row["clause"] == clause)
    lines = [" ".join(_plain(row[key]) for key in SAID if row.get(key) not in (None, [], "")) for row in rows]
    return lines + [f"! {n['text']}" for n in result["notices"] if n["clause"] == clause]


def asking(cases: dict[str, list[dict]]) -> dict[str, list[tuple[str, dict]]]:
    """Convention -> the worked cases that ask for it and adopt no reading of it."""
    found: dict[str, list[tuple[str, dict]]] = {}
    for clause, group in cases.items():
        for case in group if clause in RULES else ():
            facts = from_records(case_records(case), judged=True, unit="元")
            made = list(evaluate(facts, RULESET, case["as_of"], [clause], readings=False))
            for name in frozenset().union(*(one.used for one in made)) & RULESET.conventions.keys():
                if name not in case.get("adopting", {}):
                    found.setdefault(name, []).append((clause, case))
    return found


def readings(name: str, asked: list[tuple[str, dict]]) -> Iterator[str]:
    """Of one convention: what each other reading changes in the cases that ask for it."""
    convention = RULESET.conventions[name]
    for clause in dict.fromkeys(clause for clause, _ in asked):
        written: set[str] = set()
        for case in (case for own, case in asked if own == clause):
            before = reread(clause, case)
            for value in (v for v in convention.readings if v != convention.value):
                told = [line for line in reread(clause, case, **{name: value}) if line not in before]
                if set(told) - written:
                    written |= set(told)
                    yield f"· {clause} {value} {case['title']}"
                    yield from told
        if name in BOUND_ALL and written:
            return


def _cases(name: str) -> dict[str, list[dict]]:
    return yaml.safe_load((CASES / f"{name}.yaml").read_text("utf-8"))


def refresh() -> None:
    """Write all golden files."""
    GOLDEN.mkdir(exist_ok=True)
    for name, clauses in files().items():
        cases = _cases(name)
        sections = ("\n".join(section(clause, cases[clause])) for clause in clauses)
        (GOLDEN / f"{name}.txt").write_text("\n\n".join(sections) + "\n", "utf-8", newline="\n")
    whole = {clause: group for name in files() for clause, group in _cases(name).items()}
    reread_ = {name: "\n".join(readings(name, asked)) for name, asked in sorted(asking(whole).items())}
    told = "\n\n".join(f"## {name}\n{lines}" for name, lines in reread_.items() if lines)
    (GOLDEN / "readings.txt").write_text(told + "\n", "utf-8", newline="\n")
    roads = "\n\n".join("\n".join(road(title)) for title in PATHS)
    (GOLDEN / "approval_path.txt").write_text(roads + "\n", "utf-8", newline="\n")
    worlds = "\n\n".join("\n".join(world(title)) for title in WORLDS)
    (GOLDEN / "worlds.txt").write_text(worlds + "\n", "utf-8", newline="\n")


if __name__ == "__main__":
    refresh()
