"""One table of facts from all sources: configurations, device state, and what captures prove."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from netguru.model.facts import Facts, GatewayFacts, Known, OspfFacts, PeerFacts, PortFacts
from netguru.model.names import device_key

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from netguru.model.network import Network

Row = TypeVar("Row", PortFacts, OspfFacts, GatewayFacts, PeerFacts)


def facts_of(network: Network) -> Facts:
    """Gather the facts of a network; where a device reports other than its configuration, the report holds."""
    from netguru.config.facts import facts_of as from_configs
    from netguru.state.facts import facts_of as from_states

    return merge(from_configs(network.configs), from_states(network.states))


def merge(*sources: Facts) -> Facts:
    """Join facts about the same port or session; a later source wins where two disagree."""
    router_ids: dict[str, Known[str]] = {}
    for source in sources:
        for device, known in source.router_ids.items():
            before = router_ids.get(device_key(device))
            router_ids[device_key(device)] = known if before is None else _known(before, known)
    return Facts(
        ports=_merge_rows((row for source in sources for row in source.ports), lambda row: row.key),
        peers=_merge_rows(
            (row for source in sources for row in source.peers),
            lambda row: (device_key(row.device), row.address, row.vrf if row.vrf != "default" else ""),
        ),
        router_ids=router_ids,
    )


def _merge_rows(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> tuple[Row, ...]:
    joined: dict[Hashable, Row] = {}
    for row in rows:
        place = key(row)
        joined[place] = _join(joined[place], row) if place in joined else row
    return tuple(joined.values())


def _join(before: Row, after: Row) -> Row:
    return replace(
        before, **{item.name: _value(getattr(before, item.name), getattr(after, item.name)) for item in fields(before)}
    )


def _value(before: Any, after: Any) -> Any:
    """Join one attribute of two rows about the same thing."""
    if isinstance(before, Known) and isinstance(after, Known):
        return _known(before, after)
    if isinstance(before, tuple) and isinstance(after, tuple):
        return _tuple(before, after)
    # An empty text, None or False is silence, not a statement.
    return before if before or not after else after


def _tuple(before: tuple[Any, ...], after: tuple[Any, ...]) -> tuple[Any, ...]:
    first = (*before, *after)[0] if before or after else None
    if isinstance(first, Known):
        by_value: dict[Hashable, Known[Any]] = {}
        for item in (*before, *after):
            by_value[item.value] = _known(by_value[item.value], item) if item.value in by_value else item
        return tuple(by_value.values())
    if isinstance(first, OspfFacts):
        return _merge_rows((*before, *after), lambda row: row.version)
    if isinstance(first, GatewayFacts):
        return _merge_rows((*before, *after), lambda row: (row.protocol, row.group.value))
    return tuple(dict.fromkeys((*before, *after)))


def _known(before: Known[Any], after: Known[Any]) -> Known[Any]:
    if before.value == after.value:
        evidence = tuple(dict.fromkeys((*before.evidence, *after.evidence)))
        return Known(value=before.value, evidence=evidence, explicit=before.explicit or after.explicit)
    # A default yields to a statement, whoever came later.
    return before if before.explicit and not after.explicit else after
