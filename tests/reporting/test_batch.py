"""Batches: checked first, isolated, indexed; a person's edits are kept. Figures worked out by hand in conftest."""

from __future__ import annotations

import html
import json
import re
from types import SimpleNamespace

import openpyxl
import pytest

from zwxm_core.portfolio import write_workbook
from zwxm_core.reporting import KINDS, batch, execute
from zwxm_core.reporting.batch import ReportError, run
from zwxm_core.reporting.kinds import kind_for

from .conftest import CITY, DAY
from .test_tables import HOSTILE

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def evaluated(book, tmp_path_factory):
    """All three projects evaluated, html and ipynb."""
    out = tmp_path_factory.mktemp("evaluated")
    result = run("evaluation", book, out, jobs=2, formats=("html", "ipynb"), as_of=DAY, progress=False)
    return SimpleNamespace(out=out, result=result, page=lambda p: page(out, p))


def page(out, project: str) -> str:
    (path,) = out.glob(f"*_{project}_*.html")
    return path.read_text(encoding="utf-8")


def plain(text: str) -> str:
    text = re.sub(r'<span class="day">([^<]*)</span>', r"\1", text.partition("<main>")[2] or text)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text)))


def figures(text: str) -> dict[str, str]:
    """The rows of two-column tables."""
    rows = re.findall(r"<tr><t[hd]>([^<]*)</t[hd]><td[^>]*>(.*?)</td></tr>", text)
    return {plain(name).strip(): plain(value).strip() for name, value in rows}


def test_an_evaluation_tells_the_exact_comparison(evaluated):
    told = figures(evaluated.page("A1"))
    assert told["自行建设：建设加运维总额"] == "440.00 万元"  # 300 + 35 × 4, warranty in year 1
    assert told["购买服务：服务费预算总额"] == "400.00 万元"
    assert told["节约额（自建 − 购买）"] == "40.00 万元"
    assert told["节约率"] == "约 9.09%"  # 1/11
    assert told["盈亏平衡年服务费（两种方式总额相等）"] == "88.00 万元"
    assert told["累计成本交叉年"] == "使用期限内不交叉"
    assert told["第十九条第（二）项“明显小于”"] == "待核"  # no threshold is set, so nothing is decided
    # 80 × (1 - 1.08^-5) / 0.08 and 300 + 35 × (annuity of 5 years - 1/1.08)
    annuity = (1 - 1.08**-5) / 0.08
    assert (
        told["现值：购买服务（折现率 8.00%，按年末发生折现，第 0 年不折现）"] == f"{80 * annuity:,.2f} 万元"
    )
    built = 300 + 35 * (annuity - 1 / 1.08)
    assert told["现值：自行建设（折现率 8.00%，按年末发生折现，第 0 年不折现）"] == f"{built:,.2f} 万元"


def test_an_evaluation_opens_with_the_conclusion_and_the_facts_that_would_settle_most(evaluated):
    told = plain(evaluated.page("A1"))
    first = re.search(r"未发现问题，但有 (\d+) 条结论待核，尚不能认定合规。", told)
    settling = told.index(f"{first[1]} 条结论待核。共缺")
    assert first.start() < told.index("最该补齐的事实") < settling < told.index("项目概况")
    assert "口径：明显小于的节约率下限" in told
    assert (
        told.index("核减表") < told.index("自建与购买比较", told.index("核减表")) < told.index("规则集指纹")
    )


def test_the_table_of_cuts_has_claimed_assessed_cut_and_reason(evaluated):
    told = plain(evaluated.page("A1"))
    assert re.search(r"软件开发费 0 350\.00 300\.00 50\.00 约 14\.29% 功能重复", told)


def test_a_project_without_facts_says_so_and_decides_nothing(evaluated):
    told = plain(evaluated.page("C3"))
    assert "自建与购买的总额没有全部提供，不能比较。" in told
    assert "核减表：未提供费用明细。" in told
    assert "未画" in told
    assert not re.search("[✕✓○] (?:不?符合|命中|未命中|不?具备条件)", told)


