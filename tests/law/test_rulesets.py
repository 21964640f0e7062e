"""Rule sets: nothing of the law stands in Python, and a mistake in the file is named with its line."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
import yaml

from zwxm_core.explaining import case_result, cases
from zwxm_core.rulesets import RulesetError, load_ruleset

RULESET = load_ruleset()


def test_the_regulation_has_its_118_clauses_with_cite_kind_and_digest(shared):
    ours = RULESET.clauses
    theirs = yaml.safe_load((shared / "regulation" / "clauses.yaml").read_text(encoding="utf-8"))["articles"]
    assert len(ours) == 118
    assert [(c["id"], c["cite"], c["how"], c.get("kind")) for c in theirs] == [
        (c.id, c.cite, c.how, c.kind) for c in ours.values()
    ]


def test_conventions_have_the_values_and_the_default_of_the_common_list(shared):
    listed = yaml.safe_load((shared / "regulation" / "conventions.yaml").read_text(encoding="utf-8"))[
        "conventions"
    ]
    listed = {c["name"]: c for c in listed}
    assert listed.keys() <= RULESET.conventions.keys()
    for name, ours in RULESET.conventions.items():
        if name not in listed:
            continue  # a convention of our own
        theirs = listed[name]
        assert (ours.clause, ours.how, list(ours.needs)) == (
            theirs["clause"],
            theirs["how"],
            theirs.get("needs", []),
        )
        assert ours.value == theirs["values"][0]
        if ours.readings:
            assert list(ours.readings) == theirs["values"]


def test_users_never_read_our_ids_in_a_digest():
    for clause in RULESET.clauses.values():
        for text in (clause.digest, clause.judgement or ""):
            assert not any(
                f"{other}–" in text or f" {other} " in text
                for other in RULESET.clauses
                if other.count(".") == 2
            )


def test_a_range_of_items_is_cited_as_users_write_one(tmp_path):
    assert "符合第二十九条第（一）项至第（三）项之一" in RULESET.clauses["29.1"].digest
    assert not any("–" in clause.digest for clause in RULESET.clauses.values())
    path = tmp_path / "own.yaml"
    digest = "与 29.1.1–29.9.9 相同，见 25.1–25.2。"
    path.write_text(HEAD + f'clauses:\n  "29.1": {{digest: "{digest}"}}\n', encoding="utf-8")
    told = load_ruleset(path).clauses["29.1"].digest
    assert told == "与第二十九条第（一）项–29.9.9 相同，见第二十五条第一句至第二十五条第二句。"


def everything_said(clause: str, case: dict, ruleset) -> list:
    """What is said of one worked case: every outcome, reason and reading, the lists and the notices."""
    result = case_result(clause, case, ruleset)
    rows = [*result["findings"], *result["consequences"]]
    return [
        [(r["outcome"], r["reason"], [(o["convention"], o["outcome"]) for o in r["readings"]]) for r in rows],
        [n["text"] for n in result["notices"]],
        [(c["outcome"], c["missing"], c["unknown"]) for c in result["checklists"]],
        [(r["step"], r["who"], r["gives"], r["outcome"]) for r in result["routing"]],
        [(a["code"], a["party"], a["amount"]) for a in result["amounts"]],
    ]


@cache
def as_shipped(clause: str, at: int) -> list:
    return everything_said(clause, cases()[clause][at], RULESET)


def says_otherwise(ruleset, clause: str) -> bool:
    """Whether some worked case comes out otherwise; those of the term's own clause are tried first."""
    near = lambda other: (other != clause, not other.startswith(clause.split(".")[0] + "."))
    return any(
        everything_said(other, case, ruleset) != as_shipped(other, at)
        for other in sorted(cases(), key=near)
        for at, case in enumerate(cases()[other])
    )


OTHER_VALUE = {"年": 3, "月": 7, "日": 9, "家": 9, "元": 1, "万元": 1, "比例": "1%", "名称": ["别的费用"]}


def of_rules(entries: dict) -> list[str]:
    """The names whose clause is no calendar; those of the calendar are gone through in test_obligations."""
    return [
        name
        for name, entry in entries.items()
        if entry.clause not in RULESET.clauses or RULESET.clauses[entry.clause].how != "calendar"
    ]


