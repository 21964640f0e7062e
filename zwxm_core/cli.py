"""The command ``zwxm``: composes reading, rules, economics and reports.

Exit codes: 0 done, 1 part of the work failed, 2 usage, 3 ``--fail-on`` applies,
65 bad input (nothing written), 130 interrupted. Heavy libraries load inside the commands.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import sys
from datetime import date
from pathlib import Path

from zwxm_core import __version__
from zwxm_core.reporting import KINDS

USAGE, FAILED_ON, BAD_INPUT, INTERRUPTED, TERMINATED = 2, 3, 65, 130, 143
MOST_DRAWS = 10_000_000
"""More draws than this say nothing new and do not fit."""

MOST_JOBS = 1_000

ARGPARSE = {
    "usage: ": "用法：",
    "positional arguments": "参数",
    "options": "选项",
    "show this help message and exit": "显示本帮助",
    "the following arguments are required: %s": "缺少参数：%s",
    "unrecognized arguments: %s": "不认识的参数：%s",
    "expected one argument": "需要一个值",
    "expected at least one argument": "至少需要一个值",
    "expected at most one argument": "至多一个值",
    "ignored explicit argument %r": "不带值，读到 %r",
    "argument %(argument_name)s: %(message)s": "参数 %(argument_name)s：%(message)s",
    "invalid choice: %(value)r (choose from %(choices)s)": "读到 %(value)r，应为 %(choices)s 之一",
    "ambiguous option: %(option)s could match %(matches)s": "选项 %(option)s 不明确，可能是 %(matches)s",
    "%(prog)s: error: %(message)s\n": "%(prog)s：%(message)s（加 -h 看用法）\n",
    "invalid %(type)s value: %(value)r": "%(value)r 不是合法的 %(type)s",
}


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : list of str or None
        Arguments without the program's name; None: those of the process.

    Returns
    -------
    int
        The exit code.
    """
    for stream in (sys.stdout, sys.stderr):  # a Windows console may not be UTF-8
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    setattr(argparse, "_", lambda text: ARGPARSE.get(text, text))  # noqa: B010  the name argparse asks for its words
    options = _parser().parse_args(argv)
    from zwxm_core.rulesets.checking import RulesetError

    try:
        return options.run(options)
    except RulesetError as error:
        return _say(error, BAD_INPUT)
    except Wrong as error:
        return _say(error, error.code)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("zwxm_core"):
            raise
        return _say(
            f"缺少 {error.name}：请安装全部组件，pip install 'zwxm-core[report]'（源码目录下：pip install '.[report]'）",
            1,
        )
    except KeyboardInterrupt as error:
        stopped = type(error) is not KeyboardInterrupt  # SIGTERM, which batches turn into one of their own
        again = shlex.join(["zwxm", *(sys.argv[1:] if argv is None else argv)])
        return _say(f"已中断，已完成的都在；接着做：{again}", TERMINATED if stopped else INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except OSError as error:
        from zwxm_core.portfolio.files import told_reason

        return _say(f"文件不能读写：{error.filename or ''}（{told_reason(error)}）", 1)


class Wrong(Exception):
    """Something the user can mend; ``code`` is the exit code."""

    def __init__(self, message: str, code: int = USAGE):
        super().__init__(message)
        self.code = code


def _say(message, code: int) -> int:
    print(message, file=sys.stderr)
    return code


class _Help(argparse.HelpFormatter):
    """Help whose headings end in a Chinese colon."""

    def format_help(self) -> str:
        return re.sub(r"(?m)^(\S+):$", r"\1：", super().format_help())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        formatter_class=_Help,
        prog="zwxm",
        description="政务信息化项目：自建还是购买、合规检查、评估与后评价报告",
    )
    parser.add_argument("--version", action="version", version=__version__, help="显示版本")
    commands = parser.add_subparsers(title="命令", required=True, metavar="命令", dest="command")

    def command(name: str, run, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text, formatter_class=_Help)
        sub.set_defaults(run=run)
        return sub

    demo = command("demo", run_demo, "用样例数据做出全部报告和索引页")
    demo.add_argument("--out", default="reports/demo", metavar="目录", help="输出目录（默认 reports/demo）")
    demo.add_argument("--jobs", type=_jobs, default=2, metavar="N", help="同时做几份（默认 2）")

    template = command("template", run_template, "写出填报用的空白工作簿")
    template.add_argument("out", metavar="输出.xlsx")
    template.add_argument("--force", action="store_true", help="文件已存在时覆盖")
    template.add_argument("--for", dest="kind", choices=list(KINDS), help="只留这种报告要用的列")

    schema = command("schema", run_schema, "列出数据字典：各表各列的名称、类型和用处")
    schema.add_argument("--json", action="store_true", help="输出 JSON")

    check = command("check", run_check, "检查工作簿，一次列出全部问题")
    _workbook(check)
    check.add_argument("--json", action="store_true", help="输出 JSON")
    check.add_argument("--marked", metavar="输出.xlsx", help="另存一份标出问题单元格的工作簿")

    assess = command("assess", run_assess, "逐条对照办法，给出结论、理由和缺的事实")
    _workbook(assess)
    _chosen(assess)
    assess.add_argument(
        "--clause", nargs="+", action="extend", metavar="条款", help="只看这些条款（如 29.1）"
    )
    assess.add_argument("--all", action="store_true", help="不论阶段，列出全部条款")
    assess.add_argument("--json", action="store_true", help="输出 JSON")
    assess.add_argument("--out", metavar="输出.xlsx", help="结论另存为工作簿")
    assess.add_argument("--fail-on", choices=["problems", "open"], help="有问题（或有待核）时退出码为 3")

    compare = command("compare", run_compare, "比较自建与购买的费用")
    _workbook(compare)
    _chosen(compare)
    compare.add_argument(
        "--threshold", metavar="比例", help="“明显小于”的节约率下限，如 10%%（默认取规则集）"
    )
    compare.add_argument("--rate", metavar="比例", help="折现率，如 6%%（默认取规则集）")
    compare.add_argument(
        "--timing", choices=["year_end", "mid_year", "start", "continuous"], default="year_end", metavar="时点",
        help="折现时点：year_end 年末（默认）、mid_year 年中、start 年初、continuous 连续复利",
    )  # fmt: skip
    compare.add_argument("--assumptions", metavar="文件", help="敏感性分析和模拟的假设（默认用随附的一份）")
    compare.add_argument("--draws", type=_whole, default=0, metavar="次数", help="模拟次数（默认 0，不模拟）")
    compare.add_argument("--seed", type=_whole, default=1, metavar="整数", help="模拟的随机种子（默认 1）")
    compare.add_argument("--json", action="store_true", help="输出 JSON")
    compare.add_argument("--out", metavar="输出.xlsx", help="底稿另存为工作簿，公式可重算")

    report = command("report", run_report, "成批做出报告和索引页")
    report.add_argument(
        "kind",
        choices=list(KINDS),
        metavar="种类",
        help="、".join(f"{k}（{v}）" for k, v in KINDS.items()),
    )
    _workbook(report)
    _chosen(report)
    report.add_argument("--out", required=True, metavar="目录", help="输出目录")
    report.add_argument("--jobs", type=_jobs, default=1, metavar="N", help="同时做几份（默认 1）")
    report.add_argument("--dask", metavar="地址", help="由这个 Dask 调度器的工作进程来做，如 tcp://主机:8786")
    report.add_argument(
        "--format", default="html", metavar="格式", help="html、docx、pdf、ipynb，用逗号隔开（默认 html）"
    )
    report.add_argument(
        "--scorecard", metavar="文件", help="评分用的指标集（自评价、后评价；默认用随附的一份，非法定）"
    )
    report.add_argument(
        "--overwrite-edited", action="store_true", help="手工改过的报告旁另存新的一份（原件始终保留）"
    )

    explain = command("explain", run_explain, "解释一条：概括、参数、口径、条件和算例")
    explain.add_argument("clause", metavar="条款", help="如 29.1，或 第二十九条")
    explain.add_argument(
        "--ruleset", default="leshan-2022", metavar="名称或文件", help="规则集（默认 leshan-2022）"
    )

    form = command("form", run_form, "填好每个项目的备案登记表（第十六条所列内容），供录入备案登记平台")
    _workbook(form)
    _chosen(form, dated=False)
    form.add_argument(
        "--out",
        required=True,
        metavar="输出.xlsx",
        help="xlsx 一个项目一张工作表；以 .docx 结尾则为 Word，一个项目另起一页",
    )

    covered = command("coverage", run_coverage, "列出全部条款：怎样起作用、由哪个函数回答、算例、测试、课程")
    covered.add_argument("--json", action="store_true", help="输出 JSON")

    lab = command("lab", run_lab, "在 JupyterLab 里打开全部笔记本")
    lab.add_argument("--dir", metavar="目录", help="放笔记本副本的目录（源码目录下默认就用原件）")
    app = command("app", run_app, "把探索笔记本作为网页打开，不显示代码，只在本机可用")
    for pages in (lab, app):
        pages.add_argument("--port", type=_port, metavar="端口", help="默认从 8888（lab）或 8866（app）起找")
        pages.add_argument("--no-browser", action="store_true", help="只给出地址，不打开浏览器")

    law = _group(commands, "law", "官方文本：导入、核对")
    imports = law("import", run_law_import, "导入手头的官方文本（只存在本机），供报告引用并核对改动")
    imports.add_argument("file", metavar="文件", help="UTF-8 或 GB18030 的纯文本（.txt）")

    training = _group(commands, "training", "培训：判学员的成绩文件")
    marking = training("check", run_training_check, "把学员的成绩文件重新判一遍，列出各课答对多少")
    marking.add_argument("files", metavar="文件", nargs="+", help="学员的成绩文件（.json）")
    marking.add_argument("--json", action="store_true", help="输出 JSON")

    sets = _group(commands, "ruleset", "规则集：新建派生规则集、比较两个规则集")
    new = sets("new", run_ruleset_new, "在当前文件夹写出一个派生规则集，供填写")
    new.add_argument("name", metavar="名称", help="规则集的编号，也是文件名，如 jingyan-2025")
    new.add_argument(
        "--base", default="leshan-2022", metavar="名称或文件", help="从哪个规则集派生（默认 leshan-2022）"
    )
    diff = sets("diff", run_ruleset_diff, "比较两个规则集；给出工作簿时列出哪些结论会改变")
    diff.add_argument("a", metavar="甲", help="规则集名称或文件")
    diff.add_argument("b", metavar="乙", help="规则集名称或文件")
    _workbook(diff, required=False)
    _as_of(diff)
    diff.add_argument("--all", action="store_true", help="不论阶段，比较全部条款")
    diff.add_argument("--json", action="store_true", help="输出 JSON")
    return parser


