"""After its answer nothing of a request is left, not even for Python's collector of cycles, which may come late.

One that stays until then keeps its body; so does an error that is kept and raised again.
"""

import gc
import http.client
import random
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from fuzz.operations import strangers, subjects
from fuzz.storm import Storm
from fuzz.target import PATIENCE_S, Answer
from tailrace.runtime.http_connection import Exchange
from tailrace.runtime.http_door import Arrival
from tailrace.testing import Cloud
from tailrace.wire.message import Request, Response

OF_A_REQUEST = (Request, Response, Exchange, Arrival)
GONE_S = 5.0  # a client has its answer before the server has put it away
TIMES = 3
STRANGERS = 100


class Inside:
    """A server in this process, whose objects can be counted; for each request a connection of its own."""

    def __init__(self, cloud: Cloud) -> None:
        self._port = int(cloud.endpoint.rpartition(":")[2])
        self.remains: Counter[str] = Counter()
        self.counting = False

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Send a request, answer what comes back, and note what is left of it."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            answer = Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()
        if self.counting and (left := self._left()):
            self.remains[f"{method} {headers.get('X-Amz-Target', path)[:100]} {answer.status}: {left}"] += 1
            gc.collect()
        return answer

    def cpu_s(self) -> float:
        """Nobody asks here how long anything takes."""
        return 0.0

    def failures(self) -> list[str]:
        """Its log is the test's."""
        return []

    def _left(self) -> str:
        """Answer what is left, as soon as nothing is or after a while."""
        deadline = time.monotonic() + GONE_S
        while left := self._alive():
            if time.monotonic() > deadline:
                return left
        return left

    def _alive(self) -> str:
        return ", ".join(sorted({type(each).__name__ for each in gc.get_objects() if isinstance(each, OF_A_REQUEST)}))


@pytest.fixture(scope="module")
def inside() -> Iterator[Inside]:
    with Cloud() as cloud:
        yield Inside(cloud)


@pytest.fixture(scope="module")
def storm(inside: Inside) -> Storm:
    return Storm(inside)


@pytest.fixture
def remains(inside: Inside, storm: Storm) -> Iterator[Counter[str]]:
    """What is left of requests while no cycle is collected; what was there before doesn't count."""
    gc.collect()
    gc.freeze()
    gc.disable()
    inside.counting = True
    inside.remains.clear()
    try:
        yield inside.remains
    finally:
        inside.counting = False
        gc.enable()
        gc.unfreeze()


@pytest.mark.parametrize("seed", range(2))
def test_of_any_operation_nothing_is_left(storm: Storm, remains: Counter[str], seed: int) -> None:
    storm.furnish()
    storm.rage(subjects(), random.Random(seed), wrong=seed % 2 == 1)
    assert storm.sent > len(subjects())
    assert not remains


def test_of_what_is_not_carried_out_nothing_is_left(storm: Storm, remains: Counter[str]) -> None:
    dice = random.Random(1)
    assert not storm.rage(dice.sample(strangers(), STRANGERS), dice, wrong=False)
    assert not remains


def test_an_error_that_is_kept_keeps_no_request(inside: Inside, remains: Counter[str]) -> None:
    """Which target nobody knows is remembered."""
    for _ in range(TIMES):
        answer = inside.ask("POST", "/", {"X-Amz-Target": "Nobody.Knows"}, b"{}")
        assert answer.status == 400
    assert not remains
