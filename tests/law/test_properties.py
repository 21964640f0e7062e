"""What holds of every clause over any portfolio: unknown facts never decide, order changes nothing,
a batch is the sum of its singles.

Hypothesis gives the seeds (few in `make test`, many in `make soak`); each seed makes a portfolio of
many dossiers from the data dictionary. A failure tells the least facts that show it.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from random import Random

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.law.portfolios import (
    AS_OF,
    RULESET,
    agreeing,
    cells,
    dossier,
    portfolio,
    renamed,
    smallest,
    whole,
    without,
)
from zwxm_core.assessment import assess
from zwxm_core.consequences import consequences
from zwxm_core.findings import evaluate
from zwxm_core.obligations import obligations
from zwxm_core.portfolio import from_records

SEEDS = st.integers(0, 2**32)
COUNT = settings(max_examples=settings().max_examples // 10, phases=[Phase.explicit, Phase.generate])
"""A seed has no simpler seed: what is told is made small by `smallest`."""

ON_FILE = {
    "prior_approval": "an approval under article 28 counts once it is on file",
    "exemption": "so does an exemption",
    "intensive_exemption": "and this one",
    "application_exemption": "and this one",
    "group_approved": "and the leading group's approval not to share",
    "barred_by_law": "and the law that bars sharing",
    "bar_basis": "with the basis",
    "bar_level": "and rank it is stated with",
    "special_rules": "special rules take a clause's place once they are stated",
    "in_scope": "a judgement that a project is none of article 2 takes it out once it is made",
    "corrected_on": "nothing was put right until it is recorded",
    "terminated_on": "a termination ends what it ends once it is on record",
    "unit": "projects belong together only where their unit",
    "parent": "and their original project are stated",
}
"""Acts and grounds that are there once they are on record: known not to be there until then."""

OPEN, NOT_APPLICABLE = -1, 5


def states(facts, clauses: list[str] | None = None, chunk: int = 10_000) -> dict[str, dict[tuple, int]]:
    """What each clause comes to: project → (clause, item, row) → 1, 0, open or not applicable."""
    found: dict[str, dict[tuple, int]] = defaultdict(dict)
    for e in evaluate(facts, RULESET, AS_OF, clauses, readings=False, chunk=chunk):
        codes = np.where(e.applies.no, NOT_APPLICABLE, np.where(e.applies.yes, e.body.states(), OPEN))
        seen: Counter = Counter()
        for row, code in enumerate(codes.tolist()):
            project = e.project(row)
            found[project][e.clause.id, e.item, seen[project]] = code
            seen[project] += 1
    return found


def effects(facts, _clauses=None) -> dict[str, dict[tuple, str]]:
    """What each consequence comes to: dossier → (clause, effect, project, year) → outcome."""
    found: dict[str, dict[tuple, str]] = defaultdict(dict)
    for row in consequences(facts, RULESET, AS_OF, all_clauses=True)[0]:
        tag, _, number = (row["project"] or row["unit"].removeprefix("单位")).partition("-")
        found[f"{tag}-0"][row["clause"], row["effect"], number, row["year"]] = row["outcome"]
    return found


def duties(facts, clauses=None) -> dict[str, dict[tuple, str]]:
    """How each obligation stands: project → (clause, what, period) → status."""
    found: dict[str, dict[tuple, str]] = defaultdict(dict)
    for row in obligations(facts, RULESET, AS_OF, clauses, all_clauses=True)[0]:
        found[row["project"]][row["clause"], row["what"], row["period"]] = row["status"]
    return found


def differences(read: Callable, pairs, wrong: Callable) -> Iterator[str]:
    """Where less known gives what `wrong` forbids: the outcomes and the least facts taken away."""
    both = portfolio(d for n, (full, gone) in enumerate(pairs)
                      for d in (renamed(full, f"a{n}"), renamed(without(full, gone), f"b{n}")))  # fmt: skip
    found = read(both)
    for n, (full, gone) in enumerate(pairs):
        more, less = found[f"a{n}-0"], found[f"b{n}-0"]
        for key in less:
            if wrong(more.get(key), less[key]):
                yield _told(read, full, gone, key, wrong)


def _told(read: Callable, full, gone, key: tuple, wrong: Callable) -> str:
    def outcomes(part):
        found = read(portfolio([renamed(full, "a"), renamed(without(full, part), "b")]), [key[0]])
        return found["a-0"].get(key), found["b-0"].get(key, OPEN)

    least = smallest(gone, lambda part: wrong(*outcomes(part)))
    more, less = outcomes(least)
    facts = [f"{sheet} {i} {name}={full[sheet][i][name]}" for sheet, i, name in least]
    return f"{key}: {more} → {less} without {facts}"


def pairs_of(seed: int, n: int, make: Callable = agreeing, keep=tuple(ON_FILE)) -> list:
    """Dossiers and some of their facts to be taken away, one or many."""
    rnd, found = Random(seed), []
    for _ in range(n):
        full = make(dossier(rnd, "a"))
        able, share = cells(full, keep), rnd.choice((0.01, 0.1, 0.4))
        found.append((full, [cell for cell in able if rnd.random() < share] or rnd.sample(able, 1)))
    return found


@COUNT
@given(SEEDS)
def test_giving_a_missing_fact_only_settles_what_was_open(seed):
    """What less decides, more decides alike, clause by clause; what goes is a contradiction or `ON_FILE`."""
    decided_otherwise = lambda more, less: less != OPEN and more != less
    assert not list(differences(states, pairs_of(seed, 60), decided_otherwise))


@COUNT
@given(SEEDS)
def test_taking_a_fact_away_never_turns_an_outcome_round(seed):
    """Even where sources contradict each other."""
    assert not list(differences(states, pairs_of(seed, 60, lambda d: d, {*ON_FILE, "on"}), between({0}, {1})))


@COUNT
@given(SEEDS)
def test_a_missing_fact_never_makes_a_breach_of_a_duty_done_nor_the_other_way(seed):
    """In the calendar; that nothing is asked any more is neither."""
    done = between({"逾期", "未履行"}, {"已完成", "早于窗口", "已申请延期"})
    assert not list(differences(duties, pairs_of(seed, 60), done))


@COUNT
@given(SEEDS)
def test_a_missing_fact_never_turns_a_consequence_round(seed):
    assert not list(differences(effects, pairs_of(seed, 30), between({"触发"}, {"不触发"})))


def between(some: set, others: set) -> Callable:
    """Whether an outcome has crossed from one set to the other."""
    return lambda more, less: (more in some and less in others) or (more in others and less in some)


# Order, batches, chunks ---------------------------------------------------------------------


@COUNT
@given(SEEDS)
def test_the_order_of_rows_columns_and_projects_changes_nothing(seed):
    rnd = Random(seed)
    records = whole([dossier(rnd, f"a{n}", projects=2) for n in range(4)])
    mixed = {
        sheet: [dict(rnd.sample(list(row.items()), len(row))) for row in rnd.sample(rows, len(rows))]
        for sheet, rows in rnd.sample(list(records.items()), len(records))
    }
    one, other = (
        assess(from_records(r, judged=True), RULESET, AS_OF, all_clauses=True) for r in (records, mixed)
    )
    for name in (
        "findings",
        "consequences",
        "checklists",
        "obligations",
        "routing",
        "amounts",
        "notices",
        "settling",
    ):
        assert ordered(one[name]) == ordered(other[name]), name


@COUNT
@given(SEEDS)
def test_a_batch_is_the_sum_of_its_singles(seed):
    """A single goes with its unit and the other projects of it."""
    rnd = Random(seed)
    dossiers = [dossier(rnd, f"a{n}", projects=rnd.randint(1, 2)) for n in range(4)]
    batch = assess(portfolio(dossiers), RULESET, AS_OF, all_clauses=True)
    singles = [assess(portfolio([one]), RULESET, AS_OF, all_clauses=True) for one in dossiers]
    for name in ("findings", "consequences", "checklists", "routing", "amounts", "notices"):
        assert ordered(batch[name]) == ordered(r for one in singles for r in one[name]), name
    own = [r for one in singles for r in one["obligations"] if r["project"]]
    assert ordered(r for r in batch["obligations"] if r["project"]) == ordered(own)


@COUNT
@given(SEEDS)
def test_the_size_of_the_chunks_changes_nothing(seed):
    rnd = Random(seed)
    facts = portfolio([dossier(rnd, f"a{n}", projects=2) for n in range(8)])
    assert states(facts) == states(facts, chunk=rnd.randint(1, 9))


def ordered(rows: Iterable) -> list[str]:
    """Rows of an assessment without their order and that of what they hold: lists sorted, sentences by
    their characters, a row without a name of its own (第 … 行) by no number. Of several rows that are
    a cause alike, the first is named (``because``): which field it lacks may differ.
    """
    return sorted(_text(_sorted(row)) for row in rows)


def _text(value) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _sorted(value):
    if isinstance(value, dict):
        cause = value.keys() == {"project", "clause", "field"}
        return {key: _sorted(inner) for key, inner in value.items() if not (cause and key == "field")}
    if isinstance(value, list):
        return sorted(map(_sorted, value), key=_text)
    if isinstance(value, str):
        unnumbered = re.sub(r"第 \d+ 行", "第 行", value)
        return "".join(sorted(unnumbered)) if re.search("[；，、]", value) else unnumbered
    return value
