"""Black holes of the path MTU: large segments that are repeated and never acknowledged while smaller ones are.

Which directions repeat large segments is known from one pass; a second one follows these alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from netguru.checks import threshold
from netguru.pcap.addresses import client, destination, server, source
from netguru.pcap.chunks import TUNNELS
from netguru.pcap.messages import limit
from netguru.pcap.second_pass import look_again
from netguru.pcap.tcp_connections import connections, of_flows
from netguru.pcap.tcp_wireshark import RST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netguru.pcap.capture import CaptureFile
    from netguru.pcap.chunks import Chunk

_TCP, _ICMP, _ICMPV6 = 6, 1, 58
_FRAGMENTATION_NEEDED, _PACKET_TOO_BIG = (3, 4), 2
_WAY = ("flow", "interface", "client")
_SEGMENT = (*_WAY, "tcp_seq", "payload_length")
_WHATS = ("hi", "lo", "port")
_FOLLOWED = ("number", "interface", "tcp_seq", "tcp_ack", "tcp_flags", "payload_length", "ip_length")
_WRAP, _HALF = 1 << 32, 1 << 31
_LAST = np.uint64(0xFFFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlackHole:
    """Large packets one way that were never acknowledged; sizes are those of IP packets."""

    sender: str
    receiver: str
    size: int
    passed: int
    icmp: bool
    numbers: tuple[int, ...]


def black_holes(capture: CaptureFile) -> list[BlackHole]:
    """Find directions in which a large segment is repeated and never acknowledged while smaller ones are."""
    events = capture.tcp_events()
    if events.holes is None:
        # The checks of TCP come behind those of messages.
        capture.release_tables()
        events.holes = tuple(_black_holes(capture))
    return list(events.holes)


def _black_holes(capture: CaptureFile) -> list[BlackHole]:
    suspects = _suspects(capture)
    if suspects.is_empty():
        return []
    about = connections(capture, of_flows(suspects["flow"]))
    followed = _Followed(suspects, about)
    look_again(capture, followed)
    known = {row["flow"]: row for row in about.iter_rows(named=True)}
    holes: dict[tuple[str, str], BlackHole] = {}
    for row in suspects.iter_rows(named=True):
        ends = known[row["flow"]]
        key = (client(ends), server(ends)) if row["client"] else (server(ends), client(ends))
        hole = _hole(row, followed.rows(row["flow"], row["interface"]), key, told=key in followed.told)
        if hole is not None and (key not in holes or len(hole.numbers) > len(holes[key].numbers)):
            holes[key] = hole
    return list(holes.values())


def _suspects(capture: CaptureFile) -> pl.DataFrame:
    """Give for each direction the large segment that was repeated most, if often enough."""
    events = capture.tcp_events()
    size = threshold("tcp.pmtu-blackhole", "size_bytes")
    large = np.flatnonzero((events.column("again", "ip_length") >= size) & events.column("again", "whole"))
    # Sorted as numbers: hundreds of thousands of segments may have been repeated.
    flow, interface, client_sent = (events.column("again", name)[large] for name in _WAY)
    way = flow.astype(np.int64) << 17 | interface.astype(np.int64) << 1 | client_sent
    sequence, length = (events.column("again", name)[large] for name in _SEGMENT[3:])
    segment = sequence.astype(np.uint64) << np.uint64(32) | length
    order = np.lexsort((segment, way))
    way, segment = way[order], segment[order]
    new = np.ones(order.size, np.bool_)
    new[1:] = (way[1:] != way[:-1]) | (segment[1:] != segment[:-1])
    begins = np.flatnonzero(new)
    resends = np.diff(begins, append=order.size)
    often = np.flatnonzero(resends >= threshold("tcp.pmtu-blackhole", "resends"))
    begins, resends = begins[often], resends[often]
    rows = large[order]
    repeats = (
        pl.DataFrame({name: events.column("again", name)[rows[begins]] for name in _SEGMENT})
        .with_columns(
            pl.Series("resends", resends, pl.UInt32),
            pl.Series("at", begins, pl.Int64),
            pl.Series("first", rows[begins], pl.Int64),
        )
        # The segment that was repeated most, of several the first.
        .sort("resends", "first", descending=[True, False])
        .unique(_WAY, keep="first", maintain_order=True)
        .head(limit("tcp", "suspects"))
    )
    spans = [rows[at : at + count] for at, count in repeats.select("at", "resends").iter_rows()]
    numbers, sizes = events.column("again", "number"), events.column("again", "ip_length")
    return repeats.drop("at", "first").with_columns(
        pl.Series("ip_length", [int(sizes[span].max()) for span in spans], pl.UInt32),
        pl.Series("number", [numbers[span].tolist() for span in spans], pl.List(pl.UInt32)),
    )


class _Followed:
    """Collect the segments of suspected connections until their large segment is acknowledged."""

    def __init__(self, suspects: pl.DataFrame, about: pl.DataFrame) -> None:
        self._ways = both_ways(about)
        self._open = suspects.select(*_WAY, pl.col("tcp_seq").cast(pl.Int64).alias("from"))
        self._parts: list[pl.DataFrame] = []
        self._size = 0
        self._by_way: dict[tuple[Any, ...], pl.DataFrame] | None = None
        self.told: set[tuple[str, str]] = set()

    def take(self, chunk: Chunk) -> None:
        """Take a chunk."""
        self._errors(chunk)
        rows = segments_of(chunk, self._ways, _FOLLOWED)
        if rows.is_empty():
            return
        back = rows.filter((pl.col("tcp_flags") & RST) == 0).with_columns((~pl.col("from_client")).alias("client"))
        met = back.join(self._open, on=_WAY).filter(_ahead(pl.col("tcp_ack"), pl.col("from")).is_between(1, _HALF))
        self._open = self._open.join(met, on=_WAY, how="anti")
        rows = rows.join(self._open, on=("flow", "interface"), how="semi", maintain_order="left")
        if self._size + rows.height <= limit("tcp", "followed"):
            self._size += rows.height
            self._parts.append(rows)

    def _errors(self, chunk: Chunk) -> None:
        """Note the (sender, receiver) pairs whose packets an ICMP error calls too big."""
        kind, code, protocol = chunk.values("icmp_type"), chunk.values("icmp_code"), chunk.values("protocol")
        four = (kind == _FRAGMENTATION_NEEDED[0]) & (code == _FRAGMENTATION_NEEDED[1]) & (protocol == _ICMP)
        six = (kind == _PACKET_TOO_BIG) & (protocol == _ICMPV6)
        errors = chunk.values("number")[chunk.has("icmp") & (four | six)]
        if errors.size and len(self.told) < limit("tcp", "followed"):
            quoted = (chunk.values("tunnel") == TUNNELS.index("icmp")) & np.isin(chunk.values("number"), errors)
            ends = chunk.frame(("ip_version", "src_hi", "src_lo", "dst_hi", "dst_lo"), np.flatnonzero(quoted))
            self.told |= {(source(row), destination(row)) for row in ends.unique().iter_rows(named=True)}

    def rows(self, flow: int, interface: int) -> pl.DataFrame | None:
        """Give the segments of a connection on an interface; None when a large segment was acknowledged there."""
        if self._by_way is None:
            still = self._open.select("flow", "interface").unique()
            rows = [
                part.join(still, on=("flow", "interface"), how="semi", maintain_order="left") for part in self._parts
            ]
            self._parts = []
            self._by_way = pl.concat(rows).partition_by("flow", "interface", as_dict=True) if rows else {}
        return self._by_way.get((flow, interface))


def both_ways(about: pl.DataFrame) -> pl.DataFrame:
    """Give for connections (rows of `tcp_connections.connections`) the ends of their packets, by who sent them."""
    turned = {"src": "server", "dst": "client"}
    parts = []
    for from_client, names in ((True, {"src": "client", "dst": "server"}), (False, turned)):
        columns = [pl.col(f"{names[end]}_{what}").alias(f"{end}_{what}") for end in names for what in _WHATS]
        between = pl.col("first_packet", "last_packet")
        parts.append(about.select("flow", *columns, between, pl.lit(from_client).alias("from_client")))
    return pl.concat(parts)


def segments_of(chunk: Chunk, ways: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """Give the TCP segments of a chunk that belong to connections (`both_ways`), with `flow` and `from_client`."""
    known = chunk.has("tcp") & chunk.has("payload") & (chunk.values("protocol") == _TCP)
    known &= chunk.values("tunnel") != TUNNELS.index("icmp")
    known &= _among(chunk.values("src_lo"), ways["src_lo"].to_numpy())
    known &= _among(chunk.values("dst_lo"), ways["dst_lo"].to_numpy())
    keys = [f"{end}_{what}" for end in ("src", "dst") for what in _WHATS]
    rows = chunk.frame({*keys, *columns}, np.flatnonzero(known))
    mine = rows.join(ways, on=keys, maintain_order="left")
    return mine.filter(pl.col("number").is_between("first_packet", "last_packet")).select(
        *columns, "flow", "from_client"
    )


def _among(values: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Say which values are among some; most are told apart by their last bits, without sorting."""
    near = np.zeros(1 << 16, np.bool_)
    near[wanted & _LAST] = True
    here: NDArray[np.bool_] = near[values & _LAST]
    here[here] = np.isin(values[here], wanted)
    return here


