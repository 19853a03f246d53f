"""Lambda among the services: its operations register here, and this says which permissions each needs."""

from collections.abc import Sequence
from typing import Any

from tailrace.lambda_.naming import permitted
from tailrace.service.service import Permission, Service

SERVICE = Service("lambda")
_ACTIONS = {"Invoke": "InvokeFunction"}
_PASSES_A_ROLE = frozenset({"CreateFunction", "UpdateFunctionConfiguration"})
# Asked for on the resource that they name, when they name no function.
_BY_ARN = {"TagResource": "Resource", "UntagResource": "Resource", "ListTags": "Resource"}
_MAPPINGS = frozenset(
    {"CreateEventSourceMapping", "UpdateEventSourceMapping", "GetEventSourceMapping", "DeleteEventSourceMapping"}
)


@SERVICE.permissions
def permissions(operation: str, params: dict[str, Any], region: str, account: str) -> Sequence[Permission]:
    """Answer the (action, resource) pairs that an operation needs."""
    action = f"lambda:{_ACTIONS.get(operation, operation)}"
    if operation in _BY_ARN:
        return [(action, params[_BY_ARN[operation]])]
    if operation in _MAPPINGS and "UUID" in params:
        return [(action, f"arn:aws:lambda:{region}:{account}:event-source-mapping:{params['UUID']}")]
    needed = [(action, permitted(params, region, account) if "FunctionName" in params else "*")]
    if operation in _PASSES_A_ROLE and "Role" in params:
        needed.append(("iam:PassRole", params["Role"]))
    return needed
