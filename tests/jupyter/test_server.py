"""The extension in a real Jupyter server on the loopback, asked by real HTTP and WebSocket clients."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import httpx
import pytest
import websocket

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / "data" / "samples" / "lab" / "campus" / "faulty"
TOKEN = "a-token-of-the-tests"  # noqa: S105 - of no other server
BASE = "netguru/api/v1/"
# Two people at one server: who asks says so in a header, as a proxy in front would.
IDENTITY = """
from jupyter_server.auth.identity import IdentityProvider, User

class Proxied(IdentityProvider):
    def get_user(self, handler):
        name = handler.request.headers.get("X-Test-User", "")
        return User(username=name) if name else None

    def is_token_authenticated(self, handler):
        return True

c.ServerApp.identity_provider_class = Proxied
"""


@dataclass(frozen=True)
class Server:
    url: str
    folder: Path
    log: Path
    headers: dict[str, str]

    def ask(self, method, path, **given):
        headers = {**self.headers, **given.pop("headers", {})}
        return httpx.request(method, self.url + BASE + path, headers=headers, timeout=60, **given)

    def conversation(self, **headers):
        return self.ask("POST", "conversations", json={}, headers=headers).json()["id"]

    def socket(self, conversation, headers=None, **options):
        stated = self.headers if headers is None else headers
        url = self.url.replace("http", "ws", 1) + f"{BASE}ws/chat/{conversation}"
        return closing(
            websocket.create_connection(
                url, timeout=60, header=[f"{k}: {v}" for k, v in stated.items()], suppress_origin=True, **options
            )
        )


def start(folder: Path, config: str, headers: dict[str, str], **variables: str):
    """Start a server with the extension as the wheel's configuration enables it; gives it and its process."""
    home, work = folder / "home", folder / "work"
    (home / "config").mkdir(parents=True)
    shutil.copytree(LAB / "configs", work / "configs")
    shutil.copytree(LAB / "captures", work / "captures")
    (home / "config" / "jupyter_server_config.py").write_text(config)
    log = folder / "log"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("NETGURU_", "JUPYTER_"))},
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_CONFIG_PATH": str(ROOT / "extensions" / "jupyter"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "run"),
        "XDG_CONFIG_HOME": str(home / "xdg"),
        "XDG_DATA_HOME": str(home / "xdg-data"),
        "HOME": str(home),
        "PYTHONPATH": str(ROOT / "tests" / "chat" / "plugin"),
        "NETGURU_WORKSPACE": str(work),
        "NETGURU_EMBEDDER": "none",
        "NETGURU_LOG_LEVEL": "info",
        **variables,
    }
    command = [
        sys.executable, "-m", "jupyter_server", f"--ServerApp.root_dir={work}", "--ServerApp.port=0",
        "--ServerApp.ip=127.0.0.1", "--ServerApp.open_browser=False", "--ServerApp.allow_unauthenticated_access=False",
        "--allow-root",
    ]  # fmt: skip
    with log.open("wb") as stream:
        process = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream, cwd=home)
    file = home / "run" / f"jpserver-{process.pid}.json"
    end = time.monotonic() + 90
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError, ValueError, KeyError):
            url = json.loads(file.read_text())["url"]
            httpx.get(url + "api", timeout=5)
            return Server(url, work, log, headers), process
        Event().wait(0.05)
    process.kill()
    pytest.fail(f"the server did not start: {log.read_text()[-2000:]}")


def end(process):
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(15)
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    config = f"c.IdentityProvider.token = {TOKEN!r}\n"
    made, process = start(tmp_path_factory.mktemp("server"), config, {"Authorization": f"token {TOKEN}"})
    yield made
    end(process)


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    made, process = start(
        tmp_path_factory.mktemp("two"), IDENTITY, {"X-Test-User": "ana"}, NETGURU_QUESTIONS_PER_MINUTE="2"
    )
    yield made
    end(process)


def until(socket, *kinds):
    """Read messages up to one of some kinds; gives all."""
    seen = []
    while not seen or seen[-1]["type"] not in kinds:
        seen.append(json.loads(socket.recv()))
    return seen


def scripted(server, **headers):
    server.ask("PATCH", "settings", json={"provider": "scripted"}, headers=headers)
    return server.conversation(**headers)


