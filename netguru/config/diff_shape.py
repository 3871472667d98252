"""The shape of a configuration with headings: items by key, so that order counts only where it matters."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netguru.config.remediation_rules import Dialect
    from netguru.model.config import ConfigLine, DeviceConfig

_MOST_EXPANDED = 4096


@dataclass(slots=True)
class Item:
    """A statement by what it says: its key tells which statements replace each other.

    `commands` enters it, `negate` takes it away; `kind` and `order` are those of the tables. `order`
    "list" counts the order of the children, "whole" makes the body one value.
    """

    key: str
    text: str
    commands: tuple[str, ...] = ()
    negate: str = ""
    kind: str = "member"
    order: str = ""
    remove: str = "negate"
    close: str = ""
    negated: bool = False
    start: int = 0
    end: int = 0
    children: dict[str, Item] = field(default_factory=dict)

    def says(self) -> tuple[object, ...]:
        """Give what must be equal for two items of one key to say the same, children left out."""
        return (self.commands, self.negated)

    def walk(self) -> Iterator[Item]:
        """Give the item and all below it."""
        yield self
        for child in self.children.values():
            yield from child.walk()

    def copy(self) -> Item:
        """Copy the item with all below it."""
        return replace(self, children={key: child.copy() for key, child in self.children.items()})


def shape(config: DeviceConfig, dialect: Dialect) -> Item:
    """Give the shape of a configuration of a platform with headings and indentation."""
    root = Item(key="", text="")
    _Shaper(config, dialect).fill(root, config.tree, "")
    return root


class _Shaper:
    """Turn the lines of one configuration into items."""

    def __init__(self, config: DeviceConfig, dialect: Dialect) -> None:
        self.raw = config.piece.lines
        self.first = config.piece.first_line
        self.dialect = dialect

    def fill(self, parent: Item, lines: Iterable[ConfigLine], within: str) -> None:
        for line in lines:
            for text in self._expanded(line):
                self._add(parent, line, text, within)
        if parent.remove != "negate":
            return
        # Hardware and system sections without a line say nothing: they are there anyway.
        for key in [key for key, child in parent.children.items() if child.remove != "negate"]:
            if not parent.children[key].children:
                del parent.children[key]

    def _expanded(self, line: ConfigLine) -> list[str]:
        """Give one heading for each member of a list of VLANs: none may go when another does."""
        for pattern in self.dialect.expand:
            match = pattern.fullmatch(line.text)
            if match is not None and not line.parents:
                head = line.text[: match.start("list")]
                return [f"{head}{number}" for number in numbers(match["list"])]
        return [line.text]

    def _add(self, parent: Item, line: ConfigLine, text: str, within: str) -> None:
        item = self._item(line, text, within)
        if item.kind == "family":
            family = parent.children.get(item.key) or replace(
                item, text=item.key, commands=(), order="list", children={}
            )
            parent.children[item.key] = family
            entry = replace(item, key=_free(family.children, text), kind="member", negate="", order="", children={})
            family.children[entry.key] = entry
            family.end = line.end
            return
        known = parent.children.get(item.key)
        if parent.order and known is not None:
            item.key = _free(parent.children, item.key)
        elif known is not None:
            self._merge(known, item)
            item = known
        parent.children[item.key] = item
        if not item.order or item.order == "list":
            self.fill(item, line.children, text)

    def _merge(self, known: Item, item: Item) -> None:
        """Let a statement that comes again overwrite, or add to, what stands."""
        known.start, known.end = min(known.start, item.start), max(known.end, item.end)
        if item.kind == "group":
            known.commands = (*known.commands, *item.commands)
        else:
            known.commands, known.text, known.negated = item.commands, item.text, item.negated
            known.negate = item.negate

    def _item(self, line: ConfigLine, text: str, within: str) -> Item:
        negation = self.dialect.negation
        negated = text.startswith(negation)
        bare = text.removeprefix(negation)
        section = self.dialect.section(bare)
        commands = self._commands(line, text, section is not None and section.order == "whole")
        item = Item(key=bare, text=text, commands=commands, negated=negated, start=line.number, end=line.end)
        item.negate = f"{negation}{bare}"
        if section is not None and not negated:
            item.order, item.remove, item.close = section.order, section.remove, section.close
            item.end = max((child.end for child in line.walk()), default=line.end)
        found = self.dialect.line(bare, within)
        if found is None:
            return item
        rule, match = found
        values = {name: value or "" for name, value in match.groupdict().items()}
        item.kind = rule.kind
        item.key = rule.key.format(**values) if rule.key else match[0].rstrip()
        if rule.negate:
            item.negate = rule.negate.format(**values)
        elif rule.kind in ("group", "family") or (rule.kind == "single" and not rule.key):
            item.negate = f"{negation}{item.key}"
        return item

    def _commands(self, line: ConfigLine, text: str, whole: bool) -> tuple[str, ...]:
        if whole:
            return (text, *(f" {child.text}" for child in line.walk() if child is not line))
        if line.end == line.number:
            return (text,)
        return (text, *self.raw[line.number + 1 - self.first : line.end + 1 - self.first])


def _free(taken: dict[str, Item], key: str) -> str:
    """Give a key that is not taken: an ordered list may hold a line twice."""
    number = 1
    free = key
    while free in taken:
        number += 1
        free = f"{key} #{number}"
    return free


def numbers(text: str) -> list[int]:
    """Give the members of a list of numbers and ranges.

    >>> numbers("1,10-12")
    [1, 10, 11, 12]
    """
    found: list[int] = []
    for part in re.findall(r"(\d+)(?:-(\d+))?", text):
        low, high = int(part[0]), int(part[1] or part[0])
        found += range(low, min(high, low + _MOST_EXPANDED) + 1)
    return found
