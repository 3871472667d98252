"""Fuzz the capture reader: mutated captures by number, read in every way in worker processes.

    python tests/fuzz/captures.py                    mutants 0 to 99,999
    python tests/fuzz/captures.py 5000 2000          2,000 mutants from number 5000 on
    python tests/fuzz/captures.py --show 5123 FILE   write mutant 5123 to a file and read it

Only a NetGuruError may leave; a worker that dies or hangs is a failure of the mutant it was at. Failures are
counted by cause, the first of each cause is made small and kept in tests/cases/pcap/fuzz. Exits 1 if there was any.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import select
import struct
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import fuzz_files
import fuzz_target
from fuzz_mutants import Mutant, mutant
from fuzz_seeds import Record, Seed, records, seeds

T = TypeVar("T")
CASES = HERE.parent / "cases/pcap/fuzz"
BATCH = 1000
PROGRESS = 2000
SILENCE_SECONDS = 120
START_SECONDS = 900  # the kernels may have to be compiled
TRIES = 150


def main(arguments: list[str]) -> int:
    """Run what the command line asks for; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=int, nargs="?", default=0)
    parser.add_argument("count", type=int, nargs="?", default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--report", type=Path, help="a file that gets a line for every new cause as it is found")
    parser.add_argument("--cases", type=Path, default=CASES, help="where small failing captures are kept")
    parser.add_argument("--show", type=Path, help="write the mutant to this file and read it")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.worker:
        work(chosen.first, chosen.count)
        return 0
    if chosen.show:
        one = mutant(chosen.first, seeds())
        chosen.show.write_bytes(one.data)
        print(one.seeds, one.packets, fuzz_target.attempt(chosen.show, one.packets))
        return 0
    return Run(chosen.workers, chosen.report, chosen.cases).all(chosen.first, chosen.count)


def work(first: int, count: int) -> None:
    """Read mutants one after the other; say of each on standard output what happened."""
    warnings.simplefilter("ignore")
    found = seeds()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutant"
        path.write_bytes(fuzz_files.pcap(found["made/tcp"].packets))
        fuzz_target.warm(path)
        for number in range(first, first + count):
            print(json.dumps({"at": number}), flush=True)
            one = mutant(number, found)
            path.write_bytes(one.data)
            failure = fuzz_target.attempt(path, one.packets)
            if failure:
                said = {"failed": number, "kind": failure.kind, "place": failure.place, "text": failure.text}
                print(json.dumps(said), flush=True)
    print(json.dumps({"end": first, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}), flush=True)


class Run:
    """The workers of one run and what they found."""

    def __init__(self, workers: int, report: Path | None, cases: Path) -> None:
        self._workers = workers
        self._report = report
        self._cases = cases
        self._causes = Counter[str]()
        self._numbers: dict[str, int] = {}
        self._seeds: dict[str, Seed] = {}
        self._peaks: list[int] = []
        self._done = 0

    def all(self, first: int, count: int) -> int:
        """Read all mutants; give the exit status."""
        todo = [(start, min(BATCH, first + count - start)) for start in range(first, first + count, BATCH)]
        todo.reverse()
        running: list[_Worker] = []
        while todo or running:
            while todo and len(running) < self._workers:
                running.append(_Worker(*todo.pop()))
            time.sleep(0.2)
            for worker in list(running):
                for said in worker.heard():
                    self._take(said)
                if worker.over():
                    running.remove(worker)
                    todo += self._after(worker)
        print(f"{self._done} mutants read, {sum(self._causes.values())} failures of {len(self._causes)} causes")
        if self._peaks:
            print(f"peak memory of the workers: {min(self._peaks)} to {max(self._peaks)} MB")
        for cause, times in self._causes.most_common():
            print(f"{times:7} {cause}, first: mutant {self._numbers[cause]}")
        return 1 if self._causes else 0

    def _take(self, said: dict[str, object]) -> None:
        if "failed" in said:
            failure = fuzz_target.Failure(str(said["kind"]), str(said["place"]), str(said["text"]))
            self._failed(int(str(said["failed"])), failure)
        elif "peak" in said:
            self._peaks.append(int(str(said["peak"])))
        elif "at" in said:
            self._done += 1
            if self._done % PROGRESS == 0:
                print(f"{self._done} mutants read, {len(self._causes)} causes", flush=True)

    def _after(self, worker: _Worker) -> list[tuple[int, int]]:
        """Take note of a worker that did not come to its end; give what it left to do."""
        if worker.ended:
            return []
        if not worker.begun:
            sys.exit(f"a worker does not start: {worker.last_words()}")
        self._failed(worker.at, fuzz_target.Failure("Death", "worker", worker.last_words()))
        left = worker.first + worker.count - worker.at - 1
        return [(worker.at + 1, left)] if left > 0 else []

    def _failed(self, number: int, failure: fuzz_target.Failure) -> None:
        self._causes[failure.signature] += 1
        if failure.signature in self._numbers:
            return
        self._numbers[failure.signature] = number
        self._seeds = self._seeds or seeds()
        one = mutant(number, self._seeds)
        line = f"mutant {number} ({', '.join(one.seeds)}; {len(one.data)} bytes): {failure.signature}: {failure.text}"
        print(line, flush=True)
        kept = keep(one, failure, self._cases)
        if self._report:
            with self._report.open("a", encoding="utf-8") as file:
                file.write(f"- {line}\n  case: {kept}\n")


class _Worker:
    """One process that reads mutants, and how far it said to be."""

    def __init__(self, first: int, count: int) -> None:
        self.first, self.count, self.at = first, count, first
        self.begun = self.ended = False
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        command = [sys.executable, __file__, "--worker", str(first), str(count)]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self._errors, env={**os.environ, "POLARS_MAX_THREADS": "1"}
        )
        assert self._process.stdout is not None
        self._pipe = self._process.stdout.fileno()
        os.set_blocking(self._pipe, False)
        self._rest = b""
        self._heard = time.monotonic()

    def heard(self) -> list[dict[str, object]]:
        """Give what the process said since."""
        try:
            block = os.read(self._pipe, 1 << 20)
        except BlockingIOError:
            block = b""
        self._heard = time.monotonic() if block else self._heard
        *lines, self._rest = (self._rest + block).split(b"\n")
        found = [json.loads(line) for line in lines if line.startswith(b"{")]
        for said in found:
            self.at, self.begun = said.get("at", self.at), True
            self.ended = self.ended or "end" in said
        return found

    def over(self) -> bool:
        """Tell whether the process is over; one that is silent for long is ended."""
        if time.monotonic() - self._heard > (SILENCE_SECONDS if self.begun else START_SECONDS):
            self._process.kill()
        return self._process.poll() is not None and not self._more()

    def _more(self) -> bool:
        """Tell whether something is left in the pipe."""
        ready, _, _ = select.select([self._pipe], [], [], 0)
        return bool(ready) and bool(self._peek())

    def _peek(self) -> bytes:
        block = os.read(self._pipe, 1 << 20)
        self._rest += block
        return block

    def last_words(self) -> str:
        """Give the status and the end of what the process wrote on standard error."""
        self._errors.seek(0)
        return f"status {self._process.returncode}: {self._errors.read()[-600:].decode(errors='replace')}"


def keep(one: Mutant, failure: fuzz_target.Failure, cases: Path) -> str:
    """Make a failing capture small and keep it; of third-party packets only its number is kept."""
    digest = hashlib.sha256(failure.signature.encode()).hexdigest()[:10]
    folder = cases / f"{failure.kind.lower()}-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    note = {"mutant": one.number, "seeds": one.seeds, "packets": one.packets, "was": failure.signature}
    (folder / "expected.json").write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
    if one.own:
        small = one.data if failure.kind in {"Death", "Growth"} else minimised(one, failure)
        (folder / "input.pcap").write_bytes(small)
    return folder.name


def minimised(one: Mutant, failure: fuzz_target.Failure) -> bytes:
    """Leave out packets, then bytes, as long as the same failure remains; gives up after a number of tries."""
    tries = 0

    def fails(data: bytes) -> bool:
        nonlocal tries
        tries += 1
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            again = fuzz_target.attempt(Path(file.name), None)
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
