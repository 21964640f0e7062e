"""Answers are text: right, wrong, empty or hostile, they are marked and never do anything else."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from zwxm_core.interactive.quiz import LONGEST, NONE_OF_THEM, Attempt, Part, Question, check
from zwxm_core.tables import Html, paragraph

PARTS = {
    "one": Part("结论", "one", "符合", ("符合", "不符合", "待核")),
    "many": Part("条件", "many", frozenset(["甲", "丙"]), ("甲", "乙", "丙", NONE_OF_THEM)),
    "amount": Part("数额", "amount", 123_456_789),
    "day": Part("日期", "day", date(2026, 3, 1)),
    "percent": Part("比率", "percent", Fraction(1, 3)),
    "count": Part("家数", "count", 3),
}
RIGHT = {
    "one": ["符合", " 符合 "],
    "many": [["甲", "丙"], ["丙", "甲"], "甲、丙"],
    "amount": ["1,234,567.89", "1234567.89元", "１２３４５６７．８９"],
    "day": ["2026-03-01", "2026年3月1日", date(2026, 3, 1)],
    "percent": ["33.33%", "0.3333"],
    "count": ["3", 3],
}
WRONG = {
    "one": ["不符合", "大概符合"],
    "many": [["甲"], ["甲", "乙", "丙"], NONE_OF_THEM],
    "amount": ["1234567.88", "123.456789"],
    "day": ["2026-03-02", "2026年3月", "2026-02-30"],
    "percent": ["33.34%", "33.33"],
    "count": ["2", "3.5", "-3"],
}
EMPTY = [None, "", "  ", "\u200b", [], ()]
HOSTILE = [
    "<script>alert(1)</script>", "=HYPERLINK(\"http://x\",\"y\")", "{{7*7}}", "$(rm -rf /)", "甲\u202e乙", "\x00",
    "9" * 100_000, 10**5000, True, 3.5, float("nan"), {"a": 1}, object(), b"x", [["甲"]], ["<img src=x onerror=y>"],
    [None], list("甲" * 10_000), "__import__('os')", "1e308", "nan", "-" * 200, "\ud800",
]  # fmt: skip


def ask(*kinds: str, hints=()) -> Question:
    return Question(
        "q", "题", Html("<p>问</p>"), tuple(PARTS[k] for k in kinds), hints, paragraph("因为第二十九条。")
    )


@pytest.mark.parametrize("kind", PARTS)
def test_the_right_answer_is_right_however_it_is_written(kind):
    for given in RIGHT[kind]:
        assert check(ask(kind), [given]).right, given


@pytest.mark.parametrize("kind", PARTS)
def test_a_wrong_answer_is_wrong_and_does_not_give_the_right_one_away(kind):
    for given in WRONG[kind]:
        verdict = check(ask(kind), [given])
        assert not verdict.right
        assert verdict.tried
        said = verdict.parts[0].said
        if kind in ("amount", "day", "percent", "count"):
            assert not any(right in said for right in ("1,234,567.89", "2026-03-01", "33.33"))


@pytest.mark.parametrize("kind", PARTS)
@pytest.mark.parametrize("given", EMPTY, ids=repr)
def test_no_answer_is_no_try(kind, given):
    attempt = Attempt(ask(kind))
    told = attempt.answer([given])
    assert attempt.tries == 0
    assert "还没有作答" in told.markup


@pytest.mark.parametrize("kind", [*PARTS, "note"])
@pytest.mark.parametrize(
    "given",
    HOSTILE,
    ids=lambda given: (
        "n" if isinstance(given, int) else "object" if type(given) is object else repr(given)[:30]
    ),
)
def test_a_hostile_answer_is_text_marked_wrong_with_a_message(kind, given):
    question = Question("q", "题", Html(""), (PARTS.get(kind) or Part("写", "note", None),))
    attempt = Attempt(question)
    told = attempt.answer([given])
    assert "<script" not in told.markup
    assert "<img" not in told.markup
    assert len(told.markup) < 1000
    verdict = check(question, [given])
    if kind != "note":
        assert not verdict.right
        assert verdict.parts[0].said


def test_anything_at_all_in_place_of_the_list_of_answers_is_marked():
    for given in (None, 5, "符合", object(), {"0": "符合"}, ["符合", "符合", "符合"]):
        check(ask("one", "amount"), given)


def test_every_part_must_be_right():
    question = ask("one", "amount")
    assert check(question, ["符合", "1234567.89"]).right
    halfway = check(question, ["符合", "1"])
    assert [part.right for part in halfway.parts] == [True, False]
    assert not halfway.right


def test_a_note_is_not_marked():
    question = Question("q", "题", Html(""), (PARTS["one"], Part("写", "note", None)))
    verdict = check(question, ["符合", "一段话"])
    assert verdict.right
    assert verdict.parts[1].right is None
    assert not check(question, ["符合", "长" * (10 * LONGEST + 1)]).right


def test_a_message_says_what_kind_of_mistake_it_is():
    def said(given):
        return check(ask("amount"), [given]).parts[0].said

    assert "整数分" in said("123.456789")
    assert said("-1234567.89") == "数值对，正负号不对"
    assert "只差一点" in said("1234567.88")
    big = Question("q", "题", Html(""), (Part("数额", "amount", 500_000_000),))
    assert check(big, ["500"]).parts[0].said == "数字对，单位不对：这里以元计，不是万元"
    assert check(ask("many"), [["甲", "乙"]]).parts[0].said == "多选了 1 项，还漏了 1 项"


def test_the_answer_comes_only_after_a_try():
    attempt = Attempt(ask("one", hints=("一", "二")))
    assert "因为" not in attempt.reveal().markup
    assert "因为" not in attempt.hint().markup
    assert not attempt.revealed
    assert "因为" not in attempt.answer(["待核"]).markup
    assert "符合" in attempt.reveal().markup
    assert attempt.revealed
    assert "第 2 次答对" in attempt.answer(["符合"]).markup


def test_the_object_of_a_question_does_not_show_its_answer():
    assert "123456789" not in repr(ask("amount"))
    assert "因为" not in repr(ask("amount"))


def test_hints_come_one_by_one_and_stay():
    attempt = Attempt(ask("one", hints=("先看条款", "再看数")))
    assert "再看数" not in attempt.hint().markup
    assert "再看数" in attempt.hint().markup
    assert attempt.hint().markup.count("<li>") == 2


def test_what_was_right_once_stays_solved():
    attempt = Attempt(ask("one"))
    attempt.answer(["符合"])
    attempt.answer(["不符合"])
    assert attempt.solved
    assert attempt.given == ["符合"]
