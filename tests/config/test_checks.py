"""Checks inside one configuration: true positives, and what must not be reported."""

from __future__ import annotations

import pytest
from config_support import ios, junos
from hypothesis import given
from hypothesis import strategies as st

from netguru.checks import run
from netguru.checks.run import checks
from netguru.config.facts import facts_of
from netguru.config.parsing import parse_text
from netguru.config.platforms import platforms

_LINES = st.sampled_from(
    [
        "hostname r1", "interface Gi0/1", " ip address 10.0.0.1 255.255.255.0", " ip address 10.0.0.1/0",
        " standby 1 ip 10.0.0.1", " vrrp 1 ip 10.0.0.300", " ip ospf 1 area 0", " ip ospf hello-interval 0",
        " mtu 0", " switchport access vlan 9999", "vlan 10", "router ospf 1", " network 10.0.0.0 0.255.0.255 area 0",
        " router-id x", "router bgp 65000", " neighbor 10.0.0.2 remote-as 1", " neighbor fe80::1%eth0 remote-as 1",
        " neighbor A peer-group", " neighbor A peer-group A", " neighbor 10.0.0.2 peer-group A",
        " neighbor 10.0.0.2 password 7 0", "line vty 0 4", " transport input all", " exec-timeout 0 0",
        "snmp-server community public", "ip access-list extended A", " permit ip any any", "router eigrp 1",
        " network 10.0.0.0", " metric weights 0 1", "set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24",
        "set protocols bgp group A neighbor 10.0.0.1", "set routing-options autonomous-system 5",
        "set protocols ospf area 0 interface ge-0/0/0.0", "protocols { bgp { group A { neighbor 10.0.0.1; } } }",
        "ipv6 address 2001:db8::1/129", " ipv6 address fe80::1/64", " ip address virtual 10.0.0.0/33",
    ]
)  # fmt: skip


@given(
    texts=st.lists(st.lists(_LINES, max_size=25), min_size=1, max_size=3), platform=st.sampled_from(sorted(platforms()))
)
def test_no_text_breaks_a_check(texts, platform):
    configs = [parse_text("\n".join(lines), platform=platform, name=f"{n}.cfg") for n, lines in enumerate(texts)]
    for config in configs:
        run("config", config)
    own = [item for item in checks.values() if item.name.startswith("netguru.config.")]
    subjects = {"configs": configs, "facts": facts_of(configs)}
    for item in own:
        if item.scope in subjects:
            assert all(finding.evidence for finding in item.function(subjects[item.scope]))


def _ids(config):
    return [finding.check for finding in run("config", config)]


def test_a_snippet_proves_no_absence():
    assert _ids(ios("interface Gi0/1\n ip access-group A in\n switchport access vlan 5\n")) == []


def test_a_name_used_where_no_table_looks_is_not_unused():
    text = "hostname r1\nip access-list extended A\n permit ip any any\nsome feature of the future uses A\n"

    assert "ref.unused" not in _ids(ios(text))


def test_a_name_defined_where_no_table_looks_is_not_undefined():
    text = "hostname r1\nnew-style-list A\ninterface Gi0/1\n ip access-group A in\n"

    assert "ref.undefined" not in _ids(ios(text))


def test_undefined_names_the_port():
    found = run("config", ios("hostname r1\ninterface Gi0/1\n ip access-group A in\n"))
    row = next(item for item in found if item.check == "ref.undefined")

    assert row.subject.interfaces == (("r1", "Gi0/1"),)
    assert row.evidence[0].text == " ip access-group A in"
    assert (row.evidence[1].start, row.evidence[1].end) == (1, 3)


@pytest.mark.parametrize("text", ["junos-defaults", "__junos"])
def test_things_that_the_system_brings_along_are_defined(text):
    config = junos(f"set system host-name r1\nset protocols bgp group A import {text}__\n")

    assert "ref.undefined" not in _ids(config) or not text.startswith("__")


def test_vlans_learned_by_vtp_are_not_called_undefined():
    assert "vlan.undefined" not in _ids(ios("hostname s1\ninterface Gi0/1\n switchport access vlan 5\n"))
    assert "vlan.undefined" in _ids(ios("hostname s1\nvlan 7\ninterface Gi0/1\n switchport access vlan 5\n"))
    shut = "hostname s1\nvlan 7\ninterface Gi0/1\n switchport access vlan 5\n shutdown\n"
    assert "vlan.undefined" not in _ids(ios(shut))


@pytest.mark.parametrize(
    ("lines", "check"),
    [
        ("line vty 0 4\n transport input all", "hygiene.telnet"),
        ("line vty 0 4\n transport input none", ""),
        ("enable password x", "hygiene.no-enable-secret"),
        ("enable password x\nenable secret 9 y", ""),
        ("no ip http server", ""),
        ("ip http server", "hygiene.http-server"),
        ("username a secret 9 x", ""),
        ("username a password x", "hygiene.cleartext-user"),
        ("snmp-server community Private RW", "hygiene.snmp-public"),
        ("interface Gi0/1\n description UNUSED", "hygiene.unused-port-up"),
        ("interface Gi0/1\n description unused\n shutdown", ""),
        ("interface Gi0/1\n description link to the unused building", ""),
    ],
)
def test_hygiene(lines, check):
    base = "hostname r1\nservice password-encryption\nlogging host 10.0.0.1\nntp server 10.0.0.2\n"
    found = [item for item in _ids(ios(f"{base}{lines}\n")) if item != "hygiene.vty-no-acl"]

    assert found == ([check] if check else [])


def test_routing_daemons_are_not_asked_for_what_the_system_has():
    config = parse_text("frr version 8.4\nfrr defaults traditional\nhostname r1\n")

    assert config.platform == "frr"
    assert _ids(config) == []
