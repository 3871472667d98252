"""Texts under a key: what goes, what stays, and that lines and columns stay where they are."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_interface
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netguru.redact.anonymizer import Anonymizer, Keep

KEY = b"a key of the tests, long enough."
PLANTED = (Path(__file__).parents[1] / "cases" / "redact" / "planted.txt").read_text("utf-8")
MARKED = re.compile("⟦(.*?)⟧")


def made(text, **options):
    return Anonymizer(KEY, **options).text(text)


def test_no_planted_secret_survives():
    lines = [line for line in PLANTED.splitlines() if "⟦" in line]
    text = "\n".join(MARKED.sub(lambda found: found[1], line) for line in lines)
    new = made(text).split("\n")
    assert len(new) == len(lines)
    for line, after in zip(lines, new, strict=True):
        for secret in MARKED.findall(line):
            assert secret not in after, after


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        (
            "ip address 172.16.4.1 255.255.255.0",
            r"ip address 172\.\d+\.4\.1 255\.255\.255\.0|ip address 172\.\S+\.1 255\.255\.255\.0",
        ),
        ("network 10.1.16.0 0.0.15.255 area 0", r"network 10\.\d+\.\d+\.0 0\.0\.15\.255 area 0"),
        ("network 10.0.0.0", r"network 10\.0\.0\.0"),
        ("timers bgp 90 30", "timers bgp 90 30"),
        ("system image version 12.2.33.1", "system image version 12.2.33.1"),
        ("1.3.6.1.4.1.9.9.23 = 5", r"1\.3\.6\.1\.4\.1\.9\.9\.23 = 5"),
        ("0000.0c07.ac01 is the gateway", "0000.0c07.ac01 is the gateway"),
        ("at 12:34:56 on eth1", "at 12:34:56 on eth1"),
        ("enable secret 5 $1$mERr$hx5rVt7rPNoS4wqbXKX7m0", r"enable secret 5 \$1\$REDACTED-\w{8}"),
        ("interface GigabitEthernet1/0/1", "interface GigabitEthernet1/0/1"),
        ("access-list 100 permit tcp any any eq 22", "access-list 100 permit tcp any any eq 22"),
        ("router ospf 100", "router ospf 100"),
    ],
)
def test_a_line(line, pattern):
    assert re.fullmatch(pattern, made(line))


@pytest.mark.parametrize(
    ("line", "gone"),
    [
        ("router bgp 3356", "3356"),
        ("neighbor 8.8.4.4 remote-as 15169", "15169"),
        ("set as-path prepend 3356 3356", "3356"),
        (" 81.2.69.1  4  15169  100  200", "15169"),
        ("community 15169:100", "15169"),
        ("sw1#show version", "sw1"),
        ("description to SW1 port 3", "SW1"),
        ("mail noc@acme-networks.com", "acme-networks"),
        ("hw 00:1b:21:3c:4d:5e", "1b:21:3c"),
        ("hw 001b.213c.4d5e", "001b"),
        ("hw 001B-213C-4D5E", "001B"),
        ("ipv6 address 2a00:1450:4007::1/64", "1450"),
        ("net 49.0001.0810.0206.9001.00", "0810.0206.9001"),
        ("the Acme lab", "Acme"),
    ],
)
def test_what_tells_is_gone(line, gone):
    assert gone in line
    assert gone not in made(line, names=["sw1", "acme"])


def test_relations_stay():
    anonymizer = Anonymizer(KEY, names=["sw1"])
    lines = anonymizer.text("10.1.16.5/20\n10.1.16.0/20\n10.1.31.255/20\n10.1.32.1/20").split("\n")
    inside = ip_interface(lines[0])
    assert ip_interface(lines[1]).ip == inside.network.network_address
    assert ip_interface(lines[2]).ip == inside.network.broadcast_address
    assert ip_interface(lines[3]).network != inside.network


def test_a_mac_inside_of_an_address_is_that_mac():
    anonymizer = Anonymizer(KEY)
    mac = anonymizer.text("00:1b:21:3c:4d:5e").split(":")
    address = ip_address(anonymizer.text("fe80::21b:21ff:fe3c:4d5e")).packed[8:]
    assert bytes.fromhex("".join(mac)) == bytes([address[0] ^ 2]) + address[1:3] + address[5:]


def test_columns_stay():
    text = "Neighbor        V  AS\n81.2.69.142     4  x\n10.10.10.100    4  y"
    assert {line.index("4  ") for line in made(text).split("\n")[1:]} == {16}


def test_kinds_can_stay():
    line = "neighbor 8.8.4.4 remote-as 15169 sw1 00:1b:21:3c:4d:5e"
    assert made(line, names=["sw1"], keep=Keep(addresses=True, macs=True, asns=True, names=True)) == line


def test_the_same_key_gives_the_same_in_any_order():
    one, other = Anonymizer(KEY), Anonymizer(KEY)
    lines = ["neighbor 8.8.4.4 remote-as 15169", "enable password Zebra-9", "hw 00:1b:21:3c:4d:5e", "ns1.acme.com"]
    assert [one.text(line) for line in lines] == [other.text(line) for line in reversed(lines)][::-1]


@given(st.text(alphabet="0123456789abcdef:./- \n\r\tASbgp\"'@", max_size=300))
def test_any_text_keeps_its_lines(text):
    assert made(text, names=["ab", "0a"]).count("\n") == text.count("\n")
