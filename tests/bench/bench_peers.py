"""The peers of the bench: how each is called for which product, and where its counts stand in what it prints."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PEER_PYTHON = os.environ.get("NETGURU_BENCH_PYTHON") or sys.executable
PLAIN = ("-o", "tcp.desegment_tcp_streams:FALSE")
FIELDS = (
    "frame.number",
    "frame.time_epoch",
    "frame.len",
    "eth.src",
    "eth.dst",
    "vlan.id",
    "ip.src",
    "ip.dst",
    "ipv6.src",
    "ipv6.dst",
    "ip.proto",
    "tcp.srcport",
    "tcp.dstport",
    "udp.srcport",
    "udp.dstport",
    "tcp.flags",
)
ANALYSIS = (
    "frame.number",
    "tcp.stream",
    "tcp.analysis.retransmission",
    "tcp.analysis.fast_retransmission",
    "tcp.analysis.spurious_retransmission",
    "tcp.analysis.out_of_order",
    "tcp.analysis.duplicate_ack",
    "tcp.analysis.lost_segment",
    "tcp.analysis.ack_lost_segment",
    "tcp.analysis.zero_window",
    "tcp.analysis.window_update",
    "tcp.analysis.window_full",
    "tcp.analysis.keep_alive",
    "tcp.analysis.keep_alive_ack",
)

Counts = Callable[[str], dict[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One program and one product of it."""

    name: str
    product: str
    command: tuple[str, ...]
    counts: Counts
    silent: bool = False
    python: str = ""

    def missing(self) -> str:
        """Say what has to be installed, nothing if it is."""
        return "" if shutil.which(self.command[0]) else f"{self.command[0]} is not installed"


def found(**patterns: str) -> Counts:
    """Read counts from the last match of each pattern."""

    def read(text: str) -> dict[str, int]:
        counts = {}
        for name, pattern in patterns.items():
            matches = re.findall(pattern, text, re.MULTILINE)
            if matches:
                counts[name] = int(matches[-1])
        return counts

    return read


def _lines(text: str) -> dict[str, int]:
    return {"packets": text.count("\n")}


def _conversations(text: str) -> dict[str, int]:
    return {"tcp_streams": text.count("<->")}


def _streams(text: str) -> dict[str, int]:
    rows = [line.split("\t") for line in text.splitlines()]
    streams = {each for row in rows if len(row) > 1 for each in row[1].split(",") if each}
    return {
        "packets": len(rows),
        "tcp_streams": len(streams),
        "retransmissions": sum(1 for row in rows if len(row) > 2 and row[2]),
    }


def _fields(names: tuple[str, ...]) -> tuple[str, ...]:
    return ("-T", "fields", *(part for name in names for part in ("-e", name)))


def peers(path: Path, scratch: Path) -> list[Peer]:
    """Give all peers for one capture; `scratch` is a folder for what they write."""
    file = str(path)
    tshark = ("tshark", "-n", "-r", file)
    return [
        Peer(name="cat", product="read", command=("cat", file), counts=lambda _: {}, silent=True),
        Peer(
            name="capinfos -M -c -d",
            product="count",
            command=("capinfos", "-M", "-c", "-d", file),
            counts=found(packets=r"Number of packets:\s+(\d+)", wire_bytes=r"Data size:\s+(\d+)"),
        ),
        Peer(
            name="tcpstat",
            product="count",
            command=("tcpstat", "-r", file, "-o", "%n %N\n", "1000000"),
            counts=found(packets=r"^(\d+) \d+$"),
        ),
        Peer(
            name="tcpdump -w /dev/null tcp",
            product="filter",
            command=("tcpdump", "-r", file, "-w", "/dev/null", "tcp"),
            counts=lambda _: {},
        ),
        Peer(name="tcpdump -nr", product="text", command=("tcpdump", "-nr", file), counts=lambda _: {}, silent=True),
        Peer(
            name="softflowd",
            product="flows",
            command=("softflowd", "-r", file, "-d"),
            counts=found(
                ip_packets=r"Packets processed: (\d+)", other=r"Ignored packets: (\d+)", flows=r"Flows expired: (\d+)"
            ),
        ),
        Peer(
            name="nfpcapd",
            product="flows",
            command=("nfpcapd", "-r", file, "-l", str(scratch)),
            counts=found(packets=r"Processed: (\d+)", skipped=r"skipped: (\d+)", flows=r"Flows: (\d+)"),
        ),
        Peer(
            name="tcptrace",
            product="tcp",
            command=("tcptrace", "-n", file),
            counts=found(
                ip_packets=r"^(\d+) packets seen", tcp_packets=r"(\d+) TCP packets traced", tcp_streams=r"^\s*(\d+): "
            ),
        ),
        *_python(file),
        *_tshark(tshark),
    ]


def _python(file: str) -> list[Peer]:
    """Give the Python libraries, run by the interpreter that NETGURU_BENCH_PYTHON names."""
    code = str(HERE / "python_peers.py")
    read = found(packets=r"^packets (\d+)", flows=r"flows (\d+)", captured=r"bytes (\d+)")
    rows = (("nfstream", "flows"), ("dpkt", "objects"), ("scapy", "objects"))
    return [
        Peer(name=name, product=product, command=(PEER_PYTHON, code, name, file), counts=read, python=name)
        for name, product in rows
    ]


def _tshark(tshark: tuple[str, ...]) -> list[Peer]:
    # Its tree leaves out frames whose dissection broke off: not a count of packets.
    hierarchy = found(frames_in_tree=r"^eth\s+frames:(\d+)")
    rows: list[Peer] = []
    for label, more in (("deseg off", PLAIN), ("defaults", ())):
        rows += [
            Peer(
                name=f"tshark conv,tcp {label}",
                product="tcp flows",
                command=(*tshark, *more, "-q", "-z", "conv,tcp"),
                counts=_conversations,
            ),
            Peer(
                name=f"tshark io,phs {label}",
                product="protocols",
                command=(*tshark, *more, "-q", "-z", "io,phs"),
                counts=hierarchy,
            ),
            Peer(
                name=f"tshark fields {label}",
                product="table",
                command=(*tshark, *more, *_fields(FIELDS)),
                counts=_lines,
            ),
            Peer(
                name=f"tshark tcp.analysis {label}",
                product="tcp",
                command=(*tshark, *more, *_fields(ANALYSIS)),
                counts=_streams,
            ),
        ]
    return rows
