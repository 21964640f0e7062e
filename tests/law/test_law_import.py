"""`zwxm law import`: the user's official text finds the place of every clause, is kept, compared and quoted."""

from __future__ import annotations

import hashlib
import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zwxm_core.assessment import assess
from zwxm_core.cli import main
from zwxm_core.portfolio import from_records
from zwxm_core.reporting.law import (
    NotThisLaw,
    changed,
    clauses_of,
    import_law,
    import_text,
    imported,
    last_article,
    quoted,
    store,
)  # fmt: skip
from zwxm_core.reporting.law_text import normal, split
from zwxm_core.rulesets import load_ruleset
from zwxm_core.tables import findings

RULESET = load_ruleset()
LAST = last_article(RULESET)
TODAY = date(2026, 11, 24)
TEXTS = ["text.zh-Hans.txt", "original.zh-Hant.txt"]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ZWXM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(params=TEXTS)
def text(request, shared) -> str:
    return (shared / "regulation" / request.param).read_text(encoding="utf-8")


@pytest.fixture
def simplified(shared) -> str:
    return (shared / "regulation" / TEXTS[0]).read_text(encoding="utf-8")


@pytest.fixture
def bring(tmp_path):
    """Import a text, as a file of its own."""

    def bring(text: str | bytes, name="办法.txt"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return import_law(path, TODAY)

    return bring


def stored_of(text: str) -> dict:
    return clauses_of(split(text, LAST), RULESET.clauses.values())


def once(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


# Where the clauses stand --------------------------------------------------------------------


def test_every_clause_finds_its_words_in_both_texts(text):
    law = split(text, LAST)
    assert sorted(law.articles) == list(range(1, 58))
    assert len(RULESET.clauses) == 118
    for clause in RULESET.clauses.values():
        assert len(law.quote(clause.cite)) >= 10, clause.cite


def test_clauses_never_overlap_but_may_stand_inside_one_another(text):
    law = split(text, LAST)
    places = {c.id: law.locate(c.cite) for c in RULESET.clauses.values()}
    for one, (article, (start, end)) in places.items():
        for other, (its, (begin, stop)) in places.items():
            if one >= other or article != its or end <= begin or stop <= start:
                continue
            inner, outer = (one, other) if end - start < stop - begin else (other, one)
            assert inner.startswith(outer + "."), (one, other)


def test_what_no_clause_speaks_for_is_the_opening_of_the_negative_list_alone(text):
    of_nothing = hashlib.sha256(b"").hexdigest()
    rest = stored_of(text)["rest"]
    assert [cite for cite, digest in rest.items() if digest != of_nothing] == ["第八条"]


PLACES = {
    "5.3": ("市级有关部门", "合力。"),
    "8.1": ("对于本部门", "终止其运行。"),
    "8.2": ("(法律法规", "除外)"),
    "8.1.10": ("(十)", "升级的项目。"),
    "18.2": ("前期工作深度", "500万元的。"),
    "18.2.2": ("(二)涉及国家安全", "紧急的;"),
    "28.1": ("项目单位应严格", "审批手续。"),
    "28.2": ("对未经批准", "调整申请。"),
    "29.1.3": ("(三)根据业务", "进度的。"),
    "37.1.2": ("(二)续运维", "重新评估)"),
    "46.4": ("评价结果", "重要依据。"),
    "47.2": ("发现违反", "予以处理。"),
    "49.2": ("市委网信办", "应用和管理。"),
    "57.1": ("本办法自公布", "有效期5年。"),
}


@pytest.mark.parametrize("clause", PLACES)
def test_a_citation_leads_to_its_own_words(clause, simplified):
    words = split(simplified, LAST).quote(RULESET.clauses[clause].cite)
    begin, end = PLACES[clause]
    assert words.startswith(begin)
    assert words.endswith(end)
    assert words.count(begin) == 1


@settings(max_examples=25)
@given(width=st.integers(20, 70), random=st.randoms(use_true_random=False))
def test_the_layout_counts_for_nothing(shared, width, random):
    """Broken lines, wide spaces, full-width punctuation, blank lines and page numbers change no hash."""
    text = (shared / "regulation" / TEXTS[0]).read_text(encoding="utf-8")
    text = text.translate(str.maketrans({"(": "（", ")": "）", ";": "；", ",": "，"}))
    lines = []
    for line in text.splitlines()[1:]:
        pieces = [line[i : i + width] for i in range(0, len(line), width)]
        if any(piece.endswith("。") for piece in pieces[:-1]):
            pieces = [line]  # a break after a full stop begins a paragraph
        lines += ["\u3000\u3000" + piece + " " for piece in pieces]
        lines += random.choice([[], [""], ["- 12 -"]])
    assert changed(stored_of(text), stored_of("\r\n".join(lines)), RULESET) == []


def test_hashes_fold_widths_and_spaces_and_nothing_else():
    assert normal("（一） 不超过\u300015％，") == normal("(一)不超过15%,")
    assert normal("不超过15%") != normal("不超过15")


# What is kept -------------------------------------------------------------------------------


def test_an_import_keeps_the_text_in_the_users_folder_with_a_hash_for_every_clause(bring, text, home):
    result = bring(text)
    assert (result["articles"], result["clauses"], result["changes"]) == (57, 118, None)
    assert result["stored"] == home / "law" / "leshan-2022.json" == store()
    kept = json.loads(store().read_text(encoding="utf-8"))
    assert kept["clauses"].keys() == RULESET.clauses.keys()
    assert all(len(entry["sha256"]) == 64 for entry in kept["clauses"].values())
    assert quoted("29.1.2") == kept["clauses"]["29.1.2"]["text"]


def test_the_folder_is_the_systems_own_where_none_is_named(monkeypatch):
    monkeypatch.delenv("ZWXM_HOME")
    assert store().name == "leshan-2022.json"
    assert store().parent.parent.name == "zwxm"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_a_text_may_be_saved_in_any_encoding_that_windows_offers(bring, simplified, encoding):
    bring(simplified)
    assert bring(simplified.encode(encoding))["changes"] == []


def test_before_any_import_nothing_is_quoted_and_a_damaged_file_counts_as_none(home):
    assert quoted("29.1") is None
    assert imported() is None
    store().parent.mkdir(parents=True)
    store().write_text('{"clauses": 3', encoding="utf-8")
    assert quoted("29.1") is None


# A revised text -----------------------------------------------------------------------------


REVISIONS = {
    "the opening of article 29": ("建设目标不变,项目主要", "建设目标未变,项目主要", ["29.1"]),
    "an item of article 29": ("确需对原项目技术方案进行完善优化", "确需对原项目技术方案进行改善优化", ["29.1.2"]),
    "a sentence": ("不受理事后调整申请", "不受理事后变更申请", ["28.2"]),
    "what stands in brackets": ("法律法规有明确规定的除外):", "法律、法规有明确规定的除外):", ["8.2"]),
    "a paragraph": ("加强跨部门联动,形成", "强化跨部门联动,形成", ["5.3"]),
    "the opening of the negative list": ("存在以下情况的项目", "存在下列情况的项目", [None]),
    "a paragraph that is new": ("事后调整申请。", "事后调整申请。\n重大调整由市发展改革委解释。", [None]),
    "the layout alone": ("第二十九条 项目投资", "第二十九条\u3000项目投资", []),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "clauses"), REVISIONS.values(), ids=REVISIONS)
def test_a_revision_is_reported_for_exactly_the_clause_it_touches(bring, simplified, old, new, clauses):
    bring(simplified)
    changes = bring(once(simplified, old, new))["changes"]
    assert [one["clause"] for one in changes] == clauses
    assert bring(once(simplified, old, new))["changes"] == []


def test_a_revision_names_the_rules_cases_and_tests_it_touches(bring, simplified):
    bring(simplified)
    result = bring(once(simplified, "批复总投资15%,", "批复总投资10%,"))
    [one] = result["changes"]
    assert one["functions"] == ["rules.chapter4.self_adjustment"]
    assert "调整数额超过 15% 一分的，不可自行调整（并不因此违规）" in one["cases"]
    assert "tests/law/test_boundaries.py::test_an_adjustment_of_15_percent_to_the_fen" in one["tests"]
    told = import_text(result)
    assert "第二十九条　文字改变" in told
    assert "rules.chapter4.self_adjustment" in told
    assert "29.1" not in told.replace("test_29_1", "")


def test_a_clause_that_a_revision_drops_is_said_to_be_gone(bring, simplified):
    bring(simplified)
    lines = [line for line in simplified.splitlines() if not line.startswith("(十)")]
    [one] = bring("\n".join(lines))["changes"]
    assert (one["clause"], one["change"]) == ("8.1.10", "removed")
    assert quoted("8.1.10") is None


# What is refused ----------------------------------------------------------------------------


def broken(text: str, how: str) -> str | bytes:
    lines = text.splitlines()
    return {
        "empty": "",
        "blank": " \n\n",
        "another text": "第一条 为规范会议费管理,制定本办法。\n第二条 本办法自印发之日起施行。",
        "no articles": "政务信息化项目管理的说明。",
        "cut short": "\n".join(lines[:60]),
        "an article missing": "\n".join(line for line in lines if not line.startswith("第三十二条")),
        "an item missing": "\n".join(line for line in lines if not line.startswith("(十)")),
        "one article more": text + "\n第五十八条 本办法另行公布。",
        "paragraphs broken": text.replace("提交调整申请,", "提交调整申请,\n").replace("组织项目验收工作。", "组织项目验收工作。\n"),
        "lines lost": "".join(lines),
        "pdf": b"%PDF-1.7\n" + bytes(range(256)),
        "docx": b"PK\x03\x04" + bytes(range(256)),
        "doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)),
        "unknown encoding": b"\xff\xff\x00\x81",
        "too large": "第一条 政务信息化。\n" * 60_000,
    }[how]  # fmt: skip


REFUSED = {
    "empty": "是空的",
    "blank": "是空的",
    "another text": "没有读到本办法的条文",
    "no articles": "没有读到本办法的条文",
    "cut short": "只读到 22 条，找不到第二十三条（应有 57 条",
    "an article missing": "只读到 31 条，找不到第三十二条",
    "an item missing": "条款结构不符，找不到第八条第（十）项",
    "one article more": "条款结构不符，多出第五十八条",
    "paragraphs broken": "第三十一条读到 4 款（应有 3 款）",
    "lines lost": "没有读到本办法的条文",
    "pdf": "的内容是PDF 文件，不是纯文本",
    "docx": "的内容是Word、WPS 等办公文件",
    "doc": "的内容是Word、WPS 等办公文件",
    "unknown encoding": "编码认不出",
    "too large": "超过 1 MB",
}


@pytest.mark.parametrize("how", REFUSED)
def test_a_wrong_file_gets_one_message_and_nothing_is_stored(how, bring, simplified, home, tmp_path, capsys):
    with pytest.raises(NotThisLaw) as refused:
        bring(broken(simplified, how), "坏.txt")
    assert REFUSED[how] in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not home.exists()
    assert main(["law", "import", str(tmp_path / "坏.txt")]) == 65
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", str(refused.value) + "\n")


def test_a_file_that_is_not_there_is_refused(tmp_path, capsys):
    assert main(["law", "import", str(tmp_path / "没有.txt")]) == 65
    assert "找不到文件" in capsys.readouterr().err


def test_what_was_imported_survives_a_wrong_file(bring, simplified):
    bring(simplified)
    before = store().read_bytes()
    for how in REFUSED.keys() - {"an item missing", "paragraphs broken"}:  # those pass as revisions
        with pytest.raises(NotThisLaw):
            bring(broken(simplified, how))
    assert store().read_bytes() == before


# Quoting ------------------------------------------------------------------------------------


def a_finding() -> list[dict]:
    facts = from_records({"projects": [{"id": "A", "level": "市级", "classified": False}]})
    return [f for f in assess(facts, RULESET, TODAY, ["29.1"])["findings"] if f["item"] is None]


def test_a_report_quotes_the_words_under_the_citation_once_they_are_imported(bring, simplified):
    plain = findings(a_finding(), RULESET, quoted=quoted)
    assert "原文" not in plain.markup
    bring(simplified)
    shown = findings(a_finding(), RULESET, quoted=quoted)
    assert "原文：项目投资规模未超出批复总投资、建设目标不变" in shown.markup
    assert shown.markup.index("第二十九条") < shown.markup.index("原文")


def test_a_hostile_text_is_shown_and_never_run(bring, simplified):
    bring(once(simplified, "项目投资规模未超出", "<script>alert(1)</script>未超出"))
    shown = findings(a_finding(), RULESET, quoted=quoted).markup
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_the_citys_words_are_not_quoted_for_the_rules_of_a_county(bring, simplified, tmp_path):
    bring(simplified)
    path = tmp_path / "county.yaml"
    path.write_text(
        "base: leshan-2022\nid: county\nname: 县级规则\nversion: '1'\nlevel: 县级\n", encoding="utf-8"
    )
    assert quoted("29.1", load_ruleset(path)) is None
    assert quoted("29.1", RULESET) is not None


def test_the_problems_of_a_report_quote_the_words_they_go_by(bring, simplified):
    from zwxm_core.reporting.outcomes import problem_list
    from zwxm_core.reporting.report import open_report

    report = open_report(project="LS2026-03")
    assert "原文：" not in problem_list(report, "evaluation").markup
    bring(simplified)
    assert "原文：自行建设项目" in problem_list(report, "evaluation").markup
