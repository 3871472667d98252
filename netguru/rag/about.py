"""What a question is asked about: the systems of a user's configurations, whose documents come first.

Soft, since a platform may be told wrongly and documents of a neighbouring system often answer too: what is about
another product counts less, what does not say whom it is about a little less, and nothing is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.errors import InputError
from netguru.rag import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from netguru.model.config import DeviceConfig

_GUESSED = "nothing in the text speaks for a platform"
_MAJOR = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The systems that a question is about; all names in lower case."""

    vendors: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()
    related: frozenset[str] = frozenset()
    versions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Major versions by product, where the configurations state them."""
    titles: tuple[str, ...] = ()

    def weight(self, vendor: str, product: str, version: str) -> float:
        """Say how much a document about this counts (0 to 1)."""
        table = _table()
        vendor, product = vendor.lower(), product.lower()
        if not product and not vendor:
            return float(table["unknown"])
        if product in self.products:
            stated, here = _majors(version), self.versions.get(product)
            return float(table["version"]) if stated and here and not stated & here else 1.0
        if product in self.related:
            return float(table["related"])
        return float(table["vendor"] if vendor in self.vendors else table["other"])


def _table() -> dict[str, Any]:
    table: dict[str, Any] = resources.table("rag", "retrieval.toml")["about"]
    return table


def _majors(version: str) -> frozenset[str]:
    """Give the first number of a version.

    >>> _majors("15.2(4)E8"), _majors("")
    (frozenset({'15'}), frozenset())
    """
    found = _MAJOR.search(version)
    return frozenset({found[0]}) if found else frozenset()


def about(path: Path) -> About:
    """Tell what the configurations of a file or folder are of; raises InputError when it holds none that is known."""
    from netguru.workspace.opening import open_network

    found = of_configs(open_network(path).configs)
    if not found.products:
        raise InputError("holds no configuration of a known system", place=str(path))
    return found


def of_configs(configs: Iterable[DeviceConfig]) -> About:
    """Tell what configurations are of; one that speaks for no system says nothing."""
    known = resources.table("rag", "platforms.toml")
    vendors: set[str] = set()
    products: dict[str, set[str]] = {}
    related: set[str] = set()
    titles: dict[str, None] = {}
    for config in configs:
        row = known.get(config.platform)
        if row is None or config.platform_reason == _GUESSED:
            continue
        vendors.add(row["vendor"].lower())
        products.setdefault(row["product"].lower(), set()).update(_majors(config.system.version))
        related.update(name.lower() for name in row.get("related", ()))
        titles[row["product"]] = None
    return About(
        vendors=frozenset(vendors),
        products=frozenset(products),
        related=frozenset(related),
        versions={name: frozenset(majors) for name, majors in products.items() if majors},
        titles=tuple(titles),
    )


def unless_named(found: About, question: str, products: Iterable[tuple[str, str]]) -> About | None:
    """Give what a question is about, None when it names another product itself: then that is what it is about.

    `products` are vendor and product of the documents that are there.
    """
    words = set(tokens.words(question))
    for vendor, product in products:
        for name in (vendor, product):
            parts = set(tokens.words(name))
            if parts and parts <= words and name.lower() not in found.products | found.vendors | found.related:
                return None
    return found
