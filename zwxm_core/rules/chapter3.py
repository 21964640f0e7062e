"""第三章 规划和审批管理: documents of a self-built project (18) and of a purchase (19).

What comes before stands in `chapter3_filing` (14–17), what follows in `chapter3_approval` (20–25).
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable
from fractions import Fraction

import numpy as np

from zwxm_core.conditions import (
    Cell,
    Condition,
    all_of,
    any_of,
    at_least,
    at_most,
    below,
    given,
    is_false,
    is_one_of,
    is_true,
)  # fmt: skip
from zwxm_core.economics.costs import BUILD, PURCHASE, lines_of
from zwxm_core.economics.totals import build_total, discounted_totals, service_total
from zwxm_core.facts import Bounds, Column, Facts
from zwxm_core.money import percent_beside, percent_text, yuan_text
from zwxm_core.rules.answer import BEFORE_CONSTRUCTION, Answer, Notice, Rule
from zwxm_core.rules.due import approved_as_project
from zwxm_core.rules.materials import materials


def approval_date(f) -> Column:
    """The event of chapter 3: the approval (批复日)."""
    return f.approved_on


def with_split_totals(f: Facts) -> Facts:
    """Add what all self-built projects of one unit on one original project (同一单位、同一原项目)
    come to: ``split_total``, 分, ``split_members`` and ``split_others``, the ids of the others by
    whether their total is filled in. A project that hangs on none stands alone.

    Needs the whole portfolio, so it runs once before the facts are cut into chunks.
    """
    columns = f.projects.columns
    if "split_total" in columns:
        return f
    own, unit, parent, mode = (columns[k] for k in ("total_investment", "unit", "parent", "mode"))
    total, known, members = own.values.copy(), own.known.copy(), np.ones(f.n, np.int64)
    others: dict[int, list[tuple[str, bool]]] = {}
    self_built = mode.is_known("自行建设")
    groups: dict[tuple, list[int]] = {}
    for row in np.flatnonzero(self_built & unit.known & parent.known & (parent.values != "无")).tolist():
        groups.setdefault((unit.values[row], parent.values[row]), []).append(row)
    for rows in groups.values():
        total[rows], known[rows], members[rows] = own.values[rows].sum(), own.known[rows].all(), len(rows)
        members_of = [(row, (str(f.ids[row]), bool(own.known[row]))) for row in rows]
        others.update((row, [m for k, m in members_of if k != row]) for row in rows)
    named = np.empty(f.n, object)
    for row, ids in others.items():
        named[row] = ids
    yes = np.ones(f.n, bool)
    added = (
        Column("split_total", "同一原项目各项目总投资合计", "derived", "money", total, known),
        Column("split_members", "同一原项目的项目数", "derived", "int", members, yes),
        Column("split_others", "同一原项目的其他项目", "derived", "text", named, yes),
    )
    f.projects.columns = ChainMap({column.name: column for column in added}, columns)  # type: ignore[arg-type]
    return f


# 第十八条 --------------------------------------------------------------------------------


def feasibility_and_design(f, p) -> list[Answer]:
    """18.1 Self-built: feasibility report and preliminary design, each with the chapter on
    integration and sharing; a merged plan will do where 18.2 allows it.
    """
    two_documents = all_of(
        "two_documents", "编报可研报告和初步设计，并含整合、集约、共享专篇",
        is_one_of("path_two_documents", "编报方式为可研和初设", f.approval_path, "可研和初设"),
        is_true("integration_chapter", "可研和初设都有系统整合、集约化、信息共享专篇", f.integration_chapter),
        premise=True,
    )  # fmt: skip
    merged = all_of(
        "merged_plan", "依第十八条第二款合并编报实施方案",
        is_one_of("path_one_plan", "编报方式为实施方案", f.approval_path, "实施方案"),
        may_merge(f, p), premise=True,
    )  # fmt: skip
    return [Answer(_self_built(f, p), any_of("documents", "按基本建设程序编报", two_documents, merged))]


def merged_plan(f, p) -> list[Answer]:
    """18.2 May merge both documents into one implementation plan (合并编报实施方案)."""
    return [Answer(_self_built(f, p), may_merge(f, p))]


def superior_directive(f, p) -> list[Answer]:
    """18.2.1 A party committee or government above asks for it (上级明确要求)."""
    directive = is_true("directive", "上级党委政府有明确要求", f.directive_required)
    object_ = {"to_build": "按“要求的是建设该项目”理解", "to_merge": "按“要求的是合并编报”理解"}
    form = {
        "document": "要求须有文件，依据一栏应填文号",
        "oral_too": "口头要求也算，依据一栏应写明何人何时提出",
    }
    told = f"{object_[p.directive_object]}；{form[p.directive_form]}"
    return [
        Answer(
            _self_built(f, p), _directive(f, p), notices=(Notice("directive_reading", directive.yes, told),)
        )
    ]


def special_and_urgent(f, p) -> list[Answer]:
    """18.2.2 A special cause such as national security, and urgent (特殊原因且紧急)."""
    return [Answer(_self_built(f, p), _special(f, p))]


def small_total(f, p) -> list[Answer]:
    """18.2.3 Total investment within the merge limit, the limit included (500 万元)."""
    own, together = _within_limit(f, p)
    asked = p.split_projects == "undecided"
    notice = Notice(
        "split_projects", _grouped_over(f, own, together) & asked,
        "同一单位、同一原项目另有项目，合计超过合并编报上限；是否属拆分、应否合并计算，条文未定，须由审批机关认定",
    )  # fmt: skip
    return [Answer(_self_built(f, p), _small(f, p), notices=(notice,))]


def _self_built(f, p) -> Condition:
    mode = is_one_of("self_built", "自行建设项目", f.mode, "自行建设")
    return all_of("self_built", mode.text, mode, approved_as_project(f, p))


def may_merge(f, p) -> Condition:
    """What 18.2 asks for: adequate preparation and one of its three situations."""
    return all_of(
        "may_merge", "可以合并编报实施方案",
        is_true("depth_adequate", "前期工作深度达到规定要求", f.depth_adequate),
        any_of("merge_ground", "符合第十八条第二款所列情形之一", _directive(f, p), _special(f, p), _small(f, p)),
    )  # fmt: skip


def _directive(f, p) -> Condition:
    directive = is_true("directive", "上级党委政府有明确要求", f.directive_required)
    if p.directive_object == "to_build":
        return directive
    nothing = np.zeros(f.n, bool)
    missing = (("ruleset", None, "directive_object"),)
    of_merging = given(
        "directive_to_merge",
        "明确要求的是合并编报",
        nothing,
        nothing,
        missing,
        lambda row: "是否要求合并编报：待核",
    )
    return all_of("directive_object", "上级明确要求合并编报", directive, of_merging)


def _special(f, p) -> Condition:
    cause = is_true("special_cause", "涉及国家安全等特殊原因", f.special_cause)
    if p.special_and_urgent == "special_cause_suffices":
        return cause
    return all_of(
        "special_and_urgent", "有特殊原因且情况紧急", cause, is_true("urgent", "情况紧急", f.urgent)
    )


def _investment(f, p) -> Column:
    if p.total_investment_stage == "budget":
        return f.approved_budget
    if p.total_investment_share == "city_part":
        return f.city_investment
    return f.total_investment


def _within_limit(f, p) -> tuple[Condition, Condition]:
    own = at_most("within_merge_limit", "总投资不超过合并编报上限", _investment(f, p), p.merge_limit)
    total, others = f.split_total, f.split_others

    def cells(row: int) -> list[Cell]:
        return [
            ("projects", id_, "total_investment") for id_, filled in others.values[row] or () if not filled
        ]

    sums = Bounds(
        total.name, total.label, total.values, total.known, total.values, total.known, open_cells=cells
    )
    label = "同一原项目各项目合计不超过上限"
    return own, at_most("group_within_limit", label, sums, p.merge_limit)


def _small(f, p) -> Condition:
    own, together = _within_limit(f, p)
    if p.split_projects == "each":
        return own
    if p.split_projects == "added_up":
        return all_of("small_total", "总投资不超过上限（合并计算）", own, together)
    over = _grouped_over(f, own, together)
    total, others = f.split_total, f.split_others

    def says(row: int) -> str:
        if not over[row]:
            return ""
        sum_ = f"{yuan_text(total.values[row])} 元" if total.known[row] else "未全部提供"
        ids = "、".join(id_ for id_, _ in others.values[row])
        return f"同一单位同一原项目另有 {ids}，总投资合计 {sum_}，是否属拆分待核"

    missing = (("ruleset", None, "split_projects"),)
    undecided = given("not_split", "不属拆分项目", ~over, np.zeros(f.n, bool), missing, says)
    return all_of("small_total", "总投资不超过上限", own, undecided)


def _grouped_over(f, own: Condition, together: Condition) -> np.ndarray:
    return own.yes & ~together.yes & (f.split_members.values > 1)


# 第十九条 --------------------------------------------------------------------------------


def service_requirements(f, p) -> list[Answer]:
    """19.1 Purchase: a service-requirements plan (服务需求方案) with its contents, and all
    four conditions of 19.1.1–19.1.4.
    """
    items = materials(f, p, "19.1", p.plan_items, f.appraised_on, f.approved_on)
    body = all_of(
        "purchase", "服务需求方案齐备且四项条件都满足",
        all_of("plan", "服务需求方案内容齐备", *items),
        _not_goods_or_works(f), _clearly_cheaper(f, p), _several_providers(f, p), _keeps_secrecy(f),
    )  # fmt: skip
    return [Answer(_purchase(f, p), body, items=items)]


def not_goods_or_works(f, p) -> list[Answer]:
    """19.1.1 Neither goods or works by procurement law, nor works bundled with services."""
    return [Answer(_purchase(f, p), _not_goods_or_works(f))]


def clearly_cheaper(f, p) -> list[Answer]:
    """19.1.2 Fees over the service life clearly less than building and operating (明显小于).

    The text gives no number: without a threshold in the rule set, a purchase that is not
    cheaper fails and a cheaper one stays open.
    """
    contract, life = f.contract_years, f.service_life
    short = contract.known & life.known & (contract.values < life.values) & ~_priced_by_lines(f, PURCHASE)
    text = "合同年限短于使用期限，合同期满后各年的服务费按同一年服务费计"
    notice = Notice("renewal_at_same_fee", short, text)
    return [Answer(_purchase(f, p), _clearly_cheaper(f, p), notices=(notice,))]


def several_providers(f, p) -> list[Answer]:
    """19.1.3 Several potential providers to choose from (多家潜在服务商)."""
    condition = _several_providers(f, p)
    count = f.potential_providers
    few = count.known & condition.yes & (count.values < p.few_providers)
    text = f"潜在服务商不足 {p.few_providers} 家，竞争性采购方式可能不成立"
    return [Answer(_purchase(f, p), condition, notices=(Notice("few_providers", few, text),))]


def keeps_secrecy(f, p) -> list[Answer]:
    """19.1.4 Does not breach the State's security and secrecy requirements (安全保密)."""
    return [Answer(_purchase(f, p), _keeps_secrecy(f))]