def _group(commands, name: str, text: str):
    """A command of commands; gives the function that adds one."""
    group = commands.add_parser(name, help=text, description=text, formatter_class=_Help)
    inner = group.add_subparsers(title="命令", required=True, metavar="命令")

    def command(name: str, run, text: str) -> argparse.ArgumentParser:
        sub = inner.add_parser(name, help=text, description=text, formatter_class=_Help)
        sub.set_defaults(run=run)
        return sub

    return command


def _workbook(parser: argparse.ArgumentParser, required: bool = True) -> None:
    parser.add_argument(
        "workbook", metavar="工作簿", nargs=None if required else "?", help="xlsx、xls 或 csv"
    )
    parser.add_argument("--map", metavar="映射.yaml", help="把别处台账的列对应到本产品的列")


def _chosen(parser: argparse.ArgumentParser, dated: bool = True) -> None:
    parser.add_argument("--project", nargs="+", action="extend", metavar="编号", help="只看这些项目")
    if dated:
        _as_of(parser)
    parser.add_argument(
        "--ruleset", default="leshan-2022", metavar="名称或文件", help="规则集（默认 leshan-2022）"
    )


def _whole(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value <= MOST_DRAWS:
        raise argparse.ArgumentTypeError(f"读到 {text!r}，应为 0 到 {MOST_DRAWS:,} 之间的整数")
    return value


def _jobs(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:6]) <= MOST_JOBS:
        raise argparse.ArgumentTypeError(f"读到 {text!r}，应为 1 到 {MOST_JOBS} 之间的整数")
    return int(text[:6])


