"""A local HTTP server that misbehaves on request."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

Answer = Callable[["Handler", bytes], None]


class Handler(BaseHTTPRequestHandler):
    """Answers a request by the next planned answer, or properly when none is planned."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        self.close_connection = True
        self.server.requests.append((self.path, self.headers))
        plan = self.server.plan
        (plan.pop(0) if plan else proper)(self, self.server.files.get(self.path, b""))

    def head(self, status: int, length: int | None, **headers: str) -> None:
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Files by path; `plan` holds the answers to the next requests."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.plan: list[Answer] = []
        self.requests: list[tuple[str, Message]] = []
        self.over = threading.Event()
        # What the client does with an answer it does not like is its own business.
        self.handle_error = lambda *_: None  # type: ignore[method-assign]

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"

    @property
    def ranges(self) -> list[str | None]:
        """The Range header of each request."""
        return [headers.get("Range") for _, headers in self.requests]


def proper(handler: Handler, body: bytes) -> None:
    if handler.path not in handler.server.files:
        handler.head(404, 0)
        return
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    wanted = handler.headers.get("Range")
    if wanted is None or handler.headers.get("If-Range") not in (None, etag):
        handler.head(200, len(body), ETag=etag)
        handler.wfile.write(body)
        return
    start = int(wanted.removeprefix("bytes=").rstrip("-"))
    if start >= len(body):
        handler.head(416, 0, Content_Range=f"bytes */{len(body)}")
        return
    place = f"bytes {start}-{len(body) - 1}/{len(body)}"
    handler.head(206, len(body) - start, ETag=etag, Content_Range=place)
    handler.wfile.write(body[start:])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.over.set()
        running.shutdown()
        thread.join()


class Answers:
    """The answers that a plan may hold."""

    @staticmethod
    def drop_after(count: int, resumable: bool = True) -> Answer:
        """Promises the rest of the file and closes after `count` bytes of it."""

        def answer(handler: Handler, body: bytes) -> None:
            etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            wanted = handler.headers.get("Range") if resumable else None
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
            place = f"bytes {start}-{len(body) - 1}/{len(body)}"
            extra = {"ETag": etag} | ({"Content_Range": place} if start else {})
            handler.head(206 if start else 200, len(body) - start, **extra)
            handler.wfile.write(body[start : start + count])

        return answer

    @staticmethod
    def status(code: int) -> Answer:
        return lambda handler, _: handler.head(code, 0)

    @staticmethod
    def other_bytes(content: bytes, content_type: str = "application/zip") -> Answer:
        def answer(handler: Handler, _: bytes) -> None:
            handler.head(200, len(content), ETag='"other"', Content_Type=content_type)
            handler.wfile.write(content)

        return answer

    @staticmethod
    def other_place(handler: Handler, body: bytes) -> None:
        """Resumes somewhere else."""
        handler.head(206, len(body) - 1, Content_Range=f"bytes 1-{len(body) - 1}/{len(body)}")
        handler.wfile.write(body[1:])

    @staticmethod
    def without_range(handler: Handler, body: bytes) -> None:
        handler.head(200, len(body), ETag='"whole"')
        handler.wfile.write(body)

    @staticmethod
    def without_length(handler: Handler, body: bytes) -> None:
        handler.head(200, None, Connection="close")
        handler.wfile.write(body)

    @staticmethod
    def fall_silent(handler: Handler, body: bytes) -> None:
        """Sends half and nothing more, for as long as the test runs."""
        handler.head(200, len(body), ETag='"silent"')
        handler.wfile.write(body[: len(body) // 2])
        handler.wfile.flush()
        handler.server.over.wait()


@pytest.fixture
def answers() -> type[Answers]:
    return Answers
