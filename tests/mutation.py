"""Mutants of the law's code: how many the tests of tests/law kill (`start.py mutation`).

    python tests/mutation.py [--sample N] [--seed S] [--again] [MODULE ...]

mutmut's operators make the mutants. The runner is our own, for mutmut starts pytest anew for each:
here pytest imports and collects tests/law and the doctests of the mutated modules once; one forked
child runs every test and notes the lines it reaches (kept in mutants/ for the next run); then each mutant has a forked child that puts
the mutant's code into the function and runs the tests that reach its lines, the likeliest to fail
first, until one fails. A test that takes far longer than it did ends the mutant too (timeout).

What was computed before the fork is the trap: a table built at import, or a result cached by then, was
made by the sound code. A mutant of such code is judged by the tests that call it afterwards; so it may
be told as living though a fresh process would show it, never as killed by mistake.

`--sample N` draws N mutants of each module by the seed; `--again` keeps what earlier runs killed (their
record is mutants/results.json) and runs the rest: what survived, and what was not run yet. The tables
go to tests/mutation.md, with each survivor and its reason, which tests/mutation_reasons.yaml keeps.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import os
import random
import re
import resource
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import accumulate
from pathlib import Path
from types import FunctionType

import coverage
import pytest
import yaml
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings
from mutants import ROOT, Mutant, module_name, mutants, sources

TABLE = ROOT / "tests" / "mutation.md"
RECORD = ROOT / "mutants" / "results.json"
REACHED = RECORD.with_name("reached.json")
GROUPS = yaml.safe_load((ROOT / "tests" / "mutation_reasons.yaml").read_text("utf-8"))
NO_REASON = "Not looked at"
DEAREST = 1.0
"""Tests that take longer (seconds) are left out too."""
LEFT_OUT = "missing_fact or chosen_project or order_of or us_portfolio or test_rulesets or test_properties"
"""Nor are these run: what they do at random or fact by fact, the cases do clause by clause."""
PINS = "test_wording.py"
"""The tests that pin every word of a clause at once."""
PATIENCE = 5, 20
"""A test is ended after so many seconds of the processor, or after so many times what it took, whichever is longer."""
BUDGET = 15
"""Seconds that each of two kinds of tests has to kill a mutant, those that reach least first; what
outlives them lives."""
MEMORY = 4 << 30
STATES = KILLED, TIMEOUT, SURVIVED, UNREACHED = "killed", "timeout", "survived", "not reached"
HEAD = """# Mutants

Made by `start.py mutation`, not by hand (the reasons stand in `tests/mutation_reasons.yaml`): {how}. A timeout
counts as killed; what no test reaches lives like what survives.

