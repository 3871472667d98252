"""NetGuru as a persona of Jupyter AI: `@NetGuru` in its chats answers as the panel does, cited, without a model too.

Loaded by Jupyter AI through the entry-point group `jupyter_ai.personas` (extra `netguru[jupyter-ai]`).
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_ai_persona_manager import BasePersona, PersonaDefaults

from netguru.errors import NetGuruError, UnknownNameError
from netguru.jupyter.reply import Reply
from netguru.jupyter.server.conversation_routes import question_of
from netguru.jupyter.server.loading import SETTING
from netguru.store import conversations
from netguru.store.conversation_owner import default_owner

if TYPE_CHECKING:
    from jupyterlab_chat.models import Message

    from netguru.jupyter.server.service import Service

_AVATAR = Path(__file__).parent / "static" / "netguru.svg"
_CONVERSATION = "netguru_conversation"
_MENTION = re.compile(r"^\s*@NetGuru:?\s*")
# A chat may be shared, and its messages say themselves who sent them: where users are told apart,
# none of them lends his key or his budget to it.
_SHARED = "jupyter-ai"


class NetGuruPersona(BasePersona):  # type: ignore[misc]  # without the extra it has no types
    """Answer in one chat of Jupyter AI."""

    _reply: Reply | None = None

    @property
    def defaults(self) -> PersonaDefaults:
        """Say who answers."""
        return PersonaDefaults(
            name="NetGuru",
            description="Answers questions about captures, configurations and device outputs, each with its proof.",
            avatar_path=str(_AVATAR),
            system_prompt="",
        )

    async def prepare(self) -> None:
        """Load what answers need, once."""
        service = self._service()
        if service is not None:
            await asyncio.to_thread(service.prepare, self._owner(service))

    async def process_message(self, message: Message) -> None:
        """Answer a message, streamed."""
        service = self._service()
        if service is None:
            self.send_message("NetGuru's extension of the server is off: `jupyter server extension enable netguru`.")
            return
        owner = self._owner(service)
        asked = {"question": _MENTION.sub("", message.body), "attachments": self._attached(message)}
        try:
            question = await asyncio.to_thread(question_of, asked, service, owner)
            number = await asyncio.to_thread(self._conversation, service, owner)
        except NetGuruError as error:
            self.send_message(f"> {error.message}")
            return
        self._reply = Reply(service, owner, number)
        await self.stream_message(self._reply.pieces(question))

    async def cancel_response(self) -> None:
        """Stop the answer."""
        if self._reply is not None:
            self._reply.stop()

    def _service(self) -> Service | None:
        found: Service | None = self.parent.parent.serverapp.web_app.settings.get(SETTING)
        return found

    def _owner(self, service: Service) -> str:
        alone = service.alone(self.parent.parent.serverapp.identity_provider)
        return default_owner() if alone else _SHARED

    def _attached(self, message: Message) -> list[dict[str, Any]]:
        found = [self.resolve_attachment_to_path(item) for item in message.attachments or ()]
        return [{"kind": "file", "path": path} for path in found if path]

    def _conversation(self, service: Service, owner: str) -> int:
        """Give the conversation of this chat, which the chat remembers; another's is none of ours."""
        number = self.chat.get_metadata().get(_CONVERSATION)
        if type(number) is int:
            try:
                return conversations.get(number, owner=owner, workspace=service.workspace).id
            except UnknownNameError:
                pass
        made = conversations.create(owner=owner, workspace=service.workspace).id
        self.event_loop.call_soon_threadsafe(self.chat.set_metadata, _CONVERSATION, made)
        return made
