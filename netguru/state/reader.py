"""The reader of what devices report about themselves: show outputs, Linux tools, JSON, logs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from netguru.errors import ParseError
from netguru.model.coverage import Coverage, Gap
from netguru.model.state import DeviceState
from netguru.state import formats, json_formats, json_text, schema
from netguru.state import ntc as templates
from netguru.state.rules import Reading, run
from netguru.workspace.readers import Match, text_readers

if TYPE_CHECKING:
    from netguru.model.source import Piece
    from netguru.state.formats import Format

PLACES = 20
"""Lines not understood that a coverage names."""


class StateReader:
    """Read the text output of one command, or a log, into tables."""

    name = "state"
    role: Literal["config", "state", "neighbors"] = "state"

    def recognise(self, piece: Piece) -> Match | None:
        """Judge a piece by its text; `piece.command` and the file's name are hints."""
        if json_formats.begins(piece.text):
            return None
        found = formats.recognise(piece)
        if found is not None:
            return Match(confidence=found[1], kind=found[0].name, reason="its headings and lines")
        command = templates.recognise(piece)
        return None if command is None else Match(confidence=0.6, kind=command, reason="its command and its lines")

    def read(self, piece: Piece) -> DeviceState:
        """Read the piece; lines not understood are listed in the coverage."""
        found = formats.recognise(piece)
        if found is None:
            platform, reading = templates.read(piece)
            return _state(piece, platform, reading)
        reading = run(found[0].rules, piece.lines, piece.first_line)
        _mark_family(piece, found[0], reading)
        return _state(piece, found[0].platform, reading)


class JsonStateReader:
    """Read the JSON output of one command into tables."""

    name = "state-json"
    role: Literal["config", "state", "neighbors"] = "state"

    def recognise(self, piece: Piece) -> Match | None:
        """Judge a piece by the keys of its document."""
        if not json_formats.begins(piece.text):
            return None
        try:
            # The plain decoder is quick: lines are wanted only of what is read later.
            document, _ = json.JSONDecoder(strict=False).raw_decode(piece.text.lstrip())
            declared = json_formats.recognise(document)
        except (ValueError, RecursionError):
            return None
        return None if declared is None else Match(confidence=0.9, kind=declared["name"], reason="its keys")

    def read(self, piece: Piece) -> DeviceState:
        """Read the piece; raises ParseError when it is not the JSON that was recognised."""
        document = json_text.parse(piece.text)
        declared = json_formats.recognise(document)
        if declared is None:
            raise ParseError("no known JSON output", line=piece.first_line)
        reading = json_formats.read(document, declared, piece.first_line)
        reading.total = sum(bool(line.strip()) for line in piece.lines)
        return _state(piece, declared["platform"], reading)


def _mark_family(piece: Piece, item: Format, reading: Reading) -> None:
    """Tell the default route of an IPv6 table from that of IPv4: both are printed as 'default'."""
    rows = reading.rows.get("routes", [])
    told = any(pattern.search(formats.command(piece)) for pattern in item.six)
    if told or any(":" in str(row.get("prefix")) for row in rows):
        for row in rows:
            row["family"] = 6


def _state(piece: Piece, platform: str, reading: Reading) -> DeviceState:
    tables = {
        kind: schema.frame(kind, (schema.row(kind, row) for row in rows)) for kind, rows in sorted(reading.rows.items())
    }
    unknown = len(reading.unknown)
    gap = Gap(reason="line not understood", count=unknown, places=tuple(f"line {n}" for n in reading.unknown[:PLACES]))
    coverage = Coverage(
        unit="lines",
        total=reading.total,
        read=reading.total - unknown,
        gaps=(gap,) if unknown else (),
        source=piece.file.name,
    )
    return DeviceState(device=_device(piece, reading), platform=platform, piece=piece, tables=tables, coverage=coverage)


def _device(piece: Piece, reading: Reading) -> str:
    if piece.device:
        return piece.device
    named = [str(row["hostname"]) for row in reading.rows.get("version", []) if row.get("hostname")]
    return named[0] if named else ""


text_readers.register(StateReader.name, StateReader())
text_readers.register(JsonStateReader.name, JsonStateReader())
