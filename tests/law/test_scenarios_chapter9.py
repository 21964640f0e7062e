"""What takes a project off the ordinary path: special rules, another level of government."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from zwxm_core.assessment import assess
from zwxm_core.portfolio import from_records
from zwxm_core.rules import RULES
from zwxm_core.rules.chapter9 import in_force
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()
AS_OF = date(2026, 11, 24)
PROJECT = {
    "id": "A", "level": "市级", "classified": False, "mode": "自行建设", "action": "新建", "total_investment": "4999999.99",
    "approved_on": "2024-05-06",
}  # fmt: skip
LOT = {"project": "A", "lot": "1", "is_government_procurement": True, "method": "公开招标"}


def findings(special_rules, *clauses: str, ruleset=RULESET, judged=True, **others) -> dict:
    project = {**PROJECT, "special_rules": special_rules, **others}
    facts = from_records({"projects": [project], "procurement": [LOT]}, judged=judged, unit="元")
    return {f["clause"]: f for f in assess(facts, ruleset, AS_OF, clauses)["findings"]}


def test_special_rules_take_the_place_of_approval_and_construction_only():
    found = findings(True, "18.2.3", "40.1", "53.1")
    assert {c: f["outcome"] for c, f in found.items()} == {"18.2.3": "不适用", "40.1": "符合", "53.1": "属于"}
    assert found["18.2.3"]["reason"] == "国家或省有专门规定，本条事项从其规定。"
    assert [(r["convention"], r["outcome"]) for r in found["40.1"]["readings"]] == [
        ("special_rules_scope", "不适用")
    ]
    assert found["18.2.3"]["readings"] == []


def test_by_the_other_reading_they_take_the_place_of_everything():
    found = findings(
        True, "18.2.3", "40.1", "53.1", ruleset=RULESET.adopting(special_rules_scope="whole_life")
    )
    assert {c: f["outcome"] for c, f in found.items()} == {
        "18.2.3": "不适用",
        "40.1": "不适用",
        "53.1": "属于",
    }
    assert [(r["value"], r["outcome"]) for r in found["40.1"]["readings"]] == [("construction_only", "符合")]


@pytest.mark.parametrize(("said", "judged"), [(None, True), (False, True), (True, False)])
def test_special_rules_nobody_stated_with_their_basis_keep_the_ordinary_path(said, judged):
    found = findings(said, "18.2.3", "40.1", judged=judged)
    assert {c: f["outcome"] for c, f in found.items()} == {"18.2.3": "具备条件", "40.1": "符合"}
    assert not any(f["readings"] for f in found.values() if f["clause"] == "40.1")


def test_a_neighbour_under_special_rules_changes_nothing_for_a_project_without():
    both = [PROJECT, {**PROJECT, "id": "B", "special_rules": True}]
    alone, beside = (
        assess(from_records({"projects": p}, judged=True, unit="元"), RULESET, AS_OF)
        for p in (both[:1], both)
    )
    assert [f for f in beside["findings"] if f["project"] == "A"] == alone["findings"]


def test_x57_a_county_project_gets_no_conclusion_from_the_citys_rules():
    found = findings(None, *RULES, level="县级")
    assert {f["outcome"] for f in found.values()} == {"不适用"}
    where_to = RULESET.clauses["55.1"].cite
    assert found["9.1"]["reason"] == f"层级：县级，须用该县的规则集判断（{where_to}）。"


def test_x57_the_countys_own_set_judges_it():
    from dataclasses import replace

    county = replace(RULESET, level="县级")
    found = findings(None, "18.2.3", "40.1", ruleset=county, level="县级")
    assert {f["outcome"] for f in found.values()} == {"具备条件", "符合"}


def test_whether_the_rules_were_in_force_is_said_and_which_judge_where_they_were_not():
    inside = in_force(np.array([0, 1]), (0,))
    assert [inside.says(row) for row in (0, 1)] == [
        "事件日在本办法有效期内", "事件日不在本办法有效期内，须按当时有效的规定判断",
    ]  # fmt: skip
