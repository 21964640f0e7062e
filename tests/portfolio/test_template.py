"""What we write, we read back unchanged; nothing written can run."""

from __future__ import annotations

import zipfile
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from tests.portfolio.conftest import messages
from zwxm_core.facts import Evidence, Facts
from zwxm_core.money import LIMIT
from zwxm_core.portfolio import from_records, read, schema, write_template, write_workbook

E = Evidence("市数字经济局", "乐数〔2026〕1号", "2026-01-05")
RECORDS = {
    "projects": [
        {
            "id": "0012",
            "name": '=HYPERLINK("http://x")',
            "unit": "甲局",
            "approved_total": 995,
            "approved_on": "2024-01-02",
            "goals_unchanged": (True, E),
            "remedy_for": ("无", E),
            "go_live": "未",
            "classified": False,
            "warranty_years": 0,
        },
        {"id": "P2", "name": "http://a", "approved_total": 123_456_789_012_345, "trial_normal": (False, E)},
    ],
    "adjustments": [
        {"project": "P2", "seq": 1, "on": date(2024, 5, 6), "amount": -1, "ground": ("上级部署", E)},
        {"project": "0012", "seq": 1, "amount": 7},
        {"project": "0012", "seq": 2, "amount": 8, "ground": ("无", E)},
    ],
    "materials": [
        {"project": "P2", "clause": "43.1", "item": "源代码", "qualified": (True, E)},
        {"project": "P2", "clause": "43.1", "item": "技术文档、说明", "qualified": (False, E)},
    ],
    "security": [{"project": "P2", "as_of": "2025-01-01", "major_hazard": (True, E)}],
    "evaluations": [{"project": "P2", "kind": "自评价", "submitted_to": ["数字经济局", "财政局"]}],
    "monitoring": [{"project": "P2", "year": 2024, "progress_pct": "35.5%"}],
    "indicators": [{"project": "P2", "indicator": "满意度", "target": "95.50"}],
    "units": [{"unit": "甲局", "list_complete": True, "data_collected": (True, E)}],
    "narrative": [{"project": "P2", "report": "evaluation", "section": "结论", "text": "第一段。\n@SUM(1)"}],
}


def same(a: Facts, b: Facts) -> None:
    """Fail unless both hold the same values, unknowns and evidence (认定 itself aside)."""
    for sheet, table in a.tables.items():
        if sheet == "judgements":
            continue
        other = b.tables[sheet]
        assert table.n == other.n, sheet
        for name, column in table.columns.items():
            twin = other.columns[name]
            assert [column.at(i) for i in range(table.n)] == [twin.at(i) for i in range(table.n)], (
                sheet,
                name,
            )
            assert column.evidence == twin.evidence, (sheet, name)
            if column.claimed is not None:
                assert np.array_equal(column.claimed, twin.claimed), (sheet, name)


@pytest.mark.parametrize("unit", ["元", "万元", "百万元"])
def test_written_facts_are_read_back_unchanged(tmp_path, unit):
    path = write_workbook(tmp_path / "a.xlsx", RECORDS, unit)
    portfolio = read(path)
    assert {p.code for p in portfolio.problems} == {
        "very_large",
        "unknown_clause",
    }  # one amount is large on purpose
    same(from_records(RECORDS), portfolio.facts)
    assert portfolio.narrative[0]["text"] == "第一段。\n@SUM(1)"
    assert portfolio.notices == []


@given(st.lists(st.integers(1, LIMIT), min_size=1, max_size=30), st.sampled_from(["元", "万元", "百万元"]))
def test_every_amount_is_written_and_read_to_the_fen(tmp_path_factory, amounts, unit):
    path = tmp_path_factory.mktemp("m") / "a.xlsx"
    write_workbook(path, {"projects": [{"id": f"P{i}", "paid_in": a} for i, a in enumerate(amounts)]}, unit)
    assert read(path).facts.paid_in.values.tolist() == amounts


