"""Ten clauses on a million projects against the same clauses written by hand in three-valued NumPy.

    python benchmarks/rules.py [N]

Both sides get the same arrays and the same unknowns, cut them into the same chunks and must give
the same states, answer by answer and row by row. Ours is `evaluate`, as the product runs it,
other readings apart: the dates that choose the rules, the bounds of the ordinary rules, trees
that can explain each row. Runs take turns, the least processor time counts (a busy machine disturbs it least); only ratios mean anything.
"""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from datetime import date

import numpy as np
from by_hand import CLAUSES
from portfolio import columns, cut, facts_of

from zwxm_core.findings import CHUNK, Evaluation, evaluate
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()
AS_OF = date(2026, 11, 24)
TIMES = 5
FIELDS = {
    "projects": (
        "level", "classified", "special_rules", "mode", "action", "approved_on", "approval_path", "approved_total",
        "revised_total", "total_investment", "feasibility_total", "design_budget", "spent", "goals_unchanged",
        "content_unchanged", "change_necessary", "within_approved_plan", "depth_adequate", "directive_required",
        "special_cause", "urgent", "design_exceeds_feasibility", "design_change_chapter", "responsible_is_head",
        "management_rules", "adjustments_complete", "construction_start", "substantive_progress",
        "external_change", "force_majeure", "goals_unreachable", "accounts_final",
        "trial_start", "acceptance_on", "go_live",
    ),
    "integration": ("server_room", "hardware"),
    "negative_list": ("clause", "hit", "legal_basis", "basis_level", "explicit", "exemption"),
    "adjustments": ("on", "amount", "ground", "filed", "prior_approval"),
    "resources": ("resource", "sensitive", "in_city_catalogue"),
    "lines": ("claimed", "price_cap", "approved_procedure"),
}  # fmt: skip


def ours(facts, clause: str) -> dict[str | None, np.ndarray]:
    """States of the clause's answers: 1, 0, -1 open, -2 does not apply."""
    found = defaultdict(list)
    for e in evaluate(facts, RULESET, AS_OF, [clause], readings=False):
        found[e.item].append(coded(e))
    return {item: np.concatenate(parts) for item, parts in found.items()}


def coded(e: Evaluation) -> np.ndarray:
    """Applicability and state of one answer in one code; int8, one entry a row."""
    state = np.where(e.applies.yes, e.body.states(), np.int8(-1))
    return np.where(e.applies.no, np.int8(-2), state)


def by_hand(c: dict, n: int, clause: str) -> list[np.ndarray]:
    parts = [CLAUSES[clause](cut(c, at, at + CHUNK)) for at in range(0, n, CHUNK)]
    return [np.concatenate(answer) for answer in zip(*parts, strict=True)]


def least(*runs) -> list[float]:
    """Processor seconds of the fastest of several turns of each."""
    spent = [[] for _ in runs]
    for _ in range(TIMES):
        for times, run in zip(spent, runs, strict=True):
            start = time.process_time()
            run()
            times.append(time.process_time() - start)
    return [min(times) for times in spent]


def load() -> str:
    """How busy the machine is, for the head of a table."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    c = columns(n, FIELDS)
    facts = facts_of(n, c)
    rows = []
    for clause in CLAUSES:
        mine, hand = list(ours(facts, clause).values()), by_hand(c, n, clause)
        for a, b in zip(mine, hand, strict=True):
            assert np.array_equal(a, b), clause
        shares = [f"{np.mean(mine[0] == code):.0%}" for code in (1, 0, -1, -2)]
        times = least(lambda one=clause: ours(facts, one), lambda one=clause: by_hand(c, n, one))
        rows.append((clause, *times, shares))
    print(f"{n:,} projects, least of {TIMES}, chunks of {CHUNK:,}, {load()}\n")
    print("| clause | ours ms | by hand ms | ratio | yes / no / open / n.a. |\n|---|---:|---:|---:|---|")
    total = sum(r[1] for r in rows), sum(r[2] for r in rows)
    for clause, a, b, shares in [*rows, ("all ten", *total, ["—"])]:
        print(f"| {clause} | {a * 1e3:.1f} | {b * 1e3:.1f} | {a / b:.2f} | {' / '.join(shares)} |")


if __name__ == "__main__":
    main()
