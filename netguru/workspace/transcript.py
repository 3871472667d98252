"""Cutting a terminal log into the outputs of its commands."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from netguru import resources
from netguru.model.source import Piece, split_lines

if TYPE_CHECKING:
    from netguru.model.source import SourceFile


@cache
def _prompts() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in resources.table("transcript.toml")["prompts"])


@cache
def _words(key: str) -> frozenset[str]:
    return frozenset(resources.table("transcript.toml")[key])


def prompt(line: str) -> tuple[str, str] | None:
    """Read a prompt line as (device, command); None for any other line.

    >>> prompt("core1#show ip route"), prompt("root@leaf1:~# ip -d addr"), prompt("# ip route")
    (('core1', 'show ip route'), ('leaf1', 'ip -d addr'), ('', 'ip route'))
    >>> prompt("interface Gi0/1"), prompt("  Description: to core1 > Gi0/1")
    (None, None)
    """
    text = line.rstrip()
    if not text or text[0].isspace():
        return None
    for pattern in _prompts():
        match = pattern.match(text)
        if match is not None:
            groups = match.groupdict()
            command = groups["command"].strip()
            if command.split()[0].split("/")[-1] in _words("verbs"):
                return groups.get("device") or "", command
    return None


def split_transcript(file: SourceFile, text: str) -> list[Piece]:
    """Cut a file's text at its prompts; a text without prompts is one piece.

    Line numbers of the pieces are those of the file. Commands without output give no piece.
    """
    lines = split_lines(text)
    cuts = [(number, found) for number, line in enumerate(lines) if (found := prompt(line))]
    if not cuts:
        return [Piece(file=file, text=text)]
    pieces = []
    before = lines[: cuts[0][0]]
    if any(line.strip() for line in before):
        pieces.append(Piece(file=file, text="\n".join(before)))
    device = ""
    for position, (number, (named, command)) in enumerate(cuts):
        device = named or device
        end = cuts[position + 1][0] if position + 1 < len(cuts) else len(lines)
        body = lines[number + 1 : end]
        if command.split()[0] in _words("silent") or not any(line.strip() for line in body):
            continue
        pieces.append(
            Piece(
                file=file,
                text="\n".join(body),
                first_line=number + 2,
                device=device,
                command=command,
                device_is_certain=bool(device),
            )
        )
    return pieces or [Piece(file=file, text=text)]
