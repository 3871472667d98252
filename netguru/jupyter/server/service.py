"""What all requests share: where the files are, who asks, how much each may ask, and which turns run."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jupyter_server.auth.identity import IdentityProvider, LegacyIdentityProvider

from netguru.chat.engines import choose
from netguru.chat.events import TurnContext
from netguru.errors import RateLimitedError
from netguru.store.conversation_owner import default_owner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jupyter_server.base.handlers import JupyterHandler

    from netguru.chat.events import Engine, Question
    from netguru.jupyter.server.hub import Hub
    from netguru.jupyter.server.preferences import Preferences

# Jupyter's own providers know one user, whose name they make up by chance for every browser.
_ONE_USER: tuple[Callable[..., object], ...] = (IdentityProvider.get_user, LegacyIdentityProvider.get_user)


@dataclass(slots=True)
class Bucket:
    """A token bucket: `capacity` at once, refilled within a minute."""

    capacity: float
    left: float
    at: float

    def take(self) -> float:
        """Take one; gives 0, or the seconds to wait for it."""
        now = time.monotonic()
        self.left = min(self.capacity, self.left + (now - self.at) * self.capacity / 60)
        self.at = now
        if self.left >= 1:
            self.left -= 1
            return 0.0
        return (1 - self.left) * 60 / self.capacity


@dataclass(slots=True, kw_only=True)
class Service:
    """The state of the extension in one server."""

    folder: Path
    workspace: Path
    roots: tuple[Path, ...]
    limits: dict[str, int]
    hub: Hub
    preferences: Preferences
    buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)
    prepared: set[str] = field(default_factory=set)

    def owner(self, handler: JupyterHandler) -> str:
        """Name who asks: the user that an identity provider of its own tells, else the account of this server."""
        if self.alone(handler.identity_provider):
            return default_owner()
        return f"user:{handler.current_user.username}"

    @staticmethod
    def alone(provider: IdentityProvider) -> bool:
        """Say whether all who may enter are one user: the account of this server."""
        return type(provider).get_user in _ONE_USER

    def admit(self, owner: str, kind: str) -> None:
        """Count a request against its owner's limit; raises RateLimitedError with the seconds to wait."""
        limit = self.limits[kind]
        if limit <= 0:
            return
        bucket = self.buckets.setdefault((owner, kind), Bucket(limit, limit, time.monotonic()))
        wait = bucket.take()
        if wait:
            raise RateLimitedError(f"too many {kind} a minute (limit {limit})", retry_after=wait)

    def context(self, owner: str, conversation: int = 0, question: Question | None = None) -> TurnContext:
        """Give what an engine may know and use; what the user attached to the question may be read."""
        attached = [item.path for item in question.attachments if item.path is not None] if question else []
        return TurnContext(
            folder=self.folder,
            workspace=self.workspace,
            roots=(*self.roots, *attached),
            owner=owner,
            conversation=conversation,
            options=self.preferences.options(owner),
        )

    def prepare(self, owner: str) -> None:
        """Let the engine that will answer load itself, once; call it in a thread."""
        context = self.context(owner)
        engine = choose(context)
        load = getattr(engine, "prepare", None)
        if load is not None and engine.name not in self.prepared:
            self.prepared.add(engine.name)
            load(context)

    def engine(self, context: TurnContext) -> Engine:
        """Choose who answers."""
        return choose(context)
