"""Result files of trainees: one JSON file a trainee, marked again whenever it is read.

The file holds what was answered, never whether it was right: marking computes the variants anew from
trainee, exercise and round. Its checksum is against accidents (a cut-off copy, a line changed by mistake);
it is no signature and proves nothing about who answered.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from zwxm_core import __version__
from zwxm_core.interactive.quiz import LONGEST, Attempt, Question, check
from zwxm_core.portfolio.files import write_atomically
from zwxm_core.reporting.files import file_stem
from zwxm_core.rulesets import RuleSet, load_ruleset
from zwxm_core.tables import Html, clean, small

FOLDER = "results"
"""Folder of result files, beside the notebooks."""

FORM, VERSION = "zwxm-training", 1
NOTE = "成绩文件里的校验值只防意外损坏，不是签名，不能证明是谁作答、什么时候作答。"
LARGEST = 5_000_000
"""Bytes of a result file that are read."""


class Unusable(ValueError):
    """A file that is no result file, or a damaged one; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A result file marked.

    ``lessons``: right and asked by the lesson's notebook; ``right``, ``unaided`` (right without having
    seen the answer) and ``total`` count exercises; ``unmarked`` are written answers for the trainer to read.
    """

    trainee: str
    lessons: dict[str, tuple[int, int]]
    right: int
    unaided: int
    total: int
    notes: dict[str, list[str]] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)


def file_name(trainee: str) -> str:
    """A safe name of a trainee's file.

    >>> file_name("../../CON:*?"), file_name("张三") == file_name("张三") != file_name("张 三")
    ('training_CON_fd0653bc.json', True)
    """
    return f"{file_stem('training', trainee)}.json"


def checksum(data: dict) -> str:
    """Hash of everything but the checksum itself."""
    rest = {key: value for key, value in data.items() if key != "checksum"}
    text = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def load(path: Path) -> dict:
    """Read a result file.

    Raises
    ------
    Unusable
        Not there, too large, no JSON, of another form or version, or its checksum differs.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise Unusable(f"{path}：文件太大，不是成绩文件")
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Unusable(f"{path}：没有这个文件：请核对文件名和所在的文件夹") from None
    except OSError:
        raise Unusable(f"{path}：打不开，可能没有权限，或者是一个文件夹") from None
    except (ValueError, RecursionError):
        raise Unusable(f"{path}：不是 JSON，不是成绩文件或没有复制完整：请学员重新发一份") from None
    if not isinstance(data, dict) or data.get("form") != FORM:
        raise Unusable(f"{path}：不是培训的成绩文件：请确认选对了文件")
    if data.get("version") != VERSION:
        raise Unusable(
            f"{path}：成绩文件的版本是 {clean(data.get('version'), 20)}，本程序能读的是 {VERSION}：请更新程序"
        )
    if checksum(data) != data.get("checksum"):
        raise Unusable(f"{path}：校验值对不上，文件在保存之后改动过或没有复制完整：请学员重新发一份")
    if not _well_formed(data):
        raise Unusable(f"{path}：内容不是成绩文件应有的样子：请学员重新作答保存")
    return data


def _well_formed(data: dict) -> bool:
    answers = data.get("answers")
    if not isinstance(data.get("trainee"), str) or not isinstance(answers, dict):
        return False
    rounds = [one for one in answers.values() if isinstance(one, dict)]
    records = [(r, record) for one in rounds for r, record in one.items()]
    return len(rounds) == len(answers) and all(
        r.isascii() and r.isdigit() and len(r) < 6 and isinstance(record, dict)
        and all(type(record.get(k)) is int for k in ("tries", "hints")) and isinstance(record.get("revealed"), bool)
        for r, record in records
    )  # fmt: skip


def answers_of(path: Path, trainee: str) -> dict:
    """The answers kept of a trainee; none where there is no usable file."""
    try:
        data = load(path)
    except Unusable:
        return {}
    return data["answers"] if data["trainee"] == trainee else {}


def attempt(question: Question, record: dict) -> Attempt:
    """An attempt taken up again."""
    given = record.get("given")
    solved = check(question, given).right
    return Attempt(question, record["tries"], record["hints"], solved, record["revealed"], given)


