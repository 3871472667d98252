"""Where the values of a filter come from: columns, protocol tables, bytes of the packets.

A source gives a table for the packets that are still in question; its column `packet` is the place
of the packet in the chunk, every row is one occurrence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import polars as pl

from netguru.pcap.filters.headers import condition, holds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netguru.pcap import protocols
    from netguru.pcap.capture import CaptureFile

    Mask = NDArray[np.bool_]

COLUMNAR, DECODED, READ = 0, 1, 2
"""What a source costs: columns are there, messages are decoded, packets are read from the file."""

PACKET, VALUE = "packet", "value"
_LOCATED = ("offset", "captured")
# Bytes in which all link headers lie.
_HEAD = 128


@dataclass(slots=True)
class Rows:
    """Hold the rows of one chunk: `numbers` of the packets, and the rows with the place of their packet."""

    capture: CaptureFile
    frame: pl.DataFrame
    numbers: NDArray[np.int64]
    made: dict[object, tuple[Mask, pl.DataFrame]] = field(default_factory=dict)

    @classmethod
    def of(cls, capture: CaptureFile, frame: pl.DataFrame) -> Rows:
        """Number the packets of a frame of `row_frames`."""
        numbers = frame["number"].to_numpy().astype(np.int64)
        fresh = np.ones(numbers.size, np.bool_)
        fresh[1:] = numbers[1:] != numbers[:-1]
        places = pl.Series(PACKET, np.cumsum(fresh) - 1, pl.UInt32)
        return cls(capture, frame.with_columns(places), numbers[fresh])

    def of_packets(self, mask: Mask) -> pl.DataFrame:
        """Give the rows of some packets."""
        if mask.all():
            return self.frame
        return self.frame.filter(pl.Series(mask[self.frame[PACKET].to_numpy()]))


class Source(Protocol):
    """What gives values."""

    @property
    def cost(self) -> int:
        """Give the kind of work."""
        ...

    @property
    def columns(self) -> frozenset[str]:
        """Name the columns of the rows that it needs."""
        ...

    def table(self, rows: Rows, mask: Mask) -> pl.DataFrame:
        """Give the occurrences in the packets of a mask; there may be others too."""
        ...


@dataclass(frozen=True, slots=True)
class Columns:
    """The rows themselves."""

    columns: frozenset[str]
    cost: int = COLUMNAR

    def table(self, rows: Rows, mask: Mask) -> pl.DataFrame:
        """Give all rows: to choose among them costs more than to look at them."""
        del mask
        return rows.frame


@dataclass(frozen=True, slots=True)
class Number:
    """A number of some bytes read from the packet, `distance` behind the place that a column gives."""

    place: str
    distance: int
    width: int
    when: str
    cost: int = READ

    @property
    def columns(self) -> frozenset[str]:
        """Name the columns."""
        return frozenset((*_LOCATED, *condition(self.when).meta.root_names(), *([self.place] if self.place else [])))

    def table(self, rows: Rows, mask: Mask) -> pl.DataFrame:
        """Read the bytes; a packet that is cut before them has no value."""
        start = (pl.col(self.place).cast(pl.Int64) if self.place else pl.lit(0, pl.Int64)) + self.distance
        found = rows.of_packets(mask).filter(condition(self.when)).with_columns(start.alias("_start"))
        found = found.filter(pl.col("_start").is_not_null() & (pl.col("_start") + self.width <= pl.col("captured")))
        values = [int.from_bytes(part, "big") for part in read(rows.capture, found, pl.lit(self.width))]
        return found.select(PACKET, pl.Series(VALUE, values, pl.Int64))


def read(capture: CaptureFile, rows: pl.DataFrame, length: pl.Expr) -> list[bytes]:
    """Read the captured bytes from `_start` of rows."""
    return capture.payloads(
        rows.select(*_LOCATED, pl.col("_start").alias("payload_offset"), length.cast(pl.Int64).alias("payload_length"))
    )


@dataclass(frozen=True, slots=True)
class Region:
    """Bytes of the packet: from the place in a column on, to the end of what the header covers.

    `header` limits a slice to the header itself: what `contains` and `matches` look through goes on
    to the end of the packet, as in Wireshark.
    """

    name: str
    when: str
    place: str
    length: str
    payload: bool = False
    cost: int = READ

    @property
    def columns(self) -> frozenset[str]:
        """Name the columns."""
        places = [name for name in (self.place, self.length) if name]
        layered = ("network_offset", "network_length") if self.place else ()
        return frozenset((*_LOCATED, *places, *layered, *condition(self.when).meta.root_names()))

    def table(self, rows: Rows, mask: Mask) -> pl.DataFrame:
        """Read the bytes."""
        found = rows.of_packets(mask).filter(condition(self.when))
        start = pl.col(self.place).cast(pl.Int64) if self.place else pl.lit(0, pl.Int64)
        found = found.with_columns(start.alias("_start")).filter(pl.col("_start").is_not_null())
        if self.length:
            length = pl.col(self.length).cast(pl.Int64)
        elif self.place:
            length = pl.col("network_offset").cast(pl.Int64) + pl.col("network_length") - pl.col("_start")
        else:
            length = pl.col("captured").cast(pl.Int64)
        if self.payload:
            found = found.filter(length > 0)
        return found.select(PACKET).with_columns(pl.Series(VALUE, read(rows.capture, found, length.clip(0)), pl.Binary))


def _chosen(protocol: protocols.Protocol) -> pl.Expr:
    """Select the packets of a protocol; those of LLMNR (RFC 4795) have the fields of DNS too."""
    from netguru.pcap.protocols.table import chosen

    return chosen(protocol) | holds("llmnr") if protocol.name == "dns" else chosen(protocol)


@dataclass(frozen=True, slots=True)
class Messages:
    """The messages of a protocol, decoded for the packets in question; quoted ones count, as in Wireshark."""

    protocols: tuple[str, ...]
    cost: int = DECODED

    @property
    def columns(self) -> frozenset[str]:
        """Name the columns."""
        from netguru.pcap.protocols import find

        places = ("network_offset", "network_length", "payload_offset", "payload_length", "protocol")
        choosing = {name for protocol in self.protocols for name in _chosen(find(protocol)).meta.root_names()}
        return frozenset((*_LOCATED, *places, *choosing))

    def table(self, rows: Rows, mask: Mask) -> pl.DataFrame:
        """Decode the messages, each packet once."""
        nothing = np.zeros(mask.size, np.bool_)
        done, known = rows.made.get(self, (nothing, self._decode(rows, nothing)))
        missing = mask & ~done
        if missing.any():
            known = pl.concat((known, self._decode(rows, missing)))
            rows.made[self] = (done | missing, known)
        return known

    def _decode(self, rows: Rows, mask: Mask) -> pl.DataFrame:
        from netguru.pcap.protocols import find
        from netguru.pcap.protocols.table import TYPES, decode_payload, read

        columns = {column.name: TYPES[column.type] for name in self.protocols for column in find(name).columns}
        types = {PACKET: pl.UInt32(), **columns}
        messages: list[dict[str, Any]] = []
        packets = rows.of_packets(mask)
        for protocol in (find(name) for name in self.protocols):
            found = packets.filter(_chosen(protocol))
            payloads = read(rows.capture, protocol, found)
            for row, payload in zip(found.select(PACKET, "protocol").iter_rows(named=True), payloads, strict=True):
                messages += [message | {PACKET: row[PACKET]} for message in decode_payload(protocol, row, payload)]
        values = {name: [message.get(name) for message in messages] for name in types}
        return pl.DataFrame(values, schema=types)


@dataclass(frozen=True, slots=True)
class Matched:
    """Columns of a protocol's table that need the whole file: which packet answers which."""

    protocol: str
    cost: int = DECODED
    columns: frozenset[str] = frozenset()

    def table(self, rows: Rows, mask: Mask) -> pl.DataFrame:
        """Take the rows of the protocol's table that are in this chunk."""
        del mask
        places = pl.DataFrame({"number": pl.Series(rows.numbers, dtype=pl.UInt32)}).with_row_index(PACKET)
        return rows.capture.protocol(self.protocol).join(places, on="number", how="inner", maintain_order="left")


