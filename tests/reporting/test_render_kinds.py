"""Every kind of report from the samples as Word and PDF, set by LibreOffice and Typst: whole, legible, saying the same."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess

import pytest

from zwxm_core.fonts import missing_glyphs
from zwxm_core.reporting import KINDS, page, render
from zwxm_core.resources import collection

PROJECTS = {
    "evaluation": "LS2026-01",
    "adjustment_review": "LS2024-02",
    "acceptance": "LS2024-01",
    "monitoring": "LS2024-32",
    "self_evaluation": "LS2023-01",
    "post_assessment": "LS2023-01",
}
pytestmark = pytest.mark.slow


def tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"no {name} on this machine")
    return path


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """kind -> blocks, and a folder with kind.docx, kind.pdf (Typst) and word/kind.pdf (LibreOffice)."""
    import papermill

    office, folder = tool("soffice"), tmp_path_factory.mktemp("kinds")
    told = {}
    for kind in KINDS:
        parameters = {"project": PROJECTS[kind]} if kind in PROJECTS else {}
        notebook = papermill.execute_notebook(
            str(collection(f"notebooks/reports/{kind}.ipynb")), None, parameters, kernel_name="python3",
            progress_bar=False, cwd=str(folder),
        )  # fmt: skip
        made = render.Executed(notebook, KINDS[kind])
        told[kind] = made.blocks
        for name in ("docx", "pdf"):
            (folder / f"{kind}.{name}").write_bytes(render.RENDERERS[name](made))
    command = [
        office,
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "pdf",
    ]
    documents = [str(folder / f"{kind}.docx") for kind in KINDS]
    subprocess.run(
        [*command, "--outdir", str(folder / "word"), *documents], check=True, capture_output=True, timeout=400
    )
    return folder, told


@pytest.fixture(params=["pdf", "word"])
def files(request, reports):
    """kind -> its PDF, by Typst or by LibreOffice from the Word document."""
    folder, _ = reports
    return {kind: (folder / "word" if request.param == "word" else folder) / f"{kind}.pdf" for kind in KINDS}


def words(block: dict) -> list[str]:
    if block["kind"] == "table":
        cells = [cell for row in [block["head"], *block["rows"]] for cell in row]
        return [page.said(runs) for cell in cells for _, runs in cell] + [page.said(block["caption"])]
    if block["kind"] == "figure":
        return [page.said(block["caption"])]
    return [block.get("number", "") + page.said(block["runs"])]


def close(text: str) -> str:
    return re.sub(r"[\s\u200b\u2011-]", "", text)


def text_of(path) -> str:
    done = subprocess.run([tool("pdftotext"), str(path), "-"], check=True, capture_output=True)
    return done.stdout.decode()


def pages_of(path) -> int:
    done = subprocess.run([tool("pdfinfo"), str(path)], check=True, capture_output=True)
    return int(re.search(rb"Pages:\s+(\d+)", done.stdout)[1])


def test_every_paragraph_of_the_text_and_every_sign_is_there(reports, files):
    _, told = reports
    for kind, path in files.items():
        got = close(text_of(path))
        running = [close(words(b)[0]) for b in told[kind] if b["kind"] in ("heading", "text")]
        got_without_numbers = re.sub(r"—\d+—", "", got)
        missing = [text for text in running if text not in got_without_numbers]
        assert not missing, (kind, missing[:3])
        signs = set(close("".join(word for block in told[kind] for word in words(block))))
        assert not signs - set(got), (kind, signs - set(got))


def test_no_glyph_is_missing_and_every_font_is_embedded(reports, files):
    _, told = reports
    for kind, path in files.items():
        assert not missing_glyphs("".join(word for block in told[kind] for word in words(block)))
        listed = subprocess.run(
            [tool("pdffonts"), str(path)], check=True, capture_output=True
        ).stdout.decode()
        embedded = [line.split()[-5] for line in listed.splitlines()[2:]]
        assert set(embedded) == {"yes"}, (kind, listed)


def test_the_number_of_pages_is_sane_and_much_the_same_in_both(reports):
    folder, _ = reports
    for kind in KINDS:
        pdf, word = pages_of(folder / f"{kind}.pdf"), pages_of(folder / "word" / f"{kind}.pdf")
        assert 3 <= pdf <= 60, kind
        assert 0.75 <= pdf / word <= 1.34, (kind, pdf, word)


def test_no_page_is_empty_but_for_its_number(files):
    for kind, path in files.items():
        pages = text_of(path).split("\f")[:-1]
        bare = [n for n, text in enumerate(pages, 1) if len(close(text)) < 12 and "图" not in text]
        assert not bare, (kind, bare)


def test_no_heading_and_no_caption_of_a_table_is_the_last_text_of_a_page(reports, files):
    _, told = reports
    for kind, path in files.items():
        leads = {close(words(b)[0]) for b in told[kind] if b["kind"] == "heading"}
        leads |= {close(page.said(b["caption"])) for b in told[kind] if b["kind"] == "table" and b["caption"]}
        assert leads
        for number, text in enumerate(text_of(path).split("\f")[:-1], 1):
            lines = [
                line for line in map(close, text.splitlines()) if line and not re.fullmatch(r"—\d+—", line)
            ]
            assert lines[-1] not in leads, (kind, number)


def test_no_date_is_broken_at_a_hyphen_or_between_figures(files):
    for kind, path in files.items():
        text = text_of(path)
        broken = re.findall(
            r"\b20\d\d[-\u2011]\n.*|\b20\d\d[-\u2011]\d\d?[-\u2011]?\d?\n\d.*|.*\d\n\d+日", text
        )
        assert not broken, (kind, broken[:3])


def test_no_figure_is_clipped_squeezed_or_wider_than_the_text(reports):
    folder, told = reports
    for kind in KINDS:
        listed = subprocess.run(
            [tool("pdfimages"), "-list", str(folder / "word" / f"{kind}.pdf")],
            check=True,
            capture_output=True,
        ).stdout.decode()
        rows = [line.split() for line in listed.splitlines()[2:]]
        shown = [(int(r[3]), int(r[4]), int(r[12]), int(r[13])) for r in rows if r[2] == "image"]
        assert len(shown) == sum(block["kind"] == "figure" for block in told[kind]), kind
        for wide, high, x, y in shown:
            assert abs(x - y) <= 3
            assert wide / x <= 156.5 / 25.4
            assert high / y <= 225 / 25.4


def test_no_column_is_a_character_wide_and_no_report_needs_more_than_a_page_on_its_side(reports):
    _, told = reports
    for kind in KINDS:
        for block in told[kind]:
            if block["kind"] == "table":
                whole = 637 if block["landscape"] else 442
                assert min(block["widths"]) * whole > 2 * block["size"], (kind, block["caption"])
                assert block["size"] >= 9


def test_the_tables_of_an_evaluation_stand_upright(reports):
    _, told = reports
    assert not [page.said(block["caption"]) for block in told["evaluation"] if block.get("landscape")]


def test_headings_stand_over_something(reports):
    _, told = reports
    for kind in KINDS:
        levels = [block["level"] if block["kind"] == "heading" else None for block in told[kind]]
        assert levels[-1] is None
        pairs = itertools.pairwise(levels)
        assert not [pair for pair in pairs if None not in pair and pair[1] <= pair[0]], kind
