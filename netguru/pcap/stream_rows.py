"""The segments of one conversation, read from the capture: chosen by Wireshark's stream number, fragments joined."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from netguru.errors import InputError
from netguru.pcap.stream_follow import CLIENT, SERVER, Segment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.pcap.capture import CaptureFile

Transport = Literal["tcp", "udp"]
_NUMBER = {"tcp": 6, "udp": 17}
_COLUMNS = (
    "number time_ns captured offset protocol ip_version src_hi src_lo dst_hi dst_lo ip_id more_fragments "
    "fragment_offset network_offset network_length transport_offset tcp_seq tcp_ack tcp_flags payload_offset "
    "payload_length flow from_client tunnel"
).split()
# A datagram has at most 64 KiB and is sent in one go: more unfinished ones than this are left-overs of lost pieces.
_MOST_UNFINISHED = 64
_UDP_HEADER, _TCP_HEADER = 8, 20


def find_flow(capture: CaptureFile, protocol: Transport, stream: int) -> dict[str, Any]:
    """Find the conversation that has a stream number; raises InputError when there is none."""
    flows = capture.flows().filter(pl.col("protocol") == _NUMBER[protocol])
    found = flows.filter(pl.col("stream") == stream).head(1).collect()
    if found.height:
        return found.row(0, named=True)
    last = flows.select(pl.col("stream").max()).collect().item()
    known = f"the {protocol.upper()} streams are 0 to {last}" if last is not None else "the capture has none"
    raise InputError(f"there is no {protocol.upper()} stream {stream}", hint=known, place=capture.source.name)


def segments(capture: CaptureFile, flow: dict[str, Any]) -> Iterator[list[Segment]]:
    """Give the segments or datagrams of a conversation as captured, some thousand at a time.

    What an ICMP error quotes was not received and is left out.
    """
    joined = _Fragments()
    where = (pl.col("flow") == flow["flow"]) & (pl.col("tunnel") != "icmp") & (pl.col("protocol") == flow["protocol"])
    for frame in capture.rows(_COLUMNS, where):
        part = []
        piece = pl.col("more_fragments") | (pl.col("fragment_offset") > 0)
        cut = frame.filter(piece)
        fragments = iter(capture.network_payloads(_whole_fragments(cut)) if cut.height else ())
        for row, data in zip(frame.iter_rows(named=True), capture.payloads(frame), strict=True):
            if row["more_fragments"] or row["fragment_offset"]:
                whole = joined.take(row, next(fragments))
                found = _from_datagram(row, whole) if whole else None
            else:
                found = segment_of(row, data)
            if found is not None:
                part.append(found)
        yield part


def _whole_fragments(cut: pl.DataFrame) -> pl.DataFrame:
    """Let later fragments, which have no transport header, begin where their IP header ends."""
    return cut.with_columns(pl.coalesce("transport_offset", "payload_offset").alias("transport_offset"))


def segment_of(row: dict[str, Any], data: bytes) -> Segment | None:
    """Make a segment of a row of the packet table and its payload; None when the row has none."""
    if row["payload_length"] is None:
        return None
    return Segment(
        side=CLIENT if row["from_client"] else SERVER,
        number=row["number"],
        time_ns=row["time_ns"],
        length=row["payload_length"],
        data=data,
        seq=row["tcp_seq"] or 0,
        ack=row["tcp_ack"] or 0,
        flags=row["tcp_flags"] or 0,
    )


def _from_datagram(row: dict[str, Any], datagram: bytes) -> Segment | None:
    """Read the header of a datagram that was put together, as RFC 768 and RFC 9293 have it."""
    about: dict[str, Any] = {"number": row["number"], "time_ns": row["time_ns"]}
    about["side"] = CLIENT if row["from_client"] else SERVER
    if row["protocol"] == _NUMBER["udp"]:
        if len(datagram) < _UDP_HEADER:
            return None
        size = struct.unpack_from("!H", datagram, 4)[0] or len(datagram)
        data = datagram[_UDP_HEADER:size]
        return Segment(length=len(data), data=data, **about)
    if len(datagram) < _TCP_HEADER:
        return None
    seq, ack, words = struct.unpack_from("!IIH", datagram, 4)
    data = datagram[(words >> 12) * 4 :]
    return Segment(length=len(data), data=data, seq=seq, ack=ack, flags=words & 0xFFF, **about)


class _Fragments:
    """Put IP fragments together; of overlapping ones the first bytes win."""

    def __init__(self) -> None:
        self._open: dict[tuple[Any, ...], dict[int, tuple[bytes, bool]]] = {}

    def take(self, row: dict[str, Any], data: bytes) -> bytes:
        """Take a fragment; gives the datagram when it is whole."""
        key = tuple(row[name] for name in ("src_hi", "src_lo", "dst_hi", "dst_lo", "ip_id"))
        pieces = self._open.setdefault(key, {})
        pieces.setdefault(row["fragment_offset"], (data, not row["more_fragments"]))
        if len(self._open) > _MOST_UNFINISHED:
            self._open.pop(next(iter(self._open)))
        whole = bytearray()
        for at in sorted(pieces):
            part, last = pieces[at]
            if at > len(whole):
                return b""
            whole += part[len(whole) - at :]
            if last:
                self._open.pop(key, None)
                return bytes(whole)
        return b""
