"""Which model answers, where, with which key: argument, then settings and environment, then the system's keyring."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from netguru import resources
from netguru.errors import InputError, KeyMissingError, UnknownNameError
from netguru.settings import Secret, settings

if TYPE_CHECKING:
    from typing import Any

KEYRING = "netguru"
"""The service under which keys lie in the system's keyring; the user name is the provider, or the server's address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One model at one server; the key is not shown."""

    provider: str
    model: str
    url: str
    wire: str
    key: Secret

    @property
    def name(self) -> str:
        """Name the model as answers do: `provider:model`."""
        return f"{self.provider}:{self.model}"


def configured() -> bool:
    """Say whether the settings name a model."""
    return bool(settings().model)


def choices(model: str = "", *, url: str = "", key: Secret | None = None) -> tuple[Choice, ...]:
    """Give the model to ask and those to fall back to, in order; none when no model is named.

    A fall-back without a key is left out: it could not answer. Raises InputError, UnknownNameError, and
    KeyMissingError for the first one.
    """
    chosen = settings()
    stated = model or chosen.model
    if not stated:
        return ()
    own = not model or model == chosen.model
    first = choice(
        stated,
        url=url or (chosen.model_url if own else ""),
        # The key of the settings belongs to the server of the settings.
        key=key or (chosen.model_key if own and url in ("", chosen.model_url) else None),
    )
    rest = []
    for item in filter(None, (part.strip() for part in chosen.model_fallbacks.split(","))):
        try:
            rest.append(choice(item))
        except KeyMissingError:
            continue
    return (first, *rest)


def choice(stated: str, *, url: str = "", key: Secret | None = None) -> Choice:
    """Read `PROVIDER:NAME[@URL]` and find its key.

    Raises InputError for another form or address, UnknownNameError for a provider that is not known, KeyMissingError.
    """
    name, _, address = stated.partition("@http")
    provider, _, model = name.strip().partition(":")
    table = resources.table("llm", "providers.toml")
    if not model:
        raise InputError(f"model {stated!r} is not PROVIDER:NAME", hint=f"providers: {', '.join(sorted(table))}")
    if provider not in table:
        raise UnknownNameError("provider", provider, table)
    row = table[provider]
    where = (url or ("http" + address if address else "")).rstrip("/") or row["url"]
    _check(where)
    found = key if key is not None and key.get_secret_value() else _key(provider, where, row)
    if row["key"] and where == row["url"] and not found.get_secret_value():
        hint = f"set {row['variable']} or NETGURU_MODEL_KEY, or store one: keyring set {KEYRING} {provider}"
        raise KeyMissingError(f"{provider} needs a key", hint=hint)
    return Choice(provider=provider, model=model, url=where, wire=row["wire"], key=found)


def _check(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InputError("the address of the model's server is no http(s) URL", hint="NETGURU_MODEL_URL=http://host/v1")
    if parts.username or parts.password:
        # An address is shown in errors; a password in it would be as well.
        raise InputError("the address of the model's server holds a password", hint="use NETGURU_MODEL_KEY")


def _key(provider: str, url: str, row: dict[str, Any]) -> Secret:
    own = url == row["url"]
    found = os.environ.get(row["variable"], "") if own else ""
    return Secret(found or _from_keyring(provider if own else urlsplit(url).netloc))


def _from_keyring(user: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(KEYRING, user) or ""
    except (KeyringError, RuntimeError, OSError):
        # A machine without a keyring, or a locked one, has no key for us; the error that follows says what to set.
        return ""
