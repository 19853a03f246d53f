"""The endpoint: listens, keeps its connections, and stops in order. The only sockets that clients meet."""

import asyncio
import logging

from tailrace.runtime import http_limits as limits
from tailrace.runtime.http_connection import Connection
from tailrace.runtime.http_door import Admin, Auth, Door, Served

_LOG = logging.getLogger(__name__)


class Server:
    """A listening endpoint; ``port`` is the one it got."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.body_bytes = 0  # held in memory by all requests together
        self.now = asyncio.get_running_loop().time()
        self.port = 0
        self.connections: set[Connection] = set()
        self._listener: asyncio.Server | None = None
        self._sweeper: asyncio.Task[None] | None = None

    async def bind(self, host: str, port: int) -> None:
        """Take the port; nobody is served before ``start``. Raises OSError when it can't be had."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            lambda: Connection(self), host, port, backlog=1024, start_serving=False
        )
        self.port = self._listener.sockets[0].getsockname()[1]

    async def start(self) -> None:
        """Begin to serve."""
        assert self._listener is not None, "bind comes first"
        await self._listener.start_serving()
        self._sweeper = asyncio.get_running_loop().create_task(self._sweep())

    async def close(self) -> None:
        """Stop to listen, let what is being carried out end for a moment, then close all connections."""
        if self._listener is not None:
            self._listener.close()
        for connection in list(self.connections):
            connection.close()
        deadline = asyncio.get_running_loop().time() + limits.STOP_S
        while any(each.busy for each in self.connections) and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
        for connection in list(self.connections):
            connection.abort()
        if self._sweeper is not None:
            self._sweeper.cancel()
        await asyncio.sleep(0)  # the transports close in the next turn of the loop

    def opened(self, connection: Connection) -> bool:
        """Take note of a connection; False when there are too many."""
        self.connections.add(connection)
        return len(self.connections) <= limits.CONNECTIONS_MAX

    def closed(self, connection: Connection) -> None:
        """Take note that it is gone."""
        self.connections.discard(connection)

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(limits.SWEEP_S)
            self.now = loop.time()
            for connection in list(self.connections):
                try:
                    connection.expire(self.now)
                except Exception as error:
                    _LOG.error("a connection could not be expired", exc_info=error)


async def bind(cloud: Served, host: str, port: int, auth_mode: Auth, admin: Admin) -> Server:
    """Take the port for a cloud; ``start`` it once the cloud has started. Raises OSError when it can't be had."""
    server = Server(Door(cloud, auth_mode, admin))
    await server.bind(host, port)
    return server
