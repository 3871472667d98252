"""Host names of conversations: the server name of TLS and QUIC, the Host of HTTP, the question of DNS.

Read from the first payload of the client by its stored place; where a hello or a header runs on, the
client's next segments are looked up in one more pass for all such conversations together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from netguru.pcap.protocols import dns, http, tls
from netguru.pcap.quic_initial import server_name
from netguru.pcap.stream_follow import CLIENT, SERVER, TcpStream
from netguru.pcap.stream_rows import segment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from netguru.pcap.capture import CaptureFile

_TCP, _UDP = 6, 17
_ROWS = 4096
_MOST_BYTES = 20_000
_MOST_DATAGRAMS = 4
# The conversations whose hellos are put together at once: these are held in memory.
_MOST_LONG = 20_000
_NEEDED = (
    "number time_ns captured offset tcp_seq tcp_ack tcp_flags payload_offset payload_length flow from_client tunnel"
).split()
_CLIENT_HELLO, _HANDSHAKE, _RECORD_HEADER = 1, 22, 5


def _first(rows: Iterable[dict[str, object]], name: str) -> str:
    return next((str(row[name]) for row in rows if row.get(name)), "")


def _of_tls(parts: list[bytes]) -> str:
    return _first(tls.decode(b"".join(parts)), "sni")


def _of_http(parts: list[bytes]) -> str:
    # A line that does not end here may go on in the next segment.
    lines, end, _ = b"".join(parts).rpartition(b"\r\n")
    return _first(http.decode(lines + end), "host")


def _of_dns(parts: list[bytes]) -> str:
    return _first(dns.decode(parts[0]), "qname")


def _of_dns_tcp(parts: list[bytes]) -> str:
    return _first(dns.decode_tcp(b"".join(parts)), "qname")


_READERS: dict[tuple[str, int], Callable[[list[bytes]], str]] = {
    ("tls", _TCP): _of_tls,
    ("http", _TCP): _of_http,
    ("dns", _UDP): _of_dns,
    ("dns", _TCP): _of_dns_tcp,
    ("mdns", _UDP): _of_dns,
    ("llmnr", _UDP): _of_dns,
    ("quic", _UDP): server_name,
}


def hosts(capture: CaptureFile, flows: pl.DataFrame) -> pl.Series:
    """Name the host that each flow asks for, null where none is seen.

    `flows` has columns of the flow table; `application` is worked out when it is not there.
    """
    from netguru.pcap.applications import guess

    application = flows["application"] if "application" in flows.columns else guess(flows)
    known = flows.select("flow", "protocol", *_places()).with_columns(application.alias("application"))
    known = known.with_row_index("place").filter(
        pl.any_horizontal(
            (pl.col("application") == name) & (pl.col("protocol") == protocol) for name, protocol in _READERS
        )
    )
    names: dict[int, str] = {}
    long: dict[tuple[int, int], _Long] = {}
    for part in known.iter_slices(_ROWS):
        for side in (CLIENT, SERVER):
            _read(capture, part.filter(~pl.col("place").is_in(list(names))), side, names, long)
    long = {key: item for key, item in long.items() if item.place not in names}
    if long:
        _read_on(capture, long, names)
    return pl.Series("host", [names.get(place) for place in range(flows.height)], pl.String)


def _places() -> list[str]:
    return [f"{side}_{what}" for side in ("client", "server") for what in ("data", "data_length")]


def _read(
    capture: CaptureFile,
    part: pl.DataFrame,
    side: int,
    names: dict[int, str],
    long: dict[tuple[int, int], _Long],
) -> None:
    """Read the first payload of one side of some flows."""
    end = "client" if side == CLIENT else "server"
    part = part.filter(pl.col(f"{end}_data_length") > 0)
    rows = part.select(
        offset=f"{end}_data",
        captured=f"{end}_data_length",
        payload_offset=pl.lit(0),
        payload_length=f"{end}_data_length",
    )
    about = part.select("place", "flow", "application", "protocol").iter_rows()
    for (place, flow, application, protocol), data in zip(about, capture.payloads(rows), strict=True):
        reader = _READERS[application, protocol]
        found = reader([data])
        if found:
            names[place] = found
        elif _goes_on(application, data) and len(long) < _MOST_LONG:
            long[flow, side] = _Long(place=place, reader=reader, datagrams=protocol == _UDP)


def _goes_on(application: str, data: bytes) -> bool:
    """Say whether the next segments may hold what the first one does not."""
    if application == "tls":
        return (
            len(data) > _RECORD_HEADER
            and data[0] == _HANDSHAKE
            and data[5] == _CLIENT_HELLO
            and int.from_bytes(data[3:5], "big") + _RECORD_HEADER > len(data)
        )
    if application == "http":
        return data.startswith(http.METHODS) and b"\r\n\r\n" not in data
    return application == "quic"


@dataclass(slots=True)
class _Long:
    """One side of a flow whose first message runs on."""

    place: int
    reader: Callable[[list[bytes]], str]
    datagrams: bool
    order: TcpStream = field(default_factory=TcpStream)
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    done: bool = False

    def take(self, row: dict[str, object], data: bytes) -> str:
        """Take the next payload; gives the name when it is there."""
        if self.datagrams:
            self.parts.append(data)
            self.done = len(self.parts) >= _MOST_DATAGRAMS
        else:
            segment = segment_of(row, data)
            for piece in self.order.take(segment) if segment else ():
                self.parts.append(piece.data)
                # What lies behind a hole belongs to nothing.
                self.done = self.done or bool(piece.missing)
        self.size += len(data)
        self.done = self.done or self.size > _MOST_BYTES
        found = self.reader(self.parts) if self.parts else ""
        self.done = self.done or bool(found)
        return found


def _read_on(capture: CaptureFile, long: dict[tuple[int, int], _Long], names: dict[int, str]) -> None:
    """Pass over the capture once more, for the flows whose first message runs on."""
    wanted = pl.Series([flow for flow, _ in long], dtype=pl.UInt32).unique().implode()
    where = pl.col("flow").is_in(wanted) & (pl.col("payload_length") > 0) & (pl.col("tunnel") != "icmp")
    left = len(long)
    for frame in capture.rows(_NEEDED, where):
        for row, data in zip(frame.iter_rows(named=True), capture.payloads(frame), strict=True):
            item = long.get((row["flow"], CLIENT if row["from_client"] else SERVER))
            if item is None or item.done:
                continue
            found = item.take(row, data)
            if found:
                names.setdefault(item.place, found)
            left -= item.done
        if not left:
            return
