"""What sensitivity and simulation assume (假设): ranges, distributions, correlations, rates beside the chosen one.

The file that ships says of each figure where it comes from, or 假设; an office gives its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np

from zwxm_core.economics import BUILD, PURCHASE, nominal_rate, stepped_factors
from zwxm_core.economics.costs import HEADS
from zwxm_core.economics.model import GROWTH, RATE, Driver
from zwxm_core.economics.simulation import SHAPES, Uncertain, check, mixing
from zwxm_core.rulesets.checking import RulesetError, parse_value, quoted, read_yaml

SHIPPED = Path(__file__).with_name("assumptions.yaml")
PARTS = {
    "rates": "并列的折现率", "ranges": "旋风图的低值和高值", "distributions": "模拟的分布", "correlations": "秩相关系数",
    "schedule": "分段折现率", "inflation": "通胀率", "scenarios": "情景", "vat": "增值税率",
}  # fmt: skip
"""The parts of a file and what they are for; those after the first four may be left out."""

NEEDED = tuple(PARTS)[:4]
OTHER_ITEMS = "其他费用项"
"""The entry of ``vat`` for items that have none of their own."""


DRIVER = re.compile(f"折现率|({BUILD}|{PURCHASE})·({'|'.join(HEADS[:-1])})(年增长)?")
"""What a driver may be called."""


class AssumptionError(ValueError):
    """A file of assumptions that cannot be used: file, place, what was read, what was expected."""


class Sourced(NamedTuple):
    """One assumption with its source, as a report prints it."""

    part: str
    about: str
    value: str
    source: str


class Assumptions(NamedTuple):
    """Assumptions as read; figures are floats, sources words."""

    rates: tuple[float, ...]
    ranges: dict[str, tuple[float, float]]
    distributions: dict[str, tuple[str, tuple]]
    correlations: dict[tuple[str, str], float]
    schedule: tuple[tuple[int, float], ...]
    inflation: float | None
    scenarios: dict[str, dict[str, float]]
    vat: dict[str, Fraction]
    listed: tuple[Sourced, ...]

    def range_of(self, driver: Driver) -> tuple[float, float]:
        """Low and high of a driver: its own, else those of its kind."""
        kind = {RATE: "折现率", GROWTH: "年增长"}.get(driver.kind, "其他费用")
        return self.ranges.get(driver.name, self.ranges[kind])

    def vat_of(self, item: str) -> Fraction | None:
        """The rate of value-added tax within an item's price; None where the file has none."""
        return self.vat.get(item, self.vat.get(OTHER_ITEMS))

    def uncertain(self, drivers: Sequence[Driver]) -> tuple[list[Uncertain], np.ndarray | None]:
        """The distributions of a model's drivers and their rank correlations (None: none)."""
        names = [driver.name for driver in drivers if driver.name in self.distributions]
        matrix = np.eye(len(names))
        for (one, other), value in self.correlations.items():
            if one in names and other in names:
                i, j = names.index(one), names.index(other)
                matrix[i, j] = matrix[j, i] = value
        tied = (matrix != np.eye(len(names))).any()
        return [Uncertain(name, *self.distributions[name]) for name in names], matrix if tied else None


def load_assumptions(path: Path | str | None = None) -> Assumptions:
    """Read a file of assumptions; None: the one that ships.

    Raises
    ------
    AssumptionError
        What cannot be used, with its place and how to mend it.

    Examples
    --------
    >>> load_assumptions().rates
    (0.035, 0.06, 0.08)
    """
    path = SHIPPED if path is None else Path(path)
    try:
        read = read_yaml(path).data
    except OSError:
        raise AssumptionError(
            f"{path}：读不了（没有这个文件，或没有权限）；应为 UTF-8 的 YAML 文件"
        ) from None
    except RulesetError as error:
        raise AssumptionError(str(error)) from None
    if not set(NEEDED) <= set(read) <= set(PARTS):
        raise AssumptionError(
            f"{path}：应有 {'、'.join(NEEDED)}，可有 {'、'.join(tuple(PARTS)[4:])}，没有别的部分"
        )
    listed: list[Sourced] = []

    def each(part: str, keys: tuple[str, ...]) -> Iterator[tuple]:
        entries = read.get(part) or ()
        if not isinstance(entries, (dict, list, tuple)):
            raise AssumptionError(f"{path}：{part} 读到 {quoted(entries)}，应逐项写出")
        pairs = entries.items() if isinstance(entries, dict) else enumerate(entries, 1)
        for name, entry in pairs:
            where = f"{path}：{part} 的 {name}"
            if not isinstance(entry, dict) or set(entry) != {*keys, "source"}:
                raise AssumptionError(f"{where} 应写 {'、'.join((*keys, 'source'))}")
            try:
                yield name, [_given(key, entry[key]) for key in keys]
            except ValueError as error:
                said = str(error)
                raise AssumptionError(f"{where}{' ' if said.startswith('的') else '：'}{said}") from None
            listed.append(Sourced(part, _about(part, name, entry), _told(entry), str(entry["source"])))

    rates = tuple(value for _, [value] in each("rates", ("value",)))
    ranges = {name: (low, high) for name, (low, high) in each("ranges", ("low", "high"))}
    if short := {"其他费用", "年增长", "折现率"} - ranges.keys():
        raise AssumptionError(f"{path}：ranges 缺 {'、'.join(sorted(short))}")
    distributions = {
        name: (shape, tuple(given)) for name, (shape, given) in each("distributions", ("shape", "given"))
    }
    found = Assumptions(
        rates, ranges, distributions,
        correlations={tuple(two): value for _, (two, value) in each("correlations", ("between", "value"))},
        schedule=tuple((int(first), value) for _, (first, value) in each("schedule", ("from", "value"))),
        inflation=({name: value for name, [value] in each("inflation", ("value",))}).get("通胀率"),
        scenarios={str(name): settings for name, [settings] in each("scenarios", ("settings",))},
        vat={str(name): Fraction(str(value)) for name, [value] in each("vat", ("value",))},
        listed=tuple(listed),
    )  # fmt: skip
    found = found._replace(listed=tuple(listed))
    _usable(found, path)
    return found


