"""第八条第二句: the ten kinds of project not to be approved in principle (负面清单), and the
exception by statute (8.2).

Whether a kind is hit is computed from the sheet 整合; the sheet 负面清单 is its short form, and
holds the grounds of exception. Facts and a judgement that contradict each other decide nothing.
"""

from __future__ import annotations

from collections import ChainMap
from dataclasses import replace
from functools import partial

import numpy as np

from zwxm_core.conditions import (
    Condition,
    all_of,
    any_of,
    given,
    is_false,
    is_one_of,
    is_true,
    not_,
    on_row,
    some,
)  # fmt: skip
from zwxm_core.facts import Bounds, Facts
from zwxm_core.rules.answer import BEFORE_CONSTRUCTION, Answer, Notice, Rule
from zwxm_core.rules.chapter3 import approval_date
from zwxm_core.rules.chapter4_acceptance import reviewed
from zwxm_core.rules.due import not_a_line_lease
from zwxm_core.rules.exceptions import ban, left_to_judgement
from zwxm_core.rules.sheet_rows import INTEGRATION, NONE, in_short, includes, row_index, with_row

SHARED_KINDS = ("基础设施", "信息资源库", "共性支撑平台")
NO_REVIEW, MISSING, NO_MODE = "无须审核", "未提供", "方式未提供"
REVIEWS = (NO_REVIEW, "合格", "不合格", "未出", MISSING, NO_MODE)
"""What may be known of the bureau's review of an original's acceptance."""

NETWORKS = {"inner_network": "电子政务内网或外网", "as_written": "电子政务区域网络或外网"}


# 第八条第（一）至（十）项 ----------------------------------------------------------------


def own_hardware(f, p) -> list[Answer]:
    """8.1.1 New or larger machine room, data centre or private cloud, or new servers, storage
    and network devices, not classified (非涉密机房、硬件).
    """
    s, read, row = _integration(f)
    hit = any_of(
        "own_hardware", "新建扩建机房、数据中心、私有云，或新增硬件",
        read(is_true("server_room", "新建扩建机房、数据中心、私有云", s.server_room)),
        read(is_true("hardware", "新增服务器、存储、网络等硬件", s.hardware)),
    )  # fmt: skip
    return ban(f, p, "8.1.1", _but_lines(f, row(hit)), _not_classified(f))


def lines_and_endpoints(f, p) -> list[Answer]:
    """8.1.2 Lease of an internet line, or of a private line not merged into the government
    network; endpoint protection outside the unified supervision (线路租赁、终端防护).

    The list of lines has no sign of being complete, so it proves a hit and never its absence.
    """
    s, read, row = _integration(f)
    lines = f.lines
    internet = is_one_of("internet_line", "互联网出口线路租赁", lines.use, "互联网出口")
    private = all_of(
        "private_line", "未整合的专网租赁",
        is_one_of("private_use", "专网租赁", lines.use, "专网"),
        telling_network(p, is_false("not_integrated", f"未整合到{NETWORKS[p.area_network]}", lines.integrated)),
    )  # fmt: skip
    unlisted = left_to_judgement(f, "8.1.2", "清单之外有此类线路租赁", "线路租赁表列不出“没有”")
    endpoint = read(is_true("endpoint", "终端安全防护未纳入外网统一监管", s.endpoint_unsupervised))
    hit = any_of(
        "lines_and_endpoints", "互联网出口、未整合专网的线路租赁，或终端防护未统一监管",
        some("line_hit", "所列线路属互联网出口或未整合专网", any_of("line", "属此类线路", internet, private), lines, f.n),
        row(endpoint), unlisted,
    )  # fmt: skip
    return ban(f, p, "8.1.2", hit)


def off_the_cloud(f, p) -> list[Answer]:
    """8.1.3 New and not on the city's government cloud, or upgraded and not moved there, not
    classified (市级政务云).
    """
    s, read, row = _integration(f)
    hit = all_of(
        "off_the_cloud", "新建未部署、升级改造未迁移到市级政务云",
        _action(f, "新建或升级改造", "新建", "升级改造"),
        read(is_false("not_on_cloud", "未部署或迁移到市级政务云", s.on_gov_cloud)),
    )  # fmt: skip
    return ban(f, p, "8.1.3", row(hit), _not_classified(f))


