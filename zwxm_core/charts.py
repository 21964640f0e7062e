"""Charts in the house style: Chinese font, colours that colour-blind readers tell apart, alt text.

Each function takes results and returns a `Chart`, a matplotlib figure that carries its
description (`Chart.alt`) and what had to be said about it (`Chart.notices`). Amounts come
in 分 and are drawn in 万元. Nothing in a chart is read as mathematics or markup.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from zwxm_core.economics import BUILD, PURCHASE
from zwxm_core.fonts import chart_families, missing_glyphs
from zwxm_core.money import FEN, wan_text
from zwxm_core.tables import clean, paragraph

COLOURS = {BUILD: "#0072B2", PURCHASE: "#D55E00"}
"""Of Okabe and Ito's palette, like the others below."""

HATCHES = {BUILD: "", PURCHASE: "//"}
DASHES = {BUILD: "-", PURCHASE: "--"}
MARKERS = {BUILD: "o", PURCHASE: "s"}
LINE_COLOUR = "#000000"
TONE_STYLE = {
    "问题": ("#D55E00", "xx"),
    "待核": ("#E69F00", "//"),
    "已有结论": ("#0072B2", ""),
    "不适用": ("#D9D9D9", ""),
}
"""Group of conclusions -> colour and hatching."""

LONGEST = 18
"""Characters of a user's text that a chart shows."""

SVG = "image/svg+xml"
"""How notebooks call the kind of picture."""

SUBSTITUTE = "〓"
"""Printed in place of a character that no font here can draw (the printers' sign for it)."""


class Chart(Figure):
    """A figure with its description for those who do not see it, and notices for everyone."""

    alt: str = ""
    notices: tuple[str, ...] = ()


def house_style():
    """The context in which charts are made and drawn."""
    return mpl.rc_context(
        {
            "font.family": chart_families(),
            "font.size": 10,
            "text.parse_math": False,
            "axes.unicode_minus": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.grid.axis": "y",
            "axes.axisbelow": True,
            "grid.color": "#DDDDDD",
            "hatch.linewidth": 0.6,
            "hatch.color": "#FFFFFF",
            "legend.frameon": False,
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "svg.fonttype": "path",
            "svg.hashsalt": "zwxm",
        }
    )


def new_chart(width: float = 8, height: float = 3.8) -> Chart:
    return Chart(figsize=(width, height), dpi=144, layout="constrained")


def label(chart: Chart, value: object, longest: int = LONGEST) -> str:
    """A user's text as the chart can draw it: cleaned, shortened, undrawable characters replaced."""
    told = clean(value, longest)
    missing = missing_glyphs(told)
    if missing:
        signs = "、".join(f"U+{ord(c):04X}" for c in sorted(missing))
        chart.notices += (f"图中“{SUBSTITUTE}”代替本机字体没有的字（{signs}）；表格中仍是原字。",)
    return "".join(SUBSTITUTE if c in missing else c for c in told)


def _wan(fen: int) -> float:
    return fen / FEN["万元"]


def _money_axis(axis) -> None:
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def by_year(compared: dict) -> tuple[list[int], dict[str, list[int]]]:
    """Counted amounts by year and mode, 分."""
    flows = [
        f
        for f in compared["cash_flows"]
        if f["counted"] and f["year"] is not None and f["amount"] is not None
    ]
    years = list(range(max((f["year"] for f in flows), default=0) + 1))
    sums = {mode: [0] * len(years) for mode in (BUILD, PURCHASE)}
    for flow in flows:
        sums[flow["mode"]][flow["year"]] += flow["amount"]
    return years, sums


