"""A ledger that was cut, flipped or written over: what is whole counts, the rest is named and made again."""

from __future__ import annotations

import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from zwxm_core.reporting.files import edited, place
from zwxm_core.reporting.ledger import NAME, open_ledger

from .conftest import examples

HARM = st.lists(st.tuples(st.sampled_from(["cut", "flip", "zero", "junk", "twice", "swap", "valid"]), st.integers(0, 10**6), st.binary(max_size=20)),
                min_size=1, max_size=4)  # fmt: skip


def harmed(data: bytes, deeds) -> bytes:
    for what, at, junk in deeds:
        at %= len(data) + 1
        lines = data.split(b"\n")
        match what:
            case "cut":
                data = data[:at]
            case "flip" if at < len(data):
                data = data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :]
            case "zero":
                data = data[:at] + bytes(len(data[at : at + 40])) + data[at + 40 :]
            case "junk":
                data = data[:at] + junk + data[at:]
            case "twice":
                data = b"\n".join([*lines, lines[at % len(lines)]])
            case "swap":
                data = b"\n".join(lines[::-1])
            case "valid":  # a line that is whole by its check, of another program
                text = json.dumps(
                    [None, 1, "x", {}, {"event": "file"}, {"event": "failed"}, {"event": 1}][at % 7]
                )
                data += f"{hashlib.sha256(text.encode()).hexdigest()[:12]} {text}\n".encode()
    return data


@given(HARM)
@examples(20)
def test_a_harmed_ledger_is_read_told_and_goes_on(tmp_path_factory, deeds):
    folder = tmp_path_factory.mktemp("l")
    names = [f"evaluation_P{n}_00.html" for n in range(4)]
    with open_ledger(folder) as ledger:
        for name in names:
            place(folder, name, name.encode(), ledger, kind="evaluation", project=name[11:13], format="html")
    path = folder / NAME
    before = path.read_bytes()
    path.write_bytes(harmed(before, deeds))
    with open_ledger(folder) as ledger:
        for name, row in ledger.files.items():
            assert name in names
            assert row["sha256"] == hashlib.sha256(name.encode()).hexdigest()
        whole = [line for line in before.split(b"\n") if line and line in path.read_bytes().split(b"\n")]
        assert len(ledger.files) >= len({n for n in names if any(n.encode() in line for line in whole)})
        forgotten = [name for name in names if name not in ledger.files]
        assert all(edited(folder, name, ledger) for name in forgotten)  # not ours to write over
        place(folder, "new.html", b"x", ledger)
    with open_ledger(folder) as again:
        assert again.files["new.html"]["sha256"] == hashlib.sha256(b"x").hexdigest()
