"""What only Tailrace can tell and do: the paths under ``/_tailrace/`` on the endpoint, JSON in and out."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from tailrace import __version__
from tailrace.engine.clock import ManualClock
from tailrace.engine.errors import EngineError
from tailrace.engine.ledger import Standing
from tailrace.runtime.cloud import LocalCloud
from tailrace.runtime.settling import Settling, Unsettled
from tailrace.wire.message import Response

Answer = dict[str, Any]

_PATIENCE_S_MAX = 3600.0
_ADVANCE_S_MAX = 400 * 86_400.0
_SEED_MAX = 2.0**53


class Refused(Exception):
    """The request can't be carried out; the text says what to do next."""


class Admin:
    """Answer the paths under ``/_tailrace/``."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        # method and path -> who answers, and the members that the body may have
        self._paths: dict[tuple[str, str], tuple[Callable[[Answer], Awaitable[Answer]], tuple[str, ...]]] = {
            ("GET", "health"): (self.health, ()),
            ("GET", "status"): (self.status, ()),
            ("POST", "settle"): (self.settle, ("patience_s",)),
            ("POST", "clock"): (self.advance, ("advance_s",)),
            ("GET", "faults"): (self.faults, ()),
            ("POST", "faults"): (self.switch_fault, ("name", "rate", "seed")),
        }

    async def __call__(self, method: str, path: str, query: str, body: bytes) -> Response:
        """Answer one request; an unknown path says which there are."""
        found = self._paths.get((method, path.removeprefix("/_tailrace/").strip("/")))
        if found is None:
            known = ", ".join(f"{verb} /_tailrace/{name}" for verb, name in self._paths)
            return _response(404, {"message": f"there is no {method} {path}; there is {known}"})
        try:
            answer, members = found
            return _response(200, await answer(_wishes(body, members)))
        except Unsettled as error:
            return _response(409, {"message": str(error)})
        except (Refused, EngineError, ValueError) as error:
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
        """Answer the status when nothing is in flight any more; a manual clock is moved on as far as that takes.

        Refused with 409 after ``patience_s`` real seconds, or when time does not help: it says what stays and why.
        """
        await Settling(self._cloud).settle(_number(wishes, "patience_s", _PATIENCE_S_MAX, 60.0))
        return await self.status(wishes)

    async def advance(self, wishes: Answer) -> Answer:
        """Move a manual clock on by ``advance_s`` seconds and answer the time when everything due has moved."""
        clock = self._cloud.clock
        if not isinstance(clock, ManualClock):
            raise Refused("the clock is the machine's; start Tailrace with --clock manual to move it")
        seconds = _number(wishes, "advance_s", _ADVANCE_S_MAX)
        settling = Settling(self._cloud)
        await settling.calm()
        end = clock.now() + seconds
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
        name, faults = wishes.get("name"), self._cloud.faults
        rate = _number(wishes, "rate", 1.0, 0.0 if name is None else 1.0)
        seed = int(_number(wishes, "seed", _SEED_MAX, 0.0))
        if name is None and rate:
            raise Refused("name the fault to switch on; GET /_tailrace/faults lists those that there are")
        if rate == 0:
            faults.disable(None if name is None else str(name))
        else:
            faults.enable(str(name), rate=rate, seed=seed)
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


def _wishes(body: bytes, members: tuple[str, ...]) -> Answer:
    """Read a request's body: no wish is passed over. Raises Refused."""
    try:
        wishes = orjson.loads(body) if body else {}
    except orjson.JSONDecodeError as error:
        raise Refused(f"the body is not JSON: {error}") from None
    if not isinstance(wishes, dict):
        raise Refused("the body must be a JSON object")
    if strange := sorted(wishes.keys() - set(members)):
        raise Refused(f"the body may have {', '.join(members) or 'no members'}, not {', '.join(strange)}")
    return wishes


def _number(wishes: Answer, name: str, most: float, default: float | None = None) -> float:
    """Answer a number that a request gives. Raises Refused."""
    given = wishes.get(name, default)
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= most:
        raise Refused(f"{name} must be a number between 0 and {most:,.0f}, not {orjson.dumps(given).decode()}")
    return float(given)


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
