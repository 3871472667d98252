"""Planted secrets through the whole chat: none in a provider's requests, the database, the logs, or what is shown."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from servers import Server, Step

CASES = Path(__file__).parents[1] / "cases" / "redact" / "planted.txt"
MARKED = re.compile("⟦(.*?)⟧")
ROWS = [row for row in CASES.read_text("utf-8").splitlines() if "⟦" in row]
# Those that are no word of anything else: a short one may be part of another word.
SECRETS = sorted({secret for row in ROWS for secret in MARKED.findall(row) if len(secret) >= 6})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("secrets")
    rows = [MARKED.sub(lambda found: found[1], row) for row in ROWS]
    (made / "r1.cfg").write_text("hostname r1\n!\n" + "\n".join(rows) + "\n")
    (made / "notes.md").write_text("# Notes\n\n" + "\n\n".join(rows) + "\n")
    return made


def ask(folder, server, wire, question, *more):
    """Ask on the console, in a process of its own; gives all that it wrote."""
    environment = {
        **os.environ,
        "NETGURU_MODEL": f"{wire}:m",
        "NETGURU_MODEL_URL": server.url,
        "NETGURU_MODEL_KEY": "sk-own",
        "NETGURU_EMBEDDER": "none",
        "NETGURU_LOG_LEVEL": "debug",
        "NETGURU_LOG_FORMAT": "json",
        "XDG_CONFIG_HOME": str(folder.parent),
        "XDG_DATA_HOME": str(folder.parent),
    }
    command = [sys.executable, "-m", "netguru", "chat.ask", question, "--workspace", str(folder), "--json", *more]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, cwd=folder)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout + ran.stderr


def left(text):
    """Give the secrets that a text still holds."""
    return [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_no_secret_leaves_is_stored_logged_or_shown(folder, wire):
    tools = (
        ("config_parse", {"file": "r1.cfg"}),
        ("config_check", {"path": "r1.cfg"}),
        ("rag_search", {"query": "password"}),
    )
    typed = "is neighbor 192.0.2.1 password bgpsecret right, and enable secret Zebra-Crossing-9?"
    with Server(wire, [Step(tools=tools), Step(pieces=("It is set [1].",))]) as server:
        shown = ask(folder, server, wire, typed)
        sent = b"".join(server.raw).decode()
    assert len(server.requests) == 2
    assert left(sent) == []
    assert "REDACTED-" in sent
    assert left(shown) == []
    for file in (folder / ".netguru").rglob("*"):
        if file.is_file():
            assert left(file.read_bytes().decode("utf-8", "replace")) == [], file


def test_the_offline_router_shows_none_either(folder):
    with Server("openai", [Step()]) as server:
        shown = ask(folder, server, "openai", "show the configuration of r1 and its passwords", "--engine", "offline")
        assert not server.requests
    assert left(shown) == []
