"""Probes of what captures show of a session: messages of both ends, connections, packets both ways."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from netguru.diagnosis.probes import MOST, Case, passed, probe, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import polars as pl

    from netguru.diagnosis.explanation import Verdict
    from netguru.diagnosis.sessions import End
    from netguru.model.evidence import Evidence


@probe
def heard(case: Case) -> Verdict:
    """Look for both ends' messages in captures."""
    seen: dict[str, tuple[int, tuple[Evidence, ...]]] = {}
    for end in case.session.ends:
        count, quoted = messages(case, end)
        if count:
            seen[end.words] = (count, quoted)
    told = ", ".join(f"{count} of {name}" for name, (count, _) in seen.items())
    proof = [item for _, found in seen.values() for item in found]
    enough = 1 if case.step.get("either") else len(case.session.ends)
    if len(seen) >= enough:
        return passed(f"captured: {told}", proof)
    return unknown(f"captured: {told}" if seen else "no capture shows them", proof)


def messages(case: Case, end: End) -> tuple[int, tuple[Evidence, ...]]:
    """Count an end's messages in all captures, and quote some."""
    import polars as pl

    count = 0
    proof: list[Evidence] = []
    for capture in case.joined.network.captures:
        table = capture.protocol(case.step["table"])
        if not table.height:
            continue
        chosen = table.filter(_sent_by(end, case), *(pl.col(k) == v for k, v in case.step.get("where", {}).items()))
        count += chosen.height
        if chosen.height:
            proof += capture.evidence(chosen["number"].to_list(), limit=2)
    return count, tuple(proof[:MOST])


def _sent_by(end: End, case: Case) -> pl.Expr:
    import polars as pl

    by_address = pl.col("src").is_in([text for text in end.addresses if not ip_address(text).is_loopback])
    by_mac = pl.col("eth_src").is_in(list(end.macs))
    # Frames below IP have no address.
    sent = by_mac if case.step["table"] in ("stp", "lacp", "isis") else by_address
    return sent & (pl.col("version") == case.session.version) if case.session.version else sent


@probe
def same_column(case: Case) -> Verdict:
    """Compare a column of both ends' messages in captures."""
    import polars as pl

    column = case.step["column"]
    values: dict[str, set[Any]] = {}
    proof: list[Evidence] = []
    for capture in case.joined.network.captures:
        table = capture.protocol(case.step["table"])
        for end in case.session.ends if table.height else ():
            rows = table.filter(_sent_by(end, case), pl.col(column).is_not_null())
            if rows.height:
                values.setdefault(end.words, set()).update(rows[column].to_list())
                proof += capture.evidence(rows["number"].to_list(), limit=1)
    if len(values) < len(case.session.ends):
        return unknown("no capture shows messages of both")
    a, b = values.values()
    shown = f"{column.replace('_', ' ')} {', '.join(map(str, sorted(a)))}"
    return passed(f"{shown} at both", proof) if a == b else unknown(f"{column}: {a} and {b}", proof)


@probe
def tcp(case: Case) -> Verdict:
    """Look for a connection of both ends to a port, in captures."""
    for capture, flow in _flows(case):
        port = case.step["port"]
        if flow["protocol"] == 6 and port in (flow["client_port"], flow["server_port"]) and flow["syn_ack"]:  # noqa: PLR2004 - IANA protocol 6
            says = f"{flow['client']} connects to {flow['server']} port {flow['server_port']}"
            return passed(says, capture.evidence([flow["first_packet"], flow["last_packet"]]))
    return unknown("no capture shows a connection")


@probe
def both_ways(case: Case) -> Verdict:
    """Look for packets of both ends to each other, in captures."""
    only: list[tuple[Any, Any]] = []
    for capture, flow in _flows(case):
        if flow["client_packets"] and flow["server_packets"]:
            says = f"{flow['client']} and {flow['server']} exchange {flow['packets']} packets"
            return passed(says, capture.evidence([flow["first_packet"], flow["last_packet"]]))
        only.append((capture, flow))
    if not only:
        return unknown("no capture shows packets between them")
    capture, flow = only[0]
    way = f"{flow['packets']} packets from {flow['client']} to {flow['server']}, none back"
    return unknown(way, capture.evidence([flow["first_packet"], flow["last_packet"]]))


def _flows(case: Case) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Give the conversations between the two ends with their addresses as text, those with answers first."""
    import polars as pl

    a, b = (end.addresses for end in case.session.ends)
    between = (is_side("client", a) & is_side("server", b)) | (is_side("client", b) & is_side("server", a))
    for capture in case.joined.network.captures:
        chosen = with_addresses(capture.flows().filter(between))
        answered = pl.min_horizontal("client_packets", "server_packets")
        for row in chosen.sort(answered, "flow", descending=[True, False]).collect().iter_rows(named=True):
            yield capture, row


def with_addresses(flows: pl.LazyFrame) -> pl.LazyFrame:
    """Add the addresses of both sides of conversations as text: `client` and `server`."""
    from netguru.pcap.addresses import address_column

    return flows.with_columns(
        client=address_column("client_hi", "client_lo"), server=address_column("server_hi", "server_lo")
    )


def is_side(side: str, addresses: Iterable[str]) -> pl.Expr:
    """Select the conversations of which one of some addresses is the client or the server."""
    import polars as pl

    held = [ip_address(text) for text in addresses]
    halves = [divmod(int(address), 1 << 64) for address in held if not address.is_loopback]
    same = [(pl.col(f"{side}_hi") == high) & (pl.col(f"{side}_lo") == low) for high, low in halves]
    return pl.any_horizontal(pl.lit(value=False), *same)
