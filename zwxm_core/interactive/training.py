"""The course (培训课程): ten lessons that follow a project's life, as data; what a lesson shows.

A lesson is a file of `training_lessons/` (whom it is for, clauses, common mistakes, exercises) and a
notebook of ``notebooks/training/`` with the prose. Headings, navigation, digests, examples and answers
come from here and from the rule set, so that nothing of the law is written twice.

Examples
--------
>>> lesson = open_lesson("01_merge_limit")
>>> question = lesson.question(1)
>>> question.parts[0].kind
'one'
>>> lesson.answer(1, ["<script>"]).markup.startswith('<p class="quiz-no">✕ 还不对')
True
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import yaml

from zwxm_core import cost_tables, tables
from zwxm_core.assessment import assess
from zwxm_core.assumptions import load_assumptions
from zwxm_core.comparing import comparisons
from zwxm_core.explaining import KIND, cases
from zwxm_core.facts import Facts
from zwxm_core.interactive import training_results as results
from zwxm_core.interactive.quiz import Attempt, Question
from zwxm_core.interactive.training_cases import Case
from zwxm_core.interactive.training_questions import question
from zwxm_core.interactive.training_variants import draw, seeded
from zwxm_core.interactive.training_widget import ExerciseForm, NameForm, Page
from zwxm_core.money import wan_float_text
from zwxm_core.portfolio import read
from zwxm_core.reporting.outcomes import SHOWN, consequence_table, obligation_table
from zwxm_core.reporting.report import SAMPLE_DAY, SAMPLE_RULES, SAMPLES
from zwxm_core.resources import collection
from zwxm_core.rulesets import RuleSet, load_ruleset
from zwxm_core.tables import Html, clean, paragraph, small, table, text

LESSONS = Path(__file__).with_name("training_lessons")
TRAINER = "00_trainer"
EXAMPLE = "示例学员"
"""The trainee of the committed notebooks, whose results are not kept."""

LONGEST_NAME = 40
TOLD = ("findings", "consequences", "obligations")
"""What of an assessment a lesson shows of a sample."""


@lru_cache
def course() -> dict[str, dict]:
    """Every lesson by the stem of its notebook, in order: the data of `training_lessons`.

    >>> len(course()), next(iter(course()))
    (10, '01_merge_limit')
    """
    return {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(LESSONS.glob("*.yaml"))
    }


def number(stem: str) -> str:
    """The number of a lesson as users read it.

    >>> number("01_merge_limit"), number("10_whole_project")
    ('1', '10')
    """
    return stem.partition("_")[0].lstrip("0")


def titled(stem: str) -> str:
    """Number and title of a lesson.

    >>> titled("06_adjustment")
    '第 6 课　15% 调整'
    """
    return f"第 {number(stem)} 课　{course()[stem]['title']}"


def heading(stem: str) -> str:
    """The first cell of a lesson's notebook (Markdown): title, way on, for whom, how long, what for."""
    lesson = course()[stem]
    able = "\n".join(f"- {one}" for one in lesson["able"])
    return (
        f"# {titled(stem)}\n\n{navigation(stem)}\n\n**给谁**　{lesson['for']}\n\n"
        f"**时间**　约 {lesson['minutes']} 分钟，{len(lesson['exercises'])} 道练习\n\n**学完能做什么**\n\n{able}"
    )


def navigation(stem: str) -> str:
    """Links to the lesson before, the contents and the lesson after (Markdown)."""
    stems = list(course())
    at = stems.index(stem)
    before = f"[← {titled(stems[at - 1])}]({stems[at - 1]}.ipynb)" if at else ""
    after = f"[{titled(stems[at + 1])} →]({stems[at + 1]}.ipynb)" if at + 1 < len(stems) else ""
    return "　|　".join(filter(None, (before, f"[全部课程]({TRAINER}.ipynb)", after)))


