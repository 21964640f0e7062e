"""How a system does once it runs (自评价、后评价, 第四十六条): goals, resources, sharing, security, O&M."""

from __future__ import annotations

from fractions import Fraction

from zwxm_core import tables
from zwxm_core.money import percent_text, wan_text
from zwxm_core.portfolio import schema
from zwxm_core.reporting.report import Report
from zwxm_core.reporting.scoring import completion, latest_usage
from zwxm_core.tables import Html, bullets, pairs, paragraph, table, text, wan

SAID = {True: "是", False: "否", None: None}
SATISFACTION = "满意度"


def rate(part: object, whole: object) -> str | None:
    """One figure as a percentage of another; None where one is missing or the whole is not above 0.

    >>> rate("21.7", "62"), rate(None, "64"), rate("1", "0")
    ('35%', None, None)
    """
    if None in (part, whole) or Fraction(str(whole)) <= 0:
        return None
    return percent_text(Fraction(str(part)) / Fraction(str(whole)))


def spaced(told: str) -> str:
    """A figure with the space a Chinese sentence puts before it.

    >>> spaced("35%"), spaced("约 9.09%")
    (' 35%', '约 9.09%')
    """
    return told if told.startswith("约") else f" {told}"


# Goals --------------------------------------------------------------------------------------


def met(direction: str | None, target: str | None, actual: str | None) -> bool | None:
    """Whether an indicator reached its target; None where a fact is missing.

    >>> met("越大越好", "95", "95.0"), met("越小越好", "3", "3.1"), met(None, "1", "2")
    (True, False, None)
    """
    reached = completion(direction, target, actual)
    return None if reached is None else reached == 1


def _rows(report: Report) -> list[dict]:
    sheet = report.facts.indicators
    return [{name: column.at(i) for name, column in sheet.columns.items()} for i in range(sheet.n)]


def _reached(at: dict) -> bool | None:
    return met(at["direction"], at["target"], at["actual"])


def indicators(report: Report) -> Html:
    """Goals and indicators against what was reached."""
    word = {True: ("达到", "yes"), False: ("未达到", "no"), None: ("待核", "open")}
    rows = []
    for at in _rows(report):
        unit = f"（{at['unit']}）" if at["unit"] else ""
        sample = f"有效样本 {at['sample']} 份" if at["sample"] is not None else None
        if at["kind"] == SATISFACTION and sample is None:
            sample = "有效样本数未提供"
        counted = "尚未统计" if at["measured_on"] == "未" else at["measured_on"]
        source = " · ".join(filter(None, (counted, at["source"], sample))) or None
        name = text(f"{at['indicator'] or '未提供'}{unit}") + tables.small(at["kind"] or "类别未提供")
        aim = at["target"] if at["direction"] is None else _aim(at)
        rows.append((name, aim, at["actual"], _completed(at), tables.badge(*word[_reached(at)]), source))
    heads = ("指标", "目标值", "实际值", "完成率", "结果", "统计日、来源和样本")
    return table(heads, rows, (1, 2, 3), caption="绩效指标", empty="没有列出绩效指标。")


def _aim(at: dict) -> str | None:
    if at["target"] is None:
        return None
    return f"{'≥' if at['direction'] == '越大越好' else '≤'} {at['target']}"


def _completed(at: dict) -> str:
    reached = completion(at["direction"], at["target"], at["actual"])
    return "待核" if reached is None else percent_text(reached)


def goals(report: Report) -> Html:
    """Goals against results in sentences."""
    listed = _rows(report)
    if not listed:
        return paragraph("没有列出绩效指标，目标是否实现待核。", "none")
    groups: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for at in listed:
        groups[_reached(at)].append(at["indicator"] or "名称未提供的指标")
    lead = f"列出绩效指标 {len(listed)} 项：达到目标 {len(groups[True])} 项"
    for state, words in ((False, "未达到"), (None, "待核")):
        if groups[state]:
            lead += f"，{words} {len(groups[state])} 项（{'、'.join(groups[state])}）"
    return paragraph(lead + "。")


def missed(report: Report) -> list[str]:
    """The indicators that were not reached, each in words."""
    return [
        f"{at['indicator'] or '名称未提供的指标'}没有达到目标：目标 {_aim(at)}，实际 {at['actual']}，完成率{spaced(_completed(at))}"
        for at in _rows(report) if _reached(at) is False
    ]  # fmt: skip


