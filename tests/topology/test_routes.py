"""Computed routes against those that real daemons recorded, and the ways of packets over them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import netguru
from netguru.errors import InputError, UnknownNameError
from netguru.model.routing import Hop
from netguru.topology.spf import shortest

_FABRIC = Path(__file__).parents[2] / "data" / "samples" / "lab" / "fabric"
_DEVICES = sorted(path.parent.name for path in (_FABRIC / "healthy" / "show").glob("*/ip_route.json"))


def _withheld(state: str, folder: Path) -> Path:
    """Copy a state of the fabric without the routes that it recorded, and without what else tells them."""
    made = folder / state
    hidden = shutil.ignore_patterns("ip_route*", "ipv6_route*", "ip_bgp*", "*database*", "truth.json", "captures")
    shutil.copytree(_FABRIC / state, made, ignore=hidden)
    for file in (made / "linux").iterdir():
        text = file.read_text()
        file.write_text("\n".join(line for line in text.splitlines() if " proto " not in line or " dev " not in line))
    return made


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = _withheld("healthy", tmp_path_factory.mktemp("routes"))
    rows = netguru.topology.routes(folder, source="computed").routes
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if ":" not in row.prefix:
            found.setdefault(row.device, {})[row.prefix] = row
    return found


@pytest.mark.parametrize("device", _DEVICES)
def test_computed_routes_are_the_recorded_ones(device: str, computed: dict[str, dict[str, Any]]) -> None:
    recorded = json.loads((_FABRIC / "healthy" / "show" / device / "ip_route.json").read_text())
    selected = {prefix: row for prefix, rows in recorded.items() for row in rows if row.get("selected")}
    mine = computed[device]

    assert set(mine) == set(selected)
    for prefix, row in selected.items():
        hops = {(hop.get("ip", ""), hop["interfaceName"]) for hop in row["nexthops"] if hop.get("fib")}
        assert (mine[prefix].protocol, mine[prefix].distance, mine[prefix].metric) == (
            row["protocol"],
            row["distance"],
            row["metric"],
        )
        assert {(hop.address, hop.port) for hop in mine[prefix].hops} == hops
        assert mine[prefix].evidence


def test_own_table_of_a_device_goes_first() -> None:
    rows = netguru.topology.routes(_FABRIC / "healthy", "leaf1").routes

    assert {row.source for row in rows} == {"recorded"}
    assert {row.device for row in rows} == {"leaf1"}


def test_packet_takes_all_equal_ways() -> None:
    found = netguru.topology.path(_FABRIC / "healthy", "leaf1", "203.0.113.80", protocol="tcp", port=443)

    assert found.ends == ("delivered",)
    assert set(found.paths) == {"leaf1 > spine1 > bdr1 > isp1 > www1", "leaf1 > spine2 > bdr1 > isp1 > www1"}
    assert found.mtu == 1500
    assert all(step.evidence for step in found.steps)


def test_planted_loop_is_gone_round() -> None:
    found = netguru.topology.path(_FABRIC / "faulty", "bdr1", "192.0.2.55")

    assert found.ends == ("loop",)
    assert {step.device for step in found.steps} == {"bdr1", "bdr2"}


_EDGE = """hostname edge
interface GigabitEthernet0/0
 ip address 10.0.0.1 255.255.255.0
interface GigabitEthernet0/1
 ip address 192.0.2.1 255.255.255.252
 mtu 1400
 ip access-group OUT out
ip route 198.51.100.0 255.255.255.0 192.0.2.2
ip route 203.0.113.0 255.255.255.0 Null0
ip access-list extended OUT
 deny tcp any any eq 23
 permit ip any any
"""
_FAR = """hostname far
interface GigabitEthernet0/0
 ip address 192.0.2.2 255.255.255.252
interface Loopback0
 ip address 198.51.100.1 255.255.255.255
"""


@pytest.fixture
def two(tmp_path: Path) -> Path:
    (tmp_path / "edge.cfg").write_text(_EDGE)
    (tmp_path / "far.cfg").write_text(_FAR)
    return tmp_path


@pytest.mark.parametrize(
    ("target", "port", "ends"),
    [
        ("198.51.100.1", 443, ("delivered",)),
        ("198.51.100.1", 23, ("filtered",)),
        ("203.0.113.9", 443, ("discarded",)),
        ("8.8.8.8", 443, ("no route",)),
    ],
)
def test_way_of_a_host_ends(two: Path, target: str, port: int, ends: tuple[str, ...]) -> None:
    found = netguru.topology.path(two, "10.0.0.77", target, protocol="tcp", port=port)

    assert found.ends == ends


def test_filter_names_its_line_and_the_way_its_mtu(two: Path) -> None:
    dropped = netguru.topology.path(two, "10.0.0.77", "198.51.100.1", protocol="tcp", port=23)
    passed = netguru.topology.path(two, "10.0.0.77", "198.51.100.1", protocol="tcp", port=443)

    assert "deny tcp any any eq 23" in dropped.steps[0].says
    assert any("eq 23" in proof.text for proof in dropped.steps[0].evidence)
    assert passed.mtu == 1400


def test_bad_places_are_refused(two: Path) -> None:
    with pytest.raises(UnknownNameError, match="edge"):
        netguru.topology.path(two, "edgy", "198.51.100.1")
    with pytest.raises(InputError, match="no subnet"):
        netguru.topology.path(two, "172.16.0.1", "198.51.100.1")
    with pytest.raises(InputError, match="--protocol"):
        netguru.topology.path(two, "edge", "198.51.100.1", port=80)
    with pytest.raises(UnknownNameError, match="far"):
        netguru.topology.routes(two, "farr")


_GRAPHS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 3)), max_size=24)


@given(_GRAPHS)
def test_shortest_paths_and_all_first_hops(rows: list[tuple[int, int, int]]) -> None:
    """Costs and first hops agree with networkx over every graph: a law of RFC 2328 section 16.1."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_node("0")
    for a, b, cost in rows:
        if a != b:
            graph.add_edge(str(a), str(b), weight=cost)
    edges: dict[str, list[tuple[str, int, Hop]]] = {}
    for a, b, data in graph.edges(data=True):
        edges.setdefault(a, []).append((b, data["weight"], Hop(address=b)))
    found = shortest(edges, "0")

    costs = nx.single_source_dijkstra_path_length(graph, "0")
    assert {node: cost for node, (cost, _) in found.items()} == costs
    for node in costs:
        ways = nx.all_shortest_paths(graph, "0", node, weight="weight") if node != "0" else ()
        assert {hop.address for hop in found[node][1]} == {way[1] for way in ways}
