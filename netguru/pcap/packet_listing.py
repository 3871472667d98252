"""Packets as they are shown: a line each, in file order, chosen by number and by display filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netguru.errors import InputError
from netguru.pcap.addresses import destination, mac_text, source
from netguru.pcap.packet_results import Packet, Packets
from netguru.pcap.summarize import epoch_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netguru.pcap.capture import CaptureFile


def list_packets(capture: CaptureFile, *, text: str, first: int, last: int, top: int) -> Packets:
    """List packets of a range of numbers that a display filter selects; an empty filter selects all."""
    for option, value in (("--first", first), ("--top", top)):
        if value < 1:
            raise InputError(f"{option}: {value} is below 1")
    count = capture.totals.packets
    wanted: Sequence[int] = range(first, min(last or count, count) + 1)
    if text.strip():
        from netguru.pcap.filters import select

        numbers = wanted
        wanted = [number for number in select(capture, text) if number in numbers]
    shown = capture.chosen(wanted[:top])
    return Packets(
        filter=text,
        total=len(wanted),
        packets=tuple(_packet(capture, row) for row in shown.iter_rows(named=True)),
        coverage=capture.coverage,
    )


def _packet(capture: CaptureFile, row: dict[str, Any]) -> Packet:
    return Packet(
        number=row["number"],
        time=epoch_text(row["time_ns"]),
        source=source(row) or mac_text(row["eth_src"]),
        destination=destination(row) or mac_text(row["eth_dst"]),
        length=row["length"],
        description=capture.describe(row["number"]),
    )
