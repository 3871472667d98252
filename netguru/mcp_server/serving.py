"""The protocol's side: `Offer` as tools and the folder's files as resources, over standard input and output."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from netguru import __version__
from netguru.chat.turn import words_of
from netguru.errors import MissingExtraError, NetGuruError, OperationCancelled
from netguru.logs import logger
from netguru.mcp_server import files
from netguru.mcp_server.tools import Offer, fenced, words

if TYPE_CHECKING:
    from pathlib import Path

    import mcp_types as types
    from mcp.server.context import ServerRequestContext
    from mcp.server.lowlevel import Server

    from netguru.operations.operation import Operation


def serve(folder: Path, *, write: bool = False) -> None:
    """Serve until the client closes our input.

    Raises MissingExtraError when the protocol's library is not installed.
    """
    try:
        import mcp.server.stdio
    except ImportError:
        raise MissingExtraError("the Model Context Protocol", "pip install 'netguru[mcp]'") from None
    # What went wrong is told to the client; the library's own log would tell it twice.
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    handlers = Handlers(Offer(folder=folder, write=write))

    async def run() -> None:
        server = handlers.server()
        async with mcp.server.stdio.stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())

    asyncio.run(run())


class Handlers:
    """Answer the protocol's requests."""

    def __init__(self, offer: Offer) -> None:
        self._offer = offer

    def server(self) -> Server[Any]:
        """Make the protocol's server."""
        from mcp.server.lowlevel import Server

        return Server(
            "netguru",
            version=__version__,
            title="NetGuru",
            instructions=words("instructions").strip(),
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_read_resource=self._read_resource,
        )

    async def _list_tools(self, _context: ServerRequestContext, _params: Any) -> types.ListToolsResult:
        import mcp_types as types

        # Schemas are built once, off the loop.
        tools = await asyncio.to_thread(lambda: [self._tool(item) for item in self._offer.tools.values()])
        return types.ListToolsResult(tools=tools)

    def _tool(self, item: Operation) -> types.Tool:
        import mcp_types as types

        schema, writes = self._offer.schema(item), self._offer.writes(item)
        return types.Tool(
            name=schema["name"],
            title=item.name,
            description=schema["description"],
            input_schema=schema["parameters"],
            annotations=types.ToolAnnotations(
                read_only_hint=not writes, destructive_hint=writes, open_world_hint=False
            ),
        )

    async def _call_tool(
        self, context: ServerRequestContext, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        """Answer a call; what the assistant can correct is a result that says so, as the protocol wants it."""
        import mcp_types as types

        async def told(done: float, total: float, message: str) -> None:
            await context.session.report_progress(done, total or None, message or None)

        try:
            answered = await self._offer.call(params.name, params.arguments or {}, told)
        except OperationCancelled:
            raise
        except Exception as error:  # noqa: BLE001 - a mistake in one operation does not end the server
            return _failed(error, params.name)
        return types.CallToolResult(
            content=[types.TextContent(text=answered.text)], structured_content=answered.structured
        )

    async def _list_resources(self, _context: ServerRequestContext, _params: Any) -> types.ListResourcesResult:
        import mcp_types as types

        found = await asyncio.to_thread(files.listed, self._offer.folder)
        return types.ListResourcesResult(
            resources=[
                types.Resource(
                    uri=item.uri,
                    name=item.name,
                    description=words(f"resource_{item.kind}"),
                    mime_type="text/plain",
                    size=item.size,
                )
                for item in found
            ]
        )

    async def _read_resource(
        self, _context: ServerRequestContext, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        import mcp_types as types
        from mcp.shared.exceptions import MCPError

        try:
            text = await files.text_of(str(params.uri), self._offer)
        except NetGuruError as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None
        return types.ReadResourceResult(
            contents=[types.TextResourceContents(uri=str(params.uri), mime_type="text/plain", text=text)]
        )


def _failed(error: Exception, name: str) -> types.CallToolResult:
    import mcp_types as types

    if not isinstance(error, NetGuruError):
        logger(__name__).error("tool.failed", tool=name, exc_info=error)
    return types.CallToolResult(content=[types.TextContent(text=_said(error))], is_error=True)


def _said(error: Exception) -> str:
    """Put an error into one line; it may quote a file, so it stands between marks as a result does."""
    return fenced(f"error: {words_of(error)}")
