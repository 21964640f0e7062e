"""From an exercise of the course to a question: every answer is computed by the package.

An exercise says ``ask`` (one of `ASK`, or several about the same case), the clause, the facts and what
is drawn. What is right is never written there: each function here asks the rules, the calendar or the
comparison, the same ones that make the reports.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date

from zwxm_core.assessment import assess
from zwxm_core.explaining import cases
from zwxm_core.findings import WORDS
from zwxm_core.interactive.quiz import Part, Question
from zwxm_core.interactive.training_cases import (
    SILENT,
    Asked,
    Case,
    case_of,
    fact_name,
    facts_tables,
    several,
)
from zwxm_core.interactive.training_economics import ask_compare, ask_flips, ask_sure
from zwxm_core.interactive.training_files import planted
from zwxm_core.interactive.training_variants import draw, filled
from zwxm_core.obligations import life_of_regulation
from zwxm_core.portfolio import from_records
from zwxm_core.reporting.outcomes import obligation_table
from zwxm_core.reporting.report import LATE
from zwxm_core.rulesets import RuleSet
from zwxm_core.tables import Html, bullets, findings, paragraph, small, table, window_text

STANDINGS = ("未到", "进行中", "已完成", "逾期", "早于窗口", "未履行", "待核", "不适用")
OPEN = ("待核", "不适用")


def question(
    id: str, exercise: dict, ruleset: RuleSet, rng: random.Random, known: dict, as_of: date
) -> Question:
    """One variant of an exercise.

    Parameters
    ----------
    id : str
        Lesson and exercise.
    exercise : dict
        As the course has it.
    rng : Random
        Chooses the variant.
    known : dict
        Values drawn for the whole lesson.
    as_of : date
        The day of assessment where the exercise names none.
    """
    values = draw(exercise.get("given", {}), ruleset, rng, known)
    spec = {
        "as_of": as_of,
        **{k: v if k in ("each", "given") else filled(v, values) for k, v in exercise.items()},
    }
    asks = spec["ask"] if isinstance(spec["ask"], list) else [spec["ask"]]
    asked = [ASK[one](spec, ruleset, rng) for one in asks]
    prompt = paragraph(spec["text"]) if "text" in spec else Html("")
    explained = Html("")
    for one in {each.explained.markup: each.explained for each in asked}.values():
        explained += one
    if "why" in spec:
        explained += paragraph(spec["why"])
    parts = tuple(part for one in asked for part in one.parts)
    return Question(
        id, spec["title"], prompt + asked[0].shown, parts, tuple(spec.get("hints", ())), explained
    )


def outcomes(case: Case) -> tuple[str, ...]:
    """What may come out: the words of the clause's nature, open, not applicable."""
    clause, row = case.ruleset.clauses[case.clause], case.row
    if "status" in row:
        return STANDINGS
    known = {worked["expect"] for worked in cases()[clause.id]}
    if clause.how == "consequence":
        words = ("提示", "不触发") if "提示" in known else WORDS["consequence"]
    else:
        words = WORDS[row.get("kind") or clause.kind or clause.how]
    return (*words, *(("例外",) if "例外" in known else ()), *OPEN)


def ask_outcome(spec: dict, ruleset: RuleSet, _: random.Random) -> Asked:
    """Which conclusion the clause comes to."""
    case = case_of(spec, ruleset)
    part = Part(spec.get("label", f"{case.question()}的结论"), "one", case.outcome, outcomes(case))
    return Asked((part,), case.shown(), case.explained())


def ask_reasons(spec: dict, ruleset: RuleSet, _: random.Random) -> Asked:
    """Which single conditions are not met, where that is what decides."""
    case = case_of(spec, ruleset)
    unmet = case.deciding() if case.row["state"] is False else frozenset()
    return Asked(
        (several("没有满足、因而决定结论的条件", set(unmet), case.leaves()),), case.shown(), case.explained()
    )


