"""第八章 安全管理: security kept in step and tested (49), trusted products (50)."""

from __future__ import annotations

import numpy as np

from zwxm_core.conditions import Condition, all_of, any_of, given, is_false, is_true, on_row
from zwxm_core.facts import Column, Rows
from zwxm_core.periods import months_after_days
from zwxm_core.rules.answer import ALWAYS, FROM_CONSTRUCTION, Answer, Notice, Rule, Step, always
from zwxm_core.rules.chapter4_acceptance import goes_on, only_once
from zwxm_core.rules.due import come, go_live, not_a_line_lease, now
from zwxm_core.rules.sheet_rows import row_index

# 第四十九条 ------------------------------------------------------------------------------


def security_duty(f, p) -> list[Answer]:
    """49.1 Security and cryptography planned, built and run in step (同步规划、建设、运行),
    with rules, and tested regularly (定期检测和评估).

    Asked of the latest assessment of the project. The text names no cycle: a test counts as
    regular by the cycles of the rule set, on the day of the assessment; before the system
    runs none is due.
    """
    rows, last = Rows(f, f.security), _latest(f)
    live = go_live(f).take(f.security.parent)
    parts = (
        is_true("security_compliant", "网络安全符合要求", rows.security_compliant),
        is_true("crypto_compliant", "密码应用符合要求", rows.crypto_compliant),
        is_true("rules_in_place", "已建立网络安全、数据安全制度", rows.rules_in_place),
        is_true("same_pace", "网络安全和密码保障同步规划、建设、运行", rows.same_pace),
        _tested("level_test", "定期等级保护测评", rows, live, rows.level_test_on, p.level_test_cycle, "level_test_cycle"),
        _tested("crypto_test", "定期密码应用安全性评估", rows, live, rows.crypto_test_on, p.crypto_test_cycle, "crypto_test_cycle"),
    )  # fmt: skip
    body = all_of(
        "security", "落实网络安全和密码保障要求", _assessed(f), *(on_row(part, last) for part in parts)
    )
    text = "“定期”没有写明周期：等级保护测评、密码应用安全性评估的周期须按系统的等级在规则集中设定"
    unset = np.full(f.n, p.level_test_cycle is None or p.crypto_test_cycle is None)
    past = Notice(
        "test_cycle_past", _past_cycle(rows, last, p),
        "是否在周期内按认定日计；至评估日，最近一次等级保护测评或密码应用安全性评估已过规则集设定的周期，请核实其后有无新的测评",
    )  # fmt: skip
    return [Answer(goes_on(f, p), body, notices=(Notice("test_cycles", unset, text), past))]


def _past_cycle(rows: Rows, last: np.ndarray, p) -> np.ndarray:
    """A test of the latest assessment, in its cycle on that day, is past it on the day of assessment (今天)."""
    past, live = np.zeros(len(last), bool), come(p, rows.go_live)
    has = last >= 0
    for test, cycle in ((rows.level_test_on, p.level_test_cycle), (rows.crypto_test_on, p.crypto_test_cycle)):
        if cycle is not None:
            until = months_after_days(test.values, cycle)
            old = come(p, test) & live & (until < now(p)) & (rows.as_of.values <= until)
            past[has] |= old[last[has]]
    return past


def security_supervision(f, p) -> list[Answer]:
    """49.2 Who supervises security and cryptography (安全监管、密码应用监管)."""
    steps = (
        Step("网络安全监管", "市委网信办、市国家保密局、市公安局、市数字经济局", "安全监管，网络安全审查的指导监督"),
        Step("密码应用监管", "市密码管理局", "密码应用的安全监管和指导监督"),
    )  # fmt: skip
    body = always("supervised", "接受网络安全和密码应用监管", f.n)
    return [Answer(always("project", "政务信息化项目", f.n), body, steps=steps)]


def _latest(f) -> np.ndarray:
    """Row of the latest security assessment of each project (安全); -1 where none is known to be.

    Shape (n,). Of several the dates decide; while one of them is missing, none is the latest.
    """
    s = f.security
    index = np.full(f.n, -1, np.int64)
    count = np.bincount(s.parent, minlength=f.n)
    dated = s.as_of.known & ~np.isnat(s.as_of.values)
    order = np.lexsort((s.as_of.values.astype("datetime64[D]").astype(np.int64), s.parent))
    index[s.parent[order]] = order
    index[s.parent[~dated & (count[s.parent] > 1)]] = -1
    return index


