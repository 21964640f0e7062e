"""Result files: kept, taken up again, marked anew; a damaged or strange one is told in one sentence."""

from __future__ import annotations

import json

import pytest

from zwxm_core.cli import main
from zwxm_core.interactive import training
from zwxm_core.interactive import training_results as results
from zwxm_core.interactive.quiz import answer_text
from zwxm_core.interactive.training import Lesson


def right(lesson: Lesson, number: int) -> list:
    return [
        sorted(part.answer)
        if part.kind == "many"
        else "自己的话"
        if part.kind == "note"
        else answer_text(part)
        for part in lesson.question(number).parts
    ]


@pytest.fixture
def worked(tmp_path):
    lesson = Lesson("01_merge_limit", "张三", tmp_path)
    lesson.answer(1, ["待核"])
    lesson.answer(1, right(lesson, 1))
    lesson.answer(2, ["0.01"])
    lesson.attempt("01-room").reveal()
    lesson.answer(2, right(lesson, 2))
    lesson.answer(3, ["<script>", None])
    return lesson


def rewritten(path, change, seal=True):
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    if seal:
        data["checksum"] = results.checksum(data)
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_the_file_holds_answers_and_says_that_its_checksum_is_no_signature(worked):
    text = worked.path.read_text(encoding="utf-8")
    data = json.loads(text)
    assert "不是签名" in data["note"]
    assert data["answers"]["01-limit"]["0"]["tries"] == 2
    assert "right" not in text.replace("copyright", "")


def test_marking_checks_every_answer_again(worked):
    marked = training.mark(worked.path)
    assert (marked.trainee, marked.right, marked.unaided) == ("张三", 2, 1)
    assert marked.lessons["01_merge_limit"] == (2, 8)
    assert marked.total == sum(len(training.ids(stem)) for stem in training.course())


def test_who_copies_anothers_answers_under_the_own_name_gains_nothing(worked):
    rewritten(worked.path, lambda data: data.update(trainee="李四"))
    other = training.mark(worked.path)
    assert other.right <= 1  # a choice of three may be right by chance, an amount is not


def test_an_attempt_is_taken_up_where_it_was_left(worked):
    again = Lesson("01_merge_limit", "张三", worked.folder)
    assert again.attempts["01-limit"].solved
    assert again.attempts["01-room"].revealed
    assert not again.attempts["01-merge"].solved
    assert Lesson("01_merge_limit", "李四", worked.folder).attempts == {}


def test_a_further_variant_is_kept_beside_the_first(worked):
    worked.another("01-limit")
    worked.answer(1, ["不适用"])
    assert training.mark(worked.path).right == 2  # what was right stays right
    assert Lesson("01_merge_limit", "张三", worked.folder).rounds["01-limit"] == 1


def test_the_example_keeps_nothing(tmp_path):
    Lesson("01_merge_limit", folder=tmp_path).answer(1, ["待核"])
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_put_aside_and_the_next_answer_is_kept(worked):
    worked.path.write_text("{", encoding="utf-8")
    told = worked.answer(4, right(worked, 4))
    assert "damaged" in told.markup
    assert worked.path.with_name(f"{worked.path.stem}.damaged.json").read_text(encoding="utf-8") == "{"
    assert training.mark(worked.path).right == 1


def test_a_folder_that_cannot_be_written_is_told_and_the_answer_is_still_marked(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    lesson = Lesson("01_merge_limit", "张三", tmp_path / "file")
    told = lesson.answer(1, right(lesson, 1))
    assert "正确" in told.markup
    assert "成绩没有存下" in told.markup


@pytest.mark.parametrize(
    ("change", "seal", "said"),
    [
        (lambda d: d["answers"]["01-limit"]["0"].update(tries=1), False, "校验值对不上"),
        (lambda d: d.update(form="别的"), True, "不是培训的成绩文件"),
        (lambda d: d.update(version=99), True, "请更新程序"),
        (lambda d: d.update(answers=[]), True, "不是成绩文件应有的样子"),
        (lambda d: d.update(answers={"01-limit": {"../": {}}}), True, "不是成绩文件应有的样子"),
        (lambda d: d.update(answers={"01-limit": {"0": {"tries": "9", "hints": 0, "revealed": False}}}), True, "不是成绩文件应有的样子"),
        (lambda d: d.update(trainee=5), True, "不是成绩文件应有的样子"),
    ],
)  # fmt: skip
def test_a_changed_or_strange_file_is_told_in_one_sentence(worked, change, seal, said):
    rewritten(worked.path, change, seal)
    with pytest.raises(results.Unusable, match=said):
        training.mark(worked.path)


def test_hostile_answers_in_a_file_are_marked_wrong(worked):
    hostile = [{"a": [1]}, 5, None, "<script>", ["9" * 9999], [[[]]]]

    def change(data):
        for id, given in zip(training.ids("01_merge_limit"), hostile, strict=False):
            data["answers"][id] = {"0": {"given": given, "tries": 1, "hints": 0, "revealed": False}}

    assert training.mark(rewritten(worked.path, change)).right == 0


def test_exercises_that_the_course_does_not_have_are_pointed_out(worked):
    def change(data):
        data["answers"]["99-x"] = {"0": {"given": [], "tries": 1, "hints": 0, "revealed": False}}

    assert "不在本课程里" in training.mark(rewritten(worked.path, change)).notices[0]


def test_a_note_reaches_the_trainer(tmp_path):
    lesson = Lesson("10_whole_project", "张三", tmp_path)
    given = right(lesson, 7)
    given[-1] = '=HYPERLINK("x")<b>总判断'
    lesson.answer(7, given)
    assert training.mark(lesson.path).notes == {"10-write": ['=HYPERLINK("x")<b>总判断']}
    assert "<b>" not in repr(training.progress(tmp_path)).replace("&lt;", "")


def test_the_command_marks_a_stack_and_tells_what_it_could_not_read(worked, capsys):
    assert main(["training", "check", str(worked.path)]) == 0
    out = capsys.readouterr().out
    assert "张三　答对 2/" in out
    assert "不是签名" in out
    assert main(["training", "check", str(worked.path), "no.json"]) == 1
    shown = capsys.readouterr()
    assert "no.json：没有这个文件" in shown.err
    assert "张三" in shown.out
    assert main(["training", "check", "no.json", "neither.json"]) == 65
    assert capsys.readouterr().out == ""


def test_the_command_gives_json_and_nothing_else(worked, capsys):
    assert main(["training", "check", "--json", str(worked.path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["trainees"][0]["lessons"]["01_merge_limit"] == {"right": 2, "total": 8}
    assert told["problems"] == []


def test_the_command_needs_a_file(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["training", "check"])
    assert "缺少参数" in capsys.readouterr().err


def test_the_progress_sheet_lists_everybody(worked):
    Lesson("06_adjustment", "李四", worked.folder).answer(1, ["待核", "以上都没有"])
    shown = repr(training.progress(worked.folder))
    assert "张三" in shown
    assert "李四" in shown
    assert "2/8" in shown
