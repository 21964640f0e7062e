"""The engine ``zwxm`` against papermill's own: one behaviour a notebook, then every report template."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path

import nbformat
import papermill
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from zwxm_core.reporting import KINDS, shell
from zwxm_core.reporting.engine import ForkEngine
from zwxm_core.reporting.execute import empty_home
from zwxm_core.resources import collection

pytestmark = pytest.mark.slow

ENGINES = ("zwxm", "nbclient")


def cell(source: str, *tags: str, kind: str = "code"):
    made = nbformat.v4.new_code_cell(source) if kind == "code" else nbformat.v4.new_markdown_cell(source)
    made.metadata.tags = list(tags)
    return made


BEHAVIOURS = {
    "results, prints and None": ["1 + 1", "print('甲'); print('乙')", "None", "_ = 5", "3;"],
    "parameters take the place of defaults": [cell("a, b = 1, 2", "parameters"), "a, b"],
    "without a cell for parameters they come first": ["a"],
    "injected parameters are replaced": [cell("a = 0", "injected-parameters"), "a"],
    "an error stops at its cell and later cells are not run": ["1", "def f():\n    return 1 / 0\nf()", "2"],
    "a syntax error is an error of its cell": ["1", "def (", "2"],
    "an error with a text of its own": ["class Own(Exception): pass\nraise Own('金额 <b> 不对')", "2"],
    "an error that is expected goes on, and fails in the end": [cell("1/0", "raises-exception"), "2"],
    "a skipped cell is not run": [cell("1/0", "skip-execution"), "2"],
    "empty cells and prose are left alone": ["", "  \n", cell("# 题", kind="markdown"), "1"],
    "sys.exit(0) stops the notebook without an error": ["1", "import sys; sys.exit(0)", "2"],
    "sys.exit() stops the notebook without an error": ["import sys; sys.exit()", "2"],
    "sys.exit(1) is an error": ["import sys; sys.exit(1)", "2"],
    "SystemExit with a message is an error": ["raise SystemExit('不行')", "2"],
    "a keyboard interrupt stops the notebook": ["1", "raise KeyboardInterrupt", "2"],
    "standard error stands beside standard output": ["import sys; print('err', file=sys.stderr); print('out')"],
    "warnings go to standard error": ["import warnings; warnings.warn('小心', stacklevel=1)"],
    "old habits are warned of in the notebook only": ["import warnings; warnings.warn('旧', DeprecationWarning)"],
    "programs and descriptors are heard": ["import os; _ = os.system('echo aloud')", "!echo magic", "os.write(1, b'x')"],
    "magics of lines and cells": ["%pwd\n1", "%%capture caught\nprint('hidden')", "caught.stdout", "%%writefile /dev/null\nhi"],
    "a magic that does not exist": ["%nosuchmagic", "2"],
    "rich displays keep their order and their kinds": [
        "from IPython.display import HTML, Markdown, display\nprint('a'); display(HTML('<b>b</b>')); print('c'); Markdown('*d*')"
    ],
    "a display is updated where it stands, from a later cell": [
        "from IPython.display import display\nh = display('one', display_id='d')\nprint('after')",
        "h.update('two')", "h.display('three')",
    ],
    "outputs are cleared at once, or with the next one": [
        "from IPython.display import clear_output\nprint('gone'); clear_output(); print('stays')",
        "print('gone'); clear_output(wait=True); print('stays')", "print('stays'); clear_output(wait=True)",
    ],
    "an object that cannot be shown": ["class Bad:\n    def __repr__(self): raise ValueError('no')\nBad()", "2"],
    "a picture of matplotlib": ["import matplotlib.pyplot as plt\n_ = plt.plot([1, 2])", "plt.rcParams['backend']"],
    "widgets leave their fallback and their state": ["import ipywidgets as w\nw.IntSlider(value=3, description='甲')"],
    "await at the top of a cell": ["import asyncio\nawait asyncio.sleep(0)\n'slept'"],
    "names live on, as in one module": ["import pickle\nclass A: pass", "pickle.loads(pickle.dumps(A())).__module__", "__name__"],
    "input is refused": ["input('谁？')", "2"],
    "history of inputs and outputs": ["40 + 2", "Out[1 + 1] if 2 in Out else _", "In[-2]"],
    "logging is as a fresh Python has it": ["import logging; logging.warning('注意'); logging.info('不说')"],
    "a long output": ["print('长' * 200_000)"],
}  # fmt: skip

PARAMETERS = {
    "parameters take the place of defaults": {"a": '\'; import os\n"""', "b": [1.5, None, {"甲": True}]},
    "without a cell for parameters they come first": {"a": 7},
    "injected parameters are replaced": {"a": 7},
}


