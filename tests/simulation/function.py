"""In the place of Lambda's processes: the function runs in this one, and misbehaves as chance has it, repeatably."""

import asyncio
import base64
import importlib.util
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tailrace.engine.clock import Clock
from tailrace.engine.faults import Faults
from tailrace.lambda_.execution import Deployment, Ending, Invocation, Outcome

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "orders" / "transform" / "app.py"
Event = dict[str, Any]
Handler = Callable[[Event, Any], Any]


def whole_changes(event: Event, context: Any) -> Event:
    """A handler whose rows are the changes as they are; it drops what says so and fails what is poison."""
    return {"records": [_whole_change(record) for record in event["records"]]}


def _whole_change(record: dict[str, Any]) -> dict[str, Any]:
    data = base64.b64decode(record["data"])
    change = json.loads(data)["dynamodb"]
    image = change.get("NewImage") or change.get("OldImage") or {}
    if "dropped" in image:
        return {"recordId": record["recordId"], "result": "Dropped", "data": ""}
    if "poison" in image:
        return {"recordId": record["recordId"], "result": "ProcessingFailed", "data": record["data"]}
    return {"recordId": record["recordId"], "result": "Ok", "data": base64.b64encode(data + b"\n").decode()}


def _example() -> Any:
    spec = importlib.util.spec_from_file_location("orders_transform", EXAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_ORDERS = _example()
FIELDS: tuple[str, ...] = _ORDERS.FIELDS
text: Callable[[dict[str, Any]], str] = _ORDERS.text
HANDLERS: dict[str, Handler] = {"changes": whole_changes, "orders": _ORDERS.handler}


class Function:
    """What runs all functions of a simulated cloud. Its faults are named function:…"""

    def __init__(self, handler: Handler, clock: Clock, faults: Faults, dice: random.Random) -> None:
        self._handler = handler
        self._clock = clock
        self._faults = faults
        self._dice = dice
        self.busy = False

    async def run(self, deployment: Deployment, invocation: Invocation) -> Outcome:
        """Run one event, in no time or in some."""
        for _ in range(self._dice.randrange(6)):
            await asyncio.sleep(0)
        if self._faults.strikes("function:slow"):
            await self._clock.sleep(self._dice.choice((0.01, 0.3, 2.0, 20.0)))
        if self._faults.strikes("function:exited"):
            return _outcome(Ending.EXITED, how="exit status 1")
        answer = self._handler(json.loads(bytes(invocation.event)), None)
        if self._faults.strikes("function:garbled"):
            return _outcome(Ending.ANSWERED, self._garbled(answer))
        return _outcome(Ending.ANSWERED, json.dumps(answer).encode())

    def discard(self, function: str) -> None:
        """Nothing is kept."""

    async def close(self) -> None:
        """Nothing is kept."""

    def _garbled(self, answer: Event) -> bytes:
        records: list[Any] = list(answer["records"])
        way = self._dice.randrange(6)
        if way == 0:
            return b'{"records": ['
        if way == 1:
            return b'"no reply at all"'
        at = self._dice.randrange(len(records))
        if way == 2:
            del records[at]
        elif way == 3:
            records.append(records[at])
        elif way == 4:
            records[at] = {**records[at], "result": "Perhaps"}
        else:
            self._dice.shuffle(records)
            records.append({"recordId": "nobody's", "result": "Ok", "data": "eA=="})
        return json.dumps({"records": records}).encode()


def _outcome(ending: Ending, body: bytes = b"", how: str = "") -> Outcome:
    return Outcome(
        ending=ending,
        body=body,
        how=how,
        duration_ms=1.0,
        init_ms=None,
        memory_mb=64,
        log_stream="2026/01/01/[$LATEST]simulated",
        init_output=b"",
        output=b"",
    )
