"""Mutated captures: a few of those that `make fuzz` reads, and every one that failed once."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import fuzz_target
from fuzz_mutants import mutant
from fuzz_seeds import seeds

CASES = sorted(one.parent for one in (HERE.parent / "cases/pcap/fuzz").glob("*/expected.json"))
STEPS = 3
A_STEP = 8


@pytest.fixture(scope="module")
def own_seeds():
    """Give the seeds that are always here, so that a number means the same everywhere."""
    return seeds(shared=False)


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch):
    """Leave out the clock and the memory: neither decides whether a test passes."""
    monkeypatch.setattr(fuzz_target, "FLOOR_SECONDS", 600.0)
    monkeypatch.setattr(fuzz_target, "GROWTH_MEGABYTES", 1 << 20)


@pytest.mark.parametrize("first", range(0, STEPS * A_STEP, A_STEP))
def test_nothing_but_our_errors_leaves(first, own_seeds, tmp_path):
    path = tmp_path / "mutant"
    for number in range(first, first + A_STEP):
        one = mutant(number, own_seeds)
        path.write_bytes(one.data)
        assert fuzz_target.read(one.data, one.packets, both=_compiled()) is None, number
        assert fuzz_target.attempt(path, one.packets) is None, number


def test_the_reader_alone_reads_more(own_seeds):
    for number in range(1000, 1100):
        one = mutant(number, own_seeds)
        assert fuzz_target.read(one.data, one.packets, both=_compiled()) is None, number


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_failed_once(case, tmp_path):
    note = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    kept, path, packets = case / "input.pcap", tmp_path / "mutant", None
    if kept.exists():
        path.write_bytes(kept.read_bytes())
    else:
        found = seeds()
        if not set(note["seeds"]) <= set(found):
            pytest.skip("the capture that this grew from is not here")
        one = mutant(note["mutant"], found, note["run"])
        path.write_bytes(one.data)
        packets = one.packets
    assert fuzz_target.read(path.read_bytes(), packets, both=_compiled()) is None
    assert fuzz_target.attempt(path, packets) is None


def test_a_number_gives_the_same_mutant(own_seeds):
    for number in range(40):
        assert mutant(number, own_seeds) == mutant(number, own_seeds)


def _compiled() -> bool:
    """Say whether both decoders can be compared without compiling first."""
    from netguru.pcap.kernels import load

    return load.ready() or bool(os.environ.get("NETGURU_FUZZ_COMPILE"))
