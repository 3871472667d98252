"""The views of every platform on hand-made configurations, and single statements that are easily misread."""

from __future__ import annotations

import json

import pytest
from config_support import CASES, SHARED, ios, junos, read, shared, views

from netguru.config import to_ciscoconfparse
from netguru.errors import InputError

_VIEW_CASES = sorted(path for path in CASES.iterdir() if path.name.endswith("-views"))
# The large file is left out: ciscoconfparse takes half a minute for it.
_IOS = sorted([*(SHARED / "configs" / "ios").glob("*.cfg"), *(SHARED / "configs" / "iosxe").glob("*.cfg")])
_IOS = [path for path in _IOS if "large" not in path.stem]


@pytest.mark.parametrize("case", _VIEW_CASES, ids=lambda case: case.name)
def test_views(case):
    assert views(read(case / "input.cfg")) == json.loads((case / "expected.json").read_text())


def test_groups_of_junos_are_applied_and_yield_to_statements():
    config = read(CASES / "junos-views" / "groups.set")

    assert config.hostname == "mx9"
    assert config.system.ntp_servers == ("10.0.0.5",)
    assert "telnet" not in config.system.services
    assert config.interfaces == ()


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (["switchport trunk allowed vlan 10-12"], (10, 11, 12)),
        (["switchport trunk allowed vlan 10", "switchport trunk allowed vlan add 20,30"], (10, 20, 30)),
        (["switchport trunk allowed vlan 10-12", "switchport trunk allowed vlan remove 11"], (10, 12)),
        (["switchport trunk allowed vlan except 2-4094"], (1,)),
        (["switchport trunk allowed vlan none"], ()),
        (["switchport trunk allowed vlan all"], None),
        ([], None),
    ],
)
def test_allowed_vlans(statements, expected):
    text = "\n ".join(["interface Gi0/1", "switchport mode trunk", *statements])

    assert ios(text + "\n").interfaces[0].allowed_vlans == expected


def test_later_statement_replaces_an_earlier_one():
    config = ios("interface Gi0/1\n shutdown\n description a\n no shutdown\n description b\n no mtu 1400\n")
    port = config.interfaces[0]

    assert (port.enabled, port.description, port.mtu) == (True, "b", None)


def test_shutdown_vrf_and_no_forms():
    config = ios("interface Gi0/1\n no ip address\n ip ospf 1 area 3\n no ip ospf 1 area 3\n")

    assert config.interfaces[0].addresses == ()


def test_names_of_interfaces_with_blanks():
    config = ios("interface GigabitEthernet 0/1\n mtu 1400\ninterface Port-channel 3\ninterface Vlan 7\n")

    assert [item.name for item in config.interfaces] == ["GigabitEthernet 0/1", "Port-channel 3", "Vlan 7"]
    assert config.interface("Gi0/1").mtu == 1400
    assert config.interfaces[2].vlan == 7


def test_metric_weights_of_eigrp_begin_with_the_type_of_service_on_cisco_only():
    text = "router eigrp 5\n metric weights 0 1 1 1 0 0\n"
    from netguru.config.parsing import parse_text

    assert ios(text).eigrp[0].k_values == (1, 1, 1, 0, 0, 0)
    assert parse_text(text, platform="frr").eigrp[0].k_values == (0, 1, 1, 1, 0, 0)


def test_confederation_shows_its_identifier_outside():
    config = ios(
        "router bgp 65001\n bgp confederation identifier 100\n bgp confederation peers 65002\n"
        " neighbor 10.0.0.1 remote-as 65002\n neighbor 10.0.0.2 remote-as 200\n"
    )

    assert [row.local_as for row in config.bgp.neighbors] == [None, 100]


def test_ospf_by_network_statement_takes_the_most_specific():
    config = ios(
        "interface Gi0/1\n ip address 10.1.1.1 255.255.255.0\nrouter ospf 1\n"
        " network 10.0.0.0 0.255.255.255 area 9\n network 10.1.1.0 0.0.0.255 area 5\n"
    )
    row = config.interfaces[0].ospf[0]

    assert (row.area, row.process, row.at["area"]) == ("0.0.0.5", "1", (5,))


def test_junos_interface_units():
    config = junos(
        "set interfaces xe-0/0/0 unit 0 family inet address 10.0.0.1/30\n"
        "set interfaces xe-0/0/0 unit 7 vlan-id 7\nset interfaces xe-0/0/0 unit 7 family inet address 10.7.0.1/24\n"
        "set system host-name r1\n"
    )

    assert [(item.name, item.addresses) for item in config.interfaces] == [
        ("xe-0/0/0", ("10.0.0.1/30",)),
        ("xe-0/0/0.7", ("10.7.0.1/24",)),
    ]


@pytest.mark.parametrize("path", _IOS, ids=lambda path: path.stem)
def test_as_many_interfaces_as_ciscoconfparse(path):
    config = read(shared(*path.parts[-3:]))
    objects = to_ciscoconfparse(config).find_objects(r"^interface\s+(?!range)")

    assert len(config.interfaces) == len({item.text.split("interface", 1)[1].strip() for item in objects})


def test_set_commands_have_no_counterpart_in_ciscoconfparse():
    with pytest.raises(InputError):
        to_ciscoconfparse(junos("set system host-name r1\n"))


def test_large_configuration_is_read_whole():
    config = read(shared("configs", "ios", "ccp_sample_05_large.cfg"))

    assert config.coverage.total > 15_000
    assert config.unmodelled == ()
