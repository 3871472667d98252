"""Layers: what both ends are configured for, with the lines; held against the plan of the lab."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from netguru.topology import layers

if TYPE_CHECKING:
    from pathlib import Path


def pairs(rows, layer):
    """Give the pairs of devices that a layer joins, through subnets of more than two as well."""
    joined = defaultdict(set)
    for row in rows:
        if row.layer == layer:
            joined[row.name, row.a.device if "/" in row.a.device else (row.a, row.b)] |= {row.a.device, row.b.device}
    return {frozenset(name for name in names if "/" not in name) for names in joined.values()}


def test_vlans_of_the_campus_run_over_its_access_cables(lab: Path):
    made = layers(lab / "campus" / "healthy").layers
    truth = json.loads((lab / "campus" / "healthy" / "truth.json").read_text())
    access = {
        frozenset(end["device"] for end in (link["a"], link["b"]))
        for link in truth["links"]
        if {link["a"]["device"][:3], link["b"]["device"][:3]} <= {"acc", "dis"}
    }
    by_vlan = defaultdict(set)
    for row in made:
        if row.layer == "vlan":
            by_vlan[row.name].add(frozenset((row.a.device, row.b.device)))
    assert set(by_vlan) == {"10", "20", "30", "99"}
    assert all(found == access for found in by_vlan.values())


@pytest.mark.parametrize(("network", "version", "count"), [("campus", "ospf", 8), ("fabric", "ospf", 14)])
def test_adjacencies_join_the_routers_of_every_transfer_network(lab: Path, network: str, version: str, count: int):
    rows = [row for row in layers(lab / network / "healthy").layers if row.layer == version]
    assert len(pairs(rows, version)) == count
    assert all(row.evidence for row in rows)


def test_a_session_configured_at_one_end_says_so(tmp_path: Path):
    (tmp_path / "a.cfg").write_text(
        "hostname a\ninterface Gi0/1\n ip address 10.0.0.1 255.255.255.252\n"
        "router bgp 1\n neighbor 10.0.0.2 remote-as 2\n"
    )
    (tmp_path / "b.cfg").write_text("hostname b\ninterface Gi0/1\n ip address 10.0.0.2 255.255.255.252\n")
    found = [row for row in layers(tmp_path).layers if row.layer == "bgp"]
    assert [(row.a.device, row.b.device, row.detail) for row in found] == [
        ("a", "b", "a to 10.0.0.2 (AS 2); configured at one end only")
    ]


def test_a_port_that_is_down_or_passive_joins_nothing(tmp_path: Path):
    for name, last, extra in (("a", 1, " ip ospf 1 area 0\n"), ("b", 2, " ip ospf 1 area 0\n shutdown\n")):
        (tmp_path / f"{name}.cfg").write_text(
            f"hostname {name}\ninterface Gi0/1\n ip address 10.0.0.{last} 255.255.255.252\n{extra}router ospf 1\n"
        )
    assert layers(tmp_path).layers == ()
    (tmp_path / "b.cfg").write_text(
        "hostname b\ninterface Gi0/1\n ip address 10.0.0.2 255.255.255.252\n ip ospf 1 area 0\n"
        "router ospf 1\n passive-interface Gi0/1\n"
    )
    assert [row.layer for row in layers(tmp_path).layers] == ["subnet"]
