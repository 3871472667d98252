"""The graph against the true cables: the bundled lab, and third-party networks where they are present."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from netguru.model.names import canonical_port, device_key, port_key
from netguru.topology.building import build
from netguru.topology.inventory import physical
from netguru.workspace.opening import open_network

if TYPE_CHECKING:
    from pathlib import Path

STATES = ["fabric/healthy", "fabric/faulty", "campus/healthy", "campus/faulty"]
# Third-party networks: links found, true links, false links. The first four rest on LLDP and CDP.
SNAPSHOTS = {
    "suzieq-mixed": (12, 12, 0),
    "suzieq-eos": (18, 18, 0),
    "suzieq-cumulus-ospf-ibgp": (20, 20, 0),
    "n2g-cdp": (3, 3, 0),
    # Configurations only. Not to be found: two hosts without addresses, a loop of one router to itself.
    "batfish-example": (17, 20, 0),
    # Not to be found: switches of which there is no configuration.
    "labval-eos-evpn": (20, 34, 0),
}


def end(device: str, port: str) -> tuple[str, str]:
    return device_key(device), port_key(physical(canonical_port(port)))


def links_of(topology) -> set[frozenset[tuple[str, str]]]:
    return {frozenset((end(link.a.device, link.a.port), end(link.b.device, link.b.port))) for link in topology.links}


def true_links(folder: Path) -> set[frozenset[tuple[str, str]]]:
    rows = json.loads((folder / "truth.json").read_text())["links"]
    return {frozenset(end(row[side]["device"], row[side]["interface"]) for side in "ab") for row in rows}


@pytest.mark.parametrize("state", STATES)
def test_lab_is_found_whole_and_nothing_else(state: str, lab: Path, opened):
    topology = build(opened(lab / state))
    assert links_of(topology) == true_links(lab / state)
    assert all(link.seen_from == "both" and link.confidence == 1 for link in topology.links)
    assert not topology.unresolved


@pytest.mark.parametrize("pattern", ["lldp/*.txt", "lldp/*.json"])
@pytest.mark.parametrize("state", ["healthy", "faulty"])
def test_fabric_from_neighbour_tables_alone(pattern: str, state: str, lab: Path, tmp_path: Path):
    # The port ids of CDP are descriptions here; without configurations the other side's report resolves them.
    for file in (lab / "fabric" / state).glob(pattern):
        shutil.copy(file, tmp_path / file.name)
    assert links_of(build(open_network(tmp_path))) == true_links(lab / "fabric" / state)


@pytest.mark.parametrize("name", ["cdp_neighbors.txt", "cdp_neighbors_detail.txt", "lldp_neighbors_detail.txt"])
def test_campus_from_one_command(name: str, lab: Path, tmp_path: Path):
    folder = lab / "campus" / "healthy"
    for file in folder.glob(f"show/*/{name}"):
        (tmp_path / file.parent.name).mkdir()
        shutil.copy(file, tmp_path / file.parent.name / "neighbours-as-saved.log")
    found = links_of(build(open_network(tmp_path)))
    routers = {"edge1", "edge2"}
    expected = {link for link in true_links(folder) if not routers & {device for device, _ in link}}
    with_edges = {link for link in true_links(folder) if not {device for device, _ in link} <= routers}
    assert found == (with_edges if name.startswith("lldp") else expected)


@pytest.mark.parametrize("name", sorted(SNAPSHOTS))
def test_third_party_network(name: str, shared: Path, capsys: pytest.CaptureFixture[str]):
    folder = shared / "snapshots" / name
    rows = json.loads((folder / "truth_edges.json").read_text())["edges"]
    truth = {frozenset((end(row["a"], row["a_port"]), end(row["b"], row["b_port"]))) for row in rows}
    found = links_of(build(open_network(folder)))
    with capsys.disabled():
        print(f"\n{name}: {len(found & truth)} of {len(truth)} links, {len(found - truth)} false")  # noqa: T201 - the score is shown
    at_least, total, false = SNAPSHOTS[name]
    assert len(truth) == total
    assert len(found & truth) >= at_least
    assert len(found - truth) <= false


def test_provider_network_from_configurations(shared: Path):
    # The truth names virtual NICs: NIC2 is the first data port of IOS-XR (GigabitEthernet0/0/0/0).
    folder = shared / "snapshots" / "labval-xr-ios-vpnv4"

    def nic(port: str) -> str:
        return f"GigabitEthernet0/0/0/{int(port[3:]) - 2}" if port.startswith("NIC") else port

    rows = json.loads((folder / "truth_edges.json").read_text())["edges"]
    truth = {frozenset((end(row["a"], nic(row["a_port"])), end(row["b"], nic(row["b_port"])))) for row in rows}
    assert links_of(build(open_network(folder))) == truth


def test_management_hub_is_no_cable(shared: Path):
    topology = build(open_network(shared / "snapshots" / "suzieq-mixed"))
    ports = {item.neighbor.port for item in topology.unresolved}
    assert ports == {"mgmt0"}
    assert all("shared segment" in item.reason or "management" in item.reason for item in topology.unresolved)
