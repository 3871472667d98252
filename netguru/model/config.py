"""DeviceConfig: a configuration as a tree of numbered lines, and its vendor-neutral views.

Every view carries `lines`, the numbers in the file of the lines that state it, and most carry
`at`: attribute name -> line numbers, for values that a finding may want to quote alone.
Unknown texts are empty, unknown numbers None, unknown lists empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netguru.model.names import port_key

if TYPE_CHECKING:
    from netguru.model.coverage import Coverage
    from netguru.model.evidence import Evidence
    from netguru.model.source import Piece

Lines = tuple[int, ...]
At = Mapping[str, Lines]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigLine:
    """One statement with what hangs under it.

    `text` is the statement without indentation and punctuation, `number` its first line in the
    file, `end` its last (a banner, a multi-line value), `words` the path of statements above it.
    """

    text: str
    number: int
    end: int
    parents: tuple[str, ...] = ()
    children: tuple[ConfigLine, ...] = ()

    def walk(self) -> Iterator[ConfigLine]:
        """Give this line and all below it, in the order of the file."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class OspfInterface:
    """OSPF on one interface. `area` is dotted ("0.0.0.0"); intervals are in seconds; `version` 2 or 3.

    Intervals are None where the configuration does not state them (the platform's default applies).
    """

    version: int = 2
    process: str = ""
    area: str = ""
    hello_interval: int | None = None
    dead_interval: int | None = None
    network_type: str = ""
    cost: int | None = None
    passive: bool = False
    mtu_ignore: bool = False
    authentication: str = ""
    at: At = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayGroup:
    """One first-hop redundancy group: `protocol` is "hsrp", "vrrp", "glbp" or "anycast"."""

    protocol: str
    group: int
    addresses: tuple[str, ...] = ()
    priority: int | None = None
    preempt: bool | None = None
    version: int | None = None
    lines: Lines = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One interface. `name` is spelled as in the file; `addresses` are "address/prefix-length".

    `mode` is "access", "trunk", "routed" or ""; `allowed_vlans` is None when all are allowed.
    `acls` are (name, "in" or "out").
    """

    name: str
    description: str = ""
    enabled: bool = True
    addresses: tuple[str, ...] = ()
    vrf: str = ""
    mtu: int | None = None
    ip_mtu: int | None = None
    speed: str = ""
    duplex: str = ""
    mode: str = ""
    access_vlan: int | None = None
    voice_vlan: int | None = None
    native_vlan: int | None = None
    allowed_vlans: tuple[int, ...] | None = None
    vlan: int | None = None
    channel_group: str = ""
    channel_mode: str = ""
    acls: tuple[tuple[str, str], ...] = ()
    ospf: tuple[OspfInterface, ...] = ()
    gateways: tuple[GatewayGroup, ...] = ()
    lines: Lines = ()
    at: At = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OspfProcess:
    """One OSPF process; `networks` are (prefix, area); `area_types` maps an area to "stub", "nssa", ..."""

    process: str
    version: int = 2
    router_id: str = ""
    vrf: str = ""
    networks: tuple[tuple[str, str], ...] = ()
    passive_default: bool = False
    passive: tuple[str, ...] = ()
    not_passive: tuple[str, ...] = ()
    area_types: Mapping[str, str] = field(default_factory=dict)
    redistribute: tuple[str, ...] = ()
    lines: Lines = ()
    at: At = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BgpNeighbor:
    """One BGP neighbour, groups and inheritance resolved. `password` tells only that one is set.

    `options` are its switches ("next-hop-self", "route-reflector-client", "default-originate", ...).

    `password_digest` is the HMAC of the clear-text password under a key that lives in this process
    only, empty when the stored form is not reversible: the two ends of a session can be compared
    without keeping or printing the secret.
    """

    address: str
    remote_as: int | None = None
    local_as: int | None = None
    description: str = ""
    group: str = ""
    update_source: str = ""
    password: bool = False
    password_digest: str = ""
    ebgp_multihop: int | None = None
    hold_time: int | None = None
    keepalive: int | None = None
    enabled: bool = True
    vrf: str = ""
    address_families: tuple[str, ...] = ()
    policies_in: tuple[str, ...] = ()
    policies_out: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    lines: Lines = ()
    at: At = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BgpProcess:
    """The BGP process; `networks` are prefixes announced by configuration.

    `redistribute` are the protocols whose routes it announces; `requires_policy` is None where the
    platform's default holds: whether routes pass between ASes without a policy (RFC 8212).
    """

    asn: int
    router_id: str = ""
    neighbors: tuple[BgpNeighbor, ...] = ()
    networks: tuple[str, ...] = ()
    redistribute: tuple[str, ...] = ()
    requires_policy: bool | None = None
    lines: Lines = ()
    at: At = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EigrpProcess:
    """One EIGRP process; `k_values` are K1..K6 (defaults when not stated: 1 0 1 0 0 0)."""

    asn: int
    networks: tuple[str, ...] = ()
    k_values: tuple[int, ...] = (1, 0, 1, 0, 0, 0)
    router_id: str = ""
    lines: Lines = ()
    at: At = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticRoute:
    """One static route. `next_hop` is an address or empty, `interface` a name or empty (Null0, discard)."""

    prefix: str
    next_hop: str = ""
    interface: str = ""
    distance: int | None = None
    vrf: str = ""
    lines: Lines = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixRule:
    """One line of a prefix list: prefixes inside `prefix` whose length is `least` to `most`."""

    name: str
    action: str
    prefix: str
    least: int
    most: int
    lines: Lines = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTerm:
    """One term of a route map: `matches` and `sets` are (kind, value) as written, all of `matches` must hold."""

    policy: str
    action: str
    sequence: int
    matches: tuple[tuple[str, str], ...] = ()
    sets: tuple[tuple[str, str], ...] = ()
    lines: Lines = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vlan:
    """One VLAN that the configuration defines."""

    id: int
    name: str = ""
    lines: Lines = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """A named thing that is defined: an ACL, route map, prefix list, policy, key chain, VLAN, VRF, ..."""

    kind: str
    name: str
    lines: Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A place that uses a named thing; `kinds` are the kinds that would satisfy it."""

    kinds: tuple[str, ...]
    name: str
    context: str
    lines: Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One terminal line or login service ("vty 0 4", "con 0"); `exec_timeout` in seconds, 0 is never."""

    name: str
    transports: tuple[str, ...] = ()
    exec_timeout: int | None = None
    access_class: str = ""
    lines: Lines = ()
    at: At = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One local user; `secret_type` is the storage form ("0", "5", "7", "8", "9", "sha512", ...)."""

    name: str
    privilege: int | None = None
    secret_type: str = ""
    lines: Lines = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """The device itself: names, servers, services. `services` are enabled ones ("telnet", "http", ...)."""

    domain: str = ""
    version: str = ""
    ntp_servers: tuple[str, ...] = ()
    syslog_servers: tuple[str, ...] = ()
    name_servers: tuple[str, ...] = ()
    snmp_communities: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    users: tuple[User, ...] = ()
    logins: tuple[Login, ...] = ()
    at: At = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceConfig:
    """One device's configuration.

    Law: rendering the tree gives back `piece.text`. `hostname` falls back to the piece's device
    hint. `coverage` counts lines: modelled ones are read, the others are gaps.
    """

    hostname: str
    platform: str
    platform_reason: str
    piece: Piece
    tree: tuple[ConfigLine, ...]
    system: System = field(default_factory=System)
    interfaces: tuple[Interface, ...] = ()
    vlans: tuple[Vlan, ...] = ()
    ospf: tuple[OspfProcess, ...] = ()
    bgp: BgpProcess | None = None
    eigrp: tuple[EigrpProcess, ...] = ()
    static_routes: tuple[StaticRoute, ...] = ()
    policy_terms: tuple[PolicyTerm, ...] = ()
    prefix_rules: tuple[PrefixRule, ...] = ()
    structures: tuple[Structure, ...] = ()
    references: tuple[Reference, ...] = ()
    modelled: Lines = ()
    unmodelled: Lines = ()
    coverage: Coverage

    def interface(self, name: str) -> Interface | None:
        """Find an interface by any spelling of its name."""
        wanted = port_key(name)
        return next((item for item in self.interfaces if port_key(item.name) == wanted), None)

    def evidence(self, lines: Lines, text: str | None = None) -> tuple[Evidence, ...]:
        """Quote lines of the file, one evidence for each unbroken run of them."""
        return tuple(self.piece.evidence(start, end, text) for start, end in runs(lines))


def runs(numbers: Lines) -> list[tuple[int, int]]:
    """Group line numbers into unbroken runs of (first, last).

    >>> runs((4, 5, 6, 9))
    [(4, 6), (9, 9)]
    """
    grouped: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if grouped and number == grouped[-1][1] + 1:
            grouped[-1] = (grouped[-1][0], number)
        else:
            grouped.append((number, number))
    return grouped