| module | made | run | killed | timeout | survived | not reached | killed |
|---|---:|---:|---:|---:|---:|---:|---:|
"""


# The tests ------------------------------------------------------------------------------


@dataclass
class Runner:
    """A plugin of pytest that runs, in place of its loop, the tests once and then the mutants.

    Attributes
    ----------
    chosen : list of Mutant
    keep : callable
        Called from time to time, to write down what is known.
    results : dict
        Key of the mutant -> what became of it.
    failed : list of str
        Tests that fail without any mutant.
    """

    chosen: list[Mutant]
    keep: Callable[[dict[str, str]], None]
    results: dict[str, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests for what they reach, then every mutant."""
        items = session.items
        seconds, reached = traced(items)
        self.failed = [items[i].nodeid for i, took in enumerate(seconds) if took is None]
        if self.failed:
            return True
        print(
            f"{len(items)} tests, {sum(seconds):.0f} s; {sum(s > DEAREST for s in seconds)} left out as dear"
        )
        breadth = Counter(i for tests in reached.values() for i in tests)
        pinning = [PINS in item.nodeid for item in items]
        cheap = [i for i, took in enumerate(seconds) if took <= DEAREST or pinning[i]]
        likeliest = sorted(cheap, key=lambda i: (breadth[i], seconds[i]))
        killers: dict[FunctionType, list[int]] = defaultdict(list)
        gc.collect()
        gc.freeze()
        start = time.monotonic()
        for number, mutant in enumerate(self.chosen, 1):
            file = mutant.real.__code__.co_filename
            tests = set().union(*(reached.get((file, line), ()) for line in mutant.lines))
            last = [i for i in reversed(killers[mutant.real]) if i in tests][:3]
            more = []
            for kind in (True, False):  # half of the time for those that pin, half for the others
                queue = [i for i in likeliest if i in tests and pinning[i] is kind and i not in last]
                spent = accumulate(seconds[i] for i in queue)
                more += [(sum_, i) for sum_, i in zip(spent, queue, strict=True) if sum_ <= BUDGET]
            order = [*last, *(i for _, i in sorted(more))]
            state, killer = judged(mutant, [items[i] for i in order], [seconds[i] for i in order])
            if killer is not None:
                mine = killers[mutant.real]
                if order[killer] in mine:
                    mine.remove(order[killer])
                mine.append(order[killer])
            self.results[mutant.key] = state
            if number % 100 == 0:
                left = (time.monotonic() - start) / number * (len(self.chosen) - number) / 60
                alive = sum(s in (SURVIVED, UNREACHED) for s in self.results.values())
                print(f"{number} of {len(self.chosen)}: {alive} live; {left:.0f} min left", flush=True)
                self.keep(self.results)
        return True


def traced(items: list[pytest.Item]) -> tuple[list[float | None], dict[tuple[str, int], set[int]]]:
    """Seconds of each test (None: it fails) and the tests that reach each line.

    They are found in a child and kept in mutants/. A test is traced anew when its file changed, or a
    file to mutate of which it reaches a line, or anything else of the package.
    """
    mutated = {str(path): digest([path]) for path in sources([])}
    package = (p for p in (ROOT / "zwxm_core").rglob("*") if p.suffix in (".py", ".yaml"))
    rest = digest(sorted(p for p in package if str(p) not in mutated))
    known = json.loads(REACHED.read_text("utf-8")) if REACHED.exists() else {}
    if known.pop("rest", "") != rest:
        known = {}
    pins = [ROOT / "tests" / "law" / "wording.py", *sorted((ROOT / "tests" / "law" / "golden").glob("*.txt"))]
    stamps = {path: digest([path, *(pins if path.name == PINS else ())]) for path in {i.path for i in items}}
    names = [f"{stamps[item.path]} {item.nodeid}" for item in items]

    def fresh(name: str) -> bool:
        seconds, reached = known.get(name, (None, {}))
        return seconds is not None and all(mutated.get(file) == stamp for file, (stamp, _) in reached.items())

    new = [(name, item) for name, item in zip(names, items, strict=True) if not fresh(name)]
    print(f"{len(items)} tests, {len(new)} of them to be traced", flush=True)
    REACHED.parent.mkdir(exist_ok=True)
    if new:
        if (child := os.fork()) == 0:
            known |= trace(new, mutated)
            REACHED.write_text(json.dumps({"rest": rest, **known}), "utf-8")
            os._exit(0)
        os.waitpid(child, 0)
        known = json.loads(REACHED.read_text("utf-8"))
    reached: dict[tuple[str, int], set[int]] = defaultdict(set)
    for i, name in enumerate(names):
        for file, (_, lines) in known[name][1].items():
            for line in lines:
                reached[file, line].add(i)
    return [known[name][0] for name in names], reached


def trace(new: list[tuple[str, pytest.Item]], mutated: dict[str, str]) -> dict[str, list]:
    """Run tests: of each its seconds (None: it fails), and file -> stamp and the lines it reaches."""
    silent()
    measurement = coverage.Coverage(data_file=None, include=list(mutated), config_file=False)
    measurement.start()
    wrapped = (each for each in gc.get_objects() if type(each).__name__ == "_lru_cache_wrapper")
    kept = [each for each in wrapped if each.__module__.startswith("tests.")]
    found: dict[str, list] = {}
    for name, item in new:
        for cache in kept:  # so that each test is seen to reach what it rests on
            cache.cache_clear()
        measurement.switch_context(name)
        start = time.process_time()
        passes = passed(item, None)
        found[name] = [round(time.process_time() - start, 4) if passes else None, {}]
    measurement.stop()
    data = measurement.get_data()
    for file in data.measured_files():
        for line, contexts in data.contexts_by_lineno(file).items():
            for name in contexts:
                if name in found:
                    found[name][1].setdefault(file, [mutated[file], []])[1].append(line)
    return found


