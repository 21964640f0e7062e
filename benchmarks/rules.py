"""The rules on a million projects against the same conditions written by hand in three-valued NumPy.

    python benchmarks/rules.py [N]

Both sides get the same arrays and the same unknowns, work in the same chunks and must give the
same states. *Conditions* is the tree of the clause alone. *Whole path* is what `assess` runs:
cutting the portfolio, the dates that choose the rules, the bounds of the ordinary rules, the
order and accumulation of adjustments and, for 29.1, the filing duty as well, of which the hand
written side does only the dates and bounds. Only the ratios mean anything.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import date

import numpy as np

from zwxm_core.facts import Bounds, Rows
from zwxm_core.findings import CHUNK, evaluate
from zwxm_core.portfolio.arrays import from_columns
from zwxm_core.rules.chapter3 import may_merge, with_split_totals
from zwxm_core.rules.chapter4 import self_adjustable
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()
TERMS = RULESET.terms()
AS_OF = date(2026, 11, 24)
FIRST, LAST = np.datetime64("2022-06-25"), np.datetime64("2027-06-24")


def columns(n: int) -> dict:
    """Random facts, a tenth of them unknown: name -> (values, known)."""
    rng = np.random.default_rng(0)

    def some(values):
        return np.ascontiguousarray(values), rng.random(n) > 0.1

    total = rng.integers(1_000_000, 10**11, n)
    return {
        "level": some(rng.integers(0, 2, n).astype(np.int8)),
        "classified": some(rng.random(n) < 0.1),
        "mode": some(rng.integers(0, 3, n).astype(np.int8)),
        "approved_on": some(np.datetime64("2023-01-01") + rng.integers(0, 1000, n)),
        "approved_total": some(total),
        "revised_total": some(total + rng.integers(-(10**6), 10**6, n)),
        "goals_unchanged": some(rng.random(n) < 0.9),
        "change_necessary": some(rng.random(n) < 0.9),
        "within_approved_plan": some(rng.random(n) < 0.9),
        "depth_adequate": some(rng.random(n) < 0.9),
        "directive_required": some(rng.random(n) < 0.2),
        "special_cause": some(rng.random(n) < 0.2),
        "urgent": some(rng.random(n) < 0.2),
        "total_investment": some(rng.integers(10**8, 10**9, n)),
        "amount": some(total // 20 * rng.integers(0, 6, n)),
        "ground": some(rng.integers(0, 4, n).astype(np.int8)),
        "on": some(np.datetime64("2023-01-01") + rng.integers(0, 1000, n)),
        "prior_approval": some(rng.random(n) < 0.2),
    }


def facts_of(n: int, c: dict):
    row = {name: c[name] for name in ("amount", "ground", "on", "prior_approval")}
    projects = {name: pair for name, pair in c.items() if name not in row}
    return from_columns(n, {**projects, "adjustments_complete": True}, {"adjustments": (np.arange(n), row)})


def ours(facts, clause: str) -> np.ndarray:
    """States of the clause for every project: 1, 0, -1 unknown, -2 does not apply."""
    found = [e for e in evaluate(facts, RULESET, AS_OF, [clause], readings=False) if e.item is None]
    return np.concatenate(
        [
            np.where(e.applies.no, -2, np.where(e.applies.yes, e.body.states(), -1)).astype(np.int8)
            for e in found
        ]
    )


def by_hand(rule, n: int, c: dict) -> np.ndarray:
    out = np.empty(n, np.int8)
    for start in range(0, n, CHUNK):
        part = slice(start, start + CHUNK)
        cut = {name: (values[part], known[part]) for name, (values, known) in c.items()}
        out[part] = rule(cut)
    return out


def applicable(c: dict, event: str, own_yes, own_no):
    level, classified, (day, dated) = c["level"], c["classified"], c[event]
    alive = ~dated | ((day >= FIRST) & (day <= LAST))
    yes = level[1] & (level[0] == 0) & classified[1] & ~classified[0] & alive & own_yes
    no = (level[1] & (level[0] != 0)) | (classified[1] & classified[0]) | own_no
    return yes, no


def coded(yes, no) -> np.ndarray:
    return np.where(yes, 1, np.where(no, 0, -1)).astype(np.int8)


def hand_29(c: dict):
    total, total_known = c["approved_total"]
    revised, amount, goals = c["revised_total"], c["amount"], c["goals_unchanged"]
    needed, ground, plan = c["change_necessary"], c["ground"], c["within_approved_plan"]
    both = revised[1] & total_known
    within = revised[0] <= total
    sized = amount[1] & total_known
    small = np.abs(amount[0]) * 20 <= total * 3
    business = ground[0] == 2
    good = ground[1] & ((ground[0] == 0) | (ground[0] == 1) | (business & plan[1] & plan[0]))
    bad = ground[1] & ((ground[0] == 3) | (business & plan[1] & ~plan[0]))
    yes = both & within & goals[1] & goals[0] & sized & small & needed[1] & needed[0] & good
    no = (both & ~within) | (goals[1] & ~goals[0]) | (sized & ~small) | (needed[1] & ~needed[0]) | bad
    return yes, no


def hand_29_applies(c: dict):
    approved = c["prior_approval"][1] & c["prior_approval"][0]
    return applicable(c, "on", ~approved, approved)


def hand_18(c: dict):
    depth, directive, cause, urgent = (
        c[k] for k in ("depth_adequate", "directive_required", "special_cause", "urgent")
    )
    total, known = c["total_investment"]
    small = total <= 500_000_000
    any_yes = (directive[1] & directive[0]) | (cause[1] & cause[0] & urgent[1] & urgent[0]) | (known & small)
    special_no = (cause[1] & ~cause[0]) | (urgent[1] & ~urgent[0])
    any_no = directive[1] & ~directive[0] & special_no & known & ~small
    return depth[1] & depth[0] & any_yes, (depth[1] & ~depth[0]) | any_no


def hand_18_applies(c: dict):
    mode = c["mode"]
    return applicable(c, "approved_on", mode[1] & (mode[0] == 0), mode[1] & (mode[0] != 0))


def whole(conditions, applies):
    def rule(c: dict) -> np.ndarray:
        yes, no = applies(c)
        return np.where(no, -2, np.where(yes, coded(*conditions(c)), -1)).astype(np.int8)

    return rule


def tree_29(f):
    rows, amount = Rows(f, f.adjustments), f.adjustments.amount
    size = np.abs(amount.values)
    return self_adjustable(rows, Bounds("", "", size, amount.known, size, amount.known), TERMS)


def tree_18(f):
    return may_merge(f, TERMS)


def by_tree(n: int, facts, build) -> np.ndarray:
    """States of the rule's tree of conditions alone: no dates, no accumulation, no bounds."""
    out = np.empty(n, np.int8)
    for start in range(0, n, CHUNK):
        out[start : start + CHUNK] = build(facts.take(slice(start, start + CHUNK))).states()
    return out


