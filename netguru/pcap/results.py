"""What the operations on captures return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from netguru.model.result import Result

if TYPE_CHECKING:
    from netguru.model.capture import CaptureInterface, Damage
    from netguru.model.coverage import Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary(Result):
    """What a capture holds, in numbers.

    `bytes` were on the wire, `captured_bytes` are in the file. Times are the smallest and the
    largest, as text of seconds since the epoch and as ISO 8601 in UTC; None for a capture without
    packets. `tcp_flows` and `udp_flows` count conversations, those inside tunnels included.
    """

    schema: ClassVar[str] = "netguru.pcap.summary/1"
    primary: ClassVar[str] = "protocols"

    source: str
    format: str
    packets: int
    bytes: int
    captured_bytes: int
    first_time: str | None
    last_time: str | None
    first_time_iso: str | None
    last_time_iso: str | None
    link_types: tuple[str, ...]
    protocols: dict[str, int]
    ip_conversations: int
    tcp_flows: int
    udp_flows: int
    interfaces: tuple[CaptureInterface, ...]
    damage: tuple[Damage, ...]
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One conversation; the client sent first. Times are text of seconds since the epoch.

    `stream` is Wireshark's tcp.stream or udp.stream. `application` is told by first payload bytes or
    by port, as `application_by` says; `host` is the name that the client asked for, else
    the one that the capture file gives to the server's address: `host_by` is payload or file.
    """

    client: str
    client_port: int | None
    server: str
    server_port: int | None
    protocol: str
    application: str | None
    host: str | None
    packets: int
    bytes: int
    duration: float
    handshake_ms: float | None
    stream: int | None
    flow: int
    application_by: str | None
    host_by: str | None
    client_packets: int
    server_packets: int
    client_bytes: int
    server_bytes: int
    client_payload: int
    server_payload: int
    first_time: str | None
    last_time: str | None
    first_packet: int
    last_packet: int
    interfaces: int
    syn: int
    syn_ack: int
    fin: int
    reset: int
    vlan: int | None
    tunnel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows(Result):
    """The conversations of a capture, those with the most bytes first.

    `total` counts all; `flows` may hold fewer. `out` names the Parquet file that holds
    them all, if one was asked for, and `columns` gives the meaning and unit of each of its columns.
    """

    schema: ClassVar[str] = "netguru.pcap.flows/1"
    primary: ClassVar[str] = "flows"
    quiet: ClassVar[tuple[str, ...]] = ("columns",)

    total: int
    flows: tuple[Flow, ...]
    columns: dict[str, str]
    out: str | None
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """The packets that carry one TCP flag."""

    count: int
    packets: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strict:
    """Loss told from what only looks like it: one capture interface at a time.

    `resends` carry bytes that were sent before on the same interface, `needless` are those of them
    whose bytes the other side was seen to have (acknowledged or in a SACK block); `copies` are the same
    packet recorded twice; `reordered` came late, but for the first time and overtaken on their way;
    `recovered` came for the first time too, but were sent again: the first sending was lost before the
    place of capture. `gaps` jump over bytes of which some never came; `reported_twice` are
    acknowledgments that report bytes which arrived twice (D-SACK).
    """

    resends: Marked
    needless: Marked
    copies: Marked
    reordered: Marked
    recovered: Marked
    gaps: Marked
    reported_twice: Marked


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpAnalysis(Result):
    """The packets by what TCP analysis says of them, over the whole file as Wireshark does, and strictly."""

    schema: ClassVar[str] = "netguru.pcap.tcp/1"

    retransmission: Marked
    fast_retransmission: Marked
    spurious_retransmission: Marked
    out_of_order: Marked
    duplicate_ack: Marked
    lost_segment: Marked
    ack_lost_segment: Marked
    zero_window: Marked
    zero_window_probe: Marked
    window_full: Marked
    window_update: Marked
    keep_alive: Marked
    keep_alive_ack: Marked
    reused_ports: Marked
    strict: Strict
    coverage: Coverage