def _ahead(number: pl.Expr, of: pl.Expr | int) -> pl.Expr:
    return (number.cast(pl.Int64) - of) % _WRAP


def _hole(row: dict[str, Any], flow: pl.DataFrame | None, key: tuple[str, str], *, told: bool) -> BlackHole | None:
    if flow is None:
        return None
    back = flow.filter((pl.col("from_client") != row["client"]) & ((pl.col("tcp_flags") & RST) == 0))
    ahead = _ahead(pl.col("tcp_ack"), row["tcp_seq"]).is_between(1, _HALF)
    if back.is_empty() or not back.filter(ahead).is_empty():
        return None
    mine = flow.filter((pl.col("from_client") == row["client"]) & (pl.col("number") <= row["number"][-1]))
    top = back.select(_ahead(pl.col("tcp_ack").cast(pl.Int64) + _HALF, row["tcp_seq"]).max()).item()
    end = pl.col("tcp_seq").cast(pl.Int64) + pl.col("payload_length") + _HALF
    biggest = mine.filter(_ahead(end, row["tcp_seq"]) <= top)["ip_length"].max() or row["ip_length"]
    if int(biggest) >= row["ip_length"]:  # type: ignore[arg-type]
        return None
    return BlackHole(
        sender=key[0],
        receiver=key[1],
        size=row["ip_length"],
        passed=int(biggest),  # type: ignore[arg-type]
        icmp=told,
        numbers=tuple(row["number"]),
    )
