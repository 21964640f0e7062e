"""A library user and `zwxm --help` wait for nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "numpy", "pandas", "matplotlib", "papermill", "nbformat", "nbconvert", "nbclient", "IPython", "openpyxl",
    "python_calamine", "xlsxwriter", "fontTools", "jsonschema",
}  # fmt: skip


def loaded_by(code: str) -> set[str]:
    """Top-level modules in sys.modules after running the code in a process of its own."""
    report = "\nimport sys; print('LOADED', *sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", code + report], capture_output=True, text=True, encoding="utf-8"
    )
    assert "LOADED" in done.stdout, done.stderr
    return set(done.stdout.split("LOADED")[1].split())


def test_importing_the_package_loads_nothing_heavy():
    assert loaded_by("import zwxm_core") & (HEAVY | {"yaml"}) == set()


@pytest.mark.parametrize("argv", [["--help"], ["assess", "--help"], ["report", "--help"]])
def test_asking_for_help_loads_nothing_heavy(argv):
    code = (
        "import sys\n"
        f"sys.argv = ['zwxm', *{argv!r}]\n"
        "from zwxm_core.cli import main\n"
        "try:\n    code = main()\nexcept SystemExit as e:\n    code = e.code\n"
        "assert not code, code\n"
    )
    assert loaded_by(code) & HEAVY == set()


def test_every_public_name_is_there():
    import zwxm_core

    for name in dir(zwxm_core):
        assert getattr(zwxm_core, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        zwxm_core.nothing  # noqa: B018
