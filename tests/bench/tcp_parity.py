"""Compare the TCP analysis with tshark's, packet by packet: precision and recall of every flag.

    python tests/bench/tcp_parity.py CAPTURE_OR_FOLDER... [--fast] [--all]

`--fast` leaves out tshark's reassembly (it does not change TCP analysis, only its time); `--all` lists every
packet that differs, else at most ten of a capture. Ends with status 1 when a flag of 50 or more packets has
a precision or recall below 0.98, or fewer than 98 % of the flagged packets have the same flags.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import polars as pl

from netguru.errors import NetGuruError
from netguru.model.source import SourceFile
from netguru.pcap.capture import CaptureFile
from netguru.pcap.tcp_report import FLAGS
from netguru.pcap.tcp_wireshark import Mark

# The result leaves the flag of probe acknowledgments out: the outside contract does not have it.
COMPARED = {**FLAGS, "zero_window_probe_ack": Mark.ZERO_WINDOW_PROBE_ACK}
ENOUGH, WANTED = 50, 0.98


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(line + "\n")


def ours(path: Path) -> dict[int, frozenset[str]]:
    """Give the flags by packet number, as computed here."""
    marks: Counter[int] = Counter()
    for frame in CaptureFile(SourceFile.of(path)).rows({"number", "tcp_marks"}, pl.col("tcp_marks") > 0):
        for number, bits in frame.select("number", "tcp_marks").iter_rows():
            marks[number] |= bits
    return {number: frozenset(name for name, each in COMPARED.items() if bits & each) for number, bits in marks.items()}


def theirs(path: Path, *, fast: bool) -> dict[int, frozenset[str]]:
    """Give the flags by packet number, as tshark prints them."""
    command = ["tshark", "-n", "-r", str(path), "-Y", "tcp.analysis.flags", "-T", "fields", "-e", "frame.number"]
    command += [part for name in COMPARED for part in ("-e", f"tcp.analysis.{name}")]
    if fast:
        command += ["-o", "tcp.desegment_tcp_streams:FALSE"]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    rows = (line.split("\t") for line in lines)
    return {
        int(row[0]): frozenset(name for name, value in zip(COMPARED, row[1:], strict=True) if value) for row in rows
    }


def captures(folder: Path) -> list[Path]:
    """Find the captures of a folder."""
    return sorted(path for path in folder.rglob("*") if path.suffix in {".pcap", ".pcapng", ".cap", ".snoop"})


def main(arguments: list[str]) -> int:
    """Compare the captures and print the table."""
    if not shutil.which("tshark"):
        say("tshark is not installed: nothing compared")
        return 0
    places = [Path(argument) for argument in arguments if not argument.startswith("--")]
    paths = [path for place in places for path in (captures(place) if place.is_dir() else [place])]
    counts = {name: Counter[str]() for name in ("ours", "theirs", "both")}
    flagged = same = 0
    for path in paths:
        if not path.is_file():
            continue
        try:
            here = ours(path)
        except NetGuruError as error:
            say(f"{path.name}: {error}")
            continue
        there = theirs(path, fast="--fast" in arguments)
        different = []
        for number in sorted(here.keys() | there.keys()):
            mine, other = here.get(number, frozenset()), there.get(number, frozenset())
            counts["ours"].update(mine)
            counts["theirs"].update(other)
            counts["both"].update(mine & other)
            flagged += 1
            same += mine == other
            if mine != other:
                different.append(
                    f"  {number}: here {', '.join(mine - other) or '-'}; tshark {', '.join(other - mine) or '-'}"
                )
        if different:
            say(f"{path.name}: {len(different)} packets differ")
            say("\n".join(different if "--all" in arguments else different[:10]))
    return table(counts, flagged, same)


def table(counts: dict[str, Counter[str]], flagged: int, same: int) -> int:
    """Print precision and recall; gives the status."""
    say(f"{'flag':28}{'tshark':>8}{'here':>8}{'both':>8}{'precision':>11}{'recall':>9}")
    failed = same < WANTED * flagged
    for name in COMPARED:
        ours_, theirs_, both = (counts[key][name] for key in ("ours", "theirs", "both"))
        precision, recall = both / ours_ if ours_ else 1.0, both / theirs_ if theirs_ else 1.0
        failed |= theirs_ >= ENOUGH and min(precision, recall) < WANTED
        say(f"{name:28}{theirs_:8}{ours_:8}{both:8}{precision:11.4f}{recall:9.4f}")
    say(f"same flags on {same} of {flagged} flagged packets" + (f" ({same / flagged:.2%})" if flagged else ""))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
