"""Explorer 04, the portfolio (项目组合): every project against every clause, what a parameter would turn."""

from __future__ import annotations

import ipywidgets as widgets

from zwxm_core.assessment import assess
from zwxm_core.charts import TONE_STYLE
from zwxm_core.interactive.opening import REFUSED, from_upload, opened, problem_lines
from zwxm_core.interactive.widgets import (
    Download,
    LiveChart,
    Page,
    Sentence,
    button,
    dropdown,
    row,
    table_of,
    upload,
)
from zwxm_core.portfolio import InputError
from zwxm_core.reporting.calendar_file import calendar_bytes
from zwxm_core.reporting.outcomes import WAITING, obligation_table
from zwxm_core.reporting.ruleset_diff import flipped
from zwxm_core.reporting.summary import finding_sheets, workbook
from zwxm_core.rulesets import RuleSet
from zwxm_core.rulesets.checking import parse_value
from zwxm_core.tables import Html, bullets, clean, findings, item_text, paragraph, settling, table, text, tone

GROUPS = {"problem": "问题", "open": "待核", "yes": "已有结论", "no": "已有结论", "na": "不适用"}
SIGNS = {"问题": "×", "待核": "?", "已有结论": "", "不适用": ""}
WORST = {"problem": 0, "open": 1, "yes": 2, "no": 2, "na": 3}
ROW, HEADS = 15, 132
"""Height of a row of the matrix, and of the citations above it, in the picture's units."""

AT_ONCE = 100
"""Projects in one picture; the others are on further pages."""

NUMBERS = ("比例", "万元", "月", "年", "家", "日")
"""Units of the parameters that can be tried out."""


