"""CaptureFile: the handle of one capture file; tables are computed once, bytes are read by offset."""

from __future__ import annotations

from threading import RLock
from typing import IO, TYPE_CHECKING

from netguru.errors import InputError
from netguru.model.evidence import QUOTATION_LIMIT, Evidence
from netguru.pcap.coverage import capture_coverage
from netguru.pcap.framing import GZIP_MAGIC, Found, open_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import polars as pl

    from netguru.model.capture import CaptureInterface, Damage
    from netguru.model.coverage import Coverage
    from netguru.model.source import SourceFile
    from netguru.model.topology import Neighbor
    from netguru.pcap.conversations import Conversations
    from netguru.pcap.tcp_connections import Connection


class CaptureFile:
    """Hold one capture; see `netguru.model.Capture` for what the methods promise."""

    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._lock = RLock()
        self._found = Found()
        self._packets: pl.DataFrame | None = None
        self._inner: pl.DataFrame | None = None
        self._flows: pl.LazyFrame | None = None
        self._conversations: Conversations | None = None
        self._segments: pl.DataFrame | None = None
        self._connections: list[Connection] | None = None
        self._coverage: Coverage | None = None
        self._protocols: dict[str, pl.DataFrame] = {}
        self._neighbors: tuple[Neighbor, ...] | None = None
        self._unpacked: IO[bytes] | None = None

    def __repr__(self) -> str:
        return f"CaptureFile({self._source.name!r})"

    @property
    def source(self) -> SourceFile:
        """Give the file."""
        return self._source

    @property
    def format(self) -> str:
        """Name the format of the capture."""
        self.table()
        return self._found.format

    @property
    def interfaces(self) -> tuple[CaptureInterface, ...]:
        """Give the capture interfaces, numbered over all sections."""
        self.table()
        return tuple(self._found.interfaces)

    @property
    def damage(self) -> tuple[Damage, ...]:
        """Say where the file breaks off."""
        self.table()
        return tuple(self._found.damage)

    @property
    def coverage(self) -> Coverage:
        """Count the packets that were decoded and list the others by reason."""
        with self._lock:
            if self._coverage is None:
                table = self.table()
                self._coverage = capture_coverage(table, self._found, self._source.name)
            return self._coverage

    def table(self) -> pl.DataFrame:
        """Give the packet table in memory (`schema.PACKETS`)."""
        with self._lock:
            if self._packets is None:
                self._packets, self._inner = self._read()
            return self._packets

    def inner(self) -> pl.DataFrame:
        """Give the packets inside tunnels and ICMP errors (`schema.INNER`), by the number of the packet around them.

        Their `flow` counts on from that of the captured packets.
        """
        self.table()
        with self._lock:
            assert self._inner is not None  # noqa: S101 - set together with the packet table
            return self._inner

    def _read(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        import polars as pl

        from netguru.pcap.chunks import INNER_COLUMNS, PACKET_COLUMNS
        from netguru.pcap.engine import Engine, wants_compiled
        from netguru.pcap.schema import inner_types, packet_types

        found = Found()
        packets, inner = [pl.DataFrame(schema=packet_types())], [pl.DataFrame(schema=inner_types())]
        stream = self._open(found)
        engine = Engine(stream, found, compiled=wants_compiled(self._source.path.stat().st_size))
        for chunk in engine.chunks():
            captured = chunk.captured()
            packets.append(chunk.frame(PACKET_COLUMNS, captured))
            if captured.size < chunk.count:
                inner.append(chunk.frame(INNER_COLUMNS, chunk.found_inside()))
        if self._unpacked is None:
            stream.close()
        self._found = found
        self._conversations = engine.conversations
        return pl.concat(packets, rechunk=True), pl.concat(inner)

    def _open(self, found: Found) -> IO[bytes]:
        # An unpacked copy of a gzip file is kept for random access; a plain file is opened for each use.
        if self._unpacked is not None:
            return self._unpacked
        stream = open_stream(self._source.path, found)
        with self._source.path.open("rb") as raw:
            if raw.read(2) == GZIP_MAGIC:
                self._unpacked = stream
        return stream

    @property
    def conversations(self) -> Conversations:
        """Give what was counted of conversations."""
        self.table()
        assert self._conversations is not None  # noqa: S101 - set together with the packet table
        return self._conversations

    def packets(self) -> pl.LazyFrame:
        """Give the packet table (`schema.PACKETS`)."""
        return self.table().lazy()

    def flows(self) -> pl.LazyFrame:
        """Give the flow table (`schema.FLOWS`)."""
        self.table()
        with self._lock:
            if self._flows is None:
                assert self._conversations is not None  # noqa: S101 - set together with the packet table
                self._flows = self._conversations.table()
            return self._flows

    def segments(self) -> pl.DataFrame:
        """Give the TCP segments with their analysis on each interface (`tcp_analysis.analyse`)."""
        from netguru.pcap.tcp_analysis import analyse, segments

        with self._lock:
            if self._segments is None:
                self._segments = analyse(segments(self), "interface")
            return self._segments

    def connections(self) -> list[Connection]:
        """Give the TCP connections and attempts, in the order of their first packets."""
        from netguru.pcap.tcp_connections import connections

        with self._lock:
            if self._connections is None:
                self._connections = connections(self)
            return self._connections

    def senders(self) -> frozenset[str]:
        """Give the addresses that sent IP packets."""
        from netguru.pcap.addresses import address_text

        ends = self.table().filter(self.table()["ip_version"] > 0).select("ip_version", "src_hi", "src_lo").unique()
        return frozenset(address_text(*row) for row in ends.iter_rows())

    def protocol(self, name: str) -> pl.DataFrame:
        """Give the messages of one protocol; raises UnknownNameError."""
        from netguru.pcap import protocols

        with self._lock:
            if name not in self._protocols:
                self._protocols[name] = protocols.table(self, name)
            return self._protocols[name]

    def neighbors(self) -> tuple[Neighbor, ...]:
        """Give the CDP and LLDP neighbours that the capture shows."""
        from netguru.pcap.announcements import neighbors

        with self._lock:
            if self._neighbors is None:
                self._neighbors = neighbors(self)
            return self._neighbors

    def frames(self, numbers: Sequence[int]) -> list[bytes]:
        """Read the captured bytes of packets; raises InputError for a number that is not there."""
        table = self.table()
        for number in numbers:
            if not 1 <= number <= table.height:
                raise InputError(
                    f"there is no packet {number}, the capture has {table.height}", place=self._source.name
                )
        rows = table[[number - 1 for number in numbers]]
        return self._ranges(zip(rows["offset"].to_list(), rows["captured"].to_list(), strict=True))

    def payloads(self, rows: pl.DataFrame) -> list[bytes]:
        """Read the captured payload (after TCP, UDP, SCTP, or of another IP protocol) of rows of the packet table."""
        return self._parts(rows, "payload_offset", "payload_length")

    def network_payloads(self, rows: pl.DataFrame) -> list[bytes]:
        """Read what the IP packets carry, from the layer 4 header on, as far as it was captured."""
        import polars as pl

        length = pl.col("network_offset").cast(pl.Int64) + pl.col("network_length") - pl.col("transport_offset")
        return self._parts(rows.with_columns(length.clip(0).alias("_length")), "transport_offset", "_length")

    def link_payloads(self, rows: pl.DataFrame) -> list[bytes]:
        """Read what the frames carry, from the layer 3 header (ARP, LLDP, BPDU) on, without IEEE 802.3 padding."""
        return self._parts(rows, "network_offset", "network_length")

    def _parts(self, rows: pl.DataFrame, start: str, length: str) -> list[bytes]:
        import polars as pl

        at = pl.col(start).cast(pl.Int64).fill_null(0)
        inside = rows.select(
            (pl.col("offset").cast(pl.Int64) + at).alias("at"),
            pl.min_horizontal(pl.col("captured").cast(pl.Int64) - at, pl.col(length).cast(pl.Int64).fill_null(0))
            .clip(0)
            .alias("count"),
        )
        return self._ranges(zip(inside["at"].to_list(), inside["count"].to_list(), strict=True))

    def _ranges(self, ranges: Iterable[tuple[int, int]]) -> list[bytes]:
        with self._lock:
            stream = self._open(Found())
            result = []
            for offset, count in ranges:
                stream.seek(offset)
                result.append(stream.read(count))
            if self._unpacked is None:
                stream.close()
            return result

    def describe(self, number: int) -> str:
        """Give the one-line description of a packet."""
        from netguru.pcap.describe import describe

        return describe(self, number)

    def evidence(self, numbers: Sequence[int], *, limit: int = 8) -> tuple[Evidence, ...]:
        """Quote packets; of more than `limit` the first, the last and evenly spread ones between."""
        chosen = sorted(set(numbers))
        if len(chosen) > limit:
            last = len(chosen) - 1
            chosen = sorted({chosen[round(step * last / max(limit - 1, 1))] for step in range(limit)})
        return tuple(self._quote(number, number, self.describe(number)) for number in chosen)

    def absence(self, first: int, last: int, what: str) -> Evidence:
        """State that something does not occur in a range of packets."""
        return self._quote(first, last, f"{what}: not in packets {first}-{last}")

    def _quote(self, first: int, last: int, text: str) -> Evidence:
        return Evidence(
            source=self._source.name,
            sha256=self._source.sha256,
            kind="packet",
            start=first,
            end=last,
            text=text[:QUOTATION_LIMIT],
        )
