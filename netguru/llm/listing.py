"""Which models a provider has, asked of its server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from netguru.llm.choosing import choice
from netguru.llm.failing import translated
from netguru.llm.providers import made

if TYPE_CHECKING:
    from netguru.settings import Secret


async def listed(provider: str, *, url: str = "", key: Secret | None = None) -> tuple[str, ...]:
    """Give the names of a provider's models in order; raises UnknownNameError, InputError, ServiceError."""
    # Any name does: the list is the same for all.
    chosen = choice(f"{provider}:any", url=url, key=key)
    model = await asyncio.to_thread(made, chosen)
    try:
        return tuple(sorted(await model.names()))
    except Exception as error:
        told = translated(error, chosen)
        if told is error:
            raise
        raise told from None
    finally:
        await model.aclose()
