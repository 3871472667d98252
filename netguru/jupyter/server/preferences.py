"""What each user has set for the chat: kept in the workspace, the key in this process alone."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from netguru.chat.spending import Price
from netguru.errors import InputError, ServiceError
from netguru.settings import Secret

if TYPE_CHECKING:
    from pathlib import Path

_KINDS: dict[str, type] = {"provider": str, "model": str, "base_url": str, "price": str, "budget": float}
_LONGEST = 500


class Preferences:
    """Give and take the settings of users."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._keys: dict[str, Secret] = {}

    def shown(self, owner: str) -> dict[str, Any]:
        """Give the settings without the key; `key_set` says whether there is one."""
        return {name: self._kept(owner).get(name) for name in _KINDS} | {"key_set": owner in self._keys}

    def options(self, owner: str) -> dict[str, Any]:
        """Give the settings that are stated, the key as a secret, for an engine."""
        found = {name: value for name, value in self._kept(owner).items() if value not in (None, "")}
        return found | ({"key": self._keys[owner]} if owner in self._keys else {})

    def change(self, owner: str, changes: dict[str, Any]) -> dict[str, Any]:
        """Change some settings; null takes one away. Raises InputError for one that is not known or of a wrong type."""
        kept = self._kept(owner)
        for name, value in changes.items():
            if name == "key":
                self._set_key(owner, value)
                continue
            if name not in _KINDS:
                raise InputError(f"there is no setting {name!r}", hint=f"known: {', '.join([*_KINDS, 'key'])}")
            kept[name] = None if value is None else self._checked(name, value)
        self._keep(owner, kept)
        return self.shown(owner)

    def _set_key(self, owner: str, value: Any) -> None:
        if value is None or value == "":
            self._keys.pop(owner, None)
        elif isinstance(value, str) and len(value) <= _LONGEST:
            self._keys[owner] = Secret(value)
        else:
            raise InputError("the setting 'key' is not a text")

    def _checked(self, name: str, value: Any) -> Any:
        if _KINDS[name] is float and isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
            return float(value)
        if _KINDS[name] is str and isinstance(value, str) and len(value) <= _LONGEST:
            if name == "price" and value:
                Price.read(value)
            return value
        raise InputError(f"the setting {name!r} has a value of a wrong kind")

    def _file(self, owner: str) -> Path:
        name = hashlib.sha256(owner.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        return self._store / "chat" / f"{name}.json"

    def _kept(self, owner: str) -> dict[str, Any]:
        try:
            found = json.loads(self._file(owner).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _keep(self, owner: str, kept: dict[str, Any]) -> None:
        file = self._file(owner)
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            half = file.with_suffix(f".{os.getpid()}")
            half.write_text(json.dumps(kept), "utf-8")
            half.replace(file)
        except OSError as error:
            raise ServiceError(f"the settings cannot be kept: {error.strerror or error}") from None
