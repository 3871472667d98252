"""The summary of a capture: what it holds, in numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.pcap.results import Summary

if TYPE_CHECKING:
    from netguru.pcap.capture import CaptureFile

_SECOND = 1_000_000_000


def summarize(capture: CaptureFile) -> Summary:
    """Count packets, protocols and conversations of a capture, in one pass."""
    protocols = capture.protocols()
    totals = capture.totals
    tcp_flows, udp_flows = capture.conversations.streams
    names: dict[str, str] = resources.table("pcap.toml")["link_types"]
    seen = {interface.link_type for interface in capture.interfaces}
    return Summary(
        source=capture.source.name,
        format=capture.format,
        packets=totals.packets,
        bytes=totals.bytes,
        captured_bytes=totals.captured,
        first_time=epoch_text(totals.first_ns),
        last_time=epoch_text(totals.last_ns),
        first_time_iso=iso_text(totals.first_ns),
        last_time_iso=iso_text(totals.last_ns),
        link_types=tuple(names.get(str(number), str(number)) for number in sorted(seen)),
        protocols=protocols,
        ip_conversations=capture.conversations.pairs(),
        tcp_flows=tcp_flows,
        udp_flows=udp_flows,
        interfaces=capture.interfaces,
        damage=capture.damage,
        coverage=capture.coverage,
    )


def epoch_text(time_ns: Any) -> str | None:
    """Give a time as seconds since the epoch with nine decimals, as tshark prints it.

    >>> epoch_text(1_500_000_000_000_000_042)
    '1500000000.000000042'
    """
    if time_ns is None:
        return None
    sign = "-" if time_ns < 0 else ""
    seconds, rest = divmod(abs(int(time_ns)), _SECOND)
    return f"{sign}{seconds}.{rest:09d}"


def iso_text(time_ns: Any) -> str | None:
    """Give a time as ISO 8601 in UTC with nine decimals.

    >>> iso_text(1_500_000_000_000_000_042)
    '2017-07-14T02:40:00.000000042Z'
    """
    if time_ns is None:
        return None
    seconds, rest = divmod(int(time_ns), _SECOND)
    whole = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"
