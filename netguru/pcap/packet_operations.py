"""Operations on packets: the list of those that are wanted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from netguru.operations import operation
from netguru.pcap.packet_results import Packets

if TYPE_CHECKING:
    from netguru.pcap.capture import CaptureFile


@operation("pcap.packets")
def packets(file: Path, *, filter: str = "", first: int = 1, last: int = 0, top: int = 50) -> Packets:  # noqa: A002 - the option's name
    """List packets of a capture in file order, one line each.

    Args:
        file: the capture.
        filter: a display filter in Wireshark's language, such as "tcp.port == 80 and ip.ttl < 5"; empty for all.
        first: the number of the first packet.
        last: the number of the last packet; 0 for the end.
        top: how many to list.
    """
    from netguru.pcap.packet_listing import list_packets
    from netguru.workspace import open_capture

    # The reader of this room makes every capture handle.
    capture = cast("CaptureFile", open_capture(file))
    return list_packets(capture, text=filter, first=first, last=last, top=top)