@pytest.mark.parametrize("name", of_rules(RULESET.parameters))
def test_changing_a_parameter_in_the_file_changes_an_output(name, tmp_path):
    unit = RULESET.parameters[name].unit
    path = tmp_path / "changed.yaml"
    changed = {
        "base": "leshan-2022",
        "id": "changed",
        "name": "改",
        "version": "1",
        "parameters": {name: {"value": OTHER_VALUE[unit]}},
    }
    path.write_text(yaml.safe_dump(changed, allow_unicode=True), encoding="utf-8")
    ruleset = load_ruleset(path)
    if name in ("service_items", "end_cost_items"):
        pytest.importorskip("zwxm_core.comparing")
        assert _lines_compared(ruleset) != _lines_compared(RULESET)
        return
    assert says_otherwise(ruleset, RULESET.parameters[name].clause), f"no worked case reads {name}"


def _lines_compared(ruleset) -> list:
    from zwxm_core.comparing import comparisons
    from zwxm_core.portfolio import from_records

    costs = [("自行建设", "建设费", 0, 500), ("自行建设", "运维费", 1, 50), ("自行建设", "运维费", 2, 50),
             ("购买服务", "服务费", 1, 100), ("购买服务", "服务费", 2, 100), ("购买服务", "迁移费", 2, 7)]  # fmt: skip
    facts = from_records(
        {
            "projects": [
                {"id": "A", "level": "市级", "classified": False, "service_life": 2, "warranty_years": 0}
            ],
            "costs": [
                {"project": "A", "mode": m, "item": i, "year": y, "assessed": a} for m, i, y, a in costs
            ],
        }
    )
    [one] = comparisons(facts, ruleset, date(2026, 11, 24))["comparisons"]
    return [one["service_total"], one["build_total"], one["break_even_fee"]]


@pytest.mark.parametrize("name", of_rules(RULESET.conventions))
def test_changing_a_convention_changes_an_output(name, tmp_path):
    convention = RULESET.conventions[name]
    others = [v for v in convention.readings if v != convention.value]
    if convention.type == "ratio":
        others = ["10%"]
    adopted = [RULESET.adopting(**{name: value}) for value in others]
    if not others:  # a set of one's own may write another reading
        path = tmp_path / "own.yaml"
        path.write_text(
            HEAD + f"conventions:\n  {name}: {{values: {{own: 本地另定}}, value: own}}\n", "utf-8"
        )
        adopted = [load_ruleset(path)]
    for ruleset in adopted:
        assert says_otherwise(ruleset, convention.clause), ruleset.conventions[name].value


def test_a_derived_set_writes_only_what_differs_and_names_its_base(tmp_path):
    path = tmp_path / "county.yaml"
    path.write_text(
        'base: leshan-2022\nid: county\nname: 某县参照办法\nversion: "1"\nlevel: 县级\n'
        "parameters:\n  merge_limit: {value: 300}\nconventions:\n  adjustment_accumulation: {value: each}\n",
        encoding="utf-8",
    )
    county = load_ruleset(path)
    assert (county.base, county.level, county.terms().merge_limit) == ("leshan-2022", "县级", 300_000_000)
    assert county.terms().adjustment_accumulation == "each"
    assert county.terms().adjustment_limit == RULESET.terms().adjustment_limit
    assert county.sha256 != RULESET.sha256
    assert county.clauses == RULESET.clauses


