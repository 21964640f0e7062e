"""Charts of what a comparison hangs on and how sure it is, in the house style of `charts`.

Amounts come from the model in 元 and are drawn in 万元.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import TwoSlopeNorm

from zwxm_core.charts import COLOURS, LINE_COLOUR, Chart, house_style, label, new_chart
from zwxm_core.economics import BUILD, PURCHASE
from zwxm_core.economics.model import SCALE, Model, outcomes
from zwxm_core.economics.sensitivity import Swing, grid
from zwxm_core.economics.simulation import percentiles, probability_curve
from zwxm_core.money import WAN, wan_float_text

MEASURES = {"saving": "节约额（万元）", "saving_ratio": "节约率", "npv_saving": "节约现值（万元）"}
"""What a figure of `Outcomes` is called on an axis."""


def _told(measure: str, value: float) -> str:
    return f"{value:.2%}" if measure == "saving_ratio" else wan_float_text(value)


def _shown(measure: str, values):
    return np.asarray(values) * 100 if measure == "saving_ratio" else np.asarray(values) / WAN


def _axis_label(measure: str) -> str:
    return "节约率（%）" if measure == "saving_ratio" else MEASURES[measure]


def ends_text(swing: Swing) -> str:
    """The ends of a driver: multiples of the plan as such, growth and rates as per cent."""
    if swing.kind == SCALE:
        return f"{swing.low:.4g}–{swing.high:.4g} 倍"
    return (
        f"{swing.low:.4g}–{swing.high:.4g}"
        if max(abs(swing.low), abs(swing.high)) > 1
        else f"{swing.low:.1%}–{swing.high:.1%}"
    )


def tornado_chart(swings: Sequence[Swing], base: float, measure: str = "saving", most: int = 10) -> Chart:
    """Each driver alone from low to high, the widest on top (旋风图).

    Parameters
    ----------
    swings : sequence of Swing
        Of `tornado`.
    base : float
        The figure as planned.
    measure : str
    most : int
        How many are drawn.
    """
    drawn = [s for s in swings if s.width > 0][:most]
    with house_style():
        chart = new_chart(height=1.4 + 0.42 * max(len(drawn), 1))
        axes = chart.subplots()
        at = np.arange(len(drawn))[::-1]
        for ends, name, colour, hatch in (
            ([s.at_low for s in drawn], "取低值时", COLOURS[BUILD], ""),
            ([s.at_high for s in drawn], "取高值时", COLOURS[PURCHASE], "//"),
        ):
            width = _shown(measure, ends) - _shown(measure, base)
            axes.barh(at, width, 0.62, left=_shown(measure, base), color=colour, hatch=hatch, label=name)
        axes.axvline(_shown(measure, base), color=LINE_COLOUR, linewidth=1)
        axes.axvline(0, color=LINE_COLOUR, linewidth=1, linestyle=":")
        axes.set_yticks(at, [f"{label(chart, s.label.split('（')[0])}（{ends_text(s)}）" for s in drawn])
        axes.set(xlabel=f"{_axis_label(measure)}；实线为计划值，虚线为 0")
        axes.grid(axis="y", visible=False)
        axes.legend(loc="lower right")
    told = "；".join(
        f"{s.label}从 {s.low:.4g} 到 {s.high:.4g}，{MEASURES[measure]}从 {_told(measure, s.at_low)} 到 {_told(measure, s.at_high)}"
        for s in drawn
    )
    chart.alt = f"旋风图，计划值 {_told(measure, base)}。{told or '没有因素改变结果'}。"
    return chart


def two_way_chart(
    model: Model, across: tuple[str, np.ndarray], down: tuple[str, np.ndarray], floor: float = 0.0
) -> Chart:
    """The saving ratio over two drivers, with the line on which the verdict flips (双因素热力图).

    Parameters
    ----------
    model : Model
    across, down : (driver name, values)
    floor : float
        The threshold of 19.1.2 as a ratio; 0: where both cost the same.
    """
    labels = {driver.name: driver.label for driver in model.drivers}
    (x, xs), (y, ys) = ((name, np.asarray(values, float)) for name, values in (across, down))
    table = grid(model, (x, xs), (y, ys)).saving_ratio.reshape(len(ys), len(xs)) * 100
    with house_style():
        chart = new_chart(7, 4.6)
        axes = chart.subplots()
        reach = max(float(np.nanmax(np.abs(table - floor * 100))), 1.0)
        norm = TwoSlopeNorm(floor * 100, floor * 100 - reach, floor * 100 + reach)
        shown = axes.pcolormesh(xs, ys, table, cmap="PuOr", norm=norm, shading="nearest", rasterized=True)
        if np.nanmin(table) < floor * 100 < np.nanmax(table):
            axes.contour(xs, ys, table, levels=[floor * 100], colors=[LINE_COLOUR], linewidths=2)
        planned = {driver.name: driver.base for driver in model.drivers}
        axes.plot(planned[x], planned[y], "o", color=LINE_COLOUR, markersize=6)
        axes.annotate("计划", (planned[x], planned[y]), xytext=(8, -14), textcoords="offset points")
        axes.set_title(f"粗线：节约率 {floor:.2%}，线上结论翻转", fontsize=10)
        axes.set(xlabel=label(chart, labels[x], 30), ylabel=label(chart, labels[y], 30))
        axes.set(xlim=(xs[0], xs[-1]), ylim=(ys[0], ys[-1]))
        axes.grid(visible=False)
        chart.colorbar(shown, ax=axes, label="节约率（%）")
    reached = np.mean(table >= floor * 100)
    at_plan = float(outcomes(model, {}).saving_ratio[0])
    chart.alt = (
        f"双因素热力图：{labels[x]} {xs[0]:.4g}–{xs[-1]:.4g}，{labels[y]} {ys[0]:.4g}–{ys[-1]:.4g}；"
        f"计划的节约率 {at_plan:.2%}；图上 {reached:.0%} 的格子节约率不低于 {floor:.2%}。"
    )
    return chart


def probability_chart(ratios: np.ndarray, floor: float | None = None) -> Chart:
    """The probability that buying saves at least a threshold, over the threshold (达标概率曲线).

    Parameters
    ----------
    ratios : ndarray
        Saving ratios of the draws.
    floor : float or None
        The threshold in force; None: not set.
    """
    held = ratios[~np.isnan(ratios)]
    low, high = np.percentile(held, [0.5, 99.5]) if len(held) else (0.0, 0.0)
    thresholds = np.linspace(min(low, 0.0, floor or 0.0), max(high, 0.05, floor or 0.0), 241)
    curve = probability_curve(ratios, thresholds) * 100
    with house_style():
        chart = new_chart(height=3.6)
        axes = chart.subplots()
        axes.plot(thresholds * 100, curve, color=COLOURS[PURCHASE], linewidth=2)
        marks = [(0.0, "购买不贵于自建")] + ([] if floor is None else [(floor, "达到下限")])
        told = []
        for value, words in marks:
            chance = float(probability_curve(ratios, [value])[0])
            told.append(f"节约率不低于 {value:.2%} 的概率 {chance:.1%}")
            axes.plot([value * 100] * 2, [0, chance * 100], color=LINE_COLOUR, linewidth=1, linestyle=":")
            axes.plot(value * 100, chance * 100, "o", color=LINE_COLOUR, markersize=5)
            axes.annotate(
                f"{words} {chance:.1%}",
                (value * 100, chance * 100),
                xytext=(6, 4),
                textcoords="offset points",
            )
        axes.set(xlabel="节约率下限（%）", ylabel="节约率不低于该值的概率（%）", ylim=(0, 105))
    chart.alt = "达标概率曲线：" + "；".join(told) + "。"
    return chart


def s_curve(values: np.ndarray, measure: str = "saving") -> Chart:
    """The cumulative probability of a figure with its P10, P50, P80 and P90 (累计概率曲线).

    Parameters
    ----------
    values : ndarray
        One figure a draw.
    measure : str
    """
    held = np.sort(values[~np.isnan(values)])
    points = percentiles(held)
    chance = np.linspace(0, 100, 401)
    with house_style():
        chart = new_chart(height=3.6)
        axes = chart.subplots()
        axes.plot(_shown(measure, np.percentile(held, chance)), chance, color=COLOURS[BUILD], linewidth=2)
        for name, value in points.items():
            axes.plot(_shown(measure, value), float(name[1:]), "o", color=LINE_COLOUR, markersize=5)
            axes.annotate(
                f"{name}　{_told(measure, value)}", (_shown(measure, value), float(name[1:])), xytext=(8, -10),
                textcoords="offset points",
            )  # fmt: skip
        axes.axvline(0, color=LINE_COLOUR, linewidth=1, linestyle=":")
        axes.set(xlabel=_axis_label(measure), ylabel="不超过该值的概率（%）", ylim=(0, 102))
    told = "，".join(f"{name} 为 {_told(measure, value)}" for name, value in points.items())
    chart.alt = f"累计概率曲线，{MEASURES[measure]}：{told}。"
    return chart