def keep(path: Path, trainee: str, id: str, round: int, one: Attempt, ruleset: RuleSet) -> Html:
    """Write an attempt into the trainee's file; a damaged file is kept beside the new one."""
    told = Html("")
    try:
        data = load(path)
    except Unusable as error:
        data = {"form": FORM, "version": VERSION, "note": NOTE, "trainee": trainee, "answers": {}}
        if path.exists():
            aside = path.with_name(f"{path.stem}.damaged.json")
            path.replace(aside)
            told = small(f"{error}。原来的文件另存为 {aside.name}，从这一题起重新记。")
    record = {"given": _json(one.given), "tries": one.tries, "hints": one.hints, "revealed": one.revealed}
    data["answers"].setdefault(id, {})[str(round)] = record
    data |= {"saved_on": date.today().isoformat(), "package": __version__, "ruleset": ruleset.sha256}
    data["checksum"] = checksum(data)
    text = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.encode("utf-8", "surrogatepass"))
    except OSError:
        return small(
            f"成绩没有存下：{path} 写不进去，可能没有权限或磁盘已满。请换一个能写的文件夹再打开本课。"
        )
    return told


def _json(given: object):
    """An answer as JSON holds it; what is no answer at all is kept as a short text."""
    if isinstance(given, (list, tuple, set, frozenset)):
        return [_json(one) for one in list(given)[:200]]
    if given is None or isinstance(given, (bool, int)):
        return given
    return clean(given, 10 * LONGEST)


def mark(data: dict, variant: Callable[[str, str, int], Question], lesson_of: dict[str, str]) -> Marked:
    """Mark the data of a file.

    Parameters
    ----------
    variant : callable
        Exercise, trainee and round -> question.
    lesson_of : dict
        Lesson by exercise, all exercises of the course.
    """
    trainee = data["trainee"]
    right: set[str] = set()
    unaided: set[str] = set()
    notes: dict[str, list[str]] = {}
    for id, rounds in data["answers"].items():
        for round, record in rounds.items() if id in lesson_of else ():
            question = variant(id, trainee, int(round))
            verdict = check(question, record.get("given"))
            if verdict.right:
                right.add(id)
                if not record["revealed"]:
                    unaided.add(id)
            if written := _notes(question, record.get("given")):
                notes[id] = written
    lessons: dict[str, list[int]] = {}
    for id, stem in lesson_of.items():
        counts = lessons.setdefault(stem, [0, 0])
        counts[0] += id in right
        counts[1] += 1
    notices = []
    name = clean(trainee, 40)
    if strange := [id for id in data["answers"] if id not in lesson_of]:
        notices.append(f"{name}：有 {len(strange)} 道题不在本课程里，没有计入")
    if data.get("ruleset") != load_ruleset().sha256:
        notices.append(f"{name}：作答时的规则集与现在的不同，已按现在的规则集重新判分")
    told = {stem: (counts[0], counts[1]) for stem, counts in lessons.items()}
    return Marked(name, told, len(right), len(unaided), len(lesson_of), notes, notices)


def _notes(question: Question, given: object) -> list[str]:
    listed = given if isinstance(given, list) else [given]
    return [
        clean(g, 200) for part, g in zip(question.parts, listed, strict=False) if part.kind == "note" and g
    ]


def collect(paths: Iterable[Path], mark_file: Callable[[Path], Marked]) -> tuple[list[Marked], list[str]]:
    """Mark a stack of files: what could be marked, and what is wrong with the others."""
    marked, wrong = [], []
    for path in paths:
        try:
            marked.append(mark_file(path))
        except Unusable as error:
            wrong.append(str(error))
    return marked, wrong


def marked_json(marked: list[Marked], wrong: list[str]) -> dict:
    """Marked files as ``training check --json`` prints them."""
    rows = [
        {
            "trainee": one.trainee,
            "lessons": {
                stem: {"right": right, "total": total} for stem, (right, total) in one.lessons.items()
            },
            "right": one.right,
            "unaided": one.unaided,
            "total": one.total,
            "notes": one.notes,
            "notices": one.notices,
        }
        for one in marked
    ]
    return {"trainees": rows, "problems": wrong, "note": NOTE}


def marked_text(marked: list[Marked]) -> str:
    """Marked files as lines for a terminal: a trainee each, then what is to be said."""
    lines = []
    for one in marked:
        lessons = "　".join(f"{stem.partition('_')[0]} {r}/{n}" for stem, (r, n) in one.lessons.items())
        lines.append(f"{one.trainee}　答对 {one.right}/{one.total}，独立答对 {one.unaided}\n  {lessons}")
        lines += [f"  文字题 {id}：{'；'.join(told)}" for id, told in one.notes.items()]
        lines += [f"  {notice}" for notice in one.notices]
    return "\n".join([*lines, NOTE])