def test_whatever_plain_rows_may_say_can_be_written(tmp_path):
    loose = {
        "projects": [
            {
                "id": 7,
                "approved_total": "1,000",
                "approved_on": "2024年1月2日",
                "go_live": "无",
                "classified": "√",
            }
        ],
        "indicators": [{"project": "7", "indicator": "甲", "target": 95, "actual": 0.1, "weight": "1.50"}],
        "monitoring": [{"project": "7", "year": "2024", "submitted_to": set()}],
    }
    path = write_workbook(tmp_path / "a.xlsx", loose)
    same(from_records(loose), read(path).facts)
    assert read(path).facts.indicators.weight.at(0) == "1.50"


def test_a_total_of_zero_is_written_as_given(tmp_path):
    path = write_workbook(tmp_path / "a.xlsx", {"projects": [{"id": "A", "approved_total": 0}]})
    (line,) = messages(path)
    assert "读到“0”，不应为 0" in line


def test_nothing_written_is_a_formula_or_a_link(tmp_path):
    path = write_workbook(tmp_path / "a.xlsx", RECORDS)
    with zipfile.ZipFile(path) as book:
        sheets = [book.read(n) for n in book.namelist() if n.startswith("xl/worksheets/sheet")]
    assert not any(b"<f>" in xml or b"<hyperlink" in xml for xml in sheets)


def test_the_same_data_gives_the_same_bytes(tmp_path, monkeypatch):
    first = write_workbook(tmp_path / "a.xlsx", RECORDS).read_bytes()
    empty = write_template(tmp_path / "t.xlsx").read_bytes()
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert write_workbook(tmp_path / "b.xlsx", RECORDS).read_bytes() == first
    assert write_template(tmp_path / "u.xlsx").read_bytes() == empty


def test_the_template_has_every_sheet_and_column_and_reads_as_empty(tmp_path):
    path = write_template(tmp_path / "t.xlsx")
    book = load_workbook(path)
    assert book.sheetnames == ["说明", *(s.label for s in schema.sheets().values()), "费用项参考"]
    for sheet in schema.sheets().values():
        heads = [c.value for c in book[sheet.label][1]]
        assert len(heads) == len(sheet.fields)
        assert book[sheet.label].freeze_panes is not None
    assert messages(path) == ["t.xlsx · 工作表「项目」：表头下面没有数据：请填写至少一个项目"]


def test_the_template_offers_the_values_and_says_what_a_column_means(tmp_path):
    sheet = load_workbook(write_template(tmp_path / "t.xlsx"))["项目"]
    heads = {c.value: c for c in sheet[1]}
    lists = {str(v.sqref).split(":")[0][:-1]: v.formula1 for v in sheet.data_validations.dataValidation}
    assert lists[heads["层级"].column_letter] == '"市级,县级"'
    assert lists[heads["涉密"].column_letter] == '"是,否"'
    assert "须认定" in heads["建设目标不变"].comment.text
    assert "批复总投资（万元）" in heads
    assert sheet.column_dimensions[heads["项目编号"].column_letter].width > 10


def test_a_template_for_a_report_keeps_its_columns_and_those_that_tell_rows_apart(tmp_path):
    path = write_template(tmp_path / "t.xlsx", {("projects", "approved_total"), ("adjustments", "ground")})
    book = load_workbook(path)
    heads = {name: [c.value for c in book[name][1]] for name in book.sheetnames[1:]}
    assert heads == {
        "项目": ["项目编号", "批复总投资（万元）"],
        "调整": ["项目编号", "序号", "事由"],
        "认定": [f.label for f in schema.fields("judgements").values()],
    }


def test_without_a_judgement_there_is_no_sheet_for_judgements(tmp_path):
    book = load_workbook(write_template(tmp_path / "t.xlsx", {("costs", "claimed")}))
    assert book.sheetnames == ["说明", "项目", "费用"]


def test_a_column_that_does_not_exist_is_a_programming_error(tmp_path):
    with pytest.raises(KeyError):
        write_template(tmp_path / "t.xlsx", {("projects", "nothing")})
    with pytest.raises(KeyError):
        from_records({"projects": [{"id": "A", "nothing": 1}]})
