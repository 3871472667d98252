"""Settings: where they come from, and that a bad one is one clear line."""

from __future__ import annotations

import os
from dataclasses import fields

import pytest

from netguru.errors import InputError
from netguru.settings import Settings, settings, settings_file, show


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.upper().startswith("NETGURU_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    settings.cache_clear()
    yield
    settings.cache_clear()


def write(text: str) -> None:
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_file().write_text(text, "utf-8")


def test_the_order_of_sources(monkeypatch):
    write("max_file_mb = 7\njob_workers = 3\n")
    monkeypatch.setenv("NETGURU_MAX_FILE_MB", "8")
    monkeypatch.setenv("NETGURU_LOG_LEVEL", "")
    assert (settings().max_file_bytes, settings().job_workers, settings().log_level) == (8_000_000, 3, "warning")
    assert Settings(max_file_mb=9).max_file_mb == 9
    shown = {item.name: (item.value, item.source) for item in show()}
    assert shown["max_file_mb"] == ("8", "environment")
    assert shown["job_workers"] == ("3", "file")
    assert shown["log_level"] == ("warning", "default")
    assert set(shown) == {item.name for item in fields(Settings)}


def test_words_are_taken_in_any_case(monkeypatch):
    monkeypatch.setenv("NETGURU_LOG_LEVEL", "INFO")
    monkeypatch.setenv("netguru_log_format", "Json")
    assert (settings().log_level, settings().log_format) == ("info", "json")
    assert {item.name: item.source for item in show()}["log_format"] == "environment"


def test_a_secret_is_never_shown(monkeypatch):
    monkeypatch.setenv("NETGURU_DATABASE_URL", "postgresql://u:s3cr3t@h/x")
    assert "s3cr3t" not in repr(settings()) + str(show()) + str(settings())
    assert settings().database_url.get_secret_value() == "postgresql://u:s3cr3t@h/x"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("MAX_FILE_MB", "many", "setting max_file_mb: input should be a valid integer"),
        ("MAX_FILE_MB", "0", "setting max_file_mb: input should be greater than 0"),
        ("JOB_WORKERS", "-1", "setting job_workers: input should be greater than or equal to 0"),
        ("LOG_LEVEL", "loud", "setting log_level: input should be 'debug', 'info', 'warning' or 'error'"),
    ],
)
def test_a_bad_variable_is_one_line(monkeypatch, name, value, message):
    monkeypatch.setenv(f"NETGURU_{name}", value)
    with pytest.raises(InputError) as caught:
        settings()
    assert str(caught.value).startswith(f"environment NETGURU_{name}: {message}")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_file_mb = ", "is not TOML"),
        ("max_file_mb = 'x'", "setting max_file_mb: input should be a valid integer"),
        ("database_url = 12", "setting database_url: input should be a valid string"),
        ("max_file = 3", "'max_file' (did you mean max_file_mb?)"),
    ],
)
def test_a_bad_file_is_one_line(text, message):
    write(text)
    with pytest.raises(InputError) as caught:
        settings()
    assert message in str(caught.value)
    assert str(settings_file()) in str(caught.value)


def test_a_file_that_cannot_be_read():
    settings_file().mkdir(parents=True)
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        settings()
