"""Reading rule-set files strictly: every mistake is named with its file and line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import yaml

from zwxm_core.money import FEN, to_fen

HOWS = ("rule", "calculation", "checklist", "calendar", "consequence", "routing", "reference")
KINDS = ("duty", "ban", "permission", "class", "amount")
ADDRESSEES = ("authority",)  # a clause that does not say lays its duty on the unit (项目单位)
PROCEDURES = ("备案", "审批", "备案和审批")
STATUS = ("已核", "待核")
LEVELS = ("市级", "县级")
MOST_NODES = 200_000  # of a file once its anchors are written out
MOST_PLACES = 30  # decimals of a ratio
UNITS = (*FEN, "比例", "年", "月", "日", "月日", "家", "名称")
TOP = {"id", "name", "version", "level", "base", "in_force", "parameters", "conventions", "clauses"}
CLAUSE = {"cite": str, "how": HOWS, "digest": str, "kind": KINDS, "judgement": str, "effects": list,
          "reason": str, "addressee": ADDRESSEES, "procedure": PROCEDURES,
          "procedure_item": str}  # fmt: skip
PARAMETER = {"clause": str, "label": str, "unit": str, "value": object, "values": list, "status": STATUS,
             "source": str}  # fmt: skip
CONVENTION = {"label": str, "clause": str, "values": dict, "value": object, "how": ("computed", "asked", "external"),
              "needs": list, "why": str, "type": ("ratio", "count", "choice", "dates")}  # fmt: skip
NEEDED = {"clauses": ("cite", "how", "digest"), "parameters": ("clause", "label", "unit", "status", "source"),
          "conventions": ("label", "clause", "how", "why")}  # fmt: skip


class RulesetError(ValueError):
    """A rule set that cannot be used; ``problems`` lists every mistake."""

    def __init__(self, problems: list[str]):
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass
class Source:
    """One file: its data and the line of every key path."""

    path: Path
    data: dict
    lines: dict[tuple, int]

    def where(self, *key) -> str:
        while key and key not in self.lines:
            key = key[:-1]
        return f"{self.path}：第 {self.lines.get(key, 1)} 行"


def quoted(value) -> str:
    """A value as a message quotes it, shortened."""
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"


def read_yaml(path: Path) -> Source:
    """Parse a file, remembering lines; refuses duplicate keys and anything but plain data."""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except UnicodeDecodeError:
        raise RulesetError([f"{path}：不是 UTF-8 文本，请另存为 UTF-8"]) from None
    except (ValueError, AttributeError, TypeError):  # the reader's own, of !!timestamp and the like
        raise RulesetError([f"{path}：写有不存在的日期（如 13 月、32 日）或过长的数，请检查"]) from None
    except RecursionError:
        raise RulesetError([f"{path}：括号或缩进层数太多，读不了"]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise RulesetError(
            [f"{path}：第 {line} 行：不是合法的 YAML（检查缩进、冒号后的空格和引号）"]
        ) from None
    if not isinstance(data, dict):
        raise RulesetError([f"{path}：应是 键: 值 的形式，读到的不是"])
    lines: dict[tuple, int] = {}
    repeated: list[str] = []

    def walk(node, key):
        if len(lines) > MOST_NODES:
            raise RulesetError(
                [f"{path}：引用（&、*）层层展开，超过 {MOST_NODES} 项，没有读取：请直接写出内容"]
            )
        lines[key] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            seen = set()
            for k, v in node.value:
                if k.value in seen:
                    repeated.append(f"{path}：第 {k.start_mark.line + 1} 行：“{k.value}”写了两次，只留一处")
                seen.add(k.value)
                walk(v, (*key, k.value))
                lines[(*key, k.value)] = k.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode):
            for i, v in enumerate(node.value):
                walk(v, (*key, i))

    try:
        walk(node, ())
    except RecursionError:
        raise RulesetError([f"{path}：写有引用自身的锚点（&、*），请去掉"]) from None
    if repeated:
        raise RulesetError(repeated)
    return Source(path, data, lines)


def check(chain: list[Source]) -> dict:
    """Merge a base and what is derived from it; the last file wins key by key.

    Raises
    ------
    RulesetError
        With all mistakes of all files.
    """
    problems: list[str] = []
    merged: dict = {"parameters": {}, "conventions": {}, "clauses": {}}
    for source in chain:
        if unknown := set(source.data) - TOP:
            problems += [
                f"{source.where(k)}：不认识的键“{k}”，可用：{'、'.join(sorted(TOP))}" for k in sorted(unknown)
            ]
        for key in ("id", "name", "version", "level", "in_force"):
            if key in source.data:
                merged[key] = source.data[key]
        for section, spec in (("clauses", CLAUSE), ("parameters", PARAMETER), ("conventions", CONVENTION)):
            entries = source.data.get(section) or {}
            if not isinstance(entries, dict):
                problems.append(f"{source.where(section)}：{section} 应是 名称: 内容 的形式")
                continue
            for name, entry in entries.items():
                found = _entry_problems(source, section, name, entry, spec)
                problems += found
                if not found:
                    merged[section][name] = _merge(merged[section].get(name, {}), entry)
        problems += _missing(source, merged)
    whole = {
        section: {k: e for k, e in merged[section].items() if all(key in e for key in keys)}
        for section, keys in NEEDED.items()
    }
    whole["in_force"] = merged.get("in_force")
    problems += [*_meaning(chain[-1], whole), *_top(chain[-1], merged)]
    if problems:
        raise RulesetError(problems)
    return merged


def _merge(old: dict, new: dict) -> dict:
    """New keys over old ones; a parameter's single value and its dated values replace each other.

    A changed number does not keep the source it had: without one of its own it is 待核.
    """
    kept = dict(old)
    if "value" in new and isinstance(kept.get("values"), list):
        del kept["values"]
    if isinstance(new.get("values"), list):
        kept.pop("value", None)
    if "unit" in old and ("value" in new or "values" in new):
        kept |= {"source": "本集改定，未注明来源", "status": "待核"}
    return {**kept, **new}


def _entry_problems(source: Source, section: str, name, entry, spec: dict) -> list[str]:
    where = source.where(section, name)
    if not isinstance(name, str):
        return [f'{where}：编号 {name} 要加引号，如 "29.1"']
    if not isinstance(entry, dict):
        return [f"{where}：“{name}”应写成 键: 值 的形式，读到 {quoted(entry)}"]
    problems = []
    for key, value in entry.items():
        at = source.where(section, name, key)
        if key not in spec:
            problems.append(f"{at}：“{name}”里不认识的键“{key}”，可用：{'、'.join(spec)}")
        elif isinstance(spec[key], tuple) and value not in spec[key]:
            problems.append(f"{at}：“{name}”的 {key} 读到 {quoted(value)}，应为 {'、'.join(spec[key])} 之一")
        elif spec[key] in (str, list, dict) and not isinstance(value, spec[key]):
            kind = {str: "文字", list: "列表", dict: "键: 值"}[spec[key]]
            problems.append(f"{at}：“{name}”的 {key} 读到 {quoted(value)}，应为{kind}")
    return problems


def _missing(source: Source, merged: dict) -> list[str]:
    return [
        f"{source.where(section, name)}：“{name}”缺 {key}"
        for section, needed in NEEDED.items()
        for name, entry in merged[section].items()
        for key in needed
        if key not in entry
    ]


def _top(source: Source, merged: dict) -> list[str]:
    problems = []
    for key in ("id", "name", "version", "level"):
        own = source.data.get(key, merged.get(key) if key == "level" else None)
        if not isinstance(own, str):
            problems.append(
                f"{source.where(key)}：{key} 读到 {quoted(own)}，应为文字（每个规则集都要写；数字要加引号）"
            )
    if merged.get("level") not in LEVELS:
        problems.append(
            f"{source.where('level')}：level 读到 {quoted(merged.get('level'))}，应为 {'、'.join(LEVELS)} 之一"
        )
    if source.data.get("base") and source.data.get("id") == source.data.get("base"):
        problems.append(f"{source.where('id')}：id 不能与 base 相同，请另取一个")
    force = merged.get("in_force")
    keys = {"from", "status", "source"}
    if not isinstance(force, dict) or set(force) != keys or not isinstance(force["from"], date):
        problems.append(f"{source.where('in_force')}：in_force 应写 from（日期）、status、source")
    return problems


def _meaning(source: Source, merged: dict) -> list[str]:
    problems = [
        f"{source.where('clauses', name, 'procedure')}：“{name}”是机关的职责（addressee: authority），不能写 procedure"
        for name, entry in merged["clauses"].items()
        if "addressee" in entry and "procedure" in entry
    ]
    for section in ("parameters", "conventions"):
        for name, entry in merged[section].items():
            articles = {clause.split(".")[0] for clause in merged["clauses"]}
            if entry["clause"] not in merged["clauses"].keys() | articles:
                problems.append(
                    f"{source.where(section, name)}：“{name}”所属条款 {entry['clause']} 不在 clauses 里"
                )
    for name, entry in merged["parameters"].items():
        problems += _parameter_problems(source, name, entry, merged.get("in_force"))
    for name, entry in merged["conventions"].items():
        problems += _convention_problems(source, name, entry)
    return problems


def _parameter_problems(source: Source, name: str, entry: dict, force: dict | None) -> list[str]:
    where = source.where("parameters", name)
    if ("value" in entry) == ("values" in entry):
        return [f"{where}：“{name}”应写 value 或 values 之一"]
    dated = entry.get("values", [{"from": date.min, "value": entry.get("value")}])
    if not dated or any(not isinstance(d, dict) or set(d) != {"from", "value"} for d in dated):
        return [f"{where}：“{name}”的 values 应是 {{from: 日期, value: 值}} 的列表"]
    starts = [d["from"] for d in dated]
    if any(not isinstance(s, date) for s in starts):
        return [f"{where}：“{name}”的 from 应为日期，如 2022-06-25"]
    if any(a >= b for a, b in pairwise(starts)):
        return [f"{where}：“{name}”的日期重叠或次序颠倒，应由早到晚、互不相同"]
    first, begins = starts[0], (force or {}).get("from")
    if "values" in entry and isinstance(begins, date) and first > begins:
        return [
            f"{where}：“{name}”的首个日期 {first} 晚于施行日 {begins}，之前的事件没有值可用：请从施行日写起"
        ]
    problems = []
    for d in dated:
        if d["value"] is None and entry["status"] == "已核":
            problems.append(f"{where}：“{name}”没有值（null），status 只能是 待核")
        try:
            parse_value(d["value"], entry["unit"])
        except ValueError as error:
            problems.append(f"{where}：“{name}”{error}")
    return problems


def _convention_problems(source: Source, name: str, entry: dict) -> list[str]:
    where = source.where("conventions", name)
    if "value" not in entry and "values" not in entry:
        return [f"{where}：“{name}”应写 value 或 values"]
    value = entry.get("value")
    if unworded := [v for v in entry.get("values", {}).values() if not isinstance(v, str)]:
        return [f"{where}：“{name}”的读法读到 {quoted(unworded[0])}，应为文字（数字要加引号）"]
    if "value" not in entry:
        return []
    try:
        parse_reading(value, entry.get("type", "choice"), entry.get("values", {}))
    except ValueError as error:
        return [f"{where}：“{name}”{error}"]
    return []


def parse_reading(value, type_: str, readings: dict):
    """A convention's value as rules use it: one of its readings, or what its type lets an office write.

    Raises
    ------
    ValueError
        What was read and what is expected.

    Examples
    --------
    >>> parse_reading("10%", "ratio", {}), parse_reading(6, "count", {"none": "没有"})
    (Fraction(1, 10), 6)
    """
    if type_ in ("ratio", "dates"):
        return None if value is None else parse_value(value, "比例" if type_ == "ratio" else "年度日期")
    if any(type(value) is type(known) and value == known for known in readings) or (
        type_ == "count" and _is_count(value)
    ):
        return value
    choices = "、".join([*map(str, readings), *(["非负整数"] if type_ == "count" else [])])
    raise ValueError(f"的 value 读到 {quoted(value)}，应为 {choices} 之一")


def parse_value(value, unit: str):
    """A value as rules use it: money in 分, ratios as Fraction, counts as int, names as tuple.

    None is a value nobody has set yet (外部参数未设定) and stays None.

    Raises
    ------
    ValueError
        What was read and what the unit expects.

    Examples
    --------
    >>> parse_value(500, "万元")
    500000000
    >>> parse_value("15%", "比例")
    Fraction(3, 20)
    >>> parse_value("12-31", "月日")
    (12, 31)
    >>> parse_value({2026: date(2026, 9, 30)}, "年度日期")
    ((2026, datetime.date(2026, 9, 30)),)
    """
    if value is None and unit in UNITS:
        return None
    try:
        if unit in FEN and not isinstance(value, bool):
            return _not_negative(to_fen(str(value), unit))
        if unit == "比例" and not isinstance(value, bool):
            return _ratio(value)
    except (InvalidOperation, ValueError):
        example = "，如 15% 或 0.15" if unit == "比例" else "，精确到分，如 500 或 300.1234"
        raise ValueError(f"的值读到 {quoted(value)}，应为以{unit}计的数{example}") from None
    if unit == "月日":
        return _month_and_day(value)
    if unit == "年度日期":
        return _dates_by_year(value)
    if unit == "名称":
        if isinstance(value, list) and value and all(isinstance(v, str) for v in value):
            return tuple(value)
        raise ValueError(f"的值读到 {quoted(value)}，应为名称的列表")
    if unit in ("年", "月", "日", "家"):
        if _is_count(value):
            return value
        raise ValueError(f"的值读到 {quoted(value)}，应为以{unit}计的非负整数")
    raise ValueError(f"的单位读到 {quoted(unit)}，应为 {'、'.join(UNITS)} 之一")


def as_ruled(value, unit: str):
    """A value of a parameter that is given as rules use it, checked as that of a file is.

    Raises
    ------
    ValueError
        What was read and what the unit expects.

    Examples
    --------
    >>> as_ruled(500_000_000, "万元"), as_ruled((12, 31), "月日"), as_ruled(Fraction(3, 20), "比例")
    (500000000, (12, 31), Fraction(3, 20))
    """
    if unit in FEN and value is not None:
        if _is_count(value):
            return value
        raise ValueError(f"的值读到 {quoted(value)}，应为以分计的非负整数")
    if isinstance(value, tuple):
        value = "-".join(map(str, value)) if unit == "月日" else list(value)
    return parse_value(value, unit)


def _is_count(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _not_negative(fen: int) -> int:
    if fen < 0:
        raise ValueError
    return fen


def _month_and_day(value) -> tuple[int, int]:
    """A day of every year; 29 February is no such day."""
    try:
        month, day = (int(part) for part in value.split("-"))
        date(2001, month, day)
    except (AttributeError, ValueError):
        raise ValueError(f"的值读到 {quoted(value)}，应为每年都有的月日，如 12-31（加引号）") from None
    return month, day


def _dates_by_year(value) -> tuple[tuple[int, date], ...]:
    """A day in each of some years, by year."""
    value = dict(value) if isinstance(value, tuple) else value
    if not isinstance(value, dict) or not all(
        isinstance(year, int) and type(day) is date and day.year == year for year, day in value.items()
    ):
        raise ValueError(f"的值读到 {quoted(value)}，应为 {{年度: 当年的日期}}，如 {{2026: 2026-09-30}}")
    return tuple(sorted(value.items()))


def _ratio(value) -> Fraction:
    ratio = value if isinstance(value, Fraction) else _fraction(str(value).strip())
    if not 0 <= ratio <= 1:
        raise ValueError
    return ratio


def _fraction(text: str) -> Fraction:
    share = Decimal(text[:-1]) if text.endswith("%") else Decimal(text)
    if (
        not share.is_finite() or abs(share.adjusted()) > MOST_PLACES
    ):  # 1e-999999999 as a fraction takes forever
        raise ValueError
    return Fraction(share) / (100 if text.endswith("%") else 1)
