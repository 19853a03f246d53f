"""Throttling, which comes only when a fault is switched on: Tailrace has room for every request.

Which error it is depends on how the table is billed (developer guide, "Troubleshooting throttling").
"""

from typing import Literal

from tailrace.dynamodb.table import Table
from tailrace.service.call import Call
from tailrace.service.fault import Fault
from tailrace.wire.errors import AwsError

Access = Literal["Read", "Write"]

_ON_DEMAND = (
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or "
    "index so please try again shortly. If exceptions persist, check if you have a hot key: "
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"
)
_PROVISIONED = (
    "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning "
    "level with the UpdateTable API."
)


def check(call: Call, table: Table, access: Access) -> None:
    """Refuse a request when the fault strikes. Raises ThrottlingException or ProvisionedThroughputExceededException."""
    faults = call.cloud.faults
    if faults.any and faults.strikes(Fault.DYNAMODB_THROTTLE):
        raise throttled(table, access)


def undone(call: Call, count: int) -> list[int]:
    """Answer which of the entries of a batch are left undone, by their places: those that the fault strikes."""
    faults = call.cloud.faults
    return [at for at in range(count) if faults.strikes(Fault.DYNAMODB_BATCH)] if faults.any else []


def throttled(table: Table, access: Access) -> AwsError:
    """Answer the error of a request, or of a batch of which nothing was done."""
    if table.row.on_demand:
        reason = {"reason": f"Table{access}KeyRangeThroughputExceeded", "resource": table.row.arn}
        return AwsError("ThrottlingException", _ON_DEMAND, throttlingReasons=[reason])
    reason = {"reason": f"Table{access}ProvisionedThroughputExceeded", "resource": table.row.arn}
    return AwsError("ProvisionedThroughputExceededException", _PROVISIONED, ThrottlingReasons=[reason])
