"""Whatever is typed after ``zwxm``: an exit code of the contract and a Chinese message, never a traceback."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwxm_core.portfolio import write_workbook
from zwxm_core.resources import collection

from .conftest import examples, told

BAD = str(collection("data/samples/bad/truncated.xlsx"))
GOOD = "{good}"
VALUES = [
    "", " ", "x", "-", "--", "-1", "0", "1", "2", "１", "²", "99999999999999999999", "1e999999999", "1e-999999999", "nan", "inf", "10%", "-10%",
    "０．１", "2026-02-30", "2026-02-28", "0001-01-01", "9999-12-31", "20260101", "A1", "a１", "第二十九条", "29.1", "8", "57.1", "P001",
    "../../etc/passwd", "/", "/proc/x.xlsx", "/proc/x.docx", "/nonexistent/x.xlsx", "x.xlsx", ".xlsx", "CON.xlsx", "a\x00b.xlsx", "长" * 300 + ".xlsx",
    "\u202e.xlsx", "{folder}/a.xlsx", "{folder}/a.docx", "{folder}", "\ud800", "=cmd", "leshan-2022", "nope", "problems", "open", "year_end",
    "evaluation", "html", "exe", "pdf,exe", ",", "\x1b[31m红", "<script>", BAD, GOOD, "html,html",
]  # fmt: skip
OPTIONS = [
    "--json", "--all", "--out", "--as-of", "--ruleset", "--project", "--clause", "--fail-on", "--map", "--marked", "--threshold", "--rate", "--timing",
    "--assumptions", "--draws", "--seed", "--format", "--jobs", "--force", "--for", "--base", "--version", "-h", "--nope", "--j", "--a", "--json=1",
    "--overwrite-edited", "--as-of=2026-01-01", "--rate=5%", "--threshold=-1",
]  # fmt: skip
COMMANDS = [
    ["template"], ["schema"], ["check"], ["assess"], ["compare"], ["form"], ["explain"], ["law", "import"], ["training", "check"],
    ["ruleset", "new"], ["ruleset", "diff"], ["law"], ["ruleset"], ["training"], [], ["coverage", "--nope"], ["check", GOOD], ["assess", GOOD],
    ["compare", GOOD], ["form", GOOD], ["assess", BAD], ["report", "evaluation", BAD], ["report"], ["demo", "--jobs", "0"], ["demo", "--nope"],
    ["lab", "--port", "1"], ["app", "--port", "x"], ["ruleset", "diff", "leshan-2022", "leshan-2022", GOOD],
]  # fmt: skip
TOKENS = st.one_of(
    st.sampled_from(OPTIONS), st.sampled_from(OPTIONS), st.sampled_from(VALUES), st.text(max_size=6)
)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A small workbook that can be read."""
    project = {
        "id": "A1",
        "name": "甲",
        "unit": "市局",
        "level": "市级",
        "classified": False,
        "mode": "购买服务",
        "action": "服务",
    }
    return write_workbook(tmp_path_factory.mktemp("good") / "项目.xlsx", {"projects": [project]})


@given(st.sampled_from(COMMANDS), st.lists(TOKENS, max_size=5))
@examples(30)
def test_a_command_line_whatever_ends_with_a_code_of_the_contract_and_a_sentence(
    good, tmp_path_factory, command, tokens
):
    folder = tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        told(
            *(
                token.replace("{good}", str(good)).replace("{folder}", str(folder))
                for token in [*command, *tokens]
            )
        )
        assert not [p.name for p in folder.rglob("*") if p.name.startswith(".") and p.name.endswith(".tmp")]
