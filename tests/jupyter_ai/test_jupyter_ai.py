"""NetGuru in Jupyter AI: the persona over the socket of its chats, the operations over its MCP server.

`make test-jupyter-ai` makes the environment, out/jupyter-ai, from the extra and runs these tests; `make test` skips
them. Nothing of Jupyter AI is replaced: its own server, its own chats, its own client of MCP.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
import uuid
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from threading import Event

import httpx
import pytest
import websocket
from servers import Server as Provider
from servers import Step

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / "out" / "jupyter-ai" / "bin" / "python"
CLIENT = Path(__file__).with_name("mcp_client.py")
LAB = ROOT / "data" / "samples" / "lab" / "fabric" / "faulty"
TOKEN = "a-token-of-the-tests"  # noqa: S105 - of no other server
PERSONA = "jupyter-ai-personas::netguru::NetGuruPersona"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (os.environ.get("NETGURU_TEST_JUPYTER_AI") and PYTHON.exists()),
        reason="no environment of Jupyter AI: make test-jupyter-ai makes one",
    ),
]


@dataclass(frozen=True)
class Running:
    url: str
    folder: Path
    log: Path
    mcp: str

    def chat(self, name):
        url = self.url.replace("http", "ws", 1) + f"api/chat/ws/{name}.chat?token={TOKEN}"
        return closing(websocket.create_connection(url, timeout=60, suppress_origin=True))


def start(folder, **variables):
    home, work = folder / "home", folder / "work"
    (home / "config").mkdir(parents=True)
    shutil.copytree(LAB, work)
    (home / "config" / "jupyter_server_config.py").write_text(
        f"c.IdentityProvider.token = {TOKEN!r}\nc.MCPExtensionApp.mcp_port = 0\n"
    )
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("NETGURU_", "JUPYTER_", "PYTHON"))
    }
    environment = {
        **kept,
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "run"),
        "XDG_CONFIG_HOME": str(home / "xdg"),
        "XDG_DATA_HOME": str(home / "xdg-data"),
        "HOME": str(home),
        "NETGURU_WORKSPACE": str(work),
        "NETGURU_EMBEDDER": "none",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        **variables,
    }
    log = folder / "log"
    command = [
        PYTHON, "-m", "jupyter_server", f"--ServerApp.root_dir={work}", "--ServerApp.port=0",
        "--ServerApp.ip=127.0.0.1", "--ServerApp.open_browser=False", "--allow-root",
    ]  # fmt: skip
    with log.open("wb") as stream:
        process = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream, cwd=home)
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError, ValueError, KeyError, StopIteration):
            url = json.loads((home / "run" / f"jpserver-{process.pid}.json").read_text())["url"]
            httpx.get(url + "api", timeout=5)
            info = next(file for file in home.rglob("*mcp*.json"))
            return Running(url, work, log, json.loads(info.read_text())["url"]), process
        Event().wait(0.1)
    process.kill()
    pytest.fail(f"the server did not start: {log.read_text()[-3000:]}")


def end(process):
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(20)
    process.kill()


@pytest.fixture(scope="module")
def offline(tmp_path_factory):
    running, process = start(tmp_path_factory.mktemp("offline"))
    yield running
    end(process)


def frames(socket):
    while True:
        yield json.loads(socket.recv())


def wait_for_personas(socket):
    """Read until NetGuru has joined the chat; gives the chat's identity."""
    first = next(frames(socket))
    assert first["action"] == "connection"
    known = set(first["users"])
    while PERSONA not in known:
        frame = next(frames(socket))
        known |= set(frame.get("users", ()))
    return first["id"]


def send(socket, text, **more):
    message = {"type": "client", "action": "send", "id": uuid.uuid4().hex, "body": text, **more}
    socket.send(json.dumps({**message, "metadata": {"to_persona": PERSONA}}))


def answered(socket, *, when=lambda _: None):
    """Read an answer to its end; gives the bodies that it had on the way, the last of them whole."""
    bodies = []
    for frame in frames(socket):
        if frame["action"] == "message" and frame["message"]["sender"] == PERSONA:
            bodies.append(frame["message"]["body"])
            when(bodies)
        elif frame["action"] == "writing" and not frame["state"] and bodies:
            return bodies
    return bodies


