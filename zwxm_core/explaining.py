"""One clause explained: digest, parameters, conventions, conditions, a worked case.

The worked cases (`rules/cases/`) are sentences of law with facts and the outcome they
must give; the tests run every one of them, `explain` shows those of one clause.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml

from zwxm_core.assessment import assess
from zwxm_core.conditions import Condition
from zwxm_core.consequences import CONSEQUENCES, depends, effect_text
from zwxm_core.facts import Facts
from zwxm_core.findings import evaluate
from zwxm_core.money import to_fen, wan_text, yuan_text
from zwxm_core.obligations import CALENDAR, life_of_regulation
from zwxm_core.obligations import depends as depends_of_calendar
from zwxm_core.portfolio import from_records, schema
from zwxm_core.rules import RULES
from zwxm_core.rulesets import Convention, Parameter, RuleSet

CASES = Path(__file__).parent / "rules" / "cases"
HOW = {"rule": "规则", "calculation": "计算", "checklist": "清单", "calendar": "期限", "consequence": "后果",
       "routing": "流程", "reference": "说明"}  # fmt: skip
KIND = {"duty": "义务", "ban": "禁止", "permission": "许可条件", "class": "归类", "amount": "金额"}


def readers(ruleset: RuleSet) -> dict[tuple[str, str], list[str]]:
    """Which clauses read each field, found by running the rules on a project without facts.

    Returns
    -------
    dict of (sheet, field) to list of clause ids
    """
    found: dict[tuple[str, str], list[str]] = {}
    for clause in (*RULES, *CONSEQUENCES):
        facts = from_records({"projects": [{"id": "A"}]})
        if clause in CONSEQUENCES:
            depends(facts, ruleset, ruleset.starts, clause)
        list(evaluate(facts, ruleset, ruleset.starts, [clause]))
        for field in sorted(facts.reads):
            found.setdefault(field, []).append(clause)
    return found


@lru_cache
def cases() -> dict[str, list[dict]]:
    """The worked cases by clause: ``title``, ``facts``, ``expect`` and optional ``item``, ``ruleset``."""
    found: dict[str, list[dict]] = {}
    for path in sorted(CASES.glob("*.yaml")):
        found |= yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def case_result(clause: str, case: dict, ruleset: RuleSet) -> dict:
    """The assessment of a worked case (every judgement in it counts as evidenced)."""
    facts = from_records(case_records(case), judged=True, unit="元")
    adopted = ruleset.adopting(**case.get("adopting", {}))
    return assess(facts, adopted, case["as_of"], [clause])


def case_records(case: dict) -> dict[str, list[dict]]:
    """The rows of a case: project A of the city, not classified, unless the case says else.

    ``others`` are further projects of the portfolio.
    """
    city = {"level": "市级", "classified": False}
    facts = case["facts"]
    own = {k: v for k, v in facts.items() if not isinstance(v, list)}
    hangs = {
        k: {"project": "A"} if "project" in schema.fields(k) else {}
        for k, v in facts.items()
        if isinstance(v, list)
    }
    children = {k: [{**more, **row} for row in facts[k]] for k, more in hangs.items()}
    others = [{**city, **row} for row in case.get("others", [])]
    return {"projects": [{"id": "A", **city, **own}, *others], **children}


def case_row(clause: str, case: dict, result: dict) -> dict:
    """The finding (or consequence) a case speaks of; for a clause that gives none, its checklist,
    the step of its procedure that the case names (the first by default), or the amount that its
    ``code`` and ``party`` name, with the amount (元) as outcome.
    """

    def rows(*names: str) -> list[dict]:
        return [r for n in names for r in result[n] if (r["project"], r["clause"]) == ("A", clause)]

    if found := rows("findings", "consequences"):
        return next(
            r for r in found
            if r.get("item") == case.get("item") and r.get("effect") == case.get("effect", r.get("effect"))
        )  # fmt: skip
    if due := rows("obligations"):
        meant = (r for r in due if all(r[k] == case.get(k, r[k]) for k in ("what", "period")))
        return _due_case(next(meant, due[0]))
    if listed := rows("checklists", "routing"):
        return next(r for r in listed if r.get("step") == case.get("step", r.get("step")))
    named = {key: case[key] for key in ("code", "party") if key in case}
    one = next((r for r in rows("amounts") if named.items() <= r.items()), None)
    if one is None:
        return {"outcome": "不适用", "open_facts": []}
    return {**one, "outcome": "待核" if one["amount"] is None else yuan_text(one["amount"])}


def _due_case(row: dict) -> dict:
    """An obligation as the outcome of a case: where it stands, with its first and last day."""
    days = "，".join(f"{row[name]} {word}" for name, word in (("opens", "起"), ("due", "止")) if row[name])
    readings = [{**reading, "outcome": reading["status"]} for reading in row["readings"]]
    return {
        **row,
        "outcome": row["status"],
        "reason": f"{days}。" if days else "没有日期。",
        "readings": readings,
    }


def explain(clause: str, ruleset: RuleSet) -> str:
    """A clause in words: what it says, what it depends on, how a case comes out."""
    entry = ruleset.clauses[clause]
    nature = f"，结论性质：{KIND[entry.kind]}" if entry.kind else ""
    lines = [f"{ruleset.name} {entry.cite}（{HOW[entry.how]}{nature}）", "", f"概括　{entry.digest}"]
    if entry.judgement:
        lines.append(f"须人工认定　{entry.judgement}")
    facts = from_records({"projects": [{"id": "A"}]})
    if clause in CONSEQUENCES:
        conventions = [
            ruleset.conventions[n]
            for n in ruleset.conventions
            if n in depends(facts, ruleset, ruleset.starts, clause)
        ]
        lines += [
            "",
            "后果",
            *("  " + effect_text({"clause": clause, "effect": e, "year": None}) for e in entry.effects),
            *_convention_lines(conventions),
        ]
        return "\n".join([*lines, *_fact_lines(facts.reads), "", "算例", *_case_lines(clause, ruleset)])
    if clause in CALENDAR and clause not in RULES:
        return "\n".join([*lines, *_calendar_lines(clause, facts, ruleset)])
    if clause == "57.1":
        return "\n".join([*lines, *_life_lines(ruleset)])
    if clause not in RULES:
        why = f"：{entry.reason}" if entry.reason else ""
        return "\n".join([*lines, "", f"本条只供查阅，不自动判断{why}。"])
    evaluation = next(iter(evaluate(facts, ruleset, ruleset.starts, [clause])))
    parameters = [p for p in ruleset.parameters.values() if p.name in evaluation.used]
    conventions = [c for c in ruleset.conventions.values() if c.name in evaluation.used]
    lines += ["", "参数"] + ([f"  {_parameter_text(p, ruleset)}" for p in parameters] or ["  无"])
    lines += _convention_lines(conventions)
    lines += ("", "适用", *_tree_lines(evaluation.applies, 1), "", "条件", *_tree_lines(evaluation.body, 1))
    lines += _fact_lines(facts.reads)
    lines += ["", "算例", *_case_lines(clause, ruleset)]
    return "\n".join(lines)


def _calendar_lines(clause: str, facts: Facts, ruleset: RuleSet) -> list[str]:
    """What a clause with dates depends on, and its worked cases."""
    used = depends_of_calendar(facts, ruleset, ruleset.starts, clause)
    parameters = [f"  {_parameter_text(p, ruleset)}" for p in ruleset.parameters.values() if p.name in used]
    conventions = [c for c in ruleset.conventions.values() if c.name in used]
    lines = [
        "",
        "参数",
        *(parameters or ["  无"]),
        *_convention_lines(conventions),
        *_fact_lines(facts.reads),
    ]
    return [*lines, "", "算例", *_case_lines(clause, ruleset)]


def _life_lines(ruleset: RuleSet) -> list[str]:
    """From when to when the regulation is in force, by both readings of its last day."""
    life = life_of_regulation(ruleset, ruleset.starts)
    question = ruleset.conventions["last_day_in_force"]
    ends = [(question.value, life["due"]), *((r["value"], r["due"]) for r in life["readings"])]
    told = [f"  {question.reading(value)}：{life['opens']} 起，{due} 止" for value, due in ends]
    return ["", "有效期", *told, *_convention_lines([question])]


def _convention_lines(conventions: list[Convention]) -> list[str]:
    lines = ["", "口径（条文未写明之处）"]
    for c in conventions:
        others = "；".join(text for value, text in c.readings.items() if value != c.value)
        lines.append(f"  {c.label}：{c.reading()}" + (f"（另可：{others}）" if others else ""))
        lines.append(f"      {c.why}")
    return lines


def _fact_lines(reads: set[tuple[str, str]]) -> list[str]:
    return ["", "要用的事实", "  " + "、".join(_field_names(reads))]


def _parameter_text(p: Parameter, ruleset: RuleSet) -> str:
    dated = [said if i == 0 else f"{day} 起 {said}" for i, (said, (day, _)) in
             enumerate(zip(p.worded, p.values, strict=True))]  # fmt: skip
    return f"{p.label}：{'，'.join(dated)}（{ruleset.clauses[p.clause].cite}；来源：{p.source}；{p.status}）"


def _tree_lines(condition: Condition, depth: int) -> list[str]:
    words = {"all": "（须全部满足）", "any": "（满足其一）", "not": "（不得）"}
    if condition.op == "row":
        return _tree_lines(condition.parts[0], depth)
    lines = ["  " * depth + condition.text + (words.get(condition.op, "") if condition.parts else "")]
    for part in condition.parts:
        lines += _tree_lines(part, depth + 1)
    return lines


def _field_names(reads: set[tuple[str, str]]) -> list[str]:
    known = [(s, n) for s, n in sorted(reads) if s in schema.sheets() and n in schema.fields(s)]
    return [
        f"{schema.label(s, n)}" if s == "projects" else f"{schema.sheet_label(s)}·{schema.label(s, n)}"
        for s, n in known
    ]


def _case_lines(clause: str, ruleset: RuleSet) -> list[str]:
    lines = []
    for case in cases().get(clause, []):
        row = case_row(clause, case, case_result(clause, case, ruleset))
        lines += [
            f"  {case['title']}",
            f"    事实　{_facts_text(case)}",
            f"    结论　{row['outcome']}{_because(row)}",
        ]
    return lines or ["  无"]


def _because(row: dict) -> str:
    """Why a case comes out so: the reason, what a checklist lacks, or who acts."""
    if "reason" in row:
        return f"：{row['reason']}"
    if "step" in row:
        return f"：{row['who']}，{row['gives']}"
    lists = (("缺", row.get("missing")), ("有无未填", row.get("unknown")))
    return "".join(f"；{word}：{'、'.join(names)}" for word, names in lists if names)


def _facts_text(case: dict) -> str:
    told = []
    for sheet, rows in case_records(case).items():
        for row in rows:
            values = [
                _fact_text(sheet, name, value) for name, value in row.items() if name not in ("id", "project")
            ]
            told.append(
                "，".join(values)
                if sheet == "projects"
                else f"{schema.sheet_label(sheet)}（{'，'.join(values)}）"
            )
    return "；".join(told)


def _fact_text(sheet: str, name: str, value) -> str:
    field = schema.fields(sheet)[name]
    if value is None:
        value = "未填"
    elif field.kind == "money":
        value = f"{wan_text(to_fen(str(value)))} 万元"
    return f"{field.label}：{ {True: '是', False: '否'}.get(value, value) if isinstance(value, bool) else value }"
