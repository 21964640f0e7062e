"""Explorer 01, build or buy (自建还是购买): move the drivers of a project, see what the comparison says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import ipywidgets as widgets

from zwxm_core import charts, cost_tables, risk_charts
from zwxm_core.assumptions import load_assumptions
from zwxm_core.economics import BUILD, PURCHASE
from zwxm_core.economics.simulation import probability_curve
from zwxm_core.facts import Facts
from zwxm_core.findings import together
from zwxm_core.interactive import live_charts, scenario_files, scenarios
from zwxm_core.interactive.opening import REFUSED, from_upload, opened, problem_lines, project_choices
from zwxm_core.interactive.scenario_files import NotAScenario
from zwxm_core.interactive.scenarios import Draws, Scenario, WrongValue
from zwxm_core.interactive.widgets import (
    Download,
    Knobs,
    LiveChart,
    Page,
    Sentence,
    button,
    columns,
    dropdown,
    panel,
    row,
    table_of,
    upload,
)
from zwxm_core.money import wan_float_text, wan_text
from zwxm_core.portfolio import InputError
from zwxm_core.reporting.report import economics_sentence
from zwxm_core.tables import (
    Html,
    clean,
    fact_text,
    paragraph,
    percent,
    reading_text,
    table,
    tone,
    wan,
)

PRESETS = {
    "按计划": {},
    "自建费用偏高": {BUILD: 1},
    "服务费偏高": {PURCHASE: 1},
    "两种都偏高": {BUILD: 1, PURCHASE: 1},
    "两种都偏低": {BUILD: 0, PURCHASE: 0},
}
"""Presets (预设): for each mode whether its heads stand at the low or the high of the assumptions."""

MOST_KEPT = 3
"""Scenarios side by side."""

CHOOSE = "（选择）"


class BuildOrBuy(Page):
    """The page: where the project comes from, its drivers, the verdict and what stands behind it."""

    title = "自建还是购买"

    def __init__(
        self, data=None, project: str | None = None, as_of=None, ruleset=None, draws: int = scenarios.DRAWS
    ):
        self.portfolio, self.ruleset, self.as_of = opened(data, as_of, ruleset)
        self.assumptions = load_assumptions()
        self.draws = Draws(self.assumptions, draws)
        self.kept: list[tuple[str, Scenario]] = []
        self._undo: list[dict[str, str]] = []
        self._parts()
        self.view = self._laid_out()
        self._list_projects(project)

    # Parts -------------------------------------------------------------------------------

    def _parts(self) -> None:
        self.upload = upload("打开工作簿", ".xlsx,.xls,.csv", self._opened(self._take_workbook))
        self.reload = upload("打开情形", ".json", self._opened(self._take_scenario))
        self.chosen = dropdown("项目", [])
        self.template = dropdown("或从模板开始", [CHOOSE, *scenario_files.template_names()])
        self.preset = dropdown("预设", [CHOOSE, *PRESETS])
        self.chosen.observe(self._choose, "value")
        self.template.observe(self._choose_template, "value")
        self.preset.observe(self._choose_preset, "value")
        self.undo = button("撤销", self.take_back)
        self.keep = button("留作对照", self.keep_this)
        self.clear = button("清空对照", self.forget)
        self.knobs = Knobs()
        self.knobs.observe(self._moved, "values")
        self.knobs.observe(self._committed, "commits")
        self.verdict, self.notes, self.told = Sentence(), Sentence(), Sentence()
        self.cumulative, self.flows, self.swings, self.chance, self.heat = (LiveChart() for _ in range(5))
        self.across, self.down = dropdown("横轴", []), dropdown("纵轴", [])
        self.draw = button("画热力图", self.draw_heat)
        self.beside = table_of()
        self.downloads = [
            Download("保存情形", self._save, self._failed),
            Download("导出底稿（xlsx）", self._book, self._failed),
            Download("导出评估报告（网页）", self._report, self._failed),
        ]

    def _laid_out(self) -> widgets.Widget:
        charts_ = columns(self.cumulative, self.flows, self.swings, self.chance)
        heat = widgets.VBox([row(self.across, self.down, self.draw), self.heat])
        return widgets.VBox([
            row(self.upload, self.chosen, self.template, self.reload),
            row(self.preset, self.undo, self.keep, *self.downloads),
            self.told,
            panel(widgets.VBox([self.knobs]), [self.verdict, charts_, self.notes]),
            columns(heat, widgets.VBox([self.clear, self.beside])),
        ])  # fmt: skip

    # Where the project comes from ----------------------------------------------------------

    def _list_projects(self, project: str | None = None) -> None:
        facts = self.portfolio.facts
        rows = project_choices(facts)
        first = next((row for row, id_ in enumerate(facts.ids) if id_ == project), None)
        if first is None:
            first = next((row for row in range(facts.n) if _priced(facts, row)), 0)
        self.silently(self.chosen, options=rows, value=first)
        self._open_row(first)

    def _open_row(self, row: int) -> None:
        facts = together(self.portfolio.facts).take(slice(row, row + 1))
        self.open(scenarios.start(facts, self.ruleset, self.as_of))

    def open(self, scenario: Scenario) -> None:
        """Show a scenario, with nothing to take back."""
        self._undo, self._settled = [], dict(scenario.values)
        self.silently(self.preset, value=CHOOSE)
        self.scenario = scenario
        with self.silence():
            self.knobs.values = {}
            self.knobs.knobs = [knob._asdict() for knob in scenario.knobs]
            self.knobs.values = dict(scenario.values)
        self._axes()
        self._show()

    def _choose(self, _change) -> None:
        if not self.quiet and self.chosen.value is not None:
            self.silently(self.template, value=CHOOSE)
            self._open_row(self.chosen.value)

    def _choose_template(self, _change) -> None:
        if not self.quiet and self.template.value != CHOOSE:
            project = scenario_files.template(self.template.value)
            self.open(scenarios.start(project, self.ruleset, self.as_of))

    def _opened(self, take: Callable[[str, bytes], None]) -> Callable[[str, bytes], None]:
        """Take a file; what keeps it from being used is told, and nothing else changes."""

        def taken(name: str, data: bytes) -> None:
            try:
                take(name, data)
            except InputError as error:
                self.told.say("wrong", REFUSED, *problem_lines(error))
            except NotAScenario as error:
                self.told.say("wrong", str(error))

        return taken

    def _take_workbook(self, name: str, data: bytes) -> None:
        self.portfolio = from_upload(name, data)
        self.silently(self.template, value=CHOOSE)
        self._list_projects()
        told = f"已打开 {self.portfolio.path}，{self.portfolio.facts.n} 个项目"
        self.told.say("yes", told, *map(str, self.portfolio.problems[:5]), *self.portfolio.notices[:5])

    def _take_scenario(self, _name: str, data: bytes) -> None:
        scenario, notes = scenario_files.loaded(data, self.ruleset)
        self.open(scenario)
        self.told.say("yes", f"已打开情形：{scenario.project.ids[0]}　{_name_of(scenario)}", *notes)

    # Moving --------------------------------------------------------------------------------

    def _moved(self, _change) -> None:
        if not self.quiet:
            self.move(self.knobs.values)

    def move(self, values: Mapping[str, str]) -> None:
        """Other values for the drivers; what cannot be is told, and nothing else changes."""
        try:
            self.scenario = self.scenario.moved(values)
        except WrongValue as error:
            self.verdict.say("wrong", f"{error}；图仍是原来的")
            return
        self._show()

    def _committed(self, _change) -> None:
        now = dict(self.scenario.values)
        self.silently(self.preset, value=CHOOSE)
        if now != self._settled:
            self._undo.append(self._settled)
            self._settled = now

    def take_back(self) -> None:
        """Undo (撤销) the last finished change."""
        if self._undo:
            self._set(self._undo.pop())

    def _set(self, values: Mapping[str, str]) -> None:
        self._settled = dict(values)
        with self.silence():
            self.knobs.values = dict(values)
        self.move(values)

    def _choose_preset(self, _change) -> None:
        if not self.quiet and self.preset.value != CHOOSE:
            self._undo.append(dict(self.scenario.values))
            self._set({**self.scenario.planned, **self._preset(PRESETS[self.preset.value])})

    def _preset(self, ends: Mapping[str, int]) -> dict[str, str]:
        """Values of a preset: the plan times the low or the high of the assumptions of each head."""
        plain = self.scenario.moved({})
        if plain.model is None:
            return {}
        found = {}
        for driver in plain.model.drivers:
            mode = driver.name.partition("·")[0]
            if mode not in ends or driver.kind != "scale":
                continue
            times = Fraction(str(self.assumptions.range_of(driver)[ends[mode]]))
            for name in plain.knobs_of(driver.name):
                if (planned := plain.number(name)) is not None:
                    found[name] = scenarios.number_text(planned * times)
        return found

    # Showing -------------------------------------------------------------------------------

    def _show(self) -> None:
        one = self.scenario
        compared = one.compared
        self.verdict.say(tone(compared["finding"]), *verdict_lines(one))
        self.cumulative.spec = live_charts.cumulative_cost(compared)
        self.flows.spec = live_charts.yearly_flows(compared)
        if one.model is None:
            why = "总额没有全部提供，未算"
            self.swings.spec = live_charts.empty("旋风图", why)
            self.chance.spec = live_charts.empty("达标概率", why)
        else:
            self.swings.spec = live_charts.tornado(one.swings(self.assumptions), compared["saving"] / 100)
            self.chance.spec = live_charts.probability(self.draws.ratios(one.model), one.floor)
        self.notes.say("na", "口径和提示", *self._note_lines())

    def _note_lines(self) -> list[str]:
        one = self.scenario
        finding = one.with_readings["finding"]
        missing = "、".join(dict.fromkeys(map(fact_text, finding["open_facts"])))
        own = one.project.mode.at(0)
        return [
            f"缺：{missing}" if missing else "",
            "" if own == PURCHASE else f"本项目登记的产生方式是{own or '未提供'}，这里按改为购买服务试算",
            *(f"其他读法：{reading_text(reading, one.ruleset)}" for reading in finding["readings"]),
            *(notice["text"] for notice in one.compared["notices"]),
            "概率按随附的假设分布模拟，现值和概率只供参考；条文比较的是总额",
        ]

    def _axes(self) -> None:
        names = [] if self.scenario.model is None else [d.name for d in self.scenario.model.drivers]
        for axis, at in ((self.across, 0), (self.down, 1)):
            chosen = names[min(at, len(names) - 1)] if names else None
            self.silently(axis, options=names, value=chosen)
        self.draw_heat()

    def draw_heat(self) -> None:
        """The heat map of the two drivers chosen (双因素热力图)."""
        one, title = self.scenario, "双因素热力图"
        if one.model is None:
            self.heat.spec = live_charts.empty(title, "总额没有全部提供，未画")
        elif self.across.value == self.down.value:
            self.heat.spec = live_charts.empty(title, "请选两个不同的因素")
        else:
            self.heat.spec = live_charts.two_way(
                one.model, self.across.value, self.down.value, one.floor or 0.0
            )

    def keep_this(self) -> None:
        """Keep the scenario beside the others (留作对照); the oldest gives way to a fourth."""
        name = f"情形{'甲乙丙'[len(self.kept) % MOST_KEPT]}"
        if len(self.kept) == MOST_KEPT:
            name = self.kept.pop(0)[0]
        self.kept.append((name, self.scenario))
        self.beside.value = self.side_by_side().markup

    def forget(self) -> None:
        """Empty the comparison of scenarios."""
        self.kept.clear()
        self.beside.value = ""

    def side_by_side(self) -> Html:
        """The kept scenarios in columns."""
        told = [_column(scenario, self.draws) for _, scenario in self.kept]
        names = [f"{name}　{scenario.project.ids[0]}" for name, scenario in self.kept]
        rows = [(key, *(one[key] for one in told)) for key in told[0]] if told else []
        return table(
            ("指标", *names), rows, range(1, len(told) + 1), caption="情形对照", empty="还没有留下情形"
        )

    # What the notebook prints ----------------------------------------------------------------

    def details(self) -> Html:
        """The figures of the scenario on show, with the cash flows (for reading and printing)."""
        source = self.ruleset.parameters["discount_rate"]
        compared = self.scenario.with_readings
        shown = cost_tables.comparison(compared, f"{source.source}（{source.status}）")
        return shown + (cost_tables.cash_flows(compared) if compared["cash_flows"] else Html(""))

    def assumed(self) -> Html:
        """The assumptions behind tornado and probability, each with its source."""
        return cost_tables.assumptions(self.assumptions)

    def printed(self) -> charts.Picture | Html:
        """The probability curve as a picture for print (matplotlib)."""
        if self.scenario.model is None:
            return paragraph("总额没有全部提供，未画。", "none")
        ratios = self.draws.ratios(self.scenario.model)
        return charts.show(risk_charts.probability_chart(ratios, self.scenario.floor))

    # Files -----------------------------------------------------------------------------------

    def _save(self) -> tuple[str, bytes]:
        return scenario_files.file_name(self.scenario, "json"), scenario_files.dumped(self.scenario)

    def _book(self) -> tuple[str, bytes]:
        return scenario_files.file_name(self.scenario, "xlsx"), scenario_files.workbook(self.scenario)

    def _report(self) -> tuple[str, bytes]:
        self.told.say("na", "正在做评估报告，约需几秒 …")
        page = scenario_files.evaluation_report(self.scenario)
        self.told.say("yes", "评估报告已做成，浏览器正在下载")
        return scenario_files.file_name(self.scenario, "html"), page

    def _failed(self, why: str) -> None:
        self.told.say("wrong", f"没有存成：{clean(why, 300)}")


def _priced(facts: Facts, row: int) -> bool:
    """Whether a project says what both ways cost, by the short form or line by line."""
    short = all(facts.projects.columns[n].known[row] for n in ("annual_service_fee", "build_cost"))
    return short or bool((facts.costs.parent == row).sum() > 1)


def _name_of(scenario: Scenario) -> str:
    return clean(scenario.project.name.at(0) or "", 40)


def verdict_lines(scenario: Scenario) -> list[str]:
    """The live conclusion: clause and outcome, the economics, the flip threshold, the reasons."""
    compared = scenario.compared
    finding = compared["finding"]
    lead = f"{finding['cite']}“明显小于”：{finding['outcome']}。{economics_sentence(compared).split('（第')[0].rstrip('。')}"
    told = []
    if compared["saving"] is not None:
        flip = percent(compared["flip_threshold"])
        floor = scenario.rules.terms().purchase_clearly_less
        set_at = "未设定" if floor is None else percent(floor)
        told.append(f"翻转阈值：{flip}" if flip else "翻转阈值：没有（任何下限都不满足）")
        told.append(f"下限：{set_at}")
        if compared["break_even_fee"] is not None:
            told.append(f"盈亏平衡年服务费：{wan_text(compared['break_even_fee'])} 万元")
        year = compared["crossover_year"]
        told.append("累计费用不交叉" if year is None else f"第 {year} 年起购买累计更贵")
    return [f"{lead}。", "　｜　".join(told), finding["reason"]]


def _column(scenario: Scenario, draws: Draws) -> dict[str, object]:
    """One scenario in the comparison of scenarios."""
    one = scenario.compared
    changed = [
        f"{knob.label} {knob.planned or '未填'}→{scenario.values[knob.name] or '未填'} {knob.unit}"
        for knob in scenario.knobs
        if scenario.values[knob.name] != knob.planned
    ]
    chance = None
    if scenario.model is not None and scenario.floor is not None:
        chance = f"{probability_curve(draws.ratios(scenario.model), [scenario.floor])[0]:.1%}"
    present = None if scenario.model is None else wan_float_text(one["npv_build"] - one["npv_purchase"])
    return {
        "自建总额（万元）": wan(one["build_total"]), "购买总额（万元）": wan(one["service_total"]),
        "节约额（万元）": wan(one["saving"]), "节约率": percent(one["saving_ratio"]),
        "翻转阈值": percent(one["flip_threshold"]) or "没有", f"{one['finding']['cite']}“明显小于”": one["finding"]["outcome"],
        "节约现值（万元）": present, "达到下限的概率": chance or "下限未设定", "与计划不同": "；".join(changed) or "没有",
    }  # fmt: skip