def _assessed(f) -> Condition:
    """There is a latest assessment to speak of."""
    has = _latest(f) >= 0
    some = np.bincount(f.security.parent, minlength=f.n) > 0
    return given(
        "assessed", "有安全认定", has, np.zeros(f.n, bool), (("security", None, "as_of"),),
        lambda row: "" if has[row] else "安全认定的日期不全，哪次最近待核" if some[row] else "未列安全认定",
    )  # fmt: skip


def _tested(
    id: str, text: str, rows: Rows, live: Column, test: Column, cycle: int | None, name: str
) -> Condition:
    """On the day of the assessment the last test was no older than the cycle, or none was due."""
    day = rows.as_of
    dated, tested = (c.known & ~np.isnat(c.values) for c in (day, test))
    not_due = live.known & (np.isnat(live.values) | (dated & (day.values < live.values)))
    running = live.known & ~np.isnat(live.values) & dated & ~not_due
    never = test.known & ~tested
    fresh = stale = np.zeros(len(test), bool)
    if cycle is not None:
        until = months_after_days(test.values, cycle)
        fresh, stale = tested & dated & (day.values <= until), tested & dated & (day.values > until)
    yes, no = not_due | fresh, running & (never | stale)

    def says(row: int) -> str:
        if not_due[row]:
            return "系统尚未投入运行，定期测评未到"
        limit = "周期未设定" if cycle is None else f"规则集设定的周期 {cycle} 个月"
        told = "，".join(f"{c.label}：{c.told(row)}" for c in (test, day))
        return f"{told}，{limit}，{'在周期内' if yes[row] else '已超过周期' if no[row] and not never[row] else '未测评' if no[row] else '是否定期待核'}"

    missing = () if cycle is not None else (("ruleset", None, name),)
    return Condition(id, "leaf", text, yes, no, facts=(test, day, live), says=says, missing=missing)


# 第五十条 --------------------------------------------------------------------------------


def trusted_products(f, p) -> list[Answer]:
    """50.1 Trusted hardware and software (安全可靠软硬件), explained by the time of the approval; at
    acceptance (by the unit where it is a purchase, else by the bureau) the energy efficiency of
    hardware and new data centres is looked at. A lease of lines has no such products.
    """
    rows, last = Rows(f, f.security), _latest(f)
    explained = is_true("explained", "报批时已说明安全可靠情况", rows.trusted_products_explained)
    energy = is_true("energy_efficiency", "已核能源利用效率", rows.energy_efficiency)
    by_unit = rows.mode.is_known("购买服务")
    body = all_of(
        "trusted", "采用安全可靠的软硬件并经说明、核查", _assessed(f),
        on_row(is_true("trusted_products", "采用安全可靠软硬件", rows.trusted_products), last),
        on_row(only_once(come(p, rows.approved_on), explained, "（尚未批复，报批前补充说明）"), last),
        any_of(
            "energy", "验收已核能源利用效率（有硬件或新建数据中心的）",
            _none_to_look_at(f, last >= 0), _no_hardware(f),
            on_row(only_once(by_unit, energy, "，由市数字经济局验收时核查"), last),
        ),
    )  # fmt: skip
    return [Answer(not_a_line_lease(f), body)]


def _none_to_look_at(f, assessed: np.ndarray) -> Condition:
    """There was no acceptance yet; without an assessment that alone is asked for."""
    on = f.acceptance_on
    yes = (on.known & np.isnat(on.values)) | ~assessed
    return Condition(
        "not_accepted", "leaf", "尚未验收", yes, on.known & ~yes, facts=(on,),
        says=lambda row: f"{on.label}：{on.told(row)}" if assessed[row] else "",
    )  # fmt: skip


def _no_hardware(f) -> Condition:
    rows, row = Rows(f, f.integration), row_index(f.integration, f.n)
    return all_of(
        "no_hardware", "没有新增硬件，也不新建数据中心",
        on_row(is_false("no_servers", "没有新增硬件", rows.hardware), row),
        on_row(is_false("no_server_room", "不新建扩建机房、数据中心", rows.server_room), row),
    )  # fmt: skip


RULES = {
    "49.1": Rule(security_duty, None, FROM_CONSTRUCTION),
    "49.2": Rule(security_supervision, None, ALWAYS),
    "50.1": Rule(trusted_products, None, ALWAYS),
}
