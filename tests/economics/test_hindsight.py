"""After the fact: planned against paid, and the choice seen again."""

import pytest

from zwxm_core.economics.hindsight import hindsight
from zwxm_core.portfolio import from_records

ITEMS = {"service_items": ("服务费",), "om_items": ("运维费",)}
FEE = {"project": "A", "mode": "购买服务", "item": "服务费"}
OTHER = {"project": "A", "mode": "自行建设", "item": "软件开发费", "year": 0, "assessed": 300_000_01}


def seen(actuals, mode="购买服务", lines=(OTHER,), life=3):
    fees = [
        {**FEE, "year": y, "assessed": 100_000_03, **({} if a is None else {"actual": a})}
        for y, a in enumerate(actuals, 1)
    ]
    facts = from_records(
        {"projects": [{"id": "A", "mode": mode, "service_life": life}], "costs": [*fees, *lines]}
    )
    return hindsight(facts, 0, **ITEMS)


def test_a_year_that_is_not_wholly_on_file_is_not_compared():
    told = seen([110_000_00, None, None])
    assert [y["deviation"] for y in told["years"]] == [9_999_97, None, None]
    assert told["planned_to_date"] == 100_000_03
    assert told["actual_to_date"] == 110_000_00
    assert told["forecast_as_planned"] == 110_000_00 + 2 * 100_000_03


def test_the_forecast_at_the_deviation_so_far_is_exact_to_the_fen():
    told = seen([110_000_00, None, None])
    assert told["forecast_at_deviation"] == 110_000_00 * 3
    assert told["deviation_ratio"]["num"] / told["deviation_ratio"]["den"] == pytest.approx(
        0.0999997, rel=1e-5
    )


@pytest.mark.parametrize(("paid", "cheaper"), [(99_999_94, True), (99_999_95, False), (99_999_96, False)])
def test_the_choice_stays_the_cheaper_one_up_to_a_fen(paid, cheaper):
    told = seen([paid, None, None])
    assert told["cheaper_as_planned"] is cheaper


def test_without_actual_amounts_nothing_is_said_of_the_choice():
    told = seen([None, None, None])
    assert told["cheaper_as_planned"] is None
    assert told["actual_to_date"] is None
    assert told["open"] == "费用表没有一年的实际金额填齐"


def test_without_the_other_way_there_is_nothing_to_compare_with():
    told = seen([110_000_00, None, None], lines=())
    assert told["forecast_as_planned"] is not None
    assert told["cheaper_as_planned"] is None
    assert told["open"] == "另一种方式的费用没有填齐"


def test_the_way_that_was_not_chosen_is_never_the_one_that_was_paid():
    told = seen([110_000_00, 1, 2], mode="自行建设")
    assert told["years"] == [{"year": 0, "planned": 300_000_01, "actual": None, "deviation": None}]


def test_a_mode_that_is_not_known_is_not_guessed():
    assert seen([1, 1, 1], mode=None)["open"] == "方式未填，不知道该比哪一种"


def test_amounts_beyond_the_service_life_count_on_neither_side():
    told = seen([110_000_00, 120_000_00, 999_999_99], life=2)
    assert [y["year"] for y in told["years"]] == [1, 2]
    assert told["actual_to_date"] == 230_000_00
