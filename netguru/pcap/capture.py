"""CaptureFile: the handle of one capture file; what it holds is computed in passes, bytes are read by offset.

A small capture keeps its decoded packets in memory. A large one is passed over again for every
question that its totals and its conversations do not answer: that is quicker than it is to keep.
"""

from __future__ import annotations

from dataclasses import replace
from threading import RLock
from typing import IO, TYPE_CHECKING, Protocol

from netguru.errors import InputError
from netguru.pcap.framing import Found
from netguru.pcap.quoting import Quotes
from netguru.pcap.streams import open_forward, open_seekable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from netguru.model.capture import CaptureInterface, Damage
    from netguru.model.coverage import Coverage
    from netguru.model.evidence import Evidence
    from netguru.model.source import SourceFile
    from netguru.model.topology import Neighbor
    from netguru.pcap.chunks import Chunk
    from netguru.pcap.conversations import Conversations
    from netguru.pcap.messages import Messages
    from netguru.pcap.places import Places
    from netguru.pcap.sidecar import Sidecar, StoredConversations
    from netguru.pcap.tcp_events import TcpEvents
    from netguru.pcap.totals import Totals


class Collector(Protocol):
    """Take the chunks of a pass one after the other; a chunk is not kept beyond the call.

    One that has an attribute `losses` that is true gets the column `tcp_kinds` filled too.
    """

    def take(self, chunk: Chunk) -> None:
        """Take a chunk."""
        ...


