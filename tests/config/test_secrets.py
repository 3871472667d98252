"""Secrets: compared without being kept, never quoted, never in a result."""

from __future__ import annotations

import json

import pytest
from config_support import CASES, LAB, ios, read

from netguru.config import check, parse
from netguru.config.facts import facts_of
from netguru.config.quoting import proof
from netguru.config.secrets import OPAQUE, decode_type7, digest, without_secret

_SECRET_LINES = [
    "snmp-server community S3cr3t RO",
    "enable secret 9 $9$S3cr3t",
    "enable password S3cr3t",
    "username a privilege 15 password 7 S3cr3t",
    "username a secret 5 $1$S3cr3t",
    " neighbor 10.0.0.1 password S3cr3t",
    " ip ospf message-digest-key 1 md5 S3cr3t",
    " ip ospf authentication-key S3cr3t",
    " standby 5 authentication md5 key-string S3cr3t",
    " standby 5 authentication S3cr3t",
    " key-string 7 S3cr3t",
    "tacacs-server key 7 S3cr3t",
    "crypto isakmp key S3cr3t address 10.0.0.1",
    "snmp-server host 10.0.0.9 version 2c S3cr3t",
    "snmp-server user u g v3 auth sha S3cr3t priv aes 128 S3cr3t",
    '            encrypted-password "$6$S3cr3t";',
    "set protocols bgp group A authentication-key S3cr3t",
    "    community S3cr3t {",
    "set snmp community S3cr3t authorization read-only",
    'set security ike policy p pre-shared-key ascii-text "S3cr3t"',
]


@pytest.mark.parametrize("line", _SECRET_LINES)
def test_quotation_stops_before_the_secret(line):
    kept = without_secret(line)

    assert "S3cr3t" not in kept
    assert kept.strip()
    assert line.startswith(kept)


@pytest.mark.parametrize(
    "line",
    [
        " ip address 10.0.0.1 255.255.255.0",
        "service password-encryption",
        "key chain OSPF",
        " neighbor 10.0.0.1 remote-as 65000",
        "set policy-options community LAB members 65000:1",
        " ip ospf authentication message-digest",
        "ip community-list standard A permit 1:1",
        "            then community add LAB;",
    ],
)
def test_lines_without_a_secret_are_quoted_whole(line):
    assert without_secret(line) == line


def test_passwords_are_compared_whatever_their_form():
    assert decode_type7("0822455D0A16") == "cisco"
    assert digest("0822455D0A16", "7") == digest("cisco") == digest('"cisco"', "0")
    assert digest("cisco") != digest("Cisco")
    assert digest("$9$abc") == OPAQUE
    assert "cisco" not in digest("cisco")


def test_evidence_of_several_lines_with_a_secret_quotes_the_first_only():
    config = ios("interface Gi0/1\n ip ospf authentication-key S3cr3t\n mtu 1400\n")
    evidence = proof(config, (1, 2, 3))

    assert [(item.start, item.end, item.text) for item in evidence] == [(1, 3, "interface Gi0/1")]


@pytest.mark.parametrize("case", sorted(path for path in CASES.iterdir() if (path / "input.cfg").exists()))
def test_result_holds_no_secret(case):
    document = json.dumps(parse(case / "input.cfg").to_dict())

    assert "lab-only" not in document
    assert "0822455D0A16" not in document
    assert "password_digest" not in document


@pytest.mark.parametrize("state", ["healthy", "faulty"])
def test_findings_and_facts_of_the_lab_hold_no_secret(state):
    found = check(LAB / "fabric" / state / "configs").to_dict()
    facts = facts_of(read(path) for path in (LAB / "fabric" / state / "configs").iterdir())

    assert "fabric-key" not in json.dumps(found)
    assert "fabric-key" not in repr(facts)
