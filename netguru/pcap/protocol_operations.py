"""Operations on what a capture says: protocol tables, neighbours, and the checks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from netguru.model.finding import Findings
from netguru.model.result import Result
from netguru.operations import operation

if TYPE_CHECKING:
    from netguru.model.coverage import Coverage
    from netguru.model.topology import Neighbor
    from netguru.pcap.capture import CaptureFile

Profile = Literal["all", "tcp", "routing", "l2", "services", "security"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolTable(Result):
    """The messages of one protocol; `columns` say what each field of a row means.

    `messages` counts all of them; where not all were decoded, it counts the packets that hold some.
    """

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

    Known are arp, bfd, bgp, cdp, dhcp, dhcpv6, dns, dtp, eigrp, esp, ftp, hsrp, http, icmp, icmpv6,
    igmp, ike, isis, lacp, lldp, llmnr, mdns, mld, nbns, nd, netflow, ntp, ospf, quic, radius, rtcp,
    rtp, sip, smb, snmp, ssh, stp, syslog, tftp, tls, udld, vrrp and vtp. Requests and their replies
    are tied to each other where the protocol has them.

    Args:
        file: The capture.
        name: The protocol.
        top: How many messages to give, from the first; 0 is all, of a large capture the first 100,000.
    """
    from netguru.pcap.message_pages import page
    from netguru.pcap.protocols import find, schema
    from netguru.workspace import open_capture

    known = find(name)
    capture = open_capture(file)
    shown = page(cast("CaptureFile", capture), known.name, top)
    return ProtocolTable(
        protocol=known.name,
        columns=tuple(
            {"name": item.name, "type": item.type, "meaning": item.meaning, "field": item.field}
            for item in schema(known.name)
        ),
        messages=shown.messages,
        rows=tuple(shown.rows.to_dicts()),
        coverage=shown.coverage,
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
    from netguru.pcap.survey import survey
    from netguru.workspace import open_capture

    capture = cast("CaptureFile", open_capture(file))
    gathered = survey(capture)
    # Of a large capture far more may be found than is shown: only that is put into words.
    with capture.quotes.put_off():
        found = checks.run("capture", capture, profile=profile)
    shown = capture.quotes.completed(found[:top] if top > 0 else found)
    coverage = capture.coverage
    coverage = replace(coverage, notes=(*coverage.notes, *gathered.notes(capture)))
    if len(shown) < len(found):
        left = f"{len(found) - len(shown)} more findings are not shown (--top {top})"
        coverage = replace(coverage, notes=(*coverage.notes, left))
    return CaptureFindings(findings=shown, coverage=coverage)
