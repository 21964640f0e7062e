"""The comparison workbook, recalculated by LibreOffice and changed as an auditor would."""

import io
import shutil
import subprocess
from datetime import date
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest

from zwxm_core.assumptions import load_assumptions
from zwxm_core.comparing import comparisons
from zwxm_core.portfolio import from_records
from zwxm_core.reporting.comparison_book import FIRST_YEAR, INPUTS, TOTALS, comparison_book
from zwxm_core.rulesets import load_ruleset

AS_OF = date(2026, 11, 24)
CITY = {
    "level": "市级",
    "classified": False,
    "mode": "购买服务",
    "action": "服务",
    "approved_on": "2026-03-02",
}
PROJECTS = [
    {**CITY, "id": "A", "name": "甲系统", "service_life": 7, "warranty_years": 2, "build_cost": 386_420_13,
     "annual_om_cost": 57_310_07, "annual_service_fee": 88_170_19},
    {**CITY, "id": "B", "name": "=HYPERLINK(\"http://x\",\"点\")", "service_life": 5, "warranty_years": 0,
     "build_cost": 100_000_00, "annual_om_cost": 20_000_00, "annual_service_fee": 43_210_99},
    {**CITY, "id": "+C[1]:*", "name": "只有购买", "service_life": 3, "annual_service_fee": 10_000_01},
    {**CITY, "id": "D", "name": "没有费用"},
    {**CITY, "id": "E", "name": "按费用行", "service_life": 4, "warranty_years": 1},
]  # fmt: skip
COSTS = [
    {"project": "E", "mode": "自行建设", "item": "软件开发费", "year": 0, "claimed": 500_000_03, "assessed": 412_345_67},
    *({"project": "E", "mode": "自行建设", "item": "运维费", "year": y, "assessed": 61_234_56} for y in (1, 2, 3, 4)),
    *({"project": "E", "mode": "购买服务", "item": "服务费", "year": y, "assessed": 133_333_33} for y in (1, 2, 3, 4)),
    {"project": "E", "mode": "购买服务", "item": "接入改造费", "year": 0, "assessed": 12_121_21},
    {"project": "E", "mode": "购买服务", "item": "迁移费", "year": 4, "assessed": 9_999_99},
]  # fmt: skip


SHARES = [
    {"project": "E", "pool": "服务费", "pool_amount": 533_333_32, "party": party, "order": order, "weight": weight,
     "basis": "受益人口"}
    for order, (party, weight) in enumerate((("市财政", 1043), ("犍为县", 422), ("井研县", 97)), 1)
]  # fmt: skip


def facts():
    return from_records({"projects": PROJECTS, "costs": COSTS, "shares": SHARES})


def made(ruleset, timing="year_end"):
    result = comparisons(facts(), ruleset, AS_OF, timing, load_assumptions())
    return result, comparison_book(result, facts(), ruleset)


@pytest.fixture(scope="module")
def tenth():
    return load_ruleset().adopting(purchase_clearly_less="10%")


