"""Chinese fonts for charts and pages: one is always found, and it is openly licensed where it can be.

Charts are drawn here, so the fonts of this machine decide; the order is

1. an openly licensed font of the system (思源黑体, Noto Sans CJK SC, 文泉驿 …),
2. the one that ``noto-cjk-sans-otc`` carries (Noto Sans CJK SC Regular, OFL 1.1),
3. a proprietary font of the system (微软雅黑, 黑体, 苹方): only where nothing else is installed.

A page is drawn by the reader's browser and only *names* fonts (`CSS_FAMILIES`). Where this
machine has none of them, `html_font_face` gives the page a font of exactly its characters.

``ZWXM_IGNORE_SYSTEM_FONTS=1`` hides the system's fonts (for tests).
"""

from __future__ import annotations

import base64
import importlib.util
import io
import os
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

OPEN_FAMILIES = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Noto Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
)
PROPRIETARY_FAMILIES = ("Microsoft YaHei", "SimHei", "PingFang SC", "Heiti SC", "DengXian")
LATIN_FALLBACK = "DejaVu Sans"  # comes with matplotlib; has the symbols a Chinese font may lack

EMBEDDED_FAMILY = "zwxm-cjk"
CSS_FAMILIES = ", ".join(
    [f'"{name}"' for name in (EMBEDDED_FAMILY, *OPEN_FAMILIES, *PROPRIETARY_FAMILIES)] + ["sans-serif"]
)


class FontMissing(LookupError):
    """No font of this machine can draw Simplified Chinese."""


class ChartFont(NamedTuple):
    """A face of a font file: family name, file, index of the face (0 but in a collection)."""

    family: str
    path: str
    face: int


def _system_fonts(families: tuple[str, ...], regular: bool) -> list[ChartFont]:
    """The installed faces of these families, in their order.

    matplotlib opens a variable font at its default weight, which is Thin for the Noto
    CJK ones; ``regular`` keeps only faces that draw at about weight 400. Its list is
    cached on disk, so a font removed since is passed over.
    """
    if os.environ.get("ZWXM_IGNORE_SYSTEM_FONTS") == "1":
        return []
    from matplotlib import font_manager

    bundled = _bundled_path()
    return [
        ChartFont(entry.name, entry.fname, entry.index)
        for family in families
        for entry in font_manager.fontManager.ttflist
        if entry.name == family
        and entry.style == "normal"
        and (not regular or entry.weight in ("normal", "regular", 400, 350))
        and entry.fname != bundled
        and Path(entry.fname).exists()
    ]


def _bundled_path() -> str | None:
    """The font file of noto-cjk-sans-otc, found without importing it; None if not installed."""
    spec = importlib.util.find_spec("noto_cjk_sans_otc")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).with_name("NotoSansCJK-Regular.ttc")
    return str(path) if path.exists() else None


def bundled_folder() -> str | None:
    """The folder of the bundled font, for programs that look for fonts themselves; None if not installed."""
    path = _bundled_path()
    return None if path is None else str(Path(path).parent)


def _bundled_font() -> ChartFont | None:
    """The Simplified Chinese face of the bundled collection (it also holds JP, KR, TC and HK)."""
    path = _bundled_path()
    if path is None:
        return None
    from matplotlib.ft2font import FT2Font

    for face in range(FT2Font(path).num_faces):
        if FT2Font(path, face_index=face).family_name == "Noto Sans CJK SC":
            return ChartFont("Noto Sans CJK SC", path, face)
    return None


def system_has_cjk() -> bool:
    """Whether this machine has a font of its own that a page can name (see `CSS_FAMILIES`)."""
    return bool(_system_fonts(OPEN_FAMILIES + PROPRIETARY_FAMILIES, regular=False))


