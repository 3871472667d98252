"""One turn: whatever happens to it and whenever, what is stored is whole and the next turn can begin."""

from __future__ import annotations

import asyncio
import importlib
from pathlib import Path

import pytest

from netguru.chat.engines import engines
from netguru.chat.events import Approval, Delta, Finished, Question, TurnContext
from netguru.chat.turn import Turn
from netguru.store import conversations

SCRIPT = "one tool cite two approve three"
# Delta, tool three times, citation, delta, approval, its outcome, delta.
EVENTS = 9


@pytest.fixture(autouse=True)
def scripted(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "plugin"))
    importlib.import_module("netguru_test_engine")


@pytest.fixture
def context(tmp_path):
    number = conversations.create(owner="ana", workspace=tmp_path).id
    return TurnContext(folder=tmp_path, workspace=tmp_path, roots=(tmp_path,), owner="ana", conversation=number)


def play(context, text, when=None, *, allow=True):
    """Run a turn; `when(count, turn)` is called at each event of the engine. Gives the message and what was told."""
    told = []

    async def run():
        async def listen(event):
            told.append(event)
            if isinstance(event, Approval):
                turn.approve(event.call, allow=allow)
            if when is not None:
                when(len(told) - 1, turn)

        turn = Turn(Question(text=text), context, engine=engines["scripted"], listener=listen)
        return await turn.run()

    return asyncio.run(run()), told


def test_an_answer_is_told_and_stored_whole(context):
    message, told = play(context, SCRIPT)
    assert (message.status, message.text) == ("complete", "one two allowed three ")
    assert [run.state for run in message.tools] == ["done"]
    assert (message.citations[0].label, message.citations[0].url) == (
        "r1.cfg line 1",
        "evidence?source=r1.cfg&kind=line&place=1-1",
    )
    assert [event.kind for event in told] == [
        "started", "delta", "tool", "tool", "tool", "citation", "delta", "approval", "delta", "delta", "finished",
    ]  # fmt: skip
    assert "".join(event.text for event in told if isinstance(event, Delta)) == message.text


@pytest.mark.parametrize("point", range(EVENTS + 1))
def test_after_a_cancel_at_any_event_the_next_turn_is_valid(context, point):
    message, told = play(context, SCRIPT, lambda count, turn: turn.cancel() if count == point else None)
    assert message.status == "cancelled"
    assert {run.state for run in message.tools} <= {"done", "cancelled"}
    assert message.text == "".join(event.text for event in told if isinstance(event, Delta))
    assert (told[-1].kind, told[-1].message) == ("stopped", message)
    after, _ = play(context, "well")
    assert after.status == "complete"
    stored = conversations.messages(context.conversation, owner="ana", workspace=context.workspace)
    assert [item.role for item in stored] == ["user", "assistant"] * 2
    assert stored[1] == message


def test_a_stalled_engine_is_stopped(context):
    message, _ = play(context, "half stall never", lambda count, turn: turn.cancel() if count == 1 else None)
    assert (message.status, message.text) == ("cancelled", "half ")


def test_an_approval_that_is_refused(context):
    message, _ = play(context, "approve", allow=False)
    assert message.text == "refused "


@pytest.mark.parametrize(
    ("word", "said"),
    [("fail", "the provider does not answer"), ("crash", "internal error (RuntimeError)")],
)
def test_an_error_keeps_what_came_and_says_what_it_was(context, word, said):
    message, told = play(context, f"half {word} never")
    assert (message.status, message.text, message.answer.fallback) == ("failed", "half ", said)
    assert isinstance(told[-1], Finished)
    assert told[-1].kind == "error"
    assert play(context, "well")[0].status == "complete"


def test_a_listener_that_fails_does_not_end_the_turn(context):
    def fall(_count, _turn):
        raise ConnectionError("gone")

    message, _ = play(context, SCRIPT, fall)
    assert (message.status, message.text) == ("complete", "one two allowed three ")


def test_cancelling_the_caller_stops_the_turn_and_stores_it(context):
    async def run():
        reached = asyncio.Event()

        async def listen(event):
            if isinstance(event, Delta):
                reached.set()

        turn = Turn(Question(text="half stall"), context, engine=engines["scripted"], listener=listen)
        task = asyncio.ensure_future(turn.run())
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    last = conversations.messages(context.conversation, owner="ana", workspace=context.workspace)[-1]
    assert (last.status, last.text) == ("cancelled", "half ")


def test_the_history_of_a_turn_is_what_came_before(context):
    play(context, "first", None)
    seen = []

    class Looking:
        name = "looking"

        async def answer(self, _question, given):
            seen.extend(given.history)
            yield Delta(text="x")

    async def run():
        async def listen(_event):
            return None

        return await Turn(Question(text="second"), context, engine=Looking(), listener=listen).run()

    message = asyncio.run(run())
    assert [item.text for item in seen] == ["first", "first "]
    assert message.answer.status == "partial"