def digest(paths: list[Path]) -> str:
    """A short digest of the content of some files."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()[:12]


def passed(item: pytest.Item, then: pytest.Item | None) -> bool:
    """Whether a test passes."""
    return not any(report.failed for report in runtestprotocol(item, nextitem=then, log=False))


def silent() -> None:
    """What a child prints goes nowhere, and it may not eat the machine's memory."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def judged(mutant: Mutant, items: list[pytest.Item], seconds: list[float]) -> tuple[str, int | None]:
    """What becomes of a mutant, and which of its tests killed it."""
    if not items:
        return UNREACHED, None
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        silent()
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        mutant.apply()
        for number, (item, took) in enumerate(zip(items, seconds, strict=True)):
            os.write(write, number.to_bytes(4, "big"))
            signal.setitimer(signal.ITIMER_PROF, max(PATIENCE[0], PATIENCE[1] * took))
            then = items[number + 1] if number + 1 < len(items) else None
            if not passed(item, then):
                os._exit(1)
        os._exit(0)
    os.close(write)
    _, status = os.waitpid(child, 0)
    with os.fdopen(read, "rb") as pipe:
        last = pipe.read()[-4:]
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        return SURVIVED, None
    return (TIMEOUT if code == -signal.SIGPROF else KILLED), int.from_bytes(last, "big")


def run(runner: Runner) -> None:
    """Collect the tests and run the mutants of a runner."""
    settings.register_profile(
        "mutants", max_examples=60, derandomize=True, deadline=None, phases=[Phase.explicit, Phase.generate]
    )  # a counter-example need not be small
    os.environ["ZWXM_HYPOTHESIS"] = "mutants"
    with tempfile.TemporaryDirectory() as folder:
        plugins = [arg for name in ("nbval", "cacheprovider", "xdist") for arg in ("-p", f"no:{name}")]
        chosen = ["-q", "-s", "--assert=plain", "--tb=native", f"--basetemp={folder}/tests", f"--rootdir={ROOT}",
                   "-k", f"not ({LEFT_OUT})",
                   "-o", "addopts=--import-mode=importlib --doctest-modules"]  # fmt: skip
        pytest.main([*plugins, *chosen, str(ROOT / "tests/law"), *map(str, sources([]))], plugins=[runner])


# The tables -----------------------------------------------------------------------------


def reason_of(mutant: Mutant) -> str:
    """Why a survivor lives: the reason of the first pattern in tests/mutation_reasons.yaml that fits."""
    return next((g["reason"] for g in GROUPS if any(re.search(p, mutant.text) for p in g["of"])), NO_REASON)


def table(every: list[Mutant], results: dict[str, str], how: str) -> str:
    """tests/mutation.md: the rows of all modules of which something was run, their sum, the survivors."""
    counts: dict[str, Counter] = defaultdict(Counter)
    for mutant in every:
        counts[mutant.key.split(":")[0]].update(["made", results.get(mutant.key, "")])
    counts["all"] = sum(counts.values(), Counter())
    lines, weighed = [], 0.0
    for module, count in counts.items():
        ran = sum(count[state] for state in STATES)
        if ran:
            share = (count[KILLED] + count[TIMEOUT]) / ran
            weighed += share * count["made"] if module != "all" else 0
            cells = [module, count["made"], ran, *(count[state] for state in STATES), f"{share:.1%}"]
            lines.append(f"| {' | '.join(map(str, cells))} |")
    lines.append(
        f"\nWeighed by the mutants made in each module: {weighed / counts['all']['made']:.1%} killed."
    )
    alive = [m for m in every if results.get(m.key) in (SURVIVED, UNREACHED)]
    groups: dict[str, list[Mutant]] = {g["reason"]: [] for g in GROUPS} | {NO_REASON: []}
    for mutant in alive:
        groups[reason_of(mutant)].append(mutant)
    told = [f"### {reason} ({len(group)})\n\n{listed(group)}" for reason, group in groups.items() if group]
    return HEAD.format(how=how) + "\n".join(lines) + "\n\n## Survivors\n\n" + "\n\n".join(told) + "\n"


