"""GetMetricStatistics and GetMetricData: points by the minute put together into periods.

Periods begin at the start time, rounded down to a whole minute.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tailrace.cloudwatch.aggregate import Aggregate
from tailrace.cloudwatch.errors import combination, invalid
from tailrace.cloudwatch.metric import MINUTE_S, Metric, points
from tailrace.cloudwatch.registry import SERVICE, empty
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)$")
_SHORT_PERIODS_S = (1, 5, 10, 20, 30)
_DATAPOINTS_MAX = 1440
_ANSWER_DATAPOINTS_MAX = 100_800


@dataclass(frozen=True, slots=True)
class _Period:
    start_s: int
    unit: str
    aggregate: Aggregate


@SERVICE.operation("GetMetricStatistics")
def get_metric_statistics(call: Call) -> dict[str, Any]:
    """Answer statistics of a metric by period."""
    params = call.params
    names, extended = params.get("Statistics", []), params.get("ExtendedStatistics", [])
    if not names and not extended:
        raise combination("At least one of the parameters Statistics and ExtendedStatistics must be specified.")
    start_s, end_s, period_s = params["StartTime"], params["EndTime"], params["Period"]
    _check_times(start_s, end_s, period_s)
    asked = -(-(end_s - start_s) // period_s)
    if asked > _DATAPOINTS_MAX:
        raise combination(
            f"You have requested up to {int(asked):,} datapoints, which exceeds the limit of {_DATAPOINTS_MAX:,}. "
            "You may reduce the datapoints requested by increasing Period, or decreasing the time range."
        )
    empty(call.cloud, call.transaction)
    datapoints = []
    for period in _periods(call, _metric(call, params), start_s, end_s, period_s, params.get("Unit")):
        shown: dict[str, Any] = {"Timestamp": period.start_s, "Unit": period.unit}
        shown.update({name: period.aggregate.statistic(name) for name in names})
        percentiles = {name: _value(period.aggregate, name) for name in extended}
        if extended:
            shown["ExtendedStatistics"] = {name: value for name, value in percentiles.items() if value is not None}
        datapoints.append(shown)
    return {"Label": params["MetricName"], "Datapoints": datapoints}


@SERVICE.operation("GetMetricData")
def get_metric_data(call: Call) -> dict[str, Any]:
    """Answer one statistic of each of several metrics by period."""
    params = call.params
    empty(call.cloud, call.transaction)
    series = [_series(call, query) for query in params["MetricDataQueries"] if query.get("ReturnData", True)]
    limit = min(params.get("MaxDatapoints") or _ANSWER_DATAPOINTS_MAX, _ANSWER_DATAPOINTS_MAX)
    start, stop = (offset := _offset(params.get("NextToken"))), offset + limit
    results, passed = [], 0
    for query, found in series:
        first, last = max(start - passed, 0), max(stop - passed, 0)
        part = found[first:last]
        complete = passed + len(found) <= stop
        passed += len(found)
        results.append(
            {
                "Id": query["Id"],
                "Label": query.get("Label") or query["MetricStat"]["Metric"]["MetricName"],
                "Timestamps": [period_start for period_start, _ in part],
                "Values": [value for _, value in part],
                "StatusCode": "Complete" if complete else "PartialData",
            }
        )
    answer: dict[str, Any] = {"MetricDataResults": results, "Messages": []}
    if passed > stop:
        answer["NextToken"] = str(stop)
    return answer


def _series(call: Call, query: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[int, float]]]:
    stat = query.get("MetricStat")
    if stat is None:
        raise AwsError("ValidationError", "Tailrace does not evaluate metric math and queries yet: give MetricStat.")
    start_s, end_s = call.params["StartTime"], call.params["EndTime"]
    _check_times(start_s, end_s, stat["Period"])
    found = [
        (period.start_s, value)
        for period in _periods(call, _metric(call, stat["Metric"]), start_s, end_s, stat["Period"], stat.get("Unit"))
        if (value := _value(period.aggregate, stat["Stat"])) is not None
    ]
    if call.params.get("ScanBy", "TimestampDescending") == "TimestampDescending":
        found.reverse()
    return query, found


def _check_times(start_s: float, end_s: float, period_s: int) -> None:
    if start_s >= end_s:
        raise combination("The parameter StartTime must be less than the parameter EndTime.")
    if period_s % MINUTE_S and period_s not in _SHORT_PERIODS_S:
        raise invalid("The parameter Period must be a multiple of 60.")


def _metric(call: Call, given: dict[str, Any]) -> Metric:
    dimensions = {each["Name"]: each["Value"] for each in given.get("Dimensions", ())}
    return Metric(region=call.region, namespace=given["Namespace"], name=given["MetricName"], dimensions=dimensions)


def _periods(
    call: Call, metric: Metric, start_s: float, end_s: float, period_s: int, unit: str | None
) -> Iterator[_Period]:
    """Answer the periods that hold anything, in order; those in different units stay apart."""
    period_s = max(period_s, MINUTE_S)  # nothing finer is kept
    first_s = int(start_s) // MINUTE_S * MINUTE_S
    together: dict[tuple[int, str], Aggregate] = {}
    for minute_s, units in points(call.transaction, metric, first_s, end_s):
        begins_s = first_s + (minute_s - first_s) // period_s * period_s
        for each, aggregate in units.items():
            if unit in (None, each):
                together.setdefault((begins_s, each), Aggregate()).merge(aggregate)
    for (begins_s, each), aggregate in together.items():
        yield _Period(begins_s, each, aggregate)


def _value(aggregate: Aggregate, name: str) -> float | None:
    if name in STATISTICS:
        return aggregate.statistic(name)
    found = _PERCENTILE.match(name)
    if found is None:
        raise invalid(
            f"Tailrace does not compute the statistic {name} yet: give one of {', '.join(STATISTICS)} or pNN."
        )
    return aggregate.percentile(float(found[1]))


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    if not token.isdigit():
        raise AwsError("InvalidNextToken", "The next token specified is invalid.")
    return int(token)
