"""Records the two points of these cases: real stacks in network namespaces, and a wire between them that is known.

    python record.py CASE        (root, Linux; iproute2, nftables, tcpdump, ethtool, curl, iputils-ping)

client --- A --- wire --- router --- B --- server. The wire (this program) forwards frames between two interfaces with
delay, loss, doubling and reordering, and writes down what it did; the router rewrites what the case says. Both points
are recorded by tcpdump; the clock of B is then set ahead and made to drift. What is true lies in CASE/truth.json.
"""

from __future__ import annotations

import heapq
import json
import random
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
SNAP = 80


@dataclass
class Case:
    """What the wire and the router do. Times in milliseconds, shares of packets."""

    delay: float = 0.0
    jitter: float = 0.0
    loss: float = 0.0
    doubled: float = 0.0
    clock_ahead_s: float = 0.0
    drift_ppm: float = 0.0
    rules: tuple[str, ...] = ()
    masquerade: bool = False
    requests: int = 12
    download: int = 30_000
    parallel_ports: tuple[int, ...] = (8080,)
    refused_port: int = 0
    note: str = ""
    did: dict[str, int] = field(default_factory=dict)


CASES = {
    "plain": Case(delay=4, clock_ahead_s=-2.5, note="only a way between the points; clocks apart"),
    "lossy": Case(delay=8, jitter=6, loss=0.03, doubled=0.01, clock_ahead_s=1.234567, drift_ppm=80,
                  note="loss, doubling, reordering by jitter; the clock of B drifts"),
    "nat": Case(delay=2, clock_ahead_s=0.75, masquerade=True,
                note="addresses and ports rewritten; DSCP EF to 0; MSS 1200",
                rules=("add table ip m", "add chain ip m f { type filter hook forward priority mangle ; }",
                       "add rule ip m f ip dscp ef ip dscp set cs0",
                       "add rule ip m f tcp flags syn tcp option maxseg size set 1200")),
    "filtered": Case(delay=3, clock_ahead_s=0.2, parallel_ports=(8080, 8081), refused_port=8081,
                     note="the router drops what goes to port 8081",
                     rules=("add table ip m", "add chain ip m f { type filter hook forward priority filter ; }",
                            "add rule ip m f tcp dport 8081 drop")),
}  # fmt: skip


def run(text: str) -> None:
    """Run a command; it must succeed."""
    subprocess.run(text, shell=True, check=True, stdout=subprocess.DEVNULL)  # noqa: S602 - fixed texts of this file


class Wire(threading.Thread):
    """Forward frames between two interfaces as the case says."""

    def __init__(self, case: Case, left: str, right: str) -> None:
        super().__init__(daemon=True)
        self.case, self.random = case, random.Random(7)  # noqa: S311 - traffic, no secret
        self.ends = []
        for name in (left, right):
            end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            end.bind((name, 0))
            self.ends.append(end)
        self.did = {"ab_lost": 0, "ba_lost": 0, "ab_doubled": 0, "ba_doubled": 0}
        self.over = False

    def run(self) -> None:
        """Hold every frame for its delay, then send it on."""
        waiting: list[tuple[float, int, socket.socket, bytes]] = []
        count = 0
        while not self.over:
            wait = max(0.0, waiting[0][0] - time.monotonic()) if waiting else 0.05
            ready, _, _ = select.select(self.ends, [], [], min(wait, 0.05))
            for end in ready:
                frame, about = end.recvfrom(65535)
                if about[2] == socket.PACKET_OUTGOING:
                    continue
                way = "ab" if end is self.ends[0] else "ba"
                copies = self.copies(frame, way)
                for _ in range(copies):
                    count += 1
                    at = time.monotonic() + (self.case.delay + self.random.uniform(0, self.case.jitter)) / 1000
                    heapq.heappush(waiting, (at, count, self.ends[1 if way == "ab" else 0], frame))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, target, frame = heapq.heappop(waiting)
                target.send(frame)

    def copies(self, frame: bytes, way: str) -> int:
        """Say how often a frame goes on; ARP always does."""
        if frame[12:14] != b"\x08\x00":
            return 1
        drawn = self.random.random()
        if drawn < self.case.loss:
            self.did[f"{way}_lost"] += 1
            return 0
        if drawn < self.case.loss + self.case.doubled:
            self.did[f"{way}_doubled"] += 1
            return 2
        return 1


def network(case: Case) -> None:
    """Make client, router and server; the wire's two ends stay in the namespace of the router's neighbour."""
    for name in ("ngc", "ngr", "ngs", "ngw"):
        subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL, check=False)
        run(f"ip netns add {name}")
        run(f"ip netns exec {name} ip link set lo up")
        run(f"ip netns exec {name} sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1")
    for one, name, two, other in (("c0", "ngc", "w0", "ngw"), ("w1", "ngw", "r0", "ngr"), ("r1", "ngr", "s0", "ngs")):
        run(f"ip link add {one} netns {name} type veth peer name {two} netns {other}")
        for end, space in ((one, name), (two, other)):
            run(f"ip netns exec {space} ethtool -K {end} tx off rx off tso off gso off gro off")
            run(f"ip netns exec {space} ip link set {end} up")
    for space, end, address in (("ngc", "c0", "192.0.2.2/24"), ("ngr", "r0", "192.0.2.1/24"),
                                ("ngr", "r1", "198.51.100.1/24"), ("ngs", "s0", "198.51.100.2/24")):  # fmt: skip
        run(f"ip netns exec {space} ip addr add {address} dev {end}")
    run("ip netns exec ngc ip route add default via 192.0.2.1")
    run("ip netns exec ngs ip route add default via 198.51.100.1")
    run("ip netns exec ngr sysctl -qw net.ipv4.ip_forward=1")
    rules = list(case.rules)
    if case.masquerade:
        rules += ["add table ip n", "add chain ip n p { type nat hook postrouting priority srcnat ; }",
                  "add rule ip n p oifname r1 masquerade random"]  # fmt: skip
    for rule in rules:
        run(f"ip netns exec ngr nft '{rule}'")


