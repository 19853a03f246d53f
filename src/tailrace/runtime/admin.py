"""What only Tailrace can tell and do: the paths under ``/_tailrace/`` on the endpoint, JSON in and out."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from tailrace import __version__
from tailrace.engine.clock import ManualClock
from tailrace.engine.errors import EngineError
from tailrace.engine.ledger import Standing
from tailrace.runtime.cloud import LocalCloud
from tailrace.runtime.settling import Settling
from tailrace.wire.message import Response

Answer = dict[str, Any]


class Refused(Exception):
    """The request can't be carried out; the text says what to do next."""


class Admin:
    """Answer the paths under ``/_tailrace/``."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._paths: dict[tuple[str, str], Callable[[Answer], Awaitable[Answer]]] = {
            ("GET", "health"): self.health,
            ("GET", "status"): self.status,
            ("POST", "settle"): self.settle,
            ("POST", "clock"): self.advance,
            ("GET", "faults"): self.faults,
            ("POST", "faults"): self.switch_fault,
        }

    async def __call__(self, method: str, path: str, query: str, body: bytes) -> Response:
        """Answer one request; an unknown path says which there are."""
        answer = self._paths.get((method, path.removeprefix("/_tailrace/").strip("/")))
        if answer is None:
            known = ", ".join(f"{verb} /_tailrace/{name}" for verb, name in self._paths)
            return _response(404, {"message": f"there is no {method} {path}; there is {known}"})
        try:
            wishes = orjson.loads(body) if body else {}
            if not isinstance(wishes, dict):
                raise Refused("the body must be a JSON object")
            return _response(200, await answer(wishes))
        except (Refused, EngineError, orjson.JSONDecodeError, TypeError, ValueError) as error:
            return _response(400, {"message": str(error)})

    async def health(self, wishes: Answer) -> Answer:
        """Say that it serves, and which version it is."""
        return {"status": "ok", "version": __version__}

    async def status(self, wishes: Answer) -> Answer:
        """Answer every hop with its counts since it began, what is in flight, how old that is and why it waits."""
        standings = self._cloud.ledger.standings(self._cloud.store.begin())
        hops = _downstream([self._hop(name, each) for name, each in standings])
        return {"now_ms": self._cloud.clock.now_ms(), "hops": hops}

    async def settle(self, wishes: Answer) -> Answer:
        """Answer the status when nothing is in flight any more; a manual clock is moved on as far as that takes."""
        await Settling(self._cloud).settle(float(wishes.get("patience_s", 60.0)))
        return await self.status(wishes)

    async def advance(self, wishes: Answer) -> Answer:
        """Move a manual clock on by ``advance_s`` seconds and answer the time when everything due has moved."""
        clock = self._cloud.clock
        if not isinstance(clock, ManualClock):
            raise Refused("the clock is the machine's; start Tailrace with --clock manual to move it")
        settling = Settling(self._cloud)
        await settling.calm()
        end = clock.now() + float(wishes.get("advance_s", 0.0))
        while (due := clock.next_due()) is not None and due <= end:
            clock.advance_to(due)
            await settling.calm()
        clock.advance_to(end)
        return {"now_ms": clock.now_ms()}

    async def faults(self, wishes: Answer) -> Answer:
        """Answer every fault there is: what it does, its rate (0 is off) and seed, how often it has struck since."""
        return {"faults": [fault._asdict() for fault in self._cloud.faults.report()]}

    async def switch_fault(self, wishes: Answer) -> Answer:
        """Switch the fault ``name`` on at a ``rate`` with a ``seed``, or off at rate 0; off are all without a name."""
        name, rate = wishes.get("name"), float(wishes.get("rate", 0.0 if "name" not in wishes else 1.0))
        if name is None and rate:
            raise Refused("name the fault to switch on; GET /_tailrace/faults lists those that there are")
        if rate == 0:
            self._cloud.faults.disable(name)
        else:
            self._cloud.faults.enable(str(name), rate=rate, seed=int(wishes.get("seed", 0)))
        return await self.faults(wishes)

    def _hop(self, consumer_id: str, standing: Standing) -> Answer:
        logs = {log_id: self._cloud.store.log(log_id) for log_id in standing.settled}
        in_flight = sum(max(logs[log_id].head - settled, 0) for log_id, settled in standing.settled.items())
        times = [logs[log_id].time_of(settled + 1) for log_id, settled in standing.settled.items()]
        oldest = min((time_ms for time_ms in times if time_ms is not None), default=None)
        hop = standing.hop
        return {
            "id": consumer_id,
            "kind": hop.kind,
            "name": hop.name,
            "region": hop.region,
            "source": hop.source,
            "target": hop.target,
            "running": self._cloud.consumers.running(consumer_id),
            "received": standing.received + in_flight,
            "delivered": standing.delivered,
            "filtered": standing.filtered,
            "dropped": standing.dropped,
            "failed": standing.failed,
            "in_flight": in_flight,
            "lag_ms": 0 if oldest is None else max(self._cloud.clock.now_ms() - oldest, 0),
            "note": standing.note,
        }


def _downstream(hops: list[Answer]) -> list[Answer]:
    """Answer hops in the order in which records pass them: who feeds comes before who is fed."""
    targets = {hop["target"] for hop in hops}

    def depth(hop: Answer, seen: frozenset[str] = frozenset()) -> int:
        if hop["source"] not in targets or hop["id"] in seen:
            return 0
        feeding = [each for each in hops if each["target"] == hop["source"]]
        return 1 + max(depth(each, seen | {hop["id"]}) for each in feeding)

    return sorted(hops, key=lambda hop: (depth(hop), hop["id"]))


def _response(status: int, answer: Answer) -> Response:
    return Response(status, [("Content-Type", "application/json")], orjson.dumps(answer))
