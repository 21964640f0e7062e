"""The course: every exercise computes its answer, every clause it must teach is taught, notebooks are generated."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from fractions import Fraction

import nbformat
import pytest

from zwxm_core.interactive import training
from zwxm_core.interactive.quiz import NONE_OF_THEM, Part, answer_text, check
from zwxm_core.interactive.training import EXAMPLE, Lesson, course, ids, variant
from zwxm_core.interactive.training_cases import Case
from zwxm_core.interactive.training_questions import ASK, outcomes, told_cases
from zwxm_core.interactive.training_variants import draw, seeded
from zwxm_core.reporting.coverage import TAUGHT, coverage, coverage_text, lessons
from zwxm_core.resources import collection
from zwxm_core.rulesets import load_ruleset

RULES = load_ruleset()
STEMS = list(course())
IDS = [id for stem in STEMS for id in ids(stem)]
TRAINEES = (EXAMPLE, "张三", "<script>alert(1)</script>")
NOTEBOOKS = collection("notebooks/training")


def right(part: Part):
    if part.kind == "note":
        return "一段自己的判断"
    return sorted(part.answer) if part.kind == "many" else answer_text(part)


def wrong(part: Part):
    if part.kind == "note":
        return "写不出来"
    if part.kind == "one":
        return next(option for option in part.options if option != part.answer)
    if part.kind == "many":
        return [option for option in part.options if option not in part.answer][:1] or [NONE_OF_THEM]
    if part.kind == "day":
        return (part.answer + timedelta(days=1)).isoformat()
    if part.kind == "percent":
        return f"{float(part.answer) * 100 - 0.01:.2f}%"
    return str(part.answer + 1) if part.kind == "count" else str(Fraction(part.answer + 1, 100).__float__())


# The course ------------------------------------------------------------------------------


def test_ten_lessons_follow_a_projects_life_and_take_twenty_to_thirty_minutes_each():
    assert [stem[:2] for stem in STEMS] == [f"{n:02d}" for n in range(1, 11)]
    assert all(20 <= course()[stem]["minutes"] <= 30 for stem in STEMS)
    for stem in STEMS:
        assert course()[stem].keys() >= {"title", "stage", "for", "able", "clauses", "mistakes", "exercises"}


@pytest.mark.parametrize("stem", STEMS)
def test_a_lesson_has_five_or_more_exercises_of_several_kinds_with_hints(stem):
    exercises = course()[stem]["exercises"]
    assert len(exercises) >= 5
    assert len({str(one["ask"]) for one in exercises}) >= 3
    assert all(one["hints"] for one in exercises)
    assert len({one["id"] for one in exercises}) == len(exercises)


def test_the_course_has_exercises_of_every_kind():
    kinds = {part.kind for id in IDS for part in variant(id, EXAMPLE).parts}
    assert kinds >= {"one", "many", "amount", "day", "percent", "note"}
    asks = {
        ask
        for stem in STEMS
        for one in course()[stem]["exercises"]
        for ask in ([one["ask"]] if isinstance(one["ask"], str) else one["ask"])
    }
    assert asks >= {
        "outcome",
        "compare",
        "amount",
        "opens",
        "reasons",
        "missing",
        "readings",
        "cell",
        "which",
        "drill",
    }
    assert asks == set(ASK)


@pytest.mark.parametrize("stem", STEMS)
def test_every_common_mistake_is_shown_by_a_worked_case_of_the_tests(stem):
    lesson = Lesson(stem)
    shown = lesson.mistakes().shown.markup
    for one in course()[stem]["mistakes"]:
        case = lesson._case(one["case"])
        assert case.outcome == case.case["expect"]
        assert case.outcome in shown


# Exercises -------------------------------------------------------------------------------


@pytest.mark.parametrize("id", IDS)
def test_an_exercise_knows_a_right_a_wrong_an_empty_and_a_hostile_answer(id):
    for trainee in TRAINEES:
        question = variant(id, trainee)
        assert check(question, [right(part) for part in question.parts]).right
        for at, part in enumerate(question.parts):
            given = [right(p) if i != at else wrong(part) for i, p in enumerate(question.parts)]
            assert check(question, given).right is (part.kind == "note"), (part, given)
        assert not check(question, [None] * len(question.parts)).tried
        for hostile in ("<script>alert(1)</script>", "=cmd()", "9" * 10_000, object(), [["x"]]):
            verdict = check(question, [hostile] * len(question.parts))
            assert not verdict.right
            assert all(p.said for p in verdict.parts)


@pytest.mark.parametrize("id", IDS)
def test_the_explanation_cites_the_clause_and_nobody_reads_an_internal_id(id):
    question = variant(id, "张三")
    asked = training.find(id)[1]["ask"]
    told = repr(question.explanation)
    if asked != "cell":
        assert re.search("第[一二三四五六七八九十]+条", told)
    texts = [question.title, repr(question.prompt), told, *question.hints, *(p.label for p in question.parts)]
    texts += [option for part in question.parts for option in part.options]
    for text in texts:
        found = set(re.findall(r"(?<![\d.,])\d+\.\d+(?:\.\d+)?(?![\d.%])", text))
        assert not found & RULES.clauses.keys(), text


@pytest.mark.parametrize("id", IDS)
def test_two_trainees_get_different_variants_and_one_trainee_always_the_same(id):
    def seen(trainee, round=0):
        question = variant(id, trainee, round)
        return question.prompt.markup + str(question.parts) + str([p.answer for p in question.parts])

    assert seen("张三") == seen("张三")
    assert len({seen(f"学员{n}") for n in range(6)}) >= 2
    further = {seen("张三", n) for n in range(6)}
    assert (len(further) >= 2) is training.varies(training.find(id)[1])


@pytest.mark.parametrize(
    ("id", "changed"),
    [("01-room", {"merge_limit": 400_000_000}), ("06-room", {"adjustment_limit": Fraction(1, 10)})],
)
def test_the_answer_is_computed_by_the_rule_set_and_changes_with_it(id, changed):
    before = variant(id, "张三").parts[0].answer
    assert variant(id, "张三", ruleset=RULES.adopting(**changed)).parts[0].answer != before


def test_the_room_to_the_limit_is_the_limit_less_the_total():
    question = variant("01-room", "张三")
    total = Fraction(re.search(r"总投资（报批口径）\t([\d,.]+)", repr(question.prompt))[1].replace(",", ""))
    assert question.parts[0].answer == RULES.terms().merge_limit - total * 100


def test_building_costs_are_what_the_hand_reckons():
    told = dict(
        re.findall(
            r"(使用期限（年）|自建建设费|自建年运维费|维保年数)\t([\d,.]+)",
            repr(variant("04-build", "张三").prompt),
        )
    )
    life, build, om, warranty = (
        Fraction(told[k].replace(",", ""))
        for k in ("使用期限（年）", "自建建设费", "自建年运维费", "维保年数")
    )
    assert variant("04-build", "张三").parts[0].answer == (build + om * (life - warranty)) * 100


def test_a_limit_is_met_a_fen_below_and_at_and_missed_a_fen_above():
    outcomes = {}
    for n in range(30):
        question = variant("01-limit", f"学员{n}")
        total = re.search(r"[\d,]+\.\d\d", repr(question.prompt))[0]
        outcomes[total] = question.parts[0].answer
    assert outcomes == {"4,999,999.99": "具备条件", "5,000,000.00": "具备条件", "5,000,000.01": "不具备条件"}


def test_a_draw_stays_beside_the_line_and_takes_it_from_the_rule_set():
    given = {"total": {"yuan": [1_000_000, 9_000_000]}, "size": {"share": ["total", "adjustment_limit"]}}
    for n in range(50):
        drawn = draw(given, RULES, seeded(n))
        exact = int(drawn["total"] * 100) * 3 // 20
        assert int(drawn["size"] * 100) - exact in (-1, 0, 1)


def test_the_lesson_of_a_whole_project_speaks_of_one_project():
    trial = re.search(r"试运行开始日\t(\S+)", repr(variant("10-trial", "张三").prompt))[1]
    assert trial in repr(variant("10-whole", "张三").prompt)
    assert trial in repr(variant("10-trial", "张三", round=3).prompt)


# Lessons ---------------------------------------------------------------------------------


def test_a_lesson_shows_the_answer_only_after_a_try(tmp_path):
    lesson = Lesson("01_merge_limit", "张三", tmp_path)
    lesson.question(1)
    shown = repr(lesson.exercise(1)) + repr(lesson.summary()) + lesson.attempts["01-limit"].reveal().markup
    assert "先答一次" in shown
    assert "理由和算式" not in shown


def test_a_name_that_is_a_script_or_far_too_long_does_nothing(tmp_path):
    for name in ("<script>alert(1)</script>", "../../etc/passwd", "=1+1", "长" * 5000, "\x00\u202e"):
        lesson = Lesson("01_merge_limit", name, tmp_path)
        lesson.answer(1, ["待核"])
        assert lesson.path.parent == tmp_path
        assert "<script" not in lesson.summary()._repr_html_().replace("&lt;script", "")
        assert len(lesson.path.name) < 150
    assert all(path.parent == tmp_path for path in tmp_path.rglob("*"))


def test_the_trainers_answers_are_those_of_the_trainee():
    told = repr(training.answers("张三", ["01_merge_limit"]))
    question = variant("01-room", "张三")
    assert answer_text(question.parts[0]) in told
    assert "开放题" not in told


def test_the_time_plan_holds_every_lesson_once_and_no_sitting_is_too_long():
    shown = repr(training.time_plan(90))
    assert all(shown.count(course()[stem]["title"]) == 1 for stem in STEMS)
    minutes = re.findall(r"\t(\d+)$", shown, re.MULTILINE)
    assert len(minutes) >= 4
    assert all(int(one) <= 90 for one in minutes)


# What is taught --------------------------------------------------------------------------


def test_every_clause_that_decides_something_is_taught_in_a_lesson():
    must = {c.id for c in RULES.clauses.values() if c.how in TAUGHT}
    assert must - lessons().keys() == set()
    assert coverage(RULES)["untaught"] == []


def test_a_clause_that_no_lesson_teaches_is_told(monkeypatch):
    monkeypatch.setattr("zwxm_core.reporting.coverage.lessons", dict)
    covered = coverage(RULES)
    assert "29.1" in covered["untaught"]
    assert "1.1" not in covered["untaught"]
    assert "没有一课讲到：" in coverage_text(covered)


@pytest.mark.parametrize("stem", STEMS)
def test_what_a_lesson_says_it_teaches_is_shown_and_can_be_asked(stem):
    shown = NOTEBOOKS.joinpath(f"{stem}.ipynb").read_text(encoding="utf-8")
    outputs = "".join(_plain(cell) for cell in json.loads(shown)["cells"])
    asked = {clause for one in course()[stem]["exercises"] for clause in training.asked_clauses(one)}
    asked |= {Lesson(stem)._case(one["case"]).clause for one in course()[stem]["mistakes"]}
    for clause in course()[stem]["clauses"]:
        assert RULES.clauses[clause].digest in outputs, clause
        if RULES.clauses[clause].how in TAUGHT:
            assert clause in asked, clause


def _plain(cell: dict) -> str:
    texts = [output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", ())]
    return "".join(text if isinstance(text, str) else "".join(text) for text in texts)


# Notebooks -------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", [*STEMS, training.TRAINER])
def test_headings_links_and_metadata_of_a_notebook_are_those_of_the_course(stem):
    notebook = nbformat.read(NOTEBOOKS / f"{stem}.ipynb", as_version=4)
    nbformat.validate(notebook)
    generated = {tag: cell.source for cell in notebook.cells for tag in cell.metadata.get("tags", ())}
    assert training.generated(stem).items() <= generated.items(), "run: python3 start.py refresh"
    assert dict(notebook.metadata.get("zwxm", {})) == training.metadata(stem)
    assert notebook.metadata.language_info == {"name": "python"}
    assert [cell.id for cell in notebook.cells] == [f"c{i:02d}" for i in range(len(notebook.cells))]
    for target in re.findall(r"\]\((\w+\.ipynb)\)", "".join(training.generated(stem).values())):
        assert (NOTEBOOKS / target).is_file()


@pytest.mark.parametrize("stem", [*STEMS, training.TRAINER])
def test_a_notebook_is_prose_with_short_cells_and_no_logic_and_no_dead_widgets(stem):
    notebook = nbformat.read(NOTEBOOKS / f"{stem}.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    prose = sum(len(cell.source) for cell in notebook.cells if cell.cell_type == "markdown")
    assert prose > 1.5 * sum(len(cell.source) for cell in code)
    for cell in code:
        assert len(cell.source.splitlines()) <= 5
        assert not re.search(r"\b(for|if|def|class|lambda|while|HTML|Markdown)\b", cell.source)
        for output in cell.outputs:
            assert output.output_type not in ("error", "stream")
            assert not [mime for mime in output.get("data", {}) if "widget" in mime]


@pytest.mark.parametrize("stem", STEMS)
def test_a_notebook_opens_with_who_and_how_long_and_shows_every_exercise_once_in_order(stem):
    notebook = nbformat.read(NOTEBOOKS / f"{stem}.ipynb", as_version=4)
    assert "**给谁**" in notebook.cells[0].source
    assert "分钟" in notebook.cells[0].source
    source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert re.findall(r"lesson\.exercise\((\d+)\)", source) == [str(n + 1) for n in range(len(ids(stem)))]
    assert "lesson.mistakes()" in source
    assert f'open_lesson("{stem}")' in source


def test_whatever_a_worked_case_comes_to_can_be_chosen():
    drilled = {
        clause for stem in STEMS for one in course()[stem]["exercises"] for clause in one.get("from", ())
    }
    assert len(drilled) > 50
    for clause in sorted(drilled):
        for known in {case["expect"]: case for case in told_cases(clause)}.values():
            case = Case(clause, known, RULES)
            assert case.outcome in outcomes(case), (clause, known["title"])
