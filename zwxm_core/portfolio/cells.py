"""One cell -> one typed value, strictly: what could mean two things is refused, never guessed.

Every parser takes a cell as a workbook gives it (str, float, bool, date, datetime) and
returns the value, or None for unknown. A cell it cannot read raises `Bad`; a value taken
with a remark comes back as `Remarked`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from zwxm_core.money import FEN, LIMIT
from zwxm_core.portfolio.schema import Field

NOT_YET = "未"
"""A date known not to have come (an absent date is None)."""

NONE = "无"
"""A text or project number known to be none."""

LONGEST_TEXT = 30_000
_MOST_DIGITS = 20  # so that products with the unit stay exact in Decimal's 28 digits

_YES = frozenset(["是", "有", "√", "✓", "✔", "TRUE", "YES", "Y", "1"])
_NO = frozenset(["否", "无", "未", "未开展", "×", "✗", "✘", "FALSE", "NO", "N", "0"])
_NOT_YET = frozenset(["未", "无", "未开展"])
_EARLIEST, _LATEST = date(1980, 1, 1), date(2100, 12, 31)
_SERIAL_ZERO = date(1899, 12, 30)
_TOLERANCE = Decimal("0.000001")  # 分; what binary arithmetic may leave on a computed amount

_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_UNUSUAL = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE]-\d{1,2})?", re.ASCII)
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:\.\d+)?[eE]\+?\d+", re.ASCII)
_WITH_UNIT = re.compile(
    r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?) *(亿|千万|百万|十万|万|千|百)? *(?:元|圆)?整?", re.ASCII
)
_CHINESE_NUMERAL = re.compile(
    "-?[负零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟萬億元圆角分整正0-9]+"
)
_LOOSE_TAIL = re.compile("[百千万亿佰仟萬億][0-9一二三四五六七八九壹贰叁肆伍陆柒捌玖]+(元|圆)?整?$")
_MULTIPLES = {
    None: 1,
    "百": 10**2,
    "千": 10**3,
    "万": 10**4,
    "十万": 10**5,
    "百万": 10**6,
    "千万": 10**7,
    "亿": 10**8,
}

_TIME = r"(?:[ T]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_DATES = [
    re.compile(r"(\d{4}) ?年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?[日号]" + _TIME, re.ASCII),
    re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})" + _TIME, re.ASCII),
    re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})" + _TIME, re.ASCII),
    re.compile(r"(\d{4})\.(\d{1,2})\.(\d{1,2})", re.ASCII),
    re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII),
]
_CHINESE_DATE = re.compile(
    "([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})[日号]"
)
_DIGITS = dict(zip("〇零○一二三四五六七八九", "000123456789", strict=True))
_TENS = ["", "十", "二十", "三十"]
_CHINESE_NUMBERS = {
    tens + unit: 10 * t + u
    for t, tens in enumerate(_TENS)
    for u, unit in enumerate(["", *"一二三四五六七八九"])
    if tens + unit
}


class Bad(Exception):
    """A cell that cannot be read; ``text`` says what was expected and how to mend it."""

    def __init__(self, code: str, text: str):
        self.code, self.text = code, text
        super().__init__(text)


class Remarked(NamedTuple):
    """A value that was taken, with something the reader of the file should know."""

    value: object
    code: str
    text: str


class Broken(NamedTuple):
    """A cell that holds an error or a formula never calculated."""

    shown: str
    code: str
    text: str

    def __str__(self) -> str:
        return self.shown


def plain(text: str) -> str:
    """Text as it is compared: NFKC, no invisible characters, no blanks at the ends.

    >>> plain("　１，２３４．５０ ")
    '1,234.50'
    """
    if text.isascii():
        return text.strip()
    text = unicodedata.normalize("NFKC", text)
    return _BIDI.sub("", _INVISIBLE.sub("", text)).strip()


def fold(text: str) -> str:
    """An id as it is compared with others: width and case set aside.

    >>> fold("a１")
    'a1'
    """
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold()


def text_of(cell) -> str | Remarked | None:
    """Text, kept as written; control characters and direction marks are taken out with a remark."""
    if isinstance(cell, str):
        return _clean_text(cell)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, (int, float)):
        return _number_text(cell)
    if isinstance(cell, (date, datetime)):
        day = cell.date() if isinstance(cell, datetime) else cell
        return Remarked(
            day.isoformat(),
            "date_as_text",
            f"是日期单元格，按文字 {day.isoformat()} 读入；若不是日期，请把该列设为文本格式后重填",
        )
    raise Bad("not_text", "应是文字")


def _clean_text(cell: str) -> str | Remarked | None:
    if not _UNUSUAL.search(cell):
        text, removed = cell.strip(), False
    else:
        text = cell.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").replace("\xa0", " ")
        text = _INVISIBLE.sub("", text)
        kept = _CONTROL.sub("", _BIDI.sub("", text))
        text, removed = kept.strip(), kept != text
    if len(text) > LONGEST_TEXT:
        raise Bad("too_long", f"有 {len(text)} 个字，最多 {LONGEST_TEXT} 个字：请缩短")
    if removed:
        return Remarked(text or None, "control_characters", "含有不可见的控制字符，已去掉；请核对原文")
    return text or None


def _number_text(cell: int | float) -> str:
    if isinstance(cell, float):
        if not math.isfinite(cell):
            raise Bad("not_finite", "不是一个有限的数：请改正")
        if not cell.is_integer():
            return repr(cell)
    if abs(cell) >= 10**15:
        raise Bad("long_number", "是超过 15 位的数字，Excel 已丢失末尾几位：请把单元格设为文本格式后重新填写")
    return str(int(cell))


def name_of(cell) -> str | Remarked | None:
    """A name that rows are grouped by (项目单位): text in NFKC with single blanks."""
    text = text_of(cell)
    if isinstance(text, Remarked):
        return text._replace(value=text.value and " ".join(plain(str(text.value)).split()))
    return text and " ".join(plain(text).split())


def id_of(cell) -> str | Remarked | None:
    """A project number: text of one line, without control characters.

    >>> id_of(" P001\\xa0")
    'P001'
    """
    if isinstance(cell, (date, datetime)):
        raise Bad("id_is_date", "编号已被 Excel 变成日期：请把该列设为文本格式后重新填写")
    if isinstance(cell, float) and math.isfinite(cell) and not cell.is_integer():
        raise Bad("id_is_number", "编号被当成小数：请把该列设为文本格式后重新填写")
    if isinstance(cell, str) and (_CONTROL.search(cell) or "\n" in cell.strip() or "\t" in cell.strip()):
        raise Bad("id_control_characters", "编号含有换行或控制字符：请删除单元格内容后重新键入")
    return text_of(cell)


def bool_of(cell) -> bool | None:
    """是 or 否, from a closed table.

    >>> bool_of("√"), bool_of("否"), bool_of(1.0), bool_of("")
    (True, False, True, None)
    """
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, float) and cell in (0.0, 1.0):
        return bool(cell)
    text = plain(cell) if isinstance(cell, str) else str(cell)
    if not text:
        return None
    if text.upper() in _YES:
        return True
    if text.upper() in _NO:
        return False
    raise Bad("not_bool", "应是“是”或“否”，不知道请留空")


def date_of(cell) -> date | str | None:
    """A day, or ``"未"`` when it is known not to have come; never completed, never guessed.

    >>> date_of("２０２２年６月２５日"), date_of("二〇二二年六月二十五日") == date_of(44737.0)
    (datetime.date(2022, 6, 25), True)
    >>> date_of("2022年6月")
    Traceback (most recent call last):
    zwxm_core.portfolio.cells.Bad: 只有年月，没有日：请写全，如 2022-06-25
    """
    if isinstance(cell, datetime):
        return _in_range(cell.date())
    if isinstance(cell, date):
        return _in_range(cell)
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _date_of_number(cell)
    if not isinstance(cell, str):
        raise Bad("not_date", "应是日期，如 2022-06-25")
    text = plain(cell)
    if not text:
        return None
    if text in _NOT_YET:
        return NOT_YET
    for pattern in _DATES:
        if match := pattern.fullmatch(text):
            return _day(*map(int, match.groups()))
    if match := _CHINESE_DATE.fullmatch(text):
        year, month, day = match.groups()
        return _day(
            int("".join(map(_DIGITS.get, year))), _CHINESE_NUMBERS.get(month, 0), _CHINESE_NUMBERS.get(day, 0)
        )
    raise _why_no_date(text)


def _day(year: int, month: int, day: int) -> date:
    try:
        return _in_range(date(year, month, day))
    except ValueError:
        raise Bad("no_such_day", "日历上没有这一天：请核对") from None


def _in_range(day: date) -> date:
    if not _EARLIEST <= day <= _LATEST:
        raise Bad("date_out_of_range", f"不在 {_EARLIEST.year} 年至 {_LATEST.year} 年之间：请核对年份")
    return day


def _date_of_number(cell: int | float) -> date:
    if not math.isfinite(cell):
        raise Bad("not_date", "应是日期，如 2022-06-25")
    whole = math.floor(cell)
    if whole == cell and 10**7 <= whole < 10**8:
        return _day(whole // 10_000, whole // 100 % 100, whole % 100)
    if 0 < whole <= (_LATEST - _SERIAL_ZERO).days and whole >= (_EARLIEST - _SERIAL_ZERO).days:
        return _SERIAL_ZERO + timedelta(days=whole)
    if 1900 <= whole <= 2100:
        raise Bad("date_incomplete", "只有年份：请写全，如 2022-06-25")
    raise Bad("not_date", "应是日期，如 2022-06-25；没有发生写“未”，不知道请留空")


def _why_no_date(text: str) -> Bad:
    if re.fullmatch(r"\d{4} ?年?", text):
        return Bad("date_incomplete", "只有年份：请写全，如 2022-06-25")
    if re.fullmatch(r"\d{4} ?[年./-] ?\d{1,2} ?月?|\d{6}", text):
        return Bad("date_incomplete", "只有年月，没有日：请写全，如 2022-06-25")
    if re.fullmatch(r"\d{1,2}[./-]\d{1,2}[./-]\d{4}", text):
        return Bad("date_ambiguous", "分不清日和月：请按年-月-日写，如 2022-06-25")
    if re.fullmatch(r"\d{1,2} ?[年./-] ?\d{1,2} ?[月./-] ?\d{1,2} ?[日号]?", text):
        return Bad("date_ambiguous", "年份不足四位，可有多种读法：请写四位年份，如 2022-06-25")
    if re.fullmatch(r"\d{5}", text):
        return Bad("date_serial_text", "是 Excel 的日期序号但存成了文字：请写成 2022-06-25 的样子")
    return Bad("not_date", "应是日期，如 2022-06-25；没有发生写“未”，不知道请留空")


def number_of(cell) -> Decimal | None:
    """A plain decimal number, exact: text as written, a float by its shortest form.

    >>> number_of("1,234.50"), number_of(0.1)
    (Decimal('1234.50'), Decimal('0.1'))
    """
    if isinstance(cell, Decimal):
        exact = cell
    elif isinstance(cell, (int, float)) and not isinstance(cell, bool):
        whole = isinstance(cell, float) and cell.is_integer()
        exact = Decimal(int(cell)) if whole else Decimal(repr(cell))
    elif isinstance(cell, str):
        text = plain(cell).replace("−", "-")
        if not text:
            return None
        if _SCIENTIFIC.fullmatch(text):
            raise Bad("scientific", "是科学记数法，末尾几位可能已丢失：请写出全部数字")
        if not _NUMBER.fullmatch(text):
            raise Bad("not_number", "应是数字，如 1234.56；不知道请留空")
        exact = Decimal(text.replace(",", ""))
    else:
        raise Bad("not_number", "应是数字，如 1234.56；不知道请留空")
    if not exact.is_finite():
        raise Bad("not_finite", "不是一个有限的数：请改正")
    if not isinstance(cell, float) and len(exact.as_tuple().digits) > _MOST_DIGITS:
        raise Bad("out_of_range", f"超过 {_MOST_DIGITS} 位数字：请核对")
    if abs(exact) > LIMIT:
        raise Bad("out_of_range", "数值过大，超出可处理的范围：请核对")
    return exact


def int_of(cell) -> int | None:
    """A whole number, not negative."""
    exact = number_of(cell)
    if exact is None:
        return None
    if exact != exact.to_integral_value():
        raise Bad("not_whole", "应是整数")
    if exact < 0:
        raise Bad("negative", "不能是负数")
    return int(exact)


def pct_of(cell) -> Decimal | None:
    """A share of 1, exact: ``35%`` and 0.35 are the same.

    >>> pct_of("35%"), pct_of(0.35)
    (Decimal('0.35'), Decimal('0.35'))
    """
    text = plain(cell) if isinstance(cell, str) else ""
    share = number_of(text[:-1]) if text.endswith("%") else number_of(cell)
    if share is None:
        if text:
            raise Bad("not_number", "应是百分比，写 35% 或 0.35")
        return None
    share = share.scaleb(-2) if text.endswith("%") else share
    if not 0 <= share <= 1:
        raise Bad("pct_out_of_range", "应在 0 与 100% 之间，写 35% 或 0.35")
    return share


def money_of(cell, unit: str, signed: bool = False) -> int | Remarked | None:
    """An amount in whole 分.

    Parameters
    ----------
    unit : str
        What a bare number counts: 分, 元, 万元 or 百万元.
    signed : bool
        Whether a negative amount has a meaning here.

    Examples
    --------
    >>> money_of(4.35, "元"), money_of("1.5亿", "元"), money_of("500", "万元")
    (435, 15000000000, 500000000)
    >>> money_of("500万", "万元")
    Traceback (most recent call last):
    zwxm_core.portfolio.cells.Bad: 自带单位，与表头的（万元）冲突：请只写数字
    """
    if type(cell) is float and 0 <= cell < LIMIT // FEN[unit]:
        # The float nearest to a decimal of at most 15 digits has that decimal as its shortest form,
        # so this is the same answer as through Decimal below, at a tenth of the time.
        whole = round(cell * FEN[unit])
        if whole / FEN[unit] == cell:
            return whole
    exact = _amount_of_text(cell, unit) if isinstance(cell, str) else number_of(cell)
    if exact is None:
        return None
    fen = exact * FEN[unit]
    if abs(fen) > LIMIT:
        raise Bad("out_of_range", "数值过大，超出可处理的范围（10 万亿元）：请核对金额和单位")
    if fen < 0 and not signed:
        raise Bad("negative", "此处金额不能是负数")
    whole = int(fen.to_integral_value())
    if whole == fen:
        return whole
    if isinstance(cell, float) and abs(fen - whole) <= _TOLERANCE:
        return Remarked(whole, "float_residue", "带有公式计算留下的极小误差，已取整到分")
    raise Bad("not_whole_fen", f"折合 {fen.normalize():f} 分，不是整数分：请核对，或四舍五入到分")


def _amount_of_text(cell: str, unit: str) -> Decimal | None:
    text = plain(cell).replace("−", "-")
    if unit == "元":
        text = text.removeprefix("¥").strip()
    if not text:
        return None
    if _NUMBER.fullmatch(text) or _SCIENTIFIC.fullmatch(text):
        return number_of(text)
    spoken = _WITH_UNIT.fullmatch(text) or _CHINESE_NUMERAL.fullmatch(text)
    if spoken and unit != "元":
        raise Bad("unit_conflict", f"自带单位，与表头的（{unit}）冲突：请只写数字")
    if match := _WITH_UNIT.fullmatch(text):
        return number_of(match[1]) * _MULTIPLES[match[2]]
    if spoken and not _LOOSE_TAIL.search(text):
        import cn2an

        try:
            return Decimal(str(cn2an.cn2an(text, "smart")))
        except (ValueError, ArithmeticError, KeyError, TypeError, IndexError):
            pass
    raise Bad("not_money", "不是能读懂的金额：请只写数字，如 1234.56；没有写 0，不知道请留空")


def enum_of(values: tuple[str, ...]) -> Callable:
    """Parser of one of ``values``, compared after NFKC."""
    known = {plain(v): v for v in values}

    def parse(cell) -> str | None:
        text = plain(cell) if isinstance(cell, str) else str(text_of(cell))
        if not text:
            return None
        if text in known:
            return known[text]
        if isinstance(cell, (date, datetime)):
            raise Bad(
                "not_in_list", f"已被 Excel 变成日期：请把该列设为文本格式，填 {'、'.join(values)} 之一"
            )
        raise Bad("not_in_list", f"应是 {'、'.join(values)} 之一，不知道请留空")

    return parse


def enums_of(values: tuple[str, ...]) -> Callable:
    """Parser of several of ``values`` with 、 or a comma between; 无 is the known empty set."""
    known = {plain(v): v for v in values}

    def parse(cell) -> frozenset | None:
        text = plain(cell) if isinstance(cell, str) else str(text_of(cell))
        if not text:
            return None
        if text == NONE and NONE not in known:
            return frozenset()
        parts = [part.strip() for part in re.split("[、,;]", text) if part.strip()]
        if strange := [part for part in parts if part not in known]:
            raise Bad(
                "not_in_list",
                f"“{'、'.join(strange)}”不在可选范围：{'、'.join(values)}；几项之间用顿号，没有写“无”",
            )
        return frozenset(known[part] for part in parts)

    return parse


def parser(field: Field, unit: str | None = None) -> Callable:
    """The parser of a field; ``unit`` is what its money header declares."""
    if field.kind == "money":
        return lambda cell: money_of(cell, unit, field.signed)
    if field.kind == "enum":
        return enum_of(field.values)
    if field.kind == "enums":
        return enums_of(field.values)
    if field.kind == "text":
        return name_of if field.name_key else text_of
    return {
        "id": id_of,
        "ref": id_of,
        "bool": bool_of,
        "date": date_of,
        "int": int_of,
        "pct": pct_of,
        "decimal": number_of,
    }[field.kind]


def parse_all(cells: list, parse: Callable) -> tuple[list, list[tuple[int, Bad]], list[tuple[int, Remarked]]]:
    """Parse a column; equal cells are parsed once.

    Returns
    -------
    values : list
        Typed values, None where unknown or bad.
    bad : list of (position, Bad)
    remarks : list of (position, Remarked)
    """
    seen: dict = {"": None, (type(None), None): None}
    values, bad, remarks = [], [], []
    for i, cell in enumerate(cells):
        key = cell if type(cell) is str else (type(cell), cell)
        try:
            outcome = seen[key]
        except KeyError:
            outcome = seen[key] = _outcome(cell, parse)
        if type(outcome) is Bad:
            bad.append((i, outcome))
            outcome = None
        elif type(outcome) is Remarked:
            remarks.append((i, outcome))
            outcome = outcome.value
        values.append(outcome)
    return values, bad, remarks


def _outcome(cell, parse: Callable):
    if isinstance(cell, Broken):
        return Bad(cell.code, cell.text)
    try:
        return parse(cell)
    except Bad as bad:
        return bad
