"""One client's connection: requests are read one by one and answered in order; that a client goes away costs nothing.

Reading pauses when requests pile up, writing waits while the client doesn't read, and every state has its deadline.
"""

import asyncio
import ipaddress
import logging
from collections import deque
from enum import Enum
from typing import Any, Protocol

import httptools

from tailrace.runtime import http_limits as limits
from tailrace.runtime.http_answer import CONTINUE, OpenSlice, head_of
from tailrace.runtime.http_door import Arrival, Door
from tailrace.runtime.http_head import Head, Refused, malformed, too_large
from tailrace.wire.errors import AwsError
from tailrace.wire.message import Response

_NEVER = float("inf")
_LOG = logging.getLogger(__name__)
_SLOW_DOWN = ("SlowDown", "Please reduce your request rate.", 503)
_TIMED_OUT = (
    "RequestTimeout",
    "Your socket connection to the server was not read from or written to within the timeout period. Idle connections "
    "will be closed.",
)


class Host(Protocol):
    """The server as its connections see it."""

    door: Door
    body_bytes: int
    now: float  # of the loop; deadlines need no better than a sweep

    def opened(self, connection: "Connection") -> bool:
        """Take note of a connection; False when there are too many."""

    def closed(self, connection: "Connection") -> None:
        """Take note that it is gone."""


class State(Enum):
    """What a connection waits for."""

    IDLE = "a request"
    HEAD = "the rest of a head"
    BODY = "the rest of a body"
    DEAF = "nothing: what still arrives is discarded"


_IDLE, _HEAD, _BODY, _DEAF = State  # looked up many times a request


class Exchange:
    """A request and its response, in the order of the connection."""

    __slots__ = ("arrival", "body", "head", "held", "keep", "received", "response")

    def __init__(self, head: Head) -> None:
        self.head = head
        self.arrival: Arrival | None = None
        self.response: Response | None = None  # set when it is refused before it is complete
        self.body: list[bytes] = []
        self.received = 0
        self.held = 0  # of them in memory
        self.keep = True


