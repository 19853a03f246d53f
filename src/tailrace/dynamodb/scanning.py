"""Scan: all items in the order of their hashes, whole or in segments."""

from typing import Any

from tailrace.dynamodb.errors import OLDER, validation
from tailrace.dynamodb.expression.request import check_mix, read_expressions
from tailrace.dynamodb.key import HASH_BYTES, after
from tailrace.dynamodb.legacy import read_attributes_to_get, read_filter
from tailrace.dynamodb.page import Reading, answer_page, check_select, read_page, shape, source
from tailrace.dynamodb.registry import SERVICE
from tailrace.dynamodb.startkey import admit_start_key, place_of
from tailrace.dynamodb.table import check_name, item_table
from tailrace.dynamodb.throttling import check as check_throttling
from tailrace.service.call import Call

_MODERN = ("ProjectionExpression", "FilterExpression")
_LEGACY = ("AttributesToGet", "ScanFilter", "ConditionalOperator")
_HASHES = 2 ** (8 * HASH_BYTES)


@SERVICE.operation("Scan")
def scan(call: Call) -> dict[str, Any]:
    """Answer the items of a table or an index, a page at a time."""
    params = call.params
    check_name(params["TableName"])
    check_mix(params, OLDER, _MODERN, _LEGACY)
    check_select(params, OLDER)
    start = params.get("ExclusiveStartKey")
    start_key = None if start is None else admit_start_key(start, OLDER)
    _check_segment(params)
    expressions = read_expressions(params, OLDER)
    if params.get("ScanFilter") is not None:
        expressions.filter = read_filter(params["ScanFilter"], params, OLDER)
    if params.get("AttributesToGet") is not None:
        expressions.projection = read_attributes_to_get(params["AttributesToGet"], OLDER)
    table = item_table(call.transaction, call.region, params["TableName"])
    reading = source(table, params)
    _bound(reading, params)
    if start_key is not None:
        place = place_of(reading, start_key, scans=True)
        if not reading.first <= place < reading.last:
            raise validation(
                "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with "
                f"correct Segment. TotalSegments: {params.get('TotalSegments')} Segment: {params.get('Segment')}"
            )
        reading.first = place + b"\x00"
    shape(reading, expressions, params)
    check_throttling(call, table, "Read")
    return answer_page(read_page(call.transaction, reading), reading, params)


def _check_segment(params: dict[str, Any]) -> None:
    segment, total = params.get("Segment"), params.get("TotalSegments")
    present = "parameter is required but was not present in the request when"
    if segment is not None and total is None:
        raise validation(f"The TotalSegments {present} Segment parameter is present")
    if total is not None and segment is None:
        raise validation(f"The Segment {present} parameter TotalSegments is present")
    if segment is not None and total is not None and segment >= total:
        raise validation(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {segment} is not less than TotalSegments: {total}"
        )


def _bound(reading: Reading, params: dict[str, Any]) -> None:
    """Settle the interval of keys: all of the source, or the share of the hashes that is the segment's."""
    prefix = reading.prefix
    segment, total = params.get("Segment", 0), params.get("TotalSegments", 1)
    low, high = (-(-_HASHES * at // total) for at in (segment, segment + 1))
    reading.first = prefix + low.to_bytes(HASH_BYTES, "big")
    reading.last = after(prefix) if high == _HASHES else prefix + high.to_bytes(HASH_BYTES, "big")
