"""Access: single packets and stretches of bytes of a capture, read where they lie in the file."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import IO, TYPE_CHECKING

from netguru.errors import InputError, NetGuruError
from netguru.pcap.framing import Found
from netguru.pcap.streams import is_packed, open_seekable
from netguru.pcap.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import polars as pl

    from netguru.model.coverage import Coverage
    from netguru.model.source import SourceFile


class Access(Tables):
    """Read packets by number and bytes by offset."""

    def __init__(self, source: SourceFile) -> None:
        super().__init__(source)
        self._bytes: IO[bytes] | None = None
        self._behind: str | None = None

    @property
    def coverage(self) -> Coverage:
        """Count the packets that were decoded, list the others by reason, and say what repair would regain."""
        coverage = super().coverage
        if not self._found.damage:
            return coverage
        with self._lock:
            self._behind = self._behind or self._look_behind()
            return replace(coverage, notes=(*coverage.notes, self._behind))

    def _look_behind(self) -> str:
        """Say how many packets there are behind the damage; a large packed file is not unpacked for that."""
        from netguru.pcap.engine import wants_compiled
        from netguru.pcap.repairing import behind_damage, behind_text

        counted = None
        if self._places is not None and (self.small or not is_packed(self._source.path)):
            compiled = wants_compiled(self._source.path.stat().st_size)
            with suppress(OSError, NetGuruError):
                counted = behind_damage(self._opened(), self._found, self._places.offsets(), compiled=compiled)
        return behind_text(counted)

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

    def _located(self, numbers: Sequence[int]) -> pl.DataFrame:
        """Give offsets and captured lengths of packets in the order asked for."""
        import polars as pl

        rows = self.headers(numbers).filter(pl.col("tunnel") == "")
        wanted = pl.DataFrame({"number": pl.Series(numbers, dtype=pl.UInt32)})
        return wanted.join(rows, on="number", how="left", maintain_order="left")

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