def cumulative_cost(compared: dict) -> Chart:
    """What building and buying have cost by the end of each year, and where they cross.

    Parameters
    ----------
    compared : dict
        Of `zwxm_core.economics.compare`, both totals known.
    """
    years, sums = by_year(compared)
    crossed = compared["crossover_year"]
    with house_style():
        chart = new_chart()
        axes = chart.subplots()
        told = []
        for mode, amounts in sums.items():
            total = 0
            added = [total := total + amount for amount in amounts]
            (line,) = axes.plot(
                years, [_wan(a) for a in added], label=f"{mode}（合计 {wan_text(total)} 万元）"
            )
            line.set(color=COLOURS[mode], linestyle=DASHES[mode], linewidth=2)
            line.set(marker=MARKERS[mode], markersize=4)
            told.append(
                f"{mode}从第 0 年 {wan_text(added[0])} 万元增至第 {years[-1]} 年 {wan_text(total)} 万元"
            )
        if crossed is not None:
            axes.axvline(crossed, color=LINE_COLOUR, linewidth=1, linestyle=":")
            late = crossed > years[-1] / 2
            axes.annotate(
                f"第 {crossed} 年起购买更贵", (crossed, 0), xytext=(-5 if late else 5, 5), ha="right" if late else "left",
                textcoords="offset points", xycoords=("data", "axes fraction"),
            )  # fmt: skip
        told.append("两线不交叉" if crossed is None else f"从第 {crossed} 年起购买累计更贵")
        axes.set(xlabel="年次（第 0 年为投入使用前）", ylabel="累计成本（万元）")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
        _money_axis(axes.yaxis)
        axes.legend(loc="upper left")
    chart.alt = "累计成本折线图：" + "；".join(told) + "。"
    return chart


def yearly_cash_flow(compared: dict) -> Chart:
    """What building and buying cost in each year, side by side.

    Parameters
    ----------
    compared : dict
        Of `zwxm_core.economics.compare`.
    """
    years, sums = by_year(compared)
    with house_style():
        chart = new_chart(height=3.2)
        axes = chart.subplots()
        for shift, (mode, amounts) in zip((-0.2, 0.2), sums.items(), strict=True):
            axes.bar(
                [y + shift for y in years], [_wan(a) for a in amounts], 0.38, label=mode,
                color=COLOURS[mode], hatch=HATCHES[mode],
            )  # fmt: skip
        axes.set(xlabel="年次（第 0 年为投入使用前）", ylabel="当年费用（万元）", xticks=years)
        _money_axis(axes.yaxis)
        axes.legend(loc="upper right")
    told = [
        f"{mode}：" + "、".join(f"第 {y} 年 {wan_text(a)}" for y, a in zip(years, amounts, strict=True))
        for mode, amounts in sums.items()
    ]
    chart.alt = "逐年费用柱状图（万元）。" + "；".join(told) + "。"
    return chart


def money_chain(
    steps: Sequence[tuple[str, int | None]],
    adjusted: int | None = None,
    limit: int | None = None,
    limit_label: str = "",
) -> Chart:
    """The amounts of a project from approval to spending, and the adjustment against its limit.

    Parameters
    ----------
    steps : sequence of (label, 分 or None)
        In order; None is drawn as 未提供.
    adjusted, limit : int or None
        Adjusted amount and its limit (clause 29.1), 分; drawn where both are known.
    limit_label : str
    """
    shown: list[tuple[str, int | None]] = list(steps)
    if adjusted is not None and limit is not None:
        shown.append(("累计调整额", adjusted))
    with house_style():
        chart = new_chart(height=0.55 * len(shown) + 1.1)
        axes = chart.subplots()
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True)
        names = [label(chart, name) for name, _ in shown]
        amounts = [_wan(amount or 0) for _, amount in shown]
        places = range(len(shown))
        colours = [COLOURS[PURCHASE] if name == "累计调整额" else COLOURS[BUILD] for name, _ in shown]
        axes.barh(places, amounts, 0.6, color=colours)
        for place, (_, amount) in zip(places, shown, strict=True):
            figure = "未提供" if amount is None else wan_text(amount)
            axes.annotate(
                figure, (_wan(amount or 0), place), xytext=(5, 0), textcoords="offset points", va="center",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )  # fmt: skip
        if adjusted is not None and limit is not None:
            last = len(shown) - 1
            axes.plot([_wan(limit)] * 2, [last - 0.45, last + 0.45], color=LINE_COLOUR, linewidth=2)
            axes.annotate(
                f"{limit_label}：{wan_text(limit)}", (_wan(limit), last + 0.45), xytext=(0, -3),
                textcoords="offset points", va="top", ha="left",
            )  # fmt: skip
        axes.set_yticks(list(places), names)
        axes.set_ylim(len(shown) - (0.1 if limit is not None else 0.5), -0.5)
        axes.set_xlim(0, max([*amounts, 1e-6]) * 1.22)
        axes.set_xlabel("万元")
        _money_axis(axes.xaxis)
    told = [f"{name} {'未提供' if amount is None else wan_text(amount) + ' 万元'}" for name, amount in shown]
    if adjusted is not None and limit is not None:
        told.append(f"{limit_label} {wan_text(limit)} 万元")
    chart.alt = "资金链横条图：" + "；".join(told) + "。"
    return chart


