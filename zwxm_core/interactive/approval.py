"""Explorer 03, the approval path (审批路径): an interview that asks only what can still change the answer."""

from __future__ import annotations

import html
from base64 import b64encode
from pathlib import Path

import ipywidgets as widgets

from zwxm_core import charts
from zwxm_core.assessment import assess
from zwxm_core.facts import Facts
from zwxm_core.interactive import trial
from zwxm_core.interactive.opening import REFUSED, from_upload, opened, problem_lines, project_choices
from zwxm_core.interactive.widgets import Page, Sentence, button, dropdown, panel, row, table_of, upload
from zwxm_core.lanes import lane_diagram
from zwxm_core.obligations import obligations
from zwxm_core.portfolio import InputError, Portfolio, from_records, schema
from zwxm_core.portfolio.records import to_records
from zwxm_core.reporting.outcomes import obligation_table
from zwxm_core.reporting.path import NONE, boxes, path_of, steps_table
from zwxm_core.reporting.report import Report
from zwxm_core.rules.approval_path import CLAUSES
from zwxm_core.tables import Html, clean, paragraph, table

BLANK = {"id": "新项目", "approved_on": "未"}
AT_ONCE = 3
"""Questions shown at a time."""

ROAD = 1000
"""How much more a fact weighs that decides whether a step is needed than one that decides how it stands."""


