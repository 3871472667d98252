"""What the extension's server logs, and what it answers to one who asks too often, on every kind of route."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import test_server as base


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    """Start a server that takes four requests a minute of each of its users and logs as JSON."""
    made, process = base.start(
        tmp_path_factory.mktemp("limited"),
        base.IDENTITY,
        {"X-Test-User": "ana"},
        NETGURU_REQUESTS_PER_MINUTE="4",
        NETGURU_LOG_FORMAT="json",
    )
    yield made
    base.end(process)


def _events(server, name):
    rows = [line for line in server.log.read_text().splitlines() if line.startswith("{")]
    return [row for row in map(json.loads, rows) if row["event"] == name]


def test_who_asks_too_often_waits_and_others_do_not(limited):
    states = [limited.ask("GET", "conversations") for _ in range(5)]
    assert [item.status_code for item in states] == [200] * 4 + [429]

    more = [
        limited.ask("POST", "conversations", json={}),
        limited.ask("GET", "openapi.json"),
        limited.ask("POST", "files", content=b"hostname r1\n", headers={"X-File-Name": "r1.cfg"}),
    ]
    for refused in (states[-1], *more):
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        error = refused.json()["error"]
        assert (error["code"], error["request_id"]) == ("rate_limited", refused.headers["X-Request-Id"])
    assert limited.ask("GET", "conversations", headers={"X-Test-User": "bob"}).status_code == 200


def test_each_request_is_one_line_of_json_without_its_query(limited):
    stated = {"X-Test-User": "carol", "X-Request-Id": "of-the-client-1"}
    answer = limited.ask("GET", "conversations?q=a-word-of-carol", headers=stated)
    bad = limited.ask("GET", "users/me", headers={"X-Test-User": "carol", "X-Request-Id": 'x" injected="1'})

    (row,) = [item for item in _events(limited, "request.done") if item["request"] == "of-the-client-1"]
    assert answer.headers["X-Request-Id"] == "of-the-client-1"
    assert (row["level"], row["method"], row["status"], row["ms"] >= 0) == ("info", "GET", 200, True)
    assert row["path"].endswith("/netguru/api/v1/conversations")
    assert row["timestamp"].endswith("Z")
    assert "a-word-of-carol" not in json.dumps(_events(limited, "request.done"))
    assert "injected" not in bad.headers["X-Request-Id"]
    # What stands in the address of a request that is refused is not logged by us either.
    refused = limited.ask("GET", "conversations?token=wrong-secret", headers={"X-Test-User": ""})
    assert refused.status_code == 403
    assert "wrong-secret" not in json.dumps(_events(limited, "request.done"))
