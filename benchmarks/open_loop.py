"""A load offered at a rate, whether it is answered or not, from a process of its own."""

import multiprocessing
import selectors
import socket
import time
from multiprocessing.connection import Connection

from benchmarks.load import complete

CONNECTIONS_MAX = 256  # far more than a server needs that keeps up
Times = tuple[list[float], list[float]]


class Offer:
    """Begin it, do something else meanwhile, then take its times."""

    def __init__(self, port: int, requests: list[bytes], rate: float) -> None:
        self._report, child = multiprocessing.Pipe(duplex=False)
        self._process = multiprocessing.Process(target=_offer, args=(port, requests, rate, child))
        self._process.start()
        child.close()  # so that the end of a process that breaks is seen

    def times(self) -> Times:
        """Wait for the last answer; answer (when each request was due, when it was answered).

        perf_counter tells the time: one clock for all processes of a machine.
        """
        times: Times = self._report.recv()
        self._process.join()
        return times


class _Sender:
    """One request at a time on a connection; a new connection when a request is due and none is idle."""

    def __init__(self, port: int, requests: list[bytes]) -> None:
        self._port = port
        self._requests = requests
        self._selector = selectors.DefaultSelector()
        self._idle: list[_Exchange] = []
        self.connections = 0
        self.busy = 0
        self.answered = [0.0] * len(requests)

    def can_send(self) -> bool:
        """Answer whether a connection is idle or may be made."""
        return bool(self._idle) or self.connections < CONNECTIONS_MAX

    def send(self, number: int) -> None:
        """Send a request."""
        exchange = self._idle.pop() if self._idle else self._connect()
        exchange.number = number
        exchange.connection.sendall(self._requests[number])
        self.busy += 1

    def receive(self, wait_s: float | None) -> None:
        """Wait for answers and take note of when they came."""
        for key, _ in self._selector.select(wait_s):
            exchange: _Exchange = key.data
            exchange.answer += exchange.connection.recv(1 << 16)
            if complete(exchange.answer):
                self.answered[exchange.number] = time.perf_counter()
                assert exchange.answer.startswith(b"HTTP/1.1 200"), bytes(exchange.answer[:300])
                exchange.answer.clear()
                self._idle.append(exchange)
                self.busy -= 1

    def _connect(self) -> "_Exchange":
        exchange = _Exchange(self._port)
        self._selector.register(exchange.connection, selectors.EVENT_READ, exchange)
        self.connections += 1
        return exchange


class _Exchange:
    """A connection with the request that is on it."""

    def __init__(self, port: int) -> None:
        self.connection = socket.create_connection(("127.0.0.1", port))
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answer = bytearray()
        self.number = 0


def _offer(port: int, requests: list[bytes], rate: float, report: Connection) -> None:
    sender, following = _Sender(port, requests), 0
    began = time.perf_counter()
    due = [began + number / rate for number in range(len(requests))]
    while following < len(requests) or sender.busy:
        left_s = None
        while following < len(requests) and sender.can_send():
            left_s = due[following] - time.perf_counter()
            if left_s > 0:
                break
            sender.send(following)
            following += 1
            left_s = None
        sender.receive(left_s)
    report.send((due, sender.answered))