def _purchase(f, p) -> Condition:
    mode = is_one_of("purchase_mode", "购买服务项目", f.mode, "购买服务")
    return all_of("purchase_mode", mode.text, mode, approved_as_project(f, p))


def _not_goods_or_works(f) -> Condition:
    return is_false("not_goods_or_works", "不属货物、工程，也不打包工程和服务", f.goods_works_or_bundled)


def treatment(p) -> dict:
    """How cost lines count under the conventions in force (`zwxm_core.economics.costs.Treatment`)."""
    return {
        "service_items": p.service_items,
        "om_items": p.om_items,
        "end_cost_items": p.end_cost_items,
        "om_in_warranty": p.om_in_warranty == "included",
        "count_end_costs": p.purchase_end_costs == "counted",
    }


def purchase_totals(f, p) -> tuple[Bounds, Bounds]:
    """The two sums 19.1.2 compares: fees of purchase, and building plus operating (分).

    Nominal sums are exact. Under the discounted reading both are present values, rounded
    to the 分 before they are compared.
    """
    service, build = service_total(f, **treatment(p)), build_total(f, **treatment(p))
    if p.purchase_discounting == "nominal":
        return service, build
    present = discounted_totals(f, float(p.discount_rate), **treatment(p))
    return _rounded(service, *present[PURCHASE]), _rounded(build, *present[BUILD])


