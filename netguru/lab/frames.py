"""What the composed captures are made of: a trace with times, hosts, and conversations over UDP and TCP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw

from netguru.lab.catalogue import Kind

_MILLISECOND = 0.001


@dataclass(slots=True)
class Trace:
    """Frames with their times; the file holds them in the order of time."""

    _frames: list[tuple[int, bytes]] = field(default_factory=list)

    def add(self, at: float, packet: Packet) -> None:
        """Take a packet, `at` seconds after the start of the capture."""
        self._frames.append((round(at * 1e9), bytes(packet)))

    def sorted(self) -> list[tuple[int, bytes]]:
        """Give time in nanoseconds and frame, first one first."""
        return sorted(self._frames, key=lambda item: item[0])


Builder: TypeAlias = Callable[[Trace, Kind], None]


@dataclass(frozen=True, slots=True)
class Host:
    """A host by its addresses."""

    ip: str
    mac: str


# RFC 5737 keeps these addresses for documentation; the hardware addresses are administered locally.
CLIENT = Host("192.0.2.10", "02:00:00:00:00:10")
OTHER = Host("192.0.2.11", "02:00:00:00:00:11")
SERVER = Host("198.51.100.20", "02:00:00:00:00:fe")
ROUTER = Host("192.0.2.1", "02:00:00:00:00:fe")
SECOND = Host("192.0.2.2", "02:00:00:00:00:fd")


def ip(one: Host, two: Host, *, ttl: int = 64, ident: int = 1, **fields: Any) -> Packet:
    """Give the Ethernet and IP headers from one host to another."""
    return Ether(src=one.mac, dst=two.mac) / IP(src=one.ip, dst=two.ip, ttl=ttl, id=ident, **fields)


def udp(one: Host, two: Host, ports: tuple[int, int], payload: Packet | bytes) -> Packet:
    """Give a datagram."""
    inner = Raw(payload) if isinstance(payload, bytes) else payload
    return ip(one, two) / UDP(sport=ports[0], dport=ports[1]) / inner


@dataclass(slots=True)
class Talk:
    """One TCP connection, whose packets are written as they are sent; sequence numbers are kept here."""

    trace: Trace
    at: float = 0.0
    one: Host = CLIENT
    two: Host = SERVER
    port: int = 40_000
    service: int = 8080
    mss: int = 1460
    rtt: float = 0.02
    seq: list[int] = field(default_factory=lambda: [1000, 5000])
    ident: list[int] = field(default_factory=lambda: [100, 9000])
    window: list[int] = field(default_factory=lambda: [64240, 64240])

    def send(
        self, side: int, flags: str = "A", data: bytes = b"", *, seq: int | None = None, options: Any = (), **given: Any
    ) -> int:
        """Send a segment of the client (0) or the server (1); give the sequence number it had."""
        ends, ports = (self.one, self.two), (self.port, self.service)
        start = self.seq[side] if seq is None else seq
        ack = given.get("ack", self.seq[1 - side]) if "A" in flags else 0
        self.ident[side] += 1
        header = TCP(
            sport=ports[side],
            dport=ports[1 - side],
            seq=start,
            ack=ack,
            flags=flags,
            window=given.get("window", self.window[side]),
            options=list(options),
        )
        packet = ip(ends[side], ends[1 - side], ident=self.ident[side], flags="DF") / header
        self.trace.add(given.get("at", self.at), packet / Raw(data) if data else packet)
        if seq is None:
            self.seq[side] += len(data) + ("S" in flags) + ("F" in flags)
        return start

    def wait(self, seconds: float) -> None:
        """Let time go by."""
        self.at += seconds

    def open(self) -> None:
        """Shake hands."""
        options = [("MSS", self.mss), ("SAckOK", b""), ("NOP", None), ("WScale", 7)]
        self.send(0, "S", options=options)
        self.wait(self.rtt)
        self.send(1, "SA", options=options)
        self.wait(_MILLISECOND)
        self.send(0, "A")
        self.wait(_MILLISECOND)

    def say(self, side: int, data: bytes) -> None:
        """Send data that is acknowledged a round trip later."""
        self.send(side, "PA", data)
        self.wait(self.rtt)
        self.send(1 - side, "A")
        self.wait(_MILLISECOND)

    def ask(self, question: bytes, answer: bytes, *, after: float = 0.0) -> None:
        """Send a request, and its answer some time later."""
        self.say(0, question)
        self.wait(after)
        self.say(1, answer)

    def close(self) -> None:
        """Close from both sides."""
        self.send(0, "FA")
        self.wait(self.rtt)
        self.send(1, "FA")
        self.wait(_MILLISECOND)
        self.send(0, "A")
        self.wait(_MILLISECOND)
