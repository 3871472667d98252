"""Mutants: number and seeds alone decide what a mutated capture holds, so that a number is enough to see it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

import fuzz_files
import fuzz_structure
from fuzz_packets import CHANGES, WORDS
from fuzz_seeds import Record, Seed

MOST_PACKETS = 24
MOST_BYTES = 200_000
MOST_ON_WIRE = 128 << 20
LARGEST = 4 * MOST_BYTES
PACKED = 0.06
# Whether packets are changed, and what is done to the file: nothing, its fields, any byte, a part of another file.
WAYS = (
    *((True, ""),) * 5, (True, "bytes"), (True, "fields"), (False, "fields"), (False, "fields"), (False, "bytes"),
    (False, "bytes"), (False, "splice"), (True, "splice"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """A capture to read; `packets` is how many it holds, if its framing was left whole."""

    number: int
    kinds: tuple[str, ...]
    seeds: tuple[str, ...]
    own: bool
    data: bytes
    packets: int | None


def mutant(number: int, seeds: Mapping[str, Seed], run: int = 0) -> Mutant:
    """Make the mutant of a number; `run` tells the series apart that many numbers give."""
    chance = Random(number + (run << 32))
    groups = _groups(seeds)
    chosen = [seeds[chance.choice(chance.choice(groups))] for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    packets = [one for seed in chosen for one in _slice(chance, seed)]
    inside, outside = chance.choice(WAYS)
    if inside:
        packets = _changed(chance, packets)
    packets = [one for one in packets if len(one.data) <= MOST_BYTES]
    form, data = _file(chance, packets)
    if outside == "splice":
        data = fuzz_structure.spliced(chance, data, _file(chance, packets[: len(packets) // 2])[1])
    elif outside:
        data = fuzz_structure.structured(chance, data) if outside == "fields" else _broken(chance, data)
    # Lengths that contradict each other are how variants of pcap are told apart: their packets may be others.
    packing, whole = (
        "",
        not outside and (form != "pcap" or all(len(one.data) <= one.length <= MOST_ON_WIRE for one in packets)),
    )
    if chance.random() < PACKED:
        packing = chance.choice(fuzz_structure.PACKINGS)
        data = fuzz_structure.packed(data, packing)
        if chance.random() < 0.5:
            data, whole, packing = _broken(chance, data), False, f"{packing} damaged"
    return Mutant(
        number,
        (
            f"format {form}",
            f"change {'packets' * inside}{'+' * (inside and bool(outside))}{outside}",
            f"packed {packing or 'no'}",
        ),
        tuple(seed.name for seed in chosen),
        all(seed.own for seed in chosen),
        data[:LARGEST],
        len(packets) if whole and len(data) <= LARGEST else None,
    )


def _groups(seeds: Mapping[str, Seed]) -> list[list[str]]:
    """Give the names of the seeds by where they come from: made ones are few, and drawn as often as others."""
    found: dict[str, list[str]] = {}
    for name in seeds:
        found.setdefault(name.split("/")[0], []).append(name)
    return list(found.values())


def _slice(chance: Random, seed: Seed) -> list[Record]:
    count = chance.randrange(1, MOST_PACKETS)
    first = chance.randrange(max(1, len(seed.packets) - count + 1))
    return list(seed.packets[first : first + count])


def _changed(chance: Random, packets: list[Record]) -> list[Record]:
    share = chance.choice((0.1, 0.3, 1.0))
    few = chance.sample(CHANGES, chance.choice((1, 2, 4, len(CHANGES))))
    found: list[Record] = []
    for one in packets:
        made = [one]
        for _ in range(chance.choice((1, 1, 1, 2, 3)) if chance.random() < share else 0):
            made = [changed for each in made for changed in chance.choice(few)(chance, each, chance.choice(packets))][
                :60
            ]
        found += made
    return found[:400]


def _file(chance: Random, packets: list[Record]) -> tuple[str, bytes]:
    links = {one.link for one in packets}
    if len(links) < 2 and chance.random() < 0.5:
        if links <= {1} and chance.random() < 0.15:
            return "snoop", fuzz_structure.snoop([(one.time_us, one.length, one.data) for one in packets])
        return "pcap", fuzz_files.pcap(packets, chance)
    return "pcapng", fuzz_files.pcapng(packets, chance)


def _broken(chance: Random, data: bytes) -> bytes:
    """Change the file without regard to what stands in it."""
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = chance.randrange(len(found) + 1) if chance.random() < 0.7 else chance.randrange(min(len(found), 64) + 1)
        size = chance.choice((1, 2, 4, 8, 16, 64, 300))
        match chance.randrange(8):
            case 0:
                found[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del found[at:]
            case 2:
                found[at:at] = chance.randbytes(size)
            case 3:
                del found[at : at + size]
            case 4:
                found[at:at] = found[at : at + size * chance.choice((1, 1, 8))]
            case 5:
                at &= ~3
                value = chance.choice((*WORDS, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFC, 0x0A0D0D0A, len(found)))
                found[at : at + 4] = value.to_bytes(4, chance.choice(("little", "big")))
            case 6:
                found[at:at] = bytes(size)
            case _:
                found += found[at:]
    return bytes(found[:LARGEST])
