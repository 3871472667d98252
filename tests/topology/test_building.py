"""The graph from rows: who is the same device, which ports are the same, what proves no cable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from netguru.topology.building import build, physical_links

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.model.network import Network


@pytest.mark.parametrize(
    ("rows", "links"),
    [
        # Both sides, long and short port names, FQDN, case, serial number.
        (["sw1 Gi0/1 > SW2.example.net Te1/0/1", "sw2 Te1/0/1 => sw1(FOC123) GigabitEthernet0/1"],
         ["sw1 GigabitEthernet0/1 - sw2 TenGigabitEthernet1/0/1"]),
        # CDP and LLDP of one cable are one link.
        (["a Gi0/1 > b Gi0/2", "a Gi0/1 => b.lab GigabitEthernet0/2", "b Gi0/2 > a Gi0/1"],
         ["a GigabitEthernet0/1 - b GigabitEthernet0/2"]),
        # Parallel cables stay apart.
        (["a eth1 > b eth1", "a eth2 > b eth2", "b eth1 > a eth1", "b eth2 > a eth2"],
         ["a eth1 - b eth1", "a eth2 - b eth2"]),
        # A Junos unit is its port.
        (["q xe-0/0/0.0 > s Eth1/3", "s Ethernet1/3 > q xe-0/0/0"], ["q xe-0/0/0 - s Ethernet1/3"]),
        # An SNMP index is resolved from the other end.
        (["s Eth1/3 > q 521", "s Eth1/4 > q 522", "q xe-0/0/0 > s Eth1/3", "q xe-0/0/1 > s Eth1/4"],
         ["q xe-0/0/0 - s Ethernet1/3", "q xe-0/0/1 - s Ethernet1/4"]),
        # Descriptions on both sides: one cable between the two, so the ports are each other's.
        (["b1 eth3 => b2 to_b1_eth3", "b2 eth3 => b1 to_b2_eth3"], ["b1 eth3 - b2 eth3"]),
        # A device that gives no report is known from its neighbour.
        (["a eth1 > phone Port_1"], ["a eth1 - phone Port 1 ?"]),
        (["a eth1 > host 0200.0000.0001"], ["a eth1 - host 02:00:00:00:00:01 ?"]),
        # A loop cable joins two ports of one device.
        (["fw et1 > fw et2", "fw et2 > fw et1"], ["fw Ethernet1 - fw Ethernet2"]),
        # The same first label in two domains is two devices.
        (["sw.east Gi0/1 > core Gi0/1", "sw.west Gi0/1 > core Gi0/2", "core Gi0/1 > sw.east Gi0/1",
          "core Gi0/2 > sw.west Gi0/1"],
         ["core GigabitEthernet0/1 - sw.east GigabitEthernet0/1",
          "core GigabitEthernet0/2 - sw.west GigabitEthernet0/1"]),
        # A name cut at twenty characters.
        (["a Gi0/1 > access-floor-2.campu Gi0/9", "access-floor-2.campus.example Gi0/9 > a Gi0/1"],
         ["a GigabitEthernet0/1 - access-floor-2.campus.example GigabitEthernet0/9"]),
        # A phone passes the frames of the PC behind it: the cable is the one that answers.
        (["a Gi0/1 > b Gi0/1", "a Gi0/1 > pc eth0", "b Gi0/1 > a Gi0/1"],
         ["a GigabitEthernet0/1 - b GigabitEthernet0/1"]),
    ],
)  # fmt: skip
def test_links(rows: list[str], links: list[str], made):
    assert made.shown(build(made.network(*rows))) == links


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (["a eth1 > b eth1", "a eth1 > c eth1", "b eth1 > c eth1", "b eth1 > a eth1"], "shared segment"),
        (["a mgmt0 > sw Gi0/1", "b mgmt0 > sw Gi0/1"], ""),
        (["a eth1 > b eth1", "b eth1 > c eth1"], "hears another neighbour"),
        (["a eth1 > b to_the_core", "b eth1 > c eth1"], "none of its ports"),
        (["a eth1 > b 77", "b eth1 > c eth1"], "none of its ports"),
        (["a eth1 > a eth1"], "hears itself"),
        (["a mgmt0 > b mgmt0", "b mgmt0 > a mgmt0"], "management network"),
        (["a eth1 > -none- eth9"], "does not state its name"),
    ],
)
def test_what_proves_no_cable(rows: list[str], reason: str, made):
    topology = build(made.network(*rows))
    if reason:
        assert [item for item in topology.unresolved if reason in item.reason]
        assert not [link for link in made.shown(topology) if "a " in link]
    else:
        assert made.shown(topology) == [] or all(text.endswith("?") for text in made.shown(topology))


def test_counts_add_up_and_every_row_is_somewhere(made):
    rows = ["a eth1 > b eth1", "b eth1 > a eth1", "a eth2 > c eth1", "a eth2 > d eth1", "a eth3 > -none- x"]
    topology = build(made.network(*rows))
    assert topology.coverage.total == len(rows)
    assert topology.coverage.read == 2
    assert len(topology.unresolved) == 3


def test_nameless_neighbour_is_found_by_its_hardware_address(made):
    mac = "02:00:00:00:00:0b"
    rows = [
        made.row("a eth1 > b eth1", chassis_id=mac),
        made.row("a eth2 > -none- eth2", chassis_id=mac),
        made.row("b eth1 > a eth1"),
        made.row("b eth2 > a eth2"),
    ]
    assert made.shown(build(made.network(*rows))) == ["a eth1 - b eth1", "a eth2 - b eth2"]


def test_rows_without_device_or_port_are_listed(made):
    topology = build(made.network(made.row("a eth1 > b eth1", device=""), made.row("a eth1 > b eth1", port="")))
    assert {item.reason for item in topology.unresolved} == {
        "the output does not say whose it is",
        "the output does not say at which port",
    }


def test_capture_confirms_links_but_makes_none(lab: Path, opened):
    from dataclasses import replace

    whole = opened(lab / "campus" / "healthy")
    confirmed = [link for link in build(whole).links if any(item.kind == "packet" for item in link.evidence)]
    assert len(confirmed) == 17
    alone = build(replace(whole, neighbors=(), configs=(), states=()))
    assert alone.links == ()
    assert {item.reason for item in alone.unresolved} == {"heard in a capture, which does not say at whose port"}


def test_physical_links_are_computed_once(made):
    network = made.network("a eth1 > b eth1")
    assert physical_links(network)[0] is physical_links(network)[0]


CISCO = """hostname {name}
!
interface GigabitEthernet0/1
{body}
!
end
"""


@pytest.fixture
def configs(made, tmp_path: Path):
    """Give a function that writes one-port configurations and opens them."""
    from netguru.workspace.opening import open_network

    def write(**bodies: str) -> Network:
        texts = {f"configs__{name}": CISCO.format(name=name, body=body) for name, body in bodies.items()}
        return open_network(made.write(tmp_path, **texts))

    return write


def test_point_to_point_subnet_makes_a_planned_link(configs):
    made = configs(r1=" ip address 10.0.0.1 255.255.255.252", r2=" ip address 10.0.0.2 255.255.255.252")
    link = build(made).links[0]
    assert (link.protocols, link.seen_from) == (("subnet",), "neither")
    assert link.confidence < 0.8
    assert [item.text.strip() for item in link.evidence] == [
        "ip address 10.0.0.1 255.255.255.252",
        "ip address 10.0.0.2 255.255.255.252",
    ]


@pytest.mark.parametrize(
    "bodies",
    [
        # A LAN of two gateways; three ports in one small subnet; a port that is shut down.
        {"r1": " ip address 10.0.0.1 255.255.255.0", "r2": " ip address 10.0.0.2 255.255.255.0"},
        {name: f" ip address 10.0.0.{n} 255.255.255.252" for n, name in enumerate(("r0", "r1", "r2"))},
        {"r1": " ip address 10.0.0.1 255.255.255.252", "r2": " ip address 10.0.0.2 255.255.255.252\n shutdown"},
        # One description that nobody answers.
        {"r1": " description to r2 Gi0/1", "r2": " description uplink"},
    ],
)
def test_no_planned_link(bodies: dict[str, str], configs):
    assert build(configs(**bodies)).links == ()


def test_descriptions_that_name_each_other_make_a_planned_link(configs):
    made = configs(r1=" description to r2 Gi0/1", r2=" description to r1 GigabitEthernet0/1")
    link = build(made).links[0]
    assert link.protocols == ("description",)
    assert [item.text.strip()[:14] for item in link.evidence] == ["description to"] * 2


def test_planned_link_never_stands_against_a_neighbour(made, configs):
    from dataclasses import replace

    written = configs(r1=" ip address 10.0.0.1 255.255.255.252", r2=" ip address 10.0.0.2 255.255.255.252")
    heard = made.network("r1 Gi0/1 > r9 Gi0/5").neighbors
    assert made.shown(build(replace(written, neighbors=heard))) == ["r1 GigabitEthernet0/1 - r9 GigabitEthernet0/5 ?"]


@pytest.mark.parametrize(
    ("rows", "links"),
    [
        # Two ports of the output's device are another name's ports in the eyes of its neighbours.
        (
            ["ticket-7 eth1 > b eth2", "ticket-7 eth2 > c eth2", "b eth2 > a eth1", "c eth2 > a eth2"],
            ["a eth1 - b eth2", "a eth2 - c eth2"],
        ),
        # One pair may be an old row; another port is another device: nobody is renamed.
        (["x eth1 > b eth2", "b eth2 > a eth1"], ["a eth1 - b eth2 ?"]),
        (["x eth1 > b eth2", "x eth2 > b eth3", "b eth2 > a eth9", "b eth3 > a eth8"],
         ["a eth8 - b eth3 ?", "a eth9 - b eth2 ?"]),
    ],
)  # fmt: skip
def test_outputs_saved_under_another_name(rows: list[str], links: list[str], made):
    assert made.shown(build(made.network(*rows))) == links


def test_outputs_saved_under_addresses(made):
    rows = [
        made.row("192.0.2.1 eth1 > b eth2", addresses=("192.0.2.2",)),
        made.row("192.0.2.2 eth2 > a eth1", addresses=("192.0.2.1",)),
    ]
    assert made.shown(build(made.network(*rows))) == ["a eth1 - b eth2"]