def listed(group: list[Mutant]) -> str:
    """Survivors by function: line, before → after."""
    functions: dict[str, list[str]] = defaultdict(list)
    for mutant in group:
        told = f"    {mutant.line}: {change(mutant.before, mutant.after)}"
        functions[mutant.key.rpartition(":")[0]].append(told)
    return "\n".join(f"- {name}\n\n" + "\n".join(lines) + "\n" for name, lines in functions.items())


def change(before: str, after: str, around: int = 24) -> str:
    """Where two pieces of code differ, with a little of what stands around."""
    [(_, start, end, first, last), *more] = [
        code for code in SequenceMatcher(None, before, after, autojunk=False).get_opcodes() if code[0] != "equal"
    ]  # fmt: skip
    if more:
        _, _, end, _, last = more[-1]
    cut = before[max(start - around, 0) : end + around], after[max(first - around, 0) : last + around]
    return " → ".join(cut)


def options() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("modules", nargs="*", help="zwxm_core/money, zwxm_core/rules …; default: all")
    parser.add_argument("--sample", type=int, help="mutants of each module")
    parser.add_argument("--seed", type=int, default=2022)
    parser.add_argument("--again", action="store_true", help="only what is not known to be killed")
    parser.add_argument("--table", action="store_true", help="only write the table of what was run")
    return parser.parse_args()


def main() -> int:
    """Run all mutants, a sample or what is not known to be killed, and write the table."""
    asked, start = options(), time.monotonic()
    every = [mutant for path in sources([]) for mutant in mutants(path)]
    record = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    kept = asked.again or asked.table or asked.modules
    before = {m.key: record[m.text] for m in every if kept and m.text in record}
    wanted = [] if asked.table else drawn(every, asked.modules, asked.sample, asked.seed)
    wanted = [m for m in wanted if not asked.again or before.get(m.key) not in (KILLED, TIMEOUT)]
    drawing = f"of each module {asked.sample} drawn by the seed {asked.seed}" if asked.sample else "all"

    def keep(results: dict[str, str]) -> None:
        now = before | results
        RECORD.parent.mkdir(exist_ok=True)
        told = {m.text: now[m.key] for m in every if m.key in now}
        RECORD.write_text(json.dumps(told, ensure_ascii=False, indent=0), "utf-8")
        how = f"{drawing}; {len(results)} run now, in {(time.monotonic() - start) / 60:.0f} minutes"
        TABLE.write_text(table(every, now, how), "utf-8", newline="\n")

    runner = Runner(wanted, keep)
    if wanted:
        run(runner)
    if runner.failed:
        print("these tests fail without any mutant:", *runner.failed, sep="\n  ")
        return 1
    keep(runner.results)
    print(TABLE.read_text("utf-8").partition("\n\n## Survivors")[0])
    return 0


def drawn(every: list[Mutant], modules: list[str], count: int | None, seed: int) -> list[Mutant]:
    """Those of the modules named, or so many of each, by the seed."""
    named = {module_name(path) for path in sources(modules)}
    groups: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in every:
        module = mutant.key.split(":")[0]
        if module in named:
            groups[module].append(mutant)
    for module, group in groups.items():
        random.Random(f"{seed} {module}").shuffle(group)  # a larger sample holds the smaller
    return [m for group in groups.values() for m in group[:count]]


if __name__ == "__main__":
    sys.exit(main())
