"""Operations on captures: summary, flows, TCP analysis."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from netguru.operations import operation
from netguru.pcap.results import (
    Flows,
    Summary,
    TcpAnalysis,
)

if TYPE_CHECKING:
    from netguru.pcap.capture import CaptureFile


def _open(file: Path) -> CaptureFile:
    from netguru.workspace import open_capture

    # The reader of this room makes every capture handle.
    return cast("CaptureFile", open_capture(file))


@operation("pcap.summary")
def summary(file: Path) -> Summary:
    """Say what a capture holds: packets, bytes, times, protocols and conversations.

    Args:
        file: the capture (pcap, pcapng or snoop; also packed with gzip, zstd, lz4, bzip2 or xz).
    """
    from netguru.pcap.summarize import summarize

    return summarize(_open(file))


@operation("pcap.flows", effect="write")
def flows(file: Path, *, out: Path | None = None, top: int = 100) -> Flows:
    """List the conversations of a capture, those with the most bytes first.

    Args:
        file: the capture.
        out: a Parquet file to write all conversations to.
        top: how many to list.
    """
    from netguru.pcap.listing import list_flows

    return list_flows(_open(file), out=out, top=top)


@operation("pcap.tcp")
def tcp(file: Path, *, top: int = 200_000) -> TcpAnalysis:
    """Find retransmissions, losses, window and keep-alive events of TCP.

    The lists follow Wireshark's analysis over the whole file; `strict` looks at one capture
    interface at a time and tells loss from reordering. All packets are counted.

    Args:
        file: the capture.
        top: How many packets of each kind to list, from the first; 0 is all.
    """
    from netguru.pcap.tcp_report import tcp_report

    return tcp_report(_open(file), top)
