"""The sheet 费用测算: a plan laid out as yearly cost lines."""

from decimal import Decimal

import pytest

from zwxm_core.economics import cash_flows, compare, model_of
from zwxm_core.portfolio import from_records, read
from zwxm_core.portfolio.files import write_atomically
from zwxm_core.reporting.summary import workbook

PROJECT = {"id": "A", "mode": "购买服务", "service_life": 6, "warranty_years": 2}
PLAN = {
    "project": "A",
    "mode": "自行建设",
    "item": "软件开发费",
    "amount": 300_000_01,
    "first_year": 0,
    "last_year": 0,
}
OM = {
    "project": "A",
    "mode": "自行建设",
    "item": "运维费",
    "amount": 40_000_07,
    "first_year": 1,
    "growth": "3%",
}
FEE = {"project": "A", "mode": "购买服务", "item": "服务费", "amount": 90_000_03, "first_year": 1, "contract_years": 3,
       "renewal_change": "10%"}  # fmt: skip
ITEMS = {"om_items": ("运维费",), "service_items": ("服务费",), "end_cost_items": ("残值", "迁移费")}


def planned(*plans, project=PROJECT, costs=()):
    return from_records({"projects": [project], "cost_plans": list(plans), "costs": list(costs)})


def lines(facts):
    c = facts.costs
    return [(c.item.at(i), c.year.at(i), c.claimed.at(i)) for i in range(c.n)]


def test_an_item_without_a_last_year_runs_to_the_end_of_the_service_life():
    facts = planned(FEE)
    assert lines(facts) == [("服务费", y, 90_000_03 if y <= 3 else 99_000_03) for y in range(1, 7)]


def test_growth_begins_the_year_after_the_first_and_each_year_is_rounded_once():
    amounts = [fen for _, _, fen in lines(planned(OM))]
    exact = [Decimal(40_000_07) * Decimal("1.03") ** n for n in range(6)]
    assert amounts == [int(one.quantize(Decimal(1), "ROUND_HALF_UP")) for one in exact]


def test_what_falls_due_every_third_year_falls_due_in_no_other():
    assert [y for _, y, _ in lines(planned({**PLAN, "last_year": None, "every": 3}))] == [0, 3, 6]


def test_constant_prices_become_the_prices_of_each_year_and_current_ones_stay():
    constant = {**OM, "growth": None, "inflation": "2%", "price_basis": "不变价格", "last_year": 2}
    assert [fen for *_, fen in lines(planned(constant))] == [40_800_07, 41_616_07]
    assert [fen for *_, fen in lines(planned({**constant, "price_basis": "现行价格"}))] == [40_000_07] * 2


def test_reserve_and_bias_multiply_and_what_is_mitigated_does_not_count():
    plan = {**PLAN, "contingency": "5%", "bias": "51%", "mitigated": "40%"}
    assert lines(planned(plan)) == [("软件开发费", 0, round(300_000_01 * 1.05 * 1.306))]


def test_an_asset_leaves_its_straight_line_worth_at_the_end_as_an_end_cost():
    facts = planned({**PLAN, "asset_life": 8}, FEE)
    assert ("残值", 6, -75_000_00) in lines(facts)
    flows = {flow.item: flow for flow in cash_flows(facts, 0, **ITEMS)}
    assert flows["残值"].head == "期末费用"
    assert flows["残值"].counted is False


def test_everything_downstream_takes_the_plan_for_cost_lines():
    facts = planned(PLAN, OM, FEE)
    told = compare(facts, 0, rate=0.06, **ITEMS)
    fee = sum(fen for item, _, fen in lines(facts) if item == "服务费")
    assert told["service_total"] == fee
    assert told["build_total"] == 300_000_01 + sum(
        fen for item, y, fen in lines(facts) if item == "运维费" and y > 2
    )
    assert model_of(facts, 0, rate=0.06, **ITEMS).flows.shape == (3, 7)


