"""One packet in full: taken apart by tshark where it is installed, else by scapy, which is loaded for it alone."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Literal

from netguru.errors import MissingExtraError, NetGuruError
from netguru.pcap.inspect_results import Dissection, Layer
from netguru.pcap.summarize import epoch_text

if TYPE_CHECKING:
    from netguru.pcap.capture import CaptureFile

VALUE_LIMIT = 400
_CONTRIBUTED = ("bgp", "cdp", "dtp", "eigrp", "lacp", "lldp", "mpls", "ospf", "vtp")


def dissect_packet(
    capture: CaptureFile, number: int, *, engine: Literal["auto", "scapy", "tshark"] = "auto"
) -> Dissection:
    """Take a packet apart; raises InputError for a number that is not there.

    With the engine tshark, raises MissingExtraError when it is not installed and ServiceError when it
    fails; auto then says so and takes scapy. The bytes of a link type that scapy does not know are
    shown as one layer.
    """
    frame = capture.frames([number])[0]
    row = capture.chosen([number]).row(0, named=True)
    program, layers, notes = _by_engine(capture, number, frame, row["link_type"], engine)
    return Dissection(
        source=capture.source.name,
        number=number,
        time=epoch_text(row["time_ns"]),
        description=capture.describe(number),
        engine=program,
        layers=layers,
        hex=frame.hex(),
        notes=notes,
    )


def _by_engine(
    capture: CaptureFile, number: int, frame: bytes, link_type: int, engine: str
) -> tuple[str, tuple[Layer, ...], tuple[str, ...]]:
    notes: tuple[str, ...] = ()
    if engine != "scapy":
        from netguru.pcap.tshark_layers import dissect

        try:
            return dissect(capture, number)
        except MissingExtraError:
            if engine == "tshark":
                raise
            notes = ("tshark is not installed: scapy shows the packet alone, without what came before",)
        except NetGuruError as error:
            if engine == "tshark":
                raise
            notes = (f"scapy shows the packet alone, because {error.message}",)
    import scapy

    layers = tuple(_layers(frame, link_type))
    return f"scapy {scapy.__version__}", layers, notes


def first_layer(link_type: int) -> Any:
    """Give scapy's class for the frames of a link type; Raw for one that it does not know."""
    # scapy warns about the machine's interfaces while it is imported.
    logging.getLogger("scapy").setLevel(logging.ERROR)
    from scapy import all as scapy
    from scapy.main import load_contrib

    for name in _CONTRIBUTED:
        load_contrib(name)
    return scapy.conf.l2types.num2layer.get(link_type, scapy.Raw)


def scapy_packet(frame: bytes, link_type: int) -> Any:
    """Make scapy's packet of a frame; Raw where scapy breaks on it."""
    first = first_layer(link_type)
    from scapy import all as scapy

    try:
        return first(frame)
    except Exception:  # noqa: BLE001 - scapy raises whatever a broken packet leads it to
        return scapy.Raw(frame)


def _layers(frame: bytes, link_type: int) -> list[Layer]:
    packet = scapy_packet(frame, link_type)
    from scapy import all as scapy

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
        except Exception:  # noqa: BLE001 - as in scapy_packet
            text = repr(value)
        fields[item.name] = str(text)[:VALUE_LIMIT]
    return fields
