"""Chosen packets as objects of scapy and of pyshark, for those who want to go on with these."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from netguru.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netguru.pcap.capture import CaptureFile

_PACKET = re.compile(rb"<packet>.*?</packet>", re.DOTALL)


def scapy_packets(capture: CaptureFile | Path | str, numbers: Sequence[int]) -> list[Any]:
    """Give chosen packets as scapy's, in the order asked for, each with its `time`.

    A frame that scapy breaks on, or of a link type that it does not know, is `Raw`. Raises InputError
    for a number that is not there.
    """
    from netguru.pcap.dissection import scapy_packet

    opened = _opened(capture)
    rows = opened.chosen(numbers)
    packets = []
    for link_type, time, frame in zip(rows["link_type"], rows["time_ns"], opened.frames(numbers), strict=True):
        packet = scapy_packet(frame, link_type)
        packet.time = (time or 0) / 1e9
        packets.append(packet)
    return packets


def pyshark_packets(capture: CaptureFile | Path | str, numbers: Sequence[int]) -> list[Any]:
    """Give chosen packets as pyshark's, in the order asked for.

    pyshark makes them of what tshark prints, without its own event loop, so this also works in a
    notebook. tshark sees all packets up to the last one chosen where these are few, else the chosen
    ones alone: then `number` and `tcp.stream` count among these. Raises InputError for a number that
    is not there, MissingExtraError without tshark, ServiceError when it fails.
    """
    from pyshark.tshark.output_parser.tshark_xml import packet_from_xml_packet

    from netguru.pcap.tshark_layers import pdml

    wanted = sorted(set(numbers))
    printed = pdml(_opened(capture), wanted) if wanted else b""
    try:
        packets = [packet_from_xml_packet(part) for part in _PACKET.findall(printed)]
    except Exception as error:  # noqa: BLE001 - pyshark and its parser raise whatever broken text leads them to
        raise ServiceError(f"pyshark cannot read what tshark prints: {error}") from None
    if len(packets) != len(wanted):
        raise ServiceError(f"tshark gave {len(packets)} of {len(wanted)} packets")
    by_number = dict(zip(wanted, packets, strict=True))
    return [by_number[number] for number in numbers]


def _opened(capture: CaptureFile | Path | str) -> CaptureFile:
    if isinstance(capture, (str, Path)):
        from netguru.workspace import open_capture

        # The reader of this room makes every capture handle.
        return cast("CaptureFile", open_capture(Path(capture)))
    return capture
