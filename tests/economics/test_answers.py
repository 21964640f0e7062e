"""The answers beside the totals, and the file of what they assume."""

import json
from datetime import date
from fractions import Fraction

import pytest
import yaml

from zwxm_core.assumptions import PARTS, SHIPPED, AssumptionError, load_assumptions
from zwxm_core.comparing import comparison_text, comparisons
from zwxm_core.economics import compare, present_value
from zwxm_core.portfolio import from_records
from zwxm_core.rulesets import load_ruleset

AS_OF = date(2026, 11, 24)
PROJECT = {
    "level": "市级", "classified": False, "mode": "购买服务", "action": "服务", "approved_on": "2026-03-02", "id": "A", "service_life": 6,
    "warranty_years": 2, "build_cost": 819_160_00, "annual_om_cost": 81_916_00, "annual_service_fee": 163_500_13,
}  # fmt: skip
RULES = load_ruleset().adopting(purchase_clearly_less=Fraction(1, 10))


def compared(draws=0, timing="year_end", **more):
    facts = from_records({"projects": [{**PROJECT, **more}]})
    result = comparisons(facts, RULES, AS_OF, timing, load_assumptions(), draws, 7)
    return result, result["comparisons"][0]


def test_the_chosen_rate_comes_first_and_agrees_with_the_comparison():
    _, one = compared()
    first, *others = one["answers"]["rates"]
    assert first["npv_build"] == pytest.approx(one["npv_build"])
    assert first["npv_purchase"] == pytest.approx(one["npv_purchase"])
    assert [row["rate"] for row in others] == [0.035, 0.06, 0.08]


def test_at_its_internal_rate_the_extra_investment_is_worth_nothing():
    _, one = compared()
    extra = one["answers"]["extra_investment"]
    [rate] = extra["internal_rates"]
    assert present_value(extra["flows"], rate) == pytest.approx(0, abs=1e-3)
    assert sum(extra["flows"]) == pytest.approx(-one["saving"] / 100)
    assert extra["payback_year"] is None
    assert not extra["several_rates"]


def test_an_extra_investment_that_pays_itself_back_says_in_which_year():
    _, one = compared(annual_service_fee=400_000_00)
    extra = one["answers"]["extra_investment"]
    assert extra["payback_year"] == 3  # 819,160 against 400,000 + 400,000 + 318,084
    assert extra["discounted_payback_year"] == 3


@pytest.mark.parametrize("timing", ["year_end", "mid_year", "start", "continuous"])
def test_the_fee_at_which_both_cost_the_same_does_so_when_put_back(timing):
    _, one = compared(timing=timing)
    [row] = [row for row in one["answers"]["switching_values"] if row["driver"] == "购买服务·服务费"]
    fee = round(PROJECT["annual_service_fee"] * row["saving"][0])
    assert abs(compared(timing=timing, annual_service_fee=fee)[1]["saving"]) <= 6
    fee = round(PROJECT["annual_service_fee"] * row["npv_saving"][0])
    other = compared(timing=timing, annual_service_fee=fee)[1]
    assert other["npv_build"] == pytest.approx(other["npv_purchase"], rel=1e-6)
    fee = PROJECT["annual_service_fee"] * row["saving_ratio"][0]
    other = compared(timing=timing, annual_service_fee=round(fee))[1]
    assert other["saving_ratio"]["num"] / other["saving_ratio"]["den"] == pytest.approx(0.1, abs=1e-6)


def test_what_is_not_known_has_no_answers():
    _, one = compared(draws=100, build_cost=None)
    assert one["answers"] is None
    assert one["risk"] is None


def test_the_simulation_is_said_with_its_seed_and_is_the_same_again():
    first, one = compared(draws=5_000)
    assert one["risk"]["seed"] == 7
    assert json.dumps(first, ensure_ascii=False) == json.dumps(compared(draws=5_000)[0], ensure_ascii=False)
    assert 0 < one["risk"]["probability_of_floor"] < one["risk"]["probability_not_dearer"] < 1
    text = comparison_text(first)
    assert "模拟 5,000 次（种子 7）" in text
    assert "两种方式总额相等时：购买服务·服务费为计划的" in text
    assert "自建多投入部分的内部收益率" in text


def test_without_draws_nothing_is_drawn():
    assert compared()[1]["risk"] is None


def test_every_assumption_that_ships_has_its_source_or_is_marked():
    listed = load_assumptions().listed
    assert len(listed) == 26
    assert all(one.source.strip() for one in listed)
    assert {one.part for one in listed} == set(PARTS)


