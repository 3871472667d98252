"""Tables: the packets of a capture as frames, from memory, from its sidecar or by a pass for every query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.passes import Passes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import polars as pl

    from netguru.model.source import SourceFile


class Tables(Passes):
    """Give the tables of one capture."""

    def __init__(self, source: SourceFile) -> None:
        super().__init__(source)
        self._packets: pl.DataFrame | None = None
        self._inner: pl.DataFrame | None = None

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

    def names_of(self) -> dict[str, tuple[str, ...]]:
        """Give the names that the file itself gives to addresses (pcapng name resolution blocks), first ones first."""
        self.run()
        return dict(self._found.names)

    def names(self) -> pl.DataFrame:
        """Give the same as a table: `address` and `name` as text, one row a name."""
        import polars as pl

        from netguru.pcap.protocols.wire import clean

        rows = [(address, clean(name)) for address, names in self.names_of().items() for name in names]
        return pl.DataFrame(rows, {"address": pl.String, "name": pl.String}, orient="row")

    def flows(self) -> pl.LazyFrame:
        """Give the flow table (`schema.FLOWS`)."""
        return self.conversations.table()
