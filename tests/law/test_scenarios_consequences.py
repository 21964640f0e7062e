"""Scenarios in which a consequence reaches, or does not reach, the projects of a unit."""

from __future__ import annotations

from datetime import date

from zwxm_core.assessment import assess
from zwxm_core.portfolio import from_records
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()
DAY = date(2026, 11, 24)
CITY = {"level": "市级", "classified": False, "unit": "甲", "mode": "自行建设"}
RUNNING = {**CITY, "approved_on": "2023-02-01", "construction_start": "2023-03-01"}
NEW = {**CITY, "action": "新建", "approved_on": "未", "filed_on": "2026-05-06"}
FAILED = {**RUNNING, "acceptance_on": "2025-06-07", "acceptance_result": "不合格"}
ACCEPTED = {**RUNNING, "acceptance_on": "2025-06-07", "acceptance_result": "合格"}
COMPLETE = [{"unit": unit, "list_complete": True, "successor_of": "无"} for unit in ("甲", "乙")]
SHARES = {"shared_as_required": True, "duplicate_collection": False}
UNSHARED = {"shared_as_required": False, "duplicate_collection": False, "finding_year": 2026}
SECURE = {"security_compliant": True, "crypto_compliant": True, "major_hazard": False}


class Told:
    """What an assessment says follows, by project, clause and effect."""

    def __init__(self, projects: dict[str, dict], day: date = DAY, adopting=None, units=COMPLETE, **sheets):
        rows = {
            "projects": [{"id": id_, **facts} for id_, facts in projects.items()],
            "units": units,
            **sheets,
        }
        ruleset = RULESET.adopting(**(adopting or {}))
        self.result = assess(from_records(rows, judged=True, unit="元"), ruleset, day, all_clauses=True)

    def row(self, project, clause: str, effect: str, **more) -> dict:
        found = [
            c
            for c in self.result["consequences"]
            if (c["project"], c["clause"], c["effect"]) == (project, clause, effect)
            and more.items() <= c.items()
        ]
        assert len(found) == 1, found
        return found[0]

    def outcome(self, project, clause: str, effect: str, **more) -> str:
        return self.row(project, clause, effect, **more)["outcome"]

    def readings(self, project, clause: str, effect: str) -> dict:
        return {
            (r["convention"], r["value"]): r["outcome"] for r in self.row(project, clause, effect)["readings"]
        }


def test_X03_a_failed_classified_project_bars_no_new_ones_unless_the_law_fills_the_gaps():
    told = Told({"A": {**FAILED, "classified": True}, "B": NEW})
    assert told.outcome("B", "32.1", "no_new_projects") == "不触发"
    assert told.readings("B", "32.1", "no_new_projects") == {("classified_projects", "fills_gaps"): "触发"}


def test_X12_sharing_waived_by_the_leading_group_is_no_breach():
    told = Told(
        {"A": RUNNING, "B": {**NEW, "approval_year": 2027}},
        sharing=[
            {"project": "A", "bar_basis": "部门文件", "bar_level": "部门文件", "group_approved": True,
             "shared_as_required": False, "duplicate_collection": False, "finding_year": 2026},
        ],
    )  # fmt: skip
    assert told.outcome("A", "33.2", "no_om_funding") == "不触发"
    assert told.outcome("B", "33.2", "no_new_systems") == "不触发"
    assert told.readings("A", "33.2", "no_om_funding")["approved_bar", "still_owed"] == "触发"


def test_X13_the_approval_answers_only_the_sharing_not_the_collecting_twice():
    told = Told(
        {"A": RUNNING, "B": {**NEW, "approval_year": 2027}},
        sharing=[
            {"project": "A", "group_approved": True, "duplicate_collection": True, "finding_year": 2026},
        ],
    )
    assert told.outcome("A", "33.2", "no_om_funding") == "触发"
    assert told.row("B", "33.2", "no_new_systems")["because"] == [
        {"project": "A", "clause": "33.2", "field": "duplicate_collection"}
    ]


def test_X18_a_major_change_without_approval_and_without_overrun_leads_to_rectification_only():
    told = Told(
        {"A": {**RUNNING, "approved_total": "10000000", "revised_total": "10000000", "goals_unchanged": False,
               "adjustments_complete": True}},
        adjustments=[
            {"project": "A", "seq": 1, "on": "2024-05-06", "amount": "0", "prior_approval": False,
             "major_design_change": True, "caused_overrun": False},
        ],
    )  # fmt: skip
    [major] = [f for f in told.result["findings"] if f["clause"] == "28.1"]
    assert major["outcome"] == "不符合"
    assert told.outcome("A", "28.2", "no_later_application") == "不触发"
    order = told.row("A", "47.2", "rectification_order")
    assert order["outcome"] == "提示"
    assert "28.1" in {link["clause"] for link in order["because"]}
    assert "限期整改" in order["reason"]
    assert "第二十八条" in order["reason"]


