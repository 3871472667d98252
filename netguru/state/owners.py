"""Who owns an address or a router id: what the checks between devices look up."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netguru.model.finding import Subject
from netguru.model.names import device_key
from netguru.state.facts import facts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netguru.model.state import DeviceState

End = tuple[str, str]
"""A device and one of its ports; the port is empty when it is not known."""


@dataclass(frozen=True, slots=True)
class Owners:
    """Ends by address and devices by router id, as the devices report them."""

    addresses: dict[str, tuple[End, ...]]
    router_ids: dict[str, str]
    names: dict[str, str]

    @classmethod
    def of(cls, states: Sequence[DeviceState]) -> Owners:
        """Gather the owners from all states; the checks of one run ask for the same states again."""
        if _latest and len(_latest[0][0]) == len(states) and all(map(operator.is_, _latest[0][0], states)):
            return _latest[0][1]
        made = cls._gather(states)
        _latest[:] = [(tuple(states), made)]
        return made

    @classmethod
    def _gather(cls, states: Sequence[DeviceState]) -> Owners:
        facts = facts_of(states)
        ends: dict[str, list[End]] = {}
        for port, known in facts.addressed():
            ends.setdefault(known.value.split("/", 1)[0], []).append((port.device, port.port))
        return cls(
            addresses={address: tuple(dict.fromkeys(found)) for address, found in ends.items()},
            router_ids={known.value: device for device, known in facts.router_ids.items()},
            names={device_key(port.device): port.device for port in facts.ports},
        )

    def end(self, address: str | None) -> End | None:
        """Give the end that owns an address, when exactly one device does."""
        found = self.addresses.get(address or "", ())
        return found[0] if len({device_key(device) for device, _ in found}) == 1 else None

    def device(self, name: str) -> str:
        """Give a device's name as it spells it itself; a name that is not known comes back as it is."""
        return self.names.get(device_key(name), name)


def told(end: End) -> str:
    """Spell an end."""
    return f"{end[0]} {end[1]}".strip()


def about(*ends: End, addresses: Iterable[str] = ()) -> Subject:
    """Make the subject of a finding from ends; ends without a port name the device alone."""
    return Subject(
        devices=tuple(sorted({device for device, _ in ends if device})),
        interfaces=tuple(sorted({end for end in ends if all(end)})),
        addresses=tuple(sorted(set(addresses))),
    )


_latest: list[tuple[tuple[DeviceState, ...], Owners]] = []