def ask_missing(spec: dict, ruleset: RuleSet, _: random.Random) -> Asked:
    """Which facts are missing."""
    case = case_of(spec, ruleset)
    evaluation, row = case.evaluation
    body = evaluation.body.at(row)
    read = list(dict.fromkeys(_facts_of(body, evaluation, ruleset)))
    lacks = {fact_name(sheet, name, ruleset) for sheet, _, name in evaluation.open_cells(row)}
    options = [name for name in dict.fromkeys([*read, *sorted(lacks)]) if name]
    return Asked((several("缺了会改变结论的事实", lacks, options),), case.shown(), case.explained())


def _facts_of(node: dict, evaluation, ruleset: RuleSet) -> list[str]:
    fields = {name: sheet for sheet, name in sorted(evaluation.facts.reads, reverse=True)}
    named = [
        fact_name(fields[f], f, ruleset)
        for f in node.get("facts", ())
        if fields.get(f) in evaluation.facts.tables
    ]
    return named + [name for part in node.get("parts", ()) for name in _facts_of(part, evaluation, ruleset)]


def ask_readings(spec: dict, ruleset: RuleSet, _: random.Random) -> Asked:
    """Which open questions of the text would change the conclusion."""
    case = case_of(spec, ruleset)
    evaluation, _row = case.evaluation
    used = [c for c in ruleset.conventions.values() if c.name in evaluation.used and c.how == "computed"]
    turns = {ruleset.conventions[reading["convention"]].label for reading in case.row["readings"]}
    return Asked(
        (several("换一种读法会改变结论的口径", turns, [c.label for c in used]),),
        case.shown(),
        case.explained(),
    )


def ask_room(spec: dict, ruleset: RuleSet, _: random.Random) -> Asked:
    """How far an amount is from its limit (below it positive)."""
    case = case_of(spec, ruleset)
    evaluation, row = case.evaluation
    leaf = next(leaf for leaf in _leaf_nodes(evaluation.body.at(row)) if leaf["id"] == spec["leaf"])
    return Asked((Part(spec["label"], "amount", leaf["room"]["amount"]),), case.shown(), case.explained())


def _leaf_nodes(node: dict):
    if node["op"] == "leaf":
        yield node
    for part in node.get("parts", ()):
        yield from _leaf_nodes(part)


def ask_amount(spec: dict, ruleset: RuleSet, _: random.Random) -> Asked:
    """An amount that a clause comes to."""
    case = case_of(spec, ruleset)
    return Asked((Part(spec["label"], "amount", case.row["amount"]),), case.shown(), case.explained())


def ask_opens(spec: dict, ruleset: RuleSet, _: random.Random) -> Asked:
    """The first day of a period."""
    return _ask_day(spec, ruleset, "opens")


def ask_due(spec: dict, ruleset: RuleSet, _: random.Random) -> Asked:
    """The last day of a period."""
    return _ask_day(spec, ruleset, "due")


def _ask_day(spec: dict, ruleset: RuleSet, which: str) -> Asked:
    case = case_of(spec, ruleset)
    label = spec.get(f"label_{which}", {"opens": "最早的一天", "due": "最后的一天"}[which])
    return Asked((Part(label, "day", date.fromisoformat(case.row[which])),), case.shown(), case.explained())


def ask_life(spec: dict, ruleset: RuleSet, _: random.Random) -> Asked:
    """Whether the regulation is in force on a day, and its last day by the reading that the rule set takes."""
    life, clause = life_of_regulation(ruleset, spec["as_of"]), ruleset.clauses["57.1"]
    question = ruleset.conventions["last_day_in_force"]
    ends = [
        (question.reading(), life["due"]),
        *((question.reading(r["value"]), r["due"]) for r in life["readings"]),
    ]
    why = paragraph(f"{clause.cite}：{clause.digest}。") + bullets(f"{how}：{last} 止" for how, last in ends)
    parts = (
        Part("有效期的最后一天（首日不计）", "day", date.fromisoformat(life["due"])),
        Part(f"{spec['as_of']} 当天", "one", LIFE[life["status"]], tuple(LIFE.values())),
    )
    return Asked(parts, small(f"施行之日：{life['opens']}。"), why)


LIFE = {"未到": "尚未施行", "进行中": "在有效期内", "待核": "两种读法不同，待核", "不适用": "已经届满"}
"""The standing of the regulation in words."""


