"""Handlers: what Jupyter Server calls; it has authenticated the user before anything of ours runs."""

from __future__ import annotations

import asyncio
import json
import math
import mmap
import re
import tempfile
import time
import uuid
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any, BinaryIO, ClassVar, cast
from urllib.parse import unquote

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from netguru import logs
from netguru.errors import RateLimitedError
from netguru.jupyter.server.errors import error_body, status_of
from netguru.jupyter.server.routing import Call, Route
from netguru.jupyter.server.work_routes import Upload
from netguru.settings import settings
from netguru.store.places import location

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netguru.jupyter.server.service import Service

_BODY_LIMIT = 2_000_000
# What multipart adds around a file.
_ENVELOPE = 65_536
_REQUEST_ID = re.compile(r"[\w.-]{1,64}")
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_FILENAME = re.compile(rb'filename="((?:[^"\\]|\\.)*)"')


class BaseHandler(APIHandler):
    """Give every answer a request's number, one shape of errors, a log line, and refuse who is unknown."""

    auth_resource = "netguru"
    service: Service
    kind = "requests"

    def initialize(self, service: Service) -> None:
        """Take the state of the extension."""
        self.service = service
        stated = self.request.headers.get("X-Request-Id", "")
        self.request_id = stated if _REQUEST_ID.fullmatch(stated) else uuid.uuid4().hex
        self.begun_at = time.monotonic()

    async def prepare(self) -> None:  # type: ignore[override]  # as Jupyter's own handlers for interfaces
        """Refuse before a body is read, whatever the server's own settings allow."""
        self.set_header("X-Request-Id", self.request_id)
        await super().prepare()
        if self.current_user is None:
            raise web.HTTPError(403)

    @property
    def owner(self) -> str:
        """Name who asks."""
        return self.service.owner(self)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write an error in our form."""
        error = kwargs.get("exc_info", (None, None, None))[1] or web.HTTPError(status_code)
        self.fail(error)

    def fail(self, error: BaseException) -> None:
        """Answer with an error."""
        status = status_of(error)
        if status == 500:  # noqa: PLR2004 - a mistake of ours
            logs.logger(__name__).error("request.failed", request=self.request_id, exc_info=error)
        self.set_status(status)
        if isinstance(error, RateLimitedError) and error.retry_after is not None:
            self.set_header("Retry-After", str(max(1, math.ceil(error.retry_after))))
        self.finish(json.dumps({"error": error_body(error, self.request_id)}))

    def on_finish(self) -> None:
        """Log the request: its route, never its query or body."""
        super().on_finish()
        logs.logger(__name__).info(
            "request.done",
            request=self.request_id,
            method=self.request.method,
            path=self.request.path,
            status=self.get_status(),
            ms=round(1000 * (time.monotonic() - self.begun_at), 1),
        )


class RouteHandler(BaseHandler):
    """Answer the methods of one path from the route table."""

    routes: ClassVar[Mapping[str, Route]] = {}

    @web.authenticated
    @authorized
    async def get(self, **path: str) -> None:
        """Answer GET."""
        await self.serve(path)

    @web.authenticated
    @authorized
    async def post(self, **path: str) -> None:
        """Answer POST."""
        await self.serve(path)

    @web.authenticated
    @authorized
    async def patch(self, **path: str) -> None:
        """Answer PATCH."""
        await self.serve(path)

    @web.authenticated
    @authorized
    async def delete(self, **path: str) -> None:
        """Answer DELETE."""
        await self.serve(path)

    async def serve(self, path: dict[str, str]) -> None:
        """Find the route, count the request, run it, write what it gives."""
        chosen = self.routes.get(self.request.method or "")
        if chosen is None:
            raise web.HTTPError(405)
        try:
            self.service.admit(self.owner, chosen.kind)
            call = self._call(path)
            result = await chosen.answer(call)
        except Exception as error:  # noqa: BLE001 - one place writes all errors
            self.fail(error)
            return
        self.set_status(chosen.answers)
        await self._write(result, call.headers)

    async def _write(self, result: Any, headers: dict[str, str]) -> None:
        kind = headers.pop("Content-Type", "application/json")
        for name, value in headers.items():
            self.set_header(name, value)
        if self.get_status() == 204:  # noqa: PLR2004 - nothing to say
            await cast("Any", super(APIHandler, self).finish())
        elif kind == "application/json":
            # Large results take long to write as JSON: not on the loop.
            await self.finish(await asyncio.to_thread(json.dumps, result, allow_nan=False))
        else:
            await self.finish(result, set_content_type=kind)

    def _call(self, path: dict[str, str]) -> Call:
        body = None
        if self.request.body:
            if len(self.request.body) > _BODY_LIMIT:
                raise web.HTTPError(413)
            try:
                body = json.loads(self.request.body)
            except (ValueError, RecursionError):
                raise web.HTTPError(400, reason="the body is no JSON") from None
        user = self.current_user
        return Call(
            service=self.service,
            owner=self.owner,
            user={"username": user.username, "name": user.display_name or user.name or user.username},
            path={name: unquote(value) for name, value in path.items()},
            query={name: self.get_query_argument(name) for name in self.request.query_arguments},
            body=body,
        )


class UnknownHandler(BaseHandler):
    """Refuse what is no route, after the user is known: who may not ask learns nothing of what there is."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer GET."""
        raise web.HTTPError(404)

    post = patch = delete = put = head = get


