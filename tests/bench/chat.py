"""Measure the chat's streaming: `python tests/bench/chat.py [--quick]`, also as `make bench-chat`.

A scripted provider and the clients run in this process, so that their clocks are one; the Jupyter server with the
extension is a process of its own. Everything goes through its WebSocket. Nothing fails by the clock: the exit status
is 1 where a token was lost, doubled or out of place. Processor seconds are those of the server's process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "llm"), str(ROOT / "tests" / "jupyter")]

from servers import Server as Provider
from servers import Step
from test_server import BASE, TOKEN, Server, end, start
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

GOALS = {"first token": 150.0, "cancel": 200.0}
"""Milliseconds, p95."""
TOKENS = 200
LONG_TOKENS = 2000
AT_ONCE = 50
MESSAGES = 200


@dataclass
class Script:
    """What the provider was asked and did, by question; times are of this process's clock."""

    asked: dict[str, float] = field(default_factory=dict)
    sent: dict[str, list[float]] = field(default_factory=dict)
    gone: dict[str, float] = field(default_factory=dict)
    left: dict[str, threading.Event] = field(default_factory=lambda: defaultdict(threading.Event))

    def reply(self, request: dict[str, Any]) -> Step:
        """Answer as the question's words say: `NAME tokens COUNT pause MILLISECONDS`."""
        now = time.monotonic()
        name, _, count, _, pause = _question(request).split()[:5]
        self.asked[name], times = now, self.sent.setdefault(name, [])
        return Step(
            pieces=pieces(name, int(count)),
            pause=int(pause) / 1000,
            sent=lambda _: times.append(time.monotonic()),
            gone=lambda: self._gone(name),
        )

    def _gone(self, name: str) -> None:
        self.gone[name] = time.monotonic()
        self.left[name].set()


def _question(request: dict[str, Any]) -> str:
    """Find the question in the last of the messages that were sent."""
    content = request["messages"][-1]["content"]
    text = content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)
    return text[text.index("ask-") :]


def pieces(name: str, count: int) -> tuple[str, ...]:
    """Make an answer whose pieces all differ; letters alone, so that nothing in it is a claim to be verified."""
    return tuple(f"{name[4:]}{_letters(number)} " for number in range(count))


def _letters(number: int) -> str:
    return "".join(chr(97 + int(digit)) for digit in f"{number:05d}")


@dataclass
class Answer:
    """What a client saw of one answer."""

    name: str
    expected: str
    asked: float = 0.0
    at: list[float] = field(default_factory=list)
    """When the client had each piece of the provider, the last of them first known to be there."""
    text: str = ""
    message: dict[str, Any] = field(default_factory=dict)
    kind: str = ""

    def exact(self) -> bool:
        """Say whether each token came once and in its place, and what is stored is what was streamed."""
        return self.text.startswith(self.expected) and self.message.get("text") == self.text


class Client:
    """One conversation with its socket."""

    def __init__(self, server: Server, number: int) -> None:
        self._server = server
        self.number = number
        self._socket: Any = None

    async def open(self) -> Client:
        url = self._server.url.replace("http", "ws", 1) + f"{BASE}ws/chat/{self.number}"
        self._socket = await websocket_connect(HTTPRequest(url, headers=self._server.headers), max_message_size=1 << 28)
        await self._until("ready")
        return self

    async def _until(self, *kinds: str) -> dict[str, Any]:
        while True:
            text = await self._socket.read_message()
            if text is None:
                raise ConnectionError("the server closed the socket")
            message: dict[str, Any] = json.loads(text)
            if message["type"] in kinds:
                return message

    async def ask(self, name: str, count: int, pause_ms: int, *, stop_after: int = 0) -> Answer:
        made = Answer(name, "".join(pieces(name, count)), asked=time.monotonic())
        question = f"{name} tokens {count} pause {pause_ms}"
        await self._socket.write_message(json.dumps({"type": "ask", "id": name, "question": question}))
        stopped_at = 0.0
        while True:
            message = await self._until("delta", "finished", "stopped", "error")
            if message["type"] != "delta":
                made.kind, made.message = message["type"], message.get("message", {})
                made.asked = stopped_at or made.asked
                return made
            now, made.text = time.monotonic(), made.text + message["text"]
            made.at += [now] * (made.text.count(" ") - len(made.at))
            if stop_after and not stopped_at and len(made.at) >= stop_after:
                stopped_at = time.monotonic()
                await self._socket.write_message(json.dumps({"type": "cancel", "id": name}))

    def close(self) -> None:
        self._socket.close()


def quantile(values: list[float], share: float) -> float:
    """Give a quantile by its rank: a value that was measured."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def row(name: str, values: list[float], goal: float | None = None) -> None:
    told = f"  goal {goal:.0f} ms: {'met' if quantile(values, 0.95) <= goal else 'MISSED'}" if goal else ""
    print(
        f"{name:<44} n {len(values):>5}  p50 {quantile(values, 0.5):7.1f} ms  p95 {quantile(values, 0.95):7.1f} ms"
        f"  max {max(values):7.1f} ms{told}"
    )


def cpu(pid: int) -> float:
    """Give the processor seconds of a process by now."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def first_tokens(server: Server, script: Script, count: int) -> list[Answer]:
    """One question after the other, each in a conversation of its own."""
    answers = []
    for number in range(count + 1):
        client = await Client(server, server.conversation()).open()
        answers.append(await client.ask(f"ask-first{_letters(number)}", 10, 5))
        client.close()
    cold, *warm = answers
    began = [1000 * (script.asked[item.name] - item.asked) for item in warm]
    first = [1000 * (item.at[0] - script.sent[item.name][0]) for item in warm]
    cold_ms = 1000 * (cold.at[0] - cold.asked)
    print(f"first question of a server, whole: {cold_ms:.0f} ms until the first token")
    row("question until the provider has it", began)
    row("provider's first token until ours", first, GOALS["first token"])
    return answers


