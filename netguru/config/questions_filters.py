"""Questions about filters, answered with exact sets of headers (see acl_sets.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netguru.config.acl_sets import EMPTY, copied
from netguru.config.acl_sets_junos import firewall_filters
from netguru.config.acl_sets_lists import access_lists, prefix_lists
from netguru.config.acl_sets_packets import families, packets, shown
from netguru.config.platforms import platform
from netguru.config.questions_names import Row, place
from netguru.errors import InputError
from netguru.model.names import device_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from netguru.config.acl_sets_model import Filter, FilterLine
    from netguru.model.config import DeviceConfig

QUESTIONS = ("filterLineReachability", "testFilters", "searchFilters", "compareFilters")


def filters_of(config: DeviceConfig) -> Iterator[Filter]:
    """Give every filter of a configuration: access lists, firewall filters, prefix lists."""
    if platform(config.platform).style == "braces":
        yield from firewall_filters(config)
    else:
        yield from access_lists(config)
        yield from prefix_lists(config)


def answer(
    name: str,
    configs: Sequence[DeviceConfig],
    before: Sequence[DeviceConfig],
    *,
    filter_name: str,
    packet: str,
    action: str,
) -> list[Row]:
    """Answer one of the questions for all filters, or for those of a name."""
    if name == "testFilters" and not packet:
        message = "testFilters needs --packet"
        raise InputError(message, hint='write --packet "tcp 10.0.0.1 > 10.1.0.1:443"')
    wanted = families(packet)
    chosen = [
        item
        for config in configs
        for item in filters_of(config)
        if item.family in wanted and filter_name in ("", item.name)
    ]
    if name == "compareFilters":
        return list(compare(chosen, before))
    if name == "filterLineReachability":
        return [row for item in chosen for row in unreachable(item)]
    if name == "testFilters":
        return [row for item in chosen for row in matching(item, packets(item.space, packet))]
    return [row for item in chosen for row in search(item, packets(item.space, packet), action)]


def _row(item: Filter, line: FilterLine | None, **values: Any) -> Row:
    """Make a row about a line; what is implied stands in all lines of the filter."""
    lines = line.lines if line is not None else ()
    lines = lines or tuple(number for row in item.lines for number in row.lines)
    return place(
        item.config,
        lines,
        filter=item.name,
        kind=item.kind,
        family=item.family,
        line=line.text.strip() if line is not None else "(no line: denied)",
        **values,
    )


def unreachable(item: Filter) -> Iterator[Row]:
    """Find the lines that no packet reaches, with the lines above that take all of theirs.

    `reason` is BLOCKING_LINES, or INDEPENDENTLY_UNMATCHABLE where the line's own conditions contradict
    each other. What a line with an unmodelled condition takes from others is not counted.
    """
    space = item.space
    taken = EMPTY
    above: list[FilterLine] = []
    for line in item.lines:
        may = line.condition.may
        if not line.lines:
            continue  # what the system adds by itself
        if may == EMPTY:
            yield _row(item, line, action=line.action, reason="INDEPENDENTLY_UNMATCHABLE", blocking=[], other=False)
        elif space.minus(may, taken) == EMPTY:
            blocking = _blocking(item, line, above)
            yield _row(
                item,
                line,
                action=line.action,
                reason="BLOCKING_LINES",
                blocking=[row.text.strip() for row in blocking],
                other=any(row.action != line.action for row in blocking),
                blocking_lines=[number for row in blocking for number in row.lines],
            )
        if line.action != "next":
            taken = space.either(taken, line.condition.must)
            above.append(line)


def _blocking(item: Filter, line: FilterLine, above: list[FilterLine]) -> list[FilterLine]:
    """Give the lines that take a line's packets: one that takes all of them, or all that take some."""
    space = item.space
    left = line.condition.may
    found = []
    for row in above:
        if space.minus(line.condition.may, row.condition.must) == EMPTY:
            return [row]
        rest = space.minus(left, row.condition.must)
        if rest != left:
            found.append(row)
        left = rest
    return found


def matching(item: Filter, asked: int) -> Iterator[Row]:
    """Tell which lines match the packets asked for, in order, and whether each takes all that are left."""
    space = item.space
    left = asked
    for line in item.deciding:
        part = space.both(left, line.condition.may)
        if part == EMPTY:
            continue
        sure = space.both(left, line.condition.must)
        yield _row(
            item,
            line,
            action=line.action,
            matches="all" if sure == asked else "some",
            conditions=list(line.condition.unknown),
            example=shown(space, part),
        )
        left = space.minus(left, line.condition.must)
        if left == EMPTY:
            return
    if left != EMPTY:
        share = "all" if left == asked else "some"
        yield _row(item, None, action="deny", matches=share, conditions=[], example=shown(space, left))


def search(item: Filter, asked: int, action: str) -> Iterator[Row]:
    """Tell whether a filter does the action to any packet asked for, and by which lines, with an example."""
    yield from (row for row in matching(item, asked) if row["action"] == action)


def compare(chosen: Iterable[Filter], before: Sequence[DeviceConfig]) -> Iterator[Row]:
    """Find the packets that a filter treats otherwise than the filter of the same name before.

    A row for each pair of lines that disagree, with an example; a filter that one side lacks is told so.
    """
    earlier = {_key(item): item for config in before for item in filters_of(config)}
    present = set()
    for item in chosen:
        present.add(_key(item))
        old = earlier.get(_key(item))
        if old is None:
            yield _row(
                item, item.lines[0], action="", reference_line="", reference_action="(no such filter)", example=""
            )
            continue
        yield from _differences(item, old)


def _key(item: Filter) -> tuple[str, str, str, str]:
    return device_key(item.config.hostname), item.kind, item.family, item.name


def _differences(item: Filter, old: Filter) -> Iterator[Row]:
    """Compare in the space of the new filter: the old one's sets are made anew in it."""
    space = item.space
    whole = packets(space, "")
    theirs = [(line, copied(old.space, members, space)) for line, members in _parts(old)]
    for line, mine in _parts(item):
        for other, members in theirs:
            if _verdict(line) == _verdict(other):
                continue
            both = space.all_of((mine, members, whole))
            if both != EMPTY:
                yield _row(
                    item,
                    line,
                    action=_verdict(line),
                    reference_line=other.text.strip() if other is not None else "(no line: denied)",
                    reference_action=_verdict(other),
                    reference_lines=list(other.lines) if other is not None else [],
                    conditions=[*(line.condition.unknown if line else ()), *(other.condition.unknown if other else ())],
                    example=shown(space, both),
                )


def _verdict(line: FilterLine | None) -> str:
    return "deny" if line is None else line.action


def _parts(item: Filter) -> Iterator[tuple[FilterLine | None, int]]:
    """Give what each line takes of the packets that reach it, and at last what no line takes."""
    left = packets(item.space, "")
    for line in item.deciding:
        yield line, item.space.both(left, line.condition.may)
        left = item.space.minus(left, line.condition.must)
    yield None, left