@pytest.mark.parametrize(
    ("question", "label"),
    [
        ("@NetGuru why is leaf2 not adjacent to spine1?", "no language model wrote this"),
        ("Por que leaf2 não é adjacente a spine1?", "nenhum modelo de linguagem escreveu isto"),
    ],
)
def test_without_a_model_it_answers_with_places(offline, question, label):
    with offline.chat(f"adjacency-{label[:2]}") as socket:
        wait_for_personas(socket)
        send(socket, question)
        bodies = answered(socket)
    assert len(set(bodies)) > 2, "it came in pieces"
    assert all(later.startswith(earlier) for earlier, later in pairwise(bodies))
    assert label in bodies[-1]
    assert "1400" in bodies[-1]
    assert re.search(r"^\[\d+\] \S+ lines? .*1400", bodies[-1], re.MULTILINE)
    assert re.search(r"^\[\d+\] captures/\S+ packets? .*mtu 1500", bodies[-1], re.MULTILINE)
    assert "*grounded*" in bodies[-1]


def test_a_model_is_streamed_cited_and_stopped(tmp_path):
    script = [
        Step(tools=(("config_parse", {"file": "configs/leaf2.conf"}),)),
        Step(pieces=("The name is ", "leaf2 ", "[1]. ", "See [x](http://a.example) ", "<img src=x> ", "now.")),
        Step(pieces=tuple(f"word{number} " for number in range(400)), pause=0.05),
    ]
    with Provider("openai", script) as provider:
        running, process = start(
            tmp_path,
            NETGURU_MODEL="openai:m",
            NETGURU_MODEL_URL=provider.url,
            OPENAI_API_KEY="sk-x",
            NETGURU_MODEL_KEY="sk-x",
        )
        try:
            with running.chat("model") as socket:
                chat = wait_for_personas(socket)
                send(socket, "@NetGuru what is the name of leaf2?")
                bodies = answered(socket)
                assert bodies[-1].startswith("The name is leaf2 [1].")
                assert "](http" not in bodies[-1]
                assert "<img" not in bodies[-1]
                assert len(set(bodies)) > 3
                assert provider.requests[0]["stream"] is True

                def stop(seen):
                    if len(seen) == 5:
                        cancel = f"{running.url}api/ai/personas/cancel"
                        headers = {"Authorization": f"token {TOKEN}"}
                        told = httpx.post(cancel, params={"chat_id": chat}, headers=headers, timeout=30)
                        assert told.json()["cancelled"] == [PERSONA]

                send(socket, "go on")
                bodies = answered(socket, when=stop)
                assert "*cancelled*" in bodies[-1]
                assert "word399" not in bodies[-1]
                assert provider.left.wait(10), "the provider's connection was closed"
                # The second question went on with the conversation of the first.
                texts = json.dumps(provider.requests[-1]["messages"])
                assert "what is the name of leaf2?" in texts
        finally:
            end(process)


def test_its_mcp_server_has_the_operations_that_read(offline):
    done = subprocess.run([PYTHON, CLIENT, offline.mcp], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    ours = {name: schema for name, schema in told["tools"].items() if name.startswith("netguru_")}
    assert {"netguru_config_check", "netguru_pcap_summary", "netguru_diagnosis_run"} <= {*ours}
    assert not {"netguru_pcap_repair", "netguru_lab_fault", "netguru_files_add", "netguru_mcp"} & {*ours}
    assert "out" not in ours["netguru_pcap_flows"]["properties"]
    assert ours["netguru_config_parse"]["required"] == ["file"]
    assert ours["netguru_config_parse"]["properties"]["file"]["description"]
    assert "leaf2" in told["parsed"]["text"]
    assert "[1] " in told["parsed"]["text"]
    assert not told["parsed"]["error"]
    assert told["outside"]["error"]
    assert "root:" not in told["outside"]["text"]
    assert told["filtered"]["text"].count("lossy-cable.pcap")
