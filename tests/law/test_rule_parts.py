"""Parts of the rules that the worked cases leave out: other conventions, dates row by row, blanks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pytest

from zwxm_core.assessment import assess
from zwxm_core.conditions import given, is_true
from zwxm_core.facts import Bounds, Column, Evidence, Rows
from zwxm_core.portfolio import from_records
from zwxm_core.rules import chapter3, chapter7, due, sheet_rows
from zwxm_core.rules.approval_path import approval_path
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()
AS_OF = date(2026, 11, 24)


def assessed(clause, project=None, adopting=None, others=(), judged=True, as_of=AS_OF, **children):
    """One city project A, amounts in 元, every judgement evidenced."""
    own = {"id": "A", "level": "市级", "classified": False, **(project or {})}
    records = {
        "projects": [own, *others],
        **{sheet: [{"project": "A", **row} for row in rows] for sheet, rows in children.items()},
    }
    facts = from_records(records, judged=judged, unit="元")
    return assess(facts, RULESET.adopting(**(adopting or {})), as_of, [clause])


def findings(result, name="outcome"):
    return {f["item"]: f[name] for f in result["findings"] if f["project"] == "A"}


def notices(result) -> dict[str, str]:
    return {n["code"]: n["text"] for n in result["notices"]}


# 整合等表 --------------------------------------------------------------------------------


def judgement(*values, evidence=None) -> Column:
    """A judgement over rows: True, False or None (blank), "?" typed without its evidence."""
    known = np.array([isinstance(v, bool) for v in values])
    filled = np.array([v is True for v in values])
    claimed = np.array([v is not None for v in values])
    return Column("j", "认定", "integration", "bool", filled, known, claimed=claimed, evidence=evidence)


def test_a_column_of_a_sheet_is_spread_over_the_projects_without_the_evidence_of_its_rows():
    column = judgement(True, None, False, evidence={0: Evidence("甲", "乙", "2024-01-01")})
    spread = sheet_rows.spread(column, np.array([2, -1, 0, 1]))
    assert [spread.at(row) for row in range(4)] == [False, None, True, None]
    assert (spread.claimed, spread.evidence, spread.label) == (None, None, "认定")
    assert sheet_rows.spread(judgement(), np.array([-1, -1])).known.tolist() == [False, False]


def test_what_is_told_in_one_sentence_is_a_state_and_no_amount():
    whole = given(
        "w", "整体", np.array([1, 0, 0], bool), np.array([0, 1, 0], bool), (("projects", None, "x"),)
    )
    short = sheet_rows.in_short(whole, "简述", lambda row: f"第 {row} 行")
    assert [short.at(row)["facts"] for row in range(3)] == [{"w": 1}, {"w": 0}, {"w": None}]
    assert short.states().tolist() == [1, 0, -1]
    assert (short.facts[0].label, short.facts[0].kind) == ("简述", "int")
    assert short.open_cells(2) == [("projects", None, "x")]


def test_an_act_that_is_recorded_without_its_evidence_is_open_and_one_nobody_recorded_is_not_there():
    leaf = sheet_rows.on_file("a", "批准", judgement(True, False, None, "?"))
    assert leaf.states().tolist() == [1, 0, 0, -1]
    assert leaf.says(2) == "未见认定"
    assert leaf.says(3) == "认定：已填，认定人、依据、日期不全"


def test_one_of_several_values_is_found_and_a_blank_is_open():
    values = np.array([frozenset({"甲", "乙"}), frozenset({"丙"}), frozenset()], object)
    column = Column(
        "k", "类别", "integration", "enums", values, np.array([True, True, False]), ("甲", "乙", "丙")
    )
    leaf = sheet_rows.includes("k", "属甲或丁", column, "甲", "丁")
    assert leaf.states().tolist() == [1, 0, -1]
    assert [leaf.says(row) for row in range(3)] == ["类别：乙、甲", "类别：丙", "类别：未提供"]


# 第二十八条、第二十九条：逐次计算 --------------------------------------------------------

EACH = {"adjustment_accumulation": "each"}
WITHIN = {"approved_total": "1000000", "revised_total": "1000000", "goals_unchanged": True,
          "change_necessary": True, "adjustments_complete": True}  # fmt: skip
OLD = {
    "seq": 1,
    "on": "2022-06-24",
    "amount": "160000",
    "prior_approval": False,
    "ground": "上级部署",
    "filed": True,
}
NEW = {"seq": 2, "on": "2024-06-24", "amount": "150000", "prior_approval": False, "ground": "技术优化"}


def test_where_each_adjustment_counts_by_itself_it_is_judged_by_the_rules_of_its_own_day():
    """The regulation came into force on 25 June 2022; an adjustment of the day before is not judged by it."""
    for clause, new in (
        ("28.1", "不适用"),
        ("29.1.1", "不具备条件"),
        ("29.1.2", "具备条件"),
        ("29.1.3", "不具备条件"),
    ):
        told = findings(assessed(clause, WITHIN, EACH, adjustments=[OLD, NEW]))
        assert told == {"1": "待核", "2": new}, clause


def test_an_adjustment_of_its_own_is_measured_and_filed_by_itself():
    result = assessed("29.1", WITHIN, EACH, adjustments=[OLD, {**NEW, "filed": False}])
    assert findings(result) == {"1": "待核", "2": "具备条件", "1 filing": "不适用", "2 filing": "不符合"}
    assert findings(result, "rules_of") == dict.fromkeys(("1", "1 filing"), OLD["on"]) | dict.fromkeys(
        ("2", "2 filing"), NEW["on"]
    )
    assert findings(result, "kind")["2 filing"] == "duty"
    [limit] = [c for c in _leaves(result, "2") if c["id"] == "within_limit"]
    assert limit["facts"]["adjusted_amount"] == 15_000_000
    again = assessed("29.1", WITHIN, EACH, adjustments=[{**OLD, "on": "2024-05-06"}, NEW])
    assert findings(again) == {"1": "不具备条件", "2": "具备条件", "1 filing": "不适用", "2 filing": "待核"}


def _leaves(result, item):
    [found] = [f for f in result["findings"] if f["item"] == item]
    queue, leaves = [found["conditions"]], []
    while queue:
        node = queue.pop()
        queue += node.get("parts", [])
        leaves += [node] if node["op"] == "leaf" else []
    return leaves


def test_a_large_adjustment_by_itself_is_presumed_major_and_asks_for_its_own_approval():
    result = assessed(
        "28.1", WITHIN, EACH,
        adjustments=[{**OLD, "on": "2024-05-06"}, {**NEW, "amount": "150000.01", "prior_approval": True}],
    )  # fmt: skip
    assert findings(result) == {"1": "不符合", "2": "符合"}
    told = [n for n in result["notices"] if n["code"] == "presumed_major"]
    assert [n["item"] for n in told if "item" in n] in ([], ["1"])
    assert len(told) == 1


@pytest.mark.parametrize(
    ("adopting", "told"),
    [
        ({}, "（序号 1：160,000.00 元、序号 2：20,000.00 元，按绝对额累计；未经事先审批：序号 1、2）"),
        ({"adjustment_sign": "net"}, "（序号 1：160,000.00 元、序号 2：-20,000.00 元，增减相抵累计；未经事先审批：序号 1、2）"),
        ({"transfer_counting": "twice"},
         "（序号 1：160,000.00 元、序号 2：20,000.00 元，按绝对额累计，模块间划转按两次计；未经事先审批：序号 1、2）"),
    ],
)  # fmt: skip
def test_what_adds_up_is_told_adjustment_by_adjustment_as_the_rule_set_counts(adopting, told):
    rows = [{**OLD, "on": "2024-05-06", "transfer": False}, {**NEW, "amount": "-20000", "transfer": False}]
    result = assessed("29.1", WITHIN, adopting, adjustments=rows)
    assert told in findings(result, "reason")[None]
    assert findings(result)[None] == ("具备条件" if "adjustment_sign" in adopting else "不具备条件")


def test_a_transfer_that_counts_twice_asks_whether_the_adjustment_is_one():
    rows = [{**OLD, "on": "2024-05-06", "amount": "80000"}]
    result = assessed("29.1", WITHIN, {"transfer_counting": "twice"}, adjustments=rows)
    [found] = [f for f in result["findings"] if f["item"] is None]
    assert found["outcome"] == "待核"
    assert [(c["sheet"], c["row"], c["field"]) for c in found["open_facts"]] == [
        ("adjustments", "1", "transfer")
    ]
    each = assessed("29.1", WITHIN, {"transfer_counting": "twice", **EACH}, adjustments=rows)
    assert findings(each) == {"1": "待核", "1 filing": "待核"}
    once = assessed("29.1", WITHIN, adjustments=rows)
    assert findings(once)[None] == "具备条件"


def test_a_filing_that_lacks_names_what_is_known_of_the_adjustment():
    bare = {"seq": 1, "on": "2024-05-06", "amount": "1000.5", "prior_approval": False, "ground": "上级部署"}
    told = findings(assessed("29.1", WITHIN, adjustments=[{**bare, "filed": False}]), "reason")["filing"]
    assert told == "序号 1 的自行调整（第二十九条，事由 上级部署，调整 1,000.50 元）：书面报备：否。"


# 第三十条 --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ended", "due", "said"),
    [
        ("2024-01-03", "2024-01-01", "（建设结束晚于应验收日 2 天）"),
        ("2024-01-02", "2024-01-01", "（建设结束晚于应验收日 1 天）"),
        ("2024-01-01", "2024-01-01", ""), ("未", "2024-01-01", ""), ("2024-01-03", "未", ""),
        (None, "2024-01-01", ""), ("2024-01-03", None, ""),
    ],
)  # fmt: skip
def test_the_days_of_delay_are_told_where_both_days_are_there(ended, due, said):
    dates = {name: day for name, day in (("construction_end", ended), ("acceptance_due", due)) if day}
    told = findings(assessed("30.1", dates), "reason")[None]
    assert told == f"是否适用待核：工程严重逾期：未提供{said}；投资重大损失：未提供。"


def test_a_project_ended_without_the_grounds_of_the_text_is_pointed_out():
    ended = {"terminated_on": "2025-01-01", "construction_start": "2024-01-01", "substantive_progress": False}
    assert notices(assessed("30.2", ended)) == {
        "terminated_without_ground": "项目已终止，而所填事实不具备终止建设的条件，请核对"
    }


# 第九章 ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reading", "text"),
    [
        ("undecided", "涉密项目按保密规定管理；只有部分内容涉密的，条文未定，须由保密部门认定"),
        ("part_only", "本规则集采用“只有涉密部分按涉密处理”，非涉密部分请另行填报"),
    ],
)
def test_a_classified_project_is_told_what_holds_of_one_that_is_so_in_part(reading, text):
    result = assessed("54.1", {"classified": True}, {"partly_classified_projects": reading})
    assert notices(result) == {"partly_classified": text}
    assert notices(assessed("54.1", {"classified": False}, {"partly_classified_projects": reading})) == {}


SMALL = {"mode": "自行建设", "total_investment": "10", "action": "新建"}


@pytest.mark.parametrize(("scope", "outcome"), [("construction_only", "待核"), ("whole_life", "不适用")])
def test_special_rules_take_the_place_of_the_articles_that_the_rule_set_names(scope, outcome):
    """14–31 in either case; procurement (40) only where they are read as governing the whole life."""
    project, adopting = {**SMALL, "special_rules": True}, {"special_rules_scope": scope}
    result = assessed("18.2.3", project, adopting)
    assert findings(result, "reason") == {None: "国家或省有专门规定，本条事项从其规定。"}
    assert findings(result) == {None: "不适用"}
    assert findings(assessed("40.1", project, adopting, procurement=[{"lot": "1"}])) == {"1": outcome}
    none = {**SMALL, "special_rules": False}
    assert findings(assessed("18.2.3", none, adopting)) == {None: "具备条件"}


def test_an_event_outside_the_life_of_the_regulation_is_told_as_such():
    for day in ("2022-06-24", "2027-06-26"):
        assert findings(assessed("18.2.3", {**SMALL, "approved_on": day}), "reason") == {
            None: "是否适用待核：事件日不在本办法有效期内，须按当时有效的规定判断。"
        }
    shown = assessed("18.2.3", {**SMALL, "action": "运维", "approved_on": "2024-01-01"})["findings"][0]
    texts = str(shown["applicability"])
    assert shown["outcome"] == "不适用"
    assert "in_force" not in texts


# 第三章 ----------------------------------------------------------------------------------


def test_where_split_projects_are_added_up_the_sum_is_held_against_the_line():
    """Of one unit and one original: 3 and 2 million 元 make 5 (allowed), one 分 more does not; another
    unit's, another original's and a purchase stand apart.
    """
    own = {**SMALL, "unit": "甲", "parent": "P", "total_investment": "3000000"}
    apart = [
        {"id": "C", **own, "unit": "乙"}, {"id": "D", **own, "parent": "Q"},
        {"id": "E", **own, "mode": "购买服务"}, {"id": "F", **own, "parent": "无"},
    ]  # fmt: skip
    for more, outcome in (("2000000", "具备条件"), ("2000000.01", "不具备条件")):
        others = [{"id": "B", **own, "total_investment": more}, *apart]
        result = assessed("18.2.3", own, {"split_projects": "added_up"}, others)
        assert findings(result) == {None: outcome}
        [found] = [f for f in result["findings"] if f["project"] == "A"]
        assert (found["conditions"]["id"], found["conditions"]["text"]) == (
            "small_total",
            "总投资不超过上限（合并计算）",
        )
        assert [(part["id"], part["text"]) for part in found["conditions"]["parts"]] == [
            ("within_merge_limit", "总投资不超过合并编报上限"),
            ("group_within_limit", "同一原项目各项目合计不超过上限"),
        ]
        assert (
            f"同一原项目各项目总投资合计 {'5,000,000.00' if more == '2000000' else '5,000,000.01'} 元"
            in found["reason"]
        )
        each = assessed("18.2.3", own, {"split_projects": "each"}, others)
        assert findings(each) == {None: "具备条件"}
        asked = assessed("18.2.3", own, {}, others)
        assert findings(asked) == {None: "具备条件" if more == "2000000" else "待核"}


def test_a_sum_of_split_projects_that_is_open_asks_for_the_totals_of_the_others():
    own = {**SMALL, "unit": "甲", "parent": "P", "total_investment": "3000000"}
    others = [{"id": "B", **own, "total_investment": "1"}, {"id": "C", **own}]
    del others[1]["total_investment"]
    [found] = [
        f for f in assessed("18.2.3", own, {"split_projects": "added_up"}, others)["findings"] if f["project"] == "A"
    ]  # fmt: skip
    assert found["outcome"] == "待核"
    assert [(c["project"], c["field"]) for c in found["open_facts"]] == [("C", "total_investment")]
    bare = {**SMALL, "total_investment": None}
    [alone] = assessed("18.2.3", bare, {"split_projects": "added_up"})["findings"]
    assert [(c["project"], c["field"]) for c in alone["open_facts"]] == [("A", "total_investment")]


PURCHASE = {"mode": "购买服务", "action": "新建", "service_life": 3, "warranty_years": 1, "annual_service_fee": "100",
            "build_cost": "300", "annual_om_cost": "50"}  # fmt: skip


@pytest.mark.parametrize(
    ("adopting", "told"),
    [
        ({}, "（服务费：年服务费 100.00 元×3 年；自建：建设费 300.00 元＋年运维费 50.00 元×2 年，维保期除外）"),
        ({"om_in_warranty": "included"}, "（服务费：年服务费 100.00 元×3 年；自建：建设费 300.00 元＋年运维费 50.00 元×3 年）"),
        ({"purchase_discounting": "discounted"}, ""),
    ],
)  # fmt: skip
def test_the_sums_of_a_purchase_are_told_with_what_makes_them_up_unless_they_are_discounted(adopting, told):
    reason = findings(assessed("19.1.2", PURCHASE, adopting), "reason")[None]
    assert told in reason
    assert ("年服务费 100" in reason) is bool(told)


# 到期 ------------------------------------------------------------------------------------


def days(*values) -> Column:
    """A day over rows: ISO text, 未 (NaT), or None (blank)."""
    told = np.array(["NaT" if v in (None, "未") else v for v in values], "M8[D]")
    return Column("on", "日期", "projects", "date", told, np.array([v is not None for v in values]))


def test_an_event_of_the_day_of_assessment_has_come_and_one_of_the_next_day_has_not():
    terms = RULESET.terms(today=AS_OF)
    events = days("2026-11-23", "2026-11-24", "2026-11-25", "未", None)
    assert due.come(terms, events).tolist() == [True, True, False, False, False]
    assert (
        due.come(terms, events, days(None, None, "2026-11-24", None, "未")).tolist()
        == [True] * 3 + [False] * 2
    )
    assert due.now(terms) == np.datetime64("2026-11-24")


def test_what_is_not_there_before_it_is_due_is_to_come_and_is_asked_for():
    lacking, other = judgement(False, False, True), judgement(False, False, False)
    leaf = is_true("l", "已办", lacking)
    leaf.facts = (lacking, replace(other, name="other"))
    made = due.due_by(
        RULESET.terms(today=AS_OF), leaf, "（待补）", "（已到期）", days("未", "2026-11-24", "未")
    )
    assert made.states().tolist() == [-1, 0, 1]
    assert [made.says(row) for row in range(3)] == ["认定：否（待补）", "认定：否（已到期）", "认定：是"]
    assert [made.at(row)["facts"]["j"] for row in range(3)] == [None, False, True]
    assert [cell[2] for cell in made.open_cells(0)] == ["j", "other"]


def test_a_day_nobody_filled_in_has_not_come_where_one_before_it_has_not():
    blank, never = {"approved_on": "2024-01-01"}, {"approved_on": "未"}
    for project, names in (
        (never, ("construction_start", "trial_start", "go_live")),
        ({**blank, "construction_start": "未"}, ("construction_start", "trial_start", "go_live")),
        ({**blank, "construction_start": "2024-02-01", "trial_start": "未"}, ("trial_start", "go_live")),
        (blank, ()),
    ):
        facts = from_records({"projects": [{"id": "A", **project}]})
        told = {
            name: getattr(due, name)(facts).at(0) for name in ("construction_start", "trial_start", "go_live")
        }
        assert [name for name, day in told.items() if day == "未"] == list(names)


# 第八条 ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("room", "judged"), [(True, False), (False, True)])
def test_facts_and_a_judgement_of_the_negative_list_that_contradict_each_other_decide_nothing(room, judged):
    facts = {"server_room": room, "hardware": room}
    row, other = (
        {"clause": "8.1.1", "hit": judged, "legal_basis": "无"},
        {"clause": "8.1.3", "hit": not judged},
    )
    result = assessed("8.1.1", {"action": "新建"}, integration=[facts], negative_list=[other, row])
    assert findings(result) == {None: "待核"}
    told = f"命中（负面清单表）：{'是' if judged else '否'}，与整合等表的事实不一致"
    assert told in findings(result, "reason")[None]
    for hit, outcome in ((True, "命中"), (False, "未命中")):
        agreed = assessed(
            "8.1.1", {"action": "新建"}, integration=[{"server_room": hit, "hardware": hit}],
            negative_list=[{**row, "hit": hit}],
        )  # fmt: skip
        assert findings(agreed) == {None: outcome}
        assert "不一致" not in findings(agreed, "reason")[None]
        alone = assessed("8.1.1", {"action": "新建"}, negative_list=[{**row, "hit": hit}])
        assert findings(alone) == {None: outcome}


def amount(*fen) -> Bounds:
    values, known = np.array([v or 0 for v in fen], np.int64), np.array([v is not None for v in fen])
    return Bounds("s", "总额", values, known, values, known)


@pytest.mark.parametrize(
    ("bought", "built", "floor", "told"),
    [
        (90, 100, None, "节约 0.10 元，节约率 10%，节约率下限未设定：下限不高于该节约率时满足，高于时不满足"),
        (90, 100, Fraction(1, 10), "节约 0.10 元，节约率 10%，达到节约率下限 10%（服务费总额须不超过 0.90 元）"),
        (91, 100, Fraction(1, 10), "节约 0.09 元，节约率 9%，未达到节约率下限 10%（服务费总额须不超过 0.90 元）"),
        (2, 3, None, "节约 0.01 元，节约率约 33.33%，节约率下限未设定：下限不高于该节约率时满足，高于时不满足"),
        (100, 100, None, "购买比自建多支出 0.00 元，没有节约"),
        (101, 100, Fraction(1, 10), "购买比自建多支出 0.01 元，没有节约"),
        (0, 1, None, "节约 0.01 元，节约率 100%，节约率下限未设定：下限不高于该节约率时满足，高于时不满足"),
        (0, 0, None, "节约率算不出（两项总额未全部提供），节约率下限未设定"),
        (None, 100, Fraction(1, 10), "节约率算不出（两项总额未全部提供），节约率下限 10%"),
        (1, None, None, "节约率算不出（两项总额未全部提供），节约率下限未设定"),
    ],
)  # fmt: skip
def test_the_saving_of_a_purchase_is_told_beside_the_floor_it_has_to_reach(bought, built, floor, told):
    assert chapter3.saving_text(amount(bought), amount(built), 0, floor) == told


# 审批路径 --------------------------------------------------------------------------------


def test_every_step_of_the_way_to_approval_has_the_same_fields_and_cites_its_clause():
    for mode in ("自行建设", "购买服务"):
        project = {
            "id": "A",
            "level": "市级",
            "classified": False,
            "mode": mode,
            "approved_on": "未",
            "action": "新建",
        }
        path = approval_path(from_records({"projects": [project]}), RULESET, AS_OF, 0)
        fields = {"clause", "cite", "step", "who", "gives", "document", "chapter", "applies", "state", "outcome",
                  "missing", "unknown", "open_facts"}  # fmt: skip
        assert all(fields <= step.keys() and "project" not in step for step in path)
        assert all(step["cite"] == RULESET.clauses[step["clause"]].cite for step in path)
        places = [list(RULESET.clauses).index(step["clause"]) for step in path]
        assert places == sorted(places)


# 第四十六条 ------------------------------------------------------------------------------


def test_the_report_of_an_evaluation_is_asked_for_body_by_body_and_of_no_other_kind():
    suited = {"kind": "适时评价"}
    rows = [
        {**suited, "submitted_to": "数字经济局、财政局", "submitted_on": "2026-01-01"},
        {**suited, "submitted_to": "数字经济局", "submitted_on": "2026-01-01"},
        {**suited, "submitted_to": "财政局", "submitted_on": "未"}, {**suited, "submitted_to": "财政局"},
        suited, {"kind": "自评价"}, {"submitted_to": "财政局"},
    ]  # fmt: skip
    facts = from_records(
        {"projects": [{"id": "A"}], "evaluations": [{"project": "A", **row} for row in rows]}
    )
    sent = chapter7._sent(Rows(facts, facts.evaluations), "财政局")
    assert sent.states().tolist() == [1, 0, 0, 1, -1, 1, 1]
    yes, no, open_ = (f"评价报告{word}报送财政局" for word in ("已", "未", "是否"))
    assert [sent.says(row) for row in range(7)] == [yes, no, no, yes, open_, "", yes]


# 第十七条、第三十三条 --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reading", "missing"),
    [("undecided", ["on_annual_list", "unlisted_project"]), ("possible", ["on_annual_list"]), ("impossible", ["on_annual_list"])],
)  # fmt: skip
def test_whether_a_project_is_on_the_annual_list_asks_for_the_reading_only_while_there_is_none(
    reading, missing
):
    routing = assessed("17.1", {"action": "新建"}, {"unlisted_project": reading})["routing"]
    [step] = [one for one in routing if one["step"] == "确定年度项目清单并报审"]
    assert [fact["field"] for fact in step["open_facts"]] == missing


@pytest.mark.parametrize("resources", [[{"resource": "无"}], []])
@pytest.mark.parametrize(
    ("dates", "trial"),
    [({"acceptance_on": "2024-01-01"}, []), ({"go_live": "2024-01-01"}, []), ({"trial_start": "2024-01-01"}, []), ({}, ["trial_start"])],
)  # fmt: skip
def test_data_that_are_not_listed_ask_for_the_trial_only_where_nothing_says_that_it_began(
    resources, dates, trial
):
    [found] = assessed("33.1", dates, resources=resources)["findings"]
    assert found["outcome"] == "待核"
    assert [fact["field"] for fact in found["open_facts"]] == [*trial, "resource"]


def test_an_adjustment_judged_to_be_a_major_design_change_is_told_as_judged_not_as_presumed():
    large = {"seq": 1, "on": "2024-05-06", "amount": "160000", "prior_approval": False}
    for judged, words, presumed in (
        (True, "不具备第二十九条条件，已认定重大设计变更", False),
        (False, "不具备第二十九条条件，按口径视为重大调整（推定；已有认定：重大设计变更 否）", True),
        (None, "不具备第二十九条条件，按口径视为重大调整（推定）", True),
    ):
        result = assessed("28.1", WITHIN, adjustments=[{**large, "major_design_change": judged}])
        assert findings(result) == {None: "不符合"}
        assert words in findings(result, "reason")[None]
        assert ("presumed_major" in notices(result)) is presumed


def test_an_amount_that_is_blank_is_told_as_such_among_what_adds_up():
    rows = [{**OLD, "on": "2024-05-06", "amount": None}, {**NEW, "amount": "150000.01"}]
    result = assessed("29.1", WITHIN, adjustments=rows)
    assert findings(result)[None] == "不具备条件"
    told = "（序号 1：金额未提供、序号 2：150,000.01 元，按绝对额累计；未经事先审批：序号 1、2）"
    assert told in findings(result, "reason")[None]
    unsure = [{**OLD, "on": "2024-05-06", "prior_approval": None}, {**NEW, "amount": "10"}]
    told = "（序号 1：160,000.00 元、序号 2：10.00 元，按绝对额累计；未经事先审批：序号 2；事先审批未说明：序号 1）"
    assert told in findings(assessed("29.1", WITHIN, adjustments=unsure), "reason")[None]


def test_special_rules_are_told_only_where_they_take_the_place_of_the_article():
    for special, words in ((True, "国家或省有专门规定"), (False, "总投资"), (None, "总投资")):
        reason = findings(assessed("18.2.3", {**SMALL, "special_rules": special}), "reason")[None]
        assert reason.startswith(words)
    adopted = {"special_rules": True, "dedicated_account": True}
    assert findings(assessed("36.1", adopted)) == {None: "符合"}
    assert findings(assessed("36.1", adopted, {"special_rules_scope": "whole_life"})) == {None: "不适用"}


def test_an_operation_whose_year_is_not_said_is_told_by_its_row():
    filed = {"kind": "首次", "budget_filed_on": "2024-01-01"}
    for year, told in (
        (2025, "2025 年度预算申报日：2024-01-01。"),
        (None, "第 2 行预算申报日：2024-01-01。"),
    ):
        result = assessed("37.1", {"action": "运维"}, operations=[{**filed, "year": year}])
        assert findings(result, "reason")[None] == told