def test_lines_go_to_their_own_project_in_the_order_of_the_projects():
    facts = from_records({
        "projects": [PROJECT, {**PROJECT, "id": "B"}],
        "cost_plans": [{**FEE, "project": "B"}, PLAN],
        "costs": [{"project": "B", "mode": "自行建设", "item": "软件开发费", "year": 0, "claimed": 7}],
    })  # fmt: skip
    assert facts.costs.parent.tolist() == [0] + [1] * 7
    assert lines(facts)[:2] == [("软件开发费", 0, 300_000_01), ("软件开发费", 0, 7)]


def book(tmp_path, *rows, costs=()):
    head = ("项目编号", "方式", "费用项", "基准金额（万元）", "起始年次", "终止年次", "间隔年数", "年增长率")
    sheets = [
        ("项目", ("项目编号", "项目名称", "使用期限（年）"), [("A", "甲", 5), ("B", "乙", None)]),
        ("费用测算", head, rows),
        ("费用", ("项目编号", "方式", "费用项", "年次", "申报金额（万元）"), costs),
    ]
    return write_atomically(tmp_path / "测算.xlsx", workbook(sheets))


def test_a_workbook_with_a_plan_is_read(tmp_path):
    facts = read(book(tmp_path, ("A", "购买服务", "服务费", 9.000003, 1, None, None, "5%"))).facts
    assert lines(facts)[:2] == [("服务费", 1, 90_000_03), ("服务费", 2, 94_500_03)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("A", "购买服务", None, 9, 1, None, None, None), "缺费用项，这一行没有展开"),
        (("B", "购买服务", "服务费", 9, 1, None, None, None), "没有写终止年次，项目的使用期限也未填"),
        (("A", "购买服务", "服务费", 9, 3, 2, None, None), "起始年次 3 和终止年次 2 应由小到大"),
        (("A", "购买服务", "服务费", 9, 1, 999, None, None), "在 0 到 100 之间"),
        (("A", "购买服务", "服务费", 9, 1, 2, 0, None), "间隔年数和合同年限应不少于 1 年"),
        (("A", "自行建设", "软件开发费", 9, 0, 0, None, None), "“费用”表已写了自行建设的逐年金额"),
        (("A", "购买服务", "服务费", 900_000_000, 1, 5, None, "100%"), "展开后的金额过大"),
    ],
)
def test_a_plan_that_cannot_be_laid_out_is_told_with_its_place(tmp_path, row, message):
    path = book(tmp_path, row, costs=[("A", "自行建设", "软件开发费", 0, 30)])
    told = [p for p in read(path).problems if p.code.startswith("plan_")]
    assert [message in p.message for p in told] == [True]
    assert told[0].row == 2


def test_typical_items_fall_under_their_head_of_cost_and_can_be_laid_out():
    from zwxm_core.portfolio.planned import typical_items
    from zwxm_core.rulesets import load_ruleset

    terms = load_ruleset().terms()
    known = {
        "service_items": terms.service_items,
        "om_items": terms.om_items,
        "end_cost_items": terms.end_cost_items,
    }
    rows = [{"project": "A", "amount": 100_000_00, **row} for row in typical_items(life=6)]
    facts = planned(*rows)
    flows = cash_flows(facts, 0, count_end_costs=True, **known)
    assert {(f.mode, f.item) for f in flows if f.item != "残值"} == {(r["mode"], r["item"]) for r in rows}
    heads = {(f.mode, f.item): f.head for f in flows}
    assert heads["购买服务", "服务费"] == "服务费"
    assert heads["自行建设", "运维费"] == "运维费"
    for mode in ("自行建设", "购买服务"):
        assert {heads[mode, item] for item in ("迁移费", "退出费", "数据返还费")} == {"期末费用"}
    assert compare(facts, 0, rate=0.06, **known)["saving"] is not None


def test_every_default_of_a_typical_item_has_a_source_or_is_marked():
    from zwxm_core.portfolio.planned import typical_items

    for row in typical_items():
        assert row["source"].strip(), row["item"]
        for name in ("growth", "renewal_change", "bias"):
            if name in row:
                assert "假设" in row["source"] or "《" in row["source"], row["item"]
