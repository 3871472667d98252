"""The recorded and composed sample networks: everything is recognised, evidence holds, faults are found."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netguru.checks.reread import verify
from netguru.model import Severity
from netguru.state import check, facts_of
from netguru.state.reader import JsonStateReader, StateReader
from netguru.workspace import open_network, open_pieces

if TYPE_CHECKING:
    from netguru.model.network import Network

LAB = Path(__file__).parents[2] / "data" / "samples" / "lab"
NETWORKS = [f"{name}/{state}" for name in ("fabric", "campus") for state in ("healthy", "faulty")]
READERS = (StateReader(), JsonStateReader())


def recognised(piece) -> str:
    found = [(match.confidence, match.kind) for reader in READERS if (match := reader.recognise(piece))]
    return max(found)[1] if found else ""


@pytest.fixture(scope="module")
def networks() -> dict[str, Network]:
    return {name: open_network(LAB / name) for name in NETWORKS}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_output_is_recognised_and_nothing_else(name: str, capsys) -> None:
    kinds: Counter[str] = Counter()
    for piece in open_pieces(LAB / name):
        room = piece.file.name.split("/")[0]
        neighbours = any(word in piece.file.name for word in ("lldp", "cdp"))
        kind = recognised(piece)
        expected = room in ("show", "linux", "logs") and not neighbours
        assert bool(kind) is expected, (piece.file.name, piece.command, kind)
        kinds[kind] += 1
    with capsys.disabled():
        unread = kinds.pop("", 0)
        # The measured count is part of the test's output.
        sys.stdout.write(f" [{name}: {sum(kinds.values())} outputs recognised, {unread} left to others]")


@pytest.mark.parametrize("name", NETWORKS)
def test_every_line_is_understood(name: str, networks: dict[str, Network]) -> None:
    states = networks[name].states
    assert states
    for state in states:
        assert state.coverage.unread == 0, (state.piece.file.name, state.coverage.gaps)


@pytest.mark.parametrize("name", NETWORKS)
def test_key_values_stand_on_the_lines_of_their_row(name: str, networks: dict[str, Network]) -> None:
    keys = {
        "addresses": ("address",),
        "ospf_neighbors": ("router_id",),
        "bgp_peers": ("address",),
        "interfaces": ("name",),
        "ospf_interfaces": ("interface",),
        "events": ("text", "time"),
        "filters": ("match", "action"),
    }
    for state in networks[name].states:
        lines = state.piece.lines
        for kind, columns in keys.items():
            for row in state.tables[kind].to_dicts() if kind in state.tables else ():
                start, end = row["line"] - state.piece.first_line, row["end_line"] - state.piece.first_line + 1
                text = "\n".join(lines[start:end])
                assert all(str(row[column]) in text for column in columns if row[column]), (state.piece.file.name, row)


def test_facts_join_the_outputs_of_a_device(networks: dict[str, Network]) -> None:
    facts = facts_of(networks["fabric/faulty"].states)
    port = next(item for item in facts.ports if item.key == ("leaf2", "eth1"))
    assert port.mtu is not None
    assert port.mtu.value == 1400
    assert {item.source for item in port.mtu.evidence} == {"linux/leaf2.txt", "show/leaf2/interface.txt"}
    assert port.oper is not None
    assert port.oper.value == "up"
    assert [item.area.value for item in port.ospf if item.area] == ["0.0.0.0"]  # noqa: S104 - the backbone area
    peer = next(item for item in facts.peers if (item.device, item.address) == ("isp1", "198.51.100.5"))
    assert (peer.remote_as.value, peer.local_as.value, peer.state.value) == (64599, 64510, "Idle")
    assert {item.source.rsplit(".", 1)[1] for item in peer.state.evidence} == {"txt", "json"}


@pytest.mark.parametrize("name", NETWORKS)
def test_facts_quote_what_is_there(name: str, networks: dict[str, Network]) -> None:
    facts = facts_of(networks[name].states)
    quoted = {item for _, known in facts.addressed() for item in known.evidence}
    quoted |= {item for peer in facts.peers for item in peer.evidence}
    quoted |= {item for port in facts.ports for item in (port.mtu.evidence if port.mtu else ())}
    quoted |= {item for port in facts.ports for item in (port.enabled.evidence if port.enabled else ())}
    assert quoted
    assert all(verify(item, LAB / name) for item in quoted)


@pytest.mark.parametrize("name", ["fabric/healthy", "campus/healthy"])
def test_healthy_networks_have_no_trouble(name: str) -> None:
    assert [item for item in check(LAB / name).findings if item.severity >= Severity.WARNING] == []


# Fault of the truth file -> the check that finds it in device state.
EXPECTED = {
    "fabric/faulty": {
        "F01": "ospf.stuck",
        "F02": "ospf.timer-mismatch",
        "F03": "ospf.area-mismatch",
        "F04": "bgp.down",
        "F05": "bgp.down",
        "F06": "bgp.hold-expired",
        "F08": "vrrp.dual-master",
        "F09": "stp.root-hijack",
        "F13": "filter.drop",
        "F18": "dhcp.no-pool",
        "F21": "filter.drop",
        "F25": "ip.duplicate-address",
        "F26": "nd.duplicate-address",
    },
    "campus/faulty": {
        "C08": "ip.duplicate-address",
        "C11": "trunk.native-vlan-mismatch",
        "C12": "link.duplex-mismatch",
    },
}


@pytest.mark.parametrize("name", EXPECTED)
def test_planted_faults_are_found(name: str) -> None:
    truth = {item["id"]: item for item in json.loads((LAB / name / "truth.json").read_text())["faults"]}
    findings = check(LAB / name).findings
    for fault, identifier in EXPECTED[name].items():
        devices = set(truth[fault]["devices"])
        hits = [item for item in findings if item.check == identifier and set(item.subject.devices) & devices]
        assert hits, fault
        ports = {tuple(pair) for pair in truth[fault]["interfaces"]}
        named = {pair for item in hits for pair in item.subject.interfaces}
        assert not named or not ports or ports <= named, fault
        assert all(verify(evidence, LAB / name) for item in hits for evidence in item.evidence)


def test_root_hijack_names_both_bridges() -> None:
    found = [item for item in check(LAB / "fabric" / "faulty").findings if item.check == "stp.root-hijack"]
    assert [(item.severity, item.subject.devices) for item in found] == [(Severity.ERROR, ("sw1", "sw3"))]


AGREE = {
    "ip_route": ("routes", "prefix protocol next_hop interface distance metric selected installed recursive"),
    "bgp_summary": ("bgp_peers", "address remote_as local_as state family prefixes description"),
    "ip_ospf_neighbor": ("ospf_neighbors", "router_id priority state role address interface local_address version"),
    "ipv6_ospf6_neighbor": ("ospf_neighbors", "router_id priority state role interface version"),
}


@pytest.mark.parametrize("state", ["healthy", "faulty"])
def test_json_and_text_of_one_command_agree(state: str) -> None:
    pieces = {piece.file.name: piece for piece in open_pieces(LAB / "fabric" / state / "show")}
    compared = 0
    for name, piece in pieces.items():
        if not name.endswith(".json"):
            continue
        kind, columns = AGREE[Path(name).stem]
        text = READERS[0].read(pieces[name.removesuffix("json") + "txt"]).tables[kind].select(columns.split())
        document = READERS[1].read(piece).tables[kind].select(columns.split())
        assert set(text.rows()) == set(document.rows()), name
        compared += 1
    assert compared == 35
