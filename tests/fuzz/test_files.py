"""Files that were cut, flipped, renamed, packed or encoded otherwise: read, or refused in a sentence, in no time."""

from __future__ import annotations

import io
import zipfile

from hypothesis import given
from hypothesis import strategies as st

from zwxm_core.portfolio import reading

from .books import Sheet, parts, sample
from .conftest import CHINESE, examples, told

PARTS = parts([Sheet(t, dict(enumerate(map(list, rows), 1))) for t, rows in list(sample().items())[:3]])
DEEDS = st.lists(
    st.tuples(st.sampled_from(["cut", "flip", "drop", "insert", "swap", "bytes", "gone"]), st.integers(0, 10**6), st.binary(max_size=12)),
    min_size=1, max_size=4,
)  # fmt: skip
INSERTED = [b"<", b">", b"&", b"</row>", b"<row>", b"<c>", b'<c r="ZZZZ1"><v>1</v></c>', b'<c r="A0"><v>1</v></c>', b'<row r="-1">', b'<row r="99999999999"/>',
            b'<mergeCell ref="A1:XFD1048576"/>', b'<mergeCell ref="B2:A1"/>', b"\0", b"\xff\xfe", b"<!DOCTYPE x>", b"<!ENTITY x>", b"]]>", b"<![CDATA["]  # fmt: skip


def spoilt(deeds) -> bytes:
    inside = {name: xml.encode() for name, xml in PARTS.items()}
    for what, at, junk in deeds:
        names = sorted(inside)
        name = names[at % len(names)]
        data = inside[name]
        place = at * 7919 % (len(data) + 1)
        match what:
            case "cut":
                inside[name] = data[:place]
            case "flip" if place < len(data):
                inside[name] = data[:place] + bytes([data[place] ^ (1 << at % 8)]) + data[place + 1 :]
            case "drop":
                inside[name] = data[:place] + data[place + 1 + at % 60 :]
            case "insert":
                inside[name] = data[:place] + INSERTED[at % len(INSERTED)] + data[place:]
            case "swap":
                inside[name] = inside[names[(at // 7) % len(names)]]
            case "bytes":
                inside[name] = data[:place] + junk + data[place:]
            case "gone" if len(inside) > 1:
                del inside[name]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in inside.items():
            book.writestr(name, data)
    return packed.getvalue()


def settled(path) -> None:
    """Read, or refused with Chinese sentences of one line."""
    try:
        reading._load(path, None)
    except reading.InputError as error:
        assert error.problems  # noqa: PT017
        assert all(CHINESE.search(p.message) and "\n" not in str(p) for p in error.problems)  # noqa: PT017


@given(DEEDS)
@examples(25)
def test_a_workbook_spoilt_inside_is_read_or_refused(tmp_path_factory, deeds):
    path = tmp_path_factory.getbasetemp() / "坏.xlsx"
    path.write_bytes(spoilt(deeds))
    settled(path)


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=6),
    st.integers(0, 10**6),
    st.sampled_from(["台.xlsx", "台.csv", "台.xls"]),
)
@examples(40)
def test_a_file_of_flipped_bytes_is_read_or_refused(tmp_path_factory, flips, cut, name):
    data = bytearray(spoilt([]))
    for at, byte in flips:
        data[at % len(data)] = byte
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(data if cut % 3 else data[: cut % len(data)])
    settled(path)


@given(
    st.text(max_size=80),
    st.sampled_from(["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "big5", "latin-1"]),
    st.binary(max_size=6),
)
@examples(25)
def test_a_csv_in_any_encoding_is_read_or_refused(tmp_path_factory, text, encoding, junk):
    path = tmp_path_factory.getbasetemp() / "台.csv"
    path.write_bytes(f"项目编号,项目名称,批复总投资（万元）\nA,{text},5\n".encode(encoding, "ignore") + junk)
    settled(path)
    assert told("check", path).code in (0, 65)
