"""Named things, ours and third parties': one registry a kind, filled through entry points.

Built-ins take the same door as plug-ins. A plug-in that fails to load is listed in `errors` and
disturbs nobody.
"""

from __future__ import annotations

from functools import cache
from threading import RLock
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from netguru.errors import PluginError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from importlib.metadata import EntryPoint

Item = TypeVar("Item")


class Registry(Generic[Item]):
    """Hold the things of one kind by name.

    `group` is an entry-point group whose members are modules or functions: importing the member
    registers things; nothing is loaded before the first look.

    >>> colours = Registry("colour")
    >>> colours.register("red", 1)
    1
    >>> colours["red"], list(colours)
    (1, ['red'])
    """

    def __init__(self, kind: str, *, group: str = "") -> None:
        self.kind = kind
        self.group = group
        self.errors: list[PluginError] = []
        self._items: dict[str, Item] = {}
        self._loaded = not group
        self._imported: set[str] = set()
        self._lock = RLock()

    def register(self, name: str, item: Item) -> Item:
        """Add a thing; a second one of the same name is a programming error unless it is the same."""
        present = self._items.get(name)
        if present is not None and present is not item and _origin(present) != _origin(item):
            msg = f"{self.kind} {name!r} is registered twice"
            raise ValueError(msg)
        self._items[name] = item
        return item

    def load(self) -> None:
        """Import every member of the entry-point group, once."""
        with self._lock:
            if self._loaded:
                return
            # Set first: a member may look into the registry while it is being imported.
            self._loaded = True
            for point in self._members():
                self._import(point)

    def _members(self, family: str = "") -> list[EntryPoint]:
        """Give the members that are named after a family (`pcap`, `pcap_packets`), or all, in order."""
        members = sorted(_points().select(group=self.group), key=lambda point: point.name)
        return [point for point in members if not family or point.name.split("_")[0] == family]

    def _import(self, point: EntryPoint) -> None:
        if point.name in self._imported:
            return
        self._imported.add(point.name)
        try:
            point.load()
        except Exception as error:  # noqa: BLE001 - whatever a plug-in raises must disturb nobody
            self.errors.append(PluginError(point.name, point.value, error))

    def __getitem__(self, name: str) -> Item:
        self.load()
        try:
            return self._items[name]
        except KeyError:
            raise UnknownNameError(self.kind, name, self._items) from None

    def get(self, name: str) -> Item | None:
        """Give a thing or None; members are imported until it is there, those of its family first."""
        with self._lock:
            if not self._loaded:
                for point in self._members(name.split(".", maxsplit=1)[0]):
                    if name in self._items:
                        break
                    self._import(point)
                if name not in self._items:
                    self.load()
            return self._items.get(name)

    def __iter__(self) -> Iterator[str]:
        self.load()
        return iter(sorted(self._items))

    def __len__(self) -> int:
        self.load()
        return len(self._items)

    def __contains__(self, name: object) -> bool:
        self.load()
        return name in self._items

    def items(self) -> list[tuple[str, Item]]:
        """Give all names and things, sorted by name."""
        self.load()
        return sorted(self._items.items())

    def values(self) -> list[Item]:
        """Give all things, sorted by name."""
        return [item for _, item in self.items()]


class _Points(Protocol):
    """The entry points of all packages; what Python gives for them differs by its version."""

    def select(self, *, group: str) -> Iterable[EntryPoint]: ...


@cache
def _points() -> _Points:
    """Give the members of all groups, looked for once: that reads a file of every installed package."""
    from importlib.metadata import entry_points

    return entry_points()


def _origin(item: Any) -> tuple[str, str]:
    # A module reloaded in a notebook registers its things again: same origin, new object.
    subject = getattr(item, "function", item)
    subject = subject if hasattr(subject, "__qualname__") else type(subject)
    return getattr(subject, "__module__", ""), getattr(subject, "__qualname__", "")
