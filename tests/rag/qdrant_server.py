"""A strict server on the loopback with Qdrant's REST interface: what the client's models do not know is refused.

What it holds is held by the client's own in-process engine. It is no Qdrant: it shows that our requests are what the
published models say, and what becomes of them.
"""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from pydantic import TypeAdapter, ValidationError
from qdrant_client import QdrantClient
from qdrant_client.http import models

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "loopback-key"
_PATH = re.compile(r"/collections/(?P<name>[\w-]+)(?P<rest>/.*)?")


class Strange(Exception):  # noqa: N818 - what a request may be
    """A request that a Qdrant server would not take, with the status of its reply."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Store:
    """What the server holds, and what it was asked."""

    def __init__(self) -> None:
        self.engine = QdrantClient(":memory:")
        self.lock = threading.Lock()
        self.asked: list[str] = []
        self.refused: list[str] = []
        self.failing: Callable[[str], bool] = lambda _: False

    def exists(self, name: str, _: Any) -> Any:
        return {"exists": self.engine.collection_exists(name)}

    def create(self, name: str, body: models.CreateCollection) -> Any:
        if self.engine.collection_exists(name):
            raise Strange(409, f"Collection `{name}` already exists!")
        return self.engine.create_collection(
            name, vectors_config=body.vectors, sparse_vectors_config=body.sparse_vectors
        )

    def remove(self, name: str, _: Any) -> Any:
        return self.engine.delete_collection(name)

    def upsert(self, name: str, body: Any) -> Any:
        self._known(name)
        self.engine.upsert(name, points=body.points)
        return _DONE

    def delete(self, name: str, body: Any) -> Any:
        self._known(name)
        self.engine.delete(name, points_selector=body)
        return _DONE

    def count(self, name: str, body: models.CountRequest) -> Any:
        self._known(name)
        if not body.exact:
            raise Strange(400, "an estimate would not do")
        return {"count": self.engine.count(name, exact=True).count}

    def scroll(self, name: str, body: models.ScrollRequest) -> Any:
        self._known(name)
        points, offset = self.engine.scroll(
            name, limit=body.limit or 10, offset=body.offset, with_payload=body.with_payload, with_vectors=False
        )
        return {"points": [_plain(point) for point in points], "next_page_offset": offset}

    def query(self, name: str, body: models.QueryRequest) -> Any:
        self._known(name)
        found = self.engine.query_points(
            name,
            query=body.query.nearest if isinstance(body.query, models.NearestQuery) else body.query,
            prefetch=[_nearest(item) for item in body.prefetch] if isinstance(body.prefetch, list) else None,
            using=body.using,
            limit=body.limit or 10,
            with_payload=body.with_payload,
        )
        return {"points": [{"version": 0, **_plain(point)} for point in found.points]}

    def _known(self, name: str) -> None:
        if not self.engine.collection_exists(name):
            raise Strange(404, f"Not found: Collection `{name}` doesn't exist!")

    @property
    def points(self) -> int:
        """Count the points of all collections."""
        names = [item.name for item in self.engine.get_collections().collections]
        return sum(self.engine.count(name, exact=True).count for name in names)


_DONE = {"operation_id": 0, "status": "completed"}
# Method, what follows the collection's name, the model of the body, what does it, and whether it writes.
_WAYS: dict[tuple[str, str], tuple[Any, Callable[[Store, str, Any], Any], bool]] = {
    ("GET", "/exists"): (None, Store.exists, False),
    ("PUT", ""): (models.CreateCollection, Store.create, False),
    ("DELETE", ""): (None, Store.remove, False),
    ("PUT", "/points"): (models.PointInsertOperations, Store.upsert, True),
    ("POST", "/points/delete"): (models.PointsSelector, Store.delete, True),
    ("POST", "/points/count"): (models.CountRequest, Store.count, False),
    ("POST", "/points/scroll"): (models.ScrollRequest, Store.scroll, False),
    ("POST", "/points/query"): (models.QueryRequest, Store.query, False),
}


def _nearest(item: models.Prefetch) -> models.Prefetch:
    query = item.query.nearest if isinstance(item.query, models.NearestQuery) else item.query
    return item.model_copy(update={"query": query})


def _plain(point: Any) -> dict[str, Any]:
    return json.loads(point.model_dump_json(exclude_none=True))  # type: ignore[no-any-return]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Store

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        del format, args

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(length)
        try:
            status, reply = 200, {"result": self._done(sent), "status": "ok", "time": 0.001}
        except Strange as error:
            status, reply = error.status, {"status": {"error": str(error)}, "time": 0.0}
        content = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_PUT(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def _done(self, sent: bytes) -> Any:
        address = urlsplit(self.path)
        found = _PATH.fullmatch(address.path)
        asked = f"{self.command} {found['rest'] or '' if found else address.path}"
        with self.store.lock:
            self.store.asked.append(asked)
            try:
                return self._way(asked, found, parse_qs(address.query), sent)
            except Strange as error:
                self.store.refused.append(f"{asked}: {error}")
                raise

    def _way(self, asked: str, found: re.Match[str] | None, query: dict[str, list[str]], sent: bytes) -> Any:
        if self.store.failing(asked):
            raise Strange(500, "Service internal error")
        if self.headers.get("api-key") != KEY:
            raise Strange(401, "Must provide an API key")
        way = _WAYS.get((self.command, found["rest"] or "")) if found else None
        if found is None or way is None:
            raise Strange(404, f"no such way: {self.command} {self.path}")
        model, work, writes = way
        if set(query) - {"wait", "timeout"} or (writes and query.get("wait") != ["true"]):
            raise Strange(400, f"writes are waited for, and nothing else is asked: {query}")
        return work(self.store, found["name"], _read(model, sent))


def _read(model: Any, sent: bytes) -> Any:
    if model is None:
        if sent:
            raise Strange(400, "a body that nothing wants")
        return None
    try:
        return TypeAdapter(model).validate_json(sent)
    except ValidationError as error:
        raise Strange(422, str(error)) from None


@contextmanager
def serving() -> Iterator[tuple[Store, str]]:
    """Run the server while the block runs; gives what it holds and its address."""
    store = Store()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"store": store}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield store, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
