"""Each faulty file of data/samples/bad earns exactly these sentences (severity, code, row, header, message)."""

from __future__ import annotations

import pytest

from tests.samples.conftest import SAMPLES, make
from zwxm_core.portfolio import InputError, check, read

E, W = "error", "warning"
# fmt: off
SAID = {
    "register-contradicts.xlsx": [
        (E, "register_contradicts", 2, "纳入资产管理", "读到“否”，与工作表「系统目录」第 2 行「资产登记号」的“软2024-17”矛盾：以台账、目录为凭据，请核对后改成一致"),
    ],
    "registered-twice.xlsx": [
        (E, "duplicate_registration", 3, "项目编号", "读到“A01”，第 2、3 行同一项目登记了多次：请核对后只留一行，或更正"),
    ],
    "system-with-two-owners.xlsx": [
        (E, "two_owners", 3, "项目单位", "读到“市应急管理局”，第 2、3 行是同一项目的同一系统，项目单位却不同：一个系统只有一个归口单位，请更正"),
    ],
    "sentence-for-a-number.xlsx": [
        (E, "not_an_id", 3, "项目编号", "读到“以上项目均已核实。”，不像项目编号：请填写编号；若是表下的说明文字，请删去这一行"),
    ],
    "material-misspelt.xlsx": [
        (W, "unknown_item", 2, "材料项", "读到“等保方案”，不在第十六条第（二）项所列的材料之内，不参与该条的判断；是否指“等级保护方案”"),
    ],
    "amount-carries-its-unit.xlsx": [
        (E, "unit_conflict", 2, "批复总投资（万元）", "读到“486万”，自带单位，与表头的（万元）冲突：请只写数字"),
    ],
    "amount-in-words.xlsx": [
        (E, "not_money", 2, "批复总投资（万元）", "读到“约 480”，不是能读懂的金额：请只写数字，如 1234.56；没有写 0，不知道请留空"),
    ],
    "amount-negative.xlsx": [
        (E, "negative", 2, "批复总投资（万元）", "读到“-486.37”，此处金额不能是负数"),
    ],
    "amount-below-one-fen.xlsx": [
        (E, "not_whole_fen", 2, "批复总投资（元）", "读到“4863724.605”，折合 486372460.5 分，不是整数分：请核对，或四舍五入到分"),
    ],
    "amount-out-of-range.xlsx": [
        (E, "out_of_range", 2, "批复总投资（万元）", "读到“1e+308”，数值过大，超出可处理的范围：请核对"),
        (E, "out_of_range", 3, "批复总投资（万元）", "读到“12345678901234567890”，数值过大，超出可处理的范围：请核对"),
    ],
    "amount-not-a-number.csv": [
        (E, "not_money", 2, "批复总投资（万元）", "读到“nan”，不是能读懂的金额：请只写数字，如 1234.56；没有写 0，不知道请留空"),
        (E, "not_money", 3, "批复总投资（万元）", "读到“inf”，不是能读懂的金额：请只写数字，如 1234.56；没有写 0，不知道请留空"),
        (E, "scientific", 4, "批复总投资（万元）", "读到“4.8637E+05”，是科学记数法，末尾几位可能已丢失：请写出全部数字"),
    ],
    "amount-zero.xlsx": [
        (W, "zero_total", 2, "批复总投资（万元）", "读到“0”，不应为 0，按未知处理：请填写实际数，不知道请留空"),
    ],
    "money-column-without-unit.xlsx": [
        (E, "money_unit", 1, "批复总投资", "金额列没有写单位：请把列名写成“批复总投资（万元）”或“批复总投资（元）”"),
    ],
    "money-column-in-dollars.xlsx": [
        (E, "money_unit", 1, "批复总投资（万美元）", "单位“万美元”不支持：请把列名写成“批复总投资（万元）”或“批复总投资（元）”"),
    ],
    "date-incomplete.xlsx": [
        (E, "date_incomplete", 2, "申报日", "读到“2023年”，只有年份：请写全，如 2022-06-25"),
        (E, "date_incomplete", 2, "批复日", "读到“2024年6月”，只有年月，没有日：请写全，如 2022-06-25"),
    ],
    "date-ambiguous.csv": [
        (E, "date_ambiguous", 2, "批复日", "读到“24.6.25”，年份不足四位，可有多种读法：请写四位年份，如 2022-06-25"),
        (E, "date_ambiguous", 3, "批复日", "读到“01/02/2024”，分不清日和月：请按年-月-日写，如 2022-06-25"),
    ],
    "date-that-does-not-exist.xlsx": [
        (E, "no_such_day", 2, "批复日", "读到“2023-02-29”，日历上没有这一天：请核对"),
        (E, "date_out_of_range", 3, "批复日", "读到“1924-06-25”，不在 1980 年至 2100 年之间：请核对年份"),
    ],
    "yes-or-no-otherwise.xlsx": [
        (E, "not_bool", 2, "涉密", "读到“部分”，应是“是”或“否”，不知道请留空"),
        (E, "not_bool", 2, "跨部门共建", "读到“可能”，应是“是”或“否”，不知道请留空"),
    ],
    "value-not-in-list.xlsx": [
        (E, "not_in_list", 2, "层级", "读到“区级”，应是 市级、县级 之一，不知道请留空"),
        (E, "not_in_list", 2, "产生方式", "读到“自建”，应是 自行建设、购买服务、其他 之一，不知道请留空"),
    ],
    "number-with-words.xlsx": [
        (E, "not_number", 2, "潜在服务商数", "读到“3家”，应是数字，如 1234.56；不知道请留空"),
        (E, "not_whole", 2, "使用期限（年）", "读到“2.5”，应是整数"),
        (E, "negative", 2, "维保年数", "读到“-1”，不能是负数"),
    ],
    "percent-above-one.xlsx": [
        (E, "pct_out_of_range", 2, "实施进度", "读到“135%”，应在 0 与 100% 之间，写 35% 或 0.35"),
    ],
    "id-duplicate.xlsx": [
        (E, "duplicate_id", 2, "项目编号", "读到“A001”，项目编号重复，出现在第 2、3、4 行（大小写、全角半角不同也算重复）：请改成各不相同"),
        (E, "duplicate_id", 3, "项目编号", "读到“a001”，项目编号重复，出现在第 2、3、4 行（大小写、全角半角不同也算重复）：请改成各不相同"),
        (E, "duplicate_id", 4, "项目编号", "读到“Ａ００１”，项目编号重复，出现在第 2、3、4 行（大小写、全角半角不同也算重复）：请改成各不相同"),
    ],
    "id-empty.xlsx": [
        (E, "empty_id", 3, "项目编号", "项目编号是空的：请填写，或删去这一行"),
        (E, "empty_id", 4, "项目编号", "读到“无”，不是项目编号：请填写编号"),
    ],
    "id-lost-its-digits.xlsx": [
        (E, "long_number", 2, "项目编号", "读到“5.111002024060012e+16”，是超过 15 位的数字，Excel 已丢失末尾几位：请把单元格设为文本格式后重新填写"),
    ],
    "id-turned-into-a-date.xlsx": [
        (E, "id_is_date", 2, "项目编号", "读到“2024-03-01”，编号已被 Excel 变成日期：请把该列设为文本格式后重新填写"),
    ],
    "id-with-line-break.csv": [
        (E, "id_control_characters", 2, "项目编号", "读到“A01 A02”，编号含有换行或控制字符：请删除单元格内容后重新键入"),
    ],
    "child-of-unknown-project.xlsx": [
        (E, "unknown_project", 3, "项目编号", "读到“A10”，项目表里没有这个编号：请核对编号，或在项目表补上该项目"),
    ],
    "child-without-project-column.xlsx": [
        (E, "no_id_column", None, None, "缺少“项目编号”列：请补上这一列，写明每行属于哪个项目"),
    ],
    "parent-not-in-file.xlsx": [
        (W, "unknown_project", 2, "原项目编号", "读到“B77”，项目表里没有这个编号，原项目的事实按未知处理：有条件请在项目表补上该项目"),
    ],
    "one-row-sheet-twice.xlsx": [
        (E, "duplicate_row", 3, "项目编号", "读到“A01”，在本表出现多次（第 2、3 行），只能有一行：请合并"),
    ],
    "no-header.xlsx": [
        (E, "no_projects", None, None, "没有读到工作表「项目」：请用 zwxm template 生成空表填写，或用 --map 指明各列"),
        (E, "no_header", None, None, "前 10 行里找不到表头：表头应有“项目编号”等列名，可用 zwxm template 生成空表"),
    ],
    "no-data.xlsx": [
        (E, "no_projects", None, None, "表头下面没有数据：请填写至少一个项目"),
    ],
    "no-project-sheet.xlsx": [
        (E, "no_projects", None, None, "没有读到工作表「项目」：请用 zwxm template 生成空表填写，或用 --map 指明各列"),
        (W, "unknown_sheet", None, None, "不是本表格的工作表，没有读取：请核对工作表名称，或不必理会"),
    ],
    "no-id-column.xlsx": [
        (E, "no_id_column", None, None, "缺少“项目编号”列：请补上这一列，每个项目一个编号"),
    ],
    "sheet-twice.xlsx": [
        (E, "duplicate_sheet", None, None, "与另一张工作表同为「项目」：请合并成一张"),
    ],
    "column-twice.xlsx": [
        (E, "duplicate_column", 1, "批复总投资（元）", "与“批复总投资（万元）”是同一列，重复了：请只留一列"),
    ],
    "column-without-name.xlsx": [
        (E, "no_header_cell", 1, None, "第 2 列没有列名：请补上列名，或删去该列"),
    ],
    "column-unknown.xlsx": [
        (W, "unknown_column", 1, "批复总投資金额", "不认识这一列，没有读取，是否指“批复总投资”：请改列名，或不必理会"),
        (W, "unknown_column", 1, "阶段", "阶段由日期推出，不需填写，没有读取"),
        (W, "unknown_column", 1, "备注", "不认识这一列，没有读取：请改列名，或不必理会"),
    ],
    "cells-beyond-header.csv": [
        (E, "extra_cells", 2, None, "比表头多出 2 格（“863”等）：请核对是否多了分隔符或漏了列名"),
    ],
    "formula-never-calculated.xlsx": [
        (E, "never_calculated", 2, "批复总投资（万元）", "读到“=400+86.37”，公式没有算过：请用 Excel 或 WPS 打开后保存，再试"),
    ],
    "cell-with-error-value.xlsx": [
        (E, "error_value", 2, "批复总投资（万元）", "读到“#N/A”，单元格是错误值 #N/A：请改正公式，不知道请留空"),
    ],
    "hidden-rows.xlsx": [
        (W, "hidden_rows", None, None, "有 1 行被隐藏或筛选掉（第 3 行），仍按数据读入；不需要请删除"),
    ],
    "judgement-without-evidence.xlsx": [
        (W, "no_evidence", None, "建设目标不变", "第 2 行共 1 格已填，但工作表「认定」没有对应的一行，按待核处理：请在「认定」写明认定人、依据、日期"),
    ],
    "judgement-incomplete.xlsx": [
        (W, "incomplete_evidence", 2, None, "「建设目标不变」的认定缺依据、日期，按待核处理：请补全"),
    ],
    "judgement-differs.xlsx": [
        (W, "judgement_differs", 2, "结论", "读到“否”，与工作表「项目」第 2 行「建设目标不变」填的“是”不一致，按待核处理：请改成一致"),
    ],
    "judgements-disagree.xlsx": [
        (W, "judgements_disagree", 2, "结论", "读到“是”，「建设目标不变」有互相矛盾的认定（第 2、3 行），按待核处理：请只留一个结论"),
    ],
    "judgement-nowhere.xlsx": [
        (E, "judgement_place", 2, "表", "读到“台账”，没有这张工作表：请填写工作表的名称，如 项目、调整"),
        (E, "judgement_place", 3, "字段", "读到“目标没变”，工作表「项目」没有这一列：请照列名填写"),
        (E, "judgement_place", 4, "行键（序号、条款或年度）", "读到“3”，在工作表「调整」找不到这一行：行键请照该行的“序号”填写"),
        (W, "not_judged", 5, "字段", "读到“涉密”，这一列不需要认定，本行没有使用：以该列所填为准"),
    ],
    "short-form-differs.xlsx": [
        (W, "short_form_differs", 2, "自建建设费（万元）", "读到“318.02”，与工作表「费用」自行建设第 0 年的合计 308.02 万元不一致，以费用表为准：请改成一致"),
    ],
    "adjustments-do-not-add-up.xlsx": [
        (W, "adjustments_do_not_add_up", 2, "调整后总投资（万元）", "读到“450”，与批复总投资相差 -36.37 万元，而调整清单写明完整、合计 -30.00 万元：请核对调整表"),
    ],
    "dates-turned-round.xlsx": [
        (W, "dates_turned_round", 2, "建设结束日", "读到“2025-06-03”，早于建设开始日（2025-06-30）：请核对"),
    ],
    "overrun-denied-by-figures.xlsx": [
        (W, "no_overrun", 2, "因此超概算", "读到“是”，但该项目调整后概算（486.37 万元）没有超过批复概算（486.37 万元）：请核对"),
    ],
    "pool-totals-differ.xlsx": [
        (W, "pool_differs", 3, "分摊总额（万元）", "读到“596.81”，与同一分摊项前面各行的 596.8127 万元不同：各行应相同，请核对"),
    ],
    "sheet-unknown.xlsx": [
        (W, "unknown_sheet", None, None, "不是本表格的工作表，没有读取：请核对工作表名称，或不必理会"),
    ],
    "control-characters.csv": [
        (W, "control_characters", 2, "项目名称", "读到“水务数据P汇聚”，含有不可见的控制字符，已去掉；请核对原文"),
    ],
    "hostile-names.xlsx": [
    ],
    "hostile-headers.xlsx": [
        (W, "unknown_column", 1, "x=1 import os", "不认识这一列，没有读取：请改列名，或不必理会"),
        (W, "unknown_column", 1, "<img src=x onerror=alert(1)>", "不认识这一列，没有读取：请改列名，或不必理会"),
    ],
    "far-cell.xlsx": [
        (E, "too_wide", None, None, "有单元格远在数据之外（到 XFD 列、第 1048576 行）：请删去多余的行列后另存"),
    ],
    "empty-file.xlsx": [
        (E, "damaged", None, None, "文件已损坏：大小为 0 字节，请重新取得原文件"),
    ],
    "truncated.xlsx": [
        (E, "damaged", None, None, "文件已损坏（可能没有下载完整）：请重新取得原文件，或用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”后再试"),
    ],
    "external-entity.xlsx": [
        (E, "xml_entities", None, None, "文件内部（xl/worksheets/sheet1.xml）带有外部实体声明，可能有害，没有读取：请用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”后再试"),
    ],
    "web-page.xls": [
        (E, "not_a_workbook", None, None, "内容是网页或 XML，不是 Excel 文件：请用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”后再试"),
    ],
    "pdf-renamed.xlsx": [
        (E, "not_a_workbook", None, None, "不是工作簿（.xlsx、.xls）或 CSV 文件：请核对是否选错了文件"),
    ],
    "password.xlsx": [
        (E, "encrypted", None, None, "文件有打开密码：请在 Excel 或 WPS 中去掉密码后另存"),
    ],
    "pickle.pkl": [
        (E, "pickle", None, None, "pickle 文件可能夹带程序，一律不读：请改用工作簿（.xlsx）或 CSV"),
    ],
    "unbalanced-quote.csv": [
        (E, "damaged", None, None, "CSV 从第 2 行起读不下去（unexpected end of data）：请检查引号是否成对"),
    ],
    "unknown-encoding.csv": [
        (E, "encoding", None, None, "认不出文字编码：请另存为“CSV UTF-8（逗号分隔）”后再试"),
    ],
}
# fmt: on


