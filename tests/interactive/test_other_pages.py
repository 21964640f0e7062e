"""Explorers 02 to 04 and the list of pages, in a real browser."""

from __future__ import annotations

import re
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.interactive.conftest import choose_file, explorer
from zwxm_core.resources import collection

SAMPLES = collection("data/samples/portfolio.xlsx")


def says(page, words: str) -> None:
    page.locator(".zwxm-sentence:not([hidden])").filter(has_text=words).first.wait_for()


def test_the_list_of_pages_needs_the_token_and_leads_to_each(app, open_page):
    page = open_page(app)
    titles = page.get_by_role("link").all_inner_texts()
    assert titles == ["自建还是购买", "调整是否要报批", "审批路径", "项目组合"]
    assert status(app.partition("?")[0]) == "login"


def status(address: str) -> int | str:
    """What a server says to somebody without cookies: a status, or that it asks to log in."""
    try:
        with urllib.request.urlopen(address) as reply:
            return "login" if "/login" in reply.geturl() else reply.status
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code


@pytest.mark.parametrize(
    "path",
    [
        "voila/files/01_build_or_buy.ipynb",
        "voila/files/x.png",
        "voila/api/contents/",
        "files/x.csv",
        "api/contents",
    ],
)
def test_no_file_and_no_listing_is_served_even_with_the_token(app, path):
    assert status(app.replace("/?", f"/{path}?")) in (403, 404)


def test_a_unit_finds_out_which_way_its_adjustment_goes(app, open_page):
    page = open_page(explorer(app, "02_adjustment"))
    says(page, "走哪条路待核")
    for label, answer in (("建设目标不变", "是"), ("主要建设内容确需调整", "是"), ("事由", "技术优化")):
        page.get_by_label(label, exact=True).select_option(answer)
    says(page, "可以自行调整，形成书面材料报备（第二十九条）")
    says(page, "特此报备")
    amount = page.get_by_label("资金调整数额（减少为负）", exact=True)
    amount.fill("90")
    amount.press("Enter")
    says(page, "还可调整 0.00 万元")
    amount.fill("90.000001")
    amount.press("Enter")
    says(page, "须事先报批（第二十八条")
    says(page, "已超过 0.000001 万元")


def test_a_newcomer_is_asked_only_what_still_matters(app, open_page):
    page = open_page(explorer(app, "03_approval_path"))
    says(page, "要走 0 步")
    for label, answer in (("层级", "市级"), ("涉密", "否"), ("项目类型", "新建")):
        page.get_by_label(label, exact=True).select_option(answer)
        page.get_by_label(label, exact=True).wait_for(state="detached")
    page.get_by_label("产生方式", exact=True).select_option("购买服务")
    road = page.locator(".zwxm-table")
    expect(road.get_by_text("编报可研报告")).to_have_count(0)
    expect(road.get_by_text("编报服务需求方案")).to_have_count(1)


def test_a_department_drops_a_workbook_looks_into_a_cell_and_tries_a_parameter(app, open_page):
    page = open_page(explorer(app, "04_portfolio"))
    says(page, "53 个项目")
    choose_file(page, "打开工作簿", SAMPLES)
    says(page, "已打开 portfolio.xlsx")
    cell = page.get_by_role("button", name=re.compile("^LS2026-22 第十九条第（二）项"))
    cell.click()
    page.get_by_text("未达到节约率下限").first.wait_for()
    page.keyboard.press("ArrowDown")  # the matrix is walked by keyboard, too
    page.keyboard.press("Enter")
    page.get_by_text(re.compile("^LS2026-23 ")).first.wait_for()
    page.get_by_label("试改", exact=True).select_option(label="第二十九条　自行调整的数额上限（含本数）")
    page.get_by_label("改为", exact=True).fill("10%")
    page.get_by_label("改为", exact=True).press("Tab")
    page.get_by_role("button", name="试算").click()
    page.get_by_text("由 15% 改为 10%").wait_for()
    with page.expect_download() as saved:
        page.get_by_role("button", name="导出期限日历（ics）").click()
    assert saved.value.suggested_filename == "项目组合-期限.ics"
