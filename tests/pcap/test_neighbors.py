"""Neighbours of captures, held against tshark's answers and the lab's truth."""

from __future__ import annotations

import json
import struct
from functools import cache
from pathlib import Path

import pytest

from netguru.checks.reread import verify
from netguru.model.source import SourceFile
from netguru.pcap import CaptureFile
from netguru.pcap.announcements import neighbors

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


_FOREIGN = [
    "cdp__3560_CDP.pcap",
    "cdp__LLDP_and_CDP.pcap",
    "gre__various_gre.pcap",
    "link__HDLC.pcap",
    "lldp__dcb_ets.pcap",
    "lldp__lldp_mudurl.pcap",
    "malformed__lldp-infinite-loop-1.pcap",
]


@pytest.mark.parametrize("name", _FOREIGN)
def test_neighbours_agree_with_tshark(name: str) -> None:
    found = neighbors(_third_party(name))
    expected = json.loads((_THIRD_PARTY / "expected" / f"{name}.json").read_text())["neighbours"]

    # A device without a name is shown by its chassis id.
    wanted = {(item["protocol"], item["device"] or item.get("chassis"), item["port"]) for item in expected}
    assert {(item.protocol, item.remote_device, item.remote_port) for item in found} == wanted


def test_campus_cdp_names_every_port() -> None:
    found = neighbors(_lab("campus/faulty/captures/cdp.pcap"))
    dist1 = {item.remote_port: item for item in found if item.remote_device.startswith("dist1")}

    assert len(found) == len({(item.remote_device, item.remote_port) for item in found})
    assert dist1["GigabitEthernet1/0/1"].native_vlan == 999
    assert all(item.device == "" and item.protocol == "cdp" for item in found)


def test_interfaces_of_pcapng_name_the_port() -> None:
    found = neighbors(_lab("fabric/healthy/captures/lldp-cdp-bdr1.pcapng"))

    assert {item.protocol for item in found} == {"cdp", "lldp"}
    assert {item.port for item in found} >= {"eth1", "eth2"}


def test_evidence_is_found_again() -> None:
    file = _LAB / "fabric/healthy/captures/lldp-cdp-bdr1.pcapng"

    lost = [proof for item in neighbors(_capture(file)) for proof in item.evidence if not verify(proof, file)]

    assert lost == []


def _unit(kind: int, value: bytes) -> bytes:
    return (kind << 9 | len(value)).to_bytes(2, "big") + value


def _lldp(ttl: int, *more: bytes) -> bytes:
    identity = _unit(1, b"\x04\x02\0\0\0\0\x01") + _unit(2, b"\x05eth7") + _unit(3, ttl.to_bytes(2, "big"))
    return bytes.fromhex("0180c200000e 020000000001 88cc") + identity + b"".join(more) + b"\0\0"


def test_a_shutdown_keeps_what_was_announced(tmp_path: Path) -> None:
    frames = [_lldp(120, _unit(5, b"sw7.example.net"), _unit(8, b"\x05\x01\x0a\0\0\x07\x02\0\0\0\x01\0")), _lldp(0)]
    records = [struct.pack("<IIII", 1_700_000_000 + n, 0, len(f), len(f)) + f for n, f in enumerate(frames)]
    path = tmp_path / "shutdown.pcap"
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + b"".join(records))

    (found,) = neighbors(_capture(path))

    assert (found.remote_device, found.remote_port, found.address) == ("sw7.example.net", "eth7", "10.0.0.7")
    assert found.ttl == 0
    assert [proof.start for proof in found.evidence] == [1, 2]