class Matrix(Page):
    """The page: problems of the file, the matrix, what a cell says, what-if, what falls due."""

    title = "项目组合"

    def __init__(self, data=None, as_of=None, ruleset=None):
        self.portfolio, self.ruleset, self.as_of = opened(data, as_of, ruleset)
        self.tried = self.ruleset
        self.upload = upload("打开工作簿", ".xlsx,.xls,.csv", self._take)
        self.told, self.verdict = Sentence(), Sentence()
        self.matrix = LiveChart()
        self.matrix.observe(self._picked, "picked")
        self.page = dropdown("显示", [])
        self.page.observe(lambda _: None if self.quiet else self._draw(), "value")
        self.cell, self.flips, self.due, self.missing = (table_of() for _ in range(4))
        self.parameter = dropdown("试改", choices(self.ruleset))
        self.value = widgets.Combobox(description="改为", placeholder="如 10%、400", ensure_option=False)
        self.parameter.observe(lambda _: self._now(), "value")
        self.now = widgets.Label()
        downloads = [
            Download("导出结论（xlsx）", self._findings, self._failed),
            Download("导出期限日历（ics）", self._calendar, self._failed),
        ]
        self.view = widgets.VBox([
            row(self.upload, *downloads), self.told, self.verdict, self.page, framed(self.cell, "150px"), framed(self.matrix, "440px"),
            row(self.parameter, self.now, self.value, button("试算", self.try_out), button("恢复", self.restore)),
            self.flips, self.missing, self.due,
        ])  # fmt: skip
        self._now()
        self.show()

    def _take(self, name: str, data: bytes) -> None:
        try:
            self.portfolio = from_upload(name, data)
        except InputError as error:
            self.told.say("wrong", REFUSED, *problem_lines(error, 20))
            return
        told = [*map(str, self.portfolio.problems), *self.portfolio.notices]
        left = [f"另有 {len(told) - 20} 条说明，见 zwxm check"] if len(told) > 20 else []
        self.told.say(
            "yes", f"已打开 {self.portfolio.path}，{self.portfolio.facts.n} 个项目", *told[:20], *left
        )
        self.show()

    def show(self) -> None:
        """Assess the portfolio by the rules on trial and show everything."""
        self.assessment = assess(self.portfolio.facts, self.tried, self.as_of)
        found = self.assessment["findings"]
        counts = {name: sum(GROUPS[tone(one)] == name for one in found) for name in TONE_STYLE}
        bad = sorted({one["project"] for one in found if one["problem"]})
        lead = f"{self.portfolio.facts.n} 个项目，{len(found)} 条结论：问题 {counts['问题']}，待核 {counts['待核']}"
        trial = "" if self.tried is self.ruleset else "现在按试改后的口径判断；原规则集没有变"
        listed = (
            f"有问题的项目 {len(bad)} 个：{'、'.join(bad[:12])}{' …' if len(bad) > 12 else ''}" if bad else ""
        )
        self.verdict.say("problem" if bad else "open" if counts["待核"] else "yes", lead, listed, trial)
        self.columns_, self.cells = grid_of(self.assessment, self.ids)
        pages = [
            (f"第 {first + 1}–{min(first + AT_ONCE, len(self.ids))} 个项目", first)
            for first in range(0, len(self.ids), AT_ONCE)
        ]
        self.silently(self.page, options=pages, value=pages[0][1])
        self.page.layout.display = "none" if len(pages) == 1 else ""
        self._draw()
        self.cell.value = paragraph(
            "点一格（或用方向键移动、回车选定），这里写出该项目该条的结论、理由和缺的事实。", "none"
        ).markup
        self.missing.value = settling(self.assessment["settling"], counts["待核"]).markup
        self.due.value = self.obligations().markup

    @property
    def ids(self) -> list[str]:
        """Ids of the projects, row by row."""
        return self.portfolio.facts.ids.tolist()

    def _draw(self) -> None:
        first = self.page.value
        self.matrix.spec = matrix_spec(self.ids, self.columns_, self.cells, self.tried, first)

    # A cell --------------------------------------------------------------------------------

    def _picked(self, change) -> None:
        parts = change["new"].split(" ")
        if len(parts) == 3 and all(part.isdecimal() for part in parts):
            self.look(int(parts[0]), int(parts[1]))

    def look(self, column: int, at: int) -> None:
        """What one project's findings on one clause say."""
        ids = self.ids
        if not (0 <= column < len(self.columns_) and 0 <= at < len(ids)):
            return
        found = self.cells.get((at, column), [])
        name = clean(self.portfolio.facts.name.at(at) or "", 40)
        caption = f"{ids[at]}　{name}　{self.tried.clauses[self.columns_[column]].cite}"
        self.cell.value = findings(
            found, self.tried, caption=caption, empty="这一条现阶段不适用于该项目"
        ).markup

    # What if -------------------------------------------------------------------------------

    def _now(self) -> None:
        name = self.parameter.value
        self.now.value = f"现为 {worded(self.ruleset, name)}"
        readings = self.ruleset.conventions[name].readings if name in self.ruleset.conventions else {}
        self.value.options, self.value.value = list(map(str, readings.values())), ""

    def try_out(self) -> None:
        """Judge by another value of a parameter or reading; list what turns."""
        name = self.parameter.value
        try:
            value = value_of(self.ruleset, name, self.value.value)
        except ValueError as error:
            self.told.say("wrong", f"“{label_of(self.ruleset, name)}”{error}")
            return
        self.tried = self.ruleset.adopting(**{name: value})
        self.told.say("na", "正在试算 …")
        turned = [
            one for one in flipped(self.portfolio.facts, self.ruleset, self.tried, self.as_of)
            if {one["a"], one["b"]} != {None, "不适用"}
        ]  # fmt: skip
        self.show()
        heads = ("项目", "条款", "原来", "试改后", "理由")
        rows = [(one["project"] or "全部", one["cite"] + item_text(one["item"], one["clause"]), one["a"] or "—", one["b"] or "—", one["reason_b"] or one["reason_a"] or "") for one in turned]  # fmt: skip
        title = f"{label_of(self.ruleset, name)}由 {worded(self.ruleset, name)} 改为 {clean(self.value.value, 40)}：{len(turned)} 条结论改变"
        self.flips.value = table(heads, rows[:200], caption=title, empty="没有结论改变").markup
        self.told.say("na")

    def restore(self) -> None:
        """Back to the rule set as it is."""
        self.tried, self.flips.value = self.ruleset, ""
        self.show()

    # What falls due, and files ---------------------------------------------------------------

    def obligations(self) -> Html:
        """What falls due, the earliest first; what has time or is done is left out."""
        due = [one for one in self.assessment["obligations"] if one["status"] not in WAITING]
        due.sort(key=lambda one: (one["due"] or "9999", str(one["project"])))
        return paragraph("要办的期限（由近到远）") + obligation_table(due, self.tried, _unbroken)

    def problems(self) -> Html:
        """The problems found, for the notebook."""
        found = [one for one in self.assessment["findings"] if one["problem"]]
        return bullets(
            f"{one['project']}　{one['cite']}{item_text(one['item'], one['clause'])}：{one['outcome']}"
            for one in found
        )

    def _findings(self) -> tuple[str, bytes]:
        return "项目组合-结论.xlsx", workbook(finding_sheets(self.assessment, self.portfolio, self.tried))

    def _calendar(self) -> tuple[str, bytes]:
        return "项目组合-期限.ics", calendar_bytes(self.assessment, self.portfolio, self.tried)

    def _failed(self, why: str) -> None:
        self.told.say("wrong", f"没有存成：{clean(why, 300)}")


def framed(part: widgets.Widget, height: str) -> widgets.Box:
    """A part that scrolls where it is higher than its place."""
    return widgets.Box(
        [part], layout=widgets.Layout(display="block", max_height=height, overflow="auto", flex="0 0 auto")
    )


def _unbroken(id_: str | None) -> Html:
    """A project's id, which is not broken over two lines."""
    return Html(f'<span class="day">{text(id_ or "—").markup}</span>')


