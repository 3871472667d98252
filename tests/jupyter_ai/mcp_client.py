"""Ask the MCP server of a Jupyter server with the client that it comes with; runs in the environment of Jupyter AI."""

from __future__ import annotations

import asyncio
import json
import sys


async def ask(url: str) -> dict[str, object]:
    """List the tools and call three of ours."""
    from fastmcp import Client

    async with Client(url) as client:
        tools = {tool.name: tool.inputSchema for tool in await client.list_tools()}

        async def call(name: str, **arguments: object) -> dict[str, object]:
            done = await client.call_tool(name, arguments, raise_on_error=False)
            return {"text": "".join(part.text for part in done.content), "error": done.is_error}

        return {
            "tools": tools,
            "parsed": await call("netguru_config_parse", file="configs/leaf2.conf"),
            "outside": await call("netguru_config_parse", file="/etc/passwd"),
            "filtered": await call("netguru_pcap_packets", file="captures/lossy-cable.pcap", filter="tcp", top=2),
        }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(ask(sys.argv[1]))))