def ask_problems(spec: dict, ruleset: RuleSet, _: random.Random) -> Asked:
    """Which of several clauses a project has a problem with, or is late by."""
    cases_of = [
        Case(c, {k: spec[k] for k in ("facts", "others", "as_of") if k in spec}, ruleset)
        for c in spec["from"]
    ]
    facts = from_records(cases_of[0].records, judged=True, unit="元")
    result = assess(facts, ruleset, spec["as_of"], spec["from"])
    bad = {
        f["clause"] for f in result["findings"] + result["checklists"] if f["problem"] and f["project"] == "A"
    }
    bad |= {one["clause"] for one in result["obligations"] if one["status"] in LATE}
    told = [f for f in result["findings"] if f["clause"] in bad and f["problem"]]
    due = [one for one in result["obligations"] if one["clause"] in bad]
    cites = {c: ruleset.clauses[c].cite for c in spec["from"]}
    part = several("有问题或已经逾期的条款", {cites[c] for c in bad}, list(cites.values()))
    why = (findings(told, ruleset) if told else Html("")) + (
        obligation_table(due, ruleset) if due else Html("")
    )
    return Asked((part,), cases_of[0].shown(), why)


def ask_drill(spec: dict, ruleset: RuleSet, rng: random.Random) -> Asked:
    """Worked cases of several clauses, one after another."""
    clauses = rng.sample(spec["from"], min(spec.get("count", 5), len(spec["from"])))
    chosen = [
        Case(c, rng.choice(told_cases(c)), ruleset) for c in sorted(clauses, key=list(ruleset.clauses).index)
    ]
    shown, why, parts = Html(""), Html(""), []
    for number, case in enumerate(chosen, 1):
        shown += paragraph(f"（{number}）{case.question()}", "quiz-item") + case.shown()
        why += case.explained()
        parts.append(Part(f"（{number}）{case.question()}", "one", case.outcome, outcomes(case)))
    return Asked(tuple(parts), shown, why)


def told_cases(clause: str) -> list[dict]:
    """The worked cases of a clause that have a conclusion in words."""
    return [case for case in cases()[clause] if "code" not in case and "party" not in case]


def ask_which(spec: dict, ruleset: RuleSet, rng: random.Random) -> Asked:
    """Which of several projects come out in a certain way."""
    each = spec["each"]
    for _ in range(200):
        rows = [draw(each["given"], ruleset, rng, {"id": f"P{i}"}) for i in range(1, each["count"] + 1)]
        records = _portfolio(each, rows)
        facts = from_records(records, judged=True, unit="元")
        result = assess(facts, ruleset.adopting(**spec.get("adopting", {})), spec["as_of"], [spec["clause"]])
        found = _told(result, spec)
        right = {one["project"] for one in found if one["outcome"] in spec["outcome"]}
        if 0 < len(right) < len(rows):
            break
    why = table(
        ("项目", "结论", "理由和算式"), [(one["project"], one["outcome"], one["reason"]) for one in found]
    )
    clause = ruleset.clauses[spec["clause"]]
    part = several(spec["label"], right, [row["id"] for row in rows])
    told = small(f"评估日 {spec['as_of']}；金额单位元；都是市级、不涉密；空着的就是不知道。")
    return Asked((part,), facts_tables(records) + told, paragraph(f"{clause.cite}：{clause.digest}。") + why)


def _told(result: dict, spec: dict) -> list[dict]:
    """The conclusions of one clause (and item, or effect), whatever kind they are."""
    due = [{**one, "outcome": one["status"], "reason": window_text(one)} for one in result["obligations"]]
    asked = {"clause": spec["clause"], "item": spec.get("item")}
    rows = [{"item": None, **one} for one in [*result["findings"], *result["consequences"], *due]]
    return [
        one
        for one in rows
        if asked.items() <= one.items() and one.get("effect") == spec.get("effect", one.get("effect"))
    ]