@pytest.fixture(scope="session")
def recalculated(tmp_path_factory):
    """Recalculate workbooks by LibreOffice, every formula, in one run."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    home = tmp_path_factory.mktemp("office")
    (home / "user").mkdir()
    (home / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        '<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">'
        "<value>0</value></prop></item></oor:items>"
    )

    def run(books: dict[str, bytes]) -> dict:
        folder, out = tmp_path_factory.mktemp("books"), tmp_path_factory.mktemp("recalculated")
        paths = []
        for name, data in books.items():
            paths.append(folder / f"{name}.xlsx")
            paths[-1].write_bytes(data)
        command = [office, f"-env:UserInstallation={home.as_uri()}", "--headless", "--convert-to", "xlsx"]
        subprocess.run([*command, "--outdir", out, *paths], check=True, capture_output=True, timeout=180)
        return {name: openpyxl.load_workbook(Path(out) / f"{name}.xlsx", data_only=True) for name in books}

    return run


def changed(data: bytes, sheet: str, cells: dict) -> bytes:
    """The workbook with other inputs, as an auditor would type them."""
    book, kept = openpyxl.load_workbook(io.BytesIO(data)), io.BytesIO()
    for cell, value in cells.items():
        book[sheet][cell] = value
    book.save(kept)
    return kept.getvalue()


def test_every_stored_value_is_what_libreoffice_calculates_and_inputs_are_live(recalculated, tenth):
    result, data = made(tenth)
    middle, continuous = made(tenth, "mid_year"), made(tenth, "continuous")
    typed = changed(data, "1_A", {f"B{INPUTS['rate']}": 0.035, f"B{INPUTS['life']}": 7})
    books = recalculated({"plain": data, "middle": middle[1], "continuous": continuous[1], "typed": typed})
    for name, written in (("plain", data), ("middle", middle[1]), ("continuous", continuous[1])):
        stored, cells = openpyxl.load_workbook(io.BytesIO(written), data_only=True), 0
        for sheet in stored:
            for cell in (c for row in sheet.iter_rows() for c in row if c.value is not None):
                now = books[name][sheet.title][cell.coordinate].value
                cells += 1
                if isinstance(cell.value, (int, float)):
                    assert now == pytest.approx(cell.value, rel=1e-9), (
                        f"{name} {sheet.title}!{cell.coordinate}"
                    )
                else:
                    assert now == cell.value, f"{name} {sheet.title}!{cell.coordinate}"
        assert cells > 300
    for sheet, one in (("1_A", result["comparisons"][0]), ("5_E", result["comparisons"][4])):
        told = books["plain"][sheet]
        assert round(told[f"B{TOTALS['total']}"].value * 100) == one["build_total"]
        assert round(told[f"C{TOTALS['total']}"].value * 100) == one["service_total"]
        assert told[f"B{TOTALS['present']}"].value == pytest.approx(one["npv_build"], rel=1e-9)
        assert told[f"C{TOTALS['present']}"].value == pytest.approx(one["npv_purchase"], rel=1e-9)
        assert round(told[f"B{TOTALS['fee']}"].value * 100) == one["break_even_fee"]
    [other] = comparisons(facts(), tenth.adopting(discount_rate=Fraction(35, 1000)), AS_OF)["comparisons"][:1]
    assert books["typed"]["1_A"][f"B{TOTALS['present']}"].value == pytest.approx(other["npv_build"], rel=1e-9)
    assert books["typed"]["1_A"][f"C{TOTALS['equal']}"].value == pytest.approx(
        other["eac_purchase"], rel=1e-9
    )


def test_the_threshold_is_compared_to_the_fen_in_the_sheet_as_here(recalculated):
    floor = load_ruleset().adopting(purchase_clearly_less="15%")
    books, told = {}, {}
    for name, fee in (("on", 85_00), ("over", 85_01), ("under", 84_99)):
        one = from_records({"projects": [
            {**CITY, "id": "A", "service_life": 1, "warranty_years": 1, "build_cost": 100_00, "annual_om_cost": 0,
             "annual_service_fee": fee}]})  # fmt: skip
        result = comparisons(one, floor, AS_OF)
        books[name] = comparison_book(result, one, floor)
        told[name] = result["comparisons"][0]["finding"]["state"]
    found = {name: book["1_A"][f"B{TOTALS['verdict']}"].value for name, book in recalculated(books).items()}
    assert found == {"on": "达到下限", "over": "未达到下限", "under": "达到下限"}
    assert told == {"on": True, "over": False, "under": True}


def test_the_table_of_cuts_sums_claimed_and_assessed_by_project_and_mode(tenth):
    sheet = openpyxl.load_workbook(io.BytesIO(made(tenth)[1]), data_only=True)["核减表"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    assert rows[0][:8] == [
        "E",
        "自行建设",
        "软件开发费",
        0,
        500_000.03,
        412_345.67,
        87_654.36,
        pytest.approx(8765436 / 50000003),
    ]
    sums = [row for row in rows if row[2] == "合计"]
    assert sums[0][1:6] == ["自行建设", "合计", None, "待核", 657_283.91]  # O&M lines were not claimed
    assert sums[0][6:8] == ["待核", "待核"]
    assert [row[0] for row in rows].count("按项目、方式和费用项合计") == 1
    assert all(row[8] for row in rows if isinstance(row[3], int) and row[6] not in (0, "待核")), (
        "a cut without a reason"
    )
    fees = [row for row in rows if row[2] == "服务费"]
    assert [row[3] for row in fees] == [1, 2, 3, 4, None]  # the lines, then their sum
    assert fees[-1][5] == 533_333.32


def test_what_is_not_known_is_said_and_no_figure_stands_for_it(tenth):
    book = openpyxl.load_workbook(io.BytesIO(made(tenth)[1]))
    [sheet] = [name for name in book.sheetnames if name.startswith("3_")]
    assert sheet == "3_C1"
    for key in ("saving", "ratio", "flip", "verdict", "fee", "crossover"):
        assert book[sheet][f"B{TOTALS[key]}"].value == "待核"
    assert book[sheet][f"C{TOTALS['total']}"].value.startswith("=ROUND(SUMIFS(")
    assert "4_D" not in book.sheetnames
    assert [c.value for c in book["汇总"][8]][2:4] == ["没有费用", "没有费用"]


def test_without_a_threshold_the_verdict_stays_open():
    ruleset = load_ruleset()
    book = openpyxl.load_workbook(io.BytesIO(made(ruleset)[1]), data_only=True)
    assert book["2_B"][f"B{TOTALS['verdict']}"].value == "购买不小于自建"
    assert book["1_A"][f"B{INPUTS['floor']}"].value == "未设定"
    assert book["1_A"][f"B{TOTALS['verdict']}"].value == "下限未设定，待核"


def test_what_a_user_typed_is_never_a_formula_or_a_link(tenth):
    book = openpyxl.load_workbook(io.BytesIO(made(tenth)[1]))
    cell = book["汇总"]["B6"]
    assert cell.value.startswith("=HYPERLINK")
    assert cell.data_type == "s"
    assert cell.hyperlink is None
    assert book["2_B"]["A1"].data_type == "s"


def test_the_same_comparison_gives_the_same_bytes(tenth):
    assert made(tenth)[1] == made(tenth)[1]


def test_the_yearly_table_begins_before_service_and_ends_with_it(tenth):
    sheet = openpyxl.load_workbook(io.BytesIO(made(tenth)[1]), data_only=True)["1_A"]
    assert [sheet[f"A{FIRST_YEAR + year}"].value for year in range(8)] == list(range(8))
    assert sheet[f"A{FIRST_YEAR + 8}"].value is None
    assert sheet[f"F{FIRST_YEAR}"].value == 1


def test_price_and_tax_add_up_to_the_amount_of_the_cost_lines(tenth):
    data = made(tenth)[1]
    sheet = openpyxl.load_workbook(io.BytesIO(data), data_only=True)["价税分离"]
    rows = {(r[0], r[1], r[2]): r[3:] for r in sheet.iter_rows(min_row=4, values_only=True)}
    gross, rate, price, tax = rows["E", "购买服务", "服务费"]
    assert (gross, rate) == (533_333.32, 0.06)
    assert round(price + tax, 2) == gross
    assert tax == round(533_333.32 * 0.06 / 1.06, 2)


def test_the_shares_of_the_years_add_up_to_the_share_of_the_whole(tenth):
    result, data = made(tenth)
    [pool] = result["comparisons"][4]["sharing"]["pools"]
    sheet = openpyxl.load_workbook(io.BytesIO(data), data_only=True)["市县分摊"]
    rows = [r for r in sheet.iter_rows(min_row=4, values_only=True) if r[0]]
    lines, sums = [r for r in rows if r[5] != "合计"], [r for r in rows if r[5] == "合计"]
    assert len(lines) == 4 * 3
    for at, (party, part) in enumerate(zip(pool["parties"], pool["parts"], strict=True)):
        mine = [r for r in lines if r[2] == party]
        assert round(sum(r[7] for r in mine) * 100) == part
        assert round(sums[at][7] * 100) == part
    assert sum(pool["parts"]) == pool["total"] == pool["stated"]
