"""Routes about the user, the settings, the models, and the interface itself."""

from __future__ import annotations

import asyncio
from typing import Any

from netguru.chat.engines import engines
from netguru.jupyter.server.openapi import document
from netguru.jupyter.server.routing import ROUTES, Call, route
from netguru.operations.operation import operations
from netguru.operations.schema import tool_schema


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
        "budget": "money a day",
    },
)
async def settings_changed(call: Call) -> Any:
    """Change settings; null takes one away."""
    return await asyncio.to_thread(call.service.preferences.change, call.owner, dict(call.stated_all()))


@route("GET", "models")
async def models(call: Call) -> Any:
    """List the engines and models that can answer with the user's settings."""
    context = call.service.context(call.owner)

    def made() -> list[dict[str, Any]]:
        return [{"id": name, "ready": item.ready(context)} for name, item in engines.items()]

    return {"items": await asyncio.to_thread(made), "next": None}


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