def ask_items(spec: dict, ruleset: RuleSet, _: random.Random) -> Asked:
    """Which rows of a sheet (lines, lots) come out in a certain way."""
    case = case_of(spec, ruleset)
    result = assess(
        from_records(case.records, judged=True, unit="元"), ruleset, spec["as_of"], [spec["clause"]]
    )
    rows = [one for one in result["findings"] if one["item"] and " " not in one["item"]]
    right = {one["item"] for one in rows if one["outcome"] in spec["outcome"]}
    part = several(spec["label"], right, [one["item"] for one in rows])
    return Asked((part,), case.shown(), findings(rows, ruleset))


def _portfolio(each: dict, rows: list[dict]) -> dict[str, list[dict]]:
    """The sheets of several projects: a row each in 项目 and in every sheet that hangs on it."""
    sheets: dict[str, list[dict]] = {"projects": []}
    for row in rows:
        own = filled(each["facts"], row)
        flat = {k: v for k, v in own.items() if not isinstance(v, list)}
        sheets["projects"].append({"id": row["id"], **SILENT, **flat})
        if "parent" in each:
            sheets["projects"].append({"id": own["parent"], **SILENT, **filled(each["parent"], row)})
        for sheet, children in own.items():
            if isinstance(children, list):
                sheets.setdefault(sheet, []).extend({"project": row["id"], **child} for child in children)
    return sheets


def ask_who(spec: dict, ruleset: RuleSet, _: random.Random) -> Asked:
    """Who takes a step of a procedure."""
    case = case_of(spec, ruleset)
    result = assess(
        from_records(case.records, judged=True, unit="元"), ruleset, spec["as_of"], [spec["clause"]]
    )
    steps = [one for one in result["routing"] if one["clause"] == spec["clause"]]
    right = next(one for one in steps if spec["gives"] in one["gives"])
    options = tuple(dict.fromkeys([one["who"] for one in steps] + spec.get("besides", [])))
    part = Part(spec.get("label", f"由谁出具{right['gives']}"), "one", right["who"], options)
    clause = ruleset.clauses[spec["clause"]]
    why = paragraph(f"{clause.cite}：{clause.digest}。") + table(
        ("步骤", "由谁", "给出什么"), [(one["step"], one["who"], one["gives"]) for one in steps]
    )
    return Asked((part,), case.shown(), why)


def ask_lacking(spec: dict, ruleset: RuleSet, _: random.Random) -> Asked:
    """Which listed materials are missing."""
    case = case_of(spec, ruleset)
    facts = from_records(case.records, judged=True, unit="元")
    listed = assess(facts, ruleset, spec["as_of"], [spec["clause"]])["checklists"][0]
    evaluation, _row = case.evaluation
    part = several("缺的材料", set(listed["missing"]), [item.text for item in evaluation.answer.items])
    return Asked((part,), case.shown(), case.explained())


def ask_cell(spec: dict, _: RuleSet, rng: random.Random) -> Asked:
    """Which cell of a workbook the reader refuses."""
    found = planted(spec["mistakes"], rng)
    rows = Part("出错的行", "one", f"第 {found.row} 行", tuple(f"第 {r} 行" for r in found.rows))
    heads = Part("出错的列", "one", found.header, found.headers)
    return Asked((rows, heads), found.shown, found.explained)


def ask_note(spec: dict, _ruleset: RuleSet, _rng: random.Random) -> Asked:
    """Something to be written in one's own words; not marked."""
    return Asked((Part(spec["label_note"], "note", None),), Html(""), Html(""))


ASK: dict[str, Callable[[dict, RuleSet, random.Random], Asked]] = {
    "outcome": ask_outcome, "reasons": ask_reasons, "missing": ask_missing, "readings": ask_readings,
    "room": ask_room, "amount": ask_amount, "opens": ask_opens, "due": ask_due, "life": ask_life,
    "compare": ask_compare, "flips": ask_flips, "sure": ask_sure,
    "problems": ask_problems, "drill": ask_drill, "which": ask_which,
    "items": ask_items, "who": ask_who,
    "lacking": ask_lacking, "cell": ask_cell, "note": ask_note,
}  # fmt: skip
"""Kinds of exercises."""
