"""Descriptions of packets: they name what decides, are the same each time, and hold no secret."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from netguru.checks.reread import verify
from netguru.errors import InputError
from netguru.model import Evidence
from netguru.model.source import SourceFile
from netguru.pcap import CaptureFile

_ROOT = Path(__file__).parents[2]
_LAB = _ROOT / "data" / "samples" / "lab"
_THIRD_PARTY = _ROOT.parent / "shared" / "data" / "captures"


@cache
def _capture(path: Path) -> CaptureFile:
    return CaptureFile(SourceFile.of(path))


def _lab(name: str) -> CaptureFile:
    return _capture(_LAB / name)


def _third_party(name: str) -> CaptureFile:
    path = _THIRD_PARTY / name
    if not path.is_file():
        pytest.skip(f"third-party captures are not beside the checkout: {name}")
    return _capture(path)


def _captures(state: str) -> list[str]:
    return sorted(path.relative_to(_LAB).as_posix() for path in _LAB.glob(f"*/{state}/captures/*.pcap*"))


_SPOKEN = [
    ("fabric/faulty/captures/boot-spine1-fabric.pcapng", 1719, "10.10.0.6 > 224.0.0.5 OSPF DBD router 10.255.1.4"),
    ("fabric/faulty/captures/boot-spine1-fabric.pcapng", 1719, "mtu 1400"),
    ("fabric/faulty/captures/boot-isp1-bdr2.pcapng", 63, "BGP NOTIFICATION 2/2 OPEN message error: bad peer AS"),
    ("fabric/faulty/captures/boot-bdr1-spine2.pcapng", 89, "TCP SYN seq"),
    ("fabric/faulty/captures/boot-bdr1-spine2.pcapng", 89, " md5 "),
    ("fabric/faulty/captures/dns-trouble.pcapng", 11, "ICMP port unreachable for UDP 10.20.10.11:"),
    ("campus/faulty/captures/eigrp-k.pcap", 24, "EIGRP hello AS"),
    ("campus/faulty/captures/hsrp-flap.pcap", 25, "HSRP coup group 10"),
    ("fabric/faulty/captures/routing-loop.pcapng", 67, "ttl 1"),
]


@pytest.mark.parametrize(("file", "number", "words"), _SPOKEN)
def test_a_description_names_what_decides(file: str, number: int, words: str) -> None:
    assert words in _lab(file).describe(number)


@pytest.mark.parametrize("file", _captures("faulty"))
def test_descriptions_are_one_clean_line_and_stable(file: str) -> None:
    capture = _lab(file)
    again = _capture.__wrapped__(_LAB / file)
    count = min(capture.table().height, 150)

    for number in range(1, count + 1, 3):
        text = capture.describe(number)
        assert text
        assert text.isprintable()
        assert text == again.describe(number)


def test_secrets_are_not_described() -> None:
    capture = _third_party("ftp__bruteforce.pcap")

    texts = [capture.describe(number) for number in range(1, capture.table().height + 1)]

    assert not any("PASS" in text or "USER" in text for text in texts)


def test_a_packet_that_is_not_there_is_said_so() -> None:
    with pytest.raises(InputError, match="no packet 9999"):
        _lab("campus/faulty/captures/cdp.pcap").describe(9999)


def test_packet_evidence_is_found_only_at_its_place() -> None:
    file = _LAB / "campus/faulty/captures/hsrp-flap.pcap"
    (proof,) = _capture(file).evidence([25])

    assert verify(proof, file)
    assert verify(proof, file.parent)
    assert not verify(replace(proof, start=1, end=1), file)
    assert not verify(replace(proof, sha256="0" * 64), file)
    assert not verify(replace(proof, start=25, end=9999), file)
    assert not verify(replace(proof, source="../hsrp-flap.pcap"), file.parent / "nowhere")


def test_line_evidence_is_found_only_at_its_place(tmp_path: Path) -> None:
    file = tmp_path / "r1.cfg"
    file.write_bytes(b"hostname r1\r\ninterface eth0\r\n mtu 1400\r\n")
    proof = Evidence(
        source="r1.cfg",
        sha256=SourceFile.of(file).sha256,
        kind="line",
        start=2,
        end=3,
        text="interface eth0\n mtu 1400",
    )

    assert verify(proof, tmp_path)
    assert not verify(replace(proof, start=1, end=2), tmp_path)
    assert not verify(replace(proof, start=3, end=4), tmp_path)
    assert not verify(replace(proof, kind="cell"), tmp_path)
    assert not verify(replace(proof, source="missing.cfg"), tmp_path)
