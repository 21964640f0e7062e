"""Exercises as forms in a notebook (ipywidgets): labelled, reachable by keyboard, offline.

Every text that reaches a page is escaped by `zwxm_core.tables`; what a trainee types goes to
`zwxm_core.interactive.quiz` as text and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zwxm_core.interactive.quiz import FORMS, Part, Question, said
from zwxm_core.tables import Html, bullets, paragraph

if TYPE_CHECKING:
    from zwxm_core.interactive.training import Lesson

MOST_RADIOS = 6
"""With more options than this, a list to open takes less room."""

NOT_CHOSEN = "请选择……"

STYLE = """<style>
div.zwxm-quiz{line-height:1.6;max-width:66em;font-size:14px;color:#1a1a1a}
div.zwxm-quiz table{border-collapse:collapse;margin:.4em 0;table-layout:auto;font-size:13px;background:#fff}
div.zwxm-quiz tbody tr,div.zwxm-quiz thead{background:#fff!important;border:0}
div.zwxm-quiz th,div.zwxm-quiz td{border:1px solid #bbb;padding:.25em .6em;text-align:left!important;vertical-align:top!important;max-width:none;white-space:normal}
div.zwxm-quiz th{background:#f2f4f7;font-weight:600}
div.zwxm-quiz thead th{white-space:nowrap}
div.zwxm-quiz table.findings td:nth-child(2),div.zwxm-quiz td.n{white-space:nowrap}
div.zwxm-quiz caption{text-align:left;font-weight:600;padding:.2em 0;color:inherit}
div.zwxm-quiz td.n,div.zwxm-quiz th.n{text-align:right!important;font-variant-numeric:tabular-nums}
div.zwxm-quiz .small{color:#555;font-size:12.5px}
div.zwxm-quiz .wide{overflow-x:auto}
div.zwxm-quiz p{margin:.4em 0}
div.zwxm-quiz ul{margin:.2em 0 .4em 1.4em;padding:0}
div.zwxm-quiz .quiz-item,div.zwxm-quiz .quiz-title{font-weight:600}
div.zwxm-quiz .quiz-title{font-size:16px}
div.zwxm-quiz .quiz-yes,div.zwxm-quiz .quiz-no,div.zwxm-quiz .quiz-open{padding:.3em .7em;border-left:5px solid}
div.zwxm-quiz .quiz-yes{background:#e8f2ec;border-color:#1b6b3a}
div.zwxm-quiz .quiz-no{background:#fbeceb;border-color:#a32219}
div.zwxm-quiz .quiz-open{background:#fff6e0;border-color:#8a5a00}
.zwxm-quiz-form .widget-radio-box label,.zwxm-quiz-form .widget-checkbox label{white-space:normal;height:auto;width:auto;line-height:1.5}
.zwxm-quiz-form .widget-radio-box{flex-flow:column;width:auto;max-width:66em}
.zwxm-quiz-form .widget-checkbox{height:auto;margin:1px 2px}
.zwxm-quiz-form button:focus-visible{outline:3px solid #1b4f8f}
</style>"""


def page(shown: Html, live: bool = False) -> str:
    """Markup of a piece of a form, with the style that makes its tables readable."""
    status = ' role="status" aria-live="polite"' if live else ""
    return f'{STYLE}<div class="zwxm-quiz"{status}>{shown.markup}</div>'


class Page:
    """What a lesson shows: readable in a notebook, plain text elsewhere."""

    def __init__(self, shown: Html):
        self.shown = shown

    def _repr_html_(self) -> str:
        return page(self.shown)

    def __repr__(self) -> str:
        return repr(self.shown)


class Shown:
    """A thing that a notebook shows as a form, and elsewhere as a page."""

    def static(self) -> Html:
        """What is seen before the notebook is run, or without widgets."""
        raise NotImplementedError

    def form(self):
        """The widget."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return repr(self.static())

    def _repr_mimebundle_(self, **_) -> dict:
        bundle = {"text/plain": repr(self), "text/html": page(self.static())}
        return bundle | {k: v for k, v in self.form()._repr_mimebundle_().items() if k not in bundle}


class NameForm(Shown):
    """Asks who is learning, so that the exercises are theirs and the results are kept."""

    def __init__(self, lesson: Lesson):
        self.lesson = lesson

    def static(self) -> Html:
        return paragraph(
            "填上姓名或工号，题目换成你自己的一套，成绩存进文件。先运行本格（Shift+Enter）。", "small"
        )

    def form(self):
        import ipywidgets as w

        self.name = w.Text(
            description="姓名或工号：", placeholder="不填则用示例题，成绩不保存",
            style={"description_width": "initial"}, layout=w.Layout(width="26em"),
        )  # fmt: skip
        button = w.Button(description="换成我的题", button_style="primary")
        self.told = w.HTML(page(Html("")))
        button.on_click(lambda _: self.begin(self.name.value))
        return w.VBox([w.HBox([self.name, button]), self.told]).add_class("zwxm-quiz-form")

    def begin(self, name: str) -> None:
        """Take a name."""
        self.lesson.begin(name)
        kept = f"{self.lesson.trainee}：题目已换成你的一套，成绩存在 {self.lesson.path}。"
        told = kept if self.lesson.keeps else "用示例题，成绩不保存。"
        self.told.value = page(paragraph(told))


class ExerciseForm(Shown):
    """One exercise: prompt, answers to give, buttons to check, to take a hint, to see why, to go on."""

    def __init__(self, lesson: Lesson, id: str, number: int):
        self.lesson, self.id, self.number = lesson, id, number
        self.inputs: list = []
        self.box = None

    @property
    def question(self) -> Question:
        return self.lesson.attempt(self.id).question

    def title(self) -> str:
        return f"练习 {self.number}　{self.question.title}"

    def static(self) -> Html:
        shown = paragraph(self.title(), "quiz-title") + self.question.prompt
        for part in self.question.parts:
            shown += paragraph(f"{part.label}（{FORMS[part.kind]}）") + (
                bullets(part.options) if part.options else Html("")
            )
        return shown + paragraph("先运行本格（Shift+Enter），就可以在这里作答。", "small")

    def form(self):
        import ipywidgets as w

        self.prompt, self.answers, self.told = w.HTML(), w.VBox(), w.HTML()
        buttons = [
            self._button("检查", "primary", self.check),
            self._button("提示", "", lambda: self.lesson.attempt(self.id).hint()),
            self._button("看解析", "", self.reveal),
        ]
        if self.lesson.varies(self.id):
            buttons.append(self._button("换一题", "", self.another))
        self.box = w.VBox([self.prompt, self.answers, w.HBox(buttons), self.told]).add_class("zwxm-quiz-form")
        self.load()
        return self.box

    def _button(self, word: str, style: str, does):
        import ipywidgets as w

        button = w.Button(description=word, button_style=style, tooltip=f"练习 {self.number}：{word}")
        button.on_click(lambda _: self._tell(does()))
        return button

    def _tell(self, shown: Html) -> None:
        self.told.value = page(shown, live=True)

    def load(self) -> None:
        """Show the present variant; called again when another trainee begins."""
        if self.box is None:
            return
        import ipywidgets as w

        one = self.lesson.attempt(self.id)
        self.prompt.value = page(paragraph(self.title(), "quiz-title") + one.question.prompt)
        self.inputs = [_input(part) for part in one.question.parts]
        self.answers.children = tuple(w.VBox(made.widgets) for made in self.inputs)
        self._tell(said("yes", "这一题已经答对。") if one.solved else Html(""))

    def given(self) -> list:
        """What stands in the form."""
        return [made.value() for made in self.inputs]

    def check(self) -> Html:
        """Mark what stands in the form."""
        return self.lesson.answer(self.number, self.given())

    def reveal(self) -> Html:
        """The answer, after a try."""
        return self.lesson.attempt(self.id).reveal() + self.lesson.keep(self.id)

    def another(self) -> Html:
        """A further variant."""
        self.lesson.another(self.id)
        self.load()
        return paragraph("换了一题，数字和情形都不同。", "small")


class _Input:
    """The widgets of one part, and how to read them."""

    def __init__(self, widgets: list, value):
        self.widgets, self.value = widgets, value


def _input(part: Part) -> _Input:
    import ipywidgets as w

    label = w.HTML(page(paragraph(f"{part.label}（{FORMS[part.kind]}）", "quiz-item")))
    wide = {"style": {"description_width": "initial"}, "layout": w.Layout(width="30em", max_width="100%")}
    if part.kind == "many":
        boxes = [
            w.Checkbox(description=option, indent=False, layout=w.Layout(width="auto"))
            for option in part.options
        ]
        return _Input([label, *boxes], lambda: [box.description for box in boxes if box.value])
    if part.kind == "one" and len(part.options) <= MOST_RADIOS:
        radios = w.RadioButtons(options=part.options, value=None, layout=w.Layout(width="auto"))
        return _Input([label, radios], lambda: radios.value)
    if part.kind == "one":
        listed = w.Dropdown(options=[NOT_CHOSEN, *part.options], description="答案：", **wide)
        return _Input([label, listed], lambda: None if listed.value == NOT_CHOSEN else listed.value)
    if part.kind == "note":
        area = w.Textarea(
            description="写在这里：",
            rows=5,
            style=wide["style"],
            layout=w.Layout(width="50em", max_width="100%"),
        )
        return _Input([label, area], lambda: area.value)
    line = w.Text(description="答案：", placeholder=FORMS[part.kind], **wide)
    return _Input([label, line], lambda: line.value)