class CaptureFile:
    """Hold one capture; see `netguru.model.Capture` for what the methods promise."""

    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._lock = RLock()
        self.quotes = Quotes(self)
        self._found = Found()
        self._totals: Totals | None = None
        self._places: Places | None = None
        self._conversations: Conversations | StoredConversations | None = None
        self._chunks: list[Chunk] | None = None
        self._packets: pl.DataFrame | None = None
        self._inner: pl.DataFrame | None = None
        self._tcp_events: TcpEvents | None = None
        self._messages: Messages | None = None
        self._counts: dict[str, int] | None = None
        self._sidecar: Sidecar | None = None
        self._gaps: NDArray[np.int64] | None = None
        self._protocols: dict[str, pl.DataFrame] = {}
        self._neighbors: tuple[Neighbor, ...] | None = None
        self._bytes: IO[bytes] | None = None

    def __repr__(self) -> str:
        return f"CaptureFile({self._source.name!r})"

    @property
    def source(self) -> SourceFile:
        """Give the file."""
        return self._source

    @property
    def format(self) -> str:
        """Name the format of the capture."""
        self.run()
        return self._found.format

    @property
    def interfaces(self) -> tuple[CaptureInterface, ...]:
        """Give the capture interfaces, numbered over all sections."""
        self.run()
        return tuple(self._found.interfaces)

    @property
    def damage(self) -> tuple[Damage, ...]:
        """Say where the file breaks off."""
        self.run()
        return tuple(self._found.damage)

    @property
    def coverage(self) -> Coverage:
        """Count the packets that were decoded and list the others by reason."""
        coverage = self.totals.coverage(self._found, self._source.name)
        closed = self.conversations.closed_early
        if closed:
            note = f"{closed} conversations were closed early, silent while there were too many at once"
            coverage = replace(coverage, notes=(*coverage.notes, note))
        return coverage

    @property
    def totals(self) -> Totals:
        """Give packets, bytes and times of the whole."""
        self.run()
        assert self._totals is not None  # noqa: S101 - set by the first pass
        return self._totals

    @property
    def conversations(self) -> Conversations | StoredConversations:
        """Give what was counted of conversations."""
        self.run()
        assert self._conversations is not None  # noqa: S101 - set by the first pass
        return self._conversations

    def run(self, *collectors: Collector) -> None:
        """Hand every chunk of the capture to collectors; the first pass also takes the totals.

        Without collectors it makes sure that the capture was passed over once.
        """
        with self._lock:
            if not collectors and self._totals is None and self._from_sidecar():
                return
            losses = any(getattr(collector, "losses", False) for collector in collectors)
            if collectors or self._totals is None:
                for chunk in self.chunks(losses=losses):
                    for collector in collectors:
                        collector.take(chunk)

    def _from_sidecar(self) -> bool:
        """Take what a former opening of the same file left in the workspace (`pcap.index`)."""
        from netguru.pcap import sidecar
        from netguru.pcap.places import Places
        from netguru.pcap.totals import Totals
        from netguru.workspace import current_workspace

        kept = None if self.small else sidecar.find(current_workspace().store, self._source)
        if kept is None:
            return False
        self._sidecar = kept
        self._found = kept.found()
        self._totals = Totals(**kept.about["totals"])
        self._conversations = sidecar.StoredConversations(kept)
        self._gaps = kept.gaps()
        self._places = Places.of(kept.offsets())
        return True

    def chunks(self, *, losses: bool = False) -> Iterator[Chunk]:
        """Give the decoded packets chunk by chunk; one that is not kept is valid until the next is asked for.

        With `losses` the column `tcp_kinds` is filled, as it always is in a small capture.
        """
        from netguru.pcap.engine import COMPILED_FROM

        if self._chunks is not None:
            yield from self._chunks
            return
        kept: list[Chunk] | None = [] if self._source.path.stat().st_size < COMPILED_FROM else None
        for chunk in self._pass(losses=losses or kept is not None):
            if kept is not None:
                kept.append(chunk)
            yield chunk
        self._chunks = kept

    def _pass(self, *, losses: bool) -> Iterator[Chunk]:
        """Read the file from its start to its end; what it counts is kept when it arrives there."""
        from netguru.operations.context import context
        from netguru.pcap.engine import Engine, wants_compiled
        from netguru.pcap.places import Places
        from netguru.pcap.totals import Totals

        found, totals, places = Found(), Totals(), Places()
        # Every pass of every operation goes through here: one place to stop it and to say how far it is.
        around = context()
        with open_forward(self._source.path, found) as stream:
            compiled = wants_compiled(self._source.path.stat().st_size)
            engine = Engine(stream, found, compiled=compiled, losses=losses)
            for chunk in engine.chunks():
                totals.take(chunk)
                places.take(chunk)
                yield chunk
                around.cancel.check()
                if not self.small:
                    around.progress(totals.packets, 0, "packets read")
        self._places = places
        if losses:
            self._gaps = engine.tcp.gaps()
        self._found, self._totals, self._conversations = found, totals, engine.conversations

    @property
    def indexed(self) -> bool:
        """Say whether the packets are at hand in a sidecar."""
        if self._totals is None and not self.small:
            self._from_sidecar()
        return self._sidecar is not None

    @property
    def notes(self) -> tuple[str, ...]:
        """Give remarks of the reader of the file."""
        self.run()
        return tuple(self._found.notes)

    @property
    def gaps(self) -> NDArray[np.int64]:
        """Give the numbers of the packets that jumped over bytes of which some never came."""
        with self._lock:
            if self._gaps is None:
                for _ in self.chunks(losses=True):
                    pass
            assert self._gaps is not None  # noqa: S101 - set by a pass with losses
            return self._gaps

    def rows(self, columns: Collection[str], where: pl.Expr | None = None) -> Iterator[pl.DataFrame]:
        """Give packets in order of their numbers, those inside tunnels behind the packet around them.

        The frames have the asked columns of `schema.INNER` in its order; `where` may use these columns.
        A packet and those inside it are in one frame.
        """
        self.run()
        for frame in self._frames(columns):
            yield frame if where is None else frame.filter(where)

    def _frames(self, columns: Collection[str]) -> Iterator[pl.DataFrame]:
        if self._sidecar is not None:
            yield from self._sidecar.frames(columns)
            return
        for chunk in self.chunks(losses="tcp_kinds" in columns):
            yield chunk.frame(columns)

    def protocols(self) -> dict[str, int]:
        """Count the packets of each protocol, by Wireshark's filter names."""
        from netguru.pcap.protocol_counts import ProtocolCounts

        with self._lock:
            if self._counts is None:
                counts = ProtocolCounts()
                if self._totals is None and self._from_sidecar() and self._sidecar is not None:
                    self._counts = dict(self._sidecar.about["protocols"])
                else:
                    self.run(counts)
                    self._counts = counts.counts()
            return self._counts

    def table(self) -> pl.DataFrame:
        """Give the packet table in memory (`schema.PACKETS`)."""
        with self._lock:
            if self._packets is None:
                self._keep_tables()
            assert self._packets is not None  # noqa: S101 - set above
            return self._packets

    def inner(self) -> pl.DataFrame:
        """Give the packets inside tunnels and ICMP errors (`schema.INNER`), by the number of the packet around them.

        Their `flow` counts on from that of the captured packets.
        """
        self.table()
        with self._lock:
            assert self._inner is not None  # noqa: S101 - set together with the packet table
            return self._inner

    def _keep_tables(self) -> None:
        import polars as pl

        from netguru.pcap.chunks import INNER_COLUMNS, PACKET_COLUMNS
        from netguru.pcap.schema import inner_types, packet_types

        packets, inner = [pl.DataFrame(schema=packet_types())], [pl.DataFrame(schema=inner_types())]
        for chunk in self.chunks():
            captured = chunk.captured()
            packets.append(chunk.frame(PACKET_COLUMNS, captured))
            if captured.size < chunk.count:
                inner.append(chunk.frame(INNER_COLUMNS, chunk.found_inside()))
        self._packets, self._inner = pl.concat(packets, rechunk=True), pl.concat(inner)

    @property
    def small(self) -> bool:
        """Say whether the packets of the capture are kept in memory."""
        from netguru.pcap.engine import COMPILED_FROM

        return self._chunks is not None or self._source.path.stat().st_size < COMPILED_FROM

    def packets(self) -> pl.LazyFrame:
        """Give the packet table (`schema.PACKETS`); of a large capture it is read anew by every query."""
        import polars as pl

        from netguru.pcap.chunks import PACKET_COLUMNS
        from netguru.pcap.lazy import scan
        from netguru.pcap.schema import packet_types

        if self.small:
            return self.table().lazy()
        self.run()
        if self._sidecar is not None:
            return self._sidecar.rows().filter(pl.col("tunnel") == "").select(PACKET_COLUMNS)
        return scan(self, PACKET_COLUMNS, packet_types(), inside=False)

    def inside(self) -> pl.LazyFrame:
        """Give the packets inside tunnels and ICMP errors (`schema.INNER`), lazily as `packets()`."""
        import polars as pl

        from netguru.pcap.chunks import INNER_COLUMNS
        from netguru.pcap.lazy import scan
        from netguru.pcap.schema import inner_types

        if self.small:
            return self.inner().lazy()
        self.run()
        if self._sidecar is not None:
            return self._sidecar.rows().filter(pl.col("tunnel") != "")
        return scan(self, INNER_COLUMNS, inner_types(), inside=True)

    def flows(self) -> pl.LazyFrame:
        """Give the flow table (`schema.FLOWS`)."""
        return self.conversations.table()

    def tcp_events(self) -> TcpEvents:
        """Give what tells something about the TCP connections; bounded, of a capture of any size."""
        from netguru.pcap.tcp_events import TcpEvents

        with self._lock:
            if self._tcp_events is None:
                events = TcpEvents()
                self.run(events)
                self._tcp_events = events
            return self._tcp_events

    def survey(self, *others: Collector) -> None:
        """Gather messages and TCP events in one pass, and what other collectors want."""
        from netguru.pcap.messages import Messages, limit
        from netguru.pcap.tcp_events import TcpEvents

        with self._lock:
            messages = Messages(None if self.small else limit("messages", "checked"))
            events = TcpEvents()
            self.run(messages, events, *others)
            self._messages, self._tcp_events = messages, events

    def senders(self) -> frozenset[str]:
        """Give the addresses that sent IP packets."""
        import polars as pl

        from netguru.pcap.addresses import address_text

        flows = self.flows()
        sides = [
            flows.filter(pl.col(f"{side}_packets") > 0, pl.col("tunnel") == "").select(
                "ip_version", pl.col(f"{side}_hi").alias("hi"), pl.col(f"{side}_lo").alias("lo")
            )
            for side in ("client", "server")
        ]
        return frozenset(address_text(*row) for row in pl.concat(sides).unique().collect().iter_rows())

    def messages(self) -> Messages:
        """Give the packets that hold messages of any protocol; of a large capture a bounded number of each."""
        from netguru.pcap.messages import Messages, limit

        with self._lock:
            if self._messages is None:
                self._messages = Messages(None if self.small else limit("messages", "checked"))
                self.run(self._messages)
            return self._messages

    def protocol(self, name: str) -> pl.DataFrame:
        """Give the messages of one protocol, of a large capture those of its first packets (`messages`).

        Raises UnknownNameError.
        """
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
        rows = self._located(numbers)
        return self._ranges(zip(rows["offset"].to_list(), rows["captured"].to_list(), strict=True))

    def chosen(self, numbers: Sequence[int]) -> pl.DataFrame:
        """Give the rows of packets in the order asked for; raises InputError for a number that is not there."""
        import polars as pl

        self._check(numbers)
        if self.small:
            return self.table()[[number - 1 for number in numbers]]
        wanted = pl.DataFrame({"number": pl.Series(numbers, dtype=pl.UInt32)})
        found = self.packets().filter(pl.col("number").is_in(wanted["number"].unique().implode())).collect()
        return wanted.join(found, on="number", how="left", maintain_order="left").select(found.columns)

    def _located(self, numbers: Sequence[int]) -> pl.DataFrame:
        """Give offsets and captured lengths of packets in the order asked for."""
        import polars as pl

        rows = self.headers(numbers).filter(pl.col("tunnel") == "")
        wanted = pl.DataFrame({"number": pl.Series(numbers, dtype=pl.UInt32)})
        return wanted.join(rows, on="number", how="left", maintain_order="left")

    def headers(self, numbers: Sequence[int]) -> pl.DataFrame:
        """Give the rows of packets (`schema.INNER`) in the order of the file, each before those inside it.

        Columns of conversations may be null. Raises InputError for a number that is not there.
        """
        from netguru.pcap.places import rows_of

        self._check(numbers)
        chunk = None
        if not self.small and self._places is not None and numbers:
            with self._lock:
                chunk = self._places.fetch(self._opened(), self._found, numbers)
        return rows_of(self.chunks() if chunk is None else [chunk], numbers)

    def _check(self, numbers: Sequence[int]) -> None:
        count = self.totals.packets
        for number in numbers:
            if not 1 <= number <= count:
                raise InputError(f"there is no packet {number}, the capture has {count}", place=self._source.name)

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
            stream = self._opened()
            result = []
            for offset, count in ranges:
                stream.seek(offset)
                result.append(stream.read(count))
            return result

    def _opened(self) -> IO[bytes]:
        # Offsets are those of the unpacked capture: a packed file is unpacked once.
        if self._bytes is None:
            self._bytes = open_seekable(self._source.path, Found())
        return self._bytes

    def describe(self, number: int) -> str:
        """Give the one-line description of a packet."""
        return self.quotes.texts([number])[number]

    def evidence(self, numbers: Sequence[int], *, limit: int = 8) -> tuple[Evidence, ...]:
        """Quote packets; of more than `limit` the first, the last and evenly spread ones between."""
        return self.quotes.packets(numbers, limit)

    def absence(self, first: int, last: int, what: str) -> Evidence:
        """State that something does not occur in a range of packets."""
        return self.quotes.quote(first, last, f"{what}: not in packets {first}-{last}")
