"""Rule sets (规则集): the law's numbers, clauses and conventions as dated, cited data.

A rule set is one YAML file. A derived set names its ``base`` and writes only what
differs. `load_ruleset` checks every key, type and clause and reports all mistakes with
file and line. `Terms` are the values in force on one day, as rules read them.

Examples
--------
>>> rules = load_ruleset()
>>> rules.terms().adjustment_limit
Fraction(3, 20)
>>> rules.clauses["29.1"].cite
'第二十九条'
>>> rules.last_days()
{'first_day_excluded': datetime.date(2027, 6, 25), 'first_day_counted': datetime.date(2027, 6, 24)}
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from zwxm_core.money import percent_text
from zwxm_core.periods import years_after
from zwxm_core.rulesets.checking import (
    RulesetError,
    as_ruled,
    check,
    parse_reading,
    parse_value,
    quoted,
    read_yaml,
)

HERE = Path(__file__).parent
IN_FORCE, NOT_YET, LAPSED, TWO_READINGS, UNKNOWN = "in_force", "not_yet", "lapsed", "two_readings", "unknown"
STATUSES = (IN_FORCE, NOT_YET, LAPSED, TWO_READINGS, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of the regulation: where it stands, how it works, what it comes to.

    ``cite`` is what users see (第…条第…款第（…）项), ``digest`` our own summary, ``kind``
    the nature of its conclusion, ``effects`` what follows from a consequence clause,
    ``reason`` why a reference clause is not computed. ``addressee``: "authority" where the duty
    is an office's, not the unit's (项目单位); ``procedure``: the filing or approval (备案、审批)
    that the clause asks of the unit, ``procedure_item`` the item of the clause that alone asks it.
    """

    id: str
    cite: str
    how: str
    digest: str
    kind: str | None = None
    judgement: str | None = None
    effects: tuple[str, ...] = ()
    reason: str | None = None
    addressee: str | None = None
    procedure: str | None = None
    procedure_item: str | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number or list the clauses need: dated values with unit, clause and source.

    A value is None where an office has yet to set it; ``written`` then says 未设定.
    """

    name: str
    clause: str
    label: str
    unit: str
    values: tuple[tuple[date, object], ...]
    written: tuple[str, ...]
    status: str
    source: str

    @property
    def worded(self) -> list[str]:
        """Each dated value in words, with its unit."""
        return [
            text if value is None else _worded(text, value, self.unit)
            for text, (_, value) in zip(self.written, self.values, strict=True)
        ]


def _worded(written: str, value: object, unit: str) -> str:
    if unit == "名称":
        return "、".join(value) if isinstance(value, tuple) else written
    if unit == "月日":
        month, day = written.split("-")
        return f"{int(month)} 月 {int(day)} 日"
    return written if unit == "比例" else f"{written} {'个月' if unit == '月' else unit}"


@dataclass(frozen=True, slots=True)
class Convention:
    """A question the text leaves open (口径): its value, the readings, why it is open.

    ``how``: *computed* (the other readings are evaluated too), *asked* (undecided until an
    office sets it), *external* (a parameter from outside the text). ``needs`` names the
    fields without which another reading cannot be computed.
    """

    name: str
    label: str
    clause: str
    value: Any
    readings: dict[Any, str]
    how: str
    why: str
    needs: tuple[str, ...] = ()
    type: str = "choice"

    def reading(self, value=...) -> str:
        """The wording of a reading (the one in use by default)."""
        value = self.value if value is ... else value
        if value is None:
            return "未设定"
        if isinstance(value, Fraction):
            return f"不低于 {percent_text(value)}"
        if self.type == "dates":
            return "、".join(day.isoformat() for _, day in value)
        return self.readings.get(value, str(value))

    @property
    def others(self) -> list:
        """The other readings that can be computed."""
        return [v for v in self.readings if v != self.value] if self.how == "computed" else []


class Terms:
    """Parameters and conventions of one day, read by attribute.

    ``reads`` collects the names looked at, so that what a clause depends on is derived
    from its rule and never written twice. ``today`` is the day of assessment (None: not said),
    before which nothing that is to come has been left undone.
    """

    def __init__(self, values: dict, level: str, today: date | None = None):
        self.values = values
        self.level = level
        self.today = today
        self.reads: set[str] = set()

    def __getattr__(self, name: str):
        if name.startswith("_") or name not in self.values:
            raise AttributeError(name)
        self.reads.add(name)
        return self.values[name]

    def with_(self, **changes) -> Terms:
        """The same terms with other conventions or parameters."""
        return Terms({**self.values, **changes}, self.level, self.today)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A checked rule set. See the module's docstring."""

    id: str
    name: str
    version: str
    level: str
    base: str | None
    sha256: str
    starts: date
    start_source: str
    clauses: dict[str, Clause]
    parameters: dict[str, Parameter]
    conventions: dict[str, Convention]
    paths: tuple[Path, ...] = field(compare=False)

    def __hash__(self) -> int:
        return hash(self.sha256)

    def terms(self, day: date | None = None, today: date | None = None, **changes) -> Terms:
        """Values in force on `day` (default: the first day), with conventions changed by `changes`.

        Raises
        ------
        KeyError
            A name in `changes` that is neither parameter nor convention.
        """
        values = {p.name: _on(p.values, day or self.starts) for p in self.parameters.values()}
        values.update({c.name: c.value for c in self.conventions.values()})
        for name in changes:
            if name not in values:
                raise KeyError(name)
        return Terms({**values, **changes}, self.level, today)

    def cite(self, clause: str) -> str:
        """How users read a clause, or a whole article (\"8\").

        >>> load_ruleset().cite("8"), load_ruleset().cite("29.1")
        ('第八条', '第二十九条')
        """
        if clause in self.clauses:
            return self.clauses[clause].cite
        first = next(c.cite for id_, c in self.clauses.items() if id_.startswith(f"{clause}."))
        return first[: first.index("条") + 1]

    def adopting(self, **values) -> RuleSet:
        """The same set with other values, for one run: conventions adopted, parameters set.

        A parameter's value is given as rules use it (money in 分), a convention's as in a file or as rules use it.

        Raises
        ------
        RulesetError
            Every name that is neither a parameter nor a convention, and every value that no file could give.

        Examples
        --------
        >>> load_ruleset().adopting(purchase_clearly_less=Fraction(1, 10)).terms().purchase_clearly_less
        Fraction(1, 10)
        """
        parameters, conventions, problems = dict(self.parameters), dict(self.conventions), []
        for name, value in values.items():
            try:
                if name in parameters:
                    parameters[name] = _set(parameters[name], value, self.starts)
                elif name in conventions:
                    question = conventions[name]
                    value = parse_reading(value, question.type, question.readings)
                    conventions[name] = replace(question, value=value)
                else:
                    raise ValueError("既不是参数，也不是口径")
            except ValueError as error:
                problems.append(f"改用的值：“{name}”{error}")
        if problems:
            raise RulesetError(problems)
        return replace(self, parameters=parameters, conventions=conventions)

    def changes_on(self) -> list[date]:
        """The days on which some parameter takes another value, ascending."""
        return sorted({d for p in self.parameters.values() for d, _ in p.values if d > self.starts})

    def last_days(self) -> dict[str, date]:
        """The last day in force (有效期末日) by each reading of 57.1."""
        years = _on(self.parameters["term_years"].values, self.starts)
        matching = years_after(self.starts, years)
        return {"first_day_excluded": matching, "first_day_counted": matching - timedelta(days=1)}

    def status_on(self, days: np.ndarray) -> np.ndarray:
        """Whether the set is in force on each day.

        Parameters
        ----------
        days : ndarray of datetime64[D], shape (n,)

        Returns
        -------
        ndarray of int8, shape (n,)
            Index into `STATUSES`; NaT gives unknown. Between the readings of the last
            day: two_readings, unless the set adopts the stricter one.
        """
        question, ends = self.conventions["last_day_in_force"], self.last_days()
        decided = question.value != next(iter(question.readings))
        readings = [ends[question.value]] if decided else ends.values()
        first, *_, last = [*sorted(np.datetime64(d) for d in readings)] * 2
        codes = np.zeros(len(days), np.int8)  # in force; a comparison with NaT is false
        codes[days < np.datetime64(self.starts)] = STATUSES.index(NOT_YET)
        after = days > first
        if after.any():
            codes[after] = STATUSES.index(TWO_READINGS)
            codes[days > last] = STATUSES.index(LAPSED)
        codes[np.isnat(days)] = STATUSES.index(UNKNOWN)
        return codes


