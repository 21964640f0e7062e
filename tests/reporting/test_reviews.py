"""The adjustment review and the acceptance review: figures worked out by hand, run through papermill."""

from __future__ import annotations

import re

import pytest

from zwxm_core.portfolio import write_workbook
from zwxm_core.reporting import reviews
from zwxm_core.reporting.batch import run
from zwxm_core.reporting.report import open_report

from .conftest import CITY, DAY, SEEN
from .test_batch import page, plain
from .test_tables import HOSTILE

# The tests of the time limit end all children of their process, the tracker of its pools among them.
pytestmark = pytest.mark.filterwarnings("ignore:resource_tracker:UserWarning")

BUILDING = {
    **CITY, "id": "T1", "name": "巡查系统", "unit": "市城管局", "mode": "自行建设", "approved_on": "2024-05-01",
    "approved_total": 733_333_340, "feasibility_total": 900_000_007, "revised_total": 733_333_340,
    "adjustments_complete": True, "goals_unchanged": (True, SEEN), "change_necessary": (True, SEEN),
    "construction_start": "2024-06-01", "construction_end": "未",
}  # fmt: skip
"""15 % of 7,333,333.40 元 is 1,100,000.01 元; of 9,000,000.07 元 1,350,000.01 元 (whole 分)."""

CHANGES = [
    {"seq": 1, "on": "2024-09-01", "amount": 60_000_001, "filed": True, "prior_approval": False},
    {"seq": 2, "on": "2025-01-15", "amount": -50_000_000, "filed": None, "prior_approval": False},
    {"seq": 3, "on": "2025-06-30", "amount": 1, "filed": None, "prior_approval": False},
    {"seq": 4, "on": "2025-09-01", "amount": 80_000_000, "prior_approval": True},
    {"seq": 5, "on": "2025-11-01", "amount": 7, "filed": False, "prior_approval": False},
]
"""Together 60,000,001, then exactly the limit, then one 分 more, then approved, then anew from 7."""

