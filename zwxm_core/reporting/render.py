"""An executed notebook as a report: a self-contained page, a Word document, a PDF, or itself without times."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from zwxm_core.fonts import CSS_FAMILIES, html_font_face
from zwxm_core.reporting.page import blocks, sanitised
from zwxm_core.reporting.pdf import to_pdf
from zwxm_core.reporting.word import to_docx

if TYPE_CHECKING:
    from nbformat import NotebookNode

TEMPLATES = Path(__file__).with_name("templates")

CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
"""What a page may load: nothing but what it carries."""

FONT_MARK = "/*font*/"


def style() -> str:
    """The style sheet of all pages, with the mark where `finish` puts a font."""
    css = TEMPLATES.joinpath("style.css").read_text(encoding="utf-8")
    return FONT_MARK + css.replace("FONT_FAMILIES", CSS_FAMILIES)


def finish(page: str) -> str:
    """Put in a font of the page's own characters, where this machine has no Chinese font."""
    return page.replace(FONT_MARK, html_font_face(page), 1)


@lru_cache(maxsize=1)
def _exporter():
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    config = Config()
    config.NbConvertBase.display_data_priority = ["text/html", "image/svg+xml", "image/png", "text/plain"]
    config.Exporter.optimistic_validation = True  # once, not after each of its preprocessors
    exporter = HTMLExporter(
        config=config,
        template_name="report",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    exporter.environment.filters["base64"] = lambda text: base64.b64encode(text.encode()).decode("ascii")
    return exporter


@dataclass
class Executed:
    """An executed notebook, which is not changed, and its title as plain text; what its formats share is made once."""

    notebook: NotebookNode
    title: str

    @cached_property
    def tree(self) -> ET.Element:
        """What the outputs and texts of the notebook say, sanitised; second-level headings have the anchors s1, s2 …"""
        from nbconvert.exporters import TemplateExporter

        # The exporter's own method would parse the whole page once more, to look for alt texts.
        markup, _ = TemplateExporter.from_notebook_node(_exporter(), deepcopy(self.notebook))
        tree = sanitised(markup)
        for number, heading in enumerate(tree.iter("h2"), 1):
            heading.set("id", f"s{number}")
        return tree

    @cached_property
    def blocks(self) -> list[dict]:
        """The same, as the formats of official documents take it."""
        return blocks(self.tree)


def to_html(report: Executed) -> str:
    """A report as a page: HTML with the code hidden, outputs sanitised, alt texts kept and a table of contents of the
    second-level headings. The same notebook gives the same page.
    """
    body = ET.tostring(report.tree, "unicode", method="html")
    contents = ["".join(heading.itertext()) for heading in report.tree.iter("h2")]
    return finish(_page("report.html.j2", report.title, body=body, contents=contents))


def without_times(notebook):
    """The notebook without what papermill and the kernel note about the run, so that it is reproducible."""
    plain = deepcopy(notebook)
    plain.metadata.pop("papermill", None)
    for number, cell in enumerate(plain.cells):
        cell.id = f"c{number:02d}"
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
    return plain


def _html(report: Executed) -> bytes:
    return to_html(report).encode("utf-8", "replace")


def _ipynb(report: Executed) -> bytes:
    import nbformat

    return nbformat.writes(without_times(report.notebook)).encode("utf-8", "replace")


def _docx(report: Executed) -> bytes:
    return to_docx(report.blocks, report.title)


def _pdf(report: Executed) -> bytes:
    return to_pdf(report.blocks, report.title)


RENDERERS: dict[str, Callable[[Executed], bytes]] = {
    "html": _html,
    "docx": _docx,
    "pdf": _pdf,
    "ipynb": _ipynb,
}
"""The formats of a report."""


def index_page(title: str, meta: str, body: str) -> str:
    """A page around tables that are safe already.

    Parameters
    ----------
    title, meta : str
        Plain text.
    body : str
        Markup of `zwxm_core.tables`.
    """
    script, policy = _script()
    return finish(_page("index.html.j2", title, meta=meta, body=body, script=script, csp=policy))


def _script() -> tuple[str, str]:
    """The script of the index page, and the policy that lets this one run and no other."""
    script = TEMPLATES.joinpath("index.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return script, f"{CSP}; script-src 'sha256-{digest}'"


def _page(template: str, title: str, **parts: object) -> str:
    import jinja2

    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    return environment.get_template(template).render({"csp": CSP, "title": title, "style": style(), **parts})
