"""What lives in the browser: a chart, a panel of drivers, a sentence. No build, no request elsewhere.

Their scripts stand in ``static/`` and put every text on the page as a text node.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import anywidget
import ipywidgets as widgets
import traitlets

from zwxm_core.fonts import CSS_FAMILIES
from zwxm_core.tables import Html

NOTHING = Html("")

STATIC = Path(__file__).with_name("static")
STYLE = (STATIC / "style.css").read_text("utf-8").replace("FONT_FAMILIES", CSS_FAMILIES)


def _script(name: str) -> str:
    return (STATIC / name).read_text("utf-8")


class LiveChart(anywidget.AnyWidget):
    """A chart drawn from a description of `live_charts`.

    ``picked`` is ``"column row moment"`` of the cell last chosen, by mouse or keyboard.
    """

    _esm = _script("chart.js")
    _css = STYLE
    spec = traitlets.Dict().tag(sync=True)
    picked = traitlets.Unicode().tag(sync=True)


class Knobs(anywidget.AnyWidget):
    """A panel of drivers, each a slider beside a typed entry.

    ``values`` are texts by name, whatever the browser sent; ``commits`` counts the changes that
    were finished (slider let go, entry left).
    """

    _esm = _script("knobs.js")
    _css = STYLE
    knobs: traitlets.List = traitlets.List().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    commits = traitlets.Int(0).tag(sync=True)


class Sentence(anywidget.AnyWidget):
    """A conclusion in lines of plain text, announced when it changes; ``tone`` as in `zwxm_core.tables.TONES`."""

    _esm = _script("sentence.js")
    _css = STYLE
    tone = traitlets.Unicode("na").tag(sync=True)
    lines = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def say(self, tone: str, *lines: str) -> None:
        """Show lines in one message."""
        with self.hold_sync():
            self.tone, self.lines = tone, [line for line in lines if line]


class Download(anywidget.AnyWidget):
    """A button that hands the browser a file.

    Parameters
    ----------
    label : str
    make : callable
        Gives (file name, bytes); an error it raises is told by ``failed``.
    failed : callable
        Takes one Chinese sentence.
    """

    _esm = _script("download.js")
    _css = STYLE
    label = traitlets.Unicode().tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)

    def __init__(self, label: str, make: Callable[[], tuple[str, bytes]], failed: Callable[[str], None]):
        super().__init__(label=label)
        self._make, self._failed = make, failed
        self.on_msg(self._asked)

    def _asked(self, _widget, _content, _buffers) -> None:
        self.busy = True
        try:
            name, data = self._make()
        except (OSError, ValueError) as error:
            self._failed(str(error))
        else:
            self.send({"name": name}, [data])
        finally:
            self.busy = False


def table_of(markup: Html = NOTHING) -> widgets.HTML:
    """A place for tables of `zwxm_core.tables`, whose texts are escaped."""
    place = widgets.HTML(markup.markup)
    place.add_class("zwxm-table")
    return place


def columns(*parts: widgets.Widget, count: int = 2) -> widgets.GridBox:
    """Parts side by side, so many in a row."""
    layout = widgets.Layout(grid_template_columns=f"repeat({count}, minmax(0, 1fr))", grid_gap="2px 10px")
    return widgets.GridBox(list(parts), layout=layout)


def dropdown(description: str, options: list) -> widgets.Dropdown:
    """A choice with its name before it."""
    return widgets.Dropdown(
        options=options, description=description, style={"description_width": "initial"},
        layout=widgets.Layout(width="auto", max_width="440px"),
    )  # fmt: skip


def button(text: str, done: Callable[[], None]) -> widgets.Button:
    """A button that does one thing."""
    made = widgets.Button(
        description=text, layout=widgets.Layout(width="auto", align_self="flex-start", flex="0 0 auto")
    )
    made.on_click(lambda _: done())
    return made


def upload(text: str, accept: str, take: Callable[[str, bytes], None]) -> widgets.FileUpload:
    """A button that opens a file of the user's; it may be used again and again."""
    made = widgets.FileUpload(accept=accept, description=text)

    def chosen(change) -> None:
        if change["new"]:
            file = change["new"][0]
            take(str(file["name"]), bytes(file["content"]))
            made.value = ()

    made.observe(chosen, "value")
    return made


def row(*parts: widgets.Widget) -> widgets.HBox:
    """Parts in a line that breaks where the page is narrow."""
    return widgets.HBox(list(parts), layout=widgets.Layout(flex_flow="row wrap"))


def panel(left: widgets.Widget, right: list[widgets.Widget]) -> widgets.HBox:
    """What is entered on the left, what follows on the right."""
    left.layout = widgets.Layout(width="330px", flex="0 0 330px")
    wide = widgets.Layout(flex="1 1 auto", min_width="0", padding="0 0 0 10px")
    return widgets.HBox([left, widgets.VBox(right, layout=wide)])


class Page:
    """What a notebook shows of an explorer: its view, and a plain sentence where nothing lives."""

    view: widgets.Widget
    title = ""
    quiet = False

    def _repr_mimebundle_(self, **chosen):
        shown = self.view._repr_mimebundle_(**chosen)
        data = shown[0] if isinstance(shown, tuple) else shown
        return {**(data or {}), "text/plain": f"〔{self.title}：运行本单元后在此操作〕"}

    @contextmanager
    def silence(self):
        """While it holds, changes that the page makes itself set nothing off."""
        before, self.quiet = self.quiet, True
        try:
            yield
        finally:
            self.quiet = before

    def silently(self, control: widgets.Widget, **values: object) -> None:
        """Set a control without setting anything off."""
        with self.silence():
            for name, value in values.items():
                setattr(control, name, value)
