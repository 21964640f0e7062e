"""Self-evaluation and post-assessment part by part: use, sharing, security, O&M, money, what follows."""

from __future__ import annotations

from datetime import date

import pytest

from zwxm_core.facts import Evidence
from zwxm_core.portfolio import write_workbook
from zwxm_core.reporting import afterwards, followup, performance, sections
from zwxm_core.reporting.report import open_report

from .conftest import CITY, SEEN
from .test_tables import HOSTILE

DAY = date(2026, 3, 1)
WAN = 1_000_000
KIND = "self_evaluation"

PROJECT = {
    **CITY, "id": "P1", "name": "办事系统", "unit": "市数据局", "mode": "自行建设", "action": "新建",
    "special_rules": (False, SEEN), "approved_on": "2022-09-01", "approved_total": 733_333_340,
    "revised_total": 843_333_341, "paid_in": 700 * WAN, "spent": 690 * WAN, "accounts_final": True,
    "settled_total": 691 * WAN, "adjustments_complete": True, "go_live": "2024-03-01", "acceptance_on": "2024-02-10",
    "acceptance_due": "2024-01-31", "self_evaluation": "已完成", "self_evaluation_on": "2025-06-01",
    "evaluations_complete": True,
}  # fmt: skip

CHILDREN = {
    "procurement": [
        {"lot": "A", "amount": 500 * WAN, "contract_amount": 480 * WAN + 1},
        {"lot": "B", "amount": 200 * WAN, "contract_amount": 190 * WAN},
    ],
    "adjustments": [{"seq": 1, "on": "2023-02-01", "amount": 110_000_001, "filed": True, "prior_approval": False}],
    "indicators": [
        {"indicator": "办件量", "kind": "产出", "direction": "越大越好", "target": "1000", "actual": "900", "source": "日志"},
        {"indicator": "满意度", "kind": "满意度", "unit": "%", "direction": "越大越好", "target": "90", "actual": "92", "sample": 350},
    ],
    "usage": [
        {"period": "2025-Q4", "resource": "vCPU", "allocated": "64", "used_avg": "16", "used_peak": "60", "users_active": 120},
        {"period": "2025-Q3", "resource": "vCPU", "allocated": "64", "used_avg": "60", "users_active": 100, "transactions": 7},
        {"period": "2025-Q4", "resource": "其他", "what": HOSTILE[0], "allocated": "10", "used_avg": "9"},
    ],
    "resources": [
        {"resource": "办件信息", "share_kind": "无条件共享", "in_city_catalogue": True, "collected": True, "interface": "接口", "calls": 1200},
        {"resource": "人员信息", "share_kind": "不予共享", "share_basis": "个人信息", "in_city_catalogue": False},
    ],
    "security": [
        {"as_of": "2025-01-01", "level_test_on": "2024-12-01", "level_test_result": "中", "open_findings": 9},
        {"as_of": "2026-01-01", "level_test_on": "2025-12-01", "level_test_result": "良", "open_findings": 0, "crypto_test_on": "未"},
    ],
    "operations": [
        {"year": 2026, "kind": "续运维", "claimed": 40 * WAN, "assessed": 35 * WAN},
        {"year": 2025, "kind": "首次", "claimed": 40 * WAN, "assessed": 38 * WAN, "actual": 36 * WAN + 1},
    ],
    "issues": [
        {"seq": 1, "clause": "第二十八条", "problem": "追加没有报批", "cause": "工期紧", "measure": "补报", "due": "2026-06-30", "done_on": "未"},
        {"seq": 2, "clause": "无", "problem": HOSTILE[0], "cause": None, "measure": None},
    ],
    "rectifications": [
        {"seq": 1, "matter": "实施进度", "breach": (True, SEEN), "found_by": "市审计局", "due": "2026-02-01", "done_on": "2026-01-20",
         "still_failing": (True, SEEN)},
        {"seq": 2, "matter": "建设质量", "breach": (False, SEEN)},
    ],
    "evaluations": [{"kind": "自评价", "started_on": "2025-05-01", "completed_on": "2025-06-01", "result": "良"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return opened(tmp_path_factory.mktemp("performance"), PROJECT, CHILDREN)


def opened(folder, project, children=None):
    records = {"projects": [project]}
    for name, rows in (children or {}).items():
        records[name] = [{"project": project["id"], **row} for row in rows]
    return open_report(write_workbook(folder / "书.xlsx", records), project["id"], DAY)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    return opened(tmp_path_factory.mktemp("bare"), {"id": "C3"})


# Money ---------------------------------------------------------------------------------------


def test_the_money_chain_runs_from_the_approval_to_the_settlement(report):
    assert [(one.label, one.amount) for one in afterwards.links(report)] == [
        ("批复总投资", 733_333_340), ("调整后总投资", 843_333_341), ("合同金额", 670 * WAN + 1),
        ("已到位资金", 700 * WAN), ("实际支出", 690 * WAN), ("竣工结算审定额", 691 * WAN),
    ]  # fmt: skip
    told = afterwards.money_sentences(report)
    assert "调整后总投资 843.333341 万元，比批复总投资多 110.000001 万元。" in told
    assert "实际支出 690.00 万元，比已到位资金少 10.00 万元。" in told
    assert "累计调整额 110.000001 万元，占基数的 15%，恰好等于限额（限额 15%，含本数）。" in told


def test_a_total_one_cent_over_its_approval_is_not_told_as_a_hundred_percent(tmp_path):
    report = opened(tmp_path, {**PROJECT, "revised_total": 733_333_341})
    told = repr(afterwards.money_chain(report))
    assert "调整后总投资\t733.333341\t约 100.0000001%" in told


def test_one_contract_without_its_amount_leaves_the_sum_unknown(tmp_path):
    lots = [CHILDREN["procurement"][0], {"lot": "B", "amount": 200 * WAN}]
    amount, told = afterwards.contracts(opened(tmp_path, PROJECT, {"procurement": lots}))
    assert amount is None
    assert told == "2 个采购包中 1 个没有合同金额，已填的合计 480.000001 万元"


def test_a_cent_over_the_line_is_told_as_over_and_not_as_fifteen_percent(tmp_path):
    change = [{"seq": 1, "on": "2023-02-01", "amount": 110_000_002, "prior_approval": False}]
    report = opened(tmp_path, PROJECT, {"adjustments": change})
    assert "占基数的约 15.0000001%，超过限额 0.000001 万元" in afterwards.money_sentences(report)[-1]
    assert "✕ 超过限额" in repr(afterwards.money_chain(report))


# Results, use, sharing, security, O&M -----------------------------------------------------------


def test_goals_are_told_with_what_was_missed_and_satisfaction_with_its_answers(report):
    assert "列出绩效指标 2 项：达到目标 1 项，未达到 1 项（办件量）。" in repr(performance.goals(report))
    assert "满意度 92%（有效样本 350 份），目标 90%，达到目标。" in repr(performance.satisfaction(report))


def test_a_satisfaction_without_its_answers_says_so(tmp_path):
    rows = [{**CHILDREN["indicators"][1], "sample": None}]
    report = opened(tmp_path, PROJECT, {"indicators": rows})
    assert "（有效样本数未提供）" in repr(performance.satisfaction(report))
    assert "有效样本数未提供" in repr(performance.indicators(report))


def test_the_use_of_resources_is_that_of_the_latest_period_with_its_rates(report):
    told = repr(performance.resources(report))
    assert "vCPU\t2025-Q4\t64\t16（25%）\t60（93.75%）" in told
    assert "2025-Q3" not in told
    assert HOSTILE[0] in told
    assert "<script" not in performance.resources(report).markup
    users = repr(performance.users(report)).splitlines()
    assert users[2:4] == ["2025-Q3\t100\t7", "2025-Q4\t120\t未提供"]


def test_sharing_counts_entries_interfaces_and_calls_and_what_is_not_said(report):
    told = repr(performance.shared(report))
    assert (
        "登记信息资源 2 项，纳入全市公共数据目录 1 项，已归集 1 项（1 项未提供），写明接口方式 1 项" in told
    )
    assert "累计被调用 1,200 次（1 项未提供，未计入）。" in told


def test_the_latest_security_assessment_is_told(report):
    told = repr(performance.security(report))
    assert "认定日\t2026-01-01" in told
    assert "等保测评结论\t良" in told
    assert "密评日\t未开展" in told
    assert "未整改问题数\t0 项" in told


def test_of_two_assessments_without_a_day_none_is_the_latest(tmp_path):
    rows = [{"open_findings": 1}, {"as_of": "2025-01-01", "open_findings": 2}]
    report = opened(tmp_path, PROJECT, {"security": rows})
    assert performance.latest_assessment(report) is None
    assert "未整改问题数\t未提供" in repr(performance.security(report))


def test_o_and_m_is_held_against_its_assessment_year_by_year(report):
    assert performance.om_gaps(report) == [
        (2025, "运维实际支出 36.000001 万元，比评估金额少 1.999999 万元，执行率约 94.74%。")
    ]
    assert "2026 年\t续运维\t40.00\t35.00\t未提供\t未提供" in repr(performance.operations(report))


# What follows ------------------------------------------------------------------------------------


def test_the_window_of_the_self_evaluation_and_the_day_it_was_made(report):
    told = repr(followup.timeliness(report, KIND))
    assert "投入运行日 2024-03-01，自评价应在投入运行后 12 至 24 个月内，即 2025-03-02 至 2026-03-02" in told
    assert "到评估日：已完成，完成日 2025-06-01，在窗口内。" in told


@pytest.mark.parametrize(
    ("done", "told"),
    [("未", "窗口内，尚未完成，还有 1 天"), ("2025-03-01", "早于窗口，登记的完成日 2025-03-01 不在窗口内")],
)
def test_an_evaluation_outside_its_window_is_told(tmp_path, done, told):
    project = {
        **PROJECT,
        "self_evaluation": "未开展" if done == "未" else "已完成",
        "self_evaluation_on": done,
    }
    assert told in repr(followup.timeliness(opened(tmp_path, project), KIND))


def test_problems_stand_with_the_cause_and_measure_the_unit_wrote_and_no_other(report):
    told = repr(followup.issues(report, KIND))
    assert "追加没有报批" in told
    assert "工期紧\t补报\t未提供\t限 2026-06-30\n尚未完成" in told
    assert f"{HOSTILE[0]} 单位自查" in told
    assert "实施进度：违反规定或批复 市审计局 · 机关已记录" in told
    assert "限 2026-02-01\n2026-01-20 完成\n整改后仍不符合" in told
    assert "建设质量" not in told


def test_an_entry_that_cites_an_article_explains_the_finding_of_that_article(report):
    told = followup.issues(report, KIND).markup
    assert told.count("追加没有报批") == 1


def test_next_year_is_pointed_out_and_never_decided(report):
    told = repr(followup.next_year(report))
    assert "（第四十六条第四句）" in told
    assert "是否安排、安排多少由有权机关决定。" in told
    assert "2025 年运维实际支出 36.000001 万元，比评估金额少 1.999999 万元" in told
    assert "vCPU 2025-Q4 平均使用率 25%，低于 40%（评分指标集的参考线，非法定）" in told
    assert "办件量没有达到目标：目标 ≥ 1000，实际 900，完成率 90%" in told
    assert "应当安排" not in told


def test_the_data_sources_name_sheets_rows_and_papers(report):
    told = repr(sections.data_sources(report, KIND))
    assert "指标\t2\t日志" in told
    assert "整改\t2\t评审纪要一号" in told


def test_a_finding_and_a_duty_out_of_time_both_reach_the_first_page(tmp_path):
    report = opened(
        tmp_path,
        {**PROJECT, "self_evaluation": "未开展", "self_evaluation_on": None, "go_live": "2023-01-09"},
    )
    told = repr(sections.conclusion_box(report, KIND, followup.told(report)))
    assert "，1 项义务逾期" in told
    assert "自评价：逾期（第四十六条第一句，2024-01-10 至 2025-01-09）。" in told
    assert "自评价：逾期" in repr(followup.issues(report, KIND))


def test_where_nothing_is_known_every_part_says_so(bare):
    parts = [
        performance.goals(bare), performance.indicators(bare), performance.satisfaction(bare), performance.resources(bare),
        performance.users(bare), performance.shared(bare), performance.sharing(bare), performance.operated(bare),
        performance.operations(bare), followup.evaluations(bare), followup.issues(bare, KIND),
    ]  # fmt: skip
    for part in parts:
        told = repr(part)
        assert "没有" in told or "未提供" in told, told
        assert "✓" not in told
    assert "应自评价" not in repr(followup.timeliness(bare, KIND))


def test_a_judgement_without_evidence_is_no_state_of_security(tmp_path):
    rows = [
        {
            "as_of": "2026-01-01",
            "security_compliant": True,
            "crypto_compliant": (True, Evidence("甲", "乙", "2026-01-01")),
        }
    ]
    told = repr(performance.security(opened(tmp_path, PROJECT, {"security": rows})))
    assert "网络安全符合\t待核（认定要素不全）" in told
    assert "密码应用符合\t是" in told
