"""A scenario as a file that can be opened again, as a workbook, and as an evaluation report."""

from __future__ import annotations

import json
import re
import tempfile
from datetime import date
from functools import cache
from pathlib import Path

import yaml

from zwxm_core.comparing import comparisons
from zwxm_core.facts import Evidence, Facts
from zwxm_core.interactive.scenarios import FLOOR, RATE, Scenario, WrongValue, start
from zwxm_core.money import percent_text
from zwxm_core.portfolio import InputError, from_records, write_workbook
from zwxm_core.portfolio.records import to_records
from zwxm_core.reporting.batch import run
from zwxm_core.reporting.comparison_book import comparison_book
from zwxm_core.rulesets import RuleSet
from zwxm_core.tables import clean

FORMAT, VERSION = "zwxm-情形", 1
LARGEST = 5 * 2**20


class NotAScenario(ValueError):
    """A file that is no scenario: what was read, how to mend it."""


@cache
def _templates() -> dict[str, dict]:
    listed = yaml.safe_load(Path(__file__).with_name("templates.yaml").read_text("utf-8"))
    return {one["label"]: one["project"] for one in listed}


def template_names() -> list[str]:
    """What an analyst without a workbook can start from."""
    return list(_templates())


def template(name: str) -> Facts:
    """A project to start from: a purchase of a city unit, not yet approved, with amounts to change."""
    project = {"id": "情形", "name": name, "mode": "购买服务", "level": "市级", "classified": False,
               "action": "新建", "approved_on": "未", **_templates()[name]}  # fmt: skip
    return from_records({"projects": [project]}, unit="万元")


def dumped(scenario: Scenario) -> bytes:
    """A scenario as a file (JSON): the project as planned, the drivers as moved."""
    told = {
        "format": FORMAT, "version": VERSION, "as_of": scenario.as_of.isoformat(),
        "ruleset": {"id": scenario.ruleset.id, "sha256": scenario.ruleset.sha256},
        "values": dict(scenario.values), "project": to_records(scenario.project),
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, indent=1, default=str).encode("utf-8")


def loaded(data: bytes, ruleset: RuleSet) -> tuple[Scenario, list[str]]:
    """A scenario from its file, and what its reader should know.

    Raises
    ------
    NotAScenario
        Not such a file, or one with values that cannot be.
    """
    try:
        if len(data) > LARGEST:
            raise NotAScenario(f"情形文件有 {len(data) / 2**20:.0f} MB，最大 {LARGEST / 2**20:.0f} MB")
        told = json.loads(data.decode("utf-8"))
        if told["format"] != FORMAT or told["version"] != VERSION:
            raise NotAScenario("不是本程序存出的情形文件，或由更新的版本存出：请选“保存情形”存出的文件")
        rows = {str(sheet): [_cells(row) for row in rows] for sheet, rows in told["project"].items()}
        project = from_records(rows)
        if project.n != 1:
            raise NotAScenario(f"情形文件应有一个项目，读到 {project.n} 个")
        values = {str(name): str(text) for name, text in told["values"].items()}
        scenario = start(project, ruleset, date.fromisoformat(told["as_of"])).moved(values)
        notes = []
        if told["ruleset"]["sha256"] != ruleset.sha256:
            notes.append(
                f"情形存出时的规则集是 {clean(told['ruleset']['id'], 40)} 的另一版本，现按 {ruleset.id} 判断"
            )
        return scenario, notes
    except (NotAScenario, WrongValue) as error:
        raise NotAScenario(str(error)) from None
    except InputError as error:
        raise NotAScenario(f"情形文件里的项目不能用：{clean(error, 300)}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotAScenario("文件已损坏或不是情形文件：请选“保存情形”存出的 .json 文件") from None


def _cells(row: dict) -> dict:
    """A row whose judgements come with their evidence, as JSON keeps a pair."""
    return {
        name: (value[0], Evidence(*map(str, value[1]))) if isinstance(value, list) else value
        for name, value in row.items()
    }


def file_name(scenario: Scenario, ending: str) -> str:
    """A name for what is saved: letters, digits and Chinese characters of the project's id only."""
    stem = re.sub(r"[^0-9A-Za-z一-鿿_-]", "", str(scenario.project.ids[0]))[:40]
    return f"{stem or '项目'}-情形.{ending}"


def workbook(scenario: Scenario) -> bytes:
    """The comparison as a workbook with live formulas (比较底稿)."""
    told = comparisons(scenario.facts, scenario.rules, scenario.as_of)
    return comparison_book(told, scenario.facts, scenario.rules)


def evaluation_report(scenario: Scenario) -> bytes:
    """The evaluation report (立项评估报告) of the project with this scenario's costs, as a page.

    Raises
    ------
    ValueError
        The report could not be made; the message says why.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        records = to_records(scenario.facts)
        records["projects"][0]["mode"] = scenario.project.mode.at(0)
        write_workbook(place / "情形.xlsx", records)
        rules = place / "ruleset.yaml"
        rules.write_text(_derived(scenario), "utf-8")
        result = run(
            "evaluation",
            place / "情形.xlsx",
            place / "out",
            as_of=scenario.as_of,
            ruleset=rules,
            progress=False,
        )
        if result.failed:
            raise ValueError(f"报告没有做成：{result.failed[0][1]}")
        return (place / "out" / result.made[0]).read_bytes()


def _derived(scenario: Scenario) -> str:
    """The rule set of this scenario as a file: what it sets otherwise, said to be a trial."""
    terms = scenario.rules.terms()
    floor = terms.purchase_clearly_less
    own: dict = {
        "id": "scenario", "version": "1", "base": str(scenario.ruleset.paths[-1]), "name": f"情形试算（派生自{scenario.ruleset.name}）",
    }  # fmt: skip
    if scenario.number(RATE) != _planned(scenario, RATE):
        own["parameters"] = {
            RATE: {"value": _percent(terms.discount_rate), "status": "待核", "source": "情形试算"}
        }
    if scenario.number(FLOOR) != _planned(scenario, FLOOR):
        why = "“明显小于”没有数字；这是情形试算自行采用的下限，不是官方数值"
        own["conventions"] = {FLOOR: {"value": None if floor is None else _percent(floor), "why": why}}
    return yaml.safe_dump(own, allow_unicode=True, sort_keys=False)


def _planned(scenario: Scenario, name: str):
    return scenario.moved({}).number(name)


def _percent(share) -> str:
    return percent_text(share, 8)
