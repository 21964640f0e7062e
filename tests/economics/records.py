"""Facts of a few projects for the tests of economics."""

from zwxm_core.portfolio import from_records


def facts(*projects, costs=()):
    """Facts from dicts; a line of ``costs`` names its project by position."""
    return from_records(
        {
            "projects": [{"id": f"P{i}", **project} for i, project in enumerate(projects)],
            "costs": [{**line, "project": f"P{line['project']}"} for line in costs],
        }
    )


def put(column, row, value):
    """Put in a value that the reader refuses (negative, beyond its limit)."""
    column.values[row] = value
    column.known[row] = True
