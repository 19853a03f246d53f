"""CloudWatch metrics over the wire."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def cloudwatch(client: Callable[..., Any]) -> Any:
    return client("cloudwatch")


@pytest.fixture
def namespace(unique: Callable[[str], str]) -> str:
    return unique("Space")


def moment(epoch_s: float) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)


HOUR_S = int(time.time()) // 3600 * 3600 - 3600


def put(cloudwatch: Any, namespace: str, *data: dict[str, Any], name: str = "Rows", at_s: float = HOUR_S) -> None:
    full = [{"MetricName": name, "Timestamp": moment(at_s), **datum} for datum in data]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=full)


def statistics(
    cloudwatch: Any, namespace: str, *names: str, period_s: int = 60, **options: Any
) -> list[dict[str, Any]]:
    settings = {
        "Namespace": namespace,
        "MetricName": "Rows",
        "StartTime": moment(HOUR_S),
        "EndTime": moment(HOUR_S + 3600),
        "Period": period_s,
        "Statistics": names,
        **options,
    }
    answer = cloudwatch.get_metric_statistics(**{key: value for key, value in settings.items() if value != ()})
    assert answer["Label"] == "Rows"
    return sorted(answer["Datapoints"], key=lambda each: each["Timestamp"])


def test_statistics_by_period(cloudwatch: Any, namespace: str) -> None:
    for minute, value in ((0, 1.0), (0, 3.0), (1, 5.0), (59, 7.0)):
        put(cloudwatch, namespace, {"Value": value, "Unit": "Count"}, at_s=HOUR_S + minute * 60 + 30)
    every = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")
    first, second, last = statistics(cloudwatch, namespace, *every)
    assert first == {
        "Timestamp": moment(HOUR_S),
        "SampleCount": 2.0,
        "Sum": 4.0,
        "Average": 2.0,
        "Minimum": 1.0,
        "Maximum": 3.0,
        "Unit": "Count",
    }
    assert (second["Sum"], last["Timestamp"]) == (5.0, moment(HOUR_S + 59 * 60))
    (whole,) = statistics(cloudwatch, namespace, "Sum", "SampleCount", period_s=3600)
    assert (whole["Sum"], whole["SampleCount"]) == (16.0, 4.0)
    assert statistics(cloudwatch, namespace, "Sum", Unit="Bytes") == []


def test_values_with_counts_and_sets(cloudwatch: Any, namespace: str) -> None:
    values = {"SampleCount": 10.0, "Sum": 50.0, "Minimum": 1.0, "Maximum": 9.0}
    put(cloudwatch, namespace, {"Values": [1.0, 20.0], "Counts": [4.0, 1.0]}, {"StatisticValues": values})
    (point,) = statistics(cloudwatch, namespace, "SampleCount", "Sum", "Maximum")
    assert (point["SampleCount"], point["Sum"], point["Maximum"], point["Unit"]) == (15.0, 74.0, 20.0, "None")


def test_dimensions_make_metrics_of_their_own(cloudwatch: Any, namespace: str) -> None:
    dimensions = [{"Name": "Stream", "Value": "a"}, {"Name": "Shard", "Value": "1"}]
    put(cloudwatch, namespace, {"Value": 1.0}, {"Value": 2.0, "Dimensions": dimensions})
    assert [each["Sum"] for each in statistics(cloudwatch, namespace, "Sum")] == [1.0]
    found = statistics(cloudwatch, namespace, "Sum", Dimensions=dimensions[::-1])
    assert [each["Sum"] for each in found] == [2.0]


def test_percentiles(cloudwatch: Any, namespace: str) -> None:
    put(cloudwatch, namespace, {"Values": [float(value) for value in range(1, 101)]})
    (point,) = statistics(cloudwatch, namespace, ExtendedStatistics=["p50", "p99", "p100"])
    found = point["ExtendedStatistics"]
    assert 47 <= found["p50"] <= 53 and 94 <= found["p99"] <= 100 and found["p100"] == 100


def test_metric_data(cloudwatch: Any, namespace: str) -> None:
    for minute in range(5):
        put(cloudwatch, namespace, {"Value": float(minute)}, at_s=HOUR_S + minute * 60)
    stat = {"Metric": {"Namespace": namespace, "MetricName": "Rows"}, "Period": 60, "Stat": "Sum"}
    queries = [
        {"Id": "a", "MetricStat": stat},
        {"Id": "b", "MetricStat": {**stat, "Stat": "Maximum", "Period": 120}, "Label": "most"},
        {"Id": "c", "MetricStat": stat, "ReturnData": False},
    ]
    span = {"StartTime": moment(HOUR_S), "EndTime": moment(HOUR_S + 600)}
    answer = cloudwatch.get_metric_data(MetricDataQueries=queries, **span)
    a, b = answer["MetricDataResults"]
    assert (a["Id"], a["Label"], a["StatusCode"], a["Values"]) == ("a", "Rows", "Complete", [4.0, 3.0, 2.0, 1.0, 0.0])
    assert (b["Label"], b["Values"]) == ("most", [4.0, 3.0, 1.0])
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, ScanBy="TimestampAscending", MaxDatapoints=3, **span
    )
    values: dict[str, list[float]] = {"a": [], "b": []}
    for page in pages:
        for result in page["MetricDataResults"]:
            values[result["Id"]] += result["Values"]
    assert values == {"a": [0.0, 1.0, 2.0, 3.0, 4.0], "b": [1.0, 3.0, 4.0]}
    with pytest.raises(ClientError) as caught:
        cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "m", "Expression": "a + b"}], **span)
    assert "metric math" in caught.value.response["Error"]["Message"]


def test_listing(cloudwatch: Any, namespace: str) -> None:
    dimension = {"Name": "Stream", "Value": "a"}
    put(cloudwatch, namespace, {"Value": 1.0, "Dimensions": [dimension]})
    put(cloudwatch, namespace, {"Value": 1.0}, name="Other")
    listed = cloudwatch.list_metrics(Namespace=namespace)["Metrics"]
    assert listed == [
        {"Namespace": namespace, "MetricName": "Other", "Dimensions": []},
        {"Namespace": namespace, "MetricName": "Rows", "Dimensions": [dimension]},
    ]
    assert cloudwatch.list_metrics(Namespace=namespace, MetricName="Other")["Metrics"] == listed[:1]
    assert cloudwatch.list_metrics(Namespace=namespace, Dimensions=[{"Name": "Stream"}])["Metrics"] == listed[1:]
    assert cloudwatch.list_metrics(Namespace=namespace, Dimensions=[{"Name": "Stream", "Value": "b"}])["Metrics"] == []
    assert cloudwatch.list_metrics(Namespace=namespace, RecentlyActive="PT3H")["Metrics"] == listed


def test_listing_by_pages(cloudwatch: Any, namespace: str) -> None:
    data = [{"MetricName": f"M{number:04d}", "Value": 1.0} for number in range(600)]
    for start in range(0, 600, 100):
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=data[start : start + 100])
    pages = list(cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace))
    names = [each["MetricName"] for page in pages for each in page["Metrics"]]
    assert len(pages) == 2 and names == [each["MetricName"] for each in data]


def test_large_requests_come_compressed(cloudwatch: Any, namespace: str) -> None:
    data = [{"MetricName": "Rows", "Value": float(number), "Timestamp": moment(HOUR_S)} for number in range(500)]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)  # SDKs gzip what is over 10 KB
    (point,) = statistics(cloudwatch, namespace, "SampleCount")
    assert point["SampleCount"] == 500


@pytest.mark.parametrize(
    ("datum", "code", "text"),
    [
        ({}, "MissingParameter", "The parameter MetricData.member.1.Value is required."),
        ({"Value": 1.0, "Values": [1.0]}, "InvalidParameterCombination", "mutually exclusive"),
        ({"Values": [1.0], "Counts": [1.0, 2.0]}, "InvalidParameterValue", "of the same size"),
        ({"Value": 1e200}, "InvalidParameterValue", "for parameter MetricData.member.1.Value is invalid"),
        ({"Value": 1.0, "Timestamp": moment(HOUR_S - 15 * 86400)}, "InvalidParameterValue", "two weeks in the past"),
        ({"Value": 1.0, "Timestamp": moment(HOUR_S + 5 * 3600)}, "InvalidParameterValue", "within two hours"),
    ],
)
def test_data_that_are_refused(cloudwatch: Any, namespace: str, datum: dict[str, Any], code: str, text: str) -> None:
    with pytest.raises(ClientError) as caught:
        put(cloudwatch, namespace, datum)
    error = caught.value.response["Error"]
    assert error["Code"] in (code, f"{code}Exception", f"{code}ValueException")
    assert text in error["Message"]
    with pytest.raises(ClientError) as caught:
        put(cloudwatch, "AWS/Mine", {"Value": 1.0})
    assert "AWS/Mine" in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"EndTime": moment(HOUR_S)}, "StartTime must be less than the parameter EndTime"),
        ({"Period": 61}, "Period must be a multiple of 60"),
        ({"Statistics": ()}, "At least one of the parameters Statistics and ExtendedStatistics"),
        ({"StartTime": moment(HOUR_S - 2 * 86400), "Period": 60}, "exceeds the limit of 1,440"),
        ({"Statistics": (), "ExtendedStatistics": ["tm99"]}, "does not compute the statistic tm99 yet"),
    ],
)
def test_questions_that_are_refused(cloudwatch: Any, namespace: str, options: dict[str, Any], text: str) -> None:
    put(cloudwatch, namespace, {"Value": 1.0})
    with pytest.raises(ClientError) as caught:
        statistics(cloudwatch, namespace, "Sum", **options)
    assert text in caught.value.response["Error"]["Message"]
