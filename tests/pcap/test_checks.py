"""Checks of captures, held against the planted faults of the lab and the silence of its healthy state."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from netguru.checks import checks, text
from netguru.checks.reread import verify
from netguru.model import Finding, Severity
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


# Fault, check that names it, least severity, file, and the truth's filter of which evidence must show a packet.
_FAULTS = [
    ("fabric", "F01", "ospf.mtu-mismatch", Severity.ERROR, "boot-spine1-fabric.pcapng"),
    ("fabric", "F02", "ospf.timer-mismatch", Severity.ERROR, "boot-spine2-leaf1.pcap"),
    ("fabric", "F03", "ospf.area-mismatch", Severity.ERROR, "boot-spine1-fabric.pcapng"),
    ("fabric", "F04", "bgp.remote-as-mismatch", Severity.ERROR, "boot-isp1-bdr2.pcapng"),
    ("fabric", "F05", "bgp.md5-mismatch", Severity.ERROR, "boot-bdr1-spine2.pcapng"),
    ("fabric", "F06", "bgp.hold-expired", Severity.ERROR, "bgp-hold-leaf4.pcapng"),
    ("fabric", "F08", "vrrp.dual-master", Severity.ERROR, "dup-ip-arp-storm.pcapng"),
    ("fabric", "F09", "stp.root-priority", Severity.NOTE, "dup-ip-arp-storm.pcapng"),
    ("fabric", "F10", "stp.topology-change", Severity.WARNING, "stp-flap.pcapng"),
    ("fabric", "F11", "eigrp.k-mismatch", Severity.ERROR, "boot-bdr2-branch1.pcapng"),
    ("fabric", "F14", "dns.nxdomain", Severity.NOTE, "dns-trouble.pcapng"),
    ("fabric", "F15", "dns.slow", Severity.WARNING, "dns-trouble.pcapng"),
    ("fabric", "F16", "dns.no-answer", Severity.WARNING, "dns-trouble.pcapng"),
    ("fabric", "F17", "dns.refused", Severity.WARNING, "dns-trouble.pcapng"),
    ("fabric", "F18", "dhcp.no-offer", Severity.ERROR, "dhcp-no-offer.pcapng"),
    ("fabric", "F20", "http.error", Severity.NOTE, "server-trouble.pcapng"),
    ("fabric", "F20", "http.slow", Severity.WARNING, "server-trouble.pcapng"),
    ("fabric", "F24", "ip.routing-loop", Severity.ERROR, "routing-loop.pcapng"),
    ("fabric", "F25", "ip.duplicate-address", Severity.ERROR, "dup-ip-arp-storm.pcapng"),
    ("fabric", "F26", "nd.duplicate-address", Severity.ERROR, "dup-ip-arp-storm.pcapng"),
    ("fabric", "F27", "arp.storm", Severity.WARNING, "dup-ip-arp-storm.pcapng"),
    ("campus", "C08", "ip.duplicate-address", Severity.ERROR, "mgmt-vlan.pcap"),
    ("campus", "C32", "hsrp.flap", Severity.WARNING, "hsrp-flap.pcap"),
    ("campus", "C33", "vrrp.flap", Severity.WARNING, "vrrp-flap.pcap"),
    ("campus", "C34", "stp.topology-change", Severity.WARNING, "stp-change.pcap"),
    ("campus", "C34", "stp.root-change", Severity.WARNING, "stp-change.pcap"),
    ("campus", "C35", "eigrp.k-mismatch", Severity.ERROR, "eigrp-k.pcap"),
]
_IDS = [f"{fault}-{check}" for _, fault, check, _, _ in _FAULTS]
# One of several filters of a fault is shown by this finding, the others by its sister.
_OTHER_SISTER = {
    ("F20", "http.error"): "http.time",
    ("F20", "http.slow"): "http.response.code",
    ("C34", "stp.topology-change"): "stp.root.prio",
    ("C34", "stp.root-change"): "stp.type",
}


@cache
def _found(file: str) -> tuple[Finding, ...]:
    capture = _lab(file)
    own = [item for item in checks.values() if item.function.__module__.startswith("netguru.pcap.checks.")]
    return tuple(finding for item in own for finding in item.function(capture))


@pytest.mark.parametrize(("network", "fault", "check", "severity", "file"), _FAULTS, ids=_IDS)
def test_planted_fault_is_found(network: str, fault: str, check: str, severity: Severity, file: str) -> None:
    found = [item for item in _found(f"{network}/faulty/captures/{file}") if item.check == check]

    assert found, fault
    assert max(item.severity for item in found) >= severity


@pytest.mark.parametrize(("network", "fault", "check", "severity", "file"), _FAULTS, ids=_IDS)
def test_evidence_shows_the_planted_fault(network: str, fault: str, check: str, severity: Severity, file: str) -> None:
    del severity
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    truth = json.loads((_LAB / network / "faulty" / "truth.json").read_text())
    planted = next(item for item in truth["faults"] if item["id"] == fault)["evidence"]
    findings = [item for item in _found(f"{network}/faulty/captures/{file}") if item.check == check]
    quoted = {number for item in findings for proof in item.evidence for number in (proof.start, proof.end)}
    for item in planted:
        hidden = item.get("max") == 0 or _OTHER_SISTER.get((fault, check), "-") in item.get("filter", "")
        if item["type"] == "capture" and item["file"] == f"captures/{file}" and not hidden:
            assert _frames(_LAB / network / "faulty" / item["file"], item["filter"]) & quoted, item["filter"]


def _frames(path: Path, display_filter: str) -> set[int]:
    command = ["tshark", "-r", str(path), "-Y", display_filter, "-T", "fields", "-e", "frame.number"]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    return {int(line) for line in output.split()}


@pytest.mark.parametrize("file", _captures("healthy"))
def test_healthy_networks_have_no_error(file: str) -> None:
    assert [item for item in _found(file) if item.severity >= Severity.ERROR] == []


def test_the_only_warning_of_a_healthy_network_is_true() -> None:
    warnings = {
        item.title for file in _captures("healthy") for item in _found(file) if item.severity >= Severity.WARNING
    }

    # www1 asks for its own name and gets REFUSED: the lab's server has no record and no forwarder.
    assert warnings == {"DNS server 10.20.50.10 refuses A www1, AAAA www1"}


@pytest.mark.parametrize("file", _captures("faulty") + _captures("healthy"))
def test_every_evidence_is_found_again(file: str) -> None:
    path = _LAB / file

    lost = [(item.check, proof) for item in _found(file) for proof in item.evidence if not verify(proof, path.parent)]

    assert lost == []


def test_no_finding_shows_a_secret() -> None:
    words = "".join(
        f"{item.title}{item.why}{item.symptoms}{item.evidence}" for file in _captures("faulty") for item in _found(file)
    )

    assert not re.search(r"fabric-key|cisco123|password [\w-]*\d", words)


def test_every_reported_id_has_a_text_with_a_source() -> None:
    own = [item for item in checks.values() if item.function.__module__.startswith("netguru.pcap.checks.")]
    ids = {name for item in own for name in item.ids}

    assert len(own) > 15
    assert all(text(name).source for name in ids)
    assert {item.profile for item in own} == {"", "routing", "l2", "services", "security"}


@pytest.mark.parametrize(
    "name",
    [
        ("dhcp__dhcp.pcap", "dhcp.nak"),
        ("tls__tls-1.2-handshake-failure.pcap", "tls.alert"),
        ("tls__tls-expired-cert.pcap", "tls.obsolete-version"),
        ("ftp__bruteforce.pcap", "security.cleartext-login"),
        ("bgp__bgp-shutdown-communication.pcapng", "bgp.notification"),
        ("tcp__nmap-vsn.pcap", "arp.storm"),
        ("tcp__retransmit-fast009.pcap", "capture.truncated"),
    ],
    ids=lambda pair: pair[1],
)
def test_third_party_captures_show(name: tuple[str, str]) -> None:
    capture = _third_party(name[0])
    own = [item for item in checks.values() if name[1] in item.ids]

    assert any(finding.check == name[1] for item in own for finding in item.function(capture))
