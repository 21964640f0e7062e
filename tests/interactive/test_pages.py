"""The explorers without a browser: what they conclude, what they refuse, and that nothing of a user is markup."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction

import pytest

from zwxm_core.interactive import live_charts, trial
from zwxm_core.interactive.adjustment import Adjustment
from zwxm_core.interactive.approval import Approval
from zwxm_core.interactive.build_or_buy import PRESETS, BuildOrBuy
from zwxm_core.interactive.matrix import Matrix, choices, value_of, worded
from zwxm_core.interactive.opening import from_upload
from zwxm_core.portfolio import InputError, schema, write_workbook
from zwxm_core.resources import collection
from zwxm_core.rulesets import load_ruleset

HOSTILE = '<script>hacked()</script><img src=x onerror="hacked()">$\\frac{1}$=1+1'


@pytest.fixture(scope="module")
def build_or_buy():
    return BuildOrBuy(project="LS2026-25", draws=2_000)


@pytest.fixture
def hostile(tmp_path):
    """A workbook whose texts are hostile, as a browser would hand it over."""
    project = {"id": "P<b>1", "name": HOSTILE + "甲" * 300, "unit": HOSTILE, "mode": "购买服务", "level": "市级", "classified": False,
               "approved_on": "2024-03-01", "approved_total": 100_000_000, "service_life": 5, "warranty_years": 1,
               "build_cost": 100_000_000, "annual_om_cost": 10_000_000, "annual_service_fee": 20_000_000}  # fmt: skip
    lines = [
        {"project": "P<b>1", "mode": mode, "item": HOSTILE[:60], "year": 1, "claimed": 1_000_000}
        for mode in ("自行建设", "购买服务")
    ]
    out = write_workbook(tmp_path / "a.xlsx", {"projects": [project], "costs": lines})
    return f"{HOSTILE}.xlsx", out.read_bytes()


def markup_of(page) -> str:
    """Everything of a page that the browser would take for markup."""
    return "".join(value.value for value in vars(page).values() if type(value).__name__ == "HTML")


# 01 -------------------------------------------------------------------------------------


def test_every_move_is_undone_in_turn_and_presets_too(build_or_buy):
    page = build_or_buy
    first = dict(page.scenario.values)
    for number, fee in enumerate(("40", "41"), 1):
        page.knobs.values = {**page.knobs.values, "annual_service_fee": fee}
        page.knobs.commits += number
    page.preset.value = "服务费偏高"
    assert page.scenario.values["annual_service_fee"] == "50.02751"  # 38.4827 × 1.3
    for expected in ("41", "40", first["annual_service_fee"]):
        page.take_back()
        assert (
            page.scenario.values["annual_service_fee"] == page.knobs.values["annual_service_fee"] == expected
        )
    page.take_back()
    assert dict(page.scenario.values) == first


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_moves_only_the_ways_it_names(build_or_buy, name):
    page = build_or_buy
    plan = page.scenario.moved({}).compared
    page.preset.value = name
    moved = page.scenario.compared
    assert (moved["build_total"] != plan["build_total"]) == ("自行建设" in PRESETS[name])
    assert (moved["service_total"] != plan["service_total"]) == ("购买服务" in PRESETS[name])


def test_a_fourth_scenario_takes_the_place_of_the_oldest(build_or_buy):
    page = build_or_buy
    page.forget()
    for fee in ("31", "32", "33", "34"):
        page.move({**page.scenario.values, "annual_service_fee": fee})
        page.keep_this()
    assert [name for name, _ in page.kept] == ["情形乙", "情形丙", "情形甲"]
    assert [scenario.values["annual_service_fee"] for _, scenario in page.kept] == ["32", "33", "34"]


def test_what_cannot_be_is_told_and_the_scenario_stays(build_or_buy):
    page = build_or_buy
    before = page.scenario
    page.knobs.values = {**page.knobs.values, "annual_service_fee": "<b>"}
    assert page.scenario is before
    assert page.verdict.tone == "wrong"
    assert "读到“<b>”" in page.verdict.lines[0]


def test_every_verdict_has_its_clause_and_its_flip_threshold(build_or_buy):
    page = build_or_buy
    page.move(page.scenario.planned)
    assert "第十九条第（二）项“明显小于”：符合" in page.verdict.lines[0]
    assert "翻转阈值：约 21.13%" in page.verdict.lines[1]


def test_a_chart_that_cannot_be_drawn_says_why(build_or_buy):
    page = build_or_buy
    page.move({**page.scenario.planned, "service_life": ""})
    for chart in (page.cumulative, page.flows, page.swings, page.chance):
        assert "x" not in chart.spec
        assert "没有全部提供" in chart.spec["alt"]


# 02 -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "tone", "words"),
    [
        ("90", "yes", "可以自行调整"),
        ("90.000001", "problem", "须事先报批"),
        ("-90", "yes", "还可调整 0.00 万元"),
    ],
)
def test_the_way_turns_one_fen_over_the_line(amount, tone, words):
    page = Adjustment()
    for key, said in (
        (("projects", "goals_unchanged"), "是"),
        (("projects", "change_necessary"), "是"),
        (("adjustments", "ground"), "上级部署"),
    ):
        page.controls[key].value = said
    page.knobs.values = {**page.knobs.values, "本次": amount}
    assert page.verdict.tone == tone
    assert words in "".join(page.verdict.lines)
    assert bool(page.filing.lines) == (tone == "yes")


def test_an_unanswered_judgement_keeps_the_way_open():
    page = Adjustment()
    assert page.verdict.tone == "open"
    assert "建设目标不变" in page.verdict.lines[1]


# 03 -------------------------------------------------------------------------------------


def test_the_interview_never_asks_what_is_decided_and_ends():
    page, asked = Approval(), []
    chosen = {"mode": "购买服务"}
    while page.questions and len(asked) < 40:
        name = page.questions[0]
        assert name not in asked
        asked.append(name)
        field = schema.fields("projects")[name]
        kinds = {
            "bool": "否",
            "enum": chosen.get(name, field.values[0] if field.values else ""),
            "date": "2026-01-05",
            "money": "100",
        }
        page.reply(name, kinds.get(field.kind, "1"))
    assert page.questions == []
    assert "approval_path" not in asked  # a purchase is never asked how it would be built
    assert asked[:3] == ["level", "action", "classified"] or {"level", "classified"} <= set(asked[:3])


def test_an_answer_that_cannot_be_is_asked_again():
    page = Approval()
    page.reply("level", "省级<b>")
    assert page.answers == {}
    assert page.told.tone == "wrong"


def test_what_is_tried_out_says_so():
    field = schema.fields("adjustments")["ground"]
    value, evidence = trial.answer(field, "技术优化", date(2026, 11, 24))
    assert value == "技术优化"
    assert set(evidence) == {trial.TRIED, "2026-11-24"}
    assert trial.answer(field, trial.UNSURE, date(2026, 11, 24)) is None


# 04 -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def matrix():
    return Matrix()


def test_the_matrix_marks_what_assess_calls_a_problem(matrix):
    found = matrix.assessment["findings"]
    bad = {(one["project"], one["clause"]) for one in found if one["problem"]}
    marked = {bar["key"] for bar in matrix.matrix.spec["bars"] if bar["sign"] == "×"}
    assert marked == {
        f"{matrix.columns_.index(clause)} {matrix.ids.index(project)}" for project, clause in bad
    }


def test_a_cell_tells_the_reason_of_its_clause(matrix):
    matrix.matrix.picked = f"{matrix.columns_.index('19.1.2')} {matrix.ids.index('LS2026-22')} 1"
    assert "未达到节约率下限" in matrix.cell.value


@pytest.mark.parametrize("picked", ["", "a b c", "9999 9999 1", "-1 0 1", "<b> 0 1"])
def test_a_cell_that_is_none_changes_nothing(matrix, picked):
    before = matrix.cell.value
    matrix.matrix.picked = picked
    assert matrix.cell.value == before


def test_what_if_lists_what_turns_and_goes_back(matrix):
    before = matrix.verdict.lines
    matrix.parameter.value, matrix.value.value = "adjustment_limit", "10%"
    matrix.try_out()
    assert "由 15% 改为 10%" in matrix.flips.value
    assert matrix.verdict.lines != before
    matrix.restore()
    assert matrix.verdict.lines == before


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("adjustment_limit", "12.5%", Fraction(1, 8)), ("merge_limit", "400", 400_000_000), ("trial_months", "6", 6),
     ("purchase_clearly_less", "10%", Fraction(1, 10)), ("adjustment_accumulation", "每次调整单独计算", "each")],
)  # fmt: skip
def test_a_value_to_try_is_read_in_its_unit(name, text, value):
    assert value_of(load_ruleset(), name, text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("adjustment_limit", "abc"),
        ("trial_months", "3.5"),
        ("trial_months", "-3"),
        ("merge_limit", ""),
        ("adjustment_accumulation", "x"),
    ],
)
def test_a_value_that_cannot_be_tried_is_told(name, text):
    with pytest.raises(ValueError, match="应为"):
        value_of(load_ruleset(), name, text)


def test_everything_that_can_be_tried_has_words():
    rules = load_ruleset()
    for label, name in choices(rules):
        assert re.match("第.+条.*　.+", label)
        assert worded(rules, name)


# Hostile ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [BuildOrBuy, Adjustment, Approval, Matrix])
def test_no_text_of_a_user_is_ever_markup(kind, hostile):
    page = kind()
    page._take_workbook(*hostile) if kind is BuildOrBuy else page._take(*hostile)
    if kind is BuildOrBuy:
        page.keep_this()
        shown = page.details().markup
    elif kind is Matrix:
        page.look(0, 0)
        shown = page.problems().markup
    else:
        page._open(0)
        shown = ""
    for text in (markup_of(page), shown):
        assert "<script" not in text
        assert "<img src=x" not in text


def test_a_bad_upload_names_the_users_file_and_every_error():
    data = (collection("data/samples/bad") / "amount-negative.xlsx").read_bytes()
    with pytest.raises(InputError) as refused:
        from_upload("../我的<表>.xlsx", data)
    assert all(problem.file == "我的<表>.xlsx" for problem in refused.value.problems)
    assert "upload" not in str(refused.value)


def test_an_upload_that_is_no_workbook_is_refused():
    for data in (b"", b"<html>", b"\x80\x04pickle", b"PK\x03\x04broken"):
        with pytest.raises(InputError):
            from_upload("a.xlsx", data)


def test_ticks_are_round_and_within():
    for low, high in ((0, 1), (-3.7, 12.9), (0, 1e9), (99.99, 100.01), (-1e-6, 1e-6)):
        found = live_charts.ticks(low, high)
        assert 1 < len(found) <= 8
        assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in found)