def satisfaction(report: Report) -> Html:
    """Satisfaction with the number of answers it rests on."""
    told = []
    for at in _rows(report):
        if at["kind"] != SATISFACTION:
            continue
        if at["actual"] is None:
            told.append(f"{at['indicator'] or '满意度'}：未提供。")
            continue
        count = f"有效样本 {at['sample']} 份" if at["sample"] is not None else "有效样本数未提供"
        state = {True: "达到目标", False: "未达到目标", None: "是否达到目标待核"}[_reached(at)]
        aim = f"目标 {at['target']}{at['unit'] or ''}" if at["target"] is not None else "目标值未提供"
        told.append(
            f"{at['indicator'] or '满意度'} {at['actual']}{at['unit'] or ''}（{count}），{aim}，{state}。"
        )
    return bullets(told) if told else paragraph("满意度：未提供。", "none")


# Resources ------------------------------------------------------------------------------------


def resources(report: Report) -> Html:
    """What was allocated and used in the latest period, resource by resource."""
    sheet = report.facts.usage
    rows = []
    for (resource, what), row in sorted(latest_usage(report.facts).items()):
        allocated, mean, peak = (sheet.columns[n].at(row) for n in ("allocated", "used_avg", "used_peak"))
        rows.append((
            what or resource, sheet.period.at(row), allocated,
            _with_rate(mean, allocated), _with_rate(peak, allocated),
        ))  # fmt: skip
    heads = ("资源", "期间", "分配量", "平均使用（使用率）", "峰值使用（使用率）")
    return table(
        heads, rows, (2, 3, 4), caption="资源使用（各类资源最近一期）", empty="没有登记资源使用情况。"
    )


def _with_rate(used: object, allocated: object) -> str | None:
    if used is None:
        return None
    share = rate(used, allocated)
    return f"{used}（{share}）" if share else str(used)


def users(report: Report) -> Html:
    """Active users and transactions, period by period."""
    sheet = report.facts.usage
    found: dict[str, tuple] = {}
    for row in range(sheet.n):
        period = sheet.period.at(row)
        people, work = sheet.users_active.at(row), sheet.transactions.at(row)
        if period is not None and not (people is None and work is None):
            before = found.get(period, (None, None))
            found[period] = tuple(new if new is not None else old for new, old in zip((people, work), before, strict=True))  # fmt: skip
    rows = [(period, _count(people), _count(work)) for period, (people, work) in sorted(found.items())]
    heads = ("期间", "活跃用户数", "业务量")
    return table(heads, rows, (1, 2), caption="活跃用户和业务量", empty="没有登记活跃用户数和业务量。")


def _count(number: int | None) -> str | None:
    return None if number is None else f"{number:,}"


# Sharing ----------------------------------------------------------------------------------------


def sharing(report: Report) -> Html:
    """The entries of the catalogue of information resources, their interfaces and calls."""
    sheet = report.facts.resources
    rows = []
    for i in range(sheet.n):
        at = {name: column.at(i) for name, column in sheet.columns.items()}
        kind = text(at["share_kind"])
        if at["share_basis"]:
            kind += tables.small(f"依据：{at['share_basis']}")
        rows.append((
            at["resource"], kind, SAID[at["in_city_catalogue"]], SAID[at["collected"]], at["interface"], _calls(at),
        ))  # fmt: skip
    heads = ("信息资源", "共享属性", "纳入全市目录", "已归集", "接口方式", "累计调用次数")
    empty = "没有登记信息资源目录。"
    return table(heads, rows, (5,), caption="信息资源目录、接口和调用", empty=empty)


def _calls(at: dict) -> str | None:
    if at["calls"] is None:
        return None
    until = f"（至 {at['calls_as_of']}）" if at["calls_as_of"] else ""
    return f"{at['calls']:,}{until}"


def shared(report: Report) -> Html:
    """Sharing in sentences: entries, in the city's catalogue, collected, with an interface, called."""
    sheet = report.facts.resources
    if not sheet.n:
        return paragraph("没有登记信息资源目录，共享情况待核。", "none")
    parts = [f"登记信息资源 {sheet.n} 项"]
    for name, words in (("in_city_catalogue", "纳入全市公共数据目录"), ("collected", "已归集")):
        column = sheet.columns[name]
        values = [column.at(i) for i in range(sheet.n)]
        unsaid = values.count(None)
        parts.append(f"{words} {values.count(True)} 项" + (f"（{unsaid} 项未提供）" if unsaid else ""))
    faces = sum(sheet.interface.at(i) is not None for i in range(sheet.n))
    parts.append(f"写明接口方式 {faces} 项")
    calls = [sheet.calls.at(i) for i in range(sheet.n)]
    known = [n for n in calls if n is not None]
    count = f"累计被调用 {sum(known):,} 次" if known else "调用次数未提供"
    if known and None in calls:
        count += f"（{calls.count(None)} 项未提供，未计入）"
    return paragraph("，".join([*parts, count]) + "。")


