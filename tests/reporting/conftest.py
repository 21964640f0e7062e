"""A small portfolio with figures worked out by hand, and notebooks that misbehave."""

from __future__ import annotations

from datetime import date

import nbformat
import pytest

from zwxm_core.facts import Evidence
from zwxm_core.portfolio import write_workbook

WAN = 1_000_000  # 分
DAY = date(2026, 3, 1)
SEEN = Evidence("评审组", "评审纪要一号", "2026-02-10")

CITY = {"level": "市级", "classified": False}

PURCHASE = {
    **CITY, "id": "A1", "name": "云上办事服务", "unit": "市数据局", "mode": "购买服务", "action": "服务", "filed_on": "2026-01-05",
    "approved_on": "未", "goods_works_or_bundled": False, "potential_providers": 2, "service_life": 5,
    "warranty_years": 1, "violates_secrecy": (False, SEEN),
}  # fmt: skip
"""Buying 80 万元 × 5 = 400; building 300 + 35 × 4 = 440: saving 40, a ratio of 1/11."""

OPERATING = {
    **CITY, "id": "B2", "name": "监管系统", "unit": "市监管局", "mode": "自行建设", "approved_on": "2023-02-01",
    "approved_total": 733_333_340, "revised_total": 623_333_339, "paid_in": 620_000_000, "spent": 611_111_111,
    "adjustments_complete": True, "goals_unchanged": (True, SEEN), "change_necessary": (True, SEEN),
    "construction_start": "2023-03-01", "acceptance_due": "2024-01-31", "acceptance_on": "2024-02-10",
    "go_live": "2024-03-01",
}  # fmt: skip
"""Approved 7,333,333.40 元: 15% of it is 1,100,000.01 元, exactly what was adjusted."""

COSTS = [
    {"project": "A1", "mode": "自行建设", "item": "软件开发费", "year": 0, "claimed": 350 * WAN, "assessed": 300 * WAN,
     "cut_reason": "功能重复"},
    *({"project": "A1", "mode": "自行建设", "item": "运维费", "year": y, "claimed": 35 * WAN} for y in range(1, 6)),
    *({"project": "A1", "mode": "购买服务", "item": "服务费", "year": y, "claimed": 80 * WAN} for y in range(1, 6)),
    {"project": "B2", "mode": "自行建设", "item": "软件开发费", "year": 0, "claimed": 600 * WAN, "actual": 630 * WAN},
]  # fmt: skip

ADJUSTMENT = {
    "project": "B2", "seq": 1, "on": "2023-08-01", "amount": -110_000_001, "ground": ("技术优化", SEEN), "filed": False,
    "prior_approval": False,
}  # fmt: skip

INDICATORS = [
    {
        "project": "B2",
        "indicator": "办件量",
        "kind": "产出",
        "direction": "越大越好",
        "target": "1000",
        "actual": "1000",
    },
    {
        "project": "B2",
        "indicator": "平均时长",
        "kind": "效益",
        "direction": "越小越好",
        "target": "3",
        "actual": "3.5",
    },
]


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """Workbook with the purchase A1, the operating B2 and the bare C3."""
    path = tmp_path_factory.mktemp("book") / "项目.xlsx"
    records = {
        "projects": [PURCHASE, OPERATING, {"id": "C3"}],
        "adjustments": [ADJUSTMENT], "costs": COSTS, "indicators": INDICATORS,
    }  # fmt: skip
    return write_workbook(path, records)


@pytest.fixture
def notebook(tmp_path):
    """A function that writes a notebook of the given code cells."""

    def write(*sources: str):
        nb = nbformat.v4.new_notebook()
        nb.metadata.kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
        nb.cells = [nbformat.v4.new_code_cell("project = None", metadata={"tags": ["parameters"]})]
        nb.cells += [nbformat.v4.new_code_cell(source) for source in sources]
        path = tmp_path / "notebook.ipynb"
        nbformat.write(nb, path)
        return path

    return write
