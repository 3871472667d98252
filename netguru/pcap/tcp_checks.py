"""Checks of TCP: attempts that fail, scans, loss, receivers that stop reading, black holes, resets."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from netguru.checks import check, finding, threshold
from netguru.model.finding import Finding, Severity, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netguru.pcap.capture import CaptureFile
    from netguru.pcap.tcp_connections import Connection
    from netguru.pcap.tcp_scans import Scan

_SHOWN_CLIENTS = 3


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


def _without_scans(items: list[Connection]) -> tuple[list[Connection], list[Scan]]:
    from netguru.pcap.tcp_scans import scans

    found = scans(items)
    scanned = {each.flow for scan in found for each in scan.failed}
    return [item for item in items if item.flow not in scanned], found


def _by_service(items: Iterable[Connection]) -> Iterator[tuple[str, int, list[Connection]]]:
    groups: dict[tuple[str, int], list[Connection]] = defaultdict(list)
    for item in items:
        groups[item.server, item.port].append(item)
    for (address, port), group in groups.items():
        yield address, port, group


@check("capture", "scan.ports", "scan.hosts", profile="security")
def port_scans(capture: CaptureFile) -> Iterator[Finding]:
    """Report hosts that try many ports of one host, or one port of many hosts."""
    for scan in _without_scans(capture.connections())[1]:
        times = [item.opened_ns for item in scan.tried]
        common: dict[str, Any] = {
            "scanner": scan.scanner,
            "failed": len(scan.failed),
            "duration": _duration(max(times) - min(times)),
            "evidence": capture.evidence([item.syns[0] for item in scan.failed]),
        }
        if scan.target:
            yield finding(
                "scan.ports",
                subject=Subject(addresses=(scan.scanner, scan.target)),
                target=scan.target,
                count=len({item.port for item in scan.tried}),
                **common,
            )
        else:
            yield finding(
                "scan.hosts",
                subject=Subject(addresses=(scan.scanner,)),
                port=scan.port,
                count=len({item.server for item in scan.tried}),
                **common,
            )


@check("capture", "tcp.refused", profile="tcp")
def refused(capture: CaptureFile) -> Iterator[Finding]:
    """Report services that answer a SYN with a reset."""
    items, _ = _without_scans(capture.connections())
    for address, port, group in _by_service(items):
        hit = [item for item in group if item.failed and item.resets]
        if not hit:
            continue
        # A service that accepts at another time was starting or restarting.
        accepts = any(item.accepted for item in group)
        numbers = [number for item in hit for number in (item.syns[-1], item.resets[0])]
        yield finding(
            "tcp.refused",
            severity=Severity.NOTE if accepts else None,
            subject=Subject(addresses=(address, *sorted({item.client for item in hit}))),
            evidence=capture.evidence(numbers),
            symptoms=("the service accepts connections at other times of the capture",) if accepts else (),
            server=_service(address, port),
            port=port,
            count=len(hit),
            clients=_names(item.client for item in hit),
        )


def _service(address: str, port: int) -> str:
    from netguru.pcap.addresses import endpoint

    return endpoint(address, port)


@check("capture", "tcp.no-answer", profile="tcp")
def no_answer(capture: CaptureFile) -> Iterator[Finding]:
    """Report services whose SYNs get no reply of any kind.

    Attempts with the MD5 option are left to the BGP check, those with an ICMP error to the ICMP check.
    """
    items, _ = _without_scans(capture.connections())
    both_ways = {address for item in items if item.answered for address in (item.client, item.server)}
    met = {(frozenset((item.client, item.server)), item.port) for item in items if item.answered and not item.resets}
    unreachable = _quoted(capture)
    least, sure = threshold("tcp.no-answer", "note_syn"), threshold("tcp.no-answer", "warning_syn")
    for address, port, group in _by_service(items):
        open_attempts = [item for item in group if item.syns and not item.signed]
        silent = [item for item in open_attempts if not item.answered and item.flow not in unreachable]
        # One SYN alone proves little: whoever got no answer asks again.
        tries = Counter(item.client for item in silent for _ in item.syns)
        silent = [item for item in silent if tries[item.client] >= least]
        count = sum(len(item.syns) for item in silent)
        clients = {item.client for item in silent}
        if count < least:
            continue
        # A session that came up at another time, opened by either end (BGP), was only late.
        late = all((frozenset((client, address)), port) in met for client in clients)
        # An absence proves nothing where the recording shows one direction only.
        one_sided = not both_ways and address not in capture.senders()
        numbers = [number for item in silent for number in item.syns]
        yield finding(
            "tcp.no-answer",
            severity=None if count >= sure and not one_sided and not late else Severity.NOTE,
            subject=Subject(addresses=(address, *sorted(clients))),
            evidence=capture.evidence(numbers),
            symptoms=("a connection of these hosts on this port came up at another time",) if late else (),
            server=_service(address, port),
            port=port,
            count=count,
            client=min(clients),
            clients=_names(clients),
            doubt=" The capture shows one direction only, so the reply may have taken another path."
            if one_sided
            else "",
        )


def _quoted(capture: CaptureFile) -> set[int]:
    """Give the flows that an ICMP error quotes."""
    import polars as pl

    quoted = capture.inner().filter((pl.col("tunnel") == "icmp") & pl.col("src_port").is_not_null())
    return set(quoted["flow"].drop_nulls().to_list())


@check("capture", "tcp.loss", profile="tcp")
def loss(capture: CaptureFile) -> Iterator[Finding]:
    """Report pairs of hosts whose data segments are sent again, with the share that was."""
    from netguru.pcap.tcp_loss import lossy_pairs

    for pair in lossy_pairs(capture):
        share = pair.resent / pair.data
        sized = share >= threshold("tcp.loss", "warning_share") and pair.resent >= threshold(
            "tcp.loss", "warning_segments"
        )
        yield finding(
            "tcp.loss",
            severity=None if sized else Severity.NOTE,
            subject=Subject(addresses=(pair.a, pair.b)),
            evidence=capture.evidence(pair.numbers),
            symptoms=(f"{pair.duplicates} duplicate acknowledgments",) if pair.duplicates else (),
            a=pair.a,
            b=pair.b,
            resent=pair.resent,
            data=pair.data,
            share=f"{share:.1%}",
            from_a=pair.from_a,
            from_b=pair.resent - pair.from_a,
        )


@check("capture", "tcp.pmtu-blackhole", profile="tcp")
def pmtu_blackhole(capture: CaptureFile) -> Iterator[Finding]:
    """Report paths on which large packets vanish while small ones pass."""
    from netguru.pcap.tcp_loss import black_holes

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

    least = threshold("tcp.zero-window", "duration_ms") * 1e6
    for stall in stalled_receivers(capture):
        if stall.duration_ns < least:
            continue
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
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    flows: dict[tuple[str, str], set[int]] = defaultdict(set)
    for item in capture.connections():
        for number, by_client in item.breaks:
            service = _service(item.server, item.port)
            ends = (item.client, service) if by_client else (service, item.client)
            groups[ends].append(number)
            flows[ends].add(item.flow)
    for (sender, receiver), numbers in groups.items():
        values: dict[str, Any] = {"sender": sender, "receiver": receiver, "count": len(flows[sender, receiver])}
        yield finding(
            "tcp.reset",
            subject=Subject(addresses=tuple(sorted({_address(sender), _address(receiver)}))),
            evidence=capture.evidence(numbers),
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
