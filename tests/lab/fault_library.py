"""The whole library as the tests and the bench use it: composed and recorded captures, and what tshark says of them."""

from __future__ import annotations

import json
import subprocess
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from netguru import lab
from netguru.lab.catalogue import Case, read

RECORDED = Path(__file__).resolve().parents[1] / "cases" / "faults"
# Names of the machine that runs the tests would stand where addresses are expected.
_ALONE = ("-n", "-o", "nameres.network_name:FALSE", "-o", "nameres.mac_name:FALSE")
_NO_FILE_IS_SO_LONG = 1_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A case and how it was made."""

    origin: str
    case: Case

    @property
    def name(self) -> str:
        """Give the name of its file."""
        return f"{self.case.name}.{self.case.kind}.pcap"

    @property
    def label(self) -> str:
        """Name it in the output of tests."""
        return f"{self.origin}-{self.case.name}-{self.case.kind}"


@cache
def entries() -> tuple[Entry, ...]:
    """Give every case, composed ones first."""
    rows = tomllib.loads((RECORDED / "faults.toml").read_text("utf-8"))
    composed = tuple(Entry("composed", case) for case in lab.cases())
    return composed + tuple(Entry("recorded", case) for case in read(rows))


def lay(folder: Path) -> None:
    """Write the composed captures into a folder."""
    (folder / "composed").mkdir(parents=True, exist_ok=True)
    for entry in entries():
        if entry.origin == "composed":
            (folder / "composed" / entry.name).write_bytes(lab.compose(entry.case.name, entry.case.kind))


def place(entry: Entry, folder: Path) -> Path:
    """Give the file of a case; the composed ones were laid into `folder`."""
    return (RECORDED / "recorded" if entry.origin == "recorded" else folder / "composed") / entry.name


def tshark(file: Path, chosen: str, *fields: str) -> list[list[str]]:
    """Give fields of the packets that a display filter chooses; repeated values are separated by commas."""
    shown = [part for field in fields for part in ("-e", field)]
    command = ["tshark", *_ALONE, "-r", str(file), "-Y", chosen, "-T", "fields", "-E", "separator=/t", *shown]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return [line.split("\t") for line in done.stdout.splitlines()]


class Sharkd:
    """Wireshark's daemon: it starts once and answers for file after file, which tshark takes a start each for."""

    def __init__(self) -> None:
        self._asked = 0
        self._process = subprocess.Popen(
            ["sharkd", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def _ask(self, method: str, **given: str) -> Any:
        ends = self._process.stdin, self._process.stdout
        assert ends[0] is not None
        assert ends[1] is not None
        ends[0].write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": given}) + "\n")
        ends[0].flush()
        answer = ""
        while not answer.strip():
            answer = ends[1].readline()
            assert answer, "sharkd ended"
        told = json.loads(answer)
        assert "result" in told, told
        return told["result"]

    def count(self, file: Path, chosen: str) -> int:
        """Count the packets of a file that a display filter chooses."""
        self._ask("load", file=str(file))
        self._asked += 1
        # It remembers what a filter chose, also of the file before: no two questions may be spelt alike.
        return len(self._ask("frames", filter=f"({chosen}) && frame.number < {_NO_FILE_IS_SO_LONG + self._asked}"))

    def close(self) -> None:
        """End the daemon."""
        self._process.terminate()
        self._process.wait()
