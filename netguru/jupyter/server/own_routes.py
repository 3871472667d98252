"""Routes about the user, the settings, the models, and the interface itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from netguru.chat.engines import engines
from netguru.errors import NetGuruError
from netguru.jupyter.server.openapi import document
from netguru.jupyter.server.routing import ROUTES, Call, route
from netguru.operations.operation import operations
from netguru.operations.schema import tool_schema

if TYPE_CHECKING:
    from collections.abc import Mapping


@route("GET", "users/me")
async def me(call: Call) -> Any:
    """Tell who asks."""
    return {**call.user, "owner": call.owner}


@route("GET", "settings")
async def settings(call: Call) -> Any:
    """Give the user's settings; the key is never shown."""
    return await asyncio.to_thread(call.service.preferences.shown, call.owner)


@route(
    "PATCH",
    "settings",
    body={
        "provider": "who runs the model",
        "model": "the model",
        "base_url": "the provider's address",
        "key": "the key; it is written and never read",
        "price": "what the model costs, IN/OUT: money for a million tokens asked and given",
        "budget": "money a day; it needs the price",
    },
)
async def settings_changed(call: Call) -> Any:
    """Change settings; null takes one away."""
    return await asyncio.to_thread(call.service.preferences.change, call.owner, dict(call.stated_all()))


@route("GET", "models")
async def models(call: Call) -> Any:
    """List the engines that can answer with the user's settings, and the models that his provider has.

    `error` says why the provider was not asked or did not answer; the list of engines is there all the same.
    """
    context = call.service.context(call.owner)

    def made() -> list[dict[str, Any]]:
        return [{"id": name, "kind": "engine", "ready": item.ready(context)} for name, item in engines.items()]

    items, error = await asyncio.to_thread(made), None
    provider = str(context.options.get("provider") or "")
    if provider:
        try:
            names = await _listed(provider, context.options)
            items += [{"id": name, "kind": "model", "ready": True} for name in names]
        except NetGuruError as failed:
            error = str(failed)
    return {"items": items, "next": None, "error": error}


async def _listed(provider: str, options: Mapping[str, Any]) -> tuple[str, ...]:
    from netguru.llm.listing import listed

    return await listed(provider, url=str(options.get("base_url") or ""), key=options.get("key"))


@route("GET", "operations")
async def operation_list(call: Call) -> Any:
    """List the operations with their schemas."""
    del call

    def made() -> list[dict[str, Any]]:
        return [
            {
                "name": item.name,
                "summary": item.summary,
                "schema": tool_schema(item)["parameters"],
                "effect": item.effect,
            }
            for item in operations.values()
        ]

    return {"items": await asyncio.to_thread(made), "next": None}


@route("GET", "openapi.json")
async def openapi(call: Call) -> Any:
    """Describe this interface."""
    del call
    return document(ROUTES.values())
