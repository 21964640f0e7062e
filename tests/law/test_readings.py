"""Another reading is told where it decides otherwise, whatever the other rows leave open."""

from datetime import date

from zwxm_core.assessment import assess
from zwxm_core.portfolio import from_records
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()


def readings(lots: list[dict]) -> dict[str, dict[str, str]]:
    """The readings of 第四十条第二款 by lot: convention to outcome."""
    project = {"id": "P1", "level": "市级", "classified": False}
    records = {"projects": [project], "procurement": [{"project": "P1", **lot} for lot in lots]}
    result = assess(from_records(records, unit="元"), RULESET, date(2026, 11, 24), ["40.2"])
    return {f["item"]: {r["convention"]: r["outcome"] for r in f["readings"]} for f in result["findings"]}


EQUAL = {"lot": "1", "in_central_catalogue": False, "amount": "400000", "threshold": "400000"}


def test_a_lot_at_the_threshold_tells_the_other_reading_though_another_lot_lacks_its_amount():
    lacking = {"lot": "2", "in_central_catalogue": False, "threshold": "400000"}
    assert readings([EQUAL, lacking]) == {"1": {"equal_to_threshold": "具备条件"}, "2": {}}


def test_a_reading_that_only_lacks_its_own_facts_is_not_told():
    assert readings([{"lot": "1", "in_central_catalogue": False, "amount": "400000"}]) == {"1": {}}
