"""The bench of captures: NetGuru and the installed peers on one capture in one run, with counts and ratios.

    make bench-pcap             100 MB, all peers
    make bench-pcap-large       1 GB with the same peers, growth, floods of new flows
    ... --ten                   10 GB by repetition: NetGuru alone; the file is removed after
    ... --quick                 all of it at a tenth or less: 10 MB, 100 MB, small floods, 100 MB by repetition
    ... --only NAME             only rows whose name contains this are run
    ... --no-defaults           without tshark at its default preferences

Nothing here passes or fails by the clock: the exit status is 1 only where counts disagree that must agree.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import mixes
from bench_measure import Run, bare_read, run
from bench_peers import PEER_PYTHON, Peer, peers

HERE = Path(__file__).resolve().parent
WARM = ("decode", "table", "flows", "tcp", "strict", "whole")
COMMANDS = ("summary", "flows", "tcp", "check", "index")
SLICE_MB = 10
ROOM = 5_000_000_000  # bytes to leave free beside what is written: an index of it
# Memory of a new process: at most so many megabytes, and so many bytes for each flow of the capture.
BASE_MB, FLOW_BYTES = 300, 250
# Megabytes of the small and the large mix, flows of the floods, megabytes of what is repeated ten times.
FULL = (100, 1000, (1_000_000, 4_000_000), 1000)
QUICK = (10, 100, (100_000, 400_000), 10)
EXACT = ("packets", "captured", "wire_bytes")  # what every tool that counts it must count alike


@dataclass(slots=True, kw_only=True)
class Row:
    """One line of the table."""

    name: str
    product: str
    cpu: float
    peak_mb: float
    seconds: float
    packets: int
    size: int
    counts: dict[str, int] = field(default_factory=dict)
    failed: str = ""
    limit_mb: float = 0


def main() -> int:
    """Run the bench; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("quick", "large", "ten", "no-defaults"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--only", default="")
    chosen = parser.parse_args()
    bench = Bench(only=chosen.only, defaults=not chosen.no_defaults)
    bench.starts()
    small, large, floods, repeated = QUICK if chosen.quick else FULL
    first = bench.capture(small)
    if chosen.large:
        bench.growth(first, bench.capture(large))
        bench.floods(floods)
    if chosen.ten:
        bench.ten(repeated)
    (mixes.CACHE / "pcap.json").write_text(json.dumps([vars_of(row) for row in bench.rows], indent=1))
    for line in bench.disagreements:
        say(f"DISAGREE: {line}")
    return 1 if bench.disagreements else 0


def vars_of(row: Row) -> dict[str, object]:
    """Give a row as JSON wants it."""
    return {name: getattr(row, name) for name in Row.__slots__}


def say(text: str = "") -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Bench:
    """One run: its rows, and what disagreed."""

    def __init__(self, *, only: str, defaults: bool) -> None:
        self.rows: list[Row] = []
        self.disagreements: list[str] = []
        self._only = only
        self._defaults = defaults
        self._netguru = str(Path(sys.executable).with_name("netguru"))

    def starts(self) -> None:
        """Show what a new process on a capture of 1 MB costs."""
        path = mixes.CACHE / f"start-{mixes.RECIPE}.pcap"
        mixes.mix(SLICE_MB)
        if not path.exists():
            cut(self._path(SLICE_MB), path, 1_000_000)
        say(f"\nA new process on {path.stat().st_size / 1e6:.1f} MB")
        for name, command in (
            ("netguru pcap.summary", (self._netguru, "pcap.summary", str(path), "--json")),
            ("capinfos", ("capinfos", str(path))),
            ("tshark io,phs", ("tshark", "-n", "-r", str(path), "-q", "-z", "io,phs")),
        ):
            if self._chosen(f"start: {name}") and shutil.which(command[0]):
                self._add(f"start: {name}", "start", run(command), path, 0, {})

    def capture(self, megabytes: int) -> dict[str, Row]:
        """Measure everything on the mix of a size; give the rows by name."""
        made = mixes.mix(megabytes)
        path = self._path(megabytes)
        say(
            f"\n{path.name}: {made['packets']} packets, mean {made['mean']} bytes, "
            f"{made['outer_tcp_udp_flows']} flows, {made['percent']}"
        )
        packets, begin = int(str(made["packets"])), len(self.rows)
        floor = bare_read(path)
        self._show(
            Row(
                name="bare read (1 MiB blocks)",
                product="read",
                cpu=floor,
                peak_mb=0,
                seconds=floor,
                packets=packets,
                size=path.stat().st_size,
            )
        )
        flows = int(str(made["outer_tcp_udp_flows"]))
        self._ours(path, packets, flows=flows)
        self._ours(path.with_suffix(".pcapng"), packets, ("decode", "whole"), ())
        self._peers(path, packets)
        found = {row.name: row for row in self.rows[begin:]}
        self._agree(found, {name: int(str(made[name])) for name in EXACT})
        ratios(found)
        return found

    def _path(self, megabytes: int) -> Path:
        return Path(str(mixes.mix(megabytes)["path"]))

    def _chosen(self, name: str) -> bool:
        return self._only in name and (self._defaults or "defaults" not in name)

    def _ours(
        self,
        path: Path,
        packets: int,
        warm: tuple[str, ...] = WARM,
        commands: tuple[str, ...] = COMMANDS,
        *,
        flows: int = 0,
    ) -> None:
        small = self._path(SLICE_MB).with_suffix(path.suffix)
        kind = " pcapng" if path.suffix == ".pcapng" else ""
        for product in warm:
            name = f"netguru {product}{kind}"
            if not self._chosen(name):
                continue
            taken = run((sys.executable, str(HERE / "netguru_side.py"), product, str(path), str(small)))
            said = _json(taken.out)
            row = self._add(name, product, taken, path, packets, dict(said.get("counts", {})))
            if not row.failed:
                row.cpu, row.seconds, row.peak_mb = said["cpu"], said["seconds"], said["peak_mb"]
                self._show(row, add=False)
        for command in commands:
            self._new_process(command, path, packets, flows)

    def _new_process(self, command: str, path: Path, packets: int, flows: int) -> None:
        """Measure a command in a workspace of its own: none finds what another has kept."""
        name = f"netguru pcap.{command}, new process"
        if not self._chosen(name):
            return
        with tempfile.TemporaryDirectory(dir=mixes.CACHE) as folder:
            taken = run((self._netguru, f"pcap.{command}", str(path), "--workspace", folder, "--json"))
        counts = _said_counts(_json(taken.out))
        # What NetGuru counts has the flows of ICMP and of tunnels too; a command that counts none goes by the recipe.
        limit = BASE_MB + FLOW_BYTES * max(counts.get("flows", 0), flows) / 1e6
        self._add(name, f"new {command}", taken, path, packets, counts, limit=limit)

    def _peers(self, path: Path, packets: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for peer in peers(path, Path(folder)):
                if not self._chosen(peer.name):
                    continue
                missing = peer.missing() or _library(peer)
                if missing:
                    say(f"  {peer.name}: left out, {missing}")
                    continue
                if peer.name == "scapy":
                    self._slice(peer, folder)
                    continue
                self._add(peer.name, peer.product, run(peer.command, silent=peer.silent), path, packets, {}, peer)

    def _slice(self, peer: Peer, folder: str) -> None:
        """Measure a peer that is too slow for more on the first 3 MB of the small mix."""
        part = Path(folder) / "slice.pcap"
        count = cut(self._path(SLICE_MB), part, 3_000_000)
        self._add(peer.name, peer.product, run((*peer.command[:-1], str(part))), part, count, {}, peer)

    def _add(
        self,
        name: str,
        product: str,
        taken: Run,
        path: Path,
        packets: int,
        counts: dict[str, int],
        peer: Peer | None = None,
        limit: float = 0,
    ) -> Row:
        row = Row(
            name=name,
            product=product,
            cpu=taken.cpu,
            peak_mb=taken.peak_mb,
            seconds=taken.seconds,
            packets=packets,
            size=path.stat().st_size,
            limit_mb=limit,
        )
        row.counts = (
            peer.counts(taken.out + "\n" + taken.err)
            if peer and "tshark" not in peer.name
            else peer.counts(taken.out)
            if peer
            else counts
        )
        if taken.status:
            row.failed = f"exit status {taken.status}: {taken.err.strip()[-200:]}"
        self._show(row)
        return row

    def _show(self, row: Row, *, add: bool = True) -> None:
        if add:
            self.rows.append(row)
        if row.failed:
            say(f"  {row.name:38} FAILED {row.failed}")
            return
        if add and row.name.startswith("netguru ") and "new process" not in row.name:
            return  # shown again with the figures from inside the process
        rate = (
            f"{row.packets / row.cpu / 1e6:9.3f} Mpkt/s {row.size / row.cpu / 1e6:8.1f} MB/s"
            if row.packets and row.cpu
            else " " * 30
        )
        counts = " ".join(f"{name}={value}" for name, value in row.counts.items())
        say(f"  {row.name:38} {row.cpu:9.3f} s CPU {rate} {row.peak_mb:7.0f} MB{_limit(row)}  {counts}")

    def _agree(self, found: dict[str, Row], truth: dict[str, int]) -> None:
        """Hold the exact counts against what the builder wrote, and NetGuru's flows against each other."""
        for name in EXACT:
            for row in found.values():
                value = row.counts.get(name)
                if value is not None and row.packets == truth["packets"] and value != truth[name]:
                    self.disagreements.append(f"{row.name}: {value} {name}, the capture has {truth[name]}")
        for name in ("flows", "tcp_flows", "udp_flows", "retransmissions"):
            values = {
                row.name: row.counts[name]
                for row in found.values()
                if name in row.counts and row.name.startswith("netguru")
            }
            if len(set(values.values())) > 1:
                self.disagreements.append(f"{name}: {values}")

    def growth(self, small: dict[str, Row], large: dict[str, Row]) -> None:
        """Show processor time a packet and memory of the large capture against the small one."""
        say("\nGrowth (goal: at most 1.3 times the CPU a packet)")
        for name, row in large.items():
            if name in small and not row.failed and not small[name].failed and small[name].cpu:
                ratio = row.cpu / row.packets / (small[name].cpu / small[name].packets)
                say(f"  {name:38} {ratio:6.2f} times the CPU a packet{_limit(row)}")

    def floods(self, counts: tuple[int, ...]) -> None:
        """Show one flow a packet, and four times as many."""
        for count in counts:
            path = mixes.flood(count)
            say(f"\n{path.name}: one SYN a flow")
            self._ours(path, count, ("decode", "flows", "tcp"), flows=count)

    def ten(self, megabytes: int) -> None:
        """Show the memory of a mix ten times over, with the flows of one; its file is removed after."""
        made, source = mixes.mix(megabytes), self._path(megabytes)
        path = mixes.CACHE / f"mix{megabytes}-{mixes.RECIPE}-ten.pcap"
        need = 10 * source.stat().st_size
        if shutil.disk_usage(mixes.CACHE).free < need + ROOM:
            say(f"no room for {need / 1e9:.0f} GB in {mixes.CACHE}")
            return
        try:
            start = time.monotonic()
            with path.open("wb") as file:
                written = mixes.repeat(source, 10, file)
            say(f"\n{path.name}: {written / 1e9:.2f} GB, written in {time.monotonic() - start:.0f} s")
            packets, flows = 10 * int(str(made["packets"])), int(str(made["outer_tcp_udp_flows"]))
            begin = len(self.rows)
            self._ours(path, packets, ("decode", "flows"), flows=flows)
            self._agree({row.name: row for row in self.rows[begin:]}, {n: 10 * int(str(made[n])) for n in EXACT})
        finally:
            path.unlink(missing_ok=True)


def _limit(row: Row) -> str:
    if not row.limit_mb:
        return ""
    return f" of {row.limit_mb:.0f} {'met' if row.peak_mb <= row.limit_mb else 'MISSED'}"


def _library(peer: Peer) -> str:
    if not peer.python:
        return ""
    found = subprocess.run((PEER_PYTHON, "-c", f"import {peer.python}"), capture_output=True, check=False)
    return "" if found.returncode == 0 else f"{peer.python} is not installed for {PEER_PYTHON}"


def _json(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _said_counts(said: dict[str, object]) -> dict[str, int]:
    """Take the counts that a command's result states: packets read and, of a summary, their bytes."""
    found = {
        "packets": said.get("packets"),
        "wire_bytes": said.get("bytes"),
        "captured": said.get("captured_bytes"),
        "flows": said.get("total"),
        "kept_flows": said.get("flows"),
    }
    return {name: value for name, value in found.items() if isinstance(value, int)}


def cut(path: Path, target: Path, size: int) -> int:
    """Copy the first packets of a pcap; give their number."""
    raw, at, count = path.open("rb").read(size + (1 << 18)), 24, 0
    while at < size and at + 16 <= len(raw):
        at, count = at + 16 + int.from_bytes(raw[at + 8 : at + 12], "little"), count + 1
    target.write_bytes(raw[:at])
    return count


# Product of NetGuru, peer, at least how many times quicker (per packet).
GOALS = (
    ("netguru table", "tshark fields deseg off", 50),
    ("netguru table", "tshark fields defaults", 50),
    ("netguru flows", "tshark conv,tcp deseg off", 20),
    ("netguru flows", "tshark conv,tcp defaults", 20),
    ("netguru flows", "nfstream", 20),
    ("netguru tcp", "tshark tcp.analysis deseg off", 50),
    ("netguru tcp", "tshark tcp.analysis defaults", 50),
    ("netguru tcp", "tcptrace", 2),
    ("netguru flows", "softflowd", 1 / 1.3),
    ("netguru flows", "nfpcapd", 1),
    ("netguru table", "dpkt", 30),
    ("netguru table", "scapy", 300),
    ("netguru pcap.flows, new process", "tshark conv,tcp deseg off", 3),
)
FLOORS = (("netguru whole", 15), ("netguru decode", 15), ("netguru whole pcapng", 15))


def ratios(found: dict[str, Row]) -> None:
    """Print how many times quicker NetGuru is, beside the goal, and which counts of the two agree."""
    say("Ratios of CPU time a packet")
    for ours, theirs, goal in GOALS:
        one, two = found.get(ours), found.get(theirs)
        if one is None or two is None or one.failed or two.failed or not one.cpu:
            continue
        ratio = (two.cpu / two.packets) / (one.cpu / one.packets)
        both = sorted(set(one.counts) & set(two.counts))
        agree = ", ".join(
            f"{name} {'equal' if one.counts[name] == two.counts[name] else f'{one.counts[name]} / {two.counts[name]}'}"
            for name in both
        )
        say(
            f"  {ours:33} against {theirs:30} {ratio:8.1f}x  goal {goal:5.2f}x  "
            f"{'met' if ratio >= goal else 'MISSED'}  {agree}"
        )
    floor = found["bare read (1 MiB blocks)"].cpu if "bare read (1 MiB blocks)" in found else 0
    for name, goal in FLOORS:
        if name in found and not found[name].failed and floor:
            ratio = found[name].cpu / floor
            say(
                f"  {name:33} {ratio:8.1f}x the bare read  goal at most {goal}x  {'met' if ratio <= goal else 'MISSED'}"
            )


if __name__ == "__main__":
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    sys.exit(main())
