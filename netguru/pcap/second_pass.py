"""A second pass over a large capture, for what a first one has pointed out: headers alone, nothing is counted again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netguru.pcap.capture import CaptureFile, Collector


def look_again(capture: CaptureFile, collector: Collector) -> None:
    """Hand every chunk to a collector that asks for no columns of conversations."""
    from netguru.pcap.engine import Engine, wants_compiled
    from netguru.pcap.framing import Found
    from netguru.pcap.streams import open_forward

    if capture.small:
        capture.run(collector)
        return
    path, found = capture.source.path, Found()
    with open_forward(path, found) as stream:
        for chunk in Engine(stream, found, compiled=wants_compiled(path.stat().st_size)).headers():
            collector.take(chunk)
