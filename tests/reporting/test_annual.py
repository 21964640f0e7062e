"""The annual review of a portfolio: figures worked out by hand, run through papermill."""

from __future__ import annotations

import re
from collections import Counter
from types import SimpleNamespace

import openpyxl
import pytest

from zwxm_core.portfolio import write_workbook
from zwxm_core.reporting import annual, draft, overview, restrictions, sensitivity, totals
from zwxm_core.reporting.batch import ReportError, run
from zwxm_core.reporting.kinds import fields_of

from .conftest import CITY, DAY, SEEN
from .test_batch import plain
from .test_tables import HOSTILE

# The tests of the time limit end all children of their process, the tracker of its pools among them.
pytestmark = pytest.mark.filterwarnings("ignore:resource_tracker:UserWarning")

NEW = {
    **CITY,
    "mode": "自行建设",
    "action": "新建",
    "approved_on": "未",
    "filed_on": "2026-01-05",
    "unit": "市甲局",
}
PROJECTS = [
    {**NEW, "id": "A1", "name": "水情汇聚系统", "total_investment": 499_999_999},
    {**NEW, "id": "A2", "name": "智慧水情汇聚平台", "total_investment": 480_000_003},
    {**NEW, "id": "A3", "name": HOSTILE[0], "unit": HOSTILE[1], "mode": "购买服务"},
    {**NEW, "id": "K1", "name": "县级项目", "unit": "某县", "level": "县级", "total_investment": 7},
    {**CITY, "id": "B1", "name": "旧系统", "unit": "市甲局", "mode": "自行建设", "approved_on": "2023-01-09",
     "approved_total": 300_000_001, "trial_start": "2023-09-01", "acceptance_due": "2024-01-31",
     "acceptance_on": "2024-05-06", "acceptance_result": "不合格"},
    {**CITY, "id": "B2", "unit": "市乙局", "mode": "自行建设", "approved_on": "2023-01-09", "approved_total": 733_333_340,
     "feasibility_total": 733_333_339, "revised_total": 733_333_340, "adjustments_complete": True, "construction_start": "2023-03-01",
     "go_live": "2023-12-01", "self_evaluation": "未开展"},
]  # fmt: skip
COSTS = [
    ("A1", "自行建设", "市级财政资金", 200_000_001, 150_000_001), ("A1", "自行建设", None, 3, None),
    ("A1", "购买服务", "市级财政资金", 999_000_000, None),  # the other way is only compared with
    ("B1", "自行建设", "中省专项资金", 300_000_001, None), ("A2", "自行建设", "中省专项资金", None, None),
]  # fmt: skip
RECORDS = {
    "projects": PROJECTS,
    "costs": [
        {"project": p, "mode": mode, "item": f"费用{i}", "year": 0, "fund_source": fund, "claimed": claimed, "assessed": assessed}
        for i, (p, mode, fund, claimed, assessed) in enumerate(COSTS)
    ],
    "integration": [{"project": "A1", "hardware": True}, {"project": "A2", "hardware": True}],
    "negative_list": [
        {"project": "A1", "clause": "8.1.1", "legal_basis": "无"},
        {"project": "A2", "clause": "8.1.1", "legal_basis": HOSTILE[2], "basis_level": "法律", "explicit": (True, SEEN)},
    ],
    "priorities": [{"project": "A2", "clause": "7.1.2", "belongs": (True, SEEN)}],
    "materials": [{"project": "A1", "clause": "16.1.2", "item": "密码应用方案", "provided": False}],
    "adjustments": [{"project": "B2", "seq": 1, "on": "2023-08-01", "amount": 110_000_001, "prior_approval": False}],
    "units": [{"unit": "市甲局", "list_complete": True}],
}  # fmt: skip


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    return write_workbook(tmp_path_factory.mktemp("annual") / "组合.xlsx", RECORDS)


@pytest.fixture(scope="module")
def review(book):
    return annual.open_annual(book, DAY)


@pytest.fixture(scope="module")
def made(book, tmp_path_factory):
    """The report through papermill."""
    out = tmp_path_factory.mktemp("out")
    result = run("annual_review", book, out, as_of=DAY, progress=False)
    (path,) = out.glob("annual_review_*.html")
    return SimpleNamespace(result=result, text=path.read_text(encoding="utf-8"))