def adjustment_steps(steps: Sequence[tuple[str, int, int | None]], limit_label: str) -> Chart:
    """The cumulative amount after each adjustment, against the limit on its day.

    Parameters
    ----------
    steps : sequence of (label, 分, limit in 分 or None)
        In order.
    limit_label : str
    """
    with house_style():
        chart = new_chart(height=3.2)
        axes = chart.subplots()
        places = range(len(steps))
        over = [limit is not None and amount > limit for _, amount, limit in steps]
        colours = [COLOURS[PURCHASE] if beyond else COLOURS[BUILD] for beyond in over]
        hatches = [HATCHES[PURCHASE] if beyond else "" for beyond in over]
        axes.bar(places, [_wan(amount) for _, amount, _ in steps], 0.5, color=colours, hatch=hatches)
        for place, (_, amount, _) in zip(places, steps, strict=True):
            axes.annotate(
                wan_text(amount), (place, _wan(amount)), xytext=(0, 3), textcoords="offset points", ha="center",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )  # fmt: skip
        lines = [
            (place, limit) for place, (_, _, limit) in zip(places, steps, strict=True) if limit is not None
        ]
        for number, (place, limit) in enumerate(lines):
            axes.plot(
                [place - 0.4, place + 0.4], [_wan(limit)] * 2, color=LINE_COLOUR, linewidth=2,
                label=limit_label if number == 0 else None,
            )  # fmt: skip
        axes.set_xticks(list(places), [label(chart, name) for name, _, _ in steps])
        axes.set_xlim(-0.6, max(len(steps) - 0.4, 1.6))
        axes.set_ylim(0, max([_wan(v) for _, a, b in steps for v in (a, b or 0)] + [1e-6]) * 1.25)
        axes.set_ylabel("累计调整额（万元）")
        _money_axis(axes.yaxis)
        if lines:
            axes.legend(loc="upper left")
    told = [f"{name}累计 {wan_text(amount)} 万元" + ("，超过限额" if beyond else "")
            for (name, amount, _), beyond in zip(steps, over, strict=True)]  # fmt: skip
    told += [f"{limit_label} {wan_text(lines[-1][1])} 万元"] if lines else []
    chart.alt = "累计调整额柱状图：" + "；".join(told) + "。"
    return chart