def said(path) -> list[tuple]:
    return [(p.severity, p.code, p.row, p.header, p.message) for p in check(path).problems]


@pytest.mark.parametrize("name", SAID)
def test_a_faulty_file_earns_its_sentences(name):
    assert said(SAMPLES / "bad" / name) == SAID[name]


@pytest.mark.parametrize("name", SAID)
def test_a_file_with_an_error_is_not_used_and_one_with_warnings_is(name):
    if any(severity == E for severity, *_ in SAID[name]):
        with pytest.raises(InputError):
            read(SAMPLES / "bad" / name)
    else:
        assert read(SAMPLES / "bad" / name).facts.n > 0


def test_every_faulty_file_is_written_by_the_script_and_told_of(tmp_path):
    make.main(tmp_path)
    committed = {p.name for p in (SAMPLES / "bad").iterdir()}
    assert committed == {p.name for p in (tmp_path / "bad").iterdir()} == set(SAID)
    for name in SAID:
        assert said(tmp_path / "bad" / name) == SAID[name]


def test_hostile_names_are_read_to_the_letter():
    facts = read(SAMPLES / "bad" / "hostile-names.xlsx").facts
    written = make.bad_files()["hostile-names.xlsx"]["sheets"]["项目"][1:]
    assert [[str(facts.ids[i]), facts.name.at(i)] for i in range(facts.n)] == written


def test_what_could_not_be_read_is_unknown_not_false():
    facts = read(SAMPLES / "bad" / "judgement-without-evidence.xlsx").facts
    assert facts.goals_unchanged.at(0) is None
    assert facts.goals_unchanged.claimed[0]
    assert read(SAMPLES / "bad" / "amount-zero.xlsx").facts.approved_total.at(0) is None
    assert read(SAMPLES / "bad" / "judgements-disagree.xlsx").facts.goals_unchanged.at(0) is None
