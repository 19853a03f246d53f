"""A pipe compiled: its patterns, template, target and limits, made once for each version of its row."""

from typing import Any

import orjson

from tailrace.pipes.batch import Item
from tailrace.pipes.check import dead_letters_of
from tailrace.pipes.filter.pattern import Pattern
from tailrace.pipes.pipe import Pipe
from tailrace.pipes.settings import SOURCES, source_kind
from tailrace.pipes.source import Source
from tailrace.pipes.target import target_of
from tailrace.pipes.template import Surroundings

_NOT_FILTERED_BY = "eventSourceARN"  # is added after filtering


class Plan:
    """What a shard's consumer does with records."""

    def __init__(self, pipe: Pipe) -> None:
        stream: dict[str, Any] = pipe.source_parameters[SOURCES[source_kind(pipe.source)][0]]
        criteria = pipe.source_parameters.get("FilterCriteria", {})
        self.pipe = pipe
        self.target = target_of(pipe)
        self.dead_letters = dead_letters_of(pipe.source, pipe.source_parameters)
        self.batch_size: int = stream["BatchSize"]
        self.window_s: int = stream["MaximumBatchingWindowInSeconds"]
        self.age_s_max: int = stream["MaximumRecordAgeInSeconds"]
        self.retries_max: int = stream["MaximumRetryAttempts"]
        self.bisects = stream.get("OnPartialBatchItemFailure") == "AUTOMATIC_BISECT"
        self._patterns = [Pattern(one["Pattern"]) for one in criteria.get("Filters", [])]
        self._hides_arn = any(_NOT_FILTERED_BY in pattern.fields for pattern in self._patterns)
        self.decodes = bool(self._patterns) or self.target.decodes

    def keeps(self, source: Source, item: Item) -> bool:
        """Answer whether a record passes the filters; only a plan that ``decodes`` has to be asked.

        It is decoded for that, and stays so if the target needs it.
        """
        event = source.seen(orjson.loads(item.data))
        if self.target.decodes:
            item.event = event  # else it is let go of at once: a batch of decoded events keeps the collector busy
        if not self._patterns:
            return True
        if self._hides_arn:
            event = {name: value for name, value in event.items() if name != _NOT_FILTERED_BY}
        return any(pattern.matches(event) for pattern in self._patterns)

    def surroundings(self, ingestion_time: str) -> Surroundings:
        """Answer what the template's reserved variables stand for."""
        pipe = self.pipe
        return Surroundings(pipe.arn, pipe.name, pipe.source, pipe.target, ingestion_time)
