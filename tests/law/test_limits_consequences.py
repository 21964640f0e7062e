"""How much a row of a consequence names, and what of it: the first causes, the unsettled ones, the evidence wanted."""

from __future__ import annotations

from datetime import date

import pytest

from tests.law.test_consequences import DAY, FINE, HAZARD, NEW, PROOF, RUNNING, hazard, in_sheet, told
from zwxm_core.consequences import consequences
from zwxm_core.consequences import depends as consequences_depend
from zwxm_core.consequences.across import SHOWN
from zwxm_core.consequences.causes import units_of
from zwxm_core.obligations import depends as duties_depend
from zwxm_core.obligations import life_of_regulation
from zwxm_core.portfolio import from_records
from zwxm_core.rulesets import load_ruleset

FAILED = {**RUNNING, "acceptance_on": "2025-06-07", "acceptance_result": "不合格"}


@pytest.mark.parametrize(
    ("causes", "more"), [(SHOWN, None), (SHOWN + 1, "另有 1 项"), (SHOWN + 3, "另有 3 项")]
)
def test_32_1_names_the_first_twenty_causes_and_counts_the_rest(causes, more):
    rows = told("32.1", {**{f"A{i:02}": FAILED for i in range(causes)}, "B": NEW})
    reason = rows["B", "no_new_projects"]["reason"]
    assert reason.count("验收结果：不合格") == SHOWN
    assert ("另有" in reason) is (more is not None)
    assert more is None or more in reason
    assert len(rows["B", "no_new_projects"]["because"]) == SHOWN
    assert len(rows["甲", "no_new_projects"]["because"]) == causes


def test_32_1_asks_of_a_project_for_the_first_twenty_causes_and_of_its_unit_for_all_that_are_stated():
    claimed = {**RUNNING, "mode": "购买服务", "acceptance_on": "2025-06-07", "acceptance_result": "合格", "bureau_opinion": "未出"}  # fmt: skip
    rows = told("32.1", {**{f"A{i:02}": claimed for i in range(SHOWN + 3)}, "B": NEW})
    assert len(rows["B", "no_new_projects"]["open_facts"]) == SHOWN
    assert len(rows["甲", "no_new_projects"]["open_facts"]) == SHOWN + 3


def test_51_1_a_work_that_may_repair_is_held_open_by_the_other_hazards_of_the_unit_alone():
    unsettled = {**HAZARD, "major_hazard": None}
    repair = {**NEW, "action": "改建", "parent": "A", "remedy_for": "安全"}
    sheet = in_sheet(("A", HAZARD), ("C", {k: v for k, v in unsettled.items() if v is not None}))
    projects = {"A": RUNNING, "C": RUNNING, "B": repair}
    row = told("51.1", projects, security=sheet, adopting={"bar_51_remedial": "not_barred"})[
        "B", "no_new_systems"
    ]
    assert row["outcome"] == "待核"
    assert [fact["project"] for fact in row["open_facts"]] == ["C"]
    assert row["reason"] == "C：重大安全隐患：未提供。"


def test_51_1_from_is_the_earliest_day_on_which_a_fault_that_stands_was_found():
    days = ("2026-11-02", "2026-10-12", "2026-10-13")
    sheet = in_sheet(*(("A", {**HAZARD, "as_of": day}) for day in days))
    assert (
        told("51.1", {"A": RUNNING, "B": NEW}, security=sheet)["B", "no_new_systems"]["from"] == "2026-10-12"
    )


def test_12_1_an_exemption_typed_without_evidence_asks_for_the_evidence():
    unit = {"unit": "甲", "data_collected": False, "application_exemption": True}
    records = {"projects": [{"id": "B", **NEW}], "units": [{**unit, "data_collected": (False, PROOF)}]}
    rows, _ = consequences(from_records(records), load_ruleset(), date(2026, 11, 24), ["12.1"])
    [row] = [r for r in rows if r["project"] == "B"]
    assert row["outcome"] == "待核"
    assert [(f["sheet"], f["row"], f["field"], f["needs"]) for f in row["open_facts"]] == [
        ("units", "甲", "application_exemption", "evidence")
    ]


@pytest.mark.parametrize(
    ("day", "status", "other"),
    [("2022-06-24", "未到", "未到"), ("2022-06-25", "进行中", "进行中"), ("2027-06-24", "进行中", "进行中"),
     ("2027-06-25", "待核", "不适用"), ("2027-06-26", "不适用", "不适用")],
)  # fmt: skip
def test_57_1_says_where_the_regulation_stands_by_both_readings(day, status, other):
    row = life_of_regulation(load_ruleset(), date.fromisoformat(day))
    assert (row["project"], row["clause"], row["status"]) == (None, "57.1", status)
    assert [(r["convention"], r["value"], r["status"]) for r in row["readings"]] == [
        ("last_day_in_force", "first_day_counted", other)
    ]