def common_systems(f, p) -> list[Answer]:
    """8.1.4 New or larger common system (共性系统), portal platform, app, big-data platform or
    enforcement system; by convention “new or larger” governs the whole list.
    """
    s, read, row = _integration(f)
    column = s.common_system
    others = tuple(c for c in column.categories if c not in ("共性系统", NONE))
    verbs = _action(f, "新建或扩建", "新建", "扩建")
    if p.common_system_verbs == "whole_list":
        listed = read(is_one_of("common_system", "属共性系统等各类", column, "共性系统", *others))
        hit = all_of("common_systems", "新建或扩建共性系统等", verbs, listed)
    else:
        first = read(is_one_of("common_system", "属共性系统", column, "共性系统"))
        later = read(is_one_of("named_platform", "属网站支撑平台等后段各类", column, *others))
        first = all_of("new_common_system", "新建或扩建共性系统", verbs, first)
        hit = any_of("common_systems", "新建或扩建共性系统，或属后段各类", first, later)
    return ban(f, p, "8.1.4", row(hit))


def off_the_platforms(f, p) -> list[Answer]:
    """8.1.5 Service projects off the exchange and service platforms, a new office platform, or
    command systems off the city's command platform (服务、协同办公、指挥调度).
    """
    s, read, row = _integration(f)
    both = all_of if p.service_platforms == "missing_both" else any_of
    service = all_of(
        "service_off_platforms", "政务服务、公共服务类未接入平台",
        read(includes("service", "政务服务或公共服务类", s.service_kind, "政务服务", "公共服务")),
        both(
            "platform_missing", "未接入共享交换平台、一体化政务服务平台",
            read(is_false("not_on_exchange", "未接入共享交换平台", s.on_exchange)),
            read(is_false("not_on_service_platform", "未接入一体化政务服务平台", s.on_service_platform)),
        ),
    )  # fmt: skip
    office = all_of(
        "new_office_platform", "新建协同办公平台",
        read(includes("office", "协同办公类", s.service_kind, "协同办公")), _action(f, "新建", "新建"),
    )  # fmt: skip
    command = all_of(
        "command_off_platform", "非涉密指挥调度、决策辅助类未接入统一指挥调度平台",
        read(includes("command", "指挥调度或决策辅助类", s.service_kind, "指挥调度", "决策辅助")),
        _not_classified(f),
        read(is_false("not_on_command_platform", "未接入统一指挥调度平台", s.on_command_platform)),
    )  # fmt: skip
    hit = any_of("off_the_platforms", "应接平台而未接入，或新建协同办公平台", service, office, command)
    return ban(f, p, "8.1.5", _but_lines(f, row(hit)))


def not_in_place(f, p) -> list[Answer]:
    """8.1.6 Needs or goals unclear, or one of four preparations not in place (不明确、不到位)."""
    s, read, row = _integration(f)
    hit = any_of(
        "not_in_place", "需求目标不明确，或整合、普查、共享、安全有一项不到位",
        read(is_false("unclear", "需求或绩效目标不明确", s.needs_and_goals_clear)),
        read(is_false("not_integrated", "内部系统整合不到位", s.integration_in_place)),
        read(is_false("not_surveyed", "数据目录普查不到位", s.data_survey_in_place)),
        read(is_false("not_shared", "数据共享要求落实不到位", s.sharing_in_place)),
        read(is_false("not_secured", "信息安全保障不到位", s.security_in_place)),
    )  # fmt: skip
    return ban(f, p, "8.1.6", row(hit))


def not_shared_use(f, p) -> list[Answer]:
    """8.1.7 Infrastructure, support platform or data resource not built for shared use
    (非共建共享共用). The list is open: a project of another kind is neither caught nor cleared.
    """
    s, read, row = _integration(f)
    kind = is_one_of("shared_kind", "属基础设施、应用支撑平台、数据资源", f.category, *SHARED_KINDS)
    beside = given("beside", "属列名三类以外", kind.no, ~kind.no, says=kind.says)
    judged = left_to_judgement(f, "8.1.7", "认定属所列之“等”", "项目类别不在列名的三类，列举未尽")
    hit = all_of(
        "own_infrastructure", "非共建共享共用的基础设施、支撑平台、数据资源",
        read(is_false("not_shared_use", "不是共建共享共用", s.shared_use)),
        any_of("caught_kind", "属所列项目", kind, all_of("other_kind", "列举以外的项目", beside, judged, premise=True)),
    )  # fmt: skip
    return ban(f, p, "8.1.7", _but_lines(f, row(hit)))


def original_not_accepted(f, p) -> list[Answer]:
    """8.1.8 Upgrade of a project not yet accepted (原项目尚未验收); by convention an acceptance
    that failed is none. Of a purchase that its unit accepted the bureau's review (31.3) tells.
    """
    hit = all_of(
        "original_not_accepted", "升级改造的原项目尚未验收",
        _action(f, "升级改造", "升级改造"), _original_unaccepted(f, p.failed_is_unaccepted == "counts"),
    )  # fmt: skip
    return ban(f, p, "8.1.8", hit)


