"""The first tier: a mutant through the reader alone, as plain Python with numpy and through the compiled kernels.

Framing, columns, flows, TCP marks, the strict judgement and what a summary counts are held against each
other, from memory and without tables, so that every mutant can afford it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from netguru.pcap.chunks import Chunk

LIVE = 1 << 12


class DisagreementError(AssertionError):
    """Tell that two ways to the same numbers differ."""


@dataclass(slots=True)
class Read:
    """What one way of reading found."""

    error: str = ""
    parts: list[tuple[Any, ...]] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)
    flows: Any = None


def read_both(data: bytes, packets: int | None, *, live: int = LIVE) -> int:
    """Read in both ways; give the number of packets. Raises DisagreementError where the two differ."""
    plain, fast = (_read(data, compiled=compiled, live=live) for compiled in (False, True))
    if plain.error or fast.error:
        if plain.error != fast.error:
            raise DisagreementError(f"error: {plain.error or 'none'} plain, {fast.error or 'none'} compiled"[:600])
        return 0
    for name, one in plain.said.items():
        if one != fast.said[name]:
            raise DisagreementError(f"{name}: {one!r} plain, {fast.said[name]!r} compiled"[:600])
    _same_columns(_joined(plain), _joined(fast))
    _same_flows(plain.flows, fast.flows)
    count = int(plain.said["totals"].packets)
    if packets is not None and count != packets:
        raise DisagreementError(f"count: {count} packets instead of {packets}")
    return count


def read_once(data: bytes) -> None:
    """Read in the way that needs nothing compiled."""
    _read(data, compiled=False, live=LIVE)


def _read(data: bytes, *, compiled: bool, live: int) -> Read:
    from netguru.errors import NetGuruError
    from netguru.pcap.engine import Engine
    from netguru.pcap.framing import Found
    from netguru.pcap.protocol_counts import ProtocolCounts
    from netguru.pcap.streams import open_forward
    from netguru.pcap.totals import Totals

    read, found, totals, counts = Read(), Found(), Totals(), ProtocolCounts()
    try:
        with open_forward(io.BytesIO(data), found) as stream:
            engine = Engine(stream, found, compiled=compiled, losses=True, live=live)
            for chunk in engine.chunks():
                totals.take(chunk)
                counts.take(chunk)
                read.parts.append(_copied(chunk))
    except NetGuruError as error:
        read.error = f"{type(error).__name__}: {error}"
        return read
    talks = engine.conversations
    read.flows = talks.table().collect()
    read.said = {
        "found": found,
        "totals": totals,
        "coverage": totals.coverage(found, "mutant"),
        "protocols": counts.counts(),
        "streams": talks.streams,
        "pairs": talks.pairs(),
        "reused": talks.reused,
        "closed early": talks.closed_early,
        "gaps": engine.tcp.gaps().tolist(),
    }
    return read


def _copied(chunk: Chunk) -> tuple[Any, ...]:
    matrices = (chunk.m8, chunk.m16, chunk.m32, chunk.m64)
    return (chunk.present[: chunk.count].copy(), *(each[:, : chunk.count].copy() for each in matrices))


def _joined(read: Read) -> tuple[Any, ...]:
    if len(read.parts) == 1:
        return read.parts[0]
    return tuple(np.concatenate(each, axis=-1) for each in zip(*read.parts, strict=True))


def _same_columns(plain: tuple[Any, ...], fast: tuple[Any, ...]) -> None:
    from netguru.pcap.chunks import BIT, places
    from netguru.pcap.schema import INNER

    if not plain or not fast:
        if (plain and plain[0].size) or (fast and fast[0].size):
            raise DisagreementError(f"rows: {len(plain)} parts plain, {len(fast)} parts compiled")
        return
    if plain[0].size != fast[0].size:
        raise DisagreementError(f"rows: {plain[0].size} plain, {fast[0].size} compiled")
    if not np.array_equal(plain[0], fast[0]):
        row = int(np.flatnonzero(plain[0] != fast[0])[0])
        differ = int(plain[0][row] ^ fast[0][row])
        names = [name for name, bit in BIT.items() if differ & bit]
        raise DisagreementError(f"present: row {row}, groups {names or hex(differ)}")
    for column in INNER:
        matrix, at = places()[column.name]
        unequal = plain[1 + matrix][at] != fast[1 + matrix][at]
        if column.group:
            unequal &= plain[0] & np.uint32(BIT[column.group]) != 0
        if unequal.any():
            row = int(np.flatnonzero(unequal)[0])
            one, two = plain[1 + matrix][at, row], fast[1 + matrix][at, row]
            raise DisagreementError(f"column {column.name}: row {row}, {one} plain, {two} compiled")


def _same_flows(plain: Any, fast: Any) -> None:
    if plain.equals(fast):
        return
    if plain.height != fast.height:
        raise DisagreementError(f"flows: {plain.height} plain, {fast.height} compiled")
    for name in plain.columns:
        if not plain[name].equals(fast[name]):
            row = next(at for at in range(plain.height) if plain[name][at] != fast[name][at])
            raise DisagreementError(
                f"flow column {name}: row {row}, {plain[name][row]!r} plain, {fast[name][row]!r} compiled"
            )
    raise DisagreementError("flows: other columns or types")
