"""CreateFunction, GetFunction, ListFunctions, UpdateFunctionCode, UpdateFunctionConfiguration, DeleteFunction.

A change takes effect in its own transaction: the answer says Pending or InProgress as on AWS, the next one Active.
"""

from typing import Any

import msgspec

from tailrace.lambda_ import package
from tailrace.lambda_.alias import aliases_of, drop_aliases
from tailrace.lambda_.errors import conflict, invalid, stale
from tailrace.lambda_.function import FUNCTIONS, VERSIONS, Configuration, Function, changed, find, shown
from tailrace.lambda_.naming import LATEST, Reference, referred
from tailrace.lambda_.package import Package
from tailrace.lambda_.page import page
from tailrace.lambda_.registry import SERVICE
from tailrace.lambda_.room import workers_of
from tailrace.lambda_.settings import created, updated
from tailrace.lambda_.versions import configuration_of, publish, published
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_CODE = {"ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri"}
_PENDING = {
    "State": "Pending",
    "StateReason": "The function is being created.",
    "StateReasonCode": "Creating",
}
_IN_PROGRESS = {
    "LastUpdateStatus": "InProgress",
    "LastUpdateStatusReason": "The function is being created.",
    "LastUpdateStatusReasonCode": "Creating",
}


@SERVICE.operation("CreateFunction")
def create_function(call: Call) -> dict[str, Any]:
    """Create a function from a zip archive."""
    reference = referred(call)
    if FUNCTIONS.get(call.transaction, reference.key) is not None:
        raise conflict(f"Function already exist: {reference.name}")
    settings = created(reference.name, call.params)
    _check_role(call, settings.role)
    code = package.given(call, call.params["Code"])
    package.keep(call.transaction, reference.key, code)
    latest = msgspec.structs.replace(
        settings,
        code_sha256=code.digest,
        code_size=len(code.data),
        modified_ms=call.now_ms,
        revision_id=call.uuid(),
    )
    function = Function(
        name=reference.name,
        region=call.region,
        account=call.account,
        id=call.uuid(),
        created_ms=call.now_ms,
        latest=latest,
        tags=dict(call.params.get("Tags", {})),
    )
    FUNCTIONS.put(call.transaction, function.key, function)
    if call.params.get("Publish"):
        return {**shown(function, publish(call, function)), **_PENDING}
    answer = {**shown(function, latest), **_PENDING}
    del answer["LastUpdateStatus"]
    return answer


