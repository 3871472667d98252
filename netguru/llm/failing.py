"""What went wrong at a provider, in our errors; keys and the texts that were sent are never quoted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.errors import KeyMissingError, NetGuruError, RateLimitedError, ServiceDownError, ServiceError

if TYPE_CHECKING:
    from netguru.llm.choosing import Choice

_REFUSED = frozenset({401, 403})
_BUSY = 429
_BROKEN = 500
# Both clients and the libraries beneath name their errors alike; the modules tell whose they are.
_CLIENTS = frozenset({"openai", "anthropic", "httpx", "httpx2", "httpcore", "httpcore2"})


def translated(error: Exception, choice: Choice) -> Exception:
    """Give our error for one of a client; others are given back as they are."""
    if isinstance(error, NetGuruError):
        return error
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return _of_status(status, error, choice)
    # LangChain raises its own, derived from the clients'.
    if any(item.__module__.partition(".")[0] in _CLIENTS for item in type(error).__mro__):
        # Without a status nothing was answered: refused, timed out, or broken off.
        return ServiceDownError(f"{choice.name} does not answer: {type(error).__name__}", place=choice.url)
    if isinstance(error, (ValueError, KeyError, TypeError, AttributeError, IndexError)):
        return ServiceError(f"{choice.name} sent what is no answer: {type(error).__name__}", place=choice.url)
    return error


def _of_status(status: int, error: Exception, choice: Choice) -> ServiceError:
    # The body of a refusal is not quoted: servers repeat the key or the question there.
    if status in _REFUSED:
        return KeyMissingError(f"{choice.name} takes no such key (HTTP {status})", place=choice.url)
    if status == _BUSY:
        return RateLimitedError(f"{choice.name} asks to wait (HTTP 429)", retry_after=_wait(error), place=choice.url)
    if status >= _BROKEN:
        return ServiceDownError(f"{choice.name} failed (HTTP {status})", place=choice.url)
    return ServiceError(f"{choice.name} refused the request (HTTP {status})", place=choice.url)


def _wait(error: Exception) -> float | None:
    headers = getattr(getattr(error, "response", None), "headers", {})
    try:
        return float(headers.get("retry-after", ""))
    except ValueError:
        return None
