"""The flow table: every column is what plain Python makes of the state of a conversation, row by row."""

from __future__ import annotations

import io

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_captures import LAB

from netguru.pcap.chunks import TUNNELS
from netguru.pcap.engine import Engine
from netguru.pcap.flow_columns import among, flow_table, marked
from netguru.pcap.framing import Found
from netguru.pcap.kernels import flows as layout
from netguru.pcap.schema import flow_types

CAPTURE = LAB / "fabric" / "faulty" / "captures" / "server-trouble.pcapng"
_SIDES = {"client": 0, "server": 1}
_PLACES = 4


def _bits(width: int) -> st.SearchStrategy[int]:
    """Give numbers of some bits, of which the lowest and the highest come often."""
    return st.one_of(st.integers(0, 2**width - 1), st.sampled_from((0, 1, 2**width - 1, 2 ** (width - 1))))


@st.composite
def _states(draw) -> list[int]:
    """Draw the state of one conversation, as the kernel leaves it."""
    row = [0] * layout.WIDTH
    row[layout.KEY] = draw(_bits(32)) | draw(_bits(8)) << 32 | draw(st.sampled_from((4, 6))) << 40
    about = draw(_bits(4)) | draw(st.integers(0, 4095)) << layout.VLAN_AT
    about |= draw(st.integers(0, len(TUNNELS) - 1)) << layout.TUNNEL_AT
    row[layout.ABOUT] = about | draw(_bits(layout.INTERFACES)) << layout.INTERFACES_AT
    for place in (layout.A_LO, layout.B_LO, layout.A_HI, layout.B_HI, layout.HEAD, layout.HEAD + 1):
        row[place] = draw(_bits(64))
    for place in (layout.PACKETS, layout.SPAN, layout.SYNS, layout.ENDS):
        row[place] = draw(_bits(31)) | draw(_bits(31)) << 32
    for place in (layout.BYTES, layout.BYTES + 1, layout.PAYLOAD, layout.PAYLOAD + 1):
        row[place] = draw(_bits(60))
    for place in (layout.FIRST_NS, layout.LAST_NS):
        row[place] = draw(st.one_of(st.just(layout.NO_TIME), st.integers(-(2**62), 2**62)))
    for place in (layout.DATA, layout.DATA + 1):
        row[place] = draw(_bits(46)) << layout.DATA_BITS | draw(_bits(layout.DATA_BITS))
    row[layout.FLOW] = draw(_bits(32))
    row[layout.NUMBERED] = draw(_bits(31)) | draw(st.integers(0, _PLACES)) << 32
    return row


def _handshakes(places):
    return np.asarray(places) * 1000


def _plain(row: list[int]) -> dict[str, object]:
    """Make a row of the flow table with nothing but integers."""
    key, about = row[layout.KEY], row[layout.ABOUT]
    turned = about & layout.CLIENT_IS_B
    ends = [
        (row[layout.A_HI], row[layout.A_LO], key >> 16 & 0xFFFF),
        (row[layout.B_HI], row[layout.B_LO], key & 0xFFFF),
    ]
    packets = (row[layout.PACKETS] & layout.M32, row[layout.PACKETS] >> 32)
    stream, place = row[layout.NUMBERED] & layout.M32, row[layout.NUMBERED] >> 32
    vlan = about >> layout.VLAN_AT & 0x1FFF
    table: dict[str, object] = {
        "flow": row[layout.FLOW],
        "stream": stream - 1 if stream else None,
        "protocol": key >> 32 & 0xFF,
        "ip_version": key >> 40,
        "vlan": vlan - 1 if vlan else None,
        "tunnel": TUNNELS[about >> layout.TUNNEL_AT & 15],
        "packets": sum(packets),
        "bytes": row[layout.BYTES] + row[layout.BYTES + 1],
        "first_packet": row[layout.SPAN] >> 32,
        "last_packet": row[layout.SPAN] & layout.M32,
        "interfaces": (about >> layout.INTERFACES_AT & (1 << layout.INTERFACES) - 1).bit_count(),
        "syn": row[layout.SYNS] & layout.M32,
        "syn_ack": row[layout.SYNS] >> 32,
        "fin": row[layout.ENDS] & layout.M32,
        "reset": row[layout.ENDS] >> 32,
        "handshake_ns": 1000 * (place - 1) if place > 1 else None,
    }
    for name, at in (("first_ns", layout.FIRST_NS), ("last_ns", layout.LAST_NS)):
        table[name] = None if row[at] == layout.NO_TIME else row[at]
    for side, other in _SIDES.items():
        high, low, port = ends[other ^ turned]
        data = row[layout.DATA + other]
        table |= {f"{side}_hi": high, f"{side}_lo": low, f"{side}_port": port, f"{side}_packets": packets[other]}
        table |= {f"{side}_bytes": row[layout.BYTES + other], f"{side}_payload": row[layout.PAYLOAD + other]}
        table |= {f"{side}_head": row[layout.HEAD + other], f"{side}_data": data >> layout.DATA_BITS}
        table[f"{side}_data_length"] = data & (1 << layout.DATA_BITS) - 1
    return table


