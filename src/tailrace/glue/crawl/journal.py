"""What a crawl writes to CloudWatch Logs, in the words of AWS's crawlers, under the crawler's role.

A role that may not write logs has none: the crawl goes on (as on AWS).
"""

import logging
from typing import Any

from tailrace.engine.transaction import Transaction
from tailrace.glue.crawler import LOG_GROUP
from tailrace.service.cloud import Cloud
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

_logger = logging.getLogger(__name__)
_EVENTS_MAX = 1000
Line = tuple[str, str]  # a line's kind and its text


class Journal:
    """Collect lines and write them out; each carries the id of the run."""

    def __init__(self, cloud: Cloud, region: str, principal: Principal, crawler: str, run: str) -> None:
        self._cloud = cloud
        self._region = region
        self._principal = principal
        self._crawler = crawler
        self._run = run
        self._events: list[dict[str, Any]] = []

    def benchmark(self, text: str) -> None:
        """Note how far the crawl has come."""
        self.note("BENCHMARK", text)

    def info(self, text: str) -> None:
        """Note what was done."""
        self.note("INFO", text)

    def error(self, text: str) -> None:
        """Note what failed."""
        self.note("ERROR", text)

    def note(self, kind: str, text: str) -> None:
        """Note a line of a kind: BENCHMARK, INFO, WARN or ERROR."""
        message = f"[{self._run}] {kind} : {text}"
        self._events.append({"timestamp": self._cloud.clock.now_ms(), "message": message})

    async def flush(self) -> None:
        """Write what was noted."""
        transaction = self._cloud.store.begin()
        self.stage(transaction)
        await self._cloud.store.commit(transaction)

    def stage(self, transaction: Transaction) -> None:
        """Stage what was noted."""
        events, self._events = self._events, []
        try:
            for at in range(0, len(events), _EVENTS_MAX):
                self._put(transaction, events[at : at + _EVENTS_MAX])
        except AwsError as error:
            _logger.debug("crawler %s writes no logs: %s", self._crawler, error)

    def _put(self, transaction: Transaction, events: list[dict[str, Any]]) -> None:
        names = {"logGroupName": LOG_GROUP, "logStreamName": self._crawler}
        try:
            self._call(transaction, "PutLogEvents", {**names, "logEvents": events})
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
            self._make(transaction, names)
            self._call(transaction, "PutLogEvents", {**names, "logEvents": events})

    def _make(self, transaction: Transaction, names: dict[str, str]) -> None:
        for operation, params in (
            ("CreateLogGroup", {"logGroupName": LOG_GROUP}),
            ("CreateLogStream", names),
        ):
            try:
                self._call(transaction, operation, params)
            except AwsError as error:
                if error.code != "ResourceAlreadyExistsException":
                    raise

    def _call(self, transaction: Transaction, operation: str, params: dict[str, Any]) -> None:
        self._cloud.call("logs", operation, params, self._principal, region=self._region, transaction=transaction)
