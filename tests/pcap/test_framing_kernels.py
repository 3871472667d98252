"""Framing by kernels: as plain Python and compiled they find the same packets, however the bytes arrive."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import struct
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_captures import LAB, SHARED, block, enhanced, ethernet, interface, option, pcap, section

from netguru.errors import FileRejectedError
from netguru.pcap.framing import NO_TIME, ROWS, Found, read_batches
from netguru.pcap.kernels import framing as plain
from netguru.pcap.kernels import load
from netguru.pcap.summarize import epoch_text

FRAMES = [ethernet(bytes([n]) * (46 + n), 0x88B5) for n in range(5)]
CAPTURES = sorted(path for folder in (SHARED, *LAB.glob("*/*/captures")) for path in folder.glob("*.*"))
CAPTURES = [path for path in CAPTURES if path.suffix in {".pcap", ".pcapng", ".snoop", ".cap"}]
BOTH = pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])


class Trickle(io.RawIOBase):
    """Give bytes in pieces of sizes that are drawn, and no way back."""

    def __init__(self, data, sizes):
        super().__init__()
        self.data, self.sizes, self.place = data, sizes or [1000], 0

    def readable(self):
        return True

    def readinto(self, target):
        self.sizes.append(self.sizes.pop(0))
        part = self.data[self.place : self.place + min(len(target), self.sizes[-1])]
        target[: len(part)] = part
        self.place += len(part)
        return len(part)


def rows(stream, **options):
    """Give the six columns of all packets, and what was found beside them."""
    found = Found()
    stream = io.BytesIO(stream) if isinstance(stream, bytes) else stream
    parts = [
        np.stack([b.start + b.base, b.captured, b.length, b.time_ns, b.interface, b.link_type])
        for b in read_batches(stream, found, **options)
    ]
    return np.concatenate([np.empty((6, 0), np.int64), *parts], axis=1), found


def same(data, **options):
    one, found = rows(data)
    two, found_too = rows(data, compiled=True, **options)
    assert np.array_equal(one, two)
    assert found == found_too
    return one, found


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_both_find_the_packets_that_tshark_finds(path):
    table, _ = same(path.read_bytes())
    golden = path.parent / "expected" / f"{path.name}.json"
    if not golden.exists():
        return
    told = json.loads(golden.read_text())
    times = table[3][table[3] != NO_TIME]
    mine = {
        "packets": table.shape[1],
        "captured_bytes": int(table[1].sum()),
        "first_time": epoch_text(int(times.min())) if times.size else None,
        "last_time": epoch_text(int(times.max())) if times.size else None,
    }
    mine["bytes"] = int(table[2].sum())
    if path.name in DIFFERENT:
        pytest.skip(DIFFERENT[path.name])
    assert mine == {name: told[name] for name in mine}


DIFFERENT = {
    "malformed__vtp_asan.pcap": "tshark does not know the link type and reads nothing",
    "format__timestamp_invalid_micro.pcap": "a fraction of more than a second, which tshark prints with ten digits",
}


def record(fields, frame, extra=b"", order="<"):
    return struct.pack(f"{order}IIII", *fields) + extra + frame


def head(magic, version=(2, 4), link=1, order="<", more=b""):
    return struct.pack(f"{order}IHHiIII", magic, *version, 0, 0, 65535, link) + more


EXTRA = struct.pack("<IHBB", 2, 0x0800, 1, 0)
NOKIA = struct.pack("<I", 0x9FBFB601)


@pytest.mark.parametrize(
    ("name", "start", "extra", "swapped", "unit"),
    [
        ("pcap", head(0xA1B2C3D4), b"", False, 1000),
        ("pcap (modified)", head(0xA1B2C3D4), EXTRA, False, 1000),
        ("pcap (Nokia)", head(0xA1B2C3D4), NOKIA, False, 1000),
        ("pcap (modified)", head(0xA1B2CD34), EXTRA, False, 1000),
        ("pcap (modified)", head(0xA1B2CD34), EXTRA + b"\1\1\0\0", False, 1000),
        ("pcap (Ixia)", head(0x1C0001AC, more=b"\0\1\0\0"), b"", False, 1),
        ("pcap (Ixia)", head(0x1C0001AB, more=b"\0\1\0\0"), b"", False, 1000),
        ("pcap", head(0xA1B2C3D4, (2, 2)), b"", True, 1000),
        ("pcap", head(0xA1B2C3D4, (543, 0)), b"", True, 1000),
        ("pcap", head(0xA1B2C3D4, (2, 3)), b"", True, 1000),
        ("pcap (AIX)", head(0xA1B2C3D4, (2, 2), link=6), b"", True, 1),
        ("pcap (nanoseconds)", head(0xA1B23C4D), b"", False, 1),
    ],
)
def test_every_variant_of_pcap(name, start, extra, swapped, unit):
    data = start
    for second, frame in enumerate(FRAMES):
        lengths = (1000 + len(frame), len(frame)) if swapped else (len(frame), 1000 + len(frame))
        data += record((10**9 + second, 7, *lengths), frame, extra)
    table, found = same(data)
    assert found.format == name
    assert not found.damage
    assert [data[start : start + size] for start, size in zip(table[0], table[1], strict=True)] == FRAMES
    assert table[2].tolist() == [1000 + len(frame) for frame in FRAMES]
    assert table[3].tolist() == [(10**9 + second) * 10**9 + 7 * unit for second in range(5)]
    assert set(table[5].tolist()) == {1}


@given(st.binary(max_size=300), st.booleans(), st.sampled_from([16, 24]), st.sampled_from([0, 1, 2]))
def test_the_record_kernel_as_python_is_the_compiled_one(tail, big, header, order):
    data = struct.pack(f"{'>' if big else '<'}IIII", 5, 6, 20, 30) + tail
    lists = [[0] * 8 for _ in range(4)]
    arrays = [np.zeros(8, np.int64) for _ in range(4)]
    options = (int(big), header, 1000, order)
    one = plain.pcap_records(data, 0, len(data), 0, 8, *options, *lists)
    fast = load.compiled("framing").pcap_records
    two = fast(np.frombuffer(bytearray(data), np.uint8), 0, len(data), 0, 8, *options, *arrays)
    assert one == two
    assert lists == [array.tolist() for array in arrays]


CLOCKS = st.tuples(
    st.one_of(st.integers(0, 20), st.integers(0x80, 0x80 + 70)),
    st.one_of(st.integers(-(10**10), 10**10), st.integers(-(2**63), 2**63 - 1)),
)


@given(st.lists(CLOCKS, min_size=1, max_size=3), st.lists(st.integers(0, 2**64 - 1), max_size=4), st.sampled_from("<>"))
def test_all_clocks_are_exact(clocks, ticks, order):
    data, expected = section(order), []
    for resolution, offset in clocks:
        options = option(9, bytes([resolution]), order) + option(14, struct.pack(f"{order}q", offset), order)
        data += interface(options=options, order=order)
    for index, (resolution, offset) in enumerate(clocks):
        units = 2 ** (resolution & 0x7F) if resolution & 0x80 else 10**resolution
        # Ticks as drawn, and ones that give times of our days.
        for tick in [*ticks, min(max(0, (1_700_000_000 - offset) * units + 3), 2**64 - 1)]:
            data += enhanced(FRAMES[0], tick, index, order)
            seconds = tick // units + offset
            nanoseconds = seconds * 10**9 + int(Fraction(tick % units, units) * 10**9)
            inside = abs(seconds) <= plain.LAST_SECOND
            expected.append(nanoseconds if inside else NO_TIME)
    table, _ = same(data)
    assert table[3].tolist() == expected


def test_other_blocks_and_what_they_say():
    names = struct.pack("<HH", 1, 11) + bytes((10, 0, 0, 1)) + b"gw\0r1\0\0" + b"\0"
    names += struct.pack("<HH", 2, 19) + bytes(15) + b"\1" + b"lo\0" + b"\0" + struct.pack("<HH", 0, 0)
    secrets = struct.pack("<II", 0x544C534B, 9) + b"CLIENT_RA" + bytes(3)
    lost = option(4, struct.pack("<Q", 3)) + option(0, b"")
    data = section() + interface() + interface(link_type=101) + block(4, names) + block(10, secrets)
    frame = FRAMES[0] + bytes(-len(FRAMES[0]) % 4)
    fields = (0, 0, 5, len(FRAMES[0]), len(FRAMES[0]))
    for _ in range(2):
        data += block(6, struct.pack("<IIIII", *fields) + frame + lost)
    data += block(2, struct.pack("<HHIIII", 1, 4, 0, 7, 60, 60) + bytes(60))
    data += block(2, struct.pack("<HHIIII", 1, 0xFFFF, 0, 7, 60, 60) + bytes(60))
    table, found = same(data)
    assert table[4].tolist() == [0, 0, 1, 1]
    assert [item.dropped for item in found.interfaces] == [6, 4]
    assert found.names == {"10.0.0.1": ("gw", "r1"), "::1": ("lo",)}
    assert found.secrets == [(0x544C534B, b"CLIENT_RA")]
    assert not found.damage


def test_statistics_of_the_interface_count_more_than_those_of_packets():
    lost = option(4, struct.pack("<Q", 3)) + option(0, b"")
    frame = FRAMES[0] + bytes(-len(FRAMES[0]) % 4)
    packet = block(6, struct.pack("<IIIII", 0, 0, 5, len(FRAMES[0]), len(FRAMES[0])) + frame + lost)
    statistics = block(5, struct.pack("<III", 0, 0, 0) + option(5, struct.pack("<Q", 12)) + option(0, b""))
    _, found = same(section() + interface() + packet + statistics + packet)
    assert found.interfaces[0].dropped == 12


def test_rare_blocks_between_all_packets_and_more_packets_than_rows():
    statistics = block(5, struct.pack("<III", 0, 0, 0) + option(0, b""))
    data = section() + interface() + b"".join(enhanced(b"x", n) + statistics for n in range(ROWS + 5))
    table, found = same(data)
    assert table[3].tolist() == [n * 1000 for n in range(ROWS + 5)]
    assert not found.damage


def test_sections_of_changing_byte_order_and_clock():
    odd = option(9, b"\x0c")
    data = b"".join(
        section(order)
        + interface(order=order, options=option(9, bytes([resolution]), order))
        + enhanced(b"x", 10**13, 0, order)
        for order, resolution in (("<", 6), (">", 12), ("<", 12), (">", 19), ("<", 9))
    )
    table, found = same(data + section() + interface(options=odd))
    assert table[3].tolist() == [10**16, 10**10, 10**10, 10**3, 10**13]
    assert len(found.interfaces) == 6


def test_more_interfaces_than_the_table_can_number():
    data = section() + interface() * ((1 << 16) + 1) + enhanced(b"x")
    table, found = rows(data, compiled=True)
    assert not table.size
    assert "more than 65,536 interfaces" in found.damage[0].message


@BOTH
@given(sizes=st.lists(st.integers(1, 300), min_size=1, max_size=8), block_bytes=st.integers(1, 500))
def test_any_split_of_the_bytes(compiled, sizes, block_bytes):
    for data in (pcap(FRAMES), section() + interface() + b"".join(enhanced(frame, 7) for frame in FRAMES)):
        whole, _ = rows(data)
        table, found = rows(Trickle(data, sizes), compiled=compiled, block_bytes=block_bytes)
        assert np.array_equal(table, whole)
        assert not found.damage


@BOTH
def test_a_block_larger_than_the_buffer(compiled):
    large = block(0xBAD, bytes(5 << 20))
    data = section() + interface() + enhanced(FRAMES[0]) + large + enhanced(FRAMES[1])
    table, found = rows(data, compiled=compiled)
    assert table[1].tolist() == [len(FRAMES[0]), len(FRAMES[1])]
    assert not found.damage


@given(
    st.binary(max_size=400),
    st.sampled_from([pcap(FRAMES)[:90], section() + interface(), b"snoop\0\0\0\0\0\0\2\0\0\0\4"]),
)
def test_random_bytes_give_both_the_same(tail, start):
    same(start + tail, block_bytes=64)


SMALL = [path.read_bytes() for path in CAPTURES if path.stat().st_size < 6000][:40]


@given(st.data())
def test_mutated_captures_give_both_the_same(data):
    capture = bytearray(data.draw(st.sampled_from(SMALL)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(capture) - 1))
        new = data.draw(
            st.one_of(st.binary(max_size=8), st.sampled_from([b"\xff" * 4, bytes(4), b"\0\0\4\0", b"\0\0\0\1"]))
        )
        capture[at : at + data.draw(st.integers(0, 8))] = new
    with contextlib.suppress(FileRejectedError):
        same(bytes(capture))


class Endless(io.RawIOBase):
    """Give a header and then the same records again and again, up to a size, without holding them."""

    def __init__(self, start, records, size):
        super().__init__()
        self.pending, self.records, self.left = start, records, size

    def readable(self):
        return True

    def readinto(self, target):
        if not self.pending and self.left > 0:
            self.pending = self.records
            self.left -= len(self.records)
        part = self.pending[: len(target)]
        target[: len(part)] = part
        self.pending = self.pending[len(part) :]
        return len(part)


@BOTH
@pytest.mark.parametrize("kind", ["pcap", "pcapng"])
def test_memory_does_not_grow_with_the_file(compiled, kind):
    if kind == "pcap":
        start, records = pcap([]), pcap([bytes(1400)] * 50)[24:]
    else:
        start, records = section() + interface(), enhanced(bytes(1400)) * 50

    def peak(size):
        tracemalloc.start()
        try:
            stream = Endless(start, records, size)
            count = sum(b.start.size for b in read_batches(stream, Found(), compiled=compiled))
            return count, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1_000_000)
    few, small = peak(5_000_000)
    many, large = peak(20_000_000)
    assert many > 3.9 * few
    assert large < 1.1 * small + 100_000
    assert large < 16_000_000


def test_kernels_are_one_source():
    module = importlib.import_module("netguru.pcap.kernels.framing")
    assert load.loaded("framing", compile_it=False) is module
