"""Twins of captures and folders: same packets, right checksums, nothing of the original, the same findings."""

from __future__ import annotations

import struct
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netguru import diagnose
from netguru.errors import NetGuruError
from netguru.pcap.sanitizer import write_twin
from netguru.pcap.twin_bytes import Draft
from netguru.pcap.twin_frames import frame
from netguru.pcap.twin_routing import fletcher, fletcher_bytes
from netguru.redact.anonymizer import Anonymizer
from netguru.workspace import open_capture, sanitize

LAB = Path(__file__).parents[2] / "data" / "samples" / "lab"
SHARED = Path(__file__).parents[3] / "shared" / "data" / "captures"
KEY = b"a key of the tests, long enough."
CAPTURES = sorted(path for path in LAB.glob("*/*/captures/*") if path.stat().st_size < 400_000)
NAMES = {
    "spine1",
    "spine2",
    "leaf1",
    "leaf2",
    "leaf3",
    "leaf4",
    "bdr1",
    "bdr2",
    "isp1",
    "core1",
    "core2",
    "dist1",
    "acc1",
}


def ones(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data[: len(data) // 2 * 2])) + (
        data[-1] << 8 if len(data) % 2 else 0
    )
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def sums(data):
    """Say of an IPv4 packet on Ethernet which checksums are right, computed without what is under test."""
    at = 14
    while data[at - 2 : at] in (b"\x81\x00", b"\x88\xa8"):
        at += 4
    if data[at - 2 : at] != b"\x08\x00" or len(data) < at + 20:
        return None
    size = (data[at] & 15) * 4
    total = struct.unpack_from(">H", data, at + 2)[0]
    payload = data[at + size : at + total]
    right = [ones(data[at : at + size]) == 0xFFFF]
    fragment = struct.unpack_from(">H", data, at + 6)[0] & 0x3FFF
    if data[at + 9] in (6, 17) and len(payload) == total - size and not fragment:
        if data[at + 9] == 17 and payload[6:8] == b"\0\0":
            return right
        pseudo = data[at + 12 : at + 20] + bytes((0, data[at + 9])) + struct.pack(">H", len(payload))
        right.append(ones(pseudo + payload) == 0xFFFF)
    elif data[at + 9] == 1 and not fragment:
        right.append(ones(payload) == 0xFFFF)
    return right


def frames(capture):
    count = capture.packets().select("number").collect().height
    return capture.frames(range(1, count + 1))


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: f"{path.parts[-4]}-{path.parts[-3]}-{path.name}")
def test_a_twin_has_the_same_packets_with_right_checksums_and_nothing_of_the_original(path, tmp_path):
    capture = open_capture(path)
    anonymizer = Anonymizer(KEY, names=NAMES)
    out = tmp_path / path.name
    write_twin(capture, out, anonymizer)
    twin = open_capture(out)
    columns = ["number", "time_ns", "length", "captured", "link_type"]
    before = capture.packets().select(columns).collect()
    after = twin.packets().select(columns).collect()
    assert after.equals(before)
    pairs = list(zip(frames(capture), frames(twin), strict=True))
    for old, new in pairs:
        assert sums(old) == sums(new)
    content = b"".join(new for _, new in pairs).lower()
    assert not [name for name in NAMES if name.encode() in content]
    macs = {old[6:12] for old, _ in pairs if before["link_type"][0] == 1}
    changed = [
        mac for mac in macs if anonymizer.addresses.mac(int.from_bytes(mac, "big")) != int.from_bytes(mac, "big")
    ]
    assert not [mac for mac in changed if mac in content]


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
def test_every_shared_capture_has_a_twin(tmp_path):
    written = Counter()
    for path in sorted(SHARED.iterdir()):
        if not path.is_file() or path.stat().st_size > 60_000:
            continue
        try:
            capture = open_capture(path)
        except NetGuruError:
            continue
        out = tmp_path / f"{path.stem}.pcapng"
        write_twin(capture, out, Anonymizer(KEY))
        try:
            twin = open_capture(out)
        except NetGuruError:
            assert capture.packets().select("number").collect().height == 0, path
            continue
        lengths = [item.packets().select("length", "captured").collect() for item in (capture, twin)]
        assert lengths[0].equals(lengths[1]), path
        written["captures"] += 1
    assert written["captures"] > 60


