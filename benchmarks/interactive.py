"""How fast the explorers answer in a real browser: `python benchmarks/interactive.py [ROUNDS]`.

One run times, in Chromium, from a slider's input event to the changed chart and the changed verdict:
our SVG chart; the same chart drawn by matplotlib into an Output widget, with the same verdict computed
by the same code; and the whole explorer, 100,000 draws and four charts. Then page ready, cold and preheated.
"""

from __future__ import annotations

import secrets
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
from playwright.sync_api import sync_playwright

from zwxm_core.interactive.serve import HERE, free_port, serve_pages

START = """
from zwxm_core.interactive.build_or_buy import BuildOrBuy, verdict_lines
page = BuildOrBuy(project="LS2026-25")
"""
CELLS = {
    "whole": "page",
    "svg": """
import ipywidgets as widgets
from zwxm_core.interactive import live_charts
from zwxm_core.interactive.widgets import Knobs, LiveChart, Sentence
knobs, verdict, chart = Knobs(knobs=page.knobs.knobs, values=page.knobs.values), Sentence(), LiveChart()
def show(_=None):
    one = page.scenario.moved(knobs.values)
    verdict.say("yes", *verdict_lines(one))
    chart.spec = live_charts.cumulative_cost(one.compared)
knobs.observe(show, "values")
show()
widgets.VBox([knobs, verdict, chart])
""",
    "output": """
import ipywidgets as widgets
from IPython.display import display
from zwxm_core import charts
from zwxm_core.interactive.widgets import Knobs, Sentence
knobs, verdict, place = Knobs(knobs=page.knobs.knobs, values=page.knobs.values), Sentence(), widgets.Output()
def show(_=None):
    one = page.scenario.moved(knobs.values)
    verdict.say("yes", *verdict_lines(one))
    with place:
        place.clear_output(wait=True)
        display(charts.show(charts.cumulative_cost(one.compared)))
knobs.observe(show, "values")
show()
widgets.VBox([knobs, verdict, place])
""",
}  # fmt: skip
CHART = {
    "whole": "figure.zwxm-chart >> nth=3",
    "svg": "figure.zwxm-chart",
    "output": ".jupyter-widgets.widget-output, .widget-output",
}

TIMED = """
async ([chart, verdict, slider, values]) => {
  const next = target => new Promise(done => {
    const seen = new MutationObserver(() => {
      const pictures = [...target.querySelectorAll("img")];
      if (target.matches(".widget-output, .jupyter-widgets") && !pictures.length) return;
      seen.disconnect();
      Promise.all(pictures.map(picture => picture.decode().catch(() => {}))).then(() => done(performance.now()));
    });
    seen.observe(target, {childList: true, subtree: true, attributes: true, attributeFilter: ["data-drawn", "src"]});
  });
  const times = [];
  for (const value of values) {
    const changed = [next(chart), next(verdict)];
    slider.value = value;
    const start = performance.now();
    slider.dispatchEvent(new Event("input"));
    const ends = await Promise.race([Promise.all(changed), new Promise(done => setTimeout(done, 20000, null))]);
    if (ends === null) throw new Error("nothing changed at " + value);
    times.push(Math.max(...ends) - start);
    await new Promise(done => setTimeout(done, 250));
  }
  return times;
}
"""


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        for name, cell in CELLS.items():
            cells = [
                nbformat.v4.new_markdown_cell(f"# {name}"),
                nbformat.v4.new_code_cell(START),
                nbformat.v4.new_code_cell(cell),
            ]
            kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
            nbformat.write(
                nbformat.v4.new_notebook(cells=cells, metadata=kernel), Path(folder, f"{name}.ipynb")
            )
        quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=quiet)
        print("slider to changed chart and verdict, ms", "median", "p95", sep="\t")
        with Server(folder, 0) as server:
            timed = {name: moved(browser, server, name, rounds) for name in ("output", "svg", "whole")}
            cold = [ready(browser, server) for _ in range(5)]
        words = {
            "output": "matplotlib into an Output widget",
            "svg": "own SVG chart",
            "whole": "explorer, 100,000 draws, 4 charts",
        }
        for name, times in timed.items():
            told(words[name], times)
        base = statistics.median(timed["output"])
        for name in ("svg", "whole"):
            print(
                f"{words[name]}: {base / statistics.median(timed[name]):.1f} times as fast as matplotlib in Output"
            )
        with Server(folder, 1) as server:
            warm = []
            for _ in range(5):
                time.sleep(20)  # until the next kernel stands ready
                warm.append(ready(browser, server))
        told("page ready, cold, s", cold)
        told("page ready, preheated, s", warm)
        print(f"preheated takes {statistics.median(warm) / statistics.median(cold):.2f} of the cold time")
        browser.close()


class Server:
    """Our pages in a process of their own."""

    def __init__(self, folder: str, pool: int):
        self.port, self.token = free_port(8950), secrets.token_urlsafe(12)
        command = [sys.executable, __file__, "serve", folder, str(self.port), self.token, str(pool)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)

    def address(self, path: str = "") -> str:
        return f"http://{HERE}:{self.port}/{path}?token={self.token}"

    def __enter__(self):
        for _ in range(300):
            try:
                urllib.request.urlopen(self.address()).close()
                return self
            except urllib.error.URLError:
                time.sleep(0.2)
        raise TimeoutError

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)


def opened(browser, server: Server, name: str):
    page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
    page.goto(server.address(f"voila/render/{name}.ipynb"), timeout=120_000)
    page.wait_for_selector(".zwxm-knobs input", timeout=120_000)
    page.wait_for_selector("figure.zwxm-chart svg, .widget-output img", timeout=120_000)
    return page


def moved(browser, server: Server, name: str, rounds: int) -> list[float]:
    """Milliseconds from the slider to the changed chart and verdict, the first five left out."""
    page = opened(browser, server, name)
    time.sleep(2)
    slider = page.get_by_role("slider").first
    chart = page.locator(CHART[name]).first
    verdict = page.locator(".zwxm-sentence:not([hidden])").first
    values = [str(30 + 0.1 * (n * 7 % 200)) for n in range(rounds + 5)]
    handles = [one.element_handle() for one in (chart, verdict, slider)]
    times = page.evaluate(TIMED, [*handles, values])
    page.context.close()
    return times[5:]


def ready(browser, server: Server) -> float:
    """Seconds until the explorer's charts are on the page."""
    start = time.monotonic()
    page = opened(browser, server, "whole")
    took = time.monotonic() - start
    page.context.close()
    return took


def told(words: str, times: list[float]) -> None:
    last = sorted(times)[min(len(times) - 1, round(0.95 * (len(times) - 1)))]
    print(words, f"{statistics.median(times):.1f}", f"{last:.1f}", sep="\t")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve_pages(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
