"""Laws: reading never raises, quotations are verbatim, the JSON reader agrees with the standard one."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from netguru.model.source import Piece, SourceFile, split_lines
from netguru.topology.building import build
from netguru.topology.descriptions import read_description
from netguru.topology.documents import Located, read_json, read_xml
from netguru.topology.layouts import layout
from netguru.topology.reader import read, recognise
from netguru.topology.svg import draw_svg

CASES = Path(__file__).parents[1] / "cases" / "topology"
TEXTS = [path.read_text() for path in sorted(CASES.glob("*/*")) if path.name != "expected.json"]
FILE = SourceFile(name="x.txt", path=Path("x.txt"), sha256="", size=0)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Take an output and cut, double or swap some of its lines, or put noise into it."""
    lines = draw(st.sampled_from(TEXTS)).split("\n")
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        how = draw(st.sampled_from(["drop", "double", "cut", "noise", "swap"]))
        if how == "drop" and len(lines) > 1:
            lines.pop(at)
        elif how == "double":
            lines.insert(at, lines[at])
        elif how == "cut":
            lines[at] = lines[at][: draw(st.integers(0, 60))]
        elif how == "noise":
            lines[at] += draw(st.text(max_size=8))
        else:
            other = draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
    return "\n".join(lines)


@given(damaged())
def test_damaged_outputs_are_read_with_verbatim_quotations(text: str):
    table = read(Piece(file=FILE, text=text, device="me"))
    lines = split_lines(text)
    for row in table.rows:
        assert row.evidence
        for item in row.evidence:
            assert 1 <= item.start <= item.end <= len(lines)
            assert item.text in "\n".join(lines[item.start - 1 : item.end])


@given(st.lists(damaged(), max_size=4))
def test_any_graph_is_built_counted_and_drawn(texts: list[str]):
    from netguru.model.network import Network

    tables = tuple(read(Piece(file=FILE, text=text, device=f"d{number}")) for number, text in enumerate(texts))
    topology = build(Network(root=Path(), files=(), neighbors=tables))
    assert topology.coverage.total == sum(len(table.rows) for table in tables)
    assert set(layout(topology)) == {device.name for device in topology.devices}
    assert draw_svg(topology).endswith("</svg>")
    for link in topology.links:
        assert link.evidence
        assert link.a.key <= link.b.key


@given(st.text())
def test_any_text_is_judged_without_an_error(text: str):
    form = recognise(text)
    assert form is None or read(Piece(file=FILE, text=text)).coverage is not None
    read_description(text)
    read_xml(text)


@given(JSON)
def test_json_is_read_as_the_standard_library_reads_it(value: object):
    for text in (json.dumps(value), json.dumps(value, indent=2)):
        read_back = read_json(text)
        assert read_back == (json.loads(text) if isinstance(value, (list, dict)) else None)
        if isinstance(read_back, Located):
            assert json.loads(text[read_back.start : read_back.end]) == value


def test_bottomless_documents_are_refused():
    assert read_json("[" * 100_000) is None
    assert read_json('{"a":' * 100_000) is None
    assert read_xml("<a>" * 50_000) is None


def test_empty_lines_do_not_make_recognition_slow():
    assert recognise("\n" * 200_000 + " " * 200_000) is None