class Approval(Page):
    """The page: questions on the left, the road on the right."""

    title = "审批路径"

    def __init__(self, data=None, project: str | None = None, as_of=None, ruleset=None):
        self.portfolio, self.ruleset, self.as_of = opened(data, as_of, ruleset)
        self.upload = upload("打开工作簿", ".xlsx,.xls,.csv", self._take)
        self.chosen = dropdown("从这个项目开始", [])
        self.chosen.observe(lambda _: None if self.quiet else self._open(self.chosen.value), "value")
        self.back = button("撤回上一答", self.take_back)
        self.told, self.verdict = Sentence(), Sentence()
        self.asked, self.said = widgets.VBox(), table_of()
        self.picture, self.road, self.dates = table_of(), table_of(), table_of()
        left = widgets.VBox([self.asked, self.back, self.said])
        self.view = widgets.VBox([
            row(self.upload, self.chosen), self.told,
            panel(left, [self.verdict, self.road]), row(button("画泳道图", self.draw)), self.picture, self.dates,
        ])  # fmt: skip
        self._list(project)

    def _take(self, name: str, data: bytes) -> None:
        try:
            self.portfolio = from_upload(name, data)
        except InputError as error:
            self.told.say("wrong", REFUSED, *problem_lines(error))
            return
        self.told.say("yes", f"已打开 {self.portfolio.path}，{self.portfolio.facts.n} 个项目")
        self._list()

    def _list(self, project: str | None = None) -> None:
        facts = self.portfolio.facts
        first = next((at for at, id_ in enumerate(facts.ids) if id_ == project), -1)
        self.silently(self.chosen, options=[("（新项目，从头问）", -1), *project_choices(facts)], value=first)
        self._open(first)

    def _open(self, at: int) -> None:
        self.records = {"projects": [BLANK]} if at < 0 else to_records(self.portfolio.facts.take([at]))
        self.answers: dict[str, object] = {}
        self.show()

    # The interview -------------------------------------------------------------------------

    def facts(self) -> Facts:
        """The project with the answers given so far."""
        project = {**self.records["projects"][0], **self.answers}
        return from_records({**self.records, "projects": [project]})

    def reply(self, name: str, text: str) -> None:
        """Answer one question; an answer that cannot be is told, and asked again."""
        field = schema.fields("projects")[name]
        before = dict(self.answers)
        try:
            told = trial.answer(field, text, self.as_of)
            if told is None:
                return
            self.answers = {**self.answers, name: told}
            self.facts()
        except (ValueError, InputError) as error:
            self.answers = before
            self.told.say("wrong", clean(str(error).splitlines()[0], 300))
            return
        self.told.say("na")
        self.show()

    def take_back(self) -> None:
        """Forget the last answer."""
        if self.answers:
            self.answers.popitem()
            self.show()

    def show(self) -> None:
        """Show the road as it stands, and ask on."""
        facts = self.facts()
        self.path = path_of(Report(Portfolio(facts, Path(self.title), ""), facts, self.as_of, self.ruleset))
        wanted = questions(facts, self.path, assess(facts, self.ruleset, self.as_of, CLAUSES))
        self._ask(wanted)
        self.verdict.say(*self._verdict(self.path, wanted))
        self.picture.value = ""
        self.road.value = steps_table(self.path).markup
        due, _ = obligations(facts, self.ruleset, self.as_of)
        self.dates.value = (paragraph("期限") + obligation_table(due, self.ruleset)).markup
        rows = [(schema.label("projects", name), _said(value)) for name, value in self.answers.items()]
        self.said.value = table(("已答", ""), rows).markup if rows else ""

    def draw(self) -> None:
        """Draw the road as a lane diagram (泳道图); on demand, since it takes a moment."""
        self.picture.value = picture(self.path).markup

    def _ask(self, wanted: list[str]) -> None:
        made = []
        for name in wanted[:AT_ONCE]:
            field = schema.fields("projects")[name]
            control = trial.control(field, None, lambda: None)
            control.style.description_width = "initial"
            control.observe(lambda change, name=name: self.reply(name, str(change["new"])), "value")
            made.append(control)
        self.asked.children = tuple(made)
        self.questions = wanted

    def _verdict(self, path: list[dict], wanted: list[str]) -> tuple[str, ...]:
        if not path:
            return "na", NONE
        open_ = sum(step["applies"] is None for step in path)
        names = "、".join(schema.label("projects", name) for name in wanted[:6])
        more = (
            f"还会改变结果的事实 {len(wanted)} 项：{names}{' …' if len(wanted) > 6 else ''}" if wanted else ""
        )
        done = "再问也不会改变要走的步骤；材料和意见交齐与否见下表" if not wanted else ""
        lead = f"要走 {len(path) - open_} 步" + (f"，另有 {open_} 步是否要走待核" if open_ else "")
        judged = any(isinstance(value, tuple) for value in self.answers.values())
        trial_ = "其中须认定的事项是试答，正式使用须有认定人、依据和日期" if judged else ""
        return ("open" if open_ else "yes"), lead, more, done, trial_

    def steps(self) -> Html:
        """The road as a table, for the notebook."""
        return steps_table(self.path)


def questions(facts: Facts, path: list[dict], told: dict) -> list[str]:
    """Fields of the project that can still change the road, those first that most hangs on.

    A fact counts where a step waits for it, or a finding on the road does; what is decided is not asked.
    """
    weight: dict[str, int] = {}
    asked = [(one, ROAD if one["applies"] is None else 1) for one in (*path, *told["findings"])]
    for one, heavy in asked:
        for fact in one["open_facts"]:
            if fact["sheet"] == "projects" and not facts.projects.columns[fact["field"]].known[0]:
                weight[fact["field"]] = weight.get(fact["field"], 0) + heavy
    order = list(schema.fields("projects"))
    return sorted(weight, key=lambda name: (-weight[name], order.index(name)))


def picture(path: list[dict]) -> Html:
    """The road as a lane diagram with its description."""
    if not path:
        return paragraph(NONE, "none")
    drawn = lane_diagram(list(boxes(path)), "审批路径泳道图")
    data = b64encode(charts.png(drawn)).decode("ascii")
    alt = html.escape(clean(drawn.alt), quote=True)
    return Html(
        f'<img style="width: 100%; max-width: 1000px" alt="{alt}" src="data:image/png;base64,{data}">'
    )


def _said(value: object) -> object:
    return f"{value[0]}（试答）" if isinstance(value, tuple) else value
