"""Questions of a lesson and the checking of answers: knows neither the law nor widgets.

A question has parts, each with an answer that the package computed. `check` reads what a trainee
gave the way the workbook reader reads a cell, says part by part what is right, and never raises:
whatever was typed is text. `Attempt` keeps the order of learning: first a try, then the answer.

Examples
--------
>>> question = Question("demo", "限额", Html("<p>上限是多少？</p>"), (Part("上限", "amount", 500_000_000),))
>>> check(question, ["500万"]).right, check(question, ["499.99"]).right
(True, False)
>>> check(question, ["<script>"]).parts[0].said
'不是能读懂的金额：请只写数字，如 1234.56；没有写 0，不知道请留空'
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from zwxm_core.money import half_up, percent_text, yuan_text
from zwxm_core.portfolio import cells
from zwxm_core.tables import Html, bullets, clean, paragraph

NONE_OF_THEM = "以上都没有"
"""The option that says that no other option is right."""

LONGEST = 300
"""Characters of an answer that are read; a note may have ten times as many."""

FORMS = {
    "one": "请选一项",
    "many": f"可选多项，没有就选“{NONE_OF_THEM}”",
    "amount": "填金额，单位元，精确到分，如 1234567.89",
    "day": "填日期，如 2026-03-01",
    "percent": "填百分比，两位小数，如 12.34%",
    "count": "填整数",
    "note": "用自己的话写，不计分",
}
"""Kinds of parts, and how each is to be answered."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing asked.

    Parameters
    ----------
    label : str
        What is asked.
    kind : str
        A key of `FORMS`.
    answer : object
        one: text; many: frozenset of text; amount: int 分; day: ``date``; percent: ``Fraction``;
        count: int; note: None, since it is not marked.
    options : tuple of str
        Of one and many.
    """

    label: str
    kind: str
    answer: object = field(repr=False)
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What a trainee is asked: prompt, parts, hints step by step, and why the answer is what it is."""

    id: str
    title: str
    prompt: Html
    parts: tuple[Part, ...]
    hints: tuple[str, ...] = ()
    explanation: Html = field(default=Html(""), repr=False)