def test_only_the_drivers_a_model_has_are_drawn():
    _, one = compared(draws=1_000, annual_om_cost=0)
    assert "自行建设·运维费年增长" not in one["risk"]["influence"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda a: a.pop("rates"),
            "应有 rates、ranges、distributions、correlations，可有 schedule、inflation、scenarios、vat，没有别的部分",
        ),
        (lambda a: a["rates"][0].pop("source"), "rates 的 1 应写 value、source"),
        (lambda a: a["rates"][0].update(value="三"), "rates 的 1：读到 '三'，应为数"),
        (lambda a: a["rates"][0].update(value=True), "rates 的 1：读到 True，应为数"),
        (lambda a: a["ranges"].pop("年增长"), "ranges 缺 年增长"),
        (lambda a: a["ranges"]["年增长"].update(low="9%"), "ranges 的 年增长 低值 0.09 大于高值 0.05"),
        (lambda a: a["distributions"]["购买服务·服务费"].update(shape="beta"), "分布“beta”不认识"),
        (lambda a: a["distributions"]["购买服务·服务费"].update(given=[1, 2]), "应给出最小、最可能、最大"),
        (lambda a: a["correlations"][0].update(value=2), "相关系数应在 -1 到 1 之间"),
        (lambda a: a.update(discount="6%"), "没有别的部分"),
        (lambda a: a["schedule"][0].update({"from": 5}), "起始年次应从 0 或 1 开始"),
        (lambda a: a["schedule"][1].update(value=-1), "不大于 -100%"),
        (lambda a: a["inflation"]["通胀率"].update(value=-1), "不大于 -100%"),
        (lambda a: a["scenarios"]["自建超支"].update(settings={}), "scenarios 的 自建超支 的 settings 应写"),
        (lambda a: a["scenarios"]["自建超支"].update(settings={"折现率": "高"}), "读到 '高'，应为数"),
        (lambda a: a["vat"]["硬件设备费"].update(value=13), "vat 的 硬件设备费 读到 13，应在 0 到 1 之间"),
        (lambda a: a["correlations"][0].update(between=["甲", "乙"]), "应是 distributions 里的两个因素"),
    ],
)
def test_a_file_of_assumptions_that_cannot_be_used_is_refused_with_its_place(tmp_path, change, message):
    read = yaml.safe_load(SHIPPED.read_text("utf-8"))
    change(read)
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(read, allow_unicode=True), "utf-8")
    with pytest.raises(AssumptionError, match=message) as told:
        load_assumptions(path)
    assert "own.yaml" in str(told.value)