@web.stream_request_body
class UploadHandler(RouteHandler):
    """Take a file, raw with its name in X-File-Name or as multipart; it goes to the disk as it comes."""

    spool: IO[bytes] | None = None
    taken = 0

    async def prepare(self) -> None:  # type: ignore[override]  # as Jupyter's own handlers for interfaces
        """Open a place for the body; who is not known or asks too often is refused before it is read."""
        self.request.connection.set_max_body_size(settings().max_file_bytes + _ENVELOPE)  # type: ignore[union-attr]  # a request being read has one
        await super().prepare()
        if self.request.method != "POST":
            return
        try:
            self.service.admit(self.owner, "requests")
        except RateLimitedError as error:
            self.fail(error)
            return
        folder = location(self.service.workspace).make()
        self.spool = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed in on_finish

    def fail(self, error: BaseException) -> None:
        """Answer with an error; a body that was not read ends the connection."""
        self.set_header("Connection", "close")
        super().fail(error)

    async def data_received(self, chunk: bytes) -> None:
        """Write a piece of the body."""
        self.taken += len(chunk)
        if self.taken > settings().max_file_bytes + _ENVELOPE:
            raise web.HTTPError(413)
        if self.spool is not None:
            await asyncio.to_thread(self.spool.write, chunk)

    @web.authenticated
    @authorized
    async def post(self, **path: str) -> None:
        """Keep the file that came."""
        chosen = self.routes["POST"]
        try:
            call = replace(self._call(path), body=await asyncio.to_thread(self._upload))
            result = await chosen.answer(call)
        except Exception as error:  # noqa: BLE001 - one place writes all errors
            self.fail(error)
            return
        self.set_status(chosen.answers)
        await self._write(result, call.headers)

    def _upload(self) -> Upload:
        assert self.spool is not None  # noqa: S101 - opened in prepare
        self.spool.flush()
        self.spool.seek(0)
        name, stream = self._part(cast("BinaryIO", self.spool))
        return Upload(name=name, stream=stream)

    def _part(self, spool: BinaryIO) -> tuple[str, BinaryIO]:
        kind = self.request.headers.get("Content-Type", "")
        if not kind.startswith("multipart/form-data"):
            return unquote(self.request.headers.get("X-File-Name", "")) or "file", spool
        boundary = _BOUNDARY.search(kind)
        if boundary is None or self.taken == 0:
            raise web.HTTPError(400, reason="multipart without a boundary or a part")
        with mmap.mmap(spool.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            named = _FILENAME.search(whole)
            # While the map is open: what was found lies in it.
            name = b"" if named is None else named[1]
            start = -1 if named is None else whole.find(b"\r\n\r\n", named.end()) + 4
            end = whole.find(b"\r\n--" + boundary[1].encode(), max(start - 2, 0))
        if named is None or start < 4 or end < 0:  # noqa: PLR2004 - nothing was found
            raise web.HTTPError(400, reason="multipart without a file")
        spool.seek(start)
        return name.decode("utf-8", "replace"), cast("BinaryIO", _Part(spool, max(0, end - start)))

    def on_finish(self) -> None:
        """Let the body go."""
        super().on_finish()
        if self.spool is not None:
            self.spool.close()


class _Part:
    """The bytes of one part of a file."""

    def __init__(self, stream: BinaryIO, left: int) -> None:
        self._stream = stream
        self._left = left

    def read(self, size: int = -1) -> bytes:
        """Read on, to the end of the part."""
        block = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(block)
        return block
