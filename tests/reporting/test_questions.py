"""An auditor's questions: each pattern on its line and one 分 beside it, and never a finding."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwxm_core.assessment import assess
from zwxm_core.portfolio import from_records
from zwxm_core.reporting import questions as q
from zwxm_core.rulesets import load_ruleset

DAY, RULES = date(2026, 3, 1), load_ruleset()
TERMS = RULES.terms(DAY)
LINE = 500_000_000  # 500 万元, 分
CITY = {"level": "市级", "classified": False}


def project(id_, unit="市教育局", **facts):
    return {**CITY, "id": id_, "unit": unit, **facts}


def facts(*projects, **children):
    return from_records({"projects": list(projects), **children})


def seen(found):
    return [(one.topic, one.projects) for one in found]


# Several projects of one unit just under the line ------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "asked"),
    [
        (LINE, LINE, True),  # the line itself counts
        (LINE - 1, LINE * 9 // 10, True),
        (LINE - 1, LINE * 9 // 10 - 1, False),  # a tenth below is the end of the band
        (LINE - 1, LINE + 1, False),
        (LINE - 1, None, False),  # what is not known is not suspected
    ],
)
def test_two_projects_of_a_unit_just_under_the_line_are_asked_about(a, b, asked):
    f = facts(project("A", total_investment=a), project("B", total_investment=b))
    found = list(q.just_under_merging(f, TERMS))
    assert [one.projects for one in found] == ([("A", "B")] if asked else [])


def test_two_units_are_not_one_and_a_project_without_a_unit_is_nobodys():
    f = facts(
        project("A", total_investment=LINE), project("B", "市水务局", total_investment=LINE),
        {"id": "C", "total_investment": LINE}, {"id": "D", "total_investment": LINE},
    )  # fmt: skip
    assert not list(q.just_under_merging(f, TERMS))


def test_the_sum_of_what_was_split_is_told_to_the_cent():
    f = facts(project("A", total_investment=483_333_333), project("B", total_investment=499_999_999))
    (one,) = q.just_under_merging(f, TERMS)
    assert "总投资 483.333333、499.999999 万元" in one.seen
    assert "合计 983.333332 万元" in one.seen


@pytest.mark.parametrize(("claimed", "asked"), [(LINE, False), (LINE + 1, True), (None, False)])
def test_a_total_that_dropped_under_the_line_is_asked_about(claimed, asked):
    cost = {"project": "A", "mode": "自行建设", "item": "软件开发费", "year": 0, "claimed": claimed}
    other = {"project": "A", "mode": "购买服务", "item": "服务费", "year": 0, "claimed": LINE * 9}
    f = facts(project("A", mode="自行建设", total_investment=LINE), costs=[cost, other])
    assert bool(list(q.dropped_under_merging(f, TERMS))) is asked


# Adjustments just under 15 % ----------------------------------------------------------------

APPROVED = 733_333_340  # 15 % of it: 110,000,001 分


@pytest.mark.parametrize(
    ("amount", "approval", "asked"),
    [
        (110_000_001, False, True), (110_000_000, None, True), (110_000_002, False, False),
        (99_000_001, False, True), (99_000_000, False, False), (110_000_001, True, False),
    ],
)  # fmt: skip
def test_an_adjustment_that_stops_just_under_its_limit_is_asked_about(amount, approval, asked):
    change = {"project": "A", "seq": 1, "on": "2025-02-03", "amount": amount, "prior_approval": approval}
    f = facts(project("A", approved_total=APPROVED, adjustments_complete=True), adjustments=[change])
    assert bool(list(q.adjustments_just_under(f, TERMS))) is asked


def test_an_amount_known_only_in_part_is_not_suspected():
    change = {"project": "A", "seq": 1, "on": "2025-02-03", "amount": 110_000_001, "prior_approval": False}
    f = facts(project("A", approved_total=APPROVED), adjustments=[change])  # the list may go on
    assert not list(q.adjustments_just_under(f, TERMS))


# Procurement ----------------------------------------------------------------------------------


def lot(id_, number, method, amount=None, threshold=None):
    return {"project": id_, "lot": number, "method": method, "amount": amount, "threshold": threshold}


def test_single_source_is_repeated_over_all_projects_of_a_unit():
    lots = [lot("A", "1", "单一来源", 61_000_001), lot("B", "1", "单一来源", 2), lot("B", "2", "公开招标")]
    (one,) = q.single_source(facts(project("A"), project("B"), procurement=lots))
    assert one.projects == ("A", "B")
    assert "3 个采购包中 2 个采用单一来源，合计 61.000003 万元" in one.seen
    assert not list(q.single_source(facts(project("A"), procurement=lots[:1])))


@pytest.mark.parametrize(
    ("amount", "threshold", "asked"),
    [(50_000_000, 50_000_000, False), (49_999_999, 50_000_000, True), (45_000_000, 50_000_000, True),
     (44_999_999, 50_000_000, False), (49_999_999, None, False)],
)  # fmt: skip
def test_a_lot_just_below_its_threshold_is_asked_about(amount, threshold, asked):
    f = facts(project("A"), procurement=[lot("A", "1", "自行采购", amount, threshold)])
    assert bool(list(q.lots_just_under(f, TERMS))) is asked


def test_the_threshold_of_the_rule_set_is_used_where_a_lot_states_none():
    f = facts(project("A"), procurement=[lot("A", "1", "自行采购", 49_999_999)])
    assert list(q.lots_just_under(f, TERMS.with_(procurement_threshold=50_000_000)))


# The same content twice -----------------------------------------------------------------------


def test_names_that_differ_in_what_all_names_have_are_alike_across_units():
    f = facts(
        project("A", name="不动产登记档案管理系统"), project("B", "市水务局", name="智慧不动产登记档案平台（建设项目）"),
        project("C", name="农村公路养护巡查系统"), project("D", name=None),
    )  # fmt: skip
    (one,) = q.same_name(f)
    assert one.projects == ("A", "B")
    assert one.unit == "市教育局、市水务局"
    assert "相似度 100" in one.seen


def test_a_project_and_the_one_it_hangs_on_bear_like_names_by_nature():
    f = facts(
        project("A", name="不动产登记档案系统"),
        project("B", name="不动产登记档案系统二期", parent="A"),
        project("C", name="不动产登记档案系统三期", parent="A"),
    )
    assert not list(q.same_name(f))


def test_many_projects_of_one_name_are_one_question_and_told_by_their_first_names():
    ranks = "一二三四五六七八九十"
    f = facts(*(project(f"P{i}", f"单位{i}", name=f"农村公路养护巡查{ranks[i % 10]}期") for i in range(300)))
    (one,) = q.same_name(f)
    assert len(one.projects) == 300
    assert one.seen.count("“") == q.NAMED
    assert "等 300 个" in one.seen
    assert one.unit == "、".join(f"单位{i}" for i in range(q.NAMED)) + "等 300 个"


def test_two_pairs_that_are_alike_are_two_questions_the_more_alike_first():
    names = ("不动产登记档案", "水库雨情监测汇聚", "不动产登记档案库", "水库雨情监测汇聚")
    f = facts(*(project(p, name=name) for p, name in zip("ABCD", names, strict=True)))
    assert [one.projects for one in q.same_name(f)] == [("B", "D"), ("A", "C")]


def test_passages_that_were_copied_are_asked_about():
    text = "现有三个资源库分别由不同处室维护，账号不通、资源重复，教师平均要登录三次。"
    told = [{"project": p, "report": "evaluation", "section": "必要性", "text": t}
            for p, t in (("A", text), ("B", text.replace("教师", "职工")), ("C", "短"), ("D", "水情" * 20))]  # fmt: skip
    f = facts(*(project(p) for p in "ABCD"), narrative=told)
    assert [one.projects for one in q.same_text(f)] == [("A", "B")]


# What a question is not -----------------------------------------------------------------------


def suspicious():
    return facts(
        project("A", name="不动产登记档案系统", total_investment=LINE),
        project("B", name="不动产登记档案平台", total_investment=LINE - 1),
        procurement=[lot("A", "1", "单一来源"), lot("B", "1", "单一来源")],
    )


def test_a_question_is_never_a_finding():
    f = suspicious()
    assert len(q.questions(f, RULES, DAY)) == 3
    told = assess(f, RULES, DAY)
    topics = {one.topic for one in q.questions(f, RULES, DAY)}
    assert not any(topic in str(told) for topic in topics)
    assert all(one.ask.endswith("？") for one in q.questions(f, RULES, DAY))


def test_the_order_of_projects_changes_no_question():
    f = suspicious()
    turned = f.take([1, 0])
    assert {(o.topic, frozenset(o.projects)) for o in q.questions(f, RULES, DAY)} == {
        (o.topic, frozenset(o.projects)) for o in q.questions(turned, RULES, DAY)
    }


@given(st.lists(st.text(max_size=30), max_size=8))
def test_any_name_can_be_compared(names):
    f = facts(*(project(f"P{i}", name=name or None) for i, name in enumerate(names)))
    for one in q.same_name(f):
        assert 2 <= len(one.projects) == len(set(one.projects)) <= len(names)