def test_a_file_that_is_no_yaml_is_refused(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(AssumptionError, match="UTF-8"):
        load_assumptions(path)


def test_the_plan_itself_is_not_touched_by_what_is_assumed():
    items = {"om_items": ("年运维费",), "service_items": ("年服务费",)}
    facts = from_records({"projects": [PROJECT]})
    assert compared()[1]["saving"] == compare(facts, 0, rate=0.08, **items)["saving"]


# Rates, prices, days, benefits ------------------------------------------------------------


def test_a_schedule_of_one_rate_gives_the_present_values_of_that_rate():
    _, one = compared()
    told = one["answers"]
    at_green_book = told["rates"][1]
    assert at_green_book["rate"] == 0.035
    for key in ("npv_build", "npv_purchase", "npv_saving"):  # no year beyond the thirtieth
        assert told["schedule"][key] == pytest.approx(at_green_book[key], rel=1e-12)


@pytest.mark.parametrize("timing", ["year_end", "mid_year", "start", "continuous"])
def test_constant_prices_at_the_real_rate_are_worth_the_nominal_ones(timing):
    _, one = compared(timing=timing)
    real = one["answers"]["real"]
    assert real["npv_build"] == pytest.approx(one["npv_build"], rel=1e-12)
    assert real["npv_purchase"] == pytest.approx(one["npv_purchase"], rel=1e-12)
    assert real["build_total"] < one["build_total"] / 100
    if timing == "year_end":
        assert (1 + real["real_rate"]) * 1.02 == pytest.approx(1.08)


def test_flows_on_their_days_are_worth_what_two_libraries_say():
    numpy_financial = pytest.importorskip("numpy_financial")
    pyxirr = pytest.importorskip("pyxirr")
    _, one = compared(go_live="2025-03-01")
    dated = one["answers"]["dated"]
    days = [date(2025 + year, 3, 1) for year in range(7)]
    fees = [0.0] + [PROJECT["annual_service_fee"] / 100] * 6
    assert dated["npv_purchase"] == pytest.approx(pyxirr.xnpv(0.08, days, fees))
    assert dated["npv_purchase"] == pytest.approx(numpy_financial.npv(0.08, fees), rel=2e-3)  # two leap days
    assert (dated["start"], dated["last"]) == ("2025-03-01", "2031-03-01")
    assert compared()[1]["answers"]["dated"] is None


def test_the_savings_to_investment_ratio_is_one_where_the_extra_investment_just_pays():
    _, one = compared()
    [row] = [row for row in one["answers"]["switching_values"] if row["driver"] == "购买服务·服务费"]
    fee = round(PROJECT["annual_service_fee"] * row["npv_saving"][0])
    extra = compared(annual_service_fee=fee)[1]["answers"]["extra_investment"]
    assert extra["savings_to_investment"] == pytest.approx(1, abs=1e-6)
    assert extra["adjusted_rate"] == pytest.approx(0.08, abs=1e-6)
    assert one["answers"]["extra_investment"]["savings_to_investment"] < 1


def with_benefits(*lines):
    given = [{"project": "A", "item": "节约办公支出", "source": "假设", **line} for line in lines]
    facts = from_records({"projects": [PROJECT], "benefits": given})
    return comparisons(facts, RULES, AS_OF, "year_end", load_assumptions())["comparisons"][0]


def test_benefits_over_costs_are_those_of_their_present_values():
    yearly = [{"mode": "自行建设", "year": year, "amount": 300_000_00} for year in range(1, 7)]
    one = with_benefits(*yearly, {"mode": "购买服务", "year": 2, "amount": 100_000_00})
    build, buy = one["answers"]["benefits"]["modes"]
    worth = 300_000 * (1 - 1.08**-6) / 0.08
    assert build["benefits"] == pytest.approx(worth)
    assert build["ratio"] == pytest.approx(worth / one["npv_build"])
    assert buy["net"] == pytest.approx(100_000 / 1.08**2 - one["npv_purchase"])
    assert one["answers"]["benefits"]["extra_of"] == "自行建设"
    extra = (build["benefits"] - buy["benefits"]) / (build["costs"] - buy["costs"])
    assert one["answers"]["benefits"]["extra_ratio"] == pytest.approx(extra)
    told = comparison_text({"ruleset": {"id": "x"}, "threshold": None, "comparisons": [{**one}]})
    assert "自行建设的效益费用比" in told


def test_benefits_never_touch_what_the_law_compares():
    plain, one = compared()[1], with_benefits({"mode": "自行建设", "year": 1, "amount": 10**12})
    for key in ("saving", "saving_ratio", "build_total", "service_total", "npv_build", "finding"):
        assert one[key] == plain[key]
    assert compared()[1]["answers"]["benefits"] is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ({"mode": "自行建设", "year": 1}, "效益“节约办公支出”的方式、年次或金额未填，没有计算效益"),
        (
            {"mode": "自行建设", "year": 9, "amount": 1},
            "效益“节约办公支出”的年次 9 不在 0 到使用期限（6 年）之间",
        ),
    ],
)
def test_a_benefit_that_cannot_be_placed_is_told_and_none_is_computed(line, why):
    one = with_benefits(line)
    assert one["answers"]["benefits"]["open"].startswith(why)
    assert why in comparison_text({"ruleset": {"id": "x"}, "threshold": None, "comparisons": [one]})


def test_price_and_tax_of_every_item_add_up_to_its_amount():
    _, one = compared()
    assert {row["item"] for row in one["vat"]} == {"自建建设费", "自建年运维费", "年服务费"}
    for row in one["vat"]:
        assert row["price"] + row["tax"] == row["gross"]
    assert sum(row["gross"] for row in one["vat"]) == one["build_total"] + one["service_total"]


def test_the_scenarios_of_the_file_are_told_beside_the_plan():
    result, one = compared()
    plan, wider, *_ = one["answers"]["scenarios"]
    assert (plan["name"], plan["saving"]) == ("计划", pytest.approx(one["saving"] / 100))
    build = 819_160.00 * 1.3 + 81_916.00 * 4 * 1.2
    assert wider["saving"] == pytest.approx(build - 163_500.13 * 6 * 1.15)
    assert "情景“需求扩大”：购买节约" in comparison_text(result)


def test_an_equal_total_is_said_to_be_equal():
    result, _ = compared(build_cost=PROJECT["annual_service_fee"] * 6, annual_om_cost=0)
    assert "两种方式总额相等，购买没有节约" in comparison_text(result)