# Security -----------------------------------------------------------------------------------------

TESTS = (
    "level_test_on", "level_test_result", "crypto_test_on", "crypto_test_result", "open_findings",
    "security_compliant", "crypto_compliant", "major_hazard", "same_pace", "rules_in_place",
)  # fmt: skip


def latest_assessment(report: Report) -> int | None:
    """Row of the latest security assessment; None where there is none, or their order is not known."""
    sheet = report.facts.security
    days = [sheet.as_of.at(i) for i in range(sheet.n)]
    if not days or (len(days) > 1 and any(day in (None, "未") for day in days)):
        return None
    return days.index(max(days, key=str))


def security(report: Report) -> Html:
    """Level of protection, tests with their dates and results, what is still open."""
    f, row = report.facts, latest_assessment(report)
    levels = [
        f.systems.level_protection.at(i) or "未提供"
        for i in range(f.systems.n) if f.systems.project.at(i) == report.project
    ]  # fmt: skip
    told: list[tuple[object, object]] = [("等保级别（系统目录）", "、".join(dict.fromkeys(levels)) or None)]
    label = schema.label("security", "as_of")
    told.append((label, None if row is None else f.security.as_of.at(row)))
    for name in TESTS:
        told.append((schema.label("security", name), _security_cell(report, row, name)))
    return pairs(told, caption="网络安全和密码应用（最近一次安全认定）")


def _security_cell(report: Report, row: int | None, name: str) -> object:
    if row is None:
        return None
    column = report.facts.security.columns[name]
    value = column.at(row)
    if value is None and column.claimed is not None and column.claimed[row]:
        return "待核（认定要素不全）"
    if name == "open_findings" and value is not None:
        return f"{value} 项"
    return "未开展" if value == "未" else {True: "是", False: "否"}.get(value, value) if isinstance(value, bool) else value  # fmt: skip


# O&M ------------------------------------------------------------------------------------------------


def operations(report: Report) -> Html:
    """O&M year by year: claimed, assessed, spent."""
    sheet = report.facts.operations
    order = sorted(range(sheet.n), key=lambda i: sheet.year.at(i) or 0)
    rows = []
    for i in order:
        assessed, actual = sheet.assessed.at(i), sheet.actual.at(i)
        gap = None if None in (assessed, actual) else actual - assessed
        year = sheet.year.at(i)
        rows.append((
            None if year is None else f"{year} 年", sheet.kind.at(i), wan(sheet.claimed.at(i)), wan(assessed),
            wan(actual), wan(gap),
        ))  # fmt: skip
    heads = ("用款年度", "运维类别", "申报", "评估", "实际", "实际 − 评估")
    return table(heads, rows, (2, 3, 4, 5), caption="运维经费（万元）", empty="没有登记运维经费。")


def operated(report: Report) -> Html:
    """O&M as assessed and as spent, in sentences."""
    lines = [f"{year} 年{words}" for year, words in om_gaps(report)]
    if not lines:
        return paragraph("没有评估金额和实际支出都已登记的年度，运维计划与实际不比较。", "none")
    return bullets(lines)


def om_gaps(report: Report) -> list[tuple[int | str, str]]:
    """Year and words of each O&M year whose assessed and actual amounts are known."""
    sheet, told = report.facts.operations, []
    for i in sorted(range(sheet.n), key=lambda i: sheet.year.at(i) or 0):
        assessed, actual = sheet.assessed.at(i), sheet.actual.at(i)
        if None in (assessed, actual):
            continue
        gap = actual - assessed
        compared = (
            "与评估金额一致"
            if gap == 0
            else f"比评估金额{'多' if gap > 0 else '少'} {wan_text(abs(gap))} 万元"
        )
        share = f"，执行率{spaced(percent_text(Fraction(actual, assessed)))}" if assessed else ""
        told.append(
            (sheet.year.at(i) or "未提供", f"运维实际支出 {wan_text(actual)} 万元，{compared}{share}。")
        )
    return told
