"""The sanitized twin of a capture: the same packets at the same times, with other addresses and without payload."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from netguru.workspace.sanitizers import sanitizers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netguru.model.capture import Capture
    from netguru.model.network import Network
    from netguru.pcap.capture import CaptureFile
    from netguru.redact.anonymizer import Anonymizer

_MOST_KINDS = 12


class CaptureSanitizer:
    """Rewrite captures; their names are told by those who read neighbours."""

    name = "pcap"

    def names(self, network: Network) -> Iterator[str]:  # noqa: ARG002 - other families look into it
        """Give no names of its own: whose neighbours a capture shows, the states' sanitizer asks."""
        yield from ()

    def rewrite(self, capture: Capture, out: Path, anonymizer: Anonymizer) -> tuple[str, ...] | None:
        """Write the twin, and say what was set to zero; None for a capture of another reader."""
        from netguru.pcap.capture import CaptureFile

        return write_twin(capture, out, anonymizer) if isinstance(capture, CaptureFile) else None


def write_twin(capture: CaptureFile, out: Path, anonymizer: Anonymizer) -> tuple[str, ...]:
    """Write the twin of a capture: pcap where its name ends so and it can, else pcapng."""
    from netguru.operations.context import context
    from netguru.pcap.slices import Pcapng, batches, form_for, frame_bytes, whole_file
    from netguru.pcap.twin_bytes import Draft
    from netguru.pcap.twin_frames import frame

    types = sorted({item.link_type for item in capture.interfaces})
    form = form_for(capture, out, types)
    if isinstance(form, Pcapng):
        # Names of interfaces can name the host; the keys of TLS open what is not there any more.
        plain = (replace(item, description="") for item in capture.interfaces)
        form = Pcapng(plain)
    zeroed: Counter[str] = Counter()
    check = context().cancel.check
    with whole_file(out, source=capture.source.path) as stream:
        stream.write(form.head())
        for rows in batches(capture):
            check()
            for start in range(0, rows.height, 4096):
                part = rows.slice(start, 4096)
                for row, data in zip(part.iter_rows(), frame_bytes(capture, part), strict=True):
                    draft = Draft(data, anonymizer, zeroed)
                    frame(draft, row[3])
                    stream.write(form.record(row, bytes(draft.data)))
    return tuple(_notes(zeroed, capture))


def _notes(zeroed: Counter[str], capture: CaptureFile) -> Iterator[str]:
    """Say what was left out, the most first."""
    kinds = zeroed.most_common()
    for what, count in kinds[:_MOST_KINDS]:
        yield f"{count} bytes set to zero: {what}"
    if rest := sum(count for _, count in kinds[_MOST_KINDS:]):
        yield f"{rest} bytes set to zero: {len(kinds) - _MOST_KINDS} other kinds"
    if capture.secret_counts:
        yield "decryption secrets were left out"
    for damage in capture.damage:
        yield f"the capture is damaged and its twin ends there: {damage.message}"


sanitizers.register("pcap", CaptureSanitizer())