def overlaps_superior(f, p) -> list[Answer]:
    """8.1.9 New, larger or rebuilt, and repeating what superiors build for all (统建统用重复)."""
    s, read, row = _integration(f)
    hit = all_of(
        "overlapping", "新建、扩建、改建与上级统建统用重复",
        _action(f, "新建、扩建或改建", "新建", "扩建", "改建"),
        read(is_true("overlaps_superior", "与上级统建统用项目内容重复", s.overlaps_superior)),
    )  # fmt: skip
    return ban(f, p, "8.1.9", row(hit))


def not_in_asset_register(f, p) -> list[Answer]:
    """8.1.10 Operating, enlarging, rebuilding or upgrading a system outside the asset register
    (未纳入固定资产、软件资产管理).
    """
    hit = all_of(
        "unregistered_system", "对未纳入资产管理的系统运维、扩建、改建、升级",
        _action(f, "运维、扩建、改建或升级", "运维", "扩建", "改建", "升级改造"),
        is_false("not_in_asset_register", "未纳入固定资产、软件资产管理", f.in_asset_register),
    )  # fmt: skip
    return ban(f, p, "8.1.10", hit)


def statutory_exception(f, p) -> list[Answer]:
    """8.2 Excepted by statute (法律法规有明确规定), item by item: the law is named, is of
    statutory rank, and provides expressly. It reaches the ten items and nothing else.
    """
    items = [item.answer(f, p)[0] for clause, item in RULES.items() if clause != "8.2"]
    hits = [all_of("item_hit", a.adverse.text, a.applies, a.adverse) for a in items]
    holds = [a.exemptions[0].holds for a in items]
    applies = in_short(
        any_of("any_item_hit", "命中不予立项所列情形", *hits),
        "命中不予立项所列情形",
        partial(_items_hit, hits),
    )
    parts = [_excepted(name, hit, law) for name, hit, law in zip(_ITEMS, hits, holds, strict=True)]
    body = all_of("excepted", "命中的各项都有法律法规的明确规定", *parts)
    object_ = {"orders_this_build": "须明确要求建设该项目", "regulates_the_system": "对该类系统有规定即可"}
    told = f"“有明确规定”按法律法规{object_[p.statutory_exception_object]}理解"
    return [Answer(applies, body, notices=(Notice("statutory_exception_object", body.yes, told),))]


def _excepted(name: str, hit: Condition, law: Condition) -> Condition:
    """One item: not hit, or excepted by statute; told only where it is hit, or may be."""
    item = any_of("item_excepted", "未命中，或有法定依据", not_("item_not_hit", "未命中", hit), law)

    def says(row: int) -> str:
        if hit.yes[row] or law.yes[row]:
            return f"第八条第（{name}）项：{'，'.join(law.sentences(row))}"
        return "" if hit.no[row] else f"第八条第（{name}）项：是否命中待核"

    item.says = says
    return item


def _items_hit(hits: list[Condition], row: int) -> str:
    """Which of the ten items are hit, or which are open, in one sentence."""
    for lead, state in (("命中第八条", True), ("是否命中待核：第八条", None)):
        found = [_ITEMS[i] for i, hit in enumerate(hits) if hit.state(row) is state]
        if found:
            return f"{lead}第（{'）、（'.join(found)}）项"
    return "没有命中第八条所列的十项"


_ITEMS = "一二三四五六七八九十"

# Facts, short form and exceptions of one item -------------------------------------------


def _integration(f):
    """The sheet 整合: its table, a reader of its leaves, and `with_row` for what is made of them."""
    table, index = f.integration, row_index(f.integration, f.n)
    return (
        table,
        lambda leaf: on_row(leaf, index),
        lambda hit: with_row(hit, table, index, INTEGRATION),
    )


def _action(f, text: str, *actions: str) -> Condition:
    return is_one_of("action", f"项目类型为{text}", f.action, *actions)


def _but_lines(f, hit: Condition) -> Condition:
    """A lease of lines has its own item and builds none of what the others name."""
    return all_of(hit.id, hit.text, not_a_line_lease(f), hit, premise=True)


def _not_classified(f) -> Condition:
    return is_false("item_not_classified", "非涉密", f.classified)


def telling_network(p, leaf: Condition) -> Condition:
    """A leaf about the government network, told with the network's name as the rule set has it."""
    told, network = leaf.says, NETWORKS[p.area_network]
    leaf.says = lambda row: f"{told(row)}（指{network}）"
    return leaf


