"""Judgements (认定): a judged cell counts only with 认定人, 依据 and 日期, and a conclusion that agrees.

A filled cell without such a row is claimed but unknown; a row that contradicts its cell
makes the fact unknown and is reported; a complete row whose cell is empty gives the value.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from zwxm_core.facts import Evidence, row_words
from zwxm_core.portfolio import schema
from zwxm_core.portfolio.cells import Bad, date_of, fold, parser, plain
from zwxm_core.portfolio.problems import Problem

if TYPE_CHECKING:
    from zwxm_core.portfolio.build import Typed

TEST_EVIDENCE = Evidence("测试", "测试", "2022-06-25")
"""Evidence that `from_records(judged=True)` gives every judgement."""


@dataclass(slots=True)
class Ruling:
    """What the sheet 认定 says of one column: evidence by row, and values of cells left empty."""

    evidence: dict[int, Evidence] = field(default_factory=dict)
    values: dict[int, object] = field(default_factory=dict)


class _Entry(NamedTuple):
    at: int  # row position in 认定
    value: object
    evidence: Evidence | None
    missing: str


Rulings = dict[tuple[str, str], Ruling]


def rulings_of(
    tables: dict[str, Typed], index: dict[str, int], parents: dict, judged: bool, inline: list
) -> tuple[list[Problem], Rulings]:
    """Settle every judged cell.

    Parameters
    ----------
    tables : typed sheets by name
    index : folded project id -> row
    parents : sheet -> project row of each row
    judged : bool
        Every typed judgement counts, with `TEST_EVIDENCE`.
    inline : list of (sheet, row, field, Evidence)
        Evidence that came beside the value.
    """
    rulings: Rulings = defaultdict(Ruling)
    problems: list[Problem] = []
    named = {(sheet, name, row) for sheet, row, name, _ in inline}
    for sheet, row, name, evidence in inline:
        rulings[sheet, name].evidence[row] = evidence
    if "judgements" in tables:
        found, entries = _entries(tables, index, parents)
        problems += found
        for (sheet, name, row), claims in entries.items():
            named.add((sheet, name, row))
            problem = _settle(tables, sheet, name, row, claims, rulings[sheet, name])
            problems += [problem] if problem else []
    for sheet, table in tables.items():
        for name, spec in schema.fields(sheet).items():
            if spec.judged and name in table.values:
                bare = [
                    i
                    for i, v in enumerate(table.values[name])
                    if v is not None and (sheet, name, i) not in named
                ]
                if bare and judged:
                    rulings[sheet, name].evidence.update(dict.fromkeys(bare, TEST_EVIDENCE))
                elif bare:
                    problems.append(_without_evidence(table, name, bare))
    return problems, dict(rulings)


def _without_evidence(table: Typed, name: str, rows: list[int]) -> Problem:
    numbers = "、".join(str(table.raw.numbers[i]) for i in rows[:5]) + (" 等" if len(rows) > 5 else "")
    text = (
        f"第 {numbers} 行共 {len(rows)} 格已填，但工作表「认定」没有对应的一行，按待核处理："
        "请在「认定」写明认定人、依据、日期"
    )
    return table.raw.problem("no_evidence", text, name=name, severity="warning")


def _settle(tables, sheet, name, row, claims: list[_Entry], ruling: Ruling) -> Problem | None:
    """Evidence and value of one cell, or the problem that leaves it unknown."""
    book, table = tables["judgements"].raw, tables[sheet]
    typed = table.get(name)[row]
    label = schema.label(sheet, name)
    complete = [c for c in claims if c.evidence]
    if not complete:
        text = f"「{label}」的认定缺{claims[0].missing}，按待核处理：请补全"
        return book.problem("incomplete_evidence", text, at=claims[0].at, severity="warning")
    values = {c.value for c in complete}
    if len(values) > 1:
        rows = "、".join(str(book.numbers[c.at]) for c in complete)
        text = f"「{label}」有互相矛盾的认定（第 {rows} 行），按待核处理：请只留一个结论"
        return book.problem("judgements_disagree", text, at=complete[0].at, name="value", severity="warning")
    value = values.pop()
    if typed is not None and typed != value:
        place = f"工作表「{schema.sheet_label(sheet)}」第 {table.raw.numbers[row]} 行「{label}」"
        text = f"与{place}填的“{_text(typed)}”不一致，按待核处理：请改成一致"
        return book.problem("judgement_differs", text, at=complete[0].at, name="value", severity="warning")
    ruling.evidence[row] = complete[0].evidence
    if typed is None:
        ruling.values[row] = value
    return None


def _text(value) -> str:
    return {True: "是", False: "否"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _entries(tables, index, parents) -> tuple[list[Problem], dict[tuple[str, str, int], list[_Entry]]]:
    """Rows of 认定 by the cell they speak of."""
    book = tables["judgements"]
    columns = {name: book.get(name) for name in schema.fields("judgements")}
    entries: dict = defaultdict(list)
    problems = []
    finder = _RowFinder(tables, index, parents)
    for at in range(book.n):
        line = {name: column[at] for name, column in columns.items()}
        try:
            sheet, name = _target(line)
            row = finder.row(sheet, line)
            value = _value(sheet, name, line["value"])
        except _Unplaced as unplaced:
            if unplaced.code != "unknown_project":  # reported with the other project numbers
                problems.append(
                    book.raw.problem(
                        unplaced.code, unplaced.text, at=at, name=unplaced.name, severity=unplaced.severity
                    )
                )
            continue
        missing = [schema.label("judgements", k) for k in ("value", "by", "basis") if line[k] is None]
        if not isinstance(line["on"], date):
            missing.append(schema.label("judgements", "on"))
        evidence = None if missing else Evidence(line["by"], line["basis"], line["on"].isoformat())
        entries[sheet, name, row].append(_Entry(at, value, evidence, "、".join(missing)))
    return problems, entries


class _Unplaced(Exception):
    """A row of 认定 that cannot be put to a cell."""

    def __init__(self, name: str, code: str, text: str, severity: str = "error"):
        self.name, self.code, self.text, self.severity = name, code, text, severity


def _target(line: dict) -> tuple[str, str]:
    """Sheet and field that a row of 认定 speaks of, by Chinese or English name."""
    if line["sheet"] is None:
        raise _Unplaced("sheet", "judgement_place", "没有写是哪张表：请填写，如 项目")
    sheet = schema.sheet_names().get(schema.normal(line["sheet"]))
    if sheet is None:
        raise _Unplaced("sheet", "judgement_place", "没有这张工作表：请填写工作表的名称，如 项目、调整")
    if line["field"] is None:
        raise _Unplaced("field", "judgement_place", "没有写是哪一列：请填写列名，如 建设目标不变")
    wanted = line["field"].strip()
    name = wanted if wanted in schema.fields(sheet) else schema.headers(sheet).get(schema.normal(wanted))
    label = schema.sheet_label(sheet)
    if name is None:
        raise _Unplaced("field", "judgement_place", f"工作表「{label}」没有这一列：请照列名填写")
    if not schema.fields(sheet)[name].judged:
        raise _Unplaced("field", "not_judged", "这一列不需要认定，本行没有使用：以该列所填为准", "warning")
    return sheet, name


def _value(sheet: str, name: str, text: str | None):
    try:
        return None if text is None else parser(schema.fields(sheet)[name])(text)
    except Bad as bad:
        raise _Unplaced("value", bad.code, bad.text) from None


def _joined(text: str) -> str:
    """Several keys as one text, whatever stands between them."""
    return re.sub(r"[\s/、]+", "/", text)


class _RowFinder:
    """Finds the row that a line of 认定 speaks of; rows are grouped once per sheet."""

    def __init__(self, tables, index, parents):
        self.tables, self.index, self.parents = tables, index, parents
        self.groups: dict[str, dict] = {}

    def row(self, sheet: str, line: dict) -> int:
        """Row position in ``sheet``."""
        label = schema.sheet_label(sheet)
        owner: Any
        if sheet == "units":
            if line["unit"] is None:
                raise _Unplaced("unit", "judgement_place", "没有写项目单位：请填写")
            owner, field_name = fold(line["unit"]), "unit"
        else:
            if line["project"] is None:
                raise _Unplaced("project", "judgement_place", "没有写项目编号：请填写")
            owner, field_name = self.index.get(fold(line["project"])), "project"
        if owner is None:
            raise _Unplaced("project", "unknown_project", "项目表里没有这个编号")
        rows: list[int] = [owner] if sheet == "projects" else self._rows(sheet).get(owner, [])
        if not rows:
            raise _Unplaced(
                field_name, "judgement_place", f"在工作表「{label}」没有对应的行：请核对，或先补上该行"
            )
        if line["row"] is not None and sheet not in ("projects", "units"):
            rows = [r for r in rows if self._is_key(sheet, r, line["row"])]
            if not rows:
                raise _Unplaced(
                    "row", "judgement_place", f"在工作表「{label}」找不到这一行：{self._how(sheet)}"
                )
        if len(rows) > 1:
            raise _Unplaced(
                "row",
                "judgement_place",
                f"在工作表「{label}」对应 {len(rows)} 行，分不清：{self._how(sheet)}",
            )
        return rows[0]

    def _rows(self, sheet: str) -> dict:
        if sheet not in self.groups:
            table = self.tables.get(sheet)
            owners = []
            if table and sheet == "units":
                owners = [v and fold(v) for v in table.get("unit")]
            elif table:
                owners = self.parents[sheet].tolist()
            group = self.groups[sheet] = defaultdict(list)
            for i, owner in enumerate(owners):
                group[owner].append(i)
        return self.groups[sheet]

    def _is_key(self, sheet: str, row: int, wanted: str) -> bool:
        """Whether a row is meant: by its key, or as reports name it (序号 2, 2027 年度)."""
        names = schema.sheets()[sheet].row
        keys = [self.tables[sheet].get(name)[row] for name in names]
        said = [row_words(n, schema.label(sheet, n), k) for n, k in zip(names, keys, strict=True)]
        texts = [
            "" if k is None else k.isoformat() if isinstance(k, date) else fold(plain(str(k))) for k in keys
        ]
        text = fold(plain(wanted))
        try:
            day = date_of(wanted)
        except Bad:
            day = None
        if isinstance(day, date) and day.isoformat() in texts:
            return True
        return text in (*texts, *map(fold, said)) or _joined(text) == _joined("/".join(texts))

    @staticmethod
    def _how(sheet: str) -> str:
        labels = "/".join(schema.label(sheet, k) for k in schema.sheets()[sheet].row)
        return f"行键请照该行的“{labels}”填写" if labels else "该表一个项目只有一行，行键请留空"
