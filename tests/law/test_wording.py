"""What the law's code says of every worked case is what a reviewer last read in tests/law/golden."""

from __future__ import annotations

from itertools import takewhile, zip_longest

import pytest

from tests.law import wording
from zwxm_core.explaining import cases

CLAUSES = [(name, clause) for name, clauses in wording.files().items() for clause in clauses]


@pytest.mark.parametrize(("name", "clause"), CLAUSES, ids=[clause for _, clause in CLAUSES])
def test_conditions_states_reasons_and_distances_are_worded_as_reviewed(name, clause):
    """`python3 start.py refresh` writes the files anew: read the difference before you commit it."""
    reviewed = (wording.GOLDEN / f"{name}.txt").read_text("utf-8").split("\n\n")
    written = next((part for part in reviewed if part.startswith(f"## {clause}\n")), "")
    for line, expected in zip_longest(wording.section(clause, cases()[clause]), written.splitlines()):
        assert line == expected


@pytest.mark.parametrize("title", wording.PATHS)
def test_the_way_from_filing_to_approval_is_worded_as_reviewed(title):
    reviewed = (wording.GOLDEN / "approval_path.txt").read_text("utf-8").split("\n\n")
    written = next((part for part in reviewed if part.startswith(f"## {title}\n")), f"## {title}")
    assert list(wording.road(title)) == written.splitlines()


@pytest.mark.parametrize("title", wording.WORLDS)
def test_what_follows_in_a_portfolio_is_worded_as_reviewed(title):
    reviewed = (wording.GOLDEN / "worlds.txt").read_text("utf-8").split("\n\n")
    written = next((part for part in reviewed if part.startswith(f"## {title}\n")), f"## {title}")
    for line, expected in zip_longest(wording.world(title), written.splitlines()):
        assert line == expected


REREAD = (wording.GOLDEN / "readings.txt").read_text("utf-8").rstrip("\n").split("\n\n")


@pytest.mark.parametrize("section", REREAD, ids=[part.split("\n")[0][3:] for part in REREAD])
def test_what_another_reading_of_a_convention_changes_is_worded_as_reviewed(section):
    title, *lines = section.split("\n")
    for at, line in enumerate(lines):
        if line.startswith("· "):
            clause, value, case = line[2:].split(" ", 2)
            [found] = [one for one in cases()[clause] if one["title"] == case]
            [adopted] = [v for v in wording.RULESET.conventions[title[3:]].readings if str(v) == value]
            told = wording.reread(clause, found, **{title[3:]: adopted})
            reviewed = list(takewhile(lambda text: not text.startswith("· "), lines[at + 1 :]))
            assert [text for text in told if text in reviewed] == reviewed


def test_no_file_is_left_of_cases_that_are_gone():
    assert {p.stem for p in wording.GOLDEN.glob("*.txt")} == {
        *wording.files(),
        "approval_path",
        "readings",
        "worlds",
    }
