"""The parts of the adjustment review (第二十八、二十九条) and of the acceptance review (第三十一条)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from zwxm_core import charts, tables
from zwxm_core.conditions import Condition
from zwxm_core.findings import evaluate
from zwxm_core.money import percent_beside, wan_text
from zwxm_core.portfolio import schema
from zwxm_core.reporting.report import Report, schedule_gap
from zwxm_core.reporting.sections import fact
from zwxm_core.rules import RULES
from zwxm_core.rules.adjustments import adjusted_amount, in_order
from zwxm_core.rules.chapter9 import in_force, ordinary
from zwxm_core.rulesets import IN_FORCE, STATUSES, Terms
from zwxm_core.tables import Html, pairs, paragraph, percent, small, table, text, wan

SAID = {True: "是", False: "否", None: None}

MONEY = ("feasibility_total", "approved_total", "revised_total", "approved_budget", "revised_budget")
"""The approvals an adjustment is held against, and what it makes of them."""

COUNTING = ("adjustment_accumulation", "adjustment_sign", "transfer_counting", "adjustment_base")
"""Conventions that say how adjustments are counted and against what."""

MAJOR, OWN, FILING = "28.1", "29.1", "filing"


# Adjustments ----------------------------------------------------------------------------


class Step(NamedTuple):
    """One adjustment in its place: row of the sheet, what it brings the project to (from..to) and the
    limit of self-adjustment on its day, 分; None where not known.
    """

    row: int
    least: int | None
    most: int | None
    base: int | None
    share: Fraction

    @property
    def amount(self) -> int | None:
        """The cumulative amount where it is known exactly."""
        return self.least if self.least == self.most else None

    @property
    def limit(self) -> int | None:
        """The limit in whole 分, the limit itself included."""
        return None if self.base is None else self.base * self.share.numerator // self.share.denominator

    @property
    def within(self) -> bool | None:
        """Whether the cumulative amount stays within the limit; compared in whole 分."""
        if self.limit is None:
            return None
        if self.most is not None and self.most <= self.limit:
            return True
        return False if self.least is not None and self.least > self.limit else None


def steps(report: Report, **readings: object) -> list[Step]:
    """The adjustments from the earliest to the latest, under the rule set's conventions.

    Parameters
    ----------
    report : Report
    **readings
        Conventions to read otherwise.
    """
    f = report.facts
    told = []
    for row in in_order(f).tolist():
        terms = _terms_on(report, f.adjustments.on.at(row)).with_(**readings)
        amounts = adjusted_amount(f, terms)
        least = int(amounts.low[row]) if amounts.low_known[row] else None
        most = int(amounts.high[row]) if amounts.high_known[row] else None
        told.append(Step(row, least, most, report.fact(_base(terms)), terms.adjustment_limit))
    return told


def latest_step(report: Report) -> Step:
    """The last adjustment; where none is on file, nothing so far, or not known if the list is not complete."""
    told = steps(report)
    if told:
        return told[-1]
    terms, complete = report.ruleset.terms(report.as_of), report.fact("adjustments_complete")
    amount = 0 if complete else None
    return Step(-1, amount, amount, report.fact(_base(terms)), terms.adjustment_limit)


def limit_label(step: Step) -> str:
    """What the limit of self-adjustment is called, with its share."""
    return f"自行调整限额（{percent(step.share)}，含本数）"


def _base(terms: Terms) -> str:
    return "approved_total" if terms.adjustment_base == "construction_approval" else "feasibility_total"


def _terms_on(report: Report, on: str | None) -> Terms:
    return report.ruleset.terms(report.as_of if on in (None, "未") else date.fromisoformat(on))


def approvals(report: Report) -> Html:
    """What was approved, what the adjustments make of it, and how far that is from what was approved."""
    told = [
        (schema.label("projects", name), fact(report, name))
        for name in ("approved_on", *MONEY, "adjustments_complete")
    ]
    for before, after in (("approved_total", "revised_total"), ("approved_budget", "revised_budget")):
        first, second = report.fact(before), report.fact(after)
        if first and second is not None:
            names = schema.label("projects", after), schema.label("projects", before)
            told.append((f"{names[0]}比{names[1]}", _gap(second - first, Fraction(second - first, first))))
    return pairs(told, caption="批复和调整后的数额")


def _gap(fen: int, part: Fraction) -> str:
    """How much more or less, and what part of the approved amount that is."""
    if not fen:
        return "一致"
    return (
        f"{'多' if fen > 0 else '少'} {wan_text(abs(fen))} 万元（{percent_beside(abs(part), Fraction(0))}）"
    )


def in_sequence(report: Report) -> Html:
    """The adjustments in order, each with the amount it brings the project to, held against the line."""
    sheet, rows = report.facts.adjustments, []
    for number, step in enumerate(steps(report), 1):
        at = {name: column.at(step.row) for name, column in sheet.columns.items()}
        kind = "、".join(
            label for name, label in (("transfer", "模块间划转"), ("content_cut", "内容削减")) if at[name]
        )
        when = text(f"第 {at['seq'] or number} 次") + small(at["on"])
        acts = f"事先审批：{SAID[at['prior_approval']] or tables.NOT_GIVEN}"
        acts += f"；已报备：{SAID[at['filed']] or tables.NOT_GIVEN}"
        amount = text(wan(at["amount"])) + (small(kind) if kind else Html(""))
        rows.append((when, amount, at["ground"], acts, reached(step), _arithmetic(step)))
    complete = report.fact("adjustments_complete")
    empty = "没有调整（调整清单完整）。" if complete else "没有登记调整，调整清单是否完整未提供。"
    heads = ("次序和日期", "数额（万元）", "事由", "审批和报备", "累计（万元）", "与限额相比")
    shown = table(heads, rows, (1, 4), caption="历次调整和累计额", empty=empty, kind="steps")
    if rows and complete is not True:
        shown += small("调整清单没有写明完整：清单之外如有调整，累计额只会更大，未超限额的结论一律待核。")
    return shown


def reached(step: Step) -> object:
    """The cumulative amount in 万元, or the bounds that are known of it, the upper one below."""
    if step.amount is not None or step.least is None:
        return wan(step.amount)
    least = text(f"至少 {wan_text(step.least)}")
    return least if step.most is None else least + small(f"至多 {wan_text(step.most)}")


def _arithmetic(step: Step) -> Html:
    word = {True: ("限额以内", "yes"), False: ("超过限额", "problem"), None: ("待核", "open")}[step.within]
    if step.limit is None:
        return tables.badge(*word) + small("作为基数的批复总投资未提供，限额算不出")
    told = f"限额 {wan_text(step.base)} × {percent(step.share)} = {wan_text(step.limit)}"
    if step.amount is not None:
        gap = step.limit - step.amount
        told += f"；{'余' if gap >= 0 else '超'} {wan_text(abs(gap))}"
        part = percent_beside(Fraction(step.amount, step.base), step.share) if step.base else ""
        told += part and f"，占{'' if part.startswith('约') else ' '}{part}"
    return tables.badge(*word) + small(told)


def chart(report: Report):
    """The cumulative amount after each adjustment against the limit."""
    told = steps(report)
    if not told:
        return Html("")
    known = [
        (_ordinal(report, n, s), s.amount, s.limit) for n, s in enumerate(told, 1) if s.amount is not None
    ]
    if len(known) < len(told):
        return paragraph("累计调整图：有数额未确定，未画。", "none")
    return charts.show(charts.adjustment_steps(known, limit_label(told[-1])))


def _ordinal(report: Report, number: int, step: Step) -> str:
    return f"第 {report.facts.adjustments.seq.at(step.row) or number} 次"


def other_counts(report: Report) -> Html:
    """What the latest adjustment comes to where a convention is read otherwise; readings that change
    nothing are told in one line.
    """
    taken = steps(report)
    if not taken:
        return Html("")
    rows = [_count("—", "本报告采用的各项口径", taken[-1])]
    same = []
    for name in COUNTING:
        convention = report.ruleset.conventions[name]
        for value in convention.others:
            step = steps(report, **{name: value})[-1]
            if step == taken[-1]:
                same.append(f"{convention.label}按“{convention.reading(value)}”")
            else:
                rows.append(_count(convention.label, convention.reading(value), step))
    heads = ("口径", "读法", "累计（万元）", "限额（万元）", "与限额相比")
    shown = table(heads, rows, (2, 3), caption="换一种口径，最近一次调整到多少")
    return shown + (small("数额不变的其他读法：" + "；".join(same) + "。") if same else Html(""))


def _count(label: str, reading: str, step: Step) -> tuple[object, ...]:
    return label, reading, reached(step), wan(step.limit), _arithmetic(step)


def due_acts(report: Report) -> Html:
    """What each adjustment called for: approval beforehand (28.1) or a written filing (29.1), and
    whether it is on file.
    """
    outside = _outside(report)
    if outside:
        return paragraph(f"普通的审批和报备规定不适用于本项目，或是否适用待核：{outside}。", "none")
    rows = []
    for number, step in enumerate(steps(report), 1):
        terms = _terms_on(report, report.facts.adjustments.on.at(step.row))
        answers = {
            (clause, answer.item): answer.by_row()
            for clause in (MAJOR, OWN)
            for answer in RULES[clause].answer(report.facts, terms)
            if answer.by_row is not None
        }
        major, filing = answers[MAJOR, None], answers[OWN, FILING]
        rows.append(
            (
                _ordinal(report, number, step),
                *_due_act(report, step.row, major.applies, major.body, filing.applies, filing.body),
            )
        )
    heads = ("调整", "应办", "依据", "状态", "缺的事实")
    return table(heads, rows, caption="应当报批或报备的", empty="没有登记调整。")


def _outside(report: Report) -> str:
    """Why the ordinary rules do not bind the project, or may not; empty where they do."""
    days = np.array([report.as_of], "M8[D]")
    alive = in_force(report.ruleset.status_on(days), (STATUSES.index(IN_FORCE),))
    bounds = ordinary(
        report.facts, report.ruleset.terms(report.as_of), alive, report.ruleset.clauses[MAJOR].cite
    )
    return "" if bounds.yes[0] else "；".join(bounds.sentences(0))


def _due_act(
    report: Report, row: int, major: Condition, approved: Condition, files: Condition, filed: Condition
) -> tuple[object, ...]:
    cite = {c: report.ruleset.clauses[c].cite for c in (MAJOR, OWN)}
    if approved.state(row):
        return "事先申请并经审批", cite[MAJOR], tables.badge("已审批", "yes"), "—"
    if files.state(row):
        word = {True: ("已报备", "yes"), False: ("未报备", "problem"), None: ("待核", "open")}[
            filed.state(row)
        ]
        return "形成书面材料报备", cite[OWN], tables.badge(*word), _lacking(report, filed, row)
    if major.state(row):
        word = ("未经审批", "problem") if approved.state(row) is False else ("待核", "open")
        return "事先申请并经审批", cite[MAJOR], tables.badge(*word), _lacking(report, approved, row)
    if major.state(row) is False and files.state(row) is False:
        return "两者都不要求", f"{cite[MAJOR]}、{cite[OWN]}", tables.badge("—", "na"), "—"
    both = f"{cite[MAJOR]}、{cite[OWN]}"
    return "报批还是报备待核", both, tables.badge("待核", "open"), _lacking(report, major, row)


def _lacking(report: Report, condition: Condition, row: int) -> str:
    """The missing facts of one condition over the rows of the adjustments, as users find them."""
    told = []
    for sheet, at, name in condition.open_cells(row):
        if sheet == "ruleset":
            continue
        keyed = report.facts.adjustments.said(at) if sheet == "adjustments" and at is not None else None
        label = schema.label(sheet, name)
        told.append(label if keyed is None else f"{schema.sheet_label(sheet)}（{keyed}）·{label}")
    return "；".join(dict.fromkeys(told)) or "—"


# Acceptance -----------------------------------------------------------------------------

RUN = (
    "approved_on", "construction_start", "construction_end", "content_complete", "trial_start", "trial_normal",
    "trial_restarted_on", "acceptance_due", "acceptance_due_contract", "extension_applied", "extension_granted",
    "acceptance_on", "acceptance_by", "acceptance_result", "bureau_opinion", "acceptance_reported", "go_live",
)  # fmt: skip
"""What led to the acceptance and what came of it, in order."""


def trial_and_acceptance(report: Report) -> Html:
    """The trial run, the acceptance and its filing: dates, the earliest day, how far from the due day."""
    rows = [(schema.label("projects", name), fact(report, name), _remark(report, name)) for name in RUN]
    heads = ("节点", "情况", "说明") if any(row[-1] for row in rows) else ("节点", "情况")
    return table(heads, [row[: len(heads)] for row in rows], caption="试运行和验收的经过")


def _remark(report: Report, name: str) -> str:
    if name == "acceptance_on":
        gap = schedule_gap(report.fact("acceptance_due"), report.fact("acceptance_on"))
        return "" if gap is None else gap if gap == "按期" else f"比应验收日{gap}"
    if name == "trial_start":
        months, opens = report.ruleset.terms(report.as_of).trial_months, _earliest(report)
        return f"满 {months} 个月后，最早 {opens} 起可组织验收" if opens else ""
    return ""


def _earliest(report: Report) -> str | None:
    """The first day on which acceptance may be organised: of the two duties of 31.1 the one that is
    reported to nobody.
    """
    duties = report.part("acceptance")["obligations"]
    return next((d["opens"] for d in duties if d["clause"] == "31.1" and not d["to"]), None)


def materials(report: Report) -> Html:
    """The materials of acceptance, entry by entry: provided, missing, or not said; with its document."""
    rows = []
    filed = _filed(report)
    word = {True: ("已提供", "yes"), False: ("缺少", "problem"), None: ("情况未提供", "open")}
    for evaluation in evaluate(report.facts, report.ruleset, report.as_of, ["31.2", "43.1"], readings=False):
        for row in range(len(evaluation.rows)):
            if evaluation.applies.state(row) is False:
                continue
            place = evaluation.clause.cite + tables.item_text(evaluation.item_of(row), evaluation.clause.id)
            for item in evaluation.answer.items:
                reference, qualified = filed.get((evaluation.clause.id, item.text), ("", ""))
                rows.append((place, item.text, tables.badge(*word[item.state(row)]), qualified, reference))
    heads = ("条款", "材料或事项", "情况", "合格", "文号和日期")
    empty = "没有适用的清单（购买服务由项目单位组织验收，见“验收程序”）。"
    return table(heads, rows, caption="验收资料清单", empty=empty)


def _filed(report: Report) -> dict[tuple[str, str], tuple[str, str | None]]:
    """Document and quality of each registered material, by clause and entry."""
    m = report.facts.materials
    found = {}
    for row in range(m.n):
        told = " · ".join(filter(None, (m.reference.at(row), m.on.at(row))))
        found[m.clause.at(row), m.item.at(row)] = (told, SAID[m.qualified.at(row)])
    return found


def procedure(report: Report) -> Html:
    """Who does what for the acceptance, and what is on file of it."""
    rows = []
    for one in report.part("acceptance")["routing"]:
        if one["outcome"] != "不适用":
            tone = {"符合": "yes", "不符合": "problem", "待核": "open"}.get(one["outcome"], "no")
            lacks = "；".join(dict.fromkeys(_lack(fact_) for fact_ in one["open_facts"]))
            rows.append(
                (
                    one["cite"],
                    one["step"],
                    one["who"],
                    one["gives"],
                    tables.badge(one["outcome"], tone),
                    lacks,
                )
            )
    heads = ("条款", "步骤", "办理单位", "办理结果", "状态", "缺的事实")
    return table(heads, rows, caption="验收程序", empty="验收程序不适用于本项目。")


def _lack(missing: dict) -> str:
    return "验收资料，见“验收资料”" if missing["sheet"] == "materials" else tables.fact_text(missing)


def unit_projects(report: Report) -> Html:
    """The other projects of the unit and how their acceptance stands: what a bar of the unit rests on."""
    f, unit = report.facts.whole, report.fact("unit")
    if unit is None:
        return paragraph("项目单位未提供，不能列出同一单位的其他项目。", "none")
    rows = [
        (
            str(f.ids[i]),
            f.name.at(i),
            _day(f.acceptance_due.at(i)),
            _day(f.acceptance_on.at(i)),
            f.acceptance_result.at(i),
        )
        for i in _others_of(f, unit, int(report.facts.places[0]))
    ]
    heads = (
        "项目编号",
        "项目名称",
        *(schema.label("projects", n) for n in ("acceptance_due", "acceptance_on", "acceptance_result")),
    )
    return table(
        heads,
        rows,
        caption=f"同一单位的其他项目（{tables.clean(unit, 60)}）",
        empty="工作簿里没有同一单位的其他项目。",
    )


def _day(value: str | None) -> str | None:
    return "尚未发生" if value == "未" else value


def _others_of(f, unit: str, mine: int) -> Iterator[int]:
    return (i for i in range(f.n) if i != mine and f.unit.at(i) == unit)
