"""Set up and run: `python3 start.py demo` (Linux), `py start.py demo` (Windows).

Standard library only. Each verb makes .venv beside this file when it is missing, installs what
that verb needs by constraints.txt, and installs again only when pyproject.toml or
constraints.txt changed. What follows the verb goes to the tool: `start.py test -k money`.
"""

import sys

# Old Pythons must be able to read the file up to here.
if sys.version_info < (3, 11):
    sys.exit(
        "需要 Python 3.11 或更新版本，现为 %s。 / Python 3.11 or newer is needed." % sys.version.split()[0]
    )

import hashlib
import json
import os
import re
import subprocess
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
CONSTRAINTS = ROOT / "constraints.txt"
STAMP = VENV / "zwxm-installed.json"
EXTRAS = ["report", "test", "lint"]  # all that lock pins; excel is part of report, the rest of test
IMPLIED = {"test": {"report", "notebooks", "economics", "dask"}, "notebooks": {"report"}, "dask": {"report"}}


def bin_of(venv: Path, name: str) -> str:
    """A program of a virtual environment."""
    return str(venv / "Scripts" / f"{name}.exe" if os.name == "nt" else venv / "bin" / name)


def run(*command: object, **variables: str) -> int:
    """Run a command in the project's folder and return its exit code; `variables` join its environment."""
    env = {**os.environ, "PYTHONUTF8": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", **variables}
    try:
        return subprocess.call([str(c) for c in command], cwd=ROOT, env=env)
    except KeyboardInterrupt:
        return 130


def make_venv(venv: Path) -> None:
    """An empty virtual environment with pip, or one line that says what is missing."""
    try:
        import ensurepip
        import venv as venv_module
    except ImportError:
        sys.exit(
            "缺少 Python 的 venv 模块：Debian/Ubuntu/麒麟请先运行 apt install python3-venv。"
            " / Python's venv module is missing: apt install python3-venv"
        )
    del ensurepip
    venv_module.create(venv, with_pip=True, clear=True, symlinks=os.name != "nt")


def wanted_stamp() -> str:
    """What an installation depends on: the two files, this folder, the interpreter."""
    parts = [(ROOT / "pyproject.toml").read_bytes(), str(ROOT).encode(), sys.version.encode()]
    if CONSTRAINTS.exists():
        parts.append(CONSTRAINTS.read_bytes())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def installed_extras(stamp: str) -> set[str]:
    """Extras installed by an earlier run of the same stamp; empty when it must be done again."""
    try:
        record = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return set()
    return set(record["extras"]) if record["stamp"] == stamp else set()


def prepare(*extras: str, source: str | None = None) -> None:
    """Make sure that .venv holds the package with these extras, from the wheels of a folder if one is named."""
    stamp = wanted_stamp()
    have = installed_extras(stamp)
    if set(extras) <= have.union(*(IMPLIED.get(e, set()) for e in have)):
        return
    sys.stderr.write("正在准备运行环境（首次约需几分钟）… / preparing .venv …\n")
    if not have:
        make_venv(VENV)
    wanted = sorted(have | set(extras))
    constraints = ["-c", CONSTRAINTS] if CONSTRAINTS.exists() else []
    offline = ["--no-index", "--find-links", Path(source).resolve()] if source else []
    code = run(
        bin_of(VENV, "python"),
        "-m",
        "pip",
        "install",
        "-q",
        "-e",
        f".[{','.join(wanted)}]",
        *constraints,
        *offline,
    )
    if code and source:
        sys.exit(
            f"只用 {source} 里的文件没有装成，原因见上；请在同样的系统和 Python {sys.version_info[0]}.{sys.version_info[1]} 上"
            "重新运行 start.py bundle。 / could not install from this folder alone"
        )
    if code:
        sys.exit(
            "安装依赖失败，原因见上。网络不通时可先用 PIP_INDEX_URL 指定可用的镜像。"
            " / installing failed, see above; PIP_INDEX_URL can name a mirror"
        )
    STAMP.write_text(json.dumps({"stamp": stamp, "extras": wanted}), "utf-8")


def demo(args: list[str]) -> int:
    """Reports of the samples; the last line is the path of their index page. --from FOLDER: without a network."""
    source = None
    if "--from" in args:
        at = args.index("--from")
        source, args = "".join(args[at + 1 : at + 2]), [*args[:at], *args[at + 2 :]]
        if not source or not list(Path(source).glob("*.whl")):
            sys.exit(
                f"--from 后应为 start.py bundle 收好的文件夹，读到 {source!r} / --from wants a folder of wheels"
            )
    prepare("report", source=source)
    return run(bin_of(VENV, "zwxm"), "demo", *args)


def bundle(args: list[str]) -> int:
    """Collect what `demo --from FOLDER` installs on a machine without a network: wheels and licences."""
    folder = Path(args[0]).resolve() if args else ROOT / "dist" / "bundle"
    constraints = ["-c", CONSTRAINTS] if CONSTRAINTS.exists() else []
    lists = (ROOT / "pyproject.toml").read_text("utf-8")
    build = [*re.findall(r'"([^"]+)"', re.search(r"requires = \[(.*?)\]", lists)[1]), "editables"]
    with tempfile.TemporaryDirectory() as temporary:
        venv = Path(temporary) / "venv"
        make_venv(venv)
        python = bin_of(venv, "python")
        code = run(python, "-m", "pip", "wheel", "-q", "-w", folder, ".[report]", *build, *constraints)
    if code:
        return code
    wheels = sorted(folder.glob("*.whl"))
    for wheel in wheels:
        keep_licences(wheel, folder / "licences")
    size = sum(wheel.stat().st_size for wheel in wheels) / 1e6
    print(
        f"{folder}：{len(wheels)} 个安装包，{size:.0f} MB，许可证在 licences 里；另一台机器上：start.py demo --from 该文件夹"
    )
    return 0


def keep_licences(wheel: Path, folder: Path) -> None:
    """Copy the licences that a wheel carries, of its code and of its fonts, into a folder of its name."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if re.search(
                r"licen[sc]e|copying|notice|\bofl\b", Path(name).name, re.IGNORECASE
            ) and not name.endswith((".py", "/")):
                target = folder / wheel.name.split("-")[0] / "_".join(Path(name).parts[-2:])
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(name))


def test(args: list[str]) -> int:
    """All tests: tests/, doctests, the start notebook."""
    return pytest(args)


def soak(args: list[str]) -> int:
    """The same tests with full counts: a million cases at each line of the law, 1,000 reports, 50 kills. Takes long."""
    return pytest(args, ZWXM_CASES="1000000", ZWXM_HYPOTHESIS="full", ZWXM_REPORTS="1000", ZWXM_KILLS="50")


def fuzz(args: list[str]) -> int:
    """Hostile and dirty input by the thousand, each time otherwise: cells, files, rule sets, texts, ledgers, arguments."""
    return pytest(args or ["tests/fuzz"], ZWXM_FUZZ="50")


def mutation(args: list[str]) -> int:
    """How many mutants of the law's code the tests kill: tests/mutation.md; --sample N draws some."""
    prepare("test")
    if not Path(bin_of(VENV, "mutmut")).exists():  # a tool of this verb alone; it needs fork
        code = run(bin_of(VENV, "python"), "-m", "pip", "install", "-q", "mutmut>=3.8")
        if code:
            return code
    return run(bin_of(VENV, "python"), "tests/mutation.py", *args)


def benchmark(args: list[str]) -> int:
    """The rules against hand-written NumPy, OpenFisca and zen-engine, and all clauses: benchmarks/README.md."""
    prepare("test")
    scripts = ("rules", "peers", "all_clauses")
    return max([run(bin_of(VENV, "python"), f"benchmarks/{name}.py", *args) for name in scripts])


def refresh(_args: list[str]) -> int:
    """Write anew what tests compare with, after wording or samples changed: golden texts, notebooks with outputs."""
    prepare("test")
    if code := run(bin_of(VENV, "python"), "tests/law/wording.py"):
        return code
    return run(bin_of(VENV, "python"), "tests/notebooks/refresh.py")


def pytest(args: list[str], **variables: str) -> int:
    """Run pytest on some tests, or on all of them over the cores."""
    prepare("test")
    # loadfile: the cells of a notebook share a kernel, so they stay on one worker
    workers = [] if args else ["-n", min(os.cpu_count() or 1, 4), "--dist", "loadfile"]
    return run(bin_of(VENV, "python"), "-m", "pytest", *workers, *args, **variables)


def lint(args: list[str]) -> int:
    """Style, types, layers and clean notebooks."""
    prepare("test", "lint")
    steps = [
        [bin_of(VENV, "ruff"), "check", *args],
        [bin_of(VENV, "ruff"), "format", "--check", *args],
        [bin_of(VENV, "mypy")],
        [bin_of(VENV, "lint-imports")],
    ]
    codes = [run(*step) for step in steps]
    return max([*codes, dirty_notebooks()])


def dirty_notebooks() -> int:
    """1 if a report notebook is committed with outputs, or any with an error in them."""
    bad = []
    for path in sorted(ROOT.glob("notebooks/**/*.ipynb")):
        if ".ipynb_checkpoints" in path.parts:
            continue
        cells = [c for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]
        if path.parent.name == "reports" and any(c["outputs"] or c["execution_count"] for c in cells):
            bad.append(f"{path.relative_to(ROOT)}：报告模板须清空输出后提交 / clear all outputs")
        if any(o["output_type"] == "error" for c in cells for o in c["outputs"]):
            bad.append(f"{path.relative_to(ROOT)}：输出里有错误 / holds an error output")
    print("\n".join(bad) or "notebooks: clean")
    return int(bool(bad))


def lock(args: list[str]) -> int:
    """Write constraints.txt: install everything afresh, newest versions, and list them."""
    with tempfile.TemporaryDirectory() as folder:
        venv = Path(folder) / "venv"
        make_venv(venv)
        python = bin_of(venv, "python")
        code = run(python, "-m", "pip", "install", "-q", "-e", f".[{','.join(EXTRAS)}]", *args)
        if code:
            return code
        frozen = subprocess.run(
            [python, "-m", "pip", "freeze", "--exclude-editable"],
            cwd=ROOT,
            check=True,
            text=True,
            capture_output=True,
        ).stdout
    lines = (line for line in frozen.splitlines() if re.fullmatch(r"[\w.-]+==[\w.!+]+", line))
    pins = sorted(lines, key=str.lower)
    head = f"# What CI tested; made by `start.py lock` on Python {sys.version_info[0]}.{sys.version_info[1]}, {sys.platform}."
    CONSTRAINTS.write_text("\n".join([head, *pins]) + "\n", "utf-8", newline="\n")
    print(f"{CONSTRAINTS.name}: {len(pins)} packages")
    return 0


VERBS = {
    "demo": demo,
    "bundle": bundle,
    "test": test,
    "lint": lint,
    "lock": lock,
    "refresh": refresh,
    "soak": soak,
    "fuzz": fuzz,
    "mutation": mutation,
    "benchmark": benchmark,
}


def main() -> int:
    """Run the verb of the command line."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a console without Chinese
    if len(sys.argv) < 2 or sys.argv[1] not in VERBS:
        print(f"用法 / usage: start.py {{{'|'.join(VERBS)}}} …")
        for name, verb in VERBS.items():
            print(f"  {name:10}{verb.__doc__}")
        return 2
    return VERBS[sys.argv[1]](sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
