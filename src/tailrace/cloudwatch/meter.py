"""The meter: counts in memory by the minute, so that metering costs next to nothing; emptied now and then.

What was counted since the last time is lost when the process is killed: metrics are no ledger.
"""

from collections.abc import Mapping

from tailrace.cloudwatch.aggregate import Aggregate
from tailrace.cloudwatch.metric import MINUTE_S, Metric, Sample

_SAMPLES_MAX = 50_000

_Key = tuple[str, str, str, tuple[tuple[str, str], ...], str, int]


class Meter:
    """Count values of metrics."""

    def __init__(self) -> None:
        self._open: dict[_Key, Aggregate] = {}

    def add(
        self,
        region: str,
        namespace: str,
        metric: str,
        dimensions: Mapping[str, str],
        value: float,
        unit: str,
        now: float,
    ) -> None:
        """Count a value at an instant in seconds since the epoch; new metrics are dropped when there are too many."""
        key = (region, namespace, metric, tuple(dimensions.items()), unit, int(now) // MINUTE_S)
        aggregate = self._open.get(key)
        if aggregate is None:
            if len(self._open) >= _SAMPLES_MAX:
                return
            aggregate = self._open[key] = Aggregate()
        aggregate.add(value)

    def drain(self) -> list[Sample]:
        """Answer what was counted since the last time, and begin anew."""
        taken, self._open = self._open, {}
        return [
            Sample(
                Metric(region=region, namespace=namespace, name=name, dimensions=dict(dimensions)),
                minute * MINUTE_S,
                unit,
                aggregate,
            )
            for (region, namespace, name, dimensions, unit, minute), aggregate in taken.items()
        ]

    def restore(self, samples: list[Sample]) -> None:
        """Take back what could not be kept."""
        for metric, minute_s, unit, aggregate in samples:
            key = (metric.region, metric.namespace, metric.name, tuple(metric.dimensions.items()), unit, minute_s // 60)
            if key in self._open:
                self._open[key].merge(aggregate)
            else:
                self._open[key] = aggregate
