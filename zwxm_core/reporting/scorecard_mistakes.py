"""What is wrong with a set of indicators that an office wrote (`scorecard`): each mistake with file and line."""

from __future__ import annotations

from collections.abc import Container, Mapping

from zwxm_core.portfolio import schema
from zwxm_core.rulesets import load_ruleset
from zwxm_core.rulesets.checking import Source, parse_value

HEAD, GRADE = ("name", "version", "grades", "groups"), ("name", "from")
FIRST, SECOND, THIRD = ("name", "groups"), ("name", "indicators"), ("name", "points", "rule", "says")
"""Keys of the file, of a grade, of the three levels; an indicator also has what its way of scoring is given."""


def mistakes(source: Source, ways: Mapping[str, tuple[str, ...]], full: int) -> list[str]:
    """Every mistake of a file, in Chinese.

    Parameters
    ----------
    source : Source
        Of `zwxm_core.rulesets.checking.read_yaml`.
    ways : mapping
        Way of scoring -> what it is given.
    full : int
        What the points come to.
    """
    found: list[str] = []
    _keys(source, found, (), HEAD)
    for name in ("name", "version"):
        _words(source, found, (name,))
    _grades(source, found, full)
    indicators = [
        third
        for first in _entries(source, found, ("groups",), "一级指标", FIRST)
        for second in _entries(source, found, (*first, "groups"), "二级指标", SECOND)
        for third in _entries(source, found, (*second, "indicators"), "三级指标")
    ]
    for key in indicators:
        _indicator(source, found, key, ways)
    points = [_at(source, (*key, "points")) for key in indicators]
    numbers = [one for one in points if type(one) is int]
    if points and len(numbers) == len(points) and sum(numbers) != full:
        where = source.where("groups")
        found.append(f"{where}：各三级指标的 points（分值）合计应为 {full}，读到 {sum(numbers)}")
    return found


def _at(source: Source, key: tuple):
    """What stands at a place; None where there is nothing."""
    told: object = source.data
    for step in key:
        if isinstance(told, list) and isinstance(step, int):
            told = told[step]
        else:
            told = told.get(step) if isinstance(told, dict) else None
    return told


def _entries(
    source: Source, found: list[str], key: tuple, name: str, wanted: tuple[str, ...] | None = None
) -> list[tuple]:
    """The places of the entries of a list, whose mistakes are noted."""
    listed = _at(source, key)
    if not (isinstance(listed, list) and listed and all(isinstance(one, dict) for one in listed)):
        if listed is not None:  # that it is absent is told above
            found.append(f"{source.where(*key)}：{name}应是一列，至少一项，每项是 键: 值 的形式")
        return []
    for i in range(len(listed)):
        if wanted:
            _keys(source, found, (*key, i), wanted)
        _words(source, found, (*key, i, "name"))
    names = [str(one.get("name")) for one in listed]
    if twice := sorted({one for one in names if names.count(one) > 1}):
        found.append(f"{source.where(*key)}：{name}的名称重复：{'、'.join(twice)}")
    return [(*key, i) for i in range(len(listed))]


def _keys(source: Source, found: list[str], key: tuple, wanted: tuple[str, ...]) -> None:
    """What an entry lacks, and what it should not have."""
    entry = _at(source, key)
    if lacks := [name for name in wanted if entry.get(name) is None]:
        found.append(f"{source.where(*key)}：缺 {'、'.join(lacks)}")
    if strange := [str(name) for name in entry if name not in wanted]:
        found.append(f"{source.where(*key)}：不认识 {'、'.join(strange)}，这里可写的是 {'、'.join(wanted)}")


def _words(source: Source, found: list[str], key: tuple) -> None:
    value = _at(source, key)
    if value is not None and not (isinstance(value, str) and value.strip()):
        found.append(f"{source.where(*key)}：{key[-1]} 应为文字（版本号加引号），读到 {value!r}")


def _grades(source: Source, found: list[str], full: int) -> None:
    """Grades from the best to the last, which begins at 0: no gap, none twice."""
    keys = _entries(source, found, ("grades",), "等级", GRADE)
    starts = [_at(source, (*key, "from")) for key in keys]
    if not keys or None in starts:
        return
    read_, where = "、".join(map(str, starts)), source.where("grades")
    if any(type(start) is not int for start in starts):
        found.append(f"{where}：等级的 from（从多少分起）应为整数，读到 {read_}")
    elif starts[-1] != 0 or starts != sorted(set(starts), reverse=True) or starts[0] > full:
        found.append(f"{where}：等级应从高到低、不超过 {full} 分，最低一等从 0 分起，读到 {read_}")


def _indicator(source: Source, found: list[str], key: tuple, ways: Mapping[str, tuple[str, ...]]) -> None:
    """Mistakes of one third-level indicator."""
    entry, where = _at(source, key), source.where(*key)
    way, points = entry.get("rule"), entry.get("points")
    if not isinstance(way, str) or way not in ways:
        found.append(f"{where}：rule（评分方法）读到 {way!r}，应为 {'、'.join(ways)} 之一")
        return
    _keys(source, found, key, (*THIRD, *ways[way]))
    _words(source, found, (*key, "says"))
    if points is not None and (type(points) is not int or points <= 0):
        found.append(f"{where}：points（分值）应为大于 0 的整数，读到 {points!r}")
    for name in ways[way]:
        value = entry.get(name)
        if value is not None and (wrong := _given(way, name, value)):
            found.append(f"{where}：{name} 读到 {value!r}，{wrong}")


def _given(way: str, name: str, value: object) -> str | None:
    """What is wrong with what a way of scoring is given; None where nothing is."""
    if name == "of":
        known = load_ruleset().clauses
        return None if _among(value, known) else "应是一列条款编号，加引号，如 '22.1'（编号见 zwxm coverage）"
    if name == "kinds":
        kinds = schema.fields("indicators")["kind"].values
        return None if _among(value, kinds) else f"应是一列指标类别：{'、'.join(kinds)}"
    if way == "delay":
        return None if type(value) is int and value > 0 else "应为大于 0 的整数（天）"
    try:
        good = isinstance(value, str) and value.endswith("%") and parse_value(value, "比例") > 0
    except ValueError:
        good = False
    return None if good else "应为大于 0 的百分数，如 10%"


def _among(value: object, known: Container[str]) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, str) and v in known for v in value)
