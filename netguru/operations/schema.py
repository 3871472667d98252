"""The JSON Schema of an operation's arguments, for an agent's tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netguru.operations.operation import Operation


def tool_schema(item: Operation, *, approved: bool = False) -> dict[str, Any]:
    """Describe an operation as a function tool: name, description and JSON Schema of its parameters.

    Output paths are left out until the user approved them. Dots are not allowed in tool names
    everywhere, so they become underscores.
    """
    from pydantic import BaseModel, Field, create_model

    fields: dict[str, Any] = {}
    for parameter in item.parameters:
        if parameter.output and not approved:
            continue
        default = ... if parameter.required else parameter.default
        fields[parameter.name] = (parameter.annotation, Field(default, description=parameter.help or None))
    model: type[BaseModel] = create_model(item.name.replace(".", "_"), **fields)
    schema = model.model_json_schema()
    # A title only says the name again, and a model is asked to read it with every question.
    for part in (schema, *schema.get("properties", {}).values()):
        part.pop("title", None)
    return {
        "name": item.name.replace(".", "_"),
        "description": item.summary,
        "parameters": {**schema, "additionalProperties": False},
    }