@dataclass(frozen=True, slots=True)
class Exploded:
    """The items of a list, each an occurrence."""

    of: Source
    items: pl.Expr

    @property
    def cost(self) -> int:
        """Give the cost of what it is of."""
        return self.of.cost

    @property
    def columns(self) -> frozenset[str]:
        """Name the columns of what it is of."""
        return self.of.columns

    def table(self, rows: Rows, mask: Mask) -> pl.DataFrame:
        """Give the items."""
        return self.of.table(rows, mask).select(PACKET, self.items.alias(VALUE)).explode(VALUE)


@dataclass(frozen=True, slots=True)
class Walked:
    """What stands before the network layer of a frame: VLAN tags, MPLS labels, the header of IEEE 802.2."""

    kind: str
    cost: int = READ

    @property
    def columns(self) -> frozenset[str]:
        """Name the columns."""
        return frozenset((*_LOCATED, "link_type", *condition(self.kind).meta.root_names()))

    def table(self, rows: Rows, mask: Mask) -> pl.DataFrame:
        """Walk the frames that have one."""
        from netguru.pcap.filters.link_headers import WALKS

        names, walk = WALKS[self.kind]
        start = pl.lit(0, pl.Int64).alias("_start")
        found = rows.of_packets(mask).filter(condition(self.kind)).with_columns(start)
        heads = read(rows.capture, found, pl.lit(_HEAD))
        values = [
            (packet, *occurrence)
            for packet, kind, data in zip(found[PACKET].to_list(), found["link_type"].to_list(), heads, strict=True)
            for occurrence in walk(data, kind)
        ]
        return pl.DataFrame(values, schema={PACKET: pl.UInt32, **dict.fromkeys(names, pl.Int64)}, orient="row")
