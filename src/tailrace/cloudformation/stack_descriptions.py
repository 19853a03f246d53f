"""The operations that tell about stacks: their state, resources, events, exports and imports."""

import json
from typing import Any

from tailrace.cloudformation import event, exports
from tailrace.cloudformation.errors import invalid, stack_unknown
from tailrace.cloudformation.event import newest_first
from tailrace.cloudformation.paging import page
from tailrace.cloudformation.parameters import shown
from tailrace.cloudformation.registry import SERVICE
from tailrace.cloudformation.resource_row import GONE, ResourceRow, of_stack
from tailrace.cloudformation.stack import DELETED, OutputRow, StackRow, find, in_region
from tailrace.cloudformation.template_operations import declared_parameters, description_of
from tailrace.service.call import Call

_PAGE = 100
_DRIFT = "NOT_CHECKED"


@SERVICE.operation("DescribeStacks")
def describe_stacks(call: Call) -> dict[str, Any]:
    """Answer one stack, or a page of those that live."""
    name = call.params.get("StackName")
    if name is not None:
        return {"Stacks": [_stack(find(call.transaction, call.region, name))]}
    living = [stack for stack in in_region(call.transaction, call.region) if stack.status != DELETED]
    stacks, following = page(call, sorted(living, key=_newest), _PAGE)
    return {"Stacks": [_stack(stack) for stack in stacks]} | _next(following)


def _newest(stack: StackRow) -> tuple[int, str]:
    return -stack.created_ms, stack.id


def _next(token: str | None) -> dict[str, str]:
    return {} if token is None else {"NextToken": token}


def _stack(stack: StackRow) -> dict[str, Any]:
    definition = stack.definition
    answer = {
        **_times(stack),
        "ChangeSetId": stack.change_set_id,
        "Description": description_of(definition),
        "Parameters": shown(declared_parameters(definition), definition.parameters),
        "RollbackConfiguration": {},
        "DisableRollback": stack.on_failure == "DO_NOTHING",
        "NotificationARNs": definition.notification_arns,
        "TimeoutInMinutes": stack.timeout_minutes,
        "Capabilities": definition.capabilities,
        "Outputs": [_output(output) for output in stack.outputs] or None,
        "RoleARN": definition.role_arn,
        "Tags": [{"Key": key, "Value": value} for key, value in definition.tags.items()],
        "EnableTerminationProtection": stack.protected,
        "DriftInformation": {"StackDriftStatus": _DRIFT},
    }
    return {name: value for name, value in answer.items() if value is not None}


def _times(stack: StackRow) -> dict[str, Any]:
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": stack.created_ms / 1000,
        "LastUpdatedTime": None if stack.updated_ms is None else stack.updated_ms / 1000,
        "DeletionTime": None if stack.deleted_ms is None else stack.deleted_ms / 1000,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
    }


def _output(output: OutputRow) -> dict[str, str]:
    members = {
        "OutputKey": output.key,
        "OutputValue": output.value,
        "Description": output.description,
        "ExportName": output.export_name,
    }
    return {name: value for name, value in members.items() if value is not None}


@SERVICE.operation("ListStacks")
def list_stacks(call: Call) -> dict[str, Any]:
    """Answer a page of the stacks in the wanted states, deleted ones included."""
    wanted = call.params.get("StackStatusFilter")
    found = [stack for stack in in_region(call.transaction, call.region) if not wanted or stack.status in wanted]
    stacks, following = page(call, sorted(found, key=_newest), _PAGE)
    summaries = [
        {
            **_times(stack),
            "TemplateDescription": description_of(stack.definition),
            "DriftInformation": {"StackDriftStatus": _DRIFT},
        }
        for stack in stacks
    ]
    shown = [{name: value for name, value in summary.items() if value is not None} for summary in summaries]
    return {"StackSummaries": shown} | _next(following)