@SERVICE.operation("GetFunction")
def get_function(call: Call) -> dict[str, Any]:
    """Answer a function's settings; its code can't be fetched by a link yet."""
    reference = referred(call)
    function = find(call.transaction, reference)
    configuration = configuration_of(call.transaction, function, reference)
    answer: dict[str, Any] = {
        "Configuration": shown(function, configuration, reference.qualifier),
        "Code": {"RepositoryType": "S3"},
    }
    if function.tags:
        answer["Tags"] = function.tags
    if function.reserved is not None:
        answer["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved}
    return answer


@SERVICE.operation("GetFunctionConfiguration")
def get_function_configuration(call: Call) -> dict[str, Any]:
    """Answer a function's settings."""
    reference = referred(call)
    function = find(call.transaction, reference)
    configuration = configuration_of(call.transaction, function, reference)
    return shown(function, configuration, reference.qualifier)


@SERVICE.operation("ListFunctions")
def list_functions(call: Call) -> dict[str, Any]:
    """Answer the functions of the region, and all their versions when asked for."""
    every = call.params.get("FunctionVersion") == "ALL"
    listed: list[tuple[str, dict[str, Any]]] = []
    for key, function in FUNCTIONS.scan(call.transaction, f"{call.region}/"):
        listed.append((key, shown(function, function.latest, LATEST if every else None)))
        if every:
            listed += [(f"{key}/{each.version}", shown(function, each)) for each in published(call, function)]
    return page(call, "Functions", listed)


@SERVICE.operation("UpdateFunctionCode")
def update_function_code(call: Call) -> dict[str, Any]:
    """Replace a function's code; environments of the old code end when they are done."""
    function, code = _for_change(call), package.given(call, {k: v for k, v in call.params.items() if k in _CODE})
    latest = msgspec.structs.replace(
        function.latest,
        code_sha256=code.digest,
        code_size=len(code.data),
        architectures=call.params.get("Architectures", function.latest.architectures),
    )
    if call.params.get("DryRun"):
        return shown(function, latest)
    _replace_code(call, function, code)
    return _changed(call, function, latest)


@SERVICE.operation("UpdateFunctionConfiguration")
def update_function_configuration(call: Call) -> dict[str, Any]:
    """Change a function's settings; environments with the old ones end when they are done."""
    function = _for_change(call)
    latest = updated(function.name, function.latest, call.params)
    if "Role" in call.params:
        _check_role(call, latest.role)
    return _changed(call, function, latest)


@SERVICE.operation("DeleteFunction")
def delete_function(call: Call) -> dict[str, Any]:
    """Delete a function with all its versions, or one version of it."""
    reference = referred(call)
    function = find(call.transaction, reference)
    if reference.qualifier is not None:
        _delete_version(call, function, reference)
        return {"StatusCode": 204}
    for configuration in [function.latest, *published(call, function)]:
        package.drop(call.transaction, function.key, configuration.code_sha256)
    for key, _ in list(VERSIONS.scan(call.transaction, f"{function.key}/")):
        VERSIONS.delete(call.transaction, key)
    drop_aliases(call.transaction, function)
    FUNCTIONS.delete(call.transaction, function.key)
    _discard(call, function)
    return {"StatusCode": 204}


def _delete_version(call: Call, function: Function, reference: Reference) -> None:
    if reference.qualifier == LATEST:
        raise invalid("$LATEST version cannot be deleted without deleting the function.")
    configuration = configuration_of(call.transaction, function, reference)
    users = [alias.name for alias in aliases_of(call.transaction, function) if configuration.version in alias.versions]
    if reference.qualifier in users:
        raise invalid(f"Deletion of aliases is not currently supported, use DeleteAlias for {reference.qualifier}.")
    if users:
        raise conflict(f"Unable to delete version because the following aliases reference it: [{', '.join(users)}]")
    VERSIONS.delete(call.transaction, f"{function.key}/{int(configuration.version):08d}")
    _drop_unused(call, function, configuration.code_sha256)


def _for_change(call: Call) -> Function:
    reference = referred(call)
    if reference.qualifier not in (None, LATEST):
        raise invalid(f"Function version {reference.qualifier} can not be changed: only $LATEST can.")
    function = find(call.transaction, reference)
    if call.params.get("RevisionId", function.latest.revision_id) != function.latest.revision_id:
        raise stale()
    return function


def _changed(call: Call, function: Function, latest: Configuration) -> dict[str, Any]:
    function = changed(call, function, latest)
    _discard(call, function)
    if call.params.get("Publish"):
        return {**shown(function, publish(call, function)), **_IN_PROGRESS}
    return {**shown(function, function.latest), **_IN_PROGRESS}


def _replace_code(call: Call, function: Function, code: Package) -> None:
    before = function.latest.code_sha256
    if before != code.digest:
        package.keep(call.transaction, function.key, code)
        latest = msgspec.structs.replace(function.latest, code_sha256=code.digest)
        _drop_unused(call, msgspec.structs.replace(function, latest=latest), before)


def _drop_unused(call: Call, function: Function, digest: str) -> None:
    used = {function.latest.code_sha256, *(each.code_sha256 for each in published(call, function))}
    if digest not in used:
        package.drop(call.transaction, function.key, digest)


def _check_role(call: Call, role: str) -> None:
    try:
        call.cloud.assume_role(
            role, "lambda.amazonaws.com", "awslambda", region=call.region, transaction=call.transaction
        )
    except AwsError as error:
        raise invalid("The role defined for the function cannot be assumed by Lambda.") from error


def _discard(call: Call, function: Function) -> None:
    cloud = call.cloud
    call.transaction.on_commit(lambda: workers_of(cloud).discard(function.arn))
