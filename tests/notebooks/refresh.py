"""Run the notebooks that are committed with outputs, and keep what they show: `start.py refresh`."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
WITH_OUTPUTS = [
    "00_start_here.ipynb",
    *(f"explore/{p.name}" for p in sorted(NOTEBOOKS.glob("explore/*.ipynb"))),
]
VIEW = "application/vnd.jupyter.widget-view+json"


def refresh(path: Path) -> None:
    """Execute one notebook in place; only outputs and execution counts may change."""
    notebook = nbformat.read(path, as_version=4)
    metadata = deepcopy(notebook.metadata)
    NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    notebook.metadata = metadata
    for output in (output for cell in notebook.cells for output in cell.get("outputs", ())):
        if VIEW in output.get("data", {}):  # the widget's id is another in every run
            output.data[VIEW] = {"version_major": 2, "version_minor": 0, "model_id": "0" * 32}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for name in WITH_OUTPUTS:
        refresh(NOTEBOOKS / name)
