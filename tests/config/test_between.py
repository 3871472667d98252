"""Checks between devices on small networks of two or three configurations."""

from __future__ import annotations

import pytest
from config_support import ios, junos

from netguru.checks.run import checks
from netguru.config import compare_ports, facts_of
from netguru.config.parsing import parse_text


def _found(*configs):
    facts = facts_of(configs)
    own = [item for item in checks.values() if item.name.startswith("netguru.config.")]
    findings = [finding for item in own if item.scope == "facts" for finding in item.function(facts)]
    findings += [finding for item in own if item.scope == "configs" for finding in item.function(configs)]
    return sorted({finding.check for finding in findings})


def _router(name, *lines):
    return parse_text("\n".join([f"hostname {name}", *lines]) + "\n", name=f"{name}.cfg", platform="ios")


def _port(address, *lines, name="Gi0/1"):
    return "\n".join([f"interface {name}", f" ip address {address}", *(f" {line}" for line in lines)])


_A, _B = "10.0.0.1 255.255.255.252", "10.0.0.2 255.255.255.252"


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((_A, "ip ospf 1 area 0"), (_B, "ip ospf 1 area 0"), []),
        ((_A, "ip ospf 1 area 0"), (_B, "ip ospf 1 area 1"), ["ospf.area-mismatch"]),
        ((_A, "ip ospf 1 area 0"), (_B, "ip ospf 1 area 1", "shutdown"), []),
        ((_A, "ip ospf 1 area 0"), (_B, "ip ospf 1 area 0", "ip ospf hello-interval 5"), ["ospf.timer-mismatch"]),
        ((_A, "ip ospf 1 area 0", "ip ospf hello-interval 10"), (_B, "ip ospf 1 area 0"), []),
        ((_A, "ip ospf 1 area 0"), (_B, "ip ospf 1 area 0", "ip mtu 1400"), ["ospf.mtu-mismatch"]),
        ((_A, "ip ospf 1 area 0", "ip ospf mtu-ignore"), (_B, "ip ospf 1 area 0", "ip mtu 1400"), []),
        ((_A,), (_B, "mtu 9000"), ["link.mtu-mismatch"]),
        ((_A,), (_A,), ["ip.duplicate-address"]),
        ((_A,), (_A, "vrf forwarding RED"), []),
        (("10.0.0.1 255.255.255.0",), (_B,), ["ip.mask-mismatch"]),
        (("10.0.0.1 255.0.0.0",), ("10.9.0.2 255.255.255.0",), []),
        ((_A, "standby 1 ip 10.0.0.3"), (_B, "standby 1 ip 10.0.0.3"), []),
        ((_A, "standby 1 ip 10.0.0.3"), (_B, "standby 2 ip 10.0.0.3"), ["gateway.group-mismatch"]),
        ((_A, "vrrp 1 ip 10.0.0.3"), (_B, "vrrp 2 ip 10.0.0.3"), ["vrrp.dual-master"]),
        ((_A, "vrrp 1 ip 10.0.0.1"), (_B, "vrrp 1 ip 10.0.0.2"), ["gateway.address-mismatch"]),
    ],
)
def test_two_ends_of_a_subnet(a, b, expected):
    assert _found(_router("r1", _port(*a)), _router("r2", _port(*b))) == expected


def test_passive_on_one_end():
    a = _router("r1", _port(_A, "ip ospf 1 area 0"), "router ospf 1", " passive-interface Gi0/1")
    b = _router("r2", _port(_B, "ip ospf 1 area 0"))

    assert _found(a, b) == ["ospf.passive-mismatch"]
    assert _found(a, _router("r2", _port(_B, "ip ospf 1 area 0"), "router ospf 1", " passive-interface default")) == []


def test_hello_of_junos_multiplies_to_the_dead_interval_that_ios_states():
    left = junos(
        "set system host-name j1\nset interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/30\n"
        "set protocols ospf area 0 interface ge-0/0/0.0 hello-interval 5\n"
    )
    right = _router("r2", _port(_B, "ip ospf 1 area 0", "ip ospf hello-interval 5", "ip ospf dead-interval 20"))

    assert _found(left, right) == []


def test_two_texts_of_one_device_are_one_device():
    braces = junos(
        "system { host-name j1; }\ninterfaces { ge-0/0/0 { unit 0 { family inet { address 10.0.0.1/30; } } } }\n"
    )
    commands = junos("set system host-name j1\nset interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/30\n")

    assert _found(braces, commands) == []
    port = facts_of([braces, commands]).ports[0]
    assert len(port.addresses) == 1
    assert len(port.addresses[0].evidence) == 2


def test_unnumbered_links_and_anycast_loopbacks_are_no_duplicates():
    host = "10.9.0.1 255.255.255.255"
    one = _router("r1", _port(host, name="Loopback0"), _port(host, name="Gi0/1"))

    assert _found(one) == []
    assert _found(_router("r1", _port(host, name="Loopback9")), _router("r2", _port(host, name="Loopback9"))) == []


