"""Run the notebooks that are committed with outputs, and keep what they show: `start.py refresh`.

The golden texts of the reports are written anew as well.
"""

from __future__ import annotations

import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from zwxm_core.interactive import training

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
WITH_OUTPUTS = ["00_start_here.ipynb", "explore/*.ipynb", "training/*.ipynb"]
WIDGET = "application/vnd.jupyter.widget-view+json"


def refresh(path: Path) -> None:
    """Execute one notebook in place; only outputs, execution counts and what is generated may change."""
    notebook = nbformat.read(path, as_version=4)
    if path.parent.name == "training":
        generate(path.stem, notebook)
    metadata = deepcopy(notebook.metadata)
    NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    notebook.metadata = metadata
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):  # a widget lives only as long as its kernel
            output.get("data", {}).pop(WIDGET, None)
    nbformat.write(notebook, path)


def generate(stem: str, notebook) -> None:
    """Write the headings and links of a lesson, and the clauses it teaches, from the course."""
    texts = training.generated(stem)
    for cell in notebook.cells:
        for tag in texts.keys() & cell.metadata.get("tags", []):
            cell.source = texts[tag]
    if taught := training.metadata(stem):
        notebook.metadata["zwxm"] = taught


if __name__ == "__main__":
    for pattern in sys.argv[1:] or WITH_OUTPUTS:
        for found in sorted(NOTEBOOKS.glob(pattern)):
            refresh(found)
    subprocess.run([sys.executable, "-m", "tests.reporting.golden"], check=True, cwd=NOTEBOOKS.parent)