def executed(engine: str, notebook, parameters: dict, folder: Path, **options):
    """What papermill leaves, and the error it raised."""
    try:
        told = papermill.execute_notebook(
            notebook, None, parameters, engine_name=engine, kernel_name="python3", progress_bar=False,
            cwd=str(folder), **options,
        )  # fmt: skip
    except PapermillExecutionError as error:
        return None, (error.cell_index, error.exec_count, error.ename, error.evalue)
    return told, None


def plain(notebook, tmp_path: Path) -> dict:
    """A notebook without times and without what differs from process to process."""
    text = nbformat.writes(nbformat.from_dict(notebook)).replace(str(tmp_path), "")
    states = json.loads(text)["metadata"].get("widgets", {}).values()
    found = json.loads(re.sub(r"\b[0-9a-f]{32}\b", "model", text))
    for one in found["cells"]:
        one.pop("id", None)
        one["metadata"].pop("execution", None)
        papers = one["metadata"].get("papermill", {})
        one["metadata"]["papermill"] = {k: papers.get(k) for k in ("exception", "status")}
        if one["cell_type"] == "code":
            one["outputs"] = _outputs(one["outputs"])
    found["metadata"].pop("papermill", None)
    found["metadata"]["widgets"] = [sorted(w["model_name"] for w in s["state"].values()) for s in states]
    return found


def _outputs(outputs: list[dict]) -> list[dict]:
    """Outputs with each stream told once, whatever the pieces in which it came, tracebacks without addresses."""
    streams: dict[str, str] = {}
    rest = []
    for out in outputs:
        if out["output_type"] == "stream":
            streams[out["name"]] = streams.get(out["name"], "") + "".join(out["text"])
            continue
        if out["output_type"] == "error":
            lines = [re.sub(r"\x1b\[[\d;]*m|0x[0-9a-f]+", "", line) for line in out["traceback"]]
            out["traceback"] = [
                line for line in lines if not line.startswith("File ")
            ]  # of the kernel itself
        rest.append(out)
    told = [
        {"stream": k, "text": re.sub(r"ipykernel_\d+", "ipykernel", v)} for k, v in sorted(streams.items())
    ]
    return told + rest


def partial(engine: str, notebook, parameters: dict, folder: Path):
    """The notebook as it was written last, also where it failed."""
    out = folder / f"{engine}.ipynb"
    error = None
    try:
        papermill.execute_notebook(
            notebook, str(out), parameters, engine_name=engine, kernel_name="python3", progress_bar=False,
            cwd=str(folder),
        )  # fmt: skip
    except PapermillExecutionError as raised:
        error = (raised.cell_index, raised.exec_count, raised.ename, raised.evalue)
    return plain(nbformat.read(out, 4), folder), error


def behaving(engine: str, behaviour: str, folder: Path):
    """A notebook of one behaviour, executed."""
    made = nbformat.v4.new_notebook()
    made.metadata.kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    made.cells = [cell(c) if isinstance(c, str) else c for c in BEHAVIOURS[behaviour]]
    source = folder / "in.ipynb"
    nbformat.write(made, source)
    return partial(engine, str(source), PARAMETERS.get(behaviour, {}), folder)


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_the_engine_behaves_as_papermills_own(behaviour, tmp_path, monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with it ipykernel does not listen to descriptors
    ours, theirs = (behaving(engine, behaviour, tmp_path) for engine in ENGINES)
    assert ours == theirs
    assert any(c.get("execution_count") for c in ours[0]["cells"])


def test_a_shell_built_beforehand_behaves_as_one_of_the_forks_own(tmp_path):
    def beforehand(pipe) -> None:
        with empty_home():
            shell.built()
        pipe.send([behaving("zwxm", behaviour, tmp_path) for behaviour in BEHAVIOURS])

    context = get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=beforehand, args=(theirs,))
    process.start()
    theirs.close()
    told = ours.recv()
    process.join()
    for behaviour, one in zip(BEHAVIOURS, told, strict=True):
        assert one == behaving("zwxm", behaviour, tmp_path), behaviour