def contents() -> str:
    """The table of all lessons with links (Markdown)."""
    rows = [
        f"| [{titled(stem)}]({stem}.ipynb) | {one['stage']} | {one['minutes']} | {len(one['exercises'])} |"
        for stem, one in course().items()
    ]
    total = sum(one["minutes"] for one in course().values())
    asked = sum(len(one["exercises"]) for one in course().values())
    head = "| 课 | 项目的哪一步 | 分钟 | 练习 |\n|---|---|--:|--:|"
    return "\n".join([head, *rows, f"| 合计 | | {total} | {asked} |"])


def generated(stem: str) -> dict[str, str]:
    """The cells of a notebook that are generated, by their tag."""
    if stem == TRAINER:
        return {"contents": contents()}
    return {"heading": heading(stem), "navigation": navigation(stem)}


def metadata(stem: str) -> dict:
    """What a lesson's notebook says of itself to `zwxm coverage`: its title and the clauses it teaches."""
    return {} if stem == TRAINER else {"lesson": titled(stem), "clauses": list(course()[stem]["clauses"])}


def exercise_id(stem: str, exercise: dict) -> str:
    """How a result file names an exercise: number of the lesson and the exercise's own name."""
    return f"{stem.partition('_')[0]}-{exercise['id']}"


def find(id: str) -> tuple[str, dict]:
    """The lesson and the exercise of an id.

    Raises
    ------
    KeyError
        No exercise of the course has it.
    """
    for stem, lesson in course().items():
        for exercise in lesson["exercises"]:
            if exercise_id(stem, exercise) == id:
                return stem, exercise
    raise KeyError(id)


def variant(id: str, trainee: str, round: int = 0, ruleset: RuleSet | None = None) -> Question:
    """The variant of an exercise that a trainee gets, the first (round 0) or a further one."""
    stem, exercise = find(id)
    rules = ruleset or load_ruleset()
    shared = draw(course()[stem].get("given", {}), rules, seeded(trainee, stem))
    return question(id, exercise, rules, seeded(trainee, id, round), shared, SAMPLE_DAY)


def mark(path: Path) -> results.Marked:
    """Mark a trainee's result file: every answer is checked again against its variant.

    Raises
    ------
    zwxm_core.interactive.training_results.Unusable
        No result file, or a damaged one.
    """
    return results.mark(results.load(path), variant, {id: stem for stem in course() for id in ids(stem)})


def ids(stem: str) -> list[str]:
    """The ids of a lesson's exercises, in order."""
    return [exercise_id(stem, exercise) for exercise in course()[stem]["exercises"]]


def varies(exercise: dict) -> bool:
    """Whether an exercise has further variants: not where all it draws is drawn for the whole lesson."""
    return any(key in exercise for key in ("given", "each", "from", "mistakes"))


def asked_clauses(exercise: dict) -> list[str]:
    """The clauses an exercise may ask about."""
    return [*([exercise["clause"]] if "clause" in exercise else []), *exercise.get("from", [])]


