"""Objects and object groups of Cisco-like systems: the addresses, ports and services that a name stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netguru.config import acl_sets_headers as headers
from netguru.config.acl_sets import FULL
from netguru.config.acl_sets_headers import Condition, alternatives, exactly, together, unmodelled

if TYPE_CHECKING:
    from netguru.config.acl_sets import Space
    from netguru.model.config import ConfigLine, DeviceConfig

_HEADING = re.compile(
    r"object(?P<group>-group)? (?:(?P<kind>ip address|ipv6 address|ip port|network ipv4|network ipv6|network|service"
    r"|protocol|icmp-type|port|v4-network|v6-network) )?(?P<name>\S+)(?: (?P<protocol>tcp|udp|tcp-udp))?"
)
_ADDRESS_WORDS = ("network-object", "subnet", "host-info")
_SEQUENCE = re.compile(r"^\d+ (?=\D|\d+\.|[\da-fA-F]*:)")
_DEPTH = 16
_OPERATORS = ("eq", "neq", "lt", "gt", "range")


@dataclass(slots=True)
class Groups:
    """The named objects of a configuration, read when a line asks for one."""

    space: Space
    wildcard: bool
    blocks: dict[str, tuple[str, str, ConfigLine]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, config: DeviceConfig, space: Space, *, wildcard: bool) -> Groups:
        """Find the objects of a configuration."""
        found = cls(space, wildcard)
        for line in config.tree:
            match = _HEADING.fullmatch(line.text)
            if match is not None:
                found.blocks[match["name"]] = (match["kind"] or "", match["protocol"] or "", line)
            words = line.text.split()
            if len(words) > 2 and words[0] == "name":  # noqa: PLR2004 - an address and its alias
                found.aliases[words[2]] = words[1]
        return found

    def kind(self, name: str) -> str:
        """Tell what an object holds: "address", "port", "service", "protocol", "icmp"; empty when there is none."""
        if name not in self.blocks:
            return ""
        kind, protocol, _ = self.blocks[name]
        if kind in ("ip port", "port") or (kind == "service" and protocol):
            return "port"
        return {"service": "service", "protocol": "protocol", "icmp-type": "icmp"}.get(kind, "address")

    def addresses(self, name: str, side: str, depth: int = 0) -> Condition:
        """Give the headers whose address, "src" or "dst", is one of an object's."""
        if name not in self.blocks or depth > _DEPTH:
            return unmodelled(f"object {name} is not defined")
        rows = []
        for child in self.blocks[name][2].children:
            words = _SEQUENCE.sub("", child.text, count=1).split()
            if not words or words[0] in ("description", "nat"):
                continue
            if words[0] in ("group-object", "object-group") or words[:2] == ["network-object", "object"]:
                rows.append(self.addresses(words[-1], side, depth + 1))
                continue
            found = self.address(words[1:] if words[0] in _ADDRESS_WORDS else words, side)
            rows.append(unmodelled(f"object {name}: {child.text}") if found is None else exactly(found))
        return alternatives(self.space, rows)

    def address(self, words: list[str], side: str, *, wildcard: bool | None = None) -> int | None:
        """Read an address as groups and lists write it; None when it is none."""
        words = [self.aliases.get(word, word) for word in words]
        if words[0] in ("any", "any4", "any6"):
            return FULL
        if words[0] == "host" and len(words) > 1:
            return headers.network(self.space, side, words[1])
        if words[0] == "range" and len(words) > 2:  # noqa: PLR2004 - two ends
            return headers.span(self.space, side, words[1], words[2])
        if "/" in words[0] or len(words) == 1:
            return headers.network(self.space, side, words[0])
        inverted = self.wildcard if wildcard is None else wildcard
        return headers.masked(self.space, side, words[0], words[1], wildcard=inverted)

    def ports(self, name: str, side: str, depth: int = 0) -> Condition:
        """Give the headers whose port is one of a group's."""
        if name not in self.blocks or depth > _DEPTH:
            return unmodelled(f"object {name} is not defined")
        rows = []
        for child in self.blocks[name][2].children:
            words = _SEQUENCE.sub("", child.text, count=1).split()
            if not words or words[0] == "description":
                continue
            if words[0] == "group-object":
                rows.append(self.ports(words[-1], side, depth + 1))
                continue
            found = self.port(words[1:] if words[0] == "port-object" else words, side)
            rows.append(unmodelled(f"object {name}: {child.text}") if found is None else exactly(found))
        return alternatives(self.space, rows)

    def port(self, words: list[str], side: str) -> int | None:
        """Read "eq 80", "range 1 9", "neq 5" and the like; None when it is none of these."""
        numbers = [headers.port_number(word) for word in words[1:]]
        known = [number for number in numbers if number is not None]
        if not words or words[0] not in _OPERATORS or not known or len(known) != len(numbers):
            return None
        field_, space = f"{side}_port", self.space
        if words[0] == "range":
            return space.between(field_, known[0], known[1]) if len(known) > 1 else None
        if words[0] == "lt":
            return space.between(field_, 0, known[0] - 1)
        if words[0] == "gt":
            return space.between(field_, known[0] + 1, 0xFFFF)
        equal = space.any_of(space.equal(field_, number) for number in known)
        return equal if words[0] == "eq" else space.minus(FULL, equal)

    def services(self, name: str, depth: int = 0) -> Condition:
        """Give the headers of a group of services or protocols: protocol, and ports where it names them."""
        if name not in self.blocks or depth > _DEPTH:
            return unmodelled(f"object {name} is not defined")
        rows = []
        for child in self.blocks[name][2].children:
            words = _SEQUENCE.sub("", child.text, count=1).split()
            if words and words[0] in ("service-object", "protocol-object", "service"):
                words = words[1:]
            if not words or words[0] == "description":
                continue
            if words[0] in ("group-object", "object"):
                rows.append(self.services(words[-1], depth + 1))
            else:
                rows.append(self.service(words))
        return alternatives(self.space, rows)

    def service(self, words: list[str]) -> Condition:
        """Read "tcp source range 1 9 eq 80", "icmp echo", "tcp-udp destination eq 53"."""
        protocols = ["tcp", "udp"] if words[0] == "tcp-udp" else [words[0]]
        found = [headers.protocol(self.space, name) for name in protocols]
        known = [item for item in found if item is not None]
        if len(known) != len(found):
            return unmodelled(f"service {' '.join(words)}")
        rows = [exactly(self.space.any_of(known))]
        rest, side = words[1:], "dst"
        if protocols[0].startswith("icmp") and rest:
            kind = headers.icmp(self.space, rest[0])
            return together(self.space, [*rows, unmodelled(" ".join(words)) if kind is None else exactly(kind)])
        while rest:
            if rest[0] in ("source", "destination"):
                side = "src" if rest[0] == "source" else "dst"
                rest = rest[1:]
                continue
            length = 3 if rest[0] == "range" else 2
            ports = self.port(rest[:length] if rest[0] in _OPERATORS else ["eq", rest[0]], side)
            rows.append(unmodelled(" ".join(words)) if ports is None else exactly(ports))
            rest = rest[length:] if rest[0] in _OPERATORS else rest[1:]
            side = "dst"
        return together(self.space, rows)
