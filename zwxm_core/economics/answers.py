"""The answers beside the totals: other rates, the extra investment, what flips it, how sure it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from zwxm_core.periods import months_after

from .costs import BUILD, PURCHASE
from .discounting import LEAD, discount_factors, nominal_rate, present_value, stepped_factors
from .measures import adjusted_rate, benefit_cost_ratio, dated_rate, dated_value, internal_rates, payback_year
from .model import Model, outcomes
from .sensitivity import one_way, scenarios, switching_values, tornado
from .simulation import Simulation, convergence, percentiles, probability_curve, rank_influence

CURVE = np.linspace(-0.5, 0.9, 141)
"""Thresholds at which the probability is written out."""

NO_LIBRARY = "没有安装 pyxirr（安装项 economics），未按日折现"


def by_mode(model: Model) -> dict[str, np.ndarray]:
    """Yearly cost of both ways, 元, shape (years + 1,) each."""
    mode = np.array([mode for mode, _ in model.heads])
    return {one: model.flows[mode == one].sum(axis=0) for one in (BUILD, PURCHASE)}


def extra_investment(model: Model, benefits: Mapping[str, np.ndarray] | None = None) -> np.ndarray:
    """What building costs more than buying, year by year, as an investment (增量投资); shape (years + 1,).

    Negative where building costs more in that year, positive where it saves; less what building brings
    beside buying, where benefits are given.
    """
    costs = by_mode(model)
    net = costs[PURCHASE] - costs[BUILD]
    if benefits:
        net[: len(benefits[BUILD])] += benefits[BUILD] - benefits[PURCHASE]
    return net


def answers(
    model: Model,
    *,
    rates: Sequence[float],
    ranges: Mapping[str, tuple[float, float]],
    floor: float | None = None,
    named: Mapping[str, Mapping[str, float]] | None = None,
    schedule: Sequence[tuple[int, float]] = (),
    inflation: float | None = None,
    benefits: Mapping[str, np.ndarray] | None = None,
    start: date | None = None,
) -> dict:
    """Everything certain that a comparison answers, ready for JSON; 元, ratios and rates as floats.

    Parameters
    ----------
    model : Model
    rates : sequence of float
        Shown beside the chosen one.
    ranges : dict of driver name -> (low, high)
        Of the tornado and the one-way grid.
    floor : float or None
        The threshold of 19.1.2.
    named : dict of scenario name -> settings
    schedule : sequence of (first year, rate)
        A rate that changes with the years, beside the chosen one.
    inflation : float or None
        Turns the chosen rate into a real one and the totals into constant prices.
    benefits : dict of mode -> ndarray, shape (years + 1,), or None
        Yearly benefits in 元, where they are given.
    start : date or None
        The day service begins; with it the flows are also discounted by the day.
    """
    beside = outcomes(model, {"折现率": np.array([model.rate, *rates])})
    labels = {driver.name: driver for driver in model.drivers}
    flips = {
        "saving": switching_values(model, 0.0, "saving"),
        "npv_saving": switching_values(model, 0.0, "npv_saving"),
    }
    if floor is not None:
        flips["saving_ratio"] = switching_values(model, floor, "saving_ratio")
    return {
        "rates": [
            {"rate": rate, **_worth(float(b), float(p))}
            for rate, b, p in zip((model.rate, *rates), beside.npv_build, beside.npv_purchase, strict=True)
        ],
        "schedule": _scheduled(model, schedule) if schedule else None,
        "real": None if inflation is None else _real(model, inflation),
        "dated": None if start is None else _dated(model, start),
        "extra_investment": _extra(model, benefits),
        "benefits": None if benefits is None else _benefits(model, benefits),
        "switching_values": [
            {"driver": name, "label": labels[name].label, "kind": labels[name].kind, "planned": labels[name].base,
             **{measure: values[name] for measure, values in flips.items()}}
            for name in labels
        ],
        "tornado": [swing._asdict() for swing in tornado(model, ranges)],
        "one_way": one_way(model, ranges),
        "scenarios": scenarios(model, named or {}),
    }  # fmt: skip


def _worth(build: float, purchase: float) -> dict:
    return {"npv_build": build, "npv_purchase": purchase, "npv_saving": build - purchase}


def _scheduled(model: Model, schedule: Sequence[tuple[int, float]]) -> dict:
    """Present values by a rate that changes with the years, year-end."""
    factors = stepped_factors(schedule, np.arange(model.flows.shape[1]))
    costs = {mode: float(flows @ factors) for mode, flows in by_mode(model).items()}
    bands = [{"from": first, "rate": rate} for first, rate in schedule]
    return {"bands": bands, **_worth(costs[BUILD], costs[PURCHASE])}


def _real(model: Model, inflation: float) -> dict:
    """The same comparison in the prices of year 0: totals, and the real rate that gives the same present
    values (Fisher).
    """
    if model.timing == "continuous":
        rate = model.rate - np.log1p(inflation)
    else:
        rate = nominal_rate(model.rate, -inflation / (1 + inflation))
    years = np.arange(model.flows.shape[1])
    moved = np.where(years == 0, 0.0, years - LEAD[model.timing])
    real = {mode: flows / (1 + inflation) ** moved for mode, flows in by_mode(model).items()}
    worth = {mode: float(present_value(flows, rate, model.timing)) for mode, flows in real.items()}
    totals = {
        f"{name}_total": float(real[mode].sum()) for name, mode in (("build", BUILD), ("service", PURCHASE))
    }
    return {
        "inflation": inflation,
        "real_rate": float(rate),
        **totals,
        **_worth(worth[BUILD], worth[PURCHASE]),
    }


def _dated(model: Model, start: date) -> dict:
    """Present values and rate of the extra investment with every flow on its day (XNPV, XIRR)."""
    lead = LEAD[model.timing]
    days = [
        start if year == 0 else months_after(start, round(12 * (year - lead)))
        for year in range(model.flows.shape[1])
    ]
    costs = by_mode(model)
    try:
        worth = _worth(*(dated_value(days, costs[mode], model.rate) for mode in (BUILD, PURCHASE)))
        found = dated_rate(days, extra_investment(model))
    except ModuleNotFoundError:
        return {"start": start.isoformat(), "open": NO_LIBRARY}
    return {"start": start.isoformat(), "last": days[-1].isoformat(), **worth, "internal_rate": found}


def _extra(model: Model, benefits: Mapping[str, np.ndarray] | None) -> dict:
    """The extra investment: rates of return, payback, savings to investment."""
    flows = extra_investment(model, benefits)
    factors = discount_factors(model.rate, len(flows) - 1, model.timing)
    found, present = internal_rates(flows), flows * factors
    invested, saved = float(-present[present < 0].sum()), float(present[present > 0].sum())
    return {
        "flows": flows.tolist(),
        "internal_rates": found,
        "several_rates": len(found) > 1,
        "payback_year": payback_year(flows),
        "discounted_payback_year": payback_year(present),
        "savings_to_investment": benefit_cost_ratio(saved, invested),
        "adjusted_rate": adjusted_rate(saved, invested, model.rate, len(flows) - 1),
    }


def _benefits(model: Model, benefits: Mapping[str, np.ndarray]) -> dict:
    """Benefits over costs of each way, and of the dearer over the cheaper one, present values."""
    costs = by_mode(model)
    cost, gain = (
        {mode: float(present_value(of[mode], model.rate, model.timing)) for mode in (BUILD, PURCHASE)}
        for of in (costs, benefits)
    )
    dearer, cheaper = sorted((BUILD, PURCHASE), key=lambda mode: -cost[mode])
    return {
        "modes": [
            {"mode": mode, "benefits": gain[mode], "costs": cost[mode], "net": gain[mode] - cost[mode],
             "ratio": benefit_cost_ratio(gain[mode], cost[mode])}
            for mode in (BUILD, PURCHASE)
        ],
        "extra_of": dearer,
        "extra_ratio": benefit_cost_ratio(gain[dearer] - gain[cheaper], cost[dearer], cost[cheaper]),
    }  # fmt: skip


def risk(drawn: Simulation, floor: float | None = None) -> dict:
    """How sure the comparison is, ready for JSON: probabilities, percentiles, convergence, influence.

    Parameters
    ----------
    drawn : Simulation
        With its inputs kept.
    floor : float or None
        The threshold of 19.1.2.
    """
    curve = probability_curve(drawn.saving_ratio, CURVE)
    reached = None if floor is None else float(probability_curve(drawn.saving_ratio, [floor])[0])
    return {
        "draws": len(drawn.saving),
        "seed": drawn.seed,
        "probability_not_dearer": float(probability_curve(drawn.saving, [0.0])[0]),
        "probability_of_floor": reached,
        "curve": [
            {"threshold": float(t), "probability": float(c)}
            for t, c in zip(CURVE.round(4), curve, strict=True)
        ],
        "saving": percentiles(drawn.saving),
        "saving_ratio": percentiles(drawn.saving_ratio),
        "npv_saving": percentiles(drawn.npv_saving),
        "convergence": [step._asdict() for step in convergence(drawn.saving)],
        "influence": rank_influence(drawn),
    }
