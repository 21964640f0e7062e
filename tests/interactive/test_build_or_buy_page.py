"""Explorer 01 in a real browser: move, type, undo, upload, save, open, and nothing asked of the network."""

from __future__ import annotations

import json
import re

import pytest

from tests.interactive.conftest import choose_file, explorer
from zwxm_core.portfolio import write_workbook
from zwxm_core.resources import collection

HOSTILE = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">'


@pytest.fixture
def page(app, open_page):
    opened = open_page(explorer(app, "01_build_or_buy"))
    opened.wait_for_selector("figure.zwxm-chart svg")
    return opened


def verdict(page) -> str:
    return page.locator(".zwxm-sentence").nth(1).inner_text()


def reads(page, words: str) -> None:
    page.locator(".zwxm-sentence").nth(1).filter(has_text=words).wait_for()


def test_an_analyst_moves_types_undoes_keeps_saves_and_opens_again(page, tmp_path):
    reads(page, "符合")
    assert "第十九条第（二）项" in verdict(page)
    assert "翻转阈值：约 21.13%" in verdict(page)
    fee = page.get_by_label("年服务费", exact=True)
    before = page.locator("figure.zwxm-chart svg").first.inner_html()

    slider = page.get_by_role("slider", name=re.compile("^年服务费"))
    slider.focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")  # the keyboard alone moves a driver
    reads(page, f"年服务费 {float(fee.input_value()) * 10_000:,.2f} 元")
    assert page.locator("figure.zwxm-chart svg").first.inner_html() != before

    fee.fill("45")
    fee.press("Enter")
    reads(page, "不符合")
    page.get_by_role("button", name="留作对照").click()
    page.get_by_text("情形甲").wait_for()
    fee.fill("四十五")
    fee.press("Enter")
    page.get_by_role("alert").filter(has_text="读到“四十五”").wait_for()
    fee.fill("45")
    fee.press("Enter")

    with page.expect_download() as saved:
        page.get_by_role("button", name="保存情形").click()
    file = tmp_path / saved.value.suggested_filename
    saved.value.save_as(file)
    assert json.loads(file.read_text("utf-8"))["values"]["annual_service_fee"] == "45"
    page.get_by_role("button", name="撤销").click()
    reads(page, "：符合")
    page.get_by_label("预设").select_option("服务费偏高")
    reads(page, "不符合")
    page.get_by_label("或从模板开始").select_option(index=1)
    reads(page, "年服务费 680,000.00 元")
    choose_file(page, "打开情形", file)
    page.get_by_text("已打开情形").wait_for()
    assert fee.input_value() == "45"


def test_a_workbook_is_uploaded_with_hostile_names_and_nothing_of_it_runs(page, tmp_path):
    project = {"id": "P1", "name": HOSTILE + "甲" * 300, "mode": "购买服务", "level": "市级", "classified": False,
               "approved_on": "未", "service_life": 5, "warranty_years": 1, "build_cost": 100_000_000,
               "annual_om_cost": 10_000_000, "annual_service_fee": 20_000_000}  # fmt: skip
    good = write_workbook(
        tmp_path / "好.xlsx", {"projects": [project, project | {"id": "P2", "name": '=HYPERLINK("x")'}]}
    )
    choose_file(page, "打开工作簿", good)
    page.get_by_text("已打开 好.xlsx，2 个项目").wait_for()
    reads(page, "第十九条第（二）项")
    page.get_by_role("button", name="留作对照").click()
    page.get_by_text("情形对照").wait_for()

    choose_file(page, "打开工作簿", collection("data/samples/bad") / "amount-negative.xlsx")
    page.get_by_text("文件不能用，原来的没有变").wait_for()
    assert page.evaluate("window.hacked") is None
    assert page.locator("script:has-text('hacked')").count() == 0
