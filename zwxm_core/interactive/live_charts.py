"""Descriptions of charts for `widgets.LiveChart`: plain data, amounts in 万元, colours of `zwxm_core.charts`.

The printed charts of the same figures are in `zwxm_core.charts` and `zwxm_core.risk_charts`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from zwxm_core.charts import COLOURS, by_year
from zwxm_core.economics import BUILD, PURCHASE, Model
from zwxm_core.economics.sensitivity import Swing, grid
from zwxm_core.economics.simulation import probability_curve
from zwxm_core.money import FEN, WAN, wan_float_text, wan_text
from zwxm_core.risk_charts import ends_text
from zwxm_core.tables import clean

DASH = {BUILD: "", PURCHASE: "7 4"}
MARK = {BUILD: "o", PURCHASE: "s"}
WIDE, HIGH = 470, 200
"""Units of a chart's picture; it grows with the page."""

LOW_COLOUR, HIGH_COLOUR = COLOURS[BUILD], COLOURS[PURCHASE]


def empty(title: str, why: str) -> dict:
    """A chart that cannot be drawn says why."""
    return {"title": title, "alt": f"{title}：{why}"}


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers within a range.

    >>> ticks(0, 97), ticks(-0.3, 0.2, 4)
    ([0.0, 20.0, 40.0, 60.0, 80.0], [-0.2, 0.0, 0.2])
    """
    width = (high - low) / most or 1.0
    unit = 10 ** math.floor(math.log10(width))
    step = next(unit * m for m in (1, 2, 5, 10) if unit * m >= width * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 12) + 0.0 for n in range(first, math.floor(high / step + 1e-9) + 1)]


def axis(label: str, low: float, high: float, form: str = "{:,.10g}", most: int = 6) -> dict:
    if high <= low:
        high = low + 1
    return {"label": label, "min": low, "max": high, "ticks": [[v, form.format(v)] for v in ticks(low, high, most)]}  # fmt: skip


def chart(title: str, alt: str, x: dict, y: dict, left: int = 62, **parts) -> dict:
    frame = {"w": WIDE, "h": HIGH, "left": left, "top": 28, "bottom": 36}
    return {"title": title, "alt": alt, "x": x, "y": y, **frame, **parts}


def _reach(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(0.0, *values), max(0.0, *values)
    return low, high + (high - low) * 0.06 or 1.0


def cumulative_cost(compared: dict) -> dict:
    """What each way has cost by the end of each year, and where they cross."""
    title = "累计费用（万元）"
    if compared["saving"] is None:
        return empty(title, "两种方式的总额没有全部提供，未画")
    years, sums = by_year(compared)
    added = {mode: [a / FEN["万元"] for a in accumulate(amounts)] for mode, amounts in sums.items()}
    crossed = compared["crossover_year"]
    alt = "；".join(f"{mode}到第 {years[-1]} 年累计 {wan_text(sum(a))} 万元" for mode, a in sums.items())
    where = "使用期限内两线不交叉" if crossed is None else f"第 {crossed} 年起购买累计更贵"
    return chart(
        title, f"{alt}；{where}。",
        axis("年次（第 0 年为投入使用前）", 0, years[-1], "{:.0f}"), axis("", *_reach([*added[BUILD], *added[PURCHASE]])),
        lines=[
            {"points": list(zip(years, added[mode], strict=True)), "colour": COLOURS[mode], "dash": DASH[mode], "marker": MARK[mode]}
            for mode in added
        ],
        rules=[] if crossed is None else [{"x": crossed, "dash": "2 3", "text": f"第 {crossed} 年起购买更贵"}],
        legend=[{"name": mode, "colour": COLOURS[mode], "dash": DASH[mode], "line": True} for mode in added],
    )  # fmt: skip


def yearly_flows(compared: dict) -> dict:
    """What each way costs in each year, side by side."""
    title = "逐年费用（万元）"
    if compared["saving"] is None:
        return empty(title, "两种方式的总额没有全部提供，未画")
    years, sums = by_year(compared)
    bars: list[dict] = [
        {"x": [year + shift, year + shift + 0.38], "y": [0, amount / FEN["万元"]], "colour": COLOURS[mode],
         "hatch": mode == PURCHASE, "tip": f"第 {year} 年 {mode} {wan_text(amount)} 万元"}
        for (mode, amounts), shift in zip(sums.items(), (-0.39, 0.01), strict=True)
        for year, amount in zip(years, amounts, strict=True)
    ]  # fmt: skip
    alt = "；".join(
        f"{mode}：" + "、".join(f"第 {y} 年 {wan_text(a)}" for y, a in zip(years, amounts, strict=True))
        for mode, amounts in sums.items()
    )
    x = {"label": "年次（第 0 年为投入使用前）", "min": -0.6, "max": years[-1] + 0.6, "ticks": [[y, str(y)] for y in years[:: max(1, len(years) // 12)]]}  # fmt: skip
    y = axis("", *_reach([bar["y"][1] for bar in bars]))
    legend = [{"name": mode, "colour": COLOURS[mode], "hatch": mode == PURCHASE} for mode in sums]
    return chart(title, f"{alt}。", x, y, bars=bars, legend=legend)


def tornado(swings: Sequence[Swing], base: float, most: int = 6) -> dict:
    """Each driver alone from low to high, the widest on top; ``base`` is the saving as planned, 元."""
    title = "旋风图：单独变动时的节约额（万元）"
    drawn = [swing for swing in swings if swing.width > 0][:most]
    if not drawn:
        return empty(title, "没有因素改变结果")
    bars: list[dict] = []
    names: list[list] = []
    named = {swing.driver: f"{swing.driver}（{ends_text(swing)}）" for swing in drawn}
    for place, swing in enumerate(reversed(drawn)):
        names.append([place, named[swing.driver]])
        for value, colour, hatch, word in (
            (swing.at_low, LOW_COLOUR, False, "取低值"), (swing.at_high, HIGH_COLOUR, True, "取高值"),
        ):  # fmt: skip
            tip = f"{named[swing.driver]}{word}：{wan_float_text(value)} 万元"
            bars.append({"x": [base / WAN, value / WAN], "y": [place - 0.32, place + 0.32], "colour": colour, "hatch": hatch, "tip": tip})  # fmt: skip
    ends = [bar["x"][1] for bar in bars]
    pad = (max(ends) - min(ends)) * 0.05 or 1.0
    x = axis("实线为现在的节约额，虚线为 0", min(0.0, *ends) - pad, max(0.0, *ends) + pad)
    y = {"label": "", "min": -0.6, "max": len(drawn) - 0.4, "ticks": names}
    legend = [
        {"name": "取低值", "colour": LOW_COLOUR},
        {"name": "取高值", "colour": HIGH_COLOUR, "hatch": True},
    ]
    alt = "；".join(
        f"{named[s.driver]}，从 {wan_float_text(s.at_low)} 到 {wan_float_text(s.at_high)}" for s in drawn
    )
    rules = [{"x": base / WAN}, {"x": 0, "dash": "2 3"}]
    return chart(title, f"{alt}。", x, y, left=236, bars=bars, rules=rules, legend=legend, grid="x")


def probability(ratios: np.ndarray, floor: float | None) -> dict:
    """The probability that buying saves at least a threshold, over the threshold; ``ratios`` of the draws."""
    held = ratios[~np.isnan(ratios)]
    low, high = np.percentile(held, [0.5, 99.5]) if len(held) else (0.0, 0.0)
    low, high = min(low, 0.0, floor or 0.0), max(high, 0.05, floor or 0.0)
    at = np.linspace(low, high, 61)
    marks = [(0.0, "不贵于自建")] + ([] if floor is None else [(floor, "达到下限")])
    chances = probability_curve(ratios, [*at, *(value for value, _ in marks)]) * 100
    told = [
        (v, c, f"{word} {c:.1f}%") for (v, word), c in zip(marks, chances[len(at) :].tolist(), strict=True)
    ]
    said = "，".join(text for *_, text in told)
    rules = [{"x": 0, "dash": "2 3", "text": "0"}]
    if floor is not None:
        rules.append({"x": floor * 100, "dash": "2 3", "text": "下限"})
    return chart(
        f"达标概率（%，模拟 {len(ratios):,} 次）：{said}", f"节约率不低于各下限的概率；{said}。",
        axis("节约率下限（%）", low * 100, high * 100), axis("", 0, 105, most=5),
        lines=[{"points": [[a * 100, c] for a, c in zip(at.tolist(), chances.tolist(), strict=False)], "colour": HIGH_COLOUR}],
        rules=rules, points=[{"x": v * 100, "y": c} for v, c, _ in told],
    )  # fmt: skip


BANDS = ("#b35806", "#e08214", "#fdb863", "#fee0b6", "#d8daeb", "#b2abd2", "#8073ac", "#542788")
"""From far below the threshold to far above it (ColorBrewer PuOr, told apart by colour-blind readers)."""


def two_way(model: Model, across: str, down: str, floor: float = 0.0, cells: int = 15) -> dict:
    """The saving ratio over two drivers; crosses where the threshold is not met."""
    drivers = {driver.name: driver for driver in model.drivers}
    span = {"scale": (0.7, 1.5), "growth": (0.0, 0.1), "rate": (0.0, 0.12)}
    xs, ys = (np.linspace(*span[drivers[name].kind], cells) for name in (across, down))
    table = grid(model, (across, xs), (down, ys)).saving_ratio.reshape(cells, cells)
    reach = max(float(np.nanmax(np.abs(table - floor))), 1e-9)
    half = len(BANDS) // 2
    bars = []
    dx, dy = (xs[1] - xs[0]) / 2, (ys[1] - ys[0]) / 2
    for row, y in enumerate(ys.tolist()):
        for column, x in enumerate(xs.tolist()):
            ratio = float(table[row, column])
            met = ratio >= floor
            band = min(half - 1, int(abs(ratio - floor) / reach * half)) if ratio == ratio else 0
            where = f"{drivers[across].label} {_shown(drivers[across].kind, x)}，{drivers[down].label} {_shown(drivers[down].kind, y)}"
            bars.append({
                "x": [x - dx, x + dx], "y": [y - dy, y + dy], "colour": BANDS[half + band if met else half - 1 - band],
                "sign": "" if met else "×", "tip": f"{where}：节约率 {ratio:.2%}，{'达到' if met else '未达到'} {floor:.2%}",
            })  # fmt: skip
    forms = ["{:.2f} 倍" if drivers[name].kind == "scale" else "{:.0%}" for name in (across, down)]
    title = f"双因素热力图：节约率是否达到 {floor:.2%}（× 为未达到）"
    alt = f"{cells * cells} 格中 {np.mean(table >= floor):.0%} 的节约率达到 {floor:.2%}；黑点为现在的情形"
    x = axis(clean(drivers[across].label, 30), xs[0] - dx, xs[-1] + dx, forms[0])
    y = axis(clean(drivers[down].label, 30), ys[0] - dy, ys[-1] + dy, forms[1])
    here = [{"x": drivers[across].base, "y": drivers[down].base, "text": ""}]
    return chart(title, f"{alt}。", x, y, left=70, bars=bars, points=here) | {"h": 300}


def _shown(kind: str, value: float) -> str:
    return f"{value:.2f} 倍" if kind == "scale" else f"{value:.1%}"
