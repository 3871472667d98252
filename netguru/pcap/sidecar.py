"""Sidecar: what was decoded of a large capture, kept in the workspace as Parquet, so that it opens at once again.

It lies in a folder named by the digest of the capture: one table of packets (also those inside
tunnels), one of conversations, and the totals as JSON. A later version of the columns does not read
it. `known.json` remembers the digests of files, so that looking for a sidecar does not read the capture:
a file is taken for the one that was indexed when path, size, inode, times of modification and of
status change (nanoseconds) and sixteen blocks spread over its content are the same. What remains: a
capture overwritten in place with the same size, outside of these blocks, whose times did not move,
because the change fell into one tick of the clock with the indexing (some milliseconds) or the clock
was put back. A change of rights or a further link also moves the time of status change: the capture
is read anew then, until it is indexed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netguru import __version__
from netguru.errors import FileRejectedError
from netguru.model.capture import CaptureInterface, Damage

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import polars as pl
    import pyarrow as pa
    import pyarrow.parquet as pq
    from numpy.typing import NDArray

    from netguru.model.source import SourceFile
    from netguru.operations.context import CancelToken, Progress
    from netguru.pcap.capture import CaptureFile
    from netguru.pcap.framing import Found

_FOLDER, _KNOWN, _ABOUT, _PACKETS, _FLOWS = "captures", "known.json", "about.json", "packets.parquet", "flows.parquet"
_TABLES = (_PACKETS, _FLOWS)
_TOLD = frozenset(
    (
        "version format interfaces damage notes names secrets totals protocols "
        "tcp_streams udp_streams pairs flows closed_early gaps"
    ).split()
)
_PART = 1 << 16
_MOST_KNOWN = 10_000
_BLOCKS, _BLOCK_BYTES = 16, 1 << 12
_PAGE_BYTES = 1 << 16
# The writer keeps a description of each column of each group until the end: of 10 GB a hundred megabytes by chunks.
_GROUP_ROWS = 1 << 16
# Written once and read often: level 1 costs a third of the time of the default and gives files a tenth larger.
_COMPRESSION, _LEVEL = "zstd", 1


@cache
def version() -> str:
    """Name the version of what is kept: the columns and the program that filled them."""
    from netguru.pcap.schema import FLOWS, INNER

    digest = hashlib.sha256(__version__.encode())
    for column in (*INNER, *FLOWS):
        digest.update(f"{column.name} {column.kind}\n".encode())
    return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Sidecar:
    """Read one sidecar."""

    folder: Path
    about: dict[str, Any]

    def rows(self) -> pl.LazyFrame:
        """Give all packets (`schema.INNER`), those inside others behind the packet around them."""
        import polars as pl

        return pl.scan_parquet(self.folder / _PACKETS)

    def frames(self, columns: Collection[str]) -> Iterator[pl.DataFrame]:
        """Give the same in parts of bounded size; a packet and those inside it are in one part."""
        import polars as pl
        import pyarrow.parquet as pq

        from netguru.pcap.chunks import INNER_COLUMNS

        with pq.ParquetFile(self.folder / _PACKETS) as file:
            for group in range(file.num_row_groups):
                frame = pl.DataFrame(pl.from_arrow(file.read_row_group(group, columns=list(columns))))
                yield frame.select(name for name in INNER_COLUMNS if name in columns)

    def flows(self) -> pl.LazyFrame:
        """Give all conversations (`schema.FLOWS`)."""
        import polars as pl

        return pl.scan_parquet(self.folder / _FLOWS)

    def found(self) -> Found:
        """Give what the scan of the file found beside packets, without secrets: these stay in the file."""
        from netguru.pcap.framing import Found

        return Found(
            format=self.about["format"],
            interfaces=[CaptureInterface(**item) for item in self.about["interfaces"]],
            damage=[Damage(**item) for item in self.about["damage"]],
            notes=list(self.about["notes"]),
            names={address: tuple(names) for address, names in self.about["names"].items()},
        )

    def gaps(self) -> NDArray[np.int64]:
        """Give the packets that jumped over bytes of which some never came."""
        return np.array(self.about["gaps"], np.int64)

    def offsets(self) -> NDArray[np.uint64]:
        """Give the offsets of the packets that `places.Places` notes."""
        import polars as pl

        from netguru.pcap.places import STEP

        noted = (pl.col("tunnel") == "") & ((pl.col("number") - 1) % STEP == 0)
        return self.rows().filter(noted).select("offset").collect()["offset"].to_numpy()


def find(store: Path, source: SourceFile) -> Sidecar | None:
    """Find the sidecar of a capture in a workspace's store; a broken one is none."""
    try:
        digest, _, content = _known(store).get(_identity(source), "").partition(" ")
        if not digest or content != _content(source):
            return None
        folder = store / _FOLDER / digest
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(about, dict) and about.keys() >= _TOLD and all((folder / name).exists() for name in _TABLES)
    return Sidecar(folder, about) if whole and about["version"] == version() else None


def write(capture: CaptureFile, store: Path, progress: Progress, cancel: CancelToken) -> Sidecar:
    """Write the sidecar of a capture, whole or not at all.

    Raises OSError where the disk refuses, FileRejectedError where the capture changed meanwhile.
    """
    source = capture.source
    read = _identity(source), _content(source)
    target = store / _FOLDER / source.sha256
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".writing-") as name:
        made = Path(name) / "made"
        made.mkdir()
        protocols = _write_packets(capture, made / _PACKETS, progress, cancel)
        _write_flows(capture, made / _FLOWS)
        about = _about(capture, protocols)
        (made / _ABOUT).write_text(json.dumps(about), encoding="utf-8")
        if (_identity(source), _content(source)) != read:
            raise FileRejectedError("changed while it was read", place=source.name, hint="run it again")
        if target.exists():
            shutil.rmtree(target)
        made.replace(target)
    _remember(store, read[0], f"{source.sha256} {read[1]}")
    return Sidecar(target, about)


