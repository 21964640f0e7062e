"""The index page in a real browser, from the file system: searched, filtered, and no request made."""

from __future__ import annotations

import html
import re
import time

import pytest
from playwright.sync_api import expect

from zwxm_core.assessment import assess
from zwxm_core.portfolio import read, write_workbook
from zwxm_core.reporting.index import Entry, index_html
from zwxm_core.reporting.report import SAMPLE_DAY, SAMPLE_RULES, SAMPLES
from zwxm_core.resources import collection
from zwxm_core.rules.chapter3 import with_split_totals
from zwxm_core.rulesets import load_ruleset

GRADES = ["优", "良", "中", "差", None]
KINDS = ["evaluation", "acceptance", "post_assessment"]
HOSTILE = '甲"><script>document.title="被改"</script>'


def entries_of(portfolio) -> list[Entry]:
    made = []
    for row, project in enumerate(map(str, portfolio.facts.ids)):
        stem = f"r{row}"
        files = [f"{stem}.{ending}" for ending in ("html", "docx", "pdf", "ipynb")]
        made.append(Entry(row, project, KINDS[row % 3], stem, files=files, grade=GRADES[row % 5]))
    return made


def index_of(portfolio, entries, ruleset, day=SAMPLE_DAY) -> str:
    facts = with_split_totals(portfolio.facts)
    return index_html(
        entries, assess(facts, ruleset, day), portfolio, ruleset, "summary.xlsx", "calendar.ics"
    )


@pytest.fixture(scope="module")
def samples():
    return read(collection(SAMPLES))


@pytest.fixture(scope="module")
def page(samples):
    return index_of(samples, entries_of(samples), load_ruleset(collection(SAMPLE_RULES)))


@pytest.fixture
def shown(browser, page, tmp_path):
    """The index as a reader opens it, with what it asked for and what it complained of."""
    path = tmp_path / "index.html"
    path.write_text(page, encoding="utf-8")
    tab = browser.new_page()
    tab.asked, tab.said = [], []
    tab.on("request", lambda request: tab.asked.append(request.url))
    tab.on("console", lambda message: tab.said.append(message.text))
    tab.on("pageerror", lambda error: tab.said.append(str(error)))
    tab.goto(path.as_uri())
    yield tab
    tab.close()


def rows(tab) -> list[str]:
    return tab.locator("table.projects tbody tr:visible").all_inner_texts()


def shown_rows(tab, count: int) -> None:
    """Wait until so many rows are shown: a form empties its fields after the click that asks for it."""
    expect(tab.locator("table.projects tbody tr:visible")).to_have_count(count)


@pytest.mark.slow
def test_it_opens_from_the_file_system_and_asks_for_nothing(shown):
    assert [url for url in shown.asked if not url.startswith(("file:", "data:"))] == []
    assert len([url for url in shown.asked if url.startswith("file:")]) == 1
    assert shown.said == []
    assert shown.title() == "政务信息化项目评估报告"


@pytest.mark.slow
def test_a_search_finds_projects_by_name_number_unit_and_clause_whatever_their_width(shown, samples):
    search = shown.get_by_label("查找")
    everything = len(rows(shown))
    assert everything == samples.facts.n
    search.fill("ｌｓ2026-０7")
    assert [("饮用水源地环境风险预警系统" in row) for row in rows(shown)] == [True]
    search.fill("市教育局 智慧")
    assert len(rows(shown)) == 1
    search.fill("没有这样的项目")
    assert rows(shown) == []
    assert shown.locator("form.filters output").inner_text() == f"显示 0 个，共 {everything} 个"
    shown.get_by_role("button", name="清除").click()
    shown_rows(shown, everything)


