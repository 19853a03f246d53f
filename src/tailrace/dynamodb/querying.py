"""Query: a key condition becomes one interval of keys."""

from collections.abc import Sequence
from typing import Any

from tailrace.dynamodb.errors import BARE, INVALID, validation
from tailrace.dynamodb.expression.keycondition import Clause, read_clauses
from tailrace.dynamodb.expression.request import Expressions, check_mix, read_expressions
from tailrace.dynamodb.key import KeyAttribute, KeySchema, after, interval, partition
from tailrace.dynamodb.legacy import read_attributes_to_get, read_filter, read_key_conditions
from tailrace.dynamodb.page import Reading, answer_page, check_select, read_page, shape, source
from tailrace.dynamodb.registry import SERVICE
from tailrace.dynamodb.startkey import admit_start_key, place_of
from tailrace.dynamodb.table import check_name, item_table
from tailrace.dynamodb.throttling import check as check_throttling
from tailrace.service.call import Call

_MODERN = ("ProjectionExpression", "FilterExpression", "KeyConditionExpression")
_LEGACY = ("AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions")


@SERVICE.operation("Query")
def query(call: Call) -> dict[str, Any]:
    """Answer the items of a partition whose sort key meets a condition, in its order."""
    params = call.params
    check_name(params["TableName"])
    expressions, clauses = _read(params)
    start = params.get("ExclusiveStartKey")
    start_key = None if start is None else admit_start_key(start, BARE)
    table = item_table(call.transaction, call.region, params["TableName"])
    reading = source(table, params)
    schema = table.key if reading.index is None else reading.index.key
    first, last = _interval(schema, clauses)
    reading.first, reading.last = reading.prefix + first, reading.prefix + last
    reading.backwards = params.get("ScanIndexForward") is False
    if start_key is not None:
        _go_on(reading, start_key, reading.prefix + _partition(schema, clauses))
    if expressions.filter is not None:
        _check_filter(schema, expressions, "FilterExpression" in params)
    shape(reading, expressions, params)
    check_throttling(call, table, "Read")
    return answer_page(read_page(call.transaction, reading), reading, params)


def _read(params: dict[str, Any]) -> tuple[Expressions, list[Clause]]:
    """Answer the expressions and the clauses of the key condition. Raises AwsError."""
    legacy = tuple(name for name in _LEGACY if name != "KeyConditions" or params.get("KeyConditionExpression"))
    check_mix(params, BARE, _MODERN, legacy)
    check_select(params, BARE)
    if params.get("KeyConditions") is None and params.get("KeyConditionExpression") is None:
        raise validation(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
        )
    expressions = read_expressions(params, BARE)
    if params.get("QueryFilter") is not None:
        expressions.filter = read_filter(params["QueryFilter"], params, BARE)
    if params.get("AttributesToGet") is not None:
        expressions.projection = read_attributes_to_get(params["AttributesToGet"], BARE)
    condition = expressions.key_condition
    if condition is None or condition.root is None:
        return expressions, read_key_conditions(params["KeyConditions"], BARE)
    return expressions, read_clauses(condition.root, expressions.names, expressions.values)


def _interval(schema: KeySchema, clauses: Sequence[Clause]) -> tuple[bytes, bytes]:
    """Answer the interval of keys that a key condition asks for. Raises AwsError when the key does not allow it."""
    if len(clauses) > len(schema.attributes):
        raise validation(
            f"The number of query conditions ({len(clauses)}) exceeds the number of key attributes defined in the "
            f"schema ({len(schema.attributes)})"
        )
    by_name = {clause.attribute: clause for clause in clauses}
    for attribute in schema.hashes:
        clause = by_name.get(attribute.name)
        if clause is None:
            raise validation(f"Query condition missed key schema element: {attribute.name}")
        _check_type(attribute, clause)
        if clause.operator != "=":
            raise validation("Query key condition not supported")
    ranges = _range_clauses(schema, by_name)
    first = _partition(schema, clauses)
    last = after(first)
    for attribute, clause in ranges:
        raws = [attribute.raw(value) for value in clause.values]
        for raw in raws:
            attribute.check_length(raw)
        # Every range condition but the last is an equality: its values stand in front of the next one's.
        first, last = interval(first, clause.operator, raws)
    return first, last


def _range_clauses(schema: KeySchema, by_name: dict[str, Clause]) -> list[tuple[KeyAttribute, Clause]]:
    """Answer the conditions on range attributes from left to right. Raises AwsError for gaps."""
    found: list[tuple[KeyAttribute, Clause]] = []
    missing: str | None = None
    for attribute in schema.ranges:
        clause = by_name.get(attribute.name)
        if clause is None:
            missing = missing or attribute.name
            continue
        if missing is None and found and found[-1][1].operator != "=":
            missing = found[-1][0].name
        if missing is not None:
            raise validation(
                f"RANGE key attributes {missing} must have equality conditions specified in the query because a "
                f"condition is present on key attribute {attribute.name}"
            )
        _check_type(attribute, clause)
        found.append((attribute, clause))
    strangers = set(by_name) - set(schema.names)
    if strangers:
        name = schema.ranges[0].name if schema.ranges else schema.hashes[0].name
        raise validation(f"Query condition missed key schema element: {name}")
    return found


def _partition(schema: KeySchema, clauses: Sequence[Clause]) -> bytes:
    by_name = {clause.attribute: clause for clause in clauses}
    raws = []
    for attribute in schema.hashes:
        raw = attribute.raw(by_name[attribute.name].values[0])
        attribute.check_length(raw)
        raws.append(raw)
    return partition(raws)


def _check_type(attribute: KeyAttribute, clause: Clause) -> None:
    if any(attribute.type not in value for value in clause.values):
        raise validation(f"{INVALID}Condition parameter type does not match schema type")


def _go_on(reading: Reading, key: Any, partition_prefix: bytes) -> None:
    """Begin behind a starting key. Raises AwsError when the query would not have come by it."""
    place = place_of(reading, key, scans=False)
    if not place.startswith(partition_prefix):
        raise validation("The provided starting key is outside query boundaries based on provided conditions")
    if not reading.first <= place < reading.last:
        raise validation("The provided starting key does not match the range key predicate")
    if reading.backwards:
        reading.last = place
    else:
        reading.first = place + b"\x00"


def _check_filter(schema: KeySchema, expressions: Expressions, modern: bool) -> None:
    assert expressions.filter is not None
    heads = {path[0] for path in expressions.filter.paths}
    name = next((name for name in schema.names if name in heads), None)
    if name is not None:
        kind = "Filter Expression" if modern else "QueryFilter"
        raise validation(f"{kind} can only contain non-primary key attributes: Primary key attribute: {name}")
