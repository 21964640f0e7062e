"""Facts from plain rows follow the same rules as a workbook."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from zwxm_core.facts import Evidence
from zwxm_core.portfolio import InputError, from_records
from zwxm_core.portfolio.judgements import TEST_EVIDENCE


def one(judged=False, unit="分", **fields):
    return from_records({"projects": [{"id": "A", **fields}]}, judged, unit)


def test_money_is_in_fen_unless_said_otherwise():
    assert one(approved_total=995).approved_total.at(0) == 995
    assert one(approved_total=np.int64(995)).approved_total.at(0) == 995
    assert one(unit="万元", approved_total=Decimal("1.000001")).approved_total.at(0) == 1_000_001
    assert one(unit="元", approved_total="1,000.01").approved_total.at(0) == 100_001


def test_what_is_missing_or_none_is_unknown():
    facts = one(approved_total=None)
    assert facts.approved_total.at(0) is None
    assert facts.revised_total.at(0) is None


def test_days_and_choices():
    facts = one(approved_on=date(2024, 1, 2), go_live="未", trial_start="2024-03-01", level="县级")
    assert [facts.approved_on.at(0), facts.go_live.at(0), facts.trial_start.at(0)] == [
        "2024-01-02",
        "未",
        "2024-03-01",
    ]
    assert facts.level.at(0) == "县级"


def test_a_judgement_needs_evidence_here_too():
    assert one(goals_unchanged=True).goals_unchanged.at(0) is None
    with_own = one(goals_unchanged=(False, Evidence("局", "文", "2026-01-01")))
    assert with_own.goals_unchanged.at(0) is False
    assert with_own.goals_unchanged.evidence == {0: Evidence("局", "文", "2026-01-01")}
    judged = one(True, goals_unchanged=True, classified=True)
    assert judged.goals_unchanged.evidence == {0: TEST_EVIDENCE}
    assert judged.change_necessary.at(0) is None
    own = one(True, goals_unchanged=(True, Evidence("局", "文", "2026-01-01")))
    assert own.goals_unchanged.evidence[0].by == "局"


def test_evidence_follows_its_row():
    proof = Evidence("局", "文", "2026-01-01")
    facts = from_records(
        {
            "projects": [{"id": "A"}, {"id": "B"}],
            "adjustments": [
                {"project": "B", "ground": ("上级部署", proof)},
                {"project": "A", "ground": "技术优化"},
            ],
        }
    )
    assert facts.adjustments.ground.evidence == {1: proof}
    assert facts.adjustments.ground.claimed.tolist() == [True, True]
    assert facts.adjustments.parent.tolist() == [0, 1]


def test_judgements_may_also_come_as_rows():
    line = {"sheet": "projects", "project": "A", "field": "goals_unchanged", "value": "是"}
    facts = from_records(
        {"projects": [{"id": "A"}], "judgements": [{**line, "by": "局", "basis": "文", "on": "2026-01-01"}]}
    )
    assert facts.goals_unchanged.at(0) is True


@pytest.mark.parametrize(
    ("sheets", "error"),
    [
        ({"projects": [{"id": "A", "x": 1}]}, KeyError),
        ({"projects": [], "x": []}, KeyError),
        ({"adjustments": []}, KeyError),
        ({"projects": [{"id": "A", "name": object()}]}, TypeError),
        ({"projects": [{"id": "A", "name": ("x", TEST_EVIDENCE)}]}, TypeError),
        ({"projects": [{"name": "x"}]}, InputError),
        ({"projects": [{"id": "A"}, {"id": "a"}]}, InputError),
        ({"projects": [{"id": "A"}], "adjustments": [{"project": "B"}]}, InputError),
        ({"projects": [{"id": "A"}], "adjustments": [{"seq": 1}]}, InputError),
        ({"projects": [{"id": "A", "level": "省级"}]}, InputError),
        ({"projects": [{"id": "A", "approved_total": 1.5}]}, InputError),
    ],
)
def test_mistakes_are_not_passed_over(sheets, error):
    with pytest.raises(error):
        from_records(sheets)


def test_an_input_error_names_the_place():
    with pytest.raises(InputError, match="工作表「项目」第 2 行「层级」：读到“省级”，应是 市级、县级 之一"):
        one(level="省级")


def test_no_project_at_all_is_a_portfolio_too():
    facts = from_records({"projects": []})
    assert facts.n == 0
    assert facts.take(np.zeros(0, int)).n == 0
