"""One report of each kind, run from its notebook over the samples, as plain text: what golden files pin.

``start.py refresh`` writes the files anew; read the difference as an official would before committing it.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from zwxm_core.reporting import KINDS
from zwxm_core.resources import collection

FOLDER = Path(__file__).with_name("golden")

PROJECTS = {
    "evaluation": "LS2026-21",
    "adjustment_review": "LS2024-03",
    "acceptance": "LS2024-01",
    "monitoring": "LS2024-32",
    "self_evaluation": "LS2023-02",
    "post_assessment": "LS2023-01",
    "annual_review": None,
}
"""The sample project of each kind; the annual review speaks of them all."""


@cache
def executed(kind: str):
    """The notebook of a kind after papermill ran it over the samples."""
    import papermill

    project = PROJECTS[kind]
    return papermill.execute_notebook(
        str(collection(f"notebooks/reports/{kind}.ipynb")),
        None,
        parameters={} if project is None else {"project": project},
        kernel_name="python3",
        progress_bar=False,
    )


def shown(notebook) -> list[str]:
    """What each cell shows: prose, tables as plain text, pictures as their alt texts."""
    told = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            told.append(cell.source)
        for output in cell.get("outputs", ()):
            told.append(output["data"]["text/plain"] if "data" in output else output["text"])
    return told


def plain(notebook) -> str:
    """The whole report as text; hashes and the version of the program, which say nothing of it, left out."""
    text = "\n\n".join(one.strip() for one in shown(notebook))
    text = re.sub(r"\b[0-9a-f]{64}\b", "（指纹）", text)
    text = re.sub(r"zwxm-core [\w.]+", "zwxm-core（版本）", text)
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE) + "\n"


def refresh() -> None:
    """Write the golden files anew."""
    FOLDER.mkdir(exist_ok=True)
    for kind in KINDS:
        (FOLDER / f"{kind}.txt").write_text(plain(executed(kind)), encoding="utf-8")


if __name__ == "__main__":
    refresh()
