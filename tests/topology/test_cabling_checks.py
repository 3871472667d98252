"""Cabling checks: the lab's planted faults and nothing in the healthy lab; swaps and descriptions by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from netguru.checks.catalogue import text
from netguru.model.finding import Severity
from netguru.model.source import split_lines
from netguru.topology import checks
from netguru.workspace.opening import open_network

if TYPE_CHECKING:
    from pathlib import Path

CHECKS = (checks.cabling, checks.one_sided, checks.revealed_settings)


def run(network):
    return [item for function in CHECKS for item in function(network)]


def findings(folder: Path):
    return run(open_network(folder))


@pytest.mark.parametrize("state", ["fabric/healthy", "campus/healthy"])
def test_healthy_lab_has_no_finding(state: str, lab: Path, opened):
    assert run(opened(lab / state)) == []


@pytest.mark.parametrize(
    ("state", "fault", "check"),
    [
        ("fabric/faulty", "F07", "cabling.swap"),
        ("campus/faulty", "C31", "cabling.description"),
        ("campus/faulty", "C11", "trunk.native-vlan-mismatch"),
        ("campus/faulty", "C12", "link.duplex-mismatch"),
    ],
)
def test_planted_fault_is_found_with_its_ports(state: str, fault: str, check: str, lab: Path, opened):
    planted = next(
        item for item in json.loads((lab / state / "truth.json").read_text())["faults"] if item["id"] == fault
    )
    found = [item for item in run(opened(lab / state)) if item.check == check]
    assert len(found) == 1
    assert {tuple(pair) for pair in planted["interfaces"]} <= set(found[0].subject.interfaces)
    assert set(planted["devices"]) == set(found[0].subject.devices)


@pytest.mark.parametrize("state", ["fabric/faulty", "campus/faulty"])
def test_every_quotation_is_at_its_place(state: str, lab: Path, opened):
    for found in run(opened(lab / state)):
        for item in found.evidence:
            if item.kind == "line":
                lines = split_lines((lab / state / item.source).read_text())
                assert item.text in "\n".join(lines[item.start - 1 : item.end])


LLDPD = """-------------------------------------------------------------------------------
LLDP neighbors:
-------------------------------------------------------------------------------
{blocks}
"""
BLOCK = """Interface:    {port}, via: LLDP, RID: 1, Time: 0 day, 00:04:39
  Chassis:
    ChassisID:    local {device}
    SysName:      {device}
  Port:
    PortID:       ifname {remote}
