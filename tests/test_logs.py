"""Logs: to stderr, as lines or JSON, without passwords."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from netguru import logs
from netguru.errors import InputError
from netguru.redact.logged import hide


@pytest.fixture(autouse=True)
def restore():
    yield
    structlog.reset_defaults()
    logs._quiet_by_default.cache_clear()


def test_json_goes_to_stderr_with_what_surrounds_it(capsys):
    logs.setup("info", "json")
    with logs.bound(operation="pcap.check", job=3):
        logs.logger("x").info("file.read", file="a.pcap", packets=7)
    logs.logger("x").info("after")
    captured = capsys.readouterr()
    assert captured.out == ""
    first, second = [json.loads(line) for line in captured.err.splitlines()]
    assert (
        first.items()
        >= {"event": "file.read", "packets": 7, "operation": "pcap.check", "job": 3, "level": "info"}.items()
    )
    assert "operation" not in second


def test_the_level_holds_and_console_is_a_line(capsys):
    logs.setup("warning", "console")
    logs.logger("x").info("unheard")
    logs.logger("x").warning("heard", file="a")
    err = capsys.readouterr().err
    assert "unheard" not in err
    assert "heard" in err
    assert len(err.splitlines()) == 1


def test_secrets_of_every_kind_are_hidden_from_a_program_s_log(capsys):
    logs.setup("info", "json", hide=hide)
    community, key = "fr0gC0mm", "sk-abcdefghijklmnopqrstuvwxyz0123"
    line = f"snmp-server community {community} RO"
    error = ValueError(f"line 3: {line}")
    logs.logger("x").error(
        f"refused {line}", path=f"/chat?key={key}", deep={"lines": [line], "password": community}, exc_info=error
    )
    err = capsys.readouterr().err
    assert community not in err
    assert key not in err
    assert err.count("REDACTED-") >= 4
    assert json.loads(err)["level"] == "error"


def test_passwords_of_urls_are_hidden_everywhere(capsys):
    logs.setup("info", "json")
    url = "postgresql+psycopg://netguru:s3cr@t@db/x"
    error = ValueError(url)
    logs.logger("x").error(f"failed {url}", url=url, deep={"list": [url]}, thing=error, exc_info=error)
    err = capsys.readouterr().err
    assert "s3cr" not in err
    assert err.count("netguru:***@db/x") >= 4


@given(
    st.text(
        alphabet=st.characters(codec="ascii", exclude_characters="@/:'\"<>", categories=["L", "N", "P"]), min_size=1
    )
)
def test_no_password_stays(password):
    shown = logs.redact(f"x postgresql://me:{password}@host/db y")
    assert shown == "x postgresql://me:***@host/db y"


def test_a_level_that_does_not_exist():
    with pytest.raises(InputError, match="log level 'loud' is not one of"):
        logs.setup("loud")


def test_a_library_user_keeps_his_own_logging():
    code = (
        "import structlog; structlog.configure(processors=[structlog.processors.JSONRenderer()])\n"
        "from netguru import logs; logs.logger('x').warning('event')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"event": "event"}