@SERVICE.operation("DescribeStackEvents")
def describe_stack_events(call: Call) -> dict[str, Any]:
    """Answer a page of a stack's events, the newest first. The token is the number of the last event shown."""
    stack = find(call.transaction, call.region, call.params["StackName"], stack_unknown)
    token = call.params.get("NextToken")
    if token is not None and not token.isdecimal():
        raise invalid("NextToken is invalid")
    found = []
    for number, row in newest_first(call.transaction, stack.key, None if token is None else int(token)):
        found.append(event.shown(row))
        if len(found) == _PAGE:
            return {"StackEvents": found} | ({"NextToken": str(number)} if number > 1 else {})
    return {"StackEvents": found}


@SERVICE.operation("DescribeStackResource")
def describe_stack_resource(call: Call) -> dict[str, Any]:
    """Answer one resource of a stack."""
    stack = find(call.transaction, call.region, call.params["StackName"], stack_unknown)
    logical_id = call.params["LogicalResourceId"]
    row = of_stack(call.transaction, stack.key).get(logical_id)
    if row is None:
        raise invalid(f"Resource {logical_id} does not exist for stack {stack.name}")
    detail = {**_named(stack), **_resource(row, "LastUpdatedTimestamp")}
    if row.body.metadata is not None:
        detail["Metadata"] = json.dumps(row.body.metadata, ensure_ascii=False)
    return {"StackResourceDetail": detail}


@SERVICE.operation("DescribeStackResources")
def describe_stack_resources(call: Call) -> dict[str, Any]:
    """Answer a stack's resources, or those of the stack that a physical id belongs to."""
    physical_id, name = call.params.get("PhysicalResourceId"), call.params.get("StackName")
    wanted = call.params.get("LogicalResourceId")
    if (physical_id is None) == (name is None):
        raise invalid("You must specify either StackName or PhysicalResourceId, but not both")
    stack = _owner(call, physical_id) if name is None else find(call.transaction, call.region, name, stack_unknown)
    rows = of_stack(call.transaction, stack.key).values()
    found = [
        {**_named(stack), **_resource(row, "Timestamp")} for row in rows if wanted is None or row.logical_id == wanted
    ]
    return {"StackResources": found}


def _owner(call: Call, physical_id: Any) -> StackRow:
    for stack in in_region(call.transaction, call.region):
        for row in of_stack(call.transaction, stack.key).values():
            if row.body.physical_id == physical_id and row.status not in GONE:
                return stack
    raise invalid(f"Stack for {physical_id} does not exist")


@SERVICE.operation("ListStackResources")
def list_stack_resources(call: Call) -> dict[str, Any]:
    """Answer a page of a stack's resources."""
    stack = find(call.transaction, call.region, call.params["StackName"])
    rows, following = page(call, list(of_stack(call.transaction, stack.key).values()), _PAGE)
    return {"StackResourceSummaries": [_resource(row, "LastUpdatedTimestamp") for row in rows]} | _next(following)


def _named(stack: StackRow) -> dict[str, Any]:
    return {"StackName": stack.name, "StackId": stack.id}


def _resource(row: ResourceRow, time_member: str) -> dict[str, Any]:
    members = {
        "LogicalResourceId": row.logical_id,
        "PhysicalResourceId": row.body.physical_id or None,
        "ResourceType": row.type,
        time_member: row.at_ms / 1000,
        "ResourceStatus": row.status,
        "ResourceStatusReason": row.reason,
        "DriftInformation": {"StackResourceDriftStatus": _DRIFT},
    }
    return {name: value for name, value in members.items() if value is not None}


@SERVICE.operation("ListExports")
def list_exports(call: Call) -> dict[str, Any]:
    """Answer a page of the region's exports."""
    rows, following = page(call, list(exports.exported(call.transaction, call.region)), _PAGE)
    found = [{"ExportingStackId": row.stack_id, "Name": row.name, "Value": row.value} for row in rows]
    return {"Exports": found} | _next(following)


@SERVICE.operation("ListImports")
def list_imports(call: Call) -> dict[str, Any]:
    """Answer a page of the stacks that import an export."""
    name = call.params["ExportName"]
    found = exports.importers(call.transaction, call.region, name)
    if not found:
        raise invalid(f"Export '{name}' is not imported by any stack.")
    stacks, following = page(call, found, _PAGE)
    return {"Imports": list(stacks)} | _next(following)
