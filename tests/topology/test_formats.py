"""Every format's cases: fields, line numbers, what is counted as not understood, and what is not claimed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netguru.model.source import split_lines
from netguru.topology.formats import formats
from netguru.topology.reader import read, recognise
from netguru.workspace.opening import open_network, open_pieces

CASES = sorted((Path(__file__).parents[1] / "cases" / "topology").iterdir())
_FIELDS = (
    "device port remote_device remote_port protocol platform address addresses capabilities chassis_id"
    " port_description native_vlan duplex mtu ttl"
).split()


def input_of(case: Path) -> Path:
    return next(path for path in case.iterdir() if path.name != "expected.json")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path):
    expected = json.loads((case / "expected.json").read_text())
    tables = [(recognise(piece.text), read(piece)) for piece in open_pieces(input_of(case))]
    named = [(form, table) for form, table in tables if form is not None]
    assert [form.name for form, _ in named] == ([expected["format"]] if expected["format"] else [])
    rows = [row for _, table in named for row in table.rows]
    plain = [{name: getattr(row, name) for name in _FIELDS} for row in rows]
    plain = [
        {name: list(value) if isinstance(value, tuple) else value for name, value in row.items() if value or value == 0}
        for row in plain
    ]
    for row, source in zip(plain, rows, strict=True):
        row["lines"] = [[item.start, item.end] for item in source.evidence]
    assert plain == expected["rows"]
    for _, table in named:
        assert {gap.reason: gap.count for gap in table.coverage.gaps} == expected["gaps"]
        assert list(table.coverage.notes) == expected["notes"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_evidence_is_found_at_its_lines(case: Path):
    file = input_of(case)
    lines = split_lines(file.read_text())
    for piece in open_pieces(file):
        for row in read(piece).rows:
            for item in row.evidence:
                assert item.text
                assert item.text in "\n".join(lines[item.start - 1 : item.end])


def test_carriage_returns_do_not_shift_lines(tmp_path: Path):
    for case in CASES:
        text = input_of(case).read_text()
        file = tmp_path / f"{case.name}.txt"
        file.write_bytes(text.replace("\n", "\r\n").encode())
        unix, dos = ([r for p in open_pieces(f) for r in read(p).rows] for f in (input_of(case), file))
        assert [[(e.start, e.end) for e in row.evidence] for row in unix] == [
            [(e.start, e.end) for e in row.evidence] for row in dos
        ]
        assert [(row.port, row.remote_device, row.remote_port) for row in unix] == [
            (row.port, row.remote_device, row.remote_port) for row in dos
        ]


def test_formats_have_distinct_names():
    names = [form.name for form in formats()]
    assert len(names) == len(set(names))
    assert all(form.needs for form in formats())


@pytest.mark.parametrize("text", ["-" * 79 + "\nLLDP neighbors:\n" + "-" * 79 + "\n", '{\n  "lldp": {\n  }\n}\n'])
def test_a_device_that_hears_nobody_is_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "lonely.txt").write_text(text)
    network = open_network(tmp_path)

    assert network.unread == ()
    assert [table.rows for table in network.neighbors] == [()]