def median(run, times: int = 7) -> float:
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    c = columns(n)
    facts = with_split_totals(facts_of(n, c))
    rows = [
        (
            "18.2 conditions",
            lambda: by_tree(n, facts, tree_18),
            lambda: by_hand(lambda c: coded(*hand_18(c)), n, c),
        ),
        (
            "29.1 conditions",
            lambda: by_tree(n, facts, tree_29),
            lambda: by_hand(lambda c: coded(*hand_29(c)), n, c),
        ),
        (
            "18.2 whole path",
            lambda: ours(facts, "18.2"),
            lambda: by_hand(whole(hand_18, hand_18_applies), n, c),
        ),
        (
            "29.1 whole path",
            lambda: ours(facts, "29.1"),
            lambda: by_hand(whole(hand_29, hand_29_applies), n, c),
        ),
    ]
    print(f"{n:,} projects, median of 7, chunks of {CHUNK:,}\n")
    print("| | ours ms | by hand ms | ratio |\n|---|---:|---:|---:|")
    for name, mine, hand in rows:
        assert (mine() == hand()).all(), name
        a, b = median(mine), median(hand)
        print(f"| {name} | {a * 1e3:.1f} | {b * 1e3:.1f} | {a / b:.2f} |")


if __name__ == "__main__":
    main()