def _set(parameter: Parameter, value: object, starts: date) -> Parameter:
    """The parameter with one value from the first day on."""
    if value is None and parameter.status == "已核":
        raise ValueError("不能没有值（null）：本集的值为已核")
    ruled = as_ruled(value, parameter.unit)
    return replace(parameter, values=((starts, ruled),), written=(str(value),))


def _on(values: tuple[tuple[date, object], ...], day: date):
    for start, value in reversed(values):
        if day >= start:
            return value
    return values[0][1]


def find_ruleset(name: str) -> Path:
    """The file of a rule set given by id or by path.

    Raises
    ------
    RulesetError
        Neither a shipped set nor a file.
    """
    path = Path(name)
    try:
        there, is_file = path.exists(), path.is_file()
    except (OSError, ValueError):  # a name too long, or with a character that no name has
        there = is_file = False
    if path.suffix in (".yaml", ".yml") or there:
        if not is_file:
            raise RulesetError([f"{name}：没有这个规则集文件"])
        return path
    if (shipped := {p.stem: p for p in HERE.glob("*.yaml")}.get(name.replace("-", "_"))) is not None:
        return shipped
    known = "、".join(sorted(p.stem.replace("_", "-") for p in HERE.glob("*.yaml")))
    raise RulesetError([f"{name}：没有这个规则集；随附的有 {known}，也可写规则集文件的路径"])


