"""S3's own failures, which the world outside has to live with: they come only when a fault is switched on.

Codes and texts: API reference, "Error responses".
"""

from tailrace.service.call import Call
from tailrace.service.fault import Fault
from tailrace.wire.errors import AwsError


def check(call: Call) -> None:
    """Refuse a request for an object when a fault strikes. Raises InternalError or SlowDown."""
    faults = call.cloud.faults
    if faults.strikes(Fault.S3_ERROR):
        raise AwsError("InternalError", "We encountered an internal error. Please try again.", 500)
    if faults.strikes(Fault.S3_SLOW_DOWN):
        raise AwsError("SlowDown", "Please reduce your request rate.", 503)
