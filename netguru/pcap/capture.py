"""CaptureFile: the handle of one capture file, and what is found out about it once and remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.access import Access
from netguru.pcap.passes import Collector
from netguru.pcap.quoting import Quotes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from netguru.model.evidence import Evidence
    from netguru.model.source import SourceFile
    from netguru.model.topology import Neighbor
    from netguru.pcap.messages import Messages
    from netguru.pcap.tcp_events import TcpEvents

__all__ = ["CaptureFile", "Collector"]

_TABLES = 4
"""Tables of messages that are held of a large capture."""


class CaptureFile(Access):
    """Hold one capture; see `netguru.model.Capture` for what the methods promise."""

    def __init__(self, source: SourceFile) -> None:
        super().__init__(source)
        self.quotes = Quotes(self)
        self._tcp_events: TcpEvents | None = None
        self._messages: Messages | None = None
        self._counts: dict[str, int] | None = None
        self._protocols: dict[str, pl.DataFrame] = {}
        self._neighbors: tuple[Neighbor, ...] | None = None

    def protocols(self) -> dict[str, int]:
        """Count the packets of each protocol, by Wireshark's filter names."""
        from netguru.pcap.protocol_counts import ProtocolCounts

        with self._lock:
            if self._counts is None:
                counts = ProtocolCounts()
                if self._totals is None and self._from_sidecar() and self._sidecar is not None:
                    self._counts = dict(self._sidecar.about["protocols"])
                else:
                    self.run(counts)
                    self._counts = counts.counts()
            return self._counts

    def tcp_events(self) -> TcpEvents:
        """Give what tells something about the TCP connections; bounded, of a capture of any size."""
        from netguru.pcap.tcp_events import TcpEvents

        with self._lock:
            if self._tcp_events is None:
                events = TcpEvents()
                self.run(events)
                self._tcp_events = events
            return self._tcp_events

    def survey(self, *others: Collector) -> None:
        """Gather messages and TCP events in one pass, and what other collectors want."""
        from netguru.pcap.memory import give_back
        from netguru.pcap.messages import Messages, limit
        from netguru.pcap.tcp_events import TcpEvents

        with self._lock:
            messages = Messages(None if self.small else limit("messages", "checked"))
            events = TcpEvents()
            self.run(messages, events, *others)
            self._messages, self._tcp_events = messages, events
            if not self.small:
                give_back()

    def senders(self) -> frozenset[str]:
        """Give the addresses that sent IP packets."""
        import polars as pl

        from netguru.pcap.addresses import address_text

        flows = self.flows()
        sides = [
            flows.filter(pl.col(f"{side}_packets") > 0, pl.col("tunnel") == "").select(
                "ip_version", pl.col(f"{side}_hi").alias("hi"), pl.col(f"{side}_lo").alias("lo")
            )
            for side in ("client", "server")
        ]
        return frozenset(address_text(*row) for row in pl.concat(sides).unique().collect().iter_rows())

    def messages(self) -> Messages:
        """Give the packets that hold messages of any protocol; of a large capture a bounded number of each."""
        from netguru.pcap.messages import Messages, limit

        with self._lock:
            if self._messages is None:
                self._messages = Messages(None if self.small else limit("messages", "checked"))
                self.run(self._messages)
            return self._messages

    def protocol(self, name: str) -> pl.DataFrame:
        """Give the messages of one protocol, of a large capture those of its first packets (`messages`).

        Raises UnknownNameError.
        """
        from netguru.pcap import protocols

        with self._lock:
            if name not in self._protocols:
                if not self.small and len(self._protocols) >= _TABLES:
                    # Of a large capture every table holds tens of megabytes: the one asked for longest ago goes.
                    del self._protocols[next(iter(self._protocols))]
                self._protocols[name] = protocols.table(self, name)
            return self._protocols[name]

    def release_tables(self) -> None:
        """Let go of the tables of a large capture's messages, which are made anew for whoever asks again."""
        from netguru.pcap.memory import give_back

        if not self.small:
            with self._lock:
                self._protocols.clear()
                give_back()

    def neighbors(self) -> tuple[Neighbor, ...]:
        """Give the CDP and LLDP neighbours that the capture shows."""
        from netguru.pcap.announcements import neighbors

        with self._lock:
            if self._neighbors is None:
                self._neighbors = neighbors(self)
            return self._neighbors

    def describe(self, number: int) -> str:
        """Give the one-line description of a packet."""
        return self.quotes.texts([number])[number]

    def evidence(self, numbers: Sequence[int], *, limit: int = 8) -> tuple[Evidence, ...]:
        """Quote packets; of more than `limit` the first, the last and evenly spread ones between."""
        return self.quotes.packets(numbers, limit)

    def absence(self, first: int, last: int, what: str) -> Evidence:
        """State that something does not occur in a range of packets."""
        return self.quotes.quote(first, last, f"{what}: not in packets {first}-{last}")
