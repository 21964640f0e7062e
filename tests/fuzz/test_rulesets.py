"""A rule set or a file of assumptions, whatever stands in it: used, or refused with file and place."""

from __future__ import annotations

import math
import re
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from zwxm_core.assumptions import SHIPPED, AssumptionError, load_assumptions
from zwxm_core.portfolio import check
from zwxm_core.resources import collection
from zwxm_core.rulesets import HERE, RulesetError, load_ruleset

from .conftest import CHINESE, examples

TEXTS = {
    "whole": (HERE / "leshan_2022.yaml").read_text("utf-8"),
    "derived": Path(str(collection("data/samples/rulesets/samples.yaml"))).read_text("utf-8"),
}
ASSUMED = SHIPPED.read_text("utf-8")
SCALARS = [
    "", "~", "null", "true", "否", "500", "-1", "0", "1e999999999", "'1e-999999999'", "1e999", ".nan", ".inf", "-.inf", "'nan'", "15%", "'101%'", "０．１",
    "2022-06-25", "2022-13-01", "0001-01-01", "9999-12-31", "2022-06-25 12:00:00", "12-31", "'02-29'", "'2-30'", "[]", "{}", "[1, 2]", "[[], {}]",
    "{a: 1}", "{from: 2022-06-25, value: 1}", "[{from: 2022-06-25, value: 1}]", "!!python/object/apply:os.system ['true']", "!!binary aGk=",
    "!!set {a, b}", "!!timestamp 2022-06-25", "!!float 1_0", "*x", "&x [*x]", "&x {a: *x}", "<<: 1", "? [1, 2]\n: 3", "0x1F", "1:30", "0o17", "1_000",
    "'甲\\x00'", "\"\\x1b[31m\"", "\"\\ud800\"", "\"\\u202e甲\"", "<script>", "=cmd", "29.1", "'29.1'", "已核", "待核", "万元", "比例", "市级", "computed",
    "leshan-2022", "nope.yaml", "/etc/passwd", "长" * 400, "9" * 5000, "|\n  多行\n  文字", "- 1", ": :", "\t", "%YAML 9.9", "---", "...", "@", "`",
]  # fmt: skip


def spoilt(text: str, deeds: list[tuple]) -> str:
    """The text with some lines changed: a value or key put in, a line left out, doubled, moved in or out."""
    lines = text.splitlines()
    for what, at, scalar in deeds:
        at %= len(lines)
        line = lines[at]
        key = re.match(r"(\s*(?:- )?[^\s:#][^:]*:)( .*)?$", line)
        match what:
            case "value" if key:
                lines[at] = f"{key[1]} {scalar}"
            case "inside" if found := list(re.finditer(r"(\w+): ([^,{}]+)(?=[,}])", line)):
                one = found[len(scalar) % len(found)]
                lines[at] = line[: one.start(2)] + scalar + line[one.end(2) :]
            case "key" if key:
                lines[at] = f"{scalar}: {(key[2] or '').strip()}"
            case "drop":
                del lines[at]
            case "twice":
                lines.insert(at, line)
            case "in":
                lines[at] = "  " + line
            case "out":
                lines[at] = line[1:]
            case "line":
                lines.insert(at, scalar)
            case "cut":
                lines = lines[: at + 1]
            case "split":
                lines[at] = line[: len(line) // 2]
        lines = lines or [""]
    return "\n".join(lines)


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(
            ["value"] * 4 + ["inside"] * 6 + ["key", "drop", "twice", "in", "out", "line", "cut", "split"]
        ),
        st.integers(0, 5000),
        st.sampled_from(SCALARS),
    ),
    min_size=1,
    max_size=3,
)
PROBLEM = re.compile(r".*规则.*\.yaml：.+")


@pytest.mark.parametrize("base", TEXTS)
@given(deeds=DEEDS)
@examples(3)
def test_a_spoilt_rule_set_is_used_or_refused_with_file_and_line(tmp_path_factory, base, deeds):
    path = tmp_path_factory.mktemp("r") / "规则.yaml"
    path.write_bytes(spoilt(TEXTS[base], deeds).encode("utf-8", "surrogatepass"))
    try:
        rules = load_ruleset(path)
    except RulesetError as error:
        assert all(CHINESE.search(one) and PROBLEM.fullmatch(one) for one in error.problems), error.problems  # noqa: PT017
        return
    assert isinstance(rules.starts, date)
    rules.terms()
    rules.last_days()
    assert all(isinstance(p.worded, list) for p in rules.parameters.values())
    assert all(isinstance(c.reading(), str) for c in rules.conventions.values())


def finite(value) -> bool:
    if isinstance(value, dict):
        return all(map(finite, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(finite, value))
    return not isinstance(value, float) or math.isfinite(value)


@given(DEEDS)
@examples(20)
def test_spoilt_assumptions_are_used_or_refused_with_file_and_place(tmp_path_factory, deeds):
    path = tmp_path_factory.mktemp("a") / "假设.yaml"
    path.write_bytes(spoilt(ASSUMED, deeds).encode("utf-8", "surrogatepass"))
    try:
        found = load_assumptions(path)
    except AssumptionError as error:
        assert str(error).startswith(f"{path}：")  # noqa: PT017
        assert CHINESE.search(str(error).removeprefix(f"{path}："))  # noqa: PT017
        return
    assert all(finite(part) for part in found[:-1])


def test_the_texts_that_are_spoilt_are_those_that_ship():
    assert yaml.safe_load(TEXTS["whole"])["id"] == "leshan-2022"
    assert set(yaml.safe_load(ASSUMED)) >= {"rates", "ranges"}


MAPPING = Path(str(collection("data/samples/mappings/us_it_dashboard.yaml"))).read_text("utf-8")


@given(DEEDS)
@examples(15)
def test_a_spoilt_mapping_is_used_or_refused_with_its_file(tmp_path_factory, deeds):
    folder = tmp_path_factory.mktemp("m")
    path, ledger = folder / "映射.yaml", folder / "台账.csv"
    path.write_bytes(spoilt(MAPPING, deeds).encode("utf-8", "surrogatepass"))
    header = (
        "agency_code,investment_id,project_id,project_name,planned_cost,projected_cost,actual_cost,start_date"
    )
    ledger.write_text(f"{header}\n1,2,3,甲,5,6,7,2020-01-01\n", encoding="utf-8")
    for problem in check(ledger, path).problems:
        assert CHINESE.search(problem.message)
        assert "\n" not in str(problem)


BOMB = "\n".join(
    ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "a: &a [*a]",
        "a: " + "[" * 1200,
        "? [a]\n: 1",
        "- 1",
        "1",
        "",
        "a: 1\na: 2",
        "\ufeffa: 1",
        "a: \x00",
    ],
)
def test_yaml_that_never_ends_is_refused_at_once(tmp_path, text):
    path = tmp_path / "规则.yaml"
    path.write_text(text, encoding="utf-8")
    ledger = tmp_path / "台账.csv"
    ledger.write_text("项目编号\nA\n", encoding="utf-8")
    with pytest.raises(RulesetError):
        load_ruleset(path)
    with pytest.raises(AssumptionError):
        load_assumptions(path)
    assert any(p.severity == "error" for p in check(ledger, path).problems)
