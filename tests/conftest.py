"""What every test relies on: hypothesis profiles, ../shared, and no silent skips in CI."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

SHARED_ABSENT = "../shared is absent"

settings.register_profile(
    "quick", max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("full", parent=settings.get_profile("quick"), max_examples=1_000, derandomize=False)
settings.load_profile(os.environ.get("ZWXM_HYPOTHESIS", "quick"))

os.environ["ZWXM_HOME"] = str(Path(tempfile.gettempdir(), f"zwxm-tests-{os.getpid()}"))
"""No test reads or writes the law's text that a user imported; the processes that tests start inherit it."""

collect_ignore_glob = ["*.ipynb"]  # fixtures, not pages that nbval should check
collect_ignore = ["mutation.py", "mutants.py"]  # `start.py mutation`, whose tools only that verb installs


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder ../shared beside the checkout (real inputs, worked cases); without it the test skips."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not (folder / "design.md").exists():
        pytest.skip(SHARED_ABSENT)
    return folder


class NoSilentSkips:
    """In CI a skip is a failure, unless the reason is that ../shared is absent."""

    @staticmethod
    def _judge(report):
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if report.skipped and not hasattr(report, "wasxfail") and SHARED_ABSENT not in reason:
            report.outcome = "failed"
            report.longrepr = f"skipped in CI: {reason}"
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self):
        return self._judge((yield))

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self):
        return self._judge((yield))

    def pytest_terminal_summary(self, terminalreporter):
        absent = [r for r in terminalreporter.stats.get("skipped", []) if SHARED_ABSENT in str(r.longrepr)]
        terminalreporter.write_line(f"skipped because {SHARED_ABSENT}: {len(absent)}")


def pytest_configure(config):
    # Registered as a plugin, since hooks of a conftest file see only tests below it, not doctests.
    if os.environ.get("ZWXM_CI") == "1":
        config.pluginmanager.register(NoSilentSkips(), "no-silent-skips")


@pytest.fixture(scope="session")
def browser():
    """Chromium of this machine without a profile of its own; one a process, as playwright wants it."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync"]  # fmt: skip
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=arguments)
        yield opened
        opened.close()
