"""Mutants of the law's code: how many the tests of tests/law kill (`start.py mutation`).

    python tests/mutation.py [--sample N] [--seed S] [MODULE ...]

mutmut makes the mutants (pyproject.toml, [tool.mutmut]) and runs the tests that reach each; all of
them take many hours. With ``--sample N``, N mutants of each module are drawn by the seed. The table
of what was run is written to tests/mutation.md, with every survivor that is not listed there yet.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "tests" / "mutation.md"
KILLED, SURVIVED, UNREACHED = (1, 3), (0,), (5, 33)
"""Exit codes of mutmut's runs; others (timeouts, crashes) count as killed, as mutmut counts them."""
HEAD = "# Mutants\n\nMade by `start.py mutation`; {how}.\n\n| module | mutants | run | killed | survived | not reached | killed of run |\n|---|---:|---:|---:|---:|---:|---:|\n"


def mutmut(*names: str) -> int:
    """Run mutmut on some mutants."""
    return subprocess.call([Path(sys.executable).parent / "mutmut", "run", *names], cwd=ROOT)


def results() -> dict[str, dict[str, int | None]]:
    """Exit code of each mutant by module; None where it was not run."""
    folder = ROOT / "mutants"
    found = {}
    for path in sorted(folder.glob("zwxm_core/**/*.meta")):
        codes = json.loads(path.read_text("utf-8"))["exit_code_by_key"]
        found[str(path.relative_to(folder)).removesuffix(".py.meta")] = codes
    return {module: codes for module, codes in found.items() if codes}


def drawn(modules: dict[str, dict], count: int, seed: int) -> list[str]:
    """So many mutants of each module, by the seed."""
    return [
        name
        for module, codes in modules.items()
        for name in random.Random(f"{seed} {module}").sample(sorted(codes), min(count, len(codes)))
    ]


def table(modules: dict[str, dict], how: str) -> str:
    """The rows of all modules of which something was run, and their sum."""
    rows, survivors = [], []
    for module, codes in modules.items():
        run = {name: code for name, code in codes.items() if code is not None}
        alive = [name for name, code in run.items() if code in SURVIVED]
        lost = sum(code in UNREACHED for code in run.values())
        survivors += alive
        if run:
            rows.append((module, len(codes), len(run), len(run) - len(alive) - lost, len(alive), lost))
    rows.append(("all", *(sum(row[i] for row in rows) for i in range(1, 6))))
    lines = [f"| {' | '.join(map(str, row))} | {row[3] / max(row[2], 1):.1%} |" for row in rows]
    kept = reasons()
    told = [f"- `{name}`: {kept.get(name, 'not looked at yet')}" for name in survivors]
    return HEAD.format(how=how) + "\n".join(lines) + "\n\n## Survivors\n\n" + "\n".join(told) + "\n"


def reasons() -> dict[str, str]:
    """Why each known survivor lives, as somebody wrote it into the table."""
    text = TABLE.read_text("utf-8") if TABLE.exists() else ""
    return dict(re.findall(r"^- `(\S+)`: (.+)$", text, re.MULTILINE))


def main() -> int:
    """Run all mutants or a sample, and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("modules", nargs="*", help="zwxm_core/money, zwxm_core/rules …; default: all")
    parser.add_argument("--sample", type=int, help="mutants of each module")
    parser.add_argument("--seed", type=int, default=2022)
    parser.add_argument("--table", action="store_true", help="only write the table of what was run")
    args = parser.parse_args()
    chosen = tuple(args.modules) or ("zwxm_core/",)
    how = "all mutants of the modules named"
    code = 0
    if not args.table:
        if not results():  # make the mutants and find out which tests reach them
            mutmut("zwxm_core.periods.x_day_after__mutmut_1")
        modules = {m: codes for m, codes in results().items() if m.startswith(chosen)}
        names = drawn(modules, args.sample or 10**9, args.seed)
        code = mutmut(*names) if args.sample or args.modules else mutmut()
    if args.sample:
        how = f"{args.sample} mutants of each module drawn by the seed {args.seed}, not all"
    TABLE.write_text(table(results(), how), "utf-8", newline="\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
