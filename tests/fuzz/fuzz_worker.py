"""One long-lived process that reads mutants, and its other end: how far it is, its memory, how it ended."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import fuzz_files
import fuzz_target
from fuzz_mutants import mutant
from fuzz_seeds import Seed, seeds

TALLY = 250
SLOWEST = 5
# Hangs are told by processor time in the worker; these catch what does not even use the processor.
SILENCE_SECONDS = 300
START_SECONDS = 900  # the kernels may have to be compiled


def work(first: int, count: int, run: int, every: int) -> None:
    """Read mutants one after the other; say of each on standard output what happened."""
    warnings.simplefilter("ignore")
    found = seeds()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutant"
        path.write_bytes(fuzz_files.pcap(found["made/tcp"].packets))
        fuzz_target.warm(path)
        for low in range(first, first + count, TALLY):
            _some(range(low, min(low + TALLY, first + count)), found, run, every, path)
    _say({"end": first})


def _some(numbers: range, found: dict[str, Seed], run: int, every: int, path: Path) -> None:
    kinds, took = Counter[str](), list[tuple[float, int]]()
    for number in numbers:
        _say({"at": number})
        one = mutant(number, found, run)
        start = time.process_time()
        failure = fuzz_target.read(one.data, one.packets)
        took.append((time.process_time() - start, number))
        kinds.update(one.kinds)
        # A mutant's number decides, not its place in the run; mutants are drawn evenly over seeds and kinds.
        if failure is None and number % every == 0:
            path.write_bytes(one.data)
            start = time.process_time()
            failure = fuzz_target.attempt(path, one.packets)
            took.append((time.process_time() - start, number))
            kinds["all operations"] += 1
        if failure:
            _say({"failed": number, "kind": failure.kind, "place": failure.place, "text": failure.text})
    _say({
        "kinds": kinds,
        "cpu": sum(cpu for cpu, _ in took),
        "slowest": sorted(took, reverse=True)[:SLOWEST],
        "memory": _memory(),
    })  # fmt: skip


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _memory() -> int:
    """Give the resident memory of this process now, in megabytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


class Worker:
    """One process that reads mutants, and how far it said to be."""

    def __init__(self, first: int, count: int, run: int, every: int) -> None:
        self.first, self.count, self.at = first, count, first
        self.begun = self.ended = False
        self.memory: list[int] = []
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        captures = Path(__file__).with_name("captures.py")
        options = ("--run", str(run), "--every", str(every))
        self._process = subprocess.Popen(
            [sys.executable, str(captures), "--worker", str(first), str(count), *options],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, "POLARS_MAX_THREADS": "1"},
        )
        assert self._process.stdout is not None
        self.pipe = self._process.stdout.fileno()
        os.set_blocking(self.pipe, False)
        self._rest = b""
        self._heard = time.monotonic()

    def heard(self) -> list[dict[str, Any]]:
        """Give what the process said since."""
        try:
            block = os.read(self.pipe, 1 << 20)
        except BlockingIOError:
            block = b""
        self._heard = time.monotonic() if block else self._heard
        *lines, self._rest = (self._rest + block).split(b"\n")
        found = [json.loads(line) for line in lines if line.startswith(b"{")]
        for said in found:
            self.at, self.begun = said.get("at", self.at), True
            self.ended = self.ended or "end" in said
            self.memory += [said["memory"]] if "memory" in said else []
        return found

    def over(self) -> bool:
        """Tell whether the process is over; one that is silent for long is ended."""
        if time.monotonic() - self._heard > (SILENCE_SECONDS if self.begun else START_SECONDS):
            self._process.kill()
        return self._process.poll() is not None and not self._more()

    def _more(self) -> bool:
        """Tell whether something is left in the pipe."""
        ready, _, _ = select.select([self.pipe], [], [], 0)
        block = os.read(self.pipe, 1 << 20) if ready else b""
        self._rest += block
        return bool(block)

    def death(self) -> str:
        """Name the way in which the process ended."""
        hung = {-signal.SIGVTALRM, -signal.SIGPROF, -signal.SIGKILL}
        return "Hang" if self._process.returncode in hung else "Death"

    def last_words(self) -> str:
        """Give the status and the end of what the process wrote on standard error."""
        self._errors.seek(0)
        return f"status {self._process.returncode}: {self._errors.read()[-600:].decode(errors='replace')}"
