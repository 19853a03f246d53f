"""PutMetricData."""

import math
from collections.abc import Iterator
from typing import Any

from tailrace.cloudwatch.aggregate import Aggregate
from tailrace.cloudwatch.errors import combination, invalid, missing
from tailrace.cloudwatch.metric import MINUTE_S, Metric, Sample, keep
from tailrace.cloudwatch.registry import SERVICE
from tailrace.service.call import Call

_SET = ("SampleCount", "Sum", "Minimum", "Maximum")
_DATA_MAX = 1000
_VALUES_MAX = 150
_MAGNITUDE_MAX = 2.0**360
_PAST_S_MAX = 14 * 86_400
_AHEAD_S_MAX = 2 * 3600


@SERVICE.operation("PutMetricData")
def put_metric_data(call: Call) -> dict[str, Any]:
    """Take values of metrics."""
    if call.params["Namespace"].startswith("AWS/"):
        raise invalid(f"The value {call.params['Namespace']} for parameter Namespace is invalid.")
    if call.params.get("EntityMetricData"):
        raise invalid("Tailrace does not take EntityMetricData yet: give MetricData.")
    data = call.params.get("MetricData")
    if not data:
        raise missing("The parameter MetricData is required.")
    if len(data) > _DATA_MAX:
        raise invalid(f"The collection MetricData must not have a size greater than {_DATA_MAX}.")
    keep(call.transaction, list(_samples(call, data)))
    return {}


def _samples(call: Call, data: list[dict[str, Any]]) -> Iterator[Sample]:
    for number, datum in enumerate(data, 1):
        where = f"MetricData.member.{number}"
        metric = Metric(
            region=call.region,
            namespace=call.params["Namespace"],
            name=datum["MetricName"],
            dimensions={each["Name"]: each["Value"] for each in datum.get("Dimensions", ())},
        )
        moment = _moment(call, datum, where)
        yield Sample(metric, moment, datum.get("Unit", "None"), _aggregate(datum, where))


def _moment(call: Call, datum: dict[str, Any], where: str) -> int:
    moment = float(datum.get("Timestamp", call.now))
    if moment < call.now - _PAST_S_MAX:
        raise invalid(f"The parameter {where}.Timestamp must specify a time no more than two weeks in the past.")
    if moment > call.now + _AHEAD_S_MAX:
        raise invalid(f"The parameter {where}.Timestamp must specify a time within two hours of the current time.")
    return int(moment) // MINUTE_S * MINUTE_S


def _aggregate(datum: dict[str, Any], where: str) -> Aggregate:
    given = [member for member in ("Value", "Values", "StatisticValues") if datum.get(member) not in (None, [])]
    if not given:
        raise missing(f"The parameter {where}.Value is required.")
    if len(given) > 1:
        first, second = (f"{where}.{member}" for member in given[:2])
        raise combination(f"The parameters {first} and {second} are mutually exclusive and you have specified both.")
    aggregate = Aggregate()
    if "StatisticValues" in datum:
        values = datum["StatisticValues"]
        numbers = [
            _number(values[m], f"{where}.StatisticValues.{m}") for m in ("SampleCount", "Sum", "Minimum", "Maximum")
        ]
        aggregate.add_set(*numbers)
        return aggregate
    values = datum.get("Values") or [datum["Value"]]
    counts = datum.get("Counts") or [1.0] * len(values)
    if len(values) > _VALUES_MAX:
        raise invalid(f"The collection {where}.Values must not have a size greater than {_VALUES_MAX}.")
    if len(counts) != len(values):
        raise invalid(f"The parameters {where}.Values and {where}.Counts must be of the same size.")
    for value, count in zip(values, counts, strict=True):
        aggregate.add(_number(value, f"{where}.Value"), _number(count, f"{where}.Counts"))
    return aggregate


def _number(value: float, where: str) -> float:
    if not math.isfinite(value) or abs(value) > _MAGNITUDE_MAX:
        raise invalid(f"The value {value} for parameter {where} is invalid.")
    return float(value)
