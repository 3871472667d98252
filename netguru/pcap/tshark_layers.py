"""The layers of packets as tshark sees them, with what came before it in the capture.

tshark gets a slice: all packets up to the one in question where these are few, else those of its
conversation. So it puts segments and fragments together and knows what was agreed on before.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import polars as pl

from netguru.errors import ServiceError
from netguru.pcap import tshark
from netguru.pcap.dissection import VALUE_LIMIT
from netguru.pcap.inspect_results import Layer
from netguru.pcap.slices import COLUMNS, Pcapng, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netguru.pcap.capture import CaptureFile
    from netguru.pcap.dissection import Taken

_MOST_PACKETS = 2000
_MOST_BYTES = 8 << 20
_MOST_FIELDS = 5000
# What no text of XML 1.0 may hold.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BITS = re.compile(r"^[01. ]+ = ")
# tshark's name for fields that stand beside the protocols: what was put together, bytes without a protocol.
_TITLES = {"frame": "Frame", "fake-field-wrapper": "Other fields"}
# These count from other packets than those of the capture when tshark sees a part of it.
_RELATIVE = ("frame.time_delta", "frame.time_relative")
# This one counts from the packet that is shown before, which is chance here.
_CHANCE = "frame.time_delta_displayed"
_STREAM = re.compile(r"^(tcp|udp|sctp|quic|http2)\.(stream|connection\.number)$|^sctp\.assoc_index$")


def dissect(capture: CaptureFile, numbers: Sequence[int]) -> list[Taken]:
    """Take packets apart; gives the engine's name, the layers and notes of each. `numbers` are different and in order.

    Raises MissingExtraError when tshark is not installed, ServiceError when it fails.
    """
    program = tshark.demand()
    rows, whole = context(capture, numbers[-1])
    if not whole and len(numbers) > 1:
        # Each has a conversation of its own.
        return [taken for number in numbers for taken in dissect(capture, [number])]
    packets = _packets(_printed(capture, rows, numbers), len(numbers))
    notes = () if whole else (f"tshark saw {rows.height} packets of the same conversation up to this one",)
    name = f"tshark {tshark.version(program)}"
    return [
        (name, tuple(_layers(packet, number, whole=whole)), notes)
        for packet, number in zip(packets, numbers, strict=True)
    ]


def pdml(capture: CaptureFile, numbers: Sequence[int]) -> bytes:
    """Give what tshark prints of chosen packets in PDML; `numbers` are different and in order.

    tshark sees all packets up to the last one where these are few, else the chosen ones alone.
    """
    tshark.demand()
    chosen = capture.chosen(numbers).select(*COLUMNS, "flow")
    rows, whole = context(capture, numbers[-1])
    return _printed(capture, rows if whole else chosen, numbers)


def _printed(capture: CaptureFile, rows: pl.DataFrame, numbers: Sequence[int]) -> bytes:
    places = (rows["number"].search_sorted(pl.Series(numbers, dtype=pl.UInt32)) + 1).to_list()
    asked = f"frame.number in {{{','.join(map(str, places))}}}"
    with tempfile.TemporaryDirectory(prefix="netguru-") as folder:
        file = Path(folder) / "slice.pcapng"
        with file.open("wb") as stream:
            write_rows(capture, [rows], stream, Pcapng(capture.interfaces, capture.secrets))
        return tshark.run(file, ["-T", "pdml", "-Y", asked, "-c", str(places[-1])])


def context(capture: CaptureFile, number: int) -> tuple[pl.DataFrame, bool]:
    """Give the rows that tshark is shown with a packet, the packet last, and whether these are all up to it."""
    packets = capture.packets().select(*COLUMNS, "flow")
    if number <= _MOST_PACKETS:
        rows = packets.head(number).collect()
        if int(rows["captured"].sum()) <= _MOST_BYTES:
            return rows, True
    own = capture.chosen([number])
    flow = own["flow"].item()
    if flow is None:
        return own.select(*COLUMNS, "flow"), False
    rows = packets.filter(pl.col("flow") == flow, pl.col("number") <= number).collect(engine="streaming")
    rows = rows.tail(_MOST_PACKETS)
    size = rows["captured"].cast(pl.Int64).reverse().cum_sum().reverse()
    return rows.filter((size <= _MOST_BYTES) | (rows["number"] == number)), False


def _packets(printed: bytes, count: int) -> list[ET.Element]:
    text = _FORBIDDEN.sub("\ufffd", printed.decode("utf-8", "replace"))
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        # tshark escapes what comes from packets; a declaration of entities would not be its own.
        raise ServiceError("tshark's output has declarations that it never writes")
    try:
        packets = ET.fromstring(text).findall("packet")  # noqa: S314 - no entity can be declared, see above
    except ET.ParseError as error:
        raise ServiceError(f"tshark's output cannot be read: {error}") from None
    if len(packets) != count:
        raise ServiceError("tshark shows no such packet")
    return packets


def _layers(packet: ET.Element, number: int, *, whole: bool) -> Iterator[Layer]:
    for proto in packet.iterfind("proto"):
        name = proto.get("name", "")
        if name == "geninfo":
            continue
        fields = _fields(proto)
        fields.pop(_CHANCE, None)
        if not whole:
            fields = {key: text for key, text in fields.items() if key not in _RELATIVE and not _STREAM.match(key)}
        if name == "frame":
            fields["frame.number"] = str(number)
        title = proto.get("showname") or name
        yield Layer(name=_title(name, title), fields=fields)


def _title(name: str, title: str) -> str:
    """Give the name of a layer without what its line says of the fields.

    >>> _title("ip", "Internet Protocol Version 4, Src: 10.0.0.1, Dst: 10.0.0.2")
    'Internet Protocol Version 4'
    >>> _title("frame", "Frame 6: 1434 bytes on wire")
    'Frame'
    """
    if name in _TITLES:
        return _TITLES[name]
    return title.split(",", 1)[0].split(": ", 1)[0][:VALUE_LIMIT]


def _fields(proto: ET.Element) -> dict[str, str]:
    fields: dict[str, str] = {}
    seen: dict[str, int] = {}
    for field in proto.iter("field"):
        name, text = field.get("name", ""), _text(field)
        if not name:
            # A line of text without a field of its own: a heading when it has parts, else a statement.
            if len(field):
                continue
            name = "text"
        if field.get("hide") == "yes":
            continue
        seen[name] = count = seen.get(name, 0) + 1
        fields[name if count == 1 else f"{name}#{count}"] = text
        if len(fields) >= _MOST_FIELDS:
            break
    return fields


def _text(field: ET.Element) -> str:
    """Give a field's value in words: what its line says behind its label, else the bare value."""
    line = field.get("showname") or field.get("show") or ""
    label, found, value = _BITS.sub("", line).partition(": ")
    return (value if found else label)[:VALUE_LIMIT]