@pytest.mark.slow
def test_filters_by_unit_verdict_grade_and_kind_hold_together(shown, samples):
    entries = entries_of(samples)
    shown.locator("select[name=grade]").select_option("优")
    assert len(rows(shown)) == sum(entry.grade == "优" for entry in entries)
    shown.locator("select[name=kind]").select_option("后评价报告")
    both = sum(entry.grade == "优" and entry.kind == "post_assessment" for entry in entries)
    assert len(rows(shown)) == both > 0
    shown.get_by_role("button", name="清除").click()
    shown.locator("select[name=verdict]").select_option("有问题")
    expect(shown.locator("table.projects tbody tr:not(:visible)")).not_to_have_count(0)
    assert all("✕" in row for row in rows(shown))
    unit = samples.facts.unit.at(0)
    shown.locator("select[name=verdict]").select_option("")
    shown.locator("select[name=unit]").select_option(unit)
    units = [samples.facts.unit.at(row) for row in range(samples.facts.n)]
    assert len(rows(shown)) == units.count(unit)


@pytest.mark.slow
def test_without_a_script_the_whole_table_is_there(browser, page, tmp_path, samples):
    path = tmp_path / "index.html"
    path.write_text(page, encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(path.as_uri())
    assert len(rows(tab)) == samples.facts.n
    assert not tab.locator("form.filters").is_visible()
    context.close()


@pytest.mark.slow
def test_what_a_user_typed_cannot_run_and_is_found_as_it_is_written(browser, tmp_path):
    book = write_workbook(tmp_path / "书.xlsx", {"projects": [
        {"id": "A1", "name": HOSTILE, "unit": HOSTILE}, {"id": "B1", "name": "乙", "unit": "乙局"}]})  # fmt: skip
    portfolio = read(book)
    page = index_of(portfolio, entries_of(portfolio), load_ruleset())
    page = page.replace("</main>", "<script>document.title='被改'</script></main>")  # as if one had come in
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    tab = browser.new_page()
    tab.goto((tmp_path / "index.html").as_uri())
    assert tab.title() == "政务信息化项目评估报告"
    tab.get_by_label("查找").fill('"><script>')
    assert len(rows(tab)) == 1
    tab.get_by_label("单位").select_option(label=HOSTILE)
    assert len(rows(tab)) == 1
    tab.close()


def test_a_report_is_linked_in_every_format_and_the_page_first(page):
    (links,) = re.findall(r"<div>(<a href=\"r0\.html\".*?)</div>", page)
    assert re.findall(r'href="([^"]*)">([^<]*)<', links) == [
        ("r0.html", "立项评估报告"), ("r0.docx", "Word"), ("r0.pdf", "PDF"), ("r0.ipynb", "笔记本"),
    ]  # fmt: skip


def test_without_grades_there_is_no_column_of_grades(samples):
    entries = entries_of(samples)
    for entry in entries:
        entry.grade = None
    page = index_of(samples, entries, load_ruleset(collection(SAMPLE_RULES)))
    assert "<th>等级</th>" not in page
    assert 'name="grade"' not in page


def test_only_the_script_of_the_page_may_run(page):
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1])
    assert "default-src 'none'" in policy
    assert re.search(r"script-src 'sha256-[\w+/]{43}='$", policy)


def test_the_portfolio_is_drawn_by_chapter_and_by_stage_with_alt_texts(page):
    alts = re.findall(r'<img [^>]*alt="([^"]*)"', page)
    assert [alt.split("。")[0] for alt in alts] == [
        "结论分布堆叠横条图（结论数）",
        "结论分布堆叠横条图（项目数（按阶段））",
    ]


def test_a_thousand_projects_take_seconds(tmp_path):
    records = [{"id": f"P{n:04}", "name": f"系统{n}", "unit": f"单位{n % 40}"} for n in range(1000)]
    portfolio = read(write_workbook(tmp_path / "书.xlsx", {"projects": records}))
    ruleset = load_ruleset()
    told = assess(with_split_totals(portfolio.facts), ruleset, SAMPLE_DAY)
    before = time.process_time()
    index_html(entries_of(portfolio), told, portfolio, ruleset, "summary.xlsx", "calendar.ics")
    assert time.process_time() - before < 20