def portfolio_outcomes(rows: Sequence[tuple[str, dict[str, int]]], counted: str = "项目数") -> Chart:
    """How many conclusions of each kind the clauses come to over a portfolio.

    Parameters
    ----------
    rows : sequence of (label, {group: count})
        The groups of `TONE_STYLE`.
    counted : str
        What is counted.
    """
    with house_style():
        chart = new_chart(width=9, height=0.34 * len(rows) + 1.2)
        axes = chart.subplots()
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True)
        places = range(len(rows))
        left = [0] * len(rows)
        for group, (colour, hatch) in TONE_STYLE.items():
            counts = [row.get(group, 0) for _, row in rows]
            axes.barh(places, counts, 0.7, left=left, label=group, color=colour, hatch=hatch)
            for place, count in zip(places, counts, strict=True):
                if count:
                    axes.annotate(
                        str(count), (left[place] + count / 2, place), ha="center", va="center", fontsize=8,
                        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
                    )  # fmt: skip
            left = [a + b for a, b in zip(left, counts, strict=True)]
        axes.set_yticks(list(places), [label(chart, name) for name, _ in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel(counted)
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4)
    told = [name + "：" + "、".join(f"{g} {n}" for g, n in row.items() if n) for name, row in rows]
    chart.alt = f"结论分布堆叠横条图（{counted}）。" + "；".join(told) + "。"
    return chart


def planned_and_spent(points: Sequence[tuple[str, int, int]]) -> Chart:
    """Planned and actual spending side by side.

    Parameters
    ----------
    points : sequence of (label, planned 分, spent 分)
        In order.
    """
    with house_style():
        chart = new_chart(height=3.2)
        axes = chart.subplots()
        for shift, name, mode, amounts in (
            (-0.18, "计划", BUILD, [plan for _, plan, _ in points]),
            (0.18, "实际", PURCHASE, [paid for *_, paid in points]),
        ):
            places = [place + shift for place in range(len(points))]
            bars = [_wan(amount) for amount in amounts]
            axes.bar(places, bars, 0.34, label=name, color=COLOURS[mode], hatch=HATCHES[mode])
            for place, amount in zip(places, amounts, strict=True):
                axes.annotate(
                    wan_text(amount), (place, _wan(amount)), xytext=(0, 3),
                    textcoords="offset points", ha="center", fontsize=8,
                )  # fmt: skip
        axes.set_xticks(range(len(points)), [label(chart, name) for name, _, _ in points])
        axes.set_xlim(-0.8, len(points) - 0.2)
        axes.set_ylim(0, max([_wan(v) for _, a, b in points for v in (a, b)] + [1e-6]) * 1.25)
        axes.set_ylabel("累计支出（万元）")
        _money_axis(axes.yaxis)
        axes.legend(loc="upper left", ncols=2)
    told = [f"{name}计划 {wan_text(plan)} 万元，实际 {wan_text(paid)} 万元" for name, plan, paid in points]
    chart.alt = "资金计划执行柱状图：" + "；".join(told) + "。"
    return chart


def score_bars(rows: Sequence[tuple[str, float, float, float]]) -> Chart:
    """Points of the first-level indicators: earned at least, open, and out of how many.

    Parameters
    ----------
    rows : sequence of (label, at least, at most, points)
    """
    with house_style():
        chart = new_chart(height=0.5 * len(rows) + 1.1)
        axes = chart.subplots()
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True)
        places = range(len(rows))
        axes.barh(places, [points for *_, points in rows], 0.66, color="#EEEEEE", label="分值")
        axes.barh(places, [low for _, low, _, _ in rows], 0.5, color=COLOURS[BUILD], label="得分")
        colour, hatch = TONE_STYLE["待核"]
        axes.barh(
            places, [high - low for _, low, high, _ in rows], 0.5, left=[low for _, low, _, _ in rows],
            color=colour, hatch=hatch, label="待核",
        )  # fmt: skip
        for place, (_, _, _, points) in zip(places, rows, strict=True):
            axes.annotate(
                f"{_score_span(rows[place])} / {points:g}", (points, place), xytext=(5, 0),
                textcoords="offset points", va="center",
            )  # fmt: skip
        axes.set_yticks(list(places), [label(chart, name) for name, *_ in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, max([points for *_, points in rows] + [1]) * 1.3)
        axes.set_xlabel("分")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3)
    told = [f"{row[0]} {_score_span(row)} 分（满分 {row[3]:g} 分）" for row in rows]
    chart.alt = "评分横条图：" + "；".join(told) + "。"
    return chart


def _score_span(row: tuple[str, float, float, float]) -> str:
    _, low, high, _ = row
    return f"{low:.2f}" if low == high else f"{low:.2f}–{high:.2f}"


# Showing --------------------------------------------------------------------------------


def png(chart: Figure) -> bytes:
    """The picture in pixels; the same chart gives the same bytes."""
    target = io.BytesIO()
    with house_style():
        chart.savefig(target, format="png", metadata={"Software": None})
    return target.getvalue()


def svg(chart: Figure) -> str:
    """The picture in lines, its letters too, so that it needs no font; the same chart gives the same text."""
    target, dpi = io.StringIO(), chart.dpi
    with house_style():  # savefig would lay the chart out in a drawing of its own, to the same end
        FigureCanvasSVG(chart).print_svg(
            target, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type"))
        )
    chart.dpi = dpi
    return target.getvalue()


class Picture:
    """A chart as a notebook shows it: SVG with its alt text, notices below.

    Pages and PDF show it as it is; for Word it is drawn in pixels when the document is made.
    """

    def __init__(self, chart: Chart):
        self.alt, self.notices, self.svg = chart.alt, chart.notices, svg(chart)

    def _repr_mimebundle_(self, **_chosen):
        return {SVG: self.svg, "text/plain": self.alt}, {SVG: {"alt": self.alt}}


def show(chart: Chart) -> Picture:
    """Display a chart with its alt text; what has to be said about it is said below."""
    picture = Picture(chart)
    if picture.notices:
        from IPython.display import display

        display(*_unique(picture.notices))
    return picture


def _unique(notices: Iterable[str]):
    return [paragraph(notice, "notice") for notice in dict.fromkeys(notices)]