PATHS = [
    ("GET", "conversations"), ("POST", "conversations"), ("GET", "conversations/1"), ("PATCH", "conversations/1"),
    ("DELETE", "conversations/1"), ("GET", "conversations/1/messages"), ("POST", "conversations/1/messages"),
    ("GET", "conversations/1/export"), ("GET", "files"), ("POST", "files"), ("GET", "files/1"), ("DELETE", "files/1"),
    ("POST", "analysis"), ("GET", "analysis/1"), ("GET", "analysis/1/result"), ("DELETE", "analysis/1"),
    ("GET", "topology/current"), ("GET", "users/me"), ("GET", "settings"), ("PATCH", "settings"), ("GET", "models"),
    ("GET", "evidence"), ("GET", "capture"), ("GET", "text"), ("GET", "operations"), ("GET", "openapi.json"),
    ("GET", "ws/chat/1"), ("GET", "no/such/route"), ("POST", "no/such/route"), ("GET", ""),
]  # fmt: skip


@pytest.mark.parametrize("headers", [{}, {"Authorization": "token wrong"}], ids=["none", "wrong"])
def test_every_route_refuses_who_is_not_known(server, headers):
    with httpx.Client(base_url=server.url + BASE, headers=headers) as client:
        found = {(method, path): client.request(method, path).status_code for method, path in PATHS}
    assert {place: status for place, status in found.items() if status != 403} == {}


def test_the_paths_above_are_all_there_are(server):
    document = server.ask("GET", "openapi.json").json()
    known = {(method.upper(), path[1:]) for path, row in document["paths"].items() for method in row}
    tried = {(method, path.replace("/1", "/{id}").replace("current", "{snapshot}")) for method, path in PATHS}
    assert known - tried == set()
    assert document["openapi"].startswith("3.")


def test_no_handler_lacks_authentication(server):
    log = server.log.read_text()
    assert "netguru.jupyter.server" in log
    # Jupyter Server warns of each method that asks nobody who he is; another extension's may be among them.
    assert [row for row in log.splitlines() if "registered for" in row and "netguru" in row] == []


@pytest.mark.parametrize("query", ["", f"?token={TOKEN}"], ids=["no token", "token in the address"])
def test_a_socket_refuses_a_foreign_origin_and_who_is_not_known(server, query):
    url = server.url.replace("http", "ws", 1) + f"{BASE}ws/chat/{server.conversation()}{query}"
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        websocket.create_connection(url, timeout=30, origin="http://elsewhere.example")
    assert refused.value.status_code == 403


def test_a_conversation_is_begun_renamed_found_exported_and_removed(server):
    made = server.ask("POST", "conversations", json={"title": "The core"})
    assert made.status_code == 201
    number = made.json()["id"]
    assert made.json().keys() == {"id", "title", "created", "updated", "messages"}
    assert server.ask("PATCH", f"conversations/{number}", json={"title": "Backbone"}).json()["title"] == "Backbone"
    found = server.ask("GET", "conversations", params={"q": "backb"}).json()
    assert [item["id"] for item in found["items"]] == [number]
    export = server.ask("GET", f"conversations/{number}/export", params={"format": "notebook"})
    assert export.json()["nbformat"] == 4
    assert server.ask("DELETE", f"conversations/{number}").status_code == 204
    gone = server.ask("GET", f"conversations/{number}", headers={"X-Request-Id": "mine"})
    assert (gone.status_code, gone.headers["X-Request-Id"]) == (404, "mine")
    assert (gone.json()["error"]["code"], gone.json()["error"]["request_id"]) == ("not_found", "mine")


def test_lists_have_pages(server):
    made = [server.conversation() for _ in range(3)]
    first = server.ask("GET", "conversations", params={"limit": 2}).json()
    second = server.ask("GET", "conversations", params={"limit": 1, "cursor": first["next"]}).json()
    assert [item["id"] for item in first["items"] + second["items"]] == made[::-1]


