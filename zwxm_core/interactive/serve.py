"""The notebooks in JupyterLab (`zwxm lab`) and the explorers as pages (`zwxm app`), on this machine only.

Neither asks anything of the network: no news, no updates, no icon fonts, no telemetry.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import sys
import threading
import webbrowser
from pathlib import Path

from traitlets.config import Config

from zwxm_core.resources import collection

HERE = "127.0.0.1"
FIRST = "00_start_here.ipynb"
APP_PORT, LAB_PORT = 8866, 8888
DATA_PATH = Path(__file__).with_name("jupyter")
"""Where the template of the pages stands, as Jupyter looks for it, and settings that keep JupyterLab from asking for news."""

CSP = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' blob: data:; worker-src 'self' blob:; "
    "frame-ancestors 'self'; form-action 'self'"
)
"""What a page may ask for: this machine alone."""

IDLE = 3600
"""Seconds after which the kernel of a page that nobody looks at is ended."""


def free_port(wanted: int) -> int:
    """The port, or the next one that nobody uses."""
    for port in range(wanted, wanted + 50):
        with socket.socket() as trial:
            if trial.connect_ex((HERE, port)):
                return port
    raise OSError(f"从 {wanted} 起的 50 个端口都在用：请用 --port 另指定一个")


def titles(folder: Path) -> dict[str, tuple[str, str]]:
    """Title and first sentence of every notebook of a folder, by file name."""
    told = {}
    for path in sorted(folder.glob("*.ipynb")):
        first = json.loads(path.read_text("utf-8"))["cells"][0]["source"]
        lines = [line.strip() for line in "".join(first).splitlines() if line.strip()]
        told[path.name] = (lines[0].lstrip("# "), lines[1] if len(lines) > 1 else "")
    return told


def app_config(folder: Path, port: int, token: str, pool: int = 1) -> Config:
    """Settings of Voilà for the explorers: preheated, with a token, this machine alone, no file served."""
    config = Config()
    shown = titles(folder)

    def with_titles(page_config, **_given):
        page_config["zwxmTitles"] = shown
        return page_config

    config.Voila.update(
        ip=HERE, port=port, port_retries=0, token=token, open_browser=False, root_dir=str(folder), log_level="WARN",
        tornado_settings={"headers": {"Content-Security-Policy": CSP}},
    )  # fmt: skip
    config.VoilaConfiguration.update(
        template="zwxm", allow_template_override="NO", theme="light", allow_theme_override="NO", classic_tree=True,
        strip_sources=True, show_tracebacks=False, preheat_kernel=pool > 0, default_pool_size=pool, page_config_hook=with_titles,
        file_allowlist=[], extension_allowlist=["@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager", "anywidget"],
    )  # fmt: skip
    config.MappingKernelManager.update(cull_idle_timeout=IDLE, cull_interval=60)
    return config


def serve_app(port: int | None, browser: bool) -> int:
    """Serve the explorers until interrupted; prints the address with its token."""
    port, token = free_port(port or APP_PORT), secrets.token_urlsafe(24)
    address = f"http://{HERE}:{port}/?token={token}"
    _say(f"探索页：{address}\n页面只在本机可用；按 Ctrl-C 结束")
    if browser:
        _open_soon(address)
    serve_pages(collection("notebooks/explore"), port, token)
    return 0


def serve_pages(folder: Path, port: int, token: str, pool: int = 1) -> None:
    """Serve the notebooks of a folder as pages until interrupted; ``pool`` kernels of each stand ready."""
    paths = (str(DATA_PATH), os.environ.get("JUPYTER_PATH"))
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, paths))
    from voila.app import Voila

    class Pages(Voila):
        """Voilà without its addresses for files and folder listings."""

        def init_handlers(self) -> list:
            closed = ("/voila/files/", "/voila/api/contents")
            return [one for one in super().init_handlers() if not any(part in one[0] for part in closed)]

    Pages.launch_instance(argv=[], config=app_config(folder, port, token, pool))


def lab_arguments(folder: Path, port: int, token: str, browser: bool) -> list[str]:
    """Settings of JupyterLab for the collection: this machine alone, no news, no updates, no catalogue of extensions."""
    settings = {
        "ServerApp.ip": HERE, "ServerApp.port": port, "ServerApp.port_retries": 0, "ServerApp.root_dir": folder,
        "ServerApp.open_browser": browser, "ServerApp.allow_root": True, "ServerApp.log_level": "WARN",
        "IdentityProvider.token": token, "LabApp.default_url": _first(folder), "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate", "LabApp.extension_manager": "readonly",
        "LabApp.app_settings_dir": DATA_PATH / "lab/settings",
    }  # fmt: skip
    return [f"--{name}={value}" for name, value in settings.items()]


def _first(folder: Path) -> str:
    return f"/lab/tree/{FIRST}" if (folder / FIRST).exists() else "/lab"


def serve_lab(port: int | None, browser: bool, place: Path | None = None) -> int:
    """Open JupyterLab on the notebooks until interrupted; prints the address with its token."""
    from jupyterlab.labapp import LabApp

    folder, port, token = workplace(place), free_port(port or LAB_PORT), secrets.token_urlsafe(24)
    _say(f"JupyterLab：http://{HERE}:{port}{_first(folder)}?token={token}\n笔记本在 {folder}；按 Ctrl-C 结束")
    LabApp.launch_instance(argv=lab_arguments(folder, port, token, browser))
    return 0


def workplace(place: Path | None = None) -> Path:
    """The notebooks to work in: those of a checkout, or a copy that the user may write to.

    A notebook that is there already is left as it is.
    """
    own = collection("notebooks")
    if place is None and "_shipped" not in own.parts:
        return own
    target = (place or Path("zwxm-notebooks")).resolve()
    for source in sorted(own.rglob("*.ipynb")):
        copy = target / source.relative_to(own)
        if ".ipynb_checkpoints" not in source.parts and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
    return target


def _open_soon(address: str) -> None:
    timer = threading.Timer(2.0, webbrowser.open, (address,))
    timer.daemon = True
    timer.start()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