class Lesson:
    """One lesson with one trainee: what its notebook shows, and how the exercises stand.

    Parameters
    ----------
    stem : str
        Name of the notebook without its ending.
    trainee : str
        Whose variants; `EXAMPLE` keeps no results.
    folder : Path
        Where the result file is kept.
    """

    def __init__(self, stem: str, trainee: str = EXAMPLE, folder: Path | str = results.FOLDER):
        self.stem, self.data, self.ruleset = stem, course()[stem], load_ruleset()
        self.folder = Path(folder)
        self.forms: list = []  # shown in the notebook; told when another trainee begins
        self.begin(trainee)

    def begin(self, trainee: str) -> None:
        """Another trainee: their variants, and what their result file already holds."""
        self.trainee = clean(trainee, LONGEST_NAME) or EXAMPLE
        kept = results.answers_of(self.path, self.trainee) if self.keeps else {}
        self.rounds = {id: max((int(r) for r in kept.get(id, {})), default=0) for id in ids(self.stem)}
        self.attempts: dict[str, Attempt] = {}
        for id, round in self.rounds.items():
            if record := kept.get(id, {}).get(str(round)):
                self.attempts[id] = results.attempt(variant(id, self.trainee, round), record)
        for form in self.forms:
            form.load()

    @property
    def keeps(self) -> bool:
        """Whether results are kept: not those of the example."""
        return self.trainee != EXAMPLE

    @property
    def path(self) -> Path:
        """The trainee's result file."""
        return self.folder / results.file_name(self.trainee)

    # What the notebook shows -----------------------------------------------------------

    def start(self):
        """The form that asks who is learning."""
        return NameForm(self)

    def clauses(self, *within: str) -> Page:
        """The lesson's clauses with our digest; ``within``: citations they begin with (第十八条)."""
        rows = [
            (clause.cite, clause.digest + (f"（{KIND[clause.kind]}）" if clause.kind else ""))
            for clause in map(self.ruleset.clauses.__getitem__, self.data["clauses"])
            if not within or clause.cite.startswith(within)
        ]
        return Page(table(("条款", "概括（本产品自拟，不是原文）"), rows))

    def case(self, title: str) -> Page:
        """A worked case by its title: facts, conclusion and reason, computed now."""
        one = self._case(title)
        return Page(paragraph(title + "。") + one.shown() + one.explained())

    def _case(self, title: str) -> Case:
        for clause in [*self.data["clauses"], *self.ruleset.clauses]:
            for case in cases().get(clause, ()):
                if case["title"] == title:
                    return Case(clause, case, self.ruleset)
        raise KeyError(title)

    def sample(self, project: str, *cites: str) -> Page:
        """A project of the samples held against some clauses, by their citations, on the samples' day."""
        facts, rules = _samples()
        chosen = [clause.id for clause in rules.clauses.values() if clause.cite in cites]
        result = assess(facts, rules, SAMPLE_DAY, chosen)  # of all, since one project bears on another
        own = {name: [one for one in result[name] if one["project"] == project] for name in TOLD}
        shown = paragraph(f"样例 {project}，评估日 {SAMPLE_DAY}。")
        if own["findings"]:
            shown += tables.findings(own["findings"], rules)
        if found := [one for one in own["consequences"] if one["outcome"] in SHOWN]:
            shown += consequence_table(found, rules, project)
        if due := own["obligations"]:
            shown += obligation_table(due, rules, notices=result["notices"])
        return Page(shown)

    def compare(self, project: str, draws: int = 0) -> Page:
        """A sample's comparison of building and buying, with a simulation where draws are asked for."""
        compared = self.compared(project, draws)
        shown = paragraph(f"样例 {project}，评估日 {SAMPLE_DAY}。") + cost_tables.comparison(compared)
        if sure := compared.get("risk"):
            rows = [("购买不贵于自建的概率", f"{sure['probability_not_dearer']:.1%}")]
            if sure["probability_of_floor"] is not None:
                rows.append(("节约率达到下限的概率", f"{sure['probability_of_floor']:.1%}"))
            rows += [(f"节约额 {n}", f"{wan_float_text(v)} 万元") for n, v in sure["saving"].items()]
            shown += tables.pairs(rows, caption=f"模拟 {sure['draws']:,} 次，种子 {sure['seed']}")
        return Page(shown)

    def compared(self, project: str, draws: int = 0) -> dict:
        """The figures behind `compare`, for charts."""
        facts, rules = _samples()
        one = facts.take([facts.ids.tolist().index(project)])
        return comparisons(one, rules, SAMPLE_DAY, assumptions=load_assumptions(), draws=draws)[
            "comparisons"
        ][0]

    def mistakes(self) -> Page:
        """Common mistakes, each with a case that shows what is right."""
        rows = []
        for one in self.data["mistakes"]:
            case = self._case(one["case"])
            told = text(f"{case.outcome}。{case.reason}") + small(case.question())
            rows.append((f"“{one['says']}”", one["right"], one["case"], told))
        return Page(table(("常见的误解", "其实", "算例", "算出的结论"), rows))

    def exercise(self, number: int):
        """One exercise, counted from 1, to be worked on in the notebook."""
        form = ExerciseForm(self, ids(self.stem)[number - 1], number)
        self.forms.append(form)
        return form

    def summary(self) -> Page:
        """How the lesson's exercises stand, and where the results are kept."""
        rows = []
        for at, id in enumerate(ids(self.stem), 1):
            one = self.attempts.get(id)
            state = "未答" if one is None or not one.tries else "答对" if one.solved else "还没答对"
            aid = "" if one is None else f"{one.tries} 次" + ("，看过解析" if one.revealed else "")
            rows.append((f"练习 {at}", find(id)[1]["title"], state, aid))
        kept = f"成绩文件：{self.path}" if self.keeps else "没有填姓名，成绩不保存。"
        return Page(table(("练习", "题目", "状态", "尝试"), rows) + small(kept) + small(results.NOTE))

    # Working without a browser ---------------------------------------------------------

    def question(self, number: int) -> Question:
        """The present variant of an exercise."""
        return self.attempt(ids(self.stem)[number - 1]).question

    def attempt(self, id: str) -> Attempt:
        """How an exercise stands; begun when first asked for."""
        if id not in self.attempts:
            self.attempts[id] = Attempt(variant(id, self.trainee, self.rounds[id]))
        return self.attempts[id]

    def varies(self, id: str) -> bool:
        """Whether an exercise has further variants."""
        return varies(find(id)[1])

    def another(self, id: str) -> None:
        """A further variant of an exercise."""
        self.rounds[id] += 1
        self.attempts.pop(id, None)

    def answer(self, number: int, given: object) -> Html:
        """Answer an exercise: what is said of it; the result is kept."""
        id = ids(self.stem)[number - 1]
        told = self.attempt(id).answer(given)
        return told + self.keep(id)

    def keep(self, id: str) -> Html:
        """Write how an exercise stands into the trainee's file; says what went wrong, if anything."""
        if not self.keeps or not self.attempt(id).tries:
            return Html("")
        return results.keep(self.path, self.trainee, id, self.rounds[id], self.attempt(id), self.ruleset)


