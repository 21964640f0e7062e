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

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
WITH_OUTPUTS = ["00_start_here.ipynb"]


def refresh(path: Path) -> None:
    """Execute one notebook in place; only outputs and execution counts may change."""
    notebook = nbformat.read(path, as_version=4)
    metadata = deepcopy(notebook.metadata)
    NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    notebook.metadata = metadata
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for name in WITH_OUTPUTS:
        refresh(NOTEBOOKS / name)
    subprocess.run([sys.executable, "-m", "tests.reporting.golden"], check=True, cwd=NOTEBOOKS.parent)
