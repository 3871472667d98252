"""The reading operations for the MCP server of a Jupyter server (jupyter-server-mcp), about that server's folder.

It finds them by the entry-point group `jupyter_server_mcp.tools`: `tools` names functions, each an attribute of this
module, `netguru_config_check` and so on, made of its operation.
"""

from __future__ import annotations

import inspect
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from netguru.chat.turn import words_of
from netguru.errors import InputError, OperationCancelled
from netguru.logs import logger
from netguru.mcp_server.tools import Offer, fenced, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from netguru.operations.operation import Operation
    from netguru.operations.parameters import Parameter

_PREFIX = "netguru_"


def tools() -> list[str]:
    """Name the tools as `MODULE:NAME`; call it in the server's process.

    >>> "netguru.mcp_server.joining:netguru_config_check" in tools()
    True
    """
    return [f"{__name__}:{_PREFIX}{name}" for name in _offer().tools]


def __getattr__(name: str) -> Any:
    item = _offer().tools.get(name.removeprefix(_PREFIX)) if name.startswith(_PREFIX) else None
    if item is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return _function(name, item)


@cache
def _offer() -> Offer:
    return Offer(folder=_folder())


def _folder() -> Path:
    """Give the root folder of the server that runs in this process; without one the working folder."""
    from traitlets.config.application import Application

    app = Application.instance() if Application.initialized() else None
    return Path(getattr(app, "root_dir", "") or ".").expanduser().absolute()


def _function(name: str, item: Operation) -> Callable[..., Any]:
    """Make the function of an operation with the parameters that a reading call may state."""

    async def call(**stated: Any) -> str:
        given = {key: value for key, value in stated.items() if value is not None}
        try:
            return (await _offer().call(name.removeprefix(_PREFIX), given, _untold)).text
        except OperationCancelled:
            raise
        except Exception as error:  # noqa: BLE001 - a mistake in one operation is told to its caller
            logger(__name__).info("tool.failed", tool=name, error=words_of(error))
            # It may quote a file, so it stands between marks as a result does.
            raise InputError(fenced(f"error: {words_of(error)}")) from None

    parameters = [_parameter(one) for one in item.parameters if not one.output]
    call.__name__ = call.__qualname__ = name
    call.__doc__ = item.doc.split("\n\nArgs:", 1)[0] + "\n\n" + words("paths")
    call.__signature__ = inspect.Signature(parameters, return_annotation=str)  # type: ignore[attr-defined]  # read by inspect
    call.__annotations__ = {one.name: one.annotation for one in parameters} | {"return": str}
    return call


def _parameter(one: Parameter) -> inspect.Parameter:
    from pydantic import Field

    stated: Any = Annotated[one.annotation, Field(description=one.help or None)]
    default = inspect.Parameter.empty if one.required else one.default
    return inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=stated)


async def _untold(_done: float, _total: float, _message: str) -> None:
    """Take the progress of a call that nobody follows."""