class Connection(asyncio.Protocol):
    """A connection of HTTP/1.1."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._parser: Any = httptools.HttpRequestParser(self)
        self._transport: Any = None
        self._state: State = _IDLE
        self._head = Head()
        self._head_bytes = 0  # in pieces before the present one
        self._piece_bytes = 0
        self._current: Exchange | None = None
        self._body_began = 0.0
        self._queue: deque[Exchange] = deque()
        self._task: asyncio.Task[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._unwritten = 0
        self._read_deadline = _NEVER
        self._write_deadline = _NEVER
        self._half_closed = False
        self._paused = False
        self._is_local = False

    @property
    def busy(self) -> bool:
        """Whether a request is being carried out."""
        return self._task is not None

    # What the transport says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = transport
        self._is_local = _is_loopback(transport.get_extra_info("peername"))
        self._transport.set_write_buffer_limits(high=limits.WRITE_BUFFER_BYTES)
        self._wait_for(_IDLE, limits.IDLE_S)
        if not self._host.opened(self):
            self._give_up(AwsError(*_SLOW_DOWN))

    def connection_lost(self, exc: Exception | None) -> None:
        """End: what has begun is finished, what was only received is dropped."""
        self._transport = None
        self._host.closed(self)
        if self._current is not None:
            self._drop(self._current)
        while self._queue:
            self._drop(self._queue.popleft())
        self.resume_writing()

    def pause_writing(self) -> None:
        """The client doesn't read fast enough."""
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        """The client has read."""
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    def eof_received(self) -> bool:
        """The client sends nothing more; what it has asked for it still gets."""
        self._half_closed = True
        return self._task is not None

    def data_received(self, data: bytes) -> None:
        """Read what has arrived."""
        if self._state is _DEAF:
            return
        self._piece_bytes = len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._state is _BODY:
                self._give_up(malformed("The protocol can't be changed."))
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            if not isinstance(cause, Refused):
                _LOG.error("reading a request failed", exc_info=cause or error)
            self._give_up(cause.error if isinstance(cause, Refused) else AwsError("InternalFailure", "", 500))
        except httptools.HttpParserError:
            self._give_up(malformed("The request is not HTTP/1.1."))
        if self._state is _HEAD:
            self._head_bytes += len(data)
            if self._head_bytes > limits.HEAD_BYTES_MAX:
                self._give_up(too_large())

    # What the parser says

    def on_message_begin(self) -> None:
        """A request begins."""
        if self._state is not _DEAF:
            self._head = Head()
            self._head_bytes = 0
            self._wait_for(_HEAD, limits.HEAD_S)

    def on_url(self, url: bytes) -> None:
        """A part of the request's target."""
        self._head.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; those that trail a chunked body are left out."""
        if self._state is _HEAD:
            self._head.fields.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is complete: decide whether the body is wanted, and where it goes."""
        if self._state is not _HEAD:
            return
        request = self._head.request(self._parser.get_method().decode("ascii"), self._head_bytes + self._piece_bytes)
        self._current = exchange = Exchange(self._head)
        self._wait_for(_BODY, limits.BODY_GRACE_S)
        self._body_began = self._host.now
        exchange.keep = self._parser.should_keep_alive()
        exchange.arrival, error = self._host.door.arrive(request, self._head.announced)
        if error is not None:
            self._refuse(exchange, error)
        elif self._head.expects_continue and not self.busy:
            self._transport.write(CONTINUE)

    def on_body(self, data: bytes) -> None:
        """A part of the body."""
        exchange = self._current
        if exchange is None or self._state is not _BODY:
            return
        exchange.received += len(data)
        earned = self._body_began + limits.BODY_GRACE_S + exchange.received / limits.BODY_BYTES_PER_S_MIN
        self._read_deadline = min(self._host.now + limits.BODY_GRACE_S, earned)
        if exchange.response is not None:
            if exchange.received > limits.DISCARDED_BYTES_MAX:
                exchange.keep = False
                self._complete(exchange)
            return
        try:
            self._take(exchange, data)
        except Exception as error:
            self._refuse(exchange, error)

    def on_message_complete(self) -> None:
        """The request is complete."""
        if self._current is not None and self._state is _BODY:
            self._complete(self._current)

    # Exchanges

    def _take(self, exchange: Exchange, data: bytes) -> None:
        assert exchange.arrival is not None
        if exchange.arrival.upload is not None:
            exchange.arrival.upload.feed(data)
            return
        exchange.arrival.check_size(exchange.received)
        if self._host.body_bytes > limits.BODIES_BYTES_MAX:
            raise AwsError(*_SLOW_DOWN)
        self._host.body_bytes += len(data)
        exchange.held += len(data)
        exchange.body.append(data)

    def _refuse(self, exchange: Exchange, error: Exception) -> None:
        """Have a request answered with an error; the rest of its body is discarded, if it comes and isn't too long."""
        exchange.response = self._host.door.refuse(error, exchange.arrival)
        self._drop(exchange)
        if exchange.head.expects_continue or exchange.head.announced > limits.DISCARDED_BYTES_MAX:
            exchange.keep = False
            self._complete(exchange)

    def _give_up(self, error: AwsError) -> None:
        """Answer what was asked for before, then this error, and close: what follows can't be made out."""
        if self._state is _DEAF:
            return
        exchange = self._current or Exchange(self._head)
        exchange.keep = False
        self._drop(exchange)
        exchange.response = exchange.response or self._host.door.refuse(error, exchange.arrival)
        self._complete(exchange)

    def _complete(self, exchange: Exchange) -> None:
        self._current = None
        self._queue.append(exchange)
        if exchange.keep:
            self._wait_for(_IDLE, limits.IDLE_S)
        else:
            self._wait_for(_DEAF, _NEVER)
        if self._task is None:
            self._task = self._loop.create_task(self._work())
        elif len(self._queue) >= limits.PIPELINED_MAX:
            self._transport.pause_reading()
            self._paused = True
            if len(self._queue) >= limits.PIPELINED_HARD_MAX:
                exchange.keep = False
                self._wait_for(_DEAF, _NEVER)

    async def _work(self) -> None:
        try:
            await self._answer_all()
        except Exception as error:
            _LOG.error("a response could not be sent", exc_info=error)
            self.abort()
        finally:
            self._task = None

    async def _answer_all(self) -> None:
        """Answer what was asked for, in order."""
        keep = True
        while self._queue and keep:
            exchange = self._queue.popleft()
            response, part = exchange.response, None
            if response is None:
                assert exchange.arrival is not None
                exchange.arrival.request.body = b"".join(exchange.body)
                response, part = await self._host.door.answer(exchange.arrival, is_local=self._is_local)
                self._release(exchange)
            if part is None:
                self._send(exchange, response)
            else:
                await self._send_file(exchange, response, part)
            if self._writable is not None:
                await self._drain()
            keep = exchange.keep
            if self._paused and self._transport is not None and len(self._queue) < limits.PIPELINED_MAX:
                self._paused = False
                self._transport.resume_reading()
        self._task = None
        if self._transport is None:
            return
        if not keep or self._half_closed:
            self._finish()
        elif self._state is _IDLE:
            self._wait_for(_IDLE, limits.IDLE_S)
        else:
            self._wait_for(self._state, limits.BODY_GRACE_S)
            if self._state is _BODY and self._head.expects_continue:
                self._transport.write(CONTINUE)

    def _send(self, exchange: Exchange, response: Response) -> None:
        body = response.body if isinstance(response.body, bytes) else b""
        head = head_of(response, len(body), close=not exchange.keep)
        if self._transport is not None:
            self._transport.write(head if exchange.head.method == "HEAD" else head + body)

    async def _send_file(self, exchange: Exchange, response: Response, part: OpenSlice) -> None:
        head = head_of(response, part.left, close=not exchange.keep)
        wants_body = exchange.head.method != "HEAD"
        try:
            data = head + part.read(limits.FILE_CHUNK_BYTES) if wants_body else head
            while self._transport is not None:
                self._transport.write(data)
                if self._writable is not None:
                    await self._drain()
                if not wants_body or not part.left:
                    return
                data = await self._loop.run_in_executor(None, part.read, limits.FILE_CHUNK_BYTES)
        except (OSError, EOFError) as error:
            _LOG.error("a body can't be read", exc_info=error)
            exchange.keep = False
            self.abort()  # the head has promised bytes that can't be had
        finally:
            part.close()

    async def _drain(self) -> None:
        """Wait until the client has read enough, as long as it reads at all."""
        if self._transport is None or self._writable is None:
            return
        self._unwritten = self._transport.get_write_buffer_size()
        self._write_deadline = self._host.now + limits.WRITE_S
        await self._writable
        self._write_deadline = _NEVER

    # Ends

    def expire(self, now: float) -> None:
        """Act on deadlines that have passed."""
        if self._transport is None:
            return
        if now > self._write_deadline:
            left = self._transport.get_write_buffer_size()
            if left >= self._unwritten:
                self.abort()
            self._unwritten, self._write_deadline = left, now + limits.WRITE_S
        elif now > self._read_deadline and not self.busy:
            if self._state in (_HEAD, _BODY):
                self._give_up(AwsError(*_TIMED_OUT))
            else:
                self.abort()

    def close(self) -> None:
        """Close now when nothing is being carried out, else after the response."""
        if not self.busy:
            self.abort()
        self._half_closed = True

    def _finish(self) -> None:
        """Close after the last response: the client has a moment to read it before the connection is reset."""
        while self._queue:
            self._drop(self._queue.popleft())
        self._wait_for(_DEAF, limits.LINGER_S)
        if self._half_closed:
            self._transport.close()
        else:
            self._transport.write_eof()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def _wait_for(self, state: State, seconds: float) -> None:
        self._state = state
        self._read_deadline = self._host.now + seconds

    def _release(self, exchange: Exchange) -> None:
        self._host.body_bytes -= exchange.held
        exchange.held = 0
        exchange.body.clear()

    def _drop(self, exchange: Exchange) -> None:
        self._release(exchange)
        if exchange.arrival is not None:
            exchange.arrival.discard()


def _is_loopback(peer: Any) -> bool:
    return isinstance(peer, tuple) and ipaddress.ip_address(peer[0].partition("%")[0]).is_loopback
