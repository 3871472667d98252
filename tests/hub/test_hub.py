"""Two people at a real JupyterHub: each has conversations and files of his own, though both share one workspace.

`make test-hub` makes the environment of the hub, out/hub, and runs these tests; `make test` skips them.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import httpx
import pytest
import websocket

ROOT = Path(__file__).resolve().parents[2]
HUB = ROOT / "out" / "hub" / "bin"
SERVICE = "a-token-of-the-tests"
PEOPLE = ("ana", "bob")
CONFIG = """
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {home!r} + "/{{username}}"
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--ServerApp.allow_unauthenticated_access=False", "--allow-root"]
c.Spawner.environment = {environment!r}
c.Spawner.start_timeout = c.Spawner.http_timeout = 90
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.JupyterHub.services = [{{"name": "tests", "api_token": {service!r}}}]
c.JupyterHub.load_roles = [
    {{"name": "tests", "services": ["tests"], "scopes": ["admin:users", "admin:servers", "tokens"]}}
]
"""

pytestmark = pytest.mark.skipif("NETGURU_TEST_HUB" not in os.environ, reason="needs a hub: run make test-hub")


@dataclass(frozen=True)
class Person:
    name: str
    url: str
    headers: dict[str, str]

    def ask(self, method, path, *, of=None, **given):
        """Send a request to one's own server, or to that of another."""
        url = f"{self.url}/user/{of or self.name}/netguru/api/v1/{path}"
        headers = {**self.headers, **given.pop("headers", {})}
        return httpx.request(method, url, headers=headers, timeout=60, **given)

    def socket(self, conversation, *, of=None):
        url = f"{self.url.replace('http', 'ws', 1)}/user/{of or self.name}/netguru/api/v1/ws/chat/{conversation}"
        header = [f"{name}: {value}" for name, value in self.headers.items()]
        return closing(websocket.create_connection(url, timeout=60, header=header, suppress_origin=True))


def _ports(count):
    with_port = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    found = [item.getsockname()[1] for item in with_port]
    for item in with_port:
        item.close()
    return found


def _config(folder):
    port, hub, api = _ports(3)
    (folder / "work").mkdir()
    environment = {
        "JUPYTER_CONFIG_PATH": str(ROOT / "extensions" / "jupyter"),
        # One for both: what keeps them apart is who they are, not where their files lie.
        "NETGURU_WORKSPACE": str(folder / "work"),
        "NETGURU_EMBEDDER": "none",
        "NETGURU_SHIPPED_DOCUMENTS": "false",
    }
    (folder / "config.py").write_text(
        CONFIG.format(
            home=str(folder / "home"),
            python=str(HUB / "python"),
            proxy=str(HUB / "configurable-http-proxy"),
            environment=environment,
            port=port,
            hub=hub,
            api=api,
            service=SERVICE,
        )
    )
    return f"http://127.0.0.1:{port}"


def _until(done, log, process):
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        with suppress(httpx.HTTPError):
            if done():
                return
        Event().wait(0.1)
    pytest.fail(log.read_text()[-3000:])


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub")
    url, log = _config(folder), folder / "log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETGURU_", "JUPYTER"))}
    environment = {**kept, "PATH": f"{HUB}:{os.environ['PATH']}", "XDG_CONFIG_HOME": str(folder / "xdg")}
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [HUB / "python", "-m", "jupyterhub", "-f", "config.py"],
            cwd=folder,
            env=environment,
            stdout=stream,
            stderr=stream,
        )
    api = httpx.Client(base_url=f"{url}/hub/api", headers={"Authorization": f"token {SERVICE}"}, timeout=90)
    try:
        _until(lambda: api.get("/users").status_code == 200, log, process)
        made = [_person(api, url, name, log, process) for name in PEOPLE]
        yield made
        for name in PEOPLE:
            api.delete(f"/users/{name}/server")
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()
        process.wait()


def _person(api, url, name, log, process):
    api.post(f"/users/{name}")
    token = api.post(f"/users/{name}/tokens", json={"note": "tests"}).json()["token"]
    api.post(f"/users/{name}/server")
    _until(lambda: (api.get(f"/users/{name}").json()["servers"].get("") or {}).get("ready"), log, process)
    return Person(name, url, {"Authorization": f"token {token}"})


def test_the_hub_tells_who_asks(people):
    assert [item.ask("GET", "users/me").json()["username"] for item in people] == [*PEOPLE]


def test_each_sees_his_own_conversations_and_files_alone(people):
    ana, bob = people
    number = ana.ask("POST", "conversations", json={"title": "of ana"}).json()["id"]
    file = ana.ask("POST", "files", content=b"hostname r1\n", headers={"X-File-Name": "r1.cfg"}).json()["id"]

    assert [item["title"] for item in ana.ask("GET", "conversations").json()["items"]] == ["of ana"]
    assert (bob.ask("GET", "conversations").json()["items"], bob.ask("GET", "files").json()["items"]) == ([], [])
    paths = [f"conversations/{number}", f"conversations/{number}/messages", f"files/{file}"]
    assert [bob.ask("GET", path).status_code for path in paths] == [404, 404, 404]
    assert [ana.ask("GET", path).status_code for path in paths] == [200, 200, 200]
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        bob.socket(number)
    assert refused.value.status_code == 404


def test_a_question_is_answered_through_the_hubs_proxy(people):
    ana, _ = people
    number = ana.ask("POST", "conversations", json={}).json()["id"]
    with ana.socket(number) as line:
        assert json.loads(line.recv())["user"] == "ana"
        line.send(json.dumps({"type": "ask", "id": "q", "question": "Which samples are there?"}))
        seen = [json.loads(line.recv())]
        while seen[-1]["type"] not in ("finished", "error"):
            seen.append(json.loads(line.recv()))
    assert seen[-1]["message"]["status"] == "complete"


@pytest.mark.parametrize("path", ["users/me", "conversations", "files", "settings", "openapi.json", "no/such"])
def test_without_a_token_or_with_anothers_all_is_refused(people, path):
    ana, bob = people
    nobody = Person("ana", ana.url, {})
    wrong = Person("ana", ana.url, {"Authorization": "token wrong"})

    told = [nobody.ask("GET", path), wrong.ask("GET", path), bob.ask("GET", path, of="ana")]
    assert [item.status_code for item in told] == [403, 403, 403]


def test_a_socket_refuses_who_is_not_known_and_another(people):
    ana, bob = people
    number = ana.ask("POST", "conversations", json={}).json()["id"]
    for person in (Person("ana", ana.url, {}), bob):
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            person.socket(number, of="ana")
        assert refused.value.status_code == 403
