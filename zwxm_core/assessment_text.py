"""An assessment as lines of Chinese text, for a reader at a terminal.

A few projects are told in full: problems, what follows, what is due, what is missing, what is
owed. Many are told as counts by clause, and how to see one of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from zwxm_core.assessment import OF_THE_DAY
from zwxm_core.consequences import effect_text
from zwxm_core.facts import Facts
from zwxm_core.money import yuan_text
from zwxm_core.obligations import titled
from zwxm_core.portfolio import schema
from zwxm_core.rulesets import RuleSet
from zwxm_core.tables import item_text

FEW = 12
"""Projects that are told one by one; of more, the counts by clause."""

MOST = 200
"""Problems listed one by one."""

AMOUNTS = {"refund_due": "应退回资金", "undisbursed_cut": "未拨付资金核减", "share": "分担数额"}

DUE = ("逾期", "未履行", "早于窗口", "已申请延期", "进行中", "未到", "待核")
"""States of a duty that a reader has to act on, the pressing first."""


def assessment_text(result: dict, facts: Facts, ruleset: RuleSet) -> str:
    """The assessment in words.

    Parameters
    ----------
    result : dict
        What `zwxm_core.assessment.assess` gives.
    facts : Facts
        The projects that were assessed.
    ruleset : RuleSet

    Returns
    -------
    str
        Problems first, then what is open, what follows, what is due, what is missing, the
        amounts, and the few facts that would settle most.
    """
    names = dict(zip(map(str, facts.ids), (facts.name.at(i) or "" for i in range(facts.n)), strict=True))
    few = facts.n <= FEW
    parts = [_head(result, ruleset), _problems(result, names, ruleset)]
    if few:
        parts += [_open(result, names, ruleset), _follows(result, names, ruleset), _due(result, names)]
        parts += [_missing(result, names), _amounts(result, names)]
    else:
        parts += [_by_clause(result, ruleset), _follows_counted(result), _due_counted(result)]
    parts += [_settling(result), _counts(result), _notices(result, facts, ruleset)]
    lines = [line for part in parts for line in part]
    if not few:
        lines.append(f"看一个项目的全部结论、期限和金额：zwxm assess 工作簿 --project {facts.ids[0]}")
    return "\n".join(lines)


def _head(result: dict, ruleset: RuleSet) -> Iterator[str]:
    version = f"规则集 {ruleset.id} 第 {ruleset.version} 版，{ruleset.sha256[:12]}"
    yield f"{ruleset.name}（{version}），评估日 {result['as_of']}"


def _whose(row: dict, names: dict[str, str]) -> str:
    project = row["project"]
    if project is None:
        return f"{row['unit']}（全单位）" if row.get("unit") else "不分项目"
    return f"{project} {names.get(project, '')}".strip()


def _place(row: dict) -> str:
    """The article, with the item that a row is about."""
    return row["cite"] + item_text(row["item"], row["clause"])


def _findings(found: list[dict], names: dict[str, str], ruleset: RuleSet) -> Iterator[str]:
    """What comes out alike for the same reason of one project on one line."""
    alike: dict[tuple, list[dict]] = defaultdict(list)
    for f in found:
        alike[f["project"], f["outcome"], f["reason"], *_other_readings(f, ruleset)].append(f)
    for (_, outcome, reason, *readings), same in alike.items():
        places = "、".join(dict.fromkeys(map(_place, same)))
        yield f"  {_whose(same[0], names)}　{places}　{outcome}　{reason}"
        yield from readings


def _other_readings(row: dict, ruleset: RuleSet) -> Iterator[str]:
    for other in row["readings"]:
        question = ruleset.conventions[other["convention"]]
        reading = f"{question.label}：{question.reading(other['value'])}"
        yield f"      另一读法（{reading}）：{other['outcome']}"


def _problems(result: dict, names: dict[str, str], ruleset: RuleSet) -> Iterator[str]:
    found = [f for f in result["findings"] if f["problem"]]
    yield f"\n问题 {len(found)} 项"
    yield from _findings(found[:MOST], names, ruleset)
    if len(found) > MOST:
        yield f"  ……其余 {len(found) - MOST} 项见 --json 或 --out"


def _open(result: dict, names: dict[str, str], ruleset: RuleSet) -> Iterator[str]:
    found = [f for f in result["findings"] if f["outcome"] == "待核"]
    yield f"\n待核 {len(found)} 项"
    yield from _findings(found, names, ruleset)


def _by_clause(result: dict, ruleset: RuleSet) -> Iterator[str]:
    counts: dict[str, Counter] = defaultdict(Counter)
    for f in result["findings"]:
        counts[f["clause"]]["问题" if f["problem"] else f["outcome"]] += 1
    yield "\n各条结论（项数）"
    for clause, entry in ruleset.clauses.items():
        if told := counts.get(clause):
            yield f"  {entry.cite}　" + "　".join(f"{word} {n}" for word, n in told.most_common())


def _follows(result: dict, names: dict[str, str], ruleset: RuleSet) -> Iterator[str]:
    found = [c for c in result["consequences"] if c["outcome"] in ("触发", "提示", "待核")]
    yield f"\n后果 {len(found)} 项（触发、提示或待核）"
    for c in found:
        yield f"  {_whose(c, names)}　{c['cite']}　{effect_text(c)}　{c['outcome']}　{c['reason']}"
        yield from _other_readings(c, ruleset)


def _follows_counted(result: dict) -> Iterator[str]:
    counts = Counter((c["cite"], effect_text(c), c["outcome"]) for c in result["consequences"])
    told = [(key, n) for key, n in counts.items() if key[2] in ("触发", "提示", "待核")]
    yield f"\n后果 {sum(n for _, n in told)} 项（触发、提示或待核）"
    for (cite, effect, outcome), n in told:
        yield f"  {cite}　{effect}　{outcome} {n}"


def _due(result: dict, names: dict[str, str]) -> Iterator[str]:
    rows = [o for o in result["obligations"] if o["status"] in DUE]
    rows.sort(key=lambda o: (DUE.index(o["status"]), o["due"] or "9"))
    yield f"\n期限 {len(rows)} 项"
    for o in rows:
        what = titled(o["what"], o["period"])
        window = " 至 ".join(filter(None, (o["opens"], o["due"]))) or "日期待定"
        to = f"，报 {'、'.join(o['to'])}" if o["to"] else ""
        lacking = "、".join(dict.fromkeys(c["label"] for c in o["open_facts"]))
        needs = f"，缺 {lacking}" if lacking else ""
        yield f"  {o['status']}　{window}　{_whose(o, names)}　{o['cite']}　{what}{to}{needs}"


def _due_counted(result: dict) -> Iterator[str]:
    counts = Counter((o["status"], o["cite"], o["what"]) for o in result["obligations"])
    told = sorted((DUE.index(key[0]), key, n) for key, n in counts.items() if key[0] in DUE)
    yield f"\n期限 {sum(n for _, _, n in told)} 项"
    for _, (status, cite, what), n in told:
        yield f"  {status} {n}　{cite}　{what}"


def _missing(result: dict, names: dict[str, str]) -> Iterator[str]:
    lines = []
    for c in result["checklists"]:
        for word, items in (("缺", c["missing"]), ("有无待核", c["unknown"])):
            if items:
                lines.append(f"  {_whose(c, names)}　{_place(c)}　{word}：{'、'.join(items)}")
    for r in result["routing"]:
        if r["state"] is False:
            word = "没有办理" if r["outcome"] == "不符合" else "尚待办理"
            lines.append(f"  {_whose(r, names)}　{r['cite']}　{word}：{r['who']}，{r['gives']}")
    if lines:
        yield f"\n材料和办理 {len(lines)} 项"
        yield from lines


def _amounts(result: dict, names: dict[str, str]) -> Iterator[str]:
    if result["amounts"]:
        yield "\n金额"
    for a in result["amounts"]:
        amount = "待核" if a["amount"] is None else f"{yuan_text(a['amount'])} 元"
        party = f"（{a['party']}）" if a["party"] else ""
        lacking = "、".join(dict.fromkeys(c["label"] for c in a["open_facts"]))
        needs = f"，缺 {lacking}" if lacking else ""
        yield f"  {_whose(a, names)}　{a['cite']}　{AMOUNTS[a['code']]}{party}　{amount}{needs}"


def _settling(result: dict) -> Iterator[str]:
    if result["settling"]:
        yield "\n补齐以下事实，可确定最多结论"
    for s in result["settling"][:10]:
        needs = "（补认定人、依据、日期）" if s["needs"] == "evidence" else ""
        counts = (s["projects"], "个项目"), (s["findings"], "条结论"), (s["others"], "项期限和后果")
        sheet = "" if s["sheet"] in ("projects", "ruleset") else schema.sheet_label(s["sheet"]) + "·"
        yield f"  {sheet}{s['label']}{needs}　涉及 {'、'.join(f'{n} {word}' for n, word in counts if n)}"


def _counts(result: dict) -> Iterator[str]:
    counts = Counter(f["outcome"] for f in result["findings"])
    yield "\n合计　" + "　".join(f"{word} {n}" for word, n in counts.items())


def _notices(result: dict, facts: Facts, ruleset: RuleSet) -> Iterator[str]:
    told: dict[tuple[str, str], list[str]] = {}
    for n in result["notices"]:
        cite = "" if n["code"] in OF_THE_DAY else n["cite"]
        told.setdefault((cite, n["text"]), []).append(n["project"])
    for (cite, text), ids in told.items():
        ids = list(dict.fromkeys(ids))
        named = "、".join(ids[:5]) + (f" 等 {len(ids)} 个项目" if len(ids) > 5 else "")
        yield f"提示　{cite + '　' if cite else ''}{named}：{text}"
    if facts.n and all(f["outcome"] == "不适用" for f in result["findings"]):
        yield f"提示　所列项目都不在本规则集的范围内：本集只判断{ruleset.level}项目"
