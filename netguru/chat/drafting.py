"""The answer while it is being written: its text, the places that it cites, what it cost, and its events."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netguru.chat.events import Cited, Delta, Outcome

if TYPE_CHECKING:
    from netguru.chat.events import Event
    from netguru.chat.ledger import Ledger
    from netguru.model.coverage import Coverage
    from netguru.store.conversation_results import AnswerStatus

_CITATION = re.compile(r"\[(\d{1,4})\]")
_BEGUN = re.compile(r"\[\d{0,4}$")
_UNKNOWN = "[?]"


@dataclass(slots=True, kw_only=True)
class Draft:
    """Collect what is said and done, as events in their order; `None` on the queue is the end.

    The model cites by the numbers of the ledger, `written` is its own text; what is shown counts the cited places
    from 1 in the order of the text.
    """

    ledger: Ledger
    events: asyncio.Queue[Event | None] = field(default_factory=asyncio.Queue)
    usage: dict[str, Any] = field(default_factory=dict)
    model: str = ""
    failures: list[str] = field(default_factory=list)
    coverage: Coverage | None = None
    runs: int = 0
    _pieces: list[str] = field(default_factory=list)
    _shown: dict[int, int] = field(default_factory=dict)
    _held: str = ""
    _apart: bool = False
    _call_began: int = 0

    @property
    def written(self) -> str:
        """Give the text by now, as the model wrote it."""
        return "".join(self._pieces)

    @property
    def cited(self) -> int:
        """Count the places that are cited by now."""
        return len(self._shown)

    @property
    def said_in_call(self) -> bool:
        """Say whether the call of the model that runs has said anything."""
        return len(self._pieces) > self._call_began

    def tell(self, event: Event) -> None:
        """Put an event behind the others."""
        self.events.put_nowait(event)

    def begin_call(self) -> None:
        """Note that a call of a model begins: what it says is a paragraph of its own."""
        self._apart = bool(self._pieces)
        self._call_began = len(self._pieces)

    def say(self, text: str) -> None:
        """Add a piece of text, and every place whose number it completes."""
        if not text:
            return
        if self._apart:
            self._apart = False
            text = "\n\n" + text
        self._pieces.append(text)
        # A number may come in pieces: what could become one is shown with its end.
        self._held += text
        begun = _BEGUN.search(self._held)
        whole = self._held[: begun.start()] if begun else self._held
        self._held = self._held[len(whole) :]
        self._show(whole)

    def end_call(self) -> None:
        """Show what was held back."""
        held, self._held = self._held, ""
        self._show(held)

    def say_apart(self, text: str) -> None:
        """Add a paragraph."""
        self._apart = bool(self._pieces)
        self.say(text)
        self.end_call()

    def next_run(self) -> str:
        """Name the next run of a tool."""
        self.runs += 1
        return str(self.runs)

    def spend(self, **tokens: int) -> None:
        """Add to what the answer has cost."""
        for name, count in tokens.items():
            self.usage[name] = self.usage.get(name, 0) + count

    def outcome(self, status: AnswerStatus) -> None:
        """State how the answer stands; the last statement counts, also when the answer is stopped behind it."""
        self.tell(
            Outcome(
                status=status,
                model=self.model,
                usage=dict(self.usage),
                fallback="; ".join(self.failures),
                coverage=self.coverage,
            )
        )

    def _show(self, text: str) -> None:
        if text:
            self.tell(Delta(text=_CITATION.sub(self._number, text)))

    def _number(self, match: re.Match[str]) -> str:
        entry = self.ledger.entry(int(match[1]))
        if entry is None:
            return _UNKNOWN
        if entry.number not in self._shown:
            self._shown[entry.number] = self.cited + 1
            self.tell(Cited(number=self.cited, evidence=entry.evidence, root=entry.root))
        return f"[{self._shown[entry.number]}]"