@pytest.mark.parametrize(
    ("method", "path", "given", "status"),
    [
        ("POST", "conversations", {"content": b"{not json"}, 400),
        ("POST", "conversations", {"json": {"title": 3}}, 400),
        ("GET", "conversations?limit=0", {}, 400),
        ("GET", "conversations?cursor=x", {}, 400),
        ("PATCH", "settings", {"json": {"colour": "red"}}, 400),
        ("PATCH", "settings", {"json": {"price": "cheap"}}, 400),
        ("GET", "evidence?source=../../etc/passwd&kind=line&place=1-1", {}, 422),
        ("GET", "capture?path=%2Fetc%2Fpasswd", {}, 422),
        ("GET", "text?path=%2Fetc%2Fpasswd", {}, 422),
        ("POST", "analysis", {"json": {"kind": "config", "path": "nowhere"}}, 422),
        ("PUT", "conversations", {}, 405),
        ("GET", "analysis/999", {}, 404),
    ],
)
def test_bad_input_is_one_clear_error(server, method, path, given, status):
    answer = server.ask(method, path, **given)
    assert answer.status_code == status
    assert answer.json()["error"].keys() >= {"code", "message", "request_id"}


def test_a_question_is_streamed_and_each_token_sent_once(server):
    number = scripted(server)
    with server.socket(number) as socket:
        assert until(socket, "ready")[-1]["conversation"] == number
        socket.send(json.dumps({"type": "ask", "id": "q1", "question": "one tool two cite"}))
        seen = until(socket, "finished", "error")
    assert "".join(item["text"] for item in seen if item["type"] == "delta") == "one two "
    assert seen[0]["type"] == "started"
    assert {item["id"] for item in seen} == {"q1"}
    message = seen[-1]["message"]
    assert (message["status"], message["answer"]["model"], message["citations"][0]["evidence"]["kind"]) == (
        "complete",
        "scripted-1",
        "line",
    )
    stored = server.ask("GET", f"conversations/{number}/messages").json()["items"]
    assert (stored[0]["text"], stored[1]) == ("one tool two cite", message)


def test_an_answer_is_stopped_and_the_next_question_taken(server):
    number = scripted(server)
    with server.socket(number) as socket:
        socket.send(json.dumps({"type": "ask", "id": "a", "question": "half stall"}))
        until(socket, "delta")
        socket.send(json.dumps({"type": "ask", "id": "b", "question": "too early"}))
        assert until(socket, "error")[-1]["id"] == "b"
        socket.send(json.dumps({"type": "cancel", "id": "a"}))
        stopped = until(socket, "stopped")[-1]
        assert (stopped["message"]["status"], stopped["message"]["text"]) == ("cancelled", "half ")
        socket.send(json.dumps({"type": "ask", "id": "c", "question": "well"}))
        assert until(socket, "finished")[-1]["message"]["text"] == "well "


def test_several_conversations_at_once_and_a_second_socket_follows(server):
    first, second = scripted(server), scripted(server)
    with server.socket(first) as one, server.socket(second) as two:
        one.send(json.dumps({"type": "ask", "id": "a", "question": "half stall"}))
        until(one, "delta")
        two.send(json.dumps({"type": "ask", "id": "b", "question": "whole"}))
        assert until(two, "finished")[-1]["message"]["text"] == "whole "
        with server.socket(first) as late:
            assert until(late, "started")[-1]["message"]["text"] == "half "
            one.send(json.dumps({"type": "cancel", "id": "a"}))
            assert until(late, "stopped")[-1]["id"] == until(one, "stopped")[-1]["id"] == "a"


def test_an_approval_is_asked_for_and_heard(server):
    with server.socket(scripted(server)) as socket:
        socket.send(json.dumps({"type": "ask", "id": "a", "question": "approve"}))
        asked = until(socket, "approval")[-1]
        assert (asked["name"], asked["effect"]) == ("files.remove", "write")
        socket.send(json.dumps({"type": "approve", "id": "a", "call": asked["call"], "allow": True}))
        assert until(socket, "finished")[-1]["message"]["text"] == "allowed "


def test_a_provider_that_dies_and_a_mistake_of_ours(server):
    with server.socket(scripted(server)) as socket:
        socket.send(json.dumps({"type": "ask", "id": "a", "question": "half fail"}))
        failed = until(socket, "error")[-1]
        assert (failed["error"]["code"], failed["message"]["text"]) == ("service_failed", "half ")
        socket.send(json.dumps({"type": "ask", "id": "b", "question": "crash"}))
        assert "sk-secret" not in json.dumps(until(socket, "error")[-1])


