"""Commands that take a device from one configuration to another, in a safe order."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from netguru.config.diff_shape import Item

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.config.remediation_rules import Dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Commands under one top-level heading, with the path of each for the judgement of risks."""

    section: str
    commands: tuple[str, ...]
    paths: tuple[str, ...]


def steps(before: Item, after: Item, dialect: Dialect) -> list[Step]:
    """Give the commands from one shape to another.

    Bindings of lists that are built anew are taken away first, then what is not wanted in sections
    of use; definitions are made in the order of their ranks; then all else is entered; definitions
    that are not wanted any more go last.
    """
    return _Planner(_free_to_change(before, dialect), _free_to_change(after, dialect), dialect).plan()


def _free_to_change(root: Item, dialect: Dialect) -> Item:
    """Leave out what the system writes itself."""
    kept = {key: item for key, item in root.children.items() if not dialect.fixed.fullmatch(item.text)}
    return replace(root, children=kept)


class _Planner:
    """Plan the commands; `was` shrinks while commands make the device drop lines by itself."""

    def __init__(self, before: Item, will: Item, dialect: Dialect) -> None:
        self.before = before
        self.was = before.copy()
        self.will = will
        self.dialect = dialect
        self.last = len(dialect.ranks)
        self.made: list[Step] = []

    def plan(self) -> list[Step]:
        self._unbind()
        self._rest_removed()
        for rank in range(self.last):
            self._defined(rank)
        for key, new in self.will.children.items():
            if self.dialect.rank(key) == self.last:
                self._step(new, self._entered(self.was.children.get(key), new, ()))
        for rank in reversed(range(self.last)):
            for key, old in self.was.children.items():
                if self.dialect.rank(key) == rank and key not in self.will.children:
                    self._step(old, self._taken(old, ()))
        return self.made

    def _step(self, item: Item, found: Iterator[tuple[tuple[str, ...], str]]) -> None:
        rows = list(found)
        if rows:
            self.made.append(
                Step(
                    section=item.text or item.key,
                    commands=tuple(self._rendered(rows)),
                    paths=tuple(" > ".join((*path, command)) for path, command in rows),
                )
            )

    def _rendered(self, rows: list[tuple[tuple[str, ...], str]]) -> Iterator[str]:
        """Enter and leave sections around the commands, each given under its headings."""
        inside: tuple[str, ...] = ()
        for path, command in rows:
            common = 0
            while common < min(len(path), len(inside)) and path[common] == inside[common]:
                common += 1
            for depth in range(len(inside), common, -1):
                yield " " * depth + self.dialect.leave
            for depth in range(common, len(path)):
                yield " " * depth + path[depth]
            inside = path
            if command:
                first, *more = command.split("\n")
                yield " " * len(path) + first
                yield from more
        for depth in range(len(inside), 0, -1):
            yield " " * depth + self.dialect.leave

    # What goes before anything else.

    def _unbind(self) -> None:
        """Take away the bindings of lists that are built anew: a device must not filter by half a list."""
        names = {old.key.split()[-1] for key, old in self.was.children.items() if self._rebuilt(key)}
        for old in self.was.children.values() if names else ():
            self._step(old, self._unbound(old, names, ()))

    def _unbound(self, item: Item, names: set[str], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
        here = (*path, item.text)
        for key, child in list(item.children.items()):
            match = next((found for row in self.dialect.bindings if (found := row.fullmatch(child.text))), None)
            match = match or next((found for row in self.dialect.bindings if (found := row.match(child.text))), None)
            if match is not None and match["name"] in names:
                del item.children[key]
                yield here, f"{self.dialect.negation}{child.text}"
            elif child.children and not child.order:
                yield from self._unbound(child, names, here)

    def _rebuilt(self, key: str) -> bool:
        old, new = self.was.children[key], self.will.children.get(key)
        return old.order == "list" and new is not None and not _appends(old, new)

    def _rest_removed(self) -> None:
        for key, old in list(self.was.children.items()):
            if self.dialect.rank(key) != self.last:
                continue
            new = self.will.children.get(key)
            if new is None or (old.kind == "entry" and old.says() != new.says()):
                self._step(old, self._taken(old, ()))
                del self.was.children[key]
            else:
                self._step(old, self._thinned(old, new, ()))

    # Taking away.

    def _taken(self, old: Item, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
        """Give the commands that take an item away with all below it."""
        if old.negated:
            yield path, f"{self.dialect.default}{old.key}"
        elif old.remove == "default":
            yield path, f"{self.dialect.default}{old.text}"
        elif old.remove == "children":
            yield from self._emptied(old, path)
        else:
            yield path, old.negate

    def _emptied(self, old: Item, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
        """Take away the lines of a section that stays."""
        yield from self._thinned(old, Item(key=old.key, text=old.text, commands=old.commands), path)

    def _thinned(self, old: Item, new: Item, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
        """Take away what a section has and should not have, before anything is entered."""
        if old.order or new.order or (old.kind == "entry" and old.says() != new.says()):
            return
        here = (*path, old.text)
        yield from self._cut(old, new, here)
        for key, child in list(old.children.items()):
            other = new.children.get(key)
            if other is None or (child.kind == "entry" and child.says() != other.says()):
                yield from self._taken(child, here)
                del old.children[key]
            elif child.children:
                yield from self._thinned(child, other, here)

    def _cut(self, old: Item, new: Item, here: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
        """Take away what loses one of the lines that make it, with all that the device drops then."""
        for anchor in self.dialect.anchors:
            if not anchor.within.match(old.key):
                continue
            lost: dict[str, str] = {}
            for key, child in old.children.items():
                match = anchor.pattern.fullmatch(child.text)
                if match is not None and key not in new.children:
                    grouped = child.text == anchor.group.format(name=match["name"])
                    lost[match["name"]] = child.negate if grouped else anchor.command.format(name=match["name"])
            # Members go before their group: a group takes its members along.
            for name, command in sorted(lost.items(), key=lambda row: row[1].endswith("peer-group")):
                yield here, command
                _drop(old, re.compile(anchor.owns.format(name=re.escape(name))))

    # Entering.

    def _defined(self, rank: int) -> None:
        for key, new in self.will.children.items():
            if self.dialect.rank(key) != rank:
                continue
            old = self.was.children.get(key)
            if old is not None:
                if old.kind == "entry" and old.says() != new.says():
                    self._step(old, self._taken(old, ()))
                    old = None
                else:
                    self._step(old, self._thinned(old, new, ()))
            self._step(new, self._entered(old, new, ()))

    def _entered(self, old: Item | None, new: Item, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
        """Give the commands that make an item what it should be; what it should not have is gone already."""
        if new.order == "list":
            yield from self._listed(old, new, path)
            return
        if new.order == "whole":
            if old is None or old.says() != new.says():
                yield path, "\n".join((*new.commands, new.close))
            return
        changed = old is None or old.says() != new.says()
        if changed and not new.children:
            yield from _stated(new, path)
            return
        if changed:
            yield (*path, new.text), ""
        here = (*path, new.text)
        again = self._wiped(old, new)
        # What makes the device drop lines is entered before the lines that it drops.
        for key, child in sorted(new.children.items(), key=lambda row: row[0] in again):
            known = old.children.get(key) if old is not None else None
            yield from self._entered(None if key in again else known, child, here)

    def _wiped(self, old: Item | None, new: Item) -> set[str]:
        """Give the keys of lines that the device has dropped because another line changed."""
        found: set[str] = set()
        for wipe in self.dialect.wipes:
            if not wipe.within.match(new.key):
                continue
            ours = {child.text for child in new.children.values() if wipe.pattern.fullmatch(child.text)}
            stated = self.before.children.get(new.key)
            if old is None or stated is None:
                continue
            if ours != {child.text for child in stated.children.values() if wipe.pattern.fullmatch(child.text)}:
                found |= {key for key, child in new.children.items() if wipe.drops.fullmatch(child.text)}
        return found

    def _listed(self, old: Item | None, new: Item, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
        """Enter a list: what only loses lines or gains some at its end is edited, any other is built anew."""
        here = (*path, new.text) if new.kind != "family" else path
        if old is not None and not _appends(old, new):
            yield path, old.negate
            old = None
        if old is not None:
            for key, child in old.children.items():
                if key not in new.children:
                    yield here, child.negate
        elif new.kind != "family" and not new.children:
            yield here, ""
        for key, child in new.children.items():
            if old is None or key not in old.children:
                yield from _stated(child, here)
            elif child.kind == "entry" and child.says() != old.children[key].says():
                yield here, old.children[key].negate
                yield from _stated(child, here)


def _stated(item: Item, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Enter a line, the lines of a group one by one, a value of several lines as it stands."""
    if item.kind == "group":
        yield from ((path, command) for command in item.commands)
    else:
        yield path, "\n".join(item.commands)


def _drop(item: Item, pattern: re.Pattern[str]) -> None:
    for key, child in list(item.children.items()):
        if pattern.fullmatch(child.text.removeprefix("no ")):
            del item.children[key]
        else:
            _drop(child, pattern)


def _appends(old: Item, new: Item) -> bool:
    """Say whether a list can be edited: lines leave it, or come to its end; numbered lines go anywhere."""
    if any(child.kind == "entry" for part in (old, new) for child in part.children.values()):
        return all(child.kind == "entry" for part in (old, new) for child in part.children.values())
    kept = [key for key in old.children if key in new.children]
    if old.kind == "family" and len(kept) < len(old.children):
        # A numbered list goes as a whole with the removal of any of its lines.
        return False
    return list(new.children)[: len(kept)] == kept
