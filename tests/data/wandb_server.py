"""A loopback stand-in for W&B: GraphQL, file stream and uploads, all of it kept in memory."""

from __future__ import annotations

import gzip
import json
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote

API_KEY = "0123456789" * 4


class Server(ThreadingHTTPServer):
    """What the clients sent.

    Attributes:
        calls: (operation, variables) of each GraphQL request, in order.
        streamed: bodies that arrived on the file stream, in order.
        expected: names for which a place to upload to was asked for.
        uploads: the content that arrived, by these names.
        refused: paths and operations that this server does not know.
        broken: answer each upload with an error.
        artifacts: id of each version by "collection:digest".
        sweep: the configuration of the sweep that was created last.
        commands: what an agent is told to do at each of its next heartbeats.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.streamed: list[dict[str, Any]] = []
        self.expected: list[str] = []
        self.uploads: dict[str, bytes] = {}
        self.refused: list[str] = []
        self.broken = False
        self.artifacts: dict[str, str] = {}
        self.sweep = ""
        self.commands: list[dict[str, Any]] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are none; anything else a test must see."""
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            self.refused.append(repr(error))

    @property
    def url(self) -> str:
        """Of its root, as WANDB_BASE_URL wants it."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def variables(self, operation: str) -> list[dict[str, Any]]:
        """Of each call of an operation."""
        return [said for name, said in self.calls if name == operation]

    def lines(self, file: str) -> list[dict[str, Any]]:
        """The lines of a streamed file, such as wandb-history.jsonl."""
        return [
            json.loads(line)
            for body in self.streamed
            for name, part in body.get("files", {}).items()
            if name == file
            for line in part["content"]
        ]


@contextmanager
def serving() -> Iterator[Server]:
    """A server while the block runs."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the terminal."""

    def do_GET(self) -> None:
        self._refuse()

    def do_PUT(self) -> None:
        content = self._body()
        if self.server.broken:
            self._answer({"error": "no space"}, 403)
            return
        self.server.uploads[unquote(self.path.removeprefix("/upload/"))] = content
        self._answer({})

    def do_POST(self) -> None:
        content = self._body()
        if self.path.startswith("/sdk/otel/"):  # the client's own telemetry
            self._answer({})
            return
        body = json.loads(content or b"{}")
        if self.path.endswith("/graphql"):
            found = re.search(r"\b(?:query|mutation)\s+(\w+)", body["query"])
            operation = body.get("operationName") or (found[1] if found else "")
            self.server.calls.append((operation, body.get("variables") or {}))
            self._answer({"data": self._data(operation, body.get("variables") or {})})
        elif self.path.endswith("/file_stream"):
            self.server.streamed.append(body)
            self._answer({})
        else:
            self._refuse()

    def _data(self, operation: str, said: dict[str, Any]) -> dict[str, Any]:
        """What the clients need to hear; each operation answers with what its query asks for."""
        given = said.get("input", said)
        project = {"id": "project", "name": "cnn-rnn", "entity": {"id": "me", "name": "me"}}
        if operation == "RunResumeStatus":
            return {"model": {**project, "bucket": None}}
        if operation == "ServerFeaturesQuery":
            return {"serverInfo": {"features": []}}
        if operation in ("Viewer", "GetDefaultEntity"):
            return {"viewer": {"id": "me", "entity": "me", "username": "me", "flags": "{}"}}
        if operation == "UpsertBucket":
            names = {"id": given["name"], "name": given["name"], "displayName": given["name"]}
            return {"upsertBucket": {"bucket": {**names, "project": project}, "inserted": True}}
        if operation == "CreateRunFiles":
            files = [{"name": n, "uploadUrl": self._place(f"run/{n}")} for n in given["files"]]
            return {"createRunFiles": {"runID": "run", "uploadHeaders": [], "files": files}}
        if operation == "CreateArtifact":
            known = self.server.artifacts
            name = f"{given['artifactCollectionName']}:{given['digest']}"
            state = "COMMITTED" if name in known else "PENDING"
            made = {"id": known.setdefault(name, f"artifact{len(known)}"), "state": state}
            return {"createArtifact": {"artifact": {**made, "artifactSequence": {"id": name}}}}
        if operation in ("CreateArtifactManifest", "UpdateArtifactManifest"):
            made = given.get("artifactID") or given["artifactManifestID"]
            file = {"id": made, "uploadUrl": self._place(f"manifest/{made}"), "uploadHeaders": []}
            called = operation[0].lower() + operation[1:]
            return {called: {"artifactManifest": {"id": made, "file": file}}}
        if operation == "CreateArtifactFiles":
            nodes = [self._artifact_file(one) for one in given["artifactFiles"]]
            return {"createArtifactFiles": {"files": {"edges": [{"node": one} for one in nodes]}}}
        if operation == "CommitArtifact":
            return {"commitArtifact": {"artifact": {"id": given["artifactID"], "digest": ""}}}
        if operation == "UpsertView2":
            view = {"id": given.get("id") or f"view{len(self.server.calls)}", "name": given["name"]}
            return {"upsertView": {"view": view, "inserted": "id" not in given}}
        if operation == "UpsertSweep":
            self.server.sweep = given["config"]
            sweep = {"name": "sweep0", "project": project}
            return {"upsertSweep": {"sweep": sweep, "configValidationWarnings": []}}
        if operation == "SweepWithRuns":
            found: dict[str, Any] = {
                "id": "sweep0",
                "name": "sweep0",
                "state": "RUNNING",
                "bestLoss": None,
            }
            said = {"config": self.server.sweep, "controller": None, "scheduler": None}
            return {"project": {"sweep": {**found, **said, "runs": {"edges": []}}}}
        if operation == "CreateAgent":
            return {"createAgent": {"agent": {"id": "agent"}}}
        if operation == "Heartbeat":
            commands = [self.server.commands.pop(0)] if self.server.commands else []
            heard = {"agent": {"id": "agent"}, "commands": json.dumps(commands)}
            return {"agentHeartbeat": heard}
        if operation == "ArtifactType":  # whether the name is taken by another type: it is not
            return {"project": {"artifact": None}}
        if operation == "UseArtifact":
            return {"useArtifact": {"artifact": {"id": given["artifactID"]}}}
        if operation == "OrganizationCoreWeaveOrganizationID":  # there is none
            return {"entity": {"organization": None}}
        self.server.refused.append(f"{operation} {given}")
        return {}

    def _artifact_file(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = f"artifact/{asked['artifactID']}/{asked['name']}"
        made = {"storagePath": name, "uploadUrl": self._place(name), "uploadHeaders": []}
        return {**made, "uploadMultipartUrls": None, "artifact": {"id": asked["artifactID"]}}

    def _place(self, name: str) -> str:
        self.server.expected.append(name)
        return f"{self.server.url}/upload/{quote(name)}"

    def _body(self) -> bytes:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return (
            gzip.decompress(content) if self.headers.get("Content-Encoding") == "gzip" else content
        )

    def _answer(self, content: object, status: int = 200) -> None:
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _refuse(self) -> None:
        self.server.refused.append(self.path)
        self._answer({}, 404)
