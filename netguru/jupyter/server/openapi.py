"""The OpenAPI document, generated from the route table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import netguru

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.jupyter.server.routing import Route

BASE = "/netguru/api/v1"
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "request_id"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "request_id": {"type": "string"},
                "details": {"type": "object"},
            },
        }
    },
}


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Describe all routes."""
    paths: dict[str, dict[str, Any]] = {}
    for item in sorted(routes, key=lambda route: (route.path, route.method)):
        paths.setdefault(f"/{item.path}", {})[item.method.lower()] = _operation(item)
    return {
        "openapi": "3.1.0",
        "info": {"title": "NetGuru", "version": netguru.__version__},
        "servers": [{"url": BASE}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {"Error": _ERROR},
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "Authorization"}},
        },
    }


def _operation(item: Route) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer" if name == "id" else "string"}}
        for name in re.findall(r"{(\w+)}", item.path)
    ]
    parameters += [
        {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
        for name, text in item.query.items()
    ]
    made: dict[str, Any] = {
        "operationId": item.answer.__name__,
        "summary": item.summary,
        "parameters": parameters,
        "responses": {str(item.answers): {"description": "Done"}, "default": _failed()},
    }
    if item.body:
        schema = {"type": "object", "properties": {name: {"description": text} for name, text in item.body.items()}}
        made["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return made


def _failed() -> dict[str, Any]:
    reference = {"$ref": "#/components/schemas/Error"}
    return {"description": "An error", "content": {"application/json": {"schema": reference}}}
