"""The README tells the truth: its commands run, and what it shows is what they print."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest

from netguru import cli

_ROOT = Path(__file__).parents[2]
_TEXT = (_ROOT / "README.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", _TEXT, re.DOTALL)


def _console() -> list[list[tuple[str, list[str]]]]:
    """Give every block of `$ netguru ...`: its commands in their order, each with the lines shown below it."""
    blocks: list[list[tuple[str, list[str]]]] = []
    for block in _blocks("console"):
        found: list[tuple[str, list[str]]] = []
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
        blocks.append([(command, shown) for command, shown in found if command.startswith("netguru ")])
    return [block for block in blocks if block]


# A block is one test: what its first command leaves, the next one finds, whichever process runs which test.
@pytest.mark.parametrize("block", _console(), ids=lambda block: block[0][0])
def test_commands_print_what_is_shown(
    block: list[tuple[str, list[str]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(_ROOT)
    for command, shown in block:
        words = shlex.split(command.replace("out/", f"{tmp_path}/"))[1:]
        status = cli.run(words)
        printed = capsys.readouterr().out

        assert status == 0, command
        assert [line for line in shown if line not in printed] == [], command


def test_python_prints_what_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(_ROOT)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(_blocks("python")[0], "README.md", "exec"), {})  # noqa: S102 - the README's own example

    assert printed.getvalue() == _blocks("text")[0]


def test_every_operation_exists() -> None:
    from netguru.operations import operations

    named = set(re.findall(r"`((?:pcap|config|state|topology|diagnosis|collect|rag|report|samples)\.[a-z]+)`", _TEXT))

    assert named - set(operations) == set()


def test_pictures_are_there() -> None:
    assert [name for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", _TEXT) if not (_ROOT / name).is_file()] == []
