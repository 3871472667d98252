"""Loss told from reordering and copies: made-up transfers with known truth, compiled and plain, and the lab's truth."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_captures import ACK, LAB, PSH, open_bytes, pcap, segment
from tcp_paths import MS, Path

from netguru import pcap as room
from netguru.pcap.kernels import load, strict
from netguru.pcap.tcp_state import Segments, TcpState

KINDS = {
    "resend": strict.RESEND,
    "copy": strict.COPY,
    "late": strict.LATE,
    "recovered": strict.RECOVERED,
    "twice": strict.TWICE,
}


def columns(rows, slot=0, interface=0):
    """Give the columns of records as `Segments` wants them."""
    return {
        "slots": [slot] * len(rows),
        "directions": [row["side"] for row in rows],
        "interfaces": [interface] * len(rows),
        "numbers": list(range(1, len(rows) + 1)),
        "times": [row["time"] + 10**18 for row in rows],
        "seqs": [row["seq"] for row in rows],
        "acks": [row["ack"] for row in rows],
        "flags": [row["flags"] for row in rows],
        "windows": [8192] * len(rows),
        "lengths": [row["size"] for row in rows],
        "scales": [-1] * len(rows),
        "idents": [row["ident"] for row in rows],
        "stamps": [row["stamp"] for row in rows],
        "sacks": [1 if row["sack"] else 0 for row in rows],
        "lefts": [row["sack"][0] if row["sack"] else 0 for row in rows],
        "rights": [row["sack"][1] if row["sack"] else 0 for row in rows],
    }


def judged(given_columns, *, compiled=False, step=1000):
    """Give marks, kinds and gaps, handing over some rows at a time."""
    state = TcpState(compiled=compiled)
    marks, kinds = [], []
    for first in range(0, len(given_columns["slots"]), step):
        part = {name: values[first : first + step] for name, values in given_columns.items()}
        if compiled:
            part = {name: np.array(values, np.int64) for name, values in part.items()}
        found = state.take(Segments(**part))
        marks += list(found[0])
        kinds += list(found[1])
    return marks, kinds, state.gaps().tolist()


def names(kinds):
    return [next((name for name, bit in KINDS.items() if kind & bit), "") for kind in kinds]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    loss=st.tuples(st.sampled_from((0, 0.02, 0.1)), st.sampled_from((0, 0.02, 0.1))),
    jitter=st.integers(0, 4 * MS),
    stamps=st.booleans(),
    idents=st.booleans(),
    place=st.sampled_from(("sender", "middle", "receiver")),
)
def test_every_record_is_told(seed, loss, jitter, stamps, idents, place):
    path = Path(seed, loss=loss, jitter_ns=jitter, stamps=stamps, idents=idents)
    rows = path.records[place]
    _, kinds, gaps = judged(columns(rows))
    told, truth = names(kinds), path.truth(place)
    if not stamps and not idents:
        # Time alone cannot tell a resend whose own resend was lost: it may follow the jump at once.
        told, truth = (
            [kind for kind, row in zip(kinds_, rows, strict=True) if row["try"] < 2] for kinds_ in (told, truth)
        )
    assert told == truth
    assert bool(gaps) == path.missing(place)


@pytest.mark.parametrize("place", ["sender", "middle", "receiver"])
def test_compiled_is_plain(place):
    paths = [Path(seed, loss=(0.1, 0.1), segments=40) for seed in range(8)]
    rows = [row | {"slot": slot} for slot, path in enumerate(paths) for row in path.records[place]]
    rows.sort(key=lambda row: row["time"])
    given_columns = columns(rows) | {
        "slots": [row["slot"] for row in rows],
        "interfaces": [row["slot"] % 3 for row in rows],
    }
    plain = judged(given_columns, step=100)
    assert judged(given_columns, compiled=True, step=77) == plain
    for slot, path in enumerate(paths):
        own = [kind for kind, row in zip(plain[1], rows, strict=True) if row["slot"] == slot]
        assert own == judged(columns(path.records[place]))[1]
        assert names(own) == path.truth(place)


def test_interfaces_are_apart():
    path = Path(3, loss=(0, 0))
    both = [row | {"at": at, "time": row["time"] + at} for row in path.records["middle"] for at in (0, 1)]
    both.sort(key=lambda row: row["time"])
    _, kinds, _ = judged(columns(both) | {"interfaces": [row["at"] for row in both]})
    for at in (0, 1):
        assert names([kind for kind, row in zip(kinds, both, strict=True) if row["at"] == at]) == path.truth("middle")


def test_connections_move_and_are_forgotten():
    paths = [Path(seed, loss=(0.1, 0.1), segments=40) for seed in range(4)]
    halves = [path.records["middle"] for path in paths]
    state = TcpState(compiled=False)
    for slot, rows in enumerate(halves):
        state.take(Segments(**columns(rows[: len(rows) // 2], slot)))
    state.keep(np.array([1, 3]))
    for slot, path, rows in ((0, paths[1], halves[1]), (1, paths[3], halves[3])):
        _, kinds = state.take(Segments(**columns(rows[len(rows) // 2 :], slot)))
        assert names(kinds) == path.truth("middle")[len(rows) // 2 :]


def data(seq, size=100, time=0, *, side=0, ack=1, ident=-1, sack=None):
    return {
        "side": side, "flags": ACK, "seq": seq % 2**32, "ack": ack, "size": size, "time": time,
        "ident": ident, "stamp": -1, "sack": sack,
    }  # fmt: skip


def test_a_stream_longer_than_its_numbers():
    step = 2**24
    rows = [data(number * step, step, number * MS) for number in range(700)]
    assert not any(judged(columns(rows))[1])
    late = [*rows[:600], data(598 * step, step, 700 * MS), *rows[600:]]
    assert names(judged(columns(late))[1]).count("resend") == 1


def test_holes_are_bounded():
    rows = [data(number * 200, 100, number * MS) for number in range(5000)]
    _, kinds, gaps = judged(columns(rows))
    assert Counter(kinds) == {0: 1, strict.GAP: 4999}
    assert len(gaps) == 4999


def test_probes_are_no_resends():
    shut = data(1, 0, 3 * MS, side=1, ack=201) | {"window": 0}
    rows = [
        data(101),
        data(1, 0, MS, side=1, ack=201),
        data(200, 1, 2 * MS),
        shut,
        data(201, 1, 4 * MS),
        data(201, 1, 9 * MS),
    ]
    given_columns = columns(rows) | {"windows": [row.get("window", 100) for row in rows]}
    assert not any(judged(given_columns)[1])
    # The same byte without an acknowledgment before is one.
    assert names(judged(columns([data(101), data(200, 1, 50 * MS)]))[1]) == ["", "resend"]


def test_needless_and_reported_twice():
    rows = [
        data(101),
        data(201, time=MS),
        data(1, 0, 2 * MS, side=1, ack=101, sack=(201, 301)),
        data(201, time=30 * MS),
        data(101, time=31 * MS),
        data(1, 0, 32 * MS, side=1, ack=301),
        data(101, time=60 * MS),
        data(1, 0, 61 * MS, side=1, ack=301, sack=(101, 201)),
    ]
    wanted = [0, 0, 0, strict.RESEND | strict.NEEDLESS, strict.RESEND, 0, strict.RESEND | strict.NEEDLESS, strict.TWICE]
    assert judged(columns(rows))[1] == wanted


@pytest.mark.parametrize(
    ("after_ns", "ident", "kind"),
    [
        (MS // 10, 10, "copy"),
        (8000 * MS, 10, "copy"),
        (MS // 10, 11, "resend"),
        (30 * MS, -1, "resend"),
        (MS, -1, "copy"),
    ],
)
def test_loops_and_double_recording(after_ns, ident, kind):
    rows = [data(100 * number, time=number * MS, ident=number + 1 if ident > 0 else -1) for number in range(10)]
    again = data(900, time=9 * MS + after_ns, ident=ident)
    assert names(judged(columns([*rows, again]))[1])[-1] == kind


def test_true_resends_of_the_lab():
    truth = json.loads((LAB / "fabric" / "faulty" / "truth.json").read_text())
    faults = [fault for fault in truth["faults"] if "true_resends" in fault]
    assert faults
    for fault in faults:
        found = room.tcp(LAB / "fabric" / "faulty" / fault["evidence"][0]["file"])
        assert found.strict.resends.count == fault["true_resends"]
        assert found.strict.copies.count == found.strict.reordered.count == 0


def test_report_of_a_transfer(tmp_path):
    path = Path(11, loss=(0.1, 0), stamps=False)
    rows = path.records["receiver"]
    frames = [
        segment(
            row["flags"] | (PSH if row["size"] else 0), back=bool(row["side"]), seq=row["seq"], ack=row["ack"],
            payload=b"d" * row["size"], ident=max(row["ident"], 0),
            options=b"\1\1\5\12" + b"".join(edge.to_bytes(4, "big") for edge in row["sack"]) if row["sack"] else b"",
        )
        for row in rows
    ]  # fmt: skip
    open_bytes(tmp_path, pcap(frames, times=[row["time"] // 1000 * 1000 + 10**18 for row in rows]))
    found = room.tcp(tmp_path / "case.pcap").strict
    truth = path.truth("receiver")
    for name, kind in (("resends", "resend"), ("copies", "copy"), ("reordered", "late"), ("recovered", "recovered")):
        assert getattr(found, name).packets == tuple(index for index, told in enumerate(truth, 1) if told == kind), name
    assert found.recovered.count
    assert not found.gaps.count


def test_modules_are_listed():
    assert {"tcp", "strict"} <= set(load.MODULES)
