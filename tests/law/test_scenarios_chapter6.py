"""Where the clauses of chapter 6 meet others (scenarios of the regulation)."""

from __future__ import annotations

from datetime import date

from zwxm_core.assessment import assess
from zwxm_core.portfolio import from_records
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()
AS_OF = date(2026, 11, 24)
CITY = {"id": "A", "level": "市级", "classified": False}
APPROVED = {"action": "新建", "approved_on": "2026-03-02"}


def assessed(project: dict, lot: dict, *clauses: str, ruleset=RULESET, **sheets) -> dict:
    records = {
        "projects": [{**CITY, **project}],
        "procurement": [{"project": "A", "lot": "1", **lot}],
        **sheets,
    }
    return assess(from_records(records, judged=True, unit="元"), ruleset, AS_OF, clauses)


def finding(result: dict, clause: str) -> dict:
    return next(f for f in result["findings"] if f["clause"] == clause)


def test_x42_bundled_works_must_be_tendered_however_cheap_the_purchase():
    project = {"mode": "购买服务", "goods_works_or_bundled": True, "potential_providers": 5, **APPROVED}
    result = assessed(project, {"must_tender_works": True}, "19.1", "19.1.1", "41.1")
    assert [finding(result, c)["outcome"] for c in ("19.1", "19.1.1")] == ["不符合", "不符合"]
    assert finding(result, "41.1")["applies"] is True


def test_x43_a_listed_method_does_not_cure_the_missing_condition_for_purchase():
    project = {"mode": "购买服务", "potential_providers": 1, **APPROVED}
    lot = {"is_government_procurement": True, "method": "单一来源"}
    result = assessed(project, lot, "19.1.3", "40.1")
    assert finding(result, "19.1.3")["outcome"] == "不符合"
    assert finding(result, "40.1")["outcome"] == "符合"
    assert finding(result, "40.1")["item"] == "1"


def test_x45_an_amount_equal_to_the_threshold_is_government_procurement_and_by_the_other_reading_is_not():
    lot = {"in_central_catalogue": False, "amount": "400000", "threshold": "400000"}
    result = assessed({}, lot, "40.1", "40.2")
    own, method = finding(result, "40.2"), finding(result, "40.1")
    assert (own["outcome"], own["problem"], method["applies"]) == ("不具备条件", False, True)
    assert [(r["value"], r["outcome"]) for r in own["readings"]] == [("below", "具备条件")]
    assert [(r["value"], r["applies"]) for r in method["readings"]] == [("below", False)]
    assert "equal_to_threshold" in {n["code"] for n in result["notices"]}
    below = assessed({}, lot, "40.2", ruleset=RULESET.adopting(equal_to_threshold="below"))
    assert finding(below, "40.2")["outcome"] == "具备条件"


def test_x49_source_code_not_handed_over_is_missing_though_the_acceptance_materials_are_all_there():
    items = RULESET.terms().acceptance_items
    materials = [{"project": "A", "clause": "31.2", "item": item, "provided": True} for item in items]
    project = {"mode": "自行建设", "custom_development": True}
    lot = {
        "ip_clause_in_documents": True,
        "ip_clause_in_contract": True,
        "documents_handed_over_on": "2026-05-06",
        "source_handed_over_on": "未",
    }
    result = assessed({**project, "acceptance_on": "2026-05-07"}, lot, "31.2", "43.1", materials=materials)
    [owned] = [c for c in result["checklists"] if c["clause"] == "43.1"]
    assert (owned["outcome"], owned["missing"], owned["unknown"]) == ("缺项", ["验收前移交源代码"], [])
    [accepted] = [c for c in result["checklists"] if c["clause"] == "31.2"]
    assert accepted["outcome"] == "符合"


def test_the_threshold_of_a_lot_goes_before_the_one_of_the_rule_set():
    ruleset = RULESET.adopting(procurement_threshold=12_345_678)
    lot = {"in_central_catalogue": False, "amount": "123456.77"}
    assert finding(assessed({}, lot, "40.2", ruleset=ruleset), "40.2")["outcome"] == "具备条件"
    lot["threshold"] = "123456.76"
    assert finding(assessed({}, lot, "40.2", ruleset=ruleset), "40.2")["outcome"] == "不具备条件"


def test_without_any_threshold_the_finding_is_open_and_says_where_to_put_it():
    lot = {"in_central_catalogue": False, "amount": "123456.77"}
    result = assessed({}, lot, "40.2")
    assert finding(result, "40.2")["outcome"] == "待核"
    assert [(o["sheet"], o["row"], o["label"]) for o in finding(result, "40.2")["open_facts"]] == [
        ("procurement", "1", "采购限额标准")
    ]
    assert "procurement_threshold" in {n["code"] for n in result["notices"]}


def test_each_lot_is_a_finding_of_its_own():
    records = {
        "projects": [CITY],
        "procurement": [
            {"project": "A", "lot": "1", "must_tender_works": True, "tendered": False},
            {"project": "A", "lot": "2", "must_tender_works": False},
            {"project": "A", "must_tender_works": True, "tendered": True},
        ],
    }
    result = assess(from_records(records, judged=True, unit="元"), RULESET, AS_OF, ["41.1"])
    found = {f["item"]: f["outcome"] for f in result["findings"]}
    assert found == {"1": "不符合", "2": "不适用", "第 4 行": "符合"}
    assert {f["rules_of"] for f in result["findings"]} == {"2026-11-24"}


def test_classified_procurement_is_routed_although_the_project_left_the_ordinary_path():
    lot = {"is_government_procurement": True, "method": "单一来源"}
    result = assessed({"classified": True}, lot, "40.1", "42.1")
    assert finding(result, "40.1")["outcome"] == "不适用"
    assert [(r["clause"], r["outcome"]) for r in result["routing"]] == [("42.1", "办理")]


def test_what_is_stated_against_catalogue_and_threshold_leaves_the_procurement_open():
    lot = {"in_central_catalogue": False, "threshold": "400000", "method": "自行采购"}
    for stated, amount, against, outcome in (
        (True, "399999.99", True, "待核"),
        (True, "400000.01", False, "不符合"),
        (False, "399999.99", False, "不适用"),
        (False, "400000.01", True, "待核"),
        (None, "399999.99", False, "不适用"),
    ):
        result = assessed({}, {**lot, "amount": amount, "is_government_procurement": stated}, "40.1", "40.2")
        assert finding(result, "40.1")["outcome"] == outcome
        assert ("stated_against_threshold" in {n["code"] for n in result["notices"]}) is against
        if against:
            asked = [o["field"] for o in finding(result, "40.1")["open_facts"]]
            assert asked == ["is_government_procurement"]
            assert "不合" in finding(result, "40.1")["reason"]


def test_the_clauses_of_ownership_are_asked_in_construction_and_the_hand_over_waits():
    lot = {"custom_software": True, "ip_clause_in_documents": True, "ip_clause_in_contract": False}
    own = {
        **CITY,
        **APPROVED,
        "mode": "自行建设",
        "construction_start": "2026-05-06",
        "trial_start": "未",
        "acceptance_on": "未",
    }
    records = {"projects": [own], "procurement": [{"project": "A", "lot": "1", **lot}]}
    result = assess(from_records(records, judged=True, unit="元"), RULESET, AS_OF)
    [owned] = [c for c in result["checklists"] if c["clause"] == "43.1"]
    assert (owned["outcome"], owned["missing"]) == ("缺项", ["合同写明知识产权和违约条款"])
    assert "handover_ahead" in {n["code"] for n in result["notices"]}
