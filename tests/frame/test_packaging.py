"""One list of dependencies, told the same everywhere."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "pyproject.toml").read_text("utf-8")
PROJECT = tomllib.loads(TEXT)["project"]
EXTRAS = PROJECT["optional-dependencies"]
# Import name -> distribution, where they differ.
DISTRIBUTION = {
    "_pytest": "pytest",
    "yaml": "pyyaml",
    "jupyter_client": "jupyter-client",
    "python_calamine": "python-calamine",
    "charset_normalizer": "charset-normalizer",
    "fontTools": "fonttools",
    "numpy_financial": "numpy-financial",
    "PIL": "pillow",
    "pypandoc": "pypandoc-binary",
    "chinese_calendar": "chinesecalendar",
}


def name_of(requirement: str) -> str:
    return re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")


def requirements(*extras: str) -> dict[str, str]:
    """Name -> requirement, without the references of one extra to another."""
    listed = [*PROJECT["dependencies"], *(r for extra in extras for r in EXTRAS[extra])]
    return {name_of(r): r.lower() for r in listed if not r.startswith(PROJECT["name"])}


def test_conda_names_the_same_things_with_the_same_bounds():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    conda = [d for d in listed if isinstance(d, str) and name_of(d) not in ("python", "pip")]
    pip = next(d["pip"] for d in listed if isinstance(d, dict))
    assert sorted(r.lower() for r in conda + pip) == sorted(requirements(*EXTRAS).values())
    assert f"python{PROJECT['requires-python']}" in listed


def test_the_packages_that_the_users_named_are_installed():
    named = {"jupyterlab", "ipywidgets", "pandas", "matplotlib", "papermill", "nbval"}
    assert named <= requirements(*EXTRAS).keys()


def test_a_library_user_installs_three_packages():
    assert requirements().keys() == {"numpy", "pyyaml", "chinesecalendar"}


def test_the_demo_installs_no_test_tool_and_no_browser_driver():
    assert not requirements("excel", "report").keys() & {
        "pytest", "hypothesis", "nbval", "jupyterlab", "scipy", "playwright", "mutmut", "ruff", "mypy",
    }  # fmt: skip


@pytest.mark.parametrize("requirement", sorted(requirements(*EXTRAS).values()))
def test_a_dependency_says_what_it_is_for_and_its_licence(requirement):
    line = next(line for line in TEXT.splitlines() if line.strip().lower().startswith(f'"{requirement}"'))
    assert re.search(r"# .{8,} · \S+", line), line


def test_a_constraint_pins_every_dependency_and_names_no_host():
    text = (ROOT / "constraints.txt").read_text("utf-8")
    pins = dict(line.split("==") for line in text.splitlines()[1:])
    assert requirements(*EXTRAS).keys() <= {name_of(name) for name in pins}
    assert "://" not in text
    assert " @ " not in text


def imports_of(path: Path) -> set[str]:
    """Top-level names that a module imports, from outside the project and the standard library."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    own = {"zwxm_core", "tests", "start", "benchmarks"}
    return {DISTRIBUTION.get(n, n.lower()) for n in names - own - set(sys.stdlib_module_names)}


@pytest.mark.parametrize(
    ("folder", "extras"),
    [("zwxm_core", ("excel", "report", "economics", "notebooks", "dask")), ("tests", tuple(EXTRAS))],
)
def test_what_is_imported_is_declared(folder, extras):
    used = set().union(*(imports_of(path) for path in (ROOT / folder).rglob("*.py")))
    neighbours = {path.stem for path in (ROOT / folder).rglob("*.py")}
    on_demand = {"mutmut", "libcst", "coverage"}  # mutmut and what it rests on: `start.py mutation` alone
    assert used - neighbours - on_demand <= requirements(*extras).keys()