def traffic(case: Case) -> None:
    """Downloads one after the other, marked datagrams there and back, pings, and one attempt at a filtered port."""
    for at in range(case.requests):
        port = case.parallel_ports[0]
        run(f"ip netns exec ngc curl -s -m 20 -o /dev/null http://198.51.100.2:{port}/file{at % 2}")
    run("ip netns exec ngc ping -q -i 0.02 -c 20 198.51.100.2 || true")
    if case.refused_port:
        run(f"ip netns exec ngc curl -s -m 4 -o /dev/null http://198.51.100.2:{case.refused_port}/ || true")
    run(f"ip netns exec ngc {sys.executable} {__file__} voice 198.51.100.2")


def voice(target: str) -> None:
    """Send marked datagrams with a counter and read what comes back."""
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 46 << 2)
    sender.settimeout(0.02)
    for at in range(60):
        sender.sendto(struct.pack("!HHIQ", 0x8000, at, at * 160, at) + bytes(20), (target, 5004))
        try:
            sender.recv(2000)
        except TimeoutError:
            continue


def echo() -> None:
    """Send every datagram back."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("", 5004))
    while True:
        data, peer = server.recvfrom(2000)
        server.sendto(data, peer)


def moved(source: Path, target: Path, case: Case) -> None:
    """Copy a little-endian pcap of nanoseconds with its clock set ahead and drifting."""
    data = source.read_bytes()
    made, at, first = bytearray(data[:24]), 24, None
    while at < len(data):
        seconds, fraction, held, length = struct.unpack_from("<4I", data, at)
        told = seconds * 10**9 + fraction
        first = told if first is None else first
        told += round(case.clock_ahead_s * 1e9) + round((told - first) * case.drift_ppm / 1e6)
        made += struct.pack("<4I", told // 10**9, told % 10**9, held, length) + data[at + 16 : at + 16 + held]
        at += 16 + held
    target.write_bytes(bytes(made))


def record(name: str) -> None:
    """Record one case into its folder."""
    case, folder = CASES[name], HERE / name
    folder.mkdir(exist_ok=True)
    network(case)
    wire_code = f"ip netns exec ngw {sys.executable} {__file__} wire {name}"
    started = [subprocess.Popen(wire_code.split(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)]
    files = Path("/tmp/ng-compare")  # noqa: S108 - made and removed here
    files.mkdir(exist_ok=True)
    for at in range(2):
        (files / f"file{at}").write_bytes(random.Random(at).randbytes(case.download))  # noqa: S311 - traffic
    for port in case.parallel_ports:
        started.append(subprocess.Popen(  # noqa: PERF401 - a server each
            f"ip netns exec ngs {sys.executable} -m http.server {port} -d {files}".split(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))  # fmt: skip
    started.append(subprocess.Popen(f"ip netns exec ngs {sys.executable} {__file__} echo".split()))
    for space, end, out in (("ngc", "c0", "a"), ("ngs", "s0", "b")):
        started.append(subprocess.Popen(
            f"ip netns exec {space} tcpdump -U -q -n -i {end} -s {SNAP} --time-stamp-precision=nano "
            f"-w /tmp/ng-compare/{out}.pcap ip".split(), stderr=subprocess.DEVNULL))  # fmt: skip
    time.sleep(1.5)
    traffic(case)
    time.sleep(1.0)
    wire = started[0]
    assert wire.stdin
    assert wire.stdout
    wire.stdin.close()
    did = json.loads(wire.stdout.read())
    for each in started:
        each.terminate()
        each.wait()
    (folder / "a.pcap").write_bytes((files / "a.pcap").read_bytes())
    moved(files / "b.pcap", folder / "b.pcap", case)
    truth = {key: value for key, value in asdict(case).items() if key != "did"} | {"did": did}
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")
    for name_ in ("ngc", "ngr", "ngs", "ngw"):
        run(f"ip netns del {name_}")


def wire(name: str) -> None:
    """Be the wire until standard input ends, then tell what was done."""
    made = Wire(CASES[name], "w0", "w1")
    made.start()
    sys.stdin.read()
    made.over = True
    made.join()
    sys.stdout.write(json.dumps(made.did))


if __name__ == "__main__":
    commands = {"wire": wire, "voice": voice, "echo": echo}
    if sys.argv[1] in commands:
        commands[sys.argv[1]](*sys.argv[2:])
    else:
        record(sys.argv[1])
