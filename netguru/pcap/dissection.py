"""One packet in full, dissected by scapy, which is loaded for it alone."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from netguru.pcap.results import Dissection, Layer
from netguru.pcap.summarize import epoch_text

if TYPE_CHECKING:
    from netguru.pcap.capture import CaptureFile

_VALUE_LIMIT = 400
_CONTRIBUTED = ("bgp", "cdp", "dtp", "eigrp", "lacp", "lldp", "mpls", "ospf", "vtp")


def dissect_packet(capture: CaptureFile, number: int) -> Dissection:
    """Take a packet apart; raises InputError for a number that is not there.

    The bytes of a link type that scapy does not know are shown as one layer.
    """
    frame = capture.frames([number])[0]
    row = capture.chosen([number]).row(0, named=True)
    return Dissection(
        source=capture.source.name,
        number=number,
        time=epoch_text(row["time_ns"]),
        description=capture.describe(number),
        layers=tuple(_layers(frame, row["link_type"])),
        hex=frame.hex(),
    )


def _layers(frame: bytes, link_type: int) -> list[Layer]:
    # scapy warns about the machine's interfaces while it is imported.
    logging.getLogger("scapy").setLevel(logging.ERROR)
    from scapy import all as scapy
    from scapy.main import load_contrib

    for name in _CONTRIBUTED:
        load_contrib(name)
    first = scapy.conf.l2types.num2layer.get(link_type, scapy.Raw)
    try:
        packet = first(frame)
    except Exception:  # noqa: BLE001 - scapy raises whatever a broken packet leads it to
        packet = scapy.Raw(frame)
    layers = []
    while packet and not isinstance(packet, scapy.NoPayload):
        layers.append(Layer(name=str(packet.name), fields=_fields(packet)))
        packet = packet.payload
    return layers


def _fields(packet: Any) -> dict[str, str]:
    fields = {}
    for item in packet.fields_desc:
        value = packet.getfieldval(item.name)
        if value is None:
            continue
        try:
            text = item.i2repr(packet, value)
        except Exception:  # noqa: BLE001 - as in _layers
            text = repr(value)
        fields[item.name] = str(text)[:_VALUE_LIMIT]
    return fields