@lru_cache(maxsize=1)
def chart_font() -> ChartFont:
    """The font that charts are drawn with.

    Raises
    ------
    FontMissing
        No Chinese font is installed; the message says how to mend it.
    """
    open_fonts = _system_fonts(OPEN_FAMILIES, regular=True)
    bundled = None if open_fonts else _bundled_font()
    candidates = (
        open_fonts or ([bundled] if bundled else []) or _system_fonts(PROPRIETARY_FAMILIES, regular=True)
    )
    if not candidates:
        raise FontMissing(
            "找不到能显示简体中文的字体，图表会变成方框。请安装其一："
            'pip install "zwxm-core[report]"（自带思源黑体），'
            "或系统软件包 fonts-noto-cjk（Debian、Ubuntu、统信、麒麟）。"
        )
    return candidates[0]


@lru_cache(maxsize=1)
def chart_families() -> list[str]:
    """The value for matplotlib's ``font.family``: the Chinese font first, then matplotlib's own.

    A bundled font is made known to matplotlib here, once a process. It replaces faces of
    the same family, so that the file of `chart_font` is the one that draws.
    """
    from matplotlib import font_manager

    font = chart_font()
    manager = font_manager.fontManager
    if not any((e.fname, e.index) == (font.path, font.face) for e in manager.ttflist):
        manager.ttflist = [e for e in manager.ttflist if e.name != font.family]
        manager.addfont(font.path)
    return [font.family, LATIN_FALLBACK]


@lru_cache(maxsize=1)
def _covered() -> frozenset[int]:
    """Code points that a chart can draw."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    font = chart_font()
    latin = font_manager.findfont(LATIN_FALLBACK)
    return frozenset(FT2Font(font.path, face_index=font.face).get_charmap()) | frozenset(
        FT2Font(latin).get_charmap()
    )


def missing_glyphs(text: str) -> set[str]:
    """Characters of a text that charts could only draw as an empty box.

    matplotlib says nothing that could be caught when a glyph is missing, so titles and
    labels are asked about beforehand. Control characters are not drawn and never missing.

    Examples
    --------
    >>> missing_glyphs("乐山市政务信息化项目：报批总投资 1,234.56 万元，核减率≤15%（④）")
    set()
    >>> missing_glyphs("甲\\U000E0123乙") == {"\\U000E0123"}
    True
    """
    return {char for char in set(text) if ord(char) >= 0x20 and ord(char) not in _covered()}


def html_font_face(text: str) -> str:
    """A ``@font-face`` rule that carries exactly the characters of a page.

    Parameters
    ----------
    text : str
        The page, or all text that it shows.

    Returns
    -------
    str
        CSS, empty where the system has a Chinese font of its own (the page then only
        names it) or where no bundled font is installed. The same characters give the
        same bytes. About 130 KB and one second for 500 different characters.
    """
    if system_has_cjk():
        return ""
    return _font_face("".join(sorted(set(text))))


@lru_cache(maxsize=8)
def _font_face(characters: str) -> str:
    font = _bundled_font()
    if font is None:
        return ""
    data = base64.b64encode(_subset(font, characters)).decode("ascii")
    return (
        f'@font-face{{font-family:"{EMBEDDED_FAMILY}";font-display:block;'
        f'src:url(data:font/woff;base64,{data}) format("woff")}}'
    )


def _subset(font: ChartFont, characters: str) -> bytes:
    """A WOFF font of some characters only, without hints.

    Of the typographic features it keeps those of running text: joined dashes (ccmp), kerning,
    punctuation that closes up (halt, chws). Forms of other languages (locl) would double the size.
    """
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options = subset.Options()
    options.hinting = False
    options.desubroutinize = True
    options.layout_features = ["ccmp", "kern", "halt", "chws"]
    options.drop_tables += ["BASE", "VORG", "vhea", "vmtx"]
    # recalcTimestamp would write the time of day into the file.
    with TTFont(font.path, fontNumber=font.face, lazy=True, recalcTimestamp=False) as source:
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=characters)
        subsetter.subset(source)
        source.flavor = "woff"
        target = io.BytesIO()
        source.save(target)
        return target.getvalue()
