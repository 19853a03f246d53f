"""An endpoint over a small cloud of the test's own, in a thread of its own, and sockets to speak to it as they like."""

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvloop

from tailrace.engine.files import Files
from tailrace.runtime.server import Server, bind
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError
from tailrace.wire.message import Response

Handler = Callable[[str, str, dict[str, Any]], Any]


class SmallCloud:
    """A cloud whose operations are one function of (service, operation, params)."""

    def __init__(self, root: Path) -> None:
        self.account = "123456789012"
        self.files = Files(root, synced=False)
        self.calls: list[tuple[str, str, dict[str, Any], str]] = []
        self.principals: list[Principal] = []
        self.handler: Handler = lambda service, operation, params: {}
        self.keys: dict[str, tuple[str, str | None, Principal]] = {}

    async def request(
        self, service: str, operation: str, params: dict[str, Any], principal: Principal, *, region: str
    ) -> dict[str, Any]:
        self.calls.append((service, operation, params, region))
        self.principals.append(principal)
        result = self.handler(service, operation, params)
        if isinstance(result, Awaitable):
            result = await result
        found: dict[str, Any] = result
        return found

    def credentials(self, access_key_id: str) -> tuple[str, str | None, Principal] | None:
        if access_key_id == "ASIAENDED":
            raise AwsError("ExpiredToken", "ended")
        return self.keys.get(access_key_id)


async def _admin(method: str, path: str, query: str, body: bytes) -> Response:
    if path == "/_tailrace/broken":
        raise RuntimeError("on purpose")
    return Response(200, [("Content-Type", "text/plain")], f"{method} {path} {query} {len(body)}".encode())


class Endpoint:
    """A running endpoint."""

    def __init__(self, root: Path, auth: Any = "none") -> None:
        self.cloud = SmallCloud(root)
        self._auth = auth
        self._loop: Any = None
        self.server: Server
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: uvloop.run(self._run()), daemon=True)

    def __enter__(self) -> "Endpoint":
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self.server = await bind(self.cloud, "127.0.0.1", 0, self._auth, _admin)
        await self.server.start()
        self._started.set()
        await self._stop.wait()
        await self.server.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.port}"

    def connect(self) -> "Line":
        """Answer a new connection."""
        return Line(socket.create_connection(("127.0.0.1", self.server.port), timeout=10))

    def exchange(self, data: bytes) -> "Answer":
        """Send bytes on a connection of their own and answer the response."""
        with self.connect() as line:
            line.send(data)
            return line.answer()

    def settled(self, holds: Callable[[], bool]) -> bool:
        """Answer whether something becomes true before long, as when a connection's end is noticed."""
        limit = time.monotonic() + 5
        while not holds():
            if time.monotonic() > limit:
                return False
            self._loop.call_soon_threadsafe(lambda: None)
        return True


class Answer:
    """A response as it came."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


class Line:
    """A connection's client side."""

    def __init__(self, made: socket.socket) -> None:
        self.socket = made
        self._rest = b""

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *exc: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(data)

    def answer(self, *, head_only: bool = False) -> Answer:
        """Read one response."""
        while b"\r\n\r\n" not in self._rest:
            more = self.socket.recv(65_536)
            assert more, f"the connection ended within a head: {self._rest!r}"
            self._rest += more
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        length = 0 if head_only else int(headers.get("content-length", 0))
        while len(self._rest) < length:
            more = self.socket.recv(65_536)
            assert more, "the connection ended within a body"
            self._rest += more
        body, self._rest = self._rest[:length], self._rest[length:]
        return Answer(int(lines[0].split(" ")[1]), headers, body)

    def ended(self) -> bool:
        """Read to the end; answer whether there is one."""
        try:
            while self.socket.recv(65_536):
                pass
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
        return True
