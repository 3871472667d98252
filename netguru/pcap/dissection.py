"""Packets in full: taken apart by tshark where it is installed, else by scapy, which is loaded for it alone."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Literal

from netguru.errors import MissingExtraError, NetGuruError
from netguru.pcap.inspect_results import Dissection, Dissections, Layer
from netguru.pcap.number_ranges import chosen_numbers
from netguru.pcap.summarize import epoch_text

if TYPE_CHECKING:
    from netguru.pcap.capture import CaptureFile

    Engine = Literal["auto", "scapy", "tshark"]
    # The engine's name, the layers, and what the engine was shown.
    Taken = tuple[str, tuple[Layer, ...], tuple[str, ...]]

VALUE_LIMIT = 400
MOST = 50
"""Packets that are taken apart at once."""
_CONTRIBUTED = ("bgp", "cdp", "dtp", "eigrp", "lacp", "lldp", "mpls", "ospf", "vtp")


def dissect_packet(capture: CaptureFile, number: int, *, engine: Engine = "auto") -> Dissection:
    """Take a packet apart; raises InputError for a number that is not there.

    With the engine tshark, raises MissingExtraError when it is not installed and ServiceError when it
    fails; auto then says so and takes scapy. The bytes of a link type that scapy does not know are
    shown as one layer.
    """
    return _dissected(capture, [number], engine)[0]


def dissect_packets(capture: CaptureFile, text: str, *, engine: Engine = "auto") -> Dissections:
    """Take the packets of a list of numbers and ranges apart, in the order of the file.

    Raises InputError for more than `MOST` packets, else as `dissect_packet`.
    """
    numbers = chosen_numbers(text, "NUMBER", packets=capture.totals.packets, most=MOST)
    packets = tuple(_dissected(capture, numbers, engine))
    return Dissections(
        source=capture.source.name,
        engine=packets[0].engine,
        text="\n\n".join(map(_text, packets)),
        packets=packets,
        notes=tuple(dict.fromkeys(note for packet in packets for note in packet.notes)),
    )


def _text(packet: Dissection) -> str:
    """Write a packet as tshark -V does: its layers, each with its fields below."""
    rows = [f"packet {packet.number}  {packet.time or 'without time'}", f"{packet.description}"]
    for layer in packet.layers:
        rows.append(f"  {layer.name}")
        rows += [f"    {name}: {' '.join(value.split())}" for name, value in layer.fields.items()]
    return "\n".join(rows)


def _dissected(capture: CaptureFile, numbers: list[int], engine: Engine) -> list[Dissection]:
    frames = capture.frames(numbers)
    rows = capture.chosen(numbers).select("time_ns", "link_type").rows()
    links = [link_type for _, link_type in rows]
    found = _by_engine(capture, numbers, frames, links, engine)
    return [
        Dissection(
            source=capture.source.name,
            number=number,
            time=epoch_text(time),
            description=capture.describe(number),
            engine=program,
            layers=layers,
            hex=frame.hex(),
            notes=notes,
        )
        for number, frame, (time, _), (program, layers, notes) in zip(numbers, frames, rows, found, strict=True)
    ]


def _by_engine(
    capture: CaptureFile, numbers: list[int], frames: list[bytes], links: list[int], engine: Engine
) -> list[Taken]:
    notes: tuple[str, ...] = ()
    if engine != "scapy":
        from netguru.pcap.tshark_layers import dissect

        try:
            return dissect(capture, numbers)
        except MissingExtraError:
            if engine == "tshark":
                raise
            notes = ("tshark is not installed: scapy shows the packet alone, without what came before",)
        except NetGuruError as error:
            if engine == "tshark":
                raise
            notes = (f"scapy shows the packet alone, because {error.message}",)
    import scapy

    return [
        (f"scapy {scapy.__version__}", tuple(_layers(frame, link_type)), notes)
        for frame, link_type in zip(frames, links, strict=True)
    ]


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
