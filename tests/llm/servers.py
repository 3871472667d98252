"""Two local HTTP servers that speak the wire protocols of providers, word for word as a script says.

A script is a list of steps, one a request; the last is repeated. Every request's bytes are kept.
"""

from __future__ import annotations

import contextlib
import json
import select
import threading
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


@dataclass(frozen=True, kw_only=True)
class Step:
    """What is answered: pieces of text, tool calls, or a failure."""

    pieces: tuple[str, ...] = ()
    tools: tuple[tuple[str, dict[str, Any]], ...] = ()
    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {"retry-after-ms": "1"})
    malformed: bool = False
    drop: int | None = None
    """Close the connection after so many pieces."""
    stall: int | None = None
    """Say nothing more after so many pieces, until the client leaves or the server ends."""
    pause: float = 0
    """Seconds between two pieces; a client that leaves meanwhile is noticed at once."""
    sent: Callable[[int], None] | None = None
    """Told the number of every piece just before it is sent."""
    gone: Callable[[], None] | None = None
    """Told that the client left in a pause."""
    usage: tuple[int, int] = (11, 7)
    reply: Callable[[dict[str, Any]], tuple[str, ...] | Step] | None = None
    """Make the pieces, or the whole step, of the request: for a script that reads what it was told."""


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    # Fifty clients may connect at the same moment.
    request_queue_size = 128


class Server:
    """A server on the loopback that follows a script."""

    def __init__(self, wire: str, script: Sequence[Step]) -> None:
        self.script = list(script)
        self.requests: list[dict[str, Any]] = []
        self.raw: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.left = threading.Event()
        """Set when a client closed its connection while it was being answered."""
        self.stalled = threading.Event()
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._http = _Http(("127.0.0.1", 0), _handler(self, _WIRES[wire]))
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        suffix = "/v1" if wire == "openai" else ""
        self.url = f"http://127.0.0.1:{self._http.server_port}{suffix}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._http.shutdown()
        self._http.server_close()

    def take(self, raw: bytes, headers: dict[str, str]) -> Step:
        with self._lock:
            self.raw.append(raw)
            self.headers.append(headers)
            self.requests.append(json.loads(raw))
            step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            if step.reply is None:
                return step
            made = step.reply(self.requests[-1])
            return made if isinstance(made, Step) else replace(step, pieces=made)


def _openai(step: Step) -> Iterator[tuple[str, bool]]:
    def chunk(delta: dict[str, Any], reason: str | None = None, **more: Any) -> str:
        choices = [{"index": 0, "delta": delta, "finish_reason": reason}]
        base = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices}
        return f"data: {json.dumps(base | more)}\n\n"

    yield chunk({"role": "assistant", "content": ""}), False
    for piece in step.pieces:
        yield chunk({"content": piece}), True
    for number, (name, arguments) in enumerate(step.tools):
        call = {"index": number, "id": f"call_{number}", "type": "function"}
        yield chunk({"tool_calls": [call | {"function": {"name": name, "arguments": ""}}]}), False
        yield chunk({"tool_calls": [{"index": number, "function": {"arguments": json.dumps(arguments)}}]}), True
    yield chunk({}, "tool_calls" if step.tools else "stop"), False
    asked, given = step.usage
    usage = {"prompt_tokens": asked, "completion_tokens": given, "total_tokens": asked + given}
    yield chunk({}, choices=[], usage=usage), False
    yield "data: [DONE]\n\n", False


def _anthropic(step: Step) -> Iterator[tuple[str, bool]]:
    def event(kind: str, **more: Any) -> str:
        return f"event: {kind}\ndata: {json.dumps({'type': kind} | more)}\n\n"

    asked, given = step.usage
    message = {"id": "m1", "type": "message", "role": "assistant", "model": "m", "content": []}
    message |= {"stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": asked, "output_tokens": 0}}
    yield event("message_start", message=message), False
    if step.pieces:
        yield event("content_block_start", index=0, content_block={"type": "text", "text": ""}), False
        for piece in step.pieces:
            yield event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece}), True
        yield event("content_block_stop", index=0), False
    for number, (name, arguments) in enumerate(step.tools, 1 if step.pieces else 0):
        block = {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": {}}
        yield event("content_block_start", index=number, content_block=block), False
        delta = {"type": "input_json_delta", "partial_json": json.dumps(arguments)}
        yield event("content_block_delta", index=number, delta=delta), True
        yield event("content_block_stop", index=number), False
    reason = "tool_use" if step.tools else "end_turn"
    end = {"stop_reason": reason, "stop_sequence": None}
    yield event("message_delta", delta=end, usage={"input_tokens": asked, "output_tokens": given}), False
    yield event("message_stop"), False


_WIRES = {"openai": _openai, "anthropic": _anthropic}


def _handler(server: Server, wire: Any) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            names = ["small", "large"]
            rows = [{"id": name, "object": "model", "created": 1, "owned_by": "x"} for name in names]
            more = [{"type": "model", "display_name": name, "created_at": "2026-01-01T00:00:00Z"} for name in names]
            body = {"object": "list", "data": [row | item for row, item in zip(rows, more, strict=True)]}
            server.headers.append({key.lower(): value for key, value in self.headers.items()})
            self._whole(Step(body=json.dumps(body | {"has_more": False})))

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            step = server.take(raw, {key.lower(): value for key, value in self.headers.items()})
            if step.status != 200:
                self._whole(step)
                return
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            try:
                self._stream(step)
            except OSError:
                self.close_connection = True
                server.left.set()

        def handle(self) -> None:
            # A client that leaves between two requests is no fault.
            with contextlib.suppress(ConnectionError):
                super().handle()

        def _whole(self, step: Step) -> None:
            body = (step.body or json.dumps({"error": {"message": "scripted", "type": "scripted"}})).encode()
            self.send_response(step.status)
            for name, value in {"content-type": "application/json", **step.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _stream(self, step: Step) -> None:
            sent = 0
            for text, counted in wire(step):
                if counted and sent == step.drop:
                    self.close_connection = True
                    return
                if counted and sent == step.stall:
                    self._wait()
                    return
                if counted and sent and step.pause and self._left_within(step.pause):
                    self.close_connection = True
                    server.left.set()
                    if step.gone is not None:
                        step.gone()
                    return
                if counted and step.sent is not None:
                    step.sent(sent)
                self._send(text.replace("{", "{broken", 1) if step.malformed and counted else text)
                sent += counted
            self.wfile.write(b"0\r\n\r\n")

        def _send(self, text: str) -> None:
            data = text.encode()
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()

        def _left_within(self, seconds: float) -> bool:
            """Pause, and say whether the client closed its side; it sends nothing while it is answered."""
            readable, _, _ = select.select([self.connection], [], [], seconds)
            return bool(readable)

        def _wait(self) -> None:
            server.stalled.set()
            self.close_connection = True
            self.connection.settimeout(0.05)
            while not server.ended.is_set():
                try:
                    if not self.connection.recv(1):
                        server.left.set()
                        return
                except TimeoutError:
                    continue
                except OSError:
                    server.left.set()
                    return

    return Handler
