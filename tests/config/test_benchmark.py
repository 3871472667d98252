"""The benchmark: what a hardened and a bare device get, and that nothing of it is reported unasked."""

from __future__ import annotations

import json

import pytest
from config_support import LAB, ios, junos, shared

from netguru import resources
from netguru.checks.reread import verify
from netguru.config import check
from netguru.config.user_benchmark import benchmark
from netguru.workspace.opening import open_network

_HARDENED = """hostname r1
service tcp-keepalives-in
service tcp-keepalives-out
service timestamps log datetime msec
aaa new-model
aaa authentication login default group tacacs+ local
aaa authentication enable default group tacacs+ enable
aaa accounting exec default start-stop group tacacs+
aaa accounting commands 15 default start-stop group tacacs+
no ip source-route
no ip bootp server
ip ssh version 2
ip ssh time-out 60
login on-failure log
banner motd ^C keep out ^C
interface GigabitEthernet0/1
 ip address 10.0.0.1 255.255.255.0
 no ip proxy-arp
logging buffered 64000
logging source-interface Loopback0
logging host 10.0.0.9
ntp authenticate
ntp server 10.0.0.8
ntp server 10.0.0.7
line vty 0 4
 exec-timeout 5 0
 transport input ssh
"""


def _ids(config):
    return {item.check.removeprefix("benchmark.") for item in benchmark([config])}


def test_a_hardened_router_passes():
    assert _ids(ios(_HARDENED)) == set()


@pytest.mark.parametrize(
    ("line", "check_id"),
    [
        ("ip ssh version 2", "ssh-version"),
        ("no ip source-route", "source-route"),
        (" no ip proxy-arp", "proxy-arp"),
        ("ntp server 10.0.0.7", "ntp-one-server"),
        (" transport input ssh", "vty-transport"),
        ("aaa new-model", "aaa-off"),
    ],
)
def test_each_line_that_is_taken_away_is_missed(line, check_id):
    assert _ids(ios(_HARDENED.replace(f"{line}\n", ""))) == {check_id}


@pytest.mark.parametrize(
    ("line", "check_id"),
    [
        ("service finger", "old-services"),
        ("ip ssh authentication-retries 5", "ssh-retries"),
        ("enable secret 5 $1$x$HUSH", "secret-type"),
        ("snmp-server community HUSH RW 10", "snmp-write"),
        ("snmp-server community HUSH RO", "snmp-no-acl"),
        ("interface GigabitEthernet0/9\n spanning-tree portfast", "edge-without-guard"),
        ("line con 0\n exec-timeout 60 0", "exec-timeout-long"),
    ],
)
def test_each_line_that_is_added_is_found_and_shows_no_secret(line, check_id):
    found = list(benchmark([ios(f"{_HARDENED}{line}\n")]))

    assert {item.check for item in found} == {f"benchmark.{check_id}"}
    assert "HUSH" not in json.dumps([item.to_dict() for item in found])


def test_a_global_setting_stands_for_every_port():
    text = "interface GigabitEthernet0/9\n spanning-tree portfast\nspanning-tree portfast bpduguard default\n"

    assert "edge-without-guard" not in _ids(ios(_HARDENED + text))


def test_junos_is_asked_for_its_own():
    bare = junos("set system host-name r1\nset system services ssh\nset system services telnet\n")

    assert {"junos-root-login", "junos-clear-services", "junos-lo0-filter"} <= _ids(bare)
    assert "junos-clear-services" not in _ids(junos("set system host-name r1\n"))


def test_a_snippet_is_not_held_against_it():
    assert _ids(ios("interface GigabitEthernet0/1\n ip address 10.0.0.1 255.255.255.0\n")) == set()


def test_only_who_asks_gets_it_and_its_evidence_is_found_again():
    folder = LAB / "campus" / "healthy" / "configs"
    found = check(folder, benchmark=True).findings

    assert check(folder).findings == ()
    assert found
    assert {str(item.severity) for item in found} == {"info"}
    assert all(verify(proof, folder) for item in found for proof in item.evidence)


def test_every_row_names_its_source_and_real_configurations_are_read():
    rows = resources.table("checks", "config_benchmark.toml")
    found = list(benchmark(open_network(shared("configs")).configs))

    assert all(row["source"] for row in rows.values())
    assert {item.check for item in found} <= set(rows)
    assert len({item.check for item in found}) > len(rows) // 2
