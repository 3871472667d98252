"""Fuzz the capture reader: mutated captures by number, in long-lived worker processes.

    python tests/fuzz/captures.py                    mutants 0 to 99,999
    python tests/fuzz/captures.py 5000 2000          2,000 mutants from number 5000 on
    python tests/fuzz/captures.py --run 1            others by the same numbers
    python tests/fuzz/captures.py --show 5123 FILE   write mutant 5123 to a file and read it

Every mutant goes through the reader, plain and compiled, whose results must be equal (`fuzz_reader`); every
twentieth through all operations besides (`--every`). Only a NetGuruError may leave; a worker that dies or
hangs is a failure of the mutant it was at, and memory must not grow over the run. Failures are counted by
cause, the first of each cause is made small and kept in tests/cases/pcap/fuzz. Exits 1 if there was any.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import select
import struct
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import fuzz_files
import fuzz_target
import fuzz_worker
from fuzz_mutants import Mutant, mutant
from fuzz_seeds import Record, Seed, records, seeds
from fuzz_worker import Worker

T = TypeVar("T")
CASES = HERE.parent / "cases/pcap/fuzz"
PROGRESS, SLOWEST = 2000, 5
GROWTH_MEGABYTES = 100  # from the middle of a run to its end
TRIES = 150


def main(arguments: list[str]) -> int:
    """Run what the command line asks for; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=int, nargs="?", default=0)
    parser.add_argument("count", type=int, nargs="?", default=100_000)
    parser.add_argument("--run", type=int, default=0, help="another series of mutants")
    parser.add_argument("--every", type=int, default=20, help="each how many mutants one goes through all operations")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--report", type=Path, help="a file that gets a line for every new cause as it is found")
    parser.add_argument("--cases", type=Path, default=CASES, help="where small failing captures are kept")
    parser.add_argument("--show", nargs=2, metavar=("NUMBER", "FILE"), help="write a mutant to a file and read it")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.worker:
        fuzz_worker.work(chosen.first, chosen.count, chosen.run, chosen.every)
        return 0
    if chosen.show:
        one, path = mutant(int(chosen.show[0]), seeds(), chosen.run), Path(chosen.show[1])
        print(one.kinds, one.seeds, one.packets, fuzz_target.everything(one.data, one.packets, path))
        path.write_bytes(one.data)
        return 0
    return Campaign(chosen.workers, chosen.run, chosen.every, chosen.report, chosen.cases).all(
        chosen.first, chosen.count
    )


