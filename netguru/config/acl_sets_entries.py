"""Lines of access lists of Cisco-like systems (IOS, NX-OS, EOS, IOS-XR, ASA, FRRouting) as conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netguru.config import acl_sets_headers as headers
from netguru.config.acl_sets_headers import Condition, exactly, together, unmodelled
from netguru.config.acl_sets_model import FilterLine

if TYPE_CHECKING:
    from netguru.config.acl_sets import Space
    from netguru.config.acl_sets_groups import Groups
    from netguru.config.acl_sets_model import Action
    from netguru.model.config import ConfigLine

_GROUP_WORDS = ("object-group", "object", "addrgroup", "net-group", "portgroup", "port-group")
_OPERATORS = ("eq", "neq", "lt", "gt", "range")
_SILENT = frozenset({"log", "log-input", "logging", "count", "capture", "nolog", "statistics"})
_LEVELS = frozenset(
    "emergencies alerts critical errors warnings notifications informational debugging default disable interval".split()
)


@dataclass(slots=True)
class EntryReader:
    """Read the words of one line, from the left."""

    space: Space
    groups: Groups
    wildcard: bool
    words: list[str]
    has_ports: bool = False

    def take(self, count: int = 1) -> list[str]:
        """Take words off the front."""
        taken, self.words = self.words[:count], self.words[count:]
        return taken

    def condition(self, *, standard: bool) -> Condition:
        """Read everything behind "permit" or "deny"."""
        if standard:
            rows = [self._address("src")]
        else:
            rows = [self._protocol(), self._address("src"), *self._ports("src")]
            rows += [self._address("dst"), *self._ports("dst")]
        rows += self._options()
        if self.has_ports:
            # A later fragment has no ports: lines that ask for them speak of whole packets and first fragments.
            rows.append(exactly(self.space.equal("fragment", 0)))
        return together(self.space, rows)

    def _protocol(self) -> Condition:
        if not self.words:
            return unmodelled("nothing after the action")
        if self.words[0] in ("object-group", "object") and len(self.words) > 1:
            name = self.take(2)[1]
            if self.groups.kind(name) in ("service", "protocol"):
                return self.groups.services(name)
            return unmodelled(f"object {name}")
        word = self.take()[0]
        found = headers.protocol(self.space, word)
        return unmodelled(f"protocol {word}") if found is None else exactly(found)

    def _address(self, side: str) -> Condition:
        if not self.words:
            return unmodelled(f"no {side} address")
        word = self.words[0]
        if word in _GROUP_WORDS and len(self.words) > 1:
            return self.groups.addresses(self.take(2)[1], side)
        if word in ("interface", "object-group-security", "user", "user-group", "security-group"):
            return unmodelled(" ".join(self.take(2)))
        words = self.take(self._address_length())
        found = self.groups.address(words, side, wildcard=self.wildcard)
        return unmodelled(f"address {' '.join(words)}") if found is None else exactly(found)

    def _address_length(self) -> int:
        word = self.words[0]
        if word in ("any", "any4", "any6") or "/" in word:
            return 1
        if word == "host":
            return 2
        if word == "range":
            return 3
        has_mask = len(self.words) > 1 and self.words[1].replace(".", "").isdecimal() and "." in self.words[1]
        return 2 if has_mask else 1

    def _ports(self, side: str) -> list[Condition]:
        if not self.words:
            return []
        word = self.words[0]
        if word in _GROUP_WORDS and len(self.words) > 1 and self.groups.kind(self.words[1]) in ("port", "service"):
            self.has_ports = True
            name = self.take(2)[1]
            if self.groups.kind(name) == "service":
                return [self.groups.services(name)]
            return [self.groups.ports(name, side)]
        if word not in _OPERATORS:
            return []
        self.has_ports = True
        words = self.take(3 if word == "range" else 2)
        while word in ("eq", "neq") and self.words and headers.port_number(self.words[0]) is not None:
            words += self.take()
        found = self.groups.port(words, side)
        return [unmodelled(" ".join(words)) if found is None else exactly(found)]

    def _options(self) -> list[Condition]:
        rows: list[Condition] = []
        while self.words:
            found = self._option()
            if found is not None:
                rows.append(found)
        return rows

    def _option(self) -> Condition | None:
        word = self.take()[0]
        if word in _SILENT:
            while self.words and (self.words[0] in _LEVELS or self.words[0].isdecimal()):
                self.take()
            return None
        if word == "established":
            self.has_ports = True
            return exactly(headers.established(self.space))
        if word == "fragments":
            return exactly(self.space.equal("fragment", 1))
        if word in ("dscp", "precedence") and self.words:
            return self._marking(word, self.take()[0])
        flags = self._flags(word)
        if flags is not None:
            return flags
        return self._icmp(word)

    def _marking(self, kind: str, text: str) -> Condition:
        number = int(text) if text.isdecimal() else headers.names(kind).get(text)
        if number is None:
            return unmodelled(f"{kind} {text}")
        if kind == "precedence":
            return exactly(self.space.matching("dscp", number << 3, 0b111000))
        return exactly(self.space.equal("dscp", number))

    def _flags(self, word: str) -> Condition | None:
        """Read TCP flags: "syn", "+ack -fin" after match-all or match-any."""
        table = headers.names("flags")
        if word in ("match-all", "match-any"):
            self.has_ports = True
            rows = []
            while self.words and self.words[0].lstrip("+-") in table:
                flag = self.take()[0]
                bit = table[flag.lstrip("+-")]
                rows.append(self.space.matching("flags", 0 if flag[0] == "-" else bit, bit))
            return exactly(self.space.all_of(rows) if word == "match-all" else self.space.any_of(rows))
        if word not in table:
            return None
        self.has_ports = True
        bits = [table[word]]
        while self.words and self.words[0] in table:
            bits.append(table[self.take()[0]])
        return exactly(self.space.any_of(self.space.matching("flags", bit, bit) for bit in bits))

    def _icmp(self, word: str) -> Condition:
        if word in _GROUP_WORDS:
            return unmodelled(" ".join([word, *self.take()]))
        code = self.take()[0] if word.isdecimal() and self.words and self.words[0].isdecimal() else ""
        found = headers.icmp(self.space, word, code)
        if found is None:
            argument = self.take() if word in ("time-range", "ttl", "packet-length", "tos", "reflect") else []
            return unmodelled(" ".join([word, *argument]))
        self.has_ports = True
        return exactly(found)


def entry(
    line: ConfigLine, words: list[str], space: Space, groups: Groups, *, wildcard: bool, standard: bool
) -> FilterLine | None:
    """Read one line from its action on; None for a remark, or a line that is out of force."""
    if not words or words[0] not in ("permit", "deny") or words[-1] == "inactive":
        return None
    action: Action = "permit" if words[0] == "permit" else "deny"
    reader = EntryReader(space, groups, wildcard, [word for word in words[1:] if word != "dynamic"])
    found = reader.condition(standard=standard)
    numbers = tuple(range(line.number, line.end + 1))
    return FilterLine(text=line.text, lines=numbers, action=action, condition=found)
