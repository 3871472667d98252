"""The views and findings of the lab's configurations, held against the known truth."""

from __future__ import annotations

import json
from functools import cache

import pytest
from config_support import LAB, read

from netguru.checks.reread import verify
from netguru.config import check
from netguru.model.finding import Severity

# The planted faults that configurations alone show, and the checks that name them.
_FAULTS = {
    "campus": {
        "C01": "hygiene.telnet", "C02": "hygiene.snmp-public", "C03": "hygiene.no-enable-secret",
        "C04": "hygiene.ntp-missing", "C05": "ref.unused", "C06": "ref.undefined", "C07": "ref.undefined",
        "C08": "ip.duplicate-address", "C09": "ip.mask-mismatch", "C13": "hygiene.no-password-encryption",
        "C14": "ospf.passive-mismatch", "C15": "bgp.one-sided", "C16": "ospf.area-mismatch",
        "C17": "ospf.mtu-mismatch", "C18": "ref.undefined", "C19": "gateway.group-mismatch",
        "C20": "vlan.undefined", "C21": "hygiene.no-syslog", "C22": "hygiene.exec-timeout-off",
        "C23": "hygiene.http-server", "C24": "hygiene.cleartext-user", "C25": "hygiene.vty-no-acl",
        "C26": "hygiene.telnet", "C27": "hygiene.snmp-public", "C28": "ref.undefined",
        "C29": "bgp.remote-as-mismatch", "C30": "hygiene.unused-port-up",
    },
    "fabric": {"F05": "bgp.md5-mismatch", "F08": "vrrp.dual-master", "F11": "eigrp.k-mismatch"},
}  # fmt: skip
_BACKBONE = ".".join("0000")
_CASES = [(network, fault, name) for network, rows in _FAULTS.items() for fault, name in rows.items()]


@cache
def _truth(network, state):
    return json.loads((LAB / network / state / "truth.json").read_text())


@cache
def _findings(network, state):
    return check(LAB / network / state / "configs").findings


@pytest.mark.parametrize(("network", "fault", "name"), _CASES, ids=[case[1] for case in _CASES])
def test_planted_fault_is_found(network, fault, name):
    row = next(item for item in _truth(network, "faulty")["faults"] if item["id"] == fault)
    devices = set(row["devices"])
    found = [
        item for item in _findings(network, "faulty") if item.check == name and devices & set(item.subject.devices)
    ]

    assert found
    named = {tuple(pair) for item in found for pair in item.subject.interfaces}
    assert {tuple(pair) for pair in row["interfaces"]} <= named


@pytest.mark.parametrize("network", ["campus", "fabric"])
def test_nothing_else_is_found(network):
    extra = [
        (item.check, item.title)
        for item in _findings(network, "faulty")
        if item.check not in set(_FAULTS[network].values())
    ]

    assert extra == []
    assert len(_findings(network, "faulty")) == len(_FAULTS[network])


@pytest.mark.parametrize("network", ["campus", "fabric"])
def test_healthy_network_has_no_finding(network):
    assert [item.title for item in _findings(network, "healthy") if item.severity > Severity.INFO] == []


@pytest.mark.parametrize("network", ["campus", "fabric"])
def test_evidence_is_found_again(network):
    root = LAB / network / "faulty" / "configs"

    assert all(verify(proof, root) for item in _findings(network, "faulty") for proof in item.evidence)


@pytest.mark.parametrize("state", ["healthy", "faulty"])
def test_interfaces_of_the_campus_are_those_of_the_truth(state):
    for device in _truth("campus", state)["devices"]:
        config = read(LAB / "campus" / state / "configs" / f"{device['name']}.cfg")
        for row in device["interfaces"]:
            item = config.interface(row["name"])
            assert item is not None, row["name"]
            _compare(item, row)


def _compare(item, row):
    assert list(item.addresses) == ([row["ipv4"]] if row["ipv4"] else [])
    assert item.description == (row["description"] or "")
    assert item.enabled is not row["shutdown"]
    assert (item.access_vlan, item.voice_vlan) == (row["access_vlan"], row["voice_vlan"])
    allowed = row["trunk_allowed"]
    stated = list(item.allowed_vlans) if item.allowed_vlans is not None and item.mode == "trunk" else None
    assert stated == ([int(vlan) for vlan in allowed] if allowed else None)
    areas = {int(part.area.rsplit(".", 1)[1]) for part in item.ospf}
    assert areas == (set() if row["ospf_area"] is None else {row["ospf_area"]})
    assert (item.duplex or "auto") == row["duplex"]
    if row["mode"] in ("access", "trunk"):
        assert item.mode == row["mode"]
    if row["mode"] == "trunk":
        assert (item.native_vlan or 1) == (row["native_vlan"] or 1)


@pytest.mark.parametrize("state", ["healthy", "faulty"])
def test_fabric_configurations_are_nearly_all_modelled(state):
    for path in (LAB / "fabric" / state / "configs").iterdir():
        config = read(path)
        assert config.platform == "frr"
        assert config.coverage.read / config.coverage.total > 0.9


def test_frr_views():
    config = read(LAB / "fabric" / "faulty" / "configs" / "leaf3.conf")
    port = config.interface("eth1")

    assert port is not None
    assert [(row.version, row.area, row.hello_interval, row.dead_interval, row.network_type) for row in port.ospf] == [
        (2, _BACKBONE, 5, 20, "point-to-point"),
        (3, _BACKBONE, 5, 20, "point-to-point"),
    ]
    group = config.interface("eth3").gateways[0]
    assert (group.protocol, group.group, group.addresses, group.priority) == ("vrrp", 30, ("10.20.60.1",), 200)
    assert {row.process or row.version for row in config.ospf} == {2, 3}
    assert config.bgp.asn == 64500
    assert {row.hold_time for row in config.bgp.neighbors} == {30}
