"""Operations that look into chosen packets: dissect, export, follow, query."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from netguru.operations import operation
from netguru.operations.context import CancelToken, Progress
from netguru.pcap.inspect_results import Dissection, Dissections, Export, Followed, QueryRows

if TYPE_CHECKING:
    from netguru.pcap.capture import CaptureFile

    Numbers = str | int
else:
    # Every face but Python's gives text; a number is taken there too.
    Numbers = str


def _open(file: Path) -> CaptureFile:
    from netguru.workspace import open_capture

    # The reader of this room makes every capture handle.
    return cast("CaptureFile", open_capture(file))


@operation("pcap.dissect")
def dissect(
    file: Path, number: Numbers, *, engine: Literal["auto", "scapy", "tshark"] = "auto"
) -> Dissection | Dissections:
    """Take a packet of a capture apart, layer by layer, or a few of them.

    tshark does it where it is installed, and sees what came before, so that messages which span
    packets are put together; else scapy does, which sees the packet alone.

    Args:
        file: the capture.
        number: the packet's number, from 1 as in Wireshark, or a list of numbers and ranges, as in 1,5,10-12.
        engine: what takes it apart; auto is tshark where it is installed, else scapy.
    """
    from netguru.pcap.dissection import dissect_packet, dissect_packets
    from netguru.pcap.number_ranges import one_number

    capture, one = _open(file), one_number(str(number))
    if one is not None:
        return dissect_packet(capture, one, engine=engine)
    return dissect_packets(capture, str(number), engine=engine)


@operation("pcap.export", effect="write")
def export(
    file: Path,
    *,
    out: Path,
    filter: str = "",  # noqa: A002 - the name that people know from Wireshark
    packets: str = "",
    flow: int | None = None,
    progress: Progress,
    cancel: CancelToken,
) -> Export:
    """Write chosen packets of a capture as a capture of its own.

    Interfaces, link types, times and original lengths are kept, in pcapng also the decryption secrets
    of the capture. A packet must fulfil all that is stated; without any choice all packets are written.

    Args:
        file: the capture.
        out: the file to write: pcap when its name ends in .pcap, else pcapng.
        filter: a display filter in Wireshark's language.
        packets: packet numbers and ranges, as in 1-10,15,200-.
        flow: the number of a conversation of pcap.flows.
    """
    from netguru.pcap.exporting import export_packets, selection

    capture = _open(file)
    where = selection(capture, packets=packets, flow=flow, display_filter=filter)
    return export_packets(capture, out, where=where, progress=progress, cancel=cancel)


@operation("pcap.follow", effect="write")
def follow(  # noqa: PLR0913 - each is an option of its own on the command line
    file: Path,
    stream: int,
    *,
    protocol: Literal["tcp", "udp"] = "tcp",
    format: Literal["text", "hex", "raw"] = "text",  # noqa: A002 - what is chosen is the format
    side: Literal["both", "client", "server"] = "both",
    limit: int = 20_000,
    out: Path | None = None,
    progress: Progress,
    cancel: CancelToken,
) -> Followed:
    """Give the bytes that the two sides of a conversation said, put into order.

    Segments sent again are left out, those out of order wait for their turn, what was not captured is
    shown as a hole. Text is escaped; line ends and tabs stay.

    Args:
        file: the capture.
        stream: the number that Wireshark gives the conversation: tcp.stream or udp.stream, from 0.
        protocol: what the number counts.
        format: how bytes are shown: text, a hexadecimal dump, or raw (hexadecimal without more).
        side: whose bytes are shown and written.
        limit: how many bytes are shown.
        out: a file to write all bytes to.
    """
    from netguru.pcap.following import View, follow_stream

    return follow_stream(
        _open(file),
        stream,
        protocol=protocol,
        view=View(form=format, side=side, limit=limit),
        out=out,
        progress=progress,
        cancel=cancel,
    )


@operation("pcap.query")
def query(file: Path, sql: str, *, top: int = 100, cancel: CancelToken) -> QueryRows:
    """Ask the tables of a capture in SQL.

    Tables are packets, inside (packets in tunnels and quoted by ICMP errors), flows, names (those that a
    pcapng file gives to addresses), and one for each protocol of pcap.protocol. Addresses are text: src
    and dst of packets, client and server of flows, address of names.

    Args:
        file: the capture.
        sql: one SELECT, in the SQL of polars.
        top: how many rows to give at most.
    """
    from netguru.pcap.tables_query import query_tables

    return query_tables(_open(file), sql, top=top, cancel=cancel)