def load_ruleset(name: str | Path = "leshan-2022") -> RuleSet:
    """Load and check a rule set by id or file.

    Raises
    ------
    RulesetError
        With every mistake of the file: file, line, what was read, what was expected.
    """
    path = find_ruleset(str(name))
    return _load(path.resolve(), path.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _load(path: Path, _stamp: int) -> RuleSet:
    chain = [read_yaml(path)]
    while base := chain[0].data.get("base"):
        try:
            parent = find_ruleset(_beside(chain[0].path, str(base)))
        except (RulesetError, OSError, ValueError):
            told = f"{chain[0].where('base')}：base 读到 {quoted(str(base))[1:-1]}：没有这个规则集；应为随附的名称，或本文件旁的规则集文件"
            raise RulesetError([told]) from None
        if any(parent.samefile(source.path) for source in chain):
            raise RulesetError([f"{path}：base 互相引用，无法确定来源"])
        chain.insert(0, read_yaml(parent))
    merged = check(chain)
    digest = hashlib.sha256(b"".join(source.path.read_bytes() for source in chain)).hexdigest()
    starts = merged["in_force"]["from"]
    return RuleSet(
        id=merged["id"],
        name=merged["name"],
        version=merged["version"],
        level=merged["level"],
        base=chain[-1].data.get("base"),
        sha256=digest,
        starts=starts,
        start_source=f"{merged['in_force']['source']}（{merged['in_force']['status']}）",
        clauses=_clauses(merged["clauses"]),
        parameters={k: _parameter(k, v, starts) for k, v in merged["parameters"].items()},
        conventions={k: _convention(k, v) for k, v in merged["conventions"].items()},
        paths=tuple(source.path for source in chain),
    )


def _clauses(entries: dict) -> dict[str, Clause]:
    """Clauses whose texts cite other clauses as users know them, not by our ids."""
    one = r"(?<![\d.])(\d+\.\d+(?:\.\d+)?)(?![\d.])"

    def through(m: re.Match) -> str:
        if not entries.keys() >= set(m.groups()):
            return m[0]
        first, last = (entries[id_]["cite"] for id_ in m.groups())
        return f"{first}至{last[max(last.find('第（'), 0) :]}"

    def cited(text: str | None) -> str | None:
        text = text and re.sub(f" ?{one}–{one} ?", through, text)
        return text and re.sub(
            f" ?{one} ?", lambda m: entries[m[1]]["cite"] if m[1] in entries else m[0], text
        )

    return {
        id_: Clause(
            id_, entry["cite"], entry["how"], cited(entry["digest"]), entry.get("kind"),
            cited(entry.get("judgement")), tuple(entry.get("effects", ())), cited(entry.get("reason")), entry.get("addressee"),
            entry.get("procedure"), entry.get("procedure_item"),
        )
        for id_, entry in entries.items()
    }  # fmt: skip


def _beside(path: Path, base: str) -> str:
    return str(path.parent / base) if base.endswith((".yaml", ".yml")) else base


def _parameter(name: str, entry: dict, starts: date) -> Parameter:
    dated = entry.get("values") or [{"from": starts, "value": entry["value"]}]
    return Parameter(
        name, entry["clause"], entry["label"], entry["unit"],
        tuple((d["from"], parse_value(d["value"], entry["unit"])) for d in dated),
        tuple("未设定" if d["value"] is None else str(d["value"]) for d in dated),
        entry["status"], entry["source"],
    )  # fmt: skip


def _convention(name: str, entry: dict) -> Convention:
    readings = entry.get("values", {})
    value = entry["value"] if "value" in entry else next(iter(readings))
    value = parse_reading(value, entry.get("type", "choice"), readings)
    return Convention(
        name, entry["label"], entry["clause"], value, readings, entry["how"], entry["why"],
        tuple(entry.get("needs", ())), entry.get("type", "choice"),
    )  # fmt: skip
