"""Tags of tables: TagResource, UntagResource and ListTagsOfResource."""

from collections.abc import Sequence
from typing import Any

import msgspec

from tailrace.dynamodb.definition import invalid
from tailrace.dynamodb.errors import validation
from tailrace.dynamodb.registry import SERVICE
from tailrace.dynamodb.table import find_table
from tailrace.engine.rows import Rows
from tailrace.engine.transaction import Transaction
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_TAGS_MAX = 50
_PAGE = 10  # tags a page of ListTagsOfResource


class TagsRow(msgspec.Struct, frozen=True, kw_only=True):
    """The tags of one table, in the order they were set."""

    tags: dict[str, str]


_ROWS = Rows("dynamodb/tags", TagsRow)


@SERVICE.operation("TagResource")
def tag_resource(call: Call) -> dict[str, Any]:
    """Set tags of a table."""
    arn = _tagged_arn(call)
    if not call.params["Tags"]:
        raise validation("Atleast one Tag needs to be provided as Input.")  # AWS's spelling
    put_tags(call.transaction, arn, call.params["Tags"])
    return {}


@SERVICE.operation("UntagResource")
def untag_resource(call: Call) -> dict[str, Any]:
    """Remove tags of a table."""
    arn = _tagged_arn(call)
    keys = call.params["TagKeys"]
    if not keys:
        raise validation("Atleast one Tag Key needs to be provided as Input.")
    kept = {key: value for key, value in _tags(call.transaction, arn).items() if key not in keys}
    _ROWS.put(call.transaction, arn, TagsRow(tags=kept))
    return {}


@SERVICE.operation("ListTagsOfResource")
def list_tags_of_resource(call: Call) -> dict[str, Any]:
    """Answer the tags of a table, a page at a time."""
    tags = sorted(_tags(call.transaction, _tagged_arn(call)).items())
    token = call.params.get("NextToken")
    start = 0
    if token is not None:
        start = next((at + 1 for at, (key, _) in enumerate(tags) if key == token), len(tags))
    page = tags[start : start + _PAGE]
    answer: dict[str, Any] = {"Tags": [{"Key": key, "Value": value} for key, value in page]}
    if start + _PAGE < len(tags):
        answer["NextToken"] = page[-1][0]
    return answer


def put_tags(transaction: Transaction, arn: str, tags: Sequence[dict[str, str]]) -> None:
    """Stage tags of a table. Raises AwsError for keys that may not be set."""
    merged = dict(_tags(transaction, arn))
    seen: set[str] = set()
    for tag in tags:
        key = tag["Key"]
        if key.lower().startswith("aws:"):
            raise validation(f"Tag Key cannot be prefixed with aws:, Key: {key}")
        if key in seen:
            raise validation(f"Duplicate Tag Keys provided as input: Duplicate Tag Key found {key}")
        seen.add(key)
        merged[key] = tag["Value"]
    if len(merged) > _TAGS_MAX:
        raise validation("Number of Tags exceed the current limit for the provided ResourceArn")
    _ROWS.put(transaction, arn, TagsRow(tags=merged))


def drop_tags(transaction: Transaction, arn: str) -> None:
    """Stage the removal of all tags of a table."""
    _ROWS.delete(transaction, arn)


def _tags(transaction: Transaction, arn: str) -> dict[str, str]:
    row = _ROWS.get(transaction, arn)
    return {} if row is None else row.tags


def _tagged_arn(call: Call) -> str:
    arn: str = call.params["ResourceArn"]
    if not arn.startswith("arn:"):
        raise invalid(f"ARNs must start with 'arn:': {arn}")
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] != "dynamodb" or not parts[5].startswith("table/"):
        raise invalid(f"Provided Arn is not a DynamoDB resource arn: {arn}")
    if parts[4] != call.account:
        raise AwsError(
            "AccessDeniedException",
            f"User: {call.principal.arn} is not authorized to perform: dynamodb:{call.operation} on resource: {arn}",
        )
    table = find_table(call.transaction, call.region, arn)
    if table is None or table.row.arn != arn:
        raise AwsError("ResourceNotFoundException", f"Requested resource not found: ResourcArn: {arn} not found")
    return arn
