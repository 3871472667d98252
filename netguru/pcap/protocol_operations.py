"""Operations on what a capture says: protocol tables, neighbours, and the checks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from netguru.model.coverage import Coverage, Gap
from netguru.model.finding import Findings
from netguru.model.result import Result
from netguru.operations import operation

if TYPE_CHECKING:
    from netguru.model.capture import Capture
    from netguru.model.topology import Neighbor

Profile = Literal["all", "tcp", "routing", "l2", "services", "security"]
_PLACES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolTable(Result):
    """The messages of one protocol; `columns` say what each field of a row means."""

    schema: ClassVar[str] = "netguru.pcap.protocol/1"
    primary: ClassVar[str] = "rows"

    protocol: str
    columns: tuple[dict[str, str], ...]
    messages: int
    rows: tuple[dict[str, Any], ...]
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureNeighbors(Result):
    """The CDP and LLDP neighbours that a capture shows."""

    schema: ClassVar[str] = "netguru.pcap.neighbors/1"
    primary: ClassVar[str] = "neighbors"

    neighbors: tuple[Neighbor, ...]
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureFindings(Findings):
    """The problems that a capture shows, worst first."""

    schema: ClassVar[str] = "netguru.pcap.check/1"
    primary: ClassVar[str] = "findings"


@operation("pcap.protocol")
def protocol(file: Path, name: str, *, top: int = 0) -> ProtocolTable:
    """Decode the messages of one protocol, each with its packet number.

    Known are arp, bgp, cdp, dhcp, dns, dtp, eigrp, hsrp, http, icmp, icmpv6, lldp, mdns, nd, ntp,
    ospf, stp, tls, vrrp and vtp. Requests and their replies are tied to each other where the
    protocol has them.

    Args:
        file: The capture.
        name: The protocol.
        top: How many messages to give, from the first; 0 is all.
    """
    from netguru.pcap.protocols import find, schema
    from netguru.workspace import open_capture

    known = find(name)
    capture = open_capture(file)
    messages = capture.protocol(known.name)
    shown = messages.head(top) if top > 0 else messages
    return ProtocolTable(
        protocol=known.name,
        columns=tuple(
            {"name": item.name, "type": item.type, "meaning": item.meaning, "field": item.field}
            for item in schema(known.name)
        ),
        messages=messages.height,
        rows=tuple(shown.to_dicts()),
        coverage=_protocol_coverage(capture, known.name),
    )


def _protocol_coverage(capture: Capture, name: str) -> Coverage:
    from netguru.pcap.protocols import find
    from netguru.pcap.protocols.table import chosen

    selected = capture.packets().filter(chosen(find(name))).select("number").collect()["number"].to_list()
    decoded = set(capture.protocol(name)["number"].to_list())
    # A packet in a tunnel counts for the one around it.
    selected = sorted({*selected, *decoded})
    others = [number for number in selected if number not in decoded]
    gaps: tuple[Gap, ...] = ()
    if others:
        reason = f"no {name} message begins in the packet, or it is cut or damaged"
        gaps = (Gap(reason=reason, count=len(others), places=tuple(f"packet {n}" for n in others[:_PLACES])),)
    whole = capture.coverage
    return Coverage(
        unit="packets",
        total=len(selected),
        read=len(selected) - len(others),
        gaps=gaps,
        notes=whole.notes,
        missing=whole.missing,
        source=whole.source,
    )


@operation("pcap.neighbors")
def neighbors(file: Path) -> CaptureNeighbors:
    """List the neighbours that announce themselves by CDP or LLDP in a capture.

    A capture does not say at which device it was taken: `device` is empty, `port` is the capture
    interface where the file names it.

    Args:
        file: The capture.
    """
    from netguru.workspace import open_capture

    capture = open_capture(file)
    return CaptureNeighbors(neighbors=capture.neighbors(), coverage=capture.coverage)


@operation("pcap.check")
def check(file: Path, *, top: int = 50, profile: Profile = "all") -> CaptureFindings:
    """Report the problems a capture shows, worst first.

    Every finding quotes the packets that show it.

    Args:
        file: The capture.
        top: How many findings to give at most; 0 is all.
        profile: Which checks to run.
    """
    from netguru import checks
    from netguru.workspace import open_capture

    capture = open_capture(file)
    found = checks.run("capture", capture, profile=profile)
    shown = found[:top] if top > 0 else found
    coverage = capture.coverage
    if len(shown) < len(found):
        left = f"{len(found) - len(shown)} more findings are not shown (--top {top})"
        coverage = replace(coverage, notes=(*coverage.notes, left))
    return CaptureFindings(findings=shown, coverage=coverage)
