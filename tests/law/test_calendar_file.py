"""The calendar file is read back by the library and says what the assessment says."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from icalendar import Calendar
from openpyxl import load_workbook

from zwxm_core.assessment import assess
from zwxm_core.portfolio import Portfolio, from_records
from zwxm_core.reporting.calendar_file import OBLIGATIONS, calendar_bytes, obligation_sheet, write_calendar
from zwxm_core.reporting.summary import workbook
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()
AS_OF = date(2026, 11, 24)
HOSTILE = "=cmd|' /C calc'!A0\r\nEND:VEVENT\nATTACH:file:///etc/passwd\u202e;,\\\x00"


def assessed(as_of=AS_OF, **facts):
    project = {
        "id": "A",
        "name": "政务协同平台",
        "unit": "甲",
        "level": "市级",
        "classified": False,
        "go_live": "2025-03-03",
    }
    built = from_records({"projects": [{**project, **facts}]})
    portfolio = Portfolio(facts=built, path=Path("data.xlsx"), sha256="0" * 64)
    return assess(built, RULESET, as_of), portfolio


def events(data: bytes) -> list:
    return list(Calendar.from_ical(data).walk("VEVENT"))


def test_each_last_day_to_come_is_an_entry_of_a_whole_day():
    found = {
        str(e["summary"]): e for e in events(calendar_bytes(*assessed(self_evaluation="未开展"), RULESET))
    }
    due = "2027-03-03 截止：自评价（A 政务协同平台，第四十六条第一句）"
    assert set(found) == {due, "2027-06-25 截止：本办法有效期（第五十七条）"}
    entry = found[due]
    assert entry.decoded("dtstart") == date(2027, 3, 3)
    assert entry.decoded("dtstamp") == datetime(2026, 11, 24, tzinfo=UTC)
    told = str(entry["description"]).split("\n")
    assert "条款：第四十六条第一句" in told
    assert "期限：2026-03-04 至 2027-03-03" in told
    assert "报送：市数字经济局、市发展改革委、市财政局" in told
    assert "说明：期限末日所在年度的放假安排尚未收录，末日没有按休假日顺延" in told


@pytest.mark.parametrize(
    ("as_of", "kinds"),
    [
        (date(2026, 3, 3), ["起始", "截止"]), (date(2026, 3, 4), ["起始", "截止"]), (date(2026, 3, 5), ["截止"]),
        (date(2027, 3, 3), ["截止"]), (date(2027, 3, 4), []),
    ],
)  # fmt: skip
def test_a_day_that_has_passed_is_no_entry(as_of, kinds):
    found = events(calendar_bytes(*assessed(as_of, self_evaluation="未开展"), RULESET))
    assert [str(e["summary"])[11:13] for e in found if "自评价" in e["summary"]] == kinds


def test_what_is_done_or_overdue_is_no_entry():
    for facts in (
        {"self_evaluation_on": "2026-05-01"},
        {"go_live": "2024-03-04", "self_evaluation": "未开展"},
    ):
        assert [str(e["summary"]) for e in events(calendar_bytes(*assessed(**facts), RULESET))] == [
            "2027-06-25 截止：本办法有效期（第五十七条）"
        ]


def test_the_same_assessment_gives_the_same_bytes_and_a_later_one_the_same_uids():
    first, again = (calendar_bytes(*assessed(self_evaluation="未开展"), RULESET) for _ in range(2))
    assert first == again
    later = calendar_bytes(
        *assessed(date(2026, 12, 1), self_evaluation="未开展", go_live="2025-04-03"), RULESET
    )
    assert {str(e["uid"]) for e in events(first)} == {str(e["uid"]) for e in events(later)}
    assert len({str(e["uid"]) for e in events(first)}) == len(events(first))


def test_a_hostile_name_stays_text_on_one_line():
    data = calendar_bytes(*assessed(self_evaluation="未开展", name=HOSTILE, unit=HOSTILE), RULESET)
    calendar = Calendar.from_ical(data)
    assert len(calendar.walk("VEVENT")) == 2
    for event in calendar.walk("VEVENT"):
        assert "attach" not in event
        assert "\n" not in str(event["summary"])
        assert (
            "END:VEVENT ATTACH:file:///etc/passwd" in str(event["description"]) or "A" not in event["summary"]
        )
    assert all(len(line) <= 75 and line.decode() is not None for line in data.split(b"\r\n"))
    assert b"\x00" not in data


def test_a_long_name_is_folded_within_its_characters():
    data = calendar_bytes(*assessed(self_evaluation="未开展", name="政务、协同；平台,;\\" * 20), RULESET)
    lines = data.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert next(line for line in lines if line.startswith(b"SUMMARY")).decode().startswith("SUMMARY:2027-")
    [entry] = [e for e in events(data) if "自评价" in e["summary"]]
    assert "政务、协同；平台,;\\政务" in str(entry["summary"])


def test_what_is_told_of_one_year_stands_beside_that_year_only():
    built = from_records({
        "projects": [{"id": "A", "level": "市级", "classified": False, "construction_start": "2024-01-15",
                      "construction_end": "未", "supervision_engaged": False, "monitoring_complete": True}],
        "monitoring": [{"project": "A", "year": 2024, "submitted_on": "2025-01-02"}],
    })  # fmt: skip
    portfolio = Portfolio(facts=built, path=Path("data.xlsx"), sha256="0" * 64)
    _, _, rows = obligation_sheet(assess(built, RULESET, AS_OF), portfolio, RULESET)
    told = {row[5]: row[12] for row in rows if row[4].startswith("提交绩效监控报告")}
    assert told == {"2024": "已经办理，但办理日晚于期限末日", "2025": None, "2026": None}


def test_missing_facts_and_other_readings_stand_in_the_entry():
    [entry] = [
        e
        for e in events(calendar_bytes(*assessed(trial_start="2025-03-01", acceptance_on="未"), RULESET))
        if "自评价" in e["summary"]
    ]
    told = str(entry["description"])
    assert "状态：待核" in told
    assert str(entry["summary"]).startswith("2027-03-03 截止（待核）：自评价")
    assert "缺的事实：自评价完成日" in told
    assert "投入运行之日若按“试运行开始之日”" in told


def test_the_sheet_lists_every_obligation_as_text(tmp_path):
    assessment, portfolio = assessed(name="=1+1", go_live="2024-03-04", self_evaluation="未开展")
    title, headers, rows = obligation_sheet(assessment, portfolio, RULESET)
    assert (title, headers, len(list(rows))) == ("义务期限", OBLIGATIONS, len(assessment["obligations"]))
    sheet = load_workbook(io.BytesIO(workbook([obligation_sheet(assessment, portfolio, RULESET)])))[
        "义务期限"
    ]
    cells = [[c.value for c in row] for row in sheet.iter_rows(min_row=2)]
    [row] = [c for c in cells if c[4] == "自评价"]
    assert row[:9] == [
        "A",
        "=1+1",
        "甲",
        "第四十六条第一句",
        "自评价",
        None,
        "2025-03-05",
        "2026-03-04",
        "逾期",
    ]
    assert all(c.data_type != "f" for row in sheet.iter_rows() for c in row)


def test_the_file_is_written_whole(tmp_path):
    assessment, portfolio = assessed()
    path = write_calendar(tmp_path / "期限.ics", assessment, portfolio, RULESET)
    assert path.read_bytes() == calendar_bytes(assessment, portfolio, RULESET)
