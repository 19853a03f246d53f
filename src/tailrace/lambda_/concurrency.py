"""Reserved concurrency: PutFunctionConcurrency and its kin; and GetAccountSettings."""

from typing import Any

import msgspec

from tailrace.lambda_.errors import invalid
from tailrace.lambda_.function import FUNCTIONS, Function, find
from tailrace.lambda_.naming import referred
from tailrace.lambda_.package import UNZIPPED_BYTES_MAX, ZIPPED_BYTES_MAX
from tailrace.lambda_.registry import SERVICE
from tailrace.service.call import Call

ACCOUNT_CONCURRENCY = 1000
_UNRESERVED_MIN = 100
_TOTAL_CODE_BYTES_MAX = 80_530_636_800


@SERVICE.operation("PutFunctionConcurrency")
def put_function_concurrency(call: Call) -> dict[str, Any]:
    """Reserve concurrency for a function; 0 switches it off."""
    function = find(call.transaction, referred(call))
    wanted = call.params["ReservedConcurrentExecutions"]
    others = _reserved(call) - (function.reserved or 0)
    if ACCOUNT_CONCURRENCY - others - wanted < _UNRESERVED_MIN:
        raise invalid(
            "Specified ReservedConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{_UNRESERVED_MIN}]."
        )
    _put(call, function, wanted)
    return {"ReservedConcurrentExecutions": wanted}


@SERVICE.operation("GetFunctionConcurrency")
def get_function_concurrency(call: Call) -> dict[str, Any]:
    """Answer what is reserved for a function, if anything is."""
    reserved = find(call.transaction, referred(call)).reserved
    return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}


@SERVICE.operation("DeleteFunctionConcurrency")
def delete_function_concurrency(call: Call) -> dict[str, Any]:
    """Give back what is reserved for a function."""
    _put(call, find(call.transaction, referred(call)), None)
    return {}


@SERVICE.operation("GetAccountSettings")
def get_account_settings(call: Call) -> dict[str, Any]:
    """Answer the account's limits and what is used of them."""
    functions = [function for _, function in FUNCTIONS.scan(call.transaction, f"{call.region}/")]
    return {
        "AccountLimit": {
            "TotalCodeSize": _TOTAL_CODE_BYTES_MAX,
            "CodeSizeUnzipped": UNZIPPED_BYTES_MAX,
            "CodeSizeZipped": ZIPPED_BYTES_MAX,
            "ConcurrentExecutions": ACCOUNT_CONCURRENCY,
            "UnreservedConcurrentExecutions": ACCOUNT_CONCURRENCY - _reserved(call),
        },
        "AccountUsage": {
            "TotalCodeSize": sum(function.latest.code_size for function in functions),
            "FunctionCount": len(functions),
        },
    }


def _reserved(call: Call) -> int:
    return sum(function.reserved or 0 for _, function in FUNCTIONS.scan(call.transaction, f"{call.region}/"))


def _put(call: Call, function: Function, reserved: int | None) -> None:
    FUNCTIONS.put(call.transaction, function.key, msgspec.structs.replace(function, reserved=reserved))