def grid_of(assessment: dict, ids: list[str]) -> tuple[list[str], dict[tuple[int, int], list[dict]]]:
    """The clauses that some project is asked, and the findings by (row, column)."""
    place = {id_: at for at, id_ in enumerate(ids)}
    asked = {one["clause"] for one in assessment["findings"] if one["outcome"] != "不适用"}
    columns = sorted(asked, key=lambda clause: [int(part) for part in clause.split(".")])
    at = {clause: number for number, clause in enumerate(columns)}
    cells: dict[tuple[int, int], list[dict]] = {}
    for one in assessment["findings"]:
        if one["clause"] in at:
            cells.setdefault((place[one["project"]], at[one["clause"]]), []).append(one)
    return columns, cells


def matrix_spec(ids: list[str], columns: list[str], cells: dict, ruleset: RuleSet, first: int = 0) -> dict:
    """The matrix as a chart: a row a project from ``first`` on, a column a clause, the worst finding of a cell."""
    shown = range(first, min(first + AT_ONCE, len(ids)))
    bars: list[dict] = []
    for at in shown:
        for column, clause in enumerate(columns):
            found = cells.get((at, column), [])
            worst = min((tone(one) for one in found), key=WORST.__getitem__, default="na")
            group = GROUPS[worst]
            word = "、".join(dict.fromkeys(one["outcome"] for one in found)) or "不适用"
            bars.append({
                "x": [column + 0.04, column + 0.96], "y": [at + 0.06, at + 0.94], "colour": TONE_STYLE[group][0],
                "sign": SIGNS[group], "key": f"{column} {at}", "first": not bars,
                "tip": f"{clean(ids[at], 30)} {ruleset.clauses[clause].cite}：{word}",
            })  # fmt: skip
    counts = {g: sum(bar["colour"] == TONE_STYLE[g][0] for bar in bars) for g in TONE_STYLE}
    names = [[column + 0.5, ruleset.clauses[clause].cite] for column, clause in enumerate(columns)]
    x = {"label": "", "min": 0, "max": max(len(columns), 1), "ticks": names, "turned": True}
    y = {
        "label": "",
        "min": shown.stop,
        "max": shown.start,
        "ticks": [[at + 0.5, clean(ids[at], 14)] for at in shown],
    }
    legend = [{"name": g, "colour": colour} for g, (colour, _) in TONE_STYLE.items()]
    alt = "每行一个项目，每列一条；" + "，".join(f"{g} {n} 格" for g, n in counts.items())
    return {
        "title": "结论矩阵（× 问题，? 待核）", "alt": f"{alt}。", "x": x, "y": y, "bars": bars, "legend": legend, "picks": True,
        "w": 1300, "h": 26 + ROW * len(shown) + HEADS, "left": 100, "top": 20 + HEADS, "bottom": 6,
    }  # fmt: skip


# Parameters and readings to try ----------------------------------------------------------------


def choices(ruleset: RuleSet) -> list[tuple[str, str]]:
    """What can be tried out: parameters with a number, and readings of the conventions."""
    numbers = [p for p in ruleset.parameters.values() if p.unit in NUMBERS]
    readings = [c for c in ruleset.conventions.values() if c.type in ("ratio", "choice") and (c.readings or c.type == "ratio")]  # fmt: skip
    both: list = [*numbers, *readings]
    listed = [(f"{ruleset.cite(one.clause)}　{one.label}", one.name) for one in both]
    return sorted(listed, key=lambda pair: pair[1] not in ("adjustment_limit", "merge_limit"))


def label_of(ruleset: RuleSet, name: str) -> str:
    """What a parameter or convention is called."""
    return (ruleset.parameters.get(name) or ruleset.conventions[name]).label


def worded(ruleset: RuleSet, name: str) -> str:
    """Its value in words."""
    if name in ruleset.parameters:
        return ruleset.parameters[name].worded[-1]
    return ruleset.conventions[name].reading()


def value_of(ruleset: RuleSet, name: str, text: str):
    """A value to try.

    Raises
    ------
    ValueError
        What was read, and what could be written.
    """
    text = text.strip()
    if name in ruleset.parameters:
        return _parsed(text, ruleset.parameters[name].unit)
    convention = ruleset.conventions[name]
    if convention.type == "ratio":
        return _parsed(text, "比例")
    by_words = {convention.reading(value): value for value in convention.readings}
    if text not in by_words:
        raise ValueError(f"读到“{clean(text, 30)}”，应为{'、'.join(f'“{words}”' for words in by_words)}之一")
    return by_words[text]


def _parsed(text: str, unit: str):
    whole = unit in ("年", "月", "日", "家")
    try:
        return parse_value(int(text) if whole and text.isdecimal() else text, unit)
    except ValueError:
        example = {"比例": "比例，如 12.5%"}.get(unit, f"以{unit}计的{'非负整数' if whole else '数'}")
        raise ValueError(f"读到“{clean(text, 30)}”，应为{example}") from None
