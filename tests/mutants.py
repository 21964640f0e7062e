"""The mutants of the law's code, made by mutmut's operators; tests/mutation.py runs them."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FunctionType

import libcst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import create_mutations, deep_replace, group_by_top_level_node

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("zwxm_core/rules", "zwxm_core/consequences", "zwxm_core/obligations")
SINGLE = ("zwxm_core/conditions.py", "zwxm_core/periods.py", "zwxm_core/money.py")


@dataclass(slots=True)
class Mutant:
    """One change of one function.

    Attributes
    ----------
    key : str
        ``module:function:number``; the number counts the mutants of the function.
    line : int
        Of the statement that is changed.
    before, after : str
        The changed piece of code.
    lines : set of int
        The lines of the statement; a test that reaches none of them cannot tell the mutant.
    real : function
        The function of the package.
    code : callable
        Makes the source of the mutated function.
    """

    key: str
    line: int
    before: str
    after: str
    lines: set[int]
    real: FunctionType
    code: Callable[[], str]

    @property
    def text(self) -> str:
        """The mutant in one line; the name under which the record knows it."""
        return f"{self.key} {self.before} → {self.after}"

    def apply(self) -> None:
        """Let the function of the package, wherever it is bound, be the mutated one."""
        names = dict(self.real.__globals__)
        exec(compile(self.code(), "<mutant>", "exec"), names)  # noqa: S102
        mutated = names[self.real.__name__]
        self.real.__code__ = mutated.__code__
        self.real.__defaults__, self.real.__kwdefaults__ = mutated.__defaults__, mutated.__kwdefaults__


def sources(chosen: list[str]) -> list[Path]:
    """The files to mutate: those that issue 3 names, or the chosen among them."""
    found = [path for name in PACKAGES for path in sorted((ROOT / name).glob("*.py"))]
    found += [ROOT / name for name in SINGLE]
    wanted = tuple(name.removesuffix(".py") for name in chosen)
    return [p for p in found if not wanted or p.relative_to(ROOT).as_posix().startswith(wanted)]


def module_name(path: Path) -> str:
    """zwxm_core/rules/__init__.py -> zwxm_core.rules."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def mutants(path: Path) -> list[Mutant]:
    """All mutants of a file, in the order of its functions."""
    source, name = path.read_text("utf-8"), module_name(path)
    tree, mutations, *_ = create_mutations(str(path), source)
    places = MetadataWrapper(tree, unsafe_skip_copy=True).resolve(PositionProvider)
    classes = {f: c for c in tree.body if isinstance(c, libcst.ClassDef) for f in c.body.body}
    spans = statements(source)
    found = []
    for function, group in group_by_top_level_node(mutations).items():
        if not isinstance(function, libcst.FunctionDef):  # what stands in a class beside its methods
            continue
        owner: object = importlib.import_module(name)
        label = function.name.value
        if function in classes:
            owner = getattr(owner, classes[function].name.value)
            label = f"{owner.__name__}.{label}"
        real = inspect.unwrap(vars(owner)[function.name.value], stop=inspect.isfunction)
        for number, mutation in enumerate(group, 1):
            nodes = mutation.original_node, mutation.mutated_node
            line = places[nodes[0]].start.line
            before, after = (" ".join(tree.code_for_node(node).split()) for node in nodes)
            code = partial(mutated_source, tree, function, *nodes)
            found.append(Mutant(f"{name}:{label}:{number}", line, before, after, spans[line], real, code))
    return found


def mutated_source(tree: libcst.Module, function: libcst.FunctionDef, *change: libcst.CSTNode) -> str:
    """The source of a function with one node in place of another, without decorators."""
    changed = deep_replace(function.with_changes(decorators=[], leading_lines=[]), *change)
    return tree.code_for_node(changed)


def statements(code: str) -> dict[int, set[int]]:
    """Line -> the lines of the innermost statement there (of a compound one, its head)."""
    spans: dict[int, set[int]] = {}
    for node in ast.walk(ast.parse(code)):  # breadth first: inner statements come later
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None) or getattr(node, "cases", None)
            end = node.end_lineno
            if body:
                first = body[0].pattern if isinstance(body[0], ast.match_case) else body[0]
                end = max(first.lineno - 1, node.lineno)
            for line in range(node.lineno, end + 1):
                spans[line] = set(range(node.lineno, end + 1))
    return defaultdict(set, spans)
