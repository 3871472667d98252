"""What the checks share: messages without copies, senders on one link, runs of senders."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from netguru.model.finding import Subject
from netguru.pcap.messages import limit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import polars as pl

    from netguru.model.capture import Capture

Row = dict[str, Any]
SECOND = 1_000_000_000


_latest: WeakKeyDictionary[Capture, tuple[str, list[Row]]] = WeakKeyDictionary()
"""The messages given last: the checks of one protocol come one after the other."""


def told(capture: Capture, protocol: str) -> pl.DataFrame:
    """Give the messages of a protocol as a table, each once even if several interfaces saw it."""
    from netguru.pcap.protocols.table import originals

    return originals(capture.protocol(protocol))


def messages(capture: Capture, protocol: str, where: pl.Expr | None = None) -> list[Row]:
    """Give the messages of a protocol that fit a condition, as `told` has them; they are not to be changed.

    A row is dear: a check should ask for those alone that can tell it something.
    """
    if where is not None:
        return told(capture, protocol).filter(where).to_dicts()
    name, rows = _latest.get(capture, ("", []))
    if name != protocol:
        # Two protocols are not held at once.
        _latest.pop(capture, None)
        rows = told(capture, protocol).to_dicts()
        _latest[capture] = protocol, rows
    return rows


def grouped(rows: Iterable[Row], *names: str) -> dict[tuple[Any, ...], list[Row]]:
    """Group rows by columns, in order of appearance."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return found


def numbers(rows: Iterable[Row]) -> list[int]:
    """Give the packet numbers of rows, each once, in order."""
    return sorted({row["number"] for row in rows})


def span_s(rows: list[Row]) -> float:
    """Give the seconds between the first and the last row."""
    return float(rows[-1]["time_ns"] - rows[0]["time_ns"]) / SECOND if rows else 0.0


def subject(*addresses: str | None, vlans: Iterable[int | None] = ()) -> Subject:
    """Name addresses and VLANs, each once, sorted; unknown ones are left out."""
    return Subject(
        addresses=tuple(sorted({address for address in addresses if address})),
        vlans=tuple(sorted({vlan for vlan in vlans if vlan is not None})),
    )


def vlans(rows: Iterable[Row]) -> set[int]:
    """Give the VLANs that rows were seen in."""
    return {row["vlan"] for row in rows if row["vlan"] is not None}


def counted(number: int, noun: str) -> str:
    """Write a number with its noun.

    >>> counted(1, "hello"), counted(2, "hello")
    ('1 hello', '2 hellos')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(names: Iterable[str], shown: int = 3) -> str:
    """Name some of many.

    >>> listed(["b", "a"]), listed("edcba")
    ('a, b', 'a, b, c and 2 more')
    """
    every = sorted(set(names))
    rest = f" and {len(every) - shown} more" if len(every) > shown else ""
    return ", ".join(every[:shown]) + rest


@dataclass(frozen=True, slots=True)
class Pair:
    """Two senders on one link and their messages."""

    one: list[Row]
    two: list[Row]

    @property
    def ends(self) -> tuple[str, str]:
        """Give the two addresses."""
        return self.one[0]["src"], self.two[0]["src"]


def pairs_on_links(rows: Iterable[Row], *more: str) -> Iterator[Pair]:
    """Pair the senders that one capture interface and VLAN saw; each two addresses once.

    Where one place shows a great many senders, they are on many links: the first ones are paired.
    """
    done: set[frozenset[str]] = set()
    for link in grouped(rows, "interface", "vlan", *more).values():
        senders = list(grouped(link, "src").values())[: limit("findings", "senders")]
        for one, two in combinations(senders, 2):
            ends = frozenset((one[0]["src"], two[0]["src"]))
            if ends not in done:
                done.add(ends)
                yield Pair(one, two)


@dataclass(frozen=True, slots=True)
class Turns:
    """How the right to speak for a group went between its senders."""

    senders: tuple[str, ...]
    changes: list[Row]
    quick: int
    total: int

    @property
    def is_shared(self) -> bool:
        """Say whether several speak at once rather than one after the other.

        One after the other, a sender keeps the right for many messages; at once, every few
        messages change the sender.
        """
        return len(self.senders) > 1 and self.quick >= 4 and self.quick >= 0.4 * (self.total - 1)  # noqa: PLR2004 - below


def turns(rows: list[Row], within_s: float) -> Turns:
    """Follow who sends; a change is quick when the next message comes from another within `within_s`."""
    changes: list[Row] = []
    quick = 0
    for before, after in pairwise(rows):
        if before["src"] != after["src"]:
            changes.append(after)
            quick += after["time_ns"] - before["time_ns"] <= within_s * SECOND
    return Turns(tuple(dict.fromkeys(row["src"] for row in rows)), changes, quick, len(rows))


def episodes(rows: list[Row], gap_s: float) -> list[list[Row]]:
    """Split rows in time order where nothing came for `gap_s`."""
    found: list[list[Row]] = []
    for row in rows:
        if found and row["time_ns"] - found[-1][-1]["time_ns"] <= gap_s * SECOND:
            found[-1].append(row)
        else:
            found.append([row])
    return found
