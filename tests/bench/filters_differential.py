"""Compare generated display filters with Wireshark's daemon over captures; prints the differences.

    python tests/bench/filters_differential.py FOLDER [FILTERS_PER_FILE [SEED]]

sharkd loads each capture once and answers filter after filter, which tshark would take seconds each for.
It is no test: differences that docs/display-filters.md names are printed too.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from netguru.errors import InputError, NetGuruError
from netguru.model.source import SourceFile
from netguru.pcap.capture import CaptureFile
from netguru.pcap.filters import select

NUMBERS = (
    "frame.len", "frame.number", "ip.ttl", "ip.len", "ip.id", "ip.proto", "ip.dsfield.dscp", "ip.frag_offset",
    "tcp.port", "tcp.srcport", "tcp.dstport", "tcp.seq", "tcp.ack", "tcp.len", "tcp.flags",
    "tcp.window_size", "tcp.hdr_len",
    "tcp.stream", "tcp.nxtseq", "udp.port", "udp.length", "udp.srcport", "ipv6.hlim", "ipv6.nxt", "ipv6.plen",
    "icmp.type", "icmp.code", "icmpv6.type", "vlan.id", "mpls.label", "eth.type", "arp.opcode", "dns.id",
    "dns.qry.type",
    "dns.count.answers", "tcp.options.mss_val", "tcp.options.timestamp.tsval", "llc.dsap", "ospf.msg",
)  # fmt: skip
PRESENT = (
    "eth", "ip", "ipv6", "tcp", "udp", "icmp", "icmpv6", "arp", "vlan", "mpls", "llc", "dns", "ospf", "stp",
    "tcp.payload", "udp.payload", "tcp.flags.syn", "tcp.options.mss_val", "ip.src#2", "tcp.analysis.retransmission",
    "eth.src#1",
)  # fmt: skip
TRUTHS = ("tcp.flags.syn", "tcp.flags.ack", "tcp.flags.fin", "ip.flags.df", "dns.flags.response", "eth.ig", "eth.lg")
REGIONS = ("frame", "eth", "ip", "tcp", "udp", "tcp.payload", "udp.payload", "eth.src", "eth.addr")
ADDRESSES = ("ip.src", "ip.dst", "ip.addr")
RELATIONS = ("==", "!=", "<", ">", "<=", ">=", "===", "!==")


class Daemon:
    """Ask sharkd."""

    def __init__(self, capture: Path) -> None:
        self._process = subprocess.Popen(
            ["sharkd", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
        )
        self._asked = 0
        self._ask("load", file=str(capture))

    def _ask(self, method: str, **params: object) -> dict[str, object]:
        self._asked += 1
        request = {"jsonrpc": "2.0", "id": self._asked, "method": method, "params": params}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        while True:
            answer = json.loads(self._process.stdout.readline() or '{"id": -1}')
            if answer.get("id") in {self._asked, -1}:
                return dict(answer)

    def select(self, text: str) -> list[int] | str:
        """Give the packets, or what is wrong with the filter."""
        answer = self._ask("frames", filter=text)
        if "result" in answer:
            return [row["num"] for row in answer["result"]]
        return str(answer.get("error", "no answer"))

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def test(chance: random.Random) -> str:
    """Make one comparison."""
    number = chance.choice(
        [0, 1, 2, 4, 6, 17, 53, 64, 80, 255, 443, 1460, chance.randrange(70), chance.randrange(2000)]
    )
    name, relation = chance.choice(NUMBERS), chance.choice(RELATIONS)
    region = chance.choice(REGIONS)
    data = ":".join(f"{chance.randrange(256):02x}" for _ in range(chance.choice([1, 1, 2])))
    start, size = chance.randrange(-8, 30), chance.randrange(1, 4)
    address = ".".join(str(chance.choice([10, 192, 168, 172, 1, 0, chance.randrange(256)])) for _ in range(4))
    return chance.choice(
        [
            chance.choice(PRESENT),
            f"{chance.choice(['', 'any ', 'all '])}{name} {relation} {number % 200}",
            f"{name} {relation} {number % 200}",
            f"{name} in {{{number % 100}, {number % 70}..{number % 70 + 100}}}",
            f"{chance.choice(TRUTHS)} == {chance.randrange(2)}",
            f"{chance.choice(ADDRESSES)} {relation} {address}/{chance.choice([1, 4, 8, 16, 24, 32])}",
            f"{region}[{start}:{size}] {relation} {data}",
            f"{region} contains {data}",
            f'{region} matches "[{chance.choice("abcxyz")}-z]{{2}}\\\\.?"',
            f"tcp.flags & {number % 256}",
            f"count({name}) {relation} {chance.randrange(4)}",
            f"len({region}) {relation} {number % 100}" if "." in region else f"{name} > {number % 100}",
            f"{{{name} {chance.choice('+-*')} {number % 20}}} {relation} {number % 200}",
            f"{chance.choice(ADDRESSES)} {relation} {chance.choice(ADDRESSES)}",
            f"tcp.srcport {relation} tcp.dstport",
            f'string({name}) contains "{number % 100}"',
        ]
    )


def expression(chance: random.Random, depth: int = 2) -> str:
    """Make a filter."""
    if depth == 0 or chance.random() < 0.4:
        return test(chance)
    one, two = expression(chance, depth - 1), expression(chance, depth - 1)
    return chance.choice([f"not {test(chance)}", f"({one}) and ({two})", f"({one}) || ({two})", f"!({one})"])


def compare(capture: Path, count: int, chance: random.Random, totals: Counter[str]) -> None:
    """Compare filters on one capture."""
    ours = CaptureFile(SourceFile.of(capture))
    daemon = Daemon(capture)
    for _ in range(count):
        text = expression(chance)
        theirs = daemon.select(text)
        try:
            found: list[int] | str = select(ours, text)
        except InputError as error:
            found = str(error)
        if isinstance(found, str) != isinstance(theirs, str):
            totals["judged otherwise"] += 1
            print(f"{capture.name}: {text}\n    ours {str(found)[:150]}\n    sharkd {str(theirs)[:150]}")
        elif isinstance(found, str) or found == theirs:
            totals["refused by both" if isinstance(found, str) else "same"] += 1
        else:
            totals["different"] += 1
            more, fewer = sorted(set(found) - set(theirs)), sorted(set(theirs) - set(found))
            print(f"{capture.name}: {text}\n    only ours {more[:8]} only theirs {fewer[:8]}")
    daemon.close()


def main() -> None:
    """Compare over a folder."""
    folder = Path(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    chance = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else time.time_ns())
    totals: Counter[str] = Counter()
    for capture in sorted(path for path in folder.iterdir() if path.is_file() and path.suffix != ".md"):
        try:
            compare(capture, count, chance, totals)
        except (NetGuruError, OSError) as error:
            print(f"{capture.name}: {error}")
        print(dict(totals), flush=True)


if __name__ == "__main__":
    main()