def test_47_2_shows_the_reading_under_which_a_duty_of_the_calendar_is_not_overdue():
    project = {
        **RUNNING,
        "go_live": "2024-02-29",
        "trial_start": "2023-11-01",
        "acceptance_on": "2025-06-07",
        "self_evaluation": "未开展",
    }
    row = told("47.2", {"A": project})["A", "rectification_order"]
    assert (row["outcome"], "46.1" in {link["clause"] for link in row["because"]}) == ("提示", True)
    assert "（自评价）" in row["reason"]
    readings = {(r["convention"], r["value"]): r["outcome"] for r in row["readings"]}
    assert readings["operation_begins", "acceptance"] == "待核"


def test_one_matter_on_file_that_is_not_settled_is_news_and_none_is_not():
    def seen(*matters):
        records = {"projects": [{"id": "A", **RUNNING}], "rectifications": list(matters)}
        rows, _ = consequences(from_records(records, judged=True), load_ruleset(), date(2026, 11, 24))
        return {row["clause"]: row["outcome"] for row in rows if row["clause"] == "48.2"}

    assert seen({"project": "A", "seq": 1, "matter": "资金使用"}) == {"48.2": "待核"}
    assert seen({"project": "A", "seq": 1, "matter": "资金使用", "funds_misused": False}) == {}
    assert seen() == {}


def test_51_1_between_the_two_last_days_shows_the_longer_reading():
    row = told("51.1", {"A": {**RUNNING, "major_hazard": True}}, day=date(2027, 6, 25))["A", "no_om_funding"]
    assert row["outcome"] == "待核"
    assert ("last_day_in_force", "触发") in {(r["convention"], r["outcome"]) for r in row["readings"]}
    row = told("51.1", {"A": {**RUNNING, "major_hazard": True}}, day=date(2027, 6, 24))["A", "no_om_funding"]
    assert (row["outcome"], row["readings"]) == ("触发", [])


@pytest.mark.parametrize(
    ("entry", "outcome", "field"),
    [
        ({"entered_on": "未"}, "触发", None),
        ({}, "待核", "entered_on"),
        ({"entered_on": "2026-11-24"}, "不触发", None),
    ],
)
def test_9_3_looks_a_system_up_by_its_project_the_first_of_the_portfolio_too(entry, outcome, field):
    projects = {"A": {**NEW, "in_system_catalogue": None}, "B": {**NEW, "in_system_catalogue": False}}
    elsewhere = {"unit": "甲", "system": "别处", "project": "不在表里", "entered_on": "2026-11-24"}
    rows = told(
        "9.3", projects, systems=[{"unit": "甲", "system": "审批", "project": "A", **entry}, elsewhere]
    )
    row = rows["A", "no_build_funding"]
    assert (row["outcome"], rows["B", "no_build_funding"]["outcome"]) == (outcome, "触发")
    assert field is None or field in [fact["field"] for fact in row["open_facts"]]


@pytest.mark.parametrize(
    ("made", "clause", "read"),
    [
        (consequences_depend, "12.1", {"classified_projects", "exemption_authority"}),
        (consequences_depend, "32.1", {"unaccepted_scope", "unit_successor", "joint_unit_bears"}),
        (consequences_depend, "48.1", {"classified_projects"}),
        (consequences_depend, "51.1", {"bar_51_end", "bar_51_om_scope", "crypto_and_security"}),
        (duties_depend, "31.1", {"trial_months", "trial_for_purchases", "latest_acceptance"}),
        (duties_depend, "46.1", {"self_evaluation_from", "self_evaluation_until", "operation_begins"}),
    ],
)
def test_a_clause_names_the_terms_and_the_facts_that_it_rests_on(made, clause, read):
    facts = from_records({"projects": [{"id": "A"}]})
    assert read <= set(made(facts, load_ruleset(), date(2026, 11, 24), clause))
    assert ("projects", "classified") in facts.reads


# What another reading needs --------------------------------------------------------------

TOGETHER = "crypto_and_security"


def other_readings(project, rows=(), **more) -> list[str]:
    """The conventions by whose other reading the O&M money of project A would stand otherwise."""
    row = told("51.1", {"A": {**RUNNING, **project}}, security=in_sheet(*rows), **more)["A", "no_om_funding"]
    assert row["outcome"] == "触发"
    return [reading["convention"] for reading in row["readings"]]


CRYPTO_ALONE = {"security_compliant": True, "crypto_compliant": False, "major_hazard": False}
CRYPTO_SAID = {"crypto_compliant": False, "major_hazard": False}


def test_51_1_the_reading_that_wants_both_faults_is_told_only_where_both_are_known_in_short_or_in_the_sheet():
    assert other_readings(CRYPTO_ALONE) == [TOGETHER]
    assert other_readings({}, [("A", CRYPTO_ALONE)]) == [TOGETHER]
    assert other_readings({"security_compliant": True}, [("A", CRYPTO_SAID)]) == [TOGETHER]
    assert other_readings(CRYPTO_SAID) == []
    assert other_readings({}, [("A", CRYPTO_SAID)]) == []


def test_51_1_of_several_rows_the_reading_needs_each_one_told_and_the_short_form_fills_none():
    told_twice = [("A", {**CRYPTO_ALONE, "as_of": day}) for day in ("2026-11-02", "2026-11-03")]
    assert other_readings({}, told_twice) == [TOGETHER]
    once = [("A", {**CRYPTO_ALONE, "as_of": "2026-11-02"}), ("A", {**CRYPTO_SAID, "as_of": "2026-11-03"})]
    assert other_readings({}, once) == []
    assert other_readings({"security_compliant": True, "crypto_compliant": False}, once) == []


