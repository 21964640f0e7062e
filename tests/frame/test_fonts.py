"""Charts and pages show Chinese with the system's fonts and without them."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import subprocess
import sys
import unicodedata

import pytest
from matplotlib import font_manager

from zwxm_core import fonts

BODY = (
    "<h1>乐山市政务信息化项目立项评估报告</h1><p>结论：购买服务节约，“符合”第十九条（三年）"
    "·《办法》——核减万元；④。镕堃喆珺𬭎〇</p>"
)
PUNCTUATION = "，。、；：？！（）《》〈〉【】「」“”‘’…—·～￥％‰℃①⑳ⅠⅫ≤≥≠≈×÷±→■□●○★☆√㎡〇"


@pytest.fixture
def no_system_fonts(monkeypatch):
    """The bundled font alone; what matplotlib knew before is put back afterwards."""
    manager, caches = font_manager.fontManager, (fonts.chart_font, fonts.chart_families, fonts._covered)
    monkeypatch.setenv("ZWXM_IGNORE_SYSTEM_FONTS", "1")
    monkeypatch.setattr(manager, "ttflist", list(manager.ttflist))
    for cached in (*caches, manager._findfont_cached):
        cached.cache_clear()
    yield
    for cached in (*caches, manager._findfont_cached):
        cached.cache_clear()


def gb2312() -> str:
    """All characters of GB/T 2312: 6,763 Chinese characters, punctuation and symbols."""
    cells = (bytes([a, b]) for a in range(0xA1, 0xF8) for b in range(0xA1, 0xFF))
    return "".join(cell.decode("gb2312", "ignore") for cell in cells)


def test_without_system_fonts_the_bundled_open_font_draws_charts(no_system_fonts):
    font = fonts.chart_font()
    assert font.family == "Noto Sans CJK SC"
    assert "noto_cjk_sans_otc" in font.path
    assert not fonts.system_has_cjk()


def test_the_bundled_font_says_itself_that_it_is_openly_licensed_and_regular(no_system_fonts):
    from fontTools.ttLib import TTFont

    font = fonts.chart_font()
    with TTFont(font.path, fontNumber=font.face, lazy=True) as face:
        assert "SIL Open Font License, Version 1.1" in face["name"].getDebugName(13)
        assert face["OS/2"].usWeightClass == 400
        assert "fvar" not in face


def test_the_bundled_font_draws_the_whole_national_standard_and_rare_names(no_system_fonts):
    assert len([c for c in gb2312() if unicodedata.category(c) == "Lo"]) > 6763
    assert fonts.missing_glyphs(gb2312() + PUNCTUATION + "镕堃喆珺旸赟犇䶮𠮷𬭎鿍") == set()


def test_a_character_that_no_font_has_is_named(no_system_fonts):
    assert fonts.missing_glyphs("甲\U000e0123乙\n") == {"\U000e0123"}


def test_charts_prefer_an_open_font_to_a_proprietary_one_of_the_system(monkeypatch):
    asked = []

    def only_proprietary(families, regular):
        asked.append(families)
        return [fonts.ChartFont("SimHei", "/simhei.ttf", 0)] if "SimHei" in families else []

    monkeypatch.setattr(fonts, "_system_fonts", only_proprietary)
    assert fonts.chart_font.__wrapped__().family == "Noto Sans CJK SC"
    monkeypatch.setattr(fonts, "_bundled_font", lambda: None)
    assert fonts.chart_font.__wrapped__().family == "SimHei"


def test_no_chinese_font_at_all_is_said_in_one_message_that_helps(no_system_fonts, monkeypatch):
    monkeypatch.setattr(fonts, "_bundled_font", lambda: None)
    with pytest.raises(fonts.FontMissing, match=r"pip install .*fonts-noto-cjk"):
        fonts.chart_font()


def drawn(text: str, family: list[str]):
    """The black pixels of a text drawn by matplotlib."""
    from matplotlib.figure import Figure
    from PIL import Image, ImageChops

    figure = Figure(figsize=(4, 1), dpi=100)
    figure.text(0.05, 0.3, text, fontfamily=family, fontsize=24, parse_math=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    image = Image.open(buffer).convert("L")
    return ImageChops.invert(image)


def test_matplotlib_draws_different_characters_differently(no_system_fonts):
    family = fonts.chart_families()
    pictures = {drawn(char, family).tobytes() for char in "骨直角径关"}
    assert len(pictures) == 5  # empty boxes would all be alike


def test_a_page_embeds_exactly_its_own_characters(no_system_fonts):
    from fontTools.ttLib import TTFont

    css = fonts.html_font_face("乐山市政务 15%")
    data = base64.b64decode(css.split("base64,")[1].split(")")[0])
    with TTFont(io.BytesIO(data)) as font:
        assert {chr(c) for c in font.getBestCmap()} == set("乐山市政务 15%")


def test_a_page_embeds_nothing_where_the_system_has_a_chinese_font(monkeypatch):
    monkeypatch.setattr(fonts, "system_has_cjk", lambda: True)
    assert fonts.html_font_face("乐山") == ""


def test_the_same_characters_give_the_same_bytes_in_any_process(no_system_fonts):
    code = "from zwxm_core.fonts import html_font_face as f; print(f({!r}))"
    outputs = {
        subprocess.run([sys.executable, "-c", code.format(text)], capture_output=True, check=True).stdout
        for text in ("政务信息化", "化息信务政政")
    }
    assert outputs == {(fonts.html_font_face("政务信息化") + "\n").encode()}


def browser_picture(tmp_path, name: str, face: str, system_fonts: bool):
    """The page as Chromium shows it, with or without the system's Chinese fonts."""
    from PIL import Image

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    page, picture, config = (tmp_path / f"{name}{end}" for end in (".html", ".png", ".conf"))
    style = f"{face}*{{font-family:{fonts.CSS_FAMILIES};font-weight:400}}"  # the system has a bold face
    page.write_text(f"<!doctype html><meta charset=utf-8><style>{style}</style>{BODY}", "utf-8")
    config.write_text(
        "<?xml version='1.0'?><!DOCTYPE fontconfig SYSTEM 'fonts.dtd'><fontconfig>"
        f"<dir>/usr/share/fonts/truetype/dejavu</dir><cachedir>{tmp_path}/cache</cachedir></fontconfig>"
    )
    env = os.environ | ({} if system_fonts else {"FONTCONFIG_FILE": str(config)})
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--user-data-dir={tmp_path / name}", "--window-size=900,220", f"--screenshot={picture}"]
    subprocess.run([*command, page.as_uri()], env=env, check=True, capture_output=True, timeout=90)
    return Image.open(picture).convert("L")


def difference(one, other) -> float:
    """Mean difference of two pictures in grey levels (0–255)."""
    from PIL import ImageChops, ImageStat

    return ImageStat.Stat(ImageChops.difference(one, other)).mean[0]


@pytest.mark.slow
def test_a_browser_without_chinese_fonts_shows_the_page_as_one_that_has_them(tmp_path, monkeypatch):
    if not any(
        f.family == "Noto Sans CJK SC" for f in fonts._system_fonts(fonts.OPEN_FAMILIES, regular=True)
    ):
        pytest.skip("the system has no Noto Sans CJK SC to compare with")
    monkeypatch.setenv("ZWXM_IGNORE_SYSTEM_FONTS", "1")
    face = fonts.html_font_face(BODY)
    with_fonts = browser_picture(tmp_path, "system", "", system_fonts=True)
    embedded = browser_picture(tmp_path, "embedded", face, system_fonts=False)
    boxes = browser_picture(tmp_path, "boxes", "", system_fonts=False)
    seen = {"embedded": difference(with_fonts, embedded), "boxes": difference(with_fonts, boxes)}
    assert seen["embedded"] < 3.0 < 8.0 < seen["boxes"], json.dumps(seen)
