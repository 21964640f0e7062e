"""Legal periods (期间) counted by 民法典 第200–204条.

The day on which a period begins is not counted; a period in months or years ends on
the matching day of its last month, or on that month's last day where there is none.
The regulation does not say how its own periods are counted; the civil code is applied
by analogy, and every report that depends on it says so.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta


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


def day_after(day: date) -> date:
    """The first day on which something may happen that must wait until `day` is over.

    >>> day_after(date(2025, 2, 28))
    datetime.date(2025, 3, 1)
    """
    return day + timedelta(days=1)
