"""The two threshold rules (18.2 with 500 万元, 29.1 with 15%) against OpenFisca and zen-engine.

    python benchmarks/peers.py [N] [ROWS FOR ZEN]

Makes a virtual environment of its own for the peers (`.venv-peers`), where they never get near the
product's dependencies. All get the same rows, without unknowns, which the peers do not know; each
must give the same states. OpenFisca: build a simulation, set the inputs, calculate, adjustments as an
entity of their own whose amounts are added up by project, the filing duty beside the permission, as
ours does. zen-engine: `evaluate` row by row on a sample, one flat amount a project and no filing, told
per row and scaled. Ours runs twice: the same rows with
every fact known, and with a tenth of them unknown.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
VENV = HERE.parent / ".venv-peers"
PEERS = ("openfisca-core", "zen-engine")
NEEDS = ("numpy", "PyYAML", "chinesecalendar")
TIMES = 5
MERGED = {
    "level": "enum", "classified": "bool", "mode": "enum", "depth_adequate": "bool", "directive_required": "bool",
    "special_cause": "bool", "urgent": "bool", "total_investment": "money",
}  # fmt: skip
ADJUSTED = {
    "level": "enum", "classified": "bool", "approved_total": "money", "revised_total": "money",
    "goals_unchanged": "bool", "change_necessary": "bool", "within_approved_plan": "bool",
}  # fmt: skip
ROW = {"amount": "money", "ground": "enum", "prior_approval": "bool", "filed": "bool"}
"""What one adjustment says: rows of their own, which both sides lead to their project and add up."""


# The rows ---------------------------------------------------------------------------------


def columns(n: int) -> dict[str, np.ndarray]:
    """The city's projects with one adjustment each; amounts fit OpenFisca's int32."""
    rng = np.random.default_rng(0)
    total = rng.integers(10_000_000, 100_000_000, n) * 20
    amount = total // 20 * rng.integers(-4, 5, n) + rng.integers(-1, 2, n)
    c = {
        "level": (rng.random(n) < 0.1).astype(np.int8),
        "mode": rng.integers(0, 3, n).astype(np.int8),
        "ground": rng.integers(0, 4, n).astype(np.int8),
        "total_investment": rng.integers(490_000_000, 510_000_000, n),
        "approved_total": total,
        "revised_total": total + rng.integers(-3, 2, n),
        "amount": amount,
        "classified": rng.random(n) < 0.05,
        "prior_approval": rng.random(n) < 0.2,
    }
    for name in {**MERGED, **ADJUSTED, **ROW}.keys() - c.keys():
        c[name] = rng.random(n) < 0.8
    return c


# Ours -------------------------------------------------------------------------------------


def our_facts(c: dict, unknown: float):
    from portfolio import facts_of

    n = len(c["level"])
    rng = np.random.default_rng(1)
    pairs = {
        (f"adjustments.{name}" if name in ROW else name): (values, rng.random(n) >= unknown)
        for name, values in c.items()
    }
    pairs["adjustments.parent"] = np.arange(n)
    pairs["action"] = np.zeros(n, np.int8), np.ones(n, bool)
    pairs["approved_on"] = np.full(n, np.datetime64("2024-05-06")), np.ones(n, bool)
    pairs["adjustments.on"] = np.full(n, np.datetime64("2024-09-06")), np.ones(n, bool)
    pairs["adjustments_complete"] = np.ones(n, bool), np.ones(n, bool)
    return facts_of(n, pairs)


def ours(facts, clause: str) -> list[np.ndarray]:
    import rules

    return list(rules.ours(facts, clause).values())


# OpenFisca --------------------------------------------------------------------------------


def openfisca_system():
    from openfisca_core import entities, periods, taxbenefitsystems, variables

    row = entities.build_entity("adjustment", "adjustments", "an adjustment", is_person=True)
    project = entities.build_entity(
        "project", "projects", "a project", roles=[{"key": "adjusted", "plural": "adjusted"}]
    )
    system = taxbenefitsystems.TaxBenefitSystem([row, project])
    year = periods.DateUnit.YEAR
    for name, kind in {**MERGED, **ADJUSTED, **ROW}.items():
        body = {"value_type": bool if kind == "bool" else int, "entity": row if name in ROW else project,
                "definition_period": year, "label": name}  # fmt: skip
        system.add_variable(type(name, (variables.Variable,), body))

    def merged(one, when):
        special = one("special_cause", when) * one("urgent", when)
        small = one("total_investment", when) <= 500_000_000
        ground = one("directive_required", when) + special + small
        state = (one("depth_adequate", when) * ground).astype(np.int8)
        applies = (one("level", when) == 0) * ~one("classified", when) * (one("mode", when) == 0)
        return np.where(applies, state, -2)

    def adjusted(one, when):
        total = one("approved_total", when).astype(np.int64)
        size = one.sum(np.abs(one.members("amount", when)))
        ground = one.value_from_first_person(one.members("ground", when))
        grounded = (ground < 2) + (ground == 2) * one("within_approved_plan", when)
        state = (
            (one("revised_total", when) <= total) * one("goals_unchanged", when) * (size * 20 <= total * 3)
            * one("change_necessary", when) * grounded
        ).astype(np.int8)  # fmt: skip
        approved = one.value_from_first_person(one.members("prior_approval", when))
        applies = (one("level", when) == 0) * ~one("classified", when) * ~approved
        return np.where(applies, state, -2)

    def filing(one, when):
        filed = one.value_from_first_person(one.members("filed", when)).astype(np.int8)
        return np.where(one("adjusted", when) == 1, filed, -2)

    for name, formula in (("merged", merged), ("adjusted", adjusted), ("filing", filing)):
        body = {"value_type": int, "entity": project, "definition_period": year, "label": name, "formula": formula}  # fmt: skip
        system.add_variable(type(name, (variables.Variable,), body))
    return system


def openfisca(system, c: dict, fields: dict, answers: tuple[str, ...]) -> list[np.ndarray]:
    from openfisca_core.simulation_builder import SimulationBuilder

    simulation = SimulationBuilder().build_default_simulation(system, count=len(c["level"]))
    for name in fields:
        simulation.set_input(name, "2024", c[name])
    return [simulation.calculate(answer, "2024") for answer in answers]


# zen-engine -------------------------------------------------------------------------------

ZEN = {
    "merged": "(level != 0 or classified or mode != 0) ? -2 : (depth_adequate and (directive_required or "
    "(special_cause and urgent) or total_investment <= 500000000)) ? 1 : 0",
    "adjusted": "(level != 0 or classified or prior_approval) ? -2 : (revised_total <= approved_total and "
    "goals_unchanged and abs(amount) * 20 <= approved_total * 3 and change_necessary and "
    "(ground < 2 or (ground == 2 and within_approved_plan))) ? 1 : 0",
}


def zen_decision(answer: str):
    import zen

    nodes = [
        {"id": "in", "type": "inputNode", "name": "in"},
        {"id": "rule", "type": "expressionNode", "name": "rule", "content": {"expressions": [{"id": "s", "key": "state", "value": ZEN[answer]}]}},
        {"id": "out", "type": "outputNode", "name": "out"},
    ]  # fmt: skip
    edges = [
        {"id": "1", "sourceId": "in", "targetId": "rule", "type": "edge"},
        {"id": "2", "sourceId": "rule", "targetId": "out", "type": "edge"},
    ]
    for node in nodes:
        node["position"] = {"x": 0, "y": 0}
    return zen.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))


# The table --------------------------------------------------------------------------------


def least(runs: list[Callable]) -> list[float]:
    """Processor seconds of the fastest of several turns of each, taken in turn."""
    spent: list[list[float]] = [[] for _ in runs]
    for _ in range(TIMES):
        for times, run in zip(spent, runs, strict=True):
            start = time.process_time()
            run()
            times.append(time.process_time() - start)
    return [min(times) for times in spent]


def compare(n: int, sample: int) -> None:
    import rules

    c, system = columns(n), openfisca_system()
    known, partly = our_facts(c, 0), our_facts(c, 0.1)
    some = {name: values[:sample].tolist() for name, values in c.items()}
    print(f"{n:,} projects, zen-engine on {sample:,} of them, least of {TIMES}, {rules.load()}\n")
    print("| | ours ms | ours, a tenth unknown, ms | OpenFisca ms | × | zen-engine µs a row | × |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for clause, fields, answers in (
        ("18.2", MERGED, ("merged",)),
        ("29.1", {**ADJUSTED, **ROW}, ("adjusted", "filing")),
    ):
        decision = zen_decision(answers[0])
        rows = [
            dict(zip(fields, row, strict=True)) for row in zip(*(some[name] for name in fields), strict=True)
        ]
        zen_run = lambda d=decision, r=rows: [d.evaluate(row)["result"]["state"] for row in r]
        mine = ours(known, clause)
        assert all(map(np.array_equal, mine, openfisca(system, c, fields, answers))), clause
        assert mine[0][:sample].tolist() == zen_run(), clause
        a, b, fisca, zen = least([
            lambda q=clause: ours(known, q),
            lambda q=clause: ours(partly, q),
            lambda f=fields, q=answers: openfisca(system, c, f, q),
            zen_run,
        ])  # fmt: skip
        print(
            f"| {clause} | {a * 1e3:.1f} | {b * 1e3:.1f} | {fisca * 1e3:.1f} | {fisca / a:.2f} "
            f"| {zen / sample * 1e6:.1f} | {zen / sample * n / a:,.0f} |"
        )


def main() -> None:
    args = [int(a) for a in sys.argv[1:]]
    if "ZWXM_PEERS" in os.environ:
        compare(*(args + [1_000_000, 20_000][len(args) :]))
        return
    bin_ = VENV / ("Scripts" if os.name == "nt" else "bin")
    if not VENV.exists():
        venv.create(VENV, with_pip=True)
        subprocess.check_call([bin_ / "python", "-m", "pip", "install", "-q", *PEERS, *NEEDS])
    shown = subprocess.check_output([bin_ / "python", "-m", "pip", "list", "--format=freeze"], text=True)
    print("、".join(line for line in shown.split() if line.lower().startswith((*PEERS, "numpy="))))
    env = {**os.environ, "ZWXM_PEERS": "1", "PYTHONPATH": str(HERE.parent)}
    sys.exit(subprocess.call([bin_ / "python", __file__, *sys.argv[1:]], env=env))


if __name__ == "__main__":
    main()