def test_X21_a_failed_acceptance_takes_its_own_money_and_the_units_new_projects_only():
    told = Told({
        "A": FAILED,
        "B": NEW,
        "C": {**RUNNING, "acceptance_due": "2027-03-04", "acceptance_result": "未进行"},
        "D": {**ACCEPTED, "action": "运维"},
        "E": {**NEW, "unit": "乙"},
    })  # fmt: skip
    assert told.outcome("A", "32.1", "no_om_funding") == "触发"
    assert told.outcome("A", "32.1", "no_cloud_resources") == "触发"
    bar = told.row("B", "32.1", "no_new_projects")
    assert bar["outcome"] == "触发"
    assert bar["because"] == [{"project": "A", "clause": "31.2", "field": "acceptance_result"}]
    for project in "CD":
        assert told.outcome(project, "32.1", "no_new_projects") == "不适用"
        assert told.outcome(project, "32.1", "no_om_funding") == "不触发"
        assert told.outcome(project, "32.1", "no_cloud_resources") == "不触发"
    assert told.outcome("E", "32.1", "no_new_projects") == "不触发"


def test_X22_the_bar_of_32_knows_no_year():
    told = Told(
        {"A": {**FAILED, "acceptance_on": "2024-06-07"}, "B": {**NEW, "filed_on": "2027-01-05"}},
        day=date(2027, 3, 1),
    )
    bar = told.row("B", "32.1", "no_new_projects")
    assert (bar["outcome"], bar["year"], bar["from"]) == ("触发", None, "2024-06-07")


def test_X24_a_project_in_trial_operation_is_not_overdue_but_literally_unaccepted():
    told = Told({
        "A": {**RUNNING, "trial_start": "2026-09-24", "acceptance_due": "2027-01-31", "acceptance_result": "未进行"},
        "B": NEW,
    })  # fmt: skip
    assert told.outcome("B", "32.1", "no_new_projects") == "不触发"
    assert told.readings("B", "32.1", "no_new_projects") == {("unaccepted_scope", "any_unaccepted"): "触发"}


def overdue(**more) -> Told:
    project = {**RUNNING, "acceptance_due": "2026-10-31", "acceptance_result": "未进行"}
    return Told({"A": {**project, "extension_applied": True}, "B": NEW}, **more)


def test_X25_what_an_extension_asked_for_means_to_the_others_is_open():
    told = overdue()
    bar = told.row("B", "32.1", "no_new_projects")
    assert bar["outcome"] == "待核"
    assert "unaccepted_if_extension_asked" in {fact["field"] for fact in bar["open_facts"]}
    assert any(n["code"] == "convention_undecided" and n["clause"] == "32.1" for n in told.result["notices"])
    for value, outcome in (("suspends", "不触发"), ("no_effect", "触发")):
        told = overdue(adopting={"unaccepted_if_extension_asked": value})
        assert told.outcome("B", "32.1", "no_new_projects") == outcome


def test_X27_the_exception_of_article_8_does_not_reach_the_bar_of_32():
    told = Told(
        {
            "A": {**RUNNING, "acceptance_due": "2026-05-31", "acceptance_result": "未进行"},
            "B": {**NEW, "action": "升级改造", "parent": "A"},
        },
        negative_list=[
            {"project": "B", "clause": "8.1.8", "legal_basis": "某法第一条", "basis_level": "法律", "explicit": True},
        ],
    )  # fmt: skip
    [hit] = [f for f in told.result["findings"] if (f["project"], f["clause"]) == ("B", "8.1.8")]
    assert hit["outcome"] == "例外"
    assert told.outcome("B", "32.1", "no_new_projects") == "触发"


def sharing_breach(
    year=None, day: date = DAY, b: dict | None = None, breach: dict | None = None, **more
) -> Told:
    row = {"project": "A", **UNSHARED, **(breach or {})}
    return Told(
        {"A": RUNNING, "B": {**NEW, "approval_year": year, **(b or {})}}, day=day, sharing=[row], **more
    )


def test_X28_the_bar_of_33_holds_in_the_next_year_and_in_no_other():
    for year, outcome in ((2026, "不触发"), (2027, "触发"), (2028, "不触发")):
        told = sharing_breach(year)
        assert told.outcome("B", "33.2", "no_new_systems") == outcome, year
    money = told.row("A", "33.2", "no_om_funding")
    assert (money["outcome"], money["year"], money["from"]) == ("触发", 2027, "2027-01-01")
    cloud = told.row("A", "33.2", "no_additional_cloud")
    assert (cloud["outcome"], cloud["year"]) == ("触发", 2027)
    assert not [
        c
        for c in told.result["consequences"]
        if c["clause"] == "33.2" and c["effect"] == "no_cloud_resources"
    ]


