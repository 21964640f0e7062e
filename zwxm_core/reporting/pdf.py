"""A report as PDF, set by Typst in the form of official documents.

The template is a program of ours; what a report says reaches it as JSON in ``sys.inputs`` and
is text there, whatever it looks like. Typst sees no file but its own, in memory.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path

from zwxm_core.fonts import OPEN_FAMILIES, PROPRIETARY_FAMILIES, bundled_folder

TEMPLATES = Path(__file__).with_name("templates")

SYMBOLS = ("DejaVu Sans", "DejaVu Sans Mono")
"""What draws the signs that a Chinese font lacks; Typst brings the second."""

SONG = ("Noto Serif CJK SC", "Source Han Serif SC", "Source Han Serif CN")
KAI = ("LXGW WenKai", "AR PL UKai CN", "AR PL KaitiM GB")
FONTS = {
    "song": (*SONG, *OPEN_FAMILIES, *PROPRIETARY_FAMILIES, *SYMBOLS),
    "kai": (*KAI, *SONG, *OPEN_FAMILIES, *PROPRIETARY_FAMILIES, *SYMBOLS),
    "hei": (*OPEN_FAMILIES, *PROPRIETARY_FAMILIES, *SYMBOLS),
}
"""Families in their order of choice, openly licensed ones first, for 仿宋, 楷体 and 黑体."""

RESOLUTION = 150
"""Pixels an inch of a picture for Word, of its own size; set to the width of the text they are nearly 200."""

PICTURES = """
#set page(width: auto, height: auto, margin: 0pt)
#for svg in json(bytes(sys.inputs.data)) { page(image(bytes(svg), format: "svg")) }
"""
"""A page of its own for each picture."""


def to_pdf(blocks: list[dict], title: str) -> bytes:
    """A report as PDF.

    Parameters
    ----------
    blocks : list of dict
        Of `zwxm_core.reporting.page.blocks`.
    title : str
        Plain text, for the document's properties.

    Returns
    -------
    bytes
        Tagged, with outline and alt texts. The same blocks give the same bytes on one machine
        (its fonts are embedded).
    """
    data = json.dumps(
        {"title": title, "blocks": blocks, "fonts": _families()}, ensure_ascii=False, default=_plain
    )
    template = TEMPLATES.joinpath("report.typ").read_bytes()
    made = _compiler().compile(template, format="pdf", sys_inputs={"data": data}, timestamp=0)
    assert isinstance(made, bytes)
    return made


def pictures(figures: list[dict]) -> list[bytes]:
    """The figures of a report as PNG, in their order; what is PNG already stays.

    Examples
    --------
    >>> svg = '<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt"></svg>'
    >>> pictures([{"svg": svg}])[0][:4]
    b'\\x89PNG'
    """
    drawn = [figure["svg"] for figure in figures if "svg" in figure]
    if not drawn:
        return [figure["png"] for figure in figures]
    made = _compiler().compile(
        PICTURES.encode(), format="png", ppi=RESOLUTION, sys_inputs={"data": json.dumps(drawn)}
    )
    pages = iter(made if isinstance(made, list) else [made])
    return [figure["png"] if "png" in figure else next(pages) for figure in figures]


@lru_cache(maxsize=1)
def _fonts():
    """The fonts of this machine and the one that comes with us."""
    import typst

    folder = bundled_folder()
    alone = os.environ.get("ZWXM_IGNORE_SYSTEM_FONTS") == "1"
    return typst.Fonts(include_system_fonts=not alone, font_paths=[folder] if folder else [])


@lru_cache(maxsize=1)
def _families() -> dict[str, list[str]]:
    """The families of `FONTS` that are here."""
    here = set(_fonts().families())
    return {name: [family for family in wanted if family in here] for name, wanted in FONTS.items()}


@lru_cache(maxsize=1)
def _compiler():
    """One compiler a process: it looks for fonts once."""
    import typst

    return typst.Compiler(font_paths=_fonts())


def _plain(value: object) -> list[int]:
    """Bytes of a picture as JSON has them."""
    assert isinstance(value, bytes)
    return list(value)
