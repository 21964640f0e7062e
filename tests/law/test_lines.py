"""Every threshold and every day of the law: one step before the line, on it, one step beyond.

Where a step is a day, month ends and 29 February are among the days.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from zwxm_core import rules
from zwxm_core.assessment import assess, life_of_regulation
from zwxm_core.obligations import CALENDAR
from zwxm_core.portfolio import from_records
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()
DAY = date(2026, 11, 24)
CITY = {"level": "市级", "classified": False, "unit": "甲", "action": "新建"}
BUILT, BOUGHT = {**CITY, "mode": "自行建设"}, {**CITY, "mode": "购买服务"}
RUNNING = {**BUILT, "approved_on": "2023-02-01"}


def outcome(
    clause: str, facts: dict, day=DAY, adopting=None, item=None, effect=None, what=None, **sheets
) -> str:
    """What a clause comes to for one project."""
    children = {name: [{"project": "A", **row} for row in rows] for name, rows in sheets.items()}
    whole = {"projects": [{"id": "A", **facts}], "units": [{"unit": "甲", "list_complete": True}], **children}
    result = assess(
        from_records(whole, judged=True, unit="元"), RULESET.adopting(**(adopting or {})), day, [clause]
    )
    if due := [r for r in result["obligations"] if r["clause"] == clause and r["what"] in (what, r["what"])]:
        return next(r for r in due if what is None or r["what"] == what)["status"]
    rows = [r for r in (*result["consequences"], *result["findings"]) if r["project"] == "A"]
    return next(
        r["outcome"] for r in rows
        if (effect is None or r.get("effect") == effect) and r.get("item") == item
    )  # fmt: skip


def merge(total):
    return outcome("18.2.3", {**BUILT, "approved_on": "未", "total_investment": total})


def adjusted(clause="29.1", **facts):
    whole = {**RUNNING, "approved_total": "3456789.20", "revised_total": "3456789.20", "goals_unchanged": True,
             "change_necessary": True, "adjustments_complete": True, **facts}  # fmt: skip
    amount = whole.pop("amount", "1.00")
    row = {"seq": 1, "on": "2024-02-29", "amount": amount, "ground": "技术优化", "prior_approval": False}
    return outcome(clause, whole, adjustments=[row])


def providers(count, adopting=None):
    return outcome("19.1.3", {**BOUGHT, "approved_on": "未", "potential_providers": count}, adopting=adopting)


def saving(fee):
    facts = {**BOUGHT, "approved_on": "未", "service_life": 1, "warranty_years": 0, "build_cost": "1000000.10",
             "annual_om_cost": "0", "annual_service_fee": fee}  # fmt: skip
    return outcome("19.1.2", facts, adopting={"purchase_clearly_less": "10%"})


def cheaper(fee):
    """Where no floor has been set for 明显小于."""
    facts = {**BOUGHT, "approved_on": "未", "service_life": 1, "warranty_years": 0, "build_cost": "1000000.10",
             "annual_om_cost": "0", "annual_service_fee": fee}  # fmt: skip
    return outcome("19.1.2", facts)


def split(total):
    """Of a project of 2,500,000.00 元, another of the same original having a total of its own."""
    own = {**BUILT, "approved_on": "未", "parent": "C", "action": "扩建", "total_investment": "2500000.00"}
    whole = {
        "projects": [
            {"id": "A", **own},
            {"id": "B", **own, "total_investment": total},
            {"id": "C", **RUNNING},
        ]
    }
    rows = assess(from_records(whole, judged=True, unit="元"), RULESET, DAY, ["18.2.3"])["findings"]
    return next(r["outcome"] for r in rows if r["project"] == "A")


def design(budget):
    facts = {**BUILT, "approval_path": "可研和初设", "approved_on": "未", "feasibility_total": "12345678.90",
             "design_exceeds_feasibility": False, "design_change_chapter": False, "design_budget": budget}  # fmt: skip
    return outcome("25.1", facts)


DESIGN_CHANGE = {
    "seq": 1,
    "on": "2024-02-29",
    "amount": "1.00",
    "prior_approval": False,
    "major_design_change": True,
}


def overrun(revised):
    facts = {
        **RUNNING,
        "approved_budget": "3456789.12",
        "revised_budget": revised,
        "adjustments_complete": True,
    }
    return outcome("28.2", facts, adjustments=[DESIGN_CHANGE])


def overrun_by_item(actual):
    cost = {"mode": "自行建设", "item": "软件开发费", "year": 0, "assessed": "123456.78", "actual": actual}
    facts = {**RUNNING, "adjustments_complete": True}
    return outcome(
        "28.2", facts, adopting={"overrun_level": "by_item"}, adjustments=[DESIGN_CHANGE], costs=[cost]
    )


def claimed_above(claimed):
    row = {"year": 2027, "kind": "续运维", "claimed": claimed, "assessed": "312345.67"}
    facts = from_records(
        {"projects": [{"id": "A", **RUNNING}], "operations": [{"project": "A", **row}]}, unit="元"
    )
    notices = assess(facts, RULESET, DAY, ["37.1.2"])["notices"]
    return any(n["code"] == "claimed_above_assessed" for n in notices)


def ceiling(claimed):
    return outcome(
        "38.1", BOUGHT, item="L1", lines=[{"line": "L1", "claimed": claimed, "price_cap": "12000.00"}]
    )


def lot(amount, **adopting):
    row = {"lot": "A", "in_central_catalogue": False, "amount": amount}
    return outcome(
        "40.2",
        RUNNING,
        adopting={"procurement_threshold": 500_000_00, **adopting},
        item="A",
        procurement=[row],
    )


def surplus(spent):
    facts = {**RUNNING, "approved_total": "1000000.00", "paid_in": "1000000.00", "spent": spent, "accounts_final": True,
             "goals_unchanged": True, "content_unchanged": True}  # fmt: skip
    result = assess(
        from_records({"projects": [{"id": "A", **facts}]}, judged=True, unit="元"), RULESET, DAY, ["36.2"]
    )
    return [a["amount"] for a in result["amounts"] if a["code"] == "refund_due"]


def trial(day, began="2023-11-30", **more):
    facts = {
        **RUNNING,
        "content_complete": True,
        "trial_start": began,
        "trial_normal": True,
        "acceptance_on": "未",
    }
    return outcome("31.1", facts, day=date.fromisoformat(day), what="组织项目验收", **more)


def applied(on):
    facts = {**RUNNING, "acceptance_due": "2024-02-29", "acceptance_applied_on": on, "acceptance_on": "2024-04-30",
             "extension_applied": False}  # fmt: skip
    return outcome("31.2", facts)


def overdue(day):
    facts = {**RUNNING, "acceptance_due": "2024-02-29", "acceptance_result": "未进行"}
    return outcome("32.1", facts, day=date.fromisoformat(day), effect="no_om_funding")


def next_year(approval_year):
    """Of a project of 甲 whose approval is planned for a year, another of 甲 having been found out in 2026."""
    new = {**BUILT, "id": "B", "approved_on": "未", "approval_year": approval_year}
    whole = {"projects": [{"id": "A", **RUNNING}, new], "units": [{"unit": "甲", "list_complete": True}],
             "sharing": [{"project": "A", "shared_as_required": False, "duplicate_collection": False, "finding_year": 2026}]}  # fmt: skip
    rows = assess(from_records(whole, judged=True), RULESET, DAY, ["33.2"])["consequences"]
    return next(r["outcome"] for r in rows if (r["project"], r["effect"]) == ("B", "no_new_systems"))


def first_plan(filed):
    facts = {**RUNNING, "om_needed": True, "warranty_end": "2024-12-31", "om_plan_filed_on": filed}
    return outcome("37.1.1", facts, what="报审首次运维方案")


def warranty(end):
    """The plan was filed on 2024-06-28."""
    facts = {**RUNNING, "om_needed": True, "warranty_end": end, "om_plan_filed_on": "2024-06-28"}
    return outcome("37.1.1", facts, what="报审首次运维方案")


def monitored(sent, **more):
    row = {"year": 2024, "submitted_on": sent, "users_consulted": True, "supervisor_consulted": True,
           "submitted_to": "发展改革委、财政局、数字经济局"}  # fmt: skip
    facts = {
        **RUNNING,
        "construction_start": "2024-01-01",
        "construction_end": "2024-12-31",
        "monitoring_complete": True,
    }
    return outcome("45.1", facts, monitoring=[row], **more)


def evaluated(on, live="2024-02-29"):
    facts = {**RUNNING, "go_live": live, "self_evaluation": "已完成", "self_evaluation_on": on}
    return outcome("46.1", facts, day=date(2026, 3, 31))


def mended(day):
    row = {
        "seq": 1,
        "matter": "资金使用",
        "breach": True,
        "ordered_on": "2024-01-31",
        "due": "2024-02-29",
        "done_on": "未",
        "still_failing": False,
    }
    facts = {**RUNNING, "construction_start": "2023-03-01"}
    return outcome(
        "47.2", facts, day=date.fromisoformat(day), effect="public_criticism", rectifications=[row]
    )


def cycle(kind, on):
    fine = {"as_of": "2025-02-28", "security_compliant": True, "crypto_compliant": True, "rules_in_place": True,
            "same_pace": True, "level_test_on": "2025-02-28", "crypto_test_on": "2025-02-28"}  # fmt: skip
    cycles = {"level_test_cycle": 12, "crypto_test_cycle": 12}
    return outcome(
        "49.1", {**RUNNING, "go_live": "2023-09-01"}, adopting=cycles, security=[{**fine, kind: on}]
    )


def handed_over(on, acceptance="2024-02-29"):
    row = {"lot": "A", "custom_software": True, "ip_clause_in_documents": True, "ip_clause_in_contract": True,
           "documents_handed_over_on": on, "source_handed_over_on": "2024-02-01"}  # fmt: skip
    facts = {**RUNNING, "acceptance_on": acceptance}
    result = assess(
        from_records({"projects": [{"id": "A", **facts}], "procurement": [{"project": "A", **row}]}, judged=True),
        RULESET, DAY, ["43.1"],
    )  # fmt: skip
    return result["checklists"][0]["outcome"]


def opinions(given_on, approved_on="2024-02-29"):
    bodies = ("财政局 资金审核", "网信办 信息安全审核", "公安局 信息安全审核", "数字经济局 信息安全审核",
              "密码管理局 安全可靠与密码合规", "数字经济局 技术审核")  # fmt: skip
    rows = [
        {"body": b, "kind": k, "asked_on": "2024-02-01", "given_on": given_on}
        for b, k in map(str.split, bodies)
    ]
    return outcome("22.1", {**BUILT, "approved_on": approved_on}, opinions=rows)


def appraised(on):
    bodies = ("财政局 资金审核", "网信办 信息安全审核", "公安局 信息安全审核", "数字经济局 信息安全审核",
              "密码管理局 安全可靠与密码合规", "数字经济局 技术审核")  # fmt: skip
    rows = [
        {"body": b, "kind": k, "asked_on": "2024-02-01", "given_on": "2024-02-02"}
        for b, k in map(str.split, bodies)
    ]
    facts = {**BUILT, "approved_on": "2024-02-29", "appraised_on": on, "city_government_needed": False}
    return outcome("24.1", facts, opinions=rows)


def registered(on):
    return outcome("9.1", {**RUNNING, "registered_on": on, "provincial_platform": True})


def approved(on):
    """Without a catalogue of resources, which has to be there before the approval."""
    return outcome("20.1", {**BUILT, "approved_on": on}, resources=[{"resource": "无"}])


def entered(on):
    facts = {**RUNNING, "action": "运维"}
    whole = {
        "projects": [{"id": "A", **facts}],
        "systems": [{"project": "A", "unit": "甲", "system": "甲系统", "entered_on": on}],
    }
    rows = assess(from_records(whole, judged=True), RULESET, DAY, ["9.3"])["consequences"]
    return next(r["outcome"] for r in rows if r["effect"] == "no_om_funding")


def corrected(on):
    row = {
        "as_of": "2026-10-09",
        "security_compliant": True,
        "crypto_compliant": True,
        "major_hazard": True,
        "corrected_on": on,
    }
    adopting = {"bar_51_end": "when_corrected"}
    return outcome("51.1", RUNNING, adopting=adopting, effect="no_om_funding", security=[row])


def delayed(end):
    """Days of delay are told from two on, where the rule set says two; the due day is 29 February."""
    facts = {**RUNNING, "major_loss": False, "acceptance_due": "2024-02-29", "construction_end": end}
    children = from_records({"projects": [{"id": "A", **facts}]}, judged=True)
    [row] = assess(children, RULESET.adopting(severe_delay_days=2), DAY, ["30.1"])["findings"]
    return "晚于应验收日" in row["reason"]


def demand(filed):
    facts = {**BUILT, "approved_on": "未", "annual_list_year": 2027, "demand_filed_on": filed}
    return outcome("15.1", facts, adopting={"filing_deadline": {2026: date(2026, 9, 30)}})


def in_force(day):
    return life_of_regulation(RULESET, date.fromisoformat(day))["status"]


def few(count):
    facts = {**BOUGHT, "approved_on": "未", "potential_providers": count}
    found = assess(from_records({"projects": [{"id": "A", **facts}]}, judged=True), RULESET, DAY, ["19.1.3"])
    return any(n["code"] == "few_providers" for n in found["notices"])


Line = tuple[Callable, tuple, tuple]
LINES: dict[str, Line] = {
    # before, on, beyond
    "merge_limit": (merge, ("4999999.99", "5000000.00", "5000000.01"), ("具备条件", "具备条件", "不具备条件")),
    "adjustment_limit": (lambda a: adjusted(amount=a), ("518518.37", "518518.38", "518518.39"), ("具备条件", "具备条件", "不具备条件")),
    "29.1 total": (lambda t: adjusted(revised_total=t), ("3456789.19", "3456789.20", "3456789.21"), ("具备条件", "具备条件", "不具备条件")),
    "many_providers": (providers, (1, 2, 3), ("不符合", "符合", "符合")),
    "many_providers, three": (lambda n: providers(n, {"many_providers": 3}), (2, 3, 4), ("不符合", "符合", "符合")),
    "few_providers": (few, (2, 3, 4), (True, False, False)),
    "purchase_clearly_less": (saving, ("900000.08", "900000.09", "900000.10"), ("符合", "符合", "不符合")),
    "19.1.2": (cheaper, ("1000000.09", "1000000.10", "1000000.11"), ("待核", "不符合", "不符合")),
    "split_projects": (split, ("2499999.99", "2500000.00", "2500000.01"), ("具备条件", "具备条件", "待核")),
    "overrun_level": (overrun_by_item, ("123456.77", "123456.78", "123456.79"), ("不触发", "不触发", "待核")),
    "37.1.2": (claimed_above, ("312345.66", "312345.67", "312345.68"), (False, False, True)),
    "25.1": (design, ("12345678.89", "12345678.90", "12345678.91"), ("不适用", "不适用", "不符合")),
    "28.2": (overrun, ("3456789.11", "3456789.12", "3456789.13"), ("不触发", "不触发", "待核")),
    "38.1": (ceiling, ("11999.99", "12000.00", "12000.01"), ("符合", "符合", "不符合")),
    "procurement_threshold": (lot, ("499999.99", "500000.00", "500000.01"), ("具备条件", "不具备条件", "不具备条件")),
    "36.2": (surplus, ("999999.99", "1000000.00", "1000000.01"), ([1], [], [])),
    "trial_months": (trial, ("2024-02-28", "2024-02-29", "2024-03-01"), ("未到", "未到", "进行中")),
    "31.2": (applied, ("2024-02-28", "2024-02-29", "2024-03-01"), ("已完成", "已完成", "逾期")),
    "32.1": (overdue, ("2024-02-28", "2024-02-29", "2024-03-01"), ("不触发", "不触发", "触发")),
    "33.2": (next_year, (2026, 2027, 2028), ("不触发", "触发", "不触发")),
    "37.1.1 first day": (first_plan, ("2023-12-31", "2024-01-01", "2024-01-02"), ("早于窗口", "已完成", "已完成")),
    "37.1.1 last day": (first_plan, ("2024-12-30", "2024-12-31", "2025-01-01"), ("已完成", "已完成", "逾期")),
    "37.1.1 year": (warranty, ("2024-12-30", "2024-12-31", "2025-01-01"), ("逾期", "已完成", "已完成")),
    "monitoring_due": (monitored, ("2024-12-30", "2024-12-31", "2025-01-01"), ("已完成", "已完成", "逾期")),
    "self_evaluation_from": (evaluated, ("2025-02-28", "2025-03-01", "2025-03-02"), ("逾期", "已完成", "已完成")),
    "self_evaluation_until": (evaluated, ("2026-02-27", "2026-02-28", "2026-03-01"), ("已完成", "已完成", "逾期")),
    "47.2": (mended, ("2024-02-28", "2024-02-29", "2024-03-01"), ("不触发", "不触发", "提示")),
    "level_test_cycle": (lambda d: cycle("level_test_on", d), ("2024-02-29", "2024-02-28", "2024-02-27"), ("符合", "符合", "不符合")),
    "crypto_test_cycle": (lambda d: cycle("crypto_test_on", d), ("2024-02-29", "2024-02-28", "2024-02-27"), ("符合", "符合", "不符合")),
    "43.1": (handed_over, ("2024-02-28", "2024-02-29", "2024-03-01"), ("齐备", "齐备", "缺项")),
    "22.1": (opinions, ("2024-02-28", "2024-02-29", "2024-03-01"), ("符合", "符合", "不符合")),
    "22.1 planned": (lambda d: opinions(d, "未"), ("2026-11-23", "2026-11-24", "2026-11-25"), ("符合", "符合", "待核")),
    "43.1 planned": (lambda d: handed_over(d, "未"), ("2026-11-23", "2026-11-24", "2026-11-25"), ("齐备", "齐备", "待核")),
    "24.1": (appraised, ("2024-02-28", "2024-02-29", "2024-03-01"), ("符合", "符合", "不符合")),
    "9.1": (registered, ("2026-11-23", "2026-11-24", "2026-11-25"), ("符合", "符合", "不符合")),
    "an approval": (approved, ("2026-11-23", "2026-11-24", "2026-11-25"), ("不符合", "不符合", "待核")),
    "9.3": (entered, ("2026-11-23", "2026-11-24", "2026-11-25"), ("不触发", "不触发", "触发")),
    "51.1": (corrected, ("2026-11-23", "2026-11-24", "2026-11-25"), ("不触发", "不触发", "触发")),
    "severe_delay_days": (delayed, ("2024-03-01", "2024-03-02", "2024-03-03"), (False, True, True)),
    "filing_deadline": (demand, ("2026-09-29", "2026-09-30", "2026-10-01"), ("已完成", "已完成", "逾期")),
    "term_years": (in_force, ("2027-06-24", "2027-06-25", "2027-06-26"), ("进行中", "待核", "不适用")),
}  # fmt: skip
"""Parameter, convention or clause → what is asked, three values, three outcomes."""

NO_LINE = {"discount_rate"}
"""Numbers that no fact is held against."""


COMPARED = {
    "within_merge_limit": "merge_limit", "group_within_limit": "split_projects", "cheaper": "19.1.2",
    "clearly_less": "purchase_clearly_less", "several_providers": "many_providers", "within_feasibility": "25.1",
    "within_limit": "adjustment_limit", "within_total": "29.1 total", "within_budget": "28.2", "item_within": "overrun_level",
    "left_over": "36.2", "claimed_within": "37.1.2", "within_ceiling": "38.1",
    "below_threshold": "procurement_threshold",
}  # fmt: skip
"""Comparison of the rules → the line that is drawn for it."""

DUE = {
    "15.1": "filing_deadline", "31.1": "trial_months", "31.2": "31.2", "37.1.1": "37.1.1 last day", "45.1": "monitoring_due",
    "46.1": "self_evaluation_until",
}  # fmt: skip
"""Clause of the calendar → the line of its last day; 37.1.2 has none."""


COMPARISONS = ("at_most", "below", "at_least", "within")
"""What compares amounts or counts; `within` is one of the first two, by a convention (40.2)."""


def compared() -> set[str]:
    """The names of all comparisons that stand in the rules."""
    calls = (
        node
        for path in sorted(Path(rules.__file__).parent.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in COMPARISONS
    )
    return {node.args[0].value for node in calls}


def test_every_comparison_and_every_last_day_is_a_line_here():
    assert compared() == COMPARED.keys()
    assert CALENDAR.keys() - {"37.1.2"} == DUE.keys()
    assert {*COMPARED.values(), *DUE.values()} <= LINES.keys()


@pytest.mark.parametrize("name", LINES)
def test_a_line_is_drawn_between_the_values_beside_it(name):
    ask, values, expected = LINES[name]
    assert tuple(map(ask, values)) == expected


def test_every_number_and_day_of_the_rule_set_is_a_line_here():
    numbers = {name for name, p in RULESET.parameters.items() if p.unit != "名称"}
    assert numbers - NO_LINE <= LINES.keys()


@pytest.mark.parametrize(
    ("began", "last"),
    [
        ("2023-11-29", "2024-02-29"), ("2023-11-30", "2024-02-29"), ("2024-11-28", "2025-02-28"), ("2024-11-30", "2025-02-28"),
        ("2024-02-29", "2024-05-29"), ("2024-01-31", "2024-04-30"), ("2024-05-31", "2024-08-31"), ("2024-12-31", "2025-03-31"),
    ],
)  # fmt: skip
def test_three_months_of_trial_end_with_the_matching_day_or_the_last_of_the_month(began, last):
    following = (date.fromisoformat(last) + timedelta(1)).isoformat()
    assert (trial(last, began), trial(following, began)) == ("未到", "进行中")
