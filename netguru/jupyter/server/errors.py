"""Errors as JSON: one shape for every route and for the socket."""

from __future__ import annotations

import math
from typing import Any

from tornado.web import HTTPError

from netguru.errors import (
    FileRejectedError,
    InputError,
    KeyMissingError,
    MissingExtraError,
    NetGuruError,
    OperationCancelled,
    RateLimitedError,
    ServiceError,
    UnknownNameError,
)

_KINDS: tuple[tuple[type[BaseException], int, str], ...] = (
    (UnknownNameError, 404, "not_found"),
    (FileRejectedError, 422, "file_rejected"),
    (InputError, 400, "bad_input"),
    (RateLimitedError, 429, "rate_limited"),
    (KeyMissingError, 409, "key_missing"),
    (OperationCancelled, 409, "cancelled"),
    (ServiceError, 502, "service_failed"),
    (MissingExtraError, 501, "not_installed"),
)
_CODES = {400: "bad_input", 403: "forbidden", 404: "not_found", 405: "not_allowed", 409: "conflict", 413: "too_large"}


def status_of(error: BaseException) -> int:
    """Give the HTTP status of an error."""
    if isinstance(error, HTTPError):
        return error.status_code
    return next((status for kind, status, _ in _KINDS if isinstance(error, kind)), 500)


def error_body(error: BaseException, request: str) -> dict[str, Any]:
    """Describe an error; of a mistake of ours nothing but that: its text may quote anything."""
    if isinstance(error, HTTPError):
        code = _CODES.get(error.status_code, "failed")
        return {"code": code, "message": error.reason or code.replace("_", " "), "request_id": request}
    code = next((name for kind, _, name in _KINDS if isinstance(error, kind)), "internal")
    if not isinstance(error, NetGuruError):
        return {"code": code, "message": "an error of NetGuru; the server's log tells more", "request_id": request}
    body: dict[str, Any] = {"code": code, "message": str(error), "request_id": request}
    details: dict[str, Any] = {"hint": error.hint, "place": error.place}
    if isinstance(error, ServiceError) and error.retry_after is not None:
        details["retry_after"] = math.ceil(error.retry_after)
    stated = {name: value for name, value in details.items() if value not in ("", None)}
    return body | ({"details": stated} if stated else {})
