"""@operation: one typed function becomes a Python call, a command, a magic, a form, a tool and a report section.

>>> from typing import Literal
>>> @operation("example.double")
... def double(number: int, *, times: int = 1) -> int:
...     '''Double a number.'''
...     return number * 2**times
>>> double(4)
8
>>> operations["example.double"].summary
'Double a number.'
"""

from __future__ import annotations

from netguru.model.result import Result, present_with
from netguru.operations.context import CancelToken, Context, Progress, context, use
from netguru.operations.operation import FACES, Effect, Face, Operation, inject, operation, operations
from netguru.operations.parameters import Parameter
from netguru.operations.schema import tool_schema

__all__ = [
    "FACES",
    "CancelToken",
    "Context",
    "Effect",
    "Face",
    "Operation",
    "Parameter",
    "Progress",
    "context",
    "inject",
    "operation",
    "operations",
    "tool_schema",
    "use",
]


def _shown(result: Result) -> dict[str, str]:
    from netguru.render import mimebundle

    return mimebundle(result)


# Whoever has operations sees their results shown in a notebook; what shows them is loaded for the first one.
present_with(_shown)
