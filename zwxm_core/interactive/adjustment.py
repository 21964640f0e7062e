"""Explorer 02, must the adjustment be approved (调整是否要报批): amount, history, reasons; the way, the room."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import ipywidgets as widgets

from zwxm_core.assessment import assess
from zwxm_core.facts import Facts
from zwxm_core.interactive import live_charts, trial
from zwxm_core.interactive.opening import REFUSED, from_upload, opened, problem_lines, project_choices
from zwxm_core.interactive.scenarios import Knob, number_text
from zwxm_core.interactive.widgets import (
    Knobs,
    LiveChart,
    Page,
    Sentence,
    columns,
    dropdown,
    panel,
    row,
    table_of,
    upload,
)
from zwxm_core.money import FEN, percent_beside, percent_text, to_fen, wan_text
from zwxm_core.portfolio import InputError, from_records, schema
from zwxm_core.portfolio.records import to_records
from zwxm_core.reporting.report import Report
from zwxm_core.reporting.reviews import FILING, MAJOR, OWN, Step, limit_label, steps
from zwxm_core.tables import Html, clean, fact_text, findings, reading_text

EXAMPLE: dict = {
    "id": "情形", "name": "示例（请改成自己的数）", "level": "市级", "classified": False, "approved_on": "2024-03-01",
    "approved_total": 1_000_000_000, "revised_total": 1_000_000_000, "adjustments_complete": True,
}  # fmt: skip
EARLIER: dict = {"seq": 1, "on": "2025-05-20", "amount": 60_000_000, "prior_approval": False}
ASKED = ("goals_unchanged", "change_necessary", "within_approved_plan", "adjustments_complete")
OF_THIS = ("ground", "transfer", "major_design_change")
THIS = "本次"


class Adjustment(Page):
    """The page: what was approved, what was adjusted before, what is to be adjusted now, and which way it goes."""

    title = "调整是否要报批"

    def __init__(self, data=None, project: str | None = None, as_of=None, ruleset=None):
        self.portfolio, self.ruleset, self.as_of = opened(data, as_of, ruleset)
        self.upload = upload("打开工作簿", ".xlsx,.xls,.csv", self._take)
        self.chosen = dropdown("项目", [])
        self.chosen.observe(lambda _: None if self.quiet else self._open(self.chosen.value), "value")
        self.knobs = Knobs()
        self.knobs.observe(lambda _: None if self.quiet else self._show(), "values")
        self.told, self.verdict, self.filing = Sentence(), Sentence(), Sentence()
        self.chart, self.why = LiveChart(), table_of()
        self.facts_asked = widgets.VBox()
        left = widgets.VBox([self.knobs, self.facts_asked])
        self.view = widgets.VBox([
            row(self.upload, self.chosen), self.told,
            panel(left, [self.verdict, columns(self.chart, self.filing), self.why]),
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
        choices = [("（示例，从头填）", -1), *project_choices(facts)]
        first = next((at for at, id_ in enumerate(facts.ids) if id_ == project), -1)
        self.silently(self.chosen, options=choices, value=first)
        self._open(first)

    def _open(self, at: int) -> None:
        """Start from a project of the workbook (-1: from the example), with a further adjustment of nothing."""
        if at < 0:
            self.records: dict[str, list[dict]] = {
                "projects": [EXAMPLE],
                "adjustments": [{"project": "情形", **EARLIER}],
            }
        else:
            self.records = to_records(self.portfolio.facts.take([at]))
        rows = self.records.setdefault("adjustments", [])
        self.past = [dict(one) for one in rows]
        with self.silence():
            self._ask()
            self.knobs.values = {}
            self.knobs.knobs = [knob._asdict() for knob in self._knobs()]
            self.knobs.values = {knob.name: knob.planned for knob in self._knobs()}
        self._show()

    def _knobs(self) -> Iterator[Knob]:
        project = self.records["projects"][0]
        for name in ("approved_total", "revised_total"):
            planned = "" if name not in project else _wan(project[name])
            top = str(max(2 * int(float(planned or 500)), 10))
            yield Knob(name, schema.label("projects", name), "万元", "批复和调整", "0", top, "1", planned, "0", "1000000000", optional=True)  # fmt: skip
        size = float(_wan(project["approved_total"])) if "approved_total" in project else 1000.0
        end, step = f"{max(size * 0.3, 1):.0f}", f"{max(size / 500, 0.1):.1f}"
        for number, one in enumerate(self.past):
            planned = _wan(one["amount"]) if "amount" in one else ""
            said = {True: "，已事先审批", False: "，未经审批"}.get(one.get("prior_approval"), "")
            label = f"序号 {one.get('seq', number + 1)}{said}"
            yield Knob(f"past{number}", label, "万元", "以前的调整", f"-{end}", end, step, planned, "-1000000000", "1000000000", optional=True)  # fmt: skip
        yield Knob(THIS, "资金调整数额（减少为负）", "万元", "本次调整", f"-{end}", end, step, "50" if size >= 100 else "0", "-1000000000", "1000000000")  # fmt: skip

    def _ask(self) -> None:
        project = self.records["projects"][0]
        controls: dict = {}
        for sheet, names in (("adjustments", OF_THIS), ("projects", ASKED)):
            for name in names:
                value = project.get(name) if sheet == "projects" else None
                value = value[0] if isinstance(value, tuple) else value
                controls[sheet, name] = trial.control(schema.fields(sheet)[name], value, self._answered)
        self.controls = controls
        self.facts_asked.children = tuple(controls.values())
        for made in controls.values():
            made.style.description_width = "150px"

    def _answered(self) -> None:
        if not self.quiet:
            self._show()

    # What follows --------------------------------------------------------------------------

    def facts(self) -> Facts:
        """The project with this adjustment as the last one.

        Raises
        ------
        ValueError
            An amount that is none.
        """
        project, past = dict(self.records["projects"][0]), [dict(one) for one in self.past]
        values = self.knobs.values
        for name in ("approved_total", "revised_total"):
            project[name] = _fen(values[name], name)
        for number, one in enumerate(past):
            one["amount"] = _fen(values[f"past{number}"], "以前的调整")
        id_ = project["id"]
        last = max((int(one.get("seq", 0)) for one in past), default=0) + 1
        this = {"project": id_, "seq": last, "on": self.as_of.isoformat(), "amount": _fen(values[THIS], THIS)}
        for (sheet, name), made in self.controls.items():
            told = trial.answer(schema.fields(sheet)[name], str(made.value), self.as_of)
            target = project if sheet == "projects" else this
            target[name] = self._kept(name, told) if sheet == "projects" else told
        rows = {**self.records, "projects": [project], "adjustments": [*past, this]}
        return from_records(rows)

    def _kept(self, name: str, told):
        """The workbook's own evidence where the answer is the workbook's."""
        own = self.records["projects"][0].get(name)
        if isinstance(own, tuple) and isinstance(told, tuple) and trial.SAID.get(own[0], own[0]) == told[0]:
            return own
        return told

    def _show(self) -> None:
        try:
            facts = self.facts()
        except (ValueError, InputError) as error:
            self.verdict.say("wrong", clean(str(error).splitlines()[0], 300), "下面仍是原来的")
            return
        found = assess(facts, self.ruleset, self.as_of, [OWN, MAJOR, "28.2"])["findings"]
        by_clause = {(one["clause"], one["item"]): one for one in found}
        own, major = by_clause[OWN, None], by_clause[MAJOR, None]
        path = steps(Report(self.portfolio, facts, self.as_of, self.ruleset))
        self.verdict.say(*self._verdict(own, major, path[-1]))
        self.chart.spec = steps_chart(path, facts)
        self.filing.say("na", "书面报备可以这样写", filing_text(own, facts, path[-1])) if own[
            "state"
        ] else self.filing.say("na")
        shown = [one for one in found if (one["clause"], one["item"]) != (OWN, FILING)]
        self.why.value = findings(shown, self.ruleset, caption="条款、结论和理由").markup

    def _verdict(self, own: dict, major: dict, last: Step) -> tuple[str, ...]:
        room = room_text(last)
        readings = [f"其他读法：{reading_text(one, self.ruleset)}" for one in own["readings"]]
        if own["state"]:
            lead = f"可以自行调整，形成书面材料报备（{own['cite']}）"
            return "yes", lead, room, *readings
        if own["state"] is False and own["applies"]:
            lead = f"不具备自行调整的条件（{own['cite']}）；按口径视为重大调整，须事先报批（{major['cite']}）"
            if not major["applies"]:
                lead = f"不具备自行调整的条件（{own['cite']}）；是否属重大调整待核（{major['cite']}）"
            return "problem", lead, own["reason"], room, *readings
        if own["applies"] is False:
            return "na", f"{own['cite']}不适用", own["reason"]
        missing = "、".join(dict.fromkeys(map(fact_text, own["open_facts"])))
        return "open", f"走哪条路待核（{own['cite']}、{major['cite']}）", f"缺：{missing}", room, *readings

    def reasons(self) -> Html:
        """The findings on show, for the notebook."""
        return Html(self.why.value)


def _wan(fen: int) -> str:
    return number_text(Fraction(fen, FEN["万元"]))


def _fen(text: str, name: str) -> int | None:
    if str(text).strip() == "":
        return None
    try:
        return to_fen(str(text).strip(), "万元")
    except (ValueError, ArithmeticError):
        label = schema.label("projects", name) if name.endswith("_total") else name
        raise ValueError(f"“{label}”读到“{str(text)[:20]}”，应为万元数，最多六位小数") from None


def room_text(last: Step) -> str:
    """How much may still be adjusted within the limit, in 万元 and as a share; what keeps it from being known.

    >>> from fractions import Fraction
    >>> room_text(Step(0, 16_000_000, 16_000_000, 100_000_000, Fraction(3, 20)))
    '累计调整 16.00 万元，占 16%；限额 15.00 万元（15%，含本数），已超过 1.00 万元（1 个百分点）'
    """
    if last.amount is None or last.limit is None or not last.base:
        return "离限额还有多少：算不出（累计数额或批复总投资没有提供全）"
    share = _share(last.amount, last.base)
    gap = last.limit - last.amount
    word = "还可调整" if gap >= 0 else "已超过"
    points = percent_text(abs(last.share - share)).replace("约 0.00%", "不足 0.01%").replace("%", " 个百分点")
    told = f"累计调整 {wan_text(last.amount)} 万元，占 {percent_beside(share, last.share)}"
    return f"{told}；限额 {wan_text(last.limit)} 万元（{percent_text(last.share)}，含本数），{word} {wan_text(abs(gap))} 万元（{points}）"


def _share(num: int, den: int) -> Fraction:
    return Fraction(int(num), int(den))


def filing_text(own: dict, facts: Facts, last: Step) -> str:
    """The sentence for the filing (书面报备)."""
    name = clean(facts.name.at(0) or facts.ids[0], 60)
    row = last.row
    on, amount, ground = (facts.adjustments.columns[n].at(row) for n in ("on", "amount", "ground"))
    share = "" if last.amount is None or not last.base else f"，占批复总投资 {percent_beside(_share(last.amount, last.base), last.share)}"  # fmt: skip
    told = "" if amount is None else f"{wan_text(amount)} 万元"
    added = (
        ""
        if last.amount is None
        else f"，累计调整 {wan_text(last.amount)} 万元{share}，未超过 {percent_text(last.share)}"
    )
    return (
        f"{name}拟于 {on} 调整建设内容，资金调整数额 {told}（事由：{ground}）{added}；"
        f"投资规模不超过批复总投资，建设目标不变。依据{own['cite']}自行调整，特此报备。"
    )


def steps_chart(path: list[Step], facts: Facts) -> dict:
    """The cumulative amount after each adjustment against the limit."""
    title = "累计调整额（万元）与自行调整限额"
    known = [step for step in path if step.amount is not None]
    if not known:
        return live_charts.empty(title, "累计数额没有提供全，未画")
    names = [facts.adjustments.said(step.row) for step in path]
    names[-1] = THIS
    bars: list[dict] = []
    rules: list[dict] = []
    told: list[str] = []
    for place, (step, name) in enumerate(zip(path, names, strict=True)):
        if step.amount is None:
            continue
        over = step.within is False
        tip = f"{name}累计 {wan_text(step.amount)} 万元{'，超过限额' if over else ''}"
        bars.append({"x": [place - 0.3, place + 0.3], "y": [0, step.amount / FEN["万元"]], "hatch": over, "tip": tip,
                     "colour": live_charts.HIGH_COLOUR if over else live_charts.LOW_COLOUR})  # fmt: skip
        told.append(tip)
    limit = path[-1].limit
    if limit is not None:
        rules.append(
            {"y": limit / FEN["万元"], "width": 2, "text": f"{limit_label(path[-1])} {wan_text(limit)}"}
        )
    tops = [bar["y"][1] for bar in bars] + [rule["y"] for rule in rules]
    x = {
        "label": "",
        "min": -0.6,
        "max": len(path) - 0.4,
        "ticks": [[i, name] for i, name in enumerate(names)],
    }
    legend = [{"name": "限额以内", "colour": live_charts.LOW_COLOUR}, {"name": "超过限额", "colour": live_charts.HIGH_COLOUR, "hatch": True}]  # fmt: skip
    return live_charts.chart(title, "；".join(told) + "。", x, live_charts.axis("", 0, max(tops) * 1.15), bars=bars, rules=rules, legend=legend)  # fmt: skip