def _port(text: str) -> int:
    if not text.isdecimal() or not 1024 <= int(text[:6]) <= 65_000:
        raise argparse.ArgumentTypeError(f"读到 {text!r}，应为 1024 到 65000 之间的整数")
    return int(text)


def _as_of(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--as-of", type=_date, default=None, metavar="日期", help="评估日，如 2026-11-24（默认今天）"
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"读到 {text!r}，应为日期，如 2026-11-24") from None


# Reading --------------------------------------------------------------------------------


def _read(options):
    """The portfolio of the workbook, its notices told on stderr; only the chosen projects."""
    from zwxm_core.portfolio import InputError, read

    try:
        portfolio = read(options.workbook, options.map)
    except InputError as error:
        raise _unreadable(error) from None
    for notice in portfolio.notices:
        print(notice, file=sys.stderr)
    return portfolio


def _unreadable(error) -> Wrong:
    lines = [str(p) for p in error.problems if p.severity == "error"]
    lines.append(f"共 {len(lines)} 处错误，未作处理；可用 zwxm check 查看全部问题")
    return Wrong("\n".join(lines), BAD_INPUT)


def _only(facts, ids: list[str] | None):
    """The facts of the chosen projects; what they are to the others is looked up first."""
    if not ids:
        return facts
    from zwxm_core.findings import together
    from zwxm_core.portfolio.cells import fold

    facts = together(facts)

    place = {fold(str(id_)): row for row, id_ in enumerate(facts.ids)}
    if missing := [id_ for id_ in ids if fold(id_) not in place]:
        raise Wrong(f"工作簿里没有这些项目编号：{'、'.join(missing)}")
    return facts.take(sorted({place[fold(id_)] for id_ in ids}))