def _rounded(nominal: Bounds, value: np.ndarray, known: np.ndarray) -> Bounds:
    fen = np.rint(np.where(known, value, 0) * 100).astype(np.int64)
    label = f"{nominal.label}（折现值）"
    return Bounds(nominal.name, label, fen, known, fen, known, nominal.open_cells)


def _clearly_cheaper(f, p) -> Condition:
    service, build = purchase_totals(f, p)
    cheaper = below("cheaper", "服务费预算总额小于自建建设运维总额", service, build)
    if p.purchase_clearly_less is None:
        nothing = np.zeros(f.n, bool)
        threshold = given(
            "clearly_less", "明显小于（节约率达到下限）", nothing, nothing,
            (("ruleset", None, "purchase_clearly_less"),), lambda row: saving_text(service, build, row, None),
        )  # fmt: skip
    else:
        share = 1 - p.purchase_clearly_less
        threshold = at_most("clearly_less", "明显小于：节约率达到下限", service, build, share)
        threshold.says = lambda row: saving_text(service, build, row, p.purchase_clearly_less)
    told, compared, made_up = threshold.says, cheaper.says or str, make_up(f, p)
    cheaper.says = lambda row: (
        compared(row) + (made_up(row) if service.known[row] and build.known[row] else "")
    )
    threshold.says = lambda row: "；".join(
        [*(cheaper.sentences(row) if cheaper.yes[row] and not threshold.yes[row] else []), told(row)]
    )
    return all_of("clearly_cheaper", "服务费总额明显小于自建总额", cheaper, threshold)


