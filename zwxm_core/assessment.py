"""The assessment of a portfolio as the public contract writes it (JSON-ready)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date

import numpy as np

from zwxm_core.conditions import Cell, Condition
from zwxm_core.consequences import Breaches, consequences, of_rule
from zwxm_core.consequences import order as in_order
from zwxm_core.facts import Column, Facts
from zwxm_core.findings import Evaluation, Reading, evaluate, live_rows, outcome
from zwxm_core.lifecycle import live
from zwxm_core.obligations import STATUS_TEXT, life_of_regulation, obligations, standings
from zwxm_core.rules import RULES
from zwxm_core.rules.answer import Step
from zwxm_core.rulesets import STATUSES, RuleSet


def assess(
    facts: Facts,
    ruleset: RuleSet,
    as_of: date,
    clauses: Iterable[str] | None = None,
    all_clauses: bool = False,
    evaluated: Callable[..., Iterable[Evaluation]] = evaluate,
) -> dict:
    """What the regulation says of every project.

    Parameters
    ----------
    facts : Facts
    ruleset : RuleSet
    as_of : date
        The day of assessment.
    clauses : iterable of str or None
        Only these clauses, whatever the stage.
    all_clauses : bool
        Every computed clause; otherwise only those live at a project's stage.
    evaluated : callable
        How clauses are judged: `zwxm_core.findings.evaluate`, or what remembers what it gave.

    Without `clauses` or `all_clauses` a portfolio is told briefly: parts of a condition of which
    nothing was entered by their head, a procedure only where its clause is known to apply or not to
    (once, with ``project`` null, where it is the same for all), a consequence only where something
    speaks for it, and what concerns the rules of a day once a project.

    Returns
    -------
    dict
        ``ruleset``, ``as_of``, ``findings`` (problems first, then what is open),
        ``consequences``, ``checklists``, ``obligations``, ``routing``, ``amounts``,
        ``notices``, and ``settling``: the missing facts by how many findings they hold open.
    """
    result: dict = {
        "ruleset": ruleset_json(ruleset, as_of),
        "as_of": as_of.isoformat(),
        "findings": [],
        "consequences": [],
        "checklists": [],
        "obligations": [life_of_regulation(ruleset, as_of)],
        "routing": [],
        "amounts": [],
        "notices": [],
    }
    chosen = None if clauses is None else list(clauses)
    stands = list(standings(facts, ruleset, as_of, chosen))
    due, told = obligations(facts, ruleset, as_of, chosen, all_clauses, stands)
    result["obligations"] += due
    result["notices"] += told
    order = {str(id_): i for i, id_ in enumerate(facts.ids)}
    brief = not all_clauses and chosen is None
    breaches = Breaches(lambda one, row: open_facts(one, row, ruleset))
    asked = [c for c, rule in RULES.items() if live(facts, as_of, *rule.live).any()] if brief else chosen
    for evaluation in evaluated(facts, ruleset, as_of, asked):
        if chosen is None:
            breaches.note([evaluation], as_of)
        rows = np.flatnonzero(live_rows(evaluation, as_of)) if brief else np.arange(len(evaluation.rows))
        for row in rows.tolist():
            _write(result, evaluation, row, ruleset, brief)
        result["routing"] += _procedure(evaluation, rows, ruleset, brief)
    if chosen is None:
        breaches.note_due(stands, as_of)
    follows, told = consequences(facts, ruleset, as_of, chosen, all_clauses, breaches)
    result["consequences"] += follows
    result["notices"] += told
    if brief:
        result["notices"] = _once_a_project(result["notices"])
    place = {clause: i for i, clause in enumerate(ruleset.clauses)}
    result["findings"].sort(
        key=lambda f: (_urgency(f), order[f["project"]], place[f["clause"]], f["item"] or "")
    )
    for name in ("consequences", "checklists", "routing", "amounts", "notices"):
        result[name].sort(key=in_order(facts.ids, ruleset))
    result["settling"] = settling(result["findings"], [*result["obligations"], *result["consequences"]])
    return result


def _urgency(finding: dict) -> int:
    return 0 if finding["problem"] else {"待核": 1, "不适用": 3}.get(finding["outcome"], 2)


def ruleset_json(ruleset: RuleSet, as_of: date) -> dict:
    """Which rules judged: id, version, hash, whether in force on the day of assessment."""
    status = ruleset.status_on(np.array([as_of], "datetime64[D]"))[0]
    return {
        "id": ruleset.id,
        "version": ruleset.version,
        "sha256": ruleset.sha256,
        "status": STATUSES[status],
        "name": ruleset.name,
        "base": ruleset.base,
    }


def _write(result: dict, evaluation: Evaluation, row: int, ruleset: RuleSet, brief: bool) -> None:
    clause = evaluation.clause
    if clause.how == "consequence":
        result["consequences"].extend(_consequence(evaluation, row, ruleset, brief))
    elif clause.kind not in (None, "amount"):
        result["findings"].append(finding(evaluation, row, ruleset, brief))
    if evaluation.answer.items:
        result["checklists"].append(_checklist(evaluation, row))
    result["amounts"].extend(_amounts(evaluation, row, ruleset))
    result["notices"].extend(notices(evaluation, row))


def _consequence(evaluation: Evaluation, row: int, ruleset: RuleSet, brief: bool) -> list[dict]:
    """A consequence that is a rule; `brief`: only where it is set off, excepted, or spoken for."""
    readings = _readings(evaluation, row)
    if brief:
        word = evaluation.outcome(row)
        speaks = word in ("触发", "提示", "例外") or any(r["outcome"] == "触发" for r in readings)
        if not speaks and not (word == "待核" and _stated(evaluation.body, row)):
            return []
    told = {"open_facts": open_facts(evaluation, row, ruleset), "readings": readings}
    return of_rule(evaluation, row, **told, reason=reason(evaluation, row))


def _stated(condition: Condition, row: int) -> bool:
    """Whether some fact of a condition speaks for it, or is claimed without its evidence."""
    if condition.op != "leaf":
        return any(_stated(part, k) for part, k in condition.branches(row))
    return bool(condition.yes[row]) or any(
        isinstance(c, Column) and c.claimed is not None and bool(c.claimed[row]) for c in condition.facts
    )


def finding(evaluation: Evaluation, row: int, ruleset: RuleSet, brief: bool = False) -> dict:
    """One finding as the contract writes it.

    `brief`: of an open condition the parts of which nothing was entered are told by their head;
    whether the clause applies is told by the reason and the open facts.
    """
    day, applies = evaluation.days[row], evaluation.applies.state(row)
    state, word = evaluation.state(row), evaluation.outcome(row)
    written: dict = {
        "project": evaluation.project(row),
        "clause": evaluation.clause.id,
        "item": evaluation.item_of(row),
        "cite": evaluation.clause.cite,
        "kind": evaluation.kind,
        "rules_of": None if np.isnat(day) else str(day),
        "rules_status": evaluation.status(row),
        "applies": applies,
        "state": state,
        "outcome": word,
        "problem": evaluation.is_problem(row),
        "exception": _exception(evaluation, row),
        "reason": reason(evaluation, row),
        "conditions": evaluation.body.at(row) if applies else evaluation.body.head(row),
        "open_facts": open_facts(evaluation, row, ruleset),
        "readings": _readings(evaluation, row),
    }
    if brief and applies and state is None:
        _headed(written["conditions"])
    if applies is False or (applies is None and not brief):
        written["applicability"] = evaluation.applies.at(row, deciding=True)
    return written


def _headed(node: dict) -> bool:
    """Leave out, in a tree read at one row, the parts of the nodes under which no fact was entered.

    Returns whether that is so of the whole tree.
    """
    if node["op"] == "leaf":
        return all(value is None for value in node["facts"].values())
    bare = [_headed(part) for part in node["parts"]]  # every part is looked into
    if not all(bare):
        return False
    node["parts"] = []
    return True


def _exception(evaluation: Evaluation, row: int) -> dict | None:
    if (ground := evaluation.exemption(row)) is None:
        return None
    basis, level = (None if c is None else c.at(row) for c in (ground.basis, ground.level))
    return {"ground": ground.ground, "state": True, "basis": basis, "level": level}


def reason(evaluation: Evaluation, row: int) -> str:
    """The arithmetic and the facts that made the conclusion, as sentences."""
    applies = evaluation.applies.state(row)
    tree = evaluation.body if applies else evaluation.applies
    lead = "是否适用待核：" if applies is None else ""
    told, adverse = tree.sentences(row), evaluation.answer.adverse
    if applies and adverse is not None and adverse.yes[row]:  # before the exception: what it excepts
        told = list(dict.fromkeys([*adverse.sentences(row), *told]))
    return lead + "；".join(told) + "。"


def open_facts(evaluation: Evaluation, row: int, ruleset: RuleSet) -> list[dict]:
    """The missing facts of one finding, each with its place and its Chinese name."""
    return _cells_json(evaluation, row, evaluation.open_cells(row), ruleset)


def _cells_json(evaluation: Evaluation, row: int, cells: list[Cell], ruleset: RuleSet) -> list[dict]:
    if not cells:
        return []
    project = evaluation.project(row)
    return [
        {
            "project": at if sheet == "projects" and isinstance(at, str) else project,
            "sheet": sheet,
            **_place(evaluation, row, sheet, at, name, ruleset),
        }
        for sheet, at, name in cells
    ]


def _place(evaluation: Evaluation, row: int, sheet: str, at, name: str, ruleset: RuleSet) -> dict:
    if sheet == "ruleset":
        kind, terms = (
            ("口径", ruleset.conventions) if name in ruleset.conventions else ("参数", ruleset.parameters)
        )
        label = f"{kind}：{terms[name].label}"
        return {"row": None, "field": name, "label": label, "needs": "value"}
    table = evaluation.facts.tables[sheet]
    column = table.columns[name]
    if isinstance(at, str):
        kind = {"opinions": "批前意见", "materials": "材料"}.get(sheet)
        label = f"{kind}：{at.partition(' ')[2]}" if kind else column.label
        return {"row": None if sheet == "projects" else at, "field": name, "label": label, "needs": "value"}
    place = evaluation.local(row) if at is None and sheet == "projects" else at
    claimed = column.claimed is not None and place is not None and bool(column.claimed[place])
    return {
        "row": None if at is None else table.key(at),
        "field": name,
        "label": column.label,
        "needs": "evidence" if claimed else "value",
    }


def _readings(evaluation: Evaluation, row: int) -> list[dict]:
    """The readings of the conventions under which it comes out otherwise."""
    return [_reading(evaluation, reading, row) for reading in evaluation.readings if reading.differs[row]]


def _reading(evaluation: Evaluation, reading: Reading, row: int) -> dict:
    applies = reading.applies.state(row)
    state = reading.body.state(row) if applies else None
    return {
        "convention": reading.convention,
        "value": reading.value,
        "applies": applies,
        "state": state,
        "outcome": outcome(evaluation.kind, applies, state),
    }


def _checklist(evaluation: Evaluation, row: int) -> dict:
    applies = evaluation.applies.state(row)
    states = [(item.text, item.state(row)) for item in evaluation.answer.items]
    missing = [text for text, state in states if state is False]
    unknown = [text for text, state in states if state is None]
    state = (False if missing else None if unknown else True) if applies else None
    return {
        "project": evaluation.project(row),
        "clause": evaluation.clause.id,
        "item": evaluation.item_of(row),
        "cite": evaluation.clause.cite,
        "applies": applies,
        "state": state,
        "outcome": outcome(evaluation.kind, applies, state),
        "problem": state is False,
        "missing": missing if applies else [],
        "unknown": unknown if applies else [],
        "not_applicable": [],
    }


def _procedure(evaluation: Evaluation, rows: np.ndarray, ruleset: RuleSet, brief: bool) -> list[dict]:
    """The steps of a clause for the projects asked, one row a step.

    `brief`: not where it is open whether the clause applies; and where it applies to all of several
    projects and no fact records a step, that step once, without a project.
    """
    steps, applies = evaluation.answer.steps, evaluation.applies
    if not steps:
        return []
    alike = (
        [s for s in steps if s.done is None and s.case is None]
        if brief and len(rows) > 1 and applies.yes[rows].all()
        else []
    )
    written = [{**_step(evaluation, step, rows[0], ruleset), "project": None} for step in alike]
    own = [s for s in steps if s not in alike]
    told = (rows[applies.yes[rows] | applies.no[rows]] if brief else rows).tolist()
    return written + [
        _step(evaluation, step, row, ruleset)
        for row in told
        for step in own
        if step.case is None or not step.case.no[row]
    ]


def _step(evaluation: Evaluation, step: Step, row: int, ruleset: RuleSet) -> dict:
    """Who gives what, and where the text lets it be told, whether it was given."""
    applies = evaluation.applies.state(row)
    state = step.done.state(row) if step.done is not None and applies else None
    told = outcome("duty", applies, state)
    if applies and (step.done is None or (state is False and evaluation.state(row) is not False)):
        told = "办理"  # still to take, which is no breach
    cells = evaluation.applies.open_cells(row)
    if applies and step.done is not None:
        cells = step.done.open_cells(row)
    return {
        "project": evaluation.project(row),
        "clause": evaluation.clause.id,
        "cite": evaluation.clause.cite,
        "step": step.step,
        "who": step.who,
        "gives": step.gives,
        "state": state,
        "outcome": told,
        "missing": [step.gives] if state is False else [],
        "open_facts": _cells_json(evaluation, row, cells, ruleset),
    }


def _amounts(evaluation: Evaluation, row: int, ruleset: RuleSet) -> list[dict]:
    """One row an amount, where the clause applies; null with what is missing where it may apply."""
    if evaluation.applies.no[row] or evaluation.body.no[row]:
        return []
    sure = evaluation.state(row)
    return [
        {
            "project": evaluation.project(row),
            "clause": evaluation.clause.id,
            "cite": evaluation.clause.cite,
            "code": one.code,
            "party": None if one.party is None else one.party.at(row),
            "amount": one.amount.at(row) if sure else None,
            "open_facts": open_facts(evaluation, row, ruleset)
            or _cells_json(
                evaluation, row, one.amount.open_cells(row) if one.amount.open_cells else [], ruleset
            ),
        }
        for one in evaluation.answer.amounts
    ]


def notices(evaluation: Evaluation, row: int) -> list[dict]:
    """What to point out beside one finding."""
    if evaluation.applies.no[row]:
        return []
    told = [
        (n.code, n.text) for n in evaluation.answer.notices if n.where[row] and evaluation.applies.yes[row]
    ]
    status = evaluation.status(row)
    if status in STATUS_TEXT:
        told.append(("no_ruleset_in_force", STATUS_TEXT[status]))
    elif np.isnat(evaluation.days[row]):
        told.append(
            ("event_date_unknown", f"{_event_name(evaluation)}未填，暂按评估日的规则判断；尚未发生的请填“未”")
        )
    project, clause = evaluation.project(row), evaluation.clause
    return [
        {"code": code, "clause": clause.id, "cite": clause.cite, "project": project, "text": text}
        for code, text in told
    ]


OF_THE_DAY = ("no_ruleset_in_force", "event_date_unknown")
"""Notices on the rules of a day: the same for every clause that looks to that day."""


def _once_a_project(told: list[dict]) -> list[dict]:
    """The notices, those on the rules of a day once a project with all their ``clauses``."""
    first: dict[tuple, dict] = {}
    kept = []
    for notice in told:
        if notice["code"] in OF_THE_DAY:
            key = notice["project"], notice["text"]
            if key in first:
                first[key]["clauses"].append(notice["clause"])
                continue
            first[key] = notice = {**notice, "clauses": [notice["clause"]]}
        kept.append(notice)
    return kept


def _event_name(evaluation: Evaluation) -> str:
    event = RULES[evaluation.clause.id].event
    label = event(evaluation.facts).label if event else "事件日期"
    return "调整日期" if label == "日期" else label


def settling(findings: list[dict], others: Iterable[dict] = ()) -> list[dict]:
    """The missing facts, those that hold most findings open first.

    ``others`` are the duties and consequences that lack facts too; they are counted beside.
    """
    count: dict[tuple, Counter] = {}
    projects: dict[tuple, set] = {}
    for kind, rows in (("findings", findings), ("others", others)):
        for row in rows:
            for key in {(o["sheet"], o["field"], o["label"], o["needs"]) for o in row["open_facts"]}:
                count.setdefault(key, Counter())[kind] += 1
                projects.setdefault(key, set()).add(row["project"])
    ranked = sorted(count.items(), key=lambda kv: (-kv[1]["findings"], -kv[1]["others"], kv[0]))
    return [
        {"sheet": s, "field": n, "label": label, "needs": needs, "findings": times["findings"],
         "others": times["others"], "projects": len(projects[s, n, label, needs] - {None})}
        for (s, n, label, needs), times in ranked
    ]  # fmt: skip
