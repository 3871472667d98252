"""The operation that holds two captures against each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from netguru.errors import InputError
from netguru.operations import operation
from netguru.operations.context import CancelToken, Progress
from netguru.pcap.compare_results import CaptureComparison

if TYPE_CHECKING:
    from netguru.pcap.capture import CaptureFile


def _open(file: Path, name: str = "") -> CaptureFile:
    from netguru.workspace import open_capture

    # The reader of this room makes every capture handle.
    return cast("CaptureFile", open_capture(file, name=name))


@operation("pcap.compare")
def compare(
    a: Path,
    b: Path,
    *,
    mode: Literal["auto", "path", "change"] = "auto",
    interface_a: int | None = None,
    interface_b: int | None = None,
    same_clock: bool = False,
    progress: Progress,
    cancel: CancelToken,
) -> CaptureComparison:
    """Compare two captures of one thing: two points of a path, or one place before and after a change.

    For a path, packets are recognised by what routers and NAT leave alone, also when addresses, ports, marks or
    the MSS were rewritten on the way. The result says what was lost between the points and what the recorders left
    out, how long the way took with the clocks held against each other, and which fields came out different. For a
    change it lists services and findings that came, went and stayed.

    Args:
        a: the capture of the first point, or from before.
        b: the capture of the second point, or from after.
        mode: path, change, or auto, which takes captures with packets in common for a path.
        interface_a: only this capture interface of the first file, from 0.
        interface_b: only this capture interface of the second file, from 0; both files may be one.
        same_clock: one clock stamped both captures, as when one machine recorded both points.
    """
    from netguru.pcap.comparing.report import compare_captures

    if a.resolve() == b.resolve() and interface_a == interface_b:
        raise InputError(f"{a} is compared with itself", hint="give two files, or two interfaces of one")
    names = (
        ("", "") if a.name != b.name else (f"{a.resolve().parent.name}/{a.name}", f"{b.resolve().parent.name}/{b.name}")
    )
    return compare_captures(
        _open(a, names[0]),
        _open(b, names[1]),
        mode=mode,
        interfaces=(interface_a, interface_b),
        same_clock=same_clock,
        progress=progress,
        cancel=cancel,
    )
