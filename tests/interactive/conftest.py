"""The pages as a user has them: `zwxm app` and `zwxm lab` on loopback, driven in Chromium."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

LOOPBACK = re.compile(r"^(?:(?:http|ws)://127\.0\.0\.1[:/]|data:|blob:|about:)")


@pytest.fixture
def open_page(browser):
    """Opens a page; whatever it asks of anything but this machine fails the test."""
    asked: list[str] = []
    contexts = []

    def open_(address: str, width: int = 1366, height: int = 768):
        context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(40_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.goto(address)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert asked
    assert [url for url in asked if not LOOPBACK.match(url)] == []


def served(folder: Path, *command: str) -> subprocess.Popen:
    """A server of ours in the background; its first line of output is its address.

    It has a port and Jupyter settings of its own, so that servers beside it do not meet it.
    """
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        port = place.getsockname()[1]
    kept = ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    with (folder / "stderr").open("w") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "zwxm_core.cli", *command, "--no-browser", "--port", str(port)],
            stdout=subprocess.PIPE, stderr=errors, text=True, cwd=folder,
            env={**os.environ, **dict.fromkeys(kept, str(folder / "jupyter"))},
        )  # fmt: skip


def ended(process) -> None:
    """End a server and wait for it."""
    process.terminate()
    process.wait(30)
    process.stdout.close()


def until(found, seconds: float = 60):
    """Ask again until something is found."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.2)
    raise TimeoutError


def answers(address: str) -> bool:
    """Whether a server answers."""
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(address, timeout=5) as reply:
            return reply.status == 200
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@pytest.fixture(scope="session")
def app(tmp_path_factory) -> str:
    """The address of the explorers, with its token."""
    process = served(tmp_path_factory.mktemp("app"), "app")
    try:
        address = re.search(r"http\S+", process.stdout.readline())[0]
        until(lambda: answers(address))
        yield address
    finally:
        ended(process)


def explorer(app: str, name: str) -> str:
    """The address of one explorer."""
    return app.replace("/?", f"/voila/render/{name}.ipynb?")


def choose_file(page, button: str, file) -> None:
    """Choose a file by the button that opens the browser's dialogue."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=button).click()
    chooser.value.set_files(file)
