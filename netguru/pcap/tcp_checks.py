"""Checks of TCP: attempts that fail, scans, loss, receivers that stop reading, black holes, resets."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from netguru.checks import check, finding, threshold
from netguru.model.finding import Finding, Severity, Subject
from netguru.pcap.addresses import client, endpoint, server
from netguru.pcap.messages import limit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netguru.pcap.capture import CaptureFile
    from netguru.pcap.tcp_connections import Attempt

_SHOWN_CLIENTS = 3
_UNREACHABLE, _FRAGMENTATION_NEEDED, _PACKET_TOO_BIG = 3, 4, 2


def _duration(nanoseconds: float) -> str:
    """Give a duration as text.

    >>> _duration(1_500_000_000), _duration(42_000_000)
    ('1.5 s', '42 ms')
    """
    seconds = nanoseconds / 1e9
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _names(items: Iterable[str]) -> str:
    names = sorted(set(items))
    more = f" and {len(names) - _SHOWN_CLIENTS} more" if len(names) > _SHOWN_CLIENTS else ""
    return ", ".join(names[:_SHOWN_CLIENTS]) + more


@check("capture", "scan.ports", "scan.hosts", profile="security")
def port_scans(capture: CaptureFile) -> Iterator[Finding]:
    """Report hosts that try many ports of one host, or one port of many hosts."""
    from netguru.pcap.tcp_scans import scans

    for scan in scans(capture):
        common: dict[str, Any] = {
            "scanner": scan.scanner,
            "failed": scan.failed,
            "count": scan.subjects,
            "duration": _duration(scan.duration_ns),
            "evidence": capture.evidence(scan.numbers.to_list()),
        }
        if scan.target:
            about = Subject(addresses=(scan.scanner, scan.target))
            yield finding("scan.ports", subject=about, target=scan.target, **common)
        else:
            yield finding("scan.hosts", subject=Subject(addresses=(scan.scanner,)), port=scan.port, **common)


def _failed(capture: CaptureFile) -> list[Attempt]:
    """Give the connection attempts that failed and belong to no scan."""
    from netguru.pcap.tcp_connections import failures
    from netguru.pcap.tcp_scans import scans

    events = capture.tcp_events()
    if events.failures is None:
        events.failures = failures(capture, [scan.flows for scan in scans(capture)])
    return events.failures


def _by_service(items: Iterable[Attempt]) -> Iterator[tuple[str, int, list[Attempt]]]:
    groups: dict[tuple[str, int], list[Attempt]] = defaultdict(list)
    for item in items:
        groups[item.server, item.port].append(item)
    largest = sorted(groups.items(), key=lambda group: -len(group[1]))[: limit("findings", "groups")]
    for (address, port), group in largest:
        yield address, port, group


def _addresses(address: str, clients: Iterable[str]) -> Subject:
    return Subject(addresses=(address, *sorted(set(clients))[: limit("findings", "addresses")]))


@check("capture", "tcp.refused", profile="tcp")
def refused(capture: CaptureFile) -> Iterator[Finding]:
    """Report services that answer a SYN with a reset."""
    from netguru.pcap.tcp_connections import accepting, met

    failed = _failed(capture)
    resets = [(item, item.reset) for item in failed if item.reset is not None]
    by_flow = {item.flow: reset for item, reset in resets}
    known = accepting(capture, [item for item, _ in resets])
    acquainted = met(capture, [item for item, _ in resets])
    for address, port, hit in _by_service(item for item, _ in resets):
        # A service that accepts at another time was starting or restarting; so was one whose host opened the
        # connection itself, as either end of a session between equals does (BGP).
        late = all((frozenset((item.client, address)), port) in acquainted for item in hit)
        accepts = (address, port) in known or late
        numbers = [number for item in hit for number in (item.syns[-1], by_flow[item.flow])]
        yield finding(
            "tcp.refused",
            severity=Severity.NOTE if accepts else None,
            subject=_addresses(address, (item.client for item in hit)),
            evidence=capture.evidence(numbers),
            symptoms=("the service accepts connections at other times of the capture",) if accepts else (),
            server=_service(address, port),
            port=port,
            count=len(hit),
            clients=_names(item.client for item in hit),
        )


def _service(address: str, port: int) -> str:
    return endpoint(address, port)


@check("capture", "tcp.no-answer", profile="tcp")
def no_answer(capture: CaptureFile) -> Iterator[Finding]:
    """Report services whose SYNs get no reply of any kind.

    Attempts with the MD5 option are left to the BGP check, those with an ICMP error to the ICMP check.
    """
    from netguru.pcap.tcp_connections import any_answered, met

    failed = _failed(capture)
    # Where one end signs, the other end's attempts without a signature are dropped for the same reason.
    signed = {(frozenset((item.client, item.server)), item.port) for item in failed if item.signed}
    open_attempts = [
        item
        for item in failed
        if not item.answered and not item.quoted and (frozenset((item.client, item.server)), item.port) not in signed
    ]
    least, sure = threshold("tcp.no-answer", "note_syn"), threshold("tcp.no-answer", "warning_syn")
    # One SYN alone proves little: whoever got no answer asks again.
    tries = Counter((item.server, item.port, item.client) for item in open_attempts for _ in item.syns)
    silent = [item for item in open_attempts if tries[item.server, item.port, item.client] >= least]
    acquainted, both_ways = met(capture, silent), any_answered(capture)
    for address, port, group in _by_service(silent):
        numbers = [number for item in group for number in item.syns]
        clients = {item.client for item in group}
        # A session that came up at another time, opened by either end (BGP), was only late.
        late = all((frozenset((client, address)), port) in acquainted for client in clients)
        # An absence proves nothing where the recording shows one direction only.
        one_sided = not both_ways and address not in capture.senders()
        yield finding(
            "tcp.no-answer",
            severity=None if len(numbers) >= sure and not one_sided and not late else Severity.NOTE,
            subject=_addresses(address, clients),
            evidence=capture.evidence(numbers),
            symptoms=("a connection of these hosts on this port came up at another time",) if late else (),
            server=_service(address, port),
            port=port,
            count=len(numbers),
            client=min(clients),
            clients=_names(clients),
            doubt=" The capture shows one direction only, so the reply may have taken another path."
            if one_sided
            else "",
        )


@check("capture", "tcp.loss", "tcp.loss-elsewhere", profile="tcp")
def loss(capture: CaptureFile) -> Iterator[Finding]:
    """Report pairs of hosts whose data segments are sent again, with the share that was."""
    from netguru.pcap.tcp_loss import lossy_pairs

    losses = lossy_pairs(capture)
    told = _too_big(capture) if losses.pairs else Counter()
    for pair in losses.pairs:
        share = pair.resent / pair.data
        # A segment that was too big for the path is sent again in two: nothing is lost that the sender was not told.
        errors = told[frozenset((pair.a, pair.b))]
        unexplained = pair.resent - 2 * errors
        sized = unexplained / pair.data >= threshold("tcp.loss", "warning_share") and unexplained >= threshold(
            "tcp.loss", "warning_segments"
        )
        symptoms = [f"{pair.duplicates} duplicate acknowledgments"] if pair.duplicates else []
        if errors:
            symptoms.append(f"{errors} ICMP errors say that a packet was too big for the path")
        yield finding(
            "tcp.loss",
            severity=None if sized else Severity.NOTE,
            subject=Subject(addresses=(pair.a, pair.b)),
            evidence=capture.evidence(pair.numbers.to_list()),
            symptoms=symptoms,
            a=pair.a,
            b=pair.b,
            resent=pair.resent,
            data=pair.data,
            share=f"{share:.1%}",
            from_a=pair.from_a,
            from_b=pair.resent - pair.from_a,
        )
    if losses.others:
        yield finding(
            "tcp.loss-elsewhere",
            evidence=capture.evidence(losses.numbers),
            pairs=losses.others,
            told=len(losses.pairs),
            resent=losses.resent,
        )


def _too_big(capture: CaptureFile) -> Counter[frozenset[str]]:
    """Count the ICMP errors "too big for the path" by the two hosts of the packet that they quote."""
    import polars as pl

    from netguru.pcap.checks.common import messages

    kind, code = pl.col("type"), pl.col("code")
    rows = messages(capture, "icmp", (kind == _UNREACHABLE) & (code == _FRAGMENTATION_NEEDED))
    rows += messages(capture, "icmpv6", kind == _PACKET_TOO_BIG)
    return Counter(frozenset((row["quoted_src"], row["quoted_dst"])) for row in rows if row["quoted_src"])


@check("capture", "tcp.pmtu-blackhole", profile="tcp")
def pmtu_blackhole(capture: CaptureFile) -> Iterator[Finding]:
    """Report paths on which large packets vanish while small ones pass."""
    from netguru.pcap.tcp_holes import black_holes

    for hole in black_holes(capture):
        told = (
            "An ICMP error that says so was seen, but the sender did not follow it."
            if hole.icmp
            else ("No ICMP error told the sender.")
        )
        yield finding(
            "tcp.pmtu-blackhole",
            subject=Subject(addresses=(hole.sender, hole.receiver)),
            evidence=capture.evidence(hole.numbers),
            sender=hole.sender,
            receiver=hole.receiver,
            size=hole.size,
            passed=hole.passed,
            count=len(hole.numbers),
            icmp=told,
        )


@check("capture", "tcp.zero-window", profile="tcp")
def zero_window(capture: CaptureFile) -> Iterator[Finding]:
    """Report receivers that keep their window at zero."""
    from netguru.pcap.tcp_loss import stalled_receivers

    for stall in stalled_receivers(capture, threshold("tcp.zero-window", "duration_ms") * 1e6):
        yield finding(
            "tcp.zero-window",
            subject=Subject(addresses=(stall.address, stall.peer)),
            evidence=capture.evidence(stall.numbers),
            receiver=_service(stall.address, stall.port),
            sender=_service(stall.peer, stall.peer_port),
            address=stall.address,
            count=len(stall.numbers),
            duration=_duration(stall.duration_ns),
        )


@check("capture", "tcp.reset", profile="tcp")
def resets(capture: CaptureFile) -> Iterator[Finding]:
    """Report open connections that end with a reset."""
    from netguru.pcap.tcp_connections import breaks

    for row in breaks(capture).iter_rows(named=True):
        end = _service(server(row), row["server_port"])
        sender, receiver = (client(row), end) if row["client"] else (end, client(row))
        values: dict[str, Any] = {"sender": sender, "receiver": receiver, "count": row["count"]}
        yield finding(
            "tcp.reset",
            subject=Subject(addresses=tuple(sorted({_address(sender), _address(receiver)}))),
            evidence=capture.evidence(row["numbers"]),
            **values,
        )


def _address(service: str) -> str:
    """Take the port off.

    >>> _address("10.0.0.1:80"), _address("[::1]:80"), _address("::1"), _address("10.0.0.1")
    ('10.0.0.1', '::1', '::1', '10.0.0.1')
    """
    if service.startswith("["):
        return service[1:].split("]", 1)[0]
    return service.rsplit(":", 1)[0] if service.count(":") == 1 else service
