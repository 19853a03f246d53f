"""DescribeEndpoints and DescribeContinuousBackups: what is true of every table here."""

from typing import Any

from tailrace.dynamodb.registry import SERVICE
from tailrace.dynamodb.tables import named_table
from tailrace.service.call import Call

_CACHE_MINUTES = 1440


@SERVICE.operation("DescribeEndpoints")
def describe_endpoints(call: Call) -> dict[str, Any]:
    """Answer where DynamoDB is reached: here."""
    address = call.cloud.endpoint.partition("://")[2]
    return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": _CACHE_MINUTES}]}


@SERVICE.operation("DescribeContinuousBackups")
def describe_continuous_backups(call: Call) -> dict[str, Any]:
    """Tell of a table's backups: there are none."""
    named_table(call)
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "DISABLED",
            "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"},
        }
    }