def _terms(options):
    from zwxm_core.rulesets import load_ruleset

    return load_ruleset(options.ruleset), options.as_of or date.today()


def _clauses(ruleset, wanted: list[str] | None) -> list[str] | None:
    """Clause ids given as ids or as citations."""
    if not wanted:
        return None
    from zwxm_core.reporting.coverage import functions

    cites = {c.cite: c.id for c in ruleset.clauses.values()}
    ids = [cites.get(w, w) for w in wanted]
    if unknown := [i for i in ids if i not in ruleset.clauses]:
        raise Wrong(f"没有这些条款：{'、'.join(unknown)}")
    if idle := [i for i in ids if i not in functions()]:
        raise Wrong(f"这些条款只供查阅，不自动判断：{'、'.join(ruleset.clauses[i].cite for i in idle)}")
    return ids


def _print_json(data: dict) -> None:
    """JSON on stdout: indented for a reader at a terminal; for a program compact, and row by row, so
    that the text of a large portfolio is never held whole.
    """
    if sys.stdout.isatty():
        print(json.dumps(data, ensure_ascii=False, indent=2))
        return
    compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    for at, (key, value) in enumerate(data.items()):
        sys.stdout.write(f"{',' if at else '{'}{compact(key)}:")
        if isinstance(value, list):
            for place, row in enumerate(value):
                sys.stdout.write(f"{',' if place else '['}{compact(row)}")
            sys.stdout.write("]" if value else "[]")
        else:
            sys.stdout.write(compact(value))
    print("}" if data else "{}")


def _target(out: str, *inputs: str, endings: tuple[str, ...] = (".xlsx",)) -> Path:
    """Where a file is to be written: of a known kind, in a folder that is there, never over an input."""
    path = Path(out)
    if path.suffix.lower() not in endings:
        raise Wrong(f"输出文件 {out} 应以 {' 或 '.join(endings)} 结尾")
    if not path.parent.is_dir():
        raise Wrong(f"没有目录 {path.parent}，请先建立")
    if any(path.exists() and path.samefile(source) for source in inputs if Path(source).exists()):
        raise Wrong(f"输出文件不能就是输入的工作簿 {out}，请换一个文件名")
    return path


# Commands -------------------------------------------------------------------------------


def _lightly() -> None:
    """Keep a grammar of web addresses out of this process, which takes longer to import than all the rest.

    jsonschema takes it where it is installed (with JupyterLab), for a check that no notebook needs.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def run_demo(options) -> int:
    """Make every kind of report from the samples; print the index page's path last."""
    _lightly()
    from zwxm_core.reporting.batch import ReportError, demo

    try:
        result = demo(Path(options.out), jobs=options.jobs)
    except ReportError as error:
        raise Wrong(str(error), error.code) from None
    print(result.index)
    return result.exit_code


def run_template(options) -> int:
    """Write an empty workbook to fill in."""
    from zwxm_core.portfolio import write_template

    fields = None
    if options.kind:
        from zwxm_core.reporting.kinds import fields_of

        fields = fields_of(options.kind)
    out = _target(options.out)
    if out.exists() and not options.force:
        raise Wrong(f"{out} 已经存在，没有覆盖；换一个文件名，或加 --force 覆盖")
    write_template(out, fields)
    print(options.out)
    return 0


