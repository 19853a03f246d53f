"""STS: who calls, and temporary credentials. IAM keeps the credentials and judges; this is the API in front of it.

GetCallerIdentity needs no permission; whether a role may be assumed depends on the role's trust policy as well, so IAM
decides that and not the door.
"""

from collections.abc import Sequence
from typing import Any

from tailrace.service.call import Call
from tailrace.service.service import Permission, Service
from tailrace.wire.errors import AwsError

SERVICE = Service("sts")


@SERVICE.permissions
def permissions(operation: str, params: dict[str, Any], region: str, account: str) -> Sequence[Permission]:
    """Answer nothing: IAM judges."""
    return []


@SERVICE.operation("GetCallerIdentity")
def get_caller_identity(call: Call) -> dict[str, Any]:
    """Answer who calls."""
    caller = call.principal
    return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}


@SERVICE.operation("AssumeRole")
def assume_role(call: Call) -> dict[str, Any]:
    """Issue temporary credentials of a role. Raises AccessDenied, ValidationError, MalformedPolicyDocument."""
    arn = call.params["RoleArn"]
    parts = arn.split(":")
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "iam" or not parts[5].startswith("role/"):
        raise AwsError("ValidationError", f"{arn} is invalid")
    return call.do("iam", "AssumeRole", call.params)


@SERVICE.operation("GetSessionToken")
def get_session_token(call: Call) -> dict[str, Any]:
    """Issue temporary credentials of the caller, a user or root."""
    return call.do("iam", "IssueSession", call.params)


@SERVICE.operation("GetAccessKeyInfo")
def get_access_key_info(call: Call) -> dict[str, Any]:
    """Answer the account that an access key belongs to."""
    key_id = call.params["AccessKeyId"]
    found = call.do("iam", "FindAccessKey", {"AccessKeyId": key_id})
    if found["Account"] is None:
        raise AwsError("ValidationError", f"Invalid Access Key ID {key_id}")
    return found