class Campaign:
    """The workers of one run and what they found."""

    def __init__(self, workers: int, run: int, every: int, report: Path | None, cases: Path) -> None:
        self._workers, self._run, self._every = workers, run, every
        self._report = report
        self._cases = cases
        self._causes = Counter[str]()
        self._numbers: dict[str, int] = {}
        self._seeds: dict[str, Seed] = {}
        self._kinds = Counter[str]()
        self._slowest: list[tuple[float, int]] = []
        self._done = 0
        self._cpu = 0.0

    def all(self, first: int, count: int) -> int:
        """Read all mutants; give the exit status."""
        share = -(-count // self._workers)
        todo = [(start, min(share, first + count - start)) for start in range(first, first + count, share)]
        running: list[Worker] = []
        while todo or running:
            while todo and len(running) < self._workers:
                running.append(Worker(*todo.pop(), self._run, self._every))
            select.select([worker.pipe for worker in running], [], [], 1)
            for worker in list(running):
                for said in worker.heard():
                    self._take(said)
                if worker.over():
                    running.remove(worker)
                    todo += self._after(worker)
        self._summary(count)
        return 1 if self._causes or self._done < count else 0

    def _summary(self, count: int) -> None:
        causes = f"{sum(self._causes.values())} failures of {len(self._causes)} causes"
        print(f"{self._done} of {count} mutants read, {causes}, {self._cpu:.0f} s of CPU")
        for name, times in sorted(self._kinds.items()):
            print(f"{times:7} {name}")
        print("slowest (s of CPU, mutant): " + ", ".join(f"{cpu:.2f} {at}" for cpu, at in self._slowest))
        for cause, times in self._causes.most_common():
            print(f"{times:7} {cause}, first: mutant {self._numbers[cause]} of run {self._run}")

    def _take(self, said: dict[str, Any]) -> None:
        if "failed" in said:
            self._failed(said["failed"], fuzz_target.Failure(said["kind"], said["place"], said["text"]))
        elif "kinds" in said:
            self._kinds.update(said["kinds"])
            self._cpu += said["cpu"]
            self._slowest = sorted([*self._slowest, *map(tuple, said["slowest"])], reverse=True)[:SLOWEST]
        elif "at" in said:
            self._done += 1
            if self._done % PROGRESS == 0:
                print(f"{self._done} mutants read, {len(self._causes)} causes", flush=True)

    def _after(self, worker: Worker) -> list[tuple[int, int]]:
        """Take note of a worker's memory, or that it did not come to its end; give what it left to do."""
        if worker.memory:
            told = [worker.memory[at * (len(worker.memory) - 1) // 2] for at in range(3)]
            print(f"mutants from {worker.first}: {told[0]}, {told[1]}, {told[2]} MB at the start, middle and end")
            if told[2] - told[1] > GROWTH_MEGABYTES:
                self._failed(worker.at, fuzz_target.Failure("Growth", "run", f"{told[1]} to {told[2]} MB"))
        if worker.ended:
            return []
        if not worker.begun:
            sys.exit(f"a worker does not start: {worker.last_words()}")
        self._failed(worker.at, fuzz_target.Failure(worker.death(), "worker", worker.last_words()))
        left = worker.first + worker.count - worker.at - 1
        return [(worker.at + 1, left)] if left > 0 else []

    def _failed(self, number: int, failure: fuzz_target.Failure) -> None:
        self._causes[failure.signature] += 1
        if failure.signature in self._numbers:
            return
        self._numbers[failure.signature] = number
        self._seeds = self._seeds or seeds()
        one = mutant(number, self._seeds, self._run)
        line = f"mutant {number} ({', '.join(one.seeds)}; {len(one.data)} bytes): {failure.signature}: {failure.text}"
        print(line, flush=True)
        kept = keep(one, self._run, failure, self._cases)
        if self._report:
            with self._report.open("a", encoding="utf-8") as file:
                file.write(f"- {line}\n  case: {kept}\n")


def keep(one: Mutant, run: int, failure: fuzz_target.Failure, cases: Path) -> str:
    """Make a failing capture small and keep it; of third-party packets only its number is kept."""
    digest = hashlib.sha256(failure.signature.encode()).hexdigest()[:10]
    folder = cases / f"{failure.kind.lower()}-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    note = {"mutant": one.number, "run": run, "seeds": one.seeds, "packets": one.packets, "was": failure.signature}
    (folder / "expected.json").write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
    if one.own:
        small = one.data if failure.kind in {"Death", "Hang", "Growth", "OverTimeError"} else minimised(one, failure)
        (folder / "input.pcap").write_bytes(small)
    return folder.name


def minimised(one: Mutant, failure: fuzz_target.Failure) -> bytes:
    """Leave out packets, then bytes, as long as the same failure remains; gives up after a number of tries."""
    tries = 0

    def fails(data: bytes) -> bool:
        nonlocal tries
        tries += 1
        with tempfile.TemporaryDirectory() as folder:
            again = fuzz_target.everything(data, None, Path(folder) / "mutant")
        return again is not None and again.signature == failure.signature

    best = one.data
    if not fails(best):
        return best
    try:
        packets = [Record(*each) for each in records(best)]
    except (ValueError, IndexError, ArithmeticError, struct.error):
        packets = []
    if packets and len({each.link for each in packets}) == 1 and fails(fuzz_files.pcap(packets)):
        packets = _fewer(packets, lambda some: tries < TRIES and fails(fuzz_files.pcap(some)))
        best = fuzz_files.pcap(packets)
    return bytes(_fewer(list(best), lambda some: tries < 2 * TRIES and fails(bytes(some))))


def _fewer(items: list[T], fails: Callable[[list[T]], bool]) -> list[T]:
    size = len(items) // 2
    while size:
        at = 0
        while at < len(items):
            some = items[:at] + items[at + size :]
            if some and fails(some):
                items = some
            else:
                at += size
        size //= 2
    return items


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
