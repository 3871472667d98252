"""The neutral view of a result: blocks that every writer (text, Markdown, HTML) lays out in its own way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from itertools import islice
from typing import Any, TypeAlias

from netguru.model.answer import Answer
from netguru.model.coverage import Coverage
from netguru.model.evidence import Evidence
from netguru.model.finding import Finding
from netguru.render.values import PROVENANCE, SHOWN_ITEMS, is_empty, is_frame, is_scalar, label, show

SHORT = 160
"""Characters up to which a text is a value in a list; a longer one is a paragraph."""

_ROWS_OF_A_TABLE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is shown before a count says how much more there is; 0 shows all.

    Without `details` findings are a ranked list and coverage its totals.
    """

    rows: int = 50
    findings: int = 100
    evidence: int = 10
    details: bool = True

    def of(self, items: Sequence[Any], limit: int) -> tuple[Sequence[Any], int]:
        """Give the first items and the number of those left out."""
        shown = items[:limit] if limit else items
        return shown, len(items) - len(shown)


EVERYTHING = Limits(rows=0, findings=0, evidence=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Names with their values."""

    items: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A longer text under its name."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under column names; `total` counts all rows, `empty` names columns in which nothing is stated."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int
    empty: tuple[str, ...] = ()

    @property
    def more(self) -> int:
        """Count the rows left out."""
        return self.total - len(self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingList:
    """Findings, worst first as they come."""

    title: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """A list of evidence under its name."""

    title: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """A coverage statement."""

    title: str
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer with its citations."""

    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A drawing that the result's family made: SVG or HTML that needs no escaping; `plain` is the same in words."""

    svg: str
    plain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A nested value: what it counts, and its own blocks for writers that can fold."""

    title: str
    summary: str
    blocks: tuple[Block, ...]


Block: TypeAlias = Pairs | Paragraph | Table | FindingList | Proofs | Covered | Figure | Answered | Section


def title_of(result: Any) -> str:
    """Name a result after its schema.

    >>> title_of(3)
    ''
    """
    schema = getattr(result, "schema", "")
    name = schema.removeprefix("netguru.").split("/", 1)[0] if isinstance(schema, str) else ""
    # Findings have their own heading.
    return name if "." in name else ""


def view(result: Any, limits: Limits) -> tuple[Block, ...]:
    """Lay out a result: values first, then its drawing, findings, tables, nested values, coverage last."""
    if isinstance(result, Answer):
        return (Answered(answer=result),)
    blocks = list(_blocks(_members(result), limits))
    figure = getattr(result, "figure", None)
    if callable(figure) and not is_frame(result):
        plain = getattr(result, "plain_figure", None)
        blocks.append(Figure(svg=figure(), plain=plain() if callable(plain) else ""))
    return tuple(sorted(blocks, key=_order))


_ORDER: tuple[type, ...] = (Pairs, Paragraph, Figure, Answered, FindingList, Table, Proofs, Section, Covered)


def _order(block: Block) -> int:
    return _ORDER.index(type(block))


def _members(value: Any) -> list[tuple[str, Any]]:
    if is_dataclass(value) and not isinstance(value, type):
        quiet = {*getattr(value, "quiet", ()), *PROVENANCE}
        return [(item.name, getattr(value, item.name)) for item in fields(value) if item.name not in quiet]
    if isinstance(value, Mapping):
        return [(str(key), item) for key, item in value.items()]
    return [("", value)]


def _blocks(members: list[tuple[str, Any]], limits: Limits) -> list[Block]:
    pairs: list[tuple[str, Any]] = []
    blocks: list[Block] = []
    members, alike = _alike(members)
    if alike:
        rows = [{"": label(name), **dict(_members(value))} for name, value in alike]
        blocks.append(_table("", rows, len(rows), []))
    for name, value in _unfolded(members):
        made = _block(label(name), value, limits)
        if made is None:
            pairs.append((label(name), value))
        else:
            blocks.append(made)
    stated = tuple((name, value) for name, value in pairs if not is_empty(value))
    silent = [name for name, value in pairs if is_empty(value) and name]
    if silent:
        stated += (("empty", ", ".join(silent)),)
    return [Pairs(items=stated), *blocks] if stated else blocks


def _unfolded(members: list[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Give members with a mapping of frames taken apart: each frame is a table under its own name."""
    for name, value in members:
        if isinstance(value, Mapping) and value and all(is_frame(item) for item in value.values()):
            yield from ((str(key), item) for key, item in value.items())
        else:
            yield name, value


def _alike(members: list[tuple[str, Any]]) -> tuple[list[tuple[str, Any]], list[tuple[str, Any]]]:
    """Take out the nested values that are all of one type: they are the rows of one table."""
    kinds = [type(value) for _, value in members if is_dataclass(value) and not isinstance(value, (Coverage, Evidence))]
    common = next((kind for kind in kinds if kinds.count(kind) >= _ROWS_OF_A_TABLE), None)
    if common is None:
        return members, []
    return [item for item in members if type(item[1]) is not common], [
        item for item in members if type(item[1]) is common
    ]


def _block(title: str, value: Any, limits: Limits) -> Block | None:
    """Give the block of a value that is more than a word; None for what fits a line."""
    made: Block | None = None
    if isinstance(value, Coverage):
        made = Covered(title=title, coverage=value)
    elif isinstance(value, Answer):
        made = Answered(answer=value)
    elif isinstance(value, Evidence):
        made = Proofs(title=title, evidence=(value,))
    elif is_frame(value):
        made = _table(title, _frame_rows(value, limits.rows), len(value), list(value.columns))
    elif isinstance(value, (list, tuple)) and value:
        made = _sequence(title, value, limits)
    elif isinstance(value, Mapping) and value and not _is_brief(value):
        made = _mapping(title, value, limits)
    elif isinstance(value, str) and (len(value) > SHORT or "\n" in value):
        made = Paragraph(title=title, text=value)
    elif is_dataclass(value) and not _is_short(value):
        blocks = tuple(sorted(_blocks(_members(value), limits), key=_order))
        made = Section(title=title, summary=_summary(value), blocks=blocks)
    return made


def _is_short(value: Any) -> bool:
    return all(is_scalar(item) for _, item in _members(value)) and len(show(value)) <= SHORT


def _is_brief(value: Mapping[Any, Any]) -> bool:
    scalars = len(value) <= SHOWN_ITEMS and all(is_scalar(item) for item in value.values())
    return scalars and len(show(value)) <= SHORT


def _frame_rows(frame: Any, limit: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (frame.head(limit) if limit else frame).to_dicts()
    return rows


def _sequence(title: str, value: Sequence[Any], limits: Limits) -> Block | None:
    if all(isinstance(item, Finding) for item in value):
        return FindingList(title=title, findings=tuple(value))
    if all(isinstance(item, Evidence) for item in value):
        return Proofs(title=title, evidence=tuple(value))
    if all(is_scalar(item) for item in value):
        return _list(title, value, limits) if len(show(list(value))) > SHORT else None
    shown, _ = limits.of(value, limits.rows)
    return _table(title, [dict(_members(item)) for item in shown], len(value), [])


def _list(title: str, value: Sequence[Any], limits: Limits) -> Block:
    shown, _ = limits.of(value, limits.rows)
    return Table(title=title, columns=("",), rows=tuple((item,) for item in shown), total=len(value))


def _mapping(title: str, value: Mapping[Any, Any], limits: Limits) -> Block:
    shown = islice(value.items(), limits.rows or None)
    rows = [{"": key, **(dict(_members(item)) if not is_scalar(item) else {"value": item})} for key, item in shown]
    return _table(title, rows, len(value), [])


def _table(title: str, rows: list[dict[str, Any]], total: int, columns: list[str]) -> Table:
    names = list(dict.fromkeys([*columns, *(name for row in rows for name in row)]))
    used = [name for name in names if any(not is_empty(row.get(name)) for row in rows)]
    return Table(
        title=title,
        columns=tuple(label(name) for name in used),
        rows=tuple(tuple(row.get(name) for name in used) for row in rows),
        total=total,
        empty=tuple(label(name) for name in names if name not in used and name),
    )


def _summary(value: Any) -> str:
    counted = [f"{len(item)} {label(name)}" for name, item in _members(value) if isinstance(item, (tuple, list, dict))]
    return ", ".join(counted) or show(value)
