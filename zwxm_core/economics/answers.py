"""The answers beside the totals: other rates, the extra investment, what flips it, how sure it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .discounting import discount_factors
from .measures import internal_rates, payback_year
from .model import Model, outcomes
from .sensitivity import switching_values, tornado
from .simulation import Uncertain, convergence, percentiles, probability_curve, rank_influence, simulate
from .spans import BUILD, PURCHASE

CURVE = np.linspace(-0.5, 0.9, 141)
"""Thresholds at which the probability is written out."""


def extra_investment(model: Model) -> np.ndarray:
    """What building costs more than buying, year by year, as an investment (增量投资); shape (years + 1,).

    Negative where building costs more in that year, positive where it saves.
    """
    mode = np.array([mode for mode, _ in model.heads])
    return model.flows[mode == PURCHASE].sum(axis=0) - model.flows[mode == BUILD].sum(axis=0)


def answers(
    model: Model, rates: Sequence[float], ranges: dict[str, tuple[float, float]], floor: float | None
) -> dict:
    """Everything certain that a comparison answers, ready for JSON; 元, ratios and rates as floats.

    Parameters
    ----------
    model : Model
    rates : sequence of float
        Shown beside the chosen one.
    ranges : dict of driver name -> (low, high)
        Of the tornado.
    floor : float or None
        The threshold of 19.1.2.
    """
    flows = extra_investment(model)
    found = internal_rates(flows)
    factors = discount_factors(model.rate, len(flows) - 1, model.timing)
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
            {"rate": rate, "npv_build": float(b), "npv_purchase": float(p), "npv_saving": float(b - p)}
            for rate, b, p in zip((model.rate, *rates), beside.npv_build, beside.npv_purchase, strict=True)
        ],
        "extra_investment": {
            "flows": flows.tolist(),
            "internal_rates": found,
            "several_rates": len(found) > 1,
            "payback_year": payback_year(flows),
            "discounted_payback_year": payback_year(flows * factors),
        },
        "switching_values": [
            {"driver": name, "label": labels[name].label, "kind": labels[name].kind, "planned": labels[name].base,
             **{measure: values[name] for measure, values in flips.items()}}
            for name in labels
        ],
        "tornado": [swing._asdict() for swing in tornado(model, ranges)],
    }  # fmt: skip


def risk(
    model: Model,
    uncertain: Sequence[Uncertain],
    draws: int,
    seed: int,
    correlation=None,
    floor: float | None = None,
    workers: int = 1,
) -> dict:
    """How sure the comparison is, ready for JSON: probabilities, percentiles, convergence, influence."""
    drawn = simulate(model, uncertain, draws, seed, correlation, workers, keep_inputs=True)
    curve = probability_curve(drawn.saving_ratio, CURVE)
    return {
        "draws": draws,
        "seed": seed,
        "probability_not_dearer": float(probability_curve(drawn.saving, [0.0])[0]),
        "probability_of_floor": None
        if floor is None
        else float(probability_curve(drawn.saving_ratio, [floor])[0]),
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
