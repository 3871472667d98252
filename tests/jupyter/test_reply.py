"""An answer for somebody else's chat: harmless pieces, its places at its end, stopped when nobody reads on."""

from __future__ import annotations

import asyncio

import pytest

from netguru.chat.events import Approval, Cited, Delta, Outcome, Question, Tool
from netguru.errors import ServiceError
from netguru.jupyter.reply import Reply
from netguru.jupyter.server.hub import Hub
from netguru.jupyter.server.preferences import Preferences
from netguru.jupyter.server.service import Service
from netguru.model.evidence import Evidence
from netguru.store import conversations

EVIDENCE = Evidence(source="r1.cfg", sha256="0" * 64, kind="line", start=3, end=3, text="mtu 1400 <b>")


class Scripted:
    """An engine that yields what a test wants."""

    name = "scripted"

    def __init__(self, *events):
        self.events = events
        self.allowed = None
        self.begun = asyncio.Event()
        self.closed = False

    def ready(self, _context):
        return True

    async def answer(self, _question, context):
        self.begun.set()
        try:
            for event in self.events:
                if isinstance(event, Exception):
                    raise event
                yield event
                if isinstance(event, Approval):
                    self.allowed = await context.approved(event.call)
            if not self.events:
                await asyncio.Event().wait()
        finally:
            self.closed = True


@pytest.fixture
def reply(tmp_path, monkeypatch):
    def made(engine, **limits):
        monkeypatch.setattr("netguru.jupyter.server.service.choose", lambda _: engine)
        service = Service(
            folder=tmp_path,
            workspace=tmp_path,
            roots=(tmp_path,),
            limits={"questions": 0, "requests": 0, **limits},
            hub=Hub(),
            preferences=Preferences(tmp_path),
        )
        number = conversations.create(owner="ana", workspace=tmp_path).id
        return Reply(service, "ana", number)

    return made


def read(found, question="why?"):
    async def run():
        return [piece async for piece in found.pieces(Question(text=question))]

    return asyncio.run(run())


def test_it_comes_in_pieces_with_its_places(reply):
    engine = Scripted(
        Delta(text="The MTU "),
        Delta(text="is 1400 [1]. "),
        Cited(number=1, evidence=EVIDENCE),
        Tool(call="1", name="config.parse", state="done", arguments={"file": "r1.cfg"}),
        Delta(text="See [x](http://a.example) <img src=x>"),
        Outcome(status="grounded"),
    )
    pieces = read(reply(engine))
    assert pieces[:2] == ["The MTU ", "is 1400 [1]. "]
    whole = "".join(pieces)
    assert "](http" not in whole
    assert "<" not in whole
    assert r"[1] r1.cfg line 3: \`mtu 1400 &lt;b>\`" in whole
    assert "- ran `config.parse r1.cfg`: done" in whole
    assert whole.endswith("*grounded*")


def test_what_asks_first_is_refused(reply):
    engine = Scripted(Approval(call="1", name="pcap.repair", arguments={}, effect="write"), Outcome(status="partial"))
    assert read(reply(engine))[-1].endswith("*partial*")
    assert engine.allowed is False


def test_a_failure_is_told(reply):
    told = "".join(read(reply(Scripted(Delta(text="So "), ServiceError("the model is gone")))))
    assert told.startswith("So ")
    assert "> the model is gone" in told
    assert told.endswith("*failed*")


def test_a_limit_is_told(reply):
    found = reply(Scripted(Outcome(status="partial")), questions=1)
    read(found)
    assert "too many questions" in "".join(read(found))


def test_who_reads_no_further_stops_it(reply):
    engine = Scripted()
    found = reply(engine)

    async def run():
        pieces = found.pieces(Question(text="why?"))
        waiting = asyncio.ensure_future(anext(pieces))
        await engine.begun.wait()
        found.stop()
        told = [await waiting]
        return told + [piece async for piece in pieces]

    assert "*cancelled*" in "".join(asyncio.run(run()))
    assert engine.closed