@given(
    data=st.binary(max_size=200), link_type=st.sampled_from([0, 1, 9, 12, 50, 104, 101, 105, 108, 113, 127, 228, 276])
)
def test_any_bytes_have_a_twin_of_their_length(data, link_type):
    draft = Draft(data, Anonymizer(KEY), Counter())
    frame(draft, link_type)
    assert len(draft.data) == len(data)


@given(st.binary(min_size=20, max_size=120))
def test_the_checksum_of_an_lsa_is_right(data):
    made = bytearray(data)
    made[14:16] = fletcher_bytes(made, 14)
    assert fletcher(made) == (0, 0)


def counted(findings):
    return Counter((item.check, item.severity) for item in findings.findings)


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    place = tmp_path_factory.mktemp("key") / "key"
    place.write_bytes(KEY)
    return place


@pytest.mark.parametrize(("name", "lost"), [("fabric", {}), ("campus", {"hygiene.snmp-public": 2})])
def test_the_findings_are_the_same(name, lost, key, tmp_path):
    """But for those about a secret's own value: `public` is no community any more."""
    source = LAB / name / "faulty"
    made = sanitize(source, out=tmp_path / "twins", key_file=key)
    assert not [gap for gap in made.coverage.gaps if "truth" not in gap.reason]
    before, after = counted(diagnose(source)), counted(diagnose(tmp_path / "twins"))
    assert {check: count for (check, _), count in (before - after).items()} == lost
    assert not after - before
    texts = [
        path.read_text("utf-8").lower() for path in (tmp_path / "twins").rglob("*") if path.suffix in (".cfg", ".conf")
    ]
    assert texts
    assert not [name for name in NAMES for text in texts if f"hostname {name}\n" in text]
    for item in made.files:
        if item.kind == "text":
            twin = (tmp_path / "twins" / item.out).read_bytes()
            assert twin.count(b"\n") == (source / item.source).read_bytes().count(b"\n")


def test_the_same_key_gives_the_same_bytes_and_another_one_others(key, tmp_path):
    source = LAB / "campus" / "faulty" / "configs"
    other = tmp_path / "other"
    other.write_bytes(KEY[::-1])
    for name, file in (("a", key), ("b", key), ("c", other)):
        sanitize(source, out=tmp_path / name, key_file=file)
    content = {name: [path.read_bytes() for path in sorted((tmp_path / name).rglob("*.cfg"))] for name in "abc"}
    assert content["a"] == content["b"] != content["c"]
    # A file alone gives what it gives in its folder, where it knows the names.
    alone = sanitize(source / "core1.cfg", out=tmp_path / "alone", key_file=key)
    twin = (tmp_path / "alone" / alone.files[0].out).read_text()
    together = (tmp_path / "a" / alone.files[0].out).read_text()
    assert [line for line in twin.splitlines() if "ip address" in line] == [
        line for line in together.splitlines() if "ip address" in line
    ]


def test_what_is_asked_wrongly_is_said(key, tmp_path):
    source = LAB / "campus" / "faulty" / "configs"
    short = tmp_path / "short"
    short.write_text("abc")
    for options, told in (
        ({"out": source / "twins", "key_file": key}, "lies in the folder"),
        ({"out": tmp_path / "x", "key_file": short}, "too short"),
        ({"out": tmp_path / "x", "keep": "colours", "key_file": key}, "colours"),
        ({"out": key, "key_file": key}, "not a folder"),
    ):
        with pytest.raises(NetGuruError, match=told):
            sanitize(source, **options)
    assert not (source / "twins").exists()
