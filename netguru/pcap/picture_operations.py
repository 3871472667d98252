"""The operation that draws a capture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from netguru.errors import InputError
from netguru.model.result import Result
from netguru.operations import operation

if TYPE_CHECKING:
    from netguru.model.coverage import Coverage
    from netguru.pcap.capture import CaptureFile
    from netguru.render.charts import Chart

Kind = Literal["throughput", "sequence", "window", "rtt", "ladder", "talkers", "protocols"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture(Result):
    """A drawing of a capture: `chart` holds the values, a notebook shows them as SVG, a terminal as blocks."""

    schema: ClassVar[str] = "netguru.pcap.picture/1"
    primary: ClassVar[str] = "chart"
    quiet: ClassVar[tuple[str, ...]] = ("chart",)

    source: str
    kind: str
    flow: int | None
    protocol: str | None
    chart: Chart
    coverage: Coverage

    def figure(self) -> str:
        """Give the drawing as SVG."""
        return self.chart.svg()

    def plain_figure(self) -> str:
        """Give the drawing as text."""
        return self.chart.plain()


@operation("pcap.picture")
def picture(
    file: Path,
    kind: Kind,
    *,
    flow: int | None = None,
    packet: int = 0,
    packets: str = "",
    by: Literal["application", "conversation"] = "application",
    top: int = 20,
) -> Picture:
    """Draw a capture: rates, the life of a TCP conversation, a sequence diagram, talkers or protocols.

    Kinds are throughput, sequence, window, rtt, ladder, talkers and protocols. throughput shows bits a second over
    time; sequence, window and rtt the conversation with the most payload, or the one asked for, with what was sent
    again and where the receiver's window closed; ladder its messages, or those of chosen packets, between the hosts.

    Args:
        file: the capture.
        kind: what to draw.
        flow: the number of a conversation of pcap.flows.
        packet: the number of a packet whose conversation is meant.
        packets: for the ladder, packet numbers and ranges, as in 1-10,15.
        by: for the throughput, what is told apart.
        top: for talkers and protocols, how many.
    """
    from netguru.workspace import open_capture

    # The reader of this room makes every capture handle.
    capture = cast("CaptureFile", open_capture(file))
    from netguru.pcap import picture_data as data
    from netguru.pcap.comparing.tables import protocol

    row = data.chosen_flow(capture, flow, packet) if kind in _LIVES and not packets else None
    return Picture(
        source=capture.source.name,
        kind=kind,
        flow=row["flow"] if row else None,
        protocol=protocol(row["protocol"]) if row else None,
        chart=_drawn(capture, kind, row, packets=packets, by=by, top=top),
        coverage=capture.coverage,
    )


_LIVES = ("sequence", "window", "rtt", "ladder")


def _drawn(capture: CaptureFile, kind: Kind, row: dict[str, Any] | None, *, packets: str, by: str, top: int) -> Chart:
    from netguru.pcap import picture_data as data

    if kind == "throughput":
        return data.throughput(capture, by)
    if kind == "talkers":
        return data.talkers(capture, top)
    if kind == "protocols":
        return data.protocols(capture, top)
    if kind == "ladder":
        if packets:
            from netguru.pcap.number_ranges import chosen_numbers

            chosen = chosen_numbers(packets, "--packets", packets=capture.totals.packets, most=data.MESSAGES)
            return data.ladder(capture, chosen, f"Packets {packets}")
        title = f"Conversation {row['flow']}" if row else "The first packets"
        return data.ladder(capture, data.first_packets(capture, row), title)
    if row is None:
        raise InputError("the capture has no TCP conversation", place=capture.source.name)
    drawers = {"sequence": data.time_sequence, "window": data.window, "rtt": data.round_trips}
    return drawers[kind](capture, row)
