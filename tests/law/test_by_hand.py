"""The ten clauses that the benchmark writes by hand, in NumPy of three values, come to what the rules come to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "rules.py"


def test_ten_clauses_written_by_hand_come_to_the_same_states():
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "20000"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.count("\n| ") == 12, "a head, ten clauses and their sum"
