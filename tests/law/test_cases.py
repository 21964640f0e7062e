"""Every worked case of the rules comes out as its sentence says, readings and contract included."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import zwxm_core
from zwxm_core.assessment import assess
from zwxm_core.explaining import case_records, case_result, case_row, cases
from zwxm_core.portfolio import from_records
from zwxm_core.rules import RULES
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()
SCHEMA = json.loads((Path(zwxm_core.__file__).parent / "assess.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
ALL = [
    pytest.param(clause, case, id=f"{clause} {case['title']}")
    for clause, group in cases().items()
    for case in group
]
WORDS = (
    {"符合", "具备条件", "属于", "触发", "命中"},
    {"不符合", "不具备条件", "不属于", "不触发", "未命中"},
    {"待核"},
)
NEVER_NO = {"3.1", "39.1"}
"""An open list (“主要有”): another way than the two named is left open, never denied. A review by the
finance bureau that is outstanding is the bureau's, no breach of the unit."""
LISTED = {"齐备", "符合", "办理"}, {"缺项", "不符合", "不适用"}, {"待核"}
"""Of a clause that gives a finding; of a checklist or a procedure without one."""


@pytest.mark.parametrize(("clause", "case"), ALL)
def test_a_case_comes_out_as_its_sentence_says(clause, case):
    row = case_row(clause, case, case_result(clause, case, RULESET))
    assert row["outcome"] == case["expect"], row
    assert row.get("reason") == case.get("reason", row.get("reason"))
    told = {r["convention"]: r["outcome"] for r in row.get("readings", [])}
    assert told == case.get("readings", {})


@pytest.mark.parametrize(("clause", "case"), ALL)
def test_a_case_is_written_as_the_contract_says(clause, case):
    VALIDATOR.validate(json.loads(json.dumps(case_result(clause, case, RULESET))))


@pytest.mark.parametrize("clause", RULES)
def test_a_clause_has_a_yes_a_no_and_an_unknown(clause):
    outcomes = {case["expect"] for case in cases()[clause]}
    entry = RULESET.clauses[clause]
    if entry.kind == "amount":
        assert outcomes > {"不适用", "待核"}, (
            f"{clause} has no amount, no case without one, or none that is open"
        )
        return
    for kind in LISTED if entry.kind is None and entry.how in ("checklist", "routing") else WORDS:
        if not (clause in NEVER_NO and kind is WORDS[1]):
            assert outcomes & kind, f"{clause} has no case among {kind}"


@pytest.mark.parametrize(("clause", "case"), ALL)
def test_an_open_finding_names_what_is_missing(clause, case):
    row = case_row(clause, case, case_result(clause, case, RULESET))
    outside = row.get("rules_status") in ("not_yet", "lapsed", "two_readings")
    if "open_facts" not in row:  # a checklist names its entries
        assert row["outcome"] != "待核" or row["applies"] is None or row["unknown"]
    elif row["outcome"] == "待核" and not outside:
        assert row["open_facts"]
        assert all(fact["label"] for fact in row["open_facts"])
    else:
        assert row["open_facts"] == []


OPPOSITE = {
    "符合": "不符合",
    "具备条件": "不具备条件",
    "属于": "不属于",
    "触发": "不触发",
    "命中": "未命中",
    "齐备": "缺项",
}
OPPOSITE |= {no: yes for yes, no in OPPOSITE.items()}
NOT_FACTS = {"id", "project", "seq", "lot", "line"}
NAMES_A_ROW = {("materials", "clause"), ("materials", "item"), ("operations", "year"), ("shares", "party")}
NAMES_A_ROW |= {("monitoring", "year")}
COUNT_ONCE_STATED = {"prior_approval", "unit", "parent"}
COUNT_ONCE_STATED |= {"exemption", "application_exemption"}  # there once on record
COUNT_ONCE_STATED |= {"intensive_exemption"}  # likewise
COUNT_ONCE_STATED |= {"terminated_on", "annual_list_year"}  # no termination, no list until it is recorded
COUNT_ONCE_STATED |= {
    "successor_of",
    "corrected_on",
    "feasibility_total",
}  # nobody took over, nothing was put right, no feasibility report was approved until it is recorded


@pytest.mark.parametrize(("clause", "case"), ALL)
def test_a_missing_fact_never_decides(clause, case):
    """Take any one fact away: the outcome stays or opens; it never turns round.

    Exceptions. An approval under article 28 counts once it is on file, so an adjustment
    whose approval is unknown is asked about under article 29 as not approved; likewise projects
    are seen as split only where unit and original project are stated. An event without
    a date is judged by the rules of the day of assessment, and a notice says so.
    """
    records = case_records(case)
    adopted = RULESET.adopting(**case.get("adopting", {}))
    for sheet, rows in records.items():
        for i, row in enumerate(rows):
            if row.get("id", "A") != "A":
                continue
            for name in row.keys() - NOT_FACTS:
                less = {s: [dict(r) for r in rs] for s, rs in records.items()}
                del less[sheet][i][name]
                if (sheet, name) in NAMES_A_ROW:
                    continue
                facts = from_records(less, judged=True, unit="元")
                result = assess(facts, adopted, case["as_of"], [clause])
                found = case_row(clause, case, result)
                assert found["outcome"] != OPPOSITE.get(case["expect"]), (name, found)
                if RULESET.clauses[clause].kind == "amount":
                    assert found["outcome"] in (case["expect"], "待核"), (name, found)
                if name in ("on", "approved_on") and found.get("rules_status") == "unknown":
                    assert found["applies"] is False or "event_date_unknown" in {
                        notice["code"] for notice in result["notices"]
                    }
                elif case["expect"] == "待核":
                    assert found["outcome"] == "待核" or name in COUNT_ONCE_STATED, (name, found)


@pytest.mark.parametrize(("clause", "case"), ALL)
def test_a_judgement_without_its_evidence_does_not_count(clause, case):
    facts = from_records(case_records(case), judged=False, unit="元")
    adopted = RULESET.adopting(**case.get("adopting", {}))
    unproven = case_row(clause, case, assess(facts, adopted, case["as_of"], [clause]))
    assert unproven["outcome"] in (case["expect"], "待核")
    claimed = {
        (sheet, None if sheet == "projects" else table.key(row), name)
        for sheet, table in facts.tables.items()
        for name, column in table.columns.items()
        for row in np.flatnonzero([] if column.claimed is None else column.claimed)
    }
    for fact in unproven.get("open_facts", []):
        if (fact["sheet"], fact["row"], fact["field"]) in claimed:
            assert fact["needs"] == "evidence"
