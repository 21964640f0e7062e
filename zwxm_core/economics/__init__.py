"""Economics of building against buying (自建与购买经济性比较, clause 19.1.2).

Conventions, in one place:

* **Year 0** is before service starts, **years 1..N** are the service years (使用期限).
  Flows of year 0 are never discounted.
* **What counts** of a cost line is the assessed amount (审定); where that cell is empty
  the claimed one (申报). A line with neither is an unknown part: the total then has a
  lower bound, never an upper one.
* **Cost lines win**: a project with lines of one mode in sheet 费用 is priced by them in
  that mode, else by the short form (年服务费 × 使用期限; 建设费 + 年运维费 × 非维保年数).
* **Warranty** (维保): O&M of years 1..w is not counted unless ``om_in_warranty``.
* **End costs** (迁移、退出、残值 …) stay out unless ``count_end_costs``.
* **Nothing beyond the service life** counts, and every service year has to be priced.
* Nominal totals are exact int64 分; present values are floats in 元.

`compare` says what the law asks; `model` turns the same flows into heads that drivers move,
which `sensitivity`, `simulation` and `sobol` ask; `planning` lays out a plan's rules as yearly
amounts; `hindsight` looks back.

`Treatment` names the choices; what the items are called and which choice holds come from
the rule set, as arguments. Nothing here knows a file or a threshold of the law.
"""

from .comparison import Comparison, compare, compare_all
from .costs import BUILD, PURCHASE, Treatment
from .discounting import (
    TIMING,
    annuity,
    discount_factors,
    equivalent_annual,
    nominal_rate,
    present_value,
    stepped_factors,
)
from .flows import cash_flows
from .measures import (
    adjusted_rate,
    benefit_cost_ratio,
    dated_rate,
    dated_value,
    internal_rates,
    modified_rate,
    payback_year,
)
from .model import Driver, Model, Outcomes, model_of, outcomes
from .planning import (
    allowance,
    common_life,
    planned_amounts,
    price_path,
    residual_value,
    without_vat,
)
from .reductions import reduction_totals, reductions
from .totals import build_total, coverage, discounted_totals, service_total

__all__ = [
    "BUILD",
    "PURCHASE",
    "TIMING",
    "Comparison",
    "Driver",
    "Model",
    "Outcomes",
    "Treatment",
    "adjusted_rate",
    "allowance",
    "annuity",
    "benefit_cost_ratio",
    "build_total",
    "cash_flows",
    "common_life",
    "compare",
    "compare_all",
    "coverage",
    "dated_rate",
    "dated_value",
    "discount_factors",
    "discounted_totals",
    "equivalent_annual",
    "internal_rates",
    "model_of",
    "modified_rate",
    "nominal_rate",
    "outcomes",
    "payback_year",
    "planned_amounts",
    "present_value",
    "price_path",
    "reduction_totals",
    "reductions",
    "residual_value",
    "service_total",
    "stepped_factors",
    "without_vat",
]