def cells(shown) -> list[list[str]]:
    """The rows of a table as plain cells."""
    lines = re.findall(r"<tr>(.*?)</tr>", shown.markup.partition("<tbody>")[2], re.DOTALL)
    found = [re.findall(r"<td[^>]*>(.*?)</td>", line, re.DOTALL) for line in lines]
    return [[plain(c).strip() for c in row] for row in found]


# The whole report ----------------------------------------------------------------------------


@pytest.mark.slow
def test_the_review_is_made_of_a_data_file_and_no_project(made):
    told = plain(made.text)
    assert made.result.exit_code == 0
    assert len(made.result.made) == 1
    assert (
        "6 个项目中，待审查（没有批复记录）的 4 个，申报总投资合计 980.000009 万元（1 个未提供总投资，未计入）。"
        in told
    )
    assert "命中不予立项情形的项目 1 个，有例外的 1 个。" in told
    assert "受限制的单位 1 个。" in told


@pytest.mark.slow
def test_hostile_names_and_papers_are_text_in_the_review(made):
    told = plain(made.text)
    assert all(text in told for text in HOSTILE[:3])
    assert "<script" not in made.text
    assert not re.search(r"<[^>]*onerror", made.text)
    assert not re.search(r"(?<![\d,.])(?:7|8|16|17|31|32)\.[1-9](?:\.\d+)?(?![\d%])", told)


@pytest.mark.slow
def test_the_index_links_the_review_and_lists_every_project(made):
    index = made.result.index.read_text(encoding="utf-8")
    assert re.search(r'href="annual_review_\S+\.html">年度集中审查报告', index)
    assert plain(index).count("本次没有该项目的报告") == 6
    rows = openpyxl.load_workbook(made.result.summary)["项目"].iter_rows(min_row=2, values_only=True)
    assert [row[0] for row in rows] == [p["id"] for p in PROJECTS]


def test_a_part_of_a_portfolio_gets_no_annual_review(book, tmp_path):
    with pytest.raises(ReportError, match="年度集中审查报告按整个工作簿出具"):
        run("annual_review", book, tmp_path, projects=["A1"], as_of=DAY, progress=False)


def test_the_template_of_the_review_asks_for_the_fields_it_shows():
    fields = fields_of("annual_review")
    assert {("costs", "fund_source"), ("procurement", "method"), ("negative_list", "legal_basis")} <= set(
        fields
    )


# Part by part --------------------------------------------------------------------------------


def test_the_draft_list_says_what_has_to_be_solved_and_decides_nothing_about_counties(review):
    listed = cells(draft.draft_list(review))
    assert [row[0].partition(".")[0] for row in listed] == ["1", "2", "3", "4"]
    by_id = {re.search(r"([AK]\d) ·", row[0])[1]: row for row in listed}
    assert by_id["K1"][2] == "– 不按一般规定判断"
    assert by_id["A1"][2] == "✕ 有须先解决的事项"
    assert "命中：第八条第（一）项" in by_id["A1"][3]
    assert "缺材料：第十六条第（二）项" in by_id["A1"][3]
    assert "第十六条、" not in by_id["A1"][3]  # its part is named, not the sum
    assert "不批准新增项目：第三十二条" in by_id["A2"][3]
    assert "命中" not in by_id["A2"][3]  # the exception by statute
    assert by_id["A3"][2] == "？ 待核"
    assert by_id["A2"][0].endswith("· 重点")
    assert by_id["A1"][5] == by_id["A2"][5] == "2"  # both just under the line, and alike in name


def test_priorities_are_counted_and_an_unknown_is_neither(review):
    rows = {row[0].split()[0]: row[1:] for row in cells(draft.priorities(review))}
    assert rows["第七条第（二）项"] == ["A2", "1", "0", "2"]  # A1 and A3 are open; the county is not asked


def test_the_exception_stands_beside_the_hit_with_its_basis(review):
    rows = [(row[0].split()[-1], row[2], row[3]) for row in cells(draft.negative_list(review))]
    assert rows == [("A1", "✕ 命中", "—"), ("A2", "○ 例外", f"{HOSTILE[2]}、法律")]


