"""The page of the fields: what `docs/display-filters.md` lists, made from the tables."""

from __future__ import annotations

from typing import Any

from netguru import resources
from netguru.pcap.filters import fields, headers

_TYPES = {
    "uint": "number",
    "int": "number",
    "float": "number",
    "bool": "True or False",
    "ipv4": "IPv4 address",
    "ipv6": "IPv6 address",
    "mac": "hardware address",
    "bytes": "bytes",
    "string": "string",
    "time": "time",
    "seconds": "seconds",
    "none": "there or not",
}


def markdown() -> str:
    """Write the tables of fields, of protocols and of what is left out."""
    lines = ["| field | type | where the selection differs from Wireshark's |", "| --- | --- | --- |"]
    for name in sorted(fields.declared()):
        spec = fields.find(name)
        lines.append(f"| `{name}` | {_TYPES[spec.type]} | {spec.note} |")
    lines += ["", "Bytes (slices, `contains`, `matches`, `len`): " + _listed(sorted(fields.regions())) + "."]
    lines += ["", "Protocols (there or not): " + _listed(sorted(headers.protocol_names())) + "."]
    lines += ["", "Columns of `pcap.protocol` that are no fields of filters:", "", "| column | why |", "| --- | --- |"]
    left_out: dict[str, Any] = resources.table("filter_fields.toml")["left_out"]
    lines += [f"| `{name}` | {why} |" for name, why in sorted(left_out.items())]
    return "\n".join(lines)


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
