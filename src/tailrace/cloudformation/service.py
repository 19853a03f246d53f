"""CloudFormation: every operation registered, the permissions they need, and deployments resumed at the start."""

from typing import Any

from tailrace.cloudformation import change_set, deployment, retention
from tailrace.cloudformation import change_set_operations as change_set_operations
from tailrace.cloudformation import stack_descriptions as stack_descriptions
from tailrace.cloudformation import stack_operations as stack_operations
from tailrace.cloudformation import template_operations as template_operations
from tailrace.cloudformation.registry import SERVICE
from tailrace.service.cloud import Cloud


@SERVICE.permissions
def required(operation: str, params: dict[str, Any], region: str, account: str) -> list[tuple[str, str]]:
    """Answer what a caller needs: the operation on the stack, and iam:PassRole on the role that is handed over."""
    name = params.get("StackName")
    stack = "*"
    if name:
        stack = name if name.startswith("arn:") else f"arn:aws:cloudformation:{region}:{account}:stack/{name}/*"
    needed = [(f"cloudformation:{operation}", stack)]
    if params.get("RoleARN"):
        needed.append(("iam:PassRole", params["RoleARN"]))
    return needed


@SERVICE.on_start
async def start(cloud: Cloud) -> None:
    """Say who runs the jobs; the engine then resumes those that were cut off. What is old is forgotten."""
    deployment.register(cloud)
    change_set.register(cloud)
    retention.register(cloud)
