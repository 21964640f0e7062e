"""Money (金额) in whole 分, and how it is written.

Every amount inside the product is an integer number of 分. Amounts enter as `Decimal`
and leave as text; no float takes part.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

FEN = {"分": 1, "元": 100, "万元": 1_000_000, "百万元": 100_000_000, "亿元": 10_000_000_000}
"""How many 分 one unit has."""

WAN = FEN["万元"] // FEN["元"]
"""元 in one 万元, for the floats of present values and simulations."""

LIMIT = 10**15
"""Largest amount accepted, 分 (10 万亿元): sums and products below stay inside int64."""


def to_fen(amount: Decimal | int | str, unit: str = "元") -> int:
    """Exact amount in 分.

    Parameters
    ----------
    amount : Decimal, int or str
        The number as written; never a float.
    unit : {"分", "元", "万元", "百万元", "亿元"}

    Raises
    ------
    ValueError
        The amount is not a whole number of 分, not finite, or beyond `LIMIT`.

    Examples
    --------
    >>> to_fen("1234.5678", "万元")
    1234567800
    >>> to_fen("0.001")
    Traceback (most recent call last):
    ValueError: 0.001 元不是整数分
    """
    if isinstance(amount, float):
        raise TypeError("money is never a float; pass Decimal or text")
    exact = Decimal(amount)
    if not exact.is_finite():
        raise ValueError(f"{amount} 不是一个金额")
    if exact.adjusted() > 30:  # 1e999999999 as a fraction takes forever
        raise ValueError(f"{amount} {unit}超出可处理的范围（10 万亿元）")
    if exact.adjusted() < -30:
        raise ValueError(f"{amount} {unit}不是整数分")
    fen = Fraction(exact) * FEN[unit]
    if fen.denominator != 1:
        raise ValueError(f"{amount} {unit}不是整数分")
    if abs(fen) > LIMIT:
        raise ValueError(f"{amount} {unit}超出可处理的范围（10 万亿元）")
    return int(fen)


def yuan_text(fen: int) -> str:
    """Amount as 元 with thousands separators and two decimals.

    >>> yuan_text(16_000_000)
    '160,000.00'
    >>> yuan_text(-5)
    '-0.05'
    """
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(int(fen)), 100)
    return f"{sign}{yuan:,}.{rest:02d}"


def wan_text(fen: int) -> str:
    """Amount as 万元, exact to the 分, without needless zeros (at least two decimals).

    >>> wan_text(500_000_001)
    '500.000001'
    >>> wan_text(500_000_000)
    '500.00'
    """
    sign = "-" if fen < 0 else ""
    wan, rest = divmod(abs(int(fen)), FEN["万元"])
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{sign}{wan:,}.{decimals}"


def wan_float_text(yuan: float) -> str:
    """An inexact amount of 元 in 万元: present values, simulations.

    >>> wan_float_text(12345678.9)
    '1,234.57'
    """
    return f"{yuan / WAN:,.2f}"


def half_up(value: Fraction) -> int:
    """The nearest whole number, halves upwards: how an amount is rounded to the 分.

    >>> half_up(Fraction(5, 2)), half_up(Fraction(-5, 2)), half_up(Fraction(7, 3))
    (3, -2, 2)
    """
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def percent_text(ratio: Fraction, decimals: int = 2) -> str:
    """Ratio as a percentage, rounded half up; whole ones are short, inexact ones marked 约.

    >>> percent_text(Fraction(4, 25))
    '16%'
    >>> percent_text(Fraction(1, 3))
    '约 33.33%'
    >>> percent_text(Fraction(1255, 10000))
    '12.55%'
    """
    scale = 10 ** (decimals + 2)
    exact = abs(ratio) * scale
    rounded = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
    whole, rest = divmod(rounded, 10**decimals)
    digits = f"{rest:0{decimals}d}" if decimals else ""
    if rounded == exact:
        digits = digits.rstrip("0")
    text = f"{'-' if ratio < 0 else ''}{whole:,}{'.' if digits else ''}{digits}%"
    return text if rounded == exact else f"约 {text}"


def percent_beside(ratio: Fraction, line: Fraction) -> str:
    """Ratio as a percentage with enough decimals to tell it from the line it is held against.

    >>> percent_beside(Fraction(1500001, 10**7), Fraction(3, 20))
    '15.00001%'
    >>> percent_beside(Fraction(150000001, 10**9) + Fraction(1, 3 * 10**12), Fraction(3, 20))
    '约 15.0000001%'
    >>> percent_beside(Fraction(4, 25), Fraction(3, 20))
    '16%'
    """
    for decimals in range(2, 12):
        text = percent_text(ratio, decimals)
        if ratio == line or Fraction(text.lstrip("约 ").rstrip("%").replace(",", "")) / 100 != line:
            break
    return text


def ratio_json(ratio: Fraction) -> dict:
    """Ratio as the contract writes it: exact fraction and text rounded to six decimals.

    >>> ratio_json(Fraction(16, 100))
    {'num': 4, 'den': 25, 'text': '0.160000'}
    """
    exact = abs(ratio) * 10**6
    rounded = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
    whole, rest = divmod(rounded, 10**6)
    return {
        "num": ratio.numerator,
        "den": ratio.denominator,
        "text": f"{'-' if ratio < 0 else ''}{whole}.{rest:06d}",
    }