@pytest.mark.parametrize("text", ["no json", "[]", '{"type": "dance"}', '{"type": "ask", "id": "x"}'])
def test_a_socket_outlives_nonsense(server, text):
    with server.socket(scripted(server)) as socket:
        until(socket, "ready")
        socket.send(text)
        assert until(socket, "error")[-1]["error"]["code"] == "bad_input"
        socket.send('{"type": "ping"}')
        assert until(socket, "pong")


def test_without_a_model_the_answer_cites_lines_that_open(server):
    server.ask("PATCH", "settings", json={"provider": None})
    number = server.conversation()
    question = {"question": "Which interfaces does core1 have?", "attachments": [{"kind": "file", "path": "configs"}]}
    message = server.ask("POST", f"conversations/{number}/messages", json=question).json()
    assert message["status"] == "complete"
    assert message["answer"]["model"] is None
    assert message["answer"]["fallback"]
    question["question"] = "What is wrong with the network?"
    message = server.ask("POST", f"conversations/{number}/messages", json=question).json()
    cited = next(item for item in message["citations"] if item["evidence"]["kind"] == "line")
    place = server.ask("GET", cited["url"]).json()
    marked = "\n".join(row["text"] for row in place["lines"] if row["marked"])
    assert cited["evidence"]["text"] in marked


def test_an_attachment_outside_is_refused(server):
    number = server.conversation()
    body = {"question": "x", "attachments": [{"kind": "file", "path": "../home"}]}
    assert server.ask("POST", f"conversations/{number}/messages", json=body).status_code == 422


def test_an_uploaded_file_is_attached_and_its_places_open_for_its_owner_alone(shared_server):
    dave, eve = {"X-Test-User": "dave"}, {"X-Test-User": "eve"}
    text = (LAB / "configs" / "core1.cfg").read_bytes()
    file = shared_server.ask("POST", "files", content=text, headers={"X-File-Name": "core1.cfg", **dave}).json()
    body = {"question": "What is wrong with the network?", "attachments": [{"kind": "file", "file": file["id"]}]}
    number = shared_server.conversation(**dave)
    message = shared_server.ask("POST", f"conversations/{number}/messages", json=body, headers=dave).json()
    cited = next(item for item in message["citations"] if item["evidence"]["kind"] == "line")
    assert shared_server.ask("GET", cited["url"], headers=dave).status_code == 200
    assert shared_server.ask("GET", cited["url"], headers=eve).status_code == 422
    other = shared_server.conversation(**eve)
    assert shared_server.ask("POST", f"conversations/{other}/messages", json=body, headers=eve).status_code == 404


@pytest.mark.parametrize("path", [".netguru/worker.log", ".netguru/netguru.db", "configs/../.netguru/chat"])
def test_the_store_is_no_place_to_read_from(shared_server, path):
    answer = shared_server.ask("GET", "evidence", params={"source": path, "kind": "line", "place": "1-1"})
    assert answer.status_code == 422
    assert "lines" not in answer.json()


def test_a_text_has_pages_of_numbered_lines(server):
    file = next(iter(sorted((server.folder / "configs").iterdir())))
    page = server.ask("GET", "text", params={"path": f"configs/{file.name}", "offset": 3, "limit": 4}).json()
    lines = file.read_text().splitlines()

    assert [row["number"] for row in page["lines"]] == [4, 5, 6, 7]
    assert [row["text"] for row in page["lines"]] == lines[3:7]
    assert (page["total"], page["next"]) == (len(lines), 7)
    assert server.ask("GET", "text", params={"path": "captures/cdp.pcap"}).status_code == 422


def test_packets_open_and_a_capture_has_pages(server):
    place = server.ask("GET", "evidence?source=captures/cdp.pcap&kind=packet&place=7-7").json()
    assert [row["number"] for row in place["packets"] if row["marked"]] == [7]
    assert place["packets"][0]["protocol"] == "CDP"
    page = server.ask("GET", "capture", params={"path": "captures/cdp.pcap", "offset": 10, "limit": 5}).json()
    assert [row["number"] for row in page["packets"]] == [11, 12, 13, 14, 15]
    assert (page["total"], page["next"]) == (60, 15)
    bad = server.ask("GET", "capture", params={"path": "captures/cdp.pcap", "filter": "ip.src =="})
    assert bad.status_code == 400


