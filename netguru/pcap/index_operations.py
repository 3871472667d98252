"""The operation that keeps what was decoded of a capture in the workspace."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from netguru.model.result import Result
from netguru.operations import operation
from netguru.operations.context import CancelToken, Progress

if TYPE_CHECKING:
    from netguru.model.coverage import Coverage
    from netguru.pcap.capture import CaptureFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed(Result):
    """A capture whose packets are kept: where, how many, and the sizes in bytes of the capture and of what is kept."""

    schema: ClassVar[str] = "netguru.pcap.index/1"

    source: str
    folder: str
    packets: int
    flows: int
    capture_bytes: int
    index_bytes: int
    coverage: Coverage


@operation("pcap.index", effect="write")
def index(file: Path, *, progress: Progress, cancel: CancelToken) -> Indexed:
    """Keep what was decoded of a capture in the workspace, so that it opens at once the next time.

    The tables of packets and conversations are written as Parquet under `.netguru/captures`, named by
    the digest of the capture; a changed capture is read anew. Summary, flows, TCP analysis, filters and
    queries use them from then on. Delete the folder to be rid of it.

    Args:
        file: the capture.
    """
    from netguru.errors import FileRejectedError
    from netguru.pcap import sidecar
    from netguru.workspace import current_workspace, open_capture

    # The reader of this room makes every capture handle.
    capture = cast("CaptureFile", open_capture(file))
    store = current_workspace().store
    try:
        kept = sidecar.write(capture, store, progress, cancel)
    except OSError as error:
        raise FileRejectedError(f"cannot be written: {error.strerror or error}", place=str(store)) from None
    return Indexed(
        source=capture.source.name,
        folder=str(kept.folder),
        packets=capture.totals.packets,
        flows=capture.conversations.total,
        capture_bytes=capture.source.path.stat().st_size,
        index_bytes=sum(each.stat().st_size for each in kept.folder.iterdir()),
        coverage=capture.coverage,
    )