WORDS = ("shape", "between")
"""Keys whose value is no figure."""


def _about(part: str, name, entry: dict) -> str:
    """What an assumption is about, as a report prints it."""
    if "between" in entry:
        return "、".join(entry["between"])
    return f"第 {entry['from']} 年起" if "from" in entry else "" if part == "rates" else str(name)


def _told(entry: dict) -> str:
    """An assumption's figures as a report prints them."""
    if "settings" in entry:
        return "；".join(f"{name} {value}" for name, value in entry["settings"].items())
    told = "–".join(
        _words(key, value) for key, value in entry.items() if key not in (*WORDS, "source", "from")
    )
    return f"{SHAPES[entry['shape']][0]} {told}" if entry.get("shape") in SHAPES else told


def _words(key: str, value) -> str:
    """An assumption as a report prints it."""
    return "、".join(map(str, value)) if key == "given" else str(value)


def _given(key: str, value):
    """What stands under a key, in the form that the key asks for."""
    if key == "shape" and not isinstance(value, str):
        raise ValueError(f"{key} 读到 {quoted(value)}，应为 {'、'.join(SHAPES)} 之一")
    if key == "between" and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        raise ValueError(f"{key} 读到 {quoted(value)}，应为两个因素的列表")
    if key == "given":
        if not isinstance(value, list):
            raise ValueError(f"{key} 读到 {quoted(value)}，应为数的列表")
        return [_figure(one) for one in value]
    if key == "settings":
        if not isinstance(value, dict) or not value:
            raise ValueError("的 settings 应写因素和取值，如 购买服务·服务费: 1.2")
        return {str(name): _figure(one) for name, one in value.items()}
    if key == "from" and (not isinstance(value, int) or isinstance(value, bool)):
        raise ValueError(f"{key} 读到 {quoted(value)}，应为年次，如 10")
    return value if key in WORDS else _figure(value)


def _figure(value) -> float:
    """A share written 5% or 0.05."""
    if isinstance(value, str) and value.endswith("%"):
        return float(parse_value(value, "比例"))
    try:
        figure = math.nan if isinstance(value, (bool, list, dict)) else float(value)
    except (TypeError, ValueError, OverflowError):
        figure = math.nan
    if not math.isfinite(figure):
        raise ValueError(f"读到 {quoted(value)}，应为数，如 0.05 或 5%")
    return figure


def _usable(found: Assumptions, path: Path) -> None:
    try:
        for name, (shape, given) in found.distributions.items():
            check(Uncertain(name, shape, given))
        names = list(found.distributions)
        if names:
            drivers = [Driver(name, name, "scale", (), 1.0) for name in names]
            mixing(np.eye(len(names)) if (m := found.uncertain(drivers)[1]) is None else m, len(names))
    except ValueError as error:
        raise AssumptionError(f"{path}：{error}") from None
    try:
        if found.schedule:
            stepped_factors(found.schedule, [0])
        nominal_rate([*found.rates, 0.0], found.inflation or 0.0)
    except ValueError as error:
        raise AssumptionError(f"{path}：{error}") from None
    for name, rate in found.vat.items():
        if not 0 <= rate < 1:
            raise AssumptionError(f"{path}：vat 的 {name} 读到 {float(rate):g}，应在 0 到 1 之间，如 6%")
    for name, settings in found.scenarios.items():
        for driver, value in settings.items():
            if not DRIVER.fullmatch(driver):
                raise AssumptionError(
                    f"{path}：scenarios 的 {name} 里没有因素“{driver}”：写法如 购买服务·服务费、自行建设·运维费年增长、折现率"
                )
            if value <= -1 or (value < 0 and driver.endswith(HEADS)):
                raise AssumptionError(
                    f"{path}：scenarios 的 {name} 的 {driver} 读到 {value:g}，增长率和折现率应大于 -100%，倍数应不小于 0"
                )
    for two in found.correlations:
        if len(two) != 2 or not set(two) <= found.distributions.keys():
            raise AssumptionError(f"{path}：correlations 的 {'、'.join(two)} 应是 distributions 里的两个因素")
    for name, (low, high) in found.ranges.items():
        if low > high:
            raise AssumptionError(f"{path}：ranges 的 {name} 低值 {low:g} 大于高值 {high:g}")