def _state_of(rows: list[list[int]]):
    signed = [[value - (1 << 64) if value >= 1 << 63 else value for value in row] for row in rows]
    return np.array(signed, np.int64).reshape(-1, layout.WIDTH)


@given(st.lists(_states(), max_size=4))
def test_columns_are_what_plain_integers_give(rows):
    table = flow_table(_state_of(rows), _handshakes)
    assert dict(table.schema) == flow_types()
    for made, row in zip(table.to_dicts(), rows, strict=True):
        assert made == _plain(row)


@given(st.lists(_states(), min_size=1, max_size=3), st.sets(st.sampled_from(sorted(flow_types()))))
def test_some_columns_are_those_of_the_whole_table(rows, names):
    whole = flow_table(_state_of(rows), _handshakes)
    asked = [name for name in whole.columns if name in names] or whole.columns
    assert flow_table(_state_of(rows), _handshakes, names).equals(whole.select(asked))


@given(st.lists(st.integers(0, 9)), st.lists(st.booleans(), max_size=9))
def test_numbers_beyond_the_marks_are_not_marked(numbers, marks):
    known = {number for number, mark in enumerate(marks) if mark}
    made = np.array(numbers, np.uint32)
    assert marked(np.array(marks, np.bool_), made).tolist() == [number in known for number in numbers]
    part = pl.DataFrame({"flow": made, "bytes": made})
    left = among(part, ("bytes",), np.array(marks, np.bool_))
    assert left.columns == ["bytes"]
    assert left["bytes"].to_list() == [number for number in numbers if number in known]


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
@pytest.mark.parametrize("live", [8, 1 << 20], ids=["closed early", "all at hand"])
def test_parts_are_those_of_the_table(monkeypatch, compiled, live):
    monkeypatch.setattr("netguru.pcap.engine.ROWS", 97)
    monkeypatch.setattr("netguru.pcap.conversations._PART", 5)
    engine = Engine(io.BytesIO(CAPTURE.read_bytes()), Found(), compiled=compiled, live=live)
    for _ in engine.chunks():
        pass
    conversations = engine.conversations
    assert bool(conversations.closed_early) == (compiled and live == 8)
    table = conversations.table().collect()
    assert pl.concat(conversations.parts()).sort("flow").equals(table)
    flows = np.zeros(table["flow"].max() // 2, np.bool_)
    flows[::3] = True
    wanted = table.filter(pl.Series(marked(flows, table["flow"].to_numpy()))).select("flow", "server_port", "tunnel")
    found = pl.concat(conversations.parts(("flow", "server_port", "tunnel"), flows)).sort("flow")
    assert 0 < found.height < table.height
    assert found.equals(wanted)
