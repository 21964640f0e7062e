"""Both READMEs give the same commands, and the commands exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READMES = ["README.md", "README.zh-CN.md"]


def blocks(name: str) -> list[str]:
    return re.findall(r"^```\w*\n(.*?)^```", (ROOT / name).read_text("utf-8"), re.DOTALL | re.MULTILINE)


def test_both_readmes_give_the_same_commands():
    english, chinese = map(blocks, READMES)
    assert english == chinese
    assert english[0] == "make demo\nmake test\n"


def test_every_make_target_calls_the_start_script_which_knows_it():
    import start

    targets = re.search(r"^\.PHONY: (.*)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)[1].split()
    assert set(targets) == set(start.VERBS)
    verbs = re.findall(r"(?:make|py start\.py) (\w+)", "".join(blocks("README.md")))
    assert set(verbs) <= set(start.VERBS)


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md"])
def test_every_link_and_path_leads_somewhere(name):
    text = (ROOT / name).read_text("utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    paths = re.findall(r"`((?:zwxm_core|tests|data|notebooks|benchmarks)/[\w./-]*)`", text)
    missing = {path for path in links + paths if not (ROOT / path).exists()}
    assert missing == set()


def test_commands_of_the_program_exist():
    from zwxm_core.cli import main

    for verb in sorted(set(re.findall(r"bin/zwxm (\w+)", "".join(blocks("README.md"))))):
        with pytest.raises(SystemExit) as ended:
            main([verb, "--help"])
        assert not ended.value.code
