"""What a function says of single records, and what is told of a batch that is given up (as recorded on AWS)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from tailrace.lambda_.event_source.mapping import Mapping
from tailrace.lambda_.naming import LATEST
from tailrace.lambda_.running import Result

EXHAUSTED = "RetryAttemptsExhausted"
AGED = "RecordAgeExceeded"


def first_failed(answer: bytes, numbers: Sequence[str]) -> int | None:
    """Answer the index of the first record that failed by the function's own account; None when none did.

    No list, an empty list and null mean success; anything that can't be understood means that all failed.
    """
    try:
        report = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return 0
    if report is None or report == {}:
        return None
    failures = report.get("batchItemFailures", ()) if isinstance(report, dict) else None
    if failures is None or failures == []:
        return None if isinstance(report, dict) else 0
    places = {number: index for index, number in enumerate(numbers)}
    indexes = []
    for failure in failures if isinstance(failures, list) else ():
        index = places.get(str(failure.get("itemIdentifier"))) if isinstance(failure, dict) else None
        if index is None:
            return 0
        indexes.append(index)
    return min(indexes, default=0)


def letter(
    mapping: Mapping, condition: str, request_id: str, attempts: int, result: Result | None, now_ms: int
) -> dict[str, Any]:
    """Answer the message about a batch, but for where its records stand."""
    message: dict[str, Any] = {
        "requestContext": {
            "requestId": request_id,
            "functionArn": mapping.function,
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "version": "1.0",
        "timestamp": iso(now_ms),
    }
    if result is not None:
        message["responseContext"] = {
            "statusCode": 200,
            "executedVersion": result.version or LATEST,
            "functionError": "Unhandled" if result.failed else None,
        }
    return message


def iso(time_ms: int) -> str:
    """Answer an instant as ISO 8601 with milliseconds."""
    instant = datetime.fromtimestamp(time_ms // 1000, UTC)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03d}Z"
