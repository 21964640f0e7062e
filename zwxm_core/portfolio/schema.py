"""The data dictionary: every sheet, field, Chinese header, type and permitted value.

`dictionary.yaml` is the one place where they are written; reader, messages, template,
``zwxm schema`` and the documents are made from it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

KINDS = {
    "text": "文字",
    "bool": "是/否",
    "date": "日期",
    "int": "整数",
    "money": "金额",
    "pct": "百分比",
    "decimal": "数字",
    "enum": "单选",
    "enums": "多选（用顿号分开）",
    "ref": "项目编号",
    "id": "编号",
    "ratio": "比率",
    "float": "数字",
}
"""Kind of a field -> how users are told."""

MONEY_UNITS = ("元", "万元", "百万元")
"""Units a money header may declare."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a sheet; the meaning of each attribute stands atop ``dictionary.yaml``."""

    sheet: str
    name: str
    label: str
    kind: str
    values: tuple[str, ...] = ()
    judged: bool = False
    nonzero: bool = False
    signed: bool = False
    name_key: bool = False
    completes: str | None = None
    note: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its fields by name, in column order."""

    name: str
    label: str
    fields: dict[str, Field]
    hangs_on: str = "none"
    one_row: bool = False
    row: tuple[str, ...] = ()
    note: str = ""

    @property
    def is_child(self) -> bool:
        """True where every row belongs to one project."""
        return self.hangs_on == "projects"


@cache
def _dictionary() -> tuple[dict[str, Sheet], dict[str, Field]]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = files(__package__).joinpath("dictionary.yaml").read_text(encoding="utf-8")
    raw = yaml.load(text, Loader=loader)
    sheets_ = {}
    for name, entry in raw["sheets"].items():
        columns = {f: _field(name, f, spec) for f, spec in entry.pop("fields").items()}
        entry["row"] = tuple(entry.get("row", ()))
        sheets_[name] = Sheet(name, fields=columns, **entry)
    return sheets_, {f: _field("derived", f, spec) for f, spec in raw["derived"].items()}


def _field(sheet: str, name: str, spec: dict) -> Field:
    lists = {k: tuple(spec[k]) for k in ("values", "also") if k in spec}
    return Field(sheet, name, **{**spec, **lists})


def sheets() -> dict[str, Sheet]:
    """All sheets by English name, in workbook order.

    >>> sheets()["adjustments"].label
    '调整'
    """
    return _dictionary()[0]


def fields(sheet: str) -> dict[str, Field]:
    """The fields of one sheet by name, in column order.

    >>> fields("projects")["approved_total"].kind
    'money'
    """
    return sheets()[sheet].fields


def derived() -> dict[str, Field]:
    """Facts that appear in JSON but are never typed."""
    return _dictionary()[1]


def label(sheet: str, field: str) -> str:
    """Chinese header of a field; ``sheet`` may be ``"derived"``.

    >>> label("projects", "approved_total")
    '批复总投资'
    >>> label("derived", "saving")
    '节约额'
    """
    return (derived() if sheet == "derived" else fields(sheet))[field].label


def sheet_label(sheet: str) -> str:
    """Chinese name of a sheet; a name that is none of ours comes back as it is."""
    known = sheets().get(sheet)
    return known.label if known else sheet


def normal(text: str) -> str:
    """A header or name as it is compared: width, blanks, quotes and case set aside.

    >>> normal(" 批复总投资\\n（万元） ") == normal("批复总投资(万元)")
    True
    """
    return re.sub(r"[\s\u200b-\u200d\u2060\ufeff\"'“”‘’]", "", unicodedata.normalize("NFKC", text)).casefold()


@cache
def sheet_names() -> dict[str, str]:
    """Chinese or English sheet name (normal form) -> English name."""
    return {normal(n): s.name for s in sheets().values() for n in (s.name, s.label)}


@cache
def headers(sheet: str) -> dict[str, str]:
    """Header without its unit (normal form) -> field name."""
    return {normal(h): f.name for f in fields(sheet).values() for h in (f.label, *f.also)}


def describe() -> dict:
    """The whole dictionary as plain lists and dicts, for ``zwxm schema [--json]``.

    >>> describe()["sheets"][0]["fields"][0]["label"]
    '项目编号'
    """
    return {
        "sheets": [
            {
                "sheet": s.name,
                "label": s.label,
                "note": s.note,
                "row": list(s.row),
                "fields": [_describe(f) for f in s.fields.values()],
            }
            for s in sheets().values()
        ],
        "derived": [_describe(f) for f in derived().values()],
    }


def _describe(field: Field) -> dict:
    entry: dict = {
        "field": field.name,
        "label": field.label,
        "kind": field.kind,
        "kind_label": KINDS[field.kind],
    }
    if field.values:
        entry["values"] = list(field.values)
    for flag in ("judged", "nonzero", "signed", "completes", "note"):
        if getattr(field, flag):
            entry[flag] = getattr(field, flag)
    return entry
