"""A followed conversation as it is shown: turns of the two sides, as text, hexadecimal dump or raw, and written out."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Literal

from netguru.errors import InputError
from netguru.model.coverage import Coverage, Gap
from netguru.pcap.addresses import client, endpoint, server
from netguru.pcap.inspect_results import Followed, Turn
from netguru.pcap.slices import whole_file
from netguru.pcap.stream_follow import CLIENT, SERVER, Datagrams, TcpStream
from netguru.pcap.stream_rows import find_flow, segments
from netguru.pcap.summarize import epoch_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netguru.operations.context import CancelToken, Progress
    from netguru.pcap.capture import CaptureFile
    from netguru.pcap.stream_follow import Piece
    from netguru.pcap.stream_rows import Transport

Format = Literal["text", "hex", "raw"]
Sides = Literal["both", "client", "server"]
MOST_TURNS = 1000
_PLACES = 5
_LINE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """State what is shown: the format, whose bytes, and at most how many."""

    form: Format = "text"
    side: Sides = "both"
    limit: int = 20_000

    @property
    def only(self) -> int | None:
        """Give the one side that is shown, None for both."""
        return {"both": None, "client": CLIENT, "server": SERVER}[self.side]


@dataclass(slots=True)
class _Talk:
    """Collect the turns as far as they are shown, and count all of it."""

    view: View
    stream: IO[bytes] | None
    turns: list[tuple[Turn, bytearray]] = field(default_factory=list)
    sent: list[int] = field(default_factory=lambda: [0, 0])
    holes: list[Piece] = field(default_factory=list)
    hole_bytes: int = 0
    shown: int = 0
    written: int = 0
    left_out: int = 0

    def take(self, piece: Piece) -> None:
        self.sent[piece.side] += len(piece.data)
        if piece.missing:
            self.holes.append(piece)
            self.hole_bytes += piece.missing
        if self.view.only not in (None, piece.side):
            return
        if self.stream is not None:
            self.written += self.stream.write(piece.data)
        self._show(piece)

    def _show(self, piece: Piece) -> None:
        part = piece.data[: self.view.limit - self.shown]
        side: Literal["client", "server"] = "client" if piece.side == CLIENT else "server"
        hole = bool(piece.missing)
        if self.turns and not hole and self.turns[-1][0].side == side and not self.turns[-1][0].hole:
            turn, data = self.turns[-1]
            turn = replace(turn, last_packet=max(piece.number, turn.last_packet), bytes=turn.bytes + len(piece.data))
            data += part
            self.turns[-1] = (turn, data)
        elif len(self.turns) < MOST_TURNS:
            turn = Turn(
                side=side,
                first_packet=piece.number,
                last_packet=piece.number,
                time=epoch_text(piece.time_ns),
                start=piece.start,
                bytes=piece.missing or len(piece.data),
                hole=hole,
                text="",
            )
            self.turns.append((turn, bytearray(part)))
        else:
            self.left_out += 1
            return
        self.shown += len(part)

    def written_turns(self) -> tuple[Turn, ...]:
        return tuple(replace(turn, text=self._text(turn, bytes(data))) for turn, data in self.turns)

    def _text(self, turn: Turn, data: bytes) -> str:
        if turn.hole:
            return f"[{turn.bytes} bytes missing in capture file]"
        if self.view.form == "raw":
            return data.hex()
        return hex_dump(data, turn.start) if self.view.form == "hex" else escaped(data)


def hex_dump(data: bytes, start: int = 0) -> str:
    r"""Lay bytes out as Wireshark does: offset, sixteen bytes, what of them is ASCII.

    >>> hex_dump(b"GET / HTTP/1.1\r\n", 16)
    '00000010  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  GET / HT TP/1.1..'
    """
    lines = []
    for at in range(0, len(data), _LINE):
        part = data[at : at + _LINE]
        left, right = part[:8], part[8:]
        numbers = f"{left.hex(' '):23}  {right.hex(' '):23}"
        signs = " ".join(_signs(half) for half in (left, right) if half)
        lines.append(f"{start + at:08X}  {numbers}  {signs}")
    return "\n".join(lines)


def _signs(data: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in data)  # noqa: PLR2004 - printable ASCII


def escaped(data: bytes) -> str:
    r"""Make bytes fit to show: UTF-8, with all that does not print written as an escape.

    Line ends and tabs stay; a carriage return before a line end is left out.

    >>> escaped(b"a\x00b\r\nc\xff")
    'a\\x00b\nc\\xff'
    """
    text = data.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    return "".join(char if char.isprintable() or char in "\n\t" else _escape(char) for char in text)


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode()


def follow_stream(
    capture: CaptureFile,
    stream: int,
    *,
    protocol: Transport,
    view: View,
    out: Path | None,
    progress: Progress,
    cancel: CancelToken,
) -> Followed:
    """Follow a stream by its Wireshark number; raises InputError when there is no such stream."""
    if view.limit < 0:
        raise InputError(f"--limit: {view.limit} is below 0")
    flow = find_flow(capture, protocol, stream)
    order = TcpStream() if protocol == "tcp" else Datagrams()
    with ExitStack() as stack:
        target = stack.enter_context(whole_file(out, source=capture.source.path)) if out is not None else None
        talk = _Talk(view=view, stream=target)
        for piece in _pieces(capture, flow, order, progress, cancel):
            talk.take(piece)
    turns = talk.written_turns()
    return Followed(
        source=capture.source.name,
        protocol=protocol,
        stream=stream,
        client=endpoint(client(flow), flow["client_port"]),
        server=endpoint(server(flow), flow["server_port"]),
        packets=flow["packets"],
        client_bytes=talk.sent[CLIENT],
        server_bytes=talk.sent[SERVER],
        holes=len(talk.holes),
        hole_bytes=talk.hole_bytes,
        complete=order.complete,
        text="\n".join(f"{turn.side}, packet {turn.first_packet}:\n{turn.text}" for turn in turns if turn.text),
        turns=turns,
        out=None if out is None else str(out),
        written=talk.written,
        coverage=_coverage(capture, talk),
    )


def _pieces(
    capture: CaptureFile, flow: dict[str, object], order: TcpStream | Datagrams, progress: Progress, cancel: CancelToken
) -> Iterator[Piece]:
    done = 0
    for part in segments(capture, flow):
        cancel.check()
        for segment in part:
            yield from order.take(segment)
        done += len(part)
        progress(done, 0, "packets followed")
    yield from order.finish()


def _coverage(capture: CaptureFile, talk: _Talk) -> Coverage:
    """Count the bytes that were sent as far as the capture tells; holes are what it does not have."""
    sent = sum(talk.sent)
    shown = sent if talk.view.only is None else talk.sent[talk.view.only]
    notes = list(capture.coverage.notes)
    if talk.shown < shown:
        notes.append(f"the text of the turns holds {talk.shown} of {shown} bytes (--limit)")
    if talk.left_out:
        notes.append(f"the first {MOST_TURNS} turns are listed, {talk.left_out} more pieces are only counted")
    if talk.stream is not None and talk.holes:
        notes.append("nothing stands for a hole in the file that was written")
    gaps: tuple[Gap, ...] = ()
    if talk.hole_bytes:
        places = tuple(f"before packet {piece.number}" for piece in talk.holes[:_PLACES])
        gaps = (Gap(reason="not captured", count=talk.hole_bytes, places=places),)
    return Coverage(
        unit="bytes",
        total=sent + talk.hole_bytes,
        read=sent,
        gaps=gaps,
        notes=tuple(notes),
        missing=("a capture without loss and with a larger snapshot length (tcpdump -s 0)",) if gaps else (),
        source=capture.source.name,
    )