ACCEPTED = {
    **CITY, "id": "Y1", "name": "监管系统", "unit": "市监管局", "mode": "自行建设", "approved_on": "2023-02-01",
    "construction_start": "2023-03-01", "content_complete": True, "trial_start": "2023-11-30",
    "trial_normal": (True, SEEN), "acceptance_due": "2024-03-31", "acceptance_on": "2024-04-01",
    "acceptance_by": "数字经济局", "acceptance_result": "不合格", "acceptance_reported": False,
    "extension_applied": False, "custom_development": True,
}  # fmt: skip
NEW = {
    **CITY,
    "id": "Y2",
    "unit": "市监管局",
    "name": "新增系统",
    "mode": "自行建设",
    "action": "新建",
    "approved_on": "未",
}
BOUGHT = {
    **CITY, "id": "G1", "name": "云服务", "unit": "市数据局", "mode": "购买服务", "approved_on": "2024-02-01",
    "acceptance_on": "2025-02-01", "acceptance_by": "项目单位", "acceptance_result": "合格", "bureau_opinion": "合格",
}  # fmt: skip


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A function that gives the text of one report of a small workbook."""
    folder = tmp_path_factory.mktemp("reviews")
    hostile = [
        {**BUILDING, "id": f"H{i}", "name": a, "unit": b}
        for i, (a, b) in enumerate(zip(HOSTILE[:2], HOSTILE[2:4], strict=True))
    ]
    records = {
        "projects": [BUILDING, ACCEPTED, NEW, BOUGHT, {**CITY, "id": "B0"}, *hostile],
        "adjustments": [{"project": "T1", "ground": ("技术优化", SEEN), **change} for change in CHANGES],
        "materials": [
            {"project": "Y1", "clause": "31.2", "item": "财务报告", "provided": True, "reference": HOSTILE[0],
             "on": "2024-03-01"},
            {"project": "Y1", "clause": "31.2", "item": "项目建设总结", "provided": False},
        ],
        "procurement": [
            {"project": "Y1", "lot": "A", "ip_clause_in_documents": True, "ip_clause_in_contract": False,
             "documents_handed_over_on": "2024-04-01", "source_handed_over_on": "2024-04-02"},
        ],
        "units": [{"unit": "市监管局", "list_complete": True}],
    }  # fmt: skip
    book = write_workbook(folder / "书.xlsx", records)
    for kind, ids in (("adjustment_review", ["T1", "B0", "H0", "H1"]), ("acceptance", ["Y1", "G1", "B0"])):
        result = run(kind, book, folder / kind, projects=ids, jobs=2, as_of=DAY, progress=False)
        assert not result.failed
    return lambda kind, project: page(folder / kind, project)


def rows(text: str, caption: str) -> list[list[str]]:
    """The body of the table with this caption, as plain cells."""
    (body,) = re.findall(rf"<caption>{caption}</caption>.*?<tbody>(.*?)</tbody>", text, re.DOTALL)
    lines = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [
        [plain(cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", line, re.DOTALL)]
        for line in lines
    ]


# Adjustments --------------------------------------------------------------------------------


@pytest.mark.slow
def test_each_adjustment_stands_with_the_amount_it_brings_the_project_to_and_the_line(pages):
    told = rows(pages("adjustment_review", "T1"), "历次调整和累计额")
    assert [row[4] for row in told] == ["60.000001", "110.000001", "110.000002", "190.000002", "0.000007"]
    assert [row[5].split(" ")[1] for row in told] == [
        "限额以内",
        "限额以内",
        "超过限额",
        "超过限额",
        "限额以内",
    ]
    assert "限额 733.33334 × 15% = 110.000001；余 0.00，占 15%" in told[1][5]
    assert "超 0.000001" in told[2][5]
    assert told[1][1] == "-50.00"


@pytest.mark.slow
def test_what_had_to_be_filed_or_approved_is_told_adjustment_by_adjustment(pages):
    told = rows(pages("adjustment_review", "T1"), "应当报批或报备的")
    assert [row[1] for row in told] == [
        "形成书面材料报备", "形成书面材料报备", "事先申请并经审批", "事先申请并经审批", "形成书面材料报备",
    ]  # fmt: skip
    assert [row[3] for row in told] == ["✓ 已报备", "？ 待核", "✕ 未经审批", "✓ 已审批", "✕ 未报备"]
    assert told[1][4] == "调整（序号 2）·书面报备"


@pytest.mark.slow
def test_the_other_ways_of_counting_are_worked_out_beside(pages):
    page = pages("adjustment_review", "T1")
    told = {tuple(row[:2]): row for row in rows(page, "换一种口径，最近一次调整到多少")}
    assert told["—", "本报告采用的各项口径"][2] == "0.000007"
    assert told["批复总投资取哪一次批复", "以可研批复为基数"][3] == "135.000001"
    assert "数额不变的其他读法：" in page
    assert "增减怎样计额按“增减相抵后计”" in page.partition("数额不变的其他读法：")[2]


@pytest.mark.slow
def test_the_chart_says_the_same_in_words(pages):
    text = pages("adjustment_review", "T1")
    (alt,) = re.findall(r'alt="(累计调整额柱状图[^"]*)"', text)
    assert "第 3 次累计 110.000002 万元，超过限额" in alt
    assert alt.endswith("自行调整限额（15%，含本数） 110.000001 万元。")


@pytest.mark.slow
def test_the_findings_are_those_of_the_articles_on_adjustment(pages):
    told = plain(pages("adjustment_review", "T1"))
    assert "发现 2 个问题" in told  # the third not approved (28.1), the fifth not filed (29.1)
    assert "每次重大调整都事先审批：不符合（第二十八条第一、二句）。" in told
    assert "已形成书面材料报备：不符合（第二十九条）。" in told
    assert "自建与购买的总额" not in told
    assert "第二章" not in told


def test_the_adjusted_amounts_are_held_against_the_approved_ones():
    told = plain(reviews.approvals(open_report(project="LS2024-03")).markup)
    assert "调整后总投资比批复总投资 少 4.3352 万元（约 0.96%）" in told
    assert "一致" in plain(reviews.approvals(open_report(project="LS2024-07")).markup)


@pytest.mark.slow
def test_a_project_without_adjustments_says_whether_the_list_is_complete(pages):
    told = plain(pages("adjustment_review", "B0"))
    assert "没有登记调整，调整清单是否完整未提供。" in told
    assert told.count("没有登记调整") == 2, (
        "the list, and what had to be filed; not the chart and the countings too"
    )


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 1])
def test_hostile_names_are_text_in_a_review(pages, number):
    text = pages("adjustment_review", f"H{number}")
    assert HOSTILE[number] in plain(text)
    assert "<script" not in text
    assert not re.search(r"<[^>]*onerror", text)


def test_bounds_are_told_where_an_amount_is_missing(tmp_path):
    changes = [{"project": "T1", **change} for change in CHANGES[:2]]
    changes[0]["amount"] = None
    book = write_workbook(tmp_path / "书.xlsx", {"projects": [BUILDING], "adjustments": changes})
    report = open_report(book, "T1", DAY)
    first, second = reviews.steps(report)
    assert (first.least, first.most, first.within) == (0, None, None)
    assert (second.least, second.most, second.amount, second.within) == (50_000_000, None, None, None)
    assert "至少 50.00" in repr(reviews.in_sequence(report))


@pytest.mark.parametrize(("change", "why"), [({"level": "县级"}, "县级"), ({"classified": True}, "涉密：是")])
def test_what_the_ordinary_rules_do_not_bind_is_told_no_duty(tmp_path, change, why):
    records = {"projects": [{**BUILDING, **change}], "adjustments": [{"project": "T1", **CHANGES[0]}]}
    told = repr(reviews.due_acts(open_report(write_workbook(tmp_path / "书.xlsx", records), "T1", DAY)))
    assert "不适用于本项目" in told
    assert why in told
    assert "报备" not in told.replace("审批和报备规定", "")


# Acceptance ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_dates_of_the_trial_and_the_acceptance_are_held_against_each_other(pages):
    told = plain(pages("acceptance", "Y1"))
    assert (
        "试运行开始日 2023-11-30 满 3 个月后，最早 2024-03-01 起可组织验收" in told
    )  # 29 February 2024 is full
    assert "验收日 2024-04-01 比应验收日晚 1 天" in told
    assert "报备验收情况 第三十一条第一款 2024-04-01 起 ✕ 未履行" in told


@pytest.mark.slow
def test_the_materials_are_listed_entry_by_entry(pages):
    text = pages("acceptance", "Y1")
    told = {(row[0], row[1]): row for row in rows(text, "验收资料清单")}
    assert told["第三十一条第二款", "财务报告"][2] == "✓ 已提供"
    assert told["第三十一条第二款", "财务报告"][4] == f"{HOSTILE[0]} · 2024-03-01"
    assert told["第三十一条第二款", "项目建设总结"][2] == "✕ 缺少"
    assert told["第三十一条第二款", "第三方审计报告"][2] == "？ 情况未提供"
    states = [told["第四十三条（A）", name][2] for name in (
        "采购文件写明知识产权归属", "合同写明知识产权和违约条款", "验收前移交技术文档", "验收前移交源代码")]  # fmt: skip
    assert states == ["✓ 已提供", "✕ 缺少", "✓ 已提供", "✕ 缺少"]  # on the day counts, the day after does not
    assert "<script" not in text


@pytest.mark.slow
def test_a_failed_acceptance_bars_the_unit_and_says_through_which_project(pages):
    told = plain(pages("acceptance", "Y1"))
    assert "触发的后果：不安排运维经费（第三十二条）。" in told
    assert "触发的后果：不批准新增项目（第三十二条）。" in told
    assert "市监管局（全单位）" in told
    assert "Y1：验收结果：不合格" in told
    assert "同一单位的其他项目（市监管局）" in told
    assert "新增系统" in told


@pytest.mark.slow
def test_a_checklist_without_a_finding_is_never_passed_over_in_the_conclusion(pages):
    told = plain(pages("acceptance", "Y1"))
    assert "1 份清单有缺项" in told
    assert "第四十三条（A）所列，缺：合同写明知识产权和违约条款、验收前移交源代码。" in told


@pytest.mark.slow
def test_a_purchase_is_accepted_by_its_unit_and_reviewed(pages):
    told = plain(pages("acceptance", "G1"))
    assert "单位验收并经审核：符合（第三十一条第三款）。" in told
    assert "验收资料清单：没有适用的清单" in told


@pytest.mark.slow
def test_nothing_is_concluded_of_a_project_of_which_nothing_is_known(pages):
    told = plain(pages("acceptance", "B0"))
    assert not re.search("[✕✓○] (?:不?符合|触发|齐备|缺项)", told)
    assert "项目单位未提供，不能列出同一单位的其他项目。" in told
