"""Tables of costs: cuts (核减), building against buying, cash flows. Money comes in 分, shown in 万元."""

from __future__ import annotations

from zwxm_core.assumptions import PARTS, Assumptions
from zwxm_core.economics import BUILD, PURCHASE, TIMING
from zwxm_core.economics.reductions import added
from zwxm_core.money import wan_float_text, wan_text
from zwxm_core.tables import NOT_GIVEN, Html, bullets, paragraph, percent, small, table, text, wan


def reductions(cuts: dict) -> Html:
    """The tables of cuts (核减表), 万元, one a mode: the lines of each item with their sum, then of them all."""
    if not cuts["lines"]:
        return paragraph("核减表：未提供费用明细。", "none")

    def row(one, total: bool = False):
        name = Html(f"<strong>{text(one.item).markup}</strong>") if total else one.item
        amounts = [wan(one.claimed), wan(one.assessed), wan(one.cut), percent(one.ratio)]
        year = "" if total else one.year
        return (name, year, *amounts, one.reason or ("" if total or not one.cut else NOT_GIVEN))

    heads, shown = ("费用项", "年次", "申报", "审定", "核减", "核减率", "核减理由"), Html("")
    for total in cuts["modes"]:
        rows = []
        for item in (one for one in cuts["items"] if one.mode == total.mode):
            mine = [line for line in cuts["lines"] if (line.mode, line.item) == (item.mode, item.item)]
            rows += [row(line) for line in mine]
            if len(mine) > 1:
                rows.append(row(item._replace(item=f"{item.item}小计"), total=True))
        rows.append(row(total, total=True))
        caption = f"核减表：{total.mode or '方式未提供'}（万元；审定未填的按申报计）"
        shown += table(heads, rows, numbers=(1, 2, 3, 4, 5), caption=caption)
    return shown


def comparison(compared: dict, rate_source: str | None = None) -> Html:
    """Building against buying: totals, saving, flip threshold, present values, break-even fee."""
    timing = TIMING[compared["assumptions"]["timing"]]
    rate = compared["assumptions"]["rate"]
    how = "" if rate is None else f"（折现率 {rate:.2%}，按{timing}发生折现，第 0 年不折现）"
    bounds = compared["bounds"]
    crossed = compared["crossover_year"]
    known = compared["saving"] is not None
    rows = [
        ("自行建设：建设加运维总额", _amount(compared["build_total"], bounds["build_total"])),
        ("购买服务：服务费预算总额", _amount(compared["service_total"], bounds["service_total"])),
        ("节约额（自建 − 购买）", _amount(compared["saving"])),
        ("节约率", percent(compared["saving_ratio"])),
        (
            "翻转阈值（“明显小于”的下限不高于它时满足）",
            percent(compared["flip_threshold"]) or ("购买不节约，任何下限都不满足" if known else None),
        ),
        (f"{compared['finding']['cite']}“明显小于”", compared["finding"]["outcome"]),
        ("盈亏平衡年服务费（两种方式总额相等）", _amount(compared["break_even_fee"])),
        (
            "累计成本交叉年",
            f"第 {crossed} 年起购买更贵" if crossed is not None else "使用期限内不交叉" if known else None,
        ),
        (f"现值：自行建设{how}", _yuan_float(compared["npv_build"])),
        (f"现值：购买服务{how}", _yuan_float(compared["npv_purchase"])),
        ("年均等额成本：自行建设", _yuan_float(compared["eac_build"], "/年")),
        ("年均等额成本：购买服务", _yuan_float(compared["eac_purchase"], "/年")),
    ]
    shown = table(("指标", "数值"), rows, numbers=(1,), caption="自建与购买比较")
    if (lives := compared["lives"]) is not None:
        shown += small(_lives(lives))
    if rate_source and rate is not None:
        shown += small(f"折现率来源：{rate_source}")
    return shown


def _lives(lives: dict) -> str:
    """Over which years both ways are compared, and the renewals in them."""
    told = f"两种方式同按使用期限 {lives['service_life']} 年比较"
    if lives["renewals"]:
        told += (
            f"，服务合同 {lives['contract_years']} 年一期，第 {'、'.join(map(str, lives['renewals']))} 年续约"
        )
    if lives["common_life"] not in (None, lives["service_life"]):
        told += (
            f"；末期合同不满一期（满期的共同年数为 {lives['common_life']} 年），寿命不同的影响看年均等额成本"
        )
    return f"{told}。"


def _amount(fen: int | None, bounds: list | None = None) -> str | None:
    if fen is not None:
        return f"{wan_text(fen)} 万元"
    if bounds and bounds[0] is not None:
        return f"至少 {wan_text(bounds[0])} 万元（未完全提供）"
    return None


def _yuan_float(yuan: float | None, per: str = "") -> str | None:
    return None if yuan is None else f"{wan_float_text(yuan)} 万元{per}"


