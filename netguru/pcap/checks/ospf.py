"""OSPF: neighbours on one link that cannot agree (RFC 2328 sections 8.2, 10.5, 10.6)."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

import polars as pl

from netguru.checks import check, finding, threshold
from netguru.model.finding import Severity
from netguru.pcap.checks.common import Pair, Row, counted, grouped, messages, numbers, pairs_on_links, subject, vlans
from netguru.pcap.protocols.base import named
from netguru.pcap.protocols.ospf import DATABASE, HELLO, REQUEST, UPDATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding

_HOST_MASKS = {None, "0.0.0.0", "255.255.255.255"}  # noqa: S104 - the mask of an unnumbered link
_QUOTED = 4
_PLACE = ("interface", "vlan", "version")


def _neighbours(hellos: list[Row]) -> Iterator[Pair]:
    """Pair senders that share a link: one interface and VLAN, and one subnet by a mask that one of them states."""
    alone = _speakers(hellos)
    for pair in pairs_on_links(hellos, "version", "instance"):
        if pair.one[0]["router_id"] == pair.two[0]["router_id"]:
            continue
        masks = {pair.one[-1]["mask"], pair.two[-1]["mask"]} - _HOST_MASKS
        if _share_subnet(pair.ends, masks) or (not masks and _are_alone(alone, pair)):
            yield pair


def _speakers(hellos: list[Row]) -> dict[tuple[Any, ...], set[str]]:
    """Give who was heard at each capture point."""
    return {place: {row["src"] for row in part} for place, part in grouped(hellos, *_PLACE).items()}


def _are_alone(speakers: dict[tuple[Any, ...], set[str]], pair: Pair) -> bool:
    """Say whether the capture point heard these two only: version 3 and unnumbered links state no subnet.

    More senders may be on several links that one mirror port shows together.
    """
    heard = speakers[tuple(pair.one[0][name] for name in _PLACE)]
    return len(heard) == 2 and heard == set(pair.ends)  # noqa: PLR2004 - the two


def _share_subnet(ends: tuple[str, str], masks: set[str]) -> bool:
    for mask in masks:
        network = _network(ends[0], mask)
        if network is not None and network == _network(ends[1], mask):
            return True
    return False


@lru_cache(1 << 14)
def _network(address: str, mask: str) -> int | None:
    """Give the number of the network that an address is in by a mask."""
    try:
        return int(IPv4Network(f"{address}/{mask}", strict=False).network_address)
    except ValueError:
        return None


def _hear_each_other(pair: Pair) -> bool:
    one, two = pair.one[-1], pair.two[-1]
    return two["router_id"] in one["neighbors"] and one["router_id"] in two["neighbors"]


@check(
    "capture",
    "ospf.timer-mismatch@capture",
    "ospf.area-mismatch@capture",
    "ospf.auth-mismatch@capture",
    "ospf.mask-mismatch@capture",
    profile="routing",
)
def hello_parameters(capture: Capture) -> Iterator[Finding]:
    """Compare what two senders on one link say in their hellos."""
    hellos = messages(capture, "ospf", pl.col("type") == HELLO)
    for pair in _neighbours(hellos):
        one, two = pair.one[-1], pair.two[-1]
        if _hear_each_other(pair):
            continue
        areas = {row["area"] for row in pair.one}, {row["area"] for row in pair.two}
        if not areas[0] & areas[1] and len(areas[0]) == len(areas[1]) == 1:
            yield _differ(capture, "ospf.area-mismatch@capture", pair, one_area=one["area"], two_area=two["area"])
        timers = [(row["hello_interval"], row["dead_interval"]) for row in (one, two)]
        if timers[0] != timers[1]:
            yield _differ(
                capture,
                "ospf.timer-mismatch@capture",
                pair,
                one_hello=timers[0][0],
                one_dead=timers[0][1],
                two_hello=timers[1][0],
                two_dead=timers[1][1],
            )
        signed = [named("ospf", "auth", row["auth_type"]) for row in (one, two) if row["auth_type"] is not None]
        if len(set(signed)) == len(pair.ends):
            yield _differ(capture, "ospf.auth-mismatch@capture", pair, one_auth=signed[0], two_auth=signed[1])
        # Each mask alone puts both into one network, or `_neighbours` would have to guess.
        masks = one["mask"], two["mask"]
        if not set(masks) & _HOST_MASKS and masks[0] != masks[1]:
            yield _differ(capture, "ospf.mask-mismatch@capture", pair, one_mask=masks[0], two_mask=masks[1])


def _differ(capture: Capture, check_id: str, pair: Pair, **values: Any) -> Finding:
    quoted = [*numbers(pair.one)[-2:], *numbers(pair.two)[-2:]]
    one, two = pair.ends
    return finding(
        check_id,
        evidence=capture.evidence(quoted, limit=_QUOTED),
        subject=subject(one, two, vlans=vlans((*pair.one, *pair.two))),
        symptoms=(
            f"{counted(len(pair.one), 'hello')} of {one}, {counted(len(pair.two), 'hello')} of {two}",
            "they do not list each other as neighbours",
        ),
        one=one,
        two=two,
        one_router=pair.one[-1]["router_id"],
        two_router=pair.two[-1]["router_id"],
        **values,
    )


@check("capture", "ospf.mtu-mismatch@capture", "ospf.stuck", profile="routing")
def database_exchange(capture: Capture) -> Iterator[Finding]:
    """Compare the MTUs of database descriptions, and see whether the exchange goes on."""
    rows = messages(capture, "ospf", pl.col("type").is_in([DATABASE, REQUEST, UPDATE]))
    if not any(row["type"] == DATABASE for row in rows):
        return
    by_link = [pair.ends for pair in _neighbours(messages(capture, "ospf", pl.col("type") == HELLO))]
    by_sender = grouped(rows, "src")
    said = {src: part for (src,), part in grouped([row for row in rows if row["type"] == DATABASE], "src").items()}
    for ends in by_link:
        both = [[row for row in said.get(end, []) if _between(row, end, ends)] for end in ends]
        if not both[0] or not both[1]:
            continue
        stuck = _is_stuck([row for end in ends for row in by_sender[end,]], both, ends)
        mtus = [row[-1]["mtu"] for row in both]
        quoted = [number for row in both for number in numbers(row)[-3:]]
        values: dict[str, Any] = {"one": ends[0], "two": ends[1], "one_mtu": mtus[0], "two_mtu": mtus[1]}
        about = subject(*ends, vlans=vlans(both[0]))
        # An MTU of zero is sent on virtual links and says nothing.
        if all(mtus) and mtus[0] != mtus[1]:
            yield finding(
                "ospf.mtu-mismatch@capture",
                severity=None if stuck else Severity.WARNING,
                evidence=capture.evidence(quoted, limit=6),
                subject=about,
                symptoms=_symptoms(both, stuck=stuck),
                **values,
            )
        elif stuck:
            yield finding("ospf.stuck", evidence=capture.evidence(quoted, limit=6), subject=about, **values)


def _between(row: Row, end: str, ends: tuple[str, str]) -> bool:
    # Point-to-point links send to all routers, others to the neighbour itself.
    return row["src"] == end and (row["dst"] in ends or row["dst"].startswith(("224.0.0.", "ff02:")))


def _is_stuck(rows: list[Row], both: list[list[Row]], ends: tuple[str, str]) -> bool:
    """Say whether one end repeats its last description and neither asks for more nor gives anything since.

    The other end may have gone on: a router whose MTU is the larger takes the smaller one's descriptions and sends
    its updates, which are ignored.
    """
    return any(_repeats(part) and not _went_on(rows, part, ends) for part in both)


def _repeats(part: list[Row]) -> bool:
    last: int = part[-1]["sequence"]
    return [row["sequence"] for row in part].count(last) >= threshold("ospf.stuck", "repeats")


def _went_on(rows: list[Row], part: list[Row], ends: tuple[str, str]) -> bool:
    began, sender = part[0]["time_ns"], part[0]["src"]
    later = [row for row in rows if row["src"] == sender and row["time_ns"] >= began]
    return any(row["type"] in (REQUEST, UPDATE) and _unicast(row) and _between(row, row["src"], ends) for row in later)


def _unicast(row: Row) -> bool:
    return row["type"] == REQUEST or not row["dst"].startswith(("224.", "ff02:"))


def _symptoms(both: list[list[Row]], *, stuck: bool) -> list[str]:
    if not stuck:
        return []
    counts = [len(part) for part in both]
    return [f"the exchange does not go on: {counts[0]} and {counts[1]} database descriptions, no request follows"]


@check("capture", "ospf.duplicate-router-id@capture", profile="routing")
def duplicate_router_id(capture: Capture) -> Iterator[Finding]:
    """Find two senders on one link that use one router id."""
    hellos = messages(capture, "ospf", pl.col("type") == HELLO)
    alone = _speakers(hellos)
    for pair in pairs_on_links(hellos, "version", "instance", "area"):
        one, two = pair.one[-1], pair.two[-1]
        if one["router_id"] != two["router_id"] or one["eth_src"] == two["eth_src"]:
            continue
        masks = {one["mask"], two["mask"]} - _HOST_MASKS
        is_same_link = _share_subnet(pair.ends, masks) or (not masks and _are_alone(alone, pair))
        overlap = pair.one[0]["time_ns"] <= two["time_ns"] and pair.two[0]["time_ns"] <= one["time_ns"]
        enough = min(len(pair.one), len(pair.two)) >= threshold("ospf.duplicate-router-id@capture", "hellos")
        if is_same_link and overlap and enough:
            yield finding(
                "ospf.duplicate-router-id@capture",
                evidence=capture.evidence([*numbers(pair.one)[-2:], *numbers(pair.two)[-2:]], limit=_QUOTED),
                subject=subject(*pair.ends, vlans=vlans(pair.one)),
                one=pair.ends[0],
                two=pair.ends[1],
                router_id=one["router_id"],
            )