@pytest.mark.parametrize("kind", KINDS)
def test_every_report_template_comes_out_the_same_from_both_engines(kind, tmp_path):
    told = []
    for engine in ENGINES:
        notebook, error = executed(engine, str(collection(f"notebooks/reports/{kind}.ipynb")), {}, tmp_path)
        assert error is None
        told.append(plain(notebook, tmp_path))
    assert told[0] == told[1]
    assert len([c for c in told[0]["cells"] if c["cell_type"] == "code" and c["outputs"]]) > 5


def test_the_command_of_papermill_finds_the_engine_and_its_parameters(tmp_path):
    command = [
        sys.executable, "-m", "papermill", "--engine", "zwxm", collection("notebooks/reports/acceptance.ipynb"),
        tmp_path / "out.ipynb", "-p", "project", "LS2026-05", "--no-progress-bar",
    ]  # fmt: skip
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "LS2026-05" in (tmp_path / "out.ipynb").read_text(encoding="utf-8")


@pytest.fixture
def sleepy(tmp_path):
    made = nbformat.v4.new_notebook(
        cells=[cell("print('so far')"), cell("import time\nprint('on')\ntime.sleep(99)")]
    )
    made.metadata.kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    path = tmp_path / "sleepy.ipynb"
    nbformat.write(made, path)
    return str(path)


def test_a_cell_over_its_time_raises_what_papermills_own_does(sleepy, tmp_path):
    out = tmp_path / "out.ipynb"
    with pytest.raises(CellTimeoutError):
        papermill.execute_notebook(
            sleepy, str(out), engine_name="zwxm", execution_timeout=1, progress_bar=False
        )
    first, second = nbformat.read(out, 4).cells
    assert (first.execution_count, second.execution_count) == (1, None)


def test_a_fork_that_dies_raises_what_papermills_own_does(tmp_path):
    made = nbformat.v4.new_notebook(cells=[cell("import os; os._exit(3)"), cell("1")])
    with pytest.raises(DeadKernelError):
        papermill.execute_notebook(made, None, engine_name="zwxm", kernel_name="python3", progress_bar=False)


@pytest.mark.parametrize("tag", [None, "raises-exception"])
def test_what_comes_after_an_error_is_done_only_where_the_error_is_expected(tag, tmp_path):
    later = f"open({str(tmp_path / 'later')!r}, 'w').close()"
    made = nbformat.v4.new_notebook(cells=[cell("1/0", *filter(None, [tag])), cell(later)])
    with pytest.raises(PapermillExecutionError):
        papermill.execute_notebook(made, None, engine_name="zwxm", kernel_name="python3", progress_bar=False)
    assert (tmp_path / "later").exists() == (tag is not None)


def test_a_notebook_for_another_kernel_goes_to_papermills_own_engine(monkeypatch):
    from papermill.engines import NBClientEngine

    asked = []
    monkeypatch.setattr(
        NBClientEngine, "execute_managed_notebook",
        classmethod(lambda cls, man, name, **_: asked.append(name)),
    )  # fmt: skip
    made = nbformat.v4.new_notebook(cells=[cell("1")])
    made.metadata.kernelspec = {"display_name": "R", "language": "R", "name": "ir"}
    made.metadata.papermill = {}
    ForkEngine.execute_notebook(made, "ir", progress_bar=False)
    assert asked == ["ir"]


def test_where_there_is_no_fork_papermills_own_engine_is_used(monkeypatch):
    from papermill.engines import NBClientEngine

    from zwxm_core.reporting import forked

    asked = []
    monkeypatch.delattr(forked.os, "fork")
    monkeypatch.setattr(
        NBClientEngine, "execute_managed_notebook",
        classmethod(lambda cls, man, name, **_: asked.append(name)),
    )  # fmt: skip
    made = nbformat.v4.new_notebook(cells=[cell("1")])
    made.metadata.papermill = {}
    ForkEngine.execute_notebook(made, "python3", progress_bar=False)
    assert asked == ["python3"]
