"""What only Tailrace can tell: the paths under ``/_tailrace/`` on the endpoint, as JSON."""

from collections.abc import Callable
from typing import Any

import orjson

from tailrace import __version__
from tailrace.engine.ledger import Standing
from tailrace.runtime.cloud import LocalCloud
from tailrace.wire.message import Response

_JSON = [("Content-Type", "application/json")]


class Admin:
    """Answer the paths under ``/_tailrace/``."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._paths: dict[tuple[str, str], Callable[[], dict[str, Any]]] = {
            ("GET", "health"): self.health,
            ("GET", "status"): self.status,
        }

    async def __call__(self, method: str, path: str, query: str, body: bytes) -> Response:
        """Answer one request; an unknown path says which there are."""
        answer = self._paths.get((method, path.removeprefix("/_tailrace/").strip("/")))
        if answer is None:
            known = ", ".join(f"{verb} /_tailrace/{name}" for verb, name in self._paths)
            return Response(
                404, list(_JSON), orjson.dumps({"message": f"there is no {method} {path}; there is {known}"})
            )
        return Response(200, list(_JSON), orjson.dumps(answer()))

    def health(self) -> dict[str, Any]:
        """Say that it serves, and which version it is."""
        return {"status": "ok", "version": __version__}

    def status(self) -> dict[str, Any]:
        """Answer every hop with its counts since it began, what is in flight, how old that is and why it waits."""
        standings = self._cloud.ledger.standings(self._cloud.store.begin())
        return {"now_ms": self._cloud.clock.now_ms(), "hops": [self._hop(name, each) for name, each in standings]}

    def _hop(self, consumer_id: str, standing: Standing) -> dict[str, Any]:
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