def _write_packets(capture: CaptureFile, path: Path, progress: Progress, cancel: CancelToken) -> dict[str, int]:
    """Write the packets in one pass, which also counts the protocols: every further one would hold its state too."""
    import polars as pl

    from netguru.pcap.chunks import INNER_COLUMNS, ROWS
    from netguru.pcap.protocol_counts import ProtocolCounts
    from netguru.pcap.schema import inner_types

    counts, done = ProtocolCounts(), 0
    schema = pl.DataFrame(schema=inner_types()).to_arrow().schema
    parts: list[pa.Table] = []
    with _writer(path, schema) as writer:
        for chunk in capture.chunks(losses=True):
            cancel.check()
            counts.take(chunk)
            parts.append(chunk.frame(INNER_COLUMNS).to_arrow().cast(schema))
            if sum(part.num_rows for part in parts) > _GROUP_ROWS - ROWS:
                done += _write_group(writer, parts)
                progress(done, 0, "packets written")
        _write_group(writer, parts)
    return counts.counts()


def _write_group(writer: pq.ParquetWriter, parts: list[pa.Table]) -> int:
    """Write tables as one group of rows, and let go of them; gives the rows."""
    import pyarrow as pa

    rows = sum(int(part.num_rows) for part in parts)
    if rows:
        writer.write_table(pa.concat_tables(parts), row_group_size=rows)
    parts.clear()
    return rows


def _write_flows(capture: CaptureFile, path: Path) -> None:
    import polars as pl

    from netguru.pcap.schema import flow_types

    schema = pl.DataFrame(schema=flow_types()).to_arrow().schema
    with _writer(path, schema) as writer:
        for part in capture.conversations.parts():
            writer.write_table(part.to_arrow().cast(schema))


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    import pyarrow.parquet as pq

    # Every column has a page in memory while it is written, and a dictionary where it has one.
    return pq.ParquetWriter(
        path,
        schema,
        compression=_COMPRESSION,
        compression_level=_LEVEL,
        use_dictionary=False,
        data_page_size=_PAGE_BYTES,
    )


def _about(capture: CaptureFile, protocols: dict[str, int]) -> dict[str, Any]:
    tcp_streams, udp_streams = capture.conversations.streams
    return {
        "version": version(),
        "format": capture.format,
        "interfaces": [asdict(item) for item in capture.interfaces],
        "damage": [asdict(item) for item in capture.damage],
        "notes": list(capture.notes),
        "names": capture.names_of(),
        "secrets": capture.secret_counts,
        "totals": asdict(capture.totals),
        "protocols": protocols,
        "tcp_streams": tcp_streams,
        "udp_streams": udp_streams,
        "pairs": capture.conversations.pairs(),
        "flows": capture.conversations.total,
        "closed_early": capture.conversations.closed_early,
        "gaps": capture.gaps.tolist(),
    }


def _identity(source: SourceFile) -> str:
    status = source.path.stat()
    parts = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    return f"{source.path.resolve()}:{':'.join(map(str, parts))}"


def _content(source: SourceFile) -> str:
    """Hash the first block, the last, and some between."""
    size = source.path.stat().st_size
    digest = hashlib.sha256()
    with source.path.open("rb") as stream:
        for place in range(_BLOCKS):
            stream.seek(max(size - _BLOCK_BYTES, 0) * place // (_BLOCKS - 1))
            digest.update(stream.read(_BLOCK_BYTES))
    return digest.hexdigest()


def _known(store: Path) -> dict[str, str]:
    try:
        known = json.loads((store / _FOLDER / _KNOWN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(known, dict):
        return {}
    return {key: value for key, value in known.items() if isinstance(value, str)}


def _remember(store: Path, identity: str, digests: str) -> None:
    known = {**_known(store), identity: digests}
    path = store / _FOLDER / _KNOWN
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as stream:
        json.dump(dict(list(known.items())[-_MOST_KNOWN:]), stream)
    with contextlib.suppress(OSError):
        Path(stream.name).replace(path)


class StoredConversations:
    """Answer for the conversations of a capture from its sidecar, as `conversations.Conversations` does."""

    def __init__(self, sidecar: Sidecar) -> None:
        about = sidecar.about
        self._flows = sidecar.flows()
        self._pairs = int(about["pairs"])
        self.streams = (int(about["tcp_streams"]), int(about["udp_streams"]))
        self.total = int(about["flows"])
        self.closed_early = int(about["closed_early"])

    def table(self) -> pl.LazyFrame:
        """Give all conversations, by number."""
        return self._flows.sort("flow")

    def parts(self, columns: Collection[str] = (), flows: NDArray[np.bool_] | None = None) -> Iterator[pl.DataFrame]:
        """Give the same in tables of bounded size, of all columns when none is named; of `flows` those alone."""
        from netguru.pcap.flow_columns import among

        read = self._flows.select("flow", *(name for name in columns if name != "flow")) if columns else self._flows
        for part in read.collect_batches(chunk_size=_PART, maintain_order=True):
            yield among(part, columns, flows)

    def largest(self, count: int) -> tuple[pl.DataFrame, int]:
        """Give the conversations with the most bytes, and how many there are in all."""
        import polars as pl

        best = self._flows.sort(["bytes", "flow"], descending=[True, False]).head(count).collect(engine="streaming")
        return best, int(self._flows.select(pl.len()).collect().item())

    def pairs(self) -> int:
        """Count the pairs of IP addresses."""
        return self._pairs
