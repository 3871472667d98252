"""Mutants: number and seeds alone decide what a mutated capture holds, so that a number is enough to see it again."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

import fuzz_files
from fuzz_packets import CHANGES, WORDS
from fuzz_seeds import Record, Seed

MOST_PACKETS = 24
MOST_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Mutant:
    """A capture to read; `packets` is how many it holds, if its framing was left whole."""

    number: int
    seeds: tuple[str, ...]
    own: bool
    data: bytes
    packets: int | None


def mutant(number: int, seeds: Mapping[str, Seed]) -> Mutant:
    """Make the mutant of a number."""
    chance = Random(number)
    groups = _groups(seeds)
    chosen = [seeds[chance.choice(chance.choice(groups))] for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    packets = [one for seed in chosen for one in _slice(chance, seed)]
    kind = chance.randrange(10)
    if kind > 2:
        packets = _changed(chance, packets)
    packets = [one for one in packets if len(one.data) <= MOST_BYTES]
    data, whole = _file(chance, packets)
    if kind in {0, 1, 2, 3}:
        data, whole = _broken(chance, data), False
    if chance.random() < 0.03:
        data = gzip.compress(data, 1, mtime=0)
        if chance.random() < 0.5:
            data, whole = _broken(chance, data), False
    return Mutant(
        number,
        tuple(seed.name for seed in chosen),
        all(seed.own for seed in chosen),
        data,
        len(packets) if whole else None,
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


def _file(chance: Random, packets: list[Record]) -> tuple[bytes, bool]:
    same = [one for one in packets if one.link == packets[0].link] if packets else []
    if len(same) == len(packets) and chance.random() < 0.5:
        return fuzz_files.pcap(packets, chance), True
    return fuzz_files.pcapng(packets, chance), True


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
    return bytes(found[: MOST_BYTES * 4])
