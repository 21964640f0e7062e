"""Legal periods (期间) counted by 民法典 第200–204条.

The day on which a period begins is not counted; a period in months or years ends on
the matching day of its last month, or on that month's last day where there is none.
The regulation does not say how its own periods are counted; the civil code is applied
by analogy, and every report that depends on it says so.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from functools import cache

import numpy as np


def months_after(start: date, months: int) -> date:
    """Last day of a period of `months` months that begins on `start`.

    Parameters
    ----------
    start : date
        The day of the event; it is not counted itself.
    months : int
        Length of the period, 月.

    Examples
    --------
    >>> months_after(date(2024, 11, 30), 3)
    datetime.date(2025, 2, 28)
    >>> months_after(date(2024, 2, 29), 12)
    datetime.date(2025, 2, 28)
    """
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    month += 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def years_after(start: date, years: int) -> date:
    """Last day of a period of `years` years that begins on `start` (first day not counted).

    >>> years_after(date(2022, 6, 25), 5)
    datetime.date(2027, 6, 25)
    """
    return months_after(start, 12 * years)


def months_after_days(starts: np.ndarray, months: int) -> np.ndarray:
    """`months_after` over many days at once; a day that is not there (NaT) stays so.

    Parameters
    ----------
    starts : ndarray of datetime64[D], shape (n,)
    months : int

    Examples
    --------
    >>> months_after_days(np.array(["2024-11-30", "2024-02-29", "NaT"], "M8[D]"), 3)
    array(['2025-02-28', '2024-05-29',        'NaT'], dtype='datetime64[D]')
    """
    first = starts.astype("M8[M]")
    month = first + np.timedelta64(months, "M")
    last = (month + np.timedelta64(1, "M")).astype("M8[D]") - np.timedelta64(1, "D")
    return np.minimum(month.astype("M8[D]") + (starts - first.astype("M8[D]")), last)


@cache
def workday_from(day: date) -> date | None:
    """The day itself or, where it is a day off, the first working day after it (民法典第203条).

    Working days are those of the State Council's published arrangements, moved weekends
    included, as the library ``chinesecalendar`` lists them.

    Returns
    -------
    date or None
        None where the arrangements of the year are not in the library.

    Examples
    --------
    >>> workday_from(date(2026, 10, 1)), workday_from(date(2026, 10, 10))
    (datetime.date(2026, 10, 8), datetime.date(2026, 10, 10))
    >>> workday_from(date(2300, 1, 1)) is None
    True
    """
    import chinese_calendar

    try:
        while not chinese_calendar.is_workday(day):
            day += timedelta(days=1)
    except NotImplementedError:
        return None
    return day


def workdays_from(days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`workday_from` over many days at once; a day whose year is not in the library stays.

    Returns
    -------
    moved : ndarray of datetime64[D], shape (n,)
    unknown : ndarray of bool, shape (n,)
        Where the arrangements of the year are not known.

    Examples
    --------
    >>> moved, unknown = workdays_from(np.array(["2026-10-01", "2300-01-01", "NaT"], "M8[D]"))
    >>> moved.tolist(), unknown.tolist()
    ([datetime.date(2026, 10, 8), datetime.date(2300, 1, 1), None], [False, True, False])
    """
    each, back = np.unique(days, return_inverse=True)
    moved = [day if day is None else workday_from(day) for day in each.tolist()]
    unknown = np.array([m is None for m in moved], bool) & ~np.isnat(each)
    rolled = np.array([d if m is None else m for d, m in zip(each.tolist(), moved, strict=True)], "M8[D]")
    return rolled[back], unknown[back]
