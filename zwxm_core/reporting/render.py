"""An executed notebook as a report: a self-contained page, a Word document, a PDF, or itself without times."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from copy import deepcopy
from functools import lru_cache
from pathlib import Path

from zwxm_core.fonts import CSS_FAMILIES, html_font_face
from zwxm_core.reporting.page import blocks
from zwxm_core.reporting.pdf import to_pdf
from zwxm_core.reporting.word import to_docx

TEMPLATES = Path(__file__).with_name("templates")

CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
"""What a page may load: nothing but what it carries."""

TAGS = [
    "a", "b", "blockquote", "br", "caption", "code", "div", "em", "h1", "h2", "h3", "h4", "hr", "li", "ol", "p",
    "pre", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
]  # fmt: skip
"""What a notebook's output may contain; anything else is shown as text."""

FONT_MARK = "/*font*/"
EMPTY_CONTENTS = '<nav aria-label="目录"></nav>'


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
    config.SanitizeHTML.tags = TAGS
    config.SanitizeHTML.safe_output_keys = {
        "metadata",
        "text/plain",
        "image/png",
        "image/svg+xml",
    }  # only in <img>
    config.NbConvertBase.display_data_priority = [
        "text/html",
        "image/svg+xml",
        "image/png",
        "text/markdown",
        "text/plain",
    ]
    config.SanitizeHTML.attributes = {"*": ["class"], "a": ["href", "title"]}
    exporter = HTMLExporter(
        config=config,
        template_name="report",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        sanitize_html=True,
    )
    exporter.environment.filters["base64"] = lambda text: base64.b64encode(text.encode()).decode("ascii")
    return exporter


def to_html(notebook, title: str) -> str:
    """A notebook as a page.

    Parameters
    ----------
    notebook : NotebookNode
        Executed; it is not changed.
    title : str
        Plain text for the browser's title bar.

    Returns
    -------
    str
        HTML: code hidden, outputs sanitised, alt texts kept, a table of contents of the
        second-level headings. The same notebook gives the same page.
    """
    resources = {"title": title, "style": style(), "csp": CSP}
    page, _ = _exporter().from_notebook_node(deepcopy(notebook), resources=resources)
    return finish(_with_contents(page))


def without_times(notebook):
    """The notebook without what papermill and the kernel note about the run, so that it is reproducible."""
    plain = deepcopy(notebook)
    plain.metadata.pop("papermill", None)
    for number, cell in enumerate(plain.cells):
        cell.id = f"c{number:02d}"
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
    return plain


def _html(notebook, title: str) -> bytes:
    return to_html(notebook, title).encode("utf-8", "replace")


def _ipynb(notebook, _title: str) -> bytes:
    import nbformat

    return nbformat.writes(without_times(notebook)).encode("utf-8", "replace")


def _blocks(notebook) -> list[dict]:
    """What the outputs and texts of a notebook say, sanitised as its page is."""
    page = to_html(notebook, "")
    return blocks(page[page.index("<main>") + len("<main>") : page.rindex("</main>")])


def _docx(notebook, title: str) -> bytes:
    return to_docx(_blocks(notebook), title)


def _pdf(notebook, title: str) -> bytes:
    return to_pdf(_blocks(notebook), title)


RENDERERS: dict[str, Callable[..., bytes]] = {"html": _html, "docx": _docx, "pdf": _pdf, "ipynb": _ipynb}
"""The formats of a report: each takes the executed notebook, which it does not change, and the title."""


def _with_contents(page: str) -> str:
    """Anchors on the second-level headings, and the table of contents that leads to them."""
    names: list[str] = []

    def anchored(heading: re.Match) -> str:
        names.append(re.sub("<[^>]*>", "", heading[1]))
        return f'<h2 id="s{len(names)}">{heading[1]}</h2>'

    page = re.sub(r"<h2[^>]*>(.*?)</h2>", anchored, page)
    links = "".join(f'<li><a href="#s{i}">{name}</a></li>' for i, name in enumerate(names, 1))
    return page.replace(EMPTY_CONTENTS, EMPTY_CONTENTS.replace("></nav>", f"><ol>{links}</ol></nav>"), 1)


def index_page(title: str, meta: str, body: str) -> str:
    """A page around tables that are safe already.

    Parameters
    ----------
    title, meta : str
        Plain text.
    body : str
        Markup of `zwxm_core.tables`.
    """
    import jinja2

    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    page = environment.get_template("index.html.j2").render(
        title=title, meta=meta, body=body, style=style(), csp=CSP
    )
    return finish(page)