async def cancels(server: Server, script: Script, count: int) -> int:
    """Stop answers in their middle; gives how many did not stop as they should."""
    taken, wrong = [], 0
    client = await Client(server, server.conversation()).open()
    for number in range(count):
        name = f"ask-stop{_letters(number)}"
        answer = await client.ask(name, TOKENS, 100, stop_after=1 + number % 4)
        await asyncio.to_thread(script.left[name].wait, 10)
        if answer.kind != "stopped" or name not in script.gone or not answer.expected.startswith(answer.text):
            wrong += 1
            continue
        taken.append(1000 * (script.gone[name] - answer.asked))
    client.close()
    row("cancel until the provider's connection is shut", taken, GOALS["cancel"])
    return wrong


async def at_once(server: Server, script: Script, pid: int, count: int, pause_ms: int) -> list[Answer]:
    """Many conversations that stream at the same time."""
    clients = await asyncio.gather(*(Client(server, server.conversation()).open() for _ in range(count)))
    before, began = cpu(pid), time.monotonic()
    answers = await asyncio.gather(
        *(client.ask(f"ask-many{_letters(number)}", TOKENS, pause_ms) for number, client in enumerate(clients))
    )
    used, seconds = cpu(pid) - before, time.monotonic() - began
    for client in clients:
        client.close()
    lags = [
        1000 * (had - sent)
        for item in answers
        for had, sent in zip(item.at, script.sent[item.name], strict=False)
    ]  # fmt: skip
    overlap = min(max(script.sent[item.name]) for item in answers) - max(
        min(script.sent[item.name]) for item in answers
    )
    tokens = count * TOKENS
    print(
        f"{count} conversations at once, a token every {pause_ms} ms: {tokens} tokens in {seconds:.1f} s, "
        f"all streaming together for {overlap:.1f} s; server {used:.1f} s CPU, {1e6 * used / tokens:.0f} us a token"
    )
    row(f"first token of {count} at once", [1000 * (i.at[0] - script.sent[i.name][0]) for i in answers])
    row(f"every token of {count} at once", lags)
    return answers


async def long_conversation(server: Server, pid: int, messages: int, rounds: int) -> list[Answer]:
    """The same answer in a short and a long conversation, in turns."""
    places = {2: server.conversation(), messages: server.conversation()}
    for held, number in places.items():
        client = await Client(server, number).open()
        for turn in range(held // 2):
            await client.ask(f"ask-fill{_letters(held)}{_letters(turn)}", 250 if held > 2 else 10, 0)
        client.close()
    used: dict[int, list[float]] = {held: [] for held in places}
    answers = []
    for turn in range(rounds):
        for held, number in places.items():
            client = await Client(server, number).open()
            before = cpu(pid)
            answers.append(await client.ask(f"ask-long{_letters(held)}{_letters(turn)}", LONG_TOKENS, 0))
            used[held].append(cpu(pid) - before)
            client.close()
    short, long = (statistics.median(used[held]) for held in places)
    for held, values in used.items():
        middle = 1e6 * statistics.median(values) / LONG_TOKENS
        print(f"{held:>4} messages before: {middle:6.0f} us CPU a token  (an answer of {LONG_TOKENS}, {rounds} turns)")
    print(f"a token at {messages} messages costs {long / short:.2f} times one at 2")
    return answers


async def measure(server: Server, script: Script, pid: int, *, quick: bool) -> int:
    """Measure all; gives the number of answers that were not exact."""
    turns = 10 if quick else 60
    answers = await first_tokens(server, script, turns)
    wrong = await cancels(server, script, turns)
    for pause in (50,) if quick else (100, 50, 20):
        script.sent.clear()
        answers += await at_once(server, script, pid, AT_ONCE, pause)
    answers += await long_conversation(server, pid, MESSAGES // (10 if quick else 1), 3 if quick else 5)
    lost = [item.name for item in answers if not item.exact()]
    tokens = sum(item.expected.count(" ") for item in answers)
    print(f"answers streamed exactly, every token once: {len(answers) - len(lost)} of {len(answers)} ({tokens} tokens)")
    print(f"answers that did not stop as asked: {wrong}")
    return len(lost) + wrong


def main() -> int:
    """Start both servers, measure, end them."""
    stated = argparse.ArgumentParser(description=__doc__)
    stated.add_argument("--quick", action="store_true", help="fewer turns")
    quick = stated.parse_args().quick
    script = Script()
    folder = Path(tempfile.mkdtemp(prefix="netguru-bench-chat-"))
    config = f"c.IdentityProvider.token = {TOKEN!r}\n"
    limits = dict.fromkeys(("REQUESTS_PER_MINUTE", "QUESTIONS_PER_MINUTE", "MODEL_DAY_TOKENS"), "0")
    limits |= {"MODEL_SESSION_TOKENS": "1000000000", "LOG_LEVEL": "warning"}
    try:
        with Provider("openai", [Step(reply=script.reply)]) as provider:
            variables = {f"NETGURU_{name}": value for name, value in limits.items()}
            variables |= {
                "NETGURU_MODEL": "openai:small",
                "NETGURU_MODEL_URL": provider.url,
                "OPENAI_API_KEY": "sk-bench",
            }
            server, process = start(folder, config, {"Authorization": f"token {TOKEN}"}, **variables)
            try:
                wrong = asyncio.run(measure(server, script, process.pid, quick=quick))
            finally:
                end(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