def test_an_analysis_runs_as_a_job(server):
    made = server.ask("POST", "analysis", json={"kind": "config", "path": "configs"})
    assert made.status_code == 202
    number = made.json()["id"]
    for _ in range(600):
        state = server.ask("GET", f"analysis/{number}").json()["state"]
        if state not in ("queued", "running"):
            break
        Event().wait(0.05)
    assert state == "done"
    assert server.ask("GET", f"analysis/{number}/result").json()["findings"]


@pytest.mark.parametrize("form", ["raw", "multipart"])
def test_a_file_is_uploaded_listed_and_removed(server, form):
    content = b"hostname r9\r\n\r\n" + bytes(form, "ascii") * 100_000
    if form == "raw":
        made = server.ask("POST", "files", content=content, headers={"X-File-Name": "r9.cfg"})
    else:
        made = server.ask("POST", "files", files={"file": ("r9.cfg", content)})
    assert made.status_code == 201, made.text
    assert (made.json()["name"], made.json()["size"]) == ("r9.cfg", len(content))
    number = made.json()["id"]
    assert number in [item["id"] for item in server.ask("GET", "files").json()["items"]]
    assert server.ask("DELETE", f"files/{number}").status_code == 204
    assert server.ask("GET", f"files/{number}").status_code == 404


def test_a_program_and_nothing_are_no_files(server):
    program = server.ask("POST", "files", content=b"\x7fELF" + bytes(100), headers={"X-File-Name": "x"})
    assert (program.status_code, server.ask("POST", "files", content=b"").status_code) == (422, 422)


def test_a_key_is_written_and_never_read(server):
    shown = server.ask("PATCH", "settings", json={"key": "sk-of-the-user", "model": "m"}).json()
    assert (shown["key_set"], shown["model"]) == (True, "m")
    assert "sk-of-the-user" not in server.ask("GET", "settings").text
    kept = [path for path in server.folder.rglob("*") if path.is_file() and b"sk-of-the-user" in path.read_bytes()]
    assert (kept, "sk-of-the-user" in server.log.read_text()) == ([], False)
    server.ask("PATCH", "settings", json={"key": None, "model": None})


def test_one_user_never_sees_what_is_anothers(shared_server):
    bob = {"X-Test-User": "bob"}
    number = scripted(shared_server)
    shared_server.ask("POST", f"conversations/{number}/messages", json={"question": "mine"})
    file = shared_server.ask("POST", "files", content=b"hostname r1", headers={"X-File-Name": "r1.cfg"}).json()["id"]
    job = shared_server.ask("POST", "analysis", json={"kind": "config", "path": "configs"}).json()["id"]
    assert shared_server.ask("GET", "conversations", headers=bob).json()["items"] == []
    assert shared_server.ask("GET", "conversations?q=mine", headers=bob).json()["items"] == []
    assert shared_server.ask("GET", "files", headers=bob).json()["items"] == []
    assert shared_server.ask("GET", "settings", headers=bob).json()["provider"] is None
    paths = [
        f"conversations/{number}", f"conversations/{number}/messages", f"conversations/{number}/export",
        f"files/{file}", f"analysis/{job}", f"analysis/{job}/result",
    ]  # fmt: skip
    assert {shared_server.ask("GET", path, headers=bob).status_code for path in paths} == {404}
    changes = [("DELETE", f"conversations/{number}"), ("DELETE", f"files/{file}"), ("DELETE", f"analysis/{job}")]
    assert {shared_server.ask(method, path, headers=bob).status_code for method, path in changes} == {404}
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        shared_server.socket(number, headers=bob)
    assert refused.value.status_code == 404
    same = shared_server.ask("POST", "files", content=b"hostname r1", headers={"X-File-Name": "r1.cfg", **bob}).json()
    assert shared_server.ask("DELETE", f"files/{same['id']}", headers=bob).status_code == 204
    assert shared_server.ask("GET", f"files/{file}").status_code == 200


def test_too_many_questions_are_told_when_to_come_again(shared_server):
    carol = {"X-Test-User": "carol"}
    number = scripted(shared_server, **carol)
    path, question = f"conversations/{number}/messages", {"question": "well"}
    states = [shared_server.ask("POST", path, json=question, headers=carol) for _ in range(3)]
    assert [item.status_code for item in states] == [200, 200, 429]
    assert 1 <= int(states[-1].headers["Retry-After"]) <= 60
    assert states[-1].json()["error"]["code"] == "rate_limited"