def with_original_result(f: Facts) -> Facts:
    """Add the acceptance of each project's original (原项目验收结果) and its review by the bureau:
    ``original_result``, ``original_review``, unknown where the original is not in the portfolio.

    Needs the whole portfolio, so it runs once before the facts are cut into chunks.
    """
    columns = f.projects.columns
    if "original_result" in columns:
        return f
    parent, result = columns["parent"], columns["acceptance_result"]
    hung = np.flatnonzero(parent.known).tolist()
    place = {id_: row for row, id_ in enumerate(f.ids.tolist())} if hung else {}
    rows = np.full(f.n, -1, np.int64)
    for row in hung:
        rows[row] = place.get(parent.values[row], -1)
    known = (rows >= 0) & result.known[rows] if f.n else np.zeros(0, bool)
    values = result.values[rows] if f.n else result.values
    added = replace(result, name="original_result", label="原项目验收结果", values=values, known=known)
    noted = set(f.reads)
    codes = _review(f)[rows] if f.n else np.zeros(0, np.int64)
    f.reads &= noted  # what a clause reads, the clause notes
    review = replace(
        added,
        name="original_review",
        values=codes,
        known=known,
        categories=REVIEWS,
        claimed=None,
        evidence=None,
    )
    f.projects.columns = ChainMap({added.name: added, review.name: review}, columns)  # type: ignore[arg-type]
    return f


def _review(f: Facts) -> np.ndarray:
    """What came of the review that a purchase's acceptance waits for (31.3): an index into `REVIEWS`."""
    mode, own = f.mode, f.bureau_opinion
    passed, failed = reviewed(f)
    bought = mode.is_known("购买服务")
    out = own.is_known("未出")
    told = np.select(
        [failed, passed, out], list(map(REVIEWS.index, ("不合格", "合格", "未出"))), REVIEWS.index(MISSING)
    )
    return np.where(bought, told, np.where(mode.known, REVIEWS.index(NO_REVIEW), REVIEWS.index(NO_MODE)))


def _original_unaccepted(f, failed_counts: bool) -> Condition:
    """Whether the original is not accepted. Where a failed acceptance counts as none, one of a purchase
    that its unit passed waits for the review, and fails by it.
    """
    f.acceptance_result, f.once(reviewed)  # of the original: noted as read
    parent, result = f.parent, with_original_result(f).original_result
    none = parent.known & (parent.values == NONE)
    review, passed = f.original_review, result.is_known("合格")
    done = is_one_of(
        "original_accepted", "原项目已验收", result, "合格", *(() if failed_counts else ("不合格",))
    )
    asked = passed & (review.values != REVIEWS.index(NO_REVIEW)) & failed_counts
    refused = asked & (review.values == REVIEWS.index("不合格"))
    waits = asked & ~refused & (review.values != REVIEWS.index("合格"))

    def cells(row: int) -> list:
        if not parent.known[row]:
            return [("projects", None, "parent")]
        open_ = (
            "acceptance_result"
            if not waits[row]
            else "mode"
            if review.at(row) == NO_MODE
            else "bureau_opinion"
        )
        return [("projects", str(parent.values[row]), open_)]

    def says(row: int) -> str:
        if not parent.known[row]:
            return "原项目编号：未提供"
        if none[row]:
            return "没有原项目"
        told = f"原项目 {parent.values[row]} 验收结果：{result.told(row)}"
        if not asked[row]:
            return told
        word = review.at(row)
        return told + (
            f"，{f.mode.label}：{MISSING}" if word == NO_MODE else f"，{f.bureau_opinion.label}：{word}"
        )

    words, settled = (*result.categories, "没有原项目"), (result.known & ~waits) | none
    codes = np.where(none, len(result.categories), result.values).astype(np.int64)
    fact = Bounds(
        "original_result", result.label, codes, settled, codes, settled, cells, kind="enum", categories=words
    )
    return Condition(
        "original_unaccepted",
        "leaf",
        "原项目尚未验收",
        (done.no | refused) & ~none,
        (done.yes & ~refused & ~waits) | none,
        facts=(fact,),
        says=says,
    )


RULES = {
    "8.1.1": Rule(own_hardware, approval_date, BEFORE_CONSTRUCTION),
    "8.1.2": Rule(lines_and_endpoints, approval_date, BEFORE_CONSTRUCTION),
    "8.1.3": Rule(off_the_cloud, approval_date, BEFORE_CONSTRUCTION),
    "8.1.4": Rule(common_systems, approval_date, BEFORE_CONSTRUCTION),
    "8.1.5": Rule(off_the_platforms, approval_date, BEFORE_CONSTRUCTION),
    "8.1.6": Rule(not_in_place, approval_date, BEFORE_CONSTRUCTION),
    "8.1.7": Rule(not_shared_use, approval_date, BEFORE_CONSTRUCTION),
    "8.1.8": Rule(original_not_accepted, approval_date, BEFORE_CONSTRUCTION),
    "8.1.9": Rule(overlaps_superior, approval_date, BEFORE_CONSTRUCTION),
    "8.1.10": Rule(not_in_asset_register, approval_date, BEFORE_CONSTRUCTION),
    "8.2": Rule(statutory_exception, approval_date, BEFORE_CONSTRUCTION),
}