def test_missing_materials_are_named_by_their_part_and_what_is_not_said_is_not_missing(review):
    rows = cells(draft.materials(review))
    assert [(row[0].split()[-1], row[1], row[2]) for row in rows] == [
        ("A1", "第十六条第（二）项", "密码应用方案")
    ]


def test_a_barred_unit_is_shown_with_the_chain_and_with_whom_it_hits(review):
    (row,) = cells(restrictions.barred_units(review))
    assert row[0] == "市甲局"
    assert "不批准新增项目" in row[1]
    assert "自 2024-05-06 起" in row[1]
    assert row[2] == "B1 → 第三十一条第二款 → 验收结果"
    assert row[3] == "A1、A2"


def test_totals_are_exact_and_the_way_only_compared_with_is_not_counted(review):
    modes = {row[0]: row[1:] for row in cells(totals.totals_by_mode(review))}
    assert modes["自行建设"] == ["3", "980.000009", "2", "1,033.333341"]
    assert modes["购买服务"] == ["1", "0.00 1 个未提供，未计入", "0", "0.00"]
    assert modes["合计"] == ["4", "980.000009 1 个未提供，未计入", "2", "1,033.333341"]
    funds = {row[0]: row[1:] for row in cells(totals.totals_by_fund(review))}
    assert funds == {
        "市级财政资金": ["150.000001", "0.00", "150.000001", "0"],  # assessed goes before claimed
        "中省专项资金": ["0.00", "300.000001", "300.000001", "1"],
        "未提供": ["0.000003", "0.00", "0.000003", "0"],
    }


def test_questions_are_asked_and_counted_as_nothing(review):
    topics = Counter(one.topic for one in review.questions)
    assert topics == {
        "同一单位多个项目总投资接近合并编报上限": 1, "累计调整额接近自行调整限额": 1, "名称相近，可能同一内容重复申报": 1,
    }  # fmt: skip
    shown = repr(overview.audit_questions(review))
    assert "疑点只供提问：这些情形本身不违反任何条款，不作为结论，也不计入问题。" in shown
    assert not any(topic in str(review.assessment) for topic in topics)


def test_the_sensitivity_table_counts_every_reading_and_what_waits_for_one_once(review):
    told = [one for name in ("findings", "consequences", "obligations") for one in review.assessment[name]]
    expected = sum(len(one["readings"]) for one in told)
    expected += sum(len({f["field"] for f in one["open_facts"] if f["sheet"] == "ruleset"}) for one in told)
    rows = cells(sensitivity.sensitivity(review))
    counts = [int(row[3]) for row in rows]
    assert sum(counts) == expected > 0
    assert counts == sorted(counts, reverse=True)
    assert all(adopted != other for _, adopted, other, *_ in rows)
    assert "由有权机关确定后" in {row[2] for row in rows}
    base = next(row for row in rows if row[0].startswith("批复总投资取哪一次批复"))
    assert base[4] == "1"
    assert "待核 → 不具备条件（1）" in base[5]  # one 分 less of base, and the adjustment is over the line


def test_obligations_are_listed_by_urgency_without_what_is_done(review):
    states = [row[3].split(" ")[1] for row in cells(overview.obligations(review))]
    assert "已完成" not in states
    urgent = [state in ("逾期", "未履行") for state in states]
    assert any(urgent)
    assert urgent[: sum(urgent)] == [True] * sum(urgent)


def test_an_empty_portfolio_is_reviewed_without_a_word_too_many(tmp_path):
    empty = annual.open_annual(write_workbook(tmp_path / "空.xlsx", {"projects": [{"id": "X"}]}), DAY)
    for part in (
        overview.conclusion_box, overview.settling, draft.draft_list, draft.priorities, draft.negative_list, draft.materials,
        restrictions.barred_units, restrictions.project_limits, totals.totals_by_mode, totals.totals_by_fund, overview.audit_questions,
        sensitivity.sensitivity, overview.obligations, sensitivity.conventions,
    ):  # fmt: skip
        assert not re.search("[✕✓○]", repr(part(empty))), part.__name__
