"""Every computed clause on a million projects: states as int8, chunk by chunk; time and peak memory.

    python benchmarks/all_clauses.py [N]

Each clause's states are kept as one int8 a project or row (1, 0, -1 open, -2 does not apply) for
all answers of the clause, as a caller who wants the figures of a whole province would. The
portfolio fills every field of the data dictionary that a rule reads, with rows in every sheet.
"""

from __future__ import annotations

import resource
import sys
import time
from collections import defaultdict

import numpy as np
from portfolio import columns, facts_of
from rules import AS_OF, RULESET, coded, load

from zwxm_core.facts import Facts
from zwxm_core.findings import CHUNK, evaluate
from zwxm_core.portfolio import schema
from zwxm_core.rules import RULES

ROWS = 0.3
"""Rows a project of each sheet; 0.9 where it has one row a project."""


def megabytes() -> int:
    """Peak memory of the process, MB (the platform's ru_maxrss counts kB on Linux)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def whole(n: int) -> Facts:
    """N projects with every field that the rules can read; texts, ids and references apart."""
    plain = ("bool", "date", "enum", "money", "int")
    sheets = {s.name: 0.9 if s.one_row else ROWS for s in schema.sheets().values() if s.is_child}
    fields = {
        name: tuple(f.name for f in sheet.fields.values() if f.kind in plain and f.name != "seq")
        for name, sheet in schema.sheets().items()
        if name in sheets or name == "projects"
    }
    return facts_of(n, columns(n, fields, sheets))


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    facts, before = whole(n), megabytes()
    spent: dict[str, float] = defaultdict(float)
    found: dict[str, list[np.ndarray]] = defaultdict(list)
    began = start = time.process_time()
    for e in evaluate(facts, RULESET, AS_OF, readings=False):
        found[e.clause.id].append(coded(e))
        now = time.process_time()
        spent[e.clause.id] += now - start
        start = now
    total = time.process_time() - began
    states = sum(len(part) for parts in found.values() for part in parts)
    slow = sorted(spent, key=spent.get, reverse=True)[:5]  # type: ignore[arg-type]
    print(f"{n:,} projects, chunks of {CHUNK:,}, {load()}\n")
    print("| clauses | states | s | million states a second | MB of states | peak MB (facts alone) |")
    print("|---:|---:|---:|---:|---:|---:|")
    print(
        f"| {len(RULES)} | {states:,} | {total:.1f} | {states / total / 1e6:.1f} | {states >> 20:,} "
        f"| {megabytes():,} ({before:,}) |"
    )
    print("\nSlowest: " + "、".join(f"{clause} {spent[clause]:.2f} s" for clause in slow))


if __name__ == "__main__":
    main()