def test_X30_a_cure_within_the_year_is_open_for_the_text_knows_none():
    cured = {"corrected_on": "2026-10-15"}
    told = sharing_breach(2027, breach=cured)
    bar = told.row("B", "33.2", "no_new_systems")
    assert bar["outcome"] == "待核"
    assert "cure_within_year" in {fact["field"] for fact in bar["open_facts"]}
    for value, outcome in (("no_effect", "触发"), ("lifts", "不触发")):
        told = sharing_breach(2027, breach=cured, adopting={"cure_within_year": value})
        assert told.outcome("B", "33.2", "no_new_systems") == outcome


def test_X31_bad_cryptography_bars_new_systems_at_once():
    told = Told(
        {"A": RUNNING, "B": {**NEW, "approval_year": 2026}},
        security=[{"project": "A", "as_of": "2026-11-02", **SECURE, "crypto_compliant": False}],
    )
    bar = told.row("B", "51.1", "no_new_systems")
    assert (bar["outcome"], bar["year"], bar["from"]) == ("触发", None, "2026-11-02")
    assert bar["because"] == [{"project": "A", "clause": "49.1", "field": "crypto_compliant"}]
    assert told.readings("B", "51.1", "no_new_systems")["crypto_and_security", "both"] == "不触发"


SERVICE = {"mode": "购买服务", "action": "服务", "builds_system": False}


def test_X33_the_bar_of_32_reaches_new_projects_of_any_mode():
    told = Told({"A": FAILED, "B": {**NEW, **SERVICE}})
    assert told.outcome("B", "32.1", "no_new_projects") == "触发"


def test_X34_the_bar_of_33_does_not_reach_a_purchase_that_builds_no_system_unless_any_purchase_counts():
    told = sharing_breach(2027, b=SERVICE)
    assert told.outcome("B", "33.2", "no_new_systems") == "不触发"
    assert told.readings("B", "33.2", "no_new_systems") == {
        ("purchase_builds_system", "any_purchase"): "触发"
    }


def test_X36_after_one_budget_year_33_stands_no_longer_in_the_way():
    operations = [{"project": "A", "year": 2027, "kind": "续运维", "plan_reviewed": True}]
    for day in (DAY, date(2027, 6, 1)):
        told = sharing_breach(2028, day=day, operations=operations)
        rows = [
            c
            for c in told.result["consequences"]
            if (c["project"], c["effect"]) == ("A", "no_om_funding") and c["clause"] == "33.2"
        ]
        assert [(c["outcome"], c["year"]) for c in rows] == [("触发", 2027)]


def test_X37_a_project_outside_the_catalogue_gets_no_money_of_any_of_the_three_kinds():
    def told(catalogued):
        known = {**ACCEPTED, "action": "新建", "go_live": "2025-07-01", "in_system_catalogue": catalogued}
        return Told(
            {"A": known, "B": {**known, "mode": "购买服务"}},
            operations=[{"project": "A", "year": 2027, "kind": "续运维", "plan_filed_on": "2026-08-01", "plan_reviewed": True,
                         "content_added": False, "finance_reviewed": True}],
        )  # fmt: skip

    kinds = (("A", "no_build_funding"), ("B", "no_purchase_funding"), ("A", "no_om_funding"))
    assert [told(False).outcome(project, "9.3", kind) for project, kind in kinds] == ["触发"] * 3
    assert [told(True).outcome(project, "9.3", kind) for project, kind in kinds] == ["不触发"] * 3
    [reviewed] = [f for f in told(False).result["findings"] if f["clause"] == "37.1.2"]
    assert reviewed["outcome"] == "符合"


def test_X46_a_purchase_the_unit_accepted_and_nobody_reviewed_is_open():
    told = Told({"A": {**ACCEPTED, "mode": "购买服务"}, "B": NEW})
    assert told.outcome("A", "32.1", "no_om_funding") == "待核"
    bar = told.row("B", "32.1", "no_new_projects")
    assert bar["outcome"] == "待核"
    assert [fact["field"] for fact in bar["open_facts"]] == ["bureau_opinion"]


def test_X54_one_proven_cause_suffices_and_is_the_chain():
    told = Told({"A": RUNNING, "A2": FAILED, "B": NEW})
    bar = told.row("B", "32.1", "no_new_projects")
    assert bar["outcome"] == "触发"
    assert [link["project"] for link in bar["because"]] == ["A2"]


def test_X55_rectification_comes_first_and_ending_the_project_is_not_spoken_of():
    told = Told(
        {"A": RUNNING},
        rectifications=[
            {"project": "A", "seq": 1, "matter": "资金使用", "breach": True, "ordered_on": "未", "still_failing": False},
        ],
    )  # fmt: skip
    assert told.outcome("A", "47.2", "rectification_order") == "提示"
    assert told.outcome("A", "47.2", "public_criticism") == "不触发"
    reasons = [c["reason"] for c in told.result["consequences"] if c["clause"] == "47.2"]
    assert "限期整改" in reasons[0]
    assert not any("终止" in reason for reason in reasons)