-------------------------------------------------------------------------------"""


def lldp(*rows: tuple[str, str, str]) -> str:
    return LLDPD.format(blocks="\n".join(BLOCK.format(port=p, device=d, remote=r) for p, d, r in rows))


def config(name: str, **ports: str) -> str:
    stanzas = [f"interface GigabitEthernet{port[2:].replace('_', '/')}\n{body}\n!" for port, body in ports.items()]
    return "\n".join([f"hostname {name}", "!", *stanzas, "end", ""])


def address(text: str) -> str:
    return f" ip address {text} 255.255.255.252"


def swapped(write, folder: Path, *, described: bool, addressed: bool) -> Path:
    """Write a core with two access devices whose cables are exchanged at the core."""

    def port(peer: str, ip: str) -> str:
        lines = ([f" description to {peer}"] if described else []) + ([address(ip)] if addressed else [])
        return "\n".join(lines or [" no shutdown"])

    return write(
        folder,
        lldp__core=lldp(("Gi0/1", "acc2", "Gi0/1"), ("Gi0/2", "acc1", "Gi0/1")),
        lldp__acc1=lldp(("Gi0/1", "core", "Gi0/2")),
        lldp__acc2=lldp(("Gi0/1", "core", "Gi0/1")),
        configs__core=config("core", Gi0_1=port("acc1 Gi0/1", "10.0.0.1"), Gi0_2=port("acc2 Gi0/1", "10.0.0.5")),
        configs__acc1=config("acc1", Gi0_1=port("core Gi0/1", "10.0.0.2")),
        configs__acc2=config("acc2", Gi0_1=port("core Gi0/2", "10.0.0.6")),
    )


@pytest.mark.parametrize(
    ("described", "addressed", "severity"),
    [(True, True, Severity.ERROR), (True, False, Severity.WARNING), (False, True, Severity.WARNING)],
)
def test_two_exchanged_cables_are_one_finding(described, addressed, severity, made, tmp_path: Path):
    found = findings(swapped(made.write, tmp_path, described=described, addressed=addressed))
    assert [(item.check, item.severity) for item in found] == [("cabling.swap", severity)]
    assert len(found[0].subject.interfaces) == 4


def test_exchanged_cables_without_any_plan_are_no_finding(made, tmp_path: Path):
    assert findings(swapped(made.write, tmp_path, described=False, addressed=False)) == []


def one_cable(write, folder: Path, description: str, *, subnet: bool = True) -> Path:
    far = "10.0.0.2" if subnet else "10.9.9.2"
    return write(
        folder,
        lldp__core=lldp(("Gi0/1", "acc1", "Gi0/7")),
        lldp__acc1=lldp(("Gi0/7", "core", "Gi0/1")),
        configs__core=config("core", Gi0_1=f" description {description}\n{address('10.0.0.1')}"),
        configs__acc1=config("acc1", Gi0_7=address(far), Gi0_8=" no shutdown"),
        configs__acc2=config("acc2", Gi0_1=" no shutdown"),
    )


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("to acc1 Gi0/7", []),
        ("acc1", []),
        ("acc1:GigabitEthernet0/7", []),
        ("link to acc1 port-channel 1", []),
        ("USERS gateway", []),
        ("Uplink Gi0/1", []),
        ("circuit 4711 Serial0/1", []),
        ("customer ACME, ticket 123", []),
        ("to acc", []),
        ("to acc2 Gi0/1", ["cabling.description"]),
        ("link to acc2", ["cabling.description"]),
        ("old-switch GigabitEthernet2/0/1", ["cabling.description"]),
        ("to acc1 Gi0/8", ["cabling.description"]),
        ("P2P_TO_acc2_GigabitEthernet0/1", ["cabling.description"]),
    ],
)
def test_description(description: str, expected: list[str], made, tmp_path: Path):
    found = findings(one_cable(made.write, tmp_path, description))
    assert [item.check for item in found] == expected
    assert all(item.severity == Severity.WARNING for item in found)
    assert all(any(description in quoted.text for quoted in item.evidence) for item in found)


def test_description_and_addresses_together_are_an_error(made, tmp_path: Path):
    found = findings(one_cable(made.write, tmp_path, "to acc2 Gi0/1", subnet=False))
    assert [(item.check, item.severity) for item in found] == [("cabling.contradiction", Severity.ERROR)]


def test_one_sided_cable_is_a_note(made, tmp_path: Path):
    folder = made.write(
        tmp_path,
        lldp__a=lldp(("eth1", "b", "eth1"), ("eth2", "c", "eth1")),
        lldp__b=lldp(("eth2", "c", "eth2")),
        lldp__c=lldp(("eth1", "a", "eth2"), ("eth2", "b", "eth2")),
    )
    found = findings(folder)
    assert [(item.check, str(item.severity)) for item in found] == [("neighbor.one-sided", "note")]
    assert found[0].subject.interfaces == (("a", "eth1"), ("b", "eth1"))


def test_every_check_has_its_words():
    for name in ("cabling.swap", "cabling.contradiction", "cabling.description", "neighbor.one-sided"):
        assert text(name).source
    for name in ("trunk.native-vlan-mismatch@neighbors", "link.duplex-mismatch@neighbors"):
        assert text(name).severity >= Severity.WARNING
