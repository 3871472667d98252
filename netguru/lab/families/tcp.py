"""TCP: loss, black holes, receivers that stop, attempts that fail, scans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.lab.frames import SERVER, Host, Talk

if TYPE_CHECKING:
    from netguru.lab.catalogue import Kind
    from netguru.lab.frames import Builder, Trace

_FULL = b"x" * 1460


def _loss(trace: Trace, kind: Kind) -> None:
    """Of 60 segments some are sent again after a timeout; a near-miss loses a single one."""
    lost = {"positive": range(5, 55, 7), "near-miss": range(30, 31), "negative": range(0)}[kind]
    talk = Talk(trace)
    talk.open()
    talk.say(0, b"GET data")
    for count in range(60):
        start = talk.send(1, "A", _FULL)
        if count in lost:
            talk.wait(0.3)
            talk.send(1, "A", _FULL, seq=start)
        talk.wait(0.02)
        talk.send(0, "A")
        talk.wait(0.001)
    talk.close()


def _zero_window(trace: Trace, kind: Kind) -> None:
    """The client's window is zero for three seconds; in a near-miss for 20 ms."""
    talk = Talk(trace)
    talk.open()
    talk.say(0, b"GET data")
    for count in range(12):
        talk.send(1, "A", _FULL)
        talk.wait(0.02)
        if count == 6 and kind != "negative":
            talk.send(0, "A", window=0)
            talk.wait(3.0 if kind == "positive" else 0.02)
        talk.send(0, "A")
        talk.wait(0.001)
    talk.close()


def _blackhole(trace: Trace, kind: Kind) -> None:
    """Full segments vanish and small ones pass; in a near-miss the sender goes on with smaller ones."""
    talk = Talk(trace)
    talk.open()
    talk.ask(b"hello", b"welcome")
    talk.say(0, b"GET data")
    if kind == "negative":
        talk.say(1, _FULL)
    elif kind == "near-miss":
        start = talk.send(1, "A", _FULL)
        talk.wait(0.3)
        talk.send(1, "A", _FULL, seq=start)
        talk.wait(0.6)
        for part in range(0, 1460, 730):
            talk.send(1, "A", _FULL[:730], seq=start + part)
            talk.wait(0.02)
            talk.send(0, "A", ack=start + part + 730)
            talk.wait(0.001)
    else:
        start = talk.send(1, "A", _FULL)
        for pause in (0.3, 0.6, 1.2, 2.4, 4.8):
            talk.wait(pause)
            talk.send(1, "A", _FULL, seq=start)
        return
    talk.close()


def _refused(trace: Trace, kind: Kind) -> None:
    """SYNs are answered with a reset; in a near-miss the service accepts a second later."""
    for count in range(3):
        talk = Talk(trace, at=count * 1.0, port=40_000 + count)
        if kind == "positive" or (kind == "near-miss" and not count):
            talk.send(0, "S", options=[("MSS", 1460)])
            talk.wait(0.02)
            talk.send(1, "RA", seq=0, window=0)
        else:
            talk.open()
            talk.ask(b"hello", b"welcome")
            talk.close()


def _no_answer(trace: Trace, kind: Kind) -> None:
    """SYNs get nothing, seven seconds long; in a near-miss the second one is answered."""
    talk = Talk(trace)
    if kind != "negative":
        start = talk.seq[0]
        tries = (0.0, 1.0, 3.0, 7.0) if kind == "positive" else (0.0,)
        for at in tries:
            talk.send(0, "S", at=at, seq=start, options=[("MSS", 1460)])
        talk.wait(1.0)
    if kind != "positive":
        talk.open()
        talk.ask(b"hello", b"welcome")
        talk.close()
    # Another service of the network answers: the recording shows both directions.
    other = Talk(trace, at=8.0, two=Host("198.51.100.21", SERVER.mac), port=41_000)
    other.open()
    other.ask(b"hello", b"welcome")
    other.close()


def _reset(trace: Trace, kind: Kind) -> None:
    """The server breaks a connection off with a reset; in a near-miss the client resets after both closed."""
    talk = Talk(trace)
    talk.open()
    for _ in range(4):
        talk.ask(b"hello", b"welcome")
    if kind == "positive":
        talk.send(1, "RA")
        return
    talk.close()
    if kind == "near-miss":
        talk.send(0, "R")


def _scan_ports(trace: Trace, kind: Kind) -> None:
    """One host tries 40 ports of another that refuses; a near-miss tries six, and the negative gets through."""
    count = {"positive": 40, "near-miss": 6, "negative": 20}[kind]
    for index in range(count):
        talk = Talk(trace, at=index * 0.05, port=42_000 + index, service=1000 + index * 7)
        if kind == "negative" or (kind == "near-miss" and index > 3):
            talk.open()
            talk.ask(b"hello", b"welcome")
            talk.close()
        else:
            accepts = kind == "near-miss"
            talk.send(0, "S", options=[("MSS", 1460)])
            talk.wait(0.01)
            if accepts:
                talk.send(1, "SA", options=[("MSS", 1460)])
                talk.wait(0.01)
                talk.send(0, "A")
                talk.close()
            else:
                talk.send(1, "RA", seq=0, window=0)


def _scan_hosts(trace: Trace, kind: Kind) -> None:
    """One host tries port 445 of 60 hosts; the others reach theirs, or are few."""
    count = {"positive": 60, "near-miss": 12, "negative": 30}[kind]
    for index in range(count):
        host = Host(f"203.0.113.{index + 1}", SERVER.mac)
        talk = Talk(trace, at=index * 0.05, two=host, port=43_000 + index, service=445)
        if kind == "positive":
            talk.send(0, "S", options=[("MSS", 1460)])
            continue
        talk.open()
        talk.ask(b"hello", b"welcome")
        talk.close()


def _cleartext(port: int, talk_text: tuple[tuple[bytes, bytes], ...]) -> Builder:
    def build(trace: Trace, kind: Kind) -> None:
        # The near-miss is the same text on a port of another service, opaque to whoever listens.
        service = {"positive": port, "near-miss": 8443, "negative": 22}[kind]
        talk = Talk(trace, service=service)
        talk.open()
        if kind == "negative":
            talk.ask(b"SSH-2.0-lab\r\n", b"SSH-2.0-lab\r\n")
        else:
            pairs = talk_text if kind == "positive" else ((b"\x00\x01opaque", b"\x00\x02opaque"),)
            for question, answer in pairs:
                talk.ask(question, answer)
        talk.close()

    return build


_TELNET = ((b"\xff\xfd\x03", b"\xff\xfb\x03login: "), (b"user\r\n", b"Password: "), (b"planted\r\n", b"$ "))
_FTP = (
    (b"USER lab\r\n", b"331 Password required\r\n"),
    (b"PASS planted\r\n", b"230 Logged in\r\n"),
)

BUILDERS: dict[str, Builder] = {
    "tcp-loss": _loss,
    "tcp-zero-window": _zero_window,
    "tcp-blackhole": _blackhole,
    "tcp-refused": _refused,
    "tcp-no-answer": _no_answer,
    "tcp-reset": _reset,
    "scan-ports": _scan_ports,
    "scan-hosts": _scan_hosts,
    "telnet-login": _cleartext(23, _TELNET),
    "ftp-login": _cleartext(21, _FTP),
}
