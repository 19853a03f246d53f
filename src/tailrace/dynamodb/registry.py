"""The two services of this room, and which permissions each of their operations needs."""

from collections.abc import Iterable
from typing import Any

from tailrace.service.service import Permission, Service

SERVICE = Service("dynamodb")

STREAMS = Service("dynamodbstreams", iam_prefix="dynamodb")

_TRANSACT_ACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


def table_arn(name: str, region: str, account: str) -> str:
    """Answer a table's ARN from its name, or from an ARN of it."""
    return name if name.startswith("arn:") else f"arn:aws:dynamodb:{region}:{account}:table/{name}"


@SERVICE.permissions
def _required(operation: str, params: dict[str, Any], region: str, account: str) -> list[Permission]:
    def allowed(action: str, names: Iterable[str]) -> list[Permission]:
        return [(f"dynamodb:{action}", table_arn(name, region, account)) for name in names]

    if operation in ("BatchGetItem", "BatchWriteItem"):
        return allowed(operation, params.get("RequestItems") or ())
    if operation in ("TransactWriteItems", "TransactGetItems"):
        return [
            pair
            for entry in params.get("TransactItems") or ()
            for kind, action in entry.items()
            if action
            for pair in allowed(_TRANSACT_ACTIONS[kind], [action.get("TableName", "")])
        ]
    if "ResourceArn" in params:
        return [(f"dynamodb:{operation}", params["ResourceArn"])]
    if "TableName" not in params:
        return [(f"dynamodb:{operation}", "*")]
    [(action, arn)] = allowed(operation, [params["TableName"]])
    index = params.get("IndexName")
    return [(action, f"{arn}/index/{index}" if index else arn)]


@STREAMS.permissions
def _required_of_streams(operation: str, params: dict[str, Any], region: str, account: str) -> list[Permission]:
    if operation == "GetRecords":
        # An iterator begins with the ARN of its stream.
        return [("dynamodb:GetRecords", str(params.get("ShardIterator", "")).partition("|")[0] or "*")]
    if operation == "ShardLogs":
        arn = params["StreamArn"]
        return [(f"dynamodb:{action}", arn) for action in ("DescribeStream", "GetShardIterator", "GetRecords")]
    return [(f"dynamodb:{operation}", params.get("StreamArn") or "*")]
