"""Passes: what a capture is known by after it was passed over once, and every further pass.

A small capture keeps its decoded packets in memory. A large one is passed over again for every
question that its totals and its conversations do not answer: that is quicker than it is to keep.
"""

from __future__ import annotations

from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING, Protocol

from netguru.pcap.framing import Found, read_batches
from netguru.pcap.streams import open_forward

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from netguru.model.capture import CaptureInterface, Damage
    from netguru.model.coverage import Coverage
    from netguru.model.source import SourceFile
    from netguru.pcap.chunks import Chunk
    from netguru.pcap.conversations import Conversations
    from netguru.pcap.places import Places
    from netguru.pcap.sidecar import Sidecar, StoredConversations
    from netguru.pcap.totals import Totals


class Collector(Protocol):
    """Take the chunks of a pass one after the other; a chunk is not kept beyond the call.

    One that has an attribute `losses` that is true gets the column `tcp_kinds` filled too.
    """

    def take(self, chunk: Chunk) -> None:
        """Take a chunk."""
        ...


class Passes:
    """Pass over one capture file, or take what a pass finds from its sidecar."""

    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._lock = RLock()
        self._found = Found()
        self._totals: Totals | None = None
        self._places: Places | None = None
        self._conversations: Conversations | StoredConversations | None = None
        self._chunks: list[Chunk] | None = None
        self._sidecar: Sidecar | None = None
        self._secret_counts: dict[str, int] | None = None
        self._gaps: NDArray[np.int64] | None = None

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
    def notes(self) -> tuple[str, ...]:
        """Give remarks of the reader of the file."""
        self.run()
        return tuple(self._found.notes)

    @property
    def coverage(self) -> Coverage:
        """Count the packets that were decoded and list the others by reason."""
        from netguru.pcap.decryption import secrets_text

        coverage = self.totals.coverage(self._found, self._source.name)
        notes = list(coverage.notes)
        closed = self.conversations.closed_early
        if closed:
            notes.append(f"{closed} conversations were closed early, silent while there were too many at once")
        if self._found.names:
            notes.append(f"the file names {len(self._found.names)} addresses")
        if self.secret_counts:
            notes.append(f"the file holds decryption secrets: {secrets_text(self.secret_counts)}")
        return replace(coverage, notes=tuple(notes))

    @property
    def secret_counts(self) -> dict[str, int]:
        """Count the decryption secrets of the file by what they are."""
        from netguru.pcap.decryption import count_secrets

        self.run()
        if self._secret_counts is None:
            told = None if self._sidecar is None else self._sidecar.about["secrets"]
            self._secret_counts = count_secrets(self._found.secrets) if told is None else dict(told)
        return self._secret_counts

    @property
    def secrets(self) -> tuple[tuple[int, bytes], ...]:
        """Give the decryption secrets of the file as `framing.Found` has them; a sidecar does not keep them."""
        from netguru.pcap.engine import wants_compiled

        with self._lock:
            if self.secret_counts and not self._found.secrets:
                read = Found()
                compiled = wants_compiled(self._source.path.stat().st_size)
                with open_forward(self._source.path, read) as stream:
                    for _ in read_batches(stream, read, compiled=compiled):
                        pass
                self._found.secrets = read.secrets
            return tuple(self._found.secrets)

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

    @property
    def small(self) -> bool:
        """Say whether the packets of the capture are kept in memory."""
        from netguru.pcap.engine import COMPILED_FROM

        return self._chunks is not None or self._source.path.stat().st_size < COMPILED_FROM

    @property
    def indexed(self) -> bool:
        """Say whether the packets are at hand in a sidecar."""
        if self._totals is None and not self.small:
            self._from_sidecar()
        return self._sidecar is not None

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
        engine.finish()
        self._found, self._totals, self._conversations = found, totals, engine.conversations

    def _from_sidecar(self) -> bool:
        """Take what a former opening of the same file left in the workspace (`pcap.index`)."""
        if self.small:
            return False
        from netguru.pcap import sidecar
        from netguru.pcap.places import Places
        from netguru.pcap.totals import Totals
        from netguru.workspace import current_workspace

        kept = sidecar.find(current_workspace().store, self._source)
        if kept is None:
            return False
        self._sidecar = kept
        self._found = kept.found()
        self._totals = Totals(**kept.about["totals"])
        self._conversations = sidecar.StoredConversations(kept)
        self._gaps = kept.gaps()
        self._places = Places.of(kept.offsets())
        return True

    @property
    def gaps(self) -> NDArray[np.int64]:
        """Give the numbers of the packets that jumped over bytes of which some never came."""
        with self._lock:
            if self._gaps is None:
                for _ in self.chunks(losses=True):
                    pass
            assert self._gaps is not None  # noqa: S101 - set by a pass with losses
            return self._gaps
