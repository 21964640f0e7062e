"""The commands as a stranger uses them: what is printed, what the exit code is, what is left alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from zwxm_core.portfolio import write_workbook

JUDGED = {"by": "信息科科长", "basis": "乐数示〔2025〕7号", "on": "2025-03-01"}


def zwxm(*arguments, cwd=None) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "zwxm_core.cli", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(
        command, capture_output=True, check=False, encoding="utf-8", cwd=cwd, env=environment
    )


@pytest.fixture(scope="module")
def workbook(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "项目 表.xlsx"
    city = {"level": "市级", "classified": "否", "approved_total": 345_678_920, "adjustments_complete": "是"}
    write_workbook(
        path,
        {
            "projects": [
                {"id": "P1", "name": "供水监测", **city, "revised_total": 345_678_920, "goals_unchanged": "是",
                 "change_necessary": "是"},
                {"id": "P2", "name": "学籍管理", **city},
            ],
            "adjustments": [
                {"project": "P1", "seq": 1, "on": "2024-05-06", "amount": -51_851_838, "ground": "技术优化", "filed": "否"},
                {"project": "P2", "seq": 1, "on": "2024-05-06", "amount": -51_851_839},
            ],
            "judgements": [
                {"sheet": "项目", "project": "P1", "field": "建设目标不变", "value": "是", **JUDGED},
                {"sheet": "项目", "project": "P1", "field": "主要建设内容确需调整", "value": "是", **JUDGED},
                {"sheet": "调整", "project": "P1", "row": "1", "field": "事由", "value": "技术优化", **JUDGED},
            ],
        },
    )  # fmt: skip
    return path


def outcomes(done) -> dict:
    return {(f["project"], f["item"]): f["outcome"] for f in json.loads(done.stdout)["findings"]}


def test_assess_prints_json_only_and_exits_0_although_there_are_problems(workbook):
    done = zwxm("assess", workbook, "--clause", "29.1", "--as-of", "2026-11-24", "--json")
    assert done.returncode == 0
    assert outcomes(done) == {
        ("P1", None): "具备条件", ("P1", "filing"): "不符合", ("P2", None): "不具备条件", ("P2", "filing"): "不适用",
    }  # fmt: skip


def test_a_clause_may_be_named_as_the_law_cites_it_and_projects_be_chosen(workbook):
    done = zwxm(
        "assess", workbook, "--clause", "第二十九条", "--project", "p2", "--as-of", "2026-11-24", "--json"
    )
    assert outcomes(done) == {("P2", None): "不具备条件", ("P2", "filing"): "不适用"}


def test_an_option_of_several_values_may_be_written_again_and_adds_to_the_first(workbook):
    done = zwxm(
        "assess",
        workbook,
        "--clause",
        "29.1",
        "--clause",
        "28.1",
        "--project",
        "P1",
        "--project",
        "P2",
        "--json",
    )
    told = {(f["project"], f["clause"]) for f in json.loads(done.stdout)["findings"]}
    assert told == {(project, clause) for project in ("P1", "P2") for clause in ("28.1", "29.1")}


def test_fail_on_gives_exit_code_3_only_where_it_applies(workbook):
    assert zwxm("assess", workbook, "--clause", "29.1", "--fail-on", "problems").returncode == 3
    assert zwxm("assess", workbook, "--clause", "29.1", "--fail-on", "open").returncode == 0
    assert zwxm("assess", workbook, "--clause", "28.1", "--fail-on", "open").returncode == 3


def test_problems_come_first_in_plain_words(workbook):
    done = zwxm("assess", workbook, "--as-of", "2026-11-24")
    assert done.returncode == 0
    assert done.stdout.index("问题 1 项") < done.stdout.index("待核") < done.stdout.index("补齐以下事实")
    assert "P1 供水监测　第二十九条（书面报备）　不符合　" in done.stdout
    assert "书面报备：否。" in done.stdout
    assert "29.1" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["assess"], "缺少参数：工作簿"),
        (["assess", "x.xlsx", "--as-of", "2026年"], "应为日期，如 2026-11-24"),
        (["assess", "{book}", "--clause", "29.9"], "没有这些条款：29.9"),
        (["assess", "{book}", "--project", "P9"], "工作簿里没有这些项目编号：P9"),
        (["explain", "99"], "没有这一条：99"),
        (["compare", "{book}", "--threshold", "15"], "应为 0 到 1 之间的比例"),
        (["report", "evaluation", "{book}", "--out", "o", "--format", "odt"], "不认识的格式：odt"),
    ],
)
def test_wrong_use_says_in_chinese_what_was_expected_and_exits_2(workbook, tmp_path, arguments, message):
    done = zwxm(*[str(workbook) if a == "{book}" else a for a in arguments], cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_input_that_cannot_be_read_exits_65_and_names_every_error(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(
        "项目编号,批复总投资（万元）,批复日\nP1,一些,2024年\nP1,10,2024-01-01\n", encoding="utf-8"
    )
    done = zwxm("assess", path, "--json", "--out", tmp_path / "out.xlsx")
    assert (done.returncode, done.stdout) == (65, "")
    assert "第 2 行" in done.stderr
    assert "共 4 处错误，未作处理" in done.stderr
    assert not (tmp_path / "out.xlsx").exists()
    assert "Traceback" not in done.stderr


def test_a_bad_rule_set_is_refused_before_anything_is_read(workbook, tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text("base: leshan-2022\nid: 7\n", encoding="utf-8")
    done = zwxm("assess", workbook, "--ruleset", path)
    assert done.returncode == 65
    assert f"{path}：第 2 行" in done.stderr


def test_compare_answers_under_the_threshold_and_rate_that_are_given(tmp_path):
    path = tmp_path / "buy.xlsx"
    facts = {"id": "A", "level": "市级", "action": "新建", "classified": "否", "mode": "购买服务", "approved_on": "未", "service_life": 5,
             "annual_service_fee": 126_000_000, "build_cost": 500_000_000, "annual_om_cost": 50_000_000, "warranty_years": 1}  # fmt: skip
    write_workbook(path, {"projects": [facts]})
    done = zwxm("compare", path, "--threshold", "10%", "--rate", "0%", "--json", "--as-of", "2026-11-24")
    [one] = json.loads(done.stdout)["comparisons"]
    assert (one["service_total"], one["build_total"], one["saving"]) == (630_000_000, 700_000_000, 70_000_000)
    assert one["saving_ratio"] == one["flip_threshold"] == {"num": 1, "den": 10, "text": "0.100000"}
    assert one["npv_purchase"] == pytest.approx(6_300_000.0)
    assert one["finding"]["outcome"] == "符合"
    assert one["break_even_fee"] == 140_000_000
    stricter = zwxm("compare", path, "--threshold", "10.0001%", "--as-of", "2026-11-24")
    assert "第十九条第（二）项：不符合" in stricter.stdout


def test_explain_shows_digest_parameters_conventions_conditions_and_a_worked_case():
    told = zwxm("explain", "29.1").stdout
    for part in (
        "概括",
        "参数",
        "15%",
        "口径",
        "各次调整累计",
        "条件",
        "资金调整数额不超过批复总投资的限额",
        "算例",
        "518,518.38 元",
    ):
        assert part in told
    assert "29.1" not in told


def test_schema_lists_the_data_dictionary_with_the_clauses_that_read_each_field():
    described = json.loads(zwxm("schema", "--json").stdout)
    fields = {(s["sheet"], f["field"]): f for s in described["sheets"] for f in s["fields"]}
    assert fields["projects", "approved_total"]["label"] == "批复总投资"
    assert "第二十九条" in fields["adjustments", "amount"]["clauses"]
    assert "批复总投资（approved_total，金额）" in zwxm("schema").stdout


def test_a_workbook_that_is_there_is_never_written_over(tmp_path, workbook):
    book = tmp_path / "我的项目.xlsx"
    book.write_bytes(workbook.read_bytes())
    for arguments in (
        ["template", book],
        ["assess", book, "--out", book],
        ["check", book, "--marked", book],
        ["template", tmp_path / "没有" / "a.xlsx"],
        ["template", tmp_path / "a.docx"],
    ):
        done = zwxm(*arguments)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), arguments
    assert book.read_bytes() == workbook.read_bytes()
    assert zwxm("template", book, "--force").returncode == 0
    assert book.read_bytes() != workbook.read_bytes()


def test_check_writes_a_marked_copy_and_tells_every_problem(tmp_path):
    path, out = tmp_path / "bad.xlsx", tmp_path / "标出.xlsx"
    write_workbook(path, {"projects": [{"id": "A", "approved_total": 0}]})
    done = zwxm("check", path, "--marked", out)
    assert done.returncode == 0
    assert "提示 1 处" in done.stdout
    assert out.exists()


def test_assess_writes_its_findings_to_a_workbook(tmp_path, workbook):
    out = tmp_path / "结论.xlsx"
    assert zwxm("assess", workbook, "--out", out, "--as-of", "2026-11-24").returncode == 0
    assert out.stat().st_size > 4000


def test_explain_lists_the_clauses_under_an_article():
    done = zwxm("explain", "19.1.9")
    assert done.returncode == 2
    done = zwxm("explain", "第十八条")
    assert "18.2.3　第十八条第二款第（三）项" in done.stderr


def test_one_project_is_told_in_full_and_many_as_counts_with_how_to_see_one():
    from zwxm_core.reporting.report import SAMPLES
    from zwxm_core.resources import collection

    samples = collection(SAMPLES)
    one = zwxm("assess", samples, "--project", "LS2023-02", "--as-of", "2026-11-24").stdout
    for title in ("问题", "待核", "后果", "期限", "材料和办理", "合计"):
        assert f"\n{title}" in one
    assert "2025-09-03 至 2026-09-02" in one
    many = zwxm("assess", samples, "--as-of", "2026-11-24").stdout
    assert "各条结论（项数）" in many
    assert "zwxm assess 工作簿 --project LS" in many


def test_an_option_that_takes_several_may_be_given_more_than_once():
    from zwxm_core.cli import _parser

    options = _parser().parse_args(
        [
            "assess",
            "x.xlsx",
            "--project",
            "P1",
            "--project",
            "P2",
            "P3",
            "--clause",
            "29.1",
            "--clause",
            "28.1",
        ]
    )
    assert options.project == ["P1", "P2", "P3"]
    assert options.clause == ["29.1", "28.1"]
