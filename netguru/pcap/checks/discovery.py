"""CDP and LLDP: what the two ends of one link say about it, when a capture interface heard both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from netguru.checks import check, finding
from netguru.pcap.checks.common import Row, grouped, messages, numbers, subject, vlans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding

_COMPARED = (
    ("cdp", ("device", "port"), "native_vlan", "cdp.native-vlan-mismatch", "native VLAN"),
    ("cdp", ("device", "port"), "duplex", "cdp.duplex-mismatch", "duplex"),
    ("lldp", ("chassis_id", "port_id"), "pvid", "lldp.pvid-mismatch", "port VLAN"),
    ("lldp", ("chassis_id", "port_id"), "duplex", "lldp.duplex-mismatch", "duplex"),
    ("lldp", ("chassis_id", "port_id"), "max_frame", "lldp.frame-size-mismatch", "largest frame"),
)


@check("capture", *(row[3] for row in _COMPARED), profile="l2")
def both_ends(capture: Capture) -> Iterator[Finding]:
    """Compare the two senders of each interface that heard exactly two."""
    for protocol, identity, column, check_id, _ in _COMPARED:
        two_heard = pl.struct(identity).n_unique().over("interface") == 2  # noqa: PLR2004 - the two ends
        for one, two in _ends(messages(capture, protocol, two_heard), identity):
            first, second = one[-1], two[-1]
            if not _stated(first[column]) or not _stated(second[column]) or first[column] == second[column]:
                continue
            yield finding(
                check_id,
                evidence=capture.evidence([*numbers(one)[-2:], *numbers(two)[-2:]], limit=4),
                subject=subject(first["eth_src"], second["eth_src"], vlans=vlans((first, second))),
                one=_name(first, identity),
                two=_name(second, identity),
                one_value=first[column],
                two_value=second[column],
            )


def _stated(value: Any) -> bool:
    return value not in (None, "", 0)


def _ends(rows: list[Row], identity: tuple[str, ...]) -> Iterator[tuple[list[Row], list[Row]]]:
    for link in grouped(rows, "interface").values():
        senders = list(grouped(link, *identity).values())
        # More than two are a shared segment or several links: who faces whom is not known.
        if len(senders) == 2 and senders[0][0][identity[0]] != senders[1][0][identity[0]]:  # noqa: PLR2004 - two ends
            yield senders[0], senders[1]


def _name(row: Row, identity: tuple[str, ...]) -> str:
    return f"{row.get('system_name') or row[identity[0]]} {row[identity[1]]}"