@dataclass(frozen=True, slots=True)
class PartVerdict:
    """How one part was answered: right, wrong, or (None) not marked; and what to say of it."""

    right: bool | None
    said: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a question was answered. ``tried`` is false where nothing at all was given."""

    right: bool
    tried: bool
    parts: tuple[PartVerdict, ...]


def check(question: Question, given: object) -> Verdict:
    """Mark an answer.

    Parameters
    ----------
    given : sequence
        One entry a part: text, for ``many`` a sequence of texts (or text with 、 between). Anything
        else, of any type or size, is marked wrong with a message.
    """
    listed = list(given) if isinstance(given, (list, tuple)) else [given]
    size = len(question.parts)
    listed = (listed + [None] * size)[:size]
    parts = tuple(_marked(part, one) for part, one in zip(question.parts, listed, strict=True))
    tried = any(not _empty(one) for one in listed)
    return Verdict(tried and all(p.right is not False for p in parts), tried, parts)


def _empty(given: object) -> bool:
    if given is None or (isinstance(given, str) and not clean(given)):
        return True
    return isinstance(given, (list, tuple, set, frozenset)) and not given


def _marked(part: Part, given: object) -> PartVerdict:
    if _empty(given):
        return PartVerdict(False, f"还没有作答：{FORMS[part.kind]}")
    try:
        read = READERS[part.kind](part, given)
    except cells.Bad as bad:
        return PartVerdict(False, str(bad))
    if part.kind == "note":
        return PartVerdict(None, "已记下，请对照解析自己评一评")
    right = _same(part, read)
    return PartVerdict(right, "对" if right else _why_wrong(part, read))


def _same(part: Part, read) -> bool:
    if part.kind != "percent":
        return read == part.answer
    exact: Fraction = part.answer  # type: ignore[assignment]
    return Fraction(read) == exact or Fraction(read) == Fraction(half_up(exact * 10_000), 10_000)


def _why_wrong(part: Part, read) -> str:
    """What is wrong, without saying what would be right."""
    if part.kind == "many":
        many = read - part.answer, part.answer - read  # type: ignore[operator]
        told = [f"多选了 {len(many[0])} 项"] if many[0] else []
        return "，".join(told + ([f"还漏了 {len(many[1])} 项"] if many[1] else []))
    if part.kind == "amount":
        answer: int = part.answer  # type: ignore[assignment]
        if read and answer in (read * 10_000, -read * 10_000):
            return "数字对，单位不对：这里以元计，不是万元"
        if read == -answer:
            return "数值对，正负号不对"
        if 0 < abs(read - answer) < 100:
            return f"只差一点：{yuan_text(read)} 元在分上不对，看看是不是四舍五入了"
    return "不对"


# Reading what was given -----------------------------------------------------------------


def _text(given: object, longest: int = LONGEST) -> str:
    if isinstance(given, bool) or not isinstance(given, (str, int)):
        raise cells.Bad("not_text", "不是文字：请直接写答案")
    if isinstance(given, int) and given.bit_length() > 300:
        raise cells.Bad("too_long", "数值过大：请核对")
    if len(text := str(given)) > longest:
        raise cells.Bad("too_long", f"太长：读到 {len(text)} 个字，答案不超过 {longest} 个字")
    return text


def _one(part: Part, given: object) -> str:
    text = clean(_text(given))
    if text not in part.options:
        raise cells.Bad("not_in_list", f"读到“{clean(text, 20)}”，不在选项里：{'、'.join(part.options)}")
    return text


def _many(part: Part, given: object) -> frozenset[str]:
    if isinstance(given, str):
        given = [one for one in _text(given).replace("，", "、").split("、") if one.strip()]
    if not isinstance(given, (list, tuple, set, frozenset)):
        raise cells.Bad("not_text", "不是选项的清单：请从选项里选")
    if len(given) > len(part.options):
        raise cells.Bad("too_many", f"选了 {len(given)} 项，选项只有 {len(part.options)} 项")
    return frozenset(_one(part, one) for one in given)


def _amount(_: Part, given: object) -> int:
    return _value(cells.money_of(_text(given), "元", signed=True))


def _day(_: Part, given: object) -> date:
    return _value(cells.date_of(given if isinstance(given, date) else _text(given)))


def _percent(_: Part, given: object):
    return _value(cells.pct_of(_text(given)))


def _count(_: Part, given: object) -> int:
    return _value(cells.int_of(_text(given)))


def _value(read):
    return read.value if isinstance(read, cells.Remarked) else read


READERS = {
    "one": _one, "many": _many, "amount": _amount, "day": _day, "percent": _percent, "count": _count,
    "note": lambda _, given: _text(given, 10 * LONGEST),
}  # fmt: skip


# Trying ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Attempt:
    """One question being worked on: tries, hints taken, whether it is solved or was given away."""

    question: Question
    tries: int = 0
    hints: int = 0
    solved: bool = False
    revealed: bool = False
    given: object = None

    def answer(self, given: object) -> Html:
        """Mark an answer and say how it stands; the explanation comes with the right one."""
        verdict = check(self.question, given)
        if not verdict.tried:
            return said("open", "还没有作答。" + FORMS[self.question.parts[0].kind] + "。")
        self.tries += 1
        if verdict.right or not self.solved:
            self.given = given
        self.solved = self.solved or verdict.right
        if verdict.right:
            times = "一次答对" if self.tries == 1 else f"第 {self.tries} 次答对"
            return said("yes", f"正确，{times}。") + self.question.explanation
        left = len(self.question.hints) - self.hints
        more = f"还有 {left} 条提示可看，改了再检查。" if left else "改了再检查，或看解析。"
        return said("no", f"还不对。{more}") + self._parts(verdict)

    def _parts(self, verdict: Verdict) -> Html:
        asked = zip(self.question.parts, verdict.parts, strict=True)
        if len(verdict.parts) == 1:
            told = verdict.parts[0].said
            return paragraph(told) if told != "不对" else Html("")
        return bullets(f"{'✕' if v.right is False else '✓'} {clean(p.label, 60)}：{v.said}" for p, v in asked)

    def hint(self) -> Html:
        """The hints so far, one more each time."""
        if not self.question.hints:
            return said("open", "这一题没有提示。")
        self.hints = min(self.hints + 1, len(self.question.hints))
        shown = self.question.hints[: self.hints]
        return bullets(f"提示 {i}：{text}" for i, text in enumerate(shown, 1))

    def reveal(self) -> Html:
        """The answer and why; only after a try."""
        if not self.tries:
            return said("open", "先答一次，再看解析。")
        self.revealed = self.revealed or not self.solved
        return bullets(answer_texts(self.question)) + self.question.explanation


def answer_texts(question: Question) -> list[str]:
    """The right answer, part by part."""
    marked = [part for part in question.parts if part.kind != "note"]
    return [f"{clean(part.label, 60)}：{answer_text(part)}" for part in marked]


def answer_text(part: Part) -> str:
    """The right answer of one part, as a trainee may write it.

    >>> answer_text(Part("节约率", "percent", Fraction(1, 3)))
    '33.33%'
    """
    answer = part.answer
    if part.kind == "many":
        return "、".join(option for option in part.options if option in answer)  # type: ignore[operator]
    if part.kind == "amount":
        return yuan_text(answer)  # type: ignore[arg-type]
    if part.kind == "percent":
        return percent_text(answer).removeprefix("约 ")  # type: ignore[arg-type]
    return str(answer)


def said(kind: str, text: str) -> Html:
    """One sentence with the sign of its kind, so that colour is never the only carrier."""
    sign = {"yes": "✓", "no": "✕", "open": "？"}[kind]
    return paragraph(f"{sign} {text}", f"quiz-{kind}")