def run_schema(options) -> int:
    """Print the data dictionary."""
    from zwxm_core.explaining import readers
    from zwxm_core.portfolio import schema
    from zwxm_core.rulesets import load_ruleset

    described, ruleset = schema.describe(), load_ruleset()
    used = readers(ruleset)
    for sheet in described["sheets"]:
        for field in sheet["fields"]:
            clauses = used.get((sheet["sheet"], field["field"]), [])
            field["clauses"] = [ruleset.clauses[c].cite for c in clauses]
    if options.json:
        _print_json(described)
        return 0
    for sheet in described["sheets"]:
        print(f"\n{sheet['label']}")
        for field in sheet["fields"]:
            judged = "，须认定" if field.get("judged") else ""
            cites = f"　用于{'、'.join(field['clauses'])}" if field["clauses"] else ""
            print(f"  {field['label']}（{field['field']}，{field['kind_label']}{judged}）{cites}")
    return 0


def run_check(options) -> int:
    """Print every problem of a workbook."""
    from zwxm_core.portfolio import InputError, check, write_marked

    marked = options.marked and _target(options.marked, options.workbook)
    checked = check(options.workbook, options.map)
    problems, rows, notices = checked.problems, checked.rows, checked.notices
    if marked:
        try:
            write_marked(options.workbook, problems, marked)
        except InputError:  # it cannot be opened at all, as the problems say
            print("工作簿打不开，没有可标注的副本", file=sys.stderr)
    errors = sum(p.severity == "error" for p in problems)
    if options.json:
        _print_json({"problems": [p.as_dict() for p in problems], "rows": rows, "notices": notices})
    else:
        for notice in notices:
            print(f"说明　{notice}")
        for problem in problems:
            print(f"{'错误' if problem.severity == 'error' else '提示'}　{problem}")
        print(f"错误 {errors} 处，提示 {len(problems) - errors} 处")
    return BAD_INPUT if errors else 0


def run_assess(options) -> int:
    """Hold the projects against the regulation."""
    from zwxm_core.assessment import assess

    ruleset, as_of = _terms(options)
    portfolio = _read(options)
    facts = _only(portfolio.facts, options.project)
    result = assess(facts, ruleset, as_of, _clauses(ruleset, options.clause), options.all)
    if options.out:
        from zwxm_core.reporting.summary import write_findings

        write_findings(_target(options.out, options.workbook), result, portfolio, ruleset)
    if options.json:
        _print_json(result)
    else:
        from zwxm_core.assessment_text import assessment_text

        print(assessment_text(result, facts, ruleset))
    return _fail_on(options.fail_on, result)


def _fail_on(what: str | None, result: dict) -> int:
    problems = any(f["problem"] for f in result["findings"])
    open_ = any(f["outcome"] == "待核" for f in result["findings"] + result["consequences"])
    return FAILED_ON if (what == "problems" and problems) or (what == "open" and open_) else 0


def run_compare(options) -> int:
    """Compare building with buying."""
    from zwxm_core.assumptions import AssumptionError, load_assumptions
    from zwxm_core.comparing import comparison_text, comparisons
    from zwxm_core.rulesets.checking import parse_value

    ruleset, as_of = _terms(options)
    changes = {}
    for name, text in (("purchase_clearly_less", options.threshold), ("discount_rate", options.rate)):
        if text is not None:
            try:
                changes[name] = parse_value(text, "比例")
            except ValueError:
                option = "--rate" if name == "discount_rate" else "--threshold"
                raise Wrong(f"参数 {option}：读到 {text!r}，应为 0 到 1 之间的比例，如 10%") from None
    ruleset = ruleset.adopting(**changes)
    try:
        assumptions = load_assumptions(options.assumptions)
    except AssumptionError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    facts = _only(_read(options).facts, options.project)
    result = comparisons(facts, ruleset, as_of, options.timing, assumptions, options.draws, options.seed)
    if options.out:
        from zwxm_core.reporting.comparison_book import write_comparisons

        write_comparisons(_target(options.out, options.workbook), result, facts, ruleset)
    if options.json:
        _print_json(result)
    else:
        print(comparison_text(result))
    return 0


def run_report(options) -> int:
    """Make a report of one kind for every chosen project."""
    _lightly()
    from zwxm_core.portfolio import InputError
    from zwxm_core.reporting.batch import ReportError, run

    formats = tuple(part.strip() for part in options.format.split(",") if part.strip())
    try:
        result = run(
            options.kind, options.workbook, Path(options.out), mapping=options.map, projects=options.project,
            jobs=options.jobs, formats=formats, as_of=options.as_of or date.today(), ruleset=options.ruleset,
            overwrite_edited=options.overwrite_edited, dask=options.dask, scorecard=options.scorecard,
        )  # fmt: skip
    except InputError as error:
        raise _unreadable(error) from None
    except ReportError as error:
        raise Wrong(str(error), error.code) from None
    print(result.index)
    return result.exit_code