@lru_cache(maxsize=1)
def _samples() -> tuple[Facts, RuleSet]:
    return read(collection(SAMPLES)).facts, load_ruleset(collection(SAMPLE_RULES))


def open_lesson(stem: str, trainee: str = EXAMPLE) -> Lesson:
    """A lesson for its notebook."""
    return Lesson(stem, trainee)


# For trainers ---------------------------------------------------------------------------


def answers(trainee: str, stems: Iterable[str] | None = None) -> Page:
    """The right answers of a trainee's first variants, lesson by lesson."""
    from zwxm_core.interactive.quiz import answer_texts

    rows = [
        (titled(stem) if at == 0 else "", f"{at + 1}　{find(id)[1]['title']}", "；".join(answer_texts(variant(id, trainee))) or "开放题")
        for stem in (course() if stems is None else stems)
        for at, id in enumerate(ids(stem))
    ]  # fmt: skip
    return Page(table(("课", "练习", "答案"), rows, caption=f"{clean(trainee, LONGEST_NAME)}的题目和答案"))


def time_plan(minutes: int = 90) -> Page:
    """The lessons laid out over sittings of at most so many minutes."""
    sittings: list[list[str]] = [[]]
    for stem in course():
        if (
            sittings[-1]
            and sum(course()[s]["minutes"] for s in sittings[-1]) + course()[stem]["minutes"] > minutes
        ):
            sittings.append([])
        sittings[-1].append(stem)
    rows = [
        (f"第 {at} 次", "、".join(map(titled, stems)), sum(course()[s]["minutes"] for s in stems))
        for at, stems in enumerate(sittings, 1)
    ]
    return Page(
        table(("上课", "内容", "分钟"), rows, numbers=(2,), caption=f"时间安排（每次不超过 {minutes} 分钟）")
    )


def progress(folder: Path | str = results.FOLDER) -> Page:
    """The progress sheet: every result file of a folder, marked."""
    marked, wrong = results.collect(sorted(Path(folder).glob("*.json")), mark)
    heads = ("学员", *(f"第 {number(stem)} 课" for stem in course()), "答对", "独立答对")
    rows = [
        (one.trainee, *(f"{r}/{n}" for r, n in one.lessons.values()), one.right, one.unaided)
        for one in marked
    ]
    shown = table(heads, rows, caption="进度表", empty="还没有成绩文件")
    for line in [*(n for one in marked for n in one.notices), *wrong]:
        shown += small(line)
    return Page(shown + small(results.NOTE))