def test_pages_carry_no_script_no_request_and_every_picture_its_alt_text(evaluated):
    for path in evaluated.out.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert '<html lang="zh-CN">' in text
        assert text.lower().count("<script") == (path.name == "index.html")
        assert "default-src 'none'" in html.unescape(text)
        assert not re.search(
            r'(?:src|href)="(?!data:image/(?:png|svg\+xml)|#|[\w%.-]+\.(?:html|xlsx|ipynb|ics)")', text
        )
        assert not re.search(r"url\((?!data:)", text)
        alts = re.findall(r'<img [^>]*alt="([^"]*)"', text)
        assert len(alts) == text.count("<img ")
        assert all(alt.endswith("。") for alt in alts)
    assert evaluated.page("A1").count("<img ") == 7  # the path, two of costs, two of sensitivity, two of risk


def test_no_clause_id_or_field_name_reaches_the_reader(evaluated):
    for path in evaluated.out.glob("*.html"):
        told = plain(path.read_text(encoding="utf-8"))
        assert not re.search(r"(?<![\d,.])(?:18|19|28|29|54)\.[123](?:\.\d)?(?![\d%])", told), path.name
        assert not re.search(r"[a-z]+_[a-z]+(?!\w*\.(?:html|xlsx))", told.replace("zwxm_core", "")), path.name


def test_the_notebook_format_is_the_executed_notebook(evaluated):
    (path,) = evaluated.out.glob("*_A1_*.ipynb")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in code)
    assert "papermill" not in notebook["metadata"]


def test_the_index_lists_every_project_with_its_counts_and_reports(evaluated):
    text = evaluated.result.index.read_text(encoding="utf-8")
    for project in ("A1", "B2", "C3"):
        assert f'<div class="small">{project}</div>' in text
        assert re.search(rf'href="evaluation_{project}_\w+\.html"', text)
    assert "3 个项目：有问题的 1 个，未发现问题但有待核的 2 个。报告 3 份。" in plain(text)
    assert "乐山市市级政务信息化项目管理办法（leshan-2022" in text
    assert evaluated.result.exit_code == 0
    assert len(evaluated.result.made) == 6


def test_the_index_lists_what_is_due_and_links_the_calendar_beside_it(evaluated):
    text = evaluated.result.index.read_text(encoding="utf-8")
    assert "<h2>到期事项</h2>" in text
    (name,) = re.findall(r'href="(calendar[\w%.-]*\.ics)"', text)
    assert (evaluated.out / name).read_bytes().startswith(b"BEGIN:VCALENDAR")


def test_the_summary_says_the_same_as_the_pages(evaluated):
    book = openpyxl.load_workbook(evaluated.result.summary)
    assert book.sheetnames == ["项目", "结论", "待补事实", "说明", "义务期限"]
    rows = {(r[0], r[3]): r for r in book["结论"].iter_rows(min_row=2, values_only=True)}
    found = rows["A1", "第十九条第（二）项"]
    assert found[4:6] == ("待核", "否")
    assert "口径：明显小于的节约率下限" in found[7].split("；")
    projects = {r[0]: r for r in book["项目"].iter_rows(min_row=2, values_only=True)}
    assert projects["B2"][6] == pytest.approx(733.33334)
    assert projects["A1"][7].startswith("未发现问题，但有 ")
    assert projects["A1"][9] >= int(re.search(r"\d+", projects["A1"][7])[0])  # open consequences beside


@pytest.fixture(scope="module")
def assessed(book, tmp_path_factory):
    """The operating project after the fact."""
    out = tmp_path_factory.mktemp("assessed")
    run("post_assessment", book, out, projects=["b２"], as_of=DAY, progress=False)
    return page(out, "B2")


def test_a_post_assessment_holds_the_adjustment_against_its_line_exactly(assessed):
    told = plain(assessed)
    assert "累计调整额 110.0001 15.0000001%" not in told
    assert re.search(r"累计调整额 110\.000001 15%", told)  # 1,100,000.01 of 7,333,333.40: exactly 15%
    assert "自行调整限额（15%，含本数） 110.000001" in told
    assert "可自行调整并报备：具备条件（第二十九条）。" in told
    assert "自行调整限额（15%，含本数） 110.000001 万元" in assessed  # the chart's alt text
    assert "已形成书面材料报备：不符合（第二十九条）。" in told


