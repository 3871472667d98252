"""Streams: a compressed capture holds what the plain one holds, wherever it comes from and however it is cut."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import random
import subprocess
import sys

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_captures import enhanced, ethernet, interface, pcap, section

from netguru import pcap as room
from netguru.errors import FileRejectedError
from netguru.model.source import SourceFile
from netguru.pcap.framing import Found, read_batches
from netguru.pcap.reader import CaptureReader
from netguru.pcap.streams import first_bytes, is_packed, open_forward, open_seekable, packing

# Payloads that do not compress, so that a part of the packed bytes is a part of the packets.
_RANDOM = random.Random(5)  # noqa: S311 - test data
FRAMES = [ethernet(_RANDOM.randbytes(200), 0x88B5) for _ in range(60)]
CAPTURE = pcap(FRAMES)
LARGE = section() + interface() + b"".join(enhanced(_RANDOM.randbytes(1400), n) for n in range(300))


def arrow(codec):
    def pack(data):
        packed = pa.BufferOutputStream()
        with pa.CompressedOutputStream(packed, codec) as stream:
            stream.write(data)
        return packed.getvalue().to_pybytes()

    return pack


PACK = {"gzip": gzip.compress, "zstd": arrow("zstd"), "lz4": arrow("lz4"), "bzip2": bz2.compress, "xz": lzma.compress}
ALL = pytest.mark.parametrize("name", PACK)


class OneWay(io.BytesIO):
    """A file object without a way back, as standard input is."""

    def seekable(self):
        return False

    def seek(self, *_):
        raise io.UnsupportedOperation


def count(data, *, one_way=False, compiled=False):
    found = Found()
    stream = open_forward((OneWay if one_way else io.BytesIO)(data), found)
    return sum(batch.start.size for batch in read_batches(stream, found, compiled=compiled)), found


@ALL
@pytest.mark.parametrize("one_way", [False, True])
def test_compressed_is_uncompressed(name, one_way):
    for data, packets in ((CAPTURE, 60), (LARGE, 300)):
        packed = PACK[name](data)
        assert packing(packed) == name
        for compiled in (False, True):
            told, found = count(packed, one_way=one_way, compiled=compiled)
            assert told == packets
            assert not found.damage


@ALL
def test_a_chain_of_compressed_parts(name):
    packed = b"".join(PACK[name](part) for part in (CAPTURE[:1000], CAPTURE[1000:5000], CAPTURE[5000:]))
    told, found = count(packed)
    assert told == 60
    assert not found.damage


@ALL
@pytest.mark.parametrize("one_way", [False, True])
def test_what_was_unpacked_before_the_end_is_read(name, one_way):
    packed = PACK[name](LARGE)
    told, found = count(packed[:-3], one_way=one_way)
    assert any("cut short" in damage.message for damage in found.damage)
    if not one_way:
        # The last block of zstd, 128 kB, is had whole or not at all.
        assert told >= (200 if name == "zstd" else 299)
    if name == "bzip2":
        # All of it was packed in one block, of which nothing is had without its end.
        with pytest.raises(FileRejectedError, match="is not a capture: the bzip2 data is cut short"):
            count(packed[: len(packed) // 2])
        return
    half, found = count(packed[: len(packed) // 2])
    assert half < 300
    assert found.damage


@pytest.mark.parametrize("name", ["gzip", "zstd", "lz4"])
def test_a_damaged_part_behind_good_ones(name):
    middle = bytearray(PACK[name](CAPTURE))
    middle[6:16] = b"\xff" * 10
    told, found = count(PACK[name](CAPTURE) + bytes(middle))
    assert told >= 60
    assert any(f"the {name} data is" in damage.message for damage in found.damage)


@ALL
def test_opened_by_its_content(name, tmp_path):
    for data, packets in ((CAPTURE, 60), (LARGE, 300)):
        file = tmp_path / "capture.bin"
        file.write_bytes(PACK[name](data))
        assert first_bytes(file)[:4] == data[:4]
        assert is_packed(file)
        found = room.summary(file)
        assert found.packets == packets
        match = CaptureReader().recognise(file.read_bytes()[:1000], SourceFile.of(file))
        assert match is not None
        assert match.reason == f"magic number inside {name}"


@ALL
def test_random_access(name, tmp_path):
    file = tmp_path / "capture.bin"
    file.write_bytes(PACK[name](LARGE))
    with open_seekable(file, Found()) as stream:
        for place in (200_000, 5, 300_000):
            stream.seek(place)
            assert stream.read(1000) == LARGE[place : place + 1000]
    (tmp_path / "plain").write_bytes(LARGE)
    assert not is_packed(tmp_path / "plain")
    with open_seekable(tmp_path / "plain", Found()) as stream:
        stream.seek(100)
        assert stream.read(5) == LARGE[100:105]


def test_other_compressed_files_are_no_captures(tmp_path):
    for name, pack in PACK.items():
        file = tmp_path / name
        file.write_bytes(pack(b"hostname r1\n" * 100))
        assert CaptureReader().recognise(file.read_bytes(), SourceFile.of(file)) is None
        file.write_bytes(pack(CAPTURE)[:9])
        assert CaptureReader().recognise(file.read_bytes(), SourceFile.of(file)) is None


@ALL
@settings(max_examples=30)
@given(data=st.data())
def test_mutated_packing_never_fails_otherwise(name, data):
    packed = bytearray(PACK[name](CAPTURE[:3000]))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(4, len(packed) - 1))
        packed[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    with contextlib.suppress(FileRejectedError):
        count(bytes(packed), one_way=data.draw(st.booleans()))


def test_no_file(tmp_path):
    with pytest.raises(FileRejectedError, match="cannot be read"):
        open_forward(tmp_path / "nowhere", Found())
    assert first_bytes(tmp_path / "nowhere") == b""


def test_a_file_object_that_fails_on_the_way():
    class Failing(OneWay):
        def read(self, size=-1):
            if self.tell() > 3000:
                raise OSError(5, "Input/output error")
            return super().read(min(size, 2000) if size > 0 else 2000)

        readinto = None

    for compiled in (False, True):
        found = Found()
        stream = open_forward(Failing(CAPTURE), found)
        told = sum(batch.start.size for batch in read_batches(stream, found, compiled=compiled))
        assert 10 < told < 60
        assert "cannot be read further (Input/output error)" in found.damage[0].message


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_standard_input(name):
    program = "from netguru import pcap; print(pcap.summary('-').packets)"
    packed = PACK[name](CAPTURE)
    done = subprocess.run(
        [sys.executable, "-c", program], input=packed, capture_output=True, check=True, env=os.environ
    )
    assert done.stdout.split() == [b"60"]
