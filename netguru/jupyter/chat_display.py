"""The chat in a cell: the answer is shown while it comes, an interrupt stops it, what came is stored."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from IPython.display import display

from netguru.chat.approving import ask_user
from netguru.chat.asking import Watcher, ask
from netguru.chat.events import Delta, Finished, Tool
from netguru.operations.operation import find
from netguru.render.clean import clean
from netguru.render.prose import prose_html
from netguru.workspace.workspace import current_workspace

if TYPE_CHECKING:
    from netguru.chat.events import TurnEvent
    from netguru.chat.results import ChatAnswer

_EVERY_S = 0.1


class Streamed:
    """Show the text of an answer as it grows, at most ten times a second: every update is stored in the notebook."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._doing = ""
        self._behind = False
        self._shown_at = 0.0
        self._handle: Any = display({"text/plain": ""}, raw=True, display_id=True)  # type: ignore[no-untyped-call]  # IPython's function has no types

    def take(self, event: TurnEvent) -> None:
        """Take an event of the turn."""
        if isinstance(event, Delta):
            self._pieces.append(event.text)
        elif isinstance(event, Tool):
            self._doing = (
                f"{event.name}: {event.summary or event.state}" if event.state in ("started", "progress") else ""
            )
        if isinstance(event, Finished):
            # The result shows itself; a stopped answer has none.
            self._show("" if event.kind == "finished" else f"{self._text()}\n\n*({event.message.status})*")
            return
        self._behind = True
        if time.monotonic() - self._shown_at >= _EVERY_S:
            self.catch_up()

    def catch_up(self) -> None:
        """Show what came since the last time."""
        if self._behind:
            self._behind = False
            self._shown_at = time.monotonic()
            self._show(self._text() + (f"\n\n*{self._doing} …*" if self._doing else ""))

    def _text(self) -> str:
        return "".join(self._pieces)

    def _show(self, text: str) -> None:
        # Without a session there is nothing to update: the result alone is shown.
        if self._handle is None:
            return
        said = prose_html(text)
        shown = f'<section class="netguru tex2jax_ignore mathjax_ignore">{said}</section>' if said else ""
        self._handle.update({"text/plain": clean(text), "text/html": shown}, raw=True)


def ask_in_cell(stated: dict[str, Any]) -> ChatAnswer:
    """Run `chat.ask` with the arguments of a magic; raises KeyboardInterrupt when the user stopped it."""
    item = find("chat.ask")
    given = {name: item.parameter(name).coerce(value) for name, value in stated.items()}
    engine = given.get("engine", "auto")
    shown = Streamed()
    return ask(
        given["question"],
        workspace=current_workspace().folder,
        conversation=given.get("conversation") or 0,
        about=given.get("about") or (),
        engine="" if engine == "auto" else engine,
        options={"model": given["model"]} if given.get("model") else {},
        watcher=Watcher(told=shown.take, idle=shown.catch_up, approve=ask_user),
    )
