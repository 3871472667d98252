"""Checks that need several kinds of data at once: what is configured, what is cabled, what is really sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netguru.checks import check, finding
from netguru.model.finding import Finding, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netguru.diagnosis.names import Names
    from netguru.model.capture import Capture
    from netguru.model.facts import Facts, Known, OspfFacts, PortFacts
    from netguru.model.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A network with the facts of all its sources and the owners of its addresses."""

    network: Network
    facts: Facts
    names: Names


@check("joined", "ospf.sent-differs", profile="routing")
def ospf_sent_differs(joined: Joined) -> Iterator[Finding]:
    """Find routers whose OSPF hellos carry other values than their configuration or their own report."""
    for capture in joined.network.captures:
        for (source, version), rows in _hellos(capture).items():
            for owner in joined.names.who(source):
                ospf = owner.port.ospf if owner.port else ()
                stated = next((item for item in ospf if item.version == version), None)
                if owner.port is not None and stated is not None:
                    yield from _compare_hello(capture, owner.port, source, stated, rows)


def _hellos(capture: Capture) -> dict[tuple[str, int], list[dict[str, Any]]]:
    import polars as pl

    columns = ("number", "src", "version", "area", "hello_interval", "dead_interval")
    table = capture.protocol("ospf").filter(pl.col("type") == 1).select(columns)
    grouped: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in table.iter_rows(named=True):
        grouped.setdefault((row["src"], row["version"]), []).append(row)
    return grouped


def _compare_hello(
    capture: Capture, port: PortFacts, source: str, stated: OspfFacts, rows: list[dict[str, Any]]
) -> Iterator[Finding]:
    named: tuple[tuple[str, str, Known[Any] | None], ...] = (
        ("area", "area", stated.area),
        ("hello_interval", "hello interval", stated.hello_interval),
        ("dead_interval", "dead interval", stated.dead_interval),
    )
    for column, words, known in named:
        other = [row for row in rows if known is not None and row[column] not in (None, known.value)]
        # A value that changed during the capture is a change of configuration, not a contradiction.
        if known is None or not other or len(other) < len(rows):
            continue
        yield finding(
            "ospf.sent-differs",
            device=port.device,
            port=port.port,
            what=words,
            stated=known.value,
            sent=other[0][column],
            subject=Subject(devices=(port.device,), interfaces=((port.device, port.port),), addresses=(source,)),
            evidence=[*known.evidence[:2], *capture.evidence([row["number"] for row in other], limit=3)],
        )


@check("joined", "bgp.remote-as-mismatch", profile="routing")
def bgp_open_against_configuration(joined: Joined) -> Iterator[Finding]:
    """Find BGP speakers whose OPEN names another AS than their neighbour's configuration expects."""
    for capture in joined.network.captures:
        for source, sent in _opens(capture).items():
            for peer in joined.facts.peers:
                if peer.address != source or peer.remote_as is None or peer.remote_as.value in sent:
                    continue
                asn, numbers = next(iter(sent.items()))
                speakers = sorted({owner.device for owner in joined.names.who(source)})
                yield finding(
                    "bgp.remote-as-mismatch@joined",
                    device=peer.device,
                    address=source,
                    expected=peer.remote_as.value,
                    sent=asn,
                    subject=Subject(devices=(peer.device, *speakers), addresses=(source,)),
                    evidence=[*peer.remote_as.evidence, *capture.evidence(numbers, limit=3)],
                )


def _opens(capture: Capture) -> dict[str, dict[int, list[int]]]:
    """Give, by sender, the AS numbers of its OPENs with their packets."""
    import polars as pl

    table = capture.protocol("bgp").filter((pl.col("type") == 1) & pl.col("asn").is_not_null())
    sent: dict[str, dict[int, list[int]]] = {}
    for row in table.select("number", "src", "asn").iter_rows(named=True):
        sent.setdefault(row["src"], {}).setdefault(row["asn"], []).append(row["number"])
    return sent


@check(
    "joined",
    "trunk.allowed-mismatch",
    "trunk.native-vlan-mismatch",
    "link.duplex-mismatch",
    "link.mtu-mismatch",
    profile="l2",
)
def cabled_ports_disagree(joined: Joined) -> Iterator[Finding]:
    """Compare the settings of the two ports of every cable."""
    from netguru.config.between import compare_ports
    from netguru.topology import physical_links

    ports = {port.key: port for port in joined.facts.ports}
    for link in physical_links(joined.network):
        a, b = ports.get(link.a.key), ports.get(link.b.key)
        if a is not None and b is not None:
            yield from _with_cable(compare_ports(a, b), link.evidence)


def _with_cable(found: Iterable[Finding], cable: tuple[Any, ...]) -> Iterator[Finding]:
    """Add to findings about two ports the neighbour rows that show the cable between them."""
    from dataclasses import replace

    for item in found:
        yield replace(item, evidence=tuple(dict.fromkeys((*item.evidence, *cable))))