def test_51_1_a_project_without_a_row_is_not_taken_for_told_by_the_rows_of_another():
    other = {"B": {**RUNNING, **FINE}}
    sheet = in_sheet(("B", CRYPTO_ALONE))
    row = told("51.1", {"A": {**RUNNING, **CRYPTO_SAID}, **other}, security=sheet)["A", "no_om_funding"]
    assert (row["outcome"], row["readings"]) == ("触发", [])


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({"acceptance_due": "2027-05-06", "acceptance_on": "未"}, "触发"),
        ({"acceptance_due": "2027-05-06", "acceptance_result": "未进行"}, "触发"),
        ({"acceptance_on": "未"}, None),
        ({"acceptance_due": "2027-05-06"}, None),
    ],
    ids=["day of none", "result of none", "no due day", "neither"],
)
def test_32_1_any_unaccepted_is_told_where_the_due_day_and_that_none_was_made_are_both_known(facts, outcome):
    row = told("32.1", {"A": {**RUNNING, "construction_start": "2023-05-06", **facts}})["A", "no_om_funding"]
    by = {r["convention"]: r["outcome"] for r in row["readings"]}
    assert by.get("unaccepted_scope") == outcome


def test_51_1_a_terminated_project_has_no_om_money_to_lose_be_it_the_units_or_its_own():
    ended = {
        "C": {**RUNNING, **FINE, "terminated_on": "2026-11-24"},
        "D": {**RUNNING, **FINE, "terminated_on": "2026-11-25"},
    }
    rows = hazard(projects=ended)
    assert rows["C", "no_om_funding"]["outcome"] == "不适用"
    assert rows["C", "no_om_funding"]["readings"] == []
    unit = hazard(projects=ended, adopting={"bar_51_om_scope": "unit"})
    assert unit["C", "no_om_funding"]["outcome"] == "不适用"
    assert unit["D", "no_om_funding"]["outcome"] == "触发"
    own = {"A": {**RUNNING, "terminated_on": "2026-11-20"}}
    assert (
        hazard(projects=own, adopting={"bar_51_om_scope": "unit"})["A", "no_om_funding"]["outcome"]
        == "不适用"
    )


# Which units there are -------------------------------------------------------------------


def test_none_is_no_unit_nor_is_a_name_that_nobody_filled_in():
    none = {"unit": "无"}
    rows = told("32.1", {"A": {**FAILED, **none}, "B": {**NEW, **none}})
    assert [row["unit"] for row in rows.values()] == [None] * len(rows)
    assert rows["B", "no_new_projects"]["outcome"] == "待核"
    assert rows["B", "no_new_projects"]["because"] == []


def test_units_are_those_of_the_projects_of_the_sheet_of_those_taking_part_and_of_those_taken_over():
    nameless = {name: value for name, value in RUNNING.items() if name != "unit"}
    facts = from_records(
        {
            "projects": [{"id": "A", **RUNNING}, {"id": "B", **nameless}],
            "units": [
                {"unit": "乙", "successor_of": "丙", "list_complete": True},
                {"unit": "丁", "successor_of": "无"},
            ],
            "participants": [
                {"project": "A", "unit": "戊", "role": "参建"},
                {"project": "A", "role": "参建"},
            ],
        }
    )
    units = units_of(facts, DAY)
    assert sorted(units.names) == sorted("甲乙丙丁戊")
    assert [int(of) for of in units.of_project] == [units.number["甲"], -1]
    assert [name for name in units.names if units.row[units.number[name]] >= 0] == ["乙", "丁"]
    assert [name for name in units.names if units.complete[units.number[name]]] == ["乙"]


# The first project of a list -------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "outcome", "reason", "open_cells"),
    [
        ({"entered_on": "2026-11-24"}, "不触发", "系统目录中列有本项目。", []),
        ({"entered_on": "2026-11-25"}, "触发", "纳入日：未到。", []),
        ({"entered_on": "未"}, "触发", "纳入日：未到。", []),
        ({}, "待核", "纳入日：未提供。", ["in_system_catalogue", "entered_on"]),
    ],
    ids=["today", "tomorrow", "not yet", "no date"],
)
def test_9_3_reads_the_entry_of_the_first_project_and_of_the_last_alike(entry, outcome, reason, open_cells):
    purchase = {**NEW, "mode": "购买服务", "action": "服务"}
    systems = [{"project": id_, "unit": "甲", "system": f"系统{id_}", **entry} for id_ in "AC"]
    rows = told("9.3", {"A": purchase, "B": purchase, "C": purchase}, systems=systems)
    for id_ in "AC":
        row = rows[id_, "no_purchase_funding"]
        assert (row["outcome"], row["reason"]) == (outcome, reason)
        assert [fact["field"] for fact in row["open_facts"]] == open_cells
    assert rows["B", "no_purchase_funding"]["outcome"] == "待核"
