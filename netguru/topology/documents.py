"""The document shape: JSON and XML whose objects know their lines, addressed by paths.

A path is keys joined by dots; `*` stands for any key and is remembered. A list on the way is
entered without being named, since the same program prints one object or a list of them.
"""

from __future__ import annotations

import json
import json.decoder
import json.scanner
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from netguru.model.source import split_lines
from netguru.topology.formats import common
from netguru.topology.records import Record, Records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.topology.formats import DocumentField, Format


class Located(dict[str, Any]):
    """An object of a document: `start` and `end` are its offsets in the text."""

    __slots__ = ("end", "start")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.start = 0
        self.end = 0


class _Decoder(json.JSONDecoder):
    """Decode JSON into `Located` objects; the pure-Python scanner calls `parse_object` with offsets."""

    def __init__(self) -> None:
        super().__init__()
        inner = json.decoder.JSONObject  # type: ignore[attr-defined]  # public, not in the stubs

        def parse_object(start: tuple[str, int], *rest: Any) -> tuple[Located, int]:
            made, end = inner(start, *rest)
            located = Located(made)
            located.start, located.end = start[1] - 1, end
            return located, end

        self.parse_object = parse_object
        self.scan_once = json.scanner.py_make_scanner(self)  # type: ignore[attr-defined]  # public, not in the stubs


def read_json(text: str) -> Any:
    """Decode a JSON text, objects knowing their offsets; None when it is no JSON.

    >>> document = read_json('{"a": {"b": 1}}')
    >>> document["a"].start, document["a"].end
    (6, 14)
    """
    start = len(text) - len(text.lstrip())
    if text[start : start + 1] not in ("{", "["):
        return None
    try:
        return _Decoder().raw_decode(text, start)[0]
    except (ValueError, RecursionError):
        return None


def read_xml(text: str) -> Any:
    """Decode an XML text: an element is an object of lists, its own text is under "data"; None when it is no XML.

    >>> read_xml("<a><b>1</b></a>")["a"][0]["b"][0]["data"]
    '1'
    """
    if not text.lstrip().startswith("<"):
        return None
    raw = text.encode()
    root = Located()
    stack = [root]
    # A byte-order or encoding declaration must not make expat decode our UTF-8 as something else.
    parser = expat.ParserCreate("utf-8")
    parser.DefaultHandler = None

    def opened(name: str, _: dict[str, str]) -> None:
        made = Located()
        made.start = parser.CurrentByteIndex
        stack[-1].setdefault(name.rsplit(":", maxsplit=1)[-1], []).append(made)
        stack.append(made)

    def closed(name: str) -> None:
        end = parser.CurrentByteIndex
        stack.pop().end = raw.find(b">", end) + 1 or end
        del name

    def characters(data: str) -> None:
        stack[-1]["data"] = stack[-1].get("data", "") + data

    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(raw, True)
    except expat.ExpatError:
        return None
    _to_characters(root, raw)
    return root


def _to_characters(root: Located, raw: bytes) -> None:
    """Turn byte offsets into character offsets."""
    if raw.isascii():
        return
    queue: list[Any] = [root]
    while queue:
        node = queue.pop()
        if isinstance(node, Located):
            node.start = len(raw[: node.start].decode())
            node.end = len(raw[: node.end].decode())
            queue += node.values()
        elif isinstance(node, list):
            queue += node


def walk(node: Any, path: str) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Give every value at a path with the keys that its `*` stand for.

    >>> list(walk({"a": [{"x": {"b": 1}}, {"y": {"b": 2}}]}, "a.*.b"))
    [(1, ('x',)), (2, ('y',))]
    """
    yield from _walk(node, path.split(".") if path else [], ())


def _walk(node: Any, steps: list[str], keys: tuple[str, ...]) -> Iterator[tuple[Any, tuple[str, ...]]]:
    if isinstance(node, list):
        for item in node:
            yield from _walk(item, steps, keys)
    elif not steps:
        yield node, keys
    elif isinstance(node, dict):
        if steps[0] == "*":
            for key, value in node.items():
                yield from _walk(value, steps[1:], (*keys, key))
        elif steps[0] in node:
            yield from _walk(node[steps[0]], steps[1:], keys)


def roots(document: Any, path: str) -> list[Any]:
    """Give the places where a format's records may lie: the document, or inside an API's wrapping.

    The keys before the first `*` must be there, be it with nothing in them.
    """
    fixed = path.split(".*", 1)[0]
    tops = [document, *(inner for wrapper in common()["wrappers"] for inner, _ in walk(document, wrapper))]
    return [top for top in tops if isinstance(top, dict) and _holds(top, fixed.split("."))]


def _holds(node: Any, steps: list[str]) -> bool:
    if not steps:
        return True
    if isinstance(node, list):
        return any(_holds(item, steps) for item in node)
    return isinstance(node, dict) and steps[0] in node and _holds(node[steps[0]], steps[1:])


def read_document(form: Format, document: Any, text: str, first_line: int) -> Records:
    """Read every record of a format from a decoded document."""
    starts = _line_starts(text)
    found: list[Record] = []
    for path in form.records:
        for root in roots(document, path):
            for node, keys in walk(root, path):
                if isinstance(node, Located):
                    found.append(_record(form, node, keys, text, first_line, starts))
    return Records(found=tuple(found))


def _record(
    form: Format, node: Located, keys: tuple[str, ...], text: str, first_line: int, starts: list[int]
) -> Record:
    last = first_line + bisect_right(starts, max(node.end - 1, node.start)) - 1
    key = re.search(r'"(?:[^"\\]|\\.){0,100}"\s*:\s*$', text[max(node.start - 160, 0) : node.start]) if keys else None
    begin = node.start - len(key[0]) if key else node.start
    first = first_line + bisect_right(starts, begin) - 1
    record = Record(start=first, end=last, excerpt=text[begin : node.end])
    for name, places in form.fields.items():
        for place in places:
            values = list(_values(node, keys, place))
            for value in values:
                record.add(name, value, first)
            if values:
                break
    return record


def _values(node: Located, keys: tuple[str, ...], place: DocumentField) -> Iterator[str]:
    if place.path.startswith("^"):
        # A key above the record: "^0" is what the first `*` of the records' path stood for.
        yield from keys[int(place.path[1:]) :][:1]
        return
    for value, inner in walk(node, place.path):
        if place.key:
            yield from inner[-1:]
        else:
            yield from _texts(value)


def _texts(value: Any) -> Iterator[str]:
    """Give the text of a value; an object of flags gives the names of those that are set."""
    if isinstance(value, dict):
        if "type" in value and "enabled" in value:
            if value["enabled"] in (True, "on"):
                yield str(value["type"])
        else:
            yield from (str(key) for key, flag in value.items() if flag is True)
    elif value is not None and not isinstance(value, bool):
        yield str(value).strip()


def _line_starts(text: str) -> list[int]:
    starts = [0]
    position = 0
    for line in split_lines(text)[:-1]:
        position += len(line)
        position += 2 if text.startswith("\r\n", position) else 1
        starts.append(position)
    return starts
