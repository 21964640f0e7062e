"""`zwxm ruleset new` and `diff`: deriving a set, and what two sets say otherwise of the same projects."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from zwxm_core.assessment import assess
from zwxm_core.cli import main
from zwxm_core.portfolio import from_records, write_workbook
from zwxm_core.reporting.ruleset_diff import CannotWrite, differences, flipped, new_ruleset
from zwxm_core.resources import collection
from zwxm_core.rulesets import load_ruleset

RULESET = load_ruleset()
COUNTY = collection("data/samples/rulesets/county_example.yaml")
TODAY = date(2026, 11, 24)
JUDGED = {"by": "信息科科长", "basis": "乐数示〔2025〕7号", "on": "2025-03-01"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def derived(folder: Path, text: str, name="ten", level="市级") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(
        f"base: leshan-2022\nid: {name}\nname: 试行口径\nversion: '1'\nlevel: {level}\n{text}",
        encoding="utf-8",
    )
    return path


TEN = "parameters:\n  adjustment_limit: {value: 10%}\n"


# new ----------------------------------------------------------------------------------------


def test_a_new_set_says_what_its_base_says_until_something_is_written(folder, capsys):
    assert main(["ruleset", "new", "jingyan-2025"]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path == Path("jingyan-2025.yaml")
    made = load_ruleset(path)
    assert (made.id, made.base, made.version, made.level) == ("jingyan-2025", "leshan-2022", "1", "市级")
    assert differences(RULESET, made) == []
    keys = re.findall(r"^(\w+):", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert keys == ["id", "name", "version", "base", "level"]


def test_its_examples_load_when_their_marks_are_taken_away(folder):
    path = new_ruleset("示例", "leshan-2022", folder)
    lines = path.read_text(encoding="utf-8").splitlines()
    at = lines.index("# parameters:")
    shown = [
        line.removeprefix("# ") if i >= at or line.startswith("# in_force") else line
        for i, line in enumerate(lines)
    ]
    shown = [line for line in shown if not line.startswith(("口径：", "参数："))]
    path.write_text("\n".join(shown), encoding="utf-8")
    told = {(d["name"], d["key"]) for d in differences(RULESET, load_ruleset(path))}
    assert ("adjustment_limit", "source") in told
    assert ("adjustment_limit", "value") not in told
    assert ("merge_limit", "value") in told
    assert ("purchase_clearly_less", "reading") in told
    assert ("adjustment_accumulation", "reading") in told


def test_a_set_may_derive_from_a_derived_file(folder, capsys):
    derived(folder, TEN)
    assert main(["ruleset", "new", "own", "--base", "ten.yaml"]) == 0
    own = load_ruleset("own.yaml")
    assert (own.base, own.terms().adjustment_limit) == (
        "ten.yaml",
        load_ruleset("ten.yaml").terms().adjustment_limit,
    )


@pytest.mark.parametrize("name", ["2025", "on", "null", "1e3", "2025-01-01"])
def test_a_name_that_looks_like_something_else_stays_a_text(folder, name):
    assert load_ruleset(new_ruleset(name, "leshan-2022", folder)).id == name


def test_an_existing_file_is_never_overwritten(folder, capsys):
    (folder / "own.yaml").write_text("mine", encoding="utf-8")
    assert main(["ruleset", "new", "own"]) == 2
    assert "own.yaml 已存在，没有覆盖" in capsys.readouterr().err
    assert (folder / "own.yaml").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    "name", ["../out", "a/b", "CON", "com1", "", "甲 乙", "x.yaml", "-a", "a\nb", "长" * 80]
)
def test_a_name_that_is_no_file_name_is_refused(folder, name):
    with pytest.raises(CannotWrite, match="不能作文件名"):
        new_ruleset(name, "leshan-2022", folder)
    assert list(folder.iterdir()) == []


def test_the_name_of_a_shipped_set_is_refused(folder):
    with pytest.raises(CannotWrite, match="随附规则集"):
        new_ruleset("leshan-2022", "leshan-2022", folder)


def test_a_base_that_cannot_be_used_is_bad_input(folder, capsys):
    assert main(["ruleset", "new", "own", "--base", "nowhere"]) == 65
    assert "nowhere：没有这个规则集" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


# diff ---------------------------------------------------------------------------------------


def test_both_values_stand_side_by_side_with_the_citation(folder, capsys):
    derived(
        folder,
        TEN + "conventions:\n  adjustment_sign: {value: net}\nclauses:\n  '29.1': {digest: 改写的概括}\n",
    )
    assert main(["ruleset", "diff", "leshan-2022", "ten.yaml"]) == 0
    shown = capsys.readouterr().out
    assert "第二十九条　自行调整的数额上限（含本数）　值　甲：15%　乙：10%" in shown
    assert "第二十九条　增减怎样计额　采用　甲：增减都按绝对额计　乙：增减相抵后计" in shown
    assert "概括　甲：" in shown
    assert "乙：改写的概括" in shown
    assert "来源　甲：第二十九条　乙：本集改定，未注明来源" in shown
    assert "不同之处 5 项" in shown  # value, status and source of the limit, a reading, a digest
    assert "结论改变" not in shown
    assert "29.1" not in shown


def test_the_day_a_set_begins_makes_no_parameter_different_but_a_later_value_does(folder):
    force = "in_force: {from: 2024-01-01, status: 待核, source: 公报}\n"
    later = "parameters:\n  merge_limit: {values: [{from: 2024-01-01, value: 500}, {from: 2025-01-01, value: 600}]}\n"
    [one, two, *said] = differences(RULESET, load_ruleset(derived(folder, force + later)))
    assert [(d["name"], d["key"], d["b"]) for d in said] == [
        ("merge_limit", "status", "待核"),
        ("merge_limit", "source", "本集改定，未注明来源"),
    ]
    assert (one["section"], one["key"], one["b"]) == ("set", "in_force", "2024-01-01，公报（待核）")
    assert (two["name"], two["a"], two["b"]) == (
        "merge_limit",
        "500 万元",
        "500 万元，2025-01-01 起 600 万元",
    )


def test_a_term_that_only_one_set_has_is_shown_as_missing_from_the_other(folder):
    added = "parameters:\n  own: {clause: '29.1', label: 本地的数, unit: 年, value: 3, status: 待核, source: 本地}\n"
    rows = differences(RULESET, load_ruleset(derived(folder, added)))
    assert {(d["name"], d["a"]) for d in rows} == {("own", None)}
    assert ("own", "value", "3 年") in {(d["name"], d["key"], d["b"]) for d in rows}


def adjusted(folder: Path) -> Path:
    """Three projects, changed by 10% and a fen, by 10% to the fen, and by 15% and a fen."""
    city = {"level": "市级", "classified": "否", "approved_on": "2024-01-15", "construction_start": "2024-02-01",
            "approved_total": 345_678_910, "revised_total": 345_678_910,
            "adjustments_complete": "是", "goals_unchanged": "是", "change_necessary": "是"}  # fmt: skip
    amounts = {"P1": -34_567_892, "P2": -34_567_891, "P3": -51_851_837}
    judged = [(p, field) for p in amounts for field in ("建设目标不变", "主要建设内容确需调整")]
    path = folder / "项目.xlsx"
    sheets = {
        "projects": [{"id": p, "name": p, **city} for p in amounts],
        "adjustments": [
            {"project": p, "seq": 1, "on": "2024-05-06", "amount": a, "ground": "技术优化", "filed": "是", "prior_approval": "否"}
            for p, a in amounts.items()
        ],
        "judgements": [
            *({"sheet": "项目", "project": p, "field": field, "value": "是", **JUDGED} for p, field in judged),
            *({"sheet": "调整", "project": p, "row": "1", "field": "事由", "value": "技术优化", **JUDGED} for p in amounts),
        ],
    }  # fmt: skip
    write_workbook(path, sheets)
    return path


def test_ten_percent_instead_of_fifteen_flips_what_lies_between_to_the_fen(folder, capsys):
    book = adjusted(folder)
    derived(folder, TEN)
    options = [str(book), "--as-of", "2026-11-24", "--json"]
    assert main(["ruleset", "diff", "leshan-2022", "ten.yaml", *options]) == 0
    result = json.loads(capsys.readouterr().out)
    turned = [(r["project"], r["cite"], r["item"], r["a"], r["b"]) for r in result["flipped"]]
    assert turned == [
        ("P1", "第二十八条第一、二句", None, "不适用", "不符合"),
        ("P1", "第二十九条", None, "具备条件", "不具备条件"),
        ("P1", "第二十九条", "filing", "符合", "不适用"),
        ("P1", "第四十七条第一款第二、三句", None, None, "提示"),  # nothing was stated: not listed
        ("P1", "第四十八条第一款", None, None, "提示"),
    ]
    [one] = [r for r in result["flipped"] if (r["clause"], r["item"]) == ("29.1", None)]
    assert "未超过批复总投资的 15%" in one["reason_a"]
    assert "超过批复总投资的 10%" in one["reason_b"]
    assert (result["a"]["id"], result["b"]["id"], result["as_of"]) == ("leshan-2022", "ten", "2026-11-24")


def test_the_flipped_verdicts_are_told_in_words_with_both_reasons(folder, capsys):
    book = adjusted(folder)
    derived(folder, TEN)
    assert main(["ruleset", "diff", "leshan-2022", "ten.yaml", str(book), "--as-of", "2026-11-24"]) == 0
    shown = capsys.readouterr().out
    assert "结论改变 5 项（评估日 2026-11-24）" in shown
    assert "P1　第二十九条（书面报备）　符合 → 不适用" in shown
    assert (shown.count("      甲："), shown.count("      乙：")) == (
        3,
        5,
    )  # two consequences stand on one side only
    assert "29.1" not in shown


def test_a_set_beside_itself_changes_nothing_and_turned_round_swaps_the_sides(folder):
    from zwxm_core.portfolio import read

    facts, ten = read(adjusted(folder)).facts, load_ruleset(derived(folder, TEN))
    assert differences(ten, ten) == flipped(facts, ten, ten, TODAY) == []
    there, back = flipped(facts, RULESET, ten, TODAY), flipped(facts, ten, RULESET, TODAY)
    assert there
    assert [(r["clause"], r["a"], r["b"]) for r in there] == [(r["clause"], r["b"], r["a"]) for r in back]


def test_a_date_that_moves_is_a_flipped_verdict(folder):
    facts = from_records(
        {"projects": [{"id": "A", "level": "市级", "classified": False, "go_live": "2025-06-30"}]}
    )
    later = load_ruleset(derived(folder, "parameters:\n  self_evaluation_until: {value: 30}\n"))
    [one] = [r for r in flipped(facts, RULESET, later, TODAY, all_clauses=True) if r["clause"] == "46.1"]
    assert one["a"].endswith("2026-07-01 至 2027-06-30")
    assert one["b"].endswith("2026-07-01 至 2027-12-30")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["leshan-2022"], 2, "缺少参数：乙"),
        (["leshan-2022", "nowhere"], 65, "nowhere：没有这个规则集"),
        (["leshan-2022", "bad.yaml"], 65, "bad.yaml：第 3 行"),
        (["leshan-2022", "leshan-2022", "none.xlsx"], 65, "找不到文件 none.xlsx"),
        (["leshan-2022", "leshan-2022", "--as-of", "明天"], 2, "应为日期"),
    ],
)
def test_wrong_use_and_bad_input_exit_as_the_contract_says(folder, capsys, arguments, code, message):
    (folder / "bad.yaml").write_text("base: leshan-2022\nid: x\nparametres: {}\n", encoding="utf-8")
    try:
        ended = main(["ruleset", "diff", *arguments])
    except SystemExit as stopped:
        ended = stopped.code
    shown = capsys.readouterr()
    assert ended == code
    assert message in shown.err
    assert shown.out == ""


# The county set among the samples -----------------------------------------------------------


def test_the_county_example_writes_only_what_differs_and_judges_the_county_alone():
    county = load_ruleset(COUNTY)
    assert (county.base, county.level) == ("leshan-2022", "县级")
    assert county.clauses == RULESET.clauses
    names = {d["name"] for d in differences(RULESET, county) if d["key"] in ("value", "reading")}
    assert names == {"merge_limit", "adjustment_limit", "adjustment_accumulation", "purchase_clearly_less"}
    project = {
        "action": "新建",
        "classified": False,
        "mode": "自行建设",
        "approved_on": "未",
        "total_investment": "2000000.01",
    }
    records = [{"id": "C", "level": "县级", **project}, {"id": "L", "level": "市级", **project}]

    def outcomes(ruleset):
        found = assess(from_records({"projects": records}, unit="元"), ruleset, TODAY, ["18.2.3"])["findings"]
        return {f["project"]: f["outcome"] for f in found}

    assert outcomes(county) == {"C": "不具备条件", "L": "不适用"}
    assert outcomes(RULESET) == {"C": "不适用", "L": "具备条件"}


def test_the_county_example_changes_a_limit_on_a_day():
    county = load_ruleset(COUNTY)
    before, after = (county.terms(day).adjustment_limit for day in (date(2024, 12, 31), date(2025, 1, 1)))
    assert (before, after) == (RULESET.terms().adjustment_limit, before * 2 / 3)


def test_two_sets_for_two_levels_say_so(folder, capsys):
    assert main(["ruleset", "diff", "leshan-2022", str(COUNTY), str(adjusted(folder)), "--json"]) == 0
    shown = capsys.readouterr()
    assert "管辖的层级不同（市级、县级）" in shown.err
    json.loads(shown.out)
