"""What the clauses of chapters 7 and 8 point out beside their findings."""

from __future__ import annotations

from datetime import date

import pytest

from zwxm_core.assessment import assess
from zwxm_core.portfolio import from_records
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset().adopting(level_test_cycle=12, crypto_test_cycle=12)
CITY = {"id": "A", "level": "市级", "classified": False, "go_live": "2023-07-01"}


def assessed(clause: str, as_of: date, project: dict, **sheets) -> dict:
    rows = {sheet: [{"project": "A", **r} for r in listed] for sheet, listed in sheets.items()}
    facts = from_records({"projects": [{**CITY, **project}], **rows}, judged=True, unit="元")
    return assess(facts, RULESET, as_of, [clause])


@pytest.mark.parametrize(("as_of", "past"), [(date(2025, 2, 28), False), (date(2025, 3, 1), True)])
def test_a_test_in_its_cycle_on_the_day_of_judgement_and_past_it_today_is_pointed_out_and_no_breach(
    as_of, past
):
    row = {
        "as_of": "2024-09-02", "security_compliant": True, "crypto_compliant": True, "rules_in_place": True,
        "same_pace": True, "level_test_on": "2024-02-29", "crypto_test_on": "2024-08-01",
    }  # fmt: skip
    result = assessed("49.1", as_of, {}, security=[row])
    assert [f["outcome"] for f in result["findings"]] == ["符合"]
    assert ("test_cycle_past" in {n["code"] for n in result["notices"]}) is past


@pytest.mark.parametrize("complete", [True, None])
def test_a_running_system_owes_an_evaluation_when_suited_though_the_text_sets_no_day(complete):
    result = assessed("46.2", date(2026, 11, 24), {"evaluations_complete": complete})
    [listed] = result["checklists"]
    assert (listed["outcome"], listed["missing"], listed["unknown"][0]) == ("待核", [], "已开展适时评价")
    assert ("no_evaluation_yet" in {n["code"] for n in result["notices"]}) is bool(complete)


def test_a_breach_of_44_tells_who_recorded_it_and_on_what_paper():
    row = {"seq": 2, "found_by": "市审计局", "matter": "资金使用", "refused_or_concealed": True}
    [found] = assessed("44.1", date(2026, 11, 24), {}, rectifications=[row])["findings"]
    proof = found["conditions"]["evidence"]["refused_or_concealed"]
    assert found["reason"].startswith("市审计局记录的事项（资金使用）：拒绝隐匿谎报瞒报：是（")
    assert all(proof[part] in found["reason"] for part in ("by", "basis", "on"))
