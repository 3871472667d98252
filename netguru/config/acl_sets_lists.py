"""Access lists and prefix lists of Cisco-like systems, found in the tree and read as filters."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING

from netguru import resources
from netguru.config import acl_sets_headers as headers
from netguru.config.acl_sets_entries import entry
from netguru.config.acl_sets_groups import Groups
from netguru.config.acl_sets_headers import exactly, unmodelled
from netguru.config.acl_sets_model import Filter, FilterLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.config.acl_sets import Space
    from netguru.config.acl_sets_headers import Family
    from netguru.config.acl_sets_model import Action
    from netguru.model.config import ConfigLine, DeviceConfig

_HEADING = re.compile(r"(?P<ip>ip|ipv4|ipv6) access-list (?:(?P<kind>standard|extended) )?(?P<name>\S+)(?P<rest> .+)?")
_TOP = re.compile(
    r"access-list (?P<name>\S+) (?:(?:seq|line) \d+ )?(?:(?P<kind>standard|extended) )?(?P<rest>(?:permit|deny) .+)"
)
_PREFIX_LIST = re.compile(r"(?P<ip>ip|ipv6) prefix-list (?P<name>\S+)(?: (?:seq \d+ )?(?P<rest>(?:permit|deny) .+))?")
_PREFIX = re.compile(
    r"(?:seq )?(?:\d+ )?(?P<action>permit|deny) (?P<prefix>\S+)"
    r"(?: eq (?P<eq>\d+))?(?: ge (?P<ge>\d+))?(?: le (?P<le>\d+))?"
)
_NUMBER = re.compile(r"(?:seq )?\d+ (?=permit|deny)")
# Numbers of standard lists: Cisco IOS, "access-list (IP standard)".
_STANDARD = ((1, 99), (1300, 1999))
Block = list[tuple["ConfigLine", list[str]]]


def access_lists(config: DeviceConfig) -> Iterator[Filter]:
    """Give the access lists of a configuration as filters."""
    blocks: dict[tuple[Family, str], tuple[bool, Block]] = {}
    for line in config.tree:
        for family, name, standard, rows in _rows(line):
            kept = blocks.setdefault((family, name), (standard, []))[1]
            kept += rows
    masks = resources.table("platforms", "_filters.toml")["masks"]
    style = masks.get(config.platform, masks["ios"])
    inverted = style["acl"] == "wildcard"
    spaces: dict[Family, tuple[Space, Groups]] = {}
    for (family, name), (standard, rows) in blocks.items():
        if family not in spaces:
            space = headers.space_of(family)
            spaces[family] = space, Groups.of(config, space, wildcard=style["group"] == "wildcard")
        space, groups = spaces[family]
        lines = [
            entry(line, words, space, groups, wildcard=inverted, standard=standard or _is_short(words))
            for line, words in rows
        ]
        lines += _implied(config, family, space, groups)
        kept_lines = tuple(row for row in lines if row is not None)
        if kept_lines:
            yield Filter(config=config, name=name, kind="acl", family=family, space=space, lines=kept_lines)


def _is_short(words: list[str]) -> bool:
    """Say whether a line states an address alone, as standard lists and those of FRRouting do."""
    if len(words) < 2:  # noqa: PLR2004 - the action and what it is for
        return False
    word = words[1]
    return word in ("any", "host", "any4", "any6") or "/" in word or word.count(".") == 3 or ":" in word  # noqa: PLR2004 - dotted


def _rows(line: ConfigLine) -> Iterator[tuple[Family, str, bool, Block]]:
    heading = _HEADING.fullmatch(line.text)
    if heading is not None:
        family: Family = "ipv6" if heading["ip"] == "ipv6" else "ipv4"
        name = heading["name"]
        rows: Block = [(child, _NUMBER.sub("", child.text, count=1).split()) for child in line.children]
        if heading["rest"]:
            rows.insert(0, (line, _NUMBER.sub("", heading["rest"].strip(), count=1).split()))
        yield family, name, heading["kind"] == "standard" or _is_standard(name), rows
        return
    top = _TOP.fullmatch(line.text)
    if top is not None:
        words = top["rest"].split()
        standard = top["kind"] == "standard" or (top["kind"] is None and _is_standard(top["name"]))
        six = any(":" in word or word == "any6" for word in words)
        yield "ipv6" if six else "ipv4", top["name"], standard, [(line, words)]


def _is_standard(name: str) -> bool:
    return name.isdecimal() and any(low <= int(name) <= high for low, high in _STANDARD)


def _implied(config: DeviceConfig, family: Family, space: Space, groups: Groups) -> Iterator[FilterLine]:
    if family != "ipv6":
        return
    from netguru.model.config import ConfigLine

    for text in resources.table("platforms", "_filters.toml")["implied"].get(config.platform, ()):
        made = ConfigLine(text=f"{text} (implied)", number=0, end=-1)
        found = entry(made, text.split(), space, groups, wildcard=False, standard=False)
        if found is not None:
            yield found


def prefix_lists(config: DeviceConfig) -> Iterator[Filter]:
    """Give the prefix lists of a configuration as filters over networks and their lengths."""
    blocks: dict[tuple[Family, str], list[tuple[ConfigLine, str]]] = {}
    for line in config.tree:
        match = _PREFIX_LIST.fullmatch(line.text)
        if match is None:
            continue
        family: Family = "prefix6" if match["ip"] == "ipv6" else "prefix4"
        rows = blocks.setdefault((family, match["name"]), [])
        if match["rest"]:
            rows.append((line, match["rest"]))
        rows += [(child, child.text) for child in line.children]
    spaces = {family: headers.space_of(family) for family, _ in blocks}
    for (family, name), rows in blocks.items():
        space = spaces[family]
        lines = tuple(found for line, text in rows if (found := _prefix_line(line, text, space)) is not None)
        if lines:
            yield Filter(config=config, name=name, kind="prefix-list", family=family, space=space, lines=lines)


def _prefix_line(line: ConfigLine, text: str, space: Space) -> FilterLine | None:
    match = _PREFIX.fullmatch(text.strip())
    numbers = tuple(range(line.number, line.end + 1))
    if match is None:
        words = _NUMBER.sub("", text, count=1).split()
        if not words or words[0] not in ("permit", "deny"):
            return None
        action: Action = "permit" if words[0] == "permit" else "deny"
        return FilterLine(text=line.text, lines=numbers, action=action, condition=unmodelled(" ".join(words[1:])))
    prefix = "::/0" if match["prefix"] == "any" and headers.width_of(space) > 32 else match["prefix"]  # noqa: PLR2004 - IPv4
    try:
        known = ip_network("0.0.0.0/0" if prefix == "any" else prefix, strict=False)
    except ValueError:
        return None
    if known.max_prefixlen != headers.width_of(space):
        return None
    low, high = _lengths(known.prefixlen, match, known.max_prefixlen)
    inside = space.matching("network", int(known.network_address), int(known.netmask))
    found = space.both(inside, space.between("length", low, high))
    verdict: Action = "permit" if match["action"] == "permit" else "deny"
    return FilterLine(text=line.text, lines=numbers, action=verdict, condition=exactly(found))


def _lengths(own: int, match: re.Match[str], most: int) -> tuple[int, int]:
    """Give the prefix lengths that an entry matches: its own alone, or from `ge` to `le`."""
    if match["prefix"] == "any":
        return 0, most
    if match["eq"]:
        return int(match["eq"]), int(match["eq"])
    if not match["ge"] and not match["le"]:
        return own, own
    return int(match["ge"] or own), int(match["le"] or most)
