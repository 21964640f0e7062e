"""What the law's code says, written down: the golden files of tests/law/golden (`start.py refresh`).

One file for each file of worked cases, one section a clause, in it each worked case with what is said
of it: the state of every condition (+ true, - false, ? unknown) with its distance to a line, the rows
of the assessment (=), the notices (!). They go by numbers, and a number is explained above the line that
first uses it: of a condition id, operator, wording and the facts it reads. A change of wording or of a distance shows as a changed line, for a reviewer to read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from zwxm_core.assessment import assess
from zwxm_core.conditions import Condition
from zwxm_core.explaining import CASES, case_records
from zwxm_core.findings import Evaluation, evaluate
from zwxm_core.portfolio import from_records
from zwxm_core.rules import RULES
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
    yield f"· {case['title']}"
    if clause in RULES:
        for one in evaluate(facts, adopted, case["as_of"], [clause], readings=False):
            for row in (k for k in range(len(one.rows)) if one.project(k) == "A"):
                yield " ".join(_states(one, row, numbers))
    result = assess(facts, adopted, case["as_of"], [clause])
    for name in SECTIONS:
        yield from (_row(row, numbers) for row in result[name] if row["clause"] == clause)
    noted = [("notice", n["code"], n["text"]) for n in result["notices"] if n["clause"] == clause]
    if noted:
        yield " ".join(f"!{_number(each, numbers)}" for each in noted)


def _number(node: tuple[str, ...], numbers: Numbers) -> int:
    return numbers.setdefault(node, len(numbers) + 1)


def _states(one: Evaluation, row: int, numbers: Numbers) -> Iterator[str]:
    """The state of each condition of a rule at one row, with its number and its distance to a line."""
    own = one.applies.parts[1:]  # the first is whether the ordinary rules hold, the same for all
    steps = [c for step in one.answer.steps for c in (step.case, step.done) if c is not None]
    spared = [exemption.holds for exemption in one.answer.exemptions]
    seen: set[tuple[int, int]] = set()
    for condition in (*own, one.body, *one.answer.items, *steps, *spared):
        yield from _tree(condition, row, numbers, seen)


def _tree(condition: Condition, row: int, numbers: Numbers, seen: set[tuple[int, int]]) -> Iterator[str]:
    if (id(condition), row) in seen:
        return
    seen.add((id(condition), row))
    facts = (c.name for c in condition.facts)
    number = _number((condition.id, condition.op, condition.text, *facts), numbers)
    room = condition.room(row) if condition.room else None
    yield f"{number}{MARKS[condition.state(row)]}" + (f"({_plain(room)})" if room else "")
    for part, k in condition.branches(row):
        yield from _tree(part, k, numbers, seen)


def _row(row: dict, numbers: Numbers) -> str:
    """A row of an assessment: what changes with the case as it is, the rest by its number."""
    told = {
        key: value for key, value in row.items() if key not in TOLD_ELSEWHERE and value not in (None, [], "")
    }
    own = {key: told.pop(key) for key in CHANGING if key in told}
    kept = f"={_number(tuple(f'{key}={_plain(value)}' for key, value in told.items()), numbers)}"
    for cell in own.get("open_facts", ()):
        del cell["label"], cell["needs"]  # of the data dictionary
    words = (f"{key}={_plain(own[key])}" if key in NAMED else _plain(own[key]) for key in own)
    return " ".join([kept, *words])


def _plain(value) -> str:
    if isinstance(value, dict):
        return "/".join(_plain(v) for v in value.values() if v not in (None, ""))
    if isinstance(value, list):
        return ",".join(map(_plain, value))
    return str(value)


def refresh() -> None:
    """Write all golden files."""
    GOLDEN.mkdir(exist_ok=True)
    for name, clauses in files().items():
        cases = yaml.safe_load((CASES / f"{name}.yaml").read_text("utf-8"))
        sections = ("\n".join(section(clause, cases[clause])) for clause in clauses)
        (GOLDEN / f"{name}.txt").write_text("\n\n".join(sections) + "\n", "utf-8", newline="\n")


if __name__ == "__main__":
    refresh()