def test_a_post_assessment_tells_dates_actual_cost_and_indicators(assessed):
    told = plain(assessed)
    assert "验收日 2024-02-10 比应验收日晚 10 天" in told
    assert re.search(r"软件开发费 自行建设 0 600\.00 630\.00 30\.00 5%", told)
    assert re.search(r"办件量 产出 ≥ 1000 1000 100% ✓ 达到", told)
    assert re.search(r"平均时长 效益 ≤ 3 3\.5 约 85\.71% ○ 未达到", told)
    assert "资源使用 整张表没有本项目的行" in told


def test_hostile_names_are_text_everywhere_and_every_report_is_made(tmp_path):
    texts = [*HOSTILE, "长" * 300]
    pairs = zip(texts[::2], texts[1::2], strict=True)
    records = [{**CITY, "id": f"H{i}", "name": name, "unit": unit} for i, (name, unit) in enumerate(pairs)]
    book = write_workbook(tmp_path / "书.xlsx", {"projects": records})
    result = run("evaluation", book, tmp_path / "out", jobs=2, as_of=DAY, progress=False)
    assert not result.failed
    for record in records:
        text = page(tmp_path / "out", record["id"])
        (title,) = re.findall(r'<p class="title">(.*?)</p>', text)
        assert html.unescape(title) == record["name"]
        assert f" · {record['unit']} " in plain(text)
        assert "<script" not in text
        assert not re.search(r"<[^>]*onerror", text)
    index = result.index.read_text(encoding="utf-8")
    assert index.count("<script") == 1  # our own, which the page's policy names by its hash
    assert "javascript:" not in "".join(re.findall(r'href="([^"]*)"', index))
    assert "{{7*7}}" in index
    sheet = openpyxl.load_workbook(result.summary)["项目"]
    for row, record in zip(sheet.iter_rows(min_row=2), records, strict=True):
        for cell, value in zip(row[1:3], (record["name"], record["unit"]), strict=True):
            assert (cell.value, cell.data_type, cell.hyperlink) == (value, "s", None)


def _poisoned(book, tmp_path, monkeypatch, deed: str):
    """Evaluate three projects with a notebook that does something to itself for B2."""
    notebook = json.loads(batch.collection("notebooks/reports/evaluation.ipynb").read_text(encoding="utf-8"))
    notebook["cells"][1]["source"].append(f"\nif project == 'B2':\n    import os, signal\n    {deed}")
    poison = tmp_path / "poison.ipynb"
    poison.write_text(json.dumps(notebook), encoding="utf-8")
    monkeypatch.setattr(batch, "collection", lambda _: poison)
    return run("evaluation", book, tmp_path / "out", jobs=2, as_of=DAY, progress=False)


def test_a_poisoned_project_does_not_stop_the_others(book, tmp_path, monkeypatch, capsys):
    result = _poisoned(book, tmp_path, monkeypatch, "os.kill(os.getpid(), signal.SIGKILL)")
    assert result.exit_code == 1
    assert [project for project, _ in result.failed] == ["B2"]
    assert "内核异常终止" in result.failed[0][1]
    assert len(result.made) == 2
    assert "B2：运行报告的内核异常终止" in capsys.readouterr().err
    index = plain(result.index.read_text(encoding="utf-8"))
    assert "未能生成的报告 项目编号 原因 B2 运行报告的内核异常终止" in index
    rows = openpyxl.load_workbook(result.summary)["项目"].iter_rows(min_row=2, values_only=True)
    assert ["内核异常终止" in (r[11] or "") for r in rows] == [False, True, False]


def test_a_worker_that_dies_costs_only_its_own_project(book, tmp_path, monkeypatch):
    result = _poisoned(book, tmp_path, monkeypatch, "os.kill(os.getppid(), signal.SIGKILL)")
    assert result.failed == [("B2", "工作进程异常终止（可能内存不足，或被系统结束）")]
    assert len(result.made) == 2


def _pretend(monkeypatch, data: bytes) -> None:
    """Let every report be these bytes, made at once."""
    monkeypatch.setattr(
        batch, "on_this_machine", lambda jobs, *_: (execute.Made(j, {"html": data}) for j in jobs)
    )


