"""A capture in words, for questions about it: what it holds, its protocols, conversations and findings, no payload."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from netguru.model.description import Description, Passage
from netguru.workspace.describers import Subject, describers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding
    from netguru.pcap.capture import CaptureFile
    from netguru.pcap.results import Flow, Summary

CONVERSATIONS = 100
"""The conversations that are described: those with the most bytes."""
FINDINGS = 50
_QUOTED = 5


class CaptureDescriber:
    """Describe a capture."""

    subject: Subject = "capture"
    version = "1"

    def describe(self, subject: Capture) -> Description | None:
        """Tell times and numbers, each protocol, the largest conversations and what is found wrong."""
        from netguru import checks
        from netguru.pcap.listing import list_flows
        from netguru.pcap.summarize import summarize
        from netguru.pcap.survey import survey

        capture = cast("CaptureFile", subject)
        summary = summarize(capture)
        if not summary.packets:
            return None
        flows = list_flows(capture, out=None, top=CONVERSATIONS)
        survey(capture)
        with capture.quotes.put_off():
            found = checks.run("capture", capture)
        shown = capture.quotes.completed(found[:FINDINGS])
        name = capture.source.name.rpartition("/")[2]
        title = f"Capture {name}"
        parts: list[tuple[str, list[str]]] = [
            ("Summary", list(_summary(summary))),
            ("Protocols", [f"{key}: {count} packets" for key, count in summary.protocols.items()]),
            ("Conversations", [_conversation(flow) for flow in flows.flows]),
            ("Findings", [line for finding in shown for line in _finding(finding)]),
        ]
        return Description(title=title, passages=tuple(_numbered(title, parts)))


def _numbered(title: str, parts: Iterable[tuple[str, list[str]]]) -> Iterator[Passage]:
    number = 1
    for heading, lines in parts:
        if lines:
            rows = tuple(enumerate(lines, number))
            number += len(rows)
            yield Passage(path=(title, heading), lines=rows, kind="list", stated=False)


def _summary(summary: Summary) -> Iterator[str]:
    yield f"{summary.packets} packets, {summary.bytes} bytes, {', '.join(summary.link_types)}."
    yield f"From {summary.first_time_iso} to {summary.last_time_iso}."
    yield (
        f"{summary.ip_conversations} pairs of addresses, {summary.tcp_flows} TCP and "
        f"{summary.udp_flows} UDP conversations."
    )
    for damage in summary.damage[:_QUOTED]:
        yield f"Damage at byte {damage.offset}: {damage.message}"


def _conversation(flow: Flow) -> str:
    ends = [_end(flow.client, flow.client_port), _end(flow.server, flow.server_port)]
    kind = " ".join(part for part in (flow.protocol, flow.application) if part)
    host = f" ({flow.host})" if flow.host else ""
    return f"{kind}: {ends[0]} to {ends[1]}{host}, {flow.packets} packets, {flow.bytes} bytes"


def _end(address: str, port: int | None) -> str:
    if port is None:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _finding(finding: Finding) -> Iterator[str]:
    numbers = [item.start for item in finding.evidence if item.kind == "packet"][:_QUOTED]
    packets = f" Packets {', '.join(map(str, numbers))}." if numbers else ""
    yield f"{finding.severity}: {finding.title} {finding.why}{packets}"


describers.register("capture", CaptureDescriber())
