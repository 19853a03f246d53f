"""Why a query failed, in GetQueryExecution's form: the reason, and the AthenaError that goes with its code."""

from __future__ import annotations

from typing import Any

_SYSTEM, _USER, _OTHER = 1, 2, 3
_TYPES = {
    "COLUMN_NOT_FOUND": 1006,
    "AMBIGUOUS_NAME": 1006,
    "SYNTAX_ERROR": 1006,
    "TYPE_MISMATCH": 1006,
    "EXPRESSION_NOT_AGGREGATE": 1006,
    "EXPRESSION_NOT_SCALAR": 1006,
    "TABLE_NOT_FOUND": 1110,
    "SCHEMA_NOT_FOUND": 1004,
    "CATALOG_NOT_FOUND": 1004,
    "HIVE_PARTITION_SCHEMA_MISMATCH": 1004,
    "FUNCTION_NOT_FOUND": 1303,
    "INVALID_FUNCTION_ARGUMENT": 1106,
    "INVALID_TABLE_PROPERTY": 1103,
    "INVALID_VIEW": 1107,
    "INVALID_CAST_ARGUMENT": 1001,
    "NUMERIC_VALUE_OUT_OF_RANGE": 1001,
    "DIVISION_BY_ZERO": 1001,
    "HIVE_BAD_DATA": 1001,
    "HIVE_CURSOR_ERROR": 1001,
    "HIVE_FILESYSTEM_ERROR": 1109,
    "NOT_SUPPORTED": 1200,
    "PERMISSION_DENIED": 1500,
    "FAILED": 1003,
}
_EXHAUSTED, _INTERNAL, _TIMED_OUT, _USER_ERROR = 0, 200, 210, 1000


def athena_error(reason: str) -> dict[str, Any]:
    """Answer the AthenaError for a reason, which begins with its code."""
    code = reason.partition(":")[0]
    category, type_, retryable = _USER, _TYPES.get(code, _USER_ERROR), False
    if code == "GENERIC_INTERNAL_ERROR":
        category, type_, retryable = _SYSTEM, _INTERNAL, True
    elif code == "EXCEEDED_MEMORY_LIMIT":
        category, type_ = _OTHER, _EXHAUSTED
    elif reason == "Query timeout":
        category, type_ = _OTHER, _TIMED_OUT
    return {"ErrorCategory": category, "ErrorType": type_, "Retryable": retryable, "ErrorMessage": reason}