def cash_flows(compared: dict) -> Html:
    """The cash flows of each mode by item over the years, 万元, and what is not counted and why."""
    flows = compared["cash_flows"]
    counted = [flow for flow in flows if flow["counted"] and flow["year"] is not None]
    years = sorted({flow["year"] for flow in counted})
    lines: dict[tuple[str, str], dict[int, int | None]] = {}
    for flow in counted:
        line = lines.setdefault((flow["mode"], flow["item"]), {})
        before = line.get(flow["year"], 0)
        line[flow["year"]] = added([before, flow["amount"]])
    heads, shown = ("费用项", *years), Html("")
    for mode in (BUILD, PURCHASE):
        mine = {item: line for (m, item), line in lines.items() if m == mode}
        if not mine:
            continue
        rows: list[tuple[object, ...]] = [
            (item, *(_cell(line, y) for y in years)) for item, line in mine.items()
        ]
        if len(mine) > 1:
            sums = [added(line.get(y, 0) for line in mine.values()) for y in years]
            rows.append((Html("<strong>合计</strong>"), *(wan(s) for s in sums)))
        caption = f"现金流量表：{mode}（万元；各列为年次，第 0 年为投入使用前）"
        shown += table(heads, rows, range(1, len(heads)), caption=caption, kind="years")
    out: dict[tuple[str, str, str], list[dict]] = {}
    for flow in flows:
        if flow not in counted:
            why = flow["note"] or "年次未填"
            out.setdefault((flow["mode"], flow["item"], why), []).append(flow)
    if out:
        told = [
            f"{mode} {item}，{why}：{_amount(added(f['amount'] for f in group)) or '金额' + NOT_GIVEN}。"
            for (mode, item, why), group in out.items()
        ]
        shown += paragraph("未计入比较的金额：") + bullets(told)
    return shown


def _cell(line: dict, year: int) -> str | None:
    return wan(line[year]) if year in line else ""


def value_added_tax(rows: list[dict]) -> Html:
    """Amounts by item with the value-added tax within them shown apart (价税分离), 万元."""
    if not rows:
        return paragraph("价税分离：没有计入比较的费用。", "none")
    shown: list[tuple[object, ...]] = []
    for mode in (BUILD, PURCHASE):
        mine = [row for row in rows if row["mode"] == mode]
        for row in mine:
            rate = None if row["rate"] is None else f"{row['rate'] * 100:.4g}%"
            shown.append((mode, row["item"], rate, *(wan(row[key]) for key in ("gross", "price", "tax"))))
        if len(mine) > 1:
            sums = (wan(added(row[key] for row in mine)) for key in ("gross", "price", "tax"))
            shown.append((mode, Html("<strong>合计</strong>"), "", *sums))
    heads = ("方式", "费用项", "税率", "含税", "不含税", "其中增值税")
    told = table(heads, shown, (2, 3, 4, 5), caption="价税分离（万元，使用期限内计入比较的金额）")
    return told + small("金额均为含税价，条文比较的也是含税总额；税率和归类见假设表，须按合同和发票核对。")


def sharing(shared: dict | None) -> Html:
    """What each party bears of every year and fund (市县分摊), 万元."""
    if shared is None:
        return paragraph("市县分摊：没有填写分摊权重。", "none")
    told = Html("")
    for pool in shared["pools"]:
        rows: list[tuple[object, ...]] = [
            (f"第 {row['year']} 年", row["fund"], wan(row["amount"]), *map(wan, row["parts"]))
            for row in pool["rows"]
        ]
        rows.append((Html("<strong>合计</strong>"), "", wan(pool["total"]), *map(wan, pool["parts"])))
        heads = (
            "年次",
            "经费渠道",
            "金额",
            *(f"{p}（权重 {w}）" for p, w in zip(pool["parties"], pool["weights"], strict=True)),
        )
        told += table(
            heads, rows, range(2, len(heads)), caption=f"{pool['pool']}的逐年分摊（万元）", kind="years"
        )
        if pool["stated"] != pool["total"]:
            told += small(f"费用行合计与所填分摊总额（{wan_text(pool['stated'])} 万元）不一致，请核对。")
        if not pool["settled"]:
            told += small("余下的分归谁，按口径须有次序或市级承担方，尚未填齐。")
    for one in shared["left_out"]:
        told += paragraph(f"分摊项“{one['pool']}”：{one['why']}。", "none")
    return told


def assumptions(assumed: Assumptions, parts: tuple[str, ...] = tuple(PARTS)) -> Html:
    """What the parts of an analysis assume, each with its source or marked 假设."""
    rows = [
        (PARTS[one.part], one.about, one.value, one.source) for one in assumed.listed if one.part in parts
    ]
    caption = "价税分离的假设" if parts == ("vat",) else "敏感性分析、模拟和价税分离的假设"
    return table(("用处", "因素", "取值", "来源"), rows, caption=caption)
