"""Where notebooks and samples are: in a checkout at its top, in an installed wheel inside the package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def collection(path: str) -> Path:
    """A folder or file that ships beside the package.

    Parameters
    ----------
    path : str
        As in a checkout: ``"notebooks"``, ``"data/samples"``, ``"notebooks/reports/evaluation.ipynb"``.

    Raises
    ------
    FileNotFoundError
        The installation lacks it; the message names where it was looked for.

    Examples
    --------
    >>> collection("data/samples").is_dir()
    True
    """
    places = [_PACKAGE / "_shipped" / path, _PACKAGE.parent / path]
    for place in places:
        if place.exists():
            return place
    raise FileNotFoundError(
        f"安装不完整：找不到 {path}（找过 {'、'.join(map(str, places))}）。请重新安装 zwxm-core。"
    )
