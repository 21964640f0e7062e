"""The obligations of a portfolio as a calendar file (.ics, RFC 5545) and as a sheet of a workbook.

The calendar holds the days that are still to come, the day of assessment included: the first
and the last day of each window that is not closed. What is overdue, open without a date or
done stands in the sheet. The same assessment gives the same bytes; a later one replaces an
event by its UID.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

from zwxm_core.obligations import pointed_out, titled
from zwxm_core.portfolio import Portfolio
from zwxm_core.portfolio.files import write_atomically
from zwxm_core.reporting.summary import Sheet
from zwxm_core.rulesets import RuleSet
from zwxm_core.tables import clean, fact_text

WAITING = ("未到", "进行中", "已申请延期", "待核")
"""Where a day to come is still worth an entry in a calendar."""

DUE, OPENS = "截止", "起始"
LONGEST = 300
"""Characters of one line of an entry."""

OBLIGATIONS = (
    "项目编号",
    "项目名称",
    "项目单位",
    "条款",
    "事项",
    "年度",
    "起",
    "止",
    "状态",
    "报送",
    "缺的事实",
    "其他读法",
    "说明",
)


def write_calendar(out: Path, assessment: dict, portfolio: Portfolio, ruleset: RuleSet) -> Path:
    """Write the calendar file of an assessment.

    Parameters
    ----------
    out : Path
    assessment : dict
        Of `zwxm_core.assessment.assess`.
    portfolio : Portfolio
        What was assessed.
    ruleset : RuleSet
        Gives the other readings their wording.
    """
    return write_atomically(out, calendar_bytes(assessment, portfolio, ruleset))


def calendar_bytes(assessment: dict, portfolio: Portfolio, ruleset: RuleSet) -> bytes:
    """The calendar file: one entry of a whole day for each first and last day to come."""
    from icalendar import Calendar, Event

    as_of = date.fromisoformat(assessment["as_of"])
    calendar = Calendar()
    calendar.add("prodid", "-//zwxm-core//obligations//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "政务信息化项目义务期限")
    rows = _described(assessment, portfolio, ruleset)
    for day, uid, kind, row, told in sorted(_days(rows, as_of), key=lambda entry: entry[:2]):
        event = Event()
        event.add("uid", uid)
        event.add("dtstamp", datetime.combine(as_of, time(), UTC))
        event.add("dtstart", day)
        whose = "，".join(filter(None, (told["项目"], told["条款"])))
        open_ = "（待核）" if row["status"] == "待核" else ""
        event.add("summary", f"{day} {kind}{open_}：{told['事项']}（{whose}）")
        event.add(
            "description",
            "\n".join(f"{name}：{text}" for name, text in told.items() if text and name != "项目名称"),
        )
        event.add("categories", [row["status"]])
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return calendar.to_ical()


def obligation_sheet(assessment: dict, portfolio: Portfolio, ruleset: RuleSet) -> Sheet:
    """The sheet 义务期限 of a workbook, the most urgent first (see `zwxm_core.reporting.summary.workbook`)."""
    rows: list[Sequence[object]] = []
    for row, told in _described(assessment, portfolio, ruleset):
        name, unit = told["项目名称"], told["单位"]
        rows.append((
            row["project"], name, unit, row["cite"], told["事项"], row["period"], row["opens"], row["due"], row["status"],
            told["报送"], told["缺的事实"], told["其他读法"], told["说明"],
        ))  # fmt: skip
    return "义务期限", OBLIGATIONS, rows


def _described(assessment: dict, portfolio: Portfolio, ruleset: RuleSet) -> Iterator[tuple[dict, dict]]:
    """Each obligation with its texts, by what they tell; a user's text is one clean line."""
    facts = portfolio.facts.projects.columns
    at = {str(id_): row for row, id_ in enumerate(portfolio.facts.ids)}
    notices: dict[tuple, list[dict]] = {}
    for notice in assessment["notices"]:
        for clause in notice.get("clauses", (notice["clause"],)):
            notices.setdefault((notice["project"], clause), []).append(notice)
    for row in assessment["obligations"]:
        place = at.get(row["project"])
        name, unit = (None if place is None else facts[field].at(place) for field in ("name", "unit"))
        window = (
            " 至 ".join(filter(None, (row["opens"], row["due"])))
            if row["due"]
            else row["opens"] and f"{row['opens']} 起"
        )
        told = {
            "事项": titled(row["what"], row["period"]),
            "项目": " ".join(filter(None, (row["project"], name))), "项目名称": name, "单位": unit,
            "条款": row["cite"], "期限": window, "状态": row["status"], "报送": "、".join(row["to"]),
            "缺的事实": "；".join(fact_text(fact) for fact in row["open_facts"]),
            "其他读法": "；".join(_reading(reading, ruleset) for reading in row["readings"]),
            "说明": "；".join(pointed_out(row, notices.get((row["project"], row["clause"]), []))),
        }  # fmt: skip
        yield row, {key: clean(text, LONGEST) if text else None for key, text in told.items()}


def _days(rows, as_of: date) -> Iterator[tuple[date, str, str, dict, dict]]:
    for row, told in rows:
        if row["status"] not in WAITING:
            continue
        for kind, day in ((OPENS, row["opens"]), (DUE, row["due"])):
            if day and date.fromisoformat(day) >= as_of:
                key = "\x1f".join(str(row[name]) for name in ("project", "clause", "what", "period"))
                digest = hashlib.sha256(f"{key}\x1f{kind}".encode("utf-8", "surrogatepass")).hexdigest()
                yield date.fromisoformat(day), f"{digest[:32]}@zwxm-core", kind, row, told


def _reading(reading: dict, ruleset: RuleSet) -> str:
    convention = ruleset.conventions[reading["convention"]]
    window = " 至 ".join(filter(None, (reading["opens"], reading["due"])))
    outcome = f"{reading['status']}（{window}）" if window else reading["status"]
    return f"{convention.label}若按“{convention.reading(reading['value'])}”：{outcome}"