def _priced_by_lines(f, mode: str) -> np.ndarray:
    """Where the sheet 费用 prices a mode, so that the short form of the project does not."""
    priced = np.zeros(f.n, bool)
    priced[f.costs.parent[lines_of(f, mode)]] = True
    return priced


def make_up(f, p) -> Callable[[int], str]:
    """What the sums of 19.1.2 are made of (总额的构成), where the short form gives them; a part that
    is not known is not told, nor anything of a sum that is priced line by line or discounted.
    """
    fee, build, om, life, warranty = (
        f.projects.columns[name]
        for name in ("annual_service_fee", "build_cost", "annual_om_cost", "service_life", "warranty_years")
    )
    by_lines = {mode: _priced_by_lines(f, mode) for mode in (PURCHASE, BUILD)}

    def says(row: int) -> str:
        years, warranted = life.at(row), 0 if p.om_in_warranty == "included" else warranty.at(row)
        if years is None or p.purchase_discounting != "nominal":
            return ""
        parts = []
        if fee.known[row] and not by_lines[PURCHASE][row]:
            parts.append(f"服务费：年服务费 {yuan_text(fee.at(row))} 元×{years} 年")
        if build.known[row] and om.known[row] and warranted is not None and not by_lines[BUILD][row]:
            each = f"年运维费 {yuan_text(om.at(row))} 元×{max(years - warranted, 0)} 年"
            parts.append(
                f"自建：建设费 {yuan_text(build.at(row))} 元＋{each}" + ("，维保期除外" if warranted else "")
            )
        return f"（{'；'.join(parts)}）" if parts else ""

    return says


def saving_text(service: Bounds, build: Bounds, row: int, floor: Fraction | None) -> str:
    """The saving of one project in words, beside the floor it has to reach."""
    bought, built = service.at(row), build.at(row)
    told = "节约率下限未设定" if floor is None else f"节约率下限 {percent_text(floor)}"
    if bought is None or built is None or built <= 0:
        return f"节约率算不出（两项总额未全部提供），{told}"
    if bought >= built:
        return f"购买比自建多支出 {yuan_text(bought - built)} 元，没有节约"
    ratio = Fraction(built - bought, built)
    text = f"节约 {yuan_text(built - bought)} 元，节约率{_spaced(percent_beside(ratio, floor) if floor is not None else percent_text(ratio))}"
    if floor is None:
        return f"{text}，{told}：下限不高于该节约率时满足，高于时不满足"
    ceiling = built * (floor.denominator - floor.numerator) // floor.denominator
    most = f"（服务费总额须不超过 {yuan_text(ceiling)} 元）"
    return f"{text}，{'达到' if ratio >= floor else '未达到'}{told}{most}"


def _spaced(percent: str) -> str:
    return percent if percent.startswith("约") else f" {percent}"


def _several_providers(f, p) -> Condition:
    return at_least("several_providers", "存在多家潜在服务商", f.potential_providers, p.many_providers, "家")


def _keeps_secrecy(f) -> Condition:
    return is_false("keeps_secrecy", "不违反安全保密要求", f.violates_secrecy)


RULES = {
    "18.1": Rule(feasibility_and_design, approval_date, BEFORE_CONSTRUCTION),
    "18.2": Rule(merged_plan, approval_date, BEFORE_CONSTRUCTION),
    "18.2.1": Rule(superior_directive, approval_date, BEFORE_CONSTRUCTION),
    "18.2.2": Rule(special_and_urgent, approval_date, BEFORE_CONSTRUCTION),
    "18.2.3": Rule(small_total, approval_date, BEFORE_CONSTRUCTION),
    "19.1": Rule(service_requirements, approval_date, BEFORE_CONSTRUCTION),
    "19.1.1": Rule(not_goods_or_works, approval_date, BEFORE_CONSTRUCTION),
    "19.1.2": Rule(clearly_cheaper, approval_date, BEFORE_CONSTRUCTION),
    "19.1.3": Rule(several_providers, approval_date, BEFORE_CONSTRUCTION),
    "19.1.4": Rule(keeps_secrecy, approval_date, BEFORE_CONSTRUCTION),
}
