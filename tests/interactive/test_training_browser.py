"""A trainee works on an exercise in JupyterLab: wrongly, with a hint, then rightly; nothing leaves this machine."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from zwxm_core.interactive import training
from zwxm_core.interactive.training import titled, variant
from zwxm_core.resources import collection

CHROMIUM = "/usr/bin/chromium"
NO_NEWS = {"fetchNews": "false", "checkForUpdates": False}
TRAINEE = "张三<script>alert(1)</script>"
PATIENCE = 60_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Chromium"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on loopback over a copy of the course; yields the address with its token, and the folder."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "training"
    shutil.copytree(collection("notebooks/training"), folder, ignore=shutil.ignore_patterns("results", ".*"))
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(NO_NEWS), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "IPYTHONDIR": home / "ipython",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
    command += ["--ip=127.0.0.1", "--IdentityProvider.token=lesson", f"--ServerApp.root_dir={home}"]
    command += ["--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    log = (home / "log").open("w")
    server = subprocess.Popen(
        command, env={**os.environ, **{k: str(v) for k, v in own.items()}}, stdout=log, stderr=log
    )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(120):
            try:
                with urlopen(f"{address}/api?token=lesson", timeout=2):
                    break
            except OSError:
                time.sleep(0.5)
        yield address, folder
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def shown(page, text: str):
    """The form with a text, scrolled into view (JupyterLab draws only the cells that are near)."""
    found = page.locator(".zwxm-quiz-form", has_text=text)
    scroller = ".jp-WindowedPanel-outer"
    ends = time.monotonic() + 2 * PATIENCE / 1000
    while time.monotonic() < ends:
        for at in range(0, int(page.evaluate(f"document.querySelector('{scroller}').scrollHeight")), 500):
            if found.count():
                found.first.scroll_into_view_if_needed()
                return found.first
            page.evaluate(f"at => document.querySelector('{scroller}').scrollTo(0, at)", at)
            page.wait_for_timeout(150)
    raise AssertionError(f"{text} is not shown")


def test_an_exercise_is_answered_wrongly_then_rightly_and_the_result_is_kept(lab, browser, tmp_path):
    address, folder = lab
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.set_default_timeout(PATIENCE)
    asked: list[str] = []
    dialogs: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(f"{address}/lab/tree/training/01_merge_limit.ipynb?token=lesson")
    page.get_by_role("heading", name=titled("01_merge_limit")).wait_for()
    page.get_by_text("| Idle").first.wait_for()  # the kernel is there
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_timeout(1_000)
    page.get_by_text("| Idle").first.wait_for()  # it has done what it was given
    shown(page, "练习 8")  # all cells have run
    name = shown(page, "姓名或工号")
    name.get_by_label("姓名或工号").fill(TRAINEE)
    name.get_by_role("button", name="换成我的题").press("Enter")  # by keyboard
    name.get_by_text("题目已换成你的一套").wait_for()

    (part,) = variant("01-limit", TRAINEE).parts
    first = shown(page, "练习 1")
    first.get_by_role("button", name="看解析").click()
    first.get_by_text("先答一次").wait_for()
    wrong = next(option for option in part.options if option != part.answer)
    first.get_by_role("radio", name=wrong, exact=True).check()
    first.get_by_role("button", name="检查").click()
    first.get_by_text("还不对").wait_for()
    first.get_by_role("button", name="提示").click()
    first.get_by_text("提示 1").wait_for()
    first.get_by_role("radio", name=part.answer, exact=True).focus()
    page.keyboard.press("Space")
    first.get_by_role("button", name="检查").press("Space")
    first.get_by_text("正确，第 2 次答对").wait_for()
    page.screenshot(path=tmp_path / "right.png")
    assert "第十八条第二款第（三）项" in first.inner_text()

    second = shown(page, "练习 2")
    second.get_by_label("答案").fill('<img src=x onerror="alert(2)">')
    second.get_by_role("button", name="检查").click()
    second.get_by_text("不是能读懂的金额").wait_for()

    (kept,) = (folder / "results").glob("*.json")
    marked = training.mark(kept)
    assert marked.right == 1
    assert json.loads(kept.read_text(encoding="utf-8"))["answers"]["01-limit"]["0"]["tries"] == 2
    assert dialogs == []
    hosts = {urlsplit(url).hostname for url in asked if url.startswith(("http", "ws"))}
    assert hosts == {"127.0.0.1"}
    page.close()
