"""ListMetrics."""

import base64
import binascii
from typing import Any

from tailrace.cloudwatch.errors import invalid
from tailrace.cloudwatch.metric import METRICS, Metric
from tailrace.cloudwatch.registry import SERVICE, empty
from tailrace.service.call import Call

_METRICS = 500
_LISTED_S = 14 * 86_400
_RECENT_S = 3 * 3600


@SERVICE.operation("ListMetrics")
def list_metrics(call: Call) -> dict[str, Any]:
    """Answer the metrics that had values in the last two weeks, or three hours."""
    params = call.params
    empty(call.cloud, call.transaction)
    since_s = call.now - (_RECENT_S if "RecentlyActive" in params else _LISTED_S)
    namespace = params.get("Namespace")
    prefix = f"{call.region}/" if namespace is None else f"{call.region}/{namespace}\x00"
    after = _read(params["NextToken"]) if "NextToken" in params else ""
    shown: list[dict[str, Any]] = []
    answer: dict[str, Any] = {"Metrics": shown}
    last = ""
    for key, metric in METRICS.scan(call.transaction, prefix, after):
        if metric.last_s < since_s or not _wanted(metric, params):
            continue
        if len(shown) == _METRICS:
            answer["NextToken"] = base64.urlsafe_b64encode(last.encode()).decode()
            break
        last = key
        dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions.items()]
        shown.append({"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions})
    return answer


def _wanted(metric: Metric, params: dict[str, Any]) -> bool:
    if params.get("MetricName", metric.name) != metric.name:
        return False
    for wanted in params.get("Dimensions", ()):
        value = metric.dimensions.get(wanted["Name"])
        if value is None or wanted.get("Value", value) != value:
            return False
    return True


def _read(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, ValueError):
        raise invalid("The parameter NextToken is invalid.") from None
