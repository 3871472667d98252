"""Neighbours of captures, held against tshark's answers and the lab's truth."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from netguru.checks.reread import verify
from netguru.model.source import SourceFile
from netguru.pcap import CaptureFile
from netguru.pcap.neighbors import neighbors

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