HEAD = "base: leshan-2022\nid: x\nname: 甲\nversion: '1'\n"  # four lines
LIMIT = "parameters:\n  merge_limit:"
DATED = "      - {from: %s, value: 500}\n"
BAD = {
    "unknown key": (HEAD + "versoin: '2'\n", 5, "不认识的键“versoin”"),
    "number as text": ("base: leshan-2022\nid: x\nname: 甲\nversion: 2\n", 4, "version 读到 2，应为文字"),
    "no name of its own": ("base: leshan-2022\nid: x\nversion: '1'\n", 1, "name 读到 None，应为文字（每个规则集都要写"),
    "the base's id": (HEAD.replace("id: x", "id: leshan-2022"), 2, "id 不能与 base 相同"),
    "no such level": (HEAD + "level: 省级\n", 5, "应为 市级、县级 之一"),
    "unknown parameter": (HEAD + "parameters:\n  limit: {value: 1}\n", 6, "“limit”缺 clause"),
    "parameters as a list": (HEAD + "parameters: [1, 2]\n", 5, "parameters 应是 名称: 内容 的形式"),
    "wrong unit": (HEAD + LIMIT + " {value: 五百}\n", 6, "应为以万元计的数，精确到分"),
    "ratio above one": (HEAD + "parameters:\n  adjustment_limit: {value: 15}\n", 6, "应为以比例计的数，如 15% 或 0.15"),
    "unknown reading": (HEAD + "conventions:\n  adjustment_sign: {value: signed}\n", 6, "应为 absolute、net 之一"),
    "unknown clause": (HEAD + LIMIT + " {clause: '18.9'}\n", 6, "所属条款 18.9 不在"),
    "written twice": (HEAD + "id: y\n", 5, "“id”写了两次"),
    "verified without a value": (
        HEAD + LIMIT + " {value: null, status: 已核}\n", 6, "没有值（null），status 只能是 待核",
    ),
    "overlapping dates": (
        HEAD + LIMIT + "\n    values:\n" + DATED % "2022-06-25" + DATED % "2022-06-25", 6, "日期重叠或次序颠倒",
    ),
    "dates that begin too late": (HEAD + LIMIT + "\n    values:\n" + DATED % "2025-01-01", 6, "晚于施行日 2022-06-25"),
    "a day that does not exist": (HEAD + LIMIT + "\n    values:\n" + DATED % "2022-13-25", None, "不存在的日期"),
    "an anchor within itself": (HEAD + "parameters: &a\n  merge_limit: *a\n", None, "引用自身的锚点"),
    "not yaml": ("base: leshan-2022\nid: [x\n", 3, "不是合法的 YAML"),
    "list instead of keys": ("- a\n", None, "应是 键: 值 的形式"),
    "no such base": ("base: nowhere\nid: x\n", None, "nowhere：没有这个规则集"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message"), BAD.values(), ids=BAD)
def test_a_bad_rule_set_is_refused_with_file_and_line(text, line, message, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RulesetError) as refused:
        load_ruleset(path)
    told = str(refused.value)
    assert message in told
    if line is not None:
        assert f"{path}：第 {line} 行" in told


def test_all_mistakes_are_named_at_once(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(
        HEAD + "foo: 1\nbar: 2\nparameters:\n  merge_limit: {status: 也许}\n",
        encoding="utf-8",
    )
    with pytest.raises(RulesetError) as refused:
        load_ruleset(path)
    assert len(refused.value.problems) == 3


def test_sets_that_derive_from_each_other_are_refused(tmp_path):
    (tmp_path / "a.yaml").write_text("base: b.yaml\nid: a\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("base: a.yaml\nid: b\n", encoding="utf-8")
    with pytest.raises(RulesetError, match="互相引用"):
        load_ruleset(tmp_path / "a.yaml")


def test_no_number_of_the_law_stands_in_python():
    """The thresholds users named are found in no module of the rules."""
    rules = Path(load_ruleset().paths[0]).parent.parent / "rules"
    for path in [*rules.glob("*.py")]:
        code = [line.split("#")[0] for line in path.read_text(encoding="utf-8").splitlines()]
        assert not [line for line in code if "0.15" in line or "500_" in line or "Fraction(3" in line], path


def test_a_changed_number_does_not_keep_the_source_it_had(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(HEAD + LIMIT + " {value: 2000}\n", encoding="utf-8")
    changed = load_ruleset(path).parameters["merge_limit"]
    assert (changed.source, changed.status) == ("本集改定，未注明来源", "待核")
    path.write_text(HEAD + LIMIT + " {value: 2000, source: 某通知, status: 已核}\n", encoding="utf-8")
    sourced = load_ruleset(path).parameters["merge_limit"]
    assert (sourced.source, sourced.status) == ("某通知", "已核")


# Values adopted for one run ---------------------------------------------------------------

NOT_THERE = {
    "neither": ({"limit": 1}, "“limit”既不是参数，也不是口径"),
    "no such reading": ({"adjustment_sign": "signed"}, "“adjustment_sign”的 value 读到 'signed'，应为 absolute、net 之一"),
    "no value for a choice": ({"adjustment_sign": None}, "应为 absolute、net 之一"),
    "a list for a choice": ({"adjustment_sign": ["net"]}, "应为 absolute、net 之一"),
    "a yes of YAML": ({"upgrade_is_rebuild": True}, "应为 undecided、yes、no 之一"),
    "no number of providers": ({"many_providers": "三"}, "应为 2、3、非负整数 之一"),
    "fewer than none": ({"many_providers": -1}, "应为 2、3、非负整数 之一"),
    "a yes for a number": ({"latest_acceptance": True}, "应为 none、非负整数 之一"),
    "a share above one": ({"purchase_clearly_less": Fraction(3, 2)}, "应为以比例计的数"),
    "a share below none": ({"adjustment_limit": Fraction(-1, 20)}, "应为以比例计的数"),
    "a share that is none": ({"adjustment_limit": "一成半"}, "“adjustment_limit”的值读到 '一成半'，应为以比例计的数"),
    "money with parts of a fen": ({"merge_limit": 0.5}, "应为以分计的非负整数"),
    "money below none": ({"merge_limit": -1}, "应为以分计的非负整数"),
    "money as text": ({"merge_limit": "300"}, "应为以分计的非负整数"),
    "no months": ({"trial_months": "三"}, "应为以月计的非负整数"),
    "no such day": ({"monitoring_due": (2, 29)}, "应为每年都有的月日"),
    "no names": ({"service_items": ()}, "应为名称的列表"),
    "a day of another year": ({"filing_deadline": {2026: date(2027, 1, 1)}}, "应为 {年度: 当年的日期}"),
    "no value of a verified number": ({"merge_limit": None}, "“merge_limit”不能没有值"),
}  # fmt: skip


@pytest.mark.parametrize(("values", "message"), NOT_THERE.values(), ids=NOT_THERE)
def test_a_value_that_is_none_of_its_kind_is_not_adopted(values, message):
    with pytest.raises(RulesetError) as refused:
        RULESET.adopting(**values)
    assert message in str(refused.value)


def test_all_values_that_cannot_be_adopted_are_named_at_once():
    with pytest.raises(RulesetError) as refused:
        RULESET.adopting(limit=1, adjustment_sign="signed", merge_limit=300_000_000)
    assert len(refused.value.problems) == 2


@pytest.mark.parametrize(
    ("name", "value", "adopted"),
    [
        ("merge_limit", 0, 0),
        ("adjustment_limit", 0, 0),
        ("adjustment_limit", Fraction(1), 1),
        ("procurement_threshold", None, None),
        ("purchase_clearly_less", None, None),
        ("purchase_clearly_less", "10%", Fraction(1, 10)),
        ("monitoring_due", (11, 30), (11, 30)),
        ("service_items", ("云费",), ("云费",)),
        ("many_providers", 4, 4),
        ("latest_acceptance", 0, 0),
        ("filing_deadline", ((2026, date(2026, 9, 30)),), ((2026, date(2026, 9, 30)),)),
    ],
)
def test_a_value_of_its_kind_is_adopted_as_rules_use_it(name, value, adopted):
    terms = RULESET.adopting(**{name: value}).terms()
    assert getattr(terms, name) == adopted


def test_a_set_may_write_the_months_by_which_acceptance_is_to_be_held(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(HEAD + "conventions:\n  latest_acceptance: {value: 6}\n", encoding="utf-8")
    assert load_ruleset(path).terms().latest_acceptance == 6


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("parameters:\n  merge_limit: {value: -1}\n", "应为以万元计的数"),
        ("conventions:\n  adjustment_sign: {value: [net]}\n", "应为 absolute、net 之一"),
        ("conventions:\n  latest_acceptance: {value: -1}\n", "应为 none、非负整数 之一"),
    ],
)
def test_a_file_is_refused_what_is_refused_for_one_run(text, message, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(RulesetError, match=message):
        load_ruleset(path)
