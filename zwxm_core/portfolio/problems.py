"""What is wrong with an input, said so that the person who filled it in can mend it."""

from __future__ import annotations

from dataclasses import dataclass, fields

from zwxm_core.portfolio import schema

_LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one place of an input.

    Parameters
    ----------
    sheet : str or None
        Sheet name of the data dictionary, or the sheet's own title when it is none of ours;
        None for the file as a whole.
    row : int or None
        Row number as the spreadsheet shows it.
    field, header : str or None
        Our field name and the header as it stands in the file.
    value : str or None
        What was read, shortened.
    severity : {"error", "warning"}
        An error keeps the whole file from being used; a warning does not.
    code : str
        Stable name of the kind of problem.
    message : str
        One Chinese sentence: what was read, what was expected, how to mend it.
    file, title : str or None
        File name, and the sheet's title in the file (where it is not our own).
    """

    sheet: str | None
    row: int | None
    field: str | None
    header: str | None
    value: str | None
    severity: str
    code: str
    message: str
    file: str | None = None
    title: str | None = None

    def as_dict(self) -> dict:
        """The eight fields of ``check --json``."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("file", "title")}

    def __str__(self) -> str:
        place = ""
        if self.title or self.sheet:
            place = f"工作表「{self.title or schema.sheet_label(self.sheet)}」"
        if self.row is not None:
            place += f"第 {self.row} 行"
        if self.header:
            place += f"「{self.header}」"
        return " · ".join(filter(None, (self.file, place))) + f"：{self.message}"


class InputError(ValueError):
    """An input that cannot be read as the contract says; nothing of it is used.

    Attributes
    ----------
    problems : list of Problem
        All problems of the input, warnings included.
    """

    def __init__(self, problems: list[Problem]):
        self.problems = problems
        super().__init__("\n".join(str(p) for p in problems if p.severity == "error"))


def shown(value) -> str:
    """A cell as a message quotes it: one line, printable, shortened.

    >>> shown("abc\\u202edef")
    'abcdef'
    >>> shown(500.0)
    '500'
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        value = int(value)
    text = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in str(value))
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