def run_form(options) -> int:
    """Write the filled registration form of every chosen project."""
    from zwxm_core.reporting.registration import write_forms
    from zwxm_core.rulesets import load_ruleset

    ruleset = load_ruleset(options.ruleset)
    out = _target(options.out, options.workbook, endings=(".xlsx", ".docx"))
    portfolio = _read(options)
    rows = _only(portfolio.facts, options.project).places.tolist()
    print(write_forms(out, portfolio, rows, ruleset))
    return 0


def run_explain(options) -> int:
    """Explain one clause."""
    from zwxm_core.explaining import explain
    from zwxm_core.rulesets import load_ruleset

    ruleset = load_ruleset(options.ruleset)
    cites = {c.cite: c.id for c in ruleset.clauses.values()}
    clause = cites.get(options.clause, options.clause)
    if clause not in ruleset.clauses:
        near = [
            c for c in ruleset.clauses.values() if c.id.startswith(f"{clause}.") or c.cite.startswith(clause)
        ]
        listed = "".join(f"\n  {c.id}　{c.cite}" for c in near)
        raise Wrong(
            f"没有这一条：{options.clause}；写法如 29.1 或 第二十九条" + (f"，可选：{listed}" if near else "")
        )
    print(explain(clause, ruleset))
    return 0


def run_coverage(options) -> int:
    """Print the matrix of all clauses."""
    from zwxm_core.reporting.coverage import coverage, coverage_text
    from zwxm_core.rulesets import load_ruleset

    covered = coverage(load_ruleset())
    if options.json:
        _print_json(covered)
    else:
        print(coverage_text(covered))
    return 0


def run_lab(options) -> int:
    """Open JupyterLab on the notebooks."""
    from zwxm_core.interactive.serve import serve_lab

    return _served(lambda: serve_lab(options.port, not options.no_browser, options.dir and Path(options.dir)))


def run_app(options) -> int:
    """Serve the explorers as pages."""
    from zwxm_core.interactive.serve import serve_app

    return _served(lambda: serve_app(options.port, not options.no_browser))


def _served(serve) -> int:
    try:
        return serve()
    except OSError as error:
        raise Wrong(str(error), 1) from None


def run_law_import(options) -> int:
    """Import the official text; print what was stored and what changed."""
    from zwxm_core.reporting.law import NotThisLaw, import_law, import_text

    try:
        result = import_law(Path(options.file), date.today())
    except NotThisLaw as error:
        raise Wrong(str(error), BAD_INPUT) from None
    print(import_text(result))
    return 0


def run_training_check(options) -> int:
    """Mark a stack of result files."""
    from zwxm_core.interactive.training import mark
    from zwxm_core.interactive.training_results import collect, marked_json, marked_text

    marked, wrong = collect([Path(name) for name in options.files], mark)
    for line in wrong:
        print(line, file=sys.stderr)
    if options.json:
        _print_json(marked_json(marked, wrong))
    elif marked:
        print(marked_text(marked))
    return 0 if not wrong else 1 if marked else BAD_INPUT


def run_ruleset_new(options) -> int:
    """Write a derived rule set to fill in; print its path."""
    from zwxm_core.reporting.ruleset_diff import CannotWrite, new_ruleset

    try:
        print(new_ruleset(options.name, options.base, Path()))
    except CannotWrite as error:
        raise Wrong(str(error)) from None
    return 0


def run_ruleset_diff(options) -> int:
    """Compare two rule sets, and what each says of a portfolio."""
    from zwxm_core.reporting.ruleset_diff import diff_json, diff_text, differences, flipped
    from zwxm_core.rulesets import load_ruleset

    a, b, as_of = load_ruleset(options.a), load_ruleset(options.b), options.as_of or date.today()
    different, turned = differences(a, b), None
    if options.workbook:
        turned = flipped(_read(options).facts, a, b, as_of, options.all)
        if a.level != b.level:
            print(
                f"两个规则集管辖的层级不同（{a.level}、{b.level}），各自不对其他层级的项目下结论",
                file=sys.stderr,
            )
    if options.json:
        _print_json(diff_json(a, b, different, turned, as_of))
    else:
        print(diff_text(a, b, different, turned, as_of))
    return 0


if __name__ == "__main__":
    sys.exit(main())