def _bgp(name, address, asn, *lines):
    return _router(name, _port(address), f"router bgp {asn}", *(f" {line}" for line in lines))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (["neighbor 10.0.0.2 remote-as 2"], ["neighbor 10.0.0.1 remote-as 1"], []),
        (["neighbor 10.0.0.2 remote-as 3"], ["neighbor 10.0.0.1 remote-as 1"], ["bgp.remote-as-mismatch"]),
        (["neighbor 10.0.0.2 remote-as 2"], ["neighbor 10.7.7.7 remote-as 9"], ["bgp.one-sided"]),
        (["neighbor 10.0.0.2 remote-as 2"], ["bgp listen range 10.0.0.0/24 peer-group P", "neighbor P peer-group"], []),
        (["neighbor 10.0.0.2 remote-as 2", "neighbor 10.0.0.2 shutdown"], ["neighbor 10.7.7.7 remote-as 9"], []),
        (
            ["neighbor 10.0.0.2 remote-as 2", "neighbor 10.0.0.2 password one"],
            ["neighbor 10.0.0.1 remote-as 1"],
            ["bgp.md5-mismatch"],
        ),
        (
            ["neighbor 10.0.0.2 remote-as 2", "neighbor 10.0.0.2 password cisco"],
            ["neighbor 10.0.0.1 remote-as 1", "neighbor 10.0.0.1 password 7 0822455D0A16"],
            [],
        ),
        (
            ["neighbor 10.0.0.2 remote-as 2", "neighbor 10.0.0.2 password one"],
            ["neighbor 10.0.0.1 remote-as 1", "neighbor 10.0.0.1 password 8 $8$hashed"],
            [],
        ),
        (["neighbor 10.0.0.2 remote-as 5"], ["neighbor 10.0.0.1 remote-as 1", "neighbor 10.0.0.1 local-as 5"], []),
    ],
)
def test_two_sides_of_a_bgp_session(a, b, expected):
    assert _found(_bgp("r1", _A, 1, *a), _bgp("r2", _B, 2, *b)) == expected


def test_sessions_of_two_address_families_are_not_mixed_up():
    ports = ("interface Gi0/1", " ip address {0} 255.255.255.252", " ipv6 address {1}/126", "router bgp 1")
    lines = (" neighbor {0} remote-as 1", " neighbor {0} password {2}", " neighbor {1} remote-as 1")
    a = [row.format("10.0.0.1", "2001:db8::1") for row in ports] + [
        row.format("10.0.0.2", "2001:db8::2", "one") for row in lines
    ]
    b = [row.format("10.0.0.2", "2001:db8::2") for row in ports] + [
        row.format("10.0.0.1", "2001:db8::1", "two") for row in lines
    ]
    facts = facts_of([_router("r1", *a), _router("r2", *b)])
    found = [item for check in checks.values() if check.name.endswith("md5_mismatch") for item in check.function(facts)]

    assert [item.title.rsplit(": ", 1)[1] for item in found] == ["the two ends have different passwords"]


def test_one_router_id_twice():
    rows = [_router(name, "router ospf 1", " router-id 10.255.0.1") for name in ("r1", "r2")]

    assert _found(*rows) == ["ospf.duplicate-router-id"]


def test_k_values():
    one = _router("r1", "router eigrp 5", " network 10.0.0.0 0.0.0.3")
    other = _router("r2", "router eigrp 5", " network 10.0.0.0 0.0.0.3", " metric weights 0 1 1 1 0 0")

    assert _found(one, other) == ["eigrp.k-mismatch"]
    assert (
        _found(one, _router("r2", "router eigrp 6", " network 10.0.0.0 0.0.0.3", " metric weights 0 1 1 1 0 0")) == []
    )


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([], [], []),
        (["switchport mode trunk"], ["switchport mode trunk"], []),
        (
            ["switchport mode trunk", "switchport trunk native vlan 9"],
            ["switchport mode trunk"],
            ["trunk.native-vlan-mismatch"],
        ),
        (
            ["switchport mode trunk", "switchport trunk allowed vlan 1-9"],
            ["switchport mode trunk", "switchport trunk allowed vlan 1-8"],
            ["trunk.allowed-mismatch"],
        ),
        (["switchport mode trunk"], ["switchport mode access"], ["link.mode-mismatch"]),
        (
            ["switchport mode access", "switchport access vlan 5"],
            ["switchport mode access", "switchport access vlan 6"],
            ["link.access-vlan-mismatch"],
        ),
        (["duplex full"], ["duplex half"], ["link.duplex-mismatch"]),
        (["duplex full"], ["duplex auto"], []),
        (["speed 100"], ["speed 1000"], ["link.speed-mismatch"]),
        (["mtu 9000"], ["mtu 1500"], ["link.mtu-mismatch"]),
        (["mtu 9000"], ["shutdown"], []),
    ],
)
def test_two_ends_of_a_cable(a, b, expected):
    ports = [
        facts_of([_router(name, "interface Gi0/1", *(f" {line}" for line in lines))]).ports[0]
        for name, lines in (("s1", a), ("s2", b))
    ]
    found = compare_ports(*ports)

    assert [item.check for item in found] == expected
    assert all(item.subject.devices == ("s1", "s2") for item in found)


def test_ports_compared_in_both_orders_say_the_same():
    one = facts_of([_router("s1", "interface Gi0/1", " duplex full")]).ports[0]
    other = facts_of([ios("hostname s2\ninterface Gi0/1\n duplex half\n")]).ports[0]

    assert [item.check for item in compare_ports(one, other)] == [item.check for item in compare_ports(other, one)]
