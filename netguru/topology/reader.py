"""The reader of neighbour outputs: recognises a piece of text by its content and reads its rows."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from netguru.model.coverage import Coverage, Gap
from netguru.model.topology import Neighbor, Neighbors
from netguru.topology.blocks import read_blocks
from netguru.topology.documents import read_document, read_json, read_xml, roots
from netguru.topology.formats import Format, formats
from netguru.topology.rows import NO_NEIGHBOR, neighbor
from netguru.topology.tables import read_table
from netguru.workspace.readers import Match, text_readers

if TYPE_CHECKING:
    from netguru.model.source import Piece
    from netguru.topology.records import Records

_SURE = 0.9
# Every output shows its marks in its first record; a log of many megabytes is not searched to its end.
_LOOK = 1_000_000
# A line longer than this is no line of a neighbour output; patterns see its beginning only.
_LONGEST_LINE = 2000


@lru_cache(maxsize=8)
def _document(text: str) -> Any:
    # Recognising and reading look at the same text one after the other.
    found = read_json(text)
    return read_xml(text) if found is None else found


def recognise(text: str) -> Format | None:
    """Find the format of a text; None when it is no neighbour output."""
    head = text[:_LOOK]
    for form in formats():
        if all(pattern.search(head) for pattern in form.needs) and (form.shape != "document" or _holds(form, text)):
            return form
    return None


def _holds(form: Format, text: str) -> bool:
    document = _document(text)
    return document is not None and any(roots(document, path) for path in form.records)


def read(piece: Piece) -> Neighbors:
    """Read the neighbour rows of a piece; what is not understood is counted in the coverage."""
    form = recognise(piece.text)
    if form is None:
        return Neighbors(device=piece.device, rows=())
    records = _records(form, piece)
    rows: list[Neighbor] = []
    gaps: dict[str, list[str]] = {}
    for record in records.found:
        made = neighbor(form, record, piece)
        if isinstance(made, Neighbor):
            rows.append(made)
        elif made != NO_NEIGHBOR:
            gaps.setdefault(made, []).append(f"{piece.file.name} line {record.start}")
    if records.odd:
        gaps["line not understood"] = [f"{piece.file.name} line {number}" for number in records.odd]
    notes: tuple[str, ...] = ()
    if records.stated is not None and records.stated != len(records.found):
        notes = (f"{piece.file.name}: the device counts {records.stated} entries, {len(records.found)} are listed",)
    return Neighbors(device=piece.device, rows=tuple(rows), coverage=_coverage(piece, rows, gaps, notes))


def _coverage(piece: Piece, rows: list[Neighbor], gaps: dict[str, list[str]], notes: tuple[str, ...]) -> Coverage:
    made = tuple(Gap(reason=reason, count=len(places), places=tuple(places[:5])) for reason, places in gaps.items())
    return Coverage(
        unit="neighbours",
        total=len(rows) + sum(gap.count for gap in made),
        read=len(rows),
        gaps=made,
        notes=notes,
        source=piece.file.name,
    )


def _records(form: Format, piece: Piece) -> Records:
    if form.shape == "document":
        return read_document(form, _document(piece.text), piece.text, piece.first_line)
    lines = [line[:_LONGEST_LINE] for line in piece.lines]
    return (read_table if form.shape == "table" else read_blocks)(form, lines, piece.first_line)


class NeighborReader:
    """Read CDP and LLDP neighbour outputs of devices and of lldpd."""

    name = "neighbors"
    role: Literal["config", "state", "neighbors"] = "neighbors"

    def recognise(self, piece: Piece) -> Match | None:
        """Judge a piece by the marks of the known formats."""
        form = recognise(piece.text)
        return None if form is None else Match(confidence=_SURE, kind=form.name, reason="its headings or labels")

    def read(self, piece: Piece) -> Neighbors:
        """Read the piece."""
        return read(piece)


text_readers.register("neighbors", NeighborReader())
