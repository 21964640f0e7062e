"""`zwxm lab`: JupyterLab on the notebooks, run all, move a driver; nothing asked of the network."""

from __future__ import annotations

import re

import pytest

from tests.interactive.conftest import answers, ended, served, until
from zwxm_core.interactive.serve import FIRST, lab_arguments, titles, workplace
from zwxm_core.resources import collection


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    process = served(folder, "lab", "--dir", "副本")
    try:
        address = re.search(r"http\S+", process.stdout.readline())[0]
        until(lambda: answers(address))
        yield address
    finally:
        ended(process)


def test_an_analyst_runs_all_and_moves_a_driver_in_jupyterlab(lab, open_page):
    assert FIRST in lab
    page = open_page(lab.replace(FIRST, "explore/01_build_or_buy.ipynb"))
    page.get_by_role("heading", name="自建还是购买", exact=True).wait_for()
    page.get_by_text("| Idle").first.wait_for()  # the kernel is there
    page.get_by_text("Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    fee = page.get_by_label("年服务费", exact=True)
    fee.wait_for()
    verdict = page.locator(".zwxm-sentence:not([hidden])")
    verdict.filter(has_text="：符合").first.wait_for()
    fee.fill("45")
    fee.press("Enter")
    verdict.filter(has_text="：不符合").first.wait_for()
    verdict.filter(has_text="年服务费 450,000.00 元").first.wait_for()


def test_a_copy_is_made_once_and_what_the_user_changed_stays(tmp_path):
    target = workplace(tmp_path / "笔记本")
    first = target / FIRST
    assert {path.name for path in target.iterdir()} >= {FIRST, "explore", "reports"}
    first.write_text("我的", "utf-8")
    (target / "explore" / "04_portfolio.ipynb").unlink()
    assert workplace(target) == target
    assert first.read_text("utf-8") == "我的"
    assert (target / "explore" / "04_portfolio.ipynb").exists()


def test_jupyterlab_asks_for_no_news_no_updates_and_no_catalogue(tmp_path):
    told = lab_arguments(tmp_path, 8888, "t", False)
    assert {
        "--LabApp.news_url=None",
        "--LabApp.extension_manager=readonly",
        "--ServerApp.ip=127.0.0.1",
    } <= set(told)
    assert "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate" in told


def test_every_page_has_a_chinese_title_and_says_who_it_is_for_and_how_long_it_takes():
    told = titles(collection("notebooks/explore"))
    assert list(told) == sorted(told)
    for title, first in told.values():
        assert re.search("[一-鿿]", title)
        assert re.match(r"给.+，约 \d+ 分钟。", first)