def test_an_edited_report_is_kept_and_a_new_one_stands_beside_it_only_when_asked(
    book, tmp_path, monkeypatch, capsys
):
    _pretend(monkeypatch, b"new")

    def again(**options):
        return run("evaluation", book, tmp_path, projects=["A1", "C3"], as_of=DAY, progress=False, **options)

    first = again()
    mine = next(tmp_path.glob("*_A1_*.html"))
    mine.write_text("改过")
    second = again()
    assert mine.read_text() == "改过"
    assert second.kept == [mine.name]
    assert (len(first.made), second.made, len(second.unchanged)) == (2, [], 1)
    assert f"人工修改过，原样保留：{mine.name}" in capsys.readouterr().err
    assert "人工修改过，原样保留" in second.index.read_text(encoding="utf-8")
    third = again(overwrite_edited=True)
    assert mine.read_text() == "改过"
    assert mine.with_suffix(".new.html").read_text() == "new"
    assert third.exit_code == 0
    third.summary.write_bytes(b"edited, too")
    assert again().summary.name == "summary.new.xlsx"


def test_the_same_run_gives_the_same_bytes(book, tmp_path, monkeypatch):
    _pretend(monkeypatch, b"x")
    outs = [tmp_path / name for name in ("a", "b")]
    for out in outs:
        run("evaluation", book, out, as_of=DAY, progress=False)
    first, second = (
        {p.name: p.read_bytes() for p in out.iterdir() if p.name != "ledger.jsonl"} for out in outs
    )
    assert first == second


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "annual"}, "不认识的报告种类：annual；现有 evaluation、"),
        ({"formats": ("html", "odt")}, "不认识的格式：odt；现有 html、docx、pdf、ipynb"),
        ({"formats": ()}, "不认识的格式：（空）"),
        ({"projects": ["A1", "没有"]}, "项目.xlsx 里没有这些项目编号：没有"),
        ({"jobs": 0}, "读到 0"),
    ],
)
def test_everything_is_checked_before_anything_starts(book, tmp_path, change, told):
    options = {"kind": "evaluation", "as_of": DAY, "progress": False, **change}
    with pytest.raises(ReportError, match=told):
        run(options.pop("kind"), book, tmp_path / "out", **options)
    assert not list(tmp_path.rglob("*.html"))


def test_an_output_folder_that_is_a_file_is_refused_in_one_line(book, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(ReportError, match="输出目录不能使用"):
        run("evaluation", book, tmp_path / "out", as_of=DAY, progress=False)


def test_a_full_disk_stops_the_run_in_one_line(book, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    _pretend(monkeypatch, b"x")
    monkeypatch.setattr(batch, "place", full)
    with pytest.raises(
        ReportError, match=r"写不进输出目录 .*：磁盘空间不足；已写好的报告没有损坏。处理后再次运行同一命令"
    ):
        run("evaluation", book, tmp_path, as_of=DAY, progress=False)


def test_the_demo_makes_every_report_in_every_format(tmp_path, monkeypatch):
    asked = set()

    def made(jobs, *_):
        for job in jobs:
            asked.add(job.formats)
            yield execute.Made(job, dict.fromkeys(job.formats, b"x"))

    monkeypatch.setattr(batch, "on_this_machine", made)
    result = batch.demo(tmp_path, progress=False)
    assert asked == {("html", "docx", "pdf", "ipynb")}
    assert len(result.made) % 4 == 0
    assert "等级" in plain(result.index.read_text(encoding="utf-8"))


def test_the_demo_plans_by_stage_with_the_samples_own_rules_and_day(tmp_path, monkeypatch):
    _pretend(monkeypatch, b"x")
    result = batch.demo(tmp_path, progress=False)
    kinds = [next(kind for kind in KINDS if name.startswith(kind)) for name in result.made]
    assert set(kinds) == set(KINDS)
    assert kinds.count("annual_review") == 1
    stages = ("申报", "建设", "试运行", "验收", "自评价", "终止")
    assert [kind_for(s) for s in stages] == [
        "evaluation", "monitoring", "acceptance", "acceptance", "post_assessment", None,
    ]  # fmt: skip
    assert kind_for("建设", adjusted=True) == "adjustment_review"
    told = plain(result.index.read_text(encoding="utf-8"))
    assert "评估日 2026-11-24" in told
    assert "样例自带，只供演示，不是本地规定" in told
    assert "不低于 10%" in told
