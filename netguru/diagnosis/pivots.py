"""Everything that all sources say of one address, port, VLAN, conversation or device."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from netguru.diagnosis.pivot_rows import Pivoted, PivotRow
from netguru.diagnosis.sessions import End, place_of
from netguru.errors import InputError
from netguru.model.names import device_key, port_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import polars as pl

    from netguru.diagnosis.checks import Joined
    from netguru.model.config import DeviceConfig
    from netguru.model.coverage import Coverage
    from netguru.model.finding import Finding
    from netguru.model.state import DeviceState

_PORT_COLUMNS = ("name", "interface", "port", "parent", "root_port", "virtual_interface")
_LINES = 12
"""Lines of one configuration that name a thing: a name used everywhere is shown at its first places."""
_FLOWS = 50


def address(joined: Joined, name: str, findings: tuple[Finding, ...], coverage: Coverage) -> Pivoted:
    """Tell everything of an address. Raises InputError for what is none."""
    try:
        wanted = str(ip_address(name.strip()))
    except ValueError:
        message = f"{name!r} is no address"
        raise InputError(message, hint="write 10.0.0.5 or 2001:db8::5") from None
    rows = [
        PivotRow("owner", owner.device, owner.port.port if owner.port else "", wanted, owner.evidence)
        for owner in joined.names.who(wanted)
    ]
    rows += _configured(joined, re.compile(rf"(?<![\w.:]){re.escape(wanted)}(?![\w.:]*[\w:])", re.IGNORECASE))
    rows += _reported(joined, lambda row: wanted in _words(row))
    rows += _conversations(joined, (wanted,))
    rows += _found(findings, lambda subject: wanted in subject.addresses)
    return _made("address", wanted, rows, coverage)


def port(joined: Joined, name: str, findings: tuple[Finding, ...], coverage: Coverage) -> Pivoted:
    """Tell everything of a port ("leaf1 eth2")."""
    place = place_of(name, joined)
    if not place.port:
        message = f"{name!r} names a device, not a port"
        raise InputError(message, hint=f'write "{place.device} PORT"')
    key = (device_key(place.device), port_key(place.port))
    rows = [PivotRow("port", place.device, place.port, text, proof) for text, proof in _attributes(joined, key)]
    for config in joined.network.configs:
        interface = config.interface(place.port) if device_key(config.hostname) == key[0] else None
        if interface is not None:
            rows += _lines(config, interface.lines, place.port)
    for row in joined.network.all_neighbors():
        one, other = (row.device, row.port), (row.remote_device, row.remote_port)
        for near, far in ((one, other), (other, one)):
            if (device_key(near[0]), port_key(near[1])) == key:
                told = f"{far[0]} {far[1]} ({row.protocol})"
                rows.append(PivotRow("neighbour", place.device, place.port, told, row.evidence))
    rows += _reported(joined, lambda row: any(port_key(str(row.get(c) or "")) == key[1] for c in _PORT_COLUMNS), key[0])
    held = [item for item in joined.facts.ports if item.key == key]
    rows += _conversations(joined, tuple(text for item in held for text in End(item.device, item).addresses))
    rows += _found(findings, lambda subject: key in {(device_key(d), port_key(p)) for d, p in subject.interfaces})
    return _made("interface", f"{place.device} {place.port}", rows, coverage)


def vlan(joined: Joined, name: str, findings: tuple[Finding, ...], coverage: Coverage) -> Pivoted:
    """Tell everything of a VLAN by its number."""
    text = name.strip().lower().removeprefix("vlan").strip()
    if not text.isdigit() or not 1 <= int(text) <= 4094:  # noqa: PLR2004 - IEEE 802.1Q clause 9.6
        message = f"{name!r} is no VLAN"
        raise InputError(message, hint="write a number from 1 to 4094")
    import polars as pl

    number = int(text)
    rows: list[PivotRow] = []
    for config in joined.network.configs:
        for row in config.vlans:
            if row.id == number:
                rows += _lines(config, row.lines, "")
        for item in config.interfaces:
            allowed = item.mode == "trunk" and item.allowed_vlans is not None and number in item.allowed_vlans
            own = number in (item.access_vlan, item.voice_vlan, item.native_vlan, item.vlan)
            if allowed or own or port_key(item.name) == f"vlan{number}":
                rows += _lines(config, item.lines, item.name)
    rows += _reported(joined, lambda row: str(row.get("vlan") or "") == text)
    for capture in joined.network.captures:
        packets = capture.packets().filter(pl.col("vlan") == number).select("number").collect()["number"].to_list()
        if packets:
            told = f"{len(packets)} packets"
            rows.append(PivotRow("captured", "", "", told, capture.evidence(packets, limit=3)))
    rows += _found(findings, lambda subject: number in subject.vlans)
    return _made("vlan", text, rows, coverage)


def flow(joined: Joined, name: str, findings: tuple[Finding, ...], coverage: Coverage) -> Pivoted:
    """Tell everything of the conversations between two addresses ("10.0.0.1 10.0.0.2")."""
    found = [word for word in re.split(r"[\s,>-]+", name.strip()) if word]
    try:
        a, b = (str(ip_address(word)) for word in found)
    except ValueError:
        message = f"{name!r} does not name two addresses"
        raise InputError(message, hint='write "10.0.0.1 10.0.0.2"') from None
    rows = [
        PivotRow("owner", owner.device, owner.port.port if owner.port else "", text, owner.evidence)
        for text in (a, b)
        for owner in joined.names.who(text)
    ]
    rows += _conversations(joined, (a,), (b,))
    rows += _found(findings, lambda subject: {a, b} <= set(subject.addresses))
    return _made("flow", f"{a} {b}", rows, coverage)


def device(joined: Joined, name: str, findings: tuple[Finding, ...], coverage: Coverage) -> Pivoted:
    """Tell everything of a device."""
    place = place_of(name, joined)
    key = device_key(place.device)
    rows: list[PivotRow] = []
    for config in joined.network.configs:
        if device_key(config.hostname) == key:
            told = f"configuration ({config.platform}), {len(config.interfaces)} interfaces"
            rows.append(PivotRow("configured", place.device, "", told, config.evidence((config.piece.first_line,))))
    for item in joined.facts.ports:
        if item.key[0] == key:
            proof = [proof for known in item.addresses for proof in known.evidence[:1]]
            told = ", ".join(known.value for known in item.addresses)
            rows += [PivotRow("port", item.device, item.port, told, tuple(proof))] if proof else []
    for peer in joined.facts.peers:
        if device_key(peer.device) == key:
            state = f", {peer.state.value}" if peer.state else ""
            rows.append(PivotRow("BGP neighbour", peer.device, "", f"{peer.address}{state}", peer.evidence[:2]))
    for row in joined.network.all_neighbors():
        if device_key(row.device) == key:
            far = f"{row.remote_device} {row.remote_port} ({row.protocol})"
            rows.append(PivotRow("neighbour", place.device, row.port, far, row.evidence))
    rows += _found(findings, lambda subject: key in {device_key(text) for text in subject.devices})
    return _made("device", place.device, rows, coverage)


def _made(kind: str, name: str, rows: list[PivotRow], coverage: Coverage) -> Pivoted:
    kept = [row for row in rows if row.evidence]
    return Pivoted(kind=kind, name=name, rows=tuple(dict.fromkeys(kept)), coverage=coverage)


def _attributes(joined: Joined, key: tuple[str, str]) -> Iterator[tuple[str, Any]]:
    """Give what is known of a port as words, each with its places; platform defaults are left out."""
    from netguru.model.facts import Known

    for item in joined.facts.ports:
        if item.key == key:
            for name in item.__slots__:
                value = getattr(item, name)
                for known in value if isinstance(value, tuple) else (value,):
                    if isinstance(known, Known) and known.explicit:
                        yield f"{name.replace('_', ' ')} {known.value}", known.evidence


def _configured(joined: Joined, pattern: re.Pattern[str]) -> Iterator[PivotRow]:
    for config in joined.network.configs:
        first = config.piece.first_line
        numbers = [first + at for at, text in enumerate(config.piece.lines) if pattern.search(text)]
        yield from (row for number in numbers[:_LINES] for row in _lines(config, (number,), ""))


def _lines(config: DeviceConfig, numbers: tuple[int, ...], name: str) -> Iterator[PivotRow]:
    from netguru.config.quoting import proof

    for item in proof(config, numbers):
        yield PivotRow("configured", config.hostname, name, " / ".join(item.text.split("\n")[:3]).strip(), (item,))


def _words(row: Mapping[str, Any]) -> set[str]:
    """Give the addresses that a row names, without prefix lengths."""
    texts = [str(value) for name, value in row.items() if isinstance(value, str) and name != "text"]
    return {word.split("/", 1)[0].lower() for text in texts for word in text.split()}


def _reported(joined: Joined, fits: Callable[[Mapping[str, Any]], bool], device: str = "") -> Iterator[PivotRow]:
    """Give the rows of what devices report that fit."""
    for state in joined.network.states:
        if device and device_key(state.device) != device:
            continue
        for kind, table in state.tables.items():
            for row in table.iter_rows(named=True):
                if fits(row):
                    yield _report(state, kind, row)


def _report(state: DeviceState, kind: str, row: Mapping[str, Any]) -> PivotRow:
    shown = [f"{name} {value}" for name, value in row.items() if value not in (None, "", False) and "line" not in name]
    name = next((str(row[column]) for column in _PORT_COLUMNS if row.get(column)), "")
    return PivotRow(kind.replace("_", " "), state.device, name, ", ".join(shown), (state.evidence(row),))


def _conversations(joined: Joined, near: tuple[str, ...], far: tuple[str, ...] = ()) -> Iterator[PivotRow]:
    """Give the conversations of some addresses, with others or with anybody, the largest first."""
    from netguru.diagnosis.probes_packets import with_addresses

    chosen = _sides(near) if not far else _between(near, far)
    for capture in joined.network.captures:
        flows = with_addresses(capture.flows().filter(chosen))
        for row in flows.sort("bytes", "flow", descending=[True, False]).head(_FLOWS).collect().iter_rows(named=True):
            ports = f" port {row['server_port']}" if row["server_port"] else ""
            told = f"{row['client']} > {row['server']}{ports}: {row['packets']} packets, {row['bytes']} bytes"
            yield PivotRow("captured", "", "", told, capture.evidence([row["first_packet"], row["last_packet"]]))


def _sides(addresses: tuple[str, ...]) -> pl.Expr:
    from netguru.diagnosis.probes_packets import is_side

    return is_side("client", addresses) | is_side("server", addresses)


def _between(near: tuple[str, ...], far: tuple[str, ...]) -> pl.Expr:
    from netguru.diagnosis.probes_packets import is_side

    there = is_side("client", near) & is_side("server", far)
    return there | (is_side("client", far) & is_side("server", near))


def _found(findings: tuple[Finding, ...], fits: Callable[[Any], bool]) -> Iterator[PivotRow]:
    for item in findings:
        if fits(item.subject):
            yield PivotRow("finding", "", "", f"{item.severity}: {item.title} ({item.check})", item.evidence)
